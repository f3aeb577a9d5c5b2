"""The rows of the ledger held against its events (L1): what they alone make of everything, and where a row differs.

Rows answer questions fast; they prove nothing. Whoever destroys goes by :func:`proven`, whoever verifies by
:func:`differences`. Both replay each subject's events and compare what comes out with the rows:

    17 filed, 17 held by H1          →  records: 17 …    record_holds: (17, H1)
    DELETE FROM record_holds         →  “the row of record 17 is not what its events say”
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import LargeBinary, and_, cast, exists, func, literal, select

from foundation.language import _
from retention.errors import ConflictError, Place, RefusedError, TamperedError
from retention.ledger import schema
from retention.ledger.replay import (
    History,
    entry_of,
    finding,
    impossible,
    misfiled,
    tampered,
    unexplained_account,
    unexplained_list,
)
from retention.ledger.rows import account_row, hold_row, list_row, record_row
from retention.ledger.view import CHUNK, chunks
from retention.rules import disposal_lists, lifecycle, passwords, persons
from retention.rules.events import KINDS, AccountChange, HoldChange, ListChange, ScheduleAdopted
from retention.rules.reckoning import reckonings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

    from retention.ledger.chain import Finding
    from retention.ledger.replay import Proven
    from retention.ledger.rows import Entry
    from retention.ledger.view import View
    from retention.rules.events import Change, Event
    from retention.rules.model import DisposalList, Hold
    from retention.rules.people import Account
    from retention.rules.schedule import Adoption

T = TypeVar("T")


def proven(view: View, ids: Iterable[str]) -> dict[str, Proven]:
    """Those of the records asked for that exist, each replayed from its events.

    TamperedError where a row, or a hold's, or an item's on a list, is not what they say: somebody wrote there by
    hand, and nothing may be destroyed by such a row.
    """
    found: dict[str, Proven] = {}
    adoptions = view.adoptions()
    for chunk in chunks(ids, CHUNK):
        wanted = _histories(view, schema.events.c.subject.in_(chunk))
        for history, findings in _compared(view, wanted, adoptions):
            if findings:
                where = Place(record=history.subject)
                raise TamperedError(tampered(where, each.message) for each in findings)
            if history.record is not None:
                found[history.subject] = history.proven(history.record)
    return found


def differences(view: View) -> Iterator[Finding]:
    """Where a row is not what replaying the events alone gives (L1): something else wrote there."""
    for _history, findings in _compared(view, _histories(view), view.adoptions()):
        yield from findings
    yield from _hold_differences(view)
    yield from _schedule_differences(view)
    yield from _account_differences(view)
    yield from _list_differences(view)
    yield from _strangers(view, schema.disposal_items.c.record_id)
    yield from _strangers(view, schema.records.c.id)


def misfiled_events(view: View, limit: int = 100) -> Iterator[Finding]:
    """Events whose row names another subject or kind than their bytes, so that looking for them finds nothing (L1).

    The chain is over the bytes alone. Without this, a hold could be hidden by filing its event elsewhere.
    """
    table, postgresql = schema.events.c, view.dialect == "postgresql"

    def as_bytes(text: ColumnElement[str]) -> ColumnElement[bytes]:
        return func.convert_to(text, "UTF8") if postgresql else cast(text, LargeBinary)

    last = as_bytes(literal('"subject":"') + table.subject + '"}')
    within = as_bytes(literal('"kind":"') + table.kind + '","on":"')
    ends = func.substr(table.body, func.length(table.body) - func.length(last) + 1) == last
    found = func.position(within.op("IN")(table.body)) if postgresql else func.instr(table.body, within)
    right = and_(ends, found > 0)
    for row in view.rows(select(table.seq).where(~right).order_by(table.seq).limit(limit)):
        yield misfiled(row.seq)


# --- records and their items ------------------------------------------------------------------------------------


def _histories(view: View, *where: ColumnElement[bool]) -> Iterator[History]:
    """The events of each subject, subject by subject."""
    query = select(schema.events).where(*where).order_by(schema.events.c.subject, schema.events.c.seq)
    for subject, group in groupby(view.stream(query), key=lambda row: row.subject):
        yield History(subject).through(group)


def _compared(
    view: View, histories: Iterable[History], adoptions: tuple[Adoption, ...]
) -> Iterator[tuple[History, list[Finding]]]:
    """Each history, and what is wrong with it or with the rows it should explain."""
    for chunk in chunks(histories, CHUNK):
        ids = [history.subject for history in chunk]
        rows = view.mappings(select(schema.records).where(schema.records.c.id.in_(ids)))
        stored = {row["id"]: dict(row) for row in rows}
        held, items = view.holds_of(ids), _item_rows(view, ids)
        known = [history.record for history in chunk if history.record is not None]
        days = {record.id: each.eligible_on for record, each in reckonings(known, adoptions)}
        for history in chunk:
            record, subject = history.record, history.subject
            wanted = record_row(record, days[subject]) if record else None
            holds = record.holds if record else frozenset()
            same = stored.get(subject) == wanted and held.get(subject, frozenset()) == holds
            if same and items.get(subject, []) == history.item_rows():
                yield history, history.findings
            else:
                text = _("the row of record {id} is not what its events say").format(id=subject)
                yield history, [*history.findings, finding(history.last, text)]


def _item_rows(view: View, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    table = schema.disposal_items.c
    query = select(schema.disposal_items).where(table.record_id.in_(ids)).order_by(table.record_id, table.list_id)
    groups = groupby(view.mappings(query), key=lambda row: row["record_id"])
    return {record_id: [*map(dict, rows)] for record_id, rows in groups}


def _strangers(view: View, column: ColumnElement[str]) -> Iterator[Finding]:
    """Rows of records that no event is about."""
    known = exists().where(schema.events.c.subject == column)
    for row in view.rows(select(column.label("id")).where(~known)):
        yield finding(0, _("there is a row of record {id}, but no event").format(id=row.id))


# --- everything else --------------------------------------------------------------------------------------------


def _of_kinds(view: View, kind: type[Change]) -> Iterator[Entry]:
    """Every event of a kind, or of all the kinds below it, in order."""
    table = schema.events.c
    kinds = [name for name, change in KINDS.items() if issubclass(change, kind)]
    query = select(table.seq, table.body).where(table.kind.in_(kinds)).order_by(table.seq)
    return (entry_of(row.seq, row.body) for row in view.rows(query))


def _replay(
    view: View, kind: type[Change], apply: Callable[[T | None, Event], T], found: dict[str, T]
) -> Iterator[Finding]:
    """Fill ``found`` with what the events of a kind make of each subject; what they cannot have been is a finding."""
    for seq, event in _of_kinds(view, kind):
        try:
            found[event.subject] = apply(found.get(event.subject), event)
        except (RefusedError, ConflictError) as error:
            yield impossible(seq, error)


def _differing(view: View, table: Table, wanted: Mapping[str, dict[str, Any]]) -> list[str]:
    """The ids of the rows that differ from those wanted, missing and needless ones too."""
    stored = {row["id"]: dict(row) for row in view.mappings(select(table))}
    return [each for each in sorted(stored.keys() | wanted.keys()) if stored.get(each) != wanted.get(each)]


def _hold_differences(view: View) -> Iterator[Finding]:
    found: dict[str, Hold] = {}
    yield from _replay(view, HoldChange, lifecycle.apply_hold, found)
    if _differing(view, schema.holds, {hold.id: hold_row(hold) for hold in found.values()}):
        yield finding(0, _("the holds are not what the events say"))


def _schedule_differences(view: View) -> Iterator[Finding]:
    wanted = [
        (entry.event.change.number, entry.seq)
        for entry in _of_kinds(view, ScheduleAdopted)
        if isinstance(entry.event.change, ScheduleAdopted)
    ]
    stored = view.rows(select(schema.adoptions.c.number, schema.adoptions.c.event))
    if sorted(map(tuple, stored)) != sorted(wanted):
        yield finding(0, _("the versions of the schedule are not what the events say"))


def _account_differences(view: View) -> Iterator[Finding]:
    found: dict[str, Account] = {}
    yield from _replay(view, AccountChange, persons.apply, found)
    wanted = {subject: account_row(subject, account) for subject, account in found.items()}
    for subject in _differing(view, schema.accounts, wanted):
        yield finding(0, unexplained_account(subject).message)
    for subject, secret in view.rows(select(schema.credentials.c.account, schema.credentials.c.secret)):
        known = found.get(subject)
        if secret and (known is None or passwords.digest(secret) != known.secret):
            name = subject.removeprefix("account/")
            text = _("the stored password of account {name} is not the one its events name")
            yield finding(0, text.format(name=name))


def _list_differences(view: View) -> Iterator[Finding]:
    found: dict[str, DisposalList] = {}
    yield from _replay(view, ListChange, disposal_lists.apply, found)
    wanted = {each.id: list_row(each) for each in found.values()}
    for list_id in _differing(view, schema.disposal_lists, wanted):
        yield finding(0, unexplained_list(list_id).message)
