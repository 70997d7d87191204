"""whom a link is for, in which manner, its e-mail address, and by which ways it went and goes next"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
WORD = sa.String(length=16)


def upgrade() -> None:
    for column in (
        sa.Column("whom", WORD, nullable=False, server_default="caller"),
        sa.Column("manner", WORD, nullable=False, server_default="open"),
        sa.Column("email", sa.String(length=254), nullable=False, server_default=""),
        sa.Column("next_at", AT, nullable=True),
        sa.Column("unreached_at", AT, nullable=True),
    ):
        op.add_column("links", column)
    op.create_index(op.f("ix_links_next_at"), "links", ["next_at"])
    op.add_column("messages", sa.Column("way", WORD, nullable=False, server_default="sms"))
