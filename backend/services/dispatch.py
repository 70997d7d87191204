"""Dispatch: which drone can be there, and one press that sends it. By hand, by an offer, or to take over.

A drone is sent with its fence first, then its way; its pilot in command is who is on watch for its dock.
"""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from backend.model.entries import Action
from backend.model.flight_records import FlightEnd, FlightPlan, FlightRecord
from backend.model.flights import Flight, Phase, advance
from backend.model.handovers import APART_M
from backend.model.hangar import AnswerView, ChoiceView, FlightView
from backend.model.ids import DroneId, FlightId, IncidentId, new_id
from backend.model.incidents import Incident
from backend.model.people import User
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.model.weather import Weather
from backend.services.aloft import SYSTEM, Aloft, Live
from backend.services.board import still_open, visible
from backend.services.courses import Courses, short_of
from backend.services.docks import Docks
from backend.services.drones import Drones, Told
from backend.services.flight_feeds import FlightFeeds
from backend.services.limits import Rate
from backend.services.skies import Skies
from backend.services.steps import Steps
from media.connector.drone_frames import Result

if TYPE_CHECKING:
    from backend.airspace.plans import Answer, Choice

_WORDS = 400  # of the reasons in the log


class Dispatch:
    """The choice, and the press."""

    def __init__(
        self,
        steps: Steps,
        aloft: Aloft,
        drones: Drones,
        docks: Docks,
        skies: Skies,
        courses: Courses,
        feeds: FlightFeeds,
    ) -> None:
        self._steps, self._aloft, self._drones, self._docks = steps, aloft, drones, docks
        self._skies, self._courses, self._feeds = skies, courses, feeds
        self._presses = Rate(every_s=2, burst=10)
        self._asks = Rate(every_s=0.5, burst=20)
        self._sending = asyncio.Lock()

    # What can be

    async def choices(self, user: User, incident: IncidentId) -> ChoiceView:
        """Each drone, with its time to the scene or every reason why not. Raises Refused."""
        if not self._asks.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then ask again.")
        found = await self.incident(user, incident)
        choice = await self.choose(place_of(found))
        now = self._steps.clock()
        answers = tuple(_view(answer) for answer in choice.answers)
        return ChoiceView(at=now, answers=answers, words=choice.words, weather=_sky(self._skies.weather, now))

    async def choose(self, place: Point) -> "Choice":
        """The best first. Raises Refused (drone-grounded) when the areas cannot be used."""
        airspace = self._skies.airspace
        if airspace is None:
            words = self._skies.trouble or "There is no dock."
            raise Refused(Refusal.DRONE_GROUNDED, words)
        from backend.airspace.plans import Ask, choose

        now = self._steps.clock()
        stands = self._drones.stands()
        asked = Ask(place=place, now=now, weather=self._skies.weather, traffic=self._skies.traffic(now))
        return await asyncio.to_thread(choose, airspace, stands, asked)

    # What is done

    async def send(self, user: User, incident: IncidentId, drone: DroneId | None) -> FlightView:
        """Send that drone, or the best. Raises Refused; why nothing flies is in the log and in the words."""
        if not self._presses.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
        found = await self.incident(user, incident)
        choice = await self.choose(place_of(found))
        if drone is None:
            answer, words = choice.best, choice.words
        else:
            answer = next((one for one in choice.answers if one.stand.drone.id == drone), None)
            if answer is None:
                raise Refused(Refusal.NOT_FOUND, "There is no such drone.")
            words = " ".join(one.words for one in answer.groundings) or choice.words
        if answer is None or answer.plan is None:
            await self._refuse(user.id, found, drone, words)
            raise Refused(Refusal.DRONE_GROUNDED, words)
        live = await self.launch(answer, found, by=user.id, words=words)
        return live.view()

    async def relieve(self, live: Live, answer: "Answer", by: str, words: str) -> Live:
        """Send the next drone, which waits a little short of the scene until this one has left."""
        async with self._steps.read() as tx:
            incident = await tx.incidents.get(live.record.incident_id)
        if incident is None:
            raise Refused(Refusal.NOT_FOUND)
        return await self.launch(answer, incident, by=by, words=words, relieves=live)

    async def launch(
        self, answer: "Answer", incident: Incident, *, by: str, words: str, relieves: Live | None = None
    ) -> Live:
        """Raises Refused when the drone does not go; on record either way."""
        async with self._sending:
            live = await self._begin(answer, incident, by, words, relieves)
        self._aloft.offers.pop(incident.id, None)
        async with live.turn:
            told = await self._courses.fence(live)
            if told.accepted:
                told = await self._courses.fly(live)
                if told.result is Result.NO_ANSWER:  # it may have heard: then it is seen to fly, or not
                    live.notes["launch"] = told.words
                    told = msgspec.structs.replace(told, result=Result.ACCEPTED)
            if not told.accepted:
                await self._fail(live, told)
                raise Refused(Refusal.DRONE_REFUSED, f"{answer.stand.drone.name}: {told.words}")
        await self._feeds.start(live)
        await self._aloft.tell(live)
        await self._docks.tell()
        return live

    # Inside

    async def _begin(
        self, answer: "Answer", incident: Incident, by: str, words: str, relieves: Live | None
    ) -> Live:
        plan, name = answer.plan, answer.stand.drone.name
        assert plan is not None
        if self._aloft.of_drone(answer.stand.drone.id) is not None:
            raise Refused(Refusal.DRONE_GROUNDED, f"{name} was sent by somebody else just now.")
        stand = self._drones.stand(answer.stand.drone.id)  # as it is now: to choose takes a moment
        if stand is None:
            raise Refused(Refusal.DRONE_GROUNDED, f"The dock of {name} was retired just now.")
        if stand.watch.pilot is None:
            raise Refused(Refusal.DRONE_GROUNDED, f"Nobody is pilot in command for {name} any more.")
        report = self._drones.report(stand.drone.id)
        async with self._steps.begin() as step:
            await step.open_incident(incident.id)
            colour, thermal = await self._feeds.begin(step, incident.id, stand.drone.id)
            whole = FlightPlan(
                place=place_of(incident),
                points=plan.route.points,
                height_m=plan.route.height_m,
                away_m=plan.route.away_m,
                to_scene_s=plan.to_scene_s,
                home_wh=plan.home.wh,
                battery=stand.drone.battery,
            )
            flight = Flight(
                id=FlightId(new_id("flt")),
                dock_id=stand.dock.id,
                drone_id=stand.drone.id,
                incident_id=incident.id,
                pilot=stand.watch.pilot,
                launched_at=step.now,
                since=step.now,
            )
            record = FlightRecord(
                flight=flight,
                plan=whole if relieves is None else short_of(whole, APART_M),
                sent_by=by,
                pressed_at=step.now,
                colour_feed_id=colour,
                thermal_feed_id=thermal,
                relieves=relieves.id if relieves is not None else None,
            )
            await step.tx.flights.add(record)
            names = await step.tx.names.of([flight.pilot])
            pilot = names.get(flight.pilot, flight.pilot)
            await step.record(
                Action.DRONE_SEND if relieves is None else Action.DRONE_HANDOVER,
                actor=by,
                subject=flight.id,
                incident=incident.id,
                details={
                    "drone": stand.drone.name,
                    "dock": stand.dock.name,
                    "pilot": pilot,
                    "to_scene_s": f"{plan.to_scene_s:.0f}",
                    "why": words[:_WORDS],
                    **({} if relieves is None else {"from": relieves.stand.drone.name}),
                    **({"remote_id": report.remote_id} if report is not None and report.remote_id else {}),
                },
            )
        live = Live(record, stand, pilot)
        live.heard = self._drones.heard(stand.drone.id)
        self._aloft.add(live)
        return live

    async def _fail(self, live: Live, told: Told) -> None:
        """It did not leave its dock."""
        landed = advance(live.flight, Phase.LANDED, self._steps.clock())
        assert isinstance(landed, Flight)
        record = msgspec.structs.replace(
            live.record, flight=landed, ended_at=landed.since, outcome=FlightEnd.NOT_LAUNCHED
        )
        async with self._steps.begin() as step:
            await self._feeds.end(step, record)
            await step.tx.flights.put(record)
            await step.record(
                Action.DRONE_END,
                actor=SYSTEM,
                subject=live.id,
                incident=live.record.incident_id,
                drone=live.stand.drone.name,
                outcome=FlightEnd.NOT_LAUNCHED.value,
                words=told.words,
            )
        live.record = record
        self._aloft.drop(live)
        await self._feeds.finish(live.record)
        await self._aloft.tell(live)

    async def _refuse(self, by: str, incident: Incident, drone: DroneId | None, words: str) -> None:
        async with self._steps.begin() as step:
            await step.record(
                Action.DRONE_REFUSE,
                actor=by,
                subject=drone or incident.id,
                incident=incident.id,
                refusal=Refusal.DRONE_GROUNDED,
                why=words[:_WORDS],
            )

    async def incident(self, user: User, incident: IncidentId) -> Incident:
        """That is open and has a place. Raises Refused."""
        async with self._steps.read() as tx:
            found = still_open(await visible(tx, user, incident, self._steps.clock()))
        place_of(found)
        return found


def place_of(incident: Incident) -> Point:
    """Raises Refused (no-place)."""
    at = incident.position
    if at is None:
        raise Refused(Refusal.NO_PLACE, "Nobody has said where it is: set the incident's place first.")
    return Point(latitude=at.latitude, longitude=at.longitude)


def _view(answer: "Answer") -> AnswerView:
    plan, stand = answer.plan, answer.stand
    return AnswerView(
        dock_id=stand.dock.id,
        dock=stand.dock.name,
        drone_id=stand.drone.id,
        drone=stand.drone.name,
        straight_m=answer.straight_m,
        charge=stand.drone.battery.charge if stand.drone.heard_at is not None else None,
        to_scene_s=plan.to_scene_s if plan is not None else None,
        stays_s=plan.stays_s if plan is not None else None,
        height_m=plan.route.height_m if plan is not None else None,
        away_m=plan.route.away_m if plan is not None else None,
        route=plan.route.points if plan is not None else (),
        groundings=answer.groundings,
    )


def _sky(weather: Weather | None, now: datetime) -> str:
    if weather is None:
        return "The weather is not known."
    age = max(0, round((now - weather.at).total_seconds() / 60))
    return (
        f"Wind {weather.wind.speed_mps:.0f} m/s from {weather.wind.from_deg:.0f}°, gusts"
        f" {weather.gusts.speed_mps:.0f}; {weather.temperature_c:.0f} °C;"
        f" {'now' if age == 0 else f'{age} min ago'}."
    )
