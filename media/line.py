"""The web process's line to one media process: connects, asks, hears news, and connects again.

Knows neither feeds nor groups; media/pool does. At most IN_FLIGHT requests are unanswered, more wait, and
each has its time. What is answered too late is undone. Ends wait for nothing, and are kept until they are
done or the process is lost, which ends more.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from media import control
from media.control import Channel, Hello, ProtocolError, ToWeb, Unsendable
from media.ports import (
    BadOffer,
    Closed,
    EndReason,
    EngineState,
    Full,
    NoSuchSession,
    Ungranted,
    WhyUngranted,
)

_log = logging.getLogger(__name__)

IN_FLIGHT = 64
WAITING = 512  # requests for one process, in flight included; one more is refused
REQUEST_S = 5.0
ENDS = 10_000  # kept at most; a process that owes more is given up, with all that it has
_AGAIN_S = 1.0  # after which an end that met a fault is asked for again
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.5
_SAY_AFTER_S = 2.0  # a process that has just been started takes a moment
_SAY_EVERY_S = 10.0

_RAISES: dict[str, Callable[[str], Exception]] = {
    "bad-offer": BadOffer,
    "closed": Closed,
    "full": Full,
    "no-session": NoSuchSession,
    "ungranted": lambda words: Ungranted(WhyUngranted(words)),
}


Taken = Callable[[control.Reply], None]


class Gone(Exception):
    """The process died or does not answer; whether it did what was asked is not known."""


class Owner(Protocol):
    """The pool, as a line sees it. None of these waits."""

    def connected(self, line: "Line", state: EngineState, first: bool) -> None: ...
    def news(self, line: "Line", news: control.News, acknowledge: Callable[[], Awaitable[None]]) -> None: ...
    def lost(self, line: "Line") -> None: ...
    def displaced(self, line: "Line") -> None: ...


class End:
    """Something that is to be ended over there."""

    def __init__(self, make: Callable[[int], control.Request]) -> None:
        self.make = make
        self.over = asyncio.get_running_loop().create_future()  # done, or lost with all that it had


class Line:
    """`up` from the moment at which the process has told what is open, until it is gone."""

    def __init__(self, index: int, path: Path, run: str, owner: Owner, born: int) -> None:
        self.index = index
        self.up = False
        self.pid = 0
        self.again = False  # it is the process that was given up before
        self._was_up = False
        self._given_up = 0  # its pid
        self._path, self._run, self._owner, self._born = path, run, owner, born
        self._channel: Channel[ToWeb] | None = None
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._asked = 0
        self._number = 0
        self._replies: dict[int, tuple[asyncio.Future[control.Reply], Taken]] = {}
        self._ends: dict[int, End] = {}  # by the number of the request
        self._owed: set[End] = set()  # those, and what is to be asked for again
        self._leaving = False
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"media-line-{self.index}")

    def leave(self) -> None:
        """Let go of the process, which goes on; nothing of it is lost."""
        self._leaving, self.up = True, False
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def close(self) -> None:
        """Leave, and return when that is done."""
        self.leave()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def ask(
        self,
        make: Callable[[int], control.Request],
        timeout_s: float = REQUEST_S,
        taken: Taken = lambda _: None,
    ) -> control.Reply:
        """One request. Raises Gone, Full when too many wait, or what media.ports has for it.

        `taken` hears the reply before anything that was said after it is read.
        """
        if self._asked >= WAITING:
            raise Full("the media process has more to do than it can")
        self._asked += 1
        try:
            async with asyncio.timeout(timeout_s), self._room:
                reply = await self._exchange(make, taken)
        except TimeoutError:
            raise Gone(f"media process {self.index} did not answer within {timeout_s:g} s") from None
        finally:
            self._asked -= 1
        if isinstance(reply, control.Failed):
            raise _RAISES.get(reply.kind, Gone)(reply.words)
        return reply

    def end(self, make: Callable[[int], control.Request]) -> "asyncio.Future[None]":
        """Have something ended, whatever else waits. The future is done when it is, or the process lost.

        One that is away has nothing: what it turns out to have when it comes back is ended then.
        """
        end = End(make)
        if self._channel is None:
            end.over.set_result(None)
        elif len(self._owed) >= ENDS:
            _log.error("media process %d does not end what it is told to: it is given up", self.index)
            self._channel.close()
            end.over.set_result(None)
        else:
            self._owed.add(end)
            end.over.add_done_callback(lambda _: self._owed.discard(end))
            self._send_end(end)
        return end.over

    def _send_end(self, end: End) -> None:
        if self._channel is None or end.over.done():
            _settle(end)
            return
        self._number += 1
        self._ends[self._number] = end
        try:
            self._channel.post(end.make(self._number))
        except Unsendable:
            _log.exception("an end cannot be sent")
            _settle(self._ends.pop(self._number))

    async def _exchange(self, make: Callable[[int], control.Request], taken: Taken) -> control.Reply:
        channel = self._channel
        if channel is None:
            raise Gone(f"media process {self.index} is away")
        self._number += 1
        number = self._number
        future: asyncio.Future[control.Reply] = asyncio.get_running_loop().create_future()
        self._replies[number] = future, taken
        try:
            await channel.send(make(number))
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._unused(future.result())
            raise
        except ConnectionError as error:
            raise Gone(f"media process {self.index} is away") from error
        finally:
            self._replies.pop(number, None)

    async def _heard(self, channel: Channel[ToWeb], number: int) -> None:
        """Acknowledge news up to this number to the one who told it: another's numbers mean other things."""
        if self._channel is channel:
            with contextlib.suppress(ConnectionError):  # it is told again
                await channel.send(control.Heard(number))

    async def _keep(self) -> None:
        """Connect, again and again; say what is wrong when that goes on, and not at every try."""
        clock = asyncio.get_running_loop().time
        pause, say_at = _FIRST_PAUSE_S, clock() + _SAY_AFTER_S
        while True:
            try:
                await self._session()
                trouble = "it closed the connection"
            except (OSError, ProtocolError) as error:
                trouble = str(error)
            except Exception:
                _log.exception("the line to media process %d failed", self.index)
                trouble = "see above"
            if self._leaving:
                return
            if self._was_up:
                self._was_up = False
                pause, say_at = _FIRST_PAUSE_S, clock() + _SAY_AFTER_S
            elif clock() > say_at:
                _log.error("media process %d cannot be reached: %s", self.index, trouble)
                say_at = clock() + _SAY_EVERY_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _session(self) -> None:
        """One connection, from its greeting to its end."""
        reader, writer = await asyncio.open_unix_connection(sock=control.connect(self._path))
        channel: Channel[ToWeb] = Channel(
            reader, writer, control.TO_WEB, control.TO_WEB_BYTES, control.TO_ENGINE_BYTES
        )
        try:
            mine = Hello(run=self._run, index=self.index, pid=os.getpid(), born=self._born)
            theirs = await channel.greet(mine)
            self.again, self.pid = theirs.pid == self._given_up, theirs.pid
            self._channel = channel
            while (message := await channel.receive()) is not None:
                if isinstance(message, control.State):
                    first, self.up = not self.up, True
                    self._owner.connected(self, message.state, first)
                elif isinstance(message, control.News):
                    self._owner.news(self, message, partial(self._heard, channel, message.number))
                elif isinstance(message, control.Displaced):
                    self._owner.displaced(self)
                    return
                else:
                    self._take(message)
        finally:
            self._channel, self._was_up, self.up = None, self.up, False
            for future, _ in self._replies.values():
                if not future.done():
                    future.set_exception(Gone(f"media process {self.index} went away"))
            for end in self._owed:
                _settle(end)
            self._ends.clear()
            channel.close()
            if self._was_up and not self._leaving:
                self._given_up = self.pid
                self._owner.lost(self)
            await channel.closed()

    def _take(self, reply: control.Reply) -> None:
        end = self._ends.pop(reply.id, None)
        if end is not None:
            if isinstance(reply, control.Failed):
                _log.error("not ended, and tried again: %s", reply.words)
                asyncio.get_running_loop().call_later(_AGAIN_S, self._send_end, end)
            else:
                _settle(end)
            return
        future, taken = self._replies.get(reply.id, (None, None))
        if future is not None and taken is not None and not future.done():
            taken(reply)
            future.set_result(reply)
        else:
            self._unused(reply)

    def _unused(self, reply: control.Reply) -> None:
        """Nobody waits for it any more: what it opened nobody will use."""
        if isinstance(reply, control.Answered):
            session = reply.answer.session
            self.end(lambda number: control.EndSession(number, session, EndReason.FAILED))


def _settle(end: End) -> None:
    if not end.over.done():
        end.over.set_result(None)
