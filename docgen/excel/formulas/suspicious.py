"""Formulas of a template that Excel takes, but hardly as they were meant."""

from __future__ import annotations

from collections.abc import Iterator

from docgen.errors import Problem
from docgen.excel.book_state import unnamed_cells
from docgen.excel.formulas.arithmetic import NotEvaluable
from docgen.excel.formulas.compile import compile_formula
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.formulas.references import Ref
from docgen.excel.promises import SheetProgram, is_subtotal
from docgen.excel.reader import Branch
from foundation.language import _


def doubtful(programs: list[SheetProgram], file: str) -> Iterator[Problem]:
    """A total that takes in subtotals, a single cell that becomes many; each at its cell."""
    by_name = {p.sheet.name.casefold(): p for p in programs}
    for program in programs:
        for found in program.formulas.values():
            home = program.sheet.branch_of.get(found.cell.row)
            where = f"{file} {program.sheet.name}!{found.cell.ref}"
            for ref in found.computed.refs():
                other = by_name.get((ref.sheet or program.sheet.name).casefold())
                chain = home.chain() if home is not None and other is program else []
                if other is None:
                    continue
                if _takes_in_figures(other, ref, chain, found):
                    yield _mixed(where, str(ref))
                elif _becomes_many(other, ref, chain, found):
                    yield _many(where, str(ref))


def _takes_in_figures(program: SheetProgram, ref: Ref, chain: list[Branch], found: FormulaCell) -> bool:
    subtotal = found.formula.functions() == {"SUBTOTAL"}
    return any(
        isinstance(program.sheet.cells[key].value, float)
        or (key in program.formulas and not (subtotal and is_subtotal(program, key)))
        for key in unnamed_cells(program, ref, chain)
    )


def _becomes_many(program: SheetProgram, ref: Ref, chain: list[Branch], found: FormulaCell) -> bool:
    """A cell of a loop where a formula has room for one value."""
    home = program.sheet.branch_of.get(ref.row1 or 0)
    if ref.is_range or home is None or not any(b.repeats for b in home.chain() if b not in chain):
        return False
    try:
        return ref in compile_formula(found.computed).refs
    except NotEvaluable:
        return False


def _mixed(where: str, ref: str) -> Problem:
    message = _("{ref} takes in other figures of the column that stand between its copies").format(ref=ref)
    hint = _("Use SUBTOTAL for the subtotals and the total, or put the figures into columns of their own.")
    return Problem(where, message, hint, "formula.mixed")


def _many(where: str, ref: str) -> Problem:
    message = _("{ref} becomes many cells, where the formula has room for one").format(ref=ref)
    return Problem(where, message, _("Put it into SUM, MAX or another function of a range."), "formula.many")
