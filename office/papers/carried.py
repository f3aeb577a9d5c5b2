"""What earlier papers hand on: rows into a blank, and how a plan asked for twice differs (gap G8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docgen.errors import DataError
from docgen.forms.declaration import Form
from docgen.registers.reader import read
from docgen.registers.reading import Reading
from foundation.language import N_
from foundation.period import Period
from foundation.problem import Problem, ProblemKind, Remedy
from office.office import Office
from office.papers import carry_over
from office.papers.carry_over import PLAN, PLANNED, REPORT, REPORTED, Change
from office.papers.handed_in import filled, latest, period_of_file
from office.papers.month import DEPARTMENT

_NOT_CARRIED = ProblemKind(
    "paper.not_carried",
    N_("the earlier paper has {n} problems; nothing was carried over from it"),
    Remedy("register.mend"),
)


@dataclass(frozen=True)
class CarriedOver:
    """Rows by table key that come into a blank, and earlier papers that could not be read."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    warnings: tuple[Problem, ...] = ()


def carried(office: Office, form: Form, period: Period, department: str = "") -> CarriedOver:
    """What earlier papers hand on to a blank of ``form``; of one department where the form is filled by each.

    An earlier paper that cannot be read hands on nothing, and that is said: a blank does not wait for it.
    """
    rows: dict[str, list[Mapping[str, Any]]] = {}
    warnings: list[Problem] = []
    for carry in form.carry:
        source = office.forms[carry.form or form.id]
        wanted = carry_over.wanted_period(carry, period)
        for path in filled(office, source, wanted) if wanted else latest(office, source, period):
            try:
                reading = read(path, source, period=wanted or period_of_file(path, source))
                if reading.fields.get(DEPARTMENT, department) in (department, None) or not department:
                    found = rows.setdefault(carry.table, [])
                    found += carry_over.unknown(
                        form.table(carry.table), found, carry_over.carried(form, carry, reading, period)
                    )
            except DataError as error:
                warnings.append(_NOT_CARRIED(path.name, n=len(error.problems)))
    return CarriedOver(rows, tuple(warnings))


def plan_warnings(office: Office, period: Period, readings: Iterable[Reading]) -> list[Problem]:
    """For the department reports of ``period``: where their next plan departs from the plan of the 25th."""
    found: list[Problem] = []
    for reading in readings:
        reported = reading.tables.get(REPORTED)
        if reading.form.id == REPORT and reported and reported.rows:
            for plan in _papers_of(office, PLAN, period.following(), str(reading.fields.get(DEPARTMENT))):
                found += carry_over.change_warnings(_changes(office, plan, reading))
                break
    return found


def plan_changes(office: Office, plan: Reading, period: Period) -> list[Change]:
    """For a month's plan: what the department's report, handed in on the 3rd, says otherwise."""
    for report in _papers_of(office, REPORT, period.previous(), plan.fields.get(DEPARTMENT)):
        if report.tables[REPORTED].rows:
            return _changes(office, plan, report)
    return []


def _changes(office: Office, plan: Reading, report: Reading) -> list[Change]:
    table = office.forms[REPORT].table(REPORTED)
    return carry_over.plan_changes(plan.tables[PLANNED].rows, report.tables[REPORTED].rows, table)


def _papers_of(office: Office, form_id: str, period: Period, department: Any) -> Iterator[Reading]:
    """The department's papers of that form and period, as far as they can be read."""
    form = office.forms.get(form_id)
    for path in filled(office, form, period) if form else ():
        try:
            reading = read(path, office.forms[form_id], period=period)
        except DataError:
            continue
        if reading.fields.get(DEPARTMENT) == department:
            yield reading
