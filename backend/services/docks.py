"""Docks: where drones stand, registered by supervisors; and pilots on watch, one for each dock.

A pilot on watch is in command of what flies from there. Who has no page open any more is on watch no more:
nobody would see what the drone says.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.hub import Hub
from backend.model.airframes import Airframe
from backend.model.docks import Parachute, Waiver
from backend.model.entries import Action
from backend.model.fleet import MOST_DOCKS, FleetDock, FleetDrone, PilotWatch
from backend.model.hangar import DockView, DroneView, Hangar, UndockedView, WatchView
from backend.model.ids import ConnectorId, DockId, DroneId, SiteId, UserId, WatchId, new_id
from backend.model.people import User
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.model.sites import SiteKind
from backend.services.aloft import Aloft
from backend.services.drones import Drones
from backend.services.fresh import Together
from backend.services.limits import Rate
from backend.services.skies import Skies
from backend.services.steps import Step, Steps

LOOK_S = 5.0
GONE_AFTER = timedelta(seconds=60)  # without a page
SYSTEM = "system"


class NewDrone(msgspec.Struct, frozen=True, kw_only=True):
    """A drone to be registered with its dock; `called` is its name on the connector."""

    called: str
    name: str
    airframe: Airframe
    capacity_wh: float
    health: float = 1.0
    service_every_h: float = 50.0


class Docks:
    """The docks of the city, and who is on watch."""

    def __init__(self, steps: Steps, hub: Hub, drones: Drones, aloft: Aloft, skies: Skies) -> None:
        self._steps, self._hub, self._drones, self._skies = steps, hub, drones, skies
        self._aloft = aloft
        self._rate = Rate(every_s=2, burst=20)
        self._wholes: Together[Hangar] = Together()
        self._pageless: dict[UserId, datetime] = {}

    async def begin(self) -> None:
        """At the start of the service."""
        await self._drones.load()
        async with self._steps.read() as tx:
            docks = await tx.docks.all()
        await self._skies.begin([dock.dock for dock in docks])

    async def all(self) -> list[DockView]:
        """By name, as pages show them."""
        async with self._steps.read() as tx:
            docks, watches = await tx.docks.all(), await tx.watches.on()
            drones = {drone.dock_id: drone for drone in await tx.drones.all()}
        return [self._view(dock, drones.get(dock.id), watches.get(dock.id)) for dock in docks]

    async def undocked(self) -> list[UndockedView]:
        """Drones that a dock can be registered for."""
        found = []
        async with self._steps.read() as tx:
            for connector_id, report, point in self._drones.undocked():
                connector = await tx.connectors.get(connector_id)
                site = await tx.sites.get(connector.site_id) if connector is not None else None
                if connector is None or site is None or site.kind is not SiteKind.CITY:
                    continue
                found.append(
                    UndockedView(
                        site_id=site.id,
                        site=site.name,
                        connector_id=connector.id,
                        connector=connector.name,
                        called=report.name,
                        label=report.label,
                        signed=report.signed,
                        point=point,
                    )
                )
        return found

    async def whole(self) -> Hangar:
        """Docks, flights and offers as a page begins with them. Pages that come together share the work."""
        return await self._wholes.ask(self._whole)

    async def _whole(self) -> Hangar:
        return Hangar(
            docks=tuple(await self.all()),
            flights=self._aloft.views(),
            offers=tuple(self._aloft.offers.values()),
        )

    async def tell(self) -> None:
        """Tell all pages that the docks are others now."""
        await self._hub.publish(await self.whole())

    # Supervisors

    async def register(
        self,
        user: User,
        *,
        site: SiteId,
        connector: ConnectorId,
        name: str,
        point: Point,
        roof_m: float,
        waiver: Waiver,
        drone: NewDrone,
    ) -> DockView:
        """A dock with its drone. Raises Refused (bad-dock, full)."""
        self._slow_down(user)
        dock_id = DockId(new_id("dck"))
        async with self._steps.begin() as step:
            await self._check(step, site, connector, drone.called)
            if len(await step.tx.docks.all()) >= MOST_DOCKS:
                raise Refused(Refusal.FULL, f"There are {MOST_DOCKS} docks. Retire those that are gone.")
            dock = FleetDock(
                id=dock_id,
                site_id=site,
                connector_id=connector,
                name=name,
                point=point,
                roof_m=roof_m,
                waiver=waiver,
                added_at=step.now,
            )
            await step.tx.docks.add(dock)
            await step.tx.drones.add(
                FleetDrone(
                    id=DroneId(new_id("drn")),
                    dock_id=dock_id,
                    called=drone.called,
                    name=drone.name,
                    airframe=drone.airframe,
                    capacity_wh=drone.capacity_wh,
                    health=drone.health,
                    service_every_h=drone.service_every_h,
                    added_at=step.now,
                )
            )
            await step.record(
                Action.DOCK_REGISTER,
                actor=user.id,
                subject=dock_id,
                name=name,
                drone=drone.name,
                waiver=waiver.number,
            )
        await self._changed()
        return await self._one(dock_id)

    async def amend(
        self,
        user: User,
        dock_id: DockId,
        *,
        name: str | None,
        roof_m: float | None,
        waiver: Waiver | None,
        trouble: str | None,
    ) -> DockView:
        """What is given is another now; `trouble` shuts the dock, and "" opens it. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            dock = await self._found(step, dock_id)
            given: dict[str, Any] = {"name": name, "roof_m": roof_m, "waiver": waiver}
            change = {key: held for key, held in given.items() if held is not None}
            if trouble is not None:
                change["trouble"] = trouble or None
            await step.tx.docks.put(msgspec.structs.replace(dock, **change))
            await step.record(
                Action.DOCK_AMEND,
                actor=user.id,
                subject=dock_id,
                name=dock.name,
                what=", ".join(sorted(change)) or "nothing",
            )
        await self._changed()
        return await self._one(dock_id)

    async def retire(self, user: User, dock_id: DockId) -> None:
        """Nothing flies from there any more. Raises Refused; in-use while its drone is in the air."""
        async with self._steps.begin() as step:
            dock = await self._found(step, dock_id)
            drone = next((each for each in await step.tx.drones.all() if each.dock_id == dock_id), None)
            if drone is not None and self._drones.incident(drone.id) is not None:
                raise Refused(Refusal.IN_USE, f"{drone.name} is flying. Have it land first.")
            await step.tx.docks.put(msgspec.structs.replace(dock, retired_at=step.now))
            if drone is not None:
                await step.tx.drones.put(msgspec.structs.replace(drone, retired_at=step.now))
            await self._end_watch(step, dock_id, user.id)
            await step.record(Action.DOCK_RETIRE, actor=user.id, subject=dock_id, name=dock.name)
        await self._changed()

    async def maintain(
        self, user: User, drone_id: DroneId, *, trouble: str | None, health: float | None, serviced: bool
    ) -> DockView:
        """Ground a drone in words or free it with "", and what its workshop found. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            drone = await step.tx.drones.get(drone_id)
            if drone is None or drone.retired_at is not None:
                raise Refused(Refusal.NOT_FOUND)
            if trouble is not None:
                drone = msgspec.structs.replace(drone, trouble=trouble or None)
            if health is not None:
                drone = msgspec.structs.replace(drone, health=health)
            if serviced:
                drone = msgspec.structs.replace(drone, serviced_air_s=drone.air_s)
            await step.tx.drones.put(drone)
            await step.record(
                Action.DRONE_MAINTAIN,
                actor=user.id,
                subject=drone_id,
                name=drone.name,
                trouble=drone.trouble or "none",
                serviced="yes" if serviced else "no",
            )
        await self._changed()
        return await self._one(drone.dock_id)

    # Pilots

    async def watch(self, user: User, dock_id: DockId, observers: int) -> DockView:
        """Be pilot in command for that dock, in place of whoever was. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            dock = await self._found(step, dock_id)
            held = (await step.tx.watches.on()).get(dock_id)
            if held is None or held[0].user_id != user.id or held[0].observers != observers:
                await self._end_watch(step, dock_id, user.id)
                watch = PilotWatch(
                    id=WatchId(new_id("wat")),
                    dock_id=dock_id,
                    user_id=user.id,
                    since=step.now,
                    observers=observers,
                )
                await step.tx.watches.add(watch)
                await step.record(
                    Action.WATCH_BEGIN,
                    actor=user.id,
                    subject=dock_id,
                    name=dock.name,
                    observers=str(observers),
                )
        await self._changed(survey=False)
        return await self._one(dock_id)

    async def leave(self, user: User, dock_id: DockId) -> DockView:
        """Be on watch there no more. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            await self._found(step, dock_id)
            held = (await step.tx.watches.on()).get(dock_id)
            if held is not None and held[0].user_id == user.id:
                await self._end_watch(step, dock_id, user.id)
        await self._changed(survey=False)
        return await self._one(dock_id)

    async def run(self) -> None:
        """End the watches of those who are gone. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """The same once."""
        async with self._steps.read() as tx:
            watches = await tx.watches.on()
        now = self._steps.clock()
        pilots = {watch.user_id for watch, _ in watches.values()}
        self._pageless = {
            pilot: self._pageless.get(pilot, now) for pilot in pilots if not self._hub.hears(pilot)
        }
        gone = {pilot for pilot, since in self._pageless.items() if now - since >= GONE_AFTER}
        if not gone:
            return
        async with self._steps.begin() as step:
            for dock_id, (watch, _) in (await step.tx.watches.on()).items():
                if watch.user_id in gone:
                    await self._end_watch(step, dock_id, SYSTEM)
        await self._changed(survey=False)

    # What they share

    async def _check(self, step: Step, site: SiteId, connector: ConnectorId, called: str) -> None:
        found = await step.tx.sites.get(site)
        if found is None or found.kind is not SiteKind.CITY or found.retired_at is not None:
            raise Refused(Refusal.BAD_DOCK, "A dock stands at one of the city's own sites.")
        speaks = await step.tx.connectors.get(connector)
        if speaks is None or speaks.retired_at is not None or speaks.site_id != site:
            raise Refused(Refusal.BAD_DOCK, "A dock's drone is spoken to by a connector of its site.")
        here = {dock.id for dock in await step.tx.docks.of_connector(connector)}
        if any(each.called == called and each.dock_id in here for each in await step.tx.drones.all()):
            raise Refused(Refusal.BAD_DOCK, "Another dock has this drone already.")

    async def _found(self, step: Step, dock: DockId) -> FleetDock:
        found = await step.tx.docks.get(dock)
        if found is None or found.retired_at is not None:
            raise Refused(Refusal.NOT_FOUND)
        return found

    async def _end_watch(self, step: Step, dock: DockId, by: str) -> None:
        held = (await step.tx.watches.on()).get(dock)
        if held is not None:
            watch, pilot = held
            await step.tx.watches.end(watch.id, step.now)
            await step.record(Action.WATCH_END, actor=by, subject=dock, pilot=pilot, of=watch.user_id)

    async def _changed(self, *, survey: bool = True) -> None:
        await self._drones.load()
        if survey:
            async with self._steps.read() as tx:
                docks = await tx.docks.all()
            await self._skies.survey([dock.dock for dock in docks])
        await self.tell()

    async def _one(self, dock: DockId) -> DockView:
        return next(view for view in await self.all() if view.id == dock)

    def _view(
        self, dock: FleetDock, drone: FleetDrone | None, held: tuple[PilotWatch, str] | None
    ) -> DockView:
        watch = None
        if held is not None:
            watch = WatchView(
                pilot_id=held[0].user_id, pilot=held[1], observers=held[0].observers, since=held[0].since
            )
        return DockView(
            id=dock.id,
            name=dock.name,
            point=dock.point,
            roof_m=dock.roof_m,
            waiver=dock.waiver,
            trouble=dock.trouble or self._skies.trouble,
            watch=watch,
            drone=self._drone(drone) if drone is not None else None,
        )

    def _drone(self, drone: FleetDrone) -> DroneView:
        heard, report = self._drones.heard(drone.id), self._drones.report(drone.id)
        flying = self._aloft.of_drone(drone.id)
        trouble = drone.trouble or (report.trouble if report is not None else None)
        return DroneView(
            id=drone.id,
            dock_id=drone.dock_id,
            name=drone.name,
            model=drone.airframe.name,
            colour=report is not None and report.colour is not None,
            thermal=report is not None and report.thermal is not None,
            heard_at=heard.received_at if heard is not None else None,
            charge=heard.charge if heard is not None else None,
            parachute=heard.parachute if heard is not None else Parachute.NONE,
            trouble=trouble or (" ".join(heard.trouble) or None if heard is not None else None),
            remote_id=report.remote_id if report is not None else "",
            air_hours=drone.air_s / 3600,
            cycles=round(drone.cycles),
            service_due=drone.service_due,
            flight_id=flying.id if flying is not None else None,
        )

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
