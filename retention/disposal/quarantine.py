"""The files of one disposal list on their shares: at their places, and in quarantine. Knows no ledger, decides nothing.

A quarantine is the folder ``.guidang-quarantine/<list>`` at a share's root; a file in it is called by its record and
attempt. What is moved is synced before anything is said about it: a loss of power leaves a file in one of two places.
``at`` is told what has just happened, so that tests can end the process there.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Self

from foundation.language import _
from foundation.temporary_files import QUARANTINE
from retention.disposal.folders import name_in, open_below, open_root, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from retention.disposal.folders import Folder, Seen

_PRIVATE, _SHARED = 0o700, 0o777


class Place(NamedTuple):
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


class Fault(Enum):
    """Why a file could not be taken, or is not what it should be."""

    ABSENT = "absent"
    NOT_PLAIN = "not_plain"
    NO_SAFE_RENAME = "no_safe_rename"
    REFUSED = "refused"

    @property
    def words(self) -> str:
        """In the language in force."""
        return {
            Fault.ABSENT: _("there is no file at its place"),
            Fault.NOT_PLAIN: _("it is a folder, a link, or a file with several names"),
            Fault.NO_SAFE_RENAME: _("this file system cannot rename without replacing"),
            Fault.REFUSED: _("the system refused"),
        }[self]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a file: its digest and what tells it from another, or a fault with the system's own reason."""

    digest: str = ""
    seen: Seen | None = None
    fault: Fault | None = None
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
        self._open: dict[tuple[str, tuple[str, ...]], Folder] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.let_go()
        for folder in self._open.values():
            folder.close()

    def path_of(self, place: Place) -> str:
        """Where the file lies on its share while it is in quarantine."""
        return f"{QUARANTINE}/{self._number}/{place.name}"

    def prepare(self, share: str) -> None:
        """Make the folder of this list on a share, durably: before anything is intended there."""
        self._folder(share, (QUARANTINE, self._number), make=_PRIVATE)

    def claim(self, share: str) -> None:
        """See that no other process works on this list's files. BlockingIOError where one does."""
        self._folder(share, (QUARANTINE, self._number)).claim()

    def knows(self, share: str) -> bool:
        """Whether it was said where a share is."""
        return share in self._roots

    def empty(self, share: str) -> bool:
        """Whether nothing at all lies on a share."""
        return not self._folder(share, ()).names()

    def exists(self, share: str) -> bool:
        """Whether a share has a folder of this list: then it is the share that it was."""
        try:
            self._folder(share, (QUARANTINE, self._number))
        except FileNotFoundError:
            return False
        return True

    # --- looking

    def at_place(self, place: Place, path: str = "") -> Found:
        """What lies at a record's place, or at ``path``; hashed where it is a plain file."""
        try:
            parent, name = self._parent(place.share, path or place.path)
            return _found(parent, name)
        except OSError as error:
            return _fault(error)

    def there(self, place: Place) -> Found:
        """Whether a plain file lies at a record's place; not hashed."""
        try:
            parent, name = self._parent(place.share, place.path)
            seen = parent.look(name)
        except OSError as error:
            return _fault(error)
        if seen is None:
            return Found(fault=Fault.ABSENT)
        return Found(seen=seen, fault=None if seen.plain else Fault.NOT_PLAIN)

    def inside(self, place: Place) -> Found:
        """What lies in quarantine for this attempt, hashed."""
        try:
            return _found(self._folder(place.share, (QUARANTINE, self._number)), place.name)
        except OSError as error:
            return _fault(error)

    def waits(self, place: Place) -> bool:
        """Whether anything lies in quarantine for this attempt."""
        try:
            return self._folder(place.share, (QUARANTINE, self._number)).look(place.name) is not None
        except FileNotFoundError:
            return False

    # --- moving

    def take(self, places: Sequence[Place]) -> tuple[dict[str, Found], dict[str, Found]]:
        """Step 2 and 3: move files out of their places without replacing anything, sync, and hash what was moved.

        What lies in quarantine now, hashed after it left its place; and why the others are where they were.
        """
        stayed: dict[str, Found] = {}
        touched: dict[int, Folder] = {}
        for place in places:
            try:
                touched.update((id(folder), folder) for folder in self._take(place))
            except OSError as error:
                stayed[place.record_id] = _fault(error)
            self._at("moved")
        self._sync(touched.values())
        self._at("moved.synced")
        moved = {place.record_id: self.inside(place) for place in places if place.record_id not in stayed}
        self._at("hashed")
        return moved, stayed

    def _take(self, place: Place) -> tuple[Folder, Folder]:
        parent, name = self._parent(place.share, place.path)
        seen = parent.look(name)
        if seen is None:
            raise FileNotFoundError(errno.ENOENT, "", name)
        if not seen.plain:
            raise OSError(errno.EMLINK, "", name)
        inside = self._folder(place.share, (QUARANTINE, self._number))
        parent.move(name, inside, place.name)
        return parent, inside

    def put_back(self, places: Iterable[Place]) -> dict[str, str | Found]:
        """Move files back to their places, or beside them where those were taken; the path for each, or a fault."""
        done: dict[str, str | Found] = {}
        touched: dict[int, Folder] = {}
        for place in places:
            try:
                done[place.record_id], folders = self._put_back(place)
                touched.update((id(folder), folder) for folder in folders)
            except OSError as error:
                done[place.record_id] = _fault(error)
            self._at("put_back")
        self._sync(touched.values())
        self._at("put_back.synced")
        return done

    def _put_back(self, place: Place) -> tuple[str, tuple[Folder, Folder]]:
        inside = self._folder(place.share, (QUARANTINE, self._number))
        for path in (place.path, place.beside):
            parent, name = self._parent(place.share, path, make=_SHARED)
            try:
                inside.move(place.name, parent, name)
            except FileExistsError:
                continue
            return path, (parent, inside)
        raise FileExistsError(errno.EEXIST, "", place.path)

    def remove(self, wanted: Mapping[Place, Found]) -> dict[str, bool]:
        """Step 5: remove from quarantine what is still exactly what was hashed; sync; look again: is it gone?"""
        touched: dict[int, Folder] = {}
        for place, found in wanted.items():
            inside = self._folder(place.share, (QUARANTINE, self._number))
            seen = inside.look(place.name)
            if seen is not None and found.seen is not None and seen == found.seen and seen.plain:
                inside.remove(place.name)
                touched[id(inside)] = inside
            self._at("removed")
        self._sync(touched.values())
        self._at("removed.synced")
        return {place.record_id: not self.waits(place) for place in wanted}

    # --- folders

    def let_go(self) -> None:
        """Close what was opened on the way, but not the roots and quarantines: people rename folders meanwhile."""
        for key in [key for key in self._open if key[1] and key[1][0] != QUARANTINE]:
            self._open.pop(key).close()

    def _parent(self, share: str, path: str, *, make: int | None = None) -> tuple[Folder, str]:
        try:
            *above, name = parts_of(path)
        except ValueError:
            raise OSError(errno.EINVAL, "", path) from None
        if above[:1] == [QUARANTINE]:
            raise OSError(errno.EINVAL, "", path)
        parent = self._folder(share, tuple(above), make=make)
        return parent, name_in(parent, name)

    def _folder(self, share: str, parts: tuple[str, ...], *, make: int | None = None) -> Folder:
        if (share, ()) not in self._open:
            self._open[share, ()] = open_root(self._roots[share])
        if (share, parts) not in self._open:
            self._open[share, parts] = open_below(self._open[share, ()], parts, make=make)
        return self._open[share, parts]

    def _sync(self, folders: Iterable[Folder]) -> None:
        for folder in folders:
            folder.sync()


def _found(folder: Folder, name: str) -> Found:
    seen = folder.look(name)
    if seen is None:
        return Found(fault=Fault.ABSENT)
    if not seen.plain:
        return Found(seen=seen, fault=Fault.NOT_PLAIN)
    digest, seen = folder.digest(name)
    return Found(digest, seen, None if seen.plain else Fault.NOT_PLAIN)


_FAULTS = {
    errno.ENOENT: Fault.ABSENT,
    errno.ENOTDIR: Fault.NOT_PLAIN,
    errno.ELOOP: Fault.NOT_PLAIN,
    errno.EMLINK: Fault.NOT_PLAIN,
    errno.ENOTSUP: Fault.NO_SAFE_RENAME,
    errno.EXDEV: Fault.NO_SAFE_RENAME,
}


def _fault(error: OSError) -> Found:
    fault = _FAULTS.get(error.errno or 0, Fault.REFUSED)
    return Found(fault=fault, reason=error.strerror or "" if fault is Fault.REFUSED else "")
