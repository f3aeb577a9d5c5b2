"""Pure: where the tables of a form stand on a sheet, found by the text of their headings, never by row number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from docgen.forms.declaration import Column, Table
from docgen.sheets.book import Sheet
from docgen.sheets.cell import Kind
from foundation.folding import normal_label

_BRACKETS = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]$")
_LONGEST_LABEL = 40
_Known: TypeAlias = "dict[str, tuple[int, str]]"
_NEAR_TOP = 60


@dataclass(frozen=True, slots=True)
class Heading:
    """A table's headings on a sheet, rows ``top`` to ``bottom``.

    ``columns``: key → column number; ``labels``: column number → the heading as the clerk sees it, unknown ones
    included; ``doubles``: (key, first, second) where two headings claim one column; ``units``: what stands in
    brackets behind a heading.
    """

    table: Table
    top: int
    bottom: int
    columns: Mapping[str, int]
    labels: Mapping[int, str]
    doubles: tuple[tuple[str, int, int], ...] = ()
    units: Mapping[int, str] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of required columns without a heading."""
        return tuple(column.key for column in self.table.columns if column.required and column.key not in self.columns)

    @property
    def unknown(self) -> tuple[int, ...]:
        """Columns with a heading the form does not know."""
        known = set(self.columns.values()) | {second for _key, _first, second in self.doubles}
        return tuple(column for column in self.labels if column not in known)

    @property
    def coverage(self) -> tuple[float, int]:
        """How well the headings fit: the share of required columns found, then the number of columns found."""
        required = sum(column.required for column in self.table.columns)
        return (1 - len(self.missing) / required if required else 1.0, len(self.columns))

    @property
    def convincing(self) -> bool:
        """Whether this is the table at all: most required columns, or most of what stands in the row, are its own."""
        found = len(self.columns)
        if len(self.table.columns) == 1:
            return found == 1 and len(self.labels) <= 2
        return (
            found >= 2
            and (self.coverage[0] >= 0.5 or found >= 0.4 * len(self.labels))
            and found >= 0.2 * len(self.labels)
        )


def find_headings(sheet: Sheet, tables: Sequence[Table]) -> list[Heading]:
    """The headings on a sheet from top to bottom, each for the table its title or its columns say.

    Where one row fits several tables, the caption above it decides, then the sheet's name, then the better fit.
    """
    grid = _Grid(sheet)
    labels = [_label_map(table) for table in tables]
    words = frozenset().union(*labels)
    found: list[Heading] = []
    for count, row in enumerate(sheet.rows):
        if found and row <= found[-1].bottom:
            continue
        if count >= _NEAR_TOP and not grid.mentions(row, words):
            continue
        candidates = [
            heading for table, known in zip(tables, labels, strict=True) if (heading := _at(grid, row, table, known))
        ]
        if candidates:
            found.append(_chosen(candidates, grid.captions(row, found[-1].bottom if found else 0), sheet.name))
    return found


def _chosen(candidates: Sequence[Heading], captions: Sequence[str], sheet_name: str) -> Heading:
    for text in (*captions, sheet_name):
        plain = normal_label(text)
        named = [(_longest(heading.table.labels, plain), heading) for heading in candidates]
        length = max(length for length, _heading in named)
        if length:
            return max((heading for size, heading in named if size == length), key=lambda heading: heading.coverage)
    return max(candidates, key=lambda heading: heading.coverage)


def _longest(labels: Sequence[str], text: str) -> int:
    return max((len(label) for label in map(normal_label, labels) if label in text), default=0)


def _at(grid: _Grid, row: int, table: Table, known: _Known) -> Heading | None:
    """The table's headings beginning in ``row``, in one row or in two with merged groups above; None if not here."""
    single = _matched(table, (row, row), grid.single(row), known)
    groups = {normal_label(column.group) for column in table.columns if column.group}
    double = _matched(table, (row, row + 1), grid.double(row, groups), known)
    begins_here = any(double.labels[column] != grid.text(row + 1, column) for column in double.columns.values())
    best = double if begins_here and len(double.columns) > len(single.columns) else single
    return best if best.convincing else None


def _matched(table: Table, rows: tuple[int, int], texts: Mapping[int, tuple[str, ...]], known: _Known) -> Heading:
    """``texts`` gives for every column the ways to read its heading, the fullest first."""
    found = {column: match for column, spellings in texts.items() if (match := _match(spellings, known))}
    columns: dict[str, int] = {}
    doubles: list[tuple[str, int, int]] = []
    for column, match in sorted(found.items(), key=lambda item: (item[1].rank, item[0])):
        first = columns.setdefault(match.key, column)
        if first != column and found[first].rank == match.rank:
            doubles.append((match.key, first, column))
    labels = {
        column: found[column].spelling if column in found else spellings[0] for column, spellings in texts.items()
    }
    units = {column: match.unit for column, match in found.items() if match.unit}
    return Heading(table, *rows, columns, labels, tuple(doubles), units)


class _Match(NamedTuple):
    rank: int
    key: str
    spelling: str
    unit: str


def _match(spellings: tuple[str, ...], known: _Known) -> _Match | None:
    for spelling in spellings:
        matches = [_Match(*known[label], spelling, unit) for label, unit in _variants(spelling) if label in known]
        if matches:
            return min(matches)
    return None


@lru_cache(maxsize=16_384)
def _variants(text: str) -> tuple[tuple[str, str], ...]:
    """A heading as it may be known: whole; without marks of duty; without what stands in brackets at its end."""
    if len(text) > _LONGEST_LABEL:
        return ()
    plain = normal_label(text).strip("*:★")
    inner = _BRACKETS.search(plain)
    return ((plain, ""), (plain[: inner.start()].strip("*:"), inner[1])) if inner and inner.start() else ((plain, ""),)


def _label_map(table: Table) -> _Known:
    """Label → (rank, key): the form's own heading before aliases, the bare title of a grouped column last."""
    known: dict[str, tuple[int, str]] = {}
    ways: tuple[Callable[[Column], Iterable[str]], ...] = (
        lambda column: [f"{column.group}{column.title}"],
        lambda column: [f"{column.group}{alias}" for alias in column.aliases],
        lambda column: column.labels if column.group else (),
    )
    for rank, labels in enumerate(ways):
        for column in table.columns:
            for label in labels(column):
                known.setdefault(normal_label(label), (rank, column.key))
    return known


class _Grid:
    """Texts of a sheet with merged cells resolved, as headings need them."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.origins: dict[tuple[int, int], tuple[int, int]] = {}
        self.wide: set[int] = set()
        for merge in sheet.merges:
            width = merge.right - merge.left
            if width >= 2:
                self.wide.add(merge.top)
            if (merge.bottom - merge.top + 1) * (width + 1) <= 10_000:
                for row in range(merge.top, merge.bottom + 1):
                    for column in range(merge.left, merge.right + 1):
                        self.origins[row, column] = (merge.top, merge.left)

    def text(self, row: int, column: int) -> str:
        cell = self.sheet.rows.get(row, {}).get(column)
        return cell.text.strip() if cell is not None and cell.kind is Kind.TEXT else ""

    def texts(self, row: int) -> dict[int, str]:
        return {column: text for column in self.sheet.rows.get(row, {}) if (text := self.text(row, column))}

    def mentions(self, row: int, words: frozenset[str]) -> bool:
        """Whether at least two cells of a row could be headings; a quick look, for rows far down."""
        hits = 0
        for cell in self.sheet.rows[row].values():
            if (
                cell.kind is Kind.TEXT
                and len(cell.text) <= _LONGEST_LABEL
                and any(label in words for label, _u in _variants(cell.text))
            ):
                hits += 1
                if hits == 2:
                    return True
        return False

    def single(self, row: int) -> dict[int, tuple[str, ...]]:
        return {column: (text,) for column, text in self.texts(row).items()}

    def double(self, row: int, groups: set[str]) -> dict[int, tuple[str, ...]]:
        """Headings over two rows: the group's text spreads over its merged cells, or over the blanks beside it.

        ``房号 | 维修材料 |      ``     ``房号``, ``维修材料 名称`` or ``名称``, ``维修材料 数量`` or ``数量``:
        ``     | 名称     | 数量 ``  →  each column with the ways to read it, the fullest first
        """
        upper, lower = self.texts(row), self.texts(row + 1)
        columns = sorted({*upper, *lower})
        texts: dict[int, tuple[str, ...]] = {}
        group = ""
        for column in columns:
            top, bottom = self._resolved(row, column, row), lower.get(column, "")
            if upper.get(column):
                group = upper[column] if normal_label(upper[column]) in groups else ""
            top = top or (group if bottom else "")
            if top and bottom:
                texts[column] = (f"{top} {bottom}", bottom)
            else:
                texts[column] = (top or bottom,)
        return texts

    def _resolved(self, row: int, column: int, lowest: int) -> str:
        origin = self.origins.get((row, column), (row, column))
        return self.text(*origin) if origin[0] >= lowest else ""

    def captions(self, row: int, after: int) -> list[str]:
        """The lines right above a heading that can be its title, nearest first."""
        lines = []
        for above in range(row - 1, max(after, row - 4), -1):
            texts = list(self.texts(above).values())
            if texts and (len(texts) <= 2 or above in self.wide):
                lines.append(" ".join(texts))
        return lines


def captions_above(sheet: Sheet, heading: Heading, after: int) -> Iterator[int]:
    """Rows between ``after`` and a heading that are its captions and not data of the table before.

    Only rows right above it count, and only those that name the table or are merged across the sheet.
    """
    grid = _Grid(sheet)
    for row in range(heading.top - 1, max(after, heading.top - 4), -1):
        texts = list(grid.texts(row).values())
        named = any(_longest(heading.table.labels, normal_label(text)) for text in texts)
        if texts and not ((named and len(texts) <= 2) or row in grid.wide):
            return
        yield row
