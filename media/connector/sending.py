"""What leaves for one engine session: RTP headers, the history that repeats come from, and the pace.

One `Stream` for each of picture and sound. A keyframe does not leave in one burst: a router's queue would
drop its tail. Everything is bounded; a way out that is too slow loses what waits, up to the next keyframe.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from struct import Struct

import msgspec

from media import rtc
from media.batch import Slots
from media.connector.h264 import Payload
from media.connector.path import Path
from media.outbox import Outbox
from media.rtcp import description, sender_report

_HEADER, _FRAGMENT = Struct("!BBHII"), Struct("!BBHII2s")
_OSN = Struct("!H")
NTP = 2_208_988_800  # seconds from 1900 to 1970
HISTORY = 2048  # packets; some four seconds of 4 Mbit/s
_AGAIN_AFTER_S = 0.02  # a second request for the same packet crossed its repeat
_REPEATS_PER_S = 1200  # of all packets; a peer that asks for more is mistaken
BURST = 32  # packets at once: one run for the kernel
_PACE_BPS = 16_000_000  # at least; a first keyframe of 200 kB takes a tenth of a second
_PACE_FACTOR = 4  # times what the camera sends on average
MAX_WAITING = 6_000_000  # bytes of a picture that wait; a cached group of pictures is not larger


Packet = tuple[bytes, bytes | memoryview]  # header, payload


class Frame(msgspec.Struct, frozen=True):
    """A picture cut into RTP payloads."""

    payloads: Sequence[Payload]
    at: float
    arrived: float
    keyframe: bool
    size: int


class Sent(msgspec.Struct):
    """Payloads that have their numbers, and how many of them have left."""

    payloads: Sequence[Payload]
    first: int  # sequence number of the first
    timestamp: int
    gone: int = 0


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
        self._kept: deque[Sent] = deque()
        self._in_kept = 0  # packets
        self._repeated: dict[int, float] = {}

    def number(self, payloads: Sequence[Payload], at: float, arrived: float) -> Sent:
        """Give one picture's or one sound's payloads their numbers; they are kept for repeats."""
        timestamp = (self._base + round(at * self._rate)) & 0xFFFFFFFF
        self.last = timestamp, arrived
        sent = Sent(payloads, self._sequence, timestamp)
        self._sequence = (self._sequence + len(payloads)) & 0xFFFF
        self._kept.append(sent)
        self._in_kept += len(payloads)
        while self._in_kept - len(self._kept[0].payloads) >= HISTORY:
            self._in_kept -= len(self._kept.popleft().payloads)
        return sent

    def send(self, sent: Sent, most: int, outbox: Outbox, slots: Slots, keys: rtc.Srtp) -> int:
        """Send the next of its packets, at most so many: their bytes. The marker is on the last of all.

        Each is written once, into the slot that it is encrypted in and sent from.
        """
        begin = sent.gone
        stop = min(begin + most, len(sent.payloads))
        first = n = outbox.room(stop - begin)
        view, sizes, room = slots.view, slots.sizes, slots.room
        header, fragment = _HEADER.pack_into, _FRAGMENT.pack_into
        kind, timestamp, ssrc = self._type, sent.timestamp, self.ssrc
        last = len(sent.payloads) - 1 - begin
        octets = 0
        for sequence, (front, body) in enumerate(islice(sent.payloads, begin, stop), sent.first + begin):
            at = n * room
            marked = kind | 0x80 if n - first == last else kind
            if len(front) == 2:
                fragment(view, at, 0x80, marked, sequence & 0xFFFF, timestamp, ssrc, front)
                middle = at + 14
            else:
                header(view, at, 0x80, marked, sequence & 0xFFFF, timestamp, ssrc)
                middle = at + 12 + len(front)
                view[at + 12 : middle] = front
            end = middle + len(body)
            view[middle:end] = body
            sizes[n] = end - at
            octets += end - at - 12
            n += 1
        sent.gone = stop
        count, size = outbox.written(keys, None, first, n)
        self.packets += count
        self.octets += octets
        return size

    def again(self, sequence: int, now: float) -> Packet | None:
        """Header and payload of this number, when it is kept, has left, and was not repeated just now."""
        if now - self._repeated.get(sequence, 0.0) < _AGAIN_AFTER_S:
            return None
        for sent in reversed(self._kept):
            n = (sequence - sent.first) & 0xFFFF
            if n < len(sent.payloads):
                break
        else:
            return None
        if n >= sent.gone:
            return None
        self._repeated[sequence] = now
        if len(self._repeated) > HISTORY:
            self._repeated = {s: at for s, at in self._repeated.items() if now - at < _AGAIN_AFTER_S}
        marked = self._type | 0x80 if n == len(sent.payloads) - 1 else self._type
        front, body = sent.payloads[n]
        return _HEADER.pack(0x80, marked, sequence, sent.timestamp, self.ssrc) + front, body

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

    def of(self, stream: Stream, sequences: Iterable[int], now: float) -> list[Packet]:
        if int(now) != self._second:
            self._second, self._given = int(now), 0
        found = []
        for sequence in sequences:
            packet = stream.again(sequence, now) if self._given < _REPEATS_PER_S else None
            if packet is not None:
                self._given += 1
                found.append(self._wrapped(packet, sequence))
        return found

    def _wrapped(self, packet: Packet, sequence: int) -> Packet:
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
        self,
        path: Path,
        outbox: Outbox,
        slots: Slots,
        keys: rtc.Srtp,
        stream: Stream,
        on_drop: Callable[[], None],
    ) -> None:
        self._path, self._outbox, self._slots, self._keys = path, outbox, slots, keys
        self._stream = stream
        self._on_drop = on_drop
        self._waiting: deque[Sent] = deque()
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

    def put(self, frame: Frame) -> None:
        """Queue one picture; when more waits than may, all of it is dropped and `on_drop` is told."""
        self._measure(frame)
        sent = self._stream.number(frame.payloads, frame.at, frame.arrived)
        if not self._waiting and len(frame.payloads) <= BURST and not self._path.full:
            self._send(sent, BURST)
            return
        self._waiting.append(sent)
        self._bytes += frame.size
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
        size, left, waiting = 0, BURST, self._waiting
        while left and waiting:
            before = waiting[0].gone
            size += self._send(waiting[0], left)
            left -= waiting[0].gone - before
            if waiting[0].gone == len(waiting[0].payloads):
                waiting.popleft()
        self._bytes = max(0, self._bytes - size) if waiting else 0
        if waiting:
            self._timer = self._loop.call_later(size * 8 / self._rate_bps, self._burst)

    def _send(self, sent: Sent, most: int) -> int:
        return self._stream.send(sent, most, self._outbox, self._slots, self._keys)

    def _measure(self, frame: Frame) -> None:
        self._in_window += frame.size
        if frame.arrived - self._window >= 4.0:
            average = self._in_window * 8 / (frame.arrived - self._window)
            self._rate_bps = max(_PACE_BPS, int(_PACE_FACTOR * average))
            self._window, self._in_window = frame.arrived, 0
