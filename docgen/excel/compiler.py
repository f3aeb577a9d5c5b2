"""A workbook template → compiled sheets and parts: everything that depends on the template alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2.lexer import Token
from lxml import etree

from docgen.errors import Problem, TemplateError
from docgen.excel import hanging_parts as sheetparts
from docgen.excel.cell_styles import CellFormats
from docgen.excel.cell_values import excel_writers
from docgen.excel.code import SheetGenerator
from docgen.excel.formulas.dependence import Looked, Names, branches_of, looked_at, sheets_seen
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.formulas.references import Formula, Ref
from docgen.excel.formulas.suspicious import doubtful
from docgen.excel.plan import SheetCompiler, SheetPlace
from docgen.excel.promises import SheetProgram
from docgen.excel.reader import S, TemplateSheet, attribute_name, read_sheet, shared_strings
from docgen.excel.sheet_copies import COPIED, SHARED, Listing, NameEntry, SheetEntry, loop_names
from docgen.template.compiler import Program, TokenSource, compile_part, compile_tokens, tag_tokens
from docgen.template.environment import TemplateEnvironment
from docgen.template.marks import Numbers, Site, SiteKind, TagMark, TagPlace, TemplatePart
from docgen.template.package import CONTENT_TYPES, Member
from docgen.template.tags import TagKind
from docgen.template.tree import Element, parse, serialise
from docgen.template.xml_text import escape
from docgen.word.part_reader import Holes, read_part
from foundation.language import _

Punch = Callable[[Holes, Element], None]

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WORKBOOK = "xl/workbook.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
CHAIN = "xl/calcChain.xml"
_TAG = re.compile(rb"\{[{%#]")
_HANGING: dict[str, Punch] = {
    "drawing": sheetparts.drawing,
    "comments": sheetparts.comments,
    "threadedComment": sheetparts.threaded,
    "vmlDrawing": sheetparts.vml,
    "table": sheetparts.table,
}
"""Parts that belong to a sheet, by the kind of their relationship."""


@dataclass(frozen=True, slots=True)
class PartProgram:
    """A part beside the sheets that a render writes; ``sheet``: the sheet it hangs on, or nothing."""

    program: Program
    sheet: str = ""


@dataclass(slots=True)
class CompiledWorkbook:
    """A workbook, compiled."""

    formats: CellFormats
    sheets: list[SheetProgram] = field(default_factory=list)
    parts: list[PartProgram] = field(default_factory=list)
    plan: list[FormulaCell] = field(default_factory=list)
    listing: Listing = field(default_factory=Listing)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def compile_workbook(members: Mapping[str, Member], file: str, env: TemplateEnvironment) -> CompiledWorkbook:
    """Read and compile a workbook once; ``problems`` are those of all its sheets."""
    return _Reading(members, file, env).compile()


class _Reading:
    def __init__(self, members: Mapping[str, Member], file: str, env: TemplateEnvironment) -> None:
        self.members, self.file, self.env = members, file, env
        self.workbook = self._workbook()
        properties = self.workbook.find(S + "workbookPr")
        since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        styles = self._parse(STYLES) if STYLES in members else None
        self.result = CompiledWorkbook(CellFormats(styles, since_1904=since_1904))
        self.problems, self.plan = self.result.problems, self.result.plan
        self.writers = excel_writers(self.result.formats)
        self.names = Names({el.get("name") or "": el.text or "" for el in self._defined()})

    def _workbook(self) -> Element:
        root = self._parse(WORKBOOK) if WORKBOOK in self.members else None
        if root is not None and root.tag == S + "workbook":
            return root
        message = _("the file is not an Excel workbook")
        if root is not None:
            message = _("the workbook is saved as Strict Open XML, which is not read here")
        hint = _("Save it in Excel or WPS as .xlsx.")
        raise TemplateError([Problem(self.file, message, hint, "package.no-workbook")])

    def _parse(self, part: str) -> Element:
        return parse(_unprefixed(self.members[part].read()), part, self.file)

    def _defined(self) -> list[Element]:
        return list(self.workbook.iter(S + "definedName"))

    def compile(self) -> CompiledWorkbook:
        """The sheets to be written, the other parts that hang on them, and every fault."""
        sheets = self._sheets()
        tabled = [s.name for s in sheets if self._tables(s.part)]
        seen = {s.name.casefold(): sheets_seen(s, self.names, tabled) for s in sheets}
        touched = self._touched(sheets, seen)
        if not touched and not self._other_tags():
            return self.result
        looked = looked_at(sheets, self.names, self._other_refs(sheets))
        renamed = {s.name.casefold() for s in sheets if s.title_tags}
        moving = renamed | {s.name.casefold() for s in sheets if s.moves}
        touched |= renamed
        self._refuse_looks_at_copies(sheets, seen)
        if renamed:
            self.result.listing = self._listing()
        for sheet in _by_dependence([s for s in sheets if s.name.casefold() in touched], seen):
            self._sheet(sheet, looked[sheet.name.casefold()], seen[sheet.name.casefold()], moving)
        self._parts(sheets, touched, moving)
        self.result.warnings += list(doubtful(self.result.sheets, self.file))
        return self.result

    # -- sheets

    def _sheets(self) -> list[TemplateSheet]:
        strings = shared_strings(self._parse(STRINGS) if STRINGS in self.members else None)
        targets = self._relationships(WORKBOOK)
        found = []
        for el in self.workbook.iter(S + "sheet"):
            kind, part = targets.get(el.get(R + "id") or "", ("", ""))
            if kind == "worksheet" and part in self.members:
                tables = [ref for table in self._tables(part) for ref in Formula.parse(table.get("ref") or "").refs()]
                sheet = read_sheet(self._parse(part), el.get("name") or "", part, strings, self.file, tables)
                self.problems += sheet.problems
                found.append(sheet)
        return found

    def _relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id → (kind, part)."""
        head, tail = posixpath.split(part)
        rels = self.members.get(posixpath.join(head, "_rels", tail + ".rels"))
        if rels is None:
            return {}
        out = {}
        for el in parse(rels.read(), rels.name, self.file):
            if isinstance(el.tag, str) and el.get("TargetMode") != "External":
                target = str(el.get("Target"))
                full = (
                    target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(head, target))
                )
                out[str(el.get("Id"))] = (str(el.get("Type")).rsplit("/", 1)[-1], full)
        return out

    def _touched(self, sheets: list[TemplateSheet], seen: Mapping[str, frozenset[str]]) -> set[str]:
        """Sheets with tags, and those whose formulas look, through however many others, at one of them."""
        touched = {s.name.casefold() for s in sheets if s.tagged or _TAG.search(self.members[s.part].read())}
        size = -1
        while size != len(touched):
            size = len(touched)
            touched |= {name for name, others in seen.items() if others & touched or (touched and "*" in others)}
        return touched

    def _other_refs(self, sheets: list[TemplateSheet]) -> Iterator[Ref]:
        """References of names, charts and tables, each with its sheet."""
        for el in self._defined():
            yield from Formula.parse(el.text or "").refs()
        for name in self.members:
            if _is_chart(name):
                for el in self._parse(name).iter("{*}f"):
                    yield from Formula.parse(el.text or "").refs()
        for sheet in sheets:
            for table in self._tables(sheet.part):
                yield from _table_rows(table, sheet.name)

    def _tables(self, part: str) -> list[Element]:
        """The tables of a sheet."""
        found = self._relationships(part).values()
        return [self._parse(target) for kind, target in found if kind == "table" and target in self.members]

    def _sheet(self, sheet: TemplateSheet, looked: Looked, seen: frozenset[str], moving: set[str]) -> None:
        formulas = self._formulas(sheet)
        self._refuse(sheet)
        if sheet.problems:
            return
        compiler = SheetCompiler(sheet, self.env, formulas, looked, moving)
        source = compiler.compile()
        self.problems += [replace(p, place=replace(p.place, file=self.file)) for p in compiler.problems]

        def generator(*arguments: Any) -> SheetGenerator:
            return SheetGenerator(compiler, self.result.formats, self.writers, *arguments)

        program, problems = compile_tokens(source, self.env, self.file, self.writers, generator)
        self.problems += problems
        before, after = self._around(sheet)
        if program is None:
            return
        cells = {(c.row, c.column): c for r in sheet.rows if not r.is_tag_row for c in r.cells}
        others = seen - {sheet.name.casefold()}
        homes = branches_of(sheet)
        made = SheetProgram(sheet, sheet.part, before, program, after, formulas, others, compiler.blanks, cells, homes)
        made.origin, made.copies = sheet.name, self._copies(sheet)
        made.hanging = tuple(self._hanging(sheet, sheet.part)) if sheet.loop else ()
        self.result.sheets.append(made)

    def _formulas(self, sheet: TemplateSheet) -> dict[tuple[int, int], FormulaCell]:
        formulas = {}
        for row in sheet.rows:
            for cell in row.cells:
                if cell.formula is not None:
                    text = Formula.parse(cell.formula)
                    computed = self.names.written_out(text)
                    if sheet.title_tags:
                        text, computed = (_without_own_name(f, sheet.name) for f in (text, computed))
                    found = FormulaCell(len(self.plan), sheet.name, cell, text, computed)
                    self.plan.append(found)
                    formulas[row.number, cell.column] = found
        return formulas

    def _refuse(self, sheet: TemplateSheet) -> None:
        """What a sheet may not have: tags in a table's headings, arrays over rows of a loop."""
        cells = {(c.row, c.column): c for r in sheet.rows for c in r.cells}
        for ref in (r for table in self._tables(sheet.part) for r in Formula.parse(table.get("ref") or "").refs()):
            columns = range(ref.col1 or 1, (ref.col2 or ref.col1 or 1) + 1)
            heads = [cells[ref.row1 or 1, c] for c in columns if (ref.row1 or 1, c) in cells]
            for cell in (c for c in heads if c.tags):
                message = _("{tag} stands in the heading of a table, which must be plain text").format(
                    tag=cell.tags[0].text
                )
                hint = _("Write the heading out, or turn the table into a range.")
                self._report(sheet, cell.ref, message, hint, "table.heading")
        self._refuse_nothing_above(sheet)
        homes = branches_of(sheet)
        for cell in cells.values():
            refs = Formula.parse(cell.array or "").refs()
            if cell.row in homes and refs and (refs[0].row2 or cell.row) != cell.row:
                message = _("an array formula over several rows cannot stand in a loop")
                self._report(sheet, cell.ref, message, _("Use one formula a row."), "formula.array")

    def _refuse_nothing_above(self, sheet: TemplateSheet) -> None:
        """A formula that means the row above the first copy, where none can be."""
        homes = branches_of(sheet)
        gone = sheet.dropped() | {row for b in sheet.branches for row in range(b.opener, b.closer + 1)}
        for cell in (c for row in sheet.rows for c in row.cells if c.formula and row.number in homes):
            top = homes[cell.row].chain()[0]
            above = any(row not in gone for row in range(1, top.opener))
            if not above and any(ref.row1 == top.opener for ref in Formula.parse(cell.formula or "").refs()):
                message = _("the formula looks at the row above the loop, and there is none")
                hint = _("Put a heading or an opening balance above the tag.")
                self._report(sheet, cell.ref, message, hint, "formula.above")

    def _report(self, sheet: TemplateSheet, ref: str, message: str, hint: str, code: str) -> None:
        self.problems.append(Problem(f"{self.file} {sheet.name}!{ref}", message, hint, code))

    def _around(self, sheet: TemplateSheet) -> tuple[bytes, Program | None]:
        """What stands before the rows, as it is, and a program for what stands behind them."""
        root = sheet.root
        data = root.find(S + "sheetData")
        if data is None:
            return b"", None
        for el in list(data):
            data.remove(el)
        data.text = data.tail = None
        if sheet.moves:
            _forget_positions(root)
        text = serialise(root)
        cut = text.index("<sheetData")
        before = text[:cut] + "<sheetData>"
        for el in list(root)[: root.index(data) + 1]:
            root.remove(el)
        root.text = None
        if not any(el.tag == S + "mergeCells" for el in root):
            _place_for_merges(root)
        story = self._story(root, sheet.part, TagPlace(sheet.name), sheetparts.sheet_tail)
        _cut_head(story)
        program, problems = compile_part(story, self.env, self.file, self.writers)
        self.problems += problems
        return before.encode(), program

    # -- sheets made from one

    def _copies(self, sheet: TemplateSheet) -> Program | None:
        """A program that lists the copies of a sheet: the name of each, and the values its rows are made with."""
        if not sheet.title_tags:
            return None
        marks: dict[int, TagMark] = {}
        script: list[TagMark | str] = []

        def tag(source: str, text: str, *, statement: bool = True) -> None:
            place: Any = SheetPlace(sheet.name, "A1")
            mark = TagMark(len(marks) + 1, statement, source, text, place, Site(SiteKind.PLAIN))
            marks[mark.number] = mark
            script.append(mark)

        names = loop_names(sheet.loop, self.env) if sheet.loop else []
        if sheet.loop:
            tag(sheet.loop, f"{{%sheet {sheet.loop} %}}")
        tag("set _gd_title", sheet.name)
        at = 0
        for found in sheet.title_tags:
            script.append(escape(sheet.name[at : found.start]))
            if found.kind in (TagKind.EXPRESSION, TagKind.STATEMENT):
                tag(found.body, found.text, statement=found.kind is TagKind.STATEMENT)
            at = found.end
        script.append(escape(sheet.name[at:]))
        tag("endset", sheet.name)
        tag(f"_gd_copy(_gd_title, dict({', '.join(f'{n}={n}' for n in names)}))", sheet.name, statement=False)
        script[-1].site = Site(SiteKind.RAW)  # type: ignore[union-attr]
        if sheet.loop:
            tag("endfor", sheet.name)

        def tokens() -> Iterator[Token]:
            for piece in script:
                if isinstance(piece, str):
                    yield Token(1, "data", piece)
                else:
                    yield from tag_tokens(piece, self.env)

        program, problems = compile_tokens(TokenSource(sheet.part, marks, tokens), self.env, self.file, self.writers)
        self.problems += problems
        return program

    def _hanging(self, sheet: TemplateSheet, part: str) -> Iterator[str]:
        """A part of a sheet that is copied, and those below it that each copy has for itself."""
        yield part
        for kind, target in self._relationships(part).values():
            if kind in COPIED and target in self.members:
                yield from self._hanging(sheet, target)
            elif kind not in SHARED:
                self._report(
                    sheet,
                    "A1",
                    _("the sheet cannot be copied: it holds what a workbook has only once ({kind})").format(kind=kind),
                    _("Take it off the sheet, or turn a table into a plain range."),
                    "sheet.not-copied",
                )

    def _refuse_looks_at_copies(self, sheets: list[TemplateSheet], seen: Mapping[str, frozenset[str]]) -> None:
        """Nobody else can look at a sheet of which there are several."""
        for copied in (s for s in sheets if s.loop):
            key = copied.name.casefold()
            own = {key, str(self._index(copied.name))}
            by_name = [
                el.get("name") or ""
                for el in self._defined()
                if str(el.get("localSheetId")) not in own and _mentions(el.text or "", key)
            ]
            for other in [s.name for s in sheets if s is not copied and key in seen[s.name.casefold()]] + by_name:
                message = _("{other} looks at this sheet, of which there will be several").format(other=other)
                self._report(copied, "A1", message, _("Compute the figure from the data instead."), "sheet.looked-at")

    def _index(self, name: str) -> int:
        return [el.get("name") for el in self.workbook.iter(S + "sheet")].index(name)

    def _listing(self) -> Listing:
        sheets = tuple(
            SheetEntry(el.get("name") or "", tuple((attribute_name(el, str(k)), str(v)) for k, v in el.attrib.items()))
            for el in self.workbook.iter(S + "sheet")
        )
        names = tuple(
            NameEntry(
                tuple((str(k), str(v)) for k, v in el.attrib.items()),
                el.text or "",
                sheets[int(el.get("localSheetId") or 0)].name if el.get("localSheetId") else "",
            )
            for el in self._defined()
        )
        return Listing(sheets, names)

    # -- other parts

    def _other_tags(self) -> bool:
        return any(_TAG.search(m.read()) for n, m in self.members.items() if _is_text_part(n))

    def _parts(self, sheets: list[TemplateSheet], touched: set[str], moving: set[str]) -> None:
        raw = [s for s in sheets if s.name.casefold() not in touched]
        unknown = any(c.formula is not None for s in raw for r in s.rows for c in r.cells)
        jobs: dict[str, tuple[Punch | None, str]] = {
            WORKBOOK: (lambda holes, root: sheetparts.workbook(holes, root, unknown=unknown, listed=listed), "")
        }
        listed = bool(self.result.listing.sheets)
        owners = {part: s.sheet.name for s in self.result.sheets for part in s.hanging}
        for sheet in (s for s in sheets if s.name.casefold() in moving):
            for kind, part in self._relationships(sheet.part).values():
                if kind in _HANGING and part in self.members:
                    jobs[part] = (_HANGING[kind], sheet.name)
        for name in self.members:
            if _is_chart(name):
                jobs[name] = (lambda holes, root: sheetparts.chart(holes, root, touched), owners.get(name, ""))
            elif name.startswith("xl/pivotCache/pivotCacheDefinition"):
                jobs[name] = (lambda holes, root: sheetparts.pivot_source(holes, root, touched), "")
            elif _is_text_part(name) and name not in jobs and _TAG.search(self.members[name].read()):
                jobs[name] = (None, "")
        for part, (punch, owner) in jobs.items():
            self._part(part, punch, owner)

    def _part(self, part: str, punch: Punch | None, owner: str) -> None:
        story = self._story(self._parse(part), part, TagPlace(_part_label(part)), punch)
        if not story.marks and not story.edited:
            return
        program, problems = compile_part(story, self.env, self.file, self.writers)
        self.problems += problems
        if program is not None:
            self.result.parts.append(PartProgram(program, owner))

    def _story(self, root: Element, part: str, place: TagPlace, punch: Punch | None) -> TemplatePart:
        holes = None if punch is None else (lambda found: punch(found, root))
        story = read_part(root, part, place, self.file, Numbers(), holes=holes)
        self.problems += story.problems
        return story


def _mentions(text: str, sheet: str) -> bool:
    return any((ref.sheet or "").casefold() == sheet for ref in Formula.parse(text).refs())


def _without_own_name(formula: Formula, sheet: str) -> Formula:
    """The formula with its own sheet's name left out, which will be another."""
    own = sheet.casefold()
    return formula.moved(lambda ref: replace(ref, sheet=None) if (ref.sheet or "").casefold() == own else ref)


def _unprefixed(xml: bytes) -> bytes:
    """The part with SpreadsheetML as its default namespace, as Office writes it."""
    found = re.search(rb'xmlns:(\w+)="' + re.escape(S[1:-1].encode()) + rb'"', xml[:4096])
    if found is None:
        return xml
    prefix = found[1]
    bare = re.sub(rb"(</?)" + prefix + rb":", rb"\1", xml)
    return bare.replace(b"xmlns:" + prefix + b"=", b"xmlns=", 1)


def _is_chart(name: str) -> bool:
    return "/charts/chart" in name and name.endswith(".xml")


def _is_text_part(name: str) -> bool:
    """Parts outside the sheets where people write: comments, drawings, charts, document properties."""
    people = name.startswith(("xl/comments", "xl/threadedComments/", "xl/drawings/drawing", "docProps/"))
    return name.endswith(".xml") and (people or _is_chart(name))


def _part_label(part: str) -> str:
    if part.startswith("docProps/"):
        return "properties"
    return "chart" if "/charts/" in part else "comments" if "omments" in part else posixpath.basename(part)


def _table_rows(table: Element, sheet: str) -> Iterator[Ref]:
    """The rows of a table that hold data: there must be one."""
    totals = int(table.get("totalsRowCount") or 0)
    for found in Formula.parse(table.get("ref") or "").refs():
        last = (found.row2 or found.row1 or 1) - totals
        yield Ref(sheet, (found.row1 or 1) + 1, found.col1, last, found.col2)


def _by_dependence(sheets: list[TemplateSheet], seen: Mapping[str, frozenset[str]]) -> list[TemplateSheet]:
    """The sheets to be written, each after those it looks at as far as that goes."""
    by_name = {s.name.casefold(): s for s in sheets}
    done: dict[str, TemplateSheet] = {}
    asking: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in asking or name not in by_name:
            return
        asking.add(name)
        for other in sorted(seen[name]):
            visit(other)
        done[name] = by_name[name]

    for name in by_name:
        visit(name)
    return list(done.values())


def _forget_positions(root: Element) -> None:
    """What says where things were and may be left out: the used range, the selected cells."""
    for el in root.findall(S + "dimension"):
        root.remove(el)
    for selection in root.iter(S + "selection"):
        for key in ("activeCell", "sqref"):
            if key in selection.attrib:
                del selection.attrib[key]


def _place_for_merges(root: Element) -> None:
    """Tags can merge cells on a sheet that has none: the element's place in the schema's order."""
    first = ("sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState")
    before = (*first, "dataConsolidate", "customSheetViews")
    at = sum(1 for el in root if etree.QName(el).localname in before)
    root.insert(at, etree.Element(S + "mergeCells"))


def _cut_head(story: TemplatePart) -> None:
    """The story of a sheet's tail begins inside the root element."""
    first = story.pieces[0] if story.pieces else ""
    if isinstance(first, str):
        cut = re.match(r"<\?xml[^>]*\?>\s*<[^>]*>", first)
        if cut is None:
            return
        rest = first[cut.end() :]
        if cut[0].endswith("/>"):
            rest = "</worksheet>" + rest
        story.pieces[0] = rest


def without_calc_chain(members: dict[str, Member], file: str) -> dict[str, Member]:
    """Less the order of calculation, which lists cells that have moved; Excel makes it anew."""
    if CHAIN not in members:
        return members
    out = {n: m for n, m in members.items() if n != CHAIN}
    for name, attribute in (("xl/_rels/workbook.xml.rels", "Target"), (CONTENT_TYPES, "PartName")):
        if name in out:
            root = parse(out[name].read(), name, file)
            for el in list(root):
                if str(el.get(attribute)).endswith("calcChain.xml"):
                    root.remove(el)
            out[name] = out[name].with_content(serialise(root).encode())
    return out
