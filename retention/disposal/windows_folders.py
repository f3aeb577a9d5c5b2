"""Files below a share on Windows, as :mod:`retention.disposal.folders` wants them. From Microsoft's documentation.

No handle-relative opening is offered to programs there. So every folder on the way is opened by itself, not followed
where it is a reparse point, and held open without sharing deletion: while it is held, nobody can rename it or put
another in its place, and a path through it means what it meant.
"""

# ruff: noqa: PTH102, PTH108, PTH208
from __future__ import annotations

import ctypes
import errno
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from retention.disposal.folders import BLOCK, FileState, OpenFolder
from retention.ledger.paths import long_path

_GENERIC_READ = 0x8000_0000
_SHARE_READ_WRITE = 0x1 | 0x2  # not FILE_SHARE_DELETE
_OPEN_EXISTING = 3
_OPEN_ALWAYS = 4
_ATTRIBUTE_HIDDEN = 0x2
_FLAG_DELETE_ON_CLOSE = 0x0400_0000
_BACKUP_SEMANTICS = 0x0200_0000  # needed to open folders
_OPEN_REPARSE_POINT = 0x0020_0000
_ATTRIBUTE_DIRECTORY = 0x10
_ATTRIBUTE_REPARSE_POINT = 0x400
_MOVEFILE_WRITE_THROUGH = 0x8  # neither REPLACE_EXISTING nor COPY_ALLOWED
_INVALID = ctypes.c_void_p(-1).value


class _Information(ctypes.Structure):
    """BY_HANDLE_FILE_INFORMATION."""

    _fields_ = (
        ("attributes", ctypes.c_uint32),
        ("created", ctypes.c_uint64),
        ("accessed", ctypes.c_uint64),
        ("written", ctypes.c_uint64),
        ("volume", ctypes.c_uint32),
        ("size_high", ctypes.c_uint32),
        ("size_low", ctypes.c_uint32),
        ("links", ctypes.c_uint32),
        ("index_high", ctypes.c_uint32),
        ("index_low", ctypes.c_uint32),
    )
    _pack_ = 4


class WindowsFolder:
    """A folder by its path, and the handles that keep every folder of that path in its place."""

    def __init__(self, path: str, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._claimed = 0

    @classmethod
    def root(cls, root: Path) -> WindowsFolder:
        path = long_path(os.path.realpath(root))
        return cls(path, _opened(path))

    def child(self, name: str, *, make: int | None = None) -> WindowsFolder:
        path = self.within(name)
        if make is not None and not os.path.lexists(path):
            os.mkdir(path)
        handle = _opened(path)
        attributes = _information(handle).attributes
        if not attributes & _ATTRIBUTE_DIRECTORY or attributes & _ATTRIBUTE_REPARSE_POINT:
            _kernel().CloseHandle(ctypes.c_void_p(handle))
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return WindowsFolder(path, handle)

    def look(self, name: str) -> FileState | None:
        path = self.within(name)
        try:
            handle = _opened(path)
        except FileNotFoundError:
            return None
        try:
            return _seen(_information(handle))
        finally:
            _kernel().CloseHandle(ctypes.c_void_p(handle))

    def digest(self, name: str) -> tuple[str, FileState]:
        """While it is read nobody can rename, replace or remove it."""
        import msvcrt

        handle = _opened(self.within(name))
        descriptor = msvcrt.open_osfhandle(handle, os.O_RDONLY)  # type: ignore[attr-defined,unused-ignore]
        try:
            found = _seen(_information(handle))
            if not found.regular:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
            digest = sha256()
            while block := os.read(descriptor, BLOCK):
                digest.update(block)
            return digest.hexdigest(), _seen(_information(handle))
        finally:
            os.close(descriptor)

    def move(self, name: str, other: OpenFolder, new: str) -> None:
        """Within one volume only; on disk when it returns."""
        if not isinstance(other, WindowsFolder):
            raise TypeError(other)
        source, target = self.within(name), other.within(new)
        if not _kernel().MoveFileExW(source, target, _MOVEFILE_WRITE_THROUGH):
            raise _failure(source)

    def remove(self, name: str) -> None:
        os.unlink(self.within(name))

    def sync(self) -> None:
        """Moves are written through; NTFS journals removals, and offers no more to programs without privileges."""

    def claim(self) -> None:
        """A file in it is held open, and goes when it is closed."""
        flags = _ATTRIBUTE_HIDDEN | _FLAG_DELETE_ON_CLOSE
        path, kernel = self.within("claimed"), _kernel()
        handle = kernel.CreateFileW(path, _GENERIC_READ, 0, None, _OPEN_ALWAYS, flags, None)
        if handle in {_INVALID, None}:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), path)
        self._claimed = handle

    def names(self) -> list[str]:
        return os.listdir(self._path)

    def close(self) -> None:
        for handle in (self._claimed, self._handle):
            if handle:
                _kernel().CloseHandle(ctypes.c_void_p(handle))

    def within(self, name: str) -> str:
        """The path of a name in it. OSError for what Windows would read as another name."""
        if set(name) & set('\\/:*?"<>|') or name != name.rstrip(" ."):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
        return f"{self._path}\\{name}"


def _kernel() -> Any:
    kernel = getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009 - exists on Windows only
    kernel.CreateFileW.restype = ctypes.c_void_p
    return kernel


def _opened(path: str) -> int:
    flags = _BACKUP_SEMANTICS | _OPEN_REPARSE_POINT
    handle: int = _kernel().CreateFileW(path, _GENERIC_READ, _SHARE_READ_WRITE, None, _OPEN_EXISTING, flags, None)
    if handle in {_INVALID, None}:
        raise _failure(path)
    return handle


def _information(handle: int) -> _Information:
    found = _Information()
    if not _kernel().GetFileInformationByHandle(ctypes.c_void_p(handle), ctypes.byref(found)):
        raise _failure("")
    return found


def _seen(found: _Information) -> FileState:
    regular = not found.attributes & (_ATTRIBUTE_DIRECTORY | _ATTRIBUTE_REPARSE_POINT)
    size = found.size_high << 32 | found.size_low
    index = found.index_high << 32 | found.index_low
    return FileState(regular, found.links, size, (found.volume, index, size, found.written))


def _failure(path: str) -> OSError:
    code = getattr(ctypes, "get_last_error")()  # noqa: B009 - exists on Windows only
    failure: OSError = getattr(ctypes, "WinError")(code)  # noqa: B009
    failure.filename = path
    return failure
