"""PATCH and DELETE on a session URL: ICE candidates, ICE restarts, goodbye (RFC 9725 section 4.3, RFC 8840).

The same for WHIP and WHEP. The engine is ICE-lite and has no use for a peer's candidates; it takes them
because clients send them.
"""

from typing import Any

from litestar import Request, Response

from media.ports import EndReason, SessionId, Sfu
from signaling import sdp
from signaling.bearer import bearer_of
from signaling.ports import Malformed
from signaling.sessions import Protocol, find


async def patch(
    request: Request[Any, Any, Any], sfu: Sfu, protocol: Protocol, session: SessionId
) -> Response[str]:
    """204 for candidates, 200 with our new side for a restart; 428 without If-Match, 412 for an old one."""
    known = find(sfu, session, protocol, bearer_of(request))
    condition = request.headers.get("if-match", "").strip()
    fragment = await sdp.read(request, sdp.FRAGMENT)
    if not condition:
        raise Malformed("If-Match is needed: the session's ETag, or * to restart ICE", status=428)
    if condition != "*" and f'"{known.etag}"' not in (tag.strip() for tag in condition.split(",")):
        raise Malformed("the session is at another ICE generation", status=412)
    restarted = await sfu.restart_ice(session, fragment)
    if restarted is None:
        return Response("", status_code=204, media_type=sdp.FRAGMENT)
    headers = {"ETag": f'"{restarted.etag}"'}
    return Response(restarted.sdp, status_code=200, media_type=sdp.FRAGMENT, headers=headers)


async def delete(request: Request[Any, Any, Any], sfu: Sfu, protocol: Protocol, session: SessionId) -> None:
    """The peer hangs up."""
    find(sfu, session, protocol, bearer_of(request))
    await sfu.end_session(session, EndReason.HUNG_UP)
