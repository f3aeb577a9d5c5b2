"""The scanner: where tags begin and end in a paragraph's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docgen.template.tags import TagKind, scan, straighten


def texts(source: str) -> list[str]:
    return [tag.text for tag in scan(source).tags]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a {{ x }} b", ["{{ x }}"]),
        ("{{ x }}{{ y }}", ["{{ x }}", "{{ y }}"]),
        ("{% if x %}a{% endif %}", ["{% if x %}", "{% endif %}"]),
        ("{# a note #}b", ["{# a note #}"]),
        ("no tag { } % # {", []),
        ("{{ {'a': 1}['a'] }} b", ["{{ {'a': 1}['a'] }}"]),
        ("{{ {'a': {'b': 1}} }}", ["{{ {'a': {'b': 1}} }}"]),
        ("{{ x[y[0]] }}", ["{{ x[y[0]] }}"]),
        ("{{x}}", ["{{x}}"]),
        ("{%if x%}", ["{%if x%}"]),
    ],
)
def test_tags_are_found_where_they_stand(source: str, found: list[str]) -> None:
    """Each tag is cut out exactly, whatever stands around it; braces of a dict belong to the tag."""
    assert texts(source) == found
    assert all(source[tag.start : tag.end] == tag.text for tag in scan(source).tags)


@pytest.mark.parametrize(
    "tag",
    [
        '{{ "a }} b" }}',
        "{{ 'a }} b' }}",
        '{% if x == "%}" %}',
        "{% set x = '100%}' %}",
        '{{ "50%" }}',
        r'{{ "a \" }} b" }}',
        "{{ “a }} b” }}",
        "{{ ‘a }} b’ }}",
        '{{ "it\'s }}" }}',
    ],
)
def test_the_end_of_a_tag_inside_a_literal_is_text(tag: str) -> None:
    """``%}``, ``}}``, quotes and percent signs are legal in every literal, typographic quotes included."""
    assert texts(f"vor {tag} nach {tag}") == [tag, tag]


@pytest.mark.parametrize(
    ("tag", "prefix", "body", "kind"),
    [
        ("{{ x }}", "", "x", TagKind.EXPRESSION),
        ("{{p x }}", "p", "x", TagKind.EXPRESSION),
        ("{{r x }}", "r", "x", TagKind.EXPRESSION),
        ("{{tr x }}", "tr", "x", TagKind.EXPRESSION),
        ("{{ p }}", "", "p", TagKind.EXPRESSION),
        ("{{p}}", "", "p", TagKind.EXPRESSION),
        ("{{r.name}}", "", "r.name", TagKind.EXPRESSION),
        ("{{r|upper}}", "", "r|upper", TagKind.EXPRESSION),
        ("{{r + 1}}", "", "r + 1", TagKind.EXPRESSION),
        ("{{price}}", "", "price", TagKind.EXPRESSION),
        ("{%p if x %}", "p", "if x", TagKind.STATEMENT),
        ("{%tr for r in rows %}", "tr", "for r in rows", TagKind.STATEMENT),
        ("{%tc endfor %}", "tc", "endfor", TagKind.STATEMENT),
        ("{%r if x %}", "r", "if x", TagKind.STATEMENT),
        ("{% print x %}", "", "print x", TagKind.STATEMENT),
        ("{% vm %}", "", "vm", TagKind.CELL),
        ("{% vm r.block %}", "", "vm r.block", TagKind.CELL),
        ("{% hm %}", "", "hm", TagKind.CELL),
        ("{% colspan n %}", "", "colspan n", TagKind.CELL),
        ('{% cellbg "FFFFFF" %}', "", 'cellbg "FFFFFF"', TagKind.CELL),
        ("{% colwidth 30 %}", "", "colwidth 30", TagKind.CELL),
        ("{%p # x %}", "p", "# x", TagKind.STATEMENT),
        ("{#tr a note #}", "tr", "a note", TagKind.COMMENT),
        ("{% raw %}", "", "raw", TagKind.RAW),
    ],
)
def test_a_tag_is_read_for_what_it_is(tag: str, prefix: str, body: str, kind: TagKind) -> None:
    """A prefix is a prefix only right behind the brace and before something: ``{{ p }}`` is the value p."""
    (found,) = scan(tag).tags
    assert (found.prefix, found.body, found.kind) == (prefix, body, kind)


def test_joining_signs_are_not_part_of_the_expression() -> None:
    """``{%-`` and ``-%}`` say that paragraphs join; they leave the body clean."""
    first, second, third = scan("{%- if x -%}{{- y }}{% z +%}").tags
    assert (first.body, first.trim_left, first.trim_right) == ("if x", True, True)
    assert (second.body, second.trim_left, second.trim_right) == ("y", True, False)
    assert (third.body, third.trim_left, third.trim_right) == ("z", False, False)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("x == “是”", 'x == "是"'),
        ("x == ‘是’", "x == '是'"),
        ('"他说“好”"', '"他说“好”"'),
        ("“it's”", '"it\'s"'),
        ("x\u00a0+\u3000y", "x + y"),
        ("”是”", '"是"'),
        (r'"a\"“b"', r'"a\"“b"'),
    ],
)
def test_typographic_quotes_around_a_literal_become_straight_and_those_inside_stay(typed: str, read: str) -> None:
    """Word makes curly quotes by itself; a template works with them, and text keeps the quotes it has."""
    assert straighten(typed) == read


@pytest.mark.parametrize("sign", ["｛｛ x ｝｝", "{％ if x ％}", "｛% if x %｝", "{｛ x }}", "｛{ x }}"])
def test_full_width_signs_are_reported(sign: str) -> None:
    """A tag typed with the Chinese input method on is pointed out, not printed in silence."""
    assert {fault.code for fault in scan(f"甲 {sign} 乙").faults} >= {"tag.fullwidth"}


@pytest.mark.parametrize(
    "text", ["增长５０％，达标", "｛备注｝", "（％）", "100％｛x", "{{ '｛｛' }}", '{{ "％}" }}', "{# ％} #}"]
)
def test_full_width_signs_that_are_no_tag_are_text(text: str) -> None:
    """A full-width percent sign or brace in running text, or inside a tag's literal, is nobody's fault."""
    assert scan(text).faults == ()


@pytest.mark.parametrize(
    ("source", "closer"), [("{{ x", "}}"), ("a {% if x", "%}"), ("{# x", "#}"), ("{{ 'x", "}}"), ("{{ x }", "}}")]
)
def test_a_tag_without_end_is_a_fault_that_says_what_to_write(source: str, closer: str) -> None:
    """The fault stands where the tag begins and names the missing sign."""
    (fault,) = scan(source).faults
    assert (fault.code, fault.at) == ("tag.unclosed", source.index("{"))
    assert closer in fault.hint
    assert scan(source).tags == ()


def test_tags_behind_an_unclosed_one_are_still_found() -> None:
    """One slip does not hide the rest of the paragraph."""
    found = scan("{% if x  {{ y }} {# z")
    assert [tag.text for tag in found.tags] == ["{{ y }}"]
    assert [fault.code for fault in found.faults] == ["tag.unclosed", "tag.unclosed"]


def test_a_quote_that_does_not_end_costs_only_its_own_tag() -> None:
    """An unbalanced quote inside a closed tag is that tag's fault; the next tag is read."""
    assert texts("{{ it's }} and {{ y }}") == ["{{ it's }}", "{{ y }}"]


def test_what_stands_between_raw_and_endraw_is_text() -> None:
    """Also over several paragraphs: the state goes from one text to the next."""
    first = scan("{{ a }}{% raw %}{{ b }}")
    assert [tag.text for tag in first.tags] == ["{{ a }}", "{% raw %}"]
    assert first.raw_open
    second = scan("{{ c }}｛｛{% endraw %}{{ d }}", raw_open=True)
    assert [tag.text for tag in second.tags] == ["{% endraw %}", "{{ d }}"]
    assert not second.raw_open
    assert second.faults == ()


@pytest.mark.parametrize(
    ("source", "printed"), [("{_{ x }_}", "{{ x }}"), ("{_% x %_}", "{% x %}"), ("{_{", "{{"), ("a_b", "a_b")]
)
def test_escaped_braces_lose_their_underscore_and_are_no_tags(source: str, printed: str) -> None:
    """``{_{`` prints ``{{``."""
    found = scan(source)
    assert found.tags == ()
    gone = {escape.at for escape in found.escapes}
    assert "".join(c for i, c in enumerate(source) if i not in gone) == printed


@given(st.text(st.sampled_from("{}%#_'\"“”‘’\\ axrt-｛％"), max_size=40))
def test_any_text_at_all_can_be_scanned(text: str) -> None:
    """Nothing a person types breaks the scanner; tags are in order and do not overlap."""
    found = scan(text)
    ends = [0, *(tag.end for tag in found.tags)]
    assert all(tag.start >= end for tag, end in zip(found.tags, ends, strict=False))
    assert all(text[tag.start : tag.end] == tag.text for tag in found.tags)
    assert all(fault.message and fault.hint and fault.code and 0 <= fault.at < len(text) for fault in found.faults)
