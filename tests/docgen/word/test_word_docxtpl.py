"""Templates written for docxtpl give the same text here, tag by tag, as docxtpl itself gives.

Each case is one line, before → after, in the notation of ``documents.blocks``; both engines render it. docxtpl runs
with autoescape, which is how this engine always runs.
"""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import docx
import docxtpl
import markupsafe
import pytest
from docx.shared import Mm
from given.documents import (
    PNG,
    W,
    add,
    blocks,
    cell,
    contents,
    document,
    members,
    note,
    outline,
    p,
    packed,
    row,
    run,
    table,
)
from lxml import etree

import docgen
from docgen.word.check import defects

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


def data(engine: Any) -> dict[str, Any]:
    """The values of all cases; rich ones in the engine's own classes."""
    link = {"url": "http://example.com/?a=1&b=2"} if engine is docgen else {"url_id": "rIdNone"}
    rich = engine.RichText("红", color="#FF0000", bold=True)
    rich.add("蓝", italic=True, font="eastAsia:微软雅黑")
    broken = engine.RichText("a\nb\tc")
    broken.add("d\ae\ff", underline="wave")
    styled = engine.RichTextParagraph("第一", parastyle="Quote")
    styled.add(rich)
    styled.add("上\a下", parastyle="Quote")
    linked = engine.RichText("见")
    linked.add("此处", **link)
    return {
        "name": "李四",
        "n": 3,
        "price": 12.5,
        "yes": True,
        "no": False,
        "empty": "",
        "rows": [{"a": "甲", "b": 1}, {"a": "乙", "b": 2}],
        "groups": [{"title": "东区", "rooms": ["101", "102"]}, {"title": "西区", "rooms": ["201"]}],
        "record": {"key": "值", "inner": {"list": ["零", "一"]}},
        "thing": SimpleNamespace(colour="红", inner=SimpleNamespace(size=3)),
        "cols": ["c1", "c2", "c3"],
        "none_at_all": [],
        "width": 2,
        "colour": "FFC000",
        "lines": "一\n二",
        "tab": "a\tb",
        "two": "x\ay",
        "page": "x\fy",
        "all_signs": "1\n2\t3\a4\f5",
        "listing": engine.Listing("<a>\nb\ac") if engine is docxtpl else "<a>\nb\ac",
        "sharp": "<b> & \"q\" 'p' ]]>",
        "escaped": markupsafe.escape('<b> & "q"'),
        "rich": rich,
        "broken": broken,
        "styled": styled,
        "linked": linked,
        "plain_rich": engine.RichText("<平> & 淡"),
    }


def by_docxtpl(template: bytes) -> bytes:
    """What docxtpl makes of it."""
    tpl = docxtpl.DocxTemplate(BytesIO(template))
    tpl.render(data(docxtpl), autoescape=True)
    buffer = BytesIO()
    tpl.save(buffer)
    return buffer.getvalue()


def by_docgen(template: bytes) -> bytes:
    """What this engine makes of it; always sound."""
    blob = docgen.WordTemplate.load(template).render(data(docgen))
    assert list(defects(blob)) == []
    return blob


def both(template: bytes, part: str = "word/document.xml") -> str:
    """The text of a part, which both engines agree on."""
    ours, theirs = outline(by_docgen(template), part), outline(by_docxtpl(template), part)
    assert ours == theirs
    return ours


VALUES = {
    "{{ name }}": "李四",
    "您好，{{ name }}！{{ n }}": "您好，李四！3",
    "{{ n + 1 }} {{ n * price }} {{ n // 2 }}": "4 37.5 1",
    "{{ record.key }} {{ record['key'] }} {{ record.inner.list[1] }}": "值 值 一",
    "{{ thing.colour }} {{ thing.inner.size }}": "红 3",
    "{{ rows[1].a }} {{ rows|length }} {{ rows|map(attribute='a')|join('、') }}": "乙 2 甲、乙",
    "{{ name|replace('李', '张') }} {{ price|round|int }} {{ missing|default('—') }}": "张四 12 —",
    "{{ '是' if yes else '否' }} {{ name is defined }} {{ 'a' ~ n }}": "是 True a3",
    "{{ ', '.join(cols) }} {{ '%05.1f'|format(price) }} {{ range(3)|list }}": "c1, c2, c3 012.5 [0, 1, 2]",
    "{{ sharp }}": "<b> & \"q\" 'p' ]]>",
    "{{ sharp|e }}": "<b> & \"q\" 'p' ]]>",
    "{{ escaped }}{{ escaped ~ '<' }}": '<b> & "q"<b> & "q"<',
    "[{{ empty }}]": "[]",
}
STATEMENTS = {
    "{% if yes %}a{% else %}b{% endif %}": "a",
    "{% if no %}a{% elif n == 3 %}b{% else %}c{% endif %}": "b",
    "{% if n > 2 and n < 9 and n >= 3 %}在内{% endif %}": "在内",
    "{% for r in rows %}{{ r.a }}{{ r.b }};{% endfor %}": "甲1;乙2;",
    "{% for r in rows %}{{ loop.index }}/{{ loop.length }}{% if not loop.last %}，{% endif %}{% endfor %}": "1/2，2/2",
    "{% for r in rows %}{{ loop.index0 }}{{ loop.first }}{{ loop.revindex }};{% endfor %}": "0True2;1False1;",
    "{% for c in none_at_all %}{{ c }}{% else %}无{% endfor %}": "无",
    "{% for r in rows if r.b > 1 %}{{ r.a }}{% endfor %}": "乙",
    "{% for g in groups %}{{ g.title }}{% for r in g.rooms %}{{ r }}{% endfor %};{% endfor %}": "东区101102;西区201;",
    "{% for g in groups %}{% for r in g.rooms %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}": "121;12;",
    "{% for k, v in record.inner.items() %}{{ k }}={{ v|join }}{% endfor %}": "list=零一",
    "{% for c in cols %}{{ loop.cycle('奇', '偶') }}{% endfor %}": "奇偶奇",
    "{% set x = n * 2 %}{{ x }}": "6",
    "{% set x %}块{{ n }}{% endset %}[{{ x }}]": "[块3]",
    "{% macro m(x, y='默') %}<{{ x }}{{ y }}>{% endmacro %}{{ m('a') }}{{ m(n, 'b') }}": "<a默><3b>",
    "{% macro w() %}({{ caller() }}){% endmacro %}{% call w() %}里{% endcall %}": "(里)",
    "{% macro w() %}({{ caller() }}){% endmacro %}{% call w() %}{{ sharp }}{{ lines }}{% endcall %}": (
        "(<b> & \"q\" 'p' ]]>一\n二)"
    ),
    "{% macro w(x) %}{{ x }}{% endmacro %}{{ w(lines)|replace('一', '三') }}{{ w(two) ~ '尾' }}": "三\n二x¶y尾",
    "{% set x %}{{ lines }}{% endset %}{{ x|length }}{{ x|replace('一', '三') }}": "3三\n二",
    "{% filter upper %}a{{ lines }}{% endfilter %}": "A一\n二",
    "{% with x = 5 %}{{ x }}{% endwith %}": "5",
    "{% filter upper %}ab{{ cols[0] }}{% endfilter %}": "ABC1",
    "{% set t = namespace(sum=0) %}{% for r in rows %}{% set t.sum = t.sum + r.b %}{% endfor %}{{ t.sum }}": "3",
    "{% for c in joiner(';') and cols %}{{ c }}{% endfor %}{{ dict(a=1).a }}": "c1c2c31",
    "{% raw %}{{ name }}{% endraw %} {{ n }}": "{{ name }} 3",
    "{% if yes %}a¶{% endif %}b": "a¶b",
    "x{% if no %}a¶b{% endif %}c": "xc",
    "{% for r in rows %}{{ r.a }}¶{% endfor %}": "甲¶乙¶",
    "a{# 注释 #}b": "ab",
}
PARAGRAPHS = {
    "{%p if yes %}¶a¶{%p endif %}¶b": "a¶b",
    "{%p if no %}¶a¶{%p endif %}¶b": "b",
    "{%p if no %}¶a¶{%p elif yes %}¶b¶c¶{%p else %}¶d¶{%p endif %}": "b¶c",
    "{%p for r in rows %}¶{{ r.a }}¶{{ r.b }}¶{%p endfor %}": "甲¶1¶乙¶2",
    "{%p for g in groups %}¶{{ g.title }}¶{%p for r in g.rooms %}¶{{ r }}¶{%p endfor %}¶{%p endfor %}": (
        "东区¶101¶102¶西区¶201"
    ),
    "{%p set x = n + 1 %}¶{{ x }}": "4",
    "{%p if yes %}¶│{{ name }}│b│¶{%p endif %}¶后": "│李四│b│¶后",
    "{%p if no %}¶│{{ name }}│b│¶{%p endif %}¶后": "后",
    "{#p 一段注释 #}¶a": "a",
    "{%p if yes %}¶a{#p 注释 #}¶b¶{%p endif %}": "b",
    "{%p macro m(x) %}¶[{{ x }}]¶{%p endmacro %}¶{{p m('a') }}¶{{p m(n) }}": "[a]¶[3]",
    "{{p styled }}¶后": "第一¶红蓝¶上¶下¶后",
}
ROWS = {
    "│{%tr for r in rows %}││¶│{{ r.a }}│{{ r.b }}│¶│{%tr endfor %}││": "│甲│1│¶│乙│2│¶",
    "│头│数│¶│{%tr for r in rows %}││¶│{{ loop.index }}│{{ r.b }}│¶│{%tr endfor %}││¶│尾││": (
        "│头│数│¶│1│1│¶│2│2│¶│尾││¶"
    ),
    "│a│¶│{%tr if no %}│¶│b│¶│{%tr else %}│¶│c│¶│{%tr endif %}│": "│a│¶│c│¶",
    "│{%tr for g in groups %}│¶│{{ g.title }}│¶│{%tr for r in g.rooms %}│¶│{{ r }}│¶│{%tr endfor %}│¶"
    "│{%tr endfor %}│": ("│东区│¶│101│¶│102│¶│西区│¶│201│¶"),
    "│{{ name }}{% if yes %}，在{% endif %}│{% for c in cols %}{{ c }}{% endfor %}│": "│李四，在│c1c2c3│¶",
    "│a⏎{%p for c in cols %}⏎{{ c }}⏎{%p endfor %}│": "│a⏎c1⏎c2⏎c3│¶",
    "│{%tr macro m(x) %}│¶│{{ x }}│¶│{%tr endmacro %}│¶│{{tr m('a') }}│¶│{{tr m(n) }}│": "│a│¶│3│¶",
    "│a│¶│{#tr 注释 #}│¶│b│": "│a│¶│b│¶",
    "│a│¶│{#tr 整行不印 #}│¶│b│": "│a│¶│b│¶",
}
CELLS = {
    "│{%tc for c in cols %}│{{ c }}│{%tc endfor %}│": "│c1│c2│c3│¶",
    "│头│{%tc for c in cols %}│{{ loop.index }}│{%tc endfor %}│尾│": "│头│1│2│3│尾│¶",
    "│a│{%tc if no %}│b│{%tc else %}│c│{%tc endif %}│": "│a│c│¶",
    "│{%tc for c in cols %}│{{ c }}│{%tc endfor %}│¶│{%tc for c in cols %}│{{ loop.index }}│{%tc endfor %}│": (
        "│c1│c2│c3│¶│1│2│3│¶"
    ),
    "│{%tr for r in rows %}│││¶│{%tc for c in cols %}│{{ r.a }}{{ c }}│{%tc endfor %}│¶│{%tr endfor %}│││": (
        "│甲c1│甲c2│甲c3│¶│乙c1│乙c2│乙c3│¶"
    ),
    "│a│{#tc 注释 #}│b│": "│a│b│¶",
}
RUNS = {
    "前‖{%r if yes %}‖粗‖{%r endif %}‖后": "前粗后",
    "前‖{%r if no %}‖粗‖{%r endif %}‖后": "前后",
    "{%r for r in rows %}‖{{ r.a }}‖{%r endfor %}": "甲乙",
    "前{%r if yes %}粗{%r endif %}后": "前粗后",
    "{{r rich }}": "红蓝",
    "前{{r rich }}后": "前红蓝后",
    "{{r broken }}尾": "a\nb\tcd¶e¶\f¶f尾",
    "│前{{r broken }}后│": "│前a\nb\tcd⏎e⏎\f⏎f后│¶",
    "{{r plain_rich }}": "<平> & 淡",
    "{{r linked }}。": "见此处。",
    "{%p for r in rows %}¶{{ r.a }}{{r rich }}¶{%p endfor %}": "甲红蓝¶乙红蓝",
    "{% if yes %}{{r rich }}{% endif %}": "红蓝",
}
SIGNS = {
    "{{ lines }}": "一\n二",
    "{{ tab }}": "a\tb",
    "前{{ two }}后": "前x¶y后",
    "前{{ page }}后": "前x¶\f¶y后",
    "{{ all_signs }}": "1\n2\t3¶4¶\f¶5",
    "{{ listing }}": "<a>\nb¶c",
    "│{{ lines }}│{{ two }}│": "│一\n二│x⏎y│¶",
    "{% for r in rows %}{{ two }}{% endfor %}": "x¶yx¶y",
    "{_{ name }_} {_% if %_}": "{{ name }} {% if %}",
    "{_{ {{ name }} }_}": "{{ 李四 }}",
}
JOINED = {
    "我家¶{%- if yes -%}¶在城里¶{%- else -%}¶在乡下¶{%- endif -%}¶，我爱它": "我家在城里，我爱它",
    "我家¶{%- if no -%}¶在城里¶{%- else -%}¶在乡下¶{%- endif -%}¶，我爱它": "我家在乡下，我爱它",
    "a¶{%- if yes %}b{% endif %}": "ab",
    "{% if yes -%}¶a{% endif %}": "a",
    "有：¶{%- for r in rows -%}¶{{ r.a }}，¶{%- endfor -%}¶完": "有：甲，乙，完",
    "a¶{%- if yes -%}¶\xa0b\xa0¶{%- endif -%}¶c": "a\xa0b\xa0c",
    "a{% if yes -%}¶{%- endif %}b": "ab",
}
CUT = {
    "{‖{ name }‖}": "李四",
    "{{‖ na‖me‖ }}！": "李四！",
    "{‖%‖ if‖ yes ‖%‖}a‖{% e‖ndif %‖}": "a",
    "{‖%p if ‖yes %}¶a¶{‖%‖p endif ‖%}": "a",
    "│{‖%t‖r for r in rows %}│¶│{‖{ r.‖a }}│¶│{%tr end‖for %}│": "│甲│¶│乙│¶",
    "{‖{r ri‖ch }}": "红蓝",
    "{‖# 注‖释 #}a": "a",
    "{% if name == “李四” %}是{% endif %}": "是",
    "{{ record[‘key’] }}{{ ‘a’ }}{{ “b” }}": "值ab",
    "{% for r in rows‖|selectattr(“a”, ‖‘equalto’, ‘乙’) %}{{ r.b }}{% endfor %}": "2",
}
ALL = VALUES | STATEMENTS | PARAGRAPHS | ROWS | CELLS | RUNS | SIGNS | JOINED | CUT


@pytest.mark.parametrize(("before", "after"), ALL.items(), ids=ALL)
def test_same_text(before: str, after: str) -> None:
    assert both(document(blocks(before))) == after


# --- cells ----------------------------------------------------------------------------------------------------


def cells(blob: bytes) -> list[list[tuple[str, str, str, str]]]:
    """Rows of (text, columns spanned, vertical merge, fill); what a cell merged into the one above holds is unseen."""
    found = []
    for tr in etree.fromstring(contents(blob)["word/document.xml"]).iter(W + "tr"):
        one = []
        for tc in tr.iter(W + "tc"):
            span, merge, shade = (tc.find(f"{W}tcPr/{W}{name}") for name in ("gridSpan", "vMerge", "shd"))
            down = "" if merge is None else merge.get(W + "val", "continue")
            words = "" if down == "continue" else "".join(tc.itertext(W + "t"))
            one.append((words, _val(span), down, "" if shade is None else shade.get(W + "fill", "")))
        found.append(one)
    return found


def _val(el: etree._Element | None) -> str:
    return "1" if el is None else el.get(W + "val", "1")


def grid(blob: bytes) -> int:
    """Columns of the first table's grid."""
    return len(list(etree.fromstring(contents(blob)["word/document.xml"]).iter(W + "gridCol")))


def both_cells(template: bytes) -> list[list[tuple[str, str, str, str]]]:
    ours = by_docgen(template)
    assert cells(ours) == cells(by_docxtpl(template))
    assert grid(ours) == max(sum(int(c[1]) for c in r) for r in cells(ours))
    return cells(ours)


def test_vm_makes_one_cell_of_its_copies() -> None:
    looped = table([["{%tr for r in rows %}", ""], ["{% vm %}{{ name }}", "{{ r.a }}"], ["{%tr endfor %}", ""]])
    assert both_cells(document(looped, p())) == [
        [("李四", "1", "restart", ""), ("甲", "1", "", "")],
        [("", "1", "continue", ""), ("乙", "1", "", "")],
    ]


def test_vm_in_an_inner_loop_starts_again_with_the_outer() -> None:
    looped = table(
        [
            ["{%tr for g in groups %}", ""],
            ["{%tr for r in g.rooms %}", ""],
            ["{{ g.title }}{% vm %}", "{{ r }}"],
            ["{%tr endfor %}", ""],
            ["{%tr endfor %}", ""],
        ]
    )
    assert [r[0][:3:2] for r in both_cells(document(looped, p()))] == [
        ("东区", "restart"),
        ("", "continue"),
        ("西区", "restart"),
    ]


@pytest.mark.parametrize(
    ("properties", "columns"), [("", "3"), ('<w:gridSpan w:val="2"/>', "6")], ids=["one column", "two columns"]
)
def test_hm_makes_one_cell_across(properties: str, columns: str) -> None:
    across = row("头", "{%tc for c in cols %}", cell("{% hm %}合", properties), "{%tc endfor %}")
    assert both_cells(document(table([across]), p())) == [[("头", "1", "", ""), ("合", columns, "", "")]]


def test_colspan_takes_any_expression() -> None:
    spanned = table([["{% colspan cols|length %}题", "{%tc if no %}", "x", "{%tc endif %}"], ["a", "b", "c"]], 3)
    assert both_cells(document(spanned, p()))[0] == [("题", "3", "", "")]


def test_cellbg_colours_a_looped_cell() -> None:
    looped = table(
        [["{%tr for r in rows %}"], ["{% cellbg colour if r.b > 1 else 'FFFFFF' %}{{ r.a }}"], ["{%tr endfor %}"]]
    )
    assert both_cells(document(looped, p())) == [[("甲", "1", "", "FFFFFF")], [("乙", "1", "", "FFC000")]]


def test_colspan_and_cellbg_in_one_cell_that_had_both() -> None:
    properties = '<w:gridSpan w:val="3"/><w:shd w:val="clear" w:color="auto" w:fill="000000"/>'
    one = f"<w:tc><w:tcPr>{properties}</w:tcPr>{p('{% cellbg colour %}{% colspan width %}a')}</w:tc>"
    assert both_cells(document(table([row(one), row("b", "c")]), p()))[0] == [("a", "2", "", "FFC000")]


# --- what Word puts between -----------------------------------------------------------------------------------


def test_spelling_marks_languages_and_revision_ids_inside_a_tag() -> None:
    marked = (
        '<w:p w:rsidR="00A100A1" w:rsidRDefault="00A200A2"><w:r w:rsidRPr="00A300A3"><w:t>{{</w:t></w:r>'
        '<w:proofErr w:type="spellStart"/>'
        '<w:r><w:rPr><w:lang w:val="en-US"/></w:rPr><w:t xml:space="preserve"> rec</w:t></w:r>'
        '<w:proofErr w:type="spellEnd"/><w:r><w:rPr><w:lang w:eastAsia="zh-CN"/></w:rPr><w:t>ord.key</w:t></w:r>'
        '<w:proofErr w:type="gramStart"/><w:r><w:t xml:space="preserve"> }}</w:t></w:r>'
        '<w:proofErr w:type="gramEnd"/></w:p>'
    )
    assert both(document(marked)) == "值"


def test_a_bookmark_inside_a_tag_is_kept() -> None:
    marked = (
        '<w:p><w:r><w:t>{{ na</w:t></w:r><w:bookmarkStart w:id="7" w:name="here"/><w:r><w:t>me }}</w:t></w:r>'
        '<w:bookmarkEnd w:id="7"/></w:p>'
    )
    template = document(marked)
    assert outline(by_docgen(template)) == outline(by_docxtpl(template)) == "李四"
    assert b'w:name="here"' in contents(by_docgen(template))["word/document.xml"]


def test_a_value_takes_the_looks_of_the_run_its_tag_begins_in() -> None:
    bold = p(run("{{ na", "<w:b/>"), run("me }}后", "<w:i/>"))
    template = document(bold)
    assert both(template) == "李四后"
    found = etree.fromstring(contents(by_docgen(template))["word/document.xml"])
    assert [[el.tag for el in r.iter(W + "b", W + "i")] for r in found.iter(W + "r")] == [[W + "b"], [W + "i"]]


def test_blanks_beside_a_tag_stay() -> None:
    assert both(document(p(run("a "), run("{{ name }}"), run(" b")))) == "a 李四 b"


# --- parts both engines know ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["header", "footer", "first_header", "first_footer", "even_header", "even_footer"])
def test_headers_and_footers(part: str) -> None:
    before = "第{{ n }}期¶{%p for r in rows %}¶{{ r.a }}¶{%p endfor %}¶│{{ name }}│{{r rich }}│¶{{ two }}"
    template = document(p("正文"), **{part: blocks(before)})
    file = next(n for n, xml in contents(template).items() if b"{{ n }}" in xml)
    assert both(template, file) == "第3期¶甲¶乙¶│李四│红蓝│¶x¶y"


def test_footnotes() -> None:
    notes = note(2, "{{ name }}说：{% if yes %}好{% endif %}") + note(3, "{{ lines }}")
    template = document(p("正文", '<w:r><w:footnoteReference w:id="2"/></w:r>'), footnotes=notes)
    assert both(template, "word/footnotes.xml") == "李四说：好¶一\n二"


def test_core_properties() -> None:
    parts = members(p("正文"))
    fields = "<dc:title>{{ name }}的报告</dc:title><dc:creator>{{ record.key }}</dc:creator>"
    fields += "<dc:subject>{% if yes %}A{% endif %}</dc:subject>"
    xml = (
        f'<cp:coreProperties xmlns:cp="{CORE}" xmlns:dc="http://purl.org/dc/elements/1.1/">{fields}</cp:coreProperties>'
    )
    relationship = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    add(parts, "docProps/core.xml", xml, "application/vnd.openxmlformats-package.core-properties+xml", relationship, "")
    template = packed(parts)
    for blob in (by_docgen(template), by_docxtpl(template)):
        found = etree.fromstring(contents(blob)["docProps/core.xml"])
        texts = {etree.QName(el).localname: el.text for el in found}
        assert (texts["title"], texts["creator"], texts["subject"]) == ("李四的报告", "值", "A")


def box(inner: str) -> str:
    """A text box as Word writes it: once as a drawing, once more for old programs."""
    uri = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    main = "http://schemas.openxmlformats.org/drawingml/2006/main"
    drawn = (
        '<w:drawing><wp:inline><wp:extent cx="900000" cy="900000"/><wp:docPr id="5" name="box"/>'
        f'<a:graphic xmlns:a="{main}"><a:graphicData uri="{uri}"><wps:wsp xmlns:wps="{uri}"><wps:cNvSpPr txBox="1"/>'
        f"<wps:spPr/><wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>"
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    old = (
        '<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>'
        f"<w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict>"
    )
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    both_copies = f'<mc:Choice Requires="wps">{drawn}</mc:Choice><mc:Fallback>{old}</mc:Fallback>'
    spaces = f'xmlns:mc="{mc}" xmlns:wps="{uri}"'
    return f"<w:p><w:r><mc:AlternateContent {spaces}>{both_copies}</mc:AlternateContent></w:r></w:p>"


def boxes(blob: bytes) -> list[str]:
    root = etree.fromstring(contents(blob)["word/document.xml"])
    return ["¶".join("".join(q.itertext(W + "t")) for q in b.iter(W + "p")) for b in root.iter(W + "txbxContent")]


def test_text_boxes_in_both_copies() -> None:
    template = document(box(blocks("{{ name }}{% if yes %}！{% endif %}¶{%p for r in rows %}¶{{ r.a }}¶{%p endfor %}")))
    assert boxes(by_docgen(template)) == boxes(by_docxtpl(template)) == ["李四！¶甲¶乙"] * 2


def test_the_text_of_hyperlinks() -> None:
    parts = members(
        '<w:p><w:hyperlink w:anchor="top"><w:r><w:t>去 {{ na</w:t></w:r><w:r><w:t>me }}</w:t></w:r></w:hyperlink></w:p>'
    )
    assert both(packed(parts)) == "去 李四"


# --- pictures and sub-documents ---------------------------------------------------------------------------------


def test_inline_images() -> None:
    template = document(p("前{{ photo }}后"), p("{% for x in [1, 2] %}{{ photo }}{% endfor %}"))
    theirs = docxtpl.DocxTemplate(BytesIO(template))
    theirs.render({"photo": docxtpl.InlineImage(theirs, BytesIO(PNG), width=Mm(20))}, autoescape=True)
    ours = docgen.WordTemplate.load(template).render({"photo": docgen.Image.of(PNG, width_mm=20)})
    assert outline(ours) == "¶".join("".join(_shown(q)) for q in theirs.docx.paragraphs) == "前▣后¶▣▣"
    assert extents(ours) == {(720000, 720000)}


def _shown(paragraph: Any) -> Iterator[str]:
    return ("▣" if el.tag == W + "drawing" else el.text or "" for el in paragraph._p.iter(W + "t", W + "drawing"))


def extents(blob: bytes) -> set[tuple[int, int]]:
    root = etree.fromstring(contents(blob)["word/document.xml"])
    sizes = root.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}extent")
    return {(int(size.get("cx")), int(size.get("cy"))) for size in sizes}


def test_subdocuments() -> None:
    template = document(p("前"), p("{{p part }}"), p("后"))
    theirs = docxtpl.DocxTemplate(BytesIO(template))
    their_part, our_part = theirs.new_subdoc(), docx.Document()
    for part in (their_part, our_part):
        part.add_paragraph("一")
        part.add_paragraph("二").add_run("三").italic = True
    theirs.render({"part": their_part}, autoescape=True)
    ours = docgen.WordTemplate.load(template).render({"part": docgen.Subdocument(our_part)})
    assert outline(ours) == "¶".join(q.text for q in theirs.docx.paragraphs) == "前¶一¶二三¶后"


def test_the_names_a_template_asks_for() -> None:
    template = document(p("{{ name }}{% for r in rows %}{{ r.a }}{% endfor %}{% set x = n %}{{ x }}"))
    theirs = docxtpl.DocxTemplate(BytesIO(template)).get_undeclared_template_variables()
    ours = docgen.WordTemplate.load(template).needs()
    assert {need.partition(".")[0].removesuffix("[]") for need in ours} == theirs


# --- the program around the template --------------------------------------------------------------------------


def test_filters_of_the_program() -> None:
    template = document(p("{{ price|times(2) }}"))
    ours = docgen.WordTemplate.load(template, filters={"times": lambda x, by: x * by}).render(data(docgen))
    assert outline(ours) == "25.0"


def test_missing_names_print_empty_only_when_asked() -> None:
    """docxtpl's way, by option: ``undefined="lenient"``."""
    template = document(p("[{{ nowhere }}{{ nowhere.deeper }}]{% if nowhere %}x{% endif %}"))
    assert outline(docgen.WordTemplate.load(template, undefined="lenient").render({})) == "[]"


def test_one_template_renders_many_documents() -> None:
    template = docgen.WordTemplate.load(document(p("{{ title }}")))
    assert [outline(template.render({"title": t})) for t in ("一", "二", "三")] == ["一", "二", "三"]
