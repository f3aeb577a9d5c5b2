"""References keep their meaning when rows are repeated, left out or grouped."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.excel.formulas.references import GONE, Formula
from docgen.excel.layout import BlockCopies, CopyPlace, Layout, RowBlock, move_formula, move_ranges, move_sqref

if TYPE_CHECKING:
    from collections.abc import Iterator


# Rows 1-3 heading, 4 {%tr for %}, 5 body, 6 {%tr endfor %}, 7 total. Five copies: rows 4-8, total in row 9.
LOOP = (RowBlock(5, 5, (4, 6)),)
FIVE = Layout(LOOP, (BlockCopies(5),))
# The loop's tags in the body's own row: 4 heading, 5 body, 6 total.
INLINE = Layout((RowBlock(5, 5),), (BlockCopies(5),))
# Groups: 3 {%tr for %}, 4 heading, 5 {%tr for %}, 6 row, 7 {%tr endfor %}, 8 subtotal, 9 {%tr endfor %}, 10 total.
# Two groups of 3 and 2 rows: heading 3, rows 4-6, subtotal 7; heading 8, rows 9-10, subtotal 11; total 12.
GROUPS = (RowBlock(4, 8, (3, 9), (RowBlock(6, 6, (5, 7)),)),)
GROUPED = Layout(GROUPS, (BlockCopies.of([(BlockCopies(3),), (BlockCopies(2),)]),))
# Two rows a copy: 2 for, 3-4 body, 5 endfor, 6 total. Three copies: rows 2-7, total 8.
PAIRS = Layout((RowBlock(3, 4, (2, 5)),), (BlockCopies(3),))


def moved(layout: Layout, text: str, place: CopyPlace | None = None, *, pinned: bool = False) -> str:
    return move_formula(Formula.parse(text), lambda _: layout, None, place, pinned=pinned).text()


@pytest.mark.parametrize(
    ("layout", "text", "expected"),
    [
        # A row that stays.
        (FIVE, "D3+$D$7", "D3+$D$9"),
        # One cell of a loop's row covers all copies, with $ and without.
        (FIVE, "SUM(D5)", "SUM(D4:D8)"),
        (FIVE, "SUM($D$5)+SUM(D$5:E$5)", "SUM($D$4:$D$8)+SUM(D$4:E$8)"),
        (INLINE, "SUM(D5)", "SUM(D5:D9)"),
        # A range that ends in it, begins in it, spans it.
        (INLINE, "D4:D5", "D4:D9"),
        (FIVE, "D5:D7", "D4:D9"),
        (FIVE, "SUM(D3:D7)", "SUM(D3:D9)"),
        # Ends on a row of tags: the next row that stays for a start, the one before for an end.
        (FIVE, "D4:D6", "D4:D8"),
        (FIVE, "D3:D4", "D3:D3"),
        (FIVE, "D6:D7", "D9:D9"),
        (FIVE, "D4+D6", "#REF!+#REF!"),
        # Whole rows and columns, the sheet's last row, corners given from below.
        (FIVE, "SUM(5:5)+SUM($A:$C)", "SUM(4:8)+SUM($A:$C)"),
        (FIVE, "A1:A1048576", "A1:A1048576"),
        (FIVE, "D7:D$5", "D$4:D9"),
        # Nested: from the first copy in the first group to the last in the last.
        (GROUPED, "SUM(D6)", "SUM(D4:D10)"),
        (GROUPED, "SUM(D8)", "SUM(D7:D11)"),
        (GROUPED, "D10", "D12"),
        (PAIRS, "SUM(D3)+SUM(D4)+SUM(D3:D4)", "SUM(D2:D6)+SUM(D3:D7)+SUM(D2:D7)"),
    ],
)
def test_from_outside_a_loop(layout: Layout, text: str, expected: str) -> None:
    assert moved(layout, text) == expected


@pytest.mark.parametrize(
    ("layout", "place", "text", "expected"),
    [
        # Rows of the same copy move along.
        (FIVE, CopyPlace(5, (2,)), "D5*E5", "D6*E6"),
        (PAIRS, CopyPlace(4, (1,)), "D3+D4", "D4+D5"),
        # Rows that stay do not.
        (FIVE, CopyPlace(5, (2,)), "E5/E$7+D3", "E6/E$9+D3"),
        # $: the first copy for a start and for one cell, the last copy for an end.
        (FIVE, CopyPlace(5, (2,)), "E5/$E$5", "E6/$E$4"),
        (FIVE, CopyPlace(5, (2,)), "SUM(E$5:E5)", "SUM(E$4:E6)"),
        (FIVE, CopyPlace(5, (2,)), "SUM(E5:E$5)", "SUM(E6:E$8)"),
        (FIVE, CopyPlace(5, (2,)), "E5/SUM($E$5:$E$5)", "E6/SUM($E$4:$E$8)"),
        # The row of the tag that opens the loop is the row above.
        (FIVE, CopyPlace(5, (0,)), "F4+D5-E5", "F3+D4-E4"),
        (FIVE, CopyPlace(5, (2,)), "F4+D5-E5", "F5+D6-E6"),
        (PAIRS, CopyPlace(3, (0,)), "F2", "F1"),
        (PAIRS, CopyPlace(3, (1,)), "F2", "F3"),
        (FIVE, CopyPlace(5, (2,)), "F$4", "F$3"),
        (FIVE, CopyPlace(5, (2,)), "SUM(D$4:D5)", "SUM(D$4:D6)"),
        # Deeper rows: all copies within this group; enclosing rows: this group's.
        (GROUPED, CopyPlace(8, (0,)), "SUM(D6)", "SUM(D4:D6)"),
        (GROUPED, CopyPlace(8, (1,)), "SUM(D5:D7)", "SUM(D9:D10)"),
        (GROUPED, CopyPlace(8, (1,)), "SUM(D4:D6)", "SUM(D8:D10)"),
        (GROUPED, CopyPlace(6, (1, 1)), "D6/D8", "D10/D11"),
        (GROUPED, CopyPlace(6, (1, 1)), "$A4&D$10", "$A8&D$12"),
        (GROUPED, CopyPlace(6, (1, 0)), "F5+D6", "F8+D9"),  # row above the first row of a group: its heading
        (GROUPED, CopyPlace(4, (1,)), "A3", "A7"),  # row above a group: the subtotal of the one before
        # $ does not move with the group either.
        (GROUPED, CopyPlace(6, (1, 1)), "D6/D$6", "D10/D$4"),
        (GROUPED, CopyPlace(8, (1,)), "SUM(D$6:D$6)", "SUM(D$4:D$10)"),
        (GROUPED, CopyPlace(8, (1,)), "SUM(D$6)", "SUM(D$4:D$6)"),
        # From a row that no loop repeats.
        (FIVE, CopyPlace(7), "SUM(D5)", "SUM(D4:D8)"),
    ],
)
def test_from_inside_a_copy(layout: Layout, place: CopyPlace, text: str, expected: str) -> None:
    assert moved(layout, text, place) == expected


def test_rows_of_another_loop_are_covered_from_inside_too() -> None:
    """Two loops one below the other: rows 2-2 and 5-5, tags around each."""
    layout = Layout((RowBlock(2, 2, (1, 3)), RowBlock(5, 5, (4, 6))), (BlockCopies(3), BlockCopies(2)))
    assert moved(layout, "D5/SUM(D2)", CopyPlace(5, (1,))) == "D5/SUM(D1:D3)"
    assert moved(layout, "SUM(D2:D5)") == "SUM(D1:D5)"


def test_no_copies_leave_ranges_legal() -> None:
    none, blank = Layout(LOOP, (BlockCopies(),)), Layout(LOOP, (BlockCopies(blank=True),))
    assert moved(none, "SUM(D3:D5)+SUM(D5:D7)") == "SUM(D3:D3)+SUM(D4:D4)"
    assert moved(none, "SUM(D5)") == "SUM(#REF!)"  # nothing is left: the engine keeps a blank row
    assert moved(blank, "SUM(D5)+SUM(D3:D5)+D7") == "SUM(D4)+SUM(D3:D4)+D5"
    assert (none.growth, blank.growth, FIVE.growth) == (-3, -2, 2)


def test_an_empty_group_keeps_its_heading_and_subtotal() -> None:
    layout = Layout(GROUPS, (BlockCopies.of([(BlockCopies(),), (BlockCopies(blank=True),), (BlockCopies(1),)]),))
    # heading 3, subtotal 4; heading 5, blank 6, subtotal 7; heading 8, row 9, subtotal 10; total 11
    assert [moved(layout, "SUM(D6)", CopyPlace(8, (group,))) for group in range(3)] == [
        "SUM(#REF!)",
        "SUM(D6)",
        "SUM(D9)",
    ]
    assert moved(layout, "D10") == "D11"


def test_branches_of_a_condition_are_blocks() -> None:
    """1 {%tr if %}, 2 body, 3 {%tr else %}, 4 body, 5 {%tr endif %}, 6 after."""
    branches = (RowBlock(2, 2, (1,)), RowBlock(4, 4, (3, 5)))
    assert moved(Layout(branches, (BlockCopies(1), BlockCopies())), "A2+A6+SUM(A2:A4)") == "A1+A2+SUM(A1:A1)"
    assert moved(Layout(branches, (BlockCopies(), BlockCopies(1))), "A4+A6+SUM(A2:A4)") == "A1+A2+SUM(A1:A1)"


def test_rows_of_comments_leave_like_tags() -> None:
    layout = Layout(LOOP, (BlockCopies(2),), removed=[2])
    assert moved(layout, "A1:A2") == "A1:A1"
    assert moved(layout, "A3+SUM(A5)") == "A2+SUM(A3:A4)"


def test_above_the_first_row_is_no_cell() -> None:
    layout = Layout((RowBlock(2, 2, (1, 3)),), (BlockCopies(2),))
    assert [moved(layout, "F1+1", CopyPlace(2, (k,))) for k in (0, 1)] == ["#REF!+1", "F1+1"]


def test_what_is_pushed_off_the_sheet_is_gone() -> None:
    layout = Layout(LOOP, (BlockCopies(1_000_000),))
    assert moved(layout, "A100000") == GONE
    assert moved(layout, "A3:A100000") == "A3:A1048576"


def test_a_million_copies_cost_a_number() -> None:
    layout = Layout(LOOP, (BlockCopies(1_000_000),))
    assert moved(layout, "SUM(D5)+D7") == "SUM(D4:D1000003)+D1000004"
    assert list(layout.runs(1, 7)) == [(1, 1_000_004)]
    assert layout.at(CopyPlace(5, (999_999,))) == 1_000_003


def test_a_formula_written_once_for_all_copies_pins_what_does_not_move() -> None:
    """A conditional format on row 5 becomes one rule over rows 4-8, read relative to its first cell."""
    first = CopyPlace(5, (0,))
    assert moved(FIVE, "$E5>E7", first, pinned=True) == "$E4>E$9"
    assert moved(FIVE, "E5>SUM(E$5:E5)+E4", first, pinned=True) == "E4>SUM(E$4:E4)+E3"
    assert moved(FIVE, "A3>B3", CopyPlace(3), pinned=True) == "A3>B3"  # a rule of rows that stay is not touched


def test_sheets_move_by_their_own_layout() -> None:
    layouts = {None: FIVE, "报修": FIVE, "汇总": None, "投诉": INLINE}
    formula = Formula.parse("D5+报修!D5+汇总!D5+SUM(投诉!D5)")
    inside = move_formula(formula, layouts.__getitem__, "报修", CopyPlace(5, (1,)))
    assert inside.text() == "D5+报修!D5+汇总!D5+SUM(投诉!D5:D9)"
    elsewhere = move_formula(Formula.parse("SUM(报修!D5)"), {None: None, "报修": FIVE}.__getitem__, "汇总")
    assert elsewhere.text() == "SUM(报修!D4:D8)"


def test_lists_of_ranges() -> None:
    assert move_ranges("Sheet1!$A$5:$C$5,Sheet1!$E$7", lambda _: FIVE) == "Sheet1!$A$4:$C$8,Sheet1!$E$9"
    assert move_ranges("A5:C5 E4 E7", lambda _: FIVE) == "A4:C8 E9"  # what is gone leaves the list
    assert move_ranges("'a,b'!$A:$A,'a,b'!$4:$7", lambda _: FIVE) == "'a,b'!$A:$A,'a,b'!$4:$9"
    assert move_ranges("(Sheet1!$A$5,Sheet1!$A$7)", lambda _: FIVE) == "(Sheet1!$A$4:$A$8,Sheet1!$A$9)"
    assert move_ranges("$D$4", lambda _: FIVE) == ""


def test_a_validation_covers_the_copies_and_no_other_row() -> None:
    assert move_sqref("A5:C5 E7", FIVE) == "A4:C8 E9"
    assert move_sqref("D6", GROUPED) == "D4:D6 D9:D10"  # not the subtotals
    assert move_sqref("D4:D8", GROUPED) == "D3:D11"
    assert move_sqref("D3", PAIRS) == "D2 D4 D6"
    assert move_sqref("D2:D6", PAIRS) == "D2:D8"
    assert move_sqref("D4", FIVE) == ""
    assert move_sqref("B:B A2:A1048576", FIVE) == "B:B A2:A1048576"


def test_a_copy_moves_along_and_what_is_pinned_does_not() -> None:
    formula = Formula.parse("F4+D5-E$5/'50%'!A1&\"%d\"&SUM(E$5:E5)%")
    layouts = {None: FIVE, "50%": None}.__getitem__
    third = move_formula(formula, layouts, None, CopyPlace(5, (2,))).text()
    assert third == "F5+D6-E$4/'50%'!A1&\"%d\"&SUM(E$4:E6)%"
    assert move_formula(Formula.parse("A1*10%"), layouts, None, CopyPlace(5, (3,))).text() == "A1*10%"


def test_groups_of_unequal_height_move_within_and_across() -> None:
    assert [moved(GROUPED, "D6/D8", CopyPlace(6, (1, k))) for k in (0, 1)] == ["D9/D11", "D10/D11"]
    assert [moved(GROUPED, "SUM(D6)", CopyPlace(8, (k,))) for k in (0, 1)] == ["SUM(D4:D6)", "SUM(D9:D10)"]


def test_numbers_that_do_not_fit_the_template_are_refused() -> None:
    with pytest.raises(ValueError, match="1 blocks, but 0"):
        Layout(LOOP, ())
    with pytest.raises(ValueError, match="2 copies, but 0"):
        Layout(GROUPS, (BlockCopies(2),))
    with pytest.raises(ValueError, match="row 5 is in 1 blocks"):
        FIVE.chain(CopyPlace(5))


# --- the same, by inserting and deleting rows one at a time ---------------------------------------------------


def excel_insert(row: int, at: int, number: int) -> int:
    """Excel, rows inserted before ``at``."""
    return row + number if row >= at else row


def excel_delete(start: int, end: int, row: int) -> tuple[int, int]:
    """Excel, a row deleted: a range shrinks from the side where it is hit."""
    return (start - 1 if start > row else start), (end - 1 if end >= row else end)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))
def test_ranges_move_as_when_rows_are_inserted_in_excel(one: int, other: int, copies: int) -> None:
    """Body row 5 between tags in 4 and 6: rows inserted below the body, then the tags deleted."""
    start, end = sorted((one, other))
    expected = excel_insert(start, 6, copies - 1), excel_insert(end, 6, copies - 1)
    if end == 5:  # the one thing Excel leaves to the author: a range that ends in the row takes the new rows in
        expected = expected[0], 5 + copies - 1
    expected = excel_delete(*expected, excel_insert(6, 6, copies - 1))
    expected = excel_delete(*expected, 4)
    text = moved(Layout(LOOP, (BlockCopies(copies),)), f"A{start}:A{end}")
    assert text == (f"A{expected[0]}:A{expected[1]}" if expected[0] <= expected[1] else GONE)


@dataclass(frozen=True)
class Line:
    """A row of the rendered sheet, or the place of one that is not there."""

    row: int
    path: tuple[tuple[int, int], ...]  # first row and copy number of each block around
    there: bool = True


@dataclass(frozen=True)
class Case:
    blocks: tuple[RowBlock, ...]
    rows: int
    removed: frozenset[int]


@st.composite
def templates(draw: st.DrawFn) -> Case:
    number = count(1)
    tags: set[int] = set()

    def level(depth: int) -> tuple[RowBlock, ...]:
        blocks = []
        for _ in range(draw(st.integers(0, 2)) if depth < 3 else 0):
            for _ in range(draw(st.integers(0, 2))):
                next(number)
            tagged = draw(st.booleans()) or bool(depth)
            own = (next(number),) if tagged else ()
            first = next(number)  # a body has at least one row that stays
            inner = level(depth + 1)
            last = next(number)
            own += (next(number),) if tagged else ()
            tags.update(own)
            blocks.append(RowBlock(first, last, own, inner))
        return tuple(blocks)

    blocks = level(0)
    return Case(blocks, next(number) + 1, frozenset(tags))


def some_copies(draw: st.DrawFn, block: RowBlock) -> BlockCopies:
    times = draw(st.integers(0, 3))
    if not times and draw(st.booleans()):
        return BlockCopies(blank=True)
    if not block.blocks:
        return BlockCopies(times)
    return BlockCopies.of(tuple(some_copies(draw, inner) for inner in block.blocks) for _ in range(times))


def naive(
    first: int,
    last: int,
    blocks: tuple[RowBlock, ...],
    copies: tuple[BlockCopies, ...],
    path: tuple[tuple[int, int], ...],
    case: Case,
) -> Iterator[Line | list[Line]]:
    """The sheet written out row by row; a list is one blank row that stands for several."""
    row = first
    for block, number in zip(blocks, copies, strict=True):
        yield from (Line(r, path, r not in case.removed) for r in range(row, block.first))
        body = range(block.first, block.last + 1)
        if number.blank:
            yield [Line(r, (*path, (block.first, 0))) for r in body]
        elif not number.count:
            yield from (Line(r, (*path, (block.first, -1)), False) for r in body)
        for copy in range(number.count):
            inner = number.instances[copy] if block.blocks else ()
            yield from naive(block.first, block.last, block.blocks, inner, (*path, (block.first, copy)), case)
        row = block.last + 1
    yield from (Line(r, path, r not in case.removed) for r in range(row, last + 1))


@dataclass(frozen=True)
class Sheet:
    """Lines with the number of rows there are above each."""

    lines: tuple[tuple[Line, int], ...]

    @classmethod
    def of(cls, case: Case, copies: tuple[BlockCopies, ...]) -> Sheet:
        above, lines = 0, []
        for line in naive(1, case.rows, case.blocks, copies, (), case):
            group = line if isinstance(line, list) else [line]
            lines += [(one, above) for one in group]
            above += group[0].there
        return cls(tuple(lines))

    def row(self, row: int, edge: str, within: tuple[tuple[int, int], ...] = ()) -> int:
        found = [x for x in self.lines if x[0].row == row and x[0].path[: len(within)] == within]
        line, above = found[0 if edge == "start" else -1]
        return above + 1 if line.there or edge == "start" else above


@settings(max_examples=150)
@given(st.data())
def test_layouts_agree_with_a_sheet_written_out_row_by_row(data: st.DataObject) -> None:
    case = data.draw(templates())
    copies = tuple(some_copies(data.draw, block) for block in case.blocks)
    sheet, layout = Sheet.of(case, copies), Layout(case.blocks, copies)
    for row in range(1, case.rows + 1):
        for edge in ("start", "end"):
            assert layout.row(row, edge) == sheet.row(row, edge)
    one, other = sorted(data.draw(st.tuples(st.integers(1, case.rows), st.integers(1, case.rows))))
    rows = sorted({above + 1 for line, above in sheet.lines if line.there and one <= line.row <= other})
    found = list(layout.runs(one, other))
    assert [row for start, end in found for row in range(start, end + 1)] == rows
    assert all(end + 1 < start for (_, end), (start, _) in pairwise(found))


@settings(max_examples=150)
@given(st.data())
def test_places_agree_with_a_sheet_written_out_row_by_row(data: st.DataObject) -> None:
    case = data.draw(templates())
    copies = tuple(some_copies(data.draw, block) for block in case.blocks)
    sheet, layout = Sheet.of(case, copies), Layout(case.blocks, copies)
    alive = [line for line, _ in sheet.lines if line.there and all(copy >= 0 for _, copy in line.path)]
    full = [line for line in alive if len(line.path) == len(chain_of(case.blocks, line.row))]
    line, above = data.draw(st.sampled_from([(x, a) for x, a in sheet.lines if x in full]))
    place = CopyPlace(line.row, tuple(copy for _, copy in line.path))
    assert layout.at(place) == above + 1
    blocks = chain_of(case.blocks, line.row)
    openers = {block.opener: depth for depth, block in enumerate(blocks) if block.opener}
    for row in range(1, case.rows + 1):
        shared = 0
        for mine, theirs in zip(blocks, chain_of(case.blocks, row), strict=False):
            if mine is not theirs:
                break
            shared += 1
        for edge in ("start", "end"):
            if row in openers:
                copy = line.path[: openers[row] + 1]
                expected = next(a for x, a in sheet.lines if x.path[: len(copy)] == copy)
            else:
                expected = sheet.row(row, edge, line.path[:shared])
            assert layout.inside(row, place, edge) == expected


def chain_of(blocks: tuple[RowBlock, ...], row: int) -> list[RowBlock]:
    for block in blocks:
        if block.first <= row <= block.last:
            return [block, *chain_of(block.blocks, row)]
    return []
