"""The steps of a destruction, a group of files at a time: intended, moved, hashed, told; intended again, removed, told.

Each step is first intended in the ledger, then done, then told with what was observed. Where a hold and a removal meet,
the hold wins: removal happens while this process holds the writers' lock, after a last look at the holds, and its
outcome is written in the same transaction. A hold that comes while that lock is held finds the record destroyed, and is
told so (D3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from foundation.language import _
from retention.disposal.approval import day_faults, find, item_fault, standing_faults
from retention.disposal.quarantine import FileFault, FileFound, FilePlace, Quarantine
from retention.errors import Place, Problem, Remedy
from retention.ledger import proving
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.ledger.rows import Entry
from retention.ledger.view import View, chunks
from retention.rules import events, guards
from retention.rules.model import DisposalList, Item, Outcome, Record, State, Wish
from retention.rules.reckoning import reckonings

GROUP = 500
"""Files that share a transaction: enough to share its sync, few enough to keep other writers waiting but briefly."""


@dataclass(slots=True)
class Run:
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


def to_take(item: Item) -> bool:
    """D9: only what its own decision wants destroyed."""
    return item.state is State.APPROVED and item.attempt is None and item.decision is Wish.DESTROY


# --- steps 1 to 3: into quarantine ------------------------------------------------------------------------------


def take_in(run: Run, items: Sequence[Item]) -> None:
    """Steps 1 to 3 of these items: into quarantine, group by group."""
    for share in sorted({item.share for item in items}):
        run.files.prepare(share)
    for group in chunks(items, GROUP):
        places = _intended(run, group)
        run.at("intended")
        run.files.let_go()
        taken(run, places)
        run.files.let_go()


def _intended(run: Run, items: Sequence[Item]) -> list[FilePlace]:
    """Step 1: every guard, and the intents of those that pass, in one transaction; what does not pass leaves the list.

    What is not there at all stays on the list: people may have destroyed it, or it was moved.
    """
    wanted = {item.record_id: item for item in items}
    with run.ledger.read() as view:
        places = {record.id: place_of(record, 0) for record in view.records_by_id(wanted).values()}
    seen = {record_id: run.files.there(place) for record_id, place in places.items()}
    present = [item for item in items if seen[item.record_id].fault is not FileFault.ABSENT]
    run.problems += [_absent(item) for item in items if seen[item.record_id].fault is FileFault.ABSENT]

    def decide(view: View) -> Iterator[Draft]:
        now = view.proven_list(run.found.id)
        for item, record, attempts, faults in judged(view, run, now, present):
            found = seen[item.record_id]
            if found.fault is not None:
                faults.append(guards.fault(record, "file", "D6", found.words, _("Only a plain file is destroyed.")))
            if faults:
                yield refusal(record.id, events.DestroyIntended.kind, faults)
                yield Draft(record.id, events.Unlisted(faults[0].message))
            else:
                yield Draft(record.id, events.DestroyIntended(now.id, item.digest, attempts + 1))

    written = run.commit(decide, "intent")
    run.problems += refusals(written)
    return [
        places[entry.event.subject]._replace(attempt=entry.event.change.attempt)
        for entry in written
        if isinstance(entry.event.change, events.DestroyIntended)
    ]


class Judged(NamedTuple):
    """An item, its record, how often it was tried before, and what forbids to destroy it now."""

    item: Item
    record: Record
    attempts: int
    faults: list[Problem]


def judged(view: View, run: Run, now: DisposalList, items: Iterable[Item]) -> Iterator[Judged]:
    """Each item with its record replayed from events, and all that forbids destroying it now (D1, D3, D4, D9, D12)."""
    proven = proving.proven(view, (item.record_id for item in items))
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
        yield Judged(item, record, proven[item.record_id].attempts, faults)


def refusal(record_id: str, act: str, faults: Sequence[Problem]) -> Draft:
    """L8: what was refused, and by which rules."""
    return Draft(
        record_id, events.ActRefused(act, tuple(fault.clause for fault in faults), "\n".join(map(str, faults)))
    )


def refusals(written: Iterable[Entry]) -> Iterator[Problem]:
    """What was refused in a transaction, as problems."""
    for entry in written:
        if isinstance(entry.event.change, events.ActRefused):
            where, change = Place(record=entry.event.subject), entry.event.change
            yield Problem(where, change.reason, "", "disposal.left_out", change.rules[0])


def taken(run: Run, places: Sequence[FilePlace]) -> None:
    """Steps 2 and 3, and what came of them in one transaction. What is held by then goes back at once (D3)."""
    moved, stayed = run.files.take(places)
    approved = {item.record_id: item.digest for item in run.found.items}
    good = {key for key, found in moved.items() if found.fault is None and found.digest == approved[key]}
    back = run.files.put_back([place for place in places if place.record_id in moved.keys() - good])
    run.problems += stuck(back)

    def decide(view: View) -> Iterator[Draft]:
        records = view.records_by_id(place.record_id for place in places)
        for place in places:
            record, found = records[place.record_id], moved.get(place.record_id) or stayed[place.record_id]
            path = back.get(place.record_id, place.path)
            if place.record_id in good:
                yield Draft(record.id, events.Quarantined(place.attempt, found.digest, run.files.path_of(place)))
            elif isinstance(path, str):
                yield from aborted(record, place, found, path)

    run.problems += aborts(run.commit(decide, "quarantined"))
    give_back_held(run, [place for place in places if place.record_id in good])


def aborted(record: Record, place: FilePlace, found: FileFound, path: str) -> Iterator[Draft]:
    """The file is on the share, as ``found``: what that says about the record is told as well (W3, W4)."""
    words = found.words or _("the content is not the one that was approved")
    yield Draft(record.id, events.DestroyAborted(place.attempt, words, place.elsewhere(path)))
    yield from changed(record, found)
    if found.fault is FileFault.ABSENT and record.missing_since is None:
        yield Draft(record.id, events.Missed())


def changed(record: Record, found: FileFound) -> Iterator[Draft]:
    """Where another content was found than was filed: that (W3)."""
    if found.digest and found.digest != record.digest:
        yield Draft(record.id, events.Altered(found.digest, found.size))


def give_back_held(run: Run, places: Sequence[FilePlace]) -> None:
    """Back to its place goes what a hold covers by now (D3)."""
    with run.ledger.read() as view:
        records = view.records_by_id(place.record_id for place in places)
    held = [place for place in places if records[place.record_id].holds]
    give_back(run, dict.fromkeys(held, _("a hold was placed")))


def give_back(run: Run, reasons: Mapping[FilePlace, str], inside: Mapping[str, FileFound] | None = None) -> None:
    """Out of quarantine, back to where it was, each for its reason. Where the content that was seen ``inside``, by
    record, is another than was filed, that is told as well.
    """
    if not reasons:
        return
    back = run.files.put_back(reasons)
    run.problems += stuck(back)

    def decide(view: View) -> Iterator[Draft]:
        records = view.records_by_id(inside or ())
        for place, reason in reasons.items():
            path = back[place.record_id]
            if isinstance(path, str):
                yield Draft(place.record_id, events.Restored(place.attempt, reason, place.elsewhere(path)))
                if inside:
                    yield from changed(records[place.record_id], inside[place.record_id])

    run.commit(decide, "restored")


# --- steps 4 to 6: out of quarantine for good -------------------------------------------------------------------


def remove(run: Run, items: Sequence[Item]) -> None:
    """Steps 4 to 6 of these items: out of quarantine for good, group by group."""
    for group in chunks(items, GROUP):
        _removed(run, group)
        run.files.let_go()


def _removed(run: Run, items: Sequence[Item]) -> None:
    with run.ledger.read() as view:
        records = view.records_by_id(item.record_id for item in items)
        copies = view.copies(records.values())
    run.at("checking")
    places = {item.record_id: place_of(records[item.record_id], item.attempt or 0) for item in items}
    inside = {record_id: run.files.inside(place) for record_id, place in places.items()}
    run.at("checked")
    wanted, refused = _unlink_intended(run, items, inside)
    there = [record_id for record_id in refused if inside[record_id].fault is not FileFault.ABSENT]
    give_back(run, {places[record_id]: refused[record_id][0].message for record_id in there}, inside)
    looked = {key: copies_there(run, [each for each in copies[key] if each.id not in wanted]) for key in wanted}
    held = _unlinked(run, [places[record_id] for record_id in wanted], inside, looked)
    give_back(run, {places[record_id]: _("a hold was placed") for record_id in held})


def _unlink_intended(
    run: Run, items: Sequence[Item], inside: Mapping[str, FileFound]
) -> tuple[list[str], dict[str, list[Problem]]]:
    """Step 4: every guard again, with the digest of what lies in quarantine; which pass, and what refuses others."""
    refused: dict[str, list[Problem]] = {}
    passed: list[str] = []

    def decide(view: View) -> Iterator[Draft]:
        refused.clear()
        passed.clear()
        now = view.proven_list(run.found.id)
        for item, record, _attempts, faults in judged(view, run, now, items):
            if inside[record.id].fault is not None or inside[record.id].digest != item.digest:
                message = inside[record.id].words or _("the content is not the one that was approved")
                faults.append(guards.fault(record, "quarantine", "D6", message, _("It goes back to its place.")))
            if faults:
                refused[record.id] = faults
                yield refusal(record.id, events.UnlinkIntended.kind, faults)
                continue
            passed.append(record.id)
            if not item.unlinking:
                yield Draft(record.id, events.UnlinkIntended(item.attempt or 0, item.digest))

    run.problems += refusals(run.commit(decide, "unlink.intended"))
    return passed, refused


def _unlinked(
    run: Run, places: Sequence[FilePlace], inside: Mapping[str, FileFound], copies: Mapping[str, tuple[str, ...]]
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
                outcome = events.Destroyed(Outcome.REMOVED, place.attempt, copies[place.record_id])
                yield Draft(place.record_id, outcome)

    if places:
        run.commit(decide, "destroyed")
    return held


def copies_there(run: Run, copies: Iterable[Record]) -> tuple[str, ...]:
    """D11: where the same content is known to lie besides, and was found when looked for, or could not be."""
    return tuple(sorted(place for record in copies if (place := _copy(run, record))))


def _copy(run: Run, record: Record) -> str:
    """The place of a copy, on its share or in quarantine; empty where it is not there any more."""
    place = place_of(record, record.intent or 0)
    quarantined = record.state is State.QUARANTINED
    path = run.files.path_of(place) if quarantined else record.path
    if run.files.knows(record.share):
        found = run.files.inside(place) if quarantined else run.files.at_place(place)
        if found.fault is FileFault.ABSENT or (found.fault is None and found.digest != record.digest):
            return ""
    return f"{record.share}/{path}"


# --- what a person reads ----------------------------------------------------------------------------------------


def _absent(item: Item) -> Problem:
    message = _("there is no file at {path}").format(path=f"{item.share}/{item.path}")
    hint = Remedy("destruction.record")
    return item_fault(item, "absent", "W4", message, hint)


def aborts(written: Iterable[Entry]) -> Iterator[Problem]:
    """Which attempts a transaction told to be aborted, as problems."""
    for entry in written:
        change = entry.event.change
        if isinstance(change, events.DestroyAborted):
            where, hint = Place(record=entry.event.subject), _("It has left the list, and is kept.")
            yield Problem(where, change.reason, hint, "disposal.aborted", "D6")


def stuck(back: Mapping[str, str | FileFound]) -> Iterator[Problem]:
    """Which files could not be put back, as problems."""
    for record_id, found in back.items():
        if isinstance(found, FileFound):
            where, message = Place(record=record_id), _("it could not be put back: {reason}")
            hint = _("It stays in quarantine; see that its place can be written, and execute or restore again.")
            yield Problem(where, message.format(reason=found.words), hint, "disposal.stuck", "D7")


def place_of(record: Record, attempt: int) -> FilePlace:
    """Where a record's file lies, for this attempt."""
    return FilePlace(record.id, record.share, record.path, attempt)
