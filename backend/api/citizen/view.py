"""What the public page is made of, and the addresses that lead back to it."""

from urllib.parse import urlencode

import msgspec

from backend.api.citizen.words import Words
from backend.model.transparency import Found, Report, Search

PATH = "/transparency"


class Assets(msgspec.Struct, frozen=True):
    """Where the built script and style are; None where nothing is built."""

    script: str | None
    style: str | None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page is made of."""

    agency: str
    words: Words
    chosen: bool  # the language, by the address: links keep it
    report: Report | None
    found: Found
    search: Search
    key: str  # the log's, empty while nobody can say
    public_url: str
    assets: Assets


def address(view: View, **changed: str | int | None) -> str:
    """The same page with something else asked of it."""
    asked: dict[str, str | int | None] = {
        "lang": view.words.lang if view.chosen else None,
        **{name: getattr(view.search, name) for name in view.search.__struct_fields__},
        **changed,
    }
    said = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{PATH}?{said}" if said else PATH


def bare(view: View) -> str:
    return f"{PATH}?lang={view.words.lang}" if view.chosen else PATH
