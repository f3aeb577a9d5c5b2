"""Random sheets with random data: what the formulas say, what they are said to come to, and what they should."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import openpyxl
from given.formulas import evaluate
from given.workbooks import book, xml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docgen import ExcelTemplate
from docgen.excel.formulas.arithmetic import NotEvaluable
from docgen.excel.formulas.references import Formula

EXAMPLES = 1500 if os.environ.get("GUIDANG_SOAK") else 60
NUMBERS = st.integers(-99, 99)
KINDS = ("double", "share", "running", "balance", "fixed", "text")


@dataclass
class Sheet:
    """A template drawn row by row, and beside it the values that should come out, cell by cell."""

    lines: list[str] = field(default_factory=list)
    expected: list[list[Any]] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The template's next row."""
        return len(self.lines) + 1

    def static(self, line: str, *values: Any) -> None:
        self.lines.append(line)
        self.expected.append(list(values))


@dataclass
class Loop:
    """One loop: its rows of data, what its columns compute, blank rows within, and whether a subtotal ends a group."""

    kinds: list[str]
    numbers: list[int]
    gap: bool
    grouped: list[list[int]] | None


LOOPS = st.builds(
    Loop,
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    st.lists(NUMBERS, max_size=5),
    st.booleans(),
    st.none() | st.lists(st.lists(NUMBERS, max_size=3), max_size=3),
)


def formula(kind: str, row: int, total: int) -> str:
    return {
        "double": f"=A{row}*2",
        "share": f'=IF(A{total}=0,"无",A{row}/A${total})',
        "running": f"=SUM(A${row}:A{row})",
        "balance": f"=COUNT(A{row - 1})+A{row}",
        "fixed": f"=A{row}-$A$1+A1",
        "text": f'=A{row}&"号"',
    }[kind]


def value(kind: str, number: int, before: list[int], total: int, above: Any) -> Any:
    return {
        "double": number * 2,
        "share": number / total if total else "无",
        "running": sum(before) + number,
        "balance": (isinstance(above, int) and not isinstance(above, bool)) + number,
        "fixed": number,
        "text": f"{number}号",
    }[kind]


def add_loop(sheet: Sheet, loop: Loop, name: str) -> None:
    """A plain loop with its total below."""
    first = sheet.next + 1
    total_row = first + 2 + loop.gap
    total = sum(loop.numbers)
    above = sheet.expected[-1][0] if sheet.expected[-1] else None
    sheet.lines += [f"{{%tr for x in {name} %}}"]
    sheet.lines.append(" | ".join(["{{ x }}", *(formula(k, first, total_row) for k in loop.kinds)]))
    sheet.lines += ["", "{%tr endfor %}"] if loop.gap else ["{%tr endfor %}"]
    for i, number in enumerate(loop.numbers):
        over = above if i == 0 else None if loop.gap else loop.numbers[i - 1]
        sheet.expected.append([number, *(value(k, number, loop.numbers[:i], total, over) for k in loop.kinds)])
        sheet.expected += [[]] if loop.gap else []
    if not loop.numbers:
        sheet.expected.append([])
    low = min(loop.numbers, default=0)
    sheet.static(f"=SUM(A{first}) | =COUNT(A{first}) | =MIN(A{first}:A{first})", total, len(loop.numbers), low)


def add_groups(sheet: Sheet, groups: list[list[int]], name: str) -> None:
    """Groups with a total above and a subtotal below."""
    first = sheet.next + 1
    sheet.lines += [f"{{%tr for g in {name} %}}", f"=SUM(A{first + 2}) | 组", "{%tr for x in g %}", "{{ x }}"]
    sheet.lines[-1] += f" | =A{first + 2}*10 | =A{first}"
    sheet.lines += ["{%tr endfor %}", f"=SUBTOTAL(9,A{first + 2}) | =COUNT(A{first + 2})", "{%tr endfor %}"]
    for group in groups:
        sheet.expected.append([sum(group), "组"])
        sheet.expected += [[x, x * 10, sum(group)] for x in group] or [[]]
        sheet.expected.append([sum(group), len(group)])
    sheet.static("完 | x", "完", "x")  # nothing outside counts on the groups: where there is none, no row is left


@st.composite
def sheets(draw: Any) -> tuple[Sheet, dict[str, Any]]:
    sheet, data = Sheet(), dict[str, Any]()
    sheet.static("7 | 标题", 7, "标题")
    for i, loop in enumerate(draw(st.lists(LOOPS, min_size=1, max_size=3))):
        if draw(st.booleans()):
            sheet.static(*draw(st.sampled_from([("",), ("3 | =A1*2", 3, 14)])))
        if loop.grouped is None:
            data[f"l{i}"] = loop.numbers
            add_loop(sheet, loop, f"l{i}")
        else:
            data[f"l{i}"] = loop.grouped
            add_groups(sheet, loop.grouped, f"l{i}")
    return sheet, data


class Recalculated:
    """A rendered sheet whose formulas are worked out from their own texts, one by one."""

    def __init__(self, blob: bytes) -> None:
        page = openpyxl.load_workbook(BytesIO(blob))["a"]
        self.cells = {(c.row, c.column): c.value for row in page.iter_rows() for c in row if c.value is not None}

    def value(self, row: int, column: int) -> Any:
        found = self.cells.get((row, column))
        if isinstance(found, str) and found.startswith("="):
            found = evaluate(Formula.parse(found), lambda _sheet, r, c: self.value(r, c), self.area)
            self.cells[row, column] = found
        return found

    def area(self, ref: Any) -> list[Any]:
        rows = range(ref.row1, (ref.row2 or ref.row1) + 1)
        columns = range(ref.col1, (ref.col2 or ref.col1) + 1)
        return [self.value(r, c) for r in rows for c in columns if (r, c) in self.cells]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-9
    return (one or None) == (other or None)


@given(sheets())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_sheets_come_out_as_a_person_would_work_them_out(made: tuple[Sheet, dict[str, Any]]) -> None:
    sheet, data = made
    blob = ExcelTemplate.load(book(a="\n".join(sheet.lines))).render(data)
    cached = openpyxl.load_workbook(BytesIO(blob), data_only=True)["a"]
    again = Recalculated(blob)
    for row, expected in enumerate(sheet.expected, 1):
        for column, wanted in enumerate(expected, 1):
            is_formula = str(again.cells.get((row, column))).startswith("=")
            try:
                found = again.value(row, column)
            except NotEvaluable:
                found = wanted
            assert same(found, wanted), (row, column, sheet.lines)
            stored = cached.cell(row, column).value
            if stored is not None or not is_formula:
                assert same(stored, wanted), (row, column, sheet.lines)
    rows = [int(el.get("r")) for el in xml(blob).iter("{*}row")]
    assert rows == sorted(set(rows))
    assert max(rows, default=0) <= len(sheet.expected)
