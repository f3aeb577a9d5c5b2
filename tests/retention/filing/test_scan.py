"""The scanner on a real file system, on SQLite and PostgreSQL: what happens to files becomes events (W1–W10, D14)."""

from __future__ import annotations

import csv
import os
import shutil
import struct
import sys
import threading
import unicodedata
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from given.shares import REPORT, SERVICE, Desk, catalogue, docx, sample_catalogue
from sqlalchemy import delete, func, select, update

from foundation import language as i18n
from retention.errors import Problem, RefusedError
from retention.filing import digesting as settle
from retention.filing import observed_tables as sightings
from retention.filing import walk
from retention.filing.observed import Content, Stat, Unreadable, kept, on_disk
from retention.filing.scan import place_on_disk
from retention.filing.share_health import Health
from retention.ledger import schema
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules import events, lifecycle
from retention.rules.dates import ClockFault
from retention.rules.model import Outcome, State
from retention.rules.people import Actor
from retention.rules.schedule import Term, TermKind
from samples.making import share

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with i18n.use("en"):
        yield


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "share", ledger)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite alone, where the database does not matter."""
    with Ledger.open(tmp_path / "lite.db") as ledger:
        yield Desk(tmp_path / "share", ledger)


# --- W1: settled files are registered -----------------------------------------------------------------------------


def test_a_file_is_registered_once_two_looks_found_it_the_same(desk: Desk) -> None:  # W1
    desk.write("2026年/QG-FW-01-01 物业管理月度工作报告 2026年10月.docx", docx())
    first = desk.look()
    assert (first.filed, first.again, first.again_after) == (0, {"2026年"}, timedelta(seconds=3))
    assert desk.look(after=1).filed == 0
    assert desk.look(after=3).filed == 1
    (record,) = desk.records().values()
    assert (record.class_key, str(record.period), record.digest) == (REPORT, "2026-10", sha256(docx()).hexdigest())
    assert desk.look() == desk.look()
    assert desk.kinds() == ["record.filed"]
    assert desk.sound()


def test_a_record_s_id_is_the_number_of_its_event(desk: Desk) -> None:
    for number in range(7):
        desk.write(f"文件{number}.pdf", f"内容{number}")
    assert desk.settled()[0] == 7
    assert {(entry.event.subject, entry.event.change.path) for entry in desk.log()} == {
        (record.id, path) for path, record in desk.records().items()
    }


def test_what_is_not_recognised_is_registered_without_a_class(desk: Desk) -> None:  # W1
    desk.write("扫描件_0001.pdf", "%PDF")
    assert desk.settled()[0] == 1
    record = desk.records()["扫描件_0001.pdf"]
    assert record.class_key is None
    assert desk.log()[0].event.change.evidence


def test_a_growing_file_waits(lite: Desk) -> None:  # W1
    for size in range(1, 6):
        lite.write("大文件.pdf", "x" * size)
        assert lite.look(after=30).filed == 0
    assert lite.look().filed == 1


def test_a_file_that_changes_between_look_and_reading_waits(lite: Desk) -> None:  # W1
    place = lite.write("a.pdf", "one")
    lite.look()
    changing = iter(["two, longer"])

    def meanwhile():
        for text in changing:
            place.write_text(text)
        return catalogue()

    lite.scanner.catalogue = meanwhile
    assert lite.look().filed == 0
    assert lite.settled()[0] == 1
    assert lite.records()["a.pdf"].digest == sha256(b"two, longer").hexdigest()


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path) -> None:  # W1
    place = tmp_path / "a.pdf"
    place.write_bytes(b"x" * 100)
    found = place.stat()
    seen = Stat(100, found.st_mtime_ns, found.st_ino)

    class Growing:
        def __init__(self, file):
            self.file = file

        def read(self, size):
            with place.open("ab") as other:
                other.write(b"y")
            return self.file.read(size)

        def fileno(self):
            return self.file.fileno()

    with place.open("rb", buffering=0) as file:
        assert isinstance(settle._read(Growing(file), "a.pdf", seen, catalogue(), broken_too=False), Unreadable)
    assert isinstance(settle.read(tmp_path, "a.pdf", seen, catalogue()), Unreadable)


def test_half_a_package_waits_and_says_since_when(lite: Desk) -> None:  # W1
    whole = docx()
    place = lite.write("月报 2026年10月.docx", whole[: len(whole) // 2])
    lite.look()
    assert lite.look().filed == 0
    waits = lite.look(after=61)
    assert waits.filed == 0
    assert [problem.code for problem in waits.problems] == ["scan.unreadable"]
    place.write_bytes(whole)
    assert lite.settled()[0] == 1


def test_a_preallocated_package_waits(lite: Desk) -> None:  # W1
    whole = docx()
    place = lite.write("月报.docx", whole[:100] + bytes(len(whole) - 100))
    empty = lite.write("照片.jpg", bytes(5000))
    lite.look()
    assert lite.look().filed == 0
    place.write_bytes(whole)
    empty.write_bytes(b"\xff\xd8" * 2500)
    assert lite.settled()[0] == 2


def test_a_damaged_file_that_stands_still_for_long_is_registered_and_says_so(lite: Desk) -> None:  # W1
    lite.write("月报 2026年10月.docx", docx()[:-30])
    lite.look()
    assert lite.look(after=590).filed == 0
    assert lite.look(after=80).filed == 1
    assert "damaged" in " ".join(lite.log()[0].event.change.evidence)


def compound(sectors: int, used: int, size: int) -> bytes:
    """An old Office file: one table of sectors that says how many are in use, and so many bytes."""
    head = bytearray(512)
    head[:8] = settle._OLE
    struct.pack_into("<4H", head, 24, 0x3E, 3, 0xFFFE, 9)
    struct.pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, *[0xFFFFFFFE] * (used - 1), *[0xFFFFFFFF] * (128 - used))
    return (bytes(head) + table + b"x" * 512 * (sectors - 1))[:size]


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (compound(10, 10, 10_000), True),
        (compound(10, 10, 512 * 10 + 1), True),  # the last sector need not be full
        (compound(10, 10, 512 * 10), False),
        (compound(10, 10, 700), False),
        (compound(10, 10, 40), False),
        (compound(10, 4, 10_000), True),
        (docx(), True),
        (docx()[:-1], False),
        (b"PK\x03\x04", False),
        (bytes(100), False),
        (b"{\\rtf1 an .doc that is none}", True),
        (b"x", True),
    ],
)
def test_a_container_is_whole_or_not(content: bytes, whole: bool) -> None:  # W1
    import io

    assert (settle.broken(io.BytesIO(content), len(content)) == "") is whole


PASSING = (
    "~$报.docx",
    ".~lock.月报.docx#",
    "~WRL0001.tmp",
    "Cedd4100",
    "a.tmp",
    "a.crdownload",
    "Thumbs.db",
    "._a.docx",
)


def test_passing_and_empty_files_are_counted_and_left_alone(desk: Desk) -> None:  # W1
    for name in PASSING:
        desk.write(f"月/{name}", "x")
    desk.write("月/空.docx")
    desk.write("#recycle/旧.docx", docx())
    desk.write(".guidang-quarantine/17.1", docx())
    (desk.root / "链接.docx").symlink_to(desk.root / "月" / "a.tmp")
    found = desk.settle()
    assert (found.filed, found.left_alone) == (0, len(PASSING) + 2)
    assert desk.look().left_alone == found.left_alone
    assert desk.log() == []


def test_links_are_never_followed_and_never_registered(lite: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "别处.docx").write_bytes(docx())
    (lite.root / "目录链接").symlink_to(outside)
    (lite.root / "文件链接.docx").symlink_to(outside / "别处.docx")
    assert lite.settled()[0] == 0


def test_what_somebody_has_open_waits_and_says_who(desk: Desk) -> None:
    name = "物业管理月度工作报告.docx"
    desk.write(name, docx())
    lock = desk.write("~$" + name[2:], b"\x06Wang M" + bytes(47) + struct.pack("<H", 2) + "王敏".encode("utf-16-le"))
    for _look in range(3):
        found = desk.look(after=60)
        assert (found.filed, found.editing, found.again) == (0, {name: "王敏"}, frozenset())
    lock.unlink()
    assert desk.settled()[0] == 1


def test_a_lock_left_behind_is_told_of_and_stops_nothing(lite: Desk) -> None:
    lite.write("月报.docx", docx())
    lite.write(".~lock.月报.docx#", ",王敏,pc,23.11.2026 08:00,file:///home;")
    assert lite.look().editing == {"月报.docx": "王敏"}
    stale = lite.look(after=24 * 3600)
    assert [problem.code for problem in stale.problems] == ["scan.leftover"]
    assert stale.filed == 1


def test_a_record_emptied_in_place_is_altered_when_it_stays_so(lite: Desk) -> None:  # W3
    place = lite.write("月报.docx", docx())
    assert lite.settled()[0] == 1
    place.write_bytes(b"")
    assert lite.look().altered == lite.look().altered == 0
    assert lite.look(after=61).altered == 1


# --- W2: moves ------------------------------------------------------------------------------------------------------


def opened_under(root: Path) -> list[str]:
    """From now on, every file opened below ``root``, by any means of Python."""
    found: list[str] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(f"{root}{os.sep}"):
            found.append(arguments[0])

    sys.addaudithook(hook)
    return found


def test_a_moved_folder_is_so_many_moves_no_deletion_and_nothing_read_again(desk: Desk) -> None:  # W2
    for number in range(450):
        desk.write(f"2024年/{number // 100}月/文件{number}.pdf", f"内容{number}")
    desk.write("keep.pdf", "stays")
    assert desk.settled()[0] == 451
    before = desk.records()
    opened = [*opened_under(desk.root)]
    (desk.root / "归档/旧").mkdir(parents=True)
    (desk.root / "2024年").rename(desk.root / "归档/旧/2024")
    assert desk.settled() == (0, 450, 0, 0, 0, 0)
    assert [path for path in opened if path.endswith(".pdf")] == []
    after = desk.records()
    assert {record.id: record.filed_on for record in after.values()} == {r.id: r.filed_on for r in before.values()}
    assert after["归档/旧/2024/3月/文件333.pdf"].id == before["2024年/3月/文件333.pdf"].id
    assert desk.sound()


def test_hints_of_either_folder_in_any_order_find_a_move(lite: Desk) -> None:  # W2, W10
    for hinted in (["新"], ["旧"], ["新", "旧"], ["旧", "新"]):
        place = lite.write("旧/a.pdf", "x")
        (lite.root / "新").mkdir(exist_ok=True)
        lite.settle()
        place.rename(lite.root / "新/a.pdf")
        for folder in hinted:
            lite.look([folder])
        assert lite.settled()[3] == 0
        assert "新/a.pdf" in lite.records()
        (lite.root / "新/a.pdf").rename(place)
        assert lite.settled() == (0, 1, 0, 0, 0, 0)
    assert len(lite.records()) == 1
    assert "record.missing" not in lite.kinds()


def test_a_copy_whose_original_goes_before_it_settled_is_a_move(desk: Desk) -> None:  # W2
    place = desk.write("a/月报.pdf", "content")
    desk.settle()
    desk.write("b/月报.pdf", "content")
    desk.look()
    place.unlink()
    assert desk.settled() == (0, 1, 0, 0, 0, 0)
    assert list(desk.records()) == ["b/月报.pdf"]


def test_hard_links_are_copies_while_both_exist(lite: Desk) -> None:  # W2, W7
    place = lite.write("a.pdf", "content")
    lite.settle()
    os.link(place, lite.root / "b.pdf")
    assert lite.settled() == (1, 0, 0, 0, 0, 0)
    assert {record.digest for record in lite.records().values()} == {sha256(b"content").hexdigest()}
    place.unlink()
    assert lite.settled() == (0, 0, 0, 1, 0, 0)


def test_two_files_that_change_places_are_two_moves(desk: Desk) -> None:  # W2
    one, other = desk.write("甲.pdf", "one"), desk.write("乙.pdf", "other")
    desk.settle()
    ids = {path: record.id for path, record in desk.records().items()}
    one.rename(desk.root / "x")
    other.rename(one)
    (desk.root / "x").rename(other)
    assert desk.settled() == (0, 2, 0, 0, 0, 0)
    assert {path: record.id for path, record in desk.records().items()} == {
        "甲.pdf": ids["乙.pdf"],
        "乙.pdf": ids["甲.pdf"],
    }
    assert desk.sound()


def test_a_new_file_in_the_place_of_one_renamed_is_a_record_of_its_own(desk: Desk) -> None:  # W2, W3
    place = desk.write("月报.pdf", "October")
    desk.settle()
    place.rename(desk.root / "月报 旧.pdf")
    desk.write("月报.pdf", "November")
    assert desk.settled() == (1, 1, 0, 0, 0, 0)
    assert desk.records()["月报 旧.pdf"].digest == sha256(b"October").hexdigest()


def test_a_file_moved_over_another_leaves_that_one_missing(desk: Desk) -> None:  # W2, W4
    kept_, lost = desk.write("甲.pdf", "one"), desk.write("乙.pdf", "other")
    desk.settle()
    kept_.rename(lost)
    assert desk.settled() == (0, 1, 0, 1, 0, 0)
    with desk.ledger.read() as view:
        by_digest = {each.digest: each for each in view.records()}
    assert by_digest[sha256(b"one").hexdigest()].path == "乙.pdf"
    assert by_digest[sha256(b"other").hexdigest()].missing_since is not None
    desk.write("丙.pdf", "other")
    assert desk.settled() == (0, 0, 0, 0, 1, 0)
    assert desk.sound()


def test_a_file_moved_to_another_share_is_the_same_record_there(desk: Desk, tmp_path: Path) -> None:  # W2
    second = Desk(tmp_path / "second", desk.ledger, "档案室")
    for each in (desk, second):
        each.write("保留.pdf", f"stays in {each.share.name}")
    for first, then in ((desk, second), (second, desk)):
        place = desk.write("月报.pdf", "content")
        desk.settle()
        second.settle()
        ids = {record.id for record in (*desk.records().values(), *second.records().values())}
        shutil.move(place, second.root / "月报.pdf")
        for each in (first, then, first):
            each.time = max(desk.time, second.time)
            each.look()
            each.look()
        second.settle()
        assert {record.id for record in (*desk.records().values(), *second.records().values())} == ids
        assert sorted(second.records()) == ["保留.pdf", "月报.pdf"]
        assert sorted(desk.records()) == ["保留.pdf"]
        shutil.move(second.root / "月报.pdf", place)
        desk.time = second.time
        desk.settle()
        second.settle()
    assert "record.missing" not in desk.kinds()


# --- W9: names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("report.pdf", "Report.PDF"),
        ("月报.pdf", "（月报）ＡＢＣ　１２.pdf"),
        ("x" * 250, "长" * 80 + ".pdf"),
        ("a\\b.pdf", "a\\x41.pdf"),
    ],
)
def test_names_change_in_case_and_width_and_length(desk: Desk, before: str, after: str) -> None:  # W9
    place = desk.write(before, "content")
    desk.settle()
    place.rename(desk.root / after)
    assert desk.settled() == (0, 1, 0, 0, 0, 0)
    (record,) = desk.records().values()
    with desk.ledger.read() as view:
        assert place_on_disk(view, record) == after


def test_the_other_way_of_writing_the_same_letters_is_no_event(desk: Desk) -> None:  # W9
    name = "Café 検査ガ.pdf"
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    place = desk.write(f"é/{decomposed}", "content")
    assert desk.settled()[0] == 1
    assert list(desk.records()) == [f"é/{composed}"]
    place.rename(place.with_name(composed))
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    (record,) = desk.records().values()
    with desk.ledger.read() as view:
        assert place_on_disk(view, record) == f"é/{composed}"


def test_two_names_that_look_the_same_are_two_records_and_are_told_of(lite: Desk) -> None:  # W9
    for form in ("NFC", "NFD"):
        lite.write(unicodedata.normalize(form, "é.pdf"), form)
    assert [problem.code for problem in lite.settle().problems] == ["scan.same_name"]
    assert [entry.event.change.path for entry in lite.log()] == ["é.pdf", "é.pdf"]


def test_names_that_are_no_utf8_are_shown_escaped(desk: Desk) -> None:  # W9
    folder = os.fsencode(desk.root) + b"/" + "报告".encode("gbk")
    inner = Path(os.fsdecode(folder)) / os.fsdecode("报告.pdf".encode("gbk"))
    inner.parent.mkdir()
    inner.write_text("content")
    assert desk.settled()[0] == 1
    (path,) = desk.records()
    assert path == "\\xb1\\xa8\\xb8\\xe6/\\xb1\\xa8\\xb8\\xe6.pdf"
    assert os.fsencode(on_disk(path)) == "报告/报告.pdf".encode("gbk")
    inner.unlink()
    assert desk.settled() == (0, 0, 0, 1, 0, 0)


@pytest.mark.parametrize("name", ["plain", "a\\b", "\\x41", "\\\\?17", "\udcb1\udca8", "\ud800", "\\u1234"])
def test_a_kept_name_is_that_on_the_disk_again(name: str) -> None:  # W9
    assert on_disk(kept(name)) == name
    kept(name).encode()


# --- W3 to W7 -------------------------------------------------------------------------------------------------------


def test_a_changed_content_is_one_alteration_and_the_record_keeps_what_was_filed(desk: Desk) -> None:  # W3
    place = desk.write("月报.pdf", "first")
    desk.settle()
    place.write_text("second")
    assert desk.settled() == (0, 0, 1, 0, 0, 0)
    os.utime(place)
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    place.write_text("third")
    assert desk.settled() == (0, 0, 1, 0, 0, 0)
    record = desk.records()["月报.pdf"]
    assert (record.digest, record.altered_to) == (sha256(b"first").hexdigest(), sha256(b"third").hexdigest())


def test_times_of_files_never_start_or_stop_anything(desk: Desk) -> None:  # W6
    place = desk.write("月报.pdf", "content")
    os.utime(place, (0, 0))
    desk.settle()
    record = desk.records()["月报.pdf"]
    assert (str(record.filed_on), record.dated, record.period) == ("2026-11-23", None, None)
    os.utime(place, (10**9, 10**9))
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    assert desk.records() == {"月报.pdf": record}


def test_a_vanished_file_is_missed_only_after_a_second_look_late_enough(desk: Desk) -> None:  # W4
    place = desk.write("月报.pdf", "content")
    desk.write("另.pdf", "stays")
    desk.settle()
    place.unlink()
    gone = desk.look()
    assert (gone.missing, gone.again, gone.again_after) == (0, {""}, timedelta(seconds=60))
    assert desk.look(after=59).missing == 0
    assert desk.look(after=2).missing == 1
    assert desk.records()["月报.pdf"].missing_since is not None
    assert desk.look(after=100).missing == 0
    desk.write("月报.pdf", "content")
    assert desk.settled() == (0, 0, 0, 0, 1, 0)
    assert desk.records()["月报.pdf"].missing_since is None
    assert desk.sound()


def test_a_missing_file_that_comes_back_with_another_content_is_altered(desk: Desk) -> None:  # W3, W4
    place = desk.write("月报.pdf", "content")
    desk.write("另.pdf", "stays")
    desk.settle()
    place.unlink()
    assert desk.settled() == (0, 0, 0, 1, 0, 0)
    place.write_text("something else")
    assert desk.settled() == (0, 0, 1, 0, 0, 0)
    assert desk.records()["月报.pdf"].missing_since is None


def test_a_missing_file_found_elsewhere_is_found_there(desk: Desk) -> None:  # W4
    place = desk.write("月报.pdf", "content")
    desk.write("另.pdf", "stays")
    desk.settle()
    place.unlink()
    desk.settle()
    desk.write("恢复/月报.pdf", "content")
    assert desk.settled() == (0, 0, 0, 0, 1, 0)
    assert desk.records()["恢复/月报.pdf"].missing_since is None


def test_a_big_file_still_being_copied_excuses_the_one_that_is_gone(lite: Desk) -> None:  # W4
    place = lite.write("月报.docx", docx())
    lite.write("另.pdf", "stays")
    lite.settle()
    place.unlink()
    half = lite.write("新/月报.docx", docx()[:100] + bytes(len(docx()) - 100))
    for _look in range(5):
        assert lite.look(after=30).missing == 0
    half.write_bytes(docx())
    assert lite.settled() == (0, 1, 0, 0, 0, 0)


def listed(desk: Desk) -> events.Listed:
    """On the list, in its first row."""
    today = desk.time.date()
    return events.Listed("L1", today, 1, 1, "月报", today, Term(TermKind.FIXED, "1年", 12))


def destroyed(desk: Desk, path: str) -> str:
    """Take a record through its whole life, outside of the scanner, and remove the file."""
    record = desk.records()[path]
    person = Stamp(desk.time, desk.time.date(), Actor("wang.min"))
    changes = [
        events.Classified(REPORT),
        listed(desk),
        events.Approved("L1", record.digest),
        events.DestroyIntended("L1", record.digest, 1),
        events.Quarantined(1, record.digest, f"{record.id}.1"),
        events.UnlinkIntended(1, record.digest),
        events.Destroyed(Outcome.REMOVED, 1),
    ]
    desk.ledger.append([Draft(record.id, change) for change in changes], person)
    (desk.root / path).unlink()
    return record.id


def test_a_destroyed_content_that_appears_again_is_told_and_not_registered(desk: Desk) -> None:  # W5
    desk.write("月报.pdf", "content")
    desk.write("另.pdf", "stays")
    desk.settle()
    record_id = destroyed(desk, "月报.pdf")
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    desk.write("备份/月报.pdf", "content")
    assert desk.settled() == (0, 0, 0, 0, 0, 1)
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    with desk.ledger.read() as view:
        record = view.record(record_id)
    assert record is not None
    assert (record.state, record.resurfaced_at) == (State.DESTROYED, "归档/备份/月报.pdf")
    assert (desk.root / "备份/月报.pdf").read_text() == "content"


def test_a_known_copy_explains_a_destroyed_content(desk: Desk) -> None:  # W5, W7, D11
    desk.write("月报.pdf", "content")
    desk.write("副本.pdf", "content")
    assert desk.settled() == (2, 0, 0, 0, 0, 0)
    destroyed(desk, "月报.pdf")
    desk.settle()
    desk.write("又一份.pdf", "content")
    assert desk.settled() == (1, 0, 0, 0, 0, 0)


def test_a_file_restored_to_the_place_of_a_destroyed_record_has_resurfaced(desk: Desk) -> None:  # W5
    place = desk.write("月报.pdf", "content")
    desk.settle()
    destroyed(desk, "月报.pdf")
    place.write_text("content")
    assert desk.settled() == (0, 0, 0, 0, 0, 1)


def test_what_is_in_execution_is_never_missed(desk: Desk) -> None:
    desk.write("另.pdf", "stays")
    place = desk.write("月报.pdf", "content")
    desk.settle()
    record = desk.records()["月报.pdf"]
    person = Stamp(desk.time, desk.time.date(), Actor("wang.min"))
    changes = [
        events.Classified(REPORT),
        listed(desk),
        events.Approved("L1", record.digest),
        events.DestroyIntended("L1", record.digest, 1),
    ]
    desk.ledger.append([Draft(record.id, change) for change in changes], person)
    quarantine = desk.root / ".guidang-quarantine"
    quarantine.mkdir()
    place.rename(quarantine / f"{record.id}.1")
    assert [desk.look(after=100).missing for _look in range(3)] == [0, 0, 0]
    desk.ledger.append([Draft(record.id, events.Quarantined(1, record.digest, f"{record.id}.1"))], person)
    assert [desk.look(after=100).missing for _look in range(3)] == [0, 0, 0]
    (quarantine / f"{record.id}.1").rename(place)
    desk.ledger.append([Draft(record.id, events.Restored(1, "误批"))], person)
    assert desk.settled() == (0, 0, 0, 0, 0, 0)
    place.unlink()
    assert desk.settled() == (0, 0, 0, 1, 0, 0)


def test_a_content_settled_as_a_record_of_its_own_is_registered(desk: Desk) -> None:  # W3
    place = desk.write("月报.pdf", "first")
    desk.settle()
    place.write_text("second")
    desk.settle()
    record = desk.records()["月报.pdf"]
    decided = events.AlterationSettled(events.Decision.NEW_RECORD, record.digest, record.size, "另立")
    desk.ledger.append([Draft(record.id, decided)], Stamp(desk.time, desk.time.date(), Actor("wang.min")))
    desk.settle()
    with desk.ledger.read() as view:
        first, second = view.records_at("归档", "月报.pdf")
    assert first.missing_since is not None
    assert (second.digest, second.missing_since) == (sha256(b"second").hexdigest(), None)


def test_the_same_content_in_two_places_is_two_records(desk: Desk) -> None:  # W7
    desk.write("a.pdf", "content")
    desk.write("b.pdf", "content")
    assert desk.settled()[0] == 2
    with desk.ledger.read() as view:
        assert len(view.records_with(sha256(b"content").hexdigest())) == 2


# --- W8: a share that is away ---------------------------------------------------------------------------------------


@pytest.fixture
def filled(desk: Desk) -> Desk:
    for number in range(30):
        desk.write(f"{2023 + number % 3}年/文件{number}.pdf", f"内容{number}")
    assert desk.settled()[0] == 30
    return desk


def test_an_unreachable_empty_or_replaced_share_is_no_deletion(filled: Desk, tmp_path: Path) -> None:  # W8
    away = filled.root.rename(tmp_path / "elsewhere")
    for replacement, health in ((None, Health.AWAY), ((), Health.EMPTY), (("别的/文件.pdf",), Health.WRONG)):
        if replacement is not None:
            filled.root.mkdir(exist_ok=True)
        for path in replacement or ():
            filled.write(path, "another share")
        for _look in range(3):
            found = filled.look(after=100)
            assert (found.health, found.missing, found.filed, found.moved) == (health, 0, 0, 0)
            assert [problem.clause for problem in found.problems] == ["W8"]
        assert filled.look(["2023年", ""], after=100).health is health
    shutil.rmtree(filled.root)
    away.rename(filled.root)
    assert filled.settled() == (0, 0, 0, 0, 0, 0)
    assert len(filled.log()) == 30


def test_a_share_mounted_anew_under_other_numbers_is_known_by_its_files(filled: Desk, tmp_path: Path) -> None:  # W8
    shutil.copytree(filled.root, tmp_path / "copy")
    shutil.rmtree(filled.root)
    (tmp_path / "copy").rename(filled.root)
    assert filled.settled() == (0, 0, 0, 0, 0, 0)
    (filled.root / "2023年/文件0.pdf").unlink()
    assert filled.settled() == (0, 0, 0, 1, 0, 0)


def test_every_top_folder_renamed_is_no_other_share(filled: Desk) -> None:  # W2, W8
    for year in (2023, 2024, 2025):
        (filled.root / f"{year}年").rename(filled.root / f"{year} 年")
    assert filled.settled() == (0, 30, 0, 0, 0, 0)
    (filled.root / "全部").mkdir()
    for year in (2023, 2024, 2025):
        (filled.root / f"{year} 年").rename(filled.root / f"全部/{year} 年")
    assert filled.settled() == (0, 30, 0, 0, 0, 0)


def test_what_cannot_be_listed_is_unknown(tmp_path: Path) -> None:  # W8
    """Under an account that may not read everything, in a process of its own."""
    folder = tmp_path / "open"
    folder.mkdir()
    outcome = as_nobody(folder, _one_folder_unreadable)
    assert outcome == "unknown ['2023年', '2023年'] missing 0 after 1"


def _one_folder_unreadable(folder: Path) -> str:
    with Ledger.open(folder / "ledger.db") as ledger:
        desk = Desk(folder / "share", ledger)
        for number in range(4):
            desk.write(f"2023年/深/文件{number}.pdf", f"内容{number}")
            desk.write(f"2024年/文件{number}.pdf", f"其他{number}")
        desk.settle()
        closed = desk.root / "2023年"
        closed.chmod(0)
        looks = [desk.look(after=100) for _look in range(2)]
        closed.chmod(0o700)
        (closed / "深/文件0.pdf").unlink()
        desk.settle()
        unknown = [path for look in looks for path in look.unknown]
        return f"unknown {unknown} missing {sum(look.missing for look in looks)} after {desk.counts['missing']}"


def as_nobody(folder: Path, work) -> str:
    """What ``work`` answers in a process that is not root's, whoever runs the tests."""
    for place in (folder, *folder.parents):
        if place.stat().st_uid == os.geteuid() and place != place.parent:
            place.chmod(place.stat().st_mode | 0o711)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        answer = "?"
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            answer = work(folder)
        except BaseException as error:  # noqa: BLE001 - a child must never go on as a second pytest
            answer = repr(error)
        finally:
            os.write(writing, answer.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def test_a_file_system_that_is_no_longer_mounted_inside_a_share_is_unknown(filled: Desk) -> None:  # W8
    """What a look would have kept, had 2023年 been a mount; then it is an empty folder like any other."""
    with filled.ledger._engine.begin() as connection:
        folder = schema.folders.c.path == "2023年"
        assert connection.execute(update(schema.folders).where(folder).values(mounted=True)).rowcount == 1
    for place in (filled.root / "2023年").iterdir():
        place.unlink()
    for _look in range(3):
        found = filled.look(after=100)
        assert (list(found.unknown), found.missing, found.again) == (["2023年"], 0, frozenset())


def test_more_than_a_set_share_gone_at_once_waits_for_a_person(ledger: Ledger, tmp_path: Path) -> None:  # W8
    desk = Desk(tmp_path / "share", ledger, mass_percent=20, mass_files=5)
    for number in range(40):
        desk.write(f"{number % 2}/文件{number}.pdf", f"内容{number}")
    desk.settle()
    for number in range(9):
        (desk.root / f"{number % 2}/文件{number}.pdf").unlink()
    braked = desk.settle()
    assert (braked.braked, desk.counts["missing"]) == (9, 0)
    assert [problem.code for problem in braked.problems] == ["scan.braked"]
    assert desk.look(after=100, believe=8).missing == desk.look(after=100, believe=10).missing == 0
    assert desk.look(after=100, believe=9).missing == 9
    (desk.root / "1/文件39.pdf").unlink()
    assert desk.settled() == (0, 0, 0, 1, 0, 0)


def test_a_whole_top_folder_gone_waits_for_a_person(lite: Desk) -> None:  # W8
    lite.share = lite.scanner.share = type(lite.share)("归档", lite.root, mass_files=500)
    for number in range(60):
        lite.write(f"2024年/{number % 3}/文件{number}.pdf", f"内容{number}")
        lite.write(f"2025年/文件{number}.pdf", f"其他{number}")
    lite.settle()
    shutil.rmtree(lite.root / "2024年")
    assert lite.settle().braked == 60
    lite.write("2024年/0/文件0.pdf", "内容0")
    assert lite.settled() == (0, 0, 0, 59, 0, 0)


def test_a_person_may_believe_that_everything_is_gone(filled: Desk) -> None:  # W8
    for folder in filled.root.iterdir():
        shutil.rmtree(folder)
    found = filled.look(after=100)
    assert (found.health, found.braked) == (Health.EMPTY, 30)
    assert filled.look(after=100, believe=29).health is Health.EMPTY
    filled.look(believe=30)
    assert filled.look(after=100, believe=30).missing == 30


def test_a_share_that_is_empty_when_what_was_seen_is_lost_is_no_deletion(filled: Desk, tmp_path: Path) -> None:  # W8
    forget_what_was_seen(filled.ledger)
    away = filled.root.rename(tmp_path / "elsewhere")
    for names in ((), ("lost+found/x",), ("别的.pdf",)):
        filled.root.mkdir(exist_ok=True)
        for name in names:
            filled.write(name, "x")
        for _look in range(3):
            assert filled.look(after=100).health is (Health.WRONG if names == ("别的.pdf",) else Health.EMPTY)
    shutil.rmtree(filled.root)
    away.rename(filled.root)
    assert filled.settled() == (0, 0, 0, 0, 0, 0)


def test_a_share_replaced_during_a_look_gives_no_facts(filled: Desk, tmp_path: Path) -> None:  # W8
    for number in range(30):
        filled.write(f"2026年/新{number}.pdf", f"新{number}")
    filled.look()
    known = catalogue()

    def replaced():
        if not (tmp_path / "elsewhere").exists():
            filled.root.rename(tmp_path / "elsewhere")
            filled.root.mkdir()
        return known

    filled.scanner.catalogue = replaced
    found = filled.look()
    assert (found.health is Health.OK, found.filed, found.missing) == (False, 0, 0)
    assert len(filled.log()) == 30
    assert filled.look(after=100).health is Health.EMPTY


def test_paths_too_long_for_an_index_are_unknown(desk: Desk) -> None:  # W9
    """Made step by step: no call takes such a path whole."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(desk.root)
        for _level in range(12):
            Path("长" * 80).mkdir()
            os.chdir("长" * 80)
        Path("月报.pdf").write_text("x")
    finally:
        os.fchdir(before)
        os.close(before)
    desk.write("另.pdf", "x")
    found = desk.look()
    assert set(found.unknown.values()) == {"its path is too long"}
    assert desk.settled()[0] == 1


def test_times_beyond_reason_are_times(desk: Desk) -> None:  # W6
    place = desk.write("月报.pdf", "x")
    for seconds in (-(10**9), 10**10):
        os.utime(place, (seconds, seconds))
        desk.settle()
    assert desk.kinds() == ["record.filed"]


# --- W10 and the tables of observations -------------------------------------------------------------------------------


def forget_what_was_seen(ledger: Ledger) -> None:
    with ledger._engine.begin() as connection:
        for table in (schema.shares, schema.folders, schema.entries):
            connection.execute(delete(table))


def row_writes(ledger: Ledger) -> dict[str, str]:
    """Every row of what was seen but that of the share, as one text each table."""
    with ledger._engine.connect() as connection:
        return {
            table.name: repr(sorted(map(tuple, connection.execute(select(table))), key=repr))
            for table in (schema.folders, schema.entries, *schema.PROJECTIONS, schema.head)
        }


def test_an_unchanged_pass_reads_no_file_and_writes_no_row_but_the_share_s(filled: Desk) -> None:
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


def test_what_was_seen_can_be_thrown_away(filled: Desk) -> None:  # W10
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


def test_a_fact_that_is_refused_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever rule refuses, and nobody thought of: that file waits and is told of, the rest is registered."""
    for number in range(9):
        desk.write(f"文件{number}.pdf", f"内容{number}")
    apply = lifecycle.apply

    def refusing(record, event):
        if event.change.path == "文件5.pdf":
            raise RefusedError([Problem("文件5.pdf", "not this one", clause="X1")])
        return apply(record, event)

    monkeypatch.setattr(lifecycle, "apply", refusing)
    desk.look()
    refused = desk.look()
    assert (refused.filed, [problem.clause for problem in refused.problems], refused.again) == (8, ["X1"], {""})
    monkeypatch.undo()
    assert desk.settled() == (1, 0, 0, 0, 0, 0)
    assert desk.sound()


def test_a_listing_without_descriptors_is_the_same_but_for_numbers(filled: Desk) -> None:
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


def test_two_scanners_at_once_register_nothing_twice(desk: Desk) -> None:  # L3
    for number in range(600):
        desk.write(f"{number % 7}/文件{number}.pdf", f"内容{number}")
    desk.look()
    desk.wait(10)
    other = Desk(desk.root, desk.ledger)
    other.time = desk.time
    threads = [threading.Thread(target=each.scanner.look) for each in (desk, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.settle()
    assert len(desk.log()) == len(desk.records()) == 600
    assert desk.sound()


def test_a_look_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:  # W10
    desk_root = tmp_path / "share"
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        desk = Desk(desk_root, ledger)
        for number in range(900):
            desk.write(f"{number % 9}/文件{number}.pdf", f"内容{number}")
    for pause in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5):
        child = os.fork()
        if not child:
            with Ledger.open(tmp_path / "ledger.db") as ledger:
                Desk(desk_root, ledger).settle()
            os._exit(0)
        threading.Event().wait(pause)
        os.kill(child, 9)
        os.waitpid(child, 0)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        desk = Desk(desk_root, ledger)
        desk.wait(3600)
        desk.settle()
        assert len(desk.log()) == len(desk.records()) == 900
        assert all(
            r.digest == sha256((desk_root / path).read_bytes()).hexdigest() for path, r in desk.records().items()
        )
        assert desk.sound()


# --- T4 -------------------------------------------------------------------------------------------------------------


def test_the_ledger_knows_the_last_scan_that_could_be_believed(desk: Desk) -> None:  # T4
    desk.write("a.pdf", "x")
    desk.settle()
    scanned = desk.time
    with desk.ledger.read() as view:
        assert view.clock().believed == scanned
        assert view.clock().fault(scanned) is None
        assert view.clock().fault(scanned + timedelta(hours=25)) is ClockFault.AHEAD
    desk.wait(72 * 3600)
    desk.look()
    with desk.ledger.read() as view:
        assert view.clock().believed == scanned
        assert view.clock().fault(desk.time) is ClockFault.AHEAD
    vouched = Draft("clock", events.ClockVouched("节后开机"))
    desk.ledger.append([vouched], Stamp(desk.time, desk.time.date(), Actor("wang.min")))
    with desk.ledger.read() as view:
        assert view.clock().believed == desk.time
        assert view.clock().fault(desk.time) is None
    desk.look(after=3600)
    with desk.ledger.read() as view:
        assert view.clock().believed == desk.time


def test_every_event_is_the_service_s(desk: Desk) -> None:  # L6
    desk.write("a.pdf", "x")
    desk.settle()
    assert {entry.event.actor for entry in desk.log()} == {SERVICE}


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
    folder = tmp_path / "open"
    folder.mkdir()
    assert (
        as_nobody(folder, _scan_what_may_not_be_written) == "filed 12 missing 1 moved 1 altered 1 changed [] tried []"
    )


def _scan_what_may_not_be_written(folder: Path) -> str:
    with Ledger.open(folder / "ledger.db") as ledger:
        desk = Desk(folder / "share", ledger)
        for number in range(12):
            desk.write(f"{number % 3}/文件{number}.docx", docx(f"内容{number}"))
        _may_be_written(desk.root, yes=False)
        tried = written_under(desk.root)
        before = _all_of(desk.root)
        desk.settle()
        filed, changed = desk.counts["filed"], [] if _all_of(desk.root) == before else ["first"]
        tried_first = list(tried)
        _may_be_written(desk.root, yes=True)
        (desk.root / "0/文件0.docx").unlink()
        (desk.root / "1/文件1.docx").rename(desk.root / "2/搬.docx")
        (desk.root / "2/文件2.docx").write_bytes(docx("改"))
        _may_be_written(desk.root, yes=False)
        tried.clear()
        before = _all_of(desk.root)
        desk.settle()
        changed += [] if _all_of(desk.root) == before else ["second"]
        counts = " ".join(f"{name} {desk.counts[name]}" for name in ("missing", "moved", "altered"))
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
        desk = Desk(root, ledger)
        desk.scanner.catalogue = sample_catalogue
        desk.settle()
        records = desk.records()
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
    assert desk.settled() == (0, 0, 0, 0, 0, 0)


# --- settle.read ------------------------------------------------------------------------------------------------------


def test_reading_says_what_a_file_is(tmp_path: Path) -> None:
    place = tmp_path / "QG-FW-01-01 物业管理月度工作报告 2026年10月.docx"
    place.write_bytes(docx())
    found = place.stat()
    content = settle.read(tmp_path, place.name, Stat(found.st_size, found.st_mtime_ns, found.st_ino), catalogue())
    assert isinstance(content, Content)
    assert (content.class_key, content.size) == (REPORT, len(docx()))
    assert isinstance(settle.read(tmp_path, "none.docx", Stat(1, 1, 1), catalogue()), Unreadable)


def test_a_record_s_place_is_known(desk: Desk) -> None:
    desk.write("a/b.pdf", "x")
    desk.settle()
    (record,) = desk.records().values()
    with desk.ledger.read() as view:
        places = view.seen(lambda connection: sightings.places_of(connection, [record.id]))
    assert places[record.id][0] == "归档"
    assert places[record.id][1].path == "a/b.pdf"
