"""One XML part of a template → constant text and marks, in document order.

Happens once, at compile time, on a tree: tags are cut out of the runs Word scattered them over and replaced by
marks; paragraphs, rows, cells and runs named by a prefix give way to their marks; cell tags become cell
properties. :mod:`docgen.word.structure` then sees to it that the part stays sound.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote

from lxml import etree

from docgen.errors import Problem
from docgen.template.marks import (
    CLOSE,
    GUARD,
    MARK,
    OPEN,
    SPLIT,
    Marks,
    Numbers,
    Site,
    SiteKind,
    TagMark,
    TagPlace,
    TemplatePart,
    literal,
)
from docgen.template.tags import Fault, Tag, TagKind, scan
from docgen.template.tree import (
    PPR,
    R_,
    RANGE_MARKS,
    RPR,
    SECTPR,
    TBL,
    TC,
    WP,
    XML_SPACE,
    A,
    Element,
    P,
    R,
    T,
    W,
    drop,
    insert_after,
    insert_before,
    is_a,
    remove_text,
    serialise,
    texts_of,
)
from docgen.word.cell_tags import CellTags
from docgen.word.places import own, place_of, places, properties, site_of
from docgen.word.structure import ENDS, Structure
from foundation.language import _

_SPLIT = re.compile(f"{SPLIT}(\\d+){SPLIT}")
_QUOTED_TAG = re.compile(r"(?:\{|%7B){2}.*?(?:\}|%7D){2}|(?:\{|%7B)%(?:25)?.*?%(?:25)?(?:\}|%7D)", re.IGNORECASE)
"""A tag in a link target, where Word writes braces and blanks with percent signs; the rest of a target stays so."""
_STRUCTURE = re.compile(f"[{OPEN}{CLOSE}{SPLIT}{GUARD}]")


def read_part(  # noqa: PLR0913, PLR0917 - what a part is, and what it shares with the others
    root: Element,
    name: str,
    place: TagPlace,
    file: str,
    numbers: Numbers,
    links: dict[str, str] | None = None,
    holes: Callable[[Holes], None] | None = None,
) -> TemplatePart:
    """Compile-time surgery on one part. ``links``: relationship id → target with tags, of this part's hyperlinks.

    ``holes`` may punch holes of its own into the tree, filled by expressions when the part is rendered.
    """
    return _PartReader(root, name, place, file, numbers, links or {}).read(holes)


class Holes:
    """Lets a caller replace texts and attributes of a part by expressions, or leave elements out."""

    def __init__(self, marks: Marks, place: TagPlace) -> None:
        self._marks, self._place = marks, place

    def _hole(self, source: str, kind: SiteKind, *, statement: bool = False) -> str:
        return self._marks.add(source, "", self._place, statement=statement, site=kind).sign

    def text(self, el: Element, source: str) -> None:
        """The element's text becomes the expression's value."""
        el.text = self._hole(source, SiteKind.PLAIN)

    def attribute(self, el: Element, key: str, source: str) -> None:
        """The attribute becomes the expression's value."""
        el.set(key, self._hole(source, SiteKind.ATTRIBUTE))

    def replace(self, el: Element, source: str) -> None:
        """The element becomes the XML the expression gives."""
        insert_before(el, self._hole(source, SiteKind.RAW))
        drop(el)

    def only_if(self, el: Element, condition: str) -> None:
        """The element stays only where the condition holds."""
        insert_before(el, self._hole(f"if {condition}", SiteKind.RAW, statement=True))
        insert_after(el, self._hole("endif", SiteKind.RAW, statement=True))


class _PartReader:
    def __init__(  # noqa: PLR0913, PLR0917
        self, root: Element, name: str, place: TagPlace, file: str, numbers: Numbers, links: dict[str, str]
    ) -> None:
        self.root, self.name, self.place, self.file = root, name, place, file
        self.numbers, self.links = numbers, links
        self.marks = Marks()
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.lifted: dict[Element, list[TagMark]] = {}
        self.lift_level: dict[Element, str] = {}
        self.cells = CellTags(self.marks)
        self.split_runs: list[Element] = []
        self.marked_texts: list[Element] = []
        self.joins: list[tuple[Element, bool]] = []
        self.recut: set[Element] = set()  # tables that lost a cell to a tag or comment
        self.raw_open = False
        self.guarded = False
        self.has_codes = next(root.iter(W + "instrText"), None) is not None
        self.has_deletions = next(root.iter(W + "delText"), None) is not None
        self.edited = False  # comments and escapes leave no mark, yet the part is no longer what the file holds

    # -- the steps, in order

    def read(self, holes: Callable[[Holes], None] | None = None) -> TemplatePart:
        """The steps, in order."""
        if _STRUCTURE.search("".join(map(str, self.root.itertext()))):
            self.report(self.place, _("the text holds Unicode noncharacters"), _("Delete them."), "text.noncharacter")
            return self._story([])
        self._tell_apart()
        if holes is not None:
            holes(Holes(self.marks, self.place))
        for paragraph, place in places(self.root, self.place):
            self._read_paragraph(paragraph, place)
        self._read_leaves()
        self._read_attributes()
        if self.raw_open:
            self.report(self.place, _("{% raw %} has no {% endraw %}"), _("Add {% endraw %}."), "tag.raw")
        if not self.marks and not self.lifted and not self.cells.found and not self.joins:
            return self._story([serialise(self.root)])
        self._split_runs()
        self._join_paragraphs()
        self.cells.apply()
        self._lift()
        self._assign_text_sites()
        if self.lifted or self.cells.found or any(m.statement for m in self.marks.values()):
            Structure(self).settle()
        return self._story(self._pieces())

    def _story(self, pieces: list[str | int]) -> TemplatePart:
        return TemplatePart(self.name, pieces, self.marks, self.guarded, self.edited, self.problems, self.warnings)

    def _pieces(self) -> list[str | int]:
        text = serialise(self.root).replace(GUARD, "\x01")
        parts = MARK.split(text)
        return [int(p) if i % 2 else p for i, p in enumerate(parts) if p]

    def report(self, place: TagPlace, message: str, hint: str, code: str) -> None:
        """Note a fault of the template and go on."""
        self.problems.append(Problem(place.at(self.file), message, hint, code))

    def _fault(self, place: TagPlace, fault: Fault) -> None:
        self.report(place, fault.message, fault.hint, fault.code)

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

    # -- tags of one paragraph

    def _read_paragraph(self, paragraph: Element, place: TagPlace) -> None:
        segments = list(texts_of(paragraph))
        text = "".join(s for _el, s in segments)
        if self.has_deletions:
            self._warn_of_deleted(paragraph, place)
        if self.raw_open or any(sign in text for sign in "{}｛｝"):
            self._read_segments(segments, text, place, paragraph)
        if self.has_codes:
            self._read_field_codes(paragraph, place)

    def _read_field_codes(self, paragraph: Element, place: TagPlace) -> None:
        codes = [(el, el.text or "") for el in own(paragraph, W + "instrText")]
        text = "".join(s for _el, s in codes)
        if "{{" in text or "{%" in text:
            self._read_segments(codes, text, place, paragraph)

    def _warn_of_deleted(self, paragraph: Element, place: TagPlace) -> None:
        deleted = "".join(el.text or "" for el in own(paragraph, W + "delText"))
        for tag in scan(deleted).tags:
            message = _("the tag {tag} stands in a tracked deletion and is not rendered").format(tag=tag.text)
            hint = _("Accept or reject the change in Word.")
            self.warnings.append(Problem(place.at(self.file), message, hint, "tag.deleted"))

    def _read_segments(
        self, segments: list[tuple[Element, str]], text: str, place: TagPlace, paragraph: Element
    ) -> None:
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
            if not before and is_a(paragraph.getprevious(), P):
                self.joins.append((paragraph, False))
        if tag.trim_right:
            after = text[tag.end :].lstrip(" \t")
            yield tag.end, len(text) - len(after) + after.startswith("\n")
            if not after and is_a(paragraph.getnext(), P):
                self.joins.append((paragraph, True))

    def _substitute(self, tag: Tag, place: TagPlace, paragraph: Element) -> str:
        """What stands in the run instead of the tag; lifted and cell tags leave nothing there."""
        if tag.kind is TagKind.CELL:
            self._cell_tag(tag, place, paragraph)
            return ""
        if tag.prefix in ("p", "tr", "tc"):
            self._lift_tag(tag, place, paragraph)
            return ""
        if tag.kind in (TagKind.COMMENT, TagKind.RAW):
            return ""
        mark = self.marks.add(tag.body, tag.text, place, statement=tag.kind is TagKind.STATEMENT)
        if tag.prefix == "r":
            mark.site = Site(SiteKind.RUNS)
            return f"{SPLIT}{mark.number}{SPLIT}"
        return mark.sign

    def _lift_tag(self, tag: Tag, place: TagPlace, paragraph: Element) -> None:
        container = paragraph if tag.prefix == "p" else next(paragraph.iterancestors(W + tag.prefix), None)
        if container is None or not self.root.tag.startswith(W):
            message = _("{tag} stands outside a table").format(tag=tag.text)
            hint = _("Tags with tr and tc belong into a table cell; use {%p … %} for paragraphs.")
            self.report(place, message, hint, "tag.outside-table")
            return
        marks = self.lifted.setdefault(container, [])
        self.lift_level[container] = tag.prefix
        if tag.kind in (TagKind.EXPRESSION, TagKind.STATEMENT):
            site = Site(SiteKind.PARAGRAPHS, ppr=properties(container, PPR)) if tag.prefix == "p" else SiteKind.RAW
            statement = tag.kind is TagKind.STATEMENT
            marks.append(self.marks.add(tag.body, tag.text, place, statement=statement, site=site))

    def _cell_tag(self, tag: Tag, place: TagPlace, paragraph: Element) -> None:
        cell = next(paragraph.iterancestors(TC), None)
        if cell is None:
            message = _("{tag} stands outside a table").format(tag=tag.text)
            self.report(place, message, _("vm, hm, colspan and cellbg belong into a table cell."), "tag.outside-table")
        else:
            self.cells.found.append((cell, tag, place))

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
            remove_text(el)
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

    def _marked(self, text: str, place: TagPlace, kind: SiteKind) -> str | None:
        """``text`` with marks for its tags, or None when it has none."""
        found = scan(text)
        for fault in found.faults:
            self._fault(place, fault)
        if not found.tags and not found.escapes:
            return None
        edits = [(e.at, e.at + 1, "") for e in found.escapes]
        for tag in found.tags:
            if tag.kind in (TagKind.EXPRESSION, TagKind.STATEMENT):
                statement = tag.kind is TagKind.STATEMENT
                mark = self.marks.add(tag.body, tag.text, place, statement=statement, site=kind)
                edits.append((tag.start, tag.end, mark.sign))
            else:
                edits.append((tag.start, tag.end, ""))
        return _replaced(text, 0, sorted(edits))

    def _read_attributes(self) -> None:
        for el in self.root.iter(etree.Element):
            if el.tag == W + "hyperlink" and el.get(R + "id") in self.links:
                self._link(el)
            for key, value in el.attrib.items():
                if "{" in value and ("{{" in value or "{%" in value) and not self._placeholder(el, str(key)):
                    place = place_of(el, self.place)
                    marked = self._marked(str(value), place, SiteKind.ATTRIBUTE)
                    if marked is not None:
                        el.set(key, marked)

    def _link(self, el: Element) -> None:
        """A hyperlink whose target has tags: the relationship is made at render time, where the link stands."""
        target = _QUOTED_TAG.sub(lambda m: unquote(m[0]), self.links[str(el.get(R + "id"))])
        found = scan(target)
        place = place_of(el, self.place)
        for fault in found.faults:
            self._fault(place, fault)
        arguments, at = [], 0
        for tag in found.tags:
            if tag.kind is not TagKind.EXPRESSION:
                message = _("{tag} cannot stand in a link target").format(tag=tag.text)
                hint = _("Only values {{ … }} can; put the condition around the link.")
                self.report(place, message, hint, "tag.link")
                continue
            arguments += [literal(target[at : tag.start]), f"({tag.body})"]
            at = tag.end
        arguments.append(literal(target[at:]))
        call = f"_gd_link({', '.join(arguments)})"
        el.set(R + "id", self.marks.add(call, target, place, site=SiteKind.ATTRIBUTE).sign)

    def _placeholder(self, el: Element, key: str) -> bool:
        """A picture whose alt text is one value tag is swapped for the picture that value gives."""
        if el.tag != WP + "docPr" or key not in ("descr", "title"):
            return False
        blip = next(el.getparent().iter(A + "blip"), None)  # type: ignore[union-attr]
        found = scan(str(el.get(key))).tags
        if blip is None or len(found) != 1 or found[0].kind is not TagKind.EXPRESSION or found[0].text != el.get(key):
            return False
        swap, alt = (
            self.marks.add(call, found[0].text, place_of(el, self.place), site=SiteKind.ATTRIBUTE)
            for call in (
                f"_gd_swap(({found[0].body}), {literal(str(blip.get(R + 'embed')))})",
                f"_gd_alt(({found[0].body}))",
            )
        )
        blip.set(R + "embed", swap.sign)
        for name in ("descr", "title"):
            if name in el.attrib and (name == key or el.get(name) == found[0].text):
                el.set(name, alt.sign if name == key else "")
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
        mark.site = replace(site_of(text), kind=SiteKind.RUNS)
        tail, run.tail, behind.tail = run.tail, None, None
        run.addnext(behind)
        run.tail, behind.tail = mark.sign, tail
        self.marked_texts.append(after)
        if not text.text:
            remove_text(text)
        if not after.text:
            remove_text(after)
        return after, behind

    def _join_paragraphs(self) -> None:
        boundaries = {}
        for paragraph, with_next in self.joins:
            second = paragraph.getnext() if with_next else paragraph
            first = second.getprevious() if second is not None else None
            if first is None or second is None:
                continue
            if is_a(first, P) and is_a(second, P) and first not in self.lifted and second not in self.lifted:
                boundaries[second] = first
        for second, first in reversed(list(boundaries.items())):
            for child in list(second):
                if child.tag != PPR:
                    first.append(child)
            drop(second)

    def _lift(self) -> None:
        """Paragraphs, rows and cells named by a prefix give way to their marks, if nothing else stands in them."""
        for container, marks in self.lifted.items():
            if marks and self._holds_more(container):  # a comment takes its paragraph, row or cell away, as it says
                message = _("beside {tag} stands something else, which would be lost").format(tag=marks[0].text)
                self.report(marks[0].place, message, _own_place(self.lift_level[container]), "tag.beside")
                insert_before(container, "".join(m.sign for m in marks))  # its end is no fault
                continue
            if container.tag == TC:
                self.recut.update(islice(container.iterancestors(TBL), 1))
            opens = any(m.statement and m.keyword not in ENDS for m in marks)
            kept = self._kept(container)
            text = "".join(m.sign for m in marks)
            insert_before(container, "" if opens else text)
            for el in kept:
                container.addprevious(el)
            if opens:
                insert_before(container, text)
            drop(container)

    def _kept(self, container: Element) -> list[Element]:
        """Bookmarks and section breaks of what is lifted away; they belong to the document, not to the tag."""
        kept = list(container.iter(*RANGE_MARKS))
        for el in kept:
            drop(el)
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
            if MARK.search((el.text or "") + (el.tail or "" if el is not container else "")):
                return True
        return False

    # -- sites

    def _assign_text_sites(self) -> None:
        for text in self.marked_texts:
            numbers = [int(n) for n in MARK.findall(text.text or "")]
            if numbers:
                site = site_of(text)
                for n in numbers:
                    self.marks[n].site = site

    def internal(self, source: str) -> str:
        """A mark of the compiler's own, for an attribute."""
        return self.marks.add(source, "", self.place, site=SiteKind.ATTRIBUTE).sign


def _own_place(prefix: str) -> str:
    return {
        "p": _("Give the tag a paragraph of its own."),
        "tr": _("Give the tag a row of its own."),
        "tc": _("Give the tag a cell of its own."),
    }[prefix]


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
