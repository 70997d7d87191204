"""Incidents: an emergency from its opening to its close; everything else hangs on one."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import CameraId, DeviceId, DroneId, FeedId, IncidentId, SiteId, UnitId, UserId
from backend.model.positions import Position

INCIDENT_TYPES = (
    "Break-in",
    "Medical",
    "Fire",
    "Traffic collision",
    "Disturbance",
    "Weapons",
    "Domestic",
    "Missing person",
    "Welfare check",
    "Other",
)
PANIC = "Panic press"  # an owner's; no dispatcher chooses it
HUNG_UP = "Hung-up call"  # made by one press with the number; likewise


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """As stored. `position` is what is best known: the caller's own as soon as there is one."""

    id: IncidentId
    type: str
    words: str
    opened_at: datetime
    opened_by: str
    callback_number: str | None = None
    position: Position | None = None
    closed_at: datetime | None = None
    unit_ids: tuple[UnitId, ...] = ()
    site_id: SiteId | None = None  # whose own call it is: by its number, or its owner's panic press


class FeedKind(StrEnum):
    """Where a feed's picture comes from."""

    CALLER = "caller"
    CAMERA = "camera"  # lent, or the city's
    BODY_WORN = "body-worn"
    DASH = "dash"
    OFFICER = "officer"  # an officer's own phone
    DRONE = "drone"  # in colour
    THERMAL = "thermal"  # a drone's other camera


class FeedState(StrEnum):
    """How a feed is, as its watchers are told."""

    WAITING = "waiting"  # allowed, no packet yet
    LIVE = "live"
    SILENT = "silent"  # no packet for 700 ms; it may come back
    ENDED = "ended"  # the publisher went away; it may publish again while the link lasts


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One publisher's tracks over time. A fixed camera has a place; what moves has its unit's.

    `device_id` is what a unit carries and publishes by itself, `user_id` the officer whose own phone it is.
    """

    id: FeedId
    incident_id: IncidentId
    kind: FeedKind
    state: FeedState
    since: datetime
    camera_id: CameraId | None = None
    unit_id: UnitId | None = None
    device_id: DeviceId | None = None
    user_id: UserId | None = None
    drone_id: DroneId | None = None

    @property
    def publisher(self) -> str:
        """Who publishes it, as the log says."""
        return self.user_id or self.device_id or self.camera_id or self.drone_id or "caller"
