"""Which language a browser is answered in."""

import pytest

from backend.api.tongue import choose

CODES = ("en", "es", "tl", "zh-Hans", "zh-Hant", "ar")


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("fr-CA, es-MX;q=0.8, en;q=0.9", "en"),
        ("es-MX", "es"),
        ("AR", "ar"),
        ("fil-PH, en;q=0.5", "tl"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW, zh;q=0.9", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("es;q=0, ar;q=x, *", "en"),
        (",;=" * 10_000, "en"),
    ],
)
def test_the_first_of_the_browsers_languages_that_we_have(accepted: str, code: str) -> None:
    assert choose(accepted, CODES) == code
