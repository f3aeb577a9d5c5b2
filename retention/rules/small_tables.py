"""Pure: the bytes of a small table, kept in Excel and saved as CSV → its lines, by the titles of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias

from foundation.csv_text import DELIMITERS, decoded, split_records
from foundation.folding import normal_name
from foundation.language import N_
from retention.errors import Place, Problem, ProblemKind, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_Records: TypeAlias = "list[tuple[int, list[str]]]"


@dataclass(frozen=True, slots=True)
class Line:
    """One line below the titles: its cells by column key, empty texts included, and where they stand."""

    file: str
    number: int
    cells: Mapping[str, str]
    letters: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")

    def place(self, key: str = "") -> Place:
        """``schedule.csv schedule!D5``, or without the letter for the whole line."""
        return _place(self.file, self.letters.get(key, ""), self.number)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file; ``unread``: place and text of the columns and cells nobody asked for."""

    lines: tuple[Line, ...]
    unread: tuple[tuple[Place, str], ...]


def read_table(data: bytes, name: str, columns: Mapping[str, Sequence[str]], required: Sequence[str]) -> Table:
    """The table below the first line that has the titles of all ``required`` columns.

    ``columns``: key → the titles it may have. Byte order mark, UTF-8, GB18030 and UTF-16 are told apart, comma, tab
    and semicolon too; lines above the titles are headings, empty lines are passed over. SourceError where the text
    cannot be read, there is no such line, a column stands there twice or a quotation mark is not closed.
    """
    text = decoded(data)
    if text is None:
        raise SourceError(_NO_ENCODING(name))
    keys = {normal_name(title): key for key, titles in columns.items() for title in titles}
    broken: Problem | None = None
    for delimiter in DELIMITERS:
        records = _records(text, delimiter)
        if isinstance(records, int):
            broken = broken or _OPEN_QUOTE(_place(name, "", records))
            continue
        for at, (_number, record) in enumerate(records):
            found = [keys.get(normal_name(cell)) for cell in record]
            if set(required) <= set(found):
                return _table(name, records[at:], found)
    raise SourceError(broken or _NO_TITLES(name, titles="、".join(columns[key][0] for key in required)))


def _records(text: str, delimiter: str) -> _Records | int:
    """Records that are not empty with the numbers Excel gives their rows; that of a quotation mark never closed."""
    records = split_records(text, delimiter)
    if isinstance(records, int):
        return records
    return [(number, record) for number, record in enumerate(records, 1) if any(map(str.strip, record))]


def _table(name: str, records: _Records, keys: Sequence[str | None]) -> Table:
    row, titles = records[0]
    if twice := [at for at, key in enumerate(keys) if key and key in keys[:at]]:
        raise SourceError(_TWICE(_place(name, _letter(at), row), title=titles[at].strip()) for at in twice)
    letters = {key: _letter(at) for at, key in enumerate(keys) if key}
    lines = tuple(
        Line(name, number, {key: cell.strip() for key, cell in zip(keys, record, strict=False) if key}, letters)
        for number, record in records[1:]
    )
    return Table(lines, tuple(_unread(name, records, keys)))


def _unread(name: str, records: _Records, keys: Sequence[str | None]) -> Iterator[tuple[Place, str]]:
    """Titles that are not known, and whatever stands in columns without a title."""
    titles = [title.strip() for title in records[0][1]]
    for number, record in records:
        for at, cell in enumerate(map(str.strip, record)):
            untitled = at >= len(titles) or not titles[at]
            if cell and (untitled or (number == records[0][0] and not keys[at])):
                yield _place(name, _letter(at), number), cell


def _place(file: str, letter: str, number: int) -> Place:
    """A cell as Excel shows it: the one sheet of a CSV is named after the file."""
    return Place(file, PurePath(file).stem, f"{letter}{number}")


def _letter(at: int) -> str:
    """0 → ``A``, 26 → ``AA``."""
    return (_letter(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


# --- what a person reads ------------------------------------------------------------------------------------------


_NO_ENCODING = ProblemKind(
    "csv.encoding",
    N_("the text is neither UTF-8 nor GB18030"),
    N_("Open the file where it was made and save it as “CSV UTF-8”."),
)
_NO_TITLES = ProblemKind(
    "csv.no_titles",
    N_("there is no line with the column titles {titles}"),
    N_("Write these titles above the columns; other columns may stand between them."),
)
_TWICE = ProblemKind("csv.column_twice", N_("two columns mean “{title}”"), N_("Keep one of them."))
_OPEN_QUOTE = ProblemKind(
    "csv.open_quote",
    N_("a quotation mark is not closed where its cell ends"),
    N_("Double quotation marks inside a text, or take them out."),
)
