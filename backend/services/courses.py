"""Courses: the ways that drones in the air are sent along, by the rules of the airspace, and their answers.

What takes time to reckon is reckoned in a thread: others fly meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from backend.model import airframes
from backend.model.docks import Dock, ceiling_m
from backend.model.flight_records import FlightPlan
from backend.model.flights import Phase
from backend.model.groundings import Grounded, Grounding
from backend.model.positions import Point, distance_m
from backend.model.refusals import Refused
from backend.services.aloft import Aloft, Live
from backend.services.drones import WORDS, Drones, Told
from backend.services.skies import Skies
from media.connector import drone_frames as frames
from media.connector.drone_frames import Do, Place, Result

if TYPE_CHECKING:
    from backend.airspace.aloft import Aloft as Somewhere
    from backend.airspace.plans import Plan
    from backend.airspace.routes import Airspace

ANSWER_S = 8.0  # of a drone in the air, its connector's repeats included
T = TypeVar("T")
LEVEL = frames.Gimbal(pitch_deg=0.0)
_NO_AIRSPACE = Grounding(Grounded.DOCK_FENCED, "The areas that drones may fly in cannot be used now.")


class Courses:
    """Sends drones on, home, and down."""

    def __init__(self, aloft: Aloft, drones: Drones, skies: Skies) -> None:
        self._aloft, self._drones, self._skies = aloft, drones, skies

    async def ask(self, live: Live, do: Do) -> Told:
        """Have its drone do something: its own answer, or that it cannot be reached."""
        try:
            return await self._drones.order(live.record.drone_id, do, ANSWER_S)
        except Refused as no:
            words = no.words or WORDS[Result.NO_ANSWER]
            return Told(result=Result.NO_ANSWER, words=words, took_ms=0)

    async def fence(self, live: Live) -> Told:
        """Its own fence, for the height that it flies at."""
        height_m = live.record.plan.height_m
        fence = await self._with(lambda airspace: airspace.space.fence(live.stand.dock, height_m), None)
        if fence is None:
            return Told(result=Result.DENIED, words="Nothing is allowed at its height.", took_ms=0)
        corners = len(fence.keep_in) + sum(map(len, fence.keep_out))
        if corners > frames.MOST_CORNERS or len(fence.keep_out) > frames.MOST_RINGS:
            words = f"Its fence has {corners} corners, more than a drone takes: simplify the areas."
            return Told(result=Result.DENIED, words=words, took_ms=0)
        do = frames.Fence(
            keep_in=places(fence.keep_in),
            keep_out=tuple(map(places, fence.keep_out)),
            ceiling_m=fence.ceiling_m - live.roof_m,
        )
        return await self.ask(live, do)

    async def fly(self, live: Live) -> Told:
        """Along its plan."""
        return await self.ask(live, self._fly(live, live.record.plan.points[1:]))

    async def onward(self, live: Live, place: Point, now: datetime) -> Told | Grounding:
        """From where it is to where it sees that place from; its plan is that then."""
        if live.heard is None:
            return Grounding(Grounded.SILENT, f"Nobody knows where {live.stand.drone.name} is.")
        from backend.airspace import aloft
        from backend.airspace.plans import Ask

        stand, there = live.stand, self._there(live, live.heard.point)
        asked = Ask(place=place, now=now, weather=self._skies.weather, traffic=self._skies.traffic(now))
        none: Plan | Grounding = _NO_AIRSPACE
        plan = await self._with(lambda airspace: aloft.follow(airspace, stand, there, asked), none)
        if isinstance(plan, Grounding):
            return plan
        told = await self.ask(live, self._fly(live, plan.route.points[1:]))
        if told.accepted:
            changed = msgspec.structs.replace(
                live.record.plan,
                place=place,
                points=plan.route.points,
                away_m=plan.route.away_m,
                home_wh=plan.home.wh,
            )
            live.change(plan=changed)
        return told

    async def resume(self, live: Live, now: datetime) -> Told | None:
        """On by its plan, after hands or a silence; None where it stays, with words for the pilot."""
        live.hand_at, live.waits = None, False
        if live.phase is Phase.RETURNING:
            return await self.home(live)
        if live.phase is Phase.DIVERTED:
            return await self.down(live)
        told = await self.onward(live, live.record.plan.place, now)
        live.notes.pop("way", None)
        if isinstance(told, Grounding):
            live.notes["way"] = told.words
            return None
        if live.phase is Phase.ON_SCENE:
            await self.look(live)
        return told

    async def home(self, live: Live) -> Told:
        """Home, by a way that keeps every rule; by its own return where none is known."""
        dock, height_m, heard = live.stand.dock, live.record.plan.height_m, live.heard
        way: tuple[Point, ...] = ()
        if heard is not None:
            here = heard.point
            route = await self._with(lambda airspace: airspace.out(dock, height_m, here), None)
            if route is not None:
                back = route.points[::-1]
                way = back if route.away_m > 0 else back[1:]
        told = await self.ask(live, frames.Return(points=places(way), height_m=live.height_m if way else 0.0))
        if told.accepted:
            points = (heard.point, *way) if heard is not None and way else (dock.point,)
            live.change(plan=msgspec.structs.replace(live.record.plan, points=points))
        return told

    async def down(self, live: Live) -> Told:
        """To the nearest dock that stands free, if it can still get there, or down where it is."""
        found = await self._landing(live)
        if found is None or live.heard is None:
            return await self.ask(live, frames.Land())
        dock, points = found
        told = await self.ask(live, self._fly(live, points[1:]))
        if told.accepted:
            live.lands_at = dock.point
            live.notes["landing"] = f"It is told to land at {dock.name}."
            live.change(plan=msgspec.structs.replace(live.record.plan, points=points))
        return told

    async def look(self, live: Live) -> Told:
        """The camera on the incident."""
        place = live.record.plan.place
        at = Place(latitude=place.latitude, longitude=place.longitude)
        return await self.ask(live, frames.LookAt(place=at, height_m=-live.roof_m))

    async def reckon(self, live: Live, now: datetime) -> None:
        """What the way home takes from where it is, and so when it must leave."""
        if live.heard is None:
            return
        from backend.airspace import aloft

        stand, there, weather = live.stand, self._there(live, live.heard.point), self._skies.weather
        live.home = await self._with(lambda airspace: aloft.home(airspace, stand, there, weather), None)
        if live.home is None:
            return
        frame, battery = stand.drone.airframe, live.record.plan.battery
        spare_wh = live.left_wh - frame.reserve * battery.full_wh - live.home.wh
        stays_s = airframes.hovering_s(frame, max(0.0, spare_wh))
        live.leaves_at = now + timedelta(seconds=round(stays_s))

    def broken(self, live: Live) -> tuple[str, ...]:
        """Which rules of place it breaks where it is."""
        airspace, heard = self._skies.airspace, live.heard
        if airspace is None or heard is None or not heard.in_air:
            return ()
        most_m = ceiling_m(live.stand.dock, live.stand.drone)
        height_m = heard.height_m + live.roof_m
        return tuple(airspace.space.broken(live.stand.dock, most_m, heard.point, height_m))

    async def _landing(self, live: Live) -> tuple[Dock, tuple[Point, ...]] | None:
        if live.heard is None:
            return None
        from backend.airspace import aloft

        stand, here, height_m = live.stand, live.heard.point, live.record.plan.height_m
        there, weather = self._there(live, here), self._skies.weather
        free = [
            other.dock
            for other in self._drones.stands()
            if not other.drone.docked and self._aloft.of_drone(other.drone.id) in (None, live)
        ]

        def find(airspace: "Airspace") -> tuple[Dock, tuple[Point, ...]] | None:
            dock = aloft.landing(airspace, stand, there, free, weather)
            route = airspace.onward(stand.dock, height_m, here, dock.point) if dock is not None else None
            return (dock, route.points) if dock is not None and route is not None else None

        return await self._with(find, None)

    def _there(self, live: Live, here: Point) -> "Somewhere":
        from backend.airspace.aloft import Aloft as Somewhere

        return Somewhere(here=here, height_m=live.record.plan.height_m, left_wh=live.left_wh)

    def _fly(self, live: Live, points: Iterable[Point]) -> frames.Fly:
        way = places(points) or places(live.record.plan.points[-1:])
        return frames.Fly(points=way, height_m=live.height_m, speed_mps=live.stand.drone.airframe.cruise_mps)

    async def _with(self, reckon: "Callable[[Airspace], T]", otherwise: T) -> T:
        airspace = self._skies.airspace
        return otherwise if airspace is None else await asyncio.to_thread(reckon, airspace)


def places(points: Iterable[Point]) -> tuple[Place, ...]:
    """As connectors are told them."""
    return tuple(Place(latitude=point.latitude, longitude=point.longitude) for point in points)


def short_of(plan: FlightPlan, metres: float) -> FlightPlan:
    """The same plan that ends so far before its last place, for one that waits until another has left."""
    *before, last, end = plan.points
    far = distance_m(last, end)
    if far <= metres:
        return plan
    share = (far - metres) / far
    there = Point(
        latitude=last.latitude + (end.latitude - last.latitude) * share,
        longitude=last.longitude + (end.longitude - last.longitude) * share,
    )
    return msgspec.structs.replace(plan, points=(*before, last, there))
