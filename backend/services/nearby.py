"""Nearby: which lent cameras may be opened for an incident, and why the others may not. Step 9 of the story.

Reading only. The store finds what is near; `model.cameras.why_not` decides, here and for one camera alike.

The order: what may be opened comes first; in it the cameras of the site that called; then by `rank_m`, which
is the distance, and twice the distance for a camera that looks elsewhere. So of two at the same distance the
one that looks at the scene is first, of two that look alike the nearer one, and a camera across the street
that looks away still comes before one that looks this way from half a mile.
"""

import heapq
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.model.cameras import MOST_RADIUS_M, Call, ParticipationLevel, Unavailable, why_not
from backend.model.ids import CameraId, ConnectorId, IncidentId, SiteId
from backend.model.incidents import Incident
from backend.model.lending import Nearby, NearbyCamera, Offer
from backend.model.openings import Answer
from backend.model.people import User
from backend.model.positions import Point, Position, bearing_deg, distance_m
from backend.services.board import visible
from backend.services.steps import Step, Steps
from backend.store.cameras import Placed
from backend.store.lending import Said
from backend.store.store import Tx

SHOWN = 40
COUNTED = 500  # `more` goes no further
TOLD = 100  # open incidents that one camera's change is told for
_AWAY_COUNTS = 2.0
# How far to look, and at how many of the nearest, until the best are certain: first a few blocks, which is
# enough where cameras are many.
_LOOKS = ((250, 160), (MOST_RADIUS_M, 160), (MOST_RADIUS_M, 2000))
_SURE = 0.99  # the store's distances are flat

Connected = Callable[[ConnectorId], bool]
Read = Callable[[Point | Position, int, int], Awaitable[list[Placed]]]


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """A camera as this incident finds it."""

    placed: Placed
    distance_m: float | None
    looks: bool
    own: bool
    offer: Offer
    why: Unavailable | None

    @property
    def rank_m(self) -> float:
        if self.distance_m is None:
            return 0.0
        return self.distance_m if self.looks else self.distance_m * _AWAY_COUNTS


class Surroundings:
    """What the desk and officers ask: what can see this place?"""

    def __init__(self, steps: Steps, zone: ZoneInfo, connected: Connected) -> None:
        self._steps, self._zone, self._connected = steps, zone, connected

    async def of(self, user: User, incident: IncidentId) -> Nearby:
        """Raises Refused for an incident that this person may not see."""
        async with self._steps.read() as tx:
            found = await visible(tx, user, incident)
            return await around(tx, found, self._steps.clock(), zone=self._zone, connected=self._connected)


async def around(
    tx: Tx, incident: Incident, now: datetime, *, zone: ZoneInfo, connected: Connected
) -> Nearby:
    """What is within 1,000 m of the incident, and the cameras of the site whose own call it is, wherever."""
    eyes = _Eyes(incident, now, zone, connected, await tx.lending.said(incident.id))
    own = await tx.cameras.at_site(incident.site_id) if incident.site_id is not None else []
    seen = {held.camera.id: eyes.see(held) for held in own}
    place, more = incident.position, 0
    if place is not None:
        openable, _ = await _best(eyes, place, tx.cameras.may_open, lambda held: held.offer is not Offer.NO)
        seen |= {held.placed.camera.id: held for held in openable}
        if _count_openable(seen.values()) < SHOWN:
            rest, all_near = await _best(eyes, place, tx.cameras.near, lambda held: held.offer is Offer.NO)
            seen |= {held.placed.camera.id: held for held in rest}
        else:
            all_near = None
        shown = heapq.nsmallest(SHOWN, seen.values(), _order)
        if all_near is None:
            all_near = await tx.cameras.count_near(place, MOST_RADIUS_M, COUNTED)
        near = sum(held.distance_m is not None and held.distance_m <= MOST_RADIUS_M for held in shown)
        more = max(0, all_near - near)
    else:
        shown = heapq.nsmallest(SHOWN, seen.values(), _order)
        more = len(seen) - len(shown)
    return Nearby(cameras=tuple(_view(held) for held in shown), more=more)


async def one(
    tx: Tx, incident: Incident, camera_id: CameraId, now: datetime, *, zone: ZoneInfo, connected: Connected
) -> NearbyCamera | None:
    """One camera by the same rules; None when there is no such camera."""
    found = await tx.cameras.one(camera_id)
    if found is None:
        return None
    return _view(_Eyes(incident, now, zone, connected, await tx.lending.said(incident.id)).see(found))


async def tell_near(step: Step, place: Point, site: SiteId) -> None:
    """Mark for telling, to those who work on incidents that it may bear on, that a camera there changed."""
    told = 0
    for incident in await step.tx.incidents.open():
        at = incident.position
        if incident.site_id == site or (at is not None and distance_m(place, at) <= MOST_RADIUS_M):
            step.nearby_changed(incident.id)
            told += 1
        if told == TOLD:
            return


class _Eyes:
    """Looks at cameras for one incident, at one moment."""

    def __init__(
        self,
        incident: Incident,
        now: datetime,
        zone: ZoneInfo,
        connected: Connected,
        said: dict[str, Said],
    ) -> None:
        self._incident, self._place = incident, incident.position
        self._now, self._local = now, now.astimezone(zone)
        self._connected, self._said = connected, said

    def see(self, placed: Placed) -> _Seen:
        camera, place = placed.camera, self._place
        own = camera.site_id == self._incident.site_id
        metres, looks = None, False
        if place is not None:
            metres = distance_m(camera.point, place)
            looks = camera.view.looks_towards(bearing_deg(camera.point, place), metres)
        why = why_not(camera, Call(own=own, distance_m=metres), self._now, self._local)
        offer = Offer.NO
        if why is None:
            offer, why = self._answered(camera.id, camera.level)
        if why is None:
            why = self._out_of_order(placed)
            offer = offer if why is None else Offer.NO
        return _Seen(placed, metres, looks, own, offer, why)

    def _answered(self, camera: CameraId, level: ParticipationLevel) -> tuple[Offer, Unavailable | None]:
        said = self._said.get(camera)
        if level is not ParticipationLevel.ASK:
            stopped = said is not None and said.answer is Answer.REFUSED  # by the owner's Stop, say
            return (Offer.NO, Unavailable.REFUSED) if stopped else (Offer.OPEN, None)
        if said is None:
            return Offer.ASK, None
        if said.answer is Answer.ALLOWED:
            return Offer.OPEN, None
        if said.answer is Answer.REFUSED:
            return Offer.NO, Unavailable.REFUSED
        if said.answer is Answer.UNANSWERED or self._now >= said.expires_at:
            return Offer.NO, Unavailable.UNANSWERED
        return Offer.ASKING, None

    def _out_of_order(self, placed: Placed) -> Unavailable | None:
        if placed.device:
            return None  # it publishes by itself once the camera is opened
        connector = placed.camera.connector_id
        if connector is None or not self._connected(connector):
            return Unavailable.CONNECTOR_AWAY
        return None if placed.trouble is None else Unavailable.CAMERA_TROUBLE


async def _best(
    eyes: _Eyes, place: Position, read: Read, wanted: Callable[[_Seen], bool]
) -> tuple[list[_Seen], int | None]:
    """The best of what is read and wanted; and how many there are in all, where reading found the end."""
    best: list[_Seen] = []
    for radius_m, limit in _LOOKS:
        held = await read(place, radius_m, limit)
        whole = len(held) < limit
        seen = [found for found in map(eyes.see, held) if (found.distance_m or 0.0) <= radius_m]
        best = heapq.nsmallest(SHOWN, filter(wanted, seen), _order)
        if whole and radius_m == MOST_RADIUS_M:
            return best, len(seen)
        horizon = radius_m if whole else max((found.distance_m or 0.0 for found in seen), default=0.0)
        if len(best) == SHOWN and best[-1].rank_m <= horizon * _SURE:
            return best, None  # whatever was not read is further away, and ranks behind
    return best, None


def _count_openable(seen: Iterable[_Seen]) -> int:
    return sum(held.offer is not Offer.NO for held in seen)


def _order(seen: _Seen) -> tuple[bool, bool, float, str]:
    return seen.offer is Offer.NO, not seen.own, seen.rank_m, seen.placed.camera.id


def _view(seen: _Seen) -> NearbyCamera:
    camera = seen.placed.camera
    return NearbyCamera(
        camera_id=camera.id,
        name=camera.name,
        site=seen.placed.site,
        kind=seen.placed.kind,
        point=camera.point,
        view=camera.view,
        indoor=camera.indoor,
        distance_m=seen.distance_m,
        looks=seen.looks,
        own=seen.own,
        offer=seen.offer,
        why=seen.why,
    )
