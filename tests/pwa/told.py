"""The event sockets of played services: what their pages are told, numbered as the service numbers it."""

import json
from typing import Any

from playwright.async_api import WebSocketRoute


class Told:
    """The sockets of one played service."""

    def __init__(self) -> None:
        self._last: dict[WebSocketRoute, int] = {}

    def begin(self, socket: WebSocketRoute, whole: dict[str, Any]) -> None:
        """A page begins anew: it is told everything."""
        self._last[socket] = 1
        socket.send(json.dumps({"listener": "lsn_1", "n": 1, **whole}))

    def tell(self, event: dict[str, Any]) -> None:
        """One event to every page."""
        for socket in self._last:
            if event["type"] != "tick":
                self._last[socket] += 1
                event = {**event, "n": self._last[socket]}
            socket.send(json.dumps(event))

    def fall_silent(self) -> None:
        """Say nothing more on those that are there, and close none."""
        self._last = {}

    async def lose(self) -> None:
        """All of them break."""
        sockets, self._last = list(self._last), {}
        for socket in sockets:
            await socket.close(code=1012)
