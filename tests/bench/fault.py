"""`make bench-fault`: how long the picture is away when something dies or the caller's address changes.

A media process is killed with -9 again and again, or stopped so that it hangs; the web process is killed,
while the frames that the caller's encoder made are compared with those that the console got; the caller's
connection is closed ten times; and the caller's Chromium, in a network namespace, gets another address. The
last line is JSON. `--only media --media 25 --times FILE`, twice, is one measurement in two pieces.
"""

import argparse
import asyncio
import itertools
import json
import math
import os
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
from playwright.async_api import Browser, Page, Playwright, async_playwright

from tests.bench import network
from tests.bench.call import FRAMES, NOTES, PATIENCE_S, Call, calling
from tests.bench.forward import machine
from tests.pwa.caller import CHROMIUM
from tests.pwa.service import Service

TIMES = {"media": 50, "hang": 5, "web": 3, "reconnect": 10, "address": 20}
APART_S = 6.0  # between kills: each of two processes lives for more than the ten seconds that count as steady
IN_FLIGHT_MS = 30  # after the fault; what had been sent by then may still arrive
CLOCK_HZ = 90_000  # of a picture's timestamps
RUNS_ON_S = 1.0  # that timestamps may stray from the clock between two frames
_CHROMIUM = "/usr/bin/chromium"

# What the console's receiver counts of the picture.
RECEIVED = """async () => {
  for (;;) {
    const entries = [...(await peers.at(-1).getStats()).values()];
    const video = entries.find(({type, kind}) => type === "inbound-rtp" && kind === "video");
    if (video !== undefined) return [video.ssrc, video.packetsLost, video.packetsReceived];
    await new Promise((later) => setTimeout(later, 50));  // it is counted a moment after it is there
  }
}"""


class WebKill(msgspec.Struct, frozen=True):
    """`lost` frames of those `sent` from before the kill until the service was back for some time."""

    sent: int
    lost: int
    connections: int  # that either page made beyond its first
    longest_gap_s: float  # between two frames that the console received


class Kept(msgspec.Struct, frozen=True):
    """What a console saw of a caller who came back again and again."""

    feeds: int  # of the incident at the end
    same_feed: bool
    console_connections: int  # that the console made beyond its first
    ssrcs: int
    lost: int = 0  # packets, as its receiver counts them by their numbers, of `received`
    received: int = 0
    strayed_s: float = (
        0.0  # by how much a frame's timestamp was off the clock, at most, since the frame before
    )

    @property
    def one_feed(self) -> bool:
        return self.same_feed and (self.feeds, self.console_connections, self.ssrcs) == (1, 0, 1)

    @property
    def runs_on(self) -> bool:
        return self.strayed_s < RUNS_ON_S and self.lost < 0.01 * self.received


class Runs(msgspec.Struct):
    """All that was measured; seconds without a picture, one for each fault."""

    media_s: list[float] = []
    hang_s: list[float] = []
    reconnect_s: list[float] = []
    address_s: list[float] = []
    web: list[WebKill] = []
    reconnects: list[Kept] = []
    addresses: list[Kept] = []

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = {"bench": "fault"}
        for name, values, parts in (
            ("media_kill", self.media_s, (99, 50)),
            ("hang", self.hang_s, (50,)),
            ("reconnect", self.reconnect_s, (95,)),
            ("address_change", self.address_s, (95,)),
        ):
            if values:
                found |= {f"{name}_p{part}_s": round(percentile(values, part / 100), 3) for part in parts}
        if self.web:
            found["web_kill_lost_frames"] = sum(kill.lost for kill in self.web)
        if self.reconnects:
            found["reconnects_one_feed"] = all(kept.one_feed and kept.runs_on for kept in self.reconnects)
        if self.addresses:
            found["one_feed"] = all(kept.one_feed for kept in self.addresses)
            found["console_connections"] = sum(kept.console_connections for kept in self.addresses)
        return found


async def _away(call: Call, since: float) -> float:
    """Seconds from `since` until a frame that was received after it was shown, and others after that."""
    after = since * 1000 + IN_FLIGHT_MS
    await call.console.wait_for_function(
        "after => window.shown.filter(([received]) => received > after).length > 10",
        arg=after,
        timeout=PATIENCE_S * 1000,
    )
    shown: float = await call.console.evaluate(
        "after => window.shown.find(([received]) => received > after)[1]", after
    )
    return shown / 1000 - since


async def _connections(page: Page) -> int:
    made: int = await page.evaluate("window.peers.length")
    return made


def _signal(folder: Path, name: str, number: signal.Signals) -> float:
    """Send it; when that was, in seconds since 1970."""
    pid = int((folder / "run" / f"{name}.pid").read_text())
    now = time.time()
    os.kill(pid, number)
    return now


def _host(service: Service) -> str:
    """The media process that the call is on."""
    text = httpx.get(f"{service.url}/metrics").text
    sessions = re.findall(r'sightline_engine_sessions\{engine="(\d+)"\} (\S+)', text)
    index = max(sessions, key=lambda pair: float(pair[1]))[0]
    return f"media-{index}"


async def media_faults(browser: Browser, times: int, number: signal.Signals, away_s: list[float]) -> None:
    """Send the media process that the call is on this signal, again and again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = Service(folder, media_processes="2")
        async with calling(service, browser, browser, NOTES) as call:
            for _ in range(times):
                await asyncio.sleep(APART_S)
                host = await asyncio.to_thread(_host, service)
                away_s.append(await _away(call, _signal(folder, host, number)))
                if len(away_s) % 10 == 0:
                    _told("so far", away_s)


async def web_kills(browser: Browser, times: int, found: list[WebKill]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = Service(folder, media_processes="2")
        async with calling(service, browser, browser, NOTES, FRAMES) as call:
            for _ in range(times):
                await asyncio.sleep(APART_S * 2)
                began = time.time()
                await asyncio.sleep(1.0)
                before = [await _connections(page) for page in (call.caller, call.console)]
                _signal(folder, "web", signal.SIGKILL)
                await asyncio.sleep(8.0)
                ended = time.time()
                await asyncio.sleep(1.0)
                after = [await _connections(page) for page in (call.caller, call.console)]
                sent, got = [await page.evaluate("window.encoded") for page in (call.caller, call.console)]
                sent = [(at, frame) for at, frame in sent if began < at / 1000 < ended]
                arrived = [at for at, _ in got if began < at / 1000 < ended]
                gaps = [b - a for a, b in itertools.pairwise(arrived)]
                lost = _missing([frame for _, frame in sent], [frame for _, frame in got])
                found.append(WebKill(len(sent), lost, sum(after) - sum(before), max(gaps) / 1000))


def _missing(sent: list[int], got: list[int]) -> int:
    """How many were sent and not got. The engine moves a subscriber's timestamps by one fixed amount."""
    have = set(got)
    moves = {(arrived - sent[0]) % (1 << 32) for arrived in got}
    return min(sum((frame + move) % (1 << 32) not in have for frame in sent) for move in moves)


async def reconnects(browser: Browser, times: int, away_s: list[float]) -> Kept:
    """Close the caller's connection again and again: its page makes another, and the console must not."""
    with tempfile.TemporaryDirectory() as name:
        service = Service(Path(name), media_processes="2")
        async with calling(service, browser, browser, NOTES, FRAMES) as call:
            before, made = _feeds(call), await _connections(call.console)
            ssrc, lost, received = await call.console.evaluate(RECEIVED)
            ssrcs = {ssrc}
            for _ in range(times):
                await asyncio.sleep(3.0)
                publishing, now = await _connections(call.caller), time.time()
                await call.caller.evaluate("peers.at(-1).close()")
                away_s.append(await _away(call, now))
                assert await _connections(call.caller) > publishing, "the caller did not connect again"
                ssrcs.add((await call.console.evaluate(RECEIVED))[0])
            _, lost_since, received_since = await call.console.evaluate(RECEIVED)
            after = _feeds(call)
            return Kept(
                feeds=len(after),
                same_feed=before == after,
                console_connections=await _connections(call.console) - made,
                ssrcs=len(ssrcs),
                lost=lost_since - lost,
                received=received_since - received,
                strayed_s=round(_strayed(await call.console.evaluate("window.encoded")), 3),
            )


def _strayed(frames: list[tuple[float, int]]) -> float:
    """By how many seconds timestamps and clock disagree between two frames, at most: (ms, timestamp)."""
    most = 0.0
    for (at, timestamp), (next_at, next_timestamp) in itertools.pairwise(frames):
        step = (next_timestamp - timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        most = max(most, abs(step / CLOCK_HZ - (next_at - at) / 1000))
    return most


def _feeds(call: Call) -> list[str]:
    return [feed["id"] for feed in call.dispatcher.incident(call.issued.incident)["feeds"]]


async def address_changes(
    playwright: Playwright, desk: Browser, times: int, away_s: list[float], between_s: float = 0.0
) -> Kept:
    """Give the caller's phone another address, again and again; it has none for `between_s`."""
    with tempfile.TemporaryDirectory() as name, network.network() as phone:
        folder = Path(name)
        service = Service(folder, host="0.0.0.0", media_host="0.0.0.0", media_advertise=network.HERE)
        # A browser takes loopback for secure without a certificate; there, it is this end of the cable.
        phones = await playwright.chromium.launch(
            executable_path=phone.program(folder, _CHROMIUM),
            args=[*CHROMIUM, f"--host-resolver-rules=MAP 127.0.0.1 {network.HERE}"],
        )
        try:
            async with calling(service, desk, phones, NOTES) as call:
                before, made = _feeds(call), await _connections(call.console)
                ssrcs = {(await call.console.evaluate(RECEIVED))[0]}
                for _ in range(times):
                    await asyncio.sleep(3.0)
                    now = time.time()
                    await asyncio.to_thread(phone.change_address, between_s)
                    away_s.append(await _away(call, now))
                    ssrcs.add((await call.console.evaluate(RECEIVED))[0])
                after, made_since = _feeds(call), await _connections(call.console)
                return Kept(len(after), before == after, made_since - made, len(ssrcs))
        finally:
            await phones.close()


def percentile(values: list[float], part: float) -> float:
    """The nearest rank: the least value that this part of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * part) - 1]


def _told(name: str, values: list[float]) -> None:
    if values:
        print(
            f"{name}: p50 {percentile(values, 0.5):.2f} s, p95 {percentile(values, 0.95):.2f},"
            f" p99 {percentile(values, 0.99):.2f}, most {max(values):.2f}, n={len(values)}",
            flush=True,
        )


async def measure(times: dict[str, int], runs: Runs) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=CHROMIUM)
        try:
            if times["media"]:
                await media_faults(browser, times["media"], signal.SIGKILL, runs.media_s)
            if times["hang"]:
                await media_faults(browser, times["hang"], signal.SIGSTOP, runs.hang_s)
            if times["web"]:
                await web_kills(browser, times["web"], runs.web)
            if times["reconnect"]:
                runs.reconnects.append(await reconnects(browser, times["reconnect"], runs.reconnect_s))
            if times["address"] and not network.possible():
                print("no network namespaces here (root is needed): no change of address is measured")
            elif times["address"]:
                runs.addresses.append(
                    await address_changes(playwright, browser, times["address"], runs.address_s)
                )
        finally:
            await browser.close()


def tell(runs: Runs) -> None:
    _told("media process killed, until the next frame on the console", runs.media_s)
    _told("media process hangs, until the next frame on the console", runs.hang_s)
    for kill in runs.web:
        print(f"web process killed: {kill}")
    _told("caller's connection closed, until the next frame on the console", runs.reconnect_s)
    for kept in runs.reconnects:
        print(f"after all of them: {kept}")
    _told("caller's address changed, until the next frame on the console", runs.address_s)
    for kept in runs.addresses:
        print(f"after all of them: {kept}")


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name, times in TIMES.items():
        reader.add_argument(f"--{name}", type=int, default=times, metavar="TIMES")
    reader.add_argument("--only", nargs="+", choices=TIMES, default=list(TIMES), help="leave out the others")
    reader.add_argument("--times", type=Path, help="a file that is added to: figures are of all in it")
    chosen = reader.parse_args()
    kept: Path | None = chosen.times
    runs = msgspec.json.decode(kept.read_bytes(), type=Runs) if kept and kept.exists() else Runs()
    print(f"machine: {machine()} at the start", flush=True)
    try:
        asyncio.run(
            measure({name: getattr(chosen, name) if name in chosen.only else 0 for name in TIMES}, runs)
        )
    finally:
        if kept is not None:
            kept.write_bytes(msgspec.json.encode(runs))
        tell(runs)
    print(f"machine: {machine()} at the end")
    print(json.dumps(runs.figures(), separators=(",", ":")))


if __name__ == "__main__":
    main()
