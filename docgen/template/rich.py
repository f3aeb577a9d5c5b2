"""Rich values a template can place: pictures, formatted text, paragraphs, sub-documents.

Each is prepared when it is made; a render only joins text. Pictures and sub-documents import python-docx and
lxml's tree on first use, never for a document that has none.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from docgen.errors import DataError, Problem
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docgen.template.marks import Site
    from docgen.template.render import RenderState

EMU_PER_MM = 36_000
_HIGHLIGHT = re.compile(r"#?([0-9A-Fa-f]{6})$")
_UNDERLINES = ("single", "double", "thick", "dotted", "dash", "dotDash", "dotDotDash", "wave")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a value must know of the template it goes into: its styles by name and the ids in use."""

    styles: dict[str, str] = field(default_factory=dict)
    style_ids: frozenset[str] = frozenset()
    last_abstract: int = -1
    last_num: int = 0
    bookmarks: frozenset[str] = frozenset()


class Rich:
    """A value that is more than text."""

    def plain(self) -> str:
        """What it says where only text can stand."""
        raise NotImplementedError

    def runs(self, state: RenderState, site: Site) -> str:
        """Its runs, for inside a paragraph."""
        raise NotImplementedError

    def paragraphs(self, state: RenderState, site: Site) -> str:
        """Its paragraphs, for between paragraphs."""
        return f"<w:p>{site.ppr}{self.runs(state, site)}</w:p>"


# --- pictures -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image(Rich):
    """A picture, in line with the text. Sizes in EMU; what is not given follows from the other or the file."""

    data: bytes = field(repr=False)
    extension: str
    width: int
    height: int
    description: str = ""

    @classmethod
    def of(
        cls,
        source: str | os.PathLike[str] | bytes | IO[bytes] | Image,
        *,
        width_mm: float | None = None,
        height_mm: float | None = None,
        description: str = "",
    ) -> Image:
        """A picture from a path, its bytes or an open file (PNG, JPEG, GIF, BMP, TIFF).

        Raises DataError when it cannot be read or is none of these.
        """
        if isinstance(source, Image):
            return source.sized(width_mm, height_mm)
        data, name = _bytes_of(source)
        from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
        from docx.image.image import Image as Header

        try:
            header = Header.from_blob(data)
            width, height = int(header.width), int(header.height)
        except (UnrecognizedImageError, InvalidImageStreamError, UnexpectedEndOfFileError, ZeroDivisionError, OSError):
            raise DataError(
                [
                    Problem(
                        name,
                        _("the file is not a picture Word can show"),
                        _("Use a PNG or JPEG file."),
                        "image.unreadable",
                    )
                ]
            ) from None
        return cls(data, header.ext, width, height, description).sized(width_mm, height_mm)

    def sized(self, width_mm: float | None, height_mm: float | None) -> Image:
        """The picture in that size; what is not given follows in proportion."""
        if width_mm is None and height_mm is None:
            return self
        width = None if width_mm is None else round(width_mm * EMU_PER_MM)
        height = None if height_mm is None else round(height_mm * EMU_PER_MM)
        if width is None:
            width = round(self.width * (height or 0) / max(1, self.height))
        if height is None:
            height = round(self.height * width / max(1, self.width))
        return Image(self.data, self.extension, max(1, width), max(1, height), self.description)

    def plain(self) -> str:
        return self.description

    def runs(self, state: RenderState, site: Site) -> str:
        from docgen.template.xml_text import escape_attribute

        rid, number, text = state.picture(self), state.drawing_id(), escape_attribute(self.description)
        return (
            f"<w:r>{site.rpr}<w:drawing>"
            '<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
            ' distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{self.width}" cy="{self.height}"/>'
            f'<wp:docPr id="{number}" name="Picture {number}" descr="{text}"/>'
            '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
            f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/></pic:nvPicPr>'
            '<pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
            f' r:embed="{rid}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{self.width}" cy="{self.height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
            "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )


def _bytes_of(source: str | os.PathLike[str] | bytes | IO[bytes]) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, _("picture")
    if not isinstance(source, str | os.PathLike):
        return source.read() if hasattr(source, "read") else b"", _("picture")
    try:
        return Path(source).read_bytes(), Path(source).name
    except OSError as exc:
        raise DataError(
            [
                Problem(
                    str(source),
                    _("the picture cannot be read: {detail}").format(detail=exc.strerror or exc),
                    _("Check the path."),
                    "image.missing",
                )
            ]
        ) from exc


# --- formatted text -------------------------------------------------------------------------------------------


class RichText(Rich):
    """Text with its own formatting, run by run; the arguments are docxtpl's.

    Formatting belongs into the template; this is for what only the data know, such as a word in red.
    """

    def __init__(self, text: Any = None, **properties: Any) -> None:
        self._runs: list[tuple[str, str, str]] = []
        if text:
            self.add(text, **properties)

    def add(  # noqa: PLR0913 - docxtpl's arguments
        self,
        text: Any,
        *,
        style: str | None = None,
        color: str | None = None,
        highlight: str | None = None,
        size: int | None = None,
        subscript: bool = False,
        superscript: bool = False,
        bold: bool = False,
        italic: bool = False,
        underline: bool | str = False,
        strike: bool = False,
        font: str | None = None,
        url: str | None = None,
        rtl: bool = False,
        lang: str | None = None,
    ) -> RichText:
        """Append ``text`` or another RichText. ``size`` in half points, colours as RRGGBB, ``url`` makes a link.

        ``font`` may name a script first, as in ``eastAsia:微软雅黑``.
        """
        if isinstance(text, RichText):
            self._runs += text._runs  # noqa: SLF001 - one of its own kind
            return self
        from docgen.template.xml_text import escape_attribute as quoted

        flags = [("b", bold), ("bCs", bold and rtl), ("i", italic), ("iCs", italic and rtl), ("strike", strike)]
        parts = [
            f'<w:rStyle w:val="{quoted(style)}"/>' if style else "",
            _fonts(font) if font else "",
            "".join(f"<w:{name}/>" for name, on in flags if on),
            f'<w:color w:val="{quoted(color.lstrip("#"))}"/>' if color else "",
            f'<w:sz w:val="{int(size)}"/><w:szCs w:val="{int(size)}"/>' if size else "",
            f'<w:u w:val="{underline if underline in _UNDERLINES else "single"}"/>' if underline else "",
            f'<w:shd w:val="clear" w:color="auto" w:fill="{quoted(highlight.lstrip("#"))}"/>' if highlight else "",
            '<w:vertAlign w:val="subscript"/>' if subscript else "",
            '<w:vertAlign w:val="superscript"/>' if superscript and not subscript else "",
            "<w:rtl/>" if rtl else "",
            f'<w:lang w:val="{quoted(lang)}"/>' if lang else "",
        ]
        from docgen.template.xml_text import plain_text

        self._runs.append((plain_text(text), "".join(parts), url or ""))
        return self

    def plain(self) -> str:
        return "".join(text for text, _rpr, _url in self._runs)

    def runs(self, state: RenderState, site: Site) -> str:
        return "".join(_run(state, text, own, url, site) for text, own, url in self._runs)


def _fonts(font: str) -> str:
    from docgen.template.xml_text import escape_attribute

    script, _colon, name = font.rpartition(":")
    quoted = escape_attribute(name)
    scripts = dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), quoted)
    if script:
        scripts[script] = quoted
    return "<w:rFonts" + "".join(f' w:{k}="{v}"' for k, v in scripts.items()) + "/>"


def _run(state: RenderState, text: str, own: str, url: str, site: Site) -> str:
    from docgen.template.xml_text import run

    rpr = f"<w:rPr>{own}</w:rPr>" if own else site.rpr
    if not url:
        return run(text, rpr, site)
    ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<w:hyperlink xmlns:r="{ns}" r:id="{state.link(url)}">'
    inside = replace(site, open=site.open + link, close="</w:hyperlink>" + site.close)
    return f"{link}{run(text, rpr, inside)}</w:hyperlink>"


class RichTextParagraph(Rich):
    """Paragraphs of formatted text, each with its own paragraph style, for ``{{p x}}``."""

    def __init__(self, text: Any = None, *, parastyle: str | None = None) -> None:
        self._paragraphs: list[tuple[RichText, str]] = []
        if text:
            self.add(text, parastyle=parastyle)

    def add(self, text: Any, *, parastyle: str | None = None) -> RichTextParagraph:
        """Append a paragraph."""
        from docgen.template.xml_text import escape_attribute

        rich = text if isinstance(text, RichText) else RichText(text)
        ppr = f'<w:pPr><w:pStyle w:val="{escape_attribute(parastyle)}"/></w:pPr>' if parastyle else ""
        self._paragraphs.append((rich, ppr))
        return self

    def plain(self) -> str:
        return "\n".join(rich.plain() for rich, _ppr in self._paragraphs)

    def runs(self, state: RenderState, site: Site) -> str:
        return "<w:r><w:br/></w:r>".join(rich.runs(state, site) for rich, _ppr in self._paragraphs)

    def paragraphs(self, state: RenderState, site: Site) -> str:
        return "".join(rich.paragraphs(state, replace(site, ppr=own or site.ppr)) for rich, own in self._paragraphs)


# --- sub-documents --------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
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
        from docgen.template.package import read_package

        if hasattr(source, "part") and hasattr(source, "save"):  # a python-docx document
            buffer = BytesIO()
            source.save(buffer)
            source = buffer.getvalue()
        self.name = name or (Path(source).name if isinstance(source, str | os.PathLike) else _("sub-document"))
        members = read_package(source, self.name)
        self._read({n: m.read() for n, m in members.items() if n.startswith("word/")})

    def _read(self, parts: dict[str, bytes]) -> None:
        from lxml import etree

        from docgen.template.tree import parse

        root = parse(parts.get("word/document.xml", b""), "word/document.xml", self.name)
        body = root.find(_W + "body")
        self._rels = _relationships(parts.get("word/_rels/document.xml.rels", b""), self.name)
        self._parts = parts
        self._numbering = _numbering(parts.get("word/numbering.xml"), self.name)
        self._styles = _styles(parts.get("word/styles.xml"), self.name)
        self._refuse(root)
        self._text = "\n".join("".join(map(str, p.itertext(_W + "t"))) for p in root.iter(_W + "p"))
        if body is not None:
            for section in list(body.iter(_W + "sectPr")):
                section.getparent().remove(section)  # type: ignore[union-attr]
        _make_holes(root, self._rels)
        required = {p for el in root.iter(_CHOICE) for p in str(el.get("Requires")).split()}
        etree.cleanup_namespaces(root, keep_ns_prefixes=sorted(required))
        children = [] if body is None else [etree.tostring(el, encoding="unicode", with_tail=False) for el in body]
        self._xml = "".join(children)
        self._ends_with_table = bool(children) and children[-1].endswith("</w:tbl>")

    def _refuse(self, root: Any) -> None:
        unwanted = {
            _W + "footnoteReference": _("footnotes"),
            _W + "endnoteReference": _("endnotes"),
            _W + "commentReference": _("comments"),
            _W + "object": _("embedded objects"),
            _W + "altChunk": _("imported documents"),
        }
        found = {unwanted[el.tag] for el in root.iter(*unwanted)}
        used = {v for el in root.iter() for k, v in el.attrib.items() if str(k).startswith(_R)}
        for rid in used:
            kind, target, external = self._rels.get(str(rid), ("", "", False))
            if not external and kind not in ("image", "header", "footer", ""):
                found.add(target)
        if found:
            raise DataError(
                Problem(
                    self.name,
                    _("the sub-document holds {what}, which cannot be carried over").format(what=what),
                    _("Remove it there, or paste it into the template."),
                    "subdocument.content",
                )
                for what in sorted(found)
            )

    def plain(self) -> str:
        return self._text

    def runs(self, state: RenderState, site: Site) -> str:
        state.report(
            _("a sub-document cannot stand inside a paragraph"),
            _("Write {{p name }} in a paragraph of its own."),
            "subdocument.place",
        )
        return f"<w:r>{site.rpr}<w:t/></w:r>"

    def paragraphs(self, state: RenderState, site: Site) -> str:  # noqa: ARG002 - it has its own
        # A table at the end would grow together with one behind it.
        return self._filled(self._xml, state) + ("<w:p/>" if self._ends_with_table else "")

    def _filled(self, xml: str, state: RenderState) -> str:
        """``xml`` with its holes filled by what fits the document being rendered."""
        key = f"sub{id(self)}:"
        names: dict[str, str] = {}
        begun: set[str] = set()

        def named(name: str) -> str:
            if name not in names:
                names[name] = state.foreign_bookmark_name(name)
            return names[name]

        def begin(name: str) -> str:
            found = state.foreign_bookmark_name(name) if name in begun else named(name)
            begun.add(name)
            return found

        fill: dict[str, Callable[[str], str | int]] = {
            "rel": lambda rid: self._relate(state, rid),
            "num": lambda num: self._number(state, num, key + num),
            "style": lambda style: self._style(state, style),
            "drawing": lambda _old: state.drawing_id(),
            "bookmark": lambda number: state.bookmark(key + number),
            "end": lambda number: state.bookmark_end(key + number),
            "anchor": named,
            "name": begin,
        }
        return _HOLE.sub(lambda m: str(fill[m[1]](m[2])), xml)

    def _relate(self, state: RenderState, rid: str) -> str:
        kind, target, external = self._rels[rid]
        if external:
            return state.relate(kind, target, external=True)
        content = self._parts[posixpath.normpath(posixpath.join("word", target)).lstrip("/")]
        return state.picture(Image(content, posixpath.splitext(target)[1].lstrip(".") or "png", 1, 1))

    def _style(self, state: RenderState, style: str) -> str:
        """The template's style of that name; else this one comes along, under an id that is free there."""
        if style not in self._styles:
            return style
        name, xml = self._styles[style]
        if name in state.parts.styles:
            return state.parts.styles[name]
        if name not in state.style_ids:
            taken = state.parts.style_ids | set(state.style_ids.values())
            state.style_ids[name] = next(i for i in _candidates(style) if i not in taken)
            state.styles[name] = ""  # its place; styles may name each other
            state.styles[name] = self._filled(xml, state)
        return state.style_ids[name]

    def _number(self, state: RenderState, num: str, key: str) -> int:
        if num not in self._numbering:
            return 0  # no list, as Word takes it
        if key not in state.numberings:
            count = len(state.numberings) + 1
            state.numberings[key] = state.parts.last_num + count
            abstract, instance = (
                xml.replace("\ufdd0a\ufdd1", str(state.parts.last_abstract + count)).replace(
                    "\ufdd0n\ufdd1", str(state.parts.last_num + count)
                )
                for xml in self._numbering[num]
            )
            state.numbering_xml.append((self._filled(abstract, state), self._filled(instance, state)))
        return state.numberings[key]


def _candidates(style: str) -> Iterator[str]:
    yield style
    yield from (f"{style}Gd{n}" for n in count(1))


_STYLE_USERS = frozenset(
    _W + n for n in ("pStyle", "rStyle", "tblStyle", "basedOn", "next", "link", "styleLink", "numStyleLink")
)


def _make_holes(root: Any, rels: Mapping[str, Any]) -> None:
    """Put a hole wherever an id must be made to fit the document this is placed in."""
    bookmarks = {el.get(_W + "name") for el in root.iter(_W + "bookmarkStart")}
    for el in root.iter("*"):
        for key, value in list(el.attrib.items()):
            if str(key).startswith(_R) and value in rels:
                el.set(key, f"\ufdd0rel:{value}\ufdd1")
            elif "microsoft.com/office/word" in str(key):
                del el.attrib[key]
        if el.tag in _STYLE_USERS:
            el.set(_W + "val", f"\ufdd0style:{el.get(_W + 'val')}\ufdd1")
        elif el.tag in _NUMBERED:
            key, hole = _NUMBERED[el.tag]
            el.set(key, f"\ufdd0{hole}:{el.get(key)}\ufdd1")
        for tag, hole, key in _NAMED:
            if el.tag == tag and el.get(key) in bookmarks:
                el.set(key, f"\ufdd0{hole}:{el.get(key)}\ufdd1")


_NAMED = ((_W + "bookmarkStart", "name", _W + "name"), (_W + "hyperlink", "anchor", _W + "anchor"))
_NUMBERED = {
    _W + "numId": (_W + "val", "num"),
    _W + "style": (_W + "styleId", "style"),
    _W + "bookmarkStart": (_W + "id", "bookmark"),
    _W + "bookmarkEnd": (_W + "id", "end"),
    _WP + "docPr": ("id", "drawing"),
}
"""Elements that carry an id: the attribute it stands in, and the hole it gets."""


def _relationships(xml: bytes, name: str) -> dict[str, tuple[str, str, bool]]:
    from docgen.template.tree import parse

    if not xml:
        return {}
    return {
        str(r.get("Id")): (
            str(r.get("Type")).rsplit("/", 1)[-1],
            str(r.get("Target")),
            r.get("TargetMode") == "External",
        )
        for r in parse(xml, "rels", name)
        if isinstance(r.tag, str)
    }


def _styles(xml: bytes | None, name: str) -> dict[str, tuple[str, str]]:
    """Style id → (name, XML with holes)."""
    from lxml import etree

    from docgen.template.tree import parse

    if not xml:
        return {}
    root = parse(xml, "word/styles.xml", name)
    styles = {str(el.get(_W + "styleId")): el for el in root.iter(_W + "style")}
    _make_holes(root, {})
    etree.cleanup_namespaces(root)
    out = {}
    for key, el in styles.items():
        title = el.find(_W + "name")
        if _W + "default" in el.attrib:
            del el.attrib[_W + "default"]  # the template has its own default
        label = str(title.get(_W + "val")) if title is not None else key
        out[key] = (label, etree.tostring(el, encoding="unicode", with_tail=False))
    return out


def _numbering(xml: bytes | None, name: str) -> dict[str, tuple[str, str]]:
    """Num id → (abstract numbering, instance), with holes for the new ids."""
    from lxml import etree

    from docgen.template.tree import parse

    if not xml:
        return {}
    root = parse(xml, "word/numbering.xml", name)
    _make_holes(root, {})
    etree.cleanup_namespaces(root)
    abstracts = {}
    for el in root.iter(_W + "abstractNum"):
        key = str(el.get(_W + "abstractNumId"))
        el.set(_W + "abstractNumId", "\ufdd0a\ufdd1")
        for link in el.findall(_W + "nsid"):
            el.remove(link)  # two lists with one nsid would be one list
        abstracts[key] = etree.tostring(el, encoding="unicode", with_tail=False)
    out = {}
    for el in root.iter(_W + "num"):
        key, reference = str(el.get(_W + "numId")), el.find(_W + "abstractNumId")
        if reference is None or reference.get(_W + "val") not in abstracts:
            continue
        abstract = abstracts[str(reference.get(_W + "val"))]
        el.set(_W + "numId", "\ufdd0n\ufdd1")
        reference.set(_W + "val", "\ufdd0a\ufdd1")
        out[key] = (abstract, etree.tostring(el, encoding="unicode", with_tail=False))
    return out
