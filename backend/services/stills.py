"""Stills: a caller's single pictures, where video does not get through, become their own feed. Step 8c.

Each is checked by its header here, decoded and encoded anew in a process of its feed's (media/stills), and
forwarded by the engine like any picture: the same gate, log, grants and watermark.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Protocol

from backend.hub import Hub
from backend.model.grants import Scope
from backend.model.ids import GrantSecret, IncidentId
from backend.model.refusals import Refusal, Refused
from backend.model.stills import check_still
from backend.model.views import StillTaken
from backend.services import bearers
from backend.services.connections import FEEDS, Connections
from backend.services.limits import Rate
from backend.services.steps import Steps
from media import ports as media
from media.stills import JPEG_BYTES, PIXELS, Publish
from signaling import ports as signaling

OLDEST = timedelta(seconds=60)  # a phone that says more is mistaken
TAG = "stills"  # of their sessions: no bearer opened one, so no session URL leads to it
NO_PICTURE = "That was no picture that can be shown."


class Workers(Protocol):
    """Shows pictures in feeds (media/stills)."""

    async def show(self, feed: media.FeedId, jpeg: bytes, publish: Publish) -> None:
        """Raises ValueError for what is no picture, media.ports.Full, and whatever `publish` raises."""
        ...


class Stills:
    """Takes them from callers' phones, one a second."""

    def __init__(
        self,
        steps: Steps,
        gate: signaling.Gatekeeper,
        sfu: media.Sfu,
        workers: Workers,
        connections: Connections,
        hub: Hub,
    ) -> None:
        self._steps, self._gate, self._sfu, self._workers = steps, gate, sfu, workers
        self._connections, self._hub = connections, hub
        self._rate = Rate(every_s=0.8, burst=3)
        self._incidents: OrderedDict[media.FeedId, IncidentId] = OrderedDict()

    async def take(self, bearer: GrantSecret, jpeg: bytes, age: timedelta) -> None:
        """The next picture of a phone's camera, so old when it arrives. Raises Refused."""
        if not self._rate.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "A picture a second is enough.")
        check(jpeg)
        async with self._steps.read() as tx:
            now = self._steps.clock()
            grant, _ = await bearers.callers(tx, bearer, now, Scope.PUBLISH)
        if grant.feed_id is None:
            raise Refused(Refusal.WRONG_SCOPE)

        async def publish(offer: str) -> str:
            admission = await self._gate.admit_publisher(signaling.Bearer(bearer.reveal()))
            answer = await self._sfu.publish(
                admission.feed, admission.holder, offer, group=admission.group, own=admission.own, tag=TAG
            )
            return answer.sdp

        feed = media.FeedId(grant.feed_id)
        try:
            await self._workers.show(feed, jpeg, publish)
        except ValueError as error:
            raise Refused(Refusal.BAD_PICTURE, NO_PICTURE) from error
        except media.Full as full:
            raise Refused(Refusal.FULL, str(full)) from full
        except media.Closed as closed:
            raise Refused(Refusal.GRANT_REVOKED) from closed
        self._incidents[feed] = grant.incident_id
        self._incidents.move_to_end(feed)
        if len(self._incidents) > FEEDS:
            self._incidents.popitem(last=False)
        await self._say(feed, now - min(age, OLDEST))

    async def over(self, feed: media.FeedId) -> None:
        """What comes of this feed, if anything, is no stills any more."""
        if self._connections.still_at(feed) is not None:
            await self._say(feed, None)
            self._incidents.pop(feed, None)

    async def _say(self, feed: media.FeedId, at: datetime | None) -> None:
        self._connections.shows_still(feed, at)
        incident = self._incidents.get(feed)
        if incident is not None:
            await self._hub.publish(StillTaken(incident_id=incident, feed_id=feed, at=at))


def check(jpeg: bytes) -> None:
    """Refuse by its header what is too large to be decoded. Raises Refused."""
    try:
        width, height = check_still(jpeg)
    except ValueError as error:
        raise Refused(Refusal.BAD_PICTURE, NO_PICTURE) from error
    if len(jpeg) > JPEG_BYTES or width * height > PIXELS:
        raise Refused(Refusal.BAD_PICTURE, f"A still has at most {PIXELS >> 20} million pixels.")
