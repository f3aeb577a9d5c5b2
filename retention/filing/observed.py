"""What a scan sees, and what it knew before: values only. Paths are spelled as retention.ledger.paths says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from foundation.period import Period
from retention.filing.identify import Standing
from retention.ledger.paths import joined

_AWAY = "\\?"


def without_place(row: Row) -> Row:
    """A row for a record whose place another file took: under a name that no file can have."""
    return replace(row, name=f"{row.name}{_AWAY}{row.record_id}")


# --- files --------------------------------------------------------------------------------------------------------


class Stat(NamedTuple):
    """Size in bytes, time of change in nanoseconds, number of the file (0: not to be relied upon)."""

    size: int
    mtime: int
    file_id: int


def same(one: Stat | None, other: Stat | None) -> bool:
    """Whether nothing tells two looks at a file apart."""
    if one is None or other is None:
        return False
    ids = one.file_id == other.file_id or not (one.file_id and other.file_id)
    return ids and one.size == other.size and one.mtime == other.mtime


class Being(Enum):
    """What a row is about, besides the standings that files have."""

    UNKNOWN = ""  # not read yet
    LOCK = "lock"
    LEFTOVER = "leftover"
    RESURFACED = "resurfaced"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one place. ``stat`` and ``digest``: of the content that was settled there.

    ``waiting``: as it looks since ``since``, not yet settled; ``waiting_since``: since when it has been so, through
    all changes. ``note``: why it cannot be read; of a lock, who has the document open. Times in microseconds.
    """

    folder: str
    name: str
    stat: Stat | None = None
    digest: str | None = None
    standing: Standing | Being = Being.UNKNOWN
    record_id: str | None = None
    waiting: Stat | None = None
    since: int | None = None
    waiting_since: int | None = None
    note: str | None = None
    tries: int = 0
    retry_at: int | None = None
    gone_at: int | None = None
    gone_pass: int | None = None

    @property
    def path(self) -> str:
        """The place, as kept."""
        return joined(self.folder, self.name)

    @property
    def placeless(self) -> bool:
        """Whether another file took the record's place."""
        return _AWAY in self.name

    def settled(self, stat: Stat, digest: str, standing: Standing | Being, record_id: str | None) -> Row:
        """The row once its content is known."""
        return Row(self.folder, self.name, stat, digest, standing, record_id)


@dataclass(frozen=True, slots=True)
class Content:
    """What was read at a place, and what the file is."""

    digest: str
    size: int
    standing: Standing
    class_key: str | None = None
    period: Period | None = None
    department: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a content could not be had, this time."""

    reason: str


@dataclass(frozen=True, slots=True)
class FolderRow:
    """What is known of one folder. ``digest``: of its last listing, where that left nothing open."""

    path: str
    digest: bytes | None = None
    looks: int = 0
    mounted: bool = False
    left_alone: int = 0
    trouble: str | None = None
    trouble_since: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """When to believe what: microseconds between two looks, and how much may be gone at once."""

    settle: int
    missing_after: int
    mass_percent: int
    mass_files: int

    def mass(self, known: int) -> int:
        """How many records of so many may vanish at once without anybody asking."""
        return max(self.mass_files, known * self.mass_percent // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """How many events of each kind looks wrote, in records."""

    filed: int = 0
    moved: int = 0
    altered: int = 0
    missing: int = 0
    found: int = 0
    resurfaced: int = 0
