"""Pure: what a number format of Excel shows a number as."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: 'h"时"mm"分"', 35: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"', 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: 'h"时"mm"分"', 56: 'h"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}  # fmt: skip
"""Formats a workbook refers to by number only, 27–36 and 50–58 as Chinese Excel has them (ECMA-376 18.8.30)."""


class Shape(Enum):
    """How a number looks under a format."""

    GENERAL = "general"
    NUMBER = "number"
    PERCENT = "percent"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"

    @property
    def is_moment(self) -> bool:
        """A date, a time or a duration."""
        return self in (Shape.DATE, Shape.DATETIME, Shape.TIME, Shape.DURATION)

    @property
    def is_number(self) -> bool:
        """Digits as they are."""
        return self in (Shape.GENERAL, Shape.NUMBER, Shape.TEXT)

    @property
    def shows_time(self) -> bool:
        """A time of day is part of what is seen."""
        return self in (Shape.DATETIME, Shape.TIME, Shape.DURATION)


_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_ZEROS = re.compile(r"0+")


@lru_cache(maxsize=1024)
def shape(code: str) -> Shape:
    """``yyyy-mm-dd`` → DATE, ``0.0%`` → PERCENT, ``[h]:mm`` → DURATION, empty → GENERAL."""
    bare = _LITERALS.sub("", code).split(";")[0].lower()
    if bare in ("", "general"):
        return Shape.GENERAL
    if bare == "@":
        return Shape.TEXT
    if _ELAPSED.search(bare):
        return Shape.DURATION
    letters = re.sub(r"e[+-]|general", "", bare)
    clock = bool(re.search(r"[hs]|am/pm|上午/下午", letters))
    day = bool(re.search(r"[yde年月日]", letters)) or ("m" in letters and not clock)
    if day or clock:
        return Shape.DATETIME if day and clock else Shape.DATE if day else Shape.TIME
    return Shape.PERCENT if "%" in bare else Shape.NUMBER


@lru_cache(maxsize=1024)
def zeros(code: str) -> int:
    """How many digits a format such as ``00000`` fills up with zeros; 0 for any other."""
    return len(code) if len(code) > 1 and _ZEROS.fullmatch(code) else 0
