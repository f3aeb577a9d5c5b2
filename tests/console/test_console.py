"""Terminal output holds its columns when it speaks Chinese."""

from __future__ import annotations

from itertools import pairwise

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import terminal as console
from docgen.errors import Place, Problem

MIXED = st.text(
    alphabet=st.sampled_from("报修登记，。（）《》 abc12.%-（") | st.characters(codec="utf-8"), max_size=200
)


def test_a_chinese_character_is_two_columns_wide() -> None:
    assert console.width("报修 A1") == 7
    assert console.width(click.style("报修", fg="red")) == 4
    assert console.pad("报修", 6) == "报修  "


@given(MIXED, st.integers(4, 60))
def test_wrapping_loses_nothing_but_blanks(text: str, columns: int) -> None:
    assert "".join("".join(console.wrap(text, columns)).split()) == "".join(text.split())


@given(st.text(alphabet="报修登记月工作，。（）《》", max_size=200), st.integers(12, 60))
def test_chinese_lines_keep_the_rules_of_setting(text: str, columns: int) -> None:
    lines = console.wrap(text, columns)
    for before, line in pairwise(lines):
        assert line[0] not in console.NOT_FIRST
        assert before[-1] not in console.NOT_LAST


def test_lines_are_as_wide_as_allowed_and_no_wider() -> None:
    text = "报修登记 2026年10月.xlsx 的第12行，受理时间晚于完成时间，请核对后改正。" * 4
    lines = console.wrap(text, 40)
    assert max(map(console.width, lines)) <= 40
    assert min(map(console.width, lines[:-1])) >= 30


@pytest.mark.parametrize(
    ("where", "file", "place"),
    [
        (Place("报修登记.xlsx", "报修登记", "F12"), "报修登记.xlsx", "报修登记!F12"),
        (Place("报修登记 2026年10月.xlsx", "报修登记", "F12"), "报修登记 2026年10月.xlsx", "报修登记!F12"),
        (Place("月报.docx", part="正文 表2 行2 列2"), "月报.docx", "正文 表2 行2 列2"),
        (Place("repairs/form.toml", line=12), "repairs/form.toml", "12"),
        (Place("报修登记.xlsx"), "报修登记.xlsx", ""),
        (Place("registers/2026-10"), "registers/2026-10", ""),
        (Place("2026-13"), "", "2026-13"),
    ],
)
def test_a_place_is_told_apart_into_file_and_place(where: Place, file: str, place: str) -> None:
    found = console.split_place(where)
    assert found[0] == file
    assert found[1].endswith(place) or place in found[1]


def test_problems_are_listed_under_their_file_with_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_problems(
        [
            Problem(Place("报修.xlsx", "报修登记", "F12"), "不是时间", "写成 2026-10-03 08:05。"),
            Problem(Place("报修.xlsx", "报修登记", "G13"), "缺少费用"),
            Problem("", "没有台账"),
        ]
    )
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == "报修.xlsx"
    assert [line.strip() for line in shown[1:]] == [
        "• 报修登记!F12：不是时间",
        "→ 写成 2026-10-03 08:05。",
        "• 报修登记!G13：缺少费用",
        "• 没有台账",
    ]


def test_a_table_is_aligned_by_columns_not_characters(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(("表单", "n"), [("repairs", "1"), ("报修登记", "12")], right=frozenset({1}))
    lines = capsys.readouterr().out.splitlines()
    assert {console.width(line) for line in lines} == {12}
