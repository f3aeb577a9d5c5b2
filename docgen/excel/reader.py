"""One worksheet of a template, read once: rows, cells, tags, blocks. No values yet.

The worksheet's XML is cut into what stands before the rows, the rows, and what stands behind them. A row that
holds only ``{%tr … %}`` tags is not printed; the rows between a ``{%tr for %}`` and its ``{%tr endfor %}`` are a
block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isfinite

from lxml import etree

from docgen.errors import Place, Problem, ProblemKind
from docgen.excel.formulas.arithmetic import ExcelError
from docgen.excel.formulas.references import LAST_COLUMN, LAST_ROW, Formula, Ref, column_number
from docgen.excel.layout import RowBlock
from docgen.sheets.book import letter
from docgen.template.tags import Tag, TagKind, scan
from docgen.template.tree import Element
from docgen.template.xml_text import escape_attribute
from foundation.language import N_, _

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROW, CELL, FORMULA, VALUE, INLINE, TEXT = (S + n for n in ("row", "c", "f", "v", "is", "t"))

_REF = re.compile(r"([A-Z]{1,3})[0-9]{1,7}", re.IGNORECASE)
_WHOLE = re.compile(r"\s*[0-9]{1,9}\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E[+-]?[0-9]{1,3})?\s*", re.IGNORECASE)
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_ERRORS = {error.value: error for error in ExcelError}
_MALFORMED = ProblemKind(
    "part.malformed",
    N_("the file says “{found}” where {wanted} must stand"),
    N_("Open the workbook in Excel or WPS, type what belongs there anew, and save it as .xlsx."),
)


@dataclass(frozen=True, slots=True)
class TextRun:
    """A piece of a cell's text with its own formatting (``<rPr>`` XML, empty for none)."""

    text: str
    properties: str = ""


@dataclass(slots=True)
class SheetCell:
    """A cell of the template. ``value`` is the constant it holds, ``runs`` its text if it is a string.

    ``escaped``: the text holds braces that are no tags. ``covered``: what it comes to is not known here, as an array
    formula or a what-if table beside it fills the cell, or no formula is computed with its kind of value. ``array``:
    the cells its array formula fills; with ``what_if``, those of a what-if table and the table's own attributes.
    """

    row: int
    column: int
    style: int
    inner: str
    type: str
    runs: tuple[TextRun, ...] = ()
    formula: str | None = None
    array: str | None = None
    what_if: Mapping[str, str] = field(default_factory=dict)
    value: float | str | bool | ExcelError | None = None
    tags: tuple[Tag, ...] = ()
    escaped: bool = False
    covered: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def constant(self) -> str:
        """Python for the value it holds, as generated code finds it."""
        if self.covered:
            return "unknown"
        return f"error({self.value.value!r})" if isinstance(self.value, ExcelError) else repr(self.value)

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

    def gone(self, ref: Ref) -> bool:
        """Whether a reference from outside loops means rows of tags only, which are not printed."""
        if ref.row1 is None or not self.moves:
            return False
        rows, unprinted = ref.rows, self.tag_rows | self.dropped()
        return len(rows) <= len(unprinted) and all(row in unprinted for row in rows)

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
    reader.share(root)
    rows = [reader.row(el, at) for at, el in reader.numbered(root.find(S + "sheetData"))]
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
                cell.covered = True
                if not origin.what_if:  # a what-if table is computed when Excel is told to: its values stay
                    cell.inner, cell.value, cell.type = "", None, "n"


def _merged(root: Element) -> list[Ref]:
    found = (Formula.parse(el.get("ref") or "").refs() for el in root.iter(S + "mergeCell"))
    return [ref for refs in found for ref in refs]


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
            xml = "" if properties is None else _inner(properties)
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
        self.shared: dict[str, tuple[Formula, int, int]] = {}
        self.loop = ""

    def report(self, ref: str, message: str, hint: str, code: str) -> None:
        self.problems.append(Problem(Place(self.file, self.name, ref), message, hint, code))

    def malformed(self, ref: str, found: str, wanted: str) -> None:
        """What no program writes and no person can have typed."""
        self.problems.append(_MALFORMED(Place(self.file, self.name, ref), found=found, wanted=wanted))

    # -- rows and cells

    def numbered(self, data: Element | None) -> list[tuple[int, Element]]:
        """Rows with their number, in order; one without ``r`` follows the one before it."""
        out: dict[int, Element] = {}
        number = 0
        for el in data if data is not None else ():
            if el.tag != ROW:
                continue
            given = el.get("r") or str(number + 1)
            number = int(given) if _WHOLE.fullmatch(given) and 0 < int(given) <= LAST_ROW else 0
            if not number:
                self.malformed("", given, _("the number of a row"))
            elif number in out:
                self.malformed(given, given, _("the number of a row that is not there yet"))
            else:
                out[number] = el
        return sorted(out.items())

    def row(self, el: Element, number: int) -> SheetRow:
        attributes = "".join(
            f' {attribute_name(el, str(key))}="{escape_attribute(str(value))}"'
            for key, value in el.attrib.items()
            if key not in ("r", "spans")
        )
        row, column = SheetRow(number, attributes, []), 0
        for child in (child for child in el if child.tag == CELL):
            column = self.column(child, number, column + 1)
            if column:
                row.cells.append(self.cell(child, number, column))
        row.cells.sort(key=lambda cell: cell.column)
        row.tags = [(t, c) for c in row.cells for t in c.tags if t.prefix == "tr" or _is_sheet_tag(t)]
        for one, other in pairwise(row.cells):
            if one.column == other.column:
                self.malformed(one.ref, one.ref, _("the address of a cell that is not there yet"))
        if row.tags and not any(tag.kind is TagKind.COMMENT for tag, _cell in row.tags):
            self.refuse_beside(row)
        return row

    def column(self, el: Element, row: int, following: int) -> int:
        """The column of a cell; one without address stands behind the one before it. 0 where there is no such."""
        address = el.get("r")
        match = _REF.fullmatch(address) if address else None
        found = column_number(match[1]) if match else following
        if (address and match is None) or found > LAST_COLUMN:
            self.malformed(str(row), address or "", _("the address of a cell"))
            return 0
        return found

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
        kind, style = el.get("t") or "n", el.get("s") or "0"
        cell = SheetCell(row, column, 0, "", kind)
        if _WHOLE.fullmatch(style):
            cell.style = int(style)
        else:
            self.malformed(cell.ref, style, _("the number of a style"))
        text = el.findtext(VALUE) or ""
        if text or kind in ("str", "inlineStr"):
            cell.inner = "".join(_inner(child) for child in el if child.tag != FORMULA)
            self.content(el, text, cell)
        else:  # an empty <v/> is no value of any kind
            cell.type = "n"
        if cell.runs:
            cell.value = cell.text
            self.scan(cell)
        self.formula(el.find(FORMULA), cell)
        return cell

    def content(self, el: Element, text: str, cell: SheetCell) -> None:
        """The cell's constant by its type, or that it has none of that type."""
        if cell.type == "s":
            if _WHOLE.fullmatch(text) and int(text) < len(self.strings):
                cell.runs = self.strings[int(text)]
            else:
                self.malformed(cell.ref, text, _("the number of a text"))
        elif cell.type == "inlineStr":
            inline = el.find(INLINE)
            cell.runs = _runs(inline) if inline is not None else ()
        elif cell.type == "str":
            cell.value = unescaped(text)
        elif cell.type == "b":
            cell.value = _TRUTHS.get(text.strip())
            if cell.value is None:
                self.malformed(cell.ref, text, _("TRUE or FALSE"))
        elif cell.type == "e":
            cell.value = _ERRORS.get(text.strip())
            cell.covered = cell.value is None
        elif cell.type == "d":
            cell.covered = True
        elif cell.type == "n" and _NUMBER.fullmatch(text) and isfinite(float(text)):
            cell.value = float(text)
        else:
            self.malformed(cell.ref, text if cell.type == "n" else cell.type, _("a number or its like"))

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

    def share(self, root: Element) -> None:
        """Note the formulas that cells share: the cell that spells one out need not come first."""
        for el in root.iter(FORMULA):
            cell = el.getparent()
            match = _REF.fullmatch(cell.get("r") or "") if cell is not None else None
            if match and el.get("t") == "shared" and (el.text or "").strip():
                row = int(match[0][len(match[1]) :])
                self.shared.setdefault(el.get("si") or "", (Formula.parse(el.text or ""), row, column_number(match[1])))

    def formula(self, el: Element | None, cell: SheetCell) -> None:
        """The cell's own formula; one shared with other cells is written out. An empty one is none."""
        if el is None:
            return
        text, kind, index = el.text or "", el.get("t"), el.get("si") or ""
        if kind == "shared":
            if text.strip():
                self.shared[index] = (Formula.parse(text), cell.row, cell.column)
            elif index in self.shared:
                source, row, column = self.shared[index]
                text = source.shifted(cell.row - row, cell.column - column).text()
        elif kind == "dataTable":
            cell.what_if = {str(k): str(v) for k, v in el.attrib.items() if k not in ("t", "ref")}
        if not text.strip() and not cell.what_if:
            return
        if kind in ("array", "dataTable"):
            cell.array = el.get("ref") or cell.ref
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


def _inner(el: Element) -> str:
    return _bare(etree.tostring(el, encoding="unicode", with_tail=False))


def _is_sheet_tag(tag: Tag) -> bool:
    return tag.kind is TagKind.STATEMENT and not tag.prefix and tag.keyword == "sheet"


def attribute_name(el: Element, key: str) -> str:
    """An attribute with the document's prefix: ``{namespace}dyDescent`` → ``x14ac:dyDescent``."""
    if not key.startswith("{"):
        return key
    namespace, local = key[1:].split("}")
    prefix = next((p for p, uri in el.nsmap.items() if uri == namespace and p), None)
    return f"{prefix}:{local}" if prefix else local
