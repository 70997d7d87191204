"""A city with drones, all of it real: the simulator, a dock's connector and the service, each a process.

`City.start` registers the docks, puts a pilot on watch and says the weather; then a drone can be sent.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Self

from backend.aerodrome import CAPACITY_WH, SHEET
from tests.connector.desk import Connector
from tests.pwa.lending import Person
from tests.pwa.service import Service

HERE = (60.1700, 24.9400)  # the first dock
SECOND = (60.1722, 24.9452)
THIRD = (60.1690, 24.9300)  # where a drone stands that no dock is registered for
SCENE = {"latitude": 60.1712, "longitude": 24.9420}  # 170 m from the one, 210 from the other
AFAR = {"latitude": 60.1672, "longitude": 24.9410}  # 320 m from the first: time for a fault on the way
PEOPLE = {"dana": "dispatcher", "sam": "officer", "pia": "pilot", "pol": "pilot", "lee": "supervisor"}


class Simulator:
    """`sightline drone simulate` with these docks; `where` is what it says of each."""

    def __init__(self, docks: list[tuple[float, float, str]], *arguments: str) -> None:
        named = [word for lat, lon, name in docks for word in ("--dock", f"{lat},{lon},{name}")]
        command = [sys.executable, "-m", "backend", "drone", "simulate", "--json", "--until-closed"]
        self._process = subprocess.Popen(
            [*command, *named, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.where: list[dict[str, Any]] = json.loads(self._out.readline())

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def say(self, line: str) -> None:
        """`break 1 battery` and the like."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        with self._process:  # its pipes, too
            self._process.kill()


class City:
    """Two docks with their drones, one drone without, and everybody who has to do with them.

    `flags` are the simulator's. Not `--speed`: a drone whose clock runs ahead is not believed for long.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        self._flags = flags
        (folder / "service").mkdir()
        self.service = Service(folder / "service")
        self.simulator: Simulator | None = None
        self.connector = Connector(folder / "connector")

    def start(self) -> Self:
        for name, role in PEOPLE.items():
            self.service.add_person(name, role, unit="4B12" if role == "officer" else None)
        self.service.start()
        docks = [(*HERE, "Harbour dock"), (*SECOND, "Library dock"), (*THIRD, "Depot")]
        self.simulator = Simulator(docks, "--picture", "640x360@12", "--wind", "3,250,0.5", *self._flags)
        lee = Person(self.service, "lee")
        point = {"latitude": HERE[0], "longitude": HERE[1]}
        site = lee.send(
            "POST", "/api/sites", {"kind": "city", "name": "Docks", "address": "1 Main St", "point": point}
        )
        code = lee.send("POST", f"/api/sites/{site['id']}/enrolments")["code"]
        self._do("enrol", self.service.url, code, "--name", "Docks")
        self._do("allow", "127.0.0.0/8")
        for drone in self.simulator.where:
            colour, thermal = drone["videos"]["colour"], drone["videos"]["thermal"]
            label = f"Kestrel {drone['number']}"
            pictures = ("--colour", colour, "--thermal", thermal)
            self._do("drone", "add", f"d{drone['number']}", drone["udp"], "--label", label, *pictures)
        self.connector.run()
        connector = lee.send("GET", "/api/agency/sites")[0]["connectors"][0]["id"]
        now = datetime.now(UTC)
        pia = Person(self.service, "pia")
        for drone in self.simulator.where[:2]:
            dock = lee.send("POST", "/api/docks", self._dock(site["id"], connector, drone, now))
            pia.send("POST", f"/api/docks/{dock['id']}/watch", {"observers": 0})
        pia.send("PUT", "/api/weather", WEATHER)
        return self

    def _do(self, *arguments: str) -> None:
        done = self.connector.command(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)

    def _dock(self, site: str, connector: str, drone: dict[str, Any], now: datetime) -> dict[str, Any]:
        return {
            "site_id": site,
            "connector_id": connector,
            "name": drone["name"],
            "point": {"latitude": drone["latitude"], "longitude": drone["longitude"]},
            "roof_m": 0.0,
            "waiver": {
                "number": "107W-1",
                "begins": (now - timedelta(days=9)).isoformat(),
                "ends": (now + timedelta(days=9)).isoformat(),
                "light": "night",
                "ceiling_m": 40.0,  # climbing and coming down is most of a short flight
            },
            "drone": {
                "called": f"d{drone['number']}",
                "name": f"Kestrel {drone['number']}",
                "sheet": SHEET,
                "capacity_wh": CAPACITY_WH,
            },
        }

    def close(self) -> None:
        self.connector.kill()
        if self.simulator is not None:
            self.simulator.close()
        self.service.kill()


WEATHER = {
    "wind": {"speed_mps": 4.0, "from_deg": 250.0},
    "gust_mps": 6.0,
    "rain_mmph": 0.0,
    "visibility_m": 9000.0,
    "temperature_c": 12.0,
}
