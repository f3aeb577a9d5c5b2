"""A file is there whole or not at all, whatever stops the writing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from foundation.atomic_file import atomic, write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Half a file is never seen under its name."""
    target = tmp_path / "月报.docx"
    write_atomic(target, b"old")

    def failing() -> None:
        with atomic(target) as file:
            file.write(b"half")
            assert target.read_bytes() == b"old"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_replaces_the_file_whole(tmp_path: Path) -> None:
    """New content under the old name; a long Chinese name is no obstacle."""
    target = tmp_path / ("长" * 80 + ".docx")
    write_atomic(target, b"one")
    write_atomic(str(target), b"two")
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_a_new_file_may_be_read_by_those_the_umask_allows(tmp_path: Path) -> None:
    """A report in a shared folder is not private to the account that wrote it."""
    old = os.umask(0o022)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    """No folder is made by the way."""
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "no" / "a", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """The process dies between writing and renaming: the old file is whole."""
    target = tmp_path / "a.docx"
    target.write_bytes(b"old")
    code = (
        "import os, signal, sys\nfrom foundation.atomic_file import atomic\n"
        "with atomic(sys.argv[1]) as file:\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(target)], check=False).returncode != 0
    assert target.read_bytes() == b"old"
