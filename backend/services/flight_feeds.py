"""Flight feeds: a drone's pictures as feeds of its incident, in colour and thermal, while it flies.

Each has a grant of its own, and its run on the dock's connector is called as the feed is. Whoever sees the
incident may watch, as they may an officer's camera; every opening is in the public log (services.uses).
"""

import contextlib
from datetime import timedelta

from backend.model.flight_records import FlightRecord
from backend.model.grants import Grant, Scope
from backend.model.ids import ConnectorId, DroneId, FeedId, GrantId, IncidentId, new_id
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.refusals import Refused
from backend.services.aloft import Aloft, Live
from backend.services.connectors import Connectors, RunListener
from backend.services.devices import end_feed
from backend.services.drones import Drones
from backend.services.keys import Keys
from backend.services.runs import WHIP
from backend.services.steps import Step, Steps
from media import ports as media

PUBLISHES_FOR = timedelta(hours=3)  # longer than any of these flies
AGAIN_AFTER = timedelta(seconds=5)


class FlightFeeds:
    """Begins, mends and ends them. Hears of runs before `others`, whose the rest are."""

    def __init__(
        self,
        steps: Steps,
        keys: Keys,
        aloft: Aloft,
        drones: Drones,
        connectors: Connectors,
        sfu: media.Sfu,
        others: RunListener,
    ) -> None:
        self._steps, self._keys, self._aloft, self._drones = steps, keys, aloft, drones
        self._connectors, self._sfu, self._others = connectors, sfu, others
        self._failed: set[FeedId] = set()

    async def begin(
        self, step: Step, incident: IncidentId, drone: DroneId
    ) -> tuple[FeedId | None, FeedId | None]:
        """A feed for each of its cameras, and what it is published by."""
        report = self._drones.report(drone)
        if report is None:
            return None, None
        colour = await self._feed(step, incident, drone, FeedKind.DRONE) if report.colour else None
        thermal = await self._feed(step, incident, drone, FeedKind.THERMAL) if report.thermal else None
        step.changed(incident)
        return colour, thermal

    async def start(self, live: Live) -> None:
        """Have its connector publish them; one that is away is told when it is back."""
        report, dock = self._drones.report(live.record.drone_id), self._drones.dock(live.record.drone_id)
        if report is None or dock is None:
            return
        for feed, source in (
            (live.record.colour_feed_id, report.colour),
            (live.record.thermal_feed_id, report.thermal),
        ):
            if feed is not None and source is not None:
                await self._start(dock.connector_id, feed, source)

    async def mend(self, live: Live) -> None:
        """Start again what has failed."""
        if self._failed.intersection(live.record.feeds):
            self._failed.difference_update(live.record.feeds)
            live.notes.pop("picture", None)
            await self.start(live)

    async def end(self, step: Step, record: FlightRecord) -> None:
        """Nothing lets them be published or seen any more; then `finish`."""
        for feed in record.feeds:
            found = await step.tx.feeds.get(feed)
            if found is not None:
                await end_feed(step, found)

    async def finish(self, record: FlightRecord) -> None:
        dock = self._drones.dock(record.drone_id)
        for feed in record.feeds:
            self._failed.discard(feed)
            await self._sfu.end_feed(media.FeedId(feed), media.EndReason.HUNG_UP)
            if dock is not None:
                await self._connectors.stop(dock.connector_id, feed)

    # services.connectors.RunListener

    async def run_failed(self, run: str, words: str) -> None:
        for live in self._aloft:
            if run in live.record.feeds:
                self._failed.add(FeedId(run))
                live.notes["picture"] = words
                live.is_due("picture", self._steps.clock(), timedelta())  # from now on
                await self._aloft.tell(live)
                return
        await self._others.run_failed(run, words)

    async def connector_away(self, connector: ConnectorId) -> None:
        await self._others.connector_away(connector)

    async def connector_back(self, connector: ConnectorId) -> None:
        """Its drones' runs are told when it has said which drones it speaks to."""
        await self._others.connector_back(connector)

    # Inside

    async def _feed(self, step: Step, incident: IncidentId, drone: DroneId, kind: FeedKind) -> FeedId:
        feed = Feed(
            id=FeedId(new_id("fed")),
            incident_id=incident,
            kind=kind,
            state=FeedState.WAITING,
            since=step.now,
            drone_id=drone,
        )
        await step.tx.feeds.add(feed)
        grant = Grant(
            id=GrantId(new_id("grt")),
            scope=Scope.PUBLISH,
            incident_id=incident,
            feed_id=feed.id,
            issued_at=step.now,
            expires_at=step.now + PUBLISHES_FOR,
        )
        await step.tx.grants.add(grant, self._keys.publishing(grant.id).hashed)
        return feed.id

    async def _start(self, connector: ConnectorId, feed: FeedId, source: str) -> None:
        async with self._steps.read() as tx:
            grant = await tx.grants.publisher_of(feed)
        if grant is None:  # revoked: the incident is closed
            return
        bearer = self._keys.publishing(grant.id)
        with contextlib.suppress(Refused):  # away
            await self._connectors.start(connector, feed, source, WHIP, bearer, sound=False)
