"""An invoice's page and PDF: read back as a person would, in any script."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from backend.api import sheet
from backend.api.invoice_html import page
from backend.api.invoice_pdf import ABOUT, pdf
from backend.api.paper import paper
from backend.api.sheet import BOX, EAST, NOTO, boxed
from backend.model.cameras import ParticipationLevel
from backend.model.fees import PROMISE, Invoice, InvoiceLine, InvoiceState
from backend.model.ids import InvoiceId, SiteId


def invoice(**more: object) -> Invoice:
    given: dict[str, object] = {
        "id": InvoiceId("inv_" + "0" * 22),
        "number": "2026-000123",
        "site_id": SiteId("sit_" + "0" * 22),
        "year": 2026,
        "issued_at": datetime(2026, 11, 25, 18, tzinfo=UTC),
        "due_on": date(2026, 12, 25),
        "currency": "USD",
        "issuer": "Dearborn Police",
        "site": "Hart's Books",
        "addressee": "Olive Hart",
        "address": "12 Main Street\nDearborn",
        "lines": (InvoiceLine(level=ParticipationLevel.NEARBY, cameras=3, cents_each=412500),),
    }
    return Invoice(**{**given, **more})  # type: ignore[arg-type]


def read_back(held: Invoice, folder: Path) -> str:
    """What is in the PDF, by poppler."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    file = folder / "invoice.pdf"
    file.write_bytes(pdf(held, paper(held, date(2026, 11, 25))))
    read = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True)
    assert read.stderr == ""
    return read.stdout


def test_a_pdf_says_what_the_invoice_says(tmp_path: Path) -> None:
    text = read_back(invoice(), tmp_path)
    for words in (
        "Invoice 2026-000123",
        "Dearborn Police",
        "Olive Hart",
        "12 Main Street",
        "25 November 2026",
        "25 December 2026",
        "4,125.00 USD",
        "12,375.00 USD",
        PROMISE,
    ):
        assert words in text
    assert BOX not in text


@pytest.mark.parametrize(
    "name", ["Zoë Łukasz Đặng", "Ольга Харт", "Όλγα Χαρτ", "Օլգա", "ოლგა", "אולגה הרט", "متجر الكتب"]
)
def test_names_in_scripts_that_travel_with_us_are_printed(tmp_path: Path, name: str) -> None:
    text = read_back(invoice(addressee=name), tmp_path)
    assert BOX not in text
    for word in name.split():
        assert word in text or word[::-1] in text  # right to left, as poppler orders it


def test_a_script_that_the_machine_has_fonts_for_is_printed(tmp_path: Path) -> None:
    if not (NOTO / "NotoSansDevanagari-Regular.ttf").exists():
        pytest.skip("Noto is not installed (Debian: fonts-noto-core)")
    text = read_back(invoice(addressee="राम नमन", address="ถนน"), tmp_path)
    assert "राम" in text
    assert BOX not in text


@pytest.mark.parametrize("name", ["東京書店", "北京书店", "서울 책방", "とうきょう カフェ"])
def test_chinese_japanese_and_korean_are_printed_where_the_machine_has_their_font(
    tmp_path: Path, name: str
) -> None:
    if not EAST.exists():
        pytest.skip("Droid Sans Fallback is not installed (Debian: fonts-droid-fallback)")
    text = read_back(invoice(addressee=f"Olive {name}"), tmp_path)
    assert f"Olive {name}" in text
    assert BOX not in text


@pytest.mark.parametrize("name", ["\U0001f600\U00010900\ue000", "\ud800", "東京", "a\x00b\u200f\u202e"])
def test_letters_that_nobody_has_are_boxes_and_never_a_failure(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "EAST", tmp_path / "none.ttf")
    text = read_back(invoice(addressee=f"Olive {name}"), tmp_path)
    assert "Olive" in text
    assert (BOX in text) == (boxed(ABOUT) in " ".join(text.split()))
    if name == "東京":
        assert BOX in text


def test_the_same_invoice_gives_the_same_bytes_paid_or_not() -> None:
    paid = invoice(paid_on=date(2026, 12, 1))
    day = date(2026, 11, 25)
    assert pdf(invoice(), paper(invoice(), day)) == pdf(paid, paper(paid, day))


def test_very_long_names_stay_on_the_paper(tmp_path: Path) -> None:
    text = read_back(invoice(addressee="W" * 80, address="W" * 200, site="i" * 80), tmp_path)
    assert text.count("W") == 280


def test_a_page_escapes_what_it_is_given() -> None:
    held = invoice(addressee="<script>alert(1)</script>", site='"><img src=x>')
    text = page(held, paper(held, date(2026, 11, 25)), InvoiceState.OPEN)
    assert "<script" not in text
    assert "<img" not in text
    assert PROMISE in text
    assert "Not paid yet" in text
