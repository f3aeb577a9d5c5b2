"""Pure: what stands in one cell → the value its column asks for, or a refusal that says why and what to do.

Offices write the same value in many ways (domain conventions §4). What can be read in one way only is read, and
where that took more than looking a remark says so. What could mean two things is refused, never repaired.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from docgen.forms.dates import read_date, read_datetime
from docgen.forms.declaration import Field
from docgen.sheets.cell import (
    Cell,
    Ditto,
    Kind,
    Reader,
    Refusal,
    RefusalKind,
    Value,
    is_blank,
    plain,
    shown,
    stored_number,
    text_cell,
)
from docgen.sheets.number_format import Shape, shape, zeros
from foundation.folding import normal, unspaced
from foundation.language import N_, _

_FORMULA_ERROR = RefusalKind(
    "cell.error",
    N_("the formula shows the error {value}"),
    N_("Mend the formula or type the value; an error is not an empty cell."),
)
_UNCOMPUTED = RefusalKind(
    "cell.uncomputed",
    N_("the formula's result was not saved in the file"),
    N_("Open the file in Excel or WPS, save it, and try again; or type the value."),
)
_DAMAGED_TEXT = RefusalKind(
    "cell.damaged",
    N_("the characters of “{value}” were damaged when the file was last converted"),
    N_("Go back to the file before the conversion, or type the text again."),
)
_STRAY_DITTO = RefusalKind("cell.ditto", N_("“{value}” does not say what is meant here"), N_("Write the value itself."))
_FRACTION = RefusalKind(
    "code.fraction",
    N_("the number “{value}” may have lost zeros at its end"),
    N_("Format the column as text and type the code again, for example 10.30."),
)
_TEXT_IS_DATE = RefusalKind(
    "text.is_date",
    N_("Excel has turned what was typed into the date {value}"),
    N_("Format the column as text, then type it again as it should read, for example 3-2-5."),
)
_LOST_DIGITS = RefusalKind(
    "code.lost_digits",
    N_("the number has more than 15 digits, and Excel has replaced the last ones by zeros"),
    N_("Format the column as text, then type the number again from the original."),
)
_NO_TICK = RefusalKind(
    "tick.unreadable", N_("“{value}” is neither a tick nor a cross"), N_("Write √ or ×, or leave the cell empty.")
)
_NO_NUMBER = RefusalKind(
    "number.unreadable", N_("“{value}” is not a number"), N_("Write digits only, for example 1234.50.")
)
_NOT_WHOLE = RefusalKind(
    "number.not_whole", N_("“{value}” is not a whole number"), N_("Write a number without decimals.")
)
_PERCENT_OR_SHARE = RefusalKind(
    "number.percent_or_share",
    N_("“{value}” may be a percentage or a share"),
    N_("Write the percent sign, for example 97.35%."),
)
_IS_PERCENT = RefusalKind(
    "number.is_percent",
    N_("“{value}” is a percentage, but a number is needed"),
    N_("Write the number itself, without the percent sign."),
)
_IS_DATE = RefusalKind(
    "number.is_date",
    N_("the cell holds the date or time {value}, not a number"),
    N_("Set the cell's format to General and type the number again."),
)
_BELOW = RefusalKind(
    "number.out_of_bounds", N_("{value} is below {bound}, the least that is possible"), N_("Check the number.")
)
_ABOVE = _BELOW._replace(message=N_("{value} is above {bound}, the most that is possible"))


def convert(cell: Cell | None, field: Field, reader: Reader) -> Value | Refusal:
    """The value a cell gives its column or field: str, int, Decimal (0.9735 for 97.35 %), date, datetime, bool, None.

    ``Ditto.ABOVE`` stands for 同上 where the column allows it. Nothing is guessed: the rest is a Refusal.
    """
    if cell is None or is_blank(cell):
        return _required(field) if field.required else Value(None)
    if cell.kind is Kind.ERROR:
        return _FORMULA_ERROR(cell, value=cell.text)
    if cell.kind is Kind.UNCOMPUTED:
        return _UNCOMPUTED(cell)
    if cell.kind is Kind.TEXT and _DAMAGED.search(cell.text):
        return _DAMAGED_TEXT(cell)
    if cell.kind is Kind.TEXT and (special := _special_text(cell.text, field)) is not None:
        return special
    read = _READERS[field.type](cell, field, reader)
    return _bounded(read, cell, field) if isinstance(read, Value) and isinstance(read.value, int | Decimal) else read


# --- what no column takes as a value --------------------------------------------------------------------------

_EMPTY_MARKS = re.compile(r"[-—–―‐_]+|/+|\\|无|暂无|空白|\(空白\)|空")
_DITTO = frozenset({"同上", "同前", "〃", "″", '"', "〞", "”", "''", "′′"})
_DAMAGED = re.compile("\ufffd|锟斤拷|烫烫烫")


def _special_text(raw: str, field: Field) -> Value | Refusal | None:
    text = normal(raw).strip()
    if len(text) > 4:
        return None
    if raw.strip() in _DITTO or text in _DITTO:
        if getattr(field, "ditto", False):
            return Value(Ditto.ABOVE, _("“{value}” read as the value above").format(value=raw.strip()))
        return _STRAY_DITTO(text_cell(raw), value=raw.strip())
    if _EMPTY_MARKS.fullmatch(text) and text not in field.choices and not (field.type == "tick" and text == "无"):
        if field.required:
            return Refusal(
                "cell.required",
                _("“{value}” means empty, but this has to be filled in").format(value=raw.strip()),
                _filling_in(field),
            )
        return Value(None, _("“{value}” read as empty").format(value=raw.strip()))
    return None


def _required(field: Field) -> Refusal:
    return Refusal("cell.required", _("is empty, but has to be filled in"), _filling_in(field))


def _filling_in(field: Field) -> str:
    """The remedy for an empty cell, with what the form itself says about it (a clause, what to write)."""
    return f"{_('Fill in the cell.')} {field.help}".rstrip()


# --- texts and codes ------------------------------------------------------------------------------------------


def _text(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        return Value(cell.text.strip())
    return _written_out(cell, reader)


def _code(cell: Cell, _field: Field, reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        return Value(normal(cell.text).strip())
    if cell.kind is Kind.NUMBER and shape(cell.format).is_number:
        number = stored_number(cell.text)
        if number != number.to_integral_value():
            return _FRACTION(cell)
        if width := zeros(cell.format):
            return _lost_digits(cell) or Value(plain(number).zfill(width))
    return _written_out(cell, reader)


def _written_out(cell: Cell, reader: Reader) -> Value | Refusal:
    """A cell that is not text, in a column of texts: what its reader sees, where that is certain."""
    if cell.kind is Kind.BOOLEAN:
        return Value("TRUE" if cell.text == "1" else "FALSE")
    if cell.kind is Kind.ISO or shape(cell.format).is_moment:
        return _TEXT_IS_DATE(cell, date1904=reader.date1904)
    return _lost_digits(cell) or Value(shown(cell))


def _lost_digits(cell: Cell) -> Refusal | None:
    return _LOST_DIGITS(cell) if abs(stored_number(cell.text)) >= 10**15 else None


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
    guess = _("Did you mean “{name}”?").format(name=near[0]) if near else ""
    hint = _("Possible: {names}.").format(names="、".join(field.choices))
    return Refusal(
        "choice.unknown",
        _("“{value}” is not one of the choices").format(value=shown(cell)),
        f"{guess} {hint}".strip(),
    )


@lru_cache(maxsize=4096)
def _compared(text: str) -> str:
    return unspaced(text).casefold()


_YES = frozenset({"√", "✓", "✔", "☑", "是", "有", "已", "对", "y", "yes", "true", "1"})
_NO = frozenset({"×", "✗", "✘", "☒", "□", "☐", "否", "无", "未", "n", "no", "false", "0"})


def _tick(cell: Cell, _field: Field, _reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.BOOLEAN:
        return Value(cell.text == "1")
    word = plain(stored_number(cell.text)) if cell.kind is Kind.NUMBER else _compared(cell.text)
    if word in _YES or word in _NO:
        return Value(word in _YES)
    return _NO_TICK(cell)


# --- numbers --------------------------------------------------------------------------------------------------

_DIGITS = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_CURRENCY = re.compile(r"^(?P<sign>[+-]?)\s*(?:人民币|RMB|CNY|[¥$])?\s*(?P<rest>.*)$", re.IGNORECASE)
_LARGE_UNIT = re.compile(r"\d\s*[万亿千]")


def _amount(cell: Cell, field: Field, reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.NUMBER:
        kind = shape(cell.format)
        if kind.is_moment:
            return _IS_DATE(cell, date1904=reader.date1904)
        if kind is Shape.PERCENT:
            return _IS_PERCENT(cell)
        return Value(stored_number(cell.text))
    if cell.kind is not Kind.TEXT:
        return _no_number(cell)
    text = _bare_number(cell.text, field.unit)
    if text.endswith("%"):
        return _IS_PERCENT(cell)
    return Value(Decimal(text.replace(",", ""))) if _DIGITS.fullmatch(text) else _no_number(cell)


def _integer(cell: Cell, field: Field, reader: Reader) -> Value | Refusal:
    read = _amount(cell, field, reader)
    if isinstance(read, Refusal):
        return read
    if read.value != read.value.to_integral_value():
        return _NOT_WHOLE(cell)
    return Value(int(read.value))


def _percent(cell: Cell, field: Field, reader: Reader) -> Value | Refusal:
    if cell.kind is Kind.TEXT:
        text = _bare_number(cell.text, "" if field.unit == "%" else field.unit)
        digits = text.removesuffix("%").rstrip()
        if not _DIGITS.fullmatch(digits):
            return _no_number(cell)
        return _share(cell, Decimal(digits.replace(",", "")), written=text.endswith("%") or field.unit == "%")
    if cell.kind is not Kind.NUMBER:
        return _no_number(cell)
    kind, number = shape(cell.format), stored_number(cell.text)
    if kind.is_moment:
        return _IS_DATE(cell, date1904=reader.date1904)
    return Value(number) if kind is Shape.PERCENT else _share(cell, number, written=field.unit == "%")


def _share(cell: Cell, number: Decimal, *, written: bool) -> Value | Refusal:
    """A number in a column of percentages: hundredths where the sign is written, a share up to 1, else uncertain."""
    if written:
        return Value(number / 100)
    if abs(number) <= 1:
        return Value(number)
    return _PERCENT_OR_SHARE(cell)


def _bare_number(raw: str, unit: str) -> str:
    """The digits of a written number: width, currency and the column's own unit taken away."""
    text = normal(raw).replace("−", "-").strip()
    found = _CURRENCY.match(text)
    text = found["sign"] + found["rest"] if found else text
    for suffix in ("元整", "元", normal(unit)):
        if suffix and text.endswith(suffix):
            return text.removesuffix(suffix).rstrip()
    return text.strip()


def _no_number(cell: Cell) -> Refusal:
    text = normal(cell.text) if cell.kind is Kind.TEXT else ""
    if _LARGE_UNIT.search(text):
        return _NO_NUMBER._replace(hint=N_("Write the amount out in 元, for example 12000 for 1.2万."))(cell)
    if re.fullmatch(r"\s*\(.*\)\s*", text):
        return _NO_NUMBER._replace(hint=N_("Write a negative number with a minus sign, for example -1234.50."))(cell)
    return _NO_NUMBER(cell)


def _bounded(read: Value, cell: Cell, field: Field) -> Value | Refusal:
    def spelled(number: Decimal | int) -> str:
        return f"{plain(Decimal(number) * 100)}%" if field.type == "percent" else plain(Decimal(number))

    if isinstance(read.value, bool):
        return read
    if field.min is not None and read.value < field.min:
        return _BELOW(cell, value=spelled(read.value), bound=spelled(field.min))
    if field.max is not None and read.value > field.max:
        return _ABOVE(cell, value=spelled(read.value), bound=spelled(field.max))
    return read


_READERS: dict[str, Callable[[Cell, Field, Reader], Value | Refusal]] = {
    "text": _text,
    "code": _code,
    "choice": _choice,
    "tick": _tick,
    "integer": _integer,
    "number": _amount,
    "money": _amount,
    "percent": _percent,
    "date": read_date,
    "datetime": read_datetime,
}
