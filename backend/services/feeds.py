"""Feeds: what the engine says of them, made true for everyone else. Step 8 of the story.

Implements media.ports.FeedListener. `went_live` is the one place where a picture's arrival has consequences.
"""

import asyncio
from datetime import datetime

from backend.hub import Hub, LevelTold
from backend.model.entries import Action
from backend.model.grants import Scope
from backend.model.ids import FeedId, GrantId
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.pictures import Level
from backend.model.uses import Kept
from backend.model.views import LevelChanged
from backend.services.connections import Connections
from backend.services.steps import Step, Steps
from backend.services.uses import Uses
from backend.store.store import Tx
from media import ports as media

_AWAY = (  # the publisher may be back at once; of a replaced one the next has come already
    media.EndReason.SILENT,
    media.EndReason.FAILED,
    media.EndReason.SHUTDOWN,
    media.EndReason.REPLACED,
)
_HELD = (FeedKind.CAMERA, FeedKind.DRONE, FeedKind.THERMAL)
LOOK_S = 5.0
_TOLD = (Action.FEED_LIVE, Action.FEED_END)


class Feeds:
    """Keeps each feed's state as its watchers are told it."""

    def __init__(self, steps: Steps, hub: Hub, connections: Connections, uses: Uses) -> None:
        self._steps, self._hub, self._connections, self._uses = steps, hub, connections, uses

    async def recover(self, sfu: media.Sfu) -> None:
        """After a start: what the engine says is live is live, and all else is silent.

        A session whose permission was taken away or ran out in the meantime ends now.
        """
        state = sfu.state()
        live = {feed.feed for feed in state.feeds if feed.live}
        async with self._steps.begin() as step:
            for feed in await step.tx.feeds.in_states((FeedState.LIVE,)):
                if media.FeedId(feed.id) not in live:
                    await self._change(step, feed, FeedState.SILENT)
        await self.end_what_is_over(sfu)

    async def watch(self, sfu: media.Sfu) -> None:
        """End what nothing allows any more, also where nobody ended it. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.end_what_is_over(sfu)

    async def end_what_is_over(self, sfu: media.Sfu) -> None:
        """Pictures of grants that are revoked, of closed incidents, and of callers whose time ran out.

        A grant's expiry to watch is for opening a session only.
        """
        holders = {session.holder for session in sfu.state().sessions}
        if not holders:
            return
        async with self._steps.read() as tx:
            now = self._steps.clock()
            over = [(holder, why) for holder in holders if (why := await _is_over(tx, holder, now))]
        for holder, reason in over:
            await sfu.end_holder(holder, reason)

    async def went_live(self, feed: media.FeedId) -> None:
        """Packets arrive."""
        async with self._steps.begin() as step:
            found = await self._running(step, feed)
            if found is None or found.state is FeedState.LIVE:
                return
            await self._change(step, found, FeedState.LIVE)
            if await step.tx.entries.newest_of(found.id, _TOLD) is not Action.FEED_LIVE:
                await step.record(
                    Action.FEED_LIVE, actor=found.publisher, subject=found.id, incident=found.incident_id
                )

    async def went_silent(self, feed: media.FeedId) -> None:
        """Packets stopped; shown, and not logged, for radio does this all the time."""
        async with self._steps.begin() as step:
            found = await self._running(step, feed)
            if found is not None and found.state is FeedState.LIVE:
                await self._change(step, found, FeedState.SILENT)

    async def ended(self, feed: media.FeedId, reason: media.EndReason, session: media.SessionId) -> None:
        """The publisher's session is over."""
        async with self._steps.begin() as step:
            found = await step.tx.feeds.get(FeedId(feed))
            if found is None or await step.tx.entries.tells_of(found.id, Action.FEED_END, session):
                return
            incident = await step.tx.incidents.get(found.incident_id)
            if found.state is not FeedState.ENDED and incident is not None and incident.closed_at is None:
                # what openings or a flight still allow may be published again; they alone end it
                stays = reason in _AWAY or found.kind in _HELD
                await self._change(step, found, FeedState.SILENT if stays else FeedState.ENDED)
            await step.record(
                Action.FEED_END,
                actor=found.publisher if reason is media.EndReason.HUNG_UP else "system",
                subject=found.id,
                incident=found.incident_id,
                reason=reason.value,
                session=session,
            )

    async def subscriber_ended(self, summary: media.SessionSummary) -> None:
        """Somebody stopped watching; how long and how much is on record."""
        self._connections.ended(summary.session)
        async with self._steps.begin() as step:
            grant = await step.tx.grants.get(GrantId(summary.holder))
            feed = await step.tx.feeds.get(FeedId(summary.feed))
            if grant is None or feed is None:
                return
            if await step.tx.entries.tells_of(feed.id, Action.FEED_UNSUBSCRIBE, summary.session):
                return
            await step.record(
                Action.FEED_UNSUBSCRIBE,
                actor=grant.user_id or "unknown",
                subject=feed.id,
                incident=feed.incident_id,
                reason=summary.reason.value,
                seconds=f"{summary.seconds:.1f}",
                bytes=str(summary.bytes_out),
                session=summary.session,
            )
            kept = Kept(stills=await step.tx.notes.kept_in(summary.session))
            await self._uses.saw(step, summary, grant, feed, kept)

    async def subscriber_level(
        self, feed: media.FeedId, session: media.SessionId, holder: media.Holder, level: media.Level
    ) -> None:
        """What one watcher's link lets through has changed: for that watcher's page only, and not logged."""
        staff = self._connections.staff_session(session)
        if staff is None:
            async with self._steps.read() as tx:
                staff = await tx.grants.session_of(GrantId(holder))
        event = LevelChanged(session=session, feed_id=feed, level=Level(level.value))
        self._connections.told(staff, event)
        if staff is not None:
            await self._hub.publish(LevelTold(session_id=staff, event=event))

    async def _running(self, step: Step, feed: media.FeedId) -> Feed | None:
        found = await step.tx.feeds.get(FeedId(feed))
        incident = await step.tx.incidents.get(found.incident_id) if found else None
        return found if incident is not None and incident.closed_at is None else None

    async def _change(self, step: Step, feed: Feed, state: FeedState) -> None:
        await step.tx.feeds.change(feed.id, state, step.now)
        step.changed(feed.incident_id)


async def _is_over(tx: Tx, holder: media.Holder, now: datetime) -> media.EndReason | None:
    grant = await tx.grants.get(GrantId(holder))
    if grant is None or grant.revoked_at is not None:
        return media.EndReason.REVOKED
    incident = await tx.incidents.get(grant.incident_id)
    if incident is None or incident.closed_at is not None:
        return media.EndReason.REVOKED
    feed = await tx.feeds.get(grant.feed_id) if grant.feed_id is not None else None
    if feed is not None and feed.kind is FeedKind.CAMERA:
        who = grant.user_id if grant.scope is Scope.WATCH else None
        return None if await tx.openings.lets(feed.id, who, now) else media.EndReason.REVOKED
    return media.EndReason.EXPIRED if grant.scope is Scope.PUBLISH and now >= grant.expires_at else None
