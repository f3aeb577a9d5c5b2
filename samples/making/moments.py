"""When things happen in a month: its ends, and hours of the day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samples.making.occupancy import Month

Owners: TypeAlias = "Mapping[str, tuple[str, str]]"


def end_of(month: Month) -> datetime:
    """The last minute of a month."""
    return datetime.combine(month.last, time(23, 59))


def start_of(month: Month) -> datetime:
    """The first minute of a month."""
    return datetime.combine(month.first, time())


def at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=round(count))


def daytime(moment: datetime) -> datetime:
    """The same, or the next morning where it falls in the night."""
    if moment.hour >= 21:
        return at(moment.date() + timedelta(days=1), 8, 30 + moment.minute % 30)
    return at(moment.date(), 8, 30 + moment.minute % 30) if moment.hour < 8 else moment
