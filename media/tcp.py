"""ICE-TCP (RFC 6544), the passive side: connections that carry what UDP would, framed by RFC 4571.

For networks that block UDP. A connection is one path of a peer, as a UDP address is: media/port finds the
peer by it, media/peer sends to it. Must never wait for a slow reader: what it does not take in time is
dropped.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from media.stats import Drop, Drops

MAX_FRAME = 2048  # bytes; a longer one is no peer of ours, and ends the connection
QUEUE = 128 * 1024  # bytes that wait for a slow reader: a large keyframe; RTP is dropped beyond
_RESERVE = 16 * 1024  # beyond those, for STUN, DTLS and RTCP; then they are dropped too
_KERNEL = 64 * 1024  # bytes asked of the kernel's own queue, or seconds of picture would wait there
_READ = 64 * 1024  # bytes per wake-up and connection; the loop turns to others after that
_ACCEPTS = 32  # connections per wake-up
_BACKLOG = 128
_GOODBYE_S = 2.0  # between the end of a session and that of its connection

_LENGTH = struct.Struct("!H")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close without ceremony


class Taker(Protocol):
    """Where frames and news of connections go (media/port)."""

    def take_frames(self, frames: list[bytes], path: "Connection") -> None: ...
    def path_lost(self, path: "Connection") -> None: ...
    def path_full(self, path: "Connection") -> None: ...
    def path_clear(self, path: "Connection") -> None: ...


class Connection:
    """One accepted connection. Compared by identity, so that it can stand where a UDP address stands."""

    def __init__(self, sock: socket.socket, remote: tuple[str, int], drops: Drops) -> None:
        self.remote = remote
        self.proven = False  # a peer has passed a check here and is not gone
        self.was_proven = False
        self.until = 0.0  # when it is closed, unless a check passes before
        self.full = False  # RTP is being dropped until the queue is nearly empty
        self.closed = False
        self._socket = sock
        self._drops = drops
        self._loop = asyncio.get_running_loop()
        self._in = b""  # the beginning of a frame
        self._out = bytearray()
        self._blocked = False  # the kernel takes no more at present
        self._taker: Taker | None = None

    def open(self, taker: Taker) -> None:
        self._taker = taker
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def close(self, *, reset: bool = False) -> None:
        """Tells nobody. What the kernel has already taken still goes out, unless it is reset."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        if reset:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()
        self._out.clear()

    # In

    def _readable(self) -> None:
        taker = self._taker
        if taker is None:
            return
        try:
            read = self._socket.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            read = b""
        frames = split(self._in + read) if read else None
        if frames is None:
            if read:
                self._drops[Drop.TCP_MALFORMED] += 1
            self.close(reset=bool(read))
            taker.path_lost(self)
            return
        *whole, self._in = frames
        taker.take_frames(whole, self)

    # Out

    def send(self, datagrams: Iterable[bytes | memoryview]) -> None:
        """Send each as a frame, or drop it; RTP is dropped first."""
        if self.closed:
            return
        for datagram in datagrams:
            is_rtp = _is_rtp(datagram)
            most = (QUEUE if is_rtp else QUEUE + _RESERVE) - len(datagram) - 2
            if self.full and is_rtp:
                self._drops[Drop.TCP_FULL] += 1
                continue
            if len(self._out) > most and not self._blocked:
                self._flush()
            if len(self._out) > most:
                self._drops[Drop.TCP_FULL] += 1
                self._filled()
                continue
            self._out += _LENGTH.pack(len(datagram))
            self._out += datagram
        if self._out and not self._blocked:
            self._flush()

    def _filled(self) -> None:
        if not self.full and self._taker is not None:
            self.full = True
            self._taker.path_full(self)

    def _flush(self) -> None:
        try:
            sent = self._socket.send(self._out)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:  # the reader is told of it too, and ends the connection
            sent = len(self._out)
        del self._out[:sent]
        if self._out and not self._blocked:
            self._loop.add_writer(self._socket.fileno(), self._writable)
        elif self._blocked and not self._out:
            self._loop.remove_writer(self._socket.fileno())
        self._blocked = bool(self._out)

    def _writable(self) -> None:
        self._flush()
        if self.full and len(self._out) <= QUEUE // 8 and self._taker is not None:
            self.full = False
            self._taker.path_clear(self)


class Listener:
    """Accepts connections, and closes those that no peer proves its own. Bounds: in all, and per address."""

    def __init__(self, taker: Taker, drops: Drops, *, most: int, most_per_host: int, prove_s: float) -> None:
        self._taker = taker
        self._drops = drops
        self._most = most
        self._most_per_host = most_per_host
        self._prove_s = prove_s
        self._now = 0.0
        self._socket: socket.socket | None = None
        self._accepting = False
        self._open: dict[Connection, None] = {}  # in the order of their coming
        self._hosts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, bound: socket.socket, now: float) -> None:
        """Listen on a bound socket, which is the listener's from now on."""
        bound.listen(_BACKLOG)
        self._socket, self._now = bound, now
        self._accept_again()

    def close(self) -> None:
        if self._socket is not None:
            self._accept_no_more()
            self._socket.close()
            self._socket = None
        for connection in list(self._open):
            self.drop(connection)

    def drop(self, connection: Connection, *, reset: bool = False) -> None:
        """Close it, if it is not closed yet, and forget it."""
        connection.close(reset=reset)
        if connection in self._open:
            del self._open[connection]
            host = host_of(connection.remote[0])
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]

    def prove(self, connection: Connection) -> None:
        """A peer has passed a check here."""
        connection.proven = connection.was_proven = True

    def release(self, connection: Connection) -> None:
        """Its peer is gone: another may prove it within two seconds, in which the goodbye passes."""
        connection.proven, connection.until = False, self._now + _GOODBYE_S

    def second(self, now: float) -> None:
        """Once a second: close what was not proven in time."""
        self._now = now
        for connection in [c for c in self._open if not c.proven and now > c.until]:
            if not connection.was_proven:
                self._drops[Drop.TCP_REFUSED] += 1
            self.drop(connection)
        self._accept_again()

    def _accept_again(self) -> None:
        if self._socket is not None and not self._accepting:
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._acceptable)

    def _accept_no_more(self) -> None:
        if self._socket is not None and self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def _acceptable(self) -> None:
        assert self._socket is not None
        for _ in range(_ACCEPTS):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._drops[Drop.TCP_REFUSED] += 1
                    self._accept_no_more()  # until the next second, or this would be called without end
                return
            self._take(accepted, (plain_host(address[0]), address[1]))

    def _take(self, accepted: socket.socket, remote: tuple[str, int]) -> None:
        connection = Connection(accepted, remote, self._drops)
        host = host_of(remote[0])
        if not self._make_room(host):
            self._drops[Drop.TCP_REFUSED] += 1
            connection.close(reset=True)
            return
        accepted.setblocking(False)
        for level, option, value in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL),
        ):
            with contextlib.suppress(OSError):
                accepted.setsockopt(level, option, value)
        connection.until = self._now + self._prove_s
        self._open[connection] = None
        self._hosts[host] += 1
        connection.open(self._taker)

    def _make_room(self, host: str) -> bool:
        """When it is full, in all or for one address, the oldest there that nobody has proven makes room.

        What is proven counts in all only: peers are bounded by themselves.
        """
        if len(self._open) >= self._most:
            oldest = next((c for c in self._open if not c.proven), None)
        elif self._hosts[host] >= self._most_per_host:
            idle = [c for c in self._open if not c.proven and host_of(c.remote[0]) == host]
            if len(idle) < self._most_per_host:
                return True
            oldest = idle[0]
        else:
            return True
        if oldest is None:
            return False
        self._drops[Drop.TCP_REFUSED] += 1
        self.drop(oldest, reset=True)
        return True


def split(data: bytes) -> list[bytes] | None:
    """Frames (RFC 4571), and last what is left over; None when one is longer than any of ours."""
    frames, at, end = [], 0, len(data)
    while at + 2 <= end:
        (size,) = _LENGTH.unpack_from(data, at)
        if size > MAX_FRAME:
            return None
        if at + 2 + size > end:
            break
        frames.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    frames.append(data[at:])
    return frames


def plain_host(host: str) -> str:
    """An address without the mapping of IPv4 into IPv6 and without its scope."""
    if host.startswith("::ffff:") and "." in host:
        host = host[7:]
    return host.partition("%")[0]


def host_of(host: str) -> str:
    """Whose limit an address counts for: itself, or its /64 in IPv6, for one subscriber has all of that."""
    if ":" not in host:
        return host
    return str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(host)) >> 64 << 64))


def _is_rtp(datagram: bytes | memoryview) -> bool:
    return len(datagram) > 1 and 128 <= datagram[0] <= 191 and not 192 <= datagram[1] <= 223
