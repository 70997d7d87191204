"""One running line out of many publishers' packets.

A feed outlives its publishers: a page reloads, a phone changes network. `Timeline` places every source's
sequence numbers and timestamps on one line that never jumps, so that subscribers notice a pause and nothing
else; `Outgoing` turns a placed packet into one subscriber's header. Pure arithmetic: no clocks, no sockets.
"""

from bisect import bisect_left
from struct import Struct

from media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK, Header, Packet, difference

MAX_REORDER = 1024  # packets; one that is later than this is dropped

FIXED = Struct("!BBHII")  # an RTP header without extensions
_ORIENTATION = Struct("!HHBBxx")
_TIME = Struct("!HHI")
_BOTH = Struct("!HHIBBxx")


class Timeline:
    """The line of one track of one feed."""

    def __init__(self, clock_rate: int) -> None:
        self.timestamp_offset = 0  # what is added to the present source's timestamps
        self._clock_rate = clock_rate
        self._next = 0  # first sequence number that nothing was placed on
        self._last_timestamp = 0
        self._last_at: float | None = None
        self._open = False  # a source is being followed
        self._first = 0  # its first placed sequence number, extended
        self._highest = 0  # its highest one, extended
        self._shift = 0  # extended number minus this is the place on the line
        self._left_out: list[int] = []  # extended numbers removed from the line, ascending

    @property
    def open(self) -> bool:
        return self._open

    @property
    def end(self) -> int:
        """The first place that nothing stands on."""
        return self._next

    def close(self) -> None:
        """The source is over; the next one must begin anew."""
        self._open = False

    def begin(self, header: Header, now: float) -> None:
        """Follow a new source from this packet on. `now` in seconds says how long the pause was."""
        self._open = True
        self._first = self._highest = header.sequence
        self._shift = header.sequence - self._next
        self._left_out.clear()
        onward = 0
        if self._last_at is not None:
            onward = self._last_timestamp + max(1, round((now - self._last_at) * self._clock_rate))
        self.timestamp_offset = (onward - header.timestamp) & TIMESTAMP_MASK

    def place(self, header: Header, now: float) -> tuple[int, int] | None:
        """Where a packet stands: sequence number (never wraps) and timestamp (modulo 2**32).

        None when it has no place: it is older than the beginning, too late, or empty. Empty packets are a
        sender's probes; they are taken out of the line so that nobody misses them.
        """
        ahead = difference(header.sequence, self._highest & SEQUENCE_MASK)
        number = self._highest + ahead
        if number < self._first or ahead < -MAX_REORDER:
            return None
        newest = ahead > 0 or number == self._first
        if not header.payload and ahead > 0:
            self._highest = number
            self._leave_out(number)
            return None
        shift = self._shift
        if self._left_out:
            shift += bisect_left(self._left_out, number)
        sequence = number - shift
        timestamp = (header.timestamp + self.timestamp_offset) & TIMESTAMP_MASK
        if newest:
            self._highest = max(number, self._highest)
            self._next = max(self._next, sequence + 1)
            self._last_timestamp = timestamp
            self._last_at = now
        return sequence, timestamp

    def _leave_out(self, number: int) -> None:
        self._left_out.append(number)
        if len(self._left_out) > 2 * MAX_REORDER:
            settled = bisect_left(self._left_out, number - MAX_REORDER)
            self._shift += settled
            del self._left_out[:settled]


class Outgoing:
    """One subscriber's side of a line: its own SSRC, numbers, payload types and extension ids."""

    def __init__(
        self, ssrc: int, *, first_sequence: int, first_timestamp: int, orientation_id: int, time_id: int = 0
    ) -> None:
        self.ssrc = ssrc
        self.first_sequence = first_sequence  # below 2**15, so that SRTP's rollover counter begins right
        self.sequence_offset = 0  # what is added to a place on the line
        self.timestamp_offset = 0
        self._first_timestamp = first_timestamp
        self._orientation_id = orientation_id  # 0: not negotiated
        self.timed = time_id > 0
        self._time_head = time_id << 28 | 2 << 24 if time_id else 0

    def begin(self, packet: Packet) -> None:
        """The first packet that this subscriber is sent."""
        self.sequence_offset = self.first_sequence - packet.sequence
        self.timestamp_offset = self._first_timestamp - packet.timestamp

    def header(
        self, packet: Packet, sequence: int, payload_type: int, time: int, ssrc: int | None = None
    ) -> bytes:
        """The whole RTP header. `time` is abs-send-time: seconds in 6.18 fixed point, 24 bits.

        `ssrc` is another one where the packet is repeated in a stream of its own.
        """
        second = payload_type | 0x80 if packet.marker else payload_type
        timestamp = (packet.timestamp + self.timestamp_offset) & TIMESTAMP_MASK
        extensions = self.extensions(packet.orientation, time)
        fixed = FIXED.pack(
            0x90 if extensions else 0x80,
            second,
            sequence & SEQUENCE_MASK,
            timestamp,
            self.ssrc if ssrc is None else ssrc,
        )
        return fixed + extensions

    def extensions(self, turned: int | None, time: int) -> bytes:
        """What follows the header's first twelve bytes (RFC 8285); empty when there is nothing to say."""
        if self._time_head:
            head = self._time_head | time
            if turned is None or not self._orientation_id:
                return _TIME.pack(0xBEDE, 1, head)
            return _BOTH.pack(0xBEDE, 2, head, self._orientation_id << 4, turned)
        if turned is None or not self._orientation_id:
            return b""
        return _ORIENTATION.pack(0xBEDE, 1, self._orientation_id << 4, turned)
