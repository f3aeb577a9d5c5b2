"""Two workbooks beside the report: the base data for the supervisor's check (3.2.1), the rows behind each figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from docgen.excel.row_heights import text_width
from docgen.figures.objectives import Verdict
from docgen.figures.results import Breakdown, Counted, Figure, Line, Measures
from docgen.figures.value_sheets import ReportHead, Shown, ValueBook, ValueSheet, amount_format
from docgen.forms.declaration import Table
from docgen.registers.reading import Row
from docgen.template.filters import DASH


def base_data_workbook(measures: Measures, head: ReportHead) -> bytes:
    """《基础数据汇总表》: every figure and breakdown with a ``base_data`` heading, and room for 填报 → 复核.

    One line a figure: value, 上月, 环比, 去年同月, 同比, numerator, denominator, the files and sheets it was read
    from. One sheet a breakdown, with its 合计. Bytes of an .xlsx.
    """
    book = ValueBook(head, "基础数据汇总表", "base-data")
    _summary(book.sheet("基础数据"), measures)
    for breakdown in measures.breakdowns.values():
        if breakdown.base_data:
            _breakdown(book.sheet(breakdown.title), breakdown, measures)
    return book.saved()


def annex_workbook(
    measures: Measures, verdicts: Sequence[Verdict], head: ReportHead, tables: Mapping[str, Table]
) -> bytes:
    """《指标明细》: a contents sheet with all figures and verdicts, then one sheet a figure with the rows behind it.

    A row tells how it counted, what it added above and below the line, and its file, sheet and row; 合计 repeats the
    report's numerator, denominator and value. Of plain counts and sums only the rows counted are listed. ``tables``
    (table key → declaration) gives columns their titles and kinds. Bytes of an .xlsx.
    """
    book = ValueBook(head, "指标明细", "annex")
    contents = book.sheet("目录")
    judged = {verdict.figure.key: verdict for verdict in reversed(verdicts)}
    order = dict.fromkeys([*(v.figure.key for v in verdicts), *measures.figures])
    listed = [_Listed(n, measures.figures[key], judged.get(key)) for n, key in enumerate(order, 1)]
    pages = {}
    for entry in listed:
        if entry.figure.parts or entry.figure.groups:
            page = book.sheet(f"{entry.number:02} {entry.figure.title}")
            pages[entry.figure.key] = page.title
            _details(page, entry, _columns(entry.figure, measures, tables))
    _contents(contents, listed, pages)
    return book.saved()


# --- the base data ------------------------------------------------------------------------------------------------


def _summary(page: ValueSheet, measures: Measures) -> None:
    figures = [figure for figure in measures.figures.values() if figure.base_data]
    headings = list(dict.fromkeys(figure.base_data for figure in figures))
    figures.sort(key=lambda figure: headings.index(figure.base_data))
    yearly = any(figure.last_year is not None for figure in figures)
    titles = ["序号", "类别", "指标", "条款", "本月", "上月", "环比", *(("去年同月", "同比") if yearly else ())]
    widths = [6, 10, 24, 7, 13, 13, 15, *((13, 15) if yearly else ())]
    page.table_head(
        "基础数据汇总表",
        [*titles, "分子", "分母", "数据来源", "填报", "复核", "复核说明"],
        [*widths, 13, 13, 32, 8, 8, 16],
    )
    first = page.next_row
    for number, figure in enumerate(figures, 1):
        beside = (Shown.of(figure, figure.last_year), Shown.change(figure.year_on_year)) if yearly else ()
        values = [
            number,
            Shown.centred(figure.base_data),
            figure.title,
            Shown.centred(figure.clause),
            Shown.of(figure, figure.value),
            Shown.of(figure, figure.previous),
            Shown.change(figure.month_on_month),
            *beside,
            Shown.amount(figure.numerator if figure.denominator is not None else None),
            Shown.amount(figure.denominator),
            "；".join(measures.sources.get(figure.table, ())),
        ]
        page.line([*values, "", "", ""], height=24)
    page.merge_alike(2, first, [figure.base_data for figure in figures])
    page.signatures()


def _breakdown(page: ValueSheet, breakdown: Breakdown, measures: Measures) -> None:
    titles = [title for _key, title in breakdown.columns]
    page.table_head(
        breakdown.title,
        ["序号", breakdown.by_title, *titles, "复核", "复核说明"],
        [8, 20, *(max(13, text_width(title) + 2) for title in titles), 8, 24],
        note=f"数据来源：{'；'.join(measures.sources.get(breakdown.table, ())) or DASH}",
    )

    def values(line: Line) -> list[Any]:
        return [line.label, *(Shown.of(cell, cell.value) for cell in line.cells.values()), "", ""]

    for number, line in enumerate(breakdown.rows, 1):
        page.line([number, *values(line)], height=24)
    if breakdown.total is not None:
        page.line(["", *values(breakdown.total)], "合计", height=24)
    page.signatures()


# --- the annex ----------------------------------------------------------------------------------------------------


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


def _contents(page: ValueSheet, listed: Sequence[_Listed], pages: Mapping[str, str]) -> None:
    page.table_head(
        "指标明细目录",
        ["序号", "条款", "指标", "本月", "计算依据", "计入", "未计入", "无法判定", "目标", "是否达标", "明细页"],
        [6, 8, 28, 14, 30, 9, 9, 10, 16, 10, 30],
    )
    for entry in listed:
        figure = entry.figure
        all_of, missed = (figure.groups, figure.below) if figure.groups else (figure.rows, figure.misses)
        values = [
            entry.number,
            Shown.centred(figure.clause),
            figure.title,
            Shown.of(figure, figure.value),
            Shown.centred(figure.basis),
            len(all_of) - len(missed),
            len(missed),
            len(figure.unknown),
            Shown.centred(entry.target),
            Shown.centred(entry.status),
            Shown(pages.get(figure.key, DASH), link=pages.get(figure.key, "")),
        ]
        page.line(values, "提示" if entry.status == "未达标" else "")


_COUNTED_ONLY = frozenset({"count", "sum", "distinct"})
_WORDS = {"sums": ("足额", "不足额"), "change": ("未上升", "上升"), "groups": ("达到", "未达到")}
_FIRST = (Counted.MISS, Counted.UNKNOWN, Counted.HIT)


def _word(kind: str, counted: Counted) -> Shown:
    hit, miss = _WORDS.get(kind, (Counted.HIT.value, Counted.MISS.value))
    return Shown.centred({Counted.HIT: hit, Counted.MISS: miss}.get(counted, counted.value))


@dataclass(frozen=True, slots=True)
class _Listing:
    """A column of a register as the annex lists it."""

    key: str
    title: str
    kind: str

    def of(self, row: Row) -> Any:
        value = row[self.key]
        if isinstance(value, Decimal):
            form = {"money": "#,##0.00", "percent": "0.00%"}.get(self.kind, "General")
            return Shown(value, align="数字", form=form)
        return Shown(value, form="@") if self.kind == "code" and isinstance(value, str) else value


def _columns(figure: Figure, measures: Measures, tables: Mapping[str, Table]) -> list[_Listing]:
    """The columns of a figure's table worth seeing: those to know the row by, then those the figure rests on."""
    declared = tables.get(figure.table)
    known = {column.key: column for column in declared.columns} if declared else {}
    known_by = figure.show or [c.key for c in known.values() if c.required][:3] or list(known)[:3]
    used = [key for key in known if key in figure.columns]
    derived = [key for table, key in measures.derived if table == figure.table and key in figure.columns]
    return [
        _Listing(key, known[key].label, known[key].type)
        if key in known
        else _Listing(key, measures.derived.get((figure.table, key), key), "")
        for key in dict.fromkeys([*known_by, *used, *derived])
    ]


def _details(page: ValueSheet, entry: _Listed, columns: Sequence[_Listing]) -> None:
    (_grouped if entry.figure.groups else _plain)(page, entry, columns)
    page.filter()


def _head(page: ValueSheet, entry: _Listed, titles: Sequence[str], widths: Sequence[float]) -> None:
    title = " ".join(filter(None, (entry.figure.clause, entry.figure.title, "明细")))
    page.table_head(title, titles, widths, entry.summary)


def _plain(page: ValueSheet, entry: _Listed, columns: Sequence[_Listing]) -> None:
    """A line a row: those not counted first, because they are what is asked about."""
    figure = entry.figure
    parts = [p for p in figure.parts if figure.kind not in _COUNTED_ONLY or p.counted is not Counted.MISS]
    parts.sort(key=lambda p: _FIRST.index(p.counted))
    values = [[column.of(p.row) for column in columns] for p in parts]
    sides = ["数值"] if figure.kind in _COUNTED_ONLY else ["分子", "分母"]
    _head(
        page,
        entry,
        ["序号", "判定", *(column.title for column in columns), *sides, "来源"],
        [8, 10, *_widths(columns, values), *(12.0 for _side in sides), _source_width([p.row for p in parts])],
    )
    form = amount_format([p.above for p in parts] + [p.below for p in parts])
    for number, (part, cells) in enumerate(zip(parts, values, strict=True), 1):
        amounts = [Shown(side, align="数字", form=form) for side in (part.above, part.below)[: len(sides)]]
        line = [number, _word(figure.kind, part.counted), *cells, *amounts, str(part.row.place)]
        page.line(line, "" if part.counted is Counted.HIT else "提示")
    totals = [Shown.amount(side, form) for side in (figure.numerator, figure.denominator)[: len(sides)]]
    page.line(["合计", "", *("" for _column in columns), *totals, f"本月：{figure.text}"], "合计")


def _grouped(page: ValueSheet, entry: _Listed, columns: Sequence[_Listing]) -> None:
    """A line a group with its number, below it its rows; groups that fall short first, also those without a row."""
    figure = entry.figure

    def cells(row: Row) -> list[Any]:
        return [*(column.of(row) for column in columns), str(row.place)]

    _head(
        page,
        entry,
        ["序号", "判定", "对象", "数量", *(column.title for column in columns), "来源"],
        [8, 10, 18, 8, *_widths(columns, map(cells, figure.rows)), _source_width([*figure.rows, *figure.unknown])],
    )
    blanks = ["" for _column in columns]
    for number, group in enumerate(sorted(figure.groups, key=lambda g: g.reached), 1):
        word = _word("groups", Counted.HIT if group.reached else Counted.MISS)
        page.line([number, word, group.label, group.count, *blanks, ""], "" if group.reached else "提示")
        for row in group.rows:
            page.line(["", "", "", "", *cells(row)])
    for row in figure.unknown:
        page.line(["", _word("groups", Counted.UNKNOWN), "", "", *cells(row)], "提示")
    page.line(["合计", "", figure.basis, "", *blanks, f"本月：{figure.text}"], "合计")


def _widths(columns: Sequence[_Listing], lines: Iterable[Sequence[Any]]) -> list[float]:
    """Widths in characters that fit a column's heading and the first lines of its content."""
    first = list(islice(lines, 100))
    return [
        float(min(max([8, text_width(column.title) + 2, *(text_width(_text(line[i])) + 3 for line in first)]), 36))
        for i, column in enumerate(columns)
    ]


def _source_width(rows: Sequence[Row]) -> float:
    return float(min(max((text_width(str(row.place)) + 4 for row in rows[-100:]), default=20), 48))


def _text(value: Any) -> str:
    plain = value.value if isinstance(value, Shown) else value
    if isinstance(plain, datetime):
        return f"{plain:%Y-%m-%d %H:%M}"
    return f"{plain:,.2f}" if isinstance(plain, Decimal) else "" if plain is None else str(plain)
