"""A printed row as one formatting of bytes, made once for each combination of types its values have.

A register has a hundred thousand rows and one or two combinations. For each a function is generated that checks all
texts of the row in one go and lets ``%`` put the row together; a value that needs care sends the row through the
cells' own writers instead, which also know where to report it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from docgen.excel.cell_styles import CellFormats
from docgen.template.rich import current_render
from docgen.template.xml_text import SPECIAL

_LONGEST = 32_767
_WHOLE = 2**53
_UNIX_TO_1900 = 693_594
"""date.toordinal of 30 December 1899, day 0 of the 1900 system from March 1900 on."""
_UNIX_TO_1904 = 695_056
_FIRST_SAFE_DAY = 61

Signature = tuple[type, ...]


@dataclass(frozen=True, slots=True)
class CellValue:
    """A value's cell: its style, its own writer, and the mark it comes from. ``rich``: its text has several looks."""

    style: int
    mark: int
    write: Callable[[Any], bytes]
    rich: bool = False


class RowWriter:
    """Writes one row of the template.

    ``parts``: constant bytes, None for the row's number, a cell, or ``bytes`` (the type) for what comes ready-made.
    """

    __slots__ = ("_formats", "_parts", "made")

    def __init__(self, parts: list[bytes | CellValue | type[bytes] | None], formats: CellFormats) -> None:
        self._parts, self._formats = parts, formats
        self.made: dict[Signature, Callable[..., bytes]] = {}

    def make(self, signature: Signature) -> Callable[..., bytes]:
        """The function for values of these types, in the order of the row's cells."""
        function = _Builder(self._parts, self._formats, signature).function()
        self.made[signature] = function
        return function


class _Builder:
    def __init__(
        self, parts: list[bytes | CellValue | type[bytes] | None], formats: CellFormats, signature: Signature
    ) -> None:
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
            self.checks.append(f"len(s) <= {_LONGEST}")
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
            self.checks.append(f"{-_WHOLE} <= {name} <= {_WHOLE}")
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
