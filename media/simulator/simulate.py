"""What `sightline drone simulate` does: builds drones, opens ports, keeps time, reads orders."""

import argparse
import asyncio
import contextlib
import math
import sys
import time
from pathlib import Path

import msgspec

from media.mavlink import BadKey, Signer, read_key
from media.simulator import replay
from media.simulator.air import Weather
from media.simulator.camera import Camera
from media.simulator.drone import STEP_S, Drone, Fault, Place
from media.simulator.earth import Origin
from media.simulator.endpoint import Endpoint
from media.simulator.network import Address, Network
from media.simulator.render import Settings
from media.simulator.rtsp import RtspServer
from media.simulator.telemetry import State, Video

MOST_DRONES = 250  # a system id is one byte, and ground stations have the last
_DOCKS = (  # one in each quarter of the demonstration's map
    Place(60.1650, 24.9358, "Harbour dock"),
    Place(60.1661, 24.9446, "Esplanade dock"),
    Place(60.1655, 24.9536, "Old Market dock"),
    Place(60.1752, 24.9352, "Station dock"),
    Place(60.1753, 24.9440, "Assembly dock"),
    Place(60.1757, 24.9534, "Long Bridge dock"),
)
_THERMAL = (640, 512)
_RANGE_C = (-5.0, 40.0)  # scene.THERMAL_RANGE_C, whose module is heavy
_TICK_S = 0.01
_BEHIND_S = 0.5  # when the machine cannot keep up, time slips
_LINE_BYTES = 1024


class CannotFly(Exception):
    """Nothing was started; the message says why."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a fleet is made of. Ports that are 0 are chosen by the machine."""

    docks: tuple[Place, ...] = _DOCKS
    count: int = len(_DOCKS)
    host: str = "127.0.0.1"
    port: int = 0
    rtsp_port: int = 0
    to: tuple[Address, ...] = ()
    key: bytes | None = None
    picture: tuple[int, int, int] | None = (960, 540, 15)  # across, down, a second
    weather: Weather = Weather()
    ground_m: float = 10.0
    charge: float = 1.0
    seed: int = 0
    speed: float = 1.0


class Listening(msgspec.Struct, frozen=True):
    """Where one drone is to be had."""

    number: int
    name: str
    latitude: float
    longitude: float
    udp: str
    tcp: str
    videos: dict[str, str]


class Fleet:
    """`open`, `run`, `close`. Drones are numbered from 1; their docks are taken in turn."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        first = plan.docks[0]
        origin = Origin(first.latitude, first.longitude, plan.ground_m)
        # One clock of signatures for each drone: what one has heard, another may still hear.
        self.drones = [
            Drone(
                n + 1,
                _beside(plan.docks[n % len(plan.docks)], n // len(plan.docks)),
                origin,
                weather=plan.weather,
                seed=plan.seed,
                charge=plan.charge,
            )
            for n in range(plan.count)
        ]
        self.endpoints = [
            Endpoint(drone, Signer(plan.key) if plan.key else None, State(epoch_s=time.time()))
            for drone in self.drones
        ]
        self._networks = [Network(endpoint) for endpoint in self.endpoints]
        self.cameras: dict[int, Camera] = {}
        if plan.picture is not None:
            width, height, fps = plan.picture
            rate = max(300_000, width * height * fps // 5)
            settings = Settings(((width, height), _THERMAL), fps, (rate, rate // 2))
            self.cameras = {drone.number: Camera(drone, settings) for drone in self.drones}
        self._rtsp = RtspServer(self.cameras)

    async def open(self) -> list[Listening]:
        """Raises OSError for a port that cannot be had."""
        plan, found = self.plan, []
        rtsp = await self._rtsp.open(plan.host, plan.rtsp_port) if self.cameras else 0
        host = f"[{plan.host}]" if ":" in plan.host else plan.host
        for n, (drone, network) in enumerate(zip(self.drones, self._networks, strict=True)):
            port = await network.open(plan.host, plan.port + n if plan.port else 0, list(plan.to))
            videos = {}
            if drone.number in self.cameras:
                videos = {
                    what: f"rtsp://{host}:{rtsp}/{drone.number}/{what}" for what in ("colour", "thermal")
                }
                self.endpoints[n].state.videos = self._videos(self.cameras[drone.number].settings, videos)
            udp, tcp = f"udp://{host}:{port}", f"tcp://{host}:{port}"
            at = drone.dock
            found.append(Listening(drone.number, drone.name, at.latitude, at.longitude, udp, tcp, videos))
        return found

    @staticmethod
    def _videos(settings: Settings, urls: dict[str, str]) -> tuple[Video, ...]:
        made = []
        for n, (what, url) in enumerate(urls.items()):
            size, rate, hot = settings.sizes[n], settings.bitrates_bps[n], what == "thermal"
            name, range_c = what.capitalize(), _RANGE_C if hot else (0.0, 0.0)
            made.append(Video(name, url, *size, settings.fps, rate, hot, range_c))
        return tuple(made)

    async def run(self) -> None:
        """Keeps time until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for camera in self.cameras.values():
                tasks.create_task(camera.run())
            tasks.create_task(self._keep_time())

    async def _keep_time(self) -> None:
        last, owed = time.monotonic(), 0.0
        while True:
            await asyncio.sleep(_TICK_S)
            now = time.monotonic()
            owed = min(owed + (now - last) * self.plan.speed, _BEHIND_S * max(1.0, self.plan.speed))
            last = now
            while owed >= STEP_S and time.monotonic() - now < 0.1:
                owed -= STEP_S
                self.step()

    def step(self) -> None:
        """One step of everybody, without waiting."""
        for drone, endpoint in zip(self.drones, self.endpoints, strict=True):
            drone.step(STEP_S)
            endpoint.step(STEP_S)

    def close(self) -> None:
        self._rtsp.close()
        for network in self._networks:
            network.close()

    def obey(self, line: str) -> str:
        """What a line on standard input asked for was done; the answer says what, or why not."""
        words = line.split()
        try:
            match words:
                case ["break", who, what, *rest] if len(rest) < 2:
                    seconds = float(rest[0]) if rest else math.inf
                    if not seconds > 0:
                        return "So many seconds cannot be."
                    for drone in self._called(who):
                        drone.break_(Fault(what), seconds)
                    return f"Broken: {what} of {who}."
                case ["mend", who, what]:
                    for drone in self._called(who):
                        drone.mend(Fault(what))
                    return f"Mended: {what} of {who}."
                case ["service", who]:
                    done = [drone.number for drone in self._called(who) if drone.replace()]
                    return f"Serviced: {', '.join(map(str, done)) or 'none; they are flying'}."
                case ["wind", *numbers] if len(numbers) in (2, 3):
                    weather = _weather(",".join(numbers))
                    for drone in self.drones:
                        drone.air.weather = drone.autopilot.weather = weather
                    return "The wind has changed."
                case ["list"]:
                    return "\n".join(self._described(drone) for drone in self.drones)
        except (ValueError, CannotFly) as error:
            return f"Not done: {error}"
        return "Lines are: break N FAULT [SECONDS], mend N FAULT, service N, wind M_S FROM_DEG [GUST], list."

    def _called(self, who: str) -> list[Drone]:
        found = [drone for drone in self.drones if who in ("all", str(drone.number))]
        if not found:
            raise ValueError(f"there is no drone {who}")
        return found

    @staticmethod
    def _described(drone: Drone) -> str:
        pilot, body = drone.autopilot, drone.body
        latitude, longitude = drone.origin.degrees(*body.position[:2])
        broken = f", broken: {', '.join(fault.value for fault in drone.faults)}" if drone.faults else ""
        return (
            f"{drone.number} {drone.name}: {pilot.mode.name.lower()}{', armed' if pilot.armed else ''}, "
            f"{latitude:.6f},{longitude:.6f}, {pilot.height_m:.0f} m up, "
            f"{math.hypot(*body.velocity):.0f} m/s, battery {drone.battery.said:.0%}{broken}"
        )


def run(options: argparse.Namespace) -> int:
    """0 when it was ended, 2 when it could not begin."""
    try:
        if options.what == "replay":
            if not 0.01 <= options.speed <= 1000 or not 0 <= options.port <= 65535:
                raise CannotFly("--speed is from 0.01 to 1000, --port from 0 to 65535.")
            return replay.run(options, [_address(text) for text in options.to])
        return asyncio.run(_run(_plan(options), options))
    except (CannotFly, BadKey, OSError) as error:
        print(f"sightline drone: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


async def _run(plan: Plan, options: argparse.Namespace) -> int:
    fleet = Fleet(plan)
    try:
        found = await fleet.open()
        if options.json:
            print(msgspec.json.encode(found).decode(), flush=True)
        else:
            for each in found:
                videos = "".join(f"\n    {url}" for url in each.videos.values())
                print(f"{each.number} {each.name}\n    {each.udp} {each.tcp}{videos}", flush=True)
        flying = asyncio.create_task(fleet.run())
        reading = asyncio.create_task(_obey(fleet))
        await asyncio.wait((flying, reading), return_when=asyncio.FIRST_COMPLETED)
        if not options.until_closed and not flying.done():
            await flying
        if flying.done():
            await flying  # it ends by a bug only, which is said
        for task in (flying, reading):
            task.cancel()
        await asyncio.gather(flying, reading, return_exceptions=True)
    finally:
        fleet.close()
    return 0


async def _obey(fleet: Fleet) -> None:
    """Until standard input is closed."""
    reader = asyncio.StreamReader(limit=_LINE_BYTES)
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    except (OSError, ValueError):  # a file, or nothing: there is nobody to obey
        await asyncio.Event().wait()
    while True:
        try:
            line = await reader.readuntil()
        except asyncio.IncompleteReadError:
            return
        except asyncio.LimitOverrunError:
            with contextlib.suppress(asyncio.LimitOverrunError):
                await reader.read(_LINE_BYTES)
            continue
        if text := line.decode(errors="replace").strip():
            print(fleet.obey(text), flush=True)


def _plan(options: argparse.Namespace) -> Plan:
    docks = tuple(_dock(text) for text in options.dock or ()) or _DOCKS
    count = len(docks) if options.drones is None else options.drones
    if not 1 <= count <= MOST_DRONES:
        raise CannotFly(f"--drones is from 1 to {MOST_DRONES}.")
    if not 0 <= options.charge <= 1 or not 0.01 <= options.speed <= 1000:
        raise CannotFly("--charge is from 0 to 1, --speed from 0.01 to 1000.")
    if not 0 <= options.port <= 65535 - count or not 0 <= options.rtsp_port <= 65535:
        raise CannotFly("A port is from 0 to 65535, and each drone has one.")
    if not math.isfinite(options.ground) or abs(options.ground) > 9000:
        raise CannotFly("--ground is in metres above mean sea level.")
    return Plan(
        docks=docks,
        count=count,
        host=options.host,
        port=options.port,
        rtsp_port=options.rtsp_port,
        to=tuple(_address(text) for text in options.to),
        key=read_key(Path(options.key_file)) if options.key_file else None,
        picture=None if options.no_picture else _picture(options.picture),
        weather=_weather(options.wind),
        ground_m=options.ground,
        charge=options.charge,
        seed=options.seed,
        speed=options.speed,
    )


def _dock(text: str) -> Place:
    try:
        latitude, longitude, *name = text.split(",", 2)
        place = Place(float(latitude), float(longitude), *(each.strip()[:40] for each in name))
    except ValueError:
        place = Place(math.nan, math.nan)
    if not (abs(place.latitude) <= 85 and abs(place.longitude) <= 180):
        raise CannotFly(f"--dock is LAT,LON[,NAME]: 60.17,24.94,Station. It was {text}.")
    return place


def _beside(dock: Place, row: int) -> Place:
    """A second drone of a dock stands 3 m north of the first."""
    if row == 0:
        return dock
    return Place(dock.latitude + row * 2.7e-5, dock.longitude, f"{dock.name} {row + 1}".strip())


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotFly(f"--to is HOST:PORT: 127.0.0.1:14550. It was {text}.")
    return host.strip("[]"), int(port)


def _picture(text: str) -> tuple[int, int, int]:
    size, _, fps = text.partition("@")
    width, _, height = size.partition("x")
    if not all(each.isdigit() and len(each) < 5 for each in (width, height, fps)):
        raise CannotFly(f"--picture is WxH@FPS: 960x540@15. It was {text}.")
    across, down, rate = int(width) & ~1, int(height) & ~1, int(fps)
    if not (160 <= across <= 1920 and 120 <= down <= 1080 and 1 <= rate <= 30):
        raise CannotFly("--picture is between 160x120@1 and 1920x1080@30.")
    return across, down, rate


def _weather(text: str) -> Weather:
    try:
        numbers = [float(each) for each in text.split(",")]
        speed, from_deg, gust = numbers if len(numbers) == 3 else (*numbers, 0.0)
    except (ValueError, TypeError):
        speed = from_deg = gust = math.nan
    if not (0 <= speed <= 40 and 0 <= from_deg <= 360 and 0 <= gust <= 15):
        raise CannotFly(f"--wind is M_S,FROM_DEG,GUST: 6,250,1.5. It was {text}.")
    return Weather(speed, from_deg, gust)
