"""Runs: what connectors are to publish, told to them. One run is one camera for one incident: a feed.

What should run follows from the openings alone. `settle` compares that with what the connector was told and
tells it the difference, one at a time for each feed: whoever asks for what, in whatever order, the last look
at the openings decides. That a picture ends never depends on a connector: the engine ends it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from backend.model.cameras import Camera
from backend.model.ids import ConnectorId, FeedId, GrantSecret
from backend.model.incidents import FeedState
from backend.model.refusals import Refused
from backend.services.keys import Keys
from backend.services.steps import Steps
from backend.store.store import Tx

log = logging.getLogger(__name__)

WHIP = "/whip"
AWAY_FOR_GOOD = timedelta(seconds=20)  # a connector's own restart, or the web process's, takes less


class Connectors(Protocol):
    """The sockets to connectors: services.connectors."""

    def is_connected(self, connector: ConnectorId) -> bool: ...

    async def start(
        self, connector: ConnectorId, run: str, source: str, whip: str, bearer: GrantSecret, sound: bool
    ) -> None:
        """Raises Refused (connector-away)."""
        ...

    async def stop(self, connector: ConnectorId, run: str) -> None:
        """Nothing when it is away."""
        ...


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector is to publish, and how."""

    connector: ConnectorId
    source: str
    sound: bool


class Runs:
    """What each connector was told. Known to this process only: a new one tells them again as they return."""

    def __init__(self, steps: Steps, keys: Keys, connectors: Connectors) -> None:
        self._steps, self._keys, self._connectors = steps, keys, connectors
        self._told: dict[FeedId, tuple[Wanted, int]] = {}
        self._eras: dict[ConnectorId, int] = {}  # what was told in an earlier one is forgotten over there
        self._turns: dict[FeedId, _Turn] = {}
        self._away: dict[ConnectorId, datetime] = {}

    def is_connected(self, connector: ConnectorId) -> bool:
        """Whether its socket is there."""
        return self._connectors.is_connected(connector)

    async def settle(self, feed: FeedId) -> None:
        """Make the connector do what the openings say. Raises Refused (connector-away)."""
        async with self._turn(feed):
            async with self._steps.read() as tx:
                wanted, bearer = await self._wanted(tx, feed)
            told = self._running(feed)
            if told is not None and told != wanted:
                del self._told[feed]
                await self._connectors.stop(told.connector, feed)
                told = None
            if wanted is not None and bearer is not None and told is None:
                era = self._eras.get(wanted.connector, 0)
                await self._connectors.start(
                    wanted.connector, feed, wanted.source, WHIP, bearer, wanted.sound
                )
                self._told[feed] = wanted, era

    async def look(self) -> None:
        """Stop what was ended by another process, which cannot speak to a connector whose socket is here."""
        told = self.running
        if not told:
            return
        async with self._steps.read() as tx:
            wanted = {opening.feed_id for opening in await tx.openings.all()}
        for feed in told.keys() - wanted:
            with contextlib.suppress(Refused):  # opened again just now, and its connector is away
                await self.settle(feed)

    def forget(self, feed: FeedId) -> None:
        """Its connector says that it does not run."""
        self._told.pop(feed, None)

    @property
    def running(self) -> dict[FeedId, ConnectorId]:
        """What connectors were told to publish, and have not been told to stop."""
        held = {feed: self._running(feed) for feed in list(self._told)}
        return {feed: told.connector for feed, told in held.items() if told is not None}

    def is_other(self, feed: FeedId, camera: Camera) -> bool:
        """Whether what runs is not what this camera is now: another source, or sound that is lent no more."""
        told, now = self._running(feed), _of(camera)
        if told is None:
            return False  # what it will be told is what the camera is then
        if now is None:
            return True
        return (told.connector, told.source) != (now.connector, now.source) or (told.sound and not now.sound)

    async def away(self, connector: ConnectorId) -> None:
        """Its socket is gone. What it publishes flows on: it may be back before anybody notices."""
        self._away[connector] = self._steps.clock()
        self._eras[connector] = self._eras.get(connector, 0) + 1

    async def back(self, connector: ConnectorId) -> None:
        """It forgets what it is not told again."""
        await self.away(connector)
        async with self._steps.read() as tx:
            feeds = await _feeds_of(tx, connector)
        for feed in feeds:
            try:
                await self.settle(feed)
            except Refused:  # away again; the same call comes once more
                return
        self._away.pop(connector, None)

    def gone(self, connector: ConnectorId, now: datetime) -> bool:
        """Whether it has been away for too long. From the first question on: a new process asks anew."""
        if self._connectors.is_connected(connector):
            self._away.pop(connector, None)
            return False
        return now - self._away.setdefault(connector, now) >= AWAY_FOR_GOOD

    def _running(self, feed: FeedId) -> Wanted | None:
        told, era = self._told.get(feed, (None, 0))
        if told is not None and era != self._eras.get(told.connector, 0):
            del self._told[feed]
            return None
        return told

    async def _wanted(self, tx: Tx, feed: FeedId) -> tuple[Wanted | None, GrantSecret | None]:
        found = await tx.feeds.get(feed)
        if found is None or found.camera_id is None or found.state is FeedState.ENDED:
            return None, None
        if not await tx.openings.of_feed(feed):
            return None, None
        camera, grant = await tx.cameras.get(found.camera_id), await tx.grants.publisher_of(feed)
        if camera is None or grant is None:
            return None, None
        return _of(camera), self._keys.publishing(grant.id)

    @asynccontextmanager
    async def _turn(self, feed: FeedId) -> AsyncIterator[None]:
        turn = self._turns.setdefault(feed, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[feed]


class _Turn:
    def __init__(self) -> None:
        self.lock, self.wanted = asyncio.Lock(), 0


def _of(camera: Camera) -> Wanted | None:
    """None for a camera that no connector brings: an encoder of its own does."""
    if camera.connector_id is None or camera.source is None:
        return None
    return Wanted(connector=camera.connector_id, source=camera.source, sound=camera.sound)


async def _feeds_of(tx: Tx, connector: ConnectorId) -> list[FeedId]:
    feeds: dict[FeedId, None] = {}
    for opening in await tx.openings.all():
        camera = await tx.cameras.get(opening.camera_id)
        if camera is not None and camera.connector_id == connector:
            feeds[opening.feed_id] = None
    return list(feeds)
