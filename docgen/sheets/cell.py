"""Pure: a cell as it is stored, a value as it is meant, and the refusal where the one does not give the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from docgen.sheets.number_format import Shape, shape
from foundation.language import _
from foundation.period import Period


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


class RefusalKind(NamedTuple):
    """A kind of refusal, called with the cell to make one: its text is the message's ``{value}``.

    Both texts are English (marked by ``N_``), put into the language in force when called.
    """

    code: str
    message: str
    hint: str

    def __call__(self, cell: Cell, *, date1904: bool = False, **values: object) -> Refusal:
        """The refusal of ``cell``; ``values`` fill what else the texts name."""
        values = {"value": shown(cell, date1904=date1904), **values}
        return Refusal(self.code, _(self.message).format(**values), _(self.hint).format(**values))


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


def shown(cell: Cell, *, date1904: bool = False) -> str:
    """A cell as a message quotes it: close to what stands on the screen, one line, not too long."""
    text = cell.text
    if cell.kind is Kind.NUMBER:
        kind, serial = shape(cell.format), stored_number(text)
        moment = from_serial(serial, date1904=date1904) if kind.is_moment else None
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


def stored_number(stored: str) -> Decimal:
    """The digits of a numeric cell; Excel keeps fifteen, what lies beyond is noise of binary fractions."""
    return Decimal(stored) if len(stored) <= 15 else Decimal(f"{float(stored):.15g}")


def from_serial(serial: Decimal, *, date1904: bool) -> datetime | None:
    """Excel's day number → the moment, to the second; None for what is no certain day.

    That is below 61 in the 1900 system (Excel counts a 29 February 1900 that never was), or past the year 9999.
    """
    if serial < (0 if date1904 else 61):
        return None
    zero = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet has no zone
    try:
        return zero + timedelta(seconds=round(float(serial) * 86400))
    except OverflowError:
        return None
