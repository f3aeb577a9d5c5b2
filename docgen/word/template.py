"""WordTemplate: compile once, render many.

A .docx with docxtpl's tags becomes, at load, a block of bytes that never change and one function per part that
has tags. A render calls the functions, deflates what they yield and lays it behind the block; it parses no XML,
opens no python-docx and deflates nothing twice. The template is immutable: any number of threads may render it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from docgen.errors import Problem, TemplateError
from docgen.template.compiler import Program, compile_part
from docgen.template.environment import TemplateEnvironment, make_environment
from docgen.template.marks import Numbers, TagPlace, TemplatePart
from docgen.template.needs import Need, needs_of
from docgen.template.package import (
    CONTENT_TYPES,
    Compression,
    Member,
    Shelf,
    Source,
    opened,
    pack,
    pack_to,
    packed,
    rels_name,
)
from docgen.template.render import RenderState, chunks, rendering
from docgen.template.rich import Parts
from docgen.template.tree import WP, Element, W, parse, serialise
from docgen.word.added_parts import added_parts
from docgen.word.check import assert_sound
from docgen.word.part_reader import read_part
from docgen.word.soundness import repair
from docgen.word.writers import writers
from foundation.atomic_file import destination
from foundation.language import _

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_STORIES = {
    _WORD + "document.main+xml": "body",
    _WORD + "template.main+xml": "body",
    "application/vnd.ms-word.document.macroEnabled.main+xml": "body",
    _WORD + "header+xml": "header",
    _WORD + "footer+xml": "footer",
    _WORD + "footnotes+xml": "footnotes",
    _WORD + "endnotes+xml": "endnotes",
    _WORD + "comments+xml": "comments",
    "application/vnd.openxmlformats-officedocument.drawingml.chart+xml": "chart",
    "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml": "diagram",
    "application/vnd.openxmlformats-package.core-properties+xml": "properties",
    "application/vnd.openxmlformats-officedocument.extended-properties+xml": "properties",
    "application/vnd.openxmlformats-officedocument.custom-properties+xml": "properties",
}
_TAG_SIGN = re.compile(rb"\{[{%#]|%7[Bb]%(?:7[Bb]|25)|\{_|[%}]_\}|\xef\xbd\x9b|\xef\xbc\x85")
_STYLE = re.compile(rb'<w:style\b[^>]*w:styleId="([^"]*)"[^>]*>.{0,40}?<w:name w:val="([^"]*)"', re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WordTemplate:
    """A compiled .docx template. Make it with :meth:`load`."""

    name: str
    warnings: tuple[Problem, ...]
    _programs: tuple[Program, ...]
    _shelf: Shelf
    _raw: Mapping[str, Member]
    _types: Member
    _parts: Parts
    _refuse_control: bool

    @classmethod
    def load(
        cls,
        source: Source,
        *,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        undefined: Literal["strict", "lenient"] = "strict",
        control: Literal["refuse", "remove"] = "refuse",
        name: str | None = None,
    ) -> WordTemplate:
        """Compile a template from a path, bytes or an open file.

        ``undefined="lenient"`` prints missing names empty; ``control`` says what happens to control characters in
        values that XML cannot hold. Raises TemplateError with every problem of every part, each with its place.
        ``warnings`` of the result holds what is odd but renders.
        """
        file, members = opened(source, name)
        stories, parts = _read_stories(members, file)
        programs, problems = _compile(stories, make_environment(filters, undefined), file)
        if problems:
            raise TemplateError(problems)
        rewritten = _without_dynamic_links(members, stories)
        kept = {n: m for n, m in members.items() if n not in {p.name for p in programs} | rewritten.keys()} | rewritten
        return cls(
            name=file,
            warnings=tuple(w for s in stories for w in s.warnings),
            _programs=programs,
            _shelf=Shelf(kept.values()),
            _raw={n: m for n, m in kept.items() if n.endswith((".rels", "styles.xml", "numbering.xml"))},
            _types=members[CONTENT_TYPES],
            _parts=parts,
            _refuse_control=control == "refuse",
        )

    def needs(self) -> frozenset[Need]:
        """The paths the template asks for: ``{"title", "repairs[].room"}``. Each knows its kind (``.kind``)."""
        return needs_of(p.tree for p in self._programs)

    def render(self, context: Mapping[str, Any], *, compression: Compression = "fast", check: bool = False) -> bytes:
        """The finished document. Pure: the same template and context give the same bytes.

        ``compression="compact"`` makes the smallest file, the same on every machine. ``check=True`` parses the
        result and asserts that it is sound. Raises DataError with every missing name and its place.
        """
        with self._rendering() as state:
            parts = [packed(name, pieces, compression) for name, pieces in self._contents(context, state)]
            blob = pack(self._shelf, parts)
        if check:
            assert_sound(blob, self.name)
        return blob

    def render_to(self, context: Mapping[str, Any], target: Source, *, compression: Compression = "fast") -> None:
        """Render into a file, piece by piece: iterables of the context may be generators of any length.

        A path gets the whole document or stays as it was (temp, fsync, rename); a file object must be seekable.
        """
        with destination(target) as file, self._rendering() as state:
            pack_to(file, self._shelf, self._contents(context, state), compression)

    # -- inside

    def _rendering(self) -> AbstractContextManager[RenderState]:
        return rendering(RenderState(self.name, self._refuse_control, self._parts))

    def _contents(self, context: Mapping[str, Any], state: RenderState) -> Iterator[tuple[str, Iterable[bytes]]]:
        for program in self._programs:
            through = _sound_chunks if program.guarded else chunks
            yield program.name, state.run(program, {**context, **state.functions()}, through)
        state.refuse()
        if state.rels or state.media or state.styles or state.numbering_xml:
            yield from ((name, [content]) for name, content in added_parts(state, self._raw, self._types))


def _sound_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    return chunks(repair(pieces))


# --- loading --------------------------------------------------------------------------------------------------


def _read_stories(members: Mapping[str, Member], file: str) -> tuple[list[TemplatePart], Parts]:
    types = _content_types(members, file)
    counts: dict[str, int] = {}
    found: list[tuple[str, TagPlace, bytes]] = []
    for name in members:
        label = _STORIES.get(types.get(name, ""))
        if label is None:
            continue
        counts[label] = counts.get(label, 0) + 1
        number = 0 if label in ("body", "footnotes", "endnotes", "comments", "properties") else counts[label]
        found.append((name, TagPlace(label, number), members[name].read()))
    if "body" not in counts:
        message, hint = _("the file is not a Word document"), _("Save it in Word or WPS as .docx.")
        raise TemplateError(Problem(file, message, hint, "package.no-document"))
    found.sort(key=lambda item: item[1].part != "body")
    numbers, roots = Numbers(), []
    problems: list[Problem] = []
    for name, place, xml in found:
        links = _dynamic_links(members, name, file)
        if place.part != "body" and not links and not _TAG_SIGN.search(xml) and b"docPr" not in xml:
            continue
        try:
            root = parse(xml, name, file)
        except TemplateError as exc:
            problems += exc.problems
            continue
        _note_ids(root, numbers)
        roots.append((name, place, root, links))
    if problems:
        raise TemplateError(problems)
    stories = [read_part(root, name, place, file, numbers, links) for name, place, root, links in roots]
    return stories, _parts(members, numbers)


def _content_types(members: Mapping[str, Member], file: str) -> dict[str, str]:
    if CONTENT_TYPES not in members:
        message = _("the file is a zip archive, but not a Word or Excel document")
        raise TemplateError(Problem(file, message, _("Save it in Word or WPS as .docx."), "package.no-types"))
    root = parse(members[CONTENT_TYPES].read(), CONTENT_TYPES, file)
    by_extension = {str(e.get("Extension")).lower(): str(e.get("ContentType")) for e in root if e.get("Extension")}
    by_name = {str(e.get("PartName")).lstrip("/"): str(e.get("ContentType")) for e in root if e.get("PartName")}
    return {n: by_name.get(n) or by_extension.get(posixpath.splitext(n)[1].lstrip(".").lower(), "") for n in members}


def _note_ids(root: Element, numbers: Numbers) -> None:
    for el in root.iter(WP + "docPr"):
        numbers.drawing = max(numbers.drawing, _whole(el.get("id")))
    for el in root.iter(W + "bookmarkStart", W + "bookmarkEnd"):
        numbers.bookmark = max(numbers.bookmark, _whole(el.get(W + "id")))
        numbers.bookmarks.add(el.get(W + "name", ""))


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _dynamic_links(members: Mapping[str, Member], name: str, file: str) -> dict[str, str]:
    rels = members.get(rels_name(name))
    if rels is None or not _TAG_SIGN.search(xml := rels.read()):
        return {}
    return {
        str(r.get("Id")): str(r.get("Target"))
        for r in parse(xml, rels.name, file)
        if r.get("TargetMode") == "External" and _TAG_SIGN.search(str(r.get("Target")).encode())
    }


def _without_dynamic_links(members: Mapping[str, Member], stories: Iterable[TemplatePart]) -> dict[str, Member]:
    """The .rels parts less the hyperlinks that are made at render time."""
    out = {}
    for story in stories:
        links = _dynamic_links(members, story.name, story.name)
        if links:
            rels = members[rels_name(story.name)]
            root = parse(rels.read(), rels.name, story.name)
            for el in [r for r in root if r.get("Id") in links]:
                root.remove(el)
            out[rels.name] = rels.with_content(serialise(root).encode())
    return out


def _compile(
    stories: list[TemplatePart], env: TemplateEnvironment, file: str
) -> tuple[tuple[Program, ...], list[Problem]]:
    programs, problems = [], []
    for story in stories:
        problems += story.problems
        if not story.marks and not story.edited:
            continue
        program, found = compile_part(story, env, file, writers)
        problems += found
        if program is not None:
            programs.append(program)
    return tuple(programs), problems


def _parts(members: Mapping[str, Member], numbers: Numbers) -> Parts:
    """Styles and numbering ids a sub-document must fit in with; read from the text, for they are seldom needed."""
    styles = members.get("word/styles.xml")
    names: dict[str, str] = {}
    ids: set[str] = set()
    if styles is not None:
        for match in _STYLE.finditer(styles.read()):
            ids.add(match[1].decode())
            names.setdefault(match[2].decode(), match[1].decode())
    numbering = members.get("word/numbering.xml")
    xml = numbering.read() if numbering else b""
    return Parts(
        names,
        frozenset(ids),
        max((int(n) for n in re.findall(rb'<w:abstractNum [^>]*w:abstractNumId="(\d+)"', xml)), default=-1),
        max((int(n) for n in re.findall(rb'<w:num [^>]*w:numId="(\d+)"', xml)), default=0),
        numbers.drawing,
        numbers.bookmark,
        frozenset(numbers.bookmarks),
    )
