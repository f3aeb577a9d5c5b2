"""Holds win, quarantine gives back, copies and what people destroyed are told (D3, D6, D7, D11)."""

from __future__ import annotations

import threading
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from given.disposals import PLAN, SERVICE, SHARE, World, refused, stamp
from given.executions import both, execute, outcomes, refuses
from sqlalchemy import delete

from foundation.temporary_files import QUARANTINE
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.execution import Order, Report
from retention.errors import ConflictError, RefusedError, TamperedError
from retention.ledger import schema
from retention.ledger.ledger import Draft
from retention.rules.events import Released
from retention.rules.model import ListState, Outcome, State

if TYPE_CHECKING:
    from pathlib import Path

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
