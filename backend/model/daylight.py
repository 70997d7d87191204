"""Daylight: how high the sun stands, and which light a moment has.

By the low-precision solar coordinates of the Astronomical Almanac (page C5; to 0.01° between 1950 and 2050),
without refraction: twilight is defined by the sun's centre. No clock, no tables.
"""

import math
from datetime import UTC, datetime
from enum import StrEnum

from backend.model.positions import Point, Position

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
SUNRISE_DEG = -0.833  # the upper edge is at the horizon: half a diameter and the refraction of 34'
CIVIL_TWILIGHT_DEG = -6.0


class Light(StrEnum):
    """What a waiver allows, from least to most. Twilight is civil twilight, as in 14 CFR 107.29."""

    DAY = "day"
    TWILIGHT = "twilight"
    NIGHT = "night"


_LOWEST_DEG = {Light.DAY: SUNRISE_DEG, Light.TWILIGHT: CIVIL_TWILIGHT_DEG, Light.NIGHT: -90.0}


def sun_deg(place: Point | Position, at: datetime) -> float:
    """How many degrees the sun's centre stands above the horizon; negative when it is below."""
    days = (at - _J2000).total_seconds() / 86_400
    mean = math.radians(357.528 + 0.9856003 * days)
    longitude = math.radians(280.460 + 0.9856474 * days + 1.915 * math.sin(mean) + 0.020 * math.sin(2 * mean))
    tilt = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    declination = math.asin(math.sin(tilt) * math.sin(longitude))
    sidereal_deg = 280.46062 + 360.98564737 * days
    hour_angle = math.radians(sidereal_deg + place.longitude) - right_ascension
    latitude = math.radians(place.latitude)
    return math.degrees(
        math.asin(
            math.sin(latitude) * math.sin(declination)
            + math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
        )
    )


def is_light(allowed: Light, place: Point | Position, at: datetime) -> bool:
    """Whether that moment has at least the light that is asked for."""
    return sun_deg(place, at) >= _LOWEST_DEG[allowed]
