"""Pure: formulas of a sheet: the references in them, where those go when rows are repeated, what they come to.

Three steps, each usable alone. ``Formula`` is a text with its references picked out. ``Layout`` says where the rows
of a template sheet are found once its loops have been rendered, and moves references as Excel does when rows are
inserted. ``compile_formula`` turns the small set of functions with a cached value into a Python function.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import Any, TypeAlias

from docgen.book import letter
from docgen.errors import DocgenError, Problem

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
GONE = "#REF!"


# --- references -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell (``$B5``), a range (``B5:C9``), whole columns (``A:C``) or whole rows (``3:5``) on this or another sheet.

    Rows and columns count from 1. Of a single cell ``row2`` and ``col2`` are None; of whole columns both rows, of
    whole rows both columns. ``quoted``: the sheet's name stood in quotes although it need not.
    """

    sheet: str | None = None
    row1: int | None = None
    col1: int | None = None
    row2: int | None = None
    col2: int | None = None
    abs_row1: bool = False
    abs_col1: bool = False
    abs_row2: bool = False
    abs_col2: bool = False
    quoted: bool = False

    @property
    def is_range(self) -> bool:
        """Whether it may mean more than one cell; ``B5:B5`` is a range."""
        return self.row2 is not None or self.col2 is not None

    @classmethod
    def cells(cls, row1: int, col1: int, row2: int, col2: int) -> Ref:
        """A relative range of this sheet; one cell where both corners are the same."""
        return cls(None, row1, col1) if (row1, col1) == (row2, col2) else cls(None, row1, col1, row2, col2)

    def shifted(self, rows: int, columns: int) -> Ref | str:
        """As Excel prints it when its cell is copied so many rows down and columns right; off the sheet: ``#REF!``.

        This is how a shared formula is meant.
        """
        moved = replace(
            self,
            row1=_step(self.row1, rows, self.abs_row1),
            row2=_step(self.row2, rows, self.abs_row2),
            col1=_step(self.col1, columns, self.abs_col1),
            col2=_step(self.col2, columns, self.abs_col2),
        )
        fits = all(row is None or 1 <= row <= LAST_ROW for row in (moved.row1, moved.row2))
        fits &= all(column is None or 1 <= column <= LAST_COLUMN for column in (moved.col1, moved.col2))
        return moved if fits else GONE

    def __str__(self) -> str:
        return self.printed(str(self.row1), str(self.row2))

    def printed(self, row1: str, row2: str) -> str:
        """The reference with these texts in the place of its row numbers."""
        first = _corner(self.col1, self.abs_col1, row1 if self.row1 else "", self.abs_row1)
        if not self.is_range:
            return f"{self._prefix()}{first}"
        return f"{self._prefix()}{first}:{_corner(self.col2, self.abs_col2, row2 if self.row2 else '', self.abs_row2)}"

    def _prefix(self) -> str:
        if self.sheet is None:
            return ""
        return quoted_sheet(self.sheet, always=self.quoted) + "!"


def _step(number: int | None, by: int, absolute: bool) -> int | None:
    return number if number is None or absolute else number + by


def _corner(column: int | None, abs_column: bool, row: str, abs_row: bool) -> str:
    letters = "" if column is None else f"{'$' * abs_column}{letter(column)}"
    return f"{letters}{'$' * abs_row}{row}" if row else letters


def column_number(letters: str) -> int:
    """1 for A, in either case."""
    number = 0
    for char in letters.upper():
        number = number * 26 + ord(char) - 64
    return number


_BARE_SHEET = re.compile(r"[^\W\d][\w.]*")
_MISTAKEN_SHEET = re.compile(r"[A-Z]{1,3}\d+|R\d*(?:C\d*)?|C\d*|TRUE|FALSE", re.IGNORECASE | re.ASCII)


def quoted_sheet(name: str, *, always: bool = False) -> str:
    """A sheet's name as it stands before ``!``: in quotes where it could be taken for something else."""
    if not always and _BARE_SHEET.fullmatch(name) and not _MISTAKEN_SHEET.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"


_BARE = r"""[^\s'"!(){}\[\],;:+\-*/^&=<>%#@$]+"""
_QUOTED = r"'(?:[^']|'')*'"
_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_NAME = r"(?:[^\W\d]|\\)[\w.?\\]*"
_LEXEME = re.compile(
    rf"""
      (?P<string> "(?:[^"]|"")*" )
    | (?P<opaque>
          (?: {_BARE}:{_BARE}! | '(?:[^']|'')*[:\[](?:[^']|'')*'! | \[[^\]]*\](?:{_BARE})?! )   # 3-D, other workbook
          (?: {_CELL}(?::{_CELL})? | \$?[A-Z]{{1,3}}:\$?[A-Z]{{1,3}} | \$?[0-9]+:\$?[0-9]+ | {_NAME} | \#REF! )?
        | (?: (?:{_BARE}|{_QUOTED})! )? (?: {_NAME} )? \[ (?: [^\[\]'] | '. | \[(?:[^\[\]']|'.)*\] )* \]
        | (?: {_BARE}|{_QUOTED})! (?: \#REF! | (?!{_CELL}(?![\w.])|\$?[A-Z]{{1,3}}:|\$?[0-9]+:) {_NAME} (?!\() )
      )
    | (?P<ref>
          (?: (?P<quoted>{_QUOTED})! | (?P<bare>{_BARE})! )?
          (?: (?P<cell1>{_CELL})(?::(?P<prefix2>(?:{_QUOTED}|{_BARE})!)?(?P<cell2>{_CELL}))? (?![\w.(!\[\#])
            | (?P<col1>\$?[A-Z]{{1,3}}):(?P<col2>\$?[A-Z]{{1,3}}) (?![\w.(!\[\#$])
            | (?P<row1>\$?[0-9]{{1,7}}):(?P<row2>\$?[0-9]{{1,7}}) (?![\w.(!\[\#$]) )
      )
    | (?P<number> (?: [0-9]+\.?[0-9]* | \.[0-9]+ ) (?: E[+-]?[0-9]+ )? )
    | (?P<name> {_NAME} )
    | (?P<error> \#[A-Z0-9/_]+[!?]? )
    | (?P<space> \s+ )
    | (?P<operator> <= | >= | <> | . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_POSITION = re.compile(r"(\$?)([A-Z]*)(\$?)([0-9]*)", re.IGNORECASE)


def _position(text: str) -> tuple[int | None, bool, int | None, bool]:
    """Column, its ``$``, row, its ``$`` of ``$B$5``, ``$B`` or ``$5``."""
    dollar, letters, second, digits = _POSITION.fullmatch(text).groups()  # type: ignore[union-attr]
    if not letters:
        return None, False, int(digits), bool(dollar or second)
    return column_number(letters), bool(dollar), int(digits) if digits else None, bool(second)


def _ref(match: re.Match[str]) -> Ref | None:
    """The reference a lexeme stands for; None where it lies outside any sheet and so is a name (``ABC1234567``)."""
    group = match.groupdict()
    sheet = group["bare"] if group["quoted"] is None else group["quoted"][1:-1].replace("''", "'")
    if group["prefix2"] and _sheet_of(group["prefix2"]) != sheet:
        return None
    first = group["cell1"] or group["col1"] or group["row1"]
    second = group["cell2"] or group["col2"] or group["row2"]
    col1, abs_col1, row1, abs_row1 = _position(first)
    col2, abs_col2, row2, abs_row2 = _position(second) if second else (None, False, None, False)
    if any(n is not None and not 1 <= n <= LAST_ROW for n in (row1, row2)) or max(col1 or 1, col2 or 1) > LAST_COLUMN:
        return None
    spare_quotes = group["quoted"] is not None and not quoted_sheet(sheet or "").startswith("'")
    return Ref(sheet, row1, col1, row2, col2, abs_row1, abs_col1, abs_row2, abs_col2, spare_quotes)


def _sheet_of(prefix: str) -> str:
    name = prefix[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _lexemes(text: str) -> Iterator[tuple[str, str, Ref | None]]:
    """Kind, text and, where it is one, reference of each lexeme; nothing of the text is left out."""
    for match in _LEXEME.finditer(text):
        kind = match.lastgroup or ""
        if match["ref"] is None:
            yield kind, match[0], None
        else:
            ref = _ref(match)
            yield ("opaque" if ref is None else "ref"), match[0], ref


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its text cut at the references. What is not understood stays text, so nothing is ever lost."""

    parts: tuple[str | Ref, ...]

    @classmethod
    def parse(cls, text: str) -> Formula:
        """From the text of a cell, name, validation or chart; a leading ``=`` may stand or not. Never fails.

        Text as it is: 3-D references, other workbooks, tables' columns, spilled ranges (``A1#``), names.
        """
        return cls(_parts(text.removeprefix("=")))

    def text(self) -> str:
        """As OOXML stores it, without ``=``."""
        return "".join(map(str, self.parts))

    def refs(self) -> tuple[Ref, ...]:
        """Its references, in order, repeated ones too."""
        return tuple(part for part in self.parts if isinstance(part, Ref))

    def functions(self) -> frozenset[str]:
        """Names of the functions called, in capitals, without ``_xlfn.``."""
        return _functions(self.text())

    def moved(self, move: Callable[[Ref], Ref | str]) -> Formula:
        """The formula with every reference replaced; a text is what is left of a reference that is gone."""
        return Formula(_joined(move(part) if isinstance(part, Ref) else part for part in self.parts))

    def with_names(self, meaning: Callable[[str], Formula | None]) -> Formula:
        """The formula with defined names written out; ``meaning`` gives None for a name it does not know."""
        every = list(_lexemes(self.text()))
        out: list[str | Ref] = []
        for (kind, text, ref), (_kind, following, _ref) in zip(every, [*every[1:], ("", "", None)], strict=True):
            meant = meaning(text) if kind == "name" and following != "(" else None
            out += (
                [ref or text] if meant is None else meant.parts if len(meant.parts) == 1 else ["(", *meant.parts, ")"]
            )
        return Formula(_joined(out))

    def shifted(self, rows: int, columns: int) -> Formula:
        """The formula as copied so many rows down and columns right: a cell of a shared formula."""
        return self.moved(lambda ref: ref.shifted(rows, columns))


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str | Ref, ...]:
    """A template's formulas are read again with every render, of which there may be thousands."""
    return _joined(ref or lexeme for _, lexeme, ref in _lexemes(text))


@lru_cache(maxsize=4096)
def _functions(text: str) -> frozenset[str]:
    called = (one[1] for one, then in pairwise(_lexemes(text)) if one[0] == "name" and then[1] == "(")
    return frozenset(name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.") for name in called)


def _joined(parts: Iterable[str | Ref]) -> tuple[str | Ref, ...]:
    """Neighbouring texts as one."""
    done: list[str | Ref] = []
    for part in parts:
        if isinstance(part, str) and done and isinstance(done[-1], str):
            done[-1] += part
        elif part:
            done.append(part)
    return tuple(done)


# --- rows of a template, rows of a sheet ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of template rows rendered some number of times: the body of a loop, or of one branch of a condition.

    ``first``-``last`` are its rows in the template, those of the blocks within it included. ``tag_rows`` are rows that
    hold nothing but its tags and are left out; the one right above ``first`` opens it.
    """

    first: int
    last: int
    tag_rows: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def opener(self) -> int | None:
        """The row of the tag that opens it; None where the tag stands in the body's own first row."""
        return self.first - 1 if self.first - 1 in self.tag_rows else None


@dataclass(frozen=True, slots=True)
class Copies:
    """How often a block was rendered at one place.

    A block without blocks in it needs the number alone, so a million rows cost what one costs. Otherwise there is an
    instance for each copy: the ``Copies`` of every block within, in order. ``blank``: no copy, but one empty row kept
    because references need a place to point at; ``borrows``: they point at the row that follows, which is empty there.
    """

    count: int = 0
    instances: tuple[Instance, ...] = ()
    blank: bool = False
    borrows: bool = False

    @classmethod
    def of(cls, instances: Iterable[Instance]) -> Copies:
        """Of a block with blocks in it."""
        kept = tuple(instances)
        return cls(len(kept), kept)


Instance: TypeAlias = tuple[Copies, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula stands: its row in the template, and which copy, of the outermost block first."""

    row: int
    path: tuple[int, ...] = ()


class _Section:
    """The rows of one body in the template: those that stay once a copy, those left out, the blocks within."""

    def __init__(self, first: int, last: int, blocks: tuple[Block, ...], removed: frozenset[int]) -> None:
        self.first, self.last, self.blocks, self.removed = first, last, blocks, removed
        self.inner = tuple(_Section(b.first, b.last, b.blocks, removed) for b in blocks)
        self.firsts = [block.first for block in blocks]
        own = [row for row in removed if first <= row <= last and not any(b.first <= row <= b.last for b in blocks)]
        holes = sorted([(row, row, -1) for row in own] + [(b.first, b.last, i) for i, b in enumerate(blocks)])
        self.holes = [hole for hole in holes if hole[0] <= hole[1]]
        self.hole_starts = [start for start, _, _ in self.holes]
        self.dropped = [0, *accumulate(end - start + 1 for start, end, _ in self.holes)]
        self.kept = last - first + 1 - self.dropped[-1]

    def kept_before(self, row: int) -> int:
        """Rows that stay once, above ``row``; which is not inside a block, but may be its first row."""
        return row - self.first - self.dropped[bisect_left(self.hole_starts, row)]

    def block_at(self, row: int) -> int:
        """Number of the block whose body holds the row, or -1."""
        index = bisect_right(self.firsts, row) - 1
        return index if index >= 0 and row <= self.blocks[index].last else -1


class _Body:
    """One rendering of a section: the copies of each block within, and how far they push what follows."""

    __slots__ = ("pushed", "runs", "section")

    def __init__(self, section: _Section, instance: Instance) -> None:
        if len(instance) != len(section.blocks):
            msg = f"{len(section.blocks)} blocks, but {len(instance)} numbers of copies"
            raise ValueError(msg)
        self.section = section
        self.runs = tuple(map(_Run, section.inner, instance))
        self.pushed = [0, *accumulate(run.start(run.count) + run.blank for run in self.runs)]

    @property
    def height(self) -> int:
        return self.section.kept + self.pushed[-1]

    def offset(self, row: int) -> int:
        """Rows of the rendering above the template's row."""
        return self.section.kept_before(row) + self.pushed[bisect_left(self.section.firsts, row)]


class _Run:
    """The copies of one block, one below the other."""

    __slots__ = ("_bodies", "_height", "_starts", "blank", "count", "keeps_place", "section")

    def __init__(self, section: _Section, copies: Copies) -> None:
        if section.blocks and copies.count != len(copies.instances):
            msg = f"{copies.count} copies, but {len(copies.instances)} instances"
            raise ValueError(msg)
        self.section, self.count, self.blank = section, copies.count, copies.blank and not copies.count
        self.keeps_place = self.blank or copies.borrows
        self._bodies = (
            [_Body(section, instance) for instance in copies.instances] if section.blocks else [_Body(section, ())]
        )
        self._height = self._bodies[0].height if self._bodies else 0
        self._starts = [0, *accumulate(body.height for body in self._bodies)] if section.blocks else None

    @property
    def uniform(self) -> bool:
        return self._starts is None

    def start(self, copy: int) -> int:
        """Rows of the run above a copy; of the copy after the last: the run's height."""
        return copy * self._height if self._starts is None else self._starts[copy]

    def body(self, copy: int) -> _Body:
        return self._bodies[0 if self._starts is None else copy]


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Which copy of each block a row means: that of a formula's place as long as both are in it, else an end."""

    chain: tuple[Block, ...]
    path: tuple[int, ...]
    at_start: bool
    absolute: bool
    single: bool

    def copy(self, depth: int, shared: bool, count: int) -> int:
        if shared and not self.absolute:
            return self.path[depth]
        if shared and self.single:
            return 0
        return 0 if self.at_start else count - 1


class Layout:
    """Where the rows of a template sheet stand in the sheet rendered from it.

    ``blocks`` are the template's outermost loops and conditions in order, ``copies`` how often each was rendered,
    ``removed`` further rows left out (comments). Rows are template rows where taken and sheet rows where given, from 1.
    """

    def __init__(
        self, blocks: Sequence[Block] = (), copies: Sequence[Copies] = (), removed: Iterable[int] = ()
    ) -> None:
        self._sheet = _Body(_template(tuple(blocks), frozenset(removed)), tuple(copies))

    @property
    def growth(self) -> int:
        """By how many rows the sheet is longer than the template; negative where it is shorter."""
        return self._sheet.height - LAST_ROW

    def row(self, row: int, edge: str = "start") -> int:
        """The row for a reference from outside any loop, as the ``"start"`` or ``"end"`` of a range.

        A row that stays: where it stands. A loop's row: its first or last copy. A row that is left out: the next row
        that stays for a start, the one before for an end; so of a range that is gone the end lies above the start.
        """
        return self._find(row, _Chooser((), (), edge == "start", False, False))

    def inside(
        self, row: int, place: Place, edge: str = "start", *, absolute: bool = False, single: bool = False
    ) -> int:
        """The row for a reference from a place that a loop rendered.

        Rows of the blocks around the place: their copy. Deeper rows, and rows of other blocks: first or last copy. The
        row of a tag that opens a block around the place: the row above that copy, which is the row above the block for
        the first copy and the end of the copy before for the others. With ``absolute`` (``$``) nothing moves along:
        the first copy of all for a start and for a ``single`` cell, the last of all for the end of a range.
        """
        return self._find(row, _Chooser(self.chain(place), place.path, edge == "start", absolute, single))

    def at(self, place: Place) -> int:
        """The sheet row of a place."""
        return self.inside(place.row, place)

    def chain(self, place: Place) -> tuple[Block, ...]:
        """The blocks around a place, outermost first. ValueError where its path does not name a copy of each."""
        found: list[Block] = []
        section = self._sheet.section
        while (index := section.block_at(place.row)) >= 0:
            found.append(section.blocks[index])
            section = section.inner[index]
        if len(found) != len(place.path):
            msg = f"row {place.row} is in {len(found)} blocks, the path names {len(place.path)}"
            raise ValueError(msg)
        return tuple(found)

    def move(self, ref: Ref, place: Place | None = None, *, pinned: bool = False) -> Ref | str:
        """A reference to this sheet, as it reads in the rendered sheet; ``#REF!`` where nothing of it is left.

        Without ``place`` it comes from outside (another sheet, a name, a chart, a row that no loop repeats): one cell
        of a loop covers all copies. ``pinned`` is for a formula written once for all copies (a conditional format, a
        validation): what does not move along with the copy gets a ``$``.
        """
        if ref.row1 is None:
            return ref
        ref = _upright(ref)
        single = ref.row2 is None
        ends = [
            (ref.row1 or 0, ref.abs_row1),
            (ref.row1 or 0, ref.abs_row1) if single else (ref.row2 or 0, ref.abs_row2),
        ]
        chain, path = (self.chain(place), place.path) if place else ((), ())
        start, end = (
            self._find(row, _Chooser(chain, path, at_start, absolute, single))
            for (row, absolute), at_start in zip(ends, (True, False), strict=True)
        )
        end = min(end, LAST_ROW)
        if not 1 <= start <= end:
            return GONE
        flags = [absolute or (pinned and _stays(row, chain)) for row, absolute in ends]
        if single and start == end:
            return replace(ref, row1=start, abs_row1=flags[0])
        col2, abs_col2 = (ref.col1, ref.abs_col1) if single else (ref.col2, ref.abs_col2)
        return replace(ref, row1=start, row2=end, col2=col2, abs_row1=flags[0], abs_row2=flags[1], abs_col2=abs_col2)

    def runs(self, row1: int, row2: int) -> Iterator[tuple[int, int]]:
        """The stretches of sheet rows that come from the template rows ``row1``-``row2``, and no others.

        What ``move`` covers from first to last, exactly: a dropdown on the rows of a group leaves out its subtotals.
        """
        pending: tuple[int, int] | None = None
        for first, last in _stretches(self._sheet, 1, row1, row2):
            if pending and pending[1] + 1 == first:
                pending = pending[0], last
                continue
            if pending:
                yield pending
            pending = first, last
        if pending:
            yield pending

    def steps(self, place: Place) -> bool:
        """Whether the copies of the innermost block around a place are all equally high."""
        body = self._sheet
        for copy in place.path:
            run = body.runs[body.section.block_at(place.row)]
            if run.uniform or not run.count:
                return run.uniform
            body = run.body(copy)
        return False

    def _find(self, row: int, choose: _Chooser) -> int:
        """The sheet row of a template row, going down through the copies chosen."""
        body, base, shared, depth = self._sheet, 1, True, 0
        while True:
            step = _opened(body, row, choose, depth) if shared else None
            if step is not None:
                return base + step
            index = body.section.block_at(row)
            if index < 0:
                return base + body.offset(row) - (row in body.section.removed and not choose.at_start)
            block, run = body.section.blocks[index], body.runs[index]
            shared = shared and block in choose.chain[depth : depth + 1]
            base += body.offset(block.first)
            if not run.count:
                return base if run.keeps_place else base - (not choose.at_start)
            copy = choose.copy(depth, shared, run.count)
            base += run.start(copy)
            body, depth = run.body(copy), depth + 1


def _stays(row: int, chain: tuple[Block, ...]) -> bool:
    """Whether a relative reference to the row means the same row in every copy of the innermost block."""
    return any(not block.first <= row <= block.last and row != block.opener for block in chain[-1:])


@lru_cache(maxsize=64)
def _template(blocks: tuple[Block, ...], removed: frozenset[int]) -> _Section:
    """A sheet's rows, worked out once for all its renderings."""
    return _Section(1, LAST_ROW, blocks, removed.union(*map(_tag_rows, blocks)))


def _tag_rows(block: Block) -> set[int]:
    return set(block.tag_rows).union(*map(_tag_rows, block.blocks))


def _opened(body: _Body, row: int, choose: _Chooser, depth: int) -> int | None:
    """For the tag row that opens the block the formula is in: the row above the copy, counted from the body's start."""
    if depth >= len(choose.chain) or choose.chain[depth].opener != row or (choose.absolute and not choose.single):
        return None
    block = choose.chain[depth]
    copy = 0 if choose.absolute else choose.path[depth]
    return body.offset(block.first) + body.runs[body.section.blocks.index(block)].start(copy) - 1


def _upright(ref: Ref) -> Ref:
    """The range with its upper row first, each ``$`` with its row."""
    if ref.row1 is None or ref.row2 is None or ref.row1 <= ref.row2:
        return ref
    return replace(ref, row1=ref.row2, row2=ref.row1, abs_row1=ref.abs_row2, abs_row2=ref.abs_row1)


def _stretches(body: _Body, base: int, row1: int, row2: int) -> Iterator[tuple[int, int]]:
    section = body.section
    row, last = max(row1, section.first), min(row2, section.last)
    for start, end, index in section.holes[max(bisect_right(section.hole_starts, row) - 1, 0) :]:
        if start > last:
            break
        if end < row:
            continue
        if row < start:
            yield base + body.offset(row), base + body.offset(start - 1)
        if index >= 0:
            yield from _copied(body.runs[index], base + body.offset(start), row, last)
        row = end + 1
    if row <= last:
        yield base + body.offset(row), base + body.offset(last)


def _copied(run: _Run, base: int, row1: int, row2: int) -> Iterator[tuple[int, int]]:
    if not run.count:
        if run.blank:
            yield base, base
    elif row1 <= run.section.first and run.section.last <= row2:
        if run.start(run.count):
            yield base, base + run.start(run.count) - 1
    else:
        for copy in range(run.count):
            yield from _stretches(run.body(copy), base + run.start(copy), row1, row2)


Layouts: TypeAlias = Callable[[str | None], Layout | None]


def move_formula(
    formula: Formula, layouts: Layouts, sheet: str | None = None, place: Place | None = None, *, pinned: bool = False
) -> Formula:
    """A formula of the template as it reads in the rendered workbook.

    ``layouts`` gives the layout of a sheet by its name, of the formula's own sheet by None, and None where nothing
    moves. ``sheet`` is the own sheet's name, for formulas that spell it out; ``place`` and ``pinned`` as in
    ``Layout.move``.
    """

    def move(ref: Ref) -> Ref | str:
        own = ref.sheet is None or (sheet is not None and ref.sheet.casefold() == sheet.casefold())
        layout = layouts(None if own else ref.sheet)
        return ref if layout is None else layout.move(ref, place if own else None, pinned=pinned and own)

    return formula.moved(move)


def move_ranges(text: str, layouts: Layouts) -> str:
    """A list of ranges as a name, chart, filter or print area has it: ``Sheet1!$A$5:$C$5,Sheet1!$E$5``.

    Seen from outside, each from its first row to its last. Ranges that are gone leave the list; "" when all are.
    """
    kept: list[str] = []
    separator = "," if "," in text else " "
    for part in _split(text, separator):
        moved = move_formula(Formula.parse(part), layouts).text()
        if moved and GONE not in moved:
            kept.append(moved)
    return separator.join(kept)


def move_sqref(text: str, layout: Layout) -> str:
    """The ranges of a validation or conditional format (``A5:C9 E5``): the copies of their rows and no other row.

    One range a block wherever its copies touch; "" when nothing is left.
    """
    areas: list[str] = []
    for ref in Formula.parse(text).refs():
        upright = _upright(ref)
        if upright.row1 is None:
            areas.append(str(ref))
            continue
        stretches = layout.runs(upright.row1, upright.row2 or upright.row1)
        areas += [_area(ref, first, min(last, LAST_ROW)) for first, last in stretches if first <= LAST_ROW]
    return " ".join(areas)


def _area(ref: Ref, first: int, last: int) -> str:
    if ref.col1 is None:
        return str(replace(ref, row1=first, row2=last))
    area = Ref.cells(first, ref.col1, last, ref.col2 or ref.col1)
    return str(area)


def _split(text: str, separator: str) -> Iterator[str]:
    """The text cut at the separators that are not within quotes or brackets."""
    part, depth = "", 0
    for kind, lexeme, _ in _lexemes(text):
        depth += (lexeme in {"(", "{"}) - (lexeme in {")", "}"})
        if not depth and kind in {"operator", "space"} and lexeme.strip() == separator.strip():
            yield part
            part = ""
        else:
            part += lexeme
    yield part


def copier(formula: Formula, layouts: Layouts, sheet: str | None, place: Place) -> Callable[[int], str]:
    """A function from the number of a copy to the formula's text there; ``place`` names the copies around.

    Where the copies are equally high it only fills in row numbers, and does not ask how many copies there will be:
    for a formula that looks at its own row and above, the layout may still say 1.
    """
    own = layouts(None)
    outer = place.path[:-1]

    def moved(copy: int) -> Formula:
        return move_formula(formula, layouts, sheet, Place(place.row, (*outer, copy)))

    if own is not None and own.steps(place):
        pattern = _pattern(moved(0).parts, moved(1).parts)
        if pattern is not None:
            return _filler(*pattern)
    return lambda copy: moved(copy).text()


def _filler(text: str, rows: tuple[tuple[int, int], ...]) -> Callable[[int], str]:
    if not rows:
        constant = text % ()
        return lambda _: constant
    return lambda copy: text % tuple([first + copy * step for first, step in rows])


def _pattern(
    first: tuple[str | Ref, ...], second: tuple[str | Ref, ...]
) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """A text with a ``%d`` for every row that differs between two copies, and start and step of each."""
    if len(first) != len(second):
        return None
    texts: list[str] = []
    rows: list[tuple[int, int]] = []
    for one, other in zip(first, second, strict=True):
        if isinstance(one, str) or isinstance(other, str):
            if one != other:
                return None
            texts.append(str(one).replace("%", "%%"))
        else:
            if one.is_range != other.is_range:
                return None
            pairs = [(a, b - a) for a, b in ((one.row1, other.row1), (one.row2, other.row2)) if a and b]
            rows += [pair for pair in pairs if pair[1]]
            row1, row2 = (str(a) if a == b else "%d" for a, b in ((one.row1, other.row1), (one.row2, other.row2)))
            texts.append(_escaped(one, row1, row2))
    return "".join(texts), tuple(rows)


def _escaped(ref: Ref, row1: str, row2: str) -> str:
    """The reference with ``%`` of a sheet's name doubled."""
    return replace(ref, sheet=ref.sheet and ref.sheet.replace("%", "%%")).printed(row1, row2)


# --- values ---------------------------------------------------------------------------------------------------


class ExcelError(Enum):
    """What a cell shows when its formula has no value."""

    NULL = "#NULL!"
    DIV0 = "#DIV/0!"
    VALUE = "#VALUE!"
    REF = "#REF!"
    NAME = "#NAME?"
    NUM = "#NUM!"
    NA = "#N/A"

    def __str__(self) -> str:
        return self.value


class NotEvaluable(DocgenError):  # noqa: N818 - no fault: the cell is written without a cached value
    """The formula is outside what is computed here, or its result depends on the reader's language.

    ``code`` says why: ``function.VLOOKUP``, ``range``, ``text.order``.
    """

    def __init__(self, code: str) -> None:
        super().__init__([Problem("", code, code=code)])
        self.code = code


@dataclass(frozen=True, slots=True)
class Marked:
    """A cell's value, with what SUBTOTAL must know: the cell is itself a subtotal; its row is hidden."""

    value: Any
    subtotal: bool = False
    hidden: bool = False


class Aggregate:
    """Running sum, count and extremes of cells: what a total needs of a column without keeping it.

    Sums are exact and rounded once at the end, whatever the number of cells and the order. May be given in place of
    the cells of a range.
    """

    __slots__ = ("_tallies",)

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._tallies: dict[tuple[bool, bool], _Tally] = {}
        self.extend(values)

    def add(self, value: Any) -> None:
        """One more cell: None, number (of a date its serial), text, bool, ExcelError, or one of these ``Marked``."""
        key = (False, False)
        if isinstance(value, Marked):
            key, value = (value.subtotal, value.hidden), value.value
        self._tally(key).add(value)

    def extend(self, values: Iterable[Any]) -> None:
        """Many more cells."""
        remaining = iter(values)
        plain = self._tally((False, False))
        while chunk := list(islice(remaining, _CHUNK)):
            if _NUMBERS.issuperset(map(type, chunk)):
                plain.pending += [float(value) for value in chunk if value is not None]
                plain.settle()
            else:
                for value in chunk:
                    self.add(value)

    def merge(self, other: Aggregate) -> None:
        """All cells of another one."""
        for key, tally in other._tallies.items():
            self._tally(key).merge(tally)

    def tally(self, *, subtotals: bool = True, hidden: bool = True) -> _Tally:
        """The figures, with or without cells that are subtotals or hidden."""
        wanted = [
            tally
            for (is_subtotal, is_hidden), tally in self._tallies.items()
            if (subtotals or not is_subtotal) and (hidden or not is_hidden)
        ]
        if len(wanted) == 1:
            return wanted[0]
        chosen = _Tally()
        for tally in wanted:
            chosen.merge(tally)
        return chosen

    def _tally(self, key: tuple[bool, bool]) -> _Tally:
        return self._tallies.setdefault(key, _Tally())


_CHUNK = 4096
_NUMBERS = frozenset({float, int, Decimal, type(None)})


class _Tally:
    """Count, sum, least and greatest of numbers; text and booleans count as filled; the first error is kept."""

    __slots__ = ("count", "error", "filled", "high", "low", "pending", "sums")

    def __init__(self) -> None:
        self.count = self.filled = 0
        self.sums: list[float] = []  # the exact sum so far as a float and what that leaves out
        self.pending: list[float] = []
        self.low, self.high = math.inf, -math.inf
        self.error: ExcelError | None = None

    def add(self, value: Any) -> None:
        if isinstance(value, ExcelError):
            self.error = self.error or value
            self.filled += 1
        elif value is None:
            pass
        elif isinstance(value, (str, bool)):
            self.filled += 1
        else:
            self.pending.append(_number(value))
            if len(self.pending) >= _CHUNK:
                self.settle()

    def settle(self) -> None:
        if not self.pending:
            return
        self.count += len(self.pending)
        self.filled += len(self.pending)
        self.low, self.high = min(self.low, *self.pending), max(self.high, *self.pending)
        self._take(self.pending)
        self.pending = []

    def merge(self, other: _Tally) -> None:
        self.settle()
        other.settle()
        self.count += other.count
        self.filled += other.filled
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.error = self.error or other.error
        self._take(other.sums)

    def _take(self, numbers: list[float]) -> None:
        if not all(map(math.isfinite, numbers)):
            raise NotEvaluable("value.infinite")
        every = self.sums + numbers
        total = math.fsum(every)
        self.sums = [total, math.fsum([*every, -total])]

    # What the functions return; _Fault where an error is among the cells.

    def sum(self) -> float:
        self._sound()
        return _unless_noise(math.fsum(self.sums), max(self.high, -self.low))

    def average(self) -> float:
        return _divided(self.sum(), float(self.count))

    def minimum(self) -> float:
        self._sound()
        return self.low if self.count else 0.0

    def maximum(self) -> float:
        self._sound()
        return self.high if self.count else 0.0

    def numbers(self) -> float:
        self.settle()
        return float(self.count)

    def not_empty(self) -> float:
        self.settle()
        return float(self.filled)

    def _sound(self) -> None:
        self.settle()
        if self.error:
            raise _Fault(self.error)


class _Fault(Exception):  # noqa: N818 - an Excel error on its way out of an expression
    def __init__(self, error: ExcelError) -> None:
        super().__init__(error)
        self.error = error


_PLAIN_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,3})?\s*")


def _number(value: Any) -> float:
    """A value where a number is needed. What a date or 1,234 in a text means is the reader's setting."""
    if isinstance(value, (float, int, Decimal)):
        return float(value)
    if value is None:
        return 0.0
    if isinstance(value, ExcelError):
        raise _Fault(value)
    if not isinstance(value, str):
        raise NotEvaluable(f"value.{type(value).__name__}")
    if _PLAIN_NUMBER.fullmatch(value):
        return float(value)
    if any(map(str.isdigit, value)):
        raise NotEvaluable("text.number")
    raise _Fault(ExcelError.VALUE)


def _text(value: Any) -> str:
    """A value where a text is needed; numbers as General shows them, to 15 digits."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    number = _number(value) + 0.0
    if number == 0 or 1e-4 <= abs(number) < 1e15:
        return f"{number:.15g}"
    raise NotEvaluable("number.text")


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        if value.upper() in {"TRUE", "FALSE"}:
            return value.upper() == "TRUE"
        raise _Fault(ExcelError.VALUE)
    return _number(value) != 0


_ALIKE = 2.0**-48


def _added(one: float, other: float) -> float:
    """Sum; a remainder in the last few bits alone is none, as 0.5-0.4-0.1 is 0 in a sheet."""
    total = one + other
    return _unless_noise(total, abs(one)) if -1.0 < total < 1.0 else total


def _unless_noise(total: float, largest: float) -> float:
    return 0.0 if abs(total) < largest * _ALIKE and not total.is_integer() else total


def _divided(one: float, other: float) -> float:
    if other == 0:
        raise _Fault(ExcelError.DIV0)
    return _finite(one) / _finite(other)


def _power(one: float, other: float) -> float:
    if one == 0 and other <= 0:
        raise _Fault(ExcelError.DIV0 if other else ExcelError.NUM)
    if one < 0 and not other.is_integer():
        raise _Fault(ExcelError.NUM)
    return float(_finite(one) ** _finite(other))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise _Fault(ExcelError.NUM)
    return number


_TENS = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)


def _rounded(number: float, places: float) -> float:
    """Half away from zero, of the 15 digits a sheet shows: 1.005 to two places is 1.01."""
    if 0 <= places < len(_TENS):
        ten = _TENS[int(places)]
        scaled = abs(number) * ten
        if scaled < 1e9 and abs(scaled % 1.0 - 0.5) > 1e-6:  # far from a tie: the same, at a tenth of the time
            return math.copysign(math.floor(scaled + 0.5) / ten, number)
    digits = Decimal(f"{_finite(number):.15g}")
    exponent = -int(max(min(places, 400), -400))
    if int(digits.as_tuple().exponent) >= exponent:
        return number
    unit = Decimal((0, (1,), exponent))
    rounded = digits.quantize(unit, ROUND_HALF_UP)
    if exponent >= 0 and rounded != Decimal(number).quantize(unit, ROUND_HALF_UP):
        raise NotEvaluable("round.tie")  # 28.499999999999996 to 0 places: programs differ
    return float(rounded)


def _compared(one: Any, other: Any) -> int:
    """-1, 0 or 1: numbers before texts before booleans; an empty cell is the other's 0, "" or FALSE.

    Which of two texts comes first is known for plain letters and digits only; the rest depends on the language.
    """
    one, other = _pair(one, other)
    if isinstance(one, str) and isinstance(other, str):
        if one != other and one and other and not (one.isascii() and other.isascii() and (one + other).isalnum()):
            raise NotEvaluable("text.order")
        return (one > other) - (one < other)
    if _rank(one) != _rank(other):
        return _rank(one) - _rank(other)
    return _sign(one, other)


def _equal(one: Any, other: Any) -> bool:
    one, other = _pair(one, other)
    if isinstance(one, str) or _rank(one) != _rank(other):
        return bool(one == other and _rank(one) == _rank(other))
    return _sign(one, other) == 0


def _pair(one: Any, other: Any) -> tuple[Any, Any]:
    """Both values ready to compare: empty cells filled in, texts in one case; of errors the left one counts."""
    for value in (one, other):
        if isinstance(value, ExcelError):
            raise _Fault(value)
    one, other = _EMPTY[_rank(other)] if one is None else one, _EMPTY[_rank(one)] if other is None else other
    return one.lower() if isinstance(one, str) else one, other.lower() if isinstance(other, str) else other


_EMPTY = (0.0, "", False)


def _rank(value: Any) -> int:
    return 1 if isinstance(value, str) else 2 if isinstance(value, bool) else 0


def _sign(one: Any, other: Any) -> int:
    difference = _added(_finite(_number(one)), -_finite(_number(other)))
    return (difference > 0) - (difference < 0)


def _summed(*arguments: Any) -> float:
    """SUM. A few plain numbers, as in a row, need no tally."""
    cells = arguments[0]
    if len(arguments) > 1 or cells.__class__ is not tuple or not _NUMBERS.issuperset(map(type, cells)):
        return _gathered(*arguments).tally().sum()
    numbers = [_finite(float(value)) for value in cells if value is not None] or [0.0]
    return _unless_noise(math.fsum(numbers), max(*numbers, -min(numbers)))


def _gathered(*arguments: Any) -> Aggregate:
    """The cells of the arguments in order. A function among them stands for an expression, computed in its turn."""
    if len(arguments) == 1 and isinstance(arguments[0], Aggregate):
        return arguments[0]
    every = Aggregate()
    for argument in arguments:
        if callable(argument) and every.tally().error:
            break
        cells = argument() if callable(argument) else argument
        if isinstance(cells, Aggregate):
            every.merge(cells)
        else:
            every.extend(cells)
    return every


# --- from formula to function ---------------------------------------------------------------------------------


class _Is(Enum):
    """What an expression is known to give."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    ANY = "any"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class _Code:
    """An expression in Python and what it gives. ``literal``: a constant; ``nested``: how deep its brackets go."""

    kind: _Is
    source: str
    nested: int = 0
    literal: bool = False
    ref: Ref | None = None


_COMPARISONS = {"=": "equal({}, {})", "<>": "(not equal({}, {}))"} | {
    sign: f"(compared({{}}, {{}}) {sign} 0)" for sign in ("<", "<=", ">", ">=")
}
_ARITHMETIC = {
    "+": "added({}, {})",
    "-": "added({}, -{})",
    "*": "({} * {})",
    "/": "divided({}, {})",
    "^": "power({}, {})",
}
_FALSE = _Code(_Is.TRUTH, "False", literal=True)
_BINDING = dict.fromkeys(_COMPARISONS, 10) | {"&": 20, "+": 30, "-": 30, "*": 40, "/": 40, "^": 50, "%": 60}
_SIGN_BINDING = 70
_DEEPEST = 60  # Python takes 200 brackets within one another
_RETURNS = {"AVERAGE": "average", "MIN": "minimum", "MAX": "maximum"}
_COUNTS = {"COUNT": "numbers", "COUNTA": "not_empty"}
_SUBTOTALS = {1: "average", 2: "numbers", 3: "not_empty", 4: "maximum", 5: "minimum", 9: "sum"}


class _Parser:
    """Operator precedence over the lexemes of a formula, giving the source of a Python expression.

    ``name`` gives the source that reads a reference.
    """

    def __init__(self, formula: Formula, name: Callable[[Ref], str]) -> None:
        self._lexemes = [one for one in _lexemes(formula.text()) if one[0] != "space"]
        self._at = 0
        self._open = 0
        self._name = name

    def whole(self) -> _Code:
        code = self._expression(0)
        if self._at < len(self._lexemes):
            raise NotEvaluable("syntax")
        return self._scalar(code)

    def _peek(self) -> str:
        """The operator that comes next; "" where none does."""
        if self._at == len(self._lexemes):
            return ""
        kind, text, _ = self._lexemes[self._at]
        return text if kind == "operator" else "?"

    def _take(self, operator: str) -> bool:
        found = self._peek() == operator
        self._at += found
        return found

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise NotEvaluable("syntax")

    def _expression(self, binding: int) -> _Code:
        self._open += 1
        if self._open > _DEEPEST:
            raise NotEvaluable("depth")
        left = self._operand()
        while _BINDING.get(self._peek(), 0) > binding:
            operator = self._peek()
            self._at += 1
            if operator == "%":
                left = _coded(_Is.NUMBER, "({} / 100.0)", self._as_number(left))
            else:
                left = self._binary(operator, left, self._expression(_BINDING[operator]))
        self._open -= 1
        return left

    def _operand(self) -> _Code:
        if self._at == len(self._lexemes):
            raise NotEvaluable("syntax")
        kind, text, ref = self._lexemes[self._at]
        self._at += 1
        if ref is not None:
            return _Code(_Is.CELLS if ref.is_range else _Is.ANY, "", ref=ref)  # named when it is known how it is read
        if kind == "name":
            return self._named(text.upper())
        if kind == "operator":
            return self._prefixed(text)
        return _constant(kind, text)

    def _prefixed(self, operator: str) -> _Code:
        if operator == "(":
            inner = self._expression(0)
            self._expect(")")
            return inner
        if operator not in {"+", "-"}:
            raise NotEvaluable(f"operator.{operator}")
        operand = self._expression(_SIGN_BINDING)
        if operator == "+":
            return replace(self._scalar(operand), ref=None)
        return _coded(_Is.NUMBER, "(-{})", self._as_number(operand))

    def _named(self, name: str) -> _Code:
        called = self._take("(")
        if name in {"TRUE", "FALSE"}:
            if called:
                self._expect(")")
            return _Code(_Is.TRUTH, name.capitalize(), literal=True)
        if not called:
            raise NotEvaluable("name")
        return self._function(name, self._arguments())

    def _arguments(self) -> list[_Code | None]:
        """The arguments of a call; None for one left empty."""
        if self._take(")"):
            return []
        found: list[_Code | None] = []
        while True:
            found.append(None if self._peek() in {",", ")"} else self._expression(0))
            if self._take(")"):
                return found
            self._expect(",")

    def _function(self, name: str, arguments: list[_Code | None]) -> _Code:
        if name == "IF" and arguments and arguments[0] and len(arguments) in {2, 3}:
            return self._choice(arguments[0], *(_Code(_Is.NUMBER, "0.0") if a is None else a for a in arguments[1:]))
        given = [argument for argument in arguments if argument]
        if not given or len(given) < len(arguments):
            raise NotEvaluable(f"function.{name}")
        if name == "ROUND" and len(given) == 2:
            return _coded(_Is.NUMBER, "rounded({}, {})", *map(self._as_number, given))
        if name == "SUM":
            return _coded(_Is.NUMBER, "summed({})", self._gathered(given))
        if name in _RETURNS:
            return _coded(_Is.NUMBER, f"gathered({{}}).tally().{_RETURNS[name]}()", self._gathered(given))
        if name in _COUNTS and all(argument.ref or argument.literal for argument in given):
            return _coded(_Is.NUMBER, f"gathered({{}}).tally().{_COUNTS[name]}()", self._gathered(given))
        if name == "SUBTOTAL":
            return self._subtotal(given[0], given[1:])
        raise NotEvaluable(f"function.{name}")

    def _subtotal(self, which: _Code, cells: list[_Code]) -> _Code:
        number = float(which.source) if which.literal and which.kind is _Is.NUMBER else 0.0
        method = _SUBTOTALS.get(int(number) % 100)
        if method is None or number not in {*_SUBTOTALS, *(100 + n for n in _SUBTOTALS)} or not cells:
            raise NotEvaluable("function.SUBTOTAL")
        if not all(argument.ref for argument in cells):
            raise NotEvaluable("function.SUBTOTAL")
        tally = f"tally(subtotals=False, hidden={number < 100})"
        return _coded(_Is.NUMBER, f"gathered({{}}).{tally}.{method}()", self._gathered(cells))

    def _gathered(self, arguments: list[_Code]) -> _Code:
        return _coded(_Is.CELLS, ", ".join(["{}"] * len(arguments)), *map(self._cells, arguments))

    def _cells(self, argument: _Code) -> _Code:
        """An argument as cells: text and booleans in a reference are passed over, in an expression they are numbers."""
        if argument.ref is not None:
            ref = argument.ref
            area = (
                ref
                if ref.is_range
                else replace(ref, row2=ref.row1, col2=ref.col1, abs_row2=ref.abs_row1, abs_col2=ref.abs_col1)
            )
            return _Code(_Is.CELLS, self._name(area))
        if argument.kind is _Is.ANY:
            raise NotEvaluable("argument")
        return _coded(_Is.CELLS, "({},)" if argument.literal else "(lambda: ({},))", self._as_number(argument))

    # What an expression is used as.

    def _scalar(self, code: _Code) -> _Code:
        if code.kind is _Is.CELLS:
            raise NotEvaluable("range")
        return code if code.source or code.ref is None else replace(code, source=self._name(code.ref))

    def _as_number(self, code: _Code) -> _Code:
        if code.kind is _Is.NUMBER:
            return code
        code = self._scalar(code)
        plain = code.kind is _Is.ANY and code.source.isidentifier()
        pattern = "({0} if {0}.__class__ is float else number({0}))" if plain else "number({0})"
        return replace(_coded(_Is.NUMBER, pattern, code), literal=code.literal)

    def _as_text(self, code: _Code) -> _Code:
        return code if code.kind is _Is.TEXT else _coded(_Is.TEXT, "text({})", self._scalar(code))

    def _binary(self, operator: str, left: _Code, right: _Code) -> _Code:
        if operator in _COMPARISONS:
            return _coded(_Is.TRUTH, _COMPARISONS[operator], self._scalar(left), self._scalar(right))
        if operator == "&":
            return _coded(_Is.TEXT, "({} + {})", self._as_text(left), self._as_text(right))
        return _coded(_Is.NUMBER, _ARITHMETIC[operator], self._as_number(left), self._as_number(right))

    def _choice(self, condition: _Code, when: _Code, otherwise: _Code = _FALSE) -> _Code:
        """IF: the branch not taken is not computed."""
        test = self._scalar(condition)
        if test.kind is not _Is.TRUTH:
            test = _coded(_Is.TRUTH, "truth({})", test)
        kind = when.kind if when.kind is otherwise.kind else _Is.ANY
        return _coded(kind, "({1} if {0} else {2})", test, self._scalar(when), self._scalar(otherwise))


def _constant(kind: str, text: str) -> _Code:
    if kind == "number" and math.isfinite(float(text)):
        return _Code(_Is.NUMBER, repr(float(text)), literal=True)
    if kind == "string":
        return _Code(_Is.TEXT, repr(text[1:-1].replace('""', '"')), literal=True)
    if kind == "error" and text.upper() in {error.value for error in ExcelError}:
        return _Code(_Is.ANY, f"failed({text.upper()!r})")
    raise NotEvaluable(kind)


def _coded(kind: _Is, pattern: str, *operands: _Code) -> _Code:
    nested = 1 + max(operand.nested for operand in operands)
    if nested > _DEEPEST:
        raise NotEvaluable("depth")
    return _Code(kind, pattern.format(*(operand.source for operand in operands)), nested)


_RESULTS = {
    _Is.NUMBER: "        return result + 0.0 if result - result == 0.0 else NUM",
    _Is.TEXT: "        return result if len(result) <= 32767 else VALUE",
    _Is.TRUTH: "        return result",
    _Is.ANY: "        return finished(result)",
}


def _finished(value: Any) -> float | str | bool:
    """A value of any kind as a cell keeps it; an empty cell gives 0."""
    if isinstance(value, ExcelError):
        raise _Fault(value)
    if isinstance(value, (str, bool)):
        return value
    return _finite(_number(value)) + 0.0


def _failed(text: str) -> Any:
    raise _Fault(ExcelError(text))


_NAMES: dict[str, Any] = {
    "number": _number,
    "text": _text,
    "truth": _truth,
    "added": _added,
    "divided": _divided,
    "power": _power,
    "rounded": _rounded,
    "compared": _compared,
    "equal": _equal,
    "gathered": _gathered,
    "summed": _summed,
    "failed": _failed,
    "finished": _finished,
    "Fault": _Fault,
    "NUM": ExcelError.NUM,
    "VALUE": ExcelError.VALUE,
}


def _function(code: _Code, parameters: Iterable[str]) -> Callable[..., Result]:
    lines = (
        f"def function({', '.join(parameters)}):",
        "    try:",
        f"        result = {code.source}",
        _RESULTS[code.kind],
        "    except Fault as fault:",
        "        return fault.error",
        "    except OverflowError:",
        "        return NUM",
    )
    names = dict(_NAMES)
    exec("\n".join(lines), names)  # noqa: S102 - made above of numbers, quoted texts and own names only
    function: Callable[..., Result] = names["function"]
    return function


Result: TypeAlias = float | str | bool | ExcelError


@dataclass(frozen=True, slots=True)
class Compiled:
    """A formula as a function of the references it reads, ``refs``.

    It is called with a function from an index into them to a cell's value or, of a range, the values or their
    ``Aggregate``.
    """

    refs: tuple[Ref, ...]
    call: Callable[[Callable[[int], Any]], Result] = field(repr=False)

    def __call__(self, value_of: Callable[[int], Any]) -> Result:
        return self.call(value_of)


@lru_cache(maxsize=4096)
def compile_formula(formula: Formula) -> Compiled:
    """The formula as a function to be called any number of times, also for copies whose references have moved.

    Takes + - * / ^ % &, comparisons, brackets, constants, references and SUM, SUBTOTAL (1-5 and 9, 101-105 and 109),
    AVERAGE, COUNT, COUNTA, MIN, MAX, ROUND, IF. NotEvaluable for anything else; the function raises it too, where a
    value would depend on the reader's language. A cell counted by SUM and its like is asked for as a range.
    """
    refs: dict[Ref, int] = {}
    code = _Parser(formula, lambda ref: f"get({refs.setdefault(ref, len(refs))})").whole()
    return Compiled(tuple(refs), _function(code, ["get"]))


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A formula over cells of its own row: called with the values of ``columns``, in that order."""

    columns: tuple[int, ...]
    call: Callable[..., Result] = field(repr=False)

    def __call__(self, *values: Any) -> Result:
        return self.call(*values)


_WIDEST = 255


@lru_cache(maxsize=4096)
def row_function(formula: Formula, row: int) -> RowFunction | None:
    """The formula of a cell in this row as a function of the row's values; None where it looks at other rows or sheets.

    The quickest way for a loop's rows. NotEvaluable as for ``compile_formula``.
    """
    if not all(_within(ref, row) for ref in formula.refs()):
        return None
    columns: dict[int, str] = {}

    def name(ref: Ref) -> str:
        first = ref.col1 or 0
        cells = [columns.setdefault(column, f"c{column}") for column in range(first, (ref.col2 or first) + 1)]
        return f"({', '.join(cells)},)" if ref.is_range else cells[0]

    code = _Parser(formula, name).whole()
    return RowFunction(tuple(columns), _function(code, columns.values()))


def _within(ref: Ref, row: int) -> bool:
    if ref.sheet is not None or ref.row1 != row or ref.col1 is None:
        return False
    return not ref.is_range or (ref.row2 == row and 0 <= (ref.col2 or 0) - ref.col1 < _WIDEST)


def evaluate(
    formula: Formula,
    cell: Callable[[str | None, int, int], Any],
    cells: Callable[[Ref], Iterable[Any] | Aggregate],
) -> Result:
    """What the formula comes to, as Excel computes it: an IEEE double, a text, a boolean or an error.

    ``cell`` gives the value of sheet (None: the own one), row and column: None, number, text, bool or ExcelError;
    ``cells`` those of a range, ``Marked`` where SUBTOTAL passes them over. NotEvaluable as for ``compile_formula``.
    """
    compiled = compile_formula(formula)

    def value_of(index: int) -> Any:
        ref = compiled.refs[index]
        return cells(ref) if ref.is_range else cell(ref.sheet, ref.row1 or 0, ref.col1 or 0)

    return compiled(value_of)


def cached(result: Result) -> tuple[str, str]:
    """A result as a cell stores it: its type (``n``, ``str``, ``b``, ``e``) and the text of ``<v>``, not escaped."""
    if isinstance(result, ExcelError):
        return "e", result.value
    if isinstance(result, bool):
        return "b", str(int(result))
    if isinstance(result, str):
        return "str", result
    return "n", repr(result).removesuffix(".0")
