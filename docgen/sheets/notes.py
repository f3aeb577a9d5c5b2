"""Pure: the notes (classic comments) of one worksheet, with the drawing old programs need to show them.

ECMA-376 part 1, 18.7 (comments) and part 4, 19 (VML). Excel and WPS show a note only where the legacy drawing has a
shape for its cell. guidang's words begin with a mark of their own, since LibreOffice forgets who wrote a note; they
stand alone or behind the words of a note that was there, so that they can go again and that note stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lxml import etree

from docgen.sheets.parts import NOT_XML, parsed, written

AUTHOR = "guidang"
MARK = "【guidang】"
"""What guidang's words in a note begin with."""

_GAP = "\u3000"
_WIDTH = 40
"""Half-width characters in a line of the box."""
_SHAPE = re.compile(rb"<(\w+:)?shape\s.*?</\1shape>\s*", re.DOTALL)
_IDMAP = re.compile(rb'(<(?:\w+:)?idmap\s[^>]*?data=["\'])([\d,\s]*)')

_EMPTY_VML = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel">'
    b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data=""/></o:shapelayout>'
    b"</xml>"
)
_NAMESPACES = (
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
"""Said again at every shape that comes into a drawing: there the prefixes may be others."""

_SHAPE_TYPE = (
    b'<v:shapetype xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_NOTE_SHAPE = (
    '<v:shape{namespaces} id="_x0000_s{id}" type="#_x0000_t202" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:260pt;'
    'height:{height}pt;z-index:{order};visibility:hidden" fillcolor="#ffe4e1" o:insetmode="auto">'
    '<v:fill color2="#ffe4e1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 4, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)


@dataclass(frozen=True, slots=True)
class Note:
    """Words for a cell, by its row and column from 1 and its reference."""

    row: int
    column: int
    reference: str
    text: str


class Kept(NamedTuple):
    """A comments part without guidang's words: the words, the cells whose whole note went, how many notes are left."""

    content: bytes
    words: tuple[str, ...]
    gone: frozenset[str]
    left: int


def without_notes(comments: bytes) -> Kept:
    """Take guidang's words out: whole notes, and what stands behind the words of others."""
    root = parsed(comments)
    gone, words = set(), []
    for comment in list(root.iter("{*}comment")):
        texts = list(comment.iter("{*}t"))
        before, mark, ours = "".join(text.text or "" for text in texts).partition(MARK)
        if not mark:
            continue
        words.append(ours)
        if before.strip():
            _shorten(texts, len(before.removesuffix(_GAP)))
        else:
            comment.getparent().remove(comment)
            gone.add(comment.get("ref", ""))
    for author in list(root.iter("{*}author"))[-1:]:
        if author.text == AUTHOR:  # the last, so that no number of another author changes
            author.getparent().remove(author)
    left = sum(1 for _comment in root.iter("{*}comment"))
    return Kept(written(root) if words else comments, tuple(words), frozenset(gone), left)


def _shorten(texts: list[Any], keep: int) -> None:
    """Keep so many characters of a note's runs."""
    for text in texts:
        own = text.text or ""
        text.text, keep = own[:keep], max(keep - len(own), 0)
        run = text.getparent()
        if not text.text and etree.QName(run).localname == "r":
            run.getparent().remove(run)


def without_shapes(vml: bytes, cells: Collection[tuple[int, int]]) -> tuple[bytes, int]:
    """A legacy drawing without the note shapes of some (row, column); how many shapes are left in it.

    Legacy drawings need not be well-formed XML (Excel writes <br>), so they are cut, not parsed.
    """
    gone: set[int] = set()
    left = 0

    def kept(found: re.Match[bytes]) -> bytes:
        nonlocal left
        if _cell_of(found[0]) in cells:
            gone.update(_blocks_of_shapes(found[0]))
            return b""
        left += 1
        return found[0]

    content = _SHAPE.sub(kept, vml)
    return _without_blocks(content, gone - _blocks_of_shapes(content)), left


def _cell_of(shape: bytes) -> tuple[int, int] | None:
    row, column = (re.search(rb"<(?:\w+:)?%s>\s*(\d+)\s*</" % tag, shape) for tag in (b"Row", b"Column"))
    if row is None or column is None or b"Note" not in shape:
        return None
    return int(row[1]) + 1, int(column[1]) + 1


def with_notes(comments: bytes | None, notes: Iterable[Note], namespace: str) -> tuple[bytes, tuple[Note, ...]]:
    """A comments part (``None``: a new one) with notes added; those for which a shape has to be drawn."""
    root = parsed(comments) if comments else _empty(namespace)
    namespace = etree.QName(root).namespace or namespace
    known = {comment.get("ref"): comment for comment in root.iter("{*}comment")}
    authors = next(root.iter("{*}authors"))
    names = [author.text or "" for author in authors]
    fresh = []
    for note in notes:
        if (comment := known.get(note.reference)) is None:
            fresh.append(note)
        elif not names[int(comment.get("authorId", "0"))].startswith("tc="):  # a thread shows only its own words
            _add_run(next(comment.iter("{*}text")), f"{_GAP}{MARK}\n{note.text}", namespace)
    if fresh:
        if AUTHOR not in names:
            etree.SubElement(authors, f"{{{namespace}}}author").text = AUTHOR
            names.append(AUTHOR)
        _insert(next(root.iter("{*}commentList")), fresh, names.index(AUTHOR), namespace)
    return written(root), tuple(fresh)


def _empty(namespace: str) -> Any:
    root = parsed(f'<comments xmlns="{namespace}"/>'.encode())
    etree.SubElement(root, f"{{{namespace}}}authors")
    etree.SubElement(root, f"{{{namespace}}}commentList")
    return root


def _insert(comments: Any, notes: Iterable[Note], author: int, namespace: str) -> None:
    for note in notes:
        comment = etree.SubElement(comments, f"{{{namespace}}}comment", ref=note.reference, authorId=str(author))
        _add_run(etree.SubElement(comment, f"{{{namespace}}}text"), f"{MARK}\n{note.text}", namespace)


def _add_run(text: Any, words: str, namespace: str) -> None:
    """A run of rich text in 9 point; Excel breaks a note's lines at line feeds."""
    run = etree.SubElement(text, f"{{{namespace}}}r")
    properties = etree.SubElement(run, f"{{{namespace}}}rPr")
    etree.SubElement(properties, f"{{{namespace}}}sz", val="9")
    etree.SubElement(properties, f"{{{namespace}}}color", rgb="FF9C0006")
    etree.SubElement(properties, f"{{{namespace}}}rFont", val="宋体")
    etree.SubElement(properties, f"{{{namespace}}}charset", val="134")
    etree.SubElement(run, f"{{{namespace}}}t").text = NOT_XML.sub("", words).rstrip()


def with_shapes(vml: bytes | None, notes: Iterable[Note], taken: Collection[int]) -> bytes:
    """A legacy drawing (``None``: a new one) with a hidden box for each note.

    ``taken`` are the blocks of 1,024 shape numbers other drawings of the workbook use.
    """
    own = not vml
    vml = vml or _EMPTY_VML
    notes = list(notes)
    free = (block for block in range(1, 100_000) if block not in taken and block not in blocks_of(vml))
    blocks = [next(free) for _ in range(0, len(notes), 1000)]
    shapes = [
        _shape(note, blocks[order // 1000] * 1024 + 1 + order % 1000, order + 1, own=own)
        for order, note in enumerate(notes)
    ]
    shape_type = b"" if b'id="_x0000_t202"' in vml else _SHAPE_TYPE
    end = vml.rindex(b"</xml>")
    return _with_blocks(vml[:end], blocks) + shape_type + b"".join(shapes) + vml[end:]


def _with_blocks(vml: bytes, blocks: list[int]) -> bytes:
    named = b",".join(b"%d" % block for block in blocks)
    return _IDMAP.sub(lambda found: found[1] + b",".join(filter(None, (found[2], named))), vml, count=1)


def _without_blocks(vml: bytes, blocks: set[int]) -> bytes:
    def kept(found: re.Match[bytes]) -> bytes:
        return found[1] + b",".join(n for n in found[2].split(b",") if n.strip() and int(n) not in blocks)

    return _IDMAP.sub(kept, vml, count=1)


def _blocks_of_shapes(vml: bytes) -> set[int]:
    return {int(number) // 1024 for number in re.findall(rb"_x0000_s(\d+)", vml)}


def blocks_of(vml: bytes) -> frozenset[int]:
    """The blocks of shape numbers a drawing uses, by what it says and by its shapes."""
    found = _IDMAP.search(vml)
    named = {int(number) for number in found[2].split(b",") if number.strip()} if found else set()
    return frozenset(named | _blocks_of_shapes(vml))


def _shape(note: Note, number: int, order: int, *, own: bool) -> bytes:
    lines = sum(-(-sum(2 if ord(c) > 255 else 1 for c in line) // _WIDTH) or 1 for line in note.text.split("\n"))
    rows = max(4, lines + 1)
    top = max(note.row - 2, 0)
    text = _NOTE_SHAPE.format(
        id=number,
        namespaces="" if own else _NAMESPACES,
        order=order,
        height=rows * 14,
        left=note.column,
        right=note.column + 4,
        top=top,
        bottom=top + rows,
        row=note.row - 1,
        column=note.column - 1,
    )
    return text.encode()
