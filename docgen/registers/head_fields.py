"""Pure: the values above a table (部门：客户服务部, or a label with its value in the cell beside it)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from docgen.forms.declaration import Field
from docgen.sheets.book import Sheet, letter
from docgen.sheets.cell import Cell, Kind, is_blank
from foundation.folding import normal, normal_label

_VALUE = r"\s*:\s*(?P<value>.*?)(?=\s+[^\s:]{1,20}\s*:|\s{3,}|$)"


class Found(NamedTuple):
    """A field's value on a sheet, the cell it stands in, and the label as it is written there."""

    field: Field
    cell: Cell | None
    sheet: str
    reference: str
    label: str


def find_fields(sheet: Sheet, rows: Iterable[int], fields: Iterable[Field]) -> list[Found]:
    """Every place in ``rows`` where a label of a field stands, with the value in or beside it."""
    known = {normal_label(label): field for field in fields for label in field.labels}
    return [found for row in rows for found in _in_row(sheet, row, known)]


def _in_row(sheet: Sheet, row: int, known: Mapping[str, Field]) -> Iterator[Found]:
    for column, cell in sheet.rows.get(row, {}).items():
        if cell.kind is not Kind.TEXT:
            continue
        whole = normal_label(cell.text).strip(":*")
        if whole in known:
            beside = _beside(sheet, row, column)
            value = sheet.rows[row].get(beside)
            is_label = value is not None and value.kind is Kind.TEXT and normal_label(value.text).strip(":*") in known
            label = cell.text.strip().rstrip(":：")
            yield Found(known[whole], None if is_label else value, sheet.name, f"{letter(beside)}{row}", label)
        else:
            yield from _inside(cell, f"{letter(column)}{row}", sheet, known)


def _beside(sheet: Sheet, row: int, column: int) -> int:
    """The next cell to the right, past the label's own merge."""
    for merge in sheet.merges:
        if merge.top <= row <= merge.bottom and merge.left <= column <= merge.right:
            return merge.right + 1
    return column + 1


def _inside(cell: Cell, reference: str, sheet: Sheet, known: Mapping[str, Field]) -> Iterator[Found]:
    """``部门：客户服务部  编制人：许立民``: several labels with their values in one cell."""
    text = normal(cell.text)
    for found in _labels(tuple(known)).finditer(text) if ":" in text else ():
        value = Cell(Kind.TEXT, found["value"].strip(" _"))
        field = known[normal_label(found["label"])]
        yield Found(field, None if is_blank(value) else value, sheet.name, reference, found["label"])


@lru_cache(maxsize=256)
def _labels(known: tuple[str, ...]) -> re.Pattern[str]:
    """The labels, blanks allowed between their characters (部 门), each with the value behind its colon."""
    spellings = (r"\s*".join(map(re.escape, label)) for label in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![^\s(,;])(?P<label>{'|'.join(spellings)}){_VALUE}", re.IGNORECASE | re.DOTALL)
