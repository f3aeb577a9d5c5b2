"""Disposal of a long list: drafting, freezing, approving, destroying. ``python benchmarks/disposal.py [items]``"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from harness import keep, machine, table, versions

sys.path.remove(str(Path(__file__).parent))

from foundation.period import Period
from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.approval import Answer
from retention.disposal.execution import Order
from retention.ledger import proving
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.events import Filed, ScheduleAdopted
from retention.rules.model import Policy, Wish
from retention.rules.people import Actor, Person, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
ROUNDS = 3
GROUP = 500
KEY, SHARE = "QG-FW-01-01", "归档"
ROLES = {"chen.lu": Role.ARCHIVIST, "zhao.gang": Role.APPROVER}
POLICY = Policy(cooling_days=1, approval_days=30, quarantine_days=0)


def stamp(name: str, days: int = 0) -> Stamp:
    """Someone's stamp, so many days after the first."""
    at = datetime(2026, 11, 23, 1, tzinfo=UTC) + timedelta(days=days)
    return Stamp(at, at.date(), Actor(name, "0.1.0" if name == "guidang" else ""))


def made(folder: Path) -> Ledger:
    """A ledger with two persons and a schedule of one class."""
    ledger = Ledger.open(folder / "ledger.db")
    accounts.add(ledger, stamp("guidang"), Person("admin", "管理员", frozenset({Role.ADMINISTRATOR})))
    for name, role in ROLES.items():
        accounts.add(ledger, stamp("admin"), Person(name, name, frozenset({role})))
    version = ScheduleVersion("0" * 64, (RecordClass(KEY, KEY, KEY, Rule(Term(TermKind.FIXED, "2年", 24))),))
    ledger.append([Draft("schedule", ScheduleAdopted(1, version))], stamp("chen.lu"))
    return ledger


def fill(ledger: Ledger, root: Path, day: int) -> None:
    """Files of 20 KB, a hundred in a folder, and their records."""
    drafts = []
    for number in range(COUNT):
        path = f"{day}/{number // 100:03d}/2022年01月物业管理月度工作报告 ({number}).docx"
        content = f"{day} {number} ".encode() * 1_500
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        first = date(2022, 1, 1)
        period, digest = Period(first, date(2022, 1, 31)), sha256(content).hexdigest()
        drafts.append(Draft("", Filed(SHARE, path, digest, len(content), KEY, period, first, "客户服务部")))
    for start in range(0, COUNT, GROUP):
        ledger.append(drafts[start : start + GROUP], stamp("guidang", day))


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def listed(ledger: Ledger, number: str) -> disposal.DisposalList:
    """The list as it is."""
    with ledger.read() as view:
        return disposal.find(view, number)


def life(ledger: Ledger, root: Path, day: int) -> dict[str, float]:
    """Seconds of each step of one list, from what is due to what is gone."""
    fill(ledger, root, day)
    os.sync()
    numbers: list[str] = []
    taken = {"draft": timed(lambda: numbers.append(disposal.draft(ledger, stamp("chen.lu", day), None, POLICY)))}
    number = numbers[0]
    answers = [Answer(item.record_id, Wish.DESTROY) for item in listed(ledger, number).items]
    taken["opinions"] = timed(lambda: disposal.opine(ledger, stamp("chen.lu", day), number, answers))
    taken["freeze"] = timed(lambda: disposal.submit(ledger, stamp("chen.lu", day), number))
    digest = listed(ledger, number).digest or ""
    taken["approve"] = timed(lambda: disposal.approve(ledger, stamp("zhao.gang", day), number, digest))
    order = Order(number, COUNT, "从共享目录移除", SHARE)
    taken["execute"] = timed(lambda: execution.execute(ledger, stamp("chen.lu", day + 1), order, {SHARE: root}))
    found = listed(ledger, number)
    assert len(found.destroyed) == COUNT
    assert not [path for path in root.rglob("*") if path.is_file()]
    return taken


def measured(folder: Path) -> Iterator[tuple[str, ...]]:
    """A row of the table for each step; medians over several lists on one ledger."""
    root = folder / "share"
    root.mkdir()
    with made(folder) as ledger:
        rounds = [life(ledger, root, 2 * number) for number in range(ROUNDS)]
        with ledger.read() as view:
            assert list(proving.differences(view)) == []
    median = {step: statistics.median(each[step] for each in rounds) for step in rounds[0]}
    yield f"{COUNT:,} items drafted and frozen", f"{median['draft'] + median['freeze']:.1f} s", "≤ 5 s"
    yield "  of that: drafted", f"{median['draft']:.1f} s", "–"
    yield f"{COUNT:,} opinions in one act", f"{median['opinions']:.1f} s", "–"
    yield f"{COUNT:,} items approved, each replayed from its events", f"{median['approve']:.1f} s", "–"
    rate = COUNT / median["execute"]
    yield "executed: quarantine, removal, evidence of each item", f"{rate:,.0f} files/s", "≥ 500 files/s"


def main() -> Iterator[str]:
    """The section of docs/performance.md."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [("work", "guidang", "to reach"), *measured(Path(folder))]
    yield "## Disposal"
    yield ""
    yield (
        f"{machine()}; {versions('sqlalchemy')}. SQLite in WAL with full sync; files of 20 KB, groups of"
        f" {execution.GROUP}, no quarantine to wait for; medians of {ROUNDS} lists."
    )
    yield ""
    yield table(rows)


if __name__ == "__main__":
    keep("disposal", "\n".join(main()))
