"""ExcelTemplate: compile once, stream rows.

The same tags as in Word, in cells: ``{{ x }}`` fills a cell with a number, date or text, ``{%tr for … %}`` in a row
of its own repeats the rows below it. What hangs on rows (formulas, merged cells, conditional formats, validations,
charts, tables, names, print areas, comments, pictures) moves and grows by Excel's own rules for inserted rows. Parts
that nothing touches are copied as compressed bytes.
"""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from lxml import etree

from docgen import sheetparts
from docgen.book_state import BookState, Ground, Promise, SheetProgram
from docgen.compiler import compile_source, compile_story
from docgen.environment import make_environment, missing_names
from docgen.errors import DataError, Problem, TemplateError
from docgen.formula import Formula, Ref
from docgen.needs import Need, needs_of
from docgen.package import CONTENT_TYPES, Shelf, atomic, pack, pack_to, packed, read_package
from docgen.sheet import S, SheetRow, read_sheet, shared_strings
from docgen.sheetcode import FormulaCell, SheetCompiler, SheetGenerator
from docgen.sheetvalues import CellFormats, excel_writers
from docgen.story import Numbers, Place, parse, read_story, serialise
from docgen.values import Parts
from docgen.render import FAILURES, RenderState, chunks, current_render
from i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from docgen.compiler import Program
    from docgen.environment import TemplateEnvironment
    from docgen.package import Member
    from docgen.sheet import Sheet
    from docgen.story import Element, Holes, Story
    from docgen.word import Compression, Source

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WORKBOOK = "xl/workbook.xml"
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
_CHAIN = "xl/calcChain.xml"
_TAG = re.compile(rb"\{[{%#]")


class ExcelTemplate:
    """A compiled .xlsx template. Make it with :meth:`load`."""

    __slots__ = (
        "_book",
        "_env",
        "_formats",
        "_parts",
        "_raw",
        "_refuse_control",
        "_sheets",
        "_shelf",
        "name",
        "warnings",
    )

    name: str
    warnings: tuple[Problem, ...]

    @classmethod
    def load(
        cls,
        source: Source,
        *,
        filters: Mapping[str, Callable[..., Any]] | None = None,
        undefined: Literal["strict", "lenient"] = "strict",
        control: Literal["refuse", "remove"] = "refuse",
        name: str | None = None,
    ) -> ExcelTemplate:
        """Compile a template from a path, bytes or an open file; the options are WordTemplate's.

        Raises TemplateError with every problem of every sheet, each at its cell.
        """
        file = name or (Path(source).name if isinstance(source, str | os.PathLike) else _("template"))
        members = read_package(source, file)
        env = make_environment(filters, undefined)
        reading = _Reading(members, file, env)
        sheets, parts, problems = reading.compile()
        if problems:
            raise TemplateError(problems)
        template = cls()
        changing = {s.part for s in sheets} | {p.name for p in parts}
        fixed = {n: m for n, m in members.items() if n not in changing}
        if changing:
            fixed = _without_calc_chain(fixed, file)
        template.name, template._env, template._sheets, template._parts = file, env, sheets, parts
        template._shelf = Shelf(fixed.values())
        template._raw = {n: m for n, m in fixed.items() if n in (_STYLES, CONTENT_TYPES)}
        template._formats = reading.formats
        template._book = reading.book
        template._refuse_control = control == "refuse"
        template.warnings = tuple(reading.warnings)
        return template

    def needs(self) -> frozenset[Need]:
        """The paths the template asks for: ``{"title", "repairs[].room"}``. Each knows its kind (``.kind``)."""
        programs = [s.program for s in self._sheets if s.program] + [s.after for s in self._sheets if s.after]
        return needs_of(p.tree for p in [*programs, *self._parts])

    def render(self, context: Mapping[str, Any], *, compression: Compression = "fast") -> bytes:
        """The finished workbook. Pure: the same template and context give the same bytes.

        Iterables of the context are streamed. Raises DataError with every value that does not fit, at its cell.
        """
        with self._rendering() as state:
            parts = [packed(name, pieces, compression) for name, pieces in self._contents(context, state)]
            return pack(self._shelf, parts)

    def render_to(self, context: Mapping[str, Any], target: Source, *, compression: Compression = "fast") -> None:
        """Render into a file, piece by piece. A path gets the whole workbook or stays as it was."""
        if isinstance(target, str | os.PathLike):
            with atomic(target) as file:
                self._stream(context, file, compression)
        elif isinstance(target, bytes):
            raise TypeError("render_to writes to a path or a file")
        else:
            self._stream(context, target, compression)

    # -- inside

    def _stream(self, context: Mapping[str, Any], file: IO[bytes], compression: Compression) -> None:
        with self._rendering() as state:
            start = file.tell()
            try:
                pack_to(file, self._shelf, self._contents(context, state), compression)
            except Exception:
                file.seek(start)
                file.truncate()
                raise

    @contextmanager
    def _rendering(self) -> Iterator[RenderState]:
        state = RenderState(self.name, 0, 0, self._refuse_control, Parts())
        token, names = current_render.set(state), missing_names.set(state.missing)
        try:
            yield state
        finally:
            current_render.reset(token)
            missing_names.reset(names)

    def _contents(self, context: Mapping[str, Any], state: RenderState) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Parts in the order they can be written: sheets that look at later ones wait, then what hangs on all."""
        book = BookState(self._book, self._sheets, self._formats.session())
        state.formats = book.formats
        names = {**context, **state.functions(), **book.functions()}
        waiting: list[tuple[SheetProgram, Spool]] = []
        for sheet in self._sheets:
            spool = Spool(self._rows(sheet, book, names, state))
            if book.waits(sheet):
                spool.drain()
                waiting.append((sheet, spool))
            else:
                yield sheet.part, self._whole(sheet, spool, names, state)
        for sheet, spool in waiting:
            yield sheet.part, self._whole(sheet, spool, names, state)
        for program in self._parts:
            yield program.name, self._run(program, names, state)
        if book.formats.changed:
            yield _STYLES, [book.formats.rewritten(self._raw[_STYLES].read())]
        if state.problems:
            raise DataError(state.problems)

    def _rows(
        self, sheet: SheetProgram, book: BookState, names: Mapping[str, Any], state: RenderState
    ) -> Iterator[bytes | Promise]:
        ground = book.begin(sheet)
        if sheet.program is not None:
            yield from self._guarded(sheet.program, {**names, "_gd_ground": ground}, state)
        ground.done = True

    def _whole(
        self, sheet: SheetProgram, spool: Spool, names: Mapping[str, Any], state: RenderState
    ) -> Iterator[bytes]:
        def pieces() -> Iterator[bytes]:
            yield sheet.before
            yield from spool.pieces()
            yield b"</sheetData>"
            if sheet.after is not None:
                yield from self._run(sheet.after, names, state)

        return chunks(pieces())

    def _run(self, program: Program, names: Mapping[str, Any], state: RenderState) -> Iterator[bytes]:
        yield from self._guarded(program, names, state)

    def _guarded(self, program: Program, names: Mapping[str, Any], state: RenderState) -> Iterator[Any]:
        state.program = program
        try:
            yield from program.run(names)
        except FAILURES as exc:
            state.failed(program, exc)


class Spool:
    """The rows of a sheet on their way out: straight through until the first promise, from there kept until all is known."""

    def __init__(self, rows: Iterator[bytes | Promise]) -> None:
        self._rows = rows
        self._kept: list[int | Promise] = []
        self._file: IO[bytes] | None = None

    def drain(self) -> None:
        """Take all rows in."""
        for piece in self._rows:
            self._keep(piece)

    def pieces(self) -> Iterator[bytes]:
        """All rows as bytes; promises are kept at the end."""
        for piece in self._rows:
            if self._file is None and isinstance(piece, bytes):
                yield piece
            else:
                self._keep(piece)
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for item in self._kept:
                    yield item.ground.keep(item) if isinstance(item, Promise) else file.read(item)

    def _keep(self, piece: bytes | Promise) -> None:
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when read back
        if isinstance(piece, Promise):
            self._kept.append(piece)
            return
        self._file.write(piece)
        if self._kept and isinstance(self._kept[-1], int) and self._kept[-1] < _RUN:
            self._kept[-1] += len(piece)
        else:
            self._kept.append(len(piece))


_IN_MEMORY = 8 * 2**20
_RUN = 2**20


# --- loading --------------------------------------------------------------------------------------------------


class _Reading:
    """Reads and compiles a workbook once."""

    def __init__(self, members: Mapping[str, Member], file: str, env: TemplateEnvironment) -> None:
        self.members, self.file, self.env = members, file, env
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.book: list[FormulaCell] = []
        if _WORKBOOK not in members:
            raise TemplateError(
                [
                    Problem(
                        file,
                        _("the file is not an Excel workbook"),
                        _("Save it in Excel or WPS as .xlsx."),
                        "package.no-workbook",
                    )
                ]
            )
        self.workbook = parse(members[_WORKBOOK].read(), _WORKBOOK, file)
        properties = self.workbook.find(S + "workbookPr")
        since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        styles = parse(members[_STYLES].read(), _STYLES, file) if _STYLES in members else None
        self.formats = CellFormats(styles, since_1904=since_1904)
        self.writers = excel_writers(self.formats)

    def compile(self) -> tuple[list[SheetProgram], list[Program], list[Problem]]:
        """The sheets to be written, the other parts that hang on them, and every fault."""
        sheets = self._sheets()
        touched = self._touched(sheets)
        if not touched and not self._other_tags():
            return [], [], self.problems
        watched, needed = self._looked_at(sheets)
        moving = {s.name.casefold() for s in sheets if s.moves}
        programs = [self._sheet(s, watched, needed, moving) for s in _by_dependence(sheets, touched)]
        parts = self._parts(sheets, moving)
        return [p for p in programs if p is not None], parts, self.problems

    # -- sheets

    def _sheets(self) -> list[Sheet]:
        strings_part = self.members.get(_STRINGS)
        strings = shared_strings(parse(strings_part.read(), _STRINGS, self.file) if strings_part else None)
        targets = self._relationships(_WORKBOOK)
        found = []
        for el in self.workbook.iter(S + "sheet"):
            kind, part = targets.get(el.get(R + "id") or "", ("", ""))
            if kind == "worksheet" and part in self.members:
                root = parse(self.members[part].read(), part, self.file)
                sheet = read_sheet(root, el.get("name") or "", part, strings, self.file)
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

    def _touched(self, sheets: list[Sheet]) -> set[str]:
        """Sheets with tags, and those whose formulas look, through however many others, at one of them."""
        touched = {s.name.casefold() for s in sheets if s.tagged or _TAG.search(self.members[s.part].read())}
        looks = {s.name.casefold(): s.looks_at for s in sheets}
        size = -1
        while size != len(touched):
            size = len(touched)
            touched |= {name for name, seen in looks.items() if seen & touched}
        return touched

    def _looked_at(self, sheets: list[Sheet]) -> tuple[dict[str, set[tuple[int, int]]], dict[str, set[int]]]:
        """Cells that formulas count on, and rows that anything at all points at, by sheet."""
        cells: dict[str, set[tuple[int, int]]] = {}
        rows: dict[str, set[int]] = {}
        by_name = {s.name.casefold(): s for s in sheets}
        for sheet in sheets:
            for row in sheet.rows:
                for cell in row.cells:
                    for ref in Formula.parse(cell.formula).refs() if cell.formula else ():
                        name = (ref.sheet or sheet.name).casefold()
                        if name in by_name:
                            cells.setdefault(name, set()).update(_filled(by_name[name], ref))
                            rows.setdefault(name, set()).update(_rows(ref))
        for ref in self._other_refs(sheets):
            rows.setdefault((ref.sheet or "").casefold(), set()).update(_rows(ref))
        return cells, rows

    def _other_refs(self, sheets: list[Sheet]) -> Iterator[Ref]:
        """References of names, charts and tables."""
        for el in self.workbook.iter(S + "definedName"):
            yield from Formula.parse(el.text or "").refs()
        for name, member in self.members.items():
            if "/charts/chart" in name and name.endswith(".xml"):
                for el in parse(member.read(), name, self.file).iter("{*}f"):
                    yield from Formula.parse(el.text or "").refs()
        for sheet in sheets:
            for kind, part in self._relationships(sheet.part).values():
                if kind == "table" and part in self.members:
                    ref = parse(self.members[part].read(), part, self.file).get("ref") or ""
                    for found in Formula.parse(ref).refs():  # rows below the heading must exist
                        yield Ref(sheet.name, (found.row1 or 1) + 1, found.col1, found.row2, found.col2)

    def _sheet(
        self,
        sheet: Sheet,
        watched: Mapping[str, set[tuple[int, int]]],
        needed: Mapping[str, set[int]],
        moving: set[str],
    ) -> SheetProgram | None:
        key = sheet.name.casefold()
        formulas = {}
        branches = {r.number: b for b in sheet.branches for r in b.body if isinstance(r, SheetRow)}
        for row in sheet.rows:
            for cell in row.cells:
                if cell.formula is not None:
                    found = FormulaCell(
                        len(self.book), sheet.name, cell, Formula.parse(cell.formula), branches.get(row.number)
                    )
                    self.book.append(found)
                    formulas[row.number, cell.column] = found
        if sheet.problems:
            return None
        compiler = SheetCompiler(sheet, self.env, formulas, watched.get(key, set()), needed.get(key, set()), moving)
        source = compiler.compile()

        def generator(*arguments: Any) -> SheetGenerator:
            made = SheetGenerator(*arguments)
            made.plans, made.variables, made.bound = compiler.plans, list(compiler.variables), compiler.bound
            made.formats, made.writers = self.formats, self.writers
            return made

        program, problems = compile_source(source, self.env, self.file, self.writers, generator)
        self.problems += problems
        before, after = self._around(sheet)
        if program is None:
            return None
        return SheetProgram(
            sheet,
            sheet.part,
            before,
            program,
            after,
            formulas,
            sheet.looks_at - {key},
            {(c.row, c.column): c for r in sheet.rows for c in r.cells},
            branches,
        )

    def _around(self, sheet: Sheet) -> tuple[bytes, Program | None]:
        """What stands before the rows, as it is, and a program for what stands behind them."""
        root = sheet.root
        data = root.find(S + "sheetData")
        if data is None:
            return b"", None
        for el in list(data):
            data.remove(el)
        data.text = data.tail = None
        if sheet.moves:
            _forget_positions(root, sheet)
        text = serialise(root)
        cut = text.index("<sheetData")
        before = text[:cut] + "<sheetData>"
        for el in list(root)[: root.index(data) + 1]:
            root.remove(el)
        root.text = None
        if not any(el.tag == S + "mergeCells" for el in root) and sheet.moves:
            self._place_for_merges(root)
        place = Place(f"{sheet.name}")
        story = read_story(
            root, sheet.part, place, self.file, Numbers(), holes=lambda h: sheetparts.sheet_tail(h, root, sheet.name)
        )
        self.problems += story.problems
        _cut_head(story)
        program, problems = compile_story(story, self.env, self.file, self.writers)
        self.problems += problems
        return before.encode(), program

    @staticmethod
    def _place_for_merges(root: Element) -> None:
        """``vm`` can merge cells on a sheet that has none: the element's place in the schema's order."""
        first = ("sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState")
        before = (*first, "dataConsolidate", "customSheetViews")
        at = sum(1 for el in root if etree.QName(el).localname in before)
        root.insert(at, etree.Element(S + "mergeCells"))

    # -- other parts

    def _other_tags(self) -> bool:
        return any(_TAG.search(m.read()) for n, m in self.members.items() if _is_text_part(n))

    def _parts(self, sheets: list[Sheet], moving: set[str]) -> list[Program]:
        jobs: dict[str, Callable[[Holes, Element], None] | None] = {_WORKBOOK: sheetparts.workbook}
        for sheet in sheets:
            if sheet.name.casefold() in moving:
                for part, job in self._hanging(sheet):
                    jobs[part] = job
        for name in self.members:
            if "/charts/chart" in name and name.endswith(".xml"):
                jobs[name] = sheetparts.chart
            elif name.startswith("xl/pivotCache/pivotCacheDefinition"):
                jobs[name] = sheetparts.pivot_source
            elif _is_text_part(name) and name not in jobs and _TAG.search(self.members[name].read()):
                jobs[name] = None
        return [p for part, job in jobs.items() if (p := self._part(part, job)) is not None]

    def _hanging(self, sheet: Sheet) -> Iterator[tuple[str, Callable[[Holes, Element], None]]]:
        makers = {
            "drawing": sheetparts.drawing,
            "comments": sheetparts.comments,
            "vmlDrawing": sheetparts.vml,
            "table": sheetparts.table,
        }
        for kind, part in self._relationships(sheet.part).values():
            if kind in makers and part in self.members:
                yield part, makers[kind](sheet.name)

    def _part(self, part: str, job: Callable[[Holes, Element], None] | None) -> Program | None:
        root = parse(self.members[part].read(), part, self.file)
        story = self._story(root, part, job)
        if not story.marks and not story.edited:
            return None
        program, problems = compile_story(story, self.env, self.file, self.writers)
        self.problems += problems
        return program

    def _story(self, root: Element, part: str, job: Callable[[Holes, Element], None] | None) -> Story:
        punch = None if job is None else (lambda holes: job(holes, root))
        story = read_story(root, part, Place(_part_label(part)), self.file, Numbers(), holes=punch)
        self.problems += story.problems
        return story


def _is_text_part(name: str) -> bool:
    """Parts outside the sheets where people write: comments, drawings, charts, document properties."""
    return name.endswith(".xml") and (
        name.startswith(("xl/comments", "xl/drawings/drawing", "docProps/")) or "/charts/chart" in name
    )


def _part_label(part: str) -> str:
    if part.startswith("docProps/"):
        return "properties"
    return "chart" if "/charts/" in part else "comments" if "comments" in part else posixpath.basename(part)


def _by_dependence(sheets: list[Sheet], touched: set[str]) -> list[Sheet]:
    """The sheets to be written, each after those it looks at as far as that goes."""
    by_name = {s.name.casefold(): s for s in sheets if s.name.casefold() in touched}
    done: dict[str, Sheet] = {}
    asking: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in asking or name not in by_name:
            return
        asking.add(name)
        for other in sorted(by_name[name].looks_at):
            visit(other)
        done[name] = by_name[name]

    for name in by_name:
        visit(name)
    return list(done.values())


def _filled(sheet: Sheet, ref: Ref) -> Iterator[tuple[int, int]]:
    low, high = ref.row1 or 1, ref.row2 or ref.row1 or 1_048_576
    left, right = ref.col1 or 1, ref.col2 or ref.col1 or 16_384
    for row in sheet.rows:
        if low <= row.number <= high:
            yield from ((row.number, c.column) for c in row.cells if left <= c.column <= right)


def _rows(ref: Ref) -> range:
    """Rows a reference names; whole columns need none in particular."""
    return range(0) if ref.row1 is None else range(ref.row1, (ref.row2 or ref.row1) + 1)


def _forget_positions(root: Element, sheet: Sheet) -> None:
    """What says where things were and may be left out: the used range, the selected cells."""
    for tag in ("dimension", "sheetViews"):
        for el in root.findall(S + tag):
            if tag == "dimension":
                root.remove(el)
            else:
                for selection in list(el.iter(S + "selection")):
                    selection.attrib.pop("activeCell", None)
                    selection.attrib.pop("sqref", None)


def _cut_head(story: Story) -> None:
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


def _without_calc_chain(members: dict[str, Member], file: str) -> dict[str, Member]:
    """Less the order of calculation, which lists cells that have moved; Excel makes it anew."""
    if _CHAIN not in members:
        return members
    out = {n: m for n, m in members.items() if n != _CHAIN}
    for name, attribute in (("xl/_rels/workbook.xml.rels", "Target"), (CONTENT_TYPES, "PartName")):
        if name in out:
            root = parse(out[name].read(), name, file)
            for el in list(root):
                if str(el.get(attribute)).endswith("calcChain.xml"):
                    root.remove(el)
            out[name] = out[name].with_content(serialise(root).encode())
    return out
