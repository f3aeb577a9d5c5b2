"""The tables of the ledger, in SQLAlchemy Core. ``migrations/`` makes them; a test proves that both say the same.

``events`` is the truth and only ever grows: triggers refuse everything but the next number. ``head`` is where it ends.
The other tables are projections of it, row by row what :mod:`retention.rules.lifecycle` makes of the events.
"""

from __future__ import annotations

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
)

VERSION = "0004"
"""The migration that these tables are the result of."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s",
    }
)

# Sorted by code point in both databases, so that both walk rows in one order.
Id = Text().with_variant(Text(collation="C"), "postgresql")

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_events_subject", "subject", "seq"),
)

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("id = 1"),
)

records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("share", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("filed_on", Date, nullable=False),
    Column("class_key", Text),
    Column("period_first", Date),
    Column("period_last", Date),
    Column("dated", Date),
    Column("department", Text, nullable=False),
    Column("proof", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("altered_to", Text),
    Column("missing_since", Date),
    Column("resurfaced_at", Text),
    Column("extension", Text),
    Column("list_id", Id),
    Column("intent", BigInteger),
    Column("outcome", Text),
    Column("eligible_on", Date),
    Index("ix_records_path", "share", "path"),
    Index("ix_records_digest", "digest"),
    Index("ix_records_class", "class_key", "period_first"),
    Index("ix_records_list", "list_id"),
    Index("ix_records_eligible", "eligible_on", "id"),
)
Index(
    "ix_records_missing",
    records.c.share,
    records.c.missing_since,
    sqlite_where=records.c.missing_since.is_not(None),
    postgresql_where=records.c.missing_since.is_not(None),
)

record_holds = Table(
    "record_holds",
    metadata,
    Column("record_id", Id, primary_key=True),
    Column("hold_id", Id, primary_key=True),
    Index("ix_record_holds_hold", "hold_id"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_by_version", Text, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("released_on", Date),
)

adoptions = Table(
    "adoptions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("event", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("closed_on", Date),
    Column("secret", Text, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("locked_until", Text),
)

credentials = Table(
    "credentials",
    metadata,
    Column("account", Id, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("failures", Integer, nullable=False),
)
"""The stored forms of passwords, and how many wrong ones were tried in a row: secrets, no evidence, in no export."""

# --- what the watcher saw: no state of records, no evidence; a scan rebuilds it. Times in microseconds since 1970 ---

shares = Table(
    "shares",
    metadata,
    Column("name", Id, primary_key=True),
    Column("root", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("root_id", Text, nullable=False),
    Column("passes", BigInteger, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("full_at", BigInteger),
    Column("believed_at", BigInteger),
    Column("believed_seq", BigInteger, nullable=False),
    Column("health", Text, nullable=False),
    Column("health_since", BigInteger, nullable=False),
)

folders = Table(
    "folders",
    metadata,
    Column("share", Id, primary_key=True),
    Column("path", Id, primary_key=True),
    Column("parent", Id, nullable=False),
    Column("digest", LargeBinary),
    Column("looks", BigInteger, nullable=False),
    Column("mounted", Boolean, nullable=False),
    Column("left_alone", Integer, nullable=False),
    Column("trouble", Text),
    Column("trouble_since", BigInteger),
    Index("ix_folders_parent", "share", "parent"),
)

entries = Table(
    "entries",
    metadata,
    Column("share", Id, primary_key=True),
    Column("folder", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("size", BigInteger),
    Column("mtime", BigInteger),
    Column("file_id", BigInteger),
    Column("digest", Text),
    Column("standing", Text, nullable=False),
    Column("record_id", Id),
    Column("new_size", BigInteger),
    Column("new_mtime", BigInteger),
    Column("new_file_id", BigInteger),
    Column("since", BigInteger),
    Column("waiting_since", BigInteger),
    Column("note", Text),
    Column("tries", Integer, nullable=False),
    Column("retry_at", BigInteger),
    Column("gone_at", BigInteger),
    Column("gone_pass", BigInteger),
    Index("ix_entries_file", "share", "file_id"),
    Index("ix_entries_record", "record_id"),
)
Index(
    "ix_entries_new",
    entries.c.share,
    entries.c.new_size,
    sqlite_where=entries.c.new_size.is_not(None),
    postgresql_where=entries.c.new_size.is_not(None),
)
Index(
    "ix_entries_gone",
    entries.c.share,
    entries.c.gone_at,
    sqlite_where=entries.c.gone_at.is_not(None),
    postgresql_where=entries.c.gone_at.is_not(None),
)

disposal_lists = Table(
    "disposal_lists",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_disposal_lists_number", "number", unique=True),
)
"""``body``: the list as retention.lists makes it of the events, in canonical form, without its items."""

disposal_items = Table(
    "disposal_items",
    metadata,
    Column("list_id", Id, primary_key=True),
    Column("record_id", Id, primary_key=True),
    Column("row", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("body", Text, nullable=False),
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
