"""One campaign: a real media process, a real call between two Chromium pages, and all that is hostile.

The process stands alone behind its control socket, as in production; what it logs as an error, and what it
counts as a fault of its own, is an exception that reached its loop. A second process takes hurt control
frames.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from media import control
from media.config import ProcessConfig, SfuConfig
from media.ports import ALONE, EndReason, FeedId, Holder, Level, SessionId
from media.stats import Drop
from tests.fuzz import hostile
from tests.fuzz.captures import Captures, load
from tests.fuzz.mutate import Mutator
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.media.pages import PAGE, decoded, more_frames
from tests.peers import KEYS, Doorkeeper, Listener, Pool, create_app, granted, until

CHROMIUM = "/usr/bin/chromium"
_TICK_S = 0.01
_ALLOWED = "control connection closed"  # said of a hurt frame, one for each connection

_PUBLISH = "publish('publish-token', {width: 320, height: 240, encoding: {scalabilityMode: 'L1T3'}})"
# Notes when each frame came out of the decoder.
_WATCH_GAPS = """() => {
    window.longest = 0; let before = performance.now();
    const [track] = document.getElementById('v').srcObject.getVideoTracks();
    const frames = new MediaStreamTrackProcessor({track}).readable.getReader();
    window.gap = () => Math.max(window.longest, performance.now() - before);
    (async () => { for (;;) {
        const {value, done} = await frames.read(); if (done) return; value.close();
        const now = performance.now(); window.longest = Math.max(window.longest, now - before); before = now;
    } })();
}"""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    datagrams: int
    offers: int
    control_frames: int
    datagrams_per_s: int = 4000
    offers_per_s: int = 80
    seed: int = 1
    browser: bool = True  # else the call is one of two lean peers
    settle_s: float = 13.0  # until memory is looked at: sessions that never came up are gone after 10


class Found(msgspec.Struct, frozen=True, kw_only=True):
    datagrams: int  # hurt ones that were sent
    offers: int
    control_frames: int
    seconds: float
    longest_gap_s: float  # between two decoded frames of the call
    frames: int  # that the viewer decoded meanwhile
    sheds: int  # times that the viewer's level went down
    memory_mb: float  # how much larger the process was at the end, when all that is hostile had gone
    peak_mb: float  # and at most
    longest_lag_ms: float  # of the process's loop
    starved_ms: float  # longest that the machine kept the process from running, within half a second or so
    exceptions: int
    said: list[str]  # the first lines that were counted as such
    drops: dict[str, int]


class Media:
    """A media process of its own, with what it says."""

    def __init__(self, folder: Path, index: int, **config: Any) -> None:
        self.socket = folder / f"media-{index}.sock"
        self.faults: list[str] = []
        self._config = ProcessConfig(
            sfu=SfuConfig(index=index, host="127.0.0.1", **config), control=str(self.socket), grants=KEYS
        )
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Media":
        argument = msgspec.json.encode(self._config).decode()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media.process", argument, stderr=PIPE
        )
        self._task = asyncio.create_task(self._listen())
        await until(self.socket.exists, "the process listens")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._task is not None
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
        await self._task

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def resident_mb(self) -> float:
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def waited_ms(self) -> float:
        """How long it has been ready to run while others ran."""
        assert self._process is not None
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[1]) / 1e6

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            bad = any(word in text for word in (" ERROR ", " CRITICAL ", "Traceback", "never retrieved"))
            if (bad and _ALLOWED not in text) or (self.faults and text.startswith((" ", "Traceback"))):
                self.faults.append(text)

    @property
    def exceptions(self) -> int:
        return sum(" " not in line[:1] and not line.startswith("Traceback") for line in self.faults)


class Call(Protocol):
    async def frames(self) -> int:
        """How many the viewer has decoded so far."""
        ...

    async def longest_gap_s(self) -> float:
        """Between two of them."""
        ...


class LeanCall:
    """Two peers without a media stack: for machines with no time for browsers."""

    def __init__(self, caller: LeanPeer, officer: LeanPeer) -> None:
        self._caller, self._officer = caller, officer
        self._longest_s = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        seen, at = 0, loop.time()
        while True:
            number = len(self._officer.packets)
            self._caller.send(self._caller.frame(KEYFRAME if number % 20 == 0 else DELTA))
            await asyncio.sleep(0.05)
            if number % 40 == 0:
                self._caller.check()
                self._officer.check()
            if len(self._officer.packets) > seen:
                self._longest_s = max(self._longest_s, loop.time() - at)
                seen, at = len(self._officer.packets), loop.time()

    async def frames(self) -> int:
        return len(self._officer.packets)

    async def longest_gap_s(self) -> float:
        return self._longest_s


@contextlib.asynccontextmanager
async def calling_leanly(pool: Pool) -> AsyncIterator[Call]:
    """A call between two lean peers."""
    caller, officer = LeanPeer("sendonly"), LeanPeer("recvonly")
    feed = FeedId("fed_call")
    await officer.answered((await pool.subscribe(feed, Holder("officer"), officer.offer())).sdp)
    await caller.answered((await pool.publish(feed, Holder("caller"), caller.offer())).sdp)
    for peer in (caller, officer):
        await asyncio.wait_for(peer.up.wait(), 30)
    call = LeanCall(caller, officer)
    task = asyncio.create_task(call.run())
    try:
        await until(lambda: len(officer.packets) > 5, "packets come through", 30)
        yield call
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for peer in (caller, officer):
            await peer.close()


class PageCall:
    """Two pages, one that publishes and one that watches and notes every gap."""

    def __init__(self, caller: Page, officer: Page) -> None:
        self._caller, self._officer = caller, officer

    async def begin(self, url: str) -> None:
        for page in (self._caller, self._officer):
            await page.goto(url)
        await self._officer.evaluate("watch('watch-token', 'fed_call')")
        await self._caller.evaluate(_PUBLISH)
        await more_frames(self._officer, 40, 60)
        await self._officer.evaluate(_WATCH_GAPS)

    async def frames(self) -> int:
        return await decoded(self._officer)

    async def longest_gap_s(self) -> float:
        return float(await self._officer.evaluate("gap()")) / 1000


@contextlib.asynccontextmanager
async def calling(pool: Pool) -> AsyncIterator[Call]:
    """A call through a real server and this pool."""
    doorkeeper = Doorkeeper()
    doorkeeper.publisher("publish-token", "fed_call")
    doorkeeper.subscriber("watch-token", "fed_call")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(create_app(pool, doorkeeper, PAGE), log_level="warning", lifespan="off")
        )
        task = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            async with async_playwright() as playwright:
                browser: Browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=[
                        "--no-sandbox",
                        "--use-fake-device-for-media-stream",
                        "--use-fake-ui-for-media-stream",
                        "--autoplay-policy=no-user-gesture-required",
                    ],
                )
                pages = [
                    await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
                    for _ in range(2)
                ]
                call = PageCall(*pages)
                await call.begin(f"http://127.0.0.1:{sock.getsockname()[1]}")
                yield call
                await browser.close()
        finally:
            server.should_exit = True
            await task


class Attack:
    """Everything hostile, at a steady rate."""

    def __init__(self, plan: Plan, pool: Pool, port: int, captures: Captures, mutator: Mutator) -> None:
        self.datagrams = self.offers = 0
        self.faults: list[str] = []  # what an offer raised
        self._plan, self._pool, self._captures, self._mutator = plan, pool, captures, mutator
        self.insiders = [
            hostile.Insider(pool, direction, captures, mutator, tcp=tcp, number=number)
            for number, (direction, tcp) in enumerate(
                [("sendonly", False), ("recvonly", False), ("recvonly", True), ("recvonly", False)]
            )
        ]
        stranger = hostile.Stranger(port, captures, mutator, lambda: self.insiders[1].ufrag)
        streamer = hostile.Streamer(port, captures, mutator)
        self._closers: list[Callable[[], None]] = [stranger.close, streamer.close]
        self._senders: list[Callable[[], None]] = [stranger.send, streamer.send]
        self._senders += [insider.send for insider in self.insiders]
        self._weights = [35, 10, 25, 15, 5, 10]

    async def run(self) -> None:
        for insider in self.insiders:
            await insider.open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._offer_all())
                shaking = tasks.create_task(self._shake())
                await self._send_all()
                shaking.cancel()
        finally:
            for insider in self.insiders:
                await insider.close()
            for close in self._closers:
                close()

    async def _send_all(self) -> None:
        plan, began, chance = self._plan, time.monotonic(), self._mutator.random
        sent = 0
        while self.datagrams < plan.datagrams:
            due = int((time.monotonic() - began) * plan.datagrams_per_s) - sent
            burst = min(due, 3 * int(plan.datagrams_per_s * _TICK_S), plan.datagrams - self.datagrams)
            for send in chance.choices(self._senders, self._weights, k=max(0, burst)):
                send()
            self.datagrams += max(0, burst)
            sent += max(0, due)  # what a stall made late is not made up for
            await asyncio.sleep(_TICK_S)

    async def _offer_all(self) -> None:
        plan, number = self._plan, 0
        while self.offers < plan.offers:
            number += 1
            try:
                await hostile.offer(self._pool, self._captures, self._mutator, number)
            except Exception as error:
                self.faults.append(f"an offer raised {error!r}")
            self.offers += 1
            await asyncio.sleep(1 / plan.offers_per_s)

    async def _shake(self) -> None:
        number = 0
        while True:
            number += 1
            hurt = await hostile.shake(self._pool, self._captures, self._mutator, number)
            self.datagrams += hurt


async def hurt_control_frames(path: Path, number: int, mutator: Mutator) -> None:
    """Greets well, then sends frames that are hurt; opens another connection when it is closed."""
    encode = msgspec.msgpack.encode
    feed, holder, session = FeedId("fed_1"), Holder("holder"), SessionId("ses_1")
    requests = [
        encode(control.Publish(1, feed, holder, "v=0\r\n", ALONE, "tag", False)),
        encode(
            control.Subscribe(2, feed, holder, "v=0\r\n", granted(feed, holder), ALONE, "tag", Level.FULL)
        ),
        encode(control.Limit(9, session, Level.KEYFRAMES)),
        encode(control.Renew(3, granted(feed, holder))),
        encode(control.RestartIce(3, session, "a=ice-ufrag:EsAw\r\n")),
        encode(control.EndSession(4, session, EndReason.HUNG_UP)),
        encode(control.EndHolder(5, holder, EndReason.REVOKED)),
        encode(control.EndFeed(6, feed, EndReason.CLOSED)),
        encode(control.Count(7)),
        encode(control.Heard(8)),
    ]
    hello = encode(control.Hello())
    sent = 0
    while sent < number:
        reader, writer = await asyncio.open_unix_connection(sock=control.connect(path))
        drain = asyncio.ensure_future(_read_away(reader))
        with contextlib.suppress(ConnectionError):
            greeting = hello if mutator.random.random() < 0.95 else mutator.datagram(hello, requests)
            writer.write(struct.pack("!I", len(greeting)) + greeting)
            while sent < number and not drain.done():
                sent += 1
                frame = mutator.datagram(mutator.random.choice(requests), requests)
                size = len(frame) if mutator.random.random() < 0.95 else mutator.random.randrange(1 << 32)
                writer.write(struct.pack("!I", size) + frame)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)


async def _read_away(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass


async def _answers(path: Path) -> bool:
    """Whether a process still takes an orderly web process."""
    pool = Pool([path], Listener())
    await pool.start()
    try:
        return len(await pool.stats()) == 1
    finally:
        await pool.stop()


async def run(plan: Plan, folder: Path, progress: Callable[[str], None]) -> Found:
    """The whole of it. Takes about `datagrams / datagrams_per_s` seconds, and 20 more."""
    captures, mutator = load(), Mutator(plan.seed)
    async with Media(folder, 0) as media, Media(folder, 1) as second:
        pool = Pool([media.socket], Listener())
        await pool.start()
        async with (calling if plan.browser else calling_leanly)(pool) as call:
            port = await _port(pool)
            attack = Attack(plan, pool, port, captures, mutator)
            began, before, frames = time.monotonic(), media.resident_mb(), await call.frames()
            peak = lag = starved = 0.0
            waited = media.waited_ms()
            sheds = 0
            attacking = asyncio.gather(
                attack.run(), hurt_control_frames(second.socket, plan.control_frames, mutator)
            )
            said_at = began
            drops: dict[str, int] = {}
            quiet_at: float | None = None
            while quiet_at is None or time.monotonic() - quiet_at < plan.settle_s:
                await asyncio.sleep(0.5)
                if attacking.done() and quiet_at is None:
                    await attacking
                    quiet_at = time.monotonic()
                    seconds, longest = quiet_at - began, await call.longest_gap_s()
                peak = max(peak, media.resident_mb() - before)
                starved, waited = max(starved, media.waited_ms() - waited), media.waited_ms()
                for stats in await pool.stats():
                    lag, drops = max(lag, stats.loop_lag_ms), stats.drops
                    viewers = next((f.subscribers for f in stats.feeds if f.feed == "fed_call"), ())
                    sheds = max([sheds, *(viewer.sheds for viewer in viewers)])
                if time.monotonic() - said_at >= 10:
                    said_at = time.monotonic()
                    progress(
                        f"{attack.datagrams} datagrams, {attack.offers} offers; the longest gap so far "
                        f"{await call.longest_gap_s():.2f} s, memory {media.resident_mb() - before:+.1f} MB, "
                        f"the loop late by {lag:.0f} ms at most, {sheds} sheds, {media.exceptions} exceptions"
                    )
            decoded_frames = await call.frames() - frames
            grown = media.resident_mb() - before
            assert media.alive
            assert second.alive
            assert await _answers(second.socket)
        await pool.stop()
    faults = [*media.faults, *second.faults, *attack.faults]
    return Found(
        datagrams=attack.datagrams,
        offers=attack.offers,
        control_frames=plan.control_frames,
        seconds=round(seconds, 1),
        longest_gap_s=round(longest, 3),
        frames=decoded_frames,
        sheds=sheds,
        memory_mb=round(grown, 1),
        peak_mb=round(peak, 1),
        longest_lag_ms=round(lag, 1),
        starved_ms=round(starved, 1),
        exceptions=media.exceptions + second.exceptions + len(attack.faults) + drops.get(Drop.FAULT.value, 0),
        said=faults[:40],
        drops=drops,
    )


async def _port(pool: Pool) -> int:
    """Where datagrams go, as an answer says it."""
    peer = LeanPeer("recvonly")
    answer = await pool.subscribe(hostile.FEED, Holder("look"), peer.offer())
    await pool.end_session(answer.session, EndReason.HUNG_UP)
    return int(answer.sdp.split("m=video ")[1].split(" ")[0])
