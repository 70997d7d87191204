"""Positions: where on earth, WGS 84, with the accuracy the phone claims."""

import math
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


COARSE_DIGITS = 2  # of a degree: 1.1 km to the north
COARSE_M = 1000.0


class PositionSource(StrEnum):
    """Who says so."""

    CALLER = "caller"
    WITNESS = "witness"  # somebody else's phone: it stands for the place only while no better is known
    DISPATCHER = "dispatcher"
    UNIT = "unit"  # an officer's phone
    LOCATOR = "locator"  # what is built into a vehicle
    SITE = "site"  # where an owner pressed for help


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where something stands for good: degrees north and east, WGS 84."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        """Raises ValueError when it is nowhere on earth; a request that says so is answered with 400."""
        if not (math.isfinite(self.latitude) and math.isfinite(self.longitude)):
            raise ValueError("a point is made of finite numbers")
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError("latitude is -90 to 90 and longitude -180 to 180 degrees")


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Degrees north and east, metres, metres a second; `heading_deg` clockwise from true north."""

    latitude: float
    longitude: float
    accuracy_m: float
    at: datetime
    source: PositionSource
    heading_deg: float | None = None
    speed_mps: float | None = None

    def counts_beside(self, known: "Position | None") -> bool:
        """Whether it may stand for the incident's place: a witness stands elsewhere than who needs help."""
        other = known is not None and known.source is not PositionSource.WITNESS
        return not (other and self.source is PositionSource.WITNESS)

    def outdated_by(self, known: "Position | None", now: datetime) -> bool:
        """Whether the same source has said something newer: reports overtake each other on bad networks.

        What lies in the future was said before our clock was set back, and outdates nothing.
        """
        return known is not None and known.source is self.source and self.at < known.at <= now


def coarse(position: Position) -> Position:
    """What stays of a place for statistics: a kilometre is as near as it gets. How somebody moved is gone."""
    return Position(
        latitude=round(position.latitude, COARSE_DIGITS),
        longitude=round(position.longitude, COARSE_DIGITS),
        accuracy_m=max(position.accuracy_m, COARSE_M),
        at=position.at,
        source=position.source,
    )


class PositionReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a phone sends: an age, for phones' clocks are wrong and their stopwatches are not."""

    latitude: float
    longitude: float
    accuracy_m: float
    age_ms: int = 0
    heading_deg: float | None = None
    speed_mps: float | None = None

    def received(self, now: datetime, source: PositionSource) -> Position:
        """The position as of the server's clock. Raises ValueError when it is nowhere on earth."""
        numbers = [self.latitude, self.longitude, self.accuracy_m]
        numbers += [n for n in (self.heading_deg, self.speed_mps) if n is not None]
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a position is made of finite numbers")
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError("latitude is -90 to 90 and longitude -180 to 180 degrees")
        if not 0 <= self.accuracy_m <= 10_000_000:
            raise ValueError("accuracy_m is 0 to 10,000,000 metres")
        if not 0 <= self.age_ms <= 86_400_000:
            raise ValueError("age_ms is 0 to one day")
        if self.heading_deg is not None and not 0 <= self.heading_deg <= 360:
            raise ValueError("heading_deg is 0 to 360 degrees")
        if self.speed_mps is not None and not 0 <= self.speed_mps <= 1000:
            raise ValueError("speed_mps is 0 to 1000 metres a second")
        return Position(
            latitude=self.latitude,
            longitude=self.longitude,
            accuracy_m=self.accuracy_m,
            at=now - timedelta(milliseconds=self.age_ms),
            source=source,
            heading_deg=self.heading_deg,
            speed_mps=self.speed_mps,
        )


class Scene:
    """A place that many points are measured from, in the same way as by `distance_m` and `bearing_deg`."""

    def __init__(self, place: Position | Point) -> None:
        self._latitude, self._longitude = math.radians(place.latitude), place.longitude
        self._cos, self._sin = math.cos(self._latitude), math.sin(self._latitude)

    def seen_from(self, latitude: float, longitude: float) -> tuple[float, float]:
        """How many metres away it is from there, and its bearing in degrees."""
        p1 = math.radians(latitude)
        dl = math.radians(self._longitude - longitude)
        cos, sin = math.cos(p1), math.sin(p1)
        h = math.sin((self._latitude - p1) / 2) ** 2 + cos * self._cos * math.sin(dl / 2) ** 2
        metres = 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))
        east = math.sin(dl) * self._cos
        return metres, math.degrees(math.atan2(east, cos * self._sin - sin * self._cos * math.cos(dl))) % 360


def distance_m(a: Position | Point, b: Position | Point) -> float:
    """Great-circle distance in metres (haversine)."""
    p1, p2 = math.radians(a.latitude), math.radians(b.latitude)
    dp, dl = p2 - p1, math.radians(b.longitude - a.longitude)
    h = math.sin(dp / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(dl / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def bearing_deg(a: Position | Point, b: Position | Point) -> float:
    """The initial great-circle bearing from `a` to `b`, 0 to 360 degrees clockwise from true north."""
    p1, p2 = math.radians(a.latitude), math.radians(b.latitude)
    dl = math.radians(b.longitude - a.longitude)
    y = math.sin(dl) * math.cos(p2)
    x = math.cos(p1) * math.sin(p2) - math.sin(p1) * math.cos(p2) * math.cos(dl)
    return math.degrees(math.atan2(y, x)) % 360
