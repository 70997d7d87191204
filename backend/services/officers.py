"""Officers: their own phone as a camera, for an incident that their unit is on.

It ends with Stop, with the unit's release, with the incident, and with the session that began it.
"""

from datetime import timedelta

from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import FeedId, GrantId, GrantSecret, IncidentId, UnitId, new_id, new_secret
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.people import StaffSession
from backend.model.refusals import Refusal, Refused
from backend.services.devices import end_feed
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from media import ports as media

SHARES_FOR = timedelta(hours=12)


class Officers:
    """Sharing one's own camera."""

    def __init__(self, steps: Steps, sfu: media.Sfu) -> None:
        self._steps, self._sfu = steps, sfu
        self._presses = Rate(every_s=2, burst=20)

    async def share(self, session: StaffSession, incident: IncidentId) -> tuple[GrantSecret, FeedId]:
        """What this officer's phone publishes by; a second phone takes the first's place. Raises Refused."""
        self._slow_down(session)
        secret = GrantSecret(new_secret())
        replaced: Grant | None = None
        async with self._steps.begin() as step:
            unit = await self._unit(step, session, incident, Action.OFFICER_SHARE)
            if not await step.tx.sessions.is_open(session.id, step.now):
                raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")  # signed out since the request came in
            feeds = await step.tx.feeds.of_officer(session.user.id, incident)
            feed = feeds[0] if feeds else await self._begin(step, session, incident, unit)
            replaced = await step.tx.grants.publisher_of(feed.id)
            if replaced is not None:
                await step.tx.grants.revoke(replaced.id, step.now)
            grant = Grant(
                id=GrantId(new_id("grt")),
                scope=Scope.PUBLISH,
                incident_id=incident,
                feed_id=feed.id,
                user_id=session.user.id,
                issued_at=step.now,
                expires_at=min(session.expires_at, step.now + SHARES_FOR),
            )
            await step.tx.grants.add(grant, secret.hashed, session.id)
            await step.record(
                Action.OFFICER_SHARE,
                actor=session.user.id,
                subject=feed.id,
                incident=incident,
                again="no" if replaced is None else "yes",
            )
            step.changed(incident)
        if replaced is not None:
            await self._sfu.end_holder(media.Holder(replaced.id), media.EndReason.REPLACED)
        return secret, feed.id

    async def stop(self, session: StaffSession, incident: IncidentId) -> None:
        """This officer's phone is no camera any more; nothing when it was none. Raises Refused."""
        self._slow_down(session)
        async with self._steps.begin() as step:
            await self._unit(step, session, incident, Action.OFFICER_STOP)
            feeds = await step.tx.feeds.of_officer(session.user.id, incident)
            for feed in feeds:
                await end_feed(step, feed)
                await step.record(
                    Action.OFFICER_STOP, actor=session.user.id, subject=feed.id, incident=incident
                )
        for feed in feeds:
            await self._sfu.end_feed(media.FeedId(feed.id), media.EndReason.HUNG_UP)

    async def _unit(self, step: Step, session: StaffSession, incident: IncidentId, action: Action) -> UnitId:
        step.attempts(action, actor=session.user.id, subject=incident)
        found = await step.open_to(session.user, incident)
        if session.user.unit_id is None:
            raise Refused(Refusal.NO_UNIT, "You are not on duty: sign on to a unit first.")
        if session.user.unit_id not in found.unit_ids:  # broken glass is for seeing
            raise Refused(Refusal.NOT_ASSIGNED)
        return session.user.unit_id

    async def _begin(self, step: Step, session: StaffSession, incident: IncidentId, unit: UnitId) -> Feed:
        feed = Feed(
            id=FeedId(new_id("fed")),
            incident_id=incident,
            kind=FeedKind.OFFICER,
            state=FeedState.WAITING,
            since=step.now,
            unit_id=unit,
            user_id=session.user.id,
        )
        await step.tx.feeds.add(feed)
        return feed

    def _slow_down(self, session: StaffSession) -> None:
        if not self._presses.take(session.user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
