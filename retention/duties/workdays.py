"""Pure: working days by the State Council's tables: the office's holidays.csv first, then the library's years.

Make-up days can lie in the year before the holiday, so a table is days, not years. Where no notice is known yet, only
weekends are counted, and the result says so (暂按周末推算): lunar holidays and swaps are never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from foundation.folding import unspaced
from foundation.language import N_, _
from retention.errors import ProblemKind, SourceError
from retention.rules.small_tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


FIVE_DAYS = frozenset(range(5))
"""Monday to Friday, as date.weekday() counts."""

COLUMNS = {
    "day": ("日期", "date"),
    "kind": ("休或班", "休/班", "类别", "kind"),
    "name": ("名称", "节日", "name"),
    "notice": ("文号", "通知", "notice"),
}
_RESTS = {
    **dict.fromkeys(("休", "休息", "放假", "假", "rest"), True),
    **dict.fromkeys(("班", "上班", "补班", "调休上班", "work"), False),
}
_DATE = re.compile(r"(\d{4})(?:[-./年](\d{1,2})[-./月](\d{1,2})日?|(\d\d)(\d\d))")


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """Days that are not what their weekday says: True rest, False work. ``week``: the weekdays worked otherwise.

    A year is known when its National Day is in the table: every year's notice ends with it.
    """

    rests: Mapping[date, bool] = field(default_factory=lambda: MappingProxyType({}))
    week: frozenset[int] = FIVE_DAYS

    def knows(self, year: int) -> bool:
        """Whether the year's notice is in the table."""
        return self.rests.get(date(year, 10, 1), False)

    def works(self, day: date) -> bool:
        """Whether ``day`` is a working day, as far as is known."""
        rests = self.rests.get(day)
        return day.weekday() in self.week if rests is None else not rests

    def over(self, other: HolidayTable) -> HolidayTable:
        """Its own days before those of ``other``; the week is its own."""
        return HolidayTable(MappingProxyType({**other.rests, **self.rests}), self.week)


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """The end of a count, and the years it ran through whose notices are not known."""

    day: date
    unknown_years: tuple[int, ...] = ()

    @property
    def estimated(self) -> bool:
        return bool(self.unknown_years)

    def __str__(self) -> str:
        """``2026-05-07``, or ``2027-01-01 (by weekends for now …)``."""
        return f"{self.day} {self.remark}" if self.estimated else f"{self.day}"

    @property
    def remark(self) -> str:
        """What to know about the day, in the language in force; empty where it is certain."""
        if not self.estimated:
            return ""
        years = "、".join(map(str, self.unknown_years))
        return _("(by weekends for now: the holiday notice of {years} is not known)").format(years=years)


def after_working_days(day: date, count: int, table: HolidayTable, *, counts_first: bool = False) -> WorkingDay:
    """The ``count``-th working day after ``day`` (clauses 3.2.3, 3.3.1); ``day`` itself can be the first on request.

    ValueError for a count below one.
    """
    if count < 1:
        raise ValueError(count)
    end = day if counts_first else day + timedelta(days=1)
    years = set()
    while True:
        years.add(end.year)
        count -= table.works(end)
        if not count:
            return WorkingDay(end, tuple(sorted(year for year in years if not table.knows(year))))
        end += timedelta(days=1)


def next_working_day(day: date, table: HolidayTable) -> WorkingDay:
    """``day`` where it is a working day, else the first after it (gap G5)."""
    return after_working_days(day, 1, table, counts_first=True)


def notice_wanted(on: date, table: HolidayTable) -> int | None:
    """The year whose notice should be in the table: this one, and from 1 November the next."""
    years = (on.year, on.year + 1) if on.month >= 11 else (on.year,)
    return next((year for year in years if not table.knows(year)), None)


@lru_cache
def library() -> HolidayTable:
    """The years the library knows. Its release for the next year comes in November, with the notice."""
    from chinese_calendar import constants

    return HolidayTable(
        MappingProxyType({**dict.fromkeys(constants.holidays, True), **dict.fromkeys(constants.workdays, False)})
    )


# --- holidays.csv -------------------------------------------------------------------------------------------------


def read_holidays(data: bytes, name: str, week: Iterable[int] = FIVE_DAYS) -> HolidayTable:
    """The office's own table: 日期, 休或班, 名称, 文号. SourceError with every line at fault."""
    rests: dict[date, bool] = {}
    problems = []
    for line in read_table(data, name, COLUMNS, ("day", "kind")).lines:
        day, rest = _day(line["day"]), _RESTS.get(line["kind"].lower())
        if day is None:
            problems.append(_NO_DAY(line.place("day"), value=line["day"]))
        if rest is None:
            problems.append(_NO_KIND(line.place("kind"), value=line["kind"]))
        if day is None or rest is None:
            continue
        if rests.setdefault(day, rest) is not rest:
            problems.append(_CONTRADICTION(line.place("day"), value=line["day"]))
    if problems:
        raise SourceError(problems)
    return HolidayTable(MappingProxyType(rests), frozenset(week))


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(unspaced(text))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None


_NO_DAY = ProblemKind(
    "holidays.day",
    N_("“{value}” is not a date"),
    N_("Write year, month and day, for example 2026-10-03."),
)
_NO_KIND = ProblemKind(
    "holidays.kind",
    N_("“{value}” is neither 休 nor 班"),
    N_("Write 休 for a day off, 班 for a weekend day that is worked."),
)
_CONTRADICTION = ProblemKind(
    "holidays.contradiction",
    N_("{value} is 休 on one line and 班 on another"),
    N_("Keep the line that the notice says."),
)
