"""Pure: what a file is, by its name, its place, its embedded properties and its first text → class, period, department.

Every source that speaks is asked; where two disagree, or one says something beside a title that may change its meaning,
nothing is decided and a person is. The reasons are kept either way. Modification times are never asked (W6).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import PurePosixPath

from foundation.folding import folded, normal
from foundation.language import _
from foundation.period import Period, Written, periods_in
from foundation.temporary_files import left_alone
from retention.filing import titles

FORM, PART, CODE = "guidang.form", "guidang.part", "guidang.code"
PERIOD, DEPARTMENT, BLANK = "guidang.period", "guidang.department", "guidang.blank"

DOCUMENTS = frozenset(
    "doc docx wps xls xlsx xlsm et csv pdf jpg jpeg png zip rar msg txt ofd ppt pptx tif tiff".split()  # noqa: SIM905
)


class Standing(Enum):
    """What a file is to the ledger."""

    RECORD = "record"
    UNCLASSIFIED = "unclassified"  # a person decides
    TEMPLATE = "template"  # 模板, 空表, 样表: no record
    DRAFT = "draft"  # 初稿, 草稿: no record
    LEFT_ALONE = "left_alone"  # lock, temporary and system files


class Confidence(IntEnum):
    """How sure the class is. What is less than LIKELY is for a person."""

    UNSURE = 0
    LIKELY = 1  # one source: an alias in the name, the folder
    SURE = 2  # its code or full title, or two sources that agree
    CERTAIN = 3  # guidang made it and says what it is


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is judged: path relative to its share with ``/`` between, properties, first lines of its text."""

    path: str
    properties: Mapping[str, str]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Identification:
    """What was made of a file, and why. ``kind`` and ``period`` may be known although a person still has to decide."""

    standing: Standing
    kind: str | None = None
    period: Period | None = None
    department: str = ""
    confidence: Confidence = Confidence.UNSURE
    reasons: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


# --- words ----------------------------------------------------------------------------------------------------

_OTHER_PAPER = re.compile(
    r"通知|办法|规定|制度|要求|说明|分析|考核|预案|附件|附表|附图|目录|封面|照片|图片|签收|完成情况|流程|回复|答复|批复|意见|审批"
    r"|培训|讲稿|课件|指南|催办|汇编|台账目录|清单目录|通报|请示|函|合同|标准|细则|指引|会议|新建|复查|整改|反馈|统计表?|汇总表?|明细"
    r"|计划|总结|报告|方案|清单|检查"
)
_HEADING_OF_OTHER = re.compile(
    r"(?:通知|通报|函|请示|批复|办法|规定|制度|合同|协议|方案|预案|纪要|总结|计划|报告|清单|回执|签收表|签到表|登记表|记录表|台账|检查表|细则|说明书?)$"
)


# --- evidence -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One source's word for a class."""

    key: str
    confidence: Confidence
    reason: str


class _Case:
    """One document on its way to an Identification: what speaks for which class, and what stands against deciding."""

    def __init__(self, catalogue: titles.Catalogue, document: Document) -> None:
        self.catalogue, self.document = catalogue, document
        self.path = PurePosixPath(document.path)
        self.name = titles.said_in(catalogue, _stem(self.path.name))
        self.heading = [titles.said_in(catalogue, line) for line in _heading_lines(document.text)]
        self.evidence: list[_Evidence] = []
        self.doubts: list[str] = []
        self.notes: list[str] = []

    # class

    def gather(self) -> None:
        """Ask every source for the class."""
        self._properties()
        self._name()
        for line in self.heading:
            self._heading_line(line)
        self._another_heading()
        if not self.evidence and not self.doubts:
            self._folder()

    def _add(self, key: str, confidence: Confidence, reason: str) -> None:
        self.evidence.append(_Evidence(key, confidence, reason))

    def _properties(self) -> None:
        properties = self.document.properties
        form, code = properties.get(FORM, ""), properties.get(CODE, "")
        if part := properties.get(PART, ""):
            form = f"{form}/{part}"
        key = self.catalogue.forms.get(form)
        if key:
            self._add(key, Confidence.CERTAIN, _("guidang made it: form {form}").format(form=form))
        elif form:
            self.doubts.append(_("it names a form that is not known here: {form}").format(form=form))
        elif code:
            for found in titles.codes_in(self.catalogue, folded(code))[0]:
                self._add(found, Confidence.SURE, _("code in its properties: {code}").format(code=code))

    def _name(self) -> None:
        for key in self.name.codes:
            code = self.catalogue.kinds[key].code
            self._add(key, Confidence.SURE, _("code in the name: {code}").format(code=code))
        if self.name.strange_code:
            self.doubts.append(_("the code {code} is not known here").format(code=self.name.strange_code.upper()))
        for title in self.name.titles:
            self._titled(title)
        if self.name.codes and not self.name.titles:
            self._undescribed(_("the code"))
        if self.name.joined and (words := self._strangers()):
            self.doubts.append(_("the name joins several papers: {words}").format(words="、".join(words)))

    def _titled(self, title: titles.Title) -> None:
        full = len(title.label) >= 4
        beside = title.beside if full else title.beside or "、".join(self._strangers())
        if words := beside or self._other_words():
            self.doubts.append(_("{title} in the name stands with {words}").format(title=title.label, words=words))
        keys = self._fitting(title.keys)
        if len(keys) > 1:
            self.doubts.append(_("{title} can be several classes").format(title=title.label))
        for key in keys:
            confidence = Confidence.SURE if full else Confidence.LIKELY
            self._add(key, confidence, _("title in the name: {title}").format(title=title.label))

    def _fitting(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Of classes that share a name, those whose periods are of the kind the file's name states."""
        kinds = self.catalogue.kinds
        fitting = [key for key in keys if any(_fits(kinds[key].period, word) for word in self.name.periods)]
        return tuple(fitting) if len(keys) > 1 and fitting else keys

    def _undescribed(self, what: str) -> None:
        """A code alone does not outweigh a description: where there is one, the text has to say the same."""
        agreeing = {key for line in self.heading for title in line.titles if not title.beside for key in title.keys}
        if (words := self._strangers()) and not agreeing & set(self.name.codes):
            message = _("{title} in the name stands with {words}").format(title=what, words="、".join(words))
            self.doubts.append(message)

    def _strangers(self) -> list[str]:
        """What the name says beside title, period and department, single letters and known people left out."""
        return [piece for piece in self.name.rest if len(piece) > 1 and piece not in self.catalogue.people]

    def _other_words(self) -> str:
        """Words in the name that belong to another kind of paper."""
        found = (match[0] for piece in self.name.rest if (match := _OTHER_PAPER.search(piece)))
        return next(found, "")

    def _heading_line(self, line: titles.Said) -> None:
        short = sum(map(len, line.rest)) <= 12
        for key in line.codes if short else ():
            self._add(key, Confidence.SURE, _("code in the text: {code}").format(code=self.catalogue.kinds[key].code))
        if line.is_title:
            title = line.titles[0]
            for key in title.keys if len(title.keys) == 1 else ():
                self._add(key, Confidence.SURE, _("title in the text: {title}").format(title=title.label))

    def _another_heading(self) -> None:
        """A text that begins as another paper, or speaks about this one, stands against its name."""
        for line in self.heading[:2]:
            words = "".join((*(title.label for title in line.titles), *line.rest))
            about = any(title.beside for title in line.titles)
            if 5 <= len(words) <= 40 and (about or not line.titles) and _HEADING_OF_OTHER.search(words):
                self.doubts.append(_("the text begins with {words}").format(words=words))

    def _folder(self) -> None:
        """A folder named after a class decides where a name says nothing but periods, departments and versions."""
        if self.name.rest or self.name.strange_code:
            return
        for folder in reversed(self.path.parts[:-1]):
            said = titles.said_by_folder(self.catalogue, re.sub(r"^\d{1,2}(?=[^\d年月.])", "", normal(folder)))
            keys = {*said.codes, *(key for title in said.titles if not title.beside for key in title.keys)}
            if len(keys) == 1 and not said.rest:
                self._add(keys.pop(), Confidence.LIKELY, _("folder: {folder}").format(folder=folder))
            if keys:
                return

    def kind(self) -> titles.Kind | None:
        """The one class all sources name; None where they name several or none."""
        keys = {evidence.key for evidence in self.evidence}
        if len(keys) > 1:
            names = "、".join(sorted(self.catalogue.title(key) for key in keys))
            self.doubts.append(_("several classes are named: {names}").format(names=names))
        elif not keys:
            self.doubts.append(_("nothing names a class"))
        return self.catalogue.kinds[keys.pop()] if len(keys) == 1 else None

    def confidence(self) -> Confidence:
        """Of the strongest source; two that agree make a likely class sure."""
        best = max((evidence.confidence for evidence in self.evidence), default=Confidence.UNSURE)
        return Confidence.SURE if best is Confidence.LIKELY and len(self.evidence) > 1 else best

    # period

    def period(self, kind: titles.Kind) -> Period | None:
        """The one period that properties, name and heading agree on; None, and the reason, where they do not."""
        stated: list[tuple[Period, str]] = []
        embedded = self.document.properties.get(PERIOD, "")
        if embedded and (found := self._of_words(kind, periods_in(normal(embedded)), ())):
            stated.append((found, _("period in its properties: {period}").format(period=embedded)))
        lines = [line for line in self.heading if line.titles or _PERIOD_LABEL.search(line.text)]
        headings = {found for line in lines if (found := self._of_words(kind, line.periods, ()))}
        stated += [(found, _("period in the text: {period}").format(period=found)) for found in sorted(headings)]
        years = [found.first.year for found, _reason in stated] or self._folder_years()
        if found := self._of_words(kind, self.name.periods, years):
            stated.append((found, _("period in the name: {period}").format(period=found)))
        elif self.name.periods and self._disagrees(kind):
            return None
        return self._agreed(kind, stated)

    def _agreed(self, kind: titles.Kind, stated: Sequence[tuple[Period, str]]) -> Period | None:
        periods = {period for period, _reason in stated}
        self.notes += [reason for _period, reason in stated]
        if len(periods) == 1:
            return periods.pop()
        if len(periods) > 1:
            names = "、".join(sorted(map(str, periods)))
            self.doubts.append(_("several periods are named: {names}").format(names=names))
        elif kind.period != "none":
            self.doubts.append(_("no period can be read with certainty"))
        return None

    def _disagrees(self, kind: titles.Kind) -> bool:
        """Whether the name's own words about a period leave it open, so that no other source may decide."""
        fitting = [written for written in self.name.periods if _fits(kind.period, written)]
        if len(fitting) > 1 or any(written.kind in ("week", "tens") for written in self.name.periods):
            words = "、".join(self.name.text[written.start : written.end] for written in self.name.periods)
            self.doubts.append(_("the name's period is not certain: {words}").format(words=words))
            return True
        return False

    def _of_words(self, kind: titles.Kind, written: Sequence[Written], years: Sequence[int]) -> Period | None:
        """The period of the words that fit the class: of one of them, or of the one that lies in all the others.

        A year that is not written is that of the other words, else the one other source's.
        """
        if any(word.kind in ("week", "tens") for word in written) and kind.period not in ("day", "none"):
            return None
        fitting = [word for word in written if _fits(kind.period, word)]
        known = {word.year for word in fitting if word.year} or set(years)
        year = known.pop() if len(known) == 1 else None
        found = [word.period(year) for word in fitting]
        periods = sorted((period for period in found if period), key=lambda period: period.last - period.first)
        if len(periods) < len(found) or not periods:
            return None
        inner = periods[0]
        return inner if all(one.first <= inner.first and inner.last <= one.last for one in periods) else None

    def _folder_years(self) -> list[int]:
        """The year for a month or day without one, from the nearest folder that names a year: never by guess.

        A folder of a month far from the name's, or across the turn of a year, says nothing certain.
        """
        wanted = [written for written in self.name.periods if not written.year]
        folders = [periods_in(folded(part)) for part in self.path.parts[:-1]]
        nearest = next((found for found in reversed(folders) if any(word.year for word in found)), ())
        years = {int(word.year) for word in nearest if word.year} | {word.last[0] or 0 for word in nearest if word.year}
        if len(years) != 1 or not wanted:
            return []
        months = [word for found in folders for word in found if word.kind == "month"]
        near = all(abs(months[-1].months[0] - word.months[0]) <= 1 for word in wanted) if months else True
        return list(years) if near else []

    # department and standing

    def department(self) -> str:
        """The one department named; empty where several or none are."""
        embedded = self.document.properties.get(DEPARTMENT, "")
        lines = [line for line in self.heading if line.is_title or _DEPARTMENT_LABEL.search(line.text)]
        named = {*self.name.departments, *(name for line in lines for name in line.departments)} | (
            {embedded} & set(self.catalogue.departments)
        )
        if len(named) > 1:
            names = "、".join(sorted(named))
            self.doubts.append(_("several departments are named: {names}").format(names=names))
        if named:
            return named.pop() if len(named) == 1 else ""
        folders = [
            name for part in self.path.parts[:-1] for name in titles.said_by_folder(self.catalogue, part).departments
        ]
        return folders[-1] if folders else ""

    def standing(self) -> Standing:
        """Template, draft, open question or record, by the words of name and folders."""
        name = _masked(self.name, folded(_stem(self.path.name)))
        folders = " ".join(folded(part) for part in self.path.parts[:-1])
        final = titles.FINAL.search(titles.DRAFT.sub("", name)) is not None
        if (word := titles.TEMPLATE.search(name)) or (word := titles.TEMPLATE.search(folders)):
            return self._set_aside(Standing.TEMPLATE, word[0], final=final)
        if (word := titles.DRAFT.search(name)) or (word := re.search(r"草稿|初稿", folders)):
            return self._set_aside(Standing.DRAFT, word[0], final=final)
        pieces = re.split(r"[\W_]+", name)
        for piece in pieces:
            if word := titles.UNSETTLED.search(piece):
                self.doubts.append(_("the name says {word}").format(word=word[0]))
        if word := re.search(r"作废|废止|旧|待审|退回|回收", folders):
            self.doubts.append(_("the folder says {word}").format(word=word[0]))
        return Standing.UNCLASSIFIED if self.doubts else Standing.RECORD

    def _set_aside(self, standing: Standing, word: str, *, final: bool) -> Standing:
        if final:
            self.doubts.append(_("the name says both {word} and that it is final").format(word=word))
            return Standing.UNCLASSIFIED
        self.notes.append(_("no record: {word}").format(word=word))
        return standing


_DEPARTMENT_LABEL = re.compile(r"(?<!\w)(?:所属|使用|填报)?部门\s*[:：\t]")
_PERIOD_LABEL = re.compile(r"报告期|所属期|所属月份|月份[:：]|统计期|期间[:：]|调查期|检查日期|会议时间|发生时间")


def _stem(name: str) -> str:
    """A file's name without the extensions that are ones; the dots of 7.5.1 stay."""
    stem, dot, extension = name.rpartition(".")
    return stem if dot and extension.casefold() in DOCUMENTS else name


def _heading_lines(text: str) -> list[str]:
    """The first lines of a text that may be headings: eight of them, none longer than a title could be."""
    lines = [line.strip() for line in text.split("\n", 40)[:40]]
    return [line[:60] for line in lines if line][:8] if text else []


def _masked(said: titles.Said, text: str) -> str:
    """A name without the titles in it, whose words say nothing about its version."""
    for title in said.titles:
        text = text.replace(title.label, "")
    return text


_FITTING: dict[str, frozenset[str]] = {
    "month": frozenset({"month", "months", "quarter", "half"}),
    "day": frozenset({"day", "days", "month", "tens", "week"}),
    "half": frozenset({"half"}),
    "year": frozenset({"year"}),
    "none": frozenset({"day", "days", "month", "months", "quarter", "half", "year"}),
}


def _fits(kind: str, written: Written) -> bool:
    """Whether a period as written can be what a paper of that kind covers: a monthly report is not of a year."""
    if kind == "month" and written.kind == "days":  # 10月1日至10月31日
        return all(period is None or str(period).count("-") == 1 for period in (written.period(written.year or 2000),))
    return written.kind in _FITTING[kind]


# --- the verdict ----------------------------------------------------------------------------------------------


def identify(catalogue: titles.Catalogue, document: Document) -> Identification:
    """What a document is, and why. RECORD only where class and period are certain enough to count years from (D4)."""
    if left_alone(document.path):
        return Identification(Standing.LEFT_ALONE, reasons=(_("a passing file beside documents"),))
    if BLANK in document.properties:
        return Identification(Standing.TEMPLATE, reasons=(_("a blank of guidang's that nobody has filled in"),))
    case = _Case(catalogue, document)
    case.gather()
    kind = case.kind()
    period = case.period(kind) if kind else None
    department = case.department()
    standing = case.standing()
    doubts = case.doubts if standing is Standing.UNCLASSIFIED else ()
    reasons = (*(evidence.reason for evidence in case.evidence), *case.notes, *doubts)
    return Identification(
        standing,
        kind.key if kind else None,
        period,
        department,
        Confidence.UNSURE if standing is Standing.UNCLASSIFIED else case.confidence(),
        tuple(dict.fromkeys(reasons)),
        tuple(sorted({evidence.key for evidence in case.evidence})),
    )


@dataclass(frozen=True, slots=True)
class Repeated:
    """Several files for one class, period and department: copies or versions. The newest signed one is the record; a
    person says which that is.
    """

    kind: str
    period: Period
    department: str
    paths: tuple[str, ...]


def repeated(catalogue: titles.Catalogue, found: Mapping[str, Identification]) -> list[Repeated]:
    """The periods for which more than one file was found, where one is usual. ``found``: path → what it is."""
    groups: dict[tuple[str, Period, str], list[str]] = defaultdict(list)
    for path, one in found.items():
        if one.standing is Standing.RECORD and one.kind and one.period and not catalogue.kinds[one.kind].many:
            groups[one.kind, one.period, one.department].append(path)
    return [Repeated(*key, tuple(sorted(paths))) for key, paths in sorted(groups.items()) if len(paths) > 1]
