"""The real service over real files: killed, overrun, its share taken away, and never a byte written on it.

``GUIDANG_SOAK=1`` runs the full sizes: 10,000 files and 60,000 in a burst; without it smaller ones of the same kind.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from given.places import ROOT
from given.watched import (
    ENVIRONMENT,
    GUIDANG,
    OWN_MOUNTS,
    SOAK,
    Place,
    guidang,
    make_place,
    needs_mounts,
    say,
    seconds_until,
    tree,
    until,
    watching,
    without_privileges,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


# --- killed and overrun -------------------------------------------------------------------------------------------


def test_a_watcher_killed_half_way_comes_to_what_the_tree_is(place: Place) -> None:
    """W10: 10,000 files, 1,000 renamed, 1,000 removed, SIGKILL in between."""
    count, moves = (10_000, 1_000) if SOAK else (1_000, 100)
    for number in range(50):
        (place.share / f"{number:02}").mkdir()
    paths = [place.share / f"{number % 50:02}" / f"单据 {number:05}.pdf" for number in range(count)]
    changes = [*paths, *[("move", path) for path in paths[:moves]], *[("remove", path) for path in paths[-moves:]]]
    with watching(place) as watcher:
        for number, change in enumerate(changes):
            match change:
                case ("move", path):
                    path.rename(path.with_name(f"改名 {path.name}"))
                case ("remove", path):
                    path.unlink()
                case path:
                    path.write_bytes(f"内容 {path.name}".encode())
            if number == len(changes) // 2:
                assert until(lambda: len(place.state()) > 0, 60), "killed in the middle of its work"
                watcher.end(signal.SIGKILL)
            if number == len(changes) * 3 // 4:
                watcher.start()
        took = seconds_until(lambda: len(place.state()) == count - moves and place.state() == tree(place.share), 60)
    say("killed", files=count, seconds_to_equal=took)
    removed = {path.relative_to(place.share).as_posix() for path in paths[-moves:]}
    assert place.missing() <= removed, "nothing else is missed, and no record is a ghost"
    assert guidang(place, "audit", "verify", "--replay").returncode == 0


def test_a_burst_past_the_event_queue_loses_nothing(place: Place) -> None:
    """W10: the process stands still while more happens than the kernel keeps."""
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    count = 60_000 if SOAK else max(9_000, queue // 2 + 1)
    for folder in range(100):
        (place.share / f"夹 {folder:02}").mkdir()
    with watching(place) as watcher:
        assert watcher.process is not None
        watcher.process.send_signal(signal.SIGSTOP)
        for number in range(count):
            path = os.path.join(place.share, f"夹 {number % 100:02}", f"{number:05}.pdf")  # noqa: PTH118 - quick
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(b"%d" % number)
        watcher.process.send_signal(signal.SIGCONT)
        took = seconds_until(lambda: place.status()["shares"][0]["counts"]["filed"] >= count, 300)
    say("burst", files=count, seconds=took)
    assert place.state() == tree(place.share)
    assert "more changed at once than the system keeps" in (place.office / "watch" / "watch.log").read_text()


# --- taken away ---------------------------------------------------------------------------------------------------

TAKEN_AWAY = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import subprocess
from pathlib import Path
from given.watched import make_place, until, watching

def mount(*words): subprocess.run(["mount", *words], check=True)
def umount(place): subprocess.run(["umount", str(place)], check=True)

folder = Path({folder!r})
store, share = folder / "store", folder / "share"
store.mkdir(), share.mkdir()
mount("-t", "tmpfs", "none", str(store))
for number in range(200):
    path = store / f"{{number % 5}}" / f"{{number}}.pdf"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"%d" % number)
mount("--bind", str(store), str(share))
place = make_place(folder, share, full=0.02)

def turns(condition):
    assert until(lambda: place.condition() == condition, 60), (condition, place.status())
    since = place.status()["shares"][0]["looked_at"]
    assert until(lambda: place.status()["shares"][0]["looked_at"] > since, 70), "it goes on looking"
    assert len(place.state()) == 200 and not place.missing(), (condition, place.kinds())
    print(condition)

with watching(place):
    assert until(lambda: len(place.state()) == 200, 60)
    turns("well")
    umount(share)
    turns("away")
    mount("-t", "tmpfs", "none", str(share))
    turns("away")
    (share / "foreign.txt").write_text("another share")
    turns("away")
    umount(share)
    mount("--bind", str(store), str(share))
    turns("well")
    (share / "5.pdf").write_bytes(b"new")
    assert until(lambda: "5.pdf" in place.state(), 60)
print(place.kinds())
"""


@needs_mounts
def test_a_share_unmounted_or_replaced_misses_nothing(tmp_path: Path) -> None:
    """W8: unmounted, an empty one in its place, another one, and back again."""
    script = TAKEN_AWAY.format(tests=str(ROOT / "tests"), root=str(ROOT), folder=str(tmp_path))
    run = subprocess.run(
        [*OWN_MOUNTS, sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[:5] == ["well", "away", "away", "away", "well"]
    assert run.stdout.splitlines()[5] == str({"record.filed": 201})


def test_a_folder_that_cannot_be_read_misses_nothing(place: Place) -> None:
    """W8: what lies there is unknown, is said to be, and is known again."""
    secret = place.share / "财务" / "2026"
    secret.mkdir(parents=True)
    for number in range(20):
        (secret / f"{number}.pdf").write_bytes(b"%d" % number)
        (place.share / f"{number}.pdf").write_bytes(b"%d" % -number)
    options = {"preexec_fn": without_privileges} if os.geteuid() == 0 else {}
    with watching(place, options):
        assert until(lambda: len(place.state()) == 40)
        (place.share / "财务").chmod(0)
        try:
            (place.share / "0.pdf").unlink()
            (place.share / "neu.pdf").write_bytes(b"new")
            assert until(lambda: place.missing() == {"0.pdf"}, 60)
            scan = guidang_as(place, options, "scan", "--json")
        finally:
            (place.share / "财务").chmod(0o755)
        assert scan.returncode == 3
        assert [*json.loads(scan.stdout)["shares"][0]["unreadable"]] == ["财务"]
        (secret / "later.pdf").write_bytes(b"later")
        assert until(lambda: "财务/2026/later.pdf" in place.state(), 90)
        assert place.missing() == {"0.pdf"}


def guidang_as(place: Place, options: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    command = [*GUIDANG, *words, "--office", str(place.office)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, **options)


# --- the dances of office programs --------------------------------------------------------------------------------


def word_saves(file: Path, content: bytes, pause: Callable[[], None]) -> None:
    """New content beside it, the old one out of the way, the new one in its place."""
    owner = file.with_name("~$" + file.name[2:])
    owner.write_bytes(b"\x06Zhang3" + bytes(47))
    new, old = (
        file.with_name(f"~WRD{random.randrange(9999):04}.tmp"),
        file.with_name(f"~WRL{random.randrange(9999):04}.tmp"),
    )
    new.write_bytes(content)
    pause()
    file.rename(old)
    pause()
    new.rename(file)
    old.unlink()
    owner.unlink()


def excel_saves(file: Path, content: bytes, pause: Callable[[], None]) -> None:
    """A name of eight hexadecimal digits, the old one deleted, the new one renamed."""
    new = file.with_name(f"{random.getrandbits(32):08X}")
    new.write_bytes(content)
    pause()
    file.unlink()
    pause()
    new.rename(file)


def libreoffice_saves(file: Path, content: bytes, pause: Callable[[], None]) -> None:
    """A lock, a temporary file, moved over the old one."""
    lock = file.with_name(f".~lock.{file.name}#")
    lock.write_text(",李四,PC,23.11.2026 08:00,file:///x;")
    new = file.with_name(f"lu{random.getrandbits(24):x}.tmp")
    new.write_bytes(content)
    pause()
    new.replace(file)
    lock.unlink()


def written_in_place(file: Path, content: bytes, _pause: Callable[[], None]) -> None:
    """As python-docx and many exports do: cut off and written anew, which takes less than it takes to settle."""
    with file.open("wb", buffering=0) as opened:
        opened.write(content[:3])
        time.sleep(0.02)
        opened.write(content[3:])


DANCES = (word_saves, excel_saves, libreoffice_saves, written_in_place)


def test_saves_of_office_programs_raise_no_false_alarm(tmp_path: Path) -> None:
    """W1, W4: 1,000 saves; what was saved without a change is as it was, what was changed is altered, no more."""
    place = make_place(tmp_path, settle=0.5, missing=2)
    saves = 1_000 if SOAK else 40
    seed = random.randrange(1 << 30)
    choose = random.Random(seed)
    say("saves", seed=seed)
    files = [place.share / f"{number % 4}" / f"单据 {number:02}.pdf" for number in range(40)]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(f"原文 {file.name}".encode())
    changed: set[Path] = set()

    def pause() -> None:
        time.sleep(choose.choice((0, 0, 0, 0.01, 0.05, 0.3)))

    with watching(place):
        assert until(lambda: len(place.state()) == len(files), 60)
        for _save in range(saves):
            file = choose.choice(files)
            content = file.read_bytes()
            if choose.random() < 0.1:
                content += b" changed"
                changed.add(file)
            choose.choice(DANCES)(file, content, pause)
        assert until(lambda: place.state() == tree(place.share), 30)
        time.sleep(4)  # longer than anything takes to be missed here
        assert place.state() == tree(place.share)
    kinds = place.kinds()
    say("saves", saves=saves, changed=len(changed))
    assert set(kinds) <= {"record.filed", "record.altered"}, kinds
    assert kinds["record.filed"] == len(files)
    altered = {record.path for record in place.records() if record.altered_to}
    assert altered == {file.relative_to(place.share).as_posix() for file in changed}


ASKED = """
import retention.watching.polling, retention.watching.sources
retention.watching.sources.told_here = lambda: False  # as on a network drive: nobody tells
retention.watching.polling.Tiers.__new__.__defaults__ = (0.3, 0.6, 600.0, 1.0)
import cli
cli.main()
"""


def test_where_nobody_tells_folders_are_asked(place: Place) -> None:
    """W10: new, renamed, removed, and written in place, which a folder's time does not show."""
    (place.share / "2026").mkdir()
    (place.share / "2026" / "a.pdf").write_bytes(b"a")
    with watching(place, program=(sys.executable, "-c", ASKED)):
        assert until(lambda: place.state() == tree(place.share), 60)
        assert place.status()["shares"][0]["hints"] == ["asked"]
        (place.share / "2026" / "new" / "deep").mkdir(parents=True)
        (place.share / "2026" / "new" / "deep" / "b.pdf").write_bytes(b"b")
        assert until(lambda: place.state() == tree(place.share), 60)
        (place.share / "2026" / "new").rename(place.share / "2026" / "moved")
        assert until(lambda: place.state() == tree(place.share), 60)
        with (place.share / "2026" / "a.pdf").open("r+b") as file:
            file.write(b"A")
        assert until(lambda: place.state() == tree(place.share), 60)
        (place.share / "2026" / "moved" / "deep" / "b.pdf").unlink()
        assert until(lambda: place.missing() == {"2026/moved/deep/b.pdf"}, 60)
    assert place.kinds() == {"record.filed": 2, "record.moved": 1, "record.altered": 1, "record.missing": 1}


# --- the service itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_asked(place: Place, number: int) -> None:
    for name in range(300):
        (place.share / f"{name}.pdf").write_bytes(b"%d" % name)
    with watching(place) as watcher:
        assert watcher.end(number) == 0
    status = place.status()
    assert status["ended_at"]
    assert (place.office / "watch" / "watch.log").read_text().rstrip().endswith("stopped")
    assert guidang(place, "audit", "verify", "--replay").returncode == 0
    shown = guidang(place, "watch", "--status")
    assert shown.returncode == 3
    assert "was stopped at" in shown.stdout


def test_there_is_one_service_for_an_office_and_a_dead_one_is_in_nobodys_way(place: Place) -> None:
    with watching(place) as watcher:
        second = guidang(place, "watch")
        assert second.returncode == 12
        assert "watches for this office already" in second.stderr
        running = guidang(place, "watch", "--status")
        assert running.returncode == 0
        assert "The service runs since" in running.stdout
        assert watcher.end(signal.SIGKILL) == -signal.SIGKILL
        dead = guidang(place, "watch", "--status")
        assert dead.returncode == 3
        assert "last showed life" in dead.stdout
        watcher.start()
        assert watcher.end() == 0


def test_a_scan_beside_the_service_files_nothing_twice(place: Place) -> None:
    """L3, W1: two that look at the same share take turns."""
    with watching(place):
        for number in range(300):
            (place.share / f"{number}.pdf").write_bytes(b"%d" % number)
        scan = guidang(place, "scan", "--json")
        assert scan.returncode == 0
        assert until(lambda: len(place.state()) == 300)
    assert place.kinds() == {"record.filed": 300}


@needs_mounts
def test_a_full_disk_under_the_ledger_is_loud_and_nothing_is_lost(tmp_path: Path) -> None:
    """D8, W10: what was seen is seen again when there is room."""
    script = FULL_DISK.format(tests=str(ROOT / "tests"), root=str(ROOT), folder=str(tmp_path))
    run = subprocess.run(
        [*OWN_MOUNTS, sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


FULL_DISK = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import subprocess
from pathlib import Path
from given.watched import make_place, tree, until, watching

folder = Path({folder!r})
disk = folder / "disk"
disk.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(disk)], check=True)
share = folder / "share"
share.mkdir()
(share / "0.pdf").write_bytes(b"0")
place = make_place(disk, share)
with watching(place):
    assert until(lambda: len(place.state()) == 1, 60)
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True: file.write(bytes(4096))
        except OSError: pass
    for number in range(1, 300): (share / f"{{number}}.pdf").write_bytes(b"%d" % number)
    assert until(lambda: "the database refused" in (folder / "stderr").read_text(), 60), place.status()
    assert len(place.state()) < 300, "the disk was full"
    filler.unlink()
    assert until(lambda: place.state() == tree(share), 90), place.status()
    assert until(lambda: place.condition() == "well", 60)
    assert until(lambda: place.status()["shares"][0]["errors"] > 0, 60), place.status()
assert place.kinds() == {{"record.filed": 300}}
"""


# --- never a byte -------------------------------------------------------------------------------------------------

WRITES = (
    "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink"
    ",symlinkat,mknod,mknodat,chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,utime,utimes,utimensat,futimesat"
    ",truncate,ftruncate,fallocate,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,write,pwrite64"
    ",writev,pwritev,copy_file_range,sendfile,ioctl"
)
HARMLESS = re.compile(
    r"\b(?:open|openat|openat2)\((?!.*(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE))|<\.\.\. open\w* resumed>"
)
"""Opened to be read; of a call that strace tells in two lines the first has the path and the flags."""
AUDITED = """
import sys
share = {share!r}
writing = {{"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown",
            "os.utime", "os.truncate", "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod", "shutil.move"}}
def seen(event, arguments):
    written = event in writing or (event == "open" and arguments[2] & 0o3103)  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, …
    if written and any(share in str(each) for each in arguments[:2]):
        open({log!r}, "a").write(f"{{event}} {{arguments}}\\n")
sys.addaudithook(seen)
import cli
cli.main()
"""


def life_of_a_share(place: Place) -> None:
    """What happens on shares while they are watched."""
    (place.share / "2026" / "10").mkdir(parents=True)
    for number in range(20):
        (place.share / "2026" / "10" / f"{number}.pdf").write_bytes(b"%d" % number)
    shutil.copy(next((ROOT / "templates").rglob("*.docx")), place.share / "月报.docx")
    assert until(lambda: len(place.state()) >= 20, 30)
    (place.share / "2026").rename(place.share / "2025")
    assert until(lambda: "2025/10/19.pdf" in place.state(), 30)
    (place.share / "2025" / "10" / "0.pdf").write_bytes(b"changed")
    (place.share / "2025" / "10" / "1.pdf").unlink()
    assert until(lambda: place.missing() == {"2025/10/1.pdf"}, 30)
    assert any(record.altered_to for record in place.records())


@pytest.mark.parametrize("way", ["system calls", "audit hook"])
def test_watching_never_writes_on_the_share(place: Place, tmp_path: Path, way: str) -> None:
    """D14"""
    log = tmp_path / "trace"
    log.touch()
    if way == "audit hook":
        code = AUDITED.format(share=str(place.share), log=str(log))
        with watching(place, program=(sys.executable, "-c", code)):
            life_of_a_share(place)
        assert log.read_text() == ""
        return
    if shutil.which("strace") is None:  # the audit hook and the read-only mount prove it too
        pytest.skip("strace is not installed; `make test` installs it where it may")
    trace = ("strace", "-f", "-y", "-s", "4096", "-o", str(log), "-e", f"trace={WRITES}")
    with watching(place, before=trace):
        life_of_a_share(place)
    touched = [line for line in log.read_text(errors="replace").splitlines() if in_share(line, place.share)]
    assert len(touched) > 40, "it was looked at"
    assert [line for line in touched if not HARMLESS.search(line)] == []


def in_share(line: str, share: Path) -> bool:
    """strace writes bytes above ASCII in octal. What is written elsewhere may well speak of the share."""
    line = re.sub(r"((?:write|pwrite64|writev|pwritev)\(\d+<[^>]*>).*", r"\1", line)
    octal = "".join(chr(byte) if byte < 128 else f"\\{byte:o}" for byte in os.fsencode(share))
    return octal in line or str(share) in line


@needs_mounts
def test_a_share_mounted_read_only_is_watched(tmp_path: Path) -> None:
    """D14: the least right is enough."""
    script = READ_ONLY.format(tests=str(ROOT / "tests"), root=str(ROOT), folder=str(tmp_path))
    run = subprocess.run(
        [*OWN_MOUNTS, sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


READ_ONLY = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
import subprocess
from pathlib import Path
from given.watched import make_place, tree, until, watching

folder = Path({folder!r})
store, share = folder / "store", folder / "share"
store.mkdir(), share.mkdir()
subprocess.run(["mount", "--bind", str(store), str(share)], check=True)
subprocess.run(["mount", "-o", "remount,bind,ro", str(share)], check=True)
try:
    (share / "x").touch()
except OSError:
    pass
else:
    raise SystemExit("not read-only")
place = make_place(folder, share)
with watching(place):
    for number in range(20): (store / f"{{number}}.pdf").write_bytes(b"%d" % number)
    assert until(lambda: place.state() == tree(store), 60), place.status()
    (store / "0.pdf").rename(store / "zero.pdf")
    (store / "1.pdf").unlink()
    assert until(lambda: place.state() == tree(store) and place.missing() == {{"1.pdf"}}, 60), place.status()
"""


# --- what it is installed with ------------------------------------------------------------------------------------


def test_the_systemd_unit_is_one() -> None:
    unit = (ROOT / "docs" / "guidang-watch.service").read_text(encoding="utf-8")
    sections = re.findall(r"^\[(\w+)\]$", unit, re.MULTILINE)
    assert sections == ["Unit", "Service", "Install"]
    for line in unit.splitlines():
        assert not line or line.startswith(("#", "[")) or re.fullmatch(r"[A-Z]\w+=\S.*", line), line
    assert "guidang watch\n" in unit
    assert "KillSignal=SIGTERM" in unit
    if verifier := shutil.which("systemd-analyze"):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "guidang-watch.service")
            copy.write_text(
                unit.replace("/opt/guidang/.venv/bin/guidang", sys.executable).replace("User=guidang", "User=root")
            )
            run = subprocess.run([verifier, "verify", str(copy)], capture_output=True, text=True, check=False)
            assert "guidang-watch.service" not in run.stderr, run.stderr
