"""销毁: what was approved is moved into quarantine, waits there, and is removed; or brought back; or was done by hand.

What forbids a run is asked first, as a whole: the approval and its days, the person, the clock, the shares, what was
typed. What forbids a single file lets that item leave the list, and is written down. Steps of a group of files:
:mod:`retention.disposal.steps`; what a lost process left open: :mod:`retention.disposal.recovery`, with
which every run begins.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from foundation.language import _
from retention.acts import accounts
from retention.disposal.approval import clock_faults, expire, find, list_fault, refuse, released
from retention.disposal.quarantine import MOVES_FILES, FileFault, FilePlace, Quarantine
from retention.disposal.recovery import settle
from retention.disposal.steps import GROUP, Run, copies_there, give_back, judged, place_of, remove, take_in, to_take
from retention.errors import Place, Problem, RefusedError, Remedy
from retention.ledger.ledger import Attempt, Draft, Ledger, Stamp
from retention.ledger.view import View, chunks
from retention.rules import disposal_lists as lists
from retention.rules import events, guards
from retention.rules.model import DisposalList, Item, ListState, Outcome, State, Wish
from retention.rules.people import Role

SAMPLE = 20
"""Kept records looked for before a share without a quarantine is believed to be the one it was (W8)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person says and types: which list, how many of its items (R4), how and where they are destroyed."""

    number: str
    count: int
    method: str
    place: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. ``waiting_until``: the day from which the next of what waits in quarantine may be removed."""

    number: str
    state: ListState
    quarantined: int = 0
    destroyed: int = 0
    restored: int = 0
    left: int = 0
    waiting: int = 0
    waiting_until: date | None = None
    problems: tuple[Problem, ...] = ()


def _nowhere(_point: str) -> None:
    """Nothing is to be told about the points a run passes."""


# --- executing --------------------------------------------------------------------------------------------------


def execute(
    ledger: Ledger, stamp: Stamp, order: Order, roots: Mapping[str, Path], *, at: Callable[[str], None] = _nowhere
) -> Report:
    """Destroy what was approved: into quarantine, and out of it for good where its days are over. Archivists only.

    ``order`` counts the items that are still to go (R4). RefusedError where the
    list, its approval, its days, the clock or a share forbid the run; a single item that something forbids leaves the
    list, with its reason. LedgerError where the ledger cannot be written: then nothing was moved (D8).
    """
    expire(ledger, stamp)
    change = events.ListExecuting(order.method, order.place)
    with _run(ledger, stamp, order.number, roots, at) as run:
        found = run.found
        faults = [*_system_faults(run), *_share_faults(run), *_count_faults(found, order)]

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST)
            now = replace(view.proven_list(found.id), items=found.items)
            refuse([*faults, *_faults(view, now, stamp), *_text_faults(now, order)])
            if now.state is ListState.APPROVED or stamp.actor.name not in now.executors:
                yield Draft(now.id, change)

        ledger.commit(decide, stamp, attempt=Attempt(found.id, change.kind))
        at("begun")
        _claimed(run)
        if settle(run):
            run.items()
        take_in(run, [item for item in run.found.open_items if to_take(item)])
        remove(run, [item for item in run.items().open_items if _ripe(run.found, item, stamp.on)])
        _finish(run)
        return _report(run)


@contextmanager
def _run(
    ledger: Ledger, stamp: Stamp, number: str, roots: Mapping[str, Path], at: Callable[[str], None] = _nowhere
) -> Iterator[Run]:
    """A run over the list with this number; what it opened on the shares is closed at its end."""
    with ledger.read() as view:
        found = find(view, number)
    with Quarantine(roots, found.number, at) as files:
        yield Run(ledger, stamp, found, files, at)


def _ripe(found: DisposalList, item: Item, on: date) -> bool:
    return item.state is State.QUARANTINED and _free_on(found, item) <= on


def _free_on(found: DisposalList, item: Item) -> date:
    """The first day on which what is in quarantine may be removed."""
    return (item.quarantined_on or found.drafted_on) + timedelta(days=found.policy.quarantine_days)


def _faults(view: View, found: DisposalList, stamp: Stamp) -> Iterator[Problem]:
    """What forbids executing a list today (D1, D2, D5, T4)."""
    yield from clock_faults(view, stamp.at)
    approval = found.approval
    if found.state not in {ListState.APPROVED, ListState.EXECUTING} or approval is None:
        message = _("the list is {state}").format(state=lists.state_name(found.state))
        rule = "D5" if found.state in {ListState.EXPIRED, ListState.EXECUTED, ListState.WITNESSED} else "D1"
        yield list_fault(found, "not_approved", rule, message, _("Only an approved list is executed, and once."))
        return
    if stamp.on < approval.not_before:
        message = _("the cooling-off lasts until {day}").format(day=approval.not_before)
        yield list_fault(found, "cooling_off", "D5", message, _("Execute it on that day or later."))
    if approval.by in found.proposers:
        yield list_fault(found, "own_list", "D1", _("who proposed it approved it"), _("Withdraw it, and draft anew."))
    if not found.digest == approval.digest == lists.digest_of(found.covered):
        message = _("this is not the list that was approved")
        yield list_fault(found, "digest", "D2", message, Remedy("ledger.keep"))


def _count_faults(found: DisposalList, order: Order) -> Iterator[Problem]:
    """R4: the number and the count as a person typed them."""
    still = len([item for item in found.open_items if item.decision is Wish.DESTROY])
    message = _("number or count typed do not fit: the list is {number}, and {count} of its items are still to go")
    yield from _typed_faults(found, order, still, message)


def _typed_faults(found: DisposalList, order: Order, count: int, message: str) -> Iterator[Problem]:
    if (order.number, order.count) != (found.number, count):
        told = message.format(number=found.number, count=count)
        yield list_fault(found, "typed", "R4", told, _("Look at the list, and type both."))


def _text_faults(found: DisposalList, order: Order) -> Iterator[Problem]:
    if not (order.method.strip() and order.place.strip()):
        message = _("how and where it is destroyed is not said")
        yield list_fault(found, "method", "4.0", message, _("Name the method and the place."))


def _system_faults(run: Run) -> Iterator[Problem]:
    """Where nobody has seen that moving without replacing works, nothing is begun (docs/platforms.md)."""
    if not MOVES_FILES:
        yield list_fault(run.found, "share", "D6", os.strerror(errno.ENOTSUP), Remedy("destruction.record"))


def _share_faults(run: Run) -> Iterator[Problem]:
    """A share that cannot be reached, or is not the one it was, tells nothing about its files (W8)."""
    for share in sorted({item.share for item in run.found.open_items}):
        if not run.files.knows(share):
            yield _share_fault(share, _("it is not among the shares of the settings"), "W8")
            continue
        try:
            if not (run.files.exists(share) or _known_there(run, share)):
                yield _share_fault(share, _("none of the documents known on it is there"), "W8")
        except OSError as error:
            yield _share_fault(share, error.strerror or str(error), "W8")


def _share_fault(share: str, message: str, rule: str) -> Problem:
    where, hint = Place(part=_("share {name}").format(name=share)), _("Connect the share as it was, and try again.")
    return Problem(where, message, hint, "disposal.share", rule)


def _known_there(run: Run, share: str) -> bool:
    """Whether at least half of a few records that should be on the share are there; or it holds anything at all."""
    with run.ledger.read() as view:
        known = view.kept_on(share, SAMPLE)
    places = [FilePlace(record.id, share, record.path, 0) for record in known]
    there = sum(run.files.there(place).fault is not FileFault.ABSENT for place in places)
    return 2 * there >= len(places) if places else not run.files.empty(share)


# --- giving back, and what people did by hand -------------------------------------------------------------------


def restore(  # noqa: PLR0913 - which list, which of it, why, where
    ledger: Ledger,
    stamp: Stamp,
    number: str,
    reason: str,
    roots: Mapping[str, Path],
    *,
    record_ids: Collection[str] = (),
    at: Callable[[str], None] = _nowhere,
) -> Report:
    """Take files back out of quarantine to where they were: those named, or all of the list. Archivists, approvers.

    They leave the list and are kept. RefusedError where one is not in quarantine, or a share is away.
    """
    with _run(ledger, stamp, number, roots, at) as run:
        found = run.found
        faults = [*_system_faults(run), *_share_faults(run)]

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST, Role.APPROVER)
            refuse([*faults, *_restore_faults(find(view, found.id), record_ids, reason)])
            yield from ()

        ledger.commit(decide, stamp, attempt=Attempt(found.id, events.Restored.kind))
        _claimed(run)
        settle(run)
        wanted = [item for item in run.items().open_items if item.state is State.QUARANTINED]
        for group in chunks([item for item in wanted if not record_ids or item.record_id in record_ids], GROUP):
            with ledger.read() as view:
                records = view.records_by_id(item.record_id for item in group)
            places = [place_of(records[item.record_id], item.attempt or 0) for item in group]
            give_back(run, dict.fromkeys(places, reason.strip()))
        _finish(run)
        return _report(run)


def _restore_faults(found: DisposalList, record_ids: Collection[str], reason: str) -> Iterator[Problem]:
    waiting = {item.record_id for item in found.open_items if item.state is State.QUARANTINED}
    if not reason.strip():
        yield list_fault(found, "reason", "4.0", _("a reason, or a statement, is missing"), _("Say why, in words."))
    if not waiting:
        message = _("nothing of it is in quarantine")
        yield list_fault(found, "not_quarantined", "D7", message, _("What was removed cannot be brought back."))
    for record_id in sorted(set(record_ids) - waiting):
        message = _("record {id} is not in quarantine").format(id=record_id)
        yield list_fault(found, "not_quarantined", "D7", message, Remedy("list.look"))


def record_by_hand(
    ledger: Ledger, stamp: Stamp, order: Order, roots: Mapping[str, Path], *, record_ids: Collection[str] = ()
) -> Report:
    """Record what people destroyed themselves: those named, or all of the list that was approved. Archivists only.

    Every file is looked for first: RefusedError names each that is still there, or cannot be looked for, and nothing is
    recorded. ``order`` counts the records meant (R4). No hold is passed over (D3).
    """
    expire(ledger, stamp)
    change = events.ListExecuting(order.method, order.place, by_hand=True)
    with _run(ledger, stamp, order.number, roots) as run:
        found = run.found
        chosen = [
            item for item in found.open_items if to_take(item) and item.record_id in (record_ids or {item.record_id})
        ]
        faults = [*_share_faults(run), *_by_hand_faults(found, order, chosen, record_ids)]
        faults = faults or list(_still_there(run, chosen))
        copies = {} if faults else _copies_by_hand(run, chosen)

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST)
            now = find(view, found.id)
            refuse([*faults, *_faults(view, now, stamp), *_text_faults(now, order)])
            against = [fault for each in judged(view, run, now, chosen) for fault in each.faults]
            refuse([fault for fault in against if fault.code != "lifecycle.missing"])
            yield Draft(now.id, change)
            for item in chosen:
                yield Draft(item.record_id, events.Destroyed(Outcome.BY_HAND, None, copies[item.record_id]))

        run.tally.update(
            entry.event.kind for entry in ledger.commit(decide, stamp, attempt=Attempt(found.id, change.kind))
        )
        _finish(run)
        return _report(run)


def _by_hand_faults(
    found: DisposalList, order: Order, chosen: Sequence[Item], record_ids: Collection[str]
) -> Iterator[Problem]:
    message = _("number or count typed do not fit: the list is {number}, and {count} records are meant")
    yield from _typed_faults(found, order, len(chosen), message)
    for record_id in sorted(set(record_ids) - {item.record_id for item in chosen}):
        message = _("record {id} was not approved, or an attempt of ours is open").format(id=record_id)
        yield list_fault(found, "not_approved", "D1", message, Remedy("list.look"))


def _still_there(run: Run, items: Iterable[Item]) -> Iterator[Problem]:
    """D11: absence is confirmed by looking, and by nothing else."""
    with run.ledger.read() as view:
        records = view.records_by_id(item.record_id for item in items)
    for record in records.values():
        found = run.files.there(place_of(record, 0))
        if found.fault is not FileFault.ABSENT:
            message = found.words if found.fault is FileFault.REFUSED else _("it is still there: {path}")
            hint = _("Record it when it is gone.")
            yield guards.fault(record, "still_there", "D11", message.format(path=record.path), hint)


def _copies_by_hand(run: Run, items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    chosen = {item.record_id for item in items}
    with run.ledger.read() as view:
        copies = view.copies(view.records_by_id(chosen).values())
    return {key: copies_there(run, [each for each in found if each.id not in chosen]) for key, found in copies.items()}


# --- recovery ---------------------------------------------------------------------------------------------------


def recover(
    ledger: Ledger, stamp: Stamp, roots: Mapping[str, Path], *, at: Callable[[str], None] = _nowhere
) -> tuple[Report, ...]:
    """Find out what became of every open intent, of all lists, and write its outcome (D7). Archivists only.

    A share that is away tells nothing: its intents stay open, as a problem.
    """
    with ledger.read() as view:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        numbers = [found.number for found in view.disposal_lists(ListState.EXECUTING)]
    return tuple(_recover_list(ledger, stamp, number, roots, at) for number in numbers)


def _recover_list(
    ledger: Ledger, stamp: Stamp, number: str, roots: Mapping[str, Path], at: Callable[[str], None]
) -> Report:
    with _run(ledger, stamp, number, roots, at) as run:
        run.problems += [*_system_faults(run), *_share_faults(run)]
        if not run.problems:
            _claimed(run)
            settle(run)
            _finish(run)
        return _report(run)


def _claimed(run: Run) -> None:
    """Its quarantines made and kept from any other process, and the list as it is since then."""
    for share in sorted({item.share for item in run.found.open_items}):
        run.files.prepare(share)
        try:
            run.files.claim(share)
        except BlockingIOError:
            message = _("another process is executing it")
            raise RefusedError(list_fault(run.found, "busy", "D7", message, _("Wait until it has ended."))) from None
    run.items()


# --- the end of a run -------------------------------------------------------------------------------------------


def _finish(run: Run) -> None:
    """When nothing waits any more the list is executed, or nothing of it could be; what expired meanwhile leaves it."""

    def decide(view: View) -> Iterator[Draft]:
        now = view.proven_list(run.found.id)
        if now.state is not ListState.EXECUTING or now.approval is None:
            return
        still = view.open_items(now.id)
        late = run.stamp.on > now.approval.expires_on
        over = [item for item in still if late and item.state is State.APPROVED and item.attempt is None]
        yield from released(over, _("the approval has expired"))
        if len(over) < len(still):
            return
        if destroyed := view.gone_of(now.id):
            yield Draft(now.id, events.ListExecuted(destroyed))
        else:
            yield Draft(now.id, events.ListWithdrawn(_("nothing of it was destroyed")))

    run.commit(decide, "finished")


def _report(run: Run) -> Report:
    with run.ledger.read() as view:
        now = view.proven_list(run.found.id)
        waiting = [item for item in view.open_items(now.id) if item.state is State.QUARANTINED]
    tally = run.tally
    return Report(
        number=now.number,
        state=now.state,
        quarantined=tally[events.Quarantined.kind],
        destroyed=tally[events.Destroyed.kind],
        restored=tally[events.Restored.kind],
        left=sum(tally[change.kind] for change in (events.Restored, events.DestroyAborted, events.Unlisted)),
        waiting=len(waiting),
        waiting_until=min((_free_on(now, item) for item in waiting), default=None),
        problems=tuple(run.problems),
    )
