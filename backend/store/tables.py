"""The tables, those of the public log apart (tables_public).

Every change here is a migration in migrations/versions; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
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
    # where they usually ride; where they are on duty now is in tables_units.duties
    Column("unit_id", ID, ForeignKey("units.id"), key="usual_unit_id"),
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
    Column("device", String(40), nullable=False),
    Column("since", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),  # when somebody last used it, to the minute
    Column("locked_at", Utc),
)

# Owners, and what they lend.

invitations = Table(
    "invitations",
    METADATA,
    Column("token_hash", HASH, primary_key=True),
    Column("invited_by", ID, ForeignKey("users.id"), nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

owner_requests = Table(
    "owner_requests",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("number", String(20), nullable=False),
    Column("email", String(254), nullable=False),
    Column("address", String(200), nullable=False),
    Column("words", String(500), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("decided_by", ID, ForeignKey("users.id")),
    Column("decided_at", Utc),
)

push_subscriptions = Table(
    "push_subscriptions",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("endpoint", String(1024), nullable=False, unique=True),
    Column("p256dh", String(128), nullable=False),
    Column("auth", String(64), nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("session_id", ID, index=True),  # that named it last; kept when that is over
)

sites = Table(
    "sites",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("owner_id", ID, ForeignKey("users.id"), index=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("address", String(200), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("retired_at", Utc),
)

site_numbers = Table(
    "site_numbers",
    METADATA,
    Column("site_id", ID, ForeignKey("sites.id"), primary_key=True),
    Column("number", String(20), primary_key=True, index=True),
)

connectors = Table(
    "connectors",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("enrolled_at", Utc, nullable=False),
    Column("seen_at", Utc),
    Column("version", String(32), nullable=False),
    Column("trouble", String(300)),
    Column("copied_at", Utc),
    Column("retired_at", Utc),
)

enrolments = Table(
    "enrolments",
    METADATA,
    Column("code_hash", HASH, primary_key=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False),
    Column("issued_by", ID, ForeignKey("users.id"), nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("used_at", Utc),
)

sources = Table(
    "sources",
    METADATA,
    Column("connector_id", ID, ForeignKey("connectors.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("label", String(120), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("codec", String(16), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("transcodes", Boolean, nullable=False),
    Column("has_sound", Boolean, nullable=False),
    Column("trouble", String(300)),
    Column("seen_at", Utc, nullable=False),
    # few are in trouble, and store.around asks of each camera whether its source is
    Index(
        "ix_sources_trouble",
        "connector_id",
        "name",
        sqlite_where=text("trouble IS NOT NULL"),
        postgresql_where=text("trouble IS NOT NULL"),
    ),
)

traffic = Table(
    "traffic",
    METADATA,
    Column("connector_id", ID, ForeignKey("connectors.id"), primary_key=True),
    Column("minute", Utc, primary_key=True),
    Column("media_bytes", BigInteger, nullable=False),
    Column("camera_bytes", BigInteger, nullable=False),
    Column("control_bytes", BigInteger, nullable=False),
    Column("rtsp_sessions", Integer, nullable=False),
    Column("signature", String(128), nullable=False),
    Index("ix_traffic_minute", "minute"),
)

cameras = Table(
    "cameras",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("cell", BigInteger),  # of model.grid; none once it is retired, which takes it off the map
    Column("reach_m", Integer, nullable=False),  # model.cameras.Camera.reach_m
    Column("heading_deg", Float),
    Column("field_deg", Float, nullable=False),
    Column("height_m", Float, nullable=False),
    Column("indoor", Boolean, nullable=False),
    Column("level", String(16), nullable=False),
    Column("radius_m", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("from_min", Integer, nullable=False),
    Column("to_min", Integer, nullable=False),
    Column("paused_at", Utc),
    Column("paused_until", Utc),
    Column("sound", Boolean, nullable=False),
    Column("connector_id", ID, ForeignKey("connectors.id"), index=True),
    Column("source", String(64)),
    Column("added_at", Utc, nullable=False),
    Column("retired_at", Utc),
    # what store.around reads of a camera before it is chosen: all of it in the index
    Index("ix_cameras_place", "cell", "reach_m", "latitude", "longitude", "id"),
)

stills = Table(
    "stills",
    METADATA,
    Column("camera_id", ID, ForeignKey("cameras.id"), primary_key=True),
    Column("taken_at", Utc, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
)

openings = Table(
    "openings",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("camera_id", ID, ForeignKey("cameras.id"), nullable=False, index=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("feed_id", ID, ForeignKey("feeds.id"), nullable=False),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("ended_at", Utc, index=True),
    Column("end", String(16)),
    Index(
        "uq_openings_open",
        "camera_id",
        "incident_id",
        "user_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

asks = Table(
    "asks",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("camera_id", ID, ForeignKey("cameras.id"), nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("asked_by", ID, ForeignKey("users.id"), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("reach", String(16), nullable=False),
    Column("answer", String(16)),
    Column("answered_at", Utc),
    UniqueConstraint("camera_id", "incident_id"),
)

# Who pressed while an owner was being asked, beside who asked.
ask_waiters = Table(
    "ask_waiters",
    METADATA,
    Column("ask_id", ID, ForeignKey("asks.id"), primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("pressed_at", Utc, nullable=False),
)

devices = Table(
    "devices",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("unit_id", ID, ForeignKey("units.id"), index=True),
    Column("camera_id", ID, ForeignKey("cameras.id"), index=True),
    Column("added_at", Utc, nullable=False),
    Column("seen_at", Utc),
    Column("retired_at", Utc),
)

prices = Table(
    "prices",
    METADATA,
    Column("level", String(16), primary_key=True),
    Column("cents", Integer, nullable=False),
)

invoices = Table(
    "invoices",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("issuer", String(40), nullable=False),
    Column("site", String(80), nullable=False),
    Column("addressee", String(80), nullable=False),
    Column("address", String(200), nullable=False),
    Column("lines", JSON(none_as_null=True), nullable=False),
    Column("paid_on", Date),
    Column("paid_note", String(200), nullable=False),
    UniqueConstraint("site_id", "year"),
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
    Column("site_id", ID, ForeignKey("sites.id")),
    Column("coarse_at", Utc),  # since when its places are coarse (services.places)
)

links = Table(
    "links",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("feed_id", ID),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("whom", String(16), nullable=False, server_default="caller"),
    Column("manner", String(16), nullable=False, server_default="open"),
    Column("number", String(20), nullable=False),
    Column("email", String(254), nullable=False, server_default=""),
    Column("language", String(16), nullable=False, server_default="en"),
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
    Column("rung", String(16)),
    Column("rung_reason", String(24)),
    Column("rung_since", Utc),
    Column("delivery", String(16), nullable=False),
    Column("delivery_reason", String(200)),
    Column("next_at", Utc, index=True),
    Column("unreached_at", Utc),
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
    Column("way", String(16), nullable=False, server_default="sms"),
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
    Column("camera_id", ID, ForeignKey("cameras.id"), index=True),
    Column("unit_id", ID, ForeignKey("units.id")),
    Column("device_id", ID, ForeignKey("devices.id")),
    Column("user_id", ID, ForeignKey("users.id")),
    Column("drone_id", ID),
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
