"""Money in whole numbers of a currency's smallest unit, here called cents. Never a float."""

import re

MOST_CENTS = 2**31 - 1  # what the tables' integers hold
# ISO 4217: how many digits stand after the point, where they are not two.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_SYMBOLS = {
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD"),
}
_SPACES = dict.fromkeys(map(ord, " \t\u00a0\u2007\u2009\u202f"))


def digits(currency: str) -> int:
    """How many digits of this ISO 4217 currency stand after the point."""
    if currency in _NO_DIGITS.split(" "):
        return 0
    return 3 if currency in _THREE_DIGITS.split(" ") else 2


def written(cents: int, currency: str) -> str:
    """As a plain decimal number that every program reads: 1234.50."""
    places = digits(currency)
    whole, part = divmod(abs(cents), 10**places)
    return f"{'-' if cents < 0 else ''}{whole}{f'.{part:0{places}}' if places else ''}"


def shown(cents: int, currency: str) -> str:
    """For people: the currency's code and the number in groups of three, 1,234.50 USD."""
    whole, point, part = written(cents, currency).partition(".")
    return f"{int(whole):,}{point}{part} {currency}"


def read(text: str, currency: str) -> int:
    """An amount as people and banks write it, in cents: 1234.5, 1,234.50, 1.234,50, $120, EUR 120,00.

    Raises ValueError, with words, for what could mean two things or is in another currency.
    """
    bare = text.translate(_SPACES)
    for symbol, ours in _SYMBOLS.items():
        if symbol in bare and currency not in ours:
            raise ValueError(f"the amount is in {symbol}, and invoices are in {currency}")
        bare = bare.replace(symbol, "", 1)
    code = "".join(re.findall(r"[A-Za-z]+", bare)).upper()
    if code not in ("", currency):
        raise ValueError(f"the amount is in {code[:12]}, and invoices are in {currency}")
    bare = re.sub(r"[A-Za-z]+", "", bare)
    if bare.startswith(("-", "−", "(")):
        raise ValueError("the amount is not more than nothing")
    whole, part = _split(bare.removeprefix("+"), digits(currency))
    cents: int = int(whole + part.ljust(digits(currency), "0"))
    if not 0 < cents <= MOST_CENTS:
        raise ValueError("the amount is nothing, or more than an invoice can ask")
    return cents


def _split(number: str, places: int) -> tuple[str, str]:
    """The digits before and after the point, whichever mark the point is. Raises ValueError with words."""
    unclear = ValueError("the amount cannot be read: write it like 1234.50")
    groups, marks = re.split(r"[.,']", number), re.findall(r"[.,']", number)
    if not all(re.fullmatch(r"[0-9]+", group) for group in groups):
        raise unclear
    last, part = marks[-1] if marks else "", ""
    alone = len(marks) == 1
    if last in (".", ",") and (alone or last not in marks[:-1]):
        if alone and len(groups[-1]) == 3 and (places != 3 or last == ","):
            if places == 3 or groups[0].startswith("0"):
                raise unclear  # a group of three, or a fraction
        else:
            part = groups.pop()
            marks.pop()
    if len(part) > places:
        raise ValueError(f"the amount has more than {places} digits after the point")
    if marks and (
        len(set(marks)) > 1
        or not 1 <= len(groups[0]) <= 3
        or groups[0].startswith("0")
        or any(len(group) != 3 for group in groups[1:])
    ):
        raise unclear
    return "".join(groups), part
