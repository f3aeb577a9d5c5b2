"""A month's registers become everything its report prints: pure, readings and settings in, values out.

Whatever the report shows as a number comes from one :class:`docgen.figures.results.Measures`, so that two of its tables
cannot disagree.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from docgen.errors import Problem, Remedy
from docgen.figures.objectives import Status, Verdict
from docgen.figures.results import Breakdown, Line, Measures, Result
from docgen.forms.declaration import Form
from docgen.registers.reading import Reading, Row
from docgen.template.filters import DASH, round_half_up
from foundation.language import _
from foundation.period import Period
from office.settings import Settings

DEPARTMENT = "department"
BAR_LENGTH = 12
"""Blocks of the longest bar in a table cell."""

_NUMERALS = "一二三四五六七八九"


@dataclass(frozen=True)
class Month:
    """What was read for a period: one reading a file, in the order of the forms and of the file names."""

    period: Period
    readings: tuple[Reading, ...]

    def of(self, form_id: str) -> tuple[Reading, ...]:
        """The readings of one form."""
        return tuple(reading for reading in self.readings if reading.form.id == form_id)

    def tables(self) -> dict[str, tuple[Row, ...]]:
        """Table key → rows of all files; the head fields of a file (部门) are columns of each of its rows."""
        found: dict[str, list[Row]] = defaultdict(list)
        for reading in self.readings:
            for key, data in reading.tables.items():
                found[key] += [row.widened(reading.fields) if reading.fields else row for row in data.rows]
        return {key: tuple(rows) for key, rows in found.items()}


def by_department(form: Form) -> bool:
    """Whether each department fills in one of its own."""
    return any(field.key == DEPARTMENT for field in form.fields)


def columns_of(forms: Iterable[Form]) -> dict[str, frozenset[str]]:
    """What declarations over these forms may name: each table's columns and its form's head fields."""
    return {
        table.key: frozenset(field.key for field in (*table.columns, *form.fields))
        for form in forms
        for table in form.tables
    }


# --- are the registers complete? ------------------------------------------------------------------------------


def missing(report: Form, forms: Mapping[str, Form], settings: Settings, month: Month) -> Iterator[Problem]:
    """Registers the report draws on that were not handed in (3.2.1, 3.2.3), department reports one by one (3.2.2).

    A form without a period (the half-yearly survey) is not expected every month.
    """
    where = f"registers/{month.period}"
    for form in (forms[form_id] for form_id in report.sources):
        given = month.of(form.id)
        hint = Remedy("blank.new", form=form.id, period=month.period)
        if by_department(form):
            there = {reading.fields.get(DEPARTMENT) for reading in given}
            for name in settings.departments.names:
                if name not in there:
                    message = _("{title} of {department} is missing").format(title=form.title, department=name)
                    yield Problem(where, message, hint, "report.missing_department")
        elif not given and form.period != "none":
            yield Problem(where, _("{title} is missing").format(title=form.title), hint, "report.missing_register")


def repeated(month: Month) -> Iterator[Problem]:
    """Rows that came in twice through several files of one form: counted twice, they would make a wrong report."""
    for form in {reading.form.id: reading.form for reading in month.readings}.values():
        given = month.of(form.id)
        if by_department(form):
            yield from _two_of_a_department(given)
        elif len(given) > 1:
            yield from _shared_rows(form, given)


def _two_of_a_department(given: Sequence[Reading]) -> Iterator[Problem]:
    first: dict[Any, Reading] = {}
    for reading in given:
        other = first.setdefault(reading.fields.get(DEPARTMENT), reading)
        if other is not reading:
            message = _("{department} has handed in two: this file and {other}").format(
                department=reading.fields.get(DEPARTMENT), other=other.source
            )
            hint = _("Keep the valid one in the folder and move the other out.")
            yield Problem(reading.source, message, hint, "report.two_files")


def _shared_rows(form: Form, given: Sequence[Reading]) -> Iterator[Problem]:
    for table in form.tables:
        keys = [column.key for column in table.columns if column.unique] or [column.key for column in table.columns]
        seen: dict[tuple[Any, ...], tuple[Reading, Row]] = {}
        for reading in given:
            for row in reading.tables[table.key].rows if table.key in reading.tables else ():
                other, there = seen.setdefault(tuple(row[key] for key in keys), (reading, row))
                if other is not reading:
                    message = _("this row stands in two files, also at {other}").format(other=there.place)
                    hint = _("Files of one form are read together; take the copy out of the folder.")
                    yield Problem(row.place.at(), message, hint, "report.repeated_row")


def unfinished_explained(month: Month) -> Iterator[Problem]:
    """Clause 3.2.2, whatever an office's own form asks for: reason, measure and a milestone after the month."""
    titles = {"reason": "原因", "measure": "跟进措施", "milestone": "完工时间节点"}
    for row in month.tables().get("unfinished", ()):
        empty = [title for key, title in titles.items() if row[key] in (None, "")]
        if empty:
            message = _("an unfinished item lacks {columns} (clause 3.2.2)").format(columns="、".join(empty))
            yield Problem(row.place.at(), message, _("Fill in all three."), "report.unexplained")
        elif row["milestone"] <= month.period.last:
            message = _("the milestone of an unfinished item lies in the month itself (clause 3.2.2)")
            yield Problem(row.place.at(), message, _("Write the day it will be finished."), "report.milestone")


def lost(report: Form, forms: Mapping[str, Form], previous: Measures, month: Month) -> Iterator[Problem]:
    """Items open at the end of the month before that this month's register does not have: carried over by nobody.

    Looked at are the lists named ``…_open`` of tables whose rows have a number of their own.
    """
    numbers = {
        table.key: column.key
        for form in (forms[form_id] for form_id in report.sources)
        for table in form.tables
        for column in table.columns
        if column.unique
    }
    tables = month.tables()
    for declaration in report.lists:
        name, table = declaration["key"], declaration["table"]
        if not name.endswith("_open") or table not in numbers or table not in tables:
            continue
        there = {row[numbers[table]] for row in tables[table]}
        for row in previous.lists[name]:
            if row[numbers[table]] not in there:
                message = _("{number} was open at the end of last month and is not in the register of {period}").format(
                    number=row[numbers[table]], period=month.period.label
                )
                hint = _("Carry it over: copy the row into this month's register and go on with it there.")
                yield Problem(row.place.at(), message, hint, "report.lost")


# --- digest ---------------------------------------------------------------------------------------------------


def digest(months: Iterable[Month], settings: Settings | None) -> str:
    """SHA-256 over canonical JSON of everything a report is computed from: same data and settings, same digest."""
    data = {
        "settings": settings.model_dump(mode="json") if settings else None,
        "months": {
            str(month.period): [{"file": reading.source, **contents(reading)} for reading in month.readings]
            for month in months
        },
    }
    return digested(data)


def contents(reading: Reading) -> dict[str, Any]:
    """What stands in a workbook, as it goes into a digest."""
    tables = {key: [dict(row) for row in table.rows] for key, table in reading.tables.items()}
    return {"form": reading.form.id, "fields": dict(reading.fields), "tables": tables}


def digested(data: object) -> str:
    """SHA-256 over canonical JSON: sorted keys, amounts without needless zeros, days as ISO 8601."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


# --- context --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """The cover's names and day; an empty name leaves room to write it."""

    by: str
    checked: str
    approved: str
    date: date


def number(settings: Settings, report: Form, period: Period) -> str:
    """编号 of the paper, by the office's pattern: ``QG-FW-01-01〔2026〕10号``."""
    return settings.number.format(code=report.code, year=period.first.year, month=period.first.month)


def context(  # noqa: PLR0913, PLR0917 - each is one of the things a report shows
    report: Form,
    settings: Settings,
    month: Month,
    measures: Measures,
    previous: Measures | None,
    verdicts: Sequence[Verdict],
    prepared: Prepared,
    data_digest: str,
) -> dict[str, Any]:
    """Everything template.docx asks for."""
    return {
        "office": {"name": settings.name, "company": settings.company, "project": settings.project or settings.name},
        "form": {
            "id": report.id,
            "code": report.code,
            "title": report.title,
            "version": settings.version or report.version,
        },
        "period": month.period,
        "prepared": prepared,
        "meta": {"digest": data_digest, "number": number(settings, report, month.period)},
        "figures": measures.figures,
        "breakdowns": {
            key: compared(shown, previous.breakdowns[key] if previous else None)
            for key, shown in measures.breakdowns.items()
        },
        "lists": measures.lists,
        "objectives": verdicts,
        "verdicts": {
            "met": [v for v in verdicts if v.status is Status.MET],
            "missed": [v for v in verdicts if v.status is Status.MISSED],
            "unknown": [v for v in verdicts if v.status is Status.NO_DATA],
        },
        "departments": [
            _department(name, place, measures, month) for place, name in enumerate(settings.departments.names, 1)
        ],
        "energy_base": {"same_month_last_year": "上年同月", "last_month": "上月"}[settings.settings.energy_base],
        "sources": [
            {
                "title": reading.form.title,
                "file": reading.source,
                "rows": sum(len(table.rows) for table in reading.tables.values()),
            }
            for reading in month.readings
        ],
    }


def compared(now: Breakdown, before: Breakdown | None) -> dict[str, Any]:
    """A breakdown beside last month's: lines with ``last`` (texts by column) and ``bar`` (blocks by column).

    ``rows`` are this month's lines, ``both`` those and the ones only last month had. Where there is nothing to
    count there are no lines at all.
    """
    old = {line.label: line for line in before.rows} if before else {}
    known = {line.label for line in now.rows}
    gone = [_without_rows(line) for label, line in old.items() if label not in known]
    longest = {
        key: max((_size(line.cells[key]) for line in now.rows), default=Decimal(0)) for key, _title in now.columns
    }

    def shown(line: Line) -> dict[str, Any]:
        return _shown(line, old.get(line.label) or (_without_rows(line) if before else None), longest)

    return {
        "rows": [shown(line) for line in now.rows] if any(map(_counts, now.rows)) else [],
        "both": [shown(line) for line in (*now.rows, *gone)] if any(map(_counts, (*now.rows, *old.values()))) else [],
        "total": _shown(now.total, before.total if before else None, longest) if now.total else {},
    }


def _without_rows(line: Line) -> Line:
    """The line of a month in which its label did not occur: nothing counted, no rate."""
    counted = {"count", "sum", "distinct"}
    zero = {key: Decimal(0) if cell.kind in counted else None for key, cell in line.cells.items()}
    return replace(line, cells={key: replace(cell, value=zero[key]) for key, cell in line.cells.items()})


def _counts(line: Line) -> bool:
    return any(cell.value for cell in line.cells.values())


def _size(result: Result) -> Decimal:
    return max(result.value or Decimal(0), Decimal(0))


def _shown(line: Line, old: Line | None, longest: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        **line.cells,
        "label": line.label,
        "last": {key: old.cells[key].text if old else DASH for key in line.cells},
        "bar": {key: _bar(_size(cell), longest[key]) for key, cell in line.cells.items()},
    }


def _bar(size: Decimal, longest: Decimal) -> str:
    """``████``: as many blocks as the share of the longest asks for, one at least where there is anything."""
    if not size or not longest:
        return ""
    return "█" * max(1, int(round_half_up(size * BAR_LENGTH / longest, 0)))


def _department(name: str, place: int, measures: Measures, month: Month) -> dict[str, Any]:
    own = {key: [row for row in measures.lists[key] if row[DEPARTMENT] == name] for key in ("done", "unfinished")}
    handed_in = any(reading.fields.get(DEPARTMENT) == name for reading in month.readings)
    return {
        "name": name,
        "ordinal": ordinal(place),
        "received": handed_in,
        **own,
        **{key: _line_of(measures.breakdowns[f"{key}_by_department"], name) for key in ("checks", "training", "staff")},
    }


def _line_of(breakdown: Breakdown, label: str) -> dict[str, str]:
    for line in breakdown.rows:
        if line.label == label:
            return {key: result.text for key, result in line.cells.items()}
    return {key: DASH for key, _title in breakdown.columns}


def ordinal(n: int) -> str:
    """``一`` … ``十二``, as headings count; from 100 on in figures."""
    if n >= 100:
        return str(n)
    tens, ones = divmod(n, 10)
    return (("" if tens == 1 else _NUMERALS[tens - 1]) + "十" if tens else "") + (_NUMERALS[ones - 1] if ones else "")


def several_files(month: Month) -> Iterator[Problem]:
    """Forms whose rows were put together from several files: worth a look, not a fault."""
    counts = Counter(reading.form.id for reading in month.readings)
    for form in {reading.form.id: reading.form for reading in month.readings}.values():
        if counts[form.id] > 1 and not by_department(form):
            files = "、".join(reading.source for reading in month.of(form.id))
            message = _("{title} was read from {n} files together: {files}").format(
                title=form.title, n=counts[form.id], files=files
            )
            hint = _("Take out what does not belong there.")
            yield Problem(f"registers/{month.period}", message, hint, "report.several_files")
