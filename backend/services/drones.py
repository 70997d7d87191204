"""Drones: where each is as it says itself, and what it is asked to do, both through its dock's connector.

Kept in memory: five times a second of every drone is nothing for a database. What can not be is passed over
here and counted; whether a flight is believed is judged by services.flights, which listens.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from backend.hub import Hub
from backend.model import fleet, footprints
from backend.model.docks import Parachute, Stand, Watch
from backend.model.fleet import HIGHEST_M, LOWEST_M, FleetDock, FleetDrone, Heard, finite
from backend.model.hangar import AimView, DroneAt, DronesMoved
from backend.model.ids import ConnectorId, DroneId, IncidentId, new_id
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.services.connectors import Connectors
from backend.services.steps import Steps
from media.connector import wire
from media.connector.drone_frames import Aim, Chute, Do, DroneReport, DroneState, Landed, Result

ANSWER_S = 15.0  # a drone that has not answered by then will not
WAITING = 32  # orders to one drone that wait for its answer
COLDEST_C, HOTTEST_C = -273.15, 3000.0  # of a thermal picture's range
STILL_EVERY = timedelta(seconds=1)  # of a drone in its dock pages are told less often
WORDS = {
    Result.REJECTED: "The drone cannot do that now.",
    Result.DENIED: "The drone refuses that.",
    Result.UNSUPPORTED: "The drone does not know how.",
    Result.FAILED: "The drone tried and could not.",
    Result.CANCELLED: "A newer order took its place.",
    Result.NO_ANSWER: "The drone did not answer.",
}


_CHUTES = {
    Chute.NONE: Parachute.NONE,
    Chute.SAFE: Parachute.SAFE,
    Chute.ARMED: Parachute.ARMED,
    Chute.FIRED: Parachute.FIRED,
}


class Listener(Protocol):
    """Told of what drones say; implemented by services.flights."""

    async def heard(self, drone: DroneId, state: DroneState, heard: Heard | None) -> None:
        """One report as it came, and what of it can be; None when it cannot."""
        ...

    async def said(self, drone: DroneId, severity: int, words: str) -> None:
        """Its own words, for the pilot."""
        ...

    async def back(self, drone: DroneId) -> None:
        """Its connector is on the line, and publishes nothing of it until it is told to."""
        ...


class _Nobody:
    async def heard(self, drone: DroneId, state: DroneState, heard: Heard | None) -> None:
        return

    async def said(self, drone: DroneId, severity: int, words: str) -> None:
        return

    async def back(self, drone: DroneId) -> None:
        return


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order."""

    result: Result
    words: str
    took_ms: int

    @property
    def accepted(self) -> bool:
        return self.result is Result.ACCEPTED


class _Berth:
    """One drone with its dock, and all that is known of it now."""

    def __init__(self, dock: FleetDock, drone: FleetDrone) -> None:
        self.dock, self.drone = dock, drone
        self.watch: Watch = Watch(pilot=None)
        self.report: DroneReport | None = None
        self.heard: Heard | None = None
        self.charge: float | None = None  # where flights know better than the gauge
        self.incident: IncidentId | None = None
        self.told_at: datetime | None = None
        self.orders: dict[str, asyncio.Future[Told]] = {}

    def is_due(self, now: datetime) -> bool:
        """Whether pages are to be told: of one that flies always, of one in its dock now and then."""
        heard = self.heard
        flies = self.incident is not None or (heard is not None and (heard.in_air or heard.armed))
        return flies or self.told_at is None or now - self.told_at >= STILL_EVERY


class Drones:
    """The fleet as it is now. `listener` is connected by whoever builds this; `load` before it is used."""

    def __init__(self, steps: Steps, hub: Hub, connectors: Connectors) -> None:
        self._steps, self._hub, self._connectors = steps, hub, connectors
        self.listener: Listener = _Nobody()
        self._berths: dict[DroneId, _Berth] = {}
        self._called: dict[tuple[ConnectorId, str], DroneId] = {}
        self._reports: dict[ConnectorId, dict[str, DroneReport]] = {}
        self._standing: dict[ConnectorId, dict[str, Point]] = {}  # of drones that no dock has
        self.passed: Counter[str] = Counter()  # reports, by why nothing came of them

    async def load(self) -> None:
        """The fleet as it is registered; again whenever that has changed. What is known live stays."""
        async with self._steps.read() as tx:
            docks = {dock.id: dock for dock in await tx.docks.all()}
            drones = [drone for drone in await tx.drones.all() if drone.dock_id in docks]
            watches = await tx.watches.on()
        berths: dict[DroneId, _Berth] = {}
        for drone in drones:
            dock = docks[drone.dock_id]
            berth = self._berths.get(drone.id) or _Berth(dock, drone)
            berth.dock, berth.drone = dock, drone
            watch = watches.get(dock.id)
            berth.watch = (
                Watch(pilot=watch[0].user_id, observers=watch[0].observers) if watch else Watch(pilot=None)
            )
            berths[drone.id] = berth
        self._berths = berths
        self._called = {(berth.dock.connector_id, berth.drone.called): key for key, berth in berths.items()}
        for connector, reports in self._reports.items():
            self._tell_reports(connector, reports)

    # What is known

    def stands(self) -> list[Stand]:
        """Every dock with its drone, as the rules of `airspace.plans` want them."""
        return [
            Stand(
                dock=berth.dock.dock,
                drone=fleet.drone(berth.drone, berth.dock, berth.heard, berth.charge),
                watch=berth.watch,
            )
            for berth in self._berths.values()
        ]

    def stand(self, drone: DroneId) -> Stand | None:
        """One of them."""
        return next((stand for stand in self.stands() if stand.drone.id == drone), None)

    def dock(self, drone: DroneId) -> FleetDock | None:
        berth = self._berths.get(drone)
        return berth.dock if berth is not None else None

    def heard(self, drone: DroneId) -> Heard | None:
        """The last that can be."""
        berth = self._berths.get(drone)
        return berth.heard if berth is not None else None

    def report(self, drone: DroneId) -> DroneReport | None:
        """What its connector says of it: the names of its pictures, its Remote ID."""
        berth = self._berths.get(drone)
        return berth.report if berth is not None else None

    def is_connected(self, drone: DroneId) -> bool:
        """Whether its connector is on the line."""
        berth = self._berths.get(drone)
        return berth is not None and self._connectors.is_connected(berth.dock.connector_id)

    def incident(self, drone: DroneId) -> IncidentId | None:
        """What it flies for."""
        berth = self._berths.get(drone)
        return berth.incident if berth is not None else None

    def flies(self, drone: DroneId, incident: IncidentId | None, charge: float | None = None) -> None:
        """What it flies for from now on, and what its battery holds as far as anybody can know."""
        berth = self._berths.get(drone)
        if berth is not None:
            berth.incident, berth.charge = incident, charge

    def undocked(self) -> list[tuple[ConnectorId, DroneReport, Point | None]]:
        """Those that connectors speak to now and no dock has, and where they stand."""
        return [
            (connector, report, self._standing.get(connector, {}).get(report.name))
            for connector, reports in self._reports.items()
            for report in reports.values()
            if (connector, report.name) not in self._called
        ]

    # What is asked

    async def order(self, drone: DroneId, do: Do, timeout_s: float = ANSWER_S) -> Told:
        """Ask it to do something; its answer. Raises Refused (connector-away, not-found, too-often)."""
        berth = self._berths.get(drone)
        if berth is None:
            raise Refused(Refusal.NOT_FOUND)
        if len(berth.orders) >= WAITING:
            raise Refused(Refusal.TOO_OFTEN, "The drone has not answered what it was asked before.")
        order = new_id("ord")
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        berth.orders[order] = answer
        try:
            try:
                self._connectors.command(berth.dock.connector_id, order, berth.drone.called, do)
            except Refused as no:
                words = f"The connector of {berth.dock.name} is away: {berth.drone.name} cannot be reached."
                raise Refused(no.refusal, words) from None
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            took_ms = round(timeout_s * 1000)
            return Told(result=Result.NO_ANSWER, words=WORDS[Result.NO_ANSWER], took_ms=took_ms)
        finally:
            berth.orders.pop(order, None)

    # What they say (services.connectors.DroneListener)

    async def listed(self, connector: ConnectorId, drones: Sequence[DroneReport]) -> None:
        before = self._reports.get(connector)
        self._reports[connector] = {report.name: report for report in drones}
        self._tell_reports(connector, self._reports[connector])
        if before is None:  # its first words on this line
            for (of, _), drone in list(self._called.items()):
                if of == connector:
                    await self.listener.back(drone)

    async def heard_from(self, connector: ConnectorId, states: Sequence[DroneState]) -> None:
        moved: list[DroneAt] = []
        for state in states:
            drone = self._called.get((connector, state.drone))
            berth = self._berths.get(drone) if drone is not None else None
            now = self._steps.clock()
            heard = _heard(state, now - timedelta(milliseconds=state.age_ms))
            if drone is None or berth is None:
                self.passed["unknown"] += 1
                if heard is not None and state.drone in self._reports.get(connector, {}):
                    self._standing.setdefault(connector, {})[state.drone] = heard.point
                continue
            if heard is None:
                self.passed["not-numbers"] += 1
            elif berth.heard is None or heard.received_at >= berth.heard.received_at:
                berth.heard = heard
            await self.listener.heard(drone, state, heard)
            still = heard is not None and not heard.in_air and not heard.armed and berth.incident is None
            if heard is not None and (
                not still or berth.told_at is None or now - berth.told_at >= STILL_EVERY
            ):
                berth.told_at = now
                at = _at(berth)
                if at is not None:
                    moved.append(at)
        if moved:
            newest = {at.id: at for at in moved}
            await self._hub.publish(DronesMoved(drones=tuple(newest.values())))

    def answered(self, connector: ConnectorId, answer: wire.Answer) -> None:
        drone = self._called.get((connector, answer.drone))
        berth = self._berths.get(drone) if drone is not None else None
        waiting = berth.orders.get(answer.order) if berth is not None else None
        if waiting is None or waiting.done():
            self.passed["no-such-order"] += 1
            return
        words = answer.words or WORDS.get(answer.result, "")
        waiting.set_result(Told(result=answer.result, words=words, took_ms=answer.took_ms))

    async def said(self, connector: ConnectorId, said: wire.Said) -> None:
        drone = self._called.get((connector, said.drone))
        if drone is not None:
            await self.listener.said(drone, said.severity, said.words)

    def away(self, connector: ConnectorId) -> None:
        self._reports.pop(connector, None)
        self._standing.pop(connector, None)
        for berth in self._berths.values():
            if berth.dock.connector_id == connector:
                for waiting in berth.orders.values():
                    if not waiting.done():
                        words = "The connector went away before the drone had answered."
                        waiting.set_result(Told(result=Result.NO_ANSWER, words=words, took_ms=0))

    def _tell_reports(self, connector: ConnectorId, reports: dict[str, DroneReport]) -> None:
        for (of, called), drone in self._called.items():
            if of == connector:
                self._berths[drone].report = reports.get(called)


def _heard(state: DroneState, received_at: datetime) -> Heard | None:
    """What of it can be; None where its place, height, speed, charge or clock cannot."""
    latitude, longitude, height_m = finite(state.latitude), finite(state.longitude), finite(state.height_m)
    ground_mps, climb_mps = finite(state.ground_mps), finite(state.climb_mps)
    charge, clock_s = finite(state.charge), finite(state.clock_s)
    if latitude is None or longitude is None or height_m is None or clock_s is None:
        return None
    if ground_mps is None or climb_mps is None or charge is None or not 0 <= charge <= 1:
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or not LOWEST_M <= height_m <= HIGHEST_M:
        return None
    aim = state.aim or Aim()
    return Heard(
        received_at=received_at,
        clock_s=clock_s,
        point=Point(latitude=latitude, longitude=longitude),
        height_m=height_m,
        ground_mps=ground_mps,
        climb_mps=climb_mps,
        charge=charge,
        heading_deg=finite(state.heading_deg),
        volts=finite(state.volts),
        satellites=state.satellites,
        mode=state.mode,
        armed=state.armed,
        in_air=state.landed in (Landed.AIR, Landed.TAKING_OFF, Landed.LANDING),
        parachute=_CHUTES[state.chute],
        pitch_deg=finite(aim.pitch_deg),
        yaw_deg=finite(aim.yaw_deg),
        across_deg=finite(aim.across_deg),
        down_deg=finite(aim.down_deg),
        zoom=finite(aim.zoom),
        trouble=state.trouble,
        thermal_c=_range_c(aim),
    )


def _range_c(aim: Aim) -> tuple[float, float] | None:
    low, high = finite(aim.thermal_low_c), finite(aim.thermal_high_c)
    if low is None or high is None or not COLDEST_C <= low < high <= HOTTEST_C:
        return None
    return low, high


def _at(berth: _Berth) -> DroneAt | None:
    heard = berth.heard
    if heard is None:
        return None
    return DroneAt(
        id=berth.drone.id,
        incident_id=berth.incident,
        at=heard.received_at,
        point=heard.point,
        height_m=heard.height_m + berth.dock.roof_m,
        heading_deg=heard.heading_deg,
        ground_mps=heard.ground_mps,
        climb_mps=heard.climb_mps,
        charge=heard.charge if berth.charge is None else berth.charge,
        volts=heard.volts,
        satellites=heard.satellites,
        mode=heard.mode,
        armed=heard.armed,
        in_air=heard.in_air,
        parachute=heard.parachute,
        aim=_aim(heard, heard.height_m + berth.dock.roof_m),
        trouble=heard.trouble,
    )


def _aim(heard: Heard, height_m: float) -> AimView | None:
    if heard.pitch_deg is None and heard.yaw_deg is None:
        return None
    shown = footprints.Footprint(at=None, corners=())
    turned = heard.pitch_deg, heard.yaw_deg, heard.across_deg, heard.down_deg
    if heard.in_air and None not in turned:
        shown = footprints.footprint(heard.point, height_m, *(angle or 0.0 for angle in turned))
    return AimView(
        pitch_deg=heard.pitch_deg,
        yaw_deg=heard.yaw_deg,
        across_deg=heard.across_deg,
        zoom=heard.zoom,
        at=shown.at,
        footprint=shown.corners,
    )
