"""Paths: the ways of least risk from one place through free space, straight from corner to corner.

A visibility graph, as for shortest paths among polygons (Lozano-Pérez and Wesley 1979), grown by Dijkstra
from a place that stays: a dock. A metre over a risk counts as several; so that a path can go round it or
cross it where it is narrow, points along its edge are corners too (as in Lanthier, Maheshwari and Sack 2001).
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from backend.airspace.areas import BadAreas

MOST_CORNERS = 3000
_ALONG_RISK_M = 60.0  # between the points on its edge
_BESIDE_M = 1.0  # how far outside the edge they are
_SAME_M = 1e-6
_NOWHERE = (math.nan, math.nan)  # what a corner has beside it that is none of an area

Flat = tuple[float, float]
Floats = NDArray[np.float64]


class Paths:
    """From one start to everywhere. `free` holds the corners, `allowed` is a little wider and is never left.

    Each risk is an area and what a metre over it costs beyond itself. Raises BadAreas when there are too many
    corners to look between.
    """

    def __init__(
        self,
        start: Flat,
        free: BaseGeometry,
        allowed: BaseGeometry,
        risks: Sequence[tuple[BaseGeometry, float]],
    ) -> None:
        self._allowed, self._risks = allowed, risks
        shapely.prepare(allowed)
        for area, _ in risks:
            shapely.prepare(area)
        corners = [(start, _NOWHERE, _NOWHERE), *_corners(free), *_edges(risks, allowed)]
        if len(corners) > MOST_CORNERS:
            raise BadAreas(
                f"the areas around a dock have {len(corners)} corners, and {MOST_CORNERS} can be looked"
                " between: simplify them, a metre is enough"
            )
        self._corners: Floats
        self._corners, self._last, self._next = np.array(corners, dtype=np.float64).transpose(1, 0, 2)
        self._costs: Floats = np.full(len(corners), np.inf)
        self._before = np.full(len(corners), -1)
        self._grow()

    def to(self, goal: Flat) -> tuple[list[Flat], float] | None:
        """The corners of the way, start and goal included, and its metres with what risks add."""
        there = np.array(goal, dtype=np.float64)
        reached = np.flatnonzero(np.isfinite(self._costs))
        reached = reached[self._is_taut(there, reached)]
        costs = self._costs[reached] + self._between(there, self._corners[reached])
        if not len(costs):
            return None
        best = int(np.argmin(costs))
        if not np.isfinite(costs[best]):
            return None
        way, at = [goal], int(reached[best])
        while at >= 0:
            east, north = self._corners[at]
            way.append((float(east), float(north)))
            at = int(self._before[at])
        return way[::-1], float(costs[best])

    def _grow(self) -> None:
        """Dijkstra; whether one corner sees another is asked only where that could make a way cheaper."""
        self._costs[0] = 0.0
        settled = np.zeros(len(self._costs), dtype=bool)
        while True:
            at = int(np.argmin(np.where(settled, np.inf, self._costs)))
            if settled[at] or not np.isfinite(self._costs[at]):
                return
            settled[at] = True
            here = self._corners[at]
            straight = np.hypot(*(self._corners - here).T)
            hopeful = np.flatnonzero(~settled & (self._costs[at] + straight < self._costs))
            hopeful = hopeful[self._is_taut(here, hopeful)]
            ways = self._corners[hopeful] - here
            hopeful = hopeful[_is_beside(ways, self._last[at] - here, self._next[at] - here)]
            if not len(hopeful):
                continue
            costs = self._costs[at] + self._between(here, self._corners[hopeful])
            better = costs < self._costs[hopeful]
            self._costs[hopeful[better]] = costs[better]
            self._before[hopeful[better]] = at

    def _is_taut(self, here: Floats, there: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Whether a string pulled tight could come from here and bend round each corner."""
        corners = self._corners[there]
        return _is_beside(corners - here, self._last[there] - corners, self._next[there] - corners)

    def _between(self, here: Floats, others: Floats) -> Floats:
        """What the straight way to each costs; infinite where it leaves what is allowed."""
        ends = np.stack([np.broadcast_to(here, others.shape), others], axis=1)
        costs: Floats = np.hypot(*(others - here).T)
        apart = np.flatnonzero(costs > _SAME_M)
        lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends[apart]))
        seen = shapely.covers(self._allowed, lines)
        costs[apart[~seen]] = np.inf
        apart, lines = apart[seen], lines[seen]
        for area, more in self._risks:
            over = shapely.intersects(area, lines)
            costs[apart[over]] += more * shapely.length(shapely.intersection(lines[over], area))
        return costs


def _is_beside(way: Floats, last: Floats, following: Floats) -> NDArray[np.bool_]:
    """Whether both sides that meet in a corner lie on one side of the way; true where there are none."""
    one, other = (way[:, 0] * side[..., 1] - way[:, 1] * side[..., 0] for side in (last, following))
    return ~(one * other < -_SAME_M)


def polygons(area: BaseGeometry) -> list[Polygon]:
    """Those with an inside; lines and points that are left over by cutting are none."""
    if isinstance(area, Polygon):
        return [] if area.is_empty else [area]
    return [part for part in getattr(area, "geoms", ()) for part in polygons(part)]


def part_around(area: BaseGeometry, place: Flat) -> Polygon | None:
    """The part of an area that this place is in; None when it is in none."""
    at = shapely.points(*place)
    return next((part for part in polygons(area) if part.intersects(at)), None)


def _corners(free: BaseGeometry) -> Iterator[tuple[Flat, Flat, Flat]]:
    """Where a shortest path may turn: vertices that free space bends around, with those before and after."""
    for part in polygons(free):
        whole = orient(part)
        for ring in (whole.exterior, *whole.interiors):
            vertices: Floats = np.asarray(ring.coords)[:-1, :2]
            last, following = np.roll(vertices, 1, axis=0), np.roll(vertices, -1, axis=0)
            came, goes = vertices - last, following - vertices
            turns_right = came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0] < 0
            for corner in np.stack([vertices, last, following], axis=1)[turns_right].tolist():
                yield tuple(corner[0]), tuple(corner[1]), tuple(corner[2])


def _edges(
    risks: Sequence[tuple[BaseGeometry, float]], allowed: BaseGeometry
) -> Iterator[tuple[Flat, Flat, Flat]]:
    for area, _ in risks:
        around = area.buffer(_BESIDE_M, join_style="mitre")
        for part in polygons(around):
            for ring in (part.exterior, *part.interiors):
                vertices: Floats = np.asarray(shapely.segmentize(ring, _ALONG_RISK_M).coords)[:-1, :2]
                inside = shapely.intersects_xy(allowed, vertices[:, 0], vertices[:, 1])
                for east, north in vertices[inside].tolist():
                    yield (east, north), _NOWHERE, _NOWHERE
