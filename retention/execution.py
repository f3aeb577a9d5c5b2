"""销毁: what was approved is moved into quarantine, waits there, and is removed; step by step as docs/design.md says.

Each step is first intended in the ledger, then done, then told with what was observed; files go in groups, with the
same guarantees for each. Where a hold and a removal meet, the hold wins: removal happens while this process holds the
writers' lock, after a last look at the holds, and its outcome is written in the same transaction. A hold that comes
while that lock is held finds the record destroyed, and is told so (D3).

Whenever the process dies, the next run finds out what became of each open intent, and writes one outcome for it (D7).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from i18n import _
from retention import accounts, disposal, guards, lists
from retention.disposal import clock_faults, day_faults, find, list_fault, refuse, released, standing_faults
from retention.errors import Problem, RefusedError
from retention.events import (
    ActRefused,
    Altered,
    DestroyAborted,
    Destroyed,
    DestroyIntended,
    ListExecuted,
    ListExecuting,
    ListWithdrawn,
    Missed,
    Quarantined,
    Restored,
    UnlinkIntended,
    Unlisted,
)
from retention.ledger import Draft
from retention.model import ListState, Outcome, Role, State, Wish
from retention.quarantine import Fault, Found, Place, Quarantine
from retention.reckoning import reckonings
from retention.view import chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from retention.ledger import Ledger, Stamp
    from retention.model import DisposalList, Item, Record
    from retention.projection import Entry
    from retention.view import View

GROUP = 500
"""Files that share a transaction: enough to share its sync, few enough to keep other writers waiting but briefly."""

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


@dataclass(slots=True)
class _Run:
    """One run over one list: by whose hand, where the shares are, and what was met with on the way."""

    ledger: Ledger
    stamp: Stamp
    found: DisposalList
    files: Quarantine
    at: Callable[[str], None]
    problems: list[Problem] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)

    def commit(self, decide: Callable[[View], Iterable[Draft]], point: str) -> tuple[Entry, ...]:
        """Write, and pass two points: before anything is in the database, and when all of it is durable."""

        def told(view: View) -> Iterator[Draft]:
            yield from decide(view)
            self.at(f"{point}.writing")

        written = self.ledger.commit(told, self.stamp)
        self.tally.update(entry.event.kind for entry in written)
        self.at(point)
        return written

    def items(self) -> DisposalList:
        """The list as it is now."""
        with self.ledger.read() as view:
            self.found = find(view, self.found.id)
        return self.found


# --- executing --------------------------------------------------------------------------------------------------


def execute(
    ledger: Ledger, stamp: Stamp, order: Order, roots: Mapping[str, Path], *, at: Callable[[str], None] = _nowhere
) -> Report:
    """Destroy what was approved: into quarantine, and out of it for good where its days are over. Archivists only.

    ``order`` counts the items that are still to go (R4). RefusedError where the
    list, its approval, its days, the clock or a share forbid the run; a single item that something forbids leaves the
    list, with its reason. LedgerError where the ledger cannot be written: then nothing was moved (D8).
    """
    disposal.expire(ledger, stamp)
    with ledger.read() as view:
        found = find(view, order.number)
    change = ListExecuting(order.method, order.place)
    with Quarantine(roots, found.number, at) as files:
        run = _Run(ledger, stamp, found, files, at)
        faults = [*_share_faults(run, roots), *_count_faults(found, order)]

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST)
            now = replace(view.proven_list(found.id), items=found.items)
            refuse([*faults, *_faults(view, now, stamp), *_text_faults(now, order)])
            if now.state is ListState.APPROVED or stamp.actor.name not in now.executors:
                yield Draft(now.id, change)

        ledger.commit(decide, stamp, attempt=Draft(found.id, change))
        at("begun")
        _claimed(run)
        if _recover(run):
            run.items()
        _take_in(run, [item for item in run.found.open_items if _to_take(item)])
        _remove(run, [item for item in run.items().open_items if _ripe(run.found, item, stamp.on)])
        _finish(run)
        return _report(run)


def _to_take(item: Item) -> bool:
    """D9: only what its own decision wants destroyed."""
    return item.state is State.APPROVED and item.attempt is None and item.decision is Wish.DESTROY


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
        yield list_fault(found, "digest", "D2", message, _("Leave everything as it is: `guidang audit verify`."))


def _count_faults(found: DisposalList, order: Order) -> Iterator[Problem]:
    """R4: the number and the count as a person typed them."""
    still = len([item for item in found.open_items if item.decision is Wish.DESTROY])
    if (order.number, order.count) != (found.number, still):
        message = _("number or count typed do not fit: the list is {number}, and {count} of its items are still to go")
        told = message.format(number=found.number, count=still)
        yield list_fault(found, "typed", "R4", told, _("Look at the list, and type both."))


def _text_faults(found: DisposalList, order: Order) -> Iterator[Problem]:
    if not (order.method.strip() and order.place.strip()):
        message = _("how and where it is destroyed is not said")
        yield list_fault(found, "method", "4.0", message, _("Name the method and the place."))


def _share_faults(run: _Run, roots: Mapping[str, Path]) -> Iterator[Problem]:
    """A share that cannot be reached, or is not the one it was, tells nothing about its files (W8)."""
    for share in sorted({item.share for item in run.found.open_items}):
        if share not in roots:
            yield _share_fault(share, _("it is not among the shares of the settings"), "W8")
            continue
        try:
            if not (run.files.exists(share) or _known_there(run, share)):
                yield _share_fault(share, _("none of the documents known on it is there"), "W8")
        except OSError as error:
            yield _share_fault(share, error.strerror or str(error), "W8")


def _share_fault(share: str, message: str, rule: str) -> Problem:
    where, hint = _("share {name}").format(name=share), _("Connect the share as it was, and try again.")
    return Problem(where, message, hint, "disposal.share", rule)


def _known_there(run: _Run, share: str) -> bool:
    """Whether at least half of a few records that should be on the share are there; or it holds anything at all."""
    with run.ledger.read() as view:
        known = view.kept_on(share, SAMPLE)
    places = [Place(record.id, share, record.path, 0) for record in known]
    there = sum(run.files.there(place).fault is not Fault.ABSENT for place in places)
    return 2 * there >= len(places) if places else not run.files.empty(share)


# --- steps 1 to 3: into quarantine ------------------------------------------------------------------------------


def _take_in(run: _Run, items: Sequence[Item]) -> None:
    for share in sorted({item.share for item in items}):
        run.files.prepare(share)
    for group in chunks(items, GROUP):
        places = _intended(run, group)
        run.at("intended")
        run.files.let_go()
        _taken(run, places)
        run.files.let_go()


def _intended(run: _Run, items: Sequence[Item]) -> list[Place]:
    """Step 1: every guard, and the intents of those that pass, in one transaction; what does not pass leaves the list.

    What is not there at all stays on the list: people may have destroyed it, or it was moved.
    """
    wanted = {item.record_id: item for item in items}
    with run.ledger.read() as view:
        places = {record.id: _place(record, 0) for record in view.records_by_id(wanted).values()}
    seen = {record_id: run.files.there(place) for record_id, place in places.items()}
    present = [item for item in items if seen[item.record_id].fault is not Fault.ABSENT]
    run.problems += [_absent(item) for item in items if seen[item.record_id].fault is Fault.ABSENT]

    def decide(view: View) -> Iterator[Draft]:
        now = view.proven_list(run.found.id)
        for item, record, attempts, faults in _judged(view, run, now, present):
            found = seen[item.record_id]
            if found.fault is not None:
                faults.append(guards.fault(record, "file", "D6", found.words, _("Only a plain file is destroyed.")))
            if faults:
                yield from _left_out(record.id, DestroyIntended.kind, faults)
            else:
                yield Draft(record.id, DestroyIntended(now.id, item.digest, attempts + 1))

    written = run.commit(decide, "intent")
    run.problems += _refusals(written)
    return [
        places[entry.event.subject]._replace(attempt=entry.event.change.attempt)
        for entry in written
        if isinstance(entry.event.change, DestroyIntended)
    ]


class _Judged(NamedTuple):
    """An item, its record, how often it was tried before, and what forbids to destroy it now."""

    item: Item
    record: Record
    attempts: int
    faults: list[Problem]


def _judged(view: View, run: _Run, now: DisposalList, items: Iterable[Item]) -> Iterator[_Judged]:
    """Each item with its record replayed from events, and all that forbids destroying it now (D1, D3, D4, D9, D12)."""
    proven = view.proven(item.record_id for item in items)
    day = dict(reckonings((each.record for each in proven.values()), view.adoptions()))
    frozen = frozenset(now.frozen)
    refused = {each.record_id for each in now.approval.refused} if now.approval else frozenset()
    for item in items:
        record, mine, _attempts = proven[item.record_id]
        faults = [*standing_faults(record, run.stamp), *day_faults(record, day[record], run.stamp.on)]
        if mine != item or record.list_id != now.id or record.id not in frozen - refused:
            message = _("the approval does not cover it")
            faults.append(guards.fault(record, "not_covered", "D1", message, _("Put it on a new list.")))
        elif record.digest != item.digest or item.decision is not Wish.DESTROY:
            message = _("nobody decided to destroy this content")
            faults.append(guards.fault(record, "not_decided", "D9", message, _("Put it on a new list.")))
        if now.approval is None or (run.stamp.on > now.approval.expires_on and record.state is State.APPROVED):
            message = _("the approval has expired")
            faults.append(guards.fault(record, "expired", "D5", message, _("Put it on a new list.")))
        yield _Judged(item, record, proven[item.record_id].attempts, faults)


def _left_out(record_id: str, act: str, faults: Sequence[Problem]) -> Iterator[Draft]:
    """L8: what was refused, by which rules; the item leaves the list."""
    reason = "\n".join(map(str, faults))
    yield Draft(record_id, ActRefused(act, tuple(fault.clause for fault in faults), reason))
    yield Draft(record_id, Unlisted(faults[0].message))


def _refusals(written: Iterable[Entry]) -> Iterator[Problem]:
    for entry in written:
        if isinstance(entry.event.change, ActRefused):
            where, change = _("record {id}").format(id=entry.event.subject), entry.event.change
            yield Problem(where, change.reason, "", "disposal.left_out", change.rules[0])


def _taken(run: _Run, places: Sequence[Place]) -> None:
    """Steps 2 and 3, and what came of them in one transaction. What is held by then goes back at once (D3)."""
    moved, stayed = run.files.take(places)
    approved = {item.record_id: item.digest for item in run.found.items}
    good = {key for key, found in moved.items() if found.fault is None and found.digest == approved[key]}
    back = run.files.put_back([place for place in places if place.record_id in moved.keys() - good])
    run.problems += _stuck(back)

    def decide(view: View) -> Iterator[Draft]:
        records = view.records_by_id(place.record_id for place in places)
        for place in places:
            record, found = records[place.record_id], moved.get(place.record_id) or stayed[place.record_id]
            path = back.get(place.record_id, place.path)
            if place.record_id in good:
                yield Draft(record.id, Quarantined(place.attempt, found.digest, run.files.path_of(place)))
            elif isinstance(path, str):
                yield from _aborted(record, place, found, path)

    run.problems += _aborts(run.commit(decide, "quarantined"))
    _give_back_what_is_held(run, [place for place in places if place.record_id in good])


def _aborted(record: Record, place: Place, found: Found, path: str) -> Iterator[Draft]:
    """The file is on the share, as ``found``: what that says about the record is told as well (W3, W4)."""
    words = found.words or _("the content is not the one that was approved")
    yield Draft(record.id, DestroyAborted(place.attempt, words, "" if path == place.path else path))
    yield from _changed(record, found)
    if found.fault is Fault.ABSENT and record.missing_since is None:
        yield Draft(record.id, Missed())


def _changed(record: Record, found: Found) -> Iterator[Draft]:
    if found.digest and found.digest != record.digest:
        yield Draft(record.id, Altered(found.digest, found.size))


def _give_back_what_is_held(run: _Run, places: Sequence[Place]) -> None:
    with run.ledger.read() as view:
        records = view.records_by_id(place.record_id for place in places)
    held = [place for place in places if records[place.record_id].holds]
    _give_back(run, held, _("a hold was placed"))


def _give_back(run: _Run, places: Sequence[Place], reason: str) -> int:
    """Out of quarantine, back to where it was; how many."""
    if not places:
        return 0
    back = run.files.put_back(places)
    run.problems += _stuck(back)

    def decide(_view: View) -> Iterator[Draft]:
        for place in places:
            path = back[place.record_id]
            if isinstance(path, str):
                yield Draft(place.record_id, Restored(place.attempt, reason, "" if path == place.path else path))

    return len(run.commit(decide, "restored"))


# --- steps 4 to 6: out of quarantine for good -------------------------------------------------------------------


def _remove(run: _Run, items: Sequence[Item]) -> None:
    for group in chunks(items, GROUP):
        _removed(run, group)
        run.files.let_go()


def _removed(run: _Run, items: Sequence[Item]) -> None:
    with run.ledger.read() as view:
        records = view.records_by_id(item.record_id for item in items)
        copies = view.copies(records.values())
    run.at("checking")
    places = {item.record_id: _place(records[item.record_id], item.attempt or 0) for item in items}
    inside = {record_id: run.files.inside(place) for record_id, place in places.items()}
    run.at("checked")
    wanted, refused = _unlink_intended(run, items, inside)
    _give_back_changed(run, [places[record_id] for record_id in refused], inside, refused)
    looked = {key: _copies_there(run, [each for each in copies[key] if each.id not in wanted]) for key in wanted}
    held = _unlinked(run, [places[record_id] for record_id in wanted], inside, looked)
    _give_back(run, [places[record_id] for record_id in held], _("a hold was placed"))


def _unlink_intended(
    run: _Run, items: Sequence[Item], inside: Mapping[str, Found]
) -> tuple[list[str], dict[str, list[Problem]]]:
    """Step 4: every guard again, with the digest of what lies in quarantine; which pass, and what refuses others."""
    refused: dict[str, list[Problem]] = {}
    passed: list[str] = []

    def decide(view: View) -> Iterator[Draft]:
        refused.clear()
        passed.clear()
        now = view.proven_list(run.found.id)
        for item, record, _attempts, faults in _judged(view, run, now, items):
            if inside[record.id].fault is not None or inside[record.id].digest != item.digest:
                message = inside[record.id].words or _("the content is not the one that was approved")
                faults.append(guards.fault(record, "quarantine", "D6", message, _("It goes back to its place.")))
            if faults:
                refused[record.id] = faults
                rules = tuple(fault.clause for fault in faults)
                yield Draft(record.id, ActRefused(UnlinkIntended.kind, rules, "\n".join(map(str, faults))))
                continue
            passed.append(record.id)
            if not item.unlinking:
                yield Draft(record.id, UnlinkIntended(item.attempt or 0, item.digest))

    run.problems += _refusals(run.commit(decide, "unlink.intended"))
    return passed, refused


def _give_back_changed(
    run: _Run, places: Sequence[Place], inside: Mapping[str, Found], refused: Mapping[str, Sequence[Problem]]
) -> None:
    """What may not be removed goes back; where its content was changed in quarantine, that is told as well."""
    if not places:
        return
    back = run.files.put_back(place for place in places if inside[place.record_id].fault is not Fault.ABSENT)
    run.problems += _stuck(back)

    def decide(view: View) -> Iterator[Draft]:
        records = view.records_by_id(place.record_id for place in places)
        for place in places:
            path, found = back.get(place.record_id), inside[place.record_id]
            if isinstance(path, str):
                words = refused[place.record_id][0].message
                yield Draft(place.record_id, Restored(place.attempt, words, "" if path == place.path else path))
                yield from _changed(records[place.record_id], found)

    run.commit(decide, "restored")


def _unlinked(
    run: _Run, places: Sequence[Place], inside: Mapping[str, Found], copies: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Steps 5 and 6 under the writers' lock: a last look at the holds, remove, look again, tell. Which are held?"""
    held: list[str] = []

    def decide(view: View) -> Iterator[Draft]:
        records = view.records_by_id(place.record_id for place in places)
        held[:] = [record.id for record in records.values() if record.holds]
        run.at("unlink.locked")
        wanted = {place: inside[place.record_id] for place in places if place.record_id not in held}
        gone = run.files.remove(wanted)
        for place in wanted:
            if gone[place.record_id]:
                outcome = Destroyed(Outcome.REMOVED, place.attempt, copies[place.record_id])
                yield Draft(place.record_id, outcome)

    if places:
        run.commit(decide, "destroyed")
    return held


def _copies_there(run: _Run, copies: Iterable[Record]) -> tuple[str, ...]:
    """D11: where the same content is known to lie besides, and was found when looked for, or could not be."""
    return tuple(sorted(place for record in copies if (place := _copy(run, record))))


def _copy(run: _Run, record: Record) -> str:
    """The place of a copy, on its share or in quarantine; empty where it is not there any more."""
    place = _place(record, record.intent or 0)
    quarantined = record.state is State.QUARANTINED
    path = run.files.path_of(place) if quarantined else record.path
    if run.files.knows(record.share):
        found = run.files.inside(place) if quarantined else run.files.at_place(place)
        if found.fault is Fault.ABSENT or (found.fault is None and found.digest != record.digest):
            return ""
    return f"{record.share}/{path}"


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
    with ledger.read() as view:
        found = find(view, number)
    with Quarantine(roots, found.number, at) as files:
        run = _Run(ledger, stamp, found, files, at)
        faults = list(_share_faults(run, roots))

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST, Role.APPROVER)
            refuse([*faults, *_restore_faults(find(view, found.id), record_ids, reason)])
            yield from ()

        ledger.commit(decide, stamp, attempt=Draft(found.id, Restored(0, reason)))
        _claimed(run)
        _recover(run)
        wanted = [item for item in run.items().open_items if item.state is State.QUARANTINED]
        for group in chunks([item for item in wanted if not record_ids or item.record_id in record_ids], GROUP):
            with ledger.read() as view:
                records = view.records_by_id(item.record_id for item in group)
            places = [_place(records[item.record_id], item.attempt or 0) for item in group]
            _give_back(run, places, reason.strip())
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
        yield list_fault(found, "not_quarantined", "D7", message, _("`guidang disposal show` lists its rows."))


def record_by_hand(
    ledger: Ledger, stamp: Stamp, order: Order, roots: Mapping[str, Path], *, record_ids: Collection[str] = ()
) -> Report:
    """Record what people destroyed themselves: those named, or all of the list that was approved. Archivists only.

    Every file is looked for first: RefusedError names each that is still there, or cannot be looked for, and nothing is
    recorded. ``order`` counts the records meant (R4). No hold is passed over (D3).
    """
    disposal.expire(ledger, stamp)
    with ledger.read() as view:
        found = find(view, order.number)
    chosen = [item for item in found.open_items if _to_take(item) and (not record_ids or item.record_id in record_ids)]
    change = ListExecuting(order.method, order.place, by_hand=True)
    with Quarantine(roots, found.number, _nowhere) as files:
        run = _Run(ledger, stamp, found, files, _nowhere)
        faults = [*_share_faults(run, roots), *_by_hand_faults(found, order, chosen, record_ids)]
        faults = faults or list(_still_there(run, chosen))
        copies = {} if faults else _copies_by_hand(run, chosen)

        def decide(view: View) -> Iterator[Draft]:
            accounts.require(view, stamp.actor, Role.ARCHIVIST)
            now = find(view, found.id)
            refuse([*faults, *_faults(view, now, stamp), *_text_faults(now, order)])
            judged = [fault for each in _judged(view, run, now, chosen) for fault in each.faults]
            refuse([fault for fault in judged if fault.code != "lifecycle.missing"])
            yield Draft(now.id, change)
            for item in chosen:
                yield Draft(item.record_id, Destroyed(Outcome.BY_HAND, None, copies[item.record_id]))

        run.tally.update(entry.event.kind for entry in ledger.commit(decide, stamp, attempt=Draft(found.id, change)))
        _finish(run)
        return _report(run)


def _by_hand_faults(
    found: DisposalList, order: Order, chosen: Sequence[Item], record_ids: Collection[str]
) -> Iterator[Problem]:
    if (order.number, order.count) != (found.number, len(chosen)):
        message = _("number or count typed do not fit: the list is {number}, and {count} records are meant")
        told = message.format(number=found.number, count=len(chosen))
        yield list_fault(found, "typed", "R4", told, _("Look at the list, and type both."))
    for record_id in sorted(set(record_ids) - {item.record_id for item in chosen}):
        message = _("record {id} was not approved, or an attempt of ours is open").format(id=record_id)
        yield list_fault(found, "not_approved", "D1", message, _("`guidang disposal show` lists its rows."))


def _still_there(run: _Run, items: Iterable[Item]) -> Iterator[Problem]:
    """D11: absence is confirmed by looking, and by nothing else."""
    with run.ledger.read() as view:
        records = view.records_by_id(item.record_id for item in items)
    for record in records.values():
        found = run.files.there(_place(record, 0))
        if found.fault is not Fault.ABSENT:
            message = found.words if found.fault is Fault.REFUSED else _("it is still there: {path}")
            hint = _("Record it when it is gone.")
            yield guards.fault(record, "still_there", "D11", message.format(path=record.path), hint)


def _copies_by_hand(run: _Run, items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    chosen = {item.record_id for item in items}
    with run.ledger.read() as view:
        copies = view.copies(view.records_by_id(chosen).values())
    return {key: _copies_there(run, [each for each in found if each.id not in chosen]) for key, found in copies.items()}


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
    with ledger.read() as view:
        found = find(view, number)
    with Quarantine(roots, number, at) as files:
        run = _Run(ledger, stamp, found, files, at, [])
        run.problems += _share_faults(run, roots)
        if not run.problems:
            _claimed(run)
            _recover(run)
            _finish(run)
        return _report(run)


def _claimed(run: _Run) -> None:
    """Its quarantines made and kept from any other process, and the list as it is since then."""
    for share in sorted({item.share for item in run.found.open_items}):
        run.files.prepare(share)
        try:
            run.files.claim(share)
        except BlockingIOError:
            message = _("another process is executing it")
            raise RefusedError([list_fault(run.found, "busy", "D7", message, _("Wait until it has ended."))]) from None
    run.items()


class _Fate(Enum):
    """What recovery finds of an attempt without an outcome."""

    MOVED = "moved"  # in quarantine, unharmed, though nobody wrote so
    CHANGED = "changed"  # in quarantine, but not what was approved
    RESUMED = "resumed"  # at its place, unharmed: nothing has happened yet
    KEPT = "kept"  # on the share, changed or put beside its place
    RESTORED = "restored"  # put back from quarantine, though nobody wrote so
    LOST = "lost"  # in neither place
    UNKNOWN = "unknown"  # the system refuses to look


def _recover(run: _Run) -> bool:
    """One outcome for every attempt that has none and is not simply waiting in quarantine (D7). Was there one?"""
    unsettled = [item for item in run.found.open_items if item.attempt is not None and not _simply_waits(run, item)]
    for group in chunks(unsettled, GROUP):
        _recovered(run, group)
        run.files.let_go()
    return bool(unsettled)


def _simply_waits(run: _Run, item: Item) -> bool:
    place = Place(item.record_id, item.share, item.path, item.attempt or 0)
    return item.state is State.QUARANTINED and run.files.waits(place)


def _recovered(run: _Run, items: Sequence[Item]) -> None:
    with run.ledger.read() as view:
        proven = view.proven(item.record_id for item in items)
        records = {key: each.record for key, each in proven.items()}
        copies = view.copies(records.values())
    places = {item.record_id: _place(records[item.record_id], item.attempt or 0) for item in items}
    seen = {item.record_id: _fate(run, item, records[item.record_id], places[item.record_id]) for item in items}
    changed = [places[key] for key, trace in seen.items() if trace.fate is _Fate.CHANGED]
    back = run.files.put_back(changed) if changed else {}
    run.problems += _stuck(back)
    told: list[Draft] = []
    for key, trace in seen.items():
        if trace.fate is _Fate.LOST:
            outcome = Destroyed(Outcome.UNOBSERVED, places[key].attempt, _copies_there(run, copies[key]))
            told.append(Draft(key, outcome))
        else:
            told += _outcome(run, records[key], places[key], trace, back.get(key, trace.path))
    if told:
        run.problems += _aborts(run.commit(lambda _view: told, "recovered"))
    run.problems += [_unknown(places[key], trace.found) for key, trace in seen.items() if trace.fate is _Fate.UNKNOWN]
    _give_back_what_is_held(run, [places[key] for key, trace in seen.items() if trace.fate is _Fate.MOVED])
    _resume(run, [item for item in items if seen[item.record_id].fate is _Fate.RESUMED])


class _Trace(NamedTuple):
    """The fate of an attempt, what was found of its file, and at which path of the share."""

    fate: _Fate
    found: Found
    path: str = ""


def _fate(run: _Run, item: Item, record: Record, place: Place) -> _Trace:
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


def _outcome(run: _Run, record: Record, place: Place, trace: _Trace, path: str | Found) -> Iterator[Draft]:
    """The events that tell it; none where it is not over, or not known."""
    elsewhere = path if isinstance(path, str) and path != place.path else ""
    match trace.fate:
        case _Fate.MOVED:
            yield Draft(record.id, Quarantined(place.attempt, trace.found.digest, run.files.path_of(place)))
        case _Fate.RESTORED:
            yield Draft(record.id, Restored(place.attempt, _("found on the share on recovery"), elsewhere))
            yield from _changed(record, trace.found)
        case _Fate.KEPT | _Fate.CHANGED if isinstance(path, str):
            yield from _aborted(record, place, trace.found, path)


def _resume(run: _Run, items: Sequence[Item]) -> None:
    """Go on with what is at its place unharmed, or cancel it where a guard fails now."""
    if not items:
        return
    passed: list[Place] = []

    def decide(view: View) -> Iterator[Draft]:
        passed.clear()
        now = view.proven_list(run.found.id)
        for item, record, _attempts, faults in _judged(view, run, now, items):
            attempt = item.attempt or 0
            if not faults:
                passed.append(_place(record, attempt))
                continue
            rules = tuple(fault.clause for fault in faults)
            yield Draft(record.id, ActRefused(DestroyIntended.kind, rules, "\n".join(map(str, faults))))
            yield Draft(record.id, DestroyAborted(attempt, faults[0].message))

    run.problems += _refusals(run.commit(decide, "resumed"))
    _taken(run, passed)


# --- the end of a run -------------------------------------------------------------------------------------------


def _finish(run: _Run) -> None:
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
        if destroyed := len(find(view, now.id).destroyed):
            yield Draft(now.id, ListExecuted(destroyed))
        else:
            yield Draft(now.id, ListWithdrawn(_("nothing of it was destroyed")))

    run.commit(decide, "finished")


def _report(run: _Run) -> Report:
    with run.ledger.read() as view:
        now = view.proven_list(run.found.id)
        waiting = [item for item in view.open_items(now.id) if item.state is State.QUARANTINED]
    tally = run.tally
    return Report(
        number=now.number,
        state=now.state,
        quarantined=tally[Quarantined.kind],
        destroyed=tally[Destroyed.kind],
        restored=tally[Restored.kind],
        left=sum(tally[change.kind] for change in (Restored, DestroyAborted, Unlisted)),
        waiting=len(waiting),
        waiting_until=min((_free_on(now, item) for item in waiting), default=None),
        problems=tuple(run.problems),
    )


# --- what a person reads ----------------------------------------------------------------------------------------


def _place(record: Record, attempt: int) -> Place:
    return Place(record.id, record.share, record.path, attempt)


def _absent(item: Item) -> Problem:
    message = _("there is no file at {path}").format(path=f"{item.share}/{item.path}")
    hint = _("If people destroyed it, record that: `guidang disposal by-hand`; else find it.")
    return disposal.item_fault(item, "absent", "W4", message, hint)


def _aborts(written: Iterable[Entry]) -> Iterator[Problem]:
    for entry in written:
        change = entry.event.change
        if isinstance(change, DestroyAborted):
            where, hint = _("record {id}").format(id=entry.event.subject), _("It has left the list, and is kept.")
            yield Problem(where, change.reason, hint, "disposal.aborted", "D6")


def _stuck(back: Mapping[str, str | Found]) -> Iterator[Problem]:
    for record_id, found in back.items():
        if isinstance(found, Found):
            where, message = _("record {id}").format(id=record_id), _("it could not be put back: {reason}")
            hint = _("It stays in quarantine; see that its place can be written, and execute or restore again.")
            yield Problem(where, message.format(reason=found.words), hint, "disposal.stuck", "D7")


def _unknown(place: Place, found: Found) -> Problem:
    where, hint = _("record {id}").format(id=place.record_id), _("See that this account may read there, and try again.")
    message = _("what became of it could not be found out: {reason}").format(reason=found.words)
    return Problem(where, message, hint, "disposal.unknown_fate", "D7")
