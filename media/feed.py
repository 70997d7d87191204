"""A feed: at most one publisher, many subscribers, and the line that runs on through all of them.

Step 12 of the story. `forward` is the packet path: place once, then hand the same immutable packet to every
subscriber. Must never decode, and never wait.
"""

import math
import time
from collections.abc import Callable

from media import vp8
from media.burst import Burst
from media.history import History
from media.keyframe import KeyframeRequests, begins_keyframe
from media.ports import EndReason, FeedId, FeedStats, PublisherStats
from media.publisher import Publisher
from media.rates import RateMeter, Rates
from media.replay import Replay, within_reach
from media.rewrite import Timeline
from media.rtp import TIMESTAMP_MASK, Codec, Header, Kind, Packet
from media.stats import Drop, Drops, Meter
from media.subscriber import Subscriber
from media.track import Track
from media.vp8 import Pictures

_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_FORGET_S = 60.0  # after which a caller who is gone is gone from memory
_BATCH = 64  # packets handed on at once
_NTP_MASK = (1 << 64) - 1
_NTP = 1 << 32  # NTP fractions of a second


def _at_once(flush: Callable[[], None]) -> None:
    flush()


class TrackClock:
    """Which NTP time belongs to which timestamp of a track's line, so that sound and picture stay in step.

    Known from the publisher's first sender report on, and moved to our clock by the same amount for all of
    its tracks; between reports it runs on by itself.
    """

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._known: tuple[float, int, int] | None = None  # when, NTP then, timestamp then

    def forget(self) -> None:
        self._known = None

    def set(self, now: float, ntp: int, timestamp: int) -> None:
        self._known = now, ntp, timestamp

    def at(self, now: float) -> tuple[int, int] | None:
        """NTP (64 bits) and timestamp; None when no report came yet."""
        if self._known is None:
            return None
        then, ntp, timestamp = self._known
        passed = now - then
        return (ntp + int(passed * _NTP)) & _NTP_MASK, (
            timestamp + int(passed * self._clock_rate)
        ) & TIMESTAMP_MASK


class Line:
    """One kind of media of one feed.

    The packets of one wake-up go out together, viewer by viewer: that is where a burst costs one system call
    for each viewer and not one for each packet.
    """

    def __init__(self, kind: Kind, end_granted: Callable[[float], None]) -> None:
        rate = 90_000 if kind is Kind.VIDEO else 48_000
        self.kind = kind
        self.timeline = Timeline(rate)
        self.pictures = Pictures()
        self.clock = TrackClock(rate)
        self.history = History()
        self.tracks: list[Track] = []
        self.waiting: list[Packet] = []  # placed in this wake-up, not yet handed on
        self.replays: list[Replay] = []  # their tracks are not among `tracks` until they have caught up
        self.codec: Codec | None = None  # of the last packet
        self.ends_at = math.inf  # when the first grant of those who watch runs out; monotonic
        self._end_granted = end_granted
        self._keyframe: Packet | None = None  # the newest one's first packet

    def flush(self) -> None:
        """Hand on what waits."""
        packets, self.waiting = self.waiting, []
        if packets:
            burst, now = Burst(packets), time.monotonic()
            if now >= self.ends_at:
                self._end_granted(now)  # before the first packet that no grant covers
            for track in self.tracks:
                track.write_burst(burst, now)

    def keyframe_began(self, packet: Packet) -> None:
        before = self._keyframe
        if before is None or (packet.sequence > before.sequence and packet.timestamp != before.timestamp):
            self._keyframe = packet

    def begin(self) -> None:
        """Another source: what was kept of the one before is of no use."""
        self._keyframe = None
        self.tracks = [*self.tracks, *(replay.track for replay in self.replays)]
        self.replays.clear()

    def remove(self, track: Track) -> None:
        # a new list: the packet path may be walking the old one
        self.tracks = [each for each in self.tracks if each is not track]
        self.replays = [each for each in self.replays if each.track is not track]

    def replay(self) -> None:
        """For viewers that wait: show them what came since the last keyframe."""
        first, end = self._keyframe, self.timeline.end
        if first is None or not within_reach(first.sequence, end):
            return
        for track in [track for track in self.tracks if track.waits_for(first.codec)]:
            self.remove(track)
            self.replays.append(Replay(track, self.history, first.sequence, end))

    def tick(self, now: float) -> None:
        """Every 50 ms: go on with the replays."""
        if self.replays:
            self.flush()
            for replay in list(self.replays):
                if replay.go_on(self.timeline.end, now):
                    self.replays.remove(replay)
                    self.tracks = [*self.tracks, replay.track]


class Feed:
    """`over` is told of sessions whose peer has left; `live` when that changes; `levels` of links that do."""

    def __init__(
        self,
        name: FeedId,
        drops: Drops,
        *,
        over: Callable[[Publisher | Subscriber, EndReason], None],
        live: Callable[["Feed"], None],
        levels: Callable[[Subscriber], None] = lambda _: None,
        soon: Callable[[Callable[[], None]], None] = _at_once,
    ) -> None:
        self.name = name
        self.publisher: Publisher | None = None
        self.subscribers: dict[str, Subscriber] = {}
        self.is_live = False
        self.own: bool | None = None  # whether it is a caller's own picture; None before anybody published
        self.meter = Meter()
        self._drops = drops
        self._over = over
        self._live = live
        self._soon = soon
        self._keyframes = KeyframeRequests()
        self._lines = {kind: Line(kind, self._end_granted) for kind in Kind}
        self._rates = RateMeter()
        self._levels = levels
        self._published_at: float | None = None  # when there was a publisher last
        self._ntp_offset: int | None = None  # our NTP clock minus the publisher's
        self._packets_before = 0  # of publishers that are gone
        self._bytes_before = 0
        self._out_before = [0, 0]  # packets and bytes, of subscribers that are gone

    # Sessions

    def take_publisher(self, publisher: Publisher) -> None:
        self.publisher = publisher
        self._keyframes.listens = publisher.listens

    def drop_publisher(self) -> None:
        """The publisher is over; subscribers stay and wait."""
        publisher, self.publisher = self.publisher, None
        if publisher is not None:
            self._packets_before += publisher.packets_in
            self._bytes_before += publisher.bytes_in
        self.is_live = False
        self.meter = Meter()
        self._ntp_offset = None
        for kind in Kind:
            self.new_source(kind)

    def take_subscriber(self, subscriber: Subscriber) -> None:
        self.subscribers[subscriber.session] = subscriber
        for kind, track in subscriber.tracks.items():
            self._lines[kind].tracks.append(track)
        self.grants_changed()

    def drop_subscriber(self, subscriber: Subscriber) -> None:
        if self.subscribers.pop(subscriber.session, None) is not None:
            self._out_before[0] += subscriber.packets
            self._out_before[1] += subscriber.bytes_out
            for kind, track in subscriber.tracks.items():
                self._lines[kind].remove(track)
            self.grants_changed()

    def grants_changed(self) -> None:
        """Another subscriber, or another grant of one: look when the first of them runs out."""
        ends_at = min((each.granted.until for each in self.subscribers.values()), default=math.inf)
        for line in self._lines.values():
            line.ends_at = ends_at

    def _end_granted(self, now: float) -> None:
        """End who may see it no longer."""
        for each in list(self.subscribers.values()):
            if now >= each.granted.until:
                self._over(each, EndReason.EXPIRED)

    def sessions(self) -> list[Publisher | Subscriber]:
        return [*([self.publisher] if self.publisher else []), *self.subscribers.values()]

    def session_over(self, session: Publisher | Subscriber, reason: EndReason) -> None:
        self._over(session, reason)

    # From the publisher

    def publisher_connected(self) -> None:
        """Its first packets begin with a keyframe anyway; nothing is asked for yet."""

    def new_source(self, kind: Kind) -> None:
        line = self._lines[kind]
        line.timeline.close()
        line.clock.forget()
        line.begin()
        if kind is Kind.VIDEO:
            self._keyframes.begin()

    def forward(self, codec: Codec, header: Header, orientation: int | None, now: float) -> bool:
        """Hand one packet of the publisher to every subscriber. `now` in seconds, monotonic.

        Whether a keyframe of the picture begins with it.
        """
        if not self.is_live:
            self.is_live = True
            self._live(self)
        line = self._lines[codec.kind]
        timeline = line.timeline
        payload, descriptor = header.payload, None
        if codec.name == "VP8":
            descriptor = vp8.read(payload)
            keyframe = descriptor is not None and descriptor.keyframe
        else:
            keyframe = begins_keyframe(codec, payload)
        if not timeline.open:
            if not keyframe:
                self._drops[Drop.UNPLACED] += 1
                self.want_keyframe()
                return False
            timeline.begin(header, now)
            line.pictures.begin()
        if codec is not line.codec:
            if line.codec is not None and codec.name != line.codec.name:
                line.pictures.begin()
                if not keyframe and codec.kind is Kind.VIDEO:
                    self.want_keyframe()
            line.codec = codec
        place = timeline.place(header, now)
        if place is None:
            self._drops[Drop.UNPLACED] += 1
            return False
        if keyframe and codec.kind is Kind.VIDEO:
            self._keyframes.arrived()
        if codec.kind is Kind.AUDIO:
            self._rates.take_sound(len(payload))
        else:
            self._rates.take(descriptor.tid if descriptor is not None else 0, len(payload))
        if descriptor is not None:
            payload, descriptor = line.pictures.place(payload, descriptor)
        packet = Packet(codec, header.marker, place[0], place[1], payload, keyframe, orientation, descriptor)
        line.history.put(packet)
        line.waiting.append(packet)
        if keyframe and codec.kind is Kind.VIDEO:
            line.keyframe_began(packet)
        if len(line.waiting) == 1:
            self._soon(line.flush)
        elif len(line.waiting) >= _BATCH:
            line.flush()
        return keyframe and codec.kind is Kind.VIDEO

    def clock(self, kind: Kind, ntp: int, timestamp: int, now: float) -> None:
        """The publisher's sender report: this timestamp of its own was at this NTP time of its own."""
        line = self._lines[kind]
        if not line.timeline.open:
            return
        if self._ntp_offset is None:
            self._ntp_offset = int((time.time() + _NTP_EPOCH_S) * _NTP) - ntp
        line.clock.set(
            now, ntp + self._ntp_offset, (timestamp + line.timeline.timestamp_offset) & TIMESTAMP_MASK
        )

    # From subscribers

    def clock_of(self, kind: Kind) -> TrackClock:
        return self._lines[kind].clock

    @property
    def rates(self) -> Rates:
        return self._rates.rates

    @property
    def loss(self) -> float:
        """Of the publisher's path, 0 to 1."""
        return self.publisher.loss if self.publisher is not None else 0.0

    def level_changed(self, session: Subscriber) -> None:
        self._levels(session)

    def history_of(self, kind: Kind) -> History:
        return self._lines[kind].history

    def want_keyframe(self) -> None:
        self._keyframes.want()
        self._ask(time.monotonic())

    def _ask(self, now: float) -> None:
        publisher = self.publisher
        if publisher is not None and publisher.sends_video and self._keyframes.due(now):
            publisher.ask_for_keyframe()

    # Time

    def tick(self, now: float) -> None:
        """Every 50 ms."""
        self._end_granted(now)
        self._rates.tick(now)
        if self.publisher is not None:
            self._ask(now)
            self.publisher.tick(now)
            picture = self._lines[Kind.VIDEO]
            if self._keyframes.ignored(now):
                picture.replay()
            picture.tick(now)
        for subscriber in self.subscribers.values():
            subscriber.tick(now)

    def second(self, now: float) -> None:
        """Every second."""
        publisher = self.publisher
        if publisher is not None:
            self.meter.second(now, publisher.bytes_in, publisher.expected, publisher.received)
            publisher.second(self.meter.bitrate_bps, self.meter.loss)
            self._published_at = now
        elif self._published_at is not None and now - self._published_at > _FORGET_S:
            self._published_at = None
            for line in self._lines.values():
                line.history.clear()
        for subscriber in self.subscribers.values():
            subscriber.second(now)

    def stats(self) -> FeedStats:
        publisher, now = self.publisher, time.monotonic()
        return FeedStats(
            feed=self.name,
            live=self.is_live,
            publisher=self._publisher_stats(),
            subscribers=tuple(subscriber.stats(now) for subscriber in self.subscribers.values()),
            packets_in=self._packets_before + (publisher.packets_in if publisher else 0),
            bytes_in=self._bytes_before + (publisher.bytes_in if publisher else 0),
            packets_out=self._out_before[0] + sum(each.packets for each in self.subscribers.values()),
            bytes_out=self._out_before[1] + sum(each.bytes_out for each in self.subscribers.values()),
            keyframe_requests=self._keyframes.total,
        )

    def _publisher_stats(self) -> PublisherStats | None:
        if self.publisher is None:
            return None
        return self.publisher.stats(self.meter.bitrate_bps, self.meter.loss)
