"""form.toml → Form: what a paper or register is called, what it asks for, and the rules its rows obey.

One folder a form; the folder's name is the form's id. A declaration is read strictly: every unknown key, wrong
type and contradiction in it is reported at once, with file and line, before any workbook is touched.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from decimal import Decimal  # noqa: TC003 - pydantic reads the annotations when the module runs
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from docgen.errors import Problem, TemplateError
from foundation.language import _
from foundation.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jinja2 import Environment

__all__ = [
    "Carry",
    "Check",
    "Column",
    "Field",
    "Form",
    "Must",
    "Period",
    "Table",
    "load_form",
    "load_forms",
    "parse_form",
]

NUMERIC = frozenset({"integer", "number", "money", "percent"})
DECLARATION = "form.toml"

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "period", "row", "loop"})
_FORBIDDEN_IN_SHEETS = frozenset("[]:*?/\\")
_FORBIDDEN_IN_FILES = frozenset('\\/:*?"<>|')
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


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

_SCHEMA_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "choice": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "money": {"type": "number"},
    "percent": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "tick": {"type": "boolean"},
}


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


# --- loading --------------------------------------------------------------------------------------------------


def load_form(folder: Path) -> Form:
    """The form declared in ``folder``/form.toml. TemplateError with every fault of the declaration."""
    form, problems = _load(folder)
    if form is None or problems:
        raise TemplateError(problems)
    return form


def load_forms(*roots: Path) -> dict[str, Form]:
    """Every form of the folders below ``roots`` by id, later roots overriding earlier ones.

    TemplateError with the faults of all declarations together, sources that name no form included.
    """
    folders = {path.parent.name: path.parent for root in roots for path in sorted(root.glob(f"*/{DECLARATION}"))}
    loaded = {name: _load(folder) for name, folder in sorted(folders.items())}
    problems = [problem for _form, found in loaded.values() for problem in found]
    forms = {name: form for name, (form, _found) in loaded.items() if form is not None}
    problems += [problem for form in forms.values() for problem in _unknown_sources(form, folders)]
    if problems:
        raise TemplateError(problems)
    return forms


def _load(folder: Path) -> tuple[Form | None, list[Problem]]:
    path = folder / DECLARATION
    name = f"{folder.name}/{DECLARATION}"
    try:
        source = path.read_bytes()
    except OSError:
        hint = _("Check the folder's name; every form is a folder with a file form.toml in it.")
        return None, [Problem(name, _("the file cannot be read"), hint, "form.unreadable")]
    try:
        return parse_form(source, folder.name), []
    except TemplateError as error:
        return None, list(error.problems)


def parse_form(source: bytes, form_id: str) -> Form:
    """A declaration's bytes → Form; pure. TemplateError with every fault, each at ``<form_id>/form.toml:<line>``."""
    name = f"{form_id}/{DECLARATION}"
    try:
        text = source.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        hint = _("Save the file as UTF-8.")
        raise TemplateError([Problem(name, _("the file is not UTF-8 text"), hint, "form.encoding")]) from None
    except tomllib.TOMLDecodeError as error:
        raise TemplateError([_syntax_problem(name, error)]) from None
    return _Declaration(name, text, data, form_id).form()


def _syntax_problem(name: str, error: tomllib.TOMLDecodeError) -> Problem:
    found = re.search(r"^(.*?) \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    reason, line = (found[1], found[2]) if found else (str(error), None)
    return Problem(
        f"{name}:{line}" if line else name,
        _("this is not valid TOML: {reason}").format(reason=reason),
        _("Texts stand in quotes, lists in [ ], one key = value a line; no key twice, no quote left open."),
        "form.syntax",
    )


def _unknown_sources(form: Form, known: Mapping[str, object]) -> Iterator[Problem]:
    for source in form.sources:
        if source not in known:
            yield Problem(
                f"{form.id}/{DECLARATION} sources",
                _("there is no form '{name}'").format(name=source),
                _nearest(source, known),
                "form.unknown_source",
            )


def _nearest(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    if near := difflib.get_close_matches(word, list(known), 1, 0.6):
        return _("Did you mean '{name}'?").format(name=near[0])
    return _("Possible here: {names}").format(names=", ".join(known))


_Path: TypeAlias = tuple[str | int, ...]


class _Declaration:
    """One form.toml on its way to a Form: its text for line numbers, its data, and the faults found so far."""

    def __init__(self, name: str, text: str, data: dict[str, Any], form_id: str) -> None:
        self.name, self.data, self.form_id = name, data, form_id
        self.lines = _lines(text)
        self.problems: list[Problem] = []

    def form(self) -> Form:
        """The Form, or TemplateError. Wrong shapes are put aside so that contradictions elsewhere still show."""
        if "id" in self.data:
            self.fault(
                ("id",),
                "form.unknown_key",
                _("unknown key '{name}'").format(name="id"),
                _("The folder's name is the form's id."),
            )
        data = {**self.data, "id": self.form_id}
        broken: set[_Path] = set()
        form = None
        while form is None:
            try:
                form = Form.model_validate(data)
            except ValidationError as error:
                found = [(_plain_path(fault["loc"]), fault) for fault in error.errors()]
                for path, fault in found:
                    self.shape_fault(path, fault)
                    broken.add(path[:-1])
                data = _without(data, [(path, fault["type"] == "missing") for path, fault in found])
        for path, code, message, hint in _contradictions(form):
            if path not in broken and path[:-1] not in broken:
                self.fault(path, code, message, hint)
        if self.problems:
            raise TemplateError(self.problems)
        return form

    def fault(self, path: _Path, code: str, message: str, hint: str) -> None:
        line = self.line(path)
        place = f"{self.name}:{line}" if line else self.name
        self.problems.append(Problem(f"{place} {self.spelled(path)}".rstrip(), message, hint, code))

    def shape_fault(self, path: _Path, fault: Any) -> None:
        kind, name = fault["type"], str(path[-1])
        if kind == "missing":
            self.fault(
                path[:-1],
                "form.missing_key",
                _("'{name}' is missing").format(name=name),
                _("Add {name} = … here.").format(name=name),
            )
        elif kind == "extra_forbidden":
            known = list(_model_at(path[:-1]).model_fields)
            self.fault(path, "form.unknown_key", _("unknown key '{name}'").format(name=name), _nearest(name, known))
        elif kind == "literal_error":
            message = _("'{value}' is not possible here").format(value=fault["input"])
            expected = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            self.fault(path, "form.bad_value", message, _("Possible here: {names}").format(names=expected))
        else:
            message = _("'{value}' is of the wrong kind").format(value=fault["input"])
            self.fault(path, "form.wrong_kind", message, _expected(kind))

    def spelled(self, path: _Path) -> str:
        """``("tables", 0, "columns", 3, "type")`` → ``tables.repairs.columns.order_no.type``."""
        parts, node = [], self.data
        for step in path:
            try:
                node = node[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                node = {}
            named = isinstance(step, int) and isinstance(node, dict) and isinstance(node.get("key"), str)
            parts.append(str(node["key"]) if named else str(step + 1) if isinstance(step, int) else step)
        return ".".join(parts)

    def line(self, path: _Path) -> int | None:
        """The line a path is written on, or the nearest heading above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


_HEADING = re.compile(r"\s*\[\[\s*([\w.\s]+?)\s*\]\]")
_ASSIGNMENT = re.compile(r"\s*([\w-]+)\s*=")


def _lines(text: str) -> dict[_Path, int]:
    """Where each heading and each key of a TOML text stands: path → line number, from 1."""
    places: dict[_Path, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    path: _Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _HEADING.match(line):
            names = tuple(re.split(r"\s*\.\s*", heading[1]))
            counts[names] = counts.get(names, -1) + 1
            for deeper in [other for other in counts if other[: len(names)] == names and other != names]:
                del counts[deeper]
            path = tuple(
                step for depth in range(len(names)) for step in (names[depth], counts.get(names[: depth + 1], 0))
            )
            places[path] = number
        elif assignment := _ASSIGNMENT.match(line):
            places.setdefault((*path, assignment[1]), number)
    return places


def _plain_path(location: Sequence[str | int]) -> _Path:
    return tuple(location)


def _model_at(path: _Path) -> type[BaseModel]:
    inner: dict[str, type[BaseModel]] = {
        "fields": Field,
        "tables": Table,
        "columns": Column,
        "checks": Check,
        "must": Must,
        "carry": Carry,
    }
    names = [step for step in path if isinstance(step, str)]
    return inner.get(names[-1], Form) if names else Form


def _expected(kind: str) -> str:
    if kind.startswith("string"):
        return _("A text in quotes is needed.")
    if kind.startswith("bool"):
        return _("true or false is needed.")
    if kind.startswith(("int", "decimal", "float")):
        return _("A number is needed.")
    if kind.startswith(("tuple", "list")):
        return _("A list in [ ] is needed.")
    return _("A table of key = value is needed.")


def _without(data: Any, faults: list[tuple[_Path, bool]]) -> Any:
    """A copy of ``data`` in which what is faulty is left out, and what is missing has a stand-in."""
    stand_ins = {"type": "number", "columns": (), "key": "", "title": "", "when": "false", "column": "", "message": ""}
    copy = _copied(data)
    for path, missing in sorted(faults, key=lambda fault: [str(step).zfill(6) for step in fault[0]], reverse=True):
        node = copy
        for step in path[:-1]:
            node = node[step]
        name = path[-1]
        if missing or name in stand_ins:
            node[name] = stand_ins.get(str(name), "")
        else:
            del node[name]
    return copy


def _copied(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _copied(value) for name, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list) else data


# --- contradictions -------------------------------------------------------------------------------------------

_Fault: TypeAlias = tuple[_Path, str, str, str]


def _contradictions(form: Form) -> Iterator[_Fault]:
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


def _doubles(keys: Iterator[tuple[_Path, str]]) -> Iterator[_Fault]:
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


def _shared_labels(labelled: Sequence[tuple[_Path, Sequence[str]]]) -> Iterator[_Fault]:
    seen: dict[str, _Path] = {}
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


def _field_faults(path: _Path, field: Field) -> Iterator[_Fault]:
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


def _sample_fault(path: _Path, field: Field) -> Iterator[_Fault]:
    from docgen.forms.conversions import convert
    from docgen.sheets.cell import Reader, Refusal, text_cell

    if field.sample and (field.type != "choice" or field.choices):
        read = convert(text_cell(field.sample), field, Reader())
        if isinstance(read, Refusal):
            message = _("the sample “{value}” does not fit the column itself").format(value=field.sample)
            yield (*path, "sample"), "form.bad_sample", message, read.hint


def _table_faults(path: _Path, table: Table) -> Iterator[_Fault]:
    columns = [((*path, "columns", i), column) for i, column in enumerate(table.columns)]
    if len(table.title) > 31 or set(table.title) & _FORBIDDEN_IN_SHEETS:
        message = _("“{title}” cannot be the name of a worksheet").format(title=table.title)
        yield (*path, "title"), "form.bad_sheet", message, _("At most 31 characters, none of [ ] : * ? / \\.")
    if not columns:
        yield path, "form.no_columns", _("a table without columns"), _("Add [[tables.columns]] below it.")
    if not 0 <= table.empty_rows <= 20_000:
        yield (
            (*path, "empty_rows"),
            "form.bad_value",
            _("'{value}' is not possible here").format(value=table.empty_rows),
            _("From 0 to 20000 rows."),
        )
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


def _row_faults(path: _Path, table: Table) -> Iterator[_Fault]:
    """The rows of every blank and the rows that must be there name columns of the table."""
    keys = [column.key for column in table.columns]
    for i, row in enumerate(table.rows):
        yield from (
            (
                (*path, "rows", i),
                "form.unknown_column",
                _("there is no column '{name}'").format(name=key),
                _nearest(key, keys),
            )
            for key in row
            if key not in keys
        )
    for i, must in enumerate(table.must):
        yield from _expression_faults((*path, "must", i, "when"), must.when, keys)


def _carry_faults(path: _Path, carry: Carry, form: Form) -> Iterator[_Fault]:
    tables = {table.key: table for table in form.tables}
    if carry.table not in tables:
        message = _("there is no table '{name}'").format(name=carry.table)
        yield (*path, "table"), "form.unknown_table", message, _nearest(carry.table, tables)
        return
    keys = [column.key for column in tables[carry.table].columns]
    for key, source in carry.columns.items():
        if key not in keys:
            message = _("there is no column '{name}'").format(name=key)
            yield (*path, "columns"), "form.unknown_column", message, _nearest(key, keys)
        yield from _expression_faults((*path, "columns"), source, None)
    yield from _expression_faults((*path, "when"), carry.when, None)


def _total_faults(path: _Path, table: Table) -> Iterator[_Fault]:
    types = {column.key: column.type for column in table.columns}
    for key in table.total:
        if key not in types:
            yield (
                (*path, "total"),
                "form.unknown_column",
                _("there is no column '{name}'").format(name=key),
                _nearest(key, types),
            )
        elif types[key] not in NUMERIC or types[key] == "percent":
            message = _("column '{name}' cannot be summed: its type is {type}").format(name=key, type=types[key])
            yield (*path, "total"), "form.bad_total", message, _("Only integer, number and money columns have a sum.")


def _check_faults(path: _Path, check: Check, keys: Sequence[str]) -> Iterator[_Fault]:
    if check.column not in keys:
        yield (
            (*path, "column"),
            "form.unknown_column",
            _("there is no column '{name}'").format(name=check.column),
            _nearest(check.column, keys),
        )
    yield from _expression_faults((*path, "when"), check.when, keys)


def _expression_faults(path: _Path, source: str, keys: Sequence[str] | None) -> Iterator[_Fault]:
    """An expression that cannot be read, or that names no column of ``keys`` (None: any name will do)."""
    from jinja2 import TemplateSyntaxError

    try:
        unknown = set() if keys is None else names_in(source) - {*keys, "period"}
        names_in(source)
    except TemplateSyntaxError as error:
        message = _("the expression cannot be read: {reason}").format(reason=error.message)
        hint = _("Jinja expressions look like: finished is not none and finished < received")
        yield path, "form.bad_expression", message, hint
        return
    for name in sorted(unknown):
        message = _("there is no column '{name}'").format(name=name)
        yield path, "form.unknown_column", message, _nearest(name, keys or ())


@lru_cache(maxsize=1024)
def names_in(expression: str) -> frozenset[str]:
    """The names a Jinja expression asks for; jinja2.TemplateSyntaxError where it cannot be read."""
    from jinja2 import meta

    from docgen.template.environment import expression as compile_expression

    compile_expression(expression)
    return frozenset(meta.find_undeclared_variables(_parser().parse("{{ (" + expression + ") }}")))


@lru_cache(maxsize=1)
def _parser() -> Environment:
    from docgen.template.environment import make_environment

    return make_environment()


def normal_label(text: str) -> str:
    """A heading as it is compared: width, case and blanks do not count, and 帐 is 账."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text)).casefold().replace("帐", "账").replace("像", "象")
