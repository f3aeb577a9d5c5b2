"""The tags of table cells: vm, hm, colspan, cellbg, colwidth.

Before → after, of ``{% vm r.floor %}`` in a cell of a looped row (``‹…›`` are marks)::

    <w:tc> <w:tcPr/> <w:p>…</w:p> </w:tc>

    ‹set _gd_vm0 = _gd_changed(loop, 0, (r.floor))›
    <w:tc> <w:tcPr><w:vMerge w:val="‹'restart' if _gd_vm0 else 'continue'›"/></w:tcPr>
    ‹if _gd_vm0› <w:p>…</w:p> ‹else› <w:p/> ‹endif› </w:tc>
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from lxml import etree

from docgen.template.marks import Marks, SiteKind, TagPlace
from docgen.template.tags import Tag
from docgen.template.tree import PPR, Element, P, W, cell_property, insert_after, insert_before, within


class CellTags:
    """The cell tags of one part: noted while its tags are read, applied when all are."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.found: list[tuple[Element, Tag, TagPlace]] = []
        self.widened: set[Element] = set()  # cells whose width a tag asks for

    def apply(self) -> None:
        """Turn every tag into properties of its cell."""
        for cell, tag, place in self.found:
            word, _blank, argument = tag.body.partition(" ")
            apply: Callable[[Element, str, TagPlace, Tag], None] = {
                "colspan": self._colspan,
                "cellbg": self._cellbg,
                "colwidth": self._colwidth,
                "vm": self._merge_down,
                "hm": self._merge_across,
            }[word]
            apply(cell, argument.strip(), place, tag)

    def _colspan(self, cell: Element, argument: str, place: TagPlace, tag: Tag) -> None:
        mark = self._attribute(f"_gd_span(({argument}))", place, tag)
        cell_property(cell, "gridSpan").set(W + "val", mark)

    def _cellbg(self, cell: Element, argument: str, place: TagPlace, tag: Tag) -> None:
        shade = cell_property(cell, "shd")
        shade.attrib.clear()
        shade.set(W + "val", "clear")
        shade.set(W + "color", "auto")
        shade.set(W + "fill", self._attribute(f"_gd_colour(({argument}))", place, tag))

    def _colwidth(self, cell: Element, argument: str, place: TagPlace, tag: Tag) -> None:
        self.widened.add(cell)
        width = cell_property(cell, "tcW")
        width.set(W + "w", self._attribute(f"_gd_width(({argument}))", place, tag))
        width.set(W + "type", "dxa")

    def _merge_down(self, cell: Element, argument: str, place: TagPlace, tag: Tag) -> None:
        """``vm``: the copies of this cell become one; ``vm x``: neighbours with equal x do."""
        number = len(self.marks)
        first = f"_gd_vm{number}"
        changed = f"_gd_changed(loop, {number}, ({argument or 'none'}))"
        setter = self.marks.add(f"set {first} = {changed}", tag.text, place, statement=True)
        setter.needs_loop = True
        insert_before(cell, setter.sign)
        merge = self._attribute(f"'restart' if {first} else 'continue'", place, tag)
        cell_property(cell, "vMerge").set(W + "val", merge)
        self._only_if(first, cell, place, tag)

    def _only_if(self, condition: str, cell: Element, place: TagPlace, tag: Tag) -> None:
        """What the cell holds, or an empty paragraph like its first."""
        opening, middle, closing = (
            self.marks.add(source, tag.text, place, statement=True).sign
            for source in (f"if {condition}", "else", "endif")
        )
        insert_after(cell[0], opening)  # behind its properties, where vMerge has just been set
        cell[-1].tail = (cell[-1].tail or "") + middle
        empty = etree.SubElement(cell, P)
        properties = next((el for p in within(cell, P) if (el := p.find(PPR)) is not None), None)
        if properties is not None:
            empty.append(copy.deepcopy(properties))
            empty[0].tail = None
        empty.tail = closing

    def _merge_across(self, cell: Element, _argument: str, place: TagPlace, tag: Tag) -> None:
        """``hm``: the copies of this cell along a row become one that spans them."""
        span = cell_property(cell, "gridSpan")
        own = span.get(W + "val") or "1"
        span.set(W + "val", self._attribute(f"{own} * loop.length", place, tag))
        opening = self.marks.add("if loop.first", tag.text, place, statement=True)
        opening.needs_loop = True
        insert_before(cell, opening.sign)
        insert_after(cell, self.marks.add("endif", tag.text, place, statement=True).sign)

    def _attribute(self, source: str, place: TagPlace, tag: Tag) -> str:
        return self.marks.add(source, tag.text, place, site=SiteKind.ATTRIBUTE).sign
