"""A dispatcher's socket: what has reached the desk of each call, and when."""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.bench.calls_at_random import Reached
from tests.pwa.service import Dispatcher, Service

_SAID = {"upload.end": "upload", "caller.say": "words"}  # by the log, which the desk reads


class Desk:
    """Of each incident that was not forgotten."""

    def __init__(self) -> None:
        self._at: dict[str, dict[str, float]] = defaultdict(dict)  # what, when first; seconds since 1970
        self._news = asyncio.Event()

    def hear(self, message: dict[str, Any]) -> None:
        """One message of the socket."""
        now = time.time()
        match message.get("type"):
            case "position" if message["position"]["source"] == "caller":
                self._at[message["incident_id"]].setdefault("position", now)
            case "incident":
                self._take(message["incident"], now)
            case "entry":
                entry = message["entry"]
                what = _SAID.get(entry["action"])
                if (
                    what is not None
                    and entry["refusal"] is None
                    and entry["details"].get("state") != "refused"
                ):
                    self._at[message["incident_id"]].setdefault(what, now)
        self._news.set()
        self._news.clear()

    def _take(self, incident: dict[str, Any], now: float) -> None:
        at = self._at[incident["id"]]
        for feed in incident["feeds"]:
            if feed["kind"] == "caller" and feed["state"] == "live":
                at.setdefault("stills" if feed["still_at"] else "video", now)

    async def placed(self, incident: str, within_s: float) -> float:
        """When the caller's place arrived, seconds since 1970. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while "position" not in self._at[incident]:
                await self._news.wait()
        return self._at[incident]["position"]

    async def hears(self, within_s: float) -> None:
        """Until something more is heard, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._news.wait()

    def reached(self, incident: str) -> Reached:
        """What there is of this call by now."""
        return Reached(frozenset(self._at[incident]))

    def forget(self, incident: str) -> None:
        self._at.pop(incident, None)


@contextlib.asynccontextmanager
async def desk_of(service: Service, dispatcher: Dispatcher) -> AsyncIterator[Desk]:
    """Listens until it is left."""
    desk = Desk()
    async with connect(
        service.url.replace("http", "ws", 1) + "/api/events",
        origin=Origin(service.url),
        additional_headers={"Cookie": dispatcher.cookies()},
        proxy=None,
        max_size=None,
    ) as socket:

        async def listen() -> None:
            async for message in socket:
                desk.hear(json.loads(message))

        listening = asyncio.create_task(listen())
        try:
            yield desk
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
