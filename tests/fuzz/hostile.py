"""Who sends what: strangers, those who know a session's name, and those who hold valid keys.

Each `Sender` is asked for one datagram at a time by the campaign, which keeps the rate.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

from aioice import stun

from media import feedback, rtcp
from media.ports import Answer, BadOffer, Closed, FeedId, Full, Holder, Sfu
from tests.fuzz.captures import Captures
from tests.fuzz.mutate import Mutator
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.peers import granted

FEED = FeedId("fed_fuzz")
CHECK_EVERY = 200  # datagrams; then a genuine check, so that its peer stays
_FRAGMENT = (
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=candidate:1 1 udp 1 ::1 9 typ host\r\n"
)
RENEW_EVERY = 4000  # datagrams; then a new session, for SSRCs are used up and DTLS is hurt


class Stranger:
    """Sends captures, hurt, and checks that name a session that is here, from a few addresses."""

    def __init__(self, port: int, captures: Captures, mutator: Mutator, ufrag: Callable[[], str]) -> None:
        self._to = ("127.0.0.1", port)
        self._captures, self._mutator, self._ufrag = captures, mutator, ufrag
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
        for opened in self._sockets:
            opened.setblocking(False)

    def send(self) -> None:
        chance, mutate = self._mutator.random, self._mutator.datagram
        if chance.random() < 0.2:
            request = stun.Message(
                stun.Method.BINDING,
                stun.Class.REQUEST,
                attributes={"USERNAME": f"{self._ufrag()}:peer", "PRIORITY": 1},
            )
            request.add_message_integrity(b"not the password")
            seed = bytes(request)
        else:
            seed = chance.choice(self._captures.datagrams)
        with contextlib.suppress(OSError):
            chance.choice(self._sockets).sendto(mutate(seed, self._captures.datagrams), self._to)

    def close(self) -> None:
        for opened in self._sockets:
            opened.close()


class Streamer:
    """Speaks hurt frames (RFC 4571) on TCP connections, and opens others when they are closed."""

    def __init__(self, port: int, captures: Captures, mutator: Mutator) -> None:
        self._to = ("127.0.0.1", port)
        self._captures, self._mutator = captures, mutator
        self._open: list[socket.socket] = []

    def send(self) -> None:
        chance = self._mutator.random
        if len(self._open) < 16:
            with contextlib.suppress(OSError):
                self._open.append(socket.create_connection(self._to, 5))
                self._open[-1].setblocking(False)
        if not self._open:
            return
        seed = chance.choice(self._captures.datagrams)
        if chance.random() < 0.7:
            hurt = self._mutator.datagram(seed, self._captures.datagrams)
            framed = struct.pack("!H", len(hurt)) + hurt
        else:
            framed = self._mutator.datagram(struct.pack("!H", len(seed)) + seed, self._captures.datagrams)
        connection = chance.choice(self._open)
        try:
            connection.send(framed)
            if connection.recv(1) == b"" or chance.random() < 0.01:
                raise ConnectionError
        except BlockingIOError:
            return
        except OSError:
            connection.close()
            self._open.remove(connection)

    def close(self) -> None:
        for connection in self._open:
            connection.close()


class Insider:
    """A peer with valid keys that sends hurt packets: what SRTP protects is no safer than its sender.

    RTP from a publisher, RTCP from both, and now and then STUN that is signed but senseless, and hurt DTLS.
    """

    def __init__(
        self, sfu: Sfu, direction: str, captures: Captures, mutator: Mutator, *, tcp: bool, number: int
    ) -> None:
        self.peer: LeanPeer | None = None
        self._sfu, self._direction, self._tcp, self._number = sfu, direction, tcp, number
        self._captures, self._mutator = captures, mutator
        self._sent = 0
        self._opening: asyncio.Task[None] | None = None
        self._rtcp = [*captures.rtcp, *made_rtcp()]

    @property
    def ufrag(self) -> str:
        return self.peer.ufrag if self.peer is not None else "none"

    async def open(self) -> None:
        before, self.peer = self.peer, None
        if before is not None:
            await before.close()
        peer = LeanPeer(self._direction, tcp=self._tcp)
        holder = Holder(f"insider-{self._number}")
        try:
            if self._direction == "sendonly":
                answer = await self._sfu.publish(FEED, holder, peer.offer())
            else:
                answer = await self._sfu.subscribe(FEED, holder, peer.offer(), grant=granted(FEED, holder))
            await peer.answered(answer.sdp)
            await asyncio.wait_for(peer.up.wait(), 20)
        except (Full, Closed, OSError, AssertionError, TimeoutError):
            await peer.close()
            return
        self.peer = peer

    def send(self) -> None:
        peer = self.peer
        self._sent += 1
        if self._opening is not None:
            if not self._opening.done():
                return
            self._opening = None
        if peer is None or peer.socket is None or self._sent % RENEW_EVERY == 0:
            self._opening = asyncio.ensure_future(self.open())
            return
        with contextlib.suppress(OSError, AssertionError):  # a full or closed connection
            if self._sent % CHECK_EVERY == 0:
                peer.check()
            else:
                self._send(peer)
        peer.packets.clear()
        peer.control.clear()

    def _send(self, peer: LeanPeer) -> None:
        chance, mutate = self._mutator.random, self._mutator.datagram
        kind = chance.random()
        if kind < 0.03:
            peer.send_raw(
                signed_check(peer, mutate(b"\x00\x24\x00\x04\x00\x00\x00\x01", self._captures.dtls))
            )
        elif kind < 0.05:
            peer.send_raw(mutate(chance.choice(self._captures.dtls), self._captures.dtls))
        elif self._direction == "recvonly" or kind < 0.3:
            seed = chance.choice(self._rtcp)
            if self._direction == "recvonly":
                seed = seed.replace((77).to_bytes(4), peer.ssrc.to_bytes(4))
            hurt = mutate(seed, self._rtcp)
            if len(hurt) >= 8:  # what libsrtp takes
                peer.send(bytes([0x80 | hurt[0] & 0x3F, 200 + hurt[1] % 7]) + hurt[2:])
        elif kind < 0.6:
            packet = peer.frame(KEYFRAME if chance.random() < 0.05 else DELTA)
            peer.send(packet[:20] + mutate(packet[20:60], self._captures.rtp) + packet[60:])
        else:
            made = bytearray(mutate(chance.choice(self._captures.rtp), self._captures.rtp))
            if len(made) >= 12:
                made[0] = 0x80 | made[0] & 0x3F
                made[1] = made[1] & 0x80 | 96 if chance.random() < 0.9 else made[1] & 0xBF
                if chance.random() < 0.98:
                    made[8:12] = (77).to_bytes(4)
                peer.send(bytes(made[:1900]))

    async def close(self) -> None:
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        if self.peer is not None:
            await self.peer.close()


class Shaker(LeanPeer):
    """A peer whose DTLS handshake is hurt on the way out."""

    mutator: Mutator
    captures: Captures
    hurt = 0

    def send_raw(self, datagram: bytes) -> None:
        if datagram and 20 <= datagram[0] <= 63:
            self.hurt += 1
            if self.mutator.random.random() < 0.4:
                datagram = self.mutator.datagram(datagram, self.captures.dtls)
        with contextlib.suppress(OSError, AssertionError):
            super().send_raw(datagram)


async def shake(sfu: Sfu, captures: Captures, mutator: Mutator, number: int) -> int:
    """One hurt handshake; how many datagrams it took."""
    direction = ("sendonly", "recvonly")[number % 2]
    peer = Shaker(direction, tcp=number % 4 == 0)
    peer.mutator, peer.captures = mutator, captures
    take: Callable[..., Awaitable[Answer]] = sfu.publish if direction == "sendonly" else sfu.subscribe
    try:
        feed, holder = FeedId(f"fed_shaken_{number % 8}"), Holder(f"shaken-{number % 16}")
        await peer.answered((await take(feed, holder, peer.offer())).sdp)
        await asyncio.wait_for(peer.up.wait(), 1.0)
    except (Full, Closed, OSError, TimeoutError):
        pass
    finally:
        await peer.close()
    return peer.hurt


async def offer(sfu: Sfu, captures: Captures, mutator: Mutator, number: int) -> None:
    """One hurt offer. Raises what no caller should have to expect."""
    text = mutator.text(mutator.random.choice(captures.offers), captures.offers)
    take: Callable[..., Awaitable[Answer]] = mutator.random.choice((sfu.publish, sfu.subscribe))
    try:
        answer = await take(FeedId(f"fed_{number % 48}"), Holder(f"holder-{number % 64}"), text)
        if number % 4 == 0:
            await sfu.restart_ice(answer.session, mutator.text(_FRAGMENT, captures.offers))
    except (BadOffer, Closed, Full):
        pass


def signed_check(peer: LeanPeer, attributes: bytes) -> bytes:
    """A genuine binding request around attributes that make no sense."""
    request = stun.Message(
        stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{peer.ufrag}:peer", "PRIORITY": 1}
    )
    attributes = attributes[:200]
    attributes += bytes(-len(attributes) % 4)
    body = bytes(request)[20:] + attributes
    head = bytes(request)[:2] + struct.pack("!H", len(body)) + bytes(request)[4:20]
    integrity = stun.message_integrity(head + body, peer.password.encode())
    body += struct.pack("!HH", 8, 20) + integrity
    head = head[:2] + struct.pack("!H", len(body)) + head[4:]
    body += struct.pack("!HHI", 0x8028, 4, stun.message_fingerprint(head + body))
    return head[:2] + struct.pack("!H", len(body)) + head[4:] + body


def made_rtcp() -> list[bytes]:
    """Of what captures have little of: the packets that we write ourselves."""
    arrivals = feedback.Arrivals()
    for n in range(40):
        arrivals.take(n * 3 & 0xFFFF, n * 0.01)
    return [
        rtcp.sender_report(77, ntp=1 << 40, timestamp=9, packets=1, octets=2) + rtcp.description(77, b"x"),
        rtcp.nack(1, 77, [1, 2, 3, 40]),
        rtcp.picture_loss(1, 77),
        rtcp.full_intra_request(1, 77, 3),
        rtcp.max_bitrate(1, 300_000, [77]),
        rtcp.receiver_report(1, ()),
        *arrivals.reports(1, 77),
    ]
