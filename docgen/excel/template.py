"""ExcelTemplate: compile once, stream rows.

The same tags as in Word, in cells: ``{{ x }}`` fills a cell with a number, date or text, ``{%tr for … %}`` in a row
of its own repeats the rows below it. What hangs on rows (formulas, merged cells, conditional formats, validations,
charts, tables, names, print areas, comments, pictures) moves and grows by Excel's own rules for inserted rows. Parts
that nothing touches are copied as compressed bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, Literal

from docgen.errors import Problem, TemplateError
from docgen.excel.book_state import BookState
from docgen.excel.cell_styles import CellFormats
from docgen.excel.compiler import PartProgram, compile_workbook, without_calc_chain
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.moved_parts import Moves
from docgen.excel.promises import SheetProgram
from docgen.excel.sheet_copies import Listing, SheetCopies, part_of
from docgen.excel.sheet_state import Promise
from docgen.excel.workbook import STYLES
from docgen.template.environment import make_environment
from docgen.template.needs import Need, needs_of
from docgen.template.package import (
    CONTENT_TYPES,
    Compression,
    Member,
    Shelf,
    Source,
    opened,
    pack,
    pack_to,
    packed,
    rels_name,
)
from docgen.template.render import RenderState, chunks, rendering
from docgen.template.rich import Parts
from foundation.atomic_file import destination

_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExcelTemplate:
    """A compiled .xlsx template. Make it with :meth:`load`."""

    name: str
    warnings: tuple[Problem, ...]
    _refuse_control: bool
    _formats: CellFormats
    _sheets: list[SheetProgram]
    _parts: list[PartProgram]
    _plan: list[FormulaCell]
    _listing: Listing
    _shelf: Shelf
    _raw: Mapping[str, Member]

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
        file, members = opened(source, name)
        compiled = compile_workbook(members, file, make_environment(filters, undefined))
        if compiled.problems:
            raise TemplateError(compiled.problems)
        changing = {s.part for s in compiled.sheets} | {p.program.name for p in compiled.parts}
        copied = {part for s in compiled.sheets for part in s.hanging} - changing
        copied |= {name for s in compiled.sheets for part in s.hanging if (name := rels_name(part)) in members}
        late = {CONTENT_TYPES, _RELATIONS} if copied or any(s.hanging for s in compiled.sheets) else set()
        fixed = {n: m for n, m in members.items() if n not in changing}
        if changing:
            fixed = without_calc_chain(fixed, file)
        return cls(
            name=file,
            warnings=tuple(compiled.warnings),
            _formats=compiled.formats,
            _sheets=compiled.sheets,
            _parts=compiled.parts,
            _plan=compiled.plan,
            _listing=compiled.listing,
            _shelf=Shelf(m for n, m in fixed.items() if n not in copied | late),
            _raw={n: m for n, m in fixed.items() if n in {STYLES} | copied | late},
            _refuse_control=control == "refuse",
        )

    def needs(self) -> frozenset[Need]:
        """The paths the template asks for: ``{"title", "repairs[].room"}``. Each knows its kind (``.kind``)."""
        parts = [(part.sheet, part.program.tree) for part in self._parts]
        sheets = {sheet.origin: sheet for sheet in self._sheets}
        own = [t for name, s in sheets.items() for t in s.trees([tree for owner, tree in parts if owner == name])]
        return needs_of([*own, *(tree for owner, tree in parts if owner not in sheets)])

    def render(self, context: Mapping[str, Any], *, compression: Compression = "fast") -> bytes:
        """The finished workbook. Pure: the same template and context give the same bytes.

        Iterables of the context are streamed. Raises DataError with every value that does not fit, at its cell.
        """
        with self._rendering() as state:
            parts = [packed(name, pieces, compression) for name, pieces in self._contents(context, state)]
            return pack(self._shelf, parts)

    def render_to(self, context: Mapping[str, Any], target: Source, *, compression: Compression = "fast") -> None:
        """Render into a file, piece by piece. A path gets the whole workbook or stays as it was."""
        with destination(target) as file, self._rendering() as state:
            pack_to(file, self._shelf, self._contents(context, state), compression)

    # -- inside

    def _rendering(self) -> AbstractContextManager[RenderState]:
        return rendering(RenderState(self.name, self._refuse_control, Parts()))

    def _contents(self, context: Mapping[str, Any], state: RenderState) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Parts in the order they can be written: sheets that look at later ones wait, then what hangs on all."""
        copies = SheetCopies(self._sheets, self._listing)
        common = {**context, **state.functions()}
        sheets = copies.expanded(lambda listing, more: state.run(listing, {**common, **more}))
        if not state.problems:
            copies.refuse_none(self.name)
        book = BookState(self._plan, sheets, self._formats.session(), state)
        state.formats = book.formats
        moves = Moves(book)
        names = {**common, **moves.functions(), **copies.functions(moves)}
        waiting: list[tuple[SheetProgram, Spool]] = []
        for sheet in sheets:
            spool = Spool(self._rows(sheet, book, names), book)
            if book.waits(sheet):
                spool.drain()
                waiting.append((sheet, spool))
            else:
                yield sheet.part, self._whole(sheet, spool, names, state)
        for _sheet, spool in waiting:
            spool.arrive()
        for sheet, spool in waiting:
            yield sheet.part, self._whole(sheet, spool, names, state)
        yield from self._other_parts(copies, names, state)
        if book.formats.changed:
            yield STYLES, [book.formats.rewritten(self._raw[STYLES].read())]
        state.refuse()

    def _other_parts(
        self, copies: SheetCopies, names: Mapping[str, Any], state: RenderState
    ) -> Iterator[tuple[str, Iterable[bytes]]]:
        """The parts beside the sheets; those of a sheet that is copied once a copy."""
        for part in self._parts:
            owners: list[SheetProgram | None] = [*copies.made.get(part.sheet, [None])]
            for program in owners:
                name, given = part.program.name, {**names, "_gd_sheet": part.sheet}
                if program is not None:
                    name = part_of(program, name) if program.hanging else name
                    given |= {**program.values, "_gd_sheet": program.sheet.name}
                yield name, state.run(part.program, given)
        if any(s.hanging for s in self._sheets):
            raw = {name: member.read() for name, member in self._raw.items()}
            yield from ((name, [content]) for name, content in copies.parts(raw))

    def _rows(self, sheet: SheetProgram, book: BookState, names: Mapping[str, Any]) -> Iterator[bytes | Promise]:
        sheet_state = book.begin(sheet)
        yield from book.render.run(sheet.program, {**names, **sheet.values, "_gd_state": sheet_state})
        sheet_state.done = True

    def _whole(
        self, sheet: SheetProgram, spool: Spool, names: Mapping[str, Any], state: RenderState
    ) -> Iterator[bytes]:
        def pieces() -> Iterator[bytes]:
            yield sheet.before
            yield from spool.pieces()
            yield b"</sheetData>"
            if sheet.after is not None:
                yield from state.run(sheet.after, {**names, **sheet.values, "_gd_sheet": sheet.sheet.name})

        return chunks(pieces())


class Spool:
    """The rows of a sheet on their way out: straight through until the first promise, then kept until all is known."""

    def __init__(self, rows: Iterator[bytes | Promise], book: BookState) -> None:
        self._rows, self._book, self._state = rows, book, book.render
        self._kept: list[int | Promise] = []
        self._file: IO[bytes] | None = None

    def drain(self) -> None:
        """Take all rows in."""
        for piece in self._rows:
            self._keep(piece)

    def arrive(self) -> None:
        """Work out the promised values that running totals wait for."""
        for item in self._kept:
            if isinstance(item, Promise) and item.waiting and item.value is None and not self._state.problems:
                self._book.arrive(item)

    def pieces(self) -> Iterator[bytes]:
        """All rows as bytes; promises are kept at the end."""
        for piece in self._rows:
            if self._file is None and isinstance(piece, bytes):
                yield piece
            else:
                self._keep(piece)
        self.arrive()
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for item in self._kept:
                    yield file.read(item) if isinstance(item, int) else self._redeemed(item)

    def _redeemed(self, promise: Promise) -> bytes:
        """The promised cell; nothing where a sheet broke off, for then no workbook is written."""
        return b"" if self._state.problems else self._book.keep(promise)

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
