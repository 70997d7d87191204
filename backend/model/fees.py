"""The annual fee: a price for each level, an invoice a year for each site. Never asked before help.

Nothing that decides who sees what may import this or read what it holds; tests/rules/test_fees.py keeps that.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.cameras import ParticipationLevel
from backend.model.ids import InvoiceId, SiteId, UserId

PROMISE = "The fee changes nothing about who gets help first."
PAYABLE_WITHIN = timedelta(days=30)
MOST_PRICE_CENTS = 100_000_00
MOST_OF_A_YEAR = 999_999  # numbers have six digits


class InvoiceState(StrEnum):
    """Where an invoice stands. FREE: it asks for nothing, so there is nothing to pay."""

    FREE = "free"
    PAID = "paid"
    OPEN = "open"
    OVERDUE = "overdue"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one camera costs a year at a level, in the smallest unit of the agency's currency."""

    level: ParticipationLevel
    cents: int


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Every level's price, from least to most; `currency` in ISO 4217, with `digits` after the point."""

    currency: str
    digits: int
    prices: tuple[Price, ...]
    promise: str = PROMISE


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
    issuer: str  # the agency, as it was called then
    site: str  # the site's name then
    addressee: str
    address: str
    lines: tuple[InvoiceLine, ...]
    paid_on: date | None = None
    paid_note: str = ""

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)

    def state(self, today: date) -> InvoiceState:
        """Where it stands on this day of the agency's calendar."""
        if self.cents == 0:
            return InvoiceState.FREE
        if self.paid_on is not None:
            return InvoiceState.PAID
        return InvoiceState.OVERDUE if today > self.due_on else InvoiceState.OPEN


class InvoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as the pages show it. `html` and `pdf` are where the paper itself is."""

    id: str
    number: str
    site_id: str
    year: int
    issued_at: datetime
    due_on: date
    currency: str
    digits: int  # of the currency, after the point
    site: str
    addressee: str
    address: str
    lines: tuple[InvoiceLine, ...]
    cents: int
    state: InvoiceState
    paid_on: date | None
    paid_note: str
    html: str
    pdf: str


class YearOfFees(msgspec.Struct, frozen=True, kw_only=True):
    """A year's invoices, newest number first, and what they come to; `missing` sites have none yet.

    `today` is the agency's day, the last on which one can have been paid.
    """

    year: int
    today: date
    currency: str
    digits: int
    billed: int
    paid: int
    open: int
    overdue: int
    missing: int
    invoices: tuple[InvoiceView, ...]
    promise: str = PROMISE


class BillableSite(msgspec.Struct, frozen=True, kw_only=True):
    """A site to be billed: who owns it and how many cameras stand there, by level."""

    id: SiteId
    owner_id: UserId
    name: str
    address: str
    addressee: str
    cameras: dict[ParticipationLevel, int]


def lines_for(
    cameras: Mapping[ParticipationLevel, int], prices: Mapping[ParticipationLevel, int]
) -> tuple[InvoiceLine, ...]:
    """A line for each level that has cameras, from least to most; a level without a price is free."""
    return tuple(
        InvoiceLine(level=level, cameras=cameras[level], cents_each=prices.get(level, 0))
        for level in ParticipationLevel
        if cameras.get(level, 0) > 0
    )


def total(invoices: Iterable[Invoice], today: date, *states: InvoiceState) -> int:
    """What the invoices in these states ask for together."""
    return sum(invoice.cents for invoice in invoices if invoice.state(today) in states)
