"""Values → cells: numbers, dates, texts by their type, in the style of the template's cell.

A text is always a text: no value a user typed becomes a formula. Whole numbers of more than fifteen digits, which a
cell cannot hold, are written as text, as are amounts that would lose a digit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from docgen.excel.cell_styles import CellFormats
from docgen.excel.formulas.arithmetic import ExcelError
from docgen.sheets.number_format import Shape
from docgen.template.marks import Site, SiteKind
from docgen.template.rich import Rich, current_render
from docgen.template.xml_text import escape, plain_text
from docgen.word.rich_text import RichText
from docgen.word.writers import legal, writers
from foundation.language import _

LONGEST_TEXT = 32_767
LARGEST_WHOLE = 2**53
_EPOCH_1900 = datetime(1899, 12, 30, tzinfo=UTC)
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
_FALSE_LEAP_DAY = 61
"""The serial number of 1 March 1900; Excel has a 29 February before it that never was."""
_SPECIAL = re.compile("[&<>\x00-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufddf\ufffe\uffff\ud800-\udfff]|_x|^\\s|\\s$").search
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LOOK = re.compile("\x01(\\d+)\x01")
_ENDLESS = 12
"""Decimals with more places than this are quotients, which no cell holds exactly: the nearest number is written."""


@dataclass(frozen=True, slots=True)
class CellSite:
    r"""A value that fills a cell by itself: written by its type, in the cell's style.

    ``looks``: the run properties of a text in several looks; it says where each begins (``\x01`` number ``\x01``).
    """

    style: int
    looks: tuple[str, ...] = ()
    kind: SiteKind = SiteKind.PLAIN


class PartXml(str):
    """XML of a part's own making (the list of merged cells), written as it is."""

    __slots__ = ()


def serial(value: date | datetime | time | timedelta, *, since_1904: bool = False) -> float:
    """The day number Excel stores. Days before March 1900 count as Excel counts them, with its 29 February 1900."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time):
        return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400
    clock = value.timetz().replace(tzinfo=None) if isinstance(value, datetime) else time()
    moment = datetime.combine(value, clock, UTC)
    days = (moment - (_EPOCH_1904 if since_1904 else _EPOCH_1900)) / timedelta(days=1)
    return days - 1 if not since_1904 and days < _FALSE_LEAP_DAY else days


def as_cell(value: Any, *, since_1904: bool = False) -> Any:
    """A value as a formula finds it in its cell: number, text, bool or None, as the writers below decide."""
    kind = type(value)
    if kind is int:
        return value if -LARGEST_WHOLE <= value <= LARGEST_WHOLE else str(value)
    if kind is float or kind is bool:
        return value if kind is bool or math.isfinite(value) else None
    if isinstance(value, Decimal):
        return value if is_number(value) else plain_text(value) if value.is_finite() else None
    if isinstance(value, date | time | timedelta):
        number = serial(value, since_1904=since_1904)
        return number if number >= 0 else str(value)
    if isinstance(value, ExcelError):
        return value
    return plain_text(value) or None


def is_number(value: Decimal) -> bool:
    """Whether a cell holds the value as a number: exactly, or, of a quotient, to as many digits as it can."""
    if not value.is_finite():
        return False
    if Decimal(repr(float(value))) == value:
        return True
    return int(value.as_tuple().exponent) < -_ENDLESS and abs(value) < LARGEST_WHOLE


def excel_writers(formats: CellFormats) -> Callable[[Any], tuple[Callable[[Any], bytes], Callable[[Any], str]]]:
    """The writers of a workbook's sites: cells by type, texts inside cells as Word's plain texts."""

    def choose(site: Site | CellSite) -> tuple[Callable[[Any], bytes], Callable[[Any], str]]:
        if isinstance(site, CellSite):
            write = _rich_writer(site, formats) if site.looks else _cell_writer(site.style, formats)
            return write, lambda value: write(value).decode()
        if site.kind is SiteKind.RAW:
            return (lambda value: value.encode() if isinstance(value, PartXml) else b""), str
        return writers(site)

    return choose


def _cell_writer(style: int, formats: CellFormats) -> Callable[[Any], bytes]:
    """What follows ``<c r="A5``: style, type, value, end."""
    head = f'" s="{style}"'.encode()
    text_head = head + b' t="inlineStr"><is><t>'
    whole = head + b"><v>%b</v></c>"

    def write(value: Any) -> bytes:
        kind = type(value)
        if kind is str and value and _SPECIAL(value) is None and len(value) <= LONGEST_TEXT:
            return b"%b%b</t></is></c>" % (text_head, value.encode())
        if kind is int and -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
            return whole % str(value).encode()
        return _written(value, head, style, formats)

    return write


def _written(value: Any, head: bytes, style: int, formats: CellFormats) -> bytes:
    """The same for any value."""
    if value is None:
        return head + b"/>"
    if isinstance(value, bool):
        return b'%b t="b"><v>%d</v></c>' % (head, value)
    if isinstance(value, date | time | timedelta):
        return _moment(value, style, formats)
    if isinstance(value, Decimal | float) and (digits := _digits(value)):
        return b"%b><v>%b</v></c>" % (head, digits.encode())
    return _worded(value, head)


def _worded(value: Any, head: bytes) -> bytes:
    """What is no number, as text; what has no words either is told."""
    if isinstance(value, Decimal | float) and not math.isfinite(value):
        return _not_finite(value, head)
    if isinstance(value, Rich) and not isinstance(value, RichText):
        return _not_a_text(head)
    return _text(plain_text(value), head)


def _not_a_text(head: bytes) -> bytes:
    message = _("a cell holds no pictures, paragraphs or documents")
    _report(message, _("Put the picture into the template, or use a Word template."), "cell.not-text")
    return head + b"/>"


def _digits(value: Decimal | float) -> str:
    """A number as ``<v>`` has it; nothing for one that a cell does not hold."""
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else ""
    if not is_number(value):
        return ""
    nearest = repr(float(value))
    return f"{value:f}" if Decimal(nearest) == value else nearest


def _not_finite(value: Decimal | float, head: bytes) -> bytes:
    message = _("{value} is not a number a cell can hold").format(value=value)
    _report(message, _("Leave the value empty where there is none."), "cell.not-finite")
    return head + b"/>"


def _text(value: str, head: bytes) -> bytes:
    text = _legal(value)
    if not text:
        return head + b"/>"
    return f'{head.decode()} t="inlineStr"><is>{_t(text)}</is></c>'.encode()


def _t(text: str) -> str:
    """``<t>`` with the text; blanks at its ends and line breaks stay."""
    text = _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f"<t{keep}>{escape(text)}</t>"


def _legal(value: str) -> str:
    """The text without characters XML cannot hold; one that is too long is reported and left out.

    What begins a paragraph or a page in Word (bell, form feed) begins a line here.
    """
    text = legal(value).replace("\a", "\n").replace("\f", "\n")
    if len(text) <= LONGEST_TEXT:
        return text
    message = _("the text has {n} characters, a cell holds {limit}").format(n=len(text), limit=LONGEST_TEXT)
    _report(message, _("Shorten it, or spread it over several cells."), "cell.too-long")
    return ""


def _rich_writer(site: CellSite, formats: CellFormats) -> Callable[[Any], bytes]:
    """A text whose runs keep the looks they have in the template."""
    head = f'" s="{site.style}"'.encode()

    def write(value: Any) -> bytes:
        if not isinstance(value, str):
            return _written(value, head, site.style, formats)
        first, *rest = _LOOK.split(value)
        runs = [("", first), *((site.looks[int(n)], t) for n, t in zip(rest[::2], rest[1::2], strict=True))]
        shown = "".join(f"<r>{look}{_t(text)}</r>" for look, given in runs if (text := _legal(given)))
        return f'{head.decode()} t="inlineStr"><is>{shown}</is></c>'.encode() if shown else head + b"/>"

    return write


def _moment(value: date | time | timedelta, style: int, formats: CellFormats) -> bytes:
    state = current_render.get()
    if getattr(value, "tzinfo", None) is not None:
        message = _("{value} names a time zone, which no cell can hold").format(value=value)
        _report(message, _("Convert it to local time first."), "cell.time-zone")
    number = serial(value, since_1904=formats.since_1904)
    if number < 0:
        return _text(str(value), f'" s="{style}"'.encode())
    session = None if state is None else state.formats
    shown = style if session is None else session.style(style, _shape_of(value))
    return f'" s="{shown}"><v>{repr(number).removesuffix(".0")}</v></c>'.encode()


def _shape_of(value: date | time | timedelta) -> Shape:
    if isinstance(value, datetime):
        return Shape.DATETIME
    if isinstance(value, timedelta):
        return Shape.DURATION
    return Shape.DATE if isinstance(value, date) else Shape.TIME


def _report(message: str, hint: str, code: str) -> None:
    state = current_render.get()
    if state is not None:
        state.report(message, hint, code)
