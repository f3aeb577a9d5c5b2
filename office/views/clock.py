"""What is known of the time, and whether this machine's clock can be acted on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.ledger.ledger import Ledger


@dataclass(frozen=True)
class ClockStanding:
    """Now by this machine, the last event, the last scan that was believed. ``fault``: ``behind``, ``ahead``, None."""

    now: datetime
    latest: datetime | None
    believed: datetime | None
    fault: str | None


def clock(ledger: Ledger, now: datetime) -> ClockStanding:
    """The machine's clock held against the ledger (T4)."""
    with ledger.read() as view:
        known = view.clock()
    fault = known.fault(now)
    return ClockStanding(now, known.latest, known.believed, fault.value if fault else None)
