"""After a process died: what became of each attempt that has no outcome, found out and written once (D7).

A file is in its place, in quarantine, put back beside its place, or in none of these; what lies there is what was
approved or something else. Nothing is called destroyed at a moment that nobody saw.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from foundation.language import _
from retention.disposal.quarantine import Fault, Found, Place
from retention.disposal.steps import (
    GROUP,
    Run,
    aborted,
    aborts,
    changed,
    copies_there,
    give_back_held,
    judged,
    place_of,
    refusals,
    stuck,
    taken,
)
from retention.errors import Problem
from retention.ledger import proving
from retention.ledger.ledger import Draft
from retention.ledger.view import chunks
from retention.rules.events import (
    ActRefused,
    DestroyAborted,
    Destroyed,
    DestroyIntended,
    Quarantined,
    Restored,
)
from retention.rules.model import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retention.ledger.view import View
    from retention.rules.model import Item, Record


class _Fate(Enum):
    """What recovery finds of an attempt without an outcome."""

    MOVED = "moved"  # in quarantine, unharmed, though nobody wrote so
    CHANGED = "changed"  # in quarantine, but not what was approved
    RESUMED = "resumed"  # at its place, unharmed: nothing has happened yet
    KEPT = "kept"  # on the share, changed or put beside its place
    RESTORED = "restored"  # put back from quarantine, though nobody wrote so
    LOST = "lost"  # in neither place
    UNKNOWN = "unknown"  # the system refuses to look


def settle(run: Run) -> bool:
    """One outcome for every attempt that has none and is not simply waiting in quarantine (D7). Was there one?"""
    unsettled = [item for item in run.found.open_items if item.attempt is not None and not _simply_waits(run, item)]
    for group in chunks(unsettled, GROUP):
        _recovered(run, group)
        run.files.let_go()
    return bool(unsettled)


def _simply_waits(run: Run, item: Item) -> bool:
    place = Place(item.record_id, item.share, item.path, item.attempt or 0)
    return item.state is State.QUARANTINED and run.files.waits(place)


def _recovered(run: Run, items: Sequence[Item]) -> None:
    with run.ledger.read() as view:
        proven = proving.proven(view, (item.record_id for item in items))
        records = {key: each.record for key, each in proven.items()}
        copies = view.copies(records.values())
    places = {item.record_id: place_of(records[item.record_id], item.attempt or 0) for item in items}
    seen = {item.record_id: _fate(run, item, records[item.record_id], places[item.record_id]) for item in items}
    changed = [places[key] for key, trace in seen.items() if trace.fate is _Fate.CHANGED]
    back = run.files.put_back(changed) if changed else {}
    run.problems += stuck(back)
    told: list[Draft] = []
    for key, trace in seen.items():
        if trace.fate is _Fate.LOST:
            outcome = Destroyed(Outcome.UNOBSERVED, places[key].attempt, copies_there(run, copies[key]))
            told.append(Draft(key, outcome))
        else:
            told += _outcome(run, records[key], places[key], trace, back.get(key, trace.path))
    if told:
        run.problems += aborts(run.commit(lambda _view: told, "recovered"))
    run.problems += [_unknown(places[key], trace.found) for key, trace in seen.items() if trace.fate is _Fate.UNKNOWN]
    give_back_held(run, [places[key] for key, trace in seen.items() if trace.fate is _Fate.MOVED])
    _resume(run, [item for item in items if seen[item.record_id].fate is _Fate.RESUMED])


class _Trace(NamedTuple):
    """The fate of an attempt, what was found of its file, and at which path of the share."""

    fate: _Fate
    found: Found
    path: str = ""


def _fate(run: Run, item: Item, record: Record, place: Place) -> _Trace:
    inside = run.files.inside(place)
    beside, here = run.files.at_place(place, place.beside), run.files.at_place(place)
    for found in (inside, beside, here):
        if found.fault is Fault.REFUSED:
            return _Trace(_Fate.UNKNOWN, found)
    if inside.fault is not Fault.ABSENT:
        return _Trace(_Fate.MOVED if _is(record, inside) else _Fate.CHANGED, inside)
    if beside.fault is not Fault.ABSENT:  # a name that only this attempt gives
        return _Trace(_Fate.RESTORED if item.state is State.QUARANTINED else _Fate.KEPT, beside, place.beside)
    if here.fault is Fault.ABSENT or (item.unlinking and not _is(record, here)):
        return _Trace(_Fate.LOST, here)
    if item.state is State.QUARANTINED:
        return _Trace(_Fate.RESTORED, here, place.path)
    return _Trace(_Fate.RESUMED if _is(record, here) else _Fate.KEPT, here, place.path)


def _is(record: Record, found: Found) -> bool:
    return found.fault is None and found.digest == record.digest


def _outcome(run: Run, record: Record, place: Place, trace: _Trace, path: str | Found) -> Iterator[Draft]:
    """The events that tell it; none where it is not over, or not known."""
    elsewhere = path if isinstance(path, str) and path != place.path else ""
    match trace.fate:
        case _Fate.MOVED:
            yield Draft(record.id, Quarantined(place.attempt, trace.found.digest, run.files.path_of(place)))
        case _Fate.RESTORED:
            yield Draft(record.id, Restored(place.attempt, _("found on the share on recovery"), elsewhere))
            yield from changed(record, trace.found)
        case _Fate.KEPT | _Fate.CHANGED if isinstance(path, str):
            yield from aborted(record, place, trace.found, path)


def _resume(run: Run, items: Sequence[Item]) -> None:
    """Go on with what is at its place unharmed, or cancel it where a guard fails now."""
    if not items:
        return
    passed: list[Place] = []

    def decide(view: View) -> Iterator[Draft]:
        passed.clear()
        now = view.proven_list(run.found.id)
        for item, record, _attempts, faults in judged(view, run, now, items):
            attempt = item.attempt or 0
            if not faults:
                passed.append(place_of(record, attempt))
                continue
            rules = tuple(fault.clause for fault in faults)
            yield Draft(record.id, ActRefused(DestroyIntended.kind, rules, "\n".join(map(str, faults))))
            yield Draft(record.id, DestroyAborted(attempt, faults[0].message))

    run.problems += refusals(run.commit(decide, "resumed"))
    taken(run, passed)


def _unknown(place: Place, found: Found) -> Problem:
    where, hint = _("record {id}").format(id=place.record_id), _("See that this account may read there, and try again.")
    message = _("what became of it could not be found out: {reason}").format(reason=found.words)
    return Problem(where, message, hint, "disposal.unknown_fate", "D7")
