"""Phone numbers: what a dispatcher types becomes E.164, or a sentence that says what is wrong with it.

Used in step 2 of the story, before anything is written. The only home of `phonenumbers`.
"""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

_TYPED_CHARS = 40  # longer than any number with its punctuation
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

# Emergency numbers that phones everywhere know, whatever the country (3GPP TS 22.101, section 10.1).
_EMERGENCY = frozenset({"000", "08", "110", "112", "118", "119", "911", "999"})

_NO_TEXTS = {
    PhoneNumberType.FIXED_LINE: "This is a landline, which cannot receive texts.",
    PhoneNumberType.TOLL_FREE: "This is a toll-free number, which cannot receive texts.",
    PhoneNumberType.PREMIUM_RATE: "This is a premium-rate number; texts to it are not allowed.",
    PhoneNumberType.SHARED_COST: "This is a shared-cost number, which cannot receive texts.",
    PhoneNumberType.UAN: "This is a company's switchboard number, which cannot receive texts.",
    PhoneNumberType.VOICEMAIL: "This is a voicemail number, which cannot receive texts.",
    PhoneNumberType.PAGER: "This is a pager, which cannot open a link.",
}

_IMPOSSIBLE = {
    ValidationResult.TOO_SHORT: "The number is too short.",
    ValidationResult.TOO_LONG: "The number is too long.",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "The area code is missing.",
    ValidationResult.INVALID_COUNTRY_CODE: "There is no such country code.",
    ValidationResult.INVALID_LENGTH: "The number has the wrong length.",
}

_UNPARSABLE = {
    NumberParseException.INVALID_COUNTRY_CODE: "There is no such country code.",
    NumberParseException.TOO_SHORT_AFTER_IDD: "The number is too short.",
    NumberParseException.TOO_SHORT_NSN: "The number is too short.",
    NumberParseException.TOO_LONG: "The number is too long.",
}

_NOT_A_NUMBER = "This is not a phone number."


class BadNumber(ValueError):
    """Not a number that a text can be sent to. `reason` is a sentence for the dispatcher."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def known_country(country: str) -> bool:
    """Is this a country whose numbers we can read (ISO 3166-1 alpha-2, capitals)?"""
    return country in phonenumbers.SUPPORTED_REGIONS


def normalise(text: str, country: str) -> str:
    """What was typed, as E.164. A number without a country code is read as one of `country`.

    Raises BadNumber for what is no number, and for numbers known to take no texts; ValueError for a country
    that is none. A number may still turn out to be a landline: in North America the two share their ranges.
    """
    number = _number(text, country)
    if refused := _NO_TEXTS.get(phonenumbers.number_type(number)):
        raise BadNumber(refused)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def telephone(text: str, country: str) -> str:
    """The same for a number that people call and call from: landlines and switchboards too."""
    return phonenumbers.format_number(_number(text, country), phonenumbers.PhoneNumberFormat.E164)


def _number(text: str, country: str) -> PhoneNumber:
    if not known_country(country):
        raise ValueError(f"no such country: {country!r}")
    if len(text) > _TYPED_CHARS:
        raise BadNumber("The number is too long.")
    # Contacts are pasted with direction marks around them (Cf); other digits than ours are read below.
    typed = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    if not typed:
        raise BadNumber("The number is missing.")
    if not _looks_typed(typed):
        raise BadNumber(_NOT_A_NUMBER)
    digits = "".join(str(unicodedata.decimal(c)) for c in typed if c.isdecimal())
    if digits in _EMERGENCY or phonenumbers.is_emergency_number(digits, country):
        raise BadNumber("This is an emergency number.")
    try:
        number = phonenumbers.parse(typed, country)
    except NumberParseException as error:
        raise BadNumber(_UNPARSABLE.get(error.error_type, _NOT_A_NUMBER)) from None
    if _is_emergency(number):
        raise BadNumber("This is an emergency number.")
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        raise BadNumber(_IMPOSSIBLE.get(possible, _NOT_A_NUMBER))
    if not phonenumbers.is_valid_number(number):
        raise BadNumber("There is no such number.")
    return number


def _is_emergency(number: PhoneNumber) -> bool:
    assert number.country_code is not None  # parse() fills it or raises
    region = phonenumbers.region_code_for_country_code(number.country_code)
    return phonenumbers.is_emergency_number(str(number.national_number), region)


def _looks_typed(text: str) -> bool:
    """Digits and what people put between them; a plus only in front. No letters and no extensions."""
    body = text.removeprefix("(")
    body = body[1:] if body[:1] in ("+", "＋") else body
    return any(c.isdecimal() for c in body) and all(
        c.isdecimal() or c in ".-()/" or c.isspace() or unicodedata.category(c) == "Pd" for c in body
    )


def display(e164: str, country: str) -> str:
    """A number for people to read: (212) 555-0123 at home, +44 7400 123456 from elsewhere.

    Anything else than E.164 comes back as it is.
    """
    if not _E164.fullmatch(e164):
        return e164
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    home = number.country_code == phonenumbers.country_code_for_region(country)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)
