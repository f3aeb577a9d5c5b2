"""Two workbooks beside the report: the base data for the supervisor's check (3.2.1), and the rows behind each figure.

Both are values printed for people: real dates and numbers with Chinese formats, no formula that waits for
recalculation, A4 landscape with the header repeated on every page. Text that came from people is stored as text
even where it begins with ``=``, ``+``, ``-`` or ``@``. The same measures give the same bytes.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from docgen.figures.results import Breakdown, Figure, Line, Mark, Measures, Result
from docgen.template.filters import DASH
from docgen.template.package import read_package, repack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import UnionType

    from openpyxl.worksheet.worksheet import Worksheet

    from docgen.figures.objectives import Verdict
    from docgen.forms.declaration import Column, Table
    from docgen.registers.reading import Row
    from foundation.period import Period

    _Head = Callable[[list[str], list[float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands over and inside the workbooks. ``form`` and ``code`` are the report's; ``digest``: of its data.

    ``prepared_on`` is printed and is the files' date; ``signers``: the sign line, in order.
    """

    company: str
    office: str
    form: str
    code: str
    period: Period
    digest: str
    prepared_on: date
    department: str = ""
    signers: tuple[str, ...] = ("填报", "复核", "审批")


def base_data_workbook(measures: Measures, heading: Heading) -> bytes:
    """《基础数据汇总表》: every figure and breakdown with a ``base_data`` heading, and room for 填报 → 复核.

    One line a figure: value, 上月, 环比, 去年同月, 同比, numerator, denominator, the files and sheets it was read
    from. One sheet a breakdown, with its 合计. Bytes of an .xlsx.
    """
    book = _Book(heading, "基础数据汇总表", "base-data")
    _summary(book.sheet("基础数据"), measures, heading)
    for breakdown in measures.breakdowns.values():
        if breakdown.base_data:
            _breakdown(book.sheet(breakdown.title), breakdown, measures, heading)
    return book.save()


def annex_workbook(
    measures: Measures, verdicts: Sequence[Verdict], heading: Heading, tables: Mapping[str, Table]
) -> bytes:
    """《指标明细》: a contents sheet with all figures and verdicts, then one sheet a figure with the rows behind it.

    A row tells how it counted, what it added above and below the line, and its file, sheet and row; 合计 repeats the
    report's numerator, denominator and value. Of plain counts and sums only the rows counted are listed. ``tables``
    (table key → declaration) gives columns their titles and kinds. Bytes of an .xlsx.
    """
    book = _Book(heading, "指标明细", "annex")
    contents = book.sheet("目录")
    judged = {verdict.figure.key: verdict for verdict in reversed(verdicts)}
    order = dict.fromkeys([*(v.figure.key for v in verdicts), *measures.figures])
    listed = [_Listed(n, measures.figures[key], judged.get(key)) for n, key in enumerate(order, 1)]
    pages = {}
    for entry in listed:
        if entry.figure.parts or entry.figure.groups:
            page = book.sheet(f"{entry.number:02} {entry.figure.title}")
            pages[entry.figure.key] = page.title
            _details(page, entry, heading, _columns(entry.figure, measures, tables))
    _contents(contents, listed, pages, heading)
    return book.save()


# --- pages --------------------------------------------------------------------------------------------------------


def _summary(page: _Page, measures: Measures, heading: Heading) -> None:
    figures = [figure for figure in measures.figures.values() if figure.base_data]
    headings = list(dict.fromkeys(figure.base_data for figure in figures))
    figures.sort(key=lambda figure: headings.index(figure.base_data))
    yearly = any(figure.last_year is not None for figure in figures)
    titles = ["序号", "类别", "指标", "条款", "本月", "上月", "环比", *(("去年同月", "同比") if yearly else ())]
    widths = [6, 10, 24, 7, 13, 13, 15, *((13, 15) if yearly else ())]
    page.table_head(
        heading,
        "基础数据汇总表",
        [*titles, "分子", "分母", "数据来源", "填报", "复核", "复核说明"],
        [*widths, 13, 13, 32, 8, 8, 16],
    )
    first, number = page.next_row, 0
    for number, figure in enumerate(figures, 1):
        beside = (_Value.of(figure, figure.last_year), _Value.change(figure.year_on_year)) if yearly else ()
        page.line(
            [
                number,
                _Value(figure.base_data, align="居中"),
                figure.title,
                _Value(figure.clause, align="居中"),
                _Value.of(figure, figure.value),
                _Value.of(figure, figure.previous),
                _Value.change(figure.month_on_month),
                *beside,
                _Value.amount(figure.numerator if figure.denominator is not None else None),
                _Value.amount(figure.denominator),
                "；".join(measures.sources.get(figure.table, ())),
                "",
                "",
                "",
            ],
            height=24,
        )
    page.merge_alike(2, first, [figure.base_data for figure in figures])
    page.signatures(heading.signers)


def _breakdown(page: _Page, breakdown: Breakdown, measures: Measures, heading: Heading) -> None:
    titles = [title for _key, title in breakdown.columns]
    page.table_head(
        heading,
        breakdown.title,
        ["序号", breakdown.by_title, *titles, "复核", "复核说明"],
        [8, 20, *(max(13, _width(title) + 2) for title in titles), 8, 24],
        note=f"数据来源：{'；'.join(measures.sources.get(breakdown.table, ())) or DASH}",
    )

    def values(line: Line) -> list[Any]:
        return [_Value.of(cell, cell.value) for cell in line.cells.values()]

    for number, line in enumerate(breakdown.rows, 1):
        page.line([number, line.label, *values(line), "", ""], height=24)
    if breakdown.total is not None:
        page.line(["", breakdown.total.label, *values(breakdown.total), "", ""], "合计", height=24)
    page.signatures(heading.signers)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A figure on its way into the annex."""

    number: int
    figure: Figure
    verdict: Verdict | None

    @property
    def target(self) -> str:
        return self.verdict.target if self.verdict else DASH

    @property
    def status(self) -> str:
        return self.verdict.text if self.verdict else DASH

    @property
    def summary(self) -> str:
        """What the report prints, above the rows it came from."""
        figure = self.figure
        result = f"{figure.title}：{figure.text}" + (f"（{figure.basis}）" if figure.basis else "")
        judged = (
            f"目标{self.target}，{self.status}" if self.verdict and self.verdict.objective.target is not None else ""
        )
        only = "所列为计入的各行" if figure.kind in _COUNTED_ONLY else ""
        remark = self.verdict.remark if self.verdict else ""
        return "；".join(filter(None, (result, judged, figure.note, remark, only))) + "。"


def _contents(page: _Page, listed: Sequence[_Listed], pages: Mapping[str, str], heading: Heading) -> None:
    page.table_head(
        heading,
        "指标明细目录",
        ["序号", "条款", "指标", "本月", "计算依据", "计入", "未计入", "无法判定", "目标", "是否达标", "明细页"],
        [6, 8, 28, 14, 30, 9, 9, 10, 16, 10, 30],
    )
    for entry in listed:
        figure, hits, misses = entry.figure, *_counts(entry.figure)
        missed = entry.status == "未达标"
        page.line(
            [
                entry.number,
                _Value(figure.clause, align="居中"),
                figure.title,
                _Value.of(figure, figure.value),
                _Value(figure.basis, align="居中"),
                hits,
                misses,
                len(figure.unknown),
                _Value(entry.target, align="居中"),
                _Value(entry.status, align="居中"),
                _Value(pages.get(figure.key, DASH), link=pages.get(figure.key, "")),
            ],
            "提示" if missed else "",
        )


def _counts(figure: Figure) -> tuple[int, int]:
    if figure.groups:
        return len(figure.groups) - len(figure.below), len(figure.below)
    return len(figure.hits), len(figure.misses)


_COUNTED_ONLY = frozenset({"count", "sum", "distinct"})
_WORDS = {"sums": ("足额", "不足额"), "change": ("未上升", "上升"), "groups": ("达到", "未达到")}


def _word(kind: str, mark: Mark) -> str:
    hit, miss = _WORDS.get(kind, (Mark.HIT.value, Mark.MISS.value))
    return {Mark.HIT: hit, Mark.MISS: miss, Mark.UNKNOWN: Mark.UNKNOWN.value}[mark]


def _columns(figure: Figure, measures: Measures, tables: Mapping[str, Table]) -> list[_Field]:
    """The columns of a figure's table worth seeing: those to know the row by, then those the figure rests on."""
    declared = tables.get(figure.table)
    known = {column.key: column for column in declared.columns} if declared else {}
    known_by = figure.show or [c.key for c in known.values() if c.required][:3] or list(known)[:3]
    used = [key for key in known if key in figure.columns]
    derived = [key for table, key in measures.derived if table == figure.table and key in figure.columns]
    chosen = dict.fromkeys([*known_by, *used, *derived])
    return [_Field(key, _title(key, figure, measures, known), _kind(key, known)) for key in chosen]


def _title(key: str, figure: Figure, measures: Measures, known: Mapping[str, Column]) -> str:
    return known[key].label if key in known else measures.derived.get((figure.table, key), key)


def _kind(key: str, known: Mapping[str, Column]) -> str:
    return known[key].type if key in known else ""


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a register as the annex shows it."""

    key: str
    title: str
    kind: str

    def of(self, row: Row) -> Any:
        value = row[self.key]
        if isinstance(value, Decimal):
            return _Value(value, align="数字", form=_DECIMALS.get(self.kind, "General"))
        return _Value(value, form="@") if self.kind == "code" and isinstance(value, str) else value


_DECIMALS = {"money": "#,##0.00", "percent": "0.00%"}


def _details(page: _Page, entry: _Listed, heading: Heading, fields: Sequence[_Field]) -> None:
    figure = entry.figure
    write = _grouped if figure.groups else _plain
    title = " ".join(filter(None, (figure.clause, figure.title, "明细")))
    write(page, figure, fields, lambda titles, widths: page.table_head(heading, title, titles, widths, entry.summary))
    page.filter()


def _plain(
    page: _Page, figure: Figure, fields: Sequence[_Field], head: Callable[[list[str], list[float]], None]
) -> None:
    """A line a row: those not counted first, because they are what is asked about."""
    parts = [p for p in figure.parts if figure.kind not in _COUNTED_ONLY or p.mark is not Mark.MISS]
    parts.sort(key=lambda p: _FIRST.index(p.mark))
    values = [[field.of(p.row) for field in fields] for p in parts]
    sides = ["数值"] if figure.kind in _COUNTED_ONLY else ["分子", "分母"]
    head(
        ["序号", "判定", *(field.title for field in fields), *sides, "来源"],
        [8, 10, *_widths(fields, values), *(12.0 for _side in sides), _source_width([p.row for p in parts])],
    )
    form = _form([p.above for p in parts] + [p.below for p in parts])
    for number, (part, cells) in enumerate(zip(parts, values, strict=True), 1):
        amounts = [_Value(side, align="数字", form=form) for side in (part.above, part.below)[: len(sides)]]
        mark = _Value(_word(figure.kind, part.mark), align="居中")
        page.line([number, mark, *cells, *amounts, str(part.row.place)], "" if part.mark is Mark.HIT else "提示")
    totals = [figure.numerator, figure.denominator][: len(sides)]
    page.line(
        ["合计", "", *("" for _field in fields), *(_Value.amount(t, form) for t in totals), f"本月：{figure.text}"],
        "合计",
    )


_FIRST = (Mark.MISS, Mark.UNKNOWN, Mark.HIT)


def _grouped(page: _Page, figure: Figure, fields: Sequence[_Field], head: _Head) -> None:
    """A line a group with its number, below it its rows; groups that fall short first, also those without a row."""
    values = [[field.of(row) for field in fields] for row in figure.rows]
    head(
        ["序号", "判定", "对象", "数量", *(field.title for field in fields), "来源"],
        [8, 10, 18, 8, *_widths(fields, values), _source_width([*figure.rows, *figure.unknown])],
    )
    blanks = ["" for _field in fields]
    for number, group in enumerate(sorted(figure.groups, key=lambda g: g.reached), 1):
        mark = _Value(_word("groups", Mark.HIT if group.reached else Mark.MISS), align="居中")
        page.line([number, mark, group.label, group.count, *blanks, ""], "" if group.reached else "提示")
        for row in group.rows:
            page.line(["", "", "", "", *(field.of(row) for field in fields), str(row.place)])
    for row in figure.unknown:
        cells = [field.of(row) for field in fields]
        page.line(["", _Value(Mark.UNKNOWN.value, align="居中"), "", "", *cells, str(row.place)], "提示")
    page.line(["合计", "", figure.basis, "", *blanks, f"本月：{figure.text}"], "合计")


def _widths(fields: Sequence[_Field], lines: Sequence[Sequence[Any]]) -> list[float]:
    """Widths in characters that fit a column's heading and the first lines of its content."""
    found = []
    for i, field in enumerate(fields):
        shown = [_width(_shown(line[i])) for line in lines[:100]]
        found.append(float(min(max([8, _width(field.title) + 2, *(n + 3 for n in shown)]), 36)))
    return found


def _source_width(rows: Sequence[Row]) -> float:
    return float(min(max((_width(str(row.place)) + 4 for row in rows[-100:]), default=20), 48))


def _shown(value: Any) -> str:
    plain = value.value if isinstance(value, _Value) else value
    if isinstance(plain, datetime):
        return f"{plain:%Y-%m-%d %H:%M}"
    return f"{plain:,.2f}" if isinstance(plain, Decimal) else "" if plain is None else str(plain)


def _width(text: str) -> int:
    """Width in half-width characters."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _lines(text: str, width: float) -> int:
    """Lines a text takes in a column; the height is given because programs do not all fit it on opening."""
    room = max(width - 3, 1)
    if 2 * len(text) <= room and "\n" not in text:
        return 1
    return sum(max(math.ceil(_width(line) / room), 1) for line in text.split("\n"))


def _form(amounts: Sequence[Decimal]) -> str:
    return "#,##0" if all(a == a.to_integral_value() for a in amounts) else "#,##0.00"


# --- cells --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Value:
    """A value with the way it is shown: style by alignment, number format, link to a sheet."""

    value: Any
    align: str = "正文"
    form: str = "General"
    link: str = ""

    @classmethod
    def of(cls, result: Result, value: Decimal | None) -> _Value:
        """A figure's value, as a number shown in the figure's unit; ``—`` without data."""
        if value is None:
            return cls(DASH, align="居中")
        zeros = f".{'0' * result.digits}" if result.digits else ""
        forms = {"percent": f"0{zeros}%", "change": f"+0{zeros}%;-0{zeros}%;0{zeros}%"}
        return cls(_PRINTED.plus(value), "数字", forms.get(result.unit, f"#,##0{zeros}"))

    @classmethod
    def change(cls, text: str) -> _Value:
        """环比 or 同比, ready printed."""
        return cls(text, "居中" if text == DASH else "数字")

    @classmethod
    def amount(cls, value: Decimal | None, form: str = "") -> _Value:
        """A numerator, denominator or sum; ``—`` where there is none."""
        return cls(DASH, align="居中") if value is None else cls(_PRINTED.plus(value), "数字", form or _form([value]))

    @classmethod
    def from_python(cls, value: Any) -> _Value:
        """The usual look of a value by its type. Text is text, whatever it begins with."""
        if isinstance(value, _Value):
            return value
        if value is None or isinstance(value, str):
            return cls(value or "", "居中" if value == DASH else "正文")
        align, form = next((look for kind, look in _LOOKS if isinstance(value, kind)), ("正文", "General"))
        return cls("是" if value is True else "否" if value is False else value, align, form)


_LOOKS: tuple[tuple[type | UnionType, tuple[str, str]], ...] = (  # bool before int, datetime before date: subclasses
    (bool, ("居中", "General")),
    (int, ("居中", "0")),
    (datetime, ("居中", "yyyy-mm-dd hh:mm")),
    (date, ("居中", "yyyy-mm-dd")),
    (Decimal | float, ("数字", "General")),
)
_PRINTED = Context(prec=15)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SONG, _HEI = "宋体", "黑体"


def _named_styles() -> list[NamedStyle]:
    """The styles of both workbooks, under names a person finds in the style list of Excel and WPS."""
    line = Side(style="thin", color="FF7F7F7F")
    bordered = Border(left=line, right=line, top=line, bottom=line)
    grey, rose = PatternFill("solid", start_color="FFEDEDED"), PatternFill("solid", start_color="FFFBE5E5")
    body, strong = Font(name=_SONG, sz=10), Font(name=_HEI, sz=10)

    def style(name: str, font: Font, horizontal: str, *look: PatternFill | Border) -> NamedStyle:
        fill = next((x for x in look if isinstance(x, PatternFill)), None)
        border = next((x for x in look if isinstance(x, Border)), None)
        indent = 1 if border and horizontal != "center" else 0
        wraps = horizontal != "right"  # a number that does not fit shows ####, never two halves
        alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=wraps, indent=indent)
        return NamedStyle(name, font=font, fill=fill, border=border, alignment=alignment)

    made = [
        style("大标题", Font(name=_HEI, sz=16), "center"),
        style("说明", body, "left"),
        style("说明右", body, "right"),
        style("表头", strong, "center", grey, bordered),
    ]
    for name, horizontal in (("正文", "left"), ("居中", "center"), ("数字", "right")):
        made += [
            style(name, body, horizontal, bordered),
            style(f"{name}合计", strong, horizontal, grey, bordered),
            style(f"{name}提示", body, horizontal, rose, bordered),
        ]
    return made


class _Book:
    """A workbook being written."""

    def __init__(self, heading: Heading, title: str, part: str) -> None:
        self.heading, self.title = heading, title
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.worksheets[0])
        for style in _named_styles():
            self.workbook.add_named_style(style)
        self.looks: dict[tuple[str, str], Any] = {}
        self._properties(part)

    def _properties(self, part: str) -> None:
        heading, core = self.heading, self.workbook.properties
        core.title = f"{self.title} {heading.period.label}"
        core.subject, core.creator, core.category, core.language = heading.code, heading.office, heading.office, "zh-CN"
        core.created = datetime.combine(heading.prepared_on, time())
        custom = {
            "form": heading.form,
            "part": part,
            "code": heading.code,
            "title": self.title,
            "period": str(heading.period),
            "department": heading.department or heading.office,
            "digest": heading.digest,
        }
        properties: Any = self.workbook.custom_doc_props  # type: ignore[attr-defined]
        for name, value in custom.items():
            properties.append(StringProperty(name=f"guidang.{name}", value=value))

    def sheet(self, title: str) -> _Page:
        """A new A4 landscape sheet; the title is made legal and unique."""
        clean = re.sub(r"[\[\]:*?/\\]+", " ", title).strip("' ") or "表"
        name, n = clean[:31], 1
        while name.lower() in (taken.lower() for taken in self.workbook.sheetnames):
            n += 1
            name = f"{clean[: 31 - len(str(n)) - 1]} {n}"
        return _Page(self, self.workbook.create_sheet(name))

    def look(self, cell: Any, style: str, form: str) -> None:
        """Give a cell a named style and number format; each pair is built once a workbook."""
        if (style, form) not in self.looks:
            cell.style = style
            cell.number_format = form
            self.looks[style, form] = cell._style  # noqa: SLF001 - shared by all cells that look alike: 10 times faster
        cell._style = self.looks[style, form]  # noqa: SLF001

    def save(self) -> bytes:
        """The bytes: no clock, no theme fonts that WPS would miss."""
        stream = io.BytesIO()
        self.workbook.save(stream)
        blob = stream.getvalue()
        parts = {name: member.read() for name, member in read_package(blob, self.title).items() if name in _PATCHED}
        stamp = f"{self.heading.prepared_on.isoformat()}T00:00:00Z".encode()
        core = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, parts[_CORE])
        theme = re.sub(rb'(<a:latin typeface=")[^"]*', rb"\g<1>" + _SONG.encode(), parts[_THEME])
        styles = re.sub(rb'(<name val=")Calibri', rb"\g<1>" + _SONG.encode(), parts[_STYLES])
        return repack(blob, {_CORE: core, _THEME: theme, _STYLES: styles})


_CORE, _THEME, _STYLES = "docProps/core.xml", "xl/theme/theme1.xml", "xl/styles.xml"
_PATCHED = {_CORE, _THEME, _STYLES}


class _Page:
    """A sheet being written from the top down."""

    def __init__(self, book: _Book, sheet: Worksheet) -> None:
        self.book, self.sheet = book, sheet
        self.next_row = 1
        self.columns = 1
        self.widths: Sequence[float] = ()
        self.head_row = 1

    @property
    def title(self) -> str:
        return str(self.sheet.title)

    def put(self, row: int, column: int, value: _Value, suffix: str = "") -> None:
        """One cell. A text is stored as text: ``=1+1`` from a clerk is no formula, ``007`` keeps its zeros."""
        cell = self.sheet.cell(row, column)
        form, content = value.form, value.value
        if isinstance(content, str):
            content = _ILLEGAL.sub("\ufffd", content).strip()
            if content.startswith(_LIKE_A_FORMULA):
                form = "@"
        cell.value = content or None if isinstance(content, str) else content
        if isinstance(content, str) and content:
            cell.data_type = "s"
        self.book.look(cell, value.align + suffix, form)
        if value.link:
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{value.link}'!A1", display=str(content))

    def band(self, text: str, style: str, height: float, first: int = 1, last: int = 0) -> None:
        """A text over merged cells of the current row."""
        last = last or self.columns
        self.put(self.next_row, first, _Value(text, style))
        if last > first:
            self.sheet.merge_cells(start_row=self.next_row, end_row=self.next_row, start_column=first, end_column=last)
        self.sheet.row_dimensions[self.next_row].height = height

    def table_head(
        self, heading: Heading, title: str, titles: Sequence[str], widths: Sequence[float], note: str = ""
    ) -> None:
        """Company, title, period and code, the note, then the header row, frozen and repeated on every page."""
        self.columns, self.widths = len(titles), widths
        for i, width in enumerate(widths, 1):
            self.sheet.column_dimensions[get_column_letter(i)].width = width
        half = next((n for n in range(1, self.columns) if sum(widths[:n]) >= _PERIOD_WIDTH), max(self.columns - 1, 1))
        self.band(f"{heading.company}　{heading.office}", "说明", 18)
        self.next_row += 1
        self.band(title, "大标题", 30)
        self.next_row += 1
        span = f"{heading.period.first:%Y-%m-%d} 至 {heading.period.last:%Y-%m-%d}"
        self.band(
            f"报告期：{heading.period.label}（{span}）　编制日期：{heading.prepared_on:%Y-%m-%d}", "说明", 18, 1, half
        )
        self.band(f"标识：{heading.code}", "说明右", 18, half + 1)
        if note:
            self.next_row += 1
            self.band(note, "说明", 14 * _lines(note, sum(widths)) + 4)
        self.next_row += 1
        self.head_row = self.next_row
        for i, text in enumerate(titles, 1):
            self.put(self.head_row, i, _Value(text, "表头"))
        self.sheet.row_dimensions[self.head_row].height = 30
        self.next_row += 1
        self._print_setup(title)

    def _print_setup(self, title: str) -> None:
        sheet, heading = self.sheet, self.book.heading
        sheet.freeze_panes = f"A{self.next_row}"
        sheet.print_title_rows = f"{self.head_row}:{self.head_row}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.5
        margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.7, 0.3, 0.35
        footer: Any = sheet.oddFooter
        footer.left.text = f"{heading.code} {title}".replace("&", "&&")
        footer.center.text = "第 &P 页 共 &N 页"
        footer.right.text = f"数据摘要 {heading.digest[:12]}".replace("&", "&&")
        for part in (footer.left, footer.center, footer.right):
            part.font = f"{_SONG},Regular"

    def line(self, values: Sequence[Any], suffix: str = "", height: float | None = None) -> None:
        """A line of the table; ``suffix`` 合计 or 提示 chooses its look."""
        needed = 1
        for i, (given, width) in enumerate(zip(values, self.widths, strict=True), 1):
            value = _Value.from_python(given)
            self.put(self.next_row, i, value, suffix)
            if isinstance(value.value, str):
                needed = max(needed, _lines(value.value, width))
        if needed > 1 or height is not None:
            self.sheet.row_dimensions[self.next_row].height = max(height or 0, 13 * needed + 4)
        self.next_row += 1

    def merge_alike(self, column: int, first: int, values: Sequence[str]) -> None:
        """Merge the cells of one column where the same value stands below itself."""
        start = 0
        for i in range(1, len(values) + 1):
            if i == len(values) or values[i] != values[start]:
                if i - start > 1:
                    self.sheet.merge_cells(
                        start_row=first + start, end_row=first + i - 1, start_column=column, end_column=column
                    )
                start = i

    def filter(self) -> None:
        """Filter arrows on the header, over all lines but the 合计."""
        last = max(self.next_row - 2, self.head_row)
        self.sheet.auto_filter.ref = f"A{self.head_row}:{get_column_letter(self.columns)}{last}"

    def signatures(self, signers: Sequence[str]) -> None:
        """The sign line below the table, room for a hand-written name and date each."""
        self.next_row += 1
        share = sum(self.widths) / max(len(signers), 1)
        self.band("".join(_signature(signer, share) for signer in signers), "说明", 36)
        self.next_row += 1


def _signature(signer: str, width: float) -> str:
    """``填报：　　　　日期：　　年　　月　　日`` in about so many characters; too narrow: without 年月日."""
    for date_line in ("日期：　　　年　　月　　日　　", "日期：　　　　　　　"):
        room = int(width - _width(f"{signer}：{date_line}")) // 2
        if room >= _ROOM_TO_SIGN:
            break
    return f"{signer}：{'　' * max(room, _ROOM_TO_SIGN)}{date_line}"


_PERIOD_WIDTH = 70
"""Characters of 报告期 and 编制日期 on one line."""
_ROOM_TO_SIGN = 7
"""Full-width blanks for a hand-written name: 25 mm at 10 pt."""
