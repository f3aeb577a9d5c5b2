"""What the sample office handed in and when, and what is therefore late or missing on 23 November 2026.

``transmittals()`` is the office's own log. ``key()`` is worked out from what truly was and from the days set
down here by hand, clause by clause, not by the program it tests.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from samples.making import centre
from samples.making.occupancy import Month

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from samples.making.occupancy import Rows

KEY = Path(__file__).parent.with_name("duties_key.csv")
ON = date(2026, 11, 23)
FRONT, GUARD, WORKS, CLEAN = centre.DEPARTMENTS
MEETINGS = ((9, 29), (10, 8), (10, 12), (10, 19), (11, 2), (11, 9), (11, 16))
"""The weekly meetings held; none in the week of 26 October."""

TITLES = ("事项", "所属期", "部门或人员", "日期", "备注")
LOG = (
    ("基础数据汇总", "2026年9月", "", "2026-10-01", ""),
    ("基础数据复核", "2026年9月", "", "2026-10-03", ""),
    ("部门工作报告", "2026年9月", FRONT, "2026-10-03", ""),
    ("部门工作报告", "2026年9月", GUARD, "2026-10-02", ""),
    ("部门工作报告", "2026年9月", WORKS, "2026-10-08", "主管休假，节后补交"),
    ("部门工作报告", "2026年9月", CLEAN, "2026-10-03", ""),
    ("物业管理月度工作报告（送公司总经办）", "2026年9月", "", "2026-10-06", ""),
    ("月度工作报告流转回复", "2026年9月", "", "2026-10-12", "已阅"),
    ("月工作计划（含培训、维修计划）", "2026年11月", FRONT, "2026-10-25", ""),
    ("月工作计划（含培训、维修计划）", "2026年11月", GUARD, "2026-10-26", ""),
    ("月工作计划（含培训、维修计划）", "2026年11月", WORKS, "2026-10-25", ""),
    ("月工作计划（含培训、维修计划）", "2026年11月", CLEAN, "2026-10-24", ""),
    ("物品采购清单", "2026年11月", FRONT, "2026-10-25", ""),
    ("物品采购清单", "2026年11月", WORKS, "2026-10-25", ""),
    ("物品采购清单", "2026年11月", CLEAN, "2026-10-24", ""),
    ("月工作计划审批并送公司总经办", "2026年10月", "", "2026-09-27", ""),
    ("月工作计划回复", "2026年10月", "", "2026-10-09", "同意"),
    ("月工作计划审批并送公司总经办", "2026年11月", "", "2026-10-27", ""),
    ("月工作计划回复", "2026年11月", "", "2026-11-03", "同意"),
    ("基础数据汇总", "2026年10月", "", "2026-11-02", "1日是星期日"),
    ("基础数据复核", "2026年10月", "", "2026-11-03", ""),
    ("部门工作报告", "2026年10月", FRONT, "2026-11-02", ""),
    ("部门工作报告", "2026年10月", GUARD, "2026-11-03", ""),
    ("部门工作报告", "2026年10月", WORKS, "2026-11-03", ""),
    ("部门工作报告", "2026年10月", CLEAN, "2026-11-04", ""),
    ("物业管理月度工作报告（送公司总经办）", "2026年10月", "", "2026-11-06", ""),
)


def transmittals() -> bytes:
    """The log as the office keeps it in Excel: CSV with a byte order mark."""
    meetings = [
        ("主管周例会", text, "", text, "") for month, day in MEETINGS if (text := f"2026-{month:02d}-{day:02d}")
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows((TITLES, *LOG, *meetings))
    return text.getvalue().encode("utf-8-sig")


COLUMNS = ("month", "due", "duty", "about", "by", "status")


def key() -> str:
    """What ``guidang duties`` of October and November has to call late or missing on 23 November, and nothing else."""
    from samples.making.generate import truth

    months = truth()
    rows = sorted(
        {
            *_by_hand(),
            *_complaints(months[Month(10)][0]["complaints"]),
            *_visits(months[Month(10)][0]["visits"]),
            *_training([*months[Month(9)][0]["training"], *months[Month(10)][0]["training"]]),
        }
    )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((COLUMNS, *rows))
    return text.getvalue()


_Row = tuple[str, str, str, str, str, str]


def _by_hand() -> Iterator[_Row]:
    yield ("2026-10", "2026-10-03", "department-report", "2026-09", WORKS, "late")  # handed in on the 8th
    yield ("2026-10", "2026-10-25", "monthly-plan", "2026-11", GUARD, "late")  # on the 26th
    yield ("2026-10", "2026-10-25", "purchase-list", "2026-11", GUARD, "missing")  # never
    yield ("2026-10", "2026-11-01", "weekly-meeting", "2026-10-26/2026-11-01", "", "missing")  # none in that week
    yield ("2026-11", "2026-11-03", "department-report", "2026-10", CLEAN, "late")  # on the 4th
    # sent on Friday 6 November; 9, 10, 11, 12 are the four working days; no answer is in the log
    yield ("2026-11", "2026-11-12", "monthly-report-answer", "2026-10", "", "missing")


def _complaints(rows: Rows) -> Iterator[_Row]:
    """2.4: answered within 24 hours of receipt; whoever has no answer is past them on 23 November."""
    for row in rows:
        end: datetime = row["received"] + timedelta(hours=24)
        if row["received"].month == 10 and (row["replied"] is None or row["replied"] > end):
            status = "late" if row["replied"] else "missing"
            about, due = row["received"].date().isoformat(), end.date().isoformat()
            yield ("2026-10", due, "complaint-answer", about, row["complaint_no"], status)


def _visits(rows: Rows) -> Iterator[_Row]:
    """3.6.1: five households at home, whoever they are."""
    homes: Mapping[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["method"] == "上门":
            homes[row["visitor"]].add(row["room"])
    people = (centre.MANAGER, *centre.SUPERVISORS.values(), *centre.CLERKS)
    for name in people:
        if len(homes[name]) < 5:
            yield ("2026-10", "2026-10-31", "visits", "2026-10", name, "missing")


def _training(rows: Rows) -> Iterator[_Row]:
    """3.4.1: one regular session a department and week; a week is of the month of its Friday."""
    held = {(row["department"], row["held"].date().isocalendar().week) for row in rows if row["kind"] == "定期"}
    for friday in (2, 9, 16, 23):  # the week of 30 October ends in November, whose register is not handed in yet
        monday = date(2026, 10, friday) - timedelta(days=4)
        for department in centre.DEPARTMENTS:
            if (department, monday.isocalendar().week) not in held:
                week = f"{monday}/{monday + timedelta(days=6)}"
                due = (monday + timedelta(days=6)).isoformat()
                yield ("2026-10", due, "weekly-training", week, department, "missing")


if __name__ == "__main__":
    KEY.write_text(key(), encoding="utf-8", newline="\n")
    print(KEY)
