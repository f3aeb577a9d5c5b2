"""Periods in every spelling people use for names (domain: conventions, names of files)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.folding import normal
from foundation.period import Period, PeriodError, periods_in

SPELLINGS = [
    ("2026年10月", "2026-10"),
    ("２０２６年１０月", "2026-10"),
    ("2026 年 10 月", "2026-10"),
    ("2026.10月报-终稿(2)", "2026-10"),
    ("2026-10", "2026-10"),
    ("2026_10", "2026-10"),
    ("202610报表", "2026-10"),
    ("26年10月工作报告-张", "2026-10"),
    ("26.10月报", "2026-10"),
    ("2026年十月月报 - 副本", "2026-10"),
    ("二〇二六年十月", "2026-10"),
    ("二0二六年十月", "2026-10"),
    ("二○二六年十二月", "2026-12"),
    ("2026年元月", "2026-01"),
    ("2026年10月份", "2026-10"),
    ("2026年10月3日", "2026-10-03"),
    ("2026年十月三日", "2026-10-03"),
    ("2026.10.3", "2026-10-03"),
    ("2026-10-03", "2026-10-03"),
    ("20261003", "2026-10-03"),
    ("扫描件_20261103_0001", "2026-11-03"),
    ("2026年1-3月", "2026-01-01/2026-03-31"),
    ("2026年1月至3月", "2026-01-01/2026-03-31"),
    ("2026.01-2026.03", "2026-01-01/2026-03-31"),
    ("2026-1-3月", "2026-01-01/2026-03-31"),
    ("2026年12月-2027年1月", "2026-12-01/2027-01-31"),
    ("2026年10月1日至10月31日", "2026-10"),
    ("20261001-20261031", "2026-10"),
    ("2026.10.12-10.18", "2026-10-12/2026-10-18"),
    ("2026年第三季度", "2026-07-01/2026-09-30"),
    ("2026年三季度", "2026-07-01/2026-09-30"),
    ("2026Q3", "2026-07-01/2026-09-30"),
    ("2026年上半年", "2026-01-01/2026-06-30"),
    ("2026-H2", "2026-07-01/2026-12-31"),
    ("2026年10月上旬", "2026-10-01/2026-10-10"),
    ("2026年2月下旬", "2026-02-21/2026-02-28"),
    ("2026年度", "2026"),
    ("2025-2026年度", "2025-01-01/2026-12-31"),
]


@pytest.mark.parametrize(("text", "period"), SPELLINGS)
def test_a_spelling_is_read(text: str, period: str) -> None:
    (written,) = periods_in(normal(text))
    assert str(written.period()) == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("10月份月报", "2026-10"),
        ("十一月", "2026-11"),
        ("1至3月", "2026-01-01/2026-03-31"),
        ("三季度", "2026-07-01/2026-09-30"),
    ],
)
def test_a_year_that_is_not_written_stays_open(text: str, period: str) -> None:
    (written,) = periods_in(text)
    assert written.period() is None
    assert str(written.period(2026)) == period


@pytest.mark.parametrize(
    "text", ["V1.2", "3-2-501", "3栋电梯困人", "6月31日", "202613", "WX2610001", "138001380001", "一号楼"]
)
def test_what_is_no_period_is_left_out(text: str) -> None:
    assert periods_in(normal(text)) == ()


def test_several_periods_are_all_named() -> None:
    assert [str(one.period(2026)) for one in periods_in("2026年9月、10月")] == ["2026-09", "2026-10"]


@given(st.text(alphabet="0123456789年月日号-.~至第季度上下半周旬一二十〇 QqHh元份", max_size=30))
def test_any_text_is_read_without_failing_and_places_are_in_it(text: str) -> None:
    for written in periods_in(normal(text)):
        assert 0 <= written.start < written.end <= len(normal(text))
        assert written.period(2024) is None or written.period(2024).first <= written.period(2024).last


@given(st.dates(), st.sampled_from(["{0.year}年{0.month}月{0.day}日", "{0:%Y-%m-%d}", "{0.year}.{0.month}.{0.day}"]))
def test_a_day_written_is_the_day_read(day, pattern: str) -> None:
    if day.year >= 1900 and day.year < 2100:
        (written,) = periods_in(pattern.format(day))
        assert written.period().first == written.period().last == day


@pytest.mark.parametrize(
    ("name", "kind", "period"),
    [
        # once with several answers: the name of a paper, of a file on a share, an option
        ("月报2026年10月.docx", "month", "2026-10"),
        ("月报 202610.docx", "month", "2026-10"),
        ("月报 2026.10.docx", "month", "2026-10"),
        ("二〇二六年十月月报.docx", "month", "2026-10"),
        ("26年10月月报.docx", "month", "2026-10"),
        ("月报20261106.docx", "month", None),  # the day it was printed is no month
        ("月报2026年10月31日.docx", "month", None),
        ("2026年9月、10月月报.docx", "month", None),
        ("2026年1-3月月报.docx", "month", None),
        ("10月月报.docx", "month", None),  # no year: never the clock's
        ("每日检查表 20261018.xlsx", "day", "2026-10-18"),
        ("每日检查表 2026-10-18.xlsx", "day", "2026-10-18"),
        ("满意度调查2026年下半年.docx", "half", "2026-H2"),
        ("满意度调查2026-H2.docx", "half", "2026-H2"),
        ("年度预算2027.xlsx", "year", "2027"),
        ("年度预算2027年度.xlsx", "year", "2027"),
        ("年度预算 2026年10月.xlsx", "year", None),
        ("2026-10", "month", "2026-10"),
        ("2026", "month", None),
    ],
)
def test_a_name_spells_one_period_of_a_kind_or_none(name: str, kind: str, period: str | None) -> None:
    found = Period.named(name, kind)
    assert (found and str(found)) == period
    assert found is None or found.kind == kind


@pytest.mark.parametrize(
    "text", ["2026-10", "2026.1", "202610", "26年10月", "二〇二六年十月", "2026_10", "2026年下半年", "2026-H1", "2026"]
)
def test_an_option_is_read_as_a_name_is(text: str) -> None:
    assert Period.parse(text) == Period.named(text, Period.parse(text).kind)


@pytest.mark.parametrize(
    "text", ["1026-10", "2026.10-03", "2026年1-3月", "2026Q3", "10月", "2026年9月10月", "2026年10", ""]
)
def test_an_option_that_is_no_one_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        Period.parse(text)


def test_periods_of_the_same_days_are_one_however_they_came_about() -> None:
    """A class covers days; how they are called says only how they are printed."""
    half, days = Period.half(2026, 2), Period(date(2026, 7, 1), date(2026, 12, 31))
    assert half == days
    assert hash(half) == hash(days)
    assert (str(half), str(days)) == ("2026-H2", "2026-07-01/2026-12-31")
    assert str(Period(date(9999, 12, 1), date.max)) == "9999-12"
