"""A workbook template → compiled sheets and parts: everything that depends on the template alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2.lexer import Token
from lxml import etree

from docgen.errors import Place, Problem
from docgen.excel import hanging_parts
from docgen.excel.cell_styles import CellFormats
from docgen.excel.cell_values import excel_writers
from docgen.excel.code import SheetGenerator
from docgen.excel.formulas.dependence import Looked, looked_at, sheets_seen
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.formulas.references import Formula
from docgen.excel.formulas.suspicious import doubtful
from docgen.excel.plan import SheetCompiler, SheetPlace
from docgen.excel.promises import SheetProgram
from docgen.excel.reader import S, TemplateSheet
from docgen.excel.sheet_copies import COPIED, SHARED, Listing, loop_names
from docgen.excel.workbook import TAG, WORKBOOK, Workbook, is_chart, is_text_part
from docgen.template.compiler import Program, TokenSource, compile_part, compile_tokens, tag_tokens
from docgen.template.environment import TemplateEnvironment
from docgen.template.marks import Marks, Numbers, Site, SiteKind, TagMark, TagPlace, TemplatePart
from docgen.template.package import CONTENT_TYPES, Member
from docgen.template.tags import TagKind
from docgen.template.tree import Element, parse, serialise
from docgen.template.xml_text import escape
from docgen.word.part_reader import Holes, read_part
from foundation.language import _

Punch = Callable[[Holes, Element], None]

CHAIN = "xl/calcChain.xml"
_HANGING: dict[str, Punch] = {
    "drawing": hanging_parts.drawing,
    "comments": hanging_parts.comments,
    "threadedComment": hanging_parts.threaded,
    "vmlDrawing": hanging_parts.vml,
    "table": hanging_parts.table,
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
    """The sheets to be written, the other parts that hang on them, and every fault."""
    book = Workbook(members, file)
    result = CompiledWorkbook(CellFormats(book.styles, since_1904=book.since_1904))
    sheets = book.sheets()
    result.problems += [problem for sheet in sheets for problem in sheet.problems]
    tabled = [s.name for s in sheets if book.tables(s.part)]
    seen = {s.name.casefold(): sheets_seen(s, book.names, tabled) for s in sheets}
    touched = book.touched(sheets, seen)
    if not touched and not book.other_tags():
        return result
    looked = looked_at(sheets, book.names, book.other_refs(sheets))
    renamed = {s.name.casefold() for s in sheets if s.title_tags}
    moving = renamed | {s.name.casefold() for s in sheets if s.moves}
    touched |= renamed
    _Checks(book, result).looks_at_copies(sheets, seen)
    if renamed:
        result.listing = book.listing()
    by_sheet = _Sheets(book, env, result)
    for sheet in _by_dependence([s for s in sheets if s.name.casefold() in touched], seen):
        by_sheet.compile(sheet, looked[sheet.name.casefold()], seen[sheet.name.casefold()], moving)
    _Parts(book, env, result).compile(sheets, touched, moving)
    result.warnings += doubtful(result.sheets, file)
    return result


class _Checks:
    """What a workbook may not have, found before its sheets are compiled."""

    def __init__(self, book: Workbook, result: CompiledWorkbook) -> None:
        self.book, self.problems = book, result.problems

    def sheet(self, sheet: TemplateSheet) -> None:
        """What a sheet may not have: tags in a table's headings, arrays over rows of a loop."""
        cells = {(c.row, c.column): c for r in sheet.rows for c in r.cells}
        for ref in (r for table in self.book.tables(sheet.part) for r in Formula.parse(table.get("ref") or "").refs()):
            columns = range(ref.col1 or 1, (ref.col2 or ref.col1 or 1) + 1)
            heads = [cells[ref.row1 or 1, c] for c in columns if (ref.row1 or 1, c) in cells]
            for cell in (c for c in heads if c.tags):
                message = _("{tag} stands in the heading of a table, which must be plain text").format(
                    tag=cell.tags[0].text
                )
                hint = _("Write the heading out, or turn the table into a range.")
                self.report(sheet, cell.ref, message, hint, "table.heading")
        self._nothing_above(sheet)
        homes = sheet.branch_of
        for cell in cells.values():
            refs = Formula.parse(cell.array or "").refs()
            several = bool(refs) and (refs[0].row2 or cell.row) != cell.row
            if cell.row in homes and (several or cell.what_if):
                message = _("an array formula over several rows cannot stand in a loop")
                if cell.what_if:
                    message = _("a what-if table cannot stand in a loop")
                self.report(sheet, cell.ref, message, _("Use one formula a row."), "formula.array")

    def _nothing_above(self, sheet: TemplateSheet) -> None:
        """A formula that means the row above the first copy, where none can be."""
        homes = sheet.branch_of
        gone = sheet.dropped() | {row for b in sheet.branches for row in range(b.opener, b.closer + 1)}
        for cell in (c for row in sheet.rows for c in row.cells if c.formula and row.number in homes):
            top = homes[cell.row].chain()[0]
            above = any(row not in gone for row in range(1, top.opener))
            if not above and any(ref.row1 == top.opener for ref in Formula.parse(cell.formula or "").refs()):
                message = _("the formula looks at the row above the loop, and there is none")
                hint = _("Put a heading or an opening balance above the tag.")
                self.report(sheet, cell.ref, message, hint, "formula.above")

    def looks_at_copies(self, sheets: list[TemplateSheet], seen: Mapping[str, frozenset[str]]) -> None:
        """Nobody else can look at a sheet of which there are several."""
        for copied in (s for s in sheets if s.loop):
            key = copied.name.casefold()
            own = {key, str(self.book.index(copied.name))}
            by_name = [
                el.get("name") or ""
                for el in self.book.defined()
                if str(el.get("localSheetId")) not in own and _mentions(el.text or "", key)
            ]
            for other in [s.name for s in sheets if s is not copied and key in seen[s.name.casefold()]] + by_name:
                message = _("{other} looks at this sheet, of which there will be several").format(other=other)
                self.report(copied, "A1", message, _("Compute the figure from the data instead."), "sheet.looked-at")

    def report(self, sheet: TemplateSheet, ref: str, message: str, hint: str, code: str) -> None:
        """Note a fault of a cell and go on."""
        self.problems.append(Problem(Place(self.book.file, sheet.name, ref), message, hint, code))


class _Writing:
    """What compiling a part needs, sheet or not: the workbook, the environment, the writers, and where faults go."""

    def __init__(self, book: Workbook, env: TemplateEnvironment, result: CompiledWorkbook) -> None:
        self.book, self.env, self.result = book, env, result
        self.problems, self.plan = result.problems, result.plan
        self.writers = excel_writers(result.formats)

    def read(self, root: Element, part: str, place: TagPlace, punch: Punch | None) -> TemplatePart:
        holes = None if punch is None else (lambda found: punch(found, root))
        read = read_part(root, part, place, self.book.file, Numbers(), holes=holes)
        self.problems += read.problems
        return read

    def compiled(self, part: TemplatePart) -> Program | None:
        """The part's program; its faults are noted."""
        program, problems = compile_part(part, self.env, self.book.file, self.writers)
        self.problems += problems
        return program


class _Sheets(_Writing):
    """Sheets → programs of their rows, of what stands behind them, and of the copies made of them."""

    def compile(self, sheet: TemplateSheet, looked: Looked, seen: frozenset[str], moving: set[str]) -> None:
        """One sheet, unless it has faults."""
        formulas = self._formulas(sheet)
        checks = _Checks(self.book, self.result)
        checks.sheet(sheet)
        if sheet.problems:
            return
        compiler = SheetCompiler(sheet, self.env, formulas, looked, moving)
        source = compiler.compile()
        self.problems += [replace(p, place=replace(p.place, file=self.book.file)) for p in compiler.problems]

        def generator(*arguments: Any) -> SheetGenerator:
            return SheetGenerator(compiler, self.result.formats, self.writers, *arguments)

        program, problems = compile_tokens(source, self.env, self.book.file, self.writers, generator)
        self.problems += problems
        before, after = self._around(sheet)
        if program is None:
            return
        others = seen - {sheet.name.casefold()}
        made = SheetProgram(sheet, sheet.part, before, program, after, formulas, others, compiler.blanks)
        made.origin, made.copies = sheet.name, self._copies(sheet)
        made.hanging = tuple(self._hanging(sheet, sheet.part, checks)) if sheet.loop else ()
        self.result.sheets.append(made)

    def _formulas(self, sheet: TemplateSheet) -> dict[tuple[int, int], FormulaCell]:
        formulas = {}
        for row in sheet.rows:
            for cell in row.cells:
                if cell.formula is not None:
                    text = Formula.parse(cell.formula)
                    computed = self.book.names.written_out(text)
                    if sheet.title_tags:
                        text, computed = (_without_own_name(f, sheet.name) for f in (text, computed))
                    found = FormulaCell(len(self.plan), sheet.name, cell, text, computed)
                    self.plan.append(found)
                    formulas[row.number, cell.column] = found
        return formulas

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
        tail = self.read(root, sheet.part, TagPlace(sheet.name), hanging_parts.sheet_tail)
        _cut_head(tail)
        return before.encode(), self.compiled(tail)

    def _copies(self, sheet: TemplateSheet) -> Program | None:
        """A program that lists the copies of a sheet: the name of each, and the values its rows are made with."""
        if not sheet.title_tags:
            return None
        marks, place = Marks(), SheetPlace(sheet.name, "A1")
        script: list[TagMark | str] = []

        def tag(source: str, text: str, *, statement: bool = True) -> None:
            script.append(marks.add(source, text, place, statement=statement, site=SiteKind.PLAIN))

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

        program, problems = compile_tokens(
            TokenSource(sheet.part, marks, tokens), self.env, self.book.file, self.writers
        )
        self.problems += problems
        return program

    def _hanging(self, sheet: TemplateSheet, part: str, checks: _Checks) -> Iterator[str]:
        """A part of a sheet that is copied, and those below it that each copy has for itself."""
        yield part
        for kind, target in self.book.relationships(part).values():
            if kind in COPIED and target in self.book.members:
                yield from self._hanging(sheet, target, checks)
            elif kind not in SHARED:
                checks.report(
                    sheet,
                    "A1",
                    _("the sheet cannot be copied: it holds what a workbook has only once ({kind})").format(kind=kind),
                    _("Take it off the sheet, or turn a table into a plain range."),
                    "sheet.not-copied",
                )


class _Parts(_Writing):
    """The parts beside the sheets that a render writes: the workbook's own, what hangs on sheets, texts with tags."""

    def compile(self, sheets: list[TemplateSheet], touched: set[str], moving: set[str]) -> None:
        raw = [s for s in sheets if s.name.casefold() not in touched]
        unknown = any(c.formula is not None for s in raw for r in s.rows for c in r.cells)
        jobs: dict[str, tuple[Punch | None, str]] = {
            WORKBOOK: (lambda holes, root: hanging_parts.workbook(holes, root, unknown=unknown, listed=listed), "")
        }
        listed = bool(self.result.listing.sheets)
        owners = {part: s.sheet.name for s in self.result.sheets for part in s.hanging}
        for sheet in (s for s in sheets if s.name.casefold() in moving):
            for kind, part in self.book.relationships(sheet.part).values():
                if kind in _HANGING and part in self.book.members:
                    jobs[part] = (_HANGING[kind], sheet.name)
        for name in self.book.members:
            if is_chart(name):
                jobs[name] = (lambda holes, root: hanging_parts.chart(holes, root, touched), owners.get(name, ""))
            elif name.startswith("xl/pivotCache/pivotCacheDefinition"):
                jobs[name] = (lambda holes, root: hanging_parts.pivot_source(holes, root, touched), "")
            elif is_text_part(name) and name not in jobs and TAG.search(self.book.members[name].read()):
                jobs[name] = (None, "")
        for part, (punch, owner) in jobs.items():
            self._part(part, punch, owner)

    def _part(self, part: str, punch: Punch | None, owner: str) -> None:
        read = self.read(self.book.parse(part), part, TagPlace(_part_label(part)), punch)
        if (read.marks or read.edited) and (program := self.compiled(read)) is not None:
            self.result.parts.append(PartProgram(program, owner))


def _mentions(text: str, sheet: str) -> bool:
    return any((ref.sheet or "").casefold() == sheet for ref in Formula.parse(text).refs())


def _without_own_name(formula: Formula, sheet: str) -> Formula:
    """The formula with its own sheet's name left out, which will be another."""
    own = sheet.casefold()
    return formula.moved(lambda ref: replace(ref, sheet=None) if (ref.sheet or "").casefold() == own else ref)


def _part_label(part: str) -> str:
    if part.startswith("docProps/"):
        return "properties"
    return "chart" if "/charts/" in part else "comments" if "omments" in part else posixpath.basename(part)


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
