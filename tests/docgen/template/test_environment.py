"""The formatters: how this country writes amounts, percentages and dates."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from given.documents import document, p, paragraphs
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError, UndefinedError

from docgen import WordTemplate
from docgen.template.environment import expression, make_environment
from docgen.template.filters import FORMATTERS, money_words, round_half_up

AMOUNTS = {
    # 支付结算办法, annex
    "1409.50": "壹仟肆佰零玖元伍角",
    "6007.14": "陆仟零柒元壹角肆分",
    "325.04": "叁佰贰拾伍元零肆分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    # further
    "10": "壹拾元整",
    "100000": "壹拾万元整",
    "0.05": "伍分",
    "0": "零元整",
    "0.5": "伍角",
    "0.55": "伍角伍分",
    "1": "壹元整",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "1000000": "壹佰万元整",
    "1000001": "壹佰万零壹元整",
    "100000000": "壹亿元整",
    "100010000": "壹亿零壹万元整",
    "100000001": "壹亿零壹元整",
    "1000100010001": "壹万零壹亿零壹万零壹元整",
    "20000000000000": "贰拾万亿元整",
    "-12.30": "负壹拾贰元叁角",
    "-0.004": "零元整",
    "0.005": "壹分",
    "1.995": "贰元整",
}


@pytest.mark.parametrize(("amount", "words"), AMOUNTS.items())
def test_amounts_in_capitals_as_the_rules_print_them(amount: str, words: str) -> None:
    """Each vector of the annex to 支付结算办法, and the usual traps: zeros, 万, 亿, 角 and 分, negative."""
    assert money_words(Decimal(amount)) == f"人民币{words}"


_DIGIT = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}


def read_words(words: str) -> Decimal:
    """Capitals back to the amount, by what each sign means and nothing else."""
    text = words.removeprefix("人民币")
    sign = -1 if text.startswith("负") else 1
    text = text.removeprefix("负").removesuffix("整")
    whole, _yuan, cents = text.partition("元") if "元" in text else ("", "", text)
    fraction = Decimal(0)
    for unit, worth in (("角", Decimal("0.1")), ("分", Decimal("0.01"))):
        if unit in cents:
            fraction += _DIGIT[cents[cents.index(unit) - 1]] * worth
    return sign * (_group(whole) + fraction)


def _group(text: str) -> int:
    for unit, worth in (("亿", 10**8), ("万", 10**4)):
        if unit in text:
            high, _unit, low = text.rpartition(unit)
            return _group(high) * worth + _group(low)
    total = digit = 0
    for sign in text:
        if sign in _DIGIT:
            digit = _DIGIT[sign]
        else:
            total, digit = total + digit * {"拾": 10, "佰": 100, "仟": 1000}[sign], 0
    return total + digit


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_amounts_in_capitals_read_back_as_the_amount(amount: Decimal) -> None:
    """Whatever the amount: the words say it, without a double zero, and end as the rules ask."""
    words = money_words(amount)
    assert read_words(words) == amount
    assert "零零" not in words
    assert words.endswith("整") == (amount % 1 == 0)


@given(st.integers(0, 10**6))
def test_amounts_in_capitals_differ_where_the_amounts_do(cents: int) -> None:
    """No two amounts have the same words."""
    assert money_words(Decimal(cents) / 100) != money_words(Decimal(cents + 1) / 100)


def test_amounts_beyond_any_payment_are_refused() -> None:
    """From 10^16 元 on there is an error, no wrong words."""
    assert money_words(10**16 - 1).startswith("人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿")
    with pytest.raises(ValueError, match="10000000000000000"):
        money_words(10**16)


def printed(source: str, **context: Any) -> str:
    return paragraphs(WordTemplate.load(document(p(source))).render(context))[0]


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        # half up, in exact decimals; Python's own round says 2, 0.12 and 2.67
        ("{{ v|金额(0) }}", 2.5, "3"),
        ("{{ v|金额 }}", 0.125, "0.13"),
        ("{{ v|金额 }}", 2.675, "2.68"),
        ("{{ v|金额 }}", Decimal("-2.675"), "-2.68"),
        ("{{ v|金额 }}", "1234.5", "1,234.50"),
        ("{{ v|金额 }}", 1234567, "1,234,567.00"),
        ("{{ v|金额 }}", Decimal("-0.001"), "0.00"),
        ("{{ v|金额 }}", None, ""),
        ("{{ v|money }}", 1234.5, "1,234.50"),
        ("{{ v|百分比 }}", Decimal("0.9735"), "97.35%"),
        ("{{ v|百分比 }}", 0.97345, "97.35%"),
        ("{{ v|百分比(1) }}", 0.9735, "97.4%"),
        ("{{ v|百分比(0) }}", 1, "100%"),
        ("{{ v|百分比 }}", 0, "0.00%"),
        ("{{ v|百分比 }}", Decimal("0.969999"), "97.00%"),
        ("{{ v|百分比 }}", None, ""),
        ("{{ v|百分比|空为横线 }}", None, "—"),
        ("{{ v|百分点 }}", 0.0123, "+1.23个百分点"),
        ("{{ v|百分点 }}", Decimal("-0.01235"), "-1.24个百分点"),
        ("{{ v|千分位 }}", 12345, "12,345"),
        ("{{ v|千分位 }}", Decimal("12345.60"), "12,345.60"),
        ("{{ v|千分位(1) }}", 12345.65, "12,345.7"),
        ("{{ v|千分位 }}", 123, "123"),
        ("{{ v|数 }}", Decimal("12.50"), "12.5"),
        ("{{ v|数 }}", Decimal("1E+3"), "1000"),
        ("{{ v|数 }}", 100, "100"),
        ("{{ v|数 }}", 0.1, "0.1"),
        ("{{ v|空为横线 }}", "", "—"),
        ("{{ v|空为横线 }}", 0, "0"),
        ("{{ v|空为横线 }}", "无", "无"),
        # dates: no leading zeros in text, ISO in cells
        ("{{ v|日期 }}", date(2026, 10, 3), "2026年10月3日"),
        ("{{ v|日期 }}", datetime(2026, 1, 9, 23, 59), "2026年1月9日"),
        ("{{ v|日期 }}", "2026-10-03", "2026年10月3日"),
        ("{{ v|日期 }}", None, ""),
        ("{{ v|短日期 }}", date(2026, 10, 3), "2026-10-03"),
        ("{{ v|短日期 }}", "2026-10-03 08:05", "2026-10-03"),
        ("{{ v|月份 }}", date(2026, 3, 1), "2026年3月"),
        ("{{ v|日期时间 }}", datetime(2026, 10, 3, 8, 5, 59), "2026-10-03 08:05"),
        ("{{ v|日期时间 }}", date(2026, 10, 3), "2026-10-03 00:00"),
        ("{{ v|时刻 }}", time(8, 5), "08:05"),
        ("{{ v|时刻 }}", datetime(2026, 10, 3, 18, 5), "18:05"),
        ("{{ v|金额大写 }}", "", ""),
        ("{{ v|金额大写('') }}", 10, "壹拾元整"),
    ],
)
def test_a_value_through_a_format(source: str, value: Any, text: str) -> None:
    """Printed in a document as the conventions ask."""
    assert printed(source, v=value) == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False), st.integers(0, 6))
def test_rounding_is_half_up_and_exact(value: Decimal, places: int) -> None:
    """Never more than half a unit away, and exactly half goes away from zero."""
    unit = Decimal(1).scaleb(-places)
    rounded = round_half_up(value, places)
    assert abs(rounded - value) <= unit / 2
    if abs(rounded - value) == unit / 2:
        assert abs(rounded) > abs(value)


def test_every_format_has_a_chinese_and_an_english_name() -> None:
    """Both names give the same function, so that either can be taught."""
    chinese = {name: f for name, f in FORMATTERS.items() if not name.isascii()}
    english = {name: f for name, f in FORMATTERS.items() if name.isascii()}
    assert set(chinese.values()) == set(english.values())
    assert len(chinese) == len(english)


def test_own_formats_are_added_and_may_replace_ours() -> None:
    """``filters=`` of load: by any name, also a Chinese one."""
    template = WordTemplate.load(
        document(p("{{ a|首字 }}{{ a|upper }}")), filters={"首字": lambda t: t[0], "upper": str}
    )
    assert paragraphs(template.render({"a": "xy"})) == ["xxy"]


def test_an_expression_over_a_row_gives_its_value() -> None:
    """The same language and formats as in templates; Decimal stays Decimal."""
    assert expression("paid >= due")({"paid": Decimal("0.10"), "due": Decimal("0.1")}) is True
    assert expression("a + b")({"a": Decimal("0.1"), "b": Decimal("0.2")}) == Decimal("0.3")
    assert expression("day|短日期")({"day": date(2026, 10, 3)}) == "2026-10-03"
    assert expression("items.count")({"items": {"count": 3}}) == 3


def test_an_expression_that_cannot_be_read_or_lacks_a_name_says_so() -> None:
    """A syntax error at once, a missing name at the call; nothing is taken for empty."""
    with pytest.raises(TemplateSyntaxError):
        expression("a +")
    for source in ("missing", "missing > 1", "missing|金额", "row.missing", "not missing"):
        with pytest.raises(UndefinedError, match="missing"):
            expression(source)({"row": {}})
    assert expression("missing is defined")({}) is False
    assert expression("missing|default(3)")({}) == 3


def test_environments_are_separate() -> None:
    """A filter added to one template is unknown to the next."""
    make_environment({"eigen": str})
    assert "eigen" not in make_environment().filters
