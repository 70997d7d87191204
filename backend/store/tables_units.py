"""The tables of units: who is on duty where, and how far each is that was sent."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, text

from backend.store.tables import ID, METADATA, Utc

_ON = text("ended_at IS NULL")
_OUT = text("clear_at IS NULL")

duties = Table(
    "duties",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("unit_id", ID, ForeignKey("units.id"), nullable=False, index=True),
    Column("since", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("end", String(16)),
    Column("ended_by", ID, ForeignKey("users.id")),
    Index("ix_duties_user_id_since", "user_id", "since"),
    Index("uq_duties_on", "user_id", unique=True, sqlite_where=_ON, postgresql_where=_ON),
)

# A unit sent to an incident. Without `clear_at`, and while the incident is open, it is assigned to it.
responses = Table(
    "responses",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("unit_id", ID, ForeignKey("units.id"), nullable=False, index=True),
    Column("dispatched_at", Utc, nullable=False),
    Column("en_route_at", Utc),
    Column("on_scene_at", Utc),
    Column("clear_at", Utc),
    Index(
        "uq_responses_out",
        *("incident_id", "unit_id"),
        unique=True,
        sqlite_where=_OUT,
        postgresql_where=_OUT,
    ),
)

# Presses that were taken, by the ids that phones gave them.
presses = Table(
    "presses",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("response_id", ID, ForeignKey("responses.id"), nullable=False, index=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
)
