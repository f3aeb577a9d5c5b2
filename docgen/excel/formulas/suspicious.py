"""Formulas of a template that Excel takes, but hardly as they were meant."""

from __future__ import annotations

from collections.abc import Iterator

from docgen.errors import Place, Problem, ProblemKind
from docgen.excel.book_state import unnamed_cells
from docgen.excel.formulas.arithmetic import NotEvaluable
from docgen.excel.formulas.compile import compile_formula
from docgen.excel.formulas.in_loops import FormulaCell
from docgen.excel.formulas.references import Ref
from docgen.excel.promises import SheetProgram, is_subtotal
from docgen.excel.reader import Branch
from foundation.language import N_


def doubtful(programs: list[SheetProgram], file: str) -> Iterator[Problem]:
    """A total that takes in subtotals, a single cell that becomes many; each at its cell."""
    by_name = {p.sheet.name.casefold(): p for p in programs}
    for program in programs:
        for found in program.formulas.values():
            home = program.sheet.branch_of.get(found.cell.row)
            where = Place(file, program.sheet.name, found.cell.ref)
            for ref in found.computed.refs():
                other = by_name.get((ref.sheet or program.sheet.name).casefold())
                chain = home.chain() if home is not None and other is program else []
                if other is None:
                    continue
                if other.sheet.gone(ref) and not any(ref.row1 == branch.opener for branch in chain):
                    yield _GONE(where, ref=str(ref))
                if _takes_in_figures(other, ref, chain, found):
                    yield _MIXED(where, ref=str(ref))
                elif _becomes_many(other, ref, chain, found):
                    yield _MANY(where, ref=str(ref))


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


_MIXED = ProblemKind(
    "formula.mixed",
    N_("{ref} takes in other figures of the column that stand between its copies"),
    N_("Use SUBTOTAL for the subtotals and the total, or put the figures into columns of their own."),
)
_GONE = ProblemKind(
    "formula.gone",
    N_("{ref} is a row of tags, which is not printed: the formula will say #REF!"),
    N_("Let it look at a row with data, such as the one below the tag."),
)
_MANY = ProblemKind(
    "formula.many",
    N_("{ref} becomes many cells, where the formula has room for one"),
    N_("Put it into SUM, MAX or another function of a range."),
)
