"""Formulas keep their meaning when rows are repeated, and come to what Excel says they come to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from docgen.excel.formulas.arithmetic import (
    Aggregate,
    ExcelError,
    FlaggedValue,
    NotEvaluable,
    cached,
    compile_formula,
    evaluate,
    row_function,
)
from docgen.excel.formulas.references import GONE, LAST_ROW, Formula, Ref
from docgen.excel.layout import BlockCopies, CopyPlace, Layout, RowBlock, copier, move_formula, move_ranges, move_sqref

if TYPE_CHECKING:
    from collections.abc import Iterator

# --- text and references --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("SUM(D5:D9)*$B$2", ["D5:D9", "$B$2"]),
        ("$A1+A$1+$XFD$1048576", ["$A1", "A$1", "$XFD$1048576"]),
        ("SUM(A:C)+SUM($3:5)", ["A:C", "$3:5"]),  # whole columns and rows
        ("报修登记!$A$1+'报修 登记'!A1", ["报修登记!$A$1", "'报修 登记'!A1"]),
        ("'it''s'!A1", ["'it''s'!A1"]),
        ("'2026'!A1+'R1'!A1+'（一）'!A1", ["'2026'!A1", "'R1'!A1", "'（一）'!A1"]),  # quotes that are needed
        ("'Sheet1'!A1", ["'Sheet1'!A1"]),  # quotes that are not needed stay
        ("LOG10(A1)+ATAN2(B1,1)", ["A1", "B1"]),  # names of functions look like cells
        ("1E5+2.5e-3*A1", ["A1"]),
        ('"A1"&A1&"""B2"""', ["A1"]),  # texts
        ("A1:INDEX(B:B,3)", ["A1", "B:B"]),
        ("_xlfn.ANCHORARRAY(A1)", ["A1"]),
        ("@A1+A1 : B2", ["A1", "A1", "B2"]),
        ("SUM(A1:B2 B1:C3,(D1,E1))", ["A1:B2", "B1:C3", "D1", "E1"]),
        ("#N/A+A1+{1,2;3,4}", ["A1"]),
        ("A1+数量+a.A1+A1.B+XFE1+ABC1234567+TRUE", ["A1"]),  # names
        # What is not understood stays as it is.
        ("Sheet1:Sheet3!A1+'一 月:三 月'!A1:B2", []),
        ("[1]Sheet!A1+'[1]Sh x'!A1+[1]!total", []),
        ("SUM(Table1[col])+Table1[[#This Row],[A1]]+[@A1]", []),
        ("A1#+Sheet1!A1#", []),
        ("Sheet1!#REF!+Sheet1!total", []),
        ("Sheet1!A1:Sheet2!B2", []),
        ("A1:B2!C3", []),
        ("'", []),
        ('"open', []),
    ],
)
def test_a_formula_is_printed_as_it_was_and_knows_its_references(text: str, refs: list[str]) -> None:
    formula = Formula.parse("=" + text)
    assert formula == Formula.parse(text)
    assert formula.text() == text
    assert [str(ref) for ref in formula.refs()] == refs


@pytest.mark.parametrize(
    ("text", "printed"),
    [("a1+$b$2", "A1+$B$2"), ("Sheet1!A1:Sheet1!B2", "Sheet1!A1:B2"), ("R1!A1", "'R1'!A1")],
)
def test_a_loose_spelling_is_printed_as_excel_would(text: str, printed: str) -> None:
    assert Formula.parse(text).text() == printed


def test_the_fields_of_a_reference() -> None:
    assert Formula.parse("'报修 登记'!$B5:C$9").refs() == (Ref("报修 登记", 5, 2, 9, 3, abs_col1=True, abs_row2=True),)
    assert Formula.parse("3:5").refs() == (Ref(None, 3, None, 5, None),)
    assert Formula.parse("A:$C").refs() == (Ref(None, None, 1, None, 3, abs_col2=True),)
    assert [ref.is_range for ref in Formula.parse("B5+B5:B5+3:3+A:A").refs()] == [False, True, True, True]


def test_the_functions_of_a_formula_are_known() -> None:
    assert Formula.parse('=subtotal(9,A1)+_xlfn.CONCAT("SUM(")').functions() == {"SUBTOTAL", "CONCAT"}


@pytest.mark.parametrize(
    ("text", "rows", "columns", "printed"),
    [
        ("A1+$A1+A$1+$A$1", 2, 1, "B3+$A3+B$1+$A$1"),
        ("SUM(B2:C$9)*2", -1, -1, "SUM(A1:B$9)*2"),
        ("A1+B2", -1, 0, "#REF!+B1"),  # off the sheet
        ("A:A+3:3+XFD1", 1, 1, "B:B+4:4+#REF!"),
    ],
)
def test_a_shared_formula_is_copied_as_excel_copies_cells(text: str, rows: int, columns: int, printed: str) -> None:
    assert Formula.parse(text).shifted(rows, columns).text() == printed


SHEETS = st.one_of(st.none(), st.sampled_from(["Sheet1", "报修登记", "报修 登记", "it's", "R1C1", "2026", "A1", "50%"]))
ROWS, COLUMNS = st.integers(1, LAST_ROW), st.integers(1, 16_384)


@st.composite
def references(draw: st.DrawFn) -> Ref:
    shape = draw(st.sampled_from(["cell", "range", "rows", "columns"]))
    by_row, by_column = shape != "columns", shape != "rows"
    two = shape != "cell"
    flag = st.booleans()
    return Ref(
        draw(SHEETS),
        draw(ROWS) if by_row else None,
        draw(COLUMNS) if by_column else None,
        draw(ROWS) if by_row and two else None,
        draw(COLUMNS) if by_column and two else None,
        by_row and draw(flag),
        by_column and draw(flag),
        by_row and two and draw(flag),
        by_column and two and draw(flag),
    )


@given(references())
def test_every_reference_reads_back(ref: Ref) -> None:
    assert Formula.parse(str(ref)).parts == (ref,)


@given(st.lists(st.one_of(references(), st.sampled_from(['"A1"', "1.5", "SUM(A1,B2)", "名称", "#N/A"])), min_size=1))
def test_every_formula_reads_back(parts: list[Ref | str]) -> None:
    text = "+".join(map(str, parts))
    assert Formula.parse(text).text() == text


@given(st.text(alphabet="A1$:!'\"[]#()=,. Zz9报", max_size=20))
def test_any_text_survives(text: str) -> None:
    """Whatever stands in a cell, nothing but the spelling of references changes, and that once."""
    assume(not text.startswith("="))
    once = Formula.parse(text).text()
    assert Formula.parse(once).text() == once or once.startswith("=")
    if not Formula.parse(text).refs():
        assert once == text


# --- rows that are repeated -----------------------------------------------------------------------------------

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
    texts = copier(Formula.parse("F1+1"), lambda _: layout, None, CopyPlace(2, (0,)))
    assert [texts(0), texts(1)] == ["#REF!+1", "F1+1"]


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


def test_texts_of_all_copies_come_from_one_pattern() -> None:
    text = "F4+D5-E$5/'50%'!A1&\"%d\"&SUM(E$5:E5)%"
    formula = Formula.parse(text)
    layouts = {None: FIVE, "50%": None}.__getitem__
    texts = copier(formula, layouts, None, CopyPlace(5, (0,)))
    assert [texts(k) for k in range(5)] == [
        move_formula(formula, layouts, None, CopyPlace(5, (k,))).text() for k in range(5)
    ]
    assert texts(2) == "F5+D6-E$4/'50%'!A1&\"%d\"&SUM(E$4:E6)%"
    constant = copier(Formula.parse("A1*10%"), layouts, None, CopyPlace(5, (0,)))
    assert constant(3) == "A1*10%"


def test_a_formula_that_looks_up_needs_no_number_of_copies() -> None:
    """Rows can be written before their number is known."""
    growing = copier(Formula.parse("F4+D5"), lambda _: Layout(LOOP, (BlockCopies(1),)), None, CopyPlace(5, (0,)))
    assert growing(99) == "F102+D103"


def test_groups_of_unequal_height_have_patterns_within_and_none_across() -> None:
    within = copier(Formula.parse("D6/D8"), lambda _: GROUPED, None, CopyPlace(6, (1, 0)))
    assert [within(0), within(1)] == ["D9/D11", "D10/D11"]
    across = copier(Formula.parse("SUM(D6)"), lambda _: GROUPED, None, CopyPlace(8, (0,)))
    assert [across(0), across(1)] == ["SUM(D4:D6)", "SUM(D9:D10)"]


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


@settings(max_examples=60)
@given(st.data())
def test_the_pattern_of_a_loop_is_every_copy_moved_alone(data: st.DataObject) -> None:
    case = data.draw(templates())
    copies = tuple(some_copies(data.draw, block) for block in case.blocks)
    sheet, layout = Sheet.of(case, copies), Layout(case.blocks, copies)
    places = [x for x, _ in sheet.lines if x.there and x.path and len(x.path) == len(chain_of(case.blocks, x.row))]
    assume(places)
    line = data.draw(st.sampled_from(places))
    place = CopyPlace(line.row, tuple(copy for _, copy in line.path))
    rows = st.integers(1, case.rows)
    dollar = st.sampled_from(["", "$"])
    text = "A{}{}+SUM(B{}{}:B{}{})".format(*(data.draw(x) for x in (dollar, rows, dollar, rows, dollar, rows)))
    texts = copier(Formula.parse(text), lambda _: layout, None, place)
    assert texts(place.path[-1]) == moved(layout, text, place)


# --- values ---------------------------------------------------------------------------------------------------

CELLS: dict[str, object] = {
    "A1": 2.5,
    "A2": 4,
    "A3": -3,
    "A4": None,
    "A5": "abc",
    "A6": "12",
    "A7": True,
    "A8": 0,
    "A9": "",
    "A10": 0.1,
    "A11": 0.2,
    "A12": 0.3,
    "B1": "报修",
    "B2": "ABC",
    "B3": 1e10,
    "B4": Decimal("1234.565"),
    "B5": ExcelError.NA,
    "B6": " 7 ",
    "B7": "1,234",
}


def value(text: str) -> object:
    values = {(ref.row1, ref.col1): CELLS[name] for name in CELLS for ref in Formula.parse(name).refs()}

    def cells(ref: Ref) -> list[object]:
        rows, columns = range(ref.row1 or 0, (ref.row2 or 0) + 1), range(ref.col1 or 0, (ref.col2 or 0) + 1)
        return [values.get((row, column)) for row in rows for column in columns]

    return evaluate(Formula.parse(text), lambda _, row, column: values.get((row, column)), cells)


# Recalculated by LibreOffice 7.4 with the same result.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Signs before %, before ^, before * and /; ^ from the left.
        ("=A1+A2*A3", -9.5),
        ("=-A1^2", 6.25),
        ("=2^3^2", 64.0),
        ("=2^-1", 0.5),
        ("=10%%", 0.001),
        ("=-5%", -0.05),
        ("=7/2-1", 2.5),
        # An empty cell is 0 or "", TRUE is 1, a text of digits is a number.
        ("=A4+1", 1.0),
        ('=A4&"x"', "x"),
        ("=A4", 0.0),
        ("=A7+1", 2.0),
        ("=-A7", -1.0),
        ("=A6+1", 13.0),
        ("=B6+1", 8.0),
        ('="10"+"5"', 15.0),
        ("=A5+1", ExcelError.VALUE),
        ("=+A5", "abc"),
        ("=A1/A8", ExcelError.DIV0),
        ("=#N/A+1", ExcelError.NA),
        ("=(-8)^0.5", ExcelError.NUM),
        ("=1E+200*1E+200", ExcelError.NUM),
        # A remainder in the last bits alone is none.
        ("=0.1+0.2-0.3", 0.0),
        ("=1*(0.5-0.4-0.1)", 0.0),
        ("=1.1-1-0.1", 0.0),
        ("=SUM(A10,A11,-A12)", 0.0),
        ("=100.1-100", 0.09999999999999432),
        ("=B3+0.1", 10000000000.1),
        # Comparisons: from the left; numbers before texts; empty equals 0, "" and FALSE.
        ("=A10+A11=A12", True),
        ("=2>1>0", True),
        ("=A4=0", True),
        ('=A4=""', True),
        ("=A4=FALSE", True),
        ("=A9=A4", True),
        ('=""=0', False),
        ("=B2>A1", True),
        ('=A5="ABC"', True),
        ('="a"<"B"', True),
        ('="3"=3', False),
        ("=3=TRUE", False),
        ("=A1<>A2", True),
        ("=A1>=2.5", True),
        # Functions. Text in a range is passed over, in an argument it is a fault.
        ("=SUM(A1:A6)", 3.5),
        ("=SUM(A1,A5,A6)", 2.5),
        ('=SUM("x",2)', ExcelError.VALUE),
        ("=SUM(A1:A3,A10:A12,5)", 9.1),
        ("=SUM(A4:A4)", 0.0),
        ("=SUM(TRUE,1)", 2.0),
        ("=AVERAGE(A1:A4)", 3.5 / 3),
        ("=AVERAGE(A4:A5)", ExcelError.DIV0),
        ('=COUNT(1,"2",A6)', 2.0),
        ("=COUNTA(A4:A4)", 0.0),
        ("=MIN(A1:A9)", -3.0),
        ("=MAX(A4:A5)", 0.0),
        ("=MAX(A1:A3,10)", 10.0),
        # Half away from zero, of 15 digits.
        ("=ROUND(2.5,0)", 3.0),
        ("=ROUND(-2.5,0)", -3.0),
        ("=ROUND(2.675,2)", 2.68),
        ("=ROUND(1.005,2)", 1.01),
        ("=ROUND(B4,2)", 1234.57),
        ("=ROUND(33.335,2)", 33.34),
        ("=ROUND(1250,-2)", 1300.0),
        ("=ROUND(-1250,-2)", -1300.0),
        ("=ROUND(1E+300,2)", 1e300),
        ("=ROUND(A1,1.9)", 2.5),
        # IF
        ('=IF(A1>2,"大","小")', "大"),
        ('=IF(A1>3,"大")', False),
        ("=IF(A4,1,2)", 2.0),
        ("=IF(A8=0,0,A1/A8)", 0.0),  # the other branch is not computed
        ("=IF(A5,1,2)", ExcelError.VALUE),
        ("=IF(A1>2,,1)", 0.0),
        ("=SUBTOTAL(9,A1:A3)", 3.5),
        ("=SUBTOTAL(109,A1:A3)", 3.5),
        ("=SUBTOTAL(1,A1:A3)", 3.5 / 3),
        ("=SUBTOTAL(4,A1:A9)", 4.0),
        ("=SUBTOTAL(105,A1:A9)", -3.0),
        # Numbers in texts
        ('="报"&B1', "报报修"),
        ('=1/3&""', "0.333333333333333"),
        ('=1000000&""', "1000000"),
        ('=-0.5&""', "-0.5"),
        ('=123456789.123&""', "123456789.123"),
    ],
)
def test_values_on_which_programs_agree(text: str, expected: object) -> None:
    result = value(text)
    assert result == expected
    assert isinstance(result, bool) == isinstance(expected, bool)


# LibreOffice takes TRUE for the number 1 in ranges, texts and comparisons, SUM("3",2) for an error and 0^0 for 1; its
# files lose an empty text.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=SUM(A1:A7)", 3.5),  # TRUE in a range is no number
        ("=SUM(A7,A7)", 0.0),
        ("=COUNT(A1:A9)", 4.0),
        ("=COUNTA(A1:A9)", 8.0),  # a formula's "" is not empty
        ("=SUBTOTAL(2,A1:A9)", 4.0),
        ("=SUBTOTAL(103,A1:A9)", 8.0),
        ("=A5&A1&A7", "abc2.5TRUE"),
        ("=A7>B2", True),  # TRUE after every text
        ('=SUM("3",2)', 5.0),
        ("=COUNT(B5,1)", 1.0),
        ("=COUNTA(B5)", 1.0),
        ("=SUM(A1,B5)", ExcelError.NA),
        ("=SUM(1/0,B5)", ExcelError.DIV0),  # of several errors the first
        ("=SUM(B5,1/0)", ExcelError.NA),
        ("=A9+1", ExcelError.VALUE),
        ("=0^0", ExcelError.NUM),
        ("=0^-1", ExcelError.DIV0),
        ('=IF("true",1,2)', 1.0),
        ("=TRUE()", True),
        ("=-0", 0.0),
        ("=ROUND(1234567890.123456,6)", 1234567890.123456),
    ],
)
def test_values_as_excel_has_them(text: str, expected: object) -> None:
    result = value(text)
    assert result == expected
    assert math.copysign(1, result) == 1 if result == 0 and isinstance(result, float) else True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("=VLOOKUP(A1,A:B,2)", "function.VLOOKUP"),
        ("=NOW()", "function.NOW"),
        ("=SUM()", "function.SUM"),
        ("=SUM(1,)", "function.SUM"),
        ("=ROUND(1)", "function.ROUND"),
        ("=SUBTOTAL(7,A1:A3)", "function.SUBTOTAL"),
        ("=SUBTOTAL(A1,A1:A3)", "function.SUBTOTAL"),
        ("=COUNT(1/0)", "function.COUNT"),
        ("=A1:A3*2", "range"),
        ("=IF(A1:A3,1,2)", "range"),
        ("=total", "name"),
        ("=SUM(Table1[col])", "opaque"),
        ("=Sheet1:Sheet3!A1", "opaque"),
        ("={1,2}", "operator.{"),
        ("=@A1", "operator.@"),
        ("=SUM((A1,A2))", "syntax"),
        ("=SUM(A1:A2 A2:A3)", "syntax"),
        ("=1+", "syntax"),
        ("=(1", "syntax"),
        ("", "syntax"),
        ("=SUM(IF(A1,A5,A6))", "argument"),  # IF gives a reference there
        ("=" + "(" * 100 + "1" + ")" * 100, "depth"),
        ("=" + "+".join(["A1"] * 1000), "depth"),
        # What depends on the reader's settings or differs between programs.
        ("=B7+1", "text.number"),
        ('="50%"+1', "text.number"),
        ('="2026-10-01"+1', "text.number"),
        ('=B1<"投诉"', "text.order"),
        ('=1E+15&""', "number.text"),
        ('=0.00001&""', "number.text"),
        ("=ROUND(0.285*100,0)", "round.tie"),
    ],
)
def test_anything_else_is_refused_rather_than_guessed(text: str, code: str) -> None:
    with pytest.raises(NotEvaluable) as refusal:
        value(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("before", "after"),
    [("A1+", ""), ("A1<", ""), ("-", ""), ("(", ")"), ("SUM(1/", ")"), ("IF(A1,2,", ")"), ("A1&", "")],
)
def test_a_formula_is_computed_or_refused_however_deep(before: str, after: str) -> None:
    deepest = 0
    for depth in range(1, 120):
        try:
            compile_formula(Formula.parse(before * depth + "A2" + after * depth))
        except NotEvaluable:
            continue
        deepest = depth
    assert 10 < deepest < 64


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(NotEvaluable, match=r"value\.object"):
        evaluate(Formula.parse("A1+1"), lambda *_: object(), list)
    with pytest.raises(NotEvaluable, match=r"value\.infinite"):
        evaluate(Formula.parse("SUM(A1:A2)"), lambda *_: None, lambda _: [math.inf, -math.inf])


def test_equal_texts_of_any_language_are_equal() -> None:
    assert value('=B1="报修"') is True
    assert value('=B1<>"投诉"') is True
    assert value('=B1>=""') is True


def test_cells_of_other_sheets_are_asked_for_by_name() -> None:
    asked = []

    def cell(sheet: str | None, row: int, column: int) -> float:
        asked.append((sheet, row, column))
        return 2.0

    assert evaluate(Formula.parse("汇总!B3*C4"), cell, list) == 4.0
    assert asked == [("汇总", 3, 2), (None, 4, 3)]


def test_subtotals_pass_over_subtotals_and_hidden_rows() -> None:
    cells = [
        1.0,
        FlaggedValue(1.0, subtotal=True),
        2.0,
        FlaggedValue(4.0, hidden=True),
        FlaggedValue(7.0, subtotal=True, hidden=True),
    ]
    for text, expected in {"9": 7.0, "109": 3.0, "2": 3.0, "102": 2.0}.items():
        assert evaluate(Formula.parse(f"SUBTOTAL({text},A1:A5)"), lambda *_: None, lambda _: cells) == expected
    assert evaluate(Formula.parse("SUM(A1:A5)"), lambda *_: None, lambda _: cells) == 15.0


def test_a_column_need_not_be_kept_to_be_summed() -> None:
    running = Aggregate()
    for number in range(10_000):
        running.add(number / 10)
    running.add("合计")
    running.add(FlaggedValue(5.0, subtotal=True))
    texts = {"SUM(D5)": 4999505.0, "SUBTOTAL(9,D5:D9)": 4999500.0, "COUNTA(D5)": 10002.0, "MAX(D5)": 999.9}
    for text, expected in texts.items():
        assert evaluate(Formula.parse(text), lambda *_: None, lambda _: running) == expected
    assert evaluate(Formula.parse("SUM(D5,D5:D6,1)"), lambda *_: None, lambda _: running) == 9999011.0


@given(st.lists(st.floats(-1e12, 1e12), max_size=50), st.integers(0, 50))
def test_sums_are_exact_in_any_order_and_in_pieces(numbers: list[float], cut: int) -> None:
    whole, pieces, single = Aggregate(numbers), Aggregate(numbers[cut:]), Aggregate()
    pieces.merge(Aggregate(numbers[:cut]))
    for number in reversed(numbers):
        single.add(number)
    sums = {aggregate.tally().sum() for aggregate in (whole, pieces, single)}
    assert len(sums) == 1
    assert whole.tally().numbers() == len(numbers)


def test_money_adds_up() -> None:
    assert Aggregate([Decimal("0.1")] * 100_000).tally().sum() == 10_000.0
    assert Aggregate([0.1] * 100_000 + [None, "x", True]).tally().sum() == 10_000.0


def test_a_formula_of_a_row_is_a_function_of_its_values() -> None:
    amount = row_function(Formula.parse("=ROUND(D5*E5,2)"), 5)
    assert amount is not None
    assert amount.columns == (4, 5)
    assert amount(3, 1.335) == 4.01
    assert amount(Decimal(2), None) == 0.0
    assert amount("x", 1.0) is ExcelError.VALUE
    across = row_function(Formula.parse('=IF(A5="","",SUM(B5:D5)-$E5)'), 5)
    assert across is not None
    assert across.columns == (1, 2, 3, 4, 5)
    assert across("甲", 1.0, None, "x", 0.5) == 0.5
    assert across(None, 1.0, None, "x", 0.5) == ""


@pytest.mark.parametrize("text", ["D5*D6", "Sheet1!D5", "SUM(D4:D5)", "SUM(5:5)", "SUM(D:D)", "SUM(A5:XFD5)"])
def test_a_formula_that_looks_elsewhere_is_no_function_of_a_row(text: str) -> None:
    assert row_function(Formula.parse(text), 5) is None


def test_a_compiled_formula_says_what_it_reads() -> None:
    compiled = compile_formula(Formula.parse("IF(D5>0,F4+D5,SUM(E5))"))
    assert [str(ref) for ref in compiled.refs] == ["D5", "F4", "E5:E5"]
    assert compiled([2.0, 3.0, [1.0]].__getitem__) == 5.0
    assert compiled([0.0, 3.0, [1.0]].__getitem__) == 1.0


def test_results_are_stored_as_excel_stores_them() -> None:
    results = [1.0, 0.1 + 0.2, -1e-7, 1e300, True, "a<b", ExcelError.DIV0]
    assert [cached(result) for result in results] == [
        ("n", "1"),
        ("n", "0.30000000000000004"),
        ("n", "-1e-07"),
        ("n", "1e+300"),
        ("b", "1"),
        ("str", "a<b"),
        ("e", "#DIV/0!"),
    ]


# --- against an evaluator that does nothing clever ------------------------------------------------------------

VALUES = {"A5": 2.0, "B5": -7.25, "C5": 0, "D5": None, "E5": "ab", "F5": "3", "G5": True, "H5": ExcelError.NA}
Tree = tuple  # (operator, operand, ...) or a constant or the name of a cell
_LEAVES = st.one_of(
    st.sampled_from([0, 1, 2.5, 1000, True, False]),
    st.sampled_from(['"x"', '"4"', '""', '"AB"']),
    st.sampled_from(sorted(VALUES)),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">="]), inner, inner),
        st.tuples(st.sampled_from(["neg", "%"]), inner),
        st.tuples(st.just("IF"), inner, inner, inner),
        st.tuples(st.just("SUM"), st.sampled_from(["A5:D5", "A5:H5", "B5", "E5:G5", "D5"])),
    ),
    max_leaves=12,
)


def written(tree: object) -> str:
    match tree:
        case ("neg", inner):
            return f"(-{written(inner)})"
        case ("%", inner):
            return f"({written(inner)}%)"
        case ("IF", test, one, other):
            return f"IF({written(test)},{written(one)},{written(other)})"
        case ("SUM", cells):
            return f"SUM({cells})"
        case (sign, left, right):
            return f"({written(left)}{sign}{written(right)})"
        case bool():
            return str(tree).upper()
    return str(tree)


class Fault(Exception):  # noqa: N818
    pass


def number_of(value: object) -> float:
    if isinstance(value, ExcelError):
        raise Fault(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise Fault(ExcelError.VALUE) from None
    return float(value or 0)


def text_of(value: object) -> str:
    if isinstance(value, ExcelError):
        raise Fault(value)
    if isinstance(value, bool):
        return str(value).upper()
    if value is None or isinstance(value, str):
        return value or ""
    assume(value == 0 or 1e-4 <= abs(value) < 1e15)
    return f"{value + 0.0:.15g}"


def naively(tree: object) -> object:
    match tree:
        case ("neg", inner):
            return -number_of(naively(inner))
        case ("%", inner):
            return number_of(naively(inner)) / 100
        case ("IF", test, one, other):
            found = naively(test)
            if isinstance(found, str):
                raise Fault(ExcelError.VALUE)
            return naively(one if number_of(found) else other)
        case ("SUM", cells):
            first, _, last = cells.partition(":")
            inside = [VALUES[name] for name in sorted(VALUES) if first <= name <= (last or first)]
            for one in inside:
                if isinstance(one, ExcelError):
                    raise Fault(one)
            return float(sum(x for x in inside if isinstance(x, (int, float)) and not isinstance(x, bool)))
        case ("&", left, right):
            return text_of(naively(left)) + text_of(naively(right))
        case (("=" | "<>" | "<" | "<=" | ">" | ">=") as sign, left, right):
            return compare(sign, naively(left), naively(right))
        case (sign, left, right):
            return arithmetic(sign, number_of(naively(left)), number_of(naively(right)))
        case str() if tree in VALUES:
            return VALUES[tree]
        case str():
            return tree.strip('"')
    return tree


def arithmetic(sign: str, one: float, other: float) -> float:
    if sign in "+-":
        result = one + other if sign == "+" else one - other
        assume(result == 0 or abs(result) > abs(one) * 1e-13)
        return result
    if sign == "*":
        result = one * other
    elif sign == "/":
        if other == 0:
            raise Fault(ExcelError.DIV0)
        result = one / other
    else:
        if one == 0 and other <= 0:
            raise Fault(ExcelError.NUM if other == 0 else ExcelError.DIV0)
        if one < 0 and other != int(other):
            raise Fault(ExcelError.NUM)
        try:
            result = one**other
        except OverflowError:
            raise Fault(ExcelError.NUM) from None
    assume(math.isfinite(result))
    return result


def compare(sign: str, one: object, other: object) -> bool:
    for value in (one, other):
        if isinstance(value, ExcelError):
            raise Fault(value)
    if one is None and other is None:
        one = other = 0
    one = type(other)() if one is None else one
    other = type(one)() if other is None else other
    keys = [(2, x) if isinstance(x, bool) else (1, x.upper()) if isinstance(x, str) else (0, x) for x in (one, other)]
    if keys[0][0] == keys[1][0] == 0:
        assume(one == other or abs(one - other) > 1e-12 * abs(one))
    results = {"=": keys[0] == keys[1], "<": keys[0] < keys[1], ">": keys[0] > keys[1]}
    return {
        **results,
        "<>": not results["="],
        "<=": not results[">"],
        ">=": not results["<"],
    }[sign]


@settings(max_examples=300)
@given(_TREES)
def test_values_agree_with_an_evaluator_that_walks_the_tree(tree: object) -> None:
    try:
        expected = naively(tree)
        expected = expected.value if isinstance(expected, Fault) else expected
    except Fault as fault:
        expected = fault.args[0]
    expected = 0.0 if expected is None else expected
    formula = Formula.parse(written(tree))
    columns = {name: ord(name[0]) - 64 for name in VALUES}
    by_column = {number: VALUES[name] for name, number in columns.items()}

    def cells(ref: Ref) -> list[object]:
        return [by_column[column] for column in range(ref.col1 or 0, (ref.col2 or 0) + 1)]

    try:
        result = evaluate(formula, lambda _, __, column: by_column[column], cells)
    except NotEvaluable:
        assume(False)
    assert result == expected
    assert isinstance(result, bool) == isinstance(expected, bool)
    function = row_function(formula, 5)
    assert function is not None
    assert function(*(by_column[column] for column in function.columns)) == result
