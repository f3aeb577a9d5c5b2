"""The folders of a share, gone through: those whose listing is the one of last time are done with; of the others each
place is looked at, and what can be decided about goes to the writer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import NamedTuple
from unicodedata import is_normalized

from sqlalchemy import Connection

from foundation import temporary_files
from foundation.language import _
from retention.errors import Problem
from retention.filing import decide, digesting, observed_tables, walk
from retention.filing.observed import FolderRow, Row, Stat, Unreadable, same
from retention.filing.titles import Catalogue
from retention.filing.walk import ClosedFolder, Listing
from retention.filing.writing import Visit, Writer
from retention.ledger.paths import joined, kept, on_disk, parent_of, shown

BATCH, BATCH_NAMES = 100, 20_000
"""Folders, and names in them, that are held against what is known of them at once."""
LONGEST = 1_200
"""Bytes of a folder's path: what the indices of every database take, escapes and a file's name added."""


class _Timed(NamedTuple):
    """A listing, and the instants before and after it was made."""

    listing: Listing | ClosedFolder
    before: int
    after: int


class Visiting:
    """One pass over folders. What it saw: ``folders`` and ``files`` of them, ``left_alone`` files, folders that are
    ``unknown`` and why, documents that somebody is ``editing`` and who.

    ``device``: the root's; ``ids``: whether numbers of files can be relied upon; ``classes`` gives the catalogue.
    """

    def __init__(self, writer: Writer, root: str, classes: Callable[[], Catalogue]) -> None:
        self.writer, self.root, self.classes = writer, root, classes
        self.ids, self.device = True, 0
        self.folders = self.files = self.left_alone = 0
        self.unknown: dict[str, str] = {}
        self.editing: dict[str, str] = {}

    @cached_property
    def catalogue(self) -> Catalogue:
        """The classes there are: asked for once a pass, and only when something is read."""
        return self.classes()

    def hinted(self, folders: Collection[str]) -> None:
        """These folders, as on the disk."""
        for path in sorted({folder.strip("/") for folder in folders}):
            self._hinted(path)

    def tree(self, starts: Iterable[str] = ("",)) -> None:
        """Whole trees, folders compared in batches."""
        batch: list[_Timed] = []
        names = 0
        for seen in self._listings(starts):
            batch.append(seen)
            names += len(seen.listing.names) if isinstance(seen.listing, Listing) else 0
            if len(batch) >= BATCH or names >= BATCH_NAMES:
                self._compare(batch)
                batch, names = [], 0
        self._compare(batch)

    def _listings(self, starts: Iterable[str]) -> Iterator[_Timed]:
        before = self.writer.micros()
        for listing in walk.tree(self.root, self.device, starts, ids=self.ids):
            after = self.writer.micros()
            yield _Timed(listing, before, after)
            before = after

    def _hinted(self, path: str) -> None:
        """One folder, whatever is new in it, and if it is gone, the one it was in."""
        if any(map(temporary_files.passing_folder, path.split("/"))):
            return
        before = self.writer.micros()
        listing = walk.listed(self.root, path, self.device, ids=self.ids)
        timed = _Timed(listing, before, self.writer.micros())
        if isinstance(listing, ClosedFolder):
            if listing.gone and path:
                self._hinted(parent_of(path))
            else:
                self._compare([timed])
            return
        known = self.writer.seen(observed_tables.folders, self.writer.share, listing.subfolders())
        self._compare([timed])
        if inner := [on_disk(folder) for folder in listing.subfolders() if folder not in known]:
            self.tree(inner)

    def _compare(self, batch: Sequence[_Timed]) -> None:
        """Folders whose listing is the one of last time are done with; the others are gone through."""
        paths = [seen.listing.path for seen in batch]
        known = self.writer.seen(observed_tables.folders, self.writer.share, paths)
        for seen in batch:
            folder = known.get(seen.listing.path)
            if isinstance(seen.listing, ClosedFolder):
                self._closed(seen.listing, folder, seen.after)
                continue
            self.folders += 1
            self.files += len(seen.listing.names) - len(seen.listing.folders)
            if folder and folder.digest == seen.listing.digest and folder.trouble is None:
                self.left_alone += folder.left_alone
            elif len(os.fsencode(on_disk(seen.listing.path))) > LONGEST:
                self._closed(ClosedFolder(seen.listing.path, _("its path is too long")), folder, seen.after)
            elif folder and folder.mounted and not seen.listing.mounted:
                message = _("another file system was mounted here, and is not now")
                self._closed(ClosedFolder(seen.listing.path, message), folder, seen.after)
            else:
                self._visit(seen.listing, folder or FolderRow(seen.listing.path), self._moment(seen))

    def _moment(self, seen: _Timed) -> decide.Moment:
        return decide.Moment(seen.before, seen.after, self.writer.passed, self.writer.limits)

    def _closed(self, closed: ClosedFolder, folder: FolderRow | None, at: int) -> None:
        """Not listed: what is known of it and below stays as it is."""
        if closed.gone:
            return
        self.unknown[shown(closed.path)] = closed.reason
        known = folder or FolderRow(closed.path)
        if known.trouble != closed.reason:
            troubled = replace(known, trouble=closed.reason, trouble_since=known.trouble_since or at)
            self.writer.write(observed_tables.write_folders, self.writer.share, [troubled])

    # places

    def _visit(self, listing: Listing, folder: FolderRow, now: decide.Moment) -> None:
        """Go through a folder that is not as it was."""
        with self.writer.ledger.read() as view:
            files, rows = view.seen(self._unlike, listing)
            below = view.seen(observed_tables.subfolders, self.writer.share, [folder.path])[folder.path]
        visit = Visit(folder, listing.digest, listing.others(), listing.mounted)
        self.writer.batch.visits.append(visit)
        self.writer.batch.lost.extend(sorted(below.difference(listing.subfolders())))
        edited = self._locks(visit, listing, files, rows, now)
        self._doubled(visit, listing.names)
        for name, row in rows.items():
            if name not in files and not row.placeless:
                self._take(visit, decide.next_look(row, (folder.path, name), None, now, edited=name in edited))
        for name, seen in files.items():
            if temporary_files.passing_name(name):
                visit.left_alone += 1
                continue
            place = (folder.path, name)
            self._take(visit, decide.next_look(rows.get(name), place, seen, now, edited=name in edited), seen, rows)
            if self.writer.batch.full:
                self.writer.flush()
                self.writer.batch.visits.append(visit)
        visit.finished = True
        self.left_alone += visit.left_alone
        if self.writer.batch.full:
            self.writer.flush()

    def _unlike(self, connection: Connection, listing: Listing) -> tuple[dict[str, Stat], dict[str, Row]]:
        """The files of a folder that are not as they were, and the rows of these and of what is not there."""
        calm = observed_tables.calm_stats(connection, self.writer.share, listing.path)
        files: dict[str, Stat] = {}
        for name, seen in listing.files():
            if (known := calm.get(name)) is not None and same(known, seen):
                del calm[name]
            else:
                files[name] = seen
        return files, observed_tables.rows_of(connection, self.writer.share, listing.path, calm)

    def _locks(
        self, visit: Visit, listing: Listing, files: Mapping[str, Stat], rows: dict[str, Row], now: decide.Moment
    ) -> dict[str, str]:
        """Who has what open; locks and what failed saves left are taken out of the rows, and kept."""
        path, locks = visit.folder.path, []
        for name in [name for name in files if temporary_files.passing_name(name)]:
            known = rows.pop(name, None)
            owner = partial(digesting.lock_owner, self.root, path, name)
            if row := decide.passing_row(known, (path, name), now.after, owner):
                locks.append(row)
                visit.wait(None)
                if row is not known:
                    self.writer.batch.rows.append(row)
                if now.after - (row.since or 0) >= decide.STALE:
                    self._stale(row)
        edited = decide.edited_by(locks, [*map(kept, listing.names), *rows], now.after) if locks else {}
        self.editing.update((shown(joined(path, name)), who) for name, who in edited.items())
        return edited

    def _stale(self, row: Row) -> None:
        if temporary_files.is_lock(row.name):
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
            if seen[shown(name)] > 1 and not temporary_files.passing_name(name):
                visit.wait(None)
                message = _("two files here have names that look the same")
                self._say(Row(visit.folder.path, name), message, _("Rename one of them."), "scan.same_name")

    def _say(self, row: Row, message: str, hint: str, code: str) -> None:
        where = f"{self.writer.share}/{shown(row.path)}"
        self.writer.problems.append(Problem(where, message, hint, code, "W1"))

    def _take(
        self, visit: Visit, look: decide.Look, seen: Stat | None = None, rows: Mapping[str, Row] | None = None
    ) -> None:
        """Do about one place what is to be done."""
        before = rows.get(look.row.name) if rows else None
        match look.step:
            case decide.NextStep.FORGET:
                visit.left_alone += seen is not None
                if seen is None or before is not None:
                    visit.changed = True
                    self.writer.batch.removed.append(look.row)
            case decide.NextStep.KEEP | decide.NextStep.WAIT:
                if look.step is decide.NextStep.WAIT:
                    visit.wait(look.due)
                if look.row is not before and (seen is not None or look.due is not None):
                    visit.changed = True
                    self.writer.batch.rows.append(look.row)
            case decide.NextStep.LOOK if seen is not None:
                self.writer.batch.add(visit, decide.PlaceCase(look.row, seen, before))
            case decide.NextStep.READ if seen is not None:
                self._read(visit, look.row, seen, before)

    def _read(self, visit: Visit, row: Row, seen: Stat, before: Row | None) -> None:
        at = self.writer.micros()
        given_up = at - (row.since or at) >= decide.GIVE_UP
        content = digesting.read(self.root, row.path, seen, self.catalogue, broken_too=given_up)
        if isinstance(content, Unreadable):
            waits = decide.tried(row, content, at)
            visit.wait(waits.retry_at)
            visit.changed = True
            self.writer.batch.rows.append(waits)
            if at - (row.waiting_since or at) >= 60 * decide.SECOND:
                message = _("it cannot be read, and so not be registered: {reason}").format(reason=content.reason)
                self._say(row, message, _("It is tried again; see who has it open."), "scan.unreadable")
            return
        self.writer.batch.add(visit, decide.PlaceCase(row, seen, before, content))
