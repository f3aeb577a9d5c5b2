"""Where nobody tells what changed, ask: on network drives, whose changes by other machines no local event reports.

A folder's own time changes when a file in it is made, renamed or removed, which is what Word, Excel, WPS and Explorer
do on saving. So a pulse asks for the times of the folders only. Programs that write into a file in place leave it as
it is: folders where something happened lately are hinted every so often whether they changed or not, and the full
pass finds the rest.
"""

# ruff: noqa: PTH116, PTH120 - a path is asked for a million times: texts, not objects
from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from retention.watching.hints import FolderHint, HintEmitter, Lost, Why

DAY_NS = 86_400 * 10**9


class Tiers(NamedTuple):
    """Seconds between two pulses, and between two hints of folders that changed within 7 and within 90 days.

    ``rest``: a pulse may use one part in so many of the time.
    """

    pulse: float = 10.0
    hot: float = 30.0
    warm: float = 600.0
    rest: float = 20.0

    def every(self, age_ns: int) -> float | None:
        """Seconds between two hints of a folder that last changed so long before the newest of its share."""
        if age_ns <= 7 * DAY_NS:
            return self.hot
        return self.warm if age_ns <= 90 * DAY_NS else None


@dataclass(slots=True)
class _Seen:
    changed_ns: int
    hinted_at: float


class Pulse:
    """The folders below a root with their times; each beat gives those to look at. Links are not followed.

    Ages are reckoned from the newest time of the share itself: the clocks of servers differ.
    """

    def __init__(self, root: str, left_out: Collection[str], tiers: Tiers, at: float) -> None:
        self._root, self._left_out, self._tiers = root, left_out, tiers
        self._seen: dict[str, _Seen] = {}
        self._add(root, os.stat(root).st_mtime_ns, at)

    def __len__(self) -> int:
        return len(self._seen)

    def beat(self, at: float) -> set[str]:
        """The folders that changed since the last beat, and those whose turn it is. OSError where the root is away."""
        hints: set[str] = set()
        for path, seen in list(self._seen.items()):
            try:
                changed_ns = os.stat(path, follow_symlinks=False).st_mtime_ns
            except OSError:
                if path == self._root:
                    raise
                self._seen.pop(path, None)
                hints.add(os.path.dirname(path))
                continue
            if changed_ns != seen.changed_ns:
                seen.changed_ns = changed_ns
                hints |= {path} | self._new_below(path, at)
        hints |= self._in_turn(at)
        for path in hints & self._seen.keys():
            self._seen[path].hinted_at = at
        return hints

    def _in_turn(self, at: float) -> set[str]:
        newest = max((seen.changed_ns for seen in self._seen.values()), default=0)
        turns = ((path, seen, self._tiers.every(newest - seen.changed_ns)) for path, seen in self._seen.items())
        return {path for path, seen, every in turns if every is not None and at - seen.hinted_at >= every}

    def _new_below(self, path: str, at: float) -> set[str]:
        known = set(self._seen)
        for sub, changed_ns in _subfolders(path):
            if sub not in known:
                self._add(sub, changed_ns, at)
        return self._seen.keys() - known

    def _add(self, path: str, changed_ns: int, at: float) -> None:
        stack = [(path, changed_ns)]
        while stack:
            folder, when = stack.pop()
            if folder in self._left_out:
                continue
            self._seen[folder] = _Seen(when, at)
            stack.extend(_subfolders(folder))


def _subfolders(path: str) -> list[tuple[str, int]]:
    try:
        with os.scandir(path) as entries:
            folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            return [(entry.path, entry.stat(follow_symlinks=False).st_mtime_ns) for entry in folders]
    except OSError:  # gone again, or not to be read: the scan finds out
        return []


class PollingEmitter(HintEmitter):
    """Hints about one folder and all below it, by asking. ``start`` returns when every folder has been asked once."""

    def __init__(
        self,
        *of_watchdog: Any,
        tiers: Tiers | None = None,
        clock: Callable[[], float] = time.monotonic,
        **more: Any,
    ) -> None:
        super().__init__(*of_watchdog, **more)
        self._tiers = tiers or Tiers()
        self._clock = clock

    def on_thread_start(self) -> None:
        """Ask every folder; called by ``start``. OSError where the root is away."""
        began = self._clock()
        self._pulse = Pulse(os.fsdecode(self.watch.path), self._left_out, self._tiers, began)
        self._next_at = self._after(began)

    def queue_events(self, timeout: float) -> None:
        """Wait for the next pulse, and tell of the folders it found."""
        if self.stopped_event.wait(max(min(self._next_at - self._clock(), timeout), 0)):
            return
        began = self._clock()
        if began < self._next_at:
            return
        try:
            hints = self._pulse.beat(began)
        except OSError:
            self.queue_event(Lost(self.watch.path, why=Why.UNMOUNTED))
            hints = set()
        self._next_at = self._after(began)
        for path in hints:
            self.queue_event(FolderHint(path))

    def _after(self, began: float) -> float:
        now = self._clock()
        return now + max(self._tiers.pulse, self._tiers.rest * (now - began))
