"""The ledger on SQLite and on a real PostgreSQL: events are the truth, state is their projection (L1–L8)."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from given.places import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError

from foundation import mounts
from foundation.period import Period
from retention.errors import ConflictError, LedgerError, Problem, RefusedError, TamperedError
from retention.ledger import chain, checkpoints, database, schema
from retention.ledger.chain import Fault
from retention.ledger.ledger import Draft, Ledger, Stamp, View
from retention.rules import events
from retention.rules.model import Overlay, Policy, State, Wish
from retention.rules.people import Actor, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from retention.ledger.checkpoints import Checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
SERVICE = Actor("service", "0.1.0")
STAMP = Stamp(AT, date(2026, 11, 23), SERVICE)
PERSON = Stamp(AT, date(2026, 11, 23), Actor("wang.min"))


def filed(number: int = 1, **more: Any) -> Draft:
    """A document of the share, filed."""
    path = f"2023/月报 {number}.docx"
    values = {"share": "office", "path": path, "digest": f"{number:064x}", "size": number, **more}
    return Draft("", events.Filed(**values))


def monthly(month: int = 1) -> Draft:
    """A monthly report of 2023, classified."""
    period = Period(date(2023, month, 1), date(2023, month, 28))
    return filed(month, class_key="QG-FW-01-01", period=period, dated=period.last, department="客户服务部")


LISTED = events.Listed("L1", date(2026, 1, 1), 1, 1, "月报", date(2023, 1, 28), Term(TermKind.FIXED, "2年", 24))


def schedule(number: int, years: int) -> Draft:
    """A version of the schedule in which monthly reports are kept so many years."""
    term = Term(TermKind.FIXED, f"{years}年", 12 * years)
    version = ScheduleVersion(f"{number:064x}", (RecordClass("QG-FW-01-01", "月报", "QG-FW-01-01", Rule(term)),))
    return Draft("schedule", events.ScheduleAdopted(number, version))


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


def state_rows(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is not an event, in one order."""
    with ledger._engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in (schema.head, *schema.PROJECTIONS)
        }


def links(ledger: Ledger) -> list[chain.Link]:
    with ledger.read() as view:
        return list(view.links())


def findings(ledger: Ledger, *points: Checkpoint) -> set[Fault]:
    return {finding.fault for finding in ledger.verify(points, PUBLIC).findings}


def differences(ledger: Ledger) -> list[chain.Finding]:
    with ledger.read() as view:
        return list(view.differences())


def a_history(ledger: Ledger) -> None:
    """Eighteen events of many kinds, by a person and the service."""
    ledger.append([schedule(1, 2)], PERSON)
    ids = [entry.event.subject for entry in ledger.append([monthly(1), monthly(2), filed(3)], STAMP)]
    ledger.append([Draft("H1", events.HoldPlaced("诉讼")), Draft(ids[0], events.Held("H1"))], PERSON)
    ledger.append([Draft(ids[1], events.Moved("office", "2023/报告/月报 2.docx"))], STAMP)
    ledger.append([Draft(ids[1], events.Altered("f" * 64, 99)), Draft(ids[2], events.Missed())], STAMP)
    ledger.append([Draft(ids[2], events.Extended(Term(TermKind.FIXED, "3年", 36), "合同未了"))], PERSON)
    ledger.append([Draft("H2", events.HoldPlaced("审计")), Draft(ids[2], events.Held("H2"))], PERSON)
    ledger.append([Draft(ids[0], events.Released("H1")), Draft("H1", events.HoldReleased("已结案"))], PERSON)
    ledger.append([Draft("account/li.hua", events.AccountAdded("li.hua", "李华", frozenset({Role.WITNESS})))], STAMP)
    drafted = Draft("L1", events.ListDrafted("2026-001", Policy()))
    ledger.append([monthly(4), drafted, Draft("16", LISTED)], PERSON)


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
    assert {finding.fault for finding in differences(ledger)} == {Fault.STATE}


def test_a_transaction_is_whole_or_not_at_all(ledger: Ledger) -> None:  # L1
    ledger.append([filed(1)], STAMP)
    before = state_rows(ledger)
    with pytest.raises((RefusedError, ConflictError)):
        ledger.append([filed(2), Draft("1", events.Found("office", "x"))], STAMP)
    assert state_rows(ledger) == before
    assert len(links(ledger)) == 1


# --- L2: tampering with the database itself, its triggers dropped --------------------------------------------------


@pytest.fixture
def told(ledger: Ledger) -> tuple[Ledger, Checkpoint]:
    """A ledger with a history, and a checkpoint of it that was kept elsewhere."""
    a_history(ledger)
    with ledger.read() as view:
        return ledger, checkpoints.sign(view.head, AT, KEY)


def tamper(ledger: Ledger, *statements: str) -> None:
    """What the owner of a database can do."""
    with ledger._engine.begin() as connection:
        for statement in (*_unguarded(connection), *statements):
            connection.execute(text(statement))


def _unguarded(connection: Connection) -> Iterable[str]:
    if connection.dialect.name == "postgresql":
        return [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in ("events", "head")]
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    return [f"DROP TRIGGER {name}" for name in names]


def replaced_by(ledger: Ledger, bodies: list[bytes]) -> None:
    """Put another history in place, with a chain and a head that are sound in themselves."""
    links = list(chain.chained(chain.NOTHING, bodies))
    tamper(ledger, "DELETE FROM events")
    with ledger._engine.begin() as connection:
        for seq, body, digest in links:
            row = {"seq": seq, "subject": "", "kind": "", "body": body, "hash": digest}
            connection.execute(schema.events.insert(), row)
        connection.execute(update(schema.head).values(seq=links[-1].seq, hash=links[-1].hash))


def test_an_edited_event_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    assert findings(ledger, point) == set()
    bodies = [link.body for link in links(ledger)]
    bodies[3] = bodies[3].replace("月报".encode(), "周报".encode())
    replaced_by(ledger, bodies)
    assert ledger.verify().sound
    assert findings(ledger, point) == {Fault.REPLACED}


def test_an_event_edited_in_place_is_detected_without_a_checkpoint(
    told: tuple[Ledger, Checkpoint],
) -> None:  # L2
    ledger, _point = told
    tamper(ledger, "UPDATE events SET body = (SELECT body FROM events WHERE seq = 2) WHERE seq = 3")
    assert findings(ledger) == {Fault.ALTERED}


def test_an_event_filed_under_another_subject_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, _point = told
    tamper(ledger, "UPDATE events SET subject = '4' WHERE seq = 2")
    assert {finding.fault for finding in differences(ledger)} == {Fault.STATE}


def test_an_event_that_is_none_is_said_to_be_so(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "UPDATE events SET body = '' WHERE seq = 2")
    assert findings(ledger, point) == {Fault.ALTERED}
    assert Fault.STATE in {finding.fault for finding in differences(ledger)}
    with ledger.read() as view, pytest.raises(TamperedError, match="2"):
        list(view.log())


def test_reordered_events_are_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    moves = [f"UPDATE events SET seq = {new} WHERE seq = {old}" for old, new in ((3, 99), (4, 3), (99, 4))]
    tamper(ledger, *moves)
    assert findings(ledger, point) == {Fault.ALTERED}


def test_an_inserted_event_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    bodies = [link.body for link in links(ledger)]
    replaced_by(ledger, [*bodies[:5], bodies[5], *bodies[5:]])
    assert findings(ledger, point) == {Fault.REPLACED}


def test_a_deleted_event_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "DELETE FROM events WHERE seq = 5")
    assert findings(ledger, point) == {Fault.MISSING}


def test_a_blanked_hash_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "UPDATE events SET hash = '' WHERE seq = 5")
    assert Fault.UNHASHED in findings(ledger, point)


def test_a_cut_tail_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    replaced_by(ledger, [link.body for link in links(ledger)][:-2])
    assert ledger.verify().sound
    assert findings(ledger, point) == {Fault.SHORTENED}


def test_a_tail_cut_without_its_head_is_detected_without_a_checkpoint(
    told: tuple[Ledger, Checkpoint],
) -> None:
    ledger, _point = told
    tamper(ledger, "DELETE FROM events WHERE seq > 6")
    assert findings(ledger) == {Fault.HEAD}


def test_an_older_database_put_back_is_detected(told: tuple[Ledger, Checkpoint], tmp_path: Path) -> None:  # L2
    """Also after it went on living its own life, past the number of the checkpoint."""
    ledger, point = told
    with Ledger.open(tmp_path / "older.db") as older:
        older.restore(links(ledger)[:6])
        assert findings(older, point) == {Fault.SHORTENED}
        older.append([filed(number) for number in range(20)], STAMP)
        assert older.verify().sound
        assert findings(older, point) == {Fault.REPLACED}


def test_a_copied_file_put_back_is_detected(tmp_path: Path) -> None:  # L2
    place, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    with Ledger.open(place) as ledger:
        ledger.append([filed(1)], STAMP)
    shutil.copy(place, copy)
    with Ledger.open(place) as ledger:
        ledger.append([filed(2)], STAMP)
        with ledger.read() as view:
            point = checkpoints.sign(view.head, AT, KEY)
    for rest in tmp_path.glob("ledger.db*"):
        rest.unlink()
    shutil.copy(copy, place)
    with Ledger.open(place) as ledger:
        assert findings(ledger, point) == {Fault.SHORTENED}


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


# --- L4 ---------------------------------------------------------------------------------------------------------


def test_an_export_proves_what_the_ledger_holds(told: tuple[Ledger, Checkpoint], tmp_path: Path) -> None:  # L4
    ledger, point = told
    with ledger.read() as view:
        assert chain.export(view.links(), tmp_path / "events.txt") == view.head
    verdict = chain.verify(chain.exported(tmp_path / "events.txt"), [point], PUBLIC)
    assert verdict.sound
    assert verdict.proven == point.seq


# --- L5 ---------------------------------------------------------------------------------------------------------

FORBIDDEN = {
    "both": [
        "UPDATE events SET body = body WHERE seq = 1",
        "UPDATE events SET seq = 9 WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events",
        "INSERT INTO events SELECT seq, subject, kind, body, hash FROM events WHERE seq = 1",
        "INSERT INTO events SELECT seq + 5, subject, kind, body, hash FROM events WHERE seq = 1",
        "UPDATE head SET seq = 1",
        "DELETE FROM head",
        "INSERT INTO head SELECT 2, seq, hash FROM head",
    ],
    "sqlite": [
        "INSERT OR REPLACE INTO events SELECT 1, 'x', kind, body, hash FROM events WHERE seq = 2",
        "REPLACE INTO events SELECT 2, 'x', kind, body, hash FROM events WHERE seq = 1",
        "INSERT OR IGNORE INTO events SELECT 7, 'x', kind, body, hash FROM events WHERE seq = 1",
        "UPDATE OR REPLACE events SET seq = 1 WHERE seq = 2",
        "REPLACE INTO head VALUES (1, 0, x'00')",
        "INSERT INTO events VALUES (1, 'x', 'x', x'00', x'00') ON CONFLICT (seq) DO UPDATE SET body = x'00'",
    ],
    "postgresql": [
        "TRUNCATE events",
        "TRUNCATE head",
        "INSERT INTO events VALUES (1, 'x', 'x', '', '') ON CONFLICT (seq) DO UPDATE SET body = ''",
    ],
}


def test_the_database_refuses_to_change_or_remove_what_was_written(ledger: Ledger) -> None:  # L5
    a_history(ledger)
    before = links(ledger)
    for statement in [*FORBIDDEN["both"], *FORBIDDEN[ledger._engine.dialect.name]]:
        with pytest.raises(DBAPIError), ledger._engine.begin() as connection:
            connection.execute(text(statement))
    assert links(ledger) == before
    assert ledger.verify().sound


def test_sqlite_refuses_a_replacement_from_any_program(tmp_path: Path) -> None:  # L5
    """Not only over our own connections, which set pragmas."""
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.append([filed(1), filed(2)], STAMP)
    with sqlite3.connect(tmp_path / "ledger.db") as stranger:
        for statement in [*FORBIDDEN["both"], *FORBIDDEN["sqlite"]]:
            with pytest.raises(sqlite3.DatabaseError):
                stranger.execute(statement)
    stranger.close()


def test_a_ledger_with_events_takes_no_others(ledger: Ledger) -> None:  # L5
    a_history(ledger)
    before = links(ledger)
    with pytest.raises(ConflictError):
        ledger.restore(before)
    assert links(ledger) == before


def test_what_is_no_whole_chain_is_not_taken_over(ledger: Ledger, tmp_path: Path) -> None:  # L2
    a_history(ledger)
    whole = links(ledger)
    with Ledger.open(tmp_path / "other.db") as other:
        for wrong in (whole[1:], [*whole[:4], *whole[5:]], [whole[0]._replace(body=b"{}"), *whole[1:]]):
            with pytest.raises(TamperedError):
                other.restore(wrong)
            assert links(other) == []
            assert state_rows(other)["records"] == []


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
        assert [record.path for record in view.records_under(Overlay.UNCLASSIFIED)] == ["2023/月报 6.docx"]


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
            assert list(view.records_under(overlay)) == [each for each in records if overlay in each.overlays], overlay


def test_a_reader_sees_one_moment(ledger: Ledger) -> None:
    ledger.append([filed(1)], STAMP)
    with ledger.read() as view:
        assert view.head.seq == 1
        ledger.append([filed(2)], STAMP)
        assert len(list(view.links())) == view.head.seq == 1
    assert len(links(ledger)) == 2


# --- where and how it is kept --------------------------------------------------------------------------------------


def triggers(engine: Engine) -> dict[str, str]:
    """Name and text of every trigger and function."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "UNION SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(query))}


def indexes(engine: Engine) -> set[tuple[Any, ...]]:
    query = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'table') AND name NOT LIKE '%alembic%'"
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%' "
            "UNION SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, collation_name) "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%' "
            "UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'"
        )
    with engine.connect() as connection:
        return {(row[0], "".join((row[1] or "").split()).replace('"', "")) for row in connection.execute(text(query))}


def test_the_migrations_make_what_the_schema_says(request: pytest.FixtureRequest, target: str, tmp_path: Path) -> None:
    migrated = database.connect(target)
    other = request.getfixturevalue("postgres")() if "://" in target else f"sqlite:///{tmp_path / 'made.db'}"
    made = create_engine(other.replace("postgresql:", "postgresql+psycopg:"))
    schema.metadata.create_all(made)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.VERSION
    assert triggers(migrated) == triggers(made)
    assert indexes(migrated) == indexes(made)
    for engine in (migrated, made):
        engine.dispose()


def test_a_ledger_is_synced_before_it_is_confirmed(ledger: Ledger) -> None:  # D8
    with ledger._engine.connect() as connection:
        if ledger._engine.dialect.name == "sqlite":
            modes = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
            assert modes == ["wal", 2]
        else:
            names = ("fsync", "synchronous_commit")
            assert [connection.execute(text(f"SHOW {name}")).scalar() for name in names] == ["on", "on"]


def test_a_ledger_of_a_newer_program_is_left_alone(ledger: Ledger, target: str) -> None:
    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError) as refused:
        Ledger.open(target)
    assert refused.value.problems[0].code == "ledger.newer"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("mysql://server/ledger", "ledger.url"),
        ("://", "ledger.url"),
        ("sqlite://", "ledger.url"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "ledger.database"),
        ("/proc/no/such/folder/ledger.db", "ledger.database"),
    ],
)
def test_a_place_where_no_ledger_can_lie_is_named(target: str, code: str) -> None:
    with pytest.raises(LedgerError) as refused:
        Ledger.open(target)
    assert refused.value.problems[0].code == code
    assert refused.value.problems[0].hint


def test_a_server_that_may_lose_what_it_confirmed_is_refused(postgres: Callable[[], str]) -> None:  # D8
    url = postgres()
    server = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        try:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            while connection.execute(text("SHOW fsync")).scalar() != "off":
                pass
            with pytest.raises(LedgerError) as refused:
                Ledger.open(url)
        finally:
            connection.execute(text("ALTER SYSTEM RESET fsync"))
            connection.execute(text("SELECT pg_reload_conf()"))
            while connection.execute(text("SHOW fsync")).scalar() != "on":
                pass
    server.dispose()
    assert refused.value.problems[0].code == "ledger.fsync"


MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /srv/share rw,relatime shared:9 - cifs //server/share rw,vers=3.0
31 30 0:31 / /srv/share/local rw - ext4 /dev/sdb1 rw
32 22 0:32 / /srv/nfs\040home rw - nfs4 server:/home rw
33 22 0:33 / /srv/over rw - ext4 /dev/sdc1 rw
34 33 0:34 / /srv/over rw - fuse.sshfs user@server:/ rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/guidang", "ext4"),
        ("/srv/share", "cifs"),
        ("/srv/share/archive", "cifs"),
        ("/srv/shared", "ext4"),
        ("/srv/share/local/x", "ext4"),
        ("/srv/nfs home/x", "nfs4"),
        ("/srv/over/x", "fuse.sshfs"),
    ],
)
def test_the_kind_of_a_file_system_is_read_from_the_mounts(path: str, kind: str) -> None:
    assert mounts.kind_of(MOUNTS, path) == kind
    assert bool(mounts.NETWORK.fullmatch(kind)) == (kind != "ext4")


def test_a_ledger_on_a_network_drive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table of mounts says that the folder is one; a real mount needs a server."""
    table = tmp_path / "mountinfo"
    table.write_text(
        f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:30 / {tmp_path}/share rw - cifs //server/share rw\n"
    )
    monkeypatch.setattr(mounts, "MOUNTS", table)
    (tmp_path / "share").mkdir()
    with pytest.raises(LedgerError) as refused:
        Ledger.open(tmp_path / "share" / "ledger.db")
    assert refused.value.problems[0].code == "ledger.network"
    assert list((tmp_path / "share").iterdir()) == []
    Ledger.open(tmp_path / "ledger.db").close()


FULL = """
import resource, signal, sys
from datetime import UTC, date, datetime
from retention.errors import LedgerError
from retention.rules.events import Filed
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.people import Actor
stamp = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
done = 0
try:
    while True:
        ledger.append([Draft("", Filed("office", f"{done}.docx", "0" * 64, 1))] * 50, stamp)
        done += 50
except LedgerError as error:
    print(done, error.problems[0].code)
"""


def test_a_full_disk_stops_the_ledger_and_loses_nothing(tmp_path: Path) -> None:  # D8
    place = tmp_path / "ledger.db"
    run = subprocess.run([sys.executable, "-c", FULL, str(place)], capture_output=True, text=True, check=True, cwd=ROOT)
    done, code = run.stdout.split()
    assert code == "ledger.database"
    with Ledger.open(place) as ledger:
        assert ledger.verify().sound
        assert len(links(ledger)) == int(done)
        assert differences(ledger) == []
        ledger.append([filed(1)], STAMP)


def test_a_ledger_that_stays_locked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match="locked"):
                ledger.append([filed(1)], STAMP)
            other.execute("ROLLBACK")
        other.close()
        ledger.append([filed(1)], STAMP)
        assert len(links(ledger)) == 1
