"""guidang's own filters: how numbers, amounts, dates and pictures are printed in this country."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from jinja2 import Undefined

from docgen.template.picture import readable
from foundation.language import _

DASH = "—"


def _empty(value: Any) -> bool:
    if isinstance(value, Undefined):
        str(value)  # tells the collector of a missing name
        return True
    return value is None or value == ""


def decimal(value: Any) -> Decimal:
    """``value`` as an exact Decimal; a float by its shortest text, never by its binary expansion."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool | Undefined):
        raise TypeError(_("{value} is not a number").format(value=repr(value)))
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise TypeError(_("{value} is not a number").format(value=repr(value))) from None


def round_half_up(value: Any, places: int = 2) -> Decimal:
    """Round for print, halves away from zero, as GB/T practice and accountants do (Python's round does not)."""
    return decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def money(value: Any, places: int = 2) -> str:
    """``1234.5`` → ``1,234.50``; empty stays empty."""
    return "" if _empty(value) else f"{_positive_zero(round_half_up(value, places)):,.{places}f}"


def _positive_zero(value: Decimal) -> Decimal:
    return abs(value) if value == 0 else value


def rounded(value: Any, places: int = 2) -> Any:
    """The number itself, rounded half up, for reckoning on in a template; empty stays empty."""
    return value if _empty(value) else round_half_up(value, places)


def thousands(value: Any, places: int | None = None) -> str:
    """``12345`` → ``12,345``, decimals as given unless ``places`` says how many."""
    if _empty(value):
        return ""
    return f"{decimal(value):,f}" if places is None else money(value, places)


def percent(value: Any, places: int = 2) -> str:
    """``0.97345`` → ``97.35%``, half-width, no blank."""
    return "" if _empty(value) else f"{_positive_zero(round_half_up(decimal(value) * 100, places)):.{places}f}%"


def points(value: Any, places: int = 2) -> str:
    """A change of a rate: ``0.0123`` → ``+1.23个百分点``."""
    if _empty(value):
        return ""
    return f"{_positive_zero(round_half_up(decimal(value) * 100, places)):+.{places}f}个百分点"


def plain(value: Any) -> str:
    """A number without needless zeros and never with an exponent: ``12.50`` → ``12.5``."""
    if _empty(value):
        return ""
    number = decimal(value)
    return f"{number:f}".rstrip("0").rstrip(".") if number != number.to_integral_value() else f"{number:.0f}"


def dash(value: Any) -> Any:
    """Empty → ``—``; anything else as it is."""
    return DASH if _empty(value) else value


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def _four_digits(n: int) -> str:
    text, pending_zero = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            text += ("零" if pending_zero and text else "") + _DIGITS[digit] + _PLACES[place]
            pending_zero = False
        else:
            pending_zero = True
    return text


def _yuan_words(yuan: int) -> str:
    text, gap = "", False
    for group in range(3, -1, -1):
        n = yuan // 10 ** (4 * group) % 10_000
        if not n:
            gap = bool(text)
            if group == 2 and text.endswith("万亿"):  # 万亿 without its own 亿 keeps the unit once
                gap = True
            continue
        text += ("零" if text and (gap or n < 1000) else "") + _four_digits(n) + _GROUPS[group]
        gap = False
        if group == 3 and yuan // 10**8 % 10_000:
            text = text[:-1]  # 壹万亿 followed by 亿 digits: 壹万…亿
    return text


def money_words(value: Any, prefix: str = "人民币") -> str:
    """The amount in capitals, 支付结算办法 annex 1: ``1409.50`` → ``人民币壹仟肆佰零玖元伍角``.

    Ends in 元 → 整; 角 may end without 整 and does; 分 never takes 整. Negative amounts begin with 负.
    Raises ValueError from 10^16 元 on: no such amount is written by hand.
    """
    if _empty(value):
        return ""
    cents = int(round_half_up(value).scaleb(2))
    if abs(cents) >= 10**18:
        raise ValueError(_("{value} is too large to be written in capitals").format(value=value))
    yuan, jiao, fen = abs(cents) // 100, abs(cents) // 10 % 10, abs(cents) % 10
    text = _yuan_words(yuan) + "元" if yuan else ""
    if jiao:
        text += ("零" if yuan and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角"
    if fen:
        text += ("零" if yuan and not jiao else "") + _DIGITS[fen] + "分"
    if not fen and not jiao:
        text = (text or "零元") + "整"
    return f"{prefix}{'负' if cents < 0 else ''}{text}"


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise TypeError(_("{value} is not a date").format(value=repr(value))) from None


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise TypeError(_("{value} is not a date and time").format(value=repr(value))) from None


def date_cn(value: Any) -> str:
    """``2026年10月3日``, as running text has it (GB/T 15835: no leading zeros)."""
    if _empty(value):
        return ""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


def date_iso(value: Any) -> str:
    """``2026-10-03``, as table cells have it."""
    return "" if _empty(value) else _day(value).isoformat()


def month_cn(value: Any) -> str:
    """``2026年10月``."""
    if _empty(value):
        return ""
    day = _day(value)
    return f"{day.year}年{day.month}月"


def datetime_iso(value: Any) -> str:
    """``2026-10-03 08:05``."""
    return "" if _empty(value) else f"{_moment(value):%Y-%m-%d %H:%M}"


def clock(value: Any) -> str:
    """``08:05``, 24 h."""
    if _empty(value):
        return ""
    return f"{value:%H:%M}" if isinstance(value, time) else f"{_moment(value):%H:%M}"


def image(value: Any, w: float | None = None, h: float | None = None) -> Any:
    """A picture from a path, bytes or :class:`docgen.Image`, ``w`` and ``h`` in millimetres."""
    return "" if _empty(value) else readable(value, w, h) or ""


_CHINESE_NAMES: dict[str, Callable[..., Any]] = {
    "日期": date_cn,
    "短日期": date_iso,
    "月份": month_cn,
    "日期时间": datetime_iso,
    "时刻": clock,
    "金额": money,
    "金额大写": money_words,
    "百分比": percent,
    "百分点": points,
    "千分位": thousands,
    "舍入": rounded,
    "数": plain,
    "空为横线": dash,
    "图片": image,
}
FORMATTERS = _CHINESE_NAMES | {function.__name__: function for function in _CHINESE_NAMES.values()}
"""guidang's own filters; each has a Chinese and an English name."""
