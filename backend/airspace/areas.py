"""Areas: where drones must stay, must not be, and should rather not be; each with its heights.

From a city's own GeoJSON: `kind` keep-in, keep-out or risk; `name`; `floor_m` and `ceiling_m` above the
ground (from there and without end when left out); of a risk `weight`: a metre over it counts as so many.
"""

import math
from enum import StrEnum
from typing import Any

import msgspec
import shapely
from shapely.geometry.base import BaseGeometry

from backend.airspace import outlines
from backend.airspace.outlines import BadOutlines

MOST_BYTES = 8 << 20
MOST_AREAS = 500
MOST_VERTICES = 20_000
MOST_WEIGHT = 100.0
NAME_CHARS = 64
WIDEST_DEG = 2.0  # from side to side: no drone's city is wider
_HEIGHTS = ("floor_m", "ceiling_m")
_LIKE_HEIGHTS = ("floor", "ceiling", "lower", "upper", "height", "altitude", "top", "bottom", "min_", "max_")


class BadAreas(BadOutlines):
    """The file cannot be used; the text says what is wrong and what to do."""


class AreaKind(StrEnum):
    """What an area asks of a drone."""

    KEEP_IN = "keep-in"  # with several, it may be in any of them
    KEEP_OUT = "keep-out"
    RISK = "risk"  # people, roads: over it only where that is worth it


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One area. Its outline is in degrees, longitude first."""

    name: str
    kind: AreaKind
    outline: BaseGeometry
    floor_m: float = 0.0
    ceiling_m: float = math.inf
    weight: float = 1.0


def read(raw: bytes) -> list[Area]:
    """The areas in a GeoJSON file. Raises BadAreas."""
    if len(raw) > MOST_BYTES:
        raise BadAreas(f"the file has {len(raw) >> 20} MiB, and {MOST_BYTES >> 20} are read: simplify it")
    try:
        found = [_area(at, held) for at, held in enumerate(outlines.features(raw, "areas", MOST_AREAS), 1)]
    except BadAreas:
        raise
    except BadOutlines as error:
        raise BadAreas(str(error)) from None
    if sum(int(shapely.get_num_coordinates(area.outline)) for area in found) > MOST_VERTICES:
        raise BadAreas(
            f"the outlines have more than {MOST_VERTICES} points: simplify them, a metre is enough"
        )
    west, south, east, north = map(float, shapely.total_bounds([area.outline for area in found]))
    if east - west > WIDEST_DEG or north - south > WIDEST_DEG:
        raise BadAreas(
            f"the areas lie from {west:g},{south:g} to {east:g},{north:g} (longitude, latitude), which is"
            " wider than any drone's city: is one of them misplaced?"
        )
    return found


def _area(at: int, feature: Any) -> Area:
    held = feature if isinstance(feature, dict) else {}
    properties = held.get("properties")
    said: dict[Any, Any] = properties if isinstance(properties, dict) else {}
    name, kind = said.get("name"), said.get("kind")
    where = f"area {at}"
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_CHARS or not name.isprintable():
        raise BadAreas(f"{where} has no “name” of 1 to {NAME_CHARS} printable characters")
    where = f"{where} ({name})"
    if kind not in list(AreaKind):
        raise BadAreas(f"{where} is of kind {str(kind)[:40]!r}; kinds are {', '.join(AreaKind)}")
    for key in said:
        if key not in _HEIGHTS and str(key).lower().startswith(_LIKE_HEIGHTS):
            raise BadAreas(
                f"{where} has “{str(key)[:40]}”: heights are read from floor_m and ceiling_m, in metres above"
                " the ground"
            )
    floor_m = _number(said, "floor_m", where, 0.0)
    ceiling_m = _number(said, "ceiling_m", where, math.inf)
    if floor_m >= ceiling_m:
        raise BadAreas(f"{where}: its floor_m, {floor_m:g}, is not below its ceiling_m, {ceiling_m:g}")
    weight = _number(said, "weight", where, 1.0)
    if (kind == AreaKind.RISK) != ("weight" in said):
        raise BadAreas(f"{where}: a risk has a weight, and nothing else has one")
    if not 1 <= weight <= MOST_WEIGHT:
        raise BadAreas(f"{where}: its weight is {weight:g}, and must be 1 to {MOST_WEIGHT:g}")
    return Area(
        name=name,
        kind=AreaKind(kind),
        outline=outlines.outline(held.get("geometry"), where),
        floor_m=floor_m,
        ceiling_m=ceiling_m,
        weight=weight,
    )


def _number(said: dict[Any, Any], key: str, where: str, otherwise: float) -> float:
    value = said.get(key)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 20_000:
        raise BadAreas(f"{where}: its {key} is {str(value)[:40]!r}, and must be a number from 0 to 20,000")
    return float(value)
