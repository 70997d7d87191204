"""Many datagrams in one call: addresses as the kernel has them, and what came as it was sent."""

import errno
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import batch

needs_calls = pytest.mark.skipif(not batch.supported, reason="recvmmsg and sendmmsg are Linux's")


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_an_ipv4_address_is_read_as_it_was_written(host: object, port: int) -> None:
    assert batch.address_of(batch.name_of((str(host), port))) == (str(host), port)


@given(st.ip_addresses(v=6), st.integers(0, 65535), st.integers(0, (1 << 20) - 1), st.integers(0, 9))
def test_an_ipv6_address_is_read_as_it_was_written(host: object, port: int, flow: int, scope: int) -> None:
    written = batch.name_of((str(host), port, flow, scope))
    text, *rest = batch.address_of(written)
    assert socket.inet_pton(socket.AF_INET6, text) == host.packed  # type: ignore[attr-defined]
    assert rest == [port, flow, scope]
    assert batch.name_of((text, *rest)) == written  # it is a key


def test_what_is_no_address_is_refused() -> None:
    for name in (b"", b"\x00" * 16, batch.name_of(("127.0.0.1", 1))[:8]):
        with pytest.raises(ValueError, match="another family"):
            batch.address_of(name)


@needs_calls
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_came_tells_its_size_and_its_sender_as_python_does(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock, socket.socket(family, socket.SOCK_DGRAM) as other:
        try:
            sock.bind((host, 0))
            other.bind((host, 0))
        except OSError:
            pytest.skip("no IPv6 here")
        slots = batch.Slots(4, 16)
        receiver = batch.Receiver(slots)
        assert receiver.receive(sock.fileno()) == []
        sent = [b"one", b"", b"three", b"longer than a slot has room", b"five"]
        for datagram in sent:
            other.sendto(datagram, sock.getsockname())
        came = receiver.receive(sock.fileno())
        assert [size for size, _ in came] == [3, 0, 5, 16]
        assert {batch.address_of(name) for _, name in came} == {other.getsockname()}
        assert bytes(slots.view[32:37]) == b"three"
        assert [size for size, _ in receiver.receive(sock.fileno())] == [4]
        assert receiver.receive(sock.fileno()) == []


@needs_calls
def test_one_call_sends_runs_to_many() -> None:
    slots = batch.Slots(8, 16)
    sender = batch.Sender(slots)
    for n, datagram in enumerate([b"abc", b"def", b"g", b"hi", b"other"]):
        slots.view[n * 16 : n * 16 + len(datagram)] = datagram
        slots.sizes[n] = len(datagram)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        sock.settimeout(5)
        to = sock.getsockname()
        sender.lay([(to, 0, 3, 3), (to, 3, 1, 2), (to, 4, 1, 5)], [batch.name_of(to)] * 3)
        assert sender.send(sock.fileno(), 0, 3) == (3, 0)
        assert [sock.recv(16) for _ in range(5)] == [b"abc", b"def", b"g", b"hi", b"other"]


@needs_calls
def test_the_error_of_the_first_message_is_told() -> None:
    slots = batch.Slots(2, 16)
    sender = batch.Sender(slots)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        to = ("127.0.0.1", 0)  # a port that nobody can be sent to
        sender.lay([(to, 0, 1, 16)], [batch.name_of(to)])
        assert sender.send(sock.fileno(), 0, 1) == (0, errno.EINVAL)
