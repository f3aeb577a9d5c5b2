"""A paper of the procedure other than the monthly report: what one filled workbook gives its template.

Pure: a reading, the office's settings and what its schedule says go in, the template's context comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from docgen.figures.declarations import Declarations
from docgen.figures.evaluation import evaluate
from docgen.figures.objectives import Objective, Verdict, judge
from docgen.figures.results import Measures
from docgen.forms.declaration import Form
from docgen.registers.reading import Reading, Row
from foundation.period import Period
from office.papers import carry_over
from office.papers.month import DEPARTMENT, Month, compared
from office.settings import Settings

_NO_PERIOD = Period.year(1)
"""Stands for the period where a form has none: expressions over it are of no use there."""


def input_form(form: Form, forms: Mapping[str, Form]) -> Form:
    """The form whose workbook is filled in for ``form``: itself, or the one register a report is made from."""
    if not form.fields and not form.tables and len(form.sources) == 1:
        return forms[form.sources[0]]
    return form


def period_of(form: Form, reading: Reading, given: Period | None = None) -> Period | None:
    """The period a paper is about; None where its form has none.

    The date field that says so decides, then ``given``, then what the workbook was made for, then the file's name.
    DataError where none of them tells.
    """
    marked = next((field.key for field in reading.form.fields if field.within_period), "")
    if form.period != "none" and (day := reading.fields.get(marked)):
        return Period.of(form.period, day)
    return carry_over.period_of(form, reading, given)


def file_name(form: Form, reading: Reading, given: Period | None = None) -> str:
    """The finished document's name by the form's ``file``, with the template's ending."""
    department = str(reading.fields.get(DEPARTMENT) or "")
    name = PurePath(form.file_name(period_of(form, reading, given), department, reading.fields))
    return str(name.with_suffix(ending_of(form)))


def ending_of(form: Form) -> str:
    """The ending of a form's documents: its template's, ``.xlsx`` where it is printed as a register."""
    return PurePath(form.template).suffix or ".xlsx"


def computed(reading: Reading, declared: Declarations, period: Period | None, settings: Settings | None) -> Measures:
    """The figures, breakdowns and lists a form declares over its own tables. DataError at every cell in the way."""
    about = period or _NO_PERIOD
    known = (settings or Settings(name="—")).for_expressions()
    return evaluate(declared, Month(about, (reading,)).tables(), period=about, settings=known)


def judged(measures: Measures, objectives: Sequence[Objective]) -> tuple[Verdict, ...]:
    """The objectives a paper has a figure for, judged by it."""
    return judge([objective for objective in objectives if objective.figure in measures.figures], measures.figures)


def context(  # noqa: PLR0913, PLR0917 - each is one of the things a paper shows
    form: Form,
    reading: Reading,
    period: Period | None,
    settings: Settings | None,
    measures: Measures | None = None,
    verdicts: Sequence[Verdict] = (),
    kept: str = "",
) -> dict[str, Any]:
    """Everything a paper's template may ask for: the head fields and tables by their keys, and what is around them.

    ``kept`` is how long the schedule says the record is kept, empty where it says nothing.
    """
    return {
        "form": {
            "id": form.id,
            "code": form.code,
            "title": form.title,
            "version": (settings.version if settings else "") or form.version,
        },
        "office": {key: getattr(settings, key) if settings else "" for key in ("name", "company", "project")},
        "departments": settings.departments.names if settings else (),
        "supervisors": settings.departments.supervisors if settings else {},
        "people": settings.people if settings else {"prepared": "", "checked": "", "approved": ""},
        "period": period or "",
        "meta": {
            "digest": carry_over.digest(reading, settings),
            "department": carry_over.department(reading, settings),
            "kept": kept,
        },
        "figures": measures.figures if measures else {},
        "breakdowns": {key: compared(shown, None) for key, shown in measures.breakdowns.items()} if measures else {},
        "objectives": verdicts,
        "lists": measures.lists if measures else {},
        **{field.key: reading.fields.get(field.key) for field in reading.form.fields},
        **{table.key: _rows(reading, table.key) for table in reading.form.tables},
    }


def _rows(reading: Reading, key: str) -> tuple[Row, ...]:
    return reading.tables[key].rows if key in reading.tables else ()
