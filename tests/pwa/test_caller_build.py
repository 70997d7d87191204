"""The built caller's page, as a file."""

import re

from tests.pwa.conftest import BUILT


def test_the_page_is_small_with_all_its_languages() -> None:
    assert len(BUILT.with_name("index.html.br").read_bytes()) < 17_000  # 14 kB without its words


def test_the_page_loads_nothing_else_and_names_no_other_address() -> None:
    html = BUILT.read_text()
    assert re.findall(r'(?:src|href)="(?!#|data:)', html) == []
    assert re.findall(r"https?://(?!www\.w3\.org)", html) == []


def test_nothing_in_it_needs_an_inline_style_or_handler() -> None:
    markup = re.sub(r"<(script|style).*?</\1>", "", BUILT.read_text(), flags=re.S)
    assert re.findall(r"\s(?:style|on[a-z]+)=", markup) == []
