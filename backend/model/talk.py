"""Talk: what the desk and one caller say to each other on the caller's page, in writing or by a press.

A thread belongs to one link, so that a second phone on the incident reads nothing of the first one's. The
server numbers it from 1 and without gaps. Values and rules; no log and no public page has a word of it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import IncidentId, LinkId, UserId, WordId
from backend.model.questions import choices

TEXT_CHARS = 500
MOST_WORDS = 500  # of each side, in one thread
A_PAGE = 50
SHOWN = 20  # of each thread, in a snapshot


class WordKind(StrEnum):
    """What one word is; a "word" is whatever is sent at once."""

    TEXT = "text"  # written, by either side
    ASK = "ask"  # a question by one press: the desk's
    GUIDE = "guide"  # what to do with the camera, or with oneself: the desk's
    ANSWER = "answer"  # one press of the caller's, to a question or to guidance


class Hint(StrEnum):
    """What could be better about a caller's picture."""

    DARK = "dark"
    COVERED = "covered"
    BLURRED = "blurred"


class PictureHint(msgspec.Struct, frozen=True, kw_only=True):
    """The most pressing one, or none; for the caller's page alone."""

    hint: Hint | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to say. `answers` is the number of the question."""

    id: WordId
    kind: WordKind
    text: str = ""
    phrase: str | None = None
    answers: int | None = None


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """As stored. `id` is made by the page that sends it: sent twice it is one. `user_id` is None: the caller.

    `language` is the writer's, BCP 47; `translated` what a machine made of the text for the other side.
    """

    id: WordId
    link_id: LinkId
    incident_id: IncidentId
    number: int
    user_id: UserId | None
    at: datetime
    kind: WordKind
    text: str
    phrase: str | None
    answers: int | None
    language: str | None
    translated: str | None = None


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """How far a thread has come, in numbers of words: on the caller's page, before their eyes, at the desk.

    The desk is one reader: what one dispatcher has read is read.
    """

    delivered: int = 0
    read: int = 0
    desk_read: int = 0
    language: str | None = None  # that the caller's page is in


class WordView(msgspec.Struct, frozen=True, kw_only=True):
    """A word as the desk sees it; `by` is a dispatcher's name, None for the caller."""

    id: str
    number: int
    at: datetime
    by: str | None
    kind: WordKind
    text: str
    phrase: str | None
    answers: int | None
    language: str | None
    translated: str | None


class TalkView(msgspec.Struct, frozen=True, kw_only=True):
    """The last words of one thread, oldest first; earlier ones can be had until number 1 is here."""

    incident_id: str
    link_id: str
    words: tuple[WordView, ...]
    marks: Marks


class CallerWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word as the caller's page has it: nobody's name. `id` is there on the caller's own only."""

    number: int
    id: str | None
    kind: WordKind
    text: str
    phrase: str | None
    answers: int | None
    choices: tuple[str, ...]  # what can be pressed in answer
    translated: str | None


class TalkNews(msgspec.Struct, frozen=True, kw_only=True):
    """What came after the number that was asked with, oldest first; more of it may wait."""

    words: tuple[CallerWord, ...]
    desk_read: int


def for_caller(word: Word) -> CallerWord:
    """Without who wrote it."""
    mine = word.user_id is None
    return CallerWord(
        number=word.number,
        id=word.id if mine else None,
        kind=word.kind,
        text=word.text,
        phrase=word.phrase,
        answers=word.answers,
        choices=choices(word.phrase) if word.phrase is not None and not mine else (),
        translated=None if mine else word.translated,
    )
