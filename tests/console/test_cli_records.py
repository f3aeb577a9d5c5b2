"""Commands about records as a clerk types them: what is due and why, what is there, what persons say of it."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner
from given import archives
from given.archives import CHECK, INCIDENT, PLAN, REPORT, SCANNED
from given.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

import cli
from console import terminal
from foundation import language as i18n
from office.archive.classes import catalogue_of
from office.office import Office
from retention.acts import accounts
from retention.filing.identify import Identification, Standing, repeated
from retention.ledger.history import in_sentence
from retention.ledger.ledger import Ledger, Stamp
from retention.rules.events import KINDS, RecordChange
from retention.rules.people import Person, Role
from samples.making import due, share
from samples.making.share import docx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

SAMPLE = ROOT / "samples" / "office"
ENGLISH = re.compile(r"[A-Za-z]{3,}")


@dataclass
class Desk:
    """An archive with its persons logged in, and its commands."""

    archive: archives.Archive
    tokens: dict[str, str]

    def run(self, *words: object, by: str = "wang.min", lang: str = "zh_CN", asked: str | None = None) -> Result:
        typed = [*map(str, words), "--office", str(self.archive.office.folder), "--lang", lang]
        env = {"GUIDANG_SESSION": self.tokens.get(by, ""), "COLUMNS": "100"}
        return CliRunner().invoke(cli.program, typed, prog_name="guidang", env=env, input=asked)

    def data(self, *words: object, by: str = "wang.min") -> dict:
        result = self.run(*words, "--json", by=by)
        assert result.exit_code in tuple(cli.Exit), result.output
        return json.loads(result.stdout)

    def adopt(self) -> None:
        count = self.data("schedule", "adopt", "--preview")["count"]
        plain(self.run("schedule", "adopt", "--count", count))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(i18n, "_default", None)
    archive = archives.make(tmp_path, str(tmp_path / "ledger.db"))
    for path in (REPORT, PLAN, INCIDENT, CHECK):
        archive.write(path)
    archive.write(SCANNED, b"%PDF-1.4 nothing is said")
    archive.scan()
    with archive.ledger:
        yield Desk(archive, {name: archives.session(archive, name) for name in ("wang.min", "li.gang")})


def plain(result: Result) -> str:
    assert result.exit_code == cli.Exit.DONE, result.output
    return result.stdout


# --- the sample share -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The sample office over the whole sample share, scanned, its schedule adopted on the command line."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(SAMPLE, folder / "office")
    root = folder / "share"
    share.write(root)
    settings = folder / "office" / "guidang.toml"
    declared = f'\n[shares."归档"]\npath = "{root.as_posix()}"\nsettle_seconds = 0\n'
    settings.write_text(settings.read_text(encoding="utf-8") + declared, encoding="utf-8")
    archive = archives.Archive(Office.load(folder / "office"), Ledger.open(folder / "office" / "ledger.db"), root)
    service = Stamp(archive.now(), date.today(), archives.SERVICE)  # noqa: DTZ011 - any day will do
    accounts.add(archive.ledger, service, Person("admin", "管理员", frozenset({Role.ADMINISTRATOR})))
    accounts.add(archive.ledger, archive.stamp("admin"), Person("wang.min", "王敏", frozenset({Role.ARCHIVIST})))
    archive.scan()
    desk = Desk(archive, {"wang.min": archives.session(archive, "wang.min")})
    desk.adopt()
    return desk


def test_the_committed_key_is_that_of_the_generator() -> None:
    """`python -m samples.making.due` mends this."""
    assert due.KEY.read_text(encoding="utf-8") == due.key()


def test_due_names_each_record_of_the_sample_share_with_the_reason_no_more_and_no_fewer(sample: Desk) -> None:  # T1, T5
    """The list of 23 November 2026 is the one worked out by hand."""
    found = sample.data("due", "--on", due.ON, "--all")
    rows = list(csv.DictReader(due.KEY.read_text(encoding="utf-8").splitlines()))
    assert {
        (each["path"], each["class"], each["period"], each["kept_until"], each["eligible_on"])
        for each in found["records"]
    } == {(row["path"], row["class"], row["period"], row["kept until"], row["eligible on"]) for row in rows}
    assert found["due"] == len(found["records"]) == len(rows) > 100
    covered = {row["path"]: row["last day covered"] for row in rows}
    assert all(covered[each["path"]] in each["why"] for each in found["records"])


def test_every_record_of_the_sample_share_is_counted_once(sample: Desk) -> None:  # D4
    found = sample.data("due", "--on", due.ON)
    never = sum(each["records"] for each in found["never"])
    assert found["due"] + found["later"] + never == sample.data("records", "--limit", 1)["total"]
    assert {each["reason"] for each in found["never"]} == {"unclassified", "no_class", "unknown_term"}


def test_unclassified_records_of_the_sample_share_are_listed_with_the_reasons(sample: Desk) -> None:  # D4
    found = sample.data("records", "--unclassified", "--all")
    with (share.KEY).open(encoding="utf-8") as file:
        clear = {row["path"] for row in csv.DictReader(file) if row["clear"]}
    assert found["total"] == len(found["records"]) == found["alerts"]["unclassified"] > 200
    assert all(each["reasons"] and each["class"] is None for each in found["records"])
    assert clear.isdisjoint(each["path"] for each in found["records"])


def test_duplicates_of_the_sample_share_are_those_that_identification_reports(sample: Desk) -> None:  # W7
    groups = sample.data("records", "--duplicates", "--all")["groups"]
    found = {frozenset(each["path"] for each in group["records"]) for group in groups if group["same"] == "period"}
    with sample.archive.ledger.read() as view:
        records = [record for record in view.records() if record.class_key]
    known = {
        record.path: Identification(Standing.RECORD, record.class_key, record.period, record.department)
        for record in records
    }
    assert found == {frozenset(each.paths) for each in repeated(catalogue_of(sample.archive.office), known)}
    assert len(found) > 20


def test_no_table_of_the_sample_share_has_a_word_of_english_or_is_too_wide(sample: Desk) -> None:
    """What is no English is a code, a number of a hold, or part of a file's name."""
    for words in (
        ("due", "--on", due.ON),
        ("records", "--unclassified", "--limit", 300),
        ("records", "--duplicates", "--all"),
        ("records", "--all"),
        ("schedule", "show"),
        ("clock", "show"),
    ):
        text = plain(sample.run(*words))
        for line in text.splitlines():
            assert terminal.width(line) <= 100, line
        names = "|".join(re.escape(word) for word in ("Microsoft", "Word", "IMG", "docx", "xlsx", "pdf", "jpg"))
        said = re.sub(r"`[^`]*`|QG\W*FW[\w.—-]*|JY\W*QM[\w.—-]*|--\w+|schedule\.csv", "", text)
        said = "\n".join(line for line in said.splitlines() if not line.startswith(("      ", "  ")))
        left = [word for word in ENGLISH.findall(re.sub(names, "", said)) if not re.fullmatch(r"[0-9a-f]+", word)]
        assert left == [], words


# --- due --------------------------------------------------------------------------------------------------------


def test_before_a_schedule_is_adopted_due_says_so_and_how(desk: Desk) -> None:  # D4
    text = plain(desk.run("due", lang="en"))
    assert "nothing is ever due" in text
    assert "`guidang schedule adopt`" in text
    assert "Not classified: of 1 records" in text


def test_due_prints_class_period_days_place_and_reason(desk: Desk) -> None:  # T5
    desk.adopt()
    lines = plain(desk.run("due", "--on", "2026-11-23", lang="en")).splitlines()
    record = desk.archive.record(PLAN)
    row = next(n for n, line in enumerate(lines) if line.split()[:1] == [record.id])
    assert lines[row].split() == [record.id, "月工作计划", "2023-05", "工程维修部", "2024-12-31", "2025-01-01"]
    assert lines[row + 1].strip() == f"归档/{PLAN}"
    assert f"{lines[row + 2].strip()} {lines[row + 3].strip()}" == (
        "end of the period covered 2023-05-31, kept 1 year from 1 January of the next year, schedule version 1"
    )
    assert "2 records are due on 2026-11-23." in "\n".join(lines)
    assert "Never due, no term known: 1（每日检查表 1）" in lines


def test_due_is_narrowed_and_paged(desk: Desk) -> None:
    desk.adopt()
    assert [each["path"] for each in desk.data("due", "--class", "月报")["records"]] == [REPORT]
    assert [each["path"] for each in desk.data("due", "--period", "2023-05")["records"]] == [PLAN]
    assert desk.data("due", "--under", "归档/2024年")["due"] == 0
    first, second = (desk.data("due", "--limit", 1, "--page", page)["records"] for page in (1, 2))
    assert [each["path"] for each in (*first, *second)] == [PLAN, REPORT]
    assert "--page 2" in plain(desk.run("due", "--limit", 1))
    assert desk.data("due", "--on", "2025-06-01")["due"] == 1
    assert "2024-12-31" in plain(desk.run("due", "--on", "2024-12-31"))


def test_without_a_ledger_it_is_said_who_makes_one(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "office")
    for words in (["due"], ["records"], ["why", "1"], ["hold", "list"]):
        result = CliRunner().invoke(cli.program, [*words, "--office", str(tmp_path / "office"), "--lang", "en"])
        assert result.exit_code == cli.Exit.DATA
        assert "guidang scan" in result.stderr
    assert not (tmp_path / "office" / "ledger.db").exists()


# --- records ----------------------------------------------------------------------------------------------------


def test_records_begin_with_what_is_alarming(desk: Desk) -> None:  # W3, W4, W5, W7
    desk.adopt()
    desk.archive.write(REPORT, docx(["改过"]))
    (desk.archive.root / INCIDENT).unlink()
    desk.archive.write("2024年/副本.docx", (desk.archive.root / PLAN).read_bytes())
    desk.archive.scan()
    lines = plain(desk.run("records")).splitlines()
    assert [line.partition("：")[0] for line in lines[:4]] == [
        "！缺失",
        "！已变动",
        "！未归类",
        "！同一内容放在几个地方",
    ]
    assert "`guidang records --missing`" in lines[0]
    for option, path in (("--missing", INCIDENT), ("--altered", REPORT), ("--unclassified", SCANNED)):
        assert path in [each["path"] for each in desk.data("records", option)["records"]], option
    (group,) = desk.data("records", "--duplicates")["groups"]
    assert {each["path"] for each in group["records"]} == {PLAN, "2024年/副本.docx"}
    assert "缺失" in plain(desk.run("records", "--missing")).split("所属期")[1]


def test_a_reappeared_record_names_its_list_and_where_it_lies(desk: Desk) -> None:  # W5
    desk.adopt()
    content = (desk.archive.root / PLAN).read_bytes()
    archives.destroyed(desk.archive, PLAN)
    desk.archive.write("2024年/又出现.docx", content)
    desk.archive.scan()
    text = plain(desk.run("records", "--resurfaced"))
    assert "！销毁后又出现" in text
    assert "L1" in text
    assert "归档/2024年/又出现.docx" in text
    assert desk.run("settle", PLAN, "--gone", "--reason", "x").exit_code == cli.Exit.REFUSED
    (desk.archive.root / "2024年/又出现.docx").unlink()
    assert desk.run("settle", PLAN, "--gone", "--reason", "已移走").exit_code == cli.Exit.DONE


def test_nothing_alarming_is_not_announced(desk: Desk) -> None:
    assert desk.run("classify", SCANNED, "--class", "XF-01").exit_code == cli.Exit.DONE
    assert "！" not in plain(desk.run("records"))


def test_records_are_looked_for_by_words(desk: Desk) -> None:
    assert [each["path"] for each in desk.data("records", "扫描件")["records"]] == [SCANNED]
    assert "没有这样的记录" in plain(desk.run("records", "没有"))
    assert desk.data("records", "--department", "特勤部")["total"] == 1
    assert desk.run("records", "--class", "随便").exit_code == cli.Exit.DATA
    assert desk.run("records", "--duplicates", "--class", "月报").exit_code == cli.Exit.USAGE


# --- why --------------------------------------------------------------------------------------------------------


def test_why_tells_every_step_the_holds_and_what_happened(desk: Desk) -> None:  # T5
    desk.adopt()
    record = desk.archive.record(PLAN)
    hold = desk.data("hold", "add", PLAN, "--reason", "诉讼未了")["hold"]
    text = plain(desk.run("why", PLAN, "--on", "2026-11-23"))
    for part in ("2023-05-31", "2024-01-01 + 1年", "保存至 2024-12-31", "第1版", hold, "诉讼未了", "wang.min 本人"):
        assert part in text, part
    assert "不作到期处理" in text
    data = desk.data("why", record.id)
    assert [step["code"] for step in data["steps"]] == ["class", "term", "base", "sum", "held", "kept"]
    assert len(data["history"]) == 2
    assert (data["kept_until"], data["eligible_on"]) == ("2024-12-31", "2025-01-01")


@given(st.one_of([st.builds(kind) for kind in KINDS.values() if issubclass(kind, RecordChange)]))
def test_every_event_of_a_record_has_words_in_both_languages(change: RecordChange) -> None:
    """Nothing that can happen to a record is told by the name of its kind."""
    texts = []
    for language in ("en", "zh_CN"):
        with i18n.use(language):
            texts.append(in_sentence(change))
    assert change.kind not in texts
    assert texts[0] != texts[1]


# --- classify, settle, hold -------------------------------------------------------------------------------------


def test_classify_shows_what_a_record_may_be_and_takes_a_persons_word(desk: Desk) -> None:  # L6
    shown = plain(desk.run("classify", SCANNED))
    assert "看不出是哪一类记录" in shown
    refused = desk.run("classify", SCANNED, "--class", "月报")
    assert refused.exit_code == cli.Exit.REFUSED
    assert "--period" in refused.stderr
    assert desk.run("classify", SCANNED, "--class", "月报", "--period", "2023-01", by="").exit_code == cli.Exit.REFUSED
    assert desk.run("classify", SCANNED, "--class", "月报", "--period", "2023-01", by="li.gang").exit_code == 11
    told = plain(desk.run("classify", SCANNED, PLAN, "--class", "月报", "--period", "2023-02"))
    assert told.count("物业管理月度工作报告 2023-02") == 2
    assert {desk.archive.record(path).class_key for path in (SCANNED, PLAN)} == {"QG-FW-01-01"}


def test_settle_decides_about_an_altered_file(desk: Desk) -> None:  # W3
    desk.archive.write(REPORT, docx(["改过"]))
    desk.archive.scan()
    assert desk.run("settle", REPORT, "--reason", "x").exit_code == cli.Exit.USAGE
    assert desk.run("settle", REPORT, "--correction").exit_code == cli.Exit.USAGE
    refused = desk.run("settle", REPORT, "--restored", "--reason", "从备份恢复")
    assert refused.exit_code == cli.Exit.REFUSED
    assert "[W3]" in refused.stderr
    assert desk.run("settle", REPORT, "--correction", "--reason", "日期写错了").exit_code == cli.Exit.DONE
    assert desk.archive.record(REPORT).altered_to is None
    assert "日期写错了" in plain(desk.run("why", REPORT))


def test_a_hold_is_placed_listed_and_released(desk: Desk) -> None:  # D3
    desk.adopt()
    assert desk.run("hold", "add", "--reason", "x").exit_code == cli.Exit.USAGE
    assert desk.run("hold", "add", PLAN).exit_code == cli.Exit.USAGE
    assert desk.run("hold", "add", "--class", "月报", "--period", "2030", "--reason", "x").exit_code == cli.Exit.DATA
    placed = desk.data("hold", "add", "--under", "归档/2023年", "--reason", "审计", by="li.gang")
    assert len(placed["records"]) == 5
    assert desk.data("due")["due"] == 0
    (listed,) = desk.data("hold", "list")["holds"]
    assert (listed["hold"], listed["records"], listed["by"]) == (placed["hold"], 5, "li.gang")
    assert "审计" in plain(desk.run("hold", "list"))
    assert desk.data("records", "--held")["total"] == 5
    released = desk.data("hold", "release", placed["hold"].lower(), "--reason", "审计结束")
    assert len(released["records"]) == 5
    assert desk.data("due")["due"] == 2
    assert desk.data("hold", "list")["holds"] == []
    assert len(desk.data("hold", "list", "--all")["holds"]) == 1
    assert desk.run("hold", "release", placed["hold"], "--reason", "再来").exit_code == cli.Exit.CONFLICT


# --- schedule ---------------------------------------------------------------------------------------------------


def test_adopting_takes_the_count_of_the_preview(desk: Desk) -> None:  # P2
    shown = desk.run("schedule", "adopt")
    assert shown.exit_code == cli.Exit.USAGE
    assert "--count 3" in shown.stderr
    assert desk.run("schedule", "adopt", "--count", 2).exit_code == cli.Exit.CONFLICT
    assert desk.run("schedule", "adopt", "--count", 3, by="li.gang").exit_code == cli.Exit.REFUSED
    assert "第1版" in plain(desk.run("schedule", "adopt", "--count", 3))
    assert "第1版" in plain(desk.run("schedule", "show"))
    assert desk.run("schedule", "adopt", "--count", 0).exit_code == cli.Exit.REFUSED
    assert desk.data("schedule", "show")["in_force"]["number"] == 1


def test_a_preview_changes_nothing_and_makes_no_ledger(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "office")
    result = CliRunner().invoke(cli.program, ["schedule", "adopt", "--preview", "--office", str(tmp_path / "office")])
    assert result.exit_code == cli.Exit.DONE
    assert not (tmp_path / "office" / "ledger.db").exists()


def test_shortening_goes_through_two_persons(desk: Desk) -> None:  # P3
    desk.adopt()
    table = desk.archive.office.folder / "schedule.csv"
    table.write_text(archives.SCHEDULE.replace("3年", "1年"), encoding="utf-8")
    preview = plain(desk.run("schedule", "adopt", "--preview"))
    digest = re.search(r"approve-shortening ([0-9a-f]{12})", preview)
    assert digest
    assert desk.run("schedule", "adopt", "--shorten-approved", "--count", 1).exit_code == cli.Exit.REFUSED
    assert desk.run("schedule", "approve-shortening", digest[1], "--count", 1).exit_code == cli.Exit.REFUSED
    assert desk.run("schedule", "approve-shortening", "0" * 12, "--count", 1, by="li.gang").exit_code == 12
    assert desk.run("schedule", "approve-shortening", digest[1][:5], "--count", 1, by="li.gang").exit_code == 12
    approved = desk.data("schedule", "approve-shortening", digest[1], "--count", 1, by="li.gang")
    assert approved["becoming_due"] == [desk.archive.record(INCIDENT).id]
    assert desk.data("schedule", "adopt", "--preview")["shortening_approved_by"] == "li.gang"
    assert desk.data("schedule", "adopt", "--shorten-approved", "--count", 1)["number"] == 2
    assert INCIDENT in [each["path"] for each in desk.data("due")["records"]]


def workbook(path: Path, *rows: tuple[str, ...], more: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(("保存期限表",))
    for row in rows:
        sheet.append(row)
    if more:
        other = book.create_sheet("旧表")
        for row in rows:
            other.append(row)
    book.save(path)
    return path


HEAD = ("记录名称", "标识", "保存期限")
ROWS = (HEAD, ("物业管理月度工作报告", "QG-FW-01-01", "5年"), ("突发事件处理记录表", "QG-FW-04-01", "3年"))
REST = (("月工作计划", "JY-QM7.5.1-02", "1年"), ("每日检查表", "", ""))


def test_a_schedule_is_imported_from_a_workbook_after_a_preview(desk: Desk, tmp_path: Path) -> None:  # P2, P4
    desk.adopt()
    place = desk.archive.office.folder / "schedule.csv"
    before = place.read_bytes()
    source = workbook(tmp_path / "新表.xlsx", *ROWS, *REST)
    asked = desk.run("schedule", "import", source)
    assert asked.exit_code == cli.Exit.CONFLICT
    assert place.read_bytes() == before
    told = plain(desk.run("schedule", "import", source, "--force"))
    assert re.search(r"物业管理月度工作报告 +1 +2年 +5年", told)
    assert desk.archive.office.schedule().version.classes[0].rule.term.months == 60
    assert desk.data("schedule", "show")["in_force"]["number"] == 1
    desk.adopt()
    assert desk.data("due")["due"] == 1


def test_a_faulty_table_is_not_imported(desk: Desk, tmp_path: Path) -> None:  # P1, P4
    desk.adopt()
    place = desk.archive.office.folder / "schedule.csv"
    before = place.read_bytes()
    faulty = workbook(tmp_path / "a.xlsx", *ROWS, ("", "X-1", "1年"))
    result = desk.run("schedule", "import", faulty, "--force")
    assert result.exit_code == cli.Exit.DATA
    assert "A5" in result.stderr
    assert desk.run("schedule", "import", workbook(tmp_path / "b.xlsx", *ROWS, *REST, more=True)).exit_code == 10
    lost = desk.run("schedule", "import", workbook(tmp_path / "c.xlsx", *ROWS), "--force")
    assert lost.exit_code == cli.Exit.REFUSED
    assert "[P1]" in lost.stderr
    assert desk.run("schedule", "import", workbook(tmp_path / "d.xlsx", ("甲", "乙"))).exit_code == cli.Exit.DATA
    assert place.read_bytes() == before


def test_a_csv_is_imported_as_it_is(desk: Desk, tmp_path: Path) -> None:
    source = tmp_path / "new.csv"
    source.write_bytes("记录名称,保存期限\n月报,2年\n".encode("gb18030"))
    assert desk.data("schedule", "import", source, "--force")["exit"] == 0
    assert (desk.archive.office.folder / "schedule.csv").read_bytes() == source.read_bytes()
    assert desk.data("schedule", "import", source)["exit"] == 0


# --- clock ------------------------------------------------------------------------------------------------------


def test_the_clock_is_shown_and_vouched_for(desk: Desk) -> None:  # T4
    assert desk.data("clock", "show")["fault"] is None
    assert desk.run("clock", "vouch").exit_code == cli.Exit.USAGE
    assert desk.run("clock", "vouch", "--reason", "对过表", by="li.gang").exit_code == cli.Exit.REFUSED
    assert "确认" in plain(desk.run("clock", "vouch", "--reason", "对过表"))
