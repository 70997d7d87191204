"""The port's way out: runs of equal datagrams leave in one call, and arrive one by one as they were."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import batch, outbox, rtc
from media.config import SfuConfig
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


def send_all(port: Port, datagrams: list[bytes], *addresses: Any) -> None:
    """As a wake-up does, to each address, with nothing encrypted."""
    port.gathers = True
    for address in addresses:
        port._names.setdefault(address, batch.name_of(address))
        parts = [(datagram[:1], datagram[1:]) for datagram in datagrams]
        port.outbox.send(cast("rtc.Srtp", Plain()), address, parts)
    port.gathers = False
    port.outbox.flush()


class Plain:
    def protect_slots(self, slots: batch.Slots, first: int, end: int) -> None: ...


SIZES = [[9] * 5, [9, 9, 4], [9, 4, 4], [4, 9], [1200] * 70, [9], [1, 2, 3, 3, 2, 1], [2000] * 33 + [5]]


@pytest.mark.parametrize("way", ["one call", "a call for each run", "a call for each datagram"])
@pytest.mark.parametrize("sizes", SIZES)
async def test_datagrams_arrive_whole_and_in_order(port: Port, sizes: list[int], way: str) -> None:
    port._segments = way != "a call for each datagram"
    if way != "one call":
        port._sender = None
    sent = [bytes([n]) * size for n, size in enumerate(sizes)]
    with receiver() as sock, receiver() as other:
        send_all(port, sent, sock.getsockname(), other.getsockname())
        assert [sock.recv(4096) for _ in sent] == sent
        assert [other.recv(4096) for _ in sent] == sent


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_no_sizes_are_cut_wrongly(sizes: list[int]) -> None:
    async def run() -> None:
        port = Port(SfuConfig(), Drops())
        port.open("127.0.0.1", 0, ())
        try:
            await test_datagrams_arrive_whole_and_in_order(port, sizes, "one call")
        finally:
            port.close()

    asyncio.run(run())


class Failing:
    """The calls of a kernel that fails some of them."""

    def __init__(self, sender: batch.Sender, *errors: int) -> None:
        self.calls = 0
        self._sender = sender
        self._errors = list(errors)
        self.lay = sender.lay

    def send(self, fd: int, first: int, end: int) -> tuple[int, int]:
        self.calls += 1
        error = self._errors.pop(0) if self._errors else 0
        return (0, error) if error else self._sender.send(fd, first, end)


@pytest.mark.parametrize("alone", [True, False])
async def test_a_kernel_that_cannot_cut_runs_is_asked_once(port: Port, alone: bool) -> None:
    real = port._socket
    assert port._sender is not None
    failing = Failing(port._sender, errno.EIO)

    class Old:
        """A device that cannot."""

        calls = 0

        def sendmsg(self, *_: object) -> int:
            self.calls += 1
            raise OSError(errno.EIO, "no checksums here")

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    old = Old()
    port._socket, port._sender = old, failing  # type: ignore[assignment]
    with receiver() as sock, receiver() as other:
        to = [sock] if alone else [sock, other]
        for _ in range(3):
            send_all(port, [b"one", b"two"], *(each.getsockname() for each in to))
        for each in to:
            assert [each.recv(10) for _ in range(6)] == [b"one", b"two"] * 3
    assert (failing.calls, old.calls) == ((0, 1) if alone else (1, 1))
    port._socket = real


async def test_a_destination_that_cannot_be_reached_holds_nobody_back(port: Port) -> None:
    with receiver() as sock, receiver() as other:
        send_all(port, [b"one", b"two"], sock.getsockname(), ("240.0.0.1", 9), other.getsockname())
        for each in (sock, other):
            assert [each.recv(10) for _ in range(2)] == [b"one", b"two"]
    assert port._drops[Drop.SEND_FAILED] == 2


async def test_what_a_full_socket_does_not_take_is_dropped_and_counted(port: Port) -> None:
    assert port._sender is not None
    port._sender = cast("batch.Sender", Failing(port._sender, errno.EAGAIN))
    with receiver() as sock, receiver() as other:
        send_all(port, [b"one", b"two"], sock.getsockname(), other.getsockname())
        assert port._drops[Drop.SEND_FAILED] == 4
        send_all(port, [b"six"], sock.getsockname(), other.getsockname())
        assert (sock.recv(10), other.recv(10)) == (b"six", b"six")


async def test_a_kernel_without_the_call_is_asked_once_and_nothing_is_lost(port: Port) -> None:
    assert port._sender is not None
    port._sender = cast("batch.Sender", Failing(port._sender, errno.ENOSYS))
    with receiver() as sock, receiver() as other:
        for _ in range(2):
            send_all(port, [b"one", b"two"], sock.getsockname(), other.getsockname())
        for each in (sock, other):
            assert [each.recv(10) for _ in range(4)] == [b"one", b"two"] * 2
    assert port._sender is None


async def test_more_than_there_is_room_for_leaves_in_between(port: Port) -> None:
    sent = [n.to_bytes(2) * 40 for n in range(outbox.SLOTS * 2 + 3)]
    with receiver() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        send_all(port, sent, sock.getsockname())
        assert [sock.recv(100) for _ in sent] == sent


async def test_what_cannot_be_sent_is_counted(port: Port) -> None:
    port.send(b"x" * 70_000, ("127.0.0.1", 9))
    assert port._drops[Drop.SEND_FAILED] == 1


async def test_an_address_is_told_to_its_peer_without_the_mapping(port: Port) -> None:
    assert port.plain(("::ffff:192.0.2.1", 5, 0, 0)) == ("192.0.2.1", 5)
    assert port.plain(("fe80::1%eth0", 5, 0, 2)) == ("fe80::1", 5)
