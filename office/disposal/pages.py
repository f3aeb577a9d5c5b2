"""Pure: the body of a 销毁清册 made up into pages, the last one filled with rows to be struck through.

Word cannot say how much of a page is left. So the pages are made up beforehand, by heights that hold in every program:
lines of exact height, and a little more of them than are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

_ROOM, _LEAST, _TOTAL = 420.0, 22.7, 22.7
"""Points: what a page of the body has for rows, the lowest row (8 mm), the row 合计."""
_LINE, _SMALL, _PADDING = 12.0, 9.0, 3.5
_TITLE_CHARS, _PLACE_CHARS, _NOTE_CHARS = 23.0, 29.5, 14.5
"""Chinese characters a line of 文件题名, of the path under it and of 备注 hold, a little less than measured."""


class RegisterRow(NamedTuple):
    """A line of the register's body."""

    row: int
    title: str
    place: str
    year: str
    code: str
    record: str
    term: str
    kept_until: date
    held: str
    base_day: date
    size: str
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the body: its rows, whether 合计 stands under them, how many rows are struck through below."""

    number: int
    rows: tuple[RegisterRow, ...]
    total: bool = False
    blank: range = range(0)


def pages(rows: Sequence[RegisterRow]) -> list[Page]:
    """The rows made up into pages, the last one filled with rows to be struck through: nothing can be added.

    Heights are reckoned a little too high: a page may end early, and never runs over.
    """
    made: list[list[RegisterRow]] = [[]]
    left = _ROOM
    for row in rows:
        height = _height(row)
        if height > left and made[-1]:
            made.append([])
            left = _ROOM
        made[-1].append(row)
        left -= height
    if left < _TOTAL and made[-1]:
        made.append([])
        left = _ROOM
    blank = range(max(0, int((left - _TOTAL) / _LEAST)))
    last = len(made)
    return [Page(n, tuple(part), n == last, blank if n == last else range(0)) for n, part in enumerate(made, 1)]


def _height(row: RegisterRow) -> float:
    title = _LINE * _lines(row.title, _TITLE_CHARS) + _SMALL * _lines(row.place, _PLACE_CHARS)
    note = _LINE * _lines(row.note, _NOTE_CHARS) + 2 * _SMALL
    return max(_LEAST, title + _PADDING, note + _PADDING)


def _lines(text: str, room: float) -> int:
    """How many lines a text takes: a Chinese character is one wide, any other about half of one."""
    width = sum(1.0 if ord(char) > 0x2E7F else 0.62 for char in text)
    return max(1, -int(-width // room))
