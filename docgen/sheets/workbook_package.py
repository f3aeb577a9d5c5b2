"""The members of a workbook's package, some of them new: parts, their relations, content types, names of the workbook.

What does not change is copied as compressed bytes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from docgen.sheets.notes import blocks_of
from docgen.sheets.parts import parsed, relation_id, relations, relations_of, resolved, written
from docgen.sheets.styles_part import MINIMAL, MarkStyles
from docgen.template.package import CONTENT_TYPES, Member, Shelf, pack

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)")


@dataclass(frozen=True, slots=True)
class WorksheetPart:
    """One worksheet: its part, and its place among the sheets, by which names of the workbook refer to it."""

    path: str
    order: int


class WorkbookPackage:
    """The members of one workbook, some of them new."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self.members = dict(members)
        self.names = {name.lower(): name for name in self.members}
        self.changed = False
        self.workbook = self._target("", "officeDocument") or "xl/workbook.xml"
        self.sheets = self._sheets()
        self.styles_path = self._target(self.workbook, "styles")
        styles = self.read(self.styles_path) if self.styles_path else None
        self.styles = MarkStyles(styles or MINIMAL % self.namespace.encode())

    def content(self, before: bytes) -> bytes:
        """The whole file; ``before``, what it was, where nothing changed."""
        if self.styles.changed:
            self._keep_styles()
        return pack(Shelf(self.members.values()), []) if self.changed else before

    def read(self, path: str) -> bytes | None:
        """A part's content; None where there is none."""
        name = self.names.get(path.lower())
        return self.members[name].read() if name is not None else None

    def root(self, path: str, new: bytes = b"") -> Any:
        """A part as a tree; that of ``new`` where there is none."""
        return parsed(self.read(path) or new)

    def write(self, path: str, content: bytes) -> None:
        name = self.names.setdefault(path.lower(), path)
        member = self.members.get(name) or Member(name, 8, 0, 0, b"")
        self.members[name] = member.with_content(content)
        self.changed = True

    def remove(self, path: str) -> None:
        if (name := self.names.pop(path.lower(), None)) is not None:
            del self.members[name]
            self.changed = True

    def free(self, pattern: str) -> str:
        """``xl/comments{}.xml`` → the first such name nobody has."""
        number = 1
        while pattern.format(number).lower() in self.names:
            number += 1
        return pattern.format(number)

    @property
    def kinds(self) -> str:
        """What the types of relations begin with."""
        strict = "http://purl.oclc.org/ooxml/officeDocument/relationships"
        return strict if self.strict else "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def _sheets(self) -> dict[str, WorksheetPart]:
        root = self.root(self.workbook)
        self.namespace = etree.QName(root).namespace or ""
        self.strict = self.namespace == _STRICT
        targets = self.relations(self.workbook)
        found = {}
        for order, sheet in enumerate(root.iter("{*}sheet")):
            kind, path = targets[relation_id(sheet)]
            if kind == "worksheet":
                found[sheet.get("name", "")] = WorksheetPart(path, order)
        return found

    def _keep_styles(self) -> None:
        if self.styles_path is None:
            self.styles_path = self.free("xl/styles{}.xml")
            self.relate(self.workbook, "styles", self.styles_path)
            self.declare(
                self.styles_path, "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml", default=""
            )
        self.write(self.styles_path, self.styles.content())

    # relations

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Relation id → (kind, path of its target) of a part."""
        return relations(path, self.read(relations_of(path)))

    def _target(self, path: str, kind: str) -> str | None:
        return next((target for found, target in self.relations(path).values() if found == kind), None)

    def relate(self, path: str, kind: str, target: str) -> str:
        """Add a relation; its id."""
        name = relations_of(path)
        root = self.root(name, b'<Relationships xmlns="%s"/>' % _RELATIONS.encode())
        taken = {relation.get("Id") for relation in root}
        identity = next(free for n in range(1, len(taken) + 2) if (free := f"rIdGuidang{n}") not in taken)
        relative = posixpath.relpath(target, posixpath.dirname(path) or ".")
        etree.SubElement(
            root, f"{{{_RELATIONS}}}Relationship", Id=identity, Type=f"{self.kinds}/{kind}", Target=relative
        )
        self.write(name, written(root))
        return identity

    def unrelate(self, path: str, target: str) -> None:
        """Take the relations to a part away, and their part of the package when none is left."""
        name = relations_of(path)
        root = self.root(name, b"<x/>")
        for relation in list(root):
            if resolved(path, relation.get("Target", "")).lower() == target.lower():
                root.remove(relation)
        if len(root):
            self.write(name, written(root))
        else:
            self.remove(name)

    # content types

    def declare(self, path: str, content_type: str, *, default: str) -> None:
        """Give a part its type: by its extension where ``default`` names it, else by its own name."""
        root = self.root(CONTENT_TYPES)
        if default:
            if any(entry.get("Extension", "").lower() == default for entry in root):
                return
            entry = etree.Element(f"{{{_TYPES}}}Default", Extension=default, ContentType=content_type)
            root.insert(0, entry)
        else:
            etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{path}", ContentType=content_type)
        self.write(CONTENT_TYPES, written(root))

    def undeclare(self, path: str) -> None:
        root = self.root(CONTENT_TYPES)
        for entry in list(root):
            if entry.get("PartName", "").lower() == f"/{path}".lower():
                root.remove(entry)
        self.write(CONTENT_TYPES, written(root))

    def blocks(self) -> set[int]:
        """The blocks of shape numbers all legacy drawings use."""
        drawings = [name for name in self.members if name.lower().endswith(".vml")]
        return {block for name in drawings for block in blocks_of(self.members[name].read())}

    def rename_filter(self, sheet: WorksheetPart, reference: str | None) -> None:
        """The hidden name of a sheet's filter, where there is one, follows it; None: the filter is gone."""
        root = self.root(self.workbook)
        for name in list(root.iter("{*}definedName")):
            if name.get("name") == "_xlnm._FilterDatabase" and name.get("localSheetId") == str(sheet.order):
                if reference is None:
                    name.getparent().remove(name)
                else:
                    name.text = RANGE.sub(lambda _found: _absolute(reference), name.text or "")
                self.write(self.workbook, written(root))


def _absolute(reference: str) -> str:
    return re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", reference)
