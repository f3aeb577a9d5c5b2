"""What earlier papers hand on: which period a paper is about, rows carried over, a plan asked for twice.

Pure: readings in, values out. The flows that find and write files are office.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from docgen.errors import DataError, Place, Problem, Remedy
from docgen.forms.declaration import Carry, Form, Table
from docgen.registers.reading import Reading, Row
from docgen.sheets.cell import plain
from docgen.template.environment import expression
from foundation.folding import normal_label
from foundation.language import _
from foundation.period import Period
from office.papers.month import DEPARTMENT, contents, digested
from office.settings import Settings

DAY = "day"
"""Head field of a paper of one day that says which."""


# --- which period ---------------------------------------------------------------------------------------------


def period_of(form: Form, reading: Reading, given: Period | None = None) -> Period | None:
    """The period a paper is about: its day, the one given, the one it was read for, the one in its name.

    DataError where the form needs one and nothing says which; None for a form without.
    """
    if form.period == "none":
        return reading.period
    day = reading.fields.get(DAY)
    if form.period == "day" and isinstance(day, date):
        return Period.day(day)
    for period in (given, reading.period, Period.named(reading.source, form.period)):
        if period is not None and period.kind == form.period:
            return period
    message = _("nothing says which period this paper is about")
    hint = Remedy("period.name")
    raise DataError(Problem(reading.source, message, hint, "paper.no_period"))


# --- what a paper says of itself ------------------------------------------------------------------------------


def department(reading: Reading, settings: Settings | None) -> str:
    """Whose paper it is: its head field's department, its form's, else the service centre."""
    return reading.fields.get(DEPARTMENT) or reading.form.department or (settings.name if settings else "")


def digest(reading: Reading, settings: Settings | None) -> str:
    """SHA-256 over everything a paper is rendered from."""
    return digested({"settings": settings.model_dump(mode="json") if settings else None, **contents(reading)})


# --- carried over ---------------------------------------------------------------------------------------------


def wanted_period(carry: Carry, period: Period) -> Period | None:
    """The period whose paper a carry looks for; None where it is the latest one there is."""
    return {"previous": period.previous(), "same": period, "following": period.following()}.get(carry.period)


def carried(form: Form, carry: Carry, source: Reading, period: Period) -> Iterator[dict[str, Any]]:
    """The rows a carry takes from an earlier paper, by the columns of the form's own table.

    DataError where an expression of the declaration cannot be worked out for a row.
    """
    data = source.tables.get(carry.source or carry.table)
    table = form.table(carry.table)
    when = expression(carry.when)
    columns = {key: expression(text) for key, text in carry.columns.items()}
    for row in data.rows if data else ():
        names = {**row, "period": period}
        try:
            if when(names):
                yield {key: value(names) for key, value in columns.items()} if columns else _common(table, row)
        except (TypeError, ValueError, ArithmeticError) as error:
            message = _("what is carried over cannot be worked out for this row: {reason}").format(reason=error)
            hint = _("The expressions under [[carry]] in form.toml have to ask for empty cells first.")
            raise DataError(Problem(row.place.at(), message, hint, "paper.carry")) from None


def unknown(
    table: Table, known: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Those of ``rows`` that say nothing ``known`` already: an item left open in the plan and in the report is one.

    What a row is about stands in the table's first required column of text.
    """
    about = next((column.key for column in table.columns if column.required and column.type == "text"), "")
    seen = {normal_label(str(row.get(about))) for row in known} if about else set()
    return [row for row in rows if not about or normal_label(str(row.get(about))) not in seen]


def _common(table: Table, row: Row) -> dict[str, Any]:
    return {column.key: row[column.key] for column in table.columns if column.key in row}


# --- the plan asked for twice (gap G8) ------------------------------------------------------------------------

PLAN, REPORT = "monthly-plan", "department-report"
PLANNED, REPORTED = "plan", "next_plan"
_WORK = "work"


@dataclass(frozen=True)
class Change:
    """What the plan of the 3rd says otherwise than that of the 25th. Texts are Chinese, as they are printed."""

    kind: str
    work: str
    detail: str
    where: Place


def plan_changes(planned: Iterable[Row], reported: Iterable[Row], table: Table) -> list[Change]:
    """Rows of the 3rd's plan (3.2.2) that were added, dropped or altered since the 25th's (3.3.1).

    Items are the same where their 工作内容 is; ``table`` gives the titles of the columns both have.
    """
    before = {_named(row): row for row in planned}
    after = {_named(row): row for row in reported}
    found = [
        Change("取消", str(row[_WORK]), "25日计划有此项，3日计划没有", row.place.at())
        for name, row in before.items()
        if name not in after
    ]
    for name, row in after.items():
        if name not in before:
            found.append(Change("新增", str(row[_WORK]), "25日计划没有此项", row.place.at()))
        elif altered := _altered(before[name], row, table):
            found.append(Change("修改", str(row[_WORK]), "；".join(altered), row.place.at()))
    return found


def _named(row: Row) -> str:
    return normal_label(str(row[_WORK]))


def _altered(before: Row, after: Row, table: Table) -> list[str]:
    keys = [
        column for column in table.columns if column.key in before and column.key in after and column.title != "序号"
    ]
    return [
        f"{column.title}：{_shown(before[column.key])}→{_shown(after[column.key])}"
        for column in keys
        if column.key != "remark" and before[column.key] != after[column.key]
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "（空）"
    return plain(value) if hasattr(value, "as_tuple") else str(value)


def change_warnings(changes: Iterable[Change]) -> Iterator[Problem]:
    """The same, as reminders."""
    for change in changes:
        message = _("the plan differs from the one of the 25th: {kind} “{work}” ({detail})").format(
            kind=change.kind, work=change.work, detail=change.detail
        )
        yield Problem(
            change.where, message, _("Nothing to do if that is meant; it is printed with the plan."), "plan.changed"
        )
