"""Pure: what a formula comes to.

``compile_formula`` turns the small set of functions with a cached value into a Python function.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from itertools import islice
from typing import Any, TypeAlias

from docgen.errors import DocgenError, Problem


class ExcelError(Enum):
    """What a cell shows when its formula has no value."""

    NULL = "#NULL!"
    DIV0 = "#DIV/0!"
    VALUE = "#VALUE!"
    REF = "#REF!"
    NAME = "#NAME?"
    NUM = "#NUM!"
    NA = "#N/A"

    def __str__(self) -> str:
        return self.value


Result: TypeAlias = float | str | bool | ExcelError


class NotEvaluable(DocgenError):  # noqa: N818 - no fault: the cell is written without a cached value
    """The formula is outside what is computed here, or its result depends on the reader's language.

    ``code`` says why: ``function.VLOOKUP``, ``range``, ``text.order``.
    """

    def __init__(self, code: str) -> None:
        super().__init__([Problem("", code, code=code)])
        self.code = code


@dataclass(frozen=True, slots=True)
class FlaggedValue:
    """A cell's value, with what SUBTOTAL must know: the cell is itself a subtotal; its row is hidden."""

    value: Any
    subtotal: bool = False
    hidden: bool = False


class Aggregate:
    """Running sum, count and extremes of cells: what a total needs of a column without keeping it.

    Sums are exact and rounded once at the end, whatever the number of cells and the order. May be given in place of
    the cells of a range.
    """

    __slots__ = ("_tallies",)

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._tallies: dict[tuple[bool, bool], _Tally] = {}
        self.extend(values)

    def add(self, value: Any) -> None:
        """One more cell: None, number (of a date its serial), text, bool, ExcelError, or a FlaggedValue."""
        key = (False, False)
        if isinstance(value, FlaggedValue):
            key, value = (value.subtotal, value.hidden), value.value
        self._tally(key).add(value)

    def extend(self, values: Iterable[Any]) -> None:
        """Many more cells."""
        remaining = iter(values)
        plain = self._tally((False, False))
        while chunk := list(islice(remaining, _CHUNK)):
            if _NUMBERS.issuperset(map(type, chunk)):
                plain.pending += [float(value) for value in chunk if value is not None]
                plain.settle()
            else:
                for value in chunk:
                    self.add(value)

    def merge(self, other: Aggregate) -> None:
        """All cells of another one."""
        for key, tally in other._tallies.items():
            self._tally(key).merge(tally)

    def tally(self, *, subtotals: bool = True, hidden: bool = True) -> _Tally:
        """The figures, with or without cells that are subtotals or hidden."""
        wanted = [
            tally
            for (is_subtotal, is_hidden), tally in self._tallies.items()
            if (subtotals or not is_subtotal) and (hidden or not is_hidden)
        ]
        if len(wanted) == 1:
            return wanted[0]
        chosen = _Tally()
        for tally in wanted:
            chosen.merge(tally)
        return chosen

    def _tally(self, key: tuple[bool, bool]) -> _Tally:
        return self._tallies.setdefault(key, _Tally())


_CHUNK = 4096
_NUMBERS = frozenset({float, int, Decimal, type(None)})


class _Tally:
    """Count, sum, least and greatest of numbers; text and booleans count as filled; the first error is kept."""

    __slots__ = ("count", "error", "filled", "high", "low", "pending", "sums")

    def __init__(self) -> None:
        self.count = self.filled = 0
        self.sums: list[float] = []  # the exact sum so far as a float and what that leaves out
        self.pending: list[float] = []
        self.low, self.high = math.inf, -math.inf
        self.error: ExcelError | None = None

    def add(self, value: Any) -> None:
        if isinstance(value, ExcelError):
            self.error = self.error or value
            self.filled += 1
        elif value is None:
            pass
        elif isinstance(value, (str, bool)):
            self.filled += 1
        else:
            self.pending.append(_number(value))
            if len(self.pending) >= _CHUNK:
                self.settle()

    def settle(self) -> None:
        if not self.pending:
            return
        self.count += len(self.pending)
        self.filled += len(self.pending)
        self.low, self.high = min(self.low, *self.pending), max(self.high, *self.pending)
        self._take(self.pending)
        self.pending = []

    def merge(self, other: _Tally) -> None:
        self.settle()
        other.settle()
        self.count += other.count
        self.filled += other.filled
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.error = self.error or other.error
        self._take(other.sums)

    def _take(self, numbers: list[float]) -> None:
        if not all(map(math.isfinite, numbers)):
            raise NotEvaluable("value.infinite")
        every = self.sums + numbers
        total = math.fsum(every)
        self.sums = [total, math.fsum([*every, -total])]

    # What the functions return; _Fault where an error is among the cells.

    def sum(self) -> float:
        self._sound()
        return _unless_noise(math.fsum(self.sums), max(self.high, -self.low))

    def average(self) -> float:
        return _divided(self.sum(), float(self.count))

    def minimum(self) -> float:
        self._sound()
        return self.low if self.count else 0.0

    def maximum(self) -> float:
        self._sound()
        return self.high if self.count else 0.0

    def numbers(self) -> float:
        self.settle()
        return float(self.count)

    def not_empty(self) -> float:
        self.settle()
        return float(self.filled)

    def _sound(self) -> None:
        self.settle()
        if self.error:
            raise _Fault(self.error)


class _Fault(Exception):  # noqa: N818 - an Excel error on its way out of an expression
    def __init__(self, error: ExcelError) -> None:
        super().__init__(error)
        self.error = error


_PLAIN_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]{1,3})?\s*")


def _number(value: Any) -> float:
    """A value where a number is needed. What a date or 1,234 in a text means is the reader's setting."""
    if isinstance(value, (float, int, Decimal)):
        return float(value)
    if value is None:
        return 0.0
    if isinstance(value, ExcelError):
        raise _Fault(value)
    if not isinstance(value, str):
        raise NotEvaluable(f"value.{type(value).__name__}")
    if _PLAIN_NUMBER.fullmatch(value):
        return float(value)
    if any(map(str.isdigit, value)):
        raise NotEvaluable("text.number")
    raise _Fault(ExcelError.VALUE)


def _text(value: Any) -> str:
    """A value where a text is needed; numbers as General shows them, to 15 digits."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    number = _number(value) + 0.0
    if number == 0 or 1e-4 <= abs(number) < 1e15:
        return f"{number:.15g}"
    raise NotEvaluable("number.text")


def _truth(value: Any) -> bool:
    if isinstance(value, str):
        if value.upper() in {"TRUE", "FALSE"}:
            return value.upper() == "TRUE"
        raise _Fault(ExcelError.VALUE)
    return _number(value) != 0


_ALIKE = 2.0**-48


def _added(one: float, other: float) -> float:
    """Sum; a remainder in the last few bits alone is none, as 0.5-0.4-0.1 is 0 in a sheet."""
    total = one + other
    return _unless_noise(total, abs(one)) if -1.0 < total < 1.0 else total


def _unless_noise(total: float, largest: float) -> float:
    return 0.0 if abs(total) < largest * _ALIKE and not total.is_integer() else total


def _divided(one: float, other: float) -> float:
    if other == 0:
        raise _Fault(ExcelError.DIV0)
    return _finite(one) / _finite(other)


def _power(one: float, other: float) -> float:
    if one == 0 and other <= 0:
        raise _Fault(ExcelError.DIV0 if other else ExcelError.NUM)
    if one < 0 and not other.is_integer():
        raise _Fault(ExcelError.NUM)
    return float(_finite(one) ** _finite(other))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise _Fault(ExcelError.NUM)
    return number


_TENS = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)


def _rounded(number: float, places: float) -> float:
    """Half away from zero, of the 15 digits a sheet shows: 1.005 to two places is 1.01."""
    if 0 <= places < len(_TENS):
        ten = _TENS[int(places)]
        scaled = abs(number) * ten
        if scaled < 1e9 and abs(scaled % 1.0 - 0.5) > 1e-6:  # far from a tie: the same, at a tenth of the time
            return math.copysign(math.floor(scaled + 0.5) / ten, number)
    digits = Decimal(f"{_finite(number):.15g}")
    exponent = -int(max(min(places, 400), -400))
    if int(digits.as_tuple().exponent) >= exponent:
        return number
    unit = Decimal((0, (1,), exponent))
    rounded = digits.quantize(unit, ROUND_HALF_UP)
    if exponent >= 0 and rounded != Decimal(number).quantize(unit, ROUND_HALF_UP):
        raise NotEvaluable("round.tie")  # 28.499999999999996 to 0 places: programs differ
    return float(rounded)


def _compared(one: Any, other: Any) -> int:
    """-1, 0 or 1: numbers before texts before booleans; an empty cell is the other's 0, "" or FALSE.

    Which of two texts comes first is known for plain letters and digits only; the rest depends on the language.
    """
    one, other = _pair(one, other)
    if isinstance(one, str) and isinstance(other, str):
        if one != other and one and other and not (one.isascii() and other.isascii() and (one + other).isalnum()):
            raise NotEvaluable("text.order")
        return (one > other) - (one < other)
    if _rank(one) != _rank(other):
        return _rank(one) - _rank(other)
    return _sign(one, other)


def _equal(one: Any, other: Any) -> bool:
    one, other = _pair(one, other)
    if isinstance(one, str) or _rank(one) != _rank(other):
        return bool(one == other and _rank(one) == _rank(other))
    return _sign(one, other) == 0


def _pair(one: Any, other: Any) -> tuple[Any, Any]:
    """Both values ready to compare: empty cells filled in, texts in one case; of errors the left one counts."""
    for value in (one, other):
        if isinstance(value, ExcelError):
            raise _Fault(value)
    one, other = _EMPTY[_rank(other)] if one is None else one, _EMPTY[_rank(one)] if other is None else other
    return one.lower() if isinstance(one, str) else one, other.lower() if isinstance(other, str) else other


_EMPTY = (0.0, "", False)


def _rank(value: Any) -> int:
    return 1 if isinstance(value, str) else 2 if isinstance(value, bool) else 0


def _sign(one: Any, other: Any) -> int:
    difference = _added(_finite(_number(one)), -_finite(_number(other)))
    return (difference > 0) - (difference < 0)


def _summed(*arguments: Any) -> float:
    """SUM. A few plain numbers, as in a row, need no tally."""
    cells = arguments[0]
    if len(arguments) > 1 or cells.__class__ is not tuple or not _NUMBERS.issuperset(map(type, cells)):
        return _gathered(*arguments).tally().sum()
    numbers = [_finite(float(value)) for value in cells if value is not None] or [0.0]
    return _unless_noise(math.fsum(numbers), max(*numbers, -min(numbers)))


def _gathered(*arguments: Any) -> Aggregate:
    """The cells of the arguments in order. A function among them stands for an expression, computed in its turn."""
    if len(arguments) == 1 and isinstance(arguments[0], Aggregate):
        return arguments[0]
    every = Aggregate()
    for argument in arguments:
        if callable(argument) and every.tally().error:
            break
        cells = argument() if callable(argument) else argument
        if isinstance(cells, Aggregate):
            every.merge(cells)
        else:
            every.extend(cells)
    return every


def _finished(value: Any) -> float | str | bool:
    """A value of any kind as a cell keeps it; an empty cell gives 0."""
    if isinstance(value, ExcelError):
        raise _Fault(value)
    if isinstance(value, (str, bool)):
        return value
    return _finite(_number(value)) + 0.0


def _failed(text: str) -> Any:
    raise _Fault(ExcelError(text))


FUNCTIONS: dict[str, Any] = {
    "number": _number,
    "text": _text,
    "truth": _truth,
    "added": _added,
    "divided": _divided,
    "power": _power,
    "rounded": _rounded,
    "compared": _compared,
    "equal": _equal,
    "gathered": _gathered,
    "summed": _summed,
    "failed": _failed,
    "finished": _finished,
    "Fault": _Fault,
    "NUM": ExcelError.NUM,
    "VALUE": ExcelError.VALUE,
}
"""What the source of a compiled formula calls, by the names it has there."""


def cached(result: Result) -> tuple[str, str]:
    """A result as a cell stores it: its type (``n``, ``str``, ``b``, ``e``) and the text of ``<v>``, not escaped."""
    if isinstance(result, ExcelError):
        return "e", result.value
    if isinstance(result, bool):
        return "b", str(int(result))
    if isinstance(result, str):
        return "str", result
    return "n", repr(result).removesuffix(".0")
