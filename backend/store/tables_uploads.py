"""The table of what callers upload; the files are in the data folder."""

from sqlalchemy import Column, Float, ForeignKey, Integer, String, Table

from backend.store.tables import ID, METADATA, Utc

uploads = Table(
    "uploads",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("link_id", ID, ForeignKey("links.id"), nullable=False, index=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("use_id", ID, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("length", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("kind", String(16)),
    Column("width", Integer),
    Column("height", Integer),
    Column("seconds", Float),
)
