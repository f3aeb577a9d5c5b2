"""WordprocessingML trees: names, parsing and writing, and the small operations compile-time surgery needs."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from docgen.errors import Place, Problem, ProblemKind, TemplateError
from docgen.template.marks import OPEN
from foundation.language import N_, _

Element = etree._Element  # noqa: SLF001 - lxml offers no public name for its class

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

P, T, R_, TBL, TR, TC = W + "p", W + "t", W + "r", W + "tbl", W + "tr", W + "tc"
PPR, RPR, TCPR, SECTPR = W + "pPr", W + "rPr", W + "tcPr", W + "sectPr"
BOX = W + "txbxContent"
BLOCK_CONTAINERS = frozenset(
    W + n for n in ("tc", "hdr", "ftr", "footnote", "endnote", "comment", "txbxContent", "body")
)
TRANSPARENT = frozenset(W + n for n in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "body", "hdr", "ftr"))
RANGE_MARKS = frozenset(
    W + kind + edge
    for kind in ("bookmark", "commentRange", "perm", "moveFromRange", "moveToRange")
    for edge in ("Start", "End")
)
TCPR_ORDER = [
    W + n
    for n in (
        "cnfStyle",
        "tcW",
        "gridSpan",
        "hMerge",
        "vMerge",
        "tcBorders",
        "shd",
        "noWrap",
        "tcMar",
        "textDirection",
        "tcFitText",
        "vAlign",
        "hideMark",
    )
]


def parse(xml: bytes, name: str, file: str) -> Element:
    """Parse a part; entities are not expanded and a DOCTYPE is refused (no OOXML part may have one)."""
    if _DOCTYPE in xml:  # before anything is expanded; other encodings are caught below
        raise TemplateError(_HAS_DOCTYPE(Place(file, part=name)))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as exc:
        message = _("the part is not well-formed XML: {detail}").format(detail=exc.msg)
        hint = _("Open the document in Word and save it again.")
        raise TemplateError(Problem(Place(file, part=name), message, hint, "part.malformed")) from exc
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise TemplateError(_HAS_DOCTYPE(Place(file, part=name)))
    return root


_DOCTYPE = b"<!DOCTYPE"


_HAS_DOCTYPE = ProblemKind(
    "part.doctype",
    N_("the part has a document type declaration, which no Word document has"),
    N_("Use a document saved by Word, WPS or LibreOffice."),
)


def serialise(root: Element) -> str:
    """The part as text, with the declaration Office writes."""
    body = etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{body}'


def texts_of(paragraph: Element) -> Iterator[tuple[Element, str]]:
    """A paragraph's texts in order, tabs and breaks as their characters; text boxes and deletions are no part of it."""
    stack = list(reversed(paragraph))
    while stack:
        el = stack.pop()
        tag = el.tag
        if tag in (T, A + "t", M + "t"):
            yield el, el.text or ""
        elif tag == W + "tab":
            yield el, "\t"
        elif tag in (W + "br", W + "cr", A + "br"):
            yield el, "\n"
        elif isinstance(tag, str) and tag not in (PPR, RPR, BOX, P, W + "del", W + "moveFrom", A + "p"):
            stack.extend(reversed(el))


def remove_text(el: Element) -> None:
    """Take an emptied text away, and its run if nothing else is in it."""
    run = el.getparent()
    if run is None:
        return
    if el.tag == A + "t":  # a:r needs its a:t
        el.text = ""
        return
    drop(el)
    if run.tag == R_ and all(c.tag == RPR for c in run):
        drop(run)


def drop(el: Element) -> None:
    """Remove an element; what stood behind it as text stays."""
    parent = el.getparent()
    if parent is None:
        return
    if el.tail:
        before = el.getprevious()
        if before is None:
            parent.text = (parent.text or "") + el.tail
        else:
            before.tail = (before.tail or "") + el.tail
    el.tail = None
    parent.remove(el)


def insert_before(el: Element, text: str) -> None:
    before = el.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent = el.getparent()
        parent.text = (parent.text or "") + text  # type: ignore[union-attr]


def insert_after(el: Element, text: str) -> None:
    el.tail = text + (el.tail or "")


def within(el: Element, tag: str) -> Iterator[Element]:
    """Children of that tag, also through content controls and tracked insertions."""
    for child in el:
        if child.tag == tag:
            yield child
        elif child.tag in TRANSPARENT:
            yield from within(child, tag)


def siblings(el: Element) -> list[Element]:
    """The element's fellows in its story, also through content controls."""
    parent = el.getparent()
    while parent is not None and parent.tag in TRANSPARENT and parent.tag != W + "body":
        parent = parent.getparent()
    return list(within(parent, el.tag)) if parent is not None else [el]


def last_block(container: Element) -> Element | None:
    """The last child that is more than the mark of a range, such as the end of a bookmark."""
    for el in reversed(container):
        if OPEN in (el.tail or "") or (isinstance(el.tag, str) and el.tag not in RANGE_MARKS and el.tag != SECTPR):
            return el
    return None


def is_a(el: Element | None, tag: str) -> bool:
    return el is not None and el.tag == tag


def prefixed(el: Element) -> str:
    name = etree.QName(el).localname
    return f"{el.prefix}:{name}" if el.prefix else name


def cell_property(cell: Element, name: str) -> Element:
    """The cell property of that name, made at its place in the schema's order if there is none."""
    properties = cell.find(TCPR)
    if properties is None:
        properties = etree.Element(TCPR)
        text, cell.text = cell.text, None
        cell.insert(0, properties)
        properties.tail = text
    found = properties.find(W + name)
    if found is None:
        found = etree.Element(W + name)
        rank = TCPR_ORDER.index(W + name)
        at = sum(1 for el in properties if el.tag in TCPR_ORDER and TCPR_ORDER.index(el.tag) < rank)
        properties.insert(at, found)
    return found
