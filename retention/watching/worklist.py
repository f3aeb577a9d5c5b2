"""Which folders of a share are to be looked at, and when: hints that have gone quiet, what had not settled, all of it.

Times are seconds of one clock that never goes back, handed in. The list holds each folder once, so it is bounded by
the number of folders; past ``bound`` it holds "everything" instead. With ``quiet`` 0.25 s and ``patience`` 2 s::

    a hinted at 0.0, 0.2                          → a due at 0.45: it went quiet
    a hinted at 0.0, 0.2, 0.4 … and on            → a due at 2.0: patience is over
    a looked at, and had not settled for 3 s      → a due 3 s later, then after the steps of ``back_off``
"""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterable
from typing import NamedTuple


class Rhythm(NamedTuple):
    """Seconds: a hinted folder is looked at when it was quiet for ``quiet``, at the latest after ``patience``; the
    whole share every ``full_every``, or less often where a pass takes more than a tenth of that.

    What had not settled is looked at again after ``back_off``, longer each time; a share that was away after ``away``.
    """

    full_every: float
    quiet: float = 0.25
    patience: float = 2.0
    bound: int = 10_000
    back_off: tuple[float, ...] = (0, 0, 1, 2, 5, 15, 60)
    away: tuple[float, ...] = (1, 2, 5, 10, 30, 60)


class Work(NamedTuple):
    """One pass: these folders, or the whole share for None. ``routine``: nothing but the clock asks for it."""

    folders: frozenset[str] | None
    routine: bool = False


class Worklist:
    """What is to be looked at; several threads may hint while one asks what is due."""

    def __init__(self, rhythm: Rhythm, at: float) -> None:
        self._rhythm = rhythm
        self._turn = threading.Lock()
        self._hints: dict[str, tuple[float, float]] = {}  # folder → first and last hint
        self._again: dict[str, float] = {}  # folder → when
        self._rounds: dict[str, int] = {}  # folder → how often it was looked at again
        self._everything = True
        self._full_at = at
        self._not_before = at
        self.heard = 0

    def hint(self, folder: str, at: float) -> None:
        """Something changed in a folder."""
        with self._turn:
            self.heard += 1
            first, _last = self._hints.get(folder, (at, at))
            self._hints[folder] = first, at
            self._rounds.pop(folder, None)
            if len(self._hints) > self._rhythm.bound:
                self._all_at(at)

    def everything(self, at: float) -> None:
        """Nobody knows what changed: look at the whole share at ``at``."""
        with self._turn:
            self.heard += 1
            self._all_at(at)

    def afresh(self, at: float) -> None:
        """The share is listened to again: look at all of it, and wait for nothing."""
        with self._turn:
            self._not_before = at
            self._all_at(at)

    def _all_at(self, at: float) -> None:
        self._hints.clear()
        self._full_at = min(at, self._full_at)
        self._everything = True

    def waiting(self) -> int:
        """How many folders are to be looked at, the routine pass not counted."""
        with self._turn:
            return len(self._hints.keys() | self._again.keys())

    def next_at(self) -> float:
        """When something is due."""
        with self._turn:
            return max(self._not_before, min(self._full_at, self._quiet_at(), *self._again.values(), math.inf))

    def _quiet_at(self) -> float:
        ready = (self._ready_at(*times) for times in self._hints.values())
        return min(ready, default=math.inf)

    def _ready_at(self, first: float, last: float) -> float:
        return min(last + self._rhythm.quiet, first + self._rhythm.patience)

    def due(self, at: float) -> Work | None:
        """What to look at now, taken off the list; None where nothing is due."""
        with self._turn:
            if at < self._not_before:
                return None
            if at >= self._full_at:
                routine = not (self._everything or self._hints or self._again)
                self._hints.clear()
                self._again.clear()
                self._everything, self._full_at = False, math.inf
                return Work(None, routine)
            folders = {folder for folder, times in self._hints.items() if self._ready_at(*times) <= at}
            folders |= {folder for folder, when in self._again.items() if when <= at}
            for folder in folders:
                self._hints.pop(folder, None)
                self._again.pop(folder, None)
            return Work(frozenset(folders)) if folders else None

    def looked(self, work: Work, again: Collection[str], after: float, began: float, ended: float) -> None:
        """A pass ended: what has not settled in it is due after ``after`` seconds, or later the longer it takes."""
        with self._turn:
            took = ended - began
            self._not_before = ended + min(took / 4, self._rhythm.patience / 2)  # others need the disk too
            if work.folders is None:
                self._full_at = min(self._full_at, ended + max(self._rhythm.full_every, 10 * took))
            self._forget_rounds(work, again)
            for folder in again:
                step = self._rounds.get(folder, 0)
                self._rounds[folder] = step + 1
                self._again[folder] = ended + max(after, step_of(self._rhythm.back_off, step))

    def _forget_rounds(self, work: Work, again: Collection[str]) -> None:
        settled: Iterable[str] = list(self._rounds) if work.folders is None else work.folders
        for folder in settled:
            if folder not in again:
                self._rounds.pop(folder, None)

    def failed(self, at: float, times: int) -> None:
        """A pass did not end well, so many times in a row: look at everything, later each time."""
        with self._turn:
            self._not_before = at + step_of(self._rhythm.away, times - 1)
            self._all_at(self._not_before)


def step_of(steps: tuple[float, ...], number: int) -> float:
    """The step with this number; past the end the last one."""
    return steps[min(number, len(steps) - 1)]
