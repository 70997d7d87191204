"""Airframes: how fast and how long a drone flies, from its maker's sheet; there and back in a wind.

A drone flies at one airspeed, so a wind changes its speed over the ground and not its power. Energy is
reckoned in the worse of the wind and its gusts, with a margin; time in the wind itself.
"""

import math
from collections.abc import Sequence

import msgspec

from backend.model.weather import Limits, Weather, Wind

ENERGY_MARGIN = 1.15  # a sheet's figures are of a new drone in still air
CHARGE_DOUBT = 0.02  # of the battery: how far off an honest gauge may be
SLOWEST_MPS = 3.0  # over the ground, against a wind: below it a drone as good as stands


class Airframe(msgspec.Struct, frozen=True, kw_only=True):
    """A type of drone as it flies here, with camera and parachute. Speeds in still air; power in watts."""

    name: str
    cruise_mps: float
    climb_mps: float
    descend_mps: float
    hover_w: float
    cruise_w: float
    climb_w: float
    acceleration_mps2: float = 4.0
    ground_mps: float = 44.7  # the most over the ground: 87 knots, 14 CFR 107.51(a)
    ceiling_m: float = 120.0  # above the ground, by its maker
    launch_s: float = 12.0  # from the command to its first metre, the dock's lid included
    reserve: float = 0.2  # of a full battery, left at landing
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Raises ValueError when no drone flies like that."""
        rates = (self.cruise_mps, self.climb_mps, self.descend_mps, self.acceleration_mps2, self.ground_mps)
        powers = (self.hover_w, self.cruise_w, self.climb_w, self.ceiling_m)
        if not all(math.isfinite(value) and value > 0 for value in (*rates, *powers)):
            raise ValueError("speeds, powers and the ceiling are more than 0")
        if self.cruise_mps <= SLOWEST_MPS or not 0 <= self.launch_s <= 120:
            raise ValueError(f"cruise_mps is more than {SLOWEST_MPS:g}, launch_s 0 to 120 seconds")
        if not 0.05 <= self.reserve <= 0.9:
            raise ValueError("reserve is 0.05 to 0.9 of a full battery")


class Battery(msgspec.Struct, frozen=True, kw_only=True):
    """`capacity_wh` when it was new, `health` what of that a full one holds today, `charge` of that now."""

    capacity_wh: float
    charge: float
    health: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.capacity_wh) and self.capacity_wh > 0):
            raise ValueError("capacity_wh is more than 0")
        if not (0 <= self.charge <= 1 and 0 < self.health <= 1):
            raise ValueError("charge and health are shares, 0 to 1")

    @property
    def full_wh(self) -> float:
        return self.capacity_wh * self.health

    def spendable_wh(self, reserve: float) -> float:
        """What may be flown away: not the reserve, nor what its gauge may have got wrong. Can be negative."""
        return self.full_wh * (self.charge - CHARGE_DOUBT - reserve)


class Leg(msgspec.Struct, frozen=True):
    """A straight piece of a route: its length and its course over the ground."""

    metres: float
    course_deg: float

    def reversed(self) -> "Leg":
        return Leg(self.metres, (self.course_deg + 180) % 360)


class Cost(msgspec.Struct, frozen=True):
    """What a flight takes."""

    seconds: float
    wh: float


def ground_mps(airframe: Airframe, course_deg: float, wind: Wind) -> float | None:
    """How fast it goes along that course (the wind triangle); None when it cannot hold it or stands."""
    angle = math.radians(wind.from_deg - course_deg)
    across, against = wind.speed_mps * math.sin(angle), wind.speed_mps * math.cos(angle)
    if abs(across) >= airframe.cruise_mps:
        return None
    speed = math.sqrt(airframe.cruise_mps**2 - across**2) - against
    return min(speed, airframe.ground_mps) if speed >= SLOWEST_MPS else None


def legs_s(airframe: Airframe, legs: Sequence[Leg], wind: Wind) -> float | None:
    """Seconds from rest at one end to rest at the other, slowing in each turn; None against such a wind."""
    seconds = airframe.cruise_mps / airframe.acceleration_mps2 if legs else 0.0
    for number, leg in enumerate(legs):
        speed = ground_mps(airframe, leg.course_deg, wind)
        if speed is None:
            return None
        seconds += leg.metres / speed
        if number:
            turn = math.radians(leg.course_deg - legs[number - 1].course_deg)
            seconds += airframe.cruise_mps / airframe.acceleration_mps2 * abs(math.sin(turn / 2))
    return seconds


def out(airframe: Airframe, legs: Sequence[Leg], rise_m: float, weather: Weather) -> Cost | None:
    """From the command in the dock to rest at the end of the legs, `rise_m` above the dock."""
    climb_s = rise_m / airframe.climb_mps
    way = along(airframe, legs, weather)
    if way is None:
        return None
    start_wh = (airframe.launch_s * airframe.hover_w + climb_s * airframe.climb_w) / 3600
    return Cost(airframe.launch_s + climb_s + way.seconds, way.wh + start_wh * ENERGY_MARGIN)


def home(airframe: Airframe, legs: Sequence[Leg], drop_m: float, weather: Weather) -> Cost | None:
    """From rest at the start of the legs to motors off, `drop_m` below."""
    descend_s = drop_m / airframe.descend_mps
    way = along(airframe, legs, weather)
    if way is None:
        return None
    return Cost(way.seconds + descend_s, way.wh + hovering_wh(airframe, descend_s))


def hovering_wh(airframe: Airframe, seconds: float) -> float:
    return seconds * airframe.hover_w / 3600 * ENERGY_MARGIN


def hovering_s(airframe: Airframe, wh: float) -> float:
    """For how long so much energy lasts in the air above one place."""
    return wh * 3600 / ENERGY_MARGIN / airframe.hover_w


def along(airframe: Airframe, legs: Sequence[Leg], weather: Weather) -> Cost | None:
    """From rest to rest at one height; None against such a wind."""
    seconds = legs_s(airframe, legs, weather.wind)
    in_gusts_s = legs_s(airframe, legs, weather.gusts)
    if seconds is None or in_gusts_s is None:
        return None
    power_w = max(airframe.cruise_w, airframe.hover_w)  # it slows in turns and brakes at the end
    return Cost(seconds, max(seconds, in_gusts_s) * power_w / 3600 * ENERGY_MARGIN)
