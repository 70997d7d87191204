"""A dock, a drone in it and a clear sky, for tests; each says only what it is about."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.airspace import areas
from backend.airspace.plans import Ask
from backend.airspace.routes import Airspace
from backend.model.airframes import Airframe, Battery
from backend.model.docks import Dock, Drone, Stand, Waiver, Watch
from backend.model.ids import DockId, DroneId, UserId
from backend.model.positions import Point
from backend.model.weather import Weather, Wind

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)  # noon, by the sun
HERE = Point(latitude=60.17, longitude=24.94)
NORTH_M, EAST_M = 111_412.0, 55_430.0  # in a degree
QUAD = Airframe(
    name="Quad", cruise_mps=20, climb_mps=6, descend_mps=4, hover_w=650, cruise_w=640, climb_w=1100
)
FULL = Battery(capacity_wh=430, charge=1)


def away(east_m: float, north_m: float) -> Point:
    """So far from HERE."""
    return Point(latitude=HERE.latitude + north_m / NORTH_M, longitude=HERE.longitude + east_m / EAST_M)


def sky(speed_mps: float = 0, from_deg: float = 0, gust_mps: float = 0, **more: Any) -> Weather:
    known = {"rain_mmph": 0.0, "visibility_m": 10_000.0, "temperature_c": 15.0, "at": NOW, **more}
    return Weather(wind=Wind(speed_mps=speed_mps, from_deg=from_deg), gust_mps=gust_mps, **known)


def waiver(**more: Any) -> Waiver:
    year = timedelta(days=365)
    return Waiver(**{"number": "107W-1", "begins": NOW - year, "ends": NOW + year, "ceiling_m": 80.0, **more})


def stand(
    number: int = 1,
    point: Point = HERE,
    pilot: str | None = "usr_pilot",
    dock: dict[str, Any] | None = None,
    drone: dict[str, Any] | None = None,
    observers: int = 0,
    **terms: Any,
) -> Stand:
    """A dock whose waiver has these terms, with whatever else is said of dock and drone."""
    held = Dock(id=DockId(f"dck_{number}"), name=f"Dock {number}", point=point, waiver=waiver(**terms))
    parked = Drone(
        id=DroneId(f"drn_{number}"),
        dock_id=held.id,
        name=f"Drone {number}",
        airframe=QUAD,
        battery=FULL,
        heard_at=NOW,
    )
    return Stand(
        dock=msgspec.structs.replace(held, **(dock or {})),
        drone=msgspec.structs.replace(parked, **(drone or {})),
        watch=Watch(pilot=UserId(pilot) if pilot else None, observers=observers),
    )


def ask(place: Point, **more: Any) -> Ask:
    return Ask(**{"place": place, "now": NOW, "weather": sky(), **more})


def box(
    name: str, kind: str, west_m: float, south_m: float, east_m: float, north_m: float, **more: float | None
) -> dict[str, Any]:
    """A feature, by its sides from HERE."""
    corners = [(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m), (west_m, south_m)]
    ring = [[point.longitude, point.latitude] for point in (away(*corner) for corner in corners)]
    return {
        "type": "Feature",
        "properties": {"name": name, "kind": kind, **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def city(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def space(stands: Sequence[Stand], *features: dict[str, Any]) -> Airspace:
    found = areas.read(json.dumps(city(*features)).encode()) if features else []
    return Airspace(found, [one.dock for one in stands])
