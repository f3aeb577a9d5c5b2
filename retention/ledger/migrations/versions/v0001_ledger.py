"""Events, where they end, and what follows from them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_TRIGGERS = (
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

POSTGRESQL_TRIGGERS = (
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


def upgrade() -> None:
    """From nothing."""
    id_type = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("subject", id_type, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_subject", "events", ["subject", "seq"])
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_head"),
        sa.PrimaryKeyConstraint("id", name="pk_head"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": bytes(32)}])
    op.create_table(
        "records",
        sa.Column("id", id_type, nullable=False),
        sa.Column("share", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("filed_on", sa.Date, nullable=False),
        sa.Column("class_key", sa.Text),
        sa.Column("period_first", sa.Date),
        sa.Column("period_last", sa.Date),
        sa.Column("dated", sa.Date),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("proof", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("altered_to", sa.Text),
        sa.Column("missing_since", sa.Date),
        sa.Column("resurfaced_at", sa.Text),
        sa.Column("extension", sa.Text),
        sa.Column("list_id", id_type),
        sa.Column("intent", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("eligible_on", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
    )
    op.create_index("ix_records_path", "records", ["share", "path"])
    op.create_index("ix_records_digest", "records", ["digest"])
    op.create_index("ix_records_class", "records", ["class_key", "period_first"])
    op.create_index("ix_records_list", "records", ["list_id"])
    op.create_index("ix_records_eligible", "records", ["eligible_on", "id"])
    op.create_table(
        "record_holds",
        sa.Column("record_id", id_type, nullable=False),
        sa.Column("hold_id", id_type, nullable=False),
        sa.PrimaryKeyConstraint("record_id", "hold_id", name="pk_record_holds"),
    )
    op.create_index("ix_record_holds_hold", "record_holds", ["hold_id"])
    op.create_table(
        "holds",
        sa.Column("id", id_type, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_by_version", sa.Text, nullable=False),
        sa.Column("placed_on", sa.Date, nullable=False),
        sa.Column("released_on", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_table(
        "adoptions",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_adoptions"),
    )
    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(sa.text(statement))
