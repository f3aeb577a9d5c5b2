"""The papers of a disposal: what they say, how they lie on the page, that they are kept, and what they prove."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from click.testing import CliRunner
from given.disposal_lists import (
    AROUND,
    DIGEST,
    KEY,
    LONG,
    REASON,
    SERVICE,
    archive,
    carried_out,
    draft,
    drafted,
    executed,
    held,
    item,
    proof,
    stamp,
    submitted,
    witnessed,
)
from given.disposals import World
from given.disposals import stamp as world_stamp
from given.places import ROOT
from given.workbooks import needs_libreoffice, saved
from lxml import etree
from openpyxl import load_workbook
from PIL import Image as Picture
from PIL import ImageFilter

import cli
from docgen import ExcelTemplate, WordTemplate
from docgen.word.check import defects
from foundation.period import Period
from office.archive import ledgers
from office.archive.classes import KINDS
from office.archive.shares import shares
from office.disposal import filing_papers as proofs
from office.disposal import pages as registerpages
from office.disposal import papers, wording
from office.disposal import proof_code as papercode
from office.disposal import round_trip as roundtrip
from office.disposal.papers import (
    APPRAISAL,
    APPROVAL,
    CERTIFICATE,
    DUE,
    EXTENSION,
    HOLD,
    REGISTER,
    SUPERVISION,
    TITLES,
)
from office.office import Office, shipped_forms
from office.starting import create_office
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.errors import ConflictError, RefusedError, SourceError, UnknownError
from retention.filing.first_lines import peek
from retention.filing.identify import Confidence, Document, Standing, identify
from retention.filing.titles import Catalogue
from retention.ledger import chain, checkpoints, proving
from retention.ledger.chain import Tampering
from retention.ledger.ledger import Draft
from retention.rules import events
from retention.rules.model import ListState, Outcome, Policy, State, Wish
from retention.rules.reckoning import reckon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from given.disposal_lists import Archive

TEMPLATES = ROOT / "templates"
COUNTS = (1, 3, 30, 400)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ON = date(2026, 11, 1)


def contexts(count: int, witnesses: int = 2) -> dict[str, dict[str, Any]]:
    """All eight papers of a list with so many items."""
    of = executed(count, witnesses)
    placed, records = held(count)
    return {
        DUE: papers.due(AROUND, [papers.due_item(each) for each in of.items], ON, of.number),
        APPRAISAL: papers.appraisal(AROUND, of),
        REGISTER: papers.register(AROUND, of),
        APPROVAL: papers.approval(AROUND, of),
        SUPERVISION: papers.supervision(AROUND, of),
        CERTIFICATE: papers.certificate(AROUND, of) | papers.proven(proof(of)),
        EXTENSION: papers.extension(AROUND, of),
        HOLD: papers.hold(AROUND, placed, records, {"QG-FW-01-01": "QG-FW-01-01"}),
    }


def template(form: str) -> WordTemplate:
    return WordTemplate.load(TEMPLATES / form / "template.docx")


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, int], bytes]:
    """Every paper at every size."""
    return {
        (form, count): template(form).render(context) for count in COUNTS for form, context in contexts(count).items()
    }


def parts(blob: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as package:
        return {name: package.read(name) for name in package.namelist()}


def body(blob: bytes) -> Any:
    return etree.fromstring(parts(blob)["word/document.xml"])


def text(blob: bytes) -> str:
    return "\n".join("".join(t.text or "" for t in p.iter(W + "t")) for p in body(blob).iter(W + "p"))


def tables(blob: bytes) -> list[list[list[str]]]:
    """Every table as rows of cells."""
    return [
        [
            ["".join(t.text or "" for t in cell.iter(W + "t")) for cell in row.iter(W + "tc")]
            for row in table.iter(W + "tr")
        ]
        for table in body(blob).iter(W + "tbl")
    ]


def rendered(form: str, context: dict[str, Any]) -> str:
    return text(template(form).render(context))


# --- sound, the same, recognised --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("form", TITLES)
def test_a_paper_is_sound_and_the_same_again(form: str, count: int, made: dict[tuple[str, int], bytes]) -> None:
    """Opens without repair, holds no tag, and the same values give the same bytes."""
    blob = made[form, count]
    assert list(defects(blob)) == []
    assert not [name for name, data in parts(blob).items() if b"{{" in data or b"{%" in data]
    assert template(form).render(contexts(count)[form]) == blob
    assert TITLES[form] in "".join(data.decode() for name, data in parts(blob).items() if name.endswith(".xml"))


@pytest.mark.parametrize("form", TITLES)
def test_a_paper_says_of_itself_what_it_is(form: str, made: dict[tuple[str, int], bytes]) -> None:
    """Form, list, its digest and that of the paper's own data: a scan knows it whatever it is called."""
    said = peek(made[form, 3]).properties
    assert said["guidang.form"] == form
    assert said.get("guidang.list", "") == ("" if form == HOLD else "2026-003")
    assert said.get("guidang.list_digest", "") == ("" if form in {DUE, HOLD} else DIGEST)
    assert re.fullmatch("[0-9a-f]{64}", said["guidang.digest"])
    found = identify(Catalogue(KINDS), Document("2026/未命名.docx", said))
    assert (found.standing, found.kind, found.confidence) == (Standing.RECORD, TITLES[form], Confidence.CERTAIN)


def test_another_state_of_a_list_is_another_paper() -> None:
    """The digest is over what is printed, not over when or by which code it is verified."""
    one, other = contexts(3), contexts(3, witnesses=1)
    changed = {form for form in TITLES if one[form]["meta"]["digest"] != other[form]["meta"]["digest"]}
    assert changed == {REGISTER, SUPERVISION, CERTIFICATE}


def test_disposal_papers_are_no_forms_that_a_clerk_fills() -> None:
    """No blank is made of them, and `guidang forms` names none of them."""
    assert not set(TITLES) & set(shipped_forms())
    assert not list(TEMPLATES.glob("disposal-*/form.toml"))
    listed = CliRunner().invoke(cli.program, ["--lang", "zh", "forms"]).output
    assert not [title for title in TITLES.values() if title in listed]
    assert CliRunner().invoke(cli.program, ["--lang", "zh", "new", CERTIFICATE]).exit_code != 0


# --- templates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", TITLES)
def test_the_authoring_script_writes_the_committed_template(form: str, tmp_path: Path) -> None:
    target = tmp_path / "made.docx"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4242"}
    subprocess.run([sys.executable, str(TEMPLATES / form / "author.py"), str(target)], check=True, env=environ)
    assert parts(target.read_bytes()) == parts((TEMPLATES / form / "template.docx").read_bytes())


@pytest.mark.parametrize("form", TITLES)
def test_tables_hold_in_wps(form: str) -> None:
    """Fixed layout, widths on every column and cell, rows unbroken."""
    for table in body((TEMPLATES / form / "template.docx").read_bytes()).iter(W + "tbl"):
        assert table.find(f"{W}tblPr/{W}tblLayout").get(W + "type") == "fixed"
        widths = [int(column.get(W + "w")) for column in table.find(W + "tblGrid")]
        for row in table.iter(W + "tr"):
            assert row.find(f"{W}trPr/{W}cantSplit") is not None
            assert sum(int(cell.find(f"{W}tcPr/{W}tcW").get(W + "w")) for cell in row.findall(W + "tc")) == sum(widths)


COLUMNS = {
    DUE: ["序号", "题名", "档号", "年度", "期限", "期满日", "所在位置（盒）", "鉴定状态"],
    REGISTER: ["序号", "文件题名", "所属年度", "档号", "应保管期限", "已保管期限", "页数", "备注"],
    EXTENSION: ["序号", "题名", "档号", "原期限", "新期限", "理由", "批准人", "日期"],
}


@pytest.mark.parametrize("form", COLUMNS)
def test_the_columns_are_those_of_practice_in_their_order(form: str, made: dict[tuple[str, int], bytes]) -> None:
    assert COLUMNS[form] in [row for table in tables(made[form, 3]) for row in table]


LABELS = {
    APPROVAL: "申请部门 申请人 日期 名称 数量 存放地点 起止日期 保管期限 销毁原因 销毁方式 销毁责任人 销毁地点 "
    "部门意见 档案意见 财务意见 分管领导意见 总经理意见",
    APPRAISAL: "时间 清册 成员 范围 总数 拟销毁数 续存数 转永久数 未提意见 冻结 未了事项核查",
    CERTIFICATE: "单位 清册编号 数量 大小 方式 地点 开始 结束 批准 执行 证明 仍知副本 备份 照片编号 执行单位章",
    SUPERVISION: "清册编号 应销毁 方式 地点 开始 结束 执行人 已移除",
}


@pytest.mark.parametrize("form", LABELS)
def test_the_headings_are_those_of_practice_in_their_order(form: str, made: dict[tuple[str, int], bytes]) -> None:
    cells = [re.sub(r"\s", "", cell) for row in tables(made[form, 3])[0] for cell in row]
    wanted = LABELS[form].split()
    assert [cell for cell in cells if cell in wanted] == wanted


# --- the register -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", COUNTS)
def test_the_register_is_made_up_into_pages_that_end_in_struck_rows(
    count: int, made: dict[tuple[str, int], bytes]
) -> None:
    """Every item once and in order, 合计 on the last page only, and below it rows with a line through them."""
    pages = contexts(count)[REGISTER]["pages"]
    assert [row.row for page in pages for row in page.rows] == list(range(1, count + 1))
    assert [page.total for page in pages] == [False] * (len(pages) - 1) + [True]
    blob = made[REGISTER, count]
    styles = etree.fromstring(parts(blob)["word/styles.xml"])
    struck = next(one for one in styles.iter(W + "style") if one.get(W + "styleId") == "划线")
    assert struck.find(f"{W}rPr/{W}strike") is not None
    last = [*body(blob).iter(W + "tbl")][-1]
    rows = [row.find(f".//{W}pStyle").get(W + "val") for row in last.iter(W + "tr")]
    assert rows.count("划线") == len(pages[-1].blank)
    assert rows[len(rows) - len(pages[-1].blank) :] == ["划线"] * len(pages[-1].blank)


@pytest.mark.parametrize("count", range(1, 60))
def test_no_room_is_left_below_the_last_row(count: int) -> None:
    """However many items: either rows are struck through, or no row fits any more."""
    rows = contexts_of_register(count)
    pages = registerpages.pages(rows)
    used = sum(map(registerpages._height, pages[-1].rows)) + registerpages._TOTAL
    assert 0 <= registerpages._ROOM - used - len(pages[-1].blank) * registerpages._LEAST < registerpages._LEAST
    assert all(sum(map(registerpages._height, page.rows)) <= registerpages._ROOM for page in pages)


def contexts_of_register(count: int) -> list[registerpages.RegisterRow]:
    return [row for page in papers.register(AROUND, submitted(count))["pages"] for row in page.rows]


def test_what_is_not_destroyed_after_all_stays_in_the_register_and_says_why() -> None:
    """Struck out by the approver, kept longer, aborted: each with its reason (clause 7 of practice)."""
    notes = {row.row: row.note for page in contexts(30)[REGISTER]["pages"] for row in page.rows}
    assert notes[11] == "不销毁：审批剔除，涉诉"
    assert notes[7] == f"不销毁：续存，退出清册（{REASON}）"
    assert notes[13] == "不销毁：销毁中止，文件仍在（文件内容与批准的不同）"
    assert notes[1] == "已销毁 2026-11-20"
    summary = contexts(30)[REGISTER]
    assert summary["counts"]["destroy"] == sum(note.startswith("已销毁") for note in notes.values())
    assert summary["not_destroyed"].startswith("8 件：序号 7、11、13、14、21、22、26、28")


def test_a_register_before_approval_says_what_is_meant() -> None:
    """Nothing is called destroyed, nothing without a decision is called to be destroyed (D9)."""
    of = replace(draft(3), items=(item(1), item(2, Wish.PERMANENT), item(3, None)))
    notes = [row.note for page in papers.register(AROUND, of)["pages"] for row in page.rows]
    assert notes == ["拟销毁", "不销毁：永久", "不销毁：未提出意见"]
    assert papers.register(AROUND, of)["counts"]["destroy"] == 1


def test_what_was_destroyed_can_be_told_by_its_digest(made: dict[tuple[str, int], bytes]) -> None:
    """Name, size, digest and period of every item stand in the register: evidence without the content."""
    said = text(made[REGISTER, 30]).replace("\n", "")
    for each in executed(30).items:
        assert each.digest in said
        assert each.title in said
        assert wording.in_bytes(each.size) in said


# --- the certificate --------------------------------------------------------------------------------------------


def test_the_certificate_claims_no_more_than_was_checked(made: dict[tuple[str, int], bytes]) -> None:  # D7, D11
    said = text(made[CERTIFICATE, 30])
    assert "从共享目录移除并确认不在" in said
    for word in ("不可恢复", "无法恢复", "彻底", "永久删除"):
        assert word not in said
    assert "不证明文件在其他介质上也已清除" in said
    assert "移除时仍知 1 处副本" in said
    assert said.count("归档/备份/旧/副本 1.docx") == 2
    assert "备份的失效日期没有登记" in said


def test_the_certificate_counts_what_was_observed_and_what_was_not(made: dict[tuple[str, int], bytes]) -> None:  # D7
    """30 items: 4 kept longer, 2 struck out by the approver, 2 of the 24 approved are still there."""
    counts = contexts(30)[CERTIFICATE]["counts"]
    assert (counts["destroy"], counts["removed"], counts["left"], counts["unobserved"]) == (24, 22, 2, 0)
    assert "销毁中止，文件仍在（文件内容与批准的不同）" in text(made[CERTIFICATE, 30])


def test_every_copy_known_to_remain_is_named(made: dict[tuple[str, int], bytes]) -> None:  # D11
    """However many there are."""
    said = text(made[CERTIFICATE, 400])
    copies = [path for each in executed(400).destroyed for path in each.copies]
    assert len(copies) > 20
    assert [path for path in copies if path not in said] == []
    assert f"移除时仍知 {len(copies)} 处副本" in said


def test_what_nobody_saw_is_not_called_removed() -> None:  # D7
    of = executed(3)
    items = [replace(of.items[0], outcome=Outcome.UNOBSERVED), replace(of.items[1], outcome=Outcome.BY_HAND)]
    context = papers.certificate(AROUND, replace(of, items=(*items, of.items[2])), date(2027, 5, 1))
    told = [row["result"] for row in context["rows"]]
    assert told == [
        "恢复运行时已不在原处，移除的时刻未被观察到",
        "由人员销毁，确认已不在原处",
        "从共享目录移除并确认不在",
    ]
    assert context["backups"] == "备份于 2027年5月1日 失效；在此之前，内容可能仍可从备份中取得。"
    first = papers.register(AROUND, replace(of, items=(*items, of.items[2])))["pages"][0].rows[0]
    assert first.note == "已不在 2026-11-20"


@pytest.mark.parametrize(("witnesses", "missing"), [(0, "尚缺 2 名监销人签字"), (1, "尚缺 1 名监销人签字"), (2, "")])
def test_the_certificate_is_unfinished_until_two_witnesses_signed(witnesses: int, missing: str) -> None:  # D13
    of = executed(3, witnesses)
    context = papers.certificate(AROUND, of)
    said = rendered(CERTIFICATE, context | papers.proven(proof(of)))
    assert context["unfinished"] == missing
    assert ("未完成" in said) is bool(missing)
    assert said.count("系统中尚未签字") == 2 - witnesses


def test_a_list_still_being_executed_has_no_finished_certificate() -> None:  # D13
    of = replace(executed(3), executed_on=None)
    assert papers.certificate(AROUND, of)["unfinished"] == "清册尚未执行完毕"


# --- appraisal, approval, extension, hold, due -----------------------------------------------------------------


def test_every_item_is_appraised_by_name_and_a_missing_word_is_said_to_be_missing() -> None:  # D9
    of = replace(draft(3), items=(item(1), item(2, Wish.KEEP), item(3, None)))
    context = papers.appraisal(AROUND, of)
    assert [row["wish"] for row in context["rows"]] == ["销毁", "续存", "未提出"]
    assert (context["rows"][1]["term"], context["rows"][1]["reason"]) == ("2年", REASON)
    assert context["rows"][1]["by"] == "彭佳慧（peng.jh）"
    counts = context["counts"]
    assert (counts["destroy"], counts["keep"], counts["permanent"], counts["none"]) == (1, 1, 0, 1)
    assert "没有意见的不销毁" in rendered(APPRAISAL, context)


def test_the_approval_names_its_digest_and_its_days() -> None:  # D2, D5
    said = rendered(APPROVAL, contexts(30)[APPROVAL])
    assert DIGEST in said
    assert "批准 24 件，剔除 2 件" in said
    assert "2026年11月12日前不得执行，2026年12月5日后失效" in said
    assert "尚未批准" in rendered(APPROVAL, papers.approval(AROUND, submitted(3)))


def test_an_unknown_way_of_destroying_is_printed_too() -> None:
    of = replace(executed(3), method="交保密局销毁中心")
    assert "■交保密局销毁中心" in rendered(APPROVAL, papers.approval(AROUND, of))
    assert "■覆写删除" in rendered(APPROVAL, papers.approval(AROUND, executed(3)))


def test_the_extensions_have_old_and_new_term_reason_and_whose_word_it_was() -> None:  # R5
    rows = contexts(30)[EXTENSION]["rows"]
    assert [row["row"] for row in rows] == [7, 14, 21, 28]
    first = rows[0]
    told = (first["old"], first["term"], first["reason"], first["by"], first["on"])
    assert told == ("3年", "2年", REASON, "薛景行（xue.jh）", date(2026, 11, 5))
    of = replace(draft(2), items=(item(1, Wish.PERMANENT), item(2)))
    (waiting,) = papers.extension(AROUND, of)["rows"]
    assert (waiting["term"], waiting["by"]) == ("永久", "待批")


def test_a_hold_names_its_reason_and_every_record() -> None:  # D3
    said = rendered(HOLD, contexts(30)[HOLD])
    assert "3栋电梯困人赔偿纠纷" in said
    assert said.count("记录 ") == 30
    placed, records = held(1)
    released = papers.hold(AROUND, replace(placed, released_on=date(2026, 12, 1)), records, {})
    assert "已解除" in rendered(HOLD, released)


def test_a_due_record_is_listed_with_the_last_day_it_is_kept(tmp_path: Path) -> None:  # T1
    """The day before the one on which it may go; by the schedule's own reckoning."""
    with archive(tmp_path / "office", str(tmp_path / "ledger.db")) as empty:
        made = drafted(empty, 1)
        with made.ledger.read() as view:
            record = view.record(made.list().items[0].record_id)
            assert record is not None
            row = papers.due_row(record, reckon(record, view.adoptions()))
    assert (row.kept_until, row.term, row.year, row.status) == (date(2024, 12, 31), "3年", "2021", "未鉴定")
    assert row.place == "归档/2021年/2月/客户服务部/已签"
    with pytest.raises(ValueError, match="no eligible day"):
        papers.due_row(replace(record, class_key=None), reckon(replace(record, class_key=None), ()))


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        (date(2021, 2, 28), date(2026, 11, 3), "5年8个月"),
        (date(2024, 1, 31), date(2026, 1, 31), "2年"),
        (date(2026, 1, 31), date(2026, 2, 28), "不足1个月"),
        (date(2026, 1, 15), date(2026, 7, 14), "5个月"),
    ],
)
def test_how_long_it_was_kept_counts_whole_months(since: date, until: date, words: str) -> None:
    assert wording.elapsed(since, until) == words


@pytest.mark.parametrize(("size", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (5 * 2**40, "5.0 TB")])
def test_sizes_are_what_programs_show(size: int, words: str) -> None:
    assert wording.in_bytes(size) == words


def test_periods_over_two_years_name_both() -> None:
    assert wording.year_of(Period(date(2021, 12, 1), date(2022, 1, 31)), None) == "2021–2022"


# --- on paper ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(made: dict[tuple[str, int], bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every paper as LibreOffice lays it out."""
    folder = tmp_path_factory.mktemp("printed")
    for (form, count), blob in made.items():
        (folder / f"{form}-{count}.docx").write_bytes(blob)
    to_pdf(folder)
    return folder


def to_pdf(folder: Path) -> None:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    documents = [str(path) for path in sorted(folder.glob("*.docx"))]
    subprocess.run([*words, *documents], check=True, capture_output=True, timeout=300)


def page_count(pdf: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


@needs_libreoffice
@pytest.mark.parametrize("count", COUNTS)
def test_a_register_has_the_pages_it_was_made_up_into(count: int, printed: Path) -> None:
    """Cover and as many pages as reckoned: no page runs over, though titles are long."""
    assert page_count(printed / f"{REGISTER}-{count}.pdf") == 1 + len(contexts(count)[REGISTER]["pages"])


@needs_libreoffice
@pytest.mark.parametrize("form", TITLES)
def test_short_papers_are_short(form: str, printed: Path) -> None:
    most = 2 if form in {REGISTER, CERTIFICATE} else 1
    assert page_count(printed / f"{form}-1.pdf") <= most
    assert page_count(printed / f"{form}-3.pdf") <= most
    assert page_count(printed / f"{APPROVAL}-400.pdf") == 1


needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")


def words_on(pdf: Path, *options: str) -> str:
    found = subprocess.run(["pdftotext", *options, str(pdf), "-"], check=True, capture_output=True)
    return found.stdout.decode()


@needs_libreoffice
@needs_poppler
def test_pages_are_numbered_and_the_body_lies_across(printed: Path) -> None:
    said = words_on(printed / f"{REGISTER}-30.pdf")
    plain = re.sub(r"\s", "", said)
    pages = page_count(printed / f"{REGISTER}-30.pdf")
    assert [f"第{n}页共{pages}页" in plain for n in range(1, pages + 1)] == [True] * pages
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", (printed / f"{REGISTER}-30.pdf").read_bytes())
    across = [float(width) > float(height) for width, height in sizes[:pages]]  # behind them stands a size for all
    assert across.count(False) == 1
    assert across.count(True) == pages - 1


# --- the code ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An office whose list was carried out and witnessed, with all its papers, its events exported, its key copied."""
    folder = tmp_path_factory.mktemp("proven")
    with archive(folder / "office", str(folder / "ledger.db")) as empty:
        made = witnessed(carried_out(empty, 4, keep=1))
        proofs.make(made.office, made.ledger, stamp("tan.xw", 20), made.number)
        ledgers.export(made.office, folder / "events.txt")
        shutil.copy(made.office.folder / ledgers.PUBLIC, folder / "ledger.pub")
        yield made


def outside(made: Archive) -> tuple[Path, Path]:
    """What lies outside the office: the exported events and the public key."""
    folder = made.office.folder.parent
    return folder / "events.txt", folder / "ledger.pub"


def certificate_of(made: Archive) -> Path:
    return made.office.folder / "disposal" / made.number / "销毁证明.docx"


@pytest.fixture(scope="module")
def page(proven: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate as a PDF."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(certificate_of(proven), folder / "c.docx")
    to_pdf(folder)
    return folder / "c.pdf"


def photographed(pdf: Path, dots: int) -> list[Picture.Image]:
    """The pages as pictures of so many dots to the inch."""
    subprocess.run(["pdftoppm", "-r", str(dots), "-png", str(pdf), str(pdf.with_suffix(""))], check=True)
    return [Picture.open(path).convert("L") for path in sorted(pdf.parent.glob("c-*.png"))]


def decoded(pictures: list[Picture.Image]) -> list[str]:
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)]


@needs_poppler
@pytest.mark.parametrize("dots", [96, 200])
def test_the_code_read_from_the_printed_page_verifies_offline(dots: int, proven: Archive, page: Path) -> None:  # L2, L4
    """Rendered, laid out by LibreOffice, turned into a picture, read back: it proves the exported events."""
    (code,) = decoded(photographed(page, dots))
    events_file, key = outside(proven)
    found = papercode.verify_paper(code, None, events_file, key)
    assert found.verdict.sound
    assert found.verdict.proven == found.code.checkpoint.seq > 40
    assert (found.code.number, found.code.digest) == (proven.number, proven.list().digest)


@needs_poppler
def test_the_code_survives_a_crooked_blurred_photograph(proven: Archive, page: Path) -> None:
    """Turned by seven degrees, out of focus, saved as a poor JPEG, a piece of the code lost under a stamp."""
    picture = photographed(page, 150)[-1]
    (found,) = zxingcpp.read_barcodes(picture)
    middle = found.position.bottom_right
    stamped = picture.copy()
    stamped.paste(0, (middle.x - 110, middle.y - 110, middle.x - 80, middle.y - 80))
    turned = stamped.rotate(7, expand=True, fillcolor=255, resample=Picture.Resampling.BICUBIC)
    file = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(1.2)).save(file, "JPEG", quality=30)
    (code,) = decoded([Picture.open(file)])
    assert code == papercode.read(str(certificate_of(proven))).text()


@needs_poppler
def test_the_groups_typed_from_the_page_verify_offline(proven: Archive, page: Path) -> None:  # L4
    lines = [line for line in words_on(page, "-layout").splitlines() if re.search(r"(?:[A-Z2-7]{5} ){3}", line)]
    typed = " ".join(re.findall(r"\b[A-Z0-9]{3,5}\b", " ".join(re.sub(r"[^A-Z0-9 ]", " ", line) for line in lines)))
    found = papercode.verify_paper(typed.lower(), None, *outside(proven))
    assert found.verdict.sound
    assert found.code.number == ""
    assert found.code.checkpoint == papercode.read(str(certificate_of(proven))).checkpoint


def rewritten(place: Path, change: Any) -> None:
    """Exported events with one body changed and the whole chain computed anew, as an owner of the database could."""
    links = [*chain.exported(place)]
    bodies = [change(link.body) for link in links]
    assert bodies != [link.body for link in links]
    chain.export(chain.chained(chain.NOTHING, bodies), place)


CHANGES = {
    "another digest": lambda body: body.replace(b'"outcome":"removed"', b'"outcome":"by_hand"'),
    "another name": lambda body: body.replace(b"xue.jh", b"tan.xw") if b"list.approved" in body else body,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_ledger_does_not_agree_with_the_paper(change: str, proven: Archive, tmp_path: Path) -> None:  # L2
    """However carefully the chain was made new: exit code 13."""
    events_file, key = outside(proven)
    changed = Path(shutil.copy(events_file, tmp_path))
    rewritten(changed, CHANGES[change])
    code = papercode.read(str(certificate_of(proven))).text()
    words = ["--lang", "zh", "audit", "verify", "--paper", code, "--events", str(changed), "--key", str(key)]
    assert CliRunner().invoke(cli.program, words).exit_code == 13
    words[7] = str(events_file)
    assert CliRunner().invoke(cli.program, words).exit_code == 0


def test_a_ledger_cut_off_before_the_certificate_is_found_out(proven: Archive, tmp_path: Path) -> None:  # L2
    events_file, key = outside(proven)
    short = tmp_path / "short.txt"
    chain.export([*chain.exported(events_file)][:30], short)
    found = papercode.verify_paper(str(certificate_of(proven)), None, short, key)
    assert {Tampering.SHORTENED} <= {finding.fault for finding in found.verdict.findings}
    assert found.verdict.proven == 0


def test_a_code_for_another_list_or_digest_is_refused(proven: Archive) -> None:  # L2
    """The checkpoint is genuine; what it was printed for is not."""
    code = papercode.read(str(certificate_of(proven)))
    for forged in (replace(code, number="2026-009"), replace(code, digest="0" * 64)):
        found = papercode.verify_paper(forged.text(), None, *outside(proven))
        assert {finding.fault for finding in found.verdict.findings} == {Tampering.REPLACED}


def test_a_checkpoint_signed_by_another_key_is_refused(proven: Archive) -> None:  # L2
    code = papercode.read(str(certificate_of(proven)))
    head = chain.Head(code.checkpoint.seq, code.checkpoint.hash)
    forged = replace(code, checkpoint=checkpoints.sign(head, code.checkpoint.at, KEY))
    found = papercode.verify_paper(forged.text(), None, *outside(proven))
    assert Tampering.FORGED in {finding.fault for finding in found.verdict.findings}


def test_a_certificate_whose_words_were_changed_is_not_the_one_filed(proven: Archive, tmp_path: Path) -> None:  # L2
    """Its code still verifies; the file itself is no longer what was filed."""
    copy = Path(shutil.copy(certificate_of(proven), tmp_path))
    assert papercode.verify_paper(str(copy), None, *outside(proven)).filed is True
    from docgen.template.package import repack

    body_part = parts(copy.read_bytes())["word/document.xml"].replace(
        "移除并确认不在".encode(), "彻底销毁不可恢复".encode()
    )
    copy.write_bytes(repack(copy.read_bytes(), {"word/document.xml": body_part}))
    found = papercode.verify_paper(str(copy), None, *outside(proven))
    assert found.filed is False
    assert {finding.fault for finding in found.verdict.findings} == {Tampering.ALTERED}


def test_the_file_and_the_office_are_enough(proven: Archive) -> None:
    words = [
        "--lang",
        "zh",
        "audit",
        "verify",
        "--office",
        str(proven.office.folder),
        "--paper",
        str(certificate_of(proven)),
        "--json",
    ]
    result = CliRunner().invoke(cli.program, words)
    assert result.exit_code == 0
    assert f'"list": "{proven.number}"' in result.output
    assert '"filed": true' in result.output


@pytest.mark.parametrize("source", ["GDP1/2026-003/ABC/GD1", "GDP1/x", "GD1AAAA", "没有码", ""])
def test_what_is_no_code_is_said_to_be_none(source: str) -> None:
    with pytest.raises(SourceError):
        papercode.read(source)


@pytest.mark.parametrize("name", ["certificate.png", "扫描.pdf", "photo.JPG"])
def test_a_picture_is_not_read_and_the_remedy_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x89PNG")
    with pytest.raises(SourceError) as refused:
        papercode.read(str(tmp_path / name))
    assert refused.value.problems[0].code == "paper.picture"


def test_any_other_document_carries_no_code(proven: Archive) -> None:
    with pytest.raises(SourceError) as refused:
        papercode.read(str(certificate_of(proven).with_name("销毁清册.docx")))
    assert refused.value.problems[0].code == "paper.no_code"


def test_without_a_key_nothing_is_verified(proven: Archive) -> None:
    with pytest.raises(SourceError) as refused:
        papercode.verify_paper(str(certificate_of(proven)), None, outside(proven)[0], None)
    assert refused.value.problems[0].code == "paper.no_key"
    words = ["--lang", "zh", "audit", "verify", "--paper", "GD1", "--replay", "--office", str(proven.office.folder)]
    assert CliRunner().invoke(cli.program, words).exit_code == 2


@pytest.mark.parametrize("spell", [str.lower, " ".join, lambda text: text.replace("/", "／")])
def test_a_code_is_understood_however_it_was_copied(spell: Any) -> None:
    code = proof(executed(3)).code
    assert papercode.parse(spell(code.text())) == code


# --- written and filed ------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path, target: str) -> Iterator[Archive]:
    """An office with persons and a schedule, on SQLite and on PostgreSQL."""
    with archive(tmp_path / "office", target) as made:
        yield made


@pytest.fixture
def office(empty: Archive) -> Archive:
    """The same, with a list that was carried out."""
    return carried_out(empty, 3)


def test_papers_are_filed_as_permanent_records_by_the_person(office: Archive) -> None:  # D12, L6
    kept = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number)
    assert [each.form for each in kept] == [DUE, APPRAISAL, REGISTER, APPROVAL, SUPERVISION, CERTIFICATE]
    with office.ledger.read() as view:
        for each in kept:
            (record,) = view.records_at("disposal", f"{office.number}/{each.path.name}")
            assert (record.proof, record.state, record.class_key) == (True, State.RETAINED, TITLES[each.form])
            assert view.eligible_on(record.id) is None
            (entry,) = view.log(record.id)
            assert entry.event.actor.name == "tan.xw"
            listed = events.Listed("9", date(2026, 1, 1), 1, 1, "x", date(2020, 1, 1), item(1).term)
            with pytest.raises(RefusedError) as refused:
                office.ledger.append([Draft(record.id, listed)], stamp("tan.xw", 21))
            assert "D12" in refused.value.rules
        assert list(proving.differences(view)) == []


def test_asking_twice_gives_the_paper_that_is_there(office: Archive) -> None:
    """No second file, no second record, no second checkpoint."""
    first = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number)
    points = checkpoints.kept(office.office.folder / ledgers.CHECKPOINTS)
    with office.ledger.read() as view:
        head = view.head
    again = proofs.make(office.office, office.ledger, stamp("lei.zh", 25), office.number)
    assert [(each.path, each.new) for each in again] == [(each.path, False) for each in first]
    assert checkpoints.kept(office.office.folder / ledgers.CHECKPOINTS) == points
    with office.ledger.read() as view:
        assert view.head == head


def test_a_later_state_is_a_paper_of_its_own_and_the_earlier_stays(office: Archive) -> None:  # D13
    proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [CERTIFICATE])
    witnessed(office)
    proofs.make(office.office, office.ledger, stamp("tan.xw", 21), office.number, [CERTIFICATE])
    names = {path.name for path in (office.office.folder / "disposal" / office.number).iterdir()}
    assert names == {"销毁证明（未完成）.docx", "销毁证明.docx"}


def test_the_certificate_names_the_events_that_tell_of_its_list(office: Archive) -> None:
    kept = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [CERTIFICATE])
    with office.ledger.read() as view:
        subjects = {office.list().id, *(each.record_id for each in office.list().items)}
        last = max(entry.seq for entry in view.log() if entry.event.subject in subjects)
    assert f"账本事件 {office.list().id} 至 {last} 记载本清册" in text(kept[0].path.read_bytes())


def test_nothing_is_written_where_one_paper_cannot_be_filed(office: Archive) -> None:  # D8
    """A paper that was changed on disk stops the others: none of them appears, and no event."""
    (appraisal,) = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [APPRAISAL])
    from docgen.template.package import repack

    changed = repack(appraisal.path.read_bytes(), {"word/comments.xml": b"<x/>"})
    appraisal.path.write_bytes(changed)
    with office.ledger.read() as view:
        head = view.head
    with pytest.raises(ConflictError) as refused:
        proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [APPRAISAL, REGISTER])
    assert refused.value.problems[0].code == "paper.changed"
    assert [path.name for path in appraisal.path.parent.iterdir()] == [appraisal.path.name]
    with office.ledger.read() as view:
        assert view.head == head


def test_a_paper_written_but_not_filed_is_filed_by_asking_again(office: Archive) -> None:
    """As after a power cut between the two: the same bytes, so the same paper."""
    (made,) = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [REGISTER])
    other = made.path.with_name("销毁清册（已执行） 重启.docx")
    made.path.rename(other)
    (again,) = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number, [REGISTER])
    assert (again.path, again.new) == (other, False)
    with office.ledger.read() as view:
        assert [record.proof for record in view.records_at("disposal", f"{office.number}/{other.name}")] == [True]


def test_who_has_no_account_and_who_administers_files_nothing(office: Archive) -> None:  # L6, R1
    for who in (SERVICE, stamp("admin"), stamp("nobody")):
        with pytest.raises(RefusedError):
            proofs.make(office.office, office.ledger, who, office.number)
    assert not (office.office.folder / "disposal").exists()


def test_a_paper_that_the_list_has_not_come_to_is_refused(empty: Archive) -> None:
    made = drafted(empty, 2)
    assert {each.form for each in proofs.make(made.office, made.ledger, stamp("tan.xw"), made.number)} == {
        DUE,
        APPRAISAL,
    }
    with pytest.raises(ConflictError) as refused:
        proofs.make(made.office, made.ledger, stamp("tan.xw"), made.number, [REGISTER, CERTIFICATE])
    assert [problem.code for problem in refused.value.problems] == ["paper.too_early"] * 2
    with pytest.raises(UnknownError):
        proofs.make(made.office, made.ledger, stamp("tan.xw"), "2026-099")


def test_a_paper_that_is_gone_or_changed_is_found(office: Archive) -> None:  # D12
    """Nobody watches the office's own folder: it is looked at when somebody asks."""
    gone, changed, *_others = proofs.make(office.office, office.ledger, stamp("tan.xw", 20), office.number)
    words = ["--lang", "zh", "audit", "papers", "--office", str(office.office.folder)]
    assert CliRunner().invoke(cli.program, words).exit_code == 0
    gone.path.unlink()
    changed.path.write_bytes(changed.path.read_bytes() + b" ")
    with office.ledger.read() as view:
        found = {problem.code: problem.where for problem in proofs.faults(office.office, view)}
    assert found == {"paper.gone": str(gone.path), "paper.changed": str(changed.path)}
    assert CliRunner().invoke(cli.program, words).exit_code == 13


def test_no_share_can_have_the_name_of_the_papers(tmp_path: Path) -> None:  # D12
    """A scan of such a share would take every paper for missing."""
    settings = tmp_path / "office" / "guidang.toml"
    create_office(settings.parent, name="x")
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[shares.disposal]\npath = "s"\n', encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        shares(Office.load(settings.parent))
    assert [problem.code for problem in refused.value.problems] == ["share.reserved"]


def test_a_hold_and_what_is_due_have_papers_too(empty: Archive) -> None:
    made = drafted(empty, 2)
    ids = [each.record_id for each in made.list().items]
    placing = [Draft("", events.HoldPlaced("业主诉讼")), *(Draft(one, events.Held("H")) for one in ids)]
    placing[0] = Draft("H", events.HoldPlaced("业主诉讼"))
    made.ledger.append(placing, stamp("xue.jh"))
    notice = proofs.make_hold(made.office, made.ledger, stamp("xue.jh"), "H", {"QG-FW-01-01": "QG-FW-01-01"})
    said = text(notice.path.read_bytes())
    assert "业主诉讼" in said
    assert [f"记录 {one}" in said for one in ids] == [True, True]
    with pytest.raises(UnknownError):
        proofs.make_hold(made.office, made.ledger, stamp("xue.jh"), "H2", {})
    due = proofs.make_due(made.office, made.ledger, stamp("tan.xw"), [papers.due_item(item(1))])
    assert due.path.name == "到期清单 2026-11-23.docx"
    with made.ledger.read() as view:
        assert all(
            view.records_at("disposal", f"{each.path.parent.name}/{each.path.name}")[0].proof for each in (notice, due)
        )


def test_an_office_can_have_its_own_templates(office: Archive) -> None:
    own = office.office.folder / "templates" / REGISTER
    own.mkdir(parents=True)
    shutil.copy(TEMPLATES / APPRAISAL / "template.docx", own / "template.docx")
    context = papers.appraisal(AROUND, office.list())
    assert proofs.render(office.office, REGISTER, context) == template(APPRAISAL).render(context, compression="compact")


def test_names_of_accounts_are_printed_beside_the_persons(office: Archive) -> None:  # L6
    with office.ledger.read() as view:
        around = proofs.around(office.office, view)
    assert around.person("xue.jh") == "薛景行（xue.jh）"
    assert around.person("left.long.ago") == "left.long.ago"


def test_every_state_of_a_list_has_its_papers() -> None:
    for state in ListState:
        forms = proofs.forms_for(replace(submitted(2), state=state))
        assert (CERTIFICATE in forms) is (state in {ListState.EXECUTED, ListState.WITNESSED})
        assert (REGISTER in forms) is (state not in {ListState.DRAFT, ListState.RETURNED, *proofs._ENDED})


def test_the_workbook_of_opinions_is_authored_by_its_script(tmp_path: Path) -> None:
    folder = tmp_path / "disposal-opinions"
    folder.mkdir()
    shutil.copy(TEMPLATES / "disposal-opinions" / "author.py", folder)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, str(folder / "author.py")], check=True, env=environ)
    shipped = TEMPLATES / "disposal-opinions" / "template.xlsx"
    assert parts((folder / "template.xlsx").read_bytes()) == parts(shipped.read_bytes())
    assert ExcelTemplate.load(shipped).warnings == ()


def test_long_titles_are_really_long() -> None:
    """What the pages above were measured with."""
    assert len(LONG) >= 55


# --- the whole way ----------------------------------------------------------------------------------------------


def test_from_a_file_on_the_share_to_a_certificate_that_verifies(tmp_path: Path, target: str) -> None:  # D1-D13, L4
    """Drafted, sent to the department and back, approved, executed, witnessed, with every paper; proved offline."""
    root = tmp_path / "share"
    folder = in_an_office(tmp_path / "office", target)
    world = World.made(target, root, Policy(cooling_days=1, quarantine_days=0))
    with world.ledger:
        for month in range(1, 5):
            world.file(f"2022/月报 2022年{month}月.docx", year=2022)
        number = world.drafted()
        with world.ledger.read() as view:
            content = roundtrip.export(folder, view, number)
        book = load_workbook(io.BytesIO(content))
        for row, (wish, term, why) in enumerate([("销毁", None, None)] * 3 + [("续存", "2年", "合同未了")], 6):
            for column, value in zip((9, 10, 11), (wish, term, why), strict=True):
                book.worksheets[0].cell(row, column).value = value
        answered = roundtrip.take_back(world.ledger, saved(book), "意见.xlsx")
        assert roundtrip.apply(world.ledger, world_stamp("he.fang"), answered) == 4
        digest = disposal.submit(world.ledger, world_stamp(), number)
        disposal.approve(world.ledger, world_stamp("zhao.gang"), number, digest)
        early = {each.form for each in proofs.make(folder, world.ledger, world_stamp(), number)}
        assert early == {DUE, APPRAISAL, EXTENSION, REGISTER, APPROVAL}
        order = execution.Order(number, 3, "覆写删除", "档案室")
        execution.execute(world.ledger, world_stamp(days=2), order, world.roots)
        assert world.list(number).state is ListState.EXECUTED
        for who in ("li.hua", "sun.yi"):
            disposal.witness(world.ledger, world_stamp(who, 3), number, "全程在场")
        kept = {each.form: each.path for each in proofs.make(folder, world.ledger, world_stamp(days=3), number)}
        assert world.files() == {"2022/月报 2022年4月.docx"}
        assert world.differences() == []
    said = text(kept[CERTIFICATE].read_bytes())
    assert "3 件由系统从共享目录移除并确认不在" in said
    assert "未完成" not in said
    rows = {row[0]: row[-1] for table in tables(kept[REGISTER].read_bytes()) for row in table}
    assert rows["4"].startswith("不销毁：续存，退出清册（合同未了）")
    ledgers.export(folder, tmp_path / "events.txt")
    found = papercode.verify_paper(
        str(kept[CERTIFICATE]), None, tmp_path / "events.txt", folder.folder / ledgers.PUBLIC
    )
    assert found.verdict.sound
    assert found.filed is True
    assert (found.code.number, found.code.digest) == (number, digest)


def in_an_office(folder: Path, target: str) -> Office:
    """An office whose ledger lies at ``target``."""
    create_office(folder, name="云汐苑服务中心")
    settings = folder / "guidang.toml"
    settings.write_text(f'database = "{target}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    return Office.load(folder)
