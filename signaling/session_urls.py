"""Session URLs, the same for both protocols: ICE changes by PATCH, the end by DELETE (RFC 9725 section 4.2).

Only whoever opened a session may touch it: the same bearer, compared by its digest.
"""

from typing import Any

from litestar import Request, Response, delete, patch, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from media.ports import SessionId, Sfu
from signaling import answers, sdp, trickle
from signaling.sessions import Protocol

PATHS = [f"/{protocol}/sessions/{{session_id:str}}" for protocol in Protocol]


def _protocol(request: Request[Any, Any, Any]) -> Protocol:
    return Protocol(request.scope["path"].split("/")[-3])


@route(PATHS, http_method=[HttpMethod.OPTIONS], status_code=204, summary="What a session URL takes")
async def options(session_id: FromPath[str]) -> Response[None]:
    return answers.options("DELETE, OPTIONS, PATCH", {"Accept-Patch": sdp.FRAGMENT})


@patch(PATHS, summary="Trickle ICE candidates or restart ICE")
async def change(
    request: Request[Any, Any, Any],
    session_id: FromPath[str],
    sfu: NamedDependency[Sfu],
) -> Response[str]:
    return await trickle.patch(request, sfu, _protocol(request), SessionId(session_id))


@delete(PATHS, status_code=200, summary="Stop publishing or watching")
async def hang_up(
    request: Request[Any, Any, Any],
    session_id: FromPath[str],
    sfu: NamedDependency[Sfu],
) -> None:
    await trickle.delete(request, sfu, _protocol(request), SessionId(session_id))


# OPTIONS first, or Litestar makes one of its own that says less.
handlers = [options, change, hang_up]
