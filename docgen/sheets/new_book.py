"""New workbooks by openpyxl: pages set for printing, and files whose bytes repeat.

Nothing in them tells the time they were made. Fonts are named
outright: WPS warns of the theme's Latin ones, which offices do not have.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Border, Side
from openpyxl.worksheet.properties import PageSetupProperties

from docgen.sheets.book import letter
from docgen.template.package import Member, read_package, repack

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SONG, HEI = "宋体", "黑体"
A4, A3 = 9, 8
_CORE, _THEME = "docProps/core.xml", "xl/theme/theme1.xml"
_NO_DAY = date(2000, 1, 1)


def new_book(title: str, creator: str = "guidang") -> Workbook:
    """A workbook without sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    core = book.properties
    core.title, core.creator, core.language = title, creator, "zh-CN"
    return book


def thin(colour: str) -> Border:
    """A thin line on all four sides."""
    side = Side("thin", color=colour)
    return Border(side, side, side, side)


def set_page(
    sheet: Worksheet, margins: tuple[float, float, float, float, float], *, paper: int = A4, landscape: bool = True
) -> None:
    """One page wide, centred; margins in inches: the sides, top, bottom, header, footer."""
    page, to = sheet.page_setup, sheet.page_margins
    page.paperSize, page.orientation = paper, "landscape" if landscape else "portrait"
    page.fitToWidth, page.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    to.left = to.right = margins[0]
    to.top, to.bottom, to.header, to.footer = margins[1:]


def set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    """Widths of the first columns, in characters."""
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[letter(number)].width = width


def merge_across(sheet: Worksheet, row: int, first: int, last: int) -> None:
    """Merge columns ``first`` to ``last`` of a row, where they are several."""
    if last > first:
        sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def saved(
    book: Workbook,
    properties: Mapping[str, str],
    *,
    day: date = _NO_DAY,
    patches: Callable[[Mapping[str, Member]], Mapping[str, bytes]] | None = None,
) -> bytes:
    """The file with its custom properties, dated ``day``; ``patches`` says which parts have other content."""
    book.properties.created = datetime.combine(day, time())
    custom: Any = book.custom_doc_props  # type: ignore[attr-defined]
    for name, value in properties.items():
        custom.append(StringProperty(name=name, value=value))
    stream = io.BytesIO()
    book.save(stream)
    blob = stream.getvalue()
    parts = read_package(blob, "workbook")
    modified = rb"\g<1>" + f"{day.isoformat()}T00:00:00Z".encode()
    patched = {
        _CORE: re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", modified, parts[_CORE].read()),
        _THEME: re.sub(rb'(<a:latin typeface=")[^"]*', rb"\g<1>" + SONG.encode(), parts[_THEME].read()),
    }
    return repack(blob, {**patched, **(patches(parts) if patches else {})})
