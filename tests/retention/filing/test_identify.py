"""What a file is: by its properties, name, text and folder; and a person where that is not sure."""

from __future__ import annotations

import csv
import io
import time
from functools import lru_cache

import openpyxl
import pytest
from given.places import ROOT
from given.shares import sample_catalogue
from hypothesis import given
from hypothesis import strategies as st

from docgen.forms.loading import load_forms
from docgen.registers.blank import new_workbook
from foundation import language as i18n
from foundation.period import Period
from foundation.temporary_files import left_alone
from retention.filing.first_lines import NOTHING, peek
from retention.filing.identify import Confidence, Document, Standing, identify, repeated
from samples.making import centre, share

REPORT, INCIDENT, PLAN = share.REPORT, share.INCIDENT, share.PLAN


def found(path: str, text: str = "", **properties: str):
    named = {f"guidang.{name}": value for name, value in properties.items()}
    with i18n.use("en"):
        return identify(sample_catalogue(), Document(path, named, text))


# --- the share -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def the_share():
    files = share.files()
    peeks = [peek(file.content) for file in files]
    documents = [Document(file.path, one.properties, one.text) for file, one in zip(files, peeks, strict=True)]
    sample_catalogue()
    started = time.process_time()
    answers = [identify(sample_catalogue(), document) for document in documents]
    return files, answers, (time.process_time() - started) / len(files)


def test_the_committed_key_is_that_of_the_generator() -> None:
    """`python -m samples.making.share` mends this."""
    assert share.KEY.read_text(encoding="utf-8") == share.key(share.files())


def test_no_file_of_the_share_is_given_a_wrong_class_period_or_department() -> None:
    rows = list(csv.DictReader(share.KEY.read_text(encoding="utf-8").splitlines()))
    files, answers, _seconds = the_share()
    assert len(rows) == len(files) > 1900
    wrong = [
        (row["path"], answer)
        for row, answer in zip(rows, answers, strict=True)
        if answer.standing is Standing.RECORD
        and (row["standing"], row["class"], row["period"], row["department"])
        != ("record", answer.kind, str(answer.period), answer.department)
    ]
    assert wrong == []


def test_every_file_that_says_clearly_what_it_is_is_classified() -> None:
    files, answers, _seconds = the_share()
    assert [
        (file.path, answer.reasons)
        for file, answer in zip(files, answers, strict=True)
        if file.clear and answer.standing is not Standing.RECORD
    ] == []


def test_templates_drafts_and_passing_files_of_the_share_are_no_records() -> None:
    files, answers, _seconds = the_share()
    expected = {"template": Standing.TEMPLATE, "draft": Standing.DRAFT, "passing": Standing.LEFT_ALONE}
    for file, answer in zip(files, answers, strict=True):
        assert (answer.standing is expected.get(file.standing)) == (file.standing in expected), file.path


def test_whatever_is_not_decided_says_why() -> None:
    _files, answers, _seconds = the_share()
    assert all(answer.reasons for answer in answers)


def test_two_files_for_one_period_are_reported_and_none_is_chosen() -> None:
    files, answers, _seconds = the_share()
    groups = repeated(sample_catalogue(), {file.path: answer for file, answer in zip(files, answers, strict=True)})
    reports = [group for group in groups if group.kind == REPORT]
    assert reports
    assert all(len(group.paths) > 1 for group in reports)
    assert any("签字版扫描" in path for group in reports for path in group.paths)


# --- single names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "period", "department"),
    [
        ("QG-FW-01-01 物业管理月度工作报告 2026年10月.docx", REPORT, "2026-10", ""),
        ("JY-QM7.5.1-02 工程维修部月工作计划(2026年11月).xlsx", PLAN, "2026-11", "工程维修部"),
        ("突发事件处理记录表-20261018-3栋电梯困人.docx", INCIDENT, "2026-10-18", ""),
        ("2026.10月报-终稿(2).docx", REPORT, "2026-10", ""),
        ("2026年十月月报 - 副本.docx", REPORT, "2026-10", ""),
        ("QG—FW—01—01 2026年9月.docx", REPORT, "2026-09", ""),
        ("QG_FW_01_01_202609", REPORT, "2026-09", ""),
        ("qgfw0101 202609.pdf", REPORT, "2026-09", ""),
        ("JY_QM7_5_1_02 特勤部 202612.xlsx", PLAN, "2026-12", "特勤部"),
        ("《物业管理月度工作报告》（2026年8月）.docx", REPORT, "2026-08", ""),
        ("〈〈月度工作计划〉〉2026年8月 客服部.xlsx", PLAN, "2026-08", "客户服务部"),
        ("<<月度工作计划>>2026年8月", PLAN, "2026-08", ""),
        ("2026年/工程部月报 10月.docx", "部门工作报告", "2026-10", "工程维修部"),
        ("2026/10月份工作计划-保洁.xlsx", PLAN, "2026-10", "保洁绿化部"),
        ("2026年/报修登记1-3月.xlsx", "报修登记", "2026-01-01/2026-03-31", ""),
        ("报修台帐2026年第三季度.xlsx", "报修登记", "2026-07-01/2026-09-30", ""),
        ("２０２６年１０月　物业管理月度工作报告（签字版扫描）.pdf", REPORT, "2026-10", ""),
        ("2027年度工作计划.docx", "年度工作计划", "2027", ""),
        ("QG-FW-01-01 物业管理月度工作报告/2026年/10月.docx", REPORT, "2026-10", ""),
    ],
)
def test_a_name_says_what_it_is(path: str, kind: str, period: str, department: str) -> None:
    answer = found(path)
    assert (answer.standing, answer.kind, str(answer.period)) == (Standing.RECORD, kind, period), answer.reasons
    assert answer.department == department


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("10月份月报.docx", "no period"),
        ("2026年/月报10.docx", "no period"),
        ("2023年/12月/1月工作计划.xlsx", "no period"),
        ("2026年10月/3月月报.docx", "no period"),
        ("2025-2026年/10月月报.docx", "no period"),
        ("物业管理月度工作报告 20261106.docx", "no period"),
        ("月报 2026年.docx", "no period"),
        ("2026年9月、10月报修登记.xlsx", "not certain"),
        ("2026年10月第3周月报.docx", "not certain"),
        ("2026/10月份月报（最终版）改.doc", "改"),
        ("2026年10月月报（作废）.docx", "作废"),
        ("2026年/旧/2026年10月月报.docx", "旧"),
        ("2026/11月计划+采购（总经办退回修改）.xlsx", "several papers"),
        ("2026年10月月报催办通知.docx", "催办通知"),
        ("2026年10月报表.xlsx", "表"),
        ("2026年10月月报 电梯维保.docx", "电梯维保"),
        ("QG-FW-04-01 物业管理月度工作报告 2026年10月.docx", "several classes"),
        ("QG-FW-01-02 物业管理月度工作报告 2026年10月.docx", "QG-FW-01-02"),
        ("客服部、工程部月工作计划 2026年10月.xlsx", "several departments"),
        ("QG-FW-01-01 水泵房跳闸经过 2026年10月.pdf", "水泵房跳闸经过"),
        ("扫描件_20261103_0001.pdf", "nothing names a class"),
        ("新建 Microsoft Word 文档.docx", "nothing names a class"),
    ],
)
def test_what_is_not_sure_is_for_a_person(path: str, reason: str) -> None:
    answer = found(path)
    assert answer.standing is Standing.UNCLASSIFIED
    assert answer.confidence is Confidence.UNSURE
    assert reason in "; ".join(answer.reasons)


@pytest.mark.parametrize("word", ["模板", "空表", "样表", "范本"])
def test_templates_and_blanks_are_no_records(word: str) -> None:
    assert found(f"物业管理月度工作报告{word}.docx").standing is Standing.TEMPLATE
    assert found(f"{word}/物业管理月度工作报告.docx").standing is Standing.TEMPLATE


def test_a_draft_is_no_record_unless_it_says_that_it_is_final_too() -> None:
    assert found("2026年10月月报初稿.docx").standing is Standing.DRAFT
    assert found("2026年10月月报初稿（最终版）.docx").standing is Standing.UNCLASSIFIED


def test_what_guidang_made_is_certain() -> None:
    answer = found("a.docx", form="monthly-report", code=REPORT, period="2026-10", department=centre.NAME)
    assert (answer.kind, str(answer.period), answer.confidence) == (REPORT, "2026-10", Confidence.CERTAIN)


def test_a_made_document_saved_under_another_month_is_for_a_person() -> None:
    answer = found("物业管理月度工作报告 2026年11月.docx", form="monthly-report", period="2026-10")
    assert answer.standing is Standing.UNCLASSIFIED
    assert "2026-10、2026-11" in "; ".join(answer.reasons)


def test_the_text_of_a_paper_stands_against_a_wrong_code() -> None:
    text = "突发事件处理记录表\n标识：QG-FW-04-01\n发生时间：2026年10月18日 08:05"
    answer = found("QG-FW-01-01 2026年10月.docx", text)
    assert answer.standing is Standing.UNCLASSIFIED
    assert answer.candidates == (REPORT, INCIDENT)


def test_a_heading_gives_the_year_and_class_that_the_name_leaves_out() -> None:
    answer = found("10月.docx", f"{centre.COMPANY}\n{centre.NAME}物业管理月度工作报告\n报告期：2026年10月")
    assert (answer.standing, answer.kind, str(answer.period)) == (Standing.RECORD, REPORT, "2026-10")


def test_a_decomposed_name_is_read_like_a_composed_one() -> None:
    import unicodedata

    name = "《物業》物业管理月度工作报告 2026年10月.docx"
    assert found(unicodedata.normalize("NFD", name)) == found(name)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "~$月报.docx",
            ".~月报.docx",
            "~WRL0001.tmp",
            "a.tmp",
            "a.bak",
            "Thumbs.db",
            "desktop.ini",
            ".DS_Store",
            "._a.docx",
        ),
        *("$RECYCLE.BIN/a.docx", "System Volume Information/x", "@eaDir/月报.docx", "#recycle/月报.docx", "月报.lnk"),
    ],
)
def test_passing_files_are_left_alone(path: str) -> None:
    assert left_alone(path)
    assert found(path).standing is Standing.LEFT_ALONE


@given(st.text(max_size=40), st.text(max_size=80), st.sampled_from(["", "2026年/", "2026-10/"]))
def test_any_name_and_text_gives_an_answer(name: str, text: str, folder: str) -> None:
    answer = found(folder + name.replace("/", ""), text)
    assert answer.standing is not Standing.RECORD or answer.kind


def test_a_document_takes_half_a_millisecond_at_most() -> None:
    """Of the processor, however busy it is; a wide margin here: the figure itself is kept in docs/performance.md."""
    assert the_share()[2] < 0.005


# --- blanks ----------------------------------------------------------------------------------------------------

FORMS = load_forms(ROOT / "templates")
MADE = [name for name, form in FORMS.items() if form.tables or form.fields]


def standing(content: bytes, name: str) -> Standing:
    seen = peek(content)
    return identify(sample_catalogue(), Document(name, seen.properties, seen.text)).standing


def saved_with(content: bytes, value: str) -> bytes:
    """The workbook after a person wrote something into its first empty cell, and saved it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    cell = next(
        cell for row in sheet.iter_rows() for cell in row if cell.value is None and type(cell).__name__ == "Cell"
    )
    cell.value = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("name", MADE)
def test_a_blank_is_no_record_until_somebody_fills_it_in(name: str) -> None:
    """Whatever is known of it beforehand: period, department, what last month left open."""
    form = FORMS[name]
    period = None if form.period == "none" else Period.parse("2026-10" if form.period != "year" else "2026")
    blank = new_workbook(form, period=period, fields={"department": "特勤部"})
    file = f"{form.title} 2026年10月.xlsx"
    assert standing(blank, file) is Standing.TEMPLATE
    assert new_workbook(form, period=period, fields={"department": "特勤部"}) == blank
    assert standing(saved_with(blank, "已填写"), file) is not Standing.TEMPLATE
    assert standing(new_workbook(form, period=period, filled=True), file) is not Standing.TEMPLATE


def test_the_mark_of_a_blank_on_another_workbook_says_nothing() -> None:
    """A mark copied to a filled register does not hide it from the archive."""
    blank = new_workbook(FORMS["repairs"], period=Period.parse("2026-10"))
    proof = peek(blank).properties["guidang.blank"]
    assert peek(share.xlsx([["报修登记"]], {"guidang.blank": proof})).properties == {}
    other = new_workbook(FORMS["repairs"], period=Period.parse("2026-11"))
    size = proof.partition(":")[0]
    assert peek(share.xlsx([["报修登记"]], {"guidang.blank": f"{size}:" + "0" * 64})).properties == {}
    assert peek(other).properties["guidang.blank"] != proof


# --- peeking ---------------------------------------------------------------------------------------------------


def test_properties_and_first_lines_are_read_from_word_and_excel() -> None:
    word = peek(share.docx(["物业管理月度工作报告", "2026年<10>月"], {"guidang.form": "monthly-report", "备注": "A&B"}))
    assert word.properties == {"guidang.form": "monthly-report", "备注": "A&B"}
    assert word.text == "物业管理月度工作报告\n2026年<10>月"
    assert peek(share.xlsx([["月工作计划"], ["部门", "特勤部"]])).text == "月工作计划\n部门\t特勤部"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04broken", share.docx(["x"])[:200]])
def test_of_what_is_no_package_nothing_is_said(content: bytes) -> None:
    assert peek(content) == NOTHING
