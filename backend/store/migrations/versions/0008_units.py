"""units: who is on duty, and how far each is that was sent"""

import sqlalchemy as sa
from alembic import op

from backend.model.ids import new_id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "duties",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_duties_ended_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_duties_unit_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_duties_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
    )
    op.create_index("ix_duties_unit_id", "duties", ["unit_id"])
    op.create_index("ix_duties_user_id_since", "duties", ["user_id", "since"])
    op.create_index(
        "uq_duties_on",
        "duties",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    responses = op.create_table(
        "responses",
        sa.Column("id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("dispatched_at", AT, nullable=False),
        sa.Column("en_route_at", AT, nullable=True),
        sa.Column("on_scene_at", AT, nullable=True),
        sa.Column("clear_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_responses_incident_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_responses_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
    )
    for column in ("incident_id", "unit_id"):
        op.create_index(op.f(f"ix_responses_{column}"), "responses", [column])
    op.create_index(
        "uq_responses_out",
        "responses",
        ["incident_id", "unit_id"],
        unique=True,
        sqlite_where=sa.text("clear_at IS NULL"),
        postgresql_where=sa.text("clear_at IS NULL"),
    )
    op.create_table(
        "presses",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_presses_response_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_presses_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presses")),
    )
    op.create_index(op.f("ix_presses_response_id"), "presses", ["response_id"])
    _carry_over(responses)
    op.drop_table("assignments")


def _carry_over(responses: sa.Table) -> None:
    """Who is assigned was dispatched when the audit log says so."""
    db = op.get_bind()
    assigned = sa.table("assignments", sa.column("incident_id"), sa.column("unit_id"))
    incidents = sa.table("incidents", sa.column("id"), sa.column("opened_at", AT))
    entries = sa.table(
        "entries",
        *(sa.column(name) for name in ("action", "subject", "incident_id", "refusal")),
        sa.column("at", AT),
    )
    sent_at = (
        sa.select(sa.func.max(entries.c.at))
        .where(
            entries.c.action == "unit.assign",
            entries.c.refusal.is_(None),
            entries.c.subject == assigned.c.unit_id,
            entries.c.incident_id == assigned.c.incident_id,
        )
        .scalar_subquery()
    )
    rows = db.execute(
        sa.select(
            assigned.c.incident_id, assigned.c.unit_id, sa.func.coalesce(sent_at, incidents.c.opened_at).label("at")
        ).join(incidents, incidents.c.id == assigned.c.incident_id)
    )
    held = [
        {"id": new_id("rsp"), "incident_id": row.incident_id, "unit_id": row.unit_id, "dispatched_at": row.at}
        for row in rows
    ]
    if held:
        db.execute(sa.insert(responses), held)
