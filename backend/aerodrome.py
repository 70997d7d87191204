"""The demonstration's drones: six docks across its city, with drones that are none, and their weather.

Everything but the drones is real: a simulator speaks MAVLink as an autopilot does, one connector speaks to
all six and dials the service, and supervisors' steps register the docks.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec

from backend.model.daylight import Light
from backend.model.devices import DeviceKind
from backend.model.docks import Waiver
from backend.model.ids import SiteId
from backend.model.people import User
from backend.model.positions import Point
from backend.model.sites import SiteKind
from backend.parts import Parts
from backend.stagehands import connector, done, ended, signed_in, started
from media.connector.folder import Camera, Drone, Folder

AREAS = Path(__file__).with_name("demo-areas.geojson")  # made up, over that map
SHEET = {  # what media/simulator flies, measured
    "name": "Simulated quadcopter",
    "cruise_mps": 18.0,
    "climb_mps": 5.0,
    "descend_mps": 3.5,
    "hover_w": 460.0,
    "cruise_w": 715.0,
    "climb_w": 860.0,
}
CAPACITY_WH = 273.0
_HALL = Point(latitude=60.1695, longitude=24.9525)
_WIND = (4.0, 250.0, 1.0)  # m/s, from where, one sigma of gusts: the simulator's own
_SAY_S = 120.0
_THERE_S = 30.0


class AerodromeError(Exception):
    """There are no drones; the message says why."""


class Permit(msgspec.Struct, frozen=True):
    """What the docks' connector is enrolled by, and the weather station's token."""

    site: str
    code: str
    station: str


class Simulated(msgspec.Struct, frozen=True):
    """Where one simulated drone is to be had."""

    number: int
    name: str
    latitude: float
    longitude: float
    tcp: str
    videos: dict[str, str]

    @property
    def called(self) -> str:
        return self.name.lower().replace(" ", "-")


async def build(parts: Parts, lee: User) -> Permit:
    """A site of the city's for the docks, and a station."""
    site = await parts.sites.add(
        lee, kind=SiteKind.CITY, name="Drone docks", address="City Hall", point=_HALL, numbers=()
    )
    code, _ = await parts.enrolments.issue(lee, SiteId(site.id))
    _, token = await parts.devices.register(
        lee, kind=DeviceKind.STATION, name="City Hall roof", unit=None, camera=None
    )
    return Permit(site.id, code.reveal(), token.reveal())


class Aerodrome:
    """The simulator's and the connector's processes, from `open` until `close`."""

    def __init__(self, url: str, trust: Path | None, folder: Path) -> None:
        self._url, self._trust, self._folder = url, trust, folder
        self._processes: list[asyncio.subprocess.Process] = []
        self._weather: asyncio.Task[None] | None = None

    async def open(self, permit: Permit, name: str, password: str) -> None:
        """Drones in their docks, registered by who signs in so. Raises AerodromeError."""
        drones = await self._simulator()
        trust = ("--trust", str(self._trust)) if self._trust else ()
        enrolling = ("enrol", self._url, permit.code, "--name", "Dock controller", *trust)
        if not await done(await connector(self._folder, *enrolling)):
            raise AerodromeError("their connector could not be enrolled")
        if not await done(await connector(self._folder, "allow", "127.0.0.1")):  # where the simulator is
            raise AerodromeError("their connector does not take this machine's own address")
        folder = Folder(self._folder)
        for drone in drones:
            docked = Drone(name=drone.called, label=drone.name, address=drone.tcp)
            kinds = zip(("colour", "thermal"), docked.pictures, strict=True)
            cameras = [
                Camera(name=name, label=f"{drone.name}, {kind}", url=drone.videos[kind], kind="drone")
                for kind, name in kinds
            ]
            folder.add_drone(docked, cameras)
        self._processes.append(await connector(self._folder, "run", "--until-closed"))
        try:
            await self._say_weather(permit.station)
            async with signed_in(self._url, self._trust, name, password) as http:
                await self._register(http, permit, drones)
        except httpx.HTTPError as error:
            raise AerodromeError(f"the service does not take them: {error}") from error
        self._weather = asyncio.create_task(self._keep_saying(permit.station))

    async def close(self) -> None:
        """Nothing of it is left when this returns."""
        if self._weather is not None:
            self._weather.cancel()
            await asyncio.gather(self._weather, return_exceptions=True)
        await asyncio.gather(*map(ended, self._processes))

    async def _simulator(self) -> list[Simulated]:
        wind = ",".join(map(str, _WIND))
        simulator = await started("drone", "simulate", "--json", "--until-closed", "--wind", wind, heard=True)
        self._processes.append(simulator)
        assert simulator.stdout is not None
        try:
            async with asyncio.timeout(_THERE_S):
                line = await simulator.stdout.readline()
            return msgspec.json.decode(line, type=list[Simulated])
        except (TimeoutError, msgspec.MsgspecError) as error:
            raise AerodromeError("the simulator does not start: pip install 'sightline[drone]'") from error

    async def _register(self, http: httpx.AsyncClient, permit: Permit, drones: list[Simulated]) -> None:
        sites = (await http.get("/api/agency/sites")).raise_for_status().json()
        (site,) = (each for each in sites if each["id"] == permit.site)
        year = timedelta(days=365)
        now = datetime.now(UTC)
        for drone in drones:
            waiver = Waiver(
                number=f"DEMO-{drone.number:02}",
                begins=now - year,
                ends=now + year,
                ceiling_m=100.0,
                light=Light.NIGHT,
            )
            body = {
                "site_id": permit.site,
                "connector_id": site["connectors"][0]["id"],
                "name": drone.name,
                "point": {"latitude": drone.latitude, "longitude": drone.longitude},
                "waiver": msgspec.to_builtins(waiver),
                "drone": {
                    "called": drone.called,
                    "name": drone.name.replace(" dock", ""),
                    "sheet": SHEET,
                    "capacity_wh": CAPACITY_WH,
                },
            }
            (await http.post("/api/docks", json=body)).raise_for_status()

    async def _keep_saying(self, token: str) -> None:
        while True:
            await asyncio.sleep(_SAY_S)
            with suppress(httpx.HTTPError):  # what is missed is said two minutes later
                await self._say_weather(token)

    async def _say_weather(self, token: str) -> None:
        """As the simulator has it."""
        wind, come_from, gust = _WIND
        weather = {
            "wind": {"speed_mps": wind, "from_deg": come_from},
            "gust_mps": wind + 2 * gust,
            "rain_mmph": 0.0,
            "visibility_m": 10_000.0,
            "temperature_c": 12.0,
        }
        headers = {"Authorization": f"Bearer {token}"}
        verify = str(self._trust) if self._trust else True
        async with httpx.AsyncClient(verify=verify, timeout=10, trust_env=False) as http:
            answer = await http.post(f"{self._url}/api/station/weather", json=weather, headers=headers)
            answer.raise_for_status()
