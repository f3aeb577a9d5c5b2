"""The tables of what scans saw: values out of rows, rows out of values. No evidence: a scan makes them anew.

Read through a connection of the ledger's readers, written beside events in the writer's (``Ledger.commit``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, insert, or_, select, update

from retention.filing.identify import Standing
from retention.filing.observed import Being, FolderRow, Row, Stat, without_place
from retention.filing.share_health import SAMPLE, Health, Identity
from retention.ledger import schema
from retention.ledger.paths import on_disk, parent_of
from retention.ledger.view import CHUNK, View, chunks
from retention.rules.model import Record, State

_BEINGS: Mapping[str, Standing | Being] = {each.value: each for kind in (Standing, Being) for each in kind}
_IN_PLACE = [State.RETAINED.value, State.LISTED.value, State.APPROVED.value]


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What is known of a share as a whole; times in microseconds since 1970."""

    name: str
    root: str
    identity: Identity
    passes: int = 0
    looked_at: int = 0
    full_at: int | None = None
    believed_at: int | None = None
    believed_seq: int = 0
    health: Health = Health.OK
    health_since: int = 0


# --- shares -------------------------------------------------------------------------------------------------------


def share_rows(connection: Connection) -> list[ShareRow]:
    """Every share that was ever looked at."""
    rows = connection.execute(select(schema.shares).order_by(schema.shares.c.name)).mappings()
    return [
        ShareRow(
            identity=Identity(row["device"], row["root_id"]),
            health=Health(row["health"]),
            **{name: row[name] for name in _PLAIN},
        )
        for row in rows
    ]


_PLAIN = tuple(field.name for field in fields(ShareRow) if field.name not in ("identity", "health"))


def write_share(connection: Connection, share: ShareRow) -> None:
    """Keep what is known of a share."""
    row = {name: getattr(share, name) for name in _PLAIN} | {
        "device": share.identity.device,
        "root_id": share.identity.root_id,
        "health": share.health.value,
    }
    table = schema.shares
    changed = connection.execute(update(table).where(table.c.name == share.name).values(row))
    if not changed.rowcount:
        connection.execute(insert(table), row)


# --- folders ------------------------------------------------------------------------------------------------------

_FOLDER = tuple(field.name for field in fields(FolderRow))


def folders(connection: Connection, share: str, paths: Collection[str]) -> dict[str, FolderRow]:
    """What is known of these folders."""
    table = schema.folders.c
    columns = [table[name] for name in _FOLDER]
    found: dict[str, FolderRow] = {}
    for chunk in chunks(paths, CHUNK):
        query = select(*columns).where(table.share == share, table.path.in_(chunk))
        found.update((row.path, FolderRow(*row)) for row in connection.execute(query))
    return found


def subfolders(connection: Connection, share: str, paths: Collection[str]) -> dict[str, set[str]]:
    """The known folders in each of these."""
    table = schema.folders.c
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(paths, CHUNK):
        query = select(table.parent, table.path).where(table.share == share, table.parent.in_(chunk), table.path != "")
        for parent, path in connection.execute(query):
            found[parent].add(path)
    return found


def write_folders(connection: Connection, share: str, changed: Sequence[FolderRow]) -> None:
    """Keep what is known of these folders."""
    if not changed:
        return
    forget_folders(connection, share, [folder.path for folder in changed])
    rows = [
        {"share": share, "parent": parent_of(folder.path)} | {name: getattr(folder, name) for name in _FOLDER}
        for folder in changed
    ]
    connection.execute(insert(schema.folders), rows)


def forget_folders(connection: Connection, share: str, paths: Iterable[str]) -> None:
    """FolderRows that are there no more."""
    table = schema.folders.c
    for chunk in chunks(paths, CHUNK):
        connection.execute(delete(schema.folders).where(table.share == share, table.path.in_(chunk)))


def _below(column: ColumnElement[Any], path: str) -> ColumnElement[bool]:
    """The folder itself and all inside it, by the order of paths: ``0`` comes right after ``/``."""
    # The range alone is what an index answers.
    return and_(column >= path, column < f"{path}0", or_(column == path, column > f"{path}/"))


# --- entries ------------------------------------------------------------------------------------------------------

_COLUMNS = [column for column in schema.entries.c if column.name != "share"]
_NOTHING = (None, None, None)


def _row(row: Sequence[Any]) -> Row:
    """Out of the columns of the table, in their order, the share left out."""
    folder, name, *stat, digest, standing, record_id, new_size, new_mtime, new_file_id = row[:11]
    waiting = None if new_size is None else Stat(new_size, new_mtime, new_file_id)
    settled = None if stat[0] is None else Stat(*stat)
    return Row(folder, name, settled, digest, _BEINGS[standing], record_id, waiting, *row[11:])


def _values(share: str, row: Row) -> dict[str, Any]:
    before = (share, row.folder, row.name, *(row.stat or _NOTHING), row.digest, row.standing.value, row.record_id)
    since = (row.since, row.waiting_since, row.note, row.tries, row.retry_at, row.gone_at, row.gone_pass)
    return dict(zip(schema.entries.c.keys(), (*before, *(row.waiting or _NOTHING), *since), strict=True))


def _rows(
    connection: Connection, *where: ColumnElement[bool], limit: int | None = None, last: bool = False
) -> Iterator[Row]:
    query = select(*_COLUMNS).where(*where)
    if limit is not None:
        order = (schema.entries.c.folder, schema.entries.c.name)
        query = query.order_by(*(column.desc() if last else column for column in order)).limit(limit)
    return map(_row, connection.execute(query).all())


def rows_in(connection: Connection, share: str, paths: Collection[str]) -> dict[str, dict[str, Row]]:
    """What is known of each place in these folders: folder → name → row."""
    table = schema.entries.c
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for chunk in chunks(paths, CHUNK):
        for row in _rows(connection, table.share == share, table.folder.in_(chunk)):
            found[row.folder][row.name] = row
    return found


def calm_stats(connection: Connection, share: str, folder: str) -> dict[str, Stat]:
    """The places of a folder at which nothing waits and nothing is gone, as they settled."""
    table = schema.entries.c
    query = select(table.name, table.size, table.mtime, table.file_id).where(
        *(table.share == share, table.folder == folder, table.size.is_not(None)),
        *(table.new_size.is_(None), table.gone_at.is_(None)),
    )
    return {name: Stat(size, mtime, number) for name, size, mtime, number in connection.execute(query).all()}


def rows_of(connection: Connection, share: str, folder: str, names: Collection[str]) -> dict[str, Row]:
    """The rows of these places of a folder, and of all at which something waits or is gone."""
    table = schema.entries.c
    here = (table.share == share, table.folder == folder)
    busy = or_(table.size.is_(None), table.new_size.is_not(None), table.gone_at.is_not(None))
    found = {row.name: row for row in _rows(connection, *here, busy)}
    for chunk in chunks(names, CHUNK):
        found.update((row.name, row) for row in _rows(connection, *here, table.name.in_(chunk)))
    return found


def rows_with_file(connection: Connection, share: str, file_ids: Collection[int]) -> dict[int, list[Row]]:
    """Rows of records by the number of their file."""
    table = schema.entries.c
    found: dict[int, list[Row]] = defaultdict(list)
    for chunk in chunks(file_ids, CHUNK):
        where = (table.share == share, table.file_id.in_(chunk), table.record_id.is_not(None))
        for row in _rows(connection, *where):
            found[row.stat.file_id if row.stat else 0].append(row)
    return found


def places_of(connection: Connection, record_ids: Collection[str]) -> dict[str, tuple[str, Row]]:
    """Where records were seen: id → share and row."""
    table = schema.entries.c
    found: dict[str, tuple[str, Row]] = {}
    for chunk in chunks(record_ids, CHUNK):
        query = select(table.share, *_COLUMNS).where(table.record_id.in_(chunk))
        found.update((row.record_id, (row.share, _row(row[1:]))) for row in connection.execute(query))
    return found


def gone(connection: Connection, share: str) -> list[Row]:
    """Rows of records that are not at their place."""
    table = schema.entries.c
    return list(_rows(connection, table.share == share, table.gone_at.is_not(None)))


def waiting_sizes(connection: Connection, since: int) -> set[int]:
    """Sizes of what has been waiting to be settled on any share, no longer than from ``since`` on: it may be anything
    that is gone elsewhere.
    """
    table = schema.entries.c
    query = select(table.new_size).distinct().where(table.new_size.is_not(None), table.waiting_since >= since)
    return set(connection.execute(query).scalars())


def is_unsettled(connection: Connection, share: str) -> bool:
    """Whether something on the share has not settled."""
    table = schema.entries.c
    query = select(table.name).where(table.share == share, table.new_size.is_not(None)).limit(1)
    return connection.execute(query).first() is not None


def known_records(connection: Connection, share: str) -> int:
    """How many records have a place on the share, gone ones too."""
    table = schema.entries.c
    placed = select(func.count()).where(table.share == share, table.record_id.is_not(None))
    records = schema.records.c
    filed = select(func.count()).where(
        records.share == share, records.state.in_(_IN_PLACE), records.missing_since.is_(None)
    )
    return connection.execute(placed).scalar_one() or connection.execute(filed).scalar_one()


def living_tops(connection: Connection, share: str, tops: Iterable[str]) -> set[str]:
    """Those of the top folders in which some record still lies."""
    table = schema.entries.c
    found = set()
    for top in tops:
        where = (table.share == share, _below(table.folder, top), table.record_id.is_not(None), table.gone_at.is_(None))
        if connection.execute(select(table.name).where(*where).limit(1)).first():
            found.add(top)
    return found


def sample(connection: Connection, share: str) -> list[tuple[str, Stat]]:
    """Some files that were there, spread over the top folders: the first and the last of each, so that clearing out
    old papers does not take all of them.
    """
    table = schema.entries.c
    tops = connection.execute(
        select(schema.folders.c.path).where(schema.folders.c.share == share, schema.folders.c.parent == "")
    )
    spread = sorted(tops.scalars())[:SAMPLE]
    each = max(1, SAMPLE // max(1, 2 * len(spread)))
    found: dict[str, Stat] = {}
    for there in (table.gone_at.is_(None), table.gone_at.is_not(None)):
        for top in spread:
            under = _below(table.folder, top) if top else table.folder == ""
            where = (table.share == share, table.digest.is_not(None), there, under)
            rows = (row for last in (False, True) for row in _rows(connection, *where, limit=each, last=last))
            found.update((row.path, row.stat) for row in rows if row.stat and not row.placeless)
        if found:
            break
    return list(found.items()) or _sample_of_records(connection, share)


def _sample_of_records(connection: Connection, share: str) -> list[tuple[str, Stat]]:
    """The same by the ledger alone, when what was seen was thrown away; in the order of digests, which is none."""
    table = schema.records.c
    there = (table.share == share, table.state.in_(_IN_PLACE), table.missing_since.is_(None))
    query = select(table.path, table.size).where(*there).order_by(table.digest).limit(SAMPLE)
    return [(path, Stat(size, 0, 0)) for path, size in connection.execute(query)]


def write_rows(connection: Connection, share: str, changed: Sequence[Row], removed: Sequence[Row]) -> None:
    """Keep rows, forget others."""
    table = schema.entries
    keys = [{"s": share, "f": row.folder, "n": row.name} for row in (*changed, *removed)]
    if keys:
        here = and_(table.c.share == bindparam("s"), table.c.folder == bindparam("f"), table.c.name == bindparam("n"))
        connection.execute(delete(table).where(here), keys)
    if changed:
        connection.execute(insert(table), [_values(share, row) for row in changed])


def take_apart(connection: Connection, share: str, rows: Sequence[Row]) -> None:
    """Of these rows only the content is known from now on, and that it is not the record's; their folders are gone
    through once more.
    """
    write_rows(connection, share, [Row(row.folder, row.name, digest=row.digest) for row in rows], [])
    known = folders(connection, share, {row.folder for row in rows}).values()
    write_folders(connection, share, [replace(folder, digest=None, looks=folder.looks + 1) for folder in known])


def forget_records(connection: Connection, record_ids: Collection[str]) -> None:
    """Whatever place these records had, on any share."""
    for chunk in chunks(record_ids, CHUNK):
        connection.execute(delete(schema.entries).where(schema.entries.c.record_id.in_(chunk)))


def lose_folder(connection: Connection, share: str, path: str, at: int, passed: int) -> None:
    """A folder is there no more: the records in it and below are gone from now on, the rest is forgotten."""
    table, folders_ = schema.entries, schema.folders
    inside = and_(table.c.share == share, _below(table.c.folder, path))
    connection.execute(delete(table).where(inside, table.c.record_id.is_(None)))
    values = dict.fromkeys(("new_size", "new_mtime", "new_file_id", "since", "waiting_since", "note", "retry_at"))
    connection.execute(
        update(table).where(inside, table.c.gone_at.is_(None)).values(gone_at=at, gone_pass=passed, tries=0, **values)
    )
    connection.execute(delete(folders_).where(folders_.c.share == share, _below(folders_.c.path, path)))


def add_gone(connection: Connection, share: str, rows: Sequence[Row]) -> None:
    """Rows of records that were not met at their places: where one is taken by another record, under a name of its
    own; where a file has not settled there yet, it may be the record's.
    """
    known = rows_in(connection, share, {row.folder for row in rows})
    new = []
    for row in rows:
        there = known[row.folder].get(row.name)
        if there is None or there.record_id is not None:
            new.append(without_place(row) if there else row)
    write_rows(connection, share, new, [])


# --- beside the ledger's own state --------------------------------------------------------------------------------


def unplaced(connection: Connection, share: str) -> list[tuple[str, str]]:
    """Id and path of the records that should lie on a share and have no place there, nor are missed already."""
    records, entries = schema.records.c, schema.entries.c
    placed = exists(select(entries.record_id).where(entries.record_id == records.id))
    where = (records.share == share, records.state.in_(_IN_PLACE), records.missing_since.is_(None), ~placed)
    return [(row.id, row.path) for row in connection.execute(select(records.id, records.path).where(*where))]


def missed_but_there(connection: Connection, share: str) -> list[Row]:
    """Rows at whose place a file lies though the record is missed: a person took the two apart (W3), or it is back."""
    records, entries = schema.records.c, schema.entries.c
    missed = select(records.id).where(records.share == share, records.missing_since.is_not(None))
    found: list[Row] = []
    for chunk in chunks(connection.execute(missed).scalars().all(), CHUNK):
        found += _rows(connection, entries.record_id.in_(chunk), entries.share == share, entries.gone_at.is_(None))
    return found


def place_on_disk(view: View, record: Record) -> str:
    """The path of a record as it lies on the disk, relative to its share: names need not be NFC there (W9)."""
    found = view.seen(places_of, [record.id]).get(record.id)
    if found and found[0] == record.share and not found[1].placeless:
        return on_disk(found[1].path)
    return on_disk(record.path)
