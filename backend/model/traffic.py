"""Traffic: aircraft that are heard by ADS-B, and which of them a drone on its way would come too near to.

"Well clear" is that of ASTM F3442 for small drones: 2,000 ft to the side, 250 ft above and below. Each
aircraft is taken to go on as it goes. Hearing none is no proof that there is none: that is the observers'.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from backend.model.positions import Point, distance_m

CLEAR_M = 610.0
CLEAR_ABOVE_M = 76.0
FORGET = timedelta(seconds=30)  # where it is after so long without a message, nobody knows
LOOK_AHEAD_S = 300.0
_METRES_A_DEGREE = 111_195.0


class Aircraft(msgspec.Struct, frozen=True, kw_only=True):
    """One, by its last message. No height: it is taken to be at ours."""

    name: str  # its call sign, or its address
    point: Point
    track_deg: float
    speed_mps: float
    at: datetime
    height_m: float | None = None  # above the ground

    def __post_init__(self) -> None:
        heights = (self.height_m,) if self.height_m is not None else ()
        if not all(map(math.isfinite, (self.track_deg, self.speed_mps, *heights))):
            raise ValueError("an aircraft's track, speed and height are finite numbers")
        if not 0 <= self.speed_mps <= 1000:
            raise ValueError("speed_mps is 0 to 1000 metres a second")

    def ahead(self, seconds: float) -> Point:
        """Where it will be."""
        turn, far = math.radians(self.track_deg), self.speed_mps * seconds
        north = max(-89.9, min(89.9, self.point.latitude + far * math.cos(turn) / _METRES_A_DEGREE))
        east = far * math.sin(turn) / (_METRES_A_DEGREE * math.cos(math.radians(north)))
        return Point(latitude=north, longitude=(self.point.longitude + east + 180) % 360 - 180)


class Encounter(msgspec.Struct, frozen=True):
    """The nearest that one would come, and when."""

    aircraft: str
    metres: float
    after_s: float


def first_encounter(
    points: Sequence[Point],
    starts_s: float,
    arrives_s: float,
    height_m: float,
    traffic: Sequence[Aircraft],
    now: datetime,
) -> Encounter | None:
    """The first aircraft that comes too near to a flight along these points, evenly between those seconds.

    Looked at for each second until the drone is there, five minutes at most.
    """
    found: list[Encounter] = []
    for aircraft in traffic:
        age_s = (now - aircraft.at).total_seconds()
        apart_m = abs(aircraft.height_m - height_m) if aircraft.height_m is not None else 0.0
        if abs(age_s) > FORGET.total_seconds() or apart_m > CLEAR_ABOVE_M:
            continue
        reach_m = (
            CLEAR_M + sum(distance_m(a, b) for a, b in pairwise(points)) + aircraft.speed_mps * arrives_s
        )
        if distance_m(points[0], aircraft.ahead(age_s)) > reach_m:
            continue
        for after_s in range(int(min(arrives_s, LOOK_AHEAD_S)) + 1):
            share = max(0.0, after_s - starts_s) / max(1.0, arrives_s - starts_s)
            metres = distance_m(along(points, share), aircraft.ahead(age_s + after_s))
            if metres < CLEAR_M:
                found.append(Encounter(aircraft.name, metres, after_s))
                break
    return min(found, key=lambda met: met.after_s, default=None)


def along(points: Sequence[Point], share: float) -> Point:
    """The place at that share of the way, 0 to 1."""
    lengths = [distance_m(a, b) for a, b in pairwise(points)]
    left = share * sum(lengths)
    for (a, b), length in zip(pairwise(points), lengths, strict=True):
        if left <= length and length > 0:
            part = left / length
            return Point(
                latitude=a.latitude + (b.latitude - a.latitude) * part,
                longitude=a.longitude + (b.longitude - a.longitude) * part,
            )
        left -= length
    return points[-1]
