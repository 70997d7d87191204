"""Alembic's entry: runs the steps on the connection that Store.migrate brings."""

from alembic import context

from backend.store.tables import METADATA
from backend.store.tables_alerts import alerts
from backend.store.tables_drones import docks
from backend.store.tables_flights import flights
from backend.store.tables_notes import notes
from backend.store.tables_public import uses
from backend.store.tables_receipts import contests
from backend.store.tables_review import findings
from backend.store.tables_rungs import rung_changes
from backend.store.tables_talk import words
from backend.store.tables_units import duties
from backend.store.tables_uploads import uploads

tables = (alerts, docks, flights, notes, uses, contests, findings, rung_changes, words, duties, uploads)
assert all(table.metadata is METADATA for table in tables)
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
