"""Numbers: what dispatchers type, and what is wrong with it in plain words."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.numbers import BadNumber, display, known_country, normalise


@pytest.mark.parametrize(
    "typed",
    [
        "2125550123",
        "12125550123",
        "(212) 555-0123",
        "+1 212-555-0123",
        "1.212.555.0123",
        "212/555-0123",
        " 212 555 0123\n",
        "\u202a+1 (212) 555\u20110123\u202c",
        "212\u00a0555\u20130123",
        "٢١٢٥٥٥٠١٢٣",
        "+12125550123",
        "(+1) 212 555 0123",
    ],
)
def test_every_way_to_write_a_number_gives_the_same(typed: str) -> None:
    assert normalise(typed, "US") == "+12125550123"


def test_a_foreign_phone_keeps_its_country() -> None:
    assert normalise("+44 7400 123456", "US") == "+447400123456"
    assert normalise("07400 123456", "GB") == "+447400123456"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "missing"),
        (" \u200f ", "missing"),
        ("hello", "not a phone number"),
        ("212-GO-POLICE", "not a phone number"),
        ("212 555 0123 ext. 4", "not a phone number"),
        ("212 555 0123; 212 555 0124", "not a phone number"),
        ("tel:+12125550123", "not a phone number"),
        ("++12125550123", "not a phone number"),
        ("²125550123", "not a phone number"),
        ("\x00", "not a phone number"),
        ("\ud800", "not a phone number"),
        ("+", "not a phone number"),
        ("12", "too short"),
        ("988", "too short"),
        ("5550123", "area code is missing"),
        ("21255501234", "too long"),
        ("2" * 41, "too long"),
        ("2" * 100_000, "too long"),
        ("+999 123 456", "no such country code"),
        ("911 555 0123", "no such number"),
        ("555 222 3333", "no such number"),
        ("911", "emergency"),
        ("9-1-1", "emergency"),
        ("+1 911", "emergency"),
        ("١١٢", "emergency"),
        ("112", "emergency"),
        ("+44 999", "emergency"),
        ("800 555 1212", "toll-free"),
        ("900 555 1212", "premium"),
        ("+44 20 7946 0018", "landline"),
    ],
)
def test_a_number_that_takes_no_text_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(BadNumber) as refused:
        normalise(typed, "US")
    assert reason in refused.value.reason
    assert refused.value.reason[0].isupper()
    assert refused.value.reason.endswith(".")


@given(st.text(max_size=60) | st.text(alphabet="0123456789+-() .", max_size=42))
def test_anything_typed_is_e164_or_a_reason(typed: str) -> None:
    try:
        number = normalise(typed, "US")
    except BadNumber:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert normalise(number, "US") == number
    assert normalise(display(number, "US"), "US") == number


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_mobile_of_every_country_is_taken(country: str) -> None:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.number_type(phonenumbers.parse(e164, None)) != phonenumbers.number_type(example):
        return
    assert normalise(e164, "US") == e164


@pytest.mark.parametrize("country", ["", "us", "XX", "USA", "001"])
def test_a_country_that_is_none_is_a_mistake_in_configuration(country: str) -> None:
    assert not known_country(country)
    with pytest.raises(ValueError, match="no such country"):
        normalise("2125550123", country)


def test_a_number_is_shown_as_people_write_it() -> None:
    assert display("+12125550123", "US") == "(212) 555-0123"
    assert display("+447400123456", "US") == "+44 7400 123456"
    assert display("+12125550123", "GB") == "+1 212-555-0123"
    assert display("not a number", "US") == "not a number"
    assert display("+9991234567", "US") == "+9991234567"
