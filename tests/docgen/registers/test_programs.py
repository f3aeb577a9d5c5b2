"""Files as Excel and other programs write them, workbooks and CSV: real bytes in, rows out."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from given.broken_inputs import HEADINGS, book, csv, rewritten, saved
from given.registers import SOUND, problems, reading, rows
from openpyxl import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable


# --- what Excel and other programs write ----------------------------------------------------------------------


def sheet_xml(change: Callable[[str], str]) -> bytes:
    return rewritten(saved(book()), {"xl/worksheets/sheet1.xml": change})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda xml: re.sub(r'<dimension ref="[^"]+"/>', '<dimension ref="A1"/>', xml), id="wrong dimension"
        ),
        pytest.param(
            lambda xml: re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml).replace('xmlns="', 'xmlns:x="'), id="prefixed names"
        ),
        pytest.param(
            lambda xml: xml.replace(
                "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                "http://purl.oclc.org/ooxml/spreadsheetml/main",
            ),
            id="strict namespace",
        ),
        pytest.param(
            lambda xml: xml.replace(
                "<is><t>角阀滴水</t></is>",
                "<is><r><t>角阀</t></r><r><t>滴水</t></r><rPh sb='0' eb='1'><t>JF</t></rPh></is>",
            ),
            id="rich and phonetic text",
        ),
        pytest.param(
            lambda xml: xml.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'),
            id="formatted last cell",
        ),
    ],
)
def test_workbooks_of_other_programs(change: Callable[[str], str]) -> None:
    """Prefixes, strict namespaces, a wrong dimension, rich text: the same rows."""
    assert rows(sheet_xml(change)) == SOUND


def test_cells_without_references() -> None:
    """Some exports leave out where a cell is: it is the next one."""
    made = Workbook()
    made.active.append(["部门：工程维修部"])
    made.active.append([HEADINGS[index] for index in (0, 1, 2, 4)])
    made.active.append([("WX001", "2026-10-03 08:05", "3-2-501", "电梯")[index] for index in range(4)])
    bare = rewritten(
        saved(made), {"xl/worksheets/sheet1.xml": lambda xml: re.sub(r'(<(?:c|row)) r="[^"]+"', r"\1", xml)}
    )
    assert rows(bare)[0]["category"] == "电梯"


def million_empty_rows() -> bytes:
    """A register formatted down to the last row of the sheet."""
    empty = "".join(
        f'<row r="{n}" ht="20" customHeight="1"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>'
        for n in range(10, 1_048_577)
    )
    return sheet_xml(lambda xml: xml.replace("</sheetData>", empty + "</sheetData>"))


def test_a_million_empty_rows_cost_little() -> None:
    """A sheet formatted to its last row is read like the ten rows it has (seconds, not minutes, on any machine)."""
    data = million_empty_rows()
    started = time.process_time()
    assert rows(data) == SOUND
    assert time.process_time() - started < 5


def test_a_value_after_the_empty_rows_is_not_lost() -> None:
    """Looking for the end of the data does not stop at a long blank stretch."""
    empty = "".join(f'<row r="{n}" ht="20" customHeight="1"/>' for n in range(10, 200_000))
    late = '<row r="200001"><c r="A200001" t="inlineStr"><is><t>WX009</t></is></c></row>'
    found = problems(sheet_xml(lambda xml: xml.replace("</sheetData>", empty + late + "</sheetData>")))
    assert {problem.where for problem in found} == {f"报修登记.xlsx 报修登记!{c}200001" for c in "BCE"}


# --- CSV ------------------------------------------------------------------------------------------------------

LINE = "WX001,2026-10-03 08:05,3-2-501,电梯\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_csv_in_every_encoding_offices_use(encoding: str) -> None:
    """Excel's ANSI, its CSV UTF-8, its Unicode text, a program's bare UTF-8."""
    assert rows(csv(LINE, encoding)(), name="报修登记.csv")[0]["category"] == "电梯"


def test_csv_of_rare_characters() -> None:
    """Names only GB18030 knows, also with its own byte order mark."""
    text = (
        "部门,工程维修部\n工单编号,受理时间,房号,报修类别,报修内容\nWX001,2026-10-03 08:05,3-2-501,电梯,䶮龦𠮷先生报\n"
    )
    for data in (text.encode("gb18030"), b"\x84\x31\x95\x33" + text.encode("gb18030")):
        assert rows(data, name="报修登记.csv")[0]["content"] == "䶮龦𠮷先生报"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_csv_with_every_delimiter(delimiter: str) -> None:
    """Also the Chinese comma, and a comma inside a quoted text."""
    text = "部门,工程维修部\n工单编号,受理时间,房号,报修类别\n" + LINE
    assert rows(text.replace(",", delimiter).encode(), name="报修登记.csv")[0]["room"] == "3-2-501"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ('"漏水,已修"', "漏水,已修"),
        ("“漏水,已修”", "漏水,已修"),
        ('"业主说""急"""', '业主说"急"'),
        ('"第一行\n第二行"', "第一行\n第二行"),
        ("“阳光”单元门", "“阳光”单元门"),
        ("  漏水  ", "漏水"),
    ],
)
def test_csv_quotes(field: str, value: str) -> None:
    """Straight and Chinese quotes, doubled ones, line breaks inside; quotes that are part of a text stay."""
    text = f"部门,工程维修部\n工单编号,受理时间,房号,报修类别,报修内容\n{LINE.strip()},{field}\n".replace("\n", "\r\n")
    assert rows(text.encode(), name="报修登记.csv")[0]["content"] == value.replace("\n", "\r\n")


def test_csv_keeps_zeros_and_names_its_cells_as_excel_does() -> None:
    """A code is the text that stands there; blank lines count, the sheet is named after the file."""
    found = reading(csv("\n007,2026-10-03 08:05,1-1-001,电梯\n合计,,,\n")(), "报修登记.csv")
    (row,) = found.tables["repairs"].rows
    assert (row["order_no"], row["room"], str(row.place)) == ("007", "1-1-001", "报修登记.csv 报修登记!4")


def test_csv_named_as_a_workbook_is_read_and_warned_about() -> None:
    """Content decides, not the extension."""
    found = reading(csv(LINE)(), "报修登记.xls")
    assert [w.code for w in found.warnings] == ["file.renamed"]
    assert len(found.tables["repairs"].rows) == 1
