"""Pure: where the rows of a template sheet are once its loops have been rendered.

``Layout`` moves references as Excel does when rows are inserted. Before → after, of a loop whose row 5 is rendered
three times (rows 4 and 6 hold its tags and go)::

    template                          sheet
    3  已收                            3  已收
    4  {%tr for r in rows %}
    5  {{ r.paid }}  =E5*2            4, 5, 6  =E4*2, =E5*2, =E6*2       inside: the copy's own row
    6  {%tr endfor %}
    7  =SUM(D5:D5)                    7  =SUM(D4:D6)                     outside: from the first copy to the last
    8  =D3                            8  =D3                             rows that stay: where they stand now

With no copy ``=SUM(D5:D5)`` would have nothing to point at: then the block keeps one empty row (``blank``), or its
references point at the empty row that follows (``borrows``), and the sum is 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TypeAlias

from docgen.excel.formulas.references import GONE, LAST_ROW, Formula, Ref, lexemes


@dataclass(frozen=True, slots=True)
class RowBlock:
    """A stretch of template rows rendered some number of times: the body of a loop, or of one branch of a condition.

    ``first``-``last`` are its rows in the template, those of the blocks within it included. ``tag_rows`` are rows that
    hold nothing but its tags and are left out; the one right above ``first`` opens it.
    """

    first: int
    last: int
    tag_rows: tuple[int, ...] = ()
    blocks: tuple[RowBlock, ...] = ()

    @property
    def opener(self) -> int | None:
        """The row of the tag that opens it; None where the tag stands in the body's own first row."""
        return self.first - 1 if self.first - 1 in self.tag_rows else None


@dataclass(frozen=True, slots=True)
class BlockCopies:
    """How often a block was rendered at one place.

    A block without blocks in it needs the number alone, so a million rows cost what one costs. Otherwise there is an
    instance for each copy: the copies of every block within, in order. ``blank``: no copy, but one empty row kept, as
    references need a place to point at; ``borrows``: they point at the row that follows, which is empty there.
    """

    count: int = 0
    instances: tuple[Instance, ...] = ()
    blank: bool = False
    borrows: bool = False

    @classmethod
    def of(cls, instances: Iterable[Instance]) -> BlockCopies:
        """Of a block with blocks in it."""
        kept = tuple(instances)
        return cls(len(kept), kept)


Instance: TypeAlias = tuple[BlockCopies, ...]


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """Where a formula stands: its row in the template, and which copy, of the outermost block first."""

    row: int
    path: tuple[int, ...] = ()


class _Section:
    """The rows of one body in the template: those that stay once a copy, those left out, the blocks within."""

    def __init__(self, first: int, last: int, blocks: tuple[RowBlock, ...], removed: frozenset[int]) -> None:
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
        self.runs = tuple(map(_CopyRun, section.inner, instance))
        self.pushed = [0, *accumulate(run.start(run.count) + run.blank for run in self.runs)]

    @property
    def height(self) -> int:
        return self.section.kept + self.pushed[-1]

    def offset(self, row: int) -> int:
        """Rows of the rendering above the template's row."""
        return self.section.kept_before(row) + self.pushed[bisect_left(self.section.firsts, row)]


class _CopyRun:
    """The copies of one block, one below the other."""

    __slots__ = ("_bodies", "_height", "_starts", "blank", "count", "keeps_place", "section")

    def __init__(self, section: _Section, copies: BlockCopies) -> None:
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

    def start(self, copy: int) -> int:
        """Rows of the run above a copy; of the copy after the last: the run's height."""
        return copy * self._height if self._starts is None else self._starts[copy]

    def body(self, copy: int) -> _Body:
        return self._bodies[0 if self._starts is None else copy]


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Which copy of each block a row means: that of a formula's place as long as both are in it, else an end."""

    chain: tuple[RowBlock, ...]
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
        self, blocks: Sequence[RowBlock] = (), copies: Sequence[BlockCopies] = (), removed: Iterable[int] = ()
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
        self, row: int, place: CopyPlace, edge: str = "start", *, absolute: bool = False, single: bool = False
    ) -> int:
        """The row for a reference from a place that a loop rendered.

        Rows of the blocks around the place: their copy. Deeper rows, and rows of other blocks: first or last copy. The
        row of a tag that opens a block around the place: the row above that copy, which is the row above the block for
        the first copy and the end of the copy before for the others. With ``absolute`` (``$``) nothing moves along:
        the first copy of all for a start and for a ``single`` cell, the last of all for the end of a range.
        """
        return self._find(row, _Chooser(self.chain(place), place.path, edge == "start", absolute, single))

    def at(self, place: CopyPlace) -> int:
        """The sheet row of a place."""
        return self.inside(place.row, place)

    def chain(self, place: CopyPlace) -> tuple[RowBlock, ...]:
        """The blocks around a place, outermost first. ValueError where its path does not name a copy of each."""
        found: list[RowBlock] = []
        section = self._sheet.section
        while (index := section.block_at(place.row)) >= 0:
            found.append(section.blocks[index])
            section = section.inner[index]
        if len(found) != len(place.path):
            msg = f"row {place.row} is in {len(found)} blocks, the path names {len(place.path)}"
            raise ValueError(msg)
        return tuple(found)

    def move(self, ref: Ref, place: CopyPlace | None = None, *, pinned: bool = False) -> Ref | str:
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


def _stays(row: int, chain: tuple[RowBlock, ...]) -> bool:
    """Whether a relative reference to the row means the same row in every copy of the innermost block."""
    return any(not block.first <= row <= block.last and row != block.opener for block in chain[-1:])


@lru_cache(maxsize=64)
def _template(blocks: tuple[RowBlock, ...], removed: frozenset[int]) -> _Section:
    """A sheet's rows, worked out once for all its renderings."""
    return _Section(1, LAST_ROW, blocks, removed.union(*map(_tag_rows, blocks)))


def _tag_rows(block: RowBlock) -> set[int]:
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


def _copied(run: _CopyRun, base: int, row1: int, row2: int) -> Iterator[tuple[int, int]]:
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
    formula: Formula,
    layouts: Layouts,
    sheet: str | None = None,
    place: CopyPlace | None = None,
    *,
    pinned: bool = False,
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
    for kind, lexeme, _ in lexemes(text):
        depth += (lexeme in {"(", "{"}) - (lexeme in {")", "}"})
        if not depth and kind in {"operator", "space"} and lexeme.strip() == separator.strip():
            yield part
            part = ""
        else:
            part += lexeme
    yield part
