"""`make drone-faults`: every fault in every phase of a flight, in real browsers.

What three people read, what the drone does. Sixteen flights with the real simulator, connector and service
(tests/pwa/fleet.py). Each must be said on the pilot's page with what is to be done, and each flight must end
on the ground as it may; a table and a line of JSON at the end. `--phase` flies one row of them.
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Page, async_playwright, expect

from tests.pwa.caller import CHROMIUM
from tests.pwa.fleet import SCENE, City
from tests.pwa.lending import Person
from tests.pwa.test_drones import FLIGHT_MS, SOON_MS, an_incident, signed_in
from tests.pwa.visits import PHONE

FAULTS = {  # what is said of it, for how many seconds it is broken (None: for good), how it may end
    "link": (re.compile("Nothing that can be believed"), 20, {"home"}),
    "gps": (re.compile("lost its GPS position"), 8, {"home"}),
    "battery": (re.compile("are left|may be failing|critical|fail-safe"), None, {"home", "elsewhere"}),
    "motor": (re.compile("Parachute|Out of control|parachute"), None, {"parachute"}),
}
PHASES = {"transit": "On the way", "scene": "On scene", "hand-over": "Handing over", "return": "Going home"}


class Cell(msgspec.Struct, kw_only=True):
    """One flight. `said_s`: from the fault to the pilot's page."""

    phase: str
    fault: str
    said_s: float = 0.0
    pilot: str = ""
    advice: str = ""
    desk: str = ""
    officer: str = ""
    drone: str = ""
    end: str = ""
    kept: bool = False  # its flight ended as it may, and the fault is in its log


class Watch:
    """The city with three people at their pages, all at one incident."""

    def __init__(self, city: City, incident: str, pilot: Page, console: Page, officer: Page) -> None:
        self.city, self.incident = city, incident
        self.pilot, self.console, self.officer = pilot, console, officer
        self.dana, self.pia = Person(city.service, "dana"), Person(city.service, "pia")
        self.drones = {
            dock["drone"]["name"]: dock["drone"]["id"] for dock in self.dana.send("GET", "/api/docks")
        }

    async def fly(self, phase: str, fault: str) -> Cell:
        """One of the sixteen."""
        assert self.city.simulator is not None
        words, lasts, may = FAULTS[fault]
        cell = Cell(phase=phase, fault=fault)
        flight = await self._send()
        name = flight["drone"]
        title = self.pilot.get_by_role("heading", level=1)
        await self.pilot.locator("button.row").filter(has_text=name).first.click()
        if phase != "transit":
            await expect(title).to_contain_text("On scene", timeout=FLIGHT_MS)
        if phase == "hand-over":
            self.pia.send("POST", f"/api/flights/{flight['id']}/handover")
        elif phase == "return":
            self.pia.send("POST", f"/api/flights/{flight['id']}/return")
        await expect(title).to_contain_text(f"{name} {PHASES[phase]}", timeout=SOON_MS)
        began = time.monotonic()
        self.city.simulator.say(f"break {name[-1]} {fault}{'' if lasts is None else f' {lasts}'}")
        facts = self.pilot.locator(".flight-head")
        await expect(facts).to_contain_text(words, timeout=SOON_MS)
        cell.said_s = round(time.monotonic() - began, 1)
        await asyncio.sleep(1.5)  # the others are told a moment later
        cell.pilot = await _text(self.pilot.locator(".warnings p:not(.advice)"))
        cell.advice = await _text(self.pilot.locator(".warnings .advice"))
        cell.desk = await _text(
            self.console.get_by_role("region", name=f"Flight of {name}").locator("strong")
        )
        cell.officer = await self._mark(name)
        await self._down()
        log = self.pia.send("GET", f"/api/flights/{flight['id']}/log")
        cell.end = log["summary"]["end"]
        cell.drone = " → ".join(_phases(log))
        said = any(line["action"] in ("drone.fault", "drone.phase") for line in log["lines"])
        cell.kept = cell.end in may and said and bool(cell.pilot) and bool(cell.advice)
        return cell

    async def _send(self) -> dict[str, Any]:
        """The first drone that can go, when both stand in their docks again."""
        for _ in range(60):
            answers = self.dana.send("GET", f"/api/incidents/{self.incident}/drones")["answers"]
            if all(
                one["to_scene_s"] is not None for one in answers if one["drone"] in ("Kestrel 1", "Kestrel 2")
            ):
                body = {"drone_id": self.drones["Kestrel 1"]}
                sent: dict[str, Any] = self.dana.send("POST", f"/api/incidents/{self.incident}/flights", body)
                return sent
            await asyncio.sleep(1)
        raise TimeoutError(answers)

    async def _down(self) -> None:
        """Everybody home, whatever else was sent; then all are looked after and stand in their docks."""
        assert self.city.simulator is not None
        for _ in range(180):
            flights = [
                one["flight_id"] for one in (dock["drone"] for dock in self.dana.send("GET", "/api/docks"))
            ]
            up = [flight for flight in flights if flight is not None]
            if not up:
                break
            for flight in up[1:]:
                self.dana.status("POST", f"/api/flights/{flight}/return")
            if len(up) == 1 and not await self._goes_home(up[0]):
                self.dana.status("POST", f"/api/flights/{up[0]}/return")
            await asyncio.sleep(1)
        self.city.simulator.say("mend all link")
        for number in (1, 2):
            self.city.simulator.say(f"service {number}")

    async def _goes_home(self, flight: str) -> bool:
        log = self.dana.send("GET", f"/api/flights/{flight}/log")
        return log["summary"]["phase"] in ("returning", "diverted", "parachute", "landed")

    async def _mark(self, name: str) -> str:
        """What the officer's map and picture say."""
        mark = self.officer.locator(".map-person.is-drone")
        stale = await self.officer.locator(".map-person.is-drone.is-stale").count()
        large = self.officer.locator(".tile.is-large figure")
        about = await large.get_attribute("aria-label") if await large.count() else None
        chip = await _text(large.locator(".chip").first) if about else ""
        shown = "drone on the map" if await mark.count() else "no drone on the map"
        return f"{shown}{', as last heard' if stale else ''}; {about or 'no picture'} {chip}".strip()


async def _text(found: Any) -> str:
    return " ".join(" ".join(await found.all_inner_texts()).split())


def _phases(log: dict[str, Any]) -> list[str]:
    """The phases that it flew, each once in a row."""
    flown: list[str] = []
    for point in log["points"]:
        if not flown or flown[-1] != point[-1]:
            flown.append(point[-1])
    return flown


async def _run(folder: Path, phases: Sequence[str]) -> list[Cell]:
    city = City(folder, "--picture", "320x180@5")
    try:
        city.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            incident = an_incident(city, SCENE)
            console, pilot = await signed_in(browser, city, "dana"), await signed_in(browser, city, "pia")
            officer = await signed_in(browser, city, "sam", PHONE)
            await console.get_by_role("button").filter(has_text="Break-in").first.click()
            watch = Watch(city, incident, pilot, console, officer)
            cells = []
            for phase in phases:
                for fault in FAULTS:
                    cells.append(await watch.fly(phase, fault))
                    print(json.dumps(msgspec.to_builtins(cells[-1])), flush=True)
            await browser.close()
            return cells
    finally:
        city.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phase", choices=PHASES, action="append")
    phases = parser.parse_args().phase or [*PHASES]
    with tempfile.TemporaryDirectory() as folder:
        cells = asyncio.run(_run(Path(folder), phases))
    print("| phase | fault | said after | pilot reads | what to do | desk | officer | it flew | end |")
    print("|---|---|---|---|---|---|---|---|---|")
    for one in cells:
        words = (one.pilot, one.advice, one.desk, one.officer, one.drone, one.end)
        print(f"| {one.phase} | {one.fault} | {one.said_s} s | {' | '.join(words)} |")
    kept = sum(one.kept for one in cells)
    print(json.dumps({"bench": "drone-faults", "flights": len(cells), "kept": kept}))
    if kept < len(cells):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
