"""Live events to pages. In this process for now; `publish` takes plain values so that it may cross one.

It decides nothing about who may see what: services.board does, for each page. It numbers what a page is told
and keeps the last of it, so that a page whose socket broke goes on from where it was (docs/decisions/0041).
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import msgspec

from backend.model.hangar import DronesMoved, FlightChanged, Hangar
from backend.model.ids import new_id
from backend.model.people import StaffSession, User
from backend.model.views import (
    ConnectionChanged,
    EntryRecorded,
    IncidentChanged,
    LevelChanged,
    NearbyChanged,
    NotesRead,
    NoteWritten,
    PositionMoved,
    StillTaken,
    TalkMarked,
    UnitChanged,
    UnitsMoved,
    WordSaid,
)

LISTENERS = (
    2000  # pages at once; of those without a socket the longest away makes room, else one more is refused
)
QUEUE = 256  # pieces of news waiting for one page; at the bound it must begin anew
KEPT = 256  # messages that a page has been told, in case it did not get them
KEPT_BYTES = 512 * 1024  # of them at most; the whole costs a page no more
CALLERS = 2000  # pages of callers that wait for words at once; one more is refused
AWAY_S = 120.0  # that a page may be without a socket and go on from where it was


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
    | StillTaken
    | LevelTold
    | NearbyChanged
    | NoteWritten
    | NotesRead
    | WordSaid
    | TalkMarked
    | UnitChanged
    | UnitsMoved
    | DronesMoved
    | Hangar
    | FlightChanged
    | DutyChanged
    | EntryRecorded
    | SiteChanged
    | SessionEnded
    | SessionLocked
)


class Full(Exception):
    """No room for another listener."""


class TooSlow(Exception):
    """A listener did not keep up; it must start again from the whole."""


class Telling(Protocol):
    """Trims for one page: what this person may see, and nothing more."""

    @property
    def user(self) -> User:
        """Whom it trims for, as they are since the whole was told last."""
        ...

    async def whole(self) -> Sequence[msgspec.Struct]:
        """Everything, as it is now: what a page begins with."""
        ...

    async def hears(self, news: News) -> Sequence[msgspec.Struct]:
        """What the page is told of this: `news` itself where nothing is trimmed, often nothing."""
        ...


class Piece:
    """One piece of news on its way to everybody: made JSON once, for all who are told just that."""

    __slots__ = ("_json", "news")

    def __init__(self, news: News) -> None:
        self.news = news
        self._json: bytes | None = None

    def json(self) -> bytes:
        """The news itself, as it is."""
        if self._json is None:
            self._json = msgspec.json.encode(self.news)
        return self._json


class Hub:
    """Hands each piece of news to every listener, in order. `timer` counts seconds."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._held: dict[str, Listener] = {}
        self._away: OrderedDict[str, tuple[float, Listener]] = OrderedDict()  # the longest away first
        self._callers: dict[str, CallerWaits] = {}  # by link

    @property
    def listeners(self) -> int:
        """Pages that are told now."""
        return len(self._held)

    def hears(self, user: str) -> bool:
        """Whether a page of this person's is open."""
        return any(listener.session.user.id == user for listener in self._held.values())

    async def publish(self, news: News) -> None:
        """Never waits: a listener that is full is marked too slow and gets nothing more."""
        piece = Piece(news)
        for listener in self._held.values():
            listener.offer(piece)
        for _, listener in self._away.values():
            listener.offer(piece)
        self._forget()
        if self._callers and isinstance(news, WordSaid | TalkMarked | IncidentChanged):
            about = news.incident.id if isinstance(news, IncidentChanged) else news.incident_id
            for waits in self._callers.values():
                if waits.incident == about:
                    waits.something.set()

    @contextmanager
    def caller(self, link: str, incident: str) -> Iterator["CallerWaits"]:
        """For a caller's page that waits for words. Raises Full.

        One for each link: whoever waited before does so no longer, for that page is gone or has asked again.
        """
        if link in self._callers:
            self._callers[link].end()
        elif len(self._callers) >= CALLERS:
            raise Full
        self._callers[link] = mine = CallerWaits(incident)
        try:
            yield mine
        finally:
            if self._callers.get(link) is mine:
                del self._callers[link]

    @asynccontextmanager
    async def listen(self, session: StaffSession, telling: Telling) -> AsyncIterator["Listener"]:
        """News from here on, for a page of this session that begins. Raises Full."""
        self._forget()
        if len(self._held) >= LISTENERS:
            raise Full
        if len(self._held) + len(self._away) >= LISTENERS:
            self._drop(next(iter(self._away)))
        async with self.hold(Listener(session, telling)) as listener:
            yield listener

    def known(self, name: str, session: StaffSession) -> "Listener | None":
        """The page of this session that has this name; None when it is not kept (any more)."""
        self._forget()
        found = self._held.get(name) or self._away.get(name, (0.0, None))[1]
        return found if found is not None and found.session.id == session.id else None

    @asynccontextmanager
    async def hold(self, listener: "Listener") -> AsyncIterator["Listener"]:
        """For one socket. Another that still holds it lets go first: nobody is there any more."""
        async with listener.turn():
            self._away.pop(listener.name, None)
            self._held[listener.name] = listener
            try:
                yield listener
            finally:
                del self._held[listener.name]
                self._away[listener.name] = self._timer(), listener
                self._forget()

    def end_waits(self) -> None:
        """No caller's page waits any longer: the process is about to stop."""
        for waits in self._callers.values():
            waits.end()

    def _forget(self) -> None:
        """Those that have been away for too long, or have missed something."""
        long_ago = self._timer() - AWAY_S
        for name in [n for n, (since, page) in self._away.items() if page.over or since < long_ago]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        _, listener = self._away.pop(name)
        listener.over = True


class CallerWaits:
    """One question of a caller's page; `something`: words may be there, or its grant may be over."""

    __slots__ = ("incident", "over", "something")

    def __init__(self, incident: str) -> None:
        self.incident = incident
        self.over = False  # it is to be answered now, with or without news
        self.something = asyncio.Event()

    def end(self) -> None:
        self.over = True
        self.something.set()


class Listener:
    """One page: what waits to be told, and the numbered messages that were. It outlives the page's sockets.

    `over` when nobody can go on with it; then its page begins anew.
    """

    def __init__(self, session: StaffSession, telling: Telling) -> None:
        self.name = new_id("lsn")
        self.session, self.telling = session, telling
        self.last = 0  # the number of the last message
        self.over = False
        self.wanted = asyncio.Event()  # by another socket
        self._wanting = 0
        self._turn = asyncio.Lock()
        self._waiting: deque[Piece] = deque()
        self._something = asyncio.Event()
        self._said: deque[bytes] = deque()
        self._said_bytes = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One socket at a time, which is to let go when `wanted` is set."""
        self._wanting += 1
        self.wanted.set()
        try:
            await self._turn.acquire()
        finally:
            self._wanting -= 1
        if self._wanting == 0:
            self.wanted.clear()
        try:
            yield
        finally:
            self._turn.release()

    def offer(self, piece: Piece) -> None:
        """It waits from now on. One more than there is room for, and all of it is missed."""
        if len(self._waiting) >= QUEUE:
            self.over = True
            self._waiting.clear()
        if not self.over:
            self._waiting.append(piece)
        self._something.set()

    @property
    def first(self) -> Piece | None:
        """What has waited longest. It waits until it is `done`, so that whoever is cut off loses nothing."""
        return self._waiting[0] if self._waiting else None

    def done(self) -> None:
        """The first is told, or is nothing to this page. Raises TooSlow when some were missed meanwhile."""
        if self.over:
            raise TooSlow
        self._waiting.popleft()
        if not self._waiting:
            self._something.clear()

    async def wait(self) -> None:
        """Until something waits. Raises TooSlow."""
        await self._something.wait()
        if self.over:
            raise TooSlow

    def say(self, body: bytes, *, anew: bool = False) -> bytes:
        """The message for this JSON object: with its number, and kept for a page that does not get it.

        With `anew` nothing said until now may be said again, this included: who lacks it begins anew.
        """
        self.last += 1
        if anew:
            self._said.clear()
            self._said_bytes = 0
        else:
            self._said.append(body)
            self._said_bytes += len(body)
        while len(self._said) > KEPT or self._said_bytes > KEPT_BYTES:
            self._said_bytes -= len(self._said.popleft())
        return _numbered(self.last, body)

    def since(self, number: int) -> list[bytes] | None:
        """The messages after this one; None when they are not all kept, or it was never said."""
        missed = self.last - number
        if not 0 <= missed <= len(self._said):
            return None
        kept = list(self._said)[len(self._said) - missed :]
        return [_numbered(number + 1 + place, body) for place, body in enumerate(kept)]


def _numbered(number: int, body: bytes) -> bytes:
    return b'{"n":%d,' % number + body[1:]
