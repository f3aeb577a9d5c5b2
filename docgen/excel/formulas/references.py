"""Pure: a formula as a text with its references picked out, and how references are written and moved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from docgen.sheets.book import letter

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
GONE = "#REF!"


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell (``$B5``), a range (``B5:C9``), whole columns (``A:C``) or whole rows (``3:5``) on this or another sheet.

    Rows and columns count from 1. Of a single cell ``row2`` and ``col2`` are None; of whole columns both rows, of
    whole rows both columns. ``quoted``: the sheet's name stood in quotes although it need not.
    """

    sheet: str | None = None
    row1: int | None = None
    col1: int | None = None
    row2: int | None = None
    col2: int | None = None
    abs_row1: bool = False
    abs_col1: bool = False
    abs_row2: bool = False
    abs_col2: bool = False
    quoted: bool = False

    @property
    def is_range(self) -> bool:
        """Whether it may mean more than one cell; ``B5:B5`` is a range."""
        return self.row2 is not None or self.col2 is not None

    @property
    def rows(self) -> range:
        """The rows it covers; all of whole columns."""
        return range(self.row1 or 1, (self.row2 or self.row1 or LAST_ROW) + 1)

    @property
    def columns(self) -> range:
        """The columns it covers; all of whole rows."""
        return range(self.col1 or 1, (self.col2 or self.col1 or LAST_COLUMN) + 1)

    def __contains__(self, cell: tuple[int, int]) -> bool:
        """Whether it covers the cell of this row and column."""
        return cell[0] in self.rows and cell[1] in self.columns

    @classmethod
    def cells(cls, row1: int, col1: int, row2: int, col2: int) -> Ref:
        """A relative range of this sheet; one cell where both corners are the same."""
        return cls(None, row1, col1) if (row1, col1) == (row2, col2) else cls(None, row1, col1, row2, col2)

    def upright(self) -> Ref:
        """The range with its upper row and its left column first, each ``$`` with its own: ``B$3:A1`` → ``A1:B$3``."""
        found = self
        if found.row1 is not None and found.row2 is not None and found.row2 < found.row1:
            turned = replace(found, row1=found.row2, row2=found.row1)
            found = replace(turned, abs_row1=found.abs_row2, abs_row2=found.abs_row1)
        if found.col1 is not None and found.col2 is not None and found.col2 < found.col1:
            turned = replace(found, col1=found.col2, col2=found.col1)
            found = replace(turned, abs_col1=found.abs_col2, abs_col2=found.abs_col1)
        return found

    def shifted(self, rows: int, columns: int) -> Ref | str:
        """As Excel prints it when its cell is copied so many rows down and columns right; off the sheet: ``#REF!``.

        This is how a shared formula is meant.
        """
        moved = replace(
            self,
            row1=_step(self.row1, rows, self.abs_row1),
            row2=_step(self.row2, rows, self.abs_row2),
            col1=_step(self.col1, columns, self.abs_col1),
            col2=_step(self.col2, columns, self.abs_col2),
        )
        fits = all(row is None or 1 <= row <= LAST_ROW for row in (moved.row1, moved.row2))
        fits &= all(column is None or 1 <= column <= LAST_COLUMN for column in (moved.col1, moved.col2))
        return moved if fits else GONE

    def __str__(self) -> str:
        return self.printed(str(self.row1), str(self.row2))

    def printed(self, row1: str, row2: str) -> str:
        """The reference with these texts in the place of its row numbers."""
        first = _corner(self.col1, self.abs_col1, row1 if self.row1 else "", self.abs_row1)
        if not self.is_range:
            return f"{self._prefix()}{first}"
        return f"{self._prefix()}{first}:{_corner(self.col2, self.abs_col2, row2 if self.row2 else '', self.abs_row2)}"

    def _prefix(self) -> str:
        if self.sheet is None:
            return ""
        return quoted_sheet(self.sheet, always=self.quoted) + "!"


def _step(number: int | None, by: int, absolute: bool) -> int | None:
    return number if number is None or absolute else number + by


def _corner(column: int | None, abs_column: bool, row: str, abs_row: bool) -> str:
    letters = "" if column is None else f"{'$' * abs_column}{letter(column)}"
    return f"{letters}{'$' * abs_row}{row}" if row else letters


def column_number(letters: str) -> int:
    """1 for A, in either case."""
    number = 0
    for char in letters.upper():
        number = number * 26 + ord(char) - 64
    return number


_BARE_SHEET = re.compile(r"[^\W\d][\w.]*")
_MISTAKEN_SHEET = re.compile(r"[A-Z]{1,3}\d+|R\d*(?:C\d*)?|C\d*|TRUE|FALSE", re.IGNORECASE | re.ASCII)


def quoted_sheet(name: str, *, always: bool = False) -> str:
    """A sheet's name as it stands before ``!``: in quotes where it could be taken for something else."""
    if not always and _BARE_SHEET.fullmatch(name) and not _MISTAKEN_SHEET.fullmatch(name):
        return name
    return "'" + name.replace("'", "''") + "'"


_BARE = r"""[^\s'"!(){}\[\],;:+\-*/^&=<>%#@$]+"""
_QUOTED = r"'(?:[^']|'')*'"
_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_NAME = r"(?:[^\W\d]|\\)[\w.?\\]*"
_LEXEME = re.compile(
    rf"""
      (?P<string> "(?:[^"]|"")*" )
    | (?P<opaque>
          (?: {_BARE}:{_BARE}! | '(?:[^']|'')*[:\[](?:[^']|'')*'! | \[[^\]]*\](?:{_BARE})?! )   # 3-D, other workbook
          (?: {_CELL}(?::{_CELL})? | \$?[A-Z]{{1,3}}:\$?[A-Z]{{1,3}} | \$?[0-9]+:\$?[0-9]+ | {_NAME} | \#REF! )?
        | (?: (?:{_BARE}|{_QUOTED})! )? (?: {_NAME} )? \[ (?: [^\[\]'] | '. | \[(?:[^\[\]']|'.)*\] )* \]
        | (?: {_BARE}|{_QUOTED})! (?: \#REF! | (?!{_CELL}(?![\w.])|\$?[A-Z]{{1,3}}:|\$?[0-9]+:) {_NAME} (?!\() )
      )
    | (?P<ref>
          (?: (?P<quoted>{_QUOTED})! | (?P<bare>{_BARE})! )?
          (?: (?P<cell1>{_CELL})(?::(?P<prefix2>(?:{_QUOTED}|{_BARE})!)?(?P<cell2>{_CELL}))? (?![\w.(!\[\#])
            | (?P<col1>\$?[A-Z]{{1,3}}):(?P<col2>\$?[A-Z]{{1,3}}) (?![\w.(!\[\#$])
            | (?P<row1>\$?[0-9]{{1,7}}):(?P<row2>\$?[0-9]{{1,7}}) (?![\w.(!\[\#$]) )
      )
    | (?P<number> (?: [0-9]+\.?[0-9]* | \.[0-9]+ ) (?: E[+-]?[0-9]+ )? )
    | (?P<name> {_NAME} )
    | (?P<error> \#[A-Z0-9/_]+[!?]? )
    | (?P<space> \s+ )
    | (?P<operator> <= | >= | <> | . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_POSITION = re.compile(r"(\$?)([A-Z]*)(\$?)([0-9]*)", re.IGNORECASE)


def _position(text: str) -> tuple[int | None, bool, int | None, bool]:
    """Column, its ``$``, row, its ``$`` of ``$B$5``, ``$B`` or ``$5``."""
    dollar, letters, second, digits = _POSITION.fullmatch(text).groups()  # type: ignore[union-attr]
    if not letters:
        return None, False, int(digits), bool(dollar or second)
    return column_number(letters), bool(dollar), int(digits) if digits else None, bool(second)


def _ref(match: re.Match[str]) -> Ref | None:
    """The reference a lexeme stands for; None where it lies outside any sheet and so is a name (``ABC1234567``)."""
    group = match.groupdict()
    sheet = group["bare"] if group["quoted"] is None else group["quoted"][1:-1].replace("''", "'")
    if group["prefix2"] and _sheet_of(group["prefix2"]) != sheet:
        return None
    first = group["cell1"] or group["col1"] or group["row1"]
    second = group["cell2"] or group["col2"] or group["row2"]
    col1, abs_col1, row1, abs_row1 = _position(first)
    col2, abs_col2, row2, abs_row2 = _position(second) if second else (None, False, None, False)
    if any(n is not None and not 1 <= n <= LAST_ROW for n in (row1, row2)) or max(col1 or 1, col2 or 1) > LAST_COLUMN:
        return None
    spare_quotes = group["quoted"] is not None and not quoted_sheet(sheet or "").startswith("'")
    return Ref(sheet, row1, col1, row2, col2, abs_row1, abs_col1, abs_row2, abs_col2, spare_quotes)


def _sheet_of(prefix: str) -> str:
    name = prefix[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def lexemes(text: str) -> Iterator[tuple[str, str, Ref | None]]:
    """TagKind, text and, where it is one, reference of each lexeme; nothing of the text is left out."""
    for match in _LEXEME.finditer(text):
        kind = match.lastgroup or ""
        if match["ref"] is None:
            yield kind, match[0], None
        else:
            ref = _ref(match)
            yield ("opaque" if ref is None else "ref"), match[0], ref


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its text cut at the references. What is not understood stays text, so nothing is ever lost."""

    parts: tuple[str | Ref, ...]

    @classmethod
    def parse(cls, text: str) -> Formula:
        """From the text of a cell, name, validation or chart; a leading ``=`` may stand or not. Never fails.

        Text as it is: 3-D references, other workbooks, tables' columns, spilled ranges (``A1#``), names.
        """
        return cls(_parts(text.removeprefix("=")))

    def text(self) -> str:
        """As OOXML stores it, without ``=``."""
        return "".join(map(str, self.parts))

    def refs(self) -> tuple[Ref, ...]:
        """Its references, in order, repeated ones too."""
        return tuple(part for part in self.parts if isinstance(part, Ref))

    def functions(self) -> frozenset[str]:
        """Names of the functions called, in capitals, without ``_xlfn.``."""
        return _functions(self.text())

    def moved(self, move: Callable[[Ref], Ref | str]) -> Formula:
        """The formula with every reference replaced; a text is what is left of a reference that is gone."""
        return Formula(_joined(move(part) if isinstance(part, Ref) else part for part in self.parts))

    def with_names(self, meaning: Callable[[str], Formula | None]) -> Formula:
        """The formula with defined names written out; ``meaning`` gives None for a name it does not know."""
        every = list(lexemes(self.text()))
        out: list[str | Ref] = []
        for (kind, text, ref), (_kind, following, _ref) in pairwise([*every, ("", "", None)]):
            meant = meaning(text) if kind == "name" and following != "(" else None
            out += (
                [ref or text] if meant is None else meant.parts if len(meant.parts) == 1 else ["(", *meant.parts, ")"]
            )
        return Formula(_joined(out))

    def shifted(self, rows: int, columns: int) -> Formula:
        """The formula as copied so many rows down and columns right: a cell of a shared formula."""
        return self.moved(lambda ref: ref.shifted(rows, columns))


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str | Ref, ...]:
    """A template's formulas are read again with every render, of which there may be thousands."""
    return _joined(ref or lexeme for _, lexeme, ref in lexemes(text))


@lru_cache(maxsize=4096)
def _functions(text: str) -> frozenset[str]:
    called = (one[1] for one, then in pairwise(lexemes(text)) if one[0] == "name" and then[1] == "(")
    return frozenset(name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.") for name in called)


def _joined(parts: Iterable[str | Ref]) -> tuple[str | Ref, ...]:
    """Neighbouring texts as one."""
    done: list[str | Ref] = []
    for part in parts:
        if isinstance(part, str) and done and isinstance(done[-1], str):
            done[-1] += part
        elif part:
            done.append(part)
    return tuple(done)
