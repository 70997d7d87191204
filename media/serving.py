"""A media process's side of the control socket: one web process at a time, served from one engine.

A request is answered before the next is read, so that nothing piles up here; a web process that does not read
is not read from. When it goes, the engine goes on, and the next one is told everything. Nothing that comes in
by the socket may reach the engine's loop as an exception.
"""

import asyncio
import logging
import os
from pathlib import Path

import msgspec

from media import control
from media.backlog import Backlog
from media.control import Channel, Hello, ProtocolError, ToEngine
from media.ports import BadOffer, Closed, Full, NoSuchSession
from media.sfu import EmbeddedSfu

_log = logging.getLogger(__name__)

_FAREWELL_S = 3.0  # for the last news to be acknowledged
_RAISED: tuple[tuple[type[Exception], str], ...] = (
    (BadOffer, "bad-offer"),
    (Closed, "closed"),
    (Full, "full"),
    (NoSuchSession, "no-session"),
)


class Server:
    """`backlog` is the engine's listener."""

    def __init__(self, sfu: EmbeddedSfu, backlog: Backlog, hello: Hello, restarts: int = 0) -> None:
        self._sfu, self._backlog, self._hello, self._restarts = sfu, backlog, hello, restarts
        self._server: asyncio.Server | None = None
        self._current: Channel[ToEngine] | None = None
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
        channel: Channel[ToEngine] = Channel(reader, writer, control.TO_ENGINE, control.TO_ENGINE_BYTES)
        telling: asyncio.Task[None] | None = None
        try:
            if not control.is_ours(writer.get_extra_info("socket")):
                raise ProtocolError("another user's process connected")
            theirs = await channel.greet(self._hello)
            if self._current is not None:
                _log.warning("the web process (pid %d) takes the place of another", theirs.pid)
                self._current.close()
            self._current = channel
            self._backlog.begin()
            telling = asyncio.create_task(self._tell(channel), name="media-telling")
            while (message := await channel.receive()) is not None and self._current is channel:
                if isinstance(message, control.Heard):
                    self._backlog.heard(message.number)
                else:
                    await channel.send(await self._reply(message))
        except (ProtocolError, ValueError) as error:
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

    async def _tell(self, channel: Channel[ToEngine]) -> None:
        """News as it comes, and what is open once all of it was sent, whenever that is asked for."""
        backlog = self._backlog
        try:
            while self._current is channel:
                backlog.changed.clear()
                news = backlog.next()
                if news is not None:
                    await channel.send(news)
                elif backlog.restate and backlog.caught_up:
                    await self._sfu.settled()
                    if backlog.caught_up:
                        backlog.restate = False
                        await channel.send(control.State(self._sfu.state()))
                else:
                    await backlog.changed.wait()
        except ConnectionError:
            pass  # the reader sees it too
        except Exception:
            _log.exception("news could not be told")
            channel.close()

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
            case control.Publish(id, feed, holder, offer, group, tag):
                return control.Answered(id, await sfu.publish(feed, holder, offer, group=group, tag=tag))
            case control.Subscribe(id, feed, holder, offer, group, tag):
                return control.Answered(id, await sfu.subscribe(feed, holder, offer, group=group, tag=tag))
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
