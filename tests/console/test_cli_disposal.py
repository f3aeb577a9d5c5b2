"""`guidang disposal` as clerks, approvers and witnesses type it: what it asks, what it says, what it gives programs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from given.disposals import MONTHLY, PLAN, World, stamp
from given.doors import CommandLine

import cli
from console import archive as commands
from office.archive import people

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ENGLISH = re.compile(r"[A-Za-z]{3,}")


@dataclass
class Desk:
    """Commands in an office whose share and ledger are the world's, on a day of the test's choosing."""

    world: World
    door: CommandLine

    def run(self, *words: str, by: str = "chen.lu", days: float = 0, typed: str = "", lang: str = "zh_CN") -> Result:
        at, token = stamp(days=days).at, self.door.session(by, days)
        moment = type("Moment", (datetime,), {"now": classmethod(lambda _cls, _zone=None: at)})
        with self.door.monkeypatch.context() as then:
            then.setattr(commands, "datetime", moment)
            env = {people.TOKEN: token, "COLUMNS": "100"}
            arguments = ["disposal", *words, "--office", str(self.door.folder), "--lang", lang]
            return CliRunner().invoke(cli.program, arguments, prog_name="guidang", env=env, input=typed)

    def data(self, *words: str, by: str = "chen.lu", days: float = 0) -> dict[str, Any]:
        result = self.run(*words, "--json", by=by, days=days)
        found: dict[str, Any] = json.loads(result.stdout)
        assert found["exit"] == result.exit_code
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "office"
    world = World.made(str(folder / "ledger.db") if folder.mkdir() is None else "", tmp_path / "share")
    door = CommandLine.of(world, folder, monkeypatch)
    settings = (folder / "guidang.toml").read_text(encoding="utf-8")
    more = "\n[disposal]\ncooling_days = 2\napproval_days = 20\nquarantine_days = 3\n"
    (folder / "guidang.toml").write_text(settings + more, encoding="utf-8")
    return Desk(world, door)


def approved(desk: Desk) -> str:
    """Two files on a list that was approved."""
    desk.world.file("2022/甲.docx")
    desk.world.file("2022/乙.docx")
    desk.run("draft")
    desk.run("opinion", "2026-001", "destroy", "--all")
    desk.run("submit", "2026-001")
    digest = desk.world.list("2026-001").digest or ""
    assert desk.run("approve", "2026-001", "--digest", digest[:16], by="zhao.gang").exit_code == 0
    return "2026-001"


def test_a_list_goes_from_draft_to_certificate(desk: Desk) -> None:
    desk.world.file("2022/甲.docx")
    desk.world.file("2022/乙.docx")
    desk.world.file("2022/丙.docx")
    said = desk.run("draft")
    assert (said.exit_code, "清册 2026-001 已造好，共 3 件" in said.output) == (0, True)
    assert "还有 2 行没有处理意见" in desk.run("opinion", "2026-001", "destroy", "1").output
    desk.run("opinion", "2026-001", "销毁", "2-3")
    kept = desk.run("opinion", "2026-001", "keep", "3", "--term", "2年", "--reason", "诉讼未结", by="he.fang")
    assert kept.exit_code == 0
    digest = desk.run("submit", "2026-001").output.splitlines()[1].strip()
    assert digest.replace(" ", "") == desk.world.list("2026-001").digest
    said = desk.run("approve", "2026-001", by="zhao.gang", typed=f"{digest[:17]}\n")
    assert "拟销毁 2 件，续存 1 件，转永久 0 件" in said.output
    assert "可在 2026-11-25 至 2026-12-13 之间执行" in said.output
    said = desk.run("execute", "2026-001", days=2, typed="2026-001\n2\n")
    assert (said.exit_code, "移入隔离：2 件" in said.output) == (0, True)
    assert "从 2026-11-28 起可以移除" in said.output
    said = desk.run("execute", "2026-001", "--confirm", "2026-001", "2", days=5)
    assert "已销毁：2 件" in said.output
    assert desk.world.files() == {"2022/甲.docx"}
    assert "还需一名" in desk.run("witness", "2026-001", "--statement", "全程在场", by="li.hua", days=5).output
    assert "已结束" in desk.run("witness", "2026-001", "--statement", "全程在场", by="sun.yi", days=5).output
    said = desk.run("certificate", "2026-001", "--backups-until", "2027-01-31", days=5)
    assert (said.exit_code, "销毁证明" in said.output) == (0, True), said.output
    shown = desk.run("show", "2026-001").output
    for text in ("Chen.Lu 造册", "Zhao.Gang 批准", "续存", "诉讼未结", "已销毁并监销", "全程在场"):
        assert text in shown
    assert desk.world.differences() == []


def test_what_is_typed_has_to_be_the_list_and_its_count(desk: Desk) -> None:  # R4
    number = approved(desk)
    for typed in ("2026-001\n3\n", "2026-002\n2\n", "y\n2\n", "\n\n", "2026-001\nja\n"):
        assert desk.run("execute", number, days=3, typed=typed).exit_code != 0
        assert desk.world.files() == {"2022/甲.docx", "2022/乙.docx"}
    assert desk.run("execute", number, "--confirm", number, "1", days=3).exit_code == cli.Exit.REFUSED


def test_a_refusal_says_which_rule_and_what_would_allow_it(desk: Desk) -> None:  # L8
    number = approved(desk)
    said = desk.run("execute", number, "--confirm", number, "2", days=1)
    assert said.exit_code == cli.Exit.REFUSED
    assert "冷静期未过" in said.output
    assert "请在当日或以后执行" in said.output
    found = desk.data("execute", number, "--confirm", number, "2", days=1)
    assert [(each["clause"], each["code"]) for each in found["problems"]] == [("D5", "disposal.cooling_off")]
    assert desk.data("approve", number, "--digest", "f" * 64, by="zhao.gang", days=1)["exit"] == cli.Exit.REFUSED
    assert desk.data("draft", by="li.hua", days=1)["problems"][0]["clause"] == "R1"
    assert desk.data("show", "2026-009", days=1)["exit"] == cli.Exit.DATA


def test_by_hand_restore_and_the_other_ends(desk: Desk) -> None:
    number = approved(desk)
    desk.world.file("2026/留存.docx", year=2026)
    (desk.world.root / "2022/甲.docx").unlink()
    row = next(str(item.row) for item in desk.world.list(number).items if "甲" in item.title)
    how = ("--method", "粉碎", "--place", "档案室", "--confirm", number, "1")
    assert "已销毁：1 件" in desk.run("by-hand", number, row, *how, days=2).output
    desk.run("execute", number, "--confirm", number, "1", days=2)
    assert desk.run("recover", days=2).exit_code == 0
    said = desk.run("restore", number, "--reason", "误批", days=3)
    assert "放回原处：1 件" in said.output
    assert "2022/乙.docx" in desk.world.files()
    desk.world.file("2022/丁.docx", key=PLAN)
    found = desk.data("draft", "--department", "客户服务部", days=3)
    assert (found["list"], found["state"], len(found["rows"])) == ("2026-002", "draft", 2)
    assert desk.data("strike", "2026-002", "1", "--reason", "仍在使用", days=3)["open"] == 1
    assert desk.data("withdraw", "2026-002", "--reason", "改日再办", days=3)["state"] == "withdrawn"
    numbers = {each["list"]: each["state"] for each in desk.data("list", "--all", days=3)["lists"]}
    assert numbers == {"2026-001": "executed", "2026-002": "withdrawn"}


def test_returned_and_rejected_lists_say_so(desk: Desk) -> None:
    desk.world.file("2022/甲.docx")
    desk.run("draft")
    desk.run("opinion", "2026-001", "destroy", "--all")
    desk.run("submit", "2026-001")
    assert desk.data("return", "2026-001", "--reason", "补意见", by="zhao.gang")["state"] == "returned"
    desk.run("submit", "2026-001")
    assert desk.data("reject", "2026-001", "--reason", "不同意", by="zhao.gang")["state"] == "rejected"
    assert "没有" not in desk.run("list", "--all").output
    assert "还没有销毁清册" in desk.run("list").output


def test_a_workbook_goes_out_and_comes_back(desk: Desk, tmp_path: Path) -> None:  # R3
    desk.world.file("2022/甲.docx")
    desk.run("draft")
    target = tmp_path / "意见.xlsx"
    assert desk.run("export", "2026-001", "-o", str(target)).exit_code == 0
    assert desk.run("export", "2026-001", "-o", str(target)).exit_code == cli.Exit.CONFLICT
    said = desk.run("import", str(target), typed="y\n")
    assert "与清册 2026-001 没有不同之处" in said.output


@pytest.mark.parametrize(
    "words", [("opinion", "2026-001", "destroy"), ("opinion", "2026-001", "keep", "1", "--term", "长期")]
)
def test_what_cannot_be_meant_is_an_error_of_use(desk: Desk, words: tuple[str, ...]) -> None:
    desk.world.file("2022/甲.docx")
    desk.run("draft")
    assert desk.run(*words).exit_code == cli.Exit.USAGE


def test_rows_that_are_none_are_named(desk: Desk) -> None:
    desk.world.file("2022/甲.docx")
    desk.run("draft", "--class", MONTHLY)
    said = desk.run("opinion", "2026-001", "destroy", "7", "甲", "1-9")
    assert said.exit_code == cli.Exit.DATA
    assert said.output.count("不是其中的行") == 3


def test_everything_is_said_in_chinese(desk: Desk) -> None:
    for command in ("--help", "execute --help", "approve --help", "by-hand --help"):
        said = re.sub(r"`[^`]*`", "", desk.run(*command.split()).output).replace("用法: guidang disposal", "")
        said = re.sub(
            r"^  [a-z-]+ |guidang\S*|--?[a-z-]+|\b(?:keep|destroy|permanent|execute|zh_CN|en|JSON)\b",
            "",
            said,
            flags=re.MULTILINE,
        )
        assert ENGLISH.findall(said) in ([], [command.partition(" ")[0]]), said
