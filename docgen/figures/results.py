"""Values computed from registers, each with the rows behind it, and how they are printed.

Every figure carries numerator, denominator and the rows it was counted from. No data is ``无数据``, never 0 % or 100 %;
figures are compared unrounded and rounded, half up, only for print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from enum import Enum
from typing import Any

from docgen.registers.reading import Row
from docgen.template.filters import DASH, percent, points, round_half_up, thousands

EXACT = Context(prec=34)
"""How precisely figures are computed; what is printed is rounded later."""
ONE = Decimal(1)


class Counted(Enum):
    """How a row counted; the value is what the annex prints."""

    HIT = "计入"
    MISS = "未计入"
    UNKNOWN = "无法判定"


@dataclass(frozen=True, slots=True)
class Share:
    """What one row adds above and below the fraction line. Unknown rows add nothing to either."""

    row: Row
    above: Decimal
    below: Decimal
    counted: Counted


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
    scale: Decimal = ONE
    parts: tuple[Share, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows counted: those of the denominator, where there is one."""
        return tuple(p.row for p in self.parts if p.counted is not Counted.UNKNOWN)

    @property
    def hits(self) -> tuple[Row, ...]:
        return self._counted(Counted.HIT)

    @property
    def misses(self) -> tuple[Row, ...]:
        return self._counted(Counted.MISS)

    @property
    def unknown(self) -> tuple[Row, ...]:
        """Rows that can be counted neither way (G13): on no side of the line."""
        return self._counted(Counted.UNKNOWN)

    @property
    def below(self) -> tuple[Group, ...]:
        """The groups that do not reach what each should (3.6.1: who visited fewer than 5 households)."""
        return tuple(group for group in self.groups if not group.reached)

    def _counted(self, counted: Counted) -> tuple[Row, ...]:
        return tuple(p.row for p in self.parts if p.counted is counted)

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
    with localcontext(EXACT):
        return _signed(percent((value - base) / abs(base)))


def _signed(text: str) -> str:
    return text if text.startswith("-") else f"+{text}"


def _number_text(value: Decimal) -> str:
    rounded = round_half_up(value, 2)
    return thousands(value, 0 if rounded == rounded.to_integral_value() else 2)
