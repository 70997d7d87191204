"""`make bench-camera`: what a passed-through camera costs, and how soon it is seen.

CPU: the process that the connector runs for one camera (RTSP in; RTP, encrypted, to a real engine out) beside
Debian's `ffmpeg -c copy` (RTSP in, plain RTP out), each on the same 1080p film of 30 frames and about 4
Mbit/s a second, in turns. Time: from the order to begin to the first frame that a subscriber has decoded,
from a camera that films all the time with a group of pictures of two seconds, at moments that have nothing to
do with it.
"""

import argparse
import asyncio
import fractions
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import httpx

from media.connector.child import Nursery
from media.connector.orders import Began, Begin, Counted, End, Open, Report
from tests.bench.child import cpu_s
from tests.bench.forward import machine
from tests.bench.pauses import pauses
from tests.connector.desk import RtspCamera
from tests.peers import AiortcPeer, Place, serving, until

ROUNDS, SECONDS, SETTLE_S = 5, 10.0, 3.0
STARTS = 15
FPS, WIDTH, HEIGHT, BITRATE_BPS = 30, 1920, 1080, 4_000_000


def film(path: Path, seconds: int = 40) -> None:
    """1080p with a keyframe each two seconds; ten seconds are encoded, then repeated."""
    random.seed(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = BITRATE_BPS
        kbps = BITRATE_BPS // 1000
        stream.options = {
            "preset": "ultrafast", "bf": "0", "g": str(2 * FPS), "sc_threshold": "0",
            "x264-params": f"nal-hrd=cbr:vbv-maxrate={kbps}:vbv-bufsize={kbps}",
        }  # fmt: skip
        scenes = []
        for _ in range(8):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            for plane in frame.planes:
                tile = random.randbytes(4096)
                plane.update((tile * (plane.buffer_size // len(tile) + 1))[: plane.buffer_size])
            scenes.append(frame)
        packets = []
        for n in range(10 * FPS):
            frame = scenes[n // 8 % len(scenes)]
            frame.pts, frame.time_base = n, fractions.Fraction(1, FPS)
            packets += [(bytes(p), p.is_keyframe) for p in stream.encode(frame)]
        packets += [(bytes(p), p.is_keyframe) for p in stream.encode(None)]
        for n in range(seconds * FPS):
            data, keyframe = packets[n % len(packets)]
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts = stream, n, n
            packet.time_base, packet.is_keyframe = fractions.Fraction(1, FPS), keyframe
            out.mux(packet)


@asynccontextmanager
async def connector(
    place: Place, nursery: Nursery, url: str, feed: str
) -> AsyncIterator[tuple[int, list[Report]]]:
    """A camera's process, publishing: its pid and what it reports."""
    place.doorkeeper.publisher(f"camera-{feed}", feed)
    place.doorkeeper.subscriber(f"viewer-{feed}", feed)
    child, reports = await nursery.take(), list[Report]()
    child.listen(reports.append, lambda _: None)
    child.say(Open(url=url, networks=("127.0.0.0/8",)))
    child.say(Begin(run=feed, whip=f"{place.url}/whip", bearer=f"camera-{feed}", sound=False))
    try:
        yield child.pid, reports
    finally:
        child.say(End(run=feed))
        await child.close()


async def of_connector(place: Place, nursery: Nursery, url: str, feed: str) -> tuple[float, float]:
    """CPU seconds a second, and Mbit/s that it sent meanwhile."""
    async with connector(place, nursery, url, feed) as (pid, reports):
        await until(lambda: any(isinstance(report, Began) for report in reports), "it publishes")
        await asyncio.sleep(SETTLE_S)
        before, began, seen = cpu_s(pid), time.monotonic(), len(reports)
        await asyncio.sleep(SECONDS)
        used, took = cpu_s(pid) - before, time.monotonic() - began
        sent = sum(report.media for report in reports[seen:] if isinstance(report, Counted))
    return used / took, sent * 8 / took / 1e6


async def of_ffmpeg(url: str) -> tuple[float, float]:
    """The same of ffmpeg, to a socket that counts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sink.bind(("127.0.0.1", 0))
        sink.setblocking(False)
        target = f"rtp://127.0.0.1:{sink.getsockname()[1]}?pkt_size=1200"
        ffmpeg = shutil.which("ffmpeg")
        assert ffmpeg is not None
        copying = ("-rtsp_transport", "tcp", "-i", url, "-an", "-c", "copy", "-f", "rtp", target)
        process = await asyncio.create_subprocess_exec(
            ffmpeg, "-loglevel", "error", *copying, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            await _drain(sink, SETTLE_S)
            before, began = cpu_s(process.pid), time.monotonic()
            received = await _drain(sink, SECONDS)
            return (cpu_s(process.pid) - before) / (time.monotonic() - began), received * 8 / SECONDS / 1e6
        finally:
            process.kill()
            await process.wait()


async def _drain(sink: socket.socket, seconds: float) -> int:
    received, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            while True:
                received += len(sink.recv(2048))
        except BlockingIOError:
            await asyncio.sleep(0.01)
    return received


async def start_to_frame(place: Place, nursery: Nursery, url: str, feed: str) -> float:
    """Seconds from the order until a subscriber that is there already has decoded a frame."""
    place.doorkeeper.subscriber(f"viewer-{feed}", feed)
    place.doorkeeper.publisher(f"camera-{feed}", feed)
    await nursery.prepare()
    viewer = AiortcPeer()
    offer = await viewer.offer_to_receive(audio=False)
    began = time.monotonic()
    async with connector(place, nursery, url, feed), httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer viewer-{feed}", "Content-Type": "application/sdp"}
        answer = await http.post(f"{place.url}/whep/{feed}", content=offer, headers=headers)
        await viewer.answered(answer.text)
        await until(lambda: viewer.frames["video"], "a frame")
        took = time.monotonic() - began
    await viewer.close()
    return took


async def measure(*, only_cpu: bool) -> dict[str, Any]:
    nursery = Nursery()
    ours, theirs, starts = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        film(path)
        async with serving() as place:
            filming = RtspCamera(shared=False, file=str(path)).start()
            try:
                for n in range(ROUNDS):
                    used, rate = await of_connector(place, nursery, filming.url("/file"), f"fed_cpu{n}")
                    ours.append(used)
                    print(f"connector     {used * 100:6.2f} % of a core   {rate:5.2f} Mbit/s")
                    used, rate = await of_ffmpeg(filming.url("/file"))
                    theirs.append(used)
                    print(f"ffmpeg -c copy{used * 100:6.2f} % of a core   {rate:5.2f} Mbit/s")
            finally:
                filming.kill()
            if only_cpu:
                await nursery.close()
                return {"bench": "camera", **_cpu(ours, theirs), "machine": machine()}
            camera = RtspCamera(warm=["/baseline"], width=1280, height=720, group_s=2).start()
            try:
                await nursery.prepare()
                await asyncio.sleep(SETTLE_S)  # as a connector's spare process has long been there
                for n in range(STARTS):
                    await asyncio.sleep(random.uniform(0, 2))
                    starts.append(
                        await start_to_frame(place, nursery, camera.url("/baseline"), f"fed_start{n}")
                    )
            finally:
                camera.kill()
        await nursery.close()
    middle = statistics.median(starts)
    print(f"start to frame: median {middle:.2f} s, {min(starts):.2f} to {max(starts):.2f}, n={len(starts)}")
    return {
        "bench": "camera",
        **_cpu(ours, theirs),
        "start_to_frame_s": round(statistics.median(starts), 3),
        **await pauses(),
        "machine": machine(),
    }


def _cpu(ours: list[float], theirs: list[float]) -> dict[str, float]:
    return {
        "connector_cpu_ratio": round(statistics.median(ours) / statistics.median(theirs), 3),
        "connector_cpu": round(statistics.median(ours), 4),
        "ffmpeg_cpu": round(statistics.median(theirs), 4),
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--only-cpu", action="store_true", help="beside ffmpeg, and nothing else")
    chosen = reader.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not installed: tests/machine.sh says how")
    print(json.dumps(asyncio.run(measure(only_cpu=chosen.only_cpu)), separators=(",", ":")))


if __name__ == "__main__":
    main()
