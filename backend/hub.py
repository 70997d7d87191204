"""Live events to sockets. In this process for now; `publish` takes plain values so that it may cross one.

It decides nothing about who may see what: services.board does, for each socket.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from backend.model.views import (
    ConnectionChanged,
    EntryRecorded,
    IncidentChanged,
    LevelChanged,
    NearbyChanged,
    NotesRead,
    NoteWritten,
    PositionMoved,
    UnitChanged,
    UnitsMoved,
)

LISTENERS = 2000  # sockets at once; one more is refused
QUEUE = 256  # events waiting for one socket; at the bound the socket is let go


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True, tag="session-ended"):
    """A sign-out: the sockets of this session close."""

    session_id: str


class SessionLocked(msgspec.Struct, frozen=True, kw_only=True, tag="session-locked"):
    """Nobody used it for long: the sockets of this session close, and its pages hide what they show."""

    session_id: str


class DutyChanged(msgspec.Struct, frozen=True, kw_only=True, tag="duty-changed"):
    """This person signed on to a unit, or off: they see other incidents now, and begin anew."""

    user_id: str


class LevelTold(msgspec.Struct, frozen=True, kw_only=True, tag="level-told"):
    """What one viewer's own connection lets through: for that session's sockets only."""

    session_id: str
    event: LevelChanged


class SiteChanged(msgspec.Struct, frozen=True, kw_only=True, tag="site-changed"):
    """Something at this site is another now.

    Its owner's sockets are sent the whole again; of the city's, supervisors' are sent the site.
    """

    site_id: str
    owner_id: str | None


# One piece of news, not yet trimmed for anyone.
News = (
    IncidentChanged
    | PositionMoved
    | ConnectionChanged
    | LevelTold
    | NearbyChanged
    | NoteWritten
    | NotesRead
    | UnitChanged
    | UnitsMoved
    | DutyChanged
    | EntryRecorded
    | SiteChanged
    | SessionEnded
    | SessionLocked
)


class Full(Exception):
    """No room for another listener."""


class TooSlow(Exception):
    """A listener did not keep up; it must start again from a snapshot."""


class Hub:
    """Hands each piece of news to every listener, in order."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    @property
    def listeners(self) -> int:
        """Sockets that are told now."""
        return len(self._listeners)

    def hears(self, user: str) -> bool:
        """Whether a page of this person's is open."""
        return any(listener.user == user for listener in self._listeners)

    async def publish(self, news: News) -> None:
        """Never waits: a listener that is full is marked too slow and gets nothing more."""
        for listener in self._listeners:
            listener.offer(news)

    @asynccontextmanager
    async def listen(self, user: str = "") -> AsyncIterator["Listener"]:
        """News from here on, for this person's page. Raises Full."""
        if len(self._listeners) >= LISTENERS:
            raise Full
        listener = Listener(user)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


class Listener:
    """One socket's queue."""

    def __init__(self, user: str = "") -> None:
        self.user = user
        self._queue: asyncio.Queue[News] = asyncio.Queue(QUEUE)
        self._late = asyncio.Event()

    def offer(self, news: News) -> None:
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull:
            self._late.set()

    async def next(self) -> News:
        """The next piece of news. Raises TooSlow when some were dropped."""
        if self._late.is_set():
            raise TooSlow
        return await self._queue.get()
