"""One look at a share: what lies there is held against what the ledger knows, and what happened becomes events.

A hint only names folders; this finds the truth (W10). Nothing is ever written on the share: files are opened to be read
(D14). Folders whose digest is the one of last time cost one listing. Facts are written in groups, each of them with
what was seen in one transaction, so that a look that ends anywhere is continued by the next.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import is_normalized

from foundation import mounts
from foundation import temporary_files as passing
from foundation.language import _
from retention.errors import Problem, Remedy
from retention.filing import decide as reconcile
from retention.filing import digesting as settle
from retention.filing import observed_tables as sightings
from retention.filing import share_health as health
from retention.filing import walk
from retention.filing.decide import SECOND, Absent, Case, Moment, Step
from retention.filing.observed import Folder, Limits, Row, Unreadable, kept, on_disk, same, shown
from retention.filing.observed_tables import ShareRow
from retention.filing.questions import Evidence
from retention.filing.share_health import Health
from retention.filing.writing import FACTS, ROWS, Visit, Writer
from retention.ledger.ledger import Draft, Stamp
from retention.rules.dates import business_date
from retention.rules.events import Altered, Filed, Found, Missed, Moved, Resurfaced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from retention.filing.identify import Catalogue
    from retention.filing.observed import Stat
    from retention.filing.walk import Closed, Listing
    from retention.ledger.ledger import Ledger
    from retention.ledger.rows import Entry
    from retention.ledger.view import View
    from retention.rules.model import Record
    from retention.rules.people import Actor

BATCH, BATCH_NAMES = 100, 20_000
"""Folders, and names in them, that are held against what is known of them at once."""
LONGEST = 1_200
"""Bytes of a folder's path: what the indices of every database take, escapes and a file's name added."""


@dataclass(frozen=True, slots=True)
class Share:
    """One folder tree that is watched. ``settle`` and ``missing_after``: between two looks that make a file settled, a
    document missed. Gone at once from a share may be ``mass_percent`` of its records, or ``mass_files`` of them,
    whichever is more (W8).
    """

    name: str
    root: Path
    settle: timedelta = timedelta(seconds=3)
    missing_after: timedelta = timedelta(seconds=60)
    full_every: timedelta = timedelta(hours=1)
    mass_percent: int = 20
    mass_files: int = 50

    @property
    def limits(self) -> Limits:
        """What the planner asks."""
        return Limits(_micros(self.settle), _micros(self.missing_after), self.mass_percent, self.mass_files)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one look found.

    ``folders`` and ``files`` were seen; then how many events of each kind were written. ``again``: folders, as on the
    disk, to be looked at again after ``again_after``, because something has not settled. ``unknown``: folders that
    could not be listed, and why. ``editing``: documents that somebody has open, and who. ``braked``: records that
    would be missed but wait for a person (W8). ``left_alone``: lock, temporary, empty and system files.
    """

    share: str
    full: bool
    health: Health
    folders: int = 0
    files: int = 0
    filed: int = 0
    moved: int = 0
    altered: int = 0
    missing: int = 0
    found: int = 0
    resurfaced: int = 0
    again: frozenset[str] = frozenset()
    again_after: timedelta = timedelta(0)
    unknown: Mapping[str, str] = field(default_factory=dict)
    editing: Mapping[str, str] = field(default_factory=dict)
    braked: int = 0
    left_alone: int = 0
    problems: tuple[Problem, ...] = ()


class Scanner:
    """Looks at one share for one ledger. ``now`` gives an aware instant, ``catalogue`` the classes there are."""

    def __init__(
        self,
        ledger: Ledger,
        share: Share,
        catalogue: Callable[[], Catalogue],
        service: Actor,
        now: Callable[[], datetime],
    ) -> None:
        self.ledger, self.share, self.catalogue, self.service, self.now = ledger, share, catalogue, service, now

    def look(self, folders: Collection[str] | None = None, *, believe: int | None = None) -> Pass:
        """One look at the share, or at these folders (relative, ``/`` between, as on the disk; ``""`` is the root).

        ``believe``: exactly so many records may be missed at once, a person says. Never raises for what a share does;
        LedgerError where the ledger cannot be read or written.
        """
        return _Pass(self, folders, believe).run()


def place_on_disk(view: View, record: Record) -> str:
    """The path of a record as it lies on the disk, relative to its share: names need not be NFC there (W9)."""
    found = view.seen(lambda connection: sightings.places_of(connection, [record.id])).get(record.id)
    if found and found[0] == record.share and not found[1].placeless:
        return on_disk(found[1].path)
    return on_disk(record.path)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


# --- one pass -----------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """A listing, and the instants before and after it was made."""

    listing: Listing | Closed
    before: int
    after: int


class _LeftError(Exception):
    """The share is no longer the one that the pass began with."""


class _Pass:
    """One look, from beginning to end."""

    def __init__(self, scanner: Scanner, folders: Collection[str] | None, believe: int | None) -> None:
        self.scanner, self.share, self.ledger = scanner, scanner.share, scanner.ledger
        self.starts, self.believe = folders, believe
        self.root = os.fspath(self.share.root)
        clock = (self._micros_now, self._stamp)
        self.writer = Writer(self.ledger, self.share.name, self.share.limits, clock, self._still_there)
        self.folders = self.files = self.left_alone = self.braked = 0
        self.unknown: dict[str, str] = {}
        self.editing: dict[str, str] = {}
        self.known: ShareRow | None = None
        self.passed = 1
        self.ids, self.device = True, 0
        self.identity = health.Identity("", "")
        self.others: dict[str, ShareRow] = {}

    # the whole

    def run(self) -> Pass:
        """Look, unless the share is not well; conclude what is gone, if it still is well afterwards."""
        started = self._micros_now()
        found = self._examined()
        if found.health is not Health.OK or found.identity is None:
            self._record_health(found, started)
            return self._result(found)
        self.ids, self.device = self._numbering(), int(found.identity.device)
        self._begin(found.identity, started)
        try:
            self._walk()
            self.writer.flush()
        except _LeftError:
            left = self._examined()
            found = left if left.health is not Health.OK else replace(left, health=Health.AWAY)
            self._record_health(found, started)
            return self._result(found)
        after = self._examined()
        if after.health is Health.OK:
            self._conclude()
            after = self._examined() if self.writer.counts.get(Missed.kind) else after
        self._end(after, started)
        return self._result(after)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The classes there are: asked for once a pass, and only when something is read."""
        return self.scanner.catalogue()

    def _examined(self) -> health.Examination:
        with self.ledger.read() as view:
            rows = view.seen(sightings.share_rows)
            sample = view.seen(lambda connection: sightings.sample(connection, self.share.name))
        self.known = next((row for row in rows if row.name == self.share.name), None)
        self.others = {row.name: row for row in rows if row.name != self.share.name}
        found = health.examine(self.share.root, self.known.identity if self.known else None, sample)
        if found.health in (Health.EMPTY, Health.WRONG):
            with self.ledger.read() as view:
                count = view.seen(lambda connection: sightings.known_records(connection, self.share.name))
            if count == self.believe:
                return replace(found, health=Health.OK)
            self.braked = count
        return found

    def _begin(self, identity: health.Identity, at: int) -> None:
        if self.known is None:
            self.known = ShareRow(self.share.name, self.root, identity, looked_at=at, health_since=at)
            self.writer.write(lambda connection: sightings.write_share(connection, self._share_row()))
        self.identity = identity
        self.passed = self.writer.passed = self.known.passes + 1
        self.writer.evidence = Evidence(self.share.name, self.root, self.others)
        if self.starts is None:
            self._reopen()

    def _share_row(self) -> ShareRow:
        if self.known is None:
            raise AssertionError("a share is known before it is written")
        return self.known

    def _reopen(self) -> None:
        """Places whose record is missed though a file lies there: a person said that it is another document (W3)."""
        with self.ledger.read() as view:
            rows = view.seen(lambda connection: sightings.missed_but_there(connection, self.share.name))
        for start in range(0, len(rows), ROWS):
            self._take_apart(rows[start : start + ROWS])

    def _take_apart(self, rows: Sequence[Row]) -> None:
        """Of these rows only the content is known, and that it is not the record's; their folders are gone through."""
        apart = [Row(row.folder, row.name, digest=row.digest) for row in rows]

        def write(connection: Connection) -> None:
            sightings.write_rows(connection, self.share.name, apart, [])
            known = sightings.folders(connection, self.share.name, {row.folder for row in rows}).values()
            opened = [replace(folder, digest=None, looks=folder.looks + 1) for folder in known]
            sightings.write_folders(connection, self.share.name, opened)

        self.writer.write(write)

    def _end(self, found: health.Examination, at: int) -> None:
        with self.ledger.read() as view:
            clock, head = view.believed_clock().scanned(self.scanner.now()), view.head.seq
        row = self._share_row()
        well = found.health is Health.OK
        row = replace(
            row,
            root=self.root,
            identity=found.identity if well and found.identity else row.identity,
            passes=self.passed,
            looked_at=at,
            full_at=at if self.starts is None and well and (row.full_at or not self._unsettled()) else row.full_at,
            believed_at=_instant(clock.believed) if clock.believed else None,
            believed_seq=head,
            health=found.health,
            health_since=row.health_since if row.health is found.health else at,
        )
        self.writer.write(lambda connection: sightings.write_share(connection, row))

    def _unsettled(self) -> bool:
        """Whether some file of the share has not settled: then records may yet be met at their places."""
        with self.ledger.read() as view:
            return view.seen(lambda connection: sightings.is_unsettled(connection, self.share.name))

    def _record_health(self, found: health.Examination, at: int) -> None:
        """A share that is not well: since when, and nothing else."""
        if self.known is not None and self.known.health is not found.health:
            row = replace(self.known, health=found.health, health_since=at)
            self.writer.write(lambda connection: sightings.write_share(connection, row))

    def _result(self, found: health.Examination) -> Pass:
        if found.health is not Health.OK:
            reason = f"{found.health.words} ({found.reason})" if found.reason else found.health.words
            hint = _("See that it is mounted, and that it is the right one; nothing was changed in the ledger.")
            self.writer.problems.append(Problem(self.share.name, reason, hint, f"scan.{found.health.value}", "W8"))
        now = self._micros_now()
        soonest = min(self.writer.again.values(), default=now)
        return Pass(
            share=self.share.name,
            full=self.starts is None,
            health=found.health,
            folders=self.folders,
            files=self.files,
            filed=self.writer.counts.get(Filed.kind, 0),
            moved=self.writer.counts.get(Moved.kind, 0),
            altered=self.writer.counts.get(Altered.kind, 0),
            missing=self.writer.counts.get(Missed.kind, 0),
            found=self.writer.counts.get(Found.kind, 0),
            resurfaced=self.writer.counts.get(Resurfaced.kind, 0),
            again=frozenset(map(on_disk, self.writer.again)),
            again_after=timedelta(microseconds=max(0, soonest - now)),
            unknown=self.unknown,
            editing=self.editing,
            braked=self.braked,
            left_alone=self.left_alone,
            problems=tuple(self.writer.problems),
        )

    # the clock and the ledger

    def _micros_now(self) -> int:
        return _instant(self.scanner.now())

    def _moment(self, seen: _Seen) -> Moment:
        return Moment(seen.before, seen.after, self.passed, self.share.limits)

    def _stamp(self) -> Stamp:
        at = self.scanner.now()
        return Stamp(at, business_date(at), self.scanner.service)

    def _still_there(self) -> None:
        """What was read, or not, since the beginning was there: another file system may have appeared meanwhile."""
        try:
            if health.identity_of(self.share.root) == self.identity:
                return
        except OSError:
            pass
        raise _LeftError

    def _numbering(self) -> bool:
        if not mounts.MOUNTS.exists():
            return True
        mountinfo = mounts.MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        return mounts.numbers_files(mountinfo, os.path.realpath(self.root))

    # folders

    def _walk(self) -> None:
        if self.starts is None:
            self._tree([""])
            return
        for path in sorted({start.strip("/") for start in self.starts}):
            self._hinted(path)

    def _tree(self, starts: Iterable[str]) -> None:
        """Whole trees, folders compared in batches."""
        batch: list[_Seen] = []
        names = 0
        for seen in self._listings(starts):
            batch.append(seen)
            names += len(seen.listing.names) if isinstance(seen.listing, walk.Listing) else 0
            if len(batch) >= BATCH or names >= BATCH_NAMES:
                self._compare(batch)
                batch, names = [], 0
        self._compare(batch)

    def _listings(self, starts: Iterable[str]) -> Iterator[_Seen]:
        before = self._micros_now()
        for listing in walk.tree(self.root, self.device, starts, ids=self.ids):
            after = self._micros_now()
            yield _Seen(listing, before, after)
            before = after

    def _hinted(self, path: str) -> None:
        """One folder, whatever is new in it, and if it is gone, the one it was in."""
        if any(map(passing.passing_folder, path.split("/"))):
            return
        before = self._micros_now()
        listing = walk.listed(self.root, path, self.device, ids=self.ids)
        if isinstance(listing, walk.Closed):
            if listing.gone and path:
                self._hinted(path.rpartition("/")[0])
            else:
                self._compare([_Seen(listing, before, self._micros_now())])
            return
        with self.ledger.read() as view:
            known = view.seen(lambda connection: sightings.folders(connection, self.share.name, listing.subfolders()))
        self._compare([_Seen(listing, before, self._micros_now())])
        inner = [on_disk(folder) for folder in listing.subfolders() if folder not in known]
        if inner:
            self._tree(inner)

    def _compare(self, batch: Sequence[_Seen]) -> None:
        """Folders whose listing is the one of last time are done with; the others are gone through."""
        paths = [seen.listing.path for seen in batch]
        with self.ledger.read() as view:
            known = view.seen(lambda connection: sightings.folders(connection, self.share.name, paths))
        for seen in batch:
            folder = known.get(seen.listing.path)
            if isinstance(seen.listing, walk.Closed):
                self._closed(seen.listing, folder, seen.after)
                continue
            self.folders += 1
            self.files += len(seen.listing.names) - len(seen.listing.folders)
            if folder and folder.digest == seen.listing.digest and folder.trouble is None:
                self.left_alone += folder.left_alone
            elif len(os.fsencode(on_disk(seen.listing.path))) > LONGEST:
                self._closed(walk.Closed(seen.listing.path, _("its path is too long")), folder, seen.after)
            elif folder and folder.mounted and not seen.listing.mounted:
                message = _("another file system was mounted here, and is not now")
                self._closed(walk.Closed(seen.listing.path, message), folder, seen.after)
            else:
                self._visit(seen.listing, folder or Folder(seen.listing.path), self._moment(seen))

    def _closed(self, closed: Closed, folder: Folder | None, at: int) -> None:
        """Not listed: what is known of it and below stays as it is."""
        if closed.gone:
            return
        self.unknown[shown(closed.path)] = closed.reason
        known = folder or Folder(closed.path)
        if known.trouble != closed.reason:
            troubled = replace(known, trouble=closed.reason, trouble_since=known.trouble_since or at)
            self.writer.write(lambda connection: sightings.write_folders(connection, self.share.name, [troubled]))

    # places

    def _visit(self, listing: Listing, folder: Folder, now: Moment) -> None:
        """Go through a folder that is not as it was."""
        with self.ledger.read() as view:
            files, rows = view.seen(lambda connection: self._unlike(connection, listing))
            below = view.seen(lambda c: sightings.subfolders(c, self.share.name, [folder.path]))[folder.path]
        visit = Visit(folder, listing.digest, listing.others(), listing.mounted)
        self.writer.gathered.visits.append(visit)
        self.writer.gathered.lost.extend(sorted(below.difference(listing.subfolders())))
        edited = self._locks(visit, listing, files, rows, now)
        self._doubled(visit, listing.names)
        for name, row in rows.items():
            if name not in files and not row.placeless:
                self._take(visit, reconcile.next_look(row, (folder.path, name), None, now, edited=name in edited))
        for name, seen in files.items():
            if passing.passing_name(name):
                visit.left_alone += 1
                continue
            place = (folder.path, name)
            self._take(visit, reconcile.next_look(rows.get(name), place, seen, now, edited=name in edited), seen, rows)
            if self.writer.gathered.full:
                self.writer.flush()
                self.writer.gathered.visits.append(visit)
        visit.finished = True
        self.left_alone += visit.left_alone
        if self.writer.gathered.full:
            self.writer.flush()

    def _unlike(self, connection: Connection, listing: Listing) -> tuple[dict[str, Stat], dict[str, Row]]:
        """The files of a folder that are not as they were, and the rows of these and of what is not there."""
        calm = sightings.calm_stats(connection, self.share.name, listing.path)
        files: dict[str, Stat] = {}
        for name, seen in listing.files():
            if (known := calm.get(name)) is not None and same(known, seen):
                del calm[name]
            else:
                files[name] = seen
        return files, sightings.rows_of(connection, self.share.name, listing.path, calm)

    def _locks(
        self, visit: Visit, listing: Listing, files: Mapping[str, Stat], rows: dict[str, Row], now: Moment
    ) -> dict[str, str]:
        """Who has what open; locks and what failed saves left are taken out of the rows, and kept."""
        path, locks = visit.folder.path, []
        for name in [name for name in files if passing.passing_name(name)]:
            known = rows.pop(name, None)
            owner = _Owner(self.root, path, name)
            if row := reconcile.passing_row(known, (path, name), now.after, owner):
                locks.append(row)
                visit.wait(None)
                if row is not known:
                    self.writer.gathered.rows.append(row)
                if now.after - (row.since or 0) >= reconcile.STALE:
                    self._stale(row)
        edited = reconcile.edited_by(locks, [*map(kept, listing.names), *rows], now.after) if locks else {}
        self.editing.update((shown(f"{path}/{name}" if path else name), who) for name, who in edited.items())
        return edited

    def _stale(self, row: Row) -> None:
        if passing.is_lock(row.name):
            message = _("this lock has been lying here for more than a day; the document is judged without it")
            hint = _("Whoever left it behind may delete it once nobody has the document open.")
        else:
            message = _("Word left this old version behind: a save may have failed")
            hint = _("Compare it with the document of the same folder, then delete it.")
        self._say(row, message, hint, "scan.leftover")

    def _doubled(self, visit: Visit, names: Sequence[str]) -> None:
        """Two names that look the same (é written in two ways) are two files, and are told of (W9)."""
        decomposed = [kept(name) for name in names if not (name.isascii() or is_normalized("NFC", name))]
        if not decomposed:
            return
        seen = Counter(shown(kept(name)) for name in names)
        for name in decomposed:
            if seen[shown(name)] > 1 and not passing.passing_name(name):
                visit.wait(None)
                message = _("two files here have names that look the same")
                self._say(Row(visit.folder.path, name), message, _("Rename one of them."), "scan.same_name")

    def _say(self, row: Row, message: str, hint: str, code: str) -> None:
        where = f"{self.share.name}/{shown(row.path)}"
        self.writer.problems.append(Problem(where, message, hint, code, "W1"))

    def _take(
        self, visit: Visit, look: reconcile.Look, seen: Stat | None = None, rows: Mapping[str, Row] | None = None
    ) -> None:
        """Do about one place what is to be done."""
        before = rows.get(look.row.name) if rows else None
        match look.step:
            case Step.FORGET:
                visit.left_alone += seen is not None
                if seen is None or before is not None:
                    visit.changed = True
                    self.writer.gathered.removed.append(look.row)
            case Step.KEEP | Step.WAIT:
                if look.step is Step.WAIT:
                    visit.wait(look.due)
                if look.row is not before and (seen is not None or look.due is not None):
                    visit.changed = True
                    self.writer.gathered.rows.append(look.row)
            case Step.LOOK if seen is not None:
                self.writer.gathered.add(visit, Case(look.row, seen, before))
            case Step.READ if seen is not None:
                self._read(visit, look.row, seen, before)

    def _read(self, visit: Visit, row: Row, seen: Stat, before: Row | None) -> None:
        at = self._micros_now()
        given_up = at - (row.since or at) >= reconcile.GIVE_UP
        content = settle.read(self.root, row.path, seen, self.catalogue, broken_too=given_up)
        if isinstance(content, Unreadable):
            waits = reconcile.tried(row, content, at)
            visit.wait(waits.retry_at)
            visit.changed = True
            self.writer.gathered.rows.append(waits)
            if at - (row.waiting_since or at) >= 60 * SECOND:
                message = _("it cannot be read, and so not be registered: {reason}").format(reason=content.reason)
                self._say(row, message, _("It is tried again; see who has it open."), "scan.unreadable")
            return
        self.writer.gathered.add(visit, Case(row, seen, before, content))

    # what is gone

    def _conclude(self) -> None:
        """Records that are not at their places: those to be missed are, unless they are too many (W4, W8)."""
        if self.starts is None and self._share_row().full_at is None:
            self._place_the_unplaced()
        name = self.share.name
        now = Moment(at := self._micros_now(), at, self.passed, self.share.limits)
        with self.ledger.read() as view:
            rows = view.seen(lambda connection: sightings.gone(connection, name))
            if not rows:
                return
            records = view.records_by_id(row.record_id for row in rows if row.record_id)
            absent = Absent(
                rows,
                records,
                known=view.seen(lambda c: sightings.known_records(c, name)) if len(rows) > self.share.mass_files else 0,
                living=view.seen(lambda connection: sightings.living_tops(connection, name, reconcile.tops_of(rows))),
                unsettled=view.seen(lambda connection: sightings.waiting_sizes(connection, at - reconcile.EXCUSED)),
            )
        first = reconcile.losses(absent, now, self.believe)
        if first.braked:
            self._brake(first.braked)
        else:
            absent = replace(absent, confirmed=self._confirmed(row for row in rows if reconcile.is_due(row, now)))
            self._miss(absent, now)

    def _confirmed(self, rows: Iterable[Row]) -> frozenset[str]:
        """The places at which there is nothing now: the second look."""
        found = set()
        for row in rows:
            try:
                if not row.placeless and walk.look_at(self.root, on_disk(row.path)) is None:
                    found.add(row.path)
            except OSError:
                continue
        return frozenset(found)

    def _miss(self, absent: Absent, now: Moment) -> None:
        losses = reconcile.losses(absent, now, self.believe)
        for row in losses.later:
            due = self.writer.later((row.gone_at or 0) + self.share.limits.missing_after)
            self.writer.again[row.folder] = min(self.writer.again.get(row.folder, due), due)
        if losses.missed and self._examined().health is not Health.OK:
            return
        for start in range(0, len(losses.missed), FACTS):
            self._miss_some(losses.missed[start : start + FACTS])
        if losses.settled:
            self.writer.write(lambda connection: sightings.write_rows(connection, self.share.name, [], losses.settled))

    def _miss_some(self, rows: Sequence[Row]) -> None:
        def decide(view: View) -> list[Draft]:
            known = view.records_by_id(row.record_id for row in rows if row.record_id)
            there = [each for each in known.values() if each.state in reconcile.IN_PLACE and each.intent is None]
            return [Draft(*reconcile.missing(each.id)) for each in there if each.missing_since is None]

        def besides(connection: Connection, _entries: Sequence[Entry]) -> None:
            sightings.write_rows(connection, self.share.name, [], rows)

        entries = self.ledger.commit(decide, self._stamp(), besides=besides)
        self.writer.count(entries)

    def _brake(self, count: int) -> None:
        self.braked = count
        message = _("{count} documents are gone at once; none of them is called missing until a person says so").format(
            count=count
        )
        hint = Remedy("missing.believe", share=self.share.name, count=count)
        self.writer.problems.append(Problem(self.share.name, message, hint, "scan.braked", "W8"))

    def _place_the_unplaced(self) -> None:
        """After what was seen was thrown away: records that lay on this share and were not met again are gone."""
        at = self._micros_now()
        with self.ledger.read() as view:
            unplaced = view.seen(lambda connection: sightings.unplaced(connection, self.share.name))
        rows = [
            Row(*_split(path), record_id=record_id, gone_at=at, gone_pass=self.passed) for record_id, path in unplaced
        ]
        for start in range(0, len(rows), ROWS):
            self._add_gone(rows[start : start + ROWS])

    def _add_gone(self, rows: Sequence[Row]) -> None:
        self.writer.write(lambda connection: sightings.add_gone(connection, self.share.name, rows))


@dataclass(frozen=True, slots=True)
class _Owner:
    """Asks a lock who holds it, once that is needed."""

    root: str
    folder: str
    name: str

    def __call__(self) -> str:
        return settle.lock_owner(self.root, self.folder, self.name)


def _split(path: str) -> tuple[str, str]:
    folder, _slash, name = path.rpartition("/")
    return folder, name


def _instant(at: datetime) -> int:
    return round(at.timestamp() * SECOND)
