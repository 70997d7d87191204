"""leaves of the public log"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uses",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("feed_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=32), nullable=True),
        sa.Column("opening_id", sa.String(length=32), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session", sa.String(length=64), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_uses_camera_id")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_uses_feed_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_uses_grant_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_uses_incident_id")),
        sa.ForeignKeyConstraint(["opening_id"], ["openings.id"], name=op.f("fk_uses_opening_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_uses_user_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_uses")),
        sa.UniqueConstraint("session", name=op.f("uq_uses_session")),
    )
    for column in ("camera_id", "feed_id", "id", "incident_id", "key", "user_id"):
        op.create_index(op.f(f"ix_uses_{column}"), "uses", [column], unique=False)
    op.create_index(
        "ix_uses_waiting",
        "uses",
        ["number"],
        unique=False,
        sqlite_where=sa.text('"index" IS NULL'),
        postgresql_where=sa.text('"index" IS NULL'),
    )
