"""What an invoice says, once, for its page and its PDF: both are the same paper."""

from datetime import date

import msgspec

from backend.model import money
from backend.model.cameras import ParticipationLevel
from backend.model.fees import PROMISE, Invoice

LEVELS = {
    ParticipationLevel.REGISTRY: "On the map only",
    ParticipationLevel.ASK: "Ask me first",
    ParticipationLevel.OWN_CALLS: "My own calls",
    ParticipationLevel.NEARBY: "Nearby emergencies",
}


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice in words. `rows` are level, cameras, price each and sum."""

    title: str
    issuer: str
    addressee: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, str, str], ...]
    total: str
    notes: tuple[str, ...]


def paper(invoice: Invoice, issued_on: date) -> Paper:
    """What it says. Whether it has been paid is not on the paper, because the paper never changes."""
    due = f"Please pay by {_day(invoice.due_on)} and name the number {invoice.number}."
    return Paper(
        title=f"Invoice {invoice.number}",
        issuer=invoice.issuer,
        addressee=(invoice.addressee, *filter(None, (line.strip() for line in invoice.address.split("\n")))),
        facts=(
            ("For", f"cameras at {invoice.site}, {invoice.year}"),
            ("Issued", _day(issued_on)),
            ("Due", _day(invoice.due_on) if invoice.cents else "nothing to pay"),
        ),
        rows=tuple(
            (
                LEVELS[line.level],
                str(line.cameras),
                money.shown(line.cents_each, invoice.currency),
                money.shown(line.cents, invoice.currency),
            )
            for line in invoice.lines
        ),
        total=money.shown(invoice.cents, invoice.currency),
        notes=(due if invoice.cents else "There is nothing to pay.", PROMISE),
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
