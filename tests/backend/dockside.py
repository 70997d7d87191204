"""A dock's connector without a socket, whose drones are the simulator's own, in their own time.

The service is built and not started; its clock stands still until `fly` moves it, so a whole flight takes
some seconds. Frames go through services.connectors both ways, as they do from a socket.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.model.airframes import Airframe
from backend.model.connectors import Connector
from backend.model.docks import Waiver
from backend.model.fleet import FleetDock, FleetDrone, PilotWatch
from backend.model.ids import ConnectorId, DockId, DroneId, IncidentId, SiteId, WatchId, new_id
from backend.model.people import User
from backend.model.positions import Point, PositionReport
from backend.model.sites import Site, SiteKind
from backend.model.weather import Weather, Wind
from backend.parts import Parts, build
from backend.services.aloft import Live
from backend.services.lines import Line
from media.connector import drone_frames as frames
from media.connector import wire
from media.connector.drone_frames import Chute, DroneReport, DroneState, Landed, Result
from media.simulator.air import Weather as Air
from media.simulator.battery import Pack
from media.simulator.drone import Drone, Fault, Place
from media.simulator.earth import Origin
from media.simulator.flying import Mode, Refusal
from media.simulator.mission import BadItem, Cmd, Item
from tests.backend.agents import HERE
from tests.backend.house import b64, embedded, filed, settings

NOON = datetime(2026, 6, 21, 17, 0, tzinfo=UTC)
TICK_S = 0.2  # TELEMETRY_HZ
STEP_S = 0.04  # twice the simulator's own: nothing here hangs on a gust
QUAD = Airframe(  # the simulator's, as its maker would print it
    name="Simulated quad",
    cruise_mps=18,
    climb_mps=5.5,
    descend_mps=2.0,
    hover_w=430,
    cruise_w=600,
    climb_w=900,
    acceleration_mps2=3,
    launch_s=4,
    ceiling_m=120,
)
HOME = Origin(HERE.latitude, HERE.longitude)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def away(east_m: float, north_m: float) -> Point:
    """So far from HERE, by the simulator's earth."""
    latitude, longitude = HOME.degrees(east_m, north_m)
    return Point(latitude=latitude, longitude=longitude)


class Dockside:
    """The service, one connector, and the drones in its docks."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.clock = Clock()
        self.parts: Parts = build(settings(folder, **more), self.clock, embedded, filed)
        self.key = Ed25519PrivateKey.generate()
        self.drones: dict[str, Drone] = {}
        self.ids: dict[str, DroneId] = {}
        self.docks: dict[str, DockId] = {}
        self.asked: list[tuple[str, Any]] = []
        self.starts: dict[str, wire.Start] = {}
        self.deaf: set[str] = set()  # that the connector does not hear, nor they it
        self.says: Callable[[str, DroneState], DroneState] = lambda _, state: state
        self.line: Line | None = None
        self._pump: asyncio.Task[None] | None = None
        self._looked_s = 0.0

    async def __aenter__(self) -> Self:
        parts = self.parts
        await parts.store.migrate()
        await parts.sfu.start()
        site = Site(
            id=SiteId(new_id("sit")),
            kind=SiteKind.CITY,
            name="Docks",
            address="1 Main St",
            point=HERE,
            added_at=NOON,
        )
        self.connector = ConnectorId(new_id("con"))
        async with parts.store.begin() as tx:
            await tx.sites.add(site)
            await tx.connectors.add(
                Connector(
                    id=self.connector,
                    site_id=site.id,
                    name="Docks",
                    key=b64(self.key.public_key().public_bytes_raw()),
                    enrolled_at=NOON,
                    version="0.1.0",
                )
            )
        self.site = site.id
        self.people = {name: await self._user(name) for name in ("dana", "sam", "pia", "lee")}
        await self.weather()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
        await self.parts.sfu.stop()
        await self.parts.public_log.close()
        await self.parts.store.close()

    async def dock(self, name: str, east_m: float = 0, north_m: float = 0, **more: Any) -> DroneId:
        """A dock with its drone, and pia on watch. `terms`: of its waiver."""
        terms, charge, roof_m = more.pop("terms", {}), more.pop("charge", 1.0), more.pop("roof_m", 0.0)
        place = away(east_m, north_m)
        waiver = Waiver(
            **{
                "number": "107W-1",
                "begins": NOON - timedelta(days=9),
                "ends": NOON + timedelta(days=9),
                "ceiling_m": 80.0,
                **terms,
            }
        )
        dock = FleetDock(
            id=DockId(new_id("dck")),
            site_id=self.site,
            connector_id=self.connector,
            name=f"{name} dock",
            point=place,
            waiver=waiver,
            added_at=NOON,
            roof_m=roof_m,
        )
        pack = more.pop("pack", Pack())
        drone = FleetDrone(
            id=DroneId(new_id("drn")),
            dock_id=dock.id,
            called=name,
            name=name.title(),
            airframe=QUAD,
            capacity_wh=pack.energy_wh,
            added_at=NOON,
        )
        watch = PilotWatch(
            id=WatchId(new_id("wat")), dock_id=dock.id, user_id=self.people["pia"].id, since=NOON
        )
        async with self.parts.store.begin() as tx:
            await tx.docks.add(dock)
            await tx.drones.add(drone)
            await tx.watches.add(watch)
        flown = Drone(
            len(self.drones) + 1,
            Place(place.latitude, place.longitude, name),
            HOME,
            weather=Air(wind_m_s=2),
            charge=charge,
            pack=pack,
        )
        flown.autopilot.link_s = 0.0
        self.drones[name], self.ids[name], self.docks[name] = flown, drone.id, dock.id
        await self.parts.docks.begin()
        return drone.id

    async def weather(self) -> None:
        report = Weather(
            wind=Wind(speed_mps=2, from_deg=250),
            gust_mps=4,
            rain_mmph=0,
            visibility_m=9000,
            temperature_c=18,
            at=self.clock.now,
        )
        await self.parts.skies.say(self.people["lee"], report)

    async def ring(self, instance: str = "one") -> None:
        """The connector is on the line and says what it has."""
        connectors = self.parts.connectors
        with connectors.greet() as nonce:
            signature = b64(self.key.sign(wire.hello_text(nonce, self.connector, instance)))
            hello = wire.Hello(
                version=wire.VERSION,
                connector=self.connector,
                instance=instance,
                software="0.1.0",
                signature=signature,
            )
            self.line, software = await connectors.hello(hello, nonce)
        await connectors.arrive(self.line, software)
        self._pump = asyncio.create_task(self._obey(self.line))
        sources = [
            wire.SourceReport(name=f"{name}-{kind}", label=name, kind="drone", codec="h264")
            for name in self.drones
            for kind in ("colour", "thermal")
        ]
        await connectors.take(self.line, wire.Sources(sources=tuple(sources)))
        reports = [
            DroneReport(
                name=name,
                label=name,
                system=drone.number,
                signed=True,
                colour=f"{name}-colour",
                thermal=f"{name}-thermal",
            )
            for name, drone in self.drones.items()
        ]
        await connectors.take(self.line, wire.Drones(drones=tuple(reports)))
        await self.fly(1.0)

    async def hang_up(self) -> None:
        """Its socket is gone; its drones go on."""
        if self._pump is not None and self.line is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
            await self.parts.connectors.leave(self.line)
            self._pump = self.line = None

    async def fly(
        self,
        seconds: float,
        until: Callable[[], Any] | None = None,
        each: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Let time pass, at most that long; whether what is waited for came true."""
        for _ in range(round(seconds / TICK_S)):
            self.clock.now += timedelta(seconds=TICK_S)
            for name, drone in self.drones.items():
                drone.autopilot.link_s = 0.0 if self._hears(name) else drone.autopilot.link_s
                drone.run(TICK_S, STEP_S)
            states = [
                self.says(name, state(name, self.drones[name])) for name in self.drones if self._hears(name)
            ]
            if self.line is not None and states:
                await self.parts.connectors.take(self.line, wire.Telemetry(states=tuple(states)))
            self._looked_s += TICK_S
            if self._looked_s >= 0.999:
                self._looked_s = 0.0
                await self.parts.flights.look()
            if each is not None:
                await each()
            if until is not None and until():
                return True
        return until is None

    async def incident(self, east_m: float, north_m: float, kind: str = "Fire") -> IncidentId:
        """One that Dana has opened there."""
        place = away(east_m, north_m)
        at = PositionReport(latitude=place.latitude, longitude=place.longitude, accuracy_m=10)
        view = await self.parts.incidents.open(
            self.people["dana"], incident_type=kind, words="", callback_number=None, position=at
        )
        return IncidentId(view.id)

    def live(self, name: str) -> Live:
        """The flight of this drone."""
        found = self.parts.aloft.of_drone(self.ids[name])
        assert found is not None, name
        return found

    def phase(self, name: str) -> str:
        """In which it is, or that it is none."""
        found = self.parts.aloft.of_drone(self.ids[name])
        return found.phase.value if found is not None else "none"

    async def actions(self, start: str = "drone.") -> list[str]:
        async with self.parts.store.read() as tx:
            entries = [entry async for entry in tx.entries.all()]
        return [entry.action.value for entry in entries if entry.action.value.startswith(start)]

    async def entries(self, action: str) -> list[Any]:
        async with self.parts.store.read() as tx:
            return [entry async for entry in tx.entries.all() if entry.action.value == action]

    def _hears(self, name: str) -> bool:
        return name not in self.deaf and Fault.LINK not in self.drones[name].faults

    async def _user(self, name: str) -> User:
        async with self.parts.store.read() as tx:
            found = await tx.users.by_name(name)
        assert found is not None, name
        return found[0]

    async def _obey(self, line: Line) -> None:
        while True:
            frame = await line.next()
            if isinstance(frame, wire.Start):
                self.starts[frame.run] = frame
            elif isinstance(frame, wire.Stop):
                self.starts.pop(frame.run, None)
            elif isinstance(frame, wire.Command):
                result, words = Result.NO_ANSWER, ""
                if self._hears(frame.drone):
                    self.asked.append((frame.drone, frame.do))
                    result, words = done(self.drones[frame.drone], frame.do)
                answer = wire.Answer(order=frame.order, drone=frame.drone, result=result, words=words)
                await self.parts.connectors.take(line, answer)


def done(drone: Drone, do: Any) -> tuple[Result, str]:
    """Have the autopilot do it, as a connector has it by MAVLink."""
    try:
        obey(drone, do)
    except (Refusal, BadItem) as no:
        return Result.DENIED, str(no)
    return Result.ACCEPTED, ""


def obey(drone: Drone, do: Any) -> None:
    pilot = drone.autopilot
    match do:
        case frames.Fence():
            rings = [
                (Cmd.FENCE_IN_VERTEX, do.keep_in),
                *((Cmd.FENCE_OUT_VERTEX, ring) for ring in do.keep_out),
            ]
            pilot.set_fence(
                [
                    Item(cmd=cmd, params=(float(len(ring)), 0, 0, 0), x=at.latitude, y=at.longitude)
                    for cmd, ring in rings
                    for at in ring
                ]
            )
            pilot.parameters.set("GF_MAX_VER_DIST", do.ceiling_m)
        case frames.Fly():
            mission(drone, do.points, do.height_m, do.speed_mps)
        case frames.Return() if do.points:
            mission(drone, do.points, do.height_m, 18.0, then=Cmd.RETURN)
        case frames.Return():
            pilot.go_home()
        case frames.Hold():
            pilot.hold()
        case frames.Land():
            pilot.land()
        case frames.Parachute():
            pilot.chute_armed = True
            if do.fire:
                pilot.fire_chute("the pilot's press")
        case frames.Steer():
            if pilot.mode is not Mode.STICKS:
                pilot.steer()
            pilot.set_sticks(do.forward_mps / 18, do.right_mps / 18, do.up_mps / 6, do.turn_dps / 90)
        case frames.Gimbal():
            drone.gimbal.point(do.pitch_deg, do.yaw_deg or 0.0, locked=do.yaw_deg is not None)
        case frames.LookAt():
            east, north = HOME.local(do.place.latitude, do.place.longitude)
            drone.gimbal.look_at((east, north, do.height_m + pilot.home[2]))
        case frames.TakeCamera():
            pass  # nobody else has it
        case frames.Zoom():
            drone.lens.to(do.times)


def mission(drone: Drone, points: Any, height_m: float, speed_mps: float, then: Cmd | None = None) -> None:
    """Up at first where it stands, along the places, and wait, or go home from the last."""
    pilot = drone.autopilot
    ways = [Item(cmd=Cmd.WAYPOINT, x=at.latitude, y=at.longitude, z=height_m) for at in points]
    items = [Item(cmd=Cmd.CHANGE_SPEED, params=(1, speed_mps, 0, 0)), *ways]
    if not pilot.flying:
        items.insert(0, Item(cmd=Cmd.TAKEOFF, params=(0, 0, 0, math.nan), z=height_m))
    if then is not None:
        items.append(Item(cmd=then))
    pilot.set_mission(items)
    drone.gimbal.neutral()
    pilot.arm()
    pilot.fly_mission(0)


def state(name: str, drone: Drone) -> DroneState:
    """What its connector says of it."""
    pilot, body = drone.autopilot, drone.body
    latitude, longitude = HOME.degrees(*body.position[:2])
    chute = Chute.ARMED if pilot.chute_armed else Chute.SAFE
    if body.chute_s is not None:
        chute = Chute.FIRED
    return DroneState(
        drone=name,
        clock_s=drone.time_s,
        latitude=latitude if pilot.gps else None,
        longitude=longitude if pilot.gps else None,
        height_m=pilot.height_m,
        heading_deg=body.yaw_deg % 360,
        ground_mps=math.hypot(*body.velocity[:2]),
        climb_mps=body.velocity[2],
        charge=drone.battery.said,
        volts=drone.battery.voltage_v,
        mode=pilot.mode.name.title(),
        armed=pilot.armed,
        landed=Landed.GROUND if body.on_ground else Landed.AIR,
        chute=chute,
        aim=frames.Aim(
            pitch_deg=drone.gimbal.pitch_deg,
            yaw_deg=drone.gimbal.earth_yaw_deg(body.yaw_deg),
            across_deg=70.0,
            down_deg=43.0,
        ),
    )


def box(name: str, kind: str, west_m: float, south_m: float, east_m: float, north_m: float) -> dict[str, Any]:
    """An area, by its sides from HERE."""
    corners = [(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m), (west_m, south_m)]
    ring = [[point.longitude, point.latitude] for point in (away(*corner) for corner in corners)]
    return {
        "type": "Feature",
        "properties": {"name": name, "kind": kind},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
