"""form.toml → Form. One folder a form; the folder's name is the form's id.

A declaration is read strictly: every unknown key, wrong type and contradiction in it is reported at once, with file
and line, before any workbook is touched.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from docgen.errors import Place, Problem, TemplateError
from docgen.forms.contradictions import KeyPath, contradictions, nearest
from docgen.forms.declaration import Carry, Check, Column, Field, Form, Must, Table
from docgen.forms.outline import DECLARATION
from foundation.language import _


def load_form(folder: Path) -> Form:
    """The form declared in ``folder``/form.toml. TemplateError with every fault of the declaration."""
    form, problems = _load(folder)
    if form is None or problems:
        raise TemplateError(problems)
    return form


def load_forms(*roots: Path, sound: Path | None = None) -> dict[str, Form]:
    """Every form of the folders below ``roots`` by id, later roots overriding earlier ones.

    TemplateError with the faults of all declarations together, sources that name no form included. Below ``sound``
    declarations are known not to contradict themselves: their expressions are not compiled to see whether they do.
    """
    folders = {path.parent.name: path.parent for root in roots for path in sorted(root.glob(f"*/{DECLARATION}"))}
    loaded = {name: _load(folder, sound=folder.parent == sound) for name, folder in sorted(folders.items())}
    problems = [problem for _form, found in loaded.values() for problem in found]
    forms = {name: form for name, (form, _found) in loaded.items() if form is not None}
    problems += [problem for form in forms.values() for problem in _unknown_sources(form, folders)]
    if problems:
        raise TemplateError(problems)
    return forms


def _load(folder: Path, *, sound: bool = False) -> tuple[Form | None, list[Problem]]:
    path = folder / DECLARATION
    name = f"{folder.name}/{DECLARATION}"
    try:
        source = path.read_bytes()
    except OSError:
        hint = _("Check the folder's name; every form is a folder with a file form.toml in it.")
        return None, [Problem(name, _("the file cannot be read"), hint, "form.unreadable")]
    try:
        return parse_form(source, folder.name, sound=sound), []
    except TemplateError as error:
        return None, list(error.problems)


def parse_form(source: bytes, form_id: str, *, sound: bool = False) -> Form:
    """A declaration's bytes → Form; pure. TemplateError with every fault, each at ``<form_id>/form.toml:<line>``."""
    name = f"{form_id}/{DECLARATION}"
    try:
        text = source.decode("utf-8-sig")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        hint = _("Save the file as UTF-8.")
        raise TemplateError(Problem(name, _("the file is not UTF-8 text"), hint, "form.encoding")) from None
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(_syntax_problem(name, error)) from None
    return _Declaration(name, text, data, form_id).form(sound=sound)


def _syntax_problem(name: str, error: tomllib.TOMLDecodeError) -> Problem:
    found = re.search(r"^(.*?) \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    reason, line = (found[1], found[2]) if found else (str(error), None)
    return Problem(
        Place(name, line=int(line or 0)),
        _("this is not valid TOML: {reason}").format(reason=reason),
        _("Texts stand in quotes, lists in [ ], one key = value a line; no key twice, no quote left open."),
        "form.syntax",
    )


def _unknown_sources(form: Form, known: Mapping[str, object]) -> Iterator[Problem]:
    for source in form.sources:
        if source not in known:
            yield Problem(
                Place(f"{form.id}/{DECLARATION}", part="sources"),
                _("there is no form '{name}'").format(name=source),
                nearest(source, known),
                "form.unknown_source",
            )


class _Declaration:
    """One form.toml on its way to a Form: its text for line numbers, its data, and the faults found so far."""

    def __init__(self, name: str, text: str, data: dict[str, Any], form_id: str) -> None:
        self.name, self.data, self.form_id = name, data, form_id
        self.lines = _lines(text)
        self.problems: list[Problem] = []

    def form(self, *, sound: bool = False) -> Form:
        """The Form, or TemplateError. Wrong shapes are put aside so that contradictions elsewhere still show."""
        if "id" in self.data:
            message = _("unknown key '{name}'").format(name="id")
            self.fault(("id",), "form.unknown_key", message, _("The folder's name is the form's id."))
        data = {**self.data, "id": self.form_id}
        broken: set[KeyPath] = set()
        form = None
        while form is None:
            try:
                form = Form.model_validate(data)
            except ValidationError as error:
                found = [(fault["loc"], fault) for fault in error.errors()]
                for path, fault in found:
                    self.shape_fault(path, fault)
                    broken.add(path[:-1])
                data = _without(data, [(path, fault["type"]) for path, fault in found])
        for path, code, message, hint in () if sound else contradictions(form):
            if path not in broken and path[:-1] not in broken:
                self.fault(path, code, message, hint)
        if self.problems:
            raise TemplateError(self.problems)
        return form

    def fault(self, path: KeyPath, code: str, message: str, hint: str) -> None:
        place = Place(self.name, line=self.line(path) or 0, part=self.spelled(path))
        self.problems.append(Problem(place, message, hint, code))

    def shape_fault(self, path: KeyPath, fault: Any) -> None:
        kind, name = fault["type"], str(path[-1])
        if kind == "missing":
            message = _("'{name}' is missing").format(name=name)
            self.fault(path[:-1], "form.missing_key", message, _("Add {name} = … here.").format(name=name))
        elif kind == "extra_forbidden":
            known = list(_model_at(path[:-1]).model_fields)
            self.fault(path, "form.unknown_key", _("unknown key '{name}'").format(name=name), nearest(name, known))
        elif kind == "literal_error":
            message = _("'{value}' is not possible here").format(value=fault["input"])
            expected = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            self.fault(path, "form.bad_value", message, _("Possible here: {names}").format(names=expected))
        else:
            message = _("'{value}' is of the wrong kind").format(value=fault["input"])
            self.fault(path, "form.wrong_kind", message, _expected(kind))

    def spelled(self, path: KeyPath) -> str:
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

    def line(self, path: KeyPath) -> int | None:
        """The line a path is written on, or the nearest heading above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


_HEADING = re.compile(r"\s*\[\[\s*([\w.\s]+?)\s*\]\]")
_ASSIGNMENT = re.compile(r"\s*([\w-]+)\s*=")


def _lines(text: str) -> dict[KeyPath, int]:
    """Where each heading and each key of a TOML text stands: path → line number, from 1."""
    places: dict[KeyPath, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    path: KeyPath = ()
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


_MODELS: dict[str, type[BaseModel]] = {
    "fields": Field, "tables": Table, "columns": Column, "checks": Check, "must": Must, "carry": Carry,
}  # fmt: skip


def _model_at(path: KeyPath) -> type[BaseModel]:
    names = [step for step in path if isinstance(step, str)]
    return _MODELS.get(names[-1], Form) if names else Form


def _expected(kind: str) -> str:
    if kind.startswith("string"):
        return _("A text in quotes is needed.")
    if kind.startswith("bool"):
        return _("true or false is needed.")
    if kind.startswith(("int", "decimal", "float")):
        return _("A number is needed.")
    return (
        _("A list in [ ] is needed.") if kind.startswith(("tuple", "list")) else _("A table of key = value is needed.")
    )


def _without(data: Any, faults: list[tuple[KeyPath, str]]) -> Any:
    """A copy of ``data`` that can be read once more: what a model needs has a stand-in, other faults are left out.

    ``[[fields]] key = 5`` → ``key = ""``; ``[[fields]] width = "x"`` → no ``width``; a ``title`` where none belongs
    goes, though it would have a stand-in elsewhere.
    """
    stand_ins = {"type": "number", "columns": (), "key": "", "title": "", "when": "false", "column": "", "message": ""}
    copy = deepcopy(data)
    for path, kind in sorted(faults, key=lambda fault: [str(step).zfill(6) for step in fault[0]], reverse=True):
        node = copy
        for step in path[:-1]:
            node = node[step]
        name = path[-1]
        needed = name in stand_ins and kind != "extra_forbidden" and path[:1] != ("carry",)
        if kind == "missing" or needed:
            node[name] = stand_ins.get(str(name), "")
        else:
            del node[name]
    return copy
