"""The statements about destruction, held against a ledger's events alone.

Written a second time on purpose: nothing here asks the program what it makes of an event. It walks the log from the
first event to the last with its own small memory, and says where a statement of docs/design.md is broken.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retention.rules import events as ev
from retention.rules.model import Outcome, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from retention.ledger.rows import Entry

OUTCOMES = (ev.DestroyAborted, ev.Restored, ev.Destroyed)
PERSONAL = (
    *(ev.Classified, ev.AlterationSettled, ev.ResurfacingSettled, ev.Held, ev.Released, ev.Extended, ev.Listed),
    *(ev.Appraised, ev.Approved, ev.HoldPlaced, ev.HoldReleased, ev.ScheduleAdopted, ev.ClockVouched, ev.ListDrafted),
    *(ev.ListSubmitted, ev.ListApproved, ev.ListReturned, ev.ListRejected, ev.ListWithdrawn, ev.ListExecuting),
    *(ev.ListWitnessed, ev.DestroyIntended, ev.UnlinkIntended),
)
"""What only a person does (L6, D10)."""


@dataclass(slots=True)
class Paper:
    """One record, as far as the laws care."""

    digest: str
    proof: bool
    class_key: str | None
    base: date | None
    holds: set[str] = field(default_factory=set)
    wish: Wish | None = None
    list_id: str = ""
    approved: str = ""
    kept: bool = False
    sound: bool = True
    attempts: set[int] = field(default_factory=set)
    open: int | None = None
    quarantined: bool = False
    unlinking: bool = False
    gone: bool = False
    closed: bool = False


@dataclass(slots=True)
class Roll:
    """One disposal list."""

    drafted: ev.Event
    proposers: set[str]
    cooling: int
    digest: str = ""
    items: tuple[str, ...] = ()
    approval: ev.Event | None = None
    executors: set[str] = field(default_factory=set)
    witnesses: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


class Laws:
    """A walk through a log. ``eligible``: class and base day → first day of disposal, or None, reckoned by the test."""

    def __init__(self, eligible: Callable[[str | None, date | None], date | None]) -> None:
        self.eligible = eligible
        self.papers: dict[str, Paper] = {}
        self.rolls: dict[str, Roll] = {}
        self.outcomes: dict[tuple[str, int], list[str]] = defaultdict(list)
        self.found: list[str] = []
        self.seen = 0

    def through(self, entries: Iterable[Entry]) -> list[str]:
        """What is broken, in words that begin with the letter of the statement."""
        for seq, event in entries:
            self.seen = seq
            self.found += [f"{fault} (event {seq}, {event.kind} of {event.subject})" for fault in self._of(event)]
        return self.found

    # --- one event

    def _of(self, event: ev.Event) -> Iterator[str]:
        change = event.change
        if not event.actor.name:
            yield "L6 nobody did it"
        if isinstance(change, PERSONAL) and event.actor.is_service:
            yield "L6, D10 the service did what only a person may"
        if isinstance(change, ev.Filed):
            base = change.period.last if change.period else change.dated or event.on
            self.papers[event.subject] = Paper(change.digest, change.proof, change.class_key, base)
        elif isinstance(change, ev.ListDrafted):
            self.rolls[event.subject] = Roll(event, {event.actor.name}, change.policy.cooling_days)
            if change.policy.cooling_days < 1:
                yield "D5 no cooling-off"
        elif event.subject in self.rolls:
            yield from self._of_list(self.rolls[event.subject], event, change)
        elif event.subject in self.papers:
            yield from self._of_record(self.papers[event.subject], event, change)

    def _of_list(self, roll: Roll, event: ev.Event, change: Any) -> Iterator[str]:
        match change:
            case ev.ListSubmitted():
                roll.proposers.add(event.actor.name)
                roll.digest, roll.items, roll.approval = change.digest, change.items, None
            case ev.ListApproved():
                if event.actor.name in roll.proposers:
                    yield "D1, R1 approved by who proposed it"
                if change.digest != roll.digest:
                    yield "D2 another list was approved than submitted"
                if (change.not_before - event.on).days < max(1, roll.cooling):
                    yield "D5 the cooling-off is too short"
                if roll.approval:
                    yield "D5 approved twice"
                roll.approval = event
            case ev.ListReturned() | ev.ListRejected() | ev.ListWithdrawn() | ev.ListExpired():
                roll.approval = None
            case ev.ListExecuting():
                roll.executors.add(event.actor.name)
                yield from self._in_time(roll, event)
            case ev.ListWitnessed():
                if event.actor.name in roll.proposers | roll.executors:
                    yield "D13, R1 a witness proposed or executed"
                if event.actor.name in roll.witnesses:
                    yield "D13 a witness signed twice"
                roll.witnesses.append(event.actor.name)

    def _in_time(self, roll: Roll, event: ev.Event) -> Iterator[str]:
        approval = roll.approval.change if roll.approval else None
        if not isinstance(approval, ev.ListApproved):
            yield "D1 nothing was approved"
        elif event.on < approval.not_before:
            yield "D5 before the cooling-off ended"
        elif event.on > approval.expires_on and not roll.used:
            yield "D5 the approval had expired"

    def _of_record(self, paper: Paper, event: ev.Event, change: Any) -> Iterator[str]:
        match change:
            case ev.Classified():
                paper.class_key = change.class_key
                paper.base = change.period.last if change.period else change.dated or paper.base
            case ev.Altered():
                paper.sound, paper.list_id, paper.approved = False, "", ""
            case ev.AlterationSettled():
                paper.sound, paper.digest = change.decision is not ev.Decision.NEW_RECORD, change.digest
            case ev.Missed():
                paper.sound = False
            case ev.Found():
                paper.sound = True
            case ev.Held():
                paper.holds.add(change.hold_id)
                if paper.open is None and not paper.gone:  # it leaves its list; what is in quarantine goes back first
                    paper.list_id = paper.approved = ""
                if paper.gone:
                    yield "D3 a hold was placed on what is gone"
            case ev.Released():
                paper.holds.discard(change.hold_id)
            case ev.Extended():
                paper.kept, paper.list_id, paper.approved = True, "", ""
            case ev.Listed():
                yield from self._listed(paper, event, change)
            case ev.Appraised():
                paper.wish = change.wish
            case ev.Unlisted():
                paper.list_id = paper.approved = ""
            case ev.Approved():
                paper.approved = change.digest
                if paper.digest != change.digest:
                    yield "D1 another content was approved"
            case _:
                yield from self._destruction(paper, event, change)

    def _listed(self, paper: Paper, event: ev.Event, change: ev.Listed) -> Iterator[str]:
        if paper.proof:
            yield "D12 a proof was listed"
        if paper.list_id:
            yield "D1 on two lists at once"
        paper.list_id, paper.wish = change.list_id, None
        if not paper.kept:
            yield from self._due(paper, event)

    def _due(self, paper: Paper, event: ev.Event) -> Iterator[str]:
        day = self.eligible(paper.class_key, paper.base)
        if day is None:
            yield "D4 it is never due"
        elif event.on < day:
            yield f"D4 it is due on {day}, not on {event.on}"

    def _destruction(self, paper: Paper, event: ev.Event, change: Any) -> Iterator[str]:
        match change:
            case ev.DestroyIntended():
                yield from self._guarded(paper, event)
                if change.digest != paper.approved or change.digest != paper.digest:
                    yield "D1 the digest is not the approved one"
                if paper.open is not None or change.attempt in paper.attempts:
                    yield "D7 two intents at once, or one number twice"
                paper.open = change.attempt
                paper.attempts.add(change.attempt)
            case ev.Quarantined():
                if change.attempt != paper.open or change.digest != paper.approved:
                    yield "D6 something else lies in quarantine"
                paper.quarantined = True
            case ev.UnlinkIntended():
                if not paper.quarantined or change.attempt != paper.open:
                    yield "D7 to be removed, but not in quarantine"
                if change.digest != paper.approved:
                    yield "D1 the digest is not the approved one"
                if paper.holds:
                    yield "D3 it is held"
                paper.unlinking = True
            case ev.DestroyAborted() | ev.Restored() | ev.Destroyed():
                yield from self._outcome(paper, event, change)
            case ev.Closed():
                roll = self.rolls.get(paper.list_id)
                if not paper.gone or roll is None or len(set(roll.witnesses)) < 2:
                    yield "D13 closed without two witnesses"
                paper.closed = True

    def _guarded(self, paper: Paper, event: ev.Event) -> Iterator[str]:
        roll = self.rolls.get(paper.list_id)
        if roll is None or roll.approval is None or event.subject not in roll.items:
            yield "D1 no approval covers it"
            return
        approval = roll.approval.change
        assert isinstance(approval, ev.ListApproved)
        yield from self._in_time(roll, event)
        if event.subject in {refused.record_id for refused in approval.refused} or paper.wish is not Wish.DESTROY:
            yield "D9 nobody decided to destroy it"
        if paper.holds:
            yield "D3 it is held"
        if not paper.sound:
            yield "W3, W4 it is altered or missing"
        if paper.proof:
            yield "D12 a proof"
        if not paper.kept:
            yield from self._due(paper, event)
        if event.subject in roll.used:
            yield "D5 an approval was used twice"
        roll.used.add(event.subject)

    def _outcome(self, paper: Paper, event: ev.Event, change: Any) -> Iterator[str]:
        if change.attempt is not None:
            kinds = self.outcomes[event.subject, change.attempt]
            kinds.append(change.kind)
            if len(kinds) > 1:
                yield f"D7 several outcomes: {kinds}"
            if change.attempt != paper.open:
                yield "D7 an outcome without an intent"
        if isinstance(change, ev.Destroyed):
            if paper.holds and change.outcome is not Outcome.UNOBSERVED:
                yield "D3 destroyed under a hold"
            if change.outcome is Outcome.REMOVED and not (paper.quarantined and paper.unlinking):
                yield "D7 removed, but never seen in quarantine"
            if change.outcome is Outcome.BY_HAND and not paper.approved:
                yield "D1 destroyed by hand without approval"
            paper.gone = True
        else:
            paper.list_id = paper.approved = ""
        paper.open, paper.quarantined, paper.unlinking = None, False, False


def unfinished(laws: Laws) -> Mapping[str, Paper]:
    """The records with an open intent that lie in no quarantine: what recovery must not leave behind (D7)."""
    return {key: paper for key, paper in laws.papers.items() if paper.open is not None and not paper.quarantined}
