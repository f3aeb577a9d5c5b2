"""What a person says about records: their class, what became of altered and reappeared files, holds; and the clock.

Each act is one transaction: who may is asked where it is written, and a refusal is an event (L6, L8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foundation.language import N_, _
from retention.acts import accounts
from retention.errors import Place, Problem, ProblemKind, RefusedError, Remedy, UnknownError
from retention.ledger.ledger import Attempt, Draft
from retention.rules import events
from retention.rules.model import State
from retention.rules.people import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from retention.ledger.ledger import Ledger, Stamp
    from retention.ledger.rows import Entry
    from retention.ledger.view import View
    from retention.rules.model import Record

CLOCK = "clock"
"""The subject of events about the clock."""

_HOLDABLE = frozenset({State.RETAINED, State.LISTED, State.APPROVED, State.QUARANTINED})


# --- classes ----------------------------------------------------------------------------------------------------


def classify(ledger: Ledger, stamp: Stamp, said: Iterable[tuple[str, events.Classified]]) -> tuple[Entry, ...]:
    """Say or correct what records are; all of them or none. The dates that decide how long they stay follow from it.

    RefusedError for a record that is on a list: it leaves the list first. UnknownError where there is none.
    """
    drafts = [Draft(record_id, change) for record_id, change in said]

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        records = _known(view, [draft.subject for draft in drafts])
        if problems := [
            (_ON_LIST if record.list_id else _GONE)(_place(record), list=record.list_id)
            for record in records
            if record.state is not State.RETAINED
        ]:
            raise RefusedError(problems)
        return drafts

    return ledger.commit(decide, stamp, attempt=drafts[0])


# --- altered and reappeared files -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Present:
    """What lies at a record's place now: digest and size, None where nothing does."""

    digest: str | None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Settling:
    """What a person says about an altered or reappeared file, having ``seen`` what lies there now.

    ``decision``: None says of a reappeared content that the copy is gone once more. ``filed``: how the content that
    lies there becomes a record of its own, for ``Decision.NEW_RECORD``.
    """

    decision: events.Decision | None
    reason: str
    seen: Present
    filed: events.Filed | None = None


def settle(ledger: Ledger, stamp: Stamp, record: Record, said: Settling) -> tuple[Entry, ...]:
    """Decide about an altered record (W3) or a destroyed content that appeared again (W5), by what lies there now.

    A correction takes the content that was found. A new record is filed with it; the altered one is missing from then
    on. A restored one has the filed content again. RefusedError where what lies there is not what the decision says.
    """
    settled = Draft(record.id, _settled(record, said))

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        _reasoned(said.reason)
        (now,) = _known(view, [record.id])
        if problem := _contradiction(now, said):
            raise RefusedError(problem)
        return [settled, *([Draft("", said.filed)] if said.filed else [])]

    return ledger.commit(decide, stamp, attempt=settled)


def _settled(record: Record, said: Settling) -> events.AlterationSettled | events.ResurfacingSettled:
    if record.resurfaced_at is not None or said.decision is None:
        return events.ResurfacingSettled(said.reason)
    if said.decision is events.Decision.CORRECTION:
        return events.AlterationSettled(said.decision, said.seen.digest or "", said.seen.size, said.reason)
    return events.AlterationSettled(said.decision, record.digest, record.size, said.reason)


def _contradiction(record: Record, said: Settling) -> Problem | None:
    """What lies there held against what was said of it."""
    if record.resurfaced_at is not None:
        return _resurfaced_contradiction(record, said)
    if record.altered_to is None:
        return None  # the lifecycle says that there is nothing to decide
    if said.decision is events.Decision.RESTORED:
        return _NOT_THE_FILED(_place(record)) if said.seen.digest != record.digest else None
    return _NOT_THE_FOUND(_place(record)) if said.seen.digest != record.altered_to else None


def _resurfaced_contradiction(record: Record, said: Settling) -> Problem | None:
    if said.decision is None:
        return _STILL_THERE(_place(record), place=record.resurfaced_at) if said.seen.digest == record.digest else None
    if said.decision is not events.Decision.NEW_RECORD:
        message = _("it was destroyed and appeared again; it cannot be corrected or restored")
        hint = Remedy("copy.settle")
        return Problem(_place(record), message, hint, "record.resurfaced", "W5")
    return _NOT_THE_FILED(_place(record)) if said.seen.digest != record.digest else None


# --- holds ------------------------------------------------------------------------------------------------------


def hold(
    ledger: Ledger, stamp: Stamp, reason: str, covered: Callable[[View], Iterable[Record]]
) -> tuple[str, tuple[Record, ...]]:
    """Place a hold over the records that ``covered`` finds: its id, and those it covers now (D3).

    It is accepted in every state before a file is removed, whatever lists and approvals say. RefusedError without a
    reason; UnknownError where nothing is covered.
    """
    found: list[Record] = []
    named = ""

    def decide(view: View) -> list[Draft]:
        nonlocal named
        accounts.require(view, stamp.actor, Role.ARCHIVIST, Role.APPROVER, Role.DEPARTMENT)
        _reasoned(reason)
        found[:] = [record for record in covered(view) if record.state in _HOLDABLE]
        if not found:
            raise UnknownError(_NOTHING_COVERED(""))
        named = f"H{view.head.seq + 1}"
        return [Draft(named, events.HoldPlaced(reason)), *(Draft(record.id, events.Held(named)) for record in found)]

    ledger.commit(decide, stamp, attempt=Attempt("", events.HoldPlaced.kind))
    return named, tuple(found)


def release(ledger: Ledger, stamp: Stamp, hold_id: str, reason: str) -> tuple[Record, ...]:
    """End a hold: the records it covered. RefusedError without a reason, ConflictError where it does not stand."""
    found: list[Record] = []
    ended = Draft(hold_id, events.HoldReleased(reason))

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST, Role.APPROVER)
        _reasoned(reason)
        found[:] = view.records_held_by(hold_id)
        return [*(Draft(record.id, events.Released(hold_id)) for record in found), ended]

    ledger.commit(decide, stamp, attempt=ended)
    return tuple(found)


# --- the clock --------------------------------------------------------------------------------------------------


def vouch(ledger: Ledger, stamp: Stamp, reason: str) -> None:
    """Say that it is as late as the machine's clock shows, though the last scan was long before (T4)."""
    vouched = Draft(CLOCK, events.ClockVouched(reason))

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        _reasoned(reason)
        return [vouched]

    ledger.commit(decide, stamp, attempt=vouched)


# --- what a person reads ----------------------------------------------------------------------------------------


def _known(view: View, ids: Sequence[str]) -> list[Record]:
    found = view.records_by_id(ids)
    if missing := [record_id for record_id in ids if record_id not in found]:
        raise UnknownError(unknown(record_id) for record_id in missing)
    return [found[record_id] for record_id in ids]


def unknown(text: str) -> Problem:
    """There is no such record."""
    hint = Remedy("record.find")
    return Problem(text, _("there is no such record"), hint, "record.unknown")


def _reasoned(reason: str) -> None:
    if not reason.strip():
        hint = Remedy("reason.give")
        raise RefusedError(Problem("", _("this needs a reason"), hint, "act.reason", "L6"))


_ON_LIST = ProblemKind(
    "record.listed", N_("it is on list {list}; its class cannot change now"), Remedy("list.leave"), "D2"
)
_GONE = ProblemKind("record.listed", N_("it was destroyed; its class cannot change any more"), clause="D2")
_NOT_THE_FILED = ProblemKind(
    "record.not_the_filed",
    N_("what lies there now is not the filed content"),
    N_("Bring the filed content back to its place, or decide otherwise."),
    "W3",
)
_NOT_THE_FOUND = ProblemKind(
    "record.not_the_found", N_("what lies there now is not the content that was found"), Remedy("share.look"), "W3"
)
_STILL_THERE = ProblemKind(
    "record.still_there", N_("the destroyed content still lies there: {place}"), Remedy("copy.remove"), "W5"
)
_NOTHING_COVERED = ProblemKind(
    "hold.nothing", N_("no record that is still there is meant"), Remedy("records.look"), "D3"
)


def _place(record: Record) -> Place:
    return Place(record=record.id)
