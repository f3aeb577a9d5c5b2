"""Values that are more than text: pictures, formatted text, sub-documents; and what loops repeat."""

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
    PNG,
    W,
    blocks,
    cell,
    contents,
    document,
    members,
    outline,
    p,
    packed,
    relate,
    row,
    run,
    table,
    text,
)
from given.places import ROOT
from lxml import etree

from docgen import DataError, Image, RichText, RichTextParagraph, Subdocument, WordTemplate
from docgen.word.check import defects

if TYPE_CHECKING:
    from pathlib import Path

WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
MM = 36_000
WIDE = PNG.replace(b"\x00\x00\x00\x01\x00\x00\x00\x01", b"\x00\x00\x00\x04\x00\x00\x00\x02", 1)
"""A picture whose header says 4 × 2."""


def rendered(template: bytes, **values: Any) -> bytes:
    """The document; always sound, and the same when rendered again."""
    compiled = WordTemplate.load(template, name="月报.docx")
    blob = compiled.render(values)
    assert list(defects(blob)) == []
    assert compiled.render(values) == blob
    return blob


def tree(blob: bytes, part: str = "word/document.xml") -> etree._Element:
    return etree.fromstring(contents(blob)[part])


def media(blob: bytes) -> list[bytes]:
    return [data for name, data in contents(blob).items() if name.startswith("word/media/")]


def shown(blob: bytes, part: str = "word/document.xml") -> list[bytes]:
    """The pictures of a part, in order."""
    folder, _slash, file = part.rpartition("/")
    found = contents(blob)
    targets = {r.get("Id"): r.get("Target") for r in etree.fromstring(found[f"{folder}/_rels/{file}.rels"])}
    return [found[f"{folder}/{targets[b.get(R + 'embed')]}"] for b in tree(blob, part).iter(A + "blip")]


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


def placeholder(alt: str, number: int = 4) -> tuple[dict[str, bytes], str]:
    """Parts with a picture, and the XML that shows it with that alternative text."""
    parts = members()
    parts["word/media/image1.png"] = PNG
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"<Override", b'<Default Extension="png" ContentType="image/png"/><Override', 1
    )
    rid = relate(parts, "media/image1.png", "image")
    pic = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    shape = (
        f'<w:r><w:drawing><wp:inline><wp:extent cx="720000" cy="360000"/>'
        f'<wp:docPr id="{number}" name="p" descr="{alt}"/>'
        f'<a:graphic xmlns:a="{A[1:-1]}"><a:graphicData uri="{pic}"><pic:pic xmlns:pic="{pic}">'
        f'<pic:nvPicPr><pic:cNvPr id="0" name="p" descr="{alt}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{rid}"/><a:stretch/></pic:blipFill><pic:spPr/></pic:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing></w:r>"
    )
    return parts, shape


def with_body(parts: dict[str, bytes], xml: str) -> bytes:
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + xml.encode())
    return packed(parts)


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


LIST = (
    '<w:abstractNum w:abstractNumId="{0}"><w:nsid w:val="12345678"/><w:multiLevelType w:val="singleLevel"/>'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
)


def numbering(number: int, form: str) -> str:
    return LIST.format(number, form) + f'<w:num w:numId="{number + 1}"><w:abstractNumId w:val="{number}"/></w:num>'


def item(words: str, number: int = 1) -> str:
    return p(words, properties=f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>')


def forms(blob: bytes) -> list[str]:
    """The number format of each numbered paragraph."""
    root = tree(blob, "word/numbering.xml")
    abstract = {n.get(W + "numId"): n.find(W + "abstractNumId").get(W + "val") for n in root.iter(W + "num")}
    looks = {
        a.get(W + "abstractNumId"): next(a.iter(W + "numFmt")).get(W + "val") for a in root.iter(W + "abstractNum")
    }
    assert [etree.QName(el).localname for el in root] == sorted(etree.QName(el).localname for el in root)
    return [looks[abstract[el.get(W + "val")]] for el in tree(blob).iter(W + "numId")]


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


# --- what loops repeat ----------------------------------------------------------------------------------------


def test_bookmarks_in_a_loop_get_ids_and_names_of_their_own() -> None:
    marked = p('<w:bookmarkStart w:id="3" w:name="room"/>', run("{{ r }}"), '<w:bookmarkEnd w:id="3"/>')
    fixed = p('<w:bookmarkStart w:id="9" w:name="ROOM_2"/><w:bookmarkEnd w:id="9"/>')
    template = document(fixed, p("{%p for r in rows %}"), marked, p("{%p endfor %}"))
    root = tree(rendered(template, rows=["甲", "乙", "丙"]))
    assert [el.get(W + "name") for el in root.iter(W + "bookmarkStart")] == ["ROOM_2", "room", "room_3", "room_4"]
    starts, ends = ([el.get(W + "id") for el in root.iter(W + f"bookmark{x}")] for x in ("Start", "End"))
    assert starts == ends
    assert len(set(starts)) == 4


START, END = '<w:bookmarkStart w:id="3" w:name="room"/>', '<w:bookmarkEnd w:id="3"/>'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{%p for r in rows %}", "{%p endfor %}"),
        ("{%p if rows %}", "{%p endif %}"),
        ("{%p if not rows %}", "{%p endif %}"),
    ],
)
@pytest.mark.parametrize("order", [(START, END), ("", START + END), (START + END, "")], ids=["out", "after", "before"])
def test_a_bookmark_across_the_end_of_a_block_keeps_both_ends(first: str, second: str, order: tuple[str, str]) -> None:
    inside, outside = order
    marked = [p(first), p(inside + run("{{ 1 }}")), p(second), p(outside + run("后"))]
    for lines in (marked, [p(outside + run("前")), *marked[:3]]):
        root = tree(rendered(document(*lines), rows=["甲", "乙"]))
        starts, ends = ([el.get(W + "id") for el in root.iter(W + f"bookmark{x}")] for x in ("Start", "End"))
        assert sorted(starts) == sorted(ends)


MARK = '<w:bookmarkStart w:id="9" w:name="_GoBack"/><w:bookmarkEnd w:id="9"/>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("│a⏎{%p if no %}⏎x⏎{%p endif %}│", "│a│¶"),
        ("│{%p if no %}⏎x⏎{%p endif %}│", "││¶"),
        ("│{%p for r in rows %}⏎{{ r }}⏎{%p endfor %}│", "│甲⏎乙│¶"),
        ("│{#p 注释 #}│", "││¶"),
        ("│{{p none }}│", "││¶"),
        ("│{{p part }}│", "│文│¶"),
        ("{{p part }}", "文"),
        ("{%p if no %}¶x¶{%p endif %}", ""),
        ("{%p if rows %}¶x¶{%p endif %}", "x"),
        ("{%p if rows %}¶│x│¶{%p endif %}", "│x│¶"),
    ],
)
def test_every_story_and_cell_ends_with_a_paragraph_and_no_more(before: str, after: str) -> None:
    """Word's mark of the last place of work behind it or not."""
    values = {"no": False, "rows": ["甲", "乙"], "none": None, "part": Subdocument(document(p("文")))}
    for body in (blocks(before), blocks(before).replace("</w:p></w:tc>", f"{MARK}</w:p></w:tc>")):
        assert outline(rendered(document(body), **values)) == after
    assert outline(rendered(document(blocks(before) + MARK), **values)) == after


def test_tables_never_touch_whatever_is_left_out() -> None:
    one = table([["a"]])
    for between in (
        blocks("{%p if no %}¶x¶{%p endif %}"),
        p("{#p 注释 #}"),
        MARK + p("{%p if no %}") + p("{%p endif %}"),
    ):
        assert outline(rendered(document(one, between, one, p("后")), no=False)) == "│a│¶¶│a│¶后"
    looped = p("{%p for r in rows %}") + one + MARK + p("{%p endfor %}")
    assert outline(rendered(document(looped, p("后")), rows=[1, 2])) == "│a│¶¶│a│¶后"


def test_what_copying_in_word_has_doubled_is_told_apart() -> None:
    parts, shape = placeholder("图")
    again = p(START, END, shape, run("{{ n }}"))
    blob = rendered(with_body(parts, again + again), n=1)
    assert len({el.get("id") for el in tree(blob).iter(WP + "docPr")}) == 2
    assert len({el.get(W + "name") for el in tree(blob).iter(W + "bookmarkStart")}) == 2


def test_paragraph_ids_are_not_repeated() -> None:
    marked = p(run("{{ r }}")).replace("<w:p>", '<w:p w14:paraId="1A2B3C4D" w14:textId="77777777">')
    template = document(p("{%p for r in rows %}"), marked, p("{%p endfor %}"))
    ids = [q.get(W14 + "paraId") for q in tree(rendered(template, rows=[1, 2])).iter(W + "p")]
    assert [i for i in ids if i] in ([], [ids[0]])


def test_pictures_of_the_template_in_a_loop_get_ids_of_their_own() -> None:
    parts, shape = placeholder("图")
    looped = p("{%p for r in rows %}") + p(shape) + p("{%p endfor %}")
    root = tree(rendered(with_body(parts, looped), rows=[1, 2, 3]))
    assert len({el.get("id") for el in root.iter(WP + "docPr")}) == 3


def test_numbered_paragraphs_in_a_loop_stay_numbered() -> None:
    looped = p("{%p for r in rows %}") + item("{{ r }}") + p("{%p endfor %}")
    blob = rendered(document(looped, numbering=numbering(0, "chineseCounting")), rows=["甲", "乙"])
    assert forms(blob) == ["chineseCounting"] * 2


def merges(blob: bytes) -> list[list[tuple[str, str]]]:
    found = []
    for tr in tree(blob).iter(W + "tr"):
        marks = [(tc, tc.find(f"{W}tcPr/{W}vMerge")) for tc in tr.iter(W + "tc")]
        found.append([("".join(tc.itertext(W + "t")), "" if m is None else m.get(W + "val")) for tc, m in marks])
    return found


def test_vm_with_a_value_merges_while_it_stays_equal() -> None:
    rows = [{"b": b, "r": r} for b, r in (("1栋", "101"), ("1栋", "102"), ("2栋", "101"), ("1栋", "103"))]
    looped = table([["{%tr for x in rows %}", ""], ["{% vm x.b %}{{ x.b }}", "{{ x.r }}"], ["{%tr endfor %}", ""]])
    assert merges(rendered(document(looped, p()), rows=rows)) == [
        [("1栋", "restart"), ("101", "")],
        [("", "continue"), ("102", "")],
        [("2栋", "restart"), ("101", "")],
        [("1栋", "restart"), ("103", "")],
    ]


def test_two_columns_merge_each_by_its_own_value() -> None:
    rows = [{"b": b, "f": f} for b, f in ((1, 1), (1, 2), (2, 2))]
    looped = table(
        [["{%tr for x in rows %}", ""], ["{% vm x.b %}{{ x.b }}", "{% vm x.b, x.f %}{{ x.f }}"], ["{%tr endfor %}", ""]]
    )
    found = merges(rendered(document(looped, p()), rows=rows))
    assert [[m for _t, m in r] for r in found] == [
        ["restart", "restart"],
        ["continue", "restart"],
        ["restart", "restart"],
    ]


def widths(blob: bytes) -> tuple[list[int], list[list[int]]]:
    """The grid's columns and the cells' widths, in twentieths of a point."""
    root = tree(blob)
    cells = [[int(w.get(W + "w")) for w in tr.iter(W + "tcW")] for tr in root.iter(W + "tr")]
    return [int(c.get(W + "w")) for c in root.iter(W + "gridCol")], cells


def test_colwidth_sets_the_column_in_millimetres() -> None:
    wide = table([["a", "b"], ["{% colwidth w %}{{ a }}", "d"]])
    assert widths(rendered(document(wide, p()), w=25.4, a="甲")) == ([1440, 1000], [[1440, 1000]] * 2)


def test_colwidth_of_looped_columns() -> None:
    wide = table([["{%tc for c in cols %}", "{% colwidth c %}{{ c }}", "{%tc endfor %}"]])
    assert widths(rendered(document(wide, p()), cols=[25.4, 50.8])) == ([1440, 2880], [[1440, 2880]])


def test_looped_columns_share_the_width_of_the_table() -> None:
    wide = table([["头", "{%tc for c in cols %}", "{{ c }}", "{%tc endfor %}"]])
    grid, cells = widths(rendered(document(wide, p()), cols=[1, 2, 3, 4]))
    assert (grid, cells) == ([800] * 5, [[800] * 5])


def test_row_height_and_repeated_heading_stay() -> None:
    kept = '<w:trPr><w:cantSplit/><w:trHeight w:val="567" w:hRule="exact"/><w:tblHeader/></w:trPr>'
    tall = row("{{ r }}").replace("<w:tr>", f"<w:tr>{kept}")
    looped = table([row("{%tr for r in rows %}"), tall, row("{%tr endfor %}")], 1) + p()
    root = tree(rendered(document(looped), rows=["甲", "乙"]))
    looks = [[etree.QName(el).localname for el in r.find(W + "trPr")] for r in root.iter(W + "tr")]
    assert looks == [["cantSplit", "trHeight", "tblHeader"]] * 2


def test_cell_properties_stand_in_order_whatever_was_there() -> None:
    there = '<w:vAlign w:val="center"/>'
    one = cell("{% vm r.a %}{% cellbg 'FFC000' %}{% colspan 2 %}{% colwidth 20 %}{{ r.a }}", there)
    bare = f"<w:tc>{p('{% cellbg r.a %}x')}</w:tc>"
    looped = table([row("{%tr for r in rows %}"), row(one), row(bare, "b"), row("{%tr endfor %}")], 2) + p()
    root = tree(rendered(document(looped), rows=[{"a": "FFFFFF"}]))
    assert [[etree.QName(el).localname for el in pr] for pr in root.iter(W + "tcPr")] == [
        ["tcW", "gridSpan", "vMerge", "shd", "vAlign"],
        ["shd"],
        ["tcW"],
    ]


def test_text_of_a_table_is_read_in_order() -> None:
    assert text(rendered(document(blocks("│{{ a }}│{{ b }}│")), a=1, b=2)) == "1\n2"
