"""Pure: dates and times of day in every spelling offices use (domain conventions §4); what is uncertain is refused."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Literal

from docgen.forms.declaration import Field
from docgen.sheets.cell import Cell, Kind, Reader, Refusal, RefusalKind, Value, from_serial, plain, shown, stored_number
from docgen.sheets.number_format import shape
from foundation.folding import normal
from foundation.language import N_, _
from foundation.period import Period

_WEEKDAY = r"(?:\s*\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?"
_CLOCK = (
    r"(?:[\sT]*(?P<half>上午|下午|早上|晚上)?\s*(?P<h>\d{1,2})(?::|时|点|：)"
    r"(?:(?P<min>\d{1,2})(?:(?::|分)(?:(?P<s>\d{1,2})(?:\.\d+)?秒?)?)?)?\s*(?P<ampm>[AP]M)?)?"
)
_SEPARATOR = r"\s*[-./]\s*"
_DATES = tuple(
    re.compile(spelling + _WEEKDAY + _CLOCK, re.IGNORECASE)
    for spelling in (
        rf"(?P<y>\d{{4}}){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}})(?!\d)",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*(?:[日号]|(?!\d))",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)",
        rf"(?P<y>\d\d){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}})(?!\d)",
        r"(?P<y>\d\d)\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*(?:[日号]|(?!\d))",
        r"(?P<y>)(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]",
    )
)
_NO_YEAR = re.compile(rf"\d{{1,2}}{_SEPARATOR}\d{{1,2}}(?!\d)" + _CLOCK)
_SHORT = re.compile(rf"\d{{1,2}}{_SEPARATOR}\d{{1,2}}{_SEPARATOR}\d{{1,2}}" + _CLOCK)
_NO_DAY = re.compile(r"\d{4}\s*(?:[-./]\s*\d{1,2}|年\s*\d{1,2}\s*月份?)")
_ONLY_CLOCK = re.compile(r"\d{1,2}[:时点]\d{0,2}.*")
_NEAR_YEARS = 10
_SERIALS = range(20_000, 80_000)
_YEARS = range(1950, 2100)

_WHOLE_DATE = N_("Write year, month and day, for example 2026-10-03.")
_NO_TIME = RefusalKind(
    "date.no_time", N_("“{value}” has no time of day"), N_("Write date and time, for example {sample}.")
)
_NO_DATE = RefusalKind("date.unreadable", N_("“{value}” is not a date"), _WHOLE_DATE)
_NO_DAY_NAMED = RefusalKind("date.no_day", N_("“{value}” does not name a day"), _WHOLE_DATE)
_IMPOSSIBLE = RefusalKind(
    "date.impossible", N_("there is no such day or time as “{value}”"), N_("Check year, month, day and time.")
)
_FAR_OFF = RefusalKind(  # programs write 1900-01-01 for no date; a count typed into a date cell becomes such a day too
    "date.far_off",
    N_("the date {value} is outside {first} to {last}"),
    N_("Leave the cell empty where there is no date, or write the right one."),
)
_LOST_YEAR = RefusalKind("date.no_year", N_("“{value}” has no year, and 10.3 may have been 10.30"), _WHOLE_DATE)
_NO_PERIOD = RefusalKind("date.no_year", N_("“{value}” has no year, and no period is known"), _WHOLE_DATE)
_OTHER_PERIOD = RefusalKind("date.no_year", N_("“{value}” has no year, and is not in {period}"), _WHOLE_DATE)
_SHORT_YEAR = RefusalKind(
    "date.short_year",
    N_("the order of day, month and year in “{value}” is not certain"),
    N_("Write the year with four digits, for example 2026-10-03."),
)


def read_date(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    read = _moment(cell, reader)
    if isinstance(read, Refusal):
        return read
    day, clock, remark = read
    if clock is not None and clock != time():
        remark = _("the time of day {value} left out").format(value=f"{clock:%H:%M}")
    return Value(day, remark)


def read_datetime(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    read = _moment(cell, reader)
    if isinstance(read, Refusal):
        return read
    day, clock, remark = read
    if clock is None:
        return _NO_TIME(cell, sample=f"{day} 08:05")
    return Value(datetime.combine(day, clock), remark)


_Moment = tuple[date, time | None, str]


def _moment(cell: Cell, reader: Reader) -> _Moment | Refusal:
    if cell.kind is Kind.BOOLEAN:
        return _NO_DATE(cell)
    read = _moment_of_number(cell, reader) if cell.kind is Kind.NUMBER else _moment_of_text(cell, reader)
    return (
        read
        if isinstance(read, Refusal) or read[0].year in _YEARS
        else _FAR_OFF(cell, value=read[0], first=_YEARS[0], last=_YEARS[-1])
    )


def _moment_of_number(cell: Cell, reader: Reader) -> _Moment | Refusal:
    number, kind = stored_number(cell.text), shape(cell.format)
    whole = number == number.to_integral_value()
    if whole and (found := re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", plain(number))):
        return _calendar_day(cell, *map(int, found.groups()))
    if 1 <= number < 13 and not whole and not kind.shows_time:
        return _LOST_YEAR(cell)
    if kind.is_moment and number < 1:
        return _NO_DAY_NAMED(cell)
    moment = from_serial(number, date1904=reader.date1904)
    if moment is None or not (kind.is_moment or int(number) in _SERIALS):
        return _NO_DATE(cell)
    clock = None if whole and not kind.shows_time else moment.time()
    remark = _("the day number {value} read as {date}").format(value=plain(number), date=moment.date())
    return moment.date(), clock, "" if kind.is_moment else remark


def _moment_of_text(cell: Cell, reader: Reader) -> _Moment | Refusal:
    text = normal(cell.text).replace("。", ".").strip()
    for spelling in _DATES:
        if found := spelling.fullmatch(text):
            return _spelled_moment(cell, found, reader)
    if _NO_YEAR.fullmatch(text):
        return _LOST_YEAR(cell)
    if _SHORT.fullmatch(text):
        return _SHORT_YEAR(cell)
    if _NO_DAY.fullmatch(text) or _ONLY_CLOCK.fullmatch(text):
        return _NO_DAY_NAMED(cell)
    return _NO_DATE(cell)


def _spelled_moment(cell: Cell, found: re.Match[str], reader: Reader) -> _Moment | Refusal:
    year, remark = found["y"], ""
    month, day = int(found["m"]), int(found["d"])
    if not year:
        if reader.period is None:
            return _NO_PERIOD(cell)
        year = str(reader.period.first.year)
        if not (_exists(int(year), month, day) and reader.period.contains(date(int(year), month, day))):
            return _OTHER_PERIOD(cell, period=reader.period.label)
        remark = _("the year {year} of “{value}” taken from the period").format(year=year, value=shown(cell))
    elif len(year) == 2:
        year = f"20{year}"
        if not _plausible(int(year), found, reader.period):
            return _SHORT_YEAR(cell)
    read = _calendar_day(cell, int(year), month, day)
    if isinstance(read, Refusal):
        return read
    clock = _clock(found)
    return _IMPOSSIBLE(cell) if isinstance(clock, bool) else (read[0], clock, remark)


def _clock(found: re.Match[str]) -> time | Literal[False] | None:
    """The time of day a spelling has, None where it has none, False where there is no such time."""
    if found["h"] is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("h", "min", "s"))
    half = {"上午": "AM", "早上": "AM", "下午": "PM", "晚上": "PM"}.get(
        found["half"] or "", (found["ampm"] or "").upper()
    )
    if half == "PM" and hour < 12:
        hour += 12
    elif half == "AM" and hour >= 12:
        return False
    try:
        return time(hour, minute, second)
    except ValueError:
        return False


def _plausible(year: int, found: re.Match[str], period: Period | None) -> bool:
    """Whether a two-digit year first is certain: not where 3/10/26 may begin with a month, not far from the period."""
    slashed = "/" in found[0] and int(found["y"]) <= 12
    near = period is None or -1 <= period.first.year - year <= _NEAR_YEARS
    return near and not slashed


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _calendar_day(cell: Cell, year: int, month: int, day: int) -> _Moment | Refusal:
    return (date(year, month, day), None, "") if _exists(year, month, day) else _IMPOSSIBLE(cell)
