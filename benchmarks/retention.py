"""The ledger at a million records: writing, verifying, what is due. ``python benchmarks/retention.py``"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from harness import keep, machine, ms, table, versions

sys.path.remove(str(Path(__file__).parent))

from foundation.period import Period
from retention.ledger import chain, checkpoints, proving
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.events import Filed, ScheduleAdopted
from retention.rules.people import Actor
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
GROUP = 500
STAMP = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))
YEARS = {"QG-FW-01-01": 2, "JY-QM7.5.1-02": 3, "每日检查表": 1}


def schedule() -> Draft:
    """Three classes, kept 1, 2 and 3 years."""
    classes = tuple(
        RecordClass(key, key, key, Rule(Term(TermKind.FIXED, f"{years}年", 12 * years))) for key, years in YEARS.items()
    )
    return Draft("schedule", ScheduleAdopted(1, ScheduleVersion("0" * 64, classes)))


def filed(number: int) -> Draft:
    """One of the documents that an office files over ten years."""
    first = date(2020, 1, 1) + timedelta(days=number % 3600)
    key = list(YEARS)[number % len(YEARS)]
    path = f"{first:%Y}/{first:%m}/客户服务部/{first:%Y年%m月}{key} ({number}).docx"
    digest = sha256(str(number).encode()).hexdigest()
    return Draft(
        "", Filed("office", path, digest, 40_000 + number % 999, key, Period(first, first), first, "客户服务部")
    )


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def fill(ledger: Ledger) -> None:
    """A million records in groups, as the watcher writes them."""
    ledger.append([schedule()], STAMP)
    for start in range(0, COUNT, GROUP):
        ledger.append([filed(number) for number in range(start, min(start + GROUP, COUNT))], STAMP)


def verified(ledger: Ledger, point: checkpoints.Checkpoint, key: checkpoints.Ed25519PublicKey) -> None:
    """The chain in the database, held against a checkpoint."""
    verdict = ledger.verify([point], key)
    assert verdict.sound
    assert verdict.proven == COUNT + 1


def verified_offline(place: Path, point: checkpoints.Checkpoint, key: checkpoints.Ed25519PublicKey) -> None:
    """The exported events, held against a checkpoint."""
    assert chain.verify(chain.exported(place), [point], key).proven == COUNT + 1


def due(ledger: Ledger) -> None:
    """The first page of what is due, of hundreds of thousands."""
    with ledger.read() as view:
        page = view.due(date(2026, 11, 23), limit=50)
    assert len(page) == 50
    assert page == sorted(page, key=lambda each: each.eligible_on)


def replayed(ledger: Ledger) -> None:
    """Every row of the state held against what the events alone give."""
    with ledger.read() as view:
        assert list(proving.differences(view)) == []


def measured(folder: Path) -> Iterator[tuple[str, ...]]:
    """A row of the table for each piece of work."""
    key = checkpoints.make_key(folder / "ledger.key")
    with Ledger.open(folder / "ledger.db") as ledger:
        seconds = timed(lambda: fill(ledger))
        yield f"{COUNT:,} records filed, {GROUP} a transaction, synced", f"{COUNT / seconds:,.0f}/s", "–"
        with ledger.read() as view:
            point = checkpoints.sign(view.head, STAMP.at, key)
            seconds = timed(lambda: chain.export(view.links(), folder / "events.txt"))
        yield f"{COUNT:,} events exported", f"{seconds:.2f} s", "–"
        public = key.public_key()
        seconds = statistics.median(timed(lambda: verified(ledger, point, public)) for _ in range(3))
        yield f"verify {COUNT:,} events in SQLite", f"{seconds:.2f} s", "≤ 5 s"
        seconds = statistics.median(
            timed(lambda: verified_offline(folder / "events.txt", point, public)) for _ in range(3)
        )
        yield f"verify {COUNT:,} exported events, offline", f"{seconds:.2f} s", "≤ 5 s"
        seconds = statistics.median(timed(lambda: due(ledger)) for _ in range(21))
        yield f"first page of what is due among {COUNT:,} records", ms(seconds), "≤ 50 ms"
        yield "replay all events, compare all rows", f"{timed(lambda: replayed(ledger)):.1f} s", "–"
        seconds = timed(lambda: [ledger.append([filed(COUNT + number)], STAMP) for number in range(300)])
        yield "one record a transaction, synced", f"{300 / seconds:,.0f}/s", "–"


def main() -> Iterator[str]:
    """The section of docs/performance.md."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [("work", "guidang", "to reach"), *measured(Path(folder))]
    yield "## Ledger"
    yield ""
    yield f"{machine()}; {versions('sqlalchemy', 'cryptography')}. SQLite in WAL with full sync; medians."
    yield ""
    yield table(rows)


if __name__ == "__main__":
    keep("ledger", "\n".join(main()))
