"""Registers as other programs write them: odd parts are read, or refused in words, and nothing loops."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from given.workbooks import raw_book

from docgen.errors import DataError
from docgen.sheets.book import letter
from docgen.sheets.cell import Kind
from docgen.sheets.opening import open_book
from foundation.csv_text import decoded

CELL = '<c r="A1"><v>1</v></c>'


def codes(data: bytes) -> list[str]:
    with pytest.raises(DataError) as caught:
        open_book(data, "t.xlsx")
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="2026年2月30日"><v>1</v></c></row>',
        '<row r="1"><c r=""><v>1</v></c></row>',
        '<row r="1"><c r="1"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZZZZZZ1"><v>1</v></c></row>',
        '<row r="9999999"><c r="A1"><v>1</v></c></row>',
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="-5" hidden="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>9</v></c></row>',
        '<row r="1"><c r="A1" t="zzz"><v>9</v></c></row>',
    ],
)
def test_an_address_that_is_none_is_damage(rows: str) -> None:
    """R1."""
    assert codes(raw_book(rows)) == ["file.damaged"]


@pytest.mark.parametrize("dimension", ["A1", "A1:XFD1048576", "2026年2月30日", "", "XFE1:A0"])
def test_what_a_sheet_says_of_its_extent_is_not_asked(dimension: str) -> None:
    """R1."""
    data = raw_book(f'<row r="1">{CELL}</row>', tail=f'<dimension ref="{dimension}"/>')
    assert open_book(data, "t.xlsx").sheets[0].rows[1][1].text == "1"


@pytest.mark.parametrize("merge", ["A1:ZZZ9999999", "A1:XFE2"])
def test_a_merge_outside_the_sheet_is_damage(merge: str) -> None:
    """R1."""
    data = raw_book(f'<row r="1">{CELL}</row>', tail=f'<mergeCells><mergeCell ref="{merge}"/></mergeCells>')
    assert codes(data) == ["file.damaged"]


def test_no_column_has_no_letter() -> None:
    """R1."""
    assert not letter(0) + letter(-7)


@pytest.mark.parametrize(
    "inner",
    [
        "<v>甲</v><is><t>甲</t></is>",
        "<is><t>甲</t></is><v>甲</v>",
        "<v>乙</v><is><r><t>甲</t></r><rPh sb='0' eb='1'><t>jia</t></rPh></is>",
        "<is><t>甲</t></is>",
    ],
)
def test_of_an_inline_string_only_the_string_counts(inner: str) -> None:
    """R3."""
    book = open_book(raw_book(f'<row r="1"><c r="A1" t="inlineStr">{inner}</c></row>'), "t.xlsx")
    assert book.sheets[0].rows[1][1].text == "甲"


def test_a_sheet_without_its_part_is_named_and_the_others_are_read() -> None:
    """R4."""
    data = raw_book(f'<row r="1">{CELL}</row>', f'<row r="1">{CELL}</row>')
    lost = [
        data.replace(b'r:id="rId2"', b'r:id="    "'),
        data.replace(b'r:id="rId2"', b'r:id="rId7"'),
        data.replace(b"xl/worksheets/sheet2.xml", b"xl/worksheets/sheet9.xml"),
    ]
    for one in lost:
        unsigned = _without_sums(one)
        book = open_book(unsigned, "t.xlsx")
        assert [sheet.name for sheet in book.sheets] == ["S"]
        assert [(w.code, w.place.sheet) for w in book.warnings] == [("sheet.lost", "S2")]


def _without_sums(blob: bytes) -> bytes:
    """The package packed anew: its members were changed in place."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(blob)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            with old.open(info) as member:
                member._expected_crc = None
                new.writestr(info.filename, member.read())
    return out.getvalue()


@pytest.mark.parametrize(
    "styles",
    [
        '<numFmts><numFmt formatCode="yyyy"/></numFmts><cellXfs><xf numFmtId="0"/></cellXfs>',
        '<cellXfs><xf numFmtId="x"/></cellXfs>',
        "<cellXfs><xf/></cellXfs>",
        "<cellXfs/>",
        "",
    ],
)
def test_a_style_that_is_not_there_shows_nothing_special(styles: str) -> None:
    """R4."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = '<Relationship Id="rId98" Type="x/styles" Target="styles.xml"/><Relationship Id="rId99"'
    data = raw_book('<row r="1"><c r="A1" s="7"><v>1</v></c><c r="B1" s="0"><v>2</v></c></row>')
    made = _with_part(data, "xl/styles.xml", f'<styleSheet xmlns="{space}">{styles}</styleSheet>', relations)
    row = open_book(made, "t.xlsx").sheets[0].rows[1]
    assert [(cell.kind, cell.text, cell.format) for cell in row.values()] == [
        (Kind.NUMBER, "1", ""),
        (Kind.NUMBER, "2", ""),
    ]


def _with_part(blob: bytes, part: str, content: str, relations: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(blob)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            text = old.read(info)
            if info.filename == "xl/_rels/workbook.xml.rels":
                text = text.replace(b'<Relationship Id="rId99"', relations.encode())
            new.writestr(info.filename, text)
        new.writestr(part, content)
    return out.getvalue()


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    ["一,二\r\n三,四\r\n", "一一一一,最最最\r\n一,一\r\n", "报修日期\t楼栋\n一月\t3\n", "一一一一一一\r\n唀\r\n"],
)
def test_utf_16_without_a_mark_is_read_in_its_order(text: str, order: str) -> None:
    """R7."""
    assert decoded(text.encode(order)) == text
