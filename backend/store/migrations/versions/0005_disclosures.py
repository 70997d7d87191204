"""what of the public log is public, and what is withheld"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("uses") as uses:
        for column in ("incident_id", "feed_id", "user_id"):
            uses.alter_column(column, existing_type=sa.String(length=32), nullable=True)
        uses.add_column(sa.Column("stage", sa.SmallInteger(), nullable=False, server_default="0"))
    for name, column, where in (
        ("unpublished", "index", "stage = 0"),
        ("closed", "incident_id", "stage = 1"),
        ("few", "number", "stage = 2"),
    ):
        op.create_index(
            f"ix_uses_{name}",
            "uses",
            [column],
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "disclosed",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=True),
        sa.Column("opened", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("use", sa.String(length=32), nullable=True),
        sa.Column("hour", sa.String(length=13), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=True),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("viewers", sa.Integer(), nullable=True),
        sa.Column("district", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_disclosed_incident_id")),
        sa.ForeignKeyConstraint(["number"], ["uses.number"], name=op.f("fk_disclosed_number")),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_disclosed")),
        sa.UniqueConstraint("number", name=op.f("uq_disclosed_number")),
    )
    for column in ("hour", "incident_id", "kind", "use"):
        op.create_index(op.f(f"ix_disclosed_{column}"), "disclosed", [column], unique=False)
    op.create_index("ix_disclosed_place", "disclosed", ["district", "month"], unique=False)
    op.create_table(
        "disclosure_files",
        sa.Column("bundle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("bundle", name=op.f("pk_disclosure_files")),
    )
    op.create_index(
        "ix_disclosure_files_stale",
        "disclosure_files",
        ["bundle"],
        unique=False,
        sqlite_where=sa.text("stale"),
        postgresql_where=sa.text("stale"),
    )
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("use_id", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_seals_by")),
        sa.ForeignKeyConstraint(["number"], ["uses.number"], name=op.f("fk_seals_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
    )
    op.create_index(op.f("ix_seals_use_id"), "seals", ["use_id"], unique=False)
