"""Rows of a finished workbook as high as their wrapped text: no line is cut off when the sheet is printed.

Excel fits a row to its text only where a person types, never over merged cells, and a row of fixed height not at all.
What is rendered has to come right by itself: the text of every wrapping cell is laid out by the widths of its
characters, and a row that is too low grows. No row ever shrinks; nothing else changes. Pure and deterministic.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from docgen.excel.formulas.references import column_number
from docgen.template.package import Member, read_package, repack
from docgen.template.tree import Element

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
_LINE = 1.32
"""Height of a line in sizes of its font, as Excel and WPS set 宋体."""
_PADDING = 4.0
_DIGIT = 7.0
"""Pixels of a digit of the default font (宋体 10.5 磅 and 11 point Latin fonts alike), the unit of column widths."""
_PIXEL = 0.75
"""Points of a pixel."""
_HIGHEST = 409.0


class _Look(NamedTuple):
    """What of a cell's style decides the height it needs."""

    size: float
    wraps: bool


class _Merge(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int


def fitted(blob: bytes, name: str = "workbook") -> bytes:
    """The workbook with every row high enough for its wrapped text; the same bytes where all rows are.

    A text merged over several rows makes the last of them grow.
    """
    members = read_package(blob, name)
    if _STYLES not in members:
        return blob
    looks = _looks(_parsed(members[_STYLES]))
    strings = _strings(members)
    changed = {}
    for part in members:
        if _SHEET.fullmatch(part):
            root = _parsed(members[part])
            if _Sheet(root, looks, strings).fit():
                changed[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return repack(blob, changed) if changed else blob


def _parsed(member: Member) -> Element:
    return etree.fromstring(member.read(), etree.XMLParser(resolve_entities=False, no_network=True))


def _looks(styles: Element) -> list[_Look]:
    sizes = [
        float(found.get("val") or 11) if (found := font.find(S + "sz")) is not None else 11.0
        for font in styles.iterfind(f"{S}fonts/{S}font")
    ]
    looks = []
    for xf in styles.iterfind(f"{S}cellXfs/{S}xf"):
        alignment = xf.find(S + "alignment")
        wraps = alignment is not None and alignment.get("wrapText") in ("1", "true")
        font = int(xf.get("fontId") or 0)
        looks.append(_Look(sizes[font] if font < len(sizes) else 11.0, wraps))
    return looks


def _strings(members: Mapping[str, Member]) -> list[str]:
    if _STRINGS not in members:
        return []
    return ["".join(t.text or "" for t in si.iter(S + "t")) for si in _parsed(members[_STRINGS]).iterfind(S + "si")]


class _Sheet:
    """One worksheet on its way to rows that fit."""

    def __init__(self, root: Element, looks: Sequence[_Look], strings: Sequence[str]) -> None:
        self.root, self.looks, self.strings = root, looks, strings
        frame = root.find(S + "sheetFormatPr")
        self.height = float(frame.get("defaultRowHeight") or 15) if frame is not None else 15.0
        self.width = float(frame.get("defaultColWidth") or 9) if frame is not None else 9.0
        self.widths = {
            column: 0.0 if col.get("hidden") in ("1", "true") else float(col.get("width") or self.width)
            for col in root.iterfind(f"{S}cols/{S}col")
            for column in range(int(col.get("min") or 1), min(int(col.get("max") or 1), 512) + 1)
        }
        merges = (_merge(el.get("ref") or "") for el in root.iter(S + "mergeCell"))
        self.merges = {(merge.top, merge.left): merge for merge in merges}

    def fit(self) -> bool:
        """Raise what is too low; whether anything was."""
        rows = {int(row.get("r") or 0): row for row in self.root.iterfind(f"{S}sheetData/{S}row")}
        changed = False
        for number, row in rows.items():
            for last, needed in self.needs(number, row):
                target = rows.get(last)
                above = sum(self.height_of(rows.get(n)) for n in range(number, last))
                if (
                    target is not None
                    and target.get("hidden") is None
                    and needed - above > self.height_of(target) + 0.01
                ):
                    target.set("ht", f"{min(math.ceil((needed - above) * 4) / 4, _HIGHEST):g}")
                    target.set("customHeight", "1")
                    changed = True
        return changed

    def height_of(self, row: Element | None) -> float:
        return float(row.get("ht") or self.height) if row is not None else self.height

    def needs(self, number: int, row: Element) -> Iterator[tuple[int, float]]:
        """(last row, points) for every wrapping text that begins in the row."""
        for cell in row:
            style = int(cell.get("s") or 0)
            look = self.looks[style] if style < len(self.looks) else _Look(11, wraps=False)
            text = self.text(cell) if look.wraps else ""
            if text:
                column = column_number(re.sub(r"\d", "", cell.get("r") or "A"))
                merge = self.merges.get((number, column), _Merge(number, column, number, column))
                room = sum(self.points(n) for n in range(merge.left, merge.right + 1)) - 5 * _PIXEL
                yield merge.bottom, lines(text, room / look.size * 2) * look.size * _LINE + _PADDING

    def points(self, column: int) -> float:
        width = self.widths.get(column, self.width)
        return math.floor(width * _DIGIT + 0.5) * _PIXEL if width else 0.0

    def text(self, cell: Element) -> str:
        kind = cell.get("t")
        if kind == "inlineStr":
            return "".join(t.text or "" for t in cell.iter(S + "t"))
        value = cell.findtext(S + "v") or ""
        if kind == "s":
            return self.strings[int(value)] if value.isdigit() and int(value) < len(self.strings) else ""
        return value if kind == "str" else ""


def _merge(ref: str) -> _Merge:
    first, _colon, last = ref.partition(":")
    (left, top), (right, bottom) = (_corner(part) for part in (first, last or first))
    return _Merge(top, left, bottom, right)


def _corner(cell: str) -> tuple[int, int]:
    letters = re.sub(r"[^A-Z]", "", cell)
    return column_number(letters) if letters else 1, int(re.sub(r"\D", "", cell) or 1)


def text_width(text: str) -> int:
    """The width of a line of text in half-width characters: a Chinese one takes two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def even_lines(text: str, room: float) -> int:
    """Lines ``text`` takes where every line is filled to its end, as headings and notes in Chinese are."""
    return sum(max(math.ceil(text_width(part) / max(room, 1)), 1) for part in text.split("\n"))


def lines(text: str, room: float) -> int:
    """Lines ``text`` takes where ``room`` half-width characters fit in one; words and figures are not broken."""
    return sum(_paragraph(part, max(room, 2.0)) for part in text.split("\n"))


def _paragraph(text: str, room: float) -> int:
    count, used = 1, 0.0
    for word in re.findall(r"[!-~]+|.", text, re.DOTALL):
        width = text_width(word)
        if used + width <= room:
            used += width
        elif width <= room:
            count, used = count + 1, width
        else:  # longer than a line: broken where it ends
            total = used + width
            full = math.ceil(total / room) - 1
            count, used = count + full, total - full * room
    return count
