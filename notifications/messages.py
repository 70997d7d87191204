"""The words that go to phones and mailboxes, and the arithmetic of one text message.

Stands behind step 2 of the story. A link must arrive whole and at once, so it goes out as one segment: at
most 160 septets of the GSM 7-bit default alphabet (3GPP TS 23.038, section 6.2.1). One character outside
that alphabet leaves room for 70, which a link fills: where a language has no other letters, the text is two
such segments, which phones show as one (decision 0062). No link shortener: carriers filter them, and callers
cannot tell where they lead.
"""

import html
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from notifications.templates import LANGUAGES, RIGHT_TO_LEFT, Ask, Reader, press, subject, templates

SEGMENT_SEPTETS = 160
PAIR_UNITS = 2 * 67  # UTF-16 code units of two segments that are shown as one (3GPP TS 23.040, 9.2.3.24.1)
LINK_TAIL_CHARS = 25  # what an address gains to become a link: "/c#" and 22 characters of token

# 3GPP TS 23.038, section 6.2.1, in code order; 0x1B, the escape to the extension table, is left out.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # section 6.2.1.1: an escape and a character, two septets

_REPLACED = {  # what names are typed with, and Unicode does not decompose to what the alphabet has
    "‘": "'",
    "’": "'",
    "‚": "'",
    "‛": "'",
    "′": "'",
    "`": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "·": "-",
    "•": "-",
    "Đ": "D",
    "đ": "d",
    "ı": "i",
    "Ł": "L",
    "ł": "l",
    "Œ": "OE",
    "œ": "oe",
    "Ð": "D",
    "ð": "d",
    "Þ": "Th",
    "þ": "th",
    "ʻ": "'",
    "ʼ": "'",
}


class NotGsm7(ValueError):
    """A character that the GSM 7-bit alphabet does not have."""

    def __init__(self, character: str) -> None:
        name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
        super().__init__(f"a plain text message cannot hold {character!r} ({name})")
        self.character = character


class Letter(NamedTuple):
    """An e-mail: its subject, its words and the same as HTML. `named`: it may say who sends it."""

    subject: str
    text: str
    html: str
    named: bool


def septets(text: str) -> int:
    """The length of a text in GSM 7-bit septets; raises NotGsm7 for what the alphabet does not have."""
    length = 0
    for character in text:
        if character in _BASIC:
            length += 1
        elif character in _EXTENSION:
            length += 2
        else:
            raise NotGsm7(character)
    return length


def plain_name(name: str) -> str:
    """An agency's name in the GSM 7-bit alphabet, on one line, accents dropped only where they must be.

    Raises ValueError for an empty name, and NotGsm7 for one that has no such form.
    """
    plain: list[str] = []
    for character in " ".join(unicodedata.normalize("NFC", name).split()):
        plain += _plain(character)
    if not plain:
        raise ValueError("the agency's name is empty")
    return "".join(plain)


def _plain(character: str) -> str:
    if character in _BASIC or (character in _EXTENSION and character.isprintable()):
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    letters = [
        _REPLACED.get(part, part)
        for part in unicodedata.normalize("NFKD", character)
        if not unicodedata.combining(part)
    ]
    if not letters or any(part not in _BASIC for part in letters):
        raise NotGsm7(character)
    return "".join(letters)


def invitation(
    agency: str,
    url: str,
    ask: Ask,
    language: str = "en",
    *,
    reader: Reader = Reader.CALLER,
    quiet: bool = False,
) -> str:
    """The text that carries a link: one segment, the agency named first unless it is quiet, the link last.

    Two where a language's letters need them. `language` is a BCP 47 tag; one that we have no words for, or
    none that fit, gets English. Raises ValueError when not even its shortest words fit, which `misfit` tells
    at start.
    """
    if not url.isprintable() or " " in url:
        raise ValueError("a link has no spaces")
    name = plain_name(agency)
    for spoken in dict.fromkeys((known(language), "en")):
        for template in templates(spoken, ask, reader, quiet):
            text = _spelled(template.format(agency=name, url="")) + url
            if fits(text):
                return text
    raise ValueError(f"the agency's name and the link together exceed {SEGMENT_SEPTETS} characters")


def fits(text: str) -> bool:
    """Whether it is one segment of the alphabet, or two of letters that the alphabet lacks."""
    try:
        return septets(text) <= SEGMENT_SEPTETS
    except NotGsm7:
        return len(text.encode("utf-16-le")) <= 2 * PAIR_UNITS


def _spelled(words: str) -> str:
    """In the alphabet, without the accents that it lacks, as people text; as it is where that cannot be."""
    try:
        return "".join([_plain(character) for character in words])
    except NotGsm7:
        return words


def letter(
    agency: str,
    url: str,
    ask: Ask,
    language: str = "en",
    *,
    reader: Reader = Reader.CALLER,
    quiet: bool = False,
) -> Letter:
    """The same as an e-mail: the friendliest words, and nothing in it that its opening could be told by."""
    spoken = known(language)
    words = templates(spoken, ask, reader, quiet)[0].format(agency=agency, url="").strip().rstrip(":：፦")
    link, direction = html.escape(url), "rtl" if spoken in RIGHT_TO_LEFT else "ltr"
    return Letter(
        subject=subject(spoken, reader, quiet).format(agency=agency),
        text=f"{words}\n\n{url}\n",
        html=(
            f'<!doctype html><html lang="{spoken}" dir="{direction}"><body style="font:18px/1.5 sans-serif">'
            f"<p>{html.escape(words)}</p>"
            f'<p><a href="{link}" style="display:inline-block;padding:14px 24px;background:#1d4ed8;'
            f'color:#fff;border-radius:8px;text-decoration:none">{press(spoken)}</a></p>'
            f"<p>{link}</p></body></html>"
        ),
        named=not quiet,
    )


def quiet_words(language: str = "en") -> str:
    """What a silent or covert link's text says, for the dispatcher to say it beforehand."""
    return _spelled(templates(known(language), Ask.LIVE, Reader.CALLER, quiet=True)[0].format(url="")) + "…"


def misfit(agency: str, base_url: str, tail_chars: int = LINK_TAIL_CHARS) -> str | None:
    """Why no invitation could be sent with this agency's name and address, or None when all of them can.

    Stricter than `invitation`: a link without a word about it is not enough, so the shortest words must fit.
    """
    try:
        name = plain_name(agency)
        if not base_url.isprintable() or " " in base_url:
            return "the public address is no URL"
        link = septets(base_url) + tail_chars
    except ValueError as error:
        return str(error)
    for language, words in _shortest():
        over = septets(words.format(agency=name, url="")) + link - SEGMENT_SEPTETS
        if over > 0:
            return (
                f"the agency's name and the public address are {over} characters too long together "
                f"for one text message ({language})"
            )
    return None


def known(language: str) -> str:
    """The language among those that we have words in; English for any other."""
    short = language.split("-")[0].lower()
    return next((tag for tag in (language, short) if tag in LANGUAGES), "en")


def _shortest() -> Iterator[tuple[str, str]]:
    """By language, the shortest of each kind of words that still say something.

    Of those that are written for the alphabet: where others do not fit, English stands in.
    """
    for language in ("en", "es"):
        for reader in Reader:
            for ask in Ask:
                yield language, templates(language, ask, reader, quiet=False)[-2]
        yield language, templates(language, Ask.LIVE, Reader.CALLER, quiet=True)[-1]
