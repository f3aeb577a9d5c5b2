# ruff: noqa: E501 - a sheet is drawn in one line
"""Values become cells of their own kind, exactly; what does not fit is told at its cell, all at once."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from given.documents import PNG
from given.workbooks import S, book, template, values, xml
from markupsafe import Markup

from docgen import DataError, ExcelTemplate, Image, RichText

if TYPE_CHECKING:
    from pathlib import Path

ONE = template(a="{{ x }}\n{%tr for r in rows %}\n{{ r.x }}\n{%tr endfor %}")


def written(value: Any) -> tuple[str, str]:
    """Type and content of the cell the value became, outside loops and inside."""
    root = xml(ONE.render({"x": value, "rows": [{"x": value}]}))
    found = {
        (c.get("t") or "n", "".join(c.itertext()) if c.find(S + "v") is None else c.findtext(S + "v") or "")
        for c in root.iter(S + "c")
    }
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("value", "kind", "content"),
    [
        (Decimal("1234567890.10"), "n", "1234567890.10"),
        (Decimal("0.1"), "n", "0.1"),
        (Decimal("999999999999.99"), "n", "999999999999.99"),
        (Decimal("12345678901234567.89"), "inlineStr", "12345678901234567.89"),
        (Decimal(1) / Decimal(3), "n", "0.3333333333333333"),
        (Decimal("1E+3"), "n", "1000"),
        (Decimal("-0"), "n", "-0"),
        (2**53, "n", "9007199254740992"),
        (2**53 + 1, "inlineStr", "9007199254740993"),
        (-(2**53) - 1, "inlineStr", "-9007199254740993"),
        (Decimal(2**53 + 1), "inlineStr", "9007199254740993"),
        (110101199003078888, "inlineStr", "110101199003078888"),
        (1.5, "n", "1.5"),
        (1e300, "n", "1e+300"),
        (True, "b", "1"),
        (False, "b", "0"),
        (None, "n", ""),
        ("", "n", ""),
        ("007", "inlineStr", "007"),
        ("=1+1", "inlineStr", "=1+1"),
        ("+x", "inlineStr", "+x"),
        ("-x", "inlineStr", "-x"),
        ("@x", "inlineStr", "@x"),
        ("a & b <c> ]]>", "inlineStr", "a & b <c> ]]>"),
        (" 前后 ", "inlineStr", " 前后 "),
        ("一\n二\t三", "inlineStr", "一\n二\t三"),
        ("一\r\n二", "inlineStr", "一\n二"),
        ("_x0041_", "inlineStr", "_x005F_x0041_"),
        ("_xyz_", "inlineStr", "_xyz_"),
        ("𠮷", "inlineStr", "𠮷"),
        (Markup("<b>"), "inlineStr", "<b>"),
        (["a", 1], "inlineStr", "['a', 1]"),
        ("字" * 32767, "inlineStr", "字" * 32767),
    ],
    ids=str,
)
def test_a_value_is_a_cell_of_its_kind(value: Any, kind: str, content: str) -> None:
    assert written(value) == (kind, content)


@pytest.mark.parametrize(
    ("value", "number", "number_1904"),
    [
        (date(2026, 10, 3), "46298", "44836"),
        (datetime(2026, 10, 3, 12), "46298.5", "44836.5"),
        (time(6), "0.25", "0.25"),
        (timedelta(hours=36), "1.5", "1.5"),
        (date(1900, 3, 1), "61", None),
        (date(1900, 2, 28), "59", None),
        (date(1900, 1, 1), "1", None),
        (date(1904, 1, 1), "1462", "0"),
    ],
    ids=str,
)
def test_dates_and_times_are_numbers_that_show_as_such(value: Any, number: str, number_1904: str | None) -> None:
    assert written(value) == ("n", number)
    if number_1904 is not None:
        old = openpyxl.load_workbook(BytesIO(book(a="{{ x }}")))
        old.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        file = BytesIO()
        old.save(file)
        root = xml(ExcelTemplate.load(file.getvalue()).render({"x": value}))
        assert root.findtext(f".//{S}v") == number_1904


def test_days_before_excel_are_text() -> None:
    assert written(date(1899, 12, 30)) == ("inlineStr", "1899-12-30")
    assert written(date(1700, 1, 1)) == ("inlineStr", "1700-01-01")


def test_a_date_shows_as_a_date_in_a_plain_cell_and_keeps_the_look_of_a_date_cell() -> None:
    def dress(workbook: Any) -> None:
        workbook["a"]["B1"].number_format = 'yyyy"年"m"月"'
        workbook["a"]["A1"].font = openpyxl.styles.Font(bold=True)

    blob = template(a="{{ d }} | {{ d }} | {{ t }} | {{ h }} | {{ n }}", dress=dress).render(
        {"d": date(2026, 10, 3), "t": datetime(2026, 10, 3, 8, 5), "h": time(8, 5), "n": 1}
    )
    row = openpyxl.load_workbook(BytesIO(blob))["a"][1]
    assert [c.value for c in row] == [datetime(2026, 10, 3)] * 2 + [datetime(2026, 10, 3, 8, 5), time(8, 5), 1]
    assert [c.number_format.replace("\\", "") for c in row] == [
        "yyyy-mm-dd", 'yyyy"年"m"月"', "yyyy-mm-dd hh:mm", "hh:mm", "General",
    ]  # fmt: skip
    assert row[0].font.b


def test_formulas_count_what_the_cells_hold() -> None:
    """Long numbers are text, empty text is nothing, dates are their day."""
    data = [{"x": v} for v in (1, 2**60, "", None, "5", True, Decimal("0.10"), date(2026, 10, 3))]
    made = template(a="{%tr for r in rows %}\n{{ r.x }}\n{%tr endfor %}\n=SUM(A2) | =COUNT(A2) | =COUNTA(A2)")
    assert values(made.render({"rows": data})).splitlines()[-1] == "46299.1 | 3 | 6"


def test_every_value_that_does_not_fit_is_told_at_its_cell() -> None:
    made = template(
        台账="{{ a }} | {{ b }}\n{%tr for r in rows %}\n| {{ r.x }} | 第{{ r.x }}号\n{%tr endfor %}\n{{ gone }}"
    )
    rows = [{"x": 1}, {"x": "a\x0bb"}, {"x": float("nan")}, {"x": Decimal("Infinity")}, {"x": "字" * 32768}, {}]
    with pytest.raises(DataError) as caught:
        made.render({"a": float("inf"), "b": datetime(2026, 1, 1, tzinfo=UTC), "rows": rows})
    found = [(p.where, p.code) for p in caught.value.problems]
    assert found == [
        ("t.xlsx 台账!A1", "cell.not-finite"),
        ("t.xlsx 台账!B1", "cell.time-zone"),
        ("t.xlsx 台账!C3 第2项", "value.control"),
        ("t.xlsx 台账!B3 第2项", "value.control"),
        ("t.xlsx 台账!B3 第3项", "cell.not-finite"),
        ("t.xlsx 台账!B3 第4项", "cell.not-finite"),
        ("t.xlsx 台账!B3 第5项", "cell.too-long"),
        ("t.xlsx 台账!C3 第5项", "cell.too-long"),
        ("t.xlsx 台账!C3 第6项", "data.missing"),
        ("t.xlsx 台账!B3 第6项", "data.missing"),
        ("t.xlsx 台账!A5", "data.missing"),
    ]


def test_rich_values_are_text_or_told() -> None:
    """A cell keeps the words of a rich text; a picture would be lost, and is refused."""
    assert written(RichText("红字", color="FF0000")) == ("inlineStr", "红字")
    with pytest.raises(DataError) as caught:
        ONE.render({"x": Image.of(PNG), "rows": []})
    assert [(p.where, p.code) for p in caught.value.problems] == [("t.xlsx a!A1", "cell.not-text")]


@pytest.mark.parametrize("sign", ["\a", "\f"])
def test_what_begins_a_paragraph_or_page_in_word_begins_a_line_in_a_cell(sign: str) -> None:
    """XML cannot hold these signs; a workbook with one of them in it would not open."""
    assert values(template(a="{{ x }}").render({"x": f"一{sign}二"})) == "一\n二"


def test_control_characters_can_be_removed() -> None:
    made = ExcelTemplate.load(book(a="{{ x }}"), control="remove")
    assert values(made.render({"x": "a\x0bb\x00c"})) == "abc"


def test_text_around_tags_makes_text() -> None:
    made = template(
        a="第{{ n }}号{% if late %}（逾期）{% endif %} | {% for x in xs %}{{ x }}、{% endfor %} | {_{ n }_} | {# 说明 #}"
    )
    assert values(made.render({"n": 5, "late": True, "xs": ["甲", "乙&"]})) == "第5号（逾期） | 甲、乙&、 | {{ n }}"


def test_formats_and_lenient_names() -> None:
    made = ExcelTemplate.load(
        book(a='{{ d|日期 }} | {{ x.y.z }} | {{ m|default("无") }} | {{ n|金额 }}'), undefined="lenient"
    )
    assert values(made.render({"d": "2026-10-03", "n": 1234.5})) == "2026年10月3日 |  | 无 | 1,234.50"


SEEDED = """
import sys, hashlib, datetime as dt
from docgen import ExcelTemplate
made = ExcelTemplate.load(sys.argv[1])
data = {"d": dt.date(2026, 1, 2), "t": dt.time(1), "x": "y", "rows": [{"a": i, "b": dt.date(2026, 1, 1)} for i in range(9)]}
blobs = {made.render(data), made.render(data)}
made.render({**data, "rows": []})
blobs.add(made.render(data))
print(len(blobs), hashlib.sha256(blobs.pop()).hexdigest())
"""


def test_the_same_input_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """And with every hash seed; and rendering leaves no trace."""
    drawn = (
        "{{ d }} | {{ x }} | {{ t }}\n{%tr for r in rows %}\n{{ r.a }} | =A3*2 | {{ r.b }}\n{%tr endfor %}\n=SUM(B3)"
    )
    (tmp_path / "t.xlsx").write_bytes(book(a=drawn))

    def run(seed: str) -> str:
        given = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", SEEDED, str(tmp_path / "t.xlsx")]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=given).stdout

    assert run("1") == run("2")
    assert run("1").startswith("1 ")
