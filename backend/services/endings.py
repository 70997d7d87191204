"""Endings: what ends together with an opening, in one transaction and then at the engine.

An opening lets one person see one camera. With the last of a feed its source connection ends too, and the
feed is over for good: who opens the camera again gets another.
"""

import asyncio

from backend.model.entries import Action
from backend.model.ids import CameraId, FeedId, GrantId, IncidentId
from backend.model.incidents import FeedState
from backend.model.openings import Opening, OpeningEnd
from backend.services.runs import Runs
from backend.services.steps import Step
from media.ports import EndReason, Holder, Sfu
from media.ports import FeedId as MediaFeedId


class Ending:
    """What a step has ended and the engine must still be told of."""

    def __init__(self) -> None:
        self.grants: list[GrantId] = []
        self.feeds: dict[FeedId, None] = {}  # those that are over


class Endings:
    """Ends openings: `end` inside a step, `finish` after its commit."""

    def __init__(self, sfu: Sfu, runs: Runs) -> None:
        self._sfu, self._runs = sfu, runs

    async def end(
        self, step: Step, held: list[Opening], end: OpeningEnd, *, by: str, into: Ending | None = None
    ) -> Ending:
        """Mark them ended and take back what they had allowed. `by` is who ended them, or "system"."""
        ending = into or Ending()
        for opening in held:
            await step.tx.openings.end(opening.id, end, step.now)
            ending.grants += await step.tx.grants.revoke_watcher(opening.feed_id, opening.user_id, step.now)
            await step.record(
                Action.CAMERA_CLOSE,
                actor=by,
                subject=opening.camera_id,
                incident=opening.incident_id,
                opening=opening.id,
                of=opening.user_id,
                end=end.value,
                seconds=f"{(step.now - opening.opened_at).total_seconds():.1f}",
            )
            step.changed(opening.incident_id)
        for feed in dict.fromkeys(opening.feed_id for opening in held):
            if not await step.tx.openings.of_feed(feed):
                ending.grants += await step.tx.grants.revoke_of_feed(feed, step.now)
                await step.tx.feeds.change(feed, FeedState.ENDED, step.now)
                ending.feeds[feed] = None
        for camera in dict.fromkeys(opening.camera_id for opening in held):
            await tell_owner(step, camera)
        return ending

    async def finish(self, ending: Ending) -> None:
        """When this returns no packet of it is sent, whatever the connector does."""
        await asyncio.gather(
            *(self._sfu.end_feed(MediaFeedId(feed), EndReason.CLOSED) for feed in ending.feeds),
            *(self._sfu.end_holder(Holder(grant), EndReason.REVOKED) for grant in ending.grants),
        )
        for feed in ending.feeds:
            await self._runs.settle(feed)


async def put_on_record(
    step: Step, action: Action, *, actor: str, camera: CameraId, incident: IncidentId, **details: str
) -> None:
    """What became of a camera for an incident: an entry, and those who see either are told."""
    await step.record(action, actor=actor, subject=camera, incident=incident, details=details)
    step.changed(incident)
    await tell_owner(step, camera)


async def tell_owner(step: Step, camera: CameraId) -> None:
    """What this camera's owner (or a supervisor, of the city's) sees is another now."""
    found = await step.tx.cameras.get(camera)
    site = await step.tx.sites.get(found.site_id) if found is not None else None
    if site is not None:
        step.site_changed(site.id, site.owner_id)
