"""A view as JSON: one way for the command line and for pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from foundation.problem import Problem

HIDDEN = {"json": "hidden"}
"""Metadata of a field that people see and programs are not given: ``who: str = field(metadata=HIDDEN)``."""

IF_ANY = {"json": "if_any"}
"""Metadata of a field that programs are given only where there is one: None is left out."""

SPREAD = {"json": "spread"}
"""Metadata of a field whose own fields stand in its place: ``row: Row, why: str`` → the row's fields, then ``why``."""


def as_data(value: Any) -> Any:
    """A view, or whatever stands in one, as values of JSON: a frozen dataclass as its fields in their order.

    ``class_`` becomes ``class``, an enum its value, an instant ISO 8601, a set its members in order. What else is no
    value of JSON (a day, a path, a number of money, a problem) is left for the encoder.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: as_data(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(as_data, value))
    if isinstance(value, list | tuple):
        return [as_data(inner) for inner in value]
    return _of_fields(value) if is_dataclass(value) and not isinstance(value, Problem) else value


def _of_fields(view: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, key, how in _told(view.__class__):
        content = getattr(view, name)
        if how == "spread":
            told |= as_data(content)
        elif content is not None or how != "if_any":
            told[key] = as_data(content)
    return told


@cache
def _told(cls: Any) -> tuple[tuple[str, str, str], ...]:
    """Attribute, key and manner of each field that is told."""
    found = ((each.name, each.name.removesuffix("_"), each.metadata.get("json", "")) for each in fields(cls))
    return tuple(each for each in found if each[2] != "hidden")
