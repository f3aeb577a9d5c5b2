"""What of the sample share is due on 23 November 2026, worked out by hand from its key and the sample's schedule.

``python -m samples.making.due`` writes ``due_key.csv``. The arithmetic is set down here anew and plainly, not
taken from the program it tests: a paper is kept whole years from 1 January after the last day it covers.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from samples.making import share

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = Path(__file__).parent.with_name("due_key.csv")
ON = date(2026, 11, 23)
YEARS = {share.REPORT: 2, share.INCIDENT: 3, share.PLAN: 1}
"""The sample's schedule.csv; how long the daily checks are kept is not said there, and the others have no row."""

TITLES = ("path", "class", "period", "last day covered", "kept until", "eligible on")


def due() -> Iterator[tuple[str, ...]]:
    """Every file that says clearly what it is and whose years are over, in the order of their paths."""
    for file in share.files():
        if file.standing == "record" and file.clear and file.kind in YEARS:
            year = int(file.period.rpartition("/")[2][:4])
            eligible = date(year + 1 + YEARS[file.kind], 1, 1)
            if eligible <= ON:
                until = date(eligible.year - 1, 12, 31)
                last = _last_day(file.period)
                yield file.path, file.kind, file.period, str(last), str(until), str(eligible)


def _last_day(period: str) -> date:
    """Of 2026, 2026-10, 2026-10-18, or the second of two days."""
    figures = [int(part) for part in period.rpartition("/")[2].split("-")]
    if len(figures) == 3:
        return date(*figures)
    year, month = (figures[0], 12) if len(figures) == 1 else figures
    long = {4: 30, 6: 30, 9: 30, 11: 30, 2: 29 if year % 4 == 0 else 28}
    return date(year, month, long.get(month, 31))


def key() -> str:
    """The key as it is committed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TITLES)
    writer.writerows(due())
    return text.getvalue()


if __name__ == "__main__":
    KEY.write_text(key(), encoding="utf-8")
