"""which rung of the ladder a caller is on, and every change of it"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("rung", sa.String(length=16), nullable=True),
        sa.Column("rung_reason", sa.String(length=24), nullable=True),
        sa.Column("rung_since", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("links", column)
    op.create_table(
        "rung_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_rung_changes_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rung_changes")),
    )
    op.create_index(op.f("ix_rung_changes_link_id"), "rung_changes", ["link_id"], unique=False)
