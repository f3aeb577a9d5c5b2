"""One render of a workbook: where rows are, what columns add up to, what formulas come to.

A :class:`Ground` is what the generated code of a sheet talks to. It records how often each block was copied, from
which the layout of rows follows; keeps the running totals of columns that formulas count on; and answers formulas.
What lies further down is not known yet: then the formula becomes a :class:`Promise`, kept when all sheets are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from docgen.formula import (
    GONE,
    Aggregate,
    Compiled,
    Copies,
    Formula,
    Layout,
    Marked,
    NotEvaluable,
    Place,
    Ref,
    cached,
    compile_formula,
    move_formula,
    move_ranges,
    move_sqref,
    row_function,
)
from docgen.sheetvalues import PartXml, serial
from docgen.text import escape

if TYPE_CHECKING:
    from docgen.compiler import Program
    from docgen.sheet import Branch, Sheet, SheetCell
    from docgen.sheetcode import FormulaCell
    from docgen.sheetvalues import FormatSession


class Pending(Exception):  # noqa: N818 - not an error: the answer comes later
    """What was asked for stands below the row being written, or on a sheet not yet done."""


class _Unknown:
    """The value of a formula that is not computed here."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = _Unknown()
_PLAIN = frozenset((int, float, str, bool, type(None), Decimal))


@dataclass(slots=True)
class SheetProgram:
    """A compiled sheet: its rows' program, what stands before and behind them, its formulas."""

    sheet: Sheet
    part: str
    before: bytes
    program: Program | None
    after: Program | None
    formulas: dict[tuple[int, int], FormulaCell]
    needs_sheets: frozenset[str]
    cells: dict[tuple[int, int], SheetCell] = field(default_factory=dict)
    branch_of: dict[int, Branch] = field(default_factory=dict)


@dataclass(slots=True)
class Promise:
    """A formula cell to be written when more is known."""

    ground: Ground
    index: int
    path: tuple[int, ...] = ()
    inputs: Mapping[tuple[int, int], Any] | None = None


class Column:
    """Running total of a column's cells over the copies of a row."""

    __slots__ = ("known", "subtotal", "total")

    def __init__(self, subtotal: bool) -> None:
        self.subtotal = subtotal
        self.reset()

    def reset(self) -> None:
        self.total, self.known = Aggregate(), True

    def add(self, value: Any) -> Any:
        """Take a cell in and hand its value on, so that the call can stand around it."""
        if value is UNKNOWN:
            self.known = False
        elif type(value) in _PLAIN:
            self.total.add(Marked(value, subtotal=True) if self.subtotal else value)
        else:
            self.total.add(as_cell(value))
        return value

    def figures(self) -> Aggregate:
        if not self.known:
            raise NotEvaluable("formula")
        return self.total


def as_cell(value: Any) -> Any:
    """A value as its cell holds it for a formula: dates are serial numbers, anything unknown is text."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, date | time | timedelta):
        return serial(value)
    return str(value)


class _Run:
    """The copies of a block being rendered."""

    __slots__ = ("blank", "count", "end", "instances", "start")

    def __init__(self, start: int) -> None:
        self.start, self.end, self.count, self.blank = start, start, 0, False
        self.instances: list[tuple[Copies, ...]] = []


class Ground:
    """The state of one sheet; ``k`` is the last printed row."""

    def __init__(self, book: BookState, program: SheetProgram) -> None:
        self.book, self.program, self.sheet = book, program, program.sheet
        self.k = 0
        self.kept: dict[tuple[int, int], Any] = {}
        self.columns: dict[tuple[int, int, int | None], Column] = {}
        self.merges: list[str] = []
        self.done = False
        self._tops = [b.layout() for b in self.sheet.outermost()]
        self._copies: list[list[Copies]] = [[]]
        self._runs: dict[int, _Run] = {}
        self._layouts: dict[int, Layout] = {}
        self._growing: dict[tuple[int, int], tuple[int, Any]] = {}
        self._removed = [item.row for item in self.sheet.body if getattr(item, "keyword", "") == "set"]

    # -- told by the generated code

    def row(self, step: int) -> bytes:
        """The next printed row's number; ``step - 1`` rows before it stay empty."""
        self.k += step
        return b"%d" % self.k

    def skip(self, step: int) -> None:
        self.k += step

    def open(self, index: int) -> None:
        self._runs[index] = _Run(self.k)

    def copy(self, index: int) -> None:
        self._runs[index].count += 1
        self._copies.append([])

    def copied(self, index: int) -> None:
        self._runs[index].instances.append(tuple(self._copies.pop()))

    def blank(self, index: int) -> None:
        self._runs[index].blank = True

    def close(self, index: int) -> None:
        run, branch = self._runs[index], self.sheet.branches[index]
        run.end = self.k
        self._end_growing(index)
        if branch.repeats and branch.simple:
            run.count = 0 if run.blank else (run.end - run.start) // max(1, branch.height)
            copies = Copies(run.count, blank=run.blank)
        elif branch.simple:
            copies = Copies(run.count)
        else:
            copies = Copies.of(run.instances)
        self._copies[-1].append(copies)

    def merge(self, first_column: int, last_column: int, height: int) -> None:
        """Cells merged inside a loop, in this copy."""
        self.merges.append(str(Ref.cells(self.k, first_column, self.k + height - 1, last_column)))

    def grow(self, column: int, value: Any, index: int) -> None:
        """``vm``: the cell of this column joins the one above where both have the same value."""
        key = (index, column)
        started = self._growing.get(key)
        if started is not None and started[1] == value:
            return
        if started is not None:
            self._merge_down(column, started[0], self.k - 1)
        self._growing[key] = (self.k, value)

    def _end_growing(self, index: int) -> None:
        for key in [k for k in self._growing if k[0] == index]:
            self._merge_down(key[1], self._growing.pop(key)[0], self.k)

    def _merge_down(self, column: int, first: int, last: int) -> None:
        if last > first:
            self.merges.append(str(Ref.cells(first, column, last, column)))

    def column(self, row: int, column: int, scope: int | None) -> Column:
        """The running total of a looped cell, over the sheet or over one copy of an enclosing block."""
        cell = self.program.formulas.get((row, column))
        subtotal = cell is not None and "SUBTOTAL" in cell.formula.functions()
        return self.columns.setdefault((row, column, scope), Column(subtotal))

    # -- row numbers in formulas

    def at(self, row: int, end: bool) -> bytes:
        """A row above the outermost loop that is being rendered."""
        return b"%d" % self.layout().row(row, "end" if end else "start")

    def near(self, delta: int) -> bytes:
        return b"%d" % (self.k + delta)

    def own(self, index: int, offset: int) -> bytes:
        """A row of the first copy of this block."""
        return b"%d" % (self._runs[index].start + offset)

    low = own

    def high(self, index: int, offset: int) -> bytes:
        """A row of the last copy of an inner block that has ended."""
        run = self._runs[index]
        height = 1 if run.blank else self.sheet.branches[index].height
        return b"%d" % max(run.end - height + min(offset, height), run.start)

    def layout(self) -> Layout:
        """Where rows are, as far as that is known: blocks not yet rendered count as printed once."""
        closed = len(self._copies[0])
        if closed not in self._layouts:
            rest = [_once(b) for b in self.sheet.outermost()[closed:]]
            self._layouts[closed] = Layout(self._tops, [*self._copies[0], *rest], self._removed)
        return self._layouts[closed]

    def knows(self, row: int) -> bool:
        """The printed place of a template row is final."""
        closed = len(self._copies[0])
        following = self.sheet.outermost()[closed:]
        return self.done or not following or row < following[0].opener

    # -- formulas

    def formula(self, index: int) -> bytes | Promise:
        """A formula outside loops."""
        found = self.book.plan[index]
        try:
            self._require(found)
            text = move_formula(found.formula, self.book.layouts(self), self.sheet.name).text()
            value = self.book.value(self.sheet.name, found.cell.row, found.cell.column)
        except Pending:
            if self.done:
                raise
            return Promise(self, index)
        return self.calculated(found.cell.style, escape(text).encode(), value, found)

    def _require(self, found: FormulaCell) -> None:
        for ref in found.formula.refs():
            if ref.sheet is None or ref.sheet.casefold() == self.sheet.name.casefold():
                if ref.row1 is None or not (self.knows(ref.row1) and self.knows(ref.row2 or ref.row1)):
                    if not self.done and self.sheet.moves:
                        raise Pending
            else:
                self.book.layout_of(ref.sheet)

    def promise(self, index: int, inputs: Mapping[tuple[int, int], Any]) -> Promise:
        """A formula inside a loop that looks at what comes later."""
        branch = self.program.branch_of[self.book.plan[index].cell.row]
        return Promise(self, index, tuple(self._copy_of(b) for b in branch.chain()), inputs)

    def _copy_of(self, branch: Branch) -> int:
        run = self._runs[branch.index]
        if branch.repeats and branch.simple:
            return (self.k - run.start - 1) // max(1, branch.height)
        return run.count - 1

    def keep(self, promise: Promise) -> bytes:
        """The promised cell, now that all is known."""
        found = self.book.plan[promise.index]
        if promise.inputs is None:
            written = self.formula(promise.index)
            if isinstance(written, Promise):
                raise Pending
            return written
        place = Place(found.cell.row, promise.path)
        text = move_formula(found.formula, self.book.layouts(self), self.sheet.name, place).text()
        value = self.value(promise.index, promise.inputs)
        return self.calculated(found.cell.style, escape(text).encode(), value, found)

    def row_function(self, index: int) -> Callable[..., Any]:
        """The value of a formula over its own row; unknown where Excel must compute it."""
        found = self.book.plan[index]
        function = row_function(found.formula, found.cell.row)

        def call(*values: Any) -> Any:
            try:
                return function(*[v if type(v) in _PLAIN else _given(v) for v in values])  # type: ignore[misc]
            except NotEvaluable:
                return UNKNOWN

        return call

    def value(self, index: int, inputs: Mapping[tuple[int, int], Any]) -> Any:
        """The value of a formula inside a loop: its copy's cells are given, the rest is asked for."""
        compiled = self.book.compiled(index)
        if compiled is None:
            return UNKNOWN
        try:
            return compiled(lambda i: self._input(compiled.refs[i], index, inputs))
        except (NotEvaluable, Pending):
            return UNKNOWN

    def _input(self, ref: Ref, index: int, inputs: Mapping[tuple[int, int], Any]) -> Any:
        if ref.sheet is not None and ref.sheet.casefold() != self.sheet.name.casefold():
            return self.book.given(ref)
        if ref.row1 is None or ref.col1 is None:
            raise NotEvaluable("range")
        chain = self.program.branch_of[self.book.plan[index].cell.row].chain()
        rows = range(ref.row1, (ref.row2 or ref.row1) + 1)
        pinned = (ref.abs_row1 or ref.abs_row2) and any(b.opener < r < b.closer for b in chain for r in rows)
        if pinned:
            return self._pinned(ref, chain)
        if not ref.is_range:
            return self._cell(ref.row1, ref.col1, chain[-1], inputs)
        total = Aggregate()
        for row, column in self.book.filled(self.program, ref):
            found = self._cell(row, column, chain[-1], inputs)
            if isinstance(found, Aggregate):
                total.merge(found)
            else:
                total.add(found)
        return total

    def _pinned(self, ref: Ref, chain: list[Branch]) -> Aggregate:
        """``D$5:D5`` adds up to here, ``$D$5:$D$5`` over all copies."""
        if not ref.is_range or len(chain) != 1 or ref.row1 != ref.row2 or not ref.abs_row1:
            raise NotEvaluable("range")
        if ref.abs_row2 and not self.done:
            raise Pending
        total = Aggregate()
        for row, column in self.book.filled(self.program, ref):
            total.merge(self.columns[row, column, None].figures())
        return total

    def _cell(self, row: int, column: int, branch: Branch, inputs: Mapping[tuple[int, int], Any]) -> Any:
        if (row, column) in inputs:
            return _given(inputs[row, column])
        home = self.program.branch_of.get(row)
        if row == branch.opener and branch.repeats:  # the row above the first copy
            return self.book.value(self.sheet.name, row - 1, column)
        if home is None:
            return self.book.value(self.sheet.name, row, column)
        scoped = self.columns.get((row, column, branch.index))
        if scoped is None:
            raise NotEvaluable("range")
        return scoped.figures()

    def calculated(self, style: int, text: bytes, value: Any, found: FormulaCell | None = None) -> bytes:
        """The rest of a formula's cell behind its number."""
        open_formula = b"<f>" if found is None or found.cell.array is None else self._array(found)
        if value is UNKNOWN or isinstance(value, Aggregate):
            self.book.full_calculation = True
            return b'" s="%d">%s%s</f></c>' % (style, open_formula, text)
        kind, shown = cached(value)
        typed = b"" if kind == "n" else b' t="%s"' % kind.encode()
        return b'" s="%d"%s>%s%s</f><v>%s</v></c>' % (style, typed, open_formula, text, escape(shown).encode())

    def _array(self, found: FormulaCell) -> bytes:
        area = move_sqref(found.cell.array or "", self.layout())
        return f'<f t="array" ref="{area}">'.encode()


def _given(value: Any) -> Any:
    if value is UNKNOWN:
        raise NotEvaluable("formula")
    return as_cell(value)


def _once(branch: Branch) -> Copies:
    if branch.simple:
        return Copies(1)
    return Copies.of([tuple(_once(b) for b in branch.inner())])


class BookState:
    """All sheets of one render."""

    def __init__(self, plan: list[FormulaCell], sheets: list[SheetProgram], formats: FormatSession) -> None:
        self.plan, self.sheets, self.formats = plan, sheets, formats
        self.by_name = {s.sheet.name.casefold(): s for s in sheets}
        self.grounds: dict[str, Ground] = {}
        self.full_calculation = False
        self._compiled: dict[int, Compiled | None] = {}
        self._values: dict[tuple[str, int, int], Any] = {}
        self._asking: set[tuple[str, int, int]] = set()

    def begin(self, program: SheetProgram) -> Ground:
        ground = Ground(self, program)
        self.grounds[program.sheet.name.casefold()] = ground
        return ground

    def waits(self, program: SheetProgram) -> bool:
        """The sheet's formulas look at sheets that are not done."""
        return any(
            name in self.by_name and not (name in self.grounds and self.grounds[name].done)
            for name in program.needs_sheets
        )

    # -- layouts

    def layout_of(self, sheet: str) -> Layout | None:
        """The layout of a finished sheet; None of one whose rows stay where they are."""
        program = self.by_name.get(sheet.casefold())
        if program is None or not program.sheet.moves:
            return None
        ground = self.grounds.get(sheet.casefold())
        if ground is None or not ground.done:
            raise Pending
        return ground.layout()

    def layouts(self, own: Ground | None) -> Callable[[str | None], Layout | None]:
        """The layout of a sheet by its name, the own one by None."""

        def find(sheet: str | None) -> Layout | None:
            if sheet is None:
                return own.layout() if own is not None and own.sheet.moves else None
            return self.layout_of(sheet)

        return find

    # -- values

    def compiled(self, index: int) -> Compiled | None:
        if index not in self._compiled:
            try:
                self._compiled[index] = compile_formula(self.plan[index].formula)
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
        cell = program.cells.get((row, column))
        if cell is None:
            return None
        ground = self.grounds.get(sheet)
        if cell.formula is not None:
            return self._formula_value(program, row, column)
        if not cell.tags:
            return cell.value
        if ground is None or ((row, column) not in ground.kept and not ground.done):
            raise Pending
        return as_cell(ground.kept.get((row, column)))

    def _formula_value(self, program: SheetProgram, row: int, column: int) -> Any:
        found = program.formulas.get((row, column))
        if found is None or row in program.branch_of:
            raise NotEvaluable("formula")
        compiled = self.compiled(found.index)
        if compiled is None:
            return UNKNOWN
        try:
            return compiled(lambda i: self.given(_on(compiled.refs[i], program.sheet.name)))
        except NotEvaluable:
            return UNKNOWN

    def given(self, ref: Ref) -> Any:
        """What a reference from outside loops gives a formula: a value, or a range's figures."""
        program = self.by_name.get((ref.sheet or "").casefold())
        if program is None or (ref.row1 is None and ref.col1 is None):
            raise NotEvaluable("sheet")
        if not ref.is_range and ref.row1 not in program.branch_of:
            return _given(self.value(program.sheet.name, ref.row1 or 0, ref.col1 or 0))
        total = Aggregate()
        ground = self.grounds.get(program.sheet.name.casefold())
        for row, column in self.filled(program, ref):
            if row not in program.branch_of:
                cell = program.formulas.get((row, column))
                value = _given(self.value(program.sheet.name, row, column))
                marked = cell is not None and "SUBTOTAL" in cell.formula.functions()
                total.add(Marked(value, subtotal=True) if marked else value)
                continue
            if ground is None or not (ground.done or ground.knows(row + 1)):
                raise Pending
            found = ground.columns.get((row, column, None))
            if found is not None:
                total.merge(found.figures())
        return total

    @staticmethod
    def filled(program: SheetProgram, ref: Ref) -> Iterator[tuple[int, int]]:
        """The template's cells within a reference that hold something."""
        low, high = ref.row1 or 1, ref.row2 or ref.row1 or 1_048_576
        left, right = ref.col1 or 1, ref.col2 or ref.col1 or 16_384
        if (high - low + 1) * (right - left + 1) < len(program.cells):
            for row in range(low, high + 1):
                yield from ((row, c) for c in range(left, right + 1) if (row, c) in program.cells)
        else:
            yield from ((r, c) for r, c in program.cells if low <= r <= high and left <= c <= right)

    # -- what other parts ask, by the names the compiled parts use

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Functions of the parts that follow the rows."""
        return {
            "_gd_sqref": self._sqref,
            "_gd_rule": self._rule,
            "_gd_text": self._text,
            "_gd_ranges": lambda text: move_ranges(text, self.layouts(None)) or GONE,
            "_gd_row_of": self._row_of,
            "_gd_merges": self._merges,
            "_gd_full": lambda: int(self.full_calculation),
            "_gd_anchor": self._anchor,
        }

    def _ground(self, sheet: str) -> Ground | None:
        return self.grounds.get(sheet.casefold())

    def _sqref(self, sheet: str, text: str) -> str:
        """Ranges of this sheet, exactly the rows they cover."""
        ground = self._ground(sheet)
        return text if ground is None or not ground.sheet.moves else move_sqref(text, ground.layout())

    def _rule(self, sheet: str, text: str, row: int) -> str:
        """A formula written for the first cell of a range (conditional format, validation)."""
        ground = self._ground(sheet)
        if ground is None:
            return text
        branch = ground.program.branch_of.get(row)
        place = None if branch is None else Place(row, (0,) * len(branch.chain()))
        layouts = self.layouts(ground)
        if place is not None and not _printed(ground, place):
            return text
        return move_formula(Formula.parse(text), layouts, ground.sheet.name, place, pinned=place is not None).text()

    def _text(self, sheet: str, text: str) -> str:
        """A formula or range seen from outside all loops (names, charts, tables)."""
        ground = self._ground(sheet) if sheet else None
        return move_formula(Formula.parse(text), self.layouts(ground), sheet or None).text()

    def _row_of(self, sheet: str, row: int, end: bool, base: int) -> int:
        """A row counted from ``base``."""
        ground = self._ground(sheet)
        if ground is None or not ground.sheet.moves:
            return row
        return max(base, ground.layout().row(row - base + 1, "end" if end else "start") + base - 1)

    def _anchor(self, sheet: str, text: str) -> str:
        """``x:Anchor`` of a comment's box: its two rows move by what its first row moves."""
        numbers = [int(n) for n in text.split(",")]
        by = self._row_of(sheet, numbers[2], False, 0) - numbers[2]
        numbers[2] += by
        numbers[6] += by
        return ", ".join(map(str, numbers))

    def _merges(self, sheet: str) -> str:
        """The mergeCells element, or nothing."""
        ground = self._ground(sheet)
        program = self.by_name.get(sheet.casefold())
        if program is None:
            return ""
        found = list(ground.merges) if ground else []
        for ref in program.sheet.merged:
            if program.branch_of.get(ref.row1 or 0) is None or program.branch_of.get(
                ref.row2 or ref.row1 or 0
            ) is not program.branch_of.get(ref.row1 or 0):
                moved = str(ref) if ground is None or not ground.sheet.moves else str(ground.layout().move(ref))
                if moved != GONE and ":" in moved:
                    found.append(moved)
        if not found:
            return ""
        cells = "".join(f'<mergeCell ref="{r}"/>' for r in found)
        return PartXml(f'<mergeCells count="{len(found)}">{cells}</mergeCells>')


def _on(ref: Ref, sheet: str) -> Ref:
    return ref if ref.sheet is not None else replace(ref, sheet=sheet)


def _printed(ground: Ground, place: Place) -> bool:
    """The first copy a rule is written for was printed."""
    try:
        return ground.layout().at(place) > 0 and bool(move_sqref(f"A{place.row}", ground.layout()))
    except (ValueError, IndexError):
        return False
