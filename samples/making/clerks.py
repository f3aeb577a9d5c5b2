"""Rows as their clerks leave them in a workbook or CSV: titles, notes, sums, and one value spelled in many ways.

Every spelling used here can be read in one way only. What is written means exactly the row it was written from.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from samples.making.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

    from samples.making.occupancy import Rows

TEMPLATES = Path(__file__).parents[2] / "templates"
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


@lru_cache(maxsize=64)
def declared(form: str) -> dict[str, Any]:
    """A form's declaration as its file says it."""
    return tomllib.loads((TEMPLATES / form / "form.toml").read_text(encoding="utf-8"))


def columns_of(form: str, table: str) -> dict[str, dict[str, Any]]:
    """The declared columns of one table by key."""
    tables = {one["key"]: one for one in declared(form)["tables"]}
    return {column["key"]: column for column in tables[table]["columns"]}


@dataclass(frozen=True)
class Habits:
    """How often a clerk writes what: shares of the cells. ``font`` None leaves the program's own."""

    text_dates: float = 0.0
    text_money: float = 0.0
    full_width: float = 0.0
    dashes: float = 0.0
    phones_as_numbers: float = 0.0
    blank_rows: float = 0.0
    font: str | None = "宋体"
    size: float = 10.5
    borders: bool = True
    widths: bool = True
    ticks: str = "√"


@dataclass(frozen=True)
class Page:
    """One worksheet: what stands above the heading, which columns under which headings, what stands below the rows."""

    form: str
    table: str
    sheet: str
    rows: Rows
    title: str = ""
    lines: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    extra: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = ()
    hidden: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    subtotal: Callable[[dict[str, Any]], str] | None = None
    notes: tuple[str, ...] = ()
    ditto: tuple[str, ...] = ()
    habits: Habits = Habits()


@dataclass(frozen=True)
class Book:
    """One file: its pages, whether it counts days from 1904, which program saved it."""

    name: str
    pages: tuple[Page, ...]
    mac: bool = False
    wps: bool = False


def workbook(book: Book) -> bytes:
    """The file's bytes; the same for the same book."""
    made = Workbook()
    made.remove(made.active)  # type: ignore[arg-type]
    if book.mac:
        made.epoch = CALENDAR_MAC_1904
    for page in book.pages:
        _Scribe(made.create_sheet(page.sheet), page, Dice(f"{book.name} {page.sheet}")).write()
    made.properties.creator = "前台" if book.wps else "Administrator"
    if book.wps:
        marks = {"KSOProductBuildVer": "2052-12.1.0.17827", "ICV": "7C41D0E2B9A84F6A8C5D3E1F20B6A9C7_12"}
        for name, value in marks.items():
            made.custom_doc_props.append(StringProperty(name=name, value=value))  # type: ignore[attr-defined]
    stream = io.BytesIO()
    made.save(stream)
    return _timeless(stream.getvalue(), wps=book.wps)


def _timeless(data: bytes, *, wps: bool) -> bytes:
    """The package without the moment it was written in; a WPS one says so in its properties."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-11-01T08:30:00Z", content)
            if wps and member.filename == "docProps/app.xml":
                content = content.replace(b"Microsoft Excel", "WPS 表格".encode())
            new.writestr(zipfile.ZipInfo(member.filename, (2026, 11, 1, 8, 30, 0)), content, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()


class _Scribe:
    """One page on its way onto a sheet."""

    def __init__(self, sheet: Worksheet, page: Page, dice: Dice) -> None:
        self.sheet, self.page, self.dice, self.habits = sheet, page, dice, page.habits
        declared_columns = columns_of(page.form, page.table)
        self.columns = {key: column for key, column in declared_columns.items() if key not in page.dropped}
        self.width = len(self.columns) + len(page.extra)
        self.row = 0
        self.thin = Side(style="thin", color="FF000000")

    def write(self) -> None:
        if self.page.title:
            self._banner(self.page.title, size=16, bold=True, center=True)
        for line in self.page.lines:
            self._banner(line)
        self._heading()
        self._body()
        for note in self.page.notes:
            self._banner(note)
        self._dress()

    def _banner(self, text: str, *, size: float | None = None, bold: bool = False, center: bool = False) -> None:
        self.row += 1
        cell = self.sheet.cell(self.row, 1, text)
        self._font(cell, size=size, bold=bold)
        cell.alignment = Alignment(horizontal="center" if center else "left", vertical="center")
        if self.width > 1:
            self.sheet.merge_cells(start_row=self.row, start_column=1, end_row=self.row, end_column=self.width)
        if size:
            self.sheet.row_dimensions[self.row].height = 30

    def _heading(self) -> None:
        groups = [column.get("group", "") for column in self.columns.values()]
        self.row += 1
        top = self.row
        grouped = any(groups)
        self.row += grouped
        titles = [self.page.renamed.get(key, column["title"]) for key, column in self.columns.items()]
        titles += [title for title, _value in self.page.extra]
        groups += [""] * len(self.page.extra)
        for n, (title, group) in enumerate(zip(titles, groups, strict=True), 1):
            self._head_cell(top if not group else self.row, n, title)
            if group and (n == 1 or groups[n - 2] != group):
                span = sum(1 for other in groups[n - 1 :] if other == group)
                self._head_cell(top, n, group)
                self.sheet.merge_cells(start_row=top, start_column=n, end_row=top, end_column=n + span - 1)
            if grouped and not group:
                self.sheet.merge_cells(start_row=top, start_column=n, end_row=self.row, end_column=n)
        if self.habits.widths:
            self.sheet.freeze_panes = f"A{self.row + 1}"

    def _head_cell(self, row: int, column: int, title: str) -> None:
        cell = self.sheet.cell(row, column, title)
        self._font(cell, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        if self.habits.borders:
            cell.border = Border(self.thin, self.thin, self.thin, self.thin)
            cell.fill = PatternFill("solid", fgColor="FFD9E1F2")

    def _body(self) -> None:
        above: dict[str, Any] = {}
        group: str | None = None
        part: Rows = []
        for row in self.page.rows:
            now = self.page.subtotal(row) if self.page.subtotal else None
            if self.page.subtotal and group is not None and now != group:
                self._total(f"{group}小计", part)
                part = []
            group = now
            if part and self.dice.chance(self.habits.blank_rows):
                self.row += 1
                above = {}
            self._data(row, above)
            above = row
            part.append(row)
        if self.page.subtotal and group is not None:
            self._total(f"{group}小计", part)
        if self.page.sums:
            self._total("合  计", self.page.rows)

    def _data(self, row: dict[str, Any], above: dict[str, Any]) -> None:
        self.row += 1
        for n, (key, column) in enumerate(self.columns.items(), 1):
            value = row.get(key)
            cell = cast("Cell", self.sheet.cell(self.row, n))
            if key in self.page.ditto and value is not None and above.get(key) == value:
                cell.value = "〃"
            else:
                self._value(cell, column, value)
            self._plain(cell)
        for n, (_title, made) in enumerate(self.page.extra, len(self.columns) + 1):
            cell = self.sheet.cell(self.row, n, made(row))
            self._plain(cell)

    def _value(self, cell: Cell, column: dict[str, Any], value: Any) -> None:
        if value is None:
            if not column.get("required") and column["type"] != "tick" and self.dice.chance(self.habits.dashes):
                cell.value = self.dice.pick(("—", "/", "-", "——"))
            return
        kind = column["type"]
        if kind in ("date", "datetime"):
            self._moment(cell, value)
        elif kind in ("money", "number", "integer"):
            self._number(cell, kind, value)
        elif kind == "percent":
            cell.value, cell.number_format = float(value), "0.00%"
        elif kind == "tick":
            cell.value = self.habits.ticks if value else "×"
        elif kind == "code":
            self._code(cell, column["key"], value)
        else:
            cell.value = value

    def _moment(self, cell: Cell, value: date) -> None:
        if self.dice.chance(self.habits.text_dates):
            cell.value = _spelled(self.dice, value)
            return
        cell.value = value
        cell.number_format = (
            "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else self.dice.pick(("yyyy-mm-dd", "yyyy/m/d"))
        )

    def _number(self, cell: Cell, kind: str, value: Decimal | int) -> None:
        if kind == "money" and self.dice.chance(self.habits.text_money):
            cell.value = self.dice.pick(
                (f"￥{value:,.2f}", f"{value:,.2f}", f"{value:.2f}元", f"¥{value}", f"{value:,.2f} 元")
            )
        elif self.dice.chance(self.habits.full_width):
            cell.value = f"{value}".translate(FULL_WIDTH)
        elif kind == "integer":
            cell.value = int(value)
        else:
            cell.value = float(value) if value != int(value) else int(value)
            cell.number_format = "#,##0.00" if kind == "money" else "General"

    def _code(self, cell: Cell, key: str, value: str) -> None:
        if key in ("phone", "leader_phone") and value.isdigit() and self.dice.chance(self.habits.phones_as_numbers):
            cell.value = int(value)
            return
        cell.value = value
        cell.number_format = "@"

    def _total(self, label: str, rows: Rows) -> None:
        self.row += 1
        self._plain(self.sheet.cell(self.row, 1, label))
        for n, (key, column) in enumerate(self.columns.items(), 1):
            if key in self.page.sums and n > 1:
                total = sum((row[key] for row in rows if row.get(key) is not None), Decimal(0))
                cell = self.sheet.cell(self.row, n, float(total))
                cell.number_format = "#,##0.00" if column["type"] == "money" else "General"
                self._plain(cell)

    def _plain(self, cell: Cell | MergedCell) -> None:
        self._font(cell)
        if self.habits.borders:
            cell.border = Border(self.thin, self.thin, self.thin, self.thin)

    def _font(self, cell: Cell | MergedCell, *, size: float | None = None, bold: bool = False) -> None:
        if self.habits.font or bold:
            cell.font = Font(name=self.habits.font or "等线", size=size or self.habits.size, bold=bold)

    def _dress(self) -> None:
        letters = {key: get_column_letter(n) for n, key in enumerate(self.columns, 1)}
        if self.habits.widths:
            for key, column in self.columns.items():
                self.sheet.column_dimensions[letters[key]].width = column.get("width", 12)
        for key in self.page.hidden:
            self.sheet.column_dimensions[letters[key]].hidden = True


def _spelled(dice: Dice, value: date) -> str:
    y, m, d = value.year, value.month, value.day
    day = dice.pick((f"{y}.{m}.{d}", f"{y}/{m}/{d}", f"{y}-{m}-{d}", f"{y}年{m}月{d}日", f"{y}.{m:02d}.{d:02d}"))
    if not isinstance(value, datetime):
        return dice.pick((day, day, f"{y}{m:02d}{d:02d}"))
    clock = dice.pick(
        (
            f"{value.hour}:{value.minute:02d}",
            f"{value.hour:02d}:{value.minute:02d}",
            f"{value.hour}：{value.minute:02d}",
        )
    )
    return f"{day} {clock}"


# --- CSV ------------------------------------------------------------------------------------------------------


def gb_csv(heading: Sequence[str], rows: Sequence[Sequence[Any]], last: Sequence[Any] = ()) -> bytes:
    """An ERP's export: GB18030 without a mark, CRLF, a sum at the end."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows((heading, *([_exported(value) for value in row] for row in rows)))
    if last:
        writer.writerow([_exported(value) for value in last])
    return text.getvalue().encode("gb18030")


def _exported(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)
