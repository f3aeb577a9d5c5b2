"""Pure: what of a form is well-formed but cannot be meant: two columns of one key, a sum of texts, a bad expression."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from jinja2 import TemplateSyntaxError

from docgen.forms.conditions import names_in
from docgen.forms.conversions import convert
from docgen.forms.declaration import NUMERIC, Carry, Check, Field, Form, Table
from docgen.sheets.cell import Reader, Refusal, text_cell
from foundation.folding import normal_label
from foundation.language import _

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "period", "row", "loop"})
_FORBIDDEN_IN_SHEETS = frozenset("[]:*?/\\")
_FORBIDDEN_IN_FILES = frozenset('\\/:*?"<>|')
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a key stands in a declaration: ``("tables", 0, "columns", 3, "type")``."""
_Fault: TypeAlias = tuple[KeyPath, str, str, str]


def contradictions(form: Form) -> Iterator[_Fault]:
    """What is well-formed but cannot be meant."""
    yield from _doubles((("tables", i), table.key) for i, table in enumerate(form.tables))
    yield from _doubles((("fields", i), field.key) for i, field in enumerate(form.fields))
    yield from _shared_labels([(("fields", i), field.labels) for i, field in enumerate(form.fields)])
    yield from _file_faults(form)
    for i, field in enumerate(form.fields):
        yield from _field_faults(("fields", i), field)
    for i, check in enumerate(form.checks):
        yield from _check_faults(("checks", i), check, [field.key for field in form.fields])
    for i, table in enumerate(form.tables):
        yield from _table_faults(("tables", i), table)
    for i, carry in enumerate(form.carry):
        yield from _carry_faults(("carry", i), carry, form)


def _doubles(keys: Iterator[tuple[KeyPath, str]]) -> Iterator[_Fault]:
    seen: set[str] = set()
    for path, key in keys:
        if key and key in seen:
            message = _("the key '{name}' is used twice").format(name=key)
            yield (*path, "key"), "form.double_key", message, _("Give each its own key.")
        elif key and (not _KEY.fullmatch(key) or key in _RESERVED):
            message = _("'{name}' cannot be a key").format(name=key)
            hint = _("A key begins with a small letter and has only small letters, digits and _; {names} are taken.")
            yield (*path, "key"), "form.bad_key", message, hint.format(names=", ".join(sorted(_RESERVED)))
        seen.add(key)


def _shared_labels(labelled: Sequence[tuple[KeyPath, Sequence[str]]]) -> Iterator[_Fault]:
    seen: dict[str, KeyPath] = {}
    for path, labels in labelled:
        for label in labels:
            known = seen.setdefault(normal_label(label), path)
            if known != path and label:
                message = _("the heading “{label}” belongs to two columns").format(label=label)
                hint = _("Two columns of one table need different titles and aliases, or different groups.")
                yield path, "form.double_label", message, hint


def _file_faults(form: Form) -> Iterator[_Fault]:
    known = ("period", "department", "title", "code", *(field.key for field in form.fields))
    for name in _PLACEHOLDER.findall(form.file):
        if name not in known:
            message = _("'{value}' is not possible here").format(value=name)
            yield ("file",), "form.bad_file", message, _("Possible here: {names}").format(names=", ".join(known))
    rest = _PLACEHOLDER.sub("", form.file)
    if bad := sorted(set(rest) & (_FORBIDDEN_IN_FILES | set("{}"))):
        message = _("a file name cannot contain {characters}").format(characters=" ".join(bad))
        yield ("file",), "form.bad_file", message, _("Windows refuses such names; leave these characters out.")


def _field_faults(path: KeyPath, field: Field) -> Iterator[_Fault]:
    if field.type == "choice" and not field.choices:
        yield path, "form.no_choices", _("a choice without choices"), _('Add choices = ["…", "…"].')
    if field.type != "choice" and field.choices:
        message = _("choices are listed, but the type is {type}").format(type=field.type)
        yield (*path, "choices"), "form.stray_choices", message, _('Use type = "choice", or leave the choices out.')
    if len(set(map(normal_label, field.choices))) < len(field.choices):
        yield (*path, "choices"), "form.double_choice", _("a choice is listed twice"), _("List each choice once.")
    if field.type not in NUMERIC and (field.min is not None or field.max is not None):
        message = _("min and max are for numbers, but the type is {type}").format(type=field.type)
        yield path, "form.stray_bounds", message, _("Leave min and max out, or use a number type.")
    if field.min is not None and field.max is not None and field.min > field.max:
        message = _("min {min} is above max {max}").format(min=field.min, max=field.max)
        yield (*path, "min"), "form.bad_bounds", message, _("Exchange them.")
    if field.within_period and field.type not in ("date", "datetime"):
        message = _("within_period is for dates, but the type is {type}").format(type=field.type)
        yield path, "form.stray_period", message, _('Leave it out, or use type = "date".')
    yield from _sample_fault(path, field)


def _sample_fault(path: KeyPath, field: Field) -> Iterator[_Fault]:
    if field.sample and (field.type != "choice" or field.choices):
        read = convert(text_cell(field.sample), field, Reader())
        if isinstance(read, Refusal):
            message = _("the sample “{value}” does not fit the column itself").format(value=field.sample)
            yield (*path, "sample"), "form.bad_sample", message, read.hint


def _table_faults(path: KeyPath, table: Table) -> Iterator[_Fault]:
    columns = [((*path, "columns", i), column) for i, column in enumerate(table.columns)]
    if len(table.title) > 31 or set(table.title) & _FORBIDDEN_IN_SHEETS:
        message = _("“{title}” cannot be the name of a worksheet").format(title=table.title)
        yield (*path, "title"), "form.bad_sheet", message, _("At most 31 characters, none of [ ] : * ? / \\.")
    if not columns:
        yield path, "form.no_columns", _("a table without columns"), _("Add [[tables.columns]] below it.")
    if not 0 <= table.empty_rows <= 20_000:
        message = _("'{value}' is not possible here").format(value=table.empty_rows)
        yield (*path, "empty_rows"), "form.bad_value", message, _("From 0 to 20000 rows.")
    yield from _doubles((place, column.key) for place, column in columns)
    yield from _shared_labels(
        [(place, [f"{column.group}{label}" for label in column.labels]) for place, column in columns]
    )
    for place, column in columns:
        yield from _field_faults(place, column)
    yield from _total_faults(path, table)
    yield from _row_faults(path, table)
    for i, check in enumerate(table.checks):
        yield from _check_faults((*path, "checks", i), check, [column.key for column in table.columns])


def _row_faults(path: KeyPath, table: Table) -> Iterator[_Fault]:
    """The rows of every blank and the rows that must be there name columns of the table."""
    keys = [column.key for column in table.columns]
    for i, row in enumerate(table.rows):
        yield from (_no_column((*path, "rows", i), key, keys) for key in row if key not in keys)
    for i, must in enumerate(table.must):
        yield from _expression_faults((*path, "must", i, "when"), must.when, keys)


def _carry_faults(path: KeyPath, carry: Carry, form: Form) -> Iterator[_Fault]:
    tables = {table.key: table for table in form.tables}
    if carry.table not in tables:
        message = _("there is no table '{name}'").format(name=carry.table)
        yield (*path, "table"), "form.unknown_table", message, nearest(carry.table, tables)
        return
    keys = [column.key for column in tables[carry.table].columns]
    for key, source in carry.columns.items():
        if key not in keys:
            yield _no_column((*path, "columns"), key, keys)
        yield from _expression_faults((*path, "columns"), source, None)
    yield from _expression_faults((*path, "when"), carry.when, None)


def _total_faults(path: KeyPath, table: Table) -> Iterator[_Fault]:
    types = {column.key: column.type for column in table.columns}
    for key in table.total:
        if key not in types:
            yield _no_column((*path, "total"), key, types)
        elif types[key] not in NUMERIC or types[key] == "percent":
            message = _("column '{name}' cannot be summed: its type is {type}").format(name=key, type=types[key])
            yield (*path, "total"), "form.bad_total", message, _("Only integer, number and money columns have a sum.")


def _check_faults(path: KeyPath, check: Check, keys: Sequence[str]) -> Iterator[_Fault]:
    if check.column not in keys:
        yield _no_column((*path, "column"), check.column, keys)
    yield from _expression_faults((*path, "when"), check.when, keys)


def _expression_faults(path: KeyPath, source: str, keys: Sequence[str] | None) -> Iterator[_Fault]:
    """An expression that cannot be read, or that names no column of ``keys`` (None: any name will do)."""
    try:
        names = names_in(source)
    except TemplateSyntaxError as error:
        message = _("the expression cannot be read: {reason}").format(reason=error.message)
        hint = _("Jinja expressions look like: finished is not none and finished < received")
        yield path, "form.bad_expression", message, hint
        return
    if keys is not None:
        yield from (_no_column(path, name, keys) for name in sorted(names - {*keys, "period"}))


def _no_column(path: KeyPath, name: str, known: Mapping[str, object] | Sequence[str]) -> _Fault:
    return path, "form.unknown_column", _("there is no column '{name}'").format(name=name), nearest(name, known)


def nearest(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """A remedy for an unknown word: the known one nearest to it, or all of them."""
    if near := difflib.get_close_matches(word, list(known), 1, 0.6):
        return _("Did you mean '{name}'?").format(name=near[0])
    return _("Possible here: {names}").format(names=", ".join(known))
