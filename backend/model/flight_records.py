"""Flight records: what is kept of a flight while it lasts and after it: its plan, its times, its track.

A track is the drone's own telemetry, once a second, so that a flight can be judged again from its log.
"""

import math
from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.airframes import Battery
from backend.model.docks import Parachute
from backend.model.fleet import Heard
from backend.model.flights import Flight, Phase
from backend.model.ids import DroneId, FeedId, FlightId, IncidentId
from backend.model.positions import Point
from backend.model.telemetry import Telemetry
from backend.model.views import EntryView

MOST_POINTS = 7200  # of one flight: two hours, and no drone of these flies so long


class FlightEnd(StrEnum):
    """How a flight ended."""

    HOME = "home"
    ELSEWHERE = "elsewhere"  # on the ground, and not in its dock
    PARACHUTE = "parachute"
    NOT_LAUNCHED = "not-launched"
    LOST = "lost"  # nothing was heard of it for longer than it can fly


class FlightPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What it flies now. `points` from above its dock, or from where it was; heights above the ground.

    `battery` is the one it left with, `home_wh` what the way home from the last point takes.
    """

    place: Point  # the incident's, as the flight knows it
    points: tuple[Point, ...]
    height_m: float
    away_m: float  # that it looks from
    to_scene_s: float  # from the press
    home_wh: float
    battery: Battery


class FlightRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One flight, whole. `sent_by` is a person, or `system`; `used` the share of its battery that it took."""

    flight: Flight
    plan: FlightPlan
    sent_by: str
    pressed_at: datetime
    follows: bool = True  # the incident's place, where that moves
    airborne_at: datetime | None = None
    on_scene_at: datetime | None = None
    picture_at: datetime | None = None  # the first that an officer had
    ended_at: datetime | None = None
    outcome: FlightEnd | None = None
    colour_feed_id: FeedId | None = None
    thermal_feed_id: FeedId | None = None
    relieves: FlightId | None = None
    air_s: float = 0.0
    used: float = 0.0

    @property
    def id(self) -> FlightId:
        return self.flight.id

    @property
    def incident_id(self) -> IncidentId:
        return self.flight.incident_id

    @property
    def drone_id(self) -> DroneId:
        return self.flight.drone_id

    @property
    def feeds(self) -> tuple[FeedId, ...]:
        return tuple(feed for feed in (self.colour_feed_id, self.thermal_feed_id) if feed is not None)


class FlightPoint(msgspec.Struct, frozen=True, array_like=True):
    """One second of a flight as the drone said it, and the phase that it was believed to be in.

    Kept by position, for there are many: metres above its dock, metres a second, degrees.
    """

    at: datetime
    clock_s: float
    latitude: float
    longitude: float
    height_m: float
    ground_mps: float
    climb_mps: float
    charge: float
    heading_deg: float | None
    pitch_deg: float | None
    yaw_deg: float | None
    mode: str
    in_air: bool
    parachute: Parachute
    phase: Phase

    @classmethod
    def of(cls, heard: Heard, phase: Phase) -> "FlightPoint":
        return cls(
            heard.received_at,
            heard.clock_s,
            heard.point.latitude,
            heard.point.longitude,
            heard.height_m,
            heard.ground_mps,
            heard.climb_mps,
            heard.charge,
            heard.heading_deg,
            heard.pitch_deg,
            heard.yaw_deg,
            heard.mode,
            heard.in_air,
            heard.parachute,
            phase,
        )

    @property
    def telemetry(self) -> Telemetry:
        """To be judged again."""
        return Telemetry(
            clock_s=self.clock_s,
            latitude=self.latitude,
            longitude=self.longitude,
            height_m=self.height_m,
            ground_mps=self.ground_mps,
            climb_mps=self.climb_mps,
            charge=self.charge,
            received_at=self.at,
        )


class FlightTimes(msgspec.Struct, frozen=True, kw_only=True):
    """What one flight took, in seconds: from the call to the launch, on to the scene, and to a picture."""

    to_launch_s: float | None
    to_scene_s: float | None
    to_picture_s: float | None

    @classmethod
    def of(
        cls,
        opened_at: datetime,
        airborne_at: datetime | None,
        on_scene_at: datetime | None,
        picture_at: datetime | None,
    ) -> "FlightTimes":
        return cls(
            to_launch_s=_between(opened_at, airborne_at),
            to_scene_s=_between(airborne_at, on_scene_at),
            to_picture_s=_between(opened_at, picture_at),
        )


class FlightSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One flight in a line, with names for ids. `used` is the share of its battery that it took."""

    id: str
    incident_id: str
    incident_type: str
    opened_at: datetime  # the incident
    drone: str
    dock: str
    pilot: str  # in command, at the end
    sent_by: str
    pressed_at: datetime
    phase: Phase
    ended_at: datetime | None
    end: FlightEnd | None
    air_s: float
    used: float
    times: FlightTimes


class FlightPage(msgspec.Struct, frozen=True, kw_only=True):
    """Flights, the newest first; `more`: there are older ones."""

    flights: tuple[FlightSummary, ...]
    more: bool


class FlightLog(msgspec.Struct, frozen=True, kw_only=True):
    """A mission's log: what it was, everything that was done, who was let see it, and its track.

    `level_deg` is how far below the horizon the camera may look farther than `within_m` from the incident.
    """

    summary: FlightSummary
    record: FlightRecord
    home: Point
    remote_id: str  # as the drone said it when it was sent; empty where it did not
    within_m: float
    level_deg: float
    lines: tuple[EntryView, ...]
    points: tuple[FlightPoint, ...]


def looks_down_deg(height_m: float, metres: float) -> float:
    """The pitch by which a place on the ground, so far away, is looked at from that height: 0 to -90."""
    return -math.degrees(math.atan2(height_m, metres))


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()
