"""Linux: in which folders something changed, as the kernel tells it; what the kernel drops is said, never lost.

watchdog's own inotify emitter logs an overflowing queue and goes on, and says nothing of a reached watch limit. This
one asks for few kinds of events, reads them as fast as they come, and keeps only the folders' names. inotify(7).
"""

# ruff: noqa: PTH118 - paths are bytes, as the kernel gives them
from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from retention.watching.hints import FolderHint, HintEmitter, Lost, Why

IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x08, 0x40, 0x80, 0x100, 0x200
IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT, IN_Q_OVERFLOW, IN_IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
IN_ONLYDIR, IN_DONT_FOLLOW, IN_ISDIR = 0x0100_0000, 0x0200_0000, 0x4000_0000

CHANGES = IN_CREATE | IN_DELETE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW
"""What is asked for in every folder: names that come and go, and files whose writer has finished."""

OF_THE_ROOT = CHANGES | IN_DELETE_SELF | IN_MOVE_SELF

READ_AT_ONCE = 1 << 18
TELL_EVERY = 0.1
"""Seconds after which folders are told though more is waiting to be read."""

RETRY_EVERY = 30.0
"""Seconds after which folders that could not be watched are tried again."""

_HEAD = struct.Struct("iIII")
_GONE_AGAIN = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE})
_NO_MORE = frozenset({errno.ENOSPC, errno.ENOMEM})


class Kernel:
    """One inotify instance, through the C library. OSError where the system gives none, or watches no more."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def watch(self, path: bytes, mask: int) -> int:
        """Watch a folder; a folder that is watched already keeps its number."""
        return self._checked(self._libc.inotify_add_watch(self.fd, path, ctypes.c_uint32(mask)))

    def forget(self, number: int) -> None:
        """Watch no longer; a folder that is gone needs no forgetting."""
        self._libc.inotify_rm_watch(self.fd, number)

    def read(self) -> bytes:
        """What is waiting; empty where nothing is."""
        try:
            return os.read(self.fd, READ_AT_ONCE)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        os.close(self.fd)

    def _checked(self, result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result


def events(buffer: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number of the folder, mask and name of each event in what was read; pure."""
    at = 0
    while at < len(buffer):
        number, mask, _cookie, length = _HEAD.unpack_from(buffer, at)
        at += _HEAD.size + length
        yield number, mask, buffer[at - length : at].rstrip(b"\0")


def works(patience: float = 2.0) -> bool:
    """Whether this machine tells of a file made in its own temporary folder: some containers and emulations do not."""
    try:
        kernel = Kernel()
    except OSError:
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="guidang-") as place:
            kernel.watch(os.fsencode(place), CHANGES)
            Path(place, "probe").touch()
            return bool(_readable(patience, kernel.fd))
    except OSError:
        return False
    finally:
        kernel.close()


def _readable(timeout: float, *files: int) -> set[int]:
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    return {file for file, _event in poll.poll(timeout * 1000)}


class Folder:
    """A watched folder in the tree of those watched."""

    __slots__ = ("children", "name", "number", "parent")

    def __init__(self, name: bytes, parent: Folder | None, number: int) -> None:
        self.name, self.parent, self.number = name, parent, number
        self.children: dict[bytes, Folder] = {}

    @property
    def path(self) -> bytes:
        folder, names = self, [self.name]
        while folder.parent is not None:
            folder = folder.parent
            names.append(folder.name)
        return os.path.join(*reversed(names))

    def within(self) -> Iterator[Folder]:
        """The folder and all below it."""
        stack = [self]
        while stack:
            folder = stack.pop()
            yield folder
            stack.extend(folder.children.values())


class Tree:
    """The folders watched below a root, and what was heard of them since somebody asked.

    Links are not followed, and what is ``left_out`` is not watched. OSError where the root itself cannot be watched.
    """

    def __init__(self, root: bytes, left_out: Collection[bytes] = ()) -> None:
        self.kernel = Kernel()
        self.dirty: set[Folder] = set()
        self.lost: set[Why] = set()
        self.unwatched: set[tuple[Folder, bytes]] = set()
        self._left_out = left_out
        self._limited = False
        self._known: dict[int, Folder] = {}
        try:
            self.root = Folder(root, None, self.kernel.watch(root, OF_THE_ROOT))
            self._known[self.root.number] = self.root
            self._cover(self.root, *_subfolders(root))
        except BaseException:
            self.kernel.close()
            raise

    def __len__(self) -> int:
        return len(self._known)

    def hear(self, buffer: bytes) -> None:
        """Take in what was read."""
        for number, mask, name in events(buffer):
            if mask & IN_Q_OVERFLOW:
                self.lost.add(Why.OVERFLOW)
            elif folder := self._known.get(number):  # else events that were under way when it was forgotten
                self._heard(folder, mask, name)

    def retry(self) -> None:
        """Try again to watch what could not be watched."""
        waiting, self.unwatched = self.unwatched, set()
        for parent, name in waiting:
            self._cover(parent, name)

    def _heard(self, folder: Folder, mask: int, name: bytes) -> None:
        if mask & IN_UNMOUNT:
            self.lost.add(Why.UNMOUNTED)
        elif mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED):
            if folder is self.root:
                self.lost.add(Why.GONE)
            if mask & IN_IGNORED:
                self._drop(folder)
        else:
            self.dirty.add(folder)
            if mask & IN_ISDIR:
                self._heard_of_folder(folder, mask, name)

    def _heard_of_folder(self, parent: Folder, mask: int, name: bytes) -> None:
        if mask & (IN_DELETE | IN_MOVED_FROM):
            if gone := parent.children.get(name):
                self._forget(gone)
        elif mask & (IN_CREATE | IN_MOVED_TO):
            self._cover(parent, name)

    def _cover(self, parent: Folder, *names: bytes) -> None:
        """Watch folders and those below them. What came into being meanwhile is found by looking: each is told."""
        stack = [(parent, name) for name in names]
        while stack:
            if folder := self._watched(*stack.pop()):
                self.dirty.add(folder)
                stack.extend((folder, name) for name in _subfolders(folder.path))

    def _watched(self, parent: Folder, name: bytes) -> Folder | None:
        path = os.path.join(parent.path, name)
        if path in self._left_out:
            return None
        try:
            number = self.kernel.watch(path, CHANGES)
        except OSError as error:
            if error.errno in _NO_MORE and not self._limited:
                self._limited = True
                self.lost.add(Why.LIMIT)
            if error.errno not in _GONE_AGAIN:  # of what is gone again an event will tell
                self.unwatched.add((parent, name))
            return None
        return self._place(parent, name, number)

    def _place(self, parent: Folder, name: bytes, number: int) -> Folder:
        known = self._known.get(number)
        if known is not None and known.parent is parent and known.name == name:
            return known
        if known is not None:  # it was moved here, and the event that says so is still to be read
            self._detach(known)
        folder = Folder(name, parent, number)
        parent.children[name] = self._known[number] = folder
        return folder

    def _forget(self, folder: Folder) -> None:
        """A folder left this place: where it went, if that is watched, it is covered anew."""
        for each in folder.within():
            self.kernel.forget(each.number)
            self._known.pop(each.number, None)
        self._detach(folder)

    def _drop(self, folder: Folder) -> None:
        self._known.pop(folder.number, None)
        self._detach(folder)

    @staticmethod
    def _detach(folder: Folder) -> None:
        if folder.parent is not None and folder.parent.children.get(folder.name) is folder:
            del folder.parent.children[folder.name]


def _subfolders(path: bytes) -> list[bytes]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:  # gone again, or not to be read: the scan finds out
        return []


class InotifyEmitter(HintEmitter):
    """Hints about one folder and all below it. ``left_out``: paths that somebody else looks after.

    Every folder is watched when ``start`` returns. OSError where the root cannot be watched.
    """

    _retry_at = 0.0

    @property
    def unwatched(self) -> int:
        """How many could not be watched, those below them not counted."""
        return len(self._tree.unwatched)

    def on_thread_start(self) -> None:
        """Watch every folder; called by ``start``."""
        self._tree = self._new_tree()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._tree.dirty.clear()  # whoever starts this looks at everything afterwards
        self._retry_at = time.monotonic() + RETRY_EVERY

    def on_thread_stop(self) -> None:
        """Wake the reading thread; it lets go of everything itself."""
        if self.is_alive():
            os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Read until stopped, and let go of everything."""
        try:
            super().run()
        finally:
            self._tree.kernel.close()
            os.close(self._wake)

    def queue_events(self, timeout: float) -> None:
        """Wait for something to happen, and tell of the folders it happened in, each once."""
        if self._tree.kernel.fd in _readable(timeout, self._tree.kernel.fd, self._wake):
            self._drain(time.monotonic() + TELL_EVERY)
        if self._tree.unwatched and time.monotonic() >= self._retry_at:
            self._tree.retry()
            self._retry_at = time.monotonic() + RETRY_EVERY
        if Why.OVERFLOW in self._tree.lost:
            self._begin_anew()
        self._tell()

    def _drain(self, until: float) -> None:
        while (buffer := self._tree.kernel.read()) and time.monotonic() < until:
            self._tree.hear(buffer)
        self._tree.hear(buffer)

    def _begin_anew(self) -> None:
        """Folders made while the queue overflowed are not watched: watch them all again, then say that all is open."""
        old = self._tree
        self._tree = self._new_tree()
        self._tree.dirty.clear()
        self._tree.lost |= old.lost
        old.kernel.close()

    def _new_tree(self) -> Tree:
        return Tree(os.fsencode(self.watch.path), frozenset(map(os.fsencode, self._left_out)))

    def _tell(self) -> None:
        for folder in self._tree.dirty:
            self.queue_event(FolderHint(os.fsdecode(folder.path)))
        for why in self._tree.lost:
            self.queue_event(Lost(self.watch.path, why=why))
        self._tree.dirty.clear()
        self._tree.lost.clear()
