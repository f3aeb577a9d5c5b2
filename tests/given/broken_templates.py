"""Templates that are wrong, and data that do not fit: what it is, the bytes, the code of the fault and its place.

The place is what stands behind the file's name, in Chinese; "" where the file as a whole is at fault.
"""

from __future__ import annotations

import struct
import warnings
from decimal import Decimal
from typing import Any, NamedTuple

from docgen import Subdocument
from given.documents import PNG, cell, document, members, note, p, packed, row, table


class Broken(NamedTuple):
    name: str
    content: bytes
    code: str
    where: str


class Unfit(NamedTuple):
    name: str
    content: bytes
    context: dict[str, Any]
    code: str
    where: str


def _part_replaced(name: str, content: bytes) -> bytes:
    return packed({**members(p("x")), name: content})


def _without(name: str) -> bytes:
    return packed({n: c for n, c in members(p("x")).items() if n != name})


def _with_declaration(declaration: bytes, text: str = "x") -> bytes:
    parts = members(p("PLACEHOLDER"))
    xml = parts["word/document.xml"].replace(b"?>\n", b"?>\n" + declaration, 1)
    return packed({**parts, "word/document.xml": xml.replace(b"PLACEHOLDER", text.encode())})


def _twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own, about what is meant here
        return packed([*members(p("x")).items(), ("word/document.xml", b"<other/>")])


def _damaged_inside() -> bytes:
    """One byte of a stored member changed: only its checksum tells."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members(p("WHOLE")).items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue().replace(b"WHOLE", b"wHOLE", 1)


def _bomb() -> bytes:
    """A member of zeros whose entry in the directory says what it would unpack to."""
    blob = bytearray(packed({**members(p("x")), "word/media/a.bin": bytes(2**20)}))
    at = blob.rindex(b"PK\x01\x02")
    struct.pack_into("<I", blob, at + 24, 600 * 2**20)
    return bytes(blob)


def _encrypted() -> bytes:
    blob = bytearray(document(p("x")))
    at = blob.rindex(b"PK\x01\x02")
    blob[at + 8] |= 1
    return bytes(blob)


_LAUGHS = (
    b"<!DOCTYPE lolz [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>"
)
_EXTERNAL = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"
_R = "{%tr for r in rows %}"
_END = "{%tr endfor %}"

BROKEN = [
    # writing
    Broken("value not closed", document(p("甲"), p("a {{ x")), "tag.unclosed", "正文 第2段"),
    Broken("statement not closed", document(p("{% if x")), "tag.unclosed", "正文 第1段"),
    Broken("comment not closed", document(p("{# x")), "tag.unclosed", "正文 第1段"),
    Broken("if without end", document(p("{% if x %}a")), "block.open", "正文 第1段"),
    Broken("row loop without end", document(table([["甲"], [_R], ["{{ r }}"]])), "block.open", "正文 表1 行2 列1"),
    Broken("endif without if", document(p("a{% endif %}")), "block.order", "正文 第1段"),
    Broken("endfor without for", document(table([["a"], [_END]])), "block.order", "正文 表1 行2 列1"),
    Broken("else without if", document(p("a{% else %}b")), "block.order", "正文 第1段"),
    Broken("crossed", document(p("{% for a in b %}{% if a %}{% endfor %}")), "block.order", "正文 第1段"),
    Broken(
        "paragraph if closed in a row",
        document(p("{%p if x %}"), table([["{%tr endif %}"], ["a"]])),
        "block.level",
        "正文 表1 行1 列1",
    ),
    Broken(
        "row if closed by a paragraph",
        document(table([["{%tr if x %}"], ["a"], ["{%p endif %}"]])),
        "block.level",
        "正文 表1 行3 列1",
    ),
    Broken(
        "if in the body closed in a cell",
        document(p("{% if x %}"), table([["甲", "{% endif %}"]])),
        "block.level",
        "正文 表1 行1 列2",
    ),
    Broken(
        "inside a nested table",
        document(table([["a", "b"], ["c", cell(table([["d"], ["{{ e"]]) + p())]])),
        "tag.unclosed",
        "正文 表1 行2 列2 表1 行2 列1",
    ),
    Broken("text beside p", document(p("甲 {%p if x %}"), p("a"), p("{%p endif %}")), "tag.beside", "正文 第1段"),
    Broken("text beside tr", document(table([[_R, "甲"], ["a", "b"], [_END, ""]])), "tag.beside", "正文 表1 行1 列1"),
    Broken(
        "text beside tc",
        document(table([["{%tc if x %}甲", "a", "{%tc endif %}"]])),
        "tag.beside",
        "正文 表1 行1 列1",
    ),
    Broken("tr outside a table", document(p(_R)), "tag.outside-table", "正文 第1段"),
    Broken("tc outside a table", document(p("{%tc if x %}")), "tag.outside-table", "正文 第1段"),
    Broken("vm outside a table", document(p("{% vm %}")), "tag.outside-table", "正文 第1段"),
    Broken("vm outside a loop", document(table([["{% vm %}a"]])), "tag.outside-loop", "正文 表1 行1 列1"),
    Broken("unknown filter", document(table([["甲"], ["{{ x|金额大 }}"]])), "tag.filter", "正文 表1 行2 列1"),
    Broken("unknown test", document(p("{% if x is evenn %}a{% endif %}")), "tag.filter", "正文 第1段"),
    Broken("unknown tag", document(p("{% foreach x in y %}")), "tag.syntax", "正文 第1段"),
    Broken("expression breaks off", document(p("{{ x + }}")), "tag.syntax", "正文 第1段"),
    Broken("empty value", document(p("{{ }}")), "tag.syntax", "正文 第1段"),
    Broken("two names", document(p("{{ a b }}")), "tag.syntax", "正文 第1段"),
    Broken("bracket open", document(p("{{ (a }}")), "tag.syntax", "正文 第1段"),
    Broken("quote open", document(p("{{ 'a }}")), "tag.syntax", "正文 第1段"),
    Broken("assignment in a condition", document(p("{% if x = 1 %}a{% endif %}")), "tag.syntax", "正文 第1段"),
    Broken("for without in", document(p("{% for x %}a{% endfor %}")), "tag.syntax", "正文 第1段"),
    Broken("foreign sign", document(p("{{ a $ b }}")), "tag.syntax", "正文 第1段"),
    Broken("full-width braces", document(p("｛｛ x ｝｝")), "tag.fullwidth", "正文 第1段"),
    Broken("full-width percent", document(p("{％ if x ％}")), "tag.fullwidth", "正文 第1段"),
    Broken("raw without end", document(p("{% raw %}{{ x }}")), "tag.raw", "正文"),
    Broken("include", document(p("{% include 'a.docx' %}")), "tag.unsupported", "正文 第1段"),
    Broken("extends", document(p("{% extends 'a.docx' %}")), "tag.unsupported", "正文 第1段"),
    Broken("import", document(p("{% import 'a' as b %}")), "tag.unsupported", "正文 第1段"),
    Broken("class of a value", document(p("{{ x.__class__ }}")), "tag.unsafe", "正文 第1段"),
    Broken("class by subscript", document(p("{{ x['__class__'] }}")), "tag.unsafe", "正文 第1段"),
    Broken("fault in the header", document(p("x"), header=p("{{ a|nope }}")), "tag.filter", "页眉1 第1段"),
    Broken("fault in a footnote", document(p("x"), footnotes=note(1, "{{ a")), "tag.unclosed", "脚注 第1段"),
    # the file
    Broken("old .doc, or a password", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016), "package.ole", ""),
    Broken("password on the zip", _encrypted(), "package.encrypted", ""),
    Broken("truncated", document(p("x"))[:-40], "package.damaged", ""),
    Broken("broken off early", document(p("x"))[:300], "package.damaged", ""),
    Broken("damaged inside", _damaged_inside(), "package.damaged", ""),
    Broken("text file", "你好 {{ x }}".encode(), "package.foreign", ""),
    Broken("picture", PNG, "package.foreign", ""),
    Broken("empty file", b"", "package.empty", ""),
    Broken("zip without content types", _without("[Content_Types].xml"), "package.no-types", ""),
    Broken("zip without document", _without("word/document.xml"), "package.no-document", ""),
    Broken("zip bomb", _bomb(), "package.bomb", ""),
    Broken("part twice", _twice(), "package.duplicate", ""),
    Broken("entity expansion", _with_declaration(_LAUGHS, "&j;"), "part.doctype", ""),
    Broken("external entity", _with_declaration(_EXTERNAL, "&a;"), "part.doctype", ""),
    Broken("document type", _with_declaration(b"<!DOCTYPE x>"), "part.doctype", ""),
    Broken("part cut off", _part_replaced("word/document.xml", b"<w:document"), "part.malformed", ""),
    Broken("empty part", _part_replaced("word/document.xml", b""), "part.malformed", ""),
    Broken("noncharacters in the text", document(p("a\ufdd0{{ x }}")), "text.noncharacter", "正文"),
]

_ROWS = table([["甲", "乙"], [_R, ""], ["{{ r.a }}", "{{ r.b }}"], [_END, ""]])

UNFIT = [
    Unfit("missing name", document(p("甲"), p("{{ x }}")), {}, "data.missing", "正文 第2段"),
    Unfit("missing in a dict", document(p("{{ a.b }}")), {"a": {}}, "data.missing", "正文 第1段"),
    Unfit("missing below missing", document(p("{{ a.b.c }}")), {"a": {}}, "data.missing", "正文 第1段"),
    Unfit(
        "missing in the third row",
        document(_ROWS),
        {"rows": [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1}]},
        "data.missing",
        "正文 表1 行3 列2 第3项",
    ),
    Unfit("a column named like a method", document(p("{{ a.items }}")), {"a": {}}, "data.missing", "正文 第1段"),
    Unfit("missing in a condition", document(p("{% if x %}a{% endif %}")), {}, "data.missing", "正文 第1段"),
    Unfit("missing list", document(_ROWS), {}, "data.missing", "正文 表1 行2 列1"),
    Unfit("missing in a filter", document(p("{{ x|金额 }}")), {}, "data.missing", "正文 第1段"),
    Unfit("missing in a comparison", document(p("{{ 1 if x > 2 }}")), {}, "data.missing", "正文 第1段"),
    Unfit("division by zero", document(p("{{ 1 / n }}")), {"n": 0}, "data.failure", "正文 第1段"),
    Unfit(
        "division of decimals by zero",
        document(p("{{ a / n }}")),
        {"a": Decimal(1), "n": Decimal(0)},
        "data.failure",
        "正文 第1段",
    ),
    Unfit(
        "division by zero in a nested loop",
        document(p("{% for r in rows %}{% for n in r %}{{ 1 / n }}{% endfor %}{% endfor %}")),
        {"rows": [[1, 2], [3, 4, 0]]},
        "data.failure",
        "正文 第1段 第2.3项",
    ),
    Unfit("loop over a number", document(_ROWS), {"rows": 5}, "data.failure", "正文 表1 行2 列1"),
    Unfit("text plus number", document(p("{{ a + 1 }}")), {"a": "x"}, "data.failure", "正文 第1段"),
    Unfit("text less than number", document(p("{{ 1 if a < 1 }}")), {"a": "x"}, "data.failure", "正文 第1段"),
    Unfit("no date", document(p("{{ a|日期 }}")), {"a": "明天"}, "data.failure", "正文 第1段"),
    Unfit("no amount", document(p("{{ a|金额大写 }}")), {"a": "很多"}, "data.failure", "正文 第1段"),
    Unfit("control character", document(p("{{ a }}")), {"a": "x\x01"}, "value.control", "正文 第1段"),
    Unfit("bad colour", document(table([["{% cellbg c %}a"]])), {"c": "red"}, "value.colour", "正文 表1 行1 列1"),
    Unfit("bad span", document(table([["{% colspan n %}a"]])), {"n": "two"}, "value.number", "正文 表1 行1 列1"),
    Unfit("bad width", document(table([["{% colwidth n %}a"]])), {"n": None}, "value.number", "正文 表1 行1 列1"),
    Unfit(
        "sub-document inside a paragraph",
        document(p("a {{ s }}")),
        {"s": Subdocument(document(p("x")))},
        "subdocument.place",
        "正文 第1段",
    ),
    Unfit("no picture", document(p("{{ a|image(w=20) }}")), {"a": b"text"}, "image.unreadable", "正文 第1段"),
    Unfit("picture not there", document(p("{{ a|image }}")), {"a": "/nowhere/a.png"}, "image.missing", "正文 第1段"),
    Unfit("picture of a number", document(p("{{ a|图片 }}")), {"a": 5}, "image.unreadable", "正文 第1段"),
    Unfit(
        "text between rows", document(table([["{{tr a }}"], ["b"]])), {"a": "x"}, "value.not-xml", "正文 表1 行1 列1"
    ),
    Unfit("private attribute", document(p("{{ a['__cl' ~ 'ass__'] }}")), {"a": 1}, "tag.unsafe", "正文 第1段"),
    Unfit("missing in the header", document(p("x"), header=p("{{ x }}")), {}, "data.missing", "页眉1 第1段"),
]

FIVE_FAULTS = document(
    p("{{ a"),
    table([["甲", "乙"], ["{{ x|nope }}", "{% if y %}"]]),
    p("丙"),
    p("{{ b + }}"),
    header=table([["{{ z.__class__ }}"]]) + p(),
    footnotes=note(1, "注 ｛｛ c ｝"),
)
"""Faults of five kinds in body, header and footnote."""

SOUND = [
    document(p("plain text, 50% {of} 100％ ｛备注｝ # { } %")),
    document(p("{{ a }}{% if a %}b{% else %}c{% endif %}{# note #}")),
    document(p("{% for a in b %}{% if a %}{{ a }}{% elif c %}d{% endif %}{% else %}none{% endfor %}")),
    document(p("{%p if a %}"), table([["b"]]), p("{%p else %}"), p("c"), p("{%p endif %}")),
    document(table([["甲", "乙"], [_R, ""], ["{% vm r.a %}{{ r.a }}", "{{ r.b }}"], [_END, ""]])),
    document(
        table(
            [row("{%tr for r in rows %}"), row("{{ r }}", "{%tc for m in r %}", "{{ m }}", "{%tc endfor %}"), row(_END)]
        )
    ),
    document(p("{{ “是” if a else ‘否’ }}{{ '}}' }}{{ {'a': 1}['a'] }}")),
    document(p("{% raw %}{{ a %} ｛｛{% endraw %}{_{ b }_}")),
    document(p("{% set x = 1 %}{{ x }}{% macro f(a) %}{{ a }}{% endmacro %}{{ f(x) }}")),
    document(p("{% with x = 1 %}{{ x }}{% endwith %}{% filter upper %}a{% endfilter %}")),
    document(
        p("{{ a|default('') }}{{ b.c|金额(2) }}{{ d|image(w=20) }}"), header=p("{{ a }}"), footnotes=note(1, "{{ a }}")
    ),
]
"""Templates in which nothing is wrong."""
