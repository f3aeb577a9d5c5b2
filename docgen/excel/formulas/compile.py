"""Pure: a formula → a Python function, for the small set of operators and functions with a cached value.

Before → after: ``IF(B5>0,ROUND(C5/B5,2),"")`` becomes::

    def function(get):
        try:
            result = (rounded(divided(number(get(0)), …), 2.0) if (compared(get(1), 0.0) > 0) else '')

where ``get(i)`` asks for the value of the i-th reference, so that one function serves all copies of a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from docgen.excel.formulas.arithmetic import FUNCTIONS, ExcelError, NotEvaluable, Result
from docgen.excel.formulas.references import Formula, Ref, lexemes


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
    names = dict(FUNCTIONS)
    exec("\n".join(lines), names)  # noqa: S102 - made above of numbers, quoted texts and own names only
    function: Callable[..., Result] = names["function"]
    return function


class CompiledFormula(NamedTuple):
    """A formula as a function of the references it reads, ``refs``.

    ``call`` takes a function from an index into them to a cell's value or, of a range, the values or their Aggregate.
    """

    refs: tuple[Ref, ...]
    call: Callable[[Callable[[int], Any]], Result]


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


class RowFunction(NamedTuple):
    """A formula over cells of its own row: ``call`` takes the values of ``columns``, in that order."""

    columns: tuple[int, ...]
    call: Callable[..., Result]


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
