"""The other end of one session: its ICE checks, its DTLS, its keys, and whether it is still there.

Knows neither feeds nor directions. A session (media/publisher, media/subscriber) owns one and is told of
decrypted packets; media/port hands it datagrams. Sends nothing once closed.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Protocol

from media import rtc
from media.batch import Slots
from media.burst import Burst
from media.limits import Allowance, Budget
from media.offer import Offer
from media.outbox import Made, Outbox
from media.rewrite import Outgoing
from media.stats import Drop, Drops
from media.tcp import Connection

# As the UDP socket gives it, two parts for IPv4 and four for IPv6; or a TCP connection.
Address = tuple[Any, ...] | Connection

_MAX_ADDRESSES = 8  # one peer's; the oldest is forgotten
_MAX_SSRCS = 32  # that one peer may send from: libsrtp keeps a state for each
_MAX_CHECKS = 60  # at once; browsers begin with 20 to 50 a second
_CHECKS_PER_TICK = 5  # that are allowed again every 50 ms
_UDP_FIRST_S = 1.0  # for so long after UDP was nominated TCP cannot be
# Checks from another address, and none from the present one for so long: they are 4 to 6 s apart (RFC 7675).
_MOVED, _MOVED_S = 3, 7.0


_SSRC = Struct("!I")


class Network(Protocol):
    """What a peer needs of the port."""

    def expect(self, ufrag: str, peer: "Peer") -> None: ...
    def forget_ufrag(self, ufrag: str) -> None: ...
    def take_address(self, address: Address, peer: "Peer") -> "Peer | None": ...
    def forget_address(self, address: Address, peer: "Peer") -> None: ...
    def send(self, datagram: bytes, address: Address) -> None: ...
    @property
    def outbox(self) -> Outbox: ...
    def plain(self, address: Address) -> tuple[str, int]: ...
    def admits_check(self, address: Address) -> bool: ...
    def admits_peer(self, address: Address, peer: "Peer") -> bool: ...
    def budget_of(self, address: Address) -> Budget: ...


class Owner(Protocol):
    """What a peer tells its session."""

    def connected(self) -> None: ...
    def receive_rtp(self, packet: memoryview, now: float) -> None:
        """The packet is the caller's again afterwards: keep copies."""
        ...

    def receive_rtcp(self, packet: bytes, now: float) -> None: ...
    def peer_left(self, failed: bool) -> None: ...
    def path_full(self) -> None: ...
    def path_clear(self) -> None: ...


class Handshakes:
    """How many DTLS handshakes are under way, of how many that may be."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0


class Peer:
    def __init__(
        self,
        network: Network,
        certificate: rtc.Certificate,
        offer: Offer,
        *,
        owner: Owner,
        publishes: bool,
        handshakes: Handshakes,
        drops: Drops,
        allowance: Allowance,
        spawn: Callable[["Peer"], asyncio.Task[None]],
        now: float,
    ) -> None:
        self.opened_at = now
        self.heard_at = now  # last time that anything genuine came
        self.up = False  # the keys are there
        self.closed = False
        # Who sends the ClientHello. Towards a publisher we do: it may send a round trip sooner. Whom we send
        # to gains nothing by that, and as the server we choose the cipher: AES-GCM, which browsers put last.
        self.active = offer.setup == "passive" or (offer.setup == "actpass" and publishes)
        self.remote_ufrag = offer.ice_ufrag
        self.remote_pwd = offer.ice_pwd
        self.ufrag = self.password = ""
        self._old: tuple[str, str] | None = None  # our side before an ICE restart, until the new one is used
        self._network = network
        self._outbox = network.outbox
        self._owner = owner
        self._handshakes = handshakes
        self._drops = drops
        self._allowance = allowance
        self._spawn = spawn
        self._address: Address | None = None  # where to send
        self._addresses: list[Address] = []  # where it has been heard from
        self._nominated_at = 0.0  # the present address, last
        self._checked_at = 0.0  # likewise
        self._elsewhere = 0  # checks from others since
        self._nominates = False  # with its last check of the present address
        self._checks = _MAX_CHECKS  # how many more are read
        self._shaking = False
        self._ssrcs: set[int] = set()
        self._task: asyncio.Task[None] | None = None
        self._in: rtc.Srtp | None = None
        self._out: rtc.Srtp | None = None
        self._dtls = rtc.Dtls(
            certificate, client=self.active, fingerprints=offer.fingerprints, send=self._send_dtls
        )
        self._new_side()

    @property
    def task(self) -> asyncio.Task[None] | None:
        return self._task

    def _new_side(self) -> None:
        self.ufrag, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self._network.expect(self.ufrag, self)

    def restart_ice(self, ufrag: str, password: str) -> None:
        """Take the peer's new ICE side and make one of our own; the old path carries media until then."""
        if self._old is not None:
            self._network.forget_ufrag(self._old[0])
        self._old = self.ufrag, self.password
        self.remote_ufrag, self.remote_pwd = ufrag, password
        self._new_side()

    def tick(self) -> None:
        """Every 50 ms."""
        if self._checks < _MAX_CHECKS:
            self._checks += _CHECKS_PER_TICK

    def second(self, holder: Budget) -> None:
        """Once a second: it may send again, as far as its holder and its address may."""
        address = self._address
        self._allowance.second((holder,) if address is None else (holder, self._network.budget_of(address)))

    # In

    def receive_stun(self, data: bytes, ufrag: bytes, address: Address, now: float) -> None:
        if self._checks <= 0 or not self._network.admits_check(address):
            self._drops[Drop.STUN_TOO_MANY] += 1
            return
        self._checks -= 1
        fresh = ufrag == self.ufrag.encode()
        password = self.password if fresh or self._old is None else self._old[1]
        nominated = rtc.nominates(data, password)
        if nominated is None:
            self._drops[Drop.STUN_FORGED] += 1
            return
        if address not in self._addresses and not self._network.admits_peer(address, self):
            self._drops[Drop.ADDRESS_FULL] += 1
            return
        self.heard_at = now
        if fresh and self._old is not None:
            self._network.forget_ufrag(self._old[0])
            self._old = None
            self._use(None)  # the new generation's first path replaces the old
        if address not in self._addresses:
            self._learn(address)
        if self._address is None or (nominated and self._may_replace(address, now)):
            self._use(address)
        if self._address == address:
            self._checked_at, self._elsewhere, self._nominates = now, 0, nominated
            if nominated:
                self._nominated_at = now
        else:
            self._elsewhere += 1
            # A NAT gave it another one, and not every browser says so. Who nominates with each check does:
            # what it checks besides is a path that it does not use, perhaps because no answer comes there.
            if self._elsewhere >= _MOVED and not self._nominates and now - self._checked_at > _MOVED_S:
                self._use(address)
        self._network.send(rtc.binding_response(data, self._network.plain(address), password), address)
        if self._task is None:
            if self._handshakes.running < self._handshakes.most:
                self._handshakes.running += 1
                self._shaking = True
                self._task = self._spawn(self)
                self._task.add_done_callback(self._handshake_over)  # also when it never came to run
            else:
                self._drops[Drop.DTLS_WAITING] += 1

    def _may_replace(self, address: Address, now: float) -> bool:
        """Firefox nominates every path that it checks (RFC 5245 section 8.1.1.2): then UDP is preferred."""
        slower = isinstance(address, Connection) and not isinstance(self._address, Connection)
        return not slower or now - self._nominated_at > _UDP_FIRST_S

    def _learn(self, address: Address) -> None:
        self._addresses.append(address)
        before = self._network.take_address(address, self)
        if before is not None:
            before.lost(address)
        if len(self._addresses) > _MAX_ADDRESSES:
            oldest = next(a for a in self._addresses if a != self._address)
            self._addresses.remove(oldest)
            self._network.forget_address(oldest, self)

    def lost(self, address: Address) -> None:
        """Another peer proved to be at this address: a browser reuses its port after a reload."""
        if address in self._addresses:
            self._addresses.remove(address)
        if self._address == address:
            self._use(self._addresses[-1] if self._addresses else None)

    def _use(self, address: Address | None) -> None:
        """Send there from now on."""
        if address == self._address:
            return
        self._address = address
        if isinstance(address, Connection) and address.full:
            self._owner.path_full()
        else:
            self._owner.path_clear()

    def path_full(self, connection: Connection) -> None:
        """RTP is dropped on this connection until it is clear again: its reader is too slow."""
        if connection is self._address:
            self._owner.path_full()

    def path_clear(self, connection: Connection) -> None:
        if connection is self._address:
            self._owner.path_clear()

    def receive_dtls(self, data: bytes) -> None:
        if self._task is None or not self._dtls.receive(data):
            self._drops[Drop.DTLS_WAITING] += 1

    def receive_srtp(self, slots: Slots, n: int, size: int, now: float) -> None:
        """RTP or RTCP, 12 bytes at least, in this slot: decrypted there, and kept by nobody."""
        keys = self._in
        if keys is None:
            self._drops[Drop.SRTP_EARLY] += 1
            return
        allowance = self._allowance
        if allowance.left <= 0:
            self._drops[Drop.TOO_FAST] += 1
            return
        view, at = slots.view, n * slots.room
        is_rtcp = 192 <= view[at + 1] <= 223
        (ssrc,) = _SSRC.unpack_from(view, at + (4 if is_rtcp else 8))
        new = ssrc not in self._ssrcs
        if new and len(self._ssrcs) >= _MAX_SSRCS:
            self._drops[Drop.SSRC_TOO_MANY] += 1
            return
        size = keys.unprotect_slot(slots, n, size, is_rtcp=is_rtcp)
        if size == 0:
            self._drops[Drop.SRTP_FORGED] += 1
            return
        allowance.left -= 1  # only for what is genuine: nobody else can use it up
        if new:
            self._ssrcs.add(ssrc)
        self.heard_at = now
        if is_rtcp:
            self._owner.receive_rtcp(bytes(view[at : at + size]), now)
        else:
            self._owner.receive_rtp(view[at : at + size], now)

    # Out

    def send_rtp(self, packets: Iterable[tuple[bytes, bytes]]) -> Made:
        """Encrypt and send packets, each as its header and its payload."""
        keys, address = self._out, self._address
        if keys is None or address is None:
            return 0, 0, 0
        return self._outbox.send(keys, address, packets)

    def send_burst(self, burst: Burst, out: Outgoing, payload_type: int, time: int) -> Made:
        """The same for packets that go as they stand on the line, under `out`'s numbers."""
        keys, address = self._out, self._address
        if keys is None or address is None:
            return 0, 0, 0
        return self._outbox.send_burst(keys, address, burst, out, payload_type, time)

    def send_rtcp(self, packet: bytes) -> None:
        keys, address = self._out, self._address
        if keys is not None and address is not None:
            datagram = keys.protect_rtcp(packet)
            if datagram is not None:
                self._network.send(datagram, address)

    def _send_dtls(self, datagram: bytes) -> None:
        if self._address is not None:
            self._network.send(datagram, self._address)

    # Life

    async def run(self) -> None:
        """DTLS from the first verified check to the end. Run as a task by the engine."""
        try:
            await self._dtls.run(self._shaken)
        finally:
            if not self.closed:
                self._owner.peer_left(failed=self._in is None)

    def _shaken(self, received: rtc.Srtp, sent: rtc.Srtp) -> None:
        self._handshake_over()
        if not self.closed:
            self._in, self._out = received, sent
            self.up = True
            self._owner.connected()

    def _handshake_over(self, _task: object = None) -> None:
        if self._shaking:
            self._shaking = False
            self._handshakes.running -= 1

    def close(self) -> None:
        """No packet passes in or out from here on, a DTLS goodbye excepted."""
        if self.closed:
            return
        self.closed = True
        self.up = False
        self._in = self._out = None
        self._network.forget_ufrag(self.ufrag)
        if self._old is not None:
            self._network.forget_ufrag(self._old[0])
        for address in self._addresses:
            self._network.forget_address(address, self)
        self._dtls.close()
        if self._task is not None:
            self._task.cancel()
