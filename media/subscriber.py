"""A subscriber's session: packets of its feed, rewritten for it alone, and what it asks for in return.

Step 12 of the story. Begins with a keyframe, keeps its SSRCs and numbers through every publisher of the feed,
answers requests for repeats from its own history, and passes requests for keyframes on.
"""

import secrets
from typing import Protocol

from media import rtcp
from media.config import SfuConfig
from media.history import History
from media.negotiate import CNAME, ORIENTATION, Agreed, AgreedMedia
from media.peer import Peer
from media.ports import EndReason, FeedId, Holder, Level, SessionId, SubscriberStats
from media.rewrite import Outgoing
from media.rtp import TIMESTAMP_MASK, Codec, Kind, Packet
from media.stats import Drop, Drops

REPORT_EVERY_S = 1.0
REPEATS_PER_TICK = 64  # packets repeated in 50 ms at most, whatever is asked


class Clock(Protocol):
    """Which moment of the feed's line is now (media/feed)."""

    def at(self, now: float) -> tuple[int, int] | None: ...


class Source(Protocol):
    """The feed, as its subscriber sees it."""

    def want_keyframe(self) -> None: ...
    def clock_of(self, kind: Kind) -> Clock: ...
    def session_over(self, session: "Subscriber", reason: EndReason) -> None: ...


class Track:
    """One section of one subscriber. `write` is the packet path."""

    def __init__(self, section: AgreedMedia, subscriber: "Subscriber", drops: Drops) -> None:
        self.kind = section.kind
        self.out = Outgoing(
            secrets.randbits(32),
            first_sequence=secrets.randbelow(1 << 14),
            first_timestamp=secrets.randbits(32),
            orientation_id=section.extensions.get(ORIENTATION, 0),
        )
        self.history = History() if section.has("nack") else None
        self.packets = 0
        self.octets = 0
        self.begun = False
        self.next_report = 0.0
        self._codecs = section.codecs
        self._codec: Codec | None = None  # of the last packet
        self._payload_type: int | None = None  # and its number here; None when it is not agreed
        self._subscriber = subscriber
        self._drops = drops

    def write(self, packet: Packet) -> int:
        """Send one packet of the feed; how many bytes went out."""
        if packet.codec is not self._codec:
            self._codec, self._payload_type = packet.codec, _number(packet.codec, self._codecs)
        if self._payload_type is None:
            self._drops[Drop.UNPLAYABLE] += 1
            return 0
        if not self.begun:
            if not packet.keyframe or not self._subscriber.peer.up:
                return 0
            self.begun = True
            self.out.begin(packet)
        made = self.out.header(packet, self._payload_type)
        if made is None:
            return 0
        sequence, header = made
        payload = packet.payload
        if self.history is not None:
            self.history.put(sequence, header, payload)
        sent = self._subscriber.peer.send_rtp(header + payload)
        if sent:
            self.packets += 1
            self.octets += len(payload)
            self._subscriber.bytes_out += sent
        return sent


class Subscriber:
    peer: Peer

    def __init__(
        self,
        session: SessionId,
        feed: FeedId,
        holder: Holder,
        agreed: Agreed,
        *,
        source: Source,
        drops: Drops,
    ) -> None:
        self.session = session
        self.feed = feed
        self.holder = holder
        self.agreed = agreed
        self.bytes_out = 0
        self.first_at: float | None = None  # when the first packet was forwarded
        self.sent_at: float | None = None  # as far as the last tick knows
        self.tracks = {section.kind: Track(section, self, drops) for section in agreed}
        self._source = source
        self._drops = drops
        self._bytes_before = 0
        self._repeats_left = REPEATS_PER_TICK

    @property
    def ssrcs(self) -> dict[Kind, int]:
        return {kind: track.out.ssrc for kind, track in self.tracks.items()}

    # What media/peer tells

    def connected(self) -> None:
        self._source.want_keyframe()

    def receive_rtp(self, packet: bytes, now: float) -> None:
        self._drops[Drop.RTP_UNKNOWN] += 1  # a subscriber has nothing to send

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        try:
            for message in rtcp.parse(packet):
                if isinstance(message, rtcp.PictureLoss):
                    video = self.tracks.get(Kind.VIDEO)
                    if video is not None and message.ssrc == video.out.ssrc:
                        self._source.want_keyframe()
                elif isinstance(message, rtcp.Nack):
                    self._repeat(message)
        except rtcp.Malformed:
            self._drops[Drop.RTCP_MALFORMED] += 1

    def peer_left(self, failed: bool) -> None:
        self._source.session_over(self, EndReason.FAILED if failed else EndReason.HUNG_UP)

    def _repeat(self, request: rtcp.Nack) -> None:
        for track in self.tracks.values():
            if track.out.ssrc != request.ssrc or track.history is None:
                continue
            for sequence in request.sequences:
                if self._repeats_left == 0:
                    return
                packet = track.history.get(sequence)
                if packet is not None:
                    self._repeats_left -= 1
                    self.bytes_out += self.peer.send_rtp(packet)

    def patience(self, config: SfuConfig, now: float) -> float:
        """Seconds without a sign of life after which it is gone: longer when it has nothing to report on."""
        video = self.tracks.get(Kind.VIDEO)
        watching = video is not None and video.begun
        if watching and self.sent_at is not None and now - self.sent_at < config.dead_after_s:
            return config.dead_after_s
        return config.idle_dead_after_s

    def seconds(self, now: float) -> float:
        """Since the first forwarded packet; 0 when there was none."""
        if self.first_at is None:
            return 0.0
        return now - self.first_at

    def stats(self) -> SubscriberStats:
        return SubscriberStats(
            session=self.session,
            holder=self.holder,
            level=Level.FULL,
            bitrate_bps=0,
            estimate_bps=None,
            loss=0.0,
            rtt_ms=None,
            freezes=0,
            sheds=0,
            packets=sum(track.packets for track in self.tracks.values()),
            bytes=self.bytes_out,
            repeats=0,
            keyframe_requests=0,
        )

    # Time

    def tick(self, now: float) -> None:
        """Every 50 ms: sender reports that are due, and what was sent since."""
        self.peer.tick()
        self._repeats_left = REPEATS_PER_TICK
        if self.bytes_out != self._bytes_before:
            self._bytes_before, self.sent_at = self.bytes_out, now
            if self.first_at is None:
                self.first_at = now
        if not self.peer.up:
            return
        for track in self.tracks.values():
            if track.begun and now >= track.next_report:
                moment = self._source.clock_of(track.kind).at(now)
                if moment is not None:
                    track.next_report = now + REPORT_EVERY_S
                    self._report(track, *moment)

    def _report(self, track: Track, ntp: int, timestamp: int) -> None:
        ssrc = track.out.ssrc
        report = rtcp.sender_report(
            ssrc,
            ntp=ntp,
            timestamp=(timestamp + track.out.timestamp_offset) & TIMESTAMP_MASK,
            packets=track.packets,
            octets=track.octets,
        )
        self.peer.send_rtcp(report + rtcp.description(ssrc, CNAME.encode()))


def _number(sent: Codec, codecs: dict[int, Codec]) -> int | None:
    """The payload type for what is sent: the same codec, or the nearest profile that can play it."""
    able = [
        (codec.profile, codec.packetization_mode, pt) for pt, codec in codecs.items() if codec.plays(sent)
    ]
    return min(able)[2] if able else None
