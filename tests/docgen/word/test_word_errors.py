"""Every fault of a template and every misfit of data: a stable code, the exact place, words in two languages."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from given.broken_templates import BROKEN, FIVE_FAULTS, SOUND, UNFIT, Broken, Unfit
from given.documents import contents, document, p, paragraphs, table

from docgen import DataError, DocgenError, Problem, TemplateError, WordTemplate
from docgen.template.filters import FORMATTERS
from foundation import language as i18n

FILE = "月报.docx"
CHINESE = re.compile("[\u4e00-\u9fff]")


def load_problems(content: bytes) -> tuple[Problem, ...]:
    with pytest.raises(TemplateError) as refused:
        WordTemplate.load(content, name=FILE)
    return refused.value.problems


def render_problems(content: bytes, context: dict[str, Any]) -> tuple[Problem, ...]:
    template = WordTemplate.load(content, name=FILE)
    with pytest.raises(DataError) as refused:
        template.render(context)
    return refused.value.problems


def by_name(case: Broken | Unfit) -> str:
    return case.name


def assert_says(problems: tuple[Problem, ...], language: str) -> None:
    """Message and hint are there, in that language and no other."""
    for problem in problems:
        assert problem.message
        assert problem.hint
        assert "{" not in problem.hint or re.search(r"\{\{|\{%", problem.hint)
        quoted = r"“[^”]*”|'[^']*'|\{[{%].*?[}%]\}|" + "|".join(sorted(FORMATTERS, key=len, reverse=True))
        own_words = re.sub(quoted, "", problem.message + problem.hint)
        assert bool(CHINESE.search(own_words)) == (language == "zh_CN"), problem


@pytest.mark.parametrize("case", BROKEN, ids=by_name)
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_broken_template_is_refused_with_code_place_and_remedy(case: Broken, language: str) -> None:
    """Loading fails; the first problem has the code and names the place; message and hint say what to do."""
    with i18n.use(language):
        problems = load_problems(case.content)
    assert problems[0].code == case.code
    if language == "zh_CN":
        assert problems[0].where.removeprefix(FILE).strip().removeprefix("word/document.xml") == case.where
    assert problems[0].where.startswith(FILE)
    assert_says(problems, language)


@pytest.mark.parametrize("case", UNFIT, ids=by_name)
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_data_that_do_not_fit_are_refused_with_code_place_and_remedy(case: Unfit, language: str) -> None:
    """Rendering fails and gives nothing; the problem names table, row, column, and the item of the loop."""
    with i18n.use(language):
        problems = render_problems(case.content, case.context)
    assert [problem.code for problem in problems] == [case.code]
    if language == "zh_CN":
        assert problems[0].where == f"{FILE} {case.where}"
    assert problems[0].where.startswith(FILE)
    assert_says(problems, language)


@pytest.mark.parametrize("case", UNFIT, ids=by_name)
def test_a_refused_render_leaves_the_target_as_it_was(case: Unfit, tmp_path: Any) -> None:
    """``render_to`` a path keeps the old file, to an open file writes nothing that stays."""
    template = WordTemplate.load(case.content, name=FILE)
    old = tmp_path / "old.docx"
    old.write_bytes(b"old")
    with pytest.raises(DocgenError):
        template.render_to(case.context, old)
    assert old.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [old]
    file = io.BytesIO(b"before")
    file.seek(6)
    with pytest.raises(DocgenError):
        template.render_to(case.context, file)
    assert file.getvalue() == b"before"


def test_all_faults_of_a_template_are_told_at_once() -> None:
    """Five faults in body, table, header and footnote: five problems, each at its place, no other."""
    found = {(problem.where.removeprefix(FILE + " "), problem.code) for problem in load_problems(FIVE_FAULTS)}
    assert found == {
        ("正文 第1段", "tag.unclosed"),
        ("正文 表1 行2 列1", "tag.filter"),
        ("正文 表1 行2 列2", "block.open"),
        ("正文 第3段", "tag.syntax"),
        ("页眉1 表1 行1 列1", "tag.unsafe"),
        ("脚注 第1段", "tag.fullwidth"),
    }


def test_all_that_the_data_lack_is_told_at_once() -> None:
    """Missing names of body, rows and header come in one error, each with its place and its whole path."""
    source = document(
        p("{{ title }}"),
        table([["{%tr for r in rows %}", ""], ["{{ r.a }}", "{{ r.b.c }}"], ["{%tr endfor %}", ""]]),
        header=p("{{ office.name }}"),
    )
    problems = render_problems(source, {"rows": [{"a": 1, "b": {"c": 2}}, {"b": {}}], "office": {}})
    assert [(q.where.removeprefix(FILE + " "), q.code) for q in problems] == [
        ("正文 第1段", "data.missing"),
        ("正文 表1 行2 列1 第2项", "data.missing"),
        ("正文 表1 行2 列2 第2项", "data.missing"),
        ("页眉1 第1段", "data.missing"),
    ]
    for path, problem in zip(["title", "r.a", "r.b.c", "office.name"], problems, strict=True):
        assert f"“{path}”" in problem.message


def test_a_failing_part_does_not_hide_what_another_lacks() -> None:
    """A division by zero ends the body; the header's missing name is told all the same."""
    problems = render_problems(document(p("{{ 1/0 }}"), header=p("{{ x }}")), {})
    assert [problem.code for problem in problems] == ["data.failure", "data.missing"]


def test_a_column_missing_in_every_row_is_not_told_five_thousand_times() -> None:
    """The list of problems ends at a number a person can read."""
    source = document(table([["{%tr for r in rows %}"], ["{{ r.a }}"], ["{%tr endfor %}"]]))
    assert 1 <= len(render_problems(source, {"rows": [{}] * 5000})) <= 200


def test_an_unknown_filter_comes_with_the_one_that_was_meant() -> None:
    """The hint names the nearest filters."""
    (problem,) = load_problems(document(p("{{ x|金额大 }}")))
    assert "金额大写" in problem.hint
    (problem,) = load_problems(document(p("{{ x|percnt }}")))
    assert "percent" in problem.hint


def test_a_missing_end_names_the_end_to_write() -> None:
    """``{%tr for … %}`` asks for ``{%tr endfor %}``, ``{% if %}`` for ``{% endif %}``."""
    (problem,) = load_problems(document(table([["{%tr for r in x %}"], ["a"]])))
    assert "{%tr endfor %}" in problem.hint
    (problem,) = load_problems(document(p("{% if x %}a")))
    assert "{% endif %}" in problem.hint


def test_a_wrong_level_names_the_place_of_the_beginning() -> None:
    """Both ends of the block are named, so that one can be corrected."""
    (problem,) = load_problems(document(p("{%p if x %}"), table([["a"], ["{%tr endif %}"]])))
    assert "{%p if x %}" in problem.message
    assert "第1段" in problem.message
    assert "表1 行2 列1" in problem.where


@pytest.mark.parametrize("content", SOUND, ids=range(len(SOUND)))
def test_nothing_is_found_in_a_sound_template(content: bytes) -> None:
    """No false alarm, no warning."""
    assert WordTemplate.load(content).warnings == ()


def test_a_missing_name_may_be_tested_for_and_defaulted() -> None:
    """Asking whether something is there is no use of it."""
    source = document(p("{{ x|default('—') }}{{ a.b.c|default('—') }}{% if y is defined %}a{% else %}b{% endif %}"))
    assert paragraphs(WordTemplate.load(source).render({"a": {}})) == ["——b"]


def test_lenient_mode_prints_missing_names_empty() -> None:
    """``undefined="lenient"``: what is missing is empty, at any depth, in loops and conditions too."""
    source = document(p("a{{ x }}{{ x.y.z }}{% for r in rows %}{{ r }}{% endfor %}{% if q.w %}b{% endif %}c"))
    assert paragraphs(WordTemplate.load(source, undefined="lenient").render({})) == ["ac"]


def test_a_failed_render_keeps_its_cause() -> None:
    """For the programmer: the Python error that stopped a tag is the cause of the DataError."""
    with pytest.raises(DataError) as refused:
        WordTemplate.load(document(p("{{ 1/0 }}"))).render({})
    assert isinstance(refused.value.__cause__, ZeroDivisionError)


def test_a_template_in_a_deletion_is_a_warning_and_stays() -> None:
    """A tag in a tracked deletion is not rendered; the author is told where it stands."""
    deleted = '<w:del w:id="1" w:author="a"><w:r><w:delText>{{ x }}</w:delText></w:r></w:del>'
    template = WordTemplate.load(document(p("a", deleted)), name=FILE)
    assert [(w.code, w.where) for w in template.warnings] == [("tag.deleted", f"{FILE} 正文 第1段")]
    assert b"{{ x }}" in contents(template.render({}))["word/document.xml"]


def test_the_file_names_itself_when_loaded_from_a_path(tmp_path: Any) -> None:
    """Without ``name`` the place begins with the file's own name; a file that is not there is a TemplateError."""
    path = tmp_path / "模板.docx"
    path.write_bytes(document(p("{{ x")))
    with pytest.raises(TemplateError) as refused:
        WordTemplate.load(path)
    assert refused.value.problems[0].where == "模板.docx 正文 第1段"
    with pytest.raises(TemplateError) as refused:
        WordTemplate.load(tmp_path / "fehlt.docx")
    assert refused.value.problems[0].code == "package.unreadable"
