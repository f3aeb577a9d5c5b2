"""The bytes of a CSV file → Book: encodings, delimiters and quotes as offices produce them (domain conventions §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from docgen.errors import DataError, Place, ProblemKind
from docgen.sheets.book import Book, Sheet
from docgen.sheets.cell import Cell, Kind
from foundation.csv_text import DELIMITERS, decoded, split_records
from foundation.language import N_

_SAMPLE = 100


_NO_ENCODING = ProblemKind(
    "csv.encoding",
    N_("the text is neither UTF-8 nor GB18030"),
    N_("Open the file where it was made and save it as .xlsx or as “CSV UTF-8”."),
)
_OPEN_QUOTE = ProblemKind(
    "csv.open_quote",
    N_("a quotation mark is opened here and not closed where the field ends"),
    N_("Double quotation marks inside a text, or save the file as .xlsx."),
)


def read_csv(data: bytes, name: str) -> Book:
    """The one sheet of a CSV file, named as Excel names it: after the file. DataError where it cannot be read."""
    text = decoded(data)
    if text is None:
        raise DataError(_NO_ENCODING(Place(name)))
    records = split_records(text, delimiter_of(text))
    if isinstance(records, int):
        raise DataError(_OPEN_QUOTE(Place(name, PurePath(name).stem, str(records))))
    sheet = Sheet(PurePath(name).stem, _cells(records))
    return Book(name, (sheet,), serials=False)


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


def _cells(records: Sequence[Sequence[str]]) -> dict[int, dict[int, Cell]]:
    rows = {}
    for number, record in enumerate(records, 1):
        if row := {column: Cell(Kind.TEXT, text) for column, text in enumerate(record, 1) if text.strip()}:
            rows[number] = row
    return rows
