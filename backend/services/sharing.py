"""Sharing: what comes from a caller's phone while it shares, beside the picture. Step 8's positions.

Every call carries the grant that redeeming gave.
"""

from backend.model import rungs
from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import GrantSecret
from backend.model.incidents import FeedState
from backend.model.links import HIGHEST, NOTHING_SHARED, Capture, Link, LinkFor
from backend.model.positions import PositionReport, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.model.rungs import Rung, RungChange, RungReason
from backend.services import bearers
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from media.ports import EndReason, Holder, Sfu


class Sharing:
    """Positions, the phone's own account of what it captures, and Stop."""

    def __init__(self, steps: Steps, sfu: Sfu) -> None:
        self._steps, self._sfu = steps, sfu
        self._positions = Rate(every_s=1, burst=3)
        self._statuses = Rate(every_s=1, burst=10)
        self._stops = Rate(every_s=10, burst=5)

    async def moved(self, bearer: GrantSecret, report: PositionReport) -> None:
        """Take a position. Raises Refused."""
        if not self._positions.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "A position a second is enough.")
        async with self._steps.begin() as step:
            grant, link = await self._allowed(step, bearer, Scope.POSITION)
            source = PositionSource.WITNESS if link.whom is LinkFor.THIRD_PARTY else PositionSource.CALLER
            try:
                position = report.received(step.now, source)
            except ValueError as error:
                raise Refused(Refusal.BAD_POSITION, str(error)) from error
            incident = await step.tx.incidents.get(grant.incident_id)
            if incident is None or not position.counts_beside(incident.position):
                return
            if not position.outdated_by(incident.position, step.now):
                await step.tx.incidents.move(grant.incident_id, position)
                step.moved(grant.incident_id, position)

    async def status(
        self,
        bearer: GrantSecret,
        camera: Capture,
        position: Capture,
        stands: tuple[Rung, RungReason] | None = None,
    ) -> None:
        """What became of the phone's camera and position, and on which rung it stands. Raises Refused."""
        if not self._statuses.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            grant, link = await self._allowed(step, bearer)
            if (link.camera, link.position) != (camera, position):
                await step.tx.links.change(link.id, camera=camera, position=position)
                await step.record(
                    Action.CALLER_STATUS,
                    actor="caller",
                    subject=link.id,
                    incident=grant.incident_id,
                    camera=camera.value,
                    position=position.value,
                )
                step.changed(grant.incident_id)
            if stands is not None:
                await self._stand(step, link, *rungs.within(HIGHEST[link.kind], *stands))

    async def _stand(self, step: Step, link: Link, rung: Rung, reason: RungReason) -> None:
        """The caller is on this rung from now on; the same again is no change."""
        if (link.rung, link.rung_reason) == (rung, reason):
            return
        since = step.now if rung is not link.rung else link.rung_since
        await step.tx.links.change(link.id, rung=rung, rung_reason=reason, rung_since=since)
        await step.tx.rungs.add(RungChange(link_id=link.id, at=step.now, rung=rung, reason=reason))
        await step.record(
            Action.CALLER_RUNG,
            actor="caller",
            subject=link.id,
            incident=link.incident_id,
            rung=rung.value,
            reason=reason.value,
        )
        step.changed(link.incident_id)

    async def stop(self, bearer: GrantSecret, *, quickly: bool = False) -> None:
        """The caller pressed Stop: nothing is shared until this phone presses Share again. Raises Refused.

        `quickly` when they left so that nobody sees that they shared.
        """
        if not self._stops.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            step.attempts(Action.CALLER_STOP, actor="caller", subject="unknown")
            grant, link = await self._allowed(step, bearer)
            await step.tx.links.change(link.id, ended_at=step.now, **NOTHING_SHARED)
            if link.feed_id is not None:
                await step.tx.feeds.change(link.feed_id, FeedState.ENDED, step.now)
            revoked = await step.tx.grants.revoke_of_link(link.id, step.now)
            await step.record(
                Action.CALLER_STOP,
                actor="caller",
                subject=link.id,
                incident=grant.incident_id,
                details={"quickly": "yes"} if quickly else None,
            )
            step.changed(grant.incident_id)
        for held in revoked:
            await self._sfu.end_holder(Holder(held), EndReason.HUNG_UP)

    async def _allowed(
        self, step: Step, bearer: GrantSecret, scope: Scope | None = None
    ) -> tuple[Grant, Link]:
        """The caller's grant, whatever it allows, or one that allows this. Raises Refused."""
        return await bearers.callers(
            step.tx, bearer, step.now, scope, lambda link: step.about(link.incident_id, link.id)
        )
