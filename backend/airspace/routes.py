"""Routes: from a dock to where a drone sees an incident from, by the way of least risk.

A drone climbs out of its dock, goes on at one height, and comes home the same way.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
import shapely
from shapely.geometry import Polygon
from shapely.ops import nearest_points

from backend.airspace.areas import Area, BadAreas
from backend.airspace.paths import Flat, Paths
from backend.airspace.plane import Plane
from backend.airspace.space import MARGIN_M, Space
from backend.model.airframes import Leg
from backend.model.docks import Dock
from backend.model.positions import Point, bearing_deg, distance_m

SIGHT_M = 400.0  # from farther away the camera shows too little
_LOOSE_M = 0.5  # corners lie so far inside of what is tested, that rounding breaks nothing
_SIMPLER_M = 0.3


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """`points` from above the dock to where it looks from. `weighted_m` is its length with what risks add."""

    points: tuple[Point, ...]
    height_m: float
    weighted_m: float
    away_m: float  # from the incident, when the place itself is not allowed; else 0

    @property
    def legs(self) -> tuple[Leg, ...]:
        return tuple(Leg(distance_m(a, b), bearing_deg(a, b)) for a, b in pairwise(self.points) if a != b)

    @property
    def legs_home(self) -> tuple[Leg, ...]:
        return tuple(leg.reversed() for leg in reversed(self.legs))

    @property
    def metres(self) -> float:
        return sum(leg.metres for leg in self.legs)


class Airspace:
    """One city's space, and the ways from its docks that have been looked for."""

    def __init__(self, areas: Sequence[Area], docks: Sequence[Dock]) -> None:
        """Raises BadAreas when no drone could leave one of these docks, of which there is one at least."""
        self._plane = Plane.over([dock.point for dock in docks])
        self.space = Space(areas, self._plane)
        self._known: dict[tuple[Point, float, float], tuple[Paths, Polygon] | None] = {}
        for dock in docks:
            words = self.space.shut_in(dock, dock.waiver.ceiling_m)
            if words is not None:
                raise BadAreas(words)

    def look_around(self, dock: Dock, ceiling_m: float) -> None:
        """Look for the ways from a dock before they are asked for: a second a height, with 2,000 corners.

        Raises BadAreas when there are too many corners to look between.
        """
        for height_m in self.space.heights(dock, ceiling_m):
            if self.space.column(dock, height_m) is None:
                self._paths(dock, height_m)

    def routes(self, dock: Dock, ceiling_m: float, place: Point) -> Iterator[Route]:
        """For each height that it may fly at the way of least risk to that place, or near it."""
        for height_m in self.space.heights(dock, ceiling_m):
            if self.space.column(dock, height_m) is None:
                route = self.out(dock, height_m, place)
                if route is not None:
                    yield route

    def out(self, dock: Dock, height_m: float, place: Point) -> Route | None:
        """From above the dock at that height; back along it is the way home from there."""
        known = self._paths(dock, height_m)
        return None if known is None else self._route(*known, height_m, dock.point, place)

    def onward(self, dock: Dock, height_m: float, here: Point, place: Point) -> Route | None:
        """From where a drone of that dock is in the air, at the height that it has."""
        free = self.space.free(dock, height_m, MARGIN_M)
        if free is None:
            return None
        paths = self._look(dock, height_m, self._nearest(free, here), free)
        return self._route(paths, free, height_m, here, place)

    def _paths(self, dock: Dock, height_m: float) -> tuple[Paths, Polygon] | None:
        key = (dock.point, dock.waiver.radius_m, height_m)
        if key not in self._known:
            free = self.space.free(dock, height_m, MARGIN_M)
            start = self._plane.flat(dock.point)
            self._known[key] = None if free is None else (self._look(dock, height_m, start, free), free)
        return self._known[key]

    def _look(self, dock: Dock, height_m: float, start: Flat, free: Polygon) -> Paths:
        allowed = self.space.free(dock, height_m, MARGIN_M - _LOOSE_M) or free
        return Paths(start, free.simplify(_SIMPLER_M), allowed, self.space.risks(height_m))

    def _route(
        self, paths: Paths, free: Polygon, height_m: float, start: Point, place: Point
    ) -> Route | None:
        near = self._nearest(free, place)
        way = paths.to(near)
        if way is None:
            return None
        corners, weighted_m = way
        allowed = near == self._plane.flat(place)
        end = place if allowed else self._plane.point(*near)
        between = corners[1:-1] if corners[0] == self._plane.flat(start) else corners[:-1]
        return Route(
            points=(start, *(self._plane.point(*corner) for corner in between), end),
            height_m=height_m,
            weighted_m=weighted_m,
            away_m=0.0 if allowed else distance_m(end, place),
        )

    def _nearest(self, free: Polygon, place: Point) -> Flat:
        """The place itself where it is allowed, else the nearest that is."""
        flat = self._plane.flat(place)
        at = shapely.points(*flat)
        if free.intersects(at):
            return flat
        near = nearest_points(free, at)[0]
        return float(near.x), float(near.y)
