"""Positions of vehicles, over HTTP and by a socket: for machines, by a device token.

One message is a list of at most 250 reports; its answer says which were passed over, and why.
"""

import asyncio
import contextlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, WebSocket, post
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import websocket
from litestar.params import RawBody

from backend.api import guards
from backend.api.bodies import Problem
from backend.api.problems import STATUS
from backend.model.locators import AT_ONCE, LocatorReport, Taken
from backend.model.refusals import Refusal, Refused
from backend.services.locators import Locators

REFUSED = 4403  # the last message says why
SILENT_S = 120.0  # a locator that says nothing for so long is gone
SEND_S = 10.0
MOST_CHARS = 64 * 1024
REPORTS: msgspec.json.Decoder[list[LocatorReport]] = msgspec.json.Decoder(
    Annotated[list[LocatorReport], msgspec.Meta(max_length=AT_ONCE)]
)
Socket = WebSocket[Any, Any, Any]


@post("/locator/positions", guards=[guards.machines], status_code=200)
async def positions(
    request: Request[Any, Any, Any], body: RawBody, locators: NamedDependency[Locators]
) -> Taken:
    return await locators.take(await locators.admit(guards.device_bearer(request)), _read(body))


@websocket("/locator")
async def socket(socket: Socket, locators: NamedDependency[Locators]) -> None:
    if "origin" in socket.headers:
        await socket.close(REFUSED)
        return
    await socket.accept()
    try:
        device = await locators.admit(guards.device_bearer(socket))
        locators.arrive(device)
    except Refused as no:
        await _end(socket, no)
        return
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                text = await socket.receive_data("text")
            try:
                answer: Taken | Problem = await locators.take(device, _read(text))
            except Refused as no:
                if no.refusal is not Refusal.TOO_OFTEN:
                    await _end(socket, no)
                    return
                answer = _problem(no)
            async with asyncio.timeout(SEND_S):
                await _write(socket, answer)
    except (WebSocketDisconnect, TimeoutError):
        return
    finally:
        locators.leave(device)


def _read(text: str | bytes) -> list[LocatorReport]:
    try:
        if len(text) <= MOST_CHARS:
            return REPORTS.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    raise Refused(Refusal.BAD_FRAME, f"A message is a JSON list of at most {AT_ONCE} reports.")


def _problem(no: Refused) -> Problem:
    status = STATUS[no.refusal]
    return Problem(type=f"/problems/{no.refusal.value}", title=status.phrase, status=status, detail=no.words)


async def _write(socket: Socket, said: Taken | Problem) -> None:
    await socket.send_text(msgspec.json.encode(said).decode())


async def _end(socket: Socket, no: Refused) -> None:
    with contextlib.suppress(WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(SEND_S):
            await _write(socket, _problem(no))
            await socket.close(REFUSED)


ROUTER = Router("/api", route_handlers=[positions, socket])
