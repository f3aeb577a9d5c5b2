"""What an office has filed, told as values, and its deadlines judged by them.

Files say what they are (retention.identify) and registers what was done in a month; on which day a paper was handed in,
sent or answered stands in transmittals.csv. Nothing is taken from the times of files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from docgen.errors import DataError, Problem
from docgen.registers.reader import forms_named, read
from docgen.registers.reading import Reading
from foundation.period import Period
from office.archive import ledgers
from office.archive.classes import Classes
from office.archive.shares import roots
from office.office import Office
from office.papers.handed_in import registers
from retention.duties.declaration import read_duties
from retention.duties.judging import Agenda, Circumstances, Duty, HandedIn, Known, RegisterCase, Rules, Staff, agenda
from retention.duties.transmittals import FILE as TRANSMITTALS
from retention.duties.transmittals import read_transmittals
from retention.duties.workdays import HolidayTable, library, read_holidays
from retention.filing.first_lines import NOTHING, peek
from retention.filing.identify import Document, Standing, identify
from retention.filing.observed_tables import place_on_disk
from retention.filing.titles import Catalogue, Kind
from retention.ledger import schema
from retention.ledger.view import View
from retention.rules.model import Record

DUTIES = "duties.toml"
MINUTES = "minutes"
READ = ("complaints", "visits", "training", "certificates")
REACH = timedelta(days=400)
"""How far from a period the papers may lie that its duties ask for: a year's, the last one's."""
WEEKDAYS = {"monday": 0, "thursday": 3, "friday": 4, "sunday": 6}


@dataclass(frozen=True)
class Judged:
    """An office's deadlines, and the registers that could not be read to judge them."""

    agenda: Agenda
    problems: tuple[Problem, ...] = ()


def judged(office: Office, period: Period, now: datetime) -> Judged:
    """The deadlines of a period as of ``now``, local time. SourceError for its tables."""
    readings, problems = _readings(office, period)
    households = office.settings.visits.households
    duties = [
        replace(duty, count=households) if duty.each == "person" else duty
        for duty in read_duties(office.file_of("", DUTIES).read_bytes())
    ]
    known = Known(
        (*_handed_in(office, duties), *_found(office, period), *_done(readings)),
        tuple(_cases(readings)),
        frozenset((reading.form.id, reading.period) for reading in readings if reading.period),
    )
    staff = Staff(office.settings.departments.names, _visitors(office, readings))
    basis = Circumstances(known, staff, _table(office), _rules(office))
    return Judged(agenda(duties, period, now, basis), tuple(problems))


def _rules(office: Office) -> Rules:
    chosen = office.settings.deadlines
    return Rules(
        base_data_warns=chosen.base_data == "warn",
        shift_rest_days=chosen.rest_days == "next_working_day",
        unanswered_allowed=chosen.unanswered == "allowed",
        same_day_counts=chosen.first_day == "same_day",
        before_includes=chosen.before == "included",
        week_of=WEEKDAYS[chosen.week_of],
    )


def _table(office: Office) -> HolidayTable:
    """The office's own table before the library's years."""
    path = office.folder / office.settings.settings.holidays
    return read_holidays(path.read_bytes(), path.name).over(library()) if path.is_file() else library()


# --- what is filed ---------------------------------------------------------------------------------------------


def _handed_in(office: Office, duties: Iterable[Duty]) -> tuple[HandedIn, ...]:
    """What people wrote down; nothing where there is no such list."""
    path = office.folder / TRANSMITTALS
    names = {name: duty.key for duty in duties for name in (duty.title, duty.key)}
    return read_transmittals(path.read_bytes(), names, path.name) if path.is_file() else ()


def _found(office: Office, period: Period) -> dict[HandedIn, None]:
    """The papers that are there and say with certainty what they are; their days are not known.

    Those of the office's own folders, and those its ledger has of the shares it watches: a paper that lies in both is
    one (L1, W7).
    """
    classes = Classes.of(office)
    return dict.fromkeys([*_in_folders(office, classes.catalogue), *_in_ledger(office, classes, period)])


def _in_folders(office: Office, catalogue: Catalogue) -> Iterator[HandedIn]:
    for folder in ("papers", "registers", "out"):
        for path in sorted((office.folder / folder).glob("*/*")):
            if not path.is_file():
                continue
            document = _document(office.folder, path)
            seen = identify(catalogue, document)
            form = _form_of(catalogue.kinds.get(seen.kind or ""))
            if seen.standing is Standing.RECORD and form and seen.period and _does_it(form, document):
                yield HandedIn(form, seen.period, seen.department if form in office.forms else "")


def _in_ledger(office: Office, classes: Classes, period: Period) -> Iterator[HandedIn]:
    """Records about the time that duties of a period can ask for; a missing one was filed all the same."""
    if not (office.settings.shares and ledgers.is_there(office)):
        return
    table, folders = schema.records.c, roots(office)
    about = (table.period_last >= period.first - REACH, table.period_first <= period.last + REACH)
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        for record in view.records(table.share.in_(folders), *about):
            form = _form_of(classes.kind(record.class_key))
            if (
                form
                and record.period
                and (form != MINUTES or _does_it(form, _filed(folders[record.share], view, record)))
            ):
                yield HandedIn(form, record.period, record.department if form in office.forms else "")


def _filed(root: Path, view: View, record: Record) -> Document:
    """A record's file, as far as it can be read now."""
    try:
        with (root / place_on_disk(view, record)).open("rb") as file:
            seen = peek(file)
    except OSError:
        seen = NOTHING
    return Document(record.path, seen.properties, seen.text)


def _form_of(kind: Kind | None) -> str:
    """The form that duties name for a class: its id, ``base-data`` for what is made beside the report."""
    return kind.form.rpartition("/")[2] if kind else ""


def _does_it(form: str, document: Document) -> bool:
    """Whether a paper does what duties want of its form: of minutes, only those of a regular meeting (3.4.2, 3.4.3)."""
    return form != MINUTES or "例会" in document.path.rpartition("/")[2] or "例会" in document.text


def _document(folder: Path, path: Path) -> Document:
    with path.open("rb") as file:
        seen = peek(file)
    return Document(path.relative_to(folder).as_posix(), seen.properties, seen.text)


# --- what registers say ----------------------------------------------------------------------------------------


def _readings(office: Office, period: Period) -> tuple[list[Reading], list[Problem]]:
    """The registers of the period's months and the month before that say what was done, and the faults of others."""
    forms = [office.forms[name] for name in READ if name in office.forms]
    readings: list[Reading] = []
    problems: list[Problem] = []
    month = Period.of("month", period.first).previous()
    while month.first <= period.last:
        for path in registers(office, month):
            named = forms_named(path.name, office.forms.values())
            if len(named) == 1 and named[0] in forms:
                try:
                    readings.append(read(path, named[0], period=month))
                except DataError as error:
                    problems += error.problems
        month = month.following()
    return readings, problems


def _rows(readings: Sequence[Reading], form: str) -> Iterator[Any]:
    for reading in readings:
        if reading.form.id == form:
            yield from reading.tables[form].rows


def _cases(readings: Sequence[Reading]) -> Iterator[RegisterCase]:
    """Complaints with the moment of their first answer; one carried into a later month stands there as it is now."""
    latest = {row["complaint_no"]: row for row in _rows(readings, "complaints")}
    for number, row in latest.items():
        if row["received"]:
            yield RegisterCase("complaints", str(number), row["received"], row["replied"])


def _done(readings: Sequence[Reading]) -> Iterator[HandedIn]:
    """Regular training by department and day; households visited at home by person and month."""
    for row in _rows(readings, "training"):
        if row["kind"] == "定期" and row["held"]:
            day = row["held"].date()
            yield HandedIn("training", Period(day, day), row["department"] or "", day)
    for reading in readings:
        if reading.form.id == "visits" and reading.period:
            rooms: dict[str, set[str]] = defaultdict(set)
            for row in reading.tables["visits"].rows:
                if row["method"] == "上门":
                    rooms[row["visitor"]].add(row["room"])
            yield from (HandedIn("visits", reading.period, name, count=len(homes)) for name, homes in rooms.items())


def _visitors(office: Office, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Whom the settings name, else whom the staff register ticks (3.6.1)."""
    ticked = (row["name"] for row in _rows(readings, "certificates") if row.get("visits_due"))
    return office.settings.visits.persons or tuple(dict.fromkeys(ticked))
