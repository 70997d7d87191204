"""A publisher's session: what it sends is read, measured and handed to its feed; what it must know goes back.

Step 7 of the story. Decrypted packets come in from media/peer; receiver reports, bandwidth feedback, requests
for repeats and for keyframes go out. Decodes nothing.
"""

import secrets
from typing import Protocol

from media import rtcp, rtp
from media.config import SfuConfig
from media.feedback import Arrivals, LossEstimate
from media.negotiate import ORIENTATION, TRANSPORT_WIDE, Agreed
from media.peer import Peer
from media.ports import EndReason, FeedId, Holder, SessionId
from media.reception import Reception
from media.rtp import Codec, Header, Kind
from media.stats import Drop, Drops

REPORT_EVERY_S = 1.0
HEARTBEAT_S = 0.2  # a page that hears nothing for twice as long takes us for gone


class Sink(Protocol):
    """The feed, as its publisher sees it."""

    def forward(self, codec: Codec, header: Header, orientation: int | None, now: float) -> None: ...
    def new_source(self, kind: Kind) -> None: ...
    def clock(self, kind: Kind, ntp: int, timestamp: int, now: float) -> None: ...
    def publisher_connected(self) -> None: ...
    def session_over(self, session: "Publisher", reason: EndReason) -> None: ...


class Publisher:
    peer: Peer

    def __init__(
        self,
        session: SessionId,
        feed: FeedId,
        holder: Holder,
        agreed: Agreed,
        *,
        sink: Sink,
        config: SfuConfig,
        drops: Drops,
    ) -> None:
        self.session = session
        self.feed = feed
        self.holder = holder
        self.agreed = agreed
        self.bytes_in = 0
        self.packets_in = 0
        self.media_at: float | None = None  # last RTP packet
        self._sink = sink
        self._drops = drops
        self._ssrc = secrets.randbits(32)  # that we report from
        self._codecs = {pt: codec for section in agreed for pt, codec in section.codecs.items()}
        video = agreed.of(Kind.VIDEO)
        self._wide_ids = {section.kind: section.extensions.get(TRANSPORT_WIDE, 0) for section in agreed}
        self._orientation_id = video.extensions.get(ORIENTATION, 0) if video else 0
        self._repeats = {section.kind: section.has("nack") for section in agreed}
        self._asks_pli = video is not None and video.has("nack pli")
        self._remb = (
            LossEstimate(config.start_bitrate_bps, config.max_bitrate_bps)
            if video is not None and video.has("goog-remb")
            else None
        )
        self._firs = 0
        self._picture_codec = ""
        self._arrivals = Arrivals()
        self._tracks: dict[Kind, Reception] = {}
        self._expected_before = 0  # of SSRCs that were replaced within this session
        self._received_before = 0
        self._next_report = 0.0
        self._spoke_at = 0.0

    @property
    def picture_codec(self) -> str:
        """Of the picture that arrives now; empty before its first packet."""
        return self._picture_codec

    @property
    def expected(self) -> int:
        return self._expected_before + sum(track.expected for track in self._tracks.values())

    @property
    def received(self) -> int:
        return self._received_before + sum(track.received for track in self._tracks.values())

    # What media/peer tells

    def connected(self) -> None:
        self._sink.publisher_connected()

    def receive_rtp(self, packet: bytes, now: float) -> None:
        header = rtp.parse(packet)
        if header is None:
            self._drops[Drop.RTP_MALFORMED] += 1
            return
        codec = self._codecs.get(header.payload_type)
        if codec is None:
            self._drops[Drop.RTP_UNKNOWN] += 1
            return
        self.bytes_in += len(packet)
        self.packets_in += 1
        self.media_at = now
        kind = codec.kind
        if kind is Kind.VIDEO:
            self._picture_codec = codec.name
        orientation = None
        if header.extensions:
            wide = self._wide_ids[kind]
            if wide and (value := rtp.extension(header.extensions, wide)) is not None and len(value) == 2:
                self._arrivals.take(value[0] << 8 | value[1], now)
            if kind is Kind.VIDEO and self._orientation_id:
                value = rtp.extension(header.extensions, self._orientation_id)
                orientation = value[0] if value else None
        track = self._tracks.get(kind)
        if track is None or track.ssrc != header.ssrc:
            track = self._follow(kind, codec, header)
        if track.take(header.sequence, header.timestamp, now) and self._repeats[kind] and kind is Kind.VIDEO:
            self._ask_again(track, now)
        self._sink.forward(codec, header, orientation, now)

    def _follow(self, kind: Kind, codec: Codec, header: Header) -> Reception:
        """A new SSRC takes the place of the one before: one source for each kind."""
        before = self._tracks.get(kind)
        if before is not None:
            self._expected_before += before.expected
            self._received_before += before.received
        track = self._tracks[kind] = Reception(header.ssrc, codec.clock_rate, header.sequence)
        self._sink.new_source(kind)
        return track

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        try:
            for message in rtcp.parse(packet):
                if isinstance(message, rtcp.SenderReport):
                    for kind, track in self._tracks.items():
                        if track.ssrc == message.ssrc:
                            track.reported(message.ntp, now)
                            self._sink.clock(kind, message.ntp, message.timestamp, now)
        except rtcp.Malformed:
            self._drops[Drop.RTCP_MALFORMED] += 1

    def peer_left(self, failed: bool) -> None:
        self._sink.session_over(self, EndReason.FAILED if failed else EndReason.HUNG_UP)

    def path_full(self) -> None:
        """Of what goes back, RTCP has room of its own."""

    def path_clear(self) -> None:
        """Nothing waits for it."""

    def patience(self, config: SfuConfig, now: float) -> float:
        """Seconds without a sign of life after which it is gone."""
        return config.dead_after_s

    # What goes back

    @property
    def sends_video(self) -> bool:
        """Whether there is a picture to ask a keyframe of."""
        return Kind.VIDEO in self._tracks and self.peer.up

    def ask_for_keyframe(self) -> None:
        track = self._tracks[Kind.VIDEO]
        if self._asks_pli:
            self.peer.send_rtcp(rtcp.picture_loss(self._ssrc, track.ssrc))
        else:
            self._firs += 1
            self.peer.send_rtcp(rtcp.full_intra_request(self._ssrc, track.ssrc, self._firs))

    def _ask_again(self, track: Reception, now: float) -> None:
        sequences = track.wanted(now)
        if sequences:
            self.peer.send_rtcp(rtcp.nack(self._ssrc, track.ssrc, sequences))

    def tick(self, now: float) -> None:
        """Every 50 ms: feedback that is due."""
        self.peer.tick()
        if not self.peer.up:
            return
        ssrc = next((track.ssrc for track in self._tracks.values()), 0)
        for report in self._arrivals.reports(self._ssrc, ssrc):
            self._spoke_at = now
            self.peer.send_rtcp(report)
        if now - self._spoke_at >= HEARTBEAT_S:
            self._spoke_at = now
            self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, ()))
        video = self._tracks.get(Kind.VIDEO)
        if video is not None and self._repeats[Kind.VIDEO]:
            self._ask_again(video, now)
        if self._tracks and now >= self._next_report:
            self._next_report = now + REPORT_EVERY_S
            blocks = [track.block(now) for track in self._tracks.values()]
            self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, blocks))

    def second(self, bitrate_bps: int, loss: float) -> None:
        """Once a second: the ceiling for a sender that does not take transport-wide feedback."""
        if self._remb is not None and not self._arrivals.any and self._tracks and self.peer.up:
            ceiling = self._remb.second(bitrate_bps, loss)
            ssrcs = [track.ssrc for track in self._tracks.values()]
            self.peer.send_rtcp(rtcp.max_bitrate(self._ssrc, ceiling, ssrcs))
