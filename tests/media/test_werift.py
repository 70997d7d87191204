"""A stack that is neither aiortc nor a browser: werift, in Node, publishes by WHIP and watches by WHEP."""

import asyncio
import base64
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from backend.model.people import Role
from media.ports import EndReason
from tests.backend.house import House, Phone, settings
from tests.peers import serving, until

HERE = Path(__file__).parent.parent / "peers-node"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the locked packages installed; Node comes with the virtual environment or the system."""
    found = shutil.which("node", path=str(BIN)) or shutil.which("node")
    assert found is not None, "Node is needed: it is in the dependency group `build`"
    return found


@pytest.fixture
async def installed(node: str) -> None:
    if (HERE / "node_modules" / ".package-lock.json").exists():  # npm writes it last
        return
    path = f"{Path(node).parent}:{os.environ.get('PATH', '')}"  # npm's own script looks for node there
    npm = shutil.which("npm", path=str(Path(node).parent)) or "npm"
    process = await asyncio.create_subprocess_exec(
        npm, "ci", cwd=HERE, stdout=PIPE, stderr=PIPE, env={**os.environ, "PATH": path}
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One second of VP8 that begins with a keyframe: a bar that moves through noise."""
    path = tmp_path / "film.ivf"
    noise = np.random.default_rng(1)
    with av.open(str(path), "w", format="ivf") as file:
        stream = file.add_stream("libvpx", rate=30)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", 800_000
        stream.options = {"deadline": "realtime", "cpu-used": "8", "g": "300"}
        for n in range(30):
            picture = np.zeros((240, 320, 3), np.uint8)
            picture[100:140] = noise.integers(0, 255, (40, 320, 3))
            picture[:, n * 10 : n * 10 + 20] = 255
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts = n
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


class NodePeer:
    """One run of peer.mjs; what it says is in `said`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.said: list[dict[str, Any]] = []
        self._process = process
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said.append(json.loads(line))

    def heard(self, key: str) -> list[Any]:
        return [event[key] for event in self.said if key in event]

    async def hang_up(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._task
        await self._process.wait()


@pytest.fixture
async def start(node: str, installed: None) -> AsyncIterator[Any]:
    started: list[asyncio.subprocess.Process] = []

    async def start(*words: str) -> NodePeer:
        process = await asyncio.create_subprocess_exec(
            node, str(HERE / "peer.mjs"), *words, stdin=PIPE, stdout=PIPE, limit=1 << 20
        )
        started.append(process)
        return NodePeer(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


def decoded(frames: list[str]) -> int:
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    return sum(len(decoder.decode(av.Packet(base64.b64decode(frame)))) for frame in frames)


async def test_werift_publishes_and_watches(start: Any, film: Path) -> None:
    async with serving() as place:
        place.doorkeeper.publisher("publish-token", "fed_1")
        place.doorkeeper.subscriber("watch-token", "fed_1")
        viewer = await start("watch", f"{place.url}/whep/fed_1", "watch-token")
        publisher = await start("publish", f"{place.url}/whip", "publish-token", str(film))
        await until(lambda: len(viewer.heard("frame")) > 45, "frames arrive")
        assert publisher.heard("status") == viewer.heard("status") == [201]
        frames = viewer.heard("frame")
        assert decoded(frames) == len(frames)
        assert viewer.heard("gap") == []
        late = await start("watch", f"{place.url}/whep/fed_1", "watch-token")
        await until(lambda: len(late.heard("frame")) > 5, "a late viewer sees frames")
        assert publisher.heard("pli")  # the late viewer's wish reached the publisher
        assert decoded(late.heard("frame")[:5]) == 5
        for peer in (late, viewer, publisher):
            await peer.hang_up()
            assert peer.heard("deleted") == [200]
        await until(lambda: len(place.listener.news) == 4, "all ends are told")
        assert ("ended", "fed_1", EndReason.HUNG_UP) in place.listener.news


async def test_werift_with_a_forged_bearer_is_refused(start: Any) -> None:
    async with serving() as place:
        viewer = await start("watch", f"{place.url}/whep/fed_1", "forged")
        await until(lambda: viewer.heard("status"), "it is answered")
        assert viewer.heard("status") == [401]


async def test_werift_is_the_caller_and_the_viewer_of_a_whole_call(
    start: Any, film: Path, tmp_path: Path
) -> None:
    async with House(settings(tmp_path / "data")) as house:
        await house.parts.accounts.add(
            name="dana", display_name="Dana", role=Role.DISPATCHER, call_sign=None, password="long enough"
        )
        dana = await house.staff("dana")
        incident = await dana.open()
        phone = Phone(house, house.token((await dana.issue(incident))["id"]))
        publisher = await start("publish", f"{house.url}/whip", await phone.share(), str(film))
        feed = (await dana.see(incident))["feeds"][0]["id"]
        grant = await dana.post(f"/api/feeds/{feed}/watch")
        viewer = await start("watch", f"{house.url}{grant['whep']}", grant["bearer"])
        await until(lambda: len(viewer.heard("frame")) > 10, "frames arrive")
        assert decoded(viewer.heard("frame")[:10]) == 10
        await dana.post(f"/api/incidents/{incident['id']}/close")
        for peer in (viewer, publisher):
            await peer.hang_up()
        told = [entry.action.value for entry in await house.entries()]
        assert {"feed.publish", "feed.live", "feed.subscribe", "feed.end", "feed.unsubscribe"} <= set(told)
