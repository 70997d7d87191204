"""Docks: where drones stand, what each dock's waiver allows, and whether its drone may go up now.

`groundings` asks everything that does not hang on where the incident is; `backend.airspace.plans` asks the
rest. Heights are metres above the ground, as waivers and facility maps have them.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.airframes import Airframe, Battery
from backend.model.daylight import Light, is_light, sun_deg
from backend.model.groundings import Grounded, Grounding
from backend.model.ids import DockId, DroneId, UserId
from backend.model.positions import Point

HEARD_WITHIN = timedelta(seconds=10)  # a docked drone reports each second


class Parachute(StrEnum):
    """As the drone itself reports it."""

    NONE = "none"
    SAFE = "safe"  # fitted, not armed
    ARMED = "armed"
    FIRED = "fired"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """What the authority allows from one dock beyond the pilot's sight (a BVLOS waiver)."""

    number: str
    begins: datetime
    ends: datetime
    ceiling_m: float = 60.0
    radius_m: float = 3200.0
    light: Light = Light.TWILIGHT
    observers: int = 0  # visual observers who must be there
    parachute: bool = True  # it must be fitted and armed

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ceiling_m) and 10 <= self.ceiling_m <= 1000):
            raise ValueError("a waiver's ceiling_m is 10 to 1000 metres above the ground")
        if not (math.isfinite(self.radius_m) and 100 <= self.radius_m <= 50_000):
            raise ValueError("a waiver's radius_m is 100 to 50,000 metres")
        if self.observers < 0 or self.begins >= self.ends:
            raise ValueError("a waiver begins before it ends and asks for no observers or more")


class Dock(msgspec.Struct, frozen=True, kw_only=True):
    """A box on a roof or a lot. `trouble` is what keeps it shut, in words."""

    id: DockId
    name: str
    point: Point
    waiver: Waiver
    roof_m: float = 0.0  # how high above the ground it stands
    trouble: str | None = None


class Drone(msgspec.Struct, frozen=True, kw_only=True):
    """One drone as it last reported itself from its dock."""

    id: DroneId
    dock_id: DockId
    name: str
    airframe: Airframe
    battery: Battery
    heard_at: datetime | None  # None: not since the service began
    docked: bool = True
    parachute: Parachute = Parachute.ARMED
    trouble: str | None = None  # what its own checks say


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Who is there for a flight from this dock."""

    pilot: UserId | None  # who would be pilot in command
    observers: int = 0


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A dock, the drone that belongs there, and who is there for it."""

    dock: Dock
    drone: Drone
    watch: Watch


def ceiling_m(dock: Dock, drone: Drone) -> float:
    """The most that this drone may fly at from this dock."""
    return min(dock.waiver.ceiling_m, drone.airframe.ceiling_m)


def groundings(dock: Dock, drone: Drone, watch: Watch, now: datetime, until: datetime) -> Iterator[Grounding]:
    """Every reason of the dock, its waiver, its people and its drone against a flight from now until then."""
    waiver = dock.waiver
    if dock.trouble is not None:
        yield Grounding(Grounded.DOCK_TROUBLE, f"{dock.name}: {dock.trouble}")
    if watch.pilot is None:
        yield Grounding(Grounded.NO_PILOT, f"Nobody is pilot in command for {dock.name}.")
    if watch.observers < waiver.observers:
        yield Grounding(
            Grounded.OBSERVERS,
            f"Waiver {waiver.number} asks for {waiver.observers} visual observers;"
            f" {watch.observers} are there.",
        )
    if now < waiver.begins:
        yield Grounding(Grounded.WAIVER_OVER, f"Waiver {waiver.number} begins on {waiver.begins:%d %B %Y}.")
    elif until > waiver.ends:
        yield Grounding(Grounded.WAIVER_OVER, f"Waiver {waiver.number} ends on {waiver.ends:%d %B %Y}.")
    if not (is_light(waiver.light, dock.point, now) and is_light(waiver.light, dock.point, until)):
        yield Grounding(Grounded.DARK, _dark(dock, now, until))
    yield from _drones(dock, drone, now)


def _dark(dock: Dock, now: datetime, until: datetime) -> str:
    hours = "by day" if dock.waiver.light is Light.DAY else "from dawn to dusk"
    light_now = is_light(dock.waiver.light, dock.point, now)
    when, at = ("when it would be back", until) if light_now else ("now", now)
    below = -sun_deg(dock.point, at)
    number = dock.waiver.number
    return f"Waiver {number} is for flights {hours}; {when} the sun is {below:.0f}° below the horizon."


def _drones(dock: Dock, drone: Drone, now: datetime) -> Iterator[Grounding]:
    if not drone.docked:
        yield Grounding(Grounded.AWAY, f"{drone.name} is not in its dock.")
    if drone.trouble is not None:
        yield Grounding(Grounded.DRONE_TROUBLE, f"{drone.name}: {drone.trouble}")
    if drone.heard_at is None:
        yield Grounding(Grounded.SILENT, f"Nothing has been heard of {drone.name} yet.")
        return
    if not -HEARD_WITHIN <= now - drone.heard_at <= HEARD_WITHIN:
        silent_s = abs((now - drone.heard_at).total_seconds())
        yield Grounding(Grounded.SILENT, f"Nothing was heard of {drone.name} for {silent_s:.0f} s.")
    if drone.parachute is Parachute.FIRED:
        yield Grounding(Grounded.PARACHUTE, f"The parachute of {drone.name} has been fired: have it packed.")
    elif dock.waiver.parachute and drone.parachute is not Parachute.ARMED:
        lacks = "has none" if drone.parachute is Parachute.NONE else "has one that is not armed"
        yield Grounding(
            Grounded.PARACHUTE,
            f"Waiver {dock.waiver.number} asks for an armed parachute; {drone.name} {lacks}.",
        )
