"""Access: who may publish and who may watch, answered before any media flows. Steps 6 and 11.

Implements signaling.ports.Gatekeeper. Every answer, yes or no, is in the audit log before it is given; a yes
to who watches is in the public log too, and carries what the engine asks for (services.uses).
"""

from datetime import timedelta

import msgspec

from backend.model import grants as rules
from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import FeedId, GrantId, GrantSecret, UserId, new_id, new_secret
from backend.model.incidents import Feed, FeedKind, Incident
from backend.model.people import StaffSession
from backend.model.refusals import Refusal, Refused
from backend.model.uses import UseEntry
from backend.services.board import visible
from backend.services.devices import Devices, device_token
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.services.uses import Seen, Uses
from media import ports as media
from signaling import ports as signaling

WATCH_OPENS_FOR = timedelta(seconds=60)  # a watch grant is for opening a session, which then goes on
WATCHES_A_SECOND = 5


class Access:
    """The gate."""

    def __init__(self, steps: Steps, devices: Devices, uses: Uses) -> None:
        self._steps, self._devices, self._uses = steps, devices, uses
        self._watches = Rate(every_s=1 / WATCHES_A_SECOND, burst=30)
        self._attempts = Rate(every_s=2, burst=30)  # each leaves an entry, whoever once held a grant
        self._strangers = Rate(every_s=10, burst=30, keys=1)

    async def watch(self, session: StaffSession, feed_id: FeedId) -> tuple[GrantSecret, timedelta]:
        """A grant for one person to watch one feed. Raises Refused."""
        if not self._watches.take(session.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then open it again.")
        secret = GrantSecret(new_secret())
        async with self._steps.begin() as step:
            refusal = await self._grant_watch(step, session, feed_id, secret)
        if refusal is not None:
            raise Refused(refusal)
        return secret, WATCH_OPENS_FOR

    async def _grant_watch(
        self, step: Step, session: StaffSession, feed_id: FeedId, secret: GrantSecret
    ) -> Refusal | None:
        feed = await step.tx.feeds.get(feed_id)
        if feed is None:
            return Refusal.NOT_FOUND
        refusal = None
        try:
            incident = await visible(step.tx, session.user, feed.incident_id, step.now)
        except Refused as no:
            refusal = no.refusal
        else:
            refusal = Refusal.INCIDENT_CLOSED if incident.closed_at is not None else None
        if refusal is None:
            refusal = await _check_opened(step, feed, session.user.id)
        if not await step.tx.sessions.is_open(session.id, step.now):
            refusal = Refusal.NOT_SIGNED_IN  # signed out since the request came in
        if refusal is None:
            grant = Grant(
                id=GrantId(new_id("grt")),
                scope=Scope.WATCH,
                incident_id=feed.incident_id,
                feed_id=feed_id,
                user_id=session.user.id,
                issued_at=step.now,
                expires_at=step.now + WATCH_OPENS_FOR,
            )
            await step.tx.grants.add(grant, secret.hashed, session.id)
        await step.record(
            Action.FEED_WATCH,
            actor=session.user.id,
            subject=feed_id,
            incident=feed.incident_id,
            refusal=refusal,
        )
        return refusal

    async def admit_publisher(self, bearer: signaling.Bearer) -> signaling.Admission:
        """Whether this bearer may publish, a grant's or a device's, and what. Raises signaling.Refused."""
        token = device_token(bearer)
        if token is not None:
            return await self._devices.admit(token)
        admission, _, _ = await self._admit(bearer, Scope.PUBLISH, Action.FEED_PUBLISH, None)
        return admission

    async def admit_subscriber(self, bearer: signaling.Bearer, feed: media.FeedId) -> signaling.Admission:
        """Whether this bearer may watch that feed. Raises signaling.Refused."""
        admission, found, use = await self._admit(bearer, Scope.WATCH, Action.FEED_SUBSCRIBE, FeedId(feed))
        if use is None:
            raise signaling.Refused(signaling.Refusal.WRONG_SCOPE)
        try:
            grant = await self._uses.grant(use, found, admission.holder)
        except Refused as no:
            assert use.user_id is not None
            async with self._steps.begin() as step:
                await step.record(
                    Action.FEED_SUBSCRIBE,
                    actor=use.user_id,
                    subject=found.id,
                    incident=found.incident_id,
                    refusal=no.refusal,
                    grant=admission.holder,
                )
            raise signaling.Refused(signaling.Refusal(no.refusal.value), no.words) from no
        return msgspec.structs.replace(admission, grant=grant)

    async def _admit(
        self, bearer: signaling.Bearer, scope: Scope, action: Action, wanted: FeedId | None
    ) -> tuple[signaling.Admission, Feed, UseEntry | None]:
        secret, feed, use = _secret(bearer), None, None
        async with self._steps.begin() as step:
            grant = await step.tx.grants.by_secret(secret.hashed) if secret else None
            refusal = rules.check(grant, scope, step.now)
            if grant is not None and not self._attempts.take(grant.id):
                raise Refused(Refusal.TOO_OFTEN, "Wait a few seconds, then connect again.")
            if grant is not None:
                feed = await step.tx.feeds.get(grant.feed_id) if grant.feed_id is not None else None
                incident = await step.tx.incidents.get(grant.incident_id)
                refusal = await _check_place(step, grant, incident, feed, wanted, refusal)
                if refusal is None and feed is not None and scope is Scope.WATCH:
                    use = await self._uses.watch(step, grant, feed, Seen(incident=incident))
                await step.record(
                    action,
                    actor=_actor(grant, feed),
                    subject=grant.feed_id or grant.id,
                    incident=grant.incident_id,
                    refusal=refusal,
                    grant=grant.id,
                )
            elif self._strangers.take("all"):
                await step.record(action, actor="unknown", subject="unknown", refusal=refusal)
        if grant is None or feed is None or refusal is not None:
            raise signaling.Refused(signaling.Refusal((refusal or Refusal.WRONG_SCOPE).value))
        admission = signaling.Admission(
            feed=media.FeedId(feed.id),
            holder=media.Holder(grant.id),
            group=media.Group(grant.incident_id),
            own=feed.kind is FeedKind.CALLER,
        )
        return admission, feed, use


async def _check_place(
    step: Step,
    grant: Grant,
    incident: Incident | None,
    feed: Feed | None,
    wanted: FeedId | None,
    refusal: Refusal | None,
) -> Refusal | None:
    if incident is None or incident.closed_at is not None:
        return Refusal.INCIDENT_CLOSED
    if refusal is None and wanted is not None and grant.feed_id != wanted:
        return Refusal.WRONG_FEED
    if refusal is None and feed is not None:
        refusal = await _check_opened(step, feed, grant.user_id)
    return refusal


async def _check_opened(step: Step, feed: Feed, user: UserId | None) -> Refusal | None:
    """A lent camera is for who has opened it; its source (no user) for as long as anybody has."""
    if feed.kind is not FeedKind.CAMERA or await step.tx.openings.lets(feed.id, user, step.now):
        return None
    return Refusal.NOT_OPENED


def _actor(grant: Grant, feed: Feed | None) -> str:
    """Who uses a grant: a person, or what a feed is published by."""
    return grant.user_id or (feed.publisher if feed is not None else "caller")


def _secret(bearer: str) -> GrantSecret | None:
    try:
        return GrantSecret(bearer)
    except ValueError:
        return None
