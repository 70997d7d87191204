"""contests, and monthly statements"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("use_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("answered_by", sa.String(length=32), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_number"], ["uses.number"], name=op.f("fk_contests_answer_number")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_contests_answered_by")),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_contests_camera_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_contests_incident_id")),
        sa.ForeignKeyConstraint(["number"], ["uses.number"], name=op.f("fk_contests_number")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contests")),
        sa.UniqueConstraint("answer_number", name=op.f("uq_contests_answer_number")),
        sa.UniqueConstraint("number", name=op.f("uq_contests_number")),
    )
    for column in ("at", "use_id", "user_id"):
        op.create_index(op.f(f"ix_contests_{column}"), "contests", [column], unique=False)
    op.create_index(
        "uq_contests_open",
        "contests",
        ["use_id"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("cameras", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("counted", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_statements_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("site_id", "month", name=op.f("uq_statements_site_id")),
    )
    for column in ("month", "verdict"):
        op.create_index(op.f(f"ix_statements_{column}"), "statements", [column], unique=False)
