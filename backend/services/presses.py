"""Presses: what a press on a camera does inside its step: rules are asked and rows written, nothing started.

services.openings begins the steps and makes them true afterwards.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.model.cameras import Unavailable
from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import AskId, CameraId, FeedId, GrantId, OpeningId, new_id
from backend.model.incidents import Feed, FeedKind, FeedState, Incident
from backend.model.lending import NearbyCamera, Offer
from backend.model.openings import ASKS_FOR, OPENS_FOR, Answer, Ask, Opening, Reach, Reason, Waiter
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.sites import SiteKind
from backend.services import nearby
from backend.services.asks import Asks
from backend.services.board import broken_for
from backend.services.endings import put_on_record
from backend.services.keys import Keys
from backend.services.runs import Runs
from backend.services.steps import Step
from backend.services.uses import Seen, Uses
from backend.store.store import Tx

MOST_CAMERAS = 24  # open for one incident
MOST_WAITERS = 32  # for one owner's answer, beside who asked

WORDS = {
    Unavailable.RETIRED: "This camera is no longer lent.",
    Unavailable.PAUSED: "Its owner has paused this camera.",
    Unavailable.REGISTRY_ONLY: "Its owner gives no picture: ask them by telephone.",
    Unavailable.OUT_OF_HOURS: "Its owner lends this camera at other hours.",
    Unavailable.NOT_OWN_CALL: "It opens for calls from its own site only.",
    Unavailable.TOO_FAR: "The incident is farther away than its owner allows.",
    Unavailable.NO_POSITION: "Set the incident's place first.",
    Unavailable.REFUSED: "Its owner has refused it for this incident.",
    Unavailable.UNANSWERED: "Its owner was asked for this incident and did not answer.",
    Unavailable.CONNECTOR_AWAY: "Its connector is away: there is no picture now.",
    Unavailable.CAMERA_TROUBLE: "The camera has trouble. Its owner has been told.",
}
_CITYS = {  # the city's cameras have no owner to speak of
    Unavailable.PAUSED: "A supervisor has paused this camera.",
    Unavailable.REGISTRY_ONLY: "This camera is on the map only: it gives no picture.",
    Unavailable.OUT_OF_HOURS: "This camera is used at other hours.",
    Unavailable.TOO_FAR: "The incident is farther away than this camera is for.",
    Unavailable.REFUSED: "A supervisor has stopped this camera for this incident.",
    Unavailable.CAMERA_TROUBLE: "The camera has trouble. Supervisors see which.",
}
NOBODY_TO_ASK = "Its owner cannot be asked now: no page is open and no phone takes messages."


class Presses:
    """`zone` is the agency's clock."""

    def __init__(self, keys: Keys, runs: Runs, asks: Asks, uses: Uses, zone: ZoneInfo) -> None:
        self._keys, self._runs, self._asks, self._uses, self._zone = keys, runs, asks, uses, zone

    async def press(
        self, step: Step, user: User, incident: Incident, camera: CameraId, reason: Reason
    ) -> Opening | Ask:
        """An opening, or the ask that must come first; what is there is not made twice. Raises Refused."""
        held = await step.tx.openings.held(camera, incident.id, user.id)
        if held is not None and held.open_at(step.now):
            return held
        ask = await step.tx.asks.about(camera, incident.id)
        found = await self.look_at(step.tx, incident, camera, step.now)
        if found is None or found.offer is Offer.NO:
            raise unavailable(found)
        if found.offer is Offer.OPEN:
            if held is not None:  # its time has just run out
                return await self.prolong(step, held, user, incident)
            return await self.start(step, user, incident, camera, reason)
        if ask is None:
            return await self.ask(step, user, incident, camera, reason)
        await self._wait(step, user, ask, reason)
        return ask

    async def start(
        self, step: Step, user: User, incident: Incident, camera: CameraId, reason: Reason
    ) -> Opening:
        """Open it for one person: the first gets the camera a feed, all others see the same."""
        feed = await step.tx.feeds.of_camera(camera, incident.id)
        if feed is None:
            open_now = {held.camera_id for held in await step.tx.openings.of_incident(incident.id)}
            if len(open_now) >= MOST_CAMERAS:
                raise Refused(Refusal.TOO_MANY, f"{MOST_CAMERAS} cameras are open: close one first.")
            feed = await self._feed(step, incident, camera)
        opening = Opening(
            id=OpeningId(new_id("opn")),
            camera_id=camera,
            incident_id=incident.id,
            feed_id=feed.id,
            user_id=user.id,
            reason=reason,
            opened_at=step.now,
            expires_at=step.now + OPENS_FOR,
        )
        await step.tx.openings.add(opening)
        opening = await self.prolong(step, opening, user, incident, new=True)
        await put_on_record(
            step,
            Action.CAMERA_OPEN,
            actor=user.id,
            camera=camera,
            incident=incident.id,
            opening=opening.id,
            reason=reason.value,
        )
        return opening

    async def _feed(self, step: Step, incident: Incident, camera: CameraId) -> Feed:
        feed = Feed(
            id=FeedId(new_id("fed")),
            incident_id=incident.id,
            kind=FeedKind.CAMERA,
            state=FeedState.WAITING,
            since=step.now,
            camera_id=camera,
        )
        grant = Grant(
            id=GrantId(new_id("grt")),
            scope=Scope.PUBLISH,
            incident_id=incident.id,
            feed_id=feed.id,
            issued_at=step.now,
            expires_at=step.now + OPENS_FOR,
        )
        await step.tx.feeds.add(feed)
        await step.tx.grants.add(grant, self._keys.publishing(grant.id).hashed)
        return feed

    async def prolong(
        self, step: Step, held: Opening, user: User, incident: Incident, *, new: bool = False
    ) -> Opening:
        """Half an hour from now, for who watches and for the source; the public log will say so.

        Who sees it by broken glass has it for as long as that holds.
        """
        expires_at = step.now + OPENS_FOR
        glass = await broken_for(step.tx, user, incident, step.now)
        if glass is not None:
            expires_at = min(expires_at, glass.expires_at)
            if not new and expires_at <= held.expires_at:
                return held
        await step.tx.openings.renew(held.id, expires_at)
        held = msgspec.structs.replace(held, expires_at=expires_at)
        await self._uses.open_camera(step, held, Seen(incident=incident, user=user), new=new)
        grant = await step.tx.grants.publisher_of(held.feed_id)
        if grant is not None and grant.expires_at < expires_at:  # others may see it for longer
            await step.tx.grants.prolong(grant.id, expires_at)
        return held

    async def ask(self, step: Step, user: User, incident: Incident, camera: CameraId, reason: Reason) -> Ask:
        """Ask the owner, who has a minute. Raises Refused (owner-away) at once when nobody could hear it."""
        found = await step.tx.cameras.get(camera)
        site = await step.tx.sites.get(found.site_id) if found is not None else None
        reach = await self._asks.reach(step.tx, site.owner_id if site is not None else None)
        if reach is Reach.NOBODY:
            raise Refused(Refusal.OWNER_AWAY, NOBODY_TO_ASK)
        ask = Ask(
            id=AskId(new_id("ask")),
            camera_id=camera,
            incident_id=incident.id,
            asked_by=user.id,
            reason=reason,
            asked_at=step.now,
            expires_at=step.now + ASKS_FOR,
            reach=reach,
        )
        await step.tx.asks.add(ask)
        await self._asked(step, user, ask, reason)
        return ask

    async def _wait(self, step: Step, user: User, ask: Ask, reason: Reason) -> None:
        """Who presses while the owner is asked waits for the same answer. Raises Refused (too-many)."""
        waiting = [waiter.user_id for waiter in await step.tx.asks.waiters(ask.id)]
        if user.id == ask.asked_by or user.id in waiting:
            return
        if len(waiting) >= MOST_WAITERS:
            raise Refused(Refusal.TOO_MANY, "Many wait for its owner's answer. Press again when it is there.")
        await step.tx.asks.wait(ask.id, Waiter(user_id=user.id, reason=reason), step.now)
        await self._asked(step, user, ask, reason)

    async def _asked(self, step: Step, user: User, ask: Ask, reason: Reason) -> None:
        await put_on_record(
            step,
            Action.CAMERA_ASK,
            actor=user.id,
            camera=ask.camera_id,
            incident=ask.incident_id,
            ask=ask.id,
            reason=reason.value,
        )

    async def answered(self, step: Step, ask: Ask, answer: Answer, *, by: str) -> None:
        """This is what the owner said, or that the minute passed."""
        await step.tx.asks.answer(ask.id, answer, step.now)
        await put_on_record(
            step,
            Action.CAMERA_ANSWER,
            actor=by,
            camera=ask.camera_id,
            incident=ask.incident_id,
            ask=ask.id,
            answer=answer.value,
        )

    async def refuse(self, step: Step, opening: Opening) -> None:
        """What an owner's Stop says of an incident, as if they had been asked."""
        ask = await step.tx.asks.about(opening.camera_id, opening.incident_id)
        if ask is None:
            ask = Ask(
                id=AskId(new_id("ask")),
                camera_id=opening.camera_id,
                incident_id=opening.incident_id,
                asked_by=opening.user_id,
                reason=opening.reason,
                asked_at=step.now,
                expires_at=step.now,
                reach=Reach.PAGE,
            )
            await step.tx.asks.add(ask)
        await step.tx.asks.answer(ask.id, Answer.REFUSED, step.now)

    async def look_at(
        self, tx: Tx, incident: Incident, camera: CameraId, now: datetime
    ) -> NearbyCamera | None:
        """What may be done with this camera for that incident, by its owner's rules."""
        return await nearby.one(tx, incident, camera, now, zone=self._zone, connected=self._runs.is_connected)

    async def still_lent(self, tx: Tx, incident: Incident, camera: CameraId, now: datetime) -> bool:
        """Whether the owner's settings let a picture that flows go on."""
        return await nearby.still_lent(tx, incident, camera, now, zone=self._zone)


def unavailable(found: NearbyCamera | None) -> Refused:
    """Why it cannot be opened, in words for who pressed."""
    if found is None:
        return Refused(Refusal.NOT_FOUND, "There is no such camera near this incident.")
    why = found.why or Unavailable.UNANSWERED
    words = _CITYS.get(why) if found.kind is SiteKind.CITY else None
    return Refused(Refusal.CAMERA_UNAVAILABLE, words or WORDS[why])
