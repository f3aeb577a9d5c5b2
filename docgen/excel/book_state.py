"""All sheets of one render: where their rows are and what their formulas come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from docgen.excel.cell_styles import FormatSession
from docgen.excel.cell_values import as_cell
from docgen.excel.formulas.arithmetic import Aggregate, ExcelError, FlaggedValue, NotEvaluable
from docgen.excel.formulas.compile import CompiledFormula, compile_formula, row_function
from docgen.excel.formulas.dependence import filled
from docgen.excel.formulas.in_loops import FormulaCell, takes_past
from docgen.excel.formulas.references import Formula, Ref
from docgen.excel.layout import CopyPlace, Layout, move_formula, move_sqref
from docgen.excel.promises import UNKNOWN, WAITING, Pending, SheetProgram, is_subtotal, known
from docgen.excel.reader import Branch
from docgen.excel.sheet_state import Promise, SheetState
from docgen.template.render import RenderState
from docgen.template.xml_text import escape

Key = tuple[int, int]

_OF_NUMBERS = frozenset(("SUM", "AVERAGE", "MIN", "MAX", "COUNT", "ROUND", "IF", "SUBTOTAL"))
"""Functions to which a text in a range makes no difference."""
_COUNTS_TEXTS = re.compile(r"SUBTOTAL\(\s*(?:10)?3\b", re.IGNORECASE)
_READY = frozenset((int, float, bool, type(None)))


class BookState:
    """All sheets of one render."""

    def __init__(
        self, plan: list[FormulaCell], sheets: list[SheetProgram], formats: FormatSession, render: RenderState
    ) -> None:
        self.plan, self.formats, self.render = plan, formats, render
        self.since_1904 = formats.formats.since_1904
        self.by_name = {s.sheet.name.casefold(): s for s in sheets}
        self.sheet_states: dict[str, SheetState] = {}
        self.full_calculation = False
        self._compiled: dict[int, CompiledFormula | None] = {}
        self._values: dict[tuple[str, int, int], Any] = {}
        self._asking: set[tuple[str, int, int]] = set()
        self._unnamed: dict[tuple[str, Ref, int], list[Key]] = {}
        self.titles = {s.sheet.name.casefold(): s.title for s in sheets if s.title}

    def begin(self, program: SheetProgram) -> SheetState:
        """A sheet's rows begin."""
        sheet_state = SheetState(self, program)
        self.sheet_states[program.sheet.name.casefold()] = sheet_state
        return sheet_state

    def waits(self, program: SheetProgram) -> bool:
        """The sheet's formulas look at sheets that are not done."""
        return any(
            name in self.by_name and not (name in self.sheet_states and self.sheet_states[name].done)
            for name in program.needs_sheets
        )

    # -- layouts

    def layout_of(self, sheet: str) -> Layout | None:
        """The layout of a finished sheet; None of one whose rows stay where they are."""
        program = self.by_name.get(sheet.casefold())
        if program is None or not program.sheet.moves:
            return None
        sheet_state = self.sheet_states.get(sheet.casefold())
        if sheet_state is None or not sheet_state.done:
            raise Pending
        return sheet_state.layout()

    def layouts(self, own: SheetState | None) -> Callable[[str | None], Layout | None]:
        """The layout of a sheet by its name, the own one by None."""

        def find(sheet: str | None) -> Layout | None:
            if sheet is None:
                return own.layout() if own is not None and own.sheet.moves else None
            return self.layout_of(sheet)

        return find

    def moved(
        self, formula: Formula, sheet_state: SheetState | None, place: CopyPlace | None = None, *, pinned: bool = False
    ) -> Formula:
        """A formula as it reads in the rendered workbook, seen from a sheet, a copy of a row, or from outside."""
        own = None if sheet_state is None else sheet_state.program.origin
        moved = move_formula(formula, self.layouts(sheet_state), own, place, pinned=pinned)
        return moved.moved(lambda ref: self.titled(ref, sheet_state)) if self.titles else moved

    def titled(self, ref: Ref, sheet_state: SheetState | None) -> Ref:
        """The reference with the name its sheet has now."""
        if ref.sheet is None:
            return ref
        own = sheet_state is not None and ref.sheet.casefold() == sheet_state.program.origin.casefold()
        title = sheet_state.program.title if own and sheet_state is not None else self.titles.get(ref.sheet.casefold())
        return replace(ref, sheet=title, quoted=False) if title else ref

    # -- formulas outside loops

    def written(self, sheet_state: SheetState, found: FormulaCell) -> bytes:
        """The rest of the cell of a formula outside loops. Pending where something it looks at is still to come."""
        self._require(sheet_state, found)
        self._value_of(sheet_state, found)
        return self._cell_of(sheet_state, found)

    def _value_of(self, sheet_state: SheetState, found: FormulaCell) -> Any:
        return UNKNOWN if found.cell.array is not None else self.value(sheet_state.sheet.name, *found.key)

    def _cell_of(self, sheet_state: SheetState, found: FormulaCell) -> bytes:
        text = escape(self.moved(found.formula, sheet_state).text()).encode()
        if found.cell.array is not None:
            area = move_sqref(found.cell.array, sheet_state.layout()) if sheet_state.sheet.moves else found.cell.array
            return sheet_state.array_outside(found, area, text)
        try:
            value = self._value_of(sheet_state, found)
        except Pending:  # formulas that wait for each other are left to Excel
            value = UNKNOWN
        return sheet_state.calculated(found.cell.style, text, value)

    def _require(self, sheet_state: SheetState, found: FormulaCell) -> None:
        for ref in (*found.formula.refs(), *found.computed.refs()):
            if ref.sheet is not None and ref.sheet.casefold() != sheet_state.sheet.name.casefold():
                self.layout_of(ref.sheet)
                continue
            final = ref.row1 is not None and sheet_state.knows(max(ref.row1, ref.row2 or 0))
            if sheet_state.sheet.moves and not sheet_state.done and not final:
                raise Pending

    def arrive(self, promise: Promise) -> None:
        """The value of a promised cell that running totals wait for."""
        sheet_state, found = promise.sheet_state, self.plan[promise.index]
        value = self.looped_value(sheet_state, promise.index, promise.inputs or {})
        promise.value = UNKNOWN if value is WAITING else value
        column = sheet_state.columns.get((*found.key, None))
        if column is not None:
            column.arrived(promise.value)

    def keep(self, promise: Promise) -> bytes:
        """The promised cell, now that all is known."""
        sheet_state, found = promise.sheet_state, self.plan[promise.index]
        if promise.inputs is None:
            return self._cell_of(sheet_state, found)
        place = CopyPlace(found.cell.row, promise.path)
        text = self.moved(found.formula, sheet_state, place).text()
        value = promise.value if promise.waiting else self.looped_value(sheet_state, promise.index, promise.inputs)
        if found.cell.array is not None:
            return sheet_state.array_outside(
                found, str(sheet_state.layout().move(_area(found), place)), escape(text).encode()
            )
        return sheet_state.calculated(found.cell.style, escape(text).encode(), value)

    # -- values of cells outside loops

    def compiled(self, index: int) -> CompiledFormula | None:
        """The formula as a function; None where Excel must compute it."""
        if index not in self._compiled:
            try:
                self._compiled[index] = compile_formula(self.plan[index].computed)
            except NotEvaluable:
                self._compiled[index] = None
        return self._compiled[index]

    def value(self, sheet: str, row: int, column: int) -> Any:
        """The value of a cell outside loops, by its place in the template."""
        key = (sheet.casefold(), row, column)
        if key in self._values:
            return self._values[key]
        if key in self._asking:
            raise NotEvaluable("circle")
        self._asking.add(key)
        try:
            value = self._find(*key)
        finally:
            self._asking.discard(key)
        self._values[key] = value
        return value

    def _find(self, sheet: str, row: int, column: int) -> Any:
        program = self.by_name.get(sheet)
        if program is None:
            raise NotEvaluable("sheet")
        cell = program.sheet.cells.get((row, column))
        if cell is None:
            return None
        sheet_state = self.sheet_states.get(sheet)
        if cell.formula is not None:
            return self._formula_value(program, row, column)
        if not (cell.tags or cell.escaped):
            return UNKNOWN if cell.covered else cell.value
        if sheet_state is None or ((row, column) not in sheet_state.kept and not sheet_state.done):
            raise Pending
        return as_cell(sheet_state.kept.get((row, column)), since_1904=self.since_1904)

    def _formula_value(self, program: SheetProgram, row: int, column: int) -> Any:
        found = program.formulas.get((row, column))
        if found is None or row in program.sheet.branch_of or found.cell.array is not None:
            return UNKNOWN
        compiled = self.compiled(found.index)
        if compiled is None:
            return UNKNOWN
        try:
            return compiled.call(lambda i: self.given(_on(compiled.refs[i], program.sheet.name), found))
        except NotEvaluable:
            return UNKNOWN

    def given(self, ref: Ref, asking: FormulaCell | None = None) -> Any:
        """What a reference from outside loops gives a formula: a value, or a range's figures."""
        program = self.by_name.get((ref.sheet or "").casefold())
        if program is None or (ref.row1 is None and ref.col1 is None):
            raise NotEvaluable("sheet")
        sheet_state = self.sheet_states.get(program.sheet.name.casefold())
        if program.sheet.gone(ref):
            return ExcelError.REF if not ref.is_range else Aggregate([ExcelError.REF])
        if not ref.is_range:
            key = (ref.row1 or 0, ref.col1 or 0)
            if key[0] not in program.sheet.branch_of:
                return known(self.value(program.sheet.name, *key), since_1904=self.since_1904)
            self._reach(sheet_state, key[0])
            found = sheet_state.columns.get((*key, None)) if sheet_state else None
            return None if found is None else found.single()
        if self.mixed(program, ref, [], asking):
            raise NotEvaluable("mixed")
        total = Aggregate()
        for row, column in filled(program.sheet, ref):
            self._count(program, row, column, total)
        return total

    @staticmethod
    def _reach(sheet_state: SheetState | None, row: int) -> None:
        """Pending while the block of a row is still being rendered."""
        if sheet_state is None or not (sheet_state.done or sheet_state.closed(row)):
            raise Pending

    def _count(self, program: SheetProgram, row: int, column: int, total: Aggregate) -> None:
        """All that a template's cell became."""
        sheet_state = self.sheet_states.get(program.sheet.name.casefold())
        if row in program.sheet.branch_of:
            self._reach(sheet_state, row)
            found = sheet_state.columns.get((row, column, None)) if sheet_state else None
            if found is not None:
                total.merge(found.figures())
            return
        value = known(self.value(program.sheet.name, row, column), since_1904=self.since_1904)
        subtotal, hidden = is_subtotal(program, (row, column)), row in program.sheet.hidden
        total.add(FlaggedValue(value, subtotal=subtotal, hidden=hidden) if subtotal or hidden else value)

    def mixed(self, program: SheetProgram, ref: Ref, chain: list[Branch], asking: FormulaCell | None) -> bool:
        """Whether, from its first copy to its last, a range takes in numbers it does not name.

        Texts do not count, nor for SUBTOTAL those that are subtotals themselves.
        """
        key = (program.sheet.name, ref, chain[-1].index if chain else -1)
        if key not in self._unnamed:
            self._unnamed[key] = list(unnamed_cells(program, ref, chain))
        if not self._unnamed[key]:
            return False
        functions = asking.formula.functions() if asking is not None else frozenset()
        texts_count = not functions <= _OF_NUMBERS or _COUNTS_TEXTS.search(asking.formula.text() if asking else "")
        return any(
            not (functions == {"SUBTOTAL"} and is_subtotal(program, cell))
            and (texts_count or self._numeric(program, cell))
            for cell in self._unnamed[key]
        )

    def _numeric(self, program: SheetProgram, key: Key) -> bool:
        """Whether any copy of a cell may be a number."""
        total = Aggregate()
        try:
            self._count(program, *key, total)
            return total.tally().numbers() > 0 or total.tally().error is not None
        except (NotEvaluable, Pending):
            return True

    # -- values inside loops

    def row_function(self, index: int) -> Callable[..., Any]:
        """The value of a formula over its own row; unknown where Excel must compute it."""
        found = self.plan[index]
        function = row_function(found.computed, found.cell.row)
        since_1904 = self.since_1904

        def call(*values: Any) -> Any:
            try:
                given = [v if type(v) in _READY else known(v, since_1904=since_1904) for v in values]
                return function.call(*given) if function is not None else UNKNOWN
            except (NotEvaluable, Pending):
                return UNKNOWN

        return call

    def looped_value(self, sheet_state: SheetState, index: int, inputs: Mapping[Key, Any]) -> Any:
        """The value of a formula inside a loop: its copy's cells are given, the rest is asked for."""
        compiled = self.compiled(index)
        if compiled is None or self.plan[index].cell.array is not None:
            return UNKNOWN
        found = self.plan[index]
        asking = _Asking(sheet_state, found, sheet_state.sheet.branch_of[found.cell.row].chain(), inputs)
        try:
            return compiled.call(lambda i: self._input(asking, compiled.refs[i]))
        except NotEvaluable:
            return UNKNOWN
        except Pending:
            return WAITING

    def _input(self, asking: _Asking, ref: Ref) -> Any:
        sheet_state, chain = asking.sheet_state, asking.chain
        if ref.sheet is not None and ref.sheet.casefold() != sheet_state.sheet.name.casefold():
            return self.given(ref, asking.found)
        if ref.row1 is None or ref.col1 is None:
            raise NotEvaluable("range")
        first, last = ref.row1, ref.row2 or ref.row1
        shared = any(b.opener < row < b.closer for b in chain for row in (first, last))
        if first < chain[0].opener and chain[0].closer < last:
            return self.given(replace(ref, sheet=sheet_state.sheet.name), asking.found)
        if not _known_rows(asking, ref):
            raise NotEvaluable("tag")
        if takes_past(ref, chain[-1]) and not self.mixed(sheet_state.program, ref, chain, asking.found):
            return self._gathered(asking, ref)
        crossing = first < chain[0].opener or last > chain[0].closer
        if shared and (ref.abs_row1 or ref.abs_row2 or crossing):
            return self._pinned(asking, ref)
        if not ref.is_range:
            return self._cell(asking, (first, ref.col1))
        if self.mixed(sheet_state.program, ref, chain, asking.found):
            raise NotEvaluable("mixed")
        return self._gathered(asking, ref)

    def _gathered(self, asking: _Asking, ref: Ref) -> Aggregate:
        """The cells of a range as a formula in a copy sees it."""
        total, program = Aggregate(), asking.sheet_state.program
        above = [key for key in asking.inputs if key not in program.sheet.cells and key in ref]
        if takes_past(ref, own := asking.chain[-1]):
            above = [(-own.opener, column) for column in ref.columns if (-own.opener, column) in asking.inputs]
        for key in (*above, *filled(program.sheet, ref)):
            value = self._cell(asking, key, whole=True)
            if isinstance(value, Aggregate):
                total.merge(value)
            else:
                total.add(value)
        return total

    def _cell(self, asking: _Asking, key: Key, *, whole: bool = False) -> Any:
        """A cell as a formula in a copy sees it; ``whole``: all its copies, where it has several."""
        program, row = asking.sheet_state.program, key[0]
        if key in asking.inputs:
            value = known(asking.inputs[key], since_1904=self.since_1904)
            if isinstance(value, Aggregate) and not whole:
                raise NotEvaluable("range")
            return value
        home = program.sheet.branch_of.get(row)
        if home is None:
            if row in program.sheet.tag_rows:
                raise NotEvaluable("tag")
            return known(self.value(program.sheet.name, *key), since_1904=self.since_1904)
        if asking.chain[0] in home.chain():
            if key in program.sheet.cells:
                raise NotEvaluable("later")
            return None
        name = program.sheet.name
        ref = Ref(name, row, key[1], row, key[1]) if whole else Ref(name, row, key[1])
        return self.given(ref, asking.found)

    def _pinned(self, asking: _Asking, ref: Ref) -> Aggregate:
        """``D$5:D5`` and ``D$3:D5`` add up to here, ``$D$5:$D$5`` over all copies."""
        sheet_state, own = asking.sheet_state, asking.chain[0]
        first, last = ref.row1 or 0, ref.row2 or 0
        if not ref.is_range or len(asking.chain) != 1 or not own.opener < last < own.closer:
            raise NotEvaluable("range")
        if own.opener < first and not ref.abs_row1:
            raise NotEvaluable("range")
        if self.mixed(sheet_state.program, ref, [], asking.found) or (
            last != asking.found.cell.row and not ref.abs_row2
        ):
            raise NotEvaluable("range")
        if ref.abs_row2:
            self._reach(sheet_state, last)
        total = Aggregate()
        for key in filled(sheet_state.sheet, ref):
            if sheet_state.sheet.branch_of.get(key[0]) is own:
                column = sheet_state.columns.get((*key, None))
                if column is None:
                    raise NotEvaluable("range")
                total.merge(column.figures())
            else:
                self._count(sheet_state.program, *key, total)
        return total


@dataclass(frozen=True, slots=True)
class _Asking:
    """A formula in a copy: its sheet, itself, the branches around it, and the values its copy gives it."""

    sheet_state: SheetState
    found: FormulaCell
    chain: list[Branch]
    inputs: Mapping[Key, Any]


def _known_rows(asking: _Asking, ref: Ref) -> bool:
    """Whether what a range that ends at a tag's row takes in is known: the copies before, or the row above its own.

    Not so, say, of a range to the tag that closes the block, which goes on to the last copy.
    """
    sheet, own, last = asking.sheet_state.sheet, asking.chain[-1], ref.row2 or ref.row1 or 0
    ends = {row for row in (ref.row1, ref.row2) if row in sheet.tag_rows | sheet.dropped()}
    if not ref.is_range or not ends or takes_past(ref, own):
        return True
    relative = not ref.abs_row1 and not ref.abs_row2 and own.simple
    return ends == {own.opener} and ref.row1 == own.opener and relative and last <= asking.found.cell.row


def unnamed_cells(program: SheetProgram, ref: Ref, chain: list[Branch]) -> Iterator[Key]:
    """Filled cells of repeated blocks that a range does not name but, over all their copies, may take in."""
    for row in (ref.rows.start, ref.rows.stop - 1):
        around = program.sheet.branch_of.get(row)
        outside = [b for b in (around.chain() if around else ()) if b not in chain]
        if any(b.repeats for b in outside):
            for key, cell in program.sheet.cells.items():
                within = outside[0].opener < key[0] < outside[0].closer and key[1] in ref.columns
                if within and key[0] not in ref.rows and (cell.tags or cell.formula or cell.value is not None):
                    yield key


def _area(found: FormulaCell) -> Ref:
    return Formula.parse(found.cell.array or "").refs()[0]


def _on(ref: Ref, sheet: str) -> Ref:
    return ref if ref.sheet is not None else replace(ref, sheet=sheet)
