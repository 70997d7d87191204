"""The socket: a snapshot first, then every change, each for this person's eyes, and a tick when it is due."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
from litestar import Router, WebSocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket

from backend.api import guards
from backend.hub import Full, Hub, Listener, TooSlow
from backend.model.people import StaffSession
from backend.model.refusals import Refused
from backend.model.views import Event, SignedOut, Tick
from backend.services.board import Audience, Board
from backend.services.connections import Connections
from backend.services.steps import Clock

NOT_SIGNED_IN, WRONG_ORIGIN, WRONG_ROLE, TOO_SLOW, FULL = 4401, 4403, 4404, 4408, 4413
TICK_S = 5.0  # pwa/src/lib/events.ts gives a silent socket up after 8
Socket = WebSocket[Any, Any, Any]


@websocket("/events")
async def events(
    socket: Socket,
    hub: NamedDependency[Hub],
    board: NamedDependency[Board],
    clock: NamedDependency[Clock],
    connections: NamedDependency[Connections],
) -> None:
    try:
        guards.check_origin(socket)
    except Refused:
        await socket.close(WRONG_ORIGIN)
        return
    try:
        session = await guards.who(socket)
    except Refused:
        await socket.accept()
        await socket.close(NOT_SIGNED_IN)
        return
    if session.user.role not in guards.STAFF:
        await socket.accept()
        await socket.close(WRONG_ROLE)
        return
    await socket.accept()
    try:
        async with hub.listen() as listener:
            audience = await _begin(socket, session, board, clock)
            for event in connections.levels_of(session.id):
                await _send(socket, event)
            telling = _tell(socket, listener, audience, clock)
            code = await _talk(socket, telling, (session.expires_at - clock()).total_seconds())
    except Full:
        code = FULL
    except WebSocketDisconnect:
        return
    await socket.close(code)


async def _begin(socket: Socket, session: StaffSession, board: Board, clock: Clock) -> Audience:
    snapshot = await board.snapshot(session.user, clock())
    await _send(socket, snapshot)
    return Audience(session, snapshot)


async def _talk(socket: Socket, tell: Coroutine[Any, Any, int], lasts_s: float) -> int:
    """Tell until the browser leaves, is too slow, signs out or its session runs out; the close code."""
    leaving = asyncio.create_task(_until_it_leaves(socket))
    telling = asyncio.create_task(tell)
    try:
        await asyncio.wait((leaving, telling), timeout=lasts_s, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            return telling.result()
        if leaving.done():
            raise WebSocketDisconnect(detail="it left")
        await _send(socket, SignedOut())
        return NOT_SIGNED_IN
    finally:
        leaving.cancel()
        telling.cancel()
        await asyncio.gather(leaving, telling, return_exceptions=True)


async def _tell(socket: Socket, listener: Listener, audience: Audience, clock: Clock) -> int:
    timer = asyncio.get_running_loop().time
    tick_at = timer() + TICK_S
    while True:
        try:
            async with asyncio.timeout_at(tick_at):
                event = audience.hears(await listener.next())
        except TimeoutError:
            event, tick_at = Tick(now=clock()), timer() + TICK_S
        except TooSlow:
            return TOO_SLOW
        if event is None:
            continue
        await _send(socket, event)
        if isinstance(event, SignedOut):
            return NOT_SIGNED_IN


async def _send(socket: Socket, event: Event) -> None:
    await socket.send_text(msgspec.json.encode(event).decode())


async def _until_it_leaves(socket: Socket) -> None:
    """A page has nothing to say here; reading is how its leaving is seen."""
    while True:
        try:
            await socket.receive_data("text")
        except WebSocketDisconnect:
            return


ROUTER = Router("/api", route_handlers=[events])
