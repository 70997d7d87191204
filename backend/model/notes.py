"""Notes: what the desk and officers write to each other about one incident, as everybody on it reads them.

Numbered by the server within their incident, from 1 and without gaps, so that a page knows when it has missed
one. Values and rules; a note's text stands in no log and on no public page.
"""

from datetime import datetime

import msgspec

from backend.model.ids import FeedId, IncidentId, NoteId, UnitId, UseId, UserId
from backend.model.incidents import FeedKind

TEXT_CHARS = 1000
MOST_NOTES = 5000  # of one incident
MOST_STILLS = 200  # of one incident
A_PAGE = 50
SHOWN = 20  # of each incident, in a snapshot
PHRASE_CHARS = 60  # a button on a phone
MOST_PHRASES = 12  # for each side

DESK_PHRASES = (
    "Caller is safe",
    "Armed: keep your distance",
    "Look at the picture",
    "Ambulance is on its way",
    "Backup is on its way",
    "Where are you?",
)
OFFICER_PHRASES = (
    "Understood",
    "On my way",
    "I see them",
    "Send backup",
    "Send an ambulance",
    "All clear",
)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is made by the page that sends it: sent twice it is one note. `unit_id`: the writer's, then."""

    id: NoteId
    incident_id: IncidentId
    number: int
    user_id: UserId
    at: datetime
    text: str  # empty only beside a still
    unit_id: UnitId | None = None


class KeptStill(msgspec.Struct, frozen=True, kw_only=True):
    """A still that is kept with a note: of which feed, by which use, in which media session it was seen."""

    note_id: NoteId
    feed_id: FeedId
    kind: FeedKind
    name: str  # of the feed, then; empty for the caller's
    use_id: UseId
    session: str
    width: int
    height: int


class StillView(msgspec.Struct, frozen=True, kw_only=True):
    """That a note has a still, and of what. The picture itself is asked for: each look is on record."""

    kind: FeedKind
    name: str  # of the feed; empty for the caller's
    width: int
    height: int


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    """A note with names for ids; `unit` is a call sign."""

    id: str
    number: int
    at: datetime
    by_id: str
    by: str
    unit: str | None
    text: str
    still: StillView | None


class NoteReader(msgspec.Struct, frozen=True, kw_only=True):
    """How far one person's notes of an incident have come: on a screen of theirs, and before their eyes.

    Both are numbers of notes: everything up to there; 0 for nothing.
    """

    user_id: str
    name: str
    unit: str | None  # call sign
    delivered: int
    read: int


class NotesView(msgspec.Struct, frozen=True, kw_only=True):
    """The last of an incident's notes, oldest first; earlier ones can be had until number 1 is here."""

    incident_id: str
    notes: tuple[NoteView, ...]
    readers: tuple[NoteReader, ...]


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said by one press, in the order of its buttons."""

    desk: tuple[str, ...] = DESK_PHRASES
    officer: tuple[str, ...] = OFFICER_PHRASES
