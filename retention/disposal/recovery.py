"""After a process died: what became of each attempt that has no outcome, found out and written once (D7).

A file is in its place, in quarantine, put back beside its place, or in none of these; what lies there is what was
approved or something else. Nothing is called destroyed at a moment that nobody saw. Attempt 1 of record 17, 月报.docx::

    the ledger says    in quarantine 17.1   at 月报.docx        → what is written
    intended           the approved file    –                   → quarantined: the move was not told
    intended           –                    the approved file   → nothing yet: go on, or abort where a guard fails now
    intended           another content      –                   → put back, aborted, altered
    quarantined        –                    any file            → restored: putting back was not told
    any of these       –                    –                   → destroyed, the moment of removal not observed
    unlinking          –                    another content     → the same: another file came later
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from foundation.language import _
from retention.disposal import steps
from retention.disposal.quarantine import FileFault, FileFound, FilePlace
from retention.errors import Place, Problem
from retention.ledger import proving
from retention.ledger.ledger import Draft
from retention.ledger.view import View, chunks
from retention.rules import events
from retention.rules.model import Item, Outcome, Record, State


class _Fate(Enum):
    """What recovery finds of an attempt without an outcome."""

    MOVED = "moved"  # in quarantine, unharmed, though nobody wrote so
    CHANGED = "changed"  # in quarantine, but not what was approved
    RESUMED = "resumed"  # at its place, unharmed: nothing has happened yet
    KEPT = "kept"  # on the share, changed or put beside its place
    RESTORED = "restored"  # put back from quarantine, though nobody wrote so
    LOST = "lost"  # in neither place
    UNKNOWN = "unknown"  # the system refuses to look


def settle(run: steps.Run) -> bool:
    """One outcome for every attempt that has none and is not simply waiting in quarantine (D7). Was there one?"""
    unsettled = [item for item in run.found.open_items if item.attempt is not None and not _simply_waits(run, item)]
    for group in chunks(unsettled, steps.GROUP):
        _recovered(run, group)
        run.files.let_go()
    return bool(unsettled)


def _simply_waits(run: steps.Run, item: Item) -> bool:
    place = FilePlace(item.record_id, item.share, item.path, item.attempt or 0)
    return item.state is State.QUARANTINED and run.files.waits(place)


def _recovered(run: steps.Run, items: Sequence[Item]) -> None:
    with run.ledger.read() as view:
        proven = proving.proven(view, (item.record_id for item in items))
        records = {key: each.record for key, each in proven.items()}
        copies = view.copies(records.values())
    places = {item.record_id: steps.place_of(records[item.record_id], item.attempt or 0) for item in items}
    seen = {item.record_id: _fate(run, item, records[item.record_id], places[item.record_id]) for item in items}
    other = [places[key] for key, trace in seen.items() if trace.fate is _Fate.CHANGED]
    back = run.files.put_back(other) if other else {}
    run.problems += steps.stuck(back)
    told: list[Draft] = []
    for key, trace in seen.items():
        if trace.fate is _Fate.LOST:
            outcome = events.Destroyed(Outcome.UNOBSERVED, places[key].attempt, steps.copies_there(run, copies[key]))
            told.append(Draft(key, outcome))
        else:
            told += _outcome(run, records[key], places[key], trace, back.get(key, trace.path))
    if told:
        run.problems += steps.aborts(run.commit(lambda _view: told, "recovered"))
    run.problems += [_unknown(places[key], trace.found) for key, trace in seen.items() if trace.fate is _Fate.UNKNOWN]
    steps.give_back_held(run, [places[key] for key, trace in seen.items() if trace.fate is _Fate.MOVED])
    _resume(run, [item for item in items if seen[item.record_id].fate is _Fate.RESUMED])


class _Trace(NamedTuple):
    """The fate of an attempt, what was found of its file, and at which path of the share."""

    fate: _Fate
    found: FileFound
    path: str = ""


def _fate(run: steps.Run, item: Item, record: Record, place: FilePlace) -> _Trace:
    inside = run.files.inside(place)
    beside, here = run.files.at_place(place, place.beside), run.files.at_place(place)
    for found in (inside, beside, here):
        if found.fault is FileFault.REFUSED:
            return _Trace(_Fate.UNKNOWN, found)
    if inside.fault is not FileFault.ABSENT:
        return _Trace(_Fate.MOVED if _is(record, inside) else _Fate.CHANGED, inside)
    if beside.fault is not FileFault.ABSENT:  # a name that only this attempt gives
        return _Trace(_Fate.RESTORED if item.state is State.QUARANTINED else _Fate.KEPT, beside, place.beside)
    if here.fault is FileFault.ABSENT or (item.unlinking and not _is(record, here)):
        return _Trace(_Fate.LOST, here)
    if item.state is State.QUARANTINED:
        return _Trace(_Fate.RESTORED, here, place.path)
    return _Trace(_Fate.RESUMED if _is(record, here) else _Fate.KEPT, here, place.path)


def _is(record: Record, found: FileFound) -> bool:
    return found.fault is None and found.digest == record.digest


def _outcome(run: steps.Run, record: Record, place: FilePlace, trace: _Trace, path: str | FileFound) -> Iterator[Draft]:
    """The events that tell it; none where it is not over, or not known."""
    match trace.fate:
        case _Fate.MOVED:
            yield Draft(record.id, events.Quarantined(place.attempt, trace.found.digest, run.files.path_of(place)))
        case _Fate.RESTORED:
            elsewhere = place.elsewhere(trace.path)
            yield Draft(record.id, events.Restored(place.attempt, _("found on the share on recovery"), elsewhere))
            yield from steps.changed(record, trace.found)
        case _Fate.KEPT | _Fate.CHANGED if isinstance(path, str):
            yield from steps.aborted(record, place, trace.found, path)


def _resume(run: steps.Run, items: Sequence[Item]) -> None:
    """Go on with what is at its place unharmed, or cancel it where a guard fails now."""
    if not items:
        return
    passed: list[FilePlace] = []

    def decide(view: View) -> Iterator[Draft]:
        passed.clear()
        now = view.proven_list(run.found.id)
        for item, record, _attempts, faults in steps.judged(view, run, now, items):
            attempt = item.attempt or 0
            if not faults:
                passed.append(steps.place_of(record, attempt))
                continue
            yield steps.refusal(record.id, events.DestroyIntended.kind, faults)
            yield Draft(record.id, events.DestroyAborted(attempt, faults[0].message))

    run.problems += steps.refusals(run.commit(decide, "resumed"))
    steps.taken(run, passed)


def _unknown(place: FilePlace, found: FileFound) -> Problem:
    where, hint = Place(record=place.record_id), _("See that this account may read there, and try again.")
    message = _("what became of it could not be found out: {reason}").format(reason=found.words)
    return Problem(where, message, hint, "disposal.unknown_fate", "D7")
