"""Pure: the cells below a table's headings → rows, and everything that is no row, with its place and reason."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from jinja2 import TemplateError

from docgen.errors import Place, Problem
from docgen.forms.conditions import compiled, names_in
from docgen.forms.conversions import convert
from docgen.forms.declaration import NUMERIC, Check, Column, Form, Table
from docgen.registers.headings import Heading
from docgen.registers.reading import ERRORS_HEADING, Ignored, Reason, Remark, Row, RowPlace, TableData
from docgen.sheets.book import Book, Merge, Sheet, letter
from docgen.sheets.cell import Cell, Ditto, Kind, Reader, Refusal, Value, is_blank, plain, shown, stored_number
from foundation.folding import normal, normal_label, unspaced
from foundation.language import _
from foundation.period import Period

_SUM_WORD = r"(?:合计|小计|总计|共计|累计|承前页|过次页|转下页)(?:金额|数)?(?:\(.*\)|:.*)?"
_TOTAL = re.compile(rf"(?:本页|本月|本日|本周|本表|上页|以上|全年|本年|本季|当月|截至.{{0,8}}|累计)?{_SUM_WORD}")
_PART_TOTAL = re.compile(rf".{{1,8}}{_SUM_WORD}")
_GRAND_TOTAL = re.compile(r"(?:本表|本月)?(?:合计|总计|共计)(?:金额|数)?")
_NOTE = re.compile(r"(?:填[表写])?(?:说明|备注|附注|注|提示)[\d一二三四五]?\s*[:.、(]|以下(?:空白|无正文)|第\d+页")
_SIGNED = re.compile(
    r"(?:填[表单报]|制表|编制|复核|审[核批]|批准|经办|签收|登记|统计|主管|负责|经理)(?:人|者|签[字名])?\s*:|(?:日期|单位)\s*:"
)
_RULE_ERRORS = (TemplateError, TypeError, ValueError, ArithmeticError)
_SERIALS = frozenset({"序号", "序", "no", "no.", "编号顺序"})


class Options(NamedTuple):
    """What to do with what is hidden: rows are read unless told otherwise, sheets are not."""

    hidden_rows: bool = True
    hidden_sheets: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What all tables of one file are read with."""

    book: Book
    form: Form
    period: Period | None
    options: Options

    @property
    def reader(self) -> Reader:
        """How the file's cells are to be read."""
        return Reader(self.book.date1904, self.book.serials, self.period)


class _Item(NamedTuple):
    """A row read, and the keys of its cells that were refused: rules over those are not asked."""

    row: Row
    values: Mapping[str, Any]
    refused: frozenset[str]


class TableReader:
    """Collects one table from one or more blocks of rows; :meth:`finish` applies the rules over all of them."""

    def __init__(self, source: Source, table: Table) -> None:
        self.source, self.table = source, table
        self.reader = source.reader
        self.items: list[_Item] = []
        self.ignored: list[Ignored] = []
        self.remarks: list[Remark] = []
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self, sheet: Sheet, heading: Heading, last: int, captions: frozenset[int]) -> None:
        """Rows below ``heading`` to ``last``; ``captions`` are the rows that belong to the table after."""
        _Block(self, sheet, heading).read(last, captions)

    def finish(self) -> TableData:
        """Uniqueness, row rules and period, then the whole."""
        self._unique()
        self._checks()
        self._must()
        self._within_period()
        rows = tuple(item.row for item in self.items)
        return TableData(self.table, rows, tuple(self.ignored), tuple(self.remarks))

    def _unique(self) -> None:
        for column in self.table.columns:
            if not column.unique:
                continue
            seen: dict[Any, Row] = {}
            for row, _values, refused in self.items:
                value = row[column.key]
                if value is None or column.key in refused:
                    continue
                first = seen.setdefault(value, row)
                if first is not row:
                    self._at(row, column.key, self._twice(column, value, first))

    @staticmethod
    def _twice(column: Column, value: object, first: Row) -> Refusal:
        where = f"{first.place.sheet}!{first.cells.get(column.key, first.place.row)}"
        return Refusal(
            "row.twice",
            _("“{value}” is already in {where}").format(value=value, where=where),
            _("Delete the row that is entered twice, or correct the number."),
        )

    def _checks(self) -> None:
        """The row rules: all of them at once where a row lets them, one by one where it does not."""
        period = self.source.period
        checks = [check for check in self.table.checks if period is not None or "period" not in names_in(check.when)]
        together = compiled("[" + ", ".join(f"({check.when})" for check in checks) + "]")
        for item in self.items if checks else ():
            try:
                sound = not item.refused and not any(together({**item.values, "period": period}))
            except _RULE_ERRORS:
                sound = False
            for check, refusal, warning in () if sound else faults(checks, item.values, item.refused, period):
                self._at(item.row, check.column, refusal, warning=warning)

    def _must(self) -> None:
        """Rows that may not be missing; a row that cannot be asked does not fulfil the rule."""
        for must in self.table.must:
            if not any(self._fulfils(item, must.when) for item in self.items):
                problem = Problem(Place(self.source.book.name, self.table.title), must.message, must.hint, "row.must")
                (self.warnings if must.level == "warning" else self.problems).append(problem)

    def _fulfils(self, item: _Item, when: str) -> bool:
        try:
            return bool(compiled(when)({**item.values, "period": self.source.period}))
        except _RULE_ERRORS:
            return False

    def _within_period(self) -> None:
        period = self.source.period
        if period is None:
            return
        for column in self.table.columns:
            if column.within_period:
                outside = [
                    row for row, _v, _r in self.items if row[column.key] and not period.contains(row[column.key])
                ]
                if outside:
                    message = _("{count} rows are not in {period}").format(count=len(outside), period=period.label)
                    cell_list = "、".join(row.cells[column.key] for row in outside[:10])
                    hint = _("Check the dates in {cells}; rows of another period belong in its own file.")
                    refusal = Refusal("row.outside_period", message, hint.format(cells=cell_list))
                    self._at(outside[0], column.key, refusal, warning=True)

    def _at(self, row: Row, key: str, refusal: Refusal, *, warning: bool = False) -> None:
        cell = row.cells.get(key)
        where = Place(row.place.file, row.place.sheet, cell) if cell else row.place.at()
        problem = _problem(where, self.table.column(key).label, refusal)
        (self.warnings if warning else self.problems).append(problem)


def faults(
    checks: Sequence[Check], values: Mapping[str, Any], refused: AbstractSet[str], period: Period | None
) -> Iterator[tuple[Check, Refusal, bool]]:
    """The rules that values break or that cannot be worked out for them, and whether each is only a warning.

    Rules over ``refused`` values are not asked, nor those over the period where there is none.
    """
    for check in checks:
        asked = names_in(check.when)
        if asked & refused or (period is None and "period" in asked):
            continue
        try:
            broken = compiled(check.when)({**values, "period": period})
        except _RULE_ERRORS:
            yield check, _rule_fails(check), False
            continue
        if broken:
            yield check, Refusal("row.check", check.message, check.hint), check.level == "warning"


def _rule_fails(check: Check) -> Refusal:
    return Refusal(
        "row.check_fails",
        _("the rule “{rule}” cannot be worked out for this row").format(rule=check.message),
        _("The rule in form.toml has to ask for empty cells first: {expression}").format(expression=check.when),
    )


def _problem(where: Place, label: str, refusal: Refusal) -> Problem:
    message = _("“{label}”: {fault}").format(label=re.sub(r"\s+", " ", label), fault=refusal.message)
    return Problem(where, message, refusal.hint, refusal.code)


class _Block:
    """The rows below one heading on one sheet."""

    def __init__(self, whole: TableReader, sheet: Sheet, heading: Heading) -> None:
        self.whole, self.sheet, self.heading = whole, sheet, heading
        self.book, self.reader = whole.source.book, whole.reader
        self.columns = [(self._as_headed(column), heading.columns.get(column.key)) for column in whole.table.columns]
        self.places = frozenset(heading.columns.values())
        self.by_place = {place: column for column, place in self.columns if place is not None}
        self.unknown = {place: heading.labels[place] for place in heading.unknown}
        self.marks = {place for place, label in self.unknown.items() if label == ERRORS_HEADING}
        self.seen_unknown: dict[int, list[int]] = defaultdict(list)
        self.beside: dict[int, list[int]] = defaultdict(list)
        self.covered = _covered(sheet.merges, heading.bottom)
        self.wide_rows = frozenset(merge.top for merge in sheet.merges if merge.right - merge.left >= 2)
        self.serial = {place for key, place in heading.columns.items() if _is_serial(whole.table.column(key))}
        self.serial |= {place for place, label in self.unknown.items() if normal_label(label) in _SERIALS}
        self.start = len(whole.items)
        self.hidden: list[int] = []

    def _as_headed(self, column: Column) -> Column:
        """A heading ``回收率(%)`` says that its numbers are hundredths."""
        place = self.heading.columns.get(column.key)
        if column.type == "percent" and place is not None and self.heading.units.get(place) == "%":
            return column.model_copy(update={"unit": "%"})
        return column

    def place(self, row: int) -> RowPlace:
        return RowPlace(self.book.name, self.sheet.name, row)

    def read(self, last: int, captions: frozenset[int]) -> None:
        before = self.heading.bottom
        for row in [row for row in self.sheet.rows if before < row <= last]:
            if row > before + 1:
                self.ignore(before + 1, Reason.BLANK, row - 1)
            before = row
            if reason := Reason.CAPTION if row in captions else self.reason(row):
                self.ignore(row, reason)
            else:
                self.keep(row)
        self.report()

    def ignore(self, row: int, reason: Reason, last: int | None = None) -> None:
        text = " ".join(shown(cell) for cell in self.sheet.rows.get(row, {}).values() if not is_blank(cell))
        before = self.whole.ignored[-1] if self.whole.ignored else None
        if before and reason in (Reason.BLANK, Reason.NUMBERED) and _continues(before, reason, self.place(row)):
            self.whole.ignored[-1] = replace(before, last=last or row)
            return
        self.whole.ignored.append(Ignored(self.place(row), last or row, reason, text[:120]))

    # --- what a row is ---
    #
    #   序号 | 工单编号 | 费用   heading
    #      1 | WX001    |  30    data
    #      2 |          |        NUMBERED: prepared, only its number is there
    #   合计 |          |  30    TOTAL, held against the rows above
    #   说明：…                  NOTE, also where it is merged across the table
    #        |          |     x  BESIDE, where x stands in a column without a heading
    #
    # A row that could be either is data where all its required columns are filled in, so that nothing is lost.

    def reason(self, row: int) -> Reason | None:
        """Why a row is no data; None where it is."""
        cells = self.sheet.rows[row].items()
        content = {place: cell for place, cell in cells if not is_blank(cell) and place not in self.marks}
        own = {place: cell for place, cell in content.items() if place in self.heading.labels}
        if not own:
            return Reason.BESIDE if content else Reason.BLANK
        if self.is_total(own):
            self.compare_total(row, own)
            return Reason.TOTAL
        if self.is_line(row, own) and not self.is_filled(own):
            return Reason.NOTE
        return self.empty_reason(own) or self.hidden_reason(row)

    def empty_reason(self, own: Mapping[int, Cell]) -> Reason | None:
        """Rows prepared and never filled in: only numbered, or only formulas that come to nothing."""
        entered = [cell for place, cell in own.items() if place not in self.serial]
        if not entered and all(cell.kind is not Kind.TEXT or _numbered(cell) for cell in own.values()):
            return Reason.NUMBERED
        if entered and all(cell.formula and cell.kind is Kind.NUMBER and not Decimal(cell.text) for cell in entered):
            return Reason.FORMULAS
        return None

    def hidden_reason(self, row: int) -> Reason | None:
        if row not in self.sheet.hidden_rows:
            return None
        self.hidden.append(row)
        return None if self.whole.source.options.hidden_rows else Reason.HIDDEN

    def is_filled(self, own: Mapping[int, Cell]) -> bool:
        return all(place in own for place, column in self.by_place.items() if column.required)

    def is_total(self, own: Mapping[int, Cell]) -> bool:
        """Whether the first words of a row say that it adds up others."""
        for place in sorted(own):
            cell = own[place]
            if place in self.serial and (cell.kind is Kind.NUMBER or _numbered(cell)):
                continue
            if cell.kind is not Kind.TEXT:
                return False
            text = _compact(cell.text)
            column = self.by_place.get(place)
            if column is None or column.type != "text" or self.has_figures(own):
                return bool(_TOTAL.fullmatch(text) or _PART_TOTAL.fullmatch(text))
            return bool(_TOTAL.fullmatch(text)) and ":" not in text.rstrip(":")
        return False

    def has_figures(self, own: Mapping[int, Cell]) -> bool:
        return any(
            self.by_place[place].type in NUMERIC for place in own if place in self.by_place and place not in self.serial
        )

    def is_line(self, row: int, own: Mapping[int, Cell]) -> bool:
        """Notes, signatures, and lines merged across the table."""
        first = own[min(own)]
        if first.kind is not Kind.TEXT:
            return False
        if len(own) == 1 and row in self.wide_rows:
            return True
        text = normal(first.text).strip()
        signers = tuple(f"{signer}:" for signer in self.whole.source.form.signers)
        return bool(_NOTE.match(text) or _SIGNED.match(text) or text.replace(" ", "").startswith(signers or "\0"))

    def compare_total(self, row: int, own: Mapping[int, Cell]) -> None:
        """A 合计 that differs from its rows means that one of the two is wrong."""
        if not any(cell.kind is Kind.TEXT and _GRAND_TOTAL.fullmatch(_compact(cell.text)) for cell in own.values()):
            return
        items = [item for item in self.whole.items[self.start :] if item.row.place.sheet == self.sheet.name]
        for key in self.whole.table.total:
            place = self.heading.columns.get(key)
            cell = own.get(place) if place is not None else None
            if (
                place is None
                or cell is None
                or cell.kind is not Kind.NUMBER
                or any(key in item.refused for item in items)
            ):
                continue
            total = sum((Decimal(item.row[key] or 0) for item in items), Decimal(0))
            if abs(stored_number(cell.text) - total) >= Decimal("0.005"):
                message = _("the total says {stated}, but the rows above add up to {total}")
                text = message.format(stated=shown(cell), total=plain(total))
                hint = _("Check whether rows are missing or counted twice; the rows are what counts.")
                self.warn(place, row, Refusal("total.differs", text, hint))

    # --- what stands in it ---
    #
    # A cell may have its value from above: merged A5:A7 gives rows 6 and 7 the value of A5 (never an amount, which
    # would then count three times), 同上 that of the row before, where the column allows it:
    #
    #   3-2-501 |  30            3-2-501 |  30
    #   同上    |  12     →      3-2-501 |  12

    def keep(self, row: int) -> None:
        content = self.sheet.rows[row]
        values: dict[str, Any] = {}
        where: dict[str, str] = {}
        refused: set[str] = set()
        for column, place in self.columns:
            if place is None:
                values[column.key] = None
                continue
            where[column.key] = f"{letter(place)}{row}"
            found = self.value(row, place, column, content.get(place))
            if isinstance(found, Refusal):
                self.refuse(place, row, found)
                refused.add(column.key)
                values[column.key] = None
                continue
            values[column.key] = found.value
            if found.remark:
                self.remark(place, row, found.remark)
        read = Row(values, self.place(row), where, self.unknown_texts(row))
        self.whole.items.append(_Item(read, values, frozenset(refused)))

    def value(self, row: int, place: int, column: Column, cell: Cell | None) -> Value | Refusal:
        if cell is None and (row, place) in self.covered:
            return self.merged(row, place, column)
        read = convert(cell, column, self.reader)
        return self.above(column, read) if isinstance(read, Value) and read.value is Ditto.ABOVE else read

    def above(self, column: Column, read: Value) -> Value | Refusal:
        before = self.whole.items[-1] if len(self.whole.items) > self.start else None
        if before and before.row[column.key] is not None:
            return Value(before.row[column.key], read.remark)
        message = _("there is no value above that could be meant")
        return Refusal("cell.ditto", message, _("Write the value itself."))

    def merged(self, row: int, place: int, column: Column) -> Value | Refusal:
        """A cell covered by a merge from above has the merge's value; an amount cannot count for several rows."""
        top = self.covered[row, place]
        origin = self.sheet.rows.get(top, {}).get(place)
        if is_blank(origin):
            return convert(None, column, self.reader)
        if column.type in NUMERIC and place not in self.serial:
            message = _("one number is merged over several rows, and which part belongs to which is not said")
            return Refusal("cell.merged", message, _("Unmerge the cells and write each row's own number."))
        read = convert(origin, column, self.reader)
        if isinstance(read, Refusal):
            return read
        return Value(read.value, _("the value of the merged cell {cell}").format(cell=f"{letter(place)}{top}"))

    def unknown_texts(self, row: int) -> dict[str, str]:
        found = {}
        for place, cell in self.sheet.rows[row].items():
            if is_blank(cell) or place in self.places or place in self.marks:
                continue
            if place in self.unknown:
                if place not in self.serial:
                    self.seen_unknown[place].append(row)
                found[self.unknown[place]] = shown(cell)
            elif place not in self.heading.labels:
                self.beside[place].append(row)
        return found

    # --- what there is to say ---

    def where(self, place: int, row: int) -> Place:
        return self.place(row).at(letter(place))

    def label(self, place: int) -> str:
        return self.heading.labels.get(place, letter(place))

    def refuse(self, place: int, row: int, refusal: Refusal) -> None:
        self.whole.problems.append(_problem(self.where(place, row), self.label(place), refusal))

    def warn(self, place: int, row: int, refusal: Refusal) -> None:
        self.whole.warnings.append(_problem(self.where(place, row), self.label(place), refusal))

    def remark(self, place: int, row: int, text: str) -> None:
        self.whole.remarks.append(
            Remark(str(self.where(place, row)), _("“{label}”: {fault}").format(label=self.label(place), fault=text))
        )

    def report(self) -> None:
        for place, rows in sorted(self.seen_unknown.items()):
            hint = _(
                "If it should count, add its heading to the aliases in form.toml; {count} cells are kept as they are."
            )
            message = _("the form has no such column")
            self.warn(place, self.heading.bottom, Refusal("heading.unknown", message, hint.format(count=len(rows))))
        for place, rows in sorted(self.beside.items()):
            self.report_beside(place, rows)
        if self.hidden:
            self.report_hidden()
        self.report_hidden_columns()
        self.report_attached("comments", self.sheet.comments)
        self.report_attached("pictures", self.sheet.pictures)

    def report_beside(self, place: int, rows: list[int]) -> None:
        """Text in a column without a heading: a note in a workbook, a shifted row in a CSV."""
        for row in rows:
            text = shown(self.sheet.rows[row][place])
            self.whole.ignored.append(Ignored(self.place(row), row, Reason.BESIDE, text))
        if self.book.serials:
            message = _("{count} cells stand in a column without a heading and were not read").format(count=len(rows))
            hint = _("Give the column a heading if it belongs to the table.")
            self.whole.warnings.append(Problem(self.where(place, rows[0]), message, hint, "cell.beside"))
            return
        for row in rows:
            message = _("the row has more fields than there are headings, so its values may stand in wrong columns")
            hint = _("Put texts that contain the delimiter in quotation marks, or save the file as .xlsx.")
            self.whole.problems.append(Problem(self.where(place, row), message, hint, "csv.too_many_fields"))

    def report_hidden(self) -> None:
        read = self.whole.source.options.hidden_rows
        text = _("{count} hidden rows were read as well") if read else _("{count} hidden rows were not read")
        hint = _("Show all rows (clear the filter) and check them: {rows}.")
        rows = "、".join(map(str, self.hidden[:10])) + ("…" if len(self.hidden) > 10 else "")
        problem = Problem(
            self.place(self.hidden[0]).at(), text.format(count=len(self.hidden)), hint.format(rows=rows), "row.hidden"
        )
        self.whole.warnings.append(problem)

    def report_hidden_columns(self) -> None:
        for place in sorted(self.places & self.sheet.hidden_columns):
            message = _("the column is hidden and was read")
            self.warn(place, self.heading.bottom, Refusal("column.hidden", message, _("Show the column and check it.")))

    def report_attached(self, kind: str, references: tuple[str, ...]) -> None:
        """Comments and pictures in data rows say things a table cannot: name them, since they are not read."""
        rows = {item.row.place.row for item in self.whole.items[self.start :]}
        found = [ref for ref in references if int(re.sub(r"\D", "", ref) or 0) in rows]
        if not found:
            return
        texts = {
            "comments": _("{count} cells have comments, which are not read"),
            "pictures": _("{count} pictures stand in the rows and are not read"),
        }
        hint = _("What has to be in the report belongs in a cell: {cells}.").format(cells="、".join(found[:10]))
        where = Place(self.book.name, self.sheet.name, found[0])
        self.whole.warnings.append(Problem(where, texts[kind].format(count=len(found)), hint, f"sheet.{kind}"))


def _continues(before: Ignored, reason: Reason, place: RowPlace) -> bool:
    return before.reason is reason and before.place.sheet == place.sheet and before.last == place.row - 1


def _covered(merges: tuple[Merge, ...], bottom: int) -> dict[tuple[int, int], int]:
    """(row, column) covered by a merge over several rows → the row its value stands in."""
    found = {}
    for merge in merges:
        if merge.top > bottom and merge.bottom - merge.top < 10_000:
            for row in range(merge.top + 1, merge.bottom + 1):
                found[row, merge.left] = merge.top
    return found


def _is_serial(column: Column) -> bool:
    return normal_label(column.title) in _SERIALS


def _numbered(cell: Cell) -> bool:
    return bool(re.fullmatch(r"\d+[.、]?", normal(cell.text).strip()))


def _compact(text: str) -> str:
    return unspaced(text)
