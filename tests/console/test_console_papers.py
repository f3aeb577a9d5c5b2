"""`guidang disposal export|import|papers|certificate` on the command line, by a person who is logged in."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from given.disposal_lists import SERVICE, archive, drafted, item
from given.workbooks import saved
from openpyxl import load_workbook

import cli
from office.disposal.round_trip import TITLES, WISH
from retention.acts import accounts
from retention.filing.first_lines import peek
from retention.ledger.ledger import Draft, Stamp
from retention.rules.events import Filed
from retention.rules.model import Wish
from retention.rules.people import Actor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result
    from given.disposal_lists import Archive

FIRST = 6
"""The first row of a list in its workbook."""
PASSWORD = "合同编号 7 月报"


@pytest.fixture
def listed(tmp_path: Path, target: str) -> Iterator[Archive]:
    """An office with a draft of four records, on SQLite and on PostgreSQL."""
    with archive(tmp_path / "office", target) as empty:
        yield drafted(empty, 4)


@pytest.fixture
def here(listed: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The department's own person is logged in on this command line."""
    now = datetime.now(UTC)
    own = Stamp(now, now.date(), Actor("peng.jh"))
    accounts.set_password(listed.ledger, own, "peng.jh", PASSWORD)
    session = accounts.login(listed.ledger, "peng.jh", PASSWORD, replace(own, actor=SERVICE.actor))
    monkeypatch.setenv("GUIDANG_SESSION", session.token)
    monkeypatch.setenv("GUIDANG_OFFICE", str(listed.office.folder))
    monkeypatch.chdir(listed.office.folder)
    return listed


def fill(place: Path, *cells: tuple[int, str, Any]) -> None:
    """Write into a workbook: row of the list, heading, value."""
    book = load_workbook(io.BytesIO(place.read_bytes()))
    for row, title, value in cells:
        book.worksheets[0].cell(FIRST + row - 1, TITLES.index(title) + 1).value = value
    place.write_bytes(saved(book))


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli.program, ["--lang", "zh", "disposal", *words], input=answer)


def sent(made: Archive) -> Path:
    """The list's workbook in the office."""
    assert run("export", made.number, "-o", "x.xlsx").exit_code == 0
    return made.office.folder / "x.xlsx"


def test_a_list_goes_out_and_comes_back_on_the_command_line(here: Archive) -> None:  # R2, R3
    """Shown first, asked, taken over; the second time there is nothing left to do."""
    out = run("export", here.number)
    place = here.office.folder / f"销毁清册鉴定意见征求表 {here.number}.xlsx"
    assert (out.exit_code, place.name in out.output) == (0, True)
    assert run("export", here.number).exit_code == 12
    fill(place, (2, WISH, "销毁"))
    declined = run("import", place.name, answer="n\n")
    assert re.search(r"2 .* — +销毁", declined.output)
    assert here.list().items[1].opinion is None
    assert run("import", place.name, answer="y\n").exit_code == 0
    opinion = here.list().items[1].opinion
    assert opinion is not None
    assert (opinion.wish, opinion.by) == (Wish.DESTROY, "peng.jh")
    with here.ledger.read() as view:
        head = view.head
    assert run("import", place.name, "--yes").exit_code == 0
    with here.ledger.read() as view:
        assert view.head == head


def test_a_preview_for_programs_takes_nothing_over(here: Archive) -> None:  # R3
    place = sent(here)
    fill(place, (1, WISH, "销毁"))
    shown = json.loads(run("import", "x.xlsx", "--json").output)
    assert (shown["taken"], [row["after"] for row in shown["changes"]]) == (0, ["销毁"])
    assert here.list().opinions == ()
    assert json.loads(run("import", "x.xlsx", "--json", "--yes").output)["taken"] == 1
    assert len(here.list().opinions) == 1


def test_a_spoiled_workbook_is_refused_with_every_fault(here: Archive) -> None:  # R3
    fill(sent(here), (1, WISH, "=1"), (2, "题名", "改"))
    result = run("import", "x.xlsx", "--yes", "--json")
    assert result.exit_code == 11
    told = [(each["code"], each["place"]) for each in json.loads(result.output)["problems"]]
    assert told == [("roundtrip.formula", "鉴定意见!I6"), ("roundtrip.changed", "鉴定意见!B7")]
    assert here.list().opinions == ()


def test_without_a_login_nothing_is_taken_over(here: Archive, monkeypatch: pytest.MonkeyPatch) -> None:  # L6
    fill(sent(here), (1, WISH, "销毁"))
    monkeypatch.delenv("GUIDANG_SESSION")
    monkeypatch.setenv("XDG_STATE_HOME", str(here.office.folder))
    assert run("import", "x.xlsx", "--yes").exit_code == 11
    assert run("papers", here.number).exit_code == 11
    assert here.list().opinions == ()


def test_papers_are_made_on_the_command_line(here: Archive) -> None:  # D12
    made = json.loads(run("papers", here.number, "--json").output)["papers"]
    assert [(row["form"], row["new"]) for row in made] == [("disposal-due", True), ("disposal-appraisal", True)]
    assert [Path(row["file"]).name for row in made] == ["到期清单.docx", "鉴定意见书.docx"]
    assert run("papers", here.number).exit_code == 0
    assert len(list((here.office.folder / "disposal" / here.number).iterdir())) == 2
    assert run("certificate", here.number).exit_code == 12
    assert run("papers", "2026-099").exit_code == 10


def command(*words: str) -> Any:
    """What a command prints for programs."""
    result = CliRunner().invoke(cli.program, ["--lang", "zh", *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_what_is_due_is_printed_and_filed(here: Archive) -> None:  # D4, D12
    """Of all that is due, however many the table shows; what is on a list already is not among them."""
    more = [Draft("", unlisted(each)) for each in range(1, 4)]
    here.ledger.append(more, SERVICE)
    told = command("due", "--paper", "--limit", "1", "--on", "2026-11-23")
    assert (told["due"], told["new"]) == (3, True)
    said = peek(Path(told["file"]).read_bytes()).text
    assert "到期清单" in said
    with here.ledger.read() as view:
        (record,) = view.records_at("disposal", "到期/到期清单 2026-11-23.docx")
    assert record.proof
    assert command("due", "--paper", "--on", "2026-11-23")["new"] is False


def unlisted(number: int) -> Filed:
    """A record of 2021 that is on no list."""
    made = item(number)
    return Filed(made.share, f"另存/{number}.docx", f"{number:064x}", 1, made.class_key, made.period)


def test_the_notice_of_a_hold_is_printed_and_filed(here: Archive) -> None:  # D3, D12
    first = here.list().items[0].record_id
    hold = command("hold", "add", first, "--reason", "业主诉讼")["hold"]
    told = command("hold", "notice", hold)
    assert told["new"] is True
    assert Path(told["file"]).name == f"冻结通知 {hold}.docx"
    with here.ledger.read() as view:
        (record,) = view.records_at("disposal", f"冻结/冻结通知 {hold}.docx")
    assert record.proof
    assert CliRunner().invoke(cli.program, ["--lang", "zh", "hold", "notice", "H9999"]).exit_code == 10
