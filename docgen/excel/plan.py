"""A worksheet of a template → a plan of its rows, and the tags Jinja reads between them.

Each printed row becomes a :class:`Plan`: the row's number, the values of its cells, those that formulas count on kept
in variables, then constant bytes and written cells in turn. :mod:`docgen.excel.code` turns plans into Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from jinja2.lexer import Token

from docgen.errors import Place, Problem
from docgen.excel.cell_values import CellSite
from docgen.excel.formulas.dependence import Looked
from docgen.excel.formulas.in_loops import FormulaCell, LoopFormulas
from docgen.excel.reader import Branch, SheetCell, SheetRow, TagBlock, TemplateSheet
from docgen.sheets.book import letter
from docgen.template.compiler import TokenSource, tag_tokens
from docgen.template.environment import TemplateEnvironment
from docgen.template.marks import Marks, Site, SiteKind, TagMark
from docgen.template.tags import Tag, TagKind
from docgen.template.xml_text import escape, escape_attribute
from foundation.language import _


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """Where a tag stands in a workbook."""

    sheet: str
    ref: str

    def at(self, file: str) -> Place:
        """``报表.xlsx 明细!C5``."""
        return Place(file, self.sheet, self.ref)


@dataclass(slots=True)
class Plan:
    """The Python of one row (or of the edge of a block): lines before, what is joined, lines after.

    ``kept``: values in variables, with the running totals that take them; ``changed``: lines that may still change
    them. ``parts`` are constant bytes, ``("code", …)``, ``("item", i)``, ``("kept", i, variable)``, or
    ``("coloured", i, variable, colour)`` or ``("promise", …)``.
    """

    before: list[str] = field(default_factory=list)
    kept: list[tuple[int, str, list[str]]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


class SheetCompiler:
    """Makes the plans and tokens of one sheet."""

    def __init__(
        self,
        sheet: TemplateSheet,
        env: TemplateEnvironment,
        formulas: dict[tuple[int, int], FormulaCell],
        looked: Looked,
        moving: set[str],
    ) -> None:
        self.sheet, self.env, self.formulas, self.looked = sheet, env, formulas, looked
        self.marks = Marks()
        self.plans: dict[int, Plan] = {}
        self.script: list[tuple[str, Any]] = []
        self.blanks: dict[int, bytes] = {}
        self.problems: list[Problem] = []
        self.branch_of = sheet.branch_of
        self.loops = LoopFormulas(sheet, formulas, looked.cells, moving)
        self.variables, self.bound = self.loops.variables, self.loops.bound
        self.merges = self._merges()

    # -- tokens

    def compile(self) -> TokenSource:
        """Plan every row; the source's tokens are then made from the script."""
        self._body(self.sheet.body, 0, None)
        return TokenSource(self.sheet.part, self.marks, self._tokens)

    def _tokens(self) -> Iterator[Token]:
        for kind, content in self.script:
            if kind == "tag":
                yield from tag_tokens(content, self.env)
            elif kind == "text":
                yield Token(1, "data", content)
            else:
                yield from self._row_tokens(*content)

    def _row_tokens(self, number: int, marks: list[TagMark]) -> Iterator[Token]:
        """A row as Jinja reads it: ``{{ (number, (first expression), (second expression),) }}``."""
        first = marks[0].number if marks else 1
        yield Token(first, "variable_begin", "{{")
        yield Token(first, "lparen", "(")
        yield Token(first, "integer", number)  # type: ignore[arg-type]  # as Jinja's own lexer has it
        yield Token(first, "comma", ",")
        for mark in marks:
            yield Token(mark.number, "lparen", "(")
            yield from tag_tokens(mark, self.env, bare=True)
            yield Token(mark.number, "rparen", ")")
            yield Token(mark.number, "comma", ",")
        yield Token(first, "rparen", ")")
        yield Token(first, "variable_end", "}}")

    def _mark(self, source: str, text: str, cell: SheetCell, *, statement: bool = False) -> TagMark:
        return self.marks.add(source, text, SheetPlace(self.sheet.name, cell.ref), statement=statement)

    def _emit(self, plan: Plan, marks: list[TagMark] | None = None) -> Plan:
        number = len(self.plans) + 1
        self.plans[number] = plan
        self.script.append(("row", (number, marks or [])))
        return plan

    # -- rows and blocks

    def _body(self, body: list[SheetRow | TagBlock], before: int, branch: Branch | None) -> int:
        """Plan a body's rows and blocks; gives the last template row dealt with."""
        for item in body:
            if isinstance(item, SheetRow):
                self._row(item, item.number - before, branch)
                before = item.number
            else:
                before = self._block(item, before)
        return before

    def _block(self, block: TagBlock, before: int) -> int:
        opening = self._emit(Plan())
        if (gap := block.row - before - 1) > 0:
            opening.before.append(f"sheet.skip({gap})")
        if not block.branches:
            if block.keyword == "set":
                self._tag(block, 0)
            return block.row
        for branch in block.branches:
            opening.before.append(f"sheet.open({branch.index})")
        for i, branch in enumerate(block.branches):
            self._tag(block, i)
            for absent in block.branches[:i]:
                self._stand_in(absent, branch)
            self._branch(branch)
        self._tag(block, len(block.branches))
        for branch in block.branches:
            self._stand_in(branch, None)
        self._emit(Plan(before=[f"sheet.close({b.index})" for b in block.branches]))
        opening.before += self.loops.at_opening(block)
        return block.branches[-1].closer

    def _tag(self, block: TagBlock, index: int) -> None:
        tag, cell = block.tags[index]
        self.script.append(("tag", self._mark(tag.body, tag.text, cell, statement=True)))

    def _branch(self, branch: Branch) -> None:
        start = self._emit(Plan())
        if not branch.steps:
            start.before.append(f"sheet.copy({branch.index})")
        if not branch.simple:
            start.before.append(f"{self._variable(f'top{branch.index}')} = sheet.k")
        last = self._body(branch.body, branch.opener, branch)
        end = Plan()
        if (gap := branch.closer - last - 1) > 0:
            end.before.append(f"sheet.skip({gap})")
        end.before += self.loops.at_copy_end(branch, ends_in_row=gap == 0 and last == branch.last_row())
        if not branch.steps:
            end.before.append(f"sheet.copied({branch.index})")
        if end.before:
            self._emit(end)
        start.before += self.loops.at_copy_start(branch)

    def _stand_in(self, absent: Branch, printed: Branch | None) -> None:
        """References have no row but this branch's, which was not printed: they get an empty row, or borrow one.

        Before → after, of ``{%tr if rows %}`` row 5 ``{%tr else %}`` row 7 ``{%tr endif %}`` and ``=SUM(D5:D5)`` below,
        when there are no rows: if row 7 (``本月无``) is empty in column D, D5 borrows it, and the sum reads D4:D4,
        where row 7 went; if it is not, an empty row is printed that stands for row 5 alone.
        """
        columns = self.looked.stands.get(absent.index)
        if columns is None:
            return
        rows = [r for r in absent.body if isinstance(r, SheetRow)]
        if printed is not None and self._free(printed, columns):
            self._emit(Plan(before=[f"sheet.borrow({absent.index})"]))
            return
        cells = "".join(f'<c r="{letter(c.column)}%(n)b" s="{c.style}"/>' for c in rows[0].cells) if rows else ""
        attributes = rows[0].attributes.replace("%", "%%") if rows else ""
        self.blanks[absent.index] = f'<row r="%(n)b"{attributes}>{cells}</row>'.encode()
        self._emit(Plan(parts=[("promise", f"sheet.blank({absent.index})")]))

    @staticmethod
    def _free(branch: Branch, columns: set[int]) -> bool:
        """The branch begins with a row that is empty in these columns."""
        first = branch.body[0] if branch.body else None
        if not isinstance(first, SheetRow):
            return False
        return first.number == branch.opener + 1 and not any(
            c.column in columns and (c.tags or c.formula is not None or c.value is not None) for c in first.cells
        )

    def _row(self, row: SheetRow, step: int, branch: Branch | None) -> None:
        plan, marks = Plan(before=[f"n = row({step})"]), list[TagMark]()
        if branch is not None and not branch.simple:
            plan.before.append(f"{self._variable(f'p{row.number}')} = n")
        plan.parts += [b'<row r="', ("code", "n"), f'"{row.attributes}>'.encode()]
        for cell in row.cells:
            plan.parts += [f'<c r="{letter(cell.column)}'.encode(), ("code", "n")]
            self._cell(cell, plan, marks, branch)
        plan.parts.append(b"</row>")
        plan.formulas += self.loops.in_order(row.number)
        for first, width, height in self.merges.get(row.number, ()):
            plan.after.append(f"sheet.merge({first}, {first + width - 1}, {height})")
        self._emit(plan, marks)

    def _cell(self, cell: SheetCell, plan: Plan, marks: list[TagMark], branch: Branch | None) -> None:
        key = (cell.row, cell.column)
        if key in self.formulas:
            plan.parts.append(self._formula(self.formulas[key], branch))
        elif not cell.tags and not cell.escaped:
            self._constant(cell, plan)
        else:
            self._filled(cell, plan, marks, branch)

    def _formula(self, found: FormulaCell, branch: Branch | None) -> tuple[str, str]:
        return ("promise", f"formula({found.index})") if branch is None else self.loops.part(found, branch)

    def _constant(self, cell: SheetCell, plan: Plan) -> None:
        typed = "" if cell.type == "n" else f' t="{escape_attribute(cell.type)}"'
        rest = f"{typed}>{cell.inner}</c>" if cell.inner else "/>"
        plan.parts.append(f'" s="{cell.style}"{rest}'.encode())
        plan.formulas += [f"{name}.add({cell.constant})" for name in self.loops.takers((cell.row, cell.column))]

    def _filled(self, cell: SheetCell, plan: Plan, marks: list[TagMark], branch: Branch | None) -> None:
        tags = [t for t in cell.tags if t.kind not in (TagKind.COMMENT, TagKind.RAW, TagKind.CELL)]
        special = [t for t in cell.tags if t.kind is TagKind.CELL]
        key = (cell.row, cell.column)
        mark = self._value(cell, tags)
        marks.append(mark)
        index = len(marks) - 1
        if key not in self.looked.cells and not special:
            plan.parts.append(("item", index))
            return
        variable = self._variable(f"v{cell.row}_{cell.column}")
        takers = self.loops.takers(key)
        plan.kept.append((index, variable, [] if special else takers))
        part: tuple[Any, ...] = ("kept", index, variable)
        for tag in special:
            given = self._special(tag, cell, plan, marks)
            part = ("coloured", index, variable, given) if given else part
        if special:
            plan.changed += [f"{t}.add({variable})" for t in takers]
        if branch is None:
            plan.formulas.append(f"sheet.kept[{cell.row}, {cell.column}] = {variable}")
        plan.parts.append(part)

    # -- tags at the start of a cell

    def _special(self, tag: Tag, cell: SheetCell, plan: Plan, marks: list[TagMark]) -> str:
        """``vm``, ``colspan``, ``cellbg``; gives the variable of a colour."""
        word, _blank, argument = tag.body.partition(" ")
        home = self.branch_of.get(cell.row)
        if word not in ("vm", "colspan", "cellbg"):
            message = _("{tag}: a cell of a sheet knows vm, colspan and cellbg only").format(tag=tag.text)
            self._report(cell, message, _("Set widths in the template itself."), "tag.unsupported")
            return ""
        if word == "vm" and home is None:
            message = _("{tag} stands outside a loop").format(tag=tag.text)
            self._report(cell, message, _("Merge the cells in the template itself."), "tag.outside-loop")
            return ""
        mark = self._mark(argument.strip() or "1", tag.text, cell)
        mark.site = Site(SiteKind.PLAIN)
        marks.append(mark)
        given, own = self._variable(f"{word}{cell.row}_{cell.column}"), f"v{cell.row}_{cell.column}"
        plan.kept.append((len(marks) - 1, given, []))
        if word == "vm" and home is not None:
            plan.changed.append(f"if sheet.grown({cell.column}, {given}, {home.index}): {own} = None")
        elif word == "colspan":
            plan.after.append(f"sheet.span({cell.column}, {given})")
        return given if word == "cellbg" else ""

    def _report(self, cell: SheetCell, message: str, hint: str, code: str) -> None:
        self.problems.append(Problem(Place(sheet=self.sheet.name, cell=cell.ref), message, hint, code))

    # -- values

    def _value(self, cell: SheetCell, tags: list[Tag]) -> TagMark:
        """The cell's value as one expression: the tag alone keeps its type, anything else is a text."""
        text = cell.text
        if len(tags) == 1 and tags[0].kind is TagKind.EXPRESSION and not _without(text, cell.tags).strip():
            mark = self._mark(tags[0].body, tags[0].text, cell)
            mark.site = CellSite(cell.style)  # type: ignore[assignment]
            return mark
        name = f"_gd_t{cell.row}_{cell.column}"
        told = tags[0].text if tags else text
        self.script.append(("tag", self._mark(f"set {name}", told, cell, statement=True)))
        for piece in _pieces(cell):
            if isinstance(piece, str):
                self.script.append(("text", escape(piece)))
            elif piece in tags:
                mark = self._mark(piece.body, piece.text, cell, statement=piece.kind is TagKind.STATEMENT)
                mark.site = Site(SiteKind.PLAIN)
                self.script.append(("tag", mark))
        self.script.append(("tag", self._mark("endset", told, cell, statement=True)))
        mark = self._mark(name, text, cell)
        looks = tuple(run.properties for run in cell.runs)
        mark.site = CellSite(cell.style, looks if any(looks) else ())  # type: ignore[assignment]
        return mark

    def _variable(self, name: str) -> str:
        self.variables[name] = None
        return name

    # -- merges

    def _merges(self) -> dict[int, list[tuple[int, int, int]]]:
        """Merged cells inside loops whose copies are equally high, by their first row: first column, columns, rows."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        for ref in self.sheet.merged:
            row, last = ref.row1 or 0, ref.row2 or ref.row1 or 0
            home = self.branch_of.get(row)
            if home is not None and home.simple and home.opener < last < home.closer:
                width = (ref.col2 or ref.col1 or 0) - (ref.col1 or 0) + 1
                if width > 1 or last > row:
                    found.setdefault(row, []).append((ref.col1 or 0, width, last - row + 1))
        return found


def _without(text: str, tags: Iterable[Tag]) -> str:
    for tag in tags:
        text = text.replace(tag.text, "", 1)
    return text


_ESCAPED_BRACES = re.compile(r"(?<=\{)_(?=[{%])|(?<=[}%])_(?=\})")


def _unescaped(text: str) -> str:
    """``{_{`` and its kin as the braces they stand for."""
    return _ESCAPED_BRACES.sub("", text)


def _pieces(cell: SheetCell) -> Iterator[str | Tag]:
    r"""A cell's text and tags in turn; where a run with another look begins, ``\x01`` and its number."""
    starts, at = {}, 0
    if any(run.properties for run in cell.runs):
        for number, run in enumerate(cell.runs):
            starts[at] = number
            at += len(run.text)
    text, at = cell.text, 0
    for tag in (*cell.tags, None):
        end = len(text) if tag is None else tag.start
        cuts = sorted({at, end, *(s for s in starts if at <= s < end)})
        for first, last in pairwise(cuts):
            if first in starts:
                yield f"\x01{starts[first]}\x01"
            yield _unescaped(text[first:last])
        if tag is not None:
            inside = [starts[s] for s in starts if tag.start <= s < tag.end]
            if tag.start in starts:
                yield f"\x01{starts[tag.start]}\x01"
            yield tag
            yield from (f"\x01{number}\x01" for number in inside[-1:] if starts.get(tag.start) != number)
            at = tag.end
