"""The house style of the Word papers: page, type, tables, headers and footers, after GB/T 9704-2012.

Only the authoring scripts beside the templates use this. A paper is written once by its script, committed, and
from then on may be edited in Word or WPS like any other document. What is written here holds in both programs:
every font is named for Latin and Chinese separately and no theme is referred to; every table has a fixed layout,
its own grid and a width on every cell; rows do not break across pages and header rows repeat; page fields carry
a cached value; every section has its own header and footer.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from docgen.template.package import repack
from templates.authoring.word_styles import (
    BUILT_IN,
    DEFAULTS,
    FONT_TABLE,
    FORM_STYLES,
    SETTINGS,
    STYLES,
    TABLE_STYLE,
    Style,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docx.section import Section


PORTRAIT_WIDTH, LANDSCAPE_WIDTH = 156.0, 225.0
"""Type area in millimetres: A4 less the margins of GB/T 9704 (28 + 26), and the same sheet turned."""

HEADER_FILL, LABEL_FILL = "EDEDED", "F5F5F5"

LETTER, SHEET = (37.0, 26.0, 35.0, 28.0), (18.0, 20.0, 16.0, 25.0)
"""Margins in millimetres (top, right, bottom, left): GB/T 9704, and forms to be filed on the left."""

_DROPPED = {"theme", "stylesWithEffects", "webSettings", "customXml", "thumbnail", "numbering"}


def _dxa(mm: float) -> int:
    return round(mm * 1440 / 25.4)


# --- tables ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One cell: its text (each line of it a paragraph), style, and how far it reaches.

    ``under``: the style of the lines below the first, where it is another.
    """

    text: str
    style: str = "表格文字"
    span: int = 1
    fill: str = ""
    borders: str = ""  # XML inside w:tcBorders
    valign: str = "center"
    under: str = ""
    tabs: str = ""  # XML, in every paragraph of the cell


@dataclass(frozen=True)
class Row:
    cells: tuple[Cell, ...]
    header: bool = False
    height: float = 6.5  # millimetres, at least


@dataclass(frozen=True)
class Column:
    """A column of a listing: title, share of the width, what a row prints, alignment (l, c, r), what 合计 prints."""

    title: str
    width: float
    value: str
    align: str = "l"
    total: str = ""
    style: str = ""

    def cell(self, text: str, size: str) -> Cell:
        return Cell(text, self.style or size + _ALIGN[self.align])


_ALIGN = {"l": "文字", "c": "居中", "r": "数字"}


def _rule(side: str, eighths: int) -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="000000"/>'


GRID = (
    "".join(_rule(side, 8) for side in ("top", "left", "bottom", "right")) + _rule("insideH", 4) + _rule("insideV", 4)
)
"""Outer rules of 1 point, inner ones of half a point."""


def label(text: str, span: int = 1) -> Cell:
    """The name of what stands beside it."""
    return Cell(text, "标签", span=span, fill=LABEL_FILL)


def value(text: str, span: int = 1) -> Cell:
    """What was filled in, or room to write it."""
    return Cell(text, span=span)


def prose(text: str, span: int = 1) -> Cell:
    """A longer text, from the top of its cell."""
    return Cell(text, "正文左", span=span)


def boxes(choices: Sequence[str], chosen: str) -> str:
    """``■男　□女``: the choices, the one that ``chosen`` (an expression) names marked."""
    return "　".join(f"{{{{ '■' if {chosen} == '{choice}' else '□' }}}}{choice}" for choice in choices)


def sign_rows(titles: Sequence[str], columns: int, height: float = 22) -> list[Row]:
    """Who signs, side by side: the title, then room to write an opinion, sign and date it by hand."""
    span = columns // len(titles)
    room = Cell("签名：\n日期：　　　年　　月　　日", "落款", span=span, valign="bottom")
    return [Row(tuple(label(title, span) for title in titles), height=6.5), Row((room,) * len(titles), height=height)]


def tag_row(tag: str, columns: int) -> Row:
    """A row that holds nothing but a ``{%tr … %}`` tag; the engine takes the whole row away."""
    return Row((Cell(tag, "模板标签", span=columns),), height=0)


def listing_rows(columns: Sequence[Column], each: str, *, small: bool = False, total: bool = False) -> list[Row]:
    """Header, one row per item of ``each``, and a 合计 row if asked for."""
    prefix = "小字" if small else "表格"
    head = "小字表头" if small else "表头"
    rows = [Row(tuple(Cell(c.title, head, fill=HEADER_FILL) for c in columns), header=True)]
    rows.append(tag_row(f"{{%tr for {each} %}}", len(columns)))
    rows.append(Row(tuple(c.cell(c.value, prefix) for c in columns)))
    rows.append(tag_row("{%tr endfor %}", len(columns)))
    if total:
        rows.append(Row(tuple(c.cell(c.total, prefix) if i else Cell(c.total, head) for i, c in enumerate(columns))))
    return rows


def _table_xml(widths: Sequence[int], rows: Sequence[Row], borders: str, *, together: bool) -> str:
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f"<w:tblBorders>{borders}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>'
        '<w:bottom w:w="28" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblLook w:val="0000"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{''.join(_row_xml(row, widths, kept=together and n < len(rows)) for n, row in enumerate(rows, 1))}</w:tbl>"
    )


def _row_xml(row: Row, widths: Sequence[int], *, kept: bool) -> str:
    height = ""
    if row.height:
        height = f'<w:trHeight w:val="{_dxa(row.height)}" w:hRule="atLeast"/>'
    header = "<w:tblHeader/>" if row.header else ""
    cells, at = [], 0
    for cell in row.cells:
        cells.append(_cell_xml(cell, sum(widths[at : at + cell.span]), kept=kept))
        at += cell.span
    if at != len(widths):
        msg = f"a row of {at} columns in a table of {len(widths)}: {[c.text for c in row.cells]}"
        raise ValueError(msg)
    return f"<w:tr><w:trPr><w:cantSplit/>{height}{header}</w:trPr>{''.join(cells)}</w:tr>"


def _cell_xml(cell: Cell, width: int, *, kept: bool) -> str:
    properties = (
        f'<w:tcW w:w="{width}" w:type="dxa"/>'
        + (f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else "")
        + (f"<w:tcBorders>{cell.borders}</w:tcBorders>" if cell.borders else "")
        + (f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else "")
        + f'<w:vAlign w:val="{cell.valign}"/>'
    )
    keep = ("<w:keepNext/>" if kept else "") + cell.tabs
    lines = cell.text.split("\n")
    styles = [cell.style, *[cell.under or cell.style] * (len(lines) - 1)]
    paragraphs = "".join(paragraph_xml(line, style, properties=keep) for line, style in zip(lines, styles, strict=True))
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraphs}</w:tc>"


# --- paragraphs -----------------------------------------------------------------------------------------------


def paragraph_xml(text: str, style: str, *, properties: str = "", namespaces: str = "") -> str:
    """A paragraph; a tab in the text stays one, ``[PAGE]`` and ``[NUMPAGES]`` become fields."""
    runs = "".join(_run_xml(piece) for piece in _pieces(text))
    style_id = BUILT_IN.get(style, style)
    return f'<w:p{namespaces}><w:pPr><w:pStyle w:val="{style_id}"/>{properties}</w:pPr>{runs}</w:p>'


def _pieces(text: str) -> list[str]:
    for mark in ("\t", "[PAGE]", "[NUMPAGES]"):
        text = text.replace(mark, f"\0{mark}\0")
    return [piece for piece in text.split("\0") if piece]


_CACHED = {"[PAGE]": "2", "[NUMPAGES]": "12"}


def _run_xml(piece: str) -> str:
    if piece == "\t":
        return "<w:r><w:tab/></w:r>"
    if piece in _CACHED:
        return (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            f'<w:r><w:instrText xml:space="preserve"> {piece[1:-1]} </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
            f'<w:r><w:t>{_CACHED[piece]}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )
    return f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'


# --- paper ----------------------------------------------------------------------------------------------------


class Paper:
    """A Word template being written, from top to bottom. ``margins``: :data:`LETTER`, or :data:`SHEET` for a form.

    ``landscape``: its first section is; ``styles``: those only this paper uses.
    """

    def __init__(
        self,
        margins: tuple[float, float, float, float] = LETTER,
        *,
        landscape: bool = False,
        styles: Sequence[Style] = (),
    ) -> None:
        self._document, self.margins = Document(), margins
        self._body = self._document.element.body
        for child in list(self._body):
            if child.tag != qn("w:sectPr"):
                self._body.remove(child)
        self.width = self._width(landscape=landscape)
        _replace_parts(self._document, (*STYLES, *(() if margins == LETTER else FORM_STYLES), *styles))
        self._turn(landscape=landscape)

    def _width(self, *, landscape: bool) -> float:
        if self.margins == LETTER:
            return LANDSCAPE_WIDTH if landscape else PORTRAIT_WIDTH
        return (297 if landscape else 210) - self.margins[1] - self.margins[3]

    def _turn(self, *, landscape: bool) -> None:
        _turn(self._document.sections[-1], landscape=landscape)
        if self.margins != LETTER:
            section = self._document.sections[-1]
            section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, self.margins)
            section.header_distance, section.footer_distance = Mm(10), Mm(9)

    def _append(self, xml: str) -> None:
        self._body.insert(len(self._body) - 1, parse_xml(xml))

    def text(self, text: str, style: str = "正文段落", properties: str = "") -> None:
        self._append(paragraph_xml(text, style, properties=properties, namespaces=" " + nsdecls("w")))

    def heading(self, level: int, text: str, *, new_page: bool = False) -> None:
        self.text(text, f"heading {level}", "<w:pageBreakBefore/>" if new_page else "")

    def tag(self, tag: str) -> None:
        """A paragraph that holds nothing but a ``{%p … %}`` tag; the engine takes the whole paragraph away."""
        self.text(tag, "模板标签")

    def caption(self, title: str, unit: str = "") -> None:
        """A table's title, and its unit at the right margin."""
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{_dxa(self.width)}"/></w:tabs>'
        self.text(f"{title}\t单位：{unit}" if unit else title, "表题", tab)

    def table(
        self, widths: Sequence[float], rows: Sequence[Row], borders: str = GRID, *, together: bool = True
    ) -> None:
        """A table of fixed layout as wide as the type area; ``widths`` are shares of it.

        ``together`` keeps it on one page; not for tables that may grow longer than one.
        """
        factor = self.width / sum(widths)
        self._append(_table_xml([_dxa(w * factor) for w in widths], rows, borders, together=together))

    def listing(
        self,
        columns: Sequence[Column],
        each: str,
        *,
        small: bool = False,
        total: bool = False,
        together: bool = False,
        none: str = "本月无。",
        note: str = "",
    ) -> None:
        """A table with a row per item of ``each`` (``r in items``), or the words ``none`` where there is no item.

        ``note`` stands under the table, and only where there is one.
        """
        items = each.split(" in ", 1)[1]
        if none:
            self.tag(f"{{%p if {items} %}}")
        rows = listing_rows(columns, each, small=small, total=total)
        self.table([c.width for c in columns], rows, together=together)
        if note:
            self.text(f"注：{note}", "表注")
        if none:
            self.tag("{%p else %}")
            self.text(none, "无数据")
            self.tag("{%p endif %}")

    def section(self, *, landscape: bool) -> None:
        """End the section here and begin a new page; what was written so far keeps the shape it had."""
        self._document.add_section(WD_SECTION.NEW_PAGE)
        self._tuck_section_break()
        self.width = self._width(landscape=landscape)
        self._turn(landscape=landscape)

    def _tuck_section_break(self) -> None:
        """The break goes into the paragraph before it, so that no empty paragraph can spill onto a page of its own."""
        holder = self._body[-2]
        before = self._body[-3]
        properties = before.find(qn("w:pPr"))
        if before.tag == qn("w:p") and "{%" not in "".join(before.itertext()):
            properties.append(holder.find(qn("w:pPr")).find(qn("w:sectPr")))
            self._body.remove(holder)
        else:
            style = parse_xml(f'<w:pStyle {nsdecls("w")} w:val="分节"/>')
            holder.find(qn("w:pPr")).insert(0, style)

    def header_footer(self, header: str, footer: str) -> None:
        """Header (left, tab, right) and footer of the section being written; empty texts make empty ones."""
        section = self._document.sections[-1]
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{_dxa(self.width)}"/></w:tabs>'
        rule = '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="3" w:color="000000"/></w:pBdr>' if header else ""
        for story, xml in (
            (section.header, paragraph_xml(header, "header", properties=rule + tab, namespaces=" " + nsdecls("w"))),
            (section.footer, paragraph_xml(footer, "footer", namespaces=" " + nsdecls("w"))),
        ):
            story.is_linked_to_previous = False
            element = story._element  # noqa: SLF001 - python-docx has no public way to replace a story's content
            for child in list(element):
                element.remove(child)
            element.append(parse_xml(xml))

    def properties(self, core: dict[str, str], custom: dict[str, str], company: str) -> None:
        """Document properties; values may hold tags, which the engine fills."""
        _add_properties(self._document, core, custom, company)

    # --- forms ---

    def letterhead(self, title: str, left: str = "", right: str = "") -> None:
        """Header and footer of a form, the company's line, the title, and a line above the table."""
        mark = "{% if form.code %}标识：{{ form.code }}　{% endif %}版本：{{ form.version }}"
        self.header_footer("{{ office.name }}\t" + mark, "第 [PAGE] 页 共 [NUMPAGES] 页")
        self.text("{{ office.company }}", "表单单位")
        self.text(title, "表单题名")
        if left or right:
            tab = f'<w:tabs><w:tab w:val="right" w:pos="{_dxa(self.width)}"/></w:tabs>'
            self.text(f"{left}\t{right}", "表单编号", tab)

    def foot(self, note: str = "") -> None:
        """The note under a form, and how long it is kept where the schedule says so."""
        kept = "{% if meta.kept %}保存期限{{ meta.kept }}，期满须报批后方可销毁。{% endif %}"
        if note:
            self.text(f"注：{note}{kept}", "表单注")
        else:
            self.tag("{%p if meta.kept %}")
            self.text(f"注：{kept}", "表单注")
            self.tag("{%p endif %}")

    def record(self, subject: str = "") -> None:
        """The properties every record carries: form, period, whose it is and the digest of its data."""
        self.properties(
            core={
                "dc:title": "{{ form.title }} " + (subject or "{{ period.label if period else '' }}"),
                "dc:subject": "{{ form.code }}",
                "dc:creator": "{{ meta.department }}",
                "cp:category": "{{ office.name }}",
                "dc:language": "zh-CN",
            },
            custom={
                "guidang.form": "{{ form.id }}",
                "guidang.code": "{{ form.code }}",
                "guidang.title": "{{ form.title }}",
                "guidang.version": "{{ form.version }}",
                "guidang.period": "{{ period or '' }}",
                "guidang.department": "{{ meta.department }}",
                "guidang.digest": "{{ meta.digest }}",
            },
            company="{{ office.company }}",
        )

    def save(self, path: Path) -> None:
        """Write the paper: the same script gives the same bytes."""
        raw = io.BytesIO()
        self._document.save(raw)
        path.write_bytes(repack(raw.getvalue()))


def _turn(section: Section, *, landscape: bool) -> None:
    if landscape:
        section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
        margins = (28, 37, 26, 35)  # the table's head towards the binding side
    else:
        section.orientation, section.page_width, section.page_height = WD_ORIENT.PORTRAIT, Mm(210), Mm(297)
        margins = (37, 26, 35, 28)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, margins)
    section.header_distance, section.footer_distance = Mm(18 if landscape else 25), Mm(15 if landscape else 22)
    for grid in section._sectPr.findall(qn("w:docGrid")):  # noqa: SLF001 - a grid would stretch the lines of tables
        section._sectPr.remove(grid)  # noqa: SLF001


def _replace_parts(document: Document, every: Sequence[Style]) -> None:
    styles = document.styles.element
    for child in list(styles):
        styles.remove(child)
    for xml in (
        DEFAULTS,
        *(style.xml() for style in every),
        TABLE_STYLE,
    ):
        styles.append(parse_xml(xml))
    settings = document.settings.element
    for child in list(settings):
        settings.remove(child)
    for child in parse_xml(f"<w:settings {nsdecls('w')}>{SETTINGS}</w:settings>"):
        settings.append(child)
    for holder in (document.part, document.part.package):
        for rel_id, rel in list(holder.rels.items()):
            kind = rel.reltype.rsplit("/", 1)[-1]
            if kind in _DROPPED:
                del holder.rels[rel_id]
            elif kind == "fontTable":
                rel.target_part._blob = FONT_TABLE.encode()  # noqa: SLF001


def _add_properties(document: Document, core: dict[str, str], custom: dict[str, str], company: str) -> None:
    package = document.part.package
    for rel_id, rel in list(package.rels.items()):
        if rel.reltype.rsplit("/", 1)[-1] in {"core-properties", "extended-properties"}:
            del package.rels[rel_id]
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in core.items())
    core_xml = (
        f'{head}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{elements}</cp:coreProperties>'
    )
    app_xml = (
        f'{head}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>Microsoft Office Word</Application><Company>{escape(company)}</Company>"
        "<AppVersion>16.0000</AppVersion></Properties>"
    )
    variants = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name="{escape(name)}">'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for pid, (name, value) in enumerate(custom.items(), 2)
    )
    custom_xml = (
        f'{head}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        f'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{variants}</Properties>'
    )
    package_types = "application/vnd.openxmlformats-package"
    office_types = "application/vnd.openxmlformats-officedocument"
    for name, content_type, rel_type, xml in (
        ("core", f"{package_types}.core-properties+xml", RELATIONSHIP_TYPE.CORE_PROPERTIES, core_xml),
        ("app", f"{office_types}.extended-properties+xml", RELATIONSHIP_TYPE.EXTENDED_PROPERTIES, app_xml),
        ("custom", f"{office_types}.custom-properties+xml", RELATIONSHIP_TYPE.CUSTOM_PROPERTIES, custom_xml),
    ):
        part = Part(PackURI(f"/docProps/{name}.xml"), content_type, xml.encode(), package)
        package.relate_to(part, rel_type)
