"""The city that `make bench-drone` flies over: made up around the demonstration's, the same each time.

Its areas are GeoJSON as a city would hand it in, read by the product's own reader.
"""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.airspace.plans import Ask
from backend.model.airframes import Airframe, Battery
from backend.model.daylight import Light
from backend.model.docks import Dock, Drone, Parachute, Stand, Waiver, Watch
from backend.model.groundings import Grounded
from backend.model.ids import DockId, DroneId, UserId
from backend.model.positions import Point
from backend.model.traffic import Aircraft
from backend.model.weather import Weather, Wind

MIDDLE = Point(latitude=60.1720, longitude=24.9440)  # the demonstration's
NORTH_M, EAST_M = 111_412.0, 55_425.0  # in a degree, there
NAMES = ("Kestrel", "Merlin", "Osprey", "Harrier", "Goshawk", "Hobby")
QUAD = Airframe(
    name="Responder quadrotor",
    cruise_mps=20.0,
    climb_mps=6.0,
    descend_mps=4.0,
    hover_w=650.0,
    cruise_w=640.0,
    climb_w=1100.0,
)
NEW_WH = 430.0


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, the six drones as they are then, and what keeps each down whatever the place is."""

    ask: Ask
    stands: tuple[Stand, ...]
    expected: tuple[frozenset[Grounded], ...]


class City:
    """So many metres from side to side, with six docks spread over it."""

    def __init__(self, east_m: float, north_m: float, seed: int = 911) -> None:
        self._east_m, self._north_m = east_m, north_m
        dice = random.Random(seed)
        self.docks = tuple(self._dock(number) for number in range(6))
        self._centres = [self._place(dice.uniform(-0.35, 0.35), dice.uniform(-0.35, 0.35)) for _ in range(5)]
        self.areas: dict[str, Any] = {"type": "FeatureCollection", "features": list(self._areas(dice))}

    @property
    def file(self) -> bytes:
        return json.dumps(self.areas).encode()

    def case(self, dice: random.Random) -> Case:
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(365 * 24 * 60))
        sky, sky_bad = _weather(dice, now)
        stands, expected = [], []
        for dock in self.docks:
            stand, bad = _stand(dock, dice, now)
            stands.append(stand)
            expected.append(frozenset(bad | sky_bad))
        traffic = (self._aircraft(dice, now),) if dice.random() < 0.05 else ()
        ask = Ask(place=self._incident(dice), now=now, weather=sky, traffic=traffic)
        return Case(ask=ask, stands=tuple(stands), expected=tuple(expected))

    def _place(self, east: float, north: float) -> Point:
        """By its share of the city's sides, from the middle."""
        return _moved(MIDDLE, east * self._east_m, north * self._north_m)

    def _dock(self, number: int) -> Dock:
        east, north = (-1 / 3, 0, 1 / 3)[number % 3], (-1 / 4, 1 / 4)[number // 3]
        year = datetime(2025, 1, 1, tzinfo=UTC)
        return Dock(
            id=DockId(f"dck_{number + 1}"),
            name=f"Dock {number + 1}",
            point=self._place(east, north),
            roof_m=(0.0, 12.0, 20.0)[number % 3],
            waiver=Waiver(
                number=f"107W-2025-0{number + 1}",
                begins=year,
                ends=year + timedelta(days=4 * 365),
                ceiling_m=90.0 if number % 2 else 65.0,
                radius_m=3200.0,
                light=Light.TWILIGHT if number == 5 else Light.NIGHT,
                observers=1 if number == 4 else 0,
            ),
        )

    def _incident(self, dice: random.Random) -> Point:
        """Six in ten around where people are; a few beyond the fence."""
        if dice.random() < 0.6:
            spread = 0.08
            return _moved(
                dice.choice(self._centres),
                dice.gauss(0, spread * self._east_m),
                dice.gauss(0, spread * self._north_m),
            )
        return self._place(dice.uniform(-0.5, 0.5), dice.uniform(-0.5, 0.5))

    def _aircraft(self, dice: random.Random, now: datetime) -> Aircraft:
        return Aircraft(
            name="a helicopter",
            point=self._place(dice.uniform(-0.6, 0.6), dice.uniform(-0.6, 0.6)),
            track_deg=dice.uniform(0, 360),
            speed_mps=dice.uniform(30, 60),
            height_m=dice.uniform(80, 200),
            at=now,
        )

    def _areas(self, dice: random.Random) -> Any:
        ring = [self._place(0.5 * math.sin(turn), 0.5 * math.cos(turn)) for turn in _turns(24)]
        corners = [_stretched(MIDDLE, point, 1.3 + 0.1 * (at % 3)) for at, point in enumerate(ring)]
        yield _feature("City limits", "keep-in", corners, ceiling_m=120)
        airport = [self._place(*share) for share in ((0.36, 0.1), (0.6, 0.02), (0.6, 0.36), (0.4, 0.34))]
        yield _feature("Airport", "keep-out", airport)
        names = (
            "Prison",
            "Stadium",
            "Hospital heliport",
            "Refinery",
            "Embassy",
            "Power station",
            "Zoo",
            "School",
        )
        for number in range(14):
            radius_m = dice.uniform(0.012, 0.04) * min(self._east_m, self._north_m)
            middle = self._place(dice.uniform(-0.45, 0.45), dice.uniform(-0.45, 0.45))
            if any(_apart(middle, dock.point) < radius_m + 40 for dock in self.docks):
                continue
            heights = dice.choice(({}, {}, {"ceiling_m": 60}, {"ceiling_m": 45}, {"floor_m": 70}))
            sides = dice.choice((4, 6, 9))
            outline = [
                _moved(middle, dice.uniform(0.6, 1) * radius_m * math.sin(t), radius_m * math.cos(t))
                for t in _turns(sides)
            ]
            yield _feature(f"{names[number % 8]} {number // 8 + 1}", "keep-out", outline, **heights)
        for number in range(8):
            middle, radius_m = (
                self._place(dice.uniform(-0.45, 0.45), dice.uniform(-0.45, 0.45)),
                0.03 * self._east_m,
            )
            outline = [_moved(middle, radius_m * math.sin(t), radius_m * math.cos(t)) for t in _turns(8)]
            yield _feature(f"Square {number + 1}", "risk", outline, weight=dice.choice((1.5, 2, 4)))


def _stand(dock: Dock, dice: random.Random, now: datetime) -> tuple[Stand, set[Grounded]]:
    """The drone as it happens to be, and what of that keeps it down."""
    bad: set[Grounded] = set()

    def happens(share: float, why: Grounded) -> bool:
        if dice.random() < share:
            bad.add(why)
            return True
        return False

    number = int(dock.id[-1]) - 1
    drone = Drone(
        id=DroneId(f"drn_{number + 1}"),
        dock_id=dock.id,
        name=NAMES[number],
        airframe=QUAD,
        battery=Battery(capacity_wh=NEW_WH, charge=dice.uniform(0.3, 1), health=dice.uniform(0.75, 1)),
        docked=not happens(0.06, Grounded.AWAY),
        trouble="a motor does not turn" if happens(0.03, Grounded.DRONE_TROUBLE) else None,
        heard_at=now - timedelta(seconds=60 if happens(0.02, Grounded.SILENT) else 1),
        parachute=Parachute.SAFE if happens(0.02, Grounded.PARACHUTE) else Parachute.ARMED,
    )
    shut = "its lid is stuck" if happens(0.01, Grounded.DOCK_TROUBLE) else None
    pilot = None if happens(0.01, Grounded.NO_PILOT) else UserId("usr_pilot")
    observers = 0 if dock.waiver.observers and happens(0.1, Grounded.OBSERVERS) else 1
    stand = Stand(
        dock=msgspec.structs.replace(dock, trouble=shut),
        drone=drone,
        watch=Watch(pilot=pilot, observers=observers),
    )
    return stand, bad


def _weather(dice: random.Random, now: datetime) -> tuple[Weather | None, set[Grounded]]:
    bad: set[Grounded] = set()
    limits = QUAD.limits
    speed = dice.weibullvariate(5.5, 2)  # metres a second: a coast
    gust = speed * dice.uniform(1.2, 1.6)
    rain = dice.expovariate(0.5) if dice.random() < 0.12 else 0.0
    seen = dice.uniform(500, 9000) if dice.random() < 0.05 else 12_000.0
    late = dice.random() < 0.01
    if late:
        bad.add(Grounded.NO_WEATHER)
    if speed > limits.wind_mps or gust > limits.gust_mps:
        bad.add(Grounded.WIND)
    if rain > limits.rain_mmph:
        bad.add(Grounded.RAIN)
    if seen < limits.visibility_m:
        bad.add(Grounded.VISIBILITY)
    report = Weather(
        wind=Wind(speed_mps=speed, from_deg=dice.uniform(0, 360)),
        gust_mps=gust,
        rain_mmph=rain,
        visibility_m=seen,
        temperature_c=10.0,
        at=now - timedelta(minutes=40 if late else 2),
    )
    return report, bad


def _feature(name: str, kind: str, corners: list[Point], **more: float) -> dict[str, Any]:
    ring = [[round(point.longitude, 7), round(point.latitude, 7)] for point in (*corners, corners[0])]
    return {
        "type": "Feature",
        "properties": {"name": name, "kind": kind, **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _turns(sides: int) -> list[float]:
    return [2 * math.pi * side / sides for side in range(sides)]


def _moved(point: Point, east_m: float, north_m: float) -> Point:
    return Point(latitude=point.latitude + north_m / NORTH_M, longitude=point.longitude + east_m / EAST_M)


def _stretched(middle: Point, point: Point, by: float) -> Point:
    return Point(
        latitude=middle.latitude + (point.latitude - middle.latitude) * by,
        longitude=middle.longitude + (point.longitude - middle.longitude) * by,
    )


def _apart(a: Point, b: Point) -> float:
    return math.hypot((a.latitude - b.latitude) * NORTH_M, (a.longitude - b.longitude) * EAST_M)
