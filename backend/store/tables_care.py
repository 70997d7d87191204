"""The tables of care for dispatchers: choices, the ledger of exposure, who has an incident.

Every change is a migration.
"""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, text

from backend.store.tables import ID, METADATA, Utc

# Of whoever has chosen anything; of the others model.care.usual holds.
care_choices = Table(
    "care_choices",
    METADATA,
    Column("user_id", ID, ForeignKey("users.id"), primary_key=True),
    Column("blur", Boolean, nullable=False),
    Column("still_first", Boolean, nullable=False),
)

# Names no incident: seconds by day and type.
exposures = Table(
    "exposures",
    METADATA,
    Column("user_id", ID, ForeignKey("users.id"), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("type", String(40), primary_key=True),
    Column("motion_s", Integer, nullable=False),
    Column("still_s", Integer, nullable=False),
)

handlers = Table(
    "handlers",
    METADATA,
    Column("incident_id", ID, ForeignKey("incidents.id"), primary_key=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("since", Utc, nullable=False),
    Column("from_id", ID, ForeignKey("users.id")),
)

transfers = Table(
    "transfers",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False),
    Column("from_id", ID, ForeignKey("users.id"), nullable=False),
    Column("to_id", ID, ForeignKey("users.id")),
    Column("offered_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("end", String(16)),
    Index(
        "uq_transfers_open",
        "incident_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)
