"""Windows: watchdog's own emitter, made to say what it drops. Written from documentation, untried.

ReadDirectoryChangesW returns no bytes when more changed than its buffer holds ("the entire contents of the buffer are
discarded"); watchdog throws such a buffer away without a word, and a reader that ends with an error ends silently.
Only this module touches what watchdog keeps to itself; a test sees that those names are still there.
"""

# ruff: noqa: PTH112, PTH118, PTH120 - watchdog speaks of paths as texts
from __future__ import annotations

import os
import queue
from typing import Any

from watchdog.observers.read_directory_changes import WindowsApiEmitter

from retention.watching.hints import FolderHint, HintEmitter, Lost, Why

PAUSE = 0.1
"""Seconds without news after which what came is told; watchdog collects for as long as news keep coming."""


class Buffers(queue.Queue[Any]):
    """The queue of a reader's buffers; counts those that came empty, which is what an overflow looks like."""

    def __init__(self) -> None:
        super().__init__()
        self.overflows = 0
        self._begun = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """The first empty buffer only says that the reader has started."""
        if not item[0] and self._begun:
            self.overflows += 1
        self._begun = True
        super().put(item, block, timeout)


class WindowsEmitter(HintEmitter, WindowsApiEmitter):
    """Hints about one folder and all below it. OSError where the root cannot be watched."""

    def on_thread_start(self) -> None:
        """Begin to read; called by ``start``."""
        from watchdog.observers.winapi import DirectoryChangeReader

        reader = DirectoryChangeReader(str(self.watch.path), recursive=True)
        self._buffers = reader._buf_queue = Buffers()  # noqa: SLF001 - see the head of this module
        self._told = 0
        self._reader = reader
        reader.start()

    def queue_events(self, timeout: float) -> None:
        """Tell of the folders in which something happened, each once."""
        reader = self._reader
        if reader is None:
            return
        changed = {folder for event in reader.get_events(PAUSE) for folder in self._folders_of(event)}
        for folder in changed - self._left_out:
            self.queue_event(FolderHint(folder))
        if self._buffers.overflows != self._told:
            self._told = self._buffers.overflows
            self.queue_event(Lost(self.watch.path, why=Why.OVERFLOW))
        thread = reader._reader_thread  # noqa: SLF001 - see the head of this module
        if thread is not None and not thread.is_alive():
            raise OSError("the reader of changes ended")
        if not changed:
            self.stopped_event.wait(min(timeout, PAUSE))

    def _folders_of(self, event: Any) -> set[str]:
        if event.is_removed_self:
            self.queue_event(Lost(self.watch.path, why=Why.GONE))
            return set()
        path = os.path.join(str(self.watch.path), event.src_path)
        arrived = event.is_added or event.is_renamed_new
        return {os.path.dirname(path)} | ({path} if arrived and os.path.isdir(path) else set())
