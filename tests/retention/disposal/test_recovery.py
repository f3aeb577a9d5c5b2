"""After a process was lost: one honest outcome for every attempt (D7)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from given.disposals import World, stamp
from given.executions import QUICK, both, execute, outcomes

from foundation.temporary_files import QUARANTINE
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.errors import RefusedError
from retention.ledger.ledger import Draft
from retention.rules.events import Destroyed, DestroyIntended, Held, HoldPlaced, Released
from retention.rules.model import ListState, Outcome, State

if TYPE_CHECKING:
    from pathlib import Path

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
