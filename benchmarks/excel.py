"""Excel: guidang against writers and template engines, interleaved, contents compared.

Run by ``make bench`` or ``python benchmarks/excel.py``.
"""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import rustpy_xlsxwriter
import xlsxwriter
from harness import interleaved, keep, machine, ms, table, versions
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image as Picture
from openpyxl.styles import Border, Font, Side

from docgen import ExcelTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADS = ("序号", "日期", "房号", "内容", "金额", "经办人", "单价", "状态", "次数", "方式")
ROWS = 100_000
FIELDS = tuple(f"c{i}" for i in range(len(HEADS)))
WHAT = ("水龙头漏水", "下水道堵塞", "门禁失灵", "楼道灯不亮", "电梯异响", "墙面渗水", "门锁损坏", "对讲无声")
WHERE = ("厨房", "卫生间", "客厅", "阳台", "主卧", "次卧", "单元门口", "地下车库")
WHO = ("王建国", "李淑芬", "张伟", "刘洋", "陈晓明", "杨丽", "赵军", "周敏", "吴磊", "徐静")


def records(n: int) -> list[dict[str, object]]:
    """n rows of a repair register as dicts, the same for every call."""
    dice = random.Random(2026)
    return [
        {
            "c0": i + 1,
            "c1": date(2026, 10, dice.randint(1, 31)),
            "c2": f"{dice.randint(1, 42)}-{dice.randint(1, 3)}-{dice.randint(1, 18)}0{dice.randint(1, 4)}",
            "c3": dice.choice(WHERE) + dice.choice(WHAT),
            "c4": dice.randint(0, 40_000) / 100,
            "c5": dice.choice(WHO),
            "c6": dice.randint(0, 20_000) / 100,
            "c7": dice.choice(("已完成", "未完成", "返修")),
            "c8": dice.randint(1, 5),
            "c9": dice.choice(("电话报修", "前台登记", "微信", "巡检发现")),
        }
        for i in range(n)
    ]


def template(*, extras: bool = False) -> bytes:
    """A register: a heading row, a styled row that repeats; with ``extras`` a total, a chart and a picture."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "明细"
    edge = Side("thin")
    for i, head in enumerate(HEADS, 1):
        sheet.cell(1, i, head).font = Font(name="黑体", bold=True)
        cell = sheet.cell(3, i, f"{{{{ r.c{i - 1} }}}}")
        cell.font, cell.border = Font(name="宋体"), Border(edge, edge, edge, edge)
    sheet["B3"].number_format = "yyyy-mm-dd"
    sheet["E3"].number_format = sheet["G3"].number_format = "#,##0.00"
    sheet["A2"], sheet["A4"] = "{%tr for r in rows %}", "{%tr endfor %}"
    if extras:
        _extras(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _extras(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
    sheet["D5"], sheet["E5"] = "合计", "=SUM(E3)"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "L2")
    sheet.add_image(Picture(io.BytesIO(picture())), "L20")


def picture() -> bytes:
    """A small PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 30)).save(buffer, "PNG")
    return buffer.getvalue()


# --- peers ----------------------------------------------------------------------------------------------------


def with_rust(rows: list[dict[str, object]]) -> bytes:
    buffer = io.BytesIO()
    rustpy_xlsxwriter.write_worksheet(rows, buffer, sheet_name="明细")
    return buffer.getvalue()


def with_xlsxwriter(rows: list[dict[str, object]], *, extras: bool = False) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("明细")
    look = {"font_name": "宋体", "border": 1}
    plain = book.add_format(look)
    day = book.add_format({**look, "num_format": "yyyy-mm-dd"})
    money = book.add_format({**look, "num_format": "#,##0.00"})
    styles = [plain, day, plain, plain, money, plain, money, plain, plain, plain]
    sheet.write_row(0, 0, HEADS, book.add_format({"bold": True}))
    for i, row in enumerate(rows, 1):
        for j, field in enumerate(FIELDS):
            sheet.write(i, j, row[field], styles[j])
    if extras:
        sheet.write_formula(len(rows) + 1, 4, f"=SUM(E2:E{len(rows) + 1})")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": ["明细", 1, 4, len(rows), 4]})
        sheet.insert_chart("L2", chart)
        sheet.insert_image("L20", "p.png", {"image_data": io.BytesIO(PICTURE)})
    book.close()
    return buffer.getvalue()


def with_openpyxl(rows: list[dict[str, object]]) -> bytes:
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("明细")
    sheet.append(HEADS)
    font = Font(name="宋体")
    for row in rows:
        cells = [WriteOnlyCell(sheet, row[field]) for field in FIELDS]
        for cell in cells:
            cell.font = font
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_xltpl(rows: list[dict[str, object]], source: Path) -> bytes:
    from xltpl.writerx import BookWriter

    writer = BookWriter(str(source))
    writer.render_book([{"rows": rows, "sheet_name": "明细", "tpl_name": "明细"}])
    buffer = io.BytesIO()
    writer.save(buffer)
    return buffer.getvalue()


def xltpl_template(path: Path) -> None:
    """The same register in xltpl's syntax: the loop opens and closes in notes of the row and the one below it."""
    book = openpyxl.load_workbook(io.BytesIO(template()))
    sheet = book["明细"]
    sheet.delete_rows(4)
    sheet.delete_rows(2)
    sheet["A2"].comment = Comment("beforerow{% for r in rows %}", "")
    sheet["A3"] = " "
    sheet["A3"].comment = Comment("beforerow{% endfor %}", "")
    book.save(path)


def contents(blob: bytes) -> list[tuple[object, ...]]:
    """The sheet's values, dates without time."""
    sheet = openpyxl.load_workbook(io.BytesIO(blob), read_only=True).worksheets[0]
    rows = [tuple(getattr(v, "date", lambda v=v: v)() for v in row) for row in sheet.iter_rows(values_only=True)]
    return rows[1:]


# --- work -----------------------------------------------------------------------------------------------------

PICTURE = picture()


def register(rows: list[tuple[str, ...]]) -> None:
    ours = ExcelTemplate.load(template())
    data = records(ROWS)
    few = data[:300]
    wanted = contents(ours.render({"rows": few}))
    for name, peer in (("rust", with_rust), ("xlsxwriter", with_xlsxwriter), ("openpyxl", with_openpyxl)):
        if contents(peer(few)) != wanted:
            raise SystemExit(f"{name}: the two workbooks do not say the same")
    timings = interleaved(
        {
            "fast": (lambda: ours.render({"rows": data}), 1),
            "rust": (lambda: with_rust(data), 1),
            "compact": (lambda: ours.render({"rows": data}, compression="compact"), 1),
            "xlsxwriter": (lambda: with_xlsxwriter(data), 1),
            "openpyxl": (lambda: with_openpyxl(data), 1),
        },
        rounds=5,
    )
    mine, compact = timings["fast"].median, timings["compact"].median
    rows.append((f"register {ROWS:,} × 10, isal", ms(mine), "–", "–", "≤ 600 ms"))
    for name, label, goal in (
        ("rust", "rustpy-xlsxwriter", "≥ 1.4×"),
        ("xlsxwriter", "XlsxWriter", "≥ 8×"),
        ("openpyxl", "openpyxl write-only", "–"),
    ):
        peer = timings[name].median
        rows.append(("", "", f"{label} {ms(peer)}", f"{peer / mine:.1f}×", goal))
    size, theirs = len(ours.render({"rows": data})), len(with_xlsxwriter(data))
    small = len(ours.render({"rows": data}, compression="compact"))
    rows.append((f"register {ROWS:,} × 10, zlib-6", ms(compact), "–", "–", "≤ 800 ms stdlib"))
    rows.append(
        (
            "file size, fast / compact",
            f"{size / theirs:.2f} / {small / theirs:.2f}",
            "XlsxWriter 1",
            "–",
            "≤ 1.35 / 1.1",
        )
    )


def template_engine(rows: list[tuple[str, ...]]) -> None:
    """xltpl needs minutes for 100,000 rows: compared at 5,000."""
    ours, data = ExcelTemplate.load(template()), records(5_000)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "xltpl.xlsx")
        xltpl_template(source)
        if [r for r in contents(with_xltpl(data[:300], source)) if r[1]] != contents(ours.render({"rows": data[:300]})):
            raise SystemExit("xltpl: the two workbooks do not say the same")
        timings = interleaved(
            {"mine": (lambda: ours.render({"rows": data}), 5), "xltpl": (lambda: with_xltpl(data, source), 1)}, rounds=3
        )
    mine, peer = timings["mine"].median, timings["xltpl"].median
    rows.append(("register 5,000 × 10", ms(mine), f"xltpl {ms(peer)}", f"{peer / mine:.0f}×", "≥ 30×"))


def small_document(rows: list[tuple[str, ...]]) -> None:
    source, data = template(extras=True), records(30)
    ours = ExcelTemplate.load(source)
    timings = interleaved(
        {
            "mine": (lambda: ours.render({"rows": data}), 100),
            "xlsxwriter": (lambda: with_xlsxwriter(data, extras=True), 10),
            "compile": (lambda: ExcelTemplate.load(source), 3),
        },
        rounds=9,
    )
    mine, peer = timings["mine"].median, timings["xlsxwriter"].median
    rows.append(
        ("30 rows with chart and picture", ms(mine), f"XlsxWriter {ms(peer)}", f"{peer / mine:.0f}×", "≤ 0.6 ms")
    )
    rows.append(("compile it", ms(timings["compile"].median), "–", "–", "≤ 30 ms"))


MILLION = """
import re, sys, time
from docgen import ExcelTemplate
from datetime import date
template = ExcelTemplate.load(sys.argv[1])
values = (1, date(2026, 10, 3), "3-2-501", "水龙头漏水", 12.5, "王建国", 128.45, "已完成", 3, "电话报修")
row = {f"c{i}": v for i, v in enumerate(values)}
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
template.render_to({"rows": ({**row, "c0": i} for i in range(1000))}, sys.argv[2])
before, start = peak(), time.perf_counter()
template.render_to({"rows": ({**row, "c0": i} for i in range(1_000_000))}, sys.argv[2])
print(time.perf_counter() - start, peak() - before)
"""


def million(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "t.xlsx"), Path(folder, "o.xlsx")
        source.write_bytes(template())
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, "-c", MILLION, str(source), str(target)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
        seconds, mib = map(float, done.stdout.split())
        rows.append(
            ("1,000,000 rows from a generator", f"{seconds:.1f} s", "–", f"{mib:.1f} MiB above", "≤ 9 s, ≤ 10 MB")
        )


def main() -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("work", "guidang", "peer", "ratio", "to reach")]
    for part in (register, template_engine, small_document, million):
        part(rows)
    yield "## Excel"
    yield ""
    peers = versions("rustpy-xlsxwriter", "xlsxwriter", "openpyxl", "xltpl", "isal")
    yield f"{machine()}; {peers}. Medians of an interleaved run."
    yield ""
    yield table(rows)


if __name__ == "__main__":
    start = time.perf_counter()
    keep("excel", "\n".join(main()))
    sys.stderr.write(f"{time.perf_counter() - start:.0f} s\n")
