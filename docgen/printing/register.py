"""A register as it is printed, drawn from its declaration: adding a form needs no template and no code.

One sheet a table: title and period, headings with their groups, the rows, numbered empty rows for what is added by
hand, 合计, note and signatures. What comes out is a template like any other, rendered by ExcelTemplate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from docgen.forms.declaration import Column, Field, Form, Table
from docgen.printing.house_style import Col, Grid, PrintBook, PrintSheet
from docgen.sheets.new_book import A3, A4

LEAST_ROWS, LEAST_OF_SEVERAL = 15, 6
"""Registers are printed with at least so many rows, empty ones numbered; so many where a form has several tables."""
_WIDEST_A4, _WIDEST_A3 = 172.0, 244.0
"""Half-width characters a turned page takes at a size that can still be read."""
_FULL_A4 = 146.0
_GROWING = frozenset({"text", "code", "choice"})
_BOUNDS: dict[str, tuple[float, float]] = {
    "text": (6.0, 26.0),
    "code": (6.0, 13.0),
    "choice": (6.0, 9.5),
    "tick": (5.0, inf),
    "integer": (6.0, 7.0),
    "number": (10.0, 10.5),
    "money": (11.0, 11.0),
    "percent": (9.0, 9.0),
    "date": (10.5, 10.5),
    "datetime": (11.5, 11.5),
}
"""Type → the narrowest and the widest column."""
_NARROW_TEXT, _NARROW_TALE = 8.0, 17.0
"""What a column of short words and one of sentences shrink to at most."""
_SERIALS = frozenset({"序号", "序"})


def cell_tag(column: Field, row: str = "r") -> str:
    """The tag that puts a column's value into a cell: √ or × for a tick, the value itself for all else."""
    path = f"{row}.{column.key}"
    return _tick(path) if column.type == "tick" else f"{{{{ {path} }}}}"


def _tick(path: str) -> str:
    return f"{{{{ '' if {path} is none else '√' if {path} else '×' }}}}"


def register_template(form: Form) -> bytes:
    """The template of a form that has none of its own. Its tags ask for ``office``, ``form``, ``period``, ``meta``,
    the form's head fields, and its tables by key.
    """
    book = PrintBook()
    for table in form.tables:
        _draw(book, form, table)
    return book.saved()


def _draw(book: PrintBook, form: Form, table: Table) -> None:
    columns = [_printed(column, table) for column in table.columns]
    if table.columns[0].title not in _SERIALS:
        columns.insert(0, Col("序号", "{{ loop.index }}", 5, "integer"))
    columns = _widened(_narrowed(columns, _WIDEST_A3), _FULL_A4)
    width = sum(column.width for column in columns)
    sheet = book.sheet(
        table.title,
        [column.width for column in columns],
        paper=A3 if width > _WIDEST_A4 else A4,
        code=form.code,
    )
    _head(sheet, form, table)
    least = LEAST_ROWS if len(form.tables) == 1 else LEAST_OF_SEVERAL
    sheet.table(Grid(columns, table.key, least=least, total="合计" if table.total else "", repeat=True))
    _foot(sheet, form, table)


def _head(sheet: PrintSheet, form: Form, table: Table) -> None:
    several = len(form.tables) > 1
    sheet.title(f"{{{{ form.title }}}}{'　' + table.title if several else ''}")
    facts = ["服务中心：{{ office.name }}", "{{ period.label if period else '' }}"]
    facts += ["单位：元"] if any(column.type == "money" for column in table.columns) else [""]
    sheet.facts(*facts)
    if form.fields:
        sheet.facts(*(f"{field.title}：{fact(field)}" for field in form.fields))


def fact(field: Field) -> str:
    """A head field's tag inside a line of text: dates and amounts as text has them."""
    formats = {"date": "|短日期", "datetime": "|日期时间", "money": "|金额", "percent": "|百分比", "number": "|数"}
    if field.type == "tick":
        return _tick(field.key)
    return f"{{{{ {field.key}{formats.get(field.type, ' or ' + repr(''))} }}}}"


def _foot(sheet: PrintSheet, form: Form, table: Table) -> None:
    if note := table.note or form.note:
        sheet.note(f"说明：{note}")
    if form.signers:
        sheet.signs(*form.signers)


def _printed(column: Column, table: Table) -> Col:
    shows_unit = column.unit and column.type != "money" and column.unit not in column.title
    title = f"{column.title}\n（{column.unit}）" if shows_unit else column.title
    tag = "{{ loop.index }}" if column.title in _SERIALS else cell_tag(column)
    return Col(title, tag, _width(column), column.type, "", column.group, column.key in table.total)


def _narrowed(columns: Sequence[Col], room: float) -> list[Col]:
    """Columns of text share what is left where all together are too wide; they wrap."""
    excess = sum(column.width for column in columns) - room
    spare = {
        n: column.width - (_NARROW_TALE if column.width >= 20 else _NARROW_TEXT)
        for n, column in enumerate(columns)
        if column.format == "text"
    }
    total = sum(extra for extra in spare.values() if extra > 0)
    if excess <= 0 or total <= 0:
        return list(columns)
    part = min(excess / total, 1.0)
    return [
        replace(column, width=round(column.width - max(spare.get(n, 0.0), 0.0) * part, 1))
        for n, column in enumerate(columns)
    ]


def _widened(columns: Sequence[Col], room: float) -> list[Col]:
    """Columns of text and numbers share what a page has left, each up to half as wide again."""
    spare = room - sum(column.width for column in columns)
    growing = sum(column.width for column in columns if column.format in _GROWING)
    if spare <= 0 or not growing:
        return list(columns)
    factor = min(1 + spare / growing, 1.5)
    return [
        replace(column, width=round(column.width * factor, 1)) if column.format in _GROWING else column
        for column in columns
    ]


def _width(column: Column) -> float:
    if column.title in _SERIALS:
        return 5.0
    narrowest, widest = _BOUNDS[column.type]
    return max(min(column.width or 10.0, widest), narrowest)
