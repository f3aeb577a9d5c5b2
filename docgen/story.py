"""One XML part of a template → constant text and marks, in document order.

Happens once, at compile time, on a tree: tags are cut out of the runs Word scattered them over and replaced by
marks; paragraphs, rows, cells and runs named by a prefix give way to their marks; cell tags become cell
properties; block tags are checked to open and close at the same level of the XML, so that leaving out or
repeating what stands between them always gives well-formed XML. What a condition could make unsound (a cell
without paragraph, a table without rows, two tables touching, repeated ids) gets a guard for :mod:`docgen.sound`
or a fresh id.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from docgen.errors import Problem, TemplateError
from docgen.tags import Kind, Tag, scan
from i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docgen.tags import Fault

Element = etree._Element  # noqa: SLF001 - lxml offers no public name for its class

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
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
_TRANSPARENT = frozenset(W + n for n in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "body", "hdr", "ftr"))
_RANGE_MARKS = frozenset(
    W + n
    for n in (
        "bookmarkStart",
        "bookmarkEnd",
        "commentRangeStart",
        "commentRangeEnd",
        "permStart",
        "permEnd",
        "moveFromRangeStart",
        "moveFromRangeEnd",
        "moveToRangeStart",
        "moveToRangeEnd",
    )
)
_NOTHING_LOST = frozenset((PPR, RPR, TCPR, W + "trPr", W + "tblPrEx", W + "proofErr", W + "lastRenderedPageBreak"))
"""What a paragraph or row given up for its tag may hold without losing anything a person sees."""
_TCPR_ORDER = [
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

# Unicode noncharacters: never part of a text, allowed by the parser, so they can stand for marks inside the tree.
OPEN, CLOSE, SPLIT, GUARD = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_SPLIT = re.compile(f"{SPLIT}(\\d+){SPLIT}")
_QUOTED_TAG = re.compile(r"(?:\{|%7B){2}.*?(?:\}|%7D){2}|(?:\{|%7B)%(?:25)?.*?%(?:25)?(?:\}|%7D)", re.IGNORECASE)
"""A tag in a link target, where Word writes braces and blanks with percent signs; the rest of a target stays so."""
_STRUCTURE = re.compile(f"[{OPEN}{CLOSE}{SPLIT}{GUARD}]")

_ENDS = {"endif": "if", "endfor": "for", "endmacro": "macro", "endcall": "call", "endfilter": "filter"} | {
    "endset": "set",
    "endwith": "with",
    "endblock": "block",
    "endautoescape": "autoescape",
}
_MIDDLES = {"elif": ("if",), "else": ("if", "for")}
_REPEATING = ("for", "macro", "call")


# --- values ---------------------------------------------------------------------------------------------------


class SiteKind(Enum):
    """Where a value is written, which decides how it is escaped and what a line break becomes."""

    TEXT = "text"  # inside w:t
    RUNS = "runs"  # {{r x}}: between runs
    PARAGRAPHS = "paragraphs"  # {{p x}}: between paragraphs
    RAW = "raw"  # {{tr x}}, {{tc x}}: rows or cells a macro made
    ATTRIBUTE = "attribute"
    DRAWING = "drawing"  # inside a:t
    PLAIN = "plain"  # element text without runs: properties, chart caches, field codes


@dataclass(frozen=True, slots=True)
class Site:
    """The surroundings of a value: run and paragraph properties, and the wrappers between paragraph and run."""

    kind: SiteKind
    rpr: str = ""
    ppr: str = ""
    open: str = ""
    close: str = ""
    breakable: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tag stands, as a person would say it."""

    part: str
    number: int = 0
    path: tuple[tuple[int, int, int], ...] = ()
    paragraph: int = 0

    def text(self, file: str) -> str:
        """``月报.docx 正文 表2 行2 列2`` in the language in force."""
        words = [file, part_name(self.part, self.number)]
        for table, row, column in self.path:
            words.append(_("table {table} row {row} column {column}").format(table=table, row=row, column=column))
        if self.paragraph and not self.path:
            words.append(_("paragraph {n}").format(n=self.paragraph))
        elif self.paragraph > 1:
            words.append(_("line {n}").format(n=self.paragraph))
        return " ".join(w for w in words if w)


def part_name(part: str, number: int = 0) -> str:
    """The part in the user's words."""
    names = {
        "body": _("body"),
        "header": _("header"),
        "footer": _("footer"),
        "footnotes": _("footnotes"),
        "endnotes": _("endnotes"),
        "comments": _("comments"),
        "chart": _("chart"),
        "diagram": _("diagram"),
        "properties": _("document properties"),
        "links": _("link targets"),
        "box": _("text box"),
    }
    return names.get(part, part) + (str(number) if number else "")


@dataclass(slots=True)
class Mark:
    """One tag in place: an expression whose value is written at a site, or a statement."""

    number: int
    statement: bool
    source: str
    text: str
    place: Place
    site: Site = field(default_factory=lambda: Site(SiteKind.TEXT))
    needs_loop: bool = False
    internal: bool = False

    @property
    def keyword(self) -> str:
        match = re.match(r"\w+", self.source)
        return match[0] if match else ""


@dataclass(slots=True)
class Story:
    """A compiled-to-be part: pieces are constant text or the number of a mark."""

    name: str
    pieces: list[str | int]
    marks: dict[int, Mark]
    guarded: bool
    edited: bool
    problems: list[Problem]
    warnings: list[Problem]


@dataclass(slots=True)
class Numbers:
    """Highest ids and the bookmarks in use in the whole package, so that fresh ones never collide."""

    drawing: int = 0
    bookmark: int = 0
    bookmarks: set[str] = field(default_factory=set)
    seen: set[tuple[str, str, str]] = field(default_factory=set)


# --- reading --------------------------------------------------------------------------------------------------


def parse(xml: bytes, name: str, file: str) -> Element:
    """Parse a part; entities are not expanded and a DOCTYPE is refused (no OOXML part may have one)."""
    if _DOCTYPE in xml:  # before anything is expanded; other encodings are caught below
        raise _has_doctype(name, file)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as exc:
        raise TemplateError(
            [
                Problem(
                    f"{file} {name}",
                    _("the part is not well-formed XML: {detail}").format(detail=exc.msg),
                    _("Open the document in Word and save it again."),
                    "part.malformed",
                )
            ]
        ) from exc
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise _has_doctype(name, file)
    return root


_DOCTYPE = b"<!DOCTYPE"


def _has_doctype(name: str, file: str) -> TemplateError:
    return TemplateError(
        [
            Problem(
                f"{file} {name}",
                _("the part has a document type declaration, which no Word document has"),
                _("Use a document saved by Word, WPS or LibreOffice."),
                "part.doctype",
            )
        ]
    )


def serialise(root: Element) -> str:
    """The part as text, with the declaration Office writes."""
    body = etree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{body}'


def read_story(  # noqa: PLR0913, PLR0917 - what a part is, and what it shares with the others
    root: Element,
    name: str,
    place: Place,
    file: str,
    numbers: Numbers,
    links: dict[str, str] | None = None,
    holes: Callable[[Holes], None] | None = None,
) -> Story:
    """Compile-time surgery on one part. ``links``: relationship id → target with tags, of this part's hyperlinks.

    ``holes`` may punch holes of its own into the tree, filled by expressions when the part is rendered.
    """
    return _Reader(root, name, place, file, numbers, links or {}).read(holes)


class Holes:
    """Lets a caller replace texts and attributes of a part by expressions, or leave elements out."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def _hole(self, source: str, kind: SiteKind, *, statement: bool = False) -> str:
        mark = self._reader._mark(None, source, self._reader.place, statement=statement)  # noqa: SLF001 - one module
        mark.site = Site(kind)
        return f"{OPEN}{mark.number}{CLOSE}"

    def text(self, el: Element, source: str) -> None:
        """The element's text becomes the expression's value."""
        el.text = self._hole(source, SiteKind.PLAIN)

    def attribute(self, el: Element, key: str, source: str) -> None:
        """The attribute becomes the expression's value."""
        el.set(key, self._hole(source, SiteKind.ATTRIBUTE))

    def replace(self, el: Element, source: str) -> None:
        """The element becomes the XML the expression gives."""
        _insert_before(el, self._hole(source, SiteKind.RAW))
        _drop(el)

    def only_if(self, el: Element, condition: str) -> None:
        """The element stays only where the condition holds."""
        _insert_before(el, self._hole(f"if {condition}", SiteKind.RAW, statement=True))
        _insert_after(el, self._hole("endif", SiteKind.RAW, statement=True))


def places(root: Element, place: Place) -> Iterator[tuple[Element, Place]]:
    """Every paragraph of a part with its place."""
    return _Reader(root, "", place, "", Numbers(), {})._paragraphs()  # noqa: SLF001 - the same module


class _Reader:
    def __init__(  # noqa: PLR0913, PLR0917
        self, root: Element, name: str, place: Place, file: str, numbers: Numbers, links: dict[str, str]
    ) -> None:
        self.root, self.name, self.place, self.file = root, name, place, file
        self.numbers, self.links = numbers, links
        self.marks: dict[int, Mark] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.lifted: dict[Element, list[Mark]] = {}
        self.lift_level: dict[Element, str] = {}
        self.cells: list[tuple[Element, Tag, Place]] = []
        self.split_runs: list[Element] = []
        self.marked_texts: list[Element] = []
        self.joins: list[tuple[Element, bool]] = []
        self.widened: set[Element] = set()  # cells whose width a tag asks for
        self.recut: set[Element] = set()  # tables that lost a cell to a tag or comment
        self.raw_open = False
        self.guarded = False
        self.has_codes = next(root.iter(W + "instrText"), None) is not None
        self.has_deletions = next(root.iter(W + "delText"), None) is not None
        self.edited = False  # comments and escapes leave no mark, yet the part is no longer what the file holds

    # -- the steps, in order

    def read(self, holes: Callable[[Holes], None] | None = None) -> Story:
        """The steps, in order."""
        if _STRUCTURE.search("".join(map(str, self.root.itertext()))):
            self.report(self.place, _("the text holds Unicode noncharacters"), _("Delete them."), "text.noncharacter")
            return self._story([])
        self._tell_apart()
        if holes is not None:
            holes(Holes(self))
        for paragraph, place in self._paragraphs():
            self._read_paragraph(paragraph, place)
        self._read_leaves()
        self._read_attributes()
        if self.raw_open:
            self.report(self.place, _("{% raw %} has no {% endraw %}"), _("Add {% endraw %}."), "tag.raw")
        if not self.marks and not self.lifted and not self.cells and not self.joins:
            return self._story([serialise(self.root)])
        self._split_runs()
        self._join_paragraphs()
        self._apply_cell_tags()
        self._lift()
        self._assign_text_sites()
        self._check_structure()
        return self._story(self._pieces())

    def _story(self, pieces: list[str | int]) -> Story:
        return Story(self.name, pieces, self.marks, self.guarded, self.edited, self.problems, self.warnings)

    def _pieces(self) -> list[str | int]:
        text = serialise(self.root).replace(GUARD, "\x01")
        parts = _MARK.split(text)
        return [int(p) if i % 2 else p for i, p in enumerate(parts) if p]

    def report(self, place: Place, message: str, hint: str, code: str) -> None:
        """Note a fault of the template and go on."""
        self.problems.append(Problem(place.text(self.file), message, hint, code))

    def _fault(self, place: Place, fault: Fault) -> None:
        self.report(place, fault.message, fault.hint, fault.code)

    def _mark(self, tag: Tag | None, source: str, place: Place, *, statement: bool, text: str = "") -> Mark:
        mark = Mark(len(self.marks) + 1, statement, source, tag.text if tag else text, place)
        mark.internal = tag is None
        self.marks[mark.number] = mark
        return mark

    def _tell_apart(self) -> None:
        """Ids and bookmark names that copying in Word has doubled become single."""
        moved: dict[str, str] = {}
        for el in self.root.iter(WP + "docPr", W + "bookmarkStart", W + "bookmarkEnd"):
            if el.tag == WP + "docPr":
                self._tell_one(el, "id", self.name)
            elif el.tag == W + "bookmarkStart":
                before = str(el.get(W + "id"))
                moved[before] = self._tell_one(el, W + "id", self.name)
                self.numbers.bookmarks.add(self._tell_one(el, W + "name", ""))
            elif (number := moved.get(str(el.get(W + "id")))) is not None:
                el.set(W + "id", number)

    def _tell_one(self, el: Element, key: str, scope: str) -> str:
        numbers, name = self.numbers, str(el.get(key))
        value = name
        while (scope, key, value.casefold()) in numbers.seen:
            self.edited = True
            if key == "id":
                numbers.drawing += 1
                value = str(numbers.drawing)
            else:
                numbers.bookmark += 1
                value = str(numbers.bookmark) if key == W + "id" else f"{name[:30]}_{numbers.bookmark}"
        numbers.seen.add((scope, key, value.casefold()))
        if value != name:
            el.set(key, value)
        return value

    # -- where paragraphs are

    def _paragraphs(self) -> Iterator[tuple[Element, Place]]:
        if self.root.tag.startswith(W):
            yield from self._visit(self.root, (), self.place.part)
        else:
            for n, p in enumerate(self.root.iter(A + "p"), 1):
                yield p, Place(self.place.part, self.place.number, (), n)

    def _visit(self, el: Element, path: tuple[tuple[int, int, int], ...], part: str) -> Iterator[tuple[Element, Place]]:
        count: Counter[str] = Counter()
        yield from self._visit_children(el, path, part, count)

    def _visit_children(
        self, el: Element, path: tuple[tuple[int, int, int], ...], part: str, count: Counter[str]
    ) -> Iterator[tuple[Element, Place]]:
        for child in el:
            if child.tag == P:
                count["p"] += 1
                yield child, Place(part, self.place.number if part != "box" else 0, path, count["p"])
                for box in self._boxes(child):
                    yield from self._visit(box, path, "box")
            elif child.tag == TBL:
                count["t"] += 1
                for r, row in enumerate(_within(child, TR), 1):
                    for c, cell in enumerate(_within(row, TC), 1):
                        yield from self._visit(cell, (*path, (count["t"], r, c)), part)
            elif child.tag in _TRANSPARENT:
                yield from self._visit_children(child, path, part, count)
            elif isinstance(child.tag, str):
                yield from self._visit(child, path, part)

    @staticmethod
    def _boxes(paragraph: Element) -> Iterator[Element]:
        for box in paragraph.iter(BOX):
            if next(box.iterancestors(P)) is paragraph:
                yield box

    @staticmethod
    def _own(paragraph: Element, tag: str) -> Iterator[Element]:
        """Elements of that tag in the paragraph, those in its text boxes left out."""
        return (el for el in paragraph.iter(tag) if next(el.iterancestors(P)) is paragraph)

    # -- tags of one paragraph

    def _read_paragraph(self, paragraph: Element, place: Place) -> None:
        segments = list(_segments(paragraph))
        text = "".join(s for _el, s in segments)
        if self.has_deletions:
            self._warn_of_deleted(paragraph, place)
        if self.raw_open or any(sign in text for sign in "{}｛｝"):
            self._read_segments(segments, text, place, paragraph)
        if self.has_codes:
            self._read_field_codes(paragraph, place)

    def _read_field_codes(self, paragraph: Element, place: Place) -> None:
        codes = [(el, el.text or "") for el in self._own(paragraph, W + "instrText")]
        text = "".join(s for _el, s in codes)
        if "{{" in text or "{%" in text:
            self._read_segments(codes, text, place, paragraph)

    def _warn_of_deleted(self, paragraph: Element, place: Place) -> None:
        deleted = "".join(el.text or "" for el in self._own(paragraph, W + "delText"))
        for tag in scan(deleted).tags:
            self.warnings.append(
                Problem(
                    place.text(self.file),
                    _("the tag {tag} stands in a tracked deletion and is not rendered").format(tag=tag.text),
                    _("Accept or reject the change in Word."),
                    "tag.deleted",
                )
            )

    def _read_segments(self, segments: list[tuple[Element, str]], text: str, place: Place, paragraph: Element) -> None:
        found = scan(text, self.raw_open)
        self.raw_open = found.raw_open
        for fault in found.faults:
            self._fault(place, fault)
        edits: list[tuple[int, int, str]] = [(e.at, e.at + 1, "") for e in found.escapes]
        for tag in found.tags:
            edits += ((start, end, "") for start, end in self._trims(tag, text, paragraph) if start < end)
            edits.append((tag.start, tag.end, self._substitute(tag, place, paragraph)))
        if edits:
            self._edit(segments, sorted(edits))

    def _trims(self, tag: Tag, text: str, paragraph: Element) -> Iterator[tuple[int, int]]:
        """What ``{%-`` and ``-%}`` eat: the blanks beside them, or alone in a line the break that ends it."""
        if tag.trim_left:
            before = text[: tag.start].rstrip(" \t")
            yield len(before) - before.endswith("\n"), tag.start
            if not before and _is(paragraph.getprevious(), P):
                self.joins.append((paragraph, False))
        if tag.trim_right:
            after = text[tag.end :].lstrip(" \t")
            yield tag.end, len(text) - len(after) + after.startswith("\n")
            if not after and _is(paragraph.getnext(), P):
                self.joins.append((paragraph, True))

    def _substitute(self, tag: Tag, place: Place, paragraph: Element) -> str:
        """What stands in the run instead of the tag; lifted and cell tags leave nothing there."""
        if tag.kind is Kind.CELL:
            self._cell_tag(tag, place, paragraph)
            return ""
        if tag.prefix in ("p", "tr", "tc"):
            self._lift_tag(tag, place, paragraph)
            return ""
        if tag.kind in (Kind.COMMENT, Kind.RAW):
            return ""
        mark = self._mark(tag, tag.body, place, statement=tag.kind is Kind.STATEMENT)
        if tag.prefix == "r":
            mark.site = Site(SiteKind.RUNS)
            return f"{SPLIT}{mark.number}{SPLIT}"
        return f"{OPEN}{mark.number}{CLOSE}"

    def _lift_tag(self, tag: Tag, place: Place, paragraph: Element) -> None:
        container = paragraph if tag.prefix == "p" else next(paragraph.iterancestors(W + tag.prefix), None)
        if container is None or not self.root.tag.startswith(W):
            self.report(
                place,
                _("{tag} stands outside a table").format(tag=tag.text),
                _("Tags with tr and tc belong into a table cell; use {%p … %} for paragraphs."),
                "tag.outside-table",
            )
            return
        marks = self.lifted.setdefault(container, [])
        self.lift_level[container] = tag.prefix
        if tag.kind in (Kind.EXPRESSION, Kind.STATEMENT):
            mark = self._mark(tag, tag.body, place, statement=tag.kind is Kind.STATEMENT)
            level = SiteKind.PARAGRAPHS if tag.prefix == "p" else SiteKind.RAW
            mark.site = Site(level, ppr=self._properties(container, PPR) if tag.prefix == "p" else "")
            marks.append(mark)

    def _cell_tag(self, tag: Tag, place: Place, paragraph: Element) -> None:
        cell = next(paragraph.iterancestors(TC), None)
        if cell is None:
            self.report(
                place,
                _("{tag} stands outside a table").format(tag=tag.text),
                _("vm, hm, colspan and cellbg belong into a table cell."),
                "tag.outside-table",
            )
        else:
            self.cells.append((cell, tag, place))

    def _edit(self, segments: list[tuple[Element, str]], edits: list[tuple[int, int, str]]) -> None:
        """Apply (start, end, replacement) to the texts; a replacement goes where its range starts."""
        self.edited = True
        offset, first = 0, 0
        for el, segment in segments:
            stop = offset + len(segment)
            while first < len(edits) and edits[first][1] <= offset:
                first += 1
            touching = []
            for edit in edits[first:]:
                if edit[0] >= stop:
                    break
                touching.append(edit)
            if touching:
                self._rewrite(el, _replaced(segment, offset, touching))
            offset = stop

    def _rewrite(self, el: Element, text: str) -> None:
        if not text:
            _remove_text(el)
            return
        el.text = text
        if el.tag.startswith(W):
            el.set(XML_SPACE, "preserve")
        if SPLIT in text and el.tag == T:
            self.split_runs.append(el)
        elif SPLIT in text:
            el.text = text.replace(SPLIT, OPEN, 1).replace(SPLIT, CLOSE, 1)
        self.marked_texts.append(el)

    # -- texts without runs, attributes

    def _read_leaves(self) -> None:
        if self.root.tag.startswith(W):
            return
        for el in self.root.iter(etree.Element):
            if len(el) == 0 and el.tag != A + "t" and el.text and "{" in el.text:
                marked = self._marked(el.text, self.place, SiteKind.PLAIN)
                if marked is not None:
                    el.text, self.edited = marked, True

    def _marked(self, text: str, place: Place, kind: SiteKind) -> str | None:
        """``text`` with marks for its tags, or None when it has none."""
        found = scan(text)
        for fault in found.faults:
            self._fault(place, fault)
        if not found.tags and not found.escapes:
            return None
        edits = [(e.at, e.at + 1, "") for e in found.escapes]
        for tag in found.tags:
            if tag.kind in (Kind.EXPRESSION, Kind.STATEMENT):
                mark = self._mark(tag, tag.body, place, statement=tag.kind is Kind.STATEMENT)
                mark.site = Site(kind)
                edits.append((tag.start, tag.end, f"{OPEN}{mark.number}{CLOSE}"))
            else:
                edits.append((tag.start, tag.end, ""))
        return _replaced(text, 0, sorted(edits))

    def _read_attributes(self) -> None:
        for el in self.root.iter(etree.Element):
            if el.tag == W + "hyperlink" and el.get(R + "id") in self.links:
                self._link(el)
            for key, value in el.attrib.items():
                if "{" in value and ("{{" in value or "{%" in value) and not self._placeholder(el, str(key)):
                    place = self._place_of(el)
                    marked = self._marked(str(value), place, SiteKind.ATTRIBUTE)
                    if marked is not None:
                        el.set(key, marked)

    def _place_of(self, el: Element) -> Place:
        path: list[tuple[int, int, int]] = []
        cell: Element | None = next(el.iterancestors(TC), None)
        while cell is not None:
            row = next(cell.iterancestors(TR))
            table = next(row.iterancestors(TBL))
            rows, cells = list(_within(table, TR)), list(_within(row, TC))
            tables = [t for t in _siblings(table) if t.tag == TBL]
            path.insert(0, (tables.index(table) + 1, rows.index(row) + 1, cells.index(cell) + 1))
            cell = next(table.iterancestors(TC), None)
        return Place(self.place.part, self.place.number, tuple(path))

    def _link(self, el: Element) -> None:
        """A hyperlink whose target has tags: the relationship is made at render time, where the link stands."""
        target = _QUOTED_TAG.sub(lambda m: unquote(m[0]), self.links[str(el.get(R + "id"))])
        found = scan(target)
        place = self._place_of(el)
        for fault in found.faults:
            self._fault(place, fault)
        arguments, at = [], 0
        for tag in found.tags:
            if tag.kind is not Kind.EXPRESSION:
                self.report(
                    place,
                    _("{tag} cannot stand in a link target").format(tag=tag.text),
                    _("Only values {{ … }} can; put the condition around the link."),
                    "tag.link",
                )
                continue
            arguments += [literal(target[at : tag.start]), f"({tag.body})"]
            at = tag.end
        arguments.append(literal(target[at:]))
        mark = self._mark(None, f"_gd_link({', '.join(arguments)})", place, statement=False, text=target)
        mark.site = Site(SiteKind.ATTRIBUTE)
        el.set(R + "id", f"{OPEN}{mark.number}{CLOSE}")

    def _placeholder(self, el: Element, key: str) -> bool:
        """A picture whose alt text is one value tag is swapped for the picture that value gives."""
        if el.tag != WP + "docPr" or key not in ("descr", "title"):
            return False
        blip = next(el.getparent().iter(A + "blip"), None)  # type: ignore[union-attr]
        found = scan(str(el.get(key))).tags
        if blip is None or len(found) != 1 or found[0].kind is not Kind.EXPRESSION or found[0].text != el.get(key):
            return False
        place, body = self._place_of(el), found[0].body
        swap = self._mark(None, f"_gd_swap(({body}), {literal(str(blip.get(R + 'embed')))})", place, statement=False)
        alt = self._mark(None, f"_gd_alt(({body}))", place, statement=False)
        swap.text = alt.text = found[0].text
        swap.site = alt.site = Site(SiteKind.ATTRIBUTE)
        blip.set(R + "embed", f"{OPEN}{swap.number}{CLOSE}")
        for name in ("descr", "title"):
            if name in el.attrib and (name == key or el.get(name) == found[0].text):
                el.set(name, f"{OPEN}{alt.number}{CLOSE}" if name == key else "")
        for inner in el.getparent().iter("{http://schemas.openxmlformats.org/drawingml/2006/picture}cNvPr"):  # type: ignore[union-attr]
            for name in ("descr", "title"):
                if inner.get(name) == found[0].text:
                    inner.set(name, "")
        return True

    # -- surgery

    def _split_runs(self) -> None:
        for text in self.split_runs:
            run = text.getparent()
            if run is None or run.tag != R_:
                text.text = _SPLIT.sub(f"{OPEN}\\1{CLOSE}", text.text or "")
                continue
            rest = text
            while match := _SPLIT.search(rest.text or ""):
                rest, run = self._split_run(run, rest, match)

    def _split_run(self, run: Element, text: Element, match: re.Match[str]) -> tuple[Element, Element]:
        """``before {{r x}} after`` → run(before), mark, run(after), all with the run's properties."""
        mark = self.marks[int(match[1])]
        behind = copy.deepcopy(run)
        index = run.index(text)
        for el in list(run)[index + 1 :]:
            run.remove(el)
        for el in list(behind)[:index]:
            if el.tag != RPR:
                behind.remove(el)
        after = next(el for el in behind if el.tag == T)
        after.text = (text.text or "")[match.end() :]
        text.text = (text.text or "")[: match.start()]
        mark.site = replace(self._site(text), kind=SiteKind.RUNS)
        tail, run.tail, behind.tail = run.tail, None, None
        run.addnext(behind)
        run.tail, behind.tail = f"{OPEN}{mark.number}{CLOSE}", tail
        self.marked_texts.append(after)
        if not text.text:
            _remove_text(text)
        if not after.text:
            _remove_text(after)
        return after, behind

    def _join_paragraphs(self) -> None:
        boundaries = {}
        for paragraph, with_next in self.joins:
            second = paragraph.getnext() if with_next else paragraph
            first = second.getprevious() if second is not None else None
            if first is None or second is None:
                continue
            if _is(first, P) and _is(second, P) and first not in self.lifted and second not in self.lifted:
                boundaries[second] = first
        for second, first in reversed(list(boundaries.items())):
            for child in list(second):
                if child.tag != PPR:
                    first.append(child)
            _drop(second)

    def _apply_cell_tags(self) -> None:
        for cell, tag, place in self.cells:
            word, _blank, argument = tag.body.partition(" ")
            apply: Callable[[Element, str, Place, Tag], None] = {
                "colspan": self._colspan,
                "cellbg": self._cellbg,
                "colwidth": self._colwidth,
                "vm": self._merge_down,
                "hm": self._merge_across,
            }[word]
            apply(cell, argument.strip(), place, tag)

    def _colspan(self, cell: Element, argument: str, place: Place, tag: Tag) -> None:
        mark = self._attribute_mark(f"_gd_span(({argument}))", place, tag)
        _cell_property(cell, "gridSpan").set(W + "val", mark)

    def _cellbg(self, cell: Element, argument: str, place: Place, tag: Tag) -> None:
        shade = _cell_property(cell, "shd")
        shade.attrib.clear()
        shade.set(W + "val", "clear")
        shade.set(W + "color", "auto")
        shade.set(W + "fill", self._attribute_mark(f"_gd_colour(({argument}))", place, tag))

    def _colwidth(self, cell: Element, argument: str, place: Place, tag: Tag) -> None:
        self.widened.add(cell)
        width = _cell_property(cell, "tcW")
        width.set(W + "w", self._attribute_mark(f"_gd_width(({argument}))", place, tag))
        width.set(W + "type", "dxa")

    def _merge_down(self, cell: Element, argument: str, place: Place, tag: Tag) -> None:
        """``vm``: the copies of this cell become one; ``vm x``: neighbours with equal x do."""
        number = len(self.marks)
        first = f"_gd_vm{number}"
        changed = f"_gd_changed(loop, {number}, ({argument or 'none'}))"
        setter = self._mark(tag, f"set {first} = {changed}", place, statement=True)
        setter.needs_loop = True
        _insert_before(cell, f"{OPEN}{setter.number}{CLOSE}")
        merge = self._attribute_mark(f"'restart' if {first} else 'continue'", place, tag)
        _cell_property(cell, "vMerge").set(W + "val", merge)
        self._only_if(first, cell, place, tag)

    def _only_if(self, condition: str, cell: Element, place: Place, tag: Tag) -> None:
        """What the cell holds, or an empty paragraph like its first."""
        opening, middle, closing = (
            f"{OPEN}{self._mark(tag, source, place, statement=True).number}{CLOSE}"
            for source in (f"if {condition}", "else", "endif")
        )
        _insert_after(cell[0], opening)  # behind its properties, where vMerge has just been set
        cell[-1].tail = (cell[-1].tail or "") + middle
        empty = etree.SubElement(cell, P)
        properties = next((el for p in _within(cell, P) if (el := p.find(PPR)) is not None), None)
        if properties is not None:
            empty.append(copy.deepcopy(properties))
            empty[0].tail = None
        empty.tail = closing

    def _merge_across(self, cell: Element, _argument: str, place: Place, tag: Tag) -> None:
        """``hm``: the copies of this cell along a row become one that spans them."""
        span = _cell_property(cell, "gridSpan")
        own = span.get(W + "val") or "1"
        span.set(W + "val", self._attribute_mark(f"{own} * loop.length", place, tag))
        opening = self._mark(tag, "if loop.first", place, statement=True)
        closing = self._mark(tag, "endif", place, statement=True)
        opening.needs_loop = True
        _insert_before(cell, f"{OPEN}{opening.number}{CLOSE}")
        _insert_after(cell, f"{OPEN}{closing.number}{CLOSE}")

    def _attribute_mark(self, source: str, place: Place, tag: Tag) -> str:
        mark = self._mark(tag, source, place, statement=False)
        mark.site = Site(SiteKind.ATTRIBUTE)
        return f"{OPEN}{mark.number}{CLOSE}"

    def _lift(self) -> None:
        """Paragraphs, rows and cells named by a prefix give way to their marks, if nothing else stands in them."""
        for container, marks in self.lifted.items():
            if marks and self._holds_more(container):  # a comment takes its paragraph, row or cell away, as it says
                self.report(
                    marks[0].place,
                    _("beside {tag} stands something else, which would be lost").format(tag=marks[0].text),
                    _own_place(self.lift_level[container]),
                    "tag.beside",
                )
                _insert_before(container, "".join(f"{OPEN}{m.number}{CLOSE}" for m in marks))  # its end is no fault
                continue
            if container.tag == TC:
                self.recut.update(islice(container.iterancestors(TBL), 1))
            opens = any(m.statement and m.keyword not in _ENDS for m in marks)
            kept = self._kept(container)
            text = "".join(f"{OPEN}{m.number}{CLOSE}" for m in marks)
            _insert_before(container, "" if opens else text)
            for el in kept:
                container.addprevious(el)
            if opens:
                _insert_before(container, text)
            _drop(container)

    def _kept(self, container: Element) -> list[Element]:
        """Bookmarks and section breaks of what is lifted away; they belong to the document, not to the tag."""
        kept = list(container.iter(*_RANGE_MARKS))
        for el in kept:
            _drop(el)
        section = container.find(f"{PPR}/{SECTPR}")
        if section is not None:
            paragraph = etree.Element(P)
            etree.SubElement(paragraph, PPR).append(section)
            kept.append(paragraph)
        return kept

    def _holds_more(self, container: Element) -> bool:
        for el in container.iter(etree.Element):
            if el is not container and el in self.lifted:
                return True
            if el.tag in (T, W + "instrText") and (el.text or "").strip():
                return True
            if el.tag in (W + "drawing", W + "pict", W + "object", W + "tbl", W + "fldSimple", W + "sdt", W + "sym"):
                return True
            if _MARK.search((el.text or "") + (el.tail or "" if el is not container else "")):
                return True
        return False

    # -- sites

    def _assign_text_sites(self) -> None:
        for text in self.marked_texts:
            numbers = [int(n) for n in _MARK.findall(text.text or "")]
            if numbers:
                site = self._site(text)
                for n in numbers:
                    self.marks[n].site = site

    def _site(self, text: Element) -> Site:
        if text.tag == W + "instrText":
            return Site(SiteKind.PLAIN)
        run = text.getparent()
        if run is None or run.tag not in (R_, A + "r"):
            return Site(SiteKind.PLAIN)
        if text.tag == A + "t":
            return Site(SiteKind.DRAWING, rpr=self._properties(run, A + "rPr"))
        wrappers: list[Element] = []
        above = run.getparent()
        while above is not None and above.tag != P:
            wrappers.append(above)
            above = above.getparent()
        breakable = above is not None and all(w.tag in (W + "hyperlink", W + "ins", W + "smartTag") for w in wrappers)
        opening = [self._start_tag(w) for w in reversed(wrappers)] if breakable else []
        breakable = breakable and all(opening)
        section = above is not None and above.find(f"{PPR}/{SECTPR}") is not None
        return Site(
            SiteKind.TEXT,
            rpr=self._properties(run, RPR),
            ppr=self._properties(above, PPR) if above is not None else "",
            open="".join(opening) if breakable else "",
            close="".join(f"</{_prefixed(w)}>" for w in wrappers) if breakable else "",
            breakable=breakable and not section,
        )

    def _properties(self, owner: Element, tag: str) -> str:
        """The owner's properties as text to repeat; section breaks and tags are not repeated."""
        found = owner.find(tag)
        if found is None:
            return ""
        if found.find(SECTPR) is not None or found.find(W + "pPrChange") is not None:
            found = copy.deepcopy(found)
            for name in (SECTPR, W + "pPrChange"):
                for el in found.findall(name):
                    found.remove(el)
        text = self._without_namespaces(etree.tostring(found, encoding="unicode", with_tail=False))
        return "" if OPEN in text else text

    def _start_tag(self, el: Element) -> str:
        shallow = copy.copy(el)
        for child in list(shallow):
            shallow.remove(child)
        shallow.text = None
        text = self._without_namespaces(etree.tostring(shallow, encoding="unicode", with_tail=False))
        return "" if OPEN in text else text.removesuffix("/>").removesuffix(f"></{_prefixed(el)}>") + ">"

    def _without_namespaces(self, xml: str) -> str:
        known = self.root.nsmap

        def unless_new(match: re.Match[str]) -> str:
            return "" if known.get(match[1] or None) == match[2] else match[0]

        return re.sub(r'\sxmlns(?::([\w.-]+))?="([^"]*)"', unless_new, xml)

    # -- structure

    def _check_structure(self) -> None:
        if not (self.lifted or self.cells or any(m.statement for m in self.marks.values())):
            return
        blocks = _Blocks(self)
        blocks.walk()
        self._guard(blocks)
        self._close_bookmarks(blocks)
        self._fresh_ids(blocks)

    def _guard(self, blocks: _Blocks) -> None:
        for el in list(self.root.iter(TBL)):
            self._guard_table(el, blocks)
        for el in list(self.root.iter(*BLOCK_CONTAINERS)):
            self._guard_container(el, blocks)

    def _guard_container(self, el: Element, blocks: _Blocks) -> None:
        """A cell, header, note or text box must end with a paragraph, whatever is left out."""
        last = last_block(el)
        behind = (last.tail if last is not None else el.text) or ""
        ends = (P, TBL) if el.tag == W + "body" else (P,)
        if last is not None and last.tag in ends and blocks.sure(last, el) and not _MARK.search(behind):
            return
        if not blocks.varies(el) and last is not None and last.tag not in (TBL, TCPR):
            return
        self.guarded = True
        if last is not None:
            last.tail = behind + GUARD + "P"
        else:
            el.text = behind + GUARD + "P"

    def _guard_table(self, table: Element, blocks: _Blocks) -> None:
        rows = list(_within(table, TR))
        columns_vary = table in self.recut or any(self._columns_vary(row, blocks) for row in rows)
        hollow = [row for row in rows if not any(blocks.sure(c, row) for c in _within(row, TC))]
        may_vanish = not any(blocks.sure(r, table) for r in rows)
        if not (columns_vary or hollow or may_vanish or self._may_touch(table, blocks)):
            return
        self.guarded = True
        _insert_before(table, GUARD + ("G" if columns_vary else "T"))
        _insert_after(table, GUARD + "/")
        for row in rows:
            counted = columns_vary or row in hollow
            _insert_before(row, GUARD + ("Q" if counted else "R"))
            _insert_after(row, GUARD + "r")
            if counted:
                for cell in _within(row, TC):
                    _insert_before(cell, GUARD + ("D" if cell in self.widened else "C"))

    @staticmethod
    def _columns_vary(row: Element, blocks: _Blocks) -> bool:
        cells = list(_within(row, TC))
        if not all(blocks.sure(c, row) for c in cells):
            return True
        sizes = [el for c in cells for el in c.iterfind(TCPR + "/*") if el.tag in (W + "gridSpan", W + "tcW")]
        return any(OPEN in str(v) for el in sizes for v in el.attrib.values())

    @staticmethod
    def _may_touch(table: Element, blocks: _Blocks) -> bool:
        before = table.getprevious()
        if before is None:
            return bool(_MARK.search(table.getparent().text or ""))  # type: ignore[union-attr]
        if _MARK.search(before.tail or ""):
            return True
        return before.tag != P or not blocks.sure(before, table)

    def _close_bookmarks(self, blocks: _Blocks) -> None:
        """A bookmark that begins and ends in different branches would lose one of its ends: it shrinks to a point."""
        starts = {el.get(W + "id"): el for el in self.root.iter(W + "bookmarkStart")}
        for end in list(self.root.iter(W + "bookmarkEnd")):
            start = starts.get(end.get(W + "id"))
            if start is None or blocks.branches.get(start) is blocks.branches.get(end):
                continue
            _drop(end)
            start.addnext(end)
            blocks.repeated = [el for el in blocks.repeated if el is not end]
            blocks.repeated += [end] if start in blocks.repeated else []

    def _fresh_ids(self, blocks: _Blocks) -> None:
        """What is repeated gets new drawing ids, bookmark ids and names; optional paragraph ids are dropped."""
        for el in blocks.repeated:
            place = self.place
            if el.tag == WP + "docPr":
                el.set("id", self._internal("_gd_id()", place))
            elif el.tag == W + "bookmarkStart":
                key, name = literal(str(el.get(W + "id"))), literal(str(el.get(W + "name")))
                el.set(W + "id", self._internal(f"_gd_bookmark({key})", place))
                el.set(W + "name", self._internal(f"_gd_bookmark_name({key}, {name})", place))
            elif el.tag == W + "bookmarkEnd":
                el.set(W + "id", self._internal(f"_gd_bookmark_end({literal(str(el.get(W + 'id')))})", place))
            for key in (W14 + "paraId", W14 + "textId"):
                if key in el.attrib:
                    del el.attrib[key]

    def _internal(self, source: str, place: Place) -> str:
        mark = self._mark(None, source, place, statement=False)
        mark.site = Site(SiteKind.ATTRIBUTE)
        return f"{OPEN}{mark.number}{CLOSE}"


class _Blocks:
    """Walks the part once in document order: do block tags nest, and at the same level of the XML?"""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.stack: list[tuple[Mark, tuple[object, ...]]] = []
        self.depth: dict[Element, int] = {}
        self.repeated: list[Element] = []
        self.branches: dict[Element, tuple[Mark, tuple[object, ...]]] = {}
        self.path: list[object] = []
        self.containers_with_marks: set[Element] = set()

    def sure(self, el: Element, ancestor: Element) -> bool:
        """``el`` is there whenever ``ancestor`` is."""
        return self.depth.get(el, 0) == self.depth.get(ancestor, 0)

    def varies(self, container: Element) -> bool:
        """Something directly inside the container depends on a tag."""
        return container in self.containers_with_marks

    def walk(self) -> None:
        for event, el in etree.iterwalk(self.reader.root, events=("start", "end")):
            if event == "start":
                self._start(el)
            else:
                self.path.pop()
                self._text(el.tail)
        for mark, _path in self.stack:
            self.reader.report(
                mark.place,
                _("{tag} has no end").format(tag=mark.text),
                _("Add the matching {end}.").format(end=_ending(mark)),
                "block.open",
            )

    def _start(self, el: Element) -> None:
        self.path.append(el)
        if self.stack:
            self.depth[el] = len(self.stack)
            if el.tag in (W + "bookmarkStart", W + "bookmarkEnd"):
                self.branches[el] = self.stack[-1]
            if any(mark.keyword in _REPEATING for mark, _p in self.stack):
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
        for number in _MARK.findall(text):
            mark = self.reader.marks[int(number)]
            if mark.needs_loop and not any(m.keyword == "for" for m, _p in self.stack):
                self.reader.report(
                    mark.place,
                    _("{tag} stands outside a loop").format(tag=mark.text),
                    _("Put it into a row or cell repeated by {%tr for … %} or {%tc for … %}."),
                    "tag.outside-loop",
                )
            if mark.statement:
                self._statement(mark)

    def _statement(self, mark: Mark) -> None:
        word = mark.keyword
        if word in ("if", "for", "macro", "call", "filter", "with", "block", "autoescape") or (
            word == "set" and "=" not in mark.source
        ):
            self.stack.append((mark, tuple(self.path)))
        elif word in _MIDDLES:
            self._expect(mark, _MIDDLES[word], close=False)
        elif word in _ENDS:
            self._expect(mark, (_ENDS[word],), close=True)

    def _expect(self, mark: Mark, openers: tuple[str, ...], *, close: bool) -> None:
        report = self.reader.report
        if not self.stack or self.stack[-1][0].keyword not in openers:
            message = (
                _("{tag} has no beginning").format(tag=mark.text)
                if not self.stack
                else _("{tag} comes before {open} of {place} has ended").format(
                    tag=mark.text, open=self.stack[-1][0].text, place=self.stack[-1][0].place.text("").strip()
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
                    tag=mark.text, open=opening.text, place=opening.place.text("").strip()
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


def _ending(mark: Mark) -> str:
    prefix = re.match(r"\{%(tr|tc|p|r)\s", mark.text)
    return f"{{%{prefix[1] if prefix else ''} end{mark.keyword} %}}"


def _own_place(prefix: str) -> str:
    return {
        "p": _("Give the tag a paragraph of its own."),
        "tr": _("Give the tag a row of its own."),
        "tc": _("Give the tag a cell of its own."),
    }[prefix]


# --- tree -----------------------------------------------------------------------------------------------------


def _segments(paragraph: Element) -> Iterator[tuple[Element, str]]:
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


def _replaced(text: str, offset: int, edits: Iterable[tuple[int, int, str]]) -> str:
    out: list[str] = []
    at = offset
    stop = offset + len(text)
    for start, end, replacement in edits:
        if start >= offset:
            out += (text[at - offset : start - offset], replacement)
        at = max(at, min(end, stop))
    out.append(text[at - offset :])
    return "".join(out)


def _remove_text(el: Element) -> None:
    """Take an emptied text away, and its run if nothing else is in it."""
    run = el.getparent()
    if run is None:
        return
    if el.tag == A + "t":  # a:r needs its a:t
        el.text = ""
        return
    _drop(el)
    if run.tag == R_ and all(c.tag == RPR for c in run):
        _drop(run)


def _drop(el: Element) -> None:
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


def _insert_before(el: Element, text: str) -> None:
    before = el.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent = el.getparent()
        parent.text = (parent.text or "") + text  # type: ignore[union-attr]


def _insert_after(el: Element, text: str) -> None:
    el.tail = text + (el.tail or "")


def _within(el: Element, tag: str) -> Iterator[Element]:
    """Children of that tag, also through content controls and tracked insertions."""
    for child in el:
        if child.tag == tag:
            yield child
        elif child.tag in _TRANSPARENT:
            yield from _within(child, tag)


def _siblings(el: Element) -> list[Element]:
    """The element's fellows in its story, also through content controls."""
    parent = el.getparent()
    while parent is not None and parent.tag in _TRANSPARENT and parent.tag != W + "body":
        parent = parent.getparent()
    return list(_within(parent, el.tag)) if parent is not None else [el]


def last_block(container: Element) -> Element | None:
    """The last child that is more than the mark of a range, such as the end of a bookmark."""
    for el in reversed(container):
        if OPEN in (el.tail or "") or (isinstance(el.tag, str) and el.tag not in _RANGE_MARKS and el.tag != SECTPR):
            return el
    return None


def _is(el: Element | None, tag: str) -> bool:
    return el is not None and el.tag == tag


def _prefixed(el: Element) -> str:
    name = etree.QName(el).localname
    return f"{el.prefix}:{name}" if el.prefix else name


def _cell_property(cell: Element, name: str) -> Element:
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
        rank = _TCPR_ORDER.index(W + name)
        at = sum(1 for el in properties if el.tag in _TCPR_ORDER and _TCPR_ORDER.index(el.tag) < rank)
        properties.insert(at, found)
    return found


def literal(text: str) -> str:
    """``text`` as a Jinja string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
