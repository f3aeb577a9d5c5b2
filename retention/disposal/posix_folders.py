"""Linux and macOS: folders by their descriptors, as :class:`retention.disposal.folders.OpenFolder` promises."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import sys
from hashlib import sha256
from pathlib import Path
from typing import Self

from retention.disposal.folders import BLOCK, FileState, OpenFolder

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class PosixFolder:
    """A folder by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def root(cls, root: Path) -> Self:
        return cls(os.open(root, _DIRECTORY))

    def child(self, name: str, *, make: int | None = None) -> PosixFolder:
        try:
            return PosixFolder(os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=self.descriptor))
        except FileNotFoundError:
            if make is None:
                raise
        try:
            os.mkdir(name, make, dir_fd=self.descriptor)
        except FileExistsError:
            return self.child(name)
        self.sync()
        return self.child(name)

    def look(self, name: str) -> FileState | None:
        try:
            return _seen(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def digest(self, name: str) -> tuple[str, FileState]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe put there must not hold us up
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

    def move(self, name: str, other: OpenFolder, new: str) -> None:
        """ENOTSUP where the file system cannot rename without replacing: never a plain rename."""
        if not isinstance(other, PosixFolder):
            raise TypeError(other)
        _rename(self.descriptor, os.fsencode(name), other.descriptor, os.fsencode(new))

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self.descriptor)

    def sync(self) -> None:
        os.fsync(self.descriptor)

    def claim(self) -> None:
        fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def names(self) -> list[str]:
        return os.listdir(self.descriptor)  # noqa: PTH208 - of a descriptor

    def close(self) -> None:
        os.close(self.descriptor)


def _seen(found: os.stat_result) -> FileState:
    """Moving a file changes its ctime, so that is not what tells it from another."""
    identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    return FileState(stat.S_ISREG(found.st_mode), found.st_nlink, found.st_size, identity)


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
