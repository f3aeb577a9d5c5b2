"""What the watcher saw of the shares: no state of records, and no evidence."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
