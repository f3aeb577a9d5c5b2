"""Records that are not at their places: looked for again, and missed where that may be believed (W4, W8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from foundation.language import _
from retention.errors import Problem, Remedy
from retention.filing import observed_tables, walk
from retention.filing.decide import EXCUSED, IN_PLACE, Absent, Moment, is_due, losses, tops_of
from retention.filing.observed import Row
from retention.filing.writing import FACTS, ROWS, Writer
from retention.ledger.ledger import Draft
from retention.ledger.paths import on_disk, parent_of
from retention.ledger.rows import Entry
from retention.ledger.view import View, chunks
from retention.rules.events import Missed


class Missing:
    """The end of one pass. ``is_well`` asks once more how the share is found; ``believe``: exactly so many records may
    be missed at once, a person says.
    """

    def __init__(self, writer: Writer, root: str, is_well: Callable[[], bool], believe: int | None) -> None:
        self.writer, self.root, self.is_well, self.believe = writer, root, is_well, believe

    def conclude(self) -> int:
        """What is to be missed is, unless it is too much at once (W4, W8): then, how many records are held back."""
        name = self.writer.share
        now = Moment(at := self.writer.micros(), at, self.writer.passed, self.writer.limits)
        with self.writer.ledger.read() as view:
            rows = view.seen(observed_tables.gone, name)
            if not rows:
                return 0
            many = len(rows) > self.writer.limits.mass_files
            absent = Absent(
                rows,
                view.records_by_id(row.record_id for row in rows if row.record_id),
                known=view.seen(observed_tables.known_records, name) if many else 0,
                living=view.seen(observed_tables.living_tops, name, tops_of(rows)),
                unsettled=view.seen(observed_tables.waiting_sizes, at - EXCUSED),
            )
        if braked := losses(absent, now, self.believe).braked:
            self._brake(braked)
            return braked
        self._miss(replace(absent, confirmed=self._confirmed(row for row in rows if is_due(row, now))), now)
        return 0

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
        found = losses(absent, now, self.believe)
        for row in found.later:
            self.writer.look_again(row.folder, self.writer.later((row.gone_at or 0) + now.limits.missing_after))
        if found.missed and not self.is_well():
            return
        for some in chunks(found.missed, FACTS):
            self._miss_some(some)
        if found.settled:
            self.writer.write(observed_tables.write_rows, self.writer.share, [], found.settled)

    def _miss_some(self, rows: Sequence[Row]) -> None:
        def decide(view: View) -> list[Draft]:
            known = view.records_by_id(row.record_id for row in rows if row.record_id)
            there = [each for each in known.values() if each.state in IN_PLACE and each.intent is None]
            return [Draft(each.id, Missed()) for each in there if each.missing_since is None]

        def besides(connection: Connection, _entries: Sequence[Entry]) -> None:
            observed_tables.write_rows(connection, self.writer.share, [], rows)

        self.writer.count(self.writer.ledger.commit(decide, self.writer.stamp(), besides=besides))

    def _brake(self, count: int) -> None:
        message = _("{count} documents are gone at once; none of them is called missing until a person says so").format(
            count=count
        )
        hint = Remedy("missing.believe", share=self.writer.share, count=count)
        self.writer.problems.append(Problem(self.writer.share, message, hint, "scan.braked", "W8"))

    def place_the_unplaced(self) -> None:
        """After what was seen was thrown away: records that lay on this share and were not met again are gone."""
        at, passed = self.writer.micros(), self.writer.passed
        unplaced = self.writer.seen(observed_tables.unplaced, self.writer.share)
        rows = [
            Row(parent_of(path), path.rpartition("/")[2], record_id=record_id, gone_at=at, gone_pass=passed)
            for record_id, path in unplaced
        ]
        for some in chunks(rows, ROWS):
            self.writer.write(observed_tables.add_gone, self.writer.share, some)
