"""The tables of what the desk and callers say to each other. Every change is a migration."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from backend.store.tables import ID, METADATA, Utc

words = Table(
    "words",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("link_id", ID, ForeignKey("links.id"), nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("user_id", ID, ForeignKey("users.id")),  # NULL: the caller
    Column("at", Utc, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("phrase", String(40)),
    Column("answers", Integer),
    Column("language", String(16)),
    Column("translated", Text),
    UniqueConstraint("link_id", "number", name="uq_words_link_id"),
)

# One row for each thread; marks only rise, so one that comes twice or late changes nothing.
talk_marks = Table(
    "talk_marks",
    METADATA,
    Column("link_id", ID, ForeignKey("links.id"), primary_key=True),
    Column("delivered", Integer, nullable=False),
    Column("read", Integer, nullable=False),
    Column("desk_read", Integer, nullable=False),
    Column("language", String(16)),
)
