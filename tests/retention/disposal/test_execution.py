"""Destroying what was approved, on real folders, SQLite and PostgreSQL: D1–D9, D14, R1, R4, L8, T4, W8."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from given.disposals import SERVICE, World, refused, stamp
from given.executions import METHOD, PLACE, both, execute, order, outcomes, refuses
from sqlalchemy import text

from foundation.temporary_files import QUARANTINE
from retention.disposal import approval as disposal
from retention.disposal import execution, folders, posix_folders
from retention.disposal.execution import Order
from retention.errors import LedgerError, RefusedError, TamperedError
from retention.ledger import schema
from retention.ledger.ledger import Draft
from retention.rules.events import ClockVouched
from retention.rules.model import ListState, Outcome, State

if TYPE_CHECKING:
    from pathlib import Path

# --- the way through --------------------------------------------------------------------------------------------


@both
def test_files_wait_in_quarantine_and_then_are_gone(world: World) -> None:  # D6, D14
    approved, kept = world.file("2022/月报.docx", b"1"), world.file("2022/旧月报.docx", b"2")
    number = world.approved(approved)
    report = execute(world, number)
    assert (report.quarantined, report.destroyed, report.waiting) == (1, 0, 1)
    assert world.files() == {"2022/旧月报.docx", f"{QUARANTINE}/{number}/{approved}.1"}
    assert report.waiting_until == stamp(days=14).on
    assert execute(world, number, 13).waiting == 1
    report = execute(world, number, 14)
    assert (report.destroyed, report.state, report.problems) == (1, ListState.EXECUTED, ())
    assert world.files() == {"2022/旧月报.docx"}
    (item,) = world.list(number).items
    assert (item.outcome, item.done_on, item.attempt) == (Outcome.REMOVED, stamp(days=14).on, 1)
    with world.ledger.read() as view:
        kinds = [entry.event.kind for entry in view.log(approved)]
        assert view.record(kept).state is State.RETAINED  # type: ignore[union-attr]
    way = ["record.listed", "record.appraised", "record.approved", "destroy.intent", "destroy.quarantined"]
    assert kinds[1:] == [*way, "unlink.intent", "destroy.done"]


@both
def test_two_witnesses_who_had_no_part_in_it_close_the_list(quick: World) -> None:  # D13, R1
    number = quick.approved(quick.file("月报.docx"))
    assert refused(disposal.witness, quick.ledger, stamp("li.hua", 1), number, "已监销") == ("D1",)
    execute(quick, number, 1, "wang.min")
    assert refused(disposal.witness, quick.ledger, stamp("wang.min", 1), number, "已监销") == ("D13",)  # executed it
    assert refused(disposal.witness, quick.ledger, stamp("chen.lu", 1), number, "已监销") == ("R1",)
    assert refused(disposal.witness, quick.ledger, stamp("li.hua", 1), number, " ") == ("4.0",)
    disposal.witness(quick.ledger, stamp("li.hua", 1), number, "已监销")
    assert quick.list(number).state is ListState.EXECUTED
    assert refused(disposal.witness, quick.ledger, stamp("li.hua", 1), number, "再签") == ("D13",)
    disposal.witness(quick.ledger, stamp("sun.yi", 1), number, "已监销")
    found = quick.list(number)
    assert (found.state, [each.by for each in found.witnesses]) == (ListState.WITNESSED, ["li.hua", "sun.yi"])
    assert found.items[0].state is State.CLOSED


# --- what forbids a run -----------------------------------------------------------------------------------------


@both
def test_nothing_is_executed_without_an_approval_that_is_in_time(world: World) -> None:  # D1, D5
    record = world.file("月报.docx")
    drafted = world.drafted(record)
    assert "D1" in refuses(world, drafted, 0)
    world.decide(drafted)
    disposal.submit(world.ledger, stamp(), drafted)
    assert refuses(world, drafted, 0) == ("D1",)
    disposal.approve(world.ledger, stamp("zhao.gang"), drafted, world.list(drafted).digest or "")
    assert refuses(world, drafted, 6) == ("D5",)
    assert "D5" in refuses(world, drafted, 31, count=1)
    assert world.list(drafted).state is ListState.EXPIRED


def test_an_approval_is_used_once(quick: World) -> None:  # D5
    number = quick.approved(quick.file("月报.docx"))
    execute(quick, number, 1)
    again = quick.file("月报.docx")
    rules = refused(execution.execute, quick.ledger, stamp(days=2), Order(number, 1, METHOD, PLACE), quick.roots)
    assert set(rules) == {"D5", "R4"}
    with quick.ledger.read() as view:
        assert view.record(again).state is State.RETAINED  # type: ignore[union-attr]
    assert "月报.docx" in quick.files()


def test_number_and_count_are_typed(world: World) -> None:  # R4
    number = world.approved(world.file("1.docx"), world.file("2.docx"))
    for count in (0, 1, 3):
        assert refuses(world, number, count=count) == ("R4",)
    assert refuses(world, number, method=" ") == ("4.0",)
    found = world.list(number)
    assert refused(execution.execute, world.ledger, stamp(days=7), Order(found.id, 2, METHOD, PLACE), world.roots) == (
        "R4",
    )


@pytest.mark.parametrize("name", ["zhao.gang", "li.hua", "he.fang", "admin", "guidang"])
def test_only_archivists_execute(world: World, name: str) -> None:  # R1, L6, D10
    number = world.approved(world.file("1.docx"))
    who = replace(stamp(days=7), actor=SERVICE) if name == "guidang" else stamp(name, 7)
    rules = refused(execution.execute, world.ledger, who, order(world, number), world.roots)
    assert set(rules) <= {"R1", "L6"}
    assert world.files() == {"1.docx"}


@both
def test_a_clock_that_cannot_be_believed_executes_nothing(world: World) -> None:  # T4
    number = world.approved(world.file("1.docx"))
    world.ledger.append([Draft("clock", ClockVouched("校时"))], stamp(days=9))
    assert refuses(world, number, 8) == ("T4",)  # set back
    assert refuses(world, number, 12) == ("T4",)  # ahead of what was last believed
    assert refuses(world, number, 9.5) == ("T4",)  # behind what the clock set ahead has written
    world.ledger.append([Draft("clock", ClockVouched("校时"))], stamp(days=9.5))
    assert execute(world, number, 9.5).quarantined == 1


def test_a_share_that_is_away_or_another_tells_nothing(world: World, tmp_path: Path) -> None:  # W8, D7
    kept = [world.file(f"留存{n}.docx", year=2026) for n in range(4)]
    number = world.approved(world.file("1.docx"))
    world.root.rename(tmp_path / "away")
    assert refuses(world, number) == ("W8",)
    world.root.mkdir()
    (world.root / "别的.docx").write_bytes(b"x")
    assert refuses(world, number) == ("W8",)
    assert refused(execution.record_by_hand, world.ledger, stamp(days=7), order(world, number), world.roots) == ("W8",)
    for path in (*world.root.iterdir(),):
        path.unlink()
    world.root.rmdir()
    (tmp_path / "away").rename(world.root)
    assert execute(world, number).quarantined == 1
    assert refused(execution.execute, world.ledger, stamp(days=7), order(world, number), {}) == ("W8",)
    assert len(kept) == 4


@both
def test_where_the_ledger_cannot_be_written_nothing_is_moved(world: World) -> None:  # D8
    number = world.approved(world.file("1.docx"))
    if world.ledger._engine.dialect.name == "postgresql":
        statement = "ALTER TABLE events RENAME TO gone"
        undo = "ALTER TABLE gone RENAME TO events"
    else:
        statement = "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        undo = "DROP TRIGGER full"

    def break_it(point: str) -> None:
        if point == "begun":
            with world.ledger._engine.begin() as connection:
                connection.execute(text(statement))

    with pytest.raises(LedgerError):
        execute(world, number, at=break_it)
    assert world.files() == {"1.docx"}
    with world.ledger._engine.begin() as connection:
        connection.execute(text(undo))


@both
def test_two_processes_do_not_execute_one_list_at_once(world: World) -> None:  # D7
    number = world.approved(world.file("1.docx"))
    met: list[tuple[str, ...]] = []

    def meanwhile(point: str) -> None:
        if point == "moved":
            with pytest.raises(RefusedError) as raised:
                execute(world, number)
            met.append(raised.value.rules)

    execute(world, number, at=meanwhile)
    assert met == [("D7",)]


# --- what forbids a single file ---------------------------------------------------------------------------------


@both
def test_an_edited_file_goes_back_and_is_altered(world: World) -> None:  # D6, W3
    first, second = world.file("1.docx"), world.file("2.docx")
    number = world.approved(first, second)
    (world.root / "1.docx").write_bytes(b"edited")
    report = execute(world, number)
    assert (report.quarantined, report.left, [each.clause for each in report.problems]) == (1, 1, ["D6"])
    assert (world.root / "1.docx").read_bytes() == b"edited"
    with world.ledger.read() as view:
        record = view.record(first)
    assert record is not None
    assert (record.state, record.altered_to) == (State.RETAINED, sha256(b"edited").hexdigest())


def test_a_file_edited_between_looking_and_moving_goes_back(world: World) -> None:  # D6
    number = world.approved(world.file("1.docx"))

    def edit(point: str) -> None:
        if point == "intended":
            (world.root / "1.docx").write_bytes(b"edited")

    report = execute(world, number, at=edit)
    assert (report.left, report.state) == (1, ListState.WITHDRAWN)
    assert (world.root / "1.docx").read_bytes() == b"edited"


@pytest.mark.parametrize("kind", ["symlink", "hard link", "folder", "linked folder", "pipe"])
def test_only_a_plain_file_with_one_name_is_destroyed(world: World, tmp_path: Path, kind: str) -> None:  # D6
    place = world.root / "2022" / "1.docx"
    number = world.approved(world.file("2022/1.docx"))
    aside = tmp_path / "aside"
    match kind:
        case "symlink":
            place.rename(aside)
            place.symlink_to(aside)
        case "hard link":
            aside.hardlink_to(place)
        case "folder":
            place.unlink()
            place.mkdir()
        case "linked folder":
            place.parent.rename(aside)
            place.parent.symlink_to(aside)
        case "pipe":
            place.unlink()
            os.mkfifo(place)
    report = execute(world, number)
    assert {problem.clause for problem in report.problems} == {"D6"}
    assert (report.quarantined, report.state) == (0, ListState.WITHDRAWN)
    assert (aside / "1.docx" if kind == "linked folder" else place).exists()
    assert ("destroy.intent", ("D6",)) in world.refusals()


@pytest.mark.parametrize("kind", ["symlink", "hard link", "linked folder"])
def test_a_link_put_there_in_the_last_moment_destroys_nothing(world: World, tmp_path: Path, kind: str) -> None:  # D6
    place = world.root / "2022" / "1.docx"
    number = world.approved(world.file("2022/1.docx", b"mine"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "1.docx").write_bytes(b"mine")

    def swap(point: str) -> None:
        if point != "intended":
            return
        if kind == "symlink":
            place.unlink()
            place.symlink_to(other / "1.docx")
        elif kind == "hard link":
            (tmp_path / "second").hardlink_to(place)
        else:
            place.parent.rename(tmp_path / "was")
            place.parent.symlink_to(other)

    report = execute(world, number, at=swap)
    assert report.quarantined == 0
    assert (other / "1.docx").read_bytes() == b"mine"
    assert outcomes(world, number) == [("destroy.aborted", None)]


def test_a_name_taken_in_quarantine_is_not_replaced(world: World) -> None:  # D6
    record = world.file("1.docx")
    number = world.approved(record)
    (world.root / QUARANTINE / number).mkdir(parents=True)
    taken = world.root / QUARANTINE / number / f"{record}.1"
    taken.write_bytes(b"another")
    execute(world, number)
    assert taken.read_bytes() == b"another"
    assert (world.root / "1.docx").exists()
    assert outcomes(world, number) == [("destroy.aborted", None)]


def test_a_file_system_that_cannot_rename_safely_destroys_nothing(world: World, monkeypatch: Any) -> None:  # D6
    """What renameat2 says there (EINVAL) is put in its place: no such file system can be mounted here."""
    number = world.approved(world.file("1.docx"))

    def unable(*_arguments: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(posix_folders, "_rename", unable)
    report = execute(world, number)
    assert (world.files(), report.quarantined) == ({"1.docx"}, 0)
    assert outcomes(world, number) == [("destroy.aborted", None)]


def test_where_no_machine_has_tried_moving_files_nothing_is_begun(world: World, monkeypatch: Any) -> None:  # D6
    """As on Windows, before its own tests ran there (docs/platforms.md)."""
    number = world.approved(world.file("1.docx"))
    monkeypatch.setattr(execution, "MOVES_FILES", False)
    assert refuses(world, number) == ("D6",)
    assert world.list(number).state is ListState.APPROVED


def test_a_record_path_cannot_lead_out_of_the_share(world: World, tmp_path: Path) -> None:  # D6, D14
    (tmp_path / "secret.docx").write_bytes(b"secret")
    for path in ("../secret.docx", "a//b.docx", "./1.docx", f"{QUARANTINE}/x"):
        with pytest.raises(ValueError, match=r".") if QUARANTINE not in path else pytest.raises(OSError, match=r"."):
            folders.parts_of(path)
            raise OSError(errno.EINVAL, "refused by the quarantine", path)


def test_what_is_not_there_stays_on_the_list_for_people_to_say(world: World) -> None:  # W4, D11
    number = world.approved(world.file("1.docx"), world.file("2.docx"))
    (world.root / "1.docx").unlink()
    report = execute(world, number)
    assert [problem.clause for problem in report.problems] == ["W4"]
    assert [item.state for item in world.list(number).items] == [State.APPROVED, State.QUARANTINED]


@both
def test_what_an_expired_approval_left_over_leaves_the_list(world: World) -> None:  # D5
    number = world.approved(world.file("1.docx"), world.file("2.docx"))
    (world.root / "1.docx").rename(world.root / "elsewhere")
    execute(world, number)
    (world.root / "elsewhere").rename(world.root / "1.docx")
    report = execute(world, number, 31)
    assert (report.destroyed, report.state) == (1, ListState.EXECUTED)
    assert (world.root / "1.docx").exists()
    assert ("destroy.intent", ("D5",)) in world.refusals()


@both
def test_items_edited_in_the_database_are_not_destroyed(world: World) -> None:  # D1, D2, L1
    number = world.approved(world.file("1.docx"))
    innocent = world.file("今年.docx", year=2026)
    row = schema.records
    with world.ledger._engine.begin() as connection:
        connection.execute(row.update().where(row.c.id == innocent).values(state="approved", list_id="9"))
        connection.execute(text("UPDATE disposal_items SET body = replace(body, '1.docx', '2.docx')"))
    with pytest.raises((TamperedError, RefusedError)):
        execute(world, number)
    assert world.files() == {"1.docx", "今年.docx"}
    with world.ledger._engine.begin() as connection:
        connection.execute(row.update().where(row.c.id == innocent).values(state="retained", list_id=None))
        connection.execute(text("UPDATE disposal_items SET body = replace(body, '2.docx', '1.docx')"))
