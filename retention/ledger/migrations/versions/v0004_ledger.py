"""The first revision that ledgers in use have: a new one is made whole from ``retention/ledger/schema.py`` instead."""

revision = "0004"
down_revision = None
branch_labels = None
depends_on = None
