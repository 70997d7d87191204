"""Groundings: why a drone is not sent, each in words that a dispatcher reads under stress.

A drone that stays gets all of its reasons, not the first one: who mends one must not meet the next.
"""

from enum import StrEnum

import msgspec


class Grounded(StrEnum):
    """Why a drone stays in its dock, by name. The words beside it have the numbers."""

    # the dock and who is there
    DOCK_TROUBLE = "dock-trouble"
    NO_PILOT = "no-pilot"  # nobody who can be pilot in command
    OBSERVERS = "observers"  # fewer visual observers than the waiver asks for
    WAIVER_OVER = "waiver-over"  # not begun yet, or ended
    DARK = "dark"  # outside the light that the waiver is for
    # the drone
    AWAY = "away"  # flying, or taken out
    DRONE_TROUBLE = "drone-trouble"
    SILENT = "silent"  # not heard for too long: nothing of it is known
    PARACHUTE = "parachute"
    BATTERY = "battery"  # there, long enough, back, and the reserve
    # the sky
    NO_WEATHER = "no-weather"
    WIND = "wind"
    RAIN = "rain"
    COLD = "cold"
    HEAT = "heat"
    VISIBILITY = "visibility"
    CLOUDS = "clouds"
    TRAFFIC = "traffic"  # an aircraft would come too near
    # the place
    TOO_FAR = "too-far"  # beyond the waiver's radius
    DOCK_FENCED = "dock-fenced"  # it cannot climb out of its dock at any height that it may fly at
    NO_VIEW = "no-view"  # no allowed place is near enough to see from
    HEADWIND = "headwind"  # it would not come forward against the wind


class Grounding(msgspec.Struct, frozen=True):
    """One reason."""

    why: Grounded
    words: str


def in_words(metres: float) -> str:
    """A distance as people say it."""
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"
