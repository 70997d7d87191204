"""The built caller's page, as a file."""

import re
from pathlib import Path

import msgspec
import pytest

from tests.pwa.conftest import BUILT

PAGES = sorted(BUILT.parent.glob("*.html"))
BUDGET_BYTES = 16_000  # until the Share button shows; the sum is measured in test_caller_page
AROUND_BYTES = 1_200  # the headers of both answers, and who asks for what


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_is_small_in_every_language(page: Path) -> None:
    assert len(page.with_name(f"{page.name}.br").read_bytes()) <= BUDGET_BYTES - AROUND_BYTES


def test_there_is_a_page_for_every_language_that_has_words() -> None:
    words = Path(__file__).parents[2] / "pwa" / "src" / "caller" / "words"
    codes = {file.stem for file in words.glob("*.json")}
    assert {page.stem for page in PAGES} == codes | {f"{code}.n" for code in codes}  # as notes, too


def test_the_page_loads_nothing_else_and_names_no_other_address() -> None:
    html = BUILT.read_text()
    assert re.findall(r'(?:src|href)="(?!#|data:)', html) == []
    assert re.findall(r"https?://(?!www\.w3\.org)", html) == []


def test_what_it_loads_later_is_there_and_imports_nothing_that_is_not() -> None:
    carried = re.search(r'id="carried">(.*?)</script>', BUILT.read_text())
    assert carried is not None
    parts: dict[str, list[str]] = msgspec.json.decode(carried[1])["parts"]
    assert "receipt" in parts
    for files in parts.values():
        for file in files:
            text = (BUILT.parent / file.removeprefix("/c/")).read_text()
            imported = re.findall(r"""(?:from|import)\s*["'`]\./([\w.-]+)""", text)
            assert {f"/c/{name}" for name in imported} <= set(files)


def test_nothing_in_it_needs_an_inline_style_or_handler() -> None:
    markup = re.sub(r"<(script|style).*?</\1>", "", BUILT.read_text(), flags=re.S)
    assert re.findall(r"\s(?:style|on[a-z]+)=", markup) == []
