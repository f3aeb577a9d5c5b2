"""Pictures in rendered Word documents: what is kept of them, and which stand where."""

from __future__ import annotations

from lxml import etree

from given.documents import PNG, contents, tree

WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
MM = 36_000
WIDE = PNG.replace(b"\x00\x00\x00\x01\x00\x00\x00\x01", b"\x00\x00\x00\x04\x00\x00\x00\x02", 1)
"""A picture whose header says 4 × 2."""


def media(blob: bytes) -> list[bytes]:
    return [data for name, data in contents(blob).items() if name.startswith("word/media/")]


def shown(blob: bytes, part: str = "word/document.xml") -> list[bytes]:
    """The pictures of a part, in order."""
    folder, _slash, file = part.rpartition("/")
    found = contents(blob)
    targets = {r.get("Id"): r.get("Target") for r in etree.fromstring(found[f"{folder}/_rels/{file}.rels"])}
    return [found[f"{folder}/{targets[b.get(R + 'embed')]}"] for b in tree(blob, part).iter(A + "blip")]
