"""One sheet of one render: where its rows are, what columns add up to, which cells are promised.

A :class:`SheetState` is what the generated code of a sheet talks to. It records how often each block was copied, from
which the layout of rows follows, and keeps the running totals of columns that formulas count on. What lies further
down is not known yet: then a formula becomes a :class:`Promise`, kept when all sheets are done.

A promised formula, before → after, of a total above a loop that is rendered three times::

    row 2   =SUM(D5:D5)      nothing is known of row 5 yet: a Promise stands in the stream of rows
    row 4   {%tr for r in rows %}
    row 5   {{ r.paid }}     three copies, whose values a RunningTotal takes in: 10, 20, 30
    row 6   {%tr endfor %}
    →       at the end the layout knows where row 5 went and the total what it came to: =SUM(D4:D6), 60

"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from docgen.errors import DataError, Place, Problem
from docgen.excel.cell_styles import FormatSession
from docgen.excel.formulas.arithmetic import Aggregate, ExcelError, NotEvaluable, cached
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.formulas.references import GONE, LAST_ROW, Formula, Ref
from docgen.excel.layout import BlockCopies, Layout
from docgen.excel.promises import UNKNOWN, WAITING, Key, Pending, RunningTotal, SheetProgram, is_sign, is_subtotal
from docgen.excel.reader import Branch
from docgen.sheets.book import letter
from docgen.template.render import RenderState
from docgen.template.xml_text import escape, escape_attribute
from foundation.language import _


class OwningBook(Protocol):
    """The workbook a sheet belongs to, as far as the sheet asks for it."""

    plan: list[FormulaCell]
    formats: FormatSession
    render: RenderState
    full_calculation: bool

    def value(self, sheet: str, row: int, column: int, /) -> Any:
        """The value of a cell outside loops, by its place in the template."""

    def written(self, sheet_state: SheetState, found: FormulaCell, /) -> bytes:
        """The rest of the cell of a formula outside loops; Pending where what it looks at is still to come."""

    def looped_value(self, sheet_state: SheetState, index: int, inputs: Mapping[Key, Any], /) -> Any:
        """The value of a formula inside a loop."""


@dataclass(slots=True)
class Promise:
    """A formula cell to be written when more is known.

    ``inputs``: the values its own copy gives it. ``waiting``: a running total waits for its ``value``.
    """

    sheet_state: SheetState
    index: int
    path: tuple[int, ...] = ()
    inputs: dict[Key, Any] | None = None
    waiting: bool = False
    value: Any = None


class _OpenBlock:
    """The copies of a block being rendered."""

    __slots__ = ("blank", "borrows", "count", "end", "instances", "start")

    def __init__(self, start: int) -> None:
        self.start, self.end, self.count, self.blank, self.borrows = start, start, 0, False, False
        self.instances: list[tuple[BlockCopies, ...]] = []


@dataclass(slots=True)
class _Growing:
    """Cells of a column that are becoming one, from a row on."""

    first: int
    value: Any = field(default=None)


class SheetState:
    """The state of one sheet; ``k`` is the last printed row."""

    unknown, error = UNKNOWN, ExcelError

    def __init__(self, book: OwningBook, program: SheetProgram) -> None:
        self.book, self.program, self.sheet = book, program, program.sheet
        self.k = 0
        self.kept: dict[Key, Any] = {}
        self.columns: dict[tuple[int, int, int | None], RunningTotal] = {}
        self.merges: list[str] = []
        self.done = False
        self.outermost = self.sheet.outermost()
        self._tops = [b.layout() for b in self.outermost]
        self._copies: list[list[BlockCopies]] = [[]]
        self._runs: dict[int, _OpenBlock] = {}
        self._layouts: dict[int, Layout] = {}
        self._growing: dict[tuple[int, int], _Growing] = {}
        self._listed: dict[tuple[int, int], list[Promise]] = {}
        self._dropped = self.sheet.dropped()

    # -- rows

    def row(self, step: int) -> bytes:
        """The next printed row's number; ``step - 1`` rows before it stay empty."""
        self.k += step
        if self.k > LAST_ROW:
            raise DataError(self._too_many())
        return b"%d" % self.k

    def _too_many(self) -> Problem:
        where = Place(self.book.render.file, self.sheet.name, f"A{LAST_ROW}")
        message = _("a sheet holds {n} rows, and the data have more").format(n=LAST_ROW)
        return Problem(where, message, _("Split the data over several sheets or files."), "sheet.too-many-rows")

    def skip(self, step: int) -> None:
        """Rows that stay empty."""
        self.k += step

    def open(self, index: int) -> None:
        """A block begins."""
        self._runs[index] = _OpenBlock(self.k)

    def copy(self, index: int) -> None:
        """A copy of it begins."""
        run = self._runs[index]
        if not run.count:
            run.start = self.k
        run.count += 1
        self._copies.append([])

    def copied(self, index: int) -> None:
        """A copy of it ends."""
        run = self._runs[index]
        run.end = self.k
        run.instances.append(tuple(self._copies.pop()))

    def blank(self, index: int) -> bytes:
        """The empty row that stands in for a block nothing was printed of."""
        run, branch = self._runs[index], self.sheet.branches[index]
        if run.borrows or (self.k > run.start if branch.steps else run.count):
            return b""
        run.blank, run.start = True, self.k
        number = self.row(1)
        run.end = self.k
        return self.program.blanks[index] % {b"n": number}

    def borrow(self, index: int) -> None:
        """References to a block nothing was printed of point at the next row."""
        run = self._runs[index]
        run.borrows, run.start, run.end = True, self.k, self.k

    def close(self, index: int) -> None:
        """A block ends."""
        run, branch = self._runs[index], self.sheet.branches[index]
        self._end_growing(index)
        if branch.steps:
            run.end = self.k
            run.count = 0 if run.blank else (run.end - run.start) // max(1, branch.height)
        simple = branch.simple
        instances = () if simple else tuple(run.instances)
        self._copies[-1].append(BlockCopies(run.count, instances, run.blank, run.borrows))

    # -- merged and coloured cells

    def merge(self, first_column: int, last_column: int, height: int) -> None:
        """Cells merged inside a loop, in this copy."""
        self.merges.append(str(Ref.cells(self.k, first_column, self.k + height - 1, last_column)))

    def span(self, column: int, value: Any) -> None:
        """``colspan n``: the cell and those to its right."""
        width = self.book.render.span(value)
        if width > 1:
            self.merge(column, column + width - 1, 1)

    def grown(self, column: int, value: Any, index: int) -> bool:
        """``vm``: whether the cell of this column joins the one above, which has the same value."""
        key = (index, column)
        started = self._growing.get(key)
        if started is not None and started.value == value:
            return True
        if started is not None:
            self._merge_down(column, started.first, self.k - 1)
        self._growing[key] = _Growing(self.k, value)
        return False

    def _end_growing(self, index: int) -> None:
        for key in [k for k in self._growing if k[0] == index]:
            self._merge_down(key[1], self._growing.pop(key).first, self.k)

    def _merge_down(self, column: int, first: int, last: int) -> None:
        if last > first:
            self.merges.append(str(Ref.cells(first, column, last, column)))

    def coloured(self, cell: bytes, colour: Any) -> bytes:
        """``cellbg``: the rest of a cell with another background."""
        shown = self.book.render.colour(colour)
        if shown == "auto":
            return cell
        style, rest = cell.removeprefix(b'" s="').split(b'"', 1)
        return b'" s="%d"%b' % (self.book.formats.coloured(int(style), shown), rest)

    # -- running totals

    def column(self, row: int, column: int, scope: int | None) -> RunningTotal:
        """The running total of a looped cell, over the sheet or over one copy of an enclosing block."""
        subtotal, hidden = is_subtotal(self.program, (row, column)), row in self.sheet.hidden  # no row where negative
        made = RunningTotal(subtotal=subtotal, hidden=hidden, since_1904=self.book.formats.formats.since_1904)
        return self.columns.setdefault((row, column, scope), made)

    def above(self, row: int, column: int) -> Any:
        """The value of a cell above the outermost block, for the first copy's formulas."""
        if row in self.sheet.branch_of or row in self.sheet.tag_rows | self._dropped:
            return UNKNOWN
        try:
            return self.book.value(self.sheet.name, row, column)
        except (Pending, NotEvaluable):
            return UNKNOWN

    # -- row numbers in formulas

    def at(self, row: int, end: bool) -> bytes:
        """A row above the outermost loop that is being rendered."""
        return b"%d" % self.layout().row(row, "end" if end else "start")

    def near(self, delta: int) -> bytes:
        """A row so far from this one."""
        return b"%d" % max(1, self.k + delta)

    def own(self, index: int, offset: int) -> bytes:
        """A row of the first copy of this block."""
        return b"%d" % (self._runs[index].start + offset)

    def low(self, index: int, offset: int) -> bytes:
        """A row of the first copy of an inner block that has ended."""
        run = self._runs[index]
        return b"%d" % (run.start + (offset if run.count else 1))

    def high(self, index: int, offset: int) -> bytes:
        """A row of the last copy of an inner block that has ended."""
        run = self._runs[index]
        if not run.count:
            return b"%d" % (run.start + 1)
        return b"%d" % (run.end - self.sheet.branches[index].height + offset)

    def layout(self) -> Layout:
        """Where rows are, as far as that is known: blocks not yet rendered count as printed once."""
        closed = len(self._copies[0])
        if closed not in self._layouts:
            rest = [_once(b) for b in self.outermost[closed:]]
            self._layouts[closed] = Layout(self._tops, [*self._copies[0], *rest], self._dropped)
        return self._layouts[closed]

    def copies(self) -> list[BlockCopies]:
        """How often each outermost block was rendered."""
        return self._copies[0]

    def knows(self, row: int) -> bool:
        """The printed place of a template row is final."""
        following = self.outermost[len(self._copies[0]) :]
        return self.done or not following or row < following[0].opener

    def closed(self, row: int) -> bool:
        """The block of a template row has been rendered."""
        return not any(b.opener < row < b.closer for b in self.outermost[len(self._copies[0]) :])

    # -- formulas

    def formula(self, index: int) -> bytes | Promise:
        """A formula outside loops."""
        try:
            return self.book.written(self, self.book.plan[index])
        except Pending:
            return Promise(self, index)

    def promise(self, index: int, inputs: dict[Key, Any], value: Any) -> Promise:
        """A formula inside a loop that looks at what comes later."""
        branch = self.sheet.branch_of[self.book.plan[index].cell.row]
        return Promise(self, index, tuple(self._copy_of(b) for b in branch.chain()), inputs, value is WAITING)

    def _copy_of(self, branch: Branch) -> int:
        run = self._runs[branch.index]
        if branch.steps:
            return (self.k - run.start - 1) // max(1, branch.height)
        return run.count - 1

    def listed(self, scope: int, promise: Promise) -> Promise:
        """A promise that learns more when the copy around it ends."""
        self._listed.setdefault((scope, promise.index), []).append(promise)
        return promise

    def settle(self, promise: Promise, inputs: Mapping[Key, Any]) -> Any:
        """What came later in the copy, for a promise; gives its value."""
        if promise.inputs is not None:
            promise.inputs.update(inputs)
        return self.book.looped_value(self, promise.index, promise.inputs or {})

    def settle_listed(self, scope: int, index: int, inputs: Mapping[Key, Any]) -> None:
        """The same for all promises of a formula in the copy that ends."""
        for promise in self._listed.pop((scope, index), ()):
            if promise.inputs is not None:
                promise.inputs.update(inputs)

    def calculated(self, style: int, text: bytes, value: Any) -> bytes:
        """The rest of a formula's cell behind its number."""
        return self._formula(style, b"<f>", text, value)

    def array(self, index: int, text: bytes) -> bytes:
        """The same for an array formula in a loop."""
        found = self.book.plan[index]
        ref = Formula.parse(found.cell.array or "").refs()[0]
        area = f"{letter(ref.col1 or 1)}{self.k}:{letter(ref.col2 or ref.col1 or 1)}{self.k}"
        return self.array_outside(found, area, text)

    def array_outside(self, found: FormulaCell, area: str, text: bytes) -> bytes:
        """The same outside loops, and a what-if table."""
        kind = "dataTable" if found.cell.what_if else "array"
        inputs = "".join(f' {name}="{value}"' for name, value in self._inputs(found.cell.what_if))
        return self._formula(found.cell.style, f'<f t="{kind}" ref="{area}"{inputs}>'.encode(), text, UNKNOWN)

    def _inputs(self, what_if: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """A what-if table's attributes: the cells it puts values into, where they are now, or that they are gone."""
        for name, value in what_if.items():
            refs = Formula.parse(value).refs() if name in ("r1", "r2") else ()
            moved = self.layout().move(refs[0]) if refs and self.sheet.moves else value
            if moved == GONE or (isinstance(moved, Ref) and moved.is_range):
                yield f"del{name[1]}", "1"
            else:
                yield name, escape_attribute(str(moved))

    def _formula(self, style: int, opening: bytes, text: bytes, value: Any) -> bytes:
        if is_sign(value) or isinstance(value, Aggregate):
            self.book.full_calculation = True
            return b'" s="%d">%s%s</f></c>' % (style, opening, text)
        kind, shown = cached(value)
        typed = b"" if kind == "n" else b' t="%s"' % kind.encode()
        return b'" s="%d"%s>%s%s</f><v>%s</v></c>' % (style, typed, opening, text, escape(shown).encode())


def _once(branch: Branch) -> BlockCopies:
    if branch.simple:
        return BlockCopies(1)
    return BlockCopies.of([tuple(_once(b) for b in branch.inner())])
