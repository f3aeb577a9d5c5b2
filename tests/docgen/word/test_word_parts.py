"""Every part of a document that a person can type into is rendered: one test a part."""

from __future__ import annotations

import re
from typing import Any

import pytest
from given.documents import (
    NAMESPACES,
    W,
    add,
    blocks,
    contents,
    document,
    members,
    note,
    outline,
    p,
    packed,
    relate,
    row,
    run,
    table,
    text,
)
from lxml import etree

from docgen import TemplateError, WordTemplate
from docgen.word.check import defects

DATA: dict[str, Any] = {
    "name": "李四",
    "code": "QG-FW-01-01",
    "rows": [{"a": "甲", "url": "http://a.cn/?x=1&y=<2>"}, {"a": "乙", "url": "http://b.cn/二 三"}],
    "lines": "一\n二",
    "none": None,
}
BEFORE = "{{ code }}¶{%p for r in rows %}¶{{ r.a }}¶{%p endfor %}"
AFTER = "QG-FW-01-01¶甲¶乙"


def rendered(template: bytes, values: dict[str, Any] | None = None) -> bytes:
    """The document; always sound."""
    blob = WordTemplate.load(template, name="月报.docx").render(DATA if values is None else values)
    assert list(defects(blob)) == []
    return blob


def body(xml: str, values: dict[str, Any] | None = None) -> etree._Element:
    """The rendered body of that XML."""
    return etree.fromstring(contents(rendered(document(xml), values))["word/document.xml"])


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("header", "header1"),
        ("first_header", "header2"),
        ("even_header", "header3"),
        ("footer", "footer1"),
        ("first_footer", "footer2"),
        ("even_footer", "footer3"),
    ],
)
def test_all_six_headers_and_footers(part: str, file: str) -> None:
    assert outline(rendered(document(p("文"), **{part: blocks(BEFORE)})), f"word/{file}.xml") == AFTER


def test_headers_with_nothing_left_keep_a_paragraph() -> None:
    header = blocks("{%p if none %}¶x¶{%p endif %}")
    assert outline(rendered(document(p("文"), header=header)), "word/header1.xml") == ""


def test_footnotes() -> None:
    notes = note(2, "{{ name }}") + f'<w:footnote w:id="3">{blocks(BEFORE)}</w:footnote>'
    reference = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    blob = rendered(document(p("文", reference, reference.replace("2", "3")), footnotes=notes))
    assert outline(blob, "word/footnotes.xml") == f"李四¶{AFTER}"


def test_endnotes() -> None:
    notes = f'<w:endnote w:id="2">{blocks(BEFORE)}</w:endnote>'
    blob = rendered(document(p("文", '<w:r><w:endnoteReference w:id="2"/></w:r>'), endnotes=notes))
    assert outline(blob, "word/endnotes.xml") == AFTER


def test_comments() -> None:
    remark = f'<w:comment w:id="0" w:author="{{{{ name }}}}">{blocks(BEFORE)}</w:comment>'
    blob = rendered(document(p("文", '<w:r><w:commentReference w:id="0"/></w:r>'), comments=remark))
    assert outline(blob, "word/comments.xml") == AFTER
    assert b'w:author="\xe6\x9d\x8e\xe5\x9b\x9b"' in contents(blob)["word/comments.xml"]


def control(inner: str, properties: str = '<w:alias w:val="{{ code }}"/><w:tag w:val="t"/>') -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>"


def test_content_controls_around_paragraphs() -> None:
    root = body(control(blocks(BEFORE)) + p())
    assert [t.text for t in root.iter(W + "t")] == AFTER.split("¶")
    assert next(root.iter(W + "alias")).get(W + "val") == "QG-FW-01-01"


def test_content_controls_inside_a_paragraph() -> None:
    inline = p("甲方：", control(run("{{ na") + run("me }}")), run("。"))
    root = body(inline, {"name": "一\a二", "code": ""})
    assert "".join(root.itertext(W + "t")) == "甲方：一二。"
    assert len(list(root.iter(W + "sdt"))) == 1, "a new paragraph would tear the control apart; it is a line break"


def test_content_controls_around_rows_and_cells() -> None:
    looped = control("".join(row(c) for c in ("{%tr for r in rows %}", "{{ r.a }}", "{%tr endfor %}")))
    assert outline(rendered(document(table([looped], 1), p()))) == "│甲│¶│乙│¶"


def test_a_loop_that_repeats_a_content_control() -> None:
    looped = p("{%p for r in rows %}") + control(p("{{ r.a }}")) + p("{%p endfor %}")
    root = body(looped)
    assert ["".join(c.itertext(W + "t")) for c in root.iter(W + "sdt")] == ["甲", "乙"]


def test_tracked_insertions_are_rendered_and_deletions_are_reported() -> None:
    mark = 'w:id="{}" w:author="a" w:date="2026-10-01T00:00:00Z"'
    inserted = f"<w:ins {mark.format(90)}>{run('{{ name }}')}</w:ins>"
    deleted = f"<w:del {mark.format(91)}><w:r><w:delText>{{{{ gone }}}}</w:delText></w:r></w:del>"
    template = WordTemplate.load(document(p(inserted, deleted)), name="月报.docx")
    assert text(template.render(DATA)) == "李四"
    assert [(w.code, w.where) for w in template.warnings] == [("tag.deleted", "月报.docx 正文 第1段")]
    assert "gone" not in {str(n) for n in template.needs()}


# --- properties -----------------------------------------------------------------------------------------------

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/"
TYPES = "application/vnd.openxmlformats-officedocument."
FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
VT = 'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'


def texts(blob: bytes, part: str) -> list[str]:
    return [el.text for el in etree.fromstring(contents(blob)[part]).iter() if el.text]


def test_core_properties() -> None:
    parts = members(p("文"))
    space = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
    dc = "http://purl.org/dc/elements/1.1/"
    fields = "<dc:title>{{ code }}</dc:title><dc:creator>{{ name }}</dc:creator>"
    fields += "<cp:keywords>{% for r in rows %}{{ r.a }} {% endfor %}</cp:keywords>"
    xml = f'<cp:coreProperties xmlns:cp="{space}" xmlns:dc="{dc}">{fields}</cp:coreProperties>'
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    add(parts, "docProps/core.xml", xml, "application/vnd.openxmlformats-package.core-properties+xml", kind, "")
    assert texts(rendered(packed(parts)), "docProps/core.xml") == ["QG-FW-01-01", "李四", "甲 乙 "]


def test_extended_properties() -> None:
    parts = members(p("文"))
    fields = "<Manager>{{ name }}</Manager><Company>{{ code }}</Company>"
    xml = f'<Properties xmlns="{OFFICE}extended-properties">{fields}</Properties>'
    add(
        parts,
        "docProps/app.xml",
        xml,
        f"{TYPES}extended-properties+xml",
        f"{OFFICE}relationships/extended-properties",
        "",
    )
    assert texts(rendered(packed(parts)), "docProps/app.xml") == ["李四", "QG-FW-01-01"]


def test_custom_properties() -> None:
    parts = members(p("文"))
    one = f'<property fmtid="{FORMAT}" pid="2" name="guidang.form"><vt:lpwstr>{{{{ code }}}}</vt:lpwstr></property>'
    xml = f'<Properties xmlns="{OFFICE}custom-properties" {VT}>{one}</Properties>'
    add(
        parts,
        "docProps/custom.xml",
        xml,
        f"{TYPES}custom-properties+xml",
        f"{OFFICE}relationships/custom-properties",
        "",
    )
    blob = rendered(packed(parts))
    assert texts(blob, "docProps/custom.xml") == ["QG-FW-01-01"]
    assert FORMAT.encode() in contents(blob)["docProps/custom.xml"]


# --- links ----------------------------------------------------------------------------------------------------


def linked(parts: dict[str, bytes], target: str, label: str, owner: str = "word/document.xml") -> str:
    """A hyperlink's XML; its target is related to the owner."""
    rid = relate(parts, target, "hyperlink", owner, "External")
    return f'<w:hyperlink r:id="{rid}">{run(label)}</w:hyperlink>'


def with_body(parts: dict[str, bytes], xml: str) -> bytes:
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + xml.encode())
    return packed(parts)


def links(blob: bytes, part: str = "word/document.xml") -> list[tuple[str, str]]:
    """(text, target) of the part's hyperlinks."""
    folder, _slash, file = part.rpartition("/")
    found = contents(blob)
    targets = {r.get("Id"): r.get("Target") for r in etree.fromstring(found[f"{folder}/_rels/{file}.rels"])}
    rid = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    return [
        ("".join(h.itertext(W + "t")), targets[h.get(rid)]) for h in etree.fromstring(found[part]).iter(W + "hyperlink")
    ]


def test_link_targets_with_tags() -> None:
    parts = members()
    link = linked(parts, "http://e.cn/{{ code }}/?n={{ name }}", "{{ name }}")
    assert links(rendered(with_body(parts, p(link)))) == [("李四", "http://e.cn/QG-FW-01-01/?n=李四")]


def test_link_targets_as_word_writes_them_with_percent_signs() -> None:
    parts = members()
    link = linked(parts, "http://e.cn/%7b%7b%20code%20%7D%7d?to=a%2Fb", "见")
    assert links(rendered(with_body(parts, p(link)))) == [("见", "http://e.cn/QG-FW-01-01?to=a%2Fb")]


def test_link_targets_in_a_looped_row() -> None:
    parts = members()
    link = linked(parts, "{{ r.url }}", "{{ r.a }}")
    looped = table([["{%tr for r in rows %}"], [p(link)], ["{%tr endfor %}"]]) + p()
    assert links(rendered(with_body(parts, looped))) == [(r["a"], r["url"]) for r in DATA["rows"]]


def test_a_link_without_tags_keeps_its_target() -> None:
    parts = members()
    fixed, moving = linked(parts, "http://fixed.cn/", "定"), linked(parts, "http://e.cn/{{ code }}", "动")
    blob = rendered(with_body(parts, p(fixed, moving)))
    assert links(blob) == [("定", "http://fixed.cn/"), ("动", "http://e.cn/QG-FW-01-01")]


def test_a_new_paragraph_in_a_link_that_moves_is_a_line_break() -> None:
    parts = members()
    link = linked(parts, "http://e.cn/{{ code }}", "前{{ text }}后")
    blob = rendered(with_body(parts, p(link)), {"code": 1, "text": "一\a二"})
    assert (outline(blob), links(blob)) == ("前一\n二后", [("前一二后", "http://e.cn/1")])


def test_a_new_paragraph_in_a_link_makes_it_two() -> None:
    parts = members()
    link = linked(parts, "http://e.cn/", "前{{ text }}后")
    blob = rendered(with_body(parts, p(link)), {"text": "一\a二"})
    assert (outline(blob), links(blob)) == ("前一¶二后", [("前一", "http://e.cn/"), ("二后", "http://e.cn/")])


def test_link_targets_in_a_header() -> None:
    parts = members(p("文"), header=p("{{ name }}"))
    link = linked(parts, "http://e.cn/{{ code }}", "{{ name }}", "word/header1.xml")
    parts["word/header1.xml"] = parts["word/header1.xml"].replace(b"</w:hdr>", f"{p(link)}</w:hdr>".encode())
    assert links(rendered(packed(parts)), "word/header1.xml") == [("李四", "http://e.cn/QG-FW-01-01")]


def test_a_block_tag_in_a_link_target_is_refused() -> None:
    parts = members()
    link = linked(parts, "http://e.cn/{% if name %}x{% endif %}", "见")
    with pytest.raises(TemplateError) as caught:
        WordTemplate.load(with_body(parts, p(link)))
    assert {problem.code for problem in caught.value.problems} == {"tag.link"}


# --- fields, charts, drawings ---------------------------------------------------------------------------------


def test_field_codes() -> None:
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> REF {{ co</w:instrText></w:r>'
        '<w:r><w:instrText>de }} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert "".join(body(p(field)).itertext(W + "instrText")) == " REF QG-FW-01-01 "


def test_simple_fields() -> None:
    simple = '<w:p><w:fldSimple w:instr=" REF {{ code }} "><w:r><w:t>{{ name }}</w:t></w:r></w:fldSimple></w:p>'
    root = body(simple)
    assert next(root.iter(W + "fldSimple")).get(W + "instr") == " REF QG-FW-01-01 "
    assert "".join(root.itertext(W + "t")) == "李四"


def test_formulas() -> None:
    space = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    runs = "".join(f"<m:r><m:t>{t}</m:t></m:r>" for t in ("x=", "{{ na", "me }}"))
    assert "".join(body(f"<w:p><m:oMath {space}>{runs}</m:oMath></w:p>").itertext()) == "x=李四"


CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def chart(title: str) -> bytes:
    """A document with a bar chart of one series."""
    runs = "".join(f'<a:r><a:rPr b="1"/><a:t>{t}</a:t></a:r>' for t in title.split("‖"))
    rich = f"<c:tx><c:rich><a:bodyPr/><a:p>{runs}</a:p></c:rich></c:tx>"
    cache = '<c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{{ code }}</c:v></c:pt></c:strCache>'
    name = f"<c:tx><c:strRef><c:f>Sheet1!$B$1</c:f>{cache}</c:strRef></c:tx>"
    series = f'<c:ser><c:idx val="0"/><c:order val="0"/>{name}</c:ser>'
    bars = f'<c:barChart><c:barDir val="col"/>{series}<c:axId val="1"/><c:axId val="2"/></c:barChart>'
    axes = (
        '<c:catAx><c:axId val="1"/><c:scaling/><c:axPos val="b"/><c:crossAx val="2"/></c:catAx>'
        '<c:valAx><c:axId val="2"/><c:scaling/><c:axPos val="l"/><c:crossAx val="1"/></c:valAx>'
    )
    xml = (
        f'<c:chartSpace xmlns:c="{CHART}" xmlns:a="{DRAWING}"><c:chart><c:title>{rich}</c:title>'
        f"<c:plotArea>{bars}{axes}</c:plotArea></c:chart></c:chartSpace>"
    )
    parts = members()
    rid = add(parts, "word/charts/chart1.xml", xml, f"{TYPES}drawingml.chart+xml", "chart")
    shape = (
        f'<w:r><w:drawing><wp:inline><wp:extent cx="9000" cy="9000"/><wp:docPr id="3" name="c" descr="{{{{ name }}}}"/>'
        f'<a:graphic xmlns:a="{DRAWING}"><a:graphicData uri="{CHART}"><c:chart xmlns:c="{CHART}" r:id="{rid}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    return with_body(parts, p(shape))


def test_chart_text() -> None:
    blob = rendered(chart("{{ na‖me }}的{% if none %}无{% else %}图{% endif %}"))
    root = etree.fromstring(contents(blob)["word/charts/chart1.xml"])
    assert "".join(root.itertext(f"{{{DRAWING}}}t")) == "李四的图"
    assert next(root.iter(f"{{{CHART}}}v")).text == "QG-FW-01-01"
    assert re.search('<wp:docPr [^>]*descr="李四"', contents(blob)["word/document.xml"].decode())


def test_line_breaks_in_chart_text() -> None:
    root = etree.fromstring(contents(rendered(chart("{{ lines }}")))["word/charts/chart1.xml"])
    assert [etree.QName(el).localname for el in root.iter(f"{{{DRAWING}}}p").__next__()] == ["r", "br", "r"]


def test_a_text_box_in_a_header() -> None:
    old = (
        '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>'
        f"<w:txbxContent>{blocks(BEFORE)}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
    )
    blob = rendered(document(p("文"), header=old))
    found = etree.fromstring(contents(blob)["word/header1.xml"]).iter(W + "txbxContent")
    assert "¶".join("".join(q.itertext(W + "t")) for q in next(found)) == AFTER


def test_a_part_without_tags_is_copied_byte_for_byte() -> None:
    template = document(p("{{ name }}"), header=p("眉"), footer=p("{{ code }}"))
    before, after = contents(template), contents(rendered(template))
    assert {n for n in before if before[n] != after[n]} == {"word/document.xml", "word/footer1.xml"}
    assert before.keys() == after.keys()


def test_namespaces_of_the_template_are_kept() -> None:
    assert NAMESPACES.split()[0].encode() in contents(rendered(document(p("{{ name }}"))))["word/document.xml"]
