"""The tables. Every change here is a migration in migrations/versions; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Utc(TypeDecorator[datetime]):
    """Aware datetimes, in UTC; SQLite forgets the zone and gets it back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(32)
HASH = String(64)

units = Table(
    "units",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("call_sign", String(40), nullable=False, unique=True),
    Column("position", JSON(none_as_null=True)),
)

users = Table(
    "users",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("display_name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("unit_id", ID, ForeignKey("units.id")),
    Column("password_hash", String(256), nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_sign_in_failures_name_at", "name", "at"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("cookie_hash", HASH, nullable=False, unique=True),
    Column("expires_at", Utc, nullable=False, index=True),
)

incidents = Table(
    "incidents",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("type", String(40), nullable=False),
    Column("words", String(500), nullable=False),
    Column("callback_number", String(20)),
    Column("position", JSON(none_as_null=True)),
    Column("opened_at", Utc, nullable=False),
    Column("opened_by", ID, ForeignKey("users.id"), nullable=False),
    Column("closed_at", Utc, index=True),
)

assignments = Table(
    "assignments",
    METADATA,
    Column("incident_id", ID, ForeignKey("incidents.id"), primary_key=True),
    Column("unit_id", ID, ForeignKey("units.id"), primary_key=True),
)

links = Table(
    "links",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("feed_id", ID),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("number", String(20), nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("opened_at", Utc),
    Column("redeemed_at", Utc),
    Column("bound_key", String(64)),
    Column("asking_key", String(64)),
    Column("ended_at", Utc),
    Column("revoked_at", Utc),
    Column("camera", String(16), nullable=False),
    Column("position", String(16), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("delivery_reason", String(200)),
)

codes = Table(
    "codes",
    METADATA,
    Column("link_id", ID, ForeignKey("links.id"), primary_key=True),
    Column("code_hash", HASH, nullable=False, unique=True),
    Column("expires_at", Utc, nullable=False),
)

messages = Table(
    "messages",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("link_id", ID, ForeignKey("links.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("carrier_id", String(64), index=True),
    Column("reason", String(200)),
)

feeds = Table(
    "feeds",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", Utc, nullable=False),
)

grants = Table(
    "grants",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("secret_hash", HASH, nullable=False, unique=True),
    Column("scope", String(16), nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("link_id", ID, ForeignKey("links.id"), index=True),
    Column("feed_id", ID),
    Column("user_id", ID, ForeignKey("users.id"), index=True),
    Column("session_id", ID, index=True),
    Column("issued_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

positions = Table(
    "positions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("position", JSON(none_as_null=True), nullable=False),
)

entries = Table(
    "entries",
    METADATA,
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("action", String(32), nullable=False),
    Column("actor", ID, nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("incident_id", ID, index=True),
    Column("refusal", String(32)),
    Column("details", Text, nullable=False),  # canonical JSON: what was hashed
    Column("previous", HASH, nullable=False),
    Column("hash", HASH, nullable=False, unique=True),
)

# One row: whoever appends an entry locks it first, so that a database with many writers keeps one chain.
chain = Table(
    "chain",
    METADATA,
    Column("one", Boolean, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("head", HASH, nullable=False),
)
