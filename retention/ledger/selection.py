"""Pure: which records are meant: by class, period, place, words, what lies over them; as conditions of a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_

from retention.ledger import schema
from retention.ledger.view import overlaid
from retention.rules.model import Overlay, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from foundation.period import Period

GONE = (State.DESTROYED.value, State.CLOSED.value)
"""States of records whose file was destroyed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Records that answer to everything it says; a record is meant where nothing is said.

    ``keys``: class keys as records have them; ``period``: what lies within it; ``under``: a folder of a share, the
    share's name before it (``归档/2023年``); ``text``: what stands in the place, capitals or not; ``overlay``: what
    lies over them. ``gone``: destroyed ones too.
    """

    ids: tuple[str, ...] = ()
    keys: frozenset[str] | None = None
    period: Period | None = None
    department: str = ""
    under: str = ""
    text: str = ""
    overlay: Overlay | None = None
    gone: bool = False


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """The selection as conditions over ``schema.records``, to be joined by *and*."""
    return [*_of_values(selection), *_of_place(selection), *_of_standing(selection)]


def by_place(selection: Selection) -> tuple[ColumnElement[Any], ...]:
    """The order of places. Of the few that something lies over, it is not walked through the index of all places."""
    table = schema.records.c
    if selection.overlay is None:
        return (table.share, table.path, table.id)
    return (table.share.concat(""), table.path, table.id)


def _of_values(selection: Selection) -> Iterator[ColumnElement[bool]]:
    table = schema.records.c
    if selection.ids:
        yield table.id.in_(selection.ids)
    if selection.keys is not None:
        yield table.class_key.in_(sorted(selection.keys))
    if selection.period is not None:
        yield table.period_first >= selection.period.first
        yield table.period_last <= selection.period.last
    if selection.department:
        yield table.department == selection.department


def _of_place(selection: Selection) -> Iterator[ColumnElement[bool]]:
    table = schema.records.c
    if selection.under:
        share, _slash, folder = selection.under.strip("/").partition("/")
        yield table.share == share
        if folder:
            # Not LIKE: in SQLite it takes capitals for small letters, and a hold names one folder.
            inside = func.substr(table.path, 1, len(folder) + 1) == folder + "/"
            yield or_(table.path == folder, inside)
    if selection.text:
        yield func.lower(table.path).contains(selection.text.lower(), autoescape=True)


def _of_standing(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """Resurfaced are only destroyed records; to ask for them is to ask for those."""
    if selection.overlay is not None:
        yield overlaid(selection.overlay)
    if not selection.gone and selection.overlay is not Overlay.RESURFACED:
        yield schema.records.c.state.not_in(GONE)
