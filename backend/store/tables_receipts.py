"""The tables of contests and monthly statements. As in `tables`, every change here is a migration."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from backend.store.tables import ID, METADATA, Utc

contests = Table(
    "contests",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("use_id", ID, nullable=False, index=True),
    Column("camera_id", ID, ForeignKey("cameras.id"), nullable=False),
    Column("incident_id", ID, ForeignKey("incidents.id"), nullable=False),
    Column("user_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("why", String(16), nullable=False),
    Column("words", String(500), nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("number", Integer, ForeignKey("uses.number"), nullable=False, unique=True),
    Column("outcome", String(16)),
    Column("answer", String(500), nullable=False),
    Column("answered_by", ID, ForeignKey("users.id")),
    Column("answered_at", Utc),
    Column("answer_number", Integer, ForeignKey("uses.number"), unique=True),
    Index(
        "uq_contests_open",
        "use_id",
        unique=True,
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    ),
)

# One a site and month. What single openings were is not copied here: it stays where it can be erased.
statements = Table(
    "statements",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("site_id", ID, ForeignKey("sites.id"), nullable=False),
    Column("month", String(7), nullable=False, index=True),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("verdict", String(16), nullable=False, index=True),
    Column("cameras", JSON(none_as_null=True), nullable=False),
    Column("counted", JSON(none_as_null=True), nullable=False),
    UniqueConstraint("site_id", "month"),
)
