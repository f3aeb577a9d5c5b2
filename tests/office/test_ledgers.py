"""An office's ledger on the command line: verified, signed, exported, read."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import cli
from foundation import language as i18n
from office.office import Office
from office.starting import create_office
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.events import Filed, HoldPlaced
from retention.rules.people import Actor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAMP = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office without a ledger."""
    monkeypatch.setattr(i18n, "_default", None)
    monkeypatch.setenv("GUIDANG_LANG", "en")
    create_office(tmp_path / "office", name="测试服务中心")
    return tmp_path / "office"


@pytest.fixture
def office(folder: Path) -> Path:
    """An office with two events."""
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.append([Draft("", Filed("share", "月报.docx", "0" * 64, 1)), Draft("H1", HoldPlaced("诉讼"))], STAMP)
    return folder


def audit(folder: Path, *words: object) -> Result:
    arguments = ["audit", *map(str, words), "--office", str(folder)]
    return CliRunner().invoke(cli.program, arguments, prog_name="guidang")


def tamper(folder: Path) -> None:
    database = sqlite3.connect(folder / "ledger.db")
    with database:
        database.execute("DROP TRIGGER events_no_update")
        database.execute("UPDATE events SET body = replace(CAST(body AS TEXT), '月报', '周报') WHERE seq = 1")
    database.close()


@pytest.mark.parametrize("words", [["verify"], ["checkpoint"], ["export", "events.txt"], ["log"]])
def test_an_office_without_a_ledger_is_told_so_and_gets_none(folder: Path, words: list[str]) -> None:
    result = audit(folder, *words)
    assert result.exit_code == cli.Exit.DATA
    assert "there is no ledger yet" in result.stderr
    assert not (folder / "ledger.db").exists()
    assert not (folder / "keys").exists()


def test_a_ledger_is_proven_by_the_checkpoint_that_was_taken_of_it(office: Path, tmp_path: Path) -> None:  # L2
    assert "without a checkpoint" in audit(office, "verify").stdout
    taken = json.loads(audit(office, "checkpoint", "--to", tmp_path / "stick", "--json").stdout)
    assert taken["events"] == 2
    assert (tmp_path / "stick").joinpath(taken["file"]).exists()
    assert len(list((office / "checkpoints").iterdir())) == 1
    result = audit(office, "verify", "--replay")
    assert result.exit_code == cli.Exit.DONE
    assert "proven by a checkpoint up to event 2" in result.stdout


def test_tampering_ends_in_its_own_exit_code_and_is_never_signed(office: Path) -> None:  # L2
    audit(office, "checkpoint")
    tamper(office)
    for words in (["verify"], ["verify", "--replay"], ["checkpoint"]):
        result = audit(office, *words)
        assert result.exit_code == cli.Exit.TAMPERED
        assert "event 1" in result.stderr
    found = json.loads(audit(office, "verify", "--json").stdout)
    assert [finding["event"] for finding in found["findings"]] == [1]
    assert found["exit"] == cli.Exit.TAMPERED
    assert len(list((office / "checkpoints").iterdir())) == 1


def test_an_export_is_verified_where_there_is_no_office(office: Path, tmp_path: Path) -> None:  # L4
    point = json.loads(audit(office, "checkpoint", "--json").stdout)["file"]
    events = tmp_path / "events.txt"
    assert audit(office, "export", events).exit_code == cli.Exit.DONE
    assert audit(office, "export", events).exit_code == cli.Exit.CONFLICT
    proof = ["--events", events, "--key", office / "keys" / "ledger.pub", "--checkpoint", point]
    (tmp_path / "nowhere").mkdir()
    assert audit(tmp_path / "nowhere", "verify", *proof).exit_code == cli.Exit.DONE
    events.write_bytes(events.read_bytes().replace("月报".encode(), "周报".encode()))
    assert audit(tmp_path / "nowhere", "verify", *proof).exit_code == cli.Exit.TAMPERED


def test_the_log_names_who_did_what(office: Path) -> None:  # L6
    events = json.loads(audit(office, "log", "--json").stdout)["events"]
    assert [(event["number"], event["kind"], event["actor"]) for event in events] == [
        (1, "record.filed", "service 0.1.0"),
        (2, "hold.placed", "service 0.1.0"),
    ]
    assert [
        event["number"] for event in json.loads(audit(office, "log", "--last", "1", "--json").stdout)["events"]
    ] == [2]
    assert "诉讼" in audit(office, "log", "--subject", "H1").stdout
    assert "月报" not in audit(office, "log", "--subject", "H1").stdout


def test_the_ledger_lies_where_the_settings_say(office: Path, postgres: Callable[[], str]) -> None:
    place = office / "guidang.toml"
    settings = place.read_text(encoding="utf-8")
    with Ledger.open(office / "ledger.db") as ledger, ledger.read() as view:
        url = postgres()
        with Ledger.open(url) as moved:
            moved.restore(view.links())
    place.write_text(f'database = "{url}"\n{settings}', encoding="utf-8")
    (office / "ledger.db").unlink()
    assert Office.load(office).settings.database == url
    assert "2 events" in audit(office, "verify").stdout
