"""Pure: what the formulas of a workbook look at: sheets, cells, and the blocks that must leave a row behind.

A block that prints nothing takes its rows away. Where a reference has no other row to point at, an empty row stays in
its place, so that no total ever reads ``#REF!``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from docgen.excel.formulas.references import Formula, Ref
from docgen.excel.reader import Branch, S, SheetCell, TemplateSheet

_ANYWHERE = ("!", "INDIRECT(")
"""Signs of formulas that reach further than their references tell: several sheets at once, computed addresses."""


class Names:
    """The defined names of a workbook, as formulas see them."""

    def __init__(self, defined: Mapping[str, str]) -> None:
        self._meanings = {name.casefold(): Formula.parse(text) for name, text in defined.items()}

    def meaning(self, name: str) -> Formula | None:
        """What the name stands for where that is references and nothing else."""
        found = self._meanings.get(name.casefold())
        return found if found is not None and found.refs() and len(found.parts) == 1 else None

    def written_out(self, formula: Formula) -> Formula:
        """The formula without names, and its ranges upright: as it is computed, not as it is written."""
        known = formula.with_names(self.meaning) if self._meanings else formula
        return known.moved(Ref.upright)


@dataclass(slots=True)
class Looked:
    """What is looked at on one sheet.

    ``cells``: those whose values formulas count on; ``stands``: by branch, the columns in which a reference has no row
    but the branch's own.
    """

    cells: set[tuple[int, int]] = field(default_factory=set)
    stands: dict[int, set[int]] = field(default_factory=dict)


def sheets_seen(sheet: TemplateSheet, names: Names, tabled: Iterable[str]) -> frozenset[str]:
    """The sheets that formulas and formats of a sheet mention, the own one included, in lower case; ``*`` for any.

    ``tabled``: the sheets that have tables, whose columns formulas call by name.
    """
    seen = set()
    for text in _texts(sheet):
        formula = names.written_out(Formula.parse(text))
        seen |= {(ref.sheet or sheet.name).casefold() for ref in formula.refs()}
        rest = "".join(part for part in formula.parts if isinstance(part, str)).upper()
        if any(sign in rest for sign in _ANYWHERE):
            seen.add("*")
        if "[" in rest:
            seen.update(name.casefold() for name in tabled)
    return frozenset(seen)


def _texts(sheet: TemplateSheet) -> Iterator[str]:
    yield from (c.formula for r in sheet.rows for c in r.cells if c.formula)
    yield from (el.text or "" for el in sheet.root.iter(S + "formula", S + "formula1", S + "formula2", "{*}f"))


def looked_at(sheets: Iterable[TemplateSheet], names: Names, others: Iterable[Ref]) -> dict[str, Looked]:
    """By sheet, in lower case. ``others`` are references of parts that are no sheets, with the sheet they name."""
    by_name = {s.name.casefold(): s for s in sheets}
    found = {name: Looked() for name in by_name}
    for sheet in by_name.values():
        homes = sheet.branch_of
        for cell, formula in _formulas(sheet, names):
            for ref in formula.refs():
                name = (ref.sheet or sheet.name).casefold()
                if name in by_name:
                    found[name].cells.update(filled(by_name[name], _with_neighbours(by_name[name], ref)))
                    home = homes.get(cell.row) if name == sheet.name.casefold() else None
                    _stand(by_name[name], ref, home, found)
        for ref in _rules(sheet):
            _stand(by_name.get((ref.sheet or sheet.name).casefold()), ref, None, found)
    for ref in others:
        _stand(by_name.get((ref.sheet or "").casefold()), ref, None, found)
    return found


def _formulas(sheet: TemplateSheet, names: Names) -> Iterator[tuple[SheetCell, Formula]]:
    for row in sheet.rows:
        for cell in row.cells:
            if cell.formula is not None:
                yield cell, names.written_out(Formula.parse(cell.formula))


def _rules(sheet: TemplateSheet) -> Iterator[Ref]:
    """References of conditional formats and validations that stand outside loops."""
    homes = sheet.branch_of
    for el in sheet.root.iter(S + "conditionalFormatting", S + "dataValidation"):
        areas = Formula.parse(el.get("sqref") or "").refs()
        if areas and areas[0].row1 not in homes:
            for formula in el.iter(S + "formula", S + "formula1", S + "formula2"):
                yield from Formula.parse(formula.text or "").refs()


def _with_neighbours(sheet: TemplateSheet, ref: Ref) -> Ref:
    """The reference with all rows of the blocks it ends in: over several copies it takes them in."""
    if ref.row1 is None:
        return ref
    first, last = sorted((ref.row1, ref.row2 or ref.row1))
    for top in sheet.outermost():
        if top.opener <= first <= top.closer or top.opener <= last <= top.closer:
            first, last = min(first, top.opener), max(last, top.closer)
    return Ref(None, first, ref.col1, last, ref.col2 or ref.col1)


def filled(sheet: TemplateSheet, ref: Ref) -> Iterator[tuple[int, int]]:
    """The cells of a reference that the template has."""
    rows, columns = ref.rows, ref.columns
    if len(rows) * len(columns) < len(sheet.cells):
        return (key for key in product(rows, columns) if key in sheet.cells)
    return (key for key in sheet.cells if key in ref)


def _stand(sheet: TemplateSheet | None, ref: Ref, home: Branch | None, found: dict[str, Looked]) -> None:
    """Note the branches without whose rows the reference would point nowhere."""
    if sheet is None or ref.row1 is None or not sheet.branches:
        return
    first, last = sorted((ref.row1, ref.row2 or ref.row1))
    around = [b for b in sheet.branches if b.opener < first and last < b.closer]  # outermost first
    known = set() if home is None else {b.index for b in home.chain()}
    needed = [b for b in around if b.index not in known]
    inside = [b for b in sheet.branches if first <= b.opener + 1 and b.closer - 1 <= last]
    if not _has_own_row(sheet, around, first, last):
        needed += inside
    for branch in needed:
        found[sheet.name.casefold()].stands.setdefault(branch.index, set()).update(ref.columns)


def _has_own_row(sheet: TemplateSheet, around: list[Branch], first: int, last: int) -> bool:
    """Whether a row of the range is printed whenever the branches around it are."""
    tags = sheet.tag_rows | sheet.dropped()
    covered = [b for b in sheet.branches if b not in around]
    for row in range(first, min(last, first + 10_000) + 1):
        if row not in tags and not any(b.opener < row < b.closer for b in covered):
            return True
    return False
