"""Destroying what was approved, on real folders, SQLite and PostgreSQL: D1–D9, D11, D13, D14, R1, R4, L8, T4, W8."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from given.disposals import PLAN, SERVICE, SHARE, World, refused, stamp
from sqlalchemy import delete, text

from foundation.temporary_files import QUARANTINE
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal import folders as files
from retention.disposal.execution import Order, Report
from retention.errors import ConflictError, LedgerError, RefusedError, TamperedError
from retention.ledger import schema
from retention.ledger.ledger import Draft
from retention.rules.events import ClockVouched, Destroyed, DestroyIntended, Held, HoldPlaced, Released
from retention.rules.model import ListState, Outcome, Policy, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METHOD, PLACE = "从共享目录移除", "归档"
QUICK = Policy(cooling_days=1, approval_days=30, quarantine_days=0)


both = pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
"""What rests on the database's locks and transactions runs on both; what rests on the file system, on SQLite."""


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "sqlite":
        return str(tmp_path / "ledger.db")
    new: str = request.getfixturevalue("postgres")()
    return new


@pytest.fixture
def world(target: str, tmp_path: Path) -> Iterator[World]:
    made = World.made(target, tmp_path / "share")
    yield made
    check(made)
    made.ledger.close()


@pytest.fixture
def quick(world: World) -> World:
    """No quarantine to wait out: one run goes to the end."""
    return replace(world, policy=QUICK)


def check(world: World) -> None:
    """L1, D7: rows follow from events, and every intent has at most one outcome."""
    assert world.differences() == []
    with world.ledger.read() as view:
        kinds: dict[tuple[str, int], list[str]] = {}
        for entry in view.log():
            attempt = getattr(entry.event.change, "attempt", None)
            if attempt and entry.event.kind in {"destroy.aborted", "destroy.restored", "destroy.done"}:
                kinds.setdefault((entry.event.subject, attempt), []).append(entry.event.kind)
    assert all(len(outcomes) == 1 for outcomes in kinds.values())


def order(world: World, number: str) -> Order:
    return Order(number, len(world.list(number).open_items), METHOD, PLACE)


def execute(world: World, number: str, days: float = 7, name: str = "chen.lu", **more: Any) -> Report:
    return execution.execute(world.ledger, stamp(name, days), order(world, number), world.roots, **more)


def refuses(world: World, number: str, days: float = 7, name: str = "chen.lu", **more: Any) -> tuple[str, ...]:
    before = world.files()
    asked = replace(order(world, number), **more)
    rules = refused(execution.execute, world.ledger, stamp(name, days), asked, world.roots)
    assert world.files() == before
    return rules


def outcomes(world: World, number: str) -> list[tuple[str, Outcome | None]]:
    return [(item.left_by, item.outcome) for item in world.list(number).items]


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

    monkeypatch.setattr(files, "_rename", unable)
    report = execute(world, number)
    assert (world.files(), report.quarantined) == ({"1.docx"}, 0)
    assert outcomes(world, number) == [("destroy.aborted", None)]


def test_a_record_path_cannot_lead_out_of_the_share(world: World, tmp_path: Path) -> None:  # D6, D14
    (tmp_path / "secret.docx").write_bytes(b"secret")
    for path in ("../secret.docx", "a//b.docx", "./1.docx", f"{QUARANTINE}/x"):
        with pytest.raises(ValueError, match=r".") if QUARANTINE not in path else pytest.raises(OSError, match=r"."):
            files.parts_of(path)
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


# --- holds ------------------------------------------------------------------------------------------------------


def hold_at(world: World, record: str, point: str) -> Any:
    """A hold placed by another person when a run passes ``point``."""
    placed: list[str] = []

    def place(passed: str) -> None:
        if passed == point and not placed:
            placed.append(passed)
            world.hold("H1", record, days=7)

    return place


@pytest.mark.parametrize(
    "point", ["begun", "intended", "intent", "moved", "moved.synced", "hashed", "quarantined", "checking", "checked"]
)
def test_a_hold_placed_at_any_moment_before_the_removal_wins(quick: World, point: str) -> None:  # D3
    record = quick.file("1.docx")
    number = quick.approved(record)
    execute(quick, number, 7, at=hold_at(quick, record, point))
    assert quick.files() == {"1.docx"}
    with quick.ledger.read() as view:
        found = view.record(record)
    assert found is not None
    assert (found.state, found.holds, found.intent) == (State.RETAINED, {"H1"}, None)


@both
def test_a_hold_placed_between_the_last_intent_and_the_removal_wins(quick: World) -> None:  # D3
    record = quick.file("1.docx")
    number = quick.approved(record)
    execute(quick, number, 7, at=hold_at(quick, record, "unlink.intended"))
    assert quick.files() == {"1.docx"}
    assert outcomes(quick, number) == [("destroy.restored", None)]


@both
def test_a_hold_that_comes_while_files_are_being_removed_is_told_that_it_is_too_late(quick: World) -> None:  # D3
    """The removal holds the writers' lock: the hold waits for it, and then finds the record destroyed."""
    record = quick.file("1.docx")
    number = quick.approved(record)
    told: list[type[BaseException]] = []

    def hold() -> None:
        try:
            quick.hold("H1", record, days=7)
        except (RefusedError, ConflictError) as error:
            told.append(type(error))

    thread = threading.Thread(target=hold)

    def while_locked(point: str) -> None:
        if point == "unlink.locked":
            thread.start()

    execute(quick, number, 7, at=while_locked)
    thread.join()
    assert told == [ConflictError]
    assert outcomes(quick, number) == [("", Outcome.REMOVED)]


def test_a_hold_in_quarantine_keeps_the_file_until_it_is_put_back(world: World) -> None:  # D3
    record = world.file("1.docx")
    number = world.approved(record)
    execute(world, number)
    world.hold("H1", record, days=8)
    report = execute(world, number, 14)
    assert (report.restored, world.files()) == (1, {"1.docx"})
    assert ("unlink.intent", ("D3",)) in world.refusals()


@both
def test_a_hold_deleted_from_the_database_still_holds(world: World) -> None:  # D3, L1
    record, other = world.file("1.docx"), world.file("2.docx")
    number = world.approved(record, other)
    execute(world, number)
    world.hold("H1", record, days=8)
    with world.ledger._engine.begin() as connection:
        connection.execute(delete(schema.record_holds))
    with pytest.raises(TamperedError):
        execute(world, number, 14)
    assert f"{QUARANTINE}/{number}/{record}.1" in world.files()
    with world.ledger._engine.begin() as connection:
        connection.execute(schema.record_holds.insert().values(record_id=record, hold_id="H1"))


def test_what_was_released_needs_a_new_list(world: World) -> None:  # D3, D1
    record = world.file("1.docx")
    number = world.approved(record)
    world.hold("H1", record, days=1)
    world.ledger.append([Draft(record, Released("H1"))], stamp(days=2))
    assert world.list(number).items[0].left_by == "record.held"
    assert refuses(world, number, count=1) == ("R4",)


# --- quarantine, and back ---------------------------------------------------------------------------------------


def test_one_command_puts_files_back_where_they_were(world: World) -> None:
    first, second = world.file("2022/1.docx"), world.file("2022/2.docx")
    number = world.approved(first, second)
    execute(world, number)
    assert refused(execution.restore, world.ledger, stamp("li.hua", 8), number, "误批", world.roots) == ("R1",)
    assert refused(execution.restore, world.ledger, stamp(days=8), number, " ", world.roots) == ("4.0",)
    report = execution.restore(world.ledger, stamp(days=8), number, "误批", world.roots, record_ids=[first])
    assert (report.restored, report.waiting, report.state) == (1, 1, ListState.EXECUTING)
    assert "2022/1.docx" in world.files()
    again = refused(execution.restore, world.ledger, stamp(days=8), number, "误批", world.roots, record_ids=[first])
    assert again == ("D7",)
    report = execution.restore(world.ledger, stamp("zhao.gang", 8), number, "误批", world.roots)
    assert (report.state, world.files()) == (ListState.WITHDRAWN, {"2022/1.docx", "2022/2.docx"})
    assert disposal.draft(world.ledger, stamp(days=8), disposal.Selection(ids=(first,))) == "2026-002"


def test_a_file_comes_back_beside_what_took_its_place(world: World) -> None:
    record = world.file("2022/1.docx", b"old")
    number = world.approved(record)
    execute(world, number)
    (world.root / "2022" / "1.docx").write_bytes(b"new")
    execution.restore(world.ledger, stamp(days=8), number, "误批", world.roots)
    assert (world.root / "2022" / "1.docx").read_bytes() == b"new"
    assert (world.root / "2022" / f"1.{record}.1.docx").read_bytes() == b"old"
    with world.ledger.read() as view:
        assert view.record(record).path == f"2022/1.{record}.1.docx"  # type: ignore[union-attr]


def test_a_file_comes_back_though_its_folder_is_gone(world: World) -> None:
    number = world.approved(world.file("2022/1.docx"))
    execute(world, number)
    (world.root / "2022").rmdir()
    execution.restore(world.ledger, stamp(days=8), number, "误批", world.roots)
    assert world.files() == {"2022/1.docx"}


def test_a_file_changed_in_quarantine_is_not_destroyed(world: World) -> None:  # D6
    record = world.file("1.docx")
    number = world.approved(record)
    execute(world, number)
    (world.root / QUARANTINE / number / f"{record}.1").write_bytes(b"changed")
    report = execute(world, number, 14)
    assert (report.restored, (world.root / "1.docx").read_bytes()) == (1, b"changed")
    with world.ledger.read() as view:
        assert view.record(record).altered_to == sha256(b"changed").hexdigest()  # type: ignore[union-attr]


def test_a_file_exchanged_after_it_was_hashed_is_not_removed(quick: World) -> None:  # D6
    record = quick.file("1.docx")
    number = quick.approved(record)
    inside = quick.root / QUARANTINE / number / f"{record}.1"

    def exchange(point: str) -> None:
        if point == "unlink.intended":
            inside.write_bytes(b"something else altogether")

    execute(quick, number, 1, at=exchange)
    assert inside.read_bytes() == b"something else altogether"
    report = execute(quick, number, 1)
    assert (quick.root / "1.docx").read_bytes() == b"something else altogether"
    assert report.restored == 1


def test_long_and_full_width_names_in_another_normal_form_are_found(quick: World) -> None:  # W9
    decomposed = "２０２２年度/" + "服务中心" * 15 + "/cafe\u0301报告（１）.docx"
    content = b"1"
    place = quick.root / decomposed
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    composed = decomposed.replace("e\u0301", "é")
    record = quick.file("占位.docx", content)
    (quick.root / "占位.docx").unlink()
    quick.ledger.append([Draft(record, _moved(composed))], replace(stamp(), actor=SERVICE))
    report = execute(quick, quick.approved(record), 1)
    assert (report.destroyed, quick.files()) == (1, set())


def _moved(path: str) -> Any:
    from retention.rules.events import Moved

    return Moved(SHARE, path)


# --- copies -----------------------------------------------------------------------------------------------------


@both
def test_destroying_one_copy_names_those_that_remain(quick: World) -> None:  # D11, W7
    first = quick.file("1.docx", b"same")
    quick.file("副本/1.docx", b"same", year=2026)
    lost = quick.file("副本/2.docx", b"same", year=2026)
    (quick.root / "副本/2.docx").unlink()
    both = [quick.file(f"{name}.docx", b"twice", key=PLAN) for name in "甲乙"]
    number = quick.approved(first, *both)
    execute(quick, number, 1)
    copies = {item.record_id: item.copies for item in quick.list(number).items}
    assert copies == {first: (f"{SHARE}/副本/1.docx",), both[0]: (), both[1]: ()}
    with quick.ledger.read() as view:
        assert view.record(lost).outcome is None  # type: ignore[union-attr]


# --- by hand ----------------------------------------------------------------------------------------------------


def by_hand(world: World, number: str, days: float = 7, name: str = "chen.lu", **more: Any) -> Report:
    meant = Order(number, len(more.get("record_ids", ())) or len(world.list(number).open_items), "粉碎", "档案室")
    return execution.record_by_hand(world.ledger, stamp(name, days), meant, world.roots, **more)


@both
def test_what_people_destroyed_is_recorded_when_it_is_seen_to_be_gone(world: World) -> None:  # D11, R4
    world.file("留存.docx", year=2026)
    first, second = world.file("1.docx", b"same"), world.file("2.docx")
    world.file("副本.docx", b"same", year=2026)
    number = world.approved(first, second)
    meant = Order(number, 2, "粉碎", "档案室")
    hand = execution.record_by_hand
    (world.root / "1.docx").unlink()
    one = replace(meant, count=1)
    assert refused(hand, world.ledger, stamp(days=6), one, world.roots, record_ids=[first]) == ("D5",)
    assert refused(hand, world.ledger, stamp(days=7), meant, world.roots) == ("D11",)
    assert refused(hand, world.ledger, stamp(days=7), replace(meant, count=3), world.roots) == ("R4",)
    assert refused(hand, world.ledger, stamp("li.hua", 7), one, world.roots, record_ids=[first]) == ("R1",)
    report = by_hand(world, number, record_ids=[first])
    assert (report.destroyed, report.state) == (1, ListState.EXECUTING)
    (world.root / "2.docx").unlink()
    assert by_hand(world, number).state is ListState.EXECUTED
    found = world.list(number)
    assert (found.by_hand, found.method, found.place) == (True, "粉碎", "档案室")
    assert [item.outcome for item in found.items] == [Outcome.BY_HAND] * 2
    assert found.items[0].copies == (f"{SHARE}/副本.docx",)


def test_what_people_destroyed_under_a_hold_is_no_disposal(world: World) -> None:  # D3
    world.file("留存.docx", year=2026)
    first, second = world.file("1.docx"), world.file("2.docx")
    number = world.approved(first, second)
    world.hold("H1", first, days=7)
    (world.root / "1.docx").unlink()
    rules = refused(
        execution.record_by_hand,
        world.ledger,
        stamp(days=7),
        Order(number, 1, "粉碎", "档案室"),
        world.roots,
        record_ids=[first],
    )
    assert "D1" in rules


def test_absence_behind_a_link_or_a_closed_folder_is_not_confirmed(world: World, tmp_path: Path) -> None:  # D11, W8
    world.file("留存.docx", year=2026)
    number = world.approved(world.file("2022/1.docx"))
    (world.root / "2022").rename(tmp_path / "was")
    (tmp_path / "empty").mkdir()
    (world.root / "2022").symlink_to(tmp_path / "empty")
    meant = Order(number, 1, "粉碎", "档案室")
    assert refused(execution.record_by_hand, world.ledger, stamp(days=7), meant, world.roots) == ("D11",)


# --- recovery ---------------------------------------------------------------------------------------------------


class Died(BaseException):
    """A process that ends here."""


def died_at(point: str) -> Any:
    def end(passed: str) -> None:
        if passed == point:
            raise Died

    return end


def crashed(world: World, number: str, point: str, days: float = 7) -> None:
    with pytest.raises(Died):
        execute(world, number, days, at=died_at(point))


def test_what_was_moved_out_of_quarantine_by_hand_is_restored_when_it_is_found(world: World) -> None:  # D7
    record = world.file("1.docx")
    number = world.approved(record)
    execute(world, number)
    (world.root / QUARANTINE / number / f"{record}.1").rename(world.root / "1.docx")
    execution.recover(world.ledger, stamp(days=8), world.roots)
    assert outcomes(world, number) == [("destroy.restored", None)]


def test_what_is_gone_from_quarantine_was_not_observed(world: World) -> None:  # D7
    record = world.file("1.docx")
    number = world.approved(record)
    execute(world, number)
    (world.root / QUARANTINE / number / f"{record}.1").unlink()
    (report,) = execution.recover(world.ledger, stamp(days=8), world.roots)
    assert outcomes(world, number) == [("", Outcome.UNOBSERVED)]
    assert report.state is ListState.EXECUTED


def test_recovery_waits_for_a_share_that_is_away(world: World, tmp_path: Path) -> None:  # D7, W8
    world.file("留存.docx", year=2026)
    number = world.approved(world.file("1.docx"))
    crashed(world, number, "moved")
    world.root.rename(tmp_path / "away")
    (report,) = execution.recover(world.ledger, stamp(days=8), world.roots)
    assert {problem.clause for problem in report.problems} == {"W8"}
    assert outcomes(world, number) == [("", None)]
    (tmp_path / "away").rename(world.root)
    execution.recover(world.ledger, stamp(days=8), world.roots)
    assert world.list(number).items[0].state is State.QUARANTINED


@both
def test_an_attempt_cut_short_is_cancelled_where_a_guard_fails_now(world: World) -> None:  # D7, D3, D5
    held, edited, gone, late = (world.file(f"{n}.docx") for n in range(4))
    number = world.approved(held, edited, gone, late)
    crashed(world, number, "intended")
    world.hold("H1", held, days=8)
    (world.root / "1.docx").write_bytes(b"edited")
    (world.root / "2.docx").unlink()
    execution.recover(world.ledger, stamp(days=31), world.roots)
    assert outcomes(world, number) == [
        ("destroy.aborted", None),
        ("destroy.aborted", None),
        ("", Outcome.UNOBSERVED),
        ("destroy.aborted", None),
    ]
    with world.ledger.read() as view:
        assert view.record(edited).altered_to == sha256(b"edited").hexdigest()  # type: ignore[union-attr]
    assert world.files() == {"0.docx", "1.docx", "3.docx"}


@both
def test_recovery_goes_on_with_what_is_unharmed_and_only_once(world: World) -> None:  # D7
    record = world.file("1.docx")
    number = world.approved(record)
    crashed(world, number, "intended")
    for _again in range(2):
        execution.recover(world.ledger, stamp(days=8), world.roots)
    with world.ledger.read() as view:
        kinds = [entry.event.kind for entry in view.log(record)]
    assert kinds.count("destroy.intent") == kinds.count("destroy.quarantined") == 1
    assert [item.attempt for item in world.list(number).items] == [1]


def test_a_second_attempt_on_a_later_list_has_its_own_number(quick: World) -> None:  # D7
    record = quick.file("1.docx")
    number = quick.approved(record)
    crashed(quick, number, "intended", 7)
    quick.hold("H1", record, days=7)
    execution.recover(quick.ledger, stamp(days=7), quick.roots)
    quick.ledger.append([Draft(record, Released("H1"))], stamp(days=7))
    again = disposal.draft(quick.ledger, stamp(days=7), disposal.Selection(ids=(record,)), QUICK)
    disposal.opine(quick.ledger, stamp(days=7), again, [disposal.Answer(record, disposal.Wish.DESTROY)])
    digest = disposal.submit(quick.ledger, stamp(days=7), again)
    disposal.approve(quick.ledger, stamp("zhao.gang", 7), again, digest)
    assert execute(quick, again, 8).destroyed == 1
    with quick.ledger.read() as view:
        intents = [entry.event.change for entry in view.log(record) if isinstance(entry.event.change, DestroyIntended)]
        (done,) = [entry.event.change for entry in view.log(record) if isinstance(entry.event.change, Destroyed)]
    assert [intent.attempt for intent in intents] == [1, 2]
    assert done == Destroyed(Outcome.REMOVED, 2)


def test_only_archivists_recover(world: World) -> None:  # R1
    number = world.approved(world.file("1.docx"))
    crashed(world, number, "moved")
    with pytest.raises(RefusedError):
        execution.recover(world.ledger, stamp("li.hua", 8), world.roots)


def test_a_hold_of_what_was_lost_is_told_and_the_outcome_is_honest(world: World) -> None:  # D3, D7
    record = world.file("1.docx")
    number = world.approved(record)
    execute(world, number)
    crashed(world, number, "removed.synced", 14)
    world.ledger.append([Draft("H1", HoldPlaced("诉讼")), Draft(record, Held("H1"))], stamp(days=15))
    execution.recover(world.ledger, stamp(days=15), world.roots)
    assert outcomes(world, number) == [("", Outcome.UNOBSERVED)]
