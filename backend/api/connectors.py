"""Connectors over HTTP: codes and what owners do with them, enrolment, and the one socket of each.

The socket is for machines: whatever names an Origin is a browser, and is refused. One reader and one writer
for each socket; neither waits for another socket.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, WebSocket, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.connector_bodies import EnrolmentCode
from backend.model.ids import ConnectorId, SiteId
from backend.model.lending import TrafficView
from backend.model.people import StaffSession
from backend.model.refusals import Refusal, Refused
from backend.model.views import Agency
from backend.services.connectors import Connectors, farewell, refused
from backend.services.enrolment import Enrolments
from backend.services.lines import Line
from media.connector import wire

Id = Annotated[str, PathParameter(pattern=ID)]
Socket = WebSocket[Any, Any, Any]
REFUSED = 4403  # the last frame says why
HELLO_S = 10.0
HELLO_CHARS = 4096
SEND_S = 10.0  # a connector that takes no byte for so long is gone
LAST_S = 2.0  # for the last frame of a socket that ends anyway
FRAMES_A_SECOND, FRAMES_AT_ONCE = 20.0, 200.0
CHARS_A_SECOND, CHARS_AT_ONCE = 256 * 1024.0, 2.0 * 1024 * 1024
HELLO = msgspec.json.Decoder(wire.Hello)
FRAME: msgspec.json.Decoder[wire.FromConnector] = msgspec.json.Decoder(wire.FromConnector)


# -- owners ---------------------------------------------------------------------------------------


@post("/sites/{site:str}/enrolments", guards=[guards.managers])
async def issue_code(
    site: Id, session: NamedDependency[StaffSession], enrolments: NamedDependency[Enrolments]
) -> EnrolmentCode:
    code, lasts = await enrolments.issue(session.user, SiteId(site))
    return EnrolmentCode(code=code.reveal(), seconds_left=int(lasts.total_seconds()))


@delete("/connectors/{connector:str}", guards=[guards.managers], status_code=204)
async def retire(
    connector: Id, session: NamedDependency[StaffSession], enrolments: NamedDependency[Enrolments]
) -> None:
    await enrolments.retire(session.user, ConnectorId(connector))


@post("/connectors/{connector:str}/discover", guards=[guards.managers], status_code=204)
async def discover(
    connector: Id, session: NamedDependency[StaffSession], enrolments: NamedDependency[Enrolments]
) -> None:
    await enrolments.discover(session.user, ConnectorId(connector))


@get("/connectors/{connector:str}/traffic", guards=[guards.managers])
async def traffic(
    connector: Id, session: NamedDependency[StaffSession], enrolments: NamedDependency[Enrolments]
) -> TrafficView:
    return await enrolments.traffic(session.user, ConnectorId(connector))


# -- connectors -----------------------------------------------------------------------------------


@post("/connectors/enrol", guards=[guards.machines], status_code=200)
async def enrol(
    request: Request[Any, Any, Any],
    data: JSONBody[wire.Enrol],
    enrolments: NamedDependency[Enrolments],
    agency: NamedDependency[Agency],
) -> wire.Enrolled:
    connector, site = await enrolments.enrol(
        data.code,
        key=data.key,
        name=data.name,
        version=data.version,
        address=guards.address(request),
    )
    return wire.Enrolled(connector=connector, site=site, agency=agency.name)


@websocket("/connectors/socket")
async def socket(socket: Socket, connectors: NamedDependency[Connectors]) -> None:
    if "origin" in socket.headers:
        await socket.close(REFUSED)
        return
    await socket.accept()
    last: wire.Refuse | None = None
    try:
        with connectors.visit(guards.address(socket)):
            try:
                line, software = await _greet(socket, connectors)
                last = await _talk(socket, connectors, line, software)
            except Refused as no:
                last = farewell(no)
    except Refused as no:
        last = farewell(no)
    except (WebSocketDisconnect, TimeoutError):
        return
    with contextlib.suppress(WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(LAST_S):
            if last is not None:
                await _write(socket, last)
            await socket.close(REFUSED if last is not None else 1000)


async def _greet(socket: Socket, connectors: Connectors) -> tuple[Line, str]:
    with connectors.greet() as nonce:
        async with asyncio.timeout(HELLO_S):
            await _write(socket, wire.Challenge(version=wire.VERSION, nonce=nonce))
            text = await socket.receive_data("text")
        try:
            hello = HELLO.decode(text) if len(text) <= HELLO_CHARS else None
        except (msgspec.DecodeError, RecursionError):
            hello = None
        if hello is None:
            raise refused(Refusal.BAD_FRAME)
        return await connectors.hello(hello, nonce)


async def _talk(socket: Socket, connectors: Connectors, line: Line, software: str) -> wire.Refuse | None:
    """Until it leaves or is to leave; the last frame for it, if it is there to be told."""
    try:
        async with _beside(_write_all(socket, line)) as writing:
            await connectors.arrive(line, software)
            return await _listen(socket, connectors, line, writing)
    except Refused as no:
        return farewell(no)
    except WebSocketDisconnect:
        return None
    finally:
        await connectors.leave(line)


async def _listen(
    socket: Socket, connectors: Connectors, line: Line, writing: "asyncio.Task[None]"
) -> wire.Refuse | None:
    pace = _Pace()
    while True:
        reading = asyncio.ensure_future(socket.receive_data("text"))
        try:
            await asyncio.wait(
                (reading, writing, line.over),
                timeout=wire.DEAD_AFTER_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if line.over.done():
                return line.over.result()
            if writing.done() or not reading.done():
                return None  # it takes nothing, or it has said nothing for too long
            text = reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await pace.keep(len(text))
        await connectors.take(line, await _read(connectors, line, text))


async def _read(connectors: Connectors, line: Line, text: str) -> wire.FromConnector:
    try:
        return FRAME.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        await connectors.misspoke(line)
        raise refused(Refusal.BAD_FRAME) from None


async def _write_all(socket: Socket, line: Line) -> None:
    """Whatever is to be said, and that we live. Ends when the socket does not take it."""
    while True:
        frame: wire.FromServer = wire.Alive()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wire.ALIVE_EVERY_S):
                frame = await line.next()
        async with asyncio.timeout(SEND_S):
            await _write(socket, frame)


async def _write(socket: Socket, frame: wire.FromServer) -> None:
    await socket.send_text(msgspec.json.encode(frame).decode())


@asynccontextmanager
async def _beside(work: Any) -> "AsyncIterator[asyncio.Task[None]]":
    task: asyncio.Task[None] = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Pace:
    """Reads no faster than this: what comes faster waits in the connector's own machine."""

    def __init__(self) -> None:
        self._frames, self._chars, self._at = FRAMES_AT_ONCE, CHARS_AT_ONCE, time.monotonic()

    async def keep(self, chars: int) -> None:
        now = time.monotonic()
        passed, self._at = now - self._at, now
        self._frames = min(FRAMES_AT_ONCE, self._frames + passed * FRAMES_A_SECOND) - 1
        self._chars = min(CHARS_AT_ONCE, self._chars + passed * CHARS_A_SECOND) - chars
        wait_s = max(-self._frames / FRAMES_A_SECOND, -self._chars / CHARS_A_SECOND)
        if wait_s > 0:
            await asyncio.sleep(wait_s)


ROUTER = Router("/api", route_handlers=[issue_code, retire, discover, traffic, enrol, socket])
