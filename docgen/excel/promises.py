"""A compiled sheet, the running totals of its columns, and the signs for values that are not known, or not yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import nodes

from docgen.excel.cell_values import as_cell
from docgen.excel.formulas.arithmetic import Aggregate, FlaggedValue, NotEvaluable
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.reader import TemplateSheet
from docgen.template.compiler import Program

Key = tuple[int, int]


class Pending(Exception):  # noqa: N818 - not an error: the answer comes later
    """What was asked for stands below the row being written, or on a sheet not yet done."""


class _Sign:
    """A value that stands for the want of one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


UNKNOWN: Final = _Sign("unknown")
"""The value of a formula that is not computed here."""
WAITING: Final = _Sign("waiting")
"""The value of a formula that is computed when its promise is kept."""
_SIMPLE = frozenset((float, bool, type(None)))


@dataclass(slots=True)
class SheetProgram:
    """A compiled sheet: its rows' program, what stands before and behind them, its formulas.

    ``blanks``: by branch, the row that stands in for it where it prints none. ``copies``: lists the sheets made from
    this one; ``hanging``: its part and those each copy has for itself. Of a copy: ``origin``, the template's name;
    ``title``, its own; ``number``; and the ``values`` the loop gives it.
    """

    sheet: TemplateSheet
    part: str
    before: bytes
    program: Program
    after: Program | None
    formulas: dict[Key, FormulaCell]
    needs_sheets: frozenset[str]
    blanks: dict[int, bytes]
    copies: Program | None = None
    hanging: tuple[str, ...] = ()
    origin: str = ""
    title: str = ""
    number: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)

    def trees(self, parts: list[nodes.Template]) -> list[nodes.Template]:
        """What the sheet and its parts ask for; in the loop that makes its copies, if there is one."""
        own = [*(p.tree for p in (self.program, self.after) if p is not None), *parts]
        if self.copies is None:
            return own
        loop = self.copies.tree.find(nodes.For)
        if loop is None:
            return [self.copies.tree, *own]
        body = [*loop.body, *(node for tree in own for node in tree.body)]
        return [nodes.Template([nodes.For(loop.target, loop.iter, body, [], None, False)])]


class RunningTotal:
    """Running total of a column's cells over the copies of a row; ``last`` is the value it took in last."""

    __slots__ = ("count", "hidden", "known", "last", "since_1904", "subtotal", "total", "waiting")

    def __init__(self, *, subtotal: bool, hidden: bool, since_1904: bool) -> None:
        self.subtotal, self.hidden, self.since_1904 = subtotal, hidden, since_1904
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.total, self.known, self.count, self.waiting = Aggregate(), True, 0, 0
        self.last: Any = None

    def add(self, value: Any) -> Any:
        """Take a cell in and hand its value on, so that the call can stand around it."""
        self.count += 1
        if type(value) is _Sign:
            if value is WAITING:
                self.waiting += 1
            else:
                self.known = False
            self.last = value
            return value
        self._take(value)
        return value

    def _take(self, value: Any) -> None:
        given = value if type(value) in _SIMPLE else as_cell(value, since_1904=self.since_1904)
        self.last = given
        marked = self.subtotal or self.hidden
        self.total.add(FlaggedValue(given, subtotal=self.subtotal, hidden=self.hidden) if marked else given)

    def arrived(self, value: Any) -> None:
        """The value of a cell that was waited for."""
        self.waiting -= 1
        if value is UNKNOWN:
            self.known = False
        else:
            self._take(value)

    def so_far(self) -> Any:
        """The total, or the sign that it is not known."""
        return self.total if self.known and not self.waiting else UNKNOWN

    def snapshot(self) -> Any:
        """The same as it is now, whatever the total takes in later."""
        known = self.so_far()
        if known is UNKNOWN:
            return known
        taken = Aggregate()
        taken.merge(known)
        return taken

    def figures(self) -> Aggregate:
        """The total."""
        if not self.known:
            raise NotEvaluable("formula")
        if self.waiting:
            raise Pending
        return self.total

    def single(self) -> Any:
        """The value of the one cell there is; None where there is none."""
        if self.count > 1:
            raise NotEvaluable("range")
        if self.count and type(self.last) is _Sign:
            raise NotEvaluable("formula")
        return self.last if self.count else None


def known(value: Any, *, since_1904: bool) -> Any:
    """A value for a formula; NotEvaluable where it is not known."""
    kind = type(value)
    if kind in _SIMPLE or kind is Aggregate:
        return value
    if value is WAITING:
        raise Pending
    if value is UNKNOWN:
        raise NotEvaluable("formula")
    return as_cell(value, since_1904=since_1904)


def is_sign(value: Any) -> bool:
    """Whether a value is a sign for one that is not known, or not yet."""
    return type(value) is _Sign


def is_subtotal(program: SheetProgram, key: Key) -> bool:
    """Whether SUBTOTAL passes over a cell."""
    found = program.formulas.get(key)
    return found is not None and "SUBTOTAL" in found.formula.functions()
