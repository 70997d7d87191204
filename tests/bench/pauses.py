"""A lent camera by the whole service: press → first decoded frame, and the owner's pause → the last packet.

`python -m tests.bench.pauses [--runs N] [--onvif]`, and a part of `make bench-camera`. `sightline serve`,
`sightline connector` and an RTSP camera are processes of their own; the camera films all the time, with a
group of pictures of two seconds, and begins for who comes with whatever picture is next. Half of the runs, or
those with --onvif, are of a camera that was added by ONVIF and can be asked for a keyframe; it is the same
one, whose encoder makes one when its ONVIF service is asked. Each run opens the camera for
a dispatcher and for an officer, at a moment that is spread evenly over a group, and then its owner pauses
it. All three do by HTTP and WebRTC (aiortc, which decodes) what their pages do.

Viewers here are deaf to goodbyes: their sockets, keys and decoders stay as they are, and whatever of a
picture still comes counts, so that nothing is measured that depends on a viewer who obeys.
"""

import argparse
import asyncio
import json
import math
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
from aiortc.mediastreams import MediaStreamTrack

from tests.bench.forward import machine
from tests.connector.desk import Connector, RtspCamera
from tests.connector.onvif_camera import OnvifCamera
from tests.peers import AiortcPeer, until
from tests.premises import SCENE, lend
from tests.pwa.lending import Person
from tests.pwa.service import Service

RUNS = 200
GROUP_S, FPS, WIDTH, HEIGHT, KBPS = 2, 30, 1280, 720, 2500
INCIDENT_OF = 20  # runs
LISTENS_S = 3.0  # to a picture that was paused
FLOWED_S = 0.5  # before the pause at the latest a picture must have come, or nothing was measured
_DTLS_ALERT = b"\x15"
AT_LEAST_S = 0.5  # between a pause and the next press: a connector has its next process ready by then


class Viewer(AiortcPeer):
    """`last_s`: when anything of a picture came, be it a packet on a socket or a decoded frame."""

    def __init__(self) -> None:
        super().__init__()
        self.first_frame_s = self.last_s = 0.0

    async def watch(self, http: httpx.AsyncClient, feed: str) -> None:
        """As a page does: a grant, an offer, an answer."""
        grant = _done(await http.post(f"/api/feeds/{feed}/watch"))
        offer = await self.offer_to_receive(audio=False)
        self._overhear()
        headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
        answer = await http.post(grant["whep"], content=offer, headers=headers)
        answer.raise_for_status()
        await self.answered(answer.text)

    def _overhear(self) -> None:
        """Note the packets at the sockets, and let no DTLS alert pass: it would end the connection."""
        ice: Any = self.pc.getTransceivers()[0].receiver.transport.transport
        for protocol in ice._connection._protocols:
            take = protocol.datagram_received

            def overheard(data: bytes, address: Any, take: Any = take) -> None:
                if data[:1] >= b"\x80" and not 192 <= data[1] <= 223:  # RTP, and no RTCP
                    self.last_s = time.monotonic()
                if data[:1] != _DTLS_ALERT:
                    take(data, address)

            protocol.datagram_received = overheard

    async def _count(self, track: MediaStreamTrack) -> None:
        while True:
            await track.recv()
            self.last_s = time.monotonic()
            self.first_frame_s = self.first_frame_s or self.last_s
            self.frames[track.kind] += 1


class Times(msgspec.Struct):
    """Seconds, one for each run; `asked_s` is how long the owner's request took to be answered."""

    press_s: list[float] = []
    officer_s: list[float] = []
    pause_s: list[float] = []
    asked_s: list[float] = []


class Scene:
    """Everything that a run needs; `rosa`, `dana` and `sam` are their browsers."""

    def __init__(
        self, rosa: httpx.AsyncClient, dana: httpx.AsyncClient, sam: httpx.AsyncClient, camera: str
    ) -> None:
        self.rosa, self.dana, self.sam, self.camera = rosa, dana, sam, camera
        self.times = Times()
        self._incident, self._unit = "", ""
        self._listening: set[asyncio.Task[float]] = set()

    async def begin(self) -> None:
        self._unit = _done(await self.sam.get("/api/session"))["user"]["usual_unit_id"]
        _done(await self.sam.post("/api/duty", json={"unit_id": self._unit}))

    async def another_incident(self) -> None:
        if self._incident:
            _done(await self.dana.post(f"/api/incidents/{self._incident}/close"))
        place = {**SCENE, "accuracy_m": 10.0}
        body = {"type": "Break-in", "position": place}
        self._incident = _done(await self.dana.post("/api/incidents", json=body))["id"]
        where = f"/api/incidents/{self._incident}/units"
        _done(await self.dana.post(where, json={"unit_id": self._unit}))

    async def run(self) -> None:
        """One press, one more, one pause."""
        # the run before ended a fixed time after a keyframe, so all of a group is gone through before a press
        await asyncio.sleep(AT_LEAST_S + random.uniform(0, GROUP_S))
        dispatcher, took_s = await self._press(self.dana)
        officer, officer_s = await self._press(self.sam)
        await asyncio.sleep(0.2 + random.uniform(0, 0.5))
        pressed = time.monotonic()
        for viewer in (dispatcher, officer):
            assert pressed - viewer.last_s < FLOWED_S, "no picture flowed when it was paused"
        _done(await self.rosa.post(f"/api/cameras/{self.camera}/pause", json={"minutes": 60}))
        self.times.asked_s.append(time.monotonic() - pressed)
        self.times.press_s.append(took_s)
        self.times.officer_s.append(officer_s)
        self._listening.add(asyncio.create_task(_last([dispatcher, officer], pressed)))
        _done(await self.rosa.post(f"/api/cameras/{self.camera}/resume"))

    async def _press(self, who: httpx.AsyncClient) -> tuple[Viewer, float]:
        """Open the camera; who watches, and how long until the first frame was decoded."""
        pressed = time.monotonic()
        where = f"/api/incidents/{self._incident}/cameras/{self.camera}/open"
        opening = _done(await who.post(where, json={"reason": "see-scene"}))["opening"]
        viewer = Viewer()
        await viewer.watch(who, opening["feed_id"])
        await until(lambda: viewer.first_frame_s, "a frame is decoded")
        return viewer, viewer.first_frame_s - pressed

    async def heard_all(self) -> None:
        """What is still listened to joins the times."""
        self.times.pause_s += await asyncio.gather(*self._listening)
        self._listening.clear()


async def _last(viewers: Sequence[Viewer], pressed: float) -> float:
    """Seconds from the press until the last of a picture came to any of them; below zero: before it."""
    await asyncio.sleep(LISTENS_S)
    last = max(viewer.last_s for viewer in viewers)
    for viewer in viewers:
        await viewer.close()
    return last - pressed


def _done(reply: httpx.Response) -> Any:
    assert reply.is_success, (reply.request.url, reply.status_code, reply.text)
    return reply.json() if reply.content else None


async def measure(runs: int, *, onvif: bool) -> Times:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        camera = RtspCamera(
            warm=["/running"], width=WIDTH, height=HEIGHT, fps=FPS, kbps=KBPS, group_s=GROUP_S
        ).start()
        services = OnvifCamera("127.0.0.1", camera.url("/running"), keyframe=camera.keyframe)
        connector = Connector(folder / "connector")
        service = Service(folder)
        service.add_user("dana", "--role", "dispatcher")
        service.add_user("sam", "--role", "officer", "--unit", "Unit 12")
        try:
            service.start()
            services.__enter__()
            address = f"onvif://127.0.0.1:{services.port}" if onvif else ""
            rosa, lent = await lend(service, connector, camera, address=address)
            people = [rosa, Person(service, "dana"), Person(service, "sam")]
            async with AsyncExitStack() as stack:
                owner, dana, sam = [await stack.enter_async_context(each.browser()) for each in people]
                scene = Scene(owner, dana, sam, lent)
                await scene.begin()
                for n in range(runs + 1):
                    if n % INCIDENT_OF == 0:
                        await scene.another_incident()
                        await scene.heard_all()
                        _tell(scene.times)
                    await scene.run()
                    if n == 0:  # the first press of a service's life is not counted
                        await scene.heard_all()
                        scene.times = Times()
                await scene.heard_all()
            return scene.times
        finally:
            connector.kill()
            service.kill()
            services.__exit__()
            camera.kill()


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest rank: the least value that this part of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * part) - 1]


def _tell(times: Times) -> None:
    for name, values in (
        ("press to the dispatcher's first frame", times.press_s),
        ("press to the officer's first frame", times.officer_s),
        ("pause to the last packet or frame", times.pause_s),
        ("pause to its answer", times.asked_s),
    ):
        if values:
            print(
                f"{name:38} median {statistics.median(values):6.3f} s   p95 {percentile(values, 0.95):6.3f}"
                f"   p99 {percentile(values, 0.99):6.3f}   {min(values):6.3f} to {max(values):.3f}"
                f"   n={len(values)}",
                flush=True,
            )


async def pauses(runs: int = RUNS, kinds: Sequence[bool] = (False, True)) -> dict[str, Any]:
    """What is added to the benchmark's last line. `kinds`: whether by ONVIF; the runs are shared by them."""
    found: dict[str, Any] = {}
    pause_s: list[float] = []
    for onvif in kinds:
        print(
            "a camera that ONVIF asks for a keyframe" if onvif else "a camera that nobody can ask", flush=True
        )
        times = await measure(runs // len(kinds), onvif=onvif)
        _tell(times)
        suffix = "_onvif" if onvif else ""
        found[f"press_to_frame{suffix}_s"] = round(statistics.median(times.press_s), 3)
        found[f"officer_to_frame{suffix}_s"] = round(statistics.median(times.officer_s), 3)
        pause_s += times.pause_s
    found["pause_to_last_frame_p99_s"] = round(max(0.0, percentile(pause_s, 0.99)), 3)
    return {**found, "pauses": len(pause_s)}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--runs", type=int, default=RUNS, help="presses and pauses")
    reader.add_argument(
        "--onvif", action="store_true", help="only the camera that can be asked for a keyframe"
    )
    reader.add_argument("--deaf", action="store_true", help="only the one that cannot")
    chosen = reader.parse_args()
    kinds = [onvif for onvif in (False, True) if not (chosen.deaf if onvif else chosen.onvif)]
    print(f"machine: {machine()} at the start", flush=True)
    found = asyncio.run(pauses(chosen.runs, kinds))
    print(f"machine: {machine()} at the end")
    print(json.dumps({"bench": "pauses", **found}, separators=(",", ":")))


if __name__ == "__main__":
    main()
