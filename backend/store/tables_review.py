"""The tables of the weekly review, and of glass that was broken."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from backend.store.tables import ID, METADATA, Utc

# Who was let see an incident that the rules lock them out of.
broken_glass = Table(
    "broken_glass",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("by", ID, ForeignKey("users.id"), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("expires_at", Utc, nullable=False),
    Column("number", Integer, ForeignKey("uses.number"), nullable=False, unique=True),
    Column("ended_at", Utc),
    Column("end", String(32)),
)

# A week that has been reviewed, by its Monday; `summary` is what its charts are drawn from.
review_weeks = Table(
    "review_weeks",
    METADATA,
    Column("week", Date, primary_key=True),
    Column("made_at", Utc, nullable=False),
    Column("summary", JSON(none_as_null=True), nullable=False),
)

# What a review found. Of its evidence the numbers of the leaves are kept; closed once, never again.
findings = Table(
    "findings",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("week", Date, ForeignKey("review_weeks.week"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False),  # what of that kind it is, in this week
    Column("user_id", ID, ForeignKey("users.id"), nullable=False),
    Column("camera_id", ID, ForeignKey("cameras.id")),
    Column("figures", JSON(none_as_null=True), nullable=False),
    Column("evidence", JSON(none_as_null=True), nullable=False),
    Column("made_at", Utc, nullable=False, index=True),
    Column("closed_at", Utc, index=True),
    Column("closed_by", ID, ForeignKey("users.id")),
    Column("outcome", String(32)),
    UniqueConstraint("week", "kind", "key", name="uq_findings_week"),
)

# Words of auditors, in their order. Nothing changes or removes them.
remarks = Table(
    "remarks",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("finding_id", ID, ForeignKey("findings.id"), nullable=False, index=True),
    Column("by", ID, ForeignKey("users.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("words", Text, nullable=False),
)
