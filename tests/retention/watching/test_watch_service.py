"""The service around the scanner: threads that fail and start again, shares that hang, what an administrator is told.

The scanner here does what it is told, to fail as real ones seldom do; tests/test_watch.py has the real one.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from given.watched import until

from retention.errors import LedgerError, Problem
from retention.filing import share_health
from retention.filing.observed import Stat
from retention.filing.scan import Pass
from retention.filing.share import Share
from retention.filing.share_health import Health
from retention.watching import status as watchstatus
from retention.watching.hints import Why
from retention.watching.log import after
from retention.watching.service import Patience, Service, ShareWatch, Watched
from retention.watching.sources import HintSource
from retention.watching.status import BEAT, Condition, Counts, ServiceStatus, ShareStatus, Since
from retention.watching.worklist import Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOON = Rhythm(full_every=3600, quiet=0.01, patience=0.05, back_off=(0, 0.01), away=(0.01, 0.02))
IMPATIENT = Patience(check=0.05, silent=0.1, answer=0.1, end=5, beat=0.02)


def a_pass(**changes: Any) -> Pass:
    """A pass that found a share well and nothing new."""
    known: dict[str, Any] = {
        "share": "归档",
        "full": True,
        "health": Health.OK,
        "folders": 2,
        "files": 5,
        **dict.fromkeys(("filed", "moved", "altered", "missing", "found", "resurfaced"), 0),
        "again": frozenset(),
        "again_after": timedelta(0),
        "unknown": {},
        "editing": {},
        "braked": 0,
        "left_alone": 0,
        "problems": (),
    }
    return Pass(**known | changes)


def a_share(root: Path, name: str = "归档") -> Share:
    times = (timedelta(seconds=3), timedelta(seconds=60), timedelta(hours=1))
    return Share(name, root, *times, 20, 50)


class Told:
    """A scanner that notes what it is asked and answers what it is told to, the last answer again and again."""

    def __init__(self, *answers: Pass | Exception | Callable[[], Pass]) -> None:
        self.answers = list(answers) or [a_pass()]
        self.asked: list[Collection[str] | None] = []

    def look(self, folders: Collection[str] | None = None) -> Pass:
        self.asked.append(folders)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Pass) else answer()


class Running:
    """A service over scanners that are told what to say."""

    def __init__(self, *watches: ShareWatch, patience: Patience = IMPATIENT) -> None:
        self.watches, self.patience = watches, patience
        self.reports: list[Sequence[ShareStatus]] = []
        self.stop = threading.Event()
        self.ended: bool | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.ended = Service(self.watches, self.reports.append).run(self.stop, self.patience)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop.set()
        self.thread.join()

    def status(self, number: int = 0) -> ShareStatus:
        return self.watches[number].status()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "share" / "2026").mkdir(parents=True)
    return tmp_path / "share"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO, "guidang.watch")
    yield
    assert "Traceback" not in "".join(record.message for record in caplog.records)


def watching(root: Path, scanner: Told, name: str = "归档", **more: Any) -> ShareWatch:
    return ShareWatch(
        Watched(a_share(root, name), scanner, more.pop("before", None)),
        lambda: NOW,
        rhythm=SOON,
        patience=IMPATIENT,
        **more,
    )


# --- listening and looking ----------------------------------------------------------------------------------------


def test_it_listens_before_it_looks_and_then_looks_at_what_changed(root: Path) -> None:
    """W10: what changes during the first look is told."""

    def change() -> Pass:
        (root / "2026" / "a.docx").write_bytes(b"1")
        return a_pass()

    scanner = Told(change, a_pass())
    with Running(watching(root, scanner)) as running:
        assert until(lambda: len(scanner.asked) == 2)
    assert scanner.asked == [None, frozenset({"2026"})]
    assert running.ended
    assert running.status().condition is Condition.WELL
    assert running.status().hints == ("told",)


def test_what_had_not_settled_or_could_not_be_read_is_looked_at_again(root: Path) -> None:
    scanner = Told(a_pass(again=frozenset({"2026"}), unknown={"geheim": "Permission denied"}), a_pass())
    with Running(watching(root, scanner)):
        assert until(lambda: len(scanner.asked) == 2)
    assert scanner.asked == [None, frozenset({"2026", "geheim"})]


def test_a_root_that_comes_back_is_listened_to_anew_and_looked_at_whole(root: Path) -> None:
    """W8, W10"""
    away = root.with_name("away")
    scanner = Told(lambda: a_pass() if root.exists() else a_pass(health=Health.AWAY))
    with Running(watching(root, scanner)) as running:
        assert until(lambda: running.status().condition is Condition.WELL)
        root.rename(away)
        assert until(lambda: running.status().condition is Condition.AWAY and not running.status().hints)
        assert running.status().blind_since == NOW
        away.rename(root)
        assert until(lambda: running.status().condition is Condition.WELL and bool(running.status().hints))
        del scanner.asked[:]
        (root / "2026" / "a.docx").write_bytes(b"1")
        assert until(lambda: {"2026"} in scanner.asked)


def test_another_folder_in_the_place_of_a_share_is_noticed(root: Path) -> None:
    """A file system mounted over the root tells nobody."""
    scanner = Told()
    with Running(watching(root, scanner)) as running:
        assert until(lambda: running.status().condition is Condition.WELL)
        other = root.with_name("other")
        other.mkdir()
        watch = running.watches[0]
        assert watch._source is not None
        watch._source._place = "as if it had been another file system"
        looks = len(scanner.asked)
        assert until(lambda: None in scanner.asked[looks:])


def test_what_nobody_told_of_makes_the_share_be_asked(root: Path) -> None:
    """A file system that does not tell is found out by what the regular pass finds."""
    scanner = Told(a_pass(), a_pass(filed=1), a_pass())
    watch = ShareWatch(
        Watched(a_share(root), scanner),
        lambda: NOW,
        rhythm=SOON._replace(full_every=0.05),
        patience=IMPATIENT,
    )
    with Running(watch) as running:
        assert until(lambda: "asked" in running.status().hints)
    assert running.status().counts == Counts(filed=1)


def test_a_reached_watch_limit_makes_the_share_be_asked(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Running(watching(root, Told())) as running:
        assert until(lambda: running.status().condition is Condition.WELL)
        running.watches[0].lost(Why.LIMIT)
        assert until(lambda: running.status().hints == ("told", "asked"))
    assert "fs.inotify.max_user_watches" in caplog.text


# --- what fails ---------------------------------------------------------------------------------------------------


def test_a_ledger_that_cannot_be_written_is_loud_and_nothing_is_lost(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """D8, W10: the whole share is looked at once it can."""
    full = LedgerError([Problem("ledger", "the disk is full")])
    scanner = Told(a_pass(), full, full, full, a_pass(filed=1))
    with Running(watching(root, scanner)) as running:
        assert until(lambda: len(scanner.asked) == 1)
        (root / "2026" / "a.docx").write_bytes(b"1")
        assert until(lambda: running.status().counts.filed == 1)
    assert scanner.asked[:5] == [None, frozenset({"2026"}), None, None, None]
    assert running.status().errors == 3
    assert "the disk is full" in running.status().last_error
    assert any(report[0].condition is Condition.UNWRITTEN for report in running.reports if report)
    assert caplog.text.count("the disk is full") == 1, "said once, not at every try"


def test_something_unforeseen_is_logged_and_the_share_goes_on(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    scanner = Told(ZeroDivisionError("unforeseen"), a_pass())
    with Running(watching(root, scanner)) as running:
        assert until(lambda: running.status().condition is Condition.WELL)
    assert scanner.asked == [None, None]
    assert "unforeseen" in caplog.text
    assert any(record.exc_info for record in caplog.records)


def test_a_thread_that_ends_is_started_again(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Ends(ShareWatch):
        ends = True

        def run(self, stop: threading.Event) -> None:
            if self.ends:
                self.ends = False
                return
            super().run(stop)

    watch = Ends(Watched(a_share(root), Told()), lambda: NOW, rhythm=SOON, patience=IMPATIENT)
    with Running(watch) as running:
        assert until(lambda: running.status().condition is Condition.WELL)
    assert any(record.levelno == logging.ERROR for record in caplog.records)


def test_a_share_that_hangs_stops_no_other_and_says_so(root: Path, tmp_path: Path) -> None:
    """A dead server: neither the look nor the question ever comes back."""
    (tmp_path / "other").mkdir()
    hang = threading.Event()

    def hangs() -> Pass:
        hang.wait()
        return a_pass()

    def asked(_root: Path) -> None:
        hang.wait()

    dead = watching(root, Told(hangs, a_pass()), "dead", answers=asked)
    lively = Told()
    with Running(dead, watching(tmp_path / "other", lively, "lively")) as running:
        assert until(lambda: running.status(0).condition is Condition.SILENT)
        assert running.status(0).looking_since == NOW
        looks = len(lively.asked)
        (tmp_path / "other" / "a").write_bytes(b"1")
        assert until(lambda: len(lively.asked) > looks)
        assert running.status(1).condition is Condition.WELL
        hang.set()
        assert until(lambda: running.status(0).condition is Condition.WELL)


def test_a_long_pass_over_a_share_that_answers_is_no_trouble(root: Path) -> None:
    release = threading.Event()

    def long() -> Pass:
        release.wait()
        return a_pass()

    with Running(watching(root, Told(long, a_pass()))) as running:
        assert until(lambda: running.status().looking_since is not None)
        assert not until(lambda: running.status().condition is Condition.SILENT, 0.5)
        release.set()
        assert until(lambda: running.status().condition is Condition.WELL)


def test_a_hanging_share_does_not_keep_the_service_from_ending(root: Path) -> None:
    hang = threading.Event()

    def hangs() -> Pass:
        hang.wait()
        return a_pass()

    with Running(watching(root, Told(hangs, a_pass())), patience=replace(IMPATIENT, end=0.1)) as running:
        assert until(lambda: running.status().looking_since is not None)
        running.stop.set()
        assert until(lambda: running.ended is False), "it went, and says that somebody was left behind"
        hang.set()


def test_stopping_waits_for_the_pass_under_way(root: Path) -> None:
    done = []

    def slow() -> Pass:
        started.set()
        release.wait()
        done.append(True)
        return a_pass()

    started, release = threading.Event(), threading.Event()
    running = Running(watching(root, Told(slow, a_pass())))
    running.thread.start()
    assert started.wait(5)
    running.stop.set()
    release.set()
    running.thread.join()
    assert done
    assert running.ended


# --- the status ---------------------------------------------------------------------------------------------------

BEFORE = ShareStatus("归档", "/share", since=NOW)


def test_how_long_a_file_is_open_outlives_passes_and_restarts(root: Path) -> None:
    monday = after(BEFORE, a_pass(editing={"2026/a.docx": "张三"}), None, 1, NOW)
    assert monday.editing == (Since("2026/a.docx", "张三", NOW),)
    later = NOW + timedelta(hours=25)
    tuesday = after(monday, a_pass(editing={"2026/a.docx": "张三"}), frozenset({"2026"}), 1, later)
    assert tuesday.editing == (Since("2026/a.docx", "张三", NOW),)
    assert after(tuesday, a_pass(), frozenset({"2025"}), 1, later).editing == tuesday.editing
    assert after(tuesday, a_pass(), frozenset({"2026"}), 1, later).editing == ()
    assert watching(root, Told(), before=tuesday).status().editing == tuesday.editing


def test_what_cannot_be_read_is_told_since_when_until_it_can() -> None:
    first = after(BEFORE, a_pass(unknown={"geheim": "Permission denied"}), None, 1, NOW)
    later = NOW + timedelta(minutes=5)
    second = after(first, a_pass(unknown={"geheim": "Permission denied"}), frozenset({"geheim"}), 1, later)
    assert second.unreadable == (Since("geheim", "Permission denied", NOW),)
    assert after(second, a_pass(), frozenset({"elsewhere"}), 1, later).unreadable == second.unreadable
    assert after(second, a_pass(), frozenset({"geheim"}), 1, later).unreadable == ()


def test_a_share_that_is_away_keeps_what_was_known_of_it() -> None:
    """W8"""
    well = after(BEFORE, a_pass(filed=3, files=9), None, 1.5, NOW)
    away = after(well, a_pass(health=Health.EMPTY, files=0), None, 1, NOW + BEAT)
    assert (away.condition, away.files, away.counts, away.whole_at) == (Condition.AWAY, 9, Counts(filed=3), NOW)
    assert away.words == Health.EMPTY.words
    assert away.since == NOW + BEAT
    back = after(away, a_pass(), None, 1, NOW + 2 * BEAT)
    assert (back.condition, back.since) == (Condition.WELL, NOW + 2 * BEAT)


def test_problems_stay_until_a_whole_pass_does_not_mention_them() -> None:
    problem = Problem("2026/a.docx", "two papers for one period")
    told = after(BEFORE, a_pass(problems=(problem,)), None, 1, NOW)
    assert told.problems == (str(problem),)
    assert after(told, a_pass(), frozenset({"2026"}), 1, NOW).problems == told.problems
    assert after(told, a_pass(), None, 1, NOW).problems == ()


def test_a_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    place = tmp_path / "status.json"
    share = after(BEFORE, a_pass(unknown={"坏": "EIO"}, editing={"a": "李"}), None, 1, NOW)
    status = ServiceStatus("0.1.0", 1, "FILES01", NOW, NOW, shares=(share,))
    watchstatus.write(status, place)
    assert watchstatus.read(place) == status
    assert status.alive(NOW + BEAT)
    assert not status.alive(NOW + 4 * BEAT)
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
    place.write_bytes(b"half")
    assert watchstatus.read(place) is None


def test_listening_ends_without_hanging(root: Path) -> None:
    source = HintSource(root, print, print)
    source.open()
    threads = threading.active_count()
    source.close()
    assert threading.active_count() < threads


# --- the same share, though every file that is asked for is gone -----------------------------------------------------


def test_a_share_whose_sampled_files_were_all_renamed_is_the_same_share(root: Path) -> None:
    """W2, W8: the folders are where they were, and so is the file system."""
    sample = [(f"2026/{number}.pdf", Stat(1, number, number)) for number in range(20)]
    same, other = share_health.identity_of(root), share_health.Identity("0", "0")
    assert share_health.examine(root, same, sample).health is Health.OK
    assert share_health.examine(root, other, sample).health is Health.WRONG
    (root / "2026").rename(root / "foreign")
    assert share_health.examine(root, same, sample).health is Health.WRONG


def test_files_of_a_share_without_folders_are_known_by_other_names(root: Path) -> None:
    """W2, W8"""
    (root / "renamed.pdf").write_bytes(b"1")
    changed = (root / "renamed.pdf").stat()
    same = share_health.identity_of(root)
    sample = [(f"{number}.pdf", Stat(1, changed.st_mtime_ns + number, 0)) for number in range(20)]
    assert share_health.examine(root, same, sample).health is Health.OK
    assert share_health.examine(root, same, sample[1:]).health is Health.WRONG
