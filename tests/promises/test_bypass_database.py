"""Attempts by the database itself: rows and events written by hand, an older ledger, rights given by SQL."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from given.attempts_on_lists import adopted, approving, drafting
from given.bypass import FIRST, KEY, SECOND, Site, by_sql, execute, kinds, made, rules_of, run, safe, unguarded
from given.disposals import AT, SERVICE, World, stamp
from given.doors import Library
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import RetentionError, TamperedError
from retention.ledger import chain, checkpoints, schema
from retention.ledger.chain import Tampering
from retention.ledger.ledger import Ledger
from retention.rules.events import Destroyed, DestroyIntended
from retention.rules.model import Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retention.ledger.checkpoints import Checkpoint

# --- the database itself ------------------------------------------------------------------------------------------


@pytest.fixture
def shared(target: str, tmp_path: Path) -> Iterator[Site]:
    """The same on both databases."""
    found = made(tmp_path, target)
    yield Site(found.ledger, found.root, found.policy, Library(found))
    found.ledger.close()


ROWS: dict[str, tuple[str, ...]] = {
    "a submitted list is made an approved one": (
        "UPDATE disposal_lists SET state = 'approved', body = replace(body, '\"submitted\"', '\"approved\"')",
        "UPDATE records SET state = 'approved' WHERE state = 'listed'",
    ),
    "a record is approved": ("UPDATE records SET state = 'approved' WHERE state = 'listed'",),
    "a record's day is put earlier": ("UPDATE records SET eligible_on = '2020-01-01' WHERE state = 'listed'",),
    "a record is another file": ("UPDATE records SET path = '2022/别的.docx' WHERE state = 'listed'",),
    "a record has another content": ("UPDATE records SET digest = '{other}' WHERE state = 'listed'",),
    "an item has another content": ("UPDATE disposal_items SET body = replace(body, '{digest}', '{other}')",),
    "an item is decided otherwise": ("UPDATE disposal_items SET body = replace(body, '\"permanent\"', '\"destroy\"')",),
    "the cooling-off is over": ("UPDATE disposal_lists SET body = replace(body, '2026-11-30', '2026-11-23')",),
    "the approval never ends": ("UPDATE disposal_lists SET body = replace(body, '2026-12-23', '2036-12-23')",),
    "a proof is none": ("UPDATE records SET proof = false WHERE proof",),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_written_by_hand_destroys_nothing(shared: Site, name: str) -> None:  # L1, D1, D2, D5
    """Found by replaying the events, and refused where it would be relied on."""
    world = shared
    record, proof = world.file("2022/月报.docx"), world.file("证明.docx", proof=True)
    kept = world.file("2022/月报二.docx")
    approves = name in {"the cooling-off is over", "the approval never ends"}
    number = world.drafted(record, kept)
    answers = [Answer(record, Wish.DESTROY), Answer(kept, Wish.PERMANENT, "留")]
    disposal.opine(world.ledger, stamp(), number, answers)
    disposal.submit(world.ledger, stamp(), number)
    if approves:
        disposal.approve(world.ledger, stamp("zhao.gang"), number, world.list(number).digest or "")
    values = {"digest": world.list(number).items[0].digest, "other": "f" * 64}
    by_sql(
        world,
        *(
            statement.replace("{digest}", values["digest"]).replace("{other}", values["other"])
            for statement in ROWS[name]
        ),
    )
    before = safe(world)
    assert world.differences()
    digest = values["digest"]
    tries: list[Callable[[], object]] = [
        lambda: disposal.approve(world.ledger, stamp("zhao.gang"), number, digest),
        lambda: execute(world, number, 0 if approves else FIRST, count=1),
        lambda: execute(world, number, 40 if approves else SECOND, count=1),
        drafting(world, proof),
        drafting(world, record),
    ]
    for trying in tries:
        with pytest.raises(RetentionError):
            trying()
    assert safe(world) == before
    assert Destroyed.kind not in kinds(world)
    assert DestroyIntended.kind not in kinds(world)


def test_taking_the_latest_schedule_out_of_its_table_brings_no_day_forward(shared: Site) -> None:  # L1, D4
    """And the days of all records with it, as if it had never been adopted."""
    world = shared
    record = world.file("2022/月报.docx")
    adopted(world, 120)
    assert rules_of(drafting(world, record)) == {"D4"}
    with world.ledger._engine.begin() as connection:
        connection.execute(text("DELETE FROM adoptions WHERE number = 2"))
        connection.execute(schema.records.update().values(eligible_on=date(2025, 1, 1)))
    assert world.differences()
    with pytest.raises(RetentionError):
        drafting(world, record)()


def test_a_hold_taken_out_of_its_table_still_holds(shared: Site) -> None:  # L1, D3
    world = shared
    record = world.file("2022/月报.docx")
    world.hold("H1", record)
    by_sql(world, "DELETE FROM record_holds")
    assert world.differences()
    with pytest.raises(TamperedError):
        world.approved(record)


def test_events_are_not_changed_while_the_triggers_stand(shared: Site) -> None:  # L5
    world = shared
    record = world.file("2022/月报.docx")
    statements = [
        "UPDATE events SET body = body WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events",
        "INSERT INTO events SELECT seq, subject, kind, body, hash FROM events WHERE seq = 3",
        "UPDATE head SET seq = 1",
        "DELETE FROM head",
    ]
    if world.ledger._engine.dialect.name == "sqlite":
        statements.append("INSERT OR REPLACE INTO events SELECT seq, subject, kind, body, hash FROM events")
    for statement in statements:
        with pytest.raises(DBAPIError):
            by_sql(world, statement)
    assert world.ledger.verify().sound
    assert world.differences() == []
    assert record


def checkpoint(world: World) -> Checkpoint:
    """Signed, and kept where the database is not."""
    with world.ledger.read() as view:
        return checkpoints.sign(view.head, AT, KEY)


def links(world: World) -> list[chain.Link]:
    with world.ledger.read() as view:
        return list(view.links())


def rewritten(world: World, bodies: list[bytes]) -> None:
    """Another history in place, with a chain and a head that are sound in themselves, and rows that agree with it."""
    unguarded(world)
    forged = list(chain.chained(chain.NOTHING, bodies))
    with world.ledger._engine.begin() as connection:
        for table in (schema.events, *schema.PROJECTIONS):
            connection.execute(table.delete())
        connection.execute(schema.head.update().values(seq=0, hash=bytes(32)))
    world.ledger.restore(forged)


def test_an_approval_forged_into_a_rewritten_chain_is_detected(shared: Site) -> None:  # L2
    """Sound in itself, rows and all; only a checkpoint kept elsewhere shows it. That is why there are checkpoints."""
    world = shared
    number = world.submitted(world.file("2022/月报.docx"))
    digest = world.list(number).digest or ""
    disposal.give_back(world.ledger, stamp("zhao.gang"), number, "不同意")
    point = checkpoint(world)
    honest = [link.body for link in links(world)]
    assert world.ledger.verify([point], KEY.public_key()).sound
    forged = [body for body in honest if b"list.returned" not in body]
    rewritten(world, forged)
    approving(world, number, "zhao.gang", digest)()
    assert world.ledger.verify().sound
    assert world.differences() == []
    findings = world.ledger.verify([point], KEY.public_key()).findings
    assert {finding.fault for finding in findings} == {Tampering.REPLACED}


def test_an_older_database_put_back_is_detected(tmp_path: Path) -> None:  # L2
    """To use an approval a second time, or to be rid of a hold."""
    world = World.made(str(tmp_path / "ledger.db"), tmp_path / "share")
    world.file("2022/别的.docx")
    record = world.file("2022/月报.docx")
    number = world.approved(record)
    world.ledger.close()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "older.db")
    world = replace(world, ledger=Ledger.open(tmp_path / "ledger.db"))
    world.hold("H1", record, days=1)
    point = checkpoint(world)
    world.ledger.close()
    shutil.copy(tmp_path / "older.db", tmp_path / "ledger.db")
    world = replace(world, ledger=Ledger.open(tmp_path / "ledger.db"))
    faults = {finding.fault for finding in world.ledger.verify([point], KEY.public_key()).findings}
    assert faults == {Tampering.SHORTENED}
    run(world, number, FIRST)
    faults = {finding.fault for finding in world.ledger.verify([point], KEY.public_key()).findings}
    assert faults == {Tampering.REPLACED}
    world.ledger.close()


def test_a_stored_password_exchanged_by_sql_logs_nobody_in(shared: Site) -> None:  # L6
    world = shared
    accounts.set_password(world.ledger, stamp("wang.min"), "wang.min", "known to wang only")
    accounts.set_password(world.ledger, stamp("zhao.gang"), "zhao.gang", "known to zhao only")
    stolen = "(SELECT secret FROM credentials WHERE account = 'account/wang.min')"
    by_sql(world, f"UPDATE credentials SET secret = {stolen} WHERE account = 'account/zhao.gang'")
    with pytest.raises(TamperedError):
        accounts.login(world.ledger, "zhao.gang", "known to wang only", replace(stamp(), actor=SERVICE))
    assert world.differences()


def test_a_role_given_by_sql_approves_nothing(shared: Site) -> None:  # L6, R1
    world = shared
    number = world.submitted(world.file("2022/月报.docx"))
    by_sql(world, "UPDATE accounts SET roles = 'approver witness' WHERE name = 'sun.yi'")
    with pytest.raises(TamperedError):
        approving(world, number, "sun.yi")()
    assert world.differences()
