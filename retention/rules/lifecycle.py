"""Pure: what may happen to a record and to a hold, in one table; ``apply`` is the only way a state changes.

Guards look at the state and the event, never at a clock or a schedule: an event carries what its writer knew
(``Listed.eligible_on``), so that the same events give the same states for ever (L1). Whether the writer knew it
rightly is checked where it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from foundation.language import N_, _
from retention.errors import ConflictError, Place, Problem, ProblemKind, RefusedError, Remedy
from retention.rules import events, guards
from retention.rules.model import Extension, Hold, Overlay, Record, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retention.rules.guards import Guard

Effect: TypeAlias = "Callable[[Record, events.Event, Any], Record]"  # each row knows its own change


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states a change is possible, what has to hold, and what becomes of the record."""

    sources: frozenset[State]
    effect: Effect
    requires: tuple[Guard, ...] = ()


def apply(record: Record | None, event: events.Event) -> Record:
    """The record after the event. ``None`` is the state of what was never filed.

    RefusedError with every rule that forbids it; ConflictError where the record is not in a state the change starts
    from: somebody moved first. TypeError for an event that is not about a record.
    """
    if isinstance(event.change, events.Filed):
        return _filed(record, event, event.change)
    transition = TRANSITIONS.get(type(event.change))
    if transition is None:
        raise TypeError(event.kind)
    if record is None:
        raise ConflictError(_NEVER_FILED(Place(record=event.subject)))
    if record.state not in transition.sources:
        raise ConflictError(_wrong_state(record, event))
    found = [guard(record, event.change, event.on) for guard in transition.requires]
    if problems := [problem for problem in found if problem]:
        raise RefusedError(problems)
    return transition.effect(record, event, event.change)


# --- what becomes of it -----------------------------------------------------------------------------------------


def _filed(record: Record | None, event: events.Event, change: events.Filed) -> Record:
    if record is not None:
        message = _("it was filed already, on {day}").format(day=record.filed_on)
        raise ConflictError(guards.fault(record, "filed_already", "L1", message, _("Scan again.")))
    return Record(
        id=event.subject,
        share=change.share,
        path=change.path,
        digest=change.digest,
        size=change.size,
        filed_on=event.on,
        class_key=change.class_key,
        period=change.period,
        dated=change.dated,
        department=change.department,
        proof=change.proof,
    )


def _classified(record: Record, _event: events.Event, change: events.Classified) -> Record:
    return replace(
        record,
        class_key=change.class_key,
        period=change.period,
        dated=change.dated,
        department=change.department,
    )


def _placed(record: Record, _event: events.Event, change: events.Moved | events.Found) -> Record:
    return replace(record, share=change.share, path=change.path, missing_since=None)


def _altered(record: Record, _event: events.Event, change: events.Altered) -> Record:
    """It leaves its list (W3); what was missing is back, with other content."""
    return _off_list(replace(record, altered_to=change.digest, missing_since=None))


def _settled(record: Record, event: events.Event, change: events.AlterationSettled) -> Record:
    """A correction is the record from now on; where the new content is filed on its own, the old one is missing."""
    match change.decision:
        case events.Decision.CORRECTION:
            return replace(record, altered_to=None, digest=change.digest, size=change.size)
        case events.Decision.NEW_RECORD:
            return replace(record, altered_to=None, missing_since=event.on)
        case events.Decision.RESTORED:
            return replace(record, altered_to=None)


def _missed(record: Record, event: events.Event, _change: events.Missed) -> Record:
    return replace(record, missing_since=event.on)


def _resurfaced(record: Record, _event: events.Event, change: events.Resurfaced) -> Record:
    return replace(record, resurfaced_at=f"{change.share}/{change.path}")


def _held(record: Record, _event: events.Event, change: events.Held) -> Record:
    """It leaves its list (D3); where an attempt is open, that attempt's outcome decides what becomes of it."""
    held = replace(record, holds=record.holds | {change.hold_id})
    return _off_list(held) if record.state in _ON_LIST and record.intent is None else held


def _released(record: Record, _event: events.Event, change: events.Released) -> Record:
    return replace(record, holds=record.holds - {change.hold_id})


def _extended(record: Record, event: events.Event, change: events.Extended) -> Record:
    return _off_list(replace(record, extension=Extension(change.term, event.on, change.reason)))


def _listed(record: Record, _event: events.Event, change: events.Listed) -> Record:
    return replace(record, state=State.LISTED, list_id=change.list_id)


def _intended(record: Record, _event: events.Event, change: events.DestroyIntended) -> Record:
    return replace(record, intent=change.attempt)


def _kept(record: Record, _event: events.Event, change: events.DestroyAborted | events.Restored) -> Record:
    return _off_list(replace(record, path=change.path or record.path))


def _destroyed(record: Record, _event: events.Event, change: events.Destroyed) -> Record:
    return replace(record, state=State.DESTROYED, intent=None, missing_since=None, outcome=change.outcome)


def _sets(**values: Any) -> Effect:
    """These fields, whatever the change says."""
    return lambda record, _event, _change: replace(record, **values)


def _off_list(record: Record, _event: events.Event | None = None, _change: events.Unlisted | None = None) -> Record:
    return replace(record, state=State.RETAINED, list_id=None, intent=None)


# --- the table --------------------------------------------------------------------------------------------------


# kind of event → the states it is possible in, what it makes of the record, what has to hold:
#     destroy.intent  APPROVED  →  APPROVED, intent = attempt   no other intent, this list and content, no hold, whole
#     destroy.done    APPROVED or QUARANTINED  →  DESTROYED      the open attempt, an outcome that can have been seen
# An event in another state is a conflict (somebody moved first); a guard that does not hold is a refusal.


def _from(*sources: State) -> frozenset[State]:
    return frozenset(sources)


_RETAINED = _from(State.RETAINED)
_ON_LIST = _from(State.LISTED, State.APPROVED)
_IN_PLACE = _RETAINED | _ON_LIST
_THERE = _IN_PLACE | {State.QUARANTINED}
_IN_EXECUTION = _from(State.APPROVED, State.QUARANTINED)
_GONE = _from(State.DESTROYED, State.CLOSED)

_DESTRUCTIBLE = (guards.not_held, guards.whole, guards.not_permanent)
_APPROVABLE = (guards.on_this_list, guards.same_content, *_DESTRUCTIBLE)

TRANSITIONS: Mapping[type[events.Change], Transition] = MappingProxyType(
    {
        events.Classified: Transition(_RETAINED, _classified),
        events.Moved: Transition(_IN_PLACE, _placed, (guards.none_open, guards.not_missing)),
        events.Altered: Transition(_IN_PLACE, _altered, (guards.none_open, guards.differs)),
        events.AlterationSettled: Transition(_RETAINED, _settled, (guards.is_altered, guards.settles_as_found)),
        events.Missed: Transition(_IN_PLACE, _missed, (guards.none_open, guards.not_missing)),
        events.Found: Transition(_IN_PLACE, _placed, (guards.is_missing,)),
        events.Resurfaced: Transition(_GONE, _resurfaced),
        events.ResurfacingSettled: Transition(_GONE, _sets(resurfaced_at=None), (guards.has_resurfaced,)),
        events.Held: Transition(_THERE, _held, (guards.not_held_by_this,)),
        events.Released: Transition(_THERE | _GONE, _released, (guards.held_by_this,)),
        events.Extended: Transition(_RETAINED | {State.LISTED}, _extended, (guards.new_term_with_reason,)),
        events.Listed: Transition(_RETAINED, _listed, (guards.classified, guards.eligible, *_DESTRUCTIBLE)),
        events.Appraised: Transition(_from(State.LISTED), _sets(), (guards.on_this_list,)),
        events.Unlisted: Transition(_ON_LIST, _off_list, (guards.none_open,)),
        events.Approved: Transition(_from(State.LISTED), _sets(state=State.APPROVED), _APPROVABLE),
        events.DestroyIntended: Transition(_from(State.APPROVED), _intended, (guards.none_open, *_APPROVABLE)),
        events.Quarantined: Transition(
            _from(State.APPROVED), _sets(state=State.QUARANTINED), (guards.of_this_attempt, guards.same_content)
        ),
        events.DestroyAborted: Transition(_IN_EXECUTION, _kept, (guards.of_this_attempt,)),
        events.Restored: Transition(_from(State.QUARANTINED), _kept, (guards.of_this_attempt,)),
        events.UnlinkIntended: Transition(
            _from(State.QUARANTINED),
            _sets(),
            (guards.of_this_attempt, guards.same_content, guards.not_held, guards.not_permanent),
        ),
        events.Destroyed: Transition(
            _IN_EXECUTION, _destroyed, (guards.of_this_attempt, guards.outcome_fits, guards.not_held_by_hand)
        ),
        events.Closed: Transition(_from(State.DESTROYED), _sets(state=State.CLOSED)),
    }
)


# --- holds --------------------------------------------------------------------------------------------


def apply_hold(hold: Hold | None, event: events.Event) -> Hold:
    """The hold after the event. ConflictError where it was placed or released already, or never placed."""
    if isinstance(event.change, events.HoldPlaced) and hold is None:
        return Hold(event.subject, event.change.reason, event.actor, event.on)
    if isinstance(event.change, events.HoldReleased) and hold is not None and hold.stands:
        return replace(hold, released_on=event.on)
    if not isinstance(event.change, events.HoldPlaced | events.HoldReleased):
        raise TypeError(event.kind)
    where = Place(part=_("hold {id}").format(id=event.subject))
    message = _("it does not stand") if isinstance(event.change, events.HoldReleased) else _("it was placed already")
    raise ConflictError(Problem(where, message, Remedy("hold.choose"), "lifecycle.hold", "D3"))


# --- what a person reads ----------------------------------------------------------------------------------------


def state_name(state: State) -> str:
    """The state in the language in force."""
    return {
        State.RETAINED: _("kept"),
        State.LISTED: _("on a disposal list"),
        State.APPROVED: _("approved for destruction"),
        State.QUARANTINED: _("in quarantine"),
        State.DESTROYED: _("destroyed"),
        State.CLOSED: _("destroyed and witnessed"),
    }[state]


def overlay_name(overlay: Overlay) -> str:
    """The overlay in the language in force."""
    return {
        Overlay.HELD: _("held"),
        Overlay.ALTERED: _("altered"),
        Overlay.MISSING: _("missing"),
        Overlay.RESURFACED: _("appeared again"),
        Overlay.UNCLASSIFIED: _("unclassified"),
        Overlay.PERMANENT: _("permanent"),
        Overlay.EXTENDED: _("kept longer"),
    }[overlay]


_NEVER_FILED = ProblemKind("lifecycle.never_filed", N_("there is no such record"), Remedy("record.choose"), "L1")


def _wrong_state(record: Record, event: events.Event) -> Problem:
    message = _("{kind} is not possible: the record is {state}").format(kind=event.kind, state=state_name(record.state))
    return guards.fault(record, "state", "L1", message, _("Look at it again; somebody may have moved first."))
