"""What a file says of itself: the properties guidang embeds, and its first lines of text. Reads little, never writes.

Only the two package formats are opened (.docx, .xlsx). Of anything else, and of what is broken or locked, nothing
is said: the file's name has to speak for it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from itertools import islice
from typing import IO

from foundation.document_properties import FAILURES, custom_properties, head_of
from retention.filing.identify import BLANK

LINES = 12
_TEXTS = "xl/sharedStrings.xml"


@dataclass(frozen=True, slots=True)
class Peek:
    """Custom properties by name, and the first lines of text, cells of a row with tabs between.

    The mark of a blank (``guidang.blank``) is told of only while nobody has written into the workbook.
    """

    properties: Mapping[str, str]
    text: str = ""


NOTHING = Peek({})


def peek(file: IO[bytes] | bytes) -> Peek:
    """What a Word or Excel file says of itself; :data:`NOTHING` where it is none or cannot be read."""
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        if source.read(2) != b"PK":
            return NOTHING
        with zipfile.ZipFile(source) as package:
            names = set(package.namelist())
            return Peek(_properties(package), "\n".join(islice(filter(None, _lines(package, names)), LINES)))
    except FAILURES:
        return NOTHING


def _properties(package: zipfile.ZipFile) -> dict[str, str]:
    properties = custom_properties(package)
    if BLANK in properties and not _untouched(package, properties[BLANK]):
        del properties[BLANK]
    return properties


def _untouched(package: zipfile.ZipFile, proof: str) -> bool:
    """Whether worksheets and texts are those the blank was made with: ``size:SHA-256``; the size is asked first."""
    size, _colon, digest = proof.partition(":")
    parts = sorted(
        (
            each
            for each in package.infolist()
            if each.filename.startswith("xl/worksheets/sheet") or each.filename == _TEXTS
        ),
        key=lambda each: each.filename,
    )
    if str(sum(part.file_size for part in parts)) != size:
        return False
    found = sha256()
    for part in parts:
        found.update(package.read(part))
    return found.hexdigest() == digest


def _lines(package: zipfile.ZipFile, names: set[str]) -> Iterator[str]:
    if "word/document.xml" in names:
        yield from _paragraphs(head_of(package, "word/document.xml"))
    elif sheet := _first_sheet(names):
        shared = _shared(head_of(package, _TEXTS)) if _TEXTS in names else []
        yield from _rows(head_of(package, sheet), shared)


def _first_sheet(names: set[str]) -> str:
    """The worksheet of the lowest number; empty where there is none."""
    found = (re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name) for name in names)
    return min(((int(one[1]), one[0]) for one in found if one), default=(0, ""))[1]


_WORDS = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>|<w:(tab|br)\b[^>]*/>")


def _paragraphs(xml: str) -> Iterator[str]:
    for paragraph in re.split(r"</w:p>", xml):
        yield "".join(unescape(word[1] or "") if not word[2] else " " for word in _WORDS.finditer(paragraph)).strip()


_STRING = re.compile(r"<(?:\w+:)?si>(.*?)</(?:\w+:)?si>", re.DOTALL)
_RUN = re.compile(r"<(?:\w+:)?t(?: [^>]*)?>([^<]*)<")
_ROW = re.compile(r"<(?:\w+:)?row\b[^>]*>(.*?)</(?:\w+:)?row>", re.DOTALL)
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(r"<(?:\w+:)?v>([^<]*)<")


def _shared(xml: str) -> list[str]:
    return [unescape("".join(_RUN.findall(found))) for found in _STRING.findall(xml)]


def _rows(xml: str, shared: list[str]) -> Iterator[str]:
    for row in _ROW.finditer(xml):
        cells = (_cell(attributes, content, shared) for attributes, content in _CELL.findall(row[1]))
        yield "\t".join(cell for cell in cells if cell)


def _cell(attributes: str, content: str, shared: list[str]) -> str:
    if 't="inlineStr"' in attributes:
        return unescape("".join(_RUN.findall(content)))
    value = _VALUE.search(content)
    if value and 't="s"' in attributes:
        place = int(value[1])
        return shared[place] if place < len(shared) else ""
    return unescape(value[1]) if value and 't="str"' in attributes else ""
