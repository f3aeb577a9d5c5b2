"""Sheets of values for people: real dates and numbers in Chinese formats, A4 landscape, the header on every page.

No formula waits for recalculation. Text that came from people is stored as text even where it begins with ``=``,
``+``, ``-`` or ``@``. The same values give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from itertools import groupby
from types import UnionType
from typing import TYPE_CHECKING, Any

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from docgen.excel.row_heights import even_lines, text_width
from docgen.figures.results import Result
from docgen.sheets.book import letter
from docgen.sheets.new_book import HEI, SONG, merge_across, new_book, saved, set_page, set_widths, thin
from docgen.sheets.parts import NOT_XML
from docgen.template.filters import DASH
from docgen.template.package import Member
from foundation.period import Period

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHead:
    """What stands over and inside the workbooks. ``form`` and ``code`` are the report's; ``digest``: of its data.

    ``prepared_on`` is printed and is the files' date; ``signers``: the sign line, in order.
    """

    company: str
    office: str
    form: str
    code: str
    period: Period
    digest: str
    prepared_on: date
    department: str = ""
    signers: tuple[str, ...] = ("填报", "复核", "审批")


# --- cells --------------------------------------------------------------------------------------------------------


def amount_format(amounts: Sequence[Decimal]) -> str:
    """The number format of amounts under each other: decimals for all of them or for none."""
    return "#,##0" if all(a == a.to_integral_value() for a in amounts) else "#,##0.00"


@dataclass(frozen=True, slots=True)
class Shown:
    """A value with the way it is shown: style by alignment, number format, link to a sheet."""

    value: Any
    align: str = "正文"
    form: str = "General"
    link: str = ""

    @classmethod
    def centred(cls, text: str) -> Shown:
        """A short text."""
        return cls(text, "居中")

    @classmethod
    def of(cls, result: Result, value: Decimal | None) -> Shown:
        """A figure's value, as a number shown in the figure's unit; ``—`` without data."""
        if value is None:
            return cls.centred(DASH)
        zeros = f".{'0' * result.digits}" if result.digits else ""
        forms = {"percent": f"0{zeros}%", "change": f"+0{zeros}%;-0{zeros}%;0{zeros}%"}
        return cls(_PRINTED.plus(value), "数字", forms.get(result.unit, f"#,##0{zeros}"))

    @classmethod
    def change(cls, text: str) -> Shown:
        """环比 or 同比, ready printed."""
        return cls(text, "居中" if text == DASH else "数字")

    @classmethod
    def amount(cls, value: Decimal | None, form: str = "") -> Shown:
        """A numerator, denominator or sum; ``—`` where there is none."""
        return cls.centred(DASH) if value is None else cls(_PRINTED.plus(value), "数字", form or amount_format([value]))

    @classmethod
    def from_python(cls, value: Any) -> Shown:
        """The usual look of a value by its type. Text is text, whatever it begins with."""
        if isinstance(value, Shown):
            return value
        if value is None or isinstance(value, str):
            return cls(value or "", "居中" if value == DASH else "正文")
        align, form = next((look for kind, look in _LOOKS if isinstance(value, kind)), ("正文", "General"))
        return cls("是" if value is True else "否" if value is False else value, align, form)


_LOOKS: tuple[tuple[type | UnionType, tuple[str, str]], ...] = (  # bool before int, datetime before date: subclasses
    (bool, ("居中", "General")),
    (int, ("居中", "0")),
    (datetime, ("居中", "yyyy-mm-dd hh:mm")),
    (date, ("居中", "yyyy-mm-dd")),
    (Decimal | float, ("数字", "General")),
)
_PRINTED = Context(prec=15)
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _named_styles() -> list[NamedStyle]:
    """The styles of both workbooks, under names a person finds in the style list of Excel and WPS."""
    line, grey, rose = thin("FF7F7F7F"), PatternFill("solid", "FFEDEDED"), PatternFill("solid", "FFFBE5E5")
    body, strong = Font(name=SONG, sz=10), Font(name=HEI, sz=10)

    def style(
        name: str, font: Font, horizontal: str, fill: PatternFill | None = None, border: Border | None = None
    ) -> NamedStyle:
        indent = 1 if border and horizontal != "center" else 0
        wraps = horizontal != "right"  # a number that does not fit shows ####, never two halves
        alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=wraps, indent=indent)
        return NamedStyle(name, font=font, fill=fill, border=border, alignment=alignment)

    made = [
        style("大标题", Font(name=HEI, sz=16), "center"),
        style("说明", body, "left"),
        style("说明右", body, "right"),
        style("表头", strong, "center", grey, line),
    ]
    for name, horizontal in (("正文", "left"), ("居中", "center"), ("数字", "right")):
        made += [
            style(name, body, horizontal, None, line),
            style(f"{name}合计", strong, horizontal, grey, line),
            style(f"{name}提示", body, horizontal, rose, line),
        ]
    return made


# --- the workbook and its sheets ----------------------------------------------------------------------------------


class ValueBook:
    """A workbook being written; ``part`` says which of a report's it is."""

    def __init__(self, head: ReportHead, title: str, part: str) -> None:
        self.head, self.title, self.part = head, title, part
        self.workbook = new_book(f"{title} {head.period.label}", head.office)
        for style in _named_styles():
            self.workbook.add_named_style(style)
        self.looks: dict[tuple[str, str], Any] = {}

    def sheet(self, title: str) -> ValueSheet:
        """A new A4 landscape sheet; the title is made legal and unique."""
        clean = re.sub(r"[\[\]:*?/\\]+", " ", title).strip("' ") or "表"
        name, n = clean[:31], 1
        while name.lower() in (taken.lower() for taken in self.workbook.sheetnames):
            n += 1
            name = f"{clean[: 31 - len(str(n)) - 1]} {n}"
        return ValueSheet(self, self.workbook.create_sheet(name))

    def look(self, cell: Any, style: str, form: str) -> None:
        """Give a cell a named style and number format; each pair is built once a workbook."""
        if (style, form) not in self.looks:
            cell.style = style
            cell.number_format = form
            self.looks[style, form] = cell._style  # noqa: SLF001 - shared by all cells that look alike: 10 times faster
        cell._style = self.looks[style, form]  # noqa: SLF001

    def saved(self) -> bytes:
        """The file, with what it says of itself and of the data it was computed from."""
        head, core = self.head, self.workbook.properties
        core.subject, core.category = head.code, head.office
        properties = {
            "form": head.form,
            "part": self.part,
            "code": head.code,
            "title": self.title,
            "period": str(head.period),
            "department": head.department or head.office,
            "digest": head.digest,
        }
        return saved(
            self.workbook,
            {f"guidang.{name}": value for name, value in properties.items()},
            day=head.prepared_on,
            patches=_without_calibri,
        )


def _without_calibri(parts: Mapping[str, Member]) -> dict[str, bytes]:
    styles = parts["xl/styles.xml"].read()
    return {"xl/styles.xml": re.sub(rb'(<name val=")Calibri', rb"\g<1>" + SONG.encode(), styles)}


class ValueSheet:
    """A sheet being written from the top down."""

    def __init__(self, book: ValueBook, sheet: Worksheet) -> None:
        self.book, self.sheet = book, sheet
        self.next_row = self.head_row = 1
        self.widths: Sequence[float] = ()

    @property
    def title(self) -> str:
        return str(self.sheet.title)

    def put(self, column: int, value: Shown, suffix: str = "") -> None:
        """A cell of the next row. Text is stored as text: a clerk's ``=1+1`` is no formula, ``007`` keeps its zeros."""
        cell = self.sheet.cell(self.next_row, column)
        form, content = value.form, value.value
        if isinstance(content, str):
            content = NOT_XML.sub("\ufffd", content).strip() or None
            if content and content.startswith(_LIKE_A_FORMULA):
                form = "@"
        cell.value = content
        if isinstance(content, str):
            cell.data_type = "s"
        self.book.look(cell, value.align + suffix, form)
        if value.link:
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{value.link}'!A1", display=str(content))

    def band(self, height: float, *texts: tuple[str, str], half: int = 0) -> None:
        """A row of (text, style) over all columns: one text, or two that meet behind column ``half``."""
        bounds = [(1, half), (half + 1, len(self.widths))] if half else [(1, len(self.widths))]
        for (text, style), (first, last) in zip(texts, bounds, strict=True):
            self.put(first, Shown(text, style))
            merge_across(self.sheet, self.next_row, first, last)
        self.sheet.row_dimensions[self.next_row].height = height
        self.next_row += 1

    def table_head(self, title: str, titles: Sequence[str], widths: Sequence[float], note: str = "") -> None:
        """Company, title, period and code, the note, then the header row, frozen and repeated on every page."""
        head, period, self.widths = self.book.head, self.book.head.period, widths
        set_widths(self.sheet, widths)
        last = len(widths)
        half = next((n for n in range(1, last) if sum(widths[:n]) >= _PERIOD_WIDTH), max(last - 1, 1))
        self.band(18, (f"{head.company}　{head.office}", "说明"))
        self.band(30, (title, "大标题"))
        span = f"{period.first:%Y-%m-%d} 至 {period.last:%Y-%m-%d}"
        about = f"报告期：{period.label}（{span}）　编制日期：{head.prepared_on:%Y-%m-%d}"
        self.band(18, (about, "说明"), (f"标识：{head.code}", "说明右"), half=half)
        if note:
            self.band(14 * even_lines(note, sum(widths) - 3) + 4, (note, "说明"))
        self.head_row = self.next_row
        for i, text in enumerate(titles, 1):
            self.put(i, Shown(text, "表头"))
        self.sheet.row_dimensions[self.head_row].height = 30
        self.next_row += 1
        self._print_setup(title)

    def _print_setup(self, title: str) -> None:
        sheet, head = self.sheet, self.book.head
        sheet.freeze_panes = f"A{self.next_row}"
        sheet.print_title_rows = f"{self.head_row}:{self.head_row}"
        set_page(sheet, (0.5, 0.6, 0.7, 0.3, 0.35))
        footer: Any = sheet.oddFooter
        footer.left.text = f"{head.code} {title}".replace("&", "&&")
        footer.center.text = "第 &P 页 共 &N 页"
        footer.right.text = f"数据摘要 {head.digest[:12]}".replace("&", "&&")
        for part in (footer.left, footer.center, footer.right):
            part.font = f"{SONG},Regular"

    def line(self, values: Sequence[Any], suffix: str = "", height: float = 0) -> None:
        """A line of the table; ``suffix`` 合计 or 提示 chooses its look."""
        needed = 1
        for i, (given, width) in enumerate(zip(values, self.widths, strict=True), 1):
            value = Shown.from_python(given)
            self.put(i, value, suffix)
            if isinstance(value.value, str):
                needed = max(needed, even_lines(value.value, width - 3))
        if needed > 1 or height:  # given, because programs do not all fit it on opening
            self.sheet.row_dimensions[self.next_row].height = max(height, 13 * needed + 4)
        self.next_row += 1

    def merge_alike(self, column: int, first: int, values: Sequence[str]) -> None:
        """Merge the cells of one column, from row ``first``, where the same value stands below itself."""
        for _value, alike in groupby(values):
            last = first + len(list(alike)) - 1
            if last > first:
                self.sheet.merge_cells(f"{letter(column)}{first}:{letter(column)}{last}")
            first = last + 1

    def filter(self) -> None:
        """Filter arrows on the header, over all lines but the 合计."""
        last = max(self.next_row - 2, self.head_row)
        self.sheet.auto_filter.ref = f"A{self.head_row}:{letter(len(self.widths))}{last}"

    def signatures(self) -> None:
        """The sign line below the table, room for a hand-written name and date each."""
        signers = self.book.head.signers
        self.next_row += 1
        share = sum(self.widths) / max(len(signers), 1)
        self.band(36, ("".join(_signature(signer, share) for signer in signers), "说明"))


def _signature(signer: str, width: float) -> str:
    """``填报：　　　　日期：　　年　　月　　日`` in about so many characters; too narrow: without 年月日."""
    for date_line in ("日期：　　　年　　月　　日　　", "日期：　　　　　　　"):
        room = int(width - text_width(f"{signer}：{date_line}")) // 2
        if room >= _ROOM_TO_SIGN:
            break
    return f"{signer}：{'　' * max(room, _ROOM_TO_SIGN)}{date_line}"


_PERIOD_WIDTH = 70
"""Characters of 报告期 and 编制日期 on one line."""
_ROOM_TO_SIGN = 7
"""Full-width blanks for a hand-written name: 25 mm at 10 pt."""
