"""The bytes of a CSV file → Book: encodings, delimiters and quotes as offices produce them (domain conventions §5)."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

from docgen.errors import DataError, Problem
from docgen.sheets.book import Book, Sheet
from docgen.sheets.cell import Cell, Kind
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = (",", "\t", ";", "，")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 100


def read_csv(data: bytes, name: str) -> Book:
    """The one sheet of a CSV file, named as Excel names it: after the file. DataError where it cannot be read."""
    text = decoded(data)
    if text is None:
        raise DataError([_no_encoding(name)])
    records = split_records(text, delimiter_of(text))
    if isinstance(records, int):
        raise DataError([_open_quote(name, records)])
    sheet = Sheet(PurePath(name).stem, _cells(records))
    return Book(name, (sheet,), serials=False)


def decoded(data: bytes) -> str | None:
    """Byte order mark, then UTF-8, then GB18030, each strictly; None where nothing fits.

    UTF-8 comes first: GB18030 text is hardly ever valid UTF-8, the other way round happens.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    if b"\0" in data[:4096]:
        return _strict(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")
    text = _strict(data, "utf-8")
    return text if text is not None else _strict(data, "gb18030")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")


def delimiter_of(text: str) -> str:
    """The delimiter that cuts the first lines most evenly into more than one field."""
    lines = [line for line in text[:65_536].splitlines() if line.strip()][:_SAMPLE]
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    records = split_records("\n".join(lines), delimiter)
    if isinstance(records, int):
        return (0, 0)
    widths = Counter(len(record) for record in records if len(record) > 1)
    width, lines_of_it = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (lines_of_it, width)


def split_records(text: str, delimiter: str) -> list[list[str]] | int:
    """Records of fields; the number of the record whose quote is never closed instead, where there is one.

    A field may stand in ``"…"`` (doubled inside) or, where both end at a delimiter, in Chinese quotes “…”.
    Line breaks inside quotes belong to the field. Empty lines are records without fields, as Excel counts them.
    """
    fields = _field_pattern(delimiter)
    records: list[list[str]] = [[]]
    position = 0
    while position <= len(text):
        found = fields.match(text, position)
        if found is None or (found["bare"] or "").lstrip(" ").startswith('"'):
            return len(records)
        records[-1].append(_unquoted(found))
        position = found.end()
        if found["end"] != delimiter:
            if not found["end"]:
                break
            records.append([])
    return [[] if record == [""] else record for record in records]


def _field_pattern(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    end = rf"(?P<end>{mark}|\r\n|\n|\r|\Z)"
    quoted = r' *"(?P<quoted>(?:[^"]|"")*)" *'
    chinese = rf" *“(?P<chinese>[^“”]*)” *(?={mark}|\r|\n|\Z)"
    return re.compile(rf"(?:{quoted}|{chinese}|(?P<bare>[^\r\n{mark}]*)){end}")


def _unquoted(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return found["quoted"].replace('""', '"')
    return found["chinese"] if found["chinese"] is not None else found["bare"]


def _cells(records: Sequence[Sequence[str]]) -> dict[int, dict[int, Cell]]:
    rows = {}
    for number, record in enumerate(records, 1):
        if row := {column: Cell(Kind.TEXT, text) for column, text in enumerate(record, 1) if text.strip()}:
            rows[number] = row
    return rows


def _no_encoding(name: str) -> Problem:
    return Problem(
        name,
        _("the text is neither UTF-8 nor GB18030"),
        _("Open the file where it was made and save it as .xlsx or as “CSV UTF-8”."),
        "csv.encoding",
    )


def _open_quote(name: str, record: int) -> Problem:
    return Problem(
        f"{name} {PurePath(name).stem}!{record}",
        _("a quotation mark is opened here and not closed where the field ends"),
        _("Double quotation marks inside a text, or save the file as .xlsx."),
        "csv.open_quote",
    )
