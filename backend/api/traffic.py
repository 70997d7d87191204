"""Traffic: how many requests were answered, how, and how long that took. Plain numbers in memory.

Stands around the whole application, so that what no route takes is counted too. Knows no path and no person.
"""

import time
from bisect import bisect_left
from collections import Counter

from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

EDGES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNANSWERED = "none"  # the browser left before there was an answer
WAITS = "/api/caller/talk"  # until there is something: like a socket, it says nothing of how busy we are


class Left(Exception):
    """Who sent half a body went away. Nobody is there to be answered, and nothing is at fault."""


class Traffic:
    """Counts of one process, from its start."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()  # "2xx" and so on
        self.within: list[int] = [0] * (
            len(EDGES_S) + 1
        )  # by the first edge that it stayed below; the last: none
        self.seconds = 0.0

    def around(self, app: ASGIApp) -> ASGIApp:
        """The same application, counted. Sockets are not requests."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            status, left = UNANSWERED, False
            whole = not any(
                name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
                for name, value in scope["headers"]
            )

            async def hear() -> HTTPReceiveMessage | WebSocketReceiveMessage:
                nonlocal whole, left
                message = await receive()
                if message["type"] == "http.request":
                    whole = not message.get("more_body", False)
                elif not whole:
                    left = True
                    raise Left
                return message

            async def answer(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start" and not left:
                    status = f"{message['status'] // 100}xx"
                await send(message)

            began = time.perf_counter()
            try:
                await app(scope, hear, answer)
            finally:
                if scope["path"] != WAITS:
                    self._count(status, time.perf_counter() - began)

        return counted

    def _count(self, status: str, seconds: float) -> None:
        self.answered[status] += 1
        self.within[bisect_left(EDGES_S, seconds)] += 1
        self.seconds += seconds
