"""Pure: schedule.csv → a version of the schedule, its doubts beside it (P1, P4).

A row is a class of records: 记录名称, 标识, 保存期限, 使用部门, and where the office wishes 别名, 起算日, 起算规则.
What a row does not say about the last two, the office's settings say; the version holds the answer, so that no
setting changed later moves a date. A 保存期限 that cannot be read with certainty is no fault: the class is kept and
reported.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from foundation.folding import normal_name
from foundation.language import N_, _
from retention.errors import Problem, ProblemKind, SourceError
from retention.rules.canonical import canonical_of
from retention.rules.schedule import Base, RecordClass, Rule, ScheduleVersion, Start
from retention.rules.small_tables import read_table
from retention.rules.terms import in_words, read_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from retention.rules.small_tables import Line, Table

COLUMNS = {
    "number": ("序号", "no"),
    "title": ("记录名称", "通用记录名称", "文件名称", "表单名称", "名称", "title"),
    "code": ("标识", "编号", "文件编号", "记录编号", "代码", "code"),
    "term": ("保存期限", "保管期限", "保存期", "保管期", "期限", "term"),
    "users": ("使用部门", "部门", "保管部门", "department"),
    "aliases": ("别名", "又名", "其他名称", "aliases"),
    "base": ("起算日", "起算日期", "base"),
    "start": ("起算规则", "起算", "start"),
}
REQUIRED = ("title", "term")

_STARTS: Mapping[str, Start] = {
    **dict.fromkeys(("次年", "次年起", "次年1月1日", "次年1月1日起", "next year"), Start.NEXT_YEAR),
    **dict.fromkeys(("次日", "次日起", "按日", "对日", "anniversary"), Start.ANNIVERSARY),
}
_BASES: Mapping[str, Base] = {
    **dict.fromkeys(("所属期末", "所属期", "所属期最后一日", "period end"), Base.PERIOD_END),
    **dict.fromkeys(("文件日期", "形成日期", "编制日期", "签发日期", "document"), Base.DOCUMENT),
    **dict.fromkeys(("归档日期", "归档日", "filing"), Base.FILING),
    **dict.fromkeys(("最晚日期", "最晚者", "最晚", "latest"), Base.LATEST),
}
_SEPARATORS = re.compile(r"[、;；,，/\n]+")
_INCOMPLETE = re.compile(r"…|\.{2,}|[-—–]$|\?|？")


@dataclass(frozen=True, slots=True)
class ScheduleReading:
    """A version, and what a person should look at: terms that say nothing certain, codes cut short, columns unread."""

    version: ScheduleVersion
    doubts: tuple[Problem, ...]


def read_schedule(
    data: bytes, name: str, *, start: Start = Start.NEXT_YEAR, base: Base = Base.PERIOD_END
) -> ScheduleReading:
    """The schedule in a CSV file; ``start`` and ``base`` for rows that do not say.

    SourceError with every fault: rows without a title, words that are no rule, names two rows share.
    """
    table = read_table(data, name, COLUMNS, REQUIRED)
    problems = [*_row_faults(table.lines), *_shared_names(table.lines)]
    if problems:
        raise SourceError(problems)
    classes = tuple(_class(line, start, base) for line in table.lines)
    return ScheduleReading(version_of(classes, name), tuple(_doubts(table, classes)))


def version_of(classes: Sequence[RecordClass], source: str = "") -> ScheduleVersion:
    """The version these classes make. Its digest is of their meaning: the order of rows is none."""
    meaning = [canonical_of(each) for each in sorted(classes, key=lambda each: each.key)]
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ScheduleVersion(sha256(text.encode()).hexdigest(), tuple(classes), source)


def find(version: ScheduleVersion, key: str) -> RecordClass | None:
    """The class a key stands for: its own, else what superseded it, which has it as code, title or alias (P1)."""
    for each in version.classes:
        if each.key == key:
            return each
    return next((each for each in version.classes if normal_name(key) in names_of(each)), None)


def names_of(record_class: RecordClass) -> frozenset[str]:
    """Every name the class answers to, as names are compared."""
    names = (record_class.key, record_class.title, record_class.code, *record_class.aliases)
    return frozenset(normal_name(name) for name in names if name)


def lost_classes(version: ScheduleVersion, in_use: Iterable[str]) -> list[Problem]:
    """P1: a problem for each key in use that stands for no class of the version any more."""
    hint = _("Keep its row, or write its name or code under 别名 in the row that takes its place.")
    lost = (key for key in sorted(set(in_use)) if find(version, key) is None)
    messages = (_("there are records of “{key}”, but no row for them").format(key=key) for key in lost)
    return [Problem(version.source, message, hint, "schedule.class_lost", "P1") for message in messages]


# --- rows -------------------------------------------------------------------------------------------------------


def _class(line: Line, start: Start, base: Base) -> RecordClass:
    code = _code(line)
    rule = Rule(read_term(line["term"]), _word(line["start"], _STARTS) or start, _word(line["base"], _BASES) or base)
    return RecordClass(code or line["title"], line["title"], code, rule, line["users"], _aliases(line))


def _code(line: Line) -> str:
    """The 标识, where it is complete: ``JY-…`` is none."""
    return "" if _INCOMPLETE.search(line["code"]) else line["code"]


def _aliases(line: Line) -> tuple[str, ...]:
    return tuple(name.strip() for name in _SEPARATORS.split(line["aliases"]) if name.strip())


_Word = TypeVar("_Word", Start, Base)


def _word(text: str, words: Mapping[str, _Word]) -> _Word | None:
    wanted = normal_name(text)
    return next((value for word, value in words.items() if normal_name(word) == wanted), None)


def _row_faults(lines: Iterable[Line]) -> Iterator[Problem]:
    for line in lines:
        if not line["title"]:
            yield _NO_TITLE(line.place("title"))
        if line["start"] and _word(line["start"], _STARTS) is None:
            yield _NO_WORD(line.place("start"), value=line["start"], words="次年1月1日、次日")
        if line["base"] and _word(line["base"], _BASES) is None:
            yield _NO_WORD(line.place("base"), value=line["base"], words="所属期末、文件日期、归档日期、最晚日期")


def _shared_names(lines: Iterable[Line]) -> Iterator[Problem]:
    """Two rows that answer to one name: which of them a record belongs to would be a guess."""
    owners: dict[str, Line] = {}
    for line in lines:
        for column, name in _names(line):
            owner = owners.setdefault(normal_name(name), line)
            if owner is not line:
                yield _SHARED(line.place(column), name=name, where=owner.place())


def _names(line: Line) -> Iterator[tuple[str, str]]:
    yield from ((column, name) for column, name in (("title", line["title"]), ("code", _code(line))) if name)
    yield from (("aliases", alias) for alias in _aliases(line))


# --- what a person reads ----------------------------------------------------------------------------------------


def _doubts(table: Table, classes: Sequence[RecordClass]) -> Iterator[Problem]:
    for line, record_class in zip(table.lines, classes, strict=True):
        if not record_class.rule.term.known:
            said = in_words(record_class.rule.term)
            yield _DOUBTFUL_TERM(line.place("term"), title=record_class.title, said=said)
        if line["code"] and not record_class.code:
            yield _DOUBTFUL_CODE(line.place("code"), code=line["code"])
    for where, text in table.unread:
        yield _UNREAD(where, text=text, titles="、".join(titles[0] for titles in COLUMNS.values()))


_DOUBTFUL_TERM = ProblemKind(
    "schedule.term",
    N_("how long “{title}” is kept: {said}; its records are kept and reported"),
    N_("Write for example 3年, 6个月 or 永久, in every row, also where cells were merged."),
    "P4",
)
_DOUBTFUL_CODE = ProblemKind(
    "schedule.code",
    N_("the code “{code}” is not complete; the class goes by its title"),
    N_("Write the whole code, or leave it empty."),
)
_UNREAD = ProblemKind("schedule.unread", N_("“{text}” was not read"), N_("Columns that are read: {titles}."))
_NO_TITLE = ProblemKind("schedule.title", N_("the row has no 记录名称"), N_("Write the name, or take the row out."))
_NO_WORD = ProblemKind("schedule.word", N_("“{value}” is no rule that is known"), N_("Write one of {words}."))
_SHARED = ProblemKind(
    "schedule.name_twice",
    N_("“{name}” names the row of {where} too"),
    N_("Give every row names of its own, or make one row of the two."),
    "P1",
)


def start_name(start: Start) -> str:
    """The start rule in the language in force."""
    return {
        Start.NEXT_YEAR: _("from 1 January of the next year"),
        Start.ANNIVERSARY: _("from the next day"),
    }[start]


def base_name(base: Base) -> str:
    """The base date in the language in force."""
    return {
        Base.PERIOD_END: _("end of the period covered"),
        Base.DOCUMENT: _("date of the document"),
        Base.FILING: _("date of filing"),
        Base.LATEST: _("latest of the known dates"),
    }[base]
