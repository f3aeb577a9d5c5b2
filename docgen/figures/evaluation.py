"""Pure: declarations, rows, period and settings in; figures, breakdowns and lists out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import product
from operator import itemgetter
from typing import Any

import jinja2

from docgen.errors import DataError, Problem
from docgen.figures.declarations import (
    BreakdownDeclaration,
    Calculation,
    Declarations,
    FigureDeclaration,
    ListDeclaration,
)
from docgen.figures.expressions import FAULTS, FUNCTIONS, Expression
from docgen.figures.results import EXACT, ONE, Breakdown, Counted, Figure, Group, Line, Measures, Result, Share
from docgen.registers.reading import Row
from docgen.template.filters import DASH, plain
from foundation.language import _
from foundation.period import Period
from foundation.problem import Place

BLANK = "（未填）"
_ZERO = Decimal(0)


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
    run = Evaluation(tables, period, settings)
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

    where: Place | str
    reason: str
    hint: str
    titles: dict[str, None]

    def problem(self) -> Problem:
        message = _("{figures} cannot be computed: {reason}")
        named = "、".join(f"「{title}」" for title in self.titles)
        return Problem(self.where, message.format(figures=named, reason=self.reason), self.hint, "measure.value")


class Evaluation:
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
            failure = _Failure(row.place.at(), _reason(fault), hint, {})
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
            self.rows[table] = tuple(row.widened(cells[i]) for i, row in enumerate(self.rows[table]))
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

    run: Evaluation
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

    def parts(self, marked: Iterable[_Entry], unknown: Iterable[int] = ()) -> tuple[Share, ...]:
        """Parts in the order of the rows, the unknown ones among them."""
        rows = self.run.rows[self.table]
        entries = [*marked, *((i, _ZERO, _ZERO, Counted.UNKNOWN) for i in (*self.unknown, *unknown))]
        entries.sort(key=itemgetter(0))
        return tuple(Share(rows[i], above, below, counted) for i, above, below, counted in entries)


_Entry = tuple[int, Decimal, Decimal, Counted]


def _calculate(run: Evaluation, table: str, calculation: Calculation, indices: Sequence[int], title: str) -> Result:
    """One calculation over some rows of a table."""
    looked_at = run.where(table, calculation.where, indices, title)
    unknown = run.where(table, calculation.unknown, looked_at, title) if calculation.unknown else []
    left_out = set(unknown)
    judged = [i for i in looked_at if i not in left_out] if unknown else looked_at
    return _CALCULATIONS[calculation.kind](_Task(run, table, calculation, title, judged, unknown))


def _ratio(task: _Task) -> Result:
    below = task.where(task.calculation.below, task.judged)
    hits = set(task.where(task.calculation.above, below))
    parts = task.parts((i, Decimal(i in hits), ONE, _counted(i in hits)) for i in below)
    return _fraction(task, Decimal(len(hits)), Decimal(len(below)), parts)


def _sums(task: _Task) -> Result:
    """Sum ÷ sum. An empty cell adds nothing; a row is a hit when its own part is as large as its own whole."""
    wholes = task.numbers(task.calculation.below or task.calculation.above, task.judged)
    own = task.numbers(task.calculation.above, list(wholes))
    pairs = [(i, own[i] or _ZERO, wholes[i] or _ZERO) for i in own]
    parts = task.parts((i, above, below, _counted(above >= below)) for i, above, below in pairs)
    return _fraction(task, _sum(a for _i, a, _b in pairs), _sum(b for _i, _a, b in pairs), parts)


def _change(task: _Task) -> Result:
    """(now − base) ÷ base over the rows that have both; the others are unknown. A hit did not rise."""
    bases = task.numbers(task.calculation.below or task.calculation.above, task.judged)
    now = task.numbers(task.calculation.above, list(bases))
    pairs = [(i, a, b) for i in now if (a := now[i]) is not None and (b := bases[i]) is not None]
    known = {i for i, _a, _b in pairs}
    parts = task.parts(((i, a, b, _counted(a <= b)) for i, a, b in pairs), [i for i in now if i not in known])
    return _fraction(task, _sum(a for _i, a, _b in pairs), _sum(b for _i, _a, b in pairs), parts)


def _count(task: _Task) -> Result:
    hits = set(task.where(task.calculation.above, task.judged))
    parts = task.parts((i, Decimal(i in hits), _ZERO, _counted(i in hits)) for i in task.judged)
    return _plain(task, Decimal(len(hits)), parts)


def _total(task: _Task) -> Result:
    amounts = task.numbers(task.calculation.above, task.judged)
    parts = task.parts((i, a or _ZERO, _ZERO, _counted(a is not None)) for i, a in amounts.items())
    return _plain(task, _sum(a for a in amounts.values() if a is not None), parts)


def _mean(task: _Task) -> Result:
    amounts = task.numbers(task.calculation.above, task.judged)
    given = {i: a for i, a in amounts.items() if a is not None}
    parts = task.parts(((i, a, ONE, Counted.HIT) for i, a in given.items()), [i for i in amounts if i not in given])
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
        ((i, Decimal(i in counted), _ZERO, _counted(i in counted)) for i in given),
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
        marked += [(i, _ZERO, _ZERO, _counted(reached)) for i in indices]
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


def _counted(is_hit: object) -> Counted:
    return Counted.HIT if is_hit else Counted.MISS


def _sum(values: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(values, _ZERO)


def _nothing(calculation: Calculation) -> Result:
    return Result(kind=calculation.kind, unit=calculation.unit, digits=calculation.digits)


def _plain(task: _Task, value: Decimal, parts: tuple[Share, ...]) -> Result:
    return replace(_nothing(task.calculation), numerator=value, value=value, parts=parts)


def _fraction(
    task: _Task, above: Decimal, below: Decimal, parts: tuple[Share, ...], groups: tuple[Group, ...] = ()
) -> Result:
    """``above ÷ below``, or the change from ``below`` to ``above``; without value when ``below`` is 0."""
    c, scale = task.calculation, ONE
    if c.scale is not None:
        given = task.run.alone(c.scale, task.title)
        scale = ONE if given is None else Decimal(str(given))
    value = _divide(above - below if c.kind == "change" else above * scale, below)
    blank = _nothing(c)
    return replace(blank, numerator=above, denominator=below, value=value, scale=scale, parts=parts, groups=groups)


def _divide(above: Decimal | None, below: Decimal | None) -> Decimal | None:
    with localcontext(EXACT):
        return above / below if above is not None and below else None


def _quotient(calculation: Calculation, figures: Mapping[str, Figure]) -> Result:
    above, below = (figures[name].value for name in calculation.figures)
    return replace(_nothing(calculation), numerator=above, denominator=below, value=_divide(above, below))


# --- figures, breakdowns, lists -----------------------------------------------------------------------------------


def _figure(
    run: Evaluation, declared: Declarations, declaration: FigureDeclaration, before: Mapping[str, Figure]
) -> Figure:
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


def _breakdown(run: Evaluation, b: BreakdownDeclaration) -> Breakdown:
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


def _line(run: Evaluation, b: BreakdownDeclaration, label: str, indices: Sequence[int]) -> Line:
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


def _list(run: Evaluation, x: ListDeclaration) -> tuple[Row, ...]:
    if x.table not in run.rows:
        return ()
    indices = run.where(x.table, x.where, run.all(x.table), x.title)
    for column, descending in reversed(x.order):
        values = dict(run.values(x.table, column, indices, x.title))
        given = [i for i in indices if values.get(i) is not None]
        given.sort(key=values.__getitem__, reverse=descending)
        indices = given + [i for i in indices if values.get(i) is None]
    return tuple(run.rows[x.table][i] for i in indices)
