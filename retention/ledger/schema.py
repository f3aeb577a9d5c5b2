"""The tables of the ledger, in SQLAlchemy Core: a new ledger is made from them, and a test holds it against them.

``events`` is the truth and only ever grows: triggers refuse everything but the next number. ``head`` is where it ends.
The other tables are projections of it, row by row what :mod:`retention.rules.lifecycle` makes of the events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    insert,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = "0004"
"""The revision that these tables are; what brings an older ledger here lies in ``migrations/``."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s",
    }
)

# Sorted by code point in both databases, so that both walk rows in one order.
Id = Text().with_variant(Text(collation="C"), "postgresql")


def _key(kind: Any, *names: str) -> list[Column[Any]]:
    return [Column(name, kind, primary_key=True, autoincrement=False) for name in names]


def _has(kind: Any, *names: str) -> list[Column[Any]]:
    """Columns that every row has something in."""
    return [Column(name, kind, nullable=False) for name in names]


def _may(kind: Any, *names: str) -> list[Column[Any]]:
    """Columns that may be empty."""
    return [Column(name, kind) for name in names]


_PARTIAL: list[tuple[Index, Column[Any]]] = []


def _index_of_some(name: str, share: Column[Any], column: Column[Any]) -> None:
    """An index of the few rows of a share that have something in a column."""
    _PARTIAL.append((Index(name, share, column, sqlite_where=column.is_not(None)), column))


def for_postgresql() -> None:
    """Say to PostgreSQL, too, that indexes of some rows are no more: naming a dialect loads it, asyncio included."""
    for index, column in _PARTIAL:
        index.dialect_kwargs["postgresql_where"] = column.is_not(None)


events = Table(
    "events",
    metadata,
    *_key(BigInteger, "seq"),
    *_has(Id, "subject"),
    *_has(Text, "kind"),
    *_has(LargeBinary, "body", "hash"),
    Index("ix_events_subject", "subject", "seq"),
)

head = Table(
    "head",
    metadata,
    *_key(Integer, "id"),
    *_has(BigInteger, "seq"),
    *_has(LargeBinary, "hash"),
    CheckConstraint("id = 1"),
)

records = Table(
    "records",
    metadata,
    *_key(Id, "id"),
    *_has(Text, "share", "path", "digest"),
    *_has(BigInteger, "size"),
    *_has(Date, "filed_on"),
    *_may(Text, "class_key"),
    *_may(Date, "period_first", "period_last", "dated"),
    *_has(Text, "department"),
    *_has(Boolean, "proof"),
    *_has(Text, "state"),
    *_may(Text, "altered_to"),
    *_may(Date, "missing_since"),
    *_may(Text, "resurfaced_at", "extension"),
    *_may(Id, "list_id"),
    *_may(BigInteger, "intent"),
    *_may(Text, "outcome"),
    *_may(Date, "eligible_on"),
    Index("ix_records_path", "share", "path"),
    Index("ix_records_digest", "digest"),
    Index("ix_records_class", "class_key", "period_first"),
    Index("ix_records_list", "list_id"),
    Index("ix_records_eligible", "eligible_on", "id"),
)
_index_of_some("ix_records_missing", records.c.share, records.c.missing_since)

record_holds = Table(
    "record_holds", metadata, *_key(Id, "record_id", "hold_id"), Index("ix_record_holds_hold", "hold_id")
)

holds = Table(
    "holds",
    metadata,
    *_key(Id, "id"),
    *_has(Text, "reason", "placed_by", "placed_by_version"),
    *_has(Date, "placed_on"),
    *_may(Date, "released_on"),
)

adoptions = Table("adoptions", metadata, *_key(Integer, "number"), *_has(BigInteger, "event"))

accounts = Table(
    "accounts",
    metadata,
    *_key(Id, "id"),
    *_has(Text, "name", "full_name", "roles", "department"),
    *_may(Date, "closed_on"),
    *_has(Text, "secret"),
    *_has(Boolean, "given"),
    *_may(Text, "locked_until"),
)

credentials = Table("credentials", metadata, *_key(Id, "account"), *_has(Text, "secret"), *_has(Integer, "failures"))
"""The stored forms of passwords, and how many wrong ones were tried in a row: secrets, no evidence, in no export."""

# --- what the watcher saw: no state of records, no evidence; a scan rebuilds it. Times in microseconds since 1970 ---

shares = Table(
    "shares",
    metadata,
    *_key(Id, "name"),
    *_has(Text, "root", "device", "root_id"),
    *_has(BigInteger, "passes", "looked_at"),
    *_may(BigInteger, "full_at", "believed_at"),
    *_has(BigInteger, "believed_seq"),
    *_has(Text, "health"),
    *_has(BigInteger, "health_since"),
)

folders = Table(
    "folders",
    metadata,
    *_key(Id, "share", "path"),
    *_has(Id, "parent"),
    *_may(LargeBinary, "digest"),
    *_has(BigInteger, "looks"),
    *_has(Boolean, "mounted"),
    *_has(Integer, "left_alone"),
    *_may(Text, "trouble"),
    *_may(BigInteger, "trouble_since"),
    Index("ix_folders_parent", "share", "parent"),
)

entries = Table(
    "entries",
    metadata,
    *_key(Id, "share", "folder", "name"),
    *_may(BigInteger, "size", "mtime", "file_id"),
    *_may(Text, "digest"),
    *_has(Text, "standing"),
    *_may(Id, "record_id"),
    *_may(BigInteger, "new_size", "new_mtime", "new_file_id", "since", "waiting_since"),
    *_may(Text, "note"),
    *_has(Integer, "tries"),
    *_may(BigInteger, "retry_at", "gone_at", "gone_pass"),
    Index("ix_entries_file", "share", "file_id"),
    Index("ix_entries_record", "record_id"),
)
_index_of_some("ix_entries_new", entries.c.share, entries.c.new_size)
_index_of_some("ix_entries_gone", entries.c.share, entries.c.gone_at)

disposal_lists = Table(
    "disposal_lists",
    metadata,
    *_key(Id, "id"),
    *_has(Text, "number", "state", "body"),
    Index("ix_disposal_lists_number", "number", unique=True),
)
"""``body``: the list as retention.lists makes it of the events, in canonical form, without its items."""

disposal_items = Table(
    "disposal_items",
    metadata,
    *_key(Id, "list_id", "record_id"),
    *_has(Integer, "row"),
    *_has(Text, "state"),
    *_has(Boolean, "open"),
    *_has(Text, "body"),
    Index("ix_disposal_items_record", "record_id"),
)

PROJECTIONS = (records, record_holds, holds, adoptions, accounts, disposal_lists, disposal_items)
"""What replaying the events rebuilds exactly (L1)."""

# --- triggers (L5) ----------------------------------------------------------------------------------------------
# They stop accidents and INSERT OR REPLACE. The owner of a database can drop them: see retention.ledger.chain.

_SQLITE = (
    """CREATE TRIGGER events_append BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events only grow, number by number'); END""",
    """CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END""",
    """CREATE TRIGGER head_no_delete BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the head is never removed'); END""",
    """CREATE TRIGGER head_forward BEFORE UPDATE ON head WHEN NEW.seq <= OLD.seq
BEGIN SELECT RAISE(ABORT, 'the head only moves forward'); END""",
    """CREATE TRIGGER head_once BEFORE INSERT ON head WHEN EXISTS (SELECT 1 FROM head)
BEGIN SELECT RAISE(ABORT, 'there is one head'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION events_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM events) THEN
    RAISE EXCEPTION 'events only grow, number by number';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is never changed or removed', TG_TABLE_NAME;
END $$""",
    "CREATE TRIGGER events_append BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_append()",
    "CREATE TRIGGER events_no_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER events_no_delete BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER head_no_delete BEFORE DELETE ON head FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER head_no_truncate BEFORE TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    """CREATE TRIGGER head_forward BEFORE UPDATE ON head FOR EACH ROW WHEN (NEW.seq <= OLD.seq)
EXECUTE FUNCTION ledger_refuse()""",
)

TRIGGERS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}

for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(metadata, "after_create", _ddl)


def make(connection: Connection) -> None:
    """Every table of a new ledger, its triggers, and the head before the first event."""
    metadata.create_all(connection)
    connection.execute(insert(head), {"id": 1, "seq": 0, "hash": bytes(32)})
