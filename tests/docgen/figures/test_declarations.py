"""Declarations: every fault of one is told at once, and what holds for all of them whatever the rows."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from given.figures import FIVE, OCTOBER, REPAIRS, TEMPLATES, VISITS, figure, lines, measure, rows
from given.places import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.errors import DataError, TemplateError
from docgen.figures.declarations import SECTIONS, parse
from docgen.figures.evaluation import evaluate
from docgen.figures.objectives import judge, load_objectives, parse_objectives
from docgen.figures.results import Figure, Measures
from docgen.forms.loading import load_forms
from foundation.language import use

if TYPE_CHECKING:
    from pathlib import Path


# --- faults -------------------------------------------------------------------------------------------------------


def faults(toml: str, columns: dict[str, list[str]] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(TemplateError) as caught:
        parse(tomllib.loads(toml), "form.toml", columns)
    return [(p.where, p.code) for p in caught.value.problems]


def test_every_fault_of_a_declaration_is_reported_at_once():
    found = faults(
        """
        [[derive]]
        table = "t"
        key = "period"
        expr = "a"
        [[figures]]
        key = "one"
        title = ""
        table = "t"
        numerator = "a = 1"
        unit = "percents"
        wher = "a"
        [[figures]]
        key = "one"
        title = "二"
        table = "u"
        count = "a"
        sum = "a"
        [[figures]]
        key = "Three"
        title = "三"
        quotient = ["one", "two"]
        [[breakdowns]]
        key = "b"
        table = "t"
        by = "missing"
        columns = [{ key = "n", count = "a + nothing" }]
        [[lists]]
        key = "l"
        table = "t"
        where = 3
        order = ["nope"]
        """,
        {"t": ["a"]},
    )
    assert found == [
        ("form.toml [[derive]] 1 period", "declaration.value"),
        ("form.toml [[figures]] 1 one", "declaration.key"),
        ("form.toml [[figures]] 1 one", "declaration.missing"),
        ("form.toml [[figures]] 1 one", "declaration.value"),
        ("form.toml [[figures]] 1 one", "declaration.expression"),
        ("form.toml [[figures]] 2 one", "declaration.twice"),
        ("form.toml [[figures]] 2 one", "declaration.table"),
        ("form.toml [[figures]] 2 one", "declaration.kind"),
        ("form.toml [[figures]] 3 Three", "declaration.value"),
        ("form.toml [[figures]] 3 Three", "declaration.figure"),
        ("form.toml [[breakdowns]] 1 b", "declaration.name"),
        ("form.toml [[breakdowns]] 1 b [[columns]] 1 n", "declaration.name"),
        ("form.toml [[lists]] 1 l", "declaration.value"),
        ("form.toml [[lists]] 1 l", "declaration.name"),
    ]


@pytest.mark.parametrize(
    "toml",
    [
        'numerator_sum="a"',
        'now="a"',
        'count="a"\nper="a"',
        'count="a"\nat_least=2',
        'distinct="a"\nper="a"\nroster=["a","b"]',
        'numerator="a"\nunit="index"',
        'numerator="a"\nscale="100"',
        'numerator="a"\ndigits=-1',
        'numerator=""',
        'numerator="a) %}{{ a"',
        'numerator="tables.nowhere | length"',
        "",
    ],
)
def test_a_calculation_that_makes_no_sense_is_refused(toml: str):
    assert faults(f'[[figures]]\nkey="x"\ntitle="x"\ntable="t"\n{toml}', {"t": ["a"]})


def test_a_wrong_name_is_answered_with_the_right_one():
    with pytest.raises(TemplateError) as caught, use("en"):
        parse(
            tomllib.loads('[[figures]]\nkey="x"\ntitle="x"\ntable="t"\ncount="recieved"'), columns={"t": ["received"]}
        )
    assert caught.value.problems[0].hint == "Did you mean 'received'?"


def test_a_cell_that_stops_a_figure_is_named_with_all_figures_it_stops():
    """Nothing is guessed: an empty time is an error at its row, not a late repair."""
    toml = """
    [[figures]]
    key = "a"
    title = "报修及时率"
    table = "r"
    numerator = "hours(received, finished) <= 24"
    [[figures]]
    key = "b"
    title = "超时"
    table = "r"
    count = "hours(received, finished) <= 24"
    [[figures]]
    key = "c"
    title = "费用"
    table = "r"
    sum = "category"
    """
    with pytest.raises(DataError) as caught, use("en"):
        measure(toml, r=REPAIRS[1:4])
    problems = caught.value.problems
    assert [p.where for p in problems] == [
        "报修.xlsx 报修!4",
        "报修.xlsx 报修!3",
        "报修.xlsx 报修!4",
        "报修.xlsx 报修!5",
    ]
    assert problems[0].message == "「报修及时率」、「超时」 cannot be computed: hours need two dates with times"
    assert "B4 finished = empty" in problems[0].hint
    assert {p.code for p in problems} == {"measure.value"}


@pytest.mark.parametrize("expression", ["finished < received", "nosuch", "fee / 0", "received.__class__", "fee + '元'"])
def test_no_expression_ends_in_a_python_error(expression: str):
    """Python's own words never reach a clerk."""
    with pytest.raises(DataError) as caught, use("en"):
        figure(f'table="r"\ncount="{expression}"', r=REPAIRS[:3])
    assert "Type" not in str(caught.value)
    assert "NoneType" not in str(caught.value)


def test_a_setting_that_is_missing_is_named():
    with pytest.raises(DataError) as caught, use("en"):
        figure(f'{FIVE}roster="settings.visitors"', {}, v=VISITS)
    assert [(p.where, p.message) for p in caught.value.problems] == [
        ("guidang.toml", "「指标」 cannot be computed: 'visitors' is not in the data")
    ]


def test_objectives_report_every_fault():
    with pytest.raises(TemplateError) as caught:
        parse_objectives(
            {"objectives": [{"clause": "2.1", "figure": "x", "comparison": "=>", "target": "九成", "goal": 1}]}
        )
    assert len(caught.value.problems) == 4
    with pytest.raises(TemplateError) as caught:
        judge(parse_objectives({"objectives": [{"clause": "1", "title": "t", "figure": "no", "target": 1}]}), {})
    assert caught.value.problems[0].code == "objective.figure"


def test_objectives_are_read_from_a_file(tmp_path: Path):
    """TOML numbers are exact: 0.97 is 97 hundredths, not the nearest binary fraction."""
    path = tmp_path / "objectives.toml"
    path.write_text('[[objectives]]\nclause="2.1"\ntitle="收缴率"\nfigure="x"\ntarget=0.97\n', encoding="utf-8")
    assert load_objectives(path)[0].target == Decimal("0.97")
    path.write_text("[[objectives", encoding="utf-8")
    with pytest.raises(TemplateError):
        load_objectives(path)


# --- properties ---------------------------------------------------------------------------------------------------

COLUMNS = {"a": st.none() | st.integers(0, 9), "b": st.integers(0, 9), "c": st.sampled_from(["x", "y", "z"])}
CELLS = st.fixed_dictionaries(COLUMNS)
ALL_KINDS = {
    "ratio": {"where": "b > 1", "unknown": "a is none", "denominator": "b < 8", "numerator": "a >= 5"},
    "sums": {"where": "c != 'z'", "numerator_sum": "a", "denominator_sum": "b"},
    "count": {"count": "c == 'x'"},
    "sum": {"sum": "b"},
    "mean": {"mean": "a"},
    "distinct": {"distinct": "a"},
    "groups": {"distinct": "b", "per": "c", "at_least": 2},
    "change": {"now": "b", "base": "a"},
    "derived": {"count": "twice > 10"},
}
DECLARED = parse(
    {
        "derive": [{"table": "t", "key": "twice", "expr": "b * 2"}],
        "figures": [{"key": key, "title": key, "table": "t", **toml} for key, toml in ALL_KINDS.items()],
    }
)


def computed(values: list[dict[str, Any]]) -> Measures:
    return evaluate(DECLARED, {"t": rows("t", *values)}, period=OCTOBER, settings={})


@given(st.lists(CELLS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_row_counts_once(values: list[dict[str, Any]]):
    """hits ∪ misses = rows, without overlap; unknown rows are in neither; parts add up; numerator ≤ denominator."""
    for key, found in computed(values).figures.items():
        assert sorted(lines(found.hits) + lines(found.misses)) == lines(found.rows)
        assert not set(lines(found.unknown)) & set(lines(found.rows))
        if key != "groups":
            assert sum(p.above for p in found.parts) == found.numerator
        if found.denominator is not None and key != "groups":
            assert sum(p.below for p in found.parts) == found.denominator
        if key in {"ratio", "groups"}:
            assert found.numerator <= found.denominator
            assert found.value is None or 0 <= found.value <= 1


@given(st.lists(CELLS, min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_changing_one_cell_changes_only_the_figures_that_rest_on_its_column(
    values: list[dict[str, Any]], data: st.DataObject
):
    at, column = data.draw(st.integers(0, len(values) - 1)), data.draw(st.sampled_from(list(COLUMNS)))
    changed = [dict(v) for v in values]
    changed[at][column] = data.draw(COLUMNS[column])
    before, after = computed(values).figures, computed(changed).figures

    def seen(f: Figure) -> tuple[Any, ...]:
        return (f.numerator, f.denominator, f.value, lines(f.hits), lines(f.misses), lines(f.unknown), f.text)

    for key, found in before.items():
        if column not in found.columns:
            assert seen(found) == seen(after[key])


def test_figures_know_their_columns():
    """The columns a figure rests on, through derived ones too: what the annex shows, and what may change it."""
    found = computed([]).figures
    assert {key: set(f.columns) for key, f in found.items()} == {
        "ratio": {"a", "b"},
        "sums": {"a", "b", "c"},
        "count": {"c"},
        "sum": {"b"},
        "mean": {"a"},
        "distinct": {"a"},
        "groups": {"b", "c"},
        "change": {"a", "b"},
        "derived": {"twice", "b"},
    }


def test_the_declared_sections_are_those_documented():
    assert SECTIONS == ("derive", "figures", "breakdowns", "lists")


def test_the_documented_declarations_are_valid():
    """docs/measures.md: every example parses, and all of them together name no unknown figure."""
    text = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    examples = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    joined = {
        section: [entry for e in examples for entry in e.get(section, [])] for section in (*SECTIONS, "objectives")
    }
    declared = parse(joined)
    kinds = {f.calculation.kind for f in declared.figures}
    assert kinds == {"ratio", "sums", "count", "sum", "mean", "distinct", "groups", "change", "quotient"}
    assert {o.figure for o in parse_objectives(joined)} <= {f.key for f in declared.figures}


def test_the_shipped_report_names_only_what_its_sources_have():
    """templates/monthly-report and objectives.toml: every table, column and figure they name exists."""
    forms = load_forms(TEMPLATES)
    report = forms["monthly-report"]
    columns = {
        table.key: [column.key for column in table.columns] + [field.key for field in forms[source].fields]
        for source in report.sources
        for table in forms[source].tables
    }
    declared = parse({section: getattr(report, section) for section in SECTIONS}, "form.toml", columns)
    assert {o.figure for o in load_objectives(TEMPLATES / "objectives.toml")} <= {f.key for f in declared.figures}
