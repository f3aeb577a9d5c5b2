"""Problems written into a copy of the clerk's own workbook: red cells, notes, and a column 错误说明 to filter by.

Only the sheets with problems change, and of the rest what a note needs: styles, comments and their drawing,
relations, content types (and the hidden name of a filter that grows). Every other member is copied as compressed
bytes. Marks are known again by their fills and their notes' author, also after Excel or WPS has saved the copy: so
marking a copy anew replaces its marks, and marking it with nothing takes them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from docgen.errors import Problem, TemplateError
from docgen.forms.declaration import Table
from docgen.registers.headings import find_headings
from docgen.registers.reading import ERRORS_HEADING
from docgen.sheets.book import Sheet, column_number, letter
from docgen.sheets.notes import Note, with_notes, with_shapes, without_notes, without_shapes
from docgen.sheets.parts import local, relation_id, tag
from docgen.sheets.raw_rows import Change, SheetRows
from docgen.sheets.styles_part import FAULTY, HEADING
from docgen.sheets.workbook_package import RANGE, WorkbookPackage, WorksheetPart
from docgen.sheets.xlsx_file import read_xlsx
from docgen.template.package import read_package
from foundation.language import _

MAX_NOTES = 2_000
"""Notes on one sheet; with more of them Excel gets slow. The error column has every problem."""

_WIDTH = "60.7109375"
_LAST_COLUMN = 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})?([1-9]\d{0,6})")

_BEFORE_FILTER = ("sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios")
_BEHIND_NOTES = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""Elements of a worksheet before its autoFilter, and behind its legacyDrawing (clause 18.3.1.99)."""


@dataclass(frozen=True, slots=True)
class MarkedCopy:
    """A workbook with its marks: its bytes, how many cells are red, and the problems that have no cell in it."""

    content: bytes
    cells: int = 0
    unplaced: tuple[Problem, ...] = ()


def mark(data: bytes, problems: Iterable[Problem], *, name: str, tables: Sequence[Table] = ()) -> MarkedCopy:
    """The workbook in ``data``, called ``name`` in the problems, with each problem at its cell; old marks are gone.

    ``tables`` are those of the form it was read for: beside them stands the column 错误说明. Without problems the
    workbook comes back without marks, byte for byte as it was where it had none. TemplateError where ``data`` is no
    workbook of the kind that can hold marks (.xlsx, .xlsm).
    """
    try:
        return _mark(data, tuple(problems), name, tables)
    except (etree.XMLSyntaxError, ValueError, KeyError) as error:
        message = _("the workbook cannot be marked: {detail}").format(detail=error)
        hint = _("Open it in Excel or WPS, save it anew, and check that copy.")
        raise TemplateError(Problem(name, message, hint, "mark.impossible")) from error


def _mark(data: bytes, problems: tuple[Problem, ...], name: str, tables: Sequence[Table]) -> MarkedCopy:
    package = WorkbookPackage(read_package(data, name))
    for sheet in package.sheets.values():
        _Unmarking(package, sheet).do()
    clean = package.content(data)
    placed = _placed(problems, name, package.sheets)
    if not placed:
        return MarkedCopy(clean, 0, problems)
    book = {sheet.name: sheet for sheet in read_xlsx(clean, name).sheets}
    cells = 0
    for sheet_name, spots in placed.items():
        cells += _Marking(package, book[sheet_name], tables, spots).do()
    found = {id(spot.problem) for spots in placed.values() for spot in spots}
    return MarkedCopy(package.content(data), cells, tuple(problem for problem in problems if id(problem) not in found))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A problem and its cell; column 0 where it is about the whole row."""

    row: int
    column: int
    problem: Problem

    def text(self, between: str) -> str:
        """Fault and remedy."""
        return between.join(filter(None, (self.problem.message, self.problem.hint)))


def _placed(problems: Iterable[Problem], name: str, sheets: Mapping[str, Any]) -> dict[str, list[_Spot]]:
    """The problems by sheet: those at a cell or row of one of its sheets."""
    placed: dict[str, list[_Spot]] = {}
    for problem in problems:
        place = problem.place
        found = _REFERENCE.fullmatch(place.cell)
        if found and place.sheet in sheets and place.file == name:
            placed.setdefault(place.sheet, []).append(_Spot(int(found[2]), column_number(found[1] or ""), problem))
    return placed


# --- the notes of a sheet -------------------------------------------------------------------------------------


class _Notes:
    """A sheet's comments and their drawing, wherever they lie."""

    def __init__(self, package: WorkbookPackage, sheet: WorksheetPart, root: Any) -> None:
        self.package, self.sheet, self.root = package, sheet, root
        relations = package.relations(sheet.path)
        self.comments = next((path for kind, path in relations.values() if kind == "comments"), None)
        drawing = next(root.iter("{*}legacyDrawing"), None)
        self.drawing = relations.get(relation_id(drawing), ("", None))[1] if drawing is not None else None

    def add(self, notes: Sequence[Note]) -> None:
        before = self.package.read(self.comments) if self.comments else None
        content, fresh = with_notes(before, notes, self.package.namespace)
        if self.comments is None:
            self.comments = self._new_comments()
        self.package.write(self.comments, content)
        if fresh:
            shapes = self.package.read(self.drawing) if self.drawing else None
            taken = self.package.blocks()
            if self.drawing is None:
                self.drawing = self._new_drawing()
            self.package.write(self.drawing, with_shapes(shapes, fresh, taken))

    def _new_comments(self) -> str:
        path = self.package.free("xl/comments{}.xml")
        self.package.relate(self.sheet.path, "comments", path)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
        self.package.declare(path, kind, default="")
        return path

    def _new_drawing(self) -> str:
        path = self.package.free("xl/drawings/vmlDrawing{}.vml")
        identity = self.package.relate(self.sheet.path, "vmlDrawing", path)
        self.package.declare(path, "application/vnd.openxmlformats-officedocument.vmlDrawing", default="vml")
        element = etree.Element(tag(self.root, "legacyDrawing"), nsmap={"r": self.package.kinds})
        element.set(f"{{{self.package.kinds}}}id", identity)
        behind = [child for child in self.root if local(child) in _BEHIND_NOTES]
        (behind[0].addprevious if behind else self.root.append)(element)
        return path

    def remove(self) -> tuple[str, ...]:
        """Take guidang's words out; all of them."""
        before = self.package.read(self.comments) if self.comments else None
        if self.comments is None or before is None:
            return ()
        kept = without_notes(before)
        if not kept.words:
            return ()
        self._remove_shapes({_cell(reference) for reference in kept.gone}, last=not kept.left)
        if kept.left:
            self.package.write(self.comments, kept.content)
        else:
            self._forget(self.comments, declared=True)
        return kept.words

    def _remove_shapes(self, cells: set[tuple[int, int]], *, last: bool) -> None:
        shapes = self.package.read(self.drawing) if self.drawing else None
        if self.drawing is None or shapes is None:
            return
        content, left = without_shapes(shapes, cells)
        if left or not last:
            self.package.write(self.drawing, content)
            return
        self._forget(self.drawing, declared=False)
        for element in list(self.root.iter("{*}legacyDrawing")):
            element.getparent().remove(element)

    def _forget(self, path: str, *, declared: bool) -> None:
        self.package.unrelate(self.sheet.path, path)
        self.package.remove(path)
        if declared:
            self.package.undeclare(path)


def _filter_before(notes: Iterable[str]) -> str:
    """The filter a sheet had before it was marked, as the note on the error column's heading keeps it."""
    found = (re.search(r"\[([A-Z]+\d+:[A-Z]+\d+)\]", text) for text in notes)
    return next((match[1] for match in found if match), "")


def _cell(reference: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(reference)
    return (int(found[2]), column_number(found[1] or "")) if found else (0, 0)


# --- marks out ------------------------------------------------------------------------------------------------
#
# Nothing is kept beside the copy: what was there is found in it again, also after Excel or WPS has numbered styles and
# notes anew.
#
#   cell      yellow fill             →  red fill, yellow in its background colour  →  yellow
#   note      业主要求开票            →  业主要求开票　【guidang】…                 →  业主要求开票
#   column M  (empty)                 →  错误说明, fills of their own               →  gone
#   filter    A4:K6                   →  A4:M6, "[A4:K6]" in the note of the heading →  A4:K6


class _Unmarking:
    """One sheet losing its marks."""

    def __init__(self, package: WorkbookPackage, sheet: WorksheetPart) -> None:
        self.package, self.sheet, self.styles = package, sheet, package.styles

    def do(self) -> None:
        rows = SheetRows.parse(self.package.read(self.sheet.path) or b"")
        notes = _Notes(self.package, self.sheet, rows.root).remove()
        changes, columns = self._changes(rows)
        if not (changes or notes):
            return
        rows.change(changes)
        for column in sorted(columns):
            self._narrow(rows, column, _filter_before(notes))
        self.package.write(self.sheet.path, rows.content())

    def _changes(self, rows: SheetRows) -> tuple[dict[tuple[int, int], Change], set[int]]:
        marks = self.styles.marks
        found = {row for style, places in rows.all_styles().items() if style in marks for row in places}
        changes, columns = {}, set()
        for (row, column), style in rows.styles(found).items():
            if column and style in marks:
                ours = marks[style] != FAULTY
                changes[row, column] = Change(gone=True) if ours else Change(self.styles.original(style))
                if marks[style] == HEADING:
                    columns.add(column)
        return changes, columns

    def _narrow(self, rows: SheetRows, column: int, filter_before: str) -> None:
        """Width and filter of the error column go."""
        for cols in list(rows.root.iter("{*}cols")):
            for element in list(cols):
                if element.get("min") == element.get("max") == str(column):
                    cols.remove(element)
            if not len(cols):
                rows.root.remove(cols)
        _shrink_dimension(rows.root, column)
        element, found = _filter_of(rows.root)
        if found is None or column_number(found[3]) != column:
            return
        used = [child for child in element if local(child) == "filterColumn"]
        mine = [child for child in used if child.get("colId") == str(column - column_number(found[1]))]
        for child in mine:
            element.remove(child)
        if mine and len(mine) == len(used):
            rows.show(int(found[2]), int(found[4]))
            for properties in rows.root.iter("{*}sheetPr"):
                properties.attrib.pop("filterMode", None)
        self._restore_filter(rows.root, element, found, filter_before)

    def _restore_filter(self, root: Any, element: Any, found: re.Match[str], before: str) -> None:
        reference = None
        if before:
            right = before.partition(":")[2].rstrip("0123456789")
            reference = f"{found[1]}{found[2]}:{right}{found[4]}"
            element.set("ref", reference)
        else:
            root.remove(element)
        self.package.rename_filter(self.sheet, reference)


def _filter_of(root: Any) -> tuple[Any, re.Match[str] | None]:
    """A sheet's filter and the corners of its range; None where there is none."""
    element = next((child for child in root if local(child) == "autoFilter"), None)
    return element, RANGE.fullmatch(element.get("ref", "")) if element is not None else None


def _shrink_dimension(root: Any, column: int) -> None:
    for dimension in root.iter("{*}dimension"):
        found = RANGE.fullmatch(dimension.get("ref", ""))
        if found and column_number(found[3]) == column and column_number(found[1]) < column:
            dimension.set("ref", f"{found[1]}{found[2]}:{letter(column - 1)}{found[4]}")


# --- marks in -------------------------------------------------------------------------------------------------


class _Marking:
    """One sheet getting its marks."""

    def __init__(self, package: WorkbookPackage, sheet: Sheet, tables: Sequence[Table], spots: Sequence[_Spot]) -> None:
        self.package, self.part, self.sheet, self.spots = package, package.sheets[sheet.name], sheet, spots
        self.rows = SheetRows.parse(package.read(self.part.path) or b"")
        self.headings = find_headings(sheet, tables) if tables else []
        self.changes: dict[tuple[int, int], Change] = {}
        self.words: dict[tuple[int, int], list[str]] = {}

    def do(self) -> int:
        """Mark; how many cells are red."""
        column = self._free_column() if self.headings else None
        if column is not None:
            self._error_column(column)
        red = {(spot.row, spot.column) for spot in self.spots if spot.column}
        self._redden(red)
        for spot in self.spots:
            if spot.column:
                self.words.setdefault((spot.row, spot.column), []).append(spot.text("\n"))
        notes = [
            Note(row, place, f"{letter(place)}{row}", "\n".join(dict.fromkeys(texts)))
            for (row, place), texts in sorted(self.words.items())
        ]
        self.rows.change(self.changes)
        _Notes(self.package, self.part, self.rows.root).add(notes[:MAX_NOTES])
        self.package.write(self.part.path, self.rows.content())
        return len(red)

    def _redden(self, cells: set[tuple[int, int]]) -> None:
        styles = self.rows.styles({row for row, _column in cells})
        columns = {column: _column_style(self.rows.root, column) for column in {place for _row, place in cells}}
        for row, column in cells:
            own = styles.get((row, column), styles.get((row, 0), columns[column]))
            self.changes[row, column] = Change(self.package.styles.faulty(own))

    # the error column

    def _free_column(self) -> int | None:
        """The column right of everything on the sheet; None where there is none."""
        filled = max((max(cells) for cells in self.sheet.rows.values()), default=0)
        merged = max((merge.right for merge in self.sheet.merges if merge.left < _LAST_COLUMN), default=0)
        _element, found = _filter_of(self.rows.root)
        column = max(filled, merged, column_number(found[3]) if found else 0) + 1
        return column if column <= _LAST_COLUMN else None

    def _error_column(self, column: int) -> None:
        """Each table with problems gets the heading, each of its rows with problems their words."""
        styles = self.package.styles
        below: dict[int, list[str]] = {}
        for spot in self.spots:
            heading = max((head.bottom for head in self.headings if head.bottom <= spot.row), default=0)
            if not heading:
                continue
            self.changes[heading, column] = Change(styles.heading, ERRORS_HEADING)
            self.words.setdefault((heading, column), [])
            if spot.row > heading:
                below.setdefault(spot.row, []).append(spot.text(" → "))
            elif not spot.column:
                self.words[heading, column].append(spot.text("\n"))
        for row, texts in below.items():
            self.changes[row, column] = Change(styles.column, "  ／  ".join(dict.fromkeys(texts)))
        if self.words:
            before = self._set_filter(column)
            for texts in self.words.values():
                texts.append(self._about(before))
            self._widen(column)

    @staticmethod
    def _about(before: str) -> str:
        text = _("Written by guidang; it goes when the file is checked and marked again. Filter before: [{range}]")
        return text.format(range=before or "-")

    def _set_filter(self, column: int) -> str:
        """A filter over the one table, or the sheet's own grown to the right; what it was before."""
        root = self.rows.root
        element, found = _filter_of(root)
        heading = min(row for row, _column in self.words)
        if found:
            before = element.get("ref", "")
            if int(found[2]) != heading:
                return ""
            reference = f"{found[1]}{found[2]}:{letter(column)}{found[4]}"
            element.set("ref", reference)
            self.package.rename_filter(self.part, reference)
            return str(before)
        last = max(self.sheet.rows)
        has_tables = any(local(child) == "tableParts" for child in root)
        if len(self.headings) > 1 or has_tables or last <= heading:
            return ""
        first = min(self.headings[0].labels)
        element = etree.Element(tag(root, "autoFilter"), ref=f"{letter(first)}{heading}:{letter(column)}{last}")
        before_it = [child for child in root if local(child) in _BEFORE_FILTER]
        before_it[-1].addnext(element)
        return ""

    def _widen(self, column: int) -> None:
        """A width for the error column; a declared range of columns that covers it is cut there."""
        root = self.rows.root
        cols = next(root.iter("{*}cols"), None)
        if cols is None:
            cols = etree.Element(tag(root, "cols"))
            next(child for child in root if local(child) == "sheetData").addprevious(cols)
        for element in list(cols):
            _cut(cols, element, column)
        new = etree.Element(tag(root, "col"), min=str(column), max=str(column), width=_WIDTH, customWidth="1")
        behind = [child for child in cols if int(child.get("min", "0")) > column]
        (behind[0].addprevious if behind else cols.append)(new)
        for dimension in root.iter("{*}dimension"):
            found = RANGE.fullmatch(dimension.get("ref", ""))
            if found and column_number(found[3]) < column:
                dimension.set("ref", f"{found[1]}{found[2]}:{letter(column)}{found[4]}")


def _cut(cols: Any, element: Any, column: int) -> None:
    first, last = int(element.get("min", "0")), int(element.get("max", "0"))
    if not first <= column <= last:
        return
    for start, end in ((first, column - 1), (column + 1, last)):
        if start <= end:
            piece = etree.Element(element.tag, dict(element.attrib))
            piece.set("min", str(start))
            piece.set("max", str(end))
            element.addprevious(piece)
    cols.remove(element)


def _column_style(root: Any, column: int) -> int:
    for element in root.iter("{*}col"):
        if int(element.get("min", "0")) <= column <= int(element.get("max", "0")):
            return int(element.get("style", "0"))
    return 0
