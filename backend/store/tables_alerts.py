"""The tables of alerts: what units are told, and which browsers are still to be told of it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, text

from backend.store.tables import ID, METADATA, Utc

_UNANSWERED = text("acknowledged_at IS NULL")

alerts = Table(
    "alerts",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("response_id", ID, ForeignKey("responses.id"), nullable=False, unique=True),
    Column("raised_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("reach", String(16), nullable=False),
    Column("acknowledged_at", Utc),
    Column("acknowledged_by", ID, ForeignKey("users.id")),
    Column("silent_at", Utc),
    Column("next_unit_id", ID, ForeignKey("units.id")),
    Index("ix_alerts_unanswered", "raised_at", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
)

# The outbox. A row goes once its browser was told that the alert is over, or will be told nothing more;
# `push_id` may be forgotten before that.
alert_pushes = Table(
    "alert_pushes",
    METADATA,
    Column("alert_id", ID, ForeignKey("alerts.id"), primary_key=True),
    Column("push_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("due_at", Utc, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("told_at", Utc),
)
