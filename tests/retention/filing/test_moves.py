"""Renames and moves keep the record, in whatever way names are written (W2, W9)."""

from __future__ import annotations

import os
import shutil
import unicodedata
from hashlib import sha256
from pathlib import Path

import pytest
from given.shares import ScannedShare, opened_under

from retention.filing.observed_tables import place_on_disk
from retention.ledger.paths import kept, on_disk

pytestmark = pytest.mark.usefixtures("in_english")


# --- W2: moves ------------------------------------------------------------------------------------------------------


def test_a_moved_folder_is_so_many_moves_no_deletion_and_nothing_read_again(scanned: ScannedShare) -> None:  # W2
    for number in range(450):
        scanned.write(f"2024年/{number // 100}月/文件{number}.pdf", f"内容{number}")
    scanned.write("keep.pdf", "stays")
    assert scanned.settled()[0] == 451
    before = scanned.records()
    opened = [*opened_under(scanned.root)]
    (scanned.root / "归档/旧").mkdir(parents=True)
    (scanned.root / "2024年").rename(scanned.root / "归档/旧/2024")
    assert scanned.settled() == (0, 450, 0, 0, 0, 0)
    assert [path for path in opened if path.endswith(".pdf")] == []
    after = scanned.records()
    assert {record.id: record.filed_on for record in after.values()} == {r.id: r.filed_on for r in before.values()}
    assert after["归档/旧/2024/3月/文件333.pdf"].id == before["2024年/3月/文件333.pdf"].id
    assert scanned.sound()


def test_hints_of_either_folder_in_any_order_find_a_move(lite: ScannedShare) -> None:  # W2, W10
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


def test_a_copy_whose_original_goes_before_it_settled_is_a_move(scanned: ScannedShare) -> None:  # W2
    place = scanned.write("a/月报.pdf", "content")
    scanned.settle()
    scanned.write("b/月报.pdf", "content")
    scanned.look()
    place.unlink()
    assert scanned.settled() == (0, 1, 0, 0, 0, 0)
    assert list(scanned.records()) == ["b/月报.pdf"]


def test_hard_links_are_copies_while_both_exist(lite: ScannedShare) -> None:  # W2, W7
    place = lite.write("a.pdf", "content")
    lite.settle()
    os.link(place, lite.root / "b.pdf")
    assert lite.settled() == (1, 0, 0, 0, 0, 0)
    assert {record.digest for record in lite.records().values()} == {sha256(b"content").hexdigest()}
    place.unlink()
    assert lite.settled() == (0, 0, 0, 1, 0, 0)


def test_two_files_that_change_places_are_two_moves(scanned: ScannedShare) -> None:  # W2
    one, other = scanned.write("甲.pdf", "one"), scanned.write("乙.pdf", "other")
    scanned.settle()
    ids = {path: record.id for path, record in scanned.records().items()}
    one.rename(scanned.root / "x")
    other.rename(one)
    (scanned.root / "x").rename(other)
    assert scanned.settled() == (0, 2, 0, 0, 0, 0)
    assert {path: record.id for path, record in scanned.records().items()} == {
        "甲.pdf": ids["乙.pdf"],
        "乙.pdf": ids["甲.pdf"],
    }
    assert scanned.sound()


def test_a_new_file_in_the_place_of_one_renamed_is_a_record_of_its_own(scanned: ScannedShare) -> None:  # W2, W3
    place = scanned.write("月报.pdf", "October")
    scanned.settle()
    place.rename(scanned.root / "月报 旧.pdf")
    scanned.write("月报.pdf", "November")
    assert scanned.settled() == (1, 1, 0, 0, 0, 0)
    assert scanned.records()["月报 旧.pdf"].digest == sha256(b"October").hexdigest()


def test_a_file_moved_over_another_leaves_that_one_missing(scanned: ScannedShare) -> None:  # W2, W4
    kept_, lost = scanned.write("甲.pdf", "one"), scanned.write("乙.pdf", "other")
    scanned.settle()
    kept_.rename(lost)
    assert scanned.settled() == (0, 1, 0, 1, 0, 0)
    with scanned.ledger.read() as view:
        by_digest = {each.digest: each for each in view.records()}
    assert by_digest[sha256(b"one").hexdigest()].path == "乙.pdf"
    assert by_digest[sha256(b"other").hexdigest()].missing_since is not None
    scanned.write("丙.pdf", "other")
    assert scanned.settled() == (0, 0, 0, 0, 1, 0)
    assert scanned.sound()


def test_a_file_moved_to_another_share_is_the_same_record_there(scanned: ScannedShare, tmp_path: Path) -> None:  # W2
    second = ScannedShare(tmp_path / "second", scanned.ledger, "档案室")
    for each in (scanned, second):
        each.write("保留.pdf", f"stays in {each.share.name}")
    for first, then in ((scanned, second), (second, scanned)):
        place = scanned.write("月报.pdf", "content")
        scanned.settle()
        second.settle()
        ids = {record.id for record in (*scanned.records().values(), *second.records().values())}
        shutil.move(place, second.root / "月报.pdf")
        for each in (first, then, first):
            each.time = max(scanned.time, second.time)
            each.look()
            each.look()
        second.settle()
        assert {record.id for record in (*scanned.records().values(), *second.records().values())} == ids
        assert sorted(second.records()) == ["保留.pdf", "月报.pdf"]
        assert sorted(scanned.records()) == ["保留.pdf"]
        shutil.move(second.root / "月报.pdf", place)
        scanned.time = second.time
        scanned.settle()
        second.settle()
    assert "record.missing" not in scanned.kinds()


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
def test_names_change_in_case_and_width_and_length(scanned: ScannedShare, before: str, after: str) -> None:  # W9
    place = scanned.write(before, "content")
    scanned.settle()
    place.rename(scanned.root / after)
    assert scanned.settled() == (0, 1, 0, 0, 0, 0)
    (record,) = scanned.records().values()
    with scanned.ledger.read() as view:
        assert place_on_disk(view, record) == after


def test_the_other_way_of_writing_the_same_letters_is_no_event(scanned: ScannedShare) -> None:  # W9
    name = "Café 検査ガ.pdf"
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    place = scanned.write(f"é/{decomposed}", "content")
    assert scanned.settled()[0] == 1
    assert list(scanned.records()) == [f"é/{composed}"]
    place.rename(place.with_name(composed))
    assert scanned.settled() == (0, 0, 0, 0, 0, 0)
    (record,) = scanned.records().values()
    with scanned.ledger.read() as view:
        assert place_on_disk(view, record) == f"é/{composed}"


def test_two_names_that_look_the_same_are_two_records_and_are_told_of(lite: ScannedShare) -> None:  # W9
    for form in ("NFC", "NFD"):
        lite.write(unicodedata.normalize(form, "é.pdf"), form)
    assert [problem.code for problem in lite.settle().problems] == ["scan.same_name"]
    assert [entry.event.change.path for entry in lite.log()] == ["é.pdf", "é.pdf"]


def test_names_that_are_no_utf8_are_shown_escaped(scanned: ScannedShare) -> None:  # W9
    folder = os.fsencode(scanned.root) + b"/" + "报告".encode("gbk")
    inner = Path(os.fsdecode(folder)) / os.fsdecode("报告.pdf".encode("gbk"))
    inner.parent.mkdir()
    inner.write_text("content")
    assert scanned.settled()[0] == 1
    (path,) = scanned.records()
    assert path == "\\xb1\\xa8\\xb8\\xe6/\\xb1\\xa8\\xb8\\xe6.pdf"
    assert os.fsencode(on_disk(path)) == "报告/报告.pdf".encode("gbk")
    inner.unlink()
    assert scanned.settled() == (0, 0, 0, 1, 0, 0)


@pytest.mark.parametrize("name", ["plain", "a\\b", "\\x41", "\\\\?17", "\udcb1\udca8", "\ud800", "\\u1234"])
def test_a_kept_name_is_that_on_the_disk_again(name: str) -> None:  # W9
    assert on_disk(kept(name)) == name
    kept(name).encode()
