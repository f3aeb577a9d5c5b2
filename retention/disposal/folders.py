"""Files below a share, held by their folders: opened without following links, moved without replacing, synced.

A folder is an open handle, reached from the share's root component by component; nothing below the root is ever
followed if it is a link, and a name that was looked at in a folder is moved in that same folder, whatever anybody
renames above it meanwhile (D6). What differs from system to system: posix_folders, windows_folders.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from retention.ledger.paths import on_disk

BLOCK = 1 << 20
"""Bytes that are read at once."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What lies under a name: whether it is a regular file, how many names it has, and what tells it from another."""

    regular: bool
    links: int
    size: int
    identity: tuple[int, ...]

    @property
    def plain(self) -> bool:
        """A regular file with this one name: what may be destroyed (D6)."""
        return self.regular and self.links == 1


class OpenFolder(Protocol):
    """An open folder. OSError from everything, as the system says it."""

    @classmethod
    def root(cls, root: Path) -> Self:
        """The root of a share, wherever its own path leads. OSError where it cannot be reached."""

    def child(self, name: str, *, make: int | None = None) -> OpenFolder:
        """The folder of this name in it, itself no link; where there is none, made with the mode ``make``, durably."""

    def look(self, name: str) -> FileState | None:
        """What lies under a name, links not followed; None where nothing does."""

    def digest(self, name: str) -> tuple[str, FileState]:
        """SHA-256 in hex of a regular file, and what it was when it had been read to its end."""

    def move(self, name: str, other: OpenFolder, new: str) -> None:
        """Rename into another folder of the same file system. FileExistsError rather than replace anything."""

    def remove(self, name: str) -> None:
        """Remove a file's name."""

    def sync(self) -> None:
        """Wait until what was moved and removed here will survive a loss of power."""

    def names(self) -> list[str]:
        """Every name in it."""

    def claim(self) -> None:
        """Keep other processes from claiming it until it is closed. BlockingIOError where one has."""

    def close(self) -> None:
        """Let go of it."""


def parts_of(path: str) -> tuple[str, ...]:
    """The names that a record's path goes through. ValueError for one that could lead out of its share."""
    parts = tuple(on_disk(part) for part in path.split("/"))
    if any(part in {"", ".", ".."} or "\0" in part or "/" in part for part in parts):
        raise ValueError(path)
    return parts


def open_below(root: OpenFolder, parts: Sequence[str], *, make: int | None = None) -> OpenFolder:
    """The folder at the end of these names. NotADirectoryError or ELOOP where one of them is a link, or a file."""
    folder = root
    for part in parts:
        try:
            inner = folder.child(name_in(folder, part), make=make)
        finally:
            if folder is not root:
                folder.close()
        folder = inner
    return folder


def name_in(folder: OpenFolder, name: str) -> str:
    """The name as the folder has it: itself, or the only one that reads the same (W9); itself where there is none."""
    if folder.look(name) is not None:
        return name
    wanted = unicodedata.normalize("NFC", name)
    if name.isascii():
        return name
    found = [each for each in folder.names() if unicodedata.normalize("NFC", each) == wanted]
    return found[0] if len(found) == 1 else name
