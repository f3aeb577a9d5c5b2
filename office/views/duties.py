"""The procedure's deadlines of a period as people see them, and the calendar file of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from foundation.atomic_file import write_atomic
from foundation.period import Period
from foundation.problem import Problem
from office.archive.deadlines import judged
from office.office import Office
from office.views.as_json import HIDDEN
from retention.duties.calendar_file import calendar
from retention.duties.judging import DutyEntry, DutyStatus, end_of
from retention.rules.dates import CHINA


@dataclass(frozen=True)
class DutyRow:
    """One deadline and how it stands; ``moment`` where it is one of hours, ``wanted``: how many were to be ``done``."""

    duty: str
    clause: str
    title: str
    about: str
    by: str
    due: date
    moment: str | None
    status: str
    done_on: date | None
    done: int
    wanted: int
    estimated: tuple[int, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class DutyList:
    """The deadlines of a period as of a day; ``counts``: how many stand how, those left out included."""

    on: date
    duties: tuple[DutyRow, ...]
    notices: tuple[str, ...]
    problems: tuple[Problem, ...]
    counts: Mapping[str, int] = field(metadata=HIDDEN)


def duties(
    office: Office, period: Period, on: date | None, *, only_open: bool = False, file: Path | None = None
) -> DutyList:
    """The deadlines of a period by the end of the day ``on``, by this moment without it.

    ``only_open`` leaves out what was done in time. ``file``: where all of them are written to as a calendar.
    """
    found = judged(office, period, end_of(on) if on else datetime.now(CHINA).replace(tzinfo=None))
    agenda = found.agenda
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, calendar(agenda, office.name, datetime.now(UTC)))
    counts = Counter(entry.status for entry in agenda.entries)
    shown = (entry for entry in agenda.entries if not (only_open and entry.status is DutyStatus.ON_TIME))
    counted = {status.value: counts[status] for status in DutyStatus if counts[status]}
    return DutyList(agenda.on, tuple(map(_row, shown)), agenda.notices, found.problems, counted)


def _row(entry: DutyEntry) -> DutyRow:
    return DutyRow(
        entry.duty.key,
        entry.duty.clause,
        entry.duty.title,
        str(entry.period),
        entry.by,
        entry.due,
        str(entry.moment) if entry.moment else None,
        entry.status.value,
        entry.on,
        entry.done,
        entry.duty.count,
        entry.estimated,
        entry.remarks,
    )
