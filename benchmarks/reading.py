"""Reading workbooks: guidang against openpyxl read-only, interleaved. ``python benchmarks/reading.py``"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import xlsxwriter
from harness import interleaved, keep, machine, ms, table, versions

from docgen.errors import Problem
from docgen.registers.marked_copy import mark
from docgen.sheets.book import letter
from docgen.sheets.cell import Cell, Kind, from_serial, stored_number
from docgen.sheets.number_format import shape
from docgen.sheets.xlsx_file import read_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 100_000
HEADINGS = ("工单编号", "受理日期", "业户", "房号", "报修类别", "报修内容", "费用", "数量", "已收费", "状态")
SHEET = "报修登记"


def record(n: int) -> tuple[Any, ...]:
    """One order of a register: a code, a date, texts that repeat, an amount, a count, a tick."""
    return (
        f"WX{n:07d}",
        date(2026, 10, 1) + timedelta(n % 31),
        f"业户{n % 1800}",
        f"{n % 12 + 1}-{n % 3 + 1}-{n % 30 + 1}01",
        ("给排水", "电气", "土建")[n % 3],
        f"水龙头漏水{n % 977}",
        n * 1.25 % 900,
        n % 7,
        n % 2 == 0,
        "完成",
    )


def with_shared_strings() -> bytes:
    """As Excel and WPS save it: every text once, every cell with a border."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet(SHEET)
        day, plain = book.add_format({"num_format": "yyyy-mm-dd", "border": 1}), book.add_format({"border": 1})
        sheet.write_row(0, 0, HEADINGS, plain)
        for n in range(ROWS):
            for column, value in enumerate(record(n)):
                if column == 1:
                    sheet.write_datetime(n + 1, column, value, day)
                else:
                    sheet.write(n + 1, column, value, plain)
    return buffer.getvalue()


def with_inline_strings() -> bytes:
    """As programs stream it: every text in its cell, in numeric references (openpyxl, write-only)."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(HEADINGS)
    for n in range(ROWS):
        sheet.append(record(n))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_openpyxl(data: bytes) -> dict[str, object]:
    """Address → value."""
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets[0]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def with_guidang(data: bytes) -> dict[str, object]:
    """The same from the cells of our reader, to compare the two."""
    rows = read_xlsx(data, "x.xlsx").sheets[0].rows
    return {f"{letter(column)}{row}": meant(cell) for row, cells in rows.items() for column, cell in cells.items()}


def meant(cell: Cell) -> object:
    if cell.kind is Kind.BOOLEAN:
        return cell.text == "1"
    if cell.kind is not Kind.NUMBER:
        return cell.text
    number = stored_number(cell.text)
    return from_serial(number, date1904=False) if shape(cell.format).is_moment else float(number)


def same(ours: dict[str, object], theirs: dict[str, object]) -> bool:
    def plain(value: object) -> object:
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a sheet has no zone
        return value

    return ours == {reference: plain(value) for reference, value in theirs.items()}


def compare(rows: list[tuple[str, ...]], name: str, data: bytes) -> None:
    if not same(with_guidang(data), with_openpyxl(data)):
        raise SystemExit("the two readers do not say the same")
    timings = interleaved(
        {"openpyxl": (lambda: with_openpyxl(data), 1), "guidang": (lambda: read_xlsx(data, "x.xlsx"), 1)}, rounds=5
    )
    peer, mine = timings["openpyxl"].best, timings["guidang"].best
    goal = "≥ 3×, ≤ 1.6 s"
    rows.append((f"100,000 × 10, {name}", f"{mine:.2f} s", f"openpyxl {peer:.2f} s", f"{peer / mine:.1f}×", goal))


def empty_rows(data: bytes) -> bytes:
    """The first hundred rows of a register, then formatted empty ones down to the last of the sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    part = "xl/worksheets/sheet1.xml"
    head, tail = parts[part].split(b'<row r="102"')[0], b"</sheetData>" + parts[part].split(b"</sheetData>")[1]
    empty = b"".join(b'<row r="%d" spans="1:10"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>' % (n, n, n) for n in LAST)
    parts[part] = head + empty + tail
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


LAST = range(102, 1_048_577)


def others(rows: list[tuple[str, ...]], data: bytes) -> None:
    formatted = empty_rows(data)
    if len(read_xlsx(formatted, "x.xlsx").sheets[0].rows) != 101:
        raise SystemExit("rows are lost")
    problems = [Problem(f"x.xlsx {SHEET}!B{n}", "不是日期", "请改正") for n in range(2, ROWS, 100)]
    timings = interleaved(
        {
            "empty": (lambda: read_xlsx(formatted, "x.xlsx"), 1),
            "mark": (lambda: mark(data, problems, name="x.xlsx"), 1),
        },
        rounds=5,
    )
    rows.append(("1,048,576 formatted empty rows", ms(timings["empty"].best), "–", "–", "< 1 s"))
    rows.append(("1,000 problems marked in 100,000 × 10", f"{timings['mark'].best:.2f} s", "–", "–", "–"))


def main() -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("work", "guidang", "peer", "ratio", "to reach")]
    shared = with_shared_strings()
    compare(rows, "shared strings (Excel, WPS)", shared)
    compare(rows, "inline strings", with_inline_strings())
    others(rows, shared)
    yield "## Reading workbooks"
    yield ""
    yield f"{machine()}; {versions('openpyxl', 'lxml')}. Best of five rounds, interleaved; openpyxl in read-only mode,"
    yield "each cell with its address; every value of the two compared before."
    yield ""
    yield table(rows)


if __name__ == "__main__":
    keep("reading", "\n".join(main()))
