"""Disposal lists and their items."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    id_type = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "disposal_lists",
        sa.Column("id", id_type, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disposal_lists"),
    )
    op.create_index("ix_disposal_lists_number", "disposal_lists", ["number"], unique=True)
    op.create_table(
        "disposal_items",
        sa.Column("list_id", id_type, nullable=False),
        sa.Column("record_id", id_type, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "record_id", name="pk_disposal_items"),
    )
    op.create_index("ix_disposal_items_record", "disposal_items", ["record_id"])
