"""The month, day, half-year or year a paper is about."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from docgen.errors import DataError, Problem
from foundation.language import _

KINDS = ("month", "day", "half", "year")
_HALVES = {"上": 1, "下": 2, "1": 1, "2": 2}

_SPELLINGS = (
    re.compile(r"(?P<y>\d{4})[-./](?P<m>\d{1,2})(?:[-./](?P<d>\d{1,2}))?"),
    re.compile(r"(?P<y>\d{4}|\d{2})年(?:(?P<m>\d{1,2})月份?(?:(?P<d>\d{1,2})[日号])?|度)?"),
    re.compile(r"(?P<y>(?:19|20)\d\d)(?:(?P<m>\d\d)(?P<d>\d\d)?)?"),
)
_HALF = re.compile(r"(?P<y>\d{4}|\d{2})(?:年度?(?P<word>[上下])半年|-?[Hh](?P<number>[12]))")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month, day, half-year or year, first and last day included."""

    kind: str
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """``2026-10``, ``2026年10月``, ``202610``, ``2026-10-03``, ``2026`` → the period; DataError for anything else.

        The year must be written: it is never taken from the clock.
        """
        plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
        if half := _HALF.fullmatch(plain):
            return cls.half(_full(int(half["y"])), _HALVES[half["word"] or half["number"]])
        for spelling in _SPELLINGS:
            if found := spelling.fullmatch(plain):
                year, month, day = (int(part) if part else None for part in found.group("y", "m", "d"))
                if period := cls._of(year or 0, month, day):
                    return period
        raise DataError([_unreadable(text)])

    @classmethod
    def of(cls, kind: str, day: date) -> Period:
        """The period of that kind the day lies in. ValueError for a kind there is not."""
        if kind not in KINDS:
            raise ValueError(kind)
        if kind == "day":
            return cls.day(day.date() if isinstance(day, datetime) else day)
        if kind == "month":
            return cls.month(day.year, day.month)
        return cls.half(day.year, 1 + (day.month > 6)) if kind == "half" else cls.year(day.year)

    @classmethod
    def _of(cls, year: int, month: int | None, day: int | None) -> Period | None:
        year = _full(year)
        try:
            if month is None:
                return cls.year(year)
            return cls.month(year, month) if day is None else cls.day(date(year, month, day))
        except ValueError:
            return None

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """The calendar month; ValueError where there is none."""
        first = date(year, month, 1)
        return cls("month", first, first.replace(day=monthrange(year, month)[1]))

    @classmethod
    def day(cls, day: date) -> Period:
        """The one day."""
        return cls("day", day, day)

    @classmethod
    def half(cls, year: int, number: int) -> Period:
        """January to June (1) or July to December (2)."""
        months = (1, 6, 30) if number == 1 else (7, 12, 31)
        return cls("half", date(year, months[0], 1), date(year, *months[1:]))

    @classmethod
    def year(cls, year: int) -> Period:
        """The calendar year."""
        return cls("year", date(year, 1, 1), date(year, 12, 31))

    @property
    def label(self) -> str:
        """As it is printed: ``2026年10月``, ``2026年10月3日``, ``2026年下半年``, ``2026年``."""
        text = f"{self.first.year}年"
        if self.kind == "half":
            return f"{text}{'上' if self.first.month == 1 else '下'}半年"
        if self.kind != "year":
            text += f"{self.first.month}月"
        return f"{text}{self.first.day}日" if self.kind == "day" else text

    def __str__(self) -> str:
        """As it is written in names and options: ``2026-10``, ``2026-10-03``, ``2026-H2``, ``2026``."""
        if self.kind == "half":
            return f"{self.first.year}-H{1 if self.first.month == 1 else 2}"
        return self.first.isoformat()[: {"year": 4, "month": 7, "day": 10}[self.kind]]

    def contains(self, moment: date | None) -> bool:
        """Whether a date or a date with time lies in the period; an empty cell does not."""
        if moment is None:
            return False
        day = moment.date() if isinstance(moment, datetime) else moment
        return self.first <= day <= self.last

    def previous(self) -> Period:
        """The period before (环比)."""
        return self._around(self.first - timedelta(days=1))

    def following(self) -> Period:
        """The period after."""
        return self._around(self.last + timedelta(days=1))

    def same_last_year(self) -> Period:
        """The same period one year before (同比); 29 February becomes 28 February."""
        year, month = self.first.year - 1, self.first.month
        return self._around(date(year, month, min(self.first.day, monthrange(year, month)[1])))

    def _around(self, day: date) -> Period:
        return Period.of(self.kind, day)


def _full(year: int) -> int:
    """``26`` is 2026."""
    return year + 2000 if year < 100 else year


def _unreadable(text: str) -> Problem:
    return Problem(
        text,
        _("this is not a period: a year, a month or a day with its year is needed"),
        _("Write for example 2026-10, 2026-10-03 or 2026."),
        "period.unreadable",
    )
