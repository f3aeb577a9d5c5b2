"""What reading a workbook gives: rows that know their cells, and everything that was left out or took interpreting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from docgen.errors import Problem
from docgen.forms.declaration import Form, Table
from foundation.language import _
from foundation.period import Period
from foundation.problem import Place

ERRORS_HEADING = "错误说明"
"""The column guidang adds to a marked workbook; it is no data when the corrected copy comes back."""

HELP_SHEET, CHOICES_SHEET = "填写说明", "选项"
FORM_PROPERTY, PERIOD_PROPERTY = "guidang.form", "guidang.period"
"""Custom document properties that say, whatever a file is renamed to, which form and period it was made for."""
BLANK_PROPERTY = "guidang.blank"
"""Another one that proves a blank nobody has saved since: the size and SHA-256 of what its cells are made of."""

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row of a file; prints as ``报修登记.xlsx 报修登记!12``. A CSV has the sheet Excel would show: its own name."""

    file: str
    sheet: str
    row: int

    def __str__(self) -> str:
        return str(self.at())

    def at(self, column: str = "") -> Place:
        """The cell in a column of it, or the row."""
        return Place(self.file, self.sheet, f"{column}{self.row}")

    def cell(self, column: str) -> str:
        """``F`` → ``报修登记.xlsx 报修登记!F12``."""
        return str(self.at(column))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row(Mapping[str, Any]):
    """One row: column key → value, every declared column present, immutable.

    ``place`` says where it stands, ``cells`` which cell (``F12``) a value came from, ``extra`` holds the texts of
    columns the form does not know, by their heading.
    """

    _values: Mapping[str, Any]
    place: RowPlace
    cells: Mapping[str, str] = field(default_factory=lambda: _NONE)
    extra: Mapping[str, str] = field(default_factory=lambda: _NONE)

    def widened(self, more: Mapping[str, Any]) -> Row:
        """With further columns (derived, or from the head of its file); place and cells stay its own."""
        return Row({**self._values, **more}, self.place, self.cells, self.extra)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self.place == other.place and self._values == other._values

    def __hash__(self) -> int:
        return hash(self.place)

    def __repr__(self) -> str:
        return f"Row({dict(self._values)!r}, {str(self.place)!r})"


class Reason(Enum):
    """Why rows or cells are not data."""

    BLANK = "blank"
    NUMBERED = "numbered"
    FORMULAS = "formulas"
    TOTAL = "total"
    NOTE = "note"
    HEADING = "heading"
    CAPTION = "caption"
    HIDDEN = "hidden"
    BESIDE = "beside"

    @property
    def text(self) -> str:
        """In words."""
        return {
            Reason.BLANK: _("blank row"),
            Reason.NUMBERED: _("row with nothing but its number"),
            Reason.FORMULAS: _("row of formulas without input"),
            Reason.TOTAL: _("total row"),
            Reason.NOTE: _("note or signature line"),
            Reason.HEADING: _("repeated headings"),
            Reason.CAPTION: _("title of a table"),
            Reason.HIDDEN: _("hidden row"),
            Reason.BESIDE: _("text beside the table"),
        }[self]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Rows ``place.row`` to ``last`` that were not read as data, why, and what stands in the first of them."""

    place: RowPlace
    last: int
    reason: Reason
    text: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A cell whose reading took more than looking: ``where`` it is, and ``text``: “—” read as empty."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class TableData:
    """The rows of one table, what was left out, and what was interpreted: together all that stood there."""

    table: Table
    rows: tuple[Row, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A file read for a form: head fields by key, tables by key, and what a person should look at."""

    form: Form
    source: str
    fields: Mapping[str, Any]
    tables: Mapping[str, TableData]
    warnings: tuple[Problem, ...] = ()
    period: Period | None = None
    remarks: tuple[Remark, ...] = ()
