"""Pure: 保存期限 as offices write it → Term, and back into words (P4). What is not certain is said to be so."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from foundation.folding import unspaced
from foundation.language import _, ngettext
from retention.rules.schedule import Term, TermKind

LONGEST = 100
"""Years. A longer term is a slip, or somebody's way to write 永久: not certain which."""


class _Unit(NamedTuple):
    rank: int
    months: int = 0
    days: int = 0


_UNITS = {
    **dict.fromkeys(("年", "周年", "years", "year", "yrs", "yr"), _Unit(1, months=12)),
    **dict.fromkeys(("个月", "個月", "months", "month"), _Unit(2, months=1)),  # 6月 may be June
    **dict.fromkeys(("周", "个星期", "星期", "weeks", "week"), _Unit(3, days=7)),
    **dict.fromkeys(("天", "日", "days", "day"), _Unit(4, days=1)),
}
_GROUPS = ("〇零", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {char: value for value, group in enumerate(_GROUPS) for char in group}
_TENS = "十拾百佰"

_TALLY = re.compile(r"(?:([D]?)[百佰])?零?(?:([D]?)[十拾])?([D])?".replace("D", "".join(_DIGITS)))
_NUMBER = rf"\d+(?:\.\d+)?|[{''.join(_DIGITS)}{_TENS}]+|半"
_PART = re.compile(rf"[零又]?(?P<number>{_NUMBER})(?P<unit>{'|'.join(_UNITS)})(?P<half>(?:(?<!半年)半)?)")
_PARTS = re.compile(rf"(?:{re.sub('[?]P<[a-z]+>', '?:', _PART.pattern)})+")
_DRESSED = re.compile(r"(?:保存|保管|存档|留存)?(?:期限?)?[为:]?(?:定期)?[(:]?(?P<parts>[^()]+?)整?\)?")

_OTHERS = (
    (TermKind.BLANK, re.compile(r"[-—–/\\?.…·]*|无|空白?|[未待]定|未知|不[详明]|未规定|tbd|n/?a")),
    (TermKind.PERMANENT, re.compile(r"(?:保存|保管)?永[久远](?:保[存管]|存档)?|permanent")),
    (TermKind.CONDITIONAL, re.compile(rf"(?!{_PARTS.pattern})\D+(?:后|之日起|期间|期内|止).*|有效期.*")),
    (TermKind.INDEFINITE, re.compile(r"(?:长期|短期|中期|定期|长久)(?:保[存管]|存档|有效)?(?:\(.*\))?")),
)


def read_term(text: str) -> Term:
    """The term a cell of the schedule names; its kind says what is uncertain about it. Never raises.

    Full-width figures, Chinese numerals, 半, sums (1年6个月) and a 保存 or 定期 before them are read. A number without
    unit, a month that may be one of the calendar (6月), a range, a minimum (不少于3年) are not.
    """
    plain = unspaced(text).lower()
    if fixed := _fixed(plain):
        return Term(TermKind.FIXED, text.strip(), *fixed)
    kinds = (kind for kind, spelling in _OTHERS if spelling.fullmatch(plain))
    return Term(next(kinds, TermKind.UNREADABLE), text.strip())


def _fixed(plain: str) -> tuple[int, int] | None:
    """Months and days of ``保存1年6个月``; None where it is no such term, or not a whole number of days."""
    dressed = _DRESSED.fullmatch(plain)
    if dressed is None or not _PARTS.fullmatch(dressed["parts"]):
        return None
    parts = [(_number(part["number"]), _UNITS[part["unit"]], part["half"]) for part in _PART.finditer(dressed["parts"])]
    if any(before[1].rank >= after[1].rank for before, after in pairwise(parts)):
        return None
    months = sum((number + Fraction(bool(half), 2)) * unit.months for number, unit, half in parts)
    days = sum((number + Fraction(bool(half), 2)) * unit.days for number, unit, half in parts)
    whole = months.denominator == days.denominator == 1
    return (int(months), int(days)) if whole and 0 < months * 31 + days <= LONGEST * 12 * 31 else None


def _number(text: str) -> Fraction:
    """``1.5``, ``半``, ``十二``, ``一百零五``, ``三〇``; nought for numerals that are no number, as no term is."""
    if text == "半":
        return Fraction(1, 2)
    if text[0].isdecimal():
        return Fraction(text)
    if tally := _TALLY.fullmatch(text):
        hundreds, tens, ones = (_DIGITS.get(digit or "", 0 if digit is None else 1) for digit in tally.groups())
        return Fraction(hundreds * 100 + tens * 10 + ones)
    return Fraction("".join(str(_DIGITS.get(char, "")) for char in text)) if set(text) <= set(_DIGITS) else Fraction(0)


def in_words(term: Term) -> str:
    """The term in the language in force: ``2 years``, ``for ever``, or what the schedule says and why it is no term."""
    if term.kind is TermKind.FIXED:
        return _fixed_in_words(term)
    texts = {
        TermKind.PERMANENT: _("for ever"),
        TermKind.INDEFINITE: _("“{text}”, which is no number of years"),
        TermKind.CONDITIONAL: _("“{text}”, which counts from an event that is not known here"),
        TermKind.BLANK: _("not given"),
        TermKind.UNREADABLE: _("“{text}”, which cannot be read with certainty"),
    }
    return texts[term.kind].format(text=term.text)


def _fixed_in_words(term: Term) -> str:
    years, months = divmod(term.months, 12)
    counts = (
        (years, ngettext("{n} year", "{n} years", years)),
        (months, ngettext("{n} month", "{n} months", months)),
        (term.days, ngettext("{n} day", "{n} days", term.days)),
    )
    return " ".join(text.format(n=n) for n, text in counts if n)
