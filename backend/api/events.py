"""The sockets of staff, of owners, and of supervisors for the city's cameras.

Everything first, then every change, and a tick when it is due. Each is told what is for this person's eyes
only; they share all but that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec
from litestar import Router, WebSocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket

from backend.api import guards
from backend.hub import DutyChanged, Full, Hub, Listener, News, SessionEnded, SessionLocked, TooSlow
from backend.model.lending import CitySite, CitySiteGone, CityView, OwnerView
from backend.model.people import Role, StaffSession
from backend.model.refusals import Refusal, Refused
from backend.model.views import Event, Locked, SignedOut, Tick
from backend.services.board import Audience, Board
from backend.services.connections import Connections
from backend.services.lending_board import CityAudience, LendingBoard, OwnerAudience
from backend.services.steps import Clock

NOT_SIGNED_IN, WRONG_ORIGIN, WRONG_ROLE, TOO_SLOW, FULL, LOCKED = 4401, 4403, 4404, 4408, 4413, 4423
MOST_SAID = 4096  # characters, and then it is no page of ours
TICK_S = 5.0  # pwa/src/lib/events.ts gives a silent socket up after 8
Socket = WebSocket[Any, Any, Any]


Told = Event | OwnerView | CityView | CitySite | CitySiteGone
Hears = Callable[[News], Awaitable[Told | None]]


@websocket("/events")
async def events(
    socket: Socket,
    hub: NamedDependency[Hub],
    board: NamedDependency[Board],
    clock: NamedDependency[Clock],
    connections: NamedDependency[Connections],
) -> None:
    async def begin(session: StaffSession) -> Hears:
        async def tell_all() -> Audience:
            audience, snapshot = await board.audience(session, clock())
            await _send(socket, snapshot)
            for event in connections.levels_of(session.id):
                await _send(socket, event)
            return audience

        audience = await tell_all()

        async def hears(news: News) -> Event | None:
            nonlocal audience
            if isinstance(news, DutyChanged) and news.user_id == session.user.id:
                audience = await tell_all()
                return None
            return audience.hears(news)

        return hears

    await _serve(socket, hub, guards.STAFF, begin, clock)


@websocket("/owner/events")
async def owner_events(
    socket: Socket,
    hub: NamedDependency[Hub],
    lending_board: NamedDependency[LendingBoard],
    clock: NamedDependency[Clock],
) -> None:
    async def begin(session: StaffSession) -> Hears:
        await _send(socket, await lending_board.owner(session.user, clock()))
        return OwnerAudience(session, lending_board, clock).hears

    await _serve(socket, hub, guards.OWNERS, begin, clock)


@websocket("/agency/events")
async def city_events(
    socket: Socket,
    hub: NamedDependency[Hub],
    lending_board: NamedDependency[LendingBoard],
    clock: NamedDependency[Clock],
) -> None:
    async def begin(session: StaffSession) -> Hears:
        audience = CityAudience(session, lending_board, clock)
        await _send(socket, await audience.first())
        return audience.hears

    await _serve(socket, hub, (Role.SUPERVISOR,), begin, clock)


async def _serve(
    socket: Socket,
    hub: Hub,
    roles: tuple[Role, ...],
    begin: Callable[[StaffSession], Awaitable[Hears]],
    clock: Clock,
) -> None:
    """One socket from its opening to its close, for those in these roles; `begin` tells the whole first."""
    try:
        guards.check_origin(socket)
    except Refused:
        await socket.close(WRONG_ORIGIN)
        return
    await socket.accept()
    try:
        session = await guards.who(socket)
        if session.user.role not in roles:
            await socket.close(WRONG_ROLE)
            return
        async with hub.listen(session.user.id) as listener:
            await guards.who(socket)  # what ended it before anybody listened was told to nobody
            telling = _tell(socket, listener, session, await begin(session), clock)
            code = await _talk(socket, telling, (session.expires_at - clock()).total_seconds())
    except Refused as no:
        code = LOCKED if no.refusal is Refusal.SESSION_LOCKED else NOT_SIGNED_IN
    except Full:
        code = FULL
    except WebSocketDisconnect:
        return
    await socket.close(code)


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


async def _tell(socket: Socket, listener: Listener, session: StaffSession, hears: Hears, clock: Clock) -> int:
    timer = asyncio.get_running_loop().time
    tick_at = timer() + TICK_S
    while True:
        event: Told | None
        try:
            async with asyncio.timeout_at(tick_at):
                news = await listener.next()
        except TimeoutError:
            event, tick_at = Tick(now=clock()), timer() + TICK_S
        except TooSlow:
            return TOO_SLOW
        else:
            if isinstance(news, SessionEnded | SessionLocked):
                if news.session_id != session.id:
                    continue
                ended = isinstance(news, SessionEnded)
                await _send(socket, SignedOut() if ended else Locked())
                return NOT_SIGNED_IN if ended else LOCKED
            event = await hears(news)
        if event is not None:
            await _send(socket, event)


async def _send(socket: Socket, event: Told) -> None:
    await socket.send_text(msgspec.json.encode(event).decode())


async def _until_it_leaves(socket: Socket) -> None:
    """A page has nothing to say here; reading is how its leaving is seen."""
    said = 0
    while said <= MOST_SAID:
        try:
            said += len(await socket.receive_data("text")) + 1
        except WebSocketDisconnect:
            return


ROUTER = Router("/api", route_handlers=[events, owner_events, city_events])
