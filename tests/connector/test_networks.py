"""A lent camera's way to the engine over networks that are no good: a real camera, a real engine, and between
them a relay that loses, forgets or falls silent. All but the camera is in this process.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from media import rtc
from media.connector import whip
from media.connector.camera import Camera
from media.connector.orders import Begin, Open
from media.connector.publisher import Publisher
from media.connector.sending import Stream
from media.ports import PublisherStats
from tests.bench.bad_network import NOTHING_LOST, LossMap, Relay
from tests.connector.desk import RtspCamera
from tests.peers import AiortcPeer, Place, serving, until

EVERYTHING = LossMap(b"\1")
FEED = "fed_a"


@pytest.fixture(scope="module")
def filming(request: pytest.FixtureRequest) -> Iterator[RtspCamera]:
    request.getfixturevalue("rtsp")
    camera = RtspCamera(warm=["/baseline"], kbps=1500, pattern="snow").start()
    yield camera
    camera.kill()


class Route:
    """Where the engine's answers say that it is; changed, it is true for the next session."""

    def __init__(self, udp: int | None = None, tcp: int | None = None) -> None:
        self.ports = {"udp": udp, "tcp": tcp}

    def lead(self, answer: str) -> str:
        def candidate(found: re.Match[str]) -> str:
            port = self.ports[found[2].lower()]
            return "" if port is None else f"{found[1]}{found[2]} {found[3]} {found[4]} {port} {found[6]}\r\n"

        return re.sub(r"(a=candidate:\S+ 1 )(udp|tcp) (\d+) (\S+) (\d+) (.*?)\r\n", candidate, answer)


@pytest.fixture
def route(monkeypatch: pytest.MonkeyPatch) -> Route:
    route, publish = Route(), whip.Endpoint.publish

    async def led(self: whip.Endpoint, sdp: str) -> tuple[str, str]:
        answer, session = await publish(self, sdp)
        return route.lead(answer), session

    monkeypatch.setattr(whip.Endpoint, "publish", led)
    return route


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with serving() as place:
        place.doorkeeper.publisher("camera", FEED)
        place.doorkeeper.subscriber("viewer", FEED)
        yield place


@contextlib.asynccontextmanager
async def lent(place: Place, filming: RtspCamera) -> AsyncIterator[tuple[Publisher, AiortcPeer]]:
    """A camera's process without the process, and a viewer who sees it."""
    camera = Camera(Open(url=filming.url("/baseline"), networks=("127.0.0.0/8",)), rtc.Certificate())
    camera.begin(Begin(run=FEED, whip=f"{place.url}/whip", bearer="camera", sound=False))
    keeping = asyncio.create_task(camera.keep_open())
    viewer = AiortcPeer()
    try:
        offer = await viewer.offer_to_receive(audio=False)
        headers = {"Authorization": "Bearer viewer", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{place.url}/whep/{FEED}", content=offer, headers=headers)
        await viewer.answered(answer.text)
        await moves(viewer)
        (publisher,) = camera._publishers.values()
        yield publisher, viewer
    finally:
        await viewer.close()
        await camera.close()
        await asyncio.wait_for(keeping, 10)


@contextlib.asynccontextmanager
async def lent_over_relay(
    place: Place, route: Route, filming: RtspCamera
) -> AsyncIterator[tuple[Relay, Publisher, AiortcPeer]]:
    async with Relay(place.sfu.port) as relay:
        route.ports = {"udp": relay.port, "tcp": None}
        async with lent(place, filming) as (publisher, viewer):
            yield relay, publisher, viewer


async def moves(viewer: AiortcPeer, frames: int = 10) -> None:
    seen = viewer.frames["video"]
    await until(lambda: viewer.frames["video"] > seen + frames, "the picture moves", 30)


def way(publisher: Publisher) -> Any:
    assert publisher._live is not None
    return publisher._live._path


def video(publisher: Publisher) -> Stream:
    assert publisher._live is not None
    return publisher._live._video


async def stats(place: Place) -> PublisherStats:
    found = (await place.sfu.stats())[0].feeds[0].publisher
    assert found is not None
    return found


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """A port that takes datagrams and answers none, as behind a firewall."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield nobody.getsockname()[1]


@pytest.mark.parametrize("refused", [False, True])
async def test_where_udp_does_not_pass_the_picture_goes_by_tcp(
    place: Place, route: Route, filming: RtspCamera, refused: bool
) -> None:
    with deaf() as port:
        route.ports = {"udp": 9 if refused else port, "tcp": place.sfu.port}
        async with lent(place, filming) as (publisher, viewer):
            assert way(publisher).kind == "tcp"
            await moves(viewer, 30)
            assert publisher.sessions == 1


async def test_a_tcp_path_that_stands_still_leaves_out_pictures_and_goes_on(
    place: Place, route: Route, filming: RtspCamera
) -> None:
    async with stalling(place.sfu.port) as hose:
        route.ports = {"udp": None, "tcp": hose.port}
        async with lent(place, filming) as (publisher, viewer):
            hose.flows.clear()
            await until(lambda: publisher._live is None or way(publisher).full, "it is full, or given up", 30)
            hose.flows.set()
            await moves(viewer, 20)


async def test_what_a_network_loses_is_sent_again(place: Place, route: Route, filming: RtspCamera) -> None:
    async with Relay(place.sfu.port) as relay:
        route.ports = {"udp": relay.port, "tcp": None}
        async with lent(place, filming) as (publisher, viewer):
            relay.set(LossMap.bursty(0.1, seed=4), NOTHING_LOST, 0.03)
            sent, seen = video(publisher).packets, viewer.frames["video"]
            seconds = list[PublisherStats]()
            while video(publisher).packets < sent + 1000:
                await asyncio.sleep(0.5)
                seconds.append(await stats(place))
            assert max(second.loss for second in seconds) > 0.05
            assert max(second.unrepaired for second in seconds) < 0.02
            assert seconds[-1].repeats_asked > 50
            assert viewer.frames["video"] > seen + 30
            assert publisher.sessions == 1  # checks are lost too, and it bears that
            await moves(viewer)


async def test_a_nat_that_forgets_costs_no_session(place: Place, route: Route, filming: RtspCamera) -> None:
    async with Relay(place.sfu.port) as relay:
        route.ports = {"udp": relay.port, "tcp": None}
        async with lent(place, filming) as (publisher, viewer):
            for _ in range(3):
                relay.rebind()
                await asyncio.sleep(0.5)
                await moves(viewer)
            assert publisher.sessions == 1


async def test_a_path_that_dies_is_left_and_one_that_comes_back_is_taken(
    place: Place, route: Route, filming: RtspCamera
) -> None:
    async with Relay(place.sfu.port) as relay:
        route.ports = {"udp": relay.port, "tcp": None}
        async with lent(place, filming) as (publisher, viewer):
            relay.set(EVERYTHING, EVERYTHING, 0.0)
            await until(lambda: publisher._live is None, "it is noticed")
            await asyncio.sleep(2.0)  # further sessions find no path either
            relay.set(NOTHING_LOST, NOTHING_LOST, 0.0)
            await moves(viewer)
            assert publisher.sessions >= 2


async def test_a_path_on_which_nothing_arrives_is_left_though_the_engine_is_heard(
    place: Place, route: Route, filming: RtspCamera
) -> None:
    async with Relay(place.sfu.port) as relay:
        route.ports = {"udp": relay.port, "tcp": None}
        async with lent(place, filming) as (publisher, viewer):
            route.ports["udp"] = place.sfu.port  # the next session has another way
            relay.set(EVERYTHING, NOTHING_LOST, 0.0)
            await moves(viewer)
            assert publisher.sessions == 2


async def test_a_port_that_is_gone_is_left_at_once(place: Place, route: Route, filming: RtspCamera) -> None:
    async with lent_over_relay(place, route, filming) as (relay, publisher, viewer):
        route.ports["udp"] = place.sfu.port
        await relay.__aexit__()  # what is sent now is answered by ICMP, and each send fails
        await moves(viewer)
        assert publisher.sessions == 2


async def test_an_address_that_is_taken_from_the_machine_is_no_end(
    place: Place, route: Route, filming: RtspCamera
) -> None:
    """The network card goes: each send and receive of the socket fails from then on."""
    route.ports = {"udp": place.sfu.port, "tcp": None}
    async with lent(place, filming) as (publisher, viewer):
        broken = way(publisher)._way
        broken._socket.shutdown(socket.SHUT_RDWR)
        await moves(viewer)
        assert publisher.sessions == 2


class Hose:
    """A TCP relay that can stand still."""

    def __init__(self) -> None:
        self.port = 0
        self.flows = asyncio.Event()
        self.flows.set()


@contextlib.asynccontextmanager
async def stalling(port: int) -> AsyncIterator[Hose]:
    hose, tasks = Hose(), set[asyncio.Task[None]]()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await hose.flows.wait() and (data := await reader.read(16_384)):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port, limit=16_384)
        tasks.update(map(asyncio.create_task, (carry(reader, back), carry(there, writer))))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=16_384)
    async with server:
        hose.port = server.sockets[0].getsockname()[1]
        yield hose
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
