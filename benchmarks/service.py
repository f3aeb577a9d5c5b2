"""`guidang watch` as a real process: one file, a burst, a kill. ``python benchmarks/service.py``

Two numbers may follow: files of the burst, and files of the kill. Linux.
"""

from __future__ import annotations

import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness import keep, machine, table, versions

sys.path.remove(str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from given.watched import Place, Watcher, make_place, tree, until, watching

if TYPE_CHECKING:
    from collections.abc import Callable

BURST = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
KILLED = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
ALONE = 60
SETTLE = 0.2


def waited(condition: Callable[[], bool]) -> float:
    """Seconds until it came true."""
    start = time.perf_counter()
    assert until(condition, 300)
    return time.perf_counter() - start


def filled(place: Place, number: int, folders: int = 100) -> Path:
    """One more file."""
    path = place.share / f"{number % folders:02}" / f"单据 {number:05}.pdf"
    path.write_bytes(b"%d" % number)
    return path


def with_folders(folder: Path) -> Place:
    """An office with a share of a hundred folders."""
    place = make_place(folder, settle=SETTLE)
    for number in range(100):
        (place.share / f"{number:02}").mkdir()
    return place


def alone(folder: Path) -> tuple[str, ...]:
    """One file at a time in a share where nothing else happens."""
    place = with_folders(folder)
    times = []
    with watching(place):
        for number in range(ALONE):
            name = filled(place, number).relative_to(place.share).as_posix()
            times.append(waited(lambda name=name: name in place.state()))  # type: ignore[misc]
    figure = f"median {statistics.median(times) - SETTLE:.2f} s, worst of {ALONE} {max(times) - SETTLE:.2f} s"
    return "a file appears → it is in the ledger, besides the time to settle", figure, "≤ 1 s"


def burst(folder: Path) -> tuple[tuple[str, ...], ...]:
    """More at once than the kernel keeps: the process stands still meanwhile."""
    place = with_folders(folder)
    with watching(place) as watcher:
        assert watcher.process is not None
        watcher.process.send_signal(signal.SIGSTOP)
        for number in range(BURST):
            filled(place, number)
        watcher.process.send_signal(signal.SIGCONT)
        seconds = waited(lambda: place.status()["shares"][0]["counts"]["filed"] >= BURST)
        held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{watcher.process.pid}/status").read_text())
    assert place.state() == tree(place.share)
    assert held
    most = f"{int(held[1]) / 1024:.0f} MiB"
    return (
        (f"{BURST:,} files past the event queue: all in the ledger, none lost", f"{seconds:.1f} s", "≤ 10 s"),
        ("most memory the service held meanwhile, Python and its libraries included", most, "–"),
    )


def killed(folder: Path) -> tuple[str, ...]:
    """Killed half way and started again; then a tenth renamed, a tenth removed."""
    place = with_folders(folder)
    moves = KILLED // 10
    watcher = Watcher(place)
    watcher.start()
    paths = []
    for number in range(KILLED):
        paths.append(filled(place, number))
        if number == KILLED // 2:
            assert until(lambda: len(place.state()) > 0, 60)
            watcher.end(signal.SIGKILL)
    for path in paths[:moves]:
        path.rename(path.with_name(f"改名 {path.name}"))
    watcher.start()
    for path in paths[-moves:]:
        path.unlink()
    seconds = waited(lambda: len(place.state()) == KILLED - moves and place.state() == tree(place.share)) - SETTLE
    assert watcher.end() == 0
    what = f"{KILLED:,} files, {moves:,} renamed, {moves:,} removed, SIGKILL half way, started again: ledger = tree"
    return what, f"{seconds:.1f} s after the last change", "≤ 5 s"


def main() -> None:
    rows: list[tuple[str, ...]] = [("work", "measured", "target")]
    with tempfile.TemporaryDirectory(prefix="guidang-bench-") as place:
        folder = Path(place)
        rows += [alone(folder / "alone"), *burst(folder / "burst"), killed(folder / "killed")]
    head = f"Service: real processes, settling in {SETTLE} s. {machine()}; {versions('watchdog', 'sqlalchemy')}"
    keep("service", f"{head}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
