"""Counting what the ledger holds: what is due, what keeps the rest, and what a person has to look at.

Nothing is left out in silence: a record that has no eligible day is counted with the reason, one whose day has come
and that is not due with what lies over it (D4, P4).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, false, func, or_, select

from retention.ledger import schema
from retention.ledger.selection import GONE
from retention.ledger.view import due_on, overlaid
from retention.rules.model import Overlay, State
from retention.rules.reckoning import Never, reckon

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select

    from retention.ledger.view import View
    from retention.rules.model import Record
    from retention.rules.schedule import Adoption

ALARMING = (Overlay.MISSING, Overlay.ALTERED, Overlay.RESURFACED, Overlay.UNCLASSIFIED)
"""What a person has to look at, the most alarming first (W3–W5, D4)."""

KEEPING = (Overlay.HELD, Overlay.ALTERED, Overlay.MISSING)
"""What lies over a record whose day has come and keeps it from being due."""


# --- alerts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alerts:
    """How many records want a person: by what lies over them, and how many groups of files are one too many (W7).

    ``repeated``: several files for one class, period and department; ``copies``: one content in several places.
    """

    lying: tuple[tuple[Overlay, int], ...]
    repeated: int
    copies: int

    @property
    def none(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.repeated or self.copies or any(count for _overlay, count in self.lying))


def alerts(view: View, single: Collection[str]) -> Alerts:
    """What to be loud about. ``single``: the class keys of which one file a period and department is usual."""
    lying = tuple((overlay, count(view, _of(overlay))) for overlay in ALARMING)
    return Alerts(lying, _groups(view, _repeated(single)), _groups(view, _copied()))


def _of(overlay: Overlay) -> ColumnElement[bool]:
    return overlaid(overlay) if overlay is Overlay.RESURFACED else and_(overlaid(overlay), _alive())


def _alive() -> ColumnElement[bool]:
    return schema.records.c.state.not_in(GONE)


def _there() -> ColumnElement[bool]:
    return and_(_alive(), schema.records.c.missing_since.is_(None))


def count(view: View, *where: ColumnElement[bool]) -> int:
    """How many records answer to conditions over ``schema.records``."""
    return int(view.rows(select(func.count()).select_from(schema.records).where(*where))[0][0])


def covered(view: View) -> dict[str, int]:
    """How many records each hold covers now."""
    hold = schema.record_holds.c.hold_id
    return dict(map(tuple, view.rows(select(hold, func.count()).group_by(hold))))


# --- duplicates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Records one of which may be one too many: of one class, period and department, or of one content."""

    records: tuple[Record, ...]
    content: bool


def repeated(view: View, single: Collection[str], limit: int | None = None, skip: int = 0) -> list[Group]:
    """The periods for which more than one file lies there where one is usual; a person says which is the record."""
    table = schema.records.c
    query = _repeated(single).order_by(table.class_key, table.period_first, table.department)
    found = []
    for key, first, last, department in view.rows(query.limit(limit).offset(skip or None)):
        same = (table.class_key == key, table.period_first == first, table.period_last == last)
        group = view.found(*same, table.department == department, _there())
        found.append(Group(tuple(each.record for each in group), content=False))
    return found


def copied(view: View, limit: int | None = None, skip: int = 0) -> list[Group]:
    """The contents that lie in several places (W7)."""
    query = _copied().order_by(schema.records.c.digest).limit(limit).offset(skip or None)
    groups = (view.found(schema.records.c.digest == row.digest, _there()) for row in view.rows(query))
    return [Group(tuple(each.record for each in group), content=True) for group in groups]


def _repeated(single: Collection[str]) -> Select[Any]:
    table = schema.records.c
    same = (table.class_key, table.period_first, table.period_last, table.department)
    usual = table.class_key.in_(sorted(single)) if single else false()
    where = (usual, table.period_first.is_not(None), _there())
    return select(*same).where(*where).group_by(*same).having(func.count() > 1)


def _copied() -> Select[Any]:
    digest = schema.records.c.digest
    # First by the index alone, destroyed and missing ones too: a million records take half a second, not three.
    anywhere = select(digest).group_by(digest).having(func.count() > 1)
    return select(digest).where(digest.in_(anywhere), _there()).group_by(digest).having(func.count() > 1)


def _groups(view: View, query: Select[Any]) -> int:
    return int(view.rows(select(func.count()).select_from(query.subquery()))[0][0])


# --- due, and why not -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """The undestroyed records on a day: due; their day has come, but something keeps them; not yet; never, and why.

    ``kept``: held, altered, missing; ``listed``: on a disposal list or being destroyed; a record may be under several.
    ``never``: reason, class key (None: unclassified), how many.
    """

    due: int
    kept: tuple[tuple[Overlay, int], ...]
    listed: int
    later: int
    never: tuple[tuple[Never, str | None, int], ...]


def tally(view: View, on: date, *where: ColumnElement[bool]) -> Tally:
    """Every undestroyed record that answers to ``where``, counted once where it stands."""
    table = schema.records.c
    come = and_(table.eligible_on <= on, _alive())
    retained = table.state == State.RETAINED.value
    counts: list[ColumnElement[Any]] = [_sum(due_on(on)), _sum(and_(come, ~retained))]
    counts += [_sum(and_(come, overlaid(overlay))) for overlay in KEEPING]
    counts.append(_sum(and_(table.eligible_on > on, _alive())))
    due, listed, *lying, later = view.rows(select(*counts).where(*where))[0]
    never = Counter[tuple[Never, "str | None"]]()
    for reason, key, number in _never(view, where):
        never[reason, key] += number
    reasons = sorted(never.items(), key=lambda item: ([*Never].index(item[0][0]), -item[1], item[0][1] or ""))
    kept = tuple((overlay, int(number or 0)) for overlay, number in zip(KEEPING, lying, strict=True))
    return Tally(int(due or 0), kept, int(listed or 0), int(later or 0), tuple((*key, n) for key, n in reasons))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _never(view: View, where: Sequence[ColumnElement[bool]]) -> Iterator[tuple[Never, str | None, int]]:
    """Records without an eligible day, in groups of those that the schedule treats alike; one of each is reckoned."""
    table, adoptions = schema.records.c, view.adoptions()
    appraised = (table.extension.is_not(None), overlaid(Overlay.PERMANENT))
    alike = (table.class_key, *appraised, *_versions_before(adoptions))
    first = func.min(table.id).label("first")
    query = select(first, func.count()).where(table.eligible_on.is_(None), _alive(), *where).group_by(*alike)
    groups = view.rows(query)
    known = view.records_by_id([row[0] for row in groups])
    for record_id, number in groups:
        never = reckon(known[record_id], adoptions).never
        if never is not None:
            yield never, known[record_id].class_key, int(number)


def _versions_before(adoptions: Sequence[Adoption]) -> Iterator[ColumnElement[Any]]:
    """How many versions were adopted before a record was filed: those after it decide alike for all of them."""
    filed = schema.records.c.filed_on
    days = sorted({adoption.on for adoption in adoptions}, reverse=True)
    steps = [(filed > day, sum(each.on <= day for each in adoptions)) for day in days]
    if steps:
        yield case(*steps, else_=0)


# --- classes ----------------------------------------------------------------------------------------------------


def class_keys(view: View) -> list[str]:
    """The class keys that records have, by leaping through the index from each to the next."""
    column, found = schema.records.c.class_key, list[str]()
    while True:
        above = [column > found[-1]] if found else []
        (row,) = view.rows(select(func.min(column)).where(*above))
        if row[0] is None:
            return found
        found.append(row[0])


def in_use(view: View) -> list[str]:
    """The class keys of undestroyed records: what a new schedule may not lose (P1)."""
    table = schema.records.c
    where = or_(table.state.not_in(GONE), table.resurfaced_at.is_not(None))
    return [
        key for key in class_keys(view) if view.rows(select(table.id).where(table.class_key == key, where).limit(1))
    ]
