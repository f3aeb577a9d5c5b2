"""What a formula of a sheet comes to, given its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docgen.excel.formulas.compile import compile_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docgen.excel.formulas.arithmetic import Aggregate, Result
    from docgen.excel.formulas.references import Formula, Ref


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

    return compiled.call(value_of)
