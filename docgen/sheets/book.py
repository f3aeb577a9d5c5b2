"""A workbook or CSV file as it lies there: cells with addresses, merges, what is hidden. No meaning yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from docgen.errors import Problem
from docgen.sheets.cell import Cell


@lru_cache(maxsize=16_384)
def letter(column: int) -> str:
    """1 → ``A``, 27 → ``AA``."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@lru_cache(maxsize=16_384)
def column_number(letters: str) -> int:
    """``A`` → 1, ``AA`` or ``aa`` → 27; 0 for no letters."""
    number = 0
    for character in letters.upper():
        number = number * 26 + ord(character) - 64
    return number


class Merge(NamedTuple):
    """A merged rectangle, first and last row and column, from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet. ``rows`` has only cells with content, by row and column number from 1, rows in order."""

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    comments: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A file's sheets, its day zero, its custom properties, and what there was to say when it was opened."""

    name: str
    sheets: tuple[Sheet, ...]
    date1904: bool = False
    serials: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
