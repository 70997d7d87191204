"""The tables of what the desk and officers write to each other. Every change is a migration."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from backend.store.tables import ID, METADATA, Utc

notes = Table(
    "notes",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("unit_id", ID, ForeignKey("units.id")),
    Column("at", Utc, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("incident_id", "number", name="uq_notes_incident_id"),
)

# Beside the notes, so that reading those never reads pictures.
note_stills = Table(
    "note_stills",
    METADATA,
    Column("note_id", ID, ForeignKey("notes.id"), primary_key=True),
    Column("feed_id", ID, ForeignKey("feeds.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(160), nullable=False),
    Column("use_id", ID, nullable=False),
    Column("session", String(64), nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
)

# How far each reader is: marks only rise, so one that comes twice or late changes nothing.
note_readers = Table(
    "note_readers",
    METADATA,
    Column("incident_id", ID, ForeignKey("incidents.id"), primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), primary_key=True),
    Column("unit_id", ID, ForeignKey("units.id")),
    Column("delivered", Integer, nullable=False),
    Column("read", Integer, nullable=False),
)

# None of a side: the defaults hold (model.notes).
phrases = Table(
    "phrases",
    METADATA,
    Column("side", String(16), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("text", String(60), nullable=False),
)
