"""What a new viewer is shown of a source that sends no keyframe when asked: the pictures since the last one.

The packets stand in the line's history (media/history) anyway, so that nothing is kept for this. They are
sent faster than they came and with timestamps drawn together to the end, so that a player shows the newest of
them at once and goes on live: no gap, nothing twice, and no lag that stays.
"""

from collections.abc import Iterator

import msgspec

from media.history import SLOTS, History
from media.rtp import TIMESTAMP_MASK, Packet
from media.track import Track

PER_TICK = 48  # packets in 50 ms: about 8 Mbit/s at most, and a full history in two seconds
_STEP = 90  # 90 kHz: the pictures stand one millisecond apart


class Replay:
    """One track on its way from the place of the last keyframe to the present."""

    def __init__(self, track: Track, history: History, first: int, end: int) -> None:
        self.track = track
        self._history = history
        self._next = first
        self._drawn = dict[int, int]()  # timestamps before `end`, and what they become
        stamps = list(dict.fromkeys(packet.timestamp for packet in self._stored(first, end)))
        for back, stamp in enumerate(reversed(stamps)):
            self._drawn[stamp] = (stamps[-1] - back * _STEP) & TIMESTAMP_MASK

    def _stored(self, first: int, end: int) -> Iterator[Packet]:
        for place in range(first, end):
            packet = self._history.get(place)
            if packet is not None:
                yield packet

    def go_on(self, end: int, now: float) -> bool:
        """Send the next of it; `end` is the place where the line stands now. True when that is reached."""
        stop = min(end, self._next + PER_TICK)
        packets = [
            packet
            if (drawn := self._drawn.get(packet.timestamp, packet.timestamp)) == packet.timestamp
            else msgspec.structs.replace(packet, timestamp=drawn)
            for packet in self._stored(self._next, stop)
        ]
        self._next = stop
        self.track.replay(packets, now)
        return stop >= end


def within_reach(first: int, end: int) -> bool:
    """Whether the history still has what stands between, with room for what comes meanwhile."""
    return end - first <= SLOTS * 3 // 4
