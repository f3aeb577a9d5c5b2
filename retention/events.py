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

from retention.model import Actor, Outcome, Period, ScheduleVersion, Term  # noqa: TC001 - read from annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Plain = TypeVar("_Plain")
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
    """The record was put on a disposal list; ``eligible_on`` as the schedule in force computes it (D4)."""

    kind: ClassVar[str] = "record.listed"
    list_id: str
    eligible_on: date
    schedule: int


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The record left its list: struck out, or the list was returned, rejected, withdrawn, or expired."""

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
    """The attempt ended with the file at its place; the item leaves the list."""

    kind: ClassVar[str] = "destroy.aborted"
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A person took the file back out of quarantine."""

    kind: ClassVar[str] = "destroy.restored"
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class UnlinkIntended:
    """Step 4: quarantine waited out, all guards held again."""

    kind: ClassVar[str] = "unlink.intent"
    attempt: int


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


# --- holds, schedule, clock, refusals ----------------------------------------------------------------------------


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
class ClockVouched:
    """A person says the clock, ahead of the last scan, is right (T4)."""

    kind: ClassVar[str] = "clock.vouched"
    reason: str


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
Change: TypeAlias = RecordChange | HoldChange | ScheduleAdopted | ClockVouched | ActRefused

KINDS: Mapping[str, type[Change]] = types.MappingProxyType({change.kind: change for change in get_args(Change)})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: ``at`` in aware UTC, ``on`` the business date, ``subject`` the id it happened to.

    Subjects are ids of records, holds and lists, ``schedule`` for its versions, ``clock`` for the clock.
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
    return _object(change)


def change_from(kind: str, payload: Mapping[str, Canonical]) -> Change:
    """The change that has this kind and payload. KeyError for a kind there is not, ValueError where it does not fit."""
    change: Change = _build(KINDS[kind], payload)
    return change


def _object(value: Any) -> dict[str, Canonical]:
    return {
        field.name: canonical_of(content)
        for field in fields(value)
        if (content := getattr(value, field.name)) != field.default or field.default is MISSING
    }


def canonical_of(value: Any) -> Canonical:
    """A value, or a whole of them, as canonical values."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [canonical_of(item) for item in value]
    return _object(value)


def _build(cls: Any, payload: Any) -> Any:
    readers, required = _shape(cls)
    given = _as(dict)(payload).keys()
    if wrong := (required - given) | (given - readers.keys()):
        raise ValueError(f"{cls.__name__}: {', '.join(sorted(wrong))}")
    return cls(**{name: readers[name](value) for name, value in payload.items()})


@lru_cache
def _shape(cls: Any) -> tuple[Mapping[str, Callable[[Any], Any]], frozenset[str]]:
    """What reads each field of a dataclass, and which have to be there."""
    hints = get_type_hints(cls)
    required = (field.name for field in fields(cls) if field.default is field.default_factory is MISSING)
    return {field.name: _reader(hints[field.name]) for field in fields(cls)}, frozenset(required)


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What turns a canonical value back into a field's type; ValueError where it is none."""
    if get_origin(hint) in {Union, types.UnionType}:
        inner = _reader(next(kind for kind in get_args(hint) if kind is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) in {tuple, frozenset}:
        whole, inner = get_origin(hint), _reader(get_args(hint)[0])
        return lambda value: whole(map(inner, _as(list)(value)))
    if is_dataclass(hint):
        return lambda value: _build(hint, value)
    if hint is date:
        return lambda value: date.fromisoformat(_as(str)(value))
    return hint if issubclass(hint, Enum) else _as(hint)


def _as(kind: type[_Plain]) -> Callable[[Any], _Plain]:
    """The value itself, refused where it is of another type: a digest is never a number, nor a size true."""

    def read(value: Any) -> _Plain:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not {kind.__name__}")
        return value

    return read
