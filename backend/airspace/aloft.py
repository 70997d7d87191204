"""Aloft: the same rules for a drone that is in the air: on to another place, and home from where it is."""

from collections.abc import Sequence

import msgspec

from backend.airspace.plans import CALM, Ask, Plan
from backend.airspace.routes import SIGHT_M, Airspace
from backend.model import airframes
from backend.model.airframes import Cost
from backend.model.docks import Dock, Stand
from backend.model.groundings import Grounded, Grounding, in_words
from backend.model.positions import Point
from backend.model.weather import Weather


class Aloft(msgspec.Struct, frozen=True, kw_only=True):
    """Where a drone is, at what height, and what its battery holds as far as anybody can know."""

    here: Point
    height_m: float
    left_wh: float


def home(airspace: Airspace, stand: Stand, aloft: Aloft, weather: Weather | None) -> Cost | None:
    """What the way home takes, down into its dock; None when there is no way, or not against such a wind."""
    route = airspace.out(stand.dock, aloft.height_m, aloft.here)
    if route is None:
        return None
    if route.away_m > 0:  # it is within the margin of a fence: first out of that
        route = msgspec.structs.replace(route, points=(*route.points, aloft.here))
    drop_m = max(0.0, aloft.height_m - stand.dock.roof_m)
    return airframes.home(stand.drone.airframe, route.legs_home, drop_m, weather or CALM)


def landing(
    airspace: Airspace, stand: Stand, aloft: Aloft, free: Sequence[Dock], weather: Weather | None
) -> Dock | None:
    """Of the docks that stand free the one that takes least to land in, to the last Wh; or none.

    For a drone that cannot come home any more. Where there is none it lands where it is.
    """
    frame, sky = stand.drone.airframe, weather or CALM
    found: list[tuple[float, str, Dock]] = []
    for dock in free:
        route = airspace.onward(stand.dock, aloft.height_m, aloft.here, dock.point)
        if route is None or route.away_m > 0 or airspace.space.column(dock, aloft.height_m) is not None:
            continue
        cost = airframes.home(frame, route.legs, max(0.0, aloft.height_m - dock.roof_m), sky)
        if cost is not None and cost.wh <= aloft.left_wh:
            found.append((cost.wh, dock.id, dock))
    return min(found, key=lambda one: one[:2])[2] if found else None


def follow(airspace: Airspace, stand: Stand, aloft: Aloft, ask: Ask) -> Plan | Grounding:
    """On to where the incident is now, or why it may not; then it stays where it is, or goes home."""
    frame, sky = stand.drone.airframe, ask.weather or CALM
    route = airspace.onward(stand.dock, aloft.height_m, aloft.here, ask.place)
    if route is None or route.away_m > SIGHT_M:
        nearest = f"the nearest is {in_words(route.away_m)} away" if route else "no way leads near it"
        return Grounding(Grounded.NO_VIEW, f"{stand.drone.name} cannot follow: {nearest}.")
    there = msgspec.structs.replace(aloft, here=route.points[-1])
    back = home(airspace, stand, there, ask.weather)
    way = airframes.along(frame, route.legs, sky)
    if way is None or back is None:
        return Grounding(Grounded.HEADWIND, f"{stand.drone.name} cannot follow against this wind.")
    spendable_wh = aloft.left_wh - frame.reserve * stand.drone.battery.full_wh
    stays_s = airframes.hovering_s(frame, spendable_wh - way.wh - back.wh)
    if stays_s < 0:
        return Grounding(
            Grounded.BATTERY,
            f"{stand.drone.name} has {max(0.0, spendable_wh):.0f} Wh above its reserve; there and home take"
            f" {way.wh + back.wh:.0f}.",
        )
    return Plan(route=route, to_scene=way, home=back, stays_s=stays_s)
