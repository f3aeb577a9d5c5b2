"""A compiled template is a function: no state, no clock, no library it does not need, time and memory in proportion."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from given.documents import PNG, contents, document, p, paragraphs, table, text
from given.places import ROOT
from lxml import etree

from docgen import DataError, Image, WordTemplate
from docgen.template import compiler, package
from docgen.template import render as rendering
from docgen.template.needs import Need, compare, json_schema, sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START, END = '<w:bookmarkStart w:id="1" w:name="a"/>', '<w:bookmarkEnd w:id="1"/>'
ROWS = ["{%tr for r in rows %}", ""], ["{{ r.a }}", "{{ r.b }}"], ["{%tr endfor %}", ""]
SOURCE = document(
    p("标题 {{ title }}"),
    table([["甲", "乙"], *ROWS]),
    p("{% if rows %}共 {{ rows|length }} 行{% else %}无{% endif %}"),
    p(
        '<w:bookmarkStart w:id="1" w:name="a"/>',
        "{% for r in rows %}{{ r.a }}{% endfor %}",
        '<w:bookmarkEnd w:id="1"/>',
    ),
    header=p("{{ title }}"),
    footer=p("页脚"),
)
CONTEXT = {"title": "月报", "rows": [{"a": 1, "b": "水"}, {"a": 2, "b": "电 & 气"}]}


def python(code: str, *arguments: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={"PATH": "", "PYTHONUTF8": "1", **environment},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


# --- no state ---------------------------------------------------------------------------------------------------


def test_eight_threads_render_one_template_a_thousand_times_each_and_nothing_mixes() -> None:
    """Every document holds its own data and nobody else's."""
    template = WordTemplate.load(document(p("{{ who }}"), table([*ROWS]), header=p("{{ who }}")))
    wanted: dict[int, bytes] = {}
    mixed: list[tuple[int, int]] = []
    start = threading.Barrier(8)

    def context(who: int) -> dict[str, Any]:
        return {"who": f"线程{who}", "rows": [{"a": f"{who}-{i}", "b": who} for i in range(who + 1)]}

    def work(who: int) -> None:
        start.wait()
        mine = context(who)
        mixed.extend((who, i) for i in range(1000) if template.render(mine) != wanted[who])

    for who in range(8):  # one after the other first
        wanted[who] = template.render(context(who))
        said = [str(t) for i in range(who + 1) for t in (f"{who}-{i}", who)]
        assert [t for t in paragraphs(wanted[who]) if t] == [f"线程{who}", *said]
    threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []


def test_failing_and_succeeding_renders_do_not_disturb_each_other() -> None:
    """A thread whose data lack a name gets its own problems; the others get their documents."""
    template = WordTemplate.load(document(p("{{ a }}{{ b.c }}")))
    wanted = template.render({"a": 1, "b": {"c": 2}})
    found: list[list[str]] = []

    def fail() -> None:
        for i in range(200):
            with pytest.raises(DataError) as refused:
                template.render({"a": i, "b": {}})
            found.append([problem.code for problem in refused.value.problems])

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert all(template.render({"a": 1, "b": {"c": 2}}) == wanted for _ in range(200))
    for thread in threads:
        thread.join()
    assert found == [["data.missing"]] * 800


PRINT_HASH = """
import hashlib, json, sys
from docgen import WordTemplate, Image
template = WordTemplate.load(sys.argv[1])
for argument in sys.argv[2:]:
    blob = template.render(json.loads(argument) | {"picture": sys.argv[1].replace("docx", "png")})
print(hashlib.sha256(blob).hexdigest())
"""


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    """A template with everything a render gathers: pictures, links, bookmarks in loops."""
    path = tmp_path / "t.docx"
    path.write_bytes(
        document(
            p("{{ title }}{{ picture|image(w=20) }}"),
            p("{%p for r in rows %}"),
            p(START, "{{ r.a }}{{ picture|image }}", END),
            p("{%p endfor %}"),
            p("{% for k in {'x': 1, 'y': 2} %}{{ k }}{% endfor %}{{ ['b', 'a']|unique|join }}"),
            header=p("{{ picture|image(w=10) }}"),
        )
    )
    (tmp_path / "t.png").write_bytes(PNG)
    return path


def test_the_same_bytes_in_every_process(pictured: Path) -> None:
    """Whatever the hash seed, the time zone and the locale."""
    data = json.dumps(CONTEXT)
    surroundings = [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "TZ": "America/New_York"},
    ]
    assert len({python(PRINT_HASH, str(pictured), data, **env) for env in surroundings}) == 1


def test_a_render_leaves_no_trace(pictured: Path) -> None:
    """Rendering other data first changes nothing: the second document equals the one of a new process."""
    other, wanted = json.dumps(CONTEXT | {"title": "其他", "rows": [{"a": "x"}] * 9}), json.dumps(CONTEXT)
    assert python(PRINT_HASH, str(pictured), other, other, wanted) == python(PRINT_HASH, str(pictured), wanted)


def test_a_failed_render_leaves_no_trace() -> None:
    """After an error in the middle the next document is as if nothing had been."""
    template, fresh = WordTemplate.load(SOURCE), WordTemplate.load(SOURCE)
    with pytest.raises(DataError):
        template.render({"title": 1, "rows": [{"a": 1, "b": 2}, {"a": 1}]})
    assert template.render(CONTEXT) == fresh.render(CONTEXT)


def test_the_data_are_not_changed() -> None:
    """A render reads the context and writes nothing into it."""
    context = {"title": "a", "rows": [{"a": 1, "b": [1, 2]}]}
    before = repr(context)
    WordTemplate.load(SOURCE).render(context)
    assert repr(context) == before


def test_a_template_renders_the_same_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is not read: a document made later is the same document."""
    template = WordTemplate.load(SOURCE)
    first = template.render(CONTEXT)
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert template.render(CONTEXT) == first
    assert WordTemplate.load(SOURCE).render(CONTEXT) == first


# --- nothing that is not needed -----------------------------------------------------------------------------------


def test_a_render_loads_no_word_library(pictured: Path) -> None:
    """python-docx, docxcompose and Pillow stay out of a process that places no picture."""
    code = (
        "import sys\nfrom docgen import WordTemplate\n"
        "WordTemplate.load(sys.argv[1]).render({'title': 'x', 'rows': [], 'picture': ''})\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'docx', 'docxcompose', 'docxtpl', 'PIL', 'openpyxl'}))"
    )
    assert python(code, str(pictured)).strip() == "[]"


def test_a_render_parses_no_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of lxml's ways to a tree are closed after compiling, and the document comes out the same."""
    template = WordTemplate.load(SOURCE)
    wanted = template.render(CONTEXT)

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a render parses XML")

    for name in ("fromstring", "parse", "XML", "XMLParser", "iterparse", "tostring"):
        monkeypatch.setattr(etree, name, refuse)
    assert template.render(CONTEXT) == wanted
    template.render_to(CONTEXT, io.BytesIO())


def test_a_render_deflates_only_the_parts_that_have_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """One compressor a part with tags; every other member's compressed bytes are the template's own."""
    template = WordTemplate.load(SOURCE)
    made: list[str] = []
    original = package.compressor

    def counted(kind: str) -> package.Compressor:
        made.append(kind)
        return original(kind)

    monkeypatch.setattr(package, "compressor", counted)
    monkeypatch.setattr(zlib, "compressobj", lambda *_a: pytest.fail("deflated beside the compressor"))
    result = template.render(CONTEXT)
    assert made == ["fast", "fast"]  # body and header
    before, after = raw_members(SOURCE), raw_members(result)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"word/document.xml", "word/header1.xml"}


def raw_members(blob: bytes) -> dict[str, bytes]:
    """The compressed bytes of every member."""
    return {name: member.data for name, member in package.read_package(blob, "x").items()}


def test_a_template_without_tags_comes_out_part_for_part() -> None:
    """Nothing is touched where nothing is asked for."""
    source = document(p("no tags"), header=p("none"))
    assert raw_members(WordTemplate.load(source).render({})) == raw_members(source)


def test_a_picture_is_stored_once_whoever_shows_it() -> None:
    """Body and header, ten times: one member."""
    source = document(p("{% for i in range(10) %}{{ a }}{{ b|image(w=5) }}{% endfor %}"), header=p("{{ a }}"))
    result = WordTemplate.load(source).render({"a": Image.of(PNG), "b": PNG})
    assert [name for name in contents(result) if "media" in name] != []
    assert len([name for name in contents(result) if "media" in name]) == 1


# --- what a template needs ----------------------------------------------------------------------------------------


def needs(*body: str, **parts: str) -> dict[str, str]:
    return {str(n): n.kind for n in WordTemplate.load(document(*body, **parts)).needs()}


def test_needs_are_paths_with_their_kinds() -> None:
    """``rows[].a`` is a value of each row; a name only tested is a condition; loops are lists."""
    assert needs(
        p("{{ title }}{% if urgent %}!{% endif %}{{ office.name }}"),
        table([*ROWS]),
        p(
            "{% for r in rows %}{% for x in r.parts %}{{ x.n }}{% endfor %}{% endfor %}"
            "{% for z in empty %}a{% endfor %}"
        ),
        header=p("{{ period.label|upper }}"),
    ) == {
        "title": "scalar",
        "urgent": "condition",
        "office.name": "scalar",
        "rows[].a": "scalar",
        "rows[].b": "scalar",
        "rows[].parts[].n": "scalar",
        "empty": "list",
        "period.label": "scalar",
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{% set x = a.b %}{{ x.c }}", {"a.b.c"}),
        ("{% set x %}{{ a }}{% endset %}{{ x }}", {"a"}),
        ("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}", {"d"}),
        ("{% for r in rows|sort(attribute='n') %}{{ r.a }}{% endfor %}", {"rows[].a"}),
        ("{% for r in rows if r.late %}{{ r.a }}{% endfor %}", {"rows[].late", "rows[].a"}),
        ("{{ rows[0].a }}{{ rows[-1]['b'] }}", {"rows[].a", "rows[].b"}),
        ("{{ (rows|first).a }}{{ rows|length }}", {"rows[].a"}),
        ("{{ a if b else c }}", {"a", "b", "c"}),
        ("{{ a|default(b) }}", {"a", "b"}),
        ("{{ d[key] }}", {"d[]", "key"}),
        ("{% with x = a %}{{ x.b }}{% endwith %}", {"a.b"}),
        ("{% macro m(x) %}{{ x }}{{ y }}{% endmacro %}{{ m(z) }}", {"y", "z"}),
        ("{{ range(n) }}{{ loop }}{{ dict(a=b) }}", {"n", "b"}),
        ("{% for i in range(3) %}{{ loop.index }}{{ i }}{% endfor %}", set()),
        ("{{ '{}'.format(a) }}{{ t.upper() }}{{ 'x' ~ b }}", {"a", "t", "b"}),
        ("{% filter upper %}{{ a }}{% endfilter %}", {"a"}),
    ],
)
def test_needs_see_through_the_template_s_own_names(source: str, found: set[str]) -> None:
    """Assignments, loops, macros, filters and methods: what is named is what the data must have."""
    assert set(needs(p(source))) == found


def test_from_the_needs_a_schema_and_sample_data_that_render() -> None:
    """Objects, arrays and scalars as the paths say; the sample fits the template."""
    template = WordTemplate.load(SOURCE)
    assert json_schema(template.needs()) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"type": "object", "properties": {"a": {}, "b": {}}}},
            "title": {},
        },
    }
    data = sample(template.needs(), rows=3)
    assert data["title"] == "title"
    assert [row["a"] for row in data["rows"]] == ["rows[0].a", "rows[1].a", "rows[2].a"]
    assert "rows[2].a" in text(template.render(data))
    assert sample([]) == {}


def test_two_versions_of_a_template_are_compared_by_what_they_need() -> None:
    """A new need breaks data made for the old version; one less does not."""
    old = [Need("a", "scalar"), Need("rows[].b", "scalar")]
    new = [Need("a", "scalar"), Need("rows[].c", "scalar")]
    difference = compare(old, new)
    assert (difference.added, difference.removed, difference.breaking) == ({"rows[].c"}, {"rows[].b"}, True)
    assert not compare(old, old[:1]).breaking


# --- streaming, limits, proportion ----------------------------------------------------------------------------------

STREAM = """
import resource, sys
from docgen import WordTemplate
template = WordTemplate.load(sys.argv[1])
def rows(n):
    for i in range(n):
        yield {"a": i, "b": "水龙头漏水"}
template.render_to({"title": "x", "rows": rows(100)}, sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
template.render_to({"title": "x", "rows": rows(int(sys.argv[3]))}, sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is asked of POSIX")
def test_rows_from_a_generator_are_streamed_in_constant_memory(tmp_path: Path) -> None:
    """20,000 rows, some 9 MB of XML, leave the process no more than a few MiB larger; all of them are there."""
    source, target = tmp_path / "t.docx", tmp_path / "out.docx"
    source.write_bytes(document(p("{{ title }}"), table([*ROWS])))
    grown = int(python(STREAM, str(source), str(target), "20000")) // (1024 if sys.platform == "darwin" else 1)
    assert grown < 8 * 1024
    with zipfile.ZipFile(target) as archive:
        xml = archive.read("word/document.xml")
    assert len(xml) > 4 * 2**20
    assert xml.count(b"<w:tr>") == 20_000
    assert b">19999<" in xml


def test_a_generator_is_read_once_and_only_as_far_as_it_goes() -> None:
    """One pass, in order; the streamed document is the one of a list."""
    source = document(table([*ROWS]))
    template = WordTemplate.load(source)
    taken: list[int] = []

    def rows() -> Iterator[dict[str, int]]:
        for i in range(50):
            taken.append(i)
            yield {"a": i, "b": -i}

    streamed = io.BytesIO()
    template.render_to({"rows": rows()}, streamed)
    assert taken == list(range(50))
    listed = template.render({"rows": [{"a": i, "b": -i} for i in range(50)]})
    assert contents(streamed.getvalue()) == contents(listed)


def test_a_document_that_grows_without_bound_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The limit on the size of a part is an error with a remedy (lowered here; two gigabytes in earnest)."""
    monkeypatch.setattr(rendering, "MAX_OUTPUT", 2**20)
    template = WordTemplate.load(document(table([*ROWS])), name="a.docx")
    endless = ({"a": "x" * 1000, "b": i} for i in count())
    with pytest.raises(DataError) as refused:
        template.render({"rows": endless})
    assert (refused.value.problems[0].code, refused.value.problems[0].where) == ("output.limit", "a.docx")
    with pytest.raises(DataError):
        template.render_to({"rows": endless}, tmp_path / "a.docx")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError):  # many small pieces that only together are too much
        template.render({"rows": [{"a": "x" * 100, "b": 1}] * 5000})
    assert template.render({"rows": [{"a": 1, "b": 2}]})


def test_a_loop_that_runs_too_long_is_stopped_at_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop's own tag is named."""
    monkeypatch.setattr(compiler, "MAX_LOOP", 100)
    template = WordTemplate.load(document(table([*ROWS])), name="a.docx")
    with pytest.raises(DataError) as refused:
        template.render({"rows": ({"a": 1, "b": 2} for _ in count())})
    assert "表1 行1 列1" in refused.value.problems[0].where


def test_time_is_in_proportion_to_the_size_of_the_template() -> None:
    """12,000 values take about four times as long as 3,000, compiled and rendered; twice that is allowed."""

    def seconds(values: int) -> float:
        source = document(*(p(f"第{i}项 {{{{ v{i} }}}}") for i in range(values)))
        context = {f"v{i}": f"值{i}" for i in range(values)}
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            result = WordTemplate.load(source).render(context)
            best = min(best, time.process_time() - start)
        assert hashlib.sha256(result).digest()
        return best

    assert seconds(12_000) < 8 * seconds(3_000)


def test_time_is_in_proportion_to_the_number_of_rows() -> None:
    """40,000 rows take about four times as long as 10,000."""
    template = WordTemplate.load(document(table([*ROWS])))

    def seconds(rows: int) -> float:
        context = {"rows": [{"a": i, "b": "水"} for i in range(rows)]}
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            template.render(context)
            best = min(best, time.process_time() - start)
        return best

    seconds(1_000)
    assert seconds(40_000) < 8 * seconds(10_000)
