"""`make bench-loss`: the picture and the sound that are left when the network loses packets on both legs.

Real Chromium publishes and watches by the product's own rtc modules, through a bad network
(tests/bench/bad_network.py) on each leg: caller to engine, engine to viewer. Every direction of both loses
its share by a map of its own, made from a fixed seed, and is delayed. The source gives 20 frames a second
at 1280×720 and a sound that is never silent. Each run connects over a clean path, then the network turns
bad, and after `SETTLE_S` the measuring begins.

    python -m tests.bench.loss --quick 10,300 30,300     # two settings, one run each; % and ms one way
    python -m tests.bench.loss                           # all settings; ends with a JSON line

`--bursty` loses in runs of five on average instead of each datagram for itself. `--seconds`, `--runs` and
`--settle` change what they say.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from playwright.async_api import Browser, Page, async_playwright

from media.ports import FeedId
from tests.bench.bad_network import NOTHING_LOST, LossMap, Relay
from tests.peers import Place, serving
from tests.pwa import peers

CHROMIUM = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=20",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
ALL = [(loss, delay) for delay in (0, 300) for loss in (0, 5, 10, 20, 30)]  # %, ms one way
SEED = 20261124
SAMPLES_PER_S = 48_000
SETTLE_S, SECONDS, RUNS = 10.0, 20.0, 3


class Setting(msgspec.Struct, frozen=True):
    """`loss` 0 to 1 in every direction of each leg; `delay_s` one way on each leg."""

    loss: float
    delay_s: float
    bursty: bool = False

    def maps(self, run: int) -> list[LossMap]:
        """Four of them: caller up and down, viewer up and down."""
        make = LossMap.bursty if self.bursty else LossMap.uniform
        return [make(self.loss, SEED + 4 * run + way) for way in range(4)]


class Result(msgspec.Struct, frozen=True):
    """One run at the viewer."""

    fps: float  # decoded
    gap_s: float  # the longest time without a new frame on the screen
    freezes: int  # as Chromium counts them
    speech: float  # 0 to 1, of the time, what was played from packets that came in time and not made up
    kbit_s: float  # of the picture, sent by the caller
    delay_s: float  # a frame's time in the viewer's jitter buffer
    keyframes: int
    sessions: int  # opened by both pages; 2 when nobody had to return


class Ramp(msgspec.Struct, frozen=True):
    """`mbit_s` in the fifth second; `reached_s` when a whole second had 2 Mbit/s, None when none had."""

    mbit_s: float
    reached_s: float | None


async def measure(browser: Browser, setting: Setting, run: int, settle_s: float, seconds: float) -> Result:
    async with (
        serving(peers.html()) as place,
        Relay(place.sfu.port) as caller_leg,
        Relay(place.sfu.port) as viewer_leg,
    ):
        caller, viewer = await _page(browser, place), await _page(browser, place)
        try:
            for leg in (caller_leg, viewer_leg):
                leg.set(NOTHING_LOST, NOTHING_LOST, setting.delay_s)
            await _connect(place, caller, caller_leg.port, viewer, viewer_leg.port)
            maps = setting.maps(run)
            caller_leg.set(maps[0], maps[1], setting.delay_s)
            viewer_leg.set(maps[2], maps[3], setting.delay_s)
            await asyncio.sleep(settle_s)
            before = await _count(caller, viewer)
            await asyncio.sleep(seconds)
            after = await _count(caller, viewer)
            return await _result(viewer, before, after)
        finally:
            await caller.context.close()
            await viewer.context.close()


async def _page(browser: Browser, place: Place) -> Page:
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    await page.goto(place.url)
    return page


async def _connect(place: Place, caller: Page, caller_port: int, viewer: Page, viewer_port: int) -> None:
    place.doorkeeper.publisher("caller", "fed_loss")
    place.doorkeeper.subscriber("viewer", "fed_loss")
    wishes = {"audio": True, "port": caller_port}
    await caller.evaluate("wishes => peer.publish('caller', wishes)", wishes)
    wishes = {"audio": True, "port": viewer_port}
    await viewer.evaluate("wishes => peer.watch('viewer', 'fed_loss', wishes)", wishes)
    await asyncio.wait_for(viewer.evaluate("peer.until(60)"), 30)  # three seconds of picture


async def _count(caller: Page, viewer: Page) -> list[dict[str, Any]]:
    sent, seen = await asyncio.gather(caller.evaluate("peer.count()"), viewer.evaluate("peer.count()"))
    seen["sessions"] = await caller.evaluate("peer.sessions.length") + await viewer.evaluate(
        "peer.sessions.length"
    )
    return [sent, seen]


async def _result(viewer: Page, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Result:
    sent = {name: after[0][name] - before[0][name] for name in after[0]}
    seen = {name: after[1][name] - before[1][name] for name in after[1]}
    begin, end = before[1]["at"], after[1]["at"]
    shown: list[float] = [at for at in await viewer.evaluate("peer.shown") if begin < at < end]
    gaps = [b - a for a, b in zip([begin, *shown], [*shown, end], strict=True)]
    seconds = seen["at"] / 1000
    return Result(
        fps=round(seen["decoded"] / seconds, 2),
        gap_s=round(max(gaps) / 1000, 3),
        freezes=seen["freezes"],
        speech=round(min(1.0, (seen["samples"] - seen["concealed"]) / SAMPLES_PER_S / seconds), 4),
        kbit_s=round(sent["bytes"] * 8 / sent["at"]),
        delay_s=round(seen["delay_s"] / seen["emitted"] if seen["emitted"] else 0.0, 2),
        keyframes=seen["keyframes"],
        sessions=after[1]["sessions"],
    )


async def everything(
    settings: list[Setting], runs: int, settle_s: float, seconds: float
) -> list[list[Result]]:
    """`runs` results for each setting; every run has a browser of its own, so that nothing is remembered."""
    print(HEADER, flush=True)
    every = []
    async with async_playwright() as playwright:
        for setting in settings:
            results = []
            for run in range(runs):
                browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
                try:
                    results.append(await measure(browser, setting, run, settle_s, seconds))
                finally:
                    await browser.close()
            every.append(results)
            print(_row(setting, results), flush=True)
    return every


async def ramps(runs: int) -> list[Ramp]:
    """What one Chromium reaches with a 720p source on loopback; it is noise, which no encoder shrinks."""
    every = []
    async with async_playwright() as playwright:
        for _ in range(runs):
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            async with serving(peers.html()) as place:
                place.doorkeeper.publisher("caller", "fed_ramp")
                page = await _page(browser, place)
                await page.evaluate("peer.publish('caller', {noise: true})")
                every.append(await _ramp(place))
            await browser.close()
    return every


async def _ramp(place: Place) -> Ramp:
    """The clock starts with the first packet."""
    feed, readings = FeedId("fed_ramp"), list[tuple[float, int]]()
    while not readings or readings[-1][0] < readings[0][0] + 5:
        await asyncio.sleep(0.05)
        stats = place.sfu.feed_stats(feed)
        if stats is not None and stats.bytes_in:
            readings.append((time.monotonic(), stats.bytes_in))
    began, reached = readings[0][0], None
    for at, total in readings:
        before = next((t, b) for t, b in readings if t >= at - 1)
        if reached is None and at - began >= 1 and (total - before[1]) * 8 / (at - before[0]) >= 2e6:
            reached = at - began
    end = readings[-1]
    start = next((t, b) for t, b in readings if t >= end[0] - 1)
    return Ramp((end[1] - start[1]) * 8 / (end[0] - start[0]) / 1e6, reached)


HEADER = (
    "  loss  delay     fps (least to most)   gap s (most)   speech (least)  freezes  kbit/s  buffer s"
    "  keyframes  sessions"
)


def median(results: Iterable[Result], name: str) -> float:
    values: list[float] = [getattr(result, name) for result in results]
    return statistics.median(values)


def _row(setting: Setting, results: list[Result]) -> str:
    fps = [result.fps for result in results]
    speech = [result.speech for result in results]
    return (
        f"{setting.loss:6.0%} {setting.delay_s * 1000:4.0f}ms {median(results, 'fps'):7.1f}"
        f" ({min(fps):.1f} to {max(fps):.1f})"
        f" {median(results, 'gap_s'):10.2f} ({max(result.gap_s for result in results):.2f})"
        f" {median(results, 'speech'):9.1%} ({min(speech):.1%})"
        f" {median(results, 'freezes'):8.0f} {median(results, 'kbit_s'):7.0f}"
        f" {median(results, 'delay_s'):9.2f}"
        f" {median(results, 'keyframes'):10.0f} {max(result.sessions for result in results):9}"
    )


def summary(settings: list[Setting], every: list[list[Result]]) -> dict[str, Any]:
    said: dict[str, Any] = {"bench": "loss"}
    for setting, results in zip(settings, every, strict=True):
        if not setting.delay_s or setting.loss not in (0.1, 0.3):
            continue
        name = f"{setting.loss * 100:.0f}_{setting.delay_s * 1000:.0f}"
        said[f"fps_{name}"] = round(median(results, "fps"), 1)
        said[f"gap_{name}_s"] = round(median(results, "gap_s"), 2)
        if setting.loss == 0.3:
            said[f"speech_{name}"] = round(median(results, "speech"), 3)
    return said


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", nargs="+", metavar="LOSS,DELAY", help="only these, one run each")
    parser.add_argument("--bursty", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--settle", type=float, default=SETTLE_S)
    wanted = parser.parse_args()
    pairs = [tuple(map(float, each.split(","))) for each in wanted.quick] if wanted.quick else ALL
    settings = [Setting(loss / 100, delay / 1000, wanted.bursty) for loss, delay in pairs]
    runs = wanted.runs or (1 if wanted.quick else RUNS)
    print(f"machine: {_machine()}; load average {os.getloadavg()[0]:.1f} at the start")
    digests = ", ".join(f"{s.loss:.0%} {s.maps(0)[0].digest}" for s in settings if s.loss and s.delay_s)
    print(f"loss: {'bursty' if wanted.bursty else 'uniform'}, seed {SEED}; maps {digests}")
    print(f"{runs} runs of {wanted.seconds:.0f} s after {wanted.settle:.0f} s of the same network; medians")
    every = uvloop.run(everything(settings, runs, wanted.settle, wanted.seconds))
    said = summary(settings, every)
    if not wanted.quick:
        climbs = uvloop.run(ramps(runs))
        said["mbit_s_after_5_s"] = round(statistics.median(ramp.mbit_s for ramp in climbs), 2)
        times = ", ".join("never" if r.reached_s is None else f"{r.reached_s:.1f} s" for r in climbs)
        print(
            f"720p, loopback: {said['mbit_s_after_5_s']} Mbit/s in the fifth second; 2 reached after {times}"
        )
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    print(json.dumps(said, separators=(",", ":")))


if __name__ == "__main__":
    main()
