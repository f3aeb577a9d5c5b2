"""Pure: what a formula comes to.

``compile_formula`` turns the small set of functions with a cached value into a Python function.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from docgen.errors import DocgenError, Problem
from docgen.excel.formulas.references import Formula, Ref, lexemes


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


# --- from formula to function ---------------------------------------------------------------------------------


class _Is(Enum):
    """What an expression is known to give."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    ANY = "any"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class _Code:
    """An expression in Python and what it gives. ``literal``: a constant; ``nested``: how deep its brackets go."""

    kind: _Is
    source: str
    nested: int = 0
    literal: bool = False
    ref: Ref | None = None


_COMPARISONS = {"=": "equal({}, {})", "<>": "(not equal({}, {}))"} | {
    sign: f"(compared({{}}, {{}}) {sign} 0)" for sign in ("<", "<=", ">", ">=")
}
_ARITHMETIC = {
    "+": "added({}, {})",
    "-": "added({}, -{})",
    "*": "({} * {})",
    "/": "divided({}, {})",
    "^": "power({}, {})",
}
_FALSE = _Code(_Is.TRUTH, "False", literal=True)
_BINDING = dict.fromkeys(_COMPARISONS, 10) | {"&": 20, "+": 30, "-": 30, "*": 40, "/": 40, "^": 50, "%": 60}
_SIGN_BINDING = 70
_DEEPEST = 60  # Python takes 200 brackets within one another
_RETURNS = {"AVERAGE": "average", "MIN": "minimum", "MAX": "maximum"}
_COUNTS = {"COUNT": "numbers", "COUNTA": "not_empty"}
_SUBTOTALS = {1: "average", 2: "numbers", 3: "not_empty", 4: "maximum", 5: "minimum", 9: "sum"}


class _FormulaParser:
    """Operator precedence over the lexemes of a formula, giving the source of a Python expression.

    ``name`` gives the source that reads a reference.
    """

    def __init__(self, formula: Formula, name: Callable[[Ref], str]) -> None:
        self.lexemes = [one for one in lexemes(formula.text()) if one[0] != "space"]
        self._at = 0
        self._open = 0
        self._name = name

    def whole(self) -> _Code:
        code = self._expression(0)
        if self._at < len(self.lexemes):
            raise NotEvaluable("syntax")
        return self._scalar(code)

    def _peek(self) -> str:
        """The operator that comes next; "" where none does."""
        if self._at == len(self.lexemes):
            return ""
        kind, text, _ = self.lexemes[self._at]
        return text if kind == "operator" else "?"

    def _take(self, operator: str) -> bool:
        found = self._peek() == operator
        self._at += found
        return found

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise NotEvaluable("syntax")

    def _expression(self, binding: int) -> _Code:
        self._open += 1
        if self._open > _DEEPEST:
            raise NotEvaluable("depth")
        left = self._operand()
        while _BINDING.get(self._peek(), 0) > binding:
            operator = self._peek()
            self._at += 1
            if operator == "%":
                left = _coded(_Is.NUMBER, "({} / 100.0)", self._as_number(left))
            else:
                left = self._binary(operator, left, self._expression(_BINDING[operator]))
        self._open -= 1
        return left

    def _operand(self) -> _Code:
        if self._at == len(self.lexemes):
            raise NotEvaluable("syntax")
        kind, text, ref = self.lexemes[self._at]
        self._at += 1
        if ref is not None:
            return _Code(_Is.CELLS if ref.is_range else _Is.ANY, "", ref=ref)  # named when it is known how it is read
        if kind == "name":
            return self._named(text.upper())
        if kind == "operator":
            return self._prefixed(text)
        return _constant(kind, text)

    def _prefixed(self, operator: str) -> _Code:
        if operator == "(":
            inner = self._expression(0)
            self._expect(")")
            return inner
        if operator not in {"+", "-"}:
            raise NotEvaluable(f"operator.{operator}")
        operand = self._expression(_SIGN_BINDING)
        if operator == "+":
            return replace(self._scalar(operand), ref=None)
        return _coded(_Is.NUMBER, "(-{})", self._as_number(operand))

    def _named(self, name: str) -> _Code:
        called = self._take("(")
        if name in {"TRUE", "FALSE"}:
            if called:
                self._expect(")")
            return _Code(_Is.TRUTH, name.capitalize(), literal=True)
        if not called:
            raise NotEvaluable("name")
        return self._function(name, self._arguments())

    def _arguments(self) -> list[_Code | None]:
        """The arguments of a call; None for one left empty."""
        if self._take(")"):
            return []
        found: list[_Code | None] = []
        while True:
            found.append(None if self._peek() in {",", ")"} else self._expression(0))
            if self._take(")"):
                return found
            self._expect(",")

    def _function(self, name: str, arguments: list[_Code | None]) -> _Code:
        if name == "IF" and arguments and arguments[0] and len(arguments) in {2, 3}:
            return self._choice(arguments[0], *(_Code(_Is.NUMBER, "0.0") if a is None else a for a in arguments[1:]))
        given = [argument for argument in arguments if argument]
        if not given or len(given) < len(arguments):
            raise NotEvaluable(f"function.{name}")
        if name == "ROUND" and len(given) == 2:
            return _coded(_Is.NUMBER, "rounded({}, {})", *map(self._as_number, given))
        if name == "SUM":
            return _coded(_Is.NUMBER, "summed({})", self._gathered(given))
        if name in _RETURNS:
            return _coded(_Is.NUMBER, f"gathered({{}}).tally().{_RETURNS[name]}()", self._gathered(given))
        if name in _COUNTS and all(argument.ref or argument.literal for argument in given):
            return _coded(_Is.NUMBER, f"gathered({{}}).tally().{_COUNTS[name]}()", self._gathered(given))
        if name == "SUBTOTAL":
            return self._subtotal(given[0], given[1:])
        raise NotEvaluable(f"function.{name}")

    def _subtotal(self, which: _Code, cells: list[_Code]) -> _Code:
        number = float(which.source) if which.literal and which.kind is _Is.NUMBER else 0.0
        method = _SUBTOTALS.get(int(number) % 100)
        if method is None or number not in {*_SUBTOTALS, *(100 + n for n in _SUBTOTALS)} or not cells:
            raise NotEvaluable("function.SUBTOTAL")
        if not all(argument.ref for argument in cells):
            raise NotEvaluable("function.SUBTOTAL")
        tally = f"tally(subtotals=False, hidden={number < 100})"
        return _coded(_Is.NUMBER, f"gathered({{}}).{tally}.{method}()", self._gathered(cells))

    def _gathered(self, arguments: list[_Code]) -> _Code:
        return _coded(_Is.CELLS, ", ".join(["{}"] * len(arguments)), *map(self._cells, arguments))

    def _cells(self, argument: _Code) -> _Code:
        """An argument as cells: text and booleans in a reference are passed over, in an expression they are numbers."""
        if argument.ref is not None:
            ref = argument.ref
            area = (
                ref
                if ref.is_range
                else replace(ref, row2=ref.row1, col2=ref.col1, abs_row2=ref.abs_row1, abs_col2=ref.abs_col1)
            )
            return _Code(_Is.CELLS, self._name(area))
        if argument.kind is _Is.ANY:
            raise NotEvaluable("argument")
        return _coded(_Is.CELLS, "({},)" if argument.literal else "(lambda: ({},))", self._as_number(argument))

    # What an expression is used as.

    def _scalar(self, code: _Code) -> _Code:
        if code.kind is _Is.CELLS:
            raise NotEvaluable("range")
        return code if code.source or code.ref is None else replace(code, source=self._name(code.ref))

    def _as_number(self, code: _Code) -> _Code:
        if code.kind is _Is.NUMBER:
            return code
        code = self._scalar(code)
        plain = code.kind is _Is.ANY and code.source.isidentifier()
        pattern = "({0} if {0}.__class__ is float else number({0}))" if plain else "number({0})"
        return replace(_coded(_Is.NUMBER, pattern, code), literal=code.literal)

    def _as_text(self, code: _Code) -> _Code:
        return code if code.kind is _Is.TEXT else _coded(_Is.TEXT, "text({})", self._scalar(code))

    def _binary(self, operator: str, left: _Code, right: _Code) -> _Code:
        if operator in _COMPARISONS:
            return _coded(_Is.TRUTH, _COMPARISONS[operator], self._scalar(left), self._scalar(right))
        if operator == "&":
            return _coded(_Is.TEXT, "({} + {})", self._as_text(left), self._as_text(right))
        return _coded(_Is.NUMBER, _ARITHMETIC[operator], self._as_number(left), self._as_number(right))

    def _choice(self, condition: _Code, when: _Code, otherwise: _Code = _FALSE) -> _Code:
        """IF: the branch not taken is not computed."""
        test = self._scalar(condition)
        if test.kind is not _Is.TRUTH:
            test = _coded(_Is.TRUTH, "truth({})", test)
        kind = when.kind if when.kind is otherwise.kind else _Is.ANY
        return _coded(kind, "({1} if {0} else {2})", test, self._scalar(when), self._scalar(otherwise))


def _constant(kind: str, text: str) -> _Code:
    if kind == "number" and math.isfinite(float(text)):
        return _Code(_Is.NUMBER, repr(float(text)), literal=True)
    if kind == "string":
        return _Code(_Is.TEXT, repr(text[1:-1].replace('""', '"')), literal=True)
    if kind == "error" and text.upper() in {error.value for error in ExcelError}:
        return _Code(_Is.ANY, f"failed({text.upper()!r})")
    raise NotEvaluable(kind)


def _coded(kind: _Is, pattern: str, *operands: _Code) -> _Code:
    nested = 1 + max(operand.nested for operand in operands)
    if nested > _DEEPEST:
        raise NotEvaluable("depth")
    return _Code(kind, pattern.format(*(operand.source for operand in operands)), nested)


_RESULTS = {
    _Is.NUMBER: "        return result + 0.0 if result - result == 0.0 else NUM",
    _Is.TEXT: "        return result if len(result) <= 32767 else VALUE",
    _Is.TRUTH: "        return result",
    _Is.ANY: "        return finished(result)",
}


def _finished(value: Any) -> float | str | bool:
    """A value of any kind as a cell keeps it; an empty cell gives 0."""
    if isinstance(value, ExcelError):
        raise _Fault(value)
    if isinstance(value, (str, bool)):
        return value
    return _finite(_number(value)) + 0.0


def _failed(text: str) -> Any:
    raise _Fault(ExcelError(text))


_NAMES: dict[str, Any] = {
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


def _function(code: _Code, parameters: Iterable[str]) -> Callable[..., Result]:
    lines = (
        f"def function({', '.join(parameters)}):",
        "    try:",
        f"        result = {code.source}",
        _RESULTS[code.kind],
        "    except Fault as fault:",
        "        return fault.error",
        "    except OverflowError:",
        "        return NUM",
    )
    names = dict(_NAMES)
    exec("\n".join(lines), names)  # noqa: S102 - made above of numbers, quoted texts and own names only
    function: Callable[..., Result] = names["function"]
    return function


Result: TypeAlias = float | str | bool | ExcelError


@dataclass(frozen=True, slots=True)
class CompiledFormula:
    """A formula as a function of the references it reads, ``refs``.

    It is called with a function from an index into them to a cell's value or, of a range, the values or their
    ``Aggregate``.
    """

    refs: tuple[Ref, ...]
    call: Callable[[Callable[[int], Any]], Result] = field(repr=False)

    def __call__(self, value_of: Callable[[int], Any]) -> Result:
        return self.call(value_of)


@lru_cache(maxsize=4096)
def compile_formula(formula: Formula) -> CompiledFormula:
    """The formula as a function to be called any number of times, also for copies whose references have moved.

    Takes + - * / ^ % &, comparisons, brackets, constants, references and SUM, SUBTOTAL (1-5 and 9, 101-105 and 109),
    AVERAGE, COUNT, COUNTA, MIN, MAX, ROUND, IF. NotEvaluable for anything else; the function raises it too, where a
    value would depend on the reader's language. A cell counted by SUM and its like is asked for as a range.
    """
    refs: dict[Ref, int] = {}
    code = _FormulaParser(formula, lambda ref: f"get({refs.setdefault(ref, len(refs))})").whole()
    return CompiledFormula(tuple(refs), _function(code, ["get"]))


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A formula over cells of its own row: called with the values of ``columns``, in that order."""

    columns: tuple[int, ...]
    call: Callable[..., Result] = field(repr=False)

    def __call__(self, *values: Any) -> Result:
        return self.call(*values)


_WIDEST = 255


@lru_cache(maxsize=4096)
def row_function(formula: Formula, row: int) -> RowFunction | None:
    """The formula of a cell in this row as a function of the row's values; None where it looks at other rows or sheets.

    The quickest way for a loop's rows. NotEvaluable as for ``compile_formula``.
    """
    if not all(_within(ref, row) for ref in formula.refs()):
        return None
    columns: dict[int, str] = {}

    def name(ref: Ref) -> str:
        first = ref.col1 or 0
        cells = [columns.setdefault(column, f"c{column}") for column in range(first, (ref.col2 or first) + 1)]
        return f"({', '.join(cells)},)" if ref.is_range else cells[0]

    code = _FormulaParser(formula, name).whole()
    return RowFunction(tuple(columns), _function(code, columns.values()))


def _within(ref: Ref, row: int) -> bool:
    if ref.sheet is not None or ref.row1 != row or ref.col1 is None:
        return False
    return not ref.is_range or (ref.row2 == row and 0 <= (ref.col2 or 0) - ref.col1 < _WIDEST)


def evaluate(
    formula: Formula,
    cell: Callable[[str | None, int, int], Any],
    cells: Callable[[Ref], Iterable[Any] | Aggregate],
) -> Result:
    """What the formula comes to, as Excel computes it: an IEEE double, a text, a boolean or an error.

    ``cell`` gives the value of sheet (None: the own one), row and column: None, number, text, bool or ExcelError;
    ``cells`` those of a range, flagged where SUBTOTAL passes them over. NotEvaluable as for ``compile_formula``.
    """
    compiled = compile_formula(formula)

    def value_of(index: int) -> Any:
        ref = compiled.refs[index]
        return cells(ref) if ref.is_range else cell(ref.sheet, ref.row1 or 0, ref.col1 or 0)

    return compiled(value_of)


def cached(result: Result) -> tuple[str, str]:
    """A result as a cell stores it: its type (``n``, ``str``, ``b``, ``e``) and the text of ``<v>``, not escaped."""
    if isinstance(result, ExcelError):
        return "e", result.value
    if isinstance(result, bool):
        return "b", str(int(result))
    if isinstance(result, str):
        return "str", result
    return "n", repr(result).removesuffix(".0")
