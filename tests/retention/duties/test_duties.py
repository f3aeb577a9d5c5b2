"""The procedure's deadlines: days, working days, what is filed, and the sample office's late and missing papers."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from given.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

import cli
from docgen.forms.loading import load_forms
from foundation import language as i18n
from foundation.period import Period
from office.archive.classes import catalogue_of
from office.archive.shares import shares
from office.office import Office
from retention.duties.calendar_file import calendar
from retention.duties.declaration import read_duties
from retention.duties.judging import (
    Circumstances,
    DutyStatus,
    HandedIn,
    Known,
    RegisterCase,
    Rules,
    Staff,
    agenda,
    end_of,
)
from retention.duties.transmittals import read_transmittals
from retention.duties.workdays import HolidayTable, library
from retention.errors import SourceError
from retention.filing.scan import Scanner
from retention.ledger.ledger import Ledger
from retention.rules.people import Actor
from samples.making import filing

if TYPE_CHECKING:
    from pathlib import Path

OFFICE = ROOT / "samples" / "office"
DEPARTMENTS = ("客户服务部", "特勤部")
DUTIES = read_duties((ROOT / "templates" / "duties.toml").read_bytes())


def month(text: str) -> Period:
    year, number = map(int, text.split("-"))
    first = date(year, number, 1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def entries(about: str, on: str, *filed: HandedIn, rules: Rules | None = None, **more):
    known = Known(filed, more.pop("cases", ()), more.pop("covered", frozenset()))
    basis = Circumstances(known, Staff(DEPARTMENTS, ("谭晓雯",)), more.pop("table", library()), rules or Rules())
    with i18n.use("en"):
        return agenda(DUTIES, month(about), end_of(date.fromisoformat(on)), basis)


def one(found, key: str, by: str = ""):
    return next(entry for entry in found.entries if entry.duty.key == key and entry.by == by)


def filed(what: str, about: str, on: str | None, by: str = "", count: int = 1) -> HandedIn:
    return HandedIn(what, month(about), by, date.fromisoformat(on) if on else None, count)


# --- declared --------------------------------------------------------------------------------------------------


def test_every_duty_names_forms_that_exist_and_a_clause_of_the_procedure() -> None:
    forms = {*load_forms(ROOT / "templates"), "base-data"}
    for duty in DUTIES:
        assert set(duty.forms) <= forms, duty.key
        assert re.fullmatch(r"[234]\.\d(\.\d)?", duty.clause)


def test_every_deadline_of_the_procedure_is_there() -> None:
    days = {(duty.clause, duty.month, duty.day) for duty in DUTIES if duty.day}
    assert days >= {
        *(("3.2.1", 0, 1), ("3.2.1", 0, 3), ("3.2.2", 0, 3), ("3.2.3", 0, 6), ("3.3.1", 0, 25), ("3.3.1", 0, 27)),
        *(("3.1.1", 12, 27), ("3.1.2", 12, 20), ("3.1.3", 12, 20)),
    }
    assert {(duty.clause, duty.working_days) for duty in DUTIES if duty.after} == {("3.2.3", 4), ("3.3.1", 5)}
    assert {duty.clause for duty in DUTIES if duty.every == "week"} == {"3.4.1", "3.4.2"}
    assert {(duty.clause, duty.hours) for duty in DUTIES if duty.every == "case"} == {("2.4", 24)}
    assert {duty.clause for duty in DUTIES if duty.every == "half"} == {"3.6.2"}


def test_all_faults_of_a_list_of_duties_are_told_at_once() -> None:
    text = """
[[duties]]
key = "a"
clause = "1"
title = "A"
every = "fortnight"
[[duties]]
key = "b"
titel = "B"
every = "month"
[[duties]]
key = "c"
clause = "1"
title = "C"
every = "month"
after = "z"
"""
    with pytest.raises(SourceError) as caught, i18n.use("en"):
        read_duties(text.encode())
    said = str(caught.value)
    assert all(words in said for words in ("fortnight", "Did you mean 'title'", "'clause' is missing", "no duty 'z'"))
    assert "no number of days" in said
    with pytest.raises(SourceError):
        read_duties(b"[[duties]\n")


# --- days ------------------------------------------------------------------------------------------------------

REST_DAYS = {
    1: {1, 2, 3, 5, 8, 10, 11},
    3: {1, 5, 10},
    6: {4, 6, 9, 10, 12},
    25: {1, 4, 7, 9, 10},
    27: {6, 9, 12},
}


@pytest.mark.parametrize("day", REST_DAYS)
def test_due_days_that_are_rest_days_in_2026(day: int) -> None:
    """Procedure 3.1, all twelve months."""
    resting = {number for number in range(1, 13) if not library().works(date(2026, number, day))}
    assert resting == REST_DAYS[day]


def test_the_yearly_days_of_2025_and_2026_are_weekend_days() -> None:
    assert {date(2026, 12, day).weekday() for day in (20, 27)} == {6}
    assert {date(2025, 12, day).weekday() for day in (20, 27)} == {5}


@pytest.mark.parametrize(
    ("paper", "about", "sent", "answer"),
    [
        ("monthly-report", "2026-03", "2026-04-06", "2026-04-10"),
        ("monthly-report", "2026-09", "2026-10-06", "2026-10-12"),
        ("monthly-plan-sent", "2026-05", "2026-04-27", "2026-05-07"),
        ("monthly-plan-sent", "2026-10", "2026-09-27", "2026-10-09"),
        ("monthly-plan-sent", "2026-03", "2026-02-27", "2026-03-05"),
    ],
)
def test_answers_are_due_after_working_days(paper: str, about: str, sent: str, answer: str) -> None:
    """Procedure 3.2: the day after hand-over is day 1; make-up days count, holidays do not."""
    key = {"monthly-report": "monthly-report-answer", "monthly-plan-sent": "monthly-plan-answer"}[paper]
    found = one(entries(answer[:7], answer, filed(paper, about, sent)), key)
    assert (str(found.due), found.status, found.estimated) == (answer, DutyStatus.COMING, ())
    after = (date.fromisoformat(answer) + timedelta(days=1)).isoformat()
    assert one(entries(answer[:7], after, filed(paper, about, sent)), key).status is not DutyStatus.COMING


def test_an_answer_that_runs_into_an_unknown_year_is_marked_and_never_fails() -> None:
    """The plan sent on 27 December 2026: no notice for 2027 yet."""
    found = entries("2027-01", "2026-12-28", filed("monthly-plan-sent", "2027-01", "2026-12-27"))
    answer = one(found, "monthly-plan-answer")
    assert (answer.due, answer.estimated) == (date(2027, 1, 1), (2027,))
    assert "by weekends for now" in "; ".join(answer.remarks)
    assert any("2027" in notice for notice in found.notices)


def test_from_november_the_missing_notice_of_next_year_is_said() -> None:
    assert entries("2026-10", "2026-10-31").notices == ()
    assert "2027" in entries("2026-10", "2026-11-01").notices[0]
    known = HolidayTable({date(2027, 10, 1): True}).over(library())
    assert entries("2026-10", "2026-11-01", table=known).notices == ()


def test_the_day_of_hand_over_can_be_the_first_and_answers_count_from_the_real_day() -> None:
    """Gap G16."""
    sent = filed("monthly-report", "2026-10", "2026-11-05")
    assert one(entries("2026-11", "2026-11-05", sent), "monthly-report-answer").due == date(2026, 11, 11)
    rules = Rules(same_day_counts=True)
    assert one(entries("2026-11", "2026-11-05", sent, rules=rules), "monthly-report-answer").due == date(2026, 11, 10)


def test_a_rest_day_can_move_to_the_next_working_day() -> None:
    """Gap G5."""
    assert one(entries("2026-10", "2026-10-01"), "monthly-report").due == date(2026, 10, 6)
    moved = one(entries("2026-10", "2026-10-01", rules=Rules(shift_rest_days=True)), "monthly-report")
    assert moved.due == date(2026, 10, 8)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 1)))
def test_every_month_of_every_year_has_its_deadlines(day: date) -> None:
    found = entries(f"{day:%Y-%m}", day.isoformat())
    keys = {entry.duty.key for entry in found.entries}
    assert {"base-data", "monthly-report", "monthly-plan", "monthly-plan-answer", "weekly-meeting", "visits"} <= keys
    assert all(found.period.first <= entry.due for entry in found.entries)


# --- how it stands ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "handed", "status"),
    [
        ("2026-11-06", None, DutyStatus.COMING),
        ("2026-11-07", None, DutyStatus.MISSING),
        ("2026-11-07", "2026-11-06", DutyStatus.ON_TIME),
        ("2026-11-07", "2026-11-07", DutyStatus.LATE),
    ],
)
def test_the_day_counts_in(on: str, handed: str | None, status: DutyStatus) -> None:
    """Procedure 5: 前 counts the day in."""
    facts = [filed("monthly-report", "2026-10", handed)] if handed else []
    assert one(entries("2026-11", on, *facts), "monthly-report").status is status


def test_the_day_can_be_counted_out() -> None:
    handed = filed("monthly-report", "2026-10", "2026-11-06")
    rules = Rules(before_includes=False)
    assert one(entries("2026-11", "2026-11-09", handed, rules=rules), "monthly-report").status is DutyStatus.LATE


def test_base_data_after_the_first_are_a_reminder_until_the_third() -> None:
    """Gap G4."""
    second, fourth = filed("base-data", "2026-10", "2026-11-02"), filed("base-data", "2026-10", "2026-11-04")
    assert one(entries("2026-11", "2026-11-09", second), "base-data").status is DutyStatus.ON_TIME
    assert one(entries("2026-11", "2026-11-09", fourth), "base-data").status is DutyStatus.LATE
    assert one(entries("2026-11", "2026-11-02"), "base-data").status is DutyStatus.COMING
    strict = Rules(base_data_warns=False)
    assert one(entries("2026-11", "2026-11-09", second, rules=strict), "base-data").status is DutyStatus.LATE


def test_an_unanswered_plan_waits_and_an_unanswered_report_is_missing() -> None:
    """Gap G6."""
    plan, paper = filed("monthly-plan-sent", "2026-11", "2026-10-27"), filed("monthly-report", "2026-10", "2026-11-06")
    found = entries("2026-11", "2026-11-23", plan, paper)
    assert one(found, "monthly-plan-answer").status is DutyStatus.WAITING
    assert one(found, "monthly-report-answer").status is DutyStatus.MISSING
    found = entries("2026-11", "2026-11-23", plan, rules=Rules(unanswered_allowed=False))
    assert one(found, "monthly-plan-answer").status is DutyStatus.MISSING
    assert "not sent yet" in one(found, "monthly-report-answer").remarks[-1]


def test_a_paper_whose_day_nobody_knows_is_neither_on_time_nor_late() -> None:
    assert one(entries("2026-11", "2026-11-23", filed("monthly-report", "2026-10", None)), "monthly-report").status is (
        DutyStatus.UNDATED
    )


def test_each_department_hands_in_its_own() -> None:
    found = entries("2026-11", "2026-11-04", filed("department-report", "2026-10", "2026-11-03", "特勤部"))
    assert one(found, "department-report", "特勤部").status is DutyStatus.ON_TIME
    assert one(found, "department-report", "客户服务部").status is DutyStatus.MISSING


def test_the_chain_before_a_paper_is_shown() -> None:
    """Gap G3."""
    budget = one(entries("2026-12", "2026-12-21"), "annual-budget")
    assert budget.remarks[-2:] == ("before it: 部门下年度工作计划", "before it: 财务决算")


def test_visits_are_counted_by_person_and_need_the_register() -> None:
    duties = [duty for duty in DUTIES if duty.key == "visits"]
    assert duties[0].each == "person"
    assert one(entries("2026-10", "2026-11-23"), "visits", "谭晓雯").status is DutyStatus.WAITING
    covered = frozenset({("visits", month("2026-10"))})
    assert one(entries("2026-10", "2026-11-23", covered=covered), "visits", "谭晓雯").status is DutyStatus.MISSING


def test_a_week_belongs_to_the_month_of_its_friday() -> None:
    weeks = [entry.period for entry in entries("2026-10", "2026-11-23").entries if entry.duty.key == "weekly-meeting"]
    assert [week.first for week in weeks] == [date(2026, 9, 28), *(date(2026, 10, day) for day in (5, 12, 19, 26))]


@pytest.mark.parametrize(
    ("hours", "status"),
    [(23, DutyStatus.ON_TIME), (24, DutyStatus.ON_TIME), (25, DutyStatus.LATE), (None, DutyStatus.MISSING)],
)
def test_a_complaint_is_answered_within_24_hours_by_the_clock(hours: int | None, status: DutyStatus) -> None:
    """2.4, on holidays too."""
    started = datetime(2026, 10, 1, 22, 30)
    case = RegisterCase("complaints", "TS1", started, started + timedelta(hours=hours) if hours else None)
    found = one(entries("2026-10", "2026-10-03", cases=(case,)), "complaint-answer", "TS1")
    assert (found.status, found.moment) == (status, datetime(2026, 10, 2, 22, 30))
    assert one(entries("2026-10", "2026-10-01", cases=(case,)), "complaint-answer", "TS1").status in (
        status,
        DutyStatus.COMING,
    )


# --- what people write down ------------------------------------------------------------------------------------


def test_a_log_is_read_in_the_spellings_people_use() -> None:
    names = {duty.title: duty.key for duty in DUTIES}
    text = "送收登记\n事项,所属期,部门,日期\n《部门工作报告》,2026年１０月,特勤部,2026.11.3\n".encode("gb18030")
    assert read_transmittals(text, names) == (filed("department-report", "2026-10", "2026-11-03", "特勤部"),)


def test_every_cell_of_a_log_that_cannot_be_read_is_named() -> None:
    text = "事项,所属期,日期\n部门汇报,10月,11.3\n".encode()
    with pytest.raises(SourceError) as caught:
        read_transmittals(text, {"部门工作报告": "department-report"})
    assert [problem.where for problem in caught.value.problems] == [
        "transmittals.csv transmittals!A2",
        "transmittals.csv transmittals!B2",
        "transmittals.csv transmittals!C2",
    ]


# --- the sample office -----------------------------------------------------------------------------------------


def run(*words: str) -> dict:
    result = CliRunner().invoke(cli.program, [*words, "--office", str(OFFICE), "--json"], catch_exceptions=False)
    return json.loads(result.stdout)


@lru_cache(maxsize=4)
def sample(period: str) -> dict:
    return run("duties", period, "--on", filing.ON.isoformat())


def test_the_committed_key_is_that_of_the_generator() -> None:
    """`python -m samples.making.filing` mends this."""
    assert filing.KEY.read_text(encoding="utf-8") == filing.key()


def test_the_late_and_missing_papers_of_the_sample_office_are_named_no_more_and_no_fewer() -> None:
    key = {tuple(row.values()) for row in csv.DictReader(io.StringIO(filing.KEY.read_text(encoding="utf-8")))}
    found = {
        (period, entry["due"], entry["duty"], entry["about"], entry["by"], entry["status"])
        for period in ("2026-10", "2026-11")
        for entry in sample(period)["duties"]
        if entry["status"] in ("late", "missing")
    }
    assert found == key


@pytest.mark.parametrize("put", [shutil.move, shutil.copytree], ids=["only there", "there too"])
def test_papers_on_a_watched_share_are_found_by_the_ledger_and_counted_once(put: Any, tmp_path: Path) -> None:
    """Moved from the office's folders to the share, or lying in both: what is late and missing stays the same."""
    office, root, at = tmp_path / "office", tmp_path / "share", [datetime(2026, 11, 23, 1, tzinfo=UTC)]
    shutil.copytree(OFFICE, office)
    root.mkdir()
    put(office / "papers", root / "papers")
    settings = office / "guidang.toml"
    share = f'\n[shares."归档"]\npath = "{root.as_posix()}"\nsettle_seconds = 0\n'
    settings.write_text(settings.read_text(encoding="utf-8") + share, encoding="utf-8")

    def now() -> datetime:
        at[0] += timedelta(seconds=5)
        return at[0]

    def found() -> list[list[dict]]:
        periods = ("2026-10", "2026-11")
        words = ("--on", filing.ON.isoformat(), "--office", str(office), "--json")
        runs = (CliRunner().invoke(cli.program, ["duties", period, *words]) for period in periods)
        return [json.loads(one.stdout)["duties"] for one in runs]

    expected = [sample("2026-10")["duties"], sample("2026-11")["duties"]]
    if put is shutil.move:
        assert found() != expected
    known = Office.load(office)
    with Ledger.open(office / "ledger.db") as ledger:
        scanner = Scanner(ledger, shares(known)[0], lambda: catalogue_of(known), Actor("guidang", "0.1.0"), now)
        assert sum(scanner.look().filed for _look in range(3)) > 30
    assert found() == expected


def test_nothing_of_the_sample_office_was_left_unread() -> None:
    assert sample("2026-10")["problems"] == sample("2026-11")["problems"] == []


def test_the_command_prints_a_table_and_writes_a_calendar(tmp_path: Path) -> None:
    target = tmp_path / "期限.ics"
    words = ["duties", "2026-11", "--on", "2026-11-23", "--open", "--ics", str(target), "--office", str(OFFICE)]
    result = CliRunner().invoke(cli.program, [*words, "--lang", "zh_CN"], catch_exceptions=False)
    assert "保洁绿化部" in result.stdout
    assert "缺失" in result.stdout
    assert "2027" in result.stdout
    assert target.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


# --- iCalendar -------------------------------------------------------------------------------------------------


def unfolded(data: bytes) -> list[str]:
    return data.decode().replace("\r\n ", "").split("\r\n")


def test_a_calendar_is_sound_by_rfc_5545() -> None:
    found = entries("2026-12", "2026-11-23")
    data = calendar(found, "云汐苑,“一期”;二期", datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    lines = unfolded(data)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(found.entries)
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == len(uids)
    assert lines.count("DTSTAMP:20261123T010203Z") == len(uids)
    assert "CATEGORIES:云汐苑\\,“一期”\\;二期" in lines
    place = next(n for n, line in enumerate(lines) if line.startswith("SUMMARY:年度工作总结"))
    assert lines[place - 2 : place] == ["DTSTART;VALUE=DATE:20261227", "DTEND;VALUE=DATE:20261228"]


def test_a_deadline_of_hours_stands_at_its_hour_and_an_event_keeps_its_uid() -> None:
    case = RegisterCase("complaints", "TS1", datetime(2026, 10, 1, 22, 30))
    first = unfolded(calendar(entries("2026-10", "2026-10-02", cases=(case,)), "x", datetime(2026, 1, 1, tzinfo=UTC)))
    again = unfolded(calendar(entries("2026-10", "2026-10-09", cases=(case,)), "x", datetime(2026, 2, 1, tzinfo=UTC)))
    assert "DTSTART:20261002T143000Z" in first
    assert [line for line in first if line.startswith("UID")] == [line for line in again if line.startswith("UID")]
