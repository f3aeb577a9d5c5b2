"""Accounts by the command line: who is logged in, in which office, and what a session is worth (L6, R1)."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

import cli
from foundation import language as i18n
from office.archive import people
from office.office import Office
from office.starting import create_office
from retention.acts import accounts
from retention.errors import RefusedError
from retention.ledger.ledger import Ledger, Stamp
from retention.rules import passwords
from retention.rules.people import Actor, Person, Role

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
SERVICE = Stamp(AT, AT.date(), Actor("guidang", "0.1.0"))
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed quickly, but where the cost itself is what is tested."""
    if "full_cost" not in request.fixturenames:
        quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", lambda: quick)


@pytest.fixture
def full_cost() -> None:
    """Passwords hashed as they are in service."""


def required(ledger: Ledger, actor: Actor, *roles: Role) -> Person:
    with ledger.read() as view:
        return accounts.require(view, actor, *roles)


def codes(refusal: pytest.ExceptionInfo[Any]) -> set[str]:
    return {problem.code.removeprefix("account.") for problem in refusal.value.problems}


# --- the command line ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office without a ledger, and a user of the machine who never logged in."""
    monkeypatch.setattr(i18n, "_default", None)
    monkeypatch.setenv("GUIDANG_LANG", "zh_CN")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(people.TOKEN, raising=False)
    create_office(tmp_path / "office", name="测试服务中心")
    return tmp_path / "office"


def guidang(folder: Path, *words: str, typed: str = "") -> Result:
    arguments = ["account", *words, "--office", str(folder)]
    return CliRunner().invoke(cli.program, arguments, input=typed, prog_name="guidang")


def begun(folder: Path) -> None:
    """An administrator is logged in, and an archivist has an account."""
    assert guidang(folder, "add", "admin", "--full-name", "王敏", typed=f"{PASSWORD}\n" * 2).exit_code == 0
    words = ("add", "wang.li", "--full-name", "王丽", "--role", "档案员", "--password-stdin")
    assert guidang(folder, *words, typed=f"{PASSWORD}\n").exit_code == 0


@pytest.mark.usefixtures("full_cost")
def test_the_first_account_asks_for_what_it_needs_and_is_logged_in(folder: Path) -> None:
    result = guidang(folder, "add", "admin", typed=f"王敏\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    assert "第一个账户" in result.output
    assert "至少一名档案员" in result.output
    here = json.loads(guidang(folder, "whoami", "--json").output)
    assert (here["name"], here["full_name"], here["roles"]) == ("admin", "王敏", ["administrator"])


def test_somebody_new_chooses_a_password_when_logging_in(folder: Path) -> None:  # L6
    begun(folder)
    own = "nobody else knows"
    result = guidang(folder, "login", "wang.li", typed=f"{PASSWORD}\n{own}\n{own}\n")
    assert result.exit_code == 0, result.output
    assert "王丽已登录" in result.output
    assert own not in result.output
    assert guidang(folder, "login", "wang.li", "--password-stdin", typed=f"{PASSWORD}\n").exit_code == cli.Exit.REFUSED
    office = Office.load(folder)
    with Ledger.open(folder / "ledger.db") as ledger:
        stamp = people.stamp_of(office, ledger, datetime.now(UTC))
        assert stamp.actor == Actor("wang.li")
        assert required(ledger, stamp.actor, Role.ARCHIVIST).full_name == "王丽"


def test_with_the_first_password_nothing_can_be_done(folder: Path) -> None:  # L6
    begun(folder)
    result = guidang(folder, "login", "wang.li", "--password-stdin", typed=f"{PASSWORD}\n")
    assert result.exit_code == 0
    assert "guidang account password" in result.output
    with Ledger.open(folder / "ledger.db") as ledger:
        stamp = people.stamp_of(Office.load(folder), ledger, datetime.now(UTC))
        with pytest.raises(RefusedError) as refusal:
            required(ledger, stamp.actor)
    assert codes(refusal) == {"given"}
    assert guidang(folder, "password", "--password-stdin", typed=f"{PASSWORD}\nmine alone now\n").exit_code == 0
    with Ledger.open(folder / "ledger.db") as ledger:
        stamp = people.stamp_of(Office.load(folder), ledger, datetime.now(UTC))
        assert required(ledger, stamp.actor, Role.ARCHIVIST)


def test_a_password_is_changed_by_who_knows_the_old_one(folder: Path) -> None:
    begun(folder)
    wrong = guidang(folder, "password", "--password-stdin", typed="wrong\nanother password\n")
    assert wrong.exit_code == cli.Exit.REFUSED
    assert guidang(folder, "password", "--password-stdin", typed=f"{PASSWORD}\nanother password\n").exit_code == 0
    assert guidang(folder, "whoami").exit_code == 0
    assert guidang(folder, "login", "admin", "--password-stdin", typed="another password\n").exit_code == 0


def test_administering_on_the_command_line(folder: Path) -> None:  # R1
    begun(folder)
    assert guidang(folder, "change", "wang.li", "--role", "approver", "--role", "监销人").exit_code == 0
    for _attempt in range(accounts.FAILURES):
        guidang(folder, "login", "wang.li", "--password-stdin", typed="wrong\n")
    assert "锁定至" in guidang(folder, "list").output
    assert guidang(folder, "unlock", "wang.li").exit_code == 0
    listed = json.loads(guidang(folder, "list", "--json").output)["accounts"]
    assert [(each["name"], each["roles"], each["given"], each["locked_until"]) for each in listed] == [
        ("admin", ["administrator"], False, None),
        ("wang.li", ["approver", "witness"], True, None),
    ]
    assert guidang(folder, "password", "wang.li", "--password-stdin", typed="lost and replaced\n").exit_code == 0
    assert guidang(folder, "close", "wang.li", "--reason", "离职").exit_code == 0
    assert "wang.li" not in guidang(folder, "list").output
    assert "停用" in guidang(folder, "list", "--all").output
    own = guidang(folder, "change", "admin", "--role", "approver")
    assert own.exit_code == cli.Exit.REFUSED
    assert "[R1]" in own.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["whoami"], cli.Exit.REFUSED),
        (["change", "wang.li", "--role", "approver"], cli.Exit.REFUSED),
        (["close", "wang.li", "--reason", "x"], cli.Exit.REFUSED),
        (["unlock", "wang.li"], cli.Exit.REFUSED),
        (["password", "--password-stdin"], cli.Exit.REFUSED),
        (["add", "x.y", "--full-name", "某", "--role", "approver", "--password-stdin"], cli.Exit.REFUSED),
        (["login", "wang.li", "--password-stdin"], cli.Exit.USAGE),
        (["change", "wang.li"], cli.Exit.USAGE),
        (["add", "x.y", "--role", "boss"], cli.Exit.USAGE),
        (["logout"], cli.Exit.DONE),
        (["list"], cli.Exit.DONE),
    ],
)
def test_without_logging_in_nothing_is_administered(folder: Path, words: list[str], code: int) -> None:  # L6
    begun(folder)
    guidang(folder, "logout")
    for as_json in ([], ["--json"]):
        result = guidang(folder, *words, *as_json)
        assert result.exit_code == code, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_an_office_without_a_ledger_has_nobody(folder: Path) -> None:
    for words in (["whoami"], ["list"], ["login", "x", "--password-stdin"]):
        assert guidang(folder, *words, typed="x\n").exit_code == cli.Exit.DATA
    assert not (folder / "ledger.db").exists()


def test_a_session_is_this_users_alone_and_of_this_office(folder: Path, tmp_path: Path) -> None:  # L6
    begun(folder)
    (place,) = people.sessions_folder().iterdir()
    assert place.is_relative_to(tmp_path / "state")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    create_office(tmp_path / "other", name="另一个中心")
    assert guidang(tmp_path / "other", "add", "boss", "--full-name", "赵", typed=f"{PASSWORD}\n" * 2).exit_code == 0
    assert json.loads(guidang(folder, "whoami", "--json").output)["name"] == "admin"
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert json.loads(guidang(link, "whoami", "--json").output)["name"] == "admin"


def test_a_session_file_that_is_a_link_is_replaced_not_followed(folder: Path, tmp_path: Path) -> None:
    begun(folder)
    (place,) = people.sessions_folder().iterdir()
    place.unlink()
    (target := tmp_path / "elsewhere").write_text("")
    place.symlink_to(target)
    assert guidang(folder, "login", "admin", "--password-stdin", typed=f"{PASSWORD}\n").exit_code == 0
    assert target.read_text() == ""
    assert not place.is_symlink()


def test_a_token_in_the_environment_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(folder)
    result = guidang(folder, "login", "wang.li", "--password-stdin", "--token", typed=f"{PASSWORD}\n")
    token = result.output.strip()
    assert json.loads(guidang(folder, "whoami", "--json").output)["name"] == "admin"
    monkeypatch.setenv(people.TOKEN, token)
    assert json.loads(guidang(folder, "whoami", "--json").output)["name"] == "wang.li"
    assert guidang(folder, "logout").exit_code == 0
    assert guidang(folder, "whoami").exit_code == cli.Exit.REFUSED
    monkeypatch.delenv(people.TOKEN)
    assert json.loads(guidang(folder, "whoami", "--json").output)["name"] == "admin", "that session goes on"


def test_a_session_taken_from_its_file_is_worth_nothing_after_logging_out(folder: Path) -> None:  # L6
    begun(folder)
    (place,) = people.sessions_folder().iterdir()
    stolen = place.read_bytes()
    assert guidang(folder, "logout").exit_code == 0
    assert not place.exists()
    place.write_bytes(stolen)
    assert guidang(folder, "whoami").exit_code == cli.Exit.REFUSED


def test_no_password_is_asked_for_on_the_command_line() -> None:
    """It would stand in the list of processes and in the shell's history."""
    group = cli.program.commands["account"]
    names = {name for command in group.commands.values() for each in command.params for name in each.opts}  # type: ignore[attr-defined]
    assert {name for name in names if "password" in name} == {"--password-stdin"}
