"""A share that is watched, and where its records lie on its disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from retention.filing.observed import Limits


@dataclass(frozen=True, slots=True)
class Share:
    """One folder tree that is watched. ``settle`` and ``missing_after``: between two looks that make a file settled, a
    document missed. Gone at once from a share may be ``mass_percent`` of its records, or ``mass_files`` of them,
    whichever is more (W8).
    """

    name: str
    root: Path
    settle: timedelta = timedelta(seconds=3)
    missing_after: timedelta = timedelta(seconds=60)
    full_every: timedelta = timedelta(hours=1)
    mass_percent: int = 20
    mass_files: int = 50

    @property
    def limits(self) -> Limits:
        """What the planner asks."""
        return Limits(micros(self.settle), micros(self.missing_after), self.mass_percent, self.mass_files)


def micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
