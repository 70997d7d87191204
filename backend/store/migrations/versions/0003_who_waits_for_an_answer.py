"""who else waits for an owner's answer; which sources are in trouble"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ask_waiters",
        sa.Column("ask_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name=op.f("fk_ask_waiters_ask_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ask_waiters_user_id")),
        sa.PrimaryKeyConstraint("ask_id", "user_id", name=op.f("pk_ask_waiters")),
    )
    op.create_index(
        "ix_sources_trouble",
        "sources",
        ["connector_id", "name"],
        unique=False,
        sqlite_where=sa.text("trouble IS NOT NULL"),
        postgresql_where=sa.text("trouble IS NOT NULL"),
    )
