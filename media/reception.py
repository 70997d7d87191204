"""What arrived from one sender's SSRC and what did not: receiver reports and requests to send again.

RFC 3550 sections 6.4.1, A.3 and A.8; RFC 4585 section 6.2.1. A packet that came late, by repeat or out of
another's RED, is told apart from one that came twice, and is never counted as received in a report: the
sender is to know what its path loses. Times are seconds of one monotonic clock.
"""

from enum import Enum
from itertools import islice

import msgspec

from media.rtcp import ReportBlock
from media.rtp import SEQUENCE_MASK, difference

_OUTAGE_S = 0.1
MAX_GAP = 256  # more than this at once is an outage: a keyframe mends it sooner than repeats do
MAX_MISSING = 512  # what is asked for at one time; the oldest are given up
MAX_ABSENT = 1024  # numbers given up that may still come; older ones count as come twice
LEAST_INTERVAL_S = 0.02  # between two requests for one packet
FIRST_INTERVAL_S = 0.1  # while the round trip is not known
REORDER_S = 0.02  # the first request waits so long where packets overtake each other
_REORDERED_FOR_S = 10.0  # how long that is believed after it was seen
_SUPERSEDED_S = 1.0  # asked for no longer than this once a newer keyframe has come


class Came(Enum):
    """What one packet was."""

    NEXT = "next"  # in order
    AHEAD = "ahead"  # with a gap before it
    LATE = "late"  # it had been missing
    TWICE = "twice"  # or too late to tell


class _Missing(msgspec.Struct, gc=False):
    since: float
    next_at: float
    asked: int = 0


class Reception:
    """`patience_s` is how long after a packet was found missing its repeat is still of use."""

    def __init__(self, ssrc: int, clock_rate: int, first_sequence: int, patience_s: float = 2.0) -> None:
        self.ssrc = ssrc
        self.repair_ssrc: int | None = None  # of its RTX stream, once that was heard
        self.heard_at = 0.0
        self.received = 0  # at their first sending
        self.repaired = 0  # by repeats and RED
        self.given_up = 0  # that have not come after all
        self.asked = 0  # requests, counted by packet
        self.waits_for_keyframe = False  # something that a decoder needs will not come any more
        self._clock_rate = clock_rate
        self._patience_s = patience_s
        self._first = self._highest = first_sequence - 1  # extended
        self._jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._report = 0
        self._report_at = 0.0
        self._missing: dict[int, _Missing] = {}  # by extended number, ascending; asked for
        self._absent: dict[int, None] = {}  # extended numbers, ascending; given up, yet welcome
        self._reordered_until = 0.0
        self._next_outage = 0.0
        self._latency_s: float | None = None  # from a request to its answer

    @property
    def expected(self) -> int:
        return self._highest - self._first

    @property
    def waits(self) -> bool:
        """Whether anything is still asked for."""
        return bool(self._missing)

    @property
    def latency_s(self) -> float | None:
        """From a first request to its answer, smoothed; None before there was one."""
        return self._latency_s

    def lacks(self, sequence: int) -> bool:
        """Whether this packet could still be of use."""
        number = self._highest + difference(sequence, self._highest & SEQUENCE_MASK)
        return number in self._missing or number in self._absent

    def take(self, sequence: int, timestamp: int, now: float, *, repeat: bool = False) -> Came:
        """Note one packet. `repeat` says that it came otherwise than by its first sending."""
        self.heard_at = now
        ahead = difference(sequence, self._highest & SEQUENCE_MASK)
        if ahead <= 0:
            return self._take_late(self._highest + ahead, now, repeat)
        if repeat:
            self.repaired += 1
            return self._go_on(ahead, now)
        self.received += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            moved = abs(transit - self._transit)
            if moved < self._clock_rate * 10:  # else the timestamp wrapped or jumped
                self._jitter += (moved - self._jitter) / 16
        self._transit = transit
        if ahead == 1:
            self._highest += 1
            return Came.NEXT
        return self._go_on(ahead, now)

    def _go_on(self, ahead: int, now: float) -> Came:
        first = self._highest + 1
        self._highest += ahead
        if ahead == 1:
            return Came.NEXT
        self._open_gap(first, now)
        return Came.AHEAD

    def _take_late(self, number: int, now: float, repeat: bool) -> Came:
        missing = self._missing.pop(number, None)
        if missing is None:
            if number not in self._absent:
                return Came.TWICE
            del self._absent[number]
            self.given_up -= 1
            self.repaired += 1
            return Came.LATE
        took = now - missing.since
        if not repeat and (missing.asked == 0 or (self._latency_s and took < self._latency_s / 4)):
            self._reordered_until = now + _REORDERED_FOR_S
            self.received += 1
            return Came.LATE
        self.repaired += 1
        if missing.asked == 1:  # else it is not known which request was answered
            before = self._latency_s
            self._latency_s = took if before is None else before + (took - before) / 8
        return Came.LATE

    def _open_gap(self, first: int, now: float) -> None:
        if self._highest - first > MAX_GAP:
            for number in list(self._missing):
                self._give_up(number)
            self.given_up += self._highest - first
            self.waits_for_keyframe = True
            if now < self._next_outage:
                return  # whoever jumps like this at every packet is not worth the list
            self._next_outage = now + _OUTAGE_S
            for number in range(max(first, self._highest - MAX_ABSENT), self._highest):
                self._absent[number] = None
            self._forget()
        else:
            at = now + REORDER_S if now < self._reordered_until else now
            for number in range(first, self._highest):
                self._missing[number] = _Missing(now, at)
            while len(self._missing) > MAX_MISSING:
                self._give_up(next(iter(self._missing)))

    def _give_up(self, number: int) -> None:
        del self._missing[number]
        self._absent[number] = None
        self._forget()
        self.given_up += 1
        self.waits_for_keyframe = True

    def _forget(self) -> None:
        for number in list(islice(self._absent, max(0, len(self._absent) - MAX_ABSENT))):
            del self._absent[number]

    def keyframe_began(self, sequence: int, now: float) -> None:
        """A decoder may go on from here: what is missing before is asked for a short time only."""
        self.waits_for_keyframe = False
        if not self._missing:
            return
        begins = self._highest + difference(sequence, self._highest & SEQUENCE_MASK)
        for number, missing in self._missing.items():
            if number >= begins:
                break
            missing.since = min(missing.since, now - self._patience_s + _SUPERSEDED_S)

    def wanted(self, now: float, rtt_s: float | None, loss: float) -> list[int]:
        """Sequence numbers to ask for now, in order.

        `loss` (0 to 1) is the path's. Where much is lost a request is repeated before its answer can be here,
        for both are lost easily.
        """
        due, interval = [], _interval(rtt_s if rtt_s is not None else self._latency_s, loss)
        for number, missing in list(self._missing.items()):
            if now - missing.since > self._patience_s:
                self._give_up(number)
            elif missing.next_at <= now:
                missing.asked += 1
                missing.next_at = now + interval
                due.append(number & SEQUENCE_MASK)
        self.asked += len(due)
        return due

    def reported(self, ntp: int, now: float) -> None:
        """A sender report came."""
        self._report, self._report_at = ntp >> 16 & 0xFFFFFFFF, now

    def block(self, now: float, hurry_s: float = 0.0) -> ReportBlock:
        """The report since the one before, of first sendings alone (RFC 4588 section 6.3).

        `hurry_s` makes the round trip look so much shorter than it is: browsers send a packet again only once
        in what they take for a round trip, and on a long path that loses much once is not enough.
        """
        expected, received = self.expected, self.received
        interval = expected - self._expected_before
        lost = interval - (received - self._received_before)
        self._expected_before, self._received_before = expected, received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, lost * 256 // interval) if lost > 0 and interval > 0 else 0,
            lost=expected - received,
            highest=self._highest,
            jitter=int(self._jitter),
            last_report=self._report,
            delay=round((now - self._report_at + hurry_s) * 65536) if self._report else 0,
        )


def _interval(rtt_s: float | None, loss: float) -> float:
    """Between two requests for one packet: a round trip, or a part of one where much is lost."""
    if rtt_s is None:
        return FIRST_INTERVAL_S
    part = 1.1 if loss < 0.05 else 0.5 if loss < 0.15 else 0.25
    return max(LEAST_INTERVAL_S, rtt_s * part)
