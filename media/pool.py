"""The pool: media.ports.Sfu over the machine's media processes, for the web process.

Places a group of feeds on the process with the fewest sessions and leaves it there, routes what is asked by
session, feed or holder, and hands on what is told. When a process dies, its feeds and sessions are told as
ended at once, and the next publish or subscribe lands on one that lives. A process that was given up and
turns out to live is made to drop what it had: its feeds may be elsewhere by then. Where a later pool takes
over, this one stops for good.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from media import control, grants
from media.book import Book
from media.ended import JustEnded
from media.line import REQUEST_S, Gone, Line
from media.ports import (
    ALONE,
    Answer,
    EndReason,
    EngineState,
    EngineStats,
    FeedId,
    FeedListener,
    Full,
    Group,
    Holder,
    IceFragment,
    Level,
    NoSuchSession,
    OpenFeed,
    OpenSession,
    SessionId,
)

_log = logging.getLogger(__name__)

START_S = 10.0  # for all processes to connect and tell, before the service goes on with those that did
FIRST_S = 30.0  # for any of them: without one there is nothing to go on with
STATS_S = 1.0
_MAX_HOMES = 10_000  # more are open at once only when nobody ever closes an incident
_PATIENCE_S = 30.0  # for one call of the listener
_FAREWELL_S = 5.0
_TRIES = 3  # processes that one publish or subscribe may meet the death of
_NOBODY = "no media process answers; it is being restarted"


class SfuPool:
    """Construct anywhere; `start` connects on the running loop."""

    def __init__(self, sockets: Sequence[Path], listener: FeedListener, run: str = "") -> None:
        self._listener = listener
        born = time.monotonic_ns()
        self._lines = [Line(index, path, run, self, born) for index, path in enumerate(sockets)]
        self._books = {line: Book() for line in self._lines}
        self._opening = dict.fromkeys(self._lines, 0)  # sessions, on each
        self._homes: dict[Group, Line] = {}
        self._ended = JustEnded()
        self._adopting = set(self._lines)  # whose state is the truth: none of theirs was given up yet
        self._told: dict[Line, asyncio.Event] = {line: asyncio.Event() for line in self._lines}
        # Bounded by what each process may leave unacknowledged.
        self._news: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._delivering: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect; returns when every process has told what is open, or START_S later with those that did.

        When none did by then, it waits for the first, until FIRST_S have passed in all.
        """
        self._delivering = asyncio.create_task(self._deliver(), name="media-news")
        for line in self._lines:
            line.open()
        waits = [asyncio.create_task(event.wait()) for event in self._told.values()]
        told, missing = await asyncio.wait(waits, timeout=START_S)
        if not told:
            told, missing = await asyncio.wait(
                waits, timeout=FIRST_S - START_S, return_when=asyncio.FIRST_COMPLETED
            )
        for wait in missing:
            wait.cancel()
        if missing:
            _log.error("%d of %d media processes did not connect", len(missing), len(self._lines))
        self._adopting.clear()

    async def stop(self) -> None:
        """Hear what was told, and leave. The processes go on."""
        try:
            await asyncio.wait_for(self._news.join(), _FAREWELL_S)
        except TimeoutError:
            _log.warning("%d pieces of news will be told again", self._news.qsize())
        for line in self._lines:
            await line.close()
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.gather(self._delivering, return_exceptions=True)

    # media.ports.Sfu

    @property
    def listening(self) -> bool:
        return any(line.up for line in self._lines)

    async def publish(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        group: Group = ALONE,
        tag: str = "",
        own: bool = False,
    ) -> Answer:
        def make(number: int) -> control.Request:
            return control.Publish(number, feed, holder, offer, group, tag, own)

        return await self._open(make, feed, holder, group, tag, publishes=True)

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        def make(number: int) -> control.Request:
            return control.Subscribe(number, feed, holder, offer, grant, group, tag, most)

        return await self._open(make, feed, holder, group, tag, publishes=False)

    async def limit(self, session: SessionId, most: Level) -> None:
        await self._ask_of(session, lambda number: control.Limit(number, session, most))

    async def renew(self, grant: bytes) -> None:
        about = grants.read(grant)
        for line, book in self._books.items():
            if any((s.feed, s.holder) == (about.feed, about.holder) for s in book.sessions.values()):
                with contextlib.suppress(Gone):  # and its sessions with it
                    await line.ask(lambda number: control.Renew(number, grant))

    async def restart_ice(self, session: SessionId, fragment: str) -> IceFragment | None:
        line, reply = await self._ask_of(
            session, lambda number: control.RestartIce(number, session, fragment)
        )
        assert isinstance(reply, control.Restarted)
        book = self._books[line]
        if reply.fragment is not None and session in book.sessions:
            book.sessions[session] = msgspec.structs.replace(book.sessions[session], etag=reply.fragment.etag)
        return reply.fragment

    async def end_session(self, session: SessionId, reason: EndReason) -> None:
        line = self._line_of(session)
        if line is not None:
            await self._tell([line], lambda number: control.EndSession(number, session, reason))

    async def end_holder(self, holder: Holder, reason: EndReason) -> None:
        self._ended.add(holder)
        await self._tell(self._lines, lambda number: control.EndHolder(number, holder, reason))

    async def end_feed(self, feed: FeedId, reason: EndReason) -> None:
        if reason is EndReason.CLOSED:
            self._ended.add(feed)
        await self._tell(self._lines, lambda number: control.EndFeed(number, feed, reason))
        for book in self._books.values():
            book.forget(feed)
        self._tidy_homes()

    def session(self, session: SessionId) -> OpenSession | None:
        line = self._line_of(session)
        return self._books[line].sessions.get(session) if line is not None else None

    def state(self) -> EngineState:
        books = self._books.values()
        return EngineState(
            feeds=tuple(
                OpenFeed(feed=feed, group=group, live=feed in book.live)
                for book in books
                for feed, group in book.feeds.items()
            ),
            sessions=tuple(session for book in books for session in book.sessions.values()),
        )

    async def stats(self) -> tuple[EngineStats, ...]:
        asked = [self._count(line) for line in self._lines if line.up]
        return tuple(stats for stats in await asyncio.gather(*asked) if stats is not None)

    # Placing

    async def _open(
        self,
        make: Callable[[int], control.Request],
        feed: FeedId,
        holder: Holder,
        group: Group,
        tag: str,
        *,
        publishes: bool,
    ) -> Answer:
        for _ in range(_TRIES):
            self._ended.check(feed, holder)
            line = self._place(group or Group(feed))
            self._opening[line] += 1
            self._books[line].feeds[feed] = group
            try:
                reply = await line.ask(
                    make, taken=partial(self._opened, line, feed, holder, group, tag, publishes)
                )
            except Gone as gone:
                _log.warning("%s", gone)
                if line.up:  # alive, and does not answer: trying elsewhere could open it twice
                    raise Full(_NOBODY) from gone
                continue
            finally:
                self._opening[line] -= 1
            assert isinstance(reply, control.Answered)
            return reply.answer
        raise Full(_NOBODY)

    def _opened(
        self,
        line: Line,
        feed: FeedId,
        holder: Holder,
        group: Group,
        tag: str,
        publishes: bool,
        reply: control.Reply,
    ) -> None:
        """Called before what the process says next is read: that may be the end of this very session."""
        if isinstance(reply, control.Answered):
            session = OpenSession(
                session=reply.answer.session,
                feed=feed,
                group=group,
                holder=holder,
                publishes=publishes,
                tag=tag,
                etag=reply.answer.etag,
            )
            self._books[line].add(session)

    def _place(self, group: Group) -> Line:
        home = self._homes.get(group)
        if home is not None and home.up:
            return home
        living = [line for line in self._lines if line.up]
        if not living:
            raise Full(_NOBODY)
        home = min(living, key=lambda line: len(self._books[line].sessions) + self._opening[line])
        if len(self._homes) >= _MAX_HOMES:
            self._tidy_homes()
        self._homes[group] = home
        return home

    def _tidy_homes(self) -> None:
        """A group of which nothing is left may go anywhere."""
        held = {group or Group(feed) for book in self._books.values() for feed, group in book.feeds.items()}
        self._homes = {group: line for group, line in self._homes.items() if group in held}

    def _line_of(self, session: SessionId) -> Line | None:
        return next((line for line, book in self._books.items() if session in book.sessions), None)

    async def _ask_of(
        self, session: SessionId, make: Callable[[int], control.Request]
    ) -> tuple[Line, control.Reply]:
        """Ask the process that holds a session. Raises NoSuchSession."""
        line = self._line_of(session)
        if line is None:
            raise NoSuchSession("the session ended or never was")
        try:
            return line, await line.ask(make)
        except Gone as gone:
            raise NoSuchSession("the session ended with its media process") from gone

    # What ended

    async def _tell(self, lines: Sequence[Line], make: Callable[[int], control.Request]) -> None:
        """To all, also those that are about to tell what they hold; one that is gone holds nothing."""
        _, late = await asyncio.wait([line.end(make) for line in lines], timeout=REQUEST_S)
        if late:
            _log.error("something is not ended within %g s, but will be", REQUEST_S)

    async def _count(self, line: Line) -> EngineStats | None:
        try:
            reply = await line.ask(control.Count, STATS_S)
        except (Gone, Full):
            return None
        assert isinstance(reply, control.Counted)
        self._books[line].count(reply.stats)
        return reply.stats

    # What a line tells

    def connected(self, line: Line, state: EngineState, first: bool) -> None:
        """What is open there: at the beginning of a connection, or after passing news was dropped."""
        if first and line not in self._adopting:
            for feed in state.feeds:  # before anything is opened there
                line.end(partial(_end_failed, feed.feed))
            state = EngineState()
        before = self._books[line]
        book = self._books[line] = before.restated(state)
        for feed in state.feeds:
            self._homes.setdefault(feed.group or Group(feed.feed), line)
        self._over(before, [known for name, known in before.sessions.items() if name not in book.sessions])
        self._end_again(line, state)
        for feed in state.feeds:
            told = self._listener.went_live if feed.live else self._listener.went_silent
            self._news.put_nowait(partial(told, feed.feed))
        self._news.put_nowait(partial(self._have_told, line))

    async def _have_told(self, line: Line) -> None:
        self._told[line].set()

    def _end_again(self, line: Line, state: EngineState) -> None:
        """What was ended a moment ago is not to be there, however it came to be."""
        for feed in state.feeds:
            if feed.feed in self._ended:
                line.end(partial(_end_closed, feed.feed))
        for holder in {session.holder for session in state.sessions}:
            if holder in self._ended:
                line.end(partial(_end_revoked, holder))

    def news(self, line: Line, news: control.News, acknowledge: Callable[[], Awaitable[None]]) -> None:
        book = self._books[line]
        if line.again and not book.knows(news):  # told as ended when the process was given up
            self._news.put_nowait(acknowledge)
            return
        match news:
            case control.WentLive(_, feed):
                book.live.add(feed)
                call: Callable[[], Awaitable[None]] = partial(self._listener.went_live, feed)
            case control.WentSilent(_, feed):
                book.live.discard(feed)
                call = partial(self._listener.went_silent, feed)
            case control.Ended(_, feed, reason, session):
                book.remove(session)
                book.live.discard(feed)
                call = partial(self._listener.ended, feed, reason, session)
            case control.SubscriberEnded(_, summary):
                book.remove(summary.session)
                call = partial(self._listener.subscriber_ended, summary)
            case control.SubscriberLevel(_, feed, session, holder, level):
                call = partial(self._listener.subscriber_level, feed, session, holder, level)
        self._news.put_nowait(partial(self._hear, call, acknowledge))

    async def _hear(
        self, call: Callable[[], Awaitable[None]], acknowledge: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            await call()
        except Exception:
            _log.exception("the feed listener failed")
        await acknowledge()  # not when this process is stopping: then it is told again

    def lost(self, line: Line) -> None:
        """It died: what it had is over, and its groups are free to go elsewhere."""
        book, self._books[line] = self._books[line], Book()
        self._adopting.discard(line)
        self._homes = {group: home for group, home in self._homes.items() if home is not line}
        _log.log(
            logging.ERROR if book.sessions else logging.INFO,
            "media process %d (pid %d) is gone, with %d sessions",
            *(line.index, line.pid, len(book.sessions)),
        )
        self._over(book, list(book.sessions.values()))

    def displaced(self, line: Line) -> None:
        """A later web process hears everything from now on; this one would only contradict it."""
        _log.error("a later web process has taken over media process %d: this one lets go of all", line.index)
        for each in self._lines:
            each.leave()
        for event in self._told.values():
            event.set()
        while not self._news.empty():
            self._news.get_nowait()
            self._news.task_done()
        self._books = {each: Book() for each in self._lines}
        self._homes.clear()

    def _over(self, book: Book, sessions: Sequence[OpenSession]) -> None:
        """Their end is told here, because nobody else can."""
        for session in sessions:
            if session.publishes:
                call = partial(self._listener.ended, session.feed, EndReason.FAILED, session.session)
            else:
                call = partial(self._listener.subscriber_ended, book.failed(session))
            self._news.put_nowait(call)

    async def _deliver(self) -> None:
        """News of all processes, one after another: a feed's order holds also when it has moved."""
        while True:
            call = await self._news.get()
            try:
                await asyncio.wait_for(call(), _PATIENCE_S)
            except Exception:
                _log.exception("the feed listener failed")
            finally:
                self._news.task_done()


def _end_failed(feed: FeedId, number: int) -> control.Request:
    return control.EndFeed(number, feed, EndReason.FAILED)


def _end_closed(feed: FeedId, number: int) -> control.Request:
    return control.EndFeed(number, feed, EndReason.CLOSED)


def _end_revoked(holder: Holder, number: int) -> control.Request:
    return control.EndHolder(number, holder, EndReason.REVOKED)
