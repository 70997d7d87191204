"""docks, their drones, who is on watch for them, and the weather"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "docks",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_docks_site_id")),
        sa.Column("connector_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["connector_id"], ["connectors.id"], name=op.f("fk_docks_connector_id")),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("point", sa.JSON(), nullable=False),
        sa.Column("waiver", sa.JSON(), nullable=False),
        sa.Column("roof_m", sa.Float(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("retired_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_docks")),
    )
    op.create_index(op.f("ix_docks_site_id"), "docks", ["site_id"])
    op.create_index(op.f("ix_docks_connector_id"), "docks", ["connector_id"])
    op.create_table(
        "drones",
        sa.Column("id", ID, nullable=False),
        sa.Column("dock_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["dock_id"], ["docks.id"], name=op.f("fk_drones_dock_id")),
        sa.Column("called", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("airframe", sa.JSON(), nullable=False),
        sa.Column("capacity_wh", sa.Float(), nullable=False),
        sa.Column("health", sa.Float(), nullable=False),
        sa.Column("air_s", sa.Float(), nullable=False),
        sa.Column("cycles", sa.Float(), nullable=False),
        sa.Column("service_every_h", sa.Float(), nullable=False),
        sa.Column("serviced_air_s", sa.Float(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("retired_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drones")),
    )
    in_service = sa.text("retired_at IS NULL")
    op.create_index(
        "uq_drones_dock",
        "drones",
        ["dock_id"],
        unique=True,
        sqlite_where=in_service,
        postgresql_where=in_service,
    )
    op.create_table(
        "watches",
        sa.Column("id", ID, nullable=False),
        sa.Column("dock_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["dock_id"], ["docks.id"], name=op.f("fk_watches_dock_id")),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_watches_user_id")),
        sa.Column("since", AT, nullable=False),
        sa.Column("observers", sa.Integer(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
    )
    op.create_index(op.f("ix_watches_user_id"), "watches", ["user_id"])
    on = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_watches_dock", "watches", ["dock_id"], unique=True, sqlite_where=on, postgresql_where=on
    )
    op.create_table(
        "weather",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weather")),
    )
