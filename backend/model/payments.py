"""A list of payments, as a bank or a city's books export it: lenient about how it is written, strict about
what it means. Reads text; knows no invoice.
"""

import csv
import io
import re
from datetime import date
from enum import StrEnum

import msgspec

from backend.model import money

MOST_BYTES = 1024 * 1024
MOST_ROWS = 5000
_NAMES = {
    "number": {"number", "invoice", "invoicenumber", "invoiceno", "reference", "paymentreference", "ref"},
    "paid_on": {"date", "paidon", "paymentdate", "bookingdate", "valuedate", "datepaid"},
    "amount": {"amount", "sum", "paidamount", "amountpaid", "paid", "credit", "value"},
}
_INVOICE = re.compile(r"(?<!\d)(\d{4}-\d{6})(?!\d)", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class PaymentOutcome(StrEnum):
    """What a row comes to. Only PAYS changes anything."""

    PAYS = "pays"
    ALREADY = "already"  # it is paid: importing twice changes nothing
    NO_INVOICE = "no-invoice"
    WRONG_AMOUNT = "wrong-amount"
    NOTHING_DUE = "nothing-due"
    TWICE = "twice"  # an earlier row of the same file pays it
    BAD_DATE = "bad-date"  # before the invoice, or still to come
    UNREADABLE = "unreadable"


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could be read: an invoice's number, the day, the amount in cents."""

    number: str
    paid_on: date
    cents: int


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is told of one row. `line` counts from 1, as editors do; `words` say why."""

    line: int
    number: str
    paid_on: date | None
    cents: int | None
    outcome: PaymentOutcome
    words: str


class PaymentReport(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one file. `preview`: nothing was changed."""

    preview: bool
    rows: tuple[PaymentRow, ...]


class UnreadableFile(ValueError):
    """The file as a whole says nothing that can be used; the text says what to do."""


def read(raw: bytes, currency: str, *, month_first: bool) -> list[tuple[int, Payment | str]]:
    """Each row by its line: a payment, or in words why it is none. Raises UnreadableFile.

    UTF-8 with or without a BOM, UTF-16 with one, or Windows-1252; commas, semicolons, tabs or bars; a first
    line with names, or the columns number, date, amount in this order. Other columns are ignored.
    `month_first` is how 3/4/2026 is meant here.
    """
    text = _decoded(raw)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    columns: dict[str, int] | None = None
    found: list[tuple[int, Payment | str]] = []
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _named(cells)
                if columns is not None:
                    continue
                columns = _unnamed(cells)
            if len(found) >= MOST_ROWS:
                raise UnreadableFile(f"The file has more than {MOST_ROWS} rows. Import it in parts.")
            found.append((lines.line_num, _payment(cells, columns, currency, month_first)))
    except csv.Error as error:
        raise UnreadableFile(f"Line {lines.line_num} breaks the file off: {error}.") from error
    if not found:
        raise UnreadableFile("There is no payment in this file.")
    return found


def _decoded(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise UnreadableFile("The file is larger than 1 MB. Import it in parts.")
    codecs = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for codec in codecs:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableFile("This is no text. Export the payments as CSV.")


def _separator(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=lambda mark: (first.count(mark), mark == ","))


def _named(cells: list[str]) -> dict[str, int] | None:
    plain = [re.sub(r"[^a-z]", "", cell.lower()) for cell in cells]
    found: dict[str, int] = {}
    for name, known in _NAMES.items():
        places = [index for index, cell in enumerate(plain) if cell in known]
        if len(places) > 1:
            raise UnreadableFile(f"Two columns could be the {name.replace('_', ' ')}. Take one of them out.")
        if places:
            found[name] = places[0]
    return found if len(found) == len(_NAMES) else None


def _unnamed(cells: list[str]) -> dict[str, int]:
    if len(cells) >= 3 and _INVOICE.search(cells[0]):
        return {"number": 0, "paid_on": 1, "amount": 2}
    raise UnreadableFile(
        "The first line names no columns. It needs number, date and amount; others may stand beside them."
    )


def _payment(cells: list[str], columns: dict[str, int], currency: str, month_first: bool) -> Payment | str:
    if len(cells) <= max(columns.values()):
        return "the row is too short"
    numbers = set(_INVOICE.findall(cells[columns["number"]]))
    if len(numbers) != 1:
        return "there is no invoice number" if not numbers else "there is more than one invoice number"
    try:
        return Payment(
            number=numbers.pop(),
            paid_on=_day(cells[columns["paid_on"]].strip(), month_first),
            cents=money.read(cells[columns["amount"]].strip(), currency),
        )
    except ValueError as error:
        return str(error)


def _day(text: str, month_first: bool) -> date:
    """2026-03-04, 4.3.2026, or 3/4/2026 as it is meant here. Raises ValueError with words."""
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DOTS.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _SLASHES.fullmatch(text):
            month, day = (found[1], found[2]) if month_first else (found[2], found[1])
            return date(int(found[3]), int(month), int(day))
    except ValueError:
        raise ValueError("there is no such day") from None
    raise ValueError("the date cannot be read: write it like 2026-03-04")
