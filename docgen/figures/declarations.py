"""How a report declares its figures: ``[[derive]]``, ``[[figures]]``, ``[[breakdowns]]`` and ``[[lists]]``.

A report's ``form.toml`` declares what is computed; nothing here knows a single indicator by name. Expressions are
Jinja over one row: its columns by key, and beside them ``row`` (the row itself, for a column whose name is taken),
``period`` (the month reported on), ``closing`` (the first moment after it), ``settings`` (the office's), ``tables``
(all rows of every table) and the functions of :mod:`docgen.figures.expressions`: ``hours(a, b)``, ``days(a, b)``,
``years(a, b)``, ``week(day)``, ``weeks(period)``, ``decimal(x)``. An empty cell is ``none`` and must be asked for
before it is compared: what cannot be computed is an error at that row, never a guess.

::

    [[derive]]                          # a further column of a source table, usable by everything below
    table = "repairs"
    key = "limit"
    title = "时限(小时)"
    expr = "settings.limits.repair.get(category)"

    [[figures]]
    key = "repair_timeliness"           # figures.repair_timeliness in the template
    title = "报修及时率"
    clause = "2.6"
    table = "repairs"
    where = "received < closing"        # rows looked at (default: all)
    unknown = "limit is none"           # of these: cannot be judged, left out of both sides and listed (G13)
    denominator = "finished is not none"                # counted below the line (default: all)
    numerator = "hours(received, finished) <= limit"    # of those, counted above it

What a figure is follows from the one of these it has:

=============================================  ==================================================================
``numerator`` (+ ``denominator``)              rows ÷ rows
``numerator_sum``, ``denominator_sum``         sum ÷ sum; a row is a hit when its own part reaches its own whole
``count = cond``                               rows
``sum = expr``                                 sum; an empty cell adds nothing
``mean = expr``                                sum ÷ rows with a value; rows without one are ``unknown``
``distinct = expr``                            different values (G22)
``distinct``, ``per``, ``at_least``            groups with at least so many ÷ groups: 5 households a visitor (3.6.1)
``now``, ``base``                              (now − base) ÷ base; rows without a base are ``unknown`` (G12)
``quotient = [figure, figure]``                one figure's value ÷ another's, across tables
=============================================  ==================================================================

``per`` is one expression or several; ``roster``, as many, gives the values each may take, so that who has no row at
all is a group of 0; who has rows and is not on it is ``unknown``.
``unit``: ``percent``, ``change`` (signed percent), ``ratio``, ``index`` (needs ``scale``, an expression: 满分, G11),
``count``, ``number``, ``money``; ``digits`` of print. ``note`` is the 计算依据; ``base_data = "报修"`` puts the figure
under that heading of the base-data workbook (3.2.1).

::

    [[breakdowns]]                      # the same arithmetic, by the values of one expression
    key = "repairs_by_category"
    title = "报修分类统计"
    table = "repairs"
    by = "category"
    by_title = "报修类别"
    order = ["给排水", "强电/供电"]      # always shown, in this order; other values after them, as they come
    total = true                        # 合计: computed over all rows, a rate never averaged
    columns = [
      { key = "received", title = "受理", count = "period.contains(received)" },
      { key = "fee", title = "费用", sum = "fee", unit = "money" },
      { key = "rate", title = "完成率", numerator = "status == '完成'" },
    ]

    [[lists]]                           # rows to print
    key = "complaints_overdue"
    table = "complaints"
    where = "replied is none and hours(received, closing) > 24"
    order = ["received"]                # columns; "-received" is descending; empty last

:func:`parse` reads them and reports every fault at once; :func:`docgen.figures.evaluation.evaluate` computes them.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from docgen.errors import Place, Problem, TemplateError
from docgen.figures.expressions import GLOBALS, RESERVED, Expression, compile_expression
from foundation.language import _

UNITS = ("percent", "change", "ratio", "index", "count", "number", "money")
SECTIONS = ("derive", "figures", "breakdowns", "lists")
"""The arrays of a form.toml this module reads; the rest of the file is docgen.forms' business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """The arithmetic of one figure or one column of a breakdown. ``above`` and ``below`` are of the fraction line.

    ``kind``: ratio, sums, count, sum, mean, distinct, groups, change, quotient. ``figures``: of a quotient.
    """

    kind: str
    unit: str
    digits: int
    where: Expression | None = None
    unknown: Expression | None = None
    above: Expression = field(default_factory=lambda: compile_expression("none"))
    below: Expression | None = None
    per: tuple[Expression, ...] = ()
    roster: tuple[Expression, ...] = ()
    at_least: int = 1
    scale: Expression | None = None
    figures: tuple[str, ...] = ()

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything evaluated on a row (a roster and a scale are not)."""
        optional = (self.where, self.unknown, self.below)
        return (*(e for e in optional if e is not None), self.above, *self.per)


@dataclass(frozen=True, slots=True)
class Derived:
    """A further column of a table."""

    table: str
    key: str
    title: str
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDeclaration:
    """One named figure. ``show``: columns the annex lists first."""

    key: str
    title: str
    clause: str
    note: str
    table: str
    base_data: str
    show: tuple[str, ...]
    calculation: Calculation


@dataclass(frozen=True, slots=True)
class ColumnDeclaration:
    """One column of a breakdown."""

    key: str
    title: str
    calculation: Calculation


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownDeclaration:
    """A table of figures by the values of one expression."""

    key: str
    title: str
    table: str
    base_data: str
    by: Expression
    by_title: str
    where: Expression | None
    order: tuple[str, ...]
    total: bool
    columns: tuple[ColumnDeclaration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeclaration:
    """Rows to print. ``order``: (expression, descending)."""

    key: str
    title: str
    table: str
    where: Expression | None
    order: tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """Everything a report computes, in the order declared."""

    derived: tuple[Derived, ...] = ()
    figures: tuple[FigureDeclaration, ...] = ()
    breakdowns: tuple[BreakdownDeclaration, ...] = ()
    lists: tuple[ListDeclaration, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Keys of the tables drawn on, in the order they are first named."""
        of_figures = (f.table for f in self.figures if f.table)
        return tuple(dict.fromkeys([*of_figures, *(b.table for b in self.breakdowns), *(x.table for x in self.lists)]))

    def columns_of(self, figure: FigureDeclaration) -> tuple[str, ...]:
        """Columns of its own table that a figure rests on, derived ones and what they are derived from included."""
        derived = {d.key: d.expression.names for d in self.derived if d.table == figure.table}
        waiting = [name for e in figure.calculation.expressions for name in sorted(e.names)]
        found: dict[str, None] = {}
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                waiting += sorted(derived.get(name, ()))
        return tuple(name for name in found if name not in RESERVED or name in derived)


# --- reading ------------------------------------------------------------------------------------------------------

_COMMON = {"where", "unknown", "unit", "digits", "scale"}
_KINDS: Mapping[str, tuple[str, set[str]]] = {  # the key that decides → (kind, the keys it may bring along)
    "numerator": ("ratio", {"denominator"}),
    "numerator_sum": ("sums", {"denominator_sum"}),
    "count": ("count", set()),
    "sum": ("sum", set()),
    "mean": ("mean", set()),
    "distinct": ("distinct", {"per", "at_least", "roster"}),
    "now": ("change", {"base"}),
    "quotient": ("quotient", set()),
}
_USUAL_UNIT = {
    "ratio": "percent", "sums": "percent", "groups": "percent", "change": "change", "quotient": "ratio",
    "count": "count", "distinct": "count", "sum": "number", "mean": "number",
}  # fmt: skip
_CALCULATION_KEYS = _COMMON | set(_KINDS) | {key for _kind, more in _KINDS.values() for key in more}
_KEYS = {
    "derive": {"table", "key", "title", "expr"},
    "figures": {"key", "title", "clause", "note", "table", "base_data", "show"} | _CALCULATION_KEYS,
    "breakdowns": {"key", "title", "table", "base_data", "by", "by_title", "where", "order", "total", "columns"},
    "columns": {"key", "title"} | _CALCULATION_KEYS,
    "lists": {"key", "title", "table", "where", "order"},
}


def load(path: Path, columns: Mapping[str, Collection[str]] | None = None) -> Declarations:
    """:func:`parse` of a form.toml."""
    return parse(read_toml(path), path.name, columns)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, its numbers as Decimal, never as float. TemplateError where it cannot be read at all."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        message = _("the file is not valid TOML: {fault}").format(fault=fault)
        hint = _("Correct the line named, or restore the shipped file.")
        raise TemplateError(Problem(path.name, message, hint, "declaration.toml")) from None


def parse(
    data: Mapping[str, Any], source: str = "form.toml", columns: Mapping[str, Collection[str]] | None = None
) -> Declarations:
    """The declarations in a form.toml already parsed; keys other than :data:`SECTIONS` are not looked at.

    ``columns`` (table key → column keys) is what the source forms offer; with it, names that no table has are
    faults too. Raises TemplateError with every fault, each at ``source [[section]] number key``.
    """
    reader = FigureEntries(source, columns)
    declared = Declarations(
        derived=reader.each(data, "derive", reader.derived),
        figures=reader.each(data, "figures", reader.figure),
        breakdowns=reader.each(data, "breakdowns", reader.breakdown),
        lists=reader.each(data, "lists", reader.list),
    )
    if reader.problems:
        raise TemplateError(reader.problems)
    return declared


_KEY = re.compile(r"[a-z][a-z0-9_]*")
_T = TypeVar("_T")
_Read = Callable[[Mapping[str, Any]], _T]


class Entries:
    """Reads arrays of tables one key at a time and keeps every fault with its place (``problems``).

    What a getter returns after a fault is only a stand-in, so that reading can go on: nothing may be used while
    ``problems`` is not empty. ``keys`` says which keys each section knows.
    """

    def __init__(self, source: str, keys: Mapping[str, Collection[str]]) -> None:
        self.source = source
        self.keys = keys
        self.problems: list[Problem] = []
        self.where = Place(source)
        self.seen: set[tuple[str, ...]] = set()

    def fault(self, message: str, hint: str = "", code: str = "declaration.value", **values: object) -> None:
        """Keep a fault of the entry in hand; ``values`` fill the message."""
        self.problems.append(Problem(self.where, message.format(**values), hint, code))

    def each(self, data: Mapping[str, Any], section: str, read: _Read[_T]) -> tuple[_T, ...]:
        raw = data.get(section, [])
        self.where = Place(self.source, part=f"[[{section}]]")
        if not _is_tables(raw):
            self.fault(_("[[{section}]] must be an array of tables"), section=section)
            return ()
        return tuple(self.entry(section, n, entry, read) for n, entry in enumerate(raw, 1))

    def entry(self, section: str, number: int, raw: Mapping[str, Any], read: _Read[_T], inside: str = "") -> _T:
        name = f"[[{section}]] {number} {raw.get('key', '')}".rstrip()
        self.where = Place(self.source, part=f"{inside} {name}".lstrip())
        self._known_keys(section, raw)
        return read(raw)

    def _known_keys(self, section: str, raw: Mapping[str, Any]) -> None:
        for key in raw:
            if key not in self.keys[section]:
                message = _("'{key}' is not a key of [[{section}]]")
                self.fault(message, suggest(key, self.keys[section]), "declaration.key", key=key, section=section)

    def key(self, section: str, raw: Mapping[str, Any], inside: str = "") -> str:
        key = self.text(raw, "key", required=True)
        if key and not _KEY.fullmatch(key):
            self.fault(_("'{key}' is not a key: small letters, digits and _ only"), key=key)
        if key and (section, inside, key) in self.seen:
            self.fault(_("'{key}' is declared twice"), code="declaration.twice", key=key)
        self.seen.add((section, inside, key))
        return key

    def text(self, raw: Mapping[str, Any], key: str, *, required: bool = False) -> str:
        value = raw.get(key, "")
        if not isinstance(value, str):
            self.fault(_("'{key}' must be text"), key=key)
            return ""
        if required and not value.strip():
            self.fault(_("'{key}' is missing"), code="declaration.missing", key=key)
        return value.strip()

    def texts(self, raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            self.fault(_("'{key}' must be a list of texts"), key=key)
            return ()
        return tuple(value)

    def flag(self, raw: Mapping[str, Any], key: str) -> bool:
        value = raw.get(key, False)
        if not isinstance(value, bool):
            self.fault(_("'{key}' must be true or false"), key=key)
        return value is True

    def whole_number(self, raw: Mapping[str, Any], key: str, usual: int) -> int:
        value = raw.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.fault(_("'{key}' must be a whole number, not negative"), key=key)
            return usual
        return value


class FigureEntries(Entries):
    """Knows expressions, and what the source tables offer to them."""

    def __init__(self, source: str, columns: Mapping[str, Collection[str]] | None) -> None:
        super().__init__(source, _KEYS)
        self.columns = None if columns is None else {table: set(keys) for table, keys in columns.items()}
        self.figure_keys: list[str] = []

    def derived(self, raw: Mapping[str, Any]) -> Derived:
        table = self._table(raw)
        key = self.key("derive", raw, table)
        if key in RESERVED:
            self.fault(_("'{name}' has a meaning of its own in expressions"), _("Choose another key."), name=key)
        found = Derived(table, key, self.text(raw, "title") or key, self._needed(raw, "expr", table))
        if self.columns is not None and table in self.columns:
            if key in self.columns[table]:
                self.fault(_("table '{table}' already has a column '{name}'"), table=table, name=key)
            self.columns[table].add(key)
        return found

    def figure(self, raw: Mapping[str, Any]) -> FigureDeclaration:
        key = self.key("figures", raw)
        table = "" if "quotient" in raw else self._table(raw)
        found = FigureDeclaration(
            key=key,
            title=self.text(raw, "title", required=True),
            clause=self.text(raw, "clause"),
            note=self.text(raw, "note"),
            table=table,
            base_data=self.text(raw, "base_data"),
            show=self.texts(raw, "show"),
            calculation=self._calculation(raw, table),
        )
        self._columns_exist(table, found.show)
        self.figure_keys.append(key)
        return found

    def breakdown(self, raw: Mapping[str, Any]) -> BreakdownDeclaration:
        key, table, place = self.key("breakdowns", raw), self._table(raw), self.where
        found = BreakdownDeclaration(
            key=key,
            title=self.text(raw, "title") or key,
            table=table,
            base_data=self.text(raw, "base_data"),
            by=self._needed(raw, "by", table),
            by_title=self.text(raw, "by_title") or str(raw.get("by", "")),
            where=self._expression(raw, "where", table),
            order=self.texts(raw, "order"),
            total=self.flag(raw, "total"),
            columns=self._columns(raw, table),
        )
        self.where = place
        return found

    def _columns(self, raw: Mapping[str, Any], table: str) -> tuple[ColumnDeclaration, ...]:
        columns, place = raw.get("columns"), self.where.part
        if not columns or not _is_tables(columns):
            message = _("'columns' must list at least one column")
            self.fault(message, _('For example: columns = [{key="n", count="true"}]'))
            return ()

        def column(entry: Mapping[str, Any]) -> ColumnDeclaration:
            key = self.key("columns", entry, place)
            return ColumnDeclaration(key, self.text(entry, "title") or key, self._calculation(entry, table))

        return tuple(self.entry("columns", n, entry, column, place) for n, entry in enumerate(columns, 1))

    def list(self, raw: Mapping[str, Any]) -> ListDeclaration:
        table = self._table(raw)
        return ListDeclaration(
            key=self.key("lists", raw),
            title=self.text(raw, "title") or str(raw.get("key", "")),
            table=table,
            where=self._expression(raw, "where", table),
            order=tuple(self._order(name, table) for name in self.texts(raw, "order")),
        )

    def _order(self, name: str, table: str) -> tuple[Expression, bool]:
        return self._needed({"order": name.removeprefix("-")}, "order", table), name.startswith("-")

    # calculations

    def _calculation(self, raw: Mapping[str, Any], table: str) -> Calculation:
        deciding = [key for key in _KINDS if key in raw]
        if len(deciding) != 1:
            message = _("exactly one of these is needed: {keys}")
            self.fault(message, _("It says what kind of figure this is."), "declaration.kind", keys="、".join(_KINDS))
            return Calculation(kind="count", unit="count", digits=0)
        kind, companions = _KINDS[deciding[0]]
        self._no_strangers(raw, deciding[0], companions)
        kind = "groups" if kind == "distinct" and "per" in raw else kind
        return self._whole(raw, table, kind, deciding[0])

    def _no_strangers(self, raw: Mapping[str, Any], deciding: str, companions: set[str]) -> None:
        for key in raw:
            if key in _CALCULATION_KEYS - _COMMON - companions - {deciding}:
                self.fault(_("'{key}' does not go with '{other}'"), code="declaration.kind", key=key, other=deciding)

    def _whole(self, raw: Mapping[str, Any], table: str, kind: str, deciding: str) -> Calculation:
        unit = self._unit(raw, kind)
        below = next((key for key in ("denominator", "denominator_sum", "base") if key in raw), "")
        if kind in {"sums", "change"} and not below:
            self.fault(_("'{key}' is needed beside '{other}'"), key=_KINDS_BELOW[kind], other=deciding)
        per, roster = self._expressions(raw, "per", table), self._expressions(raw, "roster", None)
        if kind != "groups" and (roster or "at_least" in raw):
            self.fault(_("'{key}' is needed beside '{other}'"), key="per", other="at_least / roster")
        if roster and len(roster) != len(per):
            self.fault(_("'roster' needs as many expressions as 'per'"))
        return Calculation(
            kind=kind,
            unit=unit,
            digits=self.whole_number(raw, "digits", 0 if unit == "count" else 2),
            where=self._expression(raw, "where", table),
            unknown=self._expression(raw, "unknown", table),
            above=compile_expression("none") if kind == "quotient" else self._needed(raw, deciding, table),
            below=self._expression(raw, below, table) if below else None,
            per=per,
            roster=roster,
            at_least=self.whole_number(raw, "at_least", 1),
            scale=self._expression(raw, "scale", None),
            figures=self._quotient(raw) if kind == "quotient" else (),
        )

    def _unit(self, raw: Mapping[str, Any], kind: str) -> str:
        unit = raw.get("unit", _USUAL_UNIT[kind])
        if unit not in UNITS:
            self.fault(_("unit must be one of {units}"), suggest(str(unit), UNITS), units="、".join(UNITS))
            return "number"
        if (unit == "index") != ("scale" in raw):
            message = _("an index needs 'scale', and only an index has one")
            self.fault(message, _('For example: unit = "index", scale = "settings.satisfaction_scale"'))
        return str(unit)

    def _quotient(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        names = self.texts(raw, "quotient")
        if len(names) != 2:
            self.fault(_("'quotient' needs two figures: above and below the line"))
        for name in names:
            if name not in self.figure_keys:
                message = _("no figure '{key}' is declared before this one")
                self.fault(message, suggest(name, self.figure_keys), "declaration.figure", key=name)
        return names

    # values

    def _table(self, raw: Mapping[str, Any]) -> str:
        table = self.text(raw, "table", required=True)
        if table and self.columns is not None and table not in self.columns:
            message = _("no source form has a table '{table}'")
            self.fault(
                message,
                suggest(table, self.columns) or _("Name the form in 'sources'."),
                "declaration.table",
                table=table,
            )
        return table

    def _needed(self, raw: Mapping[str, Any], key: str, table: str) -> Expression:
        if key not in raw:
            self.fault(_("'{key}' is missing"), code="declaration.missing", key=key)
        return self._expression(raw, key, table) or compile_expression("none")

    def _expressions(self, raw: Mapping[str, Any], key: str, table: str | None) -> tuple[Expression, ...]:
        value = raw.get(key, [])
        sources = value if isinstance(value, list) else [value]
        found = (self._expression({key: source}, key, table) for source in sources)
        return tuple(e for e in found if e is not None)

    def _expression(self, raw: Mapping[str, Any], key: str, table: str | None) -> Expression | None:
        """``table`` None: an expression without a row (roster, scale)."""
        if key not in raw:
            return None
        source = raw[key]
        if isinstance(source, bool):
            source = str(source).lower()
        if not isinstance(source, str):
            self.fault(_("'{key}' must be an expression, as text"), key=key)
            return None
        try:
            found = compile_expression(source)
        except jinja2.TemplateSyntaxError as fault:
            message = _("'{key}' cannot be read as an expression: {source} ({fault})")
            hint = _("Compare with == and !=, join conditions with and / or / not, put texts in quotes.")
            self.fault(message, hint, "declaration.expression", key=key, source=source, fault=fault.message)
            return None
        self._names_exist(found, key, table)
        return found

    def _names_exist(self, found: Expression, key: str, table: str | None) -> None:
        if self.columns is None or table not in {None, *self.columns}:
            return
        own = self.columns[table] if table else set()
        for name in sorted(found.names - RESERVED - GLOBALS - own):
            message = _("'{key}' uses '{name}', which table '{table}' does not have")
            self.fault(
                message, suggest(name, own | RESERVED), "declaration.name", key=key, name=name, table=table or "—"
            )
        for name in sorted(found.tables - set(self.columns)):
            message = _("no source form has a table '{table}'")
            self.fault(message, suggest(name, self.columns), "declaration.table", table=name)

    def _columns_exist(self, table: str, names: Iterable[str]) -> None:
        if self.columns is None or table not in self.columns:
            return
        for name in names:
            if name not in self.columns[table]:
                message = _("table '{table}' has no column '{name}'")
                self.fault(message, suggest(name, self.columns[table]), "declaration.name", table=table, name=name)


_KINDS_BELOW = {"sums": "denominator_sum", "change": "base"}


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(entry, Mapping) for entry in value)


def suggest(word: str, known: Iterable[str]) -> str:
    """A hint naming the known word nearest to ``word``, or nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return _("Did you mean '{word}'?").format(word=near[0]) if near else ""
