"""What arrived from one sender's SSRC and what did not: receiver reports and requests to send again.

RFC 3550 sections 6.4.1, A.3 and A.8; RFC 4585 section 6.2.1. Times are seconds of one monotonic clock.
"""

from media.rtcp import ReportBlock
from media.rtp import SEQUENCE_MASK, difference

MAX_MISSING = 128  # more than this at once is an outage: a keyframe mends it, repeats do not
ASK_AGAIN_S = 0.1
ASK_AT_MOST = 10  # times for one packet


class Reception:
    def __init__(self, ssrc: int, clock_rate: int, first_sequence: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self._clock_rate = clock_rate
        self._first = self._highest = first_sequence  # extended
        self._jitter = 0.0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._report = 0
        self._report_at = 0.0
        self._missing: dict[int, tuple[int, float]] = {}  # extended number: times asked, when next

    @property
    def expected(self) -> int:
        return self._highest - self._first + 1

    def take(self, sequence: int, timestamp: int, now: float) -> bool:
        """Note one packet. True when it leaves a gap that is worth asking for at once."""
        self.received += 1
        ahead = difference(sequence, self._highest & SEQUENCE_MASK)
        if ahead <= 0:
            if self._missing:
                self._missing.pop(self._highest + ahead, None)
            return False
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            moved = abs(transit - self._transit)
            if moved < self._clock_rate * 10:  # else the timestamp wrapped or jumped
                self._jitter += (moved - self._jitter) / 16
        self._transit = transit
        before = self._highest
        self._highest += ahead
        if ahead == 1:
            return False
        if ahead > MAX_MISSING or len(self._missing) + ahead > MAX_MISSING:
            self._missing.clear()
            return False
        for number in range(before + 1, self._highest):
            self._missing[number] = (0, now)
        return True

    def wanted(self, now: float) -> list[int]:
        """Sequence numbers to ask for now, in order; each is given up after ten times."""
        due = [number for number, (_, at) in self._missing.items() if at <= now]
        for number in due:
            asked = self._missing[number][0] + 1
            if asked >= ASK_AT_MOST:
                del self._missing[number]
            else:
                self._missing[number] = (asked, now + ASK_AGAIN_S)
        return [number & SEQUENCE_MASK for number in due]

    def reported(self, ntp: int, now: float) -> None:
        """A sender report came."""
        self._report, self._report_at = ntp >> 16 & 0xFFFFFFFF, now

    def block(self, now: float) -> ReportBlock:
        """The report since the one before."""
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
            delay=round((now - self._report_at) * 65536) if self._report else 0,
        )
