"""What can happen: one frozen value for each kind of event. Kinds and their fields are for ever; both may be added.

The ledger keeps a change as its kind and payload: :func:`retention.rules.canonical.object_of` makes the payload of it,
:func:`change_from` the change again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from foundation.period import Period
from retention.rules.canonical import value_from
from retention.rules.model import Outcome, Policy, Refused, Wish
from retention.rules.people import Actor, Role
from retention.rules.schedule import ScheduleVersion, Term

if TYPE_CHECKING:
    from collections.abc import Callable

_Change = TypeVar("_Change", bound="Change")


class Change:
    """What happened to something, without who did it and when."""

    __slots__ = ()
    kind: ClassVar[str]


class RecordChange(Change):
    """What happens to a record; :mod:`retention.rules.lifecycle` says when it may."""

    __slots__ = ()


class HoldChange(Change):
    """What happens to a hold."""

    __slots__ = ()


class ListChange(Change):
    """What happens to a disposal list; :mod:`retention.rules.disposal_lists` says when it may."""

    __slots__ = ()


class AccountChange(Change):
    """What happens to a person's account; :mod:`retention.rules.persons` says when it may."""

    __slots__ = ()


KINDS: dict[str, type[Change]] = {}
"""Every kind of event by its name in the ledger."""


@dataclass_transform(frozen_default=True)
def _kind(name: str) -> Callable[[type[_Change]], type[_Change]]:
    """A frozen value that the ledger keeps under this name."""

    def made(cls: type[_Change]) -> type[_Change]:
        cls.kind = name
        KINDS[name] = value = dataclass(frozen=True, slots=True)(cls)
        return value

    return made


# --- records: registration and what becomes of the file ----------------------------------------------------------


@_kind("record.filed")
class Filed(RecordChange):
    """A settled file was registered (W1). ``evidence``: what told its class, period and department."""

    share: str
    path: str
    digest: str
    size: int
    class_key: str | None = None
    period: Period | None = None
    dated: date | None = None
    department: str = ""
    evidence: tuple[str, ...] = ()
    proof: bool = False


@_kind("record.classified")
class Classified(RecordChange):
    """A person said (or corrected) class, period, date and department."""

    class_key: str
    period: Period | None = None
    dated: date | None = None
    department: str = ""
    evidence: tuple[str, ...] = ()


@_kind("record.moved")
class Moved(RecordChange):
    """The file lies elsewhere now; record and dates stay (W2)."""

    share: str
    path: str


@_kind("record.altered")
class Altered(RecordChange):
    """The content at its place is no longer what was filed (W3)."""

    digest: str
    size: int


class Decision(Enum):
    """What a person says about an altered record (W3)."""

    CORRECTION = "correction"  # the new content is the record; its dates stay
    NEW_RECORD = "new_record"  # the new content is filed on its own; the old one is gone
    RESTORED = "restored"  # the filed content is back


@_kind("record.alteration_settled")
class AlterationSettled(RecordChange):
    """A person decided about an altered record; ``digest`` and ``size`` are what the record has from now on."""

    decision: Decision
    digest: str
    size: int
    reason: str


@_kind("record.missing")
class Missed(RecordChange):
    """The file is gone without an approved intent: a possible unauthorised disposal (W4)."""


@_kind("record.found")
class Found(RecordChange):
    """A missing file is back with the filed digest (W4)."""

    share: str
    path: str


@_kind("record.resurfaced")
class Resurfaced(RecordChange):
    """A destroyed content appeared again (W5)."""

    share: str
    path: str


@_kind("record.resurfacing_settled")
class ResurfacingSettled(RecordChange):
    """A person dealt with the reappeared copy."""

    reason: str


# --- records: holds, lists, destruction --------------------------------------------------------------------------


@_kind("record.held")
class Held(RecordChange):
    """A hold covers the record from now on (D3)."""

    hold_id: str


@_kind("record.released")
class Released(RecordChange):
    """A hold no longer covers the record."""

    hold_id: str


@_kind("record.extended")
class Extended(RecordChange):
    """An appraisal keeps the record longer, or for ever (R5); the term counts from the event's business date."""

    term: Term
    reason: str


@_kind("record.listed")
class Listed(RecordChange):
    """The record was put on a disposal list, in this row of it.

    ``eligible_on`` as the schedule in force computes it (D4); version, class, base day and term are what it came from.
    """

    list_id: str
    eligible_on: date
    schedule: int
    row: int
    class_title: str
    base_day: date
    term: Term
    code: str = ""


@_kind("record.appraised")
class Appraised(RecordChange):
    """An opinion about a listed record; the latest counts. Keeping longer names the new ``term`` and why (R5)."""

    list_id: str
    wish: Wish
    reason: str = ""
    term: Term | None = None


@_kind("record.unlisted")
class Unlisted(RecordChange):
    """The record left its list: struck out, or the list was rejected, withdrawn, or expired."""

    reason: str


@_kind("record.approved")
class Approved(RecordChange):
    """The approver decided to destroy this record with exactly this digest (D1, D9)."""

    list_id: str
    digest: str


@_kind("destroy.intent")
class DestroyIntended(RecordChange):
    """Step 1 of a destruction: all guards held. Every intent gets exactly one outcome (D7)."""

    list_id: str
    digest: str
    attempt: int


@_kind("destroy.quarantined")
class Quarantined(RecordChange):
    """Steps 2 and 3: the file left its public name, and has the approved digest (D6)."""

    attempt: int
    digest: str
    path: str


@_kind("destroy.aborted")
class DestroyAborted(RecordChange):
    """The attempt ended with the file on the share; the item leaves the list.

    ``path``: where it lies now, if somebody put another file at its place meanwhile.
    """

    attempt: int
    reason: str
    path: str = ""


@_kind("destroy.restored")
class Restored(RecordChange):
    """The file was taken back out of quarantine; the item leaves the list. ``path`` as in ``destroy.aborted``."""

    attempt: int
    reason: str
    path: str = ""


@_kind("unlink.intent")
class UnlinkIntended(RecordChange):
    """Step 4: quarantine waited out, all guards held again, and the file in quarantine still has this digest."""

    attempt: int
    digest: str


@_kind("destroy.done")
class Destroyed(RecordChange):
    """Step 6: what was observed. ``copies``: where the same content was still known to lie (D11)."""

    outcome: Outcome
    attempt: int | None = None
    copies: tuple[str, ...] = ()


@_kind("record.closed")
class Closed(RecordChange):
    """The witnesses signed (D13): nothing more happens to this record."""


# --- disposal lists ----------------------------------------------------------------------------------------------


@_kind("list.drafted")
class ListDrafted(ListChange):
    """A list was begun; a ``record.listed`` of each record follows in the same transaction.

    ``selection``: how the records were chosen; ``policy``: the days in force, which count for this list to its end.
    """

    number: str
    policy: Policy
    selection: str = ""


@_kind("list.submitted")
class ListSubmitted(ListChange):
    """The list was frozen: ``digest`` covers exactly the items of these records, in this order (D2)."""

    digest: str
    items: tuple[str, ...]


@_kind("list.approved")
class ListApproved(ListChange):
    """A person other than the proposer approved exactly this digest, without the rows refused (D1, D2, D5)."""

    digest: str
    not_before: date
    expires_on: date
    refused: tuple[Refused, ...] = ()


@_kind("list.returned")
class ListReturned(ListChange):
    """The approver wants something mended; the records stay on the list."""

    reason: str


@_kind("list.rejected")
class ListRejected(ListChange):
    """The approver refused the whole list; its records leave it in the same transaction."""

    reason: str


@_kind("list.withdrawn")
class ListWithdrawn(ListChange):
    """The list was taken back, or nothing was left on it; its records leave it in the same transaction."""

    reason: str


@_kind("list.expired")
class ListExpired(ListChange):
    """Its approval's time ran out unused; noticed and written on this day. Its records leave it (D5, D10)."""


@_kind("list.executing")
class ListExecuting(ListChange):
    """A person began, or went on, to destroy what was approved: the approval is used (D5)."""

    method: str
    place: str
    by_hand: bool = False


@_kind("list.executed")
class ListExecuted(ListChange):
    """Nothing of the list waits any more; so many of its items are gone."""

    destroyed: int


@_kind("list.witnessed")
class ListWitnessed(ListChange):
    """A witness signed (D13). With the second one the list is closed, and its records with it."""

    statement: str


# --- holds, schedule, clock --------------------------------------------------------------------------------------


@_kind("hold.placed")
class HoldPlaced(HoldChange):
    """A hold began; a ``record.held`` of each record it covers follows in the same transaction."""

    reason: str


@_kind("hold.released")
class HoldReleased(HoldChange):
    """A hold ended; a ``record.released`` of each record precedes in the same transaction."""

    reason: str


@_kind("schedule.adopted")
class ScheduleAdopted(Change):
    """A version of the schedule came into force, whole, so that events alone rebuild every date (L1, P1, P3)."""

    number: int
    version: ScheduleVersion
    shortened_by: str = ""
    exempt: frozenset[str] = frozenset()


@_kind("schedule.shortening_approved")
class ShorteningApproved(Change):
    """A second person allows the next adoption of exactly this version to shorten terms of what is filed (P3)."""

    digest: str
    reason: str = ""


@_kind("clock.vouched")
class ClockVouched(Change):
    """A person says the clock, ahead of the last scan, is right (T4)."""

    reason: str


# --- persons -----------------------------------------------------------------------------------------------------


@_kind("account.added")
class AccountAdded(AccountChange):
    """A person got an account (L6)."""

    name: str
    full_name: str
    roles: frozenset[Role]
    department: str = ""


@_kind("account.changed")
class AccountChanged(AccountChange):
    """What a person is called, may do and belongs to from now on."""

    full_name: str
    roles: frozenset[Role]
    department: str = ""


@_kind("account.closed")
class AccountClosed(AccountChange):
    """The person acts no more; the name is never given again."""

    reason: str


@_kind("account.secret_set")
class SecretSet(AccountChange):
    """A password was chosen. ``secret``: SHA-256 in hex of its stored form, so that exchanging that form shows.

    ``rehashed``: the same password, stored anew with other parameters.
    """

    secret: str
    rehashed: bool = False


@_kind("account.locked")
class AccountLocked(AccountChange):
    """So many wrong passwords in a row: nobody logs in for so many minutes."""

    failures: int
    minutes: int


@_kind("account.unlocked")
class AccountUnlocked(AccountChange):
    """An administrator ended a lock before its time."""


@_kind("session.begun")
class SessionBegun(Change):
    """A person logged in; the subject names the SHA-256 of the token, never the token."""

    name: str
    minutes: int


@_kind("session.ended")
class SessionEnded(Change):
    """A person logged out."""


# --- refusals ----------------------------------------------------------------------------------------------------


@_kind("act.refused")
class ActRefused(Change):
    """An attempt was refused (L8): what was tried, the rules that refused, and why in words."""

    act: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``at`` in aware UTC, ``on`` the business date, ``subject`` the id it happened to.

    Subjects are ids of records, holds and lists, ``account/…`` and ``session/…`` for persons (retention.persons),
    ``schedule`` for its versions, ``clock`` for the clock.
    """

    at: datetime
    on: date
    actor: Actor
    subject: str
    change: Change

    @property
    def kind(self) -> str:
        return self.change.kind


def change_from(kind: str, payload: Any) -> Change:
    """The change that has this kind and payload. KeyError for a kind there is not, ValueError where it does not fit."""
    return value_from(KINDS[kind], payload)
