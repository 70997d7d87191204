"""The secret that a request carries (RFC 6750 section 2.1), and comparing it without keeping it."""

import hashlib
import re
from typing import Any

from litestar import Request

from signaling.ports import Bearer, Refusal, Refused

_HEADER = re.compile(r"bearer +([0-9A-Za-z\-._~+/]{1,4096}=*)", re.ASCII | re.IGNORECASE)


def bearer_of(request: Request[Any, Any, Any]) -> Bearer:
    """Raises Refused when there is none that could be genuine; nothing else is read from the request."""
    found = _HEADER.fullmatch(request.headers.get("authorization", "").strip())
    if found is None:
        raise Refused(Refusal.UNKNOWN)
    return Bearer(found[1])


def digest(bearer: Bearer) -> bytes:
    return hashlib.sha256(bearer.encode()).digest()
