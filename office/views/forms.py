"""Forms as people see them: which there are, and the columns of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docgen.forms.declaration import Field, Form
from office.views.as_json import HIDDEN, SPREAD

__all__ = ["Form"]


@dataclass(frozen=True)
class FormRow:
    """A form as lists show it; ``tables``: the keys of each table's columns."""

    id: str
    title: str
    aliases: tuple[str, ...]
    code: str
    period: str
    department: str
    tables: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ColumnRow:
    """A column or head field: ``kind`` as form.toml calls it, ``choices`` or else its unit."""

    label: str
    key: str
    kind: str
    required: bool
    choices: str


@dataclass(frozen=True)
class FormView:
    """One form with the JSON Schema of its data; ``head``: its head fields, ``columns``: those of each table."""

    row: FormRow = field(metadata=SPREAD)
    schema: Mapping[str, Any]
    head: tuple[ColumnRow, ...] = field(metadata=HIDDEN)
    columns: tuple[tuple[str, tuple[ColumnRow, ...]], ...] = field(metadata=HIDDEN)


def form_row(form: Form) -> FormRow:
    """The form in a list of them."""
    keys = {table.key: tuple(column.key for column in table.columns) for table in form.tables}
    return FormRow(form.id, form.title, tuple(form.aliases), form.code, form.period, form.department, keys)


def form_view(form: Form) -> FormView:
    """The form with all its columns."""
    columns = tuple((table.title, _rows(table.columns)) for table in form.tables)
    return FormView(form_row(form), form.json_schema(), _rows(form.fields), columns)


def _rows(fields: Sequence[Field]) -> tuple[ColumnRow, ...]:
    return tuple(
        ColumnRow(
            getattr(each, "label", each.title), each.key, each.type, each.required, "、".join(each.choices) or each.unit
        )
        for each in fields
    )
