"""Parts a render changes beside its stories: relationships, pictures, content types, styles, numbering."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from docgen.template.package import CONTENT_TYPES, Member, rels_name
from docgen.template.render import RenderState
from docgen.template.xml_text import escape_attribute

_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "emf": "image/x-emf",
    "wmf": "image/x-wmf",
    "svg": "image/svg+xml",
}
_NUMBERING = "word/numbering.xml"
_STYLES = "word/styles.xml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def added_parts(state: RenderState, raw: Mapping[str, Member], types: Member) -> list[tuple[str, bytes]]:
    """The parts to write for what a render gathered, in a fixed order."""
    out: dict[str, bytes] = {}
    overrides: dict[str, str] = {}
    if state.numbering_xml:
        out[_NUMBERING] = _numbering(_original("numbering", raw, state, overrides), state.numbering_xml)
    if state.styles:
        out[_STYLES] = _styles(_original("styles", raw, state, overrides), state.styles.values())
    for part, rels in state.rels.items():
        name = rels_name(part)
        out[name] = _relationships(raw[name].read() if name in raw else b"", sorted(rels.items(), key=lambda r: r[1]))
    content_types = _content_types(types.read(), state.media, overrides)
    if content_types is not None:
        out[CONTENT_TYPES] = content_types
    return [*out.items(), *state.media.items()]


def _relationships(original: bytes, added: Iterable[tuple[tuple[str, str, bool], str]]) -> bytes:
    """A .rels part with relationships added; what was there stays byte for byte."""
    lines = "".join(
        f'<Relationship Id="{rid}" Type="{_REL}{kind}" Target="{escape_attribute(target)}"'
        + (' TargetMode="External"/>' if external else "/>")
        for (kind, target, external), rid in added
    ).encode()
    if not original:
        ns = "http://schemas.openxmlformats.org/package/2006/relationships"
        return f'{_XML}<Relationships xmlns="{ns}">'.encode() + lines + b"</Relationships>"
    end = original.rfind(b"</Relationships>")
    if end < 0:  # an empty, self-closed element
        return original[: original.rfind(b"/>")] + b">" + lines + b"</Relationships>"
    return original[:end] + lines + original[end:]


def _original(kind: str, raw: Mapping[str, Member], state: RenderState, overrides: dict[str, str]) -> bytes:
    """The template's part, or a new one that is declared and related to the body."""
    name = f"word/{kind}.xml"
    if name in raw:
        return raw[name].read()
    state.rels.setdefault("word/document.xml", {})[kind, f"{kind}.xml", False] = f"rIdGd{kind}"
    overrides[name] = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"
    return f'{_XML}<w:{kind} xmlns:w="{_W}"></w:{kind}>'.encode()


def _styles(original: bytes, added: Iterable[str]) -> bytes:
    end = original.rfind(b"</w:styles>")
    return original[:end] + "".join(added).encode() + original[end:]


def _numbering(original: bytes, added: list[tuple[str, str]]) -> bytes:
    """Definitions stand before instances; both keep their order."""
    abstracts, instances = ("".join(x).encode() for x in zip(*added, strict=True))
    first = original.find(b"<w:num ")
    last = original.find(b"<w:numIdMacAtCleanup")
    end = last if last >= 0 else original.rfind(b"</w:numbering>")
    first = end if first < 0 else first
    return original[:first] + abstracts + original[first:end] + instances + original[end:]


def _content_types(original: bytes, media: Mapping[str, bytes], overrides: Mapping[str, str]) -> bytes | None:
    lower = original.lower()
    extensions = {posixpath.splitext(name)[1].lstrip(".").lower() for name in media}
    new = [e for e in sorted(extensions) if f'extension="{e}"'.encode() not in lower]
    if not new and not overrides:
        return None
    lines = "".join(f'<Default Extension="{e}" ContentType="{_TYPES.get(e, "image/" + e)}"/>' for e in new)
    lines += "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in overrides.items())
    end = original.rfind(b"</Types>")
    return original[:end] + lines.encode() + original[end:]
