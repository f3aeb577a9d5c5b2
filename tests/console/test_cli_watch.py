"""`guidang scan` and `guidang watch` on the command line, and the locks between processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import time
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from given.watched import ENVIRONMENT, GUIDANG, ROOT, Place, guidang, make_place, without_privileges

from foundation import language as i18n
from office.archive.process_lock import ProcessLock
from office.settings import ShareSettings
from office.views.watching import condition_name
from retention.watching.hints import Why
from retention.watching.log import reason_of
from retention.watching.status import Condition

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = make_place(tmp_path)
    for name in ("甲", "乙", "丙"):
        (place.share / f"{name}.pdf").write_bytes(name.encode())
    return place


def told(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.stdout, run.stderr
    data = json.loads(run.stdout)
    assert data["exit"] == run.returncode
    return data


def test_scan_waits_until_what_was_filed_has_settled_and_counts_it(place: Place) -> None:
    """W1"""
    run = guidang(place, "scan", "--json")
    assert run.returncode == 0
    (share,) = told(run)["shares"]
    assert (share["share"], share["health"], share["files"], share["filed"]) == ("归档", "ok", 3, 3)
    assert share["not_settled"] == 0
    assert {*place.state()} == {"甲.pdf", "乙.pdf", "丙.pdf"}
    again = guidang(place, "scan")
    assert again.returncode == 0
    assert "归档" in again.stdout
    assert place.kinds() == {"record.filed": 3}


def test_scan_waits_for_what_may_be_missing_only_when_told_to(tmp_path: Path) -> None:
    """W4"""
    place = make_place(tmp_path, missing=4)
    (place.share / "a.pdf").write_bytes(b"a")
    assert guidang(place, "scan").returncode == 0
    (place.share / "a.pdf").unlink()
    (place.share / "b.pdf").write_bytes(b"b")
    (share,) = told(guidang(place, "scan", "--json"))["shares"]
    assert (share["missing"], share["filed"], share["not_settled"]) == (0, 1, 1)
    (share,) = told(guidang(place, "scan", "--wait", "--json"))["shares"]
    assert (share["missing"], share["not_settled"]) == (1, 0)
    assert place.missing() == {"a.pdf"}


def test_many_gone_at_once_wait_for_a_person_who_says_exactly_how_many(tmp_path: Path) -> None:
    """W8"""
    place = make_place(tmp_path, missing=0.5)
    for number in range(80):
        (place.share / f"{number}.pdf").write_bytes(b"%d" % number)
    assert guidang(place, "scan").returncode == 0
    for number in range(60):
        (place.share / f"{number}.pdf").unlink()
    (share,) = told(guidang(place, "scan", "--wait", "--json"))["shares"]
    assert (share["braked"], share["missing"]) == (60, 0)
    assert "--believe-missing 60" in share["problems"][0]["hint"]
    (share,) = told(guidang(place, "scan", "--wait", "--believe-missing", "59", "--json"))["shares"]
    assert share["missing"] == 0
    (share,) = told(guidang(place, "scan", "归档", "--wait", "--believe-missing", "60", "--json"))["shares"]
    assert share["missing"] == 60
    assert len(place.missing()) == 60


def test_a_share_that_is_away_is_exit_code_3_and_says_so(place: Place) -> None:
    """W8"""
    assert guidang(place, "scan").returncode == 0
    place.share.rename(place.share.with_name("away"))
    run = guidang(place, "scan", "--wait")
    assert run.returncode == 3
    assert "cannot be reached" in run.stderr
    (share,) = told(guidang(place, "scan", "--json"))["shares"]
    assert share["health"] == "away"
    assert place.kinds() == {"record.filed": 3}


def test_a_folder_that_cannot_be_read_is_exit_code_3_and_is_named(place: Place) -> None:
    """W8"""
    (place.share / "密").mkdir()
    (place.share / "密" / "丁.pdf").write_bytes(b"4")
    (place.share / "密").chmod(0)
    try:
        rights = without_privileges if os.geteuid() == 0 else None
        command = [*GUIDANG, "scan", "--json", "--office", str(place.office)]
        run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, preexec_fn=rights)
    finally:
        (place.share / "密").chmod(0o755)
    assert run.returncode == 3
    (share,) = told(run)["shares"]
    assert share["unreadable"] == {"密": "Permission denied"}
    assert share["filed"] == 3


def test_shares_are_named_as_the_settings_name_them(place: Place, tmp_path: Path) -> None:
    run = guidang(place, "scan", "别的")
    assert run.returncode == 10
    assert "归档" in run.stderr
    bare = make_place(tmp_path / "bare")
    settings = bare.office / "guidang.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text[: text.index('\n[shares."归档"]')], encoding="utf-8")
    for command in ("scan", "watch"):
        run = guidang(bare, command)
        assert run.returncode == 10
        assert "no share" in run.stderr


def test_an_office_inside_its_share_is_refused(tmp_path: Path) -> None:
    """D14: its ledger would be written on the share."""
    place = make_place(tmp_path, tmp_path)
    for command in ("scan", "watch"):
        assert guidang(place, command).returncode == 11
    assert not (place.office / "ledger.db").exists()


def test_watch_once_looks_and_writes_status_and_log(place: Place) -> None:
    run = guidang(place, "watch", "--once")
    assert run.returncode == 0
    assert {*place.state()} == {"甲.pdf", "乙.pdf", "丙.pdf"}
    assert place.condition() == "well"
    assert place.status()["ended_at"]
    assert "3 filed" in (place.office / "watch" / "watch.log").read_text(encoding="utf-8")


def test_the_status_before_anything_ran(place: Place) -> None:
    run = guidang(place, "watch", "--status")
    assert run.returncode == 3
    assert "never ran" in run.stdout
    assert told(guidang(place, "watch", "--status", "--json")) == {"exit": 3, "runs": False, "shares": []}


def test_help_is_in_the_language_of_the_reader(place: Place) -> None:
    for command, words in (("scan", "登记新归档的文件"), ("watch", "文件服务器上的服务")):
        assert words in guidang(place, command, "--help", "--lang", "zh_CN").stdout


SIGNALLED = """
import os, signal, threading, time
from console.watching import _on_signals
for number in range(300):
    stop = threading.Event()
    _on_signals(stop)
    timer = threading.Timer(0.001 * (number % 5), lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.start()
    while not stop.is_set():
        stop.wait(0.00001)
    timer.join()
"""


def test_a_signal_in_the_midst_of_waiting_ends_it() -> None:
    """An event that its own waiting thread sets from a signal may wait for itself for ever."""
    subprocess.run([*GUIDANG[:2], SIGNALLED], env=ENVIRONMENT, check=True, timeout=60)


# --- turns --------------------------------------------------------------------------------------------------------


def hold(place: Path, taken: Any, end: Any) -> None:
    lock = ProcessLock(place)
    assert lock.take()
    taken.set()
    end.wait()
    os._exit(0)  # as if killed: nobody lets go of anything


def test_a_turn_is_one_processs_and_ends_with_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    taken, end = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "lock", taken, end))
    other.start()
    assert taken.wait(30)
    lock = ProcessLock(tmp_path / "lock")
    assert lock.holder().split()[0] == str(other.pid)
    began = time.monotonic()
    assert not lock.take(0.2)
    assert 0.2 <= time.monotonic() - began < 5
    end.set()
    other.join()
    assert lock.take()
    assert lock.holder().split()[0] == str(os.getpid())
    assert not ProcessLock(tmp_path / "lock").take(), "nor twice in one process"
    lock.leave()
    assert ProcessLock(tmp_path / "lock").take()


def test_a_lock_file_left_behind_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("99999 nobody\n")
    assert ProcessLock(tmp_path / "lock").take()


# --- the page for administrators ----------------------------------------------------------------------------------


def test_the_page_names_every_setting_state_and_loss() -> None:
    page = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
    with i18n.use("en"):
        states = [condition_name(condition) for condition in Condition]
        losses = [reason_of(why).partition(" (")[0] for why in Why if why in (Why.OVERFLOW, Why.LIMIT)]
    assert [key for key in ShareSettings.model_fields if f"{key} =" not in page] == []
    assert [state for state in states if f"\n| {state} |" not in page] == []
    assert [loss for loss in losses if loss not in page] == []


def test_the_example_of_settings_is_one() -> None:
    page = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (section,) = tomllib.loads(example)["shares"].values()
    given = ShareSettings.model_validate(section)
    assert given == ShareSettings(path=given.path), "what is shown is what holds without it"
