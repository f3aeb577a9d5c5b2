"""The Excel papers and printed registers: blanks filled and rendered back, sums, carry-over, plans asked for twice."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

import cli
from console.forms import form_named
from docgen import ExcelTemplate
from docgen.errors import DataError, TemplateError
from docgen.excel.row_heights import fitted, lines
from docgen.forms.declaration import Form, Must, Table
from docgen.forms.loading import load_forms, parse_form
from docgen.printing.register import register_template
from docgen.registers.blank import new_workbook
from docgen.registers.reader import read, read_book
from docgen.sheets.opening import open_book
from foundation import language as i18n
from foundation.period import Period
from office.folder import SHIPPED
from office.office import Office
from office.papers import carry_over as carryover
from office.papers import paper as papers
from office.papers.carried import carried, plan_warnings
from office.papers.handed_in import filled as filled_of
from office.papers.handed_in import papers as papers_of
from office.papers.handed_in import unread
from office.papers.printing import render_all, render_form
from samples.making import generate, papers_excel

if TYPE_CHECKING:
    from pathlib import Path

FORMS = load_forms(SHIPPED)
EXCEL = [name for name, form in FORMS.items() if form.template.endswith(".xlsx")]
OFFICE = Office.load(generate.OFFICE)
SAMPLES = {name: [path for form, path in papers_of(OFFICE) if form.id == name] for name in EXCEL}
PERIODS = {"month": "2026-11", "day": "2026-11-02", "year": "2027"}
ONE_PAGE = ("daily-check", "purchase-list", "final-accounts", "maintenance-plan", "department-annual-plan")


def period_for(form: Form) -> Period:
    return Period.parse(PERIODS[form.period])


def sheet_of(content: bytes, *, values: bool = True, name: str = "") -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=values)
    return book[name] if name else book.worksheets[0]


def texts(content: bytes) -> list[list[Any]]:
    return [[cell for cell in row if cell is not None] for row in sheet_of(content).iter_rows(values_only=True)]


def line(content: bytes, label: str, name: str = "") -> list[Any]:
    """The first printed row that has ``label`` in it, its filled cells."""
    rows = sheet_of(content, name=name).iter_rows(values_only=True)
    return next([cell for cell in row if cell is not None] for row in rows if any(label == cell for cell in row))


def rendered(form: Form, path: Path) -> bytes:
    return render_form(form, read(path, papers.input_form(form, FORMS)), OFFICE)


def filled(form: Form, tables: dict[str, list[dict[str, Any]]], fields: dict[str, Any], name: str = "x.xlsx") -> Any:
    """A blank with these rows and no others, read."""
    period = period_for(form)
    bare = form.model_copy(update={"tables": tuple(t.model_copy(update={"rows": ()}) for t in form.tables)})
    return read_book(open_book(new_workbook(bare, period=period, carry=tables, fields=fields), name), form)


def guidang(*words: object) -> Result:
    return CliRunner().invoke(cli.program, [str(word) for word in words], prog_name="guidang")


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A copy of the sample office without its large registers."""
    keep = shutil.ignore_patterns("2026-09", "收费*", "报修*", "空置*", "out", "expected.json")
    shutil.copytree(generate.OFFICE, folder := tmp_path / "office", ignore=keep)
    return folder


# --- samples, blanks ------------------------------------------------------------------------------------------


def test_every_excel_paper_has_samples_and_is_authored() -> None:
    assert len(EXCEL) == 8
    assert [name for name in EXCEL if not SAMPLES[name]] == []
    assert [name for name in EXCEL if not (SHIPPED / name / "author.py").is_file()] == []


@pytest.mark.parametrize("name", EXCEL)
def test_samples_render_clean(name: str) -> None:
    """No tag left, no cell in error, no formula without its value, and the paper says what it is."""
    form = FORMS[name]
    for path in SAMPLES[name]:
        content = rendered(form, path)
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content))
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    assert not re.search(r"\{[{%#]|#(REF|VALUE|DIV|NAME|N/A)", str(cell.value or "")), cell.coordinate
                    written = formulas[sheet.title][cell.coordinate].value
                    assert cell.value is not None or not str(written or "").startswith("="), cell.coordinate
        properties = {found.name: found.value for found in book.custom_doc_props.props}
        assert properties["guidang.form"] == name
        assert properties["guidang.period"] == str(papers.period_of(form, read(path, form)))
        assert re.fullmatch(r"[0-9a-f]{64}", properties["guidang.digest"])
        assert book.properties.title == form.title


@pytest.mark.parametrize("name", EXCEL)
def test_a_blank_is_filled_and_rendered_back(name: str) -> None:
    """Each blank by `new`, filled with its own samples, read without a problem and rendered."""
    form = FORMS[name]
    rows = {
        table.key: [{column.key: _sample(column) for column in table.columns}] + [dict(row) for row in table.rows]
        for table in form.tables
    }
    for table in form.tables:
        for row in rows[table.key]:
            row.update({c.key: _sample(c) for c in table.columns if c.required and row.get(c.key) in (None, "")})
    fields = {field.key: _sample(field) or _made_up(field) for field in form.fields}
    reading = filled(form, rows, fields)
    content = render_form(form, reading, None)
    shown = {str(cell) for sheet in openpyxl.load_workbook(io.BytesIO(content)) for r in sheet.values for cell in r}
    for table in form.tables:
        for column in table.columns:
            if column.type == "text" and column.required and (value := reading.tables[table.key].rows[0][column.key]):
                assert value in shown, column.label


def _sample(column: Any) -> Any:
    value = column.sample
    if not value:
        return None
    kinds = {"date": date.fromisoformat, "integer": int, "money": Decimal, "number": Decimal}
    return kinds.get(column.type, str)(value)


def _made_up(field: Any) -> Any:
    if field.type == "date":
        return date(2026, 11, 2)
    return field.choices[0] if field.choices else "某人"


@pytest.mark.parametrize("name", EXCEL)
def test_the_committed_template_is_what_its_script_draws(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for part in ("form.toml", "author.py"):
        shutil.copyfile(SHIPPED / name / part, folder / part)
    run = subprocess.run(
        [sys.executable, folder / "author.py"],
        cwd=SHIPPED.parent,
        env=os.environ | {"PYTHONPATH": str(SHIPPED.parent), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (folder / "template.xlsx").read_bytes() == (SHIPPED / name / "template.xlsx").read_bytes()


def test_the_same_paper_is_the_same_bytes_and_another_cell_another_digest() -> None:
    path = SAMPLES["purchase-list"][0]
    assert rendered(FORMS["purchase-list"], path) == rendered(FORMS["purchase-list"], path)
    first = filled(FORMS["purchase-list"], {"items": [_item()]}, {"department": "特勤部"})
    other = filled(FORMS["purchase-list"], {"items": [_item(quantity=Decimal(4))]}, {"department": "特勤部"})
    assert carryover.digest(first, None) != carryover.digest(other, None)


def test_sample_papers_are_made_anew_byte_for_byte() -> None:
    for name, content in papers_excel.excel_papers().items():
        assert (generate.OFFICE / name).read_bytes() == content, name


# --- figures --------------------------------------------------------------------------------------------------


def _item(**changed: Any) -> dict[str, Any]:
    item = {"name": "铜闸阀", "unit": "只", "quantity": Decimal(3), "price": Decimal("32.50"), "use": "更换"}
    return item | changed


@pytest.mark.parametrize(
    ("lines_", "total", "words"),
    [
        ([("1", "1409.50")], "1409.50", "人民币壹仟肆佰零玖元伍角"),
        ([("1", "6007.14")], "6007.14", "人民币陆仟零柒元壹角肆分"),
        ([("1", "325.04")], "325.04", "人民币叁佰贰拾伍元零肆分"),
        ([("2", "8000.00"), ("1", "409.02")], "16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ([("1", "10")], "10", "人民币壹拾元整"),
        ([("2.5", "0.03"), ("2.5", "0.01")], "0.11", "人民币壹角壹分"),  # 0.075 and 0.025, each half up
    ],
)
def test_a_purchase_list_adds_up_in_figures_and_words(lines_: Any, total: str, words: str) -> None:
    """Quantity × price is a live formula rounded half up; the words are of the same sum."""
    items = [_item(name=f"物品{n}", quantity=Decimal(q), price=Decimal(p)) for n, (q, p) in enumerate(lines_)]
    content = render_form(
        FORMS["purchase-list"], filled(FORMS["purchase-list"], {"items": items}, {"department": "特勤部"}), None
    )
    assert line(content, "合计")[1] == pytest.approx(float(total), abs=1e-9)
    assert line(content, "合计金额（大写）")[1] == words
    live = [cell.value for row in sheet_of(content, values=False).iter_rows() for cell in row]
    assert any(re.fullmatch(r"=ROUND\(F\d+\*G\d+,2\)", str(value)) for value in live)
    assert any(re.fullmatch(r"=SUM\(H\d+:H\d+\)", str(value)) for value in live)


def test_a_budget_shows_change_and_rate_and_a_dash_where_there_was_nothing() -> None:
    content = rendered(FORMS["annual-budget"], SAMPLES["annual-budget"][0])
    fees = line(content, "物业费")
    assert fees[2:6] == [3960000, 3873600, 4080000, 206400]
    assert fees[6] == pytest.approx(206400 / 3873600)
    assert line(content, "不可预见")[6] == "—"
    income, cost, balance = (line(content, name) for name in ("收入合计", "支出合计", "结余（收入－支出）"))
    assert balance[3] == income[3] - cost[3] == 707000
    assert sum(line(content, "能耗", "分月预算")[2:14]) == line(content, "能耗", "分月预算")[14] == 615000


def test_final_accounts_print_their_day_and_that_they_are_estimates() -> None:
    """Gap G1: made on 20 December, eleven days before the year ends."""
    content = rendered(FORMS["final-accounts"], SAMPLES["final-accounts"][0])
    flat = " ".join(str(cell) for row in texts(content) for cell in row)
    assert "2025年度财务决算（预计）" in flat
    assert "数据截至：2025年12月20日" in flat
    assert "2025年12月20日以后为预计数" in flat
    gap = line(content, "物业费")
    assert gap[4] == pytest.approx(gap[3] - gap[2])
    assert gap[5] == pytest.approx(gap[3] / gap[2])


def test_an_adjusted_edition_says_so() -> None:
    form = FORMS["final-accounts"]
    accounts = [
        {"kind": kind, "subject": kind, "budget": Decimal(100), "actual": Decimal(99), "note": None}
        for kind in ("收入", "支出")
    ]
    head = {"edition": "调整", "as_of": date(2027, 12, 31), "prepared_on": date(2028, 1, 15)}
    reading = filled(form, {"accounts": accounts}, head)
    content = render_form(form, reading, None)
    assert "2027年度财务决算（调整）" in str(texts(content))
    assert "预计" not in str(texts(content))


def test_a_daily_check_prints_marks() -> None:
    path = next(path for path in SAMPLES["daily-check"] if "工程维修部 2026年10月23日" in path.name)
    content = rendered(FORMS["daily-check"], path)
    assert line(content, "管道、排水")[4] == "×"
    assert "未到期" in line(content, "管道、排水")
    assert line(content, "公共照明")[4] == "√"
    assert line(content, "卫生间")[4] == "—"


# --- what is refused ------------------------------------------------------------------------------------------


def _messages(form: str, tables: dict[str, list[dict[str, Any]]], fields: dict[str, Any]) -> str:
    with pytest.raises(DataError) as raised:
        filled(FORMS[form], tables, fields)
    return "\n".join(map(str, raised.value.problems))


def test_vague_purchases_are_refused_all_at_once() -> None:
    items = [
        _item(name="五金件一批"),
        _item(name="灯泡", unit="批"),
        _item(name="水管", amount=Decimal("1.00")),
        _item(name="阀门", urgency="紧急"),
        _item(name="胶", price=None, use=None),
    ]
    found = _messages("purchase-list", {"items": items}, {"department": None})
    for text in ("太笼统", "单位不具体", "不等于数量×单价", "没有填需求日期", "预估单价", "用途", "部门"):
        assert text in found


def test_a_failed_check_needs_person_measure_deadline_and_recheck() -> None:
    """Clause 3.5.2."""
    items = [{"area": "清洁", "item": "卫生间", "result": "不合格"}]
    items += [row | {"result": "合格"} for row in FORMS["daily-check"].tables[0].rows if row["item"] != "卫生间"]
    found = _messages(
        "daily-check", {"items": items}, {"department": "特勤部", "day": date(2026, 11, 2), "inspector": "甲"}
    )
    for text in ("没有写说明", "没有写责任人", "没有写整改措施", "没有写整改期限", "没有复查结果"):
        assert text in found


def test_statutory_maintenance_may_not_be_missing() -> None:
    form = FORMS["maintenance-plan"]
    rows = [{"name": "生活水泵", "task": "检查", "cycle": "季", "person": "甲", "m1": "○"}]
    with pytest.raises(DataError) as raised:
        filled(form, {"plan": rows}, {})
    found = "\n".join(map(str, raised.value.problems))
    for text in ("电梯半月保养", "电梯年度检验", "消防设施月检", "消防设施年度检测", "水箱半年清洗", "少于4个"):
        assert text in found


def test_an_unfinished_plan_item_needs_reason_measure_and_a_later_milestone() -> None:
    """Clause 3.2.2."""
    done = {"kind": "日常", "work": "巡查", "person": "甲", "ended": date(2026, 11, 20)}
    plan = [
        done | {"status": "延期"},
        done | {"work": "清洗", "status": "未完成", "milestone": date(2026, 11, 30), "reason": "雨", "measure": "补"},
    ]
    found = _messages("monthly-plan", {"plan": plan}, {"department": "特勤部"})
    for text in ("没有写未完成原因", "没有写跟进措施", "没有写完工时间节点", "不在本月之后"):
        assert text in found


def test_months_of_a_budget_have_to_add_up() -> None:
    accounts = [
        {"kind": kind, "subject": kind, "budget": Decimal(100), **{f"m{n}": Decimal(9) for n in range(1, 13)}}
        for kind in ("收入", "支出")
    ]
    assert "不等于12个月之和" in _messages("annual-budget", {"accounts": accounts}, {})


def test_a_paper_without_a_period_asks_for_one(tmp_path: Path) -> None:
    form = FORMS["purchase-list"]
    path = tmp_path / "清单.xlsx"
    path.write_bytes(new_workbook(form, carry={"items": [_item()]}, fields={"department": "特勤部"}))
    with pytest.raises(DataError, match="2026年10月"):
        render_form(form, read(path, form), None)
    assert render_form(form, read(path, form), None, period=Period.parse("2026-11"))
    assert guidang("render", "purchase-list", path, "--period", "2026-11", "-o", tmp_path / "好.xlsx").exit_code == 0


# --- carried over ---------------------------------------------------------------------------------------------


def test_unfinished_items_come_into_the_next_plan(office: Path) -> None:
    """Those of last month's plan and of last month's report, each once."""
    found = carried(Office.load(office), FORMS["monthly-plan"], Period.parse("2026-11"), "客户服务部")
    works = [row["work"] for row in found.rows["plan"]]
    assert works == ["10月物业费催缴", "往年欠费户律师函发放"]
    assert found.rows["plan"][0]["remark"].startswith("上月结转：")
    assert found.warnings == ()


def test_new_writes_one_blank_for_each_department_with_what_was_left(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office)
    shutil.rmtree(office / "papers" / "daily-check")
    (office / "papers" / "monthly-plan" / "月工作计划 客户服务部 2026年11月.xlsx").unlink()
    only = guidang("new", "monthly-plan", "--period", "2026-11", "--department", "客户服务部")
    assert only.exit_code == 0, only.output
    path = office / "papers" / "monthly-plan" / "月工作计划 客户服务部 2026年11月.xlsx"
    shown = [cell.value for row in openpyxl.load_workbook(path).worksheets[0].iter_rows() for cell in row]
    assert "客户服务部" in shown
    assert "10月物业费催缴" in shown
    every = guidang("new", "每日检查表", "--period", "2026-11-03", "-o", office / "新")
    assert every.exit_code == 0, every.output
    assert sorted(path.name for path in (office / "新").iterdir()) == [
        f"每日检查表 {name} 2026年11月3日.xlsx" for name in sorted(("客户服务部", "特勤部", "工程维修部", "保洁绿化部"))
    ]


def test_the_latest_daily_check_hands_on_its_items_and_open_faults() -> None:
    found = carried(OFFICE, FORMS["daily-check"], Period.parse("2026-10-26"), "工程维修部")
    rows = {row["item"]: row for row in found.rows["items"]}
    assert len(rows) == 15
    assert rows["管道、排水"]["deadline"] == date(2026, 10, 30)
    assert rows["消火栓、灭火器"]["failure"] is None


def test_a_year_hands_on_its_accounts_and_its_maintenance() -> None:
    budget = carried(OFFICE, FORMS["annual-budget"], Period.parse("2027")).rows["accounts"]
    assert {row["subject"]: row["last_budget"] for row in budget}["物业费"] == Decimal(4080000)
    final = carried(OFFICE, FORMS["final-accounts"], Period.parse("2026")).rows["accounts"]
    assert {row["subject"]: row["budget"] for row in final}["人工"] == Decimal(2680000)
    plan = carried(OFFICE, FORMS["maintenance-plan"], Period.parse("2027")).rows["plan"]
    assert {value for row in plan for key, value in row.items() if re.fullmatch(r"m\d+", key)} == {"○", None}


def test_a_department_report_begins_with_its_plans() -> None:
    """Gap G8: the plan of the 3rd is taken from the plan of the 25th."""
    rows = carried(OFFICE, FORMS["department-report"], Period.parse("2026-10"), "工程维修部").rows
    assert [row["work"] for row in rows["next_plan"]][:2] == ["1—14栋表前阀排查更换", "地下车库2区排水沟盖板更换"]
    assert {row["work"] for row in rows["done"]} == {"西区雨污管网疏通", "消防泵月度试运行", "公共照明时控调整"}
    assert "地下车库2区排水沟盖板更换" in {row["item"] for row in rows["unfinished"]}


def test_an_unreadable_earlier_paper_is_named_and_hands_on_nothing(office: Path) -> None:
    path = office / "papers" / "monthly-plan" / "月工作计划 特勤部 2026年10月.xlsx"
    path.write_bytes(b"nonsense")
    found = carried(Office.load(office), FORMS["monthly-plan"], Period.parse("2026-11"), "特勤部")
    assert [problem.where for problem in found.warnings] == [path.name]


def test_papers_among_the_registers_do_not_disturb_the_report(office: Path) -> None:
    source = office / "papers" / "monthly-plan" / "月工作计划 特勤部 2026年10月.xlsx"
    shutil.copyfile(source, office / "registers" / "2026-10" / "特勤十月.xlsx")
    loaded = Office.load(office)
    form, period = loaded.forms["monthly-plan"], Period.parse("2026-10")
    assert [path.name for path in filled_of(loaded, form, period)][-1] == "特勤十月.xlsx"
    assert [problem.where for problem in unread(loaded, period)] == ["特勤十月.xlsx"]


# --- the plan asked for twice ---------------------------------------------------------------------------------


def _plan_rows(*works: tuple[str, int]) -> Any:
    rows = [{"kind": "日常", "work": work, "person": "甲", "ended": date(2026, 11, day)} for work, day in works]
    return filled(FORMS["monthly-plan"], {"plan": rows}, {"department": "特勤部"}).tables["plan"].rows


def test_changes_between_the_two_plans_are_named() -> None:
    before, after = _plan_rows(("巡查", 10), ("清洗", 12)), _plan_rows(("巡 查", 15), ("演练", 20))
    table = FORMS["department-report"].table("next_plan")
    changes = carryover.plan_changes(before, after, table)
    assert [(change.kind, change.work) for change in changes] == [("取消", "清洗"), ("修改", "巡 查"), ("新增", "演练")]
    assert "完成：2026-11-10→2026-11-15" in changes[1].detail
    assert carryover.plan_changes(before, before, table) == []


def test_the_rendered_plan_flags_what_the_report_says_otherwise() -> None:
    path = next(path for path in SAMPLES["monthly-plan"] if "工程维修部 2026年11月" in path.name)
    flat = texts(rendered(FORMS["monthly-plan"], path))
    assert ["与11月3日部门工作报告所附计划的差异"] in flat
    assert [1, "修改", papers_excel.MOVED, "完成：2026-11-20→2026-11-27"] in flat
    other = next(path for path in SAMPLES["monthly-plan"] if "特勤部 2026年11月" in path.name)
    assert not any("差异" in str(row) for row in texts(rendered(FORMS["monthly-plan"], other)))


def test_the_report_reminds_of_a_changed_plan() -> None:
    path = next(OFFICE.folder.glob("registers/2026-10/部门工作报告-工程维修部*"))
    reading = read(path, FORMS["department-report"], period=Period.parse("2026-10"))
    (problem,) = plan_warnings(OFFICE, Period.parse("2026-10"), [reading])
    assert problem.code == "plan.changed"
    assert papers_excel.MOVED in problem.message


def test_both_names_of_the_plan_are_one_form() -> None:
    """Gap G7."""
    named = partial(form_named, known=FORMS)
    assert named("月度工作计划") is named("月工作计划") is named("JY-QM7.5.1-02")


# --- registers as they are printed ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.tables])
def test_every_register_can_be_printed_from_its_declaration(name: str) -> None:
    """Adding a form needs no template: headings, numbered empty rows, total, signers come from form.toml."""
    form = FORMS[name]
    template = ExcelTemplate.load(register_template(form), name=name)
    assert register_template(form) == register_template(form)
    rows = {table.key: [{c.key: None for c in table.columns}] for table in form.tables}
    context = {
        "form": {"id": name, "code": form.code, "title": form.title, "version": ""},
        "office": {"name": "甲", "company": "乙", "project": ""},
        "period": period_for(FORMS["monthly-plan"]),
        "meta": {"digest": "", "department": ""},
        **{field.key: None for field in form.fields},
    }
    for data in (rows, {key: [] for key in rows}):
        book = openpyxl.load_workbook(io.BytesIO(template.render(context | data)), data_only=True)
        assert book.sheetnames == [table.title for table in form.tables]
        for sheet, table in zip(book, form.tables, strict=True):
            shown = [str(cell) for row in sheet.values for cell in row if cell is not None]
            for column in table.columns:
                assert any(text.split("\n")[0] == column.title for text in shown), column.label
            assert ("合计" in shown) == bool(table.total)


def test_a_register_is_rendered_beside_its_workbook_and_never_onto_it(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office)
    path = office / "registers" / "2026-10" / "特约服务登记 2026年10月.xlsx"
    before = path.read_bytes()
    made = guidang("render", "services", path, "--force")
    assert made.exit_code == 0, made.output
    assert path.read_bytes() == before
    content = (path.parent / "特约服务登记 2026年10月（打印）.xlsx").read_bytes()
    reading = read(path, FORMS["services"])
    total = sum(row["amount"] for row in reading.tables["services"].rows)
    assert line(content, "合计")[1] == pytest.approx(float(total))
    onto = guidang("render", "services", path, "--force", "-o", path)
    assert onto.exit_code == cli.Exit.CONFLICT
    assert path.read_bytes() == before


# --- rows fit their text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("", 10, 1),
        ("十个字十个字十个字十", 20, 1),
        ("十个字十个字十个字十一", 20, 2),
        ("a\nb\nc", 20, 3),
        ("word " * 6, 12, 3),
        ("x" * 25, 10, 3),
    ],
)
def test_lines_of_a_text(text: str, room: float, expected: int) -> None:
    assert lines(text, room) == expected


def test_a_row_grows_for_its_text_and_no_row_shrinks() -> None:
    path = SAMPLES["annual-plan"][0]
    content = rendered(FORMS["annual-plan"], path)
    assert fitted(content) == content
    sheet = sheet_of(content)
    assert min(sheet.row_dimensions[n].height or 99 for n in range(1, sheet.max_row + 1)) >= 8
    book = openpyxl.Workbook()
    book.active["A1"] = "很长的一段话" * 20
    book.active["A1"].alignment = openpyxl.styles.Alignment(wrap_text=True)
    book.active.row_dimensions[1].height = 20
    book.save(stream := io.BytesIO())
    grown = sheet_of(fitted(stream.getvalue()))
    assert grown.row_dimensions[1].height > 200


def test_rows_are_high_enough_to_write_in() -> None:
    """Forms are filled by hand: 8 mm a row, 25 mm to sign, at the scale the sheet is printed in."""
    for name in EXCEL:
        sheet = openpyxl.load_workbook(SHIPPED / name / "template.xlsx").worksheets[0]
        room = {("9", "landscape"): 147, ("9", "portrait"): 99}[
            str(sheet.page_setup.paperSize), sheet.page_setup.orientation
        ]
        scale = min(1, room / sum(d.width for d in sheet.column_dimensions.values()))
        rows = {cell.row for row in sheet.iter_rows() for cell in row if "loop.index" in str(cell.value)}
        assert all(sheet.row_dimensions[row].height * scale >= 22.6 for row in rows), name
        assert sheet.row_dimensions[sheet.max_row].height * scale >= 70.8, name


# --- declarations ---------------------------------------------------------------------------------------------


def test_rows_a_form_begins_with_give_way_to_carried_ones() -> None:
    form = FORMS["annual-budget"]
    carry = {"accounts": [{"kind": "收入", "subject": "物业费", "last_budget": Decimal(5)}]}
    sheet = openpyxl.load_workbook(io.BytesIO(new_workbook(form, carry=carry))).worksheets[0]
    subjects = [cell.value for row in sheet.iter_rows() for cell in row if cell.value in ("物业费", "停车费")]
    assert subjects == ["物业费", "停车费"]


def test_a_row_that_must_be_there_may_also_be_a_reminder() -> None:
    form = FORMS["services"]
    table: Table = form.tables[0]
    must = Must(when="amount > 10 ** 9", message="没有大额", level="warning")
    reminding = form.model_copy(update={"tables": (table.model_copy(update={"must": (must,)}),)})
    path = OFFICE.folder / "registers" / "2026-10" / "特约服务登记 2026年10月.xlsx"
    assert "row.must" in {problem.code for problem in read(path, reminding).warnings}


# --- all of it ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Every sample of a one-page paper as PDF, all in one run: file → pages."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("printed")
    for name in ONE_PAGE:
        for path in SAMPLES[name]:
            (folder / path.name).write_bytes(rendered(FORMS[name], path))
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*words, *map(str, sorted(folder.glob("*.xlsx")))], check=True, capture_output=True, timeout=300)
    return {path.stem: len(re.findall(rb"/Type\s*/Page\b", path.read_bytes())) for path in folder.glob("*.pdf")}


def test_a_paper_of_one_page_is_one_page(printed: dict[str, int]) -> None:
    assert printed
    assert {name: pages for name, pages in printed.items() if pages != 1} == {}


def test_everything_renders_in_one_command(office: Path) -> None:
    """What `demo --all` does below the report, on an office with a broken paper: the others are made."""
    (office / "papers" / "purchase-list" / "坏的 2026年11月.xlsx").write_bytes(b"nonsense")
    made = render_all(Office.load(office), Period.parse("2026-10"))
    assert [problem.where.split()[0] for problem in made.problems] == ["坏的"]
    names = {path.name for path in made.papers}
    assert "月工作计划 工程维修部 2026年11月.xlsx" in names
    assert "年度预算 2026年.xlsx" in names
    assert "特约服务登记 2026年10月.xlsx" in names
    for path in made.papers:
        with zipfile.ZipFile(path) as package:
            assert package.testzip() is None
    again = render_all(Office.load(office), Period.parse("2026-10"))
    assert [path.read_bytes() for path in again.papers] == [path.read_bytes() for path in made.papers]


WRONG_DECLARATIONS = {
    '[[carry]]\ntable = "nosuch"': "there is no table 'nosuch'",
    '[[carry]]\ntable = "items"\ncolumns = { nosuch = "name" }': "there is no column 'nosuch'",
    '[[carry]]\ntable = "items"\nwhen = "name =="': "the expression cannot be read",
    '[[carry]]\ntable = "items"\nperiod = "someday"': "'someday' is not possible here",
    '[[tables.must]]\nwhen = "nosuch > 1"\nmessage = "x"': "there is no column 'nosuch'",
    '[[tables.must]]\nwhen = "name"\nlevel = "x"': "'message' is missing",
}


@pytest.mark.parametrize(("lines_", "message"), WRONG_DECLARATIONS.items())
def test_wrong_declarations_are_named_at_their_line(lines_: str, message: str) -> None:
    head = 'title = "甲"\n[[tables]]\nkey = "items"\ntitle = "乙"\nrows = [{ name = "a" }]\n'
    column = '[[tables.columns]]\nkey = "name"\ntitle = "名称"\n'
    with i18n.use("en"), pytest.raises(TemplateError) as raised:
        parse_form(f"{head}{column}{lines_}\n".encode(), "keys")
    assert message in str(raised.value)
    assert "keys/form.toml:" in str(raised.value)


def test_a_row_of_a_blank_with_an_unknown_column_is_refused() -> None:
    source = 'title = "甲"\n[[tables]]\nkey = "items"\ntitle = "乙"\nrows = [{ nosuch = "a" }]\n'
    with i18n.use("en"), pytest.raises(TemplateError, match="there is no column 'nosuch'"):
        parse_form(f'{source}[[tables.columns]]\nkey = "name"\ntitle = "名称"\n'.encode(), "keys")
