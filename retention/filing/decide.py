"""Pure: what was known of a share, what a scan saw, the clock → what happened. Decides; never looks or writes.

``next_look`` says of each place what to do about it; ``plan`` turns settled contents into events; ``losses`` says of
what is gone whether it is to be missed (W4), and when a person has to be asked first (W8).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from foundation import temporary_files
from retention.filing.identify import Standing
from retention.filing.observed import Being, Content, Limits, Row, Stat, Unreadable, same, without_place
from retention.ledger.paths import shown
from retention.rules.events import Altered, Filed, Found, Moved, RecordChange, Resurfaced
from retention.rules.model import Record, State

SECOND = 1_000_000
BACK_OFF = (1, 2, 5, 15, 60)
"""Seconds until what could not be read is tried again."""
GIVE_UP = 600 * SECOND
"""A container that has not changed for so long is not being copied any more: it is taken as it is."""
EXCUSED = 600 * SECOND
"""So long a file that is not settled anywhere may be the one that is gone elsewhere."""
STALE = 24 * 3600 * SECOND
"""A lock that lies there for so long was left behind."""
TOP_FOLDER = 50
"""A top folder with so many records is never taken for deleted without a person's word."""

IN_PLACE = frozenset({State.RETAINED, State.LISTED, State.APPROVED})
DESTROYED = frozenset({State.DESTROYED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Moment:
    """When a place was looked at: microseconds ``before`` and ``after``; in which pass; and what to believe when.

    What was seen is as old as ``before`` and may be as new as ``after``. So what begins now begins at ``after``, and
    what has lasted is counted up to ``before``. Settling takes 3 s, and a listing 2 s each time::

        listed from 10 to 12: new, since = 12;  listed from 14 to 16: 14 - 12 < 3, wait;  listed from 16 on: read
    """

    before: int  # microseconds since 1970 when the listing began
    after: int  # when it had ended
    passed: int  # number of the pass: what is gone is believed by a later pass than the one that found it so
    limits: Limits


# --- one place ----------------------------------------------------------------------------------------------------


class NextStep(Enum):
    """What to do about a place."""

    KEEP = "keep"  # nothing, or only keep the row
    WAIT = "wait"  # it may change yet
    LOOK = "look"  # a file not known here: it may be one that lay elsewhere
    READ = "read"  # it has settled
    FORGET = "forget"  # nothing is known of it any more


class Look(NamedTuple):
    """What to do, the row as it is now, and from when on more can be decided (None: not by waiting)."""

    step: NextStep
    row: Row
    due: int | None = None


def next_look(row: Row | None, place: tuple[str, str], seen: Stat | None, now: Moment, *, edited: bool = False) -> Look:
    """What to do about a place (folder, name), by its row and what lies there; ``edited``: somebody has it open."""
    if seen is None:
        return _nothing_there(row or Row(*place), now, edited=edited)
    known = row or Row(*place)
    if known.gone_at is not None:
        known = replace(known, gone_at=None, gone_pass=None)
    if same(known.stat, seen):
        return Look(NextStep.KEEP, _calm(known) if known.waiting else known)
    if seen.size == 0 and known.record_id is None:  # W1
        return Look(NextStep.FORGET, known)
    if edited or not same(known.waiting, seen) or known.since is None or known.since > now.before:
        return _begun(known, seen, now, edited=edited)
    patience = now.limits.missing_after if seen.size == 0 else now.limits.settle
    due = max(known.since + patience, known.retry_at or 0)
    return Look(NextStep.READ if now.before >= due else NextStep.WAIT, known, due)


def _nothing_there(row: Row, now: Moment, *, edited: bool) -> Look:
    if row.record_id is None:
        return Look(NextStep.FORGET, row)
    if row.gone_at is not None or edited:
        return Look(NextStep.WAIT if edited else NextStep.KEEP, row)
    gone = replace(_calm(row), gone_at=now.after, gone_pass=now.passed)
    return Look(NextStep.KEEP, gone, now.after + now.limits.missing_after)


def _begun(known: Row, seen: Stat, now: Moment, *, edited: bool) -> Look:
    """It waits from now on; a file under another number may be one that lay elsewhere."""
    if edited and same(known.waiting, seen):
        return Look(NextStep.WAIT, known)
    replaced = known.stat is None or bool(seen.file_id and seen.file_id != known.stat.file_id)
    fresh = known.waiting is None or known.waiting.file_id != seen.file_id
    since = now.after
    row = replace(
        _calm(known), waiting=seen, since=since, waiting_since=known.waiting_since or since, standing=known.standing
    )
    step = NextStep.LOOK if replaced and fresh and not edited else NextStep.WAIT
    return Look(step, row, None if edited else since + now.limits.settle)


def _calm(row: Row) -> Row:
    """Nothing waits there."""
    return replace(row, waiting=None, since=None, waiting_since=None, note=None, tries=0, retry_at=None)


def tried(row: Row, why: Unreadable, at: int) -> Row:
    """A row after its content could not be had: tried again, at growing intervals."""
    pause = BACK_OFF[min(row.tries, len(BACK_OFF) - 1)] * SECOND
    return replace(row, note=why.reason, tries=row.tries + 1, retry_at=at + pause)


# --- locks --------------------------------------------------------------------------------------------------------


def passing_row(row: Row | None, place: tuple[str, str], at: int, owner: Callable[[], str]) -> Row | None:
    """What is kept of a passing file: of locks since when and whose, of what a failed save left since when."""
    _folder, name = place
    lock = temporary_files.is_lock(name)
    if not lock and not temporary_files.is_leftover(name):
        return None
    if row is not None and row.since is not None and row.since <= at:
        return row
    being = Being.LOCK if lock else Being.LEFTOVER
    return Row(*place, standing=being, since=at, note=owner() if lock else None)


def edited_by(locks: Iterable[Row], names: Collection[str], at: int) -> dict[str, str]:
    """The documents that somebody has open, and who; locks left behind do not count."""
    fresh = [lock for lock in locks if at - (lock.since or 0) < STALE]
    return {name: lock.note or "" for lock in fresh for name in temporary_files.locked_by(lock.name, names)}


# --- contents → events --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceCase:
    """One place about which something can be decided.

    ``before``: its row, ``row``: as it is if nothing is decided; ``content`` once it is settled; ``movers``: rows of
    records whose file this is by number, size and time, and which do not lie where they were.
    """

    row: Row  # as it is kept if nothing is decided
    seen: Stat  # what lies there now
    before: Row | None = None  # as it was kept; None: nothing was known of the place
    content: Content | None = None  # None: it has not settled, and only the file's number can say whose it is
    movers: tuple[Row, ...] = ()  # at their old places


@dataclass(frozen=True, slots=True)
class KnownRecords:
    """What the ledger knows about the contents and places at hand.

    ``empty``: records of which it is sure that they do not lie where they were; ``unsure``: those at whose place lies
    something that has not settled; ``placed``: those with a row. A file with the content of a record that lay at a::

        a is empty           → the record moved here
        a is unsure          → wait: once that has settled, the record lies there still, or has left a
        neither of the two   → the record lies at a still, and this is a copy of its content, a record of its own
    """

    records: Mapping[str, Record]  # by id: all with a content at hand, at a place at hand, or with a file's number
    empty: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    placed: frozenset[str] = frozenset()  # the others were filed, and not met since what was seen was thrown away


class Fact(NamedTuple):
    """What happened; an empty ``subject``: a new record."""

    subject: str  # the record's id
    change: RecordChange


@dataclass(slots=True)
class Plan:
    """Events, and the rows that go with them. ``filed``: for a new record, its row by the number of the fact.

    ``moved``: records that lie elsewhere now: what else is known of their places is out of date. ``open``: files
    that have not settled; ``blocked``: records that somebody is about to remove.
    """

    facts: list[Fact] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    filed: dict[int, Row] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    open: list[Row] = field(default_factory=list)
    blocked: list[Row] = field(default_factory=list)


def plan(share: str, cases: Sequence[PlaceCase], known: KnownRecords, now: Moment) -> Plan:
    """What happened at these places, in their order."""
    planner = _Planner(share, known, now)
    planner.see_who_left(cases)
    for case in cases:
        planner.decide(case)
    planner.plan.rows.extend(planner.displaced.values())
    return planner.plan


class _Planner:
    """A plan in the making: who was matched already, and who lost a place to another file."""

    def __init__(self, share: str, known: KnownRecords, now: Moment) -> None:
        self.share, self.known, self.now = share, known, now
        self.plan = Plan()
        self.displaced: dict[str, Row] = {}
        self.left: set[str] = set()
        self.decided: set[str] = set()
        self.with_digest: dict[str, list[Record]] = defaultdict(list)
        self.at: dict[str, list[Record]] = defaultdict(list)
        for record in known.records.values():
            self.with_digest[record.digest].append(record)
            if record.share == share:
                self.at[record.path].append(record)

    def see_who_left(self, cases: Sequence[PlaceCase]) -> None:
        """Whose places are decided about in this plan, and who of them left it for the place of another (W2).

        Records changed places where the content that settled at the one's is that of another that left its own too:
        ``a → b, b → a`` are two moves, in whatever order they are met. Where the content is a new one, or that of a
        record which stays, it is an alteration. A place is decided about unless the record that its content is of may
        still lie elsewhere: after ``2 → 3, b/2 → 2, 1 → b/2``, of which the last has not settled, nothing is known of
        b/2's record, so neither what lies at 2 is decided, nor whether 3 is 2's record or a new one.
        """
        places = {
            own.id: (own, case, case.content.digest) for case in cases if case.content and (own := self._own(case))
        }
        self.left = {key for key, (own, _case, digest) in places.items() if own.digest != digest}
        while stay := {key for key in self.left if not self._is_of_one_that_left(places[key][2], key)}:
            self.left -= stay
        self.decided = set(places)
        while wait := {key for key in self.decided - self.left if self._waits(*places[key])}:
            self.decided -= wait

    def _is_of_one_that_left(self, digest: str, record_id: str) -> bool:
        others = (each.id for each in self.with_digest[digest] if each.id != record_id and self._movable(each.id))
        return any(each in self.known.empty or each in self.left for each in others)

    def _waits(self, own: Record, case: PlaceCase, digest: str) -> bool:
        return digest not in (own.digest, own.altered_to) and self._undecided(case, digest, own)

    def decide(self, case: PlaceCase) -> None:
        """One place."""
        for mover in case.movers:
            record = self._movable(mover.record_id)
            if record is not None and record.missing_since is None and mover.digest is not None:
                self._move(record, case, mover.digest, mover.standing)
                return
        if case.content is None:
            self._leave_open(case.row)
            return
        own = self._own(case)
        if own is None:
            self._newcomer(case, case.content)
        else:
            self._at_its_place(own, case, case.content)

    # who it may be

    def _movable(self, record_id: str | None) -> Record | None:
        record = self.known.records.get(record_id or "")
        if record is None or record.id in self.plan.moved:
            return None
        return record if record.state in IN_PLACE and record.intent is None else None

    def _own(self, case: PlaceCase) -> Record | None:
        """The record that lies here: by its row, else one that was filed here and has no place."""
        path = shown(case.row.path)
        here = [each for each in self.at[path] if each.state in IN_PLACE and each.id not in self.plan.moved]
        for record in here:
            if record.id == case.row.record_id:
                return record
        free = [each for each in here if each.id not in self.known.placed]
        digest = case.content.digest if case.content else None
        if case.row.record_id is None and digest == case.row.digest:  # a person took the two apart
            free = [each for each in free if each.digest == digest]
        return min(free, key=lambda each: (each.digest != digest, _age(each)), default=None)

    def _displaced(self, digest: str, path: str, own: Record | None = None) -> Record | None:
        """A record with this content that does not lie where it was (W2); one of the same name first."""
        name = path.rpartition("/")[2]
        found = [
            each
            for each in self.with_digest[digest]
            if each is not own and self._has_left(each.id) and self._movable(each.id)
        ]
        return min(
            found,
            key=lambda each: (each.path.rpartition("/")[2] != name, each.share != self.share, _age(each)),
            default=None,
        )

    def _has_left(self, record_id: str) -> bool:
        return record_id in self.known.empty or record_id in self.displaced or record_id in self.left

    def _undecided(self, case: PlaceCase, digest: str, own: Record | None = None) -> bool:
        """Whether a record with this content may be the one here: what lies at its own place is not decided about."""
        if self.now.after - (case.row.waiting_since or 0) >= EXCUSED:
            return False
        others = (each.id for each in self.with_digest[digest] if each is not own and self._movable(each.id))
        return any(each in self.known.unsure and each not in self.decided for each in others)

    # what happened

    def _at_its_place(self, own: Record, case: PlaceCase, content: Content) -> None:
        if content.digest == own.digest:
            if own.missing_since is not None:
                self._tell(own.id, Found(self.share, shown(case.row.path)))
            self._settle(case, content, own.id)
        elif mover := self._displaced(content.digest, shown(case.row.path), own):
            self._move(mover, case, content.digest, content.standing)
        elif content.digest == own.altered_to and own.missing_since is None:
            self._settle(case, content, own.id)
        elif own.intent is not None:  # whoever removes it finds that out itself
            self.plan.blocked.append(case.row)
        elif self._undecided(case, content.digest, own):
            self._try_again(case)
        else:
            self._tell(own.id, Altered(content.digest, content.size))
            self._settle(case, content, own.id)

    def _newcomer(self, case: PlaceCase, content: Content) -> None:
        path = shown(case.row.path)
        if mover := self._displaced(content.digest, path):
            self._move(mover, case, content.digest, content.standing)
            return
        if self._undecided(case, content.digest):
            self._try_again(case)
            return
        known = self.with_digest[content.digest]
        destroyed = [each for each in known if each.state in DESTROYED]
        if destroyed and len(destroyed) == len(known):
            self._resurfaced(max(destroyed, key=_age), case, content)
        elif content.standing in (Standing.RECORD, Standing.UNCLASSIFIED):
            self.plan.filed[len(self.plan.facts)] = case.row.settled(case.seen, content.digest, content.standing, None)
            self._tell("", _filing(self.share, path, content))
        else:
            self.plan.rows.append(case.row.settled(case.seen, content.digest, content.standing, None))

    def _resurfaced(self, record: Record, case: PlaceCase, content: Content) -> None:
        path = shown(case.row.path)
        if record.resurfaced_at != f"{self.share}/{path}":
            self._tell(record.id, Resurfaced(self.share, path))
        self.plan.rows.append(case.row.settled(case.seen, content.digest, Being.RESURFACED, None))

    def _move(self, record: Record, case: PlaceCase, digest: str, standing: Standing | Being) -> None:
        """A record lies here now; one that lay here before lost its place."""
        path = shown(case.row.path)
        if record.missing_since is not None:
            self._tell(record.id, Found(self.share, path))
        elif (record.share, record.path) != (self.share, path):
            self._tell(record.id, Moved(self.share, path))
        self.plan.moved.add(record.id)
        self.displaced.pop(record.id, None)
        self._displace(case, record)
        self.plan.rows.append(case.row.settled(case.seen, digest, standing, record.id))

    def _displace(self, case: PlaceCase, by: Record) -> None:
        before = case.before
        if before is None or before.record_id in (None, by.id):
            return
        own = self._movable(before.record_id)
        if own is not None and own.missing_since is None:
            gone = replace(_calm(before), gone_at=self.now.after, gone_pass=self.now.passed)
            self.displaced[own.id] = without_place(gone)

    def _try_again(self, case: PlaceCase) -> None:
        self._leave_open(replace(case.row, retry_at=self.now.after + self.now.limits.settle))

    def _leave_open(self, row: Row) -> None:
        self.plan.rows.append(row)
        self.plan.open.append(row)

    def _settle(self, case: PlaceCase, content: Content, record_id: str) -> None:
        self.plan.rows.append(case.row.settled(case.seen, content.digest, content.standing, record_id))

    def _tell(self, subject: str, change: RecordChange) -> None:
        self.plan.facts.append(Fact(subject, change))


def _age(record: Record) -> tuple[int, str]:
    """The order in which records were filed: ids are numbers of events."""
    return len(record.id), record.id


def _filing(share: str, path: str, content: Content) -> Filed:
    return Filed(
        share,
        path,
        content.digest,
        content.size,
        content.class_key,
        content.period,
        department=content.department,
        evidence=content.evidence,
    )


# --- what is gone -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Absent:
    """What is known about records that are not at their places.

    ``rows`` of them; ``records`` by id; ``confirmed``: paths at which there is nothing now, looked at again;
    ``known``: records with a place on the share; ``living``: top folders in which some record lies; ``unsettled``:
    sizes of files that have not settled anywhere.
    """

    rows: Sequence[Row]
    records: Mapping[str, Record]
    confirmed: Collection[str] = frozenset()
    known: int = 0
    living: Collection[str] = frozenset()
    unsettled: Collection[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Losses:
    """What is to be missed (its rows go), what is settled anyway, how many wait for a person, and what comes later."""

    missed: tuple[Row, ...] = ()
    settled: tuple[Row, ...] = ()
    braked: int = 0
    later: tuple[Row, ...] = ()


def is_due(row: Row, now: Moment) -> bool:
    """Whether a second look, of another pass and long enough after the first, may believe that it is gone (W4)."""
    gone_at, gone_pass = row.gone_at, row.gone_pass
    if gone_at is None or gone_pass is None:
        return False
    return gone_pass < now.passed and now.before - gone_at >= now.limits.missing_after


def losses(absent: Absent, now: Moment, believe: int | None = None) -> Losses:
    """What becomes of records that are not at their places, on a share that is well.

    ``believe``: how many a person said may be missed at once; any other number than it is counts for nothing (W8).
    """
    settled, gone = [], []
    for row in absent.rows:
        record = absent.records.get(row.record_id or "")
        if record is None or record.missing_since is not None or record.state in DESTROYED:
            settled.append(row)
        elif record.state in IN_PLACE and record.intent is None:
            gone.append(row)
    due = [row for row in gone if is_due(row, now)]
    if due and believe != len(gone) and _is_mass(gone, absent, now.limits):
        return Losses(settled=tuple(settled), braked=len(gone))
    missed = [row for row in due if row.placeless or (row.path in absent.confirmed and not _excused(row, absent, now))]
    left = {id(row) for row in missed}
    return Losses(tuple(missed), tuple(settled), later=tuple(row for row in gone if id(row) not in left))


def tops_of(rows: Iterable[Row]) -> dict[str, int]:
    """How many records are gone from each top folder."""
    return Counter(row.folder.partition("/")[0] for row in rows if row.folder)


def _is_mass(gone: Sequence[Row], absent: Absent, limits: Limits) -> bool:
    if len(gone) > limits.mass(absent.known):
        return True
    return any(count >= TOP_FOLDER and top not in absent.living for top, count in tops_of(gone).items())


def _excused(row: Row, absent: Absent, now: Moment) -> bool:
    """Whether a file that has not settled elsewhere may be this one."""
    return row.stat is not None and row.stat.size in absent.unsettled and now.before - (row.gone_at or 0) < EXCUSED
