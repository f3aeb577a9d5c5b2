"""An office's shares looked at: once, by `guidang scan`, or for as long as the service runs, by `guidang watch`.

All that is written lies in the office's folder `watch`: status, log and locks; nothing ever on a share (D14). Of two
that want to look at a share at the same time one waits; of services there is one.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from logging.handlers import RotatingFileHandler
from pathlib import Path

from foundation.language import _
from office.archive import ledgers
from office.archive.classes import catalogue_of
from office.archive.process_lock import ProcessLock
from office.archive.shares import shares
from office.office import Office
from retention.errors import ConflictError, LedgerError, Problem, Remedy, UnknownError
from retention.filing.scan import Pass, Scanner
from retention.filing.share import Share
from retention.filing.share_health import Health
from retention.filing.titles import Catalogue
from retention.ledger.ledger import Ledger
from retention.rules.people import Actor
from retention.watching import status as watchstatus
from retention.watching.log import ShareLog, counts_of
from retention.watching.service import Patience, Service, ShareWatch, Watched
from retention.watching.status import BEAT, Condition, Counts, ServiceStatus, ShareStatus, shown
from retention.watching.worklist import Rhythm, step_of

LOG = logging.getLogger("guidang.watch")
FOLDER = "watch"
STATUS = "status.json"
LOG_FILE = "watch.log"
LOG_BYTES, LOG_FILES = 2_000_000, 5

TURN_SECONDS = 600.0
"""How long a pass waits for the pass of another process over the same share."""

CLASSES_SECONDS = 30.0

SOON = timedelta(seconds=2)
"""`guidang scan` waits by itself for what settles as soon as this, or in twice the share's own time of settling."""


def version() -> str:
    """The version that the service acts with (L6)."""
    from importlib.metadata import version

    return version("guidang")


def service_actor() -> Actor:
    """Who files, moves and misses."""
    return Actor("guidang", version())


# --- who looks ------------------------------------------------------------------------------------------------------


class LockedScanner:
    """A scanner that waits while another process looks at the same share."""

    def __init__(self, scanner: Scanner, lock: ProcessLock) -> None:
        self._scanner, self._lock = scanner, lock

    def look(self, folders: Collection[str] | None = None, *, believe: int | None = None) -> Pass:
        """One pass. ConflictError where the other does not come to an end."""
        if not self._lock.take(TURN_SECONDS):
            message = _("another process ({process}) is looking at this share and does not come to an end").format(
                process=self._lock.holder()
            )
            hint = Remedy("watch.look")
            raise ConflictError(Problem(str(self._lock.place), message, hint, "watch.turn"))
        try:
            return self._scanner.look(folders, believe=believe)
        finally:
            self._lock.leave()


class RecentCatalogue:
    """The classes files may be of. Asked for with each file, looked up once in a while: forms and schedule change."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._known: Catalogue | None = None
        self._at = 0.0

    def __call__(self) -> Catalogue:
        """Those of the last half minute."""
        now = time.monotonic()
        if self._known is None or now - self._at > CLASSES_SECONDS:
            self._known, self._at = catalogue_of(self._office), now
        return self._known


def scanner_of(office: Office, ledger: Ledger, share: Share, now: Callable[[], datetime]) -> LockedScanner:
    """Who looks at a share of an office."""
    scanner = Scanner(ledger, share, RecentCatalogue(office), service_actor(), now)
    name = sha256(share.name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return LockedScanner(scanner, ProcessLock(office.folder / FOLDER / f"{name}.lock"))


def shares_named(office: Office, names: Sequence[str]) -> tuple[Share, ...]:
    """The shares with these names, or all. UnknownError where there is none, or not that one."""
    found = shares(office)
    if not found:
        hint = _('Name one there: [shares."archive"] and path = "…".')
        raise UnknownError(Problem("guidang.toml", _("this office has no share to look at"), hint, "share.none"))
    known = {share.name: share for share in found}
    hint = _("There are: {names}").format(names=_(", ").join(known))
    unknown = [Problem(name, _("there is no such share"), hint, "share.unknown") for name in names if name not in known]
    if unknown:
        raise UnknownError(unknown)
    return tuple(known[name] for name in names) if names else found


# --- once -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What looking at one share came to. ``waiting``: folders in which something had not settled at the end."""

    share: str
    health: Health
    folders: int
    files: int
    counts: Counts
    left_alone: int
    waiting: int
    braked: int
    editing: Mapping[str, str]
    unreadable: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        """Whether all of the share could be looked at."""
        return self.health is Health.OK and not self.unreadable

    @property
    def trouble(self) -> str:
        """Why nothing was concluded; empty where the share is there."""
        return "" if self.health is Health.OK else self.health.words


def scan(
    office: Office,
    names: Sequence[str],
    now: Callable[[], datetime],
    *,
    believe: int | None = None,
    wait: bool = False,
) -> Iterator[Found]:
    """Look at shares until all has settled, one after the other.

    ``believe``: so many records that are gone at once are missing indeed (W8). Without ``wait`` only what settles
    soon is waited for, not what may have to be missed.
    """
    shares = shares_named(office, names)
    with ledgers.open_ledger(office, make=True) as ledger:
        for share in shares:
            yield _settled(share, scanner_of(office, ledger, share, now), believe, wait=wait)


def _settled(
    share: Share,
    scanner: LockedScanner | LoggedScanner,
    believe: int | None,
    *,
    wait: bool,
) -> Found:
    result = scanner.look(None, believe=believe)
    found = Found(
        share.name,
        result.health,
        result.folders,
        result.files,
        counts_of(result),
        result.left_alone,
        len(result.again),
        result.braked,
        result.editing,
        result.unknown,
        result.problems,
    )
    rounds = 0
    while result.again and (wait or _soon(result, share, rounds)):
        time.sleep(max(result.again_after.total_seconds(), step_of(Rhythm(0).back_off, rounds)))
        result = scanner.look(result.again, believe=believe)
        found = replace(
            found,
            health=result.health,
            counts=found.counts + counts_of(result),
            waiting=len(result.again),
            braked=result.braked,
            problems=tuple(dict.fromkeys((*found.problems, *result.problems))),
        )
        rounds += 1
    return found


def _soon(result: Pass, share: Share, rounds: int) -> bool:
    return rounds < 4 and result.again_after <= max(share.settle * 2, SOON)


# --- the service ----------------------------------------------------------------------------------------------------


def status_of(office: Office) -> ServiceStatus | None:
    """What the service wrote last; None where none ever ran."""
    return watchstatus.read(office.folder / FOLDER / STATUS)


def runs(office: Office) -> bool:
    """Whether a service holds the office's lock now."""
    lock = ProcessLock(office.folder / FOLDER / "lock")
    if not lock.place.exists():
        return False
    if lock.take():
        lock.leave()
        return False
    return True


def watch_once(office: Office, now: Callable[[], datetime]) -> tuple[Found, ...]:
    """Every share looked at until all has settled, with log and status as the service writes them.

    ConflictError where a service runs for this office.
    """
    with _service_lock(office), _logging(office.folder / FOLDER / LOG_FILE):
        status_file = StatusFile(office.folder / FOLDER / STATUS, now)
        last = status_of(office)
        before = {share.name: share for share in last.shares} if last else {}
        statuses: dict[str, ShareStatus] = {}
        with ledgers.open_ledger(office, make=True) as ledger:
            found = []
            for share in shares_named(office, ()):
                log = ShareLog(share, before.get(share.name), now)
                found.append(
                    _settled(share, LoggedScanner(scanner_of(office, ledger, share, now), log), None, wait=True)
                )
                statuses[share.name] = log.status
        status_file.report(list(statuses.values()))
        status_file.end()
    return tuple(found)


class LoggedScanner:
    """A scanner whose passes are told."""

    def __init__(self, scanner: LockedScanner, log: ShareLog) -> None:
        self._scanner, self._log = scanner, log

    def look(self, folders: Collection[str] | None = None, *, believe: int | None = None) -> Pass:
        """One pass."""
        began = time.monotonic()
        result = self._scanner.look(folders, believe=believe)
        self._log.saw(result, folders, time.monotonic() - began)
        return result


def watch(office: Office, stop: threading.Event, now: Callable[[], datetime], patience: Patience | None = None) -> bool:
    """Watch until ``stop`` is set; whether every pass under way came to its end.

    ConflictError where a service runs for this office already. A ledger that cannot be opened is tried again.
    """
    shares = shares_named(office, ())
    patience = patience or Patience()
    with _service_lock(office), _logging(office.folder / FOLDER / LOG_FILE):
        last = status_of(office)
        before = {share.name: share for share in last.shares} if last else {}
        status_file = StatusFile(office.folder / FOLDER / STATUS, now)
        LOG.info(_("guidang {version} watches {names}").format(version=version(), names=_(", ").join(_names(shares))))
        ended = True
        if ledger := _opened(office, shares, status_file, stop):
            with ledger:
                scanners = [(share, scanner_of(office, ledger, share, now)) for share in shares]
                watched = [Watched(share, scanner, before.get(share.name)) for share, scanner in scanners]
                watches = [ShareWatch(each, now, patience=patience) for each in watched]
                ended = Service(watches, status_file.report).run(stop, patience)
        status_file.end()
        LOG.info(_("stopped") if ended else _("stopped; a share that does not answer was left behind"))
    return ended


def _names(shares: Sequence[Share]) -> list[str]:
    return [share.name for share in shares]


def _opened(office: Office, shares: Sequence[Share], status_file: StatusFile, stop: threading.Event) -> Ledger | None:
    """The ledger, as soon as it can be opened; None where the service is stopped before."""
    times = 0
    while not stop.is_set():
        try:
            return ledgers.open_ledger(office, make=True)
        except LedgerError as error:
            LOG.error("%s", error)  # noqa: TRY400 - what is wrong is said, not where in the program
            status_file.report([_without_ledger(share, str(error), status_file.started_at) for share in shares])
            stop.wait(step_of(Rhythm(0).away, times))
            times += 1
    return None


def _without_ledger(share: Share, error: str, since: datetime) -> ShareStatus:
    return ShareStatus(share.name, shown(str(share.root)), Condition.UNWRITTEN, error, since)


class StatusFile:
    """Where the status is written: when it changed, and once in a while to show that the service lives."""

    def __init__(self, place: Path, now: Callable[[], datetime]) -> None:
        self._place, self._now = place, now
        self.started_at = now()
        self._status = ServiceStatus(version(), os.getpid(), socket.gethostname(), self.started_at, self.started_at)
        self._failing = False

    def report(self, shares: Sequence[ShareStatus]) -> None:
        """Take in how the shares stand."""
        now = self._now()
        if tuple(shares) != self._status.shares or abs(now - self._status.written_at) >= BEAT:
            self._write(replace(self._status, shares=tuple(shares), written_at=now))

    def end(self) -> None:
        """The service stops as it was asked to."""
        now = self._now()
        self._write(replace(self._status, written_at=now, ended_at=now))

    def _write(self, status: ServiceStatus) -> None:
        """A full disk must not end the watching: it is said once, and tried again."""
        try:
            watchstatus.write(status, self._place)
        except OSError as error:
            if not self._failing:
                LOG.error(_("the status cannot be written: {reason}").format(reason=error))  # noqa: TRY400 - see above
            self._failing = True
            return
        self._failing = False
        self._status = status


@contextmanager
def _service_lock(office: Office) -> Iterator[None]:
    lock = ProcessLock(office.folder / FOLDER / "lock")
    if not lock.take():
        message = _("a service watches for this office already (process {process})").format(process=lock.holder())
        hint = Remedy("watch.stop")
        raise ConflictError(Problem(str(lock.place), message, hint, "watch.runs"))
    try:
        yield
    finally:
        lock.leave()


class _Log(RotatingFileHandler):
    """A log that is lost on a full disk ends nothing."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without this line."""


@contextmanager
def _logging(place: Path) -> Iterator[None]:
    """Log to a file that does not grow for ever, and to standard error, which a service manager keeps."""
    file = _Log(place, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8", errors="backslashreplace")
    handlers: list[logging.Handler] = [file, logging.StreamHandler()]
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    hook, threading.excepthook = threading.excepthook, _thread_ended
    try:
        yield
    finally:
        threading.excepthook = hook
        for handler in handlers:
            LOG.removeHandler(handler)
            handler.close()


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value
    LOG.error(_("a thread ended: {reason}").format(reason=repr(error)), exc_info=error)
