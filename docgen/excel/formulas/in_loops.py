"""Formulas inside loops: their text in every copy, and what they come to, as lines of Python.

Row numbers are worked out here, once; what cannot be known when the row is written (a total below, another sheet) is
yielded as a promise. A value is computed from the variables of its own copy; what comes later in the same copy is
handed to the promise at the end of that copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from docgen.excel.formulas.arithmetic import NotEvaluable
from docgen.excel.formulas.compile import row_function
from docgen.excel.formulas.references import Formula, Ref
from docgen.excel.reader import Branch, SheetCell, SheetRow, TagBlock, TemplateSheet
from docgen.template.xml_text import escape

Key = tuple[int, int]
Numbers = str | tuple[str, str] | None
"""Python for a row number as bytes; a pair where one cell stands for several copies; None: known later."""


class _End(NamedTuple):
    """A corner of a reference: its row, whether it has a ``$``, stands alone, or ends a range."""

    row: int
    absolute: bool
    single: bool
    last: bool


@dataclass(slots=True)
class FormulaCell:
    """A formula of the template where it stands. ``index`` numbers the formulas of the workbook's touched sheets.

    ``formula`` is the text that is written; ``computed`` the same with defined names written out.
    """

    index: int
    sheet: str
    cell: SheetCell
    formula: Formula
    computed: Formula

    @property
    def key(self) -> Key:
        """Row and column in the template."""
        return self.cell.row, self.cell.column


class LoopFormulas:
    """What the formulas of one sheet's loops add to the plans of its rows."""

    def __init__(
        self, sheet: TemplateSheet, formulas: dict[Key, FormulaCell], watched: set[Key], moving: set[str]
    ) -> None:
        self.sheet, self.formulas, self.watched, self.moving = sheet, formulas, watched, moving
        self.variables: dict[str, None] = {}
        self.bound: dict[str, str] = {}
        self.branch_of = sheet.branch_of
        self.cells = sheet.cells
        self.tops = sheet.outermost()
        self.rows: dict[int, list[tuple[FormulaCell, list[str]]]] = {}
        self.accumulators: dict[Key, list[tuple[str, Branch | None]]] = {}
        self.known: dict[str, str] = {}
        self.above: dict[int, dict[int, str]] = {}
        self.past: dict[int, dict[int, str]] = {}
        self.late = self._late()

    def _variable(self, name: str) -> str:
        self.variables[name] = None
        return name

    # -- what the plans ask for

    def part(self, found: FormulaCell, branch: Branch) -> tuple[str, str]:
        """The formula's cell in a row's plan; its value becomes known with the lines of :meth:`in_order`."""
        text, scope = self._text(found, branch), self.late.get(found.key)
        variable = self._variable(f"v{found.cell.row}_{found.cell.column}")
        lines: list[str] = []
        self.rows.setdefault(found.cell.row, []).append((found, lines))
        if scope is branch:
            lines.append(f"{variable} = unknown")
            promised = self._variable(f"later{found.index}")
            return "promise", f"({promised} := promise({found.index}, {self._inputs(found, branch)}, None))"
        if scope is not None:
            lines.append(f"{variable} = {self._taken(found, 'unknown')}")
            promised = f"promise({found.index}, {self._inputs(found, branch)}, None)"
            return "promise", f"sheet.listed({scope.index}, {promised})"
        if text is None and found.key not in self.watched:
            return "promise", f"promise({found.index}, {self._inputs(found, branch)}, None)"
        lines.append(f"{variable} = {self._taken(found, self._given(found, branch))}")
        if text is None:
            return "promise", f"promise({found.index}, {self._inputs(found, branch)}, {variable})"
        joined = f'b"".join(({", ".join([*text, ""])}))' if len(text) != 1 else text[0]
        if found.cell.array is not None:
            return "code", f"sheet.array({found.index}, {joined})"
        return "code", f"sheet.calculated({found.cell.style}, {joined}, {variable})"

    def _taken(self, found: FormulaCell, value: str) -> str:
        for name in self.takers(found.key):
            value = f"{name}.add({value})"
        return value

    def in_order(self, row: int) -> list[str]:
        """The lines that compute a row's formulas, each after those it counts on."""
        return [line for _found, lines in _in_order(self.rows.get(row, [])) for line in lines]

    def takers(self, key: Key) -> list[str]:
        """The accumulators a looped cell feeds: one for the whole sheet, one for each enclosing copy."""
        branch = self.branch_of.get(key[0])
        if key not in self.watched or branch is None:
            return []
        if key not in self.accumulators:
            names: list[tuple[str, Branch | None]] = []
            for scope in (None, *branch.chain()[:-1]):
                name = f"a{key[0]}_{key[1]}_{'s' if scope is None else scope.index}"
                self.bound[name] = f"sheet.column({key[0]}, {key[1]}, {None if scope is None else scope.index})"
                names.append((name, scope))
            self.accumulators[key] = names
        return [name for name, _scope in self.accumulators[key]]

    def at_opening(self, block: TagBlock) -> list[str]:
        """Lines where a block begins: rows above that its formulas name, the values above its first copy."""
        lines = [f"{name} = {self._value_above(b, column)}" for b in block.branches for column, name in
                 self.above.get(b.index, {}).items()]  # fmt: skip
        lines += [f"{name}.reset()" for b in block.branches for name in self.past.get(b.index, {}).values()]
        if block.branches[0].parent is None:
            lines += [f"{self._variable(name)} = {code}" for name, code in self.known.items()]
            self.known = {}
        return lines

    def at_copy_start(self, branch: Branch) -> list[str]:
        """Lines where a copy begins: its running totals start anew."""
        found = [name for names in self.accumulators.values() for name, scope in names if scope is branch]
        return [f"{name}.reset()" for name in found]

    def at_copy_end(self, branch: Branch, *, ends_in_row: bool) -> list[str]:
        """Lines where a copy ends: promises get what came after them, the next copy sees this one above it."""
        lines = [line for found in self._late_of(branch) for line in self._settled(found, branch)]
        for column, name in self.above.get(branch.index, {}).items():
            cell = self.cells.get((branch.last_row(), column))
            lines.append(f"{name} = {'unknown' if not ends_in_row else 'None' if cell is None else self._read(cell)}")
        rows = {row.number for row in branch.body if isinstance(row, SheetRow)}
        for column, name in self.past.get(branch.index, {}).items():
            filled = [cell for (row, c), cell in sorted(self.cells.items()) if c == column and row in rows]
            lines += [f"{name}.add({self._read(cell)})" for cell in filled]
        return lines

    # -- values

    def _given(self, found: FormulaCell, branch: Branch) -> str:
        """Python for the formula's value in a copy: over its own row by a function made for it."""
        if found.cell.array is not None:
            return "unknown"
        return self._by_row(found, branch) or f"book.looped_value(sheet, {found.index}, {self._inputs(found, branch)})"

    def _by_row(self, found: FormulaCell, branch: Branch) -> str | None:
        if any(ref.abs_row1 or ref.abs_row2 for ref in found.computed.refs()):
            return None
        try:
            own = row_function(found.computed, found.cell.row)
        except NotEvaluable:
            return "unknown"
        if own is None or self.branch_of.get(found.cell.row) is not branch:
            return None
        name = f"f{found.index}"
        self.bound[name] = f"book.row_function({found.index})"
        return f"{name}({', '.join(self._read_at(found.cell.row, c) for c in own.columns)})"

    def _read_at(self, row: int, column: int) -> str:
        cell = self.cells.get((row, column))
        return "None" if cell is None else self._read(cell)

    def _read(self, cell: SheetCell) -> str:
        if not cell.covered and (cell.tags or cell.escaped or cell.formula is not None):
            return self._variable(f"v{cell.row}_{cell.column}")
        return cell.constant

    def _inputs(self, found: FormulaCell, branch: Branch) -> str:
        """What is known of the cells the formula looks at when its row is written, as a dict display."""
        pairs = {}
        for ref, row, column in self._looked(found):
            if row == branch.opener and takes_past(ref, branch):
                pairs[-row, column] = self._past(branch, row, column)
            elif row == branch.opener and not ref.abs_row1:
                names = self.above.setdefault(branch.index, {})
                pairs[row, column] = names.setdefault(column, self._variable(f"o{branch.index}_{column}"))
            elif (row, column) in self.cells and (source := self._before(row, column, found, branch)) is not None:
                pairs[row, column] = source
        return _display(pairs)

    def _past(self, branch: Branch, row: int, column: int) -> str:
        """The total of a column over the copies before this one, each of which it takes in at its end."""
        name = f"u{branch.index}_{column}"
        self.bound[name] = f"sheet.column({-row}, {column}, {branch.index})"
        self.past.setdefault(branch.index, {})[column] = name
        return f"{name}.snapshot()"

    def _before(self, row: int, column: int, found: FormulaCell, branch: Branch) -> str | None:
        """A cell of the copies around the formula where it is printed above it, or does not vary."""
        cell, home = self.cells[row, column], self.branch_of.get(row)
        if home is None:
            return None
        if home in branch.chain():
            known = row <= found.cell.row or not (cell.tags or cell.formula is not None)
            return self._read(cell) if known else None
        common = [one for one in branch.chain() if one in home.chain()]
        if not common or row > found.cell.row:
            return None
        return self._so_far((row, column), common[-1])

    def _so_far(self, key: Key, scope: Branch) -> str:
        """The running total of a cell over the copies within one copy of ``scope``."""
        self.takers(key)
        name = next(name for name, one in self.accumulators[key] if one is scope)
        return f"{name}.so_far()"

    def _looked(self, found: FormulaCell) -> Iterator[tuple[Ref, int, int]]:
        """The cells of this sheet in the formula's references: filled ones, and all of a row above a block."""
        openers = {b.opener for b in self.sheet.branches}
        for ref in found.computed.refs():
            if ref.sheet is not None and ref.sheet.casefold() != self.sheet.name.casefold():
                continue
            if ref.row1 is None or ref.col1 is None:
                continue
            few = len(ref.rows) * len(ref.columns) < len(self.cells)
            cells = product(ref.rows, ref.columns) if few else (key for key in self.cells if key in ref)
            yield from ((ref, r, c) for r, c in cells if (r, c) in self.cells or r in openers)

    def _value_above(self, branch: Branch, column: int) -> str:
        """The value of the row above a block's first copy."""
        row = branch.opener - 1
        if branch.parent is None:
            return f"sheet.above({row}, {column})"
        if self.branch_of.get(row) is branch.parent:
            return self._read_at(row, column)
        return "unknown" if row in self.sheet.tag_rows else "None"

    # -- what comes later in the same copy

    def _late(self) -> dict[Key, Branch]:
        """Formulas that count on what their copy, or one around it, prints below them, with that copy's branch."""
        late: dict[Key, Branch] = {}
        size = -1
        while size != len(late):
            size = len(late)
            for key, found in self.formulas.items():
                branch = self.branch_of.get(key[0])
                if branch is not None and (scope := self._scope(found, branch, late)) is not None:
                    late[key] = scope
        return late

    def _scope(self, found: FormulaCell, branch: Branch, late: dict[Key, Branch]) -> Branch | None:
        chain = branch.chain()
        scopes: list[Branch] = []
        for ref, row, column in self._looked(found):
            home = self.branch_of.get(row)
            if home is None or ref.abs_row1 or ref.abs_row2 or (row, column) not in self.cells:
                continue
            cell = self.cells[row, column]
            common = [one for one in chain if one in home.chain()]
            if not common or not (cell.tags or cell.formula is not None):
                continue
            if (row, column) in late and late[row, column] in chain:
                scopes.append(late[row, column])
            elif row > found.cell.row:
                scopes.append(common[-1])
        return min(scopes, key=chain.index) if scopes else None

    def _late_of(self, branch: Branch) -> list[FormulaCell]:
        """The formulas settled at the end of a copy, each after those it counts on."""
        chosen = [self.formulas[key] for key, scope in self.late.items() if scope is branch]
        keys = {f.key for f in chosen}
        done: list[FormulaCell] = []
        while chosen:
            got = {f.key for f in done}
            ready = [f for f in chosen if not any((r, c) in keys - got - {f.key} for _ref, r, c in self._looked(f))]
            done += ready or chosen[:1]
            chosen = [f for f in chosen if f not in done]
        return done

    def _settled(self, found: FormulaCell, scope: Branch) -> Iterator[str]:
        inputs = {}
        own = self.branch_of[found.cell.row]
        for _ref, row, column in self._looked(found):
            home = self.branch_of.get(row)
            if home is scope:
                inputs[row, column] = self._read_at(row, column)
            elif home is not None and scope in home.chain() and home not in own.chain():
                inputs[row, column] = self._so_far((row, column), scope)
        if own is not scope:
            yield f"sheet.settle_listed({scope.index}, {found.index}, {_display(inputs)})"
            return
        value = self._taken(found, f"sheet.settle(later{found.index}, {_display(inputs)})")
        yield f"v{found.cell.row}_{found.cell.column} = {value}"

    # -- texts

    def _text(self, found: FormulaCell, branch: Branch) -> list[str] | None:
        """The formula's text in a copy as Python expressions of bytes, or None when it must wait."""
        if self._hangs_on(found, branch.chain()[0].opener, set()):
            return None
        out: list[str] = []
        for part in found.formula.parts:
            pieces = [repr(escape(part).encode())] if isinstance(part, str) else self._ref(part, found, branch)
            if pieces is None:
                return None
            out += pieces
        return out

    def _hangs_on(self, found: FormulaCell, row: int, seen: set[Key]) -> bool:
        """Whether a formula above looks, through however many others, at rows from this one on."""
        for _ref, r, c in self._looked(found):
            if r >= row and found.cell.row < row:
                return True
            if (r, c) in self.formulas and r < row and (r, c) not in seen and r not in self.branch_of:
                seen.add((r, c))
                if self._hangs_on(self.formulas[r, c], row, seen):
                    return True
        return False

    def _ref(self, ref: Ref, found: FormulaCell, branch: Branch) -> list[str] | None:
        if ref.sheet is not None and ref.sheet.casefold() != self.sheet.name.casefold():
            return None if ref.sheet.casefold() in self.moving else [repr(escape(str(ref)).encode())]
        if ref.row1 is None:
            return [repr(escape(str(ref)).encode())]
        if ref.row2 is not None and ref.row2 < ref.row1:
            return None
        single = ref.row2 is None
        first = self._number(_End(ref.row1, ref.abs_row1, single, last=False), found, branch)
        last = first
        if not single:
            last = self._number(_End(ref.row2 or 0, ref.abs_row2, single, last=True), found, branch)
        elif isinstance(first, tuple):
            ref = replace(ref, row2=ref.row1, col2=ref.col1, abs_row2=ref.abs_row1, abs_col2=ref.abs_col1)
            first, last = first
        if not isinstance(first, str) or not isinstance(last, str):
            return None
        return _printed(ref, first, last)

    def _number(self, end: _End, found: FormulaCell, branch: Branch) -> Numbers:
        row, own, chain = end.row, found.cell.row, branch.chain()
        if row == branch.opener and not end.absolute:
            return f"near({branch.opener - own})" if branch.simple else f"b'%d' % top{branch.index}"
        if branch.opener < row < branch.closer:
            return (self._step if branch.simple else self._own_number)(end, own, branch)
        if any(b.opener <= row <= b.closer for b in chain):
            known = self.branch_of.get(row) in chain and not end.absolute and row < own
            return f"p{row}" if known else None
        return self._outer_number(end, chain[0])

    def _outer_number(self, end: _End, top: Branch) -> Numbers:
        """A row outside the outermost block."""
        if end.row > top.opener:
            return None
        before = any(b.opener <= end.row <= b.closer for b in self.tops)
        if before and end.single:
            return self._known_number(end.row, end=False), self._known_number(end.row, end=True)
        return self._known_number(end.row, end=end.last)

    @staticmethod
    def _step(end: _End, own: int, branch: Branch) -> Numbers:
        """A row of the same block, whose copies are equally high."""
        if not end.absolute:
            return "n" if end.row == own else f"near({end.row - own})"
        if branch.parent is not None or (end.last and not end.single):
            return None
        return f"sheet.own({branch.index}, {end.row - branch.opener})"

    def _own_number(self, end: _End, own: int, branch: Branch) -> Numbers:
        """A row of the same block, which has blocks within."""
        row = end.row
        if end.absolute or row > own:
            return None
        inner = next((b for b in branch.inner() if b.opener < row < b.closer), None)
        if inner is None:
            return "n" if row == own else f"p{row}" if self.branch_of.get(row) is branch else None
        if not inner.simple:
            return None
        low, high = (f"sheet.{edge}({inner.index}, {row - inner.opener})" for edge in ("low", "high"))
        return (low, high) if end.single else high if end.last else low

    def _known_number(self, row: int, *, end: bool) -> str:
        """A row above the outermost loop: asked for once, when that loop begins."""
        name = f"q{row}{'e' if end else 's'}"
        self.known.setdefault(name, f"at({row}, {end})")
        return name


def takes_past(ref: Ref, branch: Branch) -> bool:
    """A range that takes in all copies before the one a formula is in, by ending or beginning at the block's tag.

    Before → after, under ``{%tr for %}`` in row 2: ``=SUM(B$1:B2)`` in row 3 is B$1:B1 in the first copy, B$1:B2 in
    the second, B$1:B3 in the third; ``=SUM(B$2:B3)`` is B$2:B2, B$2:B3, B$2:B4.
    """
    if branch.parent is not None or not branch.simple or not ref.is_range or ref.abs_row2:
        return False
    first, last = ref.row1 or 0, ref.row2 or 0
    return first < branch.opener == last or (first == branch.opener < last < branch.closer and ref.abs_row1)


def _display(pairs: dict[Key, str]) -> str:
    """A dict display of Python."""
    return "{" + ", ".join(f"{key}: {source}" for key, source in pairs.items()) + "}"


def _printed(ref: Ref, first: str, last: str) -> list[str]:
    """A reference as Python expressions of bytes, given those of its rows."""
    text = escape(ref.printed("\x00", "\x01"))
    head, _mark, rest = text.partition("\x00")
    pieces = [repr(head.encode()), first]
    if "\x01" in rest:
        middle, _mark, rest = rest.partition("\x01")
        pieces += [repr(middle.encode()), last]
    return [*pieces, repr(rest.encode())] if rest else pieces


def _in_order(computed: list[tuple[FormulaCell, list[str]]]) -> list[tuple[FormulaCell, list[str]]]:
    """Formulas of one row, each after those it counts on; a circle stays in its order."""
    done: list[tuple[FormulaCell, list[str]]] = []
    waiting = list(computed)
    while waiting:
        left = {f.cell.column for f, _lines in waiting}
        ready = [one for one in waiting if not any(c in left for c in _columns(one[0]))] or waiting[:1]
        done += ready
        waiting = [one for one in waiting if one not in ready]
    return done


def _columns(found: FormulaCell) -> Iterator[int]:
    """The columns of its own row a formula looks at, its own left out."""
    for ref in found.computed.refs():
        if ref.row1 is not None and ref.col1 is not None and found.cell.row in ref.rows:
            yield from (c for c in ref.columns if c != found.cell.column)
