# ruff: noqa: E501 - a sheet is drawn in one line
"""Faults of a template and of its data: all at once, each at its sheet and cell."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from given.workbooks import book, template, values

from docgen import DataError, ExcelTemplate, TemplateError

if TYPE_CHECKING:
    from pathlib import Path

LOOP = "{%tr for r in rows %}"
END = "{%tr endfor %}"


def faults(**sheets: str) -> list[tuple[str, str]]:
    with pytest.raises(TemplateError) as caught:
        ExcelTemplate.load(book(**sheets), name="台账.xlsx")
    assert all(p.message and p.hint for p in caught.value.problems)
    return [(p.where.removeprefix("台账.xlsx "), p.code) for p in caught.value.problems]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (f"{LOOP}\n{{{{ r.x }}}}", [("a!A1", "block.open")]),
        (f"x\n{END}", [("a!A2", "block.order")]),
        (f"{LOOP}\n{{%tr endif %}}\n{END}", [("a!A2", "block.order")]),
        (f"{LOOP} | 序号\n{{{{ r.x }}}}\n{END}", [("a!B1", "tag.beside")]),
        (f"第{LOOP}\n{{{{ r.x }}}}\n{END}", [("a!A1", "tag.beside")]),
        ("{%p if x %}", [("a!A1", "tag.unsupported")]),
        ("{%tc for x in y %}", [("a!A1", "tag.unsupported")]),
        ("{{r x }}", [("a!A1", "tag.unsupported")]),
        ("{%tr macro m() %}\nx\n{%tr endmacro %}", [("a!A1", "tag.unsupported"), ("a!A3", "tag.unsupported")]),
        ("x | {{ y", [("a!B1", "tag.unclosed")]),
        ("{{ y + }}", [("a!A1", "tag.syntax")]),
        ("{{ y|日其 }}", [("a!A1", "tag.filter")]),
        ("{{ y.__class__ }}", [("a!A1", "tag.unsafe")]),
        ("｛｛ y }}", [("a!A1", "tag.fullwidth")]),
        ("{% raw %}{{ x }}", [("a!A1", "tag.raw")]),
        ("{% vm %}{{ x }}", [("a!A1", "tag.outside-loop")]),
        ("{% hm %}{{ x }}", [("a!A1", "tag.unsupported")]),
        ("{% colwidth 3 %}{{ x }}", [("a!A1", "tag.unsupported")]),
        (f"{LOOP}\n=A1+1\n{END}", [("a!A2", "formula.above")]),
        ("{% include 'x' %}", [("a!A1", "tag.unsupported")]),
        ("{% if x %}开 | {{ y }}", [("a!A1", "tag.syntax")]),
        (f"{{%tr for r in %}}\n{{{{ r.x|没有 }}}}\n{END}", [("a!A1", "tag.syntax"), ("a!A2", "tag.filter")]),
    ],
)
def test_a_fault_is_told_at_its_cell(drawn: str, expected: list[tuple[str, str]]) -> None:
    assert faults(a=drawn) == expected


def test_faults_of_all_sheets_are_told_together() -> None:
    found = faults(甲=f"{LOOP}\n{{{{ r.x }}}}", 乙="{{ x|没有 }}\n{{ (1 }}", **{"丙 丁": "{%p if x %}\n{{ x"})
    assert [where for where, _code in found] == ["甲!A1", "丙 丁!A1", "丙 丁!A2", "乙!A1", "乙!A2"]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    from given.documents import document, p

    word = document(p("x"))
    for blob, code in ((b"", "package.empty"), (b"x" * 99, "package.foreign"), (word, "package.no-workbook")):
        path = tmp_path / "a.xlsx"
        path.write_bytes(blob)
        with pytest.raises(TemplateError) as caught:
            ExcelTemplate.load(path)
        assert [p.code for p in caught.value.problems] == [code]


def test_missing_data_are_told_with_their_place_and_item_all_at_once() -> None:
    made = template(
        汇总="{{ office.name }} | =SUM(明细!A2)",
        明细=f"{LOOP}\n{{{{ r.a }}}} | {{{{ r.b.c }}}} | =A2*2 | {{{{ 10 / r.a }}}}\n{END}\n{{{{ total }}}}",
    )
    with pytest.raises(DataError) as caught:
        made.render({"office": {}, "rows": [{"a": 1, "b": {"c": 2}}, {"a": 2, "b": {}}]})
    assert [(p.where, p.code) for p in caught.value.problems] == [
        ("t.xlsx 明细!B2 第2项", "data.missing"),
        ("t.xlsx 明细!A4", "data.missing"),
        ("t.xlsx 汇总!A1", "data.missing"),
    ]


def test_a_sheet_that_breaks_off_writes_no_workbook(tmp_path: Path) -> None:
    """Promises of the rows before are not kept, the other sheets still tell what they miss, a file stays as it was."""
    made = template(a=f"{LOOP}\n{{{{ 10 / r.a }}}} | =A2/A$4\n{END}\n=SUM(A2)", b="{{ gone }}")
    target = tmp_path / "x.xlsx"
    target.write_bytes(b"before")
    for render in (made.render, lambda data: made.render_to(data, target)):
        with pytest.raises(DataError) as caught:
            render({"rows": [{"a": 1}, {"a": 2}, {"a": 0}, {"a": 1}]})
        assert [(p.where, p.code) for p in caught.value.problems] == [
            ("t.xlsx a!A2 第3项", "data.failure"),
            ("t.xlsx b!A1", "data.missing"),
        ]
    assert target.read_bytes() == b"before"
    file = BytesIO(b"abc")
    file.seek(3)
    with pytest.raises(DataError):
        made.render_to({"rows": [{"a": 0}]}, file)
    assert file.getvalue() == b"abc"


def test_more_rows_than_a_sheet_holds_are_refused_early() -> None:
    made = template(台账=f"标题\n{LOOP}\n{{{{ r }}}}\n{END}\n=SUM(A3)")
    drawn = [0]

    def endless() -> Any:
        while drawn[0] < 3_000_000:
            drawn[0] += 1
            yield drawn[0]

    with pytest.raises(DataError) as caught:
        made.render({"rows": endless()})
    assert [(p.where, p.code) for p in caught.value.problems] == [("t.xlsx 台账!A1048576", "sheet.too-many-rows")]
    assert drawn[0] < 1_050_000


def test_what_a_template_needs_is_known_without_data() -> None:
    made = template(
        a=f"{{{{ t }}}}\n{LOOP}\n{{{{ r.a }}}} | {{% vm r.g %}}{{{{ r.b }}}}号\n{END}\n{{%tr if late %}}\nx\n{{%tr endif %}}"
    )
    assert {str(n): n.kind for n in made.needs()} == {
        "t": "scalar", "rows[].a": "scalar", "rows[].b": "scalar", "rows[].g": "scalar", "late": "condition",
    }  # fmt: skip


def test_threads_render_one_template_without_mixing() -> None:
    from concurrent.futures import ThreadPoolExecutor

    made = template(a=f"{{{{ n }}}}\n{LOOP}\n{{{{ r }}}} | =A3/A$5\n{END}\n=SUM(A3)")

    def job(n: int) -> bool:
        drawn = values(made.render({"n": f"第{n}", "rows": [n] * (n % 7 + 1)})).splitlines()
        return drawn[0] == f"第{n}" and drawn[-1] == str(n * (n % 7 + 1)) and len(drawn) == n % 7 + 3

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(job, range(1, 201)))


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (f"{LOOP}\n{{{{ r.a }}}}\n=A2*2\n{END}\n=SUM(A2)", [("a!A5", "formula.mixed")]),
        (f"{LOOP}\n{{{{ r.a }}}}\n{END}\n=A2*2 | =SUM(A2)", [("a!A4", "formula.many")]),
        (f"{LOOP}\n{{{{ r.a }}}} | =A2*2\n说明\n{END}\n=SUM(A2) | =SUM(B2)", []),
        ("{%tr if x %}\n1\n{%tr endif %}\n=A2*2", []),
    ],
)
def test_what_is_hardly_meant_so_is_a_warning(drawn: str, expected: list[tuple[str, str]]) -> None:
    """A total over its own subtotals, one cell that becomes many."""
    made = ExcelTemplate.load(book(a=drawn), name="t.xlsx")
    assert [(p.where.removeprefix("t.xlsx "), p.code) for p in made.warnings] == expected
