"""Figures computed from registers, each with the rows behind it; quality objectives and their verdicts.

:func:`evaluate` is pure: declarations (:mod:`docgen.figures.expressions`), rows, period and settings in, values out.
Every figure carries numerator, denominator and the rows it was counted from. No data is ``无数据``, never 0 % or 100 %;
figures are compared unrounded and rounded, half up, only for print.
"""

from __future__ import annotations

import operator
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation, localcontext
from enum import Enum
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import jinja2

from docgen.errors import DataError, Problem, TemplateError
from docgen.figures.expressions import (
    FAULTS,
    FUNCTIONS,
    BreakdownDeclaration,
    Calculation,
    Declarations,
    Entries,
    Expression,
    FigureDeclaration,
    ListDeclaration,
    load,
    parse,
    suggest,
    unreadable,
)
from docgen.registers.reading import Row
from docgen.template.environment import DASH, percent, plain, points, round_half_up, thousands
from foundation.language import _

if TYPE_CHECKING:
    from pathlib import Path

    from foundation.period import Period

__all__ = [
    "Breakdown",
    "Declarations",
    "Figure",
    "Group",
    "Line",
    "Mark",
    "Measures",
    "Objective",
    "Part",
    "Result",
    "Status",
    "Verdict",
    "evaluate",
    "judge",
    "load",
    "load_objectives",
    "parse",
    "parse_objectives",
    "widened",
]

BLANK = "（未填）"
_EXACT = Context(prec=34)
_ONE, _ZERO = Decimal(1), Decimal(0)


def widened(row: Row, more: Mapping[str, Any]) -> Row:
    """The row with further columns (derived, or from the head of its file); place and cells stay its own."""
    return Row({**row, **more}, row.place, row.cells, row.extra)


# --- values -------------------------------------------------------------------------------------------------------


class Mark(Enum):
    """How a row counted; the value is what the annex prints."""

    HIT = "计入"
    MISS = "未计入"
    UNKNOWN = "无法判定"


@dataclass(frozen=True, slots=True)
class Part:
    """What one row adds above and below the fraction line. Unknown rows add nothing to either."""

    row: Row
    above: Decimal
    below: Decimal
    mark: Mark


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a figure counted ``per`` something: a visitor, his different households, whether enough."""

    label: str
    count: int
    rows: tuple[Row, ...]
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A computed value. ``value`` is unrounded and None where there is no data; ``numerator`` is None without table.

    Invariants: ``hits`` and ``misses`` share no row and together are ``rows``; for rows ÷ rows and sum ÷ sum the
    parts add up to numerator and denominator.
    """

    kind: str
    unit: str
    digits: int
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    scale: Decimal = _ONE
    parts: tuple[Part, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows counted: those of the denominator, where there is one."""
        return tuple(p.row for p in self.parts if p.mark is not Mark.UNKNOWN)

    @property
    def hits(self) -> tuple[Row, ...]:
        return self._marked(Mark.HIT)

    @property
    def misses(self) -> tuple[Row, ...]:
        return self._marked(Mark.MISS)

    @property
    def unknown(self) -> tuple[Row, ...]:
        """Rows that can be counted neither way (G13): on no side of the line."""
        return self._marked(Mark.UNKNOWN)

    @property
    def below(self) -> tuple[Group, ...]:
        """The groups that do not reach what each should (3.6.1: who visited fewer than 5 households)."""
        return tuple(group for group in self.groups if not group.reached)

    def _marked(self, mark: Mark) -> tuple[Row, ...]:
        return tuple(p.row for p in self.parts if p.mark is mark)

    @property
    def text(self) -> str:
        """For print, rounded half up: ``98.35%``, ``1,234.50``, ``-5.20%``; ``—`` where there is no data."""
        return print_value(self.value, self.unit, self.digits)

    @property
    def basis(self) -> str:
        """计算依据: ``295 ÷ 300``, ``(9,400 − 10,000) ÷ 10,000``, ``8,650 ÷ 10,000 × 100``; empty for plain counts."""
        if self.numerator is None or self.denominator is None:
            return ""
        above, below = _number_text(self.numerator), _number_text(self.denominator)
        if self.kind == "change":
            return f"({above} − {below}) ÷ {below}"
        return f"{above} ÷ {below}" + (f" × {_number_text(self.scale)}" if self.unit == "index" else "")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Result):
    """A named result. ``previous`` and ``last_year``: the same figure's value a month and a year before, if known.

    ``columns``: columns of its table the figure rests on; ``show``: those the annex lists first.
    """

    key: str
    title: str
    clause: str = ""
    note: str = ""
    table: str = ""
    base_data: str = ""
    columns: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    previous: Decimal | None = None
    last_year: Decimal | None = None

    @property
    def month_on_month(self) -> str:
        """环比: ``+1.23个百分点`` for rates, ``-5.00%`` for amounts; ``—`` without a month before or from 0."""
        return print_change(self.value, self.previous, self.unit)

    @property
    def year_on_year(self) -> str:
        """同比, as :attr:`month_on_month`."""
        return print_change(self.value, self.last_year, self.unit)

    @property
    def previous_text(self) -> str:
        return print_value(self.previous, self.unit, self.digits)

    @property
    def last_year_text(self) -> str:
        return print_value(self.last_year, self.unit, self.digits)


@dataclass(frozen=True, slots=True)
class Line(Mapping[str, Any]):
    """One line of a breakdown: ``line.label`` and the result of each column by its key (``line.rate.text``)."""

    label: str
    cells: Mapping[str, Result]

    def __getitem__(self, key: str) -> Any:
        return self.label if key == "label" else self.cells[key]

    def __iter__(self) -> Iterator[str]:
        yield "label"
        yield from self.cells

    def __len__(self) -> int:
        return len(self.cells) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A table of results. ``columns``: (key, title). ``total`` is computed over all rows, never from the lines."""

    key: str
    title: str
    table: str
    base_data: str
    by_title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Line, ...]
    total: Line | None


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything a report computes. ``sources``: for each table, the ``file sheet`` its rows were read from."""

    figures: Mapping[str, Figure]
    breakdowns: Mapping[str, Breakdown]
    lists: Mapping[str, tuple[Row, ...]]
    sources: Mapping[str, tuple[str, ...]]
    derived: Mapping[tuple[str, str], str]


# --- print --------------------------------------------------------------------------------------------------------


def print_value(value: Decimal | None, unit: str, digits: int = 2) -> str:
    """A value for print in its unit, half up; None is ``—``."""
    if value is None:
        return DASH
    if unit in {"percent", "change"}:
        text = percent(value, digits)
        return f"+{text}" if unit == "change" and round_half_up(value * 100, digits) > 0 else text
    return thousands(value, digits)


def print_change(value: Decimal | None, base: Decimal | None, unit: str) -> str:
    """The change from ``base``: a difference in 个百分点 for rates, in points for an index, else relative.

    ``—`` where either is missing, or the base of a relative change is 0.
    """
    if value is None or base is None:
        return DASH
    if value == base:
        return "持平"
    if unit in {"percent", "change"}:
        return points(value - base)
    if unit == "index":
        return f"{_signed(thousands(value - base, 2))}分"
    if base == 0:
        return DASH
    with localcontext(_EXACT):
        return _signed(percent((value - base) / abs(base)))


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"


def _number_text(value: Decimal) -> str:
    rounded = round_half_up(value, 2)
    return thousands(value, 0 if rounded == rounded.to_integral_value() else 2)


# --- evaluation ---------------------------------------------------------------------------------------------------


def evaluate(  # noqa: PLR0913 - each is one of the things a figure may depend on
    declared: Declarations,
    tables: Mapping[str, Sequence[Row]],
    *,
    period: Period,
    settings: Mapping[str, Any],
    previous: Mapping[str, Figure] | None = None,
    last_year: Mapping[str, Figure] | None = None,
) -> Measures:
    """Compute everything declared from the rows of ``tables`` (table key → rows).

    A table that is not in ``tables`` was not handed in: its figures have no value (``无数据``), its breakdowns and
    lists are empty. A table handed in without rows counts 0. ``previous`` and ``last_year``: the figures of the month
    before and of the same month last year, for 环比 and 同比.

    Raises DataError naming, for every cell that stops a figure, the figure, the file, sheet and row.
    """
    run = _Run(tables, period, settings)
    run.derive(declared)
    figures: dict[str, Figure] = {}
    for declaration in declared.figures:
        figures[declaration.key] = _figure(run, declared, declaration, figures)
    breakdowns = {b.key: _breakdown(run, b) for b in declared.breakdowns}
    lists = {x.key: _list(run, x) for x in declared.lists}
    run.raise_problems()
    return Measures(
        figures={key: _beside(figure, previous or {}, last_year or {}) for key, figure in figures.items()},
        breakdowns=breakdowns,
        lists=lists,
        sources={table: _sources(rows) for table, rows in run.rows.items()},
        derived={(d.table, d.key): d.title for d in declared.derived},
    )


def _sources(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{row.place.file} {row.place.sheet}" for row in rows))


@dataclass(slots=True)
class _Failure:
    """One expression that cannot be computed on one row, and the titles of all that asked for it."""

    where: str
    reason: str
    hint: str
    titles: dict[str, None]

    def problem(self) -> Problem:
        message = _("{figures} cannot be computed: {reason}")
        named = "、".join(f"「{title}」" for title in self.titles)
        return Problem(self.where, message.format(figures=named, reason=self.reason), self.hint, "measure.value")


class _Run:
    """One evaluation: scopes of the rows, values already computed, failures. Rows are named by their index."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], period: Period, settings: Mapping[str, Any]) -> None:
        self.rows: dict[str, tuple[Row, ...]] = {table: tuple(rows) for table, rows in tables.items()}
        self.around = {
            **FUNCTIONS,
            "period": period,
            "closing": datetime.combine(period.last + timedelta(days=1), time()),
            "settings": settings,
            "tables": self.rows,
        }
        self.scopes = {table: [self._scope(row) for row in rows] for table, rows in self.rows.items()}
        self.known: dict[tuple[str, Expression], dict[int, Any]] = {}
        self.failures: dict[tuple[str, Expression | str, int], _Failure] = {}

    def _scope(self, row: Row) -> dict[str, Any]:
        return {**row, **self.around, "row": row}

    def all(self, table: str) -> range:
        return range(len(self.rows[table]))

    # values

    def values(self, table: str, expression: Expression, indices: Sequence[int], title: str) -> list[tuple[int, Any]]:
        """(index, value) for each row where the expression can be computed; each row is computed once a run."""
        known = self.known.setdefault((table, expression), {})
        new = [i for i in indices if i not in known]
        scopes = self.scopes[table]
        for i, value in zip(new, expression.over(scopes[i] for i in new), strict=True):
            known[i] = value
        found = []
        for i in indices:
            if isinstance(known[i], FAULTS):
                self._fail(table, expression, i, title, known[i])
            else:
                found.append((i, known[i]))
        return found

    def where(self, table: str, condition: Expression | None, indices: Sequence[int], title: str) -> list[int]:
        """The rows the condition holds for; all where there is none."""
        if condition is None:
            return list(indices)
        return [i for i, value in self.values(table, condition, indices, title) if value]

    def numbers(
        self, table: str, expression: Expression, indices: Sequence[int], title: str
    ) -> list[tuple[int, Decimal | None]]:
        """Values that must be numbers; an empty cell stays None."""
        found: list[tuple[int, Decimal | None]] = []
        for i, value in self.values(table, expression, indices, title):
            if value is None:
                found.append((i, None))
            elif isinstance(value, int | Decimal | float) and not isinstance(value, bool):
                found.append((i, value if isinstance(value, Decimal) else Decimal(str(value))))
            else:
                self._fail(
                    table, expression, i, title, TypeError(_("{value} is not a number").format(value=repr(value)))
                )
        return found

    def alone(self, expression: Expression, title: str) -> Any:
        """The value of an expression that looks at no row (a roster, a scale); None where it fails."""
        (value,) = expression.over([self.around])
        if isinstance(value, FAULTS):
            self._fail_alone(expression, title, str(value))
            return None
        return value

    # failures

    def _fail(self, table: str, expression: Expression, index: int, title: str, fault: BaseException) -> None:
        failure = self.failures.get((table, expression, index))
        if failure is None:
            row = self.rows[table][index]
            hint = _("Expression: {source}; cells: {cells}.").format(
                source=expression.source, cells=_cells_read(expression, row) or DASH
            )
            failure = _Failure(str(row.place), _reason(fault), hint, {})
            self.failures[table, expression, index] = failure
        failure.titles[title] = None

    def _fail_alone(self, expression: Expression, title: str, reason: str) -> None:
        hint = _("Expression: {source}; see the office's settings.").format(source=expression.source)
        self.failures.setdefault((title, expression, -1), _Failure("guidang.toml", reason, hint, {title: None}))

    def raise_problems(self) -> None:
        if self.failures:
            raise DataError(failure.problem() for failure in self.failures.values())

    # derived columns

    def derive(self, declared: Declarations) -> None:
        """Add the derived columns, in the order declared; each sees those before it."""
        derived: dict[str, dict[int, dict[str, Any]]] = {}
        for column in declared.derived:
            if column.table in self.rows:
                cells = derived.setdefault(column.table, {i: {} for i in self.all(column.table)})
                for i, value in self.values(column.table, column.expression, self.all(column.table), column.title):
                    cells[i][column.key] = value
                    self.scopes[column.table][i][column.key] = value
        if self.failures:
            self.raise_problems()
        for table, cells in derived.items():
            self.rows[table] = tuple(widened(row, cells[i]) for i, row in enumerate(self.rows[table]))
            for scope, row in zip(self.scopes[table], self.rows[table], strict=True):
                scope["row"] = row


def _reason(fault: BaseException) -> str:
    if isinstance(fault, ArithmeticError):
        return _("the calculation has no result (division by zero)")
    if isinstance(fault, jinja2.TemplateError | TypeError) and not _is_pythons(fault):
        return str(fault)
    return _("its cells are empty or of kinds that do not go together")


def _is_pythons(fault: BaseException) -> bool:
    """Whether the words are Python's own and not ours: those are never shown."""
    return any(mark in str(fault) for mark in ("supported between", "unsupported operand", "NoneType", "object"))


def _cells_read(expression: Expression, row: Row) -> str:
    """``完成时间 finished（M12）为空``: the cells of the row that the expression reads, with what they hold."""
    cells = row.cells
    return "，".join(
        f"{cells.get(name, '')} {name} = {_('empty') if row[name] is None else row[name]}".strip()
        for name in sorted(expression.names)
        if name in row
    )


# --- calculations -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Task:
    """One calculation over the rows of a table that are judged; ``unknown`` are those that cannot be."""

    run: _Run
    table: str
    calculation: Calculation
    title: str
    judged: Sequence[int]
    unknown: Sequence[int]

    def where(self, condition: Expression | None, indices: Sequence[int]) -> list[int]:
        return self.run.where(self.table, condition, indices, self.title)

    def numbers(self, expression: Expression, indices: Sequence[int]) -> dict[int, Decimal | None]:
        return dict(self.run.numbers(self.table, expression, indices, self.title))

    def values(self, expression: Expression, indices: Sequence[int]) -> dict[int, Any]:
        return dict(self.run.values(self.table, expression, indices, self.title))

    def parts(self, marked: Iterable[_Marked], unknown: Iterable[int] = ()) -> tuple[Part, ...]:
        """Parts in the order of the rows, the unknown ones among them."""
        rows = self.run.rows[self.table]
        entries = [*marked, *((i, _ZERO, _ZERO, Mark.UNKNOWN) for i in (*self.unknown, *unknown))]
        entries.sort(key=itemgetter(0))
        return tuple(Part(rows[i], above, below, mark) for i, above, below, mark in entries)


_Marked = tuple[int, Decimal, Decimal, Mark]


def _calculate(run: _Run, table: str, calculation: Calculation, indices: Sequence[int], title: str) -> Result:
    """One calculation over some rows of a table."""
    looked_at = run.where(table, calculation.where, indices, title)
    unknown = run.where(table, calculation.unknown, looked_at, title) if calculation.unknown else []
    left_out = set(unknown)
    judged = [i for i in looked_at if i not in left_out] if unknown else looked_at
    return _CALCULATIONS[calculation.kind](_Task(run, table, calculation, title, judged, unknown))


def _ratio(task: _Task) -> Result:
    below = task.where(task.calculation.below, task.judged)
    hits = set(task.where(task.calculation.above, below))
    parts = task.parts((i, Decimal(i in hits), _ONE, _mark(i in hits)) for i in below)
    return _fraction(task, Decimal(len(hits)), Decimal(len(below)), parts)


def _sums(task: _Task) -> Result:
    """Sum ÷ sum. An empty cell adds nothing; a row is a hit when its own part is as large as its own whole."""
    wholes = task.numbers(task.calculation.below or task.calculation.above, task.judged)
    own = task.numbers(task.calculation.above, list(wholes))
    pairs = [(i, own[i] or _ZERO, wholes[i] or _ZERO) for i in own]
    parts = task.parts((i, above, below, _mark(above >= below)) for i, above, below in pairs)
    return _fraction(task, _sum(a for _i, a, _b in pairs), _sum(b for _i, _a, b in pairs), parts)


def _change(task: _Task) -> Result:
    """(now − base) ÷ base over the rows that have both; the others are unknown. A hit did not rise."""
    bases = task.numbers(task.calculation.below or task.calculation.above, task.judged)
    now = task.numbers(task.calculation.above, list(bases))
    pairs = [(i, a, b) for i in now if (a := now[i]) is not None and (b := bases[i]) is not None]
    known = {i for i, _a, _b in pairs}
    parts = task.parts(((i, a, b, _mark(a <= b)) for i, a, b in pairs), [i for i in now if i not in known])
    return _fraction(task, _sum(a for _i, a, _b in pairs), _sum(b for _i, _a, b in pairs), parts)


def _count(task: _Task) -> Result:
    hits = set(task.where(task.calculation.above, task.judged))
    parts = task.parts((i, Decimal(i in hits), _ZERO, _mark(i in hits)) for i in task.judged)
    return _plain(task, Decimal(len(hits)), parts)


def _total(task: _Task) -> Result:
    amounts = task.numbers(task.calculation.above, task.judged)
    parts = task.parts((i, a or _ZERO, _ZERO, _mark(a is not None)) for i, a in amounts.items())
    return _plain(task, _sum(a for a in amounts.values() if a is not None), parts)


def _mean(task: _Task) -> Result:
    amounts = task.numbers(task.calculation.above, task.judged)
    given = {i: a for i, a in amounts.items() if a is not None}
    parts = task.parts(((i, a, _ONE, Mark.HIT) for i, a in given.items()), [i for i in amounts if i not in given])
    return _fraction(task, _sum(given.values()), Decimal(len(given)), parts)


def _distinct(task: _Task) -> Result:
    """Different values; the first row of each is the one counted. Rows without a value are unknown."""
    values = task.values(task.calculation.above, task.judged)
    first: dict[Any, int] = {}
    for i, value in values.items():
        if value is not None:
            first.setdefault(value, i)
    counted = set(first.values())
    given = (i for i, value in values.items() if value is not None)
    parts = task.parts(
        ((i, Decimal(i in counted), _ZERO, _mark(i in counted)) for i in given),
        [i for i, value in values.items() if value is None],
    )
    return _plain(task, Decimal(len(first)), parts)


def _groups(task: _Task) -> Result:
    """Groups with at least so many different values ÷ groups; who is on the roster and has no row has 0."""
    c = task.calculation
    members = _members(task)
    values = task.values(c.above, [i for rows in members.values() for i in rows])
    groups, marked, rows = [], [], task.run.rows[task.table]
    for label, indices in members.items():
        count = len({values[i] for i in indices if values.get(i) is not None})
        reached = count >= c.at_least
        groups.append(Group(" · ".join(map(label_of, label)), count, tuple(rows[i] for i in indices), reached))
        marked += [(i, _ZERO, _ZERO, _mark(reached)) for i in indices]
    left_out = set(task.judged).difference(i for i, *_rest in marked)
    reached_groups = Decimal(sum(group.reached for group in groups))
    return _fraction(task, reached_groups, Decimal(len(groups)), task.parts(marked, left_out), tuple(groups))


def _members(task: _Task) -> dict[tuple[Any, ...], list[int]]:
    """Group → its rows. With a roster exactly the groups on it; else those the rows name, an empty cell none."""
    c = task.calculation
    roster = [task.run.alone(expression, task.title) for expression in c.roster]
    members: dict[tuple[Any, ...], list[int]] = {}
    if roster and None not in roster:
        members = {label: [] for label in product(*(dict.fromkeys(values) for values in roster))}
    columns = [task.values(expression, task.judged) for expression in c.per]
    for i in task.judged:
        label = tuple(column.get(i) for column in columns)
        if label in members or (not roster and None not in label):
            members.setdefault(label, []).append(i)
    return members


_CALCULATIONS: Mapping[str, Callable[[_Task], Result]] = {
    "ratio": _ratio,
    "sums": _sums,
    "change": _change,
    "count": _count,
    "sum": _total,
    "mean": _mean,
    "distinct": _distinct,
    "groups": _groups,
}


def _mark(is_hit: object) -> Mark:
    return Mark.HIT if is_hit else Mark.MISS


def _sum(values: Iterable[Decimal]) -> Decimal:
    with localcontext(_EXACT):
        return sum(values, _ZERO)


def _nothing(calculation: Calculation) -> Result:
    return Result(kind=calculation.kind, unit=calculation.unit, digits=calculation.digits)


def _plain(task: _Task, value: Decimal, parts: tuple[Part, ...]) -> Result:
    return replace(_nothing(task.calculation), numerator=value, value=value, parts=parts)


def _fraction(
    task: _Task, above: Decimal, below: Decimal, parts: tuple[Part, ...], groups: tuple[Group, ...] = ()
) -> Result:
    """``above ÷ below``, or the change from ``below`` to ``above``; without value when ``below`` is 0."""
    c, scale = task.calculation, _ONE
    if c.scale is not None:
        given = task.run.alone(c.scale, task.title)
        scale = _ONE if given is None else Decimal(str(given))
    value = _divide(above - below if c.kind == "change" else above * scale, below)
    blank = _nothing(c)
    return replace(blank, numerator=above, denominator=below, value=value, scale=scale, parts=parts, groups=groups)


def _divide(above: Decimal | None, below: Decimal | None) -> Decimal | None:
    with localcontext(_EXACT):
        return above / below if above is not None and below else None


def _quotient(calculation: Calculation, figures: Mapping[str, Figure]) -> Result:
    above, below = (figures[name].value for name in calculation.figures)
    return replace(_nothing(calculation), numerator=above, denominator=below, value=_divide(above, below))


# --- figures, breakdowns, lists -----------------------------------------------------------------------------------


def _figure(run: _Run, declared: Declarations, declaration: FigureDeclaration, before: Mapping[str, Figure]) -> Figure:
    table, calculation = declaration.table, declaration.calculation
    if calculation.kind == "quotient":
        result = _quotient(calculation, before)
    elif table in run.rows:
        result = _calculate(run, table, calculation, run.all(table), declaration.title)
    else:
        result = _nothing(calculation)
    return Figure(
        **{name: getattr(result, name) for name in Result.__dataclass_fields__},
        key=declaration.key,
        title=declaration.title,
        clause=declaration.clause,
        note=declaration.note,
        table=table,
        base_data=declaration.base_data,
        columns=declared.columns_of(declaration),
        show=declaration.show,
    )


def _beside(figure: Figure, previous: Mapping[str, Figure], last_year: Mapping[str, Figure]) -> Figure:
    """The figure with what it was a month and a year before."""
    then, long_ago = previous.get(figure.key, figure), last_year.get(figure.key, figure)
    return replace(
        figure,
        previous=None if then is figure else then.value,
        last_year=None if long_ago is figure else long_ago.value,
    )


def _breakdown(run: _Run, b: BreakdownDeclaration) -> Breakdown:
    rows = run.where(b.table, b.where, run.all(b.table), b.title) if b.table in run.rows else []
    groups: dict[str, list[int]] = {label: [] for label in b.order}
    for i, value in run.values(b.table, b.by, rows, b.title) if rows else ():
        groups.setdefault(label_of(value), []).append(i)
    return Breakdown(
        key=b.key,
        title=b.title,
        table=b.table,
        base_data=b.base_data,
        by_title=b.by_title,
        columns=tuple((c.key, c.title) for c in b.columns),
        rows=tuple(_line(run, b, label, indices) for label, indices in groups.items()),
        total=_line(run, b, "合计", rows) if b.total else None,
    )


def _line(run: _Run, b: BreakdownDeclaration, label: str, indices: Sequence[int]) -> Line:
    if b.table not in run.rows:
        return Line(label, {c.key: _nothing(c.calculation) for c in b.columns})
    return Line(
        label,
        {c.key: _calculate(run, b.table, c.calculation, indices, f"{b.title} {c.title}") for c in b.columns},
    )


def label_of(value: Any) -> str:
    """A cell's value as the name of a line: empty → （未填）, ticks → 是/否."""
    if value is None or value == "":
        return BLANK
    if isinstance(value, bool):
        return "是" if value else "否"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _list(run: _Run, x: ListDeclaration) -> tuple[Row, ...]:
    if x.table not in run.rows:
        return ()
    indices = run.where(x.table, x.where, run.all(x.table), x.title)
    for column, descending in reversed(x.order):
        values = dict(run.values(x.table, column, indices, x.title))
        given = [i for i in indices if values.get(i) is not None]
        given.sort(key=values.__getitem__, reverse=descending)
        indices = given + [i for i in indices if values.get(i) is None]
    return tuple(run.rows[x.table][i] for i in indices)


# --- objectives ---------------------------------------------------------------------------------------------------

_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_SIGNS = {">=": "≥", "<=": "≤", "==": "", ">": "＞", "<": "＜"}
INFO = "info"
_OBJECTIVE_KEYS = {"objectives": {"clause", "title", "figure", "cumulative", "comparison", "target", "unit", "note"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A quality objective of procedure 2.1–2.13. ``cumulative``: a second figure shown beside it (G10), not judged."""

    clause: str
    title: str
    figure: str
    cumulative: str = ""
    comparison: str = ">="
    target: Decimal | None = None
    unit: str = ""
    note: str = ""


class Status(Enum):
    """The verdict; the value is what the report prints."""

    MET = "达标"
    MISSED = "未达标"
    NO_DATA = "无数据"
    INFO = "—"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An objective, the figure it was judged by, and the outcome."""

    objective: Objective
    figure: Figure
    cumulative: Figure | None
    status: Status

    @property
    def text(self) -> str:
        return self.status.value

    @property
    def target(self) -> str:
        """``≥97.00%`` without needless zeros (``≥97%``), ``≥85分``, ``下降5%以上``; 以上 includes the figure itself."""
        goal, sign = self.objective.target, self.objective.comparison
        if goal is None:
            return DASH
        if self.figure.unit not in {"percent", "change"}:
            return f"{_SIGNS[sign]}{plain(goal)}{self.objective.unit}"
        if self.figure.unit == "change" and goal and (sign == "<=") == (goal < 0) and sign in {"<=", ">="}:
            return f"{'下降' if goal < 0 else '上升'}{plain(abs(goal) * 100)}%以上"
        return f"{_SIGNS[sign]}{plain(goal * 100)}%"

    @property
    def actual(self) -> str:
        """The figure for print, with the objective's unit."""
        return _with_unit(self.figure, self.objective.unit)

    @property
    def cumulative_text(self) -> str:
        return DASH if self.cumulative is None else _with_unit(self.cumulative, self.objective.unit)

    @property
    def basis(self) -> str:
        """计算依据: the fraction and the declared wording."""
        return "；".join(filter(None, (self.figure.basis, self.figure.note)))

    @property
    def remark(self) -> str:
        """说明: the objective's note, rows that cannot be judged, and a miss that rounding would hide."""
        unknown = len(self.figure.unknown)
        return "；".join(
            filter(
                None,
                (
                    self.objective.note,
                    f"另有{unknown}项无法判定，未计入" if unknown else "",
                    self._rounding(),
                ),
            )
        )

    def _rounding(self) -> str:
        value, goal, unit, digits = self.figure.value, self.objective.target, self.figure.unit, self.figure.digits
        if self.status is not Status.MISSED or value is None or goal is None:
            return ""
        if print_value(value, unit, digits) != print_value(goal, unit, digits):
            return ""
        percentage = unit in {"percent", "change"}
        exact = (
            f"{round_half_up(value * 100, 6).normalize():f}%"
            if percentage
            else f"{round_half_up(value, 6).normalize():f}"
        )
        return f"按未四舍五入的数值{exact}判定"


def _with_unit(figure: Figure, unit: str) -> str:
    plain_unit = figure.value is not None and figure.unit not in {"percent", "change"}
    return f"{figure.text}{unit}" if plain_unit else figure.text


def load_objectives(path: Path) -> tuple[Objective, ...]:
    """:func:`parse_objectives` of a file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise TemplateError([unreadable(path.name, fault)]) from None
    return parse_objectives(data, path.name)


def parse_objectives(data: Mapping[str, Any], source: str = "objectives.toml") -> tuple[Objective, ...]:
    """Read ``[[objectives]]``, in the order of the file::

        [[objectives]]
        clause = "2.1"
        title = "各项费用收缴率"
        figure = "collection"               # the figure judged
        cumulative = "collection_all"       # optional: shown beside it (G10)
        comparison = ">="                   # >= <= == > <, or "info": shown, not judged
        target = "0.97"                     # or "97%"; compared unrounded, equality passes
        unit = ""                           # printed after plain numbers: 分, 起, 户
        note = ""

    Raises TemplateError with every fault.
    """
    reader = Entries(source, _OBJECTIVE_KEYS)
    objectives = reader.each(data, "objectives", lambda raw: _objective(reader, raw))
    if reader.problems:
        raise TemplateError(reader.problems)
    return objectives


def _objective(reader: Entries, raw: Mapping[str, Any]) -> Objective:
    comparison = reader.text(raw, "comparison") or ">="
    if comparison not in {*_COMPARISONS, INFO}:
        allowed = "、".join([*_COMPARISONS, INFO])
        reader.fault(_("comparison must be one of {allowed}").format(allowed=allowed))
    return Objective(
        clause=reader.text(raw, "clause", required=True),
        title=reader.text(raw, "title", required=True),
        figure=reader.text(raw, "figure", required=True),
        cumulative=reader.text(raw, "cumulative"),
        comparison=comparison,
        target=_target(reader, raw, needed=comparison != INFO),
        unit=reader.text(raw, "unit"),
        note=reader.text(raw, "note"),
    )


def _target(reader: Entries, raw: Mapping[str, Any], *, needed: bool) -> Decimal | None:
    given = raw.get("target")
    if given is None or given == "":
        if needed:
            reader.fault(_("'{key}' is missing").format(key="target"), code="declaration.missing")
        return None
    text = str(given).strip()
    try:
        target = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        target = Decimal("NaN")
    if isinstance(given, bool) or not target.is_finite():
        reader.fault(_("target '{text}' is not a number").format(text=text), _('For example "0.97", "97%" or 85.'))
        return None
    return target / 100 if text.endswith("%") else target


def judge(objectives: Sequence[Objective], figures: Mapping[str, Figure]) -> tuple[Verdict, ...]:
    """Each objective against its figure, in the order given: unrounded, equality as the comparison says, no value is
    无数据. Raises TemplateError for every objective whose figure is not declared.
    """
    problems = [
        Problem(
            f"objectives.toml {objective.clause} {objective.title}",
            _("no figure '{key}' is declared").format(key=key),
            suggest(key, figures),
            "objective.figure",
        )
        for objective in objectives
        for key in filter(None, (objective.figure, objective.cumulative))
        if key not in figures
    ]
    if problems:
        raise TemplateError(problems)
    return tuple(_verdict(objective, figures) for objective in objectives)


def _verdict(objective: Objective, figures: Mapping[str, Figure]) -> Verdict:
    figure = figures[objective.figure]
    return Verdict(objective, figure, figures.get(objective.cumulative), _status(objective, figure.value))


def _status(objective: Objective, value: Decimal | None) -> Status:
    if objective.comparison == INFO or objective.target is None:
        return Status.INFO
    if value is None:
        return Status.NO_DATA
    return Status.MET if _COMPARISONS[objective.comparison](value, objective.target) else Status.MISSED
