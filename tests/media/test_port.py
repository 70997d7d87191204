"""The port's way out: runs of equal datagrams leave in one call, and arrive one by one as they were."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import rtc
from media.config import SfuConfig
from media.outbox import Outbox
from media.port import Port
from media.stats import Drop, Drops


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    port = Port(SfuConfig(), Drops())
    port.open("127.0.0.1", 0, ())
    yield port
    port.close()


def receiver() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(5)
    return sock


def send_all(port: Port, datagrams: list[bytes], address: Any) -> None:
    """As the outbox does, with nothing encrypted."""
    outbox = Outbox(port, port._drops)
    outbox.send(cast("rtc.Srtp", Plain()), address, [(datagram[:1], datagram[1:]) for datagram in datagrams])


class Plain:
    def protect_at(self, buffer: rtc.Buffer, at: int, size: int) -> int:
        return size


SIZES = [[9] * 5, [9, 9, 4], [9, 4, 4], [4, 9], [1200] * 70, [9], [1, 2, 3, 3, 2, 1], [2000] * 33 + [5]]


@pytest.mark.parametrize("segments", [True, False])
@pytest.mark.parametrize("sizes", SIZES)
async def test_datagrams_arrive_whole_and_in_order(port: Port, sizes: list[int], segments: bool) -> None:
    port._segments = segments
    sent = [bytes([n]) * size for n, size in enumerate(sizes)]
    with receiver() as sock:
        send_all(port, sent, sock.getsockname())
        assert [sock.recv(4096) for _ in sent] == sent


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_no_sizes_are_cut_wrongly(sizes: list[int]) -> None:
    async def run() -> None:
        port = Port(SfuConfig(), Drops())
        port.open("127.0.0.1", 0, ())
        try:
            await test_datagrams_arrive_whole_and_in_order(port, sizes, True)
        finally:
            port.close()

    asyncio.run(run())


async def test_a_kernel_that_cannot_cut_runs_is_asked_once(port: Port) -> None:
    real = port._socket

    class Old:
        """A device that cannot."""

        calls = 0

        def sendmsg(self, *_: object) -> int:
            self.calls += 1
            raise OSError(errno.EIO, "no checksums here")

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    old = Old()
    port._socket = old  # type: ignore[assignment]
    with receiver() as sock:
        for _ in range(3):
            send_all(port, [b"one", b"two"], sock.getsockname())
        assert [sock.recv(10) for _ in range(6)] == [b"one", b"two"] * 3
    assert old.calls == 1
    port._socket = real


async def test_what_cannot_be_sent_is_counted(port: Port) -> None:
    port.send(b"x" * 70_000, ("127.0.0.1", 9))
    assert port._drops[Drop.SEND_FAILED] == 1


async def test_an_address_is_told_to_its_peer_without_the_mapping(port: Port) -> None:
    assert port.plain(("::ffff:192.0.2.1", 5, 0, 0)) == ("192.0.2.1", 5)
    assert port.plain(("fe80::1%eth0", 5, 0, 2)) == ("fe80::1", 5)
