"""Routes: from a dock to where a drone sees an incident from, inside what is allowed at one height.

A drone climbs out of its dock, goes on at that height, and comes home the same way. It keeps MARGIN_M from
every fence: what a receiver, a gust and a corner may take from it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from backend.airspace.areas import Area, AreaKind, BadAreas
from backend.airspace.paths import Flat, Paths, part_around
from backend.airspace.plane import Plane
from backend.model.airframes import Leg
from backend.model.docks import Dock
from backend.model.positions import Point, bearing_deg, distance_m

MARGIN_M = 15.0  # from the sides of every area, and from the waiver's radius
ABOVE_M = 5.0  # from their floors and ceilings, and from the waiver's
TRANSIT_M = 60.0  # where nothing else is asked for
LOWEST_M = 30.0  # nobody wants it lower over roofs and people
SIGHT_M = 400.0  # from farther away the camera shows too little
MOST_HEIGHTS = 8
_LOOSE_M = 0.5  # corners lie so far inside of what is tested, that rounding breaks nothing
_SIMPLER_M = 0.3
_FLAT = 0.995  # a city laid flat is a little too long or too short: a radius is taken shorter


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
    """The areas of one city, and the ways among them that have been looked for."""

    def __init__(self, areas: Sequence[Area], docks: Sequence[Dock]) -> None:
        """Raises BadAreas when no drone could leave one of these docks, of which there is one at least."""
        self._plane = Plane.over([dock.point for dock in docks])
        self._areas = [
            msgspec.structs.replace(area, outline=self._plane.flattened(area.outline)) for area in areas
        ]
        self._known: dict[tuple[Point, float, float], tuple[Paths, Polygon] | None] = {}
        for dock in docks:
            words = self.shut_in(dock, dock.waiver.ceiling_m)
            if words is not None:
                raise BadAreas(words)

    def shut_in(self, dock: Dock, ceiling_m: float) -> str | None:
        """Why no drone can climb out of that dock to any height that it may fly at; None when it can."""
        heights = self._heights(ceiling_m)
        if not heights or heights[0] < dock.roof_m:
            return f"{dock.name} stands too high for its ceiling of {ceiling_m:.0f} m above the ground."
        reasons = [self._column(dock, height_m) for height_m in heights]
        return None if None in reasons else reasons[0]

    def routes(self, dock: Dock, ceiling_m: float, place: Point) -> Iterator[Route]:
        """For each height that it may fly at the way of least risk to that place, or near it."""
        goal = self._plane.flat(place)
        for height_m in self._heights(ceiling_m):
            if height_m < dock.roof_m or self._column(dock, height_m) is not None:
                continue
            known = self._paths(dock, height_m)
            if known is None:
                continue
            paths, free = known
            at = shapely.points(*goal)
            near = at if free.intersects(at) else nearest_points(free, at)[0]
            way = paths.to((float(near.x), float(near.y)))
            if way is None:
                continue
            corners, weighted_m = way
            points = [self._plane.point(*corner) for corner in corners]
            away_m = 0.0 if near is at else distance_m(points[-1], place)
            yield Route(
                points=(dock.point, *points[1:-1], place if near is at else points[-1]),
                height_m=height_m,
                weighted_m=weighted_m,
                away_m=away_m,
            )

    def around(self, place: Point, height_m: float) -> list[str]:
        """The names of the keep-out areas that this place is in or beside, at that height."""
        at = shapely.points(*self._plane.flat(place))
        return [area.name for area in self._out(height_m) if area.outline.distance(at) < MARGIN_M]

    def _heights(self, ceiling_m: float) -> list[float]:
        """The usual height first, then those at which some area begins or ends; nearest first."""
        most = ceiling_m - ABOVE_M
        usual = min(TRANSIT_M, most)
        edges = {area.ceiling_m + ABOVE_M for area in self._areas if area.kind is AreaKind.KEEP_OUT}
        edges |= {area.floor_m - ABOVE_M for area in self._areas if area.kind is AreaKind.KEEP_OUT}
        edges |= {area.ceiling_m - ABOVE_M for area in self._areas if area.kind is AreaKind.KEEP_IN}
        edges |= {area.floor_m + ABOVE_M for area in self._areas if area.kind is AreaKind.KEEP_IN}
        within = {edge for edge in edges if min(LOWEST_M, usual) <= edge <= most} | {usual}
        return sorted(within, key=lambda height: (abs(height - usual), height))[:MOST_HEIGHTS]

    def _out(self, height_m: float) -> list[Area]:
        return [
            area
            for area in self._areas
            if area.kind is AreaKind.KEEP_OUT and area.floor_m - ABOVE_M < height_m < area.ceiling_m + ABOVE_M
        ]

    def _column(self, dock: Dock, height_m: float) -> str | None:
        """What is in the way straight up from a dock to that height."""
        at = shapely.points(*self._plane.flat(dock.point))
        for area in self._areas:
            if (
                area.kind is AreaKind.KEEP_OUT
                and area.floor_m - ABOVE_M < height_m
                and dock.roof_m < area.ceiling_m + ABOVE_M
                and area.outline.distance(at) < MARGIN_M
            ):
                return (
                    f"{dock.name} stands in the keep-out area {area.name}, or within {MARGIN_M:.0f} m of it."
                )
        kept = [area for area in self._areas if area.kind is AreaKind.KEEP_IN]
        around = [area for area in kept if area.outline.buffer(-MARGIN_M, join_style="mitre").intersects(at)]
        levels = sorted({dock.roof_m, height_m + ABOVE_M, *_edges(around, dock.roof_m, height_m + ABOVE_M)})
        for low, high in pairwise(levels):
            if kept and not any(area.floor_m <= low and high <= area.ceiling_m for area in around):
                names = ", ".join(area.name for area in kept[:5])
                return (
                    f"{dock.name} is not inside any keep-in area ({names}) from {low:.0f} to {high:.0f} m, or"
                    f" is within {MARGIN_M:.0f} m of its edge."
                )
        return None

    def _paths(self, dock: Dock, height_m: float) -> tuple[Paths, Polygon] | None:
        key = (dock.point, dock.waiver.radius_m, height_m)
        if key not in self._known:
            self._known[key] = self._look(dock, height_m)
        return self._known[key]

    def _look(self, dock: Dock, height_m: float) -> tuple[Paths, Polygon] | None:
        start = self._plane.flat(dock.point)
        free = part_around(self._free(start, dock.waiver.radius_m, height_m, MARGIN_M), start)
        if free is None:
            return None
        allowed = part_around(self._free(start, dock.waiver.radius_m, height_m, MARGIN_M - _LOOSE_M), start)
        risks = [
            (area.outline, area.weight - 1)
            for area in self._areas
            if area.kind is AreaKind.RISK and area.floor_m < height_m < area.ceiling_m and area.weight > 1
        ]
        return Paths(start, free.simplify(_SIMPLER_M), allowed or free, risks), free

    def _free(self, start: Flat, radius_m: float, height_m: float, margin_m: float) -> BaseGeometry:
        """Where the middle of a drone may be at that height, from that dock."""
        free: BaseGeometry = shapely.points(*start).buffer(radius_m * _FLAT - margin_m, quad_segs=32)
        kept = [area for area in self._areas if area.kind is AreaKind.KEEP_IN]
        if kept:
            here = [
                area.outline
                for area in kept
                if area.floor_m <= height_m - ABOVE_M and height_m + ABOVE_M <= area.ceiling_m
            ]
            free = free.intersection(shapely.union_all(here).buffer(-margin_m, join_style="mitre"))
        out = [area.outline for area in self._out(height_m)]
        return free.difference(shapely.union_all(out).buffer(margin_m, join_style="mitre"))


def _edges(areas: Sequence[Area], low_m: float, high_m: float) -> Iterator[float]:
    for area in areas:
        yield from (edge for edge in (area.floor_m, area.ceiling_m) if low_m < edge < high_m)
