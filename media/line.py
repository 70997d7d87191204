"""The web process's line to one media process: connects, asks, hears news, and connects again.

Knows neither feeds nor groups; media/pool does. At most IN_FLIGHT requests are unanswered, more wait, and
each has its time. What is answered too late is undone.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from media import control
from media.control import Channel, Hello, ProtocolError, ToWeb
from media.ports import BadOffer, Closed, EndReason, EngineState, Full, NoSuchSession

_log = logging.getLogger(__name__)

IN_FLIGHT = 64
WAITING = 512  # requests for one process, in flight included; one more is refused
REQUEST_S = 5.0
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.5
_SAY_AFTER_S = 2.0  # a process that has just been started takes a moment
_SAY_EVERY_S = 10.0

_RAISES: dict[str, type[Exception]] = {
    "bad-offer": BadOffer,
    "closed": Closed,
    "full": Full,
    "no-session": NoSuchSession,
}


class Gone(Exception):
    """The process died or does not answer; whether it did what was asked is not known."""


class Owner(Protocol):
    """The pool, as a line sees it. None of these waits."""

    def connected(self, line: "Line", state: EngineState, first: bool) -> None: ...
    def news(self, line: "Line", news: control.News) -> None: ...
    def lost(self, line: "Line") -> None: ...


class Line:
    """`up` from the moment at which the process has told what is open, until it is gone."""

    def __init__(self, index: int, path: Path, run: str, owner: Owner) -> None:
        self.index = index
        self.up = False
        self.pid = 0
        self.again = False  # it is the process that was given up before
        self._was_up = False
        self._path, self._run, self._owner = path, run, owner
        self._channel: Channel[ToWeb] | None = None
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._asked = 0
        self._number = 0
        self._replies: dict[int, asyncio.Future[control.Reply]] = {}
        self._task: asyncio.Task[None] | None = None
        self._late: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"media-line-{self.index}")

    async def close(self) -> None:
        tasks = [task for task in (self._task, *self._late) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    async def ask(
        self, make: Callable[[int], control.Request], timeout_s: float = REQUEST_S
    ) -> control.Reply:
        """One request. Raises Gone, Full when too many wait, or what media.ports has for it."""
        if self._asked >= WAITING:
            raise Full("the media process has more to do than it can")
        self._asked += 1
        try:
            async with asyncio.timeout(timeout_s), self._room:
                reply = await self._exchange(make)
        except TimeoutError:
            raise Gone(f"media process {self.index} did not answer within {timeout_s:g} s") from None
        finally:
            self._asked -= 1
        if isinstance(reply, control.Failed):
            raise _RAISES.get(reply.kind, Gone)(reply.words)
        return reply

    async def _exchange(self, make: Callable[[int], control.Request]) -> control.Reply:
        channel = self._channel
        if channel is None:
            raise Gone(f"media process {self.index} is away")
        self._number += 1
        number = self._number
        future = self._replies[number] = asyncio.get_running_loop().create_future()
        try:
            await channel.send(make(number))
            reply: control.Reply = await future
            return reply
        except ConnectionError as error:
            raise Gone(f"media process {self.index} is away") from error
        finally:
            self._replies.pop(number, None)

    async def heard(self, number: int) -> None:
        """Acknowledge news up to this number."""
        if self._channel is not None:
            with contextlib.suppress(ConnectionError):  # it is told again
                await self._channel.send(control.Heard(number))

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
        channel: Channel[ToWeb] = Channel(reader, writer, control.TO_WEB, control.TO_WEB_BYTES)
        try:
            theirs = await channel.greet(Hello(run=self._run, index=self.index, pid=os.getpid()))
            self.again, self.pid = theirs.pid == self.pid, theirs.pid
            self._channel = channel
            while (message := await channel.receive()) is not None:
                if isinstance(message, control.State):
                    first, self.up = not self.up, True
                    self._owner.connected(self, message.state, first)
                elif isinstance(message, control.News):
                    self._owner.news(self, message)
                else:
                    self._take(message)
        finally:
            self._channel, self._was_up, self.up = None, self.up, False
            for future in self._replies.values():
                if not future.done():
                    future.set_exception(Gone(f"media process {self.index} went away"))
            channel.close()
            if self._was_up:
                self._owner.lost(self)
            await channel.closed()

    def _take(self, reply: control.Reply) -> None:
        future = self._replies.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)
        elif isinstance(reply, control.Answered):  # nobody waits for it any more: nobody will use it
            self._undo(reply)

    def _undo(self, answered: control.Answered) -> None:
        async def undo() -> None:
            session = answered.answer.session
            with contextlib.suppress(Gone, Full):  # it fails by itself when nobody connects
                await self.ask(lambda number: control.EndSession(number, session, EndReason.HUNG_UP))

        task = asyncio.create_task(undo(), name="media-undo")
        self._late.add(task)
        task.add_done_callback(self._late.discard)
