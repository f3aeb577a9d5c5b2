"""The parts of a workbook that hang on rows: what in them must be worked out when the rows are known.

Each function punches holes into one kind of part; :class:`docgen.excel.moved_parts.Moves` fills them. ``_gd_sheet``
is the sheet a part belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from docgen.excel.formulas.references import Formula
from docgen.excel.reader import S, attribute_name
from docgen.template.marks import literal
from docgen.template.tree import Element
from docgen.template.xml_text import escape_attribute
from docgen.word.part_reader import Holes

_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_VML = "{urn:schemas-microsoft-com:office:excel}"
_BEHIND_CALC = tuple(S + n for n in ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes",
                                     "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst"))  # fmt: skip


def sheet_tail(holes: Holes, root: Element) -> None:
    """What stands behind the rows of a sheet."""
    for el in list(root):
        punch = _TAIL.get(str(el.tag))
        if punch is not None:
            punch(holes, el)


def _ranged(holes: Holes, el: Element) -> None:
    """An element with sqref and formulas relative to its first cell; gone when its rows are."""
    ranges = literal(el.get("sqref") or "")
    row = _first_row(el.get("sqref") or "")
    for child in el.iter(S + "formula", S + "formula1", S + "formula2"):
        if child.text:
            holes.text(child, f"_gd_rule(_gd_sheet, {literal(child.text)}, {row})")
    holes.attribute(el, "sqref", f"_gd_sqref(_gd_sheet, {ranges})")
    holes.only_if(el, f"_gd_sqref(_gd_sheet, {ranges})")


def _first_row(ranges: str) -> int:
    refs = Formula.parse(ranges).refs()
    return (refs[0].row1 or 1) if refs else 1


def _each_ranged(holes: Holes, el: Element) -> None:
    """A list of such elements, gone when all are."""
    children = [child for child in el if child.get("sqref")]
    everything = literal(" ".join(child.get("sqref") or "" for child in children))
    if "count" in el.attrib:
        del el.attrib["count"]
    for child in children:
        _ranged(holes, child)
    if children:
        holes.only_if(el, f"_gd_sqref(_gd_sheet, {everything})")


def _merges(holes: Holes, el: Element) -> None:
    holes.replace(el, "_gd_merges(_gd_sheet)")


def _hyperlinks(holes: Holes, el: Element) -> None:
    """A link of a loop's row is one for each stretch of its copies."""
    links = [({str(k): str(v) for k, v in link.attrib.items()}, link) for link in el]
    everything = literal(" ".join(link.get("ref") or "" for link in el))
    for attributes, link in links:
        shown = literal(_attributes(link, attributes))
        holes.replace(link, f"_gd_links(_gd_sheet, {literal(link.get('ref') or '')}, {shown}, "
                            f"{literal(link.get('location') or '')})")  # fmt: skip
    holes.only_if(el, f"_gd_sqref(_gd_sheet, {everything})")


def _attributes(el: Element, attributes: dict[str, str]) -> str:
    """A link's attributes as XML, but for those that say where it is and where it leads."""
    out = ""
    for key, value in attributes.items():
        name = attribute_name(el, key)
        if ":" in name:
            out += f' xmlns:{name.partition(":")[0]}="{key[1:].partition("}")[0]}"'
        if key not in ("ref", "location"):
            out += f' {name}="{escape_attribute(value)}"'
    return out


def _area(holes: Holes, el: Element) -> None:
    for part in el.iter():
        if isinstance(part.tag, str) and part.get("ref"):
            holes.attribute(part, "ref", f"_gd_text(_gd_sheet, {literal(part.get('ref') or '')})")


def _breaks(holes: Holes, el: Element) -> None:
    """Page breaks; one within a loop comes once a copy."""
    rows = [(int(brk.get("id") or 0), _others(brk)) for brk in el]
    holes.replace(el, f"_gd_breaks(_gd_sheet, {rows!r})")


def _others(brk: Element) -> str:
    return "".join(f' {key}="{brk.get(key)}"' for key in map(str, brk.attrib) if key != "id")


def _extensions(holes: Holes, el: Element) -> None:
    """x14 conditional formats, validations and sparklines keep ranges and formulas as text."""
    for container in list(el.iter(_X14 + "dataValidations", _X14 + "conditionalFormattings", _X14 + "sparklineGroup")):
        everything = " ".join(ranges.text or "" for ranges in container.iter(_XM + "sqref"))
        if "count" in container.attrib:
            del container.attrib["count"]
        for ranges in list(container.iter(_XM + "sqref")):
            _extended(holes, ranges)
        holes.only_if(container, f"_gd_sqref(_gd_sheet, {literal(everything)})")


def _extended(holes: Holes, ranges: Element) -> None:
    owner, text = ranges.getparent(), ranges.text or ""
    if owner is None:
        return
    if owner.tag == _X14 + "sparkline":
        data = literal(owner.findtext(_XM + "f") or "")
        holes.replace(owner, f"_gd_sparklines(_gd_sheet, {data}, {literal(text)})")
        return
    row = _first_row(text)
    for formula in owner.iter(_XM + "f"):
        if formula.text:
            holes.text(formula, f"_gd_rule(_gd_sheet, {literal(formula.text)}, {row})")
    holes.text(ranges, f"_gd_sqref(_gd_sheet, {literal(text)})")
    holes.only_if(owner, f"_gd_sqref(_gd_sheet, {literal(text)})")


_TAIL: dict[str, Callable[[Holes, Element], None]] = {
    S + "conditionalFormatting": _ranged,
    S + "dataValidations": _each_ranged,
    S + "protectedRanges": _each_ranged,
    S + "ignoredErrors": _each_ranged,
    S + "mergeCells": _merges,
    S + "hyperlinks": _hyperlinks,
    S + "autoFilter": _area,
    S + "sortState": _area,
    S + "rowBreaks": _breaks,
    S + "extLst": _extensions,
}


def workbook(holes: Holes, root: Element, *, unknown: bool, listed: bool) -> None:
    """Sheets, defined names, print areas, and whether Excel must calculate on opening.

    ``unknown``: the workbook has formulas that are copied as they are, so what it said of them still holds. ``listed``:
    sheets are copied or renamed, so that the lists of sheets and names are written anew.
    """
    if listed:
        _list_anew(holes, root)
    for el in root.iter(S + "definedName"):
        if el.text and "{" not in el.text:
            holes.text(el, f'_gd_name("", {literal(el.text)})')
    calc = root.find(S + "calcPr")
    if calc is None:
        calc = etree.Element(S + "calcPr")
        behind = next((el for el in root if el.tag in _BEHIND_CALC), None)
        if behind is not None:
            behind.addprevious(calc)
        else:
            root.append(calc)
    if not (unknown and calc.get("fullCalcOnLoad") in ("1", "true")):
        holes.attribute(calc, "fullCalcOnLoad", "_gd_full()")


def _list_anew(holes: Holes, root: Element) -> None:
    for tag, source in (("sheets", "_gd_sheets()"), ("definedNames", "_gd_names()")):
        for el in root.findall(S + tag):
            holes.replace(el, source)
    for view in root.iter(S + "workbookView"):
        for key in ("activeTab", "firstSheet"):
            if view.get(key):
                holes.attribute(view, key, f"_gd_tab({view.get(key)})")


def chart(holes: Holes, root: Element, touched: set[str]) -> None:
    """A chart's ranges on sheets that change; its copy of their figures is left to the program that shows it."""
    for el in list(root.iter("{*}f", "{*}sqref")):
        if not el.text or not _looks_at(el.text, touched):
            continue
        holes.text(el, f"_gd_text(_gd_sheet, {literal(el.text)})")
        owner = el.getparent()
        for cache in list(owner) if owner is not None else ():
            if etree.QName(cache).localname in ("numCache", "strCache", "multiLvlStrCache", "lvl"):
                owner.remove(cache)  # type: ignore[union-attr]


def _looks_at(text: str, touched: set[str]) -> bool:
    return any((ref.sheet or "").casefold() in touched for ref in Formula.parse(text).refs())


def drawing(holes: Holes, root: Element) -> None:
    """Anchors of pictures and charts on this sheet: they move with their cells, and grow unless told not to."""
    for anchor in root:
        rows = {c: c.find(_XDR + "row") for c in anchor if c.tag in (_XDR + "from", _XDR + "to")}
        first = next((int(row.text or 0) for c, row in rows.items() if c.tag == _XDR + "from" and row is not None), 0)
        for corner, row in rows.items():
            if row is None or anchor.get("editAs") == "absolute":
                continue
            last = int(row.text or 0)
            grows = "true" if corner.tag == _XDR + "to" and anchor.get("editAs", "twoCell") == "twoCell" else "false"
            holes.text(row, f"_gd_anchor_row(_gd_sheet, {first}, {last}, {grows})")


def comments(holes: Holes, root: Element) -> None:
    """A comment stays with its cell, in a loop with the first copy; it goes where its row is not printed."""
    for el in list(root.iter(S + "comment")):
        _cell_of(holes, el)


def threaded(holes: Holes, root: Element) -> None:
    """The same for conversations."""
    for el in [el for el in root if isinstance(el.tag, str)]:
        _cell_of(holes, el)


def _cell_of(holes: Holes, el: Element) -> None:
    text = el.get("ref") or "A1"
    ref = Formula.parse(text).refs()[0]
    column = re.sub(r"\d.*", "", text)
    holes.attribute(el, "ref", f'"{column}" ~ _gd_row_of(_gd_sheet, {ref.row1})')
    holes.only_if(el, f"_gd_sqref(_gd_sheet, {literal(text)})")


def vml(holes: Holes, root: Element) -> None:
    """The boxes comments are shown in."""
    for el in list(root.iter(_VML + "Row")):
        row = int(el.text or 0) + 1
        holes.text(el, f"_gd_row_of(_gd_sheet, {row}) - 1")
        shape = next((a for a in el.iterancestors() if etree.QName(a).localname == "shape"), None)
        if shape is not None:
            holes.only_if(shape, f'_gd_sqref(_gd_sheet, "A{row}")')
    for el in root.iter(_VML + "Anchor"):
        holes.text(el, f"_gd_anchor(_gd_sheet, {literal(el.text or '')})")


def table(holes: Holes, root: Element) -> None:
    """A table, its filter and its formulas."""
    _area(holes, root)
    for el in root.iter(S + "calculatedColumnFormula", S + "totalsRowFormula"):
        if el.text and Formula.parse(el.text).refs():
            holes.text(el, f"_gd_text(_gd_sheet, {literal(el.text)})")


def pivot_source(holes: Holes, root: Element, touched: set[str]) -> None:
    """The range a pivot table is made from; it is made anew on opening."""
    for el in root.iter(S + "worksheetSource"):
        sheet = el.get("sheet") or ""
        if el.get("ref") and sheet.casefold() in touched:
            root.set("refreshOnLoad", "1")
            holes.attribute(el, "ref", f"_gd_text({literal(sheet)}, {literal(el.get('ref') or '')})")
