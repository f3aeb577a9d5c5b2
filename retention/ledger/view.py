"""Looking into the ledger: events, records, holds and the schedule as they are at one moment. Never writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import JSON, LargeBinary, Text, and_, case, cast, exists, func, literal, or_, select

from foundation.language import _
from retention.errors import ConflictError, Problem, RefusedError, TamperedError
from retention.ledger import chain, schema
from retention.ledger import rows as projection
from retention.ledger.replay import History, Proven, entry_of, finding, impossible, misfiled
from retention.rules import disposal_lists as lists
from retention.rules import lifecycle, passwords, persons
from retention.rules.dates import Clock
from retention.rules.events import KINDS, AccountChange, ClockVouched, HoldChange, ListChange, ScheduleAdopted
from retention.rules.model import Overlay, State
from retention.rules.reckoning import reckonings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Executable, Select

    from retention.ledger.rows import Entry
    from retention.rules.events import Change
    from retention.rules.model import DisposalList, Hold, Item, ListState, Record
    from retention.rules.people import Account, Person
    from retention.rules.schedule import Adoption

T = TypeVar("T")

CHUNK = 500
"""Rows asked for or written at once: below every database's limit of parameters."""

ItemKey: TypeAlias = tuple[str, str]
"""The ids of a list and of a record on it."""


class Due(NamedTuple):
    """A record and the day from which it may be disposed of."""

    eligible_on: date
    record: Record


class Dated(NamedTuple):
    """A record and the day from which it may be disposed of; None: never, or not known."""

    eligible_on: date | None
    record: Record


class View:
    """What the ledger says at one moment. Valid inside the block that gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        with self._connection.execute(query, execution_options={"yield_per": 10_000}) as rows:
            yield from map(chain.Link._make, rows)

    def misfiled(self, limit: int = 100) -> Iterator[chain.Finding]:
        """Events whose row names another subject or kind than their bytes, so that looking for them finds nothing (L1).

        The chain is over the bytes alone. Without this, a hold could be hidden by filing its event elsewhere.
        """
        table = schema.events.c
        last = self._as_bytes(literal('"subject":"') + table.subject + '"}')
        within = self._as_bytes(literal('"kind":"') + table.kind + '","on":"')
        ends = func.substr(table.body, func.length(table.body) - func.length(last) + 1) == last
        postgresql = self._connection.dialect.name == "postgresql"
        found = func.position(within.op("IN")(table.body)) if postgresql else func.instr(table.body, within)
        right = and_(ends, found > 0)
        for row in self._connection.execute(select(table.seq).where(~right).order_by(table.seq).limit(limit)):
            yield misfiled(row.seq)

    def _as_bytes(self, text: ColumnElement[str]) -> ColumnElement[bytes]:
        postgresql = self._connection.dialect.name == "postgresql"
        return func.convert_to(text, "UTF8") if postgresql else cast(text, LargeBinary)

    def log(self, subject: str | None = None, after: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Events in their order, of one subject or all."""
        table = schema.events.c
        query = select(table.seq, table.body).where(table.seq > after).order_by(table.seq).limit(limit)
        if subject is not None:
            query = query.where(table.subject == subject)
        with self._connection.execute(query, execution_options={"yield_per": 1_000}) as rows:
            for row in rows:
                yield entry_of(row.seq, row.body)

    def newest(self, count: int, subject: str | None = None) -> list[Entry]:
        """So many of the newest events, of one subject or all, the newest last."""
        table = schema.events.c
        query = select(table.seq, table.body).order_by(table.seq.desc()).limit(count)
        if subject is not None:
            query = query.where(table.subject == subject)
        rows = self._connection.execute(query).all()
        return [entry_of(row.seq, row.body) for row in reversed(rows)]

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

    def records_under(self, overlay: Overlay) -> Iterator[Record]:
        """The records that something lies over: held, altered, missing, resurfaced, unclassified, extended."""
        return self.records(overlaid(overlay))

    def due(self, on: date, after: tuple[date, str] | None = None, limit: int | None = None) -> list[Due]:
        """Records whose eligible day has come, earliest first: kept, whole, not held, not on a list (D4).

        ``after``: day and id of the last one seen, for the next page.
        """
        table = schema.records.c
        where = [due_on(on)]
        if after is not None:
            day, record_id = after
            where.append(or_(table.eligible_on > day, and_(table.eligible_on == day, table.id > record_id)))
        query = select(schema.records).where(*where).order_by(table.eligible_on, table.id).limit(limit)
        rows = self._connection.execute(query).mappings().all()
        return [Due(row["eligible_on"], projection.record_of(row, frozenset())) for row in rows]

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
        rows = self._connection.execute(query).mappings().all()
        holds = [self._holds_of([row["id"] for row in chunk]) for chunk in chunks(rows, CHUNK)]
        held = {record_id: ids for each in holds for record_id, ids in each.items()}
        return [Dated(row["eligible_on"], projection.record_of(row, held.get(row["id"], frozenset()))) for row in rows]

    def rows(self, query: Executable) -> Sequence[Any]:
        """What a query over the tables of :mod:`retention.ledger.schema` gives at this moment."""
        return self._connection.execute(query).all()

    def eligible_on(self, record_id: str) -> date | None:
        """The day from which a record may be disposed of, by the schedule in force; None: never, or not known."""
        query = select(schema.records.c.eligible_on).where(schema.records.c.id == record_id)
        return self._connection.execute(query).scalar_one_or_none()

    def records(self, *where: ColumnElement[bool], limit: int | None = None) -> Iterator[Record]:
        """Records by conditions over ``schema.records``, in the order of their ids."""
        query = select(schema.records).where(*where).order_by(schema.records.c.id).limit(limit)
        with self._connection.execute(query, execution_options={"yield_per": CHUNK}) as rows:
            for chunk in chunks(rows.mappings(), CHUNK):
                held = self._holds_of([row["id"] for row in chunk])
                yield from (projection.record_of(row, held.get(row["id"], frozenset())) for row in chunk)

    def _holds_of(self, ids: Sequence[str]) -> dict[str, frozenset[str]]:
        table = schema.record_holds.c
        rows = self._connection.execute(
            select(table.record_id, table.hold_id).where(table.record_id.in_(ids)).order_by(table.record_id)
        )
        groups = groupby(rows, key=lambda row: row.record_id)
        return {record_id: frozenset(row.hold_id for row in group) for record_id, group in groups}

    # what scans saw

    def seen(self, read: Callable[[Connection], T]) -> T:
        """What a function of :mod:`retention.filing.observed_tables` reads of the same moment."""
        return read(self._connection)

    def clock(self) -> Clock:
        """What is known of the time (T4): the latest event, and the last scan, or a person, that could be believed.

        The latest, not the newest: an event written by a clock that was set back hides none that came before it. Only
        a person's word does. Reads every event since; for a scan :meth:`believed_clock` is enough.
        """
        vouched = self._vouched()
        at = _instant_in(schema.events.c.body, self._connection.dialect.name)
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
        row = self._connection.execute(query).first()
        return entry_of(row.seq, row.body) if row else None

    # holds and schedule

    def hold(self, hold_id: str) -> Hold | None:
        """The hold with this id."""
        return next(self._holds(select(schema.holds).where(schema.holds.c.id == hold_id)), None)

    def holds(self) -> list[Hold]:
        """Every hold, those released too."""
        return list(self._holds(select(schema.holds).order_by(schema.holds.c.id)))

    def _holds(self, query: Select[Any]) -> Iterator[Hold]:
        return map(projection.hold_of, self._connection.execute(query).mappings())

    def adoptions(self) -> tuple[Adoption, ...]:
        """Every version of the schedule that was put in force, in its order: from events, whatever rows say."""
        table = schema.events.c
        adopted = and_(table.subject == "schedule", table.kind == ScheduleAdopted.kind)
        rows = self._connection.execute(select(table.body).where(adopted).order_by(table.seq))
        return tuple(projection.adoption_of(row.body) for row in rows)

    # persons

    def account(self, subject: str) -> Account | None:
        """The account that events are filed under ``subject`` of (``account/…``), replayed from them.

        TamperedError where its row, or its absence, is not what they say: somebody wrote a person's rights by hand.
        """
        account = None
        for entry in self.log(subject):
            if isinstance(entry.event.change, AccountChange):
                account = persons.apply(account, entry.event)
        if self._account_rows(schema.accounts.c.id == subject) != _rows_of({subject: account} if account else {}):
            raise TamperedError([_unexplained_account(subject)])
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

    def _account_rows(self, *where: ColumnElement[bool]) -> list[dict[str, Any]]:
        query = select(schema.accounts).where(*where).order_by(schema.accounts.c.id)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    # disposal lists

    def disposal_list(self, name: str) -> DisposalList | None:
        """The list with this number or id, and all its items; the list itself replayed from its events.

        TamperedError where its row is not what they say: an approval is nothing that a row could give.
        """
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).where(or_(table.number == name, table.id == name))
        row = self._connection.execute(query.order_by(table.number == name)).mappings().first()
        if row is None:
            return None
        found = self._replayed_list(row["id"])
        if found is None or projection.list_row(found) != dict(row):
            raise TamperedError([_unexplained_list(name)])
        return replace(found, items=tuple(self._items(row["id"])))

    def proven_list(self, list_id: str) -> DisposalList:
        """The list with this id, without its items, replayed from its events; TamperedError as above."""
        found, row = self._replayed_list(list_id), self.list_head(list_id)
        if found is None or row != found:
            raise TamperedError([_unexplained_list(list_id)])
        return found

    def disposal_lists(self, *states: ListState) -> list[DisposalList]:
        """Every list, or those in these states, without their items, by number."""
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).order_by(table.number)
        if states:
            query = query.where(table.state.in_(state.value for state in states))
        return [projection.list_of(row) for row in self._connection.execute(query).mappings()]

    def list_head(self, name: str) -> DisposalList | None:
        """The list with this number or id as its row shows it, without its items."""
        table = schema.disposal_lists.c
        query = select(schema.disposal_lists).where(or_(table.number == name, table.id == name))
        row = self._connection.execute(query).mappings().first()
        return projection.list_of(row) if row else None

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
        return {list_id: (every, there) for list_id, every, there in self._connection.execute(query)}

    def items_of(self, records: Iterable[Record]) -> dict[ItemKey, Item]:
        """The items of those of the records that are on a list now."""
        on = {record.id: record.list_id for record in records if record.list_id is not None}
        table, found = schema.disposal_items.c, dict[ItemKey, "Item"]()
        for chunk in chunks(on, CHUNK):
            query = select(schema.disposal_items).where(table.record_id.in_(chunk))
            for row in self._connection.execute(query).mappings():
                if on[row["record_id"]] == row["list_id"]:
                    found[row["list_id"], row["record_id"]] = projection.item_of(row)
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

    def proven(self, ids: Iterable[str]) -> dict[str, Proven]:
        """Those of the records asked for that exist, each replayed from its events.

        TamperedError where a row, or a hold's, or an item's on a list, is not what they say: somebody wrote there by
        hand, and nothing may be destroyed by such a row.
        """
        found: dict[str, Proven] = {}
        adoptions = self.adoptions()
        for chunk in chunks(ids, CHUNK):
            wanted = self._histories(schema.events.c.subject.in_(chunk))
            for history, findings in self._compared(wanted, adoptions):
                if findings:
                    hint = _("Leave everything as it is, and look for the last backup.")
                    where = _("record {id}").format(id=history.subject)
                    problems = [Problem(where, each.message, hint, "ledger.tampered", "L1") for each in findings]
                    raise TamperedError(problems)
                if history.record is not None:
                    found[history.subject] = history.proven(history.record)
        return found

    def open_items(self, list_id: str) -> list[Item]:
        """The items that are on a list and still there, by row."""
        return list(self._items(list_id, schema.disposal_items.c.open))

    def _items(self, list_id: str, *where: ColumnElement[bool]) -> Iterator[Item]:
        table = schema.disposal_items.c
        query = select(schema.disposal_items).where(table.list_id == list_id, *where).order_by(table.row)
        return map(projection.item_of, self._connection.execute(query).mappings())

    def _replayed_list(self, list_id: str) -> DisposalList | None:
        found = None
        for entry in self.log(list_id):
            if isinstance(entry.event.change, ListChange):
                found = lists.apply(found, entry.event)
        return found

    # the state held against the events

    def differences(self) -> Iterator[chain.Finding]:
        """Where a row is not what replaying the events alone gives (L1): something else wrote there."""
        yield from self._record_differences()
        yield from self._other_differences()
        yield from self._account_differences()
        yield from self._list_differences()
        known = select(schema.events.c.seq).where(schema.events.c.subject == schema.records.c.id)
        strangers = select(schema.records.c.id).where(~exists(known.correlate(schema.records)))
        for row in self._connection.execute(strangers):
            yield finding(0, _("there is a row of record {id}, but no event").format(id=row.id))

    def _record_differences(self) -> Iterator[chain.Finding]:
        for _history, findings in self._compared(self._histories(), self.adoptions()):
            yield from findings

    def _compared(
        self, histories: Iterable[History], adoptions: tuple[Adoption, ...]
    ) -> Iterator[tuple[History, list[chain.Finding]]]:
        """Each history, and what is wrong with it or with the rows it should explain."""
        for chunk in chunks(histories, CHUNK):
            ids = [history.subject for history in chunk]
            rows = self._connection.execute(select(schema.records).where(schema.records.c.id.in_(ids))).mappings()
            stored = {row["id"]: dict(row) for row in rows}
            held, items = self._holds_of(ids), self._item_rows(ids)
            known = [history.record for history in chunk if history.record is not None]
            days = {record.id: each.eligible_on for record, each in reckonings(known, adoptions)}
            for history in chunk:
                record, subject = history.record, history.subject
                wanted = projection.record_row(record, days[subject]) if record else None
                holds = record.holds if record else frozenset()
                same = stored.get(subject) == wanted and held.get(subject, frozenset()) == holds
                if same and items.get(subject, []) == history.item_rows():
                    yield history, history.findings
                else:
                    text = _("the row of record {id} is not what its events say").format(id=subject)
                    yield history, [*history.findings, finding(history.last, text)]

    def _item_rows(self, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        table = schema.disposal_items.c
        query = select(schema.disposal_items).where(table.record_id.in_(ids)).order_by(table.record_id, table.list_id)
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._connection.execute(query).mappings():
            found.setdefault(row["record_id"], []).append(dict(row))
        return found

    def _histories(self, *where: ColumnElement[bool]) -> Iterator[History]:
        """The events of each subject, subject by subject."""
        query = select(schema.events).where(*where).order_by(schema.events.c.subject, schema.events.c.seq)
        with self._connection.execute(query, execution_options={"yield_per": 1_000}) as rows:
            for subject, group in groupby(rows, key=lambda row: row.subject):
                yield History(subject).through(group)

    def _of_kinds(self, changes: type[Change] | tuple[type[Change], ...]) -> Iterator[Entry]:
        """Every event of these kinds, in order."""
        table = schema.events.c
        kinds = [name for name, change in KINDS.items() if issubclass(change, changes)]
        query = select(table.seq, table.body).where(table.kind.in_(kinds))
        for row in self._connection.execute(query.order_by(table.seq)):
            yield entry_of(row.seq, row.body)

    def _list_differences(self) -> Iterator[chain.Finding]:
        found: dict[str, DisposalList] = {}
        for seq, event in self._of_kinds(ListChange):
            try:
                found[event.subject] = lists.apply(found.get(event.subject), event)
            except (RefusedError, ConflictError) as error:
                yield impossible(seq, error)
        rows = self._connection.execute(select(schema.disposal_lists)).mappings()
        stored = {row["id"]: dict(row) for row in rows}
        wanted = {list_id: projection.list_row(each) for list_id, each in found.items()}
        for list_id in sorted(stored.keys() | wanted.keys()):
            if stored.get(list_id) != wanted.get(list_id):
                yield finding(0, _unexplained_list(list_id).message)
        known = select(schema.events.c.seq).where(schema.events.c.subject == schema.disposal_items.c.record_id)
        strangers = select(schema.disposal_items.c.record_id).where(~exists(known.correlate(schema.disposal_items)))
        for row in self._connection.execute(strangers):
            yield finding(0, _("there is a row of record {id}, but no event").format(id=row.record_id))

    def _other_differences(self) -> Iterator[chain.Finding]:
        holds: dict[str, Hold] = {}
        numbers: list[tuple[int, int]] = []
        for seq, event in self._of_kinds((HoldChange, ScheduleAdopted)):
            if isinstance(event.change, ScheduleAdopted):
                numbers.append((event.change.number, seq))
            else:
                holds[event.subject] = lifecycle.apply_hold(holds.get(event.subject), event)
        if sorted(self.holds(), key=_by_id) != sorted(holds.values(), key=_by_id):
            yield finding(0, _("the holds are not what the events say"))
        stored = self._connection.execute(select(schema.adoptions.c.number, schema.adoptions.c.event))
        if sorted(map(tuple, stored)) != sorted(numbers):
            yield finding(0, _("the versions of the schedule are not what the events say"))

    def _account_differences(self) -> Iterator[chain.Finding]:
        accounts: dict[str, Account] = {}
        for seq, event in self._of_kinds(AccountChange):
            try:
                accounts[event.subject] = persons.apply(accounts.get(event.subject), event)
            except (RefusedError, ConflictError) as error:
                yield impossible(seq, error)
        stored, wanted = self._account_rows(), _rows_of(accounts)
        for subject in sorted({row["id"] for row in (*stored, *wanted) if (row in stored) != (row in wanted)}):
            yield finding(0, _unexplained_account(subject).message)
        kept = self._connection.execute(select(schema.credentials.c.account, schema.credentials.c.secret))
        for subject, secret in kept.all():
            known = accounts.get(subject)
            if secret and (known is None or passwords.digest(secret) != known.secret):
                name = subject.removeprefix("account/")
                text = _("the stored password of account {name} is not the one its events name")
                yield finding(0, text.format(name=name))


def _instant_in(body: ColumnElement[bytes], dialect: str) -> ColumnElement[str]:
    """When an event happened, as its body spells it: sorted as text it is sorted in time."""
    if dialect == "postgresql":
        return func.json_extract_path_text(cast(func.convert_from(body, "UTF8"), JSON), "at")
    return func.json_extract(cast(body, Text), "$.at")


def _rows_of(accounts: Mapping[str, Account]) -> list[dict[str, Any]]:
    return [projection.account_row(subject, accounts[subject]) for subject in sorted(accounts)]


def _unexplained_account(subject: str) -> Problem:
    name = subject.removeprefix("account/")
    message = _("the row of account {name} is not what its events say").format(name=name)
    hint = _("Leave everything as it is, and look for the last backup.")
    return Problem(_("ledger"), message, hint, "ledger.tampered", "L1")


def _unexplained_list(name: str) -> Problem:
    message = _("the row of disposal list {number} is not what its events say").format(number=name)
    hint = _("Leave everything as it is, and look for the last backup.")
    return Problem(_("ledger"), message, hint, "ledger.tampered", "L1")


def _by_id(hold: Hold) -> str:
    return hold.id


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
