"""Formatted text a Word template can place: runs with their own looks, paragraphs with their own styles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from docgen.template.marks import Site
from docgen.template.rich import Host, Rich
from docgen.template.xml_text import escape_attribute, plain_text
from docgen.word.writers import run

_UNDERLINES = ("single", "double", "thick", "dotted", "dash", "dotDash", "dotDotDash", "wave")


class RichText(Rich):
    """Text with its own formatting, run by run; the arguments are docxtpl's.

    Formatting belongs into the template; this is for what only the data know, such as a word in red.
    """

    def __init__(self, text: Any = None, **properties: Any) -> None:
        self._runs: list[tuple[str, str, str]] = []
        if text:
            self.add(text, **properties)

    def add(  # noqa: PLR0913 - docxtpl's arguments
        self,
        text: Any,
        *,
        style: str | None = None,
        color: str | None = None,
        highlight: str | None = None,
        size: int | None = None,
        subscript: bool = False,
        superscript: bool = False,
        bold: bool = False,
        italic: bool = False,
        underline: bool | str = False,
        strike: bool = False,
        font: str | None = None,
        url: str | None = None,
        rtl: bool = False,
        lang: str | None = None,
    ) -> RichText:
        """Append ``text`` or another RichText. ``size`` in half points, colours as RRGGBB, ``url`` makes a link.

        ``font`` may name a script first, as in ``eastAsia:微软雅黑``.
        """
        if isinstance(text, RichText):
            self._runs += text._runs  # noqa: SLF001 - one of its own kind
            return self
        flags = [("b", bold), ("bCs", bold and rtl), ("i", italic), ("iCs", italic and rtl), ("strike", strike)]
        parts = [
            f'<w:rStyle w:val="{escape_attribute(style)}"/>' if style else "",
            _fonts(font) if font else "",
            "".join(f"<w:{name}/>" for name, on in flags if on),
            f'<w:color w:val="{escape_attribute(color.lstrip("#"))}"/>' if color else "",
            f'<w:sz w:val="{int(size)}"/><w:szCs w:val="{int(size)}"/>' if size else "",
            f'<w:u w:val="{underline if underline in _UNDERLINES else "single"}"/>' if underline else "",
            f'<w:shd w:val="clear" w:color="auto" w:fill="{escape_attribute(highlight.lstrip("#"))}"/>'
            if highlight
            else "",
            '<w:vertAlign w:val="subscript"/>' if subscript else "",
            '<w:vertAlign w:val="superscript"/>' if superscript and not subscript else "",
            "<w:rtl/>" if rtl else "",
            f'<w:lang w:val="{escape_attribute(lang)}"/>' if lang else "",
        ]
        self._runs.append((plain_text(text), "".join(parts), url or ""))
        return self

    def plain(self) -> str:
        return "".join(text for text, _rpr, _url in self._runs)

    def runs(self, host: Host, site: Site) -> str:
        return "".join(_run(host, text, own, url, site) for text, own, url in self._runs)


def _fonts(font: str) -> str:
    script, _colon, name = font.rpartition(":")
    quoted = escape_attribute(name)
    scripts = dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), quoted)
    if script:
        scripts[script] = quoted
    return "<w:rFonts" + "".join(f' w:{k}="{v}"' for k, v in scripts.items()) + "/>"


def _run(host: Host, text: str, own: str, url: str, site: Site) -> str:
    rpr = f"<w:rPr>{own}</w:rPr>" if own else site.rpr
    if not url:
        return run(text, rpr, site)
    ns = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<w:hyperlink xmlns:r="{ns}" r:id="{host.relate("hyperlink", url, external=True)}">'
    inside = replace(site, open=site.open + link, close="</w:hyperlink>" + site.close)
    return f"{link}{run(text, rpr, inside)}</w:hyperlink>"


class RichTextParagraph(Rich):
    """Paragraphs of formatted text, each with its own paragraph style, for ``{{p x}}``."""

    def __init__(self, text: Any = None, *, parastyle: str | None = None) -> None:
        self._paragraphs: list[tuple[RichText, str]] = []
        if text:
            self.add(text, parastyle=parastyle)

    def add(self, text: Any, *, parastyle: str | None = None) -> RichTextParagraph:
        """Append a paragraph."""
        rich = text if isinstance(text, RichText) else RichText(text)
        ppr = f'<w:pPr><w:pStyle w:val="{escape_attribute(parastyle)}"/></w:pPr>' if parastyle else ""
        self._paragraphs.append((rich, ppr))
        return self

    def plain(self) -> str:
        return "\n".join(rich.plain() for rich, _ppr in self._paragraphs)

    def runs(self, host: Host, site: Site) -> str:
        return "<w:r><w:br/></w:r>".join(rich.runs(host, site) for rich, _ppr in self._paragraphs)

    def paragraphs(self, host: Host, site: Site) -> str:
        return "".join(rich.paragraphs(host, replace(site, ppr=own or site.ppr)) for rich, own in self._paragraphs)
