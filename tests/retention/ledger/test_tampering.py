"""A ledger that is not what was written is found out, or the database refuses (L2, L4, L5)."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from given.histories import AT, KEY, PUBLIC, STAMP, a_history, differences, filed, findings, links, state_rows
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DBAPIError

from retention.errors import ConflictError, TamperedError
from retention.ledger import chain, checkpoints, schema
from retention.ledger.chain import Tampering
from retention.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from retention.ledger.checkpoints import Checkpoint


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


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
    assert findings(ledger, point) == {Tampering.REPLACED}


def test_an_event_edited_in_place_is_detected_without_a_checkpoint(
    told: tuple[Ledger, Checkpoint],
) -> None:  # L2
    ledger, _point = told
    tamper(ledger, "UPDATE events SET body = (SELECT body FROM events WHERE seq = 2) WHERE seq = 3")
    assert findings(ledger) == {Tampering.ALTERED}


def test_an_event_filed_under_another_subject_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, _point = told
    tamper(ledger, "UPDATE events SET subject = '4' WHERE seq = 2")
    assert {finding.fault for finding in differences(ledger)} == {Tampering.STATE}


def test_an_event_that_is_none_is_said_to_be_so(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "UPDATE events SET body = '' WHERE seq = 2")
    assert findings(ledger, point) == {Tampering.ALTERED}
    assert Tampering.STATE in {finding.fault for finding in differences(ledger)}
    with ledger.read() as view, pytest.raises(TamperedError, match="2"):
        list(view.log())


def test_reordered_events_are_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    moves = [f"UPDATE events SET seq = {new} WHERE seq = {old}" for old, new in ((3, 99), (4, 3), (99, 4))]
    tamper(ledger, *moves)
    assert findings(ledger, point) == {Tampering.ALTERED}


def test_an_inserted_event_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    bodies = [link.body for link in links(ledger)]
    replaced_by(ledger, [*bodies[:5], bodies[5], *bodies[5:]])
    assert findings(ledger, point) == {Tampering.REPLACED}


def test_a_deleted_event_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "DELETE FROM events WHERE seq = 5")
    assert findings(ledger, point) == {Tampering.MISSING}


def test_a_blanked_hash_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    tamper(ledger, "UPDATE events SET hash = '' WHERE seq = 5")
    assert Tampering.UNHASHED in findings(ledger, point)


def test_a_cut_tail_is_detected(told: tuple[Ledger, Checkpoint]) -> None:  # L2
    ledger, point = told
    replaced_by(ledger, [link.body for link in links(ledger)][:-2])
    assert ledger.verify().sound
    assert findings(ledger, point) == {Tampering.SHORTENED}


def test_a_tail_cut_without_its_head_is_detected_without_a_checkpoint(
    told: tuple[Ledger, Checkpoint],
) -> None:
    ledger, _point = told
    tamper(ledger, "DELETE FROM events WHERE seq > 6")
    assert findings(ledger) == {Tampering.HEAD}


def test_an_older_database_put_back_is_detected(told: tuple[Ledger, Checkpoint], tmp_path: Path) -> None:  # L2
    """Also after it went on living its own life, past the number of the checkpoint."""
    ledger, point = told
    with Ledger.open(tmp_path / "older.db") as older:
        older.restore(links(ledger)[:6])
        assert findings(older, point) == {Tampering.SHORTENED}
        older.append([filed(number) for number in range(20)], STAMP)
        assert older.verify().sound
        assert findings(older, point) == {Tampering.REPLACED}


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
        assert findings(ledger, point) == {Tampering.SHORTENED}


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
