"""The records a person means: by number, by path, by words of a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import normalize

from sqlalchemy import ColumnElement, and_, func, or_

from foundation.language import _
from office.archive.shares import roots
from office.office import Office
from retention.acts import records as keeping
from retention.errors import Problem, UnknownError
from retention.ledger import schema
from retention.ledger.selection import GONE
from retention.ledger.view import View
from retention.rules.model import Record

MANY = 12
"""How many records that could be meant are named."""


def record_named(office: Office, view: View, text: str) -> Record:
    """The record a person means: by number, by path (whole, from the share on, or its end), or by words of its path.

    One that was destroyed only where no other answers. UnknownError where none does, or several do: those are named.
    """
    if text.isascii() and text.isdigit() and (record := view.record(text)):
        return record
    for condition in _places(office, text):
        found = [each.record for each in view.found(condition, limit=MANY + 1)]
        living = [record for record in found if record.state.value not in GONE]
        if len(living or found) == 1:
            return (living or found)[0]
        if found:
            raise UnknownError(_several(text, living or found))
    raise UnknownError(keeping.unknown(text))


def records_named(office: Office, view: View, texts: Sequence[str]) -> list[Record]:
    """The records meant, each once. UnknownError with everything that names none."""
    found: dict[str, Record] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            record = record_named(office, view, text)
            found[record.id] = record
        except UnknownError as error:
            problems += error.problems
    if problems:
        raise UnknownError(problems)
    return [*found.values()]


def _places(office: Office, text: str) -> Iterator[ColumnElement[bool]]:
    """Conditions for what a path may mean, the most certain first."""
    table = schema.records.c
    plain = normalize("NFC", text).replace("\\", "/").strip("/")
    for name, root in roots(office).items():
        if inside := _inside(root, text):
            yield and_(table.share == name, table.path == inside)
    share, _slash, path = plain.partition("/")
    if path:
        yield and_(table.share == share, table.path == path)
    yield table.path == plain
    yield or_(table.path == plain, table.path.endswith(f"/{plain}", autoescape=True))
    if not plain.isdigit():  # a number that no record has is no word to look for
        yield func.lower(table.path).contains(plain.lower(), autoescape=True)


def _inside(root: Path, text: str) -> str:
    """A path of this machine as it reads within a share; empty where it lies elsewhere."""
    path = Path(text)
    if not (path.is_absolute() or path.exists()):
        return ""
    try:
        return normalize("NFC", path.resolve().relative_to(root.resolve()).as_posix())
    except ValueError:
        return ""


def _several(text: str, records: Sequence[Record]) -> Problem:
    named = "、".join(f"{record.id} {record.share}/{record.path}" for record in records[:MANY])
    more = "…" if len(records) > MANY else ""
    hint = _("Name one by its number: {records}{more}").format(records=named, more=more)
    return Problem(text, _("several records can be meant"), hint, "record.several")
