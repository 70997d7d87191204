"""The table of rungs: every change of every caller's, without anything about a person."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from backend.store.tables import ID, METADATA, Utc

rung_changes = Table(
    "rung_changes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("link_id", ID, ForeignKey("links.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("rung", String(16), nullable=False),
    Column("reason", String(24), nullable=False),
)
