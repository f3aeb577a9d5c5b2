"""Names are compared one way: headings, titles of classes, codes, words in the names of files."""

from __future__ import annotations

import pytest

from foundation.folding import folded, normal_label, normal_name


@pytest.mark.parametrize(
    ("one", "other"),
    [("收费台帐", "收费台账"), ("图像资料", "图象资料"), ("ＱＧ", "qg"), ("ABC", "abc"), ("が", "か\u3099")],
)
def test_ways_of_writing_are_alike_to_every_reader(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert normal_label(one) == normal_label(other)
    assert normal_name(one) == normal_name(other)
    assert len(folded(one)) == len(folded(other)) <= len(one)


@pytest.mark.parametrize(
    ("one", "other"), [("报 修\n时间", "报修时间"), ("order_no", "orderno"), ("报修　人", "报修人")]
)
def test_blanks_in_a_heading_do_not_count(one: str, other: str) -> None:
    assert normal_label(one) == normal_label(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("《月工作计划》", "月工作计划"), ("QG—FW—01—01", "QG-FW-01-01"), ("QG_FW_01", "qg-fw-01"), ("月 报", "月报")],
)
def test_title_marks_and_kinds_of_dashes_do_not_count_in_a_name(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other)


def test_a_dash_in_a_code_counts() -> None:
    assert normal_name("1-11") != normal_name("11-1")
