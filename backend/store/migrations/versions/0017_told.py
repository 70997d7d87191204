"""which browsers were told of an alert, so that they are told when it is over"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_pushes", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
