"""What a look saw, on its way into the ledger: events, and the rows that go with them, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from retention.errors import ConflictError, Problem, RefusedError
from retention.filing import observed_tables
from retention.filing.decide import SECOND, Moment, PlaceCase, Plan, plan
from retention.filing.observed import FolderRow, Limits, Row
from retention.filing.questions import Questions
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.ledger.rows import Entry
from retention.ledger.view import View
from retention.rules.model import Record

T = TypeVar("T")
P = ParamSpec("P")

FACTS, ROWS = 200, 5_000
"""A transaction holds at most so many places that may become events, and about so many rows of what was seen."""
PAUSE = 30 * SECOND
"""At most so long between two looks at what waits for somebody else: an execution that is not finished, a file that may
be a move.
"""


@dataclass(slots=True)
class Visit:
    """One folder on its way into the ledger: nothing is open once every place in it is settled."""

    folder: FolderRow
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
class Batch:
    """What goes into the next transaction."""

    cases: list[tuple[Visit, PlaceCase]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    read: int = 0

    def add(self, visit: Visit, case: PlaceCase) -> None:
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
        self.batch = Batch()
        self.counts: Counter[str] = Counter()
        self.again: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.passed = 1
        self.questions: Questions

    def later(self, due: int) -> int:
        """When to look again: when it is due, or after a pause where that has passed and something else is awaited."""
        now = self.micros()
        return due if due > now else now + min(PAUSE, max(self.limits.missing_after, SECOND))

    def look_again(self, folder: str, due: int) -> None:
        """A folder is to be looked at again: when it is due, or sooner where something else asked for that."""
        self.again[folder] = min(due, self.again.get(folder, due))

    def seen(self, read: Callable[Concatenate[Connection, P], T], *of: P.args, **more: P.kwargs) -> T:
        """What a function of :mod:`retention.filing.observed_tables` reads now."""
        with self.ledger.read() as view:
            return view.seen(read, *of, **more)

    def write(self, write: Callable[Concatenate[Connection, P], None], *of: P.args, **more: P.kwargs) -> None:
        """What was seen, by a function of :mod:`retention.filing.observed_tables`; without events."""

        def besides(connection: Connection, _entries: Sequence[Entry]) -> None:
            write(connection, *of, **more)

        self.ledger.commit(lambda _view: (), self.stamp(), besides=besides)

    def count(self, entries: Iterable[Entry]) -> None:
        """Of each kind of event."""
        self.counts.update(entry.event.kind for entry in entries)

    def flush(self) -> None:
        """Write what is at hand: events and rows in one transaction."""
        batch, self.batch = self.batch, Batch()
        batch.visits = list({id(visit): visit for visit in batch.visits}.values())
        try:
            self._commit(batch)
        except (RefusedError, ConflictError) as refused:
            if len(batch.cases) < 2:
                self._refused(batch, refused)
                return
            middle = len(batch.cases) // 2
            self._flush_part(replace(batch, cases=batch.cases[:middle]))
            self._flush_part(Batch(batch.cases[middle:], visits=batch.visits))

    def _flush_part(self, part: Batch) -> None:
        self.batch = part
        self.flush()

    def _refused(self, batch: Batch, refused: RefusedError | ConflictError) -> None:
        """Somebody moved first: this place waits, the rest goes on."""
        self.problems.extend(refused.problems)
        for visit, _case in batch.cases:
            visit.wait(self.micros() + self.limits.settle)
        self._flush_part(replace(batch, cases=[]))

    def _commit(self, batch: Batch) -> None:
        finished = any(visit.finished for visit in batch.visits)
        if not (batch.cases or batch.rows or batch.removed or batch.lost or finished):
            return
        asked, known = self.questions.about(self.ledger, [case for _visit, case in batch.cases])
        cases = [(visit, case) for (visit, _case), case in zip(batch.cases, asked, strict=True)]
        moment = Moment(self.micros(), self.micros(), self.passed, self.limits)
        made: list[Plan] = []

        def decide(view: View) -> Iterator[Draft]:
            expected = {visit.folder.path: visit.folder.looks for visit in batch.visits}
            found = view.seen(observed_tables.folders, self.share, expected)
            for visit in batch.visits:
                there = found.get(visit.folder.path)
                visit.overtaken = visit.overtaken or (there.looks if there else 0) != visit.folder.looks
            still = [case for visit, case in cases if not visit.overtaken]
            records = view.records_by_id(known.records)
            unmoved = frozenset(each for each in known.empty if _as_it_was(records.get(each), known.records[each]))
            made.append(plan(self.share, still, replace(known, records=records, empty=unmoved), moment))
            return (Draft(*fact) for fact in made[-1].facts)

        def besides(connection: Connection, entries: Sequence[Entry]) -> None:
            self._write_seen(connection, batch, made[-1], entries)

        self.still_there()
        self.count(self.ledger.commit(decide, self.stamp(), besides=besides))

    def _write_seen(self, connection: Connection, batch: Batch, made: Plan, entries: Sequence[Entry]) -> None:
        """Rows, folders and their digests."""
        overtaken = {visit.folder.path for visit in batch.visits if visit.overtaken}
        moved = made.moved
        rows = {
            (row.folder, row.name): row
            for row in batch.rows
            if row.record_id not in moved and row.folder not in overtaken
        }
        settled = [replace(row, record_id=str(entries[place].seq)) for place, row in made.filed.items()]
        rows.update(((row.folder, row.name), row) for row in (*made.rows, *settled))
        for path in batch.lost:
            observed_tables.lose_folder(connection, self.share, path, self.micros(), self.passed)
        observed_tables.forget_records(connection, sorted(moved))
        removed = [row for row in batch.removed if row.folder not in overtaken and (row.folder, row.name) not in rows]
        observed_tables.write_rows(connection, self.share, [*rows.values()], removed)
        self._note_open(batch, made)
        folders = [folder for visit in batch.visits if (folder := self._after(visit, batch)) is not None]
        observed_tables.write_folders(connection, self.share, folders)

    def _note_open(self, batch: Batch, made: Plan) -> None:
        visits = {visit.folder.path: visit for visit in batch.visits}
        for row in made.open:  # due at once where reading the others took longer than settling
            visits[row.folder].wait(max((row.since or 0) + self.limits.settle, row.retry_at or 0))
        for row in made.blocked:
            visits[row.folder].wait(self.later((row.since or 0) + self.limits.settle))

    def _after(self, visit: Visit, batch: Batch) -> FolderRow | None:
        """What is known of a folder from now on; None where that is what was known."""
        if visit.overtaken:
            self.again[visit.folder.path] = self.micros() + self.limits.settle
            return None
        if visit.finished and visit.due is not None:
            self.look_again(visit.folder.path, visit.due)
        touched = any(other is visit for other, _case in batch.cases) or visit.changed
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
    where = attrgetter("share", "path", "missing_since")
    return record is not None and bool(where(record) == where(before))
