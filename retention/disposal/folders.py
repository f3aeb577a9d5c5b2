"""Files below a share, held by their folders: opened without following links, moved without replacing, synced.

A folder is an open handle, reached from the share's root component by component; nothing below the root is ever
followed if it is a link, and a name that was looked at in a folder is moved in that same folder, whatever anybody
renames above it meanwhile (D6). Linux and macOS; Windows has a module of its own with the same folder.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from retention.filing.observed import on_disk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies under a name: whether it is a regular file, how many names it has, and what tells it from another."""

    regular: bool
    links: int
    size: int
    identity: tuple[int, ...]

    @property
    def plain(self) -> bool:
        """A regular file with this one name: what may be destroyed (D6)."""
        return self.regular and self.links == 1


class Folder(Protocol):
    """An open folder. OSError from everything, as the system says it."""

    def child(self, name: str, *, make: int | None = None) -> Folder:
        """The folder of this name in it, itself no link; where there is none, made with the mode ``make``, durably."""

    def look(self, name: str) -> Seen | None:
        """What lies under a name, links not followed; None where nothing does."""

    def digest(self, name: str) -> tuple[str, Seen]:
        """SHA-256 in hex of a regular file, and what it was when it had been read to its end."""

    def move(self, name: str, other: Folder, new: str) -> None:
        """Rename into another folder of the same file system. FileExistsError rather than replace anything."""

    def remove(self, name: str) -> None:
        """Remove a file's name."""

    def sync(self) -> None:
        """Wait until what was moved and removed here will survive a loss of power."""

    def names(self) -> list[str]:
        """Every name in it."""

    def claim(self) -> None:
        """Keep other processes from claiming it until it is closed. BlockingIOError where one has."""

    def close(self) -> None:
        """Let go of it."""


def open_root(root: Path) -> Folder:
    """The root of a share, wherever its own path leads. OSError where it cannot be reached."""
    if sys.platform == "win32":
        from retention.disposal.windows_folders import WindowsFolder

        return WindowsFolder.root(root)
    return PosixFolder(os.open(root, _DIRECTORY))


def parts_of(path: str) -> tuple[str, ...]:
    """The names that a record's path goes through. ValueError for one that could lead out of its share."""
    parts = tuple(on_disk(part) for part in path.split("/"))
    if any(part in {"", ".", ".."} or "\0" in part or "/" in part for part in parts):
        raise ValueError(path)
    return parts


def open_below(root: Folder, parts: Sequence[str], *, make: int | None = None) -> Folder:
    """The folder at the end of these names. NotADirectoryError or ELOOP where one of them is a link, or a file."""
    folder = root
    for part in parts:
        try:
            inner = folder.child(name_in(folder, part), make=make)
        finally:
            if folder is not root:
                folder.close()
        folder = inner
    return folder


def name_in(folder: Folder, name: str) -> str:
    """The name as the folder has it: itself, or the only one that reads the same (W9); itself where there is none."""
    if folder.look(name) is not None:
        return name
    wanted = unicodedata.normalize("NFC", name)
    if name.isascii():
        return name
    found = [each for each in folder.names() if unicodedata.normalize("NFC", each) == wanted]
    return found[0] if len(found) == 1 else name


# --- Linux and macOS --------------------------------------------------------------------------------------------

_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class PosixFolder:
    """A folder by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def child(self, name: str, *, make: int | None = None) -> PosixFolder:
        """See :class:`Folder`."""
        try:
            return PosixFolder(os.open(name, _DIRECTORY | _NO_LINK, dir_fd=self.descriptor))
        except FileNotFoundError:
            if make is None:
                raise
        try:
            os.mkdir(name, make, dir_fd=self.descriptor)
        except FileExistsError:
            return self.child(name)
        self.sync()
        return self.child(name)

    def look(self, name: str) -> Seen | None:
        """See :class:`Folder`."""
        try:
            return _seen(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def digest(self, name: str) -> tuple[str, Seen]:
        """See :class:`Folder`."""
        flags = os.O_RDONLY | _NO_LINK | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe put there must not hold us up
        descriptor = os.open(name, flags, dir_fd=self.descriptor)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
            digest = sha256()
            while block := os.read(descriptor, BLOCK):
                digest.update(block)
            return digest.hexdigest(), _seen(os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def move(self, name: str, other: Folder, new: str) -> None:
        """See :class:`Folder`. ENOTSUP where the file system cannot rename without replacing: never a plain rename."""
        if not isinstance(other, PosixFolder):
            raise TypeError(other)
        _rename(self.descriptor, os.fsencode(name), other.descriptor, os.fsencode(new))

    def remove(self, name: str) -> None:
        """See :class:`Folder`."""
        os.unlink(name, dir_fd=self.descriptor)

    def sync(self) -> None:
        """See :class:`Folder`."""
        os.fsync(self.descriptor)

    def claim(self) -> None:
        """See :class:`Folder`."""
        import fcntl

        fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def names(self) -> list[str]:
        """See :class:`Folder`."""
        return os.listdir(self.descriptor)  # noqa: PTH208 - of a descriptor

    def close(self) -> None:
        """See :class:`Folder`."""
        os.close(self.descriptor)


def _seen(found: os.stat_result) -> Seen:
    """Moving a file changes its ctime, so that is not what tells it from another."""
    identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    return Seen(stat.S_ISREG(found.st_mode), found.st_nlink, found.st_size, identity)


_RENAME_NOREPLACE = 1  # renameat2(2)
_RENAME_EXCL = 4  # renameatx_np(2)
_SYSCALLS = {"x86_64": 316, "aarch64": 276, "armv7l": 382, "i686": 353, "ppc64le": 357, "s390x": 347, "riscv64": 276}


def _rename(folder: int, name: bytes, other: int, new: bytes) -> None:
    """Rename without replacing, or say why not."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        result = library.renameatx_np(folder, name, other, new, _RENAME_EXCL)
    elif hasattr(library, "renameat2"):
        result = library.renameat2(folder, name, other, new, _RENAME_NOREPLACE)
    elif (number := _SYSCALLS.get(os.uname().machine)) is not None:
        result = library.syscall(number, folder, name, other, new, _RENAME_NOREPLACE)
    else:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), os.fsdecode(name))
    if result != 0:
        code = ctypes.get_errno()
        code = errno.ENOTSUP if code in {errno.EINVAL, errno.ENOSYS} else code
        raise OSError(code, os.strerror(code), os.fsdecode(name), None, os.fsdecode(new))
