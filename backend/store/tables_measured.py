"""The tables of what callers' sessions are measured by. Every change is a migration.

`caller_figures` names nobody and nothing: its rows cannot be led back to a link, an incident or a minute.
"""

from sqlalchemy import JSON, Column, Float, ForeignKey, Integer, String, Table

from backend.store.tables import ID, METADATA, Utc

# Links whose incident goes on, with what their browser said of itself; gone once they are measured.
unmeasured = Table(
    "unmeasured",
    METADATA,
    Column("link_id", ID, ForeignKey("links.id"), primary_key=True),
    Column("browser", String(16)),
    Column("network", String(16)),
)

caller_figures = Table(
    "caller_figures",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("hour", Utc, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("browser", String(16), nullable=False),
    Column("network", String(16), nullable=False),
    # seconds since the link was issued, to a tenth; none for what never came
    Column("sent_s", Float),
    Column("delivered_s", Float),
    Column("opened_s", Float),
    Column("permitted_s", Float),
    Column("picture_s", Float),
    Column("rungs", JSON, nullable=False),  # those that it was on, the best first
    Column("reasons", JSON, nullable=False),  # why it did not go further, each once
)
