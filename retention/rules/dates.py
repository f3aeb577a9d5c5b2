"""Pure: from which day a term counts, which day is the last a record is kept, and what day it is (T1–T4).

A term never ends early and never waits for a working day: 民法典 203 moves the end of a time to *act* past a holiday;
keeping is no act. The parties may reckon otherwise than 民法典 200–204 (204), which ``Start.NEXT_YEAR`` does.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from retention.rules.schedule import Base, Start, TermKind

if TYPE_CHECKING:
    from retention.rules.model import Record
    from retention.rules.schedule import Rule, Term

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai; China has kept no summer time since 1991."""

_DAY = timedelta(days=1)


# --- terms --------------------------------------------------------------------------------------------------------


class BaseDate(NamedTuple):
    """The date a term counts from, and which of a record's dates it is."""

    day: date
    source: Base


def base_date(record: Record, choice: Base) -> BaseDate:
    """The date the class chose, else the next that is known: end of the period, document, filing (T1).

    ``Base.LATEST`` is the latest of those known. Times of files never count (W6).
    """
    dates = {
        Base.PERIOD_END: record.period.last if record.period else None,
        Base.DOCUMENT: record.dated,
        Base.FILING: record.filed_on,
    }
    known = [BaseDate(day, source) for source, day in dates.items() if day is not None]
    if choice is Base.LATEST:
        return max(known, key=lambda base: base.day)
    order = list(dates)
    return next(base for base in known if order.index(base.source) >= order.index(choice))


def starts_on(base: date, start: Start) -> date:
    """The first day that counts: the day after the base date (民法典 201), or 1 January after it. OverflowError."""
    return date(base.year, 12, 31) + _DAY if start is Start.NEXT_YEAR else base + _DAY


def last_kept_day(base: date, rule: Rule) -> date | None:
    """The last day a record has to be there; None where its term is not a known number, or ends beyond all calendars.

    ``anniversary``: the day of the same number, or the last of a shorter month (民法典 202), then the days.
    ``next_year``: the same from 31 December of the base date's year, so that whole months end on their last day.
    """
    if rule.term.kind is not TermKind.FIXED:
        return None
    counted_from = date(base.year, 12, 31) if rule.start is Start.NEXT_YEAR else base
    try:
        return _after(counted_from, rule.term)
    except (OverflowError, ValueError):
        return None


def eligible_day(base: date, rule: Rule) -> date | None:
    """The day after the last kept day: the first on which disposal may be proposed. None: never."""
    last = last_kept_day(base, rule)
    return None if last is None or last == date.max else last + _DAY


def _after(day: date, term: Term) -> date:
    years, month = divmod(day.month - 1 + term.months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=term.days)


# --- today --------------------------------------------------------------------------------------------------------


def business_date(at: datetime, zone: tzinfo = CHINA) -> date:
    """The calendar day of an instant where the office is, wherever the machine thinks it stands (T3).

    ValueError for an instant without a time zone: it would be read in the machine's.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at.astimezone(zone).date()


class ClockFault(Enum):
    """Why nothing may be executed by this clock, though the watcher may go on reporting (T4)."""

    BEHIND = "behind"  # the last event
    AHEAD = "ahead"  # more than a day of the last scan, and nobody vouched for it


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of the time: the latest instant the ledger holds, and the latest that could be believed.

    A scan is believed while it comes within a day of one that was; after a longer pause a person has to vouch.
    """

    latest: datetime | None = None
    believed: datetime | None = None
    tolerance: timedelta = timedelta(hours=24)

    def scanned(self, at: datetime) -> Clock:
        """After a scan: believed, unless it is too far ahead of the last believed."""
        believed = self.believed if self._is_ahead(at) else _later(self.believed, at)
        return Clock(_later(self.latest, at), believed, self.tolerance)

    def recorded(self, at: datetime) -> Clock:
        """After any other event."""
        return Clock(_later(self.latest, at), self.believed, self.tolerance)

    def vouched(self, at: datetime) -> Clock:
        """After a person said that it is this late."""
        return Clock(_later(self.latest, at), at, self.tolerance)

    def fault(self, now: datetime) -> ClockFault | None:
        """What is wrong with ``now``; None where it can be acted on."""
        if self.latest is not None and now < self.latest:
            return ClockFault.BEHIND
        return ClockFault.AHEAD if self._is_ahead(now) else None

    def _is_ahead(self, at: datetime) -> bool:
        return self.believed is not None and at - self.believed > self.tolerance


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)
