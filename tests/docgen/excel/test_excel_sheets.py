# ruff: noqa: E501 - a sheet is drawn in one line
"""Several sheets from one, and names of sheets with tags."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter
from given.documents import PNG
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
    values,
    xml,
)
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from docgen import DataError, ExcelTemplate, TemplateError
from docgen.excel.sheet_copies import sheet_name

if TYPE_CHECKING:
    from pathlib import Path

TAB = "{{ d.name }}"
ROWS = "{%sheet for d in departments %}\n{{ d.name }} | =SUM(B4) | =封面!A2\n{%tr for r in d.rows %}\n{{ r }} | {{ r * 2 }} | =B4/B$6\n{%tr endfor %}\n合计 | =SUM(B4)"


def dress(workbook: Any) -> None:
    sheet = workbook[TAB]
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=4, max_row=4))
    sheet.add_chart(chart, "F2")
    sheet.add_image(Image(BytesIO(PNG)), "F20")
    sheet["A2"].comment = Comment("{{ d.name }}填写", "x")
    sheet.print_area = "A1:C6"
    sheet.print_title_rows = "2:2"
    choice = DataValidation(type="list", formula1=f"='{TAB}'!$A$2:$A$4")
    choice.add("C2")
    sheet.add_data_validation(choice)
    workbook.defined_names["年"] = DefinedName("年", attr_text="封面!$A$2")
    workbook.active = 2


MADE = ExcelTemplate.load(book(封面="{{ title }}\n2026", **{TAB: ROWS}, 末页="完", dress=dress), name="t.xlsx")


def data(*sizes: int) -> dict[str, Any]:
    names = ["工程维修部", "客户服务部", "保洁/绿化"]
    departments = [{"name": names[i], "rows": list(range(1, size + 1))} for i, size in enumerate(sizes)]
    return {"title": "台账", "departments": departments}


def test_each_copy_has_its_own_rows_and_formulas() -> None:
    blob = MADE.render(data(2, 0, 1))
    assert openpyxl.load_workbook(BytesIO(blob)).sheetnames == ["封面", "工程维修部", "客户服务部", "保洁_绿化", "末页"]
    assert formulas(blob, "工程维修部") == lines(
        "工程维修部 | =SUM(B2:B3) | =封面!A2\n1 | 2 | =B2/B$4\n2 | 4 | =B3/B$4\n合计 | =SUM(B2:B3)"
    )
    assert values(blob, "工程维修部") == lines(
        "工程维修部 | 6 | 2026\n1 | 2 | 0.333333333333\n2 | 4 | 0.666666666667\n合计 | 6"
    )
    assert values(blob, "客户服务部") == "客户服务部 | 0 | 2026\n\n合计 | 0"
    assert values(blob, "保洁_绿化") == "保洁/绿化 | 2 | 2026\n1 | 2 | 1\n合计 | 2"


def test_what_hangs_on_the_sheet_is_copied_and_looks_at_its_own_copy() -> None:
    blob = MADE.render(data(2, 1))
    workbook = openpyxl.load_workbook(BytesIO(blob))
    for name, last in (("工程维修部", 4), ("客户服务部", 3)):
        sheet = workbook[name]
        assert sheet.print_area == f"'{name}'!$A$1:$C${last}"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet["A1"].comment.text == f"{name}填写"
        assert len(sheet._charts) == len(sheet._images) == 1
        assert [v.formula1 for v in sheet.data_validations.dataValidation] == [f"{name}!$A$1:$A${last - 1}"]
    assert workbook.defined_names["年"].attr_text == "封面!$A$2"
    charts = [name for name in parts(blob) if "/charts/chart" in name]
    ranges = {el.text for name in charts for el in xml(blob, name).iter("{*}f")}
    assert ranges == {"工程维修部!$B$2:$B$3", "客户服务部!$B$2"}


def test_only_one_sheet_is_shown_first_and_ids_are_single() -> None:
    blob = MADE.render(data(1, 1, 1))
    workbook = xml(blob, "xl/workbook.xml")
    ids = [
        (el.get("sheetId"), el.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"))
        for el in workbook.iter("{*}sheet")
    ]
    assert len({a for a, _ in ids}) == len({b for _, b in ids}) == 5
    assert [v.get("activeTab") for v in workbook.iter("{*}workbookView")] == ["4"]
    assert sum(part.count(b'tabSelected="1"') for name, part in parts(blob).items() if "/sheet" in name) <= 1


def test_no_items_make_no_sheet() -> None:
    blob = MADE.render(data())
    assert openpyxl.load_workbook(BytesIO(blob)).sheetnames == ["封面", "末页"]
    assert not [name for name in parts(blob) if "chart" in name or "sheet2" in name]
    alone = ExcelTemplate.load(book(**{TAB: ROWS.replace("=封面!A2", "x")}))
    with pytest.raises(DataError) as caught:
        alone.render(data())
    assert [p.code for p in caught.value.problems] == ["sheet.none"]


def test_a_sheet_may_be_named_by_the_data() -> None:
    tab = "{{ month|月份 }}"
    made = ExcelTemplate.load(
        book(首页=f"=SUM('{tab}'!A2)", **{tab: "{%tr for r in rows %}\n{{ r }}\n{%tr endfor %}\n=SUM(A2)"})
    )
    blob = made.render({"month": "2026-10-03", "rows": [1, 2]})
    assert formulas(blob, "首页") == "=SUM(2026年10月!A1:A2)" or formulas(blob, "首页") == "=SUM('2026年10月'!A1:A2)"
    assert values(blob, "首页") == "3"
    assert values(blob, "2026年10月") == "1\n2\n3"


def test_names_are_made_legal_and_single() -> None:
    taken = {"汇总"}
    given = ["汇总", "汇总", "a/b:c*d?e[f]g\\h", "'x'", "", None, "字" * 40, "字" * 40, "History", "A", "a"]
    assert [sheet_name(x, taken) for x in given] == [
        "汇总 (2)", "汇总 (3)", "a_b_c_d_e_f_g_h", "x", "Sheet", "Sheet (2)", "字" * 31, "字" * 27 + " (2)", "History (2)", "A", "a (2)",
    ]  # fmt: skip


def test_what_a_template_needs_is_seen_through_its_sheets() -> None:
    assert set(map(str, MADE.needs())) == {"title", "departments[].name", "departments[].rows[]"}


def test_copies_are_the_same_every_time_and_in_files() -> None:
    blob = MADE.render(data(2, 1))
    file = BytesIO()
    MADE.render_to(data(2, 1), file)
    assert MADE.render(data(2, 1)) == blob
    assert parts(file.getvalue()) == parts(blob)


def fault(**sheets: str) -> list[tuple[str, str]]:
    with pytest.raises(TemplateError) as caught:
        ExcelTemplate.load(book(**sheets), name="t.xlsx")
    return [(p.where, p.code) for p in caught.value.problems]


def test_what_cannot_be_is_told() -> None:
    loop = "{%sheet for d in ds %}\n{{ d.x }}"
    assert fault(a=loop) == [("t.xlsx a!A1", "sheet.same-name")]
    assert fault(**{TAB: loop}, b=f"='{TAB}'!A2") == [(f"t.xlsx {TAB}!A1", "sheet.looked-at")]
    assert fault(**{TAB: "{%tr for r in x %}\n{%sheet for d in ds %}\n{%tr endfor %}"}) == [
        (f"t.xlsx {TAB}!A2", "tag.unsupported")
    ]
    assert fault(**{TAB: "{%sheet for d in ds %} | 甲"}) == [(f"t.xlsx {TAB}!B1", "tag.beside")]
    assert (f"t.xlsx {TAB}!A1", "tag.syntax") in fault(**{TAB: "{%sheet for d ds %}"})

    file = BytesIO()
    workbook = xlsxwriter.Workbook(file)
    sheet = workbook.add_worksheet("{{ d.n }}")
    sheet.write("A1", "{%sheet for d in ds %}")
    sheet.add_table("A3:B4")
    workbook.close()
    with pytest.raises(TemplateError) as caught:
        ExcelTemplate.load(file.getvalue())
    assert [p.code for p in caught.value.problems] == ["sheet.not-copied"]


@needs_libreoffice
def test_libreoffice_opens_the_copies_and_agrees(tmp_path: Path) -> None:
    blobs = {"sheets": MADE.render(data(3, 0, 1))}
    found, ours = recalculated(blobs, tmp_path)["sheets"], cached_values(blobs["sheets"])
    assert {
        c: (ours.get(c), found.get(c)) for c in formula_cells(blobs["sheets"]) if not alike(ours.get(c), found.get(c))
    } == {}
