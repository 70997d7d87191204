"""what units are told, and which browsers are still to be told of it"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("response_id", sa.String(length=32), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_unit_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["users.id"], name=op.f("fk_alerts_acknowledged_by")),
        sa.ForeignKeyConstraint(["next_unit_id"], ["units.id"], name=op.f("fk_alerts_next_unit_id")),
        sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=op.f("fk_alerts_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("response_id", name=op.f("uq_alerts_response_id")),
    )
    unanswered = sa.text("acknowledged_at IS NULL")
    op.create_index(
        "ix_alerts_unanswered",
        "alerts",
        ["raised_at"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.create_table(
        "alert_pushes",
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("push_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_pushes_alert_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_alert_pushes_user_id")),
        sa.PrimaryKeyConstraint("alert_id", "push_id", name=op.f("pk_alert_pushes")),
    )
    op.create_index(op.f("ix_alert_pushes_due_at"), "alert_pushes", ["due_at"], unique=False)
