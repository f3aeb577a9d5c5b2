"""The cell styles of a workbook, and those that a render adds to them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

from lxml import etree

from docgen.excel.reader import S
from docgen.sheets.number_format import BUILT_IN, Shape, shape
from docgen.template.tree import Element, parse, serialise

_CODES = {
    Shape.DATE: "yyyy\\-mm\\-dd",
    Shape.DATETIME: "yyyy\\-mm\\-dd\\ hh:mm",
    Shape.TIME: "hh:mm",
    Shape.DURATION: "[h]:mm",
}
"""How a date or time is shown where the template's cell shows plain numbers."""
_FIRST_OWN_FORMAT = 164


class CellFormats:
    """The number formats of a template's cell styles."""

    def __init__(self, styles: Element | None, *, since_1904: bool) -> None:
        self.since_1904 = since_1904
        self.shapes: list[Shape] = []
        self.next_format = _FIRST_OWN_FORMAT
        if styles is None:
            return
        own = {int(f.get("numFmtId") or 0): f.get("formatCode") or "" for f in styles.iter(S + "numFmt")}
        self.next_format = max([_FIRST_OWN_FORMAT - 1, *own]) + 1
        for xf in styles.iterfind(f"{S}cellXfs/{S}xf"):
            number = int(xf.get("numFmtId") or 0)
            self.shapes.append(shape(own.get(number, BUILT_IN.get(number, ""))))

    def session(self) -> FormatSession:
        """For one render."""
        return FormatSession(self)


class _Added(NamedTuple):
    """A style like ``style``, with a number format or a background of its own."""

    style: int
    wanted: Shape | None
    colour: str


class FormatSession:
    """Styles a render adds: of a date in a cell whose template style shows a plain number, and of ``cellbg``."""

    def __init__(self, formats: CellFormats) -> None:
        self.formats = formats
        self.added: dict[_Added, int] = {}

    @property
    def changed(self) -> bool:
        """Whether the styles are no longer the template's."""
        return bool(self.added)

    def style(self, style: int, wanted: Shape) -> int:
        """``style`` if it shows dates, else one like it that does."""
        shapes = self.formats.shapes
        if style < len(shapes) and shapes[style].is_moment:
            return style
        return self._add(_Added(style, wanted, ""))

    def coloured(self, style: int, colour: str) -> int:
        """A style like ``style`` with this background, six hexadecimal digits."""
        return self._add(_Added(style, None, colour.upper()))

    def _add(self, added: _Added) -> int:
        return self.added.setdefault(added, len(self.formats.shapes) + len(self.added))

    def rewritten(self, styles: bytes) -> bytes:
        """styles.xml with the added styles."""
        root = parse(styles, "xl/styles.xml", "")
        xfs = root.find(S + "cellXfs")
        if xfs is None:
            return styles
        numbers = {wanted: self.formats.next_format + i for i, wanted in enumerate(_CODES)}
        used = {added.wanted for added in self.added}
        self._add_formats(root, {n: _CODES[w] for w, n in numbers.items() if w in used})
        fills = self._add_fills(root)
        made = list(xfs)
        for added in self.added:  # in the order they were asked for: one may be like another one added before
            xf = deepcopy(made[added.style])
            if added.wanted is not None:
                xf.attrib.update({"numFmtId": str(numbers[added.wanted]), "applyNumberFormat": "1"})
            else:
                xf.attrib.update({"fillId": str(fills[added.colour]), "applyFill": "1"})
            made.append(xf)
            xfs.append(xf)
        xfs.set("count", str(len(xfs)))
        return serialise(root).encode()

    @staticmethod
    def _add_formats(root: Element, formats: dict[int, str]) -> None:
        if not formats:
            return
        holder = root.find(S + "numFmts")
        if holder is None:
            holder = etree.Element(S + "numFmts")
            root.insert(0, holder)
        for number, code in formats.items():
            etree.SubElement(holder, S + "numFmt", numFmtId=str(number), formatCode=code)
        holder.set("count", str(len(holder)))

    def _add_fills(self, root: Element) -> dict[str, int]:
        """Colour → number of its fill."""
        holder: Any = root.find(S + "fills")
        found: dict[str, int] = {}
        for added in self.added:
            if added.colour and added.colour not in found and holder is not None:
                found[added.colour] = len(holder)
                fill = etree.SubElement(etree.SubElement(holder, S + "fill"), S + "patternFill", patternType="solid")
                etree.SubElement(fill, S + "fgColor", rgb=f"FF{added.colour}")
                etree.SubElement(fill, S + "bgColor", indexed="64")
                holder.set("count", str(len(holder)))
        return found
