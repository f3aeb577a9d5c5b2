"""Forms: what form.toml declares, what a period is, and which faults of a declaration are found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from given.broken_forms import write_form
from given.broken_inputs import FORM, FORM_ID
from given.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

from docgen.errors import TemplateError
from docgen.forms.declaration import Form
from docgen.forms.loading import load_form, load_forms, parse_form
from foundation.folding import normal_label
from foundation.period import Period

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = ROOT / "templates"


@pytest.fixture(scope="module")
def form() -> Form:
    return parse_form(FORM.encode(), FORM_ID)


def test_a_declaration_is_read_into_frozen_values(form: Form) -> None:
    """The folder's name is the id; types, bounds and choices are there; nothing can be changed afterwards."""
    quantity = form.table("repairs").column("quantity")
    assert (form.id, form.title, form.period) == (FORM_ID, "报修登记", "month")
    assert (quantity.label, quantity.type, quantity.min, quantity.max) == ("维修材料 数量", "integer", 1, 99)
    assert form.fields[0].choices == ("客户服务部", "工程维修部")
    with pytest.raises(Exception, match="frozen"):
        form.title = "别的"  # type: ignore[misc]


def test_what_does_not_exist_is_a_key_error(form: Form) -> None:
    """Asking for a table or a column that is not declared."""
    with pytest.raises(KeyError):
        form.table("complaints")
    with pytest.raises(KeyError):
        form.table("repairs").column("colour")


def test_labels_are_titles_and_aliases(form: Form) -> None:
    """What a heading, a sheet or a file may be called."""
    assert form.labels == ("报修登记", "报修台账")
    assert form.table("repairs").column("order_no").labels == ("工单编号", "工单号")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("报修台帐", "报修台账"),
        ("联系 电话", "联系电话"),
        ("ＮＯ．", "no."),
        ("房号/位置", "房号／位置"),
        ("图像", "图象"),
    ],
)
def test_headings_are_compared_by_what_they_say(one: str, other: str) -> None:
    """Width, blanks, case and 帐/账 do not make another heading."""
    assert normal_label(one) == normal_label(other)


def test_an_office_overrides_a_shipped_form(tmp_path: Path) -> None:
    """A later root's folder of the same name is the one that counts; other forms stay."""
    write_form(tmp_path / "shipped")
    (tmp_path / "shipped" / "plan").mkdir()
    (tmp_path / "shipped" / "plan" / "form.toml").write_text('title = "月计划"', encoding="utf-8")
    write_form(tmp_path / "own", FORM.replace('title = "报修登记"', 'title = "本中心报修"', 1).encode())
    forms = load_forms(tmp_path / "shipped", tmp_path / "own")
    assert {name: form.title for name, form in forms.items()} == {FORM_ID: "本中心报修", "plan": "月计划"}


def test_faults_of_several_forms_are_reported_together(tmp_path: Path) -> None:
    """One bad form does not hide another."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "form.toml").write_text('title = "甲"\nperiode = "month"', encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        load_forms(tmp_path)
    assert [problem.where for problem in caught.value.problems] == [f"{n}/form.toml:2 periode" for n in ("one", "two")]


def test_a_declaration_saved_by_notepad_is_read(tmp_path: Path) -> None:
    """UTF-8 with a byte order mark, as Windows writes it."""
    assert load_form(write_form(tmp_path, b"\xef\xbb\xbf" + FORM.encode())).title == "报修登记"


def test_shipped_forms_are_sound() -> None:
    """Every form under templates/ loads, and every table of it has columns and a JSON Schema."""
    forms = load_forms(SHIPPED)
    assert {"repairs", "complaints", "fees", "department-report"} <= set(forms)
    for form in forms.values():
        schema = form.json_schema()
        assert set(schema["properties"]) == {f.key for f in form.fields} | {t.key for t in form.tables}


def test_json_schema_says_what_a_row_may_be(form: Form) -> None:
    """Types, choices, bounds and duty; what is optional may be null."""
    row = form.json_schema()["properties"]["repairs"]["items"]
    assert row["required"] == ["order_no", "received", "room", "category"]
    assert row["properties"]["category"] == {
        "title": "报修类别",
        "type": "string",
        "enum": ["给排水", "电梯", "公共照明"],
    }
    assert row["properties"]["quantity"] == {
        "title": "数量",
        "type": ["integer", "null"],
        "minimum": 1.0,
        "maximum": 99.0,
    }
    assert row["properties"]["finished"] == {"title": "完成日期", "type": ["string", "null"], "format": "date"}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("", "报修登记 2026年10月.xlsx"),
        ("{title} {period}.xlsx", "报修登记 2026年10月.xlsx"),
        ("{code} {title} {department}.xlsx", "报修登记 客户服务部.xlsx"),
    ],
)
def test_file_names_follow_the_pattern(pattern: str, name: str) -> None:
    """Parts that are empty leave no blanks behind."""
    form = parse_form(f'title = "报修登记"\nfile = "{pattern}"'.encode(), "x")
    assert form.file_name(Period.parse("2026-10"), "客户服务部") == name


def test_a_file_name_may_take_head_fields() -> None:
    """What is not known leaves no gap; what Windows refuses and blanks are left out, and a name stays short."""
    source = 'title = "记录"\nfile = "{title} {period} {name}.xlsx"\n[[fields]]\nkey = "name"\ntitle = "名称"\n'
    form = parse_form(source.encode(), "x")
    day = Period.parse("2026-10-18")
    assert form.file_name(day) == "记录 2026年10月18日.xlsx"
    assert form.file_name(day, fields={"name": "3栋/电梯: 困人?"}) == "记录 2026年10月18日 3栋电梯困人.xlsx"
    assert len(form.file_name(day, fields={"name": "长" * 300})) < 70
    with pytest.raises(TemplateError) as caught:
        parse_form(source.replace("{name}", "{nome}").encode(), "x")
    assert [problem.code for problem in caught.value.problems] == ["form.bad_file"]


def test_rules_over_head_fields_name_head_fields() -> None:
    """A rule of the form itself: an unknown field, an unknown cell and a broken expression, each at its line."""
    source = """title = "记录"
[[fields]]
key = "began"
title = "开始"
type = "date"
[[checks]]
when = "began is not none and ended < began"
column = "ending"
message = "早"
[[checks]]
when = "began ="
column = "began"
message = "早"
"""
    with pytest.raises(TemplateError) as caught:
        parse_form(source.encode(), "x")
    assert {(problem.where.split()[0], problem.code) for problem in caught.value.problems} == {
        ("x/form.toml:7", "form.unknown_column"),
        ("x/form.toml:8", "form.unknown_column"),
        ("x/form.toml:11", "form.bad_expression"),
    }


# --- periods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spelled", "label"),
    [
        ("2026-10", "2026-10", "2026年10月"),
        ("2026.1", "2026-01", "2026年1月"),
        ("202610", "2026-10", "2026年10月"),
        ("２０２６年１０月", "2026-10", "2026年10月"),
        ("2026年10月份", "2026-10", "2026年10月"),
        ("26年10月", "2026-10", "2026年10月"),
        ("2026-10-03", "2026-10-03", "2026年10月3日"),
        ("20261003", "2026-10-03", "2026年10月3日"),
        ("2026年10月3日", "2026-10-03", "2026年10月3日"),
        ("2026", "2026", "2026年"),
        ("2026年度", "2026", "2026年"),
        ("2026年下半年", "2026-H2", "2026年下半年"),
        ("2026-h1", "2026-H1", "2026年上半年"),
        ("２０２６年 上半年", "2026-H1", "2026年上半年"),
    ],
)
def test_periods_in_the_spellings_offices_use(text: str, spelled: str, label: str) -> None:
    """Read, written for names and options, and printed."""
    period = Period.parse(text)
    assert (str(period), period.label) == (spelled, label)


def test_neighbours_of_a_period() -> None:
    """上月 at January is December; 同期 of 29 February is the 28th; a month ends on its last day."""
    assert str(Period.parse("2026-01").previous()) == "2025-12"
    assert str(Period.parse("2026-12").following()) == "2027-01"
    assert str(Period.parse("2024-02-29").same_last_year()) == "2023-02-28"
    assert Period.parse("2024-02").same_last_year().last == date(2023, 2, 28)
    assert Period.parse("2024-02").last == date(2024, 2, 29)
    assert str(Period.parse("2026-H1").previous()) == "2025-H2"
    assert (Period.half(2026, 2).first, Period.half(2026, 2).last) == (date(2026, 7, 1), date(2026, 12, 31))


def test_a_period_of_a_kind_is_the_one_the_day_lies_in() -> None:
    """A moment gives its day; a kind there is not is an error."""
    moment = datetime(2026, 7, 1, 0, 5)
    assert [str(Period.of(kind, moment)) for kind in ("day", "month", "half", "year")] == [
        "2026-07-01",
        "2026-07",
        "2026-H2",
        "2026",
    ]
    with pytest.raises(ValueError, match="week"):
        Period.of("week", moment)


def test_a_period_contains_its_days_and_moments_and_not_an_empty_cell() -> None:
    """The last minute of the last day is inside."""
    october = Period.parse("2026-10")
    assert october.contains(date(2026, 10, 1))
    assert october.contains(datetime(2026, 10, 31, 23, 59))
    assert not october.contains(date(2026, 11, 1))
    assert not october.contains(None)


@given(st.dates(date(2000, 2, 1), date(2099, 11, 30)))
def test_periods_round_trip(day: date) -> None:
    """What a period prints as, in either form, reads as the same period; before and after are inverse."""
    for period in (Period.of(kind, day) for kind in ("day", "month", "half", "year")):
        assert Period.parse(str(period)) == Period.parse(period.label) == period
        assert period.previous().following() == period
        assert period.contains(day)


def test_bounds_are_exact() -> None:
    """0.1 in TOML is 0.1, not its binary neighbour."""
    source = FORM.replace("max = 99", "max = 99\n").replace("min = 0\n", "min = 0.1\n", 1)
    assert parse_form(source.encode(), FORM_ID).table("repairs").column("fee").min == Decimal("0.1")


@pytest.mark.parametrize(
    ("added", "code"),
    [
        ('[[carry]]\ntable = "repairs"\ncolumns = 5\n', "form.wrong_kind"),
        ('[[carry]]\ntable = "repairs"\ntitle = "接上月"\n', "form.unknown_key"),
        (
            '[[checks]]\nwhen = "department is none"\ncolumn = "department"\nmessage = "空"\ntitle = "x"\n',
            "form.unknown_key",
        ),
    ],
)
def test_a_key_that_belongs_elsewhere_is_one_fault(added: str, code: str) -> None:
    """Reading ends: what cannot be put right by a stand-in is left out."""
    with pytest.raises(TemplateError) as caught:
        parse_form((FORM + "\n" + added).encode(), FORM_ID)
    assert [problem.code for problem in caught.value.problems] == [code]
