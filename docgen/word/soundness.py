"""Keeps a rendered part sound where conditions could break it, and checks whole documents.

The repair works on guards the compiler left in the constant text (character 1 and a letter; no value can hold one).
It is a stream: bytes in, bytes out, holding no more than one table head or one row, except in a table whose
columns depend on data, which is held whole so that its grid can be made as wide as its widest row.

===== ===============================================================
guard meaning
===== ===============================================================
T, G  a table begins; G: its columns vary
/     the table ends
R, Q  a row begins; Q: its cells may all be left out
r     the row ends
C, D  a cell begins; D: its width was asked for by a tag
P     a container ends here and must end with a paragraph
===== ===============================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

_PARAGRAPH = b"<w:p/>"
_TAIL = 400
_TABLE_ENDS = re.compile(rb"</w:tbl>(?:<w:(?:bookmark|comment|perm|move)[^>]*/>)*$")
"""The end of a table, and behind it nothing that would keep it from growing together with the next."""


@dataclass(slots=True)
class _Row:
    checked: bool
    tail: bytes
    parts: list[bytes] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    stated: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Table:
    grid: bool
    touches: bool
    tail: bytes
    head: list[bytes] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    open: bool = False


class _Repair:
    """The state between two pieces."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.stack: list[_Table | _Row] = []
        self.tail = b""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece, give what is ready."""
        first, *rest = piece.split(b"\x01")
        self.write(first)
        for part in rest:
            self.guard(part[:1])
            self.write(part[1:])
        ready = b"".join(self.out)
        self.out.clear()
        return ready

    def write(self, data: bytes) -> None:
        if not data:
            return
        self.tail = (self.tail + data)[-_TAIL:] if len(data) < _TAIL else data[-_TAIL:]
        self._sink().append(data)

    def _sink(self) -> list[bytes]:
        for frame in reversed(self.stack):
            if isinstance(frame, _Row):
                return frame.parts
            if not frame.open or frame.grid:
                return frame.head if not frame.rows else frame.rows[-1].parts
        return self.out

    def guard(self, sign: bytes) -> None:
        if sign in (b"T", b"G"):
            self.stack.append(_Table(sign == b"G", bool(_TABLE_ENDS.search(self.tail)), self.tail))
        elif sign in (b"R", b"Q"):
            self.stack.append(_Row(sign == b"Q", self.tail))
        elif sign in (b"C", b"D"):
            row = self.stack[-1]
            if isinstance(row, _Row):
                row.stated.update({len(row.cells)} if sign == b"D" else ())
                row.cells.append(len(row.parts))
        elif sign == b"r":
            self._end_row()
        elif sign == b"/":
            self._end_table()
        elif sign == b"P" and not self.tail.endswith((b"</w:p>", b"<w:p/>")):
            self.write(_PARAGRAPH)

    def _end_row(self) -> None:
        row = self.stack.pop()
        table = self.stack[-1]
        if not isinstance(row, _Row) or not isinstance(table, _Table):
            raise AssertionError("row guards do not nest")  # noqa: TRY004 - a fault of the compiler, not of a type
        if row.checked and not row.cells:
            self.tail = row.tail
        elif table.grid:
            table.rows.append(row)
            table.open = True
        else:
            self._open(table)
            self._sink().extend(row.parts)

    def _open(self, table: _Table) -> None:
        if table.open:
            return
        table.open = True
        head, table.head = table.head, []
        sink = self._sink()
        if table.touches:
            sink.append(_PARAGRAPH)
        sink.extend(head)

    def _end_table(self) -> None:
        table = self.stack.pop()
        if not isinstance(table, _Table):
            raise AssertionError("table guards do not nest")  # noqa: TRY004
        if not table.open:
            self.tail = table.tail
        elif table.grid:
            if table.touches:
                self._sink().append(_PARAGRAPH)
            self._sink().extend(_fit_grid(table))


def repair(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a guarded part, made sound."""
    state = _Repair()
    for piece in pieces:
        yield state.feed(piece)


_GRIDCOL = re.compile(rb'<w:gridCol(?: w:w="(\d+)")?[^>]*/>')
_SPAN = re.compile(rb'<w:gridSpan w:val="(\d+)"/>')
_WIDTH = re.compile(rb'<w:tcW( w:w="[^"]*"| w:type="[^"]*")+ ?/>')
_DXA = re.compile(rb'w:w="(\d+)"')


def _fit_grid(table: _Table) -> Iterator[bytes]:
    """A table whose rows grew or shrank: a grid as wide as the widest row, each cell as wide as its columns.

    The table keeps its width, unless a tag asked for the width of a column.
    """
    rows = [_cells(row) for row in table.rows]
    spans = [[_span(cell) for cell in cells] for _lead, cells in rows]
    head = b"".join(table.head)
    grid = [int(w or 0) for w in _GRIDCOL.findall(head)]
    widest = max(range(len(rows)), key=lambda i: (sum(spans[i]), len(spans[i])))
    wanted = _column_widths(rows[widest][1], spans[widest])
    stated = dict(chain.from_iterable(map(_stated, table.rows, rows, spans)))
    widths = [stated.get(i, width) for i, width in enumerate(wanted)]
    if not stated and wanted != grid:
        widths = _scaled(wanted, sum(grid) or sum(wanted))
    start, end = head.find(b"<w:tblGrid"), head.find(b"</w:tblGrid>")
    columns_xml = b"".join(b'<w:gridCol w:w="%d"/>' % w for w in widths)
    if end >= 0:
        yield head[:start] + b"<w:tblGrid>" + columns_xml + head[end:]
    else:
        yield re.sub(rb"<w:tblGrid\s*/>", b"<w:tblGrid>" + columns_xml + b"</w:tblGrid>", head, count=1)
    for (lead, cells), row_spans in zip(rows, spans, strict=True):
        yield lead
        at = 0
        for cell, span in zip(cells, row_spans, strict=True):
            yield _with_width(cell, sum(widths[at : at + span]))
            at += span


def _cells(row: _Row) -> tuple[bytes, list[bytes]]:
    bounds = [*row.cells, len(row.parts)]
    cells = [b"".join(row.parts[a:b]) for a, b in pairwise(bounds)]
    return b"".join(row.parts[: bounds[0]]), cells


def _head_of(cell: bytes) -> bytes:
    end = cell.find(b"</w:tcPr>")
    return cell[: end + 9] if end >= 0 else b""


def _span(cell: bytes) -> int:
    match = _SPAN.search(_head_of(cell))
    return max(1, int(match[1])) if match else 1


def _column_widths(cells: list[bytes], spans: list[int]) -> list[int]:
    widths: list[int] = []
    for cell, span in zip(cells, spans, strict=True):
        match = _WIDTH.search(_head_of(cell))
        width = _DXA.search(match[0]) if match and b'"dxa"' in match[0] else None
        widths += [int(width[1]) // span if width else 1000] * span
    return widths


def _stated(row: _Row, parts: tuple[bytes, list[bytes]], spans: list[int]) -> Iterator[tuple[int, int]]:
    """Column and width of the row's cells whose width a tag asked for."""
    for i in sorted(row.stated):
        if spans[i] == 1:
            yield sum(spans[:i]), _column_widths([parts[1][i]], [1])[0]


def _scaled(widths: list[int], total: int) -> list[int]:
    """The widths in proportion, adding up to ``total`` exactly."""
    whole, out, used = sum(widths) or 1, [], 0
    seen = 0
    for width in widths:
        seen += width
        edge = round(total * seen / whole)
        out.append(edge - used)
        used = edge
    return out


def _with_width(cell: bytes, width: int) -> bytes:
    head = _head_of(cell)
    match = _WIDTH.search(head)
    if not match or b'"dxa"' not in match[0]:
        return cell
    return head[: match.start()] + b'<w:tcW w:w="%d" w:type="dxa"/>' % width + head[match.end() :] + cell[len(head) :]
