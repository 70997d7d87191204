"""Requests about what the desk and callers say to each other."""

from typing import Annotated

import msgspec

from backend.api.bodies import LINES
from backend.model.ids import WordId
from backend.model.talk import TEXT_CHARS, Said, WordKind

WORD = r"^wrd_[0-9A-Za-z]{22}\Z"
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")]


class Say(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a text the text, of a press the key; of an answer also the number of what it answers.

    `id` is made by the page, 128 random bits: to send again after no answer is safe. `language`: the page's.
    """

    id: Annotated[str, msgspec.Meta(pattern=WORD)]
    kind: WordKind
    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS, pattern=LINES)] = ""
    phrase: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    answers: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    language: Language | None = None

    def __post_init__(self) -> None:
        text = self.kind is WordKind.TEXT
        if text != bool(self.text.strip()) or text == (self.phrase is not None):
            raise ValueError("words have a text, and a press has a phrase")
        if (self.kind is WordKind.ANSWER) != (self.answers is not None):
            raise ValueError("an answer has the number of what it answers, and nothing else has one")

    def said(self) -> Said:
        """Without what surrounds the text."""
        return Said(
            id=WordId(self.id),
            kind=self.kind,
            text=self.text.strip(),
            phrase=self.phrase,
            answers=self.answers,
        )


class AskNews(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that the page has: of the last word, and of how far the desk has read."""

    after: Number
    desk_read: Number


class MarkTalk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to which numbers words have come to the page, and been before the caller's eyes."""

    delivered: Number
    read: Number
    language: Language | None = None


class ReadTalk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to which number the desk has read."""

    read: Number
