"""Quality: watches how the callers' pictures reach us and tells those who see the incident. Step 8a.

One look a second at all feeds together. Nothing of it is logged: radio changes all the time.
"""

import asyncio
from collections import OrderedDict, deque

import msgspec

from backend.hub import Hub
from backend.model.ids import FeedId, IncidentId
from backend.model.incidents import FeedKind
from backend.model.pictures import FREEZES_OVER, Arrival, Connection, Level, Standing, grade, settle
from backend.model.views import ConnectionChanged
from backend.services.connections import FEEDS, Connections
from backend.services.engines import Engines, Reading
from backend.services.feeds import Feeds
from backend.services.steps import Steps
from media.ports import FeedStats, PublisherStats

LOOK_S = 1.0


class _Watched(msgspec.Struct):
    """One feed, from its first publisher on. `incident` is None for a feed that is no caller's.

    A camera that looks at a still street at night sends little and is well: nothing is said of those.
    """

    incident: IncidentId | None
    standing: Standing = Standing()
    session: str = ""
    freezes: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=FREEZES_OVER))


class Quality:
    """The watch."""

    def __init__(
        self, engines: Engines, feeds: Feeds, connections: Connections, steps: Steps, hub: Hub
    ) -> None:
        self._engines, self._feeds, self._connections = engines, feeds, connections
        self._steps, self._hub = steps, hub
        self._watched: OrderedDict[str, _Watched] = OrderedDict()
        self._untold: dict[str, Level] = {}  # at the last look: levels that no page has heard of

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            reading = await self._engines.read()
            if reading is not None:  # engines that do not answer say nothing about callers
                await self.look(reading)
            await asyncio.sleep(LOOK_S)

    async def look(self, reading: Reading) -> None:
        """Take one reading of all feeds; tell what has changed."""
        feeds = [feed for engine in reading.engines for feed in engine.feeds]
        # a feed that has moved to another engine may still have its place in the old one, without publisher
        here: dict[str, FeedStats] = {feed.feed: feed for feed in sorted(feeds, key=_presence)}
        for name, feed in here.items():
            if feed.publisher is not None and name not in self._watched:
                await self._begin(name)
        for name in list(self._watched):
            await self._take(name, here.get(name))
        await self._heal(feeds)

    async def _begin(self, name: str) -> None:
        async with self._steps.read() as tx:
            feed = await tx.feeds.get(FeedId(name))
        self._watched[name] = _Watched(
            feed.incident_id if feed is not None and feed.kind is FeedKind.CALLER else None
        )
        if len(self._watched) > FEEDS:
            self._watched.popitem(last=False)

    async def _take(self, name: str, feed: FeedStats | None) -> None:
        watched = self._watched[name]
        if watched.incident is not None:
            watched.standing = settle(watched.standing, grade(_arrival(watched, feed)))
            said = watched.standing.said
            if said is not None and said is not self._connections.of(name):
                self._connections.said(name, said)
                await self._hub.publish(
                    ConnectionChanged(incident_id=watched.incident, feed_id=name, connection=said)
                )
        if feed is None and watched.standing.said in (None, Connection.GONE):
            del self._watched[name]

    async def _heal(self, feeds: list[FeedStats]) -> None:
        """News of a level is lost with a restart; what the engine says at two looks is told again."""
        untold = {}
        for feed in feeds:
            for viewer in feed.subscribers:
                level = Level(viewer.level.value)
                if level is (self._connections.level(viewer.session) or Level.FULL):
                    continue
                if self._untold.get(viewer.session) is level:
                    await self._feeds.subscriber_level(feed.feed, viewer.session, viewer.holder, viewer.level)
                untold[str(viewer.session)] = level
        self._untold = untold


def _presence(feed: FeedStats) -> tuple[bool, bool]:
    return feed.publisher is not None, feed.live


def _arrival(watched: _Watched, feed: FeedStats | None) -> Arrival:
    publisher: PublisherStats | None = feed.publisher if feed else None
    if feed is None or publisher is None:
        return Arrival(live=False)
    if publisher.session != watched.session:
        watched.session = publisher.session
        watched.freezes.clear()
    watched.freezes.append(publisher.freezes)
    return Arrival(
        live=feed.live,
        bitrate_bps=publisher.bitrate_bps,
        loss=publisher.loss,
        unrepaired=publisher.unrepaired,
        rtt_ms=publisher.rtt_ms,
        freezes=watched.freezes[-1] - watched.freezes[0],
    )
