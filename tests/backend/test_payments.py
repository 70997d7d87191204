"""Money and files of payments, as rules: what is written is read back, and nothing makes them fail."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api.books import harmless
from backend.model import money
from backend.model.payments import MOST_ROWS, Payment, UnreadableFile, read

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD"])
CENTS = st.integers(1, money.MOST_CENTS)


@given(st.integers(1, money.MOST_CENTS), CURRENCIES)
def test_an_amount_that_is_written_is_read_back(cents: int, currency: str) -> None:
    assert money.read(money.written(cents, currency), currency) == cents
    assert money.read(money.shown(cents, currency), currency) == cents


@given(CENTS)
def test_an_amount_is_read_in_every_country_s_way(cents: int) -> None:
    english = f"{cents // 100:,}.{cents % 100:02}"
    swapped = english.translate(str.maketrans(",.", ".,"))
    for text in (english, swapped, english.replace(",", "'"), swapped.replace(".", "\u00a0"), f"+{english}"):
        assert money.read(text, "EUR") == cents
        assert money.read(f"€ {text}", "EUR") == cents


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [
        ("12.5", "USD", 1250),
        ("$1,234", "USD", 123400),
        ("1.234", "EUR", 123400),
        ("1.234", "KWD", 1234),
        ("USD 7", "USD", 700),
        ("¥1,234", "JPY", 1234),
    ],
)
def test_what_an_amount_means(text: str, currency: str, cents: int) -> None:
    assert money.read(text, currency) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.00",
        "-5",
        "(5.00)",
        "1.2.3",
        "1,23,456",
        "1,234,567,8",
        "12.345.6",
        "5 EUR",
        "€5",
        "1e5",
        "٣",
        "5.1234",
        "9" * 12,
    ],
)
def test_what_is_no_amount_here(text: str) -> None:
    with pytest.raises(ValueError):
        money.read(text, "USD")


@given(st.text(max_size=30), CURRENCIES)
def test_any_text_is_an_amount_or_is_said_to_be_none(text: str, currency: str) -> None:
    try:
        cents = money.read(text, currency)
    except ValueError:
        return
    assert 0 < cents <= money.MOST_CENTS


@given(
    st.binary(max_size=400)
    | st.text(alphabet=',;\t|"\n\r2026-001/.numberdateamount ', max_size=300).map(str.encode)
)
def test_any_bytes_are_payments_or_are_said_to_be_none(raw: bytes) -> None:
    try:
        rows = read(raw, "USD", month_first=True)
    except UnreadableFile:
        return
    assert 0 < len(rows) <= MOST_ROWS


ROWS = st.lists(
    st.tuples(
        st.integers(1, 999_999), st.dates(date(2000, 1, 1), date(2099, 12, 31)), CENTS, st.text(max_size=20)
    ),
    min_size=1,
    max_size=8,
)
NEWLINES = str.maketrans("", "", "\x00\r\n")


@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_a_file_is_read_however_it_is_written(
    rows: list[tuple[int, date, int, str]], mark: str, codec: str, named: bool
) -> None:
    text = io.StringIO(newline="")
    lines = csv.writer(text, delimiter=mark)
    if named:
        lines.writerow(["Who", "Amount", "Booking Date", "Invoice No."])
    wanted = []
    for number, day, cents, who in rows:
        payment = Payment(number=f"2026-{number:06d}", paid_on=day, cents=cents)
        wanted.append(payment)
        plain = who.encode("utf-8", "ignore").decode().translate(NEWLINES)
        amount = money.written(cents, "USD")
        cells = [plain, amount, str(day), payment.number] if named else [payment.number, str(day), amount]
        lines.writerow(cells)
    found = read(text.getvalue().encode(codec), "USD", month_first=True)
    assert [row for _, row in found] == wanted


@pytest.mark.parametrize(
    ("text", "month_first", "day"),
    [
        ("3/4/2026", True, date(2026, 3, 4)),
        ("3/4/2026", False, date(2026, 4, 3)),
        ("4.3.2026", True, date(2026, 3, 4)),
        ("13/1/2026", True, None),
        ("2026-02-30", True, None),
        ("yesterday", True, None),
        ("26-03-04", True, None),
    ],
)
def test_a_day_means_one_day_or_none(text: str, month_first: bool, day: date | None) -> None:
    ((_, row),) = read(f"2026-000001,{text},1.00".encode(), "USD", month_first=month_first)
    assert (row.paid_on if isinstance(row, Payment) else None) == day


@given(st.text(max_size=40))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = harmless(text)
    assert not cell.strip().startswith(("=", "+", "-", "@"))
    assert cell in (text, f"'{text}")
