"""What an emitter tells: a folder to look at, or that nobody knows any more. Hints only hurry a scan (W10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

from watchdog.events import DirModifiedEvent, FileSystemEvent
from watchdog.observers.api import EventEmitter

FolderHint = DirModifiedEvent
"""Something changed in the folder ``src_path``."""


class Why(Enum):
    """Why hints alone do not tell any more what changed."""

    OVERFLOW = "overflow"  # more happened at once than the system keeps
    UNMOUNTED = "unmounted"  # the file system went away
    GONE = "gone"  # the folder itself was moved or deleted
    LIMIT = "limit"  # the system watches no more folders
    ENDED = "ended"  # the thread that listens ended


@dataclass(unsafe_hash=True)
class Lost(FileSystemEvent):
    """Everything below ``src_path`` is to be looked at: something happened there that was not told."""

    why: Why = Why.OVERFLOW


class HintEmitter(EventEmitter):
    """Hints about one folder and all below it. ``left_out``: paths that somebody else looks after."""

    def __init__(self, *of_watchdog: Any, left_out: Collection[str] = (), **more: Any) -> None:
        super().__init__(*of_watchdog, **more)
        self._left_out = frozenset(left_out)

    @property
    def unwatched(self) -> int:
        """How many could not be, those below them not counted."""
        return 0

    def run(self) -> None:
        """Go on until stopped; an end that nobody asked for is told."""
        try:
            super().run()
        finally:
            if self.should_keep_running():
                self.queue_event(Lost(self.watch.path, why=Why.ENDED))
