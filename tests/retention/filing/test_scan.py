"""The scanner as a whole, on SQLite and PostgreSQL: interrupted, repeated, beside others (W10, T4, D14)."""

from __future__ import annotations

import csv
import os
import sys
import threading
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from given.shares import SERVICE, ScannedShare, as_nobody, docx, forget_what_was_seen, opened_under, sample_catalogue
from sqlalchemy import func, select

from retention.errors import Problem, RefusedError
from retention.filing import observed_tables, walk
from retention.ledger import schema
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules import events, lifecycle
from retention.rules.dates import ClockFault
from retention.rules.people import Actor
from samples.making import share

pytestmark = pytest.mark.usefixtures("in_english")


# --- W10 and the tables of observations -------------------------------------------------------------------------------


def row_writes(ledger: Ledger) -> dict[str, str]:
    """Every row of what was seen but that of the share, as one text each table."""
    with ledger._engine.connect() as connection:
        return {
            table.name: repr(sorted(map(tuple, connection.execute(select(table))), key=repr))
            for table in (schema.folders, schema.entries, *schema.PROJECTIONS, schema.head)
        }


def test_an_unchanged_pass_reads_no_file_and_writes_no_row_but_the_share_s(filled: ScannedShare) -> None:
    filled.write("2023年/空.docx")
    filled.settle()
    before = row_writes(filled.ledger)
    opened = opened_under(filled.root)
    written: list[str] = []
    from sqlalchemy import event

    listener = lambda *arguments: written.append(arguments[2])  # noqa: E731
    event.listen(filled.ledger._engine, "before_cursor_execute", listener)
    found = filled.look()
    event.remove(filled.ledger._engine, "before_cursor_execute", listener)
    assert (found.files, found.folders, found.left_alone) == (31, 4, 1)
    assert row_writes(filled.ledger) == before
    assert [path for path in opened if path.endswith(".pdf")] == []
    writes = [statement for statement in written if statement.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert [statement.split()[1] for statement in writes] == ["shares"]


def test_what_was_seen_can_be_thrown_away(filled: ScannedShare) -> None:  # W10
    count = len(filled.log())
    forget_what_was_seen(filled.ledger)
    (filled.root / "2023年/文件0.pdf").unlink()
    (filled.root / "2024年/文件1.pdf").write_text("altered")
    (filled.root / "2025年/文件2.pdf").rename(filled.root / "搬走.pdf")
    filled.settle()
    filled.look(after=61)
    assert sorted(entry.event.kind for entry in filled.log(after=count)) == [
        "record.altered",
        "record.missing",
        "record.moved",
    ]
    with filled.ledger._engine.connect() as connection:
        placed = select(func.count()).where(schema.entries.c.record_id.is_not(None))
        assert connection.execute(placed).scalar() == 29


def test_a_fact_that_is_refused_holds_up_no_other(scanned: ScannedShare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever rule refuses, and nobody thought of: that file waits and is told of, the rest is registered."""
    for number in range(9):
        scanned.write(f"文件{number}.pdf", f"内容{number}")
    apply = lifecycle.apply

    def refusing(record, event):
        if event.change.path == "文件5.pdf":
            raise RefusedError([Problem("文件5.pdf", "not this one", clause="X1")])
        return apply(record, event)

    monkeypatch.setattr(lifecycle, "apply", refusing)
    scanned.look()
    refused = scanned.look()
    assert (refused.filed, [problem.clause for problem in refused.problems], refused.again) == (8, ["X1"], {""})
    monkeypatch.undo()
    assert scanned.settled() == (1, 0, 0, 0, 0, 0)
    assert scanned.sound()


def test_a_listing_without_descriptors_is_the_same_but_for_numbers(filled: ScannedShare) -> None:
    """As on Windows."""
    (filled.root / "链接").symlink_to("2023年")
    root, device = str(filled.root), filled.root.stat().st_dev
    for path in ("", "2023年"):
        listing = walk.listed(root, path, device, ids=False)
        other = walk._by_entries(str(filled.root / path), path, device)
        assert isinstance(listing, walk.Listing)
        assert (other.names, other.numbers, other.folders, other.digest) == (
            listing.names,
            listing.numbers,
            listing.folders,
            listing.digest,
        )


def test_two_scanners_at_once_register_nothing_twice(scanned: ScannedShare) -> None:  # L3
    for number in range(600):
        scanned.write(f"{number % 7}/文件{number}.pdf", f"内容{number}")
    scanned.look()
    scanned.wait(10)
    other = ScannedShare(scanned.root, scanned.ledger)
    other.time = scanned.time
    threads = [threading.Thread(target=each.scanner.look) for each in (scanned, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scanned.settle()
    assert len(scanned.log()) == len(scanned.records()) == 600
    assert scanned.sound()


def test_a_look_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:  # W10
    desk_root = tmp_path / "share"
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        scanned = ScannedShare(desk_root, ledger)
        for number in range(900):
            scanned.write(f"{number % 9}/文件{number}.pdf", f"内容{number}")
    for pause in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5):
        child = os.fork()
        if not child:
            with Ledger.open(tmp_path / "ledger.db") as ledger:
                ScannedShare(desk_root, ledger).settle()
            os._exit(0)
        threading.Event().wait(pause)
        os.kill(child, 9)
        os.waitpid(child, 0)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        scanned = ScannedShare(desk_root, ledger)
        scanned.wait(3600)
        scanned.settle()
        assert len(scanned.log()) == len(scanned.records()) == 900
        assert all(
            r.digest == sha256((desk_root / path).read_bytes()).hexdigest() for path, r in scanned.records().items()
        )
        assert scanned.sound()


# --- T4 -------------------------------------------------------------------------------------------------------------


def test_the_ledger_knows_the_last_scan_that_could_be_believed(scanned: ScannedShare) -> None:  # T4
    scanned.write("a.pdf", "x")
    scanned.settle()
    then = scanned.time
    with scanned.ledger.read() as view:
        assert view.clock().believed == then
        assert view.clock().fault(then) is None
        assert view.clock().fault(then + timedelta(hours=25)) is ClockFault.AHEAD
    scanned.wait(72 * 3600)
    scanned.look()
    with scanned.ledger.read() as view:
        assert view.clock().believed == then
        assert view.clock().fault(scanned.time) is ClockFault.AHEAD
    vouched = Draft("clock", events.ClockVouched("节后开机"))
    scanned.ledger.append([vouched], Stamp(scanned.time, scanned.time.date(), Actor("wang.min")))
    with scanned.ledger.read() as view:
        assert view.clock().believed == scanned.time
        assert view.clock().fault(scanned.time) is None
    scanned.look(after=3600)
    with scanned.ledger.read() as view:
        assert view.clock().believed == scanned.time


def test_every_event_is_the_service_s(scanned: ScannedShare) -> None:  # L6
    scanned.write("a.pdf", "x")
    scanned.settle()
    assert {entry.event.actor for entry in scanned.log()} == {SERVICE}


# --- D14 ------------------------------------------------------------------------------------------------------------

WRITING = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
WRITING += ("os.chown", "os.utime", "os.setxattr", "os.removexattr", "shutil.move", "shutil.rmtree")


def written_under(root: Path) -> list[tuple[str, object]]:
    """From now on, everything Python does that would change something below ``root``."""
    found: list[tuple[str, object]] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        places = [each for each in arguments if isinstance(each, str) and each.startswith(str(root))]
        if event == "open" and places:
            flags = arguments[2]
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
                found.append((event, arguments))
        elif event in WRITING and places:
            found.append((event, arguments))

    sys.addaudithook(hook)
    return found


def test_nothing_is_ever_written_on_the_share(tmp_path: Path) -> None:  # D14
    """Two proofs: whoever may not write there can scan it, and nothing Python reports would have written."""
    folder, before = tmp_path / "open", tmp_path / "before"
    folder.mkdir()
    before.mkdir()
    _scan_what_may_not_be_written(before)  # so all is loaded: nobody may not be able to read where Python lies
    assert (
        as_nobody(folder, _scan_what_may_not_be_written) == "filed 12 missing 1 moved 1 altered 1 changed [] tried []"
    )


def _scan_what_may_not_be_written(folder: Path) -> str:
    with Ledger.open(folder / "ledger.db") as ledger:
        scanned = ScannedShare(folder / "share", ledger)
        for number in range(12):
            scanned.write(f"{number % 3}/文件{number}.docx", docx(f"内容{number}"))
        _may_be_written(scanned.root, yes=False)
        tried = written_under(scanned.root)
        before = _all_of(scanned.root)
        scanned.settle()
        filed, changed = scanned.counts["filed"], [] if _all_of(scanned.root) == before else ["first"]
        tried_first = list(tried)
        _may_be_written(scanned.root, yes=True)
        (scanned.root / "0/文件0.docx").unlink()
        (scanned.root / "1/文件1.docx").rename(scanned.root / "2/搬.docx")
        (scanned.root / "2/文件2.docx").write_bytes(docx("改"))
        _may_be_written(scanned.root, yes=False)
        tried.clear()
        before = _all_of(scanned.root)
        scanned.settle()
        changed += [] if _all_of(scanned.root) == before else ["second"]
        counts = " ".join(f"{name} {scanned.counts[name]}" for name in ("missing", "moved", "altered"))
        return f"filed {filed} {counts} changed {changed} tried {[*tried_first, *tried]}"


def _may_be_written(root: Path, *, yes: bool) -> None:
    for place in (root, *root.rglob("*")):
        place.chmod((0o700 if place.is_dir() else 0o600) if yes else (0o500 if place.is_dir() else 0o400))


def _all_of(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    return {
        str(place): (found.st_mtime_ns, found.st_ctime_ns, found.st_mode, b"" if place.is_dir() else place.read_bytes())
        for place in (root, *root.rglob("*"))
        for found in (place.stat(),)
    }


# --- the sample share -------------------------------------------------------------------------------------------------


def test_the_sample_share_is_registered_as_its_key_says(tmp_path: Path) -> None:
    """Some 2,000 files as an office really keeps them: no wrong class, nothing left out, nothing too many."""
    root = tmp_path / "share"
    for file in share.files():
        place = root / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
    key = {row["path"]: row for row in csv.DictReader(share.KEY.read_text(encoding="utf-8").splitlines())}
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        scanned = ScannedShare(root, ledger)
        scanned.scanner.catalogue = sample_catalogue
        scanned.settle()
        records = scanned.records()
        with ledger.read() as view:
            contents = Counter(record.digest for record in view.records())
    standing = {path: row["standing"] for path, row in key.items() if (root / path).stat().st_size}
    assert set(records) == {path for path, kind in standing.items() if kind == "record"}
    wrong = [
        (path, record.class_key, str(record.period), record.department)
        for path, record in records.items()
        if record.class_key is not None
        and (record.class_key, str(record.period), record.department)
        != (key[path]["class"], key[path]["period"], key[path]["department"])
    ]
    assert wrong == []
    clear = [path for path, row in key.items() if row["clear"] and path in records]
    assert [path for path in clear if records[path].class_key is None] == []
    copies = Counter(sha256((root / path).read_bytes()).hexdigest() for path in records)
    assert {digest: n for digest, n in contents.items() if n > 1} == {d: n for d, n in copies.items() if n > 1} != {}
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)


def test_a_record_s_place_is_known(scanned: ScannedShare) -> None:
    scanned.write("a/b.pdf", "x")
    scanned.settle()
    (record,) = scanned.records().values()
    with scanned.ledger.read() as view:
        places = view.seen(lambda connection: observed_tables.places_of(connection, [record.id]))
    assert places[record.id][0] == "归档"
    assert places[record.id][1].path == "a/b.pdf"
