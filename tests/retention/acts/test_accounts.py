"""Accounts on SQLite and PostgreSQL: who is a person, who may do what, who is at the keyboard (L6, R1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event as listening
from sqlalchemy import select, text

from retention.acts import accounts
from retention.errors import ConflictError, RefusedError, TamperedError
from retention.ledger import chain, proving, schema
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules import events, passwords, persons
from retention.rules.people import Actor, Person, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
SERVICE = Stamp(AT, AT.date(), Actor("guidang", "0.1.0"))
PASSWORD = "correct horse battery"


def by(name: str, at: datetime = AT) -> Stamp:
    """What this account does."""
    return Stamp(at, at.date(), Actor(name))


def later(**distance: float) -> Stamp:
    """The service, so much later."""
    at = AT + timedelta(**distance)
    return replace(SERVICE, at=at, on=at.date())


def person(name: str, *roles: Role, department: str = "") -> Person:
    return Person(name, name, frozenset(roles), department)


@pytest.fixture(autouse=True)
def cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed quickly, but where the cost itself is what is tested."""
    if "full_cost" not in request.fixturenames:
        quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", lambda: quick)


@pytest.fixture
def full_cost() -> None:
    """Passwords hashed as they are in service."""


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    """A ledger with an administrator and an approver who chose his own password."""
    with Ledger.open(target) as opened:
        accounts.add(opened, SERVICE, person("admin", Role.ADMINISTRATOR), PASSWORD)
        accounts.add(opened, by("admin"), person("李华", Role.APPROVER))
        accounts.set_password(opened, by("李华"), "李华", PASSWORD)
        yield opened


@pytest.fixture
def empty(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


def required(ledger: Ledger, actor: Actor, *roles: Role) -> Person:
    with ledger.read() as view:
        return accounts.require(view, actor, *roles)


def codes(refusal: pytest.ExceptionInfo[Any]) -> set[str]:
    return {problem.code.removeprefix("account.") for problem in refusal.value.problems}


def refused(ledger: Ledger, *words: Any, **more: Any) -> set[str]:
    """The codes of what refuses a login."""
    with pytest.raises(RefusedError) as refusal:
        accounts.login(ledger, *words, **more)
    return codes(refusal)


def kinds(ledger: Ledger) -> list[str]:
    with ledger.read() as view:
        return [entry.event.kind for entry in view.log()]


def differences(ledger: Ledger) -> list[chain.Finding]:
    with ledger.read() as view:
        return list(proving.differences(view))


def run(ledger: Ledger, *statements: str) -> None:
    """What the owner of a database can do."""
    with ledger._engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount


# --- persons, not names -------------------------------------------------------------------------------------------


def test_an_actor_is_a_person_with_an_open_account_and_the_role(ledger: Ledger) -> None:  # L6, R1
    assert required(ledger, Actor("李华"), Role.APPROVER, Role.ARCHIVIST).full_name == "李华"
    assert required(ledger, Actor("李华")).roles == {Role.APPROVER}
    refusals = {
        Actor("李华 "): "unknown",
        Actor("nobody"): "unknown",
        Actor("ADMIN"): "unknown",  # another spelling would be a second person to whoever compares names
        Actor("李华", "1.0"): "service",
        Actor("guidang", "0.1.0"): "service",
        Actor("admin"): "role",
    }
    for actor, code in refusals.items():
        with pytest.raises(RefusedError) as refusal:
            required(ledger, actor, Role.APPROVER)
        assert codes(refusal) == {code}, actor
        assert refusal.value.rules == ("R1",) if code == "role" else ("L6",)
        assert refusal.value.problems[0].hint


def test_a_closed_account_acts_no_more_and_its_name_is_never_given_again(ledger: Ledger) -> None:  # L6
    accounts.close(ledger, by("admin"), "李华", "离职")
    with pytest.raises(RefusedError) as refusal:
        required(ledger, Actor("李华"), Role.APPROVER)
    assert codes(refusal) == {"closed"}
    for again in (person("李华", Role.APPROVER), person("ADMIN", Role.WITNESS)):
        with pytest.raises(ConflictError) as conflict:
            accounts.add(ledger, by("admin"), again)
        assert codes(conflict) == {"taken"}
    with pytest.raises(ConflictError) as conflict:
        accounts.change(ledger, by("admin"), "李华", full_name="李小华")
    assert codes(conflict) == {"closed"}


def test_a_password_somebody_else_chose_lets_nobody_act(ledger: Ledger) -> None:  # L6
    accounts.add(ledger, by("admin"), person("wang.min", Role.ARCHIVIST), PASSWORD)
    with pytest.raises(RefusedError) as refusal:
        required(ledger, Actor("wang.min"), Role.ARCHIVIST)
    assert codes(refusal) == {"given"}
    accounts.set_password(ledger, by("wang.min"), "wang.min", "only I know this")
    assert required(ledger, Actor("wang.min"), Role.ARCHIVIST)
    accounts.set_password(ledger, by("admin"), "wang.min", "lost and replaced")
    with pytest.raises(RefusedError) as refusal:
        required(ledger, Actor("wang.min"), Role.ARCHIVIST)
    assert codes(refusal) == {"given"}


def test_the_first_account_is_made_by_the_service_and_administers(empty: Ledger) -> None:  # L6, R1
    for stamp, who in ((by("mallory"), person("mallory", Role.ADMINISTRATOR)), (SERVICE, person("li", Role.APPROVER))):
        with pytest.raises(RefusedError) as refusal:
            accounts.add(empty, stamp, who, PASSWORD)
        assert codes(refusal) == {"first"}
    accounts.add(empty, SERVICE, person("admin", Role.ADMINISTRATOR), PASSWORD)
    assert required(empty, Actor("admin"), Role.ADMINISTRATOR)  # who typed it is who owns it
    with pytest.raises(RefusedError) as refusal:
        accounts.add(empty, SERVICE, person("second", Role.ADMINISTRATOR), PASSWORD)
    assert codes(refusal) == {"service"}


def test_wiping_the_rows_makes_nobody_the_first(ledger: Ledger) -> None:  # L6
    run(ledger, "DELETE FROM accounts", "DELETE FROM credentials")
    with pytest.raises(TamperedError):
        accounts.add(ledger, SERVICE, person("mallory", Role.ADMINISTRATOR), PASSWORD)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *((name, "") for name in ("wang.min", "王敏", "W-1_a", "3号库", "𠮷野", "a" * 40)),
        *((name, "name") for name in ("", "20261", "2026-1", "wang min", ".wang", "a" * 41, "Guidang", "а.б", "ｗang")),
        *((name, "name") for name in ("a/b", "a\x00b", "a\nb", "../x", "a'b", "é")),
    ],
)
def test_what_an_account_can_be_called(empty: Ledger, name: str, code: str) -> None:  # L6
    accounts.add(empty, SERVICE, person("admin", Role.ADMINISTRATOR))
    wanted = Person(name, "王敏", frozenset({Role.WITNESS}))
    if not code:
        assert accounts.add(empty, by("admin"), wanted) == wanted
        assert required(empty, Actor(name), Role.WITNESS)
        return
    with pytest.raises(RefusedError) as refusal:
        accounts.add(empty, by("admin"), wanted)
    assert codes(refusal) == {code}


def test_one_name_however_it_is_cased_or_composed(ledger: Ledger) -> None:  # L6
    accounts.add(ledger, by("admin"), person("Wang.Min", Role.WITNESS), PASSWORD)
    for same in ("wang.min", "WANG.MIN"):
        with pytest.raises(ConflictError):
            accounts.add(ledger, by("admin"), person(same, Role.WITNESS))
    assert accounts.login(ledger, " wang.MIN", PASSWORD, SERVICE).name == "Wang.Min"
    # A compatibility ideograph and the character it stands for look the same on paper.
    assert persons.subject_of("\uf90a") == persons.subject_of("\u91d1")


# --- roles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "department", "code"),
    [
        ((), "", "no_role"),
        ((Role.ADMINISTRATOR, Role.APPROVER), "", "administrator"),
        ((Role.ADMINISTRATOR, Role.AUDITOR), "", "administrator"),
        ((Role.DEPARTMENT,), "", "department"),
        ((Role.DEPARTMENT,), "客户服务部", ""),
        ((Role.ARCHIVIST, Role.APPROVER), "", ""),
    ],
)
def test_which_roles_go_together(ledger: Ledger, roles: tuple[Role, ...], department: str, code: str) -> None:  # R1
    wanted = person("wang.min", *roles, department=department)
    if not code:
        assert accounts.add(ledger, by("admin"), wanted) == wanted
        return
    with pytest.raises(RefusedError) as refusal:
        accounts.add(ledger, by("admin"), wanted)
    assert codes(refusal) == {code}
    accounts.add(ledger, by("admin"), person("wang.min", Role.WITNESS))
    with pytest.raises(RefusedError) as refusal:
        accounts.change(ledger, by("admin"), "wang.min", roles=frozenset(roles), department=department)
    assert codes(refusal) == {code}


def test_nobody_changes_their_own_roles_or_closes_their_own_account(ledger: Ledger) -> None:  # R1
    with pytest.raises(RefusedError) as refusal:
        accounts.change(ledger, by("admin"), "admin", roles=frozenset({Role.APPROVER}))
    assert codes(refusal) == {"oneself"}
    with pytest.raises(RefusedError) as refusal:
        accounts.close(ledger, by("admin"), "Admin", "忘了")
    assert codes(refusal) == {"oneself"}
    assert accounts.change(ledger, by("admin"), "admin", full_name="王敏").full_name == "王敏"


ACTS: dict[str, Callable[[Ledger, Stamp], object]] = {
    "add": lambda ledger, stamp: accounts.add(ledger, stamp, person("x.y", Role.WITNESS)),
    "change": lambda ledger, stamp: accounts.change(ledger, stamp, "李华", roles=frozenset({Role.ARCHIVIST})),
    "close": lambda ledger, stamp: accounts.close(ledger, stamp, "李华", "x"),
    "unlock": lambda ledger, stamp: accounts.unlock(ledger, stamp, "李华"),
    "password": lambda ledger, stamp: accounts.set_password(ledger, stamp, "admin", "mine from now on"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("actor", [Actor("李华"), Actor("nobody"), Actor("guidang", "0.1.0"), Actor("ADMIN")])
def test_only_an_administrator_changes_accounts(ledger: Ledger, act: str, actor: Actor) -> None:  # R1, L8
    before = kinds(ledger)
    with ledger.read() as view:
        known = view.accounts()
    with pytest.raises(RefusedError):
        ACTS[act](ledger, replace(SERVICE, actor=actor))
    with ledger.read() as view:
        assert view.accounts() == known
    assert kinds(ledger) == [*before, "act.refused"]


def test_a_role_taken_away_counts_from_the_next_act(ledger: Ledger) -> None:  # R1
    assert required(ledger, Actor("李华"), Role.APPROVER)
    accounts.change(ledger, by("admin"), "李华", roles=frozenset({Role.WITNESS}))
    with pytest.raises(RefusedError) as refusal:
        required(ledger, Actor("李华"), Role.APPROVER)
    assert codes(refusal) == {"role"}


# --- events are the truth -----------------------------------------------------------------------------------------


def account_rows(ledger: Ledger) -> list[Any]:
    with ledger._engine.connect() as connection:
        return [*map(tuple, connection.execute(select(schema.accounts).order_by(schema.accounts.c.id)))]


def test_replaying_the_events_rebuilds_every_account(ledger: Ledger, tmp_path: Path) -> None:  # L1
    accounts.add(ledger, by("admin"), person("wang.min", Role.DEPARTMENT, department="客户服务部"), PASSWORD)
    accounts.change(ledger, by("admin"), "wang.min", full_name="王敏", department="工程维修部")
    for _attempt in range(accounts.FAILURES):
        refused(ledger, "李华", "wrong", SERVICE)
    accounts.add(ledger, by("admin"), person("gone", Role.WITNESS))
    accounts.close(ledger, by("admin"), "gone", "调岗")
    with Ledger.open(tmp_path / "again.db") as again, ledger.read() as view:
        again.restore(view.links())
        assert account_rows(again) == account_rows(ledger)
        assert len(account_rows(again)) == 4
        with again.read() as other:
            assert other.accounts() == view.accounts()
    assert differences(ledger) == []
    assert {"account.added", "account.changed", "account.closed", "account.secret_set", "account.locked"} <= {
        *kinds(ledger)
    }


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE accounts SET roles = 'archivist' WHERE name = '李华'",
        "UPDATE accounts SET roles = 'approver archivist' WHERE name = '李华'",
        "UPDATE accounts SET name = 'Lihua' WHERE name = '李华'",
        "UPDATE accounts SET secret = '' WHERE name = '李华'",
        "UPDATE accounts SET given = NOT given WHERE name = '李华'",
        "UPDATE accounts SET closed_on = '2026-01-01' WHERE name = '李华'",
        "DELETE FROM accounts WHERE name = '李华'",
    ],
)
def test_rights_written_by_hand_are_found_and_give_none(ledger: Ledger, tampering: str) -> None:  # L1, L6
    run(ledger, tampering)
    (finding,) = differences(ledger)
    assert finding.fault is chain.Tampering.STATE
    assert "李华" in finding.message
    with pytest.raises(TamperedError):
        required(ledger, Actor("李华"), Role.APPROVER)
    with pytest.raises(TamperedError):
        accounts.login(ledger, "李华", PASSWORD, SERVICE)


def test_an_account_that_no_event_made_is_found_and_is_nobody(ledger: Ledger) -> None:  # L1, L6
    row = "'account/mallory', 'mallory', 'M', 'approver', '', NULL, '', false, NULL"
    run(ledger, f"INSERT INTO accounts VALUES ({row})")
    assert [finding.fault for finding in differences(ledger)] == [chain.Tampering.STATE]
    with pytest.raises(TamperedError):
        required(ledger, Actor("mallory"), Role.APPROVER)


def test_a_stored_password_exchanged_by_hand_opens_nothing(ledger: Ledger) -> None:  # L6
    """The one who can log in writes his own stored password over that of the approver."""
    accounts.add(ledger, by("admin"), person("mallory", Role.WITNESS), "known to mallory")
    stolen = "(SELECT secret FROM credentials WHERE account = 'account/mallory')"
    run(ledger, f"UPDATE credentials SET secret = {stolen} WHERE account = 'account/李华'")
    for password in ("known to mallory", PASSWORD):
        with pytest.raises(TamperedError):
            accounts.login(ledger, "李华", password, SERVICE)
    assert ["李华" in finding.message for finding in differences(ledger)] == [True]


def test_what_is_secret_is_in_no_event(ledger: Ledger) -> None:
    session = accounts.login(ledger, "李华", PASSWORD, SERVICE)
    with ledger.read() as view:
        told = b"\n".join(link.body for link in view.links())
        kept = view.credential("account/李华")
    assert kept.startswith("$argon2id$")
    for secret in (PASSWORD, session.token, kept, kept.rpartition("$")[2]):
        assert secret.encode() not in told
    with ledger._engine.connect() as connection:
        rows = [row for table in schema.metadata.sorted_tables for row in connection.execute(select(table))]
    assert session.token not in repr(rows)


# --- logging in ---------------------------------------------------------------------------------------------------


def test_who_logged_in_is_known_by_the_token(ledger: Ledger) -> None:  # L6
    session = accounts.login(ledger, "李华", PASSWORD, SERVICE)
    assert accounts.who(ledger, session.token, AT).name == session.name == "李华"
    assert session.expires_at == AT + timedelta(hours=8)
    for token in ("", "x", session.token[:-1], session.token + "x", "\udce4"):
        with pytest.raises(RefusedError) as refusal:
            accounts.who(ledger, token, AT)
        assert codes(refusal) == {"nobody"}


@pytest.mark.parametrize(
    ("after", "open_"),
    [
        (timedelta(0), True),
        (timedelta(hours=8) - timedelta(microseconds=1), True),
        (timedelta(hours=8), False),
        (timedelta(microseconds=-1), False),  # a clock set back revives nothing
    ],
)
def test_a_session_ends_by_itself(ledger: Ledger, after: timedelta, open_: bool) -> None:
    token = accounts.login(ledger, "李华", PASSWORD, SERVICE).token
    if open_:
        assert accounts.who(ledger, token, AT + after)
        return
    with pytest.raises(RefusedError):
        accounts.who(ledger, token, AT + after)


ENDS: dict[str, Callable[[Ledger, str], object]] = {
    "logout": lambda ledger, token: accounts.logout(ledger, token, SERVICE),
    "closing": lambda ledger, _token: accounts.close(ledger, by("admin"), "李华", "离职"),
    "new password": lambda ledger, _token: accounts.set_password(ledger, by("李华"), "李华", "another password"),
    "reset": lambda ledger, _token: accounts.set_password(ledger, by("admin"), "李华", "another password"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_stolen_token_is_worth_nothing_after_the_session(ledger: Ledger, end: str) -> None:
    other = accounts.login(ledger, "admin", PASSWORD, SERVICE).token
    stolen = accounts.login(ledger, "李华", PASSWORD, SERVICE).token
    ENDS[end](ledger, stolen)
    with pytest.raises(RefusedError) as refusal:
        accounts.who(ledger, stolen, AT)
    assert codes(refusal) == {"nobody"}
    assert accounts.who(ledger, other, AT).name == "admin"
    accounts.logout(ledger, stolen, SERVICE)
    assert kinds(ledger).count("session.ended") == 1


def test_five_wrong_passwords_lock_an_account_for_a_quarter_of_an_hour(ledger: Ledger) -> None:
    for minute in range(accounts.FAILURES):
        assert refused(ledger, "李华", "wrong", later(minutes=minute)) == {"login"}
    with ledger.read() as view:
        last = view.last()
    assert last is not None
    assert last.event.actor.is_service
    assert last.event.change == events.AccountLocked(5, 15)
    assert refused(ledger, "李华", PASSWORD, later(minutes=4 + 14)) == {"login"}
    assert accounts.login(ledger, "李华", PASSWORD, later(minutes=4 + 15))
    assert accounts.login(ledger, "admin", PASSWORD, SERVICE), "nobody else is locked"


def test_an_administrator_ends_a_lock(ledger: Ledger) -> None:
    for _attempt in range(accounts.FAILURES):
        refused(ledger, "李华", "wrong", SERVICE)
    accounts.unlock(ledger, by("admin"), "李华")
    for _attempt in range(accounts.FAILURES - 1):  # counted from nought again
        refused(ledger, "李华", "wrong", SERVICE)
    assert accounts.login(ledger, "李华", PASSWORD, SERVICE)
    assert refused(ledger, "李华", "wrong", SERVICE)
    assert accounts.login(ledger, "李华", PASSWORD, SERVICE)
    assert kinds(ledger).count("account.locked") == 1


def test_a_lock_does_not_end_the_session_of_who_is_in(ledger: Ledger) -> None:
    token = accounts.login(ledger, "李华", PASSWORD, SERVICE).token
    for _attempt in range(accounts.FAILURES):
        refused(ledger, "李华", "wrong", SERVICE)
    assert accounts.who(ledger, token, AT)


@pytest.mark.usefixtures("full_cost")
def test_failing_says_and_costs_the_same_whatever_was_wrong(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the clock: the same words, one hash computed with the same parameters, the same statements written."""
    accounts.add(ledger, by("admin"), person("closed", Role.WITNESS), PASSWORD)
    accounts.close(ledger, by("admin"), "closed", "离职")
    accounts.add(ledger, by("admin"), person("bare", Role.WITNESS))
    accounts.add(ledger, by("admin"), person("locked", Role.WITNESS), PASSWORD)
    for _attempt in range(accounts.FAILURES):
        refused(ledger, "locked", "wrong", SERVICE)
    refused(ledger, "nobody", "wrong", SERVICE)
    refused(ledger, "bare", "wrong", SERVICE)
    hashed, wrote = list[str](), list[str]()
    fits = passwords.fits
    monkeypatch.setattr(
        passwords, "fits", lambda kept, tried: hashed.append(kept.rsplit("$", 2)[0]) or fits(kept, tried)
    )

    @listening.listens_for(ledger._engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(("UPDATE", "INSERT")):
            wrote.append(statement)

    seen = set()
    for name, password in (
        ("李华", "wrong"),
        ("nobody", "wrong"),
        ("nobody", ""),
        ("bare", "wrong"),
        ("closed", PASSWORD),
        ("closed", "wrong"),
        ("locked", PASSWORD),
        ("locked", "wrong"),
        ("a/b\x00", "wrong"),
        ("", "wrong"),
    ):
        with pytest.raises(RefusedError) as refusal:
            accounts.login(ledger, name, password, SERVICE)
        (problem,) = refusal.value.problems
        seen.add((problem.message, problem.hint, problem.code, problem.clause, tuple(hashed), tuple(wrote)))
        hashed.clear()
        wrote.clear()
    ((*_words, cost, written),) = seen
    assert len(cost) == len(written) == 1
    assert not passwords.outdated(passwords.DECOY), "the decoy costs what a password costs"
    assert not passwords.fits(passwords.DECOY, "")


def test_logins_at_the_same_moment_all_count(ledger: Ledger, target: str) -> None:  # L3
    """Eight threads, each with a connection of its own: every right one gets in, every wrong one is counted once."""

    def right(_number: int) -> str:
        with Ledger.open(target) as own:
            return accounts.login(own, "李华", PASSWORD, SERVICE).token

    def wrong(_number: int) -> set[str]:
        with Ledger.open(target) as own:
            return refused(own, "admin", "wrong", SERVICE)

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(right, range(8)))
        assert [*pool.map(wrong, range(12))] == [{"login"}] * 12
    assert len(tokens) == 8
    assert {accounts.who(ledger, token, AT).name for token in tokens} == {"李华"}
    assert kinds(ledger).count("account.locked") == 1
    assert ledger.verify().sound
    assert differences(ledger) == []


def test_a_right_guess_that_comes_after_the_lock_is_too_late(
    ledger: Ledger, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is locked while the guess is still being hashed."""
    fits = passwords.fits

    def slow(kept: str, tried: str) -> bool:
        found = fits(kept, tried)
        monkeypatch.setattr(passwords, "fits", fits)
        with Ledger.open(target) as other:
            for _attempt in range(accounts.FAILURES):
                refused(other, "李华", "wrong", SERVICE)
        return found

    monkeypatch.setattr(passwords, "fits", slow)
    assert refused(ledger, "李华", PASSWORD, SERVICE) == {"login"}


def test_nobody_waits_for_a_password_to_be_hashed(ledger: Ledger, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a password is hashed somebody else writes: the writers' lock is free."""
    fits, stored = passwords.fits, passwords.stored

    def writing() -> None:
        with Ledger.open(target) as other:
            other.append([Draft("", events.HoldPlaced("诉讼"))], SERVICE)

    monkeypatch.setattr(passwords, "fits", lambda kept, tried: writing() or fits(kept, tried))
    monkeypatch.setattr(passwords, "stored", lambda tried: writing() or stored(tried))
    accounts.login(ledger, "李华", PASSWORD, SERVICE)
    accounts.set_password(ledger, by("李华"), "李华", "another password")
    accounts.add(ledger, by("admin"), person("new", Role.WITNESS), PASSWORD)
    assert kinds(ledger).count("hold.placed") == 3


@pytest.mark.usefixtures("full_cost")
def test_a_password_stored_with_old_parameters_is_stored_anew(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with monkeypatch.context() as before:
        before.setattr(passwords, "_hasher", lambda: old)
        accounts.set_password(ledger, by("admin"), "李华", "given by admin")
        token = accounts.login(ledger, "李华", "given by admin", SERVICE).token
    refused(ledger, "李华", "wrong", SERVICE)
    with ledger.read() as view:
        assert passwords.outdated(view.credential("account/李华"))
    assert accounts.login(ledger, "李华", "given by admin", SERVICE)
    with ledger.read() as view:
        assert not passwords.outdated(view.credential("account/李华"))
    assert accounts.who(ledger, token, AT), "it is the same password: sessions go on"
    with pytest.raises(RefusedError) as refusal:
        required(ledger, Actor("李华"))
    assert codes(refusal) == {"given"}, "and it is still not the person's own"
    assert accounts.login(ledger, "李华", "given by admin", SERVICE)
    assert kinds(ledger).count("account.secret_set") == 4
    assert differences(ledger) == []


@pytest.mark.parametrize("password", ["", "short", "李华", "aaaaaaaaaa", "ababababab", "x" * 257, "Wang.Minnn"])
def test_a_password_that_is_too_easy(ledger: Ledger, password: str) -> None:
    name = "wang.minnn"
    with pytest.raises(RefusedError) as refusal:
        accounts.add(ledger, by("admin"), person(name, Role.WITNESS), password)
    assert codes(refusal) == {"password"}
    accounts.add(ledger, by("admin"), person(name, Role.WITNESS))
    with pytest.raises(RefusedError) as refusal:
        accounts.set_password(ledger, by(name), name, password)
    assert codes(refusal) == {"password"}


def test_a_password_is_the_same_however_its_characters_are_composed(ledger: Ledger) -> None:
    accounts.set_password(ledger, by("李华"), "李华", "cafe\u0301 noir 龍")
    assert accounts.login(ledger, "李华", "caf\u00e9 noir 龍", SERVICE)
