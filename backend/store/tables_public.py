"""The tables of the public log: what is written there, what of it is public by now, and what is withheld.

`uses` holds everything and is nobody's to show. `disclosed` holds what may be shown and nothing else: the
public page and its counts read that table alone.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    text,
)

from backend.store.tables import ID, METADATA, Utc


def _where(condition: str) -> dict[str, Any]:
    """A partial index, on either database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# Leaves of the public log, with what each commits to.
uses = Table(
    "uses",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", ID, nullable=False, index=True),
    Column("key", ID, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.id"), index=True),
    Column("feed_id", ID, ForeignKey("feeds.id"), index=True),
    Column("user_id", ID, ForeignKey("users.id"), index=True),
    Column("camera_id", ID, ForeignKey("cameras.id"), index=True),
    Column("opening_id", ID, ForeignKey("openings.id")),
    Column("grant_id", ID, ForeignKey("grants.id")),
    Column("at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("session", String(64), unique=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("fields", JSON(none_as_null=True), nullable=False),
    Column("index", BigInteger),
    Column("stage", SmallInteger, nullable=False, server_default="0"),  # backend.model.disclosure.Stage
    Index("ix_uses_waiting", "number", **_where('"index" IS NULL')),
    Index("ix_uses_unpublished", "index", **_where("stage = 0")),
    Index("ix_uses_closed", "incident_id", **_where("stage = 1")),
    Index("ix_uses_few", "number", **_where("stage = 2")),
)

# What is public, by the entry's index: `opened` names the fields, and each column is empty until its own is.
disclosed = Table(
    "disclosed",
    METADATA,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, ForeignKey("uses.number"), nullable=False, unique=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), index=True),  # to count by, never to show
    Column("opened", JSON(none_as_null=True), nullable=False),
    Column("use", ID, index=True),
    Column("hour", String(13), index=True),  # 2026-11-27T02, by the agency's clock
    Column("month", String(7)),
    Column("source", String(16)),
    Column("category", String(64)),
    Column("reason", String(32)),
    Column("level", String(16)),
    Column("duration_s", Float),
    Column("viewers", Integer),
    Column("district", String(64)),
    Index("ix_disclosed_place", "district", "month"),
)

# A bundle's disclosure file: `stale` until it has been written as the rows above say.
disclosure_files = Table(
    "disclosure_files",
    METADATA,
    Column("bundle", Integer, primary_key=True, autoincrement=False),
    Column("stale", Boolean, nullable=False),
    Index("ix_disclosure_files_stale", "bundle", **_where("stale")),
)

# Withheld for an open investigation. `number` is that of the leaf which says so.
seals = Table(
    "seals",
    METADATA,
    Column("number", Integer, ForeignKey("uses.number"), primary_key=True, autoincrement=False),
    Column("use_id", ID, nullable=False, index=True),
    Column("by", ID, ForeignKey("users.id"), nullable=False),
    Column("why", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("lifted_at", Utc),
)
