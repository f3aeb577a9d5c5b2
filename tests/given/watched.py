"""A real watcher over a real share: its office, its process, what it says of itself."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from given.places import ROOT
from office.starting import create_office
from retention.ledger.ledger import Ledger
from retention.rules.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOAK = bool(os.environ.get("GUIDANG_SOAK"))
GUIDANG = (sys.executable, "-c", "import cli; cli.main()")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "GUIDANG_LANG": "en", "PYTHONUTF8": "1"}
TERMS = "settle_seconds = {settle}\nmissing_after_seconds = {missing}\nfull_scan_minutes = {full}\n"


@dataclass(frozen=True, slots=True)
class Place:
    """An office and its share."""

    office: Path
    share: Path

    def state(self) -> dict[str, str]:
        """Path and digest of every record that is there by the ledger."""
        return {
            record.path: record.altered_to or record.digest for record in self.records() if not record.missing_since
        }

    def records(self) -> list[Any]:
        with Ledger.open(self.office / "ledger.db") as ledger, ledger.read() as view:
            return [record for record in view.records() if record.state is State.RETAINED]

    def missing(self) -> set[str]:
        return {record.path for record in self.records() if record.missing_since}

    def kinds(self) -> dict[str, int]:
        """How many events of each kind there are."""
        counts: dict[str, int] = {}
        with Ledger.open(self.office / "ledger.db") as ledger, ledger.read() as view:
            for entry in view.log():
                counts[entry.event.kind] = counts.get(entry.event.kind, 0) + 1
        return counts

    def status(self) -> dict[str, Any]:
        """The status file; empty before there is one."""
        try:
            return json.loads((self.office / "watch" / "status.json").read_bytes())
        except FileNotFoundError:
            return {}

    def condition(self) -> str:
        shares = self.status().get("shares") or [{}]
        return str(shares[0].get("condition", ""))


def tree(share: Path) -> dict[str, str]:
    """Path and digest of every file."""
    files = (path for path in share.rglob("*") if path.is_file())
    return {path.relative_to(share).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def make_place(folder: Path, share: Path | None = None, **terms: float) -> Place:
    """A new office with one share, in which things settle and are missed quickly."""
    share = share or folder / "归档"
    share.mkdir(parents=True, exist_ok=True)
    office = folder / "office"
    create_office(office, name="测试中心")
    settings = TERMS.format(**{"settle": 0.2, "missing": 1, "full": 60} | terms)
    with (office / "guidang.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[shares."归档"]\npath = {json.dumps(str(share), ensure_ascii=False)}\n{settings}')
    return Place(office, share)


OWN_MOUNTS = ["unshare", "-m"] if os.name == "posix" and os.geteuid() == 0 else ["unshare", "-Urm"]


def may_mount() -> bool:
    """Whether this machine lets a test mount what only the test sees; containers often do not."""
    tried = [*OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"]
    return (
        shutil.which("unshare") is not None and not subprocess.run(tried, check=False, capture_output=True).returncode
    )


needs_mounts = pytest.mark.skipif(not may_mount(), reason="mounting is not allowed on this machine")


class Watcher:
    """A `guidang watch` process; ``before``: words of a command that starts it."""

    def __init__(self, place: Place, *, before: tuple[str, ...] = (), program: tuple[str, ...] = GUIDANG) -> None:
        self.place, self.before, self.program = place, before, program
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **options: Any) -> None:
        """Start it, and wait until the share was looked at."""
        begun = self.place.status().get("started_at")
        command = (*self.before, *self.program, "watch", "--office", str(self.place.office))
        with (self.place.share.parent / "stderr").open("ab") as errors:
            self.process = subprocess.Popen(command, env=ENVIRONMENT, stderr=errors, **options)
        assert until(lambda: self.place.status().get("started_at") != begun, 60)
        assert until(lambda: self.place.condition() != "starting", 60)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the service a signal, whoever started it; the exit code."""
        assert self.process is not None
        os.kill(self.place.status()["process"] if self.before else self.process.pid, number)
        return self.process.wait(timeout=60)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


@contextmanager
def watching(place: Place, options: dict[str, Any] | None = None, **more: Any) -> Iterator[Watcher]:
    """The service, running until the end of the block."""
    watcher = Watcher(place, **more)
    try:
        watcher.start(**options or {})
        yield watcher
        if watcher.runs:
            assert watcher.end() == 0
    finally:
        if watcher.runs:
            watcher.end(signal.SIGKILL)


def seconds_until(condition: Callable[[], bool], patience: float) -> float:
    """How long it took to come true."""
    began = time.perf_counter()
    assert until(condition, patience)
    return time.perf_counter() - began


def guidang(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*GUIDANG, *words, "--office", str(place.office)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def say(name: str, **figures: float) -> None:
    """Figures of a test for whoever runs it with -s."""
    sys.stdout.write(" ".join([name, *(f"{key}={value:.2f}" for key, value in figures.items())]) + "\n")


def until(condition: Callable[[], bool], patience: float = 60.0) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def without_privileges() -> None:
    """Root may read every folder: give that right up, as a service account has it not."""
    libc = ctypes.CDLL(None)
    for right in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP
