"""Progress: in which phase a flight is, by what its drone is seen doing. Rules only.

What a drone does by itself goes this way too: one that comes home by its own fail-safe is in RETURNING.
"""

from datetime import datetime, timedelta

import msgspec

from backend.model.docks import Parachute
from backend.model.fleet import IN_DOCK_M, Heard
from backend.model.flight_records import FlightEnd
from backend.model.flights import Flight, Phase
from backend.model.positions import Point, distance_m

AT_SCENE_M = 20.0  # from where it looks from
AT_HEIGHT_M = 4.0
LAUNCHES_WITHIN = timedelta(seconds=60)  # then it has not
SILENT_FOR_GOOD = timedelta(minutes=45)  # no drone of these flies so long
FALLS_FOR = timedelta(seconds=90)  # under a parachute, from as high as any of these fly
_OUTBOUND = frozenset({Phase.LAUNCHING, Phase.EN_ROUTE, Phase.ON_SCENE, Phase.HANDING_OVER})
_HOMEWARD = ("return", "rtl")
_DOWN = ("land", "descend")


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a phase is told by: where it is to look from, how high it flies above its dock, and its dock."""

    goal: Point
    height_m: float
    dock: Point
    has_flown: bool
    heard: Heard


def comes_home(heard: Heard) -> bool:
    """Whether the drone says that it is coming home, or down, whoever asked it to."""
    mode = heard.mode.lower()
    return heard.in_air and any(word in mode for word in (*_HOMEWARD, *_DOWN))


def comes_down(heard: Heard) -> bool:
    """Whether it lands where it is."""
    return heard.in_air and any(word in heard.mode.lower() for word in _DOWN)


def seen(flight: Flight, sight: Sight) -> Phase | None:
    """The phase that the drone shows itself to be in now; None where that is the one it is in."""
    heard = sight.heard
    if heard.parachute is Parachute.FIRED:
        return Phase.PARACHUTE
    if sight.has_flown and not heard.in_air and not heard.armed:
        return Phase.LANDED
    if flight.phase in _OUTBOUND and sight.has_flown and comes_home(heard):
        return Phase.DIVERTED if _lands_elsewhere(sight) else Phase.RETURNING
    if flight.phase is Phase.LAUNCHING:
        return Phase.EN_ROUTE if heard.in_air and heard.height_m >= sight.height_m - AT_HEIGHT_M else None
    if flight.phase is Phase.EN_ROUTE:
        return Phase.ON_SCENE if distance_m(heard.point, sight.goal) <= AT_SCENE_M else None
    return None


def _lands_elsewhere(sight: Sight) -> bool:
    return comes_down(sight.heard) and distance_m(sight.heard.point, sight.dock) > IN_DOCK_M


def outcome(sight: Sight) -> FlightEnd:
    """How a flight ended that is on the ground."""
    if sight.heard.parachute is Parachute.FIRED:
        return FlightEnd.PARACHUTE
    if not sight.has_flown:
        return FlightEnd.NOT_LAUNCHED
    return FlightEnd.HOME if distance_m(sight.heard.point, sight.dock) <= IN_DOCK_M else FlightEnd.ELSEWHERE


def given_up(flight: Flight, has_flown: bool, quiet: timedelta, now: datetime) -> FlightEnd | None:
    """How a flight ended of which nothing more will come; None while something may."""
    if flight.phase is Phase.LAUNCHING and not has_flown and now - flight.launched_at > LAUNCHES_WITHIN:
        return FlightEnd.NOT_LAUNCHED
    if flight.phase is Phase.PARACHUTE and now - flight.since > FALLS_FOR:
        return FlightEnd.PARACHUTE
    return FlightEnd.LOST if quiet > SILENT_FOR_GOOD else None
