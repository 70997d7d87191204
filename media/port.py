"""The one port that all peers share, UDP and TCP on the same number (ICE-lite: RFC 8445 section 2.5).

Reads many datagrams per wake-up and hands each to its peer: STUN by the ufrag it names, all else by the
address, or the connection, that a verified STUN check came from. Must never raise, log or allocate for a
stranger's datagram.
"""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct

from media import batch, outbox, rtc
from media.batch import Run, Slots
from media.config import SfuConfig
from media.limits import Budget, Checks
from media.peer import Address, Peer
from media.stats import Drop, Drops
from media.tcp import Connection, Listener, host_of, plain_host

_READS = 256  # datagrams per wake-up, and a few more; the loop turns to others after that
_AT_ONCE = 64  # of them in one call
_UDP_SEGMENT = 103  # linux/udp.h; Python has no name for it
_SEGMENT = Struct("=H")
_BUFFER = 4 << 20  # bytes asked of the kernel each way; it may grant less
_FAULT_EVERY_S = 60.0
_TRIES = 64  # for a number that is free in both UDP and TCP

_log = logging.getLogger(__name__)


class _Host:
    """One address, or one IPv6 network, with the peers that have proven to be there."""

    def __init__(self, packets_per_s: int) -> None:
        self.peers: Counter[Peer] = Counter()  # by how many of their paths
        self.budget = Budget(packets_per_s)


class Port:
    def __init__(self, config: SfuConfig, drops: Drops) -> None:
        self.number = 0
        self.addresses: tuple[str, ...] = ()  # what peers are told
        self.gathers = False  # what is sent waits for the end of this wake-up
        self._in = Slots(_AT_ONCE, rtc.MAX_DATAGRAM)
        self._out = Slots(outbox.SLOTS, outbox.ROOM)
        self.outbox = outbox.Outbox(self, drops, self._out)
        self._drops = drops
        self._socket: socket.socket | None = None
        self._tcp = Listener(
            self,
            drops,
            most=config.tcp_connections,
            most_per_host=config.tcp_per_address,
            prove_s=config.prove_within_s,
        )
        self._receiver = batch.Receiver(self._in) if batch.supported else None
        self._sender = batch.Sender(self._out) if batch.supported else None
        self._segments = True  # the kernel cuts runs of equal datagrams itself (UDP_SEGMENT)
        self._reading = False
        self._to_flush: list[Callable[[], None]] = []
        self._by_ufrag: dict[bytes, Peer] = {}
        self._by_address: dict[Address, Peer] = {}
        self._by_name: dict[bytes, Peer] = {}  # the same, by the UDP address as the kernel has it
        self._names: dict[Address, bytes] = {}
        self._config = config
        self._checks = Checks(config.checks_per_address)
        self._hosts: dict[str, _Host] = {}
        self._fault_at = float("-inf")

    def open(self, host: str, port: int, advertised: tuple[str, ...]) -> None:
        """Bind both and begin to read on the running loop. Raises OSError when the port is not to be had.

        "::" takes IPv6 and IPv4; on a machine without IPv6 it means all of IPv4.
        """
        if host == "::" and not _has_ipv6():
            host = "0.0.0.0"  # noqa: S104
        udp, tcp = _bind_both(host, port)
        self._socket = udp
        self.number = udp.getsockname()[1]
        self.addresses = advertised or _own_addresses(host)
        self._tcp.open(tcp, time.monotonic())
        try:
            udp.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, 0)
        except OSError:
            self._segments = False  # a kernel before 4.18
        asyncio.get_running_loop().add_reader(udp.fileno(), self._readable)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._tcp.close()
        self._by_ufrag.clear()
        self._by_address.clear()
        self._by_name.clear()
        self._names.clear()
        self._hosts.clear()

    def second(self, now: float) -> None:
        """Once a second."""
        self._tcp.second(now)
        self._checks.second()
        for host in self._hosts.values():
            host.budget.second()

    def expect(self, ufrag: str, peer: Peer) -> None:
        """Checks that name this ufrag are for this peer."""
        self._by_ufrag[ufrag.encode()] = peer

    def forget_ufrag(self, ufrag: str) -> None:
        self._by_ufrag.pop(ufrag.encode(), None)

    def take_address(self, address: Address, peer: Peer) -> Peer | None:
        """Datagrams from here are this peer's from now on; whose they were, when they were another's."""
        before = self._by_address.get(address)
        if before is peer:
            return None
        if before is not None:
            self._leave_host(address, before)
        self._by_address[address] = peer
        name = self._host(address)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(self._config.packets_per_address)
        host.peers[peer] += 1
        if isinstance(address, Connection):
            self._tcp.prove(address)
        else:
            known = self._names[address] = self._names.get(address) or batch.name_of(address)
            self._by_name[known] = peer
        return before

    def forget_address(self, address: Address, peer: Peer) -> None:
        if self._by_address.get(address) is peer:
            del self._by_address[address]
            self._leave_host(address, peer)
            if isinstance(address, Connection):
                self._tcp.release(address)
            else:
                self._by_name.pop(self._names.pop(address), None)

    def admits_check(self, address: Address) -> bool:
        return self._checks.admit(self._host(address))

    def admits_peer(self, address: Address, peer: Peer) -> bool:
        """Whether this peer may be at this address, beside those that are."""
        host = self._hosts.get(self._host(address))
        return host is None or peer in host.peers or len(host.peers) < self._config.peers_per_address

    def budget_of(self, address: Address) -> Budget:
        host = self._hosts.get(self._host(address))
        return host.budget if host is not None else Budget(self._config.packets_per_address)

    def _host(self, address: Address) -> str:
        return host_of(self.plain(address)[0])

    def _leave_host(self, address: Address, peer: Peer) -> None:
        name = self._host(address)
        host = self._hosts[name]
        host.peers[peer] -= 1
        if not host.peers[peer]:
            del host.peers[peer]
        if not host.peers:
            del self._hosts[name]

    def send(self, datagram: bytes | memoryview, address: Address) -> None:
        """Best effort: what the kernel does not take now is dropped and counted, as a network would."""
        if self._socket is None:
            return
        if isinstance(address, Connection):
            address.send((datagram,))
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            self._drops[Drop.SEND_FAILED] += 1

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None:
        """All of them in one call where that can be; else, and after an error, one by one."""
        at, sender = 0, self._sender
        if sender is not None and self._segments and self._socket is not None and len(runs) > 1:
            names = [self._names.get(run[0], b"") for run in runs]
            if all(names):  # else one is a connection, or somebody who has just gone
                sender.lay(runs, names)
                at = self._send_laid(sender, self._socket.fileno(), runs)
        for address, first, count, size in runs[at:]:
            self._send_run(slots, address, first, count, size)

    def _send_laid(self, sender: batch.Sender, fd: int, runs: Sequence[Run]) -> int:
        """How many runs are done with."""
        at, end = 0, len(runs)
        while at < end:
            sent, error = sender.send(fd, at, end)
            at += sent
            if error in (errno.EAGAIN, errno.ENOBUFS):
                self._drops[Drop.SEND_FAILED] += sum(count for _, _, count, _ in runs[at:])
                return end
            if error == errno.ENOSYS:
                self._sender = None
                return at
            if error and error != errno.EINTR:  # one that cannot be sent so must not hold back the others
                self._send_run(self._out, *runs[at])
                at += 1
                if not self._segments:
                    return at
        return at

    def _send_run(self, slots: Slots, address: Address, first: int, count: int, size: int) -> None:
        """Datagrams of `size` bytes each, the last maybe shorter: one call where the kernel can."""
        room, sizes = slots.room, slots.sizes
        run = [slots.view[n * room : n * room + sizes[n]] for n in range(first, first + count)]
        if isinstance(address, Connection):
            address.send(run)
            return
        if self._socket is None:
            return
        if count > 1 and self._segments:
            try:
                self._socket.sendmsg(run, _segmented(size), 0, address)
            except OSError as error:
                if error.errno in (errno.EIO, errno.EOPNOTSUPP):
                    self._segments = False  # a device that cannot
                elif error.errno not in (errno.EINVAL, errno.EMSGSIZE):  # larger than the path takes whole
                    self._drops[Drop.SEND_FAILED] += count
                    return
            else:
                return
        for datagram in run:
            self.send(datagram, address)

    def flush_soon(self, flush: Callable[[], None]) -> None:
        """Call this at the end of this wake-up; at once when there is none, as on a timer."""
        if self._reading:
            self._to_flush.append(flush)
        else:
            flush()

    def plain(self, address: Address) -> tuple[str, int]:
        """An address as its own peer knows it."""
        if isinstance(address, Connection):
            return address.remote
        return plain_host(address[0]), address[1]

    # From TCP (media/tcp)

    def take_frames(self, frames: list[bytes], path: Connection) -> None:
        self._reading = self.gathers = True
        try:
            now = time.monotonic()
            for frame in frames:
                try:
                    self._in.view[: len(frame)] = frame
                    self._take(0, len(frame), path, now)
                except Exception:
                    self._failed()
        finally:
            self._flush()

    def path_lost(self, path: Connection) -> None:
        self._tcp.drop(path)
        peer = self._by_address.get(path)
        if peer is not None:
            self.forget_address(path, peer)
            peer.lost(path)  # a browser connects again; who does not is gone in a few seconds

    def path_full(self, path: Connection) -> None:
        peer = self._by_address.get(path)
        if peer is not None:
            peer.path_full(path)

    def path_clear(self, path: Connection) -> None:
        peer = self._by_address.get(path)
        if peer is not None:
            peer.path_clear(path)

    # In

    def _readable(self) -> None:
        self._reading = self.gathers = True
        try:
            if self._socket is not None:
                self._read(self._socket)
        finally:
            self._flush()

    def _flush(self) -> None:
        self._reading = False
        flushing, self._to_flush = self._to_flush, []
        for flush in flushing:
            try:
                flush()
            except Exception:  # one feed's fault must not hold back the others' packets
                self._failed()
        self.gathers = False
        try:
            self.outbox.flush()
        except Exception:
            self._failed()

    def _read(self, sock: socket.socket) -> None:
        """Take what has come, and what comes while that is looked at: so a burst leaves as one."""
        fd, clock, peers, slots = sock.fileno(), time.monotonic, self._by_name, self._in
        view, room = slots.view, slots.room
        taken = 0
        while taken < _READS:
            if self._receiver is None:
                self._read_one_by_one(sock, _READS - taken)
                return
            try:
                came = self._receiver.receive(fd)
            except OSError as error:  # an ICMP error of an earlier send, if anything
                taken += 1
                if error.errno == errno.ENOSYS:
                    self._receiver = None
                continue
            if not came:
                return
            taken += len(came)
            now = clock()
            for n, (size, name) in enumerate(came):
                try:
                    peer = peers.get(name)
                    if peer is not None and size >= 12 and 128 <= view[n * room] <= 191:
                        peer.receive_srtp(slots, n, size, now)
                    else:
                        self._take(n, size, batch.address_of(name), now)
                except Exception:
                    self._failed()

    def _read_one_by_one(self, sock: socket.socket, most: int) -> None:
        slot = self._in.view[: self._in.room]
        for _ in range(most):
            try:
                size, address = sock.recvfrom_into(slot)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue
            try:
                self._take(0, size, address, time.monotonic())
            except Exception:
                self._failed()

    def _failed(self) -> None:
        """A bug, met by one datagram: the others go on, and the log is not filled by whoever found it."""
        self._drops[Drop.FAULT] += 1
        now = time.monotonic()
        if now - self._fault_at > _FAULT_EVERY_S:
            self._fault_at = now
            _log.exception("a datagram met a bug; more like it are only counted for a minute")

    def _take(self, n: int, size: int, address: Address, now: float) -> None:
        """Whatever stands in this slot, and where it came from (RFC 7983)."""
        if not size:
            return
        at, drops = n * self._in.room, self._drops
        first = self._in.view[at]
        if first <= 3:
            data = bytes(self._in.view[at : at + size])
            ufrag = rtc.checked_ufrag(data)
            peer = self._by_ufrag.get(ufrag) if ufrag is not None else None
            if peer is None or ufrag is None:
                drops[Drop.STUN_MALFORMED] += 1
            else:
                peer.receive_stun(data, ufrag, address, now)
        elif not 20 <= first <= 63 and not 128 <= first <= 191:
            drops[Drop.NOT_WEBRTC] += 1
        elif (peer := self._by_address.get(address)) is None:
            drops[Drop.STRANGER] += 1
        elif first <= 63:
            peer.receive_dtls(bytes(self._in.view[at : at + size]))
        elif size >= 12:
            peer.receive_srtp(self._in, n, size, now)
        else:
            drops[Drop.RTP_MALFORMED] += 1


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def _bind_both(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one number. Raises OSError when it is taken, or none is free in both."""
    for left in reversed(range(_TRIES if port == 0 else 1)):
        udp = _bind(host, port, socket.SOCK_DGRAM)
        try:
            return udp, _bind(host, udp.getsockname()[1], socket.SOCK_STREAM)
        except OSError as error:
            udp.close()
            if error.errno != errno.EADDRINUSE or not left:
                raise
    raise AssertionError  # the last try returns or raises


def _bind(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    six = ":" in host
    bound = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    try:
        if six:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                with contextlib.suppress(OSError):
                    bound.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        bound.setblocking(False)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


@lru_cache(2048)
def _segmented(size: int) -> list[tuple[int, int, bytes]]:
    return [(socket.IPPROTO_UDP, _UDP_SEGMENT, _SEGMENT.pack(size))]


def _own_addresses(host: str) -> tuple[str, ...]:
    """What to advertise when nothing was configured: the bound address, or the default route's."""
    if not ipaddress.ip_address(host).is_unspecified:
        return (host,)
    found = []
    probes = [(socket.AF_INET, "192.0.2.1")]  # documentation addresses; connecting UDP sends nothing
    if ":" in host:
        probes.append((socket.AF_INET6, "2001:db8::1"))
    for family, towards in probes:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((towards, 9))
            found.append(str(probe.getsockname()[0]))
    return tuple(found) or ("127.0.0.1",)
