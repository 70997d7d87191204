"""Alembic's entry: runs the steps on the connection that Store.migrate brings."""

from alembic import context

from backend.store.tables import METADATA
from backend.store.tables_public import uses

assert uses.metadata is METADATA  # which has the tables of both files
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
