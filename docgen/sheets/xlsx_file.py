"""The bytes of an .xlsx file → Book: every cell with address, format, cached value and whether a formula made it.

Its own reader, because a form needs in one pass what libraries give in two or not at all: cached values *and*
which of them are formulas never computed, merges, hidden rows, columns and sheets, the 1904 flag. ECMA-376 part 1,
clause 18. Sheets are streamed; a million formatted but empty rows cost one look at their bytes. Rows and texts
written the usual way are taken apart by one regular expression that has to account for every character of them;
whatever else a part holds goes through expat, which sees the part without those rows.
"""

from __future__ import annotations

import codecs
import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NoReturn
from xml.parsers import expat

from lxml import etree

from docgen.errors import DataError, Place, ProblemKind
from docgen.sheets.book import Book, Merge, Sheet, column_number, letter
from docgen.sheets.cell import Cell, Kind
from docgen.sheets.notes import MARK
from docgen.sheets.number_format import BUILT_IN
from docgen.sheets.parts import parsed, relation_id, relations, relations_of
from foundation.language import N_

MAX_MEMBERS = 10_000
MAX_UNPACKED = 2 * 2**30
"""Bytes all members may unpack to: a sheet formatted down to its last row reaches some hundred million."""
MAX_STRINGS = 256 * 2**20
MAX_CELLS = 3_000_000
"""Cells with content a register may have; some 30 columns for each of 100,000 rows."""

_CHUNK = 2**20
_SMALL = 4 * 2**20
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE)
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_REFERENCE_MARK = re.compile(r"&([^;]*);?")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"']([^\"']*)")
_STRING = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_ROW = re.compile(r'<row r="([0-9]{1,7})"([^<>]*)(?<!/)>')
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,5})")?(?: t="([a-zA-Z]{1,9})")?'
    r"(?:/>|>(<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?"
    r'(?:(?:<v>|<is><t>|<is><t xml:space="preserve">)([^<]*)(?:</v>|</t></is>))?</c>)'
)
_KEPT = 65_536
"""Distinct cells of a sheet that are shared: registers repeat themselves, and an object a cell is what costs time."""


_DAMAGES = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError,
    expat.ExpatError, etree.XMLSyntaxError, KeyError, IndexError, ValueError, StopIteration,
    TypeError, AttributeError, OverflowError,  # an attribute or element that must be there is not
    NotImplementedError, RuntimeError,  # zipfile: unknown method, encrypted member
)  # fmt: skip
_DAMAGED = ProblemKind(
    "file.damaged",
    N_("the file is damaged or was not copied completely"),
    N_("Copy it again from where it came from, or open it in Excel or WPS and save it anew."),
)
_LOST_SHEET = ProblemKind(
    "sheet.lost",
    N_("the workbook lists this sheet, but the file does not hold it; the other sheets were read"),
    N_("If it held rows, open an earlier copy of the file in Excel or WPS and copy them from there."),
)
_TOO_LARGE = ProblemKind(
    "file.too_large",
    N_("the file unpacks to more than a register can hold and was not opened"),
    N_("Copy the rows that count into a new workbook; if you do not know the file's sender, delete it."),
)


def read_xlsx(data: bytes, name: str) -> Book:
    """The workbook in ``data``. DataError where it is truncated, damaged, oversized, or no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_oversized(archive, name)
            return _Workbook(archive, name).book()
    except _DAMAGES as error:
        raise DataError(_DAMAGED(Place(name))) from error


def _refuse_oversized(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise DataError(_TOO_LARGE(Place(name)))


class _Workbook:
    """One open workbook: its parts, and what all sheets share."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name
        self.members = {member.filename.lower(): member.filename for member in archive.infolist()}

    def book(self) -> Book:
        path = next(
            (target for kind, target in self.relations("").values() if kind == "officeDocument"), "xl/workbook.xml"
        )
        workbook = self.parsed(path)
        relations = self.relations(path)
        kinds = dict(relations.values())
        strings = self.strings(kinds.get("sharedStrings"))
        formats = self.formats(kinds.get("styles"))
        sheets, lost = [], []
        for element in _all(workbook, "sheet"):
            kind, target = relations.get(relation_id(element), ("worksheet", ""))
            if kind == "worksheet" and target.lower() in self.members:
                sheets.append(self.sheet(element, target, strings, formats))
            elif kind == "worksheet":
                lost.append(_LOST_SHEET(Place(self.name, element.get("name", ""))))
        if lost and not sheets:
            raise DataError(lost)
        flag = next((element.get("date1904") for element in _all(workbook, "workbookPr")), None)
        mac = flag in ("1", "true")
        return Book(self.name, tuple(sheets), mac, properties=self.properties(), warnings=tuple(lost))

    def sheet(self, element: Any, path: str, strings: list[str], formats: list[str]) -> Sheet:
        parsed = _SheetParser(self.name, strings, formats)
        parsed.feed(self, path)
        relations = self.relations(path)
        return Sheet(
            element.get("name"),
            parsed.rows if parsed.in_order else dict(sorted(parsed.rows.items())),
            tuple(parsed.merges),
            element.get("state", "visible") != "visible",
            frozenset(parsed.hidden_rows),
            frozenset(parsed.hidden_columns),
            tuple(ref for kind, target in relations.values() if kind == "comments" for ref in self.commented(target)),
            tuple(ref for kind, target in relations.values() if kind == "drawing" for ref in self.pictured(target)),
        )

    def open(self, path: str) -> Any:
        return self.archive.open(self.members[path.lower()])

    def size(self, path: str) -> int:
        return self.archive.getinfo(self.members[path.lower()]).file_size

    def read(self, path: str) -> bytes:
        if self.size(path) > MAX_STRINGS:
            raise DataError(_TOO_LARGE(Place(self.name)))
        with self.open(path) as stream:
            content: bytes = stream.read()
        return content

    def parsed(self, path: str) -> Any:
        return parsed(self.read(path))

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Relation id → (kind, path of its target) of a part; of the package for the empty path."""
        name = relations_of(path)
        return relations(path, self.read(name) if name.lower() in self.members else None)

    def strings(self, path: str | None) -> list[str]:
        if path is None or path.lower() not in self.members:
            return []
        return _StringsParser().read(self.read(path))

    def formats(self, path: str | None) -> list[str]:
        """The number format code of every cell style, by its index."""
        if path is None or path.lower() not in self.members:
            return []
        styles = self.parsed(path)
        own = {el.get("numFmtId"): el.get("formatCode", "") for el in _all(styles, "numFmt") if el.get("numFmtId")}
        lists = list(_all(styles, "cellXfs"))
        numbers = [xf.get("numFmtId", "0") for xf in (lists[0] if lists else ()) if isinstance(xf.tag, str)]
        return [own.get(n, BUILT_IN.get(int(n), "") if n.isdecimal() else "") for n in numbers]

    def properties(self) -> Mapping[str, str]:
        """The custom document properties: what guidang wrote into its own blanks."""
        path = next((target for kind, target in self.relations("").values() if kind == "custom-properties"), None)
        if path is None or path.lower() not in self.members:
            return {}
        return {element.get("name", ""): "".join(element.itertext()) for element in _all(self.parsed(path), "property")}

    def commented(self, path: str) -> list[str]:
        """The cells with notes, those guidang itself wrote left out."""
        if path.lower() not in self.members:
            return []
        notes = _all(self.parsed(path), "comment")
        return [note.get("ref", "") for note in notes if not "".join(note.itertext()).lstrip().startswith(MARK)]

    def pictured(self, path: str) -> list[str]:
        """The cells pictures begin in."""
        if path.lower() not in self.members:
            return []
        places = []
        for anchor in self.parsed(path):
            start = next(_all(anchor, "from"), None)
            if start is not None and next(_all(anchor, "pic"), None) is not None:
                column, row = (int(next(_all(start, tag)).text) + 1 for tag in ("col", "row"))
                places.append(f"{letter(column)}{row}")
        return places


def _all(element: Any, tag: str) -> Iterator[Any]:
    """Elements of that local name in any namespace: transitional, strict, prefixed."""
    yield from element.iter(f"{{*}}{tag}")


def _unescaped(text: str) -> str:
    """``_x000D_`` → the character, as Excel stores what XML cannot."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _refuse_doctype(*_args: object) -> NoReturn:
    raise ValueError("DOCTYPE")


def _parser_for(reader: _StringsParser | _SheetParser) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    return parser


def _unmarked(text: str) -> str:
    """A text of XML without its references: ``&lt;`` → ``<``. ValueError for one that XML does not know."""
    return _REFERENCE_MARK.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    return _CHARACTERS[found[1]]


class _Characters(dict[str, str]):
    """The names of references → what they stand for; numbers as they are met."""

    def __missing__(self, name: str) -> str:
        if not name.startswith("#"):
            raise ValueError(name)
        self[name] = chr(int(f"0{name[1:]}", 16) if name.startswith("#x") else int(name[1:]))
        return self[name]


_CHARACTERS = _Characters(lt="<", gt=">", amp="&", quot='"', apos="'")


def _is_plain(head: bytes, root: bytes) -> bool:
    """UTF-8 and elements without a prefix: as every office program writes a part."""
    declared = _ENCODING.search(head)
    utf8 = declared is None or declared[1].lower() == b"utf-8"
    return utf8 and not head.startswith((b"\xfe\xff", b"\xff\xfe")) and b"<" + root in head


class _StringsParser:
    """sharedStrings.xml → texts; runs of rich text joined, phonetic readings left out."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.parts: list[str] | None = None
        self.text: list[str] = []
        self.phonetic = False
        self.parser = _parser_for(self)

    def read(self, content: bytes) -> list[str]:
        """All texts of the part, in order."""
        if not _is_plain(content[:4096], b"sst") or b"<!" in content or b"\r" in content[4096:]:
            self.parser.Parse(content, True)
            return self.strings
        pieces = _STRING.split(content.decode("utf-8-sig"))
        for other, text in zip(pieces[::2], pieces[1::2], strict=False):
            if other and not other.isspace():
                self.parser.Parse(other.strip(), False)
            self.strings.append(_unescaped(_unmarked(text)))
        self.parser.Parse(pieces[-1], True)
        return self.strings

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "t" and not self.phonetic:
            self.parts = self.text
        elif tag == "si":
            self.text = []
        elif tag == "rPh":
            self.phonetic = True

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "t":
            self.parts = None
        elif tag == "si":
            self.strings.append(_unescaped("".join(self.text)))
        elif tag == "rPh":
            self.phonetic = False

    def characters(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)


class _SheetParser:
    """One worksheet part → rows of cells, merges, hidden rows and columns."""

    def __init__(self, name: str, strings: list[str], formats: list[str]) -> None:
        self.name, self.strings, self.formats = name, strings, formats
        self.rows: dict[int, dict[int, Cell]] = {}
        self.merges: list[Merge] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.row, self.column, self.count = 0, 0, 0
        self.last, self.in_order = 0, True
        self.cells: dict[int, Cell] = {}
        self.kind, self.style, self.formula = "n", "", False
        self.value: list[str] = []
        self.capture = self.phonetic = self.inline = False
        self.columns: dict[str, int] = {}
        self.texts = [Cell(Kind.TEXT, text) for text in strings]
        self.known: dict[tuple[str | None, str | None, str], Cell] = {}
        self.parser = _parser_for(self)

    def feed(self, workbook: _Workbook, path: str) -> None:
        parser = self.parser
        chunks = _meaningful(lambda: workbook.open(path), workbook.size(path))
        first = next(chunks, b"")
        if _is_plain(first[:4096], b"worksheet"):
            self.feed_rows(chain([first], chunks))
        else:
            for chunk in chain([first], chunks):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
        self.keep_row()

    def feed_rows(self, chunks: Iterable[bytes]) -> None:
        """Usual rows taken apart here, everything else given to expat in its order."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        rest, usual = "", True
        for chunk in chunks:
            text = rest + decoder.decode(chunk)
            usual = usual and "<!" not in text
            if not usual:  # comments and CDATA may hold anything, "</row>" included
                self.parser.Parse(text, False)
                rest = ""
                continue
            *pieces, rest = text.split("</row>")
            for piece in pieces:
                if not self.usual_row(piece):
                    self.parser.Parse(piece + "</row>", False)
        self.parser.Parse(rest + decoder.decode(b"", True), False)

    def usual_row(self, piece: str) -> bool:
        """A row without its end tag, and whatever stands before it: whether all of it was taken in here."""
        opened = _ROW.match(piece) or _ROW.match(piece, max(piece.rfind("<row"), 0))
        if opened is None or "hidden" in opened[2]:
            return False
        cells = piece[opened.end() :]
        parts = _CELL.split(cells)
        if "".join(parts[::6]).strip() or "\r" in cells:  # a return is a line feed to XML
            return False
        if opened.start() and (before := piece[: opened.start()].strip()):
            self.parser.Parse(before, False)
        self.keep_row()
        self.row = int(opened[1])
        if not 1 <= self.row <= _LAST_ROW:
            raise ValueError(self.row)
        self.take(zip(parts[1::6], parts[2::6], parts[3::6], parts[4::6], parts[5::6], strict=True))
        return True

    def take(self, found: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Cells as (letters, style, type, formula, text); what is not there is None."""
        cells, columns, texts, known = self.cells, self.columns, self.texts, self.known
        for letters, style, kind, formula, text in found:
            column = columns.get(letters) or self.number(letters)
            if not text or formula:
                self.column, self.kind, self.style, self.formula = column, kind or "n", style or "", bool(formula)
                self.value = [_unmarked(text)] if text else []
                self.end_cell()
            elif kind == "s":
                cells[column] = texts[int(text)]
            elif cell := known.get((style, kind, text)):
                cells[column] = cell
            else:
                cells[column] = self.new(style, kind, text)

    def new(self, style: str | None, kind: str | None, text: str) -> Cell:
        """A cell that did not stand in the sheet before, kept for the next time while there is room."""
        self.kind, self.style, self.formula = kind or "n", style or "", False
        cell = self.cell(_unmarked(text))
        if len(self.known) < _KEPT:
            self.known[style, kind, text] = cell
        return cell

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self.start_cell(attributes)
        elif (tag == "v" and not self.inline) or (tag == "t" and not self.phonetic):
            self.capture = True
        elif tag == "is":  # a cell with both says the same twice
            self.value, self.inline = [], True
        elif tag == "row":
            self.start_row(attributes)
        elif tag == "f":
            self.formula = True
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "mergeCell":
            self.merge(attributes.get("ref", ""))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self.hidden_columns.update(range(int(attributes["min"]), min(int(attributes["max"]), 16_384) + 1))

    def end(self, tag: str) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self.end_cell()
        elif tag in ("v", "t"):
            self.capture = False
        elif tag == "rPh":
            self.phonetic = False

    def characters(self, data: str) -> None:
        if self.capture:
            self.value.append(data)

    def start_row(self, attributes: dict[str, str]) -> None:
        self.keep_row()
        self.row = int(attributes["r"]) if "r" in attributes else self.row + 1
        if not 1 <= self.row <= _LAST_ROW:
            raise ValueError(self.row)
        self.column = 0
        if attributes.get("hidden") in ("1", "true"):
            self.hidden_rows.add(self.row)

    def keep_row(self) -> None:
        if self.cells:
            self.rows[self.row] = {**self.rows[self.row], **self.cells} if self.row in self.rows else self.cells
            self.in_order = self.in_order and self.row >= self.last
            self.last = self.row
            self.count += len(self.cells)
            if self.count > MAX_CELLS:
                raise DataError(_TOO_LARGE(Place(self.name)))
            self.cells = {}

    def start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
        else:
            found = _REFERENCE.fullmatch(reference)
            if found is None:
                raise ValueError(reference)
            self.column = self.number(found[1])
        if self.column > _LAST_COLUMN:
            raise ValueError(self.column)
        self.kind, self.style, self.formula = attributes.get("t", "n"), attributes.get("s", ""), False
        self.value, self.inline = [], False

    def end_cell(self) -> None:
        text = "".join(self.value)
        if not text:
            if self.formula and self.kind not in ("str", "inlineStr"):
                self.cells[self.column] = Cell(Kind.UNCOMPUTED, "", "", True)
            return
        self.cells[self.column] = self.cell(text)

    def cell(self, text: str) -> Cell:
        if self.kind == "s":
            return Cell(Kind.TEXT, self.strings[int(text)], "", self.formula)
        if self.kind == "n":
            if not math.isfinite(float(text)):
                raise ValueError(text)
            style = int(self.style or 0)
            shown = self.formats[style] if self.style and style < len(self.formats) else ""
            return Cell(Kind.NUMBER, text.strip(), shown, self.formula)
        if self.kind in ("str", "inlineStr"):
            return Cell(Kind.TEXT, _unescaped(text), "", self.formula)
        return Cell({"b": Kind.BOOLEAN, "e": Kind.ERROR, "d": Kind.ISO}[self.kind], text.strip(), "", self.formula)

    def number(self, letters: str) -> int:
        """``AB`` → 28."""
        column = self.columns.setdefault(letters, column_number(letters))
        if column > _LAST_COLUMN:
            raise ValueError(letters)
        return column

    def merge(self, reference: str) -> None:
        corners = _REFERENCE.findall(reference)
        if len(corners) == 2:
            (left, top), (right, bottom) = corners
            self.merges.append(Merge(int(top), self.number(left), int(bottom), self.number(right)))


# --- the million empty rows -----------------------------------------------------------------------------------


def _meaningful(opened: Callable[[], Any], size: int) -> Iterator[bytes]:
    """A sheet's XML in pieces, without the rows after its last content.

    Sheets formatted to their last row have a million elements that say nothing. Their bytes are looked through
    once for anything that holds a value; what lies between the last such row and the end of the data is left out.
    """
    cut, resume = _empty_tail(opened) if size > _SMALL else (0, 0)
    with opened() as stream:
        if not cut:
            yield from iter(lambda: stream.read(_CHUNK), b"")
            return
        position = 0
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            end = position + len(chunk)
            if position < cut:
                yield chunk[: cut - position]
            if end > resume:
                yield chunk[max(0, resume - position) :]
            position = end


def _empty_tail(opened: Callable[[], Any]) -> tuple[int, int]:
    """Where the last row with content ends, and where the sheet's data end; (0, 0) where that is not clear."""
    position, last, cut, tail = 0, -1, -1, b""
    with opened() as stream:
        prefix = _prefix(stream.read(4096))
    marks = [b"<%s%s" % (prefix, mark) for mark in (b"v>", b"v ", b"f>", b"f ", b"f/", b"t>", b"t ")]
    row_end, data_end, data_start = b"</%srow>" % prefix, b"</%ssheetData>" % prefix, b"<%ssheetData>" % prefix
    with opened() as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            window = tail + chunk
            offset = position - len(tail)
            ended = window.find(data_end)
            within = window if ended < 0 else window[:ended]
            found = -1
            for mark in marks:  # the usual one first: the others are looked for behind it only
                found = max(found, within.rfind(mark, max(found, 0)))
            if found >= 0:
                last, cut = offset + found, -1
            elif last < 0 and (started := within.find(data_start)) >= 0:
                last = cut = offset + started + len(data_start)
            if last >= 0 and cut < 0 and (row := within.find(row_end, max(0, last - offset))) >= 0:
                cut = offset + row + len(row_end)
            if ended >= 0:
                return (cut, offset + ended) if cut >= 0 else (0, 0)
            position += len(chunk)
            tail = window[-64:]
    return 0, 0


def _prefix(head: bytes) -> bytes:
    found = re.search(rb"<(\w+:)?worksheet[\s>]", head)
    return found[1] or b"" if found else b""
