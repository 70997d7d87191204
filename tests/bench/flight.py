"""A flight as people see it: send to airborne, telemetry to the map, a press on the map to a moving picture.

Everything is real (tests/pwa/fleet.py), on one machine. A second ground station, which only listens, knows
when the drone itself said that it is where: a place on the pilot's map is as old as that. A press counts as
answered when the pilot's page says what the drone answered, and as seen at the first frame at the officer
that differs from the one before by more than frames did while the camera stood still.
"""

import asyncio
import json
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from media.mavlink import Reader
from tests.pwa.caller import CHROMIUM
from tests.pwa.fleet import City
from tests.pwa.test_drones import FLIGHT_MS, SOON_MS, an_incident, signed_in
from tests.pwa.visits import PHONE

PRESSES = 16
AIRBORNE_MM = 1000  # above its dock
TELLS = """
  window.told_ = [];
  const Real = WebSocket;
  window.WebSocket = class extends Real {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", ({ data }) => {
        if (typeof data !== "string" || !data.includes('"drones-moved"')) return;
        const places = JSON.parse(data).drones.map(({ point }) => [point.latitude, point.longitude]);
        requestAnimationFrame(() => requestAnimationFrame(() => {  // it is drawn in the frame before this
          const now = performance.timeOrigin + performance.now();
          for (const place of places) window.told_.push([...place, now]);
        }));
      });
    }
  };
"""
WATCHES = """() => {
  const video = document.querySelector('.tile.is-large video');
  const canvas = Object.assign(document.createElement('canvas'), {width: 48, height: 27});
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  let before = null;
  window.frames_ = [];
  const frame = () => {
    pen.drawImage(video, 0, 0, 48, 27);
    const now = pen.getImageData(0, 0, 48, 27).data;
    if (before) {
      let apart = 0;
      for (let at = 0; at < now.length; at += 4) apart += Math.abs(now[at + 1] - before[at + 1]);
      window.frames_.push([performance.timeOrigin + performance.now(), apart / (48 * 27)]);
    }
    before = now;
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
}"""
PRESSED = """() => {
  window.pressed_ = 0; window.answered_ = 0;
  const now = () => performance.timeOrigin + performance.now();
  addEventListener('pointerup', () => { pressed_ = now(); answered_ = 0; }, true);
  new MutationObserver(() => {
    const said = document.querySelector('.acknowledged li')?.textContent ?? '';
    if (!answered_ && said.includes('Look there accepted')) answered_ = now();
  }).observe(document.querySelector('.acknowledged'), {subtree: true, childList: true, characterData: true});
}"""


class Overheard(asyncio.Protocol):
    """What one drone says: when it said that it is where, and since when it is in the air."""

    def __init__(self) -> None:
        self.places: dict[tuple[int, int], float] = {}
        self.airborne: float | None = None
        self._reader = Reader(None)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        for message in self._reader.feed(data):
            if message.get_type() == "GLOBAL_POSITION_INT":
                self.places.setdefault((message.lat, message.lon), now)
                if message.relative_alt > AIRBORNE_MM:
                    self.airborne = self.airborne or now


async def overhear(address: str) -> Overheard:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    _, heard = await asyncio.get_running_loop().create_connection(Overheard, host, int(port))
    return heard


def ages(told: list[tuple[float, float, float]], heard: Sequence[Overheard]) -> list[float]:
    """Milliseconds from when a drone first said a place until it was first drawn there."""
    first: dict[tuple[int, int], float] = {}
    for latitude, longitude, drawn in told:
        first.setdefault((round(latitude * 1e7), round(longitude * 1e7)), drawn)
    said = {place: at for each in heard for place, at in each.places.items()}
    return [drawn - 1000 * said[place] for place, drawn in first.items() if place in said]


async def press(pilot: Page, officer: Page, dx: float, dy: float) -> tuple[float, float] | None:
    """Milliseconds until it is answered and until it is seen; None when nothing moved."""
    caller = await pilot.locator(".map-person.is-caller .map-body").last.bounding_box()
    assert caller is not None
    await officer.evaluate("frames_.length = 0")
    await asyncio.sleep(1.5)  # what frames differ by while it stands still
    await pilot.mouse.click(caller["x"] + caller["width"] / 2 + dx, caller["y"] + caller["height"] / 2 + dy)
    await asyncio.sleep(2.0)
    pressed, answered = await pilot.evaluate("[pressed_, answered_]")
    frames: list[tuple[float, float]] = await officer.evaluate("frames_")
    still = [apart for at, apart in frames if at < pressed]
    if not still:
        return None
    moved = [at for at, apart in frames if at >= pressed and apart > 1.5 * max(still) + 0.5]
    return (answered - pressed, moved[0] - pressed) if answered and moved else None


async def measure(city: City) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        an_incident(city)
        pilot = await signed_in(browser, city, "pia", script=TELLS)
        officer = await signed_in(browser, city, "sam", PHONE)
        console = await signed_in(browser, city, "dana")
        send = console.get_by_role("button", name=re.compile("Send Kestrel")).first
        await send.wait_for(timeout=SOON_MS)
        assert city.simulator is not None
        heard = [await overhear(each["tcp"]) for each in city.simulator.where]
        pressed = time.time()
        await send.click()
        await console.context.close()
        await expect(pilot.get_by_role("heading", level=1)).to_contain_text("On scene", timeout=FLIGHT_MS)
        await officer.locator(".tile.is-large .chip.tone-live").wait_for()
        aged = sorted(ages(await pilot.evaluate("told_"), heard))  # of the way there, when it moves
        await asyncio.sleep(5)
        await officer.evaluate(WATCHES)
        await pilot.evaluate(PRESSED)
        ways = [(30.0, 0.0), (-30.0, 10.0), (0.0, 30.0), (10.0, -25.0)]
        found = [await press(pilot, officer, *ways[n % len(ways)]) for n in range(PRESSES)]
        await browser.close()
    seen = sorted(one for one in found if one is not None)
    assert seen, "no picture moved"
    answered, moved = zip(*seen, strict=True)
    airborne = min(each.airborne for each in heard if each.airborne is not None)
    figures = {
        "bench": "flight",
        "airborne_s": round(airborne - pressed, 1),
        "places": len(aged),
        "map_median_ms": round(statistics.median(aged)),
        "map_p99_ms": round(aged[int(0.99 * (len(aged) - 1))]),
        "presses": len(found),
        "seen": len(seen),
        "answered_median_ms": round(statistics.median(answered)),
        "moves_median_ms": round(statistics.median(moved)),
        "moves_worst_ms": round(max(moved)),
    }
    print(json.dumps(figures))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder))
        try:
            asyncio.run(measure(city.start()))
        finally:
            city.close()


if __name__ == "__main__":
    main()
