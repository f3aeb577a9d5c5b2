"""The scanner over a million files: unchanged, changed, new. ``python benchmarks/watching.py``

Two numbers may follow: files that lie there, and files that are registered. Needs `find` of findutils to compare with.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from harness import keep, machine, ms, table, versions
from sqlalchemy import Connection, Engine, event, update

from retention.filing import digesting, observed, observed_tables, share_health, walk
from retention.filing.first_lines import peek
from retention.filing.identify import Document, Standing, identify
from retention.filing.observed import Stat
from retention.filing.scan import Pass, Scanner
from retention.filing.share import Share
from retention.filing.titles import Catalogue, Kind
from retention.ledger import schema
from retention.ledger.ledger import Ledger, Stamp
from retention.rules.people import Actor

sys.path.remove(str(Path(__file__).parent))


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
A_FOLDER = 450
MOVED = 10_000
STAMP = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))
DEPARTMENTS = ("客户服务部", "特勤部", "工程维修部", "保洁绿化部")


def kinds() -> Catalogue:
    """The classes of guidang's own forms."""
    from docgen.forms.loading import load_forms

    forms = load_forms(ROOT / "templates").values()
    return Catalogue(
        Kind(form.code if form.code and "…" not in form.code else form.title, form.title, form.code, form.id)
        for form in forms
    )


def made(root: Path, total: int) -> None:
    """A tree of small files, as offices name them: year, month, department."""
    for folder in range((total + A_FOLDER - 1) // A_FOLDER):
        month, department = divmod(folder, len(DEPARTMENTS))
        place = root / f"{1900 + month // 12}年" / f"{month % 12 + 1:02d}月" / DEPARTMENTS[department]
        place.mkdir(parents=True)
        for number in range(folder * A_FOLDER, min(total, (folder + 1) * A_FOLDER)):
            (place / f"{1900 + month // 12}年{month % 12 + 1}月工作计划 ({number}).docx").write_bytes(b"%07d" % number)


def found(root: Path) -> None:
    """What the scanner is compared with."""
    subprocess.run(["find", root, "-printf", "%p %s %T@\n"], stdout=subprocess.DEVNULL, check=True)


class Desk:
    """A share and its ledger; a clock that passes the times between looks at once."""

    def __init__(self, root: Path, ledger: Ledger, classes: Catalogue) -> None:
        self.ledger, self.ahead = ledger, timedelta(0)
        share = Share("办公", root, mass_percent=100)
        self.scanner = Scanner(ledger, share, lambda: classes, Actor("service", "0.1.0"), self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def look(self, after: float = 0) -> tuple[float, Pass]:
        """Seconds of one look, some seconds later."""
        self.ahead += timedelta(seconds=after)
        start = time.perf_counter()
        seen = self.scanner.look()
        return time.perf_counter() - start, seen


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def registered(desk: Desk, total: int) -> Iterator[tuple[str, ...]]:
    """Everything is new."""
    first, _seen = desk.look()
    second, seen = desk.look(after=10)
    assert seen.filed == total, seen
    rate = f"{total / (first + second):,.0f}/s"
    yield f"{total:,} files registered for the first time: seen, hashed, identified, filed", rate, "≥ 5,000/s"


def written_to(statement: str) -> str:
    """The table that a statement changes; empty where it changes none."""
    words = statement.split()
    return {"INSERT": words[2:3], "DELETE": words[2:3], "UPDATE": words[1:2]}.get(words[0], [""])[0] if words else ""


def known(root: Path, ledger_at: Path) -> None:
    """A ledger to which all of a tree is known, as after its registration, which would take long: the rows of what was
    seen are written straight away.
    """
    identity = share_health.identity_of(root)
    number = count(1)
    at = round(time.time() * 1_000_000)

    def write(connection: Connection, _entries: object) -> None:
        row = observed_tables.ShareRow("办公", str(root), identity, 1, at, at, at, 0, share_health.Health.OK, at)
        observed_tables.write_share(connection, row)
        for listing in walk.tree(str(root), int(identity.device)):
            assert isinstance(listing, walk.Listing)
            observed_tables.write_folders(connection, "办公", [observed.FolderRow(listing.path, listing.digest, 1)])
            rows = [
                observed.Row(listing.path, name, stat, "0" * 64, Standing.UNCLASSIFIED, str(next(number)))
                for name, stat in listing.files()
            ]
            observed_tables.write_rows(connection, "办公", rows, [])

    with Ledger.open(ledger_at) as ledger:
        ledger.commit(lambda _view: (), STAMP, besides=write)


def unchanged(root: Path, ledger_at: Path, desk: Desk, total: int) -> Iterator[tuple[str, ...]]:
    """Nothing has happened: against ``find``, in turn; memory in a process of its own."""
    statements: list[str] = []

    def listen(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", listen)
    desk.look()
    event.remove(Engine, "before_cursor_execute", listen)
    written = {table for each in statements if (table := written_to(each))}
    finds, looks = [], []
    for _round in range(5):
        finds.append(timed(lambda: found(root)))
        seconds, seen = desk.look()
        looks.append(seconds)
        assert seen.files == total
    slow, quick = statistics.median(looks), statistics.median(finds)
    ratio = statistics.median(look / find for look, find in zip(looks, finds, strict=True))
    yield f"unchanged, {total:,} files", f"{slow:.2f} s, {ratio:.2f} × `find` ({quick:.2f} s)", "≤ 1.6 ×"
    child = [sys.executable, __file__, "memory", root, ledger_at]
    memory = subprocess.run(child, capture_output=True, text=True, check=True).stdout.split()
    yield "memory of such a pass, the whole process", f"{memory[0]} MiB, {memory[1]} before it began", "≤ 60 MiB"
    yield "rows written by it", f"1 ({', '.join(sorted(written))})", "0 but the share's"


def memory_of(root: Path, ledger_at: Path) -> None:
    """Peak memory of a process that makes one pass, and before it: MiB."""
    with Ledger.open(ledger_at) as ledger:
        desk = Desk(root, ledger, Catalogue(()))
        before = peak()
        desk.look()
    print(peak(), before)


def peak() -> int:
    """The most memory that this process had so far, in MiB; getrusage would count its parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def dirty(root: Path, desk: Desk, total: int) -> tuple[str, ...]:
    """Every folder has to be gone through, and is as it was."""
    opened = update(schema.folders).values(digest=None)
    desk.ledger.commit(lambda _view: (), STAMP, besides=lambda connection, _entries: connection.execute(opened))
    seconds, seen = desk.look()
    assert seen.filed == seen.altered == seen.moved == 0
    ratio = seconds / timed(lambda: found(root))
    return (
        f"every folder gone through, nothing changed, {total:,} files",
        f"{seconds:.1f} s, {ratio:.1f} × `find`",
        "≤ 2.2 ×",
    )


def moved(root: Path, desk: Desk) -> tuple[str, ...]:
    """A folder of ten thousand documents under another name."""
    year = next(place for place in sorted(root.iterdir()) if sum(1 for _ in place.rglob("*.docx")) >= MOVED)
    total = sum(1 for _ in year.rglob("*.docx"))
    year.rename(root / "旧档案")
    hashed: list[object] = []
    reading, digesting.read = digesting.read, lambda *given, **_more: hashed.append(given)  # type: ignore[assignment]
    seconds, seen = desk.look()
    digesting.read = reading
    assert (seen.moved, seen.missing, seen.filed, hashed) == (total, 0, 0, [])
    return f"a folder of {total:,} documents moved", f"{seconds:.1f} s, 0 read again, 0 missed", "0 and 0"


def identified(folder: Path) -> Iterator[tuple[str, ...]]:
    """The documents of the sample share, one by one."""
    from samples.making import share as sample

    classes, files = kinds(), [file for file in sample.files() if file.path.endswith("x")]
    peeks = [peek(file.content) for file in files]
    documents = [Document(file.path, one.properties, one.text) for file, one in zip(files, peeks, strict=True)]
    again = 3
    seconds = timed(lambda: [identify(classes, document) for document in documents * again]) / len(files) / again
    yield "identify a document, its properties and text at hand", ms(seconds), "≤ 0.5 ms"
    seconds = timed(lambda: [peek(file.content) for file in files]) / len(files)
    yield "its properties and first lines", ms(seconds), "–"
    stats = {}
    for number, file in enumerate(files):
        place = folder / f"{number}" / file.path
        place.parent.mkdir(parents=True)
        place.write_bytes(file.content)
        stat = place.stat()
        stats[f"{number}/{file.path}"] = Stat(stat.st_size, stat.st_mtime_ns, stat.st_ino)
    seconds = timed(lambda: [digesting.read(folder, path, stat, classes) for path, stat in stats.items()]) / len(files)
    yield "opened, hashed, its package proven, identified", ms(seconds), "–"


def measured(total: int, new: int) -> Iterator[tuple[str, ...]]:
    """A row of the table for each piece of work."""
    with tempfile.TemporaryDirectory(prefix="guidang-watching-") as name:
        folder = Path(name)
        root, ledger_at = folder / "share", folder / "ledger.db"
        made(root, total)
        known(root, ledger_at)
        with Ledger.open(ledger_at) as ledger:
            desk = Desk(root, ledger, kinds())
            yield from unchanged(root, ledger_at, desk, total)
            yield dirty(root, desk, total)
    with tempfile.TemporaryDirectory(prefix="guidang-watching-") as name:
        folder = Path(name)
        made(folder / "share", new)
        with Ledger.open(folder / "ledger.db") as ledger:
            desk = Desk(folder / "share", ledger, kinds())
            yield from registered(desk, new)
            if new > 2 * MOVED:
                yield moved(folder / "share", desk)
        yield from identified(folder / "documents")


def main(total: int, new: int) -> Iterator[str]:
    """The section of docs/performance.md."""
    rows = [("work", "guidang", "to reach"), *measured(total, new)]
    yield "## Watching"
    yield ""
    yield f"{machine()}; {versions('sqlalchemy')}. One process, SQLite in WAL with full sync, files in the cache;"
    yield "medians of 5 in turn with `find -printf '%p %s %T@'`."
    yield f"Load of the machine at the end: {os.getloadavg()[0]:.1f}."
    yield ""
    yield table(rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        memory_of(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        total, new = (*map(int, sys.argv[1:3]), *(1_000_000, 50_000)[len(sys.argv) - 1 :])
        keep("watching", "\n".join(main(total, new)))
