"""The parts of a workbook that hang on rows: what in them must be worked out when the rows are known.

Each function punches holes into one kind of part; :class:`docgen.book_state.BookState` fills them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from docgen.formula import Formula
from docgen.sheet import S
from docgen.story import Holes, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.story import Element

_XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_VML = "{urn:schemas-microsoft-com:office:excel}"
_BEHIND_CALC = tuple(S + n for n in ("oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes",
                                     "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst"))  # fmt: skip


def sheet_tail(holes: Holes, root: Element, sheet: str) -> None:
    """What stands behind the rows of a sheet."""
    name = literal(sheet)
    for el in list(root):
        if el.tag == S + "conditionalFormatting":
            _ranged(holes, el, name, S + "formula")
        elif el.tag == S + "dataValidations":
            _validations(holes, el, name)
        elif el.tag == S + "mergeCells":
            holes.replace(el, f"_gd_merges({name})")
        elif el.tag == S + "hyperlinks":
            _hyperlinks(holes, el, name)
        elif el.tag in (S + "autoFilter", S + "sortState"):
            _area(holes, el, name)
        elif el.tag == S + "rowBreaks":
            for brk in el:
                holes.attribute(brk, "id", f"_gd_row_of({name}, {brk.get('id')}, true, 1)")
        elif el.tag == S + "extLst":
            _extensions(holes, el, name)


def _ranged(holes: Holes, el: Element, name: str, formula: str) -> None:
    """An element with sqref and formulas relative to its first cell; gone when its rows are."""
    ranges = literal(el.get("sqref") or "")
    row = _first_row(el.get("sqref") or "")
    for child in el.iter(formula, S + "formula1", S + "formula2"):
        if child.text:
            holes.text(child, f"_gd_rule({name}, {literal(child.text)}, {row})")
    holes.attribute(el, "sqref", f"_gd_sqref({name}, {ranges})")
    holes.only_if(el, f"_gd_sqref({name}, {ranges})")


def _first_row(ranges: str) -> int:
    refs = Formula.parse(ranges).refs()
    return (refs[0].row1 or 1) if refs else 1


def _validations(holes: Holes, el: Element, name: str) -> None:
    everything = literal(" ".join(v.get("sqref") or "" for v in el))
    el.attrib.pop("count", None)
    for validation in list(el):
        _ranged(holes, validation, name, S + "formula1")
    holes.only_if(el, f"_gd_sqref({name}, {everything})")


def _hyperlinks(holes: Holes, el: Element, name: str) -> None:
    everything = literal(" ".join(link.get("ref") or "" for link in el))
    for link in list(el):
        ranges = literal(link.get("ref") or "")
        holes.attribute(link, "ref", f"_gd_text({name}, {ranges})")
        if location := link.get("location"):
            holes.attribute(link, "location", f"_gd_text({name}, {literal(location)})")
        holes.only_if(link, f"_gd_sqref({name}, {ranges})")
    holes.only_if(el, f"_gd_sqref({name}, {everything})")


def _area(holes: Holes, el: Element, name: str) -> None:
    for part in el.iter():
        if isinstance(part.tag, str) and part.get("ref"):
            holes.attribute(part, "ref", f"_gd_text({name}, {literal(part.get('ref') or '')})")


def _extensions(holes: Holes, el: Element, name: str) -> None:
    """x14 conditional formats, validations and sparklines keep ranges and formulas as text."""
    for ranges in el.iter(_XM + "sqref"):
        owner = ranges.getparent()
        text = ranges.text or ""
        row = _first_row(text)
        for formula in owner.iter(_XM + "f") if owner is not None else ():
            if formula.text:
                holes.text(formula, f"_gd_rule({name}, {literal(formula.text)}, {row})")
        holes.text(ranges, f"_gd_sqref({name}, {literal(text)})")


def workbook(holes: Holes, root: Element) -> None:
    """Defined names, print areas, and whether Excel must calculate on opening."""
    for el in root.iter(S + "definedName"):
        if el.text and "{" not in el.text:
            holes.text(
                el, f"_gd_ranges({literal(el.text)})" if _is_ranges(el.text) else f'_gd_text("", {literal(el.text)})'
            )
    calc = root.find(S + "calcPr")
    if calc is None:
        calc = etree.Element(S + "calcPr")
        behind = next((el for el in root if el.tag in _BEHIND_CALC), None)
        if behind is not None:
            behind.addprevious(calc)
        else:
            root.append(calc)
    holes.attribute(calc, "fullCalcOnLoad", "_gd_full()")


def _is_ranges(text: str) -> bool:
    return not re.sub(r"[,\s]", "", "".join(p for p in Formula.parse(text).parts if isinstance(p, str)))


def chart(holes: Holes, root: Element) -> None:
    """A chart's ranges; its copy of the figures is left to the program that shows it."""
    for el in list(root.iter(_C + "f")):
        if el.text:
            holes.text(el, f'_gd_text("", {literal(el.text)})')
            owner = el.getparent()
            for cache in list(owner) if owner is not None else ():
                if cache.tag in (_C + "numCache", _C + "strCache", _C + "multiLvlStrCache"):
                    owner.remove(cache)  # type: ignore[union-attr]


def drawing(sheet: str) -> Callable[[Holes, Element], None]:
    """Anchors of pictures and charts on this sheet."""

    def punch(holes: Holes, root: Element) -> None:
        for anchor in root:
            for corner in anchor:
                row = corner.find(_XDR + "row")
                if (
                    corner.tag in (_XDR + "from", _XDR + "to")
                    and row is not None
                    and anchor.get("editAs") != "absolute"
                ):
                    end = "true" if corner.tag == _XDR + "to" else "false"
                    holes.text(row, f"_gd_row_of({literal(sheet)}, {row.text}, {end}, 0)")

    return punch


def comments(sheet: str) -> Callable[[Holes, Element], None]:
    """A comment stays with its cell, in a loop with the first copy."""

    def punch(holes: Holes, root: Element) -> None:
        for el in root.iter(S + "comment"):
            ref = Formula.parse(el.get("ref") or "A1").refs()[0]
            letters = re.match(r"[A-Z]+", el.get("ref") or "A1")
            column = letters[0] if letters else "A"
            holes.attribute(el, "ref", f'"{column}" ~ _gd_row_of({literal(sheet)}, {ref.row1}, false, 1)')

    return punch


def vml(sheet: str) -> Callable[[Holes, Element], None]:
    """The boxes comments are shown in."""

    def punch(holes: Holes, root: Element) -> None:
        for el in root.iter(_VML + "Row"):
            holes.text(el, f"_gd_row_of({literal(sheet)}, {int(el.text or 0)}, false, 0)")
        for el in root.iter(_VML + "Anchor"):
            holes.text(el, f"_gd_anchor({literal(sheet)}, {literal(el.text or '')})")

    return punch


def table(sheet: str) -> Callable[[Holes, Element], None]:
    """A table and its filter."""

    def punch(holes: Holes, root: Element) -> None:
        _area(holes, root, literal(sheet))

    return punch


def pivot_source(holes: Holes, root: Element) -> None:
    """The range a pivot table is made from."""
    for el in root.iter(S + "worksheetSource"):
        if el.get("ref") and el.get("sheet"):
            holes.attribute(el, "ref", f"_gd_text({literal(el.get('sheet') or '')}, {literal(el.get('ref') or '')})")
