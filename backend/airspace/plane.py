"""The plane: a city laid flat, in metres east and north of its middle.

Each axis is scaled by itself, so a straight line in degrees stays straight and what is inside an outline
stays inside. Lengths are right within 0.5 % for 10 km around the middle up to 65° of latitude.
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from backend.model.positions import EARTH_RADIUS_M, Point

_METRES_A_DEGREE = math.pi * EARTH_RADIUS_M / 180


class Plane:
    """Turns degrees into metres and back, around a middle."""

    def __init__(self, middle: Point) -> None:
        self._middle = middle
        self._east_m = _METRES_A_DEGREE * math.cos(math.radians(middle.latitude))

    @classmethod
    def over(cls, points: Sequence[Point]) -> "Plane":
        """Around the middle of these, of which there is one at least."""
        return cls(
            Point(
                latitude=sum(point.latitude for point in points) / len(points),
                longitude=sum(point.longitude for point in points) / len(points),
            )
        )

    def flat(self, point: Point) -> tuple[float, float]:
        """Metres east and north."""
        return (
            (point.longitude - self._middle.longitude) * self._east_m,
            (point.latitude - self._middle.latitude) * _METRES_A_DEGREE,
        )

    def point(self, east_m: float, north_m: float) -> Point:
        return Point(
            latitude=self._middle.latitude + north_m / _METRES_A_DEGREE,
            longitude=self._middle.longitude + east_m / self._east_m,
        )

    def flattened(self, outline: BaseGeometry) -> BaseGeometry:
        """An outline of degrees, longitude first, in metres."""
        middle = np.array([self._middle.longitude, self._middle.latitude])
        scale = np.array([self._east_m, _METRES_A_DEGREE])
        flat: BaseGeometry = shapely.transform(outline, lambda degrees: (degrees - middle) * scale)
        return flat
