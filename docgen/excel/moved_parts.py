"""What the parts that hang on rows ask when the rows are known: the functions behind the holes of sheetparts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from docgen.excel.book_state import BookState
from docgen.excel.cell_values import PartXml
from docgen.excel.formulas.references import GONE, Formula, Ref
from docgen.excel.layout import BlockCopies, CopyPlace, Layout, move_ranges, move_sqref
from docgen.excel.reader import Branch
from docgen.excel.sheet_state import SheetState
from docgen.template.xml_text import escape, escape_attribute

_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


class Moves:
    """Answers of one render; a sheet is given by its name in the template."""

    def __init__(self, book: BookState) -> None:
        self._book = book

    def functions(self) -> dict[str, Callable[..., Any]]:
        """The names by which compiled parts ask."""
        return {
            "_gd_sqref": self.sqref,
            "_gd_rule": self.rule,
            "_gd_text": self.text,
            "_gd_name": self.name,
            "_gd_row_of": self.row_of,
            "_gd_merges": self.merges,
            "_gd_links": self.links,
            "_gd_breaks": self.breaks,
            "_gd_sparklines": self.sparklines,
            "_gd_full": lambda: int(self._book.full_calculation),
            "_gd_anchor": self.anchor,
            "_gd_anchor_row": self.anchor_row,
        }

    def _ground(self, sheet: str) -> SheetState | None:
        return self._book.sheet_states.get(sheet.casefold())

    def _layout(self, sheet: str) -> Layout | None:
        """Where the sheet's rows are; None where they stay."""
        sheet_state = self._ground(sheet)
        return sheet_state.layout() if sheet_state is not None and sheet_state.sheet.moves else None

    # -- ranges and formulas

    def sqref(self, sheet: str, text: str) -> str:
        """Ranges of this sheet, exactly the rows they cover."""
        layout = self._layout(sheet)
        return text if layout is None else move_sqref(text, layout)

    def rule(self, sheet: str, text: str, row: int) -> str:
        """A formula written for the first cell of a range (conditional format, validation)."""
        sheet_state = self._ground(sheet)
        if sheet_state is None:
            return text
        branch = sheet_state.sheet.branch_of.get(row)
        path = None if branch is None else _first_copy(sheet_state, branch)
        place = None if path is None else CopyPlace(row, path)
        return self._book.moved(Formula.parse(text), sheet_state, place, pinned=place is not None).text()

    def text(self, sheet: str, text: str) -> str:
        """A formula or range seen from outside all loops (names, charts, tables)."""
        sheet_state = self._ground(sheet) if sheet else None
        return self._book.moved(Formula.parse(text), sheet_state).text()

    def name(self, sheet: str, text: str) -> str:
        """What a name stands for; ``sheet``: the one it belongs to."""
        sheet_state = self._ground(sheet) if sheet else None
        origin = "" if sheet_state is None else sheet_state.program.origin.casefold()
        layouts = self._book.layouts(sheet_state)
        if is_ranges(text):
            text = move_ranges(text, lambda s: layouts(None if s is not None and s.casefold() == origin else s)) or GONE
            return Formula.parse(text).moved(lambda ref: self._book.titled(ref, sheet_state)).text()
        return text if "{" in text else self._book.moved(Formula.parse(text), sheet_state).text()

    def row_of(self, sheet: str, row: int) -> int:
        """A row that stays, or the first copy of a loop's row."""
        layout = self._layout(sheet)
        return row if layout is None else layout.row(row)

    # -- drawings and comments, whose rows count from 0

    def anchor_row(self, sheet: str, first: int, row: int, grows: bool) -> int:
        """A corner of a picture or chart that begins in row ``first``: where it does not grow it keeps its height."""
        layout = self._layout(sheet)
        if layout is None:
            return row
        top = layout.row(first + 1) - 1
        return max(top, layout.row(row + 1, "end") - 1) if grows else top + row - first

    def anchor(self, sheet: str, text: str) -> str:
        """``x:Anchor`` of a comment's box: its two rows move by what its first row moves."""
        numbers = [int(n) for n in text.split(",")]
        top = self.row_of(sheet, numbers[2] + 1) - 1
        numbers[2], numbers[6] = top, numbers[6] + top - numbers[2]
        return ", ".join(map(str, numbers))

    # -- what is written anew

    def links(self, sheet: str, ref: str, attributes: str, location: str) -> str:
        """Hyperlinks: one for each stretch of rows."""
        leads = f' location="{escape_attribute(self.text(sheet, location))}"' if location else ""
        found = (f'<hyperlink ref="{area}"{attributes}{leads}/>' for area in self.sqref(sheet, ref).split())
        return PartXml("".join(found))

    def breaks(self, sheet: str, rows: list[tuple[int, str]]) -> str:
        """The rowBreaks element: a break stays below its row, in a loop below each copy of it."""
        layout = self._layout(sheet)
        found: dict[int, str] = {}
        for row, attributes in rows:
            ids = [row] if layout is None else _copies_of(layout, row)
            found |= dict.fromkeys((one for one in ids if one > 0), attributes)
        if not found:
            return ""
        manual = sum(' man="1"' in attributes for attributes in found.values())
        inner = "".join(f'<brk id="{row}"{found[row]}/>' for row in sorted(found))
        return PartXml(f'<rowBreaks count="{len(found)}" manualBreakCount="{manual}">{inner}</rowBreaks>')

    def sparklines(self, sheet: str, data: str, cells: str) -> str:
        """A sparkline: in a loop one for each copy."""
        sheet_state = self._ground(sheet)
        refs = Formula.parse(cells).refs()
        branch = sheet_state.sheet.branch_of.get(refs[0].row1 or 0) if sheet_state is not None and refs else None
        if sheet_state is None or branch is None:
            return self._sparkline(self.text(sheet, data), self.sqref(sheet, cells))
        formula, out = Formula.parse(data), []
        for path in paths(sheet_state, branch):
            place = CopyPlace(refs[0].row1 or 0, path)
            cell = replace(refs[0], row1=sheet_state.layout().at(place))
            out.append(self._sparkline(self._book.moved(formula, sheet_state, place).text(), str(cell)))
        return PartXml("".join(out))

    @staticmethod
    def _sparkline(data: str, cell: str) -> str:
        inner = f"<xm:f>{escape(data)}</xm:f><xm:sqref>{cell}</xm:sqref>"
        return PartXml(f'<x14:sparkline xmlns:x14="{_X14}" xmlns:xm="{_XM}">{inner}</x14:sparkline>') if cell else ""

    def merges(self, sheet: str) -> str:
        """The mergeCells element, or nothing."""
        sheet_state = self._ground(sheet)
        if sheet_state is None:
            return ""
        found = [*sheet_state.merges, *self._outer_merges(sheet_state)]
        if not found:
            return ""
        cells = "".join(f'<mergeCell ref="{r}"/>' for r in found)
        return PartXml(f'<mergeCells count="{len(found)}">{cells}</mergeCells>')

    @staticmethod
    def _outer_merges(sheet_state: SheetState) -> Iterator[str]:
        """Merged cells that no loop's rows write by themselves: outside loops, or with a loop between their rows."""
        for ref in sheet_state.sheet.merged:
            first, last = ref.row1 or 0, ref.row2 or ref.row1 or 0
            home = sheet_state.sheet.branch_of.get(first)
            if home is not None and home.simple and home.opener < last < home.closer:
                continue
            if not sheet_state.sheet.moves:
                yield str(ref)
                continue
            around = [b for b in sheet_state.sheet.branches if b.opener < first and last < b.closer]
            for place in _places(sheet_state, around[-1] if around else None):
                moved = sheet_state.layout().move(ref, place)
                if isinstance(moved, Ref) and (moved.row1, moved.col1) != (moved.row2, moved.col2):
                    yield str(moved)


def is_ranges(text: str) -> bool:
    """Whether a name stands for ranges alone."""
    return not re.sub(r"[,\s]", "", "".join(p for p in Formula.parse(text).parts if isinstance(p, str)))


def _places(sheet_state: SheetState, branch: Branch | None) -> Iterator[CopyPlace | None]:
    """Every copy of a branch, as a place within it; without one, the whole sheet."""
    if branch is None:
        yield None
        return
    row = next((r for r, home in sheet_state.sheet.branch_of.items() if home is branch), branch.inner()[0].opener)
    yield from (CopyPlace(row, path) for path in paths(sheet_state, branch))


def paths(sheet_state: SheetState, branch: Branch) -> Iterator[tuple[int, ...]]:
    """The copies of a branch: the number of the copy in each of the blocks around it, outermost first."""
    yield from _paths(branch.chain(), sheet_state.outermost, sheet_state.copies())


def _paths(chain: list[Branch], siblings: list[Branch], copies: list[BlockCopies]) -> Iterator[tuple[int, ...]]:
    first, *rest = chain
    found = copies[siblings.index(first)]
    for number in range(found.count):
        if not rest:
            yield (number,)
        else:
            inner = _paths(rest, first.inner(), list(found.instances[number]))
            yield from ((number, *path) for path in inner)


def _first_copy(sheet_state: SheetState, branch: Branch) -> tuple[int, ...] | None:
    return next(paths(sheet_state, branch), None)


def _copies_of(layout: Layout, row: int) -> list[int]:
    """The printed rows that come from a template row; of one that is left out, the row before it."""
    found = [r for first, last in layout.runs(row, row) for r in range(first, last + 1)]
    return found or [layout.row(row, "end")]
