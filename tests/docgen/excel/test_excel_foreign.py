# ruff: noqa: E501 - a row is drawn in one line
"""Workbooks as other programs and real people leave them: odd cells render, or are told at their place."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from given.workbooks import (
    S,
    alike,
    cached_values,
    formula_cells,
    lines,
    needs_libreoffice,
    parts,
    raw_book,
    recalculated,
    template,
    values,
    xml,
)
from lxml import etree

from docgen import ExcelTemplate, TemplateError

if TYPE_CHECKING:
    from pathlib import Path

LOOP = '<row r="2"><c r="A2" t="inlineStr"><is><t>{%tr for r in rows %}</t></is></c></row>'
BODY = '<row r="3"><c r="A3" t="inlineStr"><is><t>{{ r.x }}</t></is></c></row>'
END = '<row r="4"><c r="A4" t="inlineStr"><is><t>{%tr endfor %}</t></is></c></row>'
NAME = '<definedName name="RATE">S!$A$1</definedName>'


def rendered(rows: str, count: int = 2, **others: Any) -> bytes:
    """The workbook of these rows, rendered with ``count`` items of ``x`` = 1, 2 …."""
    template = ExcelTemplate.load(raw_book(rows, **others), name="t.xlsx")
    return template.render({"rows": [{"x": i + 1} for i in range(count)]})


def faults(rows: str, **others: Any) -> list[tuple[str, str, str]]:
    """Code, sheet and cell of each problem of loading."""
    with pytest.raises(TemplateError) as caught:
        ExcelTemplate.load(raw_book(rows, **others), name="t.xlsx")
    assert all(problem.hint for problem in caught.value.problems)
    return [(p.code, p.place.sheet, p.place.cell) for p in caught.value.problems]


@pytest.mark.parametrize(
    "formula", ["<f/>", "<f></f>", "<f> </f>", '<f t="shared" si="7"/>', '<f t="array" ref="B1"/>']
)
def test_an_empty_formula_is_none(formula: str) -> None:
    """X1."""
    made = rendered(
        f'<row r="1"><c r="A1"><v>2</v></c><c r="B1">{formula}<v>5</v></c></row>{LOOP}{BODY}{END}', names=NAME
    )
    assert values(made) == "2 | 5\n1\n2"
    assert xml(made).find(f".//{S}f") is None


def test_an_empty_formula_does_not_hide_a_tag() -> None:
    """X1."""
    cell = '<c r="B1" t="inlineStr"><f/><is><t>{{ rows|length }}</t></is></c>'
    assert values(rendered(f'<row r="1">{cell}</row>{LOOP}{BODY}{END}', names=NAME)).startswith(" | 2\n")


def test_shared_formulas_are_written_out_wherever_the_first_of_them_stands() -> None:
    """X1."""
    other = '<c r="B1"><f t="shared" si="0"/><v>0</v></c>'
    first = '<c r="C1"><f t="shared" ref="B1:C1" si="0">$A1*RATE</f><v>0</v></c>'
    made = rendered(f'<row r="1"><c r="A1"><v>3</v></c>{other}{first}</row>{LOOP}{BODY}{END}', names=NAME)
    assert values(made).splitlines()[0] == "3 | 9 | 9"
    assert openpyxl.load_workbook(BytesIO(made)).worksheets[0]["B1"].value == "=$A1*RATE"


@pytest.mark.parametrize(
    "tail",
    [
        '<conditionalFormatting sqref="A3"><cfRule type="expression" priority="1"><formula/></cfRule></conditionalFormatting>',
        '<conditionalFormatting sqref="A6"><cfRule type="expression" priority="1"><formula/></cfRule></conditionalFormatting>',
        '<dataValidations count="1"><dataValidation type="list" sqref="A3"><formula1/></dataValidation></dataValidations>',
        '<dataValidations count="1"><dataValidation type="custom" sqref="A6"><formula1></formula1><formula2/></dataValidation></dataValidations>',
    ],
)
def test_a_rule_without_formula_is_kept(tail: str) -> None:
    """X1."""
    made = rendered(f"{LOOP}{BODY}{END}", tail=tail, names=NAME)
    assert values(made) == "\n1\n2" or values(made) == "1\n2"
    assert xml(made).find(f".//{S}formula") is not None or xml(made).find(f".//{S}formula1") is not None


def test_a_what_if_table_moves_with_its_cells() -> None:
    """X1."""
    table = '<c r="A6"><f t="dataTable" ref="A6:A7" dt2D="0" dtr="0" r1="B5"/><v>10</v></c>'
    below = f'<row r="5"><c r="B5"><v>1</v></c></row><row r="6">{table}</row><row r="7"><c r="A7"><v>20</v></c></row>'
    sheet = xml(rendered(f"{LOOP}{BODY}{END}{below}", count=3, names=NAME))
    found = sheet.find(f".//{S}f")
    assert found is not None
    assert dict(found.attrib) == {"t": "dataTable", "ref": "A6:A7", "dt2D": "0", "dtr": "0", "r1": "B5"}
    assert [v.text for v in sheet.iter(S + "v")][-1] == "20"
    lower = _sheet(rendered(f"{LOOP}{BODY}{END}{below}", count=6))
    assert 'ref="A9:A10"' in lower
    assert 'r1="B8"' in lower


def _sheet(blob: bytes) -> str:
    return etree.tostring(xml(blob), encoding="unicode")


@pytest.mark.parametrize("kind", ["s", "n", "b", "e", "d"])
@pytest.mark.parametrize("value", ["<v/>", "<v></v>", ""])
def test_an_empty_value_is_an_empty_cell(kind: str, value: str) -> None:
    """X6."""
    made = rendered(
        f'<row r="1"><c r="A1" t="{kind}">{value}</c><c r="B1"><f>COUNTA(A1)</f></c></row>{LOOP}{BODY}{END}'
    )
    assert values(made).splitlines()[0] == " | 0"
    assert re.search(r'<c r="A1"[^>]*/>', _sheet(made))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B1" s="x"><v>1</v></c>',
        '<c r="B1" s="-1"><v>1</v></c>',
        '<c r="B1"><v>1,234.50</v></c>',
        '<c r="B1"><v>#N/A</v></c>',
        '<c r="B1"><v>nan</v></c>',
        '<c r="B1"><v>1_0</v></c>',
        '<c r="B1"><v>1E999</v></c>',
        '<c r="B1" t="s"><v>9</v></c>',
        '<c r="B1" t="s"><v>x</v></c>',
        '<c r="B1" t="b"><v>maybe</v></c>',
        '<c r="B1" t="zzz"><v>1</v></c>',
        '<c r="B1"><v>1</v></c><c r="B1"><v>2</v></c>',
    ],
)
def test_a_malformed_cell_is_told_at_its_place(cell: str) -> None:
    """X11."""
    assert faults(f'<row r="1">{cell}</row>{LOOP}{BODY}{END}') == [("part.malformed", "S", "B1")]


def test_all_malformed_cells_are_told_at_once() -> None:
    """X11."""
    rows = '<row r="1"><c r="A1" s="x"/><c r="B1"><v>x</v></c><c r="1B"><v>1</v></c><c r="ZZZ1"/></row><row r="0"/><row r="y"/>'
    assert sorted(faults(rows)) == sorted(("part.malformed", "S", cell) for cell in ("A1", "B1", "1", "1", "", ""))


def test_a_package_with_a_name_in_no_encoding_is_damaged() -> None:
    """X11."""
    blob = raw_book(f"{LOOP}{BODY}{END}").replace(b"xl/spare.xml", b"xl/\xdfpare.xml")
    at = blob.rindex(b"xl/\xdfpare.xml") - 46
    blob = blob[: at + 9] + b"\x08" + blob[at + 10 :]  # the flag that says the name is UTF-8
    with pytest.raises(TemplateError) as caught:
        ExcelTemplate.load(blob, name="t.xlsx")
    assert [p.code for p in caught.value.problems] == ["package.damaged"]


def test_errors_and_days_as_constants_are_what_they_are() -> None:
    """X7: a formula that counts on an error is that error; on a day written out, it is left to Excel."""
    cells = '<c r="A1" t="e"><v>#N/A</v></c><c r="B1"><f>A1+1</f></c><c r="C1" t="d"><v>2026-01-01</v></c><c r="D1"><f>C1+1</f></c>'
    assert (
        values(rendered(f'<row r="1">{cells}</row>{LOOP}{BODY}{END}')).splitlines()[0].endswith("#N/A | 2026-01-01 | ?")
    )


def test_addresses_in_small_letters_and_out_of_order_are_understood() -> None:
    """X12."""
    made = rendered(f'{LOOP}{BODY}{END}<row r="1"><c r="c1"><v>3</v></c><c r="a1"><v>1</v></c></row>')
    assert values(made) == "1 |  | 3\n1\n2"


def _running(formula: str, xs: list[int]) -> list[float]:
    """What a formula of row 3, column C comes to in each copy, worked out by hand: B1 is 10, B3 is 100 times x."""
    above = [10.0, *(100.0 * x for x in xs)]
    counted = {
        "=SUM(B$1:B2)+B3": lambda i: sum(above[: i + 1]) + above[i + 1],
        "=SUM(B1:B2)": lambda i: sum(above[: i + 1]),
        "=MAX(B$1:B2)+1": lambda i: max(above[: i + 1]) + 1,
        "=MIN(B2:B1)": lambda i: min(above[: i + 1]),
        "=COUNTA(B$1:B2)": lambda i: i + 1,
        "=AVERAGE(B$1:B2)": lambda i: sum(above[: i + 1]) / (i + 1),
        "=SUBTOTAL(9,B$1:B2)": lambda i: sum(above[: i + 1]),
        "=SUM(A$1:B2)": lambda i: sum(above[: i + 1]) + sum(xs[:i]),
        "=SUM(B$2:B3)": lambda i: sum(above[1 : i + 2]),
        "=SUM(B2:B3)": lambda i: above[i] + above[i + 1],
        "=SUM(B2)": lambda i: above[i],
        "=SUM(B1:B5)": lambda _i: sum(above) + 7,
    }[formula]
    return [counted(i) for i in range(len(xs))]


RUNNING = [
    "=SUM(B$1:B2)+B3",
    "=SUM(B1:B2)",
    "=MAX(B$1:B2)+1",
    "=MIN(B2:B1)",
    "=COUNTA(B$1:B2)",
    "=AVERAGE(B$1:B2)",
    "=SUBTOTAL(9,B$1:B2)",
    "=SUM(A$1:B2)",
    "=SUM(B$2:B3)",
    "=SUM(B2:B3)",
    "=SUM(B2)",
    "=SUM(B1:B5)",
]


def _copies(formula: str, count: int) -> bytes:
    drawn = f"h | 10\n{{%tr for r in rows %}}\n{{{{ r.x }}}} | {{{{ r.x*100 }}}} | {formula}\n{{%tr endfor %}}\n | 7 | =SUM(C3)"
    return template(S=drawn).render({"rows": [{"x": i + 1} for i in range(count)]})


@pytest.mark.parametrize("count", [0, 1, 3, 7, 1000])
@pytest.mark.parametrize("formula", RUNNING)
def test_a_range_that_ends_at_a_tag_comes_to_what_it_says(formula: str, count: int) -> None:
    """X2."""
    blob = _copies(formula, count)
    found, xs = cached_values(blob), [i + 1 for i in range(count)]
    expected = _running(formula, xs)
    assert [found[f"S!C{i + 2}"] for i in range(count)] == pytest.approx(expected)
    assert found[f"S!C{max(count, 1) + 2}" if not count else f"S!C{count + 2}"] == pytest.approx(sum(expected))


def test_a_column_that_counts_on_itself_above_comes_to_what_it_says() -> None:
    """X2."""
    drawn = "h\n{%tr for r in rows %}\n=SUM(A$1:A2)+1 | =MAX(B$1:B2)+1\n{%tr endfor %}"
    made = template(S=drawn).render({"rows": [1, 2, 3, 4]})
    assert values(made) == lines("h\n1 | 1\n2 | 2\n4 | 3\n8 | 4")


@needs_libreoffice
def test_libreoffice_finds_the_same_values_at_tags(tmp_path: Path) -> None:
    """X2."""
    blobs = {f"{i}-{count}": _copies(f, count) for i, f in enumerate(RUNNING) for count in (0, 1, 3, 7)}
    found = recalculated(blobs, tmp_path)
    for name, blob in blobs.items():
        known = cached_values(blob)
        assert not [cell for cell in formula_cells(blob) if not alike(known.get(cell), found[name].get(cell))], name


def test_what_a_range_to_the_closing_tag_comes_to_is_left_to_excel() -> None:
    """X2: no value is better than a wrong one, and Excel is told to calculate."""
    blob = _copies("=SUM(B3:B4)", 3)
    assert values(blob).splitlines()[1].endswith("?")
    assert b'fullCalcOnLoad="1"' in parts(blob)["xl/workbook.xml"]


@pytest.mark.parametrize("formula", ["=7-B2", "=SUM(B2)", "=B2", "=SUM(B2:B2)", "=COUNT(B4)+SUM(B4:B4)"])
def test_a_formula_that_looks_at_a_tag_is_an_error_and_told(formula: str) -> None:
    """X7."""
    drawn = f"h | 10\n{{%tr for r in rows %}}\n{{{{ r }}}}\n{{%tr endfor %}}\n{formula}"
    made = template(S=drawn)
    assert {(w.code, w.place.cell) for w in made.warnings} == {("formula.gone", "A5")}
    assert values(made.render({"rows": [1]})).splitlines()[-1] == "#REF!"
