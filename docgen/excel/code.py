"""Plans of rows → Python: Jinja's code generator with rows, and the functions that write them.

A printed row is one formatting of bytes, made once for each combination of types its values have: a register has a
hundred thousand rows and one or two combinations. For each a function is generated that checks all texts of the row in
one go and lets ``%`` put the row together; a value that needs care sends the row through the cells' own writers
instead, which also know where to report it. Before → after, of a text and a number::

    <c r="A5">{{ r.room }}</c><c r="B5">{{ r.paid }}</c>

    def row(n, v0, v1):
        if <v0 has no sign that needs care> and -2**53 <= v1 <= 2**53:
            return pattern % (n, n, v0.encode(), n, v1,)
        return b''.join((…, w3(v0), …, w6(v1), …,))

"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame

from docgen.excel.cell_styles import CellFormats
from docgen.excel.cell_values import LARGEST_WHOLE, LONGEST_TEXT
from docgen.excel.plan import Plan, SheetCompiler
from docgen.template.compiler import Generator
from docgen.template.rich import current_render
from docgen.template.xml_text import SPECIAL

Kept = tuple[int, str, list[str]]
Writers = Callable[[Any], tuple[Callable[[Any], bytes], Callable[[Any], str]]]
_UNIX_TO_1900 = 693_594
"""date.toordinal of 30 December 1899, day 0 of the 1900 system from March 1900 on."""
_UNIX_TO_1904 = 695_056
_FIRST_SAFE_DAY = 61

Signature = tuple[type, ...]


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
        self.writeline("formula, unknown, error = sheet.formula, sheet.unknown, sheet.error")
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


# --- writers of rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CellValue:
    """A value's cell: its style, its own writer, and the mark it comes from. ``rich``: its text has several looks."""

    style: int
    mark: int
    write: Callable[[Any], bytes]
    rich: bool = False


Parts = list[bytes | CellValue | type[bytes] | None]


class RowWriter:
    """Writes one row of the template.

    ``parts``: constant bytes, None for the row's number, a cell, or ``bytes`` (the type) for what comes ready-made.
    """

    __slots__ = ("_formats", "_parts", "made")

    def __init__(self, parts: Parts, formats: CellFormats) -> None:
        self._parts, self._formats = parts, formats
        self.made: dict[Signature, Callable[..., bytes]] = {}

    def make(self, signature: Signature) -> Callable[..., bytes]:
        """The function for values of these types, in the order of the row's cells."""
        function = _Builder(self._parts, self._formats, signature).function()
        self.made[signature] = function
        return function


class _Builder:
    def __init__(self, parts: Parts, formats: CellFormats, signature: Signature) -> None:
        self.parts, self.formats, self.signature = parts, formats, signature
        self.pattern = b""
        self.arguments: list[str] = []
        self.checks: list[str] = []
        self.texts: list[str] = []
        self.before: list[str] = []
        self.names: dict[str, Any] = {"special": SPECIAL}
        self.parameters: list[str] = ["n"]
        self.careful: list[str] = []

    def function(self) -> Callable[..., bytes]:
        value = ready = 0
        for part in self.parts:
            if isinstance(part, bytes):
                self.constant(part)
            elif part is None:
                self.piece("n")
                self.careful.append("n")
            elif isinstance(part, CellValue):
                self.cell(part, f"v{value}", self.signature[value])
                value += 1
            else:
                self.piece(f"b{ready}")
                self.careful.append(f"b{ready}")
                ready += 1
        self.parameters += [f"v{i}" for i in range(value)] + [f"b{i}" for i in range(ready)]
        self.names["pattern"] = self.pattern
        exec(self.source(), self.names)  # noqa: S102 - made of numbers, own names and escaped constants only
        made: Callable[..., bytes] = self.names["row"]
        return made

    def source(self) -> str:
        lines = [f"def row({', '.join(self.parameters)}):", *(f"    {line}" for line in self.before)]
        if self.texts:
            lines += [f"    s = {' + '.join(self.texts)}"]
            self.checks.append(" and ".join(self.texts))
            self.checks.append(f"len(s) <= {LONGEST_TEXT}")
            edges = " or ".join(f"{t}[0] == ' ' or {t}[-1] == ' '" for t in self.texts)
            plain = f"special(s) is None and '_x' not in s and (' ' not in s or not ({edges}))"
            self.checks.append(f"(s.isalnum() or {plain})")
        done = f"    return pattern % ({', '.join(self.arguments)},)"
        if not self.checks:
            return "\n".join([*lines, done])
        careful = f"    return b''.join(({', '.join(self.careful)},))"
        return "\n".join([*lines, f"    if {' and '.join(self.checks)}:", f"    {done}", careful])

    def constant(self, data: bytes) -> None:
        self.pattern += data.replace(b"%", b"%%")
        self.careful.append(repr(data))

    def piece(self, argument: str) -> None:
        self.pattern += b"%b"
        self.arguments.append(argument)

    def cell(self, cell: CellValue, name: str, kind: type) -> None:
        head = f'" s="{cell.style}"'.encode()
        writer = f"w{len(self.careful)}"
        self.names[writer] = _placed(cell)
        self.careful.append(f"{writer}({name})")
        if kind is str and not cell.rich:
            self.pattern += head + b' t="inlineStr"><is><t>%b</t></is></c>'
            self.arguments.append(f"{name}.encode()")
            self.texts.append(name)
        elif kind is int:
            self.number(head, b"%d", name)
            self.checks.append(f"{-LARGEST_WHOLE} <= {name} <= {LARGEST_WHOLE}")
        elif kind is float:
            self.number(head, b"%b", f"repr({name}).encode()")
            self.checks.append(f"{name} - {name} == 0.0")
        elif kind is Decimal:
            self.before.append(f"t{name} = str({name})")
            self.number(head, b"%b", f"t{name}.encode()")
            self.checks.append(f"len(t{name}) <= 15 and t{name}[-1] <= '9' and 'E' not in t{name}")
        elif kind is type(None):
            self.pattern += head + b"/>"
        elif kind in (date, datetime) and self.shows_moments(cell.style):
            self.moment(head, name, kind)
        else:
            self.pattern += b"%b"
            self.arguments.append(f"{writer}({name})")

    def number(self, head: bytes, conversion: bytes, argument: str) -> None:
        self.pattern += head + b"><v>" + conversion + b"</v></c>"
        self.arguments.append(argument)

    def moment(self, head: bytes, name: str, kind: type) -> None:
        origin = _UNIX_TO_1904 if self.formats.since_1904 else _UNIX_TO_1900
        first = 0 if self.formats.since_1904 else _FIRST_SAFE_DAY
        self.before.append(f"d{name} = {name}.toordinal() - {origin}")
        self.checks.append(f"d{name} >= {first}")
        if kind is date:
            self.number(head, b"%d", f"d{name}")
            return
        self.checks.append(f"{name}.tzinfo is None and not {name}.microsecond")
        seconds = f"({name}.hour * 3600 + {name}.minute * 60 + {name}.second)"
        self.number(head, b"%b", f"repr(d{name} + {seconds} / 86400).removesuffix('.0').encode()")

    def shows_moments(self, style: int) -> bool:
        shapes = self.formats.shapes
        return style < len(shapes) and shapes[style].is_moment


def _placed(cell: CellValue) -> Callable[[Any], bytes]:
    """The cell's own writer, telling the render which cell it is at."""

    def write(value: Any) -> bytes:
        state = current_render.get()
        if state is None:
            return cell.write(value)
        state.at = cell.mark
        try:
            return cell.write(value)
        finally:
            state.at = None

    return write
