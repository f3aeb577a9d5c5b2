"""Values → cells: numbers, dates, texts by their type, in the style of the template's cell.

A text is always a text: no value a user typed becomes a formula. Numbers keep every digit they have; what a cell
cannot hold exactly (more than 15 digits, long identity numbers) is written as text.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from docgen.numberformat import BUILT_IN, Shape, shape
from docgen.render import current_render
from docgen.sheetcode import CellSite
from docgen.story import SiteKind
from docgen.text import escape, legal, plain_text, writers
from i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.story import Element, Site

LONGEST_TEXT = 32_767
LARGEST_WHOLE = 2**53
_EPOCH_1900 = datetime(1899, 12, 30)
_EPOCH_1904 = datetime(1904, 1, 1)
_SPECIAL = re.compile("[&<>\x00-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufddf\ufffe\uffff\ud800-\udfff]|_x|^\\s|\\s$").search
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SIGNIFICANT = 17
"""Digits an IEEE double can tell apart at most; Decimals with more are written as text."""


def serial(value: date | datetime | time | timedelta, *, since_1904: bool = False) -> float:
    """The day number Excel stores. Days before March 1900 count as Excel counts them, with its 29 February 1900."""
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    if isinstance(value, time):
        return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    days = (moment.replace(tzinfo=None) - (_EPOCH_1904 if since_1904 else _EPOCH_1900)) / timedelta(days=1)
    return days - 1 if not since_1904 and days < 61 else days


class PartXml(str):
    """XML of a part's own making (the list of merged cells), written as it is."""

    __slots__ = ()


class CellFormats:
    """The number formats of a template's cell styles."""

    def __init__(self, styles: Element | None, *, since_1904: bool) -> None:
        self.since_1904 = since_1904
        self.shapes: list[Shape] = []
        self.next_format = 164
        if styles is None:
            return
        ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        own = {int(f.get("numFmtId") or 0): f.get("formatCode") or "" for f in styles.iter(ns + "numFmt")}
        self.next_format = max([163, *own]) + 1
        for xf in styles.iterfind(f"{ns}cellXfs/{ns}xf"):
            number = int(xf.get("numFmtId") or 0)
            self.shapes.append(shape(own.get(number, BUILT_IN.get(number, ""))))

    def session(self) -> FormatSession:
        """For one render."""
        return FormatSession(self)


class FormatSession:
    """Styles a render adds: those of a date in a cell whose template style shows a plain number."""

    _CODES = {Shape.DATE: "yyyy\\-mm\\-dd", Shape.DATETIME: "yyyy\\-mm\\-dd\\ hh:mm", Shape.TIME: "hh:mm"}

    def __init__(self, formats: CellFormats) -> None:
        self.formats = formats
        self.added: dict[tuple[int, Shape], int] = {}

    @property
    def changed(self) -> bool:
        return bool(self.added)

    def style(self, style: int, wanted: Shape) -> int:
        """``style`` if it shows dates, else one like it that does."""
        shapes = self.formats.shapes
        if style < len(shapes) and shapes[style].is_moment:
            return style
        return self.added.setdefault((style, wanted), len(shapes) + len(self.added))

    def rewritten(self, styles: bytes) -> bytes:
        """styles.xml with the added styles."""
        from docgen.story import parse, serialise

        root = parse(styles, "xl/styles.xml", "")
        ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        xfs = root.find(ns + "cellXfs")
        if xfs is None:
            return styles
        from copy import deepcopy

        numbers = {wanted: self.formats.next_format + i for i, wanted in enumerate(self._CODES)}
        used = {wanted for _style, wanted in self.added}
        self._add_formats(root, {n: self._CODES[w] for w, n in numbers.items() if w in used})
        originals = list(xfs)
        for style, wanted in self.added:
            xf = deepcopy(originals[style])
            xf.set("numFmtId", str(numbers[wanted]))
            xf.set("applyNumberFormat", "1")
            xfs.append(xf)
        xfs.set("count", str(len(xfs)))
        return serialise(root).encode()

    @staticmethod
    def _add_formats(root: Element, formats: dict[int, str]) -> None:
        from lxml import etree

        ns = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        holder = root.find(ns + "numFmts")
        if holder is None:
            holder = etree.Element(ns + "numFmts")
            root.insert(0, holder)
        for number, code in formats.items():
            etree.SubElement(holder, ns + "numFmt", numFmtId=str(number), formatCode=code)
        holder.set("count", str(len(holder)))


def excel_writers(formats: CellFormats) -> Callable[[Any], tuple[Callable[[Any], bytes], Callable[[Any], str]]]:
    """The writers of a workbook's sites: cells by type, texts inside cells as Word's plain texts."""

    def choose(site: Site | CellSite) -> tuple[Callable[[Any], bytes], Callable[[Any], str]]:
        if isinstance(site, CellSite):
            write = _cell_writer(site.style, formats)
            return write, lambda value: write(value).decode()
        if site.kind is SiteKind.RAW:
            return (lambda value: value.encode() if isinstance(value, PartXml) else b""), str
        return writers(site)

    return choose


def _cell_writer(style: int, formats: CellFormats) -> Callable[[Any], bytes]:
    """What follows ``<c r="A5``: style, type, value, end."""
    head = f'" s="{style}"'.encode()
    text_head = head + b' t="inlineStr"><is><t>'
    number_head = head + b"><v>"
    empty = head + b"/>"
    whole = number_head + b"%d</v></c>"

    def write(value: Any) -> bytes:
        kind = type(value)
        if kind is str:
            if value and _SPECIAL(value) is None and len(value) <= LONGEST_TEXT:
                return b"%b%b</t></is></c>" % (text_head, value.encode())
        elif kind is int:
            if -LARGEST_WHOLE <= value <= LARGEST_WHOLE:
                return whole % value
        elif kind is float:
            if math.isfinite(value):
                return b"%b%b</v></c>" % (number_head, repr(value).encode())
        elif value is None:
            return empty
        return slow(value)

    def slow(value: Any) -> bytes:
        if isinstance(value, bool):
            return b'%b t="b"><v>%d</v></c>' % (head, value)
        if isinstance(value, date | time | timedelta):
            return _moment(value, style, formats)
        if isinstance(value, Decimal | float) and not math.isfinite(value):
            _report(
                _("{value} is not a number a cell can hold").format(value=value),
                _("Leave the value empty where there is none."),
                "cell.not-finite",
            )
            return empty
        if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= _SIGNIFICANT:
            return b"%b%b</v></c>" % (number_head, f"{value:f}".encode())
        return _text(plain_text(value), head, empty)

    return write


def _text(value: str, head: bytes, empty: bytes) -> bytes:
    if not value:
        return empty
    text = legal(value)
    if len(text) > LONGEST_TEXT:
        _report(
            _("the text has {n} characters, a cell holds {limit}").format(n=len(text), limit=LONGEST_TEXT),
            _("Shorten it, or spread it over several cells."),
            "cell.too-long",
        )
        return empty
    text = _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'{head.decode()} t="inlineStr"><is><t{keep}>{escape(text)}</t></is></c>'.encode()


def _moment(value: date | time | timedelta, style: int, formats: CellFormats) -> bytes:
    state = current_render.get()
    if getattr(value, "tzinfo", None) is not None:
        _report(
            _("{value} names a time zone, which no cell can hold").format(value=value),
            _("Convert it to local time first."),
            "cell.time-zone",
        )
    wanted = Shape.DATETIME if isinstance(value, datetime) else Shape.DATE if isinstance(value, date) else Shape.TIME
    session = getattr(state, "formats", None)
    number = serial(value, since_1904=formats.since_1904)
    if number < 0:
        return _text(str(value), f'" s="{style}"'.encode(), b"")
    shown = session.style(style, wanted) if session is not None else style
    return f'" s="{shown}"><v>{repr(number).removesuffix(".0")}</v></c>'.encode()


def _report(message: str, hint: str, code: str) -> None:
    state = current_render.get()
    if state is not None:
        state.report(message, hint, code)
