"""What has to be asked of the ledger and of the disk before it can be decided what happened to a file.

Asked before the writers' lock is taken: a share that hangs must not keep others from writing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from retention.filing import observed_tables
from retention.filing.decide import IN_PLACE, KnownRecords, PlaceCase
from retention.filing.observed import Row, Stat, same
from retention.filing.observed_tables import ShareRow
from retention.filing.share_health import identity_of
from retention.filing.walk import look_at
from retention.ledger.ledger import Ledger
from retention.ledger.paths import on_disk, shown
from retention.rules.model import Record


class Occupancy(Enum):
    """What lies where a record was."""

    EMPTY = "empty"
    UNSURE = "unsure"  # something that has not settled
    TAKEN = "taken"


class Questions:
    """For one pass over a share: its name and root, and what is known of the other shares."""

    def __init__(self, share: str, root: str, others: Mapping[str, ShareRow]) -> None:
        self.share, self.root, self.others = share, root, others

    def about(self, ledger: Ledger, cases: Sequence[PlaceCase]) -> tuple[list[PlaceCase], KnownRecords]:
        """The cases with the records whose file each may be, and what is known of their contents and places."""
        name = self.share
        numbers = {case.seen.file_id for case in cases if case.content is None and case.seen.file_id}
        digests = {case.content.digest for case in cases if case.content}
        paths = {shown(case.row.path) for case in cases if case.content}
        with ledger.read() as view:
            by_number = view.seen(observed_tables.rows_with_file, name, numbers)
            movers = {row.record_id for rows in by_number.values() for row in rows if row.record_id}
            own = {case.before.record_id for case in cases if case.before and case.before.record_id}
            records = view.records_by_id(movers | own)
            records |= {each.id: each for each in view.records_like(digests, name, paths)}
            places = view.seen(observed_tables.places_of, list(records))
        places_now = {each.id: self._at_place_of(each, places) for each in records.values() if each.digest in digests}
        empty = frozenset(each for each, place in places_now.items() if place is Occupancy.EMPTY)
        unsure = frozenset(each for each, place in places_now.items() if place is Occupancy.UNSURE)
        found = [case if case.content else replace(case, movers=tuple(self._movers(case, by_number))) for case in cases]
        return found, KnownRecords(records, empty, unsure, frozenset(places))

    def _movers(self, case: PlaceCase, by_number: Mapping[int, Sequence[Row]]) -> Iterator[Row]:
        """Rows of the same file that does not lie there any more: a hard link still does, and is no move."""
        for row in by_number.get(case.seen.file_id, ()):
            if same(row.stat, case.seen) and row.path != case.row.path and self._left(row, case.seen):
                yield row

    def _left(self, row: Row, seen: Stat) -> bool:
        if row.placeless:
            return True
        try:
            there = look_at(self.root, on_disk(row.path))
        except OSError:
            return False
        return there is None or there.file_id != seen.file_id

    def _at_place_of(self, record: Record, places: Mapping[str, tuple[str, Row]]) -> Occupancy:
        """Whether a record lies where it was."""
        if record.state not in IN_PLACE:
            return Occupancy.TAKEN
        share, row = places.get(record.id, (record.share, None))
        if record.missing_since is not None or (row is not None and row.placeless):
            return Occupancy.EMPTY
        root = self._root_of(share)
        if root is None:
            return Occupancy.TAKEN
        try:
            there = look_at(root, on_disk(row.path if row else record.path))
        except OSError:
            return Occupancy.TAKEN
        if there is None:
            return Occupancy.EMPTY
        return Occupancy.TAKEN if row is None or same(row.stat, there) else Occupancy.UNSURE

    def _root_of(self, share: str) -> str | None:
        """Where a share lies; None for another one that is not what it was."""
        if share == self.share:
            return self.root
        other = self.others.get(share)
        if other is None:
            return None
        try:
            found = identity_of(other.root)
            return other.root if found == other.identity and any(Path(other.root).iterdir()) else None
        except OSError:
            return None
