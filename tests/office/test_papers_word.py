"""The Word papers beside the monthly report: from a blank, through a clerk's hands, to a paper that can be signed."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from given.places import ROOT
from given.workbooks import filled_in, needs_libreoffice
from lxml import etree
from openpyxl import load_workbook

import cli
from docgen import WordTemplate
from docgen.errors import DataError
from docgen.registers.blank import new_workbook
from docgen.registers.reader import forms_named, read
from docgen.registers.reading import Reading
from docgen.word.check import defects
from foundation.period import Period
from office.office import Office, shipped_forms
from office.papers import paper as papers
from office.papers.printing import render_form

if TYPE_CHECKING:
    from pathlib import Path

    from docgen.forms.declaration import Form

TEMPLATES = ROOT / "templates"
OFFICE = ROOT / "samples" / "office"
FORMS = shipped_forms()
WORD = {
    "incident",
    "visit",
    "minutes",
    "training-record",
    "department-report",
    "annual-summary",
    "satisfaction-questionnaire",
    "satisfaction-report",
}
SAMPLES = [
    *sorted(path for name in WORD for path in (OFFICE / "papers" / name).glob("*.xlsx")),
    *sorted((OFFICE / "registers" / "2026-10").glob("部门工作报告*.xlsx")),  # papers that lie among the registers
]
LATIN_ALLOWED = {"QG", "FW", "TF", "HY", "APP", "D"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def name_of(path: Path) -> str:
    """The form's id: the folder's name below papers."""
    return path.parent.name if path.parent.parent.name == "papers" else "department-report"


def form_of(path: Path) -> Form:
    return FORMS[name_of(path)]


def input_of(form: Form) -> Form:
    return papers.input_form(form, FORMS)


def filled(path: Path) -> Reading:
    return read(path, input_of(form_of(path)))


def rendered(path: Path, office: Path | None = OFFICE) -> bytes:
    return render_form(form_of(path), filled(path), Office.load(office) if office else None)


def parts(blob: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def stories(blob: bytes) -> dict[str, str]:
    """The text of the body, headers and footers, cells separated by a bar."""
    found = {}
    for name, data in parts(blob).items():
        if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name):
            root = etree.fromstring(data)
            found[name] = "|".join("".join(t.text or "" for t in p.iter(W + "t")) for p in root.iter(W + "p"))
    return found


def text_of(blob: bytes) -> str:
    return stories(blob)["word/document.xml"]


def custom(blob: bytes) -> dict[str, str]:
    root = etree.fromstring(parts(blob)["docProps/custom.xml"])
    return {str(one.get("name")): "".join(one.itertext()) for one in root}


def made(tmp_path: Path, form: Form, fields: dict[str, Any], **tables: list[dict[str, Any]]) -> Reading:
    path = tmp_path / "x.xlsx"
    path.write_bytes(new_workbook(form, period=None, carry=tables, fields=fields))
    return read(path, form)


@pytest.fixture(scope="module")
def papers_made() -> dict[Path, bytes]:
    return {path: rendered(path) for path in SAMPLES}


# --- samples --------------------------------------------------------------------------------------------------


def test_every_word_paper_has_sample_inputs() -> None:
    """One filled workbook at least for each form, and no form with a Word template is forgotten."""
    assert {name_of(path) for path in SAMPLES} == WORD
    assert {name for name, form in FORMS.items() if form.template.endswith(".docx")} == WORD | {"monthly-report"}


def test_samples_are_filled_without_a_reminder() -> None:
    """The invented centre's clerks know the rules."""
    assert [str(warning) for path in SAMPLES for warning in filled(path).warnings] == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_becomes_a_sound_paper(path: Path, papers_made: dict[Path, bytes]) -> None:
    """No defect, no tag left, no word that is not Chinese, the same bytes again."""
    blob = papers_made[path]
    assert list(defects(blob)) == []
    assert not [name for name, data in parts(blob).items() if b"{{" in data or b"{%" in data]
    for text in stories(blob).values():
        assert set(re.findall(r"[A-Za-z]+", text)) <= LATIN_ALLOWED | {"A"}
    assert rendered(path) == blob


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_paper_says_of_itself_what_it_is(path: Path, papers_made: dict[Path, bytes]) -> None:
    """Form, code, period, whose it is and the digest of its data, for whoever files it later."""
    form, reading, said = form_of(path), filled(path), custom(papers_made[path])
    assert said["guidang.form"] == form.id
    assert said["guidang.code"] == form.code
    assert said["guidang.title"] == form.title
    assert said["guidang.period"] == str(papers.period_of(form, reading))
    assert said["guidang.department"] == (reading.fields.get("department") or form.department or "云汐苑服务中心")
    assert re.fullmatch("[0-9a-f]{64}", said["guidang.digest"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_page_names_code_and_pages_and_ends_with_room_to_sign(path: Path, papers_made: dict[Path, bytes]) -> None:
    """Header with the version and the code where the procedure gives one; page x of y; a place to sign by hand."""
    found, form = stories(papers_made[path]), form_of(path)
    header = " ".join(text for name, text in found.items() if "header" in name)
    footer = " ".join(text for name, text in found.items() if "footer" in name)
    assert "云汐苑服务中心" in header
    assert "版本：A/0" in header
    assert ("标识：" + form.code in header) if form.code else ("标识" not in header)
    assert re.search(r"第 ?\d+ ?页 ?共 ?\d+ ?页", footer)
    assert re.search("签名|签字", found["word/document.xml"])


def test_another_word_in_the_data_is_another_digest(tmp_path: Path) -> None:
    """The digest is of the data: the same paper about something else has another one."""
    path = next(path for path in SAMPLES if name_of(path) == "visit")
    reading = filled(path)
    fields = {**reading.fields, "content": reading.fields["content"] + "。"}
    other = made(tmp_path, FORMS["visit"], fields)
    assert (
        custom(render_form(FORMS["visit"], other, Office.load(OFFICE)))["guidang.digest"]
        != custom(rendered(path))["guidang.digest"]
    )


def test_the_names_of_documents_follow_the_forms_patterns() -> None:
    """What a folder of papers looks like."""
    names = {papers.file_name(form_of(path), filled(path)) for path in SAMPLES}
    assert len(names) == len(SAMPLES)
    assert {
        "QG-FW-04-01 突发事件处理记录表 2026年10月18日 41栋2单元电梯困人.docx",
        "会议纪要 2026年10月19日 10月第3次主管周例会.docx",
        "培训记录 2026年10月13日 特勤部 秩序维护员岗前培训.docx",
        "部门工作报告 工程维修部 2026年10月.docx",
        "年度工作总结 2026年.docx",
        "客户满意度调查问卷 2026年下半年.docx",
        "客户满意度调查报告 2026年下半年.docx",
    } <= names


@needs_libreoffice
def test_what_is_one_page_on_paper_is_one_page(papers_made: dict[Path, bytes], tmp_path: Path) -> None:
    """Visits, training, the questionnaire and an incident (with its page of photos) as LibreOffice lays them out."""
    for path, blob in papers_made.items():
        (tmp_path / f"{path.stem}.docx").write_bytes(blob)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    documents = [str(one) for one in sorted(tmp_path.glob("*.docx"))]
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *documents]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    counts = {
        path: len(re.findall(rb"/Type\s*/Page\b", (tmp_path / f"{path.stem}.pdf").read_bytes())) for path in SAMPLES
    }
    single = {"visit", "training-record", "questionnaire", "satisfaction-questionnaire", "incident"}
    for path, pages in counts.items():
        photos = filled(path).fields.get("photos") if name_of(path) == "incident" else 0
        if name_of(path) in single:
            assert pages == 1 + -(-(photos or 0) // 4), path.name
        else:
            assert (
                pages
                <= {"minutes": 2, "department-report": 3, "annual-summary": 6, "satisfaction-report": 3}[name_of(path)]
            ), path.name


# --- templates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WORD))
def test_the_authoring_script_writes_the_committed_template(name: str, tmp_path: Path) -> None:
    """Byte for byte as far as its parts go, whatever the hash seed: another zlib may pack them differently."""
    made_by = []
    for seed in ("1", "4242"):
        target = tmp_path / f"{seed}.docx"
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, str(TEMPLATES / name / "author.py"), str(target)], check=True, env=environ)
        made_by.append(target.read_bytes())
    assert made_by[0] == made_by[1]
    assert parts(made_by[0]) == parts((TEMPLATES / name / "template.docx").read_bytes())


@pytest.mark.parametrize("name", sorted(WORD))
def test_tables_hold_in_wps(name: str) -> None:
    """Fixed layout, a width in dxa on the table, every column and every cell; rows unbroken; fonts named in Chinese."""
    found = parts((TEMPLATES / name / "template.docx").read_bytes())
    body = etree.fromstring(found["word/document.xml"])
    for table in body.iter(W + "tbl"):
        assert table.find(f"{W}tblPr/{W}tblLayout").get(W + "type") == "fixed"
        assert table.find(f"{W}tblPr/{W}tblW").get(W + "type") == "dxa"
        widths = [int(column.get(W + "w")) for column in table.find(W + "tblGrid")]
        for row in table.iter(W + "tr"):
            assert row.find(f"{W}trPr/{W}cantSplit") is not None
            cells = row.findall(W + "tc")
            assert sum(int(cell.find(f"{W}tcPr/{W}tcW").get(W + "w")) for cell in cells) == sum(widths)
    for fonts in etree.fromstring(found["word/styles.xml"]).iter(W + "rFonts"):
        assert fonts.get(W + "eastAsia") in {"宋体", "黑体", "仿宋", "楷体"}
    assert not [part for part in found if "theme" in part]


@pytest.mark.parametrize("name", sorted(WORD))
def test_a_template_asks_for_nothing_its_form_does_not_give(name: str) -> None:
    """Head fields, tables and what surrounds every paper; loops name their own."""
    form = input_of(FORMS[name])
    given = {field.key for field in form.fields} | {table.key for table in form.tables}
    around = {"form", "office", "department", "departments", "supervisors", "people", "period", "meta"}
    around |= {"figures", "breakdowns", "lists", "objectives", "range"}
    needed = {re.split(r"[.\[]", path)[0] for path in WordTemplate.load(TEMPLATES / name / "template.docx").needs()}
    assert needed <= given | around


@pytest.mark.parametrize("name", sorted(WORD))
def test_whatever_is_filled_in_is_printed(name: str) -> None:
    """No head field and no column of a form is left off its paper; the survey's own percentages are computed anew."""
    form = input_of(FORMS[name])
    needed = " ".join(WordTemplate.load(TEMPLATES / name / "template.docx").needs())
    said = parts((TEMPLATES / name / "template.docx").read_bytes())["word/document.xml"].decode()
    fields = [field.key for field in form.fields if field.key != "half"]
    assert [key for key in fields if key not in needed] == []
    columns = {
        f"{table.key}.{column.key}"
        for table in form.tables
        for column in table.columns
        if column.key not in {"seq", "item", "return_rate", "rate", "score"} or name != "satisfaction-report"
    }
    printed = {path for path in columns if re.search(rf"\.{path.split('.')[1]}\b|'{path.split('.')[1]}'", said)}
    assert columns - printed <= {path for path in columns if path.endswith(".seq")}


# --- blanks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WORD))
def test_a_blank_filled_by_hand_becomes_a_paper(name: str, tmp_path: Path) -> None:
    """guidang new → one of each sample typed in → guidang render: what was typed is on the paper."""
    form = FORMS[name]
    source = input_of(form)
    period = None if source.period == "none" else Period.of(source.period, date(2026, 10, 18))
    (tmp_path / "x.xlsx").write_bytes(filled_in(source, new_workbook(source, period=period)))
    reading = read(tmp_path / "x.xlsx", source)
    blob = render_form(form, reading, Office.load(OFFICE))
    assert list(defects(blob)) == []
    text = "".join(stories(blob).values())
    printed = [
        field.sample for field in source.fields if field.type == "text" and field.key not in {"half", "prepared_by"}
    ]
    printed += [
        column.sample
        for table in source.tables
        for column in table.columns
        if column.type == "text" and column.required
    ]
    split = {"house_types"}  # printed as boxes to tick
    samples = {field.sample for field in source.fields if field.key in split}
    assert [sample for sample in printed if sample and sample not in samples and sample not in text] == []


@pytest.mark.parametrize("name", sorted(WORD - {"satisfaction-report"}))
def test_what_is_missing_is_said_all_at_once_with_its_cell(name: str, tmp_path: Path) -> None:
    """A blank handed in as it is: every required field of the head, and tables that may not be empty."""
    form = FORMS[name]
    (tmp_path / "x.xlsx").write_bytes(new_workbook(form))
    with pytest.raises(DataError) as caught:
        read(tmp_path / "x.xlsx", form)
    required = [field for field in form.fields if field.required]
    missing = [problem for problem in caught.value.problems if problem.code == "cell.required"]
    assert len(missing) == len(required)
    assert all(re.search(r"!B\d+$|!C\d+$", problem.where) for problem in missing)
    assert all(any(f"“{field.title}”" in problem.message for problem in missing) for field in required)
    musts = sum(len(table.must) for table in form.tables if not table.rows)
    assert len([problem for problem in caught.value.problems if problem.code == "row.must"]) == musts


def test_head_fields_in_sections_have_a_sheet_of_their_own() -> None:
    """One line a field, sections between them, room for long texts; the tables follow on theirs."""
    book = load_workbook(io.BytesIO(new_workbook(FORMS["incident"], period=Period.parse("2026-10-18"))))
    assert book.sheetnames[:3] == ["突发事件处理记录表", "处理经过", "填写说明"]
    sheet = book.worksheets[0]
    labels = {str(cell.value): cell.row for cell in sheet["A"] if cell.value}
    assert "一、基本情况" in labels
    assert labels["编号"] == labels["一、基本情况"] + 1
    assert sheet.row_dimensions[labels["处理结果"]].height >= 45
    assert sheet.page_setup.orientation == "portrait"


def test_a_text_over_several_lines_stays_so(tmp_path: Path) -> None:
    """Alt+Enter in a cell is a line break on the paper; the summary makes paragraphs of it."""
    path = next(path for path in SAMPLES if name_of(path) == "training-record" and "楼道保洁标准" in path.name)
    blob = rendered(path)
    assert "1. 扫拖顺序。" in text_of(blob)
    assert parts(blob)["word/document.xml"].count(b"<w:br/>") >= 2


# --- rules over head fields -----------------------------------------------------------------------------------

INCIDENT = next(path for path in SAMPLES if name_of(path) == "incident" and "困人" in path.name)


def incident(tmp_path: Path, **changed: Any) -> Reading:
    reading = filled(INCIDENT)
    steps = [dict(row) for row in reading.tables["timeline"].rows]
    return made(tmp_path, FORMS["incident"], {**reading.fields, **changed}, timeline=steps)


def test_an_incident_recorded_after_a_day_is_warned_about_and_printed_so(tmp_path: Path) -> None:
    """Gap G19: the time of the record beside the time of the event; late is a reminder, not an error."""
    occurred = filled(INCIDENT).fields["occurred"]
    late = incident(tmp_path, recorded=occurred + timedelta(hours=24, minutes=1))
    (warning,) = late.warnings
    assert warning.code == "row.check"
    assert re.search(r"突发事件处理记录表!B\d+$", warning.where)
    assert "事发后24.0小时，超过24小时：未说明" in text_of(render_form(FORMS["incident"], late, Office.load(OFFICE)))
    assert not incident(tmp_path, recorded=occurred + timedelta(hours=24)).warnings
    assert not incident(tmp_path, recorded=occurred + timedelta(hours=30), late_reason="夜班补填").warnings


def test_times_of_an_incident_that_cannot_be_are_all_named(tmp_path: Path) -> None:
    """Reported, arrived, recorded and closed before it happened: four problems, each at its own cell."""
    before = datetime(2026, 10, 18, 19, 0)
    with pytest.raises(DataError) as caught:
        incident(tmp_path, reported=before, arrived=before, recorded=before, closed=before)
    assert [problem.code for problem in caught.value.problems] == ["row.check"] * 4
    assert len({problem.where for problem in caught.value.problems}) == 4


def test_a_rule_over_a_value_that_could_not_be_read_is_not_asked(tmp_path: Path) -> None:
    """One fault is told once: a time that is none breaks no rule about times."""
    form = FORMS["incident"]
    reading = filled(INCIDENT)
    steps = [dict(row) for row in reading.tables["timeline"].rows]
    book = load_workbook(io.BytesIO(new_workbook(form, carry={"timeline": steps}, fields=dict(reading.fields))))
    row = next(cell.row for cell in book.worksheets[0]["A"] if cell.value == "接报时间")
    book.worksheets[0][f"B{row}"] = "晚上"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "x.xlsx", form)
    (problem,) = caught.value.problems
    assert problem.where.endswith(f"!B{row}")


def test_a_visit_without_appointment_is_a_reminder(tmp_path: Path) -> None:
    """Clause 3.6.1: first the appointment, then the visit."""
    path = next(path for path in SAMPLES if name_of(path) == "visit")
    fields = {**filled(path).fields, "appointed": False, "appointed_at": None}
    (warning,) = made(tmp_path, FORMS["visit"], fields).warnings
    assert "没有预约" in warning.message


def test_nobody_is_on_duty_before_having_passed(tmp_path: Path) -> None:
    """Clause 3.4.1: pre-job training must be passed before duty."""
    path = next(path for path in SAMPLES if name_of(path) == "training-record" and "岗前" in path.name)
    reading = filled(path)
    people = [{**row, "passed": False} for row in reading.tables["people"].rows]
    with pytest.raises(DataError) as caught:
        made(tmp_path, FORMS["training-record"], dict(reading.fields), people=people)
    assert "没有合格而有上岗日期" in caught.value.problems[0].message


# --- what the papers say --------------------------------------------------------------------------------------


def paper(name: str, word: str = "") -> str:
    return text_of(rendered(next(path for path in SAMPLES if name_of(path) == name and word in path.name)))


def test_an_incident_is_told_step_by_step_with_boxes_ticked() -> None:
    """G19 and the schedule: hours after the event, level and help ticked, how long it is kept."""
    text = paper("incident", "困人")
    assert "19:44|监控中心 易林|" in text
    assert "■一般" in text
    assert "□重大" in text
    assert "■电梯维保" in text
    assert "□110" in text
    assert "事发后13.5小时）" in text
    assert "保存期限3年，期满须报批后方可销毁。" in text
    assert "附页　现场照片" in text


def test_without_an_office_no_period_of_keeping_is_claimed() -> None:
    """What the schedule does not say is not printed."""
    assert "保存期限" not in text_of(rendered(INCIDENT, None))
    visit = next(path for path in SAMPLES if name_of(path) == "visit")
    assert "保存期限" not in text_of(rendered(visit))
    assert Office.load(OFFICE).kept(FORMS["incident"]) == "3年"
    assert Office.load(OFFICE).kept(FORMS["visit"]) == ""


def test_the_weekly_meeting_has_the_departments_and_others_do_not() -> None:
    """Weekly parts (3.4.2): last week, this week, to coordinate; the chapters count on without them."""
    weekly, owners = paper("minutes", "周例会"), paper("minutes", "业主代表")
    assert "一、部门汇报" in weekly
    assert "三、行动事项" in weekly
    assert "部门汇报" not in owners
    assert "一、议题与决议" in owners
    assert "二、行动事项" in owners


def test_training_counts_come_from_the_sign_in_sheet() -> None:
    """应到, 实到, 合格 are counted; who was away is named so, and an odd last row leaves its half empty."""
    text = paper("training-record", "楼道保洁标准")
    assert "13人／12人" in text
    assert "12人／12人" in text
    assert "缺席（公休）" in text
    assert "13人／14人" in paper("training-record", "队列")
    assert "1人／1人" in paper("training-record", "岗前")


def test_the_summary_says_what_is_estimated_and_judges_by_the_year() -> None:
    """Gap G2: January to November as it was, December as expected, each labelled; the verdicts and the balance."""
    text = paper("annual-summary")
    assert "预计稿：1—11月为实际数（截至2026年11月30日），12月为预计数" in text
    assert "本年考核目标12项，按全年预计达标8项，未达标4项。" in text
    assert "|★未达标|" in text
    assert "收入合计|5,690,000.00|5,200,500.00|476,700.00|5,677,200.00|-12,800.00" in text
    assert "结余（收入减支出）|707,000.00|701,500.00|65,000.00|766,500.00|59,500.00" in text


def test_an_objective_without_data_is_not_judged(tmp_path: Path) -> None:
    """No figure for the year is 无数据, equality meets a target, a figure merely listed has no verdict."""
    path = next(path for path in SAMPLES if name_of(path) == "annual-summary")
    goal = {"clause": "2.1", "comparison": "不低于", "target": Decimal(97), "unit": "%"}
    goals = [
        {**goal, "objective": "甲"},
        {**goal, "objective": "乙", "year": Decimal(97)},
        {**goal, "objective": "丙", "year": Decimal("96.99")},
        {"objective": "丁", "comparison": "列示", "year": Decimal(5)},
    ]
    reading = made(tmp_path, FORMS["annual-summary"], dict(filled(path).fields), objectives=goals)
    text = text_of(render_form(FORMS["annual-summary"], reading, Office.load(OFFICE)))
    verdicts = dict(re.findall(r"\|([甲乙丙丁])\|.*?\|(★?未达标|达标|无数据|—)\|(?=\||\d\|)", text))
    assert "考核目标3项，按全年预计达标1项，未达标1项，无数据1项" in text
    assert verdicts.get("甲", "无数据") == "无数据"


def test_the_survey_report_leaves_unanswered_items_out_and_says_so() -> None:
    """The index is the one of the monthly report; 未评 is printed and not in the denominator."""
    key = json.loads((OFFICE / "expected.json").read_text(encoding="utf-8"))["2026-10"]["satisfaction"]
    text = paper("satisfaction-report")
    assert f"顾客满意度{key['index']}" in text
    assert "未评（未作答）的不计入分母" in text
    assert "客服|360|348|96.67%|182|131|25|5|1|4|98.26%|88.37" in text  # (182+131+25) / 344
    assert "各项合计|—|—|—|1,377|1,010|283|63|17|34|97.09%|86.67" in text


def test_the_survey_report_is_made_from_the_register() -> None:
    """Nothing is typed twice: the register of the month's report gives it, without opinions where it has none."""
    register = OFFICE / "registers" / "2026-10" / "满意度调查结果 2026年下半年.xlsx"
    blob = render_form(FORMS["satisfaction-report"], read(register, FORMS["satisfaction"]), Office.load(OFFICE))
    text = text_of(blob)
    assert "86.67" in text
    assert "没有集中的意见。" in text
    assert custom(blob)["guidang.period"] == "2026-H2"


def test_the_questionnaire_has_a_box_for_every_word_and_question() -> None:
    """Five words to choose from, those of the results; the questions every blank begins with."""
    text = paper("satisfaction-questionnaire")
    assert text.count("|□") >= 13 * 5
    assert "13. 对服务中心的总体评价" in text
    assert "未作答的题目统计时不计入分母" in text


def test_a_department_report_in_the_clerks_own_hand_is_printed() -> None:
    """The register a department filled in its own way, its month taken from the file's name."""
    form = FORMS["department-report"]
    path = OFFICE / "registers" / "2026-10" / "部门工作报告-保洁绿化部-2026年10月.xlsx"
    blob = render_form(form, read(path, form), Office.load(OFFICE))
    assert custom(blob)["guidang.period"] == "2026-10"
    assert "报告期：2026年10月" in text_of(blob)


def test_the_summary_and_the_budget_agree() -> None:
    """The year's budget is one: what the budget plans is what the summary compares with."""
    budget = read(next((OFFICE / "papers" / "annual-budget").glob("*.xlsx")), FORMS["annual-budget"])
    summary = filled(next(path for path in SAMPLES if name_of(path) == "annual-summary"))
    planned = {row["subject"]: row["budget"] for row in budget.tables["accounts"].rows}
    assert {row["item"]: row["budget"] for row in summary.tables["finance"].rows} == planned


# --- commands -------------------------------------------------------------------------------------------------


def run(*words: str) -> Any:
    return CliRunner().invoke(cli.program, [*words, "--office", str(OFFICE), "--lang", "en"])


def test_the_report_is_rendered_by_the_command_and_has_no_blank_of_its_own(tmp_path: Path) -> None:
    """guidang render satisfaction-report takes the register; guidang new says which form to filled_in in."""
    source = next(path for path in SAMPLES if name_of(path) == "satisfaction-report")
    done = run("render", "satisfaction-report", str(source), "-o", str(tmp_path / "r.docx"))
    assert done.exit_code == cli.Exit.DONE, done.output
    assert (tmp_path / "r.docx").read_bytes() == rendered(source)
    refused = run("new", "satisfaction-report", "-o", str(tmp_path))
    assert refused.exit_code == cli.Exit.USAGE
    assert "满意度调查结果" in refused.output


def test_a_form_of_fields_only_has_a_blank(tmp_path: Path) -> None:
    """The visit has no table."""
    done = run("new", "visit", "--period", "2026-10-18", "-o", str(tmp_path))
    assert done.exit_code == cli.Exit.DONE, done.output
    assert [path.suffix for path in tmp_path.iterdir()] == [".xlsx"]


def test_a_title_wins_over_another_forms_alias() -> None:
    """客户拜访记录 is the paper, though the register is called so too."""
    found = json.loads(run("forms", "客户拜访记录", "--json").output)
    assert found["id"] == "visit"


def test_a_blank_guesses_no_hour(tmp_path: Path) -> None:
    """The day a blank is made for is known, the time of the event is not: the cell stays empty."""
    run("new", "incident", "--period", "2026-10-18", "-o", str(tmp_path))
    (made_file,) = tmp_path.iterdir()
    sheet = load_workbook(made_file).worksheets[0]
    assert next(row[1].value for row in sheet.iter_rows() if row[0].value == "发生时间") is None


@pytest.mark.parametrize("name", ["10月培训记录表.xlsx", "客户拜访记录2026.10.xlsx", "满意度调查 2026年下半年.xlsx"])
def test_a_register_keeps_the_names_it_had(name: str) -> None:
    """A month's register called like the paper of one case is still read for the report."""
    office = Office.load(OFFICE)
    sources = {form_id: office.forms[form_id] for form_id in office.forms["monthly-report"].sources}
    named = forms_named(name, office.forms.values())
    assert any(form.id in sources for form in named)


@pytest.mark.parametrize("name", sorted(WORD))
def test_a_paper_with_nothing_but_what_is_required_is_sound_without_an_office(name: str, tmp_path: Path) -> None:
    """Everything optional left empty, in a folder that is no office: still a paper, with room to write."""
    form = input_of(FORMS[name])
    needed = {"target", "unanswered"}  # by the rules of their rows
    fields = {
        field.key: field.sample or "".join(field.choices[:1]) or "2026-10-15" for field in form.fields if field.required
    }
    rows = {
        table.key: [{c.key: c.sample for c in table.columns if c.required or c.key in needed}] for table in form.tables
    }
    path = tmp_path / "x.xlsx"
    path.write_bytes(
        new_workbook(form, period=Period.of(FORMS[name].period, date(2026, 10, 18)), carry=rows, fields=fields)
    )
    blob = render_form(FORMS[name], read(path, form), None)
    assert list(defects(blob)) == []
    assert "None" not in "".join(stories(blob).values())
