"""Problems written into a copy of the clerk's own workbook, and out of it again: real .xlsx bytes in, bytes out."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from given.broken_inputs import FORM, FORM_ID, NAME, ROWS, WORKBOOKS, Case, book, rewritten, saved
from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.colors import Color
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from docgen.errors import DataError, Place, Problem, TemplateError
from docgen.forms.loading import parse_form
from docgen.registers.marked_copy import MAX_NOTES, MarkedCopy, mark
from docgen.registers.reader import read_book
from docgen.sheets.notes import MARK
from docgen.sheets.opening import open_book
from foundation.period import Period

FORM_OBJECT = parse_form(FORM.encode(), FORM_ID)
OCTOBER = Period.parse("2026-10")
SHEET_PART = "xl/worksheets/sheet1.xml"


def problems(data: bytes, name: str = NAME) -> tuple[Problem, ...]:
    try:
        read_book(open_book(data, name), FORM_OBJECT, period=OCTOBER)
    except DataError as error:
        return error.problems
    return ()


def marked(data: bytes) -> MarkedCopy:
    return mark(data, problems(data), name=NAME, tables=FORM_OBJECT.tables)


def unmarked(data: bytes) -> bytes:
    return mark(data, (), name=NAME).content


def faulty(**cells: Any) -> Any:
    """A workbook with five faults in two rows."""
    return book(**{"A6": "WX001", "B5": "十月三日", "I6": "很多", "E6": None, "C6": None, **cells})


def rich() -> bytes:
    """The same, with all that a clerk's workbook may hold besides."""
    made = faulty()
    sheet = made.active
    sheet["I6"].comment, sheet["D5"].comment = Comment("业主要求开票", "王"), Comment("此号码已核对", "李")
    sheet["B5"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet["E6"].fill = PatternFill("solid", fgColor=Color(theme=4, tint=0.4))
    sheet["I6"].font, sheet["I6"].border = Font(bold=True), Border(left=Side("thin"))
    sheet["I6"].number_format = "#,##0.00"
    sheet.auto_filter.ref = "A4:K6"
    sheet.conditional_formatting.add("I5:I6", CellIsRule("greaterThan", ["100"], fill=PatternFill(bgColor="FFFFC7CE")))
    choices = DataValidation("list", '"给排水,电梯,公共照明"')
    choices.add("E5:E6")
    sheet.add_data_validation(choices)
    sheet.column_dimensions["C"].width = 20
    sheet.freeze_panes = "A5"
    sheet.print_title_rows = "3:4"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=9, min_row=5, max_row=6))
    sheet.add_chart(chart, "A20")
    made.create_sheet("说明")["A1"] = "填表说明"
    return saved(made)


def cells(data: bytes) -> dict[str, tuple[Any, ...]]:
    """Every cell of the first sheet that says or shows something: value, style, note."""
    found = {}
    for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows():
        for cell in row:
            style = (cell.fill.patternType, repr(cell.fill.fgColor) if cell.fill.patternType else "", cell.font.b)
            shown = (*style, cell.border.left.style, cell.number_format, cell.comment and cell.comment.text)
            if cell.value is not None or shown != (None, "", False, None, "General", None):
                found[cell.coordinate] = (cell.value, *shown)
    return found


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sheet_of(data: bytes) -> Any:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def is_red(cell: Any) -> bool:
    return cell.fill.patternType == "solid" and cell.fill.fgColor.rgb == "FFFF9A93"


# --- what is seen ---------------------------------------------------------------------------------------------


def test_every_problem_stands_at_its_cell_and_in_its_row() -> None:
    """Red fill, a note with fault and remedy, a text in 错误说明 right of everything."""
    data = rich()
    made = marked(data)
    sheet = sheet_of(made.content)
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if is_red(cell)} == {
        "B5", "A6", "C6", "E6", "I6",
    }  # fmt: skip
    assert (made.cells, made.unplaced) == (5, ())
    for problem in problems(data):
        reference = problem.where.rpartition("!")[2]
        note, words = sheet[reference].comment.text, sheet[f"M{reference[1:]}"].value
        assert MARK in note
        for text in (problem.message, problem.hint):
            assert text in note
            assert text.strip() in words
    assert sheet["M4"].value == "错误说明"
    assert sheet["M7"].value is None
    assert sheet.column_dimensions["M"].width > 50


def test_a_marked_cell_keeps_value_font_border_and_format() -> None:
    before, after = sheet_of(rich())["I6"], sheet_of(marked(rich()).content)["I6"]
    assert (after.value, after.font.b, after.border.left.style, after.number_format) == (
        "很多",
        True,
        "thin",
        "#,##0.00",
    )
    assert before.fill.patternType is None


def test_a_note_that_was_there_keeps_its_words_and_its_author() -> None:
    sheet = sheet_of(marked(rich()).content)
    assert sheet["D5"].comment.text == "此号码已核对"
    assert sheet["I6"].comment.text.startswith("业主要求开票")
    assert sheet["I6"].comment.author == "王"


def test_what_a_workbook_holds_besides_is_kept() -> None:
    """Conditional formats, validations, merges, panes, print titles, column widths, a chart, another sheet."""
    before, after = load_workbook(io.BytesIO(rich())), load_workbook(io.BytesIO(marked(rich()).content))
    assert after.sheetnames == before.sheetnames
    old, new = before.worksheets[0], after.worksheets[0]
    assert set(map(str, new.merged_cells.ranges)) == set(map(str, old.merged_cells.ranges))
    assert [str(r.sqref) for r in new.conditional_formatting] == [str(r.sqref) for r in old.conditional_formatting]
    assert [str(v.sqref) for v in new.data_validations.dataValidation] == ["E5:E6"]
    assert (new.freeze_panes, new.print_title_rows) == (old.freeze_panes, old.print_title_rows)
    assert new.column_dimensions["C"].width == 20
    assert len(new._charts) == 1


def test_only_the_parts_that_carry_marks_change_and_the_rest_is_copied_compressed() -> None:
    data = rich()
    made = marked(data).content
    before, after = members(data), members(made)
    changed = {name for name in after if before.get(name) != after[name]}
    assert before.keys() <= after.keys()
    assert {re.sub(r"\d+", "", name) for name in changed} <= {
        "xl/worksheets/sheet.xml", "xl/styles.xml", "xl/comments/comment.xml", "xl/drawings/commentsDrawing.vml",
        "xl/workbook.xml",
    }  # fmt: skip
    chart = "xl/charts/chart1.xml"
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(io.BytesIO(made)) as new:
        assert new.getinfo(chart).compress_size == old.getinfo(chart).compress_size


def test_a_workbook_without_notes_gets_a_part_for_them_and_a_drawing_old_programs_need() -> None:
    made = members(marked(saved(faulty())).content)
    assert b"/xl/comments1.xml" in made["[Content_Types].xml"]
    assert b'Extension="vml"' in made["[Content_Types].xml"]
    relations = made["xl/worksheets/_rels/sheet1.xml.rels"]
    assert b"/comments1.xml" in relations
    assert b"vmlDrawing1.vml" in relations
    shapes = re.findall(rb"<x:Row>(\d+)</x:Row><x:Column>(\d+)</x:Column>", made["xl/drawings/vmlDrawing1.vml"])
    assert sorted(shapes) == sorted(
        [(b"4", b"1"), (b"5", b"0"), (b"5", b"2"), (b"5", b"4"), (b"5", b"8"), (b"3", b"12")]
    )
    numbers = re.findall(rb"_x0000_s(\d+)", made["xl/drawings/vmlDrawing1.vml"])
    assert len(set(numbers)) == len(numbers)


# --- the filter -----------------------------------------------------------------------------------------------


def test_a_table_without_a_filter_gets_one() -> None:
    assert sheet_of(marked(saved(faulty())).content).auto_filter.ref == "A4:M7"


def test_a_filter_that_was_there_grows_and_shrinks_again() -> None:
    made = marked(rich()).content
    assert sheet_of(made).auto_filter.ref == "A4:M6"
    assert "$A$4:$M$6" in members(made)["xl/workbook.xml"].decode()
    assert sheet_of(unmarked(made)).auto_filter.ref == "A4:K6"
    assert "$A$4:$K$6" in members(unmarked(made))["xl/workbook.xml"].decode()


def test_rows_the_error_filter_hid_are_seen_again() -> None:
    """The clerk filters by the error column, saves, and has the marks taken out."""
    made = load_workbook(io.BytesIO(marked(saved(faulty())).content))
    sheet = made.active
    sheet.auto_filter.add_filter_column(12, ["x"])
    sheet.row_dimensions[7].hidden = True
    sheet.sheet_properties.filterMode = True
    clean = sheet_of(unmarked(saved(made)))
    assert (clean.auto_filter.ref, clean.row_dimensions[7].hidden) == (None, False)
    assert not clean.sheet_properties.filterMode


def test_beside_an_excel_table_no_second_filter_is_laid() -> None:
    made = faulty()
    made.active.unmerge_cells("G3:H3")
    for number in range(1, 13):
        reference = made.active.cell(3, number).coordinate
        if number not in (7, 8):
            made.active.unmerge_cells(f"{reference}:{made.active.cell(4, number).coordinate}")
            made.active.cell(4, number).value = made.active.cell(3, number).value
            made.active.cell(3, number).value = None
    made.active["G4"], made.active["H4"] = "维修材料名称", "维修材料数量"
    made.active["G3"] = None
    made.active.add_table(Table(displayName="t", ref="A4:L6"))
    sheet = sheet_of(marked(saved(made)).content)
    assert sheet.auto_filter.ref is None
    assert sheet["M4"].value == "错误说明"


# --- marks again, marks out -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [rich, lambda: saved(faulty())], ids=["rich", "plain"])
def test_marking_twice_is_marking_once(make: Any) -> None:
    once = marked(make()).content
    assert marked(once).content == once


@pytest.mark.parametrize("make", [rich, lambda: saved(faulty())], ids=["rich", "plain"])
def test_marks_go_without_a_trace(make: Any) -> None:
    data = make()
    clean = unmarked(marked(data).content)
    assert cells(clean) == cells(data)
    assert members(clean).keys() == members(data).keys()
    assert sheet_of(clean).dimensions == sheet_of(data).dimensions
    assert sheet_of(clean).column_dimensions.keys() == sheet_of(data).column_dimensions.keys()


def test_marking_anew_replaces_the_marks() -> None:
    """The clerk corrects two of five in the marked copy; Excel saves it; it is marked again."""
    made = load_workbook(io.BytesIO(marked(saved(faulty())).content))
    made.active["B5"], made.active["A6"] = ROWS[0][1], "WX002"
    again = sheet_of(marked(saved(made)).content)
    assert not is_red(again["B5"])
    assert not is_red(again["A6"])
    assert (again["B5"].comment, again["M5"].value) == (None, None)
    assert is_red(again["I6"])
    assert "WX001" not in again["M6"].value


def test_a_corrected_copy_is_read_as_if_it_were_never_marked() -> None:
    made = load_workbook(io.BytesIO(marked(rich()).content))
    sheet = made.active
    sheet["B5"], sheet["A6"], sheet["I6"], sheet["C6"], sheet["E6"] = ROWS[0][1], "WX002", None, "1-1-101", "电梯"
    reading = read_book(open_book(saved(made), NAME), FORM_OBJECT, period=OCTOBER)
    assert [row.extra for row in reading.tables["repairs"].rows] == [{}, {}]
    assert {warning.code for warning in reading.warnings} == {"sheet.comments", "sheet.unread"}  # the clerk's own
    assert cells(unmarked(saved(made)))["I6"][1:3] == (None, "")


def test_a_marked_workbook_has_the_problems_it_had() -> None:
    data = rich()
    assert problems(marked(data).content) == problems(data)


@pytest.mark.parametrize("make", [rich, lambda: saved(book())], ids=["rich", "sound"])
def test_without_marks_there_is_nothing_to_take_out(make: Any) -> None:
    """Byte for byte."""
    data = make()
    assert unmarked(data) == data


# --- where problems have no cell, and unusual files -----------------------------------------------------------


def test_problems_without_a_cell_are_told_not_marked() -> None:
    data = saved(book())
    nowhere = (
        Problem(NAME, "坏", "修"),
        Problem(Place(NAME, "没有的表", "A1"), "坏", "修"),
        Problem(Place(NAME, "报修登记"), "坏", "修"),
        Problem(Place("另一个.xlsx", "报修登记", "A5"), "坏", "修"),
    )
    assert mark(data, nowhere, name=NAME, tables=FORM_OBJECT.tables) == MarkedCopy(data, 0, nowhere)


def test_a_problem_of_a_whole_row_stands_in_the_error_column() -> None:
    problem = Problem(Place(NAME, "报修登记", "6"), "这一行在两个文件里", "删去一处")
    made = mark(saved(book()), [problem], name=NAME, tables=FORM_OBJECT.tables)
    assert sheet_of(made.content)["M6"].value == "这一行在两个文件里 → 删去一处"
    assert (made.cells, made.unplaced) == (0, ())


def test_a_missing_column_is_told_at_the_heading() -> None:
    data = saved(book(C3=None, C5=None, C6=None))
    (problem,) = problems(data)
    assert problem.code == "heading.missing"
    assert problem.message in sheet_of(marked(data).content)["M4"].comment.text


def test_texts_are_texts() -> None:
    """Nothing a message quotes becomes markup or a formula."""
    problem = Problem(Place(NAME, "报修登记", "A5"), "=1+1 <b>&\x01 ]]>", "")
    sheet = sheet_of(mark(saved(book()), [problem], name=NAME, tables=FORM_OBJECT.tables).content)
    assert (sheet["M5"].value, sheet["M5"].data_type) == ("=1+1 <b>& ]]>", "s")


def test_more_notes_than_excel_likes_are_not_written() -> None:
    many = [Problem(Place(NAME, "报修登记", f"A{row}"), f"第{row}行", "") for row in range(5, 5 + MAX_NOTES + 100)]
    made = mark(saved(book()), many, name=NAME, tables=FORM_OBJECT.tables)
    assert made.cells == MAX_NOTES + 100
    assert members(made.content)["xl/comments1.xml"].count(b"<comment ") == MAX_NOTES
    assert sheet_of(made.content)[f"M{4 + MAX_NOTES}"].value == f"第{4 + MAX_NOTES}行"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda xml: re.sub(r'<(row|c) r="A?\d+"', r"<\1", xml), id="no references"),
        pytest.param(lambda xml: xml.replace("<sheetData>", "<!-- x --><sheetData>"), id="comment"),
        pytest.param(lambda xml: re.sub(r"<t>([^<]*)</t>", r"<t><![CDATA[\1]]></t>", xml), id="CDATA"),
        pytest.param(lambda xml: xml.replace('"', "'"), id="single quotes"),
        pytest.param(lambda xml: xml.replace("</row>", "</row>\n  "), id="indented"),
        pytest.param(
            lambda xml: re.sub(r"(</?)(\w)", r"\1x:\2", xml).replace("xmlns=", "xmlns:x=").replace("<?x:xml", "<?xml"),
            id="prefixed",
        ),
    ],
)
def test_workbooks_of_other_programs(change: Any) -> None:
    def without_entities(xml: str) -> str:
        return change(re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), xml))

    data = rewritten(saved(faulty()), {SHEET_PART: without_entities})
    assert problems(data) == problems(saved(faulty()))
    sheet = sheet_of(marked(data).content)
    assert [is_red(sheet[name]) for name in ("B5", "A6", "C6", "E6", "I6", "A5")] == [True] * 5 + [False]
    assert problems(marked(data).content) == problems(data)
    assert cells(unmarked(marked(data).content)) == cells(data)


def test_legacy_drawings_that_are_no_xml_are_cut_not_parsed() -> None:
    """Excel writes <br> into the shapes of form controls."""
    data = rewritten(
        rich(),
        {
            name: lambda text: text.replace("</xml>", "<v:shape id='b'><v:textbox>a<br>b</v:textbox></v:shape></xml>")
            for name in members(rich())
            if name.endswith(".vml")
        },
    )
    made = marked(data).content
    drawing = next(name for name in members(made) if name.endswith(".vml"))
    assert b"a<br>b" in members(made)[drawing]
    assert b"a<br>b" in members(unmarked(made))[drawing]
    assert members(unmarked(made))[drawing].count(b"Row>") == 2 * 2
    assert members(made)[drawing].count(b"Row>") == 2 * (1 + 6)


def test_what_is_no_workbook_cannot_be_marked() -> None:
    with pytest.raises(TemplateError) as caught:
        mark(b"a,b\n1,2\n", (), name="a.csv")
    assert caught.value.problems[0].where == "a.csv"


@pytest.mark.parametrize(
    "case", [case for case in WORKBOOKS if case.code[:5] not in ("file.", "csv.e")], ids=lambda c: c.id
)
def test_every_kind_of_problem_can_be_marked(case: Case) -> None:
    """Every broken workbook of the collection that opens at all: marked at its cell or told, read back the same."""
    data = case.make()
    if not data.startswith(b"PK"):
        return
    found = problems(data, case.name)
    made = mark(data, found, name=case.name, tables=FORM_OBJECT.tables)
    assert len(made.unplaced) + made.cells <= len(found) + 1
    assert problems(made.content, case.name) == found
    has_cell = re.search(r"![A-Z]+\d+$", case.where)
    assert bool(made.cells) is bool(has_cell)
