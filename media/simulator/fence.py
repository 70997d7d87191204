"""Where a drone may be: areas it stays in, areas it stays out of, a ceiling. Metres from the origin.

It must be inside every keep-in area and outside every keep-out area. `limit` is what keeps it there: it takes
from a wanted velocity what could not be braked in time.
"""

import math

import msgspec

Point = tuple[float, float]

BRAKE_M_S2, DELAY_S, MARGIN_M = 2.5, 1.0, 5.0  # how it stops at the edge
_ALONG_M_S, _ALONG_PER_S = 4.0, 0.9  # how fast it may fly beside one: wind and corners come suddenly
_ROUNDS = 12
_PUSH_M_S = 3.0  # back from where it should not be


class Circle(msgspec.Struct, frozen=True):
    centre: Point
    radius_m: float
    keep_in: bool

    def depth(self, at: Point) -> tuple[float, Point]:
        """How far `at` is on the right side of the edge, m, and the way there, of length 1."""
        east, north = at[0] - self.centre[0], at[1] - self.centre[1]
        far = math.hypot(east, north)
        out = (east / far, north / far) if far > 1e-6 else (1.0, 0.0)
        if self.keep_in:
            return self.radius_m - far, out
        return far - self.radius_m, (-out[0], -out[1])

    def crossed(self, a: Point, b: Point) -> bool:
        if self.keep_in:
            return max(math.dist(a, self.centre), math.dist(b, self.centre)) > self.radius_m
        return math.dist(_nearest(self.centre, a, b), self.centre) < self.radius_m

    def edges(self, at: Point) -> list[tuple[float, Point]]:
        return [self.depth(at)]


class Polygon(msgspec.Struct, frozen=True):
    points: tuple[Point, ...]
    keep_in: bool

    def contains(self, at: Point) -> bool:
        inside, before = False, self.points[-1]
        for point in self.points:
            if (point[1] > at[1]) != (before[1] > at[1]):
                share = (at[1] - point[1]) / (before[1] - point[1])
                if at[0] < point[0] + share * (before[0] - point[0]):
                    inside = not inside
            before = point
        return inside

    def crossed(self, a: Point, b: Point) -> bool:
        if self.contains(a) != self.keep_in or self.contains(b) != self.keep_in:
            return True
        return any(_cross(a, b, c, d) for c, d in self._sides())

    def edges(self, at: Point) -> list[tuple[float, Point]]:
        """Of each side: how far away it is, and the way there. On the wrong side: one, the nearest."""
        found: list[tuple[float, Point]] = []
        for c, d in self._sides():
            near = _nearest(at, c, d)
            far = math.dist(near, at)
            if far > 1e-6:
                found.append((far, ((near[0] - at[0]) / far, (near[1] - at[1]) / far)))
        if found and self.contains(at) != self.keep_in:
            far, way = min(found)
            return [(-far, (-way[0], -way[1]))]
        return found

    def _sides(self) -> list[tuple[Point, Point]]:
        return list(zip(self.points, (*self.points[1:], self.points[0]), strict=True))


class Fence(msgspec.Struct, frozen=True):
    """All that was given, with the ceiling above the dock."""

    areas: tuple[Circle | Polygon, ...] = ()
    ceiling_m: float | None = None

    def breach(self, at: Point, height_m: float = 0.0) -> str | None:
        """Why this place is not allowed, in words for the pilot; None when it is."""
        if self.ceiling_m is not None and height_m > self.ceiling_m:
            return "above the ceiling"
        for area in self.areas:
            if (area.depth(at)[0] < 0) if isinstance(area, Circle) else (area.contains(at) != area.keep_in):
                return "outside a keep-in area" if area.keep_in else "in a keep-out area"
        return None

    def crossed(self, a: Point, b: Point) -> bool:
        """Whether the straight way leaves what is allowed."""
        return any(area.crossed(a, b) for area in self.areas)

    def depth(self, at: Point) -> float:
        """Metres to the nearest edge, negative outside of what is allowed."""
        return min((far for area in self.areas for far, _ in area.edges(at)), default=math.inf)

    def limit(
        self, at: Point, height_m: float, velocity: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """What of a wanted velocity can still be stopped before an edge; away from one that was passed."""
        east, north, up = velocity
        near = self.depth(at)
        fast, most_fast = math.hypot(east, north), max(_ALONG_M_S, _ALONG_PER_S * near)
        if fast > most_fast:
            east, north = east * most_fast / fast, north * most_fast / fast
        edges = [(way, _stoppable(far - MARGIN_M)) for area in self.areas for far, way in area.edges(at)]
        for _ in range(_ROUNDS):  # in a corner, what one edge allows the other may not
            before = east, north
            for way, most in edges:
                over = east * way[0] + north * way[1] - most
                if over > 0:
                    east, north = east - over * way[0], north - over * way[1]
            if (east, north) == before:
                break
        if self.ceiling_m is not None:
            up = min(up, _stoppable(self.ceiling_m - height_m - MARGIN_M / 2))
        return east, north, up


def _stoppable(far: float) -> float:
    """The speed toward an edge that far away from which it can stop in time."""
    if far <= 0:
        return max(-_PUSH_M_S, far)
    lag = BRAKE_M_S2 * DELAY_S
    return math.sqrt(lag * lag + 2 * BRAKE_M_S2 * far) - lag


def _nearest(at: Point, a: Point, b: Point) -> Point:
    """Of the line from a to b, the point nearest to `at`."""
    east, north = b[0] - a[0], b[1] - a[1]
    size = east * east + north * north
    share = ((at[0] - a[0]) * east + (at[1] - a[1]) * north) / size if size else 0.0
    share = max(0.0, min(1.0, share))
    return a[0] + share * east, a[1] + share * north


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
