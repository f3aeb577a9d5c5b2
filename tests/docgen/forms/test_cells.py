"""One cell → one value: every way offices write numbers, dates, codes and ticks, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docgen.forms.conversions import convert
from docgen.forms.declaration import Column
from docgen.sheets.cell import Cell, Ditto, Kind, Reader, Refusal, Value, text_cell
from docgen.sheets.number_format import BUILT_IN, Shape, shape
from foundation.period import Period

OCTOBER = Period.parse("2026-10")


def column(kind: str, **more: Any) -> Column:
    return Column(key="x", title="列", type=kind, **more)  # type: ignore[arg-type]


def read(cell: Cell | str, kind: str, reader: Reader = Reader(), **more: Any) -> Any:  # noqa: B008 - frozen
    found = convert(text_cell(cell) if isinstance(cell, str) else cell, column(kind, **more), reader)
    return found.value if isinstance(found, Value) else found.code


def number(text: str, number_format: str = "") -> Cell:
    return Cell(Kind.NUMBER, text, number_format)


# --- dates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-03",
        "2026-10-3",
        "2026.10.3",
        "2026/10/3",
        "20261003",
        "2026年10月3日",
        "2026年10月3号",
        "26.10.3",
        "26-10-3",
        "26年10月3日",
        "２０２６．１０．３",
        "2026 - 10 - 3",
        "2026。10。3",
        "2026年10月3日（周六）",
        "2026-10-03 星期六",
        "26/10/3",
        "10月3日",
        "10月3号",
        " 2026-10-03　",
    ],
)
def test_dates_as_text(text: str) -> None:
    """Every spelling of domain conventions §4 with a certain year; 10月3日 takes the year of the period."""
    assert read(text, "date", Reader(period=OCTOBER)) == date(2026, 10, 3)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2026-10-03 08:05", (8, 5)),
        ("2026/10/3 8:05:30", (8, 5, 30)),
        ("2026.10.3 8：05", (8, 5)),
        ("2026年10月3日8时5分", (8, 5)),
        ("2026年10月3日 8点", (8, 0)),
        ("2026-10-03T08:05:00", (8, 5)),
        ("10月3日 20:15", (20, 15)),
        ("2026-10-03 下午3:20", (15, 20)),
        ("2026-10-03 上午 9:00", (9, 0)),
        ("2026/10/3 3:20 PM", (15, 20)),
        ("20261003 0:00", (0, 0)),
    ],
)
def test_moments_as_text(text: str, clock: tuple[int, ...]) -> None:
    """Date and time of day in one cell, 24 h or with 上午/下午."""
    assert read(text, "datetime", Reader(period=OCTOBER)) == datetime(2026, 10, 3, *clock)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10.3", "date.no_year"),
        ("10/3", "date.no_year"),
        ("10-3", "date.no_year"),
        ("9月30日", "date.no_year"),
        ("3/10/26", "date.short_year"),
        ("98.10.3", "date.short_year"),
        ("2026年2月30日", "date.impossible"),
        ("20261332", "date.impossible"),
        ("2026-10", "date.no_day"),
        ("8:05", "date.no_day"),
        ("46298", "date.unreadable"),
        ("昨天", "date.unreadable"),
        ("1900-01-01", "date.far_off"),
        ("2126-10-03", "date.far_off"),
        ("2026-10-03 8", "date.unreadable"),
        ("2026-10-031", "date.unreadable"),
        ("二〇二六年十月三日", "date.unreadable"),
    ],
)
def test_dates_that_are_not_certain(text: str, code: str) -> None:
    """A lost year, an uncertain order, a day that is none: refused, never repaired."""
    assert read(text, "date", Reader(period=OCTOBER)) == code


def test_a_date_without_year_needs_a_period() -> None:
    """The clock is not asked."""
    assert read("10月3日", "date") == "date.no_year"


@pytest.mark.parametrize(
    ("stored", "number_format", "date1904", "day"),
    [
        ("46298", "yyyy-mm-dd", False, date(2026, 10, 3)),
        ("44836", "yyyy-mm-dd", True, date(2026, 10, 3)),
        ("42370", "m/d/yy", False, date(2016, 1, 1)),
        ("42370", "m/d/yy", True, date(2020, 1, 2)),
        ("46298", "", False, date(2026, 10, 3)),
        ("46298", "@", False, date(2026, 10, 3)),
        ("20261003", "", False, date(2026, 10, 3)),
        ("46298", 'yyyy"年"m"月"d"日";@', False, date(2026, 10, 3)),
        ("46298", "[$-804]yyyy/m/d", False, date(2026, 10, 3)),
    ],
)
def test_serial_numbers(stored: str, number_format: str, date1904: bool, day: date) -> None:
    """Day numbers by the workbook's own day zero, bare ones and eight-digit dates included."""
    assert read(number(stored, number_format), "date", Reader(date1904=date1904)) == day


@pytest.mark.parametrize("stored", ["60", "1", "0.5", "-3", "2958466", "10.3", "100", "123456"])
def test_numbers_that_are_no_date(stored: str) -> None:
    """Excel's 29 February 1900, a lost year, a count: refused under any format."""
    assert isinstance(convert(number(stored), column("date"), Reader()), Refusal)
    assert isinstance(convert(number(stored, "yyyy-mm-dd"), column("date"), Reader()), Refusal)


def test_moments_are_exact_to_the_second() -> None:
    """A time of day survives the binary fraction it is stored as."""
    assert read(number("46298.336805555555", "yyyy-mm-dd hh:mm"), "datetime") == datetime(2026, 10, 3, 8, 5)
    assert read(number("46298.999999999", "yyyy-mm-dd hh:mm"), "datetime") == datetime(2026, 10, 4)


def test_a_moment_needs_a_time_of_day_and_a_date_says_when_one_is_left_out() -> None:
    """08:05 is never made up; leaving it out of a date is remarked."""
    assert read(number("46298", "yyyy-mm-dd"), "datetime") == "date.no_time"
    assert read(number("46298", "yyyy-mm-dd hh:mm"), "datetime") == datetime(2026, 10, 3)
    found = convert(text_cell("2026-10-03 08:05"), column("date"), Reader())
    assert isinstance(found, Value)
    assert found.value == date(2026, 10, 3)
    assert "08:05" in found.remark


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_iso_moments_round_trip(moment: datetime) -> None:
    """What is printed to the second is read back to the second."""
    moment = moment.replace(microsecond=0)
    assert read(f"{moment:%Y-%m-%d %H:%M:%S}", "datetime") == moment
    assert read(Cell(Kind.ISO, moment.isoformat()), "datetime") == moment


# --- numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", "12.5"),
        ("１２．５", "12.5"),
        ("1,234.50", "1234.50"),
        ("１，２３４．５０", "1234.50"),
        ("￥1,234.50", "1234.50"),
        ("¥45", "45"),
        ("45元", "45"),
        ("45.00 元整", "45.00"),
        ("RMB 45", "45"),
        ("-12.5", "-12.5"),
        ("−12.5", "-12.5"),
        ("－１２", "-12"),
        ("+3", "3"),
        (".5", "0.5"),
        ("0", "0"),
        ("1,234,567", "1234567"),
        ("  8 ", "8"),
    ],
)
def test_numbers_as_text(text: str, value: str) -> None:
    """Full width, thousands, currency and signs; every digit kept."""
    assert read(text, "money", unit="元") == Decimal(value)
    assert str(read(text, "money", unit="元")) == value.replace("+", "")


@pytest.mark.parametrize(
    "text",
    [
        "1,23",
        "12,5",
        "1 234",
        "12。5",
        "5.1E+17",
        "1.2万",
        "(5)",
        "约5",
        "5-6",
        "1#2",
        "5元/月",
        "五",
        "1..2",
        "5.",
        "--5",
    ],
)
def test_numbers_that_are_not_certain(text: str) -> None:
    """What could be two numbers, or none, is refused."""
    assert read(text, "money") == "number.unreadable"


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [("85.5㎡", "㎡", "85.5"), ("85.5m2", "㎡", "85.5"), ("3次", "次", "3"), ("30 天", "天", "30")],
)
def test_the_columns_own_unit_may_be_written(text: str, unit: str, value: str) -> None:
    """As ㎡ or m2; another unit is refused."""
    assert read(text, "number", unit=unit) == Decimal(value)
    assert read(text, "number", unit="吨") == "number.unreadable"


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ("1234.5600000000001", "1234.56"),
        ("0.1", "0.1"),
        ("45.5", "45.5"),
        ("1E-3", "0.001"),
        ("12345678901234", "12345678901234"),
    ],
)
def test_stored_numbers_lose_their_binary_noise(stored: str, value: str) -> None:
    """Excel keeps fifteen digits; what stands behind them in the file is no amount."""
    assert read(number(stored, "#,##0.00"), "money") == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("97.35%", "", "0.9735"),
        ("９７．３５％", "", "0.9735"),
        ("97.35 %", "", "0.9735"),
        ("0.9735", "", "0.9735"),
        ("1", "", "1"),
        (number("0.9735", "0.00%"), "", "0.9735"),
        (number("97.35"), "%", "0.9735"),
        ("97.35", "%", "0.9735"),
        ("97.35%", "%", "0.9735"),
        ("97.35", "", "number.percent_or_share"),
        (number("97.35"), "", "number.percent_or_share"),
    ],
)
def test_percentages(cell: Cell | str, unit: str, value: str) -> None:
    """With the sign, by the cell's format, as a share up to 1, or where the column is in %; else not certain."""
    found = read(cell, "percent", unit=unit)
    assert found == (Decimal(value) if value[0].isdigit() else value)


def test_whole_numbers() -> None:
    """12.0 is 12; 12.5 is refused."""
    assert read(number("12"), "integer") == 12
    assert read("12.0", "integer") == 12
    assert read("12.5", "integer") == "number.not_whole"


@given(st.decimals(-(10**9), 10**9, places=2))
def test_amounts_round_trip(amount: Decimal) -> None:
    """An amount printed the office's way is read to the cent."""
    assert read(f"￥{amount:,}", "money") == amount if amount >= 0 else read(f"{amount:,}", "money") == amount


# --- codes and texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("007", "007"),
        ("３－２－５０１", "3-2-501"),
        (" WX001 ", "WX001"),
        (number("13812345678"), "13812345678"),
        (number("1.3812345678E10"), "13812345678"),
        (number("7", "000"), "007"),
        (number("101", "0"), "101"),
        (number("12", "@"), "12"),
        (number("37655", "yyyy/m/d"), "text.is_date"),
        (number("110101199001011000"), "code.lost_digits"),
        (number("5.1E+17"), "code.lost_digits"),
        (number("10.3"), "code.fraction"),
        (Cell(Kind.ISO, "2003-02-05"), "text.is_date"),
    ],
)
def test_codes(cell: Cell | str, value: str) -> None:
    """Zeros kept, phones as numbers taken, rooms turned into dates and lost digits refused."""
    assert read(cell, "code") == value


def test_a_refused_date_is_named_as_the_workbook_shows_it() -> None:
    """By its own day zero."""
    found = convert(number("36193", "yyyy-mm-dd"), column("code"), Reader(date1904=True))
    assert isinstance(found, Refusal)
    assert "2003-02-03" in found.message


def test_texts_stay_as_they_are() -> None:
    """Full-width signs, inner blanks and line breaks belong to the text; a number is what is seen."""
    assert read(" 厨房漏水，\n已修（二次） ", "text") == "厨房漏水，\n已修（二次）"
    assert read(number("2.5"), "text") == "2.5"
    assert read(number("0.5", "0%"), "text") == "50%"
    assert read(number("37655", "m/d"), "text") == "text.is_date"


# --- choices, ticks, empties ----------------------------------------------------------------------------------


def test_choices_are_compared_by_what_they_say() -> None:
    """Width, case and blanks aside; the form's own spelling is the value; others only where the list is open."""
    choices = ("APP/微信", "前台")
    assert read("ａｐｐ／微信", "choice", choices=choices) == "APP/微信"
    assert read("前 台", "choice", choices=choices) == "前台"
    assert read("门岗", "choice", choices=choices) == "choice.unknown"
    assert read("门岗", "choice", choices=choices, open=True) == "门岗"
    assert read("无", "choice", choices=("有", "无")) == "无"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("√", True),
        ("✔", True),
        ("是", True),
        ("Y", True),
        ("×", False),
        ("否", False),
        ("无", False),
        ("—", None),
        ("○", "tick.unreadable"),
    ],
)
def test_ticks(text: str, value: Any) -> None:
    """√ and × in the spellings in use; signs that mean either are refused."""
    assert read(text, "tick") == value


@pytest.mark.parametrize("text", ["无", "/", "—", "——", "-", "－", "／", "空白", "（空白）", "暂无", "\\"])
def test_marks_of_emptiness(text: str) -> None:
    """They mean empty where a cell may be empty, and are recorded; a duty they do not fulfil."""
    found = convert(text_cell(text), column("money"), Reader())
    assert isinstance(found, Value)
    assert found.value is None
    assert text in found.remark
    assert read(text, "money", required=True) == "cell.required"


def test_zero_is_a_value() -> None:
    """0 is not empty."""
    assert read("0", "money", required=True) == 0


@pytest.mark.parametrize("text", ["同上", "〃", '"', "同前"])
def test_same_as_above_only_with_leave(text: str) -> None:
    """A column has to allow it."""
    assert read(text, "text") == "cell.ditto"
    assert read(text, "text", ditto=True) is Ditto.ABOVE


# --- number formats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", Shape.GENERAL),
        ("General", Shape.GENERAL),
        ("@", Shape.TEXT),
        ("0.00", Shape.NUMBER),
        ("#,##0.00_);[Red](#,##0.00)", Shape.NUMBER),
        ("0.0%", Shape.PERCENT),
        ("0.00E+00", Shape.NUMBER),
        ("yyyy/m/d", Shape.DATE),
        ("m月d日", Shape.DATE),
        ("[$-804]yyyy年m月", Shape.DATE),
        ("mmm-yy", Shape.DATE),
        ("yyyy-mm-dd hh:mm", Shape.DATETIME),
        ("h:mm AM/PM", Shape.TIME),
        ("上午/下午h:mm", Shape.TIME),
        ("mm:ss", Shape.TIME),
        ("[h]:mm", Shape.DURATION),
        ('0"天"', Shape.NUMBER),
        ('#,##0"元"', Shape.NUMBER),
        ("[DBNum1]yyyy年m月d日", Shape.DATE),
    ],
)
def test_shapes_of_formats(code: str, expected: Shape) -> None:
    """A date is told from an amount by its format, quoted words and conditions aside."""
    assert shape(code) is expected


def test_formats_known_by_number() -> None:
    """14–22, 27–36, 45–47 and 50–58 show moments in Chinese Excel (ECMA-376 18.8.30)."""
    moments = {n for n, code in BUILT_IN.items() if shape(code).is_moment}
    assert moments == {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
