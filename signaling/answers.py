"""Responses that WHIP and WHEP share (RFC 9725 section 4.2)."""

from typing import Any

from litestar import Request, Response

from media.ports import Answer
from signaling import sdp
from signaling.sessions import Protocol


def created(request: Request[Any, Any, Any], protocol: Protocol, answer: Answer) -> Response[str]:
    """201: the answer, its session URL and its ETag. Never to be stored: it carries the ICE password."""
    root = request.scope.get("root_path", "").rstrip("/")
    return Response(
        answer.sdp,
        status_code=201,
        media_type=sdp.OFFER,
        headers={
            "Location": f"{root}/{protocol}/sessions/{answer.session}",
            "ETag": f'"{answer.etag}"',
            "Accept-Patch": sdp.FRAGMENT,
            "Cache-Control": "no-store",
        },
    )


def options(allow: str, more: dict[str, str]) -> Response[None]:
    """204, and no bearer asked: clients look before they speak (RFC 9725 section 4.1)."""
    return Response(None, status_code=204, headers={"Allow": allow, **more})
