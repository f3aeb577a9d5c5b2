"""A workbook template as it lies in its parts: sheets, names, tables, relationships. Nothing is compiled yet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from docgen.errors import Problem, TemplateError
from docgen.excel.formulas.dependence import Names
from docgen.excel.formulas.references import Formula, Ref
from docgen.excel.reader import S, TemplateSheet, attribute_name, read_sheet, shared_strings
from docgen.excel.sheet_copies import Listing, NameEntry, SheetEntry
from docgen.template.package import Member, rels_name, target_of
from docgen.template.tree import Element, R, parse
from foundation.language import _

WORKBOOK = "xl/workbook.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
TAG = re.compile(rb"\{[{%#]")


class Workbook:
    """The parts of a workbook. Raises TemplateError for what is none."""

    def __init__(self, members: Mapping[str, Member], file: str) -> None:
        self.members, self.file = members, file
        self.root = self._opened()
        properties = self.root.find(S + "workbookPr")
        self.since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.styles = self.parse(STYLES) if STYLES in members else None
        self.names = Names({el.get("name") or "": el.text or "" for el in self.defined()})

    def _opened(self) -> Element:
        root = self.parse(WORKBOOK) if WORKBOOK in self.members else None
        if root is not None and root.tag == S + "workbook":
            return root
        message = _("the file is not an Excel workbook")
        if root is not None:
            message = _("the workbook is saved as Strict Open XML, which is not read here")
        hint = _("Save it in Excel or WPS as .xlsx.")
        raise TemplateError(Problem(self.file, message, hint, "package.no-workbook"))

    def parse(self, part: str) -> Element:
        """The tree of a part."""
        return parse(_unprefixed(self.members[part].read()), part, self.file)

    def defined(self) -> list[Element]:
        """The defined names."""
        return list(self.root.iter(S + "definedName"))

    def sheets(self) -> list[TemplateSheet]:
        """The worksheets, in their order, each with its own problems."""
        strings = shared_strings(self.parse(STRINGS) if STRINGS in self.members else None)
        targets = self.relationships(WORKBOOK)
        found = []
        for el in self.root.iter(S + "sheet"):
            kind, part = targets.get(el.get(R + "id") or "", ("", ""))
            if kind == "worksheet" and part in self.members:
                tables = [ref for table in self.tables(part) for ref in Formula.parse(table.get("ref") or "").refs()]
                sheet = read_sheet(self.parse(part), el.get("name") or "", part, strings, self.file, tables)
                found.append(sheet)
        return found

    def relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id → (kind, part)."""
        rels, folder = self.members.get(rels_name(part)), posixpath.dirname(part)
        if rels is None:
            return {}
        out = {}
        for el in parse(rels.read(), rels.name, self.file):
            if isinstance(el.tag, str) and el.get("TargetMode") != "External":
                full = target_of(folder, str(el.get("Target")))
                out[str(el.get("Id"))] = (str(el.get("Type")).rsplit("/", 1)[-1], full)
        return out

    def touched(self, sheets: list[TemplateSheet], seen: Mapping[str, frozenset[str]]) -> set[str]:
        """Sheets with tags, and those whose formulas look, through however many others, at one of them."""
        touched = {s.name.casefold() for s in sheets if s.tagged or TAG.search(self.members[s.part].read())}
        size = -1
        while size != len(touched):
            size = len(touched)
            touched |= {name for name, others in seen.items() if others & touched or (touched and "*" in others)}
        return touched

    def other_refs(self, sheets: list[TemplateSheet]) -> Iterator[Ref]:
        """References of names, charts and tables, each with its sheet."""
        for el in self.defined():
            yield from Formula.parse(el.text or "").refs()
        for name in self.members:
            if is_chart(name):
                for el in self.parse(name).iter("{*}f"):
                    yield from Formula.parse(el.text or "").refs()
        for sheet in sheets:
            for table in self.tables(sheet.part):
                yield from _table_rows(table, sheet.name)

    def tables(self, part: str) -> list[Element]:
        """The tables of a sheet."""
        found = self.relationships(part).values()
        return [self.parse(target) for kind, target in found if kind == "table" and target in self.members]

    def index(self, name: str) -> int:
        """A sheet's position in the list of sheets."""
        return [el.get("name") for el in self.root.iter(S + "sheet")].index(name)

    def listing(self) -> Listing:
        """Its lists of sheets and names, for a workbook whose sheets are copied or renamed."""
        sheets = tuple(
            SheetEntry(el.get("name") or "", tuple((attribute_name(el, str(k)), str(v)) for k, v in el.attrib.items()))
            for el in self.root.iter(S + "sheet")
        )
        names = tuple(
            NameEntry(
                tuple((str(k), str(v)) for k, v in el.attrib.items()),
                el.text or "",
                sheets[int(el.get("localSheetId") or 0)].name if el.get("localSheetId") else "",
            )
            for el in self.defined()
        )
        return Listing(sheets, names)

    def other_tags(self) -> bool:
        """Whether people wrote tags outside the sheets."""
        return any(TAG.search(m.read()) for n, m in self.members.items() if is_text_part(n))


def _unprefixed(xml: bytes) -> bytes:
    """The part with SpreadsheetML as its default namespace, as Office writes it."""
    found = re.search(rb'xmlns:(\w+)="' + re.escape(S[1:-1].encode()) + rb'"', xml[:4096])
    if found is None:
        return xml
    prefix = found[1]
    bare = re.sub(rb"(</?)" + prefix + rb":", rb"\1", xml)
    return bare.replace(b"xmlns:" + prefix + b"=", b"xmlns=", 1)


def is_chart(name: str) -> bool:
    """Whether a part is a chart."""
    return "/charts/chart" in name and name.endswith(".xml")


def is_text_part(name: str) -> bool:
    """Parts outside the sheets where people write: comments, drawings, charts, document properties."""
    people = name.startswith(("xl/comments", "xl/threadedComments/", "xl/drawings/drawing", "docProps/"))
    return name.endswith(".xml") and (people or is_chart(name))


def _table_rows(table: Element, sheet: str) -> Iterator[Ref]:
    """The rows of a table that hold data: there must be one."""
    totals = int(table.get("totalsRowCount") or 0)
    for found in Formula.parse(table.get("ref") or "").refs():
        last = (found.row2 or found.row1 or 1) - totals
        yield Ref(sheet, (found.row1 or 1) + 1, found.col1, last, found.col2)
