"""Another Word document as a value: read once, its ids replaced by holes that each placing fills afresh.

Before → after, of the document's XML::

    <w:pStyle w:val="a3"/>  <wp:docPr id="1"/>  <a:blip r:embed="rId7"/>
    <w:pStyle w:val="‹style:a3›"/>  <wp:docPr id="‹drawing:1›"/>  <a:blip r:embed="‹rel:rId7›"/>

where ‹ and › are noncharacters. Every placing asks its render for what fits there: the template's style of the same
name, the next free drawing id, a relationship of the part being written. Two placings of one document, in a loop or
not, so never share an id, while a list keeps one numbering and a picture is stored once.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, Any

from lxml import etree

from docgen.errors import DataError, Problem
from docgen.template.marks import Site
from docgen.template.package import read_package
from docgen.template.rich import Host, Rich
from docgen.template.tree import WP, R, W, parse
from foundation.language import _

_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_HOLE = re.compile("\ufdd0([a-z]+):([^\ufdd1]*)\ufdd1")


class Subdocument(Rich):
    """The body of another Word document, for ``{{p x}}``: its styles, numbering, pictures and links come along.

    Where a style of the same name exists in the template, the template's is used, as Word does on pasting.
    Headers, footers and page settings stay behind. Prepared once, placed as often as wanted.
    Raises TemplateError when the file is no document, DataError when it holds what cannot be carried over
    (notes, comments, charts, embedded objects): all of it named, nothing dropped in silence.
    """

    def __init__(self, source: str | os.PathLike[str] | bytes | IO[bytes] | Any, name: str = "") -> None:
        if hasattr(source, "part") and hasattr(source, "save"):  # a python-docx document
            buffer = BytesIO()
            source.save(buffer)
            source = buffer.getvalue()
        self.name = name or (Path(source).name if isinstance(source, str | os.PathLike) else _("sub-document"))
        members = read_package(source, self.name)
        self._read({n: m.read() for n, m in members.items() if n.startswith("word/")})

    def _read(self, parts: dict[str, bytes]) -> None:
        root = parse(parts.get("word/document.xml", b""), "word/document.xml", self.name)
        body = root.find(W + "body")
        self._rels = _relationships(parts.get("word/_rels/document.xml.rels", b""), self.name)
        self._parts = parts
        self._numbering = _numbering(parts.get("word/numbering.xml"), self.name)
        self._styles = _styles(parts.get("word/styles.xml"), self.name)
        self._refuse(root)
        self._text = "\n".join("".join(map(str, p.itertext(W + "t"))) for p in root.iter(W + "p"))
        if body is not None:
            for section in list(body.iter(W + "sectPr")):
                section.getparent().remove(section)  # type: ignore[union-attr]
        _make_holes(root, self._rels)
        required = {p for el in root.iter(_CHOICE) for p in str(el.get("Requires")).split()}
        etree.cleanup_namespaces(root, keep_ns_prefixes=sorted(required))
        children = [] if body is None else [etree.tostring(el, encoding="unicode", with_tail=False) for el in body]
        self._xml = "".join(children)
        self._ends_with_table = bool(children) and children[-1].endswith("</w:tbl>")

    def _refuse(self, root: Any) -> None:
        unwanted = {
            W + "footnoteReference": _("footnotes"),
            W + "endnoteReference": _("endnotes"),
            W + "commentReference": _("comments"),
            W + "object": _("embedded objects"),
            W + "altChunk": _("imported documents"),
        }
        found = {unwanted[el.tag] for el in root.iter(*unwanted)}
        used = {v for el in root.iter() for k, v in el.attrib.items() if str(k).startswith(R)}
        for rid in used:
            kind, target, external = self._rels.get(str(rid), ("", "", False))
            if not external and kind not in ("image", "header", "footer", ""):
                found.add(target)
        if found:
            told = _("the sub-document holds {what}, which cannot be carried over")
            hint = _("Remove it there, or paste it into the template.")
            raise DataError(
                Problem(self.name, told.format(what=what), hint, "subdocument.content") for what in sorted(found)
            )

    def plain(self) -> str:
        return self._text

    def runs(self, host: Host, site: Site) -> str:
        message = _("a sub-document cannot stand inside a paragraph")
        host.report(message, _("Write {{p name }} in a paragraph of its own."), "subdocument.place")
        return f"<w:r>{site.rpr}<w:t/></w:r>"

    def paragraphs(self, host: Host, site: Site) -> str:  # noqa: ARG002 - it has its own
        # A table at the end would grow together with one behind it.
        return self._filled(self._xml, host) + ("<w:p/>" if self._ends_with_table else "")

    def _filled(self, xml: str, host: Host) -> str:
        """``xml`` with its holes filled by what fits the document being rendered."""
        key = f"sub{id(self)}:"
        names: dict[str, str] = {}
        begun: set[str] = set()

        def named(name: str) -> str:
            if name not in names:
                names[name] = host.foreign_bookmark_name(name)
            return names[name]

        def begin(name: str) -> str:
            found = host.foreign_bookmark_name(name) if name in begun else named(name)
            begun.add(name)
            return found

        fill: dict[str, Callable[[str], str | int]] = {
            "rel": lambda rid: self._relate(host, rid),
            "num": lambda num: self._number(host, num, key + num),
            "style": lambda style: self._style(host, style),
            "drawing": lambda _old: host.drawing_id(),
            "bookmark": lambda number: host.bookmark(key + number),
            "end": lambda number: host.bookmark_end(key + number),
            "anchor": named,
            "name": begin,
        }
        return _HOLE.sub(lambda m: str(fill[m[1]](m[2])), xml)

    def _relate(self, host: Host, rid: str) -> str:
        kind, target, external = self._rels[rid]
        if external:
            return host.relate(kind, target, external=True)
        content = self._parts[posixpath.normpath(posixpath.join("word", target)).lstrip("/")]
        return host.picture(content, posixpath.splitext(target)[1].lstrip(".") or "png")

    def _style(self, host: Host, style: str) -> str:
        """The template's style of that name; else this one comes along, under an id that is free there."""
        if style not in self._styles:
            return style
        name, xml = self._styles[style]
        if name in host.parts.styles:
            return host.parts.styles[name]
        if name not in host.style_ids:
            taken = host.parts.style_ids | set(host.style_ids.values())
            host.style_ids[name] = next(i for i in _candidates(style) if i not in taken)
            host.styles[name] = ""  # its place; styles may name each other
            host.styles[name] = self._filled(xml, host)
        return host.style_ids[name]

    def _number(self, host: Host, num: str, key: str) -> int:
        if num not in self._numbering:
            return 0  # no list, as Word takes it
        if key not in host.numberings:
            count = len(host.numberings) + 1
            host.numberings[key] = host.parts.last_num + count
            abstract, instance = (
                xml.replace("\ufdd0a\ufdd1", str(host.parts.last_abstract + count)).replace(
                    "\ufdd0n\ufdd1", str(host.parts.last_num + count)
                )
                for xml in self._numbering[num]
            )
            host.numbering_xml.append((self._filled(abstract, host), self._filled(instance, host)))
        return host.numberings[key]


def _candidates(style: str) -> Iterator[str]:
    yield style
    yield from (f"{style}Gd{n}" for n in count(1))


_STYLE_USERS = frozenset(
    W + n for n in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "styleLink", "numStyleLink")
)


def _make_holes(root: Any, rels: Mapping[str, Any]) -> None:
    """Put a hole wherever an id must be made to fit the document this is placed in."""
    bookmarks = {el.get(W + "name") for el in root.iter(W + "bookmarkStart")}
    for el in root.iter("*"):
        for key, value in list(el.attrib.items()):
            if str(key).startswith(R) and value in rels:
                el.set(key, f"\ufdd0rel:{value}\ufdd1")
            elif "microsoft.com/office/word" in str(key):
                del el.attrib[key]
        if el.tag in _STYLE_USERS:
            el.set(W + "val", f"\ufdd0style:{el.get(W + 'val')}\ufdd1")
        elif el.tag in _NUMBERED:
            key, hole = _NUMBERED[el.tag]
            el.set(key, f"\ufdd0{hole}:{el.get(key)}\ufdd1")
        for tag, hole, key in _NAMED:
            if el.tag == tag and el.get(key) in bookmarks:
                el.set(key, f"\ufdd0{hole}:{el.get(key)}\ufdd1")


_NAMED = ((W + "bookmarkStart", "name", W + "name"), (W + "hyperlink", "anchor", W + "anchor"))
_NUMBERED = {
    W + "numId": (W + "val", "num"),
    W + "style": (W + "styleId", "style"),
    W + "bookmarkStart": (W + "id", "bookmark"),
    W + "bookmarkEnd": (W + "id", "end"),
    WP + "docPr": ("id", "drawing"),
}
"""Elements that carry an id: the attribute it stands in, and the hole it gets."""


def _relationships(xml: bytes, name: str) -> dict[str, tuple[str, str, bool]]:
    if not xml:
        return {}
    found = [r for r in parse(xml, "rels", name) if isinstance(r.tag, str)]
    kinds = [str(r.get("Type")).rsplit("/", 1)[-1] for r in found]
    return {
        str(r.get("Id")): (kind, str(r.get("Target")), r.get("TargetMode") == "External")
        for r, kind in zip(found, kinds, strict=True)
    }


def _styles(xml: bytes | None, name: str) -> dict[str, tuple[str, str]]:
    """Style id → (name, XML with holes)."""
    if not xml:
        return {}
    root = parse(xml, "word/styles.xml", name)
    styles = {str(el.get(W + "styleId")): el for el in root.iter(W + "style")}
    _make_holes(root, {})
    etree.cleanup_namespaces(root)
    out = {}
    for key, el in styles.items():
        title = el.find(W + "name")
        if W + "default" in el.attrib:
            del el.attrib[W + "default"]  # the template has its own default
        label = str(title.get(W + "val")) if title is not None else key
        out[key] = (label, etree.tostring(el, encoding="unicode", with_tail=False))
    return out


def _numbering(xml: bytes | None, name: str) -> dict[str, tuple[str, str]]:
    """Num id → (abstract numbering, instance), with holes for the new ids."""
    if not xml:
        return {}
    root = parse(xml, "word/numbering.xml", name)
    _make_holes(root, {})
    etree.cleanup_namespaces(root)
    abstracts = {}
    for el in root.iter(W + "abstractNum"):
        key = str(el.get(W + "abstractNumId"))
        el.set(W + "abstractNumId", "\ufdd0a\ufdd1")
        for link in el.findall(W + "nsid"):
            el.remove(link)  # two lists with one nsid would be one list
        abstracts[key] = etree.tostring(el, encoding="unicode", with_tail=False)
    out = {}
    for el in root.iter(W + "num"):
        key, reference = str(el.get(W + "numId")), el.find(W + "abstractNumId")
        if reference is None or reference.get(W + "val") not in abstracts:
            continue
        abstract = abstracts[str(reference.get(W + "val"))]
        el.set(W + "numId", "\ufdd0n\ufdd1")
        reference.set(W + "val", "\ufdd0a\ufdd1")
        out[key] = (abstract, etree.tostring(el, encoding="unicode", with_tail=False))
    return out
