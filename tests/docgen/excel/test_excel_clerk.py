# ruff: noqa: E501 - a sheet is drawn in one line
"""The clerk's ordinary template: whatever hangs on its rows is right with 0, 1, 5 and 1,000 of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from given.documents import PNG
from given.workbooks import (
    S,
    alike,
    book,
    cached_values,
    formula_cells,
    formulas,
    needs_libreoffice,
    parts,
    recalculated,
    shown,
    values,
    xml,
)
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table

from docgen import ExcelTemplate

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook

SIZES = (0, 1, 5, 1000)
LINES = """
{{ title }} | | | | | 合计 | =SUM(E6)
|
编号 | 名称 | 数量 | 单价 | 金额 | 占比 | 备注 | 日期
说明
{%tr for r in rows %}
{{ r.no }} | {{ r.name }} | {{ r.qty }} | {{ r.price }} | =C6*D6 | =E6/E$8 | {{ r.note }} | {{ r.day }}
{%tr endfor %}
合计 | | =SUM(C6) | | =SUM(E6:E6) | =SUM(F6)
|
平均 | | =AVERAGE(C6) | =MAX(D6) | =ROUND(E8,1) | =IF(E8>100,"大","小") | =COUNTA(B6)
"""


def dress(workbook: Workbook) -> None:
    sheet = workbook["明细"]
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("I6:J6")
    sheet.merge_cells("A8:B8")
    sheet["H6"].number_format = "yyyy-mm-dd"
    sheet.freeze_panes = "A4"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=6, max_row=6))
    chart.set_categories(Reference(sheet, min_col=2, min_row=6, max_row=6))
    sheet.add_chart(chart, "A12")
    choice = DataValidation(type="list", formula1="=选项!$A$1:$A$3")
    choice.add("G6")
    sheet.add_data_validation(choice)
    sheet.conditional_formatting.add("E6", CellIsRule(operator="greaterThan", formula=["$C$10"]))
    sheet.conditional_formatting.add("A6:H6", FormulaRule(formula=["$C6>3"]))
    workbook.defined_names["金额"] = DefinedName("金额", attr_text="明细!$E$6:$E$6")
    sheet.print_area = "A1:H10"
    sheet.print_title_rows = "3:3"
    sheet.auto_filter.ref = "A3:H6"
    sheet["E8"].comment = Comment("核对", "会计")
    sheet["A6"].comment = Comment("首行", "会计")
    sheet.add_image(Image(BytesIO(PNG)), "J9")
    sheet["A10"].hyperlink = "https://example.com/"
    sheet["B6"].hyperlink = "https://example.com/items"
    sheet.row_breaks.append(Break(id=8))
    sheet.row_dimensions[6].height = 21
    workbook["选项"].add_table(Table(displayName="表", ref="C1:D2"))


CLERK = book(明细=LINES, 选项="甲 | | 项 | 值\n乙 | | a | 1\n丙\n=明细!E8 | =SUM(明细!C6) | =SUM(金额)", dress=dress)
TEMPLATE = ExcelTemplate.load(CLERK, name="台账.xlsx")


def data(size: int) -> dict[str, Any]:
    rows = [
        {
            "no": f"WX{i:05}",
            "name": f"=项{i}",
            "qty": i + 1,
            "price": Decimal("2.50"),
            "note": None if i % 2 else "甲",
            "day": date(2026, 10, 3),
        }
        for i in range(size)
    ]
    return {"title": "物料<&>台账", "rows": rows}


@pytest.fixture(params=SIZES, ids=str)
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def sheet(size: int) -> Any:
    return openpyxl.load_workbook(BytesIO(TEMPLATE.render(data(size))))["明细"]


def last(size: int) -> int:
    """The last row of the data; one empty row stands in for none."""
    return 4 + max(size, 1)


def test_every_row_has_its_formula_and_its_values(size: int) -> None:
    drawn = formulas(TEMPLATE.render(data(size)), "明细").splitlines()
    total = last(size) + 1
    for i in range(size):
        row = 5 + i
        note = "" if i % 2 else "甲"
        expected = f"WX{i:05} | =项{i} | {i + 1} | 2.5 | =C{row}*D{row} | =E{row}/E${total} | {note} | 2026-10-03"
        assert drawn[row - 1] == expected
    assert len(drawn) == total + 2


def test_totals_cover_the_rows(size: int) -> None:
    drawn = formulas(TEMPLATE.render(data(size)), "明细").splitlines()
    end = last(size)
    rows, prices, names = (f"{c}5" if end == 5 else f"{c}5:{c}{end}" for c in "CDB")
    amounts = "E5" if end == 5 else f"E5:E{end}"
    shares = "F5" if end == 5 else f"F5:F{end}"
    assert drawn[0] == f"物料<&>台账 |  |  |  |  | 合计 | =SUM({amounts})"
    assert drawn[end] == f"合计 |  | =SUM({rows}) |  | =SUM(E5:E{end}) | =SUM({shares})"
    total = end + 1
    assert drawn[end + 2] == (
        f'平均 |  | =AVERAGE({rows}) | =MAX({prices}) | =ROUND(E{total},1) | =IF(E{total}>100,"大","小") | =COUNTA({names})'
    )


def test_every_formula_has_its_value(size: int) -> None:
    drawn = values(TEMPLATE.render(data(size)), "明细").splitlines()
    total = 2.5 * size * (size + 1) / 2
    assert drawn[0].endswith(f"合计 | {shown(total)}")
    share = "1" if size else "0"
    assert drawn[last(size)] == f"合计 |  | {shown(total / 2.5)} |  | {shown(total)} | {share}"
    average = f"{(size + 1) / 2:g}" if size else "#DIV/0!"
    high = "2.5" if size else "0"
    assert drawn[-1] == f"平均 |  | {average} | {high} | {shown(total)} | {'大' if total > 100 else '小'} | {size}"
    assert (
        values(TEMPLATE.render(data(size)), "选项")
        .splitlines()[-1]
        .startswith(f"{shown(total)} | {shown(total / 2.5)}")
    )


def test_the_chart_draws_the_rows(size: int) -> None:
    root = xml(TEMPLATE.render(data(size)), "xl/charts/chart1.xml")
    end = last(size)
    found = {el.text for el in root.iter("{*}f")}
    assert found == {f"'明细'!$B$5:$B${end}", f"'明细'!$E$5:$E${end}"} or end == 5
    if end == 5:
        assert found == {"'明细'!$B$5", "'明细'!$E$5"}


def test_one_dropdown_and_one_rule_cover_the_rows(size: int, sheet: Any) -> None:
    end = last(size)
    cover = "{0}5" if end == 5 else f"{{0}}5:{{1}}{end}"
    assert [str(v.sqref) for v in sheet.data_validations.dataValidation] == [cover.format("G", "G")]
    assert [v.formula1 for v in sheet.data_validations.dataValidation] == ["选项!$A$1:$A$3"]
    rules = {
        str(area.sqref): [r.formula for r in rules] for area, rules in sheet.conditional_formatting._cf_rules.items()
    }
    wide = f"A5:H{end}"
    assert rules == {cover.format("E", "E"): [[f"$C${end + 3}"]], wide: [["$C5>3"]]}


def test_names_print_area_titles_and_filter_follow(size: int, sheet: Any) -> None:
    end = last(size)
    assert sheet.parent.defined_names["金额"].attr_text == f"明细!$E$5:$E${end}"
    assert sheet.print_area == f"'明细'!$A$1:$H${end + 3}"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.auto_filter.ref == f"A3:H{end}"
    assert sheet.freeze_panes == "A4"


def test_comments_pictures_links_and_breaks_move(size: int, sheet: Any) -> None:
    end = last(size)
    comments = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert comments == {"A5": "首行", f"E{end + 1}": "核对"}
    anchor = xml(TEMPLATE.render(data(size)), "xl/drawings/drawing1.xml")
    assert [el.text for el in anchor.iter("{*}row")] == [str(end + 4), str(end + 1)]
    links = {cell.coordinate: cell.hyperlink.target for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links[f"A{end + 3}"] == "https://example.com/"
    assert links["B5"] == "https://example.com/items"
    assert [b.id for b in sheet.row_breaks.brk] == [end + 1]


def test_merges_and_heights_stay_with_their_rows(size: int, sheet: Any) -> None:
    end = last(size)
    assert {str(r) for r in sheet.merged_cells.ranges} == {
        "A1:E1",
        f"A{end + 1}:B{end + 1}",
        *(f"I{row}:J{row}" for row in range(5, 5 + size)),
    }
    assert {sheet.row_dimensions[r].height for r in range(5, end + 1)} == {21}
    assert sheet.row_dimensions[end + 1].height is None


def test_the_workbook_is_sound(size: int) -> None:
    """No reference is lost, no part is written twice, rows ascend, and openpyxl reads it all."""
    blob = TEMPLATE.render(data(size))
    content = parts(blob)
    assert not [name for name, part in content.items() if b"#REF!" in part]
    rows = [int(el.get("r") or 0) for el in xml(blob).iter(S + "row")]
    assert rows == sorted(set(rows))
    assert openpyxl.load_workbook(BytesIO(blob)).sheetnames == ["明细", "选项"]


@needs_libreoffice
def test_libreoffice_computes_what_is_cached(tmp_path: Path) -> None:
    blobs = {str(n): TEMPLATE.render(data(n)) for n in SIZES}
    for name, found in recalculated(blobs, tmp_path).items():
        ours = cached_values(blobs[name])
        different = {
            cell: (ours.get(cell), found.get(cell))
            for cell in formula_cells(blobs[name])
            if not alike(ours.get(cell), found.get(cell))
        }
        assert different == {}
