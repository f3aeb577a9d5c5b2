"""The files of one disposal list on their shares: at their places, and in quarantine. Knows no ledger, decides nothing.

A quarantine is the folder ``.guidang-quarantine/<list>`` at a share's root; a file in it is called by its record and
attempt. What is moved is synced before anything is said about it: a loss of power leaves a file in one of two places.
``at`` is told what has just happened, so that tests can end the process there.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from foundation.language import _
from foundation.temporary_files import QUARANTINE
from retention.disposal.folders import FileState, OpenFolder, name_in, open_below, parts_of

if sys.platform == "win32":
    from retention.disposal.windows_folders import WindowsFolder as SystemFolder
else:
    from retention.disposal.posix_folders import PosixFolder as SystemFolder


_PRIVATE, _SHARED = 0o700, 0o777

MOVES_FILES = sys.platform != "win32"
"""Whether files are moved and removed on this system: not on Windows, before a Windows machine has run the tests."""


class FilePlace(NamedTuple):
    """Where a record's file lies, or lay, on its share; and which attempt this is."""

    record_id: str
    share: str
    path: str
    attempt: int

    @property
    def name(self) -> str:
        """What the file is called in quarantine."""
        return f"{self.record_id}.{self.attempt}"

    @property
    def beside(self) -> str:
        """Where it is put back if its place was taken meanwhile: a name that only this attempt can have made."""
        path = PurePosixPath(self.path)
        return str(path.with_name(f"{path.stem}.{self.name}{path.suffix}"))

    def elsewhere(self, path: str) -> str:
        """``path`` as events tell it: empty where it is the record's own place."""
        return "" if path == self.path else path


class FileFault(Enum):
    """Why a file could not be taken, or is not what it should be."""

    ABSENT = "absent"
    NOT_PLAIN = "not_plain"
    NO_SAFE_RENAME = "no_safe_rename"
    REFUSED = "refused"

    @property
    def words(self) -> str:
        """In the language in force."""
        return {
            FileFault.ABSENT: _("there is no file at its place"),
            FileFault.NOT_PLAIN: _("it is a folder, a link, or a file with several names"),
            FileFault.NO_SAFE_RENAME: _("this file system cannot rename without replacing"),
            FileFault.REFUSED: _("the system refused"),
        }[self]


@dataclass(frozen=True, slots=True)
class FileFound:
    """What was found of a file: its digest and what tells it from another, or a fault with the system's own reason."""

    digest: str = ""
    seen: FileState | None = None
    fault: FileFault | None = None
    reason: str = ""

    @property
    def size(self) -> int:
        return self.seen.size if self.seen else 0

    @property
    def words(self) -> str:
        """The fault in the language in force, and what the system said."""
        return "：".join(part for part in (self.fault.words if self.fault else "", self.reason) if part)


class Quarantine:
    """The files of the list with this number. OSError only where a share itself cannot be reached."""

    def __init__(self, roots: Mapping[str, Path], number: str, at: Callable[[str], None]) -> None:
        self._roots = roots
        self._number = number
        self._at = at
        self._open: dict[tuple[str, tuple[str, ...]], OpenFolder] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.let_go()
        for folder in self._open.values():
            folder.close()

    def path_of(self, place: FilePlace) -> str:
        """Where the file lies on its share while it is in quarantine."""
        return f"{QUARANTINE}/{self._number}/{place.name}"

    def prepare(self, share: str) -> None:
        """Make the folder of this list on a share, durably: before anything is intended there."""
        self._own(share, make=_PRIVATE)

    def claim(self, share: str) -> None:
        """See that no other process works on this list's files. BlockingIOError where one does."""
        self._own(share).claim()

    def knows(self, share: str) -> bool:
        """Whether it was said where a share is."""
        return share in self._roots

    def empty(self, share: str) -> bool:
        """Whether nothing at all lies on a share."""
        return not self._folder(share, ()).names()

    def exists(self, share: str) -> bool:
        """Whether a share has a folder of this list: then it is the share that it was."""
        try:
            self._own(share)
        except FileNotFoundError:
            return False
        return True

    # --- looking

    def at_place(self, place: FilePlace, path: str = "") -> FileFound:
        """What lies at a record's place, or at ``path``; hashed where it is a plain file."""
        return _found(lambda: self._parent(place.share, path or place.path))

    def there(self, place: FilePlace) -> FileFound:
        """Whether a plain file lies at a record's place; not hashed."""
        return _found(lambda: self._parent(place.share, place.path), hashed=False)

    def inside(self, place: FilePlace) -> FileFound:
        """What lies in quarantine for this attempt, hashed."""
        return _found(lambda: (self._own(place.share), place.name))

    def waits(self, place: FilePlace) -> bool:
        """Whether anything lies in quarantine for this attempt."""
        try:
            return self._own(place.share).look(place.name) is not None
        except FileNotFoundError:
            return False

    # --- moving

    def take(self, places: Sequence[FilePlace]) -> tuple[dict[str, FileFound], dict[str, FileFound]]:
        """Step 2 and 3: move files out of their places without replacing anything, sync, and hash what was moved.

        What lies in quarantine now, hashed after it left its place; and why the others are where they were.
        """
        stayed: dict[str, FileFound] = {}
        touched: list[OpenFolder] = []
        for place in places:
            try:
                touched += self._take(place)
            except OSError as error:
                stayed[place.record_id] = _fault(error)
            self._at("moved")
        self._sync(touched, "moved.synced")
        moved = {place.record_id: self.inside(place) for place in places if place.record_id not in stayed}
        self._at("hashed")
        return moved, stayed

    def _take(self, place: FilePlace) -> tuple[OpenFolder, OpenFolder]:
        parent, name = self._parent(place.share, place.path)
        seen = parent.look(name)
        if seen is None:
            raise FileNotFoundError(errno.ENOENT, "", name)
        if not seen.plain:
            raise OSError(errno.EMLINK, "", name)
        inside = self._own(place.share)
        parent.move(name, inside, place.name)
        return parent, inside

    def put_back(self, places: Iterable[FilePlace]) -> dict[str, str | FileFound]:
        """Move files back to their places, or beside them where those were taken; the path for each, or a fault."""
        done: dict[str, str | FileFound] = {}
        touched: list[OpenFolder] = []
        for place in places:
            try:
                done[place.record_id], folders = self._put_back(place)
                touched += folders
            except OSError as error:
                done[place.record_id] = _fault(error)
            self._at("put_back")
        self._sync(touched, "put_back.synced")
        return done

    def _put_back(self, place: FilePlace) -> tuple[str, tuple[OpenFolder, OpenFolder]]:
        inside = self._own(place.share)
        for path in (place.path, place.beside):
            parent, name = self._parent(place.share, path, make=_SHARED)
            try:
                inside.move(place.name, parent, name)
            except FileExistsError:
                continue
            return path, (parent, inside)
        raise FileExistsError(errno.EEXIST, "", place.path)

    def remove(self, wanted: Mapping[FilePlace, FileFound]) -> dict[str, bool]:
        """Step 5: remove from quarantine what is still exactly what was hashed; sync; look again: is it gone?"""
        touched: list[OpenFolder] = []
        for place, found in wanted.items():
            inside = self._own(place.share)
            seen = inside.look(place.name)
            if seen is not None and found.seen is not None and seen == found.seen and seen.plain:
                inside.remove(place.name)
                touched.append(inside)
            self._at("removed")
        self._sync(touched, "removed.synced")
        return {place.record_id: not self.waits(place) for place in wanted}

    # --- folders

    def let_go(self) -> None:
        """Close what was opened on the way, but not the roots and quarantines: people rename folders meanwhile."""
        for key in [key for key in self._open if key[1] and key[1][0] != QUARANTINE]:
            self._open.pop(key).close()

    def _parent(self, share: str, path: str, *, make: int | None = None) -> tuple[OpenFolder, str]:
        try:
            *above, name = parts_of(path)
        except ValueError:
            raise OSError(errno.EINVAL, "", path) from None
        if above[:1] == [QUARANTINE]:
            raise OSError(errno.EINVAL, "", path)
        parent = self._folder(share, tuple(above), make=make)
        return parent, name_in(parent, name)

    def _own(self, share: str, *, make: int | None = None) -> OpenFolder:
        """The folder of this list."""
        return self._folder(share, (QUARANTINE, self._number), make=make)

    def _folder(self, share: str, parts: tuple[str, ...], *, make: int | None = None) -> OpenFolder:
        if (share, ()) not in self._open:
            self._open[share, ()] = SystemFolder.root(self._roots[share])
        if (share, parts) not in self._open:
            self._open[share, parts] = open_below(self._open[share, ()], parts, make=make)
        return self._open[share, parts]

    def _sync(self, folders: Iterable[OpenFolder], point: str) -> None:
        for folder in dict.fromkeys(folders):
            folder.sync()
        self._at(point)


def _found(where: Callable[[], tuple[OpenFolder, str]], *, hashed: bool = True) -> FileFound:
    """What lies under a name in a folder; ``where`` finds that folder, which may fail as looking does."""
    try:
        folder, name = where()
        seen, digest = folder.look(name), ""
        if seen is not None and seen.plain and hashed:
            digest, seen = folder.digest(name)
    except OSError as error:
        return _fault(error)
    if seen is None:
        return FileFound(fault=FileFault.ABSENT)
    return FileFound(digest, seen, None if seen.plain else FileFault.NOT_PLAIN)


_FAULTS = {
    errno.ENOENT: FileFault.ABSENT,
    errno.ENOTDIR: FileFault.NOT_PLAIN,
    errno.ELOOP: FileFault.NOT_PLAIN,
    errno.EMLINK: FileFault.NOT_PLAIN,
    errno.ENOTSUP: FileFault.NO_SAFE_RENAME,
    errno.EXDEV: FileFault.NO_SAFE_RENAME,
}


def _fault(error: OSError) -> FileFound:
    fault = _FAULTS.get(error.errno or 0, FileFault.REFUSED)
    return FileFound(fault=fault, reason=error.strerror or "" if fault is FileFault.REFUSED else "")
