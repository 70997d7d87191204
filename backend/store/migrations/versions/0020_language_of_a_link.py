"""the language that a link's text or e-mail is written in"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "links", sa.Column("language", sa.String(length=16), nullable=False, server_default="en")
    )
