"""Workbooks for the tests: sheets drawn as lines of text, made with openpyxl, read back as the same lines.

``book(明细="标题 | =B2*2")`` is the bytes of a workbook: a line is a row, ``|`` stands between cells, an empty cell is
none, what looks like a number is one. ``formulas(blob)`` and ``values(blob)`` draw a sheet the same way, with the
formulas or with their cached values. ``recalculated`` asks LibreOffice what the formulas come to.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from lxml import etree

from docgen import ExcelTemplate
from docgen.template.package import repack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from docgen.forms.declaration import Form

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?$")

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


# --- making ---------------------------------------------------------------------------------------------------


def book(*, dress: Callable[[openpyxl.Workbook], object] | None = None, **sheets: str) -> bytes:
    """A workbook of these sheets; ``dress`` does to it what lines of text cannot say."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook["Sheet"])
    for title, lines in sheets.items():
        fill(workbook.create_sheet(title), lines)
    if dress is not None:
        dress(workbook)
    return saved(workbook)


def saved(workbook: openpyxl.Workbook) -> bytes:
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def fill(sheet: Worksheet, lines: str, top: int = 1) -> None:
    """Write lines into a sheet."""
    for number, line in enumerate(lines.strip("\n").splitlines(), top):
        for column, text in enumerate(_cells(line), 1):
            if text:
                sheet.cell(number, column, float(text) if _NUMBER.match(text) else text)


def _cells(line: str) -> list[str]:
    return [text.strip() for text in re.split(r"(?<!\|)\|(?![\w图日短月时金百千数空])", line)]


def template(*, dress: Callable[[openpyxl.Workbook], object] | None = None, **sheets: str) -> ExcelTemplate:
    """A template of these sheets."""
    return ExcelTemplate.load(book(dress=dress, **sheets), name="t.xlsx")


# --- reading --------------------------------------------------------------------------------------------------


def formulas(blob: bytes, sheet: str | None = None) -> str:
    """A sheet as lines, with its formulas."""
    return _drawn(openpyxl.load_workbook(BytesIO(blob)), sheet)


def values(blob: bytes, sheet: str | None = None) -> str:
    """A sheet as lines, with the values its formulas have in the file; ``?`` where there is none."""
    workbook = openpyxl.load_workbook(BytesIO(blob), data_only=True)
    drawn = openpyxl.load_workbook(BytesIO(blob))
    for page in drawn:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    value = workbook[page.title][cell.coordinate].value
                    cell.value = "?" if value is None else value
                    cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    return _drawn(drawn, sheet)


def _drawn(workbook: openpyxl.Workbook, sheet: str | None) -> str:
    page = workbook[sheet] if sheet else workbook.worksheets[0]
    lines = []
    for row in page.iter_rows():
        texts = [shown(cell.value) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        lines.append(" | ".join(texts))
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def shown(value: Any) -> str:
    """A value as the lines write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date | time):
        return value.isoformat(*" " if isinstance(value, datetime) else ()).removesuffix(" 00:00:00")
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(getattr(value, "text", value))


def lines(text: str) -> str:
    """Expected lines, without the indentation of the test that holds them."""
    rows = [" | ".join(_cells(line)).rstrip(" |") for line in text.strip("\n").splitlines()]
    while rows and not rows[-1]:
        rows.pop()
    return "\n".join(rows)


def parts(blob: bytes) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(BytesIO(blob)) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def xml(blob: bytes, part: str = "xl/worksheets/sheet1.xml") -> etree._Element:
    """A part as a tree."""
    return etree.fromstring(parts(blob)[part])


# --- recalculating --------------------------------------------------------------------------------------------


def recalculated(blobs: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    """What LibreOffice makes of workbooks: name → ``sheet!cell`` → value. Cached values are taken out before.

    One start of LibreOffice for all, in a profile of its own.
    """
    given, got = folder / "given", folder / "got"
    given.mkdir()
    for name, blob in blobs.items():
        (given / f"{name}.xlsx").write_bytes(without_values(blob))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(got)]
    files = sorted(map(str, given.glob("*.xlsx")))
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=300)
    return {name: cached_values((got / f"{name}.xlsx").read_bytes()) for name in blobs}


def without_values(blob: bytes) -> bytes:
    """The workbook with no formula's value, so that whoever opens it must compute them."""
    replaced = {}
    for name, content in parts(blob).items():
        if name.startswith("xl/worksheets/sheet"):
            root = etree.fromstring(content)
            for cell in root.iter(S + "c"):
                value = cell.find(S + "v")
                if cell.find(S + "f") is not None and value is not None:
                    cell.remove(value)
            replaced[name] = etree.tostring(root)
    return repack(blob, replaced)


def cached_values(blob: bytes) -> dict[str, Any]:
    """``sheet!cell`` → value of every filled cell, formulas as their cached values."""
    workbook = openpyxl.load_workbook(BytesIO(blob), data_only=True)
    return {
        f"{page.title}!{cell.coordinate}": cell.value
        for page in workbook.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    }


def formula_cells(blob: bytes) -> list[str]:
    """``sheet!cell`` of every formula."""
    workbook = openpyxl.load_workbook(BytesIO(blob))
    return [
        f"{page.title}!{cell.coordinate}"
        for page in workbook.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


def alike(one: Any, other: Any) -> bool:
    """The same value, as far as fifteen digits tell; an empty text is an empty cell."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= 1e-12 * max(1, abs(one), abs(other))
    return (one or "") == (other or "")


def filled_in(form: Form, data: bytes) -> bytes:
    """A blank filled in by hand: each table's samples in its first row and those the form begins with, the sample of
    each head field beside it.
    """
    made = openpyxl.load_workbook(BytesIO(data))
    for field in form.fields:
        for row in made.worksheets[0].iter_rows(max_row=10 if made.worksheets[0].title != form.title else None):
            for cell in row:
                if cell.value == field.title and cell.column == 1:
                    merged = [area for area in made.worksheets[0].merged_cells.ranges if cell.coordinate in area]
                    column = (merged[0].max_col if merged else cell.column) + 1
                    made.worksheets[0].cell(cell.row, column).value = field.sample or (
                        field.choices[0] if field.choices else "2026-10-15"
                    )
    for table in form.tables:
        sheet = made[table.title]
        first = int(re.sub(r"\D", "", sheet.freeze_panes))
        for column, declared in enumerate(table.columns, 1):
            for row in range(first, first + max(1, len(table.rows))):
                if declared.sample and sheet.cell(row, column).value is None:
                    sheet.cell(row, column).value = declared.sample
    return saved(made)


# --- as other programs write them -----------------------------------------------------------------------------

_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def raw_book(
    *sheets: str, tail: str = "", names: str = "", strings: str = "", parts: Mapping[str, str] | None = None
) -> bytes:
    """A workbook of sheets S, S2, S3 … whose rows are XML; ``tail`` stands behind those of the first."""
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    package = "http://schemas.openxmlformats.org/package/2006"
    spaces = f'xmlns="{S[1:-1]}" xmlns:r="{_R}"'
    numbers = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="S{n if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_R}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{types}.worksheet+xml"/>' for n in numbers
    )
    made = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{types}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"<workbook {spaces}><sheets>{listed}</sheets>"
        f"{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{related}'
        f'<Relationship Id="rId99" Type="{_R}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{S[1:-1]}">{strings}</sst>',
        "xl/spare.xml": "<spare/>",
    }
    for n, rows in zip(numbers, sheets, strict=True):
        made[f"xl/worksheets/sheet{n}.xml"] = (
            f"<worksheet {spaces}><sheetData>{rows}</sheetData>{tail if n == 1 else ''}</worksheet>"
        )
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**made, **(parts or {})}.items():
            archive.writestr(name, content if content.startswith("<?xml") else _HEAD + content)
    return file.getvalue()
