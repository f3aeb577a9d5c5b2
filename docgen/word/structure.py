"""Do a part's block tags nest at the same level of the XML, and what keeps the part sound whatever they leave out.

Leaving out or repeating what stands between two tags of one level gives well-formed XML. What it could make unsound
(a cell without paragraph, a table without rows, two tables touching, repeated ids) gets a guard for
:mod:`docgen.word.soundness` or a fresh id.
"""

from __future__ import annotations

import re
from typing import Protocol

from lxml import etree

from docgen.template.marks import GUARD, MARK, OPEN, OPENING, Marks, TagMark, TagPlace, literal
from docgen.template.tree import (
    BLOCK_CONTAINERS,
    TBL,
    TC,
    TCPR,
    TR,
    W14,
    WP,
    Element,
    P,
    W,
    drop,
    insert_after,
    insert_before,
    last_block,
    within,
)
from docgen.word.cell_tags import CellTags
from foundation.language import _

ENDS = {f"end{word}": word for word in (*OPENING, "set")}
MIDDLES = {"elif": ("if",), "else": ("if", "for")}
REPEATING = ("for", "macro", "call")


class PartTree(Protocol):
    """The part being compiled, as far as its structure is concerned."""

    root: Element
    place: TagPlace
    marks: Marks
    cells: CellTags
    recut: set[Element]
    guarded: bool

    def report(self, place: TagPlace, message: str, hint: str, code: str) -> None:
        """Note a fault of the template and go on."""

    def internal(self, source: str) -> str:
        """A mark of the compiler's own, for an attribute."""


class Structure:
    """Checks the blocks of a part, then sets guards and fresh ids."""

    def __init__(self, part: PartTree) -> None:
        self.part = part
        self.blocks = Blocks(part)

    def settle(self) -> None:
        """Everything, in order."""
        self.blocks.walk()
        self._guard()
        self._close_bookmarks()
        self._fresh_ids()

    def _guard(self) -> None:
        for el in list(self.part.root.iter(TBL)):
            self._guard_table(el)
        for el in list(self.part.root.iter(*BLOCK_CONTAINERS)):
            self._guard_container(el)

    def _guard_container(self, el: Element) -> None:
        """A cell, header, note or text box must end with a paragraph, whatever is left out."""
        last = last_block(el)
        behind = (last.tail if last is not None else el.text) or ""
        ends = (P, TBL) if el.tag == W + "body" else (P,)
        if last is not None and last.tag in ends and self.blocks.sure(last, el) and not MARK.search(behind):
            return
        if not self.blocks.varies(el) and last is not None and last.tag not in (TBL, TCPR):
            return
        self.part.guarded = True
        if last is not None:
            last.tail = behind + GUARD + "P"
        else:
            el.text = behind + GUARD + "P"

    def _guard_table(self, table: Element) -> None:
        rows = list(within(table, TR))
        columns_vary = table in self.part.recut or any(self._columns_vary(row) for row in rows)
        hollow = [row for row in rows if not any(self.blocks.sure(c, row) for c in within(row, TC))]
        may_vanish = not any(self.blocks.sure(r, table) for r in rows)
        if not (columns_vary or hollow or may_vanish or self._may_touch(table)):
            return
        self.part.guarded = True
        insert_before(table, GUARD + ("G" if columns_vary else "T"))
        insert_after(table, GUARD + "/")
        for row in rows:
            counted = columns_vary or row in hollow
            insert_before(row, GUARD + ("Q" if counted else "R"))
            insert_after(row, GUARD + "r")
            if counted:
                for cell in within(row, TC):
                    insert_before(cell, GUARD + ("D" if cell in self.part.cells.widened else "C"))

    def _columns_vary(self, row: Element) -> bool:
        cells = list(within(row, TC))
        if not all(self.blocks.sure(c, row) for c in cells):
            return True
        sizes = [el for c in cells for el in c.iterfind(TCPR + "/*") if el.tag in (W + "gridSpan", W + "tcW")]
        return any(OPEN in str(v) for el in sizes for v in el.attrib.values())

    def _may_touch(self, table: Element) -> bool:
        before = table.getprevious()
        if before is None:
            return bool(MARK.search(table.getparent().text or ""))  # type: ignore[union-attr]
        if MARK.search(before.tail or ""):
            return True
        return before.tag != P or not self.blocks.sure(before, table)

    def _close_bookmarks(self) -> None:
        """A bookmark that begins and ends in different branches would lose one of its ends: it shrinks to a point."""
        starts = {el.get(W + "id"): el for el in self.part.root.iter(W + "bookmarkStart")}
        for end in list(self.part.root.iter(W + "bookmarkEnd")):
            start = starts.get(end.get(W + "id"))
            if start is None or self.blocks.branches.get(start) is self.blocks.branches.get(end):
                continue
            drop(end)
            start.addnext(end)
            self.blocks.repeated = [el for el in self.blocks.repeated if el is not end]
            self.blocks.repeated += [end] if start in self.blocks.repeated else []

    def _fresh_ids(self) -> None:
        """What is repeated gets new drawing ids, bookmark ids and names; optional paragraph ids are dropped."""
        for el in self.blocks.repeated:
            if el.tag == WP + "docPr":
                el.set("id", self.part.internal("_gd_id()"))
            elif el.tag == W + "bookmarkStart":
                key, name = literal(str(el.get(W + "id"))), literal(str(el.get(W + "name")))
                el.set(W + "id", self.part.internal(f"_gd_bookmark({key})"))
                el.set(W + "name", self.part.internal(f"_gd_bookmark_name({key}, {name})"))
            elif el.tag == W + "bookmarkEnd":
                el.set(W + "id", self.part.internal(f"_gd_bookmark_end({literal(str(el.get(W + 'id')))})"))
            for key in (W14 + "paraId", W14 + "textId"):
                if key in el.attrib:
                    del el.attrib[key]


class Blocks:
    """Walks the part once in document order: do block tags nest, and at the same level of the XML?"""

    def __init__(self, part: PartTree) -> None:
        self.part = part
        self.stack: list[tuple[TagMark, tuple[object, ...]]] = []
        self.depth: dict[Element, int] = {}
        self.repeated: list[Element] = []
        self.branches: dict[Element, tuple[TagMark, tuple[object, ...]]] = {}
        self.path: list[object] = []
        self.containers_with_marks: set[Element] = set()

    def sure(self, el: Element, ancestor: Element) -> bool:
        """``el`` is there whenever ``ancestor`` is."""
        return self.depth.get(el, 0) == self.depth.get(ancestor, 0)

    def varies(self, container: Element) -> bool:
        """Something directly inside the container depends on a tag."""
        return container in self.containers_with_marks

    def walk(self) -> None:
        for event, el in etree.iterwalk(self.part.root, events=("start", "end")):
            if event == "start":
                self._start(el)
            else:
                self.path.pop()
                self._text(el.tail)
        for mark, _path in self.stack:
            message = _("{tag} has no end").format(tag=mark.text)
            self.part.report(mark.place, message, _("Add the matching {end}.").format(end=_ending(mark)), "block.open")

    def _start(self, el: Element) -> None:
        self.path.append(el)
        if self.stack:
            self.depth[el] = len(self.stack)
            if el.tag in (W + "bookmarkStart", W + "bookmarkEnd"):
                self.branches[el] = self.stack[-1]
            if any(mark.keyword in REPEATING for mark, _p in self.stack):
                self.repeated.append(el)
        for key, value in el.attrib.items():
            if OPEN in value:
                self.path.append((el, key))
                self._text(str(value))
                self.path.pop()
        self._text(el.text)

    def _text(self, text: str | None) -> None:
        if not text or OPEN not in text:
            return
        container = next((p for p in reversed(self.path) if isinstance(p, Element) and p.tag in BLOCK_CONTAINERS), None)
        if container is not None:
            self.containers_with_marks.add(container)
        for number in MARK.findall(text):
            mark = self.part.marks[int(number)]
            if mark.needs_loop and not any(m.keyword == "for" for m, _p in self.stack):
                message = _("{tag} stands outside a loop").format(tag=mark.text)
                hint = _("Put it into a row or cell repeated by {%tr for … %} or {%tc for … %}.")
                self.part.report(mark.place, message, hint, "tag.outside-loop")
            if mark.statement:
                self._statement(mark)

    def _statement(self, mark: TagMark) -> None:
        word = mark.keyword
        if mark.opens:
            self.stack.append((mark, tuple(self.path)))
        elif word in MIDDLES:
            self._expect(mark, MIDDLES[word], close=False)
        elif word in ENDS:
            self._expect(mark, (ENDS[word],), close=True)

    def _expect(self, mark: TagMark, openers: tuple[str, ...], *, close: bool) -> None:
        report = self.part.report
        if not self.stack or self.stack[-1][0].keyword not in openers:
            message = (
                _("{tag} has no beginning").format(tag=mark.text)
                if not self.stack
                else _("{tag} comes before {open} of {place} has ended").format(
                    tag=mark.text, open=self.stack[-1][0].text, place=self.stack[-1][0].place.at("")
                )
            )
            report(mark.place, message, _("Check that every {% if %} and {% for %} has its own end."), "block.order")
            if close and any(m.keyword in openers for m, _p in self.stack):
                while self.stack.pop()[0].keyword not in openers:
                    pass
            return
        opening, path = self.stack[-1]
        if not _level_with(path, tuple(self.path)):
            report(
                mark.place,
                _("{tag} does not stand at the same level as {open} ({place})").format(
                    tag=mark.text, open=opening.text, place=opening.place.at("")
                ),
                _("Use {%p … %} for whole paragraphs and {%tr … %} for whole rows, at both ends."),
                "block.level",
            )
        if close:
            self.stack.pop()
        else:
            self.stack[-1] = (opening, tuple(self.path))


def _level_with(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    common = 0
    for x, y in zip(a, b, strict=False):
        if x is not y and x != y:
            break
        common += 1
    ahead, behind = a[common:], b[common:]
    return [getattr(x, "tag", x) for x in ahead] == [getattr(y, "tag", y) for y in behind]


def _ending(mark: TagMark) -> str:
    prefix = re.match(r"\{%(tr|tc|p|r)\s", mark.text)
    return f"{{%{prefix[1] if prefix else ''} end{mark.keyword} %}}"
