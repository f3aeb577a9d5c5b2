"""The monthly report QG-FW-01-01: from registers in a folder to three files in another, or to nothing at all."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from given.places import ROOT
from openpyxl import load_workbook

from docgen import DataError
from docgen.figures.results import Breakdown, Line, Result
from docgen.registers.blank import new_workbook
from foundation.period import Period
from office import settings
from office.folder import SHIPPED, find_office, language_of
from office.office import REPORT, Office
from office.papers import month as report
from office.papers.month_flow import monthly_report
from office.starting import DEMO_PERIOD, SAMPLE, copy_sample, create_office

at = datetime.fromisoformat
OCTOBER, SEPTEMBER = Period.parse("2026-10"), Period.parse("2026-09")
DAY = date(2026, 11, 5)
DEPARTMENTS = ("客户服务部", "特勤部", "工程维修部", "保洁绿化部")
FORMS = Office(Path(), settings.Settings(name="云汐苑服务中心")).forms
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

SETTINGS = """
name = "云汐苑服务中心"
company = "汐岚物业服务有限公司"
project = "云汐苑"

[people]
prepared = "谭晓雯"
checked = "彭佳慧"
approved = "薛景行"

[visits]
persons = ["薛景行", "谭晓雯"]

[limits.repair]
"给排水" = 24
"电梯" = 4
"""


# --- a small office -------------------------------------------------------------------------------------------


def repair(number: str, received: datetime, finished: datetime | None = None, **more: object) -> dict[str, object]:
    status = "完成" if finished else "未完成"
    row = {"order_no": number, "received": received, "room": "3-2-501", "category": "给排水", "content": "水槽角阀滴水"}
    return {**row, "finished": finished, "charge": "无偿", "status": status, **more}


def fee(
    room: str, due: str, paid: str | None, first: date = OCTOBER.first, last: date = OCTOBER.last
) -> dict[str, object]:
    money = {"due": Decimal(due), "paid": None if paid is None else Decimal(paid)}
    return {"room": room, "item": "物业费", "started": first, "ended": last, **money, "paid_on": paid and first}


def small_month() -> dict[str, dict[str, list[dict[str, object]]]]:
    """Rows by form and table: enough of everything to see every chapter filled."""
    visits = [
        {"visited": at(f"2026-10-{9 + n:02} 15:00"), "visitor": who, "position": "客服", "room": f"6-{n}-302"}
        | {"method": "上门", "appointed": True, "opinion": "无"}
        for who in ("薛景行", "谭晓雯")
        for n in range(5)
    ]
    return {
        "housing": {
            "housing": [
                {
                    "block": "1栋",
                    "households": 36,
                    "area": Decimal("3650.40"),
                    "occupied": 31,
                    "moved_in": 1,
                    "vacant": 5,
                }
                | {"intact_area": Decimal("3650.40"), "mostly_intact_area": 0, "damaged_area": 0}
            ]
        },
        "vacancy": {
            "vacancy": [{"room": f"1-1-{n}01", "area": Decimal("98.5"), "reason": "未售"} for n in range(1, 6)]
        },
        "owner-changes": {
            "owner_changes": [
                {"changed": date(2026, 10, 9), "room": "1-1-101", "kind": "过户", "previous_owner": "蔡明远"}
                | {"owner": "欧阳佳宁", "handler": "谭晓雯"}
            ]
        },
        "renovations": {
            "renovations": [
                {"room": "1-1-102", "applied": date(2026, 10, 8), "status": "装修中", "started": date(2026, 10, 12)}
            ]
        },
        "repairs": {
            "repairs": [
                repair("WX2609290", at("2026-09-30 16:00"), at("2026-10-01 09:00")),
                repair("WX2610001", at("2026-10-03 08:05"), at("2026-10-03 09:30")),
                repair("WX2610002", at("2026-10-04 08:05"), at("2026-10-04 09:30")),
                repair("WX2610003", at("2026-10-30 08:05"), None, remark="配件待到货"),
                repair("WX2610004", at("2026-10-05 08:05"), at("2026-10-06 09:00"), category="其他"),
            ]
        },
        "services": {
            "services": [
                {"served": date(2026, 10, 3), "room": "1-1-201", "item": "油烟机清洗", "quantity": 1, "price": 120}
                | {"amount": Decimal(120), "receipt_no": "0034127"}
            ]
        },
        "fees": {
            "fees": [
                fee("1-1-101", "216.39", "216.39"),
                fee("1-1-102", "210.00", "210.00"),
                fee("1-1-201", "180.00", None),
                fee("1-1-202", "200.00", "100.00", SEPTEMBER.first, SEPTEMBER.last),
            ]
        },
        "complaints": {
            "complaints": [
                {"complaint_no": "TS2610001", "received": at("2026-10-03 08:00"), "category": "装修噪音"}
                | {"content": "午间电锤施工", "replied": at("2026-10-03 09:00"), "closed": at("2026-10-04 09:00")}
                | {"valid": "有效", "status": "已关闭", "handling": "已制止"}
            ]
        },
        "visits": {"visits": visits},
        "energy": {
            "energy": [
                {"meter_no": "00317", "name": "1#配电房总表", "category": "电", "usage": 9400, "last_year": 10000}
                | {"last_month": 9600, "amount": Decimal(5828)}
            ]
        },
        "incidents": {"incidents": []},
        "training": {"training": []},
        "certificates": {
            "certificates": [
                {"name": "薛景行", "department": "客户服务部", "manager": True, "joined": date(2021, 3, 1)}
                | {"certificate": "物业管理项目经理证", "visits_due": True}
            ]
        },
        "narrative": {"narrative": []},
    }


def department_rows() -> dict[str, list[dict[str, object]]]:
    return {
        "done": [{"work": "楼道灯具巡查", "person": "许立民", "finished": date(2026, 10, 16), "result": "正常"}],
        "unfinished": [
            {"item": "排水沟盖板更换", "reason": "供货延迟", "measure": "每周催货", "person": "罗铁成"}
            | {"milestone": date(2026, 11, 15)}
        ],
        "checks": [{"name": "月检", "times": 4, "failed": 3, "fixed": 2}],
        "staff": [{"position": "维修工", "planned": 6, "on_duty": 5, "joined": 1, "left": 0}],
        "next_plan": [],
    }


_workbooks: dict[str, bytes] = {}
"""Filled workbooks by what is in them: making one takes longer than copying it."""


def filled(form_id: str, period: Period, rows: dict, department: str) -> bytes:
    """The form's own blank workbook with rows in it."""
    key = repr((form_id, period, rows, department))
    if key not in _workbooks:
        book = load_workbook(io.BytesIO(new_workbook(FORMS[form_id], period=period, carry=rows)))
        if department:
            head = (cell for sheet in book for line in sheet.iter_rows(max_row=4) for cell in line)
            next(cell for cell in head if str(cell.value).rstrip("：* ") == "部门").offset(column=1).value = department
        buffer = io.BytesIO()
        book.save(buffer)
        _workbooks[key] = buffer.getvalue()
    return _workbooks[key]


def write_register(folder: Path, form_id: str, period: Period, rows: dict, department: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FORMS[form_id].file_name(period, department)
    path.write_bytes(filled(form_id, period, rows, department))
    return path


def make_office(
    folder: Path, rows: dict | None = None, department: dict | None = None, period: Period = OCTOBER
) -> Office:
    folder.mkdir(exist_ok=True)
    (folder / "guidang.toml").write_text(SETTINGS, encoding="utf-8")
    registers = folder / "registers" / str(period)
    for form_id, tables in (small_month() if rows is None else rows).items():
        write_register(registers, form_id, period, tables)
    for name in DEPARTMENTS:
        write_register(
            registers, "department-report", period, department_rows() if department is None else department, name
        )
    return Office.load(folder)


def empty_month() -> dict[str, dict[str, list]]:
    return {form_id: {table.key: [] for table in FORMS[form_id].tables} for form_id in small_month()}


def words(path: Path) -> list[str]:
    """Every paragraph of the body, tables included, in order."""
    body = Document(str(path)).element.body
    return ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in body.iter(f"{W}p")]


def table_under(path: Path, title: str) -> list[list[str]]:
    """The cells of the first table under a caption."""
    document = Document(str(path))
    found = False
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            if found:
                return [[cell.text for cell in row.cells] for row in block.rows]
        elif block.text.startswith(title):
            found = True
    raise LookupError(title)


def outputs(office: Office) -> list[Path]:
    out = office.folder / "out"
    return [path for path in out.rglob("*") if path.is_file()] if out.exists() else []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def made(small: Office):
    return monthly_report(small, OCTOBER, prepared_on=DAY)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("sample") / "office"
    copy_sample(folder)
    office = Office.load(folder)
    return office, monthly_report(office, Period.parse(DEMO_PERIOD), prepared_on=DAY)


# --- what the report says -------------------------------------------------------------------------------------


def test_cover_says_what_and_whose_it_is(made) -> None:
    text = words(made.report)
    for expected in (
        "汐岚物业服务有限公司",
        "物业管理月度工作报告",
        "QG-FW-01-01",
        "QG-FW-01-01〔2026〕10号",
        "2026年10月1日至2026年10月31日",
        "云汐苑",
        "谭晓雯",
        "2026年11月5日",
    ):
        assert expected in text


def test_nine_chapters_and_annex_stand_in_order(made) -> None:
    text = words(made.report)
    chapters = [f"{n}、" for n in "一二三四五六七八九"]
    headings = [line for line in text if line[:2] in chapters]
    assert [line[:2] for line in headings] == chapters
    assert text.index("附　　件") > text.index(headings[-1])


def test_tables_show_the_figures_of_the_measures(made) -> None:
    assert table_under(made.report, "表2　报修")[1] == ["本月", "1", "4", "4", "1", "75.00%", "100.00%"]
    assert table_under(made.report, "表4")[-1][:6] == ["合计", "3", "606.39", "426.39", "70.32%", "—"]
    assert table_under(made.report, "表4")[-1][6:] == ["200.00", "100.00", "280.00", "0.00"]
    assert made.measures.figures["collection"].text == "70.32%"


def test_two_tables_never_disagree(made) -> None:
    """The category table's total is the headline row; the summary's tile is the objective's figure."""
    total = table_under(made.report, "表2-1")[-1]
    assert total[:6] == ["合计", "1", "4", "4", "1", "75.00%"]
    charged = table_under(made.report, "表2-2")[-1]
    assert charged[1:4] == ["4", "4", "1"]
    actual = {row[2]: row[4] for row in table_under(made.report, "表6")}
    assert actual["报修处理及时率"] == "75.00%"
    assert words(made.report).count("75.00%") >= 4


def test_what_cannot_be_judged_is_said(made) -> None:
    """G13: a category without a time limit is counted neither way."""
    row = next(r for r in table_under(made.report, "表6") if r[2] == "报修处理及时率")
    assert row[7].startswith("3 ÷ 4")
    assert "另有1项无法判定" in row[8]


def test_names_of_owners_are_masked(made) -> None:
    row = table_under(made.report, "表5")[1]
    assert row[4:6] == ["蔡*", "欧阳*"]
    assert not any("蔡明远" in line or "欧阳佳宁" in line for line in words(made.report))


def test_each_department_has_its_chapter(made) -> None:
    text = words(made.report)
    for ordinal, name in zip("一二三四", DEPARTMENTS, strict=True):
        assert f"（{ordinal}）{name}" in text
    assert table_under(made.report, "3. 检查、培训与人员")[-1] == ["4", "3", "2", "—", "—", "—", "6", "5", "1", "0"]


def test_visitors_below_five_households_are_named(tmp_path: Path) -> None:
    rows = small_month()
    rows["visits"]["visits"] = rows["visits"]["visits"][:7]
    made = monthly_report(make_office(tmp_path / "o", rows), OCTOBER, prepared_on=DAY)
    assert any("未达到的：谭晓雯2户" in line for line in words(made.report))


def test_no_tag_is_left_anywhere(made) -> None:
    with zipfile.ZipFile(made.report) as archive:
        for name in archive.namelist():
            assert not re.search(rb"\{\{|\{%|%\}|\}\}", archive.read(name)), name


def test_report_carries_its_identity(made) -> None:
    """Custom properties by which the watcher later knows the paper with certainty."""
    with zipfile.ZipFile(made.report) as archive:
        custom = archive.read("docProps/custom.xml").decode()
    values = dict(re.findall(r'name="([^"]+)"><vt:lpwstr>([^<]*)<', custom))
    assert values["guidang.form"] == REPORT
    assert values["guidang.code"] == "QG-FW-01-01"
    assert values["guidang.period"] == "2026-10"
    assert values["guidang.department"] == "云汐苑服务中心"
    assert re.fullmatch(r"[0-9a-f]{64}", values["guidang.digest"])


def test_a_month_without_anything_renders_and_says_so(tmp_path: Path) -> None:
    none = {key: [] for key in department_rows()}
    made = monthly_report(make_office(tmp_path / "o", empty_month(), none), OCTOBER, prepared_on=DAY)
    text = words(made.report)
    for expected in ("本月无。", "本月无投诉。", "本月无突发事件。", "本月无未完成事项。", "本月无未完成报修。"):
        assert expected in text
    statuses = {row[2]: row[6] for row in table_under(made.report, "表6")}
    assert statuses["各项费用收缴率"] == "无数据"
    assert statuses["重大安全责任事故"] == "达标"


# --- depends on the data and on nothing else ------------------------------------------------------------------


def test_same_input_gives_identical_bytes(small: Office, made) -> None:
    before = {path.name: path.read_bytes() for path in (made.report, made.base_data, made.annex)}
    again = monthly_report(small, OCTOBER, prepared_on=DAY)
    assert {path.name: path.read_bytes() for path in (again.report, again.base_data, again.annex)} == before


def test_bytes_do_not_depend_on_the_hash_seed(small: Office, made) -> None:
    code = (
        "import sys, hashlib; from datetime import date; from pathlib import Path\n"
        "from office.office import Office; from office.papers.month_flow import monthly_report\n"
        "from foundation.period import Period\n"
        "office = Office.load(Path(sys.argv[1]))\n"
        "made = monthly_report(office, Period.parse('2026-10'), prepared_on=date(2026, 11, 5))\n"
        "print([hashlib.sha256(p.read_bytes()).hexdigest() for p in (made.report, made.base_data, made.annex)])"
    )
    root = str(ROOT)
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, str(small.folder)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(seen) == 1


def test_one_cell_changes_what_depends_on_it_and_nothing_else(tmp_path: Path, made) -> None:
    """A repair finished a day later: 及时率 where it is printed, the rate's share, and the digest."""
    rows = small_month()
    rows["repairs"]["repairs"][1]["finished"] = at("2026-10-04 09:30")
    changed = monthly_report(make_office(tmp_path / "o", rows), OCTOBER, prepared_on=DAY)
    before, after = words(made.report), words(changed.report)
    assert len(before) == len(after)
    differing = {(old, new) for old, new in zip(before, after, strict=True) if old != new}
    plain = {(old, new) for old, new in differing if "校验码" not in old and "未达标" not in old}
    assert plain == {
        ("75.00%", "50.00%"),
        *((o, n) for o, n in plain if o.startswith("3 ÷ 4") and n.startswith("2 ÷ 4")),
    }
    assert len(differing) <= 5


def test_last_month_stands_beside_this_month(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    rows = empty_month()
    rows["repairs"]["repairs"] = [repair("WX2609001", at("2026-09-03 08:00"), at("2026-09-03 10:00"))] * 1
    make_office(tmp_path / "o", rows, {key: [] for key in department_rows()}, SEPTEMBER)
    made = monthly_report(office, OCTOBER, prepared_on=DAY)
    assert [row[2] for row in table_under(made.report, "表2　报修")] == ["本月受理", "4", "1", "+300.00%"]
    assert table_under(made.report, "表2-1")[1][6] == "1"


def test_faults_of_last_month_do_not_stop_this_month(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    rows = empty_month()
    rows["repairs"]["repairs"] = [repair("WX2609001", at("2026-09-03 08:00"), at("2026-09-02 10:00"))]
    make_office(tmp_path / "o", rows, {key: [] for key in department_rows()}, SEPTEMBER)
    made = monthly_report(office, OCTOBER, prepared_on=DAY)
    warning = next(w for w in made.warnings if w.code == "report.last_month")
    assert "guidang check 2026-09" in warning.hint
    assert table_under(made.report, "表2　报修")[2] == ["上月", *["—"] * 6]


def test_items_open_last_month_that_nobody_carried_over_are_named(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    rows = empty_month()
    rows["repairs"]["repairs"] = [
        repair("WX2609290", at("2026-09-30 16:00")),
        repair("WX2609222", at("2026-09-22 16:00")),
    ]
    make_office(tmp_path / "o", rows, {key: [] for key in department_rows()}, SEPTEMBER)
    lost = [w for w in monthly_report(office, OCTOBER, prepared_on=DAY).warnings if w.code == "report.lost"]
    assert ["WX2609222" in w.message for w in lost] == [True]
    assert lost[0].where.startswith("报修登记 2026年9月.xlsx 报修登记!")


# --- all or nothing -------------------------------------------------------------------------------------------


def problems_of(office: Office, **options: bool) -> dict[str, str]:
    with pytest.raises(DataError) as caught:
        monthly_report(office, OCTOBER, prepared_on=DAY, **options)
    assert outputs(office) == []
    return {problem.code: f"{problem.where} {problem.message}" for problem in caught.value.problems}


def test_problems_of_all_registers_come_together_and_nothing_is_written(tmp_path: Path) -> None:
    rows = small_month()
    rows["repairs"]["repairs"][1]["finished"] = at("2026-10-02 09:30")
    rows["complaints"]["complaints"][0]["replied"] = at("2026-10-02 09:00")
    office = make_office(tmp_path / "o", rows)
    with pytest.raises(DataError) as caught:
        monthly_report(office, OCTOBER, prepared_on=DAY)
    where = {problem.where.split()[0] for problem in caught.value.problems}
    assert where == {"报修登记", "投诉登记"}
    assert outputs(office) == []


@pytest.mark.parametrize("lacking", ["reason", "measure", "milestone"])
def test_unfinished_items_must_be_explained(tmp_path: Path, lacking: str) -> None:
    """Clause 3.2.2: 原因, 跟进措施, 完工时间节点, each."""
    rows = department_rows()
    rows["unfinished"][0][lacking] = None
    problems = problems_of(make_office(tmp_path / "o", department=rows))
    assert len(problems) >= 1
    assert all("部门工作报告" in text for text in problems.values())


def test_a_milestone_lies_after_the_month(tmp_path: Path) -> None:
    rows = department_rows()
    rows["unfinished"][0]["milestone"] = date(2026, 10, 31)
    assert any("部门工作报告" in text for text in problems_of(make_office(tmp_path / "o", department=rows)).values())


def test_clause_3_2_2_holds_whatever_form_an_office_made_itself() -> None:
    from docgen.registers.reading import Reading, Row, RowPlace, TableData

    form = FORMS["department-report"]
    row = {"item": "盖板", "reason": "", "measure": "催货", "person": None, "milestone": date(2026, 10, 20), "seq": 1}
    late = {**row, "reason": "缺货"}
    rows = tuple(Row(r, RowPlace("x.xlsx", "未完成", n)) for n, r in enumerate((row, late), 4))
    reading = Reading(
        form, "x.xlsx", {"department": "特勤部"}, {"unfinished": TableData(form.table("unfinished"), rows)}
    )
    found = list(report.unfinished_explained(report.Month(OCTOBER, (reading,))))
    assert [problem.code for problem in found] == ["report.unexplained", "report.milestone"]
    assert "原因" in found[0].message
    assert found[1].where == "x.xlsx 未完成!5"


def test_missing_registers_are_named_with_a_remedy(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    folder = tmp_path / "o" / "registers" / "2026-10"
    for path in [*folder.glob("报修登记*"), *folder.glob("*特勤部*")]:
        path.unlink()
    with pytest.raises(DataError) as caught:
        monthly_report(office, OCTOBER, prepared_on=DAY)
    assert {p.code for p in caught.value.problems} == {"report.missing_register", "report.missing_department"}
    assert any("guidang new repairs --period 2026-10" in p.hint for p in caught.value.problems)
    assert outputs(office) == []


def test_an_incomplete_report_says_no_data_where_a_register_is_missing(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    folder = tmp_path / "o" / "registers" / "2026-10"
    for path in [*folder.glob("报修登记*"), *folder.glob("*特勤部*")]:
        path.unlink()
    made = monthly_report(office, OCTOBER, prepared_on=DAY, incomplete=True)
    assert len([w for w in made.warnings if w.code.startswith("report.missing")]) == 2
    assert table_under(made.report, "表2　报修")[1] == ["本月", *["—"] * 6]
    assert "该部门未报送本月工作报告。" in words(made.report)


def test_a_copy_beside_a_register_is_not_counted_twice(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    folder = tmp_path / "o" / "registers" / "2026-10"
    (folder / "收费台账 2026年10月 - 副本.xlsx").write_bytes((folder / "收费台账 2026年10月.xlsx").read_bytes())
    assert "report.repeated_row" in problems_of(office)


def test_a_register_in_two_files_is_read_together(tmp_path: Path) -> None:
    second = {"fees": [fee("9-1-101", "100.00", "100.00")]}
    office = make_office(tmp_path / "o")
    extra = write_register(tmp_path / "extra", "fees", OCTOBER, second)
    extra.rename(office.folder / "registers" / "2026-10" / "收费台账 9栋 2026年10月.xlsx")
    made = monthly_report(office, OCTOBER, prepared_on=DAY)
    assert made.measures.figures["fees_due"].text == "706.39"
    assert "report.several_files" in {w.code for w in made.warnings}


def test_two_reports_of_one_department_are_refused(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    folder = tmp_path / "o" / "registers" / "2026-10"
    (folder / "部门工作报告 特勤部 改.xlsx").write_bytes((folder / "部门工作报告 特勤部 2026年10月.xlsx").read_bytes())
    assert "report.two_files" in problems_of(office)


def test_lock_files_are_left_alone_and_other_files_are_named(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    folder = tmp_path / "o" / "registers" / "2026-10"
    for name in ("~$报修登记 2026年10月.xlsx", ".~报修登记.xlsx", "Thumbs.db", "现场照片.jpg"):
        (folder / name).write_bytes(b"x")
    made = monthly_report(office, OCTOBER, prepared_on=DAY)
    assert [w.where for w in made.warnings if w.code == "report.not_read"] == ["现场照片.jpg"]


def test_a_report_changed_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    made = monthly_report(office, OCTOBER, prepared_on=DAY)
    document = Document(str(made.report))
    document.add_paragraph("经理补充")
    document.save(str(made.report))
    edited, annex = made.report.read_bytes(), made.annex.read_bytes()
    with pytest.raises(FileExistsError):
        monthly_report(office, OCTOBER, prepared_on=date(2026, 11, 6))
    assert (made.report.read_bytes(), made.annex.read_bytes()) == (edited, annex)
    monthly_report(office, OCTOBER, prepared_on=DAY, force=True)
    assert made.report.read_bytes() != edited


def test_an_untouched_report_is_made_anew(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    first = monthly_report(office, OCTOBER, prepared_on=DAY).report.read_bytes()
    assert monthly_report(office, OCTOBER, prepared_on=date(2026, 11, 6)).report.read_bytes() != first


def test_a_disk_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = make_office(tmp_path / "o")
    synced = os.fsync
    calls = iter([synced, synced])

    def failing(handle: int) -> None:
        next(calls, _no_space)(handle)

    def _no_space(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="No space"):
        monthly_report(office, OCTOBER, prepared_on=DAY)
    assert not [path for path in outputs(office) if path.suffix == ".tmp"]


def test_an_office_may_use_its_own_template(tmp_path: Path) -> None:
    office = make_office(tmp_path / "o")
    own = tmp_path / "o" / "templates" / REPORT
    own.mkdir(parents=True)
    document = Document(str(SHIPPED / REPORT / "template.docx"))
    document.paragraphs[0].insert_paragraph_before("本公司抬头 {{ office.company }}")
    document.save(str(own / "template.docx"))
    assert "本公司抬头 汐岚物业服务有限公司" in words(monthly_report(office, OCTOBER, prepared_on=DAY).report)


# --- the sample office ----------------------------------------------------------------------------------------


KEY = {  # figure → where samples/office/expected.json has it
    "households": "housing.households",
    "area": "housing.area",
    "occupied": "housing.occupied",
    "moved_in": "housing.moved_in",
    "vacant": "housing.vacant",
    "vacant_unsold": "housing.vacant_by_reason.未售",
    "vacant_unreceived": "housing.vacant_by_reason.已售未收楼",
    "vacant_unoccupied": "housing.vacant_by_reason.收楼未住",
    "vacant_area": "housing.vacant_area",
    "renovating": "renovations.active",
    "renovation_new": "renovations.new",
    "renovation_done": "renovations.completed",
    "renovation_violations": "renovations.violations",
    "renovation_overdue": "renovations.overdue",
    "repairs_carried": "repairs.carried",
    "repairs_received": "repairs.received",
    "repairs_cancelled": "repairs.cancelled",
    "repairs_done": "repairs.finished",
    "repairs_open": "repairs.open",
    "services_times": "services.times",
    "services_income": "services.income",
    "complaints_carried": "complaints.carried",
    "complaints_received": "complaints.received",
    "complaints_valid": "complaints.valid",
    "complaints_closed": "complaints.closed",
    "complaints_carried_closed": "complaints.carried_closed",
    "incidents_major": "incidents.major_liable",
    "incidents_count": "incidents.occurred",
    "incidents_carried": "incidents.carried",
    "incidents_open": "incidents.open",
}
RATIOS = {
    "intact_rate": "housing.intact",
    "repair_timeliness": "repairs.on_time",
    "repair_quality": "repairs.first_pass",
    "collection_current": "fees.current",
    "collection_cumulative": "fees.cumulative",
    "complaint_reply": "complaints.replied_in_24h",
    "contract_targets": "contract_targets",
    "visit_rate": "visits.persons",
}


def at_path(data: dict, path: str) -> object:
    for step in path.split("."):
        data = data[step]
    return data


def test_sample_report_equals_the_independent_key(sample) -> None:
    """samples/office/expected.json was computed by other code from the generator's own data."""
    _office, made = sample
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))[DEMO_PERIOD]
    figures = made.measures.figures
    for key, path in KEY.items():
        assert figures[key].value == Decimal(str(at_path(expected, path))), key
    for key, path in RATIOS.items():
        ratio = at_path(expected, path)
        assert (figures[key].numerator, figures[key].denominator) == (
            Decimal(str(ratio["numerator"])),
            Decimal(str(ratio["denominator"])),
        ), key
        assert figures[key].text == ratio["percent"], key


def test_sample_breakdowns_equal_the_independent_key(sample) -> None:
    _office, made = sample
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))[DEMO_PERIOD]
    shown = made.measures.breakdowns

    def column(name: str, key: str) -> dict[str, Decimal]:
        return {line.label: line.cells[key].value for line in shown[name].rows if line.cells[key].value}

    assert column("repairs_by_category", "received") == expected["repairs"]["received_by_category"]
    assert column("services_by_item", "times") == expected["services"]["by_item"]
    assert column("visits_by_visitor", "households") == expected["visits"]["households_by_person"]
    fees = expected["fees"]["by_item"]
    assert column("fees_by_item", "due") == {item: Decimal(value["denominator"]) for item, value in fees.items()}
    assert column("fees_by_item", "paid") == {item: Decimal(value["numerator"]) for item, value in fees.items()}
    assert shown["fees_by_item"].total.cells["advance"].value == Decimal(expected["fees"]["advance"])
    energy = {line.label.split("（")[0]: line for line in shown["energy_by_kind"].rows}
    for kind, value in expected["energy"].items():
        assert energy[kind].cells["year_change"].text == value["year_change"], kind
        assert energy[kind].cells["cost"].value == Decimal(value["amount"]), kind
    assert sorted(row["order_no"] for row in made.measures.lists["repairs_open"]) == sorted(
        expected["repairs"]["open_orders"]
    )


def test_sample_departments_equal_the_independent_key(sample) -> None:
    _office, made = sample
    expected = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))[DEMO_PERIOD]["departments"]
    for name, own in expected.items():
        for key in ("checks", "staff"):
            line = next(line for line in made.measures.breakdowns[f"{key}_by_department"].rows if line.label == name)
            assert {k: cell.value for k, cell in line.cells.items()} == own[key], name
        unfinished = [row["item"] for row in made.measures.lists["unfinished"] if row["department"] == name]
        assert unfinished == own["unfinished"]


def test_sample_report_leaves_no_tag_and_no_chapter_out(sample) -> None:
    _office, made = sample
    text = words(made.report)
    assert not [line for line in text if "{{" in line or "{%" in line]
    assert [line[:2] for line in text if re.match(r"[一二三四五六七八九]、", line)] == [
        f"{n}、" for n in "一二三四五六七八九"
    ]


def test_sample_objectives_are_judged(sample) -> None:
    _office, made = sample
    assert {verdict.text for verdict in made.verdicts} >= {"达标", "未达标"}


# --- settings and offices -------------------------------------------------------------------------------------


def test_every_fault_of_guidang_toml_is_named_at_once() -> None:
    with pytest.raises(DataError) as caught:
        settings.parse(
            {
                "nam": "x",
                "language": "fr",
                "number": "{code}-{quarter}",
                "limits": {"repair": {"电梯": 0, "给排水": "快"}},
                "settings": {"energy_base": "ever"},
            }
        )
    where = [problem.where for problem in caught.value.problems]
    for key in ("name", "nam", "language", "limits.repair.电梯", "limits.repair.给排水", "settings.energy_base"):
        assert f"guidang.toml {key}" in where
    assert all(problem.hint for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"name = ", "settings.syntax"),
        ("name = '中心'".encode("gbk"), "settings.encoding"),
        (b"name = 'x'\nnumber = '{quarter}'", "settings.value"),
        ("name = 'x'\n[departments.supervisors]\n'财务部' = '王'".encode(), "settings.value"),
    ],
)
def test_unreadable_settings_say_why(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "guidang.toml").write_bytes(content)
    with pytest.raises(DataError) as caught:
        Office.load(tmp_path)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_an_office_is_found_from_below(tmp_path: Path) -> None:
    create_office(tmp_path / "centre", name='翠湖"一期"服务中心')
    below = tmp_path / "centre" / "registers" / "2026-10"
    below.mkdir()
    assert find_office(below) == tmp_path / "centre"
    assert Office.load(tmp_path / "centre").name == '翠湖"一期"服务中心'
    assert language_of(tmp_path / "centre") == "zh_CN"
    assert language_of(tmp_path) is None


def test_making_an_office_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "holidays.csv").write_text("mine", encoding="utf-8")
    made = create_office(tmp_path, name="中心")
    assert tmp_path / "guidang.toml" in made
    assert (tmp_path / "holidays.csv").read_text(encoding="utf-8") == "mine"
    with pytest.raises(FileExistsError):
        create_office(tmp_path, name="中心")


def test_the_sample_is_copied_into_empty_folders_only(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(FileExistsError):
        copy_sample(tmp_path / "full")
    create_office(tmp_path / "office", name="中心")
    assert copy_sample(tmp_path / "office") is False


# --- parts ----------------------------------------------------------------------------------------------------


def count(value: int | None) -> Result:
    return Result(kind="count", unit="count", digits=0, value=None if value is None else Decimal(value))


def broken_down(**lines: int) -> Breakdown:
    rows = tuple(Line(label, {"n": count(value)}) for label, value in lines.items())
    total = Line("合计", {"n": count(sum(lines.values()))})
    columns = (("n", "件数"),)
    return Breakdown(
        key="b", title="b", table="t", base_data="", by_title="类", columns=columns, rows=rows, total=total
    )


def test_a_breakdown_shows_last_month_beside_this_month() -> None:
    shown = report.compared(broken_down(水=4, 电=1), broken_down(水=2, 气=3))
    assert [(row["label"], row["n"].text, row["last"]["n"]) for row in shown["both"]] == [
        ("水", "4", "2"),
        ("电", "1", "0"),
        ("气", "0", "3"),
    ]
    assert [row["label"] for row in shown["rows"]] == ["水", "电"]
    assert shown["total"]["last"]["n"] == "5"


def test_without_a_month_before_nothing_is_said_about_it() -> None:
    shown = report.compared(broken_down(水=4), None)
    assert shown["both"][0]["last"]["n"] == shown["total"]["last"]["n"] == "—"


def test_bars_are_as_long_as_their_share() -> None:
    shown = report.compared(broken_down(水=100, 电=50, 气=1, 热=0), None)
    assert [len(row["bar"]["n"]) for row in shown["rows"]] == [12, 6, 1, 0]


def test_a_breakdown_of_nothing_has_no_lines() -> None:
    nothing = report.compared(broken_down(水=0, 电=0), broken_down(水=0))
    assert (nothing["rows"], nothing["both"]) == ([], [])
    gone = report.compared(broken_down(水=0), broken_down(水=2))
    assert (gone["rows"], len(gone["both"])) == ([], 1)


@pytest.mark.parametrize(("n", "text"), [(1, "一"), (9, "九"), (10, "十"), (12, "十二"), (20, "二十"), (31, "三十一")])
def test_ordinals(n: int, text: str) -> None:
    assert report.ordinal(n) == text


def test_digest_depends_on_values_not_on_their_spelling(small: Office) -> None:
    from docgen.registers.reading import Reading, Row, RowPlace, TableData

    form = FORMS["services"]

    def month(amount: str) -> report.Month:
        row = Row({"amount": Decimal(amount), "served": date(2026, 10, 3)}, RowPlace("a.xlsx", "s", 4))
        return report.Month(OCTOBER, (Reading(form, "a.xlsx", {}, {"services": TableData(form.tables[0], (row,))}),))

    digests = {amount: report.digest([month(amount)], small.settings) for amount in ("120", "120.00", "121")}
    assert digests["120"] == digests["120.00"] != digests["121"]


# --- the template ---------------------------------------------------------------------------------------------


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_authoring_script_writes_the_same_paper_every_time(tmp_path: Path) -> None:
    script = SHIPPED / REPORT / "author.py"
    root = str(ROOT)
    for name in ("a.docx", "b.docx"):
        environ = {**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": str(len(name) + ord(name[0]))}
        subprocess.run([sys.executable, str(script), str(tmp_path / name)], check=True, env=environ)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()


@pytest.fixture(scope="module")
def template() -> dict[str, bytes]:
    return members(SHIPPED / REPORT / "template.docx")


def test_tables_hold_in_wps(made) -> None:
    """Fixed layout, a width in dxa on the table, every column and every cell; rows unbroken; header rows repeat."""
    body = Document(str(made.report)).element.body
    tables = list(body.iter(f"{W}tbl"))
    assert len(tables) > 20
    for table in tables:
        properties, grid = table.find(f"{W}tblPr"), [int(c.get(f"{W}w")) for c in table.find(f"{W}tblGrid")]
        assert properties.find(f"{W}tblLayout").get(f"{W}type") == "fixed"
        assert properties.find(f"{W}tblW").get(f"{W}type") == "dxa"
        assert int(properties.find(f"{W}tblW").get(f"{W}w")) == sum(grid)
        for row in table.iter(f"{W}tr"):
            assert row.find(f"{W}trPr/{W}cantSplit") is not None
            widths = [int(cell.find(f"{W}tcPr/{W}tcW").get(f"{W}w")) for cell in row.iter(f"{W}tc")]
            assert sum(widths) == sum(grid)


def test_long_tables_repeat_their_header(made) -> None:
    body = Document(str(made.report)).element.body
    headed = [t for t in body.iter(f"{W}tbl") if t.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None]
    assert len(headed) > 15


def test_fonts_are_named_and_no_theme_is_asked_for(template: dict[str, bytes]) -> None:
    assert not any("theme" in name for name in template)
    styles = template["word/styles.xml"].decode()
    assert "Theme" not in styles.replace("themeFontLang", "")
    fonts = re.findall(r"<w:rFonts ([^>]*)/>", styles)
    assert all("w:ascii=" in f and "w:hAnsi=" in f and "w:eastAsia=" in f for f in fonts)
    assert set(re.findall(r'w:eastAsia="([^"]+)"', " ".join(fonts))) == {"宋体", "黑体", "仿宋", "楷体"}
    assert b'w:name="compatibilityMode"' in template["word/settings.xml"]
    assert b'w:val="15"' in template["word/settings.xml"]


def test_sections_are_a4_and_each_has_its_own_header_and_footer() -> None:
    document = Document(str(SHIPPED / REPORT / "template.docx"))
    sizes = [(round(s.page_width.mm), round(s.page_height.mm)) for s in document.sections]
    assert sizes == [(210, 297), (210, 297), (297, 210), (210, 297)]
    cover, *others = document.sections
    assert not cover.header.is_linked_to_previous
    assert not cover.footer.is_linked_to_previous
    assert cover.footer.paragraphs[0].text == ""
    for section in others:
        assert not section.header.is_linked_to_previous
        assert not section.footer.is_linked_to_previous
        assert re.fullmatch(r"第 \s*PAGE\s*\d+ 页 共 \s*NUMPAGES\s*\d+ 页", _with_fields(section.footer.paragraphs[0]))


def _with_fields(paragraph) -> str:
    return "".join(e.text or "" for e in paragraph._p.iter() if e.tag in {f"{W}t", f"{W}instrText"})


def test_head_office_has_room_to_write(made) -> None:
    """At least 25 mm for each signature and for the answer."""
    rows = list(Document(str(made.report)).element.body.iter(f"{W}tbl"))[-1].findall(f"{W}tr")
    heights = {
        "".join(t.text or "" for t in row.iter(f"{W}t"))[:3]: int(row.find(f"{W}trPr/{W}trHeight").get(f"{W}val"))
        for row in rows
    }
    tall = [height for height in heights.values() if height >= 25 * 1440 / 25.4]
    assert len([row for row in rows if int(row.find(f"{W}trPr/{W}trHeight").get(f"{W}val")) >= 1417]) == 2
    assert tall
