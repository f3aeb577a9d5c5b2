"""What people of the invented centre write into their registers: repairs, complaints, visits (phrases.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """A kind of repair: what is said, where in public (none: in a flat), material (name, spec, price), labour fee."""

    text: str
    at: str = ""
    material: tuple[str, str, str] | None = None
    labour: int = 0


@dataclass(frozen=True)
class Complaint:
    """One complaint as it is written down: kind, responsible department, what was said, what was done."""

    category: str
    department: str
    content: str
    handling: str
    valid: bool = True


@dataclass(frozen=True)
class Talk:
    """What came of a visit: what was talked about, the opinion, its kind, who acts, what was done."""

    content: str
    opinion: str
    category: str = ""
    department: str = ""
    measure: str = ""


def _frozen(value: Any) -> Any:
    """Arrays as tuples, at every depth."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return {key: _frozen(each) for key, each in value.items()} if isinstance(value, dict) else value


_written = _frozen(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")))

SURNAMES: str = _written["surnames"]
GIVEN_FIRST: str = _written["given_first"]
GIVEN_LAST: str = _written["given_last"]
SINGLE_GIVEN: str = _written["single_given"]
ROOMS_IN_FLAT: tuple[str, ...] = _written["rooms_in_flat"]
WET_ROOMS: tuple[str, ...] = _written["wet_rooms"]
DRY_ROOMS: tuple[str, ...] = _written["dry_rooms"]
REPAIR_WEIGHTS: dict[str, int] = _written["repair_weights"]
REPAIRS: dict[str, tuple[Job, ...]] = {
    kind: tuple(Job(**job) for job in jobs) for kind, jobs in _written["repairs"].items()
}
WAITING: dict[str, tuple[str, ...]] = _written["waiting"]
LATE: dict[str, tuple[str, ...]] = _written["late"]
CANCELLED: tuple[str, ...] = _written["cancelled"]
REWORK: tuple[str, ...] = _written["rework"]
COMPLAINTS = tuple(Complaint(**each) for each in _written["complaints"])
TALKS = tuple(Talk(**each) for each in _written["talks"])
OPINION_NONE: str = _written["opinion_none"]
SERVICES: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = _written["services"]
"""Item, unit, unit price, usual quantities, material fee ("" = none)."""
DECORATORS: tuple[str, ...] = _written["decorators"]
VIOLATIONS: tuple[str, ...] = _written["violations"]
TRAINING: dict[str, tuple[tuple[str, str, str], ...]] = _written["training"]
"""Topic, summary and assessment, by department."""
SURVEY_ITEMS: tuple[str, ...] = _written["survey_items"]
