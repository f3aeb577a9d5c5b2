"""What the authoring scripts of the Excel papers share: columns from a form's declaration, and where a paper goes.

Only those scripts use this. A paper is drawn once by its script, committed, and from then on may be edited in Excel
or WPS like any other workbook. The style itself is docgen's (docgen/printsheet.py): it is that of the registers too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docgen.forms.loading import load_form
from docgen.printing.house_style import PROPERTIES, Col, PrintBook
from docgen.printing.register import cell_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docgen.forms.declaration import Form, Table

TEMPLATE = "template.xlsx"


def form_of(script: str) -> Form:
    """The declaration beside an authoring script."""
    return load_form(Path(script).parent)


def number(width: float = 5) -> Col:
    """序号: the rows count themselves."""
    return Col("序号", "{{ loop.index }}", width, "integer")


def col(table: Table, key: str, width: float, *, title: str = "", align: str = "", total: bool = False) -> Col:
    """The declared column as it is printed: its title, its value by type, and its format."""
    column = table.column(key)
    return Col(title or column.title, cell_tag(column), width, column.type, align, column.group, total)


def save(script: str, book: PrintBook, properties: Mapping[str, str] = PROPERTIES) -> Path:
    """Write the template beside its authoring script."""
    path = Path(script).parent / TEMPLATE
    path.write_bytes(book.saved(properties))
    return path
