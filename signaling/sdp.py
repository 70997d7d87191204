"""Request bodies: the right type, not too long, UTF-8. What the SDP says is the engine's business."""

from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException

from signaling.ports import Malformed

OFFER = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_BODY = 32 * 1024  # bytes; no browser offers a third of it


async def read(request: Request[Any, Any, Any], media_type: str) -> str:
    """The body as text. Raises Malformed: 415 for another type, 413 beyond 32 KiB, 400 for the rest."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated != media_type:
        raise Malformed(f"the body must be {media_type}", status=415)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:9]) > MAX_BODY:
        raise Malformed("the body is longer than 32 KiB", status=413)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise Malformed("the body is longer than 32 KiB", status=413)
    except InternalServerException as error:  # Litestar's word for a client that went away
        raise Malformed("the body was cut off") from error
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
    if not text.strip():
        raise Malformed("the body is empty")
    return text
