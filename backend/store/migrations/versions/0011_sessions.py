"""which device a session is on, since when, when somebody last used it, and whether it is locked"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(length=32)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("device", sa.String(length=40), nullable=True),
        sa.Column("since", AT, nullable=True),
        sa.Column("seen_at", AT, nullable=True),
        sa.Column("locked_at", AT, nullable=True),
    ):
        op.add_column("sessions", column)
    op.add_column("push_subscriptions", sa.Column("session_id", ID, nullable=True))
    op.create_index(op.f("ix_push_subscriptions_session_id"), "push_subscriptions", ["session_id"])
    now = datetime.now(UTC)  # who is signed in stays so; nobody knows since when
    sessions = sa.table("sessions", sa.column("device"), sa.column("since", AT), sa.column("seen_at", AT))
    op.execute(sa.update(sessions).values(device="", since=now, seen_at=now))
    with op.batch_alter_table("sessions") as table:
        table.alter_column("device", existing_type=sa.String(length=40), nullable=False)
        table.alter_column("since", existing_type=AT, nullable=False)
        table.alter_column("seen_at", existing_type=AT, nullable=False)
