"""The commands as people type them: in a terminal, in Chinese and in English, rightly and wrongly."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from docx import Document
from given.broken_forms import FORMS, FormCase, write_form
from given.broken_inputs import FORM, FORM_ID, NAME, WORKBOOKS, Case, book, saved
from given.places import ROOT

import cli
from console import frame
from foundation import language as i18n
from office import settings
from office.demo import FOLDER

LANGUAGES = ("zh_CN", "en")


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No office and no language of the machine's own, and none left behind for other tests."""
    monkeypatch.setattr(i18n, "_default", None)
    for name in ("GUIDANG_OFFICE", "GUIDANG_LANG", "GUIDANG_DEBUG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder that `guidang demo` made in a shell, and what it printed."""
    folder = tmp_path_factory.mktemp("made")
    return folder / "guidang-demo", in_a_shell("demo", cwd=folder)


@pytest.fixture
def sample(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """The demo office with its report, to be looked at only."""
    return demo[0]


@pytest.fixture
def office(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo office without its largest registers and last month: the current folder, to be spoilt."""
    large = shutil.ignore_patterns("收费*", "空置房*", "2026-09", "out")
    shutil.copytree(sample, folder := tmp_path / "office", ignore=large)
    monkeypatch.chdir(folder)
    return folder


def guidang(*words: object) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(cli.program, [str(word) for word in words], prog_name="guidang")


def in_a_shell(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as its own process."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "GUIDANG"))}
    return subprocess.run(
        [Path(sys.executable).with_name("guidang"), *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=env | {"LANG": "C.UTF-8"} | environment,
        check=False,
    )


def tree(folder: Path) -> dict[str, str]:
    """Every file below ``folder`` with its digest; the ledger of the demo's papers has a key of its own each time."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and FOLDER not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def register(office: Path, title: str) -> Path:
    """The office's register of October whose name begins with ``title``."""
    return next(path for path in (office / "registers" / "2026-10").iterdir() if path.name.startswith(title))


# --- demo -----------------------------------------------------------------------------------------------------


def test_demo_ends_with_objectives_and_three_files(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, run = demo
    assert run.returncode == 0, run.stderr
    assert "  达标" in run.stdout
    assert "  未达标" in run.stdout
    report = run.stdout.partition("\n\n从归档到销毁证明")[0]
    made = [folder.parent / line.split("  ")[-1].strip() for line in report.splitlines()[-3:]]
    assert [path.suffix for path in made] == [".docx", ".xlsx", ".xlsx"]
    assert all(path.stat().st_size > 5000 for path in made)
    assert "QG-FW-01-01" in made[0].name
    assert Document(str(made[0])).tables


def test_demo_gives_the_same_bytes_in_every_process_and_language(sample: Path, tmp_path: Path) -> None:
    run = in_a_shell("demo", "again", "--lang", "en", cwd=tmp_path, PYTHONHASHSEED="4711")
    assert run.returncode == 0, run.stderr
    assert "Quality objectives" in run.stdout
    assert "  not met" in run.stdout
    assert tree(tmp_path / "again") == tree(sample)


def test_demo_follows_papers_from_filing_to_proof(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Two of three due papers are gone, the held one and the one not due are there; the ledger proves it."""
    folder, run = demo
    life = folder / FOLDER
    assert "账本核对无误" in run.stdout
    assert {path.name.split()[0] for path in (life / "归档" / "2026年").rglob("*.*")} == {"月工作计划", "QG-FW-04-01"}
    papers = {path.name for path in (life / "disposal" / "2029-001").iterdir()}
    assert {"到期清单.docx", "销毁清册.docx", "销毁审批表.docx", "监销记录.docx", "销毁证明.docx"} <= papers
    verified = guidang("audit", "verify", "--replay", "--office", life)
    assert verified.exit_code == 0
    paper = guidang("audit", "verify", "--office", life, "--paper", life / "disposal" / "2029-001" / "销毁证明.docx")
    assert paper.exit_code == 0, paper.output


def test_demo_uses_an_office_that_is_there_as_it_is(sample: Path, tmp_path: Path) -> None:
    shutil.copytree(sample, tmp_path / "mine")
    (tmp_path / "mine" / "说明.txt").write_text("我的", encoding="utf-8")
    before = tree(tmp_path / "mine")
    again = guidang("demo", tmp_path / "mine", "--json")
    assert again.exit_code == 0
    assert Path(json.loads(again.stdout)["report"]).exists()
    assert tree(tmp_path / "mine") == before


def test_demo_leaves_a_foreign_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "照片.jpg").write_bytes(b"x")
    result = guidang("demo", tmp_path)
    assert result.exit_code == cli.Exit.CONFLICT
    assert str(tmp_path) in result.stderr
    assert set(tree(tmp_path)) == {"照片.jpg"}


# --- init -----------------------------------------------------------------------------------------------------


def test_init_makes_an_office_that_can_be_worked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = guidang("init", tmp_path / "幸福里", "--name", '幸福里"服务中心"')
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(tmp_path / "幸福里")
    assert guidang("new", "repairs", "--period", "2026-11").exit_code == 0
    assert (tmp_path / "幸福里" / "registers" / "2026-11" / "报修登记 2026年11月.xlsx").exists()
    assert guidang("check", "2026-11").exit_code == 0


def test_init_keeps_the_name_and_the_language_asked_for(tmp_path: Path) -> None:
    assert guidang("init", tmp_path / "a", "--name", '"甲"\\服务中心', "--lang", "en").exit_code == 0
    made = settings.load(tmp_path / "a" / "guidang.toml")
    assert (made.name, made.language) == ('"甲"\\服务中心', "en")
    assert guidang("init", tmp_path / "乙").exit_code == 0
    assert settings.load(tmp_path / "乙" / "guidang.toml").name == "乙"


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    assert guidang("init", tmp_path / "甲").exit_code == 0
    (tmp_path / "甲" / "guidang.toml").write_text('name = "改过的"\n', encoding="utf-8")
    before = tree(tmp_path)
    assert guidang("init", tmp_path / "甲").exit_code == cli.Exit.CONFLICT
    assert tree(tmp_path) == before


# --- forms, new -----------------------------------------------------------------------------------------------


def test_forms_lists_every_form_and_the_columns_of_one() -> None:
    listed = guidang("forms")
    assert listed.exit_code == 0
    assert "repairs" in listed.output
    assert "QG-FW-01-01" in listed.output
    assert "受理时间" in guidang("forms", "repairs").output


@pytest.mark.parametrize("name", ["repairs", "报修登记", "报修台账"])
def test_a_form_is_known_by_id_title_and_alias(name: str) -> None:
    assert json.loads(guidang("forms", name, "--json").output)["id"] == "repairs"


@pytest.mark.parametrize(("lang", "words"), [("zh_CN", "没有"), ("en", "There is no form")])
def test_a_misspelt_form_gets_a_suggestion(lang: str, words: str) -> None:
    result = guidang("new", "repiars", "--lang", lang)
    assert result.exit_code == cli.Exit.USAGE
    assert words in result.stderr
    assert "repairs" in result.stderr.replace("repiars", "")


def test_new_keeps_a_file_that_is_there_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "报修.xlsx"
    words = ("new", "repairs", "--period", "2026-10", "-o", target)
    assert guidang(*words).exit_code == 0
    blank = target.read_bytes()
    target.write_bytes(b"mine")
    refused = guidang(*words)
    assert refused.exit_code == cli.Exit.CONFLICT
    assert "--force" in refused.stderr
    assert target.read_bytes() == b"mine"
    assert guidang(*words, "--force").exit_code == 0
    assert target.read_bytes() == blank
    assert sorted(tree(tmp_path)) == ["报修.xlsx"]


def test_new_writes_into_the_folder_named_under_the_forms_own_name(tmp_path: Path) -> None:
    assert guidang("new", "报修登记", "--period", "2026年10月", "-o", tmp_path / "新").exit_code == 0
    assert list(tree(tmp_path)) == ["新/报修登记 2026年10月.xlsx"]


# --- check, report --------------------------------------------------------------------------------------------


def test_check_of_a_period_reads_every_register_and_writes_nothing(office: Path) -> None:
    before = tree(office)
    result = guidang("check", "2026-10")
    assert result.exit_code == 0, result.output
    for path in (office / "registers" / "2026-10").iterdir():
        assert path.name in result.output
    assert tree(office) == before


def spoil(path: Path) -> str:
    """Write nonsense over the first time in a register; the address of the cell."""
    book = openpyxl.load_workbook(path)
    cell = next(cell for row in book.active.iter_rows() for cell in row if isinstance(cell.value, datetime))
    cell.value = "昨天下午"
    book.save(path)
    return str(cell.coordinate)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_spoilt_cell_is_named_and_no_report_is_written(office: Path, lang: str) -> None:
    address = spoil(path := register(office, "报修登记"))
    checked = guidang("check", path, "--lang", lang)
    assert checked.exit_code == cli.Exit.DATA
    assert address in checked.output
    assert "昨天下午" in checked.output
    assert guidang("check", "2026-10").exit_code == cli.Exit.PARTLY
    before = tree(office)
    refused = guidang("report", "2026-10", "--incomplete", "--lang", lang)
    assert refused.exit_code == cli.Exit.DATA
    assert address in refused.stderr
    assert tree(office) == before


def test_an_outcome_changed_by_hand_is_not_lost(office: Path) -> None:
    words = ("report", "2026-10", "--incomplete", "--date", "2026-11-01")
    assert guidang(*words).exit_code == 0
    report = next((office / "out").rglob("*.docx"))
    made = report.read_bytes()
    edited = Document(str(report))
    edited.add_paragraph("经理补充")
    edited.save(str(report))
    changed = report.read_bytes()
    refused = guidang(*words)
    assert refused.exit_code == cli.Exit.CONFLICT
    assert report.name in refused.stderr
    assert "--force" in refused.stderr
    assert report.read_bytes() == changed
    assert guidang(*words, "--force").exit_code == 0
    assert report.read_bytes() == made


def test_a_missing_register_stops_the_report_unless_it_may_be_incomplete(office: Path) -> None:
    refused = guidang("report", "2026-10")
    assert refused.exit_code == cli.Exit.DATA
    assert "收费台账" in refused.stderr
    assert not (office / "out").exists()


def test_report_outside_an_office_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = guidang("report", "2026-10", "--lang", "en")
    assert result.exit_code == cli.Exit.USAGE
    assert "guidang init" in result.stderr


def test_the_office_may_be_named_before_or_behind_the_command_or_by_the_environment(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert guidang("--office", sample, "check", "2026-10").exit_code == 0
    assert guidang("check", "2026-10", "--office", sample).exit_code == 0
    monkeypatch.setenv("GUIDANG_OFFICE", str(sample))
    assert guidang("check", "2026-10").exit_code == 0


# --- broken input ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def broken_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with the form that the broken inputs are for, and a template to render it by."""
    folder = tmp_path_factory.mktemp("broken")
    assert guidang("init", folder).exit_code == 0
    place = write_form(folder / "templates", FORM.encode().replace(b'period = "month"', WITH_TEMPLATE, 1))
    document = Document()
    document.add_paragraph("{{ department }}{% for r in repairs %}{{ r.order_no }};{% endfor %}")
    document.save(str(place / "template.docx"))
    return folder


WITH_TEMPLATE = b'period = "month"\ntemplate = "template.docx"'


def test_a_filled_workbook_is_rendered(broken_office: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(saved(book()))
    words = ("render", FORM_ID, tmp_path / NAME, "--office", broken_office)
    assert guidang(*words).exit_code == 0
    text = Document(str(tmp_path / "报修登记.docx")).paragraphs[0].text
    assert text.startswith("工程维修部")
    assert text.count(";") == 2
    assert guidang(*words).exit_code == cli.Exit.CONFLICT


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", WORKBOOKS, ids=lambda case: case.id)
def test_broken_input_gives_its_place_exit_code_10_and_no_document(
    case: Case, lang: str, broken_office: Path, tmp_path: Path
) -> None:
    path = case.write(tmp_path)
    result = guidang("render", FORM_ID, path, "--office", broken_office, "--lang", lang)
    assert result.exit_code == cli.Exit.DATA
    assert case.name in result.stderr
    assert case.where.removeprefix(case.name).strip() in result.stderr.replace("\n", "")
    assert "Traceback" not in result.output
    assert [found.name for found in tmp_path.iterdir()] == [case.name]


def test_a_bad_workbook_does_not_stop_the_others(broken_office: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "甲.xlsx", tmp_path / "乙.xlsx"
    good.write_bytes(saved(book()))
    bad.write_bytes(b"nonsense")
    result = guidang("render", FORM_ID, bad, good, "--office", broken_office, "-o", tmp_path)
    assert result.exit_code == cli.Exit.PARTLY
    assert "乙.xlsx" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"甲.xlsx", "乙.xlsx", "甲.docx"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", FORMS, ids=lambda case: case.id)
def test_a_broken_declaration_gives_its_line_and_exit_code_10(case: FormCase, lang: str, tmp_path: Path) -> None:
    place = write_form(tmp_path, case.source())
    result = guidang("lint", place, "--lang", lang, "--json")
    assert result.exit_code == cli.Exit.DATA
    (problem,) = json.loads(result.stdout)["files"][0]["problems"]
    assert problem["code"] == case.code
    assert problem["message"]


# --- check --mark -----------------------------------------------------------------------------------------------


def overwrite(path: Path, **cells: object) -> None:
    """Write into cells of a workbook's first sheet."""
    made = openpyxl.load_workbook(path)
    for reference, value in cells.items():
        made.worksheets[0][reference] = value
    made.save(path)


def test_problems_are_marked_in_a_copy_beside_the_file(office: Path) -> None:
    """Red cells, notes and 错误说明 in `… 标注.xlsx`; the file itself and its neighbours stay as they are."""
    path = register(office, "报修登记")
    overwrite(path, C9="昨天下午")
    before = tree(office)
    result = guidang("check", path, "--mark")
    copy = path.with_name(f"{path.stem} 标注.xlsx")
    assert result.exit_code == cli.Exit.DATA
    assert f"副本：{copy}" in result.output
    sheet = openpyxl.load_workbook(copy).worksheets[0]
    assert sheet["C9"].fill.fgColor.rgb == "FFFF9A93"
    assert "昨天下午" in sheet["C9"].comment.text
    assert "错误说明" in [cell.value for cell in sheet[4]]
    assert {name: digest for name, digest in tree(office).items() if (office / name) != copy} == before


def test_a_copy_that_is_there_is_kept_unless_forced_and_the_file_itself_always(office: Path) -> None:
    path = register(office, "报修登记")
    overwrite(path, C9="昨天下午")
    assert guidang("check", path, "--mark").exit_code == cli.Exit.DATA
    before = tree(office)
    assert guidang("check", path, "--mark").exit_code == cli.Exit.CONFLICT
    assert guidang("check", path, "--mark", "--force", "-o", path).exit_code == cli.Exit.CONFLICT
    assert tree(office) == before
    assert guidang("check", path, "--mark", "--force").exit_code == cli.Exit.DATA
    assert tree(office) == before


def test_a_corrected_copy_is_marked_anew_or_loses_its_marks(office: Path) -> None:
    path = register(office, "报修登记")
    right = openpyxl.load_workbook(path).worksheets[0]["C9"].value
    overwrite(path, C9="昨天下午")
    guidang("check", path, "--mark")
    copy = path.with_name(f"{path.stem} 标注.xlsx")
    overwrite(copy, C9=right)
    made = json.loads(guidang("check", copy, "--mark", "--json").stdout)["checked"][0]
    assert (made["problems"], Path(made["copy"]).name) == ([], f"{path.stem} 标注2.xlsx")
    assert openpyxl.load_workbook(made["copy"]).worksheets[0]["C9"].comment is None
    result = guidang("check", copy, "--unmark")
    assert result.exit_code == 0
    clean = openpyxl.load_workbook(path.with_name(f"{path.stem} 去标注.xlsx")).worksheets[0]
    assert "错误说明" not in [cell.value for cell in clean[4]]


def test_a_marked_copy_beside_its_register_is_not_read_and_that_is_said(office: Path) -> None:
    path = register(office, "报修登记")
    files = len(json.loads(guidang("check", "2026-10", "--json").stdout)["checked"])
    shutil.copyfile(path, copy := path.with_name(f"{path.stem} 标注.xlsx"))
    checked = json.loads(guidang("check", "2026-10", "--json").stdout)["checked"]
    assert len(checked) == files
    assert [w["file"] for w in checked[-1]["warnings"] if w["code"] == "report.marked_copy"] == [copy.name]
    path.unlink()
    assert len(json.loads(guidang("check", "2026-10", "--json").stdout)["checked"]) == files


def test_marks_of_a_whole_period_go_to_one_folder(office: Path, tmp_path: Path) -> None:
    overwrite(register(office, "报修登记"), C9="昨天下午")
    overwrite(register(office, "投诉登记"), C6="昨天下午")
    result = guidang("check", "2026-10", "--mark", "-o", tmp_path / "marked")
    assert result.exit_code == cli.Exit.PARTLY
    assert len(list((tmp_path / "marked").iterdir())) == 2
    assert guidang("check", "2026-10", "--mark", "-o", tmp_path / "one.xlsx").exit_code == cli.Exit.USAGE
    assert guidang("check", "2026-10", "-o", tmp_path / "marked").exit_code == cli.Exit.USAGE
    assert guidang("check", "2026-10", "--mark", "--unmark").exit_code == cli.Exit.USAGE


def test_a_csv_file_cannot_hold_marks_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "培训登记.csv"
    path.write_text("日期,培训内容,部门,应到人数,实到人数\n昨天,消防,工程维修部,3,3\n", encoding="utf-8-sig")
    checked = json.loads(guidang("check", path, "--form", "培训登记", "--mark", "--json").stdout)["checked"][0]
    assert [warning["code"] for warning in checked["warnings"]] == ["mark.kind"]
    assert checked["copy"] is None
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_the_period_comes_from_the_folder_or_the_option(broken_office: Path, tmp_path: Path) -> None:
    """A date without a year needs one."""
    (folder := tmp_path / "registers" / "2026-10").mkdir(parents=True)
    data = saved(book(B5="10月3日 8:05"))
    (folder / NAME).write_bytes(data)
    (tmp_path / NAME).write_bytes(data)
    office = ("--office", broken_office)
    assert guidang("check", folder / NAME, "--form", FORM_ID, *office).exit_code == 0
    assert guidang("check", tmp_path / NAME, "--form", FORM_ID, *office).exit_code == cli.Exit.DATA
    assert guidang("check", tmp_path / NAME, "--form", FORM_ID, "--period", "2026-10", *office).exit_code == 0


def test_what_was_left_out_and_what_took_interpreting_is_told(office: Path) -> None:
    path = register(office, "报修登记")
    checked = json.loads(guidang("check", path, "--json").stdout)["checked"][0]
    assert {"total", "note", "blank"} <= {left["reason"] for left in checked["ignored"]}
    assert all(left["place"] and left["last"] for left in checked["ignored"])
    assert all(remark["place"] and remark["text"] for remark in checked["remarks"])
    plain = guidang("check", path).output
    assert "合计行 1" in plain
    assert f"单元格 {len(checked['remarks'])} 个" in plain


# --- lint -----------------------------------------------------------------------------------------------------


def test_lint_names_every_fault_of_a_template(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{% for r in rows %}")
    document.add_table(1, 1).cell(0, 0).text = "{{ x|没有这种格式 }}"
    document.save(str(tmp_path / "月报.docx"))
    result = guidang("lint", tmp_path / "月报.docx")
    assert result.exit_code == cli.Exit.DATA
    assert "月报.docx" in result.output
    assert "没有这种格式" in result.output
    assert "{% for r in rows %}" in result.output


def test_lint_writes_the_faults_into_a_copy_as_word_comments(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("{{ x|没有这种格式 }}")
    document.save(str(tmp_path / "月报.docx"))
    before = tree(tmp_path)
    assert guidang("lint", tmp_path / "月报.docx", "--annotate").exit_code == cli.Exit.DATA
    annotated = Document(str(tmp_path / "月报-批注.docx"))
    assert "没有这种格式" in next(iter(annotated.comments)).text
    assert tree(tmp_path)["月报.docx"] == before["月报.docx"]
    assert guidang("lint", tmp_path / "月报.docx", "--annotate").exit_code == cli.Exit.CONFLICT
    assert guidang("lint", tmp_path / "月报.docx", "--annotate", "--force").exit_code == cli.Exit.DATA


def test_the_shipped_templates_and_declarations_are_sound() -> None:
    result = guidang("lint", ROOT / "templates")
    assert result.exit_code == 0, result.output


# --- for programs ---------------------------------------------------------------------------------------------


def test_json_is_one_object_and_nothing_else(office: Path, tmp_path: Path) -> None:
    commands = (
        ("forms",),
        ("forms", "fees"),
        ("new", "fees", "--period", "2026-10", "-o", tmp_path / "x.xlsx"),
        ("check", "2026-10"),
        ("report", "2026-10", "--incomplete"),
        ("init", tmp_path / "新"),
        ("lint", ROOT / "templates" / "monthly-report"),
    )
    for words in commands:
        result = guidang(*words, "--json")
        assert result.exit_code == 0, (words, result.output)
        assert json.loads(result.stdout), words
        assert result.stderr == "", words


def test_json_of_the_report_carries_the_objectives(office: Path) -> None:
    data = json.loads(guidang("report", "2026-10", "--incomplete", "--json").stdout)
    timeliness = next(item for item in data["objectives"] if "及时率" in item["title"])
    assert timeliness["clause"] == "2.6"
    assert 0 < int(timeliness["numerator"]) <= int(timeliness["denominator"])
    assert timeliness["status"] in {"met", "missed"}
    assert all(Path(data[key]).exists() for key in ("report", "base_data", "annex"))


def test_a_failure_is_json_too(office: Path) -> None:
    spoil(register(office, "报修登记"))
    result = guidang("report", "2026-10", "--json")
    assert result.exit_code == cli.Exit.DATA
    data = json.loads(result.stdout)
    assert data["exit"] == 10
    assert {"file", "place", "message", "hint", "code"} == set(data["problems"][0])
    assert json.loads(guidang("report", "2026-99", "--json").stdout)["exit"] == 2


# --- languages and mistakes -----------------------------------------------------------------------------------

MISTAKES = [
    (("nosuch",), "没有", "No such command"),
    (("new",), "缺少参数", "Missing argument"),
    (("new", "repairs", "--nosuch"), "没有 '--nosuch' 这个选项", "No such option"),
    (("new", "repairs", "--period", "2026-13"), "报告期", "this is not a period"),
    (("new", "repairs", "--period", "十月"), "报告期", "this is not a period"),
    (("check", "没有这个文件.xlsx"), "既不是文件", "neither a file nor a period"),
    (("lint", "没有这个文件.docx"), "不存在", "does not exist"),
    (("render", "repairs", "没有这个文件.xlsx"), "不存在", "does not exist"),
    (("new", "monthly-report"), "不用填报", "is not filled in"),
]


@pytest.mark.parametrize(("words", "chinese", "english"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_a_mistake_on_the_command_line_is_explained_in_both_languages(
    words: tuple[str, ...], chinese: str, english: str
) -> None:
    for lang, expected in zip(LANGUAGES, (chinese, english), strict=True):
        result = guidang(*words, "--lang", lang)
        assert result.exit_code == cli.Exit.USAGE
        assert expected in result.stderr


@pytest.mark.parametrize("name", [None, *cli.program.commands])
def test_help_is_wholly_chinese_or_wholly_english(name: str | None) -> None:
    words = () if name is None else (name,)
    english = guidang(*words, "--help", "--lang", "en").output
    chinese = guidang("--lang", "zh_CN", *words, "-h").output
    assert "Usage:" in english
    assert "Options:" in english
    for word in ("用法:", "选项:", "显示本说明。"):
        assert word in chinese
    assert not {"Usage:", "Options:", "[OPTIONS]", "Show"} & set(chinese.replace("\n", " ").split(" "))


def test_what_the_help_says_of_commands_that_are_not_loaded_is_what_they_say() -> None:
    table = frame.CommandTable(cli.COMMANDS)
    for lang in LANGUAGES:
        with i18n.use(lang):
            short = {name: table.short_help(name) for name in table}
            assert short == {name: command.get_short_help_str() for name, command in cli.program.commands.items()}


def test_the_language_is_the_options_then_the_environments_then_the_offices(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert "用法:" in guidang("-h").output  # the office says zh_CN
    settings_file = office / "guidang.toml"
    text = settings_file.read_text(encoding="utf-8")
    settings_file.write_text(text.replace('language = "zh_CN"', 'language = "en"'), encoding="utf-8")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "Usage:" in guidang("-h").output
    monkeypatch.setenv("GUIDANG_LANG", "zh_CN")
    assert "用法:" in guidang("-h").output
    assert "Usage:" in guidang("-h", "--lang=en").output


def test_outside_an_office_the_locale_decides_and_chinese_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "用法:" in guidang("-h").output
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert "Usage:" in guidang("-h").output


BROKEN_COMMAND = """
import cli
@cli.program.command()
def broken():
    raise ZeroDivisionError("boom")
cli.program.main(["broken"], prog_name="guidang")
"""


@pytest.mark.parametrize(("debug", "shown"), [("", False), ("1", True)])
def test_an_unforeseen_error_is_a_sentence_and_a_log_file(tmp_path: Path, debug: str, shown: bool) -> None:
    env = os.environ | {"GUIDANG_DEBUG": debug, "GUIDANG_LANG": "en", "HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    env.pop("XDG_CONFIG_HOME", None)
    run = subprocess.run(
        [sys.executable, "-c", BROKEN_COMMAND], capture_output=True, encoding="utf-8", env=env, cwd=ROOT, check=False
    )
    assert run.returncode == cli.Exit.UNEXPECTED
    assert ("Traceback" in run.stderr) is shown
    logs = list(tmp_path.rglob("*.log"))
    assert len(logs) == (0 if shown else 1)
    if logs:
        assert str(logs[0]) in run.stderr
        assert "ZeroDivisionError: boom" in logs[0].read_text(encoding="utf-8")


def test_output_that_the_terminal_cannot_show_ends_nothing(tmp_path: Path) -> None:
    run = in_a_shell("forms", cwd=tmp_path, PYTHONIOENCODING="ascii:strict")
    assert run.returncode == 0
    assert "Traceback" not in run.stderr


def test_version() -> None:
    assert guidang("--version").output.startswith("guidang 0.")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileExistsError(17, "exists", "报表.docx"), cli.Exit.CONFLICT),
        (PermissionError(13, "denied", "报表.docx"), cli.Exit.REFUSED),
        (OSError(28, "No space left on device", "报表.docx"), cli.Exit.UNEXPECTED),
    ],
)
def test_a_system_error_names_the_file(error: OSError, code: cli.Exit) -> None:
    assert frame.exit_of(error) == code
    assert frame.problems_of(error)[0].where == "报表.docx"
