"""ICE-TCP: what UDP carries, over connections; their bounds, their loss, and readers that are too slow."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import tcp
from media.ports import EndReason, FeedId, Holder
from media.stats import Drop
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.peers import Engine, Listener, engine, until

FEED = FeedId("fed_1")


@contextlib.asynccontextmanager
async def lean(sfu: Engine, direction: str, *, over_tcp: bool = True) -> AsyncIterator[LeanPeer]:
    """A peer that is connected."""
    peer = LeanPeer(direction, tcp=over_tcp)
    take = sfu.publish if direction == "sendonly" else sfu.subscribe
    try:
        await peer.answered((await take(FEED, Holder(direction), peer.offer())).sdp)
        await asyncio.wait_for(peer.up.wait(), 20)
        await until(lambda: all(s.peer.up for s in sfu._sessions.values()), "the engine has the keys too")
        yield peer
    finally:
        await peer.close()


async def flows(publisher: LeanPeer, viewer: LeanPeer, more: int = 20) -> None:
    """Send pictures until that many more have come out at the other end."""
    wanted = len(viewer.packets) + more
    for _ in range(1000):
        publisher.send(publisher.frame(KEYFRAME))
        publisher.send(publisher.frame(DELTA))
        await asyncio.sleep(0.01)
        if len(viewer.packets) >= wanted:
            return
    raise AssertionError(f"only {len(viewer.packets)} of {wanted} packets came")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("over_tcp", [True, False])
async def test_a_picture_goes_through_on_either_protocol_and_family(host: str, over_tcp: bool) -> None:
    async with (
        engine(host=host) as sfu,
        lean(sfu, "sendonly", over_tcp=over_tcp) as publisher,
        lean(sfu, "recvonly", over_tcp=over_tcp) as viewer,
    ):
        await flows(publisher, viewer)
        assert viewer.socket is not None
        assert viewer.mapped == viewer.socket.getsockname()[:2]
        assert publisher.control  # feedback


async def test_both_families_and_protocols_meet_on_one_port() -> None:
    async with engine(host="::", advertised=("127.0.0.1", "::1")) as sfu:
        six = LeanPeer("recvonly", tcp=True)
        sdp = (await sfu.subscribe(FEED, Holder("six"), six.offer())).sdp
        await six.answered("\r\n".join(line for line in sdp.splitlines() if " 127.0.0.1 " not in line))
        async with lean(sfu, "sendonly", over_tcp=False) as publisher:
            await asyncio.wait_for(six.up.wait(), 20)
            await flows(publisher, six)
            assert six.socket is not None
            assert six.mapped == six.socket.getsockname()[:2] != publisher.mapped
        await six.close()


async def test_who_does_not_connect_again_after_a_broken_connection_is_gone() -> None:
    """A carrier's NAT resets connections: that is no hanging up, and the browser connects again."""
    listener = Listener()
    async with (
        engine(listener, dead_after_s=1.0, idle_dead_after_s=1.0) as sfu,
        lean(sfu, "sendonly") as publisher,
        lean(sfu, "recvonly") as viewer,
    ):
        await flows(publisher, viewer)
        assert publisher.socket is not None
        publisher.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        publisher.hang_up()
        await until(lambda: ("ended", FEED, EndReason.SILENT) in listener.news, "the publisher is gone")
        viewer.hang_up()
        await until(lambda: listener.summaries, "the viewer is gone")


async def test_a_broken_connection_ends_no_peer_that_has_another_path() -> None:
    async with engine() as sfu, lean(sfu, "sendonly") as publisher, lean(sfu, "recvonly") as viewer:
        await flows(publisher, viewer)
        assert viewer.socket is not None
        first, address = viewer.socket, viewer.socket.getpeername()
        asyncio.get_running_loop().remove_reader(first.fileno())
        viewer.socket = None  # kept open
        answers = viewer.answers
        await viewer.connect(address)
        viewer.check()
        await until(lambda: viewer.answers > answers, "the second path is there")
        first.close()
        await until(lambda: len(sfu._port._tcp) == 2, "the first is forgotten")
        await flows(publisher, viewer)
        assert len(sfu._sessions) == 2


async def test_udp_is_preferred_when_a_browser_nominates_both() -> None:
    async with engine() as sfu, lean(sfu, "recvonly", over_tcp=False) as viewer:
        second = LeanPeer("recvonly", tcp=True)
        second.ufrag, second.password = viewer.ufrag, viewer.password
        await second.connect(("127.0.0.1", sfu.port))
        (session,) = sfu._sessions.values()
        answers = viewer.answers
        viewer.check()
        await until(lambda: viewer.answers > answers, "UDP is nominated")
        second.check()
        await until(lambda: second.answers, "the connection is a path too")
        assert not isinstance(session.peer._address, tcp.Connection)
        session.peer._nominated_at -= 2.0  # nothing by UDP for a while
        second.check()
        await until(lambda: isinstance(session.peer._address, tcp.Connection), "TCP takes over")
        await second.close()


async def test_who_has_another_address_and_does_not_say_so_is_followed_there() -> None:
    """A NAT that forgets its binding: the next checks come from elsewhere, and none of them nominates."""
    async with engine() as sfu, lean(sfu, "recvonly", over_tcp=False) as viewer:
        (session,) = sfu._sessions.values()
        await checked(viewer, nominate=False)  # as RFC 7675 has it
        await viewer.connect(("127.0.0.1", sfu.port))
        assert viewer.socket is not None
        mine = viewer.socket.getsockname()
        session.peer._checked_at -= 8.0

        def follows() -> bool:
            viewer.check(nominate=False)
            return bool(session.peer._address == mine)

        await until(follows, "the engine sends to the new address")


async def checked(peer: LeanPeer, *, nominate: bool) -> None:
    """One check, and its answer."""
    answers = peer.answers
    peer.check(nominate=nominate)
    await until(lambda: peer.answers > answers, "the check is answered")


async def test_a_path_that_is_checked_beside_the_nominated_one_is_not_followed() -> None:
    """Chromium nominates with each check of the path that it uses, and tries others between two of them."""
    async with engine() as sfu, lean(sfu, "recvonly", over_tcp=False) as viewer:
        (session,) = sfu._sessions.values()
        await checked(viewer, nominate=True)
        assert viewer.socket is not None
        mine = viewer.socket.getsockname()
        with contextlib.closing(viewer.socket) as first:  # until then it stays open
            asyncio.get_running_loop().remove_reader(first.fileno())
            viewer.socket = None
            await viewer.connect(("127.0.0.1", sfu.port))
            session.peer._checked_at -= 60.0
            for _ in range(10):
                await checked(viewer, nominate=False)
            assert session.peer._address == mine
            await checked(viewer, nominate=True)
            assert session.peer._address != mine


async def test_silence_and_death_are_noticed_on_a_connection_that_stays_open() -> None:
    listener = Listener()
    async with engine(listener, dead_after_s=1.5) as sfu, lean(sfu, "sendonly") as publisher:
        publisher.send(publisher.frame(KEYFRAME))  # and nothing more: the phone is in a tunnel
        await until(lambda: len(listener.news) == 3, "silence and the end are told")
        assert listener.news == [("live", FEED), ("silent", FEED), ("ended", FEED, EndReason.SILENT)]
        await until(lambda: publisher.closed, "its connection is not kept")


async def test_a_session_that_ends_takes_its_connection_along() -> None:
    async with engine() as sfu, lean(sfu, "recvonly") as viewer:
        await sfu.end_feed(FEED, EndReason.CLOSED)
        await until(lambda: viewer.closed, "the connection ends")
        assert len(sfu._port._tcp) == 0


def dial(port: int, source: str = "127.0.0.1") -> socket.socket:
    dialled = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    dialled.setblocking(False)
    return dialled


def is_gone(dialled: socket.socket) -> bool:
    try:
        return dialled.recv(100) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


async def test_what_is_no_peer_is_closed_and_counted() -> None:
    async with engine(prove_within_s=1.0) as sfu:
        for spoken in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\x08\x01" + bytes(2049)):
            with dial(sfu.port) as stranger:
                stranger.send(spoken)
                await until(lambda: is_gone(stranger), "it is closed")
        assert sfu.drops[Drop.TCP_MALFORMED] == 3
        with dial(sfu.port) as stranger:
            stranger.send(b"\x00\x03\x16ab\x00\x00\x00\x01\xff" + b"\x00\x14" + bytes(20))
            await until(lambda: is_gone(stranger), "it has proven nothing in time")
        assert sfu.drops[Drop.TCP_REFUSED] == 1
        assert sfu.drops[Drop.STRANGER] == sfu.drops[Drop.NOT_WEBRTC] == sfu.drops[Drop.STUN_MALFORMED] == 1
        assert len(sfu._port._tcp) == 0


async def test_connections_are_bounded_in_all_and_per_address() -> None:
    async with engine(tcp_connections=5, tcp_per_address=3) as sfu, lean(sfu, "recvonly") as viewer:
        with contextlib.ExitStack() as open_:
            idle = [open_.enter_context(dial(sfu.port)) for _ in range(4)]
            await until(lambda: is_gone(idle[0]), "the oldest that proved nothing makes room for its kind")
            assert len(sfu._port._tcp) == 4  # what is proven is bounded by its peer
            # others come from other addresses: the oldest that proved nothing makes room
            for n in range(2, 4):
                idle.append(open_.enter_context(dial(sfu.port, f"127.0.0.{n}")))  # noqa: PERF401
            await until(lambda: is_gone(idle[1]), "the next is put out")
            assert sfu.drops[Drop.TCP_REFUSED] == 2
            answers = viewer.answers
            viewer.check()
            await until(lambda: viewer.answers > answers, "the viewer is still there")
            assert not any(map(is_gone, idle[2:]))


async def test_a_slow_reader_loses_packets_and_goes_on_with_a_keyframe() -> None:
    async with (
        engine() as sfu,
        lean(sfu, "sendonly", over_tcp=False) as publisher,
        lean(sfu, "recvonly") as viewer,
    ):
        await flows(publisher, viewer)
        (connection,) = sfu._port._tcp._open
        viewer.stop_reading()
        for _ in range(5000):
            publisher.send(publisher.frame(DELTA))
            await asyncio.sleep(0.001)
            if connection.full:
                break
        assert connection.full
        for _ in range(50):
            publisher.send(publisher.frame(DELTA))
            await asyncio.sleep(0.001)
        assert len(connection._out) <= tcp.QUEUE
        asked, seen = len(publisher.control), len(viewer.packets)
        viewer.read_again()
        await until(lambda: not connection.full, "it has read what waited")
        await until(lambda: any(c[1] == 206 for c in publisher.control[asked:]), "a keyframe is asked for")
        assert sfu.drops[Drop.TCP_FULL] > 0

        def after_the_gap() -> bytes | None:
            late = viewer.packets[seen:]
            numbers = [int.from_bytes(packet[2:4]) for packet in late]
            gaps = (n for n in range(1, len(late)) if numbers[n] - numbers[n - 1] & 0xFFFF != 1)
            first = next(gaps, len(late))
            return next((packet for packet in late[first:] if len(packet) > 12), None)  # empty ones pad

        for _ in range(50):
            await flows(publisher, viewer)
            if after_the_gap() is not None:
                break
        assert (after_the_gap() or b"").endswith(KEYFRAME)


@given(st.lists(st.binary(max_size=60), max_size=30), st.lists(st.integers(1, 50), min_size=1))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(struct.pack("!H", len(frame)) + frame for frame in sent)
    got, rest, at, n = [], b"", 0, 0
    while at < len(stream):
        size, n = cuts[n % len(cuts)], n + 1
        frames = tcp.split(rest + stream[at : at + size])
        assert frames is not None
        *whole, rest = frames
        got += whole
        at += size
    assert (got, rest) == (sent, b"")


def test_an_address_counts_for_its_network() -> None:
    assert tcp.host_of("192.0.2.1") == "192.0.2.1"
    assert tcp.host_of("2001:db8:1:2:3:4:5:6") == tcp.host_of("2001:db8:1:2::1") == "2001:db8:1:2::"
