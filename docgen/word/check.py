"""Is a finished document sound? For tests and for ``render(check=True)``; parses everything, so it is slow."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from lxml import etree

from docgen.errors import Problem, TemplateError
from docgen.template.package import rels_name
from docgen.template.tree import (
    BLOCK_CONTAINERS,
    TBL,
    TC,
    TCPR,
    TCPR_ORDER,
    TR,
    W14,
    WP,
    Element,
    P,
    W,
    last_block,
    within,
)
from foundation.language import _

_STORIES = frozenset(W + n for n in ("document", "hdr", "ftr", "footnotes", "endnotes", "comments"))
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def assert_sound(blob: bytes, name: str) -> None:
    """Raise TemplateError listing every defect of a rendered document."""
    found = list(defects(blob))
    if found:
        told = _("the finished document is not sound: {defect}")
        hint = _("Check the conditions around this place in the template.")
        raise TemplateError(Problem(name, told.format(defect=each), hint, "output.unsound") for each in found)


def defects(blob: bytes) -> Iterator[str]:
    """What Word might have to repair, one line each (engines: "sound by construction")."""
    with zipfile.ZipFile(BytesIO(blob)) as archive:
        names = archive.namelist()
        yield from (f"duplicate member {n}" for n, k in Counter(names).items() if k > 1)
        trees = {}
        for name in names:
            if name.endswith((".xml", ".rels")):
                try:
                    trees[name] = etree.fromstring(archive.read(name))
                except etree.XMLSyntaxError as exc:
                    yield f"{name}: not well-formed: {exc}"
    for name, root in trees.items():
        if root.tag in _STORIES:
            yield from _part(name, root)
        if str(root.tag).startswith(W):
            yield from _relationships(name, root, trees)


def _relationships(name: str, root: Element, trees: dict[str, Element]) -> Iterator[str]:
    rels = trees.get(rels_name(name))
    known = {r.get("Id") for r in rels} if rels is not None else set()
    used = {str(v) for el in root.iter() for k, v in el.attrib.items() if str(k).startswith(_R) and v}
    yield from (f"{name}: relationship {rid} is used and not defined" for rid in sorted(used - known))


def _part(name: str, root: Element) -> Iterator[str]:
    for table in root.iter(TBL):
        yield from _table(name, table)
    for el in root.iter(*BLOCK_CONTAINERS):
        blocks = [c for c in el if isinstance(c.tag, str) and c.tag in (P, TBL, W + "sdt", W + "altChunk")]
        last = last_block(el)
        if el.tag != W + "body" and (last is None or last.tag not in (P, W + "sdt")):
            yield f"{name}: {etree.QName(el).localname} does not end with a paragraph"
        for first, second in pairwise(blocks):
            if first.tag == second.tag == TBL:
                yield f"{name}: two tables touch"
    yield from _ids(name, root)


def _table(name: str, table: Element) -> Iterator[str]:
    rows = list(within(table, TR))
    if not rows:
        yield f"{name}: a table has no rows"
    widest = 0
    for row in rows:
        cells = list(within(row, TC))
        if not cells:
            yield f"{name}: a row has no cells"
        widest = max(widest, sum(_span(c) for c in cells) + _skipped(row))
        for cell in cells:
            yield from _cell_properties(name, cell)
    grid = table.find(W + "tblGrid")
    if rows and grid is not None and len(grid) != widest:
        yield f"{name}: the grid has {len(grid)} columns, the widest row {widest}"


def _span(cell: Element) -> int:
    span = cell.find(f"{TCPR}/{W}gridSpan")
    return int(span.get(W + "val", "1")) if span is not None else 1


def _skipped(row: Element) -> int:
    before_and_after = (W + "gridBefore", W + "gridAfter")
    return sum(int(el.get(W + "val", "0")) for el in row.iterfind(f"{W}trPr/*") if el.tag in before_and_after)


def _cell_properties(name: str, cell: Element) -> Iterator[str]:
    properties = cell.findall(TCPR)
    if len(properties) > 1 or (properties and cell[0] is not properties[0]):
        yield f"{name}: a cell's properties are not its first child"
    for el in properties:
        ranks = [TCPR_ORDER.index(c.tag) for c in el if c.tag in TCPR_ORDER]
        if ranks != sorted(set(ranks)):
            yield f"{name}: cell properties out of order or repeated"


def _ids(name: str, root: Element) -> Iterator[str]:
    kinds: dict[str, list[str | None]] = {
        "drawing id": [el.get("id") for el in root.iter(WP + "docPr")],
        "bookmark id": [el.get(W + "id") for el in root.iter(W + "bookmarkStart")],
        "bookmark name": [el.get(W + "name") for el in root.iter(W + "bookmarkStart")],
        "paragraph id": [v for el in root.iter(P) if (v := el.get(W14 + "paraId"))],
    }
    for kind, values in kinds.items():
        yield from (f"{name}: {kind} {v} repeats" for v, k in Counter(values).items() if k > 1)
    starts = {el.get(W + "id") for el in root.iter(W + "bookmarkStart")}
    ends = Counter(el.get(W + "id") for el in root.iter(W + "bookmarkEnd"))
    yield from (f"{name}: bookmark {i} ends without beginning" for i in ends if i not in starts)
