"""`make bench-nearby`: how long it takes to say what is near an incident, among 1k, 10k and 100k cameras.

On SQLite, as served: each question is a transaction of its own through services.nearby, rules applied. The
cameras stand over the extent of Detroit (370 km²) as they do in a city: four in ten around eight centres, the
densest with some 3,000 a square kilometre, the rest spread evenly. Levels, radii, hours, pauses and views are
mixed, and one connector in twenty is away. Two in three incidents are where cameras are, as emergencies are
where people are. The last line is JSON; times are per question, in this process, of all questions of a run.
With `--database postgresql+psycopg://…` it does the same in that one, which must be empty, and empties it.
"""

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import uvloop
from sqlalchemy import insert, text

from backend.model.cameras import Camera, Hours, ParticipationLevel, Pause, View
from backend.model.ids import CameraId, ConnectorId, IncidentId, SiteId, new_id
from backend.model.incidents import Incident
from backend.model.lending import Offer
from backend.model.positions import Point, Position, PositionSource
from backend.services import nearby
from backend.store.cameras import row
from backend.store.store import Store
from backend.store.tables import METADATA, cameras, connectors, sites, sources
from tests.bench.forward import machine

SIZES = (1_000, 10_000, 100_000)
QUESTIONS, WARM = 2_000, 100
SOUTH, NORTH, WEST, EAST = 42.255, 42.450, -83.288, -82.910  # degrees: Detroit
CENTRES, IN_CENTRES, CENTRE_M = 8, 0.4, (500, 1_200)
CAMERAS_A_SITE = 4
NOW = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)  # half past ten in the evening there
ZONE = ZoneInfo("America/New_York")
LEVELS = {
    ParticipationLevel.REGISTRY: 30,
    ParticipationLevel.ASK: 20,
    ParticipationLevel.OWN_CALLS: 15,
    ParticipationLevel.NEARBY: 35,
}
RADII_M = {50: 10, 100: 20, 200: 40, 500: 20, 1000: 10}
HOURS = (
    Hours(),
    Hours(),
    Hours(from_min=8 * 60, to_min=18 * 60),
    Hours(from_min=20 * 60, to_min=6 * 60),
    Hours(days=0b0011111, from_min=7 * 60, to_min=23 * 60),
)
METRES_A_DEGREE = 111_195.0


class City:
    """Where things are in it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._centres = [(self._anywhere(), dice.uniform(*CENTRE_M)) for _ in range(CENTRES)]
        self._centres[0] = (self._centres[0][0], CENTRE_M[0] * 1.3)

    def place(self) -> Point:
        """Somewhere that people are."""
        if self._dice.random() >= IN_CENTRES:
            return self._anywhere()
        centre, spread_m = self._dice.choice(self._centres)
        north, east = self._dice.gauss(0, spread_m), self._dice.gauss(0, spread_m)
        return Point(
            latitude=centre.latitude + north / METRES_A_DEGREE,
            longitude=centre.longitude + east / METRES_A_DEGREE / 0.739,
        )

    def _anywhere(self) -> Point:
        return Point(latitude=self._dice.uniform(SOUTH, NORTH), longitude=self._dice.uniform(WEST, EAST))

    def camera(self, site: SiteId, connector: ConnectorId, source: str) -> Camera:
        dice, beside = self._dice, self.place()
        heading = None if dice.random() < 0.1 else dice.uniform(0, 360)
        paused = dice.random() < 0.03
        return Camera(
            id=CameraId(new_id("cam")),
            site_id=site,
            name="A camera",
            point=beside,
            added_at=NOW,
            view=View(heading_deg=heading, field_deg=dice.uniform(40, 130)),
            level=dice.choices(list(LEVELS), list(LEVELS.values()))[0],
            radius_m=dice.choices(list(RADII_M), list(RADII_M.values()))[0],
            hours=dice.choice(HOURS),
            pause=Pause(since=NOW, until=NOW + timedelta(days=1)) if paused else None,
            connector_id=connector,
            source=source,
        )


async def _fill(store: Store, city: City, count: int) -> set[ConnectorId]:
    """Cameras with their sites, connectors and sources; which connectors are there."""
    dice, there = random.Random(count), set[ConnectorId]()
    rows: dict[str, list[dict[str, object]]] = {"sites": [], "connectors": [], "sources": [], "cameras": []}
    for number in range(0, count, CAMERAS_A_SITE):
        site, connector = SiteId(new_id("sit")), ConnectorId(new_id("con"))
        if dice.random() < 0.95:
            there.add(connector)
        place = city.place()
        rows["sites"].append(
            {
                "id": site,
                "kind": "business",
                "name": f"Shop {number}",
                "address": "",
                "latitude": place.latitude,
                "longitude": place.longitude,
                "added_at": NOW,
            }
        )
        rows["connectors"].append(
            {
                "id": connector,
                "site_id": site,
                "name": "",
                "key": new_id("key"),
                "enrolled_at": NOW,
                "version": "",
            }
        )
        for channel in range(CAMERAS_A_SITE):
            name = f"channel-{channel}"
            rows["sources"].append(
                {
                    "connector_id": connector,
                    "name": name,
                    "label": "",
                    "kind": "onvif",
                    "codec": "h264",
                    "width": 1920,
                    "height": 1080,
                    "transcodes": False,
                    "has_sound": False,
                    "trouble": "It wants a password." if dice.random() < 0.01 else None,
                    "seen_at": NOW,
                }
            )
            rows["cameras"].append(row(city.camera(site, connector, name)))
    async with store._write.begin() as connection:
        for table in (sites, connectors, sources, cameras):
            await connection.execute(insert(table), rows[table.name])
        await connection.execute(text("ANALYZE"))
    return there


async def measure(count: int, questions: int, database: str) -> dict[str, float]:
    """Milliseconds by name, and what was found."""
    city = City(random.Random(911))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(database or f"sqlite+aiosqlite:///{Path(folder) / 'nearby.db'}")
        async with store._write.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        there = await _fill(store, city, count)
        times, openable, more = [], 0, 0
        for number in range(WARM + questions):
            at = city.place() if number % 3 else city._anywhere()
            incident = Incident(
                id=IncidentId(new_id("inc")),
                type="Break-in",
                words="",
                opened_at=NOW,
                opened_by="",
                position=Position(
                    latitude=at.latitude,
                    longitude=at.longitude,
                    accuracy_m=10,
                    at=NOW,
                    source=PositionSource.CALLER,
                ),
            )
            began = time.perf_counter()
            async with store.read() as tx:
                found = await nearby.around(tx, incident, NOW, zone=ZONE, connected=there.__contains__)
            if number >= WARM:
                times.append((time.perf_counter() - began) * 1000)
                openable += sum(camera.offer is not Offer.NO for camera in found.cameras)
                more += found.more
        if database:
            async with store._write.begin() as connection:
                await connection.run_sync(METADATA.drop_all)
        await store.close()
    times.sort()
    return {
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "most": times[-1],
        "openable": openable / questions,
        "more": more / questions,
    }


async def _run(questions: int, database: str) -> dict[str, float]:
    p99: dict[str, float] = {}
    print(f"{'cameras':>8} {'p50':>8} {'p99':>8} {'most':>8}   of {questions} questions, ms")
    for size in SIZES:
        found = await measure(size, questions, database)
        p99[f"p99_ms_{size // 1000}k"] = round(found["p99"], 2)
        print(
            f"{size:8} {found['p50']:8.2f} {found['p99']:8.2f} {found['most']:8.2f}   "
            f"{found['openable']:.1f} may be opened, {found['more']:.0f} more are near, on average",
            flush=True,
        )
    return p99


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--questions", type=int, default=QUESTIONS)
    reader.add_argument("--database", default="", help="an empty PostgreSQL instead of SQLite")
    chosen = reader.parse_args()
    print(f"machine: {machine()} at the start")
    p99 = uvloop.run(_run(chosen.questions, chosen.database))
    print(f"machine: {machine()} at the end")
    print(json.dumps({"bench": "nearby", **p99}, separators=(",", ":")))


if __name__ == "__main__":
    main()
