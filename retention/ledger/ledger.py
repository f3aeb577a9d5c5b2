"""The only door to the database: every write is one transaction and its events; state is what the events make of it.

A writer says what shall happen as a function of what is: ``ledger.commit(decide, …)`` calls ``decide`` with a view of
the ledger while it holds the writers' lock, and appends what it returns. So a check and the event that relies on it
are one serialised transaction (D3), in SQLite and in PostgreSQL alike. Nothing here clears, pauses or rewrites
anything (L5).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from foundation.language import _
from retention.errors import ConflictError, LedgerError, Place, Problem, RefusedError, Remedy, TamperedError
from retention.ledger import chain, checkpoints, database, schema
from retention.ledger.rows import Entry, account_row, body_of, event_of, hold_row, item_row, list_row, record_row
from retention.ledger.view import CHUNK, View, chunks
from retention.rules import disposal_lists, lifecycle, persons
from retention.rules.canonical import instant
from retention.rules.events import (
    AccountChange,
    ActRefused,
    Event,
    HoldChange,
    ListChange,
    RecordChange,
    ScheduleAdopted,
)
from retention.rules.reckoning import reckonings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from sqlalchemy import Connection, Engine, Table

    from retention.ledger.view import ItemKey
    from retention.rules.events import Change
    from retention.rules.model import DisposalList, Hold, Item, Record
    from retention.rules.people import Account, Actor
    from retention.rules.schedule import Adoption


_ONE_DAY = timedelta(days=1)
"""No zone's day is further from that of UTC."""


class Draft(NamedTuple):
    """What shall happen, and to whom. An empty ``subject`` becomes the event's own number: the id of what it begins."""

    subject: str
    change: Change

    @property
    def kind(self) -> str:
        return self.change.kind


class Attempt(NamedTuple):
    """What is tried, where what would happen is known only when it is decided: on what, and the kind of its event."""

    subject: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, and by whose hand (L6): ``at`` an aware instant, ``on`` the business date then, in whatever zone."""

    at: datetime
    on: date
    actor: Actor

    def __post_init__(self) -> None:
        if not self.actor.name.strip():
            raise ValueError("an actor has a name: an account, or the service with its version")
        instant(self.at)
        if abs(self.on - self.at.astimezone(UTC).date()) > _ONE_DAY:
            raise ValueError(f"{self.on} is no business date at {self.at}: T4 asks for the instant, D5 for the day")


class Ledger:
    """A ledger in SQLite or PostgreSQL. Many threads and processes may use one at a time; forks open their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writers = database.writing(engine)
        self._readers = database.reading(engine)
        self._turn = threading.Lock()

    @classmethod
    def open(cls, target: str | Path) -> Self:
        """The ledger in a file, or behind a database URL; made when there is none yet.

        LedgerError where it cannot be reached, lies on a network drive, would lose what it confirmed (D8), or was
        made by a newer guidang.
        """
        with _speaking():
            return cls(database.connect(target))

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # --- reading

    @contextmanager
    def read(self) -> Iterator[View]:
        """One moment of the ledger: whatever is written meanwhile does not show."""
        with _speaking(), self._readers.begin() as connection:
            yield View(connection)

    def verify(
        self, checkpoints: Sequence[checkpoints.Checkpoint] = (), key: Ed25519PublicKey | None = None
    ) -> chain.Verdict:
        """The chain held against itself and against checkpoints kept elsewhere (L2)."""
        with self.read() as view:
            return chain.verify(view.links(), checkpoints, key, claimed=view.head)

    # --- writing

    def append(self, drafts: Iterable[Draft], stamp: Stamp) -> tuple[Entry, ...]:
        """Write what happened, in one transaction. RefusedError or ConflictError where a transition does not exist."""
        return self.commit(lambda _view: drafts, stamp)

    def commit(
        self,
        decide: Callable[[View], Iterable[Draft]],
        stamp: Stamp,
        *,
        attempt: Draft | Attempt | None = None,
        besides: Callable[[Connection, tuple[Entry, ...]], object] | None = None,
    ) -> tuple[Entry, ...]:
        """Decide while nobody else writes, then write what was decided: all of it or nothing (D3).

        RefusedError or ConflictError where a rule or the state forbids it. Where ``attempt`` says what was tried, the
        refusal is written first, with the rules that refused (L8). LedgerError where nothing could be written (D8).
        ``besides`` writes in the same transaction what is no evidence: observations, the stored forms of passwords.
        """
        refusal = None
        with self._writing() as connection:
            head = _take_head(connection)
            try:
                plan = _planned(View(connection), head, decide(View(connection)), stamp)
            except (RefusedError, ConflictError) as refused:
                if attempt is None:
                    raise
                refusal = refused
                plan = _planned(View(connection), head, [_refusal(attempt, refused)], stamp)
            _write(connection, head, plan)
            if besides is not None and refusal is None:
                besides(connection, plan.entries)
        if refusal is not None:
            raise refusal
        return plan.entries

    def restore(self, links: Iterable[chain.Link]) -> chain.Head:
        """Fill an empty ledger with the events of another, byte for byte: the same head (L7), the state rebuilt (L1).

        TamperedError where they are no whole chain, ConflictError where the ledger has events: then nothing changes.
        """
        with self._writing() as connection:
            head = _take_head(connection)
            if head.seq:
                hint = _("Name a database without a ledger.")
                raise ConflictError(Problem("", _("this ledger has events already"), hint, "ledger.not_empty", "L5"))
            for chunk in chunks(links, CHUNK):
                verdict = chain.verify(chunk, after=head)
                if not verdict.sound:
                    raise TamperedError(_tampered(verdict))
                entries = tuple(Entry(link.seq, event_of(link.body)) for link in chunk)
                _write(connection, head, _Plan(entries, tuple(chunk), _applied(View(connection), entries)))
                head = verdict.head
        return head

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._turn, _speaking(), self._writers.begin() as connection:
            yield connection


@contextmanager
def _speaking() -> Iterator[None]:
    """What a database cannot do, as an error that says so."""
    try:
        yield
    except DBAPIError as error:
        message = _("the database refused: {reason}").format(reason=error.orig)
        hint = _("Nothing was written. See that it runs, has room on its disk and is not locked, and try again.")
        raise LedgerError(Problem(Place(part=_("ledger")), message, hint, "ledger.database", "D8")) from error


# --- writing ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _State:
    """What a transaction leaves of all it touches. ``before``, ``listed``: records and items as they were."""

    before: dict[str, Record]
    listed: dict[ItemKey, Item]
    records: dict[str, Record]
    items: dict[ItemKey, Item] = field(default_factory=dict)
    lists: dict[str, DisposalList] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)


class _Plan(NamedTuple):
    """What a transaction will write: computed before anything is."""

    entries: tuple[Entry, ...]
    links: tuple[chain.Link, ...]
    state: _State


def _take_head(connection: Connection) -> chain.Head:
    """The head, and the right to move it: in PostgreSQL its row is the writers' lock."""
    row = connection.execute(select(schema.head.c.seq, schema.head.c.hash).with_for_update()).one()
    return chain.Head(row.seq, row.hash)


def _planned(view: View, head: chain.Head, drafts: Iterable[Draft], stamp: Stamp) -> _Plan:
    entries = tuple(
        Entry(seq, Event(stamp.at, stamp.on, stamp.actor, draft.subject or str(seq), draft.change))
        for seq, draft in enumerate(drafts, head.seq + 1)
    )
    links = tuple(chain.chained(head, [body_of(entry.event) for entry in entries]))
    return _Plan(entries, links, _applied(view, entries))


def _refusal(attempt: Draft | Attempt, refused: RefusedError | ConflictError) -> Draft:
    rules = tuple(problem.clause for problem in refused.problems)
    return Draft(attempt.subject, ActRefused(attempt.kind, rules, str(refused)))


def _tampered(verdict: chain.Verdict) -> list[Problem]:
    return [Problem(Place(part=_("ledger")), each.message, "", "ledger.tampered", "L2") for each in verdict.findings]


def _applied(view: View, entries: Sequence[Entry]) -> _State:
    """What events touch, as it is and as they leave it."""
    touched = {entry.event.subject for entry in entries if isinstance(entry.event.change, RecordChange)}
    before = view.records_by_id(sorted(touched))
    state = _State(before, view.items_of(before.values()), dict(before))
    for _seq, event in entries:
        if isinstance(event.change, RecordChange):
            _apply_to_record(state, event)
        elif isinstance(event.change, ListChange):
            found = state.lists.get(event.subject) or view.list_head(event.subject)
            state.lists[event.subject] = disposal_lists.apply(found, event)
        elif isinstance(event.change, HoldChange):
            known = state.holds.get(event.subject) or view.hold(event.subject)
            state.holds[event.subject] = lifecycle.apply_hold(known, event)
        elif isinstance(event.change, AccountChange):
            account = state.accounts.get(event.subject) or view.account(event.subject)
            state.accounts[event.subject] = persons.apply(account, event)
    return state


def _apply_to_record(state: _State, event: Event) -> None:
    """The record, and its item on the list it is on, or comes on, or leaves."""
    record = state.records.get(event.subject)
    after = state.records[event.subject] = lifecycle.apply(record, event)
    list_id = after.list_id or (record.list_id if record else None)
    if list_id is None:
        return
    key = (list_id, event.subject)
    if item := disposal_lists.apply_item(state.items.get(key) or state.listed.get(key), record, event, after):
        state.items[key] = item


def _write(connection: Connection, head: chain.Head, plan: _Plan) -> None:
    if not plan.links:
        return
    _write_events(connection, head, plan)
    state = plan.state
    _put(connection, schema.holds, map(hold_row, state.holds.values()))
    _put(connection, schema.accounts, starmap(account_row, state.accounts.items()))
    _put(connection, schema.disposal_lists, map(list_row, state.lists.values()))
    _write_items(connection, state)
    adopted = [
        {"number": event.change.number, "event": seq}
        for seq, event in plan.entries
        if isinstance(event.change, ScheduleAdopted)
    ]
    if adopted:
        connection.execute(insert(schema.adoptions), adopted)
    adoptions = View(connection).adoptions()
    _write_records(connection, state, adoptions)
    if adopted:
        _write_eligible_days(connection, adoptions)


def _write_events(connection: Connection, head: chain.Head, plan: _Plan) -> None:
    rows = [
        {"seq": link.seq, "subject": event.subject, "kind": event.kind, "body": link.body, "hash": link.hash}
        for link, (_seq, event) in zip(plan.links, plan.entries, strict=True)
    ]
    connection.execute(insert(schema.events), rows)
    last = plan.links[-1]
    table = schema.head.c
    guarded = update(schema.head).where(table.seq == head.seq, table.hash == head.hash)
    moved = connection.execute(guarded.values(seq=last.seq, hash=last.hash))
    if moved.rowcount != 1:
        message = _("somebody else wrote at the same moment")
        raise ConflictError(Problem(Place(part=_("ledger")), message, Remedy("act.repeat"), "ledger.conflict", "L3"))


def _write_records(connection: Connection, state: _State, adoptions: tuple[Adoption, ...]) -> None:
    changed = [record for key, record in state.records.items() if state.before.get(key) != record]
    rows = [record_row(record, each.eligible_on) for record, each in reckonings(changed, adoptions)]
    if new := [row for row in rows if row["id"] not in state.before]:
        connection.execute(insert(schema.records), new)
    if old := [row for row in rows if row["id"] in state.before]:
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in old[0]}
        statement = update(schema.records).where(schema.records.c.id == bindparam("new_id")).values(columns)
        connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in old])
    _write_covers(connection, state)


def _write_covers(connection: Connection, state: _State) -> None:
    """Which records are covered by which holds."""
    begun, ended = [], []
    for record in state.records.values():
        before = state.before.get(record.id)
        held = before.holds if before else frozenset()
        begun += [{"record_id": record.id, "hold_id": hold_id} for hold_id in sorted(record.holds - held)]
        ended += [{"old_record": record.id, "old_hold": hold_id} for hold_id in sorted(held - record.holds)]
    if begun:
        connection.execute(insert(schema.record_holds), begun)
    if ended:
        table = schema.record_holds.c
        gone = and_(table.record_id == bindparam("old_record"), table.hold_id == bindparam("old_hold"))
        connection.execute(delete(schema.record_holds).where(gone), ended)


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Each row in place of the one with its id, or as a new one."""
    for row in rows:
        if not connection.execute(update(table).where(table.c.id == row["id"]).values(row)).rowcount:
            connection.execute(insert(table), row)


def _write_items(connection: Connection, state: _State) -> None:
    table = schema.disposal_items
    new = [item_row(key[0], item) for key, item in state.items.items() if key not in state.listed]
    if new:
        connection.execute(insert(table), new)
    old = [
        item_row(key[0], item) for key, item in state.items.items() if key in state.listed and state.listed[key] != item
    ]
    if old:
        this = and_(table.c.list_id == bindparam("of_list_id"), table.c.record_id == bindparam("of_record_id"))
        columns: dict[str, Any] = {name: bindparam(f"of_{name}") for name in ("state", "open", "body")}
        rows = [{f"of_{name}": value for name, value in row.items() if name != "row"} for row in old]
        connection.execute(update(table).where(this).values(columns), rows)


def _write_eligible_days(connection: Connection, adoptions: tuple[Adoption, ...]) -> None:
    """Every record's eligible day by the schedule now in force."""
    statement = (
        update(schema.records).where(schema.records.c.id == bindparam("of")).values(eligible_on=bindparam("day"))
    )
    view, last = View(connection), ""
    while chunk := list(view.records(schema.records.c.id > last, limit=CHUNK)):
        days = [{"of": record.id, "day": each.eligible_on} for record, each in reckonings(chunk, adoptions)]
        connection.execute(statement, days)
        last = chunk[-1].id
