"""The service that watches: for each share hints, a list of what to look at, and one thread that looks.

A hint only names a folder; the scanner finds what is true of it, so nothing depends on a hint having come (W10). What
is listened to is listened to before it is looked at, at the start and whenever a share comes back. A thread that fails
starts again, later each time; a share that does not answer stops nobody else.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from foundation.language import _
from retention.errors import LedgerError
from retention.filing.scan import Pass
from retention.filing.share import Share
from retention.filing.share_health import Health
from retention.ledger.paths import on_disk
from retention.watching.hints import Why
from retention.watching.log import LOG, ShareLog, counts_of
from retention.watching.sources import HintSource
from retention.watching.status import Condition, ShareStatus
from retention.watching.worklist import Rhythm, Work, Worklist, step_of


class Looks(Protocol):
    """Whoever finds what is true of a share: retention.filing.scan.Scanner."""

    def look(self, folders: Collection[str] | None = None) -> Pass:
        """One pass over these folders, or the whole share; LedgerError where it cannot be written down."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A share and who looks at it; ``before``: its status when the service ran last."""

    share: Share
    scanner: Looks
    before: ShareStatus | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. ``check``: between two looks whether a share still lies where it did and is still listened to.

    ``silent``: a pass that takes longer is asked after: does the share answer at all within ``answer``?
    ``end``: how long passes under way are waited for at the end; ``beat``: between two reports.
    """

    check: float = 3.0
    silent: float = 60.0
    answer: float = 20.0
    end: float = 30.0
    beat: float = 1.0


def answers(root: Path) -> None:
    """Ask a share for its first entry; does not come back while its server does not answer."""
    with os.scandir(root) as entries:
        next(entries, None)


class ShareWatch:
    """One share, watched. ``run`` is its thread; ``status`` may be asked from another."""

    def __init__(
        self,
        watched: Watched,
        now: Callable[[], datetime],
        *,
        rhythm: Rhythm | None = None,
        patience: Patience | None = None,
        answers: Callable[[Path], None] = answers,
    ) -> None:
        self.share = watched.share
        self._scanner = watched.scanner
        self._now = now
        self._patience = patience or Patience()
        self._rhythm = rhythm or Rhythm(watched.share.full_every.total_seconds())
        self._work = Worklist(self._rhythm, time.monotonic())
        self._log = ShareLog(watched.share, watched.before, now)
        self._source: HintSource | None = None
        self._probe = Probe(watched.share.root, answers)
        self._again = threading.Event()  # the source is to be opened anew
        self._ask = threading.Event()  # the source is to ask as well
        self._awake = threading.Condition()
        self._failures = 0
        self._heard_before = 0
        self._busy_from: float | None = None
        self._silent_since: datetime | None = None

    # hints: from other threads

    def heard(self, folder: str) -> None:
        """Something changed in a folder of the share."""
        self._work.hint(folder, time.monotonic())
        self.wake()

    def lost(self, why: Why) -> None:
        """Hints alone do not tell any more what changed."""
        self._work.everything(time.monotonic())
        if why is Why.LIMIT:
            self._ask.set()
        elif why is not Why.OVERFLOW:
            self._again.set()
        self._log.lost(why)
        self.wake()

    def wake(self) -> None:
        """Let the thread look at its list."""
        with self._awake:
            self._awake.notify_all()

    # the thread

    def run(self, stop: threading.Event) -> None:
        """Watch until stopped. Whatever goes wrong is told and tried again."""
        try:
            while not stop.is_set():
                try:
                    self._round(stop)
                except Exception as error:  # noqa: BLE001 - the outermost frame of the watcher's loop
                    self._failed(error, Condition.FAILING)
                    stop.wait(step_of(self._rhythm.away, self._failures - 1))
        finally:
            self._close()

    def _round(self, stop: threading.Event) -> None:
        """Listen, look where something is due, else wait for it."""
        self._busy_from = time.monotonic()
        try:
            self._listen()
            if work := self._work.due(time.monotonic()):
                self._look(work)
        finally:
            self._busy_from = None
        self._sleep(stop)

    def _sleep(self, stop: threading.Event) -> None:
        with self._awake:
            seconds = min(self._work.next_at() - time.monotonic(), self._patience.check)
            if seconds > 0 and not stop.is_set():
                self._awake.wait(seconds)

    def _listen(self) -> None:
        """Listen before anything is looked at; anew where what was listened to is no longer there."""
        if self._source is not None and self._listening(self._source):
            if self._ask.is_set():
                self._ask.clear()
                self._source.ask()
                self._log.listening(self._source)
                self._work.everything(time.monotonic())
            return
        self._close()
        self._again.clear()
        source = HintSource(self.share.root, self.heard, self.lost)
        try:
            source.open()
        except OSError as error:
            source.close()
            self._log.blind(error)
            return
        self._source = source
        self._log.listening(source)
        self._work.afresh(time.monotonic())

    def _listening(self, source: HintSource) -> bool:
        try:
            return source.alive and not self._again.is_set() and not source.moved
        except OSError:
            return False

    def _close(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _look(self, work: Work) -> None:
        began, heard = time.monotonic(), self._work.heard
        self._log.looks()
        try:
            result = self._scanner.look(work.folders)
        except LedgerError as error:
            self._failed(error, Condition.UNWRITTEN)
            return
        finally:
            self._log.looked()
        ended = time.monotonic()
        self._log.saw(result, work.folders, ended - began)
        if result.health is not Health.OK:
            self._failures += 1
            self._work.failed(ended, self._failures)
            return
        self._failures = 0
        again = result.again | {*map(on_disk, result.unknown)}
        self._work.looked(work, again, result.again_after.total_seconds() if result.again else 0, began, ended)
        if work.routine and self._work.heard == heard == self._heard_before and counts_of(result):
            self._unannounced()
        self._heard_before = self._work.heard

    def _unannounced(self) -> None:
        """A regular pass found what nobody had told of: this file system does not tell. From now on it is asked."""
        text = _("{share}: changes were found that nobody had told of; folders are asked for changes from now on")
        LOG.warning(text.format(share=self.share.name))
        self._ask.set()

    def _failed(self, error: Exception, condition: Condition) -> None:
        self._failures += 1
        self._log.failed(error, condition)
        self._work.failed(time.monotonic(), self._failures)

    # from the service's thread

    def ask_after(self) -> None:
        """Where a pass takes long: find out whether the share answers at all."""
        since = self._busy_from
        overdue = since is not None and time.monotonic() - since > self._patience.silent
        silent = overdue and not self._probe.answered(self._patience.answer)
        if silent and not self._silent_since:
            LOG.error("%s: %s", self.share.name, _("the share does not answer"))
        self._silent_since = (self._silent_since or self._now()) if silent else None

    def status(self) -> ShareStatus:
        """How it stands."""
        status = replace(self._log.status, waiting=self._work.waiting())
        if self._silent_since is None:
            return status
        words = _("the share does not answer")
        return replace(status, condition=Condition.SILENT, words=words, since=self._silent_since)


class Probe:
    """Asks a share whether it answers, in a thread of its own: the question itself may never come back."""

    def __init__(self, root: Path, answers: Callable[[Path], None]) -> None:
        self._root, self._answers = root, answers
        self._asked_at = 0.0
        self._thread: threading.Thread | None = None

    def answered(self, within: float) -> bool:
        """False where a question was asked so long ago and is still open; asks the next one where none is."""
        if self._thread is None or not self._thread.is_alive():
            self._asked_at = time.monotonic()
            self._thread = threading.Thread(target=self._ask, daemon=True)
            self._thread.start()
            return True
        return time.monotonic() - self._asked_at < within

    def _ask(self) -> None:
        with contextlib.suppress(OSError):  # an error is an answer
            self._answers(self._root)


class Service:
    """All shares of an office, each in a thread of its own."""

    def __init__(self, watches: Sequence[ShareWatch], report: Callable[[Sequence[ShareStatus]], None]) -> None:
        self._watches = watches
        self._report = report
        self._threads: dict[str, threading.Thread] = {}

    def run(self, stop: threading.Event, patience: Patience) -> bool:
        """Watch until stopped, then let passes under way end. Whether all of them did in time."""
        while not stop.is_set():
            for watch in self._watches:
                self._see_to(watch, stop)
            self._report([watch.status() for watch in self._watches])
            stop.wait(patience.beat)
        until = time.monotonic() + patience.end
        for watch in self._watches:
            watch.wake()
        for thread in self._threads.values():
            thread.join(max(until - time.monotonic(), 0))
        self._report([watch.status() for watch in self._watches])
        return not any(thread.is_alive() for thread in self._threads.values())

    def _see_to(self, watch: ShareWatch, stop: threading.Event) -> None:
        name = watch.share.name
        thread = self._threads.get(name)
        if thread is None or not thread.is_alive():
            if thread is not None:
                LOG.error(_("{share}: its thread ended and is started again").format(share=name))
            self._threads[name] = threading.Thread(target=watch.run, args=[stop], name=name, daemon=True)
            self._threads[name].start()
        watch.ask_after()
