"""How the watching goes, as values: what an administrator reads in the status file and sees on the command line."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, fields
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from foundation.atomic_file import write_atomic
from retention.filing.observed import EventCounts

BEAT = timedelta(seconds=10)
"""How often the status is written at least; one much older was left behind by a service that died."""


class Condition(Enum):
    """How a share stands, the worst that can be said of it."""

    STARTING = "starting"
    WELL = "well"
    AWAY = "away"  # not reachable, another one, or empty: nothing of it is believed (W8)
    SILENT = "silent"  # looking at it does not come back
    UNWRITTEN = "unwritten"  # the ledger could not be written: what was seen is seen again
    FAILING = "failing"  # something unforeseen


@dataclass(frozen=True, slots=True)
class Since:
    """A place, what is the matter with it, and since when."""

    path: str
    what: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(EventCounts):
    """What was found since the service started, in records."""

    def __bool__(self) -> bool:
        return any(astuple(self))

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True)
class ShareStatus:
    """One share. ``files`` and ``folders`` as of the last whole pass; ``waiting``: folders to be looked at.

    ``hints``: ``told`` by the system, ``asked`` for, or both; ``blind_since``: from when on only the regular passes
    find anything. ``looking_since``: a pass is under way.
    """

    name: str
    root: str
    condition: Condition = Condition.STARTING
    words: str = ""
    since: datetime | None = None
    hints: tuple[str, ...] = ()
    unwatched: int = 0
    blind_since: datetime | None = None
    looking_since: datetime | None = None
    looked_at: datetime | None = None
    whole_at: datetime | None = None
    whole_seconds: float = 0
    folders: int = 0
    files: int = 0
    waiting: int = 0
    braked: int = 0
    editing: tuple[Since, ...] = ()
    unreadable: tuple[Since, ...] = ()
    counts: Counts = field(default_factory=Counts)
    problems: tuple[str, ...] = ()
    errors: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The service. ``ended_at``: it stopped as it was asked to."""

    version: str
    process: int
    machine: str
    started_at: datetime
    written_at: datetime
    ended_at: datetime | None = None
    shares: tuple[ShareStatus, ...] = ()

    def alive(self, at: datetime) -> bool:
        """Whether the service that wrote this can still be believed to run."""
        return self.ended_at is None and abs(at - self.written_at) < 3 * BEAT


def write(status: ServiceStatus, place: Path) -> None:
    """Put the status in its place, whole or not at all. OSError where that cannot be done."""
    from pydantic import TypeAdapter  # heavy, and read or written by few commands

    write_atomic(place, TypeAdapter(ServiceStatus).dump_json(status, indent=2))


def read(place: Path) -> ServiceStatus | None:
    """The status that was written last; None where there is none, or what lies there is none."""
    from pydantic import TypeAdapter, ValidationError  # heavy, as above

    try:
        return TypeAdapter(ServiceStatus).validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return None


def shown(text: str) -> str:
    """A text as it can be printed and stored, whatever bytes of names are in it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
