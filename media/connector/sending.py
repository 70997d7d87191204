"""What leaves for one engine session: RTP headers, the history that repeats come from, and the pace.

One `Stream` for each of picture and sound. A keyframe does not leave in one burst: a router's queue would
drop its tail. Everything is bounded; a way out that is too slow loses what waits, up to the next keyframe.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from struct import Struct

import msgspec

from media import rtc
from media.connector.h264 import Payload
from media.connector.path import Path
from media.outbox import Outbox
from media.rtcp import description, sender_report

_HEADER = Struct("!BBHII")
_OSN = Struct("!H")
NTP = 2_208_988_800  # seconds from 1900 to 1970
HISTORY = 2048  # packets; some four seconds of 4 Mbit/s
_AGAIN_AFTER_S = 0.02  # a second request for the same packet crossed its repeat
_REPEATS_PER_S = 1200  # of all packets; a peer that asks for more is mistaken
BURST = 32  # packets at once: one run for the kernel
_PACE_BPS = 16_000_000  # at least; a first keyframe of 200 kB takes a tenth of a second
_PACE_FACTOR = 4  # times what the camera sends on average
MAX_WAITING = 6_000_000  # bytes of a picture that wait; a cached group of pictures is not larger


class Frame(msgspec.Struct, frozen=True):
    """A picture cut into RTP payloads."""

    payloads: Sequence[Payload]
    at: float
    arrived: float
    keyframe: bool
    size: int


class Stream:
    """One SSRC: numbers, counts and its history."""

    def __init__(self, ssrc: int, payload_type: int, clock_rate: int, start: int) -> None:
        self.ssrc = ssrc
        self.packets = self.octets = 0
        self.last: tuple[int, float] | None = None  # RTP timestamp and the moment it stands for
        self._type = payload_type
        self._rate = clock_rate
        self._sequence = start & 0xFFFF
        self._base = (start * 2654435761) & 0xFFFFFFFF
        self._kept: list[tuple[bytes, memoryview] | None] = [None] * HISTORY
        self._repeated: dict[int, float] = {}

    def packets_of(
        self, payloads: Sequence[Payload], at: float, arrived: float
    ) -> list[tuple[bytes, memoryview]]:
        """Number one picture's or one sound's payloads; the marker is on the last."""
        timestamp = (self._base + round(at * self._rate)) & 0xFFFFFFFF
        self.last = timestamp, arrived
        made, kept, pack = [], self._kept, _HEADER.pack
        sequence, ssrc, kind, last = self._sequence, self.ssrc, self._type, len(payloads) - 1
        for n, (front, body) in enumerate(payloads):
            header = pack(0x80, kind | 0x80 if n == last else kind, sequence, timestamp, ssrc) + front
            packet = header, body
            kept[sequence % HISTORY] = packet
            made.append(packet)
            sequence = (sequence + 1) & 0xFFFF
        self._sequence = sequence
        return made

    def again(self, sequence: int, now: float) -> tuple[bytes, memoryview] | None:
        """The packet of this number, when it is kept and was not repeated just now."""
        packet = self._kept[sequence % HISTORY]
        if packet is None or int.from_bytes(packet[0][2:4], "big") != sequence:
            return None
        if now - self._repeated.get(sequence, 0.0) < _AGAIN_AFTER_S:
            return None
        self._repeated[sequence] = now
        if len(self._repeated) > HISTORY:
            self._repeated = {s: at for s, at in self._repeated.items() if now - at < _AGAIN_AFTER_S}
        return packet

    def report(self, now: float, wall: float) -> bytes:
        """SR and SDES (RFC 3550 section 6.4.1); empty before the first packet."""
        if self.last is None:
            return b""
        timestamp, arrived = self.last
        timestamp = (timestamp + round((now - arrived) * self._rate)) & 0xFFFFFFFF
        ntp = int((wall + NTP) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
        said = sender_report(
            self.ssrc, ntp=ntp, timestamp=timestamp, packets=self.packets, octets=self.octets
        )
        return said + description(self.ssrc, b"connector")


class Repairs:
    """Repeats on an SSRC of their own (RFC 4588), or as they were where that was not agreed."""

    def __init__(self, ssrc: int, payload_type: int | None, start: int) -> None:
        self._ssrc, self._type = ssrc, payload_type
        self._sequence = start & 0xFFFF
        self._second, self._given = 0, 0

    def of(self, stream: Stream, sequences: Iterable[int], now: float) -> list[tuple[bytes, memoryview]]:
        if int(now) != self._second:
            self._second, self._given = int(now), 0
        found = []
        for sequence in sequences:
            packet = stream.again(sequence, now) if self._given < _REPEATS_PER_S else None
            if packet is not None:
                self._given += 1
                found.append(self._wrapped(packet, sequence))
        return found

    def _wrapped(self, packet: tuple[bytes, memoryview], sequence: int) -> tuple[bytes, memoryview]:
        header, body = packet
        if self._type is None:
            return packet
        own, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
        timestamp = int.from_bytes(header[4:8], "big")
        front = _HEADER.pack(0x80, header[1] & 0x80 | self._type, own, timestamp, self._ssrc)
        return front + _OSN.pack(sequence) + header[12:], body


class Pacer:
    """Sends in bursts with pauses between. A picture of one burst, which most are, leaves at once."""

    def __init__(
        self, path: Path, outbox: Outbox, keys: rtc.Srtp, stream: Stream, on_drop: Callable[[], None]
    ) -> None:
        self._path, self._outbox, self._keys, self._stream = path, outbox, keys, stream
        self._on_drop = on_drop
        self._waiting: deque[tuple[bytes, memoryview]] = deque()
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._rate_bps = _PACE_BPS
        self._window, self._in_window = time.monotonic(), 0

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()

    def put(self, packets: list[tuple[bytes, memoryview]], size: int) -> None:
        """Queue one picture; when more waits than may, all of it is dropped and `on_drop` is told."""
        self._measure(size)
        if not self._waiting and len(packets) <= BURST and not self._path.full:
            self._send(packets)
            return
        self._waiting.extend(packets)
        self._bytes += size
        if self._bytes > MAX_WAITING or (self._path.full and self._bytes > self._rate_bps // 8):
            self._waiting.clear()
            self._bytes = 0
            self._on_drop()
            return
        if self._timer is None:
            self._burst()

    def _burst(self) -> None:
        self._timer = None
        if self._path.full:
            self._timer = self._loop.call_later(0.02, self._burst)
            return
        waiting = self._waiting
        burst = [waiting.popleft() for _ in range(min(BURST, len(waiting)))]
        size = self._send(burst)
        self._bytes = max(0, self._bytes - size) if waiting else 0
        if waiting:
            self._timer = self._loop.call_later(size * 8 / self._rate_bps, self._burst)

    def _send(self, packets: list[tuple[bytes, memoryview]]) -> int:
        count, size, octets = self._outbox.send(self._keys, None, packets)
        self._stream.packets += count
        self._stream.octets += octets
        return size

    def _measure(self, size: int) -> None:
        self._in_window += size
        now = time.monotonic()
        if now - self._window >= 4.0:
            average = self._in_window * 8 / (now - self._window)
            self._rate_bps = max(_PACE_BPS, int(_PACE_FACTOR * average))
            self._window, self._in_window = now, 0
