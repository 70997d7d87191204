"""A lent camera in the whole real service, without browsers: what its connector moves, copies of its key."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.services.connectors import COPIED
from tests.connector import tracing
from tests.connector.desk import Connector, RtspCamera
from tests.peers import AiortcPeer, until
from tests.premises import SCENE, join, lend
from tests.pwa.lending import Person
from tests.pwa.service import Service

COPIES = 10
PATIENCE_S = 60.0  # twenty-odd processes start here


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "service"
    folder.mkdir()
    service = Service(folder)
    service.add_person("dana", "dispatcher")
    service.start()
    yield service
    service.kill()


@pytest.fixture
def camera(rtsp: None) -> Iterator[RtspCamera]:
    camera = RtspCamera(warm=["/running"]).start()
    yield camera
    camera.kill()


@pytest.fixture
def connector(tmp_path: Path) -> Iterator[Connector]:
    connector = Connector(tmp_path / "connector")
    yield connector
    connector.kill()


@pytest.fixture
async def dana(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A dispatcher's browser."""
    async with (await asyncio.to_thread(Person, service, "dana")).browser() as http:
        yield http


async def post(http: httpx.AsyncClient, path: str, body: Any = None) -> Any:
    reply = await http.post(path, json=body)
    assert reply.is_success, (path, reply.status_code, reply.text)
    return reply.json() if reply.content else None


async def sees(dana: httpx.AsyncClient, camera: str) -> AiortcPeer:
    """An incident there, the press, and the picture moves."""
    body = {"type": "Break-in", "position": {**SCENE, "accuracy_m": 10.0}}
    incident = (await post(dana, "/api/incidents", body))["id"]
    where = f"/api/incidents/{incident}/cameras/{camera}/open"
    feed = (await post(dana, where, {"reason": "see-scene"}))["opening"]["feed_id"]
    grant = await post(dana, f"/api/feeds/{feed}/watch")
    viewer = AiortcPeer()
    offer = await viewer.offer_to_receive(audio=False)
    headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
    answer = await dana.post(grant["whep"], content=offer, headers=headers)
    assert answer.status_code == 201, answer.text
    await viewer.answered(answer.text)
    await until(lambda: viewer.frames["video"] > 20, "the picture moves", PATIENCE_S)
    return viewer


class Sockets:
    """What a connector's sockets have moved, by its system calls."""

    def __init__(self, folder: Path, service: Service, camera: RtspCamera) -> None:
        self._folder = folder
        self._control, self._camera = httpx.URL(service.url).port, camera.port

    def count(self) -> dict[str, int]:
        """Bytes: with the service over HTTP, with the camera, and with anything else, in and out."""
        bytes_ = {"control": 0, "camera in": 0, "camera out": 0, "media in": 0, "media out": 0}
        for each in tracing.moved(self._folder):
            if not each.udp and each.port == self._control:
                bytes_["control"] += each.size
            else:
                other_end = "camera" if not each.udp and each.port == self._camera else "media"
                bytes_[f"{other_end} {'in' if each.incoming else 'out'}"] += each.size
        return bytes_

    def but_control(self) -> dict[str, int]:
        return {name: count for name, count in self.count().items() if name != "control"}

    async def says_more(self) -> None:
        """It lives and is still looked at: something goes over the one WebSocket."""
        before = self.count()["control"]
        await until(lambda: self.count()["control"] > before, "it says that it lives", PATIENCE_S)


async def test_a_connector_moves_no_byte_of_media_before_a_grant_and_none_after_its_end(
    service: Service, camera: RtspCamera, connector: Connector, dana: httpx.AsyncClient, tmp_path: Path
) -> None:
    if not tracing.possible(tmp_path):
        pytest.skip("strace is not installed (Debian: strace), or may not look into processes here")
    calls = tmp_path / "calls"
    rosa, lent = await lend(service, connector, camera, under=tracing.command(calls))
    sockets, alone = Sockets(calls, service, camera), camera.connections()
    nothing = dict.fromkeys(sockets.but_control(), 0)
    await sockets.says_more()
    assert sockets.but_control() == nothing

    viewer = await sees(dana, lent)
    during = sockets.but_control()
    assert camera.connections() == alone + 1
    assert during["camera in"] > 10_000  # the picture comes,
    assert during["media out"] > 10_000  # and leaves
    assert min(during.values()) > 0

    await asyncio.to_thread(rosa.send, "POST", f"/api/cameras/{lent}/pause", {"minutes": 60})
    await until(lambda: len(connector.children()) == 1, "its process is gone", PATIENCE_S)  # one is spare
    assert camera.connections() == alone
    ended, shown = sockets.but_control(), viewer.frames["video"]
    await sockets.says_more()
    await sockets.says_more()
    assert sockets.but_control() == ended
    assert viewer.frames["video"] == shown
    await viewer.close()


async def test_ten_connectors_with_one_key_are_shut_out_and_disturb_no_neighbour(
    service: Service, camera: RtspCamera, connector: Connector, dana: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Ten real processes, in ten folders that were copied, beside one whose camera is being watched."""
    _, lent = await lend(service, connector, camera)
    olga, _ = await join(
        service, original := Connector(tmp_path / "copy-0"), camera, "olga", "Olga Stein", site="Corner Shop"
    )
    copies = [original]
    for n in range(1, COPIES):
        shutil.copytree(original.folder, tmp_path / f"copy-{n}")
        copies.append(Connector(tmp_path / f"copy-{n}"))
    viewer = await sees(dana, lent)
    opened, shown = camera.connections(), viewer.frames["video"]
    try:
        for copy in copies:
            copy.run()
        await until(lambda: all(COPIED in copy.log for copy in copies), "each is told why", 4 * PATIENCE_S)
        assert not any(copy.sockets_to(service.url) for copy in copies)

        (agent,) = (await asyncio.to_thread(olga.view))["sites"][0]["connectors"]
        assert (agent["connected"], agent["trouble"]) == (False, COPIED)
        refused = [line for line in service.run("audit", "list").splitlines() if "connector.refuse" in line]
        assert any(line.endswith("key-copied") for line in refused)

        seen = viewer.frames["video"]
        await until(lambda: viewer.frames["video"] > seen + 20, "the neighbour's goes on", PATIENCE_S)
        assert seen > shown
        assert camera.connections() == opened
        happened = [line.split(maxsplit=2)[2].strip() for line in service.run("audit", "list").splitlines()]
        assert happened.count("feed.publish") == happened.count("feed.subscribe") == 1
        assert "feed.end" not in happened
        assert "camera.close" not in happened
    finally:
        for copy in copies:
            copy.kill()
        await viewer.close()
