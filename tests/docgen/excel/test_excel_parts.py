# ruff: noqa: E501 - a sheet is drawn in one line
"""What hangs on rows moves and grows with them; what nothing touches is copied as it is."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from given.documents import PNG
from given.workbooks import S, book, formulas, parts, template, values, xml
from openpyxl.worksheet.pagebreak import Break

from docgen import ExcelTemplate
from docgen.template.package import read_package, repack

LOOP = "{%tr for r in rows %}"
END = "{%tr endfor %}"


def rows(count: int) -> list[dict[str, Any]]:
    return [{"name": "甲乙丙丁戊"[i // 2 % 5], "qty": i + 1} for i in range(count)]


def written(draw: Any) -> bytes:
    """A workbook by XlsxWriter, which makes what openpyxl cannot."""
    file = BytesIO()
    workbook = xlsxwriter.Workbook(file)
    draw(workbook)
    workbook.close()
    return file.getvalue()


def everything(workbook: Any, *, tags: bool) -> None:
    """Charts, pictures, tables, validations, formats, sparklines and comments of two sheets."""
    sheet, other = workbook.add_worksheet("明细"), workbook.add_worksheet("图")
    other.write_column("A1", ["甲", "乙"])
    sheet.write_row("A3", ["项", "数", "合"])
    if tags:
        sheet.write("A4", LOOP)
        sheet.write("A6", END)
    sheet.write_row("A5", ["{{ r.name }}" if tags else "甲", "{{ r.qty }}" if tags else 2])
    sheet.write_formula("C5", "=B5*2", None, 4)
    sheet.write("A7", "合计")
    sheet.write_formula("B7", "=SUM(B5)", None, 2)
    sheet.write_comment("A5", "首行")
    sheet.write_comment("A7", "末行")
    sheet.insert_image("E9", "p.png", {"image_data": BytesIO(PNG)})
    chart = workbook.add_chart({"type": "column"})
    chart.add_series({"values": "=明细!$B$5:$B$5", "categories": "=明细!$A$5:$A$5"})
    other.insert_chart("C2", chart)
    near = workbook.add_chart({"type": "line"})
    near.add_series({"values": "=图!$A$1:$A$2"})
    sheet.insert_chart("H3", near)
    sheet.data_validation("A5", {"validate": "list", "source": "=图!$A$1:$A$2"})
    sheet.conditional_format("B5", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("B5", {"type": "formula", "criteria": "=$B5>$B$7", "format": workbook.add_format()})
    sheet.add_sparkline("D5", {"range": "明细!B5:C5"})
    sheet.add_sparkline("D7", {"range": "明细!B5:B5"})
    other.add_table(
        "F1:G3", {"columns": [{"header": "名"}, {"header": "量", "total_function": "sum"}], "total_row": True}
    )
    workbook.define_name("数量", "=明细!$B$5:$B$5")


def test_a_workbook_without_tags_comes_out_part_for_part_the_same() -> None:
    blob = written(lambda w: everything(w, tags=False))
    before, after = read_package(blob, "a"), read_package(ExcelTemplate.load(blob).render({}), "b")
    assert [(m.name, m.crc, m.data) for m in after.values()] == [(m.name, m.crc, m.data) for m in before.values()]


def test_parts_that_nothing_touches_keep_their_compressed_bytes() -> None:
    blob = written(lambda w: everything(w, tags=True))
    before, after = read_package(blob, "a"), read_package(ExcelTemplate.load(blob).render({"rows": rows(3)}), "b")
    changed = {name for name in before if name not in after or before[name].data != after[name].data}
    assert changed == {
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/charts/chart2.xml",
        "xl/drawings/drawing1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/comments1.xml",
    } or changed == {
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/charts/chart1.xml",
        "xl/drawings/drawing1.xml",
        "xl/drawings/vmlDrawing1.vml",
        "xl/comments1.xml",
    }


@pytest.mark.filterwarnings("ignore:.*extension is not supported")  # openpyxl drops what it does not know
@pytest.mark.parametrize("size", [0, 1, 4])
def test_extensions_follow_the_rows(size: int) -> None:
    """Data bars of 2010, validations by other sheets, sparklines: one a row in a loop, none without its row."""
    blob = ExcelTemplate.load(written(lambda w: everything(w, tags=True))).render({"rows": rows(size)})
    root, end = xml(blob), 3 + max(size, 1)
    area = "B4" if end == 4 else f"B4:B{end}"
    assert [el.text for el in root.iter("{*}sqref") if el.getparent().tag.endswith("conditionalFormatting")] == [area]
    assert [el.get("sqref") for el in root.iter(S + "conditionalFormatting")] == [area]
    assert [el.text for el in root.iter(S + "formula") if el.text] == [f"$B4>$B${end + 1}"]
    lines = [(el.findtext("{*}f"), el.findtext("{*}sqref")) for el in root.iter("{*}sparkline")]
    expected = [(f"明细!B{r}:C{r}", f"D{r}") for r in range(4, 4 + size)]
    assert sorted(lines) == sorted([*expected, (f"明细!B4:B{end}", f"D{end + 1}")])
    assert openpyxl.load_workbook(BytesIO(blob)).sheetnames == ["明细", "图"]


def test_comments_of_rows_that_are_not_printed_go_with_them() -> None:
    """A comment would else fall on the cell below, which may have its own."""
    made = template(
        a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n合计",
        dress=lambda w: [
            setattr(w["a"]["A2"], "comment", openpyxl.comments.Comment("行", "x")),
            setattr(w["a"]["A4"], "comment", openpyxl.comments.Comment("计", "x")),
        ],
    )
    for size, expected in ((0, {"A1": "计"}), (2, {"A1": "行", "A3": "计"})):
        blob = made.render({"rows": rows(size)})
        sheet = openpyxl.load_workbook(BytesIO(blob))["a"]
        found = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
        assert found == expected
        drawn = next(content for name, content in parts(blob).items() if name.endswith(".vml"))
        assert drawn.count(b"<v:shape ") + drawn.count(b":shape ") - drawn.count(b"<v:shape ") >= len(expected)


def test_tables_grow_with_their_totals() -> None:
    def draw(workbook: Any) -> None:
        sheet = workbook.add_worksheet("a")
        columns = [{"header": "项"}, {"header": "数", "total_function": "sum"}, {"header": "倍", "formula": "=[@数]*2"}]
        sheet.add_table("A1:C5", {"columns": columns, "total_row": True, "name": "表"})
        sheet.write("A2", LOOP)
        sheet.write_row("A3", ["{{ r.name }}", "{{ r.qty }}"])
        sheet.write("A4", END)

    made = ExcelTemplate.load(written(draw))
    for size in (0, 1, 3):
        root = xml(made.render({"rows": rows(size)}), "xl/tables/table1.xml")
        assert root.get("ref") == f"A1:C{2 + max(size, 1)}"
        assert [f.get("ref") for f in root.iter(S + "autoFilter")] == [f"A1:C{1 + max(size, 1)}"]


def test_pictures_and_charts_move_and_grow_as_excel_lets_them() -> None:
    def draw(workbook: Any) -> None:
        sheet = workbook.add_worksheet("a")
        sheet.write("A2", LOOP)
        sheet.write("A3", "{{ r.qty }}")
        sheet.write("A4", END)
        for i, position in enumerate((1, 2, 3)):
            chart = workbook.add_chart({"type": "column"})
            chart.add_series({"values": "=a!$A$3:$A$3"})
            chart.set_size({"width": 100, "height": 100})
            sheet.insert_chart(0, 2 + i * 3, chart, {"object_position": position})

    blob = ExcelTemplate.load(written(draw)).render({"rows": rows(10)})
    found = [[int(el.text) for el in anchor.iter("{*}row")] for anchor in xml(blob, "xl/drawings/drawing1.xml")]
    assert found == [[0, 12], [0, 5], [0, 5]] or found == [[0, 13], [0, 5], [0, 5]]


def test_breaks_and_links_in_a_loop_come_with_every_copy() -> None:
    def dress(workbook: Any) -> None:
        sheet = workbook["a"]
        sheet.row_breaks.append(Break(id=3))
        sheet.row_breaks.append(Break(id=5))
        sheet["A2"].hyperlink = "https://example.com/"

    made = template(a=f"{LOOP}\n{{{{ r.name }}}}\n{{{{ r.qty }}}}\n{END}\n末", dress=dress)
    root = xml(made.render({"rows": rows(3)}))
    assert [int(b.get("id")) for b in root.iter(S + "brk")] == [2, 4, 6, 7]
    assert [el.get("ref") for el in root.iter(S + "hyperlink")] == ["A1", "A3", "A5"]
    empty = xml(made.render({"rows": []}))
    assert [int(b.get("id")) for b in empty.iter(S + "brk")] == [1]
    assert not list(empty.iter(S + "hyperlink"))


def test_merged_cells_repeat_grow_and_shrink_with_their_rows() -> None:
    def dress(workbook: Any) -> None:
        for area in ("A1:B1", "B3:C3", "A3:A6", "F4:G4", "A8:C8", "D1:D8"):
            workbook["a"].merge_cells(area)

    made = template(
        a="题\n{%tr for g in groups %}\n{{ g.name }} | x\n| | | | | {%tr for r in g.rows %}\n| {{ r.qty }}\n"
        "| | | | | {%tr endfor %}\n{%tr endfor %}\n末",
        dress=dress,
    )
    groups = [{"name": "一", "rows": rows(2)}, {"name": "二", "rows": []}, {"name": "三", "rows": rows(1)}]
    sheet = openpyxl.load_workbook(BytesIO(made.render({"groups": groups})))["a"]
    assert {str(r) for r in sheet.merged_cells.ranges} == {
        "A1:B1", "B2:C2", "A2:A4", "B5:C5", "B6:C6", "A6:A7", "A8:C8", "D1:D8",
    }  # fmt: skip


def test_ten_thousand_merged_rows_are_quick() -> None:
    made = template(a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}", dress=lambda w: w["a"].merge_cells("A2:B2"))
    data = {"rows": rows(10_000)}
    start = time.process_time()
    blob = made.render(data)
    assert time.process_time() - start < 1
    assert len(list(xml(blob).iter(S + "mergeCell"))) == 10_000


def test_equal_values_become_one_cell() -> None:
    """And count once."""
    made = template(
        a=f"{LOOP}\n{{% vm r.name %}}{{{{ r.name }}}} | {{% vm %}}{{{{ k }}}} | {{{{ r.qty }}}}\n{END}\n=COUNTA(A2)"
    )
    blob = made.render({"rows": rows(5), "k": "全"})
    sheet = openpyxl.load_workbook(BytesIO(blob))["a"]
    assert {str(r) for r in sheet.merged_cells.ranges} == {"A1:A2", "A3:A4", "B1:B5"}
    assert values(blob) == "甲 | 全 | 1\n |  | 2\n乙 |  | 3\n |  | 4\n丙 |  | 5\n3"


def test_cells_span_and_take_colours() -> None:
    made = template(
        a=f'{LOOP}\n{{% colspan r.qty %}}{{{{ r.name }}}} | | | {{% cellbg r.c %}}{{{{ r.qty }}}}\n{END}\n{{% cellbg "FFC7CE" %}}末'
    )
    data = [{**r, "c": c} for r, c in zip(rows(3), ("ff0000", None, "#00FF00"), strict=True)]
    sheet = openpyxl.load_workbook(BytesIO(made.render({"rows": data})))["a"]
    assert {str(r) for r in sheet.merged_cells.ranges} == {"A2:B2", "A3:C3"}
    assert [sheet.cell(r, 4).fill.fgColor.rgb for r in (1, 2, 3)] == ["FFFF0000", "00000000", "FF00FF00"]
    assert sheet["A4"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["D1"].value == 1


def test_a_cell_keeps_the_looks_of_its_runs() -> None:
    def draw(workbook: Any) -> None:
        red = workbook.add_format({"font_color": "red", "bold": True})
        sheet = workbook.add_worksheet("a")
        sheet.write_rich_string("A1", "共 ", red, "{{ n }}", " 件")
        sheet.write("A2", LOOP)
        sheet.write_rich_string("A3", red, "{{ r.name }}", "：{{ r.qty }}")
        sheet.write("A4", END)

    root = xml(ExcelTemplate.load(written(draw)).render({"n": "<3>", "rows": rows(2)}))
    cells = [[(r.find(S + "rPr") is not None and r.find(f"{S}rPr/{S}b") is not None, r.findtext(S + "t")) for r in c.iter(S + "r")]
             for c in root.iter(S + "c")]  # fmt: skip
    assert cells == [
        [(False, "共 "), (True, "<3>"), (False, " 件")],
        [(True, "甲"), (False, "：1")],
        [(True, "甲"), (False, "：2")],
    ]


def test_the_order_of_calculation_is_left_to_excel() -> None:
    plain = parts(book(a=f"{LOOP}\n{{{{ r.qty }}}} | =A2\n{END}"))
    chain = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B2" i="1"/></calcChain>'
    )
    types = plain["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
    )
    rels = plain["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rIdC" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>',
    )
    blob = repack(
        book(a=f"{LOOP}\n{{{{ r.qty }}}} | =A2\n{END}"),
        {"[Content_Types].xml": types, "xl/_rels/workbook.xml.rels": rels, "xl/calcChain.xml": chain},
    )
    after = parts(ExcelTemplate.load(blob).render({"rows": rows(1)}))
    assert "xl/calcChain.xml" not in after
    assert not any(b"calcChain" in content for content in after.values())


def test_a_workbook_with_prefixed_names_is_a_template_too() -> None:
    plain = parts(book(a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUM(A2)"))["xl/worksheets/sheet1.xml"]
    marked = plain.replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:").replace(b"<x:?", b"<?")
    marked = marked.replace(b"xmlns=", b"xmlns:x=")
    blob = repack(book(a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUM(A2)"), {"xl/worksheets/sheet1.xml": marked})
    assert formulas(ExcelTemplate.load(blob).render({"rows": rows(2)})) == "1\n2\n=SUM(A1:A2)"


def test_headers_comments_charts_and_properties_take_tags() -> None:
    def dress(workbook: Any) -> None:
        workbook["a"].oddHeader.center.text = "{{ t }}"
        workbook["a"]["A1"].comment = openpyxl.comments.Comment("见{{ t }}", "x")
        workbook.properties.title = "{{ t }}"

    blob = template(a="x", dress=dress).render({"t": "十月"})
    workbook = openpyxl.load_workbook(BytesIO(blob))
    assert workbook["a"].oddHeader.center.text == "十月"
    assert workbook["a"]["A1"].comment.text == "见十月"
    assert workbook.properties.title == "十月"


def test_rows_keep_height_outline_and_hiding() -> None:
    def dress(workbook: Any) -> None:
        row = workbook["a"].row_dimensions[2]
        row.height, row.outlineLevel, row.hidden = 30, 1, True

    made = template(a=f"{LOOP}\n{{{{ r.qty }}}}\n{END}\n=SUBTOTAL(109,A2) | =SUBTOTAL(9,A2)", dress=dress)
    blob = made.render({"rows": rows(2)})
    sheet = openpyxl.load_workbook(BytesIO(blob))["a"]
    kept = [(d.height, d.outlineLevel, d.hidden) for d in (sheet.row_dimensions[1], sheet.row_dimensions[2])]
    assert kept == [(30, 1, True)] * 2
    assert values(blob).splitlines()[-1] == "0 | 3"
