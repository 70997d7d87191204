"""Invoices as CSV for the city's books: RFC 4180 in UTF-8, and nothing in it that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from backend.model import money
from backend.model.fees import Invoice, InvoiceState

COLUMNS = (
    "number",
    "year",
    "issued_on",
    "due_on",
    "site",
    "addressee",
    "address",
    "currency",
    "amount",
    "state",
    "paid_on",
    "note",
)
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A cell that a spreadsheet shows instead of running it: it begins with an apostrophe when it must."""
    return f"'{text}" if text.startswith(_RUNS) or text.lstrip().startswith(_RUNS) else text


def csv_of(invoices: Iterable[tuple[Invoice, date, InvoiceState]]) -> bytes:
    """A line for each invoice, with its day of issue. It begins with a BOM, which spreadsheets need."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for invoice, issued_on, state in invoices:
        lines.writerow(
            (
                invoice.number,
                invoice.year,
                issued_on,
                invoice.due_on,
                harmless(invoice.site),
                harmless(invoice.addressee),
                harmless(invoice.address),
                invoice.currency,
                money.written(invoice.cents, invoice.currency),
                state.value,
                invoice.paid_on or "",
                harmless(invoice.paid_note),
            )
        )
    return text.getvalue().encode("utf-8-sig", "replace")
