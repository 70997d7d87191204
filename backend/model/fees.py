"""The annual fee: a price for each level, an invoice a year for each site. Never asked before help."""

from datetime import date, datetime

import msgspec

from backend.model.cameras import ParticipationLevel
from backend.model.ids import InvoiceId, SiteId


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one camera costs a year at a level, in the smallest unit of the agency's currency."""

    level: ParticipationLevel
    cents: int


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One level's cameras."""

    level: ParticipationLevel
    cameras: int
    cents_each: int

    @property
    def cents(self) -> int:
        return self.cameras * self.cents_each


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A site's fee for one year. What it says was true when it was issued and is not changed later."""

    id: InvoiceId
    number: str  # 2026-000123: by year, without gaps
    site_id: SiteId
    year: int
    issued_at: datetime
    due_on: date
    currency: str  # ISO 4217
    addressee: str
    address: str
    lines: tuple[InvoiceLine, ...]
    paid_on: date | None = None
    paid_note: str = ""

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)
