"""Pure: the styles part of a workbook with the styles of marks in it, each cell's own style found again from them.

ECMA-376 part 1, 18.8. A marked cell keeps everything of its style but the fill; the fill it had is written into the
background colour of the red one, which a solid fill does not show. So a mark can go again after Excel or WPS has
numbered all styles anew. A hatched or shaded fill cannot be written there and comes back as none, and so does every
fill once LibreOffice has saved the file.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property
from typing import Any

from lxml import etree

from docgen.sheets.parts import parsed, tag, written

FAULTY = "FFFF9A93"
COLUMN = "FFFFF3F1"
HEADING = "FFFFC9C4"
"""Fills by which marks are known: a faulty cell, a cell of the error column, its heading."""

_FORGOTTEN = "FFFF8080"
"""What LibreOffice writes as background below FAULTY: the nearest colour of its palette. What was there is lost."""

MINIMAL = (
    b'<styleSheet xmlns="%s"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    b'<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    b'</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    b'<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
)


class MarkStyles:
    """One styles part, growing by what is asked for; the same asked twice is there once."""

    def __init__(self, content: bytes) -> None:
        self.content_before = content
        self.root: Any = parsed(content)
        self.fills, self.fonts, self.formats = (self._group(name) for name in ("fills", "fonts", "cellXfs"))
        self.changed = False
        self.faulty_of: dict[int, int] = {}

    def _group(self, name: str) -> Any:
        found = next(self.root.iter(f"{{*}}{name}"), None)
        if found is None:
            raise ValueError(name)
        return found

    def content(self) -> bytes:
        """The part; byte for byte what it was where nothing had to be added."""
        if not self.changed:
            return self.content_before
        for group in (self.fills, self.fonts, self.formats):
            group.set("count", str(len(group)))
        return written(self.root)

    # --- marking ---

    def faulty(self, style: int) -> int:
        """``style`` with a red fill."""
        if style not in self.faulty_of:
            own = self._format(style)
            fill = self._solid(FAULTY, self._shown(int(own.get("fillId", "0"))))
            self.faulty_of[style] = self._with_fill(own, fill)
        return self.faulty_of[style]

    @cached_property
    def column(self) -> int:
        """The style of a text in the error column."""
        return self._added(COLUMN, bold=False)

    @cached_property
    def heading(self) -> int:
        """The style of the error column's heading."""
        return self._added(HEADING, bold=True)

    def _added(self, colour: str, *, bold: bool) -> int:
        own = etree.Element(tag(self.root, "xf"), numFmtId="0", fontId="0", fillId="0", borderId="0", xfId="0")
        own.set("fontId", str(self._font(bold=bold)))
        own.set("applyFont", "1")
        own.set("applyAlignment", "1")
        etree.SubElement(own, tag(self.root, "alignment"), vertical="center")
        return self._with_fill(own, self._solid(colour, None))

    def _font(self, *, bold: bool) -> int:
        font = etree.Element(tag(self.root, "font"))
        if bold:
            etree.SubElement(font, tag(self.root, "b"))
        etree.SubElement(font, tag(self.root, "sz"), val="10")
        etree.SubElement(font, tag(self.root, "color"), rgb="FF9C0006")
        etree.SubElement(font, tag(self.root, "name"), val="宋体")
        etree.SubElement(font, tag(self.root, "charset"), val="134")
        return self._index(self.fonts, font)

    def _solid(self, colour: str, under: Any | None) -> int:
        fill = etree.Element(tag(self.root, "fill"))
        pattern = etree.SubElement(fill, tag(self.root, "patternFill"), patternType="solid")
        etree.SubElement(pattern, tag(self.root, "fgColor"), rgb=colour)
        below = etree.SubElement(pattern, tag(self.root, "bgColor"))
        for name, value in {"indexed": "64"}.items() if under is None else under.attrib.items():
            below.set(name, value)
        return self._index(self.fills, fill)

    def _with_fill(self, own: Any, fill: int) -> int:
        new = deepcopy(own)
        new.set("fillId", str(fill))
        new.set("applyFill", "1")
        return self._index(self.formats, new)

    def _index(self, group: Any, element: Any) -> int:
        """The place of an element in its list, at the end where it is not there yet."""
        key = _key(element)
        for place, there in enumerate(group):
            if _key(there) == key:
                return place
        group.append(element)
        self.changed = True
        return len(group) - 1

    # --- unmarking ---

    @cached_property
    def marks(self) -> dict[int, str]:
        """Style index → which mark it is (its colour), for the styles that are marks."""
        colours = [self._colour(fill) for fill in self.fills]
        found = {}
        for place, own in enumerate(self.formats):
            fill = int(own.get("fillId", "0"))
            if fill < len(colours) and colours[fill] in (FAULTY, COLUMN, HEADING):
                found[place] = colours[fill]
        return found

    def original(self, style: int) -> int:
        """The style a marked cell had."""
        own = self._format(style)
        below = next(self.fills[int(own.get("fillId", "0"))].iter("{*}bgColor"), None)
        wanted: tuple[Any, ...] = ("none",)
        if below is not None and below.get("indexed") != "64" and below.get("rgb") != _FORGOTTEN:
            wanted = ("solid", *sorted(below.attrib.items()))
        rest = _key_but_fill(own)
        for place, there in enumerate(self.formats):
            if place not in self.marks and _key_but_fill(there) == rest and self._meaning(there) == wanted:
                return place
        new = deepcopy(own)
        new.set("fillId", str(self._fill_meaning(wanted, below)))
        return self._index(self.formats, new)

    def _fill_meaning(self, wanted: tuple[Any, ...], below: Any) -> int:
        for place, fill in enumerate(self.fills):
            if _meaning(fill) == wanted:
                return place
        fill = etree.Element(tag(self.root, "fill"))
        kind = "none" if wanted == ("none",) else "solid"
        pattern = etree.SubElement(fill, tag(self.root, "patternFill"), patternType=kind)
        if kind == "solid":
            etree.SubElement(pattern, tag(self.root, "fgColor"), dict(below.attrib))
            etree.SubElement(pattern, tag(self.root, "bgColor"), indexed="64")
        return self._index(self.fills, fill)

    def _meaning(self, own: Any) -> tuple[Any, ...]:
        place = int(own.get("fillId", "0"))
        return _meaning(self.fills[place]) if place < len(self.fills) else ("none",)

    def _shown(self, fill: int) -> Any | None:
        """The colour of a solid fill; None for any other."""
        pattern = self.fills[fill][0] if fill < len(self.fills) and len(self.fills[fill]) else None
        if pattern is None or pattern.get("patternType") != "solid":
            return None
        return next(pattern.iter("{*}fgColor"), None)

    def _colour(self, fill: Any) -> str:
        pattern = next(fill.iter("{*}patternFill"), None)
        if pattern is None or pattern.get("patternType") != "solid":
            return ""
        return next((colour.get("rgb", "").upper() for colour in pattern.iter("{*}fgColor")), "")

    def _format(self, style: int) -> Any:
        return self.formats[style if style < len(self.formats) else 0]


def _meaning(fill: Any) -> tuple[Any, ...]:
    """What a fill shows: none, a colour, or something else."""
    pattern = next(fill.iter("{*}patternFill"), None)
    if pattern is None:
        return ("gradient",)
    kind = pattern.get("patternType", "none")
    if kind == "solid":
        colour = next(pattern.iter("{*}fgColor"), None)
        return ("solid", *sorted(colour.attrib.items())) if colour is not None else ("solid",)
    return (kind,)


def _key(element: Any) -> tuple[Any, ...]:
    """An element as a value, whatever its prefixes."""
    return (
        etree.QName(element).localname,
        tuple(sorted(element.attrib.items())),
        tuple(_key(child) for child in element),
    )


def _key_but_fill(own: Any) -> tuple[Any, ...]:
    attributes = tuple(sorted((n, v) for n, v in own.attrib.items() if n not in ("fillId", "applyFill")))
    return (attributes, tuple(_key(child) for child in own))
