"""Asks a camera for a keyframe, so that who opens it need not wait for the next in its turn (decision 0035).

Only what ONVIF found can be asked: its SetSynchronizationPoint is what most cameras answer with a keyframe at
once. `want` never waits and never raises, and a camera that refuses is left in peace. How often is for
whoever wants one.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from media.connector import soap
from media.connector.addresses import AllowList, NotAllowed, Pinned, Place
from media.connector.exchange import exchange, unverified
from media.connector.login import Login
from media.connector.path import Counts

_REFUSALS = 3  # in a row; then it is asked no more
_TYPE = "application/soap+xml; charset=utf-8"


class Keyframes:
    """Of one camera while it is open. `counts`: the bytes of what is said to it."""

    def __init__(
        self,
        services: soap.Services,
        pinned: Pinned,
        user: str,
        password: str,
        allowed: AllowList,
        counts: Counts,
    ) -> None:
        self._services, self._pinned, self._allowed, self._counts = services, pinned, allowed, counts
        self._user, self._password = user, password
        self._login = Login(user, password)
        self._ahead: timedelta | None = None  # of its clock
        self._refusals = 0
        self.asking = False
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """It is being opened: learn meanwhile what its clock says, which its password is proved by."""
        if self._user:
            self._later(self._learn_time())

    def want(self) -> None:
        if not self.asking and self._refusals < _REFUSALS:
            self.asking = True
            self._later(self._ask())

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _ask(self) -> None:
        if self._user and self._ahead is None:
            await self._learn_time()
        proof = ""
        if self._user:
            proof = soap.security(
                self._user, self._password, datetime.now(UTC) + (self._ahead or timedelta())
            )
        point = soap.synchronization_point(self._services.profile, proof)
        answer = await self._post(self._services.media, point)
        self.asking = False
        if answer is None or not answer[0].is_success:
            self._refusals += 1
            self._ahead = None  # it may have been set meanwhile
        else:
            self._refusals = 0

    async def _learn_time(self) -> None:
        answer = await self._post(self._services.device, soap.date_and_time())
        there = soap.read_time(answer[1].decode(errors="replace")) if answer is not None else None
        if there is not None:
            self._ahead = there - datetime.now(UTC)

    async def _post(self, url: str, envelope: str) -> tuple[httpx.Response, bytes] | None:
        """None where there is no answer, or the address is not the camera's own."""
        try:
            parts = urlsplit(url)
            place = Place(parts.scheme, parts.hostname or "", parts.port or 80, parts.path or "/")
            pinned = await self._allowed.pin(place)
            if parts.scheme not in ("http", "https") or pinned.address != self._pinned.address:
                return None
            headers = {"Content-Type": _TYPE, **self._proof(place.path)}
            for _ in range(2):
                answer = await exchange(
                    "POST", pinned.url, self._counts, verify=unverified(), by_proxy=False,
                    content=envelope.encode(), headers=headers,
                )  # fmt: skip
                asked = answer[0].headers.get_list("www-authenticate")
                if answer[0].status_code != 401 or not self._login.challenged(asked):
                    return answer
                headers |= self._proof(place.path)
            return answer
        except (httpx.HTTPError, OSError, NotAllowed, ValueError):
            return None

    def _proof(self, path: str) -> dict[str, str]:
        """For cameras that ask by HTTP as well, or instead."""
        name, _, value = self._login.header("POST", path).strip().partition(": ")
        return {name: value} if name else {}

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
