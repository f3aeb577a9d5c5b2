"""Pure: what becomes of a disposal list and of each item on it; ``apply`` and ``apply_item`` are the only ways.

A list follows from the events about it, an item from those about its record: so both are rebuilt from events alone
(L1). The digest that people approve is computed here (D2).
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from foundation.language import N_, _
from retention.errors import ConflictError, Place, Problem, ProblemKind, Remedy
from retention.rules import events
from retention.rules.canonical import canonical, canonical_of
from retention.rules.model import Approval, DisposalList, Item, ListState, Note, Opinion, Witnessing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from retention.rules.canonical import Canonical
    from retention.rules.model import Record

WITNESSES = 2
"""监销人 ×2 (D13)."""

Effect: TypeAlias = "Callable[[DisposalList, events.Event, Any], DisposalList]"  # each row knows its own change


class ListTransition(NamedTuple):
    """From which states a change is possible, where it leads, and what becomes of the list."""

    sources: AbstractSet[ListState]
    target: ListState
    effect: Effect


# --- lists ------------------------------------------------------------------------------------------------------


def apply(found: DisposalList | None, event: events.Event) -> DisposalList:
    """The list, without its items, after the event. ConflictError where it is not in a state the change starts from."""
    if isinstance(event.change, events.ListDrafted):
        return _drafted(found, event, event.change)
    if found is None:
        raise ConflictError(unknown(event.subject))
    transition = TRANSITIONS.get(type(event.change))
    if transition is None:
        raise TypeError(event.kind)
    if found.state not in transition.sources:
        raise ConflictError(_moved_on(found, event))
    return transition.effect(replace(found, state=transition.target), event, event.change)


def _drafted(found: DisposalList | None, event: events.Event, change: events.ListDrafted) -> DisposalList:
    if found is not None:
        raise ConflictError(_moved_on(found, event))
    author = event.actor.name
    return DisposalList(
        event.subject, change.number, ListState.DRAFT, change.policy, author, event.on, change.selection
    )


def _submitted(found: DisposalList, event: events.Event, change: events.ListSubmitted) -> DisposalList:
    """Who submitted it before it was returned stays one of those who proposed it (D1)."""
    by = event.actor.name
    submitters = tuple(dict.fromkeys((*found.submitters, by)))
    frozen = replace(found, digest=change.digest, frozen=change.items, submitters=submitters)
    return replace(frozen, submitted_by=by, submitted_on=event.on)


def _approved(found: DisposalList, event: events.Event, change: events.ListApproved) -> DisposalList:
    days = (change.not_before, change.expires_on)
    return replace(found, approval=Approval(event.actor.name, event.on, change.digest, *days, change.refused))


def _executing(found: DisposalList, event: events.Event, change: events.ListExecuting) -> DisposalList:
    """Who begins says how and where; who goes on is named beside them."""
    by = event.actor.name
    if found.executors:
        by_hand = found.by_hand or change.by_hand
        return replace(found, executors=tuple(dict.fromkeys((*found.executors, by))), by_hand=by_hand)
    begun = replace(found, executors=(by,), begun_on=event.on)
    return replace(begun, method=change.method, place=change.place, by_hand=change.by_hand)


def _executed(found: DisposalList, event: events.Event, _change: events.ListExecuted) -> DisposalList:
    return replace(found, executed_on=event.on)


def _witnessed(found: DisposalList, event: events.Event, change: events.ListWitnessed) -> DisposalList:
    witnesses = (*found.witnesses, Witnessing(event.actor.name, event.on, change.statement))
    state = ListState.WITNESSED if len(witnesses) >= WITNESSES else ListState.EXECUTED
    return replace(found, witnesses=witnesses, state=state)


def _noted(found: DisposalList, event: events.Event, change: Any) -> DisposalList:
    note = Note(found.state, event.actor.name, event.on, getattr(change, "reason", ""))
    return replace(found, notes=(*found.notes, note))


MENDABLE = frozenset({ListState.DRAFT, ListState.RETURNED})
"""The states in which opinions are given and rows struck out."""

OPEN = MENDABLE | {ListState.SUBMITTED, ListState.APPROVED, ListState.EXECUTING}
"""The states in which a list has records on it."""

# draft → submitted → approved → executing → executed → witnessed; from submitted back to returned, which is submitted
# again; rejected, withdrawn and expired end it. The second of two witnesses closes it: :func:`_witnessed`.
TRANSITIONS: Mapping[type[events.Change], ListTransition] = MappingProxyType(
    {
        events.ListSubmitted: ListTransition(MENDABLE, ListState.SUBMITTED, _submitted),
        events.ListApproved: ListTransition({ListState.SUBMITTED}, ListState.APPROVED, _approved),
        events.ListReturned: ListTransition({ListState.SUBMITTED}, ListState.RETURNED, _noted),
        events.ListRejected: ListTransition({ListState.SUBMITTED}, ListState.REJECTED, _noted),
        events.ListWithdrawn: ListTransition(OPEN, ListState.WITHDRAWN, _noted),
        events.ListExpired: ListTransition({ListState.APPROVED}, ListState.EXPIRED, _noted),
        events.ListExecuting: ListTransition(
            {ListState.APPROVED, ListState.EXECUTING}, ListState.EXECUTING, _executing
        ),
        events.ListExecuted: ListTransition({ListState.EXECUTING}, ListState.EXECUTED, _executed),
        events.ListWitnessed: ListTransition({ListState.EXECUTED}, ListState.WITNESSED, _witnessed),
    }
)


# --- items ------------------------------------------------------------------------------------------------------


def apply_item(item: Item | None, before: Record | None, event: events.Event, after: Record) -> Item | None:
    """The item of a record on its list after an event that made ``after`` of ``before``; None: on no list."""
    if isinstance(event.change, events.Listed):
        return _item(after, event.change)
    if item is None or before is None or before.list_id is None:
        return None
    told = _left if after.list_id is None else _MARKS.get(type(event.change), lambda _event, _change: {})
    changes = told(event, event.change)
    return replace(item, state=after.state, **changes) if changes or item.state is not after.state else item


def _left(event: events.Event, change: Any) -> dict[str, Any]:
    reason = change.hold_id if isinstance(change, events.Held) else getattr(change, "reason", "")
    return {"left_by": event.kind, "left_on": event.on, "reason": reason}


def _appraised(event: events.Event, change: events.Appraised) -> dict[str, Any]:
    by = event.actor.name
    return {"opinion": Opinion(event.subject, change.wish, by, event.on, change.reason, change.term)}


def _destroyed(event: events.Event, change: events.Destroyed) -> dict[str, Any]:
    return {"outcome": change.outcome, "done_on": event.on, "copies": change.copies}


_MARKS: Mapping[type[events.Change], Callable[[events.Event, Any], dict[str, Any]]] = MappingProxyType(
    {
        events.Appraised: _appraised,
        events.DestroyIntended: lambda _event, change: {"attempt": change.attempt},
        events.Quarantined: lambda event, _change: {"quarantined_on": event.on},
        events.UnlinkIntended: lambda _event, _change: {"unlinking": True},
        events.Destroyed: _destroyed,
    }
)
"""What else an event changes of an item, beside its state."""


def _item(record: Record, change: events.Listed) -> Item:
    return Item(
        record_id=record.id,
        row=change.row,
        title=PurePosixPath(record.path).stem,
        share=record.share,
        path=record.path,
        digest=record.digest,
        size=record.size,
        class_key=record.class_key or "",
        class_title=change.class_title,
        code=change.code,
        period=record.period,
        department=record.department,
        base_day=change.base_day,
        term=change.term,
        schedule=change.schedule,
        eligible_on=change.eligible_on,
    )


# --- the digest -------------------------------------------------------------------------------------------------


def digest_of(items: Iterable[Item]) -> str:
    """SHA-256 in hex over everything an approval is about (D2), the items in the order of their rows.

    One byte of a record's id, its file's digest or size, class, version of the schedule, eligible day, or decision with
    its reason and new term gives another digest.
    """
    ordered = sorted(items, key=lambda item: item.row)
    return sha256(canonical({"items": [_told(item) for item in ordered]})).hexdigest()


def _told(item: Item) -> dict[str, Canonical]:
    opinion = item.opinion
    return {
        "class": item.class_key,
        "decision": item.decision.value if item.decision else None,
        "digest": item.digest,
        "eligible_on": item.eligible_on.isoformat(),
        "reason": opinion.reason if opinion else "",
        "record": item.record_id,
        "row": item.row,
        "schedule": item.schedule,
        "size": item.size,
        "term": canonical_of(opinion.term) if opinion else None,
    }


# --- what a person reads ----------------------------------------------------------------------------------------


def state_name(state: ListState) -> str:
    """The state in the language in force."""
    return {
        ListState.DRAFT: _("draft"),
        ListState.SUBMITTED: _("submitted"),
        ListState.APPROVED: _("approved"),
        ListState.EXECUTING: _("being executed"),
        ListState.EXECUTED: _("executed, to be witnessed"),
        ListState.WITNESSED: _("executed and witnessed"),
        ListState.RETURNED: _("returned"),
        ListState.REJECTED: _("rejected"),
        ListState.WITHDRAWN: _("withdrawn"),
        ListState.EXPIRED: _("expired"),
    }[state]


def unknown(name: str) -> Problem:
    """There is no such list."""
    return _UNKNOWN(_place(name))


def _moved_on(found: DisposalList, event: events.Event) -> Problem:
    return _MOVED_ON(_place(found.number), kind=event.kind, state=state_name(found.state))


def _place(number: str) -> Place:
    return Place(part=_("disposal list {number}").format(number=number))


_UNKNOWN = ProblemKind("disposal.unknown", N_("there is no such list"), Remedy("list.choose"), "L1")


_MOVED_ON = ProblemKind(
    "disposal.state",
    N_("{kind} is not possible: the list is {state}"),
    N_("Look at it again; somebody may have moved first."),
    "L1",
)
