"""Cameras that owners lend: what each may be used for, and when. Rules only; no clock, no I/O.

`why_not` is the whole answer to "may this camera be opened for that incident, now?".
"""

import math
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from backend.model.ids import CameraId, ConnectorId, SiteId
from backend.model.positions import Point

DAY_MIN = 24 * 60
EVERY_DAY = 0b111_1111
LEAST_RADIUS_M, FIRST_RADIUS_M, MOST_RADIUS_M = 50, 200, 1000
_BESIDE_M = 15.0  # so near that the scene is taken to be in view, whatever the heading
_EDGE_DEG = 10.0  # a scene just outside the picture counts as in view


class ParticipationLevel(StrEnum):
    """What an owner lets a camera be used for, from least to most."""

    REGISTRY = "registry"  # on the map, no picture
    ASK = "ask"  # the owner is asked, once for each incident
    OWN_CALLS = "own-calls"  # for a call from the site, or the owner's panic press
    NEARBY = "nearby"  # for those, and for open incidents within the radius


class Unavailable(StrEnum):
    """Why a camera cannot be opened for an incident, as the dispatcher is told."""

    RETIRED = "retired"
    PAUSED = "paused"
    REGISTRY_ONLY = "registry-only"
    OUT_OF_HOURS = "out-of-hours"
    NOT_OWN_CALL = "not-own-call"
    TOO_FAR = "too-far"
    NO_POSITION = "no-position"  # of the incident
    REFUSED = "refused"  # the owner was asked
    UNANSWERED = "unanswered"  # the owner was asked, and the minute passed
    CONNECTOR_AWAY = "connector-away"
    CAMERA_TROUBLE = "camera-trouble"  # wrong password, broken stream: the owner is told what


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """When a camera may be opened, by the agency's clock. `days` has a bit for each weekday, Monday lowest.

    Minutes are of the day, 0 to 1440; when `to_min` is not after `from_min` the night into the next day is
    meant, and belongs to the day that it began on.
    """

    days: int = EVERY_DAY
    from_min: int = 0
    to_min: int = DAY_MIN

    def __post_init__(self) -> None:
        if not 1 <= self.days <= EVERY_DAY:
            raise ValueError("choose at least one day")
        if not (0 <= self.from_min < DAY_MIN and 0 <= self.to_min <= DAY_MIN):
            raise ValueError("hours are minutes of the day, 0 to 1440")

    def open_at(self, local: datetime) -> bool:
        """Whether this moment of the agency's local time is within them."""
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.from_min < self.to_min:
            return bool(self.days >> today & 1) and self.from_min <= minute < self.to_min
        yesterday = (today - 1) % 7
        return (bool(self.days >> today & 1) and minute >= self.from_min) or (
            bool(self.days >> yesterday & 1) and minute < self.to_min
        )


ALWAYS = Hours()


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Which way a camera looks: degrees clockwise from true north, and how wide. No heading: all around."""

    heading_deg: float | None = None
    field_deg: float = 90.0
    height_m: float = 3.0

    def __post_init__(self) -> None:
        if self.heading_deg is not None and not 0 <= self.heading_deg <= 360:
            raise ValueError("heading_deg is 0 to 360 degrees")
        if not 1 <= self.field_deg <= 360:
            raise ValueError("field_deg is 1 to 360 degrees")
        if not (math.isfinite(self.height_m) and -100 <= self.height_m <= 1000):
            raise ValueError("height_m is -100 to 1000 metres above the street")

    def looks_towards(self, bearing_deg: float, distance_m: float) -> bool:
        """Whether what is in that direction from the camera is in the picture."""
        return looks_towards(self.heading_deg, self.field_deg, bearing_deg, distance_m)


def looks_towards(heading_deg: float | None, field_deg: float, bearing_deg: float, distance_m: float) -> bool:
    """The same of a view that is not a View yet."""
    if heading_deg is None or distance_m <= _BESIDE_M:
        return True
    off = abs((bearing_deg - heading_deg + 180) % 360 - 180)
    return off <= field_deg / 2 + _EDGE_DEG


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can open the camera. `until` is None: until its owner resumes."""

    since: datetime
    until: datetime | None

    def covers(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as its owner set it. `source` is its name on the connector, which alone knows its address."""

    id: CameraId
    site_id: SiteId
    name: str
    point: Point
    added_at: datetime
    view: View = View()
    indoor: bool = False
    level: ParticipationLevel = ParticipationLevel.REGISTRY
    radius_m: int = FIRST_RADIUS_M
    hours: Hours = ALWAYS
    pause: Pause | None = None
    sound: bool = False
    connector_id: ConnectorId | None = None  # None: nothing brings its picture
    source: str | None = None
    retired_at: datetime | None = None

    def paused_at(self, now: datetime) -> bool:
        return self.pause is not None and self.pause.covers(now)

    @property
    def retired(self) -> bool:
        return self.retired_at is not None

    @property
    def reach_m(self) -> int:
        """Within how many metres of it an incident of somebody else's may open it; 0 when none may."""
        near = (ParticipationLevel.ASK, ParticipationLevel.NEARBY)
        return self.radius_m if self.level in near and self.retired_at is None else 0


class Terms(Protocol):
    """What of a camera `why_not` asks."""

    @property
    def retired(self) -> bool: ...
    @property
    def pause(self) -> Pause | None: ...
    @property
    def level(self) -> ParticipationLevel: ...
    @property
    def hours(self) -> Hours: ...
    @property
    def radius_m(self) -> int: ...


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What of an incident bears on one camera."""

    own: bool  # from the site's numbers, or its owner's panic press
    distance_m: float | None  # None while nobody knows where the incident is


def why_not(camera: Terms, call: Call, now: datetime, local: datetime) -> Unavailable | None:
    """Why the owner's settings keep this camera shut; None when they let it open.

    `local` is `now` by the agency's clock. A camera of level ASK is let open here: that its owner must allow
    it first, and whether its connector is there, are other questions.
    """
    if camera.retired:
        return Unavailable.RETIRED
    if camera.pause is not None and camera.pause.covers(now):
        return Unavailable.PAUSED
    if camera.level is ParticipationLevel.REGISTRY:
        return Unavailable.REGISTRY_ONLY
    if not camera.hours.open_at(local):
        return Unavailable.OUT_OF_HOURS
    if call.own:
        return None
    if camera.level is ParticipationLevel.OWN_CALLS:
        return Unavailable.NOT_OWN_CALL
    if call.distance_m is None:
        return Unavailable.NO_POSITION
    return Unavailable.TOO_FAR if call.distance_m > camera.radius_m else None
