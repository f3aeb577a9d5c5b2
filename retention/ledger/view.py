"""Looking into the ledger: events, records, holds and the schedule as they are at one moment. Never writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import JSON, LargeBinary, Text, and_, case, cast, exists, func, or_, select

from retention.errors import TamperedError
from retention.ledger import chain, schema
from retention.ledger.replay import entry_of, unexplained_account, unexplained_list
from retention.ledger.rows import account_row, adoption_of, hold_of, item_of, list_of, list_row, record_of
from retention.rules import disposal_lists, persons
from retention.rules.dates import Clock
from retention.rules.events import AccountChange, ClockVouched, ListChange, ScheduleAdopted
from retention.rules.model import Overlay, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Executable, RowMapping

    from retention.ledger.rows import Entry
    from retention.rules.events import Change, Event
    from retention.rules.model import DisposalList, Hold, Item, ListState, Record
    from retention.rules.people import Account, Person
    from retention.rules.schedule import Adoption

T = TypeVar("T")
P = ParamSpec("P")

CHUNK = 500
"""Rows asked for or written at once: below every database's limit of parameters."""

ItemKey: TypeAlias = tuple[str, str]
"""The ids of a list and of a record on it."""


class Dated(NamedTuple):
    """A record and the day from which it may be disposed of; None: never, or not known."""

    eligible_on: date | None
    record: Record


class View:
    """What the ledger says at one moment. Valid inside the block that gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, query: Executable) -> Sequence[Any]:
        """What a query over the tables of :mod:`retention.ledger.schema` gives at this moment."""
        return self._connection.execute(query).all()

    def mappings(self, query: Executable) -> Sequence[RowMapping]:
        """The same, each row by the names of its columns."""
        return self._connection.execute(query).mappings().all()

    def stream(self, query: Executable, at_once: int = 1_000) -> Iterator[Any]:
        """The same for what is too much to hold: so many rows at once."""
        with self._connection.execute(query, execution_options={"yield_per": at_once}) as rows:
            yield from rows

    @property
    def dialect(self) -> str:
        """The kind of database: ``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    # events

    @property
    def head(self) -> chain.Head:
        """Where the ledger says that its chain ends."""
        row = self._connection.execute(select(schema.head.c.seq, schema.head.c.hash)).first()
        return chain.Head(row.seq, row.hash) if row else chain.NOTHING

    def links(self, after: int = 0) -> Iterator[chain.Link]:
        """The events as they lie in the database, for verification and export."""
        table = schema.events.c
        # Whoever tampers may put anything there: it is read as bytes, whatever it is.
        body, digest = (cast(func.coalesce(column, b""), LargeBinary) for column in (table.body, table.hash))
        query = select(table.seq, body, digest).where(table.seq > after).order_by(table.seq)
        yield from map(chain.Link._make, self.stream(query, 10_000))

    def log(self, subject: str | None = None, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Events in their order, of one subject or all."""
        table = schema.events.c
        query = select(table.seq, table.body).where(table.seq > after).order_by(table.seq).limit(limit)
        if subject is not None:
            query = query.where(table.subject == subject)
        return (entry_of(row.seq, row.body) for row in self.stream(query))

    def newest(self, count: int, subject: str | None = None) -> list[Entry]:
        """So many of the newest events, of one subject or all, the newest last."""
        table = schema.events.c
        query = select(table.seq, table.body).order_by(table.seq.desc()).limit(count)
        if subject is not None:
            query = query.where(table.subject == subject)
        return [entry_of(row.seq, row.body) for row in reversed(self.rows(query))]

    def last(self) -> Entry | None:
        """The newest event."""
        return next(iter(self.newest(1)), None)

    # records

    def record(self, record_id: str) -> Record | None:
        """The record with this id."""
        return next(self.records(schema.records.c.id == record_id), None)

    def records_by_id(self, ids: Iterable[str]) -> dict[str, Record]:
        """Those of the records asked for that exist."""
        found = (self.records(schema.records.c.id.in_(chunk)) for chunk in chunks(ids, CHUNK))
        return {record.id: record for records in found for record in records}

    def records_at(self, share: str, path: str) -> list[Record]:
        """Every record that was filed at, or moved to, this place; destroyed ones too."""
        return list(self.records(schema.records.c.share == share, schema.records.c.path == path))

    def records_with(self, digest: str) -> list[Record]:
        """Every record filed with this content: copies, and what was destroyed (W5, W7)."""
        return list(self.records(schema.records.c.digest == digest))

    def records_like(self, digests: Iterable[str], share: str, paths: Iterable[str]) -> Iterator[Record]:
        """Every record with one of these contents, or filed at one of these places of a share; some may come twice."""
        table = schema.records.c
        for chunk in chunks(digests, CHUNK):
            yield from self.records(table.digest.in_(chunk))
        for chunk in chunks(paths, CHUNK):
            yield from self.records(table.share == share, table.path.in_(chunk))

    def records_held_by(self, hold_id: str) -> list[Record]:
        """The records that a hold covers."""
        covered = select(schema.record_holds.c.record_id).where(schema.record_holds.c.hold_id == hold_id)
        return list(self.records(schema.records.c.id.in_(covered)))

    def due(self, on: date, after: tuple[date, str] | None = None, limit: int | None = None) -> list[Dated]:
        """Records whose eligible day has come, earliest first: kept, whole, not held, not on a list (D4).

        ``after``: day and id of the last one seen, for the next page.
        """
        table = schema.records.c
        where = [due_on(on)]
        if after is not None:
            day, record_id = after
            where.append(or_(table.eligible_on > day, and_(table.eligible_on == day, table.id > record_id)))
        query = select(schema.records).where(*where).order_by(table.eligible_on, table.id).limit(limit)
        return [Dated(row["eligible_on"], record_of(row)) for row in self.mappings(query)]

    def found(
        self,
        *where: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (),
        limit: int | None = None,
        skip: int = 0,
    ) -> list[Dated]:
        """A page of records by conditions over ``schema.records``, each with its day; by place without ``order``."""
        table = schema.records.c
        by = [*order] or [table.share, table.path, table.id]
        query = select(schema.records).where(*where).order_by(*by).limit(limit).offset(skip or None)
        return [
            Dated(row["eligible_on"], record)
            for chunk in chunks(self.mappings(query), CHUNK)
            for row, record in zip(chunk, self._records_of(chunk), strict=True)
        ]

    def eligible_on(self, record_id: str) -> date | None:
        """The day from which a record may be disposed of, by the schedule in force; None: never, or not known."""
        query = select(schema.records.c.eligible_on).where(schema.records.c.id == record_id)
        return self._connection.execute(query).scalar_one_or_none()

    def records(self, *where: ColumnElement[bool], limit: int | None = None) -> Iterator[Record]:
        """Records by conditions over ``schema.records``, in the order of their ids."""
        query = select(schema.records).where(*where).order_by(schema.records.c.id).limit(limit)
        with self._connection.execute(query, execution_options={"yield_per": CHUNK}) as rows:
            for chunk in chunks(rows.mappings(), CHUNK):
                yield from self._records_of(chunk)

    def _records_of(self, rows: Sequence[RowMapping]) -> Iterator[Record]:
        held = self.holds_of([row["id"] for row in rows])
        return (record_of(row, held.get(row["id"], frozenset())) for row in rows)

    def holds_of(self, ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """The ids of the holds that cover each of these records; none that none covers."""
        table = schema.record_holds.c
        query = select(table.record_id, table.hold_id).where(table.record_id.in_(ids)).order_by(table.record_id)
        groups = groupby(self.rows(query), key=lambda row: row.record_id)
        return {record_id: frozenset(row.hold_id for row in group) for record_id, group in groups}

    # what scans saw

    def seen(self, read: Callable[Concatenate[Connection, P], T], *of: P.args, **more: P.kwargs) -> T:
        """What a function of :mod:`retention.filing.observed_tables` reads of the same moment."""
        return read(self._connection, *of, **more)

    def clock(self) -> Clock:
        """What is known of the time (T4): the latest event, and the last scan, or a person, that could be believed.

        The latest, not the newest: an event written by a clock that was set back hides none that came before it. Only
        a person's word does. Reads every event since; for a scan :meth:`believed_clock` is enough.
        """
        vouched = self._vouched()
        at = _instant_in(schema.events.c.body, self.dialect)
        query = select(func.max(at)).where(schema.events.c.seq >= (vouched.seq if vouched else 0))
        latest = self._connection.execute(query).scalar()
        return replace(self.believed_clock(), latest=datetime.fromisoformat(latest) if latest else None)

    def believed_clock(self) -> Clock:
        """The same without the latest event."""
        vouched, table = self._vouched(), schema.shares.c
        query = select(func.max(table.believed_at)).where(table.believed_seq >= (vouched.seq if vouched else 0))
        scanned = self._connection.execute(query).scalar()
        believed = [datetime.fromtimestamp(scanned / 1_000_000, UTC)] if scanned is not None else []
        believed += [vouched.event.at] if vouched else []
        return Clock(None, max(believed, default=None))

    def _vouched(self) -> Entry | None:
        """The last time that a person said how late it is; an attempt that was refused says nothing."""
        table = schema.events.c
        said = and_(table.subject == "clock", table.kind == ClockVouched.kind)
        query = select(table.seq, table.body).where(said).order_by(table.seq.desc()).limit(1)
        return next((entry_of(row.seq, row.body) for row in self.rows(query)), None)

    # holds and schedule

    def hold(self, hold_id: str) -> Hold | None:
        """The hold with this id."""
        rows = self.mappings(select(schema.holds).where(schema.holds.c.id == hold_id))
        return next(map(hold_of, rows), None)

    def holds(self) -> list[Hold]:
        """Every hold, those released too."""
        return [*map(hold_of, self.mappings(select(schema.holds).order_by(schema.holds.c.id)))]

    def adoptions(self) -> tuple[Adoption, ...]:
        """Every version of the schedule that was put in force, in its order: from events, whatever rows say."""
        table = schema.events.c
        adopted = and_(table.subject == "schedule", table.kind == ScheduleAdopted.kind)
        rows = self.rows(select(table.body).where(adopted).order_by(table.seq))
        return tuple(adoption_of(row.body) for row in rows)

    # persons

    def account(self, subject: str) -> Account | None:
        """The account that events are filed under ``subject`` of (``account/…``), replayed from them.

        TamperedError where its row, or its absence, is not what they say: somebody wrote a person's rights by hand.
        """
        account = self._replayed(subject, AccountChange, persons.apply)
        rows = [*map(dict, self.mappings(select(schema.accounts).where(schema.accounts.c.id == subject)))]
        if rows != ([account_row(subject, account)] if account else []):
            raise TamperedError(unexplained_account(subject))
        return account

    def person(self, name: str) -> Person | None:
        """The person with this account name: for the full name that papers print."""
        account = self.account(persons.subject_of(name))
        return account.person if account else None

    def accounts(self) -> list[Account]:
        """Every account, the closed ones too, by name: those that events made, whatever rows there are."""
        table = schema.events.c
        query = select(table.subject).where(table.subject >= "account/", table.subject < "account0").distinct()
        subjects = sorted(self._connection.execute(query).scalars())
        return [account for subject in subjects if (account := self.account(subject))]

    def credential(self, subject: str) -> str:
        """The stored form of an account's password; empty where it has none. No evidence: hold it against its event."""
        query = select(schema.credentials.c.secret).where(schema.credentials.c.account == subject)
        return self._connection.execute(query).scalar_one_or_none() or ""

    def failures(self, subject: str) -> int:
        """How many wrong passwords were tried in a row at an account."""
        query = select(schema.credentials.c.failures).where(schema.credentials.c.account == subject)
        return self._connection.execute(query).scalar_one_or_none() or 0

    # disposal lists

    def disposal_list(self, name: str) -> DisposalList | None:
        """The list with this number or id, and all its items; the list itself replayed from its events.

        TamperedError where its row is not what they say: an approval is nothing that a row could give.
        """
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).where(or_(table.number == name, table.id == name))
        row = next(iter(self.mappings(query.order_by(table.number == name))), None)
        if row is None:
            return None
        found = self._replayed(row["id"], ListChange, disposal_lists.apply)
        if found is None or list_row(found) != dict(row):
            raise TamperedError(unexplained_list(name))
        return replace(found, items=tuple(self._items(row["id"])))

    def proven_list(self, list_id: str) -> DisposalList:
        """The list with this id, without its items, replayed from its events; TamperedError as above."""
        found, row = self._replayed(list_id, ListChange, disposal_lists.apply), self.list_head(list_id)
        if found is None or row != found:
            raise TamperedError(unexplained_list(list_id))
        return found

    def disposal_lists(self, *states: ListState) -> list[DisposalList]:
        """Every list, or those in these states, without their items, by number."""
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).order_by(table.number)
        if states:
            query = query.where(table.state.in_(state.value for state in states))
        return [*map(list_of, self.mappings(query))]

    def list_head(self, name: str) -> DisposalList | None:
        """The list with this number or id as its row shows it, without its items."""
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).where(or_(table.number == name, table.id == name))
        return next(map(list_of, self.mappings(query)), None)

    def gone_of(self, list_id: str) -> int:
        """How many items of a list were destroyed."""
        table = schema.disposal_items.c
        gone = table.state.in_((State.DESTROYED.value, State.CLOSED.value))
        query = select(func.count()).where(table.list_id == list_id, gone)
        return int(self._connection.execute(query).scalar_one())

    def item_counts(self) -> dict[str, tuple[int, int]]:
        """Of each list's id: how many items it ever had, and how many are on it and still there."""
        table = schema.disposal_items.c
        still = func.sum(case((table.open, 1), else_=0))
        query = select(table.list_id, func.count(), still).group_by(table.list_id)
        return {list_id: (every, there) for list_id, every, there in self.rows(query)}

    def items_of(self, records: Iterable[Record]) -> dict[ItemKey, Item]:
        """The items of those of the records that are on a list now."""
        on = {record.id: record.list_id for record in records if record.list_id is not None}
        table, found = schema.disposal_items.c, dict[ItemKey, "Item"]()
        for chunk in chunks(on, CHUNK):
            query = select(schema.disposal_items).where(table.record_id.in_(chunk))
            for row in self.mappings(query):
                if on[row["record_id"]] == row["list_id"]:
                    found[row["list_id"], row["record_id"]] = item_of(row)
        return found

    def copies(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """Of each of these records: the others with its content that were not destroyed (D11, W7)."""
        wanted = {record.id: record.digest for record in records}
        same: dict[str, list[Record]] = {}
        for chunk in chunks(sorted(set(wanted.values())), CHUNK):
            for record in self.records(schema.records.c.digest.in_(chunk), schema.records.c.outcome.is_(None)):
                same.setdefault(record.digest, []).append(record)
        return {key: [record for record in same.get(digest, []) if record.id != key] for key, digest in wanted.items()}

    def kept_on(self, share: str, count: int) -> list[Record]:
        """So many of the records on a share that are kept, whole, and on no list."""
        table = schema.records.c
        whole = and_(table.altered_to.is_(None), table.missing_since.is_(None))
        return list(self.records(table.share == share, table.state == State.RETAINED.value, whole, limit=count))

    def open_items(self, list_id: str) -> list[Item]:
        """The items that are on a list and still there, by row."""
        return list(self._items(list_id, schema.disposal_items.c.open))

    def _items(self, list_id: str, *where: ColumnElement[bool]) -> Iterator[Item]:
        table = schema.disposal_items.c
        query = select(schema.disposal_items).where(table.list_id == list_id, *where).order_by(table.row)
        return map(item_of, self.mappings(query))

    def _replayed(self, subject: str, kind: type[Change], apply: Callable[[T | None, Event], T]) -> T | None:
        """What the events of a subject, replayed alone, make of it."""
        found = None
        for entry in self.log(subject):
            if isinstance(entry.event.change, kind):
                found = apply(found, entry.event)
        return found


def _instant_in(body: ColumnElement[bytes], dialect: str) -> ColumnElement[str]:
    """When an event happened, as its body spells it: sorted as text it is sorted in time."""
    if dialect == "postgresql":
        return func.json_extract_path_text(cast(func.convert_from(body, "UTF8"), JSON), "at")
    return func.json_extract(cast(body, Text), "$.at")


def overlaid(overlay: Overlay) -> ColumnElement[bool]:
    """The condition for an overlay; the twin of ``Record.overlays``."""
    table = schema.records.c
    held = select(schema.record_holds.c.hold_id).where(schema.record_holds.c.record_id == table.id)
    permanent = or_(table.proof, and_(table.extension.is_not(None), table.extension.contains('"kind":"permanent"')))
    conditions: dict[Overlay, ColumnElement[bool]] = {
        Overlay.HELD: exists(held.correlate(schema.records)),
        Overlay.ALTERED: table.altered_to.is_not(None),
        Overlay.MISSING: table.missing_since.is_not(None),
        Overlay.RESURFACED: table.resurfaced_at.is_not(None),
        Overlay.UNCLASSIFIED: table.class_key.is_(None),
        Overlay.PERMANENT: permanent,
        Overlay.EXTENDED: and_(table.extension.is_not(None), ~permanent),
    }
    return conditions[overlay]


def due_on(on: date) -> ColumnElement[bool]:
    """The condition for what is due on a day: its day has come, it is kept, whole, not held, not on a list (D4)."""
    table = schema.records.c
    whole = and_(table.altered_to.is_(None), table.missing_since.is_(None), table.resurfaced_at.is_(None))
    return and_(table.eligible_on <= on, table.state == State.RETAINED.value, whole, ~overlaid(Overlay.HELD))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """``items`` in lists of ``size``, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
