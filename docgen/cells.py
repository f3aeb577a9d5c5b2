"""Pure: what stands in one cell → the value its column asks for, or a refusal that says why and what to do.

Offices write the same value in many ways (domain conventions §4). What can be read in one way only is read, and
where that took more than looking a remark says so. What could mean two things is refused, never repaired.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from docgen.numberformat import Shape, shape, zeros
from i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.forms import Field
    from docgen.period import Period


class Kind(Enum):
    """What a cell holds, before its column has a say."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ISO = "iso"  # t="d": a date written out by the program that made the file
    ERROR = "error"
    UNCOMPUTED = "uncomputed"  # a formula whose result was never saved


class Cell(NamedTuple):
    """A cell as stored: its kind, its text (numbers as their digits), its number format, whether a formula made it."""

    kind: Kind
    text: str
    format: str = ""
    formula: bool = False


class Value(NamedTuple):
    """What a cell means. ``remark`` says in words where reading took more than looking; empty otherwise."""

    value: Any
    remark: str = ""


class Refusal(NamedTuple):
    """Why a cell cannot be read with certainty, and the remedy."""

    code: str
    message: str
    hint: str


class Ditto(Enum):
    """同上: the value of the cell above, where the column allows it."""

    ABOVE = "〃"


@dataclass(frozen=True, slots=True)
class Reader:
    """How the cells of one file are to be read: its day zero, whether bare day numbers exist in it, its period."""

    date1904: bool = False
    serials: bool = True
    period: Period | None = None


def text_cell(text: str) -> Cell:
    """A cell holding a text, as in a CSV file."""
    return Cell(Kind.TEXT, text)


def is_blank(cell: Cell | None) -> bool:
    """Nothing to see: no cell, or blanks only."""
    return cell is None or (cell.kind is Kind.TEXT and not cell.text.strip())


def convert(cell: Cell | None, field: Field, reader: Reader) -> Value | Refusal:
    """The value a cell gives its column or field: str, int, Decimal (0.9735 for 97.35 %), date, datetime, bool, None.

    ``Ditto.ABOVE`` stands for 同上 where the column allows it. Nothing is guessed: the rest is a Refusal.
    """
    if cell is None or is_blank(cell):
        return _required() if field.required else Value(None)
    if cell.kind is Kind.ERROR:
        return _formula_error(cell)
    if cell.kind is Kind.UNCOMPUTED:
        return _uncomputed()
    if cell.kind is Kind.TEXT and (special := _special_text(cell.text, field)) is not None:
        return special
    read = _READERS[field.type](cell, field, reader)
    return _bounded(read, field) if isinstance(read, Value) and isinstance(read.value, int | Decimal) else read


def shown(cell: Cell) -> str:
    """A cell as a message quotes it: close to what stands on the screen, one line, not too long."""
    text = cell.text
    if cell.kind is Kind.NUMBER:
        kind, serial = shape(cell.format), _number(text)
        moment = from_serial(serial, date1904=False) if kind.is_moment else None
        number = f"{plain(serial * 100)}%" if kind is Shape.PERCENT else plain(serial)
        text = _spelled(moment) if moment else number
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 40 else f"{text[:39]}…"


def plain(number: Decimal) -> str:
    """Digits without an exponent and without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _spelled(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.time() == time() else f"{moment:%Y-%m-%d %H:%M}"


# --- what no column takes as a value --------------------------------------------------------------------------

_EMPTY_MARKS = re.compile(r"[-—–―‐_]+|/+|\\|无|暂无|空白|\(空白\)|空")
_DITTO = frozenset({"同上", "同前", "〃", "″", '"', "〞", "”", "''", "′′"})
_DAMAGED = re.compile("\ufffd|锟斤拷|烫烫烫")


def _special_text(raw: str, field: Field) -> Value | Refusal | None:
    text = unicodedata.normalize("NFKC", raw).strip()
    if len(text) > 4:
        return _damaged(raw) if _DAMAGED.search(raw) else None
    if _DAMAGED.search(raw):
        return _damaged(raw)
    if raw.strip() in _DITTO or text in _DITTO:
        return _ditto(raw, field)
    if _EMPTY_MARKS.fullmatch(text) and text not in field.choices and not (field.type == "tick" and text == "无"):
        if field.required:
            return Refusal(
                "cell.required",
                _("“{value}” means empty, but this has to be filled in").format(value=raw.strip()),
                _("Fill in the cell."),
            )
        return Value(None, _("“{value}” read as empty").format(value=raw.strip()))
    return None


def _ditto(raw: str, field: Field) -> Value | Refusal:
    if getattr(field, "ditto", False):
        return Value(Ditto.ABOVE, _("“{value}” read as the value above").format(value=raw.strip()))
    return Refusal(
        "cell.ditto",
        _("“{value}” does not say what is meant here").format(value=raw.strip()),
        _("Write the value itself."),
    )


def _required() -> Refusal:
    return Refusal("cell.required", _("is empty, but has to be filled in"), _("Fill in the cell."))


def _damaged(raw: str) -> Refusal:
    return Refusal(
        "cell.damaged",
        _("the characters of “{value}” were damaged when the file was last converted").format(
            value=shown(text_cell(raw))
        ),
        _("Go back to the file before the conversion, or type the text again."),
    )


def _formula_error(cell: Cell) -> Refusal:
    return Refusal(
        "cell.error",
        _("the formula shows the error {value}").format(value=cell.text),
        _("Mend the formula or type the value; an error is not an empty cell."),
    )


def _uncomputed() -> Refusal:
    return Refusal(
        "cell.uncomputed",
        _("the formula's result was not saved in the file"),
        _("Open the file in Excel or WPS, save it, and try again; or type the value."),
    )


# --- texts and codes ------------------------------------------------------------------------------------------


def _text(cell: Cell, _field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        return Value(cell.text.strip())
    return _written_out(cell)


def _code(cell: Cell, _field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        return Value(unicodedata.normalize("NFKC", cell.text).strip())
    if cell.kind is Kind.NUMBER and shape(cell.format).is_number:
        number = _number(cell.text)
        if number != number.to_integral_value():
            return Refusal(
                "code.fraction",
                _("the number “{value}” may have lost zeros at its end").format(value=shown(cell)),
                _("Format the column as text and type the code again, for example 10.30."),
            )
        if width := zeros(cell.format):
            return _lost_digits(cell) or Value(plain(number).zfill(width))
    return _written_out(cell)


def _written_out(cell: Cell) -> Value | Refusal:
    """A cell that is not text, in a column of texts: what its reader sees, where that is certain."""
    if cell.kind is Kind.BOOLEAN:
        return Value("TRUE" if cell.text == "1" else "FALSE")
    if cell.kind is Kind.ISO or shape(cell.format).is_moment:
        return Refusal(
            "text.is_date",
            _("Excel has turned what was typed into the date {value}").format(value=shown(cell)),
            _("Format the column as text, then type it again as it should read, for example 3-2-5."),
        )
    return _lost_digits(cell) or Value(shown(cell))


def _lost_digits(cell: Cell) -> Refusal | None:
    if abs(_number(cell.text)) < 10**15:
        return None
    return Refusal(
        "code.lost_digits",
        _("the number has more than 15 digits, and Excel has replaced the last ones by zeros"),
        _("Format the column as text, then type the number again from the original."),
    )


def _choice(cell: Cell, field: Field, reader: Reader) -> Value | Refusal:
    read = _text(cell, field, reader)
    if isinstance(read, Refusal):
        return read
    word = _compared(read.value)
    for choice in field.choices:
        if _compared(choice) == word:
            return Value(choice)
    if field.open:
        return read
    near = difflib.get_close_matches(read.value, field.choices, 1, 0.5)
    hint = _("Did you mean “{name}”?").format(name=near[0]) if near else ""
    return Refusal(
        "choice.unknown",
        _("“{value}” is not one of the choices").format(value=shown(cell)),
        f"{hint} {_('Possible: {names}.').format(names='、'.join(field.choices))}".strip(),
    )


@lru_cache(maxsize=4096)
def _compared(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


_YES = frozenset({"√", "✓", "✔", "☑", "是", "有", "已", "对", "y", "yes", "true", "1"})
_NO = frozenset({"×", "✗", "✘", "☒", "□", "☐", "否", "无", "未", "n", "no", "false", "0"})


def _tick(cell: Cell, _field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.BOOLEAN:
        return Value(cell.text == "1")
    word = plain(_number(cell.text)) if cell.kind is Kind.NUMBER else _compared(cell.text)
    if word in _YES or word in _NO:
        return Value(word in _YES)
    return Refusal(
        "tick.unreadable",
        _("“{value}” is neither a tick nor a cross").format(value=shown(cell)),
        _("Write √ or ×, or leave the cell empty."),
    )


# --- numbers --------------------------------------------------------------------------------------------------

_DIGITS = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_CURRENCY = re.compile(r"^(?P<sign>[+-]?)\s*(?:人民币|RMB|CNY|[¥$])?\s*(?P<rest>.*)$", re.IGNORECASE)
_LARGE_UNIT = re.compile(r"\d\s*[万亿千]")


def _number(stored: str) -> Decimal:
    """The digits of a numeric cell; Excel keeps fifteen, what lies beyond is noise of binary fractions."""
    return Decimal(stored) if len(stored) <= 15 else Decimal(f"{float(stored):.15g}")


def _amount(cell: Cell, field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.NUMBER:
        kind = shape(cell.format)
        if kind.is_moment:
            return _date_for_number(cell)
        if kind is Shape.PERCENT:
            return _percent_for_number(cell)
        return Value(_number(cell.text))
    if cell.kind is not Kind.TEXT:
        return _no_number(cell)
    text = _bare_number(cell.text, field.unit)
    if text.endswith("%"):
        return _percent_for_number(cell)
    return Value(Decimal(text.replace(",", ""))) if _DIGITS.fullmatch(text) else _no_number(cell)


def _integer(cell: Cell, field: Field, reader: Reader) -> Value | Refusal:
    read = _amount(cell, field, reader)
    if isinstance(read, Refusal):
        return read
    if read.value != read.value.to_integral_value():
        return Refusal(
            "number.not_whole",
            _("“{value}” is not a whole number").format(value=shown(cell)),
            _("Write a number without decimals."),
        )
    return Value(int(read.value))


def _percent(cell: Cell, field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        text = _bare_number(cell.text, "" if field.unit == "%" else field.unit)
        digits = text.removesuffix("%").rstrip()
        if not _DIGITS.fullmatch(digits):
            return _no_number(cell)
        return _share(cell, Decimal(digits.replace(",", "")), written=text.endswith("%") or field.unit == "%")
    if cell.kind is not Kind.NUMBER:
        return _no_number(cell)
    kind, number = shape(cell.format), _number(cell.text)
    if kind.is_moment:
        return _date_for_number(cell)
    return Value(number) if kind is Shape.PERCENT else _share(cell, number, written=field.unit == "%")


def _share(cell: Cell, number: Decimal, *, written: bool) -> Value | Refusal:
    """A number in a column of percentages: hundredths where the sign is written, a share up to 1, else uncertain."""
    if written:
        return Value(number / 100)
    if abs(number) <= 1:
        return Value(number)
    return Refusal(
        "number.percent_or_share",
        _("“{value}” may be a percentage or a share").format(value=shown(cell)),
        _("Write the percent sign, for example 97.35%."),
    )


def _bare_number(raw: str, unit: str) -> str:
    """The digits of a written number: width, currency and the column's own unit taken away."""
    text = unicodedata.normalize("NFKC", raw).replace("−", "-").strip()
    found = _CURRENCY.match(text)
    text = found["sign"] + found["rest"] if found else text
    for suffix in ("元整", "元", unicodedata.normalize("NFKC", unit)):
        if suffix and text.endswith(suffix):
            return text.removesuffix(suffix).rstrip()
    return text.strip()


def _no_number(cell: Cell) -> Refusal:
    hint = _("Write digits only, for example 1234.50.")
    if cell.kind is Kind.TEXT:
        text = unicodedata.normalize("NFKC", cell.text)
        if _LARGE_UNIT.search(text):
            hint = _("Write the amount out in 元, for example 12000 for 1.2万.")
        elif re.fullmatch(r"\s*\(.*\)\s*", text):
            hint = _("Write a negative number with a minus sign, for example -1234.50.")
    return Refusal("number.unreadable", _("“{value}” is not a number").format(value=shown(cell)), hint)


def _date_for_number(cell: Cell) -> Refusal:
    return Refusal(
        "number.is_date",
        _("the cell holds the date or time {value}, not a number").format(value=shown(cell)),
        _("Set the cell's format to General and type the number again."),
    )


def _percent_for_number(cell: Cell) -> Refusal:
    return Refusal(
        "number.is_percent",
        _("“{value}” is a percentage, but a number is needed").format(value=shown(cell)),
        _("Write the number itself, without the percent sign."),
    )


def _bounded(read: Value, field: Field) -> Value | Refusal:
    if isinstance(read.value, bool):
        return read
    if field.min is not None and read.value < field.min:
        message = _("{value} is below {bound}, the least that is possible")
        return _outside(read, message, field.min, field)
    if field.max is not None and read.value > field.max:
        message = _("{value} is above {bound}, the most that is possible")
        return _outside(read, message, field.max, field)
    return read


def _outside(read: Value, message: str, bound: Decimal, field: Field) -> Refusal:
    def spelled(number: Decimal | int) -> str:
        return f"{plain(Decimal(number) * 100)}%" if field.type == "percent" else plain(Decimal(number))

    text = message.format(value=spelled(read.value), bound=spelled(bound))
    return Refusal("number.out_of_bounds", text, _("Check the number."))


# --- dates ----------------------------------------------------------------------------------------------------

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
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?(?!\d)",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)",
        rf"(?P<y>\d\d){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}})(?!\d)",
        r"(?P<y>\d\d)\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?(?!\d)",
        r"(?P<y>)(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号](?!\d)",
    )
)
_NO_YEAR = re.compile(rf"\d{{1,2}}{_SEPARATOR}\d{{1,2}}(?!\d)" + _CLOCK)
_NO_DAY = re.compile(r"\d{4}\s*(?:[-./]\s*\d{1,2}|年\s*\d{1,2}\s*月份?)")
_ONLY_CLOCK = re.compile(r"\d{1,2}[:时点]\d{0,2}.*")
_NEAR_YEARS = 10
_SERIALS = range(20_000, 80_000)


def from_serial(serial: Decimal, *, date1904: bool) -> datetime | None:
    """Excel's day number → the moment, to the second; None for what is no certain day.

    That is below 61 in the 1900 system (Excel counts a 29 February 1900 that never was), or past the year 9999.
    """
    if serial < (0 if date1904 else 61) or serial >= 2_958_466:
        return None
    zero = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet has no zone
    return zero + timedelta(seconds=round(float(serial) * 86400))


def _date(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    read = _moment(cell, reader)
    if isinstance(read, Refusal):
        return read
    day, clock, remark = read
    if clock is not None and clock != time():
        remark = _("the time of day {value} left out").format(value=f"{clock:%H:%M}")
    return Value(day, remark)


def _datetime(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    read = _moment(cell, reader)
    if isinstance(read, Refusal):
        return read
    day, clock, remark = read
    if clock is None:
        return Refusal(
            "date.no_time",
            _("“{value}” has no time of day").format(value=shown(cell)),
            _("Write date and time, for example {sample}.").format(sample=f"{day} 08:05"),
        )
    return Value(datetime.combine(day, clock), remark)


_Moment = tuple[date, time | None, str]


def _moment(cell: Cell, reader: Reader) -> _Moment | Refusal:
    if cell.kind is Kind.NUMBER:
        return _moment_of_number(cell, reader)
    if cell.kind is Kind.BOOLEAN:
        return _no_date(cell)
    return _moment_of_text(cell, reader)


def _moment_of_number(cell: Cell, reader: Reader) -> _Moment | Refusal:
    number, kind = _number(cell.text), shape(cell.format)
    whole = number == number.to_integral_value()
    if not kind.is_moment:
        if whole and (found := re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", plain(number))):
            return _calendar_day(cell, *map(int, found.groups()))
        if int(number) not in _SERIALS:
            return _lost_year(cell) if 1 <= number < 13 and not whole else _no_date(cell)
    elif number < 1:
        return _no_day(cell)
    moment = from_serial(number, date1904=reader.date1904)
    if moment is None:
        return _no_date(cell)
    clock = None if whole and not kind.shows_time else moment.time()
    remark = (
        ""
        if kind.is_moment
        else _("the day number {value} read as {date}").format(value=plain(number), date=moment.date())
    )
    return moment.date(), clock, remark


def _moment_of_text(cell: Cell, reader: Reader) -> _Moment | Refusal:
    text = unicodedata.normalize("NFKC", cell.text).replace("。", ".").strip()
    for spelling in _DATES:
        if found := spelling.fullmatch(text):
            return _spelled_moment(cell, found, reader)
    if _NO_YEAR.fullmatch(text):
        return _lost_year(cell)
    if _NO_DAY.fullmatch(text) or _ONLY_CLOCK.fullmatch(text):
        return _no_day(cell)
    return _no_date(cell)


def _spelled_moment(cell: Cell, found: re.Match[str], reader: Reader) -> _Moment | Refusal:
    year, remark = found["y"], ""
    month, day = int(found["m"]), int(found["d"])
    if not year:
        if not (reader.period and _exists(reader.period.first.year, month, day)):
            return _year_missing(cell, reader.period)
        if not reader.period.contains(date(reader.period.first.year, month, day)):
            return _year_missing(cell, reader.period)
        year = str(reader.period.first.year)
        remark = _("the year {year} of “{value}” taken from the period").format(year=year, value=shown(cell))
    elif len(year) == 2:
        year = f"20{year}"
        if not _plausible(int(year), found, reader.period):
            return _short_year(cell)
    read = _calendar_day(cell, int(year), month, day)
    if isinstance(read, Refusal):
        return read
    clock = _clock(found)
    return _impossible(cell) if isinstance(clock, bool) else (read[0], clock, remark)


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
    return (date(year, month, day), None, "") if _exists(year, month, day) else _impossible(cell)


def _example(period: Period | None) -> str:
    return f"{period.first}" if period else "2026-10-03"


def _no_date(cell: Cell) -> Refusal:
    return Refusal(
        "date.unreadable",
        _("“{value}” is not a date").format(value=shown(cell)),
        _("Write year, month and day, for example 2026-10-03."),
    )


def _impossible(cell: Cell) -> Refusal:
    return Refusal(
        "date.impossible",
        _("there is no such day or time as “{value}”").format(value=shown(cell)),
        _("Check year, month, day and time."),
    )


def _lost_year(cell: Cell) -> Refusal:
    return Refusal(
        "date.no_year",
        _("“{value}” has no year, and 10.3 may have been 10.30").format(value=shown(cell)),
        _("Write year, month and day, for example 2026-10-03."),
    )


def _year_missing(cell: Cell, period: Period | None) -> Refusal:
    if period is None:
        message = _("“{value}” has no year, and no period is known").format(value=shown(cell))
    else:
        message = _("“{value}” has no year, and is not in {period}").format(value=shown(cell), period=period.label)
    return Refusal("date.no_year", message, _("Write year, month and day, for example 2026-10-03."))


def _short_year(cell: Cell) -> Refusal:
    return Refusal(
        "date.short_year",
        _("the order of day, month and year in “{value}” is not certain").format(value=shown(cell)),
        _("Write the year with four digits, for example 2026-10-03."),
    )


def _no_day(cell: Cell) -> Refusal:
    return Refusal(
        "date.no_day",
        _("“{value}” does not name a day").format(value=shown(cell)),
        _("Write year, month and day, for example 2026-10-03."),
    )


_READERS: dict[str, Callable[[Cell, Field, Reader], Value | Refusal]] = {
    "text": _text,
    "code": _code,
    "choice": _choice,
    "tick": _tick,
    "integer": _integer,
    "number": _amount,
    "money": _amount,
    "percent": _percent,
    "date": _date,
    "datetime": _datetime,
}
