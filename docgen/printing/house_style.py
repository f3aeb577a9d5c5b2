"""The house style of the Excel papers: a workbook of tags as it is printed, drawn piece by piece from the top.

Used by the scripts that author the shipped templates and by :mod:`docgen.printing.register`, which draws a register
from its declaration. 宋体 throughout and 黑体 titles, rows of at least 8 mm for handwriting, thin borders, A4 or A3,
one page wide, headings repeated on every page, 第 X 页 共 Y 页 below, 25 mm to sign in. The same drawing gives the
same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.header_footer import HeaderFooter, HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.pagebreak import Break

from docgen.sheets.book import letter
from docgen.sheets.new_book import A3, A4, HEI, SONG, merge_across, new_book, saved, set_page, set_widths, thin

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ROW, HEAD, SIGN = 23.0, 25.5, 71.0
"""Heights in points: 8 mm to write in, 9 mm for headings, 25 mm to sign in."""
_LINE, _FILL = "7F7F7F", "EDEDED"
_ROOM = {(A4, True): 147.0, (A4, False): 99.0, (A3, True): 214.0, (A3, False): 147.0}
"""Half-width characters that fit the width of a page between the margins at full size."""

FORMATS = {
    "text": "@",
    "code": "@",
    "choice": "@",
    "tick": "@",
    "integer": "0",
    "number": "General",
    "money": "#,##0.00_ ",
    "percent": "0.00%_ ",
    "date": "yyyy-mm-dd",
    "datetime": "mm-dd hh:mm",
}
"""How values of each type are printed. The year of a moment stands in the title of the month's register."""

PROPERTIES = {
    "guidang.form": "{{ form.id }}",
    "guidang.code": "{{ form.code }}",
    "guidang.title": "{{ form.title }}",
    "guidang.version": "{{ form.version }}",
    "guidang.period": "{{ period }}",
    "guidang.department": "{{ meta.department }}",
    "guidang.digest": "{{ meta.digest }}",
}
"""What a document says of itself, whatever it is renamed to."""


@dataclass(frozen=True)
class Col:
    """A printed column: heading, what each row says (tags or a formula with {r} for its row), width in characters.

    ``total`` sums it in the row of sums, ``closing`` says something else there (with {r} for that row).
    """

    title: str
    value: str
    width: float
    format: str = "text"
    align: str = ""
    group: str = ""
    total: bool = False
    closing: str = ""

    @property
    def alignment(self) -> str:
        return self.align or {"text": "left", "money": "right", "number": "right", "percent": "right"}.get(
            self.format, "center"
        )


@dataclass(frozen=True)
class Look:
    """How a cell is set."""

    size: float = 10.5
    bold: bool = False
    font: str = SONG
    align: str = "center"
    vertical: str = "center"
    border: bool = True
    fill: bool = False
    format: str = "General"


_PLAIN = Look()
_LEFT = Look(align="left", border=False)


@dataclass(frozen=True)
class Grid:
    """A table: its columns, what its rows are (an expression of the template), where they stand.

    ``spans`` gives each column's first and last sheet column, without it one each; ``least`` how many rows are
    printed at least (a number or an expression); ``total`` the label of a row of sums; ``repeat`` headings on every
    page; ``reckon`` an assignment made for every row.
    """

    columns: Sequence[Col]
    rows: str
    spans: Sequence[tuple[int, int]] = ()
    least: int | str = 0
    total: str = ""
    size: float = 10.5
    height: float = ROW
    repeat: bool = False
    reckon: str = ""

    @property
    def placed(self) -> list[tuple[Col, tuple[int, int]]]:
        """Each column with its place."""
        spans = self.spans or [(n, n) for n in range(1, len(self.columns) + 1)]
        return list(zip(self.columns, spans, strict=True))

    def look(self, column: Col) -> Look:
        """How a column's cells are set."""
        return Look(size=self.size, align=column.alignment, format=FORMATS.get(column.format, column.format))


class PrintBook:
    """A workbook of one or more printed sheets."""

    def __init__(self, title: str = "{{ form.title }}") -> None:
        self.book = new_book(title)
        self.book._named_styles["Normal"].font = Font(SONG, 10.5)  # type: ignore[attr-defined]  # noqa: SLF001 - the unit of widths

    def sheet(
        self, name: str, widths: Sequence[float], *, landscape: bool = True, paper: int = A4, code: str = ""
    ) -> PrintSheet:
        """A new sheet with columns of these widths, in half-width characters."""
        return PrintSheet(self.book.create_sheet(name), widths, landscape=landscape, paper=paper, code=code)

    def saved(self, properties: Mapping[str, str] = PROPERTIES) -> bytes:
        """The file with its properties; the same drawing gives the same bytes."""
        return saved(self.book, properties)


class PrintSheet:
    """One printed sheet; ``row`` is the next free one."""

    def __init__(self, sheet: Worksheet, widths: Sequence[float], *, landscape: bool, paper: int, code: str) -> None:
        self.sheet, self.widths, self.columns = sheet, list(widths), len(widths)
        self.line = thin(_LINE)
        self.fill = PatternFill("solid", fgColor=_FILL)
        self.row = 1
        self.scale = min(1.0, _ROOM[paper, landscape] / sum(self.widths))
        set_widths(sheet, widths)
        set_page(sheet, (0.47, 0.63, 0.63, 0.31, 0.31), paper=paper, landscape=landscape)
        right = _HeaderFooterPart(f"标识：{code}", font=f"{SONG},Regular", size=9) if code else None
        sheet.HeaderFooter = HeaderFooter(
            oddHeader=HeaderFooterItem(right=right) if right else None,
            oddFooter=HeaderFooterItem(center=_HeaderFooterPart("第 &P 页 共 &N 页", font=f"{SONG},Regular", size=9)),
        )

    # --- cells ---

    def put(self, row: int, first: int, last: int, value: Any, look: Look = _PLAIN) -> None:
        """A value over columns ``first`` to ``last`` of a row, merged where they are several."""
        merge_across(self.sheet, row, first, last)
        cell: Any = self.sheet.cell(row, first)
        cell.value = value
        cell.font = Font(look.font, look.size, b=look.bold)
        cell.alignment = Alignment(look.align, look.vertical, wrap_text=True)
        cell.number_format = look.format
        for number in range(first, last + 1):
            at = self.sheet.cell(row, number)
            if look.border:
                at.border = self.line
            if look.fill:
                at.fill = self.fill

    def height(self, points: float, row: int | None = None) -> None:
        self.sheet.row_dimensions[row or self.row].height = points

    def tag(self, text: str) -> None:
        """A row of its own for a tag; it is not printed."""
        self.sheet.cell(self.row, 1).value = text
        self.row += 1

    def across(self, value: str, look: Look = _LEFT, height: float = ROW) -> None:
        """One line over the whole width."""
        self.put(self.row, 1, self.columns, value, look)
        self.height(height)
        self.row += 1

    # --- pieces of a paper ---

    def title(self, title: str, company: str = "{{ office.company }}") -> None:
        """Company above, title below, centred and largest on the page."""
        self.across(company, Look(size=12, border=False), 21)
        self.across(title, Look(size=18, font=HEI, border=False), 33)

    def facts(self, *texts: str, height: float = 20) -> None:
        """One line of 部门：… 编号：…, the texts spread over the width in equal parts, the last on the right."""
        bounds = self.parts(len(texts))
        for number, (text, (first, last)) in enumerate(zip(texts, bounds, strict=True)):
            align = "left" if number == 0 else "right" if number == len(texts) - 1 else "center"
            self.put(self.row, first, last, text, Look(align=align, border=False))
        self.height(height)
        self.row += 1

    def parts(self, count: int) -> list[tuple[int, int]]:
        """The columns cut into ``count`` parts of about equal width, each at least one column."""
        total, bounds, first = sum(self.widths), [], 1
        for part in range(1, count + 1):
            last = first
            while (
                last < self.columns - (count - part)
                and sum(self.widths[:last]) + self.widths[last] / 2 <= total * part / count
            ):
                last += 1
            bounds.append((first, last if part < count else self.columns))
            first = last + 1
        return bounds

    def caption(self, text: str) -> None:
        """The title of a table among several."""
        self.across(text, Look(size=12, bold=True, align="left", border=False), 26)

    def table(self, table: Grid) -> int:
        """Headings, ``{%tr for r in rows %}``, numbered empty rows up to ``least``, 合计 where ``total`` names it.

        Returns the row of the template that is repeated, for formulas from elsewhere.
        """
        top = self.row
        self._headings(table)
        self.tag(f"{{%tr for r in {table.rows} %}}")
        first = self.row
        for column, (left, right) in table.placed:
            self.put(self.row, left, right, column.value.replace("{r}", str(self.row)), table.look(column))
        self._next(table.height)
        if table.reckon:
            self.tag(f"{{%tr set {table.reckon} %}}")
        self.tag("{%tr endfor %}")
        if table.least:
            self._empty(table)
        if table.total:
            self._total(table, first)
        if table.repeat:
            self.sheet.print_title_rows = f"{top}:{first - 2}"
        return first

    def _next(self, height: float) -> None:
        """As high on paper as ``height`` says, though the sheet is printed smaller."""
        self.height(round(height / self.scale, 1))
        self.row += 1

    def _headings(self, table: Grid) -> None:
        grouped = any(column.group for column in table.columns)
        bottom = self.row + 1 if grouped else self.row
        look = Look(size=table.size, bold=True, fill=True)
        for column, (left, right) in table.placed:
            self.put(bottom if column.group or not grouped else self.row, left, right, column.title, look)
            if grouped and not column.group:
                self._upright(left, right)
        for group, left, right in _groups(table) if grouped else ():
            self.put(self.row, left, right, group, look)
        for row in range(self.row, bottom + 1):
            self.height(round(HEAD / self.scale, 1), row)
        self.row = bottom + 1

    def _upright(self, left: int, right: int) -> None:
        """A heading over both rows of grouped headings."""
        for merged in list(self.sheet.merged_cells.ranges):
            if merged.min_row == self.row and merged.min_col == left:
                self.sheet.unmerge_cells(str(merged))
        self.sheet.merge_cells(start_row=self.row, end_row=self.row + 1, start_column=left, end_column=right)
        for number in range(left, right + 1):
            self.sheet.cell(self.row + 1, number).border = self.line

    def _empty(self, table: Grid) -> None:
        self.tag(f"{{%tr for n in range({table.rows}|length + 1, ({table.least}) + 1) %}}")
        for column, (left, right) in table.placed:
            value = "{{ n }}" if column.value == "{{ loop.index }}" else None
            self.put(self.row, left, right, value, table.look(column))
        self._next(table.height)
        self.tag("{%tr endfor %}")

    def _total(self, table: Grid, row: int) -> None:
        """合计 over the columns before the first sum, then each column's own."""
        sums = (n for n, column in enumerate(table.columns) if column.total or column.closing)
        label = next(sums, len(table.columns))
        for number, (column, (left, right)) in enumerate(table.placed):
            if number == 0:
                look = Look(size=table.size, bold=True)
                self.put(self.row, left, table.placed[label - 1][1][1], table.total, look)
            elif number >= label:
                value = f"=SUM({letter(left)}{row}:{letter(left)}{row})" if column.total else column.closing
                shown = value.replace("{r}", str(self.row)) or None
                self.put(self.row, left, right, shown, replace(table.look(column), bold=True))
        self._next(table.height)

    def formulas(self, title: str, label: int, values: Sequence[tuple[str, str]]) -> None:
        """A row of reckoning below several tables: ``title`` over ``label`` columns, then (formula, format) each."""
        self.put(self.row, 1, label, title, Look(bold=True))
        for number, (value, shown) in enumerate(values, label + 1):
            look = Look(bold=True, align="right", format=FORMATS.get(shown, shown))
            self.put(self.row, number, number, value.replace("{r}", str(self.row)) or None, look)
        self._next(ROW)

    def signs(self, *signers: str, height: float = SIGN) -> None:
        """One box for each signer: who, room to sign, the date."""
        boxes = self.parts(len(signers))
        day = _dated(min(sum(self.widths[first - 1 : last]) for first, last in boxes))
        for signer, (first, last) in zip(signers, boxes, strict=True):
            text = f"{signer}：\n\n\n{day}"
            self.put(self.row, first, last, text, Look(align="left", vertical="top"))
        self._next(height)

    def note(self, text: str) -> None:
        """Small print over the width."""
        self.across(text, Look(size=9, align="left", border=False), 17)

    def new_page(self) -> None:
        """What follows begins a page."""
        self.sheet.row_breaks.append(Break(id=self.row - 1))

    def gap(self, points: float = 8) -> None:
        """A little air between two parts."""
        self.height(points)
        self.sheet.cell(self.row, 1).value = None
        self.row += 1


def _dated(width: float) -> str:
    """The line for the day, as wide as the box allows."""
    lines = ("日期：　　　　年　　月　　日", "日期：　　年　　月　　日", "　　　年　　月　　日", "　　年　月　日")
    return next((line for line in lines if 2 * len(line) + 2 <= width), lines[-1])


def _groups(table: Grid) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for column, (left, right) in table.placed:
        if not column.group:
            continue
        if found and found[-1][0] == column.group and found[-1][2] == left - 1:
            found[-1] = (column.group, found[-1][1], right)
        else:
            found.append((column.group, left, right))
    return found
