"""Saving a file so that it is there whole or not at all: temporary file, sync, rename, sync of the folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic(path: str | os.PathLike[str], *, private: bool = False) -> Iterator[IO[bytes]]:
    """A file that appears under its name whole or not at all: temp, fsync, rename, fsync of the folder.

    ``private``: nobody but its owner may ever read it.
    """
    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".~{target.name[:40]}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not private:
            _share_permissions(temporary)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


@contextmanager
def destination(target: str | os.PathLike[str] | IO[bytes] | bytes) -> Iterator[IO[bytes]]:
    """Where a document is written to: a path, whole or not at all; an open file, cut back to its length on failure."""
    if isinstance(target, bytes):
        raise TypeError("a document is written to a path or a file")
    if isinstance(target, str | os.PathLike):
        with atomic(target) as file:
            yield file
        return
    start = target.tell()
    try:
        yield target
    except BaseException:
        target.seek(start)
        target.truncate()
        raise


def _share_permissions(temporary: str) -> None:
    """mkstemp makes the file private; give it what an ordinary new file would have."""
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows keeps the directory entry with the rename; a folder cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: str | os.PathLike[str], content: bytes, *, private: bool = False) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    with atomic(path, private=private) as file:
        file.write(content)
