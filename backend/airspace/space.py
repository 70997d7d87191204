"""Space: what is allowed at which height, from which dock: in every keep-in, out of every keep-out.

A plan keeps MARGIN_M from every side and ABOVE_M from every floor and ceiling: what a receiver, a gust and a
corner may take from it. A drone in the air is held against the areas themselves.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from backend.airspace.areas import Area, AreaKind
from backend.airspace.paths import part_around
from backend.airspace.plane import Plane
from backend.model.docks import Dock
from backend.model.groundings import in_words
from backend.model.positions import Point, distance_m

MARGIN_M = 15.0  # from the sides of every area, and from the waiver's radius
ABOVE_M = 5.0  # from their floors and ceilings, and from the waiver's
TRANSIT_M = 60.0  # where nothing else is asked for
LOWEST_M = 30.0  # nobody wants it lower over roofs and people
MOST_HEIGHTS = 8
_SIMPLER_M = 4.0  # of a fence's corners: twice that is less than MARGIN_M
_FLAT = 0.995  # a city laid flat is a little too long or too short: a radius is taken shorter


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """For one flight's height: a ring to stay in, rings to stay out of; no corner twice."""

    keep_in: tuple[Point, ...]
    keep_out: tuple[tuple[Point, ...], ...]
    ceiling_m: float


class Space:
    """The areas of one city, on its plane."""

    def __init__(self, areas: Sequence[Area], plane: Plane) -> None:
        self._plane = plane
        flat = [msgspec.structs.replace(area, outline=plane.flattened(area.outline)) for area in areas]
        self._in, self._out, self._risks = (
            [area for area in flat if area.kind is kind]
            for kind in (AreaKind.KEEP_IN, AreaKind.KEEP_OUT, AreaKind.RISK)
        )

    def heights(self, dock: Dock, ceiling_m: float) -> list[float]:
        """The usual height first, then those at which some area begins or ends; the nearest first."""
        least, most = dock.roof_m + ABOVE_M, ceiling_m - ABOVE_M
        usual = min(max(TRANSIT_M, least), most)
        edges = {usual}
        for area in self._out:
            edges |= {area.ceiling_m + ABOVE_M, area.floor_m - ABOVE_M}
        for area in self._in:
            edges |= {area.ceiling_m - ABOVE_M, area.floor_m + ABOVE_M}
        within = [edge for edge in edges if max(least, min(LOWEST_M, usual)) <= edge <= most]
        return sorted(within, key=lambda height: (abs(height - usual), height))[:MOST_HEIGHTS]

    def shut_in(self, dock: Dock, ceiling_m: float) -> str | None:
        """Why no drone can climb out of that dock to any height that it may fly at; None when it can."""
        reasons = [self.column(dock, height_m) for height_m in self.heights(dock, ceiling_m)]
        if not reasons:
            return f"{dock.name} stands too high for its ceiling of {ceiling_m:.0f} m above the ground."
        return None if None in reasons else reasons[0]

    def column(self, dock: Dock, height_m: float) -> str | None:
        """What is in the way straight up from a dock to that height."""
        at = shapely.points(*self._plane.flat(dock.point))
        for area in self._out:
            across = area.floor_m - ABOVE_M < height_m and dock.roof_m < area.ceiling_m + ABOVE_M
            if across and area.outline.distance(at) < MARGIN_M:
                return (
                    f"{dock.name} stands in the keep-out area {area.name}, or within {MARGIN_M:.0f} m of it."
                )
        around = [
            area for area in self._in if area.outline.buffer(-MARGIN_M, join_style="mitre").intersects(at)
        ]
        top_m = height_m + ABOVE_M
        for low_m, high_m in pairwise(sorted({dock.roof_m, top_m, *_edges(around, dock.roof_m, top_m)})):
            if self._in and not any(area.floor_m <= low_m and high_m <= area.ceiling_m for area in around):
                names = ", ".join(area.name for area in self._in[:5])
                return (
                    f"{dock.name} is not inside any keep-in area ({names}) from {low_m:.0f} to {high_m:.0f}"
                    f" m, or is within {MARGIN_M:.0f} m of its edge."
                )
        return None

    def free(self, dock: Dock, height_m: float, margin_m: float) -> Polygon | None:
        """Where the middle of a drone may be at that height, and can get to from above its dock."""
        start = self._plane.flat(dock.point)
        free: BaseGeometry = shapely.points(*start).buffer(
            dock.waiver.radius_m * _FLAT - margin_m, quad_segs=32
        )
        if self._in:
            here = [
                area.outline
                for area in self._in
                if area.floor_m <= height_m - ABOVE_M and height_m + ABOVE_M <= area.ceiling_m
            ]
            free = free.intersection(shapely.union_all(here).buffer(-margin_m, join_style="mitre"))
        out = [area.outline for area in self._keep_out(height_m)]
        return part_around(
            free.difference(shapely.union_all(out).buffer(margin_m, join_style="mitre")), start
        )

    def risks(self, height_m: float) -> list[tuple[BaseGeometry, float]]:
        """What a metre over each costs beyond itself."""
        return [
            (area.outline, area.weight - 1)
            for area in self._risks
            if area.floor_m < height_m < area.ceiling_m and area.weight > 1
        ]

    def around(self, place: Point, height_m: float) -> list[str]:
        """The names of the keep-out areas that this place is in or beside, at that height."""
        at = shapely.points(*self._plane.flat(place))
        return [area.name for area in self._keep_out(height_m) if area.outline.distance(at) < MARGIN_M]

    def broken(self, dock: Dock, ceiling_m: float, here: Point, height_m: float) -> list[str]:
        """Which rules of place a drone of that dock breaks where it is, in words; asked along the way."""
        at = shapely.points(*self._plane.flat(here))

        def within(areas: Sequence[Area]) -> list[Area]:
            return [
                area
                for area in areas
                if area.floor_m <= height_m <= area.ceiling_m and area.outline.intersects(at)
            ]

        words = [f"It is in keep-out {area.name}." for area in within(self._out)]
        if self._in and not within(self._in):
            words.append("It is outside the fence.")
        if height_m > ceiling_m:
            words.append(f"It is at {height_m:.0f} m, and may be at {ceiling_m:.0f}.")
        metres, most_m = distance_m(dock.point, here), dock.waiver.radius_m
        if metres > most_m:
            words.append(f"It is {in_words(metres)} from {dock.name}, and may be {in_words(most_m)}.")
        return words

    def fence(self, dock: Dock, height_m: float) -> Fence | None:
        """What a drone that flies at that height is given as its own; None when nothing is allowed there.

        With fewer corners, for autopilots take few: a little narrower, and nowhere wider.
        """
        whole = self.free(dock, height_m, 0)
        if whole is None:
            return None
        inner = whole.buffer(-_SIMPLER_M, join_style="mitre").simplify(_SIMPLER_M)
        free = part_around(inner, self._plane.flat(dock.point)) or whole
        rings = [
            tuple(self._plane.point(*corner[:2]) for corner in list(ring.coords)[:-1])
            for ring in (free.exterior, *free.interiors)
        ]
        return Fence(keep_in=rings[0], keep_out=tuple(rings[1:]), ceiling_m=height_m + ABOVE_M)

    def _keep_out(self, height_m: float) -> list[Area]:
        return [area for area in self._out if area.floor_m - ABOVE_M < height_m < area.ceiling_m + ABOVE_M]


def _edges(areas: Sequence[Area], low_m: float, high_m: float) -> Iterator[float]:
    for area in areas:
        yield from (edge for edge in (area.floor_m, area.ceiling_m) if low_m < edge < high_m)
