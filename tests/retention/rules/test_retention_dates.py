"""Base dates, terms, eligible days, and what day it is: requirements T1–T4; working days: procedure §3.2."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from given.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

from foundation import language as i18n
from foundation.period import Period
from retention.duties.workdays import (
    FIVE_DAYS,
    HolidayTable,
    after_working_days,
    library,
    next_working_day,
    notice_wanted,
    read_holidays,
)
from retention.errors import SourceError
from retention.rules.dates import (
    BaseDate,
    Clock,
    ClockFault,
    base_date,
    business_date,
    eligible_day,
    last_kept_day,
    starts_on,
)
from retention.rules.model import Record
from retention.rules.schedule import Base, Rule, Start, Term, TermKind
from retention.rules.terms import read_term

if TYPE_CHECKING:
    from collections.abc import Iterator


def day(text: str) -> date:
    return date.fromisoformat(text)


def rule(term: str, start: Start) -> Rule:
    return Rule(read_term(term), start)


# --- T1 -----------------------------------------------------------------------------------------------------------

# base date, kept, anniversary: last kept → eligible, next_year: last kept → eligible
TABLE = (
    ("2024-02-29", "1年", "2025-02-28", "2025-03-01", "2025-12-31", "2026-01-01"),
    ("2024-02-29", "3年", "2027-02-28", "2027-03-01", "2027-12-31", "2028-01-01"),
    ("2023-02-28", "1年", "2024-02-28", "2024-02-29", "2024-12-31", "2025-01-01"),
    ("2024-12-31", "1年", "2025-12-31", "2026-01-01", "2025-12-31", "2026-01-01"),
    ("2025-01-01", "2年", "2027-01-01", "2027-01-02", "2027-12-31", "2028-01-01"),
    ("2023-08-31", "6个月", "2024-02-29", "2024-03-01", "2024-06-30", "2024-07-01"),
    # domain disposal §6.1
    ("2024-10-15", "1年", "2025-10-15", "2025-10-16", "2025-12-31", "2026-01-01"),
    ("2023-12-31", "3年", "2026-12-31", "2027-01-01", "2026-12-31", "2027-01-01"),
    ("2024-01-01", "3年", "2027-01-01", "2027-01-02", "2027-12-31", "2028-01-01"),
    # days, and sums of months and days
    ("2024-02-28", "2天", "2024-03-01", "2024-03-02", "2025-01-02", "2025-01-03"),
    ("2024-01-31", "1个月30天", "2024-03-30", "2024-03-31", "2025-03-02", "2025-03-03"),
)


@pytest.mark.parametrize(("base", "kept", "ann_last", "ann_eligible", "next_last", "next_eligible"), TABLE)
def test_the_vectors_of_both_start_rules(  # T1
    base: str, kept: str, ann_last: str, ann_eligible: str, next_last: str, next_eligible: str
) -> None:
    anniversary, next_year = rule(kept, Start.ANNIVERSARY), rule(kept, Start.NEXT_YEAR)
    assert last_kept_day(day(base), anniversary) == day(ann_last)
    assert eligible_day(day(base), anniversary) == day(ann_eligible)
    assert last_kept_day(day(base), next_year) == day(next_last)
    assert eligible_day(day(base), next_year) == day(next_eligible)


def test_a_rest_day_does_not_move_the_end_of_a_term() -> None:
    """T1: 2027-02-28 is a Sunday, 2027-01-01 a holiday; keeping is no act that could not be done on them."""
    assert last_kept_day(day("2024-02-28"), rule("3年", Start.ANNIVERSARY)) == day("2027-02-28")
    assert day("2027-02-28").weekday() == 6


def test_next_year_from_the_end_of_the_period_is_the_default() -> None:  # T1
    assert (Rule(Term(TermKind.BLANK)).start, Rule(Term(TermKind.BLANK)).base) == (Start.NEXT_YEAR, Base.PERIOD_END)


def test_the_first_day_that_counts() -> None:  # T1
    assert starts_on(day("2024-02-29"), Start.ANNIVERSARY) == day("2024-03-01")
    assert starts_on(day("2024-12-31"), Start.NEXT_YEAR) == day("2025-01-01")


@pytest.mark.parametrize("text", ["永久", "长期", "合同到期后3年", "", "30"])
def test_what_is_no_known_number_never_ends(text: str) -> None:
    """D4, P4: keep."""
    for start in Start:
        assert last_kept_day(day("2020-01-01"), rule(text, start)) is None
        assert eligible_day(day("2020-01-01"), rule(text, start)) is None


@pytest.mark.parametrize("start", Start)
def test_a_term_that_ends_beyond_the_calendar_never_ends(start: Start) -> None:
    """A base date misread as 9999-12-31 makes nothing due and nothing crash."""
    for kept in ("1年", "1天", "100年"):
        assert eligible_day(date.max, rule(kept, start)) is None
    assert eligible_day(day("9998-12-31"), rule("1年", start)) is None


PERIOD = Period(day("2026-10-01"), day("2026-10-31"))


@pytest.mark.parametrize(
    ("choice", "period", "dated", "expected"),
    [
        (Base.PERIOD_END, PERIOD, "2026-11-03", BaseDate(day("2026-10-31"), Base.PERIOD_END)),
        (Base.PERIOD_END, None, "2026-11-03", BaseDate(day("2026-11-03"), Base.DOCUMENT)),
        (Base.PERIOD_END, None, None, BaseDate(day("2026-11-06"), Base.FILING)),
        (Base.DOCUMENT, PERIOD, "2026-11-03", BaseDate(day("2026-11-03"), Base.DOCUMENT)),
        (Base.DOCUMENT, PERIOD, None, BaseDate(day("2026-11-06"), Base.FILING)),
        (Base.FILING, PERIOD, "2026-11-03", BaseDate(day("2026-11-06"), Base.FILING)),
        (Base.LATEST, PERIOD, "2027-01-04", BaseDate(day("2027-01-04"), Base.DOCUMENT)),
        (Base.LATEST, None, None, BaseDate(day("2026-11-06"), Base.FILING)),
    ],
)
def test_the_base_date_is_the_chosen_one_or_the_next_known(  # T1
    choice: Base, period: Period | None, dated: str | None, expected: BaseDate
) -> None:
    record = Record("1", "share", "a.docx", "0" * 64, 1, day("2026-11-06"), None, period, dated and day(dated))
    assert base_date(record, choice) == expected


# --- T2 -----------------------------------------------------------------------------------------------------------

days = st.dates(date(1990, 1, 1), date(2200, 12, 31))
terms = st.builds(
    lambda months, extra: Term(TermKind.FIXED, "", months, extra), st.integers(0, 1200), st.integers(0, 400)
).filter(lambda term: term.months + term.days > 0)


@given(days, st.integers(0, 4000), terms, st.sampled_from(Start))
def test_a_later_base_date_is_never_eligible_earlier(base: date, later: int, term: Term, start: Start) -> None:  # T2
    first, second = (eligible_day(when, Rule(term, start)) for when in (base, base + timedelta(days=later)))
    assert first
    assert second
    assert first <= second


@given(days, terms)
def test_next_year_is_never_earlier_than_anniversary(base: date, term: Term) -> None:  # T2
    by_year, by_day = (eligible_day(base, Rule(term, start)) for start in (Start.NEXT_YEAR, Start.ANNIVERSARY))
    assert by_year
    assert by_day
    assert by_day <= by_year


@given(days, st.integers(1, 100))
def test_whole_years_by_the_next_year_rule_end_with_a_year(base: date, years: int) -> None:  # T1
    eligible = eligible_day(base, Rule(Term(TermKind.FIXED, "", years * 12), Start.NEXT_YEAR))
    assert eligible == date(base.year + years + 1, 1, 1)


@given(days, terms, st.sampled_from(Start))
def test_the_eligible_day_is_the_day_after_the_last_kept(base: date, term: Term, start: Start) -> None:  # T1
    last, eligible = last_kept_day(base, Rule(term, start)), eligible_day(base, Rule(term, start))
    assert last
    assert eligible == last + timedelta(days=1)
    assert last > base


# --- T3 -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def host_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def test_the_machines_time_zone_changes_nothing(host_zone: str) -> None:  # T3
    assert business_date(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == day("2026-12-31")
    assert business_date(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == day("2027-01-01")
    west = timezone(timedelta(hours=-8))
    assert business_date(datetime(2026, 12, 31, 8, 0, tzinfo=west)) == day("2027-01-01")
    with pytest.raises(ValueError, match="no time zone"):
        business_date(datetime(2026, 12, 31, 16, 0))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14, 14))
def test_an_instant_has_one_business_date_however_it_is_written(at: datetime, hours: int) -> None:  # T3
    instant = at.replace(tzinfo=UTC)
    assert business_date(instant) == business_date(instant.astimezone(timezone(timedelta(hours=hours))))


# --- T4 -----------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_clock_behind_the_last_event_executes_nothing() -> None:  # T4
    assert Clock().fault(NOON) is None
    assert Clock().recorded(NOON).fault(NOON) is None
    assert Clock().recorded(NOON).fault(NOON - timedelta(microseconds=1)) is ClockFault.BEHIND


def test_a_clock_a_day_ahead_of_the_last_scan_needs_a_persons_word() -> None:  # T4
    clock = Clock().scanned(NOON)
    assert clock.fault(NOON + 24 * HOUR) is None
    assert clock.fault(NOON + 25 * HOUR) is ClockFault.AHEAD
    assert clock.vouched(NOON + 25 * HOUR).fault(NOON + 25 * HOUR) is None


def test_scanning_does_not_make_a_wrong_clock_right() -> None:
    """T4: a scan at the new time is no person's word for it; nor is any event."""
    ahead = NOON + 3000 * HOUR
    clock = Clock().scanned(NOON).scanned(ahead).recorded(ahead + HOUR).scanned(ahead + HOUR)
    assert clock.fault(ahead + 2 * HOUR) is ClockFault.AHEAD
    assert clock.vouched(ahead + 2 * HOUR).scanned(ahead + 20 * HOUR).fault(ahead + 40 * HOUR) is None


def test_a_clock_set_back_and_scanned_is_not_believed_longer() -> None:  # T4
    clock = Clock().scanned(NOON).scanned(NOON - 100 * HOUR)
    assert clock == Clock(NOON, NOON)


# --- working days: procedure §3.2, domain conventions §9 --------------------------------------------------------

OFFICE = read_holidays((ROOT / "samples/office/holidays.csv").read_bytes(), "holidays.csv")
VECTORS = (
    ("2026-04-06", 4, "2026-04-10"),
    ("2026-10-06", 4, "2026-10-12"),
    ("2026-04-27", 5, "2026-05-07"),
    ("2026-09-27", 5, "2026-10-09"),
    ("2026-02-27", 5, "2026-03-05"),
)


@pytest.mark.parametrize("table", [OFFICE, library(), OFFICE.over(library())], ids=["office", "library", "both"])
@pytest.mark.parametrize(("sent", "count", "answered_by"), VECTORS)
def test_answers_are_due_in_working_days(sent: str, count: int, answered_by: str, table: HolidayTable) -> None:
    """Clauses 3.2.3 and 3.3.1, with 调休."""
    end = after_working_days(day(sent), count, table)
    assert (end.day, end.estimated) == (day(answered_by), False)
    assert str(end) == answered_by


def test_a_year_without_a_notice_counts_weekends_and_says_so() -> None:
    """The answer to the plan of 27 December 2026 runs into 2027."""
    end = after_working_days(day("2026-12-27"), 5, OFFICE.over(library()))
    assert (end.day, end.unknown_years) == (day("2027-01-01"), (2027,))
    with i18n.use("zh_CN"):
        assert str(end) == "2027-01-01 （暂按周末推算：缺2027年放假通知）"


def test_the_offices_own_table_comes_before_the_library() -> None:
    own = read_holidays("日期,休或班\n2026-10-08,休\n2027-01-04,休\n2027-10-01,休\n".encode(), "holidays.csv")
    table = own.over(library())
    assert after_working_days(day("2026-09-27"), 5, table).day == day("2026-10-10")
    assert after_working_days(day("2027-01-01"), 1, table) == after_working_days(day("2027-01-04"), 1, table)
    assert table.knows(2026)
    assert table.knows(2027)


def test_a_few_days_of_a_year_are_not_its_notice() -> None:
    """Rows of the New Year's holiday alone do not make the rest of the year certain."""
    table = read_holidays("日期,休或班\n2027-01-01,休\n".encode(), "holidays.csv")
    assert after_working_days(day("2026-12-31"), 1, table).estimated
    assert after_working_days(day("2026-12-31"), 1, table).day == day("2027-01-04")


def test_the_day_of_hand_over_counts_where_the_setting_says_so() -> None:
    assert after_working_days(day("2026-04-27"), 5, OFFICE, counts_first=True).day == day("2026-05-06")


def test_a_six_day_week_works_on_saturdays() -> None:
    table = HolidayTable(OFFICE.rests, FIVE_DAYS | {5})
    assert after_working_days(day("2026-10-07"), 3, table).day == day("2026-10-10")
    assert after_working_days(day("2026-10-16"), 1, table).day == day("2026-10-17")


def test_the_next_working_day_may_be_today() -> None:
    assert next_working_day(day("2026-10-03"), OFFICE).day == day("2026-10-08")
    assert next_working_day(day("2026-10-10"), OFFICE).day == day("2026-10-10")


def test_the_next_years_notice_is_asked_for_from_november() -> None:
    assert notice_wanted(day("2026-10-31"), OFFICE) is None
    assert notice_wanted(day("2026-11-01"), OFFICE) == 2027
    assert notice_wanted(day("2027-02-01"), OFFICE) == 2027


@pytest.mark.parametrize(
    "spelling", ["2026-1-4", "2026/01/04", "2026.1.4", "２０２６年１月４日", "20260104", " 2026年1月4 日"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_kept_in_excel_is_read(spelling: str, encoding: str) -> None:
    data = f"2026年放假安排\n名称,日期,休或班\n元旦,{spelling},班\n".encode(encoding)
    assert read_holidays(data, "holidays.csv").rests == {day("2026-01-04"): False}


def test_every_fault_of_the_table_is_told_with_its_cell() -> None:
    lines = "日期,休或班\n2026-13-01,休\n2026-01-01,放\n2026-01-02,休\n2026-01-02,班\n2026-01-02,休\n"
    with pytest.raises(SourceError) as raised:
        read_holidays(lines.encode(), "holidays.csv")
    assert [(problem.where, problem.code) for problem in raised.value.problems] == [
        ("holidays.csv holidays!A2", "holidays.day"),
        ("holidays.csv holidays!B3", "holidays.kind"),
        ("holidays.csv holidays!A5", "holidays.contradiction"),
    ]
    assert all(problem.hint for problem in raised.value.problems)
