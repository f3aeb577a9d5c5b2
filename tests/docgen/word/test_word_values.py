"""Values that are more than text: pictures, formatted text, sub-documents."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Mm
from given.documents import (
    END,
    PNG,
    START,
    W,
    blocks,
    contents,
    document,
    forms,
    item,
    numbering,
    outline,
    p,
    placeholder,
    rendered,
    run,
    table,
    tree,
    with_body,
)
from given.pictures import MM, WIDE, WP, R, media, shown
from given.places import ROOT
from lxml import etree

from docgen import DataError, Image, RichText, RichTextParagraph, Subdocument, WordTemplate
from docgen.word.check import defects

if TYPE_CHECKING:
    from pathlib import Path


# --- pictures -------------------------------------------------------------------------------------------------


def sizes(blob: bytes) -> list[tuple[float, float]]:
    """Width and height of the pictures in mm."""
    return [(int(e.get("cx")) / MM, int(e.get("cy")) / MM) for e in tree(blob).iter(WP + "extent")]


def test_a_picture_from_a_path_in_the_middle_of_a_line(tmp_path: Path) -> None:
    file = tmp_path / "现场.png"
    file.write_bytes(WIDE)
    blob = rendered(document(p("前{{ photo|image(w=40) }}后")), photo=file)
    assert (outline(blob), shown(blob), sizes(blob)) == ("前▣后", [WIDE], [(40, 20)])


@pytest.mark.parametrize(
    ("filtered", "size"),
    [("image(w=40)", (40, 20)), ("image(h=10)", (20, 10)), ("image(w=30, h=30)", (30, 30)), ("图片(w=8)", (8, 4))],
)
def test_a_picture_keeps_its_proportions_unless_told(filtered: str, size: tuple[float, float]) -> None:
    assert sizes(rendered(document(p(f"{{{{ photo|{filtered} }}}}")), photo=WIDE)) == [size]


def test_a_picture_from_the_program() -> None:
    photo = Image.of(BytesIO(WIDE), height_mm=15, description="水泵 <房>")
    blob = rendered(document(p("{{ photo }}")), photo=photo)
    assert sizes(blob) == [(30, 15)]
    assert next(tree(blob).iter(WP + "docPr")).get("descr") == "水泵 <房>"


def test_a_picture_stands_in_a_header() -> None:
    blob = rendered(document(p("文"), header=p("{{ logo|image(w=12) }} {{ name }}")), logo=WIDE, name="甲")
    assert shown(blob, "word/header1.xml") == [WIDE]
    assert outline(blob, "word/header1.xml") == "▣ 甲"


def test_the_same_picture_is_stored_once() -> None:
    looped = blocks("{%p for r in rows %}¶{{ r|image(w=10) }}¶{%p endfor %}")
    blob = rendered(document(looped, header=p("{{ logo|image(w=12) }}")), rows=[PNG, WIDE, PNG], logo=bytes(PNG))
    assert shown(blob) == [PNG, WIDE, PNG]
    assert sorted(media(blob)) == sorted([PNG, WIDE])
    numbers = [
        d.get("id") for part in ("document", "header1") for d in tree(blob, f"word/{part}.xml").iter(WP + "docPr")
    ]
    assert len(set(numbers)) == 4


def test_no_picture_prints_nothing() -> None:
    assert outline(rendered(document(p("前{{ photo|image(w=40) }}后")), photo=None)) == "前后"


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    file = tmp_path / "照片.png"
    file.write_bytes(b"not a picture")
    with pytest.raises(DataError) as caught:
        WordTemplate.load(document(p("{{ photo|image(w=40) }}")), name="月报.docx").render({"photo": file})
    assert [problem.code for problem in caught.value.problems] == ["image.unreadable"]


def test_a_placeholder_is_swapped_by_its_alternative_text() -> None:
    parts, shape = placeholder("{{ photo }}")
    blob = rendered(with_body(parts, p(shape)), photo=Image.of(WIDE, description="泵房"))
    assert (shown(blob), sizes(blob)) == ([WIDE], [(20, 10)])
    assert {d.get("descr") for d in tree(blob).iter(WP + "docPr")} == {"泵房"}
    assert "{{" not in contents(blob)["word/document.xml"].decode()


def test_a_placeholder_without_a_value_stays() -> None:
    parts, shape = placeholder("{{ photo }}")
    assert shown(rendered(with_body(parts, p(shape)), photo=None)) == [PNG]


def test_a_placeholder_in_a_loop_shows_each_picture() -> None:
    parts, shape = placeholder("{{ r.photo }}")
    looped = table([["{%tr for r in rows %}"], [p(shape)], ["{%tr endfor %}"]]) + p()
    assert shown(rendered(with_body(parts, looped), rows=[{"photo": PNG}, {"photo": WIDE}])) == [PNG, WIDE]


def test_an_ordinary_picture_keeps_its_alternative_text() -> None:
    parts, shape = placeholder("水泵房")
    blob = rendered(with_body(parts, p(shape, run("{{ name }}"))), name="甲")
    assert next(tree(blob).iter(WP + "docPr")).get("descr") == "水泵房"


# --- formatted text -------------------------------------------------------------------------------------------

ALL = {
    "style": "Strong",
    "color": "#FF0000",
    "highlight": "FFFF00",
    "size": 28,
    "superscript": True,
    "bold": True,
    "italic": True,
    "underline": "double",
    "strike": True,
    "font": "eastAsia:仿宋",
    "rtl": True,
    "lang": "zh-CN",
}
ORDER = [
    "rStyle",
    "rFonts",
    "b",
    "bCs",
    "i",
    "iCs",
    "strike",
    "color",
    "sz",
    "szCs",
    "u",
    "shd",
    "vertAlign",
    "rtl",
    "lang",
]


def properties(blob: bytes, words: str) -> list[etree._Element]:
    found = [r for r in tree(blob).iter(W + "r") if "".join(r.itertext(W + "t")) == words]
    assert len(found) == 1
    rpr = found[0].find(W + "rPr")
    return [] if rpr is None else list(rpr)


def test_every_property_stands_in_the_order_of_the_schema() -> None:
    blob = rendered(document(p("{{r x }}")), x=RichText("字", **ALL))
    assert [etree.QName(el).localname for el in properties(blob, "字")] == ORDER


@pytest.mark.parametrize(
    ("given", "name", "attributes"),
    [
        ({"style": "Strong"}, "rStyle", {"val": "Strong"}),
        ({"color": "#00ff00"}, "color", {"val": "00ff00"}),
        ({"highlight": "#FFFF00"}, "shd", {"val": "clear", "color": "auto", "fill": "FFFF00"}),
        ({"size": 28}, "sz", {"val": "28"}),
        ({"subscript": True}, "vertAlign", {"val": "subscript"}),
        ({"superscript": True}, "vertAlign", {"val": "superscript"}),
        ({"bold": True}, "b", {}),
        ({"italic": True}, "i", {}),
        ({"strike": True}, "strike", {}),
        ({"underline": True}, "u", {"val": "single"}),
        ({"underline": "dotDotDash"}, "u", {"val": "dotDotDash"}),
        ({"font": "仿宋"}, "rFonts", dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), "仿宋")),
        ({"rtl": True}, "rtl", {}),
        ({"lang": "en-US"}, "lang", {"val": "en-US"}),
    ],
)
def test_each_property(given: dict[str, Any], name: str, attributes: dict[str, str]) -> None:
    found = properties(rendered(document(p("{{r x }}")), x=RichText("字", **given)), "字")
    element = next(el for el in found if el.tag == W + name)
    assert {etree.QName(k).localname: v for k, v in element.attrib.items()} == attributes


def test_text_without_formatting_looks_like_its_tag() -> None:
    bold = p(run("{{r x }}", "<w:b/>"))
    assert [el.tag for el in properties(rendered(document(bold), x=RichText("字")), "字")] == [W + "b"]


def test_formatted_text_is_escaped_and_may_be_nested() -> None:
    inner = RichText("<红> & ", color="FF0000")
    outer = RichText("前").add(inner).add(5, bold=True)
    assert outline(rendered(document(p("{{r x }}")), x=outer)) == "前<红> & 5"


def test_links_in_formatted_text() -> None:
    rich = RichText("见").add("此处\n下行\a下段", url="http://e.cn/?a=1&b=2", color="0000FF").add("。")
    blob = rendered(document(p("{{r x }}"), header=p("{{r x }}")), x=rich)
    assert outline(blob) == outline(blob, "word/header1.xml") == "见此处\n下行¶下段。"
    assert len(list(tree(blob).iter(W + "hyperlink"))) == 2
    for rels in ("document", "header1"):
        found = tree(blob, f"word/_rels/{rels}.xml.rels")
        assert [r.get("Target") for r in found if r.get("TargetMode") == "External"] == ["http://e.cn/?a=1&b=2"]


def test_new_paragraphs_keep_the_style_of_their_paragraph() -> None:
    styled = p("{{r x }}", properties='<w:pStyle w:val="Quote"/>')
    found = tree(rendered(document(styled), x=RichText("一\a二", bold=True)))
    assert [el.get(W + "val") for el in found.iter(W + "pStyle")] == ["Quote", "Quote"]
    assert len(list(found.iter(W + "b"))) == 2


def test_paragraphs_with_a_style_of_their_own() -> None:
    rich = RichTextParagraph("引文", parastyle="Quote").add(RichText("红", color="FF0000"))
    found = tree(rendered(document(p("{{p x }}", properties='<w:jc w:val="center"/>')), x=rich))
    looks = [[etree.QName(el).localname for el in q.find(W + "pPr")] for q in found.iter(W + "p")]
    assert looks == [["pStyle"], ["jc"]]


def test_plain_values_may_stand_where_rich_ones_can() -> None:
    template = document(p("前{{r x }}后"), p("{{p x }}"), p("{{ rich }}"))
    assert outline(rendered(template, x="字\n行", rich=RichText("富"))) == "前字\n行后¶字\n行¶富"


# --- sub-documents --------------------------------------------------------------------------------------------


def saved(doc: Any) -> bytes:
    buffer = BytesIO()
    doc.save(buffer)
    return buffer.getvalue()


def appendix() -> Any:
    """A document with a heading, a style of its own, a list, a table, a picture and a link."""
    doc = docx.Document()
    style = doc.styles.add_style("附件正文", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = doc.styles["Body Text"]
    doc.add_heading("附件", 1)
    doc.add_paragraph("正文", style="附件正文")
    doc.add_paragraph("甲", style="List Number")
    rid = doc.part.relate_to("http://e.cn/?a&b", R[1:-1] + "/hyperlink", is_external=True)
    link = etree.SubElement(doc.add_paragraph()._p, W + "hyperlink", {R + "id": rid})
    etree.SubElement(etree.SubElement(link, W + "r"), W + "t").text = "链接"
    doc.add_picture(BytesIO(WIDE), width=Mm(20))
    doc.add_table(1, 2).cell(0, 0).text = "格"
    return doc


def styles(blob: bytes) -> dict[str, str]:
    """Style name → id."""
    return {
        s.find(W + "name").get(W + "val"): s.get(W + "styleId") for s in tree(blob, "word/styles.xml").iter(W + "style")
    }


MASTER = saved(docx.Document())


def master(notation: str) -> bytes:
    """python-docx's template with these paragraphs."""
    doc = docx.Document()
    for line in notation.split("¶"):
        doc.add_paragraph(line)
    return saved(doc)


def test_a_subdocument_comes_with_all_it_holds() -> None:
    blob = rendered(master("前¶{{p x }}¶后"), x=Subdocument(appendix()))
    assert outline(blob) == "前¶附件¶正文¶甲¶链接¶▣¶│格││¶¶后"
    assert shown(blob) == [WIDE]
    links = [h.get(R + "id") for h in tree(blob).iter(W + "hyperlink")]
    targets = {r.get("Id"): r.get("Target") for r in tree(blob, "word/_rels/document.xml.rels")}
    assert [targets[i] for i in links] == ["http://e.cn/?a&b"]


def test_a_style_of_the_subdocument_comes_along_with_those_it_needs() -> None:
    blob = rendered(master("{{p x }}"), x=Subdocument(appendix()))
    found = styles(blob)
    one = next(s for s in tree(blob, "word/styles.xml").iter(W + "style") if s.get(W + "styleId") == found["附件正文"])
    assert one.find(W + "basedOn").get(W + "val") == found["Body Text"]
    used = [el.get(W + "val") for el in tree(blob).iter(W + "pStyle")]
    assert used[1] == found["附件正文"]
    assert used[0] == found.get("Heading 1", found.get("heading 1"))


def own_style(style_id: str, name: str, colour: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>'
        f'<w:rPr><w:color w:val="{colour}"/></w:rPr></w:style>'
    )


def test_a_style_id_that_means_something_else_in_the_template_is_changed() -> None:
    """Chinese Word numbers styles a, a1, a2 … in the order they were made: the same id is another style elsewhere."""
    ours = document(p("{{p x }}"), styles=own_style("a1", "页码", "000000"))
    used = p("正文", properties='<w:pStyle w:val="a1"/>')
    blob = rendered(ours, x=Subdocument(document(used, styles=own_style("a1", "附文", "FF0000"))))
    assert [el.get(W + "val") for el in tree(blob).iter(W + "pStyle")] == [styles(blob)["附文"]]
    assert styles(blob)["页码"] == "a1" != styles(blob)["附文"]


def test_a_style_of_the_same_name_is_the_templates() -> None:
    ours = document(p("{{p x }}"), styles=own_style("a7", "附文", "000000"))
    used = p("正文", properties='<w:pStyle w:val="a1"/>')
    blob = rendered(ours, x=Subdocument(document(used, styles=own_style("a1", "附文", "FF0000"))))
    assert [el.get(W + "val") for el in tree(blob).iter(W + "pStyle")] == ["a7"]
    assert styles(blob) == {"附文": "a7"}


def test_a_template_without_styles_gets_those_of_the_subdocument() -> None:
    used = p("正文", properties='<w:pStyle w:val="a1"/>')
    blob = rendered(document(p("{{p x }}")), x=Subdocument(document(used, styles=own_style("a1", "附文", "FF0000"))))
    assert styles(blob) == {"附文": "a1"}


@pytest.mark.parametrize("given", [{}, {"numbering": numbering(0, "chineseCounting")}], ids=["none", "its own"])
def test_lists_of_a_subdocument_keep_their_numbers(given: dict[str, str]) -> None:
    sub = Subdocument(document(item("甲"), item("乙"), numbering=numbering(0, "upperRoman")))
    own = item("丙") if given else p("丙")
    blob = rendered(document(own, p("{{p x }}"), **given), x=sub)
    assert forms(blob) == ["chineseCounting"] * len(given) + ["upperRoman"] * 2


def test_a_subdocument_placed_twice_and_in_a_loop() -> None:
    marked = '<w:bookmarkStart w:id="3" w:name="here"/>' + run("文") + '<w:bookmarkEnd w:id="3"/>'
    twice = (START + END).replace('"3"', '"8"').replace("room", "here")
    link = '<w:hyperlink w:anchor="here"><w:r><w:t>去</w:t></w:r></w:hyperlink>'
    sub = Subdocument(document(p(marked, link), p(twice)))
    looped = p(marked.replace("文", "{{ 1 }}")) + blocks("{{p x }}¶{%p for i in range(2) %}¶{{p x }}¶{%p endfor %}")
    root = tree(rendered(document(looped), x=sub))
    names = [el.get(W + "name") for el in root.iter(W + "bookmarkStart")]
    assert names == ["here", *(f"here_{n}" for n in range(2, 8))]
    assert [el.get(W + "anchor") for el in root.iter(W + "hyperlink")] == names[1::2]
    starts, ends = ([el.get(W + "id") for el in root.iter(W + f"bookmark{x}")] for x in ("Start", "End"))
    assert starts == ends
    assert len(set(starts)) == 7


def test_two_subdocuments_do_not_mix_their_pictures() -> None:
    first, second = docx.Document(), docx.Document()
    first.add_picture(BytesIO(PNG))
    second.add_picture(BytesIO(WIDE))
    blob = rendered(master("{{p a }}¶{{p b }}"), a=Subdocument(first), b=Subdocument(second))
    assert shown(blob) == [PNG, WIDE]


def test_a_subdocument_in_a_header() -> None:
    doc = docx.Document()
    doc.add_picture(BytesIO(WIDE))
    blob = rendered(document(p("文"), header=p("{{p x }}")), x=Subdocument(doc))
    assert shown(blob, "word/header1.xml") == [WIDE]


def test_a_subdocument_in_a_cell_ends_it_with_a_paragraph() -> None:
    blob = rendered(document(table([["{{p x }}"]]), p()), x=Subdocument(document(blocks("│内│"))))
    assert outline(blob).startswith("│")
    assert len(list(tree(blob).iter(W + "tbl"))) == 2


def test_a_subdocument_inside_a_paragraph_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        WordTemplate.load(document(p("前{{ x }}"))).render({"x": Subdocument(document(p("文")))})
    assert [problem.code for problem in caught.value.problems] == ["subdocument.place"]


def test_what_a_subdocument_cannot_carry_is_named() -> None:
    body = p("文", '<w:r><w:footnoteReference w:id="2"/></w:r>', '<w:r><w:commentReference w:id="0"/></w:r>')
    with pytest.raises(DataError) as caught:
        Subdocument(document(body), name="附件.docx")
    assert [(q.where, q.code) for q in caught.value.problems] == [("附件.docx", "subdocument.content")] * 2


def test_the_same_bytes_in_another_process() -> None:
    script = (
        "import sys; sys.path[:0] = ['tests', 'tests/docgen/word']; import hashlib, test_word_values as t;"
        "template = t.WordTemplate.load(t.master('{{p x }}¶{{ y }}¶{{r z }}'));"
        "values = {'x': t.Subdocument(t.appendix()), 'y': t.Image.of(t.PNG), 'z': t.RichText('红', url='http://e.cn')};"
        "print(hashlib.sha256(template.render(values, compression='compact')).hexdigest())"
    )
    root = ROOT
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


def test_a_document_written_piece_by_piece_is_the_same() -> None:
    template = WordTemplate.load(master("{{p x }}¶{{ y }}¶{{r z }}"))
    values = {"x": Subdocument(appendix()), "y": Image.of(PNG), "z": RichText("红", url="http://e.cn")}
    file = BytesIO()
    template.render_to(values, file)
    assert list(defects(file.getvalue())) == []
    assert contents(file.getvalue()) == contents(template.render(values))
