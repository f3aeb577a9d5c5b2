"""A worksheet of a template → the function that yields its rows.

Jinja reads expressions and control; each printed row becomes a few lines of Python of its own: the row's number, the
values that formulas count on, then one join of constant bytes and written cells. Formulas follow Excel's own rules
for inserted rows. Inside a loop their row numbers are worked out here, once; what cannot be known before the sheet
is done (a total below, another sheet) is yielded as a promise and filled in later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.lexer import Token

from docgen.book import letter
from docgen.compiler import Generator, Source, tag_tokens
from docgen.formula import Formula, NotEvaluable, Ref, row_function
from docgen.rowwriter import CellValue, RowWriter
from docgen.sheet import Block, Branch, SheetRow
from docgen.story import Mark, Site, SiteKind
from docgen.tags import Kind
from docgen.text import escape, escape_attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.compiler import Frame

    from docgen.environment import TemplateEnvironment
    from docgen.sheet import Sheet, SheetCell
    from docgen.sheetvalues import CellFormats


@dataclass(frozen=True, slots=True)
class CellSite:
    """A value that fills a cell by itself: written by its type, in the cell's style."""

    style: int
    kind: SiteKind = SiteKind.PLAIN


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """Where a tag stands in a workbook."""

    sheet: str
    ref: str

    def text(self, file: str) -> str:
        """``报表.xlsx 明细!C5``."""
        return " ".join(filter(None, (file, f"{self.sheet}!{self.ref}")))


@dataclass(slots=True)
class Plan:
    """The Python of one row (or of the edge of a block): lines before, what is joined, lines after.

    ``parts`` are constant bytes, ``("code", …)``, ``("item", i)``, ``("kept", i, variable)``, or ``("promise", …)``.
    """

    before: list[str] = field(default_factory=list)
    kept: list[tuple[int, str, list[str]]] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FormulaCell:
    """A formula of the template where it stands. ``index`` numbers the formulas of the workbook's moved sheets."""

    index: int
    sheet: str
    cell: SheetCell
    formula: Formula
    branch: Branch | None


class SheetGenerator(Generator):
    """Jinja's code generator with rows."""

    plans: dict[int, Plan]
    variables: list[str]
    bound: dict[str, str]
    formats: CellFormats
    writers: Callable[[Any], tuple[Callable[[Any], bytes], Callable[[Any], str]]]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.getters: dict[str, tuple[str, ...]] = {}
        self.rows: dict[str, list[Any]] = {}

    def names(self) -> dict[str, Any]:
        """What the generated code calls: fetchers of fields, writers of rows."""
        found: dict[str, Any] = {name: itemgetter(*fields) for name, fields in self.getters.items()}
        for name, parts in self.rows.items():
            cells = [self._cell_of(p) if isinstance(p, int) else p for p in parts]
            writer = RowWriter(cells, self.formats)
            found |= {f"{name}_made": writer.made, f"{name}_make": writer.make}
            if not any(isinstance(c, CellValue) for c in cells):
                found[f"{name}_plain"] = writer.make(())
        return found

    def _cell_of(self, number: int) -> CellValue:
        site: Any = self.marks[number].site
        return CellValue(site.style, number, self.writers(site)[0])

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("ground = context.parent['_gd_ground']")
        self.writeline(
            "row, at, near, promise, formula = ground.row, ground.at, ground.near, ground.promise, ground.formula"
        )
        self.writeline("n = b'0'")
        for name, code in self.bound.items():
            self.writeline(f"{name} = {code}")
        for start in range(0, len(self.variables), 50):
            self.writeline(" = ".join([*self.variables[start : start + 50], "None"]))

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        if frame.buffer is not None:
            super().visit_Output(node, frame)
            return
        for child in node.nodes:
            if isinstance(child, nodes.Tuple):
                self._row(self.plans[child.items[0].value], child.items[1:], frame)  # type: ignore[attr-defined]

    def _row(self, plan: Plan, items: list[nodes.Expr], frame: Frame) -> None:
        for line in plan.before:
            self.writeline(line)
        whole = bool(plan.parts) and not any(isinstance(p, tuple) and p[0] == "promise" for p in plan.parts)
        kept = plan.kept if not whole else self._all_kept(plan)
        self._values(kept, items, frame)
        for line in plan.formulas:
            self.writeline(line)
        if whole:
            self._whole(plan, items, {index: variable for index, variable, _t in kept})
        else:
            self._joined(plan.parts, items, frame)
        for line in plan.after:
            self.writeline(line)

    @staticmethod
    def _all_kept(plan: Plan) -> list[tuple[int, str, list[str]]]:
        """Every value of the row in a variable, those that formulas look at in theirs."""
        known = {index for index, _v, _t in plan.kept}
        rest = [
            (p[1], f"e{p[1]}", []) for p in plan.parts if isinstance(p, tuple) and p[0] == "item" and p[1] not in known
        ]
        return [*plan.kept, *rest]

    def _values(self, kept: list[tuple[int, str, list[str]]], items: list[nodes.Expr], frame: Frame) -> None:
        """Evaluate the row's expressions. Fields of the loop's own item are fetched together, in one call."""
        fields: dict[str, list[tuple[int, str, list[str]]]] = {}
        for entry in kept:
            item = items[entry[0]]
            if isinstance(item, nodes.Getattr) and isinstance(item.node, nodes.Name):
                fields.setdefault(item.node.name, []).append(entry)
            else:
                self._value(entry, item, frame)
        for entries in fields.values():
            if len(entries) > 1:
                self._fields(entries, items, frame)
            else:
                self._value(entries[0], items[entries[0][0]], frame)

    def _value(self, entry: tuple[int, str, list[str]], item: nodes.Expr, frame: Frame) -> None:
        _index, variable, takers = entry
        self.newline(item)
        self.write(f"{variable} = " + "".join(f"{t}.add(" for t in takers))
        self.visit(item, frame)
        self.write(")" * len(takers))

    def _fields(self, entries: list[tuple[int, str, list[str]]], items: list[nodes.Expr], frame: Frame) -> None:
        getter = f"g{len(self.getters)}"
        self.getters[getter] = tuple(items[e[0]].attr for e in entries)  # type: ignore[attr-defined]
        owner = items[entries[0][0]].node  # type: ignore[attr-defined]
        self.writeline("try:")
        self.indent()
        self.newline(items[entries[0][0]])
        self.write(", ".join(variable for _i, variable, _t in entries) + f" = {getter}(")
        self.visit(owner, frame)
        self.write(")")
        self.outdent()
        self.writeline("except (KeyError, TypeError, IndexError):  # not a mapping, or lacking a field: one by one")
        self.indent()
        for index, variable, _takers in entries:
            self._value((index, variable, []), items[index], frame)
        self.outdent()
        for _index, variable, takers in entries:
            for taker in takers:
                self.writeline(f"{taker}.add({variable})")

    def _whole(self, plan: Plan, items: list[nodes.Expr], variables: dict[int, str]) -> None:
        """The row in one piece, by the function for its values' types."""
        name = f"r{len(self.rows)}"
        values, ready, parts = [], [], []
        for part in plan.parts:
            if isinstance(part, bytes):
                if parts and isinstance(parts[-1], bytes):
                    parts[-1] += part
                else:
                    parts.append(part)
            elif part == ("code", "n"):
                parts.append(None)
            elif part[0] == "code":
                parts.append(bytes)
                ready.append(part[1])
            else:
                parts.append(items[part[1]].lineno)
                values.append(variables[part[1]])
        self.rows[name] = parts
        given = ", ".join(["n", *values, *ready])
        if not values:
            self.writeline(f"yield {name}_plain({given})")
            return
        types = "(" + "".join(f"type({v}), " for v in values) + ")"
        self.writeline(f"t = {types}")
        self.writeline(f"yield ({name}_made.get(t) or {name}_make(t))({given})")

    def _joined(self, parts: list[Any], items: list[nodes.Expr], frame: Frame) -> None:
        opened = False
        for part in parts:
            if isinstance(part, tuple) and part[0] == "promise":
                if opened:
                    self.write("))")
                self.writeline(f"yield {part[1]}")
                opened = False
                continue
            if not opened:
                self.writeline('yield b"".join((')
                opened = True
            self._part(part, items, frame)
            self.write(", ")
        if opened:
            self.write("))")

    def _part(self, part: Any, items: list[nodes.Expr], frame: Frame) -> None:
        if isinstance(part, bytes):
            self.write(repr(part))
        elif part[0] == "code":
            self.write(part[1])
        else:
            item = items[part[1]]
            self.newline(item)
            self.write(self._writer(item, frame))
            if part[0] == "kept":
                self.write(part[2])
            else:
                self.visit(item, frame)
            self.write(")")


class SheetCompiler:
    """Makes the plans and tokens of one sheet."""

    def __init__(
        self,
        sheet: Sheet,
        env: TemplateEnvironment,
        formulas: dict[tuple[int, int], FormulaCell],
        watched: set[tuple[int, int]],
        needed: set[int],
        moving: set[str],
    ) -> None:
        self.sheet, self.env, self.formulas, self.watched, self.moving = sheet, env, formulas, watched, moving
        self.needed = needed
        self.bound: dict[str, str] = {}
        self.marks: dict[int, Mark] = {}
        self.plans: dict[int, Plan] = {}
        self.variables: dict[str, None] = {}
        self.script: list[tuple[str, Any]] = []
        self.branch_of = {
            row.number: branch for branch in sheet.branches for row in branch.body if isinstance(row, SheetRow)
        }
        self.tops = sheet.outermost()
        self.takers: dict[tuple[int, int], list[tuple[str, Branch | None]]] = {}
        self.known: dict[str, str] = {}
        self.merges = self._merges()

    # -- tokens

    def compile(self) -> Source:
        """Plan every row; the source's tokens are then made from the script."""
        self._body(self.sheet.body, 0, None)
        return Source(self.sheet.part, self.marks, self._tokens)

    def _tokens(self) -> Iterator[Token]:
        for kind, content in self.script:
            if kind == "tag":
                yield from tag_tokens(content, self.env)
            elif kind == "text":
                yield Token(1, "data", content)
            else:
                number, marks = content
                first = marks[0].number if marks else 1
                yield Token(first, "variable_begin", "{{")
                yield Token(first, "lparen", "(")
                yield Token(first, "integer", number)
                yield Token(first, "comma", ",")
                for mark in marks:
                    yield Token(mark.number, "lparen", "(")
                    yield from tag_tokens(mark, self.env, bare=True)
                    yield Token(mark.number, "rparen", ")")
                    yield Token(mark.number, "comma", ",")
                yield Token(first, "rparen", ")")
                yield Token(first, "variable_end", "}}")

    def _mark(self, source: str, text: str, cell: SheetCell, *, statement: bool = False) -> Mark:
        place: Any = SheetPlace(self.sheet.name, cell.ref)
        mark = Mark(len(self.marks) + 1, statement, source, text, place)
        self.marks[mark.number] = mark
        return mark

    def _emit(self, plan: Plan, marks: list[Mark] | None = None) -> None:
        number = len(self.plans) + 1
        self.plans[number] = plan
        self.script.append(("row", (number, marks or [])))

    # -- rows and blocks

    def _body(self, body: list[SheetRow | Block], before: int, branch: Branch | None) -> int:
        """Plan a body's rows and blocks; gives the last template row dealt with."""
        for item in body:
            if isinstance(item, SheetRow):
                self._row(item, item.number - before, branch)
                before = item.number
            else:
                before = self._block(item, before)
        return before

    def _block(self, block: Block, before: int) -> int:
        opening = Plan()
        if (gap := block.row - before - 1) > 0:
            opening.before.append(f"ground.skip({gap})")
        if block.keyword == "set":
            self._emit(opening)
            self._tag(block, 0)
            return block.row
        outermost = block.branches[0].parent is None
        for branch in block.branches:
            opening.before.append(f"ground.open({branch.index})")
        opening_number = len(self.plans) + 1
        self._emit(opening)
        last = block.row
        for i, branch in enumerate(block.branches):
            self._tag(block, i)
            last = self._branch(branch, own_copies=not (branch.repeats and branch.simple))
            if branch.repeats and len(block.branches) == 1:
                self._blank(branch, block)
        self._tag(block, len(block.branches))
        closing = Plan(before=[f"ground.close({b.index})" for b in block.branches])
        self._emit(closing)
        if outermost:
            self.plans[opening_number].before += [f"{name} = {code}" for name, code in self.known.items()]
            self.variables |= dict.fromkeys(self.known)
            self.known = {}
        return block.branches[-1].closer if block.branches else last

    def _tag(self, block: Block, index: int) -> None:
        tag, cell = block.tags[index]
        self.script.append(("tag", self._mark(tag.body, tag.text, cell, statement=True)))

    def _branch(self, branch: Branch, *, own_copies: bool) -> int:
        start = Plan()
        if own_copies:
            start.before.append(f"ground.copy({branch.index})")
        resets = len(self.plans) + 1
        self._emit(start)
        last = self._body(branch.body, branch.opener, branch)
        end = Plan()
        if (gap := branch.closer - last - 1) > 0:
            end.before.append(f"ground.skip({gap})")
        if own_copies:
            end.before.append(f"ground.copied({branch.index})")
        if end.before:
            self._emit(end)
        scoped = [name for takers in self.takers.values() for name, scope in takers if scope is branch]
        self.plans[resets].before += [f"{name}.reset()" for name in scoped]
        return last

    def _blank(self, branch: Branch, block: Block) -> None:
        """No items, but something counts on the rows: one empty row keeps every reference legal."""
        tag, cell = block.tags[0]
        rows = [r for r in branch.body if isinstance(r, SheetRow)]
        if not rows or not self.needed.intersection(r.number for r in rows):
            return
        self.script.append(("tag", self._mark("else", tag.text, cell, statement=True)))
        parts: list[Any] = [b'<row r="', ("code", "n"), f'"{rows[0].attributes}>'.encode()]
        for c in rows[0].cells:
            parts += [f'<c r="{letter(c.column)}'.encode(), ("code", "n"), f'" s="{c.style}"/>'.encode()]
        self._emit(Plan(before=["n = row(1)", f"ground.blank({branch.index})"], parts=[*parts, b"</row>"]))

    def _row(self, row: SheetRow, step: int, branch: Branch | None) -> None:
        plan, marks = Plan(before=[f"n = row({step})"]), []
        if branch is not None and not branch.simple:
            plan.before.append(f"{self._variable(f'p{row.number}')} = n")
        plan.parts += [b'<row r="', ("code", "n"), f'"{row.attributes}>'.encode()]
        computed: list[tuple[FormulaCell, str]] = []
        for cell in row.cells:
            plan.parts += [f'<c r="{letter(cell.column)}'.encode(), ("code", "n")]
            self._cell(cell, plan, marks, computed, branch)
        plan.parts.append(b"</row>")
        plan.formulas += [line for _cell, line in _in_order(computed)]
        for first, width, height in self.merges.get(row.number, ()):
            plan.after.append(f"ground.merge({first}, {first + width - 1}, {height})")
        self._emit(plan, marks)

    def _cell(
        self,
        cell: SheetCell,
        plan: Plan,
        marks: list[Mark],
        computed: list[tuple[FormulaCell, str]],
        branch: Branch | None,
    ) -> None:
        key = (cell.row, cell.column)
        if key in self.formulas:
            self._formula(self.formulas[key], plan, computed, branch)
            return
        tags = [t for t in cell.tags if t.kind not in (Kind.COMMENT, Kind.RAW)]
        special = [t for t in tags if t.kind is Kind.CELL]
        if not cell.tags:
            plan.parts.append(
                f'" s="{cell.style}"{_type(cell)}>{cell.inner}</c>'.encode()
                if cell.inner
                else f'" s="{cell.style}"/>'.encode()
            )
            if key in self.watched and branch is not None:
                plan.formulas += [f"{name}.add({cell.value!r})" for name in self._taken(key, branch)]
            return
        mark = self._value(cell, [t for t in tags if t not in special])
        mark.site = CellSite(cell.style)  # type: ignore[assignment]
        marks.append(mark)
        index = len(marks) - 1
        for tag in special:
            self._special(tag, cell, plan, marks)
        if key in self.watched or special:
            variable = self._variable(f"v{cell.row}_{cell.column}")
            plan.kept.append((index, variable, self._taken(key, branch)))
            if branch is None:
                plan.formulas.append(f"ground.kept[{cell.row}, {cell.column}] = {variable}")
            plan.parts.append(("kept", index, variable))
        else:
            plan.parts.append(("item", index))

    def _special(self, tag: Any, cell: SheetCell, plan: Plan, marks: list[Mark]) -> None:
        """``vm`` and ``vm x``: the cell grows together with its neighbours above of equal value (or of this loop)."""
        word, _blank, argument = tag.body.partition(" ")
        if word == "vm":
            marks.append(self._mark(argument.strip() or "1", tag.text, cell))
            marks[-1].site = Site(SiteKind.PLAIN)
            variable = self._variable(f"m{cell.row}_{cell.column}")
            plan.kept.append((len(marks) - 1, variable, []))
            parent = self.branch_of.get(cell.row)
            plan.after.append(f"ground.grow({cell.column}, {variable}, {parent.index if parent else -1})")

    def _value(self, cell: SheetCell, tags: list[Any]) -> Mark:
        """The cell's value as one expression: the tag alone keeps its type, anything else is a text."""
        text = cell.text
        if len(tags) == 1 and tags[0].kind is Kind.EXPRESSION and _without(text, cell.tags) == "":
            return self._mark(tags[0].body, tags[0].text, cell)
        name = f"_gd_t{cell.row}_{cell.column}"
        self.script.append(("tag", self._mark(f"set {name}", tags[0].text if tags else text, cell, statement=True)))
        at = 0
        for tag in cell.tags:
            self.script.append(("text", escape(text[at : tag.start])))
            if tag in tags:
                mark = self._mark(tag.body, tag.text, cell, statement=tag.kind is Kind.STATEMENT)
                mark.site = Site(SiteKind.PLAIN)
                self.script.append(("tag", mark))
            at = tag.end
        self.script.append(("text", escape(text[at:])))
        self.script.append(("tag", self._mark("endset", tags[0].text if tags else text, cell, statement=True)))
        return self._mark(name, text, cell)

    # -- formulas

    def _formula(
        self, found: FormulaCell, plan: Plan, computed: list[tuple[FormulaCell, str]], branch: Branch | None
    ) -> None:
        cell = found.cell
        if branch is None:
            plan.parts.append(("promise", f"formula({found.index})"))
            return
        text = self._loop_text(found, branch)
        variable = self._variable(f"v{cell.row}_{cell.column}")
        inputs = self._inputs(found, branch)
        computed.append((found, f"{variable} = {self._given(found, branch, inputs)}"))
        if text is None:
            plan.parts.append(("promise", f"promise({found.index}, {inputs})"))
            return
        joined = f'b"".join(({", ".join([*text, ""])}))' if len(text) != 1 else text[0]
        plan.parts.append(("code", f"ground.calculated({cell.style}, {joined}, {variable})"))

    def _given(self, found: FormulaCell, branch: Branch, inputs: str) -> str:
        """Python for the formula's value in a copy: over its own row by a function made for it."""
        own = None
        try:
            own = row_function(found.formula, found.cell.row)
        except NotEvaluable:
            pass
        value = f"ground.value({found.index}, {inputs})"
        if own is not None:
            cells = {
                c.column: c
                for r in branch.body
                if isinstance(r, SheetRow) and r.number == found.cell.row
                for c in r.cells
            }
            name = f"f{found.index}"
            self.bound[name] = f"ground.row_function({found.index})"
            given = [self._read(cells[c]) if c in cells else "None" for c in own.columns]
            value = f"{name}({', '.join(given)})"
        for name in self._taken((found.cell.row, found.cell.column), branch):
            value = f"{name}.add({value})"
        return value

    def _inputs(self, found: FormulaCell, branch: Branch) -> str:
        """The values this row itself gives to its formula, as a dict display of (row, column) → variable."""
        rows = {r.number: r for r in self._visible(branch)}
        pairs = []
        for ref in found.formula.refs():
            if ref.sheet is not None or ref.row1 is None or ref.col1 is None:
                continue
            for r in range(ref.row1, (ref.row2 or ref.row1) + 1):
                source = branch.last_row() if r == branch.opener and not ref.abs_row1 else r
                for cell in rows[source].cells if source in rows else ():
                    if ref.col1 <= cell.column <= (ref.col2 or ref.col1):
                        pairs.append((r, cell))
        return (
            "{"
            + ", ".join(
                f"({r}, {c.column}): {self._read(c)}"
                for r, c in dict(((r, c.column), (r, c)) for r, c in pairs).values()
            )
            + "}"
        )

    def _visible(self, branch: Branch) -> list[SheetRow]:
        return [row for b in branch.chain() for row in b.body if isinstance(row, SheetRow)]

    def _read(self, cell: SheetCell) -> str:
        if cell.tags or cell.formula is not None:
            return self._variable(f"v{cell.row}_{cell.column}")
        return repr(cell.value)

    def _taken(self, key: tuple[int, int], branch: Branch | None) -> list[str]:
        """The accumulators a looped cell feeds: one for the whole sheet, one for each enclosing copy."""
        if key not in self.watched or branch is None:
            return []
        if key not in self.takers:
            scopes: list[Branch | None] = [None, *branch.chain()[:-1]]
            names = []
            for scope in scopes:
                name = f"a{key[0]}_{key[1]}_{'s' if scope is None else scope.index}"
                self.bound[name] = f"ground.column({key[0]}, {key[1]}, {None if scope is None else scope.index})"
                names.append((name, scope))
            self.takers[key] = names
        return [name for name, _scope in self.takers[key]]

    def _loop_text(self, found: FormulaCell, branch: Branch) -> list[str] | None:
        """The formula's text in a copy as Python expressions of bytes, or None when it must wait."""
        out = []
        for part in found.formula.parts:
            if isinstance(part, str):
                out.append(repr(escape(part).encode()))
                continue
            pieces = self._loop_ref(part, found, branch)
            if pieces is None:
                return None
            out += pieces
        return out

    def _loop_ref(self, ref: Ref, found: FormulaCell, branch: Branch) -> list[str] | None:
        if ref.sheet is not None and ref.sheet.casefold() != self.sheet.name.casefold():
            return None if ref.sheet.casefold() in self.moving else [repr(escape(str(ref)).encode())]
        if ref.row1 is None:
            return [repr(escape(str(ref)).encode())]
        single = ref.row2 is None
        first = self._number(ref.row1, ref.abs_row1, found, branch, single=single, end=False)
        last = first if single else self._number(ref.row2 or 0, ref.abs_row2, found, branch, single=False, end=True)
        if single and first is not None and isinstance(first, tuple):
            ref = replace(ref, row2=ref.row1, col2=ref.col1, abs_row2=ref.abs_row1, abs_col2=ref.abs_col1)
            first, last = first
        if first is None or last is None or isinstance(first, tuple) or isinstance(last, tuple):
            return None
        text = escape(ref.printed("\x00", "\x01"))
        head, _mark, rest = text.partition("\x00")
        pieces = [repr(head.encode()), first]
        if "\x01" in rest:
            middle, _mark, rest = rest.partition("\x01")
            pieces += [repr(middle.encode()), last]
        return [*pieces, repr(rest.encode())] if rest else pieces

    def _number(self, row: int, absolute: bool, found: FormulaCell, branch: Branch, *, single: bool, end: bool) -> Any:
        """Python for a row number as bytes; a pair of them where one cell stands for several copies; None: later."""
        own = found.cell.row
        if row == branch.opener and not absolute and branch.repeats:
            return f"near({branch.opener - own})"
        if branch.opener < row < branch.closer:
            return self._own_number(row, absolute, found, branch, single=single, end=end)
        if absolute and any(b.opener < row < b.closer for b in branch.chain()):
            return None
        for outer in branch.chain()[:-1]:
            if any(isinstance(r, SheetRow) and r.number == row for r in outer.body):
                return f"p{row}" if row < own else None
        top = branch.chain()[0]
        if row > top.opener:
            return None
        before = next((b for b in self.tops if b.opener <= row <= b.closer), None)
        if before is None or not single:
            return self._known_number(row, end=end)
        return self._known_number(row, end=False), self._known_number(row, end=True)

    def _own_number(
        self, row: int, absolute: bool, found: FormulaCell, branch: Branch, *, single: bool, end: bool
    ) -> Any:
        own = found.cell.row
        if branch.simple:
            if not absolute:
                return "n" if row == own else f"near({row - own})"
            if branch.parent is not None or (end and not single):
                return None
            return f"ground.own({branch.index}, {row - branch.opener})"
        if absolute:
            return None
        inner = next((b for b in branch.inner() if b.opener < row < b.closer), None)
        if inner is None:
            return ("n" if row == own else f"p{row}") if row <= own else None
        if not inner.simple or row > own:
            return None
        ends = tuple(f"ground.{edge}({inner.index}, {row - inner.opener})" for edge in ("low", "high"))
        return ends if single else ends[end]

    def _known_number(self, row: int, *, end: bool) -> str:
        """A row above the outermost loop: asked for once, when that loop begins."""
        name = f"q{row}{'e' if end else 's'}"
        self.known.setdefault(name, f"at({row}, {end})")
        return name

    def _variable(self, name: str) -> str:
        self.variables[name] = None
        return name

    # -- merges

    def _merges(self) -> dict[int, list[tuple[int, int, int]]]:
        """Merged cells inside loops, by the row they begin in: (first column, columns, rows)."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        for ref in self.sheet.merged:
            row, last = ref.row1 or 0, ref.row2 or ref.row1 or 0
            if row in self.branch_of and self.branch_of.get(last) is self.branch_of[row]:
                width = (ref.col2 or ref.col1 or 0) - (ref.col1 or 0) + 1
                found.setdefault(row, []).append((ref.col1 or 0, width, last - row + 1))
        return found


def _type(cell: SheetCell) -> str:
    return "" if cell.type == "n" else f' t="{escape_attribute(cell.type)}"'


def _without(text: str, tags: Any) -> str:
    for tag in tags:
        text = text.replace(tag.text, "", 1)
    return text


def _in_order(computed: list[tuple[FormulaCell, str]]) -> list[tuple[FormulaCell, str]]:
    """Formulas of one row, each after those it counts on; a circle stays in its order and gets no value."""
    done: list[tuple[FormulaCell, str]] = []
    waiting = list(computed)
    columns = {f.cell.column for f, _line in computed}
    while waiting:
        ready = [
            (f, line)
            for f, line in waiting
            if not any(
                ref.row1 == f.cell.row and c in columns - {d.cell.column for d, _l in done} and c != f.cell.column
                for ref in f.formula.refs()
                for c in range(ref.col1 or 0, (ref.col2 or ref.col1 or 0) + 1)
            )
        ] or waiting[:1]
        done += ready
        waiting = [w for w in waiting if w not in ready]
    return done
