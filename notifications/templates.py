"""The words of invitations, by language, by what they ask for and by who reads them. No arithmetic here.

Spelled as notifications.messages says: in the GSM 7-bit alphabet, the link last.
"""

import json
from enum import StrEnum
from functools import cache
from pathlib import Path


class Ask(StrEnum):
    """What the link asks for."""

    LIVE = "live"
    POSITION = "position"
    UPLOAD = "upload"


class Reader(StrEnum):
    """Who reads it."""

    CALLER = "caller"
    THIRD_PARTY = "third-party"
    HUNG_UP = "hung-up"


# From the friendliest to the shortest; the first that fits is sent. The link stands last, with nothing after
# it that a phone could take for a part of it. Spanish has á, í, ó and ú, which the alphabet lacks: the words
# are chosen to need none.
_WORDS: dict[str, dict[Ask, tuple[str, ...]]] = {
    "en": {
        Ask.LIVE: (
            "{agency}: tap to show us live video and where you are. You choose what to share. {url}",
            "{agency}: tap to show us live video and where you are: {url}",
            "{agency}: show us live video: {url}",
            "{agency}: {url}",
        ),
        Ask.POSITION: (
            "{agency}: tap to show us where you are. No video. {url}",
            "{agency}: show us where you are: {url}",
            "{agency}: {url}",
        ),
        Ask.UPLOAD: (
            "{agency}: tap to send us photos or a clip that you took. You choose which. {url}",
            "{agency}: tap to send us photos or a clip: {url}",
            "{agency}: send us photos: {url}",
            "{agency}: {url}",
        ),
    },
    "es": {
        Ask.LIVE: (
            "{agency}: toque para mostrarnos video en vivo y su lugar exacto. Usted elige. {url}",
            "{agency}: toque para mostrarnos video en vivo y su lugar exacto: {url}",
            "{agency}: muestre video en vivo: {url}",
            "{agency}: {url}",
        ),
        Ask.POSITION: (
            "{agency}: toque para mostrarnos su lugar exacto. Sin video. {url}",
            "{agency}: muestre su lugar exacto: {url}",
            "{agency}: {url}",
        ),
        Ask.UPLOAD: (
            "{agency}: toque para enviarnos fotos o un video que ya tiene. Usted elige. {url}",
            "{agency}: toque para enviarnos fotos o un video: {url}",
            "{agency}: mande sus fotos: {url}",
            "{agency}: {url}",
        ),
    },
}

# A witness has not called: the first words say why it comes.
_WITNESS: dict[str, dict[Ask, tuple[str, ...]]] = {
    "en": {
        Ask.LIVE: (
            "{agency}: you may be near an emergency. Tap to show us what you see. You choose. {url}",
            "{agency}: tap to show us what you see near you: {url}",
            "{agency}: show us what you see: {url}",
            "{agency}: {url}",
        ),
        Ask.POSITION: (
            "{agency}: you may be near an emergency. Tap to show us where you are. No video. {url}",
            "{agency}: show us where you are: {url}",
            "{agency}: {url}",
        ),
        Ask.UPLOAD: (
            "{agency}: you may have seen an emergency. Tap to send us photos or a clip of it. {url}",
            "{agency}: tap to send us photos or a clip: {url}",
            "{agency}: send us photos: {url}",
            "{agency}: {url}",
        ),
    },
    "es": {
        Ask.LIVE: (
            "{agency}: hay una emergencia cerca de usted. Toque y muestre lo que ve. Usted elige. {url}",
            "{agency}: toque para mostrarnos lo que ve cerca: {url}",
            "{agency}: muestre lo que ve: {url}",
            "{agency}: {url}",
        ),
        Ask.POSITION: (
            "{agency}: hay una emergencia cerca de usted. Toque para mostrarnos su lugar. Sin video. {url}",
            "{agency}: muestre su lugar exacto: {url}",
            "{agency}: {url}",
        ),
        Ask.UPLOAD: (
            "{agency}: si vio la emergencia, toque para enviarnos fotos o un video. {url}",
            "{agency}: toque para enviarnos fotos o un video: {url}",
            "{agency}: mande sus fotos: {url}",
            "{agency}: {url}",
        ),
    },
}
_HUNG_UP: dict[str, tuple[str, ...]] = {
    "en": (
        "{agency}: your call ended. Tap to tell us if you need help, without talking if you like. {url}",
        "{agency}: your call ended. Tap to tell us if you need help: {url}",
        "{agency}: do you need help? {url}",
        "{agency}: {url}",
    ),
    "es": (
        "{agency}: su llamada se ha cortado. Toque para decirnos si necesita ayuda, sin hablar. {url}",
        "{agency}: su llamada se ha cortado. Toque si necesita ayuda: {url}",
        "{agency}: ¿necesita ayuda? {url}",
        "{agency}: {url}",
    ),
}
# Silent and covert links: whoever holds the phone may be the danger. It names nobody, asks for nothing and is
# of no use to anybody else, and the dispatcher reads the same words, to say what will come (decision 0055).
_QUIET: dict[str, tuple[str, ...]] = {
    "en": ("Your appointment is confirmed. Details and changes: {url}", "Your appointment: {url}"),
    "es": ("Su cita queda confirmada. Detalles y cambios: {url}", "Su cita: {url}"),
}
SUBJECTS = {
    "en": {
        Reader.CALLER: "Show {agency} what you see",
        Reader.THIRD_PARTY: "{agency} asks for your help",
        Reader.HUNG_UP: "Your call to {agency} ended",
    },
    "es": {
        Reader.CALLER: "Muestre a {agency} lo que ve",
        Reader.THIRD_PARTY: "{agency} le pide ayuda",
        Reader.HUNG_UP: "Se cortó su llamada a {agency}",
    },
}
QUIET_SUBJECTS = {"en": "Your appointment", "es": "Su cita"}
PRESS = {"en": "Open", "es": "Abrir"}

OTHERS = (  # each a table of its own in texts/, whose readers' letters the alphabet may lack
    *("zh-Hans", "zh-Hant", "vi", "tl", "ar", "fr", "ko", "ru", "ht", "pt", "hi", "ur", "fa", "bn", "pl"),
    *("de", "it", "ja", "so", "am", "uk", "sw"),
)
LANGUAGES = (*_WORDS, *OTHERS)
RIGHT_TO_LEFT = frozenset({"ar", "ur", "fa"})
_TABLES = Path(__file__).parent / "texts"


def templates(language: str, ask: Ask, reader: Reader, quiet: bool) -> tuple[str, ...]:
    """From the friendliest to the shortest, with {agency} and {url}; quiet ones name no agency."""
    if language in OTHERS:
        table = _table(language)
        if quiet:
            return (f"{table['quiet']} {{url}}",)
        key = {Reader.CALLER: ask.value, Reader.THIRD_PARTY: "witness", Reader.HUNG_UP: "hungUp"}[reader]
        return (f"{{agency}}: {table[key]} {{url}}",)
    if quiet:
        return _QUIET[language]
    if reader is Reader.HUNG_UP:
        return _HUNG_UP[language]
    return (_WITNESS if reader is Reader.THIRD_PARTY else _WORDS)[language][ask]


def subject(language: str, reader: Reader, quiet: bool) -> str:
    """Of an e-mail, with {agency} unless it is quiet."""
    if language in OTHERS:
        return _table(language)["quietSubject" if quiet else "subject"]
    return QUIET_SUBJECTS[language] if quiet else SUBJECTS[language][reader]


def press(language: str) -> str:
    """What stands on an e-mail's button."""
    return _table(language)["press"] if language in OTHERS else PRESS[language]


@cache
def _table(language: str) -> dict[str, str]:
    read: dict[str, str] = json.loads((_TABLES / f"{language}.json").read_text("utf-8"))
    return read
