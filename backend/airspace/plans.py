"""Plans: which drones can reach an incident, stay, return and land with their reserve; and the best of them.

Every drone is answered for: with a plan, or with all of its groundings. The best is who is there first.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from backend.airspace.routes import SIGHT_M, Airspace, Route
from backend.airspace.space import TRANSIT_M
from backend.model import airframes, docks, weather
from backend.model.airframes import Cost
from backend.model.docks import Stand
from backend.model.groundings import Grounded, Grounding, in_words
from backend.model.ids import DockId, DroneId
from backend.model.positions import Point, distance_m
from backend.model.traffic import Aircraft, first_encounter
from backend.model.weather import Weather, Wind

STAYS_S = 120.0  # the least that is worth sending a drone for; the next one takes over
_NOTHING = Cost(0, 0)
CALM = Weather(  # to reckon by while the weather is not known, which is a reason of its own
    wind=Wind(speed_mps=0, from_deg=0),
    gust_mps=0,
    rain_mmph=0,
    visibility_m=10_000,
    temperature_c=15,
    at=datetime(2000, 1, 1, tzinfo=UTC),
)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's place, and what is known of the sky over the city."""

    place: Point
    now: datetime
    weather: Weather | None
    traffic: tuple[Aircraft, ...] = ()
    stays_s: float = STAYS_S


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A flight that keeps every rule. It can stay for `stays_s` and must then go home."""

    route: Route
    to_scene: Cost
    home: Cost
    stays_s: float

    @property
    def to_scene_s(self) -> float:
        return self.to_scene.seconds


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Of one drone: a plan, or every reason why there is none. `straight_m` from its dock to the place."""

    stand: Stand
    straight_m: float
    plan: Plan | None = None
    groundings: tuple[Grounding, ...] = ()

    @property
    def ids(self) -> tuple[DockId, DroneId]:
        return self.stand.dock.id, self.stand.drone.id


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The best first, then the others that can go, then those that cannot, nearest first; `words` say why."""

    answers: tuple[Answer, ...]
    words: str

    @property
    def best(self) -> Answer | None:
        first = self.answers[0] if self.answers else None
        return first if first is not None and first.plan is not None else None


def choose(airspace: Airspace, stands: Sequence[Stand], ask: Ask) -> Choice:
    """Who is sent, and why; who is not, and why not."""
    answers = [answer(airspace, stand, ask) for stand in stands]
    ready = [
        (one.plan.to_scene_s, -one.plan.stays_s, one.ids, one) for one in answers if one.plan is not None
    ]
    can = [one for *_, one in sorted(ready, key=lambda item: item[:3])]
    cannot = sorted((one for one in answers if one.plan is None), key=lambda one: (one.straight_m, one.ids))
    return Choice(answers=(*can, *cannot), words=_why(airspace, ask.place, can, cannot))


def answer(airspace: Airspace, stand: Stand, ask: Ask) -> Answer:
    """What one drone can do for that place."""
    dock, drone = stand.dock, stand.drone
    straight_m = distance_m(dock.point, ask.place)
    routes = list(airspace.routes(dock, docks.ceiling_m(dock, drone), ask.place))
    reasons = list(_no_way(airspace, stand, ask.place, routes))
    flights = [_fly(stand, route, ask) for route in _seeing(stand, routes)]
    if reasons or not flights:  # what else is wrong is said of the straight way
        flights = [_fly(stand, _straight(stand, ask.place), ask)]
    flight = next((one for one in flights if one.short is None), flights[0])
    if flight.short is not None:
        reasons.append(flight.short)
    until = ask.now + timedelta(seconds=flight.to_scene.seconds + ask.stays_s + flight.home.seconds)
    reasons += docks.groundings(dock, drone, stand.watch, ask.now, until)
    reasons += weather.groundings(drone.airframe.limits, ask.weather, flight.route.height_m, ask.now)
    reasons += _met(flight, ask)
    if reasons:
        return Answer(stand=stand, straight_m=straight_m, groundings=tuple(reasons))
    plan = Plan(route=flight.route, to_scene=flight.to_scene, home=flight.home, stays_s=flight.stays_s)
    return Answer(stand=stand, straight_m=straight_m, plan=plan)


class _Flight(msgspec.Struct, frozen=True, kw_only=True):
    """One way there and back, reckoned; `short` is what it lacks."""

    route: Route
    to_scene: Cost
    home: Cost
    stays_s: float
    starts_s: float  # until it leaves the column above its dock
    short: Grounding | None


def _seeing(stand: Stand, routes: Sequence[Route]) -> list[Route]:
    """The ways to where it sees the place from, of least risk first: what is risked counts as time."""
    frame = stand.drone.airframe
    return sorted(
        (route for route in routes if route.away_m <= SIGHT_M),
        key=lambda route: route.weighted_m / frame.cruise_mps + route.height_m / frame.climb_mps,
    )


def _straight(stand: Stand, place: Point) -> Route:
    """The way that it could not do better than, were everything allowed."""
    points = (stand.dock.point, place)
    height_m = max(stand.dock.roof_m, min(TRANSIT_M, docks.ceiling_m(stand.dock, stand.drone)))
    return Route(points=points, height_m=height_m, weighted_m=distance_m(*points), away_m=0)


def _no_way(airspace: Airspace, stand: Stand, place: Point, routes: Sequence[Route]) -> Iterator[Grounding]:
    """Why none of these ways, if there are any, leads to where it would see the place from."""
    dock, ceiling_m = stand.dock, docks.ceiling_m(stand.dock, stand.drone)
    shut_in = airspace.space.shut_in(dock, ceiling_m)
    if shut_in is not None:
        yield Grounding(Grounded.DOCK_FENCED, shut_in)
    nearest_m = min((route.away_m for route in routes), default=None)
    if nearest_m is not None and nearest_m <= SIGHT_M:
        return
    straight_m = distance_m(dock.point, place)
    if straight_m > dock.waiver.radius_m:
        yield Grounding(
            Grounded.TOO_FAR,
            f"{in_words(straight_m)} from {dock.name}; waiver {dock.waiver.number} is for"
            f" {in_words(dock.waiver.radius_m)} around it.",
        )
    elif shut_in is None:
        nearest = f"the nearest is {in_words(nearest_m)} away" if nearest_m else "no way leads near it"
        yield Grounding(
            Grounded.NO_VIEW,
            f"It may not be where it would see the place from ({_keepers(airspace, place, ceiling_m)}):"
            f" {nearest}, and the camera sees {in_words(SIGHT_M)} far.",
        )


def _keepers(airspace: Airspace, place: Point, height_m: float) -> str:
    """What keeps a drone away from a place."""
    names = airspace.space.around(place, min(TRANSIT_M, height_m))
    return f"keep-out {', '.join(names)}" if names else "beyond the fence"


def _fly(stand: Stand, route: Route, ask: Ask) -> _Flight:
    """There, as long as it can, and back."""
    dock, drone = stand.dock, stand.drone
    sky = ask.weather or CALM
    rise_m = route.height_m - dock.roof_m
    starts_s = drone.airframe.launch_s + rise_m / drone.airframe.climb_mps
    out = airframes.out(drone.airframe, route.legs, rise_m, sky)
    home = airframes.home(drone.airframe, route.legs_home, rise_m, sky)
    if out is None or home is None:
        slow = Grounding(
            Grounded.HEADWIND,
            f"In gusts of {sky.gusts.speed_mps:.0f} m/s {drone.name} would not come forward; it flies"
            f" {drone.airframe.cruise_mps:.0f}.",
        )
        return _Flight(
            route=route, to_scene=_NOTHING, home=_NOTHING, stays_s=0, starts_s=starts_s, short=slow
        )
    spendable_wh = drone.battery.spendable_wh(drone.airframe.reserve)
    stays_s = airframes.hovering_s(drone.airframe, spendable_wh - out.wh - home.wh)
    short = None
    if stays_s < ask.stays_s:
        needs_wh = out.wh + home.wh + airframes.hovering_wh(drone.airframe, ask.stays_s)
        short = Grounding(
            Grounded.BATTERY,
            f"{drone.name} has {max(0.0, spendable_wh):.0f} Wh above its reserve; there,"
            f" {ask.stays_s / 60:.0f} minutes and back take {needs_wh:.0f}.",
        )
    return _Flight(route=route, to_scene=out, home=home, stays_s=stays_s, starts_s=starts_s, short=short)


def _met(flight: _Flight, ask: Ask) -> Iterator[Grounding]:
    met = first_encounter(
        flight.route.points,
        flight.starts_s,
        flight.to_scene.seconds,
        flight.route.height_m,
        ask.traffic,
        ask.now,
    )
    if met is not None:
        yield Grounding(
            Grounded.TRAFFIC,
            f"Aircraft {met.aircraft} would pass at {in_words(met.metres)} in {met.after_s:.0f} s.",
        )


def _why(airspace: Airspace, place: Point, can: Sequence[Answer], cannot: Sequence[Answer]) -> str:
    """Why the first is the best, or why there is none."""
    if not can:
        return (
            f"No drone can be sent: of {len(cannot)} each has its reasons."
            if cannot
            else "There is no drone."
        )
    best, plan = can[0], can[0].plan
    assert plan is not None
    words = (
        f"{best.stand.drone.name} from {best.stand.dock.name} is there first, in {plan.to_scene_s:.0f} s, and"
        f" can stay for {plan.stays_s / 60:.0f} minutes."
    )
    nearer = [one.stand.drone.name for one in (*can[1:], *cannot) if one.straight_m < best.straight_m]
    if nearer:
        words += f" Nearer, but later or grounded: {', '.join(nearer)}."
    if plan.route.away_m:
        keepers = _keepers(airspace, place, plan.route.height_m)
        words += f" It may not be at the place itself ({keepers}): it looks from"
        words += f" {in_words(plan.route.away_m)} away."
    return words
