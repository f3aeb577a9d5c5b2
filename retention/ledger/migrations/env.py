"""Alembic's door: runs the revisions beside it on the connection that :mod:`retention.ledger.database` hands over."""

from alembic import context

from retention.ledger import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    transactional_ddl=True,
)
context.run_migrations()
