"""Requests about notes."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID, LINE, LINES
from backend.model.notes import MOST_PHRASES, PHRASE_CHARS, TEXT_CHARS
from backend.model.stills import STILL_BYTES
from media.palettes import Palette

NOTE = r"^nte_[0-9A-Za-z]{22}\Z"
Reached = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=PHRASE_CHARS, pattern=LINE)]


class AttachStill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the browser shows of a feed: a JPEG in base64. A thermal one is as it was sent, coloured here."""

    feed_id: Annotated[str, msgspec.Meta(pattern=ID)]
    jpeg: Annotated[bytes, msgspec.Meta(min_length=1, max_length=STILL_BYTES)]
    palette: Palette | None = None


class WriteNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id` is made by the page, 128 random bits: to send again after no answer is safe."""

    id: Annotated[str, msgspec.Meta(pattern=NOTE)]
    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS, pattern=LINES)]
    still: AttachStill | None = None

    def __post_init__(self) -> None:
        if self.still is None and not self.text.strip():
            raise ValueError("a note says something, or has a still")


class MarkNotes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to which numbers: on a screen, and before somebody's eyes."""

    delivered: Reached
    read: Reached


class SetPhrases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In the order of their buttons. An empty list: the defaults."""

    desk: Annotated[tuple[Phrase, ...], msgspec.Meta(max_length=MOST_PHRASES)]
    officer: Annotated[tuple[Phrase, ...], msgspec.Meta(max_length=MOST_PHRASES)]

    def __post_init__(self) -> None:
        if not all(text.strip() for text in (*self.desk, *self.officer)):
            raise ValueError("a phrase says something")
