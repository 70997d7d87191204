"""RTP packets of a camera to whole pictures of H.264 (RFC 3550 section 5.1, RFC 6184 modes 0 and 1).

A picture ends with the marker or where the next one's timestamp begins. A packet that never came costs the
unit that it was part of and no more. Raises h264.Unreadable, and nothing else, on what a camera may send.
"""

from collections.abc import Callable
from struct import Struct

from media.connector import h264

_STAP_A, _FU_A = 24, 28
_HALF, _ALL = 1 << 31, 1 << 32
_MAX_PICTURE = 8 << 20  # bytes
_START = b"\0\0\1"
_MISPLACED = 256  # some cameras send parameter sets and slice as one unit, with start codes between them
_FRONT = Struct("!BBHIIBB")  # an RTP header and the first bytes of a fragment

Finished = Callable[[list[h264.Unit], int, int], None]


class Depacketizer:
    """`finished` gets a picture's units, its time in ticks that run on beyond 32 bits, and its size."""

    def __init__(self, payload_type: int, finished: Finished) -> None:
        self.ssrc = self.lost = 0
        self._type = payload_type
        self._finished = finished
        self._units: list[h264.Unit] = []
        self._size = 0
        self._open: bytearray | None = None  # a unit that comes in fragments
        self._next = -1  # sequence number
        self._timestamp = -1
        self._ticks = 0
        self._ended = -1  # timestamp of the last whole picture
        self._trust_marker = True

    def take(self, view: memoryview, at: int, end: int) -> None:
        """A packet stands in `view` from `at` to `end`; it is copied."""
        if end - at < 14:
            return
        first, second, sequence, timestamp, ssrc, indicator, fragment = _FRONT.unpack_from(view, at)
        unit = self._open
        if (
            unit is not None
            and first == 0x80
            and second == self._type
            and sequence == self._next
            and timestamp == self._timestamp
            and indicator & 0x1F == _FU_A
            and fragment < 0x40
            and len(unit) < _MAX_PICTURE
        ):  # the next piece of the unit that is open, as nearly every packet is
            self._next = (sequence + 1) & 0xFFFF
            unit += view[at + 14 : end]
            return
        if first & 0xC0 != 0x80 or second & 0x7F != self._type:
            return
        packet = view[at:end]
        start, stop = _body(packet, first) if first & 0x3F else (12, end - at)
        if stop - start < 2:
            return
        if sequence != self._next:
            self._gap(sequence, ssrc)
        self._next = (sequence + 1) & 0xFFFF
        if timestamp != self._timestamp:
            if self._units or self._open is not None:
                self._finish()
            self._advance(timestamp)
        self._payload(packet, start, stop)
        if second & 0x80 and self._trust_marker:
            self._finish()

    @property
    def between(self) -> bool:
        """Whether no picture is begun."""
        return self._open is None and not self._units

    @property
    def highest(self) -> int:
        """The newest sequence number."""
        return (self._next - 1) & 0xFFFF

    def _payload(self, packet: memoryview, at: int, end: int) -> None:
        kind = packet[at] & 0x1F
        if self._size > _MAX_PICTURE or (self._open is not None and len(self._open) >= _MAX_PICTURE):
            raise h264.Unreadable("a picture without end")
        if kind == _FU_A:
            flags = packet[at + 1]
            if flags & 0x80:
                self._open = bytearray((packet[at] & 0x60 | flags & 0x1F,))
            if self._open is None:
                return
            self._open += packet[at + 2 : end]
            if flags & 0x40:
                unit, self._open = self._open, None
                self._add(unit)
        elif kind == _STAP_A:
            at += 1
            while end - at > 2:
                stop = at + 2 + (packet[at] << 8 | packet[at + 1])
                if stop > end:
                    return
                self._add(bytearray(packet[at + 2 : stop]))
                at = stop
        elif 1 <= kind <= 23:
            self._add(bytearray(packet[at:end]))

    def _add(self, unit: bytearray) -> None:
        if unit.find(_START, 0, _MISPLACED) >= 0:
            found = h264.units(memoryview(_START + bytes(unit)))
        else:
            found = [memoryview(unit)] if unit and h264.is_content(unit[0]) else []
        for each in found:
            self._size += len(each)
            self._units.append(each)
        if len(self._units) > h264.MAX_UNITS:
            raise h264.Unreadable("a picture of too many pieces")

    def _finish(self) -> None:
        units, size, self._units, self._size, self._open = self._units, self._size, [], 0, None
        if not units:
            return
        if self._ended == self._timestamp and h264.goes_on(units):
            self._trust_marker = False  # it marks each slice; from now on the next timestamp ends a picture
        self._ended = self._timestamp
        self._finished(units, self._ticks, size)

    def _gap(self, sequence: int, ssrc: int) -> None:
        self._open = None
        if self._next >= 0 and ssrc == self.ssrc:
            self.lost += (sequence - self._next) & 0x7FFF
        self.ssrc = ssrc

    def _advance(self, timestamp: int) -> None:
        if self._timestamp < 0:
            self._ticks = timestamp
        else:
            self._ticks += (timestamp - self._timestamp + _HALF) % _ALL - _HALF
        self._timestamp = timestamp


def _body(packet: memoryview, first: int) -> tuple[int, int]:
    """Where the payload begins and ends, after sources, an extension and before padding."""
    at, end = 12 + 4 * (first & 0x0F), len(packet)
    if first & 0x10:
        if at + 4 > end:
            return end, end
        at += 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
    if first & 0x20:
        end -= packet[end - 1]
    return at, end
