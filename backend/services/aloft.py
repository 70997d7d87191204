"""Aloft: the flights that have not ended, all that is believed of each, and what pages are shown of them.

Kept in memory, for it changes five times a second; what must outlive the process is a FlightRecord.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec

from backend.hub import Hub
from backend.model import telemetry
from backend.model.advice import advice
from backend.model.airframes import Cost
from backend.model.docks import Stand
from backend.model.entries import Action
from backend.model.fleet import Heard
from backend.model.flight_records import MOST_POINTS, FlightPoint, FlightRecord
from backend.model.flights import STEERING_LASTS, Denied, Flight, Phase
from backend.model.gimbals import Breach, Manner
from backend.model.hangar import FlightChanged, FlightView, OfferView
from backend.model.ids import DroneId, FeedId, FlightId, IncidentId
from backend.model.positions import Point, distance_m
from backend.model.refusals import Refusal, Refused
from backend.model.telemetry import Belief, Finding
from backend.services.drones import Drones
from backend.services.steps import Steps

SYSTEM = "system"
POINT_EVERY = timedelta(seconds=1)
SEES_AFTER = timedelta(seconds=3)  # heartbeats come each second, and may be lost
POINTS_WAITING = 30  # of one flight, for the database


class Live:
    """One flight now. `turn` is held by whoever gives its drone orders that must not cross."""

    def __init__(self, record: FlightRecord, stand: Stand, pilot: str) -> None:
        self.record, self.stand, self.pilot = record, stand, pilot
        self.turn = asyncio.Lock()
        battery = record.plan.battery
        self.belief = Belief(launched_at=record.flight.launched_at, charge=battery.charge)
        self.heard: Heard | None = None
        self.findings: tuple[Finding, ...] = ()
        self.manner = Manner()
        self.breach: Breach | None = None  # that nobody has acted on yet
        self.broken: tuple[str, ...] = ()  # rules of place
        self.home: Cost | None = None
        self.leaves_at: datetime | None = None
        self.notes: dict[str, str] = {}  # for the pilot, by what they are about
        self.steerer = ""
        self.hand_at: datetime | None = None  # when it was last flown by hand
        self.trusted_until: datetime | None = None  # at a new start it may not have been heard yet
        self.waits = False  # it was told to, or must, while nothing is heard of it
        self.blind_at: datetime | None = None  # when it last said that it does not know where it is
        self.down_at: datetime | None = None  # since when it says so of itself, without a place
        self.lands_at: Point | None = None  # that it goes to, to come down
        self.closes_up = record.relieves is not None  # when the other has left
        self.said: set[str] = set()  # faults that are in the log
        self.looked: dict[str, datetime] = {}  # when something was last looked after
        self.points: list[FlightPoint] = []  # that are not in the database yet
        self.counted = 0
        self._pointed_at: datetime | None = None

    @property
    def flight(self) -> Flight:
        return self.record.flight

    @property
    def id(self) -> FlightId:
        return self.record.id

    @property
    def phase(self) -> Phase:
        return self.record.flight.phase

    @property
    def roof_m(self) -> float:
        return self.stand.dock.roof_m

    @property
    def has_flown(self) -> bool:
        return self.record.airborne_at is not None

    @property
    def height_m(self) -> float:
        """That it flies at, above its dock."""
        return self.record.plan.height_m - self.roof_m

    @property
    def from_place_m(self) -> float:
        """From the incident; infinite where it is not known where the drone is."""
        return distance_m(self.heard.point, self.record.plan.place) if self.heard else float("inf")

    @property
    def left_wh(self) -> float:
        return telemetry.left_wh(self.belief, self.record.plan.battery)

    @property
    def left(self) -> float:
        """The share of its battery, as far as anybody can know."""
        return self.left_wh / self.record.plan.battery.full_wh

    def by_hand(self, now: datetime) -> bool:
        """Whether somebody flies it."""
        return self.hand_at is not None and now - self.hand_at < STEERING_LASTS

    def sees(self, now: datetime) -> bool:
        """Whether it has known for a while where it is. Its mode is as old as its last heartbeat."""
        return self.blind_at is None or now - self.blind_at >= SEES_AFTER

    def is_due(self, what: str, now: datetime, every: timedelta) -> bool:
        """Whether something is to be looked after again; a yes is noted."""
        before = self.looked.get(what)
        if before is not None and timedelta() <= now - before < every:
            return False
        self.looked[what] = now
        return True

    def change(self, flight: Flight | None = None, **changes: object) -> None:
        """The record, or its flight, is another now."""
        if flight is not None:
            changes["flight"] = flight
        self.record = msgspec.structs.replace(self.record, **changes)

    def follow(self, step: Flight | Denied, *, goes: bool = False) -> None:
        """What it does now, where the rules have that; `goes`: it holds no longer, in whatever phase."""
        if isinstance(step, Flight):
            self.change(step)
        if goes:
            self.change(msgspec.structs.replace(self.flight, holds=False))

    def point(self, heard: Heard) -> None:
        """Keep this second of its track; what the database does not take in time is dropped, oldest first."""
        if self._pointed_at is not None and heard.received_at - self._pointed_at < POINT_EVERY:
            return
        if self.counted >= MOST_POINTS:
            return
        self._pointed_at, self.counted = heard.received_at, self.counted + 1
        self.points.append(FlightPoint.of(heard, self.phase))
        del self.points[:-POINTS_WAITING]

    @contextmanager
    def handing_over(self) -> Iterator[list[FlightPoint]]:
        """The points that wait for the database; where it does not take them they wait again."""
        points, self.points = self.points, []
        try:
            yield points
        except BaseException:
            self.points = [*points, *self.points][-POINTS_WAITING:]
            raise

    @property
    def warnings(self) -> tuple[str, ...]:
        found = [finding.words for finding in self.findings]
        return tuple(dict.fromkeys([*found, *self.broken, *self.notes.values()]))

    def view(self) -> FlightView:
        record, flight, stand = self.record, self.flight, self.stand
        steering = flight.steering
        return FlightView(
            id=record.id,
            incident_id=record.incident_id,
            dock_id=flight.dock_id,
            dock=stand.dock.name,
            drone_id=record.drone_id,
            drone=stand.drone.name,
            pilot_id=flight.pilot,
            pilot=self.pilot,
            phase=flight.phase,
            since=flight.since,
            launched_at=record.airborne_at or record.pressed_at,
            on_scene_at=record.on_scene_at,
            ended_at=record.ended_at,
            to_scene_s=record.plan.to_scene_s,
            leaves_at=self.leaves_at,
            route=record.plan.points,
            height_m=record.plan.height_m,
            holds=flight.holds,
            follows=record.follows,
            steered_by_id=steering.by if steering is not None else None,
            steered_by=self.steerer if steering is not None else None,
            parachute_pressed=flight.pressed is not None,
            colour_feed_id=record.colour_feed_id,
            thermal_feed_id=record.thermal_feed_id,
            relieved_by=flight.relieved_by,
            warnings=self.warnings,
            advice=advice(flight.phase, self.findings, outside=bool(self.broken)),
        )


class Aloft:
    """All of them, and the flights that pilots are offered."""

    def __init__(self, steps: Steps, hub: Hub, drones: Drones) -> None:
        self._steps, self._hub, self._drones = steps, hub, drones
        self._held: dict[FlightId, Live] = {}
        self._drone: dict[DroneId, Live] = {}
        self._told: dict[FlightId, FlightView] = {}
        self.offers: dict[IncidentId, OfferView] = {}

    def __iter__(self) -> Iterator[Live]:
        return iter(tuple(self._held.values()))

    def get(self, flight: FlightId) -> Live:
        """Raises Refused (not-found) for one that has ended, or never was."""
        found = self._held.get(flight)
        if found is None:
            raise Refused(Refusal.NOT_FOUND, "There is no such flight in the air.")
        return found

    def of_drone(self, drone: DroneId) -> Live | None:
        return self._drone.get(drone)

    def of_incident(self, incident: IncidentId) -> list[Live]:
        return [live for live in self._held.values() if live.record.incident_id == incident]

    def thermal_c(self, feed: FeedId) -> tuple[float, float] | None:
        """What black and white mean in this thermal picture now; None where that is not known."""
        for live in self._held.values():
            if live.record.thermal_feed_id == feed:
                heard = self._drones.heard(live.record.drone_id)
                return heard.thermal_c if heard is not None else None
        return None

    def relief_of(self, live: Live) -> Live | None:
        """The flight that takes over from it."""
        relief = live.flight.relieved_by
        return self._held.get(relief) if relief is not None else None

    def add(self, live: Live) -> None:
        self._held[live.id] = self._drone[live.record.drone_id] = live
        self._drones.flies(live.record.drone_id, live.record.incident_id)

    def drop(self, live: Live) -> None:
        self._held.pop(live.id, None)
        self._drone.pop(live.record.drone_id, None)
        self._told.pop(live.id, None)
        self._drones.flies(live.record.drone_id, None)

    def views(self) -> tuple[FlightView, ...]:
        return tuple(live.view() for live in self._held.values())

    async def record(
        self, live: Live, action: Action, actor: str, refusal: Refusal | None = None, **details: str
    ) -> None:
        """What was done, or became of it, is in the log and in the flight's record; then pages are told."""
        async with self._steps.begin() as step:
            await step.tx.flights.put(live.record)
            await step.record(
                action,
                actor=actor,
                subject=live.id,
                incident=live.record.incident_id,
                refusal=refusal,
                details={"drone": live.stand.drone.name, **details},
            )
        await self.tell(live)

    async def tell(self, live: Live) -> None:
        """Pages are told of it, when it is another than they were told."""
        view = live.view()
        if self._told.get(live.id) != view:
            if live.id in self._held:
                self._told[live.id] = view
            await self._hub.publish(FlightChanged(flight=view))
