"""One HTTP request and its answer on a connection of its own, whose bytes are counted.

Follows no redirect, and reads no answer that is longer than it may be.
"""

import os
import socket
import ssl
from functools import lru_cache
from typing import Any

import httpx

from media.connector.path import Counts
from media.connector.traffic import carried

TIMEOUT_S = 5.0
MAX_ANSWER = 64 * 1024


class TooLong(httpx.HTTPError):
    """An answer without end."""


@lru_cache(4)
def trusting(trust: str | None) -> ssl.SSLContext:
    """The system's certificates, or those of a file."""
    return httpx.create_ssl_context(verify=trust or True)


@lru_cache(1)
def unverified() -> ssl.SSLContext:
    """For cameras, which sign their own certificates."""
    return httpx.create_ssl_context(verify=False)


async def exchange(
    method: str, url: str, counts: Counts, *, verify: ssl.SSLContext, by_proxy: bool = True, **request: Any
) -> tuple[httpx.Response, bytes]:
    """The answer and its body. Raises httpx.HTTPError. `by_proxy`: the environment's, where it names one."""
    async with (
        httpx.AsyncClient(
            verify=verify, timeout=TIMEOUT_S, follow_redirects=False, trust_env=by_proxy
        ) as http,
        http.stream(method, url, **request) as answer,
    ):
        stream = answer.extensions.get("network_stream")
        used = stream.get_extra_info("socket") if stream is not None else None
        # a copy: who answers by HTTP/1.0 ends the connection with the last byte, and its count with it
        copy = socket.socket(fileno=os.dup(used.fileno())) if used is not None else None
        try:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MAX_ANSWER:
                    raise TooLong("an answer without end")
        finally:
            if copy is not None:
                counts.total += carried(copy)
                copy.close()
        return answer, bytes(body)
