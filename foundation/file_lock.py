"""Taking turns between processes: a lock on a file, which the system takes back when its holder dies.

So a lock file that lies there locks nothing by itself; what is written in it only says who came last.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FAR = 1 << 30  # Windows refuses to read a locked byte: lock one far behind the text


class Turn:
    """One file's lock. ``take`` and ``leave`` it, or hold it by ``with`` (then it is waited for)."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._file: int | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Whether it could be had within so many seconds. OSError where no file can be made there."""
        until = time.monotonic() + patience
        self.place.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.place, os.O_RDWR | os.O_CREAT, 0o644)
        while not _locked(file):
            if time.monotonic() >= until:
                os.close(file)
                return False
            time.sleep(0.05)
        with contextlib.suppress(OSError):  # a full disk keeps nobody from taking a turn
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()} {socket.gethostname()}\n".encode())
        self._file = file
        return True

    def leave(self) -> None:
        """Let others have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> str:
        """Process and machine that came last."""
        try:
            return self.place.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""


def _locked(file: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(file, _FAR, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
