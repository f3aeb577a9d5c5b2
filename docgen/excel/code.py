"""Plans of rows → Python: Jinja's code generator with rows."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame

from docgen.excel.cell_styles import CellFormats
from docgen.excel.plan import Plan, SheetCompiler
from docgen.excel.row_writer import CellValue, RowWriter
from docgen.template.compiler import Generator

Kept = tuple[int, str, list[str]]
Writers = Callable[[Any], tuple[Callable[[Any], bytes], Callable[[Any], str]]]


class SheetGenerator(Generator):
    """Jinja's code generator with rows."""

    def __init__(self, compiler: SheetCompiler, formats: CellFormats, writers: Writers, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.plans, self.bound = compiler.plans, compiler.bound
        self.variables = list(compiler.variables)
        self.formats, self.cell_writers = formats, writers
        self.getters: dict[str, tuple[str, ...]] = {}
        self.rows: dict[str, list[bytes | int | type[bytes] | None]] = {}

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
        return CellValue(site.style, number, self.cell_writers(site)[0], rich=bool(site.looks))

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("sheet = context.parent['_gd_state']; book = sheet.book")
        self.writeline("row, at, near, promise = sheet.row, sheet.at, sheet.near, sheet.promise")
        self.writeline("formula, unknown = sheet.formula, sheet.unknown")
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
                number: Any = child.items[0]
                self._row(self.plans[number.value], child.items[1:], frame)

    def _row(self, plan: Plan, items: list[nodes.Expr], frame: Frame) -> None:
        for line in plan.before:
            self.writeline(line)
        whole = bool(plan.parts) and not any(isinstance(p, tuple) and p[0] == "promise" for p in plan.parts)
        kept = plan.kept if not whole else self._all_kept(plan)
        self._values(kept, items, frame)
        for line in (*plan.changed, *plan.formulas):
            self.writeline(line)
        if whole:
            self._whole(plan, items, frame, {index: variable for index, variable, _t in kept})
        else:
            self._joined(plan.parts, items, frame)
        for line in plan.after:
            self.writeline(line)

    @staticmethod
    def _all_kept(plan: Plan) -> list[Kept]:
        """Every value of the row in a variable, those that formulas look at in theirs."""
        known = {index for index, _v, _t in plan.kept}
        rest: list[Kept] = [
            (p[1], f"e{p[1]}", []) for p in plan.parts if isinstance(p, tuple) and p[0] == "item" and p[1] not in known
        ]
        return [*plan.kept, *rest]

    def _values(self, kept: list[Kept], items: list[nodes.Expr], frame: Frame) -> None:
        """Evaluate the row's expressions. Fields of the loop's own item are fetched together, in one call."""
        fields: dict[str, list[Kept]] = {}
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

    def _value(self, entry: Kept, item: nodes.Expr, frame: Frame) -> None:
        _index, variable, takers = entry
        self.newline(item)
        self.write(f"{variable} = " + "".join(f"{t}.add(" for t in takers))
        self.visit(item, frame)
        self.write(")" * len(takers))

    def _fields(self, entries: list[Kept], items: list[nodes.Expr], frame: Frame) -> None:
        getter, first = f"g{len(self.getters)}", items[entries[0][0]]
        fetched: Any = [items[index] for index, _v, _t in entries]
        self.getters[getter] = tuple(item.attr for item in fetched)
        self.writeline("try:")
        self.indent()
        self.newline(first)
        self.write(", ".join(variable for _i, variable, _t in entries) + f" = {getter}(")
        self.visit(fetched[0].node, frame)
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

    def _whole(self, plan: Plan, items: list[nodes.Expr], frame: Frame, variables: dict[int, str]) -> None:
        """The row in one piece, by the function for its values' types."""
        name = f"r{len(self.rows)}"
        values: list[str] = []
        ready: list[str] = []
        parts: list[bytes | int | type[bytes] | None] = []
        for part in plan.parts:
            if isinstance(part, bytes):
                last = parts[-1] if parts else None
                if isinstance(last, bytes):
                    parts[-1] = last + part
                else:
                    parts.append(part)
            elif part == ("code", "n"):
                parts.append(None)
            elif part[0] in ("item", "kept"):
                parts.append(items[part[1]].lineno)
                values.append(variables[part[1]])
            else:
                parts.append(bytes)
                ready.append(part[1] if part[0] == "code" else self._coloured(part, items, frame))
        self.rows[name] = parts
        given = ", ".join(["n", *values, *ready])
        if not values:
            self.writeline(f"yield {name}_plain({given})")
            return
        types = "(" + "".join(f"type({v}), " for v in values) + ")"
        self.writeline(f"t = {types}")
        self.writeline(f"yield ({name}_made.get(t) or {name}_make(t))({given})")

    def _coloured(self, part: tuple[str, int, str, str], items: list[nodes.Expr], frame: Frame) -> str:
        return f"sheet.coloured({self._writer(items[part[1]], frame)}{part[2]}), {part[3]})"

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
        elif part[0] == "coloured":
            self.write(self._coloured(part, items, frame))
        else:
            item = items[part[1]]
            self.newline(item)
            self.write(self._writer(item, frame))
            if part[0] == "kept":
                self.write(part[2])
            else:
                self.visit(item, frame)
            self.write(")")
