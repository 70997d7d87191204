"""The way to the engine: ICE towards an ICE-lite server (RFC 8445), over UDP, else over TCP (RFC 6544).

Checks all of the answer's candidates at once, UDP first, takes what answers, and goes on checking it: those
checks are consent (RFC 7675), and their silence is how a dead path is noticed within a second. Counts bytes
at its sockets. Never waits for a slow network: what the kernel does not take is dropped (UDP) or held back
(TCP).
"""

import asyncio
import contextlib
import errno
import re
import secrets
import socket
import struct
import time
from collections.abc import Callable, Sequence

from aioice import stun

from media import tcp
from media.batch import Run, Sender, Slots, name_of, supported

_CHECK_EVERY_S = 0.05  # while there is no path
_TCP_AFTER_S = 0.5  # UDP's head start
_CONNECT_S = 5.0
_LOOK_EVERY_S = 0.2
_QUIET_S = 0.45  # nothing heard for so long, and the other end speaks five times a second: check at each look
CONSENT_EVERY_S = 1.0  # else
SILENT_S = 0.9  # nothing heard for so long: the path is dead
SILENT_LOSSY_S = 3.0  # on one that loses packets, checks and answers are lost too
_DEAF_S = 3.0  # heard from, but no check is answered: what we send does not arrive
_DEAF_LOSSY_S = 8.0
_MAX_CANDIDATES = 4  # of each kind
_BUFFER = 1 << 20
# The address or the card that this socket was bound to is gone: only another socket has another one.
_GONE = frozenset(
    (errno.ENETDOWN, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENODEV, errno.EPIPE, errno.EBADF)
)
TCP_QUEUE = 192 * 1024  # bytes held for a slow uplink before its publisher is told to wait


class NoPath(Exception):
    """Nothing of the answer's candidates could be reached."""


class Counts:
    """Bytes that went through sockets, both ways."""

    def __init__(self) -> None:
        self.total = 0


class Remote:
    """The engine's side, from its answer. Raises NoPath when there is none.

    `places` are addresses at which it is, too, on the ports that the answer names.
    """

    def __init__(self, sdp: str, places: Sequence[str] = ()) -> None:
        ufrag = re.search(r"^a=ice-ufrag:(\S+)", sdp, re.MULTILINE)
        password = re.search(r"^a=ice-pwd:(\S+)", sdp, re.MULTILINE)
        if ufrag is None or password is None:
            raise NoPath("an answer without ICE")
        self.ufrag, self.password = ufrag[1], password[1]
        self.udp: list[tuple[str, int]] = []
        self.tcp: list[tuple[str, int]] = []
        for line in re.findall(r"^a=candidate:(.+?)\s*$", sdp, re.MULTILINE):
            parts = line.split()
            if len(parts) < 8 or not parts[5].isdigit() or parts[7] != "host":
                continue
            of = self.udp if parts[2].lower() == "udp" else self.tcp
            for address in (*places, parts[4]):
                place = (address, int(parts[5]))
                if place not in of and len(of) < _MAX_CANDIDATES:
                    of.append(place)


class Path:
    """One session's way out. `open` before anything else; `closed` when it is over, for whatever reason."""

    def __init__(self, remote: Remote, ufrag: str, taker: Callable[[bytes], None], counts: Counts) -> None:
        self.rtt_s = 0.0
        self.lossy = False  # said by whoever reads the receiver's reports
        self._remote = remote
        self._ufrag = ufrag
        self._taker = taker
        self._counts = counts
        self._tie = secrets.token_bytes(8)
        self._ways: list[_Udp | _Tcp] = []
        self._way: _Udp | _Tcp | None = None
        self._chosen = asyncio.Event()
        self._dead = asyncio.Event()
        self._heard = self._answered = time.monotonic()
        self._asked: dict[bytes, float] = {}

    @property
    def kind(self) -> str:
        return "tcp" if isinstance(self._way, _Tcp) else "udp"

    @property
    def full(self) -> bool:
        """Whether the network takes less than it is given."""
        return isinstance(self._way, _Tcp) and self._way.waiting > TCP_QUEUE

    async def open(self) -> None:
        """Raises NoPath."""
        for place in self._remote.udp:
            with contextlib.suppress(OSError):
                self._ways.append(_Udp(place, self._received, self._counts))
        began = time.monotonic()
        with_tcp = False
        while not self._chosen.is_set():
            now = time.monotonic()
            if now - began > _CONNECT_S:
                raise NoPath("no check is answered, over UDP nor over TCP")
            if not with_tcp and (now - began > _TCP_AFTER_S or not self._ways):
                with_tcp = True
                for place in self._remote.tcp:
                    with contextlib.suppress(OSError):
                        self._ways.append(_Tcp(place, self._received, self._counts))
            for way in self._ways:
                self._check(way, nominate=len(self._remote.udp) == 1 and isinstance(way, _Udp))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._chosen.wait(), _CHECK_EVERY_S)
        for way in self._ways:
            if way is not self._way:
                way.close()
        assert self._way is not None
        self._check(self._way, nominate=True)

    async def watch(self) -> None:
        """Check on until nothing is heard any more, or nothing that is sent arrives; returns then."""
        checked = time.monotonic()
        while self._way is not None and not self._dead.is_set() and not self._way.closed:
            now = time.monotonic()
            silence = now - self._heard
            if silence > (SILENT_LOSSY_S if self.lossy else SILENT_S):
                return
            if now - self._answered > (_DEAF_LOSSY_S if self.lossy else _DEAF_S):
                return
            if silence > _QUIET_S or now - checked > CONSENT_EVERY_S:
                checked = now
                self._check(self._way, nominate=True)
            await asyncio.sleep(_LOOK_EVERY_S)

    def heard(self) -> None:
        """Something came that only the other end can have sent."""
        self._heard = time.monotonic()

    def close(self) -> None:
        self._dead.set()
        for way in self._ways:
            way.close()

    def send(self, datagram: bytes) -> None:
        if self._way is not None:
            self._way.send(datagram)

    @property
    def gathers(self) -> bool:
        """Nothing is held back for more to join it (media.outbox.Way)."""
        return False

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None:
        """Datagrams that stand in slots (media.outbox.Way)."""
        if self._way is not None:
            self._way.send_runs(slots, runs)

    def _check(self, way: "_Udp | _Tcp", *, nominate: bool) -> None:
        attributes: dict[str, object] = {
            "USERNAME": f"{self._remote.ufrag}:{self._ufrag}",
            "PRIORITY": 0x6E7F1EFF if isinstance(way, _Udp) else 0x5A7F1EFF,
            "ICE-CONTROLLING": int.from_bytes(self._tie, "big"),
        }
        if nominate:
            attributes["USE-CANDIDATE"] = None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        request.add_message_integrity(self._remote.password.encode())
        self._asked[request.transaction_id] = time.monotonic()
        while len(self._asked) > 64:
            del self._asked[next(iter(self._asked))]
        way.send(bytes(request))

    def _received(self, datagram: bytes, way: "_Udp | _Tcp") -> None:
        if not datagram:
            return
        if datagram[0] > 3:
            if way is self._way:
                self._taker(datagram)
            return
        asked = self._asked.pop(datagram[8:20], None)
        if datagram[:2] != b"\x01\x01" or asked is None:
            return
        with contextlib.suppress(Exception):  # struct.error, ValueError, IndexError: all of them
            answer = stun.parse_message(datagram)
            if not answer.check_message_integrity(self._remote.password.encode()):
                return
            self._heard = self._answered = time.monotonic()
            self.rtt_s = self._heard - asked
            if self._way is None:
                self._way = way
                self._chosen.set()


class _Udp:
    closed = False

    def __init__(
        self, place: tuple[str, int], taker: Callable[[bytes, "_Udp | _Tcp"], None], counts: Counts
    ) -> None:
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._taker, self._counts = taker, counts
        self._segments = True
        self._fd = self._socket.fileno()
        self._slots: Slots | None = None
        self._sender: Sender | None = None
        try:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            self._socket.connect(place)
            self._name = name_of(self._socket.getpeername())
        except OSError:
            self._socket.close()
            raise
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def send(self, datagram: bytes | memoryview) -> None:
        if self.closed:
            return
        try:
            self._counts.total += self._socket.send(datagram)
        except OSError as error:
            self._failed(error.errno or 0)

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None:
        """All in one call where the system has it, and cut by the kernel where that can."""
        if self.closed:
            return
        if self._sender is None or self._slots is not slots:
            self._slots = slots
            self._sender = Sender(slots) if supported else None
        if self._sender is None or not self._segments:
            self._one_by_one(slots, runs)
            return
        self._sender.lay(runs, [self._name] * len(runs))
        sent = 0
        while sent < len(runs):
            went, error = self._sender.send(self._fd, sent, len(runs))
            if not went:
                if error in (errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.EMSGSIZE):
                    self._segments = False  # this kernel or this network card cuts nothing
                    self._one_by_one(slots, runs[sent:])
                self._failed(error)
                return
            for _, first, count, _ in runs[sent : sent + went]:
                self._counts.total += sum(slots.sizes[first : first + count])
            sent += went

    def _failed(self, error: int) -> None:
        """No room, or an ICMP error of an earlier one, which anybody can forge: silence will tell."""
        if error in _GONE:
            self.close()

    def _one_by_one(self, slots: Slots, runs: Sequence[Run]) -> None:
        for _, first, count, _ in runs:
            for n in range(first, first + count):
                self.send(slots.view[n * slots.room : n * slots.room + slots.sizes[n]])

    def _readable(self) -> None:
        try:
            datagram = self._socket.recv(2048)
        except OSError:
            return
        self._counts.total += len(datagram)
        self._taker(datagram, self)  # little comes this way; the loop asks again when there is more


class _Tcp:
    """An active candidate: frames of RFC 4571. Holds back at TCP_QUEUE, of which its publisher is told."""

    def __init__(
        self, place: tuple[str, int], taker: Callable[[bytes, "_Udp | _Tcp"], None], counts: Counts
    ) -> None:
        self.closed = False
        self._taker, self._counts = taker, counts
        self._loop = asyncio.get_running_loop()
        self._in, self._out = b"", bytearray()
        self._connected = self._writing = False
        self._socket = socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)  # or seconds would wait there
        done = self._socket.connect_ex(place)
        if done not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(done, "connect")
        self._write_when_possible()

    @property
    def waiting(self) -> int:
        return len(self._out)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._socket.close()
            self._out.clear()

    def send(self, datagram: bytes | memoryview) -> None:
        self._put(datagram)
        self._flush()

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None:
        for _, first, count, _ in runs:
            for n in range(first, first + count):
                self._put(slots.view[n * slots.room : n * slots.room + slots.sizes[n]])
        self._flush()

    def _put(self, datagram: bytes | memoryview) -> None:
        if self._connected and not self.closed and len(self._out) <= 4 * TCP_QUEUE:
            self._out += struct.pack("!H", len(datagram))
            self._out += datagram

    def _flush(self) -> None:
        if self._writing or self.closed or not self._out:
            return
        try:
            sent = self._socket.send(self._out)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.close()
            return
        self._counts.total += sent
        del self._out[:sent]
        if self._out:
            self._write_when_possible()

    def _write_when_possible(self) -> None:
        self._writing = True
        self._loop.add_writer(self._socket.fileno(), self._writable)

    def _writable(self) -> None:
        self._loop.remove_writer(self._socket.fileno())
        self._writing = False
        if not self._connected:
            if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.close()
                return
            self._connected = True
            self._loop.add_reader(self._socket.fileno(), self._readable)
        if self._out:
            self._flush()

    def _readable(self) -> None:
        try:
            read = self._socket.recv(64 * 1024)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            read = b""
        self._counts.total += len(read)
        frames = tcp.split(self._in + read) if read else None
        if frames is None:
            self.close()
            return
        *whole, self._in = frames
        for frame in whole:
            self._taker(frame, self)
