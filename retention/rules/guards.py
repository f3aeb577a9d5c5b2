"""Pure: what has to hold before something may happen to a record. Each guard answers None, or what is in the way.

A guard sees the record, the change and its business date; the rule it keeps is the ``clause`` of its problem (L8).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from foundation.language import _
from retention.errors import Place, Problem, Remedy
from retention.rules import events
from retention.rules.dates import last_kept_day
from retention.rules.model import Outcome, State
from retention.rules.schedule import Rule, Start, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from retention.rules.model import Record
    from retention.rules.schedule import Term

Guard: TypeAlias = "Callable[[Record, Any, date], Problem | None]"


def not_held(record: Record, _change: Any, _on: date) -> Problem | None:
    """D3: a hold always wins."""
    if not record.holds:
        return None
    message = _("hold {holds} stands").format(holds="、".join(sorted(record.holds)))
    return fault(record, "held", "D3", message, _("It has to be released first, by who may."))


def whole(record: Record, _change: Any, _on: date) -> Problem | None:
    """W3, W4: what was altered or is missing waits for a person."""
    if record.altered_to is not None:
        message = _("the content is not what was filed")
        return fault(record, "altered", "W3", message, _("Decide first: correction, new record, or restore it."))
    if record.missing_since is not None:
        message = _("the file is missing since {day}").format(day=record.missing_since)
        return fault(record, "missing", "W4", message, _("Find it, or clear up where it went."))
    return None


def classified(record: Record, _change: Any, _on: date) -> Problem | None:
    """D4: what nobody has classified is never due."""
    if record.class_key is not None:
        return None
    return fault(record, "unclassified", "D4", _("the class is not known"), _("Classify the record first."))


def not_permanent(record: Record, _change: Any, _on: date) -> Problem | None:
    """D12: disposal papers stay for ever, and so does what an appraisal made permanent."""
    if record.proof:
        message = _("papers that prove a disposal are kept for ever")
        return fault(record, "proof", "D12", message, _("Take it off the list."))
    if record.extension is not None and record.extension.term.kind is TermKind.PERMANENT:
        message = _("an appraisal made it permanent")
        return fault(record, "permanent", "4.0", message, _("Take it off the list."))
    return None


def eligible(record: Record, change: events.Listed, on: date) -> Problem | None:
    """D4: nothing is listed before its day."""
    if change.eligible_on <= on:
        return None
    message = _("it has to be kept until {day}").format(day=change.eligible_on)
    return fault(record, "not_due", "D4", message, Remedy("day.explain"))


def on_this_list(record: Record, change: Any, _on: date) -> Problem | None:
    """D1: an approval is for the list it was given on."""
    if change.list_id == record.list_id:
        return None
    message = _("it is on list {list}, not on {other}").format(list=record.list_id, other=change.list_id)
    return fault(record, "other_list", "D1", message, _("Approve the list it is on."))


def same_content(record: Record, change: Any, _on: date) -> Problem | None:
    """D1, D6: an approval covers exactly one digest."""
    if change.digest == record.digest:
        return None
    message = _("the content is not the one that was filed and approved")
    return fault(record, "other_content", "D1", message, _("Put it on a new list."))


def none_open(record: Record, _change: Any, _on: date) -> Problem | None:
    """D7: one intent at a time."""
    if record.intent is None:
        return None
    message = _("attempt {attempt} has no outcome yet").format(attempt=record.intent)
    return fault(record, "intent_open", "D7", message, _("Recovery finds out what became of it."))


def of_this_attempt(record: Record, change: Any, _on: date) -> Problem | None:
    """D7: an outcome belongs to the open intent; only what people destroyed by hand had none."""
    if change.attempt == record.intent:
        return None
    message = _("attempt {attempt} is not the open one").format(attempt=change.attempt)
    return fault(record, "other_attempt", "D7", message, _("Look at the record's history."))


def outcome_fits(record: Record, change: events.Destroyed, _on: date) -> Problem | None:
    """D7: removed means out of quarantine; by hand means approved, and no intent of ours."""
    fits = {
        Outcome.REMOVED: record.state is State.QUARANTINED,
        Outcome.BY_HAND: record.state is State.APPROVED and change.attempt is None,
        Outcome.UNOBSERVED: change.attempt is not None,
    }
    if fits[change.outcome]:
        return None
    message = _("this outcome cannot have been seen here")
    return fault(record, "outcome", "D7", message, _("Record what was seen, and no more."))


def not_held_by_hand(record: Record, change: events.Destroyed, on: date) -> Problem | None:
    """D3: what people destroyed in spite of a hold is missing, and no disposal."""
    return not_held(record, change, on) if change.outcome is Outcome.BY_HAND else None


def is_altered(record: Record, _change: Any, _on: date) -> Problem | None:
    if record.altered_to is not None:
        return None
    return fault(record, "not_altered", "W3", _("nothing was altered"), _("There is nothing to decide."))


def settles_as_found(record: Record, change: events.AlterationSettled, _on: date) -> Problem | None:
    """W3: a correction takes the content that was found; otherwise the filed one stays."""
    wanted = record.altered_to if change.decision is events.Decision.CORRECTION else record.digest
    if change.digest == wanted:
        return None
    message = _("the content is not the one the decision is about")
    return fault(record, "other_content", "W3", message, _("Scan again and decide on what is there now."))


def is_missing(record: Record, _change: Any, _on: date) -> Problem | None:
    if record.missing_since is not None:
        return None
    return fault(record, "not_missing", "W4", _("it was not missing"), _("Scan again."))


def not_missing(record: Record, _change: Any, _on: date) -> Problem | None:
    if record.missing_since is None:
        return None
    return fault(record, "missing_already", "W4", _("it is missing already"), _("Scan again."))


def has_resurfaced(record: Record, _change: Any, _on: date) -> Problem | None:
    if record.resurfaced_at is not None:
        return None
    return fault(record, "not_resurfaced", "W5", _("it did not appear again"), _("There is nothing to decide."))


def differs(record: Record, change: events.Altered, _on: date) -> Problem | None:
    if change.digest != record.digest:
        return None
    return fault(record, "not_altered", "W3", _("the content is what was filed"), _("Scan again."))


def not_held_by_this(record: Record, change: events.Held, _on: date) -> Problem | None:
    if change.hold_id not in record.holds:
        return None
    message = _("hold {holds} covers it already").format(holds=change.hold_id)
    return fault(record, "held_already", "D3", message, _("There is nothing to do."))


def held_by_this(record: Record, change: events.Released, _on: date) -> Problem | None:
    if change.hold_id in record.holds:
        return None
    message = _("hold {holds} does not cover it").format(holds=change.hold_id)
    return fault(record, "not_held", "D3", message, _("There is nothing to do."))


def new_term_with_reason(record: Record, change: events.Extended, on: date) -> Problem | None:
    """R5: keeping longer needs a term that says how long, and why; it never shortens an earlier one."""
    if not (change.term.known and change.reason.strip()):
        message = _("keeping longer needs a new term and a reason")
        return fault(record, "extension", "R5", message, _("Write for example 2年, or 永久, and why."))
    before = record.extension
    if before is None or _end(on, change.term) >= _end(before.appraised_on, before.term):
        return None
    message = _("the new term ends earlier than the one given on {day}").format(day=before.appraised_on)
    return fault(record, "extension", "R5", message, _("Give a term that ends later."))


def _end(appraised_on: date, term: Term) -> date:
    return last_kept_day(appraised_on, Rule(term, Start.ANNIVERSARY)) or date.max


def fault(record: Record, code: str, clause: str, message: str, hint: str | Remedy) -> Problem:
    """A problem with a record."""
    return Problem(Place(record=record.id), message, hint, f"lifecycle.{code}", clause)
