"""Broken input, one case each: workbooks, CSV files, periods; declarations stand in ``broken_forms``.

Every case names the place, the code and words the message must hold. ``test_broken_input.py`` reads them through
the library; the same files can be put through the command with :meth:`Case.write`.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORM_ID = "repairs-table"
NAME = "报修登记.xlsx"
SHEET = "报修登记"

FORM = """\
title = "报修登记"
aliases = ["报修台账"]
period = "month"
signers = ["填单", "审核"]

[[fields]]
key = "department"
title = "部门"
type = "choice"
choices = ["客户服务部", "工程维修部"]
required = true

[[tables]]
key = "repairs"
title = "报修登记"
total = ["fee"]

[[tables.columns]]
key = "order_no"
title = "工单编号"
aliases = ["工单号"]
type = "code"
required = true
unique = true

[[tables.columns]]
key = "received"
title = "受理时间"
type = "datetime"
required = true

[[tables.columns]]
key = "room"
title = "房号"
type = "code"
required = true
ditto = true

[[tables.columns]]
key = "phone"
title = "联系电话"
type = "code"

[[tables.columns]]
key = "category"
title = "报修类别"
type = "choice"
choices = ["给排水", "电梯", "公共照明"]
required = true

[[tables.columns]]
key = "content"
title = "报修内容"
type = "text"

[[tables.columns]]
key = "material"
title = "名称"
group = "维修材料"
type = "text"

[[tables.columns]]
key = "quantity"
title = "数量"
group = "维修材料"
type = "integer"
min = 1
max = 99

[[tables.columns]]
key = "fee"
title = "费用"
unit = "元"
type = "money"
min = 0

[[tables.columns]]
key = "finished"
title = "完成日期"
type = "date"

[[tables.columns]]
key = "share"
title = "业主承担"
type = "percent"
min = 0
max = 1

[[tables.columns]]
key = "paid"
title = "已收费"
type = "tick"

[[tables.checks]]
when = "finished is not none and finished < received.date()"
column = "finished"
message = "完成日期早于受理时间"
hint = "请核对两个日期。"

[[tables.checks]]
when = "paid and fee <= 0"
column = "paid"
message = "已收费却没有费用"
"""

HEADINGS = (
    "工单编号",
    "受理时间",
    "房号",
    "联系电话",
    "报修类别",
    "报修内容",
    "名称",
    "数量",
    "费用",
    "完成日期",
    "业主承担",
    "已收费",
)
ROWS = (
    (
        "WX001",
        datetime(2026, 10, 3, 8, 5),
        "3-2-501",
        "16100000001",
        "给排水",
        "角阀滴水",
        "角阀",
        1,
        45.5,
        date(2026, 10, 3),
        "50%",
        "√",
    ),
    (
        "WX002",
        datetime(2026, 10, 4, 9, 0),
        "1-1-101",
        "16100000002",
        "电梯",
        "异响",
        None,
        None,
        None,
        None,
        None,
        None,
    ),
)


# --- building -------------------------------------------------------------------------------------------------


def book(**cells: Any) -> Workbook:
    """A sound workbook – title, 部门, headings in rows 3–4, data in rows 5–6, 合计 – with some cells changed."""
    made = Workbook()
    sheet = made.active
    sheet.title = SHEET
    sheet["A1"] = "报修登记（2026年10月）"
    sheet.merge_cells("A1:L1")
    sheet["A2"], sheet["B2"] = "部门", "工程维修部"
    sheet["G3"] = "维修材料"
    sheet.merge_cells("G3:H3")
    for number, title in enumerate(HEADINGS, 1):
        grouped = number in (7, 8)
        sheet.cell(4 if grouped else 3, number, title)
        if not grouped:
            sheet.merge_cells(start_row=3, end_row=4, start_column=number, end_column=number)
    for number, row in enumerate(ROWS, 5):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)
    sheet["A7"], sheet["I7"] = "合计", 45.5
    for reference, value in cells.items():
        sheet[reference] = value
    return made


def saved(made: Workbook) -> bytes:
    """The workbook's bytes."""
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def with_cells(**cells: Any) -> Callable[[], bytes]:
    """A sound workbook with some cells changed."""
    return lambda: saved(book(**cells))


def formatted(reference: str, value: Any, number_format: str) -> Callable[[], bytes]:
    """A sound workbook with one cell of that value and number format."""

    def make() -> bytes:
        made = book(**{reference: value})
        made.active[reference].number_format = number_format
        return saved(made)

    return make


def changed(change: Callable[[Any], None]) -> Callable[[], bytes]:
    """A sound workbook after ``change`` was done to its sheet."""

    def make() -> bytes:
        made = book()
        change(made.active)
        return saved(made)

    return make


def patched(member: str, pattern: str, text: str) -> Callable[[], bytes]:
    """A sound workbook with one place of one part's XML rewritten."""
    return lambda: rewritten(saved(book()), {member: lambda xml: re.sub(pattern, text, xml, count=1)})


def rewritten(data: bytes, changes: dict[str, Callable[[str], str]]) -> bytes:
    """A package with some parts' texts changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, changes[name](content.decode()) if name in changes else content)
    return stream.getvalue()


def archive(**members: str) -> bytes:
    """A zip of these members (``__`` in a name is a slash, ``_x_`` a dot)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in members.items():
            target.writestr(name.replace("__", "/").replace("_x_", "."), content)
    return stream.getvalue()


def compound(*streams: str) -> bytes:
    """The look of an OLE compound file whose directory names these streams."""
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504
    return head + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))


def bomb() -> bytes:
    """A package whose sheet says it unpacks to three gigabytes."""
    data = bytearray(saved(book()))
    name = b"xl/worksheets/sheet1.xml"
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.find(name) if signature == b"PK\x03\x04" else data.rfind(name)
        header = data.rfind(signature, 0, start)
        data[header + offset : header + offset + 4] = (3 * 2**30).to_bytes(4, "little")
    return bytes(data)


CSV_HEAD = "部门,工程维修部\n工单编号,受理时间,房号,报修类别\n"


def csv(text: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """A CSV file: 部门, headings of the required columns, then ``text``."""
    return lambda: (CSV_HEAD + text).encode(encoding)


def drop_column(sheet: Any, letter: str) -> None:
    """Empty a column from the headings down."""
    for row in range(3, 7):
        if sheet[f"{letter}{row}"].__class__.__name__ == "Cell":
            sheet[f"{letter}{row}"] = None


def second_sheet(sheet: Any) -> None:
    """The same table once more on another sheet."""
    sheet.parent.copy_worksheet(sheet).title = "旧稿"


def two_departments(sheet: Any) -> None:
    """部门 twice, with different values."""
    sheet["D2"], sheet["E2"] = "部门", "客户服务部"


def merge_amount(sheet: Any) -> None:
    """One amount over two rows."""
    sheet["I6"] = None
    sheet.merge_cells("I5:I6")


def hide_the_sheet(sheet: Any) -> None:
    """The only table on a hidden sheet."""
    sheet.parent.create_sheet("说明")["A1"] = "见隐藏的表"
    sheet.sheet_state = "veryHidden"
    sheet.parent.active = 1


# --- the tables -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One file that must be refused: its bytes, where the fault is, the problem's code, words of the message."""

    id: str
    make: Callable[[], bytes]
    where: str
    code: str
    says: str
    name: str = NAME

    def write(self, folder: Path) -> Path:
        """The file, in ``folder``."""
        path = folder / self.name
        path.write_bytes(self.make())
        return path


def at(cell: str) -> str:
    """Where a problem of the standard workbook is."""
    return f"{NAME} {SHEET}!{cell}"


XLS, CSV = "报修登记.xls", "报修登记.csv"

FILES = (
    Case("empty file", lambda: b"", NAME, "file.empty", ""),
    Case("only zeros", lambda: b"\0" * 4096, NAME, "file.empty", ""),
    Case("truncated workbook", lambda: saved(book())[:-2000], NAME, "file.damaged", ""),
    Case(
        "workbook with a broken sheet",
        patched("xl/worksheets/sheet1.xml", "</sheetData>", ""),
        NAME,
        "file.damaged",
        "",
    ),
    Case(
        "workbook with a foreign entity",
        patched("xl/worksheets/sheet1.xml", "<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        NAME,
        "file.damaged",
        "",
    ),
    Case(
        "text number past the shared strings",
        patched("xl/worksheets/sheet1.xml", r't="inlineStr"><is><t>[^<]*</t></is>', 't="s"><v>9999</v>'),
        NAME,
        "file.damaged",
        "",
    ),
    Case(
        "number that is none",
        patched("xl/worksheets/sheet1.xml", r"<v>45.5</v>", "<v>nan</v>"),
        NAME,
        "file.damaged",
        "",
    ),
    Case("zip bomb", bomb, NAME, "file.too_large", ""),
    Case(
        "Word document renamed",
        lambda: archive(**{"[Content_Types]_x_xml": "", "word__document_x_xml": ""}),
        NAME,
        "file.other_kind",
        "Word",
    ),
    Case(
        "presentation renamed",
        lambda: archive(**{"[Content_Types]_x_xml": "", "ppt__presentation_x_xml": ""}),
        NAME,
        "file.other_kind",
        "",
    ),
    Case("zip of files", lambda: archive(a_x_txt="1"), NAME, "file.other_kind", ""),
    Case(
        "OpenDocument",
        lambda: archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_x_xml=""),
        NAME,
        "file.old_format",
        ".ods",
    ),
    Case(
        "xlsb",
        lambda: archive(**{"[Content_Types]_x_xml": "", "xl__workbook_x_bin": ""}),
        NAME,
        "file.old_format",
        ".xlsb",
    ),
    Case("xls or et", lambda: compound("Workbook"), XLS, "file.old_format", ".et", XLS),
    Case(
        "BIFF without a container",
        lambda: bytes.fromhex("0908100000060500") + b"\0x" * 50,
        XLS,
        "file.old_format",
        ".xls",
        XLS,
    ),
    Case(
        "workbook with a password", lambda: compound("EncryptionInfo", "EncryptedPackage"), NAME, "file.encrypted", ""
    ),
    Case("old Word document renamed", lambda: compound("WordDocument"), XLS, "file.other_kind", "Word", XLS),
    Case(
        "web page renamed",
        lambda: "<html><table><tr><td>工单编号</td></tr></table></html>".encode("gbk"),
        XLS,
        "file.markup",
        "",
        XLS,
    ),
    Case(
        "XML of Excel 2003",
        lambda: b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        XLS,
        "file.markup",
        "XML",
        XLS,
    ),
    Case("PDF renamed", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", NAME, "file.other_kind", "PDF"),
    Case("picture renamed", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, NAME, "file.other_kind", ""),
    Case("lock file of an open workbook", lambda: b"\x05clerk" + b" " * 48, f"~${NAME}", "file.lock", "", f"~${NAME}"),
)

CSV_FILES = (
    Case(
        "CSV in no known encoding",
        lambda: CSV_HEAD.encode("gb18030") + b"\xff\xff\n",
        CSV,
        "csv.encoding",
        "GB18030",
        CSV,
    ),
    Case("CSV with control characters", lambda: CSV_HEAD.encode() + b"\x01\x02\n", CSV, "csv.encoding", "", CSV),
    Case(
        "CSV with an open quote",
        csv('WX001,2026-10-03 08:05,"3-2-501,给排水\n'),
        f"{CSV} {SHEET}!3",
        "csv.open_quote",
        "",
        CSV,
    ),
    Case(
        "CSV row with a delimiter in a text",
        csv("WX001,2026-10-03 08:05,3-2-501,给排水,漏水\n"),
        f"{CSV} {SHEET}!E3",
        "csv.too_many_fields",
        "",
        CSV,
    ),
    Case(
        "CSV with a bare day number",
        csv("WX001,46298.33,3-2-501,给排水\n"),
        f"{CSV} {SHEET}!B3",
        "date.unreadable",
        "46298.33",
        CSV,
    ),
    Case(
        "CSV after a wrong conversion",
        csv("WX001,2026-10-03 08:05,锟斤拷栋,给排水\n"),
        f"{CSV} {SHEET}!C3",
        "cell.damaged",
        "锟斤拷",
        CSV,
    ),
    Case(
        "CSV without the headings",
        "部门,工程维修部\n甲,乙\n1,2\n".encode,
        f"{CSV} {SHEET}",
        "table.missing",
        "报修登记",
        CSV,
    ),
)

LAYOUT = (
    Case("no headings anywhere", lambda: saved(Workbook()), f"{NAME} Sheet", "table.missing", "报修登记"),
    Case(
        "required column missing",
        changed(lambda sheet: drop_column(sheet, "E")),
        at("4"),
        "heading.missing",
        "报修类别",
    ),
    Case("column twice", with_cells(M3="费用", M5=40), at("M4"), "heading.double", "费用"),
    Case("heading in another unit", with_cells(I3="费用（万元）"), at("I4"), "heading.unit", "万元"),
    Case("table on two sheets", changed(second_sheet), NAME, "table.several", "旧稿"),
    Case("table only on a hidden sheet", changed(hide_the_sheet), f"{NAME} 说明", "table.missing", "报修登记"),
    Case("head field empty", with_cells(B2=None), at("B2"), "cell.required", "部门"),
    Case("head field missing", with_cells(A2=None, B2=None), at("A1"), "field.missing", "部门"),
    Case("head field twice", changed(two_departments), at("E2"), "field.contradiction", "客户服务部"),
    Case("head field not a choice", with_cells(B2="绿化组"), at("B2"), "choice.unknown", "绿化组"),
)

CELLS = (
    Case("required cell empty", with_cells(C6=None), at("C6"), "cell.required", "房号"),
    Case("required cell of blanks", with_cells(C6="　 "), at("C6"), "cell.required", "房号"),
    Case("required cell with a dash", with_cells(C6="—"), at("C6"), "cell.required", "—"),
    Case("word not among the choices", with_cells(E6="给排木"), at("E6"), "choice.unknown", "给排木"),
    Case("same as above without leave", with_cells(E6="同上"), at("E6"), "cell.ditto", "同上"),
    Case("same as above in the first row", with_cells(C5="〃"), at("C5"), "cell.ditto", ""),
    Case("order number twice", with_cells(A6="ＷＸ００１"), at("A6"), "row.twice", "A5"),
    Case("rule broken", with_cells(J5=date(2026, 10, 2)), at("J5"), "row.check", "完成日期早于受理时间"),
    Case("rule that trips over an empty cell", with_cells(L6="√"), at("L6"), "row.check_fails", "已收费却没有费用"),
    Case("formula never calculated", with_cells(I5="=H5*45.5"), at("I5"), "cell.uncomputed", "费用"),
    Case("formula with a lost reference", with_cells(I5="#REF!"), at("I5"), "cell.error", "#REF!"),
    Case("formula without a match", with_cells(D5="#N/A"), at("D5"), "cell.error", "#N/A"),
    Case("characters damaged", with_cells(F5="角阀\ufffd滴水"), at("F5"), "cell.damaged", "\ufffd"),
    Case(
        "room turned into a date",
        formatted("C6", datetime(2003, 2, 5), "yyyy/m/d"),
        at("C6"),
        "text.is_date",
        "2003-02-05",
    ),
    Case("text turned into a time", formatted("F6", time(8, 5), "h:mm"), at("F6"), "text.is_date", ""),
    Case("identity number as a number", with_cells(D5=110101199001011234), at("D5"), "code.lost_digits", "15"),
    Case("code with a lost zero", with_cells(A6=10.3), at("A6"), "code.fraction", "10.3"),
    Case("words for a number", with_cells(I5="约四十"), at("I5"), "number.unreadable", "约四十"),
    Case("amount in ten thousands", with_cells(I5="1.2万"), at("I5"), "number.unreadable", "1.2万"),
    Case("amount in brackets", with_cells(I5="(45.50)"), at("I5"), "number.unreadable", "(45.50)"),
    Case("thousands in wrong places", with_cells(I5="12,34.5"), at("I5"), "number.unreadable", "12,34.5"),
    Case(
        "amount turned into a date",
        formatted("I5", datetime(2026, 3, 2), "m/d"),
        at("I5"),
        "number.is_date",
        "2026-03-02",
    ),
    Case("percentage for an amount", with_cells(I5="45%"), at("I5"), "number.is_percent", "45%"),
    Case("tick for an amount", with_cells(I5=True), at("I5"), "number.unreadable", "费用"),
    Case("amount below the least", with_cells(I5=-1), at("I5"), "number.out_of_bounds", "-1"),
    Case("pieces above the most", with_cells(H5=100), at("H5"), "number.out_of_bounds", "100"),
    Case("half a piece", with_cells(H5=1.5), at("H5"), "number.not_whole", "1.5"),
    Case("percentage or share", with_cells(K5=50), at("K5"), "number.percent_or_share", "50"),
    Case("share above one", with_cells(K5="150%"), at("K5"), "number.out_of_bounds", "150%"),
    Case("amount merged over rows", changed(merge_amount), at("I6"), "cell.merged", "费用"),
    Case("tick that is none", with_cells(L5="○"), at("L5"), "tick.unreadable", "○"),
    Case("date as text without year", with_cells(J5="10.3"), at("J5"), "date.no_year", "10.3"),
    Case("date as number without year", with_cells(J5=10.3), at("J5"), "date.no_year", "10.3"),
    Case("month and day outside the period", with_cells(J5="11月3日"), at("J5"), "date.no_year", "11月3日"),
    Case("day that is none", with_cells(J5="2026.9.31"), at("J5"), "date.impossible", "2026.9.31"),
    Case("number of eight digits that is no day", with_cells(J5=20261301), at("J5"), "date.impossible", "20261301"),
    Case("month without a day", with_cells(J5="2026年10月"), at("J5"), "date.no_day", "2026年10月"),
    Case("order of the date uncertain", with_cells(J5="10/3/26"), at("J5"), "date.short_year", "10/3/26"),
    Case("words for a date", with_cells(J5="上周三"), at("J5"), "date.unreadable", "上周三"),
    Case("Excel's day that never was", formatted("J5", 60, "yyyy-mm-dd"), at("J5"), "date.unreadable", "60"),
    Case("date a program writes for none", with_cells(J5="1900-01-01"), at("J5"), "date.far_off", "1900-01-01"),
    Case("time without a day", formatted("J5", time(8, 5), "h:mm"), at("J5"), "date.no_day", ""),
    Case("tick for a date", with_cells(J5=True), at("J5"), "date.unreadable", "完成日期"),
    Case("moment without a time of day", with_cells(B6="2026-10-04"), at("B6"), "date.no_time", "2026-10-04"),
    Case("hour that is none", with_cells(B6="2026-10-04 25:00"), at("B6"), "date.impossible", "25:00"),
)

WORKBOOKS = (*FILES, *CSV_FILES, *LAYOUT, *CELLS)


PERIODS = ("", "10月", "上月", "2026-13", "2026-02-30", "20261", "26-10", "2026年10月至11月")
