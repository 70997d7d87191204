"""Flights: each followed from its launch to its end by what is believed of its drone.

Hears every report (services.drones.Listener), looks at each flight once a second, and at a new start goes on
from what is stored: the drones have gone on meanwhile.
"""

import asyncio
import logging
import math
from collections.abc import Coroutine
from datetime import datetime, timedelta

import msgspec

from backend.model import gimbals, progress, telemetry
from backend.model.entries import Action
from backend.model.fleet import Heard
from backend.model.flight_records import FlightEnd
from backend.model.flights import AIRBORNE, Flight, Phase, advance
from backend.model.gimbals import Look
from backend.model.groundings import Grounding
from backend.model.ids import DroneId, IncidentId
from backend.model.incidents import Incident
from backend.model.positions import Point, distance_m
from backend.model.telemetry import Telemetry
from backend.services.aloft import SYSTEM, Aloft, Live
from backend.services.courses import LEVEL, Courses
from backend.services.docks import Docks
from backend.services.drones import Drones
from backend.services.flight_feeds import AGAIN_AFTER, FlightFeeds
from backend.services.landings import Landings
from backend.services.offers import Offers
from backend.services.relays import Relays
from backend.services.safeguards import OUTBOUND, Safeguards
from backend.services.steps import Steps
from media.connector import drone_frames as frames
from media.connector.drone_frames import DroneState, Landed

log = logging.getLogger(__name__)

LOOK_S = 1.0
KEEP_EVERY = timedelta(seconds=5)  # tracks go to the database
RECKON_EVERY = timedelta(seconds=3)
FOLLOW_EVERY = timedelta(seconds=5)
FOLLOW_M = 25.0  # a caller who moves less is where they were
DOWN_AT_M = 5.0
DOWN_FOR = timedelta(seconds=5)  # of a drone that lies somewhere and cannot say where
_BY_ITSELF = (Phase.RETURNING, Phase.DIVERTED)  # or because it was blind, and that may be over
SAID_SHOWN = timedelta(seconds=30)
WARNING = 4  # MAV_SEVERITY: what a drone says that a pilot should read


class Flights:
    """The flights of the city."""

    def __init__(
        self,
        steps: Steps,
        aloft: Aloft,
        drones: Drones,
        docks: Docks,
        courses: Courses,
        feeds: FlightFeeds,
        offers: Offers,
        relays: Relays,
    ) -> None:
        self._steps, self._aloft, self._drones = steps, aloft, drones
        self._courses, self._feeds, self._offers, self._relays = courses, feeds, offers, relays
        self._guards = Safeguards(aloft, courses)
        self._landings = Landings(steps, aloft, drones, docks, courses, feeds)

    async def begin(self) -> None:
        """At the start of the service: what was in the air still is, and is believed as its track says."""
        async with self._steps.read() as tx:
            records = await tx.flights.aloft()
            tracks = {record.id: await tx.flights.points(record.id) for record in records}
            names = await tx.names.of({record.flight.pilot for record in records})
        for record in records:
            stand = self._drones.stand(record.drone_id)
            if stand is None:
                continue
            live = Live(record, stand, names.get(record.flight.pilot, record.flight.pilot))
            for point in tracks[record.id]:
                self._judge(live, point.telemetry)
            live.counted = len(tracks[record.id])
            live.trusted_until = self._steps.clock() + telemetry.LOST
            live.change(msgspec.structs.replace(live.flight, steering=None, pressed=None))
            self._aloft.add(live)

    async def run(self) -> None:
        """Look at the world each second. Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    for work in await self._due():
                        group.create_task(work)
                except Exception:  # what is begun goes on: an order must not be cut off
                    log.exception("flights could not be looked at")
                await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """The same once, and wait for all of it."""
        await asyncio.gather(*await self._due())

    # services.drones.Listener

    async def heard(self, drone: DroneId, state: DroneState, heard: Heard | None) -> None:
        live = self._aloft.of_drone(drone)
        if live is None or live.phase is Phase.LANDED:
            return
        report = _telemetry(state, heard.received_at if heard is not None else self._steps.clock())
        self._judge(live, report)
        if live.belief.blind:
            live.blind_at = report.received_at
        down = live.belief.blind and state.landed is Landed.GROUND and not state.armed
        live.down_at = (live.down_at or report.received_at) if down else None
        if heard is None or live.belief.last is not report:
            return  # passed over: nothing that follows may hang on it
        live.heard = heard
        if heard.in_air and live.record.airborne_at is None:
            live.change(airborne_at=heard.received_at)
        if heard.in_air and live.phase in AIRBORNE:
            pitch = heard.pitch_deg if heard.pitch_deg is not None else math.nan
            look = Look(pitch_deg=pitch, from_incident_m=live.from_place_m, at=heard.received_at)
            within_m = gimbals.radius_m(live.record.plan.away_m)
            live.manner, breach = gimbals.judge(live.manner, look, within_m)
            live.breach = breach or live.breach
        live.point(heard)

    async def said(self, drone: DroneId, severity: int, words: str) -> None:
        live = self._aloft.of_drone(drone)
        if live is not None and severity <= WARNING:
            live.notes["said"], live.looked["said"] = words, self._steps.clock()
            await self._aloft.tell(live)

    async def back(self, drone: DroneId) -> None:
        live = self._aloft.of_drone(drone)
        if live is not None:
            await self._feeds.start(live)

    # Each second

    async def _due(self) -> list[Coroutine[None, None, None]]:
        flights = [live for live in self._aloft if not live.turn.locked()]
        incidents: dict[IncidentId, Incident | None] = {}
        if flights:
            async with self._steps.read() as tx:
                wanted = {live.record.incident_id for live in flights}
                incidents = {key: await tx.incidents.get(key) for key in wanted}
        return [
            _kept_up("offering drones", self._offers.look()),
            *(_kept_up(f"looking at flight {live.id}", self._one(live, incidents)) for live in flights),
        ]

    async def _one(self, live: Live, incidents: dict[IncidentId, Incident | None]) -> None:
        async with live.turn:
            now = self._steps.clock()
            if live.record.ended_at is not None or await self._is_over(live, now):
                return
            incident = incidents.get(live.record.incident_id)
            if now - live.looked.get("said", now) > SAID_SHOWN:
                live.notes.pop("said", None)
            if live.phase in OUTBOUND and (incident is None or incident.closed_at is not None):
                await self._guards.send_home(live, now, "The incident is closed.")
            else:
                await self._guards.look(live, now)
            if live.is_due("reckoned", now, RECKON_EVERY):
                await self._courses.reckon(live, now)
                self._drones.flies(live.record.drone_id, live.record.incident_id, live.left)
            if live.is_due("kept", now, KEEP_EVERY):
                await self._landings.keep(live)
            if live.is_due("picture", now, AGAIN_AFTER):
                await self._feeds.mend(live)
            await self._fly(live, incident, now)
            await self._aloft.tell(live)

    async def _is_over(self, live: Live, now: datetime) -> bool:
        """Follow what the drone is seen doing; whether its flight has ended."""
        last = live.belief.last
        quiet = now - (last.received_at if last is not None else live.flight.launched_at)
        ended = progress.given_up(live.flight, live.has_flown, quiet, now)
        if live.down_at is not None and live.has_flown and now - live.down_at > DOWN_FOR:
            ended = FlightEnd.ELSEWHERE
        if live.heard is not None:
            sight = progress.Sight(
                goal=live.record.plan.points[-1],
                height_m=live.height_m,
                dock=live.stand.dock.point,
                has_flown=live.has_flown,
                heard=live.heard,
            )
            phase = progress.seen(live.flight, sight)
            down = live.phase is Phase.PARACHUTE and live.has_flown and not live.heard.in_air
            if phase is Phase.LANDED or down:
                ended = progress.outcome(sight)
            elif phase is not None and ended is None and (phase not in _BY_ITSELF or live.sees(now)):
                await self._enter(live, phase, now)
        if ended is not None:
            await self._landings.end(live, ended, now)
        return ended is not None

    async def _enter(self, live: Live, phase: Phase, now: datetime) -> None:
        moved = advance(live.flight, phase, now)
        if not isinstance(moved, Flight):
            return
        live.change(moved)
        if phase is Phase.ON_SCENE and live.record.on_scene_at is None:
            live.change(on_scene_at=now)
        if phase in (Phase.RETURNING, Phase.DIVERTED):
            live.notes["way"] = "It goes by itself: by its own fail-safe, or by somebody else's order."
        await self._aloft.record(live, Action.DRONE_PHASE, SYSTEM, phase=phase.value)
        if phase is Phase.ON_SCENE:
            await self._courses.look(live)
        elif phase in (Phase.RETURNING, Phase.DIVERTED):
            await self._courses.ask(live, LEVEL)

    async def _fly(self, live: Live, incident: Incident | None, now: datetime) -> None:
        """What goes on by plan: follow, take over, hand over, come down."""
        if live.lands_at is not None and live.heard is not None:
            if distance_m(live.heard.point, live.lands_at) <= DOWN_AT_M:
                live.lands_at = None
                await self._courses.ask(live, frames.Land())
            return
        if live.phase in (Phase.ON_SCENE, Phase.HANDING_OVER):
            await self._relays.look(live, now)
        if live.phase is Phase.RETURNING and live.is_due("level", now, timedelta(hours=9)):
            await self._courses.ask(live, LEVEL)
        if live.by_hand(now) or live.flight.holds or live.waits:
            return
        if live.hand_at is not None:  # whoever flew it has stopped, and did not let go
            await self._courses.resume(live, now)
        if live.phase not in (Phase.EN_ROUTE, Phase.ON_SCENE):
            return
        if live.closes_up:
            await self._close_up(live, now)
        elif incident is not None and live.record.follows:
            await self._follow(live, incident, now)

    async def _follow(self, live: Live, incident: Incident, now: datetime) -> None:
        at = incident.position
        if at is None:
            return
        place = Point(latitude=at.latitude, longitude=at.longitude)
        if distance_m(place, live.record.plan.place) < FOLLOW_M or not live.is_due(
            "follow", now, FOLLOW_EVERY
        ):
            return
        told = await self._courses.onward(live, place, now)
        live.notes.pop("way", None)
        if isinstance(told, Grounding):
            live.notes["way"] = told.words
        elif told.accepted:
            plan = live.record.plan
            out_of_sight = live.heard is None or (
                distance_m(live.heard.point, plan.points[-1]) > gimbals.radius_m(plan.away_m)
            )
            if live.phase is Phase.ON_SCENE and out_of_sight:
                await self._enter(live, Phase.EN_ROUTE, now)
            elif live.phase is Phase.ON_SCENE:
                await self._courses.look(live)

    async def _close_up(self, live: Live, now: datetime) -> None:
        """Who takes over waits a little short of the scene until the other has left."""
        other = next((each for each in self._aloft if each.id == live.record.relieves), None)
        if live.phase is not Phase.ON_SCENE or (
            other is not None and other.phase in (Phase.ON_SCENE, Phase.HANDING_OVER)
        ):
            return
        told = await self._courses.onward(live, live.record.plan.place, now)
        live.closes_up = not isinstance(told, Grounding) and not told.accepted
        await self._courses.look(live)

    def _judge(self, live: Live, report: Telemetry) -> None:
        plan = live.record.plan
        home_wh = live.home.wh if live.home is not None else plan.home_wh
        live.belief, live.findings = telemetry.judge(
            live.belief, report, live.stand.drone.airframe, plan.battery, home_wh
        )


async def _kept_up(what: str, work: Coroutine[None, None, None]) -> None:
    """One fault leaves all other flights alone; in a second it is looked at again."""
    try:
        await work
    except Exception:
        log.exception("%s failed", what)


def _telemetry(state: DroneState, received_at: datetime) -> Telemetry:
    """As it came; what it does not say is no number."""
    fields = ("clock_s", "latitude", "longitude", "height_m", "ground_mps", "climb_mps", "charge")
    said = {name: getattr(state, name) for name in fields}
    numbers = {name: math.nan if number is None else number for name, number in said.items()}
    return Telemetry(received_at=received_at, **numbers)
