"""Footprints: what of the ground a drone's camera shows, by where it is and how its camera is turned.

A pinhole over flat ground, as the sheets of such cameras have it; no lens, no terrain.
"""

import math

import msgspec

from backend.model.positions import EARTH_RADIUS_M, Point

FARTHEST_M = 2000.0  # along the ground: beyond, a picture shows nothing that helps
_LEAST_DEG = 1.0  # below the horizon, for a corner that is on the ground at all
_METRES_A_DEGREE = math.pi * EARTH_RADIUS_M / 180


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is the middle of the picture, None above the horizon; `corners` clockwise from the upper left.

    Corners above the horizon are put where it would be, FARTHEST_M away; there are none when all are.
    """

    at: Point | None
    corners: tuple[Point, ...]


def footprint(
    place: Point, height_m: float, pitch_deg: float, yaw_deg: float, across_deg: float, down_deg: float
) -> Footprint:
    """`height_m` above the ground; `pitch_deg` above the horizon, `yaw_deg` clockwise from north."""
    if height_m <= 0:
        return Footprint(at=None, corners=())
    half_x, half_y = math.tan(math.radians(across_deg) / 2), math.tan(math.radians(down_deg) / 2)
    middle = _reach(pitch_deg, 0, 0, height_m)
    rays = [(-half_x, half_y), (half_x, half_y), (half_x, -half_y), (-half_x, -half_y)]
    corners = [_reach(pitch_deg, x, y, height_m) for x, y in rays]
    grounded = [corner for corner in corners if corner[2]]
    return Footprint(
        at=_point(place, yaw_deg, *middle[:2]) if middle[2] else None,
        corners=tuple(_point(place, yaw_deg, *corner[:2]) for corner in corners) if grounded else (),
    )


def _reach(pitch_deg: float, x: float, y: float, height_m: float) -> tuple[float, float, bool]:
    """Metres ahead and right where a ray of the picture meets the ground, and whether it does."""
    pitch = math.radians(pitch_deg)
    ahead = math.cos(pitch) - y * math.sin(pitch)
    up = math.sin(pitch) + y * math.cos(pitch)
    along = math.hypot(ahead, x)
    if along < 1e-9:
        return 0.0, 0.0, up < 0
    grounded = up < -along * math.tan(math.radians(_LEAST_DEG))
    metres = min(FARTHEST_M, height_m * along / -up) if grounded else FARTHEST_M
    return ahead / along * metres, x / along * metres, grounded


def _point(place: Point, yaw_deg: float, ahead_m: float, right_m: float) -> Point:
    yaw = math.radians(yaw_deg)
    north = ahead_m * math.cos(yaw) - right_m * math.sin(yaw)
    east = ahead_m * math.sin(yaw) + right_m * math.cos(yaw)
    latitude = max(-89.9, min(89.9, place.latitude + north / _METRES_A_DEGREE))
    longitude = place.longitude + east / (_METRES_A_DEGREE * math.cos(math.radians(place.latitude)))
    return Point(latitude=latitude, longitude=(longitude + 180) % 360 - 180)
