"""One look at a share: what lies there is held against what the ledger knows, and what happened becomes events.

A hint only names folders; this finds the truth (W10). Nothing is ever written on the share: files are opened to be read
(D14). Folders whose digest is the one of last time cost one listing. Facts are written in groups, each of them with
what was seen in one transaction, so that a look that ends anywhere is continued by the next.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from foundation import mounts
from foundation.language import _
from retention.errors import Place, Problem
from retention.filing import observed_tables
from retention.filing.decide import SECOND
from retention.filing.missing import Missing
from retention.filing.observed import EventCounts
from retention.filing.observed_tables import ShareRow
from retention.filing.questions import Questions
from retention.filing.share import Share
from retention.filing.share_health import Examination, Health, Identity, examine, identity_of
from retention.filing.titles import Catalogue
from retention.filing.visiting import Visiting
from retention.filing.writing import ROWS, Writer
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.paths import on_disk
from retention.ledger.view import chunks
from retention.rules.dates import business_date
from retention.rules.events import Altered, Filed, Found, Missed, Moved, RecordChange, Resurfaced
from retention.rules.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(EventCounts):
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


# --- one pass -----------------------------------------------------------------------------------------------------


_COUNTED: Mapping[str, type[RecordChange]] = {
    "filed": Filed, "moved": Moved, "altered": Altered, "missing": Missed, "found": Found, "resurfaced": Resurfaced,
}  # fmt: skip


class _LeftError(Exception):
    """The share is no longer the one that the pass began with."""


class _Pass:
    """One look, from beginning to end: how the share is found, what was visited, and what is gone."""

    def __init__(self, scanner: Scanner, folders: Collection[str] | None, believe: int | None) -> None:
        self.scanner, self.share, self.ledger = scanner, scanner.share, scanner.ledger
        self.starts, self.believe = folders, believe
        self.root = os.fspath(self.share.root)
        clock = (self._micros_now, self._stamp)
        self.writer = Writer(self.ledger, self.share.name, self.share.limits, clock, self._still_there)
        self.visiting = Visiting(self.writer, self.root, scanner.catalogue)
        self.braked = 0
        self.known: ShareRow | None = None
        self.identity = Identity("", "")
        self.others: dict[str, ShareRow] = {}

    def run(self) -> Pass:
        """Look, unless the share is not well; conclude what is gone, if it still is well afterwards."""
        started = self._micros_now()
        found = self._examined()
        if found.health is not Health.OK or found.identity is None:
            self._record_health(found, started)
            return self._result(found)
        self.visiting.ids = mounts.numbers_files(mounts.mountinfo(), os.path.realpath(self.root))
        self.visiting.device = int(found.identity.device)
        self._begin(found.identity, started)
        try:
            if self.starts is None:
                self.visiting.tree()
            else:
                self.visiting.hinted(self.starts)
            self.writer.flush()
        except _LeftError:
            left = self._examined()
            found = left if left.health is not Health.OK else replace(left, health=Health.AWAY)
            self._record_health(found, started)
            return self._result(found)
        after = self._examined()
        if after.health is Health.OK:
            self._conclude()
            after = self._examined() if self.writer.counts[Missed.kind] else after
        self._end(after, started)
        return self._result(after)

    # the share: whether it is well, and what is known of it

    def _examined(self) -> Examination:
        name = self.share.name
        with self.ledger.read() as view:
            rows = {row.name: row for row in view.seen(observed_tables.share_rows)}
            sample = view.seen(observed_tables.sample, name)
        self.known = rows.pop(name, None)
        self.others = rows
        found = examine(self.share.root, self.known.identity if self.known else None, sample)
        if found.health in (Health.EMPTY, Health.WRONG):
            count = self.writer.seen(observed_tables.known_records, name)
            if count == self.believe:
                return replace(found, health=Health.OK)
            self.braked = count
        return found

    def _still_there(self) -> None:
        """What was read, or not, since the beginning was there: another file system may have appeared meanwhile."""
        try:
            if identity_of(self.share.root) == self.identity:
                return
        except OSError:
            pass
        raise _LeftError

    def _share_row(self) -> ShareRow:
        if self.known is None:
            raise AssertionError("a share is known before it is written")
        return self.known

    def _record_health(self, found: Examination, at: int) -> None:
        """A share that is not well: since when, and nothing else."""
        if self.known is not None and self.known.health is not found.health:
            self._write_share(replace(self.known, health=found.health, health_since=at))

    def _write_share(self, row: ShareRow) -> None:
        self.writer.write(observed_tables.write_share, row)

    # beginning and end

    def _begin(self, identity: Identity, at: int) -> None:
        if self.known is None:
            self.known = ShareRow(self.share.name, self.root, identity, looked_at=at, health_since=at)
            self._write_share(self.known)
        self.identity = identity
        self.writer.passed = self.known.passes + 1
        self.writer.questions = Questions(self.share.name, self.root, self.others)
        if self.starts is None:
            self._reopen()

    def _reopen(self) -> None:
        """Places whose record is missed though a file lies there: a person said that it is another document (W3)."""
        for rows in chunks(self.writer.seen(observed_tables.missed_but_there, self.share.name), ROWS):
            self.writer.write(observed_tables.take_apart, self.share.name, rows)

    def _conclude(self) -> None:
        missing = Missing(self.writer, self.root, lambda: self._examined().health is Health.OK, self.believe)
        if self.starts is None and self._share_row().full_at is None:
            missing.place_the_unplaced()
        self.braked = missing.conclude() or self.braked

    def _end(self, found: Examination, at: int) -> None:
        with self.ledger.read() as view:
            clock, head = view.believed_clock().scanned(self.scanner.now()), view.head.seq
            unsettled = self.starts is None and view.seen(observed_tables.is_unsettled, self.share.name)
        row = self._share_row()
        well = found.health is Health.OK
        # Before a first whole look at which all had settled, records may yet be met at their places.
        whole = self.starts is None and well and (row.full_at is not None or not unsettled)
        row = replace(
            row,
            root=self.root,
            identity=found.identity if well and found.identity else row.identity,
            passes=self.writer.passed,
            looked_at=at,
            full_at=at if whole else row.full_at,
            believed_at=_instant(clock.believed) if clock.believed else None,
            believed_seq=head,
            health=found.health,
            health_since=row.health_since if row.health is found.health else at,
        )
        self._write_share(row)

    def _result(self, found: Examination) -> Pass:
        if found.health is not Health.OK:
            reason = f"{found.health.words} ({found.reason})" if found.reason else found.health.words
            hint = _("See that it is mounted, and that it is the right one; nothing was changed in the ledger.")
            self.writer.problems.append(
                Problem(Place(part=self.share.name), reason, hint, f"scan.{found.health.value}", "W8")
            )
        now = self._micros_now()
        soonest = min(self.writer.again.values(), default=now)
        seen = self.visiting
        return Pass(
            share=self.share.name,
            full=self.starts is None,
            health=found.health,
            folders=seen.folders,
            files=seen.files,
            again=frozenset(map(on_disk, self.writer.again)),
            again_after=timedelta(microseconds=max(0, soonest - now)),
            unknown=seen.unknown,
            editing=seen.editing,
            braked=self.braked,
            left_alone=seen.left_alone,
            problems=tuple(self.writer.problems),
            **{name: self.writer.counts[change.kind] for name, change in _COUNTED.items()},
        )

    def _micros_now(self) -> int:
        return _instant(self.scanner.now())

    def _stamp(self) -> Stamp:
        at = self.scanner.now()
        return Stamp(at, business_date(at), self.scanner.service)


def _instant(at: datetime) -> int:
    return round(at.timestamp() * SECOND)
