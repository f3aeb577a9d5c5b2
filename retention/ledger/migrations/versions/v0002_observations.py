"""What the watcher saw of the shares: no state of records, and no evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    id_type = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "shares",
        sa.Column("name", id_type, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("root_id", sa.Text, nullable=False),
        sa.Column("passes", sa.BigInteger, nullable=False),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
        sa.Column("full_at", sa.BigInteger),
        sa.Column("believed_at", sa.BigInteger),
        sa.Column("believed_seq", sa.BigInteger, nullable=False),
        sa.Column("health", sa.Text, nullable=False),
        sa.Column("health_since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shares"),
    )
    op.create_table(
        "folders",
        sa.Column("share", id_type, nullable=False),
        sa.Column("path", id_type, nullable=False),
        sa.Column("parent", id_type, nullable=False),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("looks", sa.BigInteger, nullable=False),
        sa.Column("mounted", sa.Boolean, nullable=False),
        sa.Column("left_alone", sa.Integer, nullable=False),
        sa.Column("trouble", sa.Text),
        sa.Column("trouble_since", sa.BigInteger),
        sa.PrimaryKeyConstraint("share", "path", name="pk_folders"),
    )
    op.create_index("ix_folders_parent", "folders", ["share", "parent"])
    op.create_table(
        "entries",
        sa.Column("share", id_type, nullable=False),
        sa.Column("folder", id_type, nullable=False),
        sa.Column("name", id_type, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("mtime", sa.BigInteger),
        sa.Column("file_id", sa.BigInteger),
        sa.Column("digest", sa.Text),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("record_id", id_type),
        sa.Column("new_size", sa.BigInteger),
        sa.Column("new_mtime", sa.BigInteger),
        sa.Column("new_file_id", sa.BigInteger),
        sa.Column("since", sa.BigInteger),
        sa.Column("waiting_since", sa.BigInteger),
        sa.Column("note", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("gone_pass", sa.BigInteger),
        sa.PrimaryKeyConstraint("share", "folder", "name", name="pk_entries"),
    )
    op.create_index("ix_entries_file", "entries", ["share", "file_id"])
    op.create_index("ix_entries_record", "entries", ["record_id"])
    for name, table, column in (
        ("ix_entries_new", "entries", "new_size"),
        ("ix_entries_gone", "entries", "gone_at"),
        ("ix_records_missing", "records", "missing_since"),
    ):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, ["share", column], sqlite_where=there, postgresql_where=there)
