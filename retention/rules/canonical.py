"""Pure: the one canonical form of a frozen value: the bytes that are hashed and kept, and the value back out of them.

A canonical value is made of texts, whole numbers, true, null, lists and objects only: dates are ISO texts, enums their
values, sets are sorted, and what equals the default of its field is left out, so that kinds of events can gain fields
without changing a byte of what was written before:

    Filed("归档", "月报.docx", "ab…", 9, period=None)  →  {"digest":"ab…","path":"月报.docx","share":"归档","size":9}
"""

from __future__ import annotations

import re
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from json.encoder import JSONEncoder
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Plain = TypeVar("_Plain")
_Value = TypeVar("_Value")
Canonical: TypeAlias = "bool | int | str | list[Canonical] | dict[str, Canonical] | None"

_ENCODER = JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_PLAIN = frozenset({bool, int, str, type(None)})


# --- bytes ------------------------------------------------------------------------------------------------------


def canonical(value: Mapping[str, Canonical]) -> bytes:
    """The one spelling of a value: JSON in UTF-8, keys in order, no spaces (L7).

    ValueError for what some database cannot hold: NUL, halves of surrogate pairs.
    """
    text = _ENCODER.encode(value)
    if "\\u0000" in text and _NUL.search(text):
        raise ValueError(f"{text!r} holds a NUL, which not every database keeps")
    return text.encode("utf-8")


def instant(value: datetime) -> str:
    """``2026-11-23T08:05:00.000000Z``: one spelling, sorted as text it is sorted in time."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# --- value → canonical ------------------------------------------------------------------------------------------


def object_of(value: Any) -> dict[str, Canonical]:
    """A frozen value as canonical values, without what equals the default of its field; :func:`value_from` back."""
    said: dict[str, Canonical] = {}
    kind: Any = type(value)
    for name, default in _defaults(kind):
        content = getattr(value, name)
        if default is MISSING or content != default:
            said[name] = content if type(content) in _PLAIN else canonical_of(content)
    return said


@lru_cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass that make it what it is, and what they are where nothing is said."""
    return tuple((field.name, field.default) for field in fields(cls) if field.compare)


def canonical_of(value: Any) -> Canonical:
    """A value, or a whole of them, as canonical values."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return [*sorted(str(canonical_of(item)) for item in value)]
    if isinstance(value, tuple):
        return [canonical_of(item) for item in value]
    return object_of(value)


# --- canonical → value ------------------------------------------------------------------------------------------


def value_from(kind: type[_Value], payload: Any) -> _Value:
    """A frozen value from what :func:`object_of` made of it. ValueError where it does not fit."""
    cls: Any = kind
    readers, plain, required = _shape(cls)
    given = payload.keys() if type(payload) is dict else _as(dict)(payload).keys()
    if not required <= given <= readers.keys():
        wrong = (required - given) | (given - readers.keys())
        raise ValueError(f"{kind.__name__}: {', '.join(sorted(wrong))}")
    return kind(
        **{
            name: value if type(value) is plain[name] else readers[name](value)  # most are texts and numbers
            for name, value in payload.items()
        }
    )


@lru_cache
def _shape(cls: Any) -> tuple[Mapping[str, Callable[[Any], Any]], Mapping[str, Any], frozenset[str]]:
    """What reads each field of a dataclass; which plain type stays as it is; and which fields have to be there."""
    hints = get_type_hints(cls)
    required = (field.name for field in fields(cls) if field.default is field.default_factory is MISSING)
    readers = {field.name: _reader(hints[field.name]) for field in fields(cls)}
    return readers, {name: _plain_in(hints[name]) for name in readers}, frozenset(required)


def _plain_in(hint: Any) -> Any:
    """The type whose values need no reading: text, number or truth value, alone or beside None."""
    kinds = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    return next((kind for kind in kinds if kind in {str, int, bool}), None)


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What turns a canonical value back into a field's type; ValueError where it is none."""
    if get_origin(hint) in {Union, types.UnionType}:
        inner = _reader(next(kind for kind in get_args(hint) if kind is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) in {tuple, frozenset}:
        whole, inner, listed = get_origin(hint), _reader(get_args(hint)[0]), _as(list)
        return lambda value: whole(map(inner, listed(value)))
    if is_dataclass(hint):
        kind: Any = hint
        return lambda value: value_from(kind, value)
    if hint is date:
        text = _as(str)
        return lambda value: date.fromisoformat(text(value))
    return hint if issubclass(hint, Enum) else _as(hint)


def _as(kind: type[_Plain]) -> Callable[[Any], _Plain]:
    """The value itself, refused where it is of another type: a digest is never a number, nor a size true."""

    def read(value: Any) -> _Plain:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not {kind.__name__}")
        return value

    return read
