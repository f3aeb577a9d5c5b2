"""How the hints of one share come about: told by the system where it can, asked for where it cannot.

The kind of file system decides, never a trial: a local event queue tells of this machine's own changes on a network
drive too, and of nobody else's. Where a network drive is mounted inside a local folder, each part is watched its way.
"""

# ruff: noqa: PTH116, PTH118 - watchdog speaks of paths as texts
from __future__ import annotations

import errno
import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers.api import BaseObserver

from foundation import mounts
from foundation.temporary_files import QUARANTINE
from retention.watching.hints import Lost, Why
from retention.watching.polling import PollingEmitter

if sys.platform == "win32":
    from retention.watching.windows_hints import WindowsEmitter as TellingEmitter
else:
    from retention.watching.inotify import InotifyEmitter as TellingEmitter
    from retention.watching.inotify import works

    told_here = cache(works)

LOG = logging.getLogger("guidang.watch")

TELLING = re.compile(
    "apfs|bcachefs|btrfs|exfat|ext[234]|f2fs|fuseblk|hfsplus|jfs|ntfs3?|overlay|ramfs|reiserfs|squashfs|tmpfs|ubifs|vfat"
    "|xfs|zfs"
)
"""File systems of this machine alone: all that changes there is told. Of kinds not named here, asking makes sure."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The folders to be told about, and those to ask; paths inside one another are left out of the outer one."""

    told: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def left_out(self, root: str) -> tuple[str, ...]:
        """What whoever watches ``root`` leaves alone."""
        inner = [path for path in self.asked if path != root and Path(path).is_relative_to(root)]
        return (*inner, os.path.join(root, QUARANTINE))


def ways(mountinfo: str, root: str) -> Ways:
    """How to watch a folder, an absolute path without links, by what is mounted there; pure (proc(5), mountinfo)."""
    kind = mounts.kind_of(mountinfo, root)
    if mounts.NETWORK.fullmatch(kind):
        return Ways(asked=(root,))
    inner = {point: type_ for point, type_ in mounts.below(mountinfo, root).items() if not TELLING.fullmatch(type_)}
    own = (root,) if not TELLING.fullmatch(kind) else ()
    return Ways(told=(root,), asked=(*own, *sorted(inner)))


class Hearer(FileSystemEventHandler):
    """Passes on what emitters tell. An exception here would end watchdog's dispatching: none gets out."""

    def __init__(self, root: str, heard: Callable[[str], None], lost: Callable[[Why], None]) -> None:
        self._root, self._heard, self._lost = root, heard, lost

    def dispatch(self, event: FileSystemEvent) -> None:
        """A folder relative to the share, with ``/`` between; empty for the share itself."""
        try:
            if isinstance(event, Lost):
                self._lost(event.why)
            else:
                self._heard(relative(os.fsdecode(event.src_path), self._root))
        except Exception:
            LOG.exception("a hint was not understood: %r", event)


def relative(path: str, root: str) -> str:
    """``path`` below ``root`` as the scanner names it."""
    inner = os.path.relpath(path, root)
    return "" if inner == "." else inner.replace(os.sep, "/")


class HintSource:
    """Hints of one share. ``heard`` gets a folder, ``lost`` the reason why hints alone do not tell any more.

    Both are called from other threads, at any moment between ``open`` and ``close``.
    """

    def __init__(self, root: Path, heard: Callable[[str], None], lost: Callable[[Why], None]) -> None:
        self.root = os.path.realpath(root)
        self._hearer = Hearer(self.root, heard, lost)
        self._observers: list[BaseObserver] = []
        self._turn = threading.Lock()
        self._asked: set[str] = set()
        self.ways = Ways()
        self._place: object = None

    def open(self) -> None:
        """Watch; what happens from now on is told. OSError where the root is away."""
        self._place = _place_of(self.root)
        self.ways = _ways_on_this_machine(self.root)
        for path in self.ways.asked:
            self.ask(path)
        for path in self.ways.told:
            try:
                self._observe(TellingEmitter, path)
            except OSError as error:
                if error.errno not in {errno.EMFILE, errno.ENOSPC, errno.ENOSYS, errno.ENOMEM}:
                    raise
                self.ask(path)

    def ask(self, path: str | None = None) -> None:
        """Ask as well: for a part that nobody tells about, or the whole share."""
        path = path or self.root
        with self._turn:
            if path in self._asked:
                return
            self._asked.add(path)
        self._observe(PollingEmitter, path)

    def close(self, patience: float = 5.0) -> None:
        """Let go. What hangs on a dead file system is left behind: its threads end with the process at the latest."""
        observers, self._observers = self._observers, []
        ending = threading.Thread(target=_stop, args=[observers], daemon=True)
        ending.start()
        ending.join(patience)

    @property
    def alive(self) -> bool:
        """Whether everything that listens still does, on the file system it was opened on."""
        return all(each.is_alive() for each in (*self._observers, *self._emitters()))

    @property
    def moved(self) -> bool:
        """Whether another file system lies there now, or another folder. OSError where the root is away."""
        return _place_of(self.root) != self._place

    @property
    def asking(self) -> bool:
        """Whether the whole share is asked."""
        return self.root in self._asked

    @property
    def unwatched(self) -> int:
        """How many folders could not be watched."""
        return sum(emitter.unwatched for emitter in self._emitters())

    def _emitters(self) -> list[Any]:
        return [emitter for observer in self._observers for emitter in observer.emitters]

    def _observe(self, emitter: Any, path: str) -> None:
        observer = BaseObserver(emitter, left_out=self.ways.left_out(path))
        observer.schedule(self._hearer, path, recursive=True)
        observer.start()
        self._observers = [*self._observers, observer]


def _stop(observers: list[BaseObserver]) -> None:
    for observer in observers:
        observer.stop()
    for observer in observers:
        observer.join()


def _place_of(root: str) -> object:
    """What tells one folder from another at the same path, and which file systems lie inside."""
    place = os.stat(root)
    inside = mounts.below(mounts.mountinfo(), root) if sys.platform == "linux" else {}
    return place.st_dev, place.st_ino, inside


def _ways_on_this_machine(root: str) -> Ways:
    if sys.platform == "linux":
        return ways(mounts.mountinfo(), root) if told_here() else Ways(asked=(root,))
    if sys.platform == "win32" and not mounts.network_kind(Path(root)):
        return Ways(told=(root,))
    return Ways(asked=(root,))
