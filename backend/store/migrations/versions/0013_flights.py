"""flights of drones, their tracks, and which drone a feed is published by"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("feeds", sa.Column("drone_id", ID, nullable=True))
    op.create_table(
        "flights",
        sa.Column("id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_flights_incident_id")),
        sa.Column("drone_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["drone_id"], ["drones.id"], name=op.f("fk_flights_drone_id")),
        sa.Column("flight", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("sent_by", ID, nullable=False),
        sa.Column("pressed_at", AT, nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("airborne_at", AT, nullable=True),
        sa.Column("on_scene_at", AT, nullable=True),
        sa.Column("picture_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("colour_feed_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["colour_feed_id"], ["feeds.id"], name=op.f("fk_flights_colour_feed_id")),
        sa.Column("thermal_feed_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["thermal_feed_id"], ["feeds.id"], name=op.f("fk_flights_thermal_feed_id")),
        sa.Column("relieves", ID, nullable=True),
        sa.ForeignKeyConstraint(["relieves"], ["flights.id"], name=op.f("fk_flights_relieves")),
        sa.Column("air_s", sa.Float(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flights")),
    )
    op.create_index(op.f("ix_flights_incident_id"), "flights", ["incident_id"])
    op.create_index(op.f("ix_flights_pressed_at"), "flights", ["pressed_at"])
    aloft = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_flights_aloft", "flights", ["drone_id"], unique=True, sqlite_where=aloft, postgresql_where=aloft
    )
    op.create_table(
        "flight_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flight_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["flight_id"], ["flights.id"], name=op.f("fk_flight_points_flight_id")),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flight_points")),
    )
    op.create_index(op.f("ix_flight_points_flight_id"), "flight_points", ["flight_id"])
