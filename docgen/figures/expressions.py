"""Jinja expressions over the rows of a register: what they may call, and their value for a whole column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jinja2
import jinja2.meta
from jinja2 import nodes

from docgen.template.environment import expression as read_expression
from docgen.template.environment import make_environment
from docgen.template.filters import decimal
from foundation.language import _
from foundation.period import Period


def hours(start: datetime, end: datetime) -> Decimal:
    """Clock hours from ``start`` to ``end`` (2.4 counts hours, not working hours). A day without time is refused."""
    if not (isinstance(start, datetime) and isinstance(end, datetime)):
        raise TypeError(_("hours need two dates with times"))
    return Decimal((end - start) // timedelta(microseconds=1)) / 3_600_000_000


def days(start: date, end: date) -> int:
    """Calendar days from ``start`` to ``end``; the time of day does not count."""
    return (_day(end) - _day(start)).days


def years(start: date, on: date) -> int:
    """Whole years completed ``on`` that day (2.12); from 29 February the year is full on 1 March."""
    a, b = _day(start), _day(on)
    return b.year - a.year - ((b.month, b.day) < (a.month, a.day))


def week(day: date) -> str:
    """The ISO week of a day, ``2026-W41``: Monday to Sunday."""
    year, number, _weekday = _day(day).isocalendar()
    return f"{year}-W{number:02}"


def weeks(period: Period, weekday: int = 5) -> tuple[str, ...]:
    """The ISO weeks that belong to a period: those whose ``weekday`` (5 = Friday) lies in it."""
    span = (period.last - period.first).days + 1
    all_days = (period.first + timedelta(days=n) for n in range(span))
    return tuple(week(day) for day in all_days if day.isoweekday() == weekday)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise TypeError(_("{value} is not a date").format(value=repr(value)))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "hours": hours,
    "days": days,
    "years": years,
    "week": week,
    "weeks": weeks,
    "decimal": decimal,
}
"""What an expression may call."""

RESERVED = frozenset({"row", "period", "closing", "settings", "tables", *FUNCTIONS})
GLOBALS = frozenset({"range", "dict", "namespace", "cycler", "joiner"})
_RESULT = "_result"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return make_environment()


class Expression:
    """A compiled Jinja expression: ``names`` it reads, and its value for a whole column of rows at a time."""

    def __init__(self, source: str) -> None:
        """Raises jinja2.TemplateSyntaxError when ``source`` is not one expression."""
        read_expression(source)
        self.source = source
        text = f"{{% set {_RESULT} = ({source}) %}}"
        self.names, self.tables = _read_names(_environment().parse(text))
        self._template = _environment().from_string(text)

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def over(self, scopes: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
        """The value in each scope; where it cannot be computed, the exception instead, as a value.

        One Jinja context serves the whole column, its parent exchanged from row to row: ten times the speed of
        calling the expression anew.
        """
        context = self._template.new_context({}, shared=True)
        render = self._template.root_render_func
        for scope in scopes:
            context.parent = scope  # type: ignore[assignment]
            try:
                for _part in render(context):
                    pass
                value = context.vars.pop(_RESULT)
                if isinstance(value, jinja2.Undefined):
                    str(value)  # the whole expression is a name the row does not have: strict, so this raises
                yield value
            except FAULTS as fault:
                yield fault


FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, jinja2.TemplateError)
"""What an expression may raise on a row: the row's fault or the declaration's, never guidang's."""


@lru_cache(maxsize=4096)
def compile_expression(source: str) -> Expression:
    """:class:`Expression`, compiled once a process."""
    return Expression(source)


def _read_names(tree: nodes.Template) -> tuple[frozenset[str], frozenset[str]]:
    """The columns (and other names) a parsed expression reads, and the tables it reaches through ``tables``."""
    free = jinja2.meta.find_undeclared_variables(tree)
    found: dict[str, set[str]] = {"row": set(), "tables": set()}
    for dotted in tree.find_all(nodes.Getattr):
        if isinstance(dotted.node, nodes.Name) and dotted.node.name in found:
            found[dotted.node.name].add(dotted.attr)
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.node, nodes.Name) and item.node.name in found and isinstance(item.arg, nodes.Const):
            found[item.node.name].add(str(item.arg.value))
    return frozenset(free | found["row"]), frozenset(found["tables"])
