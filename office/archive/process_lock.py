"""One process at a time: a lock on a file, which the system takes back when its holder dies.

So a lock file that lies there locks nothing by itself; what is written in it only says who came last.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path


class ProcessLock:
    """One file's lock, to ``take`` and ``leave``."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._file: int | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Whether it could be had within so many seconds. OSError where no file can be made there."""
        from filelock import lock_descriptor  # a twentieth of a second to load, and only scans and services lock

        until = time.monotonic() + patience
        self.place.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.place, os.O_RDWR | os.O_CREAT, 0o644)
        while not lock_descriptor(file, blocking=False):
            if time.monotonic() >= until:
                os.close(file)
                return False
            time.sleep(0.05)
        with contextlib.suppress(OSError):  # a full disk keeps nobody from taking a lock
            os.ftruncate(file, 0)
            os.write(file, f"\n{os.getpid()} {socket.gethostname()}\n".encode())
        self._file = file
        return True

    def leave(self) -> None:
        """Let others have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> str:
        """Process and machine that came last; they stand behind the first byte, which Windows locks for readers too."""
        try:
            with self.place.open("rb", buffering=0) as file:
                file.seek(1)
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""
