"""Figures: what is declared is what is counted, every figure with its rows, and nothing is guessed (2.1–2.13)."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from decimal import Decimal

import pytest
from given.figures import FIVE, OCTOBER, REPAIRS, VISITS, figure, lines, measure, rows, verdict

from docgen.figures.declarations import parse
from docgen.figures.evaluation import evaluate
from docgen.figures.expressions import days, hours, week, weeks, years
from docgen.figures.objectives import Status, judge, parse_objectives
from docgen.figures.results import Figure, print_change, print_value

# --- kinds of figures ---------------------------------------------------------------------------------------------

LIMITS = {"limits": {"repair": {"给排水": 24, "电梯": 4}}}
TIMELINESS = """
table = "repairs"
clause = "2.6"
where = "period.contains(received)"
unknown = "category not in settings.limits.repair"
numerator = "finished is not none and hours(received, finished) <= settings.limits.repair[category]"
"""


def test_a_rate_counts_rows_and_keeps_them():
    """2.6: 1 of 3 in time; the row without a limit is on neither side (G13), the row of September is not looked at."""
    found = figure(TIMELINESS, LIMITS, repairs=REPAIRS)
    assert (found.numerator, found.denominator) == (1, 3)
    assert lines(found.rows) == [2, 3, 4]
    assert lines(found.hits) == [2]
    assert lines(found.misses) == [3, 4]
    assert lines(found.unknown) == [5]
    assert (found.text, found.basis) == ("33.33%", "1 ÷ 3")


def test_only_unknown_rows_are_no_data():
    """G13: no limit for any → 无数据, neither 0 % nor 100 %."""
    found = figure(TIMELINESS, {"limits": {"repair": {}}}, repairs=REPAIRS)
    assert (found.value, found.denominator, found.text) == (None, 0, "—")
    assert verdict(found, ">=", "0.98").text == "无数据"


def test_the_denominator_narrows_what_the_numerator_sees():
    """The numerator is never evaluated on rows outside the denominator: its guards need no repeating."""
    found = figure(
        'table="r"\ndenominator="finished is not none"\nnumerator="hours(received, finished) <= 24"', r=REPAIRS
    )
    assert (found.numerator, found.denominator) == (2, 4)


FEES = rows(
    "收费",
    {"room": "1-1", "item": "物业费", "started": date(2026, 10, 1), "due": Decimal(100), "paid": Decimal(97)},
    {"room": "1-2", "item": "物业费", "started": date(2026, 10, 1), "due": Decimal(100), "paid": Decimal(100)},
    {"room": "1-2", "item": "停车费", "started": date(2026, 10, 1), "due": Decimal(50), "paid": None},
    {"room": "1-1", "item": "物业费", "started": date(2026, 7, 1), "due": Decimal(200), "paid": Decimal(50)},
    {"room": "1-1", "item": "押金", "started": date(2026, 10, 1), "due": Decimal(500), "paid": Decimal(500)},
)
COLLECTION = """
[[figures]]
key = "current"
title = "收缴率（当期）"
table = "fees"
where = "item != '押金' and period.contains(started)"
numerator_sum = "paid"
denominator_sum = "due"
[[figures]]
key = "cumulative"
title = "收缴率（累计）"
table = "fees"
where = "item != '押金'"
numerator_sum = "paid"
denominator_sum = "due"
"""


def test_collection_current_and_cumulative_stand_side_by_side():
    """2.1, G10: deposits stay out; arrears are in the cumulative rate only; an empty cell pays nothing."""
    measures = measure(COLLECTION, fees=FEES)
    current, cumulative = measures.figures["current"], measures.figures["cumulative"]
    assert (current.numerator, current.denominator, current.text) == (197, 250, "78.80%")
    assert (cumulative.numerator, cumulative.denominator, cumulative.text) == (247, 450, "54.89%")
    assert lines(current.hits) == [3]
    assert lines(current.misses) == [2, 4]
    objectives = [
        {"clause": "2.1", "title": "收缴率", "figure": "current", "cumulative": "cumulative", "target": "0.97"}
    ]
    judged = judge(parse_objectives({"objectives": objectives}), measures.figures)[0]
    assert (judged.actual, judged.cumulative_text, judged.text) == ("78.80%", "54.89%", "未达标")


def test_counts_and_sums():
    assert figure('table="r"\ncount="finished is none"', r=REPAIRS).text == "1"
    total = figure('table="r"\nsum="fee"\nunit="money"', r=REPAIRS)
    assert (total.value, total.text) == (Decimal("42.50"), "42.50")
    assert lines(total.hits) == [2, 5]


def test_a_mean_leaves_out_rows_without_a_value_and_says_so():
    """Survey items nobody answered stay out of the denominator, and are listed."""
    found = figure('table="r"\nmean="fee"\nunit="money"', r=REPAIRS)
    assert (found.value, found.basis) == (Decimal("21.25"), "42.50 ÷ 2")
    assert lines(found.unknown) == [3, 4, 6]


def test_an_index_is_points_over_full_points_on_a_declared_scale():
    """2.2, G11: 得分总和 ÷ 满分总和 × 100."""
    survey = rows("满意度", {"score": 430, "full": 500}, {"score": 400, "full": 500})
    toml = 'table="s"\nnumerator_sum="score"\ndenominator_sum="full"\nunit="index"\nscale="settings.satisfaction_scale"'
    found = figure(toml, {"satisfaction_scale": 100}, s=survey)
    assert (found.value, found.text, found.basis) == (83, "83.00", "830 ÷ 1,000 × 100")
    judged = verdict(found, ">=", "85", unit="分")
    assert (judged.target, judged.actual, judged.text) == ("≥85分", "83.00分", "未达标")


ENERGY = 'table="e"\nnow="used"\nbase="before"'


def test_energy_is_a_change_against_a_base():
    """2.2, G12: (this − base) ÷ base; a meter without a base is on neither side."""
    meters = rows("能耗", {"used": 900, "before": 1000}, {"used": 950, "before": 1000}, {"used": 40, "before": None})
    found = figure(ENERGY, e=meters)
    assert (found.value, found.text) == (Decimal("-0.075"), "-7.50%")
    assert found.basis == "(1,850 − 2,000) ÷ 2,000"
    assert lines(found.unknown) == [4]
    judged = verdict(found, "<=", "-5%")
    assert (judged.target, judged.text) == ("下降5%以上", "达标")


@pytest.mark.parametrize(("used", "met"), [(950, True), (951, False), (949, True)])
def test_a_drop_of_exactly_five_percent_passes(used: int, met: bool):
    """以上 includes the figure itself."""
    found = figure(ENERGY, e=rows("能耗", {"used": used, "before": 1000}))
    assert (verdict(found, "<=", "-0.05").status is Status.MET) is met


def test_no_base_is_no_data():
    found = figure(ENERGY, e=rows("能耗", {"used": 10, "before": 0}))
    assert (found.value, found.text) == (None, "—")


def test_visits_are_distinct_households_a_person():
    """3.6.1, G22: 5 visits to 3 households are 3; who is on the roster and never went is below as well."""
    found = figure(f'{FIVE}roster="settings.visitors"', {"visitors": ["李经理", "王主管", "赵主管"]}, v=VISITS)
    assert [(g.label, g.count, g.reached) for g in found.groups] == [
        ("李经理", 5, True),
        ("王主管", 3, False),
        ("赵主管", 0, False),
    ]
    assert [g.label for g in found.below] == ["王主管", "赵主管"]
    assert (found.numerator, found.denominator, found.text) == (1, 3, "33.33%")
    assert lines(found.unknown) == [12]  # the cleaner is on no roster: neither a pass nor a fail


def test_without_a_roster_the_rows_say_who():
    found = figure(FIVE, v=VISITS)
    assert [g.label for g in found.groups] == ["李经理", "王主管", "保洁员"]


def test_a_roster_of_two_columns_is_every_pair():
    """3.4.1: every department in every week; week 40's Friday is 2 October, week 44's is 30 October."""
    sessions = rows("培训", {"department": "特勤部", "date": date(2026, 10, 13)})
    toml = """
    table = "t"
    distinct = "row.place.row"
    per = ["department", "week(date)"]
    roster = ["settings.departments", "weeks(period)"]
    """
    found = figure(toml, {"departments": ["特勤部", "工程维修部"]}, t=sessions)
    assert found.denominator == 10
    assert [g.label for g in found.groups if g.reached] == ["特勤部 · 2026-W42"]


def test_distinct_values_over_all_rows():
    found = figure('table="v"\ndistinct="room"', v=VISITS)
    assert (found.value, len(found.hits), len(found.misses)) == (9, 9, 2)


def test_a_quotient_joins_two_tables():
    """投诉率 = 投诉 ÷ 已入住户数."""
    toml = """
    [[figures]]
    key = "complaints"
    title = "投诉"
    table = "complaints"
    count = true
    [[figures]]
    key = "households"
    title = "户数"
    table = "housing"
    sum = "occupied"
    [[figures]]
    key = "rate"
    title = "投诉率"
    quotient = ["complaints", "households"]
    unit = "percent"
    """
    measures = measure(toml, complaints=rows("投诉", {"a": 1}, {"a": 2}), housing=rows("房屋", {"occupied": 400}))
    assert (measures.figures["rate"].text, measures.figures["rate"].basis) == ("0.50%", "2 ÷ 400")


def test_certified_managers_with_a_full_year_on_the_last_day():
    """2.12: who has not completed the year by 31 October is not asked."""
    staff = rows(
        "持证",
        {"name": "甲", "since": date(2025, 10, 31), "certificate": "123"},
        {"name": "乙", "since": date(2025, 11, 1), "certificate": None},
        {"name": "丙", "since": date(2020, 1, 1), "certificate": None},
    )
    found = figure(
        'table="s"\ndenominator="years(since, period.last) >= 1"\nnumerator="certificate is not none"', s=staff
    )
    assert (lines(found.hits), lines(found.misses)) == ([2], [4])


# --- no data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "toml",
    [
        'numerator="true"',
        'numerator_sum="a"\ndenominator_sum="a"',
        'count="true"',
        'sum="a"',
        'mean="a"',
        'distinct="a"',
    ],
)
def test_a_register_not_handed_in_is_no_data(toml: str):
    """A missing register is never 0 %, 100 % or 0."""
    found = figure(f'table="t"\n{toml}')
    assert (found.value, found.numerator, found.text, found.rows) == (None, None, "—", ())


def test_an_empty_register_counts_nothing():
    """2.5: a register of incidents handed in without rows is 0 incidents, and meets = 0."""
    found = figure('table="t"\ncount="grade == \'重大\'"', t=())
    assert found.value == 0
    judged = verdict(found, "==", "0", unit="起")
    assert (judged.text, judged.target, judged.actual) == ("达标", "0起", "0起")
    assert figure('table="t"\nnumerator="true"', t=()).value is None


def test_without_tables_breakdowns_and_lists_are_empty():
    measures = measure(BREAKDOWN + '[[lists]]\nkey="l"\ntable="repairs"')
    assert [line["received"].text for line in measures.breakdowns["by_category"].rows] == ["—", "—"]
    assert measures.lists["l"] == ()


# --- rounding and verdicts ----------------------------------------------------------------------------------------


def rate(paid: str, due: str) -> Figure:
    toml = 'table="f"\nnumerator_sum="paid"\ndenominator_sum="due"'
    return figure(toml, f=rows("收费", {"paid": Decimal(paid), "due": Decimal(due)}))


@pytest.mark.parametrize(
    ("paid", "due", "text", "status"),
    [
        ("97", "100", "97.00%", Status.MET),  # 以上 includes the figure itself
        ("0.9699999", "1", "97.00%", Status.MISSED),  # prints as 97.00 % and is below it
        ("0.97000001", "1", "97.00%", Status.MET),
        ("96.995", "100", "97.00%", Status.MISSED),
        ("0", "100", "0.00%", Status.MISSED),
        ("0", "0", "—", Status.NO_DATA),
        ("100", "0", "—", Status.NO_DATA),
        ("1", "3", "33.33%", Status.MISSED),
        ("969999999999999999999999", "1000000000000000000000000", "97.00%", Status.MISSED),
    ],
)
def test_rates_are_compared_unrounded_and_printed_half_up(paid: str, due: str, text: str, status: Status):
    judged = verdict(rate(paid, due), ">=", "0.97")
    assert (judged.actual, judged.status) == (text, status)


def test_a_miss_that_rounding_hides_is_explained():
    """97.00 % beside ≥97 % and 未达标 needs a word."""
    assert verdict(rate("0.9699999", "1"), ">=", "97%").remark == "按未四舍五入的数值96.99999%判定"
    assert verdict(rate("0.96", "1"), ">=", "97%").remark == ""


def test_the_remark_counts_what_cannot_be_judged():
    found = figure(TIMELINESS, LIMITS, repairs=REPAIRS)
    assert verdict(found, ">=", "98%", note="按户内报修").remark == "按户内报修；另有1项无法判定，未计入"


@pytest.mark.parametrize(
    ("comparison", "value", "met"),
    [
        (">=", 5, True),
        (">=", 4, False),
        ("<=", 5, True),
        ("<=", 6, False),
        ("==", 5, True),
        ("==", 4, False),
        (">", 5, False),
        ("<", 5, False),
    ],
)
def test_comparisons(comparison: str, value: int, met: bool):
    found = figure('table="t"\ncount=true', t=rows("x", *({"a": n} for n in range(value))))
    assert (verdict(found, comparison, "5").status is Status.MET) is met


def test_info_is_shown_and_not_judged():
    found = figure('table="t"\ncount=true', t=rows("x", {"a": 1}))
    judged = judge(
        parse_objectives({"objectives": [{"clause": "2.13", "title": "装修", "figure": "x", "comparison": "info"}]}),
        {"x": found},
    )[0]
    assert (judged.text, judged.target, judged.actual) == ("—", "—", "1")


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        ("0.97345", "percent", 2, "97.35%"),
        ("0.97344999", "percent", 2, "97.34%"),
        ("0.125", "number", 2, "0.13"),
        ("2.5", "count", 0, "3"),
        ("1234.5", "money", 2, "1,234.50"),
        ("-0.052", "change", 2, "-5.20%"),
        ("0.052", "change", 2, "+5.20%"),
        ("-0.00001", "change", 2, "0.00%"),
        ("1", "percent", 2, "100.00%"),
        (None, "percent", 2, "—"),
    ],
)
def test_print(value: str | None, unit: str, digits: int, text: str):
    assert print_value(None if value is None else Decimal(value), unit, digits) == text


@pytest.mark.parametrize(
    ("value", "base", "unit", "text"),
    [
        ("0.98", "0.97", "percent", "+1.00个百分点"),
        ("0.97", "0.985", "percent", "-1.50个百分点"),
        ("0.97", "0", "percent", "+97.00个百分点"),
        ("105", "100", "count", "+5.00%"),
        ("95", "100", "money", "-5.00%"),
        ("5", "0", "count", "—"),
        ("0", "0", "count", "持平"),
        ("86", "85", "index", "+1.00分"),
        (None, "1", "count", "—"),
        ("1", None, "count", "—"),
    ],
)
def test_change_from_another_month(value: str | None, base: str | None, unit: str, text: str):
    """Conventions §2.2: a rate changes by 个百分点, an amount by percent; from 0 there is no percentage."""
    assert print_change(*(None if x is None else Decimal(x) for x in (value, base)), unit) == text


def test_figures_know_the_month_before():
    declared = parse(tomllib.loads('[[figures]]\nkey="n"\ntitle="报修"\ntable="t"\ncount=true'))
    september = evaluate(declared, {"t": rows("x", {"a": 1}, {"a": 2})}, period=OCTOBER.previous(), settings={})
    october = evaluate(
        declared, {"t": rows("x", {"a": 1})}, period=OCTOBER, settings={}, previous=september.figures
    ).figures["n"]
    assert (october.text, october.previous_text, october.month_on_month) == ("1", "2", "-50.00%")
    assert (october.last_year_text, october.year_on_year) == ("—", "—")


# --- breakdowns, lists, derived columns ---------------------------------------------------------------------------

BREAKDOWN = """
[[breakdowns]]
key = "by_category"
title = "报修分类"
table = "repairs"
by = "category"
order = ["给排水", "强电"]
total = true
columns = [
  { key = "received", title = "受理", count = "period.contains(received)" },
  { key = "fee", sum = "fee", unit = "money" },
  { key = "done", numerator = "finished is not none" },
]
"""


def test_a_breakdown_shows_the_declared_order_then_what_else_there_is():
    breakdown = measure(BREAKDOWN, repairs=REPAIRS).breakdowns["by_category"]
    assert [(b.label, b["received"].text, b["fee"].text, b["done"].text) for b in breakdown.rows] == [
        ("给排水", "2", "30.00", "100.00%"),
        ("强电", "0", "0.00", "—"),
        ("电梯", "1", "0.00", "0.00%"),
        ("绿化", "1", "12.50", "100.00%"),
    ]


def test_the_total_is_computed_from_all_rows_never_from_the_rates():
    """合计 of 100 %, 0 % and 100 % over 3, 1 and 1 rows is 80 %, not 66.67 %."""
    total = measure(BREAKDOWN, repairs=REPAIRS).breakdowns["by_category"].total
    assert total is not None
    assert (total.label, total["received"].text, total["fee"].text, total["done"].text) == (
        "合计",
        "4",
        "42.50",
        "80.00%",
    )


def test_an_empty_cell_has_a_line_of_its_own():
    toml = '[[breakdowns]]\nkey="b"\ntable="t"\nby="a"\ncolumns=[{key="n",count=true}]'
    breakdown = measure(toml, t=rows("x", {"a": None}, {"a": True})).breakdowns["b"]
    assert [line.label for line in breakdown.rows] == ["（未填）", "是"]


def test_open_past_24_hours_is_a_list():
    """2.4: no first reply within 24 clock hours, counted to the end of the month; oldest first."""
    complaints = rows(
        "投诉",
        {"received": datetime(2026, 10, 31, 0, 0), "replied": None},  # 24 h at closing: not past
        {"received": datetime(2026, 10, 30, 23, 59), "replied": None},
        {"received": datetime(2026, 10, 5, 9), "replied": datetime(2026, 10, 7, 9)},
        {"received": datetime(2026, 10, 2, 9), "replied": None},
    )
    toml = """
    [[lists]]
    key = "overdue"
    table = "c"
    where = "replied is none and hours(received, closing) > 24"
    order = ["received"]
    """
    assert lines(measure(toml, c=complaints).lists["overdue"]) == [5, 3]


def test_lists_are_stable_and_put_empty_cells_last():
    toml = '[[lists]]\nkey="l"\ntable="t"\norder=["-a", "b"]'
    found = measure(toml, t=rows("x", {"a": None, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 2}, {"a": 1, "b": 1}))
    assert lines(found.lists["l"]) == [4, 5, 3, 2]


def test_derived_columns_are_seen_by_everything_after_them():
    toml = """
    [[derive]]
    table = "repairs"
    key = "limit"
    expr = "settings.limits.repair.get(category)"
    [[derive]]
    table = "repairs"
    key = "late"
    expr = "limit is not none and (finished is none or hours(received, finished) > limit)"
    [[figures]]
    key = "late"
    title = "超时"
    table = "repairs"
    count = "late"
    [[lists]]
    key = "late"
    table = "repairs"
    where = "late"
    """
    measures = measure(toml, LIMITS, repairs=REPAIRS)
    assert measures.figures["late"].text == "3"
    assert measures.lists["late"][0]["limit"] == 24
    assert str(measures.lists["late"][0].place) == "报修.xlsx 报修!3"
    assert REPAIRS[0].keys() == {"received", "finished", "category", "fee"}


def test_a_column_named_like_a_function_is_reached_through_row():
    found = figure(
        'table="t"\ncount="row.period == \'三季度\' and row.hours > 1"', t=rows("x", {"period": "三季度", "hours": 2})
    )
    assert found.value == 1


# --- functions ----------------------------------------------------------------------------------------------------


def test_functions_of_time():
    assert hours(datetime(2026, 10, 1, 8), datetime(2026, 10, 2, 8)) == 24
    assert hours(datetime(2026, 10, 1, 23, 30), datetime(2026, 10, 2)) == Decimal("0.5")
    assert days(datetime(2026, 10, 1, 23), date(2026, 10, 3)) == 2
    assert years(date(2024, 2, 29), date(2025, 2, 28)) == 0
    assert years(date(2024, 2, 29), date(2025, 3, 1)) == 1
    assert week(date(2026, 12, 31)) == "2026-W53"
    assert weeks(OCTOBER) == ("2026-W40", "2026-W41", "2026-W42", "2026-W43", "2026-W44")
