"""What hurries a scan: folders told by the kernel or asked for, what is lost on the way said aloud, and their order."""

# ruff: noqa: PTH102, PTH104 - names that are no text, and very many of them
from __future__ import annotations

import ast
import errno
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from given.places import ROOT
from given.watched import until
from hypothesis import given
from hypothesis import strategies as st

from foundation.mounts import below, kind_of
from retention.watching import inotify, sources
from retention.watching.hints import Lost, Why
from retention.watching.polling import Pulse, Tiers
from retention.watching.sources import Hearer, HintSource, Ways, ways
from retention.watching.worklist import Rhythm, Work, Worklist

if TYPE_CHECKING:
    from collections.abc import Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux")


class Heard:
    """A source with what it told."""

    def __init__(self, root: Path) -> None:
        self.folders: set[str] = set()
        self.lost: set[Why] = set()
        self.source = HintSource(root, self.folders.add, self.lost.add)


@pytest.fixture
def share(tmp_path: Path) -> Path:
    root = tmp_path / "归档"
    (root / "2026" / "10").mkdir(parents=True)
    return root


@pytest.fixture
def heard(share: Path) -> Iterator[Heard]:
    """A share that is listened to."""
    heard = Heard(share)
    heard.source.open()
    yield heard
    heard.source.close()


# --- the kernel tells ---------------------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("act", ["write", "rename", "remove", "in place", "from an ignored name"])
def test_every_change_of_a_file_names_its_folder(share: Path, act: str) -> None:
    file = share / "2026" / "10" / "月报.docx"
    file.write_bytes(b"1")
    (file.parent / "~WRD0001.tmp").write_bytes(b"2")
    heard = Heard(share)
    heard.source.open()
    match act:
        case "write":
            (file.parent / "新.docx").write_bytes(b"1")
        case "rename":
            file.rename(file.with_name("报.docx"))
        case "remove":
            file.unlink()
        case "in place":
            with file.open("r+b") as opened:
                opened.write(b"2")
        case _:
            (file.parent / "~WRD0001.tmp").replace(file)
    assert until(lambda: "2026/10" in heard.folders)
    heard.source.close()
    assert heard.folders == {"2026/10"}
    assert not heard.lost


@linux
def test_a_new_folder_is_listened_to_with_all_below_it(heard: Heard, share: Path) -> None:
    deep = share / "2026" / "11" / "客户服务部" / "已签"
    deep.mkdir(parents=True)
    assert until(lambda: "2026/11/客户服务部/已签" in heard.folders)
    assert {"2026", "2026/11", "2026/11/客户服务部"} <= heard.folders
    heard.folders.clear()
    (deep / "a.docx").write_bytes(b"1")
    assert until(lambda: "2026/11/客户服务部/已签" in heard.folders)


@linux
def test_a_folder_that_moved_is_told_by_its_new_name(heard: Heard, share: Path) -> None:
    (share / "2026" / "10" / "下").mkdir()
    assert until(lambda: "2026/10/下" in heard.folders)
    (share / "2026").rename(share / "2025")
    assert until(lambda: {"", "2025", "2025/10", "2025/10/下"} <= heard.folders)
    heard.folders.clear()
    (share / "2025" / "10" / "下" / "a").write_bytes(b"1")
    assert until(lambda: bool(heard.folders))
    assert heard.folders == {"2025/10/下"}


@linux
def test_what_leaves_the_share_is_no_longer_listened_to(heard: Heard, share: Path) -> None:
    (share / "2026").rename(share.parent / "elsewhere")
    assert until(lambda: "" in heard.folders)
    heard.folders.clear()
    (share.parent / "elsewhere" / "10" / "a").write_bytes(b"1")
    (share / "b").write_bytes(b"1")
    assert until(lambda: bool(heard.folders))
    assert heard.folders == {""}


@linux
def test_links_are_not_followed_and_quarantine_is_left_alone(tmp_path: Path, share: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (share / "link").symlink_to(outside, target_is_directory=True)
    (share / ".guidang-quarantine").mkdir()
    heard = Heard(share)
    heard.source.open()
    (outside / "a").write_bytes(b"1")
    (share / ".guidang-quarantine" / "a").write_bytes(b"1")
    (share / "2026" / "a").write_bytes(b"1")
    assert until(lambda: bool(heard.folders))
    heard.source.close()
    assert heard.folders == {"2026"}


@linux
def test_names_that_are_no_text_are_told(heard: Heard, share: Path) -> None:
    """W9: a GBK name on a UTF-8 system."""
    folder = os.fsencode(share) + b"/" + "归档".encode("gbk")
    os.mkdir(folder)
    name = os.fsdecode("归档".encode("gbk"))
    assert until(lambda: name in heard.folders)


@linux
def test_folders_made_and_moved_at_once_all_end_up_listened_to(heard: Heard, share: Path) -> None:
    """The disk may be ahead of the events that are still to be read."""
    for number in range(300):
        (share / f"{number}" / "a").mkdir(parents=True)
        (share / f"{number}").rename(share / f"moved {number}")
        if number % 3 == 0:
            (share / f"{number}").mkdir()
    for number in range(0, 300, 3):
        (share / f"{number}").rename(share / f"moved {number}" / "a" / "b")
    folders = {path.relative_to(share).as_posix() for path in share.rglob("*") if path.is_dir()}
    assert len(folders) == 702
    assert until(lambda: folders - {"2026", "2026/10"} <= heard.folders)
    heard.folders.clear()
    for folder in folders:
        (share / folder / "x").write_bytes(b"1")
    assert until(lambda: folders == heard.folders), folders ^ heard.folders
    assert not heard.lost


@linux
def test_an_overflowing_queue_is_said_and_new_folders_are_listened_to_afterwards(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W10: 60,000 files past the queue."""
    held = {"reading": True}
    read = inotify.Kernel.read

    def slow(kernel: inotify.Kernel) -> bytes:
        return b"" if held["reading"] else read(kernel)

    monkeypatch.setattr(inotify.Kernel, "read", slow)
    heard = Heard(share)
    heard.source.open()
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    names = [os.fsencode(share / "2026" / "10" / f"{number}") for number in range(200)]
    for name in names:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    for number in range(limit):
        os.rename(names[number % 200], names[number % 200] + b"_")
        os.rename(names[number % 200] + b"_", names[number % 200])
    (share / "2027").mkdir()
    held["reading"] = False
    assert until(lambda: Why.OVERFLOW in heard.lost)
    heard.folders.clear()
    (share / "2027" / "a").write_bytes(b"1")
    assert until(lambda: "2027" in heard.folders)
    heard.source.close()


@linux
def test_a_root_that_moves_or_goes_is_said(share: Path) -> None:
    heard = Heard(share)
    heard.source.open()
    share.rename(share.with_name("old"))
    assert until(lambda: Why.GONE in heard.lost)
    with pytest.raises(FileNotFoundError):
        assert heard.source.moved
    share.mkdir()
    assert heard.source.moved
    heard.source.close()
    with pytest.raises(OSError, match="No such file"):
        HintSource(share / "never", print, print).open()


@linux
def test_a_reached_watch_limit_is_said_and_what_is_watched_goes_on(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = inotify.Kernel.watch

    def limited(kernel: inotify.Kernel, path: bytes, mask: int) -> int:
        if path.endswith(b"/11"):  # not a temporary folder whose number has it
            raise OSError(errno.ENOSPC, "no space left")
        return watch(kernel, path, mask)

    (share / "2026" / "11").mkdir()
    monkeypatch.setattr(inotify.Kernel, "watch", limited)
    heard = Heard(share)
    heard.source.open()
    (share / "2026" / "a").write_bytes(b"1")
    assert until(lambda: Why.LIMIT in heard.lost and "2026" in heard.folders)
    assert heard.source.unwatched == 1
    heard.source.close()


LIMITED = """
import sys, pathlib
pathlib.Path("/proc/sys/user/max_inotify_watches").write_text("5")
from retention.watching.sources import HintSource
from pathlib import Path
lost, folders = [], []
source = HintSource(Path(sys.argv[1]), folders.append, lost.append)
source.open()
import time
end = time.monotonic() + 60
while not lost and time.monotonic() < end: time.sleep(0.01)
print([why.value for why in lost], source.unwatched)
source.close()
"""


@linux
def test_the_kernels_own_watch_limit_is_said(share: Path) -> None:
    """The real thing, in a user namespace of its own."""
    for number in range(20):
        (share / f"{number}").mkdir()
    command = ["unshare", "-Ur", sys.executable, "-c", LIMITED, str(share)]
    if subprocess.run(["unshare", "-Ur", "true"], check=False, capture_output=True).returncode:
        command = command[2:] if os.geteuid() == 0 else command
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("['limit']"), run.stdout
    assert int(run.stdout.split()[-1]) > 0


@linux
def test_without_an_event_queue_the_share_is_asked(share: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_kernel: inotify.Kernel) -> None:
        raise OSError(errno.EMFILE, "too many instances")

    monkeypatch.setattr(inotify.Kernel, "__init__", none)
    assert not inotify.works()
    heard = Heard(share)
    heard.source.open()
    assert heard.source.asking
    heard.source.close()


def test_a_hint_that_goes_wrong_does_not_end_the_listening(share: Path, caplog: pytest.LogCaptureFixture) -> None:
    def wrong(_folder: str) -> None:
        raise RuntimeError

    Hearer(str(share), wrong, print).dispatch(Lost.__mro__[1](str(share)))
    assert "a hint was not understood" in caplog.text


def test_a_listening_thread_that_ends_is_noticed(share: Path) -> None:
    heard = Heard(share)
    heard.source.open()
    assert heard.source.alive
    for observer in heard.source._observers:
        for emitter in observer.emitters:
            emitter.stop()
            emitter.join()
    assert not heard.source.alive
    heard.source.close()


# --- asked for ----------------------------------------------------------------------------------------------------

TIERS = Tiers(pulse=10, hot=30, warm=600)


def touch(folder: Path, at: float) -> None:
    os.utime(folder, (at, at))


def asked(pulse: Pulse, at: float, share: Path) -> set[str]:
    return {sources.relative(path, str(share)) for path in pulse.beat(at)}


@pytest.fixture
def quiet(share: Path) -> Path:
    """A share in which nothing happened for a long time, but for one folder."""
    for folder in (share / "2026" / "10", share / "2026", share):
        touch(folder, 1_000_000)
    (share / "new").mkdir()
    touch(share / "new", 1_000_000 + 200 * 86_400)
    touch(share, 1_000_000)
    return share


def test_a_pulse_finds_the_folders_whose_time_changed(quiet: Path) -> None:
    pulse = Pulse(str(quiet), (), TIERS, 0)
    assert len(pulse) == 4
    assert asked(pulse, 10, quiet) == set()
    (quiet / "2026" / "10" / "a.docx").write_bytes(b"1")
    assert asked(pulse, 20, quiet) == {"2026/10"}
    assert asked(pulse, 25, quiet) == set()


def test_a_pulse_finds_folders_that_come_and_go(quiet: Path) -> None:
    pulse = Pulse(str(quiet), (), TIERS, 0)
    (quiet / "2026" / "11" / "已签").mkdir(parents=True)
    assert asked(pulse, 10, quiet) == {"2026", "2026/11", "2026/11/已签"}
    (quiet / "2026" / "11").rename(quiet / "2026" / "12")
    assert asked(pulse, 20, quiet) == {"2026", "2026/11", "2026/12", "2026/12/已签"}
    assert len(pulse) == 6


def test_folders_with_recent_changes_are_looked_at_more_often(quiet: Path) -> None:
    """Programs that write in place leave the folder's time as it is."""
    touch(quiet / "2026" / "10", 1_000_000 + 150 * 86_400)
    pulse = Pulse(str(quiet), (), TIERS, 0)
    turns = {at: asked(pulse, at, quiet) for at in range(10, 1301, 10)}
    counts = {folder: sum(folder in hints for hints in turns.values()) for folder in ("new", "2026/10", "2026", "")}
    assert counts == {"new": 43, "2026/10": 2, "2026": 0, "": 0}


def test_a_root_that_is_away_is_no_empty_folder(quiet: Path) -> None:
    """W8"""
    pulse = Pulse(str(quiet), (), TIERS, 0)
    quiet.rename(quiet.with_name("away"))
    with pytest.raises(FileNotFoundError):
        pulse.beat(10)
    quiet.with_name("away").rename(quiet)
    assert len(pulse) == 4


def test_what_is_asked_is_told_like_what_the_system_tells(share: Path) -> None:
    from watchdog.observers.api import BaseObserver

    from retention.watching.polling import PollingEmitter

    folders: set[str] = set()
    emitter: type = PollingEmitter
    observer = BaseObserver(emitter, tiers=Tiers(pulse=0.01, rest=0), left_out=[str(share / "2026" / "10")])
    observer.schedule(Hearer(str(share), folders.add, print), str(share), recursive=True)
    observer.start()
    folders.clear()
    (share / "2026" / "10" / "a").write_bytes(b"1")
    (share / "2026" / "11").mkdir()
    assert until(lambda: {"2026", "2026/11"} <= folders)
    observer.stop()
    observer.join()
    assert "2026/10" not in folders


# --- which way ----------------------------------------------------------------------------------------------------

MOUNTS = r"""
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:30 / /srv/nas rw - cifs //nas/files rw
31 22 8:2 / /srv/local rw - xfs /dev/sdb1 rw
32 31 0:31 / /srv/local/旧\040档 rw - nfs4 server:/old rw
33 31 8:3 / /srv/local/usb rw - vfat /dev/sdc1 rw
34 22 0:32 / /srv/odd rw - fuse.unheardof x rw
""".strip()


def test_the_kind_of_file_system_decides() -> None:
    assert ways(MOUNTS, "/srv/nas/归档") == Ways(asked=("/srv/nas/归档",))
    assert ways(MOUNTS, "/home/归档") == Ways(told=("/home/归档",))
    assert ways(MOUNTS, "/srv/odd") == Ways(told=("/srv/odd",), asked=("/srv/odd",))
    assert ways("", "/anywhere") == Ways(told=("/anywhere",), asked=("/anywhere",))


def test_a_network_drive_inside_a_local_folder_is_asked_for_itself() -> None:
    found = ways(MOUNTS, "/srv/local")
    assert found == Ways(told=("/srv/local",), asked=("/srv/local/旧 档",))
    assert found.left_out("/srv/local") == ("/srv/local/旧 档", "/srv/local/.guidang-quarantine")
    assert found.left_out("/srv/local/旧 档") == ("/srv/local/旧 档/.guidang-quarantine",)


def test_mounts_inside_a_folder_are_told() -> None:
    assert below(MOUNTS, "/srv/local") == {"/srv/local/旧 档": "nfs4", "/srv/local/usb": "vfat"}
    assert kind_of(MOUNTS, "/srv/local/usb/x") == "vfat"


def test_what_watchdog_keeps_to_itself_is_still_there() -> None:
    """The module for Windows relies on it; it cannot be imported elsewhere, so its source is read."""
    where = importlib.util.find_spec("watchdog.observers.winapi")
    assert where is not None
    assert where.origin is not None
    (reader,) = (
        node
        for node in ast.parse(Path(where.origin).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "DirectoryChangeReader"
    )
    source = ast.unparse(reader)
    assert "self._buf_queue.put((buf, self._extended))" in source
    assert "self._buf_queue.put((b'', self._extended))" in source
    assert "self._reader_thread" in source
    assert "if not buf:\n                continue" in source, "watchdog may say now what it drops: retention.winhints"


# --- the list -----------------------------------------------------------------------------------------------------

RHYTHM = Rhythm(full_every=3600, quiet=1, patience=4, bound=100)


def begun(rhythm: Rhythm = RHYTHM) -> Worklist:
    """A list whose first pass is over at 0."""
    work = Worklist(rhythm, 0)
    first = work.due(0)
    assert first == Work(None)
    assert first is not None
    work.looked(first, (), 0, 0, 0)
    return work


def test_the_first_thing_is_everything() -> None:
    """W10: watch first, then look."""
    assert Worklist(RHYTHM, 5).due(5) == Work(None)


def test_a_hinted_folder_waits_until_it_is_quiet_but_not_for_ever() -> None:
    work = begun()
    work.hint("a", 10)
    assert work.due(10.5) is None
    assert work.next_at() == 11
    work.hint("a", 10.9)
    assert work.due(11) is None
    assert work.due(11.9) == Work(frozenset({"a"}))
    assert work.due(20) is None
    for at in range(20, 24):
        assert work.due(at) is None
        work.hint("b", at + 0.5)
        work.hint("b", at + 0.9)
    assert work.due(24.5) == Work(frozenset({"b"})), "constantly hinted, looked at after `patience`"


def test_what_has_not_settled_is_looked_at_again_later_each_time() -> None:
    work, at, waits = begun(), 10.0, []
    work.hint("a", at - 1)
    for _round in range(9):
        due = work.due(at)
        assert due == Work(frozenset({"a"}))
        assert due is not None
        work.looked(due, {"a"}, 3, at, at)
        waits.append(work.next_at() - at)
        at = work.next_at()
    assert waits == [3, 3, 3, 3, 5, 15, 60, 60, 60]


def test_a_new_hint_ends_the_waiting() -> None:
    work = begun()
    work.looked(Work(frozenset({"a"})), {"a"}, 60, 1, 1)
    work.hint("a", 5)
    assert work.due(6) == Work(frozenset({"a"}))


def test_the_whole_share_comes_round_but_takes_no_more_than_a_tenth_of_the_time() -> None:
    work = begun()
    assert work.next_at() == 3600
    due = work.due(3600)
    assert due == Work(None, routine=True)
    assert due is not None
    work.looked(due, (), 0, 3600, 4600)
    assert work.next_at() == 4600 + 10_000


def test_hints_past_the_bound_are_everything() -> None:
    work = begun()
    for number in range(101):
        work.hint(f"{number}", 1)
    assert work.waiting() == 0
    assert work.due(1) == Work(None)


def test_a_share_that_fails_is_tried_again_later_each_time_and_at_once_when_it_is_back() -> None:
    work, at, waits = Worklist(RHYTHM, 0), 0.0, []
    for times in range(1, 9):
        assert work.due(at) == Work(None)
        work.failed(at, times)
        work.hint("a", at)
        waits.append(work.next_at() - at)
        at = work.next_at()
    assert waits == [1, 2, 5, 10, 30, 60, 60, 60]
    work.due(at)
    work.failed(at, 9)
    work.afresh(at + 1)
    assert work.due(at + 1) == Work(None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hint"), st.sampled_from("abcdef")),
        st.tuples(st.just("look"), st.sets(st.sampled_from("abcdef"))),
        st.tuples(st.just("fail"), st.none()),
        st.tuples(st.just("wait"), st.floats(0.01, 100)),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_hint_is_ever_forgotten(steps: list[tuple[str, object]]) -> None:
    """W10: whatever happens, every hinted folder is looked at after its last hint."""
    work, at, open_, times = begun(), 1.0, set[str](), 0
    for kind, value in [*steps, *[("wait", 4000.0), ("look", set())] * 2]:
        if kind == "hint":
            work.hint(str(value), at)
            open_.add(str(value))
        elif kind == "wait":
            at += float(str(value))
        elif due := work.due(at):
            times += 1
            if kind == "fail":
                work.failed(at, times)
                continue
            assert isinstance(value, set)
            looked = set("abcdef") if due.folders is None else set(due.folders)
            again = value & looked
            open_ = (open_ - looked) | again
            work.looked(due, again, 1, at, at + 0.01)
            at += 0.02
    assert open_ == set()
