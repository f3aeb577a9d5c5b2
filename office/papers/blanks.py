"""Blank workbooks of forms: where they belong, whose they are, and what earlier papers hand on into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from docgen.forms.declaration import Form
from docgen.registers.blank import new_workbook
from foundation.atomic_file import write_atomic
from foundation.period import Period
from foundation.problem import Problem
from office.office import REPORT, Office
from office.papers.carried import carried
from office.papers.month import DEPARTMENT, by_department
from office.papers.writing import target_of

__all__ = ["by_department"]


class Blank(NamedTuple):
    """A blank that was written, and the earlier papers that could not hand anything on to it."""

    path: Path
    warnings: tuple[Problem, ...] = ()


def period_on(form: Form, day: date) -> Period | None:
    """The period a day lies in, as the form counts; None for a form without."""
    return None if form.period == "none" else Period.of(form.period, day)


def write_blanks(  # noqa: PLR0913 - each is a choice of the person who asks for it
    office: Office | None,
    form: Form,
    period: Period | None,
    *,
    department: str | None = None,
    output: Path | None = None,
    force: bool = False,
) -> Iterator[Blank]:
    """One blank for the department, or one for each of the office's where each fills the form, as they are written.

    ``output`` is a file or a folder; without it the place the office has for such papers, or the current folder.
    FileExistsError where a file is there already, unless ``force``.
    """
    wanted = output or _place(office, form, period)
    for name in _departments(office, form, department, wanted):
        target = target_of(wanted, form.file_name(period, name), force=force)
        known: dict[str, Any] = {DEPARTMENT: name} if name else {}
        if period and period.kind == "day":
            days = (field for field in form.fields if field.within_period and field.type == "date")
            known |= {field.key: period.first for field in days}  # no hour is guessed
        earlier = carried(office, form, period, name) if office and period and form.carry else None
        write_atomic(target, new_workbook(form, period=period, carry=earlier.rows if earlier else None, fields=known))
        yield Blank(target, earlier.warnings if earlier else ())


def _place(office: Office | None, form: Form, period: Period | None) -> Path:
    """Where a filled form belongs: registers of the report with their period, papers with their like; else here."""
    if office is None:
        return Path()
    if form.id not in office.forms[REPORT].sources:
        return office.folder / "papers" / form.id
    return office.folder / "registers" / str(period) if period else Path()


def _departments(office: Office | None, form: Form, department: str | None, wanted: Path) -> Sequence[str]:
    """Who gets a blank: the department named, each of the office's where each fills the form, else nobody by name."""
    for_all = by_department(form) and not wanted.suffix and "{department}" in form.file
    return office.settings.departments.names if office and for_all and not department else [department or ""]
