"""What a publisher's bandwidth estimate lives on: without it a browser stays at 300 kbit/s for ever.

`Arrivals` writes transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), on which the
sender estimates for itself. `LossEstimate` is the fallback for senders that know only REMB.
"""

from collections.abc import Iterator
from struct import pack

from media.rtp import SEQUENCE_MASK, difference

_TICK_S = 0.000_25  # unit of a receive delta
_REFERENCE_S = 0.064  # unit of the reference time
_KEEP = 2048  # arrivals kept, for reports that must go back to a late packet
_MOST = 1024  # statuses in one report: fits a datagram even when every packet came

_MISSING, _SMALL, _LARGE = 0, 1, 2


class Arrivals:
    """When each packet of one transport came. Sequence numbers are the extension's, modulo 2**16.

    While `lenient`, nothing is said of packets that did not come: the sender then judges its path by delay
    alone. To say that they came would be worse than a lie: a browser repeats nothing that it takes for come.
    """

    def __init__(self) -> None:
        self.lenient = False
        self._at: dict[int, int] = {}  # extended number to ticks of 250 µs
        self._highest: int | None = None
        self._next = 0  # first number that no report has covered
        self._late: int | None = None  # lowest number that came after its report had gone
        self._count = 0

    @property
    def any(self) -> bool:
        """Whether the sender numbers its packets at all: some agree to it and never do."""
        return self._highest is not None

    def take(self, sequence: int, now: float) -> None:
        """Note one packet; `now` in seconds of a monotonic clock."""
        if self._highest is None:
            self._highest = self._next = sequence
        number = self._highest + difference(sequence, self._highest & SEQUENCE_MASK)
        if number > self._highest + _KEEP:  # a jump that no loss explains: begin again
            self._at.clear()
            self._next, self._late = number, None
        self._highest = max(self._highest, number)
        if number < self._highest - _KEEP or number in self._at:
            return
        self._at[number] = int(now / _TICK_S)
        if number < self._next and (self._late is None or number < self._late):
            self._late = number

    def reports(self, sender: int, ssrc: int) -> Iterator[bytes]:
        """RTCP packets that cover everything new. Nothing when nothing came."""
        if self._highest is None or (self._highest < self._next and self._late is None):
            return
        first = self._next if self._late is None else self._late
        end = self._highest + 1
        self._next, self._late = end, None
        while first < end:
            if self.lenient and first not in self._at:
                first += 1
                continue
            size = self._fitting(first, min(end, first + _MOST))
            if size:
                yield self._report(sender, ssrc, first, size)
            first += size or _MOST
        if len(self._at) > 2 * _KEEP:
            oldest = self._highest - _KEEP
            self._at = {number: at for number, at in self._at.items() if number >= oldest}

    def _fitting(self, first: int, end: int) -> int:
        """How many statuses one report can take; 0 when none came. Deltas are 16 bits: a pause ends it."""
        before: int | None = None
        for number in range(first, end):
            at = self._at.get(number)
            if at is None:
                if self.lenient:
                    return number - first
                continue
            if before is not None and not -0x8000 <= at - before <= 0x7FFF:
                return number - first
            before = at
        return end - first if before is not None else 0

    def _report(self, sender: int, ssrc: int, first: int, size: int) -> bytes:
        per_reference = round(_REFERENCE_S / _TICK_S)
        statuses, deltas = bytearray(size), bytearray()
        reference: int | None = None
        before = 0
        for offset in range(size):
            at = self._at.get(first + offset)
            if at is None:
                continue
            if reference is None:
                reference = at // per_reference
                before = reference * per_reference
            delta, before = at - before, at
            if 0 <= delta <= 0xFF:
                statuses[offset] = _SMALL
                deltas.append(delta)
            else:
                statuses[offset] = _LARGE
                deltas += pack("!h", delta)
        chunks = b"".join(pack("!H", chunk) for chunk in _chunks(bytes(statuses)))
        count, self._count = self._count, (self._count + 1) & 0xFF
        base = pack("!HHI", first & 0xFFFF, size, ((reference or 0) & 0xFFFFFF) << 8 | count)
        body = pack("!II", sender, ssrc) + base + chunks + deltas
        padding = -len(body) % 4
        if padding:  # RFC 3550 section 6.4.1: the last byte counts the padding
            body += bytes(padding - 1) + bytes([padding])
        return pack("!BBH", 0x80 | (0x20 if padding else 0) | 15, 205, len(body) // 4) + body


def _chunks(statuses: bytes) -> Iterator[int]:
    """Run-length chunks for runs of seven and more, two-bit vectors for the rest (section 3.1.3 and .4)."""
    at, end = 0, len(statuses)
    while at < end:
        symbol, run = statuses[at], 1
        while at + run < end and statuses[at + run] == symbol and run < 0x1FFF:
            run += 1
        if run >= 7 or at + run == end:
            yield symbol << 13 | run
            at += run
            continue
        vector = 0b11
        for offset in range(at, at + 7):
            vector = vector << 2 | (statuses[offset] if offset < end else _MISSING)
        yield vector
        at += 7


class LossEstimate:
    """A ceiling for a sender that takes REMB: up by a tenth each second, down with heavy loss.

    Loss under 2 % is let pass and over 10 % is answered, as in draft-ietf-rmcat-gcc-02 section 6.
    """

    def __init__(self, start_bps: int, most_bps: int) -> None:
        self.bitrate_bps = start_bps
        self._most_bps = most_bps

    def second(self, arriving_bps: int, loss: float) -> int:
        """Take one second's measurement; the new ceiling in bit/s."""
        if loss > 0.1:
            self.bitrate_bps = max(100_000, int(self.bitrate_bps * (1 - loss / 2)))
        elif loss < 0.02 and arriving_bps > self.bitrate_bps // 2:  # unused room is no proof of room
            self.bitrate_bps = min(self._most_bps, int(self.bitrate_bps * 1.1))
        return self.bitrate_bps
