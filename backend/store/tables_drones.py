"""The tables of docks, their drones, who is on watch for them, and the weather."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from backend.store.tables import ID, METADATA, Utc

_IN_SERVICE = text("retired_at IS NULL")
_ON = text("ended_at IS NULL")

docks = Table(
    "docks",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False, index=True),
    Column("connector_id", ID, ForeignKey("connectors.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("point", JSON, nullable=False),
    Column("waiver", JSON, nullable=False),
    Column("roof_m", Float, nullable=False),
    Column("trouble", Text),
    Column("added_at", Utc, nullable=False),
    Column("retired_at", Utc),
)

drones = Table(
    "drones",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("dock_id", ID, ForeignKey("docks.id"), nullable=False),
    Column("called", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("airframe", JSON, nullable=False),
    Column("capacity_wh", Float, nullable=False),
    Column("health", Float, nullable=False),
    Column("air_s", Float, nullable=False),
    Column("cycles", Float, nullable=False),
    Column("service_every_h", Float, nullable=False),
    Column("serviced_air_s", Float, nullable=False),
    Column("trouble", Text),
    Column("added_at", Utc, nullable=False),
    Column("retired_at", Utc),
    Index("uq_drones_dock", "dock_id", unique=True, sqlite_where=_IN_SERVICE, postgresql_where=_IN_SERVICE),
)

watches = Table(
    "watches",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("dock_id", ID, ForeignKey("docks.id"), nullable=False),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("since", Utc, nullable=False),
    Column("observers", Integer, nullable=False),
    Column("ended_at", Utc),
    Index("uq_watches_dock", "dock_id", unique=True, sqlite_where=_ON, postgresql_where=_ON),
)

# The last report; one row.
weather = Table(
    "weather",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("report", JSON, nullable=False),
    Column("by", ID, nullable=False),
)
