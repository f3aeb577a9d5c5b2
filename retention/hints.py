"""What an emitter tells: a folder to look at, or that nobody knows any more. Hints only hurry a scan (W10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from watchdog.events import DirModifiedEvent, FileSystemEvent

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
