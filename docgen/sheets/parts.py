"""Parts of a workbook's package: read and written as trees, named by the relations of other parts.

ECMA-376 part 2. No entity of a part is resolved and nothing is fetched.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from lxml import etree

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no XML can hold."""
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def parsed(content: bytes) -> Any:
    """The root of a part."""
    return etree.fromstring(content, _PARSER)


def written(root: Any) -> bytes:
    """A part as office programs write it."""
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


def tag(root: Any, name: str) -> str:
    """A name in the namespace of ``root``: transitional, strict, or whatever it is."""
    return f"{{{etree.QName(root).namespace}}}{name}"


def local(element: Any) -> str:
    """An element's name without its namespace; empty for a comment."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def relation_id(element: Any) -> str:
    """The relation an element names with ``r:id``; empty where it names none."""
    return next((str(value) for name, value in element.attrib.items() if name.endswith("}id")), "")


def relations_of(path: str) -> str:
    """``xl/workbook.xml`` → ``xl/_rels/workbook.xml.rels``; the package's own for the empty path."""
    folder, file = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{file}.rels")


def relations(path: str, content: bytes | None) -> dict[str, tuple[str, str]]:
    """Relation id → (kind, path of its target) of the part at ``path``; ``content`` is that of its relations."""
    found = {}
    for relation in parsed(content) if content is not None else ():
        if local(relation) == "Relationship" and relation.get("TargetMode") != "External":
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, resolved(path, relation.get("Target", "")))
    return found


def resolved(path: str, target: str) -> str:
    """The path of a relation's target, as the part at ``path`` writes it: ``../comments1.xml``."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(path), target))[1:]
