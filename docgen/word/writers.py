"""Values → WordprocessingML at a site: escaping, line breaks, control characters, rich values.

The fast path is one search for characters that need care; nearly every value of a form has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined

from docgen.template.captured import Xml
from docgen.template.marks import Site, SiteKind
from docgen.template.rich import Host, Rich, current_render
from docgen.template.xml_text import SPECIAL, escape, escape_attribute, plain_text
from foundation.language import _

_SPECIAL_ATTRIBUTE = re.compile('[&<>"\x00-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufddf\ufffe\uffff\ud800-\udfff]').search
_ILLEGAL = re.compile("[\x00-\x06\x08\x0b\x0e-\x1f\ufdd0-\ufddf\ufffe\uffff\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\x07\x0c]")


def legal(text: str) -> str:
    """``text`` without characters XML cannot hold: refused with their place, or removed, as the template was loaded."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    bad = _ILLEGAL.search(text)
    if bad is None:
        return text
    state = current_render.get()
    if state is not None and state.refuse_control:
        message = _("the value contains the control character U+{code}").format(code=f"{ord(bad[0]):04X}")
        hint = _("Delete it in the source, or load the template with control='remove'.")
        state.report(message, hint, "value.control")
    return _ILLEGAL.sub("", text)


def writers(site: Site) -> tuple[Callable[[Any], bytes], Callable[[Any], str]]:
    """The two functions that write a value at this site: as bytes into the part, as text into a capture."""
    slow = _SLOW[site.kind](site)
    special = _SPECIAL_ATTRIBUTE if site.kind is SiteKind.ATTRIBUTE else SPECIAL

    def as_text(value: Any) -> str:
        if type(value) is str and special(value) is None:
            return value
        return slow(value)

    def as_bytes(value: Any) -> bytes:
        if type(value) is str:
            if special(value) is None:
                return value.encode()
        elif type(value) is int:
            return b"%d" % value
        return slow(value).encode()

    if site.kind in (SiteKind.RUNS, SiteKind.PARAGRAPHS, SiteKind.RAW):
        return (lambda value: slow(value).encode()), slow
    return as_bytes, as_text


def _signs(site: Site, rpr: str) -> dict[str, str]:
    """What tab, line break, bell (new paragraph) and form feed (page) become in a run with these properties."""
    again = '<w:t xml:space="preserve">'
    out, back = f"</w:t></w:r>{site.close}", f"{site.open}<w:r>{rpr}{again}"
    line, page = f"</w:t><w:br/>{again}", '<w:br w:type="page"/>'
    if not site.breakable:
        return {"\t": f"</w:t><w:tab/>{again}", "\n": line, "\a": line, "\f": f"</w:t>{page}{again}"}
    return {
        "\t": f"</w:t><w:tab/>{again}",
        "\n": line,
        "\a": f"{out}</w:p><w:p>{site.ppr}{back}",
        "\f": f"{out}</w:p><w:p><w:r>{page}</w:r></w:p><w:p>{site.ppr}{back}",
    }


def run(text: str, rpr: str, site: Site) -> str:
    """A run of ``text`` at this site; a line or page break in it may make it several."""
    safe = escape(legal(text))
    if _BREAKS.search(safe):
        signs = _signs(site, rpr)
        safe = _BREAKS.sub(lambda m: signs[m[0]], safe)
    return f'<w:r>{rpr}<w:t xml:space="preserve">{safe}</w:t></w:r>'


def _text(site: Site) -> Callable[[Any], str]:
    """Inside ``w:t``: breaks become their elements, rich values leave the run and come back to it."""
    opening = f'<w:r>{site.rpr}<w:t xml:space="preserve">'
    signs = _signs(site, site.rpr)

    def write(value: Any) -> str:
        if isinstance(value, Xml) and value.level is SiteKind.TEXT:
            return value.xml
        if isinstance(value, Rich):
            return f"</w:t></w:r>{value.runs(_host(), site)}{opening}"
        text = escape(legal(plain_text(value)))
        return _BREAKS.sub(lambda m: signs[m[0]], text) if _BREAKS.search(text) else text

    return write


def _runs(site: Site) -> Callable[[Any], str]:
    """``{{r x}}``: rich values give their runs, anything else a run with the tag's own properties."""
    inner = _text(site)

    def write(value: Any) -> str:
        if isinstance(value, Rich):
            return value.runs(_host(), site)
        if isinstance(value, Xml) and value.level is SiteKind.RUNS:
            return value.xml
        text = inner(value)
        return f'<w:r>{site.rpr}<w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""

    return write


def _paragraphs(site: Site) -> Callable[[Any], str]:
    """``{{p x}}``: paragraphs of a rich value or sub-document, or the text in a paragraph like the tag's."""
    inner = _text(site)

    def write(value: Any) -> str:
        if isinstance(value, Rich):
            return value.paragraphs(_host(), site)
        if isinstance(value, Xml) and value.level is SiteKind.PARAGRAPHS:
            return value.xml
        if value is None or isinstance(value, Undefined) or value == "":
            str(value)  # tells the collector of a missing name
            return ""
        return f'<w:p>{site.ppr}<w:r><w:t xml:space="preserve">{inner(value)}</w:t></w:r></w:p>'

    return write


def _raw(_site: Site) -> Callable[[Any], str]:
    """``{{tr x}}``, ``{{tc x}}``: rows or cells that a macro of the template made; nothing else can stand there."""

    def write(value: Any) -> str:
        if isinstance(value, Xml) and value.level is SiteKind.RAW:
            return value.xml
        if plain_text(value).strip():
            message = _("only rows or cells made by a macro can stand here")
            _host().report(message, _("Put the value into a cell with {{ … }}."), "value.not-xml")
        return ""

    return write


def _lines(value: Any) -> str:
    """A value where there are neither paragraphs nor pages: both begin a line."""
    return legal(plain_text(value)).replace("\a", "\n").replace("\f", "\n")


def _drawing(site: Site) -> Callable[[Any], str]:
    """Inside ``a:t`` of a chart or drawing: a line break is an element between runs."""
    line = f"</a:t></a:r><a:br/><a:r>{site.rpr}<a:t>"

    def write(value: Any) -> str:
        return escape(_lines(value)).replace("\n", line)

    return write


_SLOW: dict[SiteKind, Callable[[Site], Callable[[Any], str]]] = {
    SiteKind.TEXT: _text,
    SiteKind.RUNS: _runs,
    SiteKind.PARAGRAPHS: _paragraphs,
    SiteKind.RAW: _raw,
    SiteKind.ATTRIBUTE: lambda _site: lambda value: escape_attribute(_lines(value)),
    SiteKind.DRAWING: _drawing,
    SiteKind.PLAIN: lambda _site: lambda value: escape(_lines(value)),
}


def _host() -> Host:
    host = current_render.get()
    if host is None:
        raise RuntimeError("a value is written outside a render")
    return host
