"""`make bench-fault`: how long the picture is away when something dies or the caller's address changes.

Our own pages in real Chromium: the caller's, and the dispatcher's console, which notes when each frame that
it shows was received. A media process is killed with -9 again and again; the web process is, while the frames
that the caller's encoder made are compared with those that the console got; and the caller's Chromium, in a
network namespace, gets another address. The last line is JSON.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import os
import re
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
from playwright.async_api import Browser, Page, Playwright, async_playwright

from tests.bench import network
from tests.bench.forward import machine
from tests.pwa.caller import CHROMIUM, PLACE, open_link, press_share
from tests.pwa.service import PASSWORD, Dispatcher, Issued, Service

MEDIA_KILLS, WEB_KILLS, ADDRESS_CHANGES = 50, 3, 20
APART_S = 6.0  # between kills: each of two processes lives for more than the ten seconds that count as steady
IN_FLIGHT_MS = 30  # after the fault; what had been sent by then may still arrive
PATIENCE_S = 60.0
_CHROMIUM = "/usr/bin/chromium"

# When each frame on the screen was received and shown, in ms since 1970; and how many connections were made.
NOTES = """
window.shown = [];
window.connections = 0;
const seen = new WeakSet();
setInterval(() => {
  for (const video of document.querySelectorAll("video")) {
    if (seen.has(video)) continue;
    seen.add(video);
    const next = (now, {receiveTime}) => {
      const at = performance.timeOrigin;
      window.shown.push([at + (receiveTime ?? now), at + performance.now()]);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }
}, 20);
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
  constructor(config) { super(config); window.connections += 1; }
};
"""
# The RTP timestamp of every encoded frame that is sent or received, before and after the network.
FRAMES = """
window.encoded = [];
const Noting = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Noting {
  constructor(config) { super({...config, encodedInsertableStreams: true}); }
  addTransceiver(what, init) {
    const made = super.addTransceiver(what, init);
    const end = init?.direction === "recvonly" ? made.receiver : made.sender;
    const {readable, writable} = end.createEncodedStreams();
    const note = new TransformStream({transform(frame, out) {
      window.encoded.push([performance.timeOrigin + performance.now(), frame.timestamp]);
      out.enqueue(frame);
    }});
    readable.pipeThrough(note).pipeTo(writable);
    return made;
  }
};
"""


class Call(msgspec.Struct, frozen=True):
    """One caller who shares, one console that shows it."""

    service: Service
    dispatcher: Dispatcher
    issued: Issued
    caller: Page
    console: Page


async def _sign_in(page: Page, service: Service) -> None:
    await page.goto(f"{service.url}/signin")
    await page.locator("input[name=username]").fill("dana")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console*")


@contextlib.asynccontextmanager
async def calling(service: Service, desk: Browser, phones: Browser, *scripts: str) -> AsyncIterator[Call]:
    """A call whose picture is on the console."""
    service.add_user("dana", "--role", "dispatcher")
    service.start()
    dispatcher = Dispatcher(service, "dana")
    desk_context = await desk.new_context(viewport={"width": 1440, "height": 900})
    phone_context = await phones.new_context(
        viewport={"width": 390, "height": 844},
        permissions=["camera", "geolocation"],
        geolocation=PLACE,
    )
    try:
        issued = dispatcher.issue_link(dispatcher.open_incident())
        console, caller = await desk_context.new_page(), await phone_context.new_page()
        await _sign_in(console, service)
        for page in (console, caller):
            for script in scripts:
                await page.add_init_script(script)
        await console.goto(f"{service.url}/console#{issued.incident}")
        await console.reload()  # the address alone would not load it anew, and the scripts with it
        await console.locator(".link .standing").wait_for()
        await open_link(caller, issued)
        await press_share(caller)
        await console.wait_for_function("() => window.shown.length > 40", timeout=PATIENCE_S * 1000)
        yield Call(service, dispatcher, issued, caller, console)
    finally:
        for context in (desk_context, phone_context):
            await context.close()
        dispatcher.close()
        service.kill()


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


def _kill(folder: Path, name: str) -> float:
    """-9; when it was, in seconds since 1970."""
    pid = int((folder / "run" / f"{name}.pid").read_text())
    now = time.time()
    os.kill(pid, signal.SIGKILL)
    return now


def _host(service: Service) -> str:
    """The media process that the call is on."""
    text = httpx.get(f"{service.url}/metrics").text
    sessions = re.findall(r'sightline_engine_sessions\{engine="(\d+)"\} (\S+)', text)
    index = max(sessions, key=lambda pair: float(pair[1]))[0]
    return f"media-{index}"


async def media_kills(browser: Browser, runs: int) -> list[float]:
    """Seconds without a picture, for each kill."""
    with tempfile.TemporaryDirectory() as name:
        folder, times = Path(name), []
        service = Service(folder, media_processes="2")
        async with calling(service, browser, browser, NOTES) as call:
            for _ in range(runs):
                await asyncio.sleep(APART_S)
                host = await asyncio.to_thread(_host, service)
                times.append(await _away(call, _kill(folder, host)))
                if len(times) % 10 == 0:
                    _told("so far", times)
        return times


class WebKill(msgspec.Struct, frozen=True):
    """`lost` frames of those `sent` from before the kill until the service was back for some time."""

    sent: int
    lost: int
    connections: int  # that either page made beyond its first
    longest_gap_s: float  # between two frames that the console received


async def web_kills(browser: Browser, runs: int) -> list[WebKill]:
    with tempfile.TemporaryDirectory() as name:
        folder, found = Path(name), []
        service = Service(folder, media_processes="2")
        async with calling(service, browser, browser, NOTES, FRAMES) as call:
            for _ in range(runs):
                await asyncio.sleep(APART_S * 2)
                began = time.time()
                await asyncio.sleep(1.0)
                before = [await page.evaluate("window.connections") for page in (call.caller, call.console)]
                _kill(folder, "web")
                await asyncio.sleep(8.0)
                ended = time.time()
                await asyncio.sleep(1.0)
                after = [await page.evaluate("window.connections") for page in (call.caller, call.console)]
                sent, got = [await page.evaluate("window.encoded") for page in (call.caller, call.console)]
                sent = [(at, frame) for at, frame in sent if began < at / 1000 < ended]
                times = [at for at, _ in got if began < at / 1000 < ended]
                gaps = [b - a for a, b in itertools.pairwise(times)]
                lost = _missing([frame for _, frame in sent], [frame for _, frame in got])
                found.append(WebKill(len(sent), lost, sum(after) - sum(before), max(gaps) / 1000))
        return found


def _missing(sent: list[int], got: list[int]) -> int:
    """How many were sent and not got. The engine moves a subscriber's timestamps by one fixed amount."""
    have = set(got)
    moves = {(arrived - sent[0]) % (1 << 32) for arrived in got}
    return min(sum((frame + move) % (1 << 32) not in have for frame in sent) for move in moves)


class Addresses(msgspec.Struct, frozen=True):
    away_s: list[float]
    feeds: int  # of the incident at the end
    same_feed: bool
    console_connections: int  # that the console made beyond its first


async def address_changes(playwright: Playwright, desk: Browser, runs: int) -> Addresses:
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
                before = call.dispatcher.incident(call.issued.incident)["feeds"]
                made = await call.console.evaluate("window.connections")
                times = []
                for _ in range(runs):
                    await asyncio.sleep(3.0)
                    now = time.time()
                    phone.change_address()
                    times.append(await _away(call, now))
                after = call.dispatcher.incident(call.issued.incident)["feeds"]
                made = await call.console.evaluate("window.connections") - made
                return Addresses(times, len(after), after[0]["id"] == before[0]["id"], made)
        finally:
            await phones.close()


def percentile(values: list[float], part: float) -> float:
    """The nearest rank: the least value that this part of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * part) - 1]


def _told(name: str, values: list[float]) -> None:
    print(
        f"{name}: p50 {percentile(values, 0.5):.2f} s, p95 {percentile(values, 0.95):.2f},"
        f" p99 {percentile(values, 0.99):.2f}, most {max(values):.2f}, n={len(values)}",
        flush=True,
    )


async def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {"bench": "fault"}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=CHROMIUM)
        try:
            if chosen.media:
                times = await media_kills(browser, chosen.media)
                _told("media process killed, until the next frame on the console", times)
                figures["media_kill_p99_s"] = round(percentile(times, 0.99), 3)
                figures["media_kill_p50_s"] = round(percentile(times, 0.5), 3)
            if chosen.web:
                kills = await web_kills(browser, chosen.web)
                for kill in kills:
                    print(f"web process killed: {kill}", flush=True)
                figures["web_kill_lost_frames"] = sum(kill.lost for kill in kills)
            if chosen.address and not network.possible():
                print("no network namespaces here (root is needed): no change of address is measured")
            elif chosen.address:
                found = await address_changes(playwright, browser, chosen.address)
                _told("caller's address changed, until the next frame on the console", found.away_s)
                print(f"after {chosen.address} of them: {found}")
                figures["address_change_p95_s"] = round(percentile(found.away_s, 0.95), 3)
                figures["one_feed"] = found.same_feed and found.feeds == 1 and found.console_connections == 0
        finally:
            await browser.close()
    return figures


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--media", type=int, default=MEDIA_KILLS, help="kills of a media process")
    reader.add_argument("--web", type=int, default=WEB_KILLS, help="kills of the web process")
    reader.add_argument("--address", type=int, default=ADDRESS_CHANGES, help="changes of address")
    chosen = reader.parse_args()
    print(f"machine: {machine()} at the start", flush=True)
    figures = asyncio.run(measure(chosen))
    print(f"machine: {machine()} at the end")
    print(json.dumps(figures, separators=(",", ":")))


if __name__ == "__main__":
    main()
