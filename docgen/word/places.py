"""Where tags stand: the paragraphs of a part, their tables and cells, and what surrounds a value that is written."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from docgen.template.marks import OPEN, Site, SiteKind, TagPlace
from docgen.template.tree import (
    BOX,
    PPR,
    R_,
    RPR,
    SECTPR,
    TBL,
    TC,
    TR,
    TRANSPARENT,
    A,
    Element,
    P,
    W,
    prefixed,
    siblings,
    within,
)


def places(root: Element, place: TagPlace) -> Iterator[tuple[Element, TagPlace]]:
    """Every paragraph of a part with its place."""
    if root.tag.startswith(W):
        yield from _inside(root, TagPlace(place.part, place.number), Counter())
    else:
        for n, p in enumerate(root.iter(A + "p"), 1):
            yield p, TagPlace(place.part, place.number, (), n)


def _inside(el: Element, place: TagPlace, count: Counter[str]) -> Iterator[tuple[Element, TagPlace]]:
    """The paragraphs below an element, which ``place`` names; ``count``: those and the tables before them."""
    for child in el:
        if child.tag == P:
            count["p"] += 1
            yield child, replace(place, paragraph=count["p"])
            for box in own(child, BOX):
                yield from _inside(box, TagPlace("box", 0, place.path), Counter())
        elif child.tag == TBL:
            count["t"] += 1
            for r, row in enumerate(within(child, TR), 1):
                for c, cell in enumerate(within(row, TC), 1):
                    path = (*place.path, (count["t"], r, c))
                    yield from _inside(cell, replace(place, path=path), Counter())
        elif isinstance(child.tag, str):
            yield from _inside(child, place, count if child.tag in TRANSPARENT else Counter())


def own(paragraph: Element, tag: str) -> Iterator[Element]:
    """Elements of that tag in the paragraph, those in its text boxes left out."""
    return (el for el in paragraph.iter(tag) if next(el.iterancestors(P)) is paragraph)


def place_of(el: Element, place: TagPlace) -> TagPlace:
    """The place of any element of the part that ``place`` names: its table cell."""
    path: list[tuple[int, int, int]] = []
    cell: Element | None = next(el.iterancestors(TC), None)
    while cell is not None:
        row = next(cell.iterancestors(TR))
        table = next(row.iterancestors(TBL))
        rows, cells = list(within(table, TR)), list(within(row, TC))
        path.insert(0, (siblings(table).index(table) + 1, rows.index(row) + 1, cells.index(cell) + 1))
        cell = next(table.iterancestors(TC), None)
    return TagPlace(place.part, place.number, tuple(path))


def site_of(text: Element) -> Site:
    """The surroundings of a value that stands in the text of this element."""
    if text.tag == W + "instrText":
        return Site(SiteKind.PLAIN)
    run = text.getparent()
    if run is None or run.tag not in (R_, A + "r"):
        return Site(SiteKind.PLAIN)
    if text.tag == A + "t":
        return Site(SiteKind.DRAWING, rpr=properties(run, A + "rPr"))
    wrappers: list[Element] = []
    above = run.getparent()
    while above is not None and above.tag != P:
        wrappers.append(above)
        above = above.getparent()
    breakable = above is not None and all(w.tag in (W + "hyperlink", W + "ins", W + "smartTag") for w in wrappers)
    opening = [_start_tag(w) for w in reversed(wrappers)] if breakable else []
    breakable = breakable and all(opening)
    section = above is not None and above.find(f"{PPR}/{SECTPR}") is not None
    return Site(
        SiteKind.TEXT,
        rpr=properties(run, RPR),
        ppr=properties(above, PPR) if above is not None else "",
        open="".join(opening) if breakable else "",
        close="".join(f"</{prefixed(w)}>" for w in wrappers) if breakable else "",
        breakable=breakable and not section,
    )


def properties(owner: Element, tag: str) -> str:
    """The owner's properties as text to repeat; section breaks and tags are not repeated."""
    found = owner.find(tag)
    if found is None:
        return ""
    if found.find(SECTPR) is not None or found.find(W + "pPrChange") is not None:
        found = copy.deepcopy(found)
        for name in (SECTPR, W + "pPrChange"):
            for el in found.findall(name):
                found.remove(el)
    text = _without_namespaces(etree.tostring(found, encoding="unicode", with_tail=False), owner)
    return "" if OPEN in text else text


def _start_tag(el: Element) -> str:
    shallow = copy.copy(el)
    for child in list(shallow):
        shallow.remove(child)
    shallow.text = None
    text = _without_namespaces(etree.tostring(shallow, encoding="unicode", with_tail=False), el)
    return "" if OPEN in text else text.removesuffix("/>").removesuffix(f"></{prefixed(el)}>") + ">"


def _without_namespaces(xml: str, el: Element) -> str:
    known = el.getroottree().getroot().nsmap

    def unless_new(match: re.Match[str]) -> str:
        return "" if known.get(match[1] or None) == match[2] else match[0]

    return re.sub(r'\sxmlns(?::([\w.-]+))?="([^"]*)"', unless_new, xml)
