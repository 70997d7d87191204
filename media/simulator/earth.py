"""Where things are: metres east, north and up of one point, and back to WGS 84. Flat: good for 20 km."""

import math

import msgspec

Vector = tuple[float, float, float]  # east, north, up; metres, m/s or m/s²

_A, _E2 = 6_378_137.0, 6.694379990141e-3  # WGS 84: semi-major axis, first eccentricity squared


class Origin(msgspec.Struct, frozen=True):
    """The point that metres are counted from; `ground_m` is the ground's height above mean sea level."""

    latitude: float
    longitude: float
    ground_m: float = 0.0

    def local(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Metres east and north."""
        north, east = self._metres_per_degree()
        turned = (longitude - self.longitude + 180) % 360 - 180
        return turned * east, (latitude - self.latitude) * north

    def degrees(self, east: float, north: float) -> tuple[float, float]:
        """Latitude and longitude."""
        per_north, per_east = self._metres_per_degree()
        return self.latitude + north / per_north, self.longitude + east / per_east

    def _metres_per_degree(self) -> tuple[float, float]:
        phi = math.radians(self.latitude)
        w2 = 1 - _E2 * math.sin(phi) ** 2
        return (
            math.radians(_A * (1 - _E2) / w2**1.5),
            math.radians(_A * math.cos(phi) / math.sqrt(w2)),
        )


def turn(degrees: float) -> float:
    """The same direction as -180 up to 180."""
    return (degrees + 180) % 360 - 180


def heading(east: float, north: float) -> float:
    """Degrees from north, clockwise, 0 up to 360."""
    return math.degrees(math.atan2(east, north)) % 360


def toward(now: float, wanted: float, most: float) -> float:
    """`now`, moved to `wanted` by `most` at the most."""
    return now + max(-most, min(most, wanted - now))
