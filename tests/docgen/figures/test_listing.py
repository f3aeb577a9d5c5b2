"""The two workbooks beside the report agree with it, print on A4, and hold people's text as text."""

from __future__ import annotations

import io
import subprocess
import sys
import tomllib
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from given.places import ROOT

from docgen.figures.annex import annex_workbook, base_data_workbook
from docgen.figures.declarations import parse
from docgen.figures.evaluation import evaluate
from docgen.figures.objectives import Verdict, judge, parse_objectives
from docgen.figures.value_sheets import ReportHead
from docgen.forms.loading import load_form
from docgen.registers.reading import Row, RowPlace
from foundation.period import Period

if TYPE_CHECKING:
    from docgen.figures.results import Measures
    from docgen.forms.declaration import Table

OCTOBER = Period.parse("2026-10")
HEADING = ReportHead(
    company="海河物业有限公司",
    office="海河花园服务中心",
    form="monthly-report",
    code="QG-FW-01-01",
    period=OCTOBER,
    digest="ab12" * 16,
    prepared_on=date(2026, 11, 1),
)
TABLES: dict[str, Table] = {
    key: load_form(ROOT / "templates" / key).table(key) for key in ("repairs", "fees", "visits")
}
DECLARED = """
[[derive]]
table = "repairs"
key = "limit"
title = "时限（小时）"
expr = "settings.limits.get(category)"
[[figures]]
key = "timely"
title = "报修及时率"
clause = "2.6"
base_data = "报修"
table = "repairs"
unknown = "limit is none"
numerator = "finished is not none and hours(received, finished) <= limit"
note = "完成时间不晚于受理时间加时限"
[[figures]]
key = "open"
title = "未完成报修"
base_data = "报修"
table = "repairs"
count = "finished is none"
[[figures]]
key = "collection"
title = "收缴率"
clause = "2.1"
base_data = "费用"
table = "fees"
numerator_sum = "paid"
denominator_sum = "due"
[[figures]]
key = "visits"
title = "拜访[每人]/5户"
table = "visits"
distinct = "room"
per = "visitor"
at_least = 2
roster = "settings.visitors"
[[figures]]
key = "energy"
title = "节能"
base_data = "能耗"
table = "energy"
now = "a"
base = "b"
[[breakdowns]]
key = "categories"
title = "报修分类"
base_data = "报修"
table = "repairs"
by = "category"
by_title = "报修类别"
total = true
columns = [
  { key = "n", title = "受理", count = true },
  { key = "rate", title = "完成率", numerator = "finished is not none" },
]
"""
OBJECTIVES = parse_objectives(
    {
        "objectives": [
            {"clause": "2.6", "title": "及时率", "figure": "timely", "target": "98%"},
            {"clause": "2.1", "title": "收缴率", "figure": "collection", "target": "97%"},
        ]
    }
)


def rows(key: str, *values: dict[str, Any]) -> tuple[Row, ...]:
    blank = dict.fromkeys(column.key for column in TABLES[key].columns)
    title = TABLES[key].title
    return tuple(Row({**blank, **v}, RowPlace(f"{title}.xlsx", title, n)) for n, v in enumerate(values, 3))


def repair(number: str, finished: datetime | None, category: str = "给排水", **more: Any) -> dict[str, Any]:
    return {
        "order_no": number,
        "received": datetime(2026, 10, 3, 8),
        "finished": finished,
        "category": category,
        **more,
    }


def computed(room: str = "007", paid: str = "80.25") -> tuple[Measures, tuple[Verdict, ...]]:
    tables = {
        "repairs": rows(
            "repairs",
            repair("001", datetime(2026, 10, 3, 9), room="1-1"),
            repair("002", datetime(2026, 10, 9, 9), room="=1+1"),
            repair("003", None, room="@张三\x07"),
            repair("004", None, "绿化", room=" -5 "),
        ),
        "fees": rows(
            "fees",
            {
                "room": room,
                "item": "物业费",
                "started": date(2026, 10, 1),
                "due": Decimal("100.50"),
                "paid": Decimal(paid),
            },
            {"room": "1-2", "item": "物业费", "started": date(2026, 10, 1), "due": Decimal(99), "paid": Decimal(99)},
        ),
        "visits": rows("visits", {"visitor": "李明", "room": "1-1"}, {"visitor": "李明", "room": "1-2"}),
    }
    office = {"limits": {"给排水": 24}, "visitors": ["李明", "王芳"]}
    declared = parse(tomllib.loads(DECLARED))
    september = evaluate(declared, {**tables, "repairs": tables["repairs"][:1]}, period=OCTOBER, settings=office)
    measures = evaluate(declared, tables, period=OCTOBER, settings=office, previous=september.figures)
    return measures, judge(OBJECTIVES, measures.figures)


def annex(**cells: str) -> bytes:
    measures, verdicts = computed(**cells)
    return annex_workbook(measures, verdicts, HEADING, TABLES)


def base_data() -> bytes:
    return base_data_workbook(computed()[0], HEADING)


def read(blob: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(blob))


def table(sheet: Any) -> list[dict[str, Any]]:
    """The lines under the frozen header, by heading."""
    head = int(sheet.print_title_rows.replace("$", "").split(":")[0])
    titles = [cell.value for cell in sheet[head]]
    lines = sheet.iter_rows(min_row=head + 1, values_only=True)
    return [dict(zip(titles, line, strict=True)) for line in lines if any(v is not None for v in line)]


# --- base data (3.2.1) --------------------------------------------------------------------------------------------


def test_base_data_gives_each_figure_with_its_sides_and_its_source():
    """3.2.1: value, last month, change, numerator and denominator, file and sheet; room for 填报 → 复核."""
    lines = table(read(base_data())["基础数据"])
    timely, still_open, collection, energy = lines[:4]
    assert timely["指标"] == "报修及时率"
    assert timely["本月"] == pytest.approx(1 / 3)
    assert (timely["上月"], timely["环比"]) == (1, "-66.67个百分点")
    assert (timely["分子"], timely["分母"], timely["数据来源"]) == (1, 3, "报修登记.xlsx 报修登记")
    assert (still_open["本月"], still_open["环比"], still_open["分母"]) == (2, "—", "—")
    assert (collection["类别"], collection["分子"], collection["分母"]) == ("费用", 179.25, 199.5)
    assert (energy["本月"], energy["分子"]) == ("—", "—")
    assert {"填报", "复核", "复核说明"} <= timely.keys()
    assert lines[-1]["序号"].startswith("填报：")


def test_a_breakdown_is_a_sheet_with_its_total():
    lines = table(read(base_data())["报修分类"])
    assert [(x["报修类别"], x["受理"], x["完成率"]) for x in lines[:3]] == [
        ("给排水", 3, pytest.approx(2 / 3)),
        ("绿化", 1, 0),
        ("合计", 4, 0.5),
    ]


# --- annex --------------------------------------------------------------------------------------------------------


def test_contents_list_judged_figures_first_and_link_to_their_sheets():
    book = read(annex())
    sheet = book["目录"]
    lines = table(sheet)
    assert [(x["指标"], x["目标"], x["是否达标"]) for x in lines] == [
        ("报修及时率", "≥98%", "未达标"),
        ("收缴率", "≥97%", "未达标"),
        ("未完成报修", "—", "—"),
        ("拜访[每人]/5户", "—", "—"),
        ("节能", "—", "—"),
    ]
    assert [(x["计入"], x["未计入"], x["无法判定"]) for x in lines[:2]] == [(1, 2, 1), (1, 1, 0)]
    links = [cell.hyperlink.location for (cell,) in sheet["K5:K8"]]
    assert [link.strip("'").removesuffix("'!A1") for link in links] == book.sheetnames[1:]
    assert lines[4]["明细页"] == "—"  # no rows, no sheet


def test_rows_tell_how_they_counted_and_where_they_stand():
    """Those not counted first: they are what is asked about. 合计 repeats what the report prints."""
    lines = table(read(annex())["01 报修及时率"])
    assert [(x["判定"], x["工单编号"], x["时限（小时）"], x["分子"], x["分母"]) for x in lines] == [
        ("未计入", "002", 24, 0, 1),
        ("未计入", "003", 24, 0, 1),
        ("无法判定", "004", None, 0, 0),
        ("计入", "001", 24, 1, 1),
        (None, None, None, 1, 3),
    ]
    assert lines[0]["来源"] == "报修登记.xlsx 报修登记!4"
    assert (lines[-1]["序号"], lines[-1]["来源"]) == ("合计", "本月：33.33%")


def test_the_summary_line_says_what_the_report_says():
    text = read(annex())["01 报修及时率"]["A4"].value
    assert text == (
        "报修及时率：33.33%（1 ÷ 3）；目标≥98%，未达标；完成时间不晚于受理时间加时限；另有1项无法判定，未计入。"
    )


def test_plain_counts_list_only_what_they_counted():
    lines = table(read(annex())["03 未完成报修"])
    assert [x["工单编号"] for x in lines] == ["003", "004", None]
    assert lines[-1]["数值"] == 2


def test_groups_are_listed_with_those_who_have_no_row():
    """3.6.1: who made no visit stands first, although no register has a line of him."""
    lines = table(read(annex())["04 拜访 每人 5户"])
    assert [(x["判定"], x["对象"], x["数量"], x["房号"]) for x in lines[:4]] == [
        ("未达到", "王芳", 0, None),
        ("达到", "李明", 2, None),
        (None, None, None, "1-1"),
        (None, None, None, "1-2"),
    ]


# --- both as files ------------------------------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("make", [base_data, annex])


@BOTH
def test_sheets_are_ready_to_print(make: Any):
    """A4 landscape, one page wide, header frozen and repeated, page x of y, Chinese fonts in every cell used."""
    for sheet in read(make()).worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        head = int(sheet.print_title_rows.replace("$", "").split(":")[0])
        assert sheet.freeze_panes == f"A{head + 1}"
        assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"
        fonts = {cell.font.name for line in sheet.iter_rows() for cell in line if cell.value is not None}
        assert fonts <= {"宋体", "黑体"}


@BOTH
def test_no_text_of_a_person_becomes_a_formula(make: Any):
    for sheet in read(make()).worksheets:
        assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def test_text_is_stored_as_it_was_typed():
    """``=1+1`` stays text in a text cell, ``007`` keeps its zeros, a control character does not break the file."""
    book = read(annex())
    found = {cell.value: cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line}
    assert (found["=1+1"].data_type, found["=1+1"].number_format) == ("s", "@")
    assert (found["007"].data_type, found["007"].number_format) == ("s", "@")
    assert found["-5"].number_format == "@"
    assert "@张三\ufffd" in found


def test_dates_and_amounts_are_real():
    book = read(annex())
    received = book["01 报修及时率"]["D6"]
    assert (received.value, received.number_format) == (datetime(2026, 10, 3, 8), "yyyy-mm-dd hh:mm")
    due = next(cell for cell in book["02 收缴率"][6] if cell.value == 100.5)
    assert due.number_format == "#,##0.00"


@BOTH
def test_files_carry_what_they_are(make: Any):
    properties = {p.name: p.value for p in read(make()).custom_doc_props.props}
    assert properties == {
        "guidang.form": "monthly-report",
        "guidang.part": "base-data" if make is base_data else "annex",
        "guidang.code": "QG-FW-01-01",
        "guidang.title": "基础数据汇总表" if make is base_data else "指标明细",
        "guidang.period": "2026-10",
        "guidang.department": "海河花园服务中心",
        "guidang.digest": "ab12" * 16,
    }


@BOTH
def test_no_font_is_asked_for_that_offices_lack(make: Any):
    """WPS warns of Calibri and Cambria."""
    with zipfile.ZipFile(io.BytesIO(make())) as archive:
        for name in ("xl/styles.xml", "xl/theme/theme1.xml"):
            part = archive.read(name).decode()
            assert "Calibri" not in part
            assert "Cambria" not in part


@BOTH
def test_the_same_measures_give_the_same_bytes(make: Any):
    """Also in another process with another hash seed: no clock, no set order."""
    script = (
        f"import sys; sys.path[:0] = {[*sys.path, str(Path(__file__).parent)]!r}; import test_listing as t; "
        f"sys.stdout.buffer.write(t.{make.__name__}())"
    )
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            cwd=ROOT / "tests",
            env={"PYTHONHASHSEED": seed},
        )
        assert run.stdout == make()


def test_changing_one_cell_changes_its_figure_and_nothing_else():
    """A payment changes the collection sheet and its line of the contents, and no other sheet."""
    before, after = read(annex()), read(annex(paid="90.25"))

    def values(book: openpyxl.Workbook, name: str) -> list[tuple[Any, ...]]:
        return list(book[name].iter_rows(values_only=True))

    assert {name for name in before.sheetnames if values(before, name) != values(after, name)} == {"目录", "02 收缴率"}


def test_a_register_without_rows_still_gives_a_workbook():
    measures = evaluate(parse(tomllib.loads(DECLARED)), {}, period=OCTOBER, settings={"limits": {}, "visitors": []})
    book = read(annex_workbook(measures, judge(OBJECTIVES, measures.figures), HEADING, TABLES))
    assert book.sheetnames == ["目录"]
    assert [x["是否达标"] for x in table(book["目录"])[:2]] == ["无数据", "无数据"]
    assert len(table(read(base_data_workbook(measures, HEADING))["报修分类"])) == 2


def test_titles_that_excel_refuses_become_sheet_names():
    """Long, forbidden and equal titles: legal, unique, at most 31 characters."""
    figures = [
        {"key": f"f{n}", "title": title, "table": "fees", "count": True, "base_data": "费用"}
        for n, title in enumerate(["很长" * 30, "很长" * 30, "a[b]:c*d?e/f\\g"])
    ]
    breakdowns = [
        {
            "key": f"b{n}",
            "title": title,
            "table": "fees",
            "by": "item",
            "base_data": "费用",
            "columns": [{"key": "n", "count": True}],
        }
        for n, title in enumerate(["很长" * 30, "很长" * 30, "基础数据", "[]"])
    ]
    fees = rows("fees", {"room": "1", "item": "物业费"})
    declared = parse({"figures": figures, "breakdowns": breakdowns})
    measures = evaluate(declared, {"fees": fees}, period=OCTOBER, settings={})
    for blob in (annex_workbook(measures, (), HEADING, TABLES), base_data_workbook(measures, HEADING)):
        names = read(blob).sheetnames
        assert len({name.lower() for name in names}) == len(names)
        assert all(len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in names)
