"""Word documents for the tests, written as the XML they are: small, exact, and the same every time.

``p("text")`` is a paragraph, ``table([["a", "b"]])`` a table, ``document(p("x"), header=p("y"))`` the bytes of a .docx.

``blocks`` and ``outline`` write and read a whole story in one line: ``¶`` ends a paragraph, a paragraph that begins
with ``│`` is a row of cells, ``⏎`` ends a paragraph inside a cell, ``‖`` is where Word cut the text into runs.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from docgen import WordTemplate
from docgen.word.check import defects

W_URI = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{W_URI}}}"
NAMESPACES = (
    f'xmlns:w="{W_URI}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_PARTS = {
    "header": ("header1.xml", "hdr", "header+xml"),
    "footer": ("footer1.xml", "ftr", "footer+xml"),
    "first_header": ("header2.xml", "hdr", "header+xml"),
    "first_footer": ("footer2.xml", "ftr", "footer+xml"),
    "even_header": ("header3.xml", "hdr", "header+xml"),
    "even_footer": ("footer3.xml", "ftr", "footer+xml"),
    "footnotes": ("footnotes.xml", "footnotes", "footnotes+xml"),
    "endnotes": ("endnotes.xml", "endnotes", "endnotes+xml"),
    "comments": ("comments.xml", "comments", "comments+xml"),
    "styles": ("styles.xml", "styles", "styles+xml"),
    "numbering": ("numbering.xml", "numbering", "numbering+xml"),
}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf500f0003830180e55f56c10000000049454e44ae426082"
)
"""A picture of one pixel."""


def run(text: str, properties: str = "") -> str:
    """A run; ``properties`` is the inside of w:rPr."""
    rpr = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{rpr}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(*texts: str, properties: str = "") -> str:
    """A paragraph of one run a text; a text that begins with ``<`` is XML already."""
    ppr = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{ppr}{''.join(t if t.startswith('<') else run(t) for t in texts)}</w:p>"


def cell(content: str, properties: str = "") -> str:
    """A cell; ``content`` is text or XML of paragraphs and tables."""
    inner = content if content.startswith("<") else p(content)
    return f'<w:tc><w:tcPr><w:tcW w:w="1000" w:type="dxa"/>{properties}</w:tcPr>{inner}</w:tc>'


def row(*cells: str) -> str:
    """A row; a cell is text, or XML."""
    return f"<w:tr>{''.join(c if c.startswith('<w:tc>') else cell(c) for c in cells)}</w:tr>"


def table(rows: list[list[str] | str], columns: int | None = None) -> str:
    """A table of rows (lists of cells, or XML); its grid as wide as its widest row unless ``columns`` says."""
    wide = columns or max(r.count("<w:tc>") if isinstance(r, str) else len(r) for r in rows)
    grid = '<w:gridCol w:w="1000"/>' * wide
    body = "".join(r if isinstance(r, str) else row(*r) for r in rows)
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>'


def blocks(notation: str) -> str:
    """The XML of a story in one line (see above)."""
    out: list[str] = []
    rows: list[list[str] | str] = []
    for block in notation.split("¶"):
        if block.startswith("│"):
            rows.append(["".join(_cut(line) for line in c.split("⏎")) for c in block[1:-1].split("│")])
            continue
        out += [table(rows)] if rows else []
        out.append(block if block.startswith("<") else _cut(block))
        rows = []
    return "".join([*out, table(rows), p()] if rows else out)


def _cut(text: str) -> str:
    return p(*text.split("‖")) if text else p()


def outline(blob: bytes, part: str = "word/document.xml") -> str:
    """A story in one line, as ``blocks`` takes it; a page break is a form feed, a picture ``▣``."""
    root = etree.fromstring(contents(blob)[part])
    return "¶".join(_lines(root.find(W + "body") if root.tag == W + "document" else root))


def _lines(parent: etree._Element) -> list[str]:
    out: list[str] = []
    for el in parent:
        if el.tag == W + "p":
            out.append(_text(el))
        elif el.tag == W + "tbl":
            cells = [["⏎".join(_lines(c)) for c in r.iter(W + "tc")] for r in el.iter(W + "tr")]
            out += ["│" + "│".join(c) + "│" for c in cells]
        else:
            out += _lines(el)
    return out


def note(number: int, *texts: str) -> str:
    """A footnote."""
    return f'<w:footnote w:id="{number}">{p(*texts)}</w:footnote>'


def members(*body: str, **parts: str) -> dict[str, bytes]:
    """The parts of a document: ``members(p("x"), header=p("y"), footnotes=note(1, "z"))``."""
    types = rels = references = ""
    out: dict[str, bytes] = {}
    for i, (kind, content) in enumerate(parts.items(), 1):
        name, element, content_type = _PARTS[kind]
        out[f"word/{name}"] = f"{XML}<w:{element} {NAMESPACES}>{content}</w:{element}>".encode()
        types += f'<Override PartName="/word/{name}" ContentType="{_MAIN}{content_type}"/>'
        page, _underscore, what = kind.rpartition("_")
        rels += f'<Relationship Id="rId{i}" Type="{_REL}{what}" Target="{name}"/>'
        if what in ("header", "footer"):
            references += f'<w:{what}Reference w:type="{page or "default"}" r:id="rId{i}"/>'
    section = f'<w:sectPr>{references}<w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    content_types = (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}document.main+xml"/>{types}</Types>'
    )
    root = f'<Relationship Id="rId1" Type="{_REL}officeDocument" Target="word/document.xml"/>'
    return {
        "[Content_Types].xml": content_types.encode(),
        "_rels/.rels": f"{XML}<Relationships {_PACKAGE}>{root}</Relationships>".encode(),
        "word/document.xml": (
            f"{XML}<w:document {NAMESPACES}><w:body>{''.join(body)}{section}</w:body></w:document>".encode()
        ),
        "word/_rels/document.xml.rels": f"{XML}<Relationships {_PACKAGE}>{rels}</Relationships>".encode(),
        **out,
    }


def add(
    parts: dict[str, bytes], name: str, xml: str, content_type: str, kind: str, owner: str = "word/document.xml"
) -> str:
    """Add a part of that content type, related to ``owner`` ("" for the package); the id of the relationship."""
    parts[name] = f"{XML}{xml}".encode()
    override = f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override.encode())
    return relate(parts, "/" + name, kind, owner)


def relate(parts: dict[str, bytes], target: str, kind: str, owner: str = "word/document.xml", mode: str = "") -> str:
    """Add a relationship; ``mode="External"`` for links. Its id."""
    folder, _slash, file = owner.rpartition("/")
    rels = f"{folder}/_rels/{file}.rels".lstrip("/")
    before = parts.get(rels, f"{XML}<Relationships {_PACKAGE}></Relationships>".encode())
    rid = f"rIdT{before.count(b'<Relationship ')}"
    kind, mode = kind if ":" in kind else _REL + kind, f' TargetMode="{mode}"' if mode else ""
    line = f'<Relationship Id="{rid}" Type="{kind}" Target="{escape(target)}"{mode}/></Relationships>'
    parts[rels] = before.replace(b"</Relationships>", line.encode())
    return rid


def packed(parts: dict[str, bytes] | list[tuple[str, bytes]]) -> bytes:
    """The parts as a zip archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def document(*body: str, **parts: str) -> bytes:
    """The bytes of a .docx."""
    return packed(members(*body, **parts))


def contents(blob: bytes) -> dict[str, bytes]:
    """Every part of a document."""
    with zipfile.ZipFile(BytesIO(blob)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def paragraphs(blob: bytes, part: str = "word/document.xml") -> list[str]:
    """The texts of a part's paragraphs in document order, tabs and breaks as the characters that make them."""
    root = etree.fromstring(contents(blob)[part])
    return [_text(paragraph) for paragraph in root.iter(W + "p")]


def _text(paragraph: etree._Element) -> str:
    signs = {W + "tab": "\t", W + "br": "\n", W + "cr": "\n", W + "drawing": "▣"}
    return "".join(
        el.text or "" if el.tag == W + "t" else "\f" if el.get(W + "type") == "page" else signs[el.tag]
        for el in paragraph.iter(W + "t", *signs)
        if next(el.iterancestors(W + "p")) is paragraph and el.getparent().tag != W + "tabs"
    )


def text(blob: bytes, part: str = "word/document.xml") -> str:
    """The non-empty paragraphs of a part, one a line."""
    return "\n".join(t for t in paragraphs(blob, part) if t)


def rendered(template: bytes, **values: Any) -> bytes:
    """The document; always sound, and the same when rendered again."""
    compiled = WordTemplate.load(template, name="月报.docx")
    blob = compiled.render(values)
    assert list(defects(blob)) == []
    assert compiled.render(values) == blob
    return blob


def tree(blob: bytes, part: str = "word/document.xml") -> etree._Element:
    return etree.fromstring(contents(blob)[part])


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
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        f'<a:graphicData uri="{pic}"><pic:pic xmlns:pic="{pic}">'
        f'<pic:nvPicPr><pic:cNvPr id="0" name="p" descr="{alt}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{rid}"/><a:stretch/></pic:blipFill><pic:spPr/></pic:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing></w:r>"
    )
    return parts, shape


def with_body(parts: dict[str, bytes], xml: str) -> bytes:
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + xml.encode())
    return packed(parts)


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


START, END = '<w:bookmarkStart w:id="3" w:name="room"/>', '<w:bookmarkEnd w:id="3"/>'
