"""Form: what a paper or register is called, what it asks for, and the rules its rows obey.

Read from form.toml by :mod:`docgen.forms.loading`, which refuses what :mod:`docgen.forms.contradictions` finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from foundation.period import Period

NUMERIC = frozenset({"integer", "number", "money", "percent"})


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Field(_Declared):
    """One value asked for: a cell with its label, above the table or on a sheet of its own.

    ``section`` is the heading over it and those after it, ``lines`` how many lines of text there is room for;
    ``within_period`` marks the date that says which period a paper, or a row of a table, belongs to.
    """

    key: str
    title: str
    aliases: tuple[str, ...] = ()
    type: Literal["text", "code", "integer", "number", "money", "percent", "date", "datetime", "choice", "tick"] = (
        "text"
    )
    required: bool = False
    choices: tuple[str, ...] = ()
    open: bool = False
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    width: float | None = None
    help: str = ""
    sample: str = ""
    section: str = ""
    lines: int = 1
    within_period: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Every heading the value is known by, the form's own first."""
        return (self.title, *self.aliases)


class Column(Field):
    """One column of a table; ``group`` is the merged heading above it, ``ditto`` lets 同上 mean the cell above."""

    group: str = ""
    unique: bool = False
    ditto: bool = False

    @property
    def label(self) -> str:
        """The heading as one text: ``维修材料 名称`` for a column in a group."""
        return f"{self.group} {self.title}" if self.group else self.title


class Check(_Declared):
    """A rule over one row, or over the head fields: ``when`` is a Jinja expression over their keys, true where there
    is a fault.
    """

    when: str
    column: str
    message: str
    hint: str = ""
    level: Literal["error", "warning"] = "error"


class Must(_Declared):
    """A row that has to be there: ``when`` is a Jinja expression that is true for at least one row of the table."""

    when: str
    message: str
    hint: str = ""
    level: Literal["error", "warning"] = "error"


class Carry(_Declared):
    """Rows that come into a blank by themselves, from a paper filed before.

    ``table`` gets them; ``form`` and ``source`` say which table of which form they come from (without them the same),
    ``period`` which of its papers: of the period before the blank's, of the same one, of the one after, or the latest
    before it. ``when`` chooses rows, ``columns`` gives own columns as expressions over an earlier row; without it
    the columns of equal key are copied.
    """

    table: str
    form: str = ""
    source: str = ""
    period: Literal["previous", "same", "following", "latest"] = "previous"
    when: str = "true"
    columns: dict[str, str] = {}


class Table(_Declared):
    """A table of rows; ``total`` names the columns a 合计 row sums, ``empty_rows`` how many a blank prepares.

    ``rows`` are the first rows of every blank (the accounts of a budget, what is inspected daily), ``must`` the rows
    that may not be missing.
    """

    key: str
    title: str
    aliases: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    must: tuple[Must, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    empty_rows: int = 30
    total: tuple[str, ...] = ()
    required: bool = True
    note: str = ""

    def column(self, key: str) -> Column:
        """The column of that key; KeyError where there is none."""
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @property
    def labels(self) -> tuple[str, ...]:
        """Every title the table is known by."""
        return (self.title, *self.aliases)


class Form(_Declared):
    """A form of the procedure. ``figures``, ``breakdowns``, ``lists`` and ``derive`` are read by docgen.figures."""

    id: str
    title: str
    code: str = ""
    version: str = ""
    aliases: tuple[str, ...] = ()
    department: str = ""
    period: Literal["month", "day", "half", "year", "none"] = "month"
    file: str = ""
    signers: tuple[str, ...] = ()
    note: str = ""
    sources: tuple[str, ...] = ()
    template: str = ""
    fields: tuple[Field, ...] = ()
    checks: tuple[Check, ...] = ()
    tables: tuple[Table, ...] = ()
    carry: tuple[Carry, ...] = ()
    figures: tuple[dict[str, Any], ...] = ()
    breakdowns: tuple[dict[str, Any], ...] = ()
    lists: tuple[dict[str, Any], ...] = ()
    derive: tuple[dict[str, Any], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Every title the form is known by."""
        return (self.title, *self.aliases)

    def table(self, key: str) -> Table:
        """The table of that key; KeyError where there is none."""
        for table in self.tables:
            if table.key == key:
                return table
        raise KeyError(key)

    def file_name(
        self, period: Period | None = None, department: str = "", fields: Mapping[str, Any] | None = None
    ) -> str:
        """The name a filled or blank file of this form gets, without a folder: ``报修登记 2026年10月.xlsx``.

        ``fields``: head fields the pattern may name; what is unknown is left out, and so is what Windows refuses.
        """
        pattern = self.file or "{title} {period}.xlsx"
        names = {
            **dict.fromkeys((field.key for field in self.fields), ""),
            **{key: _in_names(value) for key, value in (fields or {}).items()},
            "period": period.label if period else "",
            "department": department or _in_names((fields or {}).get("department")) or self.department,
            "title": self.title,
            "code": self.code,
        }
        return re.sub(r"\s+(?=\s|\.\w+$|$)|^\s+", "", pattern.format(**names))

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the form's data: head fields, and one array of rows a table."""
        properties = {field.key: _schema_of(field) for field in self.fields}
        properties |= {table.key: _schema_of_rows(table) for table in self.tables}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "object",
            "properties": properties,
            "required": [field.key for field in self.fields if field.required] + [table.key for table in self.tables],
            "additionalProperties": False,
        }


def _in_names(value: object) -> str:
    """A value as part of a file name, without what no file name may have."""
    return re.sub(r'[\\/:*?"<>|\s]+', "", str(value))[:40] if value is not None else ""


# --- JSON Schema ----------------------------------------------------------------------------------------------

_TEXT, _NUMBER = {"type": "string"}, {"type": "number"}
_SCHEMA_TYPES: dict[str, dict[str, Any]] = {
    "text": _TEXT, "code": _TEXT, "choice": _TEXT, "number": _NUMBER, "money": _NUMBER, "percent": _NUMBER,
    "date": {**_TEXT, "format": "date"}, "datetime": {**_TEXT, "format": "date-time"},
    "integer": {"type": "integer"}, "tick": {"type": "boolean"},
}  # fmt: skip


def _schema_of(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.title, **_SCHEMA_TYPES[field.type]}
    if field.choices and not field.open:
        schema["enum"] = list(field.choices)
    schema |= {
        name: float(bound) for name, bound in (("minimum", field.min), ("maximum", field.max)) if bound is not None
    }
    if field.help:
        schema["description"] = field.help
    if not field.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema


def _schema_of_rows(table: Table) -> dict[str, Any]:
    row = {
        "type": "object",
        "properties": {column.key: _schema_of(column) for column in table.columns},
        "required": [column.key for column in table.columns if column.required],
        "additionalProperties": False,
    }
    return {"title": table.title, "type": "array", "items": row}
