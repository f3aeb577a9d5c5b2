"""Filled workbooks read as offices filled them in: real .xlsx bytes in, rows out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from given.broken_inputs import FORM, FORM_ID, HEADINGS, ROWS, book, rewritten, saved
from given.registers import FORM_OBJECT, SHIPPED, SOUND, ignored, problems, reading, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.comments import Comment

from docgen.forms.loading import parse_form
from docgen.registers.blank import new_workbook
from docgen.registers.reader import read
from docgen.registers.reading import Reason, RowPlace
from docgen.registers.rows import Options
from foundation.period import Period

if TYPE_CHECKING:
    from pathlib import Path


# --- values and places ----------------------------------------------------------------------------------------


def test_a_row_has_values_of_its_columns_types() -> None:
    """Text, moment, date, Decimal, share, tick; a cell left empty is None."""
    assert SOUND[0] == {
        "order_no": "WX001",
        "received": datetime(2026, 10, 3, 8, 5),
        "room": "3-2-501",
        "phone": "16100000001",
        "category": "给排水",
        "content": "角阀滴水",
        "material": "角阀",
        "quantity": 1,
        "fee": Decimal("45.5"),
        "finished": date(2026, 10, 3),
        "share": Decimal("0.5"),
        "paid": True,
    }
    assert SOUND[1]["fee"] is None


def test_a_row_knows_its_place_and_its_cells() -> None:
    """Every figure can point at the cell it came from; a row cannot be changed."""
    row = reading(book()).tables["repairs"].rows[1]
    assert row.place == RowPlace("报修登记.xlsx", "报修登记", 6)
    assert (str(row.place), row.place.cell("F")) == ("报修登记.xlsx 报修登记!6", "报修登记.xlsx 报修登记!F6")
    assert (row.cells["order_no"], row.cells["fee"]) == ("A6", "I6")
    with pytest.raises(AttributeError):
        row.place = RowPlace("", "", 1)  # type: ignore[misc]


def test_a_column_the_file_lacks_is_none_in_every_row() -> None:
    """An optional column may be absent."""
    made = book()
    made.active.delete_cols(12)
    assert [row["paid"] for row in rows(made)] == [None, None]


def test_reading_changes_nothing_and_repeats(tmp_path: Path) -> None:
    """The file stays as it is, and gives equal rows each time."""
    path = tmp_path / "报修登记.xlsx"
    path.write_bytes(saved(book()))
    before = path.read_bytes()
    assert read(path, FORM_OBJECT).tables == read(str(path), FORM_OBJECT).tables
    assert path.read_bytes() == before


# --- finding the table ----------------------------------------------------------------------------------------


def arranged(order: list[int], *, above: int = 0, left: int = 0, names: dict[str, str] | None = None) -> Workbook:
    """The two rows under one row of headings, in another order and at another place."""
    made = Workbook()
    sheet = made.active
    sheet.title = "Sheet1"
    sheet.cell(1, 1, "部门：工程维修部　　编制人：许立民")
    top = 2 + above
    for column, index in enumerate(order, 1 + left):
        title = HEADINGS[index]
        sheet.cell(top, column, (names or {}).get(title, title))
        for number, row in enumerate(ROWS, top + 1):
            sheet.cell(number, column, row[index])
    return made


@given(st.permutations(range(12)), st.integers(0, 40), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_headings_are_found_by_their_text(order: list[int], above: int, left: int) -> None:
    """Whatever the order of columns, the rows above and the columns to the left."""
    assert rows(arranged(list(order), above=above, left=left)) == SOUND


@pytest.mark.parametrize(
    ("title", "spelling"),
    [
        ("工单编号", "工单号"),
        ("费用", "费用（元）"),
        ("费用", "费用\n(元)"),
        ("房号", "房 号"),
        ("房号", "*房号"),
        ("房号", "房号（必填）"),
        ("联系电话", "联系　电话："),
        ("数量", "维修材料数量"),
    ],
)
def test_headings_as_offices_write_them(title: str, spelling: str) -> None:
    """Aliases, units and marks of duty, blanks and line breaks."""
    assert rows(arranged(list(range(12)), names={title: spelling})) == SOUND


def test_two_row_headings_without_merges() -> None:
    """As a CSV export or a pasted table has them: the group's name stands once, over blanks."""
    made = book()
    sheet = made.active
    for merged in [str(area) for area in sheet.merged_cells.ranges]:
        sheet.unmerge_cells(merged)
    assert rows(made) == SOUND


def test_a_decorative_group_above_the_headings() -> None:
    """A merged heading the form does not know does not hide the headings below it."""
    made = arranged(list(range(12)), above=2)
    made.active["B3"] = "时间与地点"
    made.active.merge_cells("B3:C3")
    assert rows(made) == SOUND


def test_headings_repeated_on_each_printed_page() -> None:
    """The second heading begins a further block of the same table, and is listed; its columns may stand elsewhere."""
    made = arranged(list(range(12)))
    sheet = made.active
    for column, index in enumerate(reversed(range(12)), 1):
        sheet.cell(6, column, HEADINGS[index])
        sheet.cell(7, column, "WX003" if index == 0 else ROWS[1][index])
    assert [row["order_no"] for row in rows(made)] == ["WX001", "WX002", "WX003"]
    assert (Reason.HEADING, 6, 6) in ignored(made)


def test_a_second_column_of_one_name_without_content_is_no_matter() -> None:
    """Only where both hold something is it unclear which one counts."""
    assert rows(book(M3="费用")) == SOUND


def test_unknown_columns_are_kept_and_named() -> None:
    """Nothing is dropped in silence: their texts stay with the row, a warning names the heading."""
    made = book(M3="派单员", M5="王", N3="空列")
    found = reading(made)
    assert found.tables["repairs"].rows[0].extra == {"派单员": "王"}
    assert [(w.where, w.code) for w in found.warnings] == [("报修登记.xlsx 报修登记!M4", "heading.unknown")]


def test_the_older_of_two_similar_headings_is_an_unknown_column() -> None:
    """A column under the form's own title wins over one under an alias; the other is kept beside it."""
    found = reading(book(M3="工单号", M5="旧001"))
    assert found.tables["repairs"].rows[0]["order_no"] == "WX001"
    assert found.tables["repairs"].rows[0].extra == {"工单号": "旧001"}


# --- rows that are no data ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["合计", "合　计", "小 计", "本页合计", "累计", "总计：", "合计（大写）", "3栋小计", "过次页", "本月合计"]
)
def test_totals_are_not_data(word: str) -> None:
    """Counted once: a row that adds up others is listed and left out."""
    made = book(A7=word)
    assert rows(made) == SOUND
    assert ignored(made) == [(Reason.TOTAL, 7, 7)]


def test_a_sentence_that_begins_like_a_total_is_data() -> None:
    """工作内容 may tell of totals; the row counts where no figures stand beside it."""
    columns = "".join(
        f'[[tables.columns]]\nkey = "{key}"\ntitle = "{title}"\n' for key, title in (("a", "工作内容"), ("b", "责任人"))
    )
    form = parse_form(f'title = "工作"\n[[tables]]\nkey = "w"\ntitle = "工作"\n{columns}'.encode(), "w")
    made = Workbook()
    for line in (["工作内容", "责任人"], ["累计：清运垃圾12车", "许"], ["完成电梯费用小计", "许"], ["合计：", None]):
        made.active.append(line)
    table = reading(made, form=form).tables["w"]
    assert [row["a"] for row in table.rows] == ["累计：清运垃圾12车", "完成电梯费用小计"]
    assert [left.reason for left in table.ignored] == [Reason.TOTAL]


def test_totals_between_the_rows() -> None:
    """A 小计 in the middle does not end the table."""
    made = book(A6="小计", B6=None, C6=None, D6=None, E6=None, F6=None, I6=45.5, I7=None)
    for column, value in enumerate(ROWS[1], 1):
        made.active.cell(7, column, value)
    made.active["A8"], made.active["I8"] = "合计", 45.5
    assert rows(made) == SOUND
    assert [reason for reason, *_rows in ignored(made)] == [Reason.TOTAL, Reason.TOTAL]


def test_a_total_that_differs_from_its_rows_is_a_warning() -> None:
    """Either the total or a row is wrong, and somebody has to look."""
    (warning,) = reading(book(I7=50)).warnings
    assert (warning.where, warning.code) == ("报修登记.xlsx 报修登记!I7", "total.differs")
    assert "50" in warning.message
    assert "45.5" in warning.message


@pytest.mark.parametrize(
    "text",
    [
        "说明：上月未完成的抄到本月。",
        "注：金额含材料",
        "备注1、见附件",
        "填表人：许立民",
        "制表：许 审核：罗",
        "填单：　　审核：",
        "以下空白",
    ],
)
def test_notes_and_signatures_below_the_table(text: str) -> None:
    """They are listed, not read as rows with empty cells."""
    made = book(A9=text)
    assert rows(made) == SOUND
    assert ignored(made)[-1] == (Reason.NOTE, 9, 9)


def test_a_line_merged_across_the_table() -> None:
    """Whatever it says."""
    made = book(A9="请各位同事按时填写")
    made.active.merge_cells("A9:L9")
    assert rows(made) == SOUND


def test_blank_and_numbered_rows() -> None:
    """Rows prepared and never filled in, wherever they are; blank ones are listed as one stretch."""
    form = parse_form(
        FORM.replace(
            "[[tables.columns]]",
            '[[tables.columns]]\nkey = "seq"\ntitle = "序号"\ntype = "integer"\n\n[[tables.columns]]',
            1,
        ).encode(),
        FORM_ID,
    )
    made = arranged([0, 1, 2, 4], left=1)
    sheet = made.active
    sheet["A2"] = "序号"
    for row in range(3, 13):
        sheet.cell(row, 1, row - 2)
    sheet["B13"], sheet["B20"] = "　", "合计"
    assert [row["order_no"] for row in rows(made, form=form)] == ["WX001", "WX002"]
    assert ignored(made, form=form) == [(Reason.NUMBERED, 5, 12), (Reason.BLANK, 13, 19), (Reason.TOTAL, 20, 20)]


def test_rows_of_formulas_without_input() -> None:
    """Formulas filled down in advance come to 0 and are no data; an uncalculated one is never taken for that."""
    data = rewritten(
        saved(book(I8="=H8*G8")),
        {
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace("<f>H8*G8</f><v/>", "<f>H8*G8</f><v>0</v>").replace(
                "<f>H8*G8</f><v></v>", "<f>H8*G8</f><v>0</v>"
            )
        },
    )
    assert rows(data) == SOUND
    assert ignored(data)[-1] == (Reason.FORMULAS, 8, 8)
    assert {problem.code for problem in problems(book(I8="=H8*G8"))} == {"cell.required", "cell.uncomputed"}


def test_text_beside_the_table_is_named() -> None:
    """A remark in a column without heading is listed and warned about, and does not become data."""
    found = reading(book(P5="←待核"))
    assert dict(found.tables["repairs"].rows[0]) == SOUND[0]
    assert [(w.where, w.code) for w in found.warnings] == [("报修登记.xlsx 报修登记!P5", "cell.beside")]
    assert found.tables["repairs"].ignored[-1].text == "←待核"


def test_every_row_below_the_headings_is_accounted_for() -> None:
    """Rows read and rows listed as left out are together all rows there are."""
    made = book(A9="说明：无", A12="WX003", B12="2026.10.5 7:30", C12="5-1-101", E12="电梯", P14="旁注")
    table = reading(made).tables["repairs"]
    covered = {row.place.row for row in table.rows} | {
        n for left in table.ignored for n in range(left.place.row, left.last + 1)
    }
    assert covered == set(range(5, 15))


# --- cells in context -----------------------------------------------------------------------------------------


def test_same_as_above_copies_and_is_recorded() -> None:
    """Only in a column that allows it; the remark names the cell."""
    found = reading(book(C6="同上")).tables["repairs"]
    assert [row["room"] for row in found.rows] == ["3-2-501", "3-2-501"]
    assert [remark.where for remark in found.remarks] == ["报修登记.xlsx 报修登记!C6"]


def test_marks_of_emptiness_are_recorded() -> None:
    """— in an optional cell is empty, and somebody can look it up."""
    found = reading(book(F6="—", D6="/")).tables["repairs"]
    assert (found.rows[1]["content"], found.rows[1]["phone"]) == (None, None)
    assert {remark.where[-2:] for remark in found.remarks} == {"F6", "D6"}


def test_a_text_merged_over_rows_counts_for_each() -> None:
    """A room merged over its two orders is the room of both."""
    made = book(C6=None)
    made.active.merge_cells("C5:C6")
    assert [row["room"] for row in rows(made)] == ["3-2-501", "3-2-501"]


def test_rules_are_not_asked_about_cells_that_were_refused() -> None:
    """One fault, one problem: the rule over a bad date is silent."""
    assert [problem.code for problem in problems(book(J5="10.3"))] == ["date.no_year"]


def test_problems_follow_the_sheet_and_its_rows() -> None:
    """As the eye goes: down the rows, along the columns."""
    cells = [
        problem.where.rpartition("!")[2] for problem in problems(book(A6="WX001", B6="x", L5="○", J5="10.3", C5=None))
    ]
    assert cells == ["C5", "J5", "L5", "A6", "B6"]


def test_1904_workbooks() -> None:
    """The same day number is another day; the workbook's flag decides."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    made = book(J5=None)
    made.epoch = CALENDAR_MAC_1904
    made.active["J5"] = 44836
    made.active["B5"], made.active["B6"] = "2026-10-03 08:05", "2026-10-04 09:00"
    assert rows(made)[0]["finished"] == date(2026, 10, 3)


def test_a_date_without_year_takes_it_from_the_period_and_is_recorded() -> None:
    """10月3日 in October's register is of that October; without a period it is refused."""
    found = reading(book(J5="10月3日")).tables["repairs"]
    assert found.rows[0]["finished"] == date(2026, 10, 3)
    assert "2026" in found.remarks[0].text
    assert [problem.code for problem in problems(book(J5="10月3日"), period=None)] == ["date.no_year"]


def test_rows_outside_the_period_are_one_warning() -> None:
    """The column that says where a row belongs is marked in the form; rows of September stand out, and are read."""
    form = parse_form(FORM.replace('title = "受理时间"', 'title = "受理时间"\nwithin_period = true').encode(), FORM_ID)
    found = reading(book(B6="2026-09-30 23:00"), form=form)
    assert [(w.where, w.code) for w in found.warnings] == [("报修登记.xlsx 报修登记!B6", "row.outside_period")]
    assert len(found.tables["repairs"].rows) == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"A1": "报修登记（2026年9月）"}, "报修登记.xlsx 报修登记!A1"),
        ({"A1": "2025年10月报修登记"}, "报修登记.xlsx 报修登记!A1"),
    ],
)
def test_a_title_of_another_month_is_a_warning(change: dict[str, str], where: str) -> None:
    """Last month's file, copied and forgotten."""
    assert [(w.where, w.code) for w in reading(book(**change)).warnings] == [(where, "period.title")]


def test_a_file_name_of_another_month_is_a_warning() -> None:
    """The same, by the file's name; 2026年下半年 names no month."""
    assert [w.code for w in reading(book(), name="报修登记202609.xlsx").warnings] == ["period.title"]
    assert reading(book(), name="报修登记2026.10.xlsx").warnings == ()
    blank = new_workbook(SHIPPED["visits"], period=Period.parse("2026-09"))
    assert {w.code for w in reading(blank, "x.xlsx", SHIPPED["visits"]).warnings} == {"period.title"}
    assert reading(book(), name="报修登记 2026年下半年.xlsx").warnings == ()


# --- head fields ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        {"A2": "部门", "B2": "工程维修部"},
        {"A2": "部门：", "B2": "工程维修部"},
        {"A2": "部门：工程维修部", "B2": None},
        {"A2": "部 门:工程维修部   编制日期：2026-10-31", "B2": None},
        {"A2": "报修登记　部门：工程维修部", "B2": None},
        {"A2": None, "B2": None, "K2": "部门", "L2": "工程维修部"},
    ],
)
def test_head_fields_wherever_they_stand(cells: dict[str, Any]) -> None:
    """In the cell beside the label, in the label's own cell, among other labels."""
    assert reading(book(**cells)).fields == {"department": "工程维修部"}


def test_the_value_beside_a_merged_label() -> None:
    """The label's own merge is passed over."""
    made = book(A2="部门", B2=None, D2="工程维修部")
    made.active.merge_cells("A2:C2")
    assert reading(made).fields == {"department": "工程维修部"}


# --- sheets ---------------------------------------------------------------------------------------------------


def test_hidden_rows_are_read_and_warned_about_or_left_out() -> None:
    """A filter left on must not lose rows; an office that hides what does not count says so."""
    made = book()
    made.active.row_dimensions[6].hidden = True
    found = reading(made)
    assert len(found.tables["repairs"].rows) == 2
    assert [(w.where, w.code) for w in found.warnings] == [("报修登记.xlsx 报修登记!6", "row.hidden")]
    assert len(rows(made, options=Options(hidden_rows=False))) == 1
    assert (Reason.HIDDEN, 6, 6) in ignored(made, options=Options(hidden_rows=False))


def test_hidden_columns_are_read_and_warned_about() -> None:
    """Hidden is not deleted."""
    made = book()
    made.active.column_dimensions["I"].hidden = True
    assert [w.code for w in reading(made).warnings] == ["column.hidden"]
    assert rows(made) == SOUND


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_not_read_and_warned_about(state: str) -> None:
    """An old copy behind the scenes is not counted twice; it can be asked for."""
    made = book()
    copy = made.copy_worksheet(made.active)
    copy.title, copy.sheet_state = "旧稿", state
    assert rows(made) == SOUND
    assert [(w.where, w.code) for w in reading(made).warnings] == [("报修登记.xlsx 旧稿", "sheet.hidden")]
    assert [p.code for p in problems(made, options=Options(hidden_sheets=True))] == ["table.several"]


def test_other_sheets_are_named() -> None:
    """A summary beside the register is not read, and that is said."""
    made = book()
    made.create_sheet("汇总")["A1"] = "本月汇总"
    made.create_sheet("Sheet3")
    assert [(w.where, w.code) for w in reading(made).warnings] == [("报修登记.xlsx 汇总", "sheet.unread")]


def test_one_sheet_a_month() -> None:
    """A year's workbook: the period says which sheet counts, the others are named."""
    made = book()
    made.active.title = "10月"
    other = made.copy_worksheet(made.active)
    other.title, other["A5"] = "9月", "WX000"
    found = reading(made)
    assert [row["order_no"] for row in found.tables["repairs"].rows] == ["WX001", "WX002"]
    assert [w.code for w in found.warnings] == ["sheet.other_period"]


def test_comments_and_pictures_in_rows_are_named() -> None:
    """What a table cannot hold is not read, and that is said."""
    made = book()
    made.active["F5"].comment = Comment("业主要求改期", "许")
    assert [(w.where, w.code) for w in reading(made).warnings] == [("报修登记.xlsx 报修登记!F5", "sheet.comments")]


DEPARTMENT = SHIPPED["department-report"]


def department_sheet(tables: list[str], captions: bool) -> Workbook:
    """The five tables of a department's report one below the other on one sheet."""
    made = Workbook()
    sheet = made.active
    sheet["A1"], sheet["A2"] = "部门月报", "部门：特勤部"
    row = 4
    for key in tables:
        table = DEPARTMENT.table(key)
        if captions:
            sheet.cell(row, 1, f"（一）{table.title}")
            row += 1
        columns = [column for column in table.columns if column.required or column.sample]
        for column, declared in enumerate(columns, 1):
            sheet.cell(row, column, declared.title)
            sheet.cell(row + 1, column, declared.sample or None)
        row += 3
    return made


@pytest.mark.parametrize("captions", [True, False])
def test_several_tables_on_one_sheet(captions: bool) -> None:
    """Told apart by the caption above each, or by their own headings."""
    keys = [table.key for table in DEPARTMENT.tables]
    found = reading(department_sheet(keys, captions), "部门月报.xlsx", DEPARTMENT, period=None)
    assert {key: len(table.rows) for key, table in found.tables.items()} == dict.fromkeys(keys, 1)
    assert found.fields["department"] == "特勤部"
