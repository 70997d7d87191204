"""Which language a browser reads: what it says in Accept-Language (RFC 9110, section 12.5.4)."""

from collections.abc import Collection

_LONGEST = 200  # characters of the header that are looked at
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
# As browsers say it, and what we have for it: Filipino, Dari, Cantonese, any other Chinese.
_OTHER_NAMES = {"fil": "tl", "prs": "fa", "yue": "zh-Hant", "zh": "zh-Hans"}


def preferred(accepted: str) -> list[str]:
    """The header's tags, in lower case, the dearest first; those with no weight are left out."""
    weighed = []
    for at, part in enumerate(accepted[:_LONGEST].split(",")):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighed.append((-weight, at, tag.lower()))
    return [tag for _, _, tag in sorted(weighed)]


def choose(accepted: str, codes: Collection[str], otherwise: str = "en") -> str:
    """The first of the browser's languages that is among `codes`."""
    return next((code for code in map(_code, preferred(accepted)) if code in codes), otherwise)


def _code(tag: str) -> str:
    if tag.startswith(_TRADITIONAL):
        return "zh-Hant"
    base = tag.partition("-")[0]
    return _OTHER_NAMES.get(base, base)
