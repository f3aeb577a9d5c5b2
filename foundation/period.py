"""Pure: the days a paper is about, and every way people write them into a name, a heading or an option.

Full-width figures, 年月日, dots, dashes or nothing between the parts, Chinese numerals, two-figure years before 年,
ranges, quarters, half-years, 上旬. A year that is not written stays unknown: it is never taken from a clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from foundation.folding import normal, unspaced
from foundation.language import _
from foundation.problem import Problem, Problems

KINDS = ("month", "day", "half", "year")


class PeriodError(Problems):
    """A text that should name a period does not."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """所属期: a calendar month, day, half-year or year, or any days in a row; first and last day included.

    Two periods of the same days are the same, whatever they are called: ``kind`` (one of :data:`KINDS`, or ``days``)
    says how the period is printed and what comes before and after it.
    """

    first: date
    last: date
    kind: str = field(default="days", compare=False)

    @classmethod
    def parse(cls, text: str) -> Period:
        """``2026-10``, ``2026年10月``, ``202610``, ``2026-10-03``, ``2026`` → the period; PeriodError for all else.

        The year must be written, and nothing may stand beside the period.
        """
        plain = unspaced(text)
        for written in periods_in(plain):
            period = written.period() if len(plain) == written.end - written.start else None
            if period and written.kind in KINDS:
                return cls.of(written.kind, period.first)
        message = _("this is not a period: a year, a month or a day with its year is needed")
        hint = _("Write for example 2026-10, 2026-10-03 or 2026.")
        raise PeriodError(Problem(text, message, hint, "period.unreadable"))

    @classmethod
    def named(cls, text: str, kind: str) -> Period | None:
        """The one period of that kind a name spells, its year with it; None where it spells none, or several.

        ``月报2026年10月.docx`` names a month; ``月报20261106.docx`` a day, which may be the day it was printed.
        """
        words = [written for written in periods_in(normal(text)) if written.kind == kind]
        years = {written.year for written in words if written.year}
        found = {written.period(min(years)) for written in words} if len(years) == 1 else set()
        period = found.pop() if len(found) == 1 else None
        return period and cls.of(kind, period.first)

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
    def month(cls, year: int, month: int) -> Period:
        """The calendar month; ValueError where there is none."""
        first = date(year, month, 1)
        return cls(first, first.replace(day=monthrange(year, month)[1]), "month")

    @classmethod
    def day(cls, day: date) -> Period:
        """The one day."""
        return cls(day, day, "day")

    @classmethod
    def half(cls, year: int, number: int) -> Period:
        """January to June (1) or July to December (2)."""
        months = (1, 6, 30) if number == 1 else (7, 12, 31)
        return cls(date(year, months[0], 1), date(year, *months[1:]), "half")

    @classmethod
    def year(cls, year: int) -> Period:
        """The calendar year."""
        return cls(date(year, 1, 1), date(year, 12, 31), "year")

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
        """As it is written in names, options and lists: ``2026-10``, ``2026-10-03``, ``2026-H2``, ``2026``.

        Of days that nobody called a half-year both ends, with a slash between.
        """
        if self.kind == "half":
            return f"{self.first.year}-H{1 if self.first.month == 1 else 2}"
        if self.first == self.last:
            return self.first.isoformat()
        whole = self.first.day == 1 and self.last.day == monthrange(self.last.year, self.last.month)[1]
        if whole and self.first.year == self.last.year:
            if self.first.month == self.last.month:
                return self.first.isoformat()[:7]
            if (self.first.month, self.last.month) == (1, 12):
                return self.first.isoformat()[:4]
        return f"{self.first}/{self.last}"

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


# --- periods in texts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A period as it stands in a text, from ``start`` to ``end``: year (None where not written), month and day of
    its first and its last day; a month or day that is not written is the first at the beginning, the last at the end.
    """

    kind: str
    start: int
    end: int
    first: tuple[int | None, int, int]
    last: tuple[int | None, int, int]

    @property
    def year(self) -> int | None:
        """The year it begins in, where that is written."""
        return self.first[0]

    @property
    def months(self) -> tuple[int, int]:
        """First and last month."""
        return self.first[1], self.last[1]

    def period(self, year: int | None = None) -> Period | None:
        """First and last day, in ``year`` where none is written; None where there is no year or no such day."""
        begins = self.first[0] or year
        if begins is None:
            return None
        ends = self.last[0] or begins
        try:
            first = date(begins, self.first[1], self.first[2])
            last = date(ends, self.last[1], self.last[2] or monthrange(ends, self.last[1])[1])
        except ValueError:
            return None
        return Period(first, last) if first <= last else None


# --- the spellings --------------------------------------------------------------------------------------------

_CHINESE = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "O": 0,
    "o": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}

_S = r"[ \t]*"
_Y = r"(?:(?:19|20)\d\d|[一二][九〇○零0Oo][〇○零0Oo一二三四五六七八九]{2})"
_YY = rf"(?:{_Y}|\d\d|二[〇○零0Oo一二三四五六七八九])"  # two figures: only before 年
_M = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九元])"
_N = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_CD = rf"(?:{_D}|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_TO = rf"{_S}(?:[-~–—―−]+|至|到){_S}"
_SEP = rf"{_S}[-./_·]{_S}"
_NODIGIT = r"(?![\d])"


def _year(name: str) -> str:
    return rf"(?P<{name}>{_YY}){_S}年{_S}度?{_S}"


_FROM_DAY_TO_DAY = (
    rf"(?:{_year('y')})?(?P<m>{_M}){_S}月{_S}(?P<d>{_CD}){_S}[日号]?{_TO}"
    rf"(?:(?:(?P<y2>{_YY}){_S}年{_S})?(?P<m2>{_M}){_S}月{_S})?(?P<d2>{_CD}){_S}[日号]"
)
_SPELLINGS: tuple[tuple[str, str], ...] = (
    # from one day to another
    ("days", _FROM_DAY_TO_DAY),
    (
        "days",
        rf"(?P<y>{_Y})(?P<s>{_SEP})(?P<m>{_N})(?P=s)(?P<d>{_D}){_TO}(?P<y2>{_Y})(?P=s)(?P<m2>{_N})(?P=s)(?P<d2>{_D})",
    ),
    ("days", rf"(?P<y>{_Y})[./](?P<m>{_N})[./](?P<d>{_D}){_TO}(?P<m2>{_N})[./](?P<d2>{_D})"),
    ("days", rf"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d){_TO}(?P<y2>(?:19|20)\d\d)(?P<m2>\d\d)(?P<d2>\d\d)"),
    # several months
    ("months", rf"(?:{_year('y')})?(?P<m>{_M}){_S}(?:月份?)?{_TO}(?:(?P<y2>{_YY}){_S}年{_S})?(?P<m2>{_M}){_S}月份?"),
    ("months", rf"(?P<y>{_Y})[-./](?P<m>{_N}){_S}(?:[~–—―−]+|至|到){_S}(?:(?P<y2>{_Y})[-./])?(?P<m2>{_N})(?:月份?)?"),
    ("months", rf"(?P<y>{_Y})\.(?P<m>{_N})-(?P<y2>{_Y})\.(?P<m2>{_N})"),
    ("months", rf"(?P<y>{_Y})[-./_](?P<m>{_N})[-~–—](?P<m2>{_N}){_S}月份?"),
    ("months", rf"(?P<y>(?:19|20)\d\d)(?P<m>\d\d){_TO}(?P<y2>(?:19|20)\d\d)(?P<m2>\d\d)"),
    # one day
    ("day", rf"(?:{_year('y')})?(?P<m>{_M}){_S}月{_S}(?P<d>{_CD}){_S}[日号]"),
    ("day", rf"(?P<y>{_Y})(?P<s>{_SEP}|[ ]+)(?P<m>{_N})(?P=s)(?P<d>{_D})日?"),
    ("day", r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])"),
    # a third of a month, a week: said, but no month
    ("tens", rf"(?:{_year('y')})?(?P<m>{_M}){_S}月份?{_S}(?P<tens>[上中下])旬"),
    ("week", rf"(?:(?:{_year('y')})?(?P<m>{_M}){_S}月份?)?{_S}第?{_S}(?:\d+|[一二三四五六七八九十]+){_S}周"),
    # quarter, half, year
    ("quarter", rf"(?:(?P<y>{_YY}){_S}年?{_S}度?{_S})?第?(?P<q>[一二三四1-4]){_S}季度?"),
    ("quarter", rf"(?:(?P<y>{_Y}){_S}年?{_S}-?)?[Qq](?P<q>[1-4])"),
    ("half", rf"(?:(?P<y>{_YY}){_S}年?{_S}度?{_S})?(?P<h>[上下])半年度?"),
    ("half", rf"(?P<y>{_Y}){_S}年?{_S}-?[Hh](?P<h>[12])"),
    # one month
    ("month", rf"{_year('y')}(?P<m>{_M}){_S}月份?"),
    ("month", rf"(?P<y>{_Y}){_SEP}(?P<m>{_N})(?:{_S}月份?)?(?!{_SEP}\d)"),
    ("month", rf"(?P<y>{_Y})[ ]+(?P<m>{_M}){_S}月份?"),
    ("month", rf"(?P<y>\d\d)\.(?P<m>{_N})(?:{_S}月份?)"),
    ("month", r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?:月份?)?"),
    ("month", rf"(?P<m>{_M}){_S}月份?"),
    # years
    ("years", rf"(?P<y>{_Y}){_S}年?度?{_TO}(?P<y2>{_Y}){_S}(?:年度?)?"),
    ("year", rf"(?P<y>{_YY}){_S}年{_S}(?:度|全年)?"),
    ("year", rf"(?P<y>{_Y})"),
)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (kind, re.compile(rf"(?<![\d一二三四五六七八九十]){pattern}{_NODIGIT}")) for kind, pattern in _SPELLINGS
    )


_BEGINNING = re.compile(r"[\d一二三四五六七八九十元第上下Qq]")


@lru_cache(maxsize=4096)
def periods_in(text: str) -> tuple[Written, ...]:
    """The periods a normalised text names, from left to right; the longest reading of each place.

    What looks like a period and is none (month 13, 31 June) is left out.
    """
    return tuple(_found(text))


def _found(text: str) -> Iterator[Written]:
    place = 0
    while start := _BEGINNING.search(text, place):
        place = start.start()
        best = _longest(text, place)
        if best:
            yield best
        place = best.end if best else place + 1


def _longest(text: str, place: int) -> Written | None:
    best: Written | None = None
    for kind, pattern in _patterns():
        found = pattern.match(text, place)
        if found and (best is None or found.end() > best.end):
            best = _written(kind, found) or best
    return best


def _written(kind: str, found: re.Match[str]) -> Written | None:
    parts = found.groupdict()
    year, year2 = _full(parts.get("y")), _full(parts.get("y2"))
    first, last = _bounds(kind, parts)
    written = Written(kind, found.start(), found.end(), (year, *first), (year2 if year2 is not None else year, *last))
    return written if written.period(year or 2000) else None


def _bounds(kind: str, parts: dict[str, str | None]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Month and day at both ends; day 0 is the last of the month."""
    month, month2 = _number(parts.get("m")), _number(parts.get("m2"))
    day, day2 = _number(parts.get("d")), _number(parts.get("d2"))
    if kind == "quarter":
        quarter = _QUARTERS[str(parts["q"])]
        return (3 * quarter - 2, 1), (3 * quarter, 0)
    if kind == "half":
        return ((1, 1), (6, 0)) if parts["h"] in ("上", "1") else ((7, 1), (12, 0))
    if kind in ("year", "years"):
        return (1, 1), (12, 0)
    if kind == "tens":
        return {"上": ((month, 1), (month, 10)), "中": ((month, 11), (month, 20)), "下": ((month, 21), (month, 0))}[
            str(parts["tens"])
        ]
    if kind == "week":
        return (month or 1, 1), (month or 12, 0)
    return (month, day or 1), (month2 or month, day2 or day)


def _full(text: str | None) -> int | None:
    """``26`` is 2026, ``二〇二六`` too."""
    if text is None:
        return None
    number = int("".join(str(_CHINESE.get(figure, figure)) for figure in text))
    return number + 2000 if number < 100 else number


def _number(text: str | None) -> int:
    """A month or day in figures or Chinese numerals; 0 where there is none."""
    if not text:
        return 0
    if text.isdigit() and text.isascii():
        return int(text)
    if text == "元":
        return 1
    tens, _, ones = text.partition("十")
    if "十" not in text:
        return _CHINESE[text]
    return 10 * _CHINESE.get(tens, 1) + _CHINESE.get(ones, 0)
