"""A form → a blank workbook to fill in: dropdowns, validation, help at every cell, and a sheet 填写说明.

Made to be filled in Excel and WPS alike and printed on A4 landscape: no formulas but the totals, which carry their
value; text format for codes, so that 3-2-5 stays a room and 007 keeps its zeros. The same form and rows give the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooter, HeaderFooterItem, _HeaderFooterPart

from docgen.excel.row_heights import even_lines, text_width
from docgen.forms.declaration import NUMERIC, Column, Field, Form, Table
from docgen.registers.reading import BLANK_PROPERTY, CHOICES_SHEET, FORM_PROPERTY, HELP_SHEET, PERIOD_PROPERTY
from docgen.sheets.book import letter
from docgen.sheets.new_book import HEI, SONG, merge_across, new_book, saved, set_page, set_widths, thin
from docgen.template.package import Member
from foundation.folding import normal_label
from foundation.period import Period

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


class _Entry(NamedTuple):
    """How values of one type are entered: number format of the cell, what to write in words, width of a column."""

    format: str
    words: str
    width: float


_ENTRIES = {
    "text": _Entry("@", "文字", 18),
    "code": _Entry("@", "文本（编号、电话原样填写，保留前面的 0）", 14),
    "choice": _Entry("@", "从下拉列表中选", 12),
    "tick": _Entry("@", "√ 或 ×", 7),
    "integer": _Entry("0", "整数", 8),
    "number": _Entry("General", "数字", 10),
    "money": _Entry("#,##0.00", "金额，只写数字", 12),
    "percent": _Entry("0.00%", "百分比，如 97.35%", 10),
    "date": _Entry("yyyy-mm-dd", "日期，如 2026-10-03", 12),
    "datetime": _Entry("yyyy-mm-dd hh:mm", "日期和时刻，如 2026-10-03 08:05", 17),
}
_RULES = (
    "一、在“{sheets}”中逐行填写，一行一条；表头和列的顺序可以调整，列名请保留。",
    "二、浅黄色表头为必填列；已动笔的行里，必填而未填的单元格显示为浅红色。",
    "三、日期写全年、月、日（2026-10-03），需要时刻的写到分（2026-10-03 08:05）；不要写 10.3、上周三。",
    "四、金额和数量只写数字，不写“约”“万”；编号、房号、电话所在列已设为文本，请勿改动格式。",
    "五、没有内容的单元格留空；不要合并单元格，不要写“同上”（说明中注明允许的列除外）。",
    "六、合计行、空行、表下的说明不影响读取；需要加行时在合计行之上插入。",
)
_HELP_WIDTHS = (20, 7, 28, 34, 40, 22, 22)
_FIRST_DAY, _LAST_DAY = 36526, 73050  # 2000-01-01, 2099-12-31
_CUSTOM = "docProps/custom.xml"

_BORDER = thin("A6A6A6")
_TITLE, _HEAD, _BODY, _NOTE = Font(HEI, 16), Font(SONG, 10.5, b=True), Font(SONG, 10.5), Font(SONG, 9.5)
_DUTY, _PLAIN = PatternFill("solid", fgColor="FFF2CC"), PatternFill("solid", fgColor="EDEDED")
_MISSING = DifferentialStyle(fill=PatternFill("solid", bgColor="F8CBAD"))
_MIDDLE = Alignment("center", "center", wrap_text=True)
_LEFT, _TOP = Alignment("left", "center", wrap_text=True), Alignment("left", "top", wrap_text=True)


def new_workbook(
    form: Form,
    *,
    period: Period | None = None,
    carry: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    fields: Mapping[str, Any] | None = None,
    filled: bool = False,
) -> bytes:
    """A blank .xlsx for ``form``, marked with form and period so that it is recognised whatever it is renamed to.

    ``carry``: table key → rows by column key, written in as the first rows (last month's unfinished items), before
    those the form itself begins with; ``fields``: head fields that are known already. They are stored as values: a
    text that begins with = stays a text. ``filled``: with these it is a paper, and no longer marked as a blank.
    """
    writer = _Writer(form, period, fields or {}, blank=not filled)
    if writer.own_sheet:
        writer.write_fields_sheet()
    for table in form.tables:
        _TableSheet(writer, table, _first_rows(table, (carry or {}).get(table.key, ()))).write()
    writer.write_help()
    writer.write_choices()
    return writer.saved()


def _first_rows(table: Table, carried: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Carried rows, then those of the form that none of them is about already: whose texts are all the same."""
    texts = {column.key for column in table.columns if column.type == "text"}
    own = [row for row in table.rows if not any(_same(row, other, texts) for other in carried)]
    return [*carried, *own]


def _same(row: Mapping[str, Any], other: Mapping[str, Any], keys: Collection[str]) -> bool:
    return all(str(other.get(key)) == str(value) for key, value in row.items() if key in keys)


class _Writer:
    """One blank being written: the workbook, its looks, and lists too long for a cell's own rule."""

    def __init__(self, form: Form, period: Period | None, known: Mapping[str, Any], *, blank: bool) -> None:
        self.form, self.period, self.known, self.blank = form, period, known, blank
        self.heading = f"{form.title}（{period.label}）" if period else form.title
        self.book = new_book(self.heading)
        self.lists: list[tuple[str, ...]] = []
        self.sums: dict[tuple[str, str], Decimal] = {}

    @property
    def own_sheet(self) -> bool:
        """Head fields in sections fill a sheet; a few of them stand above the first table."""
        return not self.form.tables or any(field.section for field in self.form.fields)

    def sheet(self, title: str, *, landscape: bool = True) -> Worksheet:
        """An A4 sheet, one page wide, with page numbers."""
        sheet: Worksheet = self.book.create_sheet(title)
        set_page(sheet, (0.47, 0.59, 0.67, 0.3, 0.35), landscape=landscape)
        foot = HeaderFooterItem(center=_HeaderFooterPart("第 &P 页 共 &N 页"))
        head = HeaderFooterItem(right=_HeaderFooterPart(self.form.code)) if self.form.code else None
        sheet.HeaderFooter = HeaderFooter(oddHeader=head, oddFooter=foot)
        sheet.sheet_view.zoomScale = 100
        return sheet

    def put(self, sheet: Worksheet, reference: str, value: Any, font: Any, alignment: Any) -> Any:
        """A value as a value: what a person wrote never becomes a formula."""
        cell = sheet[reference]
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
        cell.font, cell.alignment = font, alignment
        return cell

    def across(  # noqa: PLR0913, PLR0917 - where, what, how it looks
        self, sheet: Worksheet, row: int, last: int, text: str, look: tuple[Font, Alignment], height: float
    ) -> Any:
        """A text over the columns to ``last``, merged; its cell."""
        merge_across(sheet, row, 1, last)
        sheet.row_dimensions[row].height = height
        return self.put(sheet, f"A{row}", text, *look)

    # --- head fields ---

    def write_fields(self, sheet: Worksheet, row: int, split: tuple[int, int]) -> int:
        """One line a field: label to column ``split[0]``, value to ``split[1]``; the next free row."""
        for field in self.form.fields:
            if field.section:
                row = self.write_section(sheet, row, split[1], field.section)
            label, value = f"A{row}", f"{letter(split[0] + 1)}{row}"
            merge_across(sheet, row, 1, split[0])
            merge_across(sheet, row, split[0] + 1, split[1])
            cell = self.put(sheet, label, field.title, _HEAD, _MIDDLE)
            cell.fill = _DUTY if field.required else _PLAIN
            known = _stored(self.known.get(field.key))
            self.put(sheet, value, known, _BODY, _LEFT).number_format = _ENTRIES[field.type].format
            for column in range(1, split[1] + 1):
                sheet.cell(row, column).border = _BORDER
            self.validate(sheet, field, value)
            width = sum(sheet.column_dimensions[letter(n)].width for n in range(1, split[0] + 1))
            text_lines = max(field.lines, _lines(str(known or ""), 70) if self.own_sheet else 1)
            sheet.row_dimensions[row].height = max(22, 15 * _lines(field.title, width), 15 * text_lines)
            row += 1
        return row

    def write_section(self, sheet: Worksheet, row: int, last: int, title: str) -> int:
        cell = self.across(sheet, row, last, title, (_HEAD, _LEFT), 22)
        for column in range(1, last + 1):
            sheet.cell(row, column).border = _BORDER
        cell.fill = _PLAIN
        return row + 1

    def write_fields_sheet(self) -> None:
        sheet = self.sheet(self.form.title[:31], landscape=False)
        set_widths(sheet, (20, 70))
        self.across(sheet, 1, 2, self.heading, (_TITLE, _MIDDLE), 34)
        row = self.write_fields(sheet, 2, (1, 2))
        sheet.freeze_panes = "A2"
        self.write_note(sheet, row, 2, self.form.note)  # signed is the paper: a line of signers would read as fields

    def write_foot(self, sheet: Worksheet, row: int, columns: int, note: str) -> None:
        """Notes and signatures under the table, each one line merged across it."""
        row = self.write_note(sheet, row, columns, note)
        if self.form.signers:
            signers = "　　　　　　　　".join(f"{signer}：" for signer in self.form.signers)
            self.across(sheet, row, columns, signers, (_BODY, _LEFT), 28)

    def write_note(self, sheet: Worksheet, row: int, columns: int, note: str) -> int:
        width = sum(sheet.column_dimensions[letter(n)].width for n in range(1, columns + 1))
        if note:
            height = 14 * _lines(f"说明：{note}", width) + 4
            self.across(sheet, row, columns, f"说明：{note}", (_NOTE, _TOP), height)
            row += 1
        return row

    # --- validation ---

    def validate(self, sheet: Worksheet, field: Field, cells: str) -> None:
        """What the field allows and what it wants to be told, on ``cells``."""
        rule = DataValidation(sqref=cells, allow_blank=True, showInputMessage=True, **self.rule(field, cells))
        rule.promptTitle, rule.prompt = field.title[:32], _prompt(field)
        rule.errorTitle = field.title[:32]
        rule.error = _error(field)
        rule.showErrorMessage = rule.type is not None and not field.open
        sheet.add_data_validation(rule)

    def rule(self, field: Field, cells: str) -> dict[str, Any]:
        if field.type in ("choice", "tick"):
            return {"type": "list", "formula1": self.listed(field.choices if field.type == "choice" else ("√", "×"))}
        if field.type in ("date", "datetime"):
            return {"type": "date", "operator": "between", "formula1": str(_FIRST_DAY), "formula2": str(_LAST_DAY)}
        if field.type in NUMERIC:
            return {"type": "whole" if field.type == "integer" else "decimal", **_bounds(field)}
        if getattr(field, "unique", False):
            first, _colon, last = cells.partition(":")
            column = re.sub(r"\d", "", first)
            span = f"${column}${first[len(column) :]}:${column}${last[len(column) :]}"
            return {"type": "custom", "formula1": f"COUNTIF({span},{first})=1"}
        return {"type": None}

    def listed(self, choices: tuple[str, ...]) -> str:
        """A dropdown's list: in the rule itself up to Excel's 255 characters, else on a sheet of its own."""
        inline = ",".join(choices)
        if len(inline) <= 250 and not any("," in choice or '"' in choice for choice in choices):
            return f'"{inline}"'
        if choices not in self.lists:
            self.lists.append(choices)
        column = letter(self.lists.index(choices) + 1)
        return f"{CHOICES_SHEET}!${column}$1:${column}${len(choices)}"

    def write_choices(self) -> None:
        if not self.lists:
            return
        sheet = self.book.create_sheet(CHOICES_SHEET)
        sheet.sheet_state = "hidden"
        for column, choices in enumerate(self.lists, 1):
            for row, choice in enumerate(choices, 1):
                self.put(sheet, f"{letter(column)}{row}", choice, _BODY, _LEFT)

    # --- help ---

    def write_help(self) -> None:
        """填写说明: how to fill the form in, then every column with its duty, kind, choices and a sample."""
        sheet = self.sheet(HELP_SHEET)
        set_widths(sheet, _HELP_WIDTHS)
        self.across(sheet, 1, 7, f"《{self.form.title}》填写说明", (_TITLE, _MIDDLE), 34)
        names = "、".join(table.title for table in self.form.tables) or self.form.title
        row = 2
        for rule in (rule.format(sheets=names) for rule in _RULES):
            row = self.line(sheet, row, rule)
        if self.form.note:
            row = self.line(sheet, row, f"本表说明：{self.form.note}")
        if self.form.fields:
            row = self.help_block(sheet, row + 1, "表头", self.form.fields)
        for table in self.form.tables:
            row = self.help_block(sheet, row + 1, table.title, table.columns)
            if table.note:
                row = self.line(sheet, row, table.note)

    def line(self, sheet: Worksheet, row: int, text: str) -> int:
        self.across(sheet, row, 7, text, (_BODY, _LEFT), 17 * _lines(text, 173))
        return row + 1

    def help_block(self, sheet: Worksheet, row: int, title: str, fields: Sequence[Field]) -> int:
        self.across(sheet, row, 7, f"【{title}】", (_HEAD, _LEFT), 22)
        self.help_row(sheet, row + 1, ("列名", "必填", "填写方式", "可选内容", "说明", "示例", "也可写作"), _HEAD)
        for number, field in enumerate(fields, row + 2):
            self.help_row(sheet, number, _help_texts(field), _NOTE)
            if field.required:
                sheet[f"A{number}"].fill = _DUTY
        return row + 2 + len(fields)

    def help_row(self, sheet: Worksheet, row: int, texts: Sequence[str], font: Any) -> None:
        for column, text in zip("ABCDEFG", texts, strict=True):
            centred = column == "B" or font is _HEAD
            cell = self.put(sheet, f"{column}{row}", text, font, _MIDDLE if centred else _LEFT)
            cell.border = _BORDER
            if font is _HEAD:
                cell.fill = _PLAIN
        sheet.row_dimensions[row].height = max(18, 14 * max(map(_lines, texts, _HELP_WIDTHS)))

    # --- bytes ---

    def saved(self) -> bytes:
        """The file: marked with form and period, and as a blank by the proof that nobody has written into it."""
        properties = {FORM_PROPERTY: self.form.id, PERIOD_PROPERTY: str(self.period or "")}
        properties |= {BLANK_PROPERTY: BLANK_PROPERTY} if self.blank else {}
        return saved(
            self.book, {name: value for name, value in properties.items() if value}, patches=self._totals_and_proof
        )

    def _totals_and_proof(self, parts: Mapping[str, Member]) -> dict[str, bytes]:
        patched = {}
        for number, sheet in enumerate(self.book.worksheets, 1):
            if sums := {cell: total for (title, cell), total in self.sums.items() if title == sheet.title}:
                name = f"xl/worksheets/sheet{number}.xml"
                patched[name] = _with_values(parts[name].read(), sums)
        if self.blank:
            proof = _proof({name: patched.get(name) or member.read() for name, member in parts.items()})
            patched[_CUSTOM] = parts[_CUSTOM].read().replace(f">{BLANK_PROPERTY}<".encode(), f">{proof}<".encode())
        return patched


class _TableSheet:
    """The sheet of one table."""

    def __init__(self, writer: _Writer, table: Table, carry: Sequence[Mapping[str, Any]]) -> None:
        self.writer, self.table, self.carry = writer, table, carry
        self.sheet = writer.sheet(table.title)
        self.widths = [_width(column) for column in table.columns]
        self.last_column = len(table.columns)
        self.grouped = any(column.group for column in table.columns)
        if self.has_fields and self.split()[0] == 1:
            longest = max(text_width(field.title) for field in writer.form.fields)
            self.widths[0] = max(self.widths[0], min(longest + 3, 16))

    def write(self) -> None:
        set_widths(self.sheet, self.widths)
        row = self.write_title()
        self.head = row
        self.first = row + (2 if self.grouped else 1)
        self.last = self.first + max(self.table.empty_rows, len(self.carry), 1) - 1
        self.write_headings()
        self.write_rows()
        self.write_rules()
        row = self.write_total() if self.table.total else self.last + 1
        self.writer.write_foot(self.sheet, row, self.last_column, self.table.note or self.writer.form.note)
        self.sheet.freeze_panes = f"{letter(self.frozen_columns() + 1)}{self.first}"
        self.sheet.print_title_rows = f"{self.head}:{self.first - 1}"

    def write_title(self) -> int:
        form = self.writer.form
        title = self.writer.heading if len(form.tables) == 1 else f"{self.writer.heading}　{self.table.title}"
        self.writer.across(self.sheet, 1, self.last_column, title, (_TITLE, _MIDDLE), 34)
        if self.has_fields:
            return self.writer.write_fields(self.sheet, 2, self.split())
        return 2

    @property
    def has_fields(self) -> bool:
        """The head fields stand on the first table's sheet."""
        form = self.writer.form
        return bool(form.fields) and not self.writer.own_sheet and self.table is form.tables[0]

    def split(self) -> tuple[int, int]:
        """Last columns of the labels and the values of head fields: some 14 and some 20 characters wide."""
        label = next((n for n in range(1, self.last_column) if sum(self.widths[:n]) >= 10), 1)
        label = 1 if sum(self.widths[:label]) > 40 else label
        value = next((n for n in range(label + 1, self.last_column) if sum(self.widths[label:n]) >= 18), label + 1)
        return label, value

    def frozen_columns(self) -> int:
        """Columns that stay while the rest is scrolled: to the first one that names the row."""
        first = next((n for n, column in enumerate(self.table.columns, 1) if column.required), 0)
        return first if sum(self.widths[:first]) <= 40 else 0

    def write_headings(self) -> None:
        bottom = self.first - 1
        for number, column in enumerate(self.table.columns, 1):
            text = f"{column.title}\n（{column.unit}）" if column.unit else column.title
            row = bottom if column.group else self.head
            if not column.group and self.grouped:
                self.sheet.merge_cells(start_row=self.head, end_row=bottom, start_column=number, end_column=number)
            self.heading(row, number, text, column)
        self.write_groups()
        lines = max(
            _lines(f"{column.title}　", width) + bool(column.unit)
            for column, width in zip(self.table.columns, self.widths, strict=True)
        )
        for row in range(self.head, self.first):
            self.sheet.row_dimensions[row].height = max(22 if self.grouped else 30, 15 * lines)

    def write_groups(self) -> None:
        first = 1
        for group, columns in groupby(self.table.columns, key=lambda column: column.group):
            last = first + len(list(columns)) - 1
            if group:
                merge_across(self.sheet, self.head, first, last)
                self.heading(self.head, first, group, None)
                for number in range(first, last + 1):
                    self.sheet.cell(self.head, number).border = _BORDER
            first = last + 1

    def heading(self, row: int, number: int, text: str, column: Column | None) -> None:
        cell = self.writer.put(self.sheet, f"{letter(number)}{row}", text, _HEAD, _MIDDLE)
        cell.fill = _DUTY if column is not None and column.required else _PLAIN
        for line in range(self.head, self.first):
            self.sheet.cell(line, number).border = _BORDER

    def write_rows(self) -> None:
        styles = [self.column_style(column) for column in self.table.columns]
        for row in range(self.first, self.last + 1):
            carried = self.carry[row - self.first] if row - self.first < len(self.carry) else {}
            for number, column in enumerate(self.table.columns, 1):
                cell: Any = self.sheet.cell(row, number)
                cell._style = styles[number - 1]  # noqa: SLF001 - one style a column, not one a cell
                value = row - self.first + 1 if _is_serial(column) else _stored(carried.get(column.key))
                if value is not None:
                    cell.value = value
                    if isinstance(value, str):
                        cell.data_type = "s"
            self.sheet.row_dimensions[row].height = 20

    def column_style(self, column: Column) -> Any:
        """The style of a column's cells, made on a cell that is then emptied again."""
        cell: Any = self.sheet.cell(self.first, 1)
        cell.font, cell.border, cell.number_format = _BODY, _BORDER, _ENTRIES[column.type].format
        cell.alignment = _LEFT if column.type == "text" else _MIDDLE
        return cell._style.__copy__()  # noqa: SLF001 - openpyxl has no public way to share a style

    def write_rules(self) -> None:
        entered = [number for number, column in enumerate(self.table.columns, 1) if not _is_serial(column)]
        span = f"${letter(entered[0])}{self.first}:${letter(entered[-1])}{self.first}" if entered else ""
        for number, column in enumerate(self.table.columns, 1):
            cells = f"{letter(number)}{self.first}:{letter(number)}{self.last}"
            self.writer.validate(self.sheet, column, cells)
            if column.required and span:
                cell = f"{letter(number)}{self.first}"
                rule = Rule("expression", dxf=_MISSING, formula=[f"AND(COUNTA({span})>0,LEN(TRIM({cell}))=0)"])
                self.sheet.conditional_formatting.add(cells, rule)

    def write_total(self) -> int:
        row = self.last + 1
        label = next((n for n, column in enumerate(self.table.columns, 1) if column.key not in self.table.total), 1)
        for number, column in enumerate(self.table.columns, 1):
            cell = self.sheet.cell(row, number)
            cell.font, cell.border, cell.alignment = _HEAD, _BORDER, _MIDDLE
            if column.key in self.table.total:
                cell.value = f"=SUM({letter(number)}{self.first}:{letter(number)}{self.last})"
                cell.number_format = _ENTRIES[column.type].format
                carried = (Decimal(str(carry.get(column.key) or 0)) for carry in self.carry)
                self.writer.sums[self.sheet.title, f"{letter(number)}{row}"] = sum(carried, Decimal(0))
        self.sheet.cell(row, label).value = "合计"
        self.sheet.row_dimensions[row].height = 20
        return row + 1


def _proof(parts: Mapping[str, bytes]) -> str:
    """Size and SHA-256 of the worksheets and their texts: whatever is written into a cell changes one of them.

    retention.peek computes the same without opening the workbook.
    """
    names = sorted(name for name in parts if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml")
    content = b"".join(parts[name] for name in names)
    return f"{len(content)}:{sha256(content).hexdigest()}"


def _with_values(xml: bytes, sums: Mapping[str, Decimal]) -> bytes:
    """The sheet with each total's value beside its formula: previewers and phones do not calculate."""
    for cell, total in sums.items():
        pattern = rf'(<c r="{cell}"[^>]*><f>[^<]*</f>)<v\s*(?:/>|></v>)'.encode()
        xml = re.sub(pattern, rb"\g<1><v>" + f"{total:f}".encode() + b"</v>", xml)
    return xml


def _is_serial(column: Column) -> bool:
    return normal_label(column.title) == "序号" and column.type in ("integer", "code", "text")


def _stored(value: Any) -> Any:
    if isinstance(value, bool):
        return "√" if value else "×"
    if isinstance(value, str | int | float | Decimal | date) or value is None:
        return value
    return str(value)


def _width(column: Column) -> float:
    title = max(map(text_width, re.split(r"\s+", column.title)), default=0)
    return max(column.width or _ENTRIES[column.type].width, min(title + 2, 12), 5)


def _lines(text: str, width: float) -> int:
    return even_lines(text, width - 1)


def _bounds(field: Field) -> dict[str, str]:
    """The rule for a number: its bounds, or merely that it is one."""
    low = field.min if field.min is not None else Decimal(-(10**12))
    high = field.max if field.max is not None else Decimal(10**12)
    return {"operator": "between", "formula1": f"{low:f}", "formula2": f"{high:f}"}


def _prompt(field: Field) -> str:
    duty = "【必填】" if field.required else ""
    return f"{duty}{field.help or _ENTRIES[field.type].words}"[:255]


def _error(field: Field) -> str:
    if field.type == "choice":
        return "请从下拉列表中选择。"
    if field.type in ("date", "datetime"):
        return f"请填写{_ENTRIES[field.type].words}。"
    if field.type in NUMERIC:
        return f"请填写{_ENTRIES[field.type].words}{_range(field)}。"
    return "此编号已经填过，请核对。" if getattr(field, "unique", False) else _ENTRIES[field.type].words


def _range(field: Field) -> str:
    def spelled(bound: Decimal) -> str:
        return f"{bound * 100:f}".rstrip("0").rstrip(".") + "%" if field.type == "percent" and bound else f"{bound:f}"

    if field.min is not None and field.max is not None:
        return f"，{spelled(field.min)} 至 {spelled(field.max)}"
    if field.min is not None:
        return f"，不小于 {spelled(field.min)}"
    return f"，不大于 {spelled(field.max)}" if field.max is not None else ""


def _help_texts(field: Field) -> tuple[str, ...]:
    label = getattr(field, "label", field.title)
    kind = _ENTRIES[field.type].words + _range(field) + (f"（单位：{field.unit}）" if field.unit else "")
    choices = "、".join(field.choices) + ("（也可填写其他内容）" if field.open and field.choices else "")
    notes = [field.help] if field.help else []
    notes += ["不得重复。"] if getattr(field, "unique", False) else []
    notes += ["可写“同上”。"] if getattr(field, "ditto", False) else []
    return (
        label,
        "必填" if field.required else "",
        kind,
        choices,
        "".join(notes),
        field.sample,
        "、".join(field.aliases),
    )
