"""A drone flown in small steps, and the rules that its track broke: to judge plans by what they do not know.

Nothing here is the planner's: metres come from the ellipsoid, power from blade-element and momentum theory
(Zeng, Xu and Zhang 2019, eq. 6), wind gusts as an Ornstein-Uhlenbeck process around a mean that the weather
report had slightly wrong, the drone is heavier than its sheet, and its gauge may be off. Fences are looked
at by counting crossings, at each step of the track.
"""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from backend.airspace.plans import Answer
from backend.model.airframes import Airframe
from backend.model.positions import Point
from backend.model.weather import Weather

STEP_S = 0.2
HOVER_STEP_S = 1.0
GUST_S = 8.0  # how long one lasts
CORNER_M = 6.0  # how far it may swing out of a corner
AT_M = 3.0  # so near it is there
MOST_S = 3 * 3600.0
_MASS_KG, _GRAVITY, _ROTORS = 6.0, 9.81, 0.75
_A, _E2 = 6_378_137.0, 0.00669437999014  # WGS 84

Vector = tuple[float, float]


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What nobody told the planner: factors and offsets, drawn for one flight."""

    wind: float
    turned_deg: float
    power: float
    charge: float

    @classmethod
    def drawn(cls, dice: random.Random) -> "Truth":
        return cls(
            wind=min(1.25, max(0.75, dice.gauss(1, 0.08))),
            turned_deg=dice.gauss(0, 6),
            power=dice.uniform(0.93, 1.05),
            charge=min(0.015, max(-0.015, dice.gauss(0, 0.007))),
        )


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Each step: seconds, degrees, metres above the ground, energy left. At `scene_s` it was there."""

    seconds: NDArray[np.float64]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    heights_m: NDArray[np.float64]
    left_wh: NDArray[np.float64]
    scene_s: float


class _Air:
    """The wind, which changes as it likes."""

    def __init__(self, weather: Weather, truth: Truth, dice: random.Random) -> None:
        self._dice, self._gust = dice, [0.0, 0.0]
        towards = math.radians(weather.wind.from_deg + 180 + truth.turned_deg)
        speed = weather.wind.speed_mps * truth.wind
        self.mean = (speed * math.sin(towards), speed * math.cos(towards))
        self._spread = max(0.0, weather.gust_mps - weather.wind.speed_mps) / 2.5

    def blow(self, step_s: float) -> Vector:
        keep = math.exp(-step_s / GUST_S)
        noise = self._spread * math.sqrt(1 - keep * keep)
        self._gust = [keep * gust + self._dice.gauss(0, noise) for gust in self._gust]
        return self.mean[0] + self._gust[0], self.mean[1] + self._gust[1]


def power_w(frame: Airframe, airspeed_mps: float, climb_mps: float) -> float:
    """Profile, induced and parasite power; the last fitted so that cruising takes what the sheet says."""
    induced = _induced(airspeed_mps) * 0.55 * frame.hover_w
    profile = 0.45 * frame.hover_w * (1 + 3 * airspeed_mps**2 / 120**2)
    cruise = frame.cruise_mps
    at_cruise = 0.55 * frame.hover_w * _induced(cruise) + 0.45 * frame.hover_w * (1 + 3 * cruise**2 / 120**2)
    drag = max(0.0, frame.cruise_w - at_cruise) / cruise**3
    lift = _MASS_KG * _GRAVITY * climb_mps / _ROTORS if climb_mps > 0 else 0.0
    return induced + profile + drag * airspeed_mps**3 + lift


def _induced(speed: float) -> float:
    hover = 8.0  # m/s through the rotors
    return math.sqrt(math.sqrt(1 + speed**4 / (4 * hover**4)) - speed**2 / (2 * hover**2))


class _Drone:
    def __init__(self, answer: Answer, weather: Weather, dice: random.Random) -> None:
        drone, dock = answer.stand.drone, answer.stand.dock
        truth = Truth.drawn(dice)
        self.frame, self._air, self._power = drone.airframe, _Air(weather, truth, dice), truth.power
        self.at: Vector = (0.0, 0.0)
        self.speed: Vector = (0.0, 0.0)
        self.height_m, self.seconds = dock.roof_m, 0.0
        self.left_wh = drone.battery.full_wh * min(1.0, drone.battery.charge + truth.charge)
        self.steps: list[tuple[float, float, float, float, float]] = []

    def note(self) -> None:
        self.steps.append((self.seconds, *self.at, self.height_m, self.left_wh))

    def wait(self, seconds: float) -> None:
        """In the dock with motors on, or over one place: against the wind."""
        for step_s in _steps(seconds, HOVER_STEP_S):
            east, north = self._air.blow(step_s)
            self._spend(math.hypot(east, north), 0.0, step_s)

    def rise(self, to_m: float) -> None:
        up = self.frame.climb_mps if to_m > self.height_m else -self.frame.descend_mps
        start_m, seconds = self.height_m, abs(to_m - self.height_m) / abs(up)
        for step_s in _steps(seconds, STEP_S):
            east, north = self._air.blow(step_s)
            self.height_m += up * step_s
            self._spend(math.hypot(east, north), up, step_s)
        self.height_m = to_m if seconds else start_m

    def follow(self, corners: Sequence[Vector]) -> None:
        """From the first to the last, slow enough in each corner to swing out by CORNER_M at most."""
        exits = [
            _corner_mps(a, b, c, self.frame)
            for a, b, c in zip(corners, corners[1:], corners[2:], strict=False)
        ]
        for (start, end), leave_mps in zip(pairwise(corners), [*exits, 0.0], strict=True):
            self._leg(start, end, leave_mps)

    def _leg(self, start: Vector, end: Vector, leave_mps: float) -> None:
        """Along one line, pulled back to it, until it passes its end."""
        length = math.dist(start, end)
        if length < AT_M and leave_mps == 0.0 and math.dist(self.at, end) < AT_M:
            return
        along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        most, fastest = self.frame.acceleration_mps2, self.frame.cruise_mps
        while self.seconds < MOST_S:
            gone = (self.at[0] - start[0]) * along[0] + (self.at[1] - start[1]) * along[1]
            left = length - gone
            if left <= (AT_M if leave_mps == 0.0 else max(AT_M, math.hypot(*self.speed) * STEP_S)):
                return
            east, north = self._air.blow(STEP_S)
            off = (start[0] + along[0] * gone - self.at[0], start[1] + along[1] * gone - self.at[1])
            tail = east * along[0] + north * along[1]
            across = abs(-east * along[1] + north * along[0])
            forward = tail + math.sqrt(max(0.0, fastest**2 - across**2))
            forward = min(forward, self.frame.ground_mps, math.sqrt(leave_mps**2 + 2 * 0.8 * most * left))
            want = (along[0] * forward + 0.8 * off[0], along[1] * forward + 0.8 * off[1])
            push = (want[0] - self.speed[0], want[1] - self.speed[1])
            share = min(1.0, most * STEP_S / max(1e-9, math.hypot(*push)))
            self.speed = (self.speed[0] + push[0] * share, self.speed[1] + push[1] * share)
            self.at = (self.at[0] + self.speed[0] * STEP_S, self.at[1] + self.speed[1] * STEP_S)
            self._spend(math.hypot(self.speed[0] - east, self.speed[1] - north), 0.0, STEP_S)

    def stop(self) -> None:
        self.speed = (0.0, 0.0)

    def _spend(self, airspeed_mps: float, climb_mps: float, step_s: float) -> None:
        self.seconds += step_s
        self.left_wh -= power_w(self.frame, airspeed_mps, climb_mps) * self._power * step_s / 3600
        self.note()


def fly(answer: Answer, weather: Weather, dice: random.Random, home: bool = True) -> Track:
    """The plan as it is flown: up, there, as long as it may stay, back and down; or only there."""
    plan, dock = answer.plan, answer.stand.dock
    assert plan is not None
    east_m, north_m = _metres_a_degree(dock.point.latitude)
    corners = [
        (
            (point.longitude - dock.point.longitude) * east_m,
            (point.latitude - dock.point.latitude) * north_m,
        )
        for point in plan.route.points
    ]
    drone = _Drone(answer, weather, dice)
    drone.note()
    drone.wait(drone.frame.launch_s)
    drone.rise(plan.route.height_m)
    drone.follow(corners)
    scene_s = drone.seconds
    if home:
        drone.stop()
        drone.wait(plan.stays_s)
        drone.follow(corners[::-1])
        drone.stop()
        drone.rise(dock.roof_m)
    seconds, east, north, heights, left = np.array(drone.steps).T
    return Track(
        seconds=seconds,
        longitudes=dock.point.longitude + east / east_m,
        latitudes=dock.point.latitude + north / north_m,
        heights_m=heights,
        left_wh=left,
        scene_s=scene_s,
    )


def broken_rules(answer: Answer, track: Track, areas: dict[str, Any]) -> Iterator[str]:
    """Every rule that some step of the track broke. `areas` is the city's GeoJSON as it was read."""
    drone, dock = answer.stand.drone, answer.stand.dock
    reserve_wh = drone.airframe.reserve * drone.battery.full_wh
    if (low := float(track.left_wh.min())) < reserve_wh:
        yield f"reserve: {low:.1f} of {reserve_wh:.1f} Wh"
    most_m = min(dock.waiver.ceiling_m, drone.airframe.ceiling_m)
    if track.heights_m.max() > most_m:
        yield f"ceiling: {track.heights_m.max():.1f} of {most_m} m"
    east_m, north_m = _metres_a_degree(dock.point.latitude)
    far = np.hypot(
        (track.longitudes - dock.point.longitude) * east_m, (track.latitudes - dock.point.latitude) * north_m
    ).max()
    if far > dock.waiver.radius_m:
        yield f"radius: {far:.0f} of {dock.waiver.radius_m:.0f} m"
    kept, has_keep_in = np.zeros(len(track.seconds), dtype=bool), False
    for feature in areas["features"]:
        said = feature["properties"]
        floor, ceiling = said.get("floor_m") or 0.0, said.get("ceiling_m") or math.inf
        within = inside(feature["geometry"], track.longitudes, track.latitudes)
        within &= (track.heights_m >= floor) & (track.heights_m <= ceiling)
        if said["kind"] == "keep-out" and within.any():
            yield f"keep-out {said['name']} after {track.seconds[within][0]:.0f} s"
        elif said["kind"] == "keep-in":
            has_keep_in, kept = True, kept | within
    if has_keep_in and not kept.all():
        yield f"keep-in left after {track.seconds[~kept][0]:.0f} s"


def inside(
    geometry: dict[str, Any], longitudes: NDArray[np.float64], latitudes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which places lie in a GeoJSON Polygon or MultiPolygon, by counting crossings (even-odd)."""
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    odd = np.zeros(len(longitudes), dtype=bool)
    for ring in (ring for part in parts for ring in part):
        for (x1, y1), (x2, y2) in pairwise(ring):
            if y1 != y2:
                crosses = (latitudes < y1) != (latitudes < y2)
                odd ^= crosses & (longitudes < x1 + (latitudes - y1) * (x2 - x1) / (y2 - y1))
    return odd


def metres(a: Point, b: Point) -> float:
    """Between two near places, by the ellipsoid."""
    east_m, north_m = _metres_a_degree((a.latitude + b.latitude) / 2)
    return math.hypot((a.longitude - b.longitude) * east_m, (a.latitude - b.latitude) * north_m)


def _metres_a_degree(latitude: float) -> Vector:
    """East and north, by the ellipsoid's two radii of curvature."""
    phi = math.radians(latitude)
    bent = 1 - _E2 * math.sin(phi) ** 2
    return (
        math.radians(_A / math.sqrt(bent) * math.cos(phi)),
        math.radians(_A * (1 - _E2) / bent**1.5),
    )


def _corner_mps(a: Vector, b: Vector, c: Vector, frame: Airframe) -> float:
    turn = abs(math.atan2(c[1] - b[1], c[0] - b[0]) - math.atan2(b[1] - a[1], b[0] - a[0]))
    turn = min(turn, 2 * math.pi - turn)
    if turn < 0.01:
        return frame.cruise_mps
    return min(frame.cruise_mps, math.sqrt(CORNER_M * frame.acceleration_mps2) / math.sin(turn / 2) / 1.5)


def _steps(seconds: float, each_s: float) -> Iterator[float]:
    left = seconds
    while left > 1e-9:
        yield min(each_s, left)
        left -= each_s
