"""What can happen: one frozen value for each kind of event, and its canonical form.

The ledger keeps events as ``kind`` and ``payload``; ``payload_of`` and ``change_from`` are each other's inverse. A
payload holds texts, whole numbers, true, null, lists and objects only, dates as ISO texts, sets sorted, and leaves out
what equals the default of its field: kinds can gain fields without changing a byte of what was written before.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from retention.rules.model import (  # noqa: TC001 - read from annotations
    Actor,
    Outcome,
    Period,
    Policy,
    Refused,
    Role,
    ScheduleVersion,
    Term,
    Wish,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Plain = TypeVar("_Plain")
_Value = TypeVar("_Value")
Canonical: TypeAlias = "bool | int | str | list[Canonical] | dict[str, Canonical] | None"


# --- records: registration and what becomes of the file ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filed:
    """A settled file was registered (W1). ``evidence``: what told its class, period and department."""

    kind: ClassVar[str] = "record.filed"
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


@dataclass(frozen=True, slots=True)
class Classified:
    """A person said (or corrected) class, period, date and department."""

    kind: ClassVar[str] = "record.classified"
    class_key: str
    period: Period | None = None
    dated: date | None = None
    department: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """The file lies elsewhere now; record and dates stay (W2)."""

    kind: ClassVar[str] = "record.moved"
    share: str
    path: str


@dataclass(frozen=True, slots=True)
class Altered:
    """The content at its place is no longer what was filed (W3)."""

    kind: ClassVar[str] = "record.altered"
    digest: str
    size: int


class Decision(Enum):
    """What a person says about an altered record (W3)."""

    CORRECTION = "correction"  # the new content is the record; its dates stay
    NEW_RECORD = "new_record"  # the new content is filed on its own; the old one is gone
    RESTORED = "restored"  # the filed content is back


@dataclass(frozen=True, slots=True)
class AlterationSettled:
    """A person decided about an altered record; ``digest`` and ``size`` are what the record has from now on."""

    kind: ClassVar[str] = "record.alteration_settled"
    decision: Decision
    digest: str
    size: int
    reason: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The file is gone without an approved intent: a possible unauthorised disposal (W4)."""

    kind: ClassVar[str] = "record.missing"


@dataclass(frozen=True, slots=True)
class Found:
    """A missing file is back with the filed digest (W4)."""

    kind: ClassVar[str] = "record.found"
    share: str
    path: str


@dataclass(frozen=True, slots=True)
class Resurfaced:
    """A destroyed content appeared again (W5)."""

    kind: ClassVar[str] = "record.resurfaced"
    share: str
    path: str


@dataclass(frozen=True, slots=True)
class ResurfacingSettled:
    """A person dealt with the reappeared copy."""

    kind: ClassVar[str] = "record.resurfacing_settled"
    reason: str


# --- records: holds, lists, destruction --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A hold covers the record from now on (D3)."""

    kind: ClassVar[str] = "record.held"
    hold_id: str


@dataclass(frozen=True, slots=True)
class Released:
    """A hold no longer covers the record."""

    kind: ClassVar[str] = "record.released"
    hold_id: str


@dataclass(frozen=True, slots=True)
class Extended:
    """An appraisal keeps the record longer, or for ever (R5); the term counts from the event's business date."""

    kind: ClassVar[str] = "record.extended"
    term: Term
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The record was put on a disposal list, in this row of it.

    ``eligible_on`` as the schedule in force computes it (D4); version, class, base day and term are what it came from.
    """

    kind: ClassVar[str] = "record.listed"
    list_id: str
    eligible_on: date
    schedule: int
    row: int
    class_title: str
    base_day: date
    term: Term
    code: str = ""


@dataclass(frozen=True, slots=True)
class Appraised:
    """An opinion about a listed record; the latest counts. Keeping longer names the new ``term`` and why (R5)."""

    kind: ClassVar[str] = "record.appraised"
    list_id: str
    wish: Wish
    reason: str = ""
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The record left its list: struck out, or the list was rejected, withdrawn, or expired."""

    kind: ClassVar[str] = "record.unlisted"
    reason: str


@dataclass(frozen=True, slots=True)
class Approved:
    """The approver decided to destroy this record with exactly this digest (D1, D9)."""

    kind: ClassVar[str] = "record.approved"
    list_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class DestroyIntended:
    """Step 1 of a destruction: all guards held. Every intent gets exactly one outcome (D7)."""

    kind: ClassVar[str] = "destroy.intent"
    list_id: str
    digest: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Steps 2 and 3: the file left its public name, and has the approved digest (D6)."""

    kind: ClassVar[str] = "destroy.quarantined"
    attempt: int
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class DestroyAborted:
    """The attempt ended with the file on the share; the item leaves the list.

    ``path``: where it lies now, if somebody put another file at its place meanwhile.
    """

    kind: ClassVar[str] = "destroy.aborted"
    attempt: int
    reason: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """The file was taken back out of quarantine; the item leaves the list. ``path`` as in ``destroy.aborted``."""

    kind: ClassVar[str] = "destroy.restored"
    attempt: int
    reason: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class UnlinkIntended:
    """Step 4: quarantine waited out, all guards held again, and the file in quarantine still has this digest."""

    kind: ClassVar[str] = "unlink.intent"
    attempt: int
    digest: str


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Step 6: what was observed. ``copies``: where the same content was still known to lie (D11)."""

    kind: ClassVar[str] = "destroy.done"
    outcome: Outcome
    attempt: int | None = None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """The witnesses signed (D13): nothing more happens to this record."""

    kind: ClassVar[str] = "record.closed"


# --- disposal lists ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListDrafted:
    """A list was begun; a ``record.listed`` of each record follows in the same transaction.

    ``selection``: how the records were chosen; ``policy``: the days in force, which count for this list to its end.
    """

    kind: ClassVar[str] = "list.drafted"
    number: str
    policy: Policy
    selection: str = ""


@dataclass(frozen=True, slots=True)
class ListSubmitted:
    """The list was frozen: ``digest`` covers exactly the items of these records, in this order (D2)."""

    kind: ClassVar[str] = "list.submitted"
    digest: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListApproved:
    """A person other than the proposer approved exactly this digest, without the rows refused (D1, D2, D5)."""

    kind: ClassVar[str] = "list.approved"
    digest: str
    not_before: date
    expires_on: date
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class ListReturned:
    """The approver wants something mended; the records stay on the list."""

    kind: ClassVar[str] = "list.returned"
    reason: str


@dataclass(frozen=True, slots=True)
class ListRejected:
    """The approver refused the whole list; its records leave it in the same transaction."""

    kind: ClassVar[str] = "list.rejected"
    reason: str


@dataclass(frozen=True, slots=True)
class ListWithdrawn:
    """The list was taken back, or nothing was left on it; its records leave it in the same transaction."""

    kind: ClassVar[str] = "list.withdrawn"
    reason: str


@dataclass(frozen=True, slots=True)
class ListExpired:
    """Its approval's time ran out unused; noticed and written on this day. Its records leave it (D5, D10)."""

    kind: ClassVar[str] = "list.expired"


@dataclass(frozen=True, slots=True)
class ListExecuting:
    """A person began, or went on, to destroy what was approved: the approval is used (D5)."""

    kind: ClassVar[str] = "list.executing"
    method: str
    place: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class ListExecuted:
    """Nothing of the list waits any more; so many of its items are gone."""

    kind: ClassVar[str] = "list.executed"
    destroyed: int


@dataclass(frozen=True, slots=True)
class ListWitnessed:
    """A witness signed (D13). With the second one the list is closed, and its records with it."""

    kind: ClassVar[str] = "list.witnessed"
    statement: str


# --- holds, schedule, clock --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """A hold began; a ``record.held`` of each record it covers follows in the same transaction."""

    kind: ClassVar[str] = "hold.placed"
    reason: str


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """A hold ended; a ``record.released`` of each record precedes in the same transaction."""

    kind: ClassVar[str] = "hold.released"
    reason: str


@dataclass(frozen=True, slots=True)
class ScheduleAdopted:
    """A version of the schedule came into force, whole, so that events alone rebuild every date (L1, P1, P3)."""

    kind: ClassVar[str] = "schedule.adopted"
    number: int
    version: ScheduleVersion
    shortened_by: str = ""
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ShorteningApproved:
    """A second person allows the next adoption of exactly this version to shorten terms of what is filed (P3)."""

    kind: ClassVar[str] = "schedule.shortening_approved"
    digest: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClockVouched:
    """A person says the clock, ahead of the last scan, is right (T4)."""

    kind: ClassVar[str] = "clock.vouched"
    reason: str


# --- persons -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """A person got an account (L6)."""

    kind: ClassVar[str] = "account.added"
    name: str
    full_name: str
    roles: frozenset[Role]
    department: str = ""


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What a person is called, may do and belongs to from now on."""

    kind: ClassVar[str] = "account.changed"
    full_name: str
    roles: frozenset[Role]
    department: str = ""


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """The person acts no more; the name is never given again."""

    kind: ClassVar[str] = "account.closed"
    reason: str


@dataclass(frozen=True, slots=True)
class SecretSet:
    """A password was chosen. ``secret``: SHA-256 in hex of its stored form, so that exchanging that form shows.

    ``rehashed``: the same password, stored anew with other parameters.
    """

    kind: ClassVar[str] = "account.secret_set"
    secret: str
    rehashed: bool = False


@dataclass(frozen=True, slots=True)
class AccountLocked:
    """So many wrong passwords in a row: nobody logs in for so many minutes."""

    kind: ClassVar[str] = "account.locked"
    failures: int
    minutes: int


@dataclass(frozen=True, slots=True)
class AccountUnlocked:
    """An administrator ended a lock before its time."""

    kind: ClassVar[str] = "account.unlocked"


@dataclass(frozen=True, slots=True)
class SessionBegun:
    """A person logged in; the subject names the SHA-256 of the token, never the token."""

    kind: ClassVar[str] = "session.begun"
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A person logged out."""

    kind: ClassVar[str] = "session.ended"


# --- refusals ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActRefused:
    """An attempt was refused (L8): what was tried, the rules that refused, and why in words."""

    kind: ClassVar[str] = "act.refused"
    act: str
    rules: tuple[str, ...]
    reason: str


RecordChange: TypeAlias = (
    Filed
    | Classified
    | Moved
    | Altered
    | AlterationSettled
    | Missed
    | Found
    | Resurfaced
    | ResurfacingSettled
    | Held
    | Released
    | Extended
    | Listed
    | Appraised
    | Unlisted
    | Approved
    | DestroyIntended
    | Quarantined
    | DestroyAborted
    | Restored
    | UnlinkIntended
    | Destroyed
    | Closed
)
HoldChange: TypeAlias = HoldPlaced | HoldReleased
ListChange: TypeAlias = (
    ListDrafted
    | ListSubmitted
    | ListApproved
    | ListReturned
    | ListRejected
    | ListWithdrawn
    | ListExpired
    | ListExecuting
    | ListExecuted
    | ListWitnessed
)
AccountChange: TypeAlias = AccountAdded | AccountChanged | AccountClosed | SecretSet | AccountLocked | AccountUnlocked
SessionChange: TypeAlias = SessionBegun | SessionEnded
Change: TypeAlias = (
    RecordChange
    | HoldChange
    | ListChange
    | ScheduleAdopted
    | ShorteningApproved
    | ClockVouched
    | AccountChange
    | SessionChange
    | ActRefused
)

KINDS: Mapping[str, type[Change]] = types.MappingProxyType({change.kind: change for change in get_args(Change)})


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


# --- canonical form ----------------------------------------------------------------------------------------------


def payload_of(change: Change) -> dict[str, Canonical]:
    """The change without its kind, as canonical values."""
    return object_of(change)


def change_from(kind: str, payload: Mapping[str, Canonical]) -> Change:
    """The change that has this kind and payload. KeyError for a kind there is not, ValueError where it does not fit."""
    change: Change = _build(KINDS[kind], payload)
    return change


def value_from(kind: type[_Value], payload: Mapping[str, Canonical]) -> _Value:
    """A frozen value from what :func:`object_of` made of it. ValueError where it does not fit."""
    value: _Value = _build(kind, payload)
    return value


def object_of(value: Any) -> dict[str, Canonical]:
    """A frozen value as canonical values, without what equals the default of its field."""
    said: dict[str, Canonical] = {}
    kind: Any = type(value)
    for name, default in _defaults(kind):
        content = getattr(value, name)
        if default is MISSING or content != default:
            said[name] = content if type(content) in _PLAIN else canonical_of(content)
    return said


_PLAIN = frozenset({bool, int, str, type(None)})


@lru_cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass, and what they are where nothing is said."""
    return tuple((field.name, field.default) for field in fields(cls))


def canonical_of(value: Any) -> Canonical:
    """A value, or a whole of them, as canonical values."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return [*sorted(str(canonical_of(item)) for item in value)]
    if isinstance(value, tuple):
        return [canonical_of(item) for item in value]
    return object_of(value)


def _build(cls: Any, payload: Any) -> Any:
    readers, plain, required = _shape(cls)
    given = payload.keys() if type(payload) is dict else _as(dict)(payload).keys()
    if not required <= given <= readers.keys():
        wrong = (required - given) | (given - readers.keys())
        raise ValueError(f"{cls.__name__}: {', '.join(sorted(wrong))}")
    return cls(
        **{
            name: value if type(value) is plain[name] else readers[name](value)  # most are texts and numbers
            for name, value in payload.items()
        }
    )


@lru_cache
def _shape(cls: Any) -> tuple[Mapping[str, Callable[[Any], Any]], Mapping[str, Any], frozenset[str]]:
    """What reads each field of a dataclass; which plain type stays as it is; and which fields have to be there."""
    hints = get_type_hints(cls)
    required = (field.name for field in fields(cls) if field.default is field.default_factory is MISSING)
    readers = {field.name: _reader(hints[field.name]) for field in fields(cls)}
    return readers, {name: _plain_in(hints[name]) for name in readers}, frozenset(required)


def _plain_in(hint: Any) -> Any:
    """The type whose values need no reading: text, number or truth value, alone or beside None."""
    kinds = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    return next((kind for kind in kinds if kind in {str, int, bool}), None)


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What turns a canonical value back into a field's type; ValueError where it is none."""
    if get_origin(hint) in {Union, types.UnionType}:
        inner = _reader(next(kind for kind in get_args(hint) if kind is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) in {tuple, frozenset}:
        whole, inner, listed = get_origin(hint), _reader(get_args(hint)[0]), _as(list)
        return lambda value: whole(map(inner, listed(value)))
    if is_dataclass(hint):
        return lambda value: _build(hint, value)
    if hint is date:
        text = _as(str)
        return lambda value: date.fromisoformat(text(value))
    return hint if issubclass(hint, Enum) else _as(hint)


def _as(kind: type[_Plain]) -> Callable[[Any], _Plain]:
    """The value itself, refused where it is of another type: a digest is never a number, nor a size true."""

    def read(value: Any) -> _Plain:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not {kind.__name__}")
        return value

    return read
