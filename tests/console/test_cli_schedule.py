"""`guidang schedule`: how the office's schedule.csv is read, as a person and as a program see it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from given.places import ROOT

import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SAMPLE = ROOT / "samples" / "starter"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    shutil.copytree(SAMPLE, folder)
    return folder


def guidang(*words: object) -> Result:
    return CliRunner().invoke(cli.program, [str(word) for word in words], prog_name="guidang")


def test_the_schedule_is_shown_with_its_doubts(office: Path) -> None:
    run = guidang("schedule", "show", "--office", office, "--lang", "zh_CN")
    assert run.exit_code == cli.Exit.DONE
    lines = run.stdout.splitlines()
    assert lines[0].split() == ["记录", "标识", "保存期限", "起算日", "起算规则", "使用部门"]
    assert lines[1].split() == ["物业管理月度工作报告", "QG-FW-01-01", "2年", "所属期末", "次年1月1日", "经理室"]
    assert lines[4].split() == ["每日检查表", "未规定"]
    assert "schedule!D5" in run.stderr
    assert "[P4]" in run.stderr


def test_the_schedule_for_programs(office: Path) -> None:
    data = json.loads(guidang("schedule", "show", "--json", "--office", office).stdout)
    assert data["exit"] == 0
    assert len(data["digest"]) == 64
    assert [(each["code"], each["term"]["months"]) for each in data["classes"]][:2] == [
        ("QG-FW-01-01", 24),
        ("QG-FW-04-01", 36),
    ]
    assert [(problem["place"], problem["clause"]) for problem in data["problems"]] == [("schedule!D5", "P4")]


def test_rows_that_do_not_say_count_as_the_settings_say(office: Path) -> None:  # T1
    (office / "schedule.csv").write_text("记录名称,保存期限\n培训记录,1年\n", encoding="utf-8")
    settings = (office / "guidang.toml").read_text(encoding="utf-8")
    changed = settings.replace('start = "next_year"', 'start = "anniversary"').replace('"period_end"', '"filing"')
    (office / "guidang.toml").write_text(changed, encoding="utf-8")
    (shown,) = json.loads(guidang("schedule", "show", "--json", "--office", office).stdout)["classes"]
    assert (shown["base"], shown["start"]) == ("filing", "anniversary")


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (None, "", "file.missing"),
        ("记录名称,保存期限\n,1年\n", "schedule!A2", "schedule.title"),
        ("记录,多久\n月报,1年\n", "", "csv.no_titles"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_exit_10(office: Path, content: str | None, place: str, code: str) -> None:
    file = office / "schedule.csv"
    file.unlink() if content is None else file.write_text(content, encoding="utf-8")
    run = guidang("schedule", "show", "--json", "--office", office)
    assert run.exit_code == cli.Exit.DATA
    (problem,) = json.loads(run.stdout)["problems"]
    assert (problem["file"], problem["place"], problem["code"]) == ("schedule.csv", place, code)
    assert problem["hint"]
