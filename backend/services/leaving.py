"""Leaving: what people see and show of an incident ends when nothing sends them there any more.

In one transaction, and then at the engine: `begin` inside a step, `finish` after its commit.
"""

from backend.model.ids import GrantId, IncidentId, UserId
from backend.model.incidents import Feed
from backend.model.openings import OpeningEnd
from backend.services.devices import end_feed
from backend.services.endings import Ending
from backend.services.openings import Openings
from backend.services.steps import Step
from media.ports import EndReason, FeedId, Holder, Sfu


class Left:
    """What a step has ended and the engine must still be told of."""

    def __init__(self) -> None:
        self.grants: list[GrantId] = []
        self.feeds: list[Feed] = []
        self.ending = Ending()


class Leaving:
    """Ends what somebody sees and shows of an incident."""

    def __init__(self, openings: Openings, sfu: Sfu) -> None:
        self._openings, self._sfu = openings, sfu

    async def begin(
        self, step: Step, left: Left, incident: IncidentId, *, users: list[UserId], feeds: list[Feed], by: str
    ) -> None:
        """Take back what these people may see of it, and end these feeds. `by` is who did it, or "system"."""
        left.grants += await step.tx.grants.revoke_watchers(incident, users, step.now)
        await self._openings.end_of(
            step, OpeningEnd.RELEASED, by=by, users=users, incident=incident, into=left.ending
        )
        for feed in feeds:
            await end_feed(step, feed)
        left.feeds += feeds

    async def finish(self, left: Left) -> None:
        """Make it true at the engine."""
        for grant in left.grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        await self._openings.finish(left.ending)
        for feed in left.feeds:
            await self._sfu.end_feed(FeedId(feed.id), EndReason.REVOKED)
