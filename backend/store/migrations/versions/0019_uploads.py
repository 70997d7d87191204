"""photos and clips that callers send"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("use_id", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("begun_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_uploads_incident_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_uploads_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    for column in ("link_id", "incident_id", "state"):
        op.create_index(op.f(f"ix_uploads_{column}"), "uploads", [column], unique=False)
