"""The bad network of the benchmarks is the same bad network every time."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tests.bench.bad_network import LENGTH, NOTHING_LOST, LossMap, Relay


@pytest.mark.parametrize("make", [LossMap.uniform, LossMap.bursty])
def test_a_map_loses_its_share_and_is_made_alike_twice(make: Callable[[float, int], LossMap]) -> None:
    for loss in (0.0, 0.05, 0.3):
        assert make(loss, 7) == make(loss, 7)
        assert make(loss, 7).share == pytest.approx(loss, abs=0.01)
    assert make(0.3, 7).digest != make(0.3, 8).digest


def test_the_maps_that_are_on_record() -> None:
    assert [LossMap.uniform(0.1, 20261124).digest, LossMap.uniform(0.3, 20261124).digest] == [
        "92fdafaf",
        "d4efb9be",
    ]


async def test_a_relay_loses_what_the_map_says_and_keeps_the_order() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        async with Relay(server.getsockname()[1]) as relay:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setblocking(False)
                client.connect(("127.0.0.1", relay.port))
                client.send(b"opens the way")
                hello = None
                while hello is None:  # the first is lost while its socket is made
                    client.send(b"hello")
                    try:
                        hello, back = await asyncio.wait_for(loop.sock_recvfrom(server, 100), 0.2)
                    except TimeoutError:
                        continue
                lost = LossMap.uniform(0.3, 7)
                relay.set(lost, NOTHING_LOST, 0.02)
                for number in range(200):
                    client.send(bytes([number]))
                expected = [number for number in range(200) if not lost.lost[number]]
                came: list[int] = []
                while len(came) < len(expected):
                    data = await asyncio.wait_for(loop.sock_recv(server, 100), 20)
                    came += data if len(data) == 1 else b""
                assert came == expected
                await loop.sock_sendto(server, b"back", back)
                assert await asyncio.wait_for(loop.sock_recv(client, 100), 20) == b"back"
    assert LENGTH > 60 * 20 * 30  # a minute of our picture before a map begins again
