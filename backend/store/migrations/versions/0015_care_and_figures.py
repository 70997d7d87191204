"""care for dispatchers, who has an incident, figures of callers' sessions, places that become coarse"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("coarse_at", AT, nullable=True))
    op.create_table(
        "care_choices",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("blur", sa.Boolean(), nullable=False),
        sa.Column("still_first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_care_choices_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_care_choices")),
    )
    op.create_table(
        "exposures",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("motion_s", sa.Integer(), nullable=False),
        sa.Column("still_s", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exposures_user_id")),
        sa.PrimaryKeyConstraint("user_id", "day", "type", name=op.f("pk_exposures")),
    )
    op.create_index(op.f("ix_exposures_day"), "exposures", ["day"])
    op.create_table(
        "handlers",
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("from_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_handlers_incident_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_handlers_user_id")),
        sa.ForeignKeyConstraint(["from_id"], ["users.id"], name=op.f("fk_handlers_from_id")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_handlers")),
    )
    op.create_index(op.f("ix_handlers_user_id"), "handlers", ["user_id"])
    op.create_table(
        "transfers",
        sa.Column("id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=True),
        sa.Column("offered_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_transfers_incident_id")),
        sa.ForeignKeyConstraint(["from_id"], ["users.id"], name=op.f("fk_transfers_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_transfers_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    open_now = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_transfers_open",
        "transfers",
        ["incident_id"],
        unique=True,
        sqlite_where=open_now,
        postgresql_where=open_now,
    )
    op.create_table(
        "unmeasured",
        sa.Column("link_id", ID, nullable=False),
        sa.Column("browser", sa.String(length=16), nullable=True),
        sa.Column("network", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_unmeasured_link_id")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_unmeasured")),
    )
    op.create_table(
        "caller_figures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hour", AT, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=16), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("sent_s", sa.Float(), nullable=True),
        sa.Column("delivered_s", sa.Float(), nullable=True),
        sa.Column("opened_s", sa.Float(), nullable=True),
        sa.Column("permitted_s", sa.Float(), nullable=True),
        sa.Column("picture_s", sa.Float(), nullable=True),
        sa.Column("rungs", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_figures")),
    )
    op.create_index(op.f("ix_caller_figures_hour"), "caller_figures", ["hour"])
