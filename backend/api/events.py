"""The sockets of staff, of owners, and of supervisors for the city's cameras.

Everything first, then every change, numbered, and a tick when it is due. A page that comes back says which
number it has and is told what it missed, or everything, and never both (docs/decisions/0041). Each is told
what is for this person's eyes only; they share all but that.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Router, WebSocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket

from backend.api import guards
from backend.hub import (
    DutyChanged,
    Full,
    Hub,
    Listener,
    News,
    Piece,
    SessionEnded,
    SessionLocked,
    Telling,
    TooSlow,
)
from backend.model.lending import CityView, OwnerView
from backend.model.people import Role, StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.model.views import Event, IncidentHidden, Locked, Resumed, SignedOut, Snapshot, Tick
from backend.services.board import Audience, Board
from backend.services.connections import Connections
from backend.services.docks import Docks
from backend.services.lending_board import CityAudience, LendingBoard, OwnerAudience
from backend.services.steps import Clock

NOT_SIGNED_IN, WRONG_ORIGIN, WRONG_ROLE, TOO_SLOW = 4401, 4403, 4404, 4408
REPLACED, FULL, LOCKED = 4409, 4413, 4423
MOST_SAID = 4096  # characters, and then it is no page of ours
TICK_S = 1.0  # pwa/src/lib/events.ts comes again after 2.5 of silence
ANEW = (Snapshot, IncidentHidden, OwnerView, CityView)  # who lacks one of these begins anew
Socket = WebSocket[Any, Any, Any]


class StaffTelling:
    """Of incidents and units, to whoever this person is on duty as."""

    def __init__(
        self, session: StaffSession, board: Board, connections: Connections, docks: Docks, clock: Clock
    ) -> None:
        self._session, self._board, self._connections, self._clock = session, board, connections, clock
        self._docks = docks
        self._audience: Audience | None = None

    @property
    def user(self) -> User:
        return self._audience.user if self._audience is not None else self._session.user

    async def whole(self) -> list[Event]:
        self._audience, snapshot = await self._board.audience(self._session, self._clock())
        hangar = self._audience.hangar(await self._docks.whole())
        return [snapshot, hangar, *self._connections.levels_of(self._session.id)]

    async def hears(self, news: News) -> Sequence[Event]:
        if self._audience is None or (
            isinstance(news, DutyChanged) and news.user_id == self._session.user.id
        ):
            return await self.whole()
        event = self._audience.hears(news)
        return () if event is None else (event,)


@websocket("/events")
async def events(
    socket: Socket,
    hub: NamedDependency[Hub],
    board: NamedDependency[Board],
    clock: NamedDependency[Clock],
    connections: NamedDependency[Connections],
    docks_service: NamedDependency[Docks],
) -> None:
    def begin(of: StaffSession) -> Telling:
        return StaffTelling(of, board, connections, docks_service, clock)

    await _serve(socket, hub, guards.STAFF, begin, clock)


@websocket("/owner/events")
async def owner_events(
    socket: Socket,
    hub: NamedDependency[Hub],
    lending_board: NamedDependency[LendingBoard],
    clock: NamedDependency[Clock],
) -> None:
    await _serve(socket, hub, guards.OWNERS, lambda of: OwnerAudience(of, lending_board, clock), clock)


@websocket("/agency/events")
async def city_events(
    socket: Socket,
    hub: NamedDependency[Hub],
    lending_board: NamedDependency[LendingBoard],
    clock: NamedDependency[Clock],
) -> None:
    roles = (Role.SUPERVISOR,)
    await _serve(socket, hub, roles, lambda of: CityAudience(of, lending_board, clock), clock)


async def _serve(
    socket: Socket,
    hub: Hub,
    roles: tuple[Role, ...],
    begin: Callable[[StaffSession], Telling],
    clock: Clock,
) -> None:
    """One socket from its opening to its close, for those in these roles."""
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
        code = await _go_on(socket, hub, session, clock)
        if code is None:
            async with hub.listen(session, begin(session)) as page:
                await guards.who(socket)  # what ended it before anybody listened was told to nobody
                first = [_say(page, event) for event in await page.telling.whole()]
                code = await _talk(socket, page, [_named(page, first[0]), *first[1:]], clock)
    except Refused as no:
        code = LOCKED if no.refusal is Refusal.SESSION_LOCKED else NOT_SIGNED_IN
    except Full:
        code = FULL
    except WebSocketDisconnect:
        return
    await socket.close(code)


async def _go_on(socket: Socket, hub: Hub, session: StaffSession, clock: Clock) -> int | None:
    """Tell a page that comes back what it missed, and go on; None when it must begin anew."""
    page = hub.known(socket.query_params.get("listener", ""), session)
    if page is None:
        return None
    async with hub.hold(page):
        missed = await _missed(page, session.user, socket.query_params.get("after", ""))
        if missed is None:
            page.over = True
            return None
        resumed = msgspec.json.encode(Resumed(now=clock()))
        return await _talk(socket, page, [resumed, *missed], clock)


async def _missed(page: Listener, user: User, after: str) -> list[bytes] | None:
    """What was said after that, and what waits. None when it is not all there, or is not theirs any more."""
    if (
        page.over
        or page.telling.user != user
        or not (after.isascii() and after.isdigit() and len(after) < 16)
    ):
        return None
    try:
        while page.first is not None:
            if _ends(page, page.first.news):
                return None
            await _take(page, page.first)
    except TooSlow:
        return None
    return page.since(int(after))


async def _talk(socket: Socket, page: Listener, first: list[bytes], clock: Clock) -> int:
    """Tell until the browser leaves, is too slow, signs out or its session runs out; the close code."""
    lasts_s = (page.session.expires_at - clock()).total_seconds()
    leaving = asyncio.create_task(_until_it_leaves(socket))
    telling = asyncio.create_task(_tell(socket, page, first, clock))
    wanted = asyncio.create_task(page.wanted.wait())
    tasks = (leaving, telling, wanted)
    try:
        await asyncio.wait(tasks, timeout=lasts_s, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            return telling.result()
        if leaving.done():
            raise WebSocketDisconnect(detail="it left")
        if wanted.done():
            return REPLACED
        await socket.send_text(msgspec.json.encode(SignedOut()))
        return NOT_SIGNED_IN
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _tell(socket: Socket, page: Listener, first: list[bytes], clock: Clock) -> int:
    for message in first:
        await socket.send_text(message)
    timer = asyncio.get_running_loop().time
    tick_at = timer() + TICK_S
    while True:
        while page.first is not None:
            if _ends(page, page.first.news):
                page.over = True
                ended = isinstance(page.first.news, SessionEnded)
                await socket.send_text(msgspec.json.encode(SignedOut() if ended else Locked()))
                return NOT_SIGNED_IN if ended else LOCKED
            for message in await _take(page, page.first):
                await socket.send_text(message)
        try:
            async with asyncio.timeout_at(tick_at):
                await page.wait()
        except TimeoutError:
            await socket.send_text(msgspec.json.encode(Tick(now=clock())))
            tick_at = timer() + TICK_S
        except TooSlow:
            return TOO_SLOW


def _ends(page: Listener, news: News) -> bool:
    return isinstance(news, SessionEnded | SessionLocked) and news.session_id == page.session.id


async def _take(page: Listener, piece: Piece) -> list[bytes]:
    """What the page is told of the piece that waits first. Raises TooSlow.

    Until it is known that piece waits, and then nothing is awaited: whoever is cut off here loses nothing.
    """
    told = await page.telling.hears(piece.news)
    page.done()
    return [_say(page, event, piece) for event in told]


def _say(page: Listener, event: msgspec.Struct, piece: Piece | None = None) -> bytes:
    body = piece.json() if piece is not None and event is piece.news else msgspec.json.encode(event)
    return page.say(body, anew=isinstance(event, ANEW))


def _named(page: Listener, message: bytes) -> bytes:
    """The first message says by what name the page may come back."""
    return b'{"listener":"%s",' % page.name.encode() + message[1:]


async def _until_it_leaves(socket: Socket) -> None:
    """A page has nothing to say here; reading is how its leaving is seen."""
    said = 0
    while said <= MOST_SAID:
        try:
            said += len(await socket.receive_data("text")) + 1
        except WebSocketDisconnect:
            return


ROUTER = Router("/api", route_handlers=[events, owner_events, city_events])
