"""The ledger on SQLite and on a real PostgreSQL: events are the truth, state is their projection (L1–L8)."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from given.histories import (
    AT,
    KEY,
    LISTED,
    PERSON,
    PUBLIC,
    SERVICE,
    STAMP,
    a_history,
    differences,
    filed,
    links,
    monthly,
    schedule,
    state_rows,
)
from given.places import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from foundation.period import Period
from retention.errors import ConflictError, Problem, RefusedError
from retention.ledger import checkpoints, schema
from retention.ledger.chain import Tampering
from retention.ledger.ledger import Draft, Ledger, Stamp, View
from retention.ledger.view import overlaid
from retention.rules import events
from retention.rules.model import Overlay, Policy, State, Wish
from retention.rules.people import Actor
from retention.rules.schedule import Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


# --- L1 ---------------------------------------------------------------------------------------------------------


def test_what_was_written_is_there_and_a_record_is_called_after_the_event_that_filed_it(ledger: Ledger) -> None:  # L1
    (entry,) = ledger.append([monthly(1)], STAMP)
    with ledger.read() as view:
        record = view.record(str(entry.seq))
        assert record is not None
        assert (record.path, record.size, record.state) == ("2023/月报 1.docx", 1, State.RETAINED)
        assert list(view.log()) == [entry]
        assert view.last() == entry
        assert view.records_at("office", "2023/月报 1.docx") == view.records_with(f"{1:064x}") == [record]
    assert ledger.verify().sound


def test_replaying_the_events_alone_rebuilds_every_row(ledger: Ledger, tmp_path: Path) -> None:  # L1
    a_history(ledger)
    assert all(state_rows(ledger).values())
    with Ledger.open(tmp_path / "again.db") as again:
        again.restore(links(ledger))
        assert state_rows(again) == state_rows(ledger)
    assert differences(ledger) == []


ACTS = st.sampled_from(
    [
        events.Moved("office", "elsewhere.docx"),
        events.Altered("f" * 64, 7),
        events.AlterationSettled(events.Decision.CORRECTION, "f" * 64, 7, "更正"),
        events.Missed(),
        events.Found("office", "found.docx"),
        events.Classified("QG-FW-01-01", Period(date(2024, 1, 1), date(2024, 1, 31))),
        events.Held("H1"),
        events.Released("H1"),
        events.HoldPlaced("审计"),
        events.HoldReleased("审计结束"),
        events.Extended(Term(TermKind.PERMANENT, "永久"), "有价值"),
        LISTED,
        events.Appraised("L1", Wish.DESTROY),
        events.Unlisted("退回"),
        events.Approved("L1", f"{1:064x}"),
        events.DestroyIntended("L1", f"{1:064x}", 1),
        events.Quarantined(1, f"{1:064x}", "quarantine/2.1"),
        events.DestroyAborted(1, "占用"),
        events.UnlinkIntended(1, f"{1:064x}"),
        events.Restored(1, "误批"),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(2, 4), ACTS), max_size=30))
def test_any_history_is_rebuilt_from_its_events(tmp_path_factory: pytest.TempPathFactory, acts: list[Any]) -> None:
    """L1, always: whatever was tried in whatever order."""
    folder = tmp_path_factory.mktemp("any")
    with Ledger.open(folder / "one.db") as ledger, Ledger.open(folder / "two.db") as again:
        ledger.append([schedule(1, 2), *(filed(number, digest=f"{1:064x}") for number in (2, 3, 4))], STAMP)
        for number, change in acts:
            subject = "H1" if isinstance(change, events.HoldChange) else str(number)
            try:
                ledger.append([Draft(subject, change)], STAMP)
            except (RefusedError, ConflictError, LookupError):
                continue
        again.restore(links(ledger))
        assert state_rows(again) == state_rows(ledger)
        assert differences(ledger) == []
        assert ledger.verify().sound


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE records SET size = 5 WHERE id = '2'",
        "UPDATE records SET eligible_on = '2020-01-01' WHERE id = '2'",
        "DELETE FROM records WHERE id = '2'",
        "UPDATE records SET id = 'x' WHERE id = '2'",
        "DELETE FROM record_holds",
        "UPDATE holds SET reason = ''",
        "UPDATE adoptions SET number = 7",
        "UPDATE disposal_lists SET state = 'approved'",
        "DELETE FROM disposal_lists",
        "UPDATE disposal_items SET open = false",
        "UPDATE disposal_items SET record_id = '2'",
        "UPDATE disposal_items SET record_id = '9'",
        "DELETE FROM disposal_items",
    ],
)
def test_a_row_that_the_events_do_not_explain_is_found(ledger: Ledger, tampering: str) -> None:  # L1
    drafted = Draft("L1", events.ListDrafted("2026-001", Policy()))
    ledger.append([schedule(1, 2), monthly(1), Draft("H1", events.HoldPlaced("诉讼")), monthly(2), drafted], STAMP)
    ledger.append([Draft("2", events.Held("H1")), Draft("4", LISTED)], STAMP)
    assert differences(ledger) == []
    with ledger._engine.begin() as connection:
        assert connection.execute(text(tampering)).rowcount == 1
    assert {finding.fault for finding in differences(ledger)} == {Tampering.STATE}


def test_a_transaction_is_whole_or_not_at_all(ledger: Ledger) -> None:  # L1
    ledger.append([filed(1)], STAMP)
    before = state_rows(ledger)
    with pytest.raises((RefusedError, ConflictError)):
        ledger.append([filed(2), Draft("1", events.Found("office", "x"))], STAMP)
    assert state_rows(ledger) == before
    assert len(links(ledger)) == 1


# --- L3: many writers -------------------------------------------------------------------------------------------

WRITER = """
import sys
from datetime import UTC, date, datetime
from retention.rules.events import Filed
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.people import Actor
target, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
stamp = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))
with Ledger.open(target) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        drafts = [Draft("", Filed("office", f"{name}/{number}.{part}", "0" * 64, part)) for part in range(3)]
        ledger.append(drafts, stamp)
        print(number, flush=True)
"""


def writers(target: str, number: int, count: int) -> list[subprocess.Popen[str]]:
    """Processes that each write so many transactions of three events, started at one moment."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, target, f"writer{each}", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for each in range(number)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return started


def test_processes_that_write_at_once_never_fork_the_chain(target: str) -> None:  # L3
    """Four processes on SQLite, two clients of PostgreSQL; they make the database at once, too."""
    number, count = (4, 25) if "://" not in target else (2, 50)
    for process in writers(target, number, count):
        process.communicate()
        assert process.returncode == 0
    with Ledger.open(target) as ledger:
        assert ledger.verify().sound
        assert len(links(ledger)) == number * count * 3
        assert differences(ledger) == []
        with ledger.read() as view:
            names = [entry.event.change.path for entry in view.log()]  # type: ignore[union-attr]
        for each in range(number):  # each transaction's events side by side, each writer's in its own order
            own = [name for name in names if name.startswith(f"writer{each}/")]
            assert own == [f"writer{each}/{turn}.{part}" for turn in range(count) for part in range(3)]
        assert all(names[at].endswith(".0") and names[at + 2].endswith(".2") for at in range(0, len(names), 3))


def test_threads_that_write_at_once_never_fork_the_chain(ledger: Ledger) -> None:  # L3
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ledger.append([filed(number)], STAMP), range(80)))
    assert ledger.verify().sound
    assert len(links(ledger)) == 80


def test_what_a_decision_saw_is_still_so_when_it_is_written(ledger: Ledger) -> None:  # L3, D3
    """Eight threads each file the same path unless it is filed: one does."""

    def once(view: View) -> list[Draft]:
        return [] if view.records_at("office", "2023/月报 1.docx") else [filed(1)]

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _number: ledger.commit(once, STAMP), range(16)))
    assert sum(map(len, written)) == 1


def test_a_writer_that_passes_by_the_lock_is_refused(ledger: Ledger) -> None:  # L3
    """The head moves only from where the writer saw it, and numbers follow on each other."""
    ledger.append([filed(1)], STAMP)
    row = {"subject": "x", "kind": "x", "body": b"{}", "hash": bytes(32)}
    for seq in (1, 3):
        with pytest.raises(DBAPIError, match="only grow"), ledger._engine.begin() as connection:
            connection.execute(schema.events.insert(), {"seq": seq, **row})
    with ledger._engine.begin() as connection:
        moved = connection.execute(update(schema.head).where(schema.head.c.seq == 0).values(seq=9))
        assert moved.rowcount == 0


@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_writer_killed_in_the_middle_leaves_a_whole_chain(target: str, after: int) -> None:  # L3, D8
    """SIGKILL: what was confirmed is there, and at most the one transaction more that nobody heard of."""
    (process,) = writers(target, 1, 10_000)
    assert process.stdout
    confirmed = [process.stdout.readline() for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    confirmed += process.stdout.readlines()
    process.communicate()
    whole = [line for line in confirmed if line.endswith("\n")]
    with Ledger.open(target) as ledger:
        ledger.append([filed(1)], STAMP)
        assert ledger.verify().sound
        assert len(links(ledger)) - 1 in {len(whole) * 3, len(whole) * 3 + 3}
        assert differences(ledger) == []


# --- L6, L7, L8 -------------------------------------------------------------------------------------------------


def test_every_event_says_which_person_or_which_version_of_the_service(ledger: Ledger) -> None:  # L6
    a_history(ledger)
    with ledger.read() as view:
        actors = {entry.event.actor for entry in view.log()}
    assert actors == {SERVICE, PERSON.actor}
    assert SERVICE.is_service
    assert not PERSON.actor.is_service
    with pytest.raises(ValueError, match="actor"):
        Stamp(AT, AT.date(), Actor(" "))


def test_sqlite_and_postgresql_write_the_same_bytes(tmp_path: Path, postgres: Callable[[], str]) -> None:  # L7
    with Ledger.open(tmp_path / "ledger.db") as small, Ledger.open(postgres()) as large:
        a_history(small)
        a_history(large)
        assert links(small) == links(large)
        assert state_rows(small) == state_rows(large)


def test_moving_from_sqlite_to_postgresql_keeps_the_head(tmp_path: Path, postgres: Callable[[], str]) -> None:  # L7
    with Ledger.open(tmp_path / "ledger.db") as small, Ledger.open(postgres()) as large:
        a_history(small)
        with small.read() as view:
            head = view.head
        assert large.restore(links(small)) == head
        assert state_rows(large) == state_rows(small)
        large.append([filed(9)], STAMP)
        assert large.verify([checkpoints.sign(head, AT, KEY)], PUBLIC).sound


def test_the_time_zone_of_an_instant_changes_no_byte(tmp_path: Path) -> None:  # L7
    shanghai = replace(STAMP, at=datetime.fromisoformat("2026-11-23T16:05:00+08:00"))
    for name, stamp in (("utc", STAMP), ("shanghai", shanghai)):
        with Ledger.open(tmp_path / f"{name}.db") as ledger:
            ledger.append([filed(1)], stamp)
    with Ledger.open(tmp_path / "utc.db") as one, Ledger.open(tmp_path / "shanghai.db") as other:
        assert links(one) == links(other)


def test_a_refused_attempt_is_an_event_with_the_rule_that_refused(ledger: Ledger) -> None:  # L8
    ledger.append([filed(1)], STAMP)

    def refused(_view: View) -> list[Draft]:
        raise RefusedError(
            [Problem("记录 1", "冻结中", "解除冻结", "hold", "D3"), Problem("记录 1", "未到期", "", "day", "D4")]
        )

    attempt = Draft("1", events.DestroyIntended("L1", f"{1:064x}", 1))
    with pytest.raises(RefusedError):
        ledger.commit(refused, PERSON, attempt=attempt)
    with ledger.read() as view:
        last = view.last()
    assert last is not None
    assert (last.event.subject, last.event.actor) == ("1", PERSON.actor)
    assert isinstance(last.event.change, events.ActRefused)
    assert last.event.change.act == "destroy.intent"
    assert last.event.change.rules == ("D3", "D4")
    assert differences(ledger) == []


def test_a_transition_that_the_lifecycle_refuses_is_an_event_too(ledger: Ledger) -> None:  # L8
    """What a rule forbids, and what the state forbids: nobody approved it."""
    ledger.append([filed(1)], STAMP)
    unclassified = Draft(
        "1", events.Listed("L1", date(2026, 1, 1), 1, 1, "月报", date(2023, 1, 28), Term(TermKind.FIXED, "2年", 24))
    )
    unapproved = Draft("1", events.DestroyIntended("L1", f"{1:064x}", 1))
    for attempt, error in ((unclassified, RefusedError), (unapproved, ConflictError)):
        with pytest.raises(error):
            ledger.commit(lambda _view, drafts=(attempt,): drafts, PERSON, attempt=attempt)
    with ledger.read() as view:
        _filing, listing, destroying = [entry.event.change for entry in view.log("1")]
    assert isinstance(listing, events.ActRefused)
    assert isinstance(destroying, events.ActRefused)
    assert listing.act == "record.listed"
    assert "D4" in listing.rules
    assert destroying.act == "destroy.intent"


# --- the state that is asked for -----------------------------------------------------------------------------------


def test_due_is_what_the_schedule_in_force_says_page_by_page(ledger: Ledger) -> None:  # D4
    ledger.append([*(monthly(month) for month in range(1, 6)), filed(6)], STAMP)
    with ledger.read() as view:
        assert view.due(date(2099, 1, 1)) == []
    ledger.append([schedule(1, 2)], PERSON)
    with ledger.read() as view:
        due = view.due(date(2026, 1, 1))
        assert [each.record.path for each in due] == [f"2023/月报 {month}.docx" for month in range(1, 6)]
        assert {each.eligible_on for each in due} == {date(2026, 1, 1)}
        assert view.due(date(2025, 12, 31)) == []
        first = view.due(date(2026, 1, 1), limit=2)
        rest = view.due(date(2026, 1, 1), after=(first[-1].eligible_on, first[-1].record.id))
        assert first + rest == due
        assert view.eligible_on(due[0].record.id) == date(2026, 1, 1)
        assert [record.path for record in view.records(overlaid(Overlay.UNCLASSIFIED))] == ["2023/月报 6.docx"]


def test_a_hold_takes_a_record_from_the_due_list_and_gives_it_back(ledger: Ledger) -> None:  # D3
    ledger.append([schedule(1, 2), monthly(1)], STAMP)
    ledger.append([Draft("H1", events.HoldPlaced("诉讼")), Draft("2", events.Held("H1"))], PERSON)
    with ledger.read() as view:
        assert view.due(date(2026, 11, 23)) == []
        assert [record.id for record in view.records_held_by("H1")] == ["2"]
        (hold,) = view.holds()
        assert hold.stands
        assert hold == view.hold("H1")
    ledger.append([Draft("2", events.Released("H1")), Draft("H1", events.HoldReleased("已结案"))], PERSON)
    with ledger.read() as view:
        assert [each.record.id for each in view.due(date(2026, 11, 23))] == ["2"]
        assert not view.holds()[0].stands


def test_an_adoption_moves_the_days_of_every_record(ledger: Ledger) -> None:  # L1, P3
    ledger.append([schedule(1, 2), *(monthly(1) for _ in range(600))], STAMP)
    ledger.append([schedule(2, 3)], PERSON)
    with ledger.read() as view:
        assert [adoption.number for adoption in view.adoptions()] == [1, 2]
        assert view.due(date(2026, 12, 31)) == []
        assert len(view.due(date(2027, 1, 1))) == 600
    assert differences(ledger) == []


def test_every_overlay_is_found_as_records_show_it(ledger: Ledger) -> None:
    a_history(ledger)
    ledger.append([monthly(5), filed(6, proof=True)], STAMP)
    ledger.append([Draft("16", events.Extended(Term(TermKind.PERMANENT, "永久"), "有价值"))], PERSON)
    with ledger.read() as view:
        records = list(view.records())
        for overlay in Overlay:
            assert list(view.records(overlaid(overlay))) == [each for each in records if overlay in each.overlays], (
                overlay
            )


def test_a_reader_sees_one_moment(ledger: Ledger) -> None:
    ledger.append([filed(1)], STAMP)
    with ledger.read() as view:
        assert view.head.seq == 1
        ledger.append([filed(2)], STAMP)
        assert len(list(view.links())) == view.head.seq == 1
    assert len(links(ledger)) == 2
