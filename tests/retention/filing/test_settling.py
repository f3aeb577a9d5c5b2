"""What lies on a share is registered once it has settled, and is read whole (W1)."""

from __future__ import annotations

import struct
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from given.shares import REPORT, ScannedShare, catalogue, docx

from retention.filing import digesting
from retention.filing.observed import Content, Stat, Unreadable

pytestmark = pytest.mark.usefixtures("in_english")


# --- W1: settled files are registered -----------------------------------------------------------------------------


def test_a_file_is_registered_once_two_looks_found_it_the_same(scanned: ScannedShare) -> None:  # W1
    scanned.write("2026年/QG-FW-01-01 物业管理月度工作报告 2026年10月.docx", docx())
    first = scanned.look()
    assert (first.filed, first.again, first.again_after) == (0, {"2026年"}, timedelta(seconds=3))
    assert scanned.look(after=1).filed == 0
    assert scanned.look(after=3).filed == 1
    (record,) = scanned.records().values()
    assert (record.class_key, str(record.period), record.digest) == (REPORT, "2026-10", sha256(docx()).hexdigest())
    assert scanned.look() == scanned.look()
    assert scanned.kinds() == ["record.filed"]
    assert scanned.sound()


def test_a_record_s_id_is_the_number_of_its_event(scanned: ScannedShare) -> None:
    for number in range(7):
        scanned.write(f"文件{number}.pdf", f"内容{number}")
    assert scanned.settled()[0] == 7
    assert {(entry.event.subject, entry.event.change.path) for entry in scanned.log()} == {
        (record.id, path) for path, record in scanned.records().items()
    }


def test_what_is_not_recognised_is_registered_without_a_class(scanned: ScannedShare) -> None:  # W1
    scanned.write("扫描件_0001.pdf", "%PDF")
    assert scanned.settled()[0] == 1
    record = scanned.records()["扫描件_0001.pdf"]
    assert record.class_key is None
    assert scanned.log()[0].event.change.evidence


def test_a_growing_file_waits(lite: ScannedShare) -> None:  # W1
    for size in range(1, 6):
        lite.write("大文件.pdf", "x" * size)
        assert lite.look(after=30).filed == 0
    assert lite.look().filed == 1


def test_a_file_that_changes_between_look_and_reading_waits(lite: ScannedShare) -> None:  # W1
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
        assert isinstance(digesting._read(Growing(file), "a.pdf", seen, catalogue(), broken_too=False), Unreadable)
    assert isinstance(digesting.read(tmp_path, "a.pdf", seen, catalogue()), Unreadable)


def test_half_a_package_waits_and_says_since_when(lite: ScannedShare) -> None:  # W1
    whole = docx()
    place = lite.write("月报 2026年10月.docx", whole[: len(whole) // 2])
    lite.look()
    assert lite.look().filed == 0
    waits = lite.look(after=61)
    assert waits.filed == 0
    assert [problem.code for problem in waits.problems] == ["scan.unreadable"]
    place.write_bytes(whole)
    assert lite.settled()[0] == 1


def test_a_preallocated_package_waits(lite: ScannedShare) -> None:  # W1
    whole = docx()
    place = lite.write("月报.docx", whole[:100] + bytes(len(whole) - 100))
    empty = lite.write("照片.jpg", bytes(5000))
    lite.look()
    assert lite.look().filed == 0
    place.write_bytes(whole)
    empty.write_bytes(b"\xff\xd8" * 2500)
    assert lite.settled()[0] == 2


def test_a_damaged_file_that_stands_still_for_long_is_registered_and_says_so(lite: ScannedShare) -> None:  # W1
    lite.write("月报 2026年10月.docx", docx()[:-30])
    lite.look()
    assert lite.look(after=590).filed == 0
    assert lite.look(after=80).filed == 1
    assert "damaged" in " ".join(lite.log()[0].event.change.evidence)


def compound(sectors: int, used: int, size: int) -> bytes:
    """An old Office file: one table of sectors that says how many are in use, and so many bytes."""
    head = bytearray(512)
    head[:8] = digesting._OLE
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

    assert (digesting.broken(io.BytesIO(content), len(content)) == "") is whole


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


def test_passing_and_empty_files_are_counted_and_left_alone(scanned: ScannedShare) -> None:  # W1
    for name in PASSING:
        scanned.write(f"月/{name}", "x")
    scanned.write("月/空.docx")
    scanned.write("#recycle/旧.docx", docx())
    scanned.write(".guidang-quarantine/17.1", docx())
    (scanned.root / "链接.docx").symlink_to(scanned.root / "月" / "a.tmp")
    found = scanned.settle()
    assert (found.filed, found.left_alone) == (0, len(PASSING) + 2)
    assert scanned.look().left_alone == found.left_alone
    assert scanned.log() == []


def test_links_are_never_followed_and_never_registered(lite: ScannedShare, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "别处.docx").write_bytes(docx())
    (lite.root / "目录链接").symlink_to(outside)
    (lite.root / "文件链接.docx").symlink_to(outside / "别处.docx")
    assert lite.settled()[0] == 0


def test_what_somebody_has_open_waits_and_says_who(scanned: ScannedShare) -> None:
    name = "物业管理月度工作报告.docx"
    scanned.write(name, docx())
    lock = scanned.write("~$" + name[2:], b"\x06Wang M" + bytes(47) + struct.pack("<H", 2) + "王敏".encode("utf-16-le"))
    for _look in range(3):
        found = scanned.look(after=60)
        assert (found.filed, found.editing, found.again) == (0, {name: "王敏"}, frozenset())
    lock.unlink()
    assert scanned.settled()[0] == 1


def test_a_lock_left_behind_is_told_of_and_stops_nothing(lite: ScannedShare) -> None:
    lite.write("月报.docx", docx())
    lite.write(".~lock.月报.docx#", ",王敏,pc,23.11.2026 08:00,file:///home;")
    assert lite.look().editing == {"月报.docx": "王敏"}
    stale = lite.look(after=24 * 3600)
    assert [problem.code for problem in stale.problems] == ["scan.leftover"]
    assert stale.filed == 1


def test_a_record_emptied_in_place_is_altered_when_it_stays_so(lite: ScannedShare) -> None:  # W3
    place = lite.write("月报.docx", docx())
    assert lite.settled()[0] == 1
    place.write_bytes(b"")
    assert lite.look().altered == lite.look().altered == 0
    assert lite.look(after=61).altered == 1


# --- what is read of a file ---------------------------------------------------------------------------------------


def test_reading_says_what_a_file_is(tmp_path: Path) -> None:
    place = tmp_path / "QG-FW-01-01 物业管理月度工作报告 2026年10月.docx"
    place.write_bytes(docx())
    found = place.stat()
    content = digesting.read(tmp_path, place.name, Stat(found.st_size, found.st_mtime_ns, found.st_ino), catalogue())
    assert isinstance(content, Content)
    assert (content.class_key, content.size) == (REPORT, len(docx()))
    assert isinstance(digesting.read(tmp_path, "none.docx", Stat(1, 1, 1), catalogue()), Unreadable)
