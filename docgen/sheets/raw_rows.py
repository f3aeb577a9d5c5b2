"""Pure: a worksheet part ↔ its rows as they are written, so that a few cells can change and every other byte stays.

ECMA-376 part 1, clause 18.3. What stands around the rows is a small tree; the rows themselves are found, not parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from docgen.sheets.book import column_number, letter
from docgen.sheets.parts import NOT_XML, parsed, written

_PREFIX = re.compile(rb"<(\w+:)?worksheet[\s>]")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"']([^\"']*)")
_PLACE = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_STYLE = re.compile(rb'\ss="(\d+)"')
_SPANS = re.compile(rb'\sspans="[^"]*"')


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a cell: another style, another text (``None``: its content stays), or that it goes."""

    style: int = 0
    text: str | None = None
    gone: bool = False


@dataclass(slots=True)
class SheetRows:
    """One worksheet part: ``root`` is all of it but its rows, ``data`` the bytes of its rows."""

    root: Any
    prefix: bytes
    data: bytes
    starts: list[tuple[int, int]] = field(default_factory=list)
    """(row number, offset of its start tag), in the order of the part."""

    @classmethod
    def parse(cls, content: bytes) -> SheetRows:
        """Take a part apart. ValueError or XMLSyntaxError where it is no worksheet."""
        content = _usual(content)
        found = _PREFIX.search(content)
        if found is None:
            raise ValueError("worksheet")
        prefix = found[1] or b""
        name = prefix + b"sheetData"
        start, end = _extent(content, name)
        inner_start = content.index(b">", start) + 1
        inner_end = content.rfind(b"</" + name, start, end)
        data = content[inner_start:inner_end] if inner_end >= 0 else b""
        root = parsed(content[:start] + b"<" + name + b"/>" + content[end:])
        return cls(root, prefix, data, _starts(data, prefix))

    def content(self) -> bytes:
        """The whole part again."""
        name = self.prefix + b"sheetData"
        head, mark, tail = written(self.root).partition(b"<" + name + b"/>")
        if not mark:
            raise ValueError("sheetData")
        return b"".join((head, b"<" + name + b">", self.data, b"</" + name + b">", tail))

    def styles(self, rows: Iterable[int]) -> dict[tuple[int, int], int]:
        """(row, column) → style index, of the cells written in some rows; (row, 0) is the row's own."""
        wanted, found = set(rows), {}
        for row, piece in self._pieces():
            if row in wanted:
                head = piece[: piece.index(b">") + 1]
                if own := _STYLE.search(head):
                    found[row, 0] = int(own[1])
                for column, cell in self._cells(piece):
                    style = _STYLE.search(cell[1])
                    found[row, column] = int(style[1]) if style else 0
        return found

    def all_styles(self) -> dict[int, set[int]]:
        """Style index → the rows in which a cell has it: where to look, without taking every row apart."""
        found: dict[int, set[int]] = {}
        for row, piece in self._pieces():
            for style in set(_STYLE.findall(piece)):
                found.setdefault(int(style), set()).add(row)
        return found

    def change(self, changes: Mapping[tuple[int, int], Change]) -> None:
        """Apply changes by (row, column); cells and rows that are not there are written in their order."""
        by_row: dict[int, dict[int, Change]] = {}
        for (row, column), change in changes.items():
            by_row.setdefault(row, {})[column] = change
        absent = sorted(by_row.keys() - {row for row, _start in self.starts}, reverse=True)
        out: list[bytes] = []
        for row, piece in self._pieces():
            while absent and absent[-1] < row:
                out.append(self._new_row(absent[-1], by_row.pop(absent.pop())))
            out.append(self._changed(row, piece, by_row.pop(row)) if row in by_row else piece)
        out += [self._new_row(row, by_row[row]) for row in sorted(by_row)]
        self._replace(out)

    def show(self, first: int, last: int) -> None:
        """Take the ``hidden`` of rows away: what a filter did to them when it goes."""
        out = []
        for row, piece in self._pieces():
            end = piece.index(b">")
            head = re.sub(rb'\shidden="(?:1|true)"', b"", piece[:end]) if first <= row <= last else piece[:end]
            out.append(head + piece[end:])
        self._replace(out)

    def _replace(self, pieces: list[bytes]) -> None:
        lead = self.data[: self.starts[0][1]] if self.starts else self.data
        self.data = lead + b"".join(pieces)
        self.starts = _starts(self.data, self.prefix)

    def _pieces(self) -> Iterable[tuple[int, bytes]]:
        ends = [*(offset for _row, offset in self.starts), len(self.data)][1:]
        for (row, start), end in zip(self.starts, ends, strict=True):
            yield row, self.data[start:end]

    def _new_row(self, row: int, changes: dict[int, Change]) -> bytes:
        return self._changed(row, b'<%srow r="%d"></%srow>' % (self.prefix, row, self.prefix), changes)

    def _cells(self, piece: bytes) -> list[tuple[int, re.Match[bytes]]]:
        pattern = re.compile(rb"<%sc(\s[^<>]*?)?(?:/>|>(.*?)</%sc>)" % (self.prefix, self.prefix), re.DOTALL)
        cells, column = [], 0
        for found in pattern.finditer(piece):
            place = _PLACE.search(found[1] or b"")
            column = column_number(place[1].decode()) if place else column + 1
            cells.append((column, found))
        return cells

    def _changed(self, row: int, piece: bytes, changes: dict[int, Change]) -> bytes:
        """One row with its cells changed; its ``spans``, only a hint for readers, goes."""
        if b"</" not in piece:  # <row …/>
            piece = piece.rstrip()[:-2] + b"></%srow>" % self.prefix
        position = piece.index(b">") + 1
        out = [_SPANS.sub(b"", piece[:position])]
        for column, cell in self._cells(piece):
            out.append(piece[position : cell.start()])
            out += [self._new_cell(row, new, changes.pop(new)) for new in sorted(changes) if new < column]
            change = changes.pop(column, None)
            out.append(cell[0] if change is None else self._changed_cell(cell, row, column, change))
            position = cell.end()
        out += [self._new_cell(row, column, changes[column]) for column in sorted(changes)]
        return b"".join(out) + piece[position:]

    def _new_cell(self, row: int, column: int, change: Change) -> bytes:
        if change.gone:
            return b""
        name = b"%sc" % self.prefix
        style = b' s="%d"' % change.style if change.style else b""
        head = b'<%s r="%s%d"%s' % (name, letter(column).encode(), row, style)
        return head + (b"/>" if change.text is None else self._inline(change.text) + b"</" + name + b">")

    def _inline(self, text: str) -> bytes:
        p = self.prefix
        return b' t="inlineStr"><%sis><%st>%s</%st></%sis>' % (p, p, _escaped(text), p, p)

    def _changed_cell(self, cell: re.Match[bytes], row: int, column: int, change: Change) -> bytes:
        if change.gone or change.text is not None:
            return self._new_cell(row, column, change)
        cut = cell.end(1) - cell.start() if cell[1] else len(self.prefix) + 2
        head, rest = _STYLE.sub(b"", cell[0][:cut]), cell[0][cut:]
        place = _PLACE.search(head)
        behind = place.end() if place else len(self.prefix) + 2
        style = b' s="%d"' % change.style if change.style else b""
        return head[:behind] + style + head[behind:] + rest


def _usual(content: bytes) -> bytes:
    """The part as rows can be found in it: UTF-8, double quotes, no comments, no CDATA."""
    declared = _ENCODING.search(content[:200])
    utf8 = (declared is None or declared[1].lower() == b"utf-8") and not content.startswith((b"\xfe\xff", b"\xff\xfe"))
    start = max(content.find(b"?>"), 0)
    if utf8 and b"<!" not in content and content.find(b"='", start) < 0:
        return content
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, strip_cdata=True, remove_comments=True
    )
    usual: bytes = etree.tostring(etree.fromstring(content, parser), xml_declaration=True, encoding="UTF-8")
    return usual


def _extent(content: bytes, name: bytes) -> tuple[int, int]:
    """From the start of ``<sheetData`` to behind its end."""
    found = re.search(rb"<%s(?:\s[^<>]*?)?(/?)>" % name, content)
    if found is None:
        raise ValueError("sheetData")
    if found[1]:
        return found.span()
    closing = re.compile(rb"</%s\s*>" % name).search(content, content.rfind(b"</" + name))
    if closing is None:
        raise ValueError("sheetData")
    return found.start(), closing.end()


def _starts(data: bytes, prefix: bytes) -> list[tuple[int, int]]:
    starts, row = [], 0
    for found in re.finditer(rb"<%srow(\s[^<>]*?)?/?>" % prefix, data):
        number = _NUMBER.search(found[1] or b"")
        row = int(number[1]) if number else row + 1
        starts.append((row, found.start()))
    return starts


def _escaped(text: str) -> bytes:
    plain = NOT_XML.sub("", text).strip()
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
