"""Values: records, what lies over them, holds, and disposal lists with their items. Words: docs/design.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from foundation.period import Period
from retention.rules.people import Actor
from retention.rules.schedule import Term, TermKind

# --- records ----------------------------------------------------------------------------------------------------


class State(Enum):
    """Where a record stands between filing and proof of destruction. *Due* is no state: it follows from the date."""

    RETAINED = "retained"
    LISTED = "listed"
    APPROVED = "approved"
    QUARANTINED = "quarantined"
    DESTROYED = "destroyed"
    CLOSED = "closed"


class Overlay(Enum):
    """What may lie over a state; each but ``extended`` keeps a record from being destroyed."""

    HELD = "held"
    ALTERED = "altered"
    MISSING = "missing"
    RESURFACED = "resurfaced"
    UNCLASSIFIED = "unclassified"
    PERMANENT = "permanent"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class Extension:
    """续存: an appraisal gave a new term, counted from the day of the appraisal; never earlier than the class says."""

    term: Term
    appraised_on: date
    reason: str


class Outcome(Enum):
    """What was seen of a destruction, and no more than was seen (D7, D11)."""

    REMOVED = "removed"  # removed by guidang from the share, absence confirmed
    BY_HAND = "by_hand"  # reported by people, absence confirmed
    UNOBSERVED = "unobserved"  # absent on recovery; the moment of removal was not observed


@dataclass(frozen=True, slots=True)
class Record:
    """记录: one filed document at one place. The same content elsewhere is another record with the same digest (W7).

    ``path`` is relative to ``share``, with ``/`` between; ``digest`` is SHA-256 in hex of the bytes as filed;
    ``dated`` is the document's own date, ``filed_on`` the business date of its registration. ``altered_to`` is the
    digest found instead of the filed one. ``proof`` marks disposal papers, which are permanent (D12).
    """

    id: str
    share: str
    path: str
    digest: str
    size: int
    filed_on: date
    class_key: str | None = None
    period: Period | None = None
    dated: date | None = None
    department: str = ""
    proof: bool = False
    state: State = State.RETAINED
    holds: frozenset[str] = frozenset()
    altered_to: str | None = None
    missing_since: date | None = None
    resurfaced_at: str | None = None
    extension: Extension | None = None
    list_id: str | None = None
    intent: int | None = None
    outcome: Outcome | None = None

    @property
    def overlays(self) -> frozenset[Overlay]:
        """All that lies over the state. A class that is permanent shows in its rule, not here."""
        permanent = self.proof or (self.extension is not None and self.extension.term.kind is TermKind.PERMANENT)
        shown = {
            Overlay.HELD: bool(self.holds),
            Overlay.ALTERED: self.altered_to is not None,
            Overlay.MISSING: self.missing_since is not None,
            Overlay.RESURFACED: self.resurfaced_at is not None,
            Overlay.UNCLASSIFIED: self.class_key is None,
            Overlay.PERMANENT: permanent,
            Overlay.EXTENDED: self.extension is not None and not permanent,
        }
        return frozenset(overlay for overlay, lies in shown.items() if lies)


@dataclass(frozen=True, slots=True)
class Hold:
    """冻结: nothing it covers is destroyed while it stands (D3). Which records it covers is written at each of them."""

    id: str
    reason: str
    placed_by: Actor
    placed_on: date
    released_on: date | None = None

    @property
    def stands(self) -> bool:
        return self.released_on is None


# --- disposal lists ---------------------------------------------------------------------------------------------


class ListState(Enum):
    """销毁清册: from draft to the witnesses' signatures; the last four are side exits."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"
    WITNESSED = "witnessed"
    RETURNED = "returned"  # may be mended and submitted again
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Wish(Enum):
    """处理意见: what an appraisal wants done with a record. No wish is not "destroy" (D9)."""

    DESTROY = "destroy"
    KEEP = "keep"  # longer, with a new term and a reason (R5)
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long people have and files wait, in days; what was in force is written into each list (D5)."""

    cooling_days: int = 7
    approval_days: int = 30
    quarantine_days: int = 7


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was said about one item, by whose account and when. ``term``: the new one, where it is kept longer."""

    record_id: str
    wish: Wish
    by: str
    on: date
    reason: str = ""
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One record on one list, as it was when it was put there, and what became of it there.

    ``row`` counts from 1 and never changes; ``title`` is the file's name without its ending (题名). ``state`` is how
    far it came on this list. ``left_by`` is the kind of the event by which it left (struck out, altered, held,
    kept longer, aborted, restored), with its reason and day; empty while it is on the list, or was destroyed.
    ``copies``: where the same content was still known to lie when it went (D11).
    """

    record_id: str
    row: int
    title: str
    share: str
    path: str
    digest: str
    size: int
    class_key: str
    class_title: str
    code: str
    period: Period | None
    department: str
    base_day: date
    term: Term
    schedule: int
    eligible_on: date
    opinion: Opinion | None = None
    state: State = State.LISTED
    left_by: str = ""
    left_on: date | None = None
    reason: str = ""
    attempt: int | None = None
    quarantined_on: date | None = None
    unlinking: bool = False
    outcome: Outcome | None = None
    done_on: date | None = None
    copies: tuple[str, ...] = ()

    @property
    def decision(self) -> Wish | None:
        """What shall become of it; None: nobody has said, and nothing may be done."""
        return self.opinion.wish if self.opinion else None

    @property
    def open(self) -> bool:
        """Whether it is on the list and still there."""
        return not self.left_by and self.outcome is None


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that the approver struck out, and why."""

    record_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Approval:
    """批准: of exactly one digest (D2). It may be used from ``not_before`` to ``expires_on``, both included (D5)."""

    by: str
    on: date
    digest: str
    not_before: date
    expires_on: date
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Witnessing:
    """监销: a person's account, the day, and what they say they saw (D13)."""

    by: str
    on: date
    statement: str


@dataclass(frozen=True, slots=True)
class Note:
    """Why a list came into a state: returned, rejected, withdrawn, expired."""

    state: ListState
    by: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class DisposalList:
    """销毁清册. ``number`` is what people call it (``2026-003``); ``selection`` how its records were chosen.

    ``frozen``: the records whose items ``digest`` covers, in the order of their rows (D2); what left before is not
    among them, what left afterwards is. ``items``: all that were ever on it, by row. ``submitters``: every account that
    submitted it, also before it was returned; ``executors``: every account that destroyed, or said that it did.
    """

    id: str
    number: str
    state: ListState
    policy: Policy
    drafted_by: str
    drafted_on: date
    selection: str = ""
    items: tuple[Item, ...] = ()
    frozen: tuple[str, ...] = ()
    digest: str | None = None
    submitted_by: str = ""
    submitted_on: date | None = None
    submitters: tuple[str, ...] = ()
    approval: Approval | None = None
    method: str = ""
    place: str = ""
    by_hand: bool = False
    executors: tuple[str, ...] = ()
    begun_on: date | None = None
    executed_on: date | None = None
    witnesses: tuple[Witnessing, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def proposers(self) -> frozenset[str]:
        """Who may not approve or witness it (D1, D13)."""
        return frozenset({self.drafted_by, self.submitted_by, *self.submitters} - {""})

    @property
    def executed_by(self) -> str:
        """The executors, as they stand on papers."""
        return "、".join(self.executors)

    @property
    def opinions(self) -> tuple[Opinion, ...]:
        """The latest opinion of each item, by row."""
        return tuple(item.opinion for item in self.items if item.opinion)

    @property
    def open_items(self) -> tuple[Item, ...]:
        """The items that are on the list and still there."""
        return tuple(item for item in self.items if item.open)

    @property
    def covered(self) -> tuple[Item, ...]:
        """The items that the digest covers, by row."""
        frozen = frozenset(self.frozen)
        return tuple(item for item in self.items if item.record_id in frozen)

    @property
    def destroyed(self) -> tuple[Item, ...]:
        """The items that are gone, by row."""
        return tuple(item for item in self.items if item.outcome is not None)
