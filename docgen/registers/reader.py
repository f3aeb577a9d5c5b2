"""Input workbooks: blank ones to fill in, and filled ones read as offices really fill them.

Reading is lossless about what it refuses: every problem is reported at once at file, sheet and cell with the
heading the clerk sees, the rule and the remedy; rows that are no data are listed with place and reason; nothing is
guessed and nothing dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docgen.errors import DataError, Place, Problem, Remedy
from docgen.forms.conversions import convert
from docgen.forms.declaration import Field, Form, Table
from docgen.registers.head_fields import Found, find_fields
from docgen.registers.headings import Heading, captions_above, find_headings
from docgen.registers.reading import (
    CHOICES_SHEET,
    FORM_PROPERTY,
    HELP_SHEET,
    PERIOD_PROPERTY,
    Ignored,
    Reading,
    Reason,
    Remark,
    RowPlace,
    TableData,
)
from docgen.registers.rows import Options, Source, TableReader, faults
from docgen.sheets.book import Book, Sheet, letter
from docgen.sheets.cell import Refusal, is_blank, shown
from docgen.sheets.opening import open_book, read_bytes
from foundation.folding import normal, normal_label
from foundation.language import _
from foundation.period import Period, PeriodError, periods_in

_DEFAULT = Options()


def read(path: Path | str, form: Form, *, period: Period | None = None, options: Options = _DEFAULT) -> Reading:
    """The workbook or CSV at ``path``, read for ``form``. DataError with every problem found in it.

    ``period`` gives the year to dates written without one, and rows outside it a warning.
    """
    path = Path(path)
    return read_book(open_book(read_bytes(path), path.name), form, period=period, options=options)


def read_any(
    path: Path | str, forms: Mapping[str, Form], *, period: Period | None = None, options: Options = _DEFAULT
) -> Reading:
    """Like :func:`read`, for the one of ``forms`` the file says it is.

    The file's own mark decides, then its name, then its headings; where these leave more than one form or none, the
    DataError says so: a file is never read for a form it only resembles.
    """
    path = Path(path)
    book = open_book(read_bytes(path), path.name)
    return read_book(book, form_of(book, forms), period=period, options=options)


def read_book(book: Book, form: Form, *, period: Period | None = None, options: Options = _DEFAULT) -> Reading:
    """An opened file read for ``form``; pure. DataError with every problem."""
    period = period or _own_period(book, form)
    return _FormReader(Source(book, form, period, options)).read()


class _FormReader:
    """One file on its way to a Reading."""

    def __init__(self, source: Source) -> None:
        self.source, self.book, self.form = source, source.book, source.form
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = [*source.book.warnings]
        self.remarks: list[Remark] = []
        self.read_names: set[str] = set()
        self.places: dict[str, Place] = {}
        self.refused: set[str] = set()
        self.headings = [(sheet, find_headings(sheet, self.form.tables)) for sheet in self.readable()]

    def read(self) -> Reading:
        tables = {table.key: self.table(table) for table in self.form.tables}
        fields = self.fields()
        self.field_rules(fields)
        self.unread_sheets()
        self.other_periods()
        if self.problems:
            raise DataError(sorted(self.problems, key=_place_order))
        warnings = tuple(sorted(self.warnings, key=_place_order))
        return Reading(self.form, self.book.name, fields, tables, warnings, self.source.period, tuple(self.remarks))

    def readable(self) -> Iterator[Sheet]:
        own_blank = FORM_PROPERTY in self.book.properties
        for sheet in self.book.sheets:
            if own_blank and sheet.name in (HELP_SHEET, CHOICES_SHEET):
                continue
            if not sheet.hidden or self.source.options.hidden_sheets:
                yield sheet
            elif any(find_headings(sheet, self.form.tables)):
                message = _("the sheet is hidden and was not read, though it holds a table of this form")
                hint = _("Show the sheet if it counts; delete it if it is an old copy.")
                self.warnings.append(Problem(Place(self.book.name, sheet.name), message, hint, "sheet.hidden"))

    # --- tables ---

    def table(self, table: Table) -> TableData:
        """The table of the one sheet it is on; where there are several, the problems of each."""
        read = [self.read_sheet(table, sheet, headings) for sheet, headings in self.sheets_of(table)]
        return read[0] if read else TableData(table)

    def sheets_of(self, table: Table) -> list[tuple[Sheet, list[Heading]]]:
        """The sheets a table is on: one, unless sheets are named after months and the period says which."""
        found = [(sheet, heads) for sheet, heads in self.headings if any(head.table is table for head in heads)]
        if not found and table.required:
            self.problems.append(self.no_table(table))
        if len(found) > 1:
            ours = [pair for pair in found if _names_month(pair[0].name, self.source.period)]
            if len(ours) == 1:
                self.other_sheets(found, ours[0][0])
                return ours
            self.problems.append(self.several_tables(table, [sheet.name for sheet, _heads in found]))
        return found

    def other_sheets(self, found: Sequence[tuple[Sheet, list[Heading]]], ours: Sheet) -> None:
        others = [sheet.name for sheet, _heads in found if sheet is not ours]
        message = _("only this sheet was read for the period; not read: {names}").format(names="、".join(others))
        hint = _("Nothing to do if the sheets are the other months.")
        self.warnings.append(Problem(Place(self.book.name, ours.name), message, hint, "sheet.other_period"))

    def read_sheet(self, table: Table, sheet: Sheet, headings: list[Heading]) -> TableData:
        reader = TableReader(self.source, table)
        self.read_names.add(sheet.name)
        for heading, following in zip(headings, [*headings[1:], None], strict=True):
            if heading.table is not table:
                continue
            if faults := list(self.heading_faults(sheet, heading)):
                self.problems += faults
                continue
            captions = frozenset(captions_above(sheet, following, heading.bottom) if following else ())
            last = following.top - 1 if following else max(sheet.rows)
            if reader.items or reader.ignored:
                text = " ".join(heading.labels.values())[:120]
                place = RowPlace(self.book.name, sheet.name, heading.top)
                reader.ignored.append(Ignored(place, heading.bottom, Reason.HEADING, text))
            reader.read(sheet, heading, last, captions)
        data = reader.finish()
        self.problems += reader.problems
        self.warnings += reader.warnings
        return data

    def heading_faults(self, sheet: Sheet, heading: Heading) -> Iterator[Problem]:
        place = RowPlace(self.book.name, sheet.name, heading.bottom)
        for key in heading.missing:
            column = heading.table.column(key)
            message = _("the column “{label}” is missing").format(label=column.label)
            hint = _("Add a column with this heading, or rename the one that is meant. Also known: {names}.")
            names = "、".join(column.aliases) or column.title
            yield Problem(place.at(), message, hint.format(names=names), "heading.missing")
        for key, first, second in heading.doubles:
            if not any(second in cells for row, cells in sheet.rows.items() if row > heading.bottom):
                continue
            message = _("the columns {first} and {second} both say “{label}”").format(
                first=letter(first), second=letter(second), label=heading.table.column(key).label
            )
            hint = _("Keep one of them, or give the other its own heading.")
            yield Problem(place.at(letter(second)), message, hint, "heading.double")
        yield from self.unit_faults(place, heading)

    def unit_faults(self, place: RowPlace, heading: Heading) -> Iterator[Problem]:
        """A heading in 万元 over a column counted in 元 makes every figure wrong by a factor."""
        for key, column in heading.columns.items():
            unit, own = heading.units.get(column, ""), normal_label(heading.table.column(key).unit)
            if own and unit in _UNITS.get(own, ()):
                message = _("the heading counts in {unit}, the form in {own}").format(unit=unit, own=own)
                hint = _("Convert the column to {own} and change the heading.").format(own=own)
                yield Problem(place.at(letter(column)), message, hint, "heading.unit")

    def no_table(self, table: Table) -> Problem:
        wanted = "、".join(column.label for column in table.columns if column.required) or table.columns[0].label
        names = "、".join(sheet.name for sheet, _heads in self.headings)
        where = Place(self.book.name, names)
        message = _("the table “{title}” was not found: no row has its headings").format(title=table.title)
        hint = _("One row has to hold at least the headings {names}.").format(names=wanted)
        return Problem(where, message, hint, "table.missing")

    def several_tables(self, table: Table, names: Sequence[str]) -> Problem:
        message = _("the table “{title}” is on several sheets: {names}").format(
            title=table.title, names="、".join(names)
        )
        hint = _("Keep one of them, name them after their months (10月), or hide those that do not count.")
        return Problem(self.book.name, message, hint, "table.several")

    # --- head fields ---

    def fields(self) -> dict[str, Any]:
        if self.form.tables and not any(headings for _sheet, headings in self.headings):
            return {}  # another file altogether: that the table is missing says it all
        found: dict[str, list[Found]] = {}
        for sheet, headings in self.headings:
            before = headings[0].top if headings else max(sheet.rows, default=0) + 1
            for place in find_fields(sheet, [row for row in sheet.rows if row < before], self.form.fields):
                found.setdefault(place.field.key, []).append(place)
                if not headings:
                    self.read_names.add(sheet.name)
        return {field.key: self.field(field, found.get(field.key, [])) for field in self.form.fields}

    def field(self, field: Field, places: Sequence[Found]) -> Any:
        filled = [place for place in places if not is_blank(place.cell)]
        if places:
            place = (filled or places)[0]
            self.places[field.key] = Place(self.book.name, place.sheet, place.reference)
        if not filled:
            return self.no_value(field, places)
        reads = [convert(place.cell, field, self.source.reader) for place in filled]
        for place, value in zip(filled, reads, strict=True):
            where = Place(self.book.name, place.sheet, place.reference)
            if isinstance(value, Refusal):
                self.refused.add(field.key)
                self.problems.append(Problem(where, _labelled(place.label, value.message), value.hint, value.code))
            elif value.remark:
                self.remarks.append(Remark(str(where), _labelled(place.label, value.remark)))
        values = [value.value for value in reads if not isinstance(value, Refusal)]
        if any(value != values[0] for value in values):
            self.problems.append(self.contradiction(field, filled))
        return values[0] if values else None

    def field_rules(self, values: Mapping[str, Any]) -> None:
        """The form's rules over its head fields, each at the cell it names."""
        if not values:
            return
        titles = {field.key: field.title for field in self.form.fields}
        for check, refusal, warning in faults(self.form.checks, values, self.refused, self.source.period):
            where = self.places.get(check.column, Place(self.book.name))
            problem = Problem(where, _labelled(titles[check.column], refusal.message), refusal.hint, refusal.code)
            (self.warnings if warning else self.problems).append(problem)

    def no_value(self, field: Field, places: Sequence[Found]) -> None:
        if not field.required:
            return
        self.refused.add(field.key)
        if places:
            where, label = Place(self.book.name, places[0].sheet, places[0].reference), places[0].label
            message = _("“{label}” is not filled in").format(label=label)
            self.problems.append(Problem(where, message, _("Fill in the cell."), "cell.required"))
            return
        names = [sheet.name for sheet, _heads in self.headings]
        where = Place(self.book.name, names[0], "A1") if names else Place(self.book.name)
        message = _("“{label}” does not stand above the table").format(label=field.title)
        hint = _("Write “{label}” above the table, and its value in the cell beside it.").format(label=field.title)
        self.problems.append(Problem(where, message, hint, "field.missing"))

    def contradiction(self, field: Field, places: Sequence[Found]) -> Problem:
        spelled = "、".join(f"{place.sheet}!{place.reference} “{shown(place.cell)}”" for place in places if place.cell)
        message = _("“{label}” is given differently: {places}").format(label=field.title, places=spelled)
        where = Place(self.book.name, places[-1].sheet, places[-1].reference)
        return Problem(where, message, _("Make them agree, or leave only one."), "field.contradiction")

    # --- what else the file says ---

    def unread_sheets(self) -> None:
        """A sheet with text and without a table or a field of the form."""
        for sheet, headings in self.headings:
            if headings or not sheet.rows or sheet.name in self.read_names:
                continue
            message = _("the sheet holds no table of this form and was not read")
            hint = _("Nothing to do if it is a note or a summary.")
            self.warnings.append(Problem(Place(self.book.name, sheet.name), message, hint, "sheet.unread"))

    def other_periods(self) -> None:
        """A title, a sheet or a file name that names another month than the one asked for."""
        period = self.source.period
        for where, text in self.titles():
            if period and _names_month(text, period) is False:
                message = _("“{text}” is not {period}").format(text=text[:60], period=period.label)
                hint = _("Check whether this is the right file, or correct the title.")
                self.warnings.append(Problem(where, message, hint, "period.title"))

    def titles(self) -> Iterator[tuple[Place, str]]:
        yield Place(self.book.name), Path(self.book.name).stem
        if own := _own_period(self.book, self.form):
            yield Place(self.book.name), own.label
        for sheet, headings in self.headings:
            if sheet.name in self.read_names:
                yield from self.sheet_titles(sheet, headings[0] if headings else None)

    def sheet_titles(self, sheet: Sheet, heading: Heading | None) -> Iterator[tuple[Place, str]]:
        yield Place(self.book.name, sheet.name), sheet.name
        for row in [row for row in sheet.rows if heading is None or row < heading.top]:
            for column, cell in sheet.rows[row].items():
                if not is_blank(cell) and any(
                    label in normal_label(cell.text) for label in map(normal_label, self.form.labels)
                ):
                    yield Place(self.book.name, sheet.name, f"{letter(column)}{row}"), shown(cell)


def _place_order(problem: Problem) -> tuple[str, int, int, str]:
    """Problems as the eye goes over a sheet: down its rows, along its columns; what has no cell comes first."""
    found = re.fullmatch(r"([A-Z]*)(\d+)", problem.place.cell)
    if not found:
        return problem.where, 0, 0, ""
    return f"{problem.place.file} {problem.place.sheet}", int(found[2]), len(found[1]), found[1]


def _labelled(label: str, fault: str) -> str:
    return _("“{label}”: {fault}").format(label=label, fault=fault)


_UNITS = {
    "元": ("万元", "千元", "百元", "亿元", "角", "分", "万", "千"),
    "小时": ("分钟", "天", "日"),
    "天": ("小时", "月"),
}


def _names_month(text: str, period: Period | None) -> bool | None:
    """Whether a title names the month (``10月``: of any year) or months around it; None where there is none to name."""
    if period is None or period.kind != "month":
        return None
    words = [written for written in periods_in(normal(text)) if written.kind in ("month", "months")]
    found = [written.period(period.first.year) for written in words]
    return any(named and named.first <= period.first <= named.last for named in found) if found else None


def _own_period(book: Book, form: Form) -> Period | None:
    """The period guidang wrote into the blank this file was made from."""
    text = book.properties.get(PERIOD_PROPERTY)
    if not text or book.properties.get(FORM_PROPERTY) != form.id:
        return None
    try:
        return Period.parse(text)
    except PeriodError:
        return None


# --- which form -----------------------------------------------------------------------------------------------


def form_of(book: Book, forms: Mapping[str, Form]) -> Form:
    """The one of ``forms`` a file says it is: by its mark, its name, its headings. DataError where that is not one."""
    marked = book.properties.get(FORM_PROPERTY)
    if marked is not None and marked in forms:
        return forms[marked]
    readable = {name: form for name, form in forms.items() if form.tables or form.fields}
    named = forms_named(book.name, readable.values())
    if len(named) == 1:
        return named[0]
    fitting = _fitting(book, named or list(readable.values()))
    if len(fitting) == 1:
        return fitting[0]
    raise DataError(_unsure(book, fitting or named, forms))


def forms_named(file: str, forms: Iterable[Form]) -> list[Form]:
    """The forms whose title or alias stands in a file's name; the longest such name wins."""
    name = normal_label(Path(file).stem)
    lengths = [
        (max((len(label) for label in map(normal_label, form.labels) if label in name), default=0), form)
        for form in forms
    ]
    longest = max((length for length, _form in lengths), default=0)
    return [form for length, form in lengths if length == longest] if longest else []


def _fitting(book: Book, forms: Sequence[Form]) -> list[Form]:
    """The forms whose headings fit best: all required columns of all tables found, then most columns."""
    scores = [(_score(book, form), form) for form in forms]
    best = max((score for score, _form in scores), default=(0.0, 0))
    return [form for score, form in scores if score == best] if best[0] >= 0.5 else []


def _score(book: Book, form: Form) -> tuple[float, int]:
    headings = [head for sheet in book.sheets if not sheet.hidden for head in find_headings(sheet, form.tables)]
    if not headings:
        return (0.0, 0)
    return (sum(head.coverage[0] for head in headings) / len(headings), sum(head.coverage[1] for head in headings))


def _unsure(book: Book, candidates: Sequence[Form], forms: Mapping[str, Form]) -> Problem:
    if candidates:
        names = "、".join(form.title for form in candidates)
        message = _("the file could be several forms: {names}").format(names=names)
        code = "form.ambiguous"
    else:
        names = "、".join(form.title for form in forms.values() if form.tables or form.fields)
        message, code = _("the file is none of the known forms"), "form.unrecognised"
    return Problem(book.name, message, Remedy("form.name", names=names), code)
