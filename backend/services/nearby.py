"""Nearby: which lent cameras may be opened for an incident, and why the others may not. Step 9 of the story.

Reading only. The store finds what is near; `model.cameras.why_not` decides, here and for one camera alike.

The order: what may be opened comes first; in it the cameras of the site that called; then by `rank_m`, which
is the distance, and twice the distance for a camera that looks elsewhere. So of two at the same distance the
one that looks at the scene is first, of two that look alike the nearer one, and a camera across the street
that looks away still comes before one that looks this way from half a mile. The 40 are chosen among the
nearest 90 that reach the place, and more only while fewer than 40 of those may be opened.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.model.cameras import (
    MOST_RADIUS_M,
    Call,
    ParticipationLevel,
    Unavailable,
    View,
    looks_towards,
    why_not,
)
from backend.model.ids import CameraId, ConnectorId, IncidentId, SiteId
from backend.model.incidents import Incident
from backend.model.lending import Nearby, NearbyCamera, Offer
from backend.model.openings import Answer
from backend.model.people import User
from backend.model.positions import Point, Position, Scene, distance_m
from backend.services.board import visible
from backend.services.steps import Step, Steps
from backend.store.around import Look, Placed
from backend.store.store import Tx

SHOWN = 40
COUNTED = 500  # `more` goes no further
TOLD = 100  # open incidents that one camera's change is told for
_AWAY_COUNTS = 2.0
# First at as many of those that reach a place as will do at most hours; at more while too few of them may be
# opened.
_LOOKS = tuple(
    Look(reaching=reaching, near=SHOWN, radius_m=MOST_RADIUS_M, count=COUNTED) for reaching in (90, 400, 2000)
)

Connected = Callable[[ConnectorId], bool]


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
            now = self._steps.clock()
            found = await visible(tx, user, incident, now)
            return await around(tx, found, now, zone=self._zone, connected=self._connected)


async def around(
    tx: Tx, incident: Incident, now: datetime, *, zone: ZoneInfo, connected: Connected
) -> Nearby:
    """What is within 1,000 m of the incident, and the cameras of the site whose own call it is, wherever."""
    eyes = _Eyes(incident, now, zone, connected)
    own: list[Placed] = []
    if incident.site_id is not None:
        own = await tx.around.at_site(incident.site_id, incident.id)
    seen, count = {held.id: eyes.see(held) for held in own}, len(own)
    if incident.position is not None:
        near, count = await _best_near(tx, eyes, incident.position)
        seen |= near
    shown = sorted(seen.values(), key=_order)[:SHOWN]
    shown_near = len(shown)
    if incident.position is not None:
        shown_near = sum(held.distance_m is not None and held.distance_m <= MOST_RADIUS_M for held in shown)
    return Nearby(cameras=tuple(_view(held) for held in shown), more=max(0, count - shown_near))


async def one(
    tx: Tx, incident: Incident, camera_id: CameraId, now: datetime, *, zone: ZoneInfo, connected: Connected
) -> NearbyCamera | None:
    """One camera by the same rules; None when there is no such camera."""
    found = await tx.around.one(camera_id, incident.id)
    return None if found is None else _view(_Eyes(incident, now, zone, connected).see(found))


async def still_lent(
    tx: Tx, incident: Incident, camera_id: CameraId, now: datetime, *, zone: ZoneInfo
) -> bool:
    """Whether its owner's settings let a picture that flows go on, whether or not the camera works."""
    found = await tx.around.one(camera_id, incident.id)
    return found is not None and _Eyes(incident, now, zone, lambda _: True).still_lent(found)


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

    def __init__(self, incident: Incident, now: datetime, zone: ZoneInfo, connected: Connected) -> None:
        self.incident = incident
        self._scene = None if incident.position is None else Scene(incident.position)
        self._now, self._local = now, now.astimezone(zone)
        self._connected = connected

    def see(self, placed: Placed) -> _Seen:
        seen = self._by_rule(placed)
        broken = self._out_of_order(placed) if seen.why is None else None
        return seen if broken is None else msgspec.structs.replace(seen, offer=Offer.NO, why=broken)

    def still_lent(self, placed: Placed) -> bool:
        """As `see`, for a picture that was opened: what is out of order is given time, and asks nobody."""
        seen = self._by_rule(placed)
        return seen.why is None and seen.offer is not Offer.ASK

    def _by_rule(self, placed: Placed) -> _Seen:
        """What its owner allows."""
        own = placed.site_id == self.incident.site_id
        metres, looks = None, False
        if self._scene is not None:
            metres, bearing = self._scene.seen_from(placed.latitude, placed.longitude)
            looks = looks_towards(placed.heading_deg, placed.field_deg, bearing, metres)
        offer, why = Offer.NO, why_not(placed, Call(own=own, distance_m=metres), self._now, self._local)
        if why is None:
            offer, why = self._answered(placed)
        return _Seen(placed, metres, looks, own, offer, why)

    def _answered(self, placed: Placed) -> tuple[Offer, Unavailable | None]:
        if placed.answer is Answer.ALLOWED:
            return Offer.OPEN, None
        if placed.level is not ParticipationLevel.ASK:
            stopped = placed.answer is Answer.REFUSED  # by the owner's Stop, say
            return (Offer.NO, Unavailable.REFUSED) if stopped else (Offer.OPEN, None)
        if placed.asked_until is None:
            return Offer.ASK, None
        if placed.answer is Answer.REFUSED:
            return Offer.NO, Unavailable.REFUSED
        if placed.answer is Answer.UNANSWERED or self._now >= placed.asked_until:
            return Offer.NO, Unavailable.UNANSWERED
        return Offer.ASKING, None

    def _out_of_order(self, placed: Placed) -> Unavailable | None:
        if placed.device:
            return None  # it publishes by itself once the camera is opened
        connector = placed.connector_id
        if connector is None or not self._connected(connector):
            return Unavailable.CONNECTOR_AWAY
        return None if placed.trouble is None else Unavailable.CAMERA_TROUBLE


async def _best_near(tx: Tx, eyes: _Eyes, place: Position) -> tuple[dict[CameraId, _Seen], int]:
    """Those to choose from, by id; and how many are near, up to `COUNTED`.

    Enough when what may be opened among the nearest fills the list, or there is no more of it; the nearest
    of all fill what is left. Where more than ninety reach a place, those further off do not compete: what
    they would see better is nearer to the others.
    """
    chosen: dict[CameraId, _Seen] = {}
    count = 0
    for look in _LOOKS:
        found = await tx.around.near(place, eyes.incident.id, look)
        reaching = _seen_within(eyes, found.reaching, look.radius_m)
        near = _seen_within(eyes, found.near, look.radius_m)
        openable = [held for held in reaching if held.offer is not Offer.NO]
        chosen = {held.placed.id: held for held in (*(near or reaching), *openable)}
        count = found.count
        if len(openable) >= SHOWN or found.reaching_all:
            break
    return chosen, count


def _seen_within(eyes: _Eyes, found: list[Placed], radius_m: float) -> list[_Seen]:
    seen = map(eyes.see, found)
    return [held for held in seen if held.distance_m is not None and held.distance_m <= radius_m]


def _order(seen: _Seen) -> tuple[bool, bool, float, str]:
    return seen.offer is Offer.NO, not seen.own, seen.rank_m, seen.placed.id


def _view(seen: _Seen) -> NearbyCamera:
    placed = seen.placed
    return NearbyCamera(
        camera_id=placed.id,
        name=placed.name,
        site=placed.site,
        kind=placed.kind,
        point=Point(latitude=placed.latitude, longitude=placed.longitude),
        view=View(heading_deg=placed.heading_deg, field_deg=placed.field_deg, height_m=placed.height_m),
        indoor=placed.indoor,
        distance_m=seen.distance_m,
        looks=seen.looks,
        rank_m=None if seen.distance_m is None else seen.rank_m,
        own=seen.own,
        offer=seen.offer,
        why=seen.why,
    )
