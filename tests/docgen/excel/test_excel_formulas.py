# ruff: noqa: E501 - a sheet is drawn in one line
"""Formulas follow their cells as Excel's own do when rows are inserted, and come with their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from given.workbooks import (
    alike,
    book,
    cached_values,
    formula_cells,
    formulas,
    lines,
    needs_libreoffice,
    parts,
    recalculated,
    template,
    values,
)
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

from docgen import ExcelTemplate

if TYPE_CHECKING:
    from pathlib import Path


def rows(count: int) -> list[dict[str, Any]]:
    return [{"name": "甲乙丙丁戊"[i % 5], "qty": i + 1} for i in range(count)]


def groups(*sizes: int) -> list[dict[str, Any]]:
    return [{"name": f"第{i}组", "rows": rows(size)} for i, size in enumerate(sizes, 1)]


class Case(NamedTuple):
    """Sheet a of a template, its data, and what becomes of it: formulas, and their values."""

    drawn: str
    data: dict[str, Any]
    formulas: str
    values: str


LOOP = "{%tr for r in rows %}"
END = "{%tr endfor %}"
CASES = {
    "one cell means all copies": Case(
        f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUM(A2) | =SUM(A2:A2) | =COUNT($A$2) | =AVERAGE(A1:A3)",
        {"rows": rows(3)},
        "1\n2\n3\n=SUM(A1:A3) | =SUM(A1:A3) | =COUNT($A$1:$A$3) | =AVERAGE(A1:A3)",
        "1\n2\n3\n6 | 6 | 3 | 2",
    ),
    "a total above": Case(
        f"=SUM(A4) | =A1*2\n合计\n{LOOP}\n{{{{ r.qty }}}}\n{END}",
        {"rows": rows(3)},
        "=SUM(A3:A5) | =A1*2\n合计\n1\n2\n3",
        "6 | 12\n合计\n1\n2\n3",
    ),
    "own row": Case(
        f'{LOOP}\n{{{{ r.qty }}}} | =A2*2 | =IF(B2>3,"多","少") | =SUM(A2:B2)\n{END}',
        {"rows": rows(2)},
        '1 | =A1*2 | =IF(B1>3,"多","少") | =SUM(A1:B1)\n2 | =A2*2 | =IF(B2>3,"多","少") | =SUM(A2:B2)',
        "1 | 2 | 少 | 3\n2 | 4 | 多 | 6",
    ),
    "formulas before those they count on": Case(
        f"{LOOP}\n=B2+1 | =C2*2 | {{{{ r.qty }}}}\n{END}\n=SUM(A2)",
        {"rows": rows(2)},
        "=B1+1 | =C1*2 | 1\n=B2+1 | =C2*2 | 2\n=SUM(A1:A2)",
        "3 | 2 | 1\n5 | 4 | 2\n8",
    ),
    "a row outside stays": Case(
        f"5\n{LOOP}\n{{{{ r.qty }}}} | =A3*A1 | =A3*$A$1\n{END}",
        {"rows": rows(2)},
        "5\n1 | =A2*A1 | =A2*$A$1\n2 | =A3*A1 | =A3*$A$1",
        "5\n1 | 5 | 5\n2 | 10 | 10",
    ),
    "share of the total below": Case(
        f"{LOOP}\n{{{{ r.qty }}}} | =A2/A$4\n{END}\n=SUM(A2) | =SUM(B2)",
        {"rows": rows(3)},
        "1 | =A1/A$4\n2 | =A2/A$4\n3 | =A3/A$4\n=SUM(A1:A3) | =SUM(B1:B3)",
        f"1 | {1 / 6:.12g}\n2 | {1 / 3:.12g}\n3 | 0.5\n6 | 1",
    ),
    "running total": Case(
        f"数\n{LOOP}\n{{{{ r.qty }}}} | =SUM(A$3:A3) | =SUM(A$1:A3) | =A3/SUM($A$3:$A$3)\n{END}\n=SUM(A3)",
        {"rows": rows(3)},
        "数\n1 | =SUM(A$2:A2) | =SUM(A$1:A2) | =A2/SUM($A$2:$A$4)\n2 | =SUM(A$2:A3) | =SUM(A$1:A3) | =A3/SUM($A$2:$A$4)"
        "\n3 | =SUM(A$2:A4) | =SUM(A$1:A4) | =A4/SUM($A$2:$A$4)\n=SUM(A2:A4)",
        f"数\n1 | 1 | 1 | {1 / 6:.12g}\n2 | 3 | 3 | {1 / 3:.12g}\n3 | 6 | 6 | 0.5\n6",
    ),
    "running balance by the row of the tag": Case(
        f"| 100\n{LOOP}\n{{{{ r.qty }}}} | =B2-A3\n{END}\n | =MIN(B3)",
        {"rows": rows(3)},
        " | 100\n1 | =B1-A2\n2 | =B2-A3\n3 | =B3-A4\n | =MIN(B2:B4)",
        " | 100\n1 | 99\n2 | 97\n3 | 94\n | 94",
    ),
    "running balance without rows": Case(
        f"| 100\n{LOOP}\n{{{{ r.qty }}}} | =B2-A3\n{END}\n | =MIN(B3)",
        {"rows": []},
        " | 100\n\n | =MIN(B2)",
        " | 100\n\n | 0",
    ),
    "two rows a copy": Case(
        f"{LOOP}\n{{{{ r.name }}}} | =A3+1\n{{{{ r.qty }}}} | =B2*2\n{END}\n=SUM(A3) | =SUM(B2:B3)",
        {"rows": rows(2)},
        "甲 | =A2+1\n1 | =B1*2\n乙 | =A4+1\n2 | =B3*2\n=SUM(A2:A4) | =SUM(B1:B4)",
        "甲 | 2\n1 | 4\n乙 | 3\n2 | 6\n3 | 15",
    ),
    "forward references": Case(
        f"=A6 | =SUM(B3:B6)\n{LOOP}\n{{{{ r.qty }}}} | =A$6-A3\n{END}\n|\n=SUM(A3) | 1",
        {"rows": rows(2)},
        "=A5 | =SUM(B2:B5)\n1 | =A$5-A2\n2 | =A$5-A3\n\n=SUM(A2:A3) | 1",
        "3 | 4\n1 | 2\n2 | 1\n\n3 | 1",
    ),
    "nested groups with subtotals": Case(
        "{%tr for g in groups %}\n{{ g.name }}\n{%tr for r in g.rows %}\n{{ r.name }} | {{ r.qty }} | =B4*2 | =B4/B6"
        f"\n{END}\n小计 | =SUBTOTAL(9,B4) | =SUM(C4) | =AVERAGE(B4:C4)\n{END}\n总计 | =SUBTOTAL(9,B2:B6) | =SUBTOTAL(9,B4)",
        {"groups": groups(2, 0, 1)},
        """第1组
        甲 | 1 | =B2*2 | =B2/B4
        乙 | 2 | =B3*2 | =B3/B4
        小计 | =SUBTOTAL(9,B2:B3) | =SUM(C2:C3) | =AVERAGE(B2:C3)
        第2组

        小计 | =SUBTOTAL(9,B6:B6) | =SUM(C6:C6) | =AVERAGE(B6:C6)
        第3组
        甲 | 1 | =B9*2 | =B9/B10
        小计 | =SUBTOTAL(9,B9:B9) | =SUM(C9:C9) | =AVERAGE(B9:C9)
        总计 | =SUBTOTAL(9,B1:B10) | =SUBTOTAL(9,B2:B9)""",
        f"""第1组
        甲 | 1 | 2 | {1 / 3:.12g}
        乙 | 2 | 4 | {2 / 3:.12g}
        小计 | 3 | 6 | 2.25
        第2组

        小计 | 0 | 0 | #DIV/0!
        第3组
        甲 | 1 | 2 | 1
        小计 | 1 | 2 | 1.5
        总计 | 4 | 4""",
    ),
    "a subtotal above its rows": Case(
        "{%tr for g in groups %}\n{{ g.name }} | =SUM(B4) | =B2*10\n{%tr for r in g.rows %}\n{{ r.name }} | {{ r.qty }} | =B4/B2"
        f"\n{END}\n{END}\n总计 | =SUM(C2:C4)",
        {"groups": groups(2, 1)},
        """第1组 | =SUM(B2:B3) | =B1*10
        甲 | 1 | =B2/B1
        乙 | 2 | =B3/B1
        第2组 | =SUM(B5) | =B4*10
        甲 | 1 | =B5/B4
        总计 | =SUM(C1:C5)""",
        f"""第1组 | 3 | 30
        甲 | 1 | {1 / 3:.12g}
        乙 | 2 | {2 / 3:.12g}
        第2组 | 1 | 10
        甲 | 1 | 1
        总计 | ?""",
    ),
    "running balance within groups": Case(
        "{%tr for g in groups %}\n{{ g.name }} | | 10\n{%tr for r in g.rows %}\n{{ r.name }} | {{ r.qty }} | =C3+B4"
        f"\n{END}\n{END}",
        {"groups": groups(2, 1)},
        "第1组 |  | 10\n甲 | 1 | =C1+B2\n乙 | 2 | =C2+B3\n第2组 |  | 10\n甲 | 1 | =C4+B5",
        "第1组 |  | 10\n甲 | 1 | 11\n乙 | 2 | 13\n第2组 |  | 10\n甲 | 1 | 11",
    ),
    "two loops one below the other": Case(
        f"{{%tr for r in a %}}\n{{{{ r.qty }}}} | =A2\n{END}\n小计 | =SUM(A2)\n{{%tr for r in b %}}\n{{{{ r.qty }}}} | =A6+B4"
        f"\n{END}\n=SUM(A6) | =SUM(A2:A6)",
        {"a": rows(2), "b": rows(3)},
        "1 | =A1\n2 | =A2\n小计 | =SUM(A1:A2)\n1 | =A4+B3\n2 | =A5+B3\n3 | =A6+B3\n=SUM(A4:A6) | =SUM(A1:A6)",
        "1 | 1\n2 | 2\n小计 | 3\n1 | 4\n2 | 5\n3 | 6\n6 | 9",
    ),
    "two tags in one row": Case(
        f"{{%tr for r in a %}}\n{{{{ r.qty }}}}\n{END} | {{%tr for r in b %}}\n{{{{ r.qty }}}} | =SUM(A2)\n{END}\n=SUM(A2) | =SUM(A4)",
        {"a": rows(2), "b": rows(2)},
        "1\n2\n1 | =SUM(A1:A2)\n2 | =SUM(A1:A2)\n=SUM(A1:A2) | =SUM(A3:A4)",
        "1\n2\n1 | 3\n2 | 3\n3 | 3",
    ),
    "a condition that holds": Case(
        "1\n{%tr if yes %}\n{{ n }}\n{%tr endif %}\n=A1+A3 | =SUM(A1:A3) | =SUM(A3)",
        {"yes": True, "n": 7},
        "1\n7\n=A1+A2 | =SUM(A1:A2) | =SUM(A2)",
        "1\n7\n8 | 8 | 7",
    ),
    "a condition that does not": Case(
        "1\n{%tr if yes %}\n{{ n }}\n{%tr endif %}\n=A1+A3 | =SUM(A1:A3)",
        {"yes": False, "n": 7},
        "1\n\n=A1+A2 | =SUM(A1:A2)",
        "1\n\n1 | 1",
    ),
    "a condition nothing counts on leaves no row": Case(
        "1\n{%tr if yes %}\n{{ n }}\n{%tr endif %}\n=SUM(A1:A4)",
        {"yes": False, "n": 7},
        "1\n=SUM(A1:A1)",
        "1\n1",
    ),
    "rows or else": Case(
        f"标题\n{LOOP}\n{{{{ r.name }}}} | {{{{ r.qty }}}}\n{{%tr else %}}\n无\n{END}\n合计 | =SUM(B3)",
        {"rows": rows(2)},
        "标题\n甲 | 1\n乙 | 2\n合计 | =SUM(B2:B3)",
        "标题\n甲 | 1\n乙 | 2\n合计 | 3",
    ),
    "else, whose empty cell the total borrows": Case(
        f"标题\n{LOOP}\n{{{{ r.name }}}} | {{{{ r.qty }}}}\n{{%tr else %}}\n无\n{END}\n合计 | =SUM(B3)",
        {"rows": []},
        "标题\n无\n合计 | =SUM(B2)",
        "标题\n无\n合计 | 0",
    ),
    "no rows anywhere": Case(
        f"标题 | =SUM(A3)\n{LOOP}\n{{{{ r.qty }}}} | =A3*2\n{END}\n=SUM(A3) | =SUM(B3) | =COUNTA(A3) | =MAX(A3:B3)",
        {"rows": []},
        "标题 | =SUM(A2)\n\n=SUM(A2) | =SUM(B2) | =COUNTA(A2) | =MAX(A2:B2)",
        "标题 | 0\n\n0 | 0 | 0 | 0",
    ),
    "a name": Case(
        f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUM(数量) | =ROUND(SUM(数量)/基数,2)\n3",
        {"rows": rows(3)},
        "1\n2\n3\n=SUM(数量) | =ROUND(SUM(数量)/基数,2)\n3",
        "1\n2\n3\n6 | 2\n3",
    ),
    "what Excel alone can compute": Case(
        f"{LOOP}\n{{{{ r.qty }}}} | =VLOOKUP(A2,$A$2:$A$2,1) | =B2+1\n{END}\n=SUM(B2)",
        {"rows": rows(2)},
        "1 | =VLOOKUP(A1,$A$1:$A$2,1) | =B1+1\n2 | =VLOOKUP(A2,$A$1:$A$2,1) | =B2+1\n=SUM(B1:B2)",
        "1 | ? | ?\n2 | ? | ?\n?",
    ),
    "whole columns and text that looks like references": Case(
        f'{LOOP}\n{{{{ r.qty }}}} | ="A2"&A2\n{END}\n| | =SUM(A:A)',
        {"rows": rows(2)},
        '1 | ="A2"&A1\n2 | ="A2"&A2\n |  | =SUM(A:A)',
        "1 | A21\n2 | A22\n |  | 3",
    ),
    "notes and settings take no row": Case(
        f"{{#tr 说明 #}}\n{{%tr set k = 3 %}}\n{LOOP}\n{{{{ r.qty * k }}}} | =A4\n{END}\n=SUM(A4)",
        {"rows": rows(2)},
        "3 | =A1\n6 | =A2\n=SUM(A1:A2)",
        "3 | 3\n6 | 6\n9",
    ),
    "errors": Case(
        f'{LOOP}\n{{{{ r.qty }}}} | =A2/0 | =A2&"号"\n{END}\n=SUM(B2) | =SUM(C2)',
        {"rows": rows(1)},
        '1 | =A1/0 | =A1&"号"\n=SUM(B1) | =SUM(C1)',
        "1 | #DIV/0! | 1号\n#DIV/0! | 0",
    ),
}


def name(workbook: Any) -> None:
    workbook.defined_names["数量"] = DefinedName("数量", attr_text="a!$A$2")
    workbook.defined_names["基数"] = DefinedName("基数", attr_text="a!$A$5")


def rendered(case: Case) -> bytes:
    return template(a=case.drawn, dress=name if "数量" in case.drawn else None).render(case.data)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_formulas_follow_their_cells(case: Case) -> None:
    blob = rendered(case)
    assert formulas(blob) == lines(case.formulas)
    assert values(blob) == lines(case.values)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_has_no_value_makes_excel_calculate(case: Case) -> None:
    """``<v>`` is never guessed: where one is left out, the workbook says so."""
    blob = rendered(case)
    assert (b'fullCalcOnLoad="1"' in parts(blob)["xl/workbook.xml"]) == ("?" in case.values)
    assert not any(b"#REF!" in part for part in parts(blob).values())


@needs_libreoffice
def test_libreoffice_agrees_with_every_value(tmp_path: Path) -> None:
    blobs = {str(i): rendered(case) for i, case in enumerate(CASES.values())} | {"sheets": SHEETS.render(SHEETS_DATA)}
    for key, found in recalculated(blobs, tmp_path).items():
        ours = cached_values(blobs[key])
        known = [cell for cell in formula_cells(blobs[key]) if cell in ours]
        assert {c: (ours[c], found.get(c)) for c in known if not alike(ours[c], found.get(c))} == {}, key


SHEETS = template(
    汇总=f"=SUM(明细!B3) | =明细!B5 | ='月 份'!A1\n{LOOP}\n{{{{ r.name }}}} | =明细!B5 | =明细!$B$5-1\n{END}\n=SUM(B3)",
    明细=f"标题\n{LOOP}\n{{{{ r.name }}}} | {{{{ r.qty }}}} | =B3/汇总!A1\n{END}\n合计 | =SUM(B3) | =汇总!A1",
    **{"月 份": "=COUNT(明细!B3)+SUM(明细!$B:$B)"},
)
SHEETS_DATA = {"rows": rows(2)}


def test_sheets_look_at_each_other() -> None:
    """Forward and backward, in loops and outside."""
    blob = SHEETS.render(SHEETS_DATA)
    assert formulas(blob, "汇总") == lines(
        "=SUM(明细!B2:B3) | =明细!B4 | ='月 份'!A1\n甲 | =明细!B4 | =明细!$B$4-1\n乙 | =明细!B4 | =明细!$B$4-1\n=SUM(B2:B3)"
    )
    assert values(blob, "汇总").splitlines()[0] == "3 | 3 | 8"
    assert values(blob, "明细") == lines(f"标题\n甲 | 1 | {1 / 3:.12g}\n乙 | 2 | {2 / 3:.12g}\n合计 | 3 | 3")
    assert values(blob, "月 份") == "8"


def test_an_array_formula_of_one_cell_stays_one() -> None:
    def dress(workbook: Any) -> None:
        workbook["a"]["B2"] = ArrayFormula("B2", "=SUM(A2*{1,2})")
        workbook["a"]["C4"] = ArrayFormula("C4", "=SUM(A2:A2*2)")

    blob = template(a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUM(A2)", dress=dress).render({"rows": rows(2)})
    sheet = parts(blob)["xl/worksheets/sheet1.xml"]
    assert b'<f t="array" ref="B1:B1">SUM(A1*{1,2})</f></c>' in sheet
    assert b'<f t="array" ref="B2:B2">SUM(A2*{1,2})</f></c>' in sheet
    assert b'<f t="array" ref="C3">SUM(A1:A2*2)</f></c>' in sheet


def test_a_shared_formula_is_written_out() -> None:
    plain = parts(book(a=f"{LOOP}\n{{{{ r.qty }}}} | =A2*2 | =B2*2\n{END}\n1 | =A4*2 | =B4*2"))
    sheet = plain["xl/worksheets/sheet1.xml"]
    sheet = sheet.replace(b"<f>A2*2</f>", b'<f t="shared" ref="B2:C2" si="0">A2*2</f>')
    sheet = sheet.replace(b"<f>B2*2</f>", b'<f t="shared" si="0"/>')
    shared = ExcelTemplate.load(repacked(plain, {"xl/worksheets/sheet1.xml": sheet}))
    blob = shared.render({"rows": rows(2)})
    assert formulas(blob) == "1 | =A1*2 | =B1*2\n2 | =A2*2 | =B2*2\n1 | =A3*2 | =B3*2"
    assert b"shared" not in parts(blob)["xl/worksheets/sheet1.xml"]


def repacked(content: dict[str, bytes], replaced: dict[str, bytes]) -> bytes:
    from docgen.template.package import Shelf, pack, packed

    return pack(Shelf([]), [packed(name, [part], "compact") for name, part in (content | replaced).items()])
