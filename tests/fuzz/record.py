"""Records tests/packets anew: `python -m tests.fuzz.record FILM.ivf`.

Every stack publishes to a real engine and watches it; what the engine's socket reads is kept, a few of each
kind, and what came out of SRTP beside it. FILM is a VP8 file for werift.
"""

import asyncio
import contextlib
import shutil
import sys
from asyncio.subprocess import PIPE
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from media import rtcp
from media.publisher import Publisher
from media.subscriber import Subscriber
from tests.fuzz import captures
from tests.media.pages import PAGE, more_frames, page
from tests.peers import AiortcPeer, Place, serving, until

MOST = {
    captures.STUN: 4,
    captures.DTLS: 8,
    captures.SRTP: 5,
    captures.SRTCP: 5,
    captures.RTP: 8,
    captures.RTCP: 12,
}
TOKENS = ("publish-token", "watch-token")


class Tape:
    """What one stack sent, a few of each kind and size."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[tuple[int, ...], bytes]] = defaultdict(dict)
        self.offers: dict[str, str] = {}

    def take(self, datagram: bytes) -> None:
        first = datagram[0] if datagram else 255
        if first < 4:
            self._keep(captures.STUN, datagram, (len(datagram) // 8,))
        elif 20 <= first <= 63:
            self._keep(captures.DTLS, datagram, (len(datagram),))
        elif 128 <= first <= 191:
            kind = captures.SRTCP if rtcp.is_rtcp(datagram) else captures.SRTP
            self._keep(kind, datagram, (len(datagram) // 100, datagram[1] & 0x7F))

    def take_plain(self, kind: str, packet: bytes) -> None:
        self._keep(kind, packet, (len(packet) // 60, packet[0], packet[1] & 0x7F))

    def _keep(self, kind: str, datagram: bytes, shape: tuple[int, ...]) -> None:
        kept = self.kept[kind]
        if shape not in kept and len(kept) < MOST[kind]:
            kept[shape] = datagram

    def write(self, name: str) -> None:
        for kind, kept in self.kept.items():
            captures.write(captures.PACKETS / f"{name}-{kind}.rfc4571", kept.values())
        for direction, sdp in self.offers.items():
            if not (captures.OFFERS / f"{name}-{direction}.sdp").exists():
                (captures.PACKETS / f"{name}-{direction}.sdp").write_bytes(sdp.encode())


class _Tapped:
    """The engine's socket, listened in on."""

    def __init__(self, real: Any, tape: Tape) -> None:
        self._real, self._tape = real, tape

    def recvfrom(self, size: int) -> Any:
        read = self._real.recvfrom(size)
        self._tape.take(read[0])
        return read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextlib.asynccontextmanager
async def taped(name: str, host: str = "127.0.0.1") -> AsyncIterator[tuple[Place, Tape]]:
    tape = Tape()
    undo: list[Callable[[], None]] = []

    def spy(owner: Any, method: str, kind: str) -> None:
        real = getattr(owner, method)

        def spied(self: Any, packet: bytes, now: float) -> None:
            tape.take_plain(kind, packet)
            real(self, packet, now)

        setattr(owner, method, spied)
        undo.append(lambda: setattr(owner, method, real))

    spy(Publisher, "receive_rtp", captures.RTP)
    spy(Publisher, "receive_rtcp", captures.RTCP)
    spy(Subscriber, "receive_rtcp", captures.RTCP)
    try:
        async with serving(PAGE, host=host) as place:
            place.doorkeeper.publisher(TOKENS[0], "fed_1")
            place.doorkeeper.subscriber(TOKENS[1], "fed_1")
            port: Any = place.sfu._port
            port._socket = _Tapped(port._socket, tape)
            for verb, direction in (("publish", "sendonly"), ("subscribe", "recvonly")):
                real = getattr(place.sfu, verb)

                async def spied(
                    feed: Any, holder: Any, offer: str, *, real: Any = real, at: str = direction, **more: Any
                ) -> Any:
                    tape.offers[at] = offer
                    return await real(feed, holder, offer, **more)

                setattr(place.sfu, verb, spied)
            yield place, tape
    finally:
        for step in undo:
            step()
    tape.write(name)
    print(name, {kind: len(kept) for kind, kept in tape.kept.items()})


async def browsers(name: str, browser: Browser, host: str) -> None:
    async with taped(name, host) as (place, _):
        caller, officer = await page(browser, place), await page(browser, place)
        await officer.evaluate("watch('watch-token', 'fed_1')")
        await caller.evaluate("publish('publish-token')")
        await more_frames(officer, 30)
        await asyncio.sleep(3)
        await caller.context.close()
        await officer.context.close()
        await browser.close()


async def aiortc() -> None:
    async with taped("aiortc") as (place, _):
        caller, officer = AiortcPeer(), AiortcPeer()
        from media.ports import FeedId, Holder

        feed = FeedId("fed_1")
        await officer.answered(
            (await place.sfu.subscribe(feed, Holder("o"), await officer.offer_to_receive())).sdp
        )
        await caller.answered((await place.sfu.publish(feed, Holder("c"), await caller.offer_to_send())).sdp)
        await until(lambda: officer.frames["video"] > 30, "frames arrive")
        await asyncio.sleep(2)
        await caller.close()
        await officer.close()


async def werift(film: str) -> None:
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or "node"
    peer = str(captures.TESTS / "peers-node" / "peer.mjs")
    async with taped("werift") as (place, _):
        words = (
            ["watch", f"{place.url}/whep/fed_1", TOKENS[1]],
            ["publish", f"{place.url}/whip", TOKENS[0], film],
        )
        started = [
            await asyncio.create_subprocess_exec(
                node, peer, *each, stdin=PIPE, stdout=asyncio.subprocess.DEVNULL
            )
            for each in words
        ]
        await asyncio.sleep(8)
        for process in started:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


async def main(film: str) -> None:
    captures.PACKETS.mkdir(exist_ok=True)
    await aiortc()
    await werift(film)
    async with async_playwright() as playwright:
        fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        launch = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", *fake],
        )
        await browsers("chromium", await launch, "127.0.0.1")
        prefs: dict[str, str | float | bool] = {
            "media.navigator.streams.fake": True,
            "media.navigator.permission.disabled": True,
            "media.autoplay.default": 0,
        }
        other = playwright.firefox.launch(
            channel="moz-firefox", executable_path="/usr/bin/firefox-esr", firefox_user_prefs=prefs
        )
        await browsers("firefox", await other, "0.0.0.0")  # it checks no loopback address


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
