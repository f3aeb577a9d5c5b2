"""Broken input is refused with place, rule and remedy, in Chinese and in English, and nothing is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from given.broken_forms import FORMS, FormCase, write_form
from given.broken_inputs import FORM, FORM_ID, PERIODS, WORKBOOKS, Case, book, saved

from docgen.errors import DataError, Problem, TemplateError
from docgen.forms.loading import load_form, load_forms, parse_form
from docgen.registers.reader import read
from foundation.language import use
from foundation.period import Period, PeriodError

if TYPE_CHECKING:
    from pathlib import Path

    from docgen.forms.declaration import Form

OCTOBER = Period.parse("2026-10")


@pytest.fixture(scope="module")
def form() -> Form:
    return parse_form(FORM.encode(), FORM_ID)


def problems_in(path: Path, form: Form, language: str) -> tuple[Problem, ...]:
    with use(language), pytest.raises(DataError) as caught:
        read(path, form, period=OCTOBER)
    return caught.value.problems


def own_words(text: str) -> str:
    """A message without what it quotes from the file or the form."""
    return re.sub(r"“[^”]*”|'[^']*'", "", text)


def has_chinese(text: str) -> bool:
    return re.search("[一-鿿]", own_words(text)) is not None


def assert_both_languages(chinese: Problem, english: Problem) -> None:
    """Both say what is wrong and what to do, in their own language, at the same place, under the same code."""
    assert (chinese.where, chinese.code) == (english.where, english.code)
    assert has_chinese(chinese.message), chinese
    assert has_chinese(chinese.hint), chinese
    assert english.message.strip(), english
    assert english.hint.strip() or english.code == "row.check", english  # a form's own rules speak Chinese


def test_the_sound_workbook_is_read(form: Form, tmp_path: Path) -> None:
    """What the cases change is sound before: two rows, no problem, no warning."""
    path = tmp_path / "报修登记.xlsx"
    path.write_bytes(saved(book()))
    reading = read(path, form, period=OCTOBER)
    assert len(reading.tables["repairs"].rows) == 2
    assert reading.fields == {"department": "工程维修部"}
    assert reading.warnings == ()


@pytest.mark.parametrize("case", WORKBOOKS, ids=lambda case: case.id)
def test_broken_workbook(case: Case, form: Form, tmp_path: Path) -> None:
    """One fault, one problem: at its place, with its code, in both languages; the file stays as it was, alone."""
    path = case.write(tmp_path)
    before = path.read_bytes()
    (english,) = problems_in(path, form, "en")
    (chinese,) = problems_in(path, form, "zh_CN")
    assert (english.where, english.code) == (case.where, case.code)
    assert case.says in english.message
    assert case.says in chinese.message
    assert_both_languages(chinese, english)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("case", FORMS, ids=lambda case: case.id)
def test_broken_form(case: FormCase) -> None:
    """A fault of a declaration is found at its line and key, before any workbook is touched."""
    found = []
    for language in ("en", "zh_CN"):
        with use(language), pytest.raises(TemplateError) as caught:
            parse_form(case.source(), FORM_ID)
        found.append(caught.value.problems)
    ((english,), (chinese,)) = found
    assert (english.where, english.code) == (case.where, case.code)
    assert case.says in english.message
    assert_both_languages(chinese, english)


@pytest.mark.parametrize("text", PERIODS)
def test_broken_period(text: str) -> None:
    """What is no period, or leaves the year open, is refused: the clock is never asked."""
    found = []
    for language in ("en", "zh_CN"):
        with use(language), pytest.raises(PeriodError) as caught:
            Period.parse(text)
        found += caught.value.problems
    assert [problem.code for problem in found] == ["period.unreadable"] * 2
    assert_both_languages(found[1], found[0])


def test_file_not_there(form: Form, tmp_path: Path) -> None:
    """A path that leads nowhere, and one that leads to a folder."""
    for path, code in ((tmp_path / "没有.xlsx", "file.missing"), (tmp_path, "file.folder")):
        (chinese,), (english,) = problems_in(path, form, "zh_CN"), problems_in(path, form, "en")
        assert (english.where, english.code) == (str(path), code)
        assert_both_languages(chinese, english)


def test_form_not_there_and_not_text(tmp_path: Path) -> None:
    """A folder without form.toml, and a form.toml saved as GBK."""
    with pytest.raises(TemplateError) as caught:
        load_form(tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["form.unreadable"]
    with pytest.raises(TemplateError) as caught:
        load_form(write_form(tmp_path, FORM.encode("gbk")))
    assert [(p.where, p.code) for p in caught.value.problems] == [(f"{FORM_ID}/form.toml", "form.encoding")]


def test_source_that_is_no_form(tmp_path: Path) -> None:
    """A report drawing on a register that does not exist is found when the forms are loaded."""
    write_form(tmp_path, FORM.replace("[[fields]]", 'sources = ["repair-table"]\n\n[[fields]]', 1).encode())
    with pytest.raises(TemplateError) as caught:
        load_forms(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.where, problem.code) == (f"{FORM_ID}/form.toml sources", "form.unknown_source")
    assert FORM_ID in problem.hint


def test_all_faults_of_a_workbook_at_once(form: Form, tmp_path: Path) -> None:
    """Ten faults in one file are ten problems in one error, each at its own cell."""
    cells = {
        "B2": "绿化组",
        "A6": "WX001",
        "B6": "10.3",
        "C6": None,
        "E6": "同上",
        "H5": 1.5,
        "I5": "约四十",
        "J5": "上周三",
        "K5": 50,
        "L5": "○",
    }
    path = tmp_path / "报修登记.xlsx"
    path.write_bytes(saved(book(**cells)))
    assert {problem.where.rpartition("!")[2] for problem in problems_in(path, form, "zh_CN")} == set(cells)


def test_all_faults_of_a_form_at_once() -> None:
    """Wrong shapes do not hide contradictions elsewhere: both are reported together."""
    source = FORM.replace('period = "month"', 'period = "monat"').replace('total = ["fee"]', 'total = ["fees"]')
    source = source.replace("max = 99", 'max = "many"').replace('key = "phone"', 'key = "room"')
    with pytest.raises(TemplateError) as caught:
        parse_form(source.encode(), FORM_ID)
    codes = {problem.code for problem in caught.value.problems}
    assert codes == {
        "form.bad_value",
        "form.unknown_column",
        "form.wrong_kind",
        "form.double_key",
        "form.double_label",
    } - {"form.double_label"}


def test_there_are_enough_cases() -> None:
    """The table covers many kinds, and no kind is named twice."""
    names = [case.id for case in (*WORKBOOKS, *FORMS)]
    assert len(names) == len(set(names)) >= 100
