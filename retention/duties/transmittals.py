"""Pure: the office's log of what was handed in, sent up and answered (transmittals.csv), row by row.

It is the only source for acts that leave no file (复核, 送出, 回复), and for the day on which a paper was handed in: a
file's own times say when it was copied (W6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.folding import normal, normal_name
from foundation.language import _
from foundation.period import periods_in
from retention.duties.judging import HandedIn
from retention.errors import Problem, Remedy, SourceError
from retention.rules.small_tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from foundation.period import Period
    from retention.rules.small_tables import Line

FILE = "transmittals.csv"
COLUMNS = {
    "what": ("事项", "名称", "文件", "what"),
    "period": ("所属期", "期间", "period"),
    "by": ("部门或人员", "部门", "人员", "by"),
    "on": ("日期", "办理日期", "on"),
    "note": ("备注", "说明", "note"),
}


def read_transmittals(data: bytes, names: Mapping[str, str], name: str = FILE) -> tuple[HandedIn, ...]:
    """What people wrote down. ``names``: title → key of a duty. SourceError with every cell that cannot be read."""
    known = {normal_name(title): key for title, key in names.items()}
    found: list[HandedIn] = []
    problems: list[Problem] = []
    for line in read_table(data, name, COLUMNS, ("what", "period", "on")).lines:
        faults = list(_faults(line, known))
        problems += faults
        period, day = _period(line["period"]), _day(line["on"])
        if not faults and period and day:
            found.append(HandedIn(known[normal_name(line["what"])], period, line["by"], day))
    if problems:
        raise SourceError(problems)
    return tuple(found)


def _faults(line: Line, known: Mapping[str, str]) -> Iterator[Problem]:
    if normal_name(line["what"]) not in known:
        message = _("there is no duty “{name}”").format(name=line["what"])
        yield Problem(line.place("what"), message, Remedy("duty.name"), "transmittals.what")
    if _period(line["period"]) is None:
        message = _("“{value}” is not a period").format(value=line["period"])
        yield Problem(line.place("period"), message, _("Write for example 2026-10 or 2026."), "transmittals.period")
    if _day(line["on"]) is None:
        message = _("“{value}” is not a date").format(value=line["on"])
        hint = _("Write year, month and day, for example 2026-10-03.")
        yield Problem(line.place("on"), message, hint, "transmittals.day")


def _period(text: str) -> Period | None:
    """One period with its year, and nothing beside it."""
    plain = normal(text).strip()
    found = periods_in(plain)
    whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(plain))
    return found[0].period() if whole else None


def _day(text: str) -> date | None:
    period = _period(text)
    return period.first if period and period.first == period.last else None
