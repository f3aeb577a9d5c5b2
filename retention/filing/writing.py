"""What a look gathered, on its way into the ledger: events, and the rows that go with them, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from retention.errors import ConflictError, RefusedError
from retention.filing import decide as reconcile
from retention.filing import observed_tables as sightings
from retention.filing.decide import SECOND, Case, Moment
from retention.ledger.ledger import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from retention.errors import Problem
    from retention.filing.observed import Folder, Limits, Row
    from retention.filing.questions import Evidence
    from retention.ledger.ledger import Ledger, Stamp
    from retention.ledger.rows import Entry
    from retention.ledger.view import View
    from retention.rules.model import Record

FACTS, ROWS = 200, 5_000
"""A transaction holds at most so many places that may become events, and about so many rows of what was seen."""
PAUSE = 30 * SECOND
"""At most so long between two looks at what waits for somebody else: an execution that is not finished, a file that may
be a move.
"""


@dataclass(slots=True)
class Visit:
    """One folder on its way into the ledger: nothing is open once every place in it is settled."""

    folder: Folder
    digest: bytes | None
    left_alone: int = 0
    mounted: bool = False
    open: bool = False
    due: int | None = None
    finished: bool = False
    changed: bool = False
    overtaken: bool = False

    def wait(self, due: int | None) -> None:
        """Something in it has not settled; ``due``: when more can be said, where waiting helps."""
        self.open = True
        if due is not None:
            self.due = due if self.due is None else min(self.due, due)


@dataclass(slots=True)
class Gathered:
    """What goes into the next transaction."""

    cases: list[tuple[Visit, Case]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    read: int = 0

    def add(self, visit: Visit, case: Case) -> None:
        """A place about which something may be decided."""
        self.cases.append((visit, case))
        self.read += case.content is not None

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return self.read >= FACTS or len(self.cases) + len(self.rows) >= ROWS


class Writer:
    """Writes for one pass over a share, and counts what it wrote.

    ``again``: folders to be looked at again, and when; ``still_there`` raises where the share is not the one that the
    pass began with: what was read on it, or was not there, says nothing then.
    """

    def __init__(
        self,
        ledger: Ledger,
        share: str,
        limits: Limits,
        clock: tuple[Callable[[], int], Callable[[], Stamp]],
        still_there: Callable[[], None],
    ) -> None:
        self.ledger, self.share, self.limits, self.still_there = ledger, share, limits, still_there
        self.micros, self.stamp = clock
        self.gathered = Gathered()
        self.counts: dict[str, int] = {}
        self.again: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.passed = 1
        self.evidence: Evidence

    def later(self, due: int) -> int:
        """When to look again: when it is due, or after a pause where that has passed and something else is awaited."""
        now = self.micros()
        return due if due > now else now + min(PAUSE, max(self.limits.missing_after, SECOND))

    def write(self, besides: Callable[[Connection], None]) -> None:
        """What was seen, without events."""
        self.ledger.commit(lambda _view: (), self.stamp(), besides=lambda connection, _entries: besides(connection))

    def count(self, entries: Sequence[Entry]) -> None:
        """Of each kind of event."""
        for entry in entries:
            self.counts[entry.event.kind] = self.counts.get(entry.event.kind, 0) + 1

    def flush(self) -> None:
        """Write what was gathered: events and rows in one transaction."""
        gathered, self.gathered = self.gathered, Gathered()
        gathered.visits = list({id(visit): visit for visit in gathered.visits}.values())
        try:
            self._commit(gathered)
        except (RefusedError, ConflictError) as refused:
            if len(gathered.cases) < 2:
                self._refused(gathered, refused)
                return
            middle = len(gathered.cases) // 2
            parts = gathered.cases[:middle], gathered.cases[middle:]
            self._flush_part(Gathered(parts[0], gathered.rows, gathered.removed, gathered.lost, gathered.visits))
            self._flush_part(Gathered(parts[1], visits=gathered.visits))

    def _flush_part(self, part: Gathered) -> None:
        self.gathered = part
        self.flush()

    def _refused(self, gathered: Gathered, refused: RefusedError | ConflictError) -> None:
        """Somebody moved first: this place waits, the rest goes on."""
        self.problems.extend(refused.problems)
        for visit, _case in gathered.cases:
            visit.wait(self.micros() + self.limits.settle)
        self._flush_part(Gathered([], gathered.rows, gathered.removed, gathered.lost, gathered.visits))

    def _commit(self, gathered: Gathered) -> None:
        if not (
            gathered.cases
            or gathered.rows
            or gathered.removed
            or gathered.lost
            or any(visit.finished for visit in gathered.visits)
        ):
            return
        asked, lore = self.evidence.about(self.ledger, [case for _visit, case in gathered.cases])
        cases = [(visit, case) for (visit, _case), case in zip(gathered.cases, asked, strict=True)]
        moment = Moment(self.micros(), self.micros(), self.passed, self.limits)
        made: list[reconcile.Plan] = []

        def decide(view: View) -> Iterator[Draft]:
            expected = {visit.folder.path: visit.folder.looks for visit in gathered.visits}
            found = view.seen(lambda connection: sightings.folders(connection, self.share, expected))
            for visit in gathered.visits:
                there = found.get(visit.folder.path)
                visit.overtaken = visit.overtaken or (there.looks if there else 0) != visit.folder.looks
            still = [case for visit, case in cases if not visit.overtaken]
            records = view.records_by_id(lore.records)
            unmoved = frozenset(each for each in lore.empty if _as_it_was(records.get(each), lore.records[each]))
            made.append(reconcile.plan(self.share, still, replace(lore, records=records, empty=unmoved), moment))
            return (Draft(*fact) for fact in made[-1].facts)

        def besides(connection: Connection, entries: Sequence[Entry]) -> None:
            self._write_seen(connection, gathered, made[-1], entries)

        self.still_there()
        self.count(self.ledger.commit(decide, self.stamp(), besides=besides))

    def _write_seen(
        self, connection: Connection, gathered: Gathered, plan: reconcile.Plan, entries: Sequence[Entry]
    ) -> None:
        """Rows, folders and their digests."""
        overtaken = {visit.folder.path for visit in gathered.visits if visit.overtaken}
        moved = plan.moved
        rows = {
            (row.folder, row.name): row
            for row in gathered.rows
            if row.record_id not in moved and row.folder not in overtaken
        }
        settled = [replace(row, record_id=str(entries[place].seq)) for place, row in plan.filed.items()]
        rows.update(((row.folder, row.name), row) for row in (*plan.rows, *settled))
        for path in gathered.lost:
            sightings.lose_folder(connection, self.share, path, self.micros(), self.passed)
        sightings.forget_records(connection, sorted(moved))
        removed = [
            row for row in gathered.removed if row.folder not in overtaken and (row.folder, row.name) not in rows
        ]
        sightings.write_rows(connection, self.share, [*rows.values()], removed)
        self._note_open(gathered, plan)
        folders = [folder for visit in gathered.visits if (folder := self._after(visit, gathered)) is not None]
        sightings.write_folders(connection, self.share, folders)

    def _note_open(self, gathered: Gathered, plan: reconcile.Plan) -> None:
        visits = {visit.folder.path: visit for visit in gathered.visits}
        for row in plan.open:  # due at once where reading the others took longer than settling
            visits[row.folder].wait(max((row.since or 0) + self.limits.settle, row.retry_at or 0))
        for row in plan.blocked:
            visits[row.folder].wait(self.later((row.since or 0) + self.limits.settle))

    def _after(self, visit: Visit, gathered: Gathered) -> Folder | None:
        """What is known of a folder from now on; None where that is what was known."""
        if visit.overtaken:
            self.again[visit.folder.path] = self.micros() + self.limits.settle
            return None
        if visit.finished and visit.due is not None:
            self.again[visit.folder.path] = min(visit.due, self.again.get(visit.folder.path, visit.due))
        touched = any(other is visit for other, _case in gathered.cases) or visit.changed
        digest = visit.digest if visit.finished and not visit.open else None
        left_alone = visit.left_alone if visit.finished else visit.folder.left_alone
        known = visit.folder
        wanted = replace(
            known, digest=digest, mounted=visit.mounted, left_alone=left_alone, trouble=None, trouble_since=None
        )
        if not touched and wanted == known:
            return None
        visit.changed = False
        visit.folder = replace(wanted, looks=known.looks + 1)
        return visit.folder


def _as_it_was(record: Record | None, before: Record) -> bool:
    """Whether a record still lies, for the ledger, where it was looked for."""
    return record is not None and (record.share, record.path, record.missing_since) == (
        before.share,
        before.path,
        before.missing_since,
    )
