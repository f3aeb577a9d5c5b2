"""Parts a render changes beside its stories: relationships, pictures, content types, styles, numbering."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from docgen.package import CONTENT_TYPES
from docgen.render import merged_rels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docgen.package import Member
    from docgen.render import RenderState

_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
}
_NUMBERING = "word/numbering.xml"
_STYLES = "word/styles.xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def added_parts(state: RenderState, raw: Mapping[str, Member], types: Member) -> list[tuple[str, bytes]]:
    """The parts to write for what a render gathered, in a fixed order."""
    out: dict[str, bytes] = {}
    overrides: dict[str, str] = {}
    if state.numbering_xml:
        numbering = raw[_NUMBERING].read() if _NUMBERING in raw else b""
        out[_NUMBERING] = _numbering(numbering, state.numbering_xml)
        if not numbering:
            state.rels.setdefault("word/document.xml", {})[("numbering", "numbering.xml", False)] = "rIdGdNumbering"
            overrides[_NUMBERING] = "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"
    if state.styles and _STYLES in raw:
        styles = raw[_STYLES].read()
        end = styles.rfind(b"</w:styles>")
        out[_STYLES] = styles[:end] + "".join(state.styles.values()).encode() + styles[end:]
    for part, rels in state.rels.items():
        head, tail = posixpath.split(part)
        name = posixpath.join(head, "_rels", tail + ".rels")
        out[name] = merged_rels(raw[name].read() if name in raw else b"", sorted(rels.items(), key=lambda r: r[1]))
    content_types = _content_types(types.read(), state.media, overrides)
    if content_types is not None:
        out[CONTENT_TYPES] = content_types
    return [*out.items(), *state.media.items()]


def _numbering(original: bytes, added: list[tuple[str, str]]) -> bytes:
    """Definitions stand before instances; both keep their order."""
    abstracts, instances = ("".join(x).encode() for x in zip(*added, strict=True))
    if not original:
        return (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:numbering xmlns:w="{_W}">'.encode()
            + abstracts
            + instances
            + b"</w:numbering>"
        )
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
