"""A media process's side of the control socket: one web process at a time, served from one engine.

A request is answered before the next is read, so that nothing piles up here; a web process that does not read
is not read from. When it goes, the engine goes on, and the next one is told everything. Nothing that comes in
by the socket may reach the engine's loop as an exception.
"""

import asyncio
import contextlib
import logging
import os
from pathlib import Path

import msgspec

from media import control
from media.backlog import Backlog
from media.control import Channel, Hello, ProtocolError, ToEngine, Unsendable
from media.ports import BadOffer, Closed, Full, NoSuchSession, Ungranted
from media.sfu import EmbeddedSfu

_log = logging.getLogger(__name__)

_FAREWELL_S = 3.0  # for the last news to be acknowledged
_LEAVES_WITHIN_S = 2.0  # a web process that was told that it is displaced
_RAISED: tuple[tuple[type[Exception], str], ...] = (
    (BadOffer, "bad-offer"),
    (Closed, "closed"),
    (Full, "full"),
    (NoSuchSession, "no-session"),
    (Ungranted, "ungranted"),  # its words are media.ports.WhyUngranted
)


class Server:
    """`backlog` is the engine's listener."""

    def __init__(self, sfu: EmbeddedSfu, backlog: Backlog, hello: Hello, restarts: int = 0) -> None:
        self._sfu, self._backlog, self._hello, self._restarts = sfu, backlog, hello, restarts
        self._server: asyncio.Server | None = None
        self._current: Channel[ToEngine] | None = None
        self._latest = 0  # when the latest web process that was served had begun
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, path: Path) -> None:
        """Listen. Raises OSError when that is not possible there."""
        self._server = await asyncio.start_unix_server(self._connected, sock=control.listen(path))

    async def stop(self) -> None:
        """Let the web process hear the last news, then close."""
        if self._current is not None:
            try:
                await asyncio.wait_for(self._backlog.emptied(), _FAREWELL_S)
            except TimeoutError:
                _log.warning("%d pieces of news were not acknowledged", len(self._backlog))
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._hold(reader, writer), name="media-control")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel: Channel[ToEngine] = Channel(
            reader, writer, control.TO_ENGINE, control.TO_ENGINE_BYTES, control.TO_WEB_BYTES
        )
        telling: asyncio.Task[None] | None = None
        try:
            if not control.is_ours(writer.get_extra_info("socket")):
                raise ProtocolError("another user's process connected")
            theirs = await channel.greet(self._hello)
            if theirs.born < self._latest:
                _log.warning("the web process (pid %d) is not the latest, and not served", theirs.pid)
                await channel.send(control.Displaced())
                await self._left(channel)
                return
            self._latest = theirs.born
            if self._current is not None:
                _log.warning("the web process (pid %d) takes the place of another", theirs.pid)
                self._displace(self._current)
            self._current = channel
            self._backlog.begin()
            telling = asyncio.create_task(self._tell(channel), name="media-telling")
            while (message := await channel.receive()) is not None and self._current is channel:
                if isinstance(message, control.Heard):
                    self._heard(message.number)
                else:
                    await self._answer(channel, message)
        except ProtocolError as error:
            _log.error("control connection closed: %s", error)
        except ConnectionError:
            pass
        except Exception:
            _log.exception("control connection failed")
        finally:
            if telling is not None:
                telling.cancel()
            if self._current is channel:
                self._current = None
                self._backlog.listened = False
            await channel.closed()

    def _displace(self, channel: Channel[ToEngine]) -> None:
        """It is told and has a moment to go; what it asks meanwhile is not done."""
        channel.post(control.Displaced())
        asyncio.get_running_loop().call_later(_LEAVES_WITHIN_S, channel.close)

    async def _left(self, channel: Channel[ToEngine]) -> None:
        with contextlib.suppress(TimeoutError, ProtocolError):
            async with asyncio.timeout(_LEAVES_WITHIN_S):
                while await channel.receive() is not None:
                    pass

    async def _tell(self, channel: Channel[ToEngine]) -> None:
        """News as it comes, and what is open once all of it was sent, whenever that is asked for."""
        backlog = self._backlog
        try:
            while self._current is channel:
                backlog.changed.clear()
                news = backlog.next()
                if news is not None:
                    await self._send(channel, news)
                elif backlog.restate and backlog.caught_up:
                    await self._sfu.settled()
                    if backlog.caught_up:
                        backlog.restate = False
                        await self._send(channel, control.State(self._sfu.state()))
                else:
                    await backlog.changed.wait()
        except ConnectionError:
            pass  # the reader sees it too
        except Exception:
            _log.exception("news could not be told")
            channel.close()

    async def _send(self, channel: Channel[ToEngine], message: control.News | control.State) -> None:
        try:
            await channel.send(message)
        except Unsendable as error:
            _log.error("not told: %s", error)

    async def _answer(self, channel: Channel[ToEngine], request: control.Request) -> None:
        """Whatever the reply turns out to be, the connection stays: all calls here depend on it."""
        reply = await self._reply(request)
        try:
            await channel.send(reply)
        except Unsendable as error:
            _log.error("%s is not answered: %s", type(request).__name__, error)
            await channel.send(control.Failed(request.id, "fault", "the answer could not be sent"))

    def _heard(self, number: int) -> None:
        try:
            self._backlog.heard(number)
        except ValueError as error:
            _log.warning("an acknowledgement is ignored: %s", error)

    async def _reply(self, request: control.Request) -> control.Reply:
        try:
            return await self._do(request)
        except tuple(kind for kind, _ in _RAISED) as error:
            kind = next(name for raised, name in _RAISED if isinstance(error, raised))
            return control.Failed(request.id, kind, str(error))
        except Exception:
            _log.exception("%s failed", type(request).__name__)
            return control.Failed(request.id, "fault", "the media process has a fault")

    async def _do(self, request: control.Request) -> control.Reply:
        sfu = self._sfu
        match request:
            case control.Publish(id, feed, holder, offer, group, tag, own):
                answer = await sfu.publish(feed, holder, offer, group=group, tag=tag, own=own)
                return control.Answered(id, answer)
            case control.Subscribe(id, feed, holder, offer, grant, group, tag, most):
                answer = await sfu.subscribe(
                    feed, holder, offer, grant=grant, group=group, tag=tag, most=most
                )
                return control.Answered(id, answer)
            case control.Limit(id, session, most):
                await sfu.limit(session, most)
            case control.Renew(id, grant):
                await sfu.renew(grant)
            case control.RestartIce(id, session, fragment):
                return control.Restarted(id, await sfu.restart_ice(session, fragment))
            case control.EndSession(id, session, reason):
                await sfu.end_session(session, reason)
            case control.EndHolder(id, holder, reason):
                await sfu.end_holder(holder, reason)
            case control.EndFeed(id, feed, reason):
                await sfu.end_feed(feed, reason)
            case control.Count(id):
                (stats,) = await sfu.stats()
                return control.Counted(
                    id, msgspec.structs.replace(stats, pid=os.getpid(), restarts=self._restarts)
                )
        return control.Done(request.id)
