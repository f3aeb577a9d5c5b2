"""A share that is away, empty or another is never read as deletion (W8)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from given.shares import ScannedShare, as_nobody, catalogue, forget_what_was_seen
from sqlalchemy import update

from retention.filing.share_health import Health
from retention.ledger import schema
from retention.ledger.ledger import Ledger

pytestmark = pytest.mark.usefixtures("in_english")


# --- W8: a share that is away ---------------------------------------------------------------------------------------


def test_an_unreachable_empty_or_replaced_share_is_no_deletion(filled: ScannedShare, tmp_path: Path) -> None:  # W8
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


def test_a_share_mounted_anew_under_other_numbers_is_known_by_its_files(
    filled: ScannedShare, tmp_path: Path
) -> None:  # W8
    shutil.copytree(filled.root, tmp_path / "copy")
    shutil.rmtree(filled.root)
    (tmp_path / "copy").rename(filled.root)
    assert filled.settled() == (0, 0, 0, 0, 0, 0)
    (filled.root / "2023年/文件0.pdf").unlink()
    assert filled.settled() == (0, 0, 0, 1, 0, 0)


def test_every_top_folder_renamed_is_no_other_share(filled: ScannedShare) -> None:  # W2, W8
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
        scanned = ScannedShare(folder / "share", ledger)
        for number in range(4):
            scanned.write(f"2023年/深/文件{number}.pdf", f"内容{number}")
            scanned.write(f"2024年/文件{number}.pdf", f"其他{number}")
        scanned.settle()
        closed = scanned.root / "2023年"
        closed.chmod(0)
        looks = [scanned.look(after=100) for _look in range(2)]
        closed.chmod(0o700)
        (closed / "深/文件0.pdf").unlink()
        scanned.settle()
        unknown = [path for look in looks for path in look.unknown]
        return f"unknown {unknown} missing {sum(look.missing for look in looks)} after {scanned.counts['missing']}"


def test_a_file_system_that_is_no_longer_mounted_inside_a_share_is_unknown(filled: ScannedShare) -> None:  # W8
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
    scanned = ScannedShare(tmp_path / "share", ledger, mass_percent=20, mass_files=5)
    for number in range(40):
        scanned.write(f"{number % 2}/文件{number}.pdf", f"内容{number}")
    scanned.settle()
    for number in range(9):
        (scanned.root / f"{number % 2}/文件{number}.pdf").unlink()
    braked = scanned.settle()
    assert (braked.braked, scanned.counts["missing"]) == (9, 0)
    assert [problem.code for problem in braked.problems] == ["scan.braked"]
    assert scanned.look(after=100, believe=8).missing == scanned.look(after=100, believe=10).missing == 0
    assert scanned.look(after=100, believe=9).missing == 9
    (scanned.root / "1/文件39.pdf").unlink()
    assert scanned.settled() == (0, 0, 0, 1, 0, 0)


def test_a_whole_top_folder_gone_waits_for_a_person(lite: ScannedShare) -> None:  # W8
    lite.share = lite.scanner.share = type(lite.share)("归档", lite.root, mass_files=500)
    for number in range(60):
        lite.write(f"2024年/{number % 3}/文件{number}.pdf", f"内容{number}")
        lite.write(f"2025年/文件{number}.pdf", f"其他{number}")
    lite.settle()
    shutil.rmtree(lite.root / "2024年")
    assert lite.settle().braked == 60
    lite.write("2024年/0/文件0.pdf", "内容0")
    assert lite.settled() == (0, 0, 0, 59, 0, 0)


def test_a_person_may_believe_that_everything_is_gone(filled: ScannedShare) -> None:  # W8
    for folder in filled.root.iterdir():
        shutil.rmtree(folder)
    found = filled.look(after=100)
    assert (found.health, found.braked) == (Health.EMPTY, 30)
    assert filled.look(after=100, believe=29).health is Health.EMPTY
    filled.look(believe=30)
    assert filled.look(after=100, believe=30).missing == 30


def test_a_share_that_is_empty_when_what_was_seen_is_lost_is_no_deletion(
    filled: ScannedShare, tmp_path: Path
) -> None:  # W8
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


def test_a_share_replaced_during_a_look_gives_no_facts(filled: ScannedShare, tmp_path: Path) -> None:  # W8
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


def test_paths_too_long_for_an_index_are_unknown(scanned: ScannedShare) -> None:  # W9
    """Made step by step: no call takes such a path whole."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(scanned.root)
        for _level in range(12):
            Path("长" * 80).mkdir()
            os.chdir("长" * 80)
        Path("月报.pdf").write_text("x")
    finally:
        os.fchdir(before)
        os.close(before)
    scanned.write("另.pdf", "x")
    found = scanned.look()
    assert set(found.unknown.values()) == {"its path is too long"}
    assert scanned.settled()[0] == 1


def test_times_beyond_reason_are_times(scanned: ScannedShare) -> None:  # W6
    place = scanned.write("月报.pdf", "x")
    for seconds in (-(10**9), 10**10):
        os.utime(place, (seconds, seconds))
        scanned.settle()
    assert scanned.kinds() == ["record.filed"]
