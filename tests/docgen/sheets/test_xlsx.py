"""The reader of workbooks: what stands in an .xlsx file → cells with address, kind, format and formula."""

from __future__ import annotations

import io
import re
import time
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.errors import DataError
from docgen.sheets import xlsx_file as xlsx
from docgen.sheets.book import Merge
from docgen.sheets.cell import Cell, Kind, from_serial
from docgen.sheets.number_format import Shape, shape
from docgen.sheets.xlsx_file import read_xlsx

if TYPE_CHECKING:
    from docgen.sheets.book import Book

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(
    data: str,
    *,
    strings: str = "",
    formats: tuple[tuple[int, str], ...] = ((0, ""),),
    date1904: bool = False,
    head: str = "",
    tail: str = "",
) -> bytes:
    """A workbook of one sheet: ``data`` are its rows, ``strings`` the <si> of its texts, ``formats`` its styles."""
    own = "".join(f'<numFmt numFmtId="{n}" formatCode="{escaped(code)}"/>' for n, code in formats if code)
    xfs = "".join(f'<xf numFmtId="{n}"/>' for n, _code in formats)
    relations = {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("styles", "styles.xml")}
    parts = {
        "_rels/.rels": relations_part({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(date1904)}"/>'
            '<sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": relations_part(relations | {"rId3": ("sharedStrings", "sharedStrings.xml")}),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts><cellXfs>{xfs}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<worksheet xmlns="{MAIN}">{head}'
            f"<sheetData>{data}</sheetData>{tail}</worksheet>"
        ),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def relations_part(relations: dict[str, tuple[str, str]]) -> str:
    found = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{k}" Target="{t}"/>' for i, (k, t) in relations.items())
    return f'<Relationships xmlns="{PACKAGE}">{found}</Relationships>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def read(data: str, **how: Any) -> dict[str, Cell]:
    """Address → cell."""
    sheet = book(data, **how).sheets[0]
    return {f"{'ABCDEFGHIJ'[c - 1]}{r}": cell for r, cells in sheet.rows.items() for c, cell in cells.items()}


def book(data: str, **how: Any) -> Book:
    return read_xlsx(workbook(data, **how), "表.xlsx")


def row(*cells: str, number: int = 1, more: str = "") -> str:
    return f'<row r="{number}"{more}>{"".join(cells)}</row>'


# --- formats --------------------------------------------------------------------------------------------------

DATES = (14, 15, 16, 17, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58)
TIMES = (18, 19, 20, 21, 32, 33, 34, 35, 55, 56)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (DATES, Shape.DATE),
        (TIMES, Shape.TIME),
        ((22,), Shape.DATETIME),
        ((45, 47), Shape.TIME),
        ((46,), Shape.DURATION),
        ((1, 2, 3, 4, 11, 12, 13, 37, 38, 39, 40, 48), Shape.NUMBER),
        ((9, 10), Shape.PERCENT),
        ((49,), Shape.TEXT),
        ((0,), Shape.GENERAL),
    ],
)
def test_formats_a_workbook_names_by_number_only(numbers: tuple[int, ...], expected: Shape) -> None:
    """14–22, 27–36, 45–47 and 50–58 as Chinese Excel shows them; the workbook holds no code for them."""
    cells = [f'<c r="{"ABCDEFGHIJKLMNOPQRST"[i]}1" s="{i}"><v>46298</v></c>' for i in range(len(numbers))]
    sheet = book(row(*cells), formats=tuple((n, "") for n in numbers)).sheets[0]
    assert {shape(cell.format) for cell in sheet.rows[1].values()} == {expected}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('yyyy"年"m"月"d"日"', Shape.DATE),
        ("yyyy年m月d日", Shape.DATE),
        ("[$-804]yyyy年m月d日;@", Shape.DATE),
        ("[DBNum1][$-804]yyyy年m月d日", Shape.DATE),
        ('yyyy"年"m"月"d"日" h:mm', Shape.DATETIME),
        ('h"时"mm"分"', Shape.TIME),
        ("[h]:mm", Shape.DURATION),
        ("[mm]:ss", Shape.DURATION),
        ('0"日"', Shape.NUMBER),
        ("[Red]0.00", Shape.NUMBER),
    ],
)
def test_formats_of_the_workbooks_own(code: str, expected: Shape) -> None:
    found = read(row('<c r="A1" s="1"><v>46298.5</v></c>'), formats=((0, ""), (176, code)))
    assert found == {"A1": Cell(Kind.NUMBER, "46298.5", code)}
    assert shape(found["A1"].format) is expected


def test_the_day_zero_of_1904_is_the_workbooks() -> None:
    cell = row('<c r="A1"><v>42370</v></c>')
    assert [book(cell, date1904=flag).date1904 for flag in (False, True)] == [False, True]
    days = [from_serial(Decimal(42370), date1904=flag) for flag in (False, True)]
    assert [f"{day:%Y-%m-%d}" for day in days if day] == ["2016-01-01", "2020-01-02"]


@pytest.mark.parametrize("date1904", [False, True])
@pytest.mark.parametrize("number", ["2958466", "2958465.9999999", "1e30"])
def test_a_number_past_the_year_9999_is_no_day(number: str, date1904: bool) -> None:
    assert from_serial(Decimal(number), date1904=date1904) is None


# --- kinds of cells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="A1"><v>1.50</v></c>', Cell(Kind.NUMBER, "1.50")),
        ('<c r="A1" t="n"><v>-1E-3</v></c>', Cell(Kind.NUMBER, "-1E-3")),
        ('<c r="A1" t="s"><v>0</v></c>', Cell(Kind.TEXT, "水")),
        ('<c r="A1" t="b"><v>1</v></c>', Cell(Kind.BOOLEAN, "1")),
        ('<c r="A1" t="e"><v>#N/A</v></c>', Cell(Kind.ERROR, "#N/A")),
        ('<c r="A1" t="d"><v>2026-10-03T08:05:00</v></c>', Cell(Kind.ISO, "2026-10-03T08:05:00")),
        ('<c r="A1" t="str"><f>A2</f><v>甲</v></c>', Cell(Kind.TEXT, "甲", "", True)),
        ('<c r="A1" t="str"><f>A2</f><v></v></c>', None),
        ('<c r="A1"><f>A2+1</f><v>3</v></c>', Cell(Kind.NUMBER, "3", "", True)),
        ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', Cell(Kind.ERROR, "#DIV/0!", "", True)),
        ('<c r="A1"><f t="shared" si="0"/><v>3</v></c>', Cell(Kind.NUMBER, "3", "", True)),
        ('<c r="A1"><f>A2+1</f></c>', Cell(Kind.UNCOMPUTED, "", "", True)),
        ('<c r="A1"><f>A2+1</f><v/></c>', Cell(Kind.UNCOMPUTED, "", "", True)),
        ('<c r="A1" t="inlineStr"><is><t>甲</t></is></c>', Cell(Kind.TEXT, "甲")),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> 甲 </t></is></c>', Cell(Kind.TEXT, " 甲 ")),
        (
            '<c r="A1" t="inlineStr"><is><r><t>甲</t></r><r><rPr><b/></rPr><t>乙</t></r></is></c>',
            Cell(Kind.TEXT, "甲乙"),
        ),
        ('<c r="A1" t="inlineStr"><is><t>东</t><rPh sb="0" eb="1"><t>とう</t></rPh></is></c>', Cell(Kind.TEXT, "东")),
        ('<c r="A1" t="str"><v>a&lt;b&amp;c&#20013;&#x4e2d;</v></c>', Cell(Kind.TEXT, "a<b&c中中")),
        ('<c r="A1" t="str"><v>甲_x000D_乙_x005F_</v></c>', Cell(Kind.TEXT, "甲\r乙_")),
        ('<c r="A1" t="str"><v>甲\r\n乙</v></c>', Cell(Kind.TEXT, "甲\n乙")),
        ('<c r="A1" t="str"><v><![CDATA[a</row>b]]></v></c>', Cell(Kind.TEXT, "a</row>b")),
        ('<c t="n" s="0" r="A1" ><v>7</v></c>', Cell(Kind.NUMBER, "7")),
        ('<c r="A1" s="0"/>', None),
        ('<c r="A1"></c>', None),
        ('<c r="A1"><v></v></c>', None),
    ],
)
def test_kinds_of_cells(cell: str, expected: Cell | None) -> None:
    """An error is not empty, a formula never computed is not empty, an empty text is; cells beside it stay."""
    found = read(row(cell, '<c r="B1"><v>9</v></c>'), strings="<si><t>水</t></si>")
    assert found.pop("B1") == Cell(Kind.NUMBER, "9")
    assert found == ({"A1": expected} if expected else {})


@pytest.mark.parametrize(
    "cell", ['<c r="A1"><v>1.2.3</v></c>', '<c r="A1"><v>INF</v></c>', '<c r="A1" t="s"><v>7</v></c>']
)
def test_a_cell_that_cannot_be_is_damage(cell: str) -> None:
    with pytest.raises(DataError) as caught:
        read(row(cell))
    assert [problem.code for problem in caught.value.problems] == ["file.damaged"]


@pytest.mark.parametrize(
    "data",
    [
        '<row r="1"><c r="A1"><v>1</v></row>',
        '<row r="1"><c r="A1"><v>1</c></row>',
        '<row r="1"><c r="A1"><v>1</v></c>',
        '<row r="1"><c r="A1"><v>1</v></c></row></sheetData></x><sheetData>',
        '<row r="1"><c r="A1" t="str"><v>a & b</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&unknown;</v></c></row>',
        '<row r="1">]<c r="A1"><v>1</v></c><</row>',
    ],
)
def test_xml_that_is_none_is_damage(data: str) -> None:
    with pytest.raises(DataError) as caught:
        read(data)
    assert [problem.code for problem in caught.value.problems] == ["file.damaged"]


def test_shared_texts_of_every_kind_keep_their_order() -> None:
    """Plain, preserved, rich, phonetic, empty, escaped: each under its own number."""
    strings = (
        "<si><t>甲</t></si>"
        '<si><t xml:space="preserve"> 乙</t></si>'
        "<si><r><t>丙</t></r><r><rPr><b/></rPr><t>丁</t></r></si>"
        '<si><t>东京</t><rPh sb="0" eb="2"><t>とうきょう</t></rPh><phoneticPr fontId="1"/></si>'
        "<si><t/></si>\n<si><t></t></si>"
        "<si><t>a&amp;b&#13;</t></si>"
        "<si><t>戊</t></si>"
    )
    cells = [f'<c r="{"ABCDEFGH"[i]}1" t="s"><v>{i}</v></c>' for i in range(8)]
    found = read(row(*cells), strings=strings)
    assert [cell.text for cell in found.values()] == ["甲", " 乙", "丙丁", "东京", "", "", "a&b\r", "戊"]


# --- places ---------------------------------------------------------------------------------------------------


def test_places_without_references_are_counted() -> None:
    """No r= on rows or cells, on some of them, and rows written the usual way between."""
    one = "<c><v>1</v></c>"
    fourth = row('<c r="B4"><v>3</v></c>', number=4)
    found = read(f'<row>{one}<c r="D1"><v>2</v></c>{one}</row>{fourth}<row>{one}</row>')
    assert list(found) == ["A1", "D1", "E1", "B4", "A5"]
    usual = row('<c r="A7"><v>1</v></c>', number=7)
    assert list(read(f"{usual}<row>{one}</row>{usual.replace('7', '9')}")) == ["A7", "A8", "A9"]


def test_a_wrong_dimension_hides_nothing() -> None:
    cells = row('<c r="A1"><v>1</v></c>', '<c r="J1"><v>2</v></c>') + row('<c r="A9"><v>3</v></c>', number=9)
    for claimed in ("A1", "A1:B2", "A1:XFD1048576", "nonsense"):
        assert list(read(cells, head=f'<dimension ref="{claimed}"/>')) == ["A1", "J1", "A9"]


def test_rows_out_of_order_and_in_pieces_come_in_order() -> None:
    pieces = [(5, "A"), (2, "B"), (5, "C"), (2, "A")]
    data = "".join(row(f'<c r="{letter}{n}"><v>{n}</v></c>', number=n) for n, letter in pieces)
    sheet = book(data).sheets[0]
    assert list(sheet.rows) == [2, 5]
    assert {n: sorted(cells) for n, cells in sheet.rows.items()} == {2: [1, 2], 5: [1, 3]}


def test_what_is_hidden_and_merged_is_known() -> None:
    data = (
        row('<c r="A1"><v>1</v></c>')
        + row('<c r="A2"><v>1</v></c>', number=2, more=' hidden="1"')
        + '<row r="3" hidden="true"/>'
        + row('<c r="A4"><v>1</v></c>', number=4, more=' spans="1:1" ht="20" hidden="0"')
    )
    sheet = book(
        data,
        head='<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="3"/></cols>',
        tail='<mergeCells><mergeCell ref="A1:C2"/></mergeCells>',
    ).sheets[0]
    assert sheet.hidden_rows == {2, 3}
    assert sheet.hidden_columns == {2, 3}
    assert sheet.merges == (Merge(1, 1, 2, 3),)
    assert list(sheet.rows) == [1, 2, 4]


def test_a_sheet_formatted_to_its_last_row_is_read_in_a_second() -> None:
    """CPU seconds, twice what is promised for an idle machine."""
    empty = "".join(
        f'<row r="{n}" spans="1:2"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(2, 1_048_577)
    )
    data = workbook(row('<c r="A1"><v>1</v></c>') + empty)
    started = time.process_time()
    assert list(read_xlsx(data, "x").sheets[0].rows) == [1]
    assert time.process_time() - started < 2


# --- one way and the other ------------------------------------------------------------------------------------


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    TEXTS,
)


def written(value: Any, address: str, way: int, strings: list[str]) -> str:
    """A cell as one of the programs there are writes it."""
    style = ("", ' s="1"')[way % 2]
    if value is None:
        return ("", f'<c r="{address}"{style}/>', f'<c r="{address}"{style}></c>')[way % 3]
    if isinstance(value, bool):
        return f'<c r="{address}"{style} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        formula = ("", "<f>A1&amp;B1</f>", '<f t="shared" si="0"/>')[way % 3]
        kind = ("", ' t="n"')[way % 2]
        return f'<c r="{address}"{style}{kind}>{formula}<v>{value!r}</v></c>'
    strings.append(escaped(value))
    return (
        f'<c r="{address}"{style} t="inlineStr"><is><t xml:space="preserve">{escaped(value)}</t></is></c>',
        f'<c r="{address}"{style} t="s"><v>{len(strings) - 1}</v></c>',
        f'<c r="{address}"{style} t="str"><f>T(A1)</f><v>{escaped(value)}</v></c>',
        f'<c r="{address}" t="inlineStr"><is><r><t>{escaped(value)}</t></r></is></c>',
    )[way % 4]


@given(
    table=st.lists(st.lists(st.tuples(VALUES, st.integers(0, 11)), max_size=6), max_size=6),
    blank=st.sampled_from(["", "\n", "\n    "]),
)
@settings(max_examples=150, deadline=None)
def test_rows_taken_apart_are_what_expat_reads(table: list[list[tuple[Any, int]]], blank: str) -> None:
    """However cells are written, the fast way and expat give the same book."""
    strings: list[str] = []
    data = blank.join(
        row(*(written(v, f"{'ABCDEF'[i]}{n}", way, strings) for i, (v, way) in enumerate(cells)), number=n) + blank
        for n, cells in enumerate(table, 1)
    )
    made = workbook(
        data,
        strings="".join(
            f"<si><t>{text}</t></si>" if len(text) % 2 else f"<si><r><t>{text}</t></r></si>" for text in strings
        ),
        formats=((0, ""), (14, "")),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsx, "_is_plain", lambda _head, _root: False)
        expected = read_xlsx(made, "x")
    assert read_xlsx(made, "x") == expected


def test_the_usual_rows_never_reach_expat(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes reading fast holds for what Excel, WPS, LibreOffice and openpyxl write."""
    met: list[str] = []
    start = xlsx._SheetParser.start
    monkeypatch.setattr(
        xlsx._SheetParser, "start", lambda self, tag, attributes: (met.append(tag), start(self, tag, attributes))
    )
    cells = '<c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="0"/><c r="C1"><f>A1</f><v>1</v></c>'
    more = ' spans="1:3" ht="15.75" customHeight="1" x14ac:dyDescent="0.2"'
    head = '<sheetViews><sheetView workbookViewId="0"/></sheetViews>'
    book(row(cells, more=more) * 3, strings="<si><t>水</t></si>", formats=((0, ""), (0, "")), head=head)
    assert "c" not in met
    assert re.search("sheetData", " ".join(met))
