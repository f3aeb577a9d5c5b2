"""Several sheets from one: ``{%sheet for d in departments %}`` in a row of its own, and tags in a sheet's name.

Each copy is a sheet of its own for everything else: rows, formulas, and the parts that hang on it (drawings with their
charts, comments). What Excel allows once only (tables, pivot tables) cannot hang on a sheet that is copied.
"""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import TemplateSyntaxError, nodes

from docgen.errors import DataError, Problem
from docgen.excel.cell_values import PartXml
from docgen.excel.moved_parts import Moves
from docgen.excel.promises import SheetProgram
from docgen.template.compiler import Program
from docgen.template.environment import TemplateEnvironment
from docgen.template.package import CONTENT_TYPES, rels_name, target_of
from docgen.template.xml_text import escape_attribute, plain_text
from foundation.language import _

LONGEST_NAME = 31
_ILLEGAL = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_TARGET = re.compile(r'Target="([^"]*)"')
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CHARTS = ("chart", "chartUserShapes", "chartStyle", "chartColorStyle", "chartEx")
COPIED = frozenset(("drawing", "comments", "vmlDrawing", "threadedComment", *_CHARTS))
"""Kinds of parts each copy gets for itself."""
SHARED = frozenset(("image", "printerSettings", "hyperlink", "person"))
"""Kinds of parts the copies have in common."""


def sheet_name(value: Any, taken: set[str]) -> str:
    r"""A name Excel accepts for a sheet: no ``[]:*?/\``, at most 31 characters, not used yet in any case of letters."""
    name = _ILLEGAL.sub("_", plain_text(value)).strip().strip("'") or "Sheet"
    chosen, number = name[:LONGEST_NAME], 1
    while chosen.casefold() in taken or chosen.casefold() == "history":
        number += 1
        end = f" ({number})"
        chosen = name[: LONGEST_NAME - len(end)] + end
    taken.add(chosen.casefold())
    return chosen


def loop_names(source: str, env: TemplateEnvironment) -> list[str]:
    """The names a ``for …`` gives; none where it cannot be read, which is told when it is compiled."""
    try:
        tree = env.parse(f"{{% {source} %}}{{% endfor %}}")
    except TemplateSyntaxError:
        return []
    return [name.name for loop in tree.find_all(nodes.For) for name in _targets(loop.target)]


def _targets(target: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(target, nodes.Name):
        yield target
    yield from target.find_all(nodes.Name)


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook lists it, with its attributes."""

    name: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NameEntry:
    """A defined name: its attributes, its text, and the sheet it belongs to, if any."""

    attributes: tuple[tuple[str, str], ...]
    text: str
    sheet: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The sheets and names of a template's workbook, for one whose sheets are copied or renamed."""

    sheets: tuple[SheetEntry, ...] = ()
    names: tuple[NameEntry, ...] = ()


class SheetCopies:
    """The sheets of one render: those of the template, and their copies in its place."""

    def __init__(self, programs: list[SheetProgram], listing: Listing) -> None:
        self._listing = listing
        self._programs = programs
        renamed = {p.sheet.name for p in programs if p.copies is not None}
        self.taken = {e.name.casefold() for e in listing.sheets if e.name not in renamed}
        self.made: dict[str, list[SheetProgram]] = {}
        self._adding: list[tuple[str, dict[str, Any]]] = []

    def add(self, title: Any, values: dict[str, Any]) -> str:
        """One more copy of the sheet at hand; what the template's own code calls."""
        self._adding.append((sheet_name(title, self.taken), values))
        return PartXml("")

    def expanded(self, run: Callable[[Program, Mapping[str, Any]], Iterable[bytes]]) -> list[SheetProgram]:
        """All sheets; ``run`` runs a program that lists the copies of one."""
        for program in sorted(self._programs, key=lambda p: self._position(p.sheet.name)):
            if program.copies is None:
                self.made[program.sheet.name] = [program]
                continue
            self._adding = []
            for _piece in run(program.copies, {"_gd_copy": self.add}):
                pass
            self.made[program.sheet.name] = [
                _copy(program, number, title, values) for number, (title, values) in enumerate(self._adding)
            ]
        return [made for program in self._programs for made in self.made[program.sheet.name]]

    def _position(self, name: str) -> int:
        return next((i for i, entry in enumerate(self._listing.sheets) if entry.name == name), 0)

    def refuse_none(self, file: str) -> None:
        """A workbook has at least one sheet."""
        if self._listing.sheets and not any(self._of(entry) for entry in self._listing.sheets):
            message = _("no sheet is left: the list its sheets are made from is empty")
            raise DataError(Problem(file, message, _("Add a sheet that is always there."), "sheet.none"))

    def _of(self, entry: SheetEntry) -> list[SheetProgram | None]:
        """What a sheet of the template became; None for one that is copied as it is."""
        return list(self.made[entry.name]) if entry.name in self.made else [None]

    # -- what the workbook's own part asks

    def functions(self, moves: Moves) -> dict[str, Callable[..., Any]]:
        """By the names it uses."""
        return {"_gd_sheets": self._sheets, "_gd_names": lambda: self._names(moves), "_gd_tab": self._tab}

    def _sheets(self) -> str:
        highest = max((int(dict(e.attributes).get("sheetId") or 0) for e in self._listing.sheets), default=0)
        out = ""
        for entry in self._listing.sheets:
            for number, program in enumerate(self._of(entry)):
                attributes = dict(entry.attributes)
                if program is not None and program.title:
                    attributes["name"] = program.title
                if number and program is not None:
                    highest += 1
                    attributes |= {"sheetId": str(highest), "r:id": relation(program)}
                out += f"<sheet{_attributes(attributes)}/>"
        return PartXml(f'<sheets xmlns:r="{_R}">{out}</sheets>')

    def _names(self, moves: Moves) -> str:
        out, at = "", 0
        indexes: dict[str, list[int]] = {}
        for entry in self._listing.sheets:
            count = len(self._of(entry))
            indexes[entry.name] = list(range(at, at + count))
            at += count
        for name in self._listing.names:
            owners = self._owners(name.sheet)
            for number, owner in enumerate(owners):
                attributes = dict(name.attributes)
                if name.sheet:
                    attributes["localSheetId"] = str(indexes[name.sheet][number])
                text = moves.name(owner, name.text)
                out += f"<definedName{_attributes(attributes)}>{escape_attribute(text)}</definedName>"
        return PartXml(f"<definedNames>{out}</definedNames>") if out else ""

    def _owners(self, sheet: str) -> list[str]:
        """The sheets a name of the template's sheet now belongs to."""
        return [program.sheet.name for program in self.made[sheet]] if sheet in self.made else [sheet]

    def _tab(self, number: int) -> int:
        """Where the sheet that is shown first has gone."""
        before = sum(len(self._of(entry)) for entry in self._listing.sheets[:number])
        return max(0, min(before, sum(len(self._of(entry)) for entry in self._listing.sheets) - 1))

    # -- parts

    def parts(self, raw: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Relationships, content types and unchanged parts of the copies."""
        types, relations = raw[CONTENT_TYPES].decode(), raw["xl/_rels/workbook.xml.rels"].decode()
        for program in self._programs:
            if not program.hanging:
                continue
            copies = self.made[program.sheet.name]
            if not copies:
                relations = _without(relations, program.part.removeprefix("xl/"), "Relationship")
            for part in program.hanging:
                override = re.search(rf'<Override [^>]*PartName="/{re.escape(part)}"[^>]*/>', types)
                added = ""
                for made in copies:
                    name = part_of(made, part)
                    yield from _rels_of(made, part, raw)
                    if part in raw:
                        yield name, raw[part]
                    if override is not None and name != part:
                        added += override[0].replace(f"/{part}", f"/{name}")
                types = types.replace("</Types>", f"{added}</Types>")
                if not copies:
                    types = _without(types, f"/{part}", "Override")
            for made in copies[1:]:
                kind = f'Id="{relation(made)}" Type="{_R}/worksheet" Target="/{made.part}"'
                relations = relations.replace("</Relationships>", f"<Relationship {kind}/></Relationships>")
        yield CONTENT_TYPES, types.encode()
        yield "xl/_rels/workbook.xml.rels", relations.encode()


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {key}="{escape_attribute(value)}"' for key, value in attributes.items())


def _without(xml: str, target: str, element: str) -> str:
    return re.sub(rf'<{element} [^>]*"/?(?:xl/)?{re.escape(target.removeprefix("/"))}"[^>]*/>', "", xml)


def relation(program: SheetProgram) -> str:
    """The id by which the workbook knows a copy."""
    return "rIdGd" + re.sub(r"\W", "_", posixpath.basename(program.part))


def part_of(program: SheetProgram, part: str) -> str:
    """The name of a part in this copy; the first keeps the template's."""
    if not program.number:
        return part
    stem, extension = posixpath.splitext(part)
    return f"{stem}gd{program.number}{extension}"


def _rels_of(program: SheetProgram, part: str, raw: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    found = raw.get(rels_name(part))
    if found is None:
        return

    def moved(match: re.Match[str]) -> str:
        full = target_of(posixpath.dirname(part), match[1])
        return f'Target="/{part_of(program, full)}"' if full in program.hanging else match[0]

    yield rels_name(part_of(program, part)), _TARGET.sub(moved, found.decode()).encode()


def _copy(program: SheetProgram, number: int, title: str, values: dict[str, Any]) -> SheetProgram:
    sheet = copy.copy(program.sheet)
    looped = bool(program.sheet.loop)
    if looped:
        sheet.name = f"{program.sheet.name}\x00{number}"
    before = program.before
    if number:
        before = re.sub(rb' (?:tabSelected|codeName)="[^"]*"', b"", before)
    made = replace(program, sheet=sheet, number=number, title=title, values=values, before=before)
    return replace(made, part=part_of(made, program.part)) if looped else made
