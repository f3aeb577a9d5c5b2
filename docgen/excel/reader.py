"""One worksheet of a template, read once: rows, cells, tags, blocks. No values yet.

The worksheet's XML is cut into what stands before the rows, the rows, and what stands behind them. A row that
holds only ``{%tr … %}`` tags is not printed; the rows between a ``{%tr for %}`` and its ``{%tr endfor %}`` are a
block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from docgen.errors import Place, Problem
from docgen.excel.formulas.references import Formula, Ref, column_number
from docgen.excel.layout import RowBlock
from docgen.sheets.book import letter
from docgen.template.tags import Tag, TagKind, scan
from docgen.template.tree import Element
from docgen.template.xml_text import escape_attribute
from foundation.language import _

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROW, CELL, FORMULA, VALUE, INLINE, TEXT = (S + n for n in ("row", "c", "f", "v", "is", "t"))

_REF = re.compile(r"([A-Z]+)(\d+)$")


@dataclass(frozen=True, slots=True)
class TextRun:
    """A piece of a cell's text with its own formatting (``<rPr>`` XML, empty for none)."""

    text: str
    properties: str = ""


@dataclass(slots=True)
class SheetCell:
    """A cell of the template. ``value`` is the constant it holds, ``runs`` its text if it is a string.

    ``escaped``: the text holds braces that are no tags. ``covered``: an array formula beside it fills the cell.
    """

    row: int
    column: int
    style: int
    inner: str
    type: str
    runs: tuple[TextRun, ...] = ()
    formula: str | None = None
    array: str | None = None
    value: float | str | bool | None = None
    tags: tuple[Tag, ...] = ()
    escaped: bool = False
    covered: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def ref(self) -> str:
        return f"{letter(self.column)}{self.row}"


@dataclass(slots=True)
class SheetRow:
    """A row of the template and its attributes other than number and spans."""

    number: int
    attributes: str
    cells: list[SheetCell]
    tags: list[tuple[Tag, SheetCell]] = field(default_factory=list)

    @property
    def is_tag_row(self) -> bool:
        """It holds tags for rows, and is not printed."""
        return bool(self.tags)

    @property
    def hidden(self) -> bool:
        """It is not shown."""
        return ' hidden="1"' in self.attributes or ' hidden="true"' in self.attributes


@dataclass(slots=True)
class Branch:
    """Rows that depend on a tag: the body of a loop, of its ``else``, or of one branch of a condition.

    ``opener`` and ``closer`` are the rows of the tags above and below. ``index`` numbers the branches of a sheet.
    ``alone``: its block has no other branch.
    """

    index: int
    opener: int
    parent: Branch | None
    closer: int = 0
    body: list[SheetRow | TagBlock] = field(default_factory=list)
    repeats: bool = False
    alone: bool = True

    def inner(self) -> list[Branch]:
        """The branches directly inside, in order."""
        return [branch for item in self.body if isinstance(item, TagBlock) for branch in item.branches]

    @property
    def simple(self) -> bool:
        """All its copies are equally high."""
        return not any(isinstance(item, TagBlock) for item in self.body)

    @property
    def steps(self) -> bool:
        """The number of its copies follows from the number of its rows."""
        return self.repeats and self.simple and self.alone

    @property
    def height(self) -> int:
        """Rows of one copy in the template."""
        return self.closer - self.opener - 1

    def chain(self) -> list[Branch]:
        """The branches around a row of this one, outermost first."""
        return [*(self.parent.chain() if self.parent else ()), self]

    def last_row(self) -> int:
        """The body's last row of its own."""
        return max((item.number for item in self.body if isinstance(item, SheetRow)), default=self.opener)

    def layout(self) -> RowBlock:
        """The branch as the layout of rows knows it."""
        tags = {self.opener, self.closer} | {i.row for i in self.body if isinstance(i, TagBlock) and not i.branches}
        return RowBlock(self.opener + 1, self.closer - 1, tuple(sorted(tags)), tuple(b.layout() for b in self.inner()))


@dataclass(slots=True)
class TagBlock:
    """A loop or condition of rows with its branches; also a ``set`` or a note, which have none."""

    keyword: str
    row: int
    tags: list[tuple[Tag, SheetCell]]
    branches: list[Branch] = field(default_factory=list)


@dataclass
class TemplateSheet:
    """A worksheet of the template. ``loop``: the ``for …`` its copies come from; ``title_tags``: those in its name."""

    name: str
    part: str
    root: Element
    rows: list[SheetRow]
    body: list[SheetRow | TagBlock]
    branches: list[Branch]
    merged: list[Ref]
    problems: list[Problem]
    loop: str = ""
    title_tags: tuple[Tag, ...] = ()

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Rows that are not shown."""
        return frozenset(row.number for row in self.rows if row.hidden)

    @cached_property
    def cells(self) -> dict[tuple[int, int], SheetCell]:
        """Its printed cells by row and column."""
        return {(c.row, c.column): c for row in self.rows if not row.is_tag_row for c in row.cells}

    @cached_property
    def branch_of(self) -> dict[int, Branch]:
        """The innermost branch of every row that stands in one."""
        return {row.number: branch for branch in self.branches for row in branch.body if isinstance(row, SheetRow)}

    @cached_property
    def tag_rows(self) -> frozenset[int]:
        """Rows that begin or end a branch."""
        return frozenset(row for branch in self.branches for row in (branch.opener, branch.closer))

    @property
    def moves(self) -> bool:
        """Its rows can end up elsewhere."""
        return any(isinstance(item, TagBlock) for item in self.body)

    @property
    def tagged(self) -> bool:
        """It has tags in its cells."""
        return any(cell.tags for row in self.rows for cell in row.cells)

    def dropped(self) -> set[int]:
        """Rows outside blocks that are not printed: those of a ``set`` or a note."""
        return {item.row for item in self.body if isinstance(item, TagBlock) and not item.branches}

    def outermost(self) -> list[Branch]:
        """The branches of the blocks that stand in no other."""
        return [branch for item in self.body if isinstance(item, TagBlock) for branch in item.branches]


# --- reading --------------------------------------------------------------------------------------------------


def read_sheet(  # noqa: PLR0913, PLR0917 - what a sheet is, and what it shares with the others
    root: Element, name: str, part: str, strings: list[tuple[TextRun, ...]], file: str, tables: Iterable[Ref] = ()
) -> TemplateSheet:
    """Cut a worksheet up. Faults of its row tags are collected, cells' expressions are checked when compiled.

    ``tables``: where Excel fills in formulas by itself, in rows that hold tags too.
    """
    reader = _SheetReader(name, file)
    reader.tables = tuple(tables)
    reader.strings = strings
    rows = [reader.row(el, at) for at, el in _numbered(root.find(S + "sheetData"), ROW)]
    _cover(rows)
    body, branches = reader.tree(rows)
    tags = reader.scan_name()
    if reader.loop and not tags:
        message = _("the sheets made from this one would all have the same name")
        reader.report("A1", message, _("Put a tag into the sheet's name, such as {{ d.name }}."), "sheet.same-name")
    return TemplateSheet(name, part, root, rows, body, branches, _merged(root), reader.problems, reader.loop, tags)


def _cover(rows: list[SheetRow]) -> None:
    """Cells that an array formula fills have no value of their own."""
    cells = [c for r in rows for c in r.cells]
    for origin, ref in [(c, ref) for c in cells if c.array for ref in Formula.parse(c.array).refs()]:
        for cell in cells:
            if (cell.row, cell.column) in ref and cell is not origin:
                cell.covered, cell.inner, cell.value, cell.type = True, "", None, "n"


def _merged(root: Element) -> list[Ref]:
    found = (Formula.parse(el.get("ref") or "").refs() for el in root.iter(S + "mergeCell"))
    return [ref for refs in found for ref in refs]


def _numbered(parent: Element | None, tag: str) -> list[tuple[int, Element]]:
    """Rows with their number; one without ``r`` follows the one before it."""
    out, number = [], 0
    for el in parent if parent is not None else ():
        if el.tag == tag:
            number = int(el.get("r") or number + 1)
            out.append((number, el))
    return out


def shared_strings(root: Element | None) -> list[tuple[TextRun, ...]]:
    """The workbook's strings, each as its runs; phonetic hints are not text."""
    return [] if root is None else [_runs(si) for si in root.iterfind(S + "si")]


def _runs(el: Element) -> tuple[TextRun, ...]:
    out = []
    for child in el:
        if child.tag == TEXT:
            out.append(TextRun(unescaped(child.text or "")))
        elif child.tag == S + "r":
            text = child.find(TEXT)
            properties = child.find(S + "rPr")
            xml = "" if properties is None else _bare(etree.tostring(properties, encoding="unicode", with_tail=False))
            out.append(TextRun(unescaped(text.text or "") if text is not None else "", xml))
    return tuple(out)


def _bare(xml: str) -> str:
    """The XML without the namespace declarations its surroundings already make."""
    return re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", xml)


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """``_x000D_`` is how SpreadsheetML writes what XML cannot (ST_Xstring)."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


class _SheetReader:
    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.strings: list[tuple[TextRun, ...]] = []
        self.tables: tuple[Ref, ...] = ()
        self.problems: list[Problem] = []
        self.shared: dict[str, tuple[Formula, SheetCell]] = {}
        self.loop = ""

    def report(self, ref: str, message: str, hint: str, code: str) -> None:
        self.problems.append(Problem(Place(self.file, self.name, ref), message, hint, code))

    # -- rows and cells

    def row(self, el: Element, number: int) -> SheetRow:
        attributes = "".join(
            f' {attribute_name(el, str(key))}="{escape_attribute(str(value))}"'
            for key, value in el.attrib.items()
            if key not in ("r", "spans")
        )
        row = SheetRow(number, attributes, [])
        column = 0
        for child in el:
            if child.tag != CELL:
                continue
            match = _REF.match(child.get("r") or "")
            column = column_number(match[1]) if match else column + 1
            cell = self.cell(child, number, column)
            row.cells.append(cell)
            row.tags += [(tag, cell) for tag in cell.tags if tag.prefix == "tr" or _is_sheet_tag(tag)]
        if row.tags and not any(tag.kind is TagKind.COMMENT for tag, _cell in row.tags):
            self.refuse_beside(row)
        return row

    def refuse_beside(self, row: SheetRow) -> None:
        for cell in row.cells:
            rest = cell.text
            for tag in cell.tags:
                if tag.prefix == "tr" or _is_sheet_tag(tag):
                    rest = rest.replace(tag.text, "", 1)
            alone = cell.value is not None and not cell.runs
            if rest.strip() or ((cell.formula is not None or alone) and not self.filled_in(cell)):
                message = _("beside {tag} stands something else, which would be lost").format(tag=row.tags[0][0].text)
                self.report(cell.ref, message, _("Give the tag a row of its own."), "tag.beside")

    def filled_in(self, cell: SheetCell) -> bool:
        """A formula that a table has in every row of a column."""
        return cell.formula is not None and any((cell.row, cell.column) in table for table in self.tables)

    def cell(self, el: Element, row: int, column: int) -> SheetCell:
        kind = el.get("t") or "n"
        inner = "".join(_bare(etree.tostring(c, encoding="unicode", with_tail=False)) for c in el)
        cell = SheetCell(row, column, int(el.get("s") or 0), inner, kind)
        text = el.findtext(VALUE)
        if kind == "s" and text is not None:
            cell.runs = self.strings[int(text)] if int(text) < len(self.strings) else ()
        elif kind == "inlineStr":
            inline = el.find(INLINE)
            cell.runs = _runs(inline) if inline is not None else ()
        elif kind == "str":
            cell.value = unescaped(text or "")
        elif kind == "b":
            cell.value = text == "1"
        elif kind == "n" and text:
            cell.value = float(text)
        if cell.runs:
            cell.value = cell.text
            self.scan(cell)
        self.formula(el.find(FORMULA), cell)
        return cell

    def scan(self, cell: SheetCell) -> None:
        found = scan(cell.text)
        cell.tags, cell.escaped = found.tags, bool(found.escapes)
        for fault in found.faults:
            self.report(cell.ref, fault.message, fault.hint, fault.code)
        if found.raw_open:
            self.report(cell.ref, _("{% raw %} has no {% endraw %}"), _("Add {% endraw %}."), "tag.raw")
        for tag in cell.tags:
            if tag.prefix in ("p", "r", "tc"):
                message = _("{tag}: a sheet knows tags for cells and rows only").format(tag=tag.text)
                hint = _("Write {{ … }} in a cell, or {%tr … %} in a row of its own.")
                self.report(cell.ref, message, hint, "tag.unsupported")

    def formula(self, el: Element | None, cell: SheetCell) -> None:
        """The cell's own formula; one shared with other cells is written out."""
        if el is None:
            return
        text, kind, index = el.text or "", el.get("t"), el.get("si") or ""
        if kind == "shared":
            if text:
                self.shared[index] = (Formula.parse(text), cell)
            elif index in self.shared:
                source, origin = self.shared[index]
                text = source.shifted(cell.row - origin.row, cell.column - origin.column).text()
        elif kind == "array":
            cell.array = el.get("ref")
        cell.formula = text
        cell.runs, cell.tags = (), ()

    # -- blocks

    def tree(self, rows: list[SheetRow]) -> tuple[list[SheetRow | TagBlock], list[Branch]]:
        """Rows and blocks as they stand inside each other."""
        top: list[SheetRow | TagBlock] = []
        branches: list[Branch] = []
        open_blocks: list[TagBlock] = []
        for row in rows:
            for tag, cell in row.tags:
                self.tag(tag, cell, top, branches, open_blocks)
            if not row.is_tag_row:
                (open_blocks[-1].branches[-1].body if open_blocks else top).append(row)
        for block in open_blocks:
            tag, cell = block.tags[0]
            message = _("{tag} has no end").format(tag=tag.text)
            hint = _("Add the matching {end}.").format(end=f"{{%tr end{tag.keyword} %}}")
            self.report(cell.ref, message, hint, "block.open")
        return top, branches

    def tag(
        self,
        tag: Tag,
        cell: SheetCell,
        top: list[SheetRow | TagBlock],
        branches: list[Branch],
        open_blocks: list[TagBlock],
    ) -> None:
        word, row = "#" if tag.kind is TagKind.COMMENT else tag.keyword, cell.row
        around = open_blocks[-1].branches[-1] if open_blocks else None
        if word == "sheet" and not tag.prefix:
            self.sheet_loop(tag, cell, nested=around is not None)
            top.append(TagBlock(word, row, [(tag, cell)]))
        elif word in ("for", "if", "set", "#"):
            block = TagBlock(word, row, [(tag, cell)])
            (around.body if around else top).append(block)
            if word in ("for", "if"):
                open_blocks.append(block)
                self.branch(block, row, around, branches, repeats=word == "for")
        elif word in ("endfor", "endif", "else", "elif"):
            if not open_blocks or (word.startswith("end") and open_blocks[-1].keyword != word[3:]):
                message = _("{tag} has no beginning").format(tag=tag.text)
                hint = _("Check that every {% if %} and {% for %} has its own end.")
                self.report(cell.ref, message, hint, "block.order")
                return
            block = open_blocks[-1]
            block.tags.append((tag, cell))
            block.branches[-1].closer = row
            if word.startswith("end"):
                open_blocks.pop()
            else:
                self.branch(block, row, block.branches[0].parent, branches, repeats=False)
        else:
            message = _("{tag}: rows know for, if and set only").format(tag=tag.text)
            hint = _("Use {%tr for … %} … {%tr endfor %} or {%tr if … %} … {%tr endif %}.")
            self.report(cell.ref, message, hint, "tag.unsupported")

    def sheet_loop(self, tag: Tag, cell: SheetCell, *, nested: bool) -> None:
        """``{%sheet for d in departments %}``."""
        source = tag.body.partition(" ")[2].strip()
        if nested or self.loop or not source.startswith("for "):
            message = _("{tag}: a sheet has one such tag, outside all blocks").format(tag=tag.text)
            hint = _("Write {%sheet for d in departments %} in a row of its own.")
            self.report(cell.ref, message, hint, "tag.unsupported")
        self.loop = source

    def scan_name(self) -> tuple[Tag, ...]:
        """The tags in the sheet's own name."""
        found = scan(self.name)
        for fault in found.faults:
            self.report("A1", fault.message, fault.hint, fault.code)
        return found.tags

    @staticmethod
    def branch(block: TagBlock, row: int, parent: Branch | None, branches: list[Branch], *, repeats: bool) -> None:
        found = Branch(len(branches), row, parent, repeats=repeats)
        branches.append(found)
        block.branches.append(found)
        for branch in block.branches:
            branch.alone = len(block.branches) == 1


def _is_sheet_tag(tag: Tag) -> bool:
    return tag.kind is TagKind.STATEMENT and not tag.prefix and tag.keyword == "sheet"


def attribute_name(el: Element, key: str) -> str:
    """An attribute with the document's prefix: ``{namespace}dyDescent`` → ``x14ac:dyDescent``."""
    if not key.startswith("{"):
        return key
    namespace, local = key[1:].split("}")
    prefix = next((p for p, uri in el.nsmap.items() if uri == namespace and p), None)
    return f"{prefix}:{local}" if prefix else local
