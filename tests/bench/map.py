"""`make bench-map`: how smoothly the console's map is dragged with 500 reporting units and 500 cameras.

Real Chromium, the built pages, the streets of the demonstration; every unit reports once a second. Prints
a JSON line: milliseconds between two frames while the map is dragged, and in long tasks meanwhile.
"""

import argparse
import asyncio
import gzip
import json
import math
import random
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Page, Route, async_playwright

from backend.api.tiles import Basemap
from tests.pwa.agency import ORIGIN, Agency, camera, feed, incident, link, position, unit
from tests.pwa.caller import CHROMIUM
from tests.pwa.visits import APP, visiting

MAP = Path(__file__).parents[2] / "backend" / "demo.pmtiles"
HERE = (60.1704, 24.9435)
UNITS = CAMERAS = 500
DRAGS, STEPS = 6, 60
TOLD = 4
STEP_S = 1 / 60
WATCH = """
  window.gaps = []; window.busy = 0;
  let last = performance.now();
  const look = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.busy += entry.duration;
  }).observe({ type: "longtask" });
"""


def place(rng: random.Random, most_m: float) -> dict[str, float]:
    """Somewhere around the scene."""
    far, way = most_m * math.sqrt(rng.random()), rng.random() * math.tau
    north, east = far * math.cos(way), far * math.sin(way)
    return {"latitude": HERE[0] + north / 111_195, "longitude": HERE[1] + east / 55_300}


def moved(rng: random.Random, number: int) -> dict[str, Any]:
    heading = rng.random() * 360
    return unit(
        number,
        f"4B{number}",
        position(**place(rng, 2500), source="unit", heading_deg=heading, speed_mps=9.0),
    )


def agency(rng: random.Random, units: int) -> Agency:
    made = Agency(APP)
    made.units = [moved(rng, number) for number in range(units)]
    made.cameras = [
        camera(
            number,
            f"Camera {number}",
            point=place(rng, 1500),
            view={"heading_deg": rng.random() * 360, "field_deg": 80.0, "height_m": 3.0},
            offer=rng.choice(["open", "ask", "no"]),
        )
        for number in range(CAMERAS)
    ]
    made.incidents["inc_1"] = incident(
        1,
        links=[link(1, "sharing")],
        feeds=[feed(1, "live")],
        position=position(latitude=HERE[0], longitude=HERE[1]),
        unit_ids=["unt_1", "unt_2"],
    )
    return made


async def answer_tiles(page: Page) -> None:
    basemap = Basemap(MAP)

    async def answer(route: Route) -> None:
        parts = route.request.url.removeprefix(f"{ORIGIN}/tiles").split("?")[0].strip("/").split("/")
        if len(parts) != 3:
            await route.fulfill(body=msgspec.json.encode(basemap.about()), content_type="application/json")
            return
        tile = basemap.tile(*map(int, parts))
        await route.fulfill(status=204) if tile is None else await route.fulfill(body=gzip.decompress(tile))

    await page.context.route("**/tiles**", answer)


async def report(made: Agency, rng: random.Random, count: int) -> None:
    """Every unit once a second, told together as the server does, four times a second."""
    while True:
        for first in range(TOLD):
            units = [moved(rng, number) for number in range(first, count, TOLD)]
            places = [{"id": each["id"], "position": each["position"]} for each in units]
            await made.tell({"type": "units-moved", "units": places})
            await asyncio.sleep(1 / TOLD)


async def drag(page: Page) -> None:
    """There and back, as by a hand that does not let go."""
    box = await page.locator(".map-over").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 40
    for number in range(DRAGS):
        await page.mouse.move(x, y)
        await page.mouse.down()
        way = -1 if number % 2 else 1
        for step in range(STEPS):
            await page.mouse.move(x + way * 4 * step, y - step)
            await asyncio.sleep(STEP_S)
        await page.mouse.up()


async def main(units: int) -> None:
    rng = random.Random(1)
    made = agency(rng, units)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        async with visiting(browser, made, "/signin", size=(1280, 800)) as page:
            await answer_tiles(page)
            await page.goto(f"{ORIGIN}/console#inc_1")
            await page.locator("[data-map=drawn]").wait_for()
            await page.locator(".map-cluster").first.wait_for()
            await page.keyboard.press("s")  # the map is the large pane
            marks = await page.locator(".map-marks > g").count()
            reporting = asyncio.create_task(report(made, rng, units))
            await page.evaluate(WATCH)
            await drag(page)
            gaps, busy = await page.evaluate("[gaps, busy]")
            reporting.cancel()
        await browser.close()
    gaps = sorted(gaps[1:])
    print(
        json.dumps(
            {
                "units": units,
                "cameras": CAMERAS,
                "marks": marks,
                "frames": len(gaps),
                "frame_p50_ms": round(gaps[len(gaps) // 2], 1),
                "frame_p95_ms": round(gaps[len(gaps) * 95 // 100], 1),
                "frame_max_ms": round(gaps[-1], 1),
                "long_tasks_ms": round(busy),
            }
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS)
    asyncio.run(main(parser.parse_args().units))
