"""Whether a share is there, whole, and the one it was: before that is certain, nothing is read into what is gone (W8).

Never writes a mark: a share is known by its file system, its root folder and a sample of files that were there.
"""

# ruff: noqa: PTH112, PTH116, PTH118, PTH208 - single looks at paths given as texts
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from foundation import temporary_files
from foundation.language import _
from retention.filing.observed import Stat
from retention.filing.walk import look_at
from retention.ledger.paths import on_disk

SAMPLE = 20
ENOUGH = 5
"""From so many known files on, a sample says more than the numbers of file system and root folder: a share that is
mounted anew can have the same, or others.
"""


class Health(Enum):
    """How a share is found. Facts follow from :attr:`OK` alone."""

    OK = "ok"
    AWAY = "away"
    EMPTY = "empty"
    WRONG = "wrong"

    @property
    def words(self) -> str:
        """In the language in force."""
        return {
            Health.OK: _("the share is there"),
            Health.AWAY: _("the share cannot be reached; nothing was concluded from that"),
            Health.EMPTY: _("the share is empty, though documents are known on it; nothing was concluded from that"),
            Health.WRONG: _("this looks like another share: no known document is there; nothing was concluded from it"),
        }[self]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which folder of which file system the root is (on Windows: of which volume)."""

    device: str
    root_id: str


@dataclass(frozen=True, slots=True)
class Examination:
    """How it was found, as what, and why it is away."""

    health: Health
    identity: Identity | None = None
    reason: str = ""


def identity_of(root: Path | str) -> Identity:
    """The identity of a root folder. OSError where there is none."""
    found = os.stat(root)
    return Identity(str(found.st_dev), str(found.st_ino))


def examine(root: Path, known: Identity | None, sample: Sequence[tuple[str, Stat]]) -> Examination:
    """How a share is found; ``known`` from the last time it was well, ``sample`` of files that were there, by path."""
    try:
        identity = identity_of(root)
        names = os.listdir(root)
    except OSError as error:
        return Examination(Health.AWAY, reason=error.strerror or str(error))
    if sample and all(temporary_files.left_alone(name) or temporary_files.passing_folder(name) for name in names):
        return Examination(Health.EMPTY, identity)
    unchanged = known in (None, identity)
    found = _found(root, names, sample)
    if unchanged and not found and _renamed(root, sample):
        return Examination(Health.OK, identity)
    return Examination(_judged(unchanged, len(sample), found), identity)


def _judged(unchanged: bool, asked: int, found: int) -> Health:
    if unchanged:
        return Health.WRONG if asked >= ENOUGH and not found else Health.OK
    return Health.OK if 2 * found >= asked else Health.WRONG


def _found(root: Path, names: Sequence[str], sample: Sequence[tuple[str, Stat]]) -> int:
    """How many of a sample are where they were, or where they would be had one folder at the top been renamed, or all
    been moved into one.
    """
    here = sum(1 for path, _stat in sample if _lies_at(root, on_disk(path)))
    if 2 * here >= len(sample):
        return here
    tops = [name for name in names if os.path.isdir(os.path.join(root, name))][:100]
    moved = 0
    for path, stat in sample:
        plain = on_disk(path)
        below = plain.partition("/")[2] or plain
        places = (f"{top}/{inner}" for top in tops for inner in (below, plain))
        moved += any(_lies_at(root, place, stat) for place in places)
    return max(here, moved)


def _renamed(root: Path, sample: Sequence[tuple[str, Stat]]) -> bool:
    """Whether a sample of which no file is where it was is gone from folders that are: somebody renamed or removed
    just these. What is too much of that is braked (W8).
    """
    folders = {on_disk(path).rpartition("/")[0] for path, _stat in sample} - {""}
    if folders:
        return 2 * sum(os.path.isdir(os.path.join(root, folder)) for folder in folders) >= len(folders)
    known = {(stat.size, stat.mtime) for _path, stat in sample}
    try:
        with os.scandir(root) as entries:
            files = (entry.stat(follow_symlinks=False) for entry in entries if entry.is_file(follow_symlinks=False))
            return any((file.st_size, file.st_mtime_ns) in known for file in files)
    except OSError:
        return False


def _lies_at(root: Path, path: str, stat: Stat | None = None) -> bool:
    """Whether a file lies there; elsewhere than it was, only one of the same size and time is taken for it."""
    try:
        found = look_at(root, path)
    except OSError:
        return stat is None  # it may well be there
    return found is not None and (stat is None or (found.size, found.mtime) == (stat.size, stat.mtime))
