"""What macros and ``{% set %}`` blocks make: XML of the part they stand in, which to the template is a text.

Before → after, for a macro whose body is a paragraph::

    {%p macro note(x) %}            captured('<w:p><w:r><w:t>see 3</w:t></w:r></w:p>')
    see {{ x }}                 →   Xml: the text "see 3" to filters and tests, level PARAGRAPHS;
    {%p endmacro %}                 {{p note(3) }} writes its xml, {{ note(3) }} the text alone

What holds no element is a plain text: ``{% set a %}1 &lt; 2{% endset %}`` gives ``1 < 2``, escaped again where written.
"""

from __future__ import annotations

import re
from typing import Any, Self

from jinja2.runtime import Macro

from docgen.template.marks import SiteKind


class Xml(str):
    """What a macro or block of the template itself made: to filters and tests the text a person reads.

    ``xml`` is written as it is where the same ``level`` of the document is open, and nowhere else.
    """

    __slots__ = ("level", "xml")
    xml: str
    level: SiteKind

    def __new__(cls, xml: str) -> Self:
        self = super().__new__(cls, _readable(xml))
        self.xml, self.level = xml, _level(xml)
        return self


_ELEMENT = re.compile(r"<[^>]*>|\x01.")  # the guards of docgen.sound too
_FIRST = re.compile(r"(?:\s|\x01.)*<(/?)w:(\w+)")
_LEVELS = dict.fromkeys(("p", "tbl", "sdt"), SiteKind.PARAGRAPHS) | dict.fromkeys(("tr", "tc"), SiteKind.RAW)
_SIGNS = (('<w:br w:type="page"/>', "\f"), ("<w:br/>", "\n"), ("<w:tab/>", "\t"), ("</w:p>", "\a"))


def _level(xml: str) -> SiteKind:
    first = _FIRST.match(xml)
    if first is None or first[1]:
        return SiteKind.TEXT
    return _LEVELS.get(first[2], SiteKind.RUNS)


def _readable(xml: str) -> str:
    for element, sign in _SIGNS:
        xml = xml.replace(element, sign)
    return _unescaped(_ELEMENT.sub("", xml)).replace("\a\f\a", "\f").removesuffix("\a")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def captured(text: str) -> str:
    """What a macro or ``{% set %}`` block holds: XML where it has elements, else the plain text it stands for."""
    return Xml(text) if "<" in text else _unescaped(text)


class CapturingMacro(Macro):
    """Jinja's macro, giving :func:`captured` instead of Markup."""

    def _invoke(self, arguments: list[Any], autoescape: bool) -> str:  # noqa: ARG002 - Jinja's signature
        return captured(self._func(*arguments))
