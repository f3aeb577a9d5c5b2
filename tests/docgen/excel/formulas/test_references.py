"""A formula is its text with the references picked out, and is printed and copied as Excel does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from docgen.excel.formulas.references import LAST_ROW, Formula, Ref


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
