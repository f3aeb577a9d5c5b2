"""The tree of a share, folder by folder: what lies there now, and a digest that says whether it is what was there.

Reads only, follows no links, holds one folder at a time. A folder that cannot be listed is unknown, never empty (W8).
"""

# ruff: noqa: PTH100, PTH116, PTH118, PTH208 - a million files go by as texts and descriptors
from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from foundation import temporary_files
from retention.filing.observed import Stat
from retention.ledger.paths import joined, kept, long_path

_KIND, _FOLDER, _FILE = 0o170000, stat.S_IFDIR, stat.S_IFREG
_ID = (1 << 63) - 1
_OPEN = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(slots=True)
class Listing:
    """What lies in one folder. ``numbers``: size, time and file number of each name, three a name; sizes below 0 are
    no files: folders, links, devices.
    """

    path: str
    names: list[str]
    numbers: array[int]
    folders: list[str]
    mounted: bool = False
    digest: bytes = field(default=b"")

    def files(self) -> Iterator[tuple[str, Stat]]:
        """Name as kept and stat of every regular file."""
        numbers = self.numbers
        for place, name in enumerate(self.names):
            size = numbers[3 * place]
            if size >= 0:
                yield kept(name), Stat(size, numbers[3 * place + 1], numbers[3 * place + 2])

    def others(self) -> int:
        """How many names are neither files nor folders."""
        return sum(1 for size in self.numbers[::3] if size == _NO_FILE)

    def subfolders(self) -> list[str]:
        """Paths, as kept, of the folders that are looked into."""
        return [joined(self.path, kept(name)) for name in self.folders]


@dataclass(frozen=True, slots=True)
class ClosedFolder:
    """A folder that could not be listed, and why. ``gone``: it was not there any more, which its parent will tell."""

    path: str
    reason: str
    gone: bool = False


_IS_FOLDER, _NO_FILE = -1, -2


def listed(root: str, path: str, device: int, *, ids: bool = True) -> Listing | ClosedFolder:
    """One folder as it is now. ``path`` as on the disk; ``device``: the root's; ``ids``: file numbers can be relied
    upon.
    """
    place = os.path.join(root, path) if path else root
    try:
        if os.listdir in os.supports_fd:
            return _by_descriptor(place, path, device, ids=ids)
        return _by_entries(place, path, device)
    except OSError as error:
        return ClosedFolder(
            kept(path), error.strerror or str(error), isinstance(error, FileNotFoundError | NotADirectoryError)
        )


def _by_descriptor(place: str, path: str, device: int, *, ids: bool) -> Listing:
    descriptor = os.open(place, _OPEN)
    try:
        mounted = os.fstat(descriptor).st_dev != device
        names = os.listdir(descriptor)
        names.sort()
        numbers, folders, lost = array("q"), [], []
        add, look = numbers.append, os.lstat
        keep = _ID if ids and not mounted else 0
        for name in names:
            try:
                found = look(name, dir_fd=descriptor)
                kind = found[0] & _KIND
                if kind == _FILE:
                    add(found[6])
                    add(found.st_mtime_ns)
                    add(found[1] & keep)
                else:
                    numbers.extend((_IS_FOLDER if kind == _FOLDER else _NO_FILE, 0, 0))
                    if kind == _FOLDER:
                        folders.append(name)
            except FileNotFoundError:  # between listing and looking
                lost.append(name)
            except OverflowError:  # a time of change after the year 2262
                numbers.extend((found.st_mtime_ns & _ID, found[1] & keep))
    finally:
        os.close(descriptor)
    return _made(
        path, [name for name in names if name not in lost] if lost else names, numbers, folders, mounted=mounted
    )


def _by_entries(place: str, path: str, device: int) -> Listing:
    """For Windows, where a listing carries sizes and times, and no file numbers. Untried."""
    mounted = os.stat(place).st_dev != device
    with os.scandir(long_path(os.path.abspath(place)) if os.name == "nt" else place) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    numbers, folders = array("q"), []
    for entry in found:
        junction = getattr(entry, "is_junction", bool)()
        if entry.is_dir(follow_symlinks=False) and not junction:
            numbers.extend((_IS_FOLDER, 0, 0))
            folders.append(entry.name)
        elif entry.is_file(follow_symlinks=False):
            seen = entry.stat(follow_symlinks=False)
            numbers.extend((seen.st_size, mtime_of(seen), 0))
        else:
            numbers.extend((_NO_FILE, 0, 0))
    return _made(path, [entry.name for entry in found], numbers, folders, mounted=mounted)


def _made(path: str, names: list[str], numbers: array[int], folders: list[str], *, mounted: bool) -> Listing:
    hashed = blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=16)
    hashed.update(numbers)
    inner = [name for name in folders if not temporary_files.passing_folder(name)]
    return Listing(kept(path), names, numbers, inner, mounted, hashed.digest())


def tree(
    root: str, device: int, starts: Iterable[str] = ("",), *, ids: bool = True
) -> Iterator[Listing | ClosedFolder]:
    """Folders, each before those inside it; ``starts`` as on the disk. Whoever takes a listing may empty its
    ``folders``, and they are not looked into.
    """
    waiting = sorted(starts, reverse=True)
    while waiting:
        path = waiting.pop()
        found = listed(root, path, device, ids=ids)
        yield found
        if isinstance(found, Listing):
            waiting.extend(joined(path, name) for name in reversed(found.folders))


def look_at(root: Path | str, path: str, *, ids: bool = True) -> Stat | None:
    """What lies at a place on the disk; None: nothing does, or no file. OSError where that cannot be told."""
    try:
        found = os.lstat(os.path.join(root, path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stat(found.st_size, mtime_of(found), found.st_ino & _ID if ids else 0)


def mtime_of(found: os.stat_result) -> int:
    """The time of change in nanoseconds, as far as it fits."""
    return found.st_mtime_ns if found.st_mtime_ns <= _ID else found.st_mtime_ns & _ID
