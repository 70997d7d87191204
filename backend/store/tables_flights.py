"""The tables of flights and their tracks. Every change is a migration."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, text

from backend.store.tables import ID, METADATA, Utc

_ALOFT = text("ended_at IS NULL")

flights = Table(
    "flights",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("drone_id", ID, ForeignKey("drones.id"), nullable=False),
    Column("flight", JSON, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("sent_by", ID, nullable=False),
    Column("pressed_at", Utc, nullable=False, index=True),
    Column("follows", Boolean, nullable=False),
    Column("airborne_at", Utc),
    Column("on_scene_at", Utc),
    Column("picture_at", Utc),
    Column("ended_at", Utc),
    Column("outcome", String(16)),
    Column("colour_feed_id", ID, ForeignKey("feeds.id")),
    Column("thermal_feed_id", ID, ForeignKey("feeds.id")),
    Column("relieves", ID, ForeignKey("flights.id")),
    Column("air_s", Float, nullable=False),
    Column("used", Float, nullable=False),
    # one drone flies once at a time, whatever two people press
    Index("uq_flights_aloft", "drone_id", unique=True, sqlite_where=_ALOFT, postgresql_where=_ALOFT),
)

# Some seconds of a track in each row.
flight_points = Table(
    "flight_points",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("flight_id", ID, ForeignKey("flights.id"), nullable=False, index=True),
    Column("points", JSON, nullable=False),
)
