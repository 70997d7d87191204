"""A publisher's session: what it sends is read, measured and handed to its feed; what it must know goes back.

Step 7 of the story. Decrypted packets come in from media/peer; receiver reports, bandwidth feedback, requests
for repeats and for keyframes go out. Decodes nothing.
"""

import secrets
import time
from collections.abc import Callable
from typing import Protocol

from media import red, rtcp, rtp
from media.config import SfuConfig
from media.feedback import Arrivals, LossEstimate
from media.negotiate import ORIENTATION, TRANSPORT_WIDE, Agreed
from media.peer import Peer
from media.ports import EndReason, FeedId, Holder, PublisherStats, SessionId
from media.reception import Came, Reception
from media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK, Codec, Header, Kind
from media.stats import Drop, Drops

REPORT_EVERY_S = 1.0
HURRY, HURRY_LOSS = 0.875, 0.05  # so much of the round trip is hidden from a sender that loses more than that
HEARTBEAT_S = 0.2  # a page that hears nothing for twice as long takes us for gone
ASK_AFTER_S = 0.005  # a gap is asked for with what else goes missing in that time
LOOK_EVERY_S = 0.01  # for requests that are due, while something is missing
FORGIVE_BELOW_BPS = 800_000  # a sender slower than this is not told of its losses,
FORGIVE_LOSS = 0.4  # unless they are more than this: docs/decisions/0011
ASK_AT_ONCE = 256  # packets in one request: fits a datagram
_PATIENCE_S = {Kind.VIDEO: 2.0, Kind.AUDIO: 1.5}  # how late a repeat is still of use to a viewer
_TAKEN_OVER_S = 0.5  # a source that another replaced counts again when that one has been silent so long
_FREEZE_S = 0.5
_DATAGRAM = 1200  # bytes of RTCP that go together

Later = Callable[[float, Callable[[], None]], object]


class Sink(Protocol):
    """The feed, as its publisher sees it."""

    def forward(self, codec: Codec, header: Header, orientation: int | None, now: float) -> bool:
        """Whether a keyframe of the picture begins with this packet."""
        ...

    def new_source(self, kind: Kind) -> None: ...
    def want_keyframe(self) -> None: ...
    def clock(self, kind: Kind, ntp: int, timestamp: int, now: float) -> None: ...
    def publisher_connected(self) -> None: ...
    def session_over(self, session: "Publisher", reason: EndReason) -> None: ...


class Publisher:
    """`later` calls back after so many seconds; without it requests for repeats wait for the tick."""

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
        later: Later | None = None,
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
        self._rtx = {wrapper: pt for section in agreed for pt, wrapper in section.rtx.items()}
        self._red = {wrapper: pt for section in agreed for pt, wrapper in section.red.items()}
        video = agreed.of(Kind.VIDEO)
        self._wide_ids = {section.kind: section.extensions.get(TRANSPORT_WIDE, 0) for section in agreed}
        self._orientation_id = video.extensions.get(ORIENTATION, 0) if video else 0
        # Chromium repeats sound, though it offers RED for it and no requests for repeats.
        self._repeats = {section.kind: section.has("nack") or bool(section.red) for section in agreed}
        self._asks_pli = video is not None and video.has("nack pli")
        self.listens = self._asks_pli or (video is not None and video.has("ccm fir"))  # for keyframes
        self._remb = (
            LossEstimate(config.start_bitrate_bps, config.max_bitrate_bps)
            if video is not None and video.has("goog-remb")
            else None
        )
        self._firs = 0
        self._picture_codec = ""
        self._arrivals = Arrivals()
        self._tracks: dict[Kind, Reception] = {}
        self._before: dict[Kind, Reception] = {}  # what they replaced
        self._gone = [0, 0, 0, 0]  # expected, received, given up, asked: of SSRCs that were replaced
        self._next_report = 0.0
        self._spoke_at = 0.0
        self._later = later
        self._looks = False  # a look at what is missing is on its way
        self._loss = 0.0  # smoothed
        self._unrepaired = 0.0
        self._unrepaired_before = (0, 0)  # expected and given up, a second ago
        self._rtt_s: float | None = None
        self._keyframe_requests = 0
        self._frozen = False
        self._freezes = 0

    @property
    def expected(self) -> int:
        return self._gone[0] + sum(track.expected for track in self._tracks.values())

    @property
    def received(self) -> int:
        """At their first sending."""
        return self._gone[1] + sum(track.received for track in self._tracks.values())

    @property
    def loss(self) -> float:
        """Of its path, before repeats, smoothed; 0 to 1."""
        return self._loss

    @property
    def given_up(self) -> int:
        return self._gone[2] + sum(track.given_up for track in self._tracks.values())

    @property
    def repeats_asked(self) -> int:
        return self._gone[3] + sum(track.asked for track in self._tracks.values())

    @property
    def rtt_s(self) -> float | None:
        """The round trip as the peer's answers say, else as the quickest repeats do."""
        if self._rtt_s is not None:
            return self._rtt_s
        return min((t.latency_s for t in self._tracks.values() if t.latency_s is not None), default=None)

    def stats(self, bitrate_bps: int, loss: float) -> PublisherStats:
        rtt_s = self.rtt_s
        return PublisherStats(
            session=self.session,
            codec=self._picture_codec,
            bitrate_bps=bitrate_bps,
            loss=loss,
            unrepaired=self._unrepaired,
            rtt_ms=rtt_s * 1000 if rtt_s is not None else None,
            freezes=self._freezes,
            packets=self.packets_in,
            bytes=self.bytes_in,
            repeats_asked=self.repeats_asked,
            keyframe_requests=self._keyframe_requests,
        )

    # What media/peer tells

    def connected(self) -> None:
        self._sink.publisher_connected()

    def receive_rtp(self, packet: bytes | memoryview, now: float) -> None:
        header = rtp.parse(packet)
        if header is None:
            self._drops[Drop.RTP_MALFORMED] += 1
            return
        payload_type = header.payload_type
        codec = self._codecs.get(payload_type)
        if codec is None:
            inner = self._rtx.get(payload_type, self._red.get(payload_type, -1))
            codec = self._codecs.get(inner)
            if codec is None:
                self._drops[Drop.RTP_UNKNOWN] += 1
                return
        else:
            inner = payload_type
        self.bytes_in += len(packet)
        self.packets_in += 1
        self.media_at = now
        kind = codec.kind
        orientation = None
        if header.extensions:
            wide = self._wide_ids[kind]
            if wide:
                value = rtp.extension(header.extensions, wide, header.wide)
                if value is not None and len(value) == 2:
                    self._arrivals.take(value[0] << 8 | value[1], now)
            if kind is Kind.VIDEO and self._orientation_id:
                value = rtp.extension(header.extensions, self._orientation_id, header.wide)
                orientation = value[0] if value else None
        if inner == payload_type:
            self._take(codec, header, orientation, now)
        elif payload_type in self._rtx:
            self._take_repeat(codec, inner, header, orientation, now)
        else:
            self._take_red(codec, inner, header, now)

    def _take(self, codec: Codec, header: Header, orientation: int | None, now: float) -> None:
        kind = codec.kind
        if kind is Kind.VIDEO:
            self._picture_codec = codec.name
            self._frozen = False
        track = self._tracks.get(kind)
        if track is None or track.ssrc != header.ssrc:
            track = self._follow(codec, header, now)
        came = track.take(header.sequence, header.timestamp, now) if track is not None else Came.TWICE
        if track is None or came is Came.TWICE:
            self._drops[Drop.UNPLACED] += 1
            return
        if self._sink.forward(codec, header, orientation, now):
            track.keyframe_began(header.sequence, now)
        if came is Came.AHEAD:
            self._look_soon(now)

    def _follow(self, codec: Codec, header: Header, now: float) -> Reception | None:
        """A new SSRC takes the place of the one before: one source for each kind.

        None for a straggler of that one before.
        """
        kind = codec.kind
        current, before = self._tracks.get(kind), self._before.get(kind)
        if current is not None:
            stale = before is not None and before.ssrc == header.ssrc
            if stale and now - current.heard_at < _TAKEN_OVER_S:
                return None
            self._before[kind] = current
            for n, count in enumerate((current.expected, current.received, current.given_up, current.asked)):
                self._gone[n] += count
        track = Reception(header.ssrc, codec.clock_rate, header.sequence, _PATIENCE_S[kind])
        self._tracks[kind] = track
        self._sink.new_source(kind)
        return track

    def _take_repeat(
        self, codec: Codec, inner: int, header: Header, orientation: int | None, now: float
    ) -> None:
        """RFC 4588: the original's number stands before its payload. A probe repeats what came long since."""
        track, before = self._tracks.get(codec.kind), self._before.get(codec.kind)
        if track is None or len(header.payload) <= 2:
            return
        if track.repair_ssrc != header.ssrc:
            if before is not None and before.repair_ssrc == header.ssrc:
                return
            track.repair_ssrc = header.ssrc
        sequence = header.payload[0] << 8 | header.payload[1]
        if track.take(sequence, header.timestamp, now, repeat=True) is Came.TWICE:
            return
        original = Header(
            inner,
            header.marker,
            sequence,
            header.timestamp,
            track.ssrc,
            b"",
            header.payload[2:],
        )
        if self._sink.forward(codec, original, orientation, now):
            track.keyframe_began(sequence, now)

    def _take_red(self, codec: Codec, inner: int, header: Header, now: float) -> None:
        """RFC 2198: the packets just before this one are in it too, and fill the gaps that they left.

        Browsers put in the last ones that they sent, so that a block's place says its sequence number.
        """
        blocks = red.read(header.payload)
        if blocks is None:
            self._drops[Drop.RTP_MALFORMED] += 1
            return
        kind = codec.kind
        track = self._tracks.get(kind)
        if track is None or track.ssrc != header.ssrc:
            track = self._follow(codec, header, now)
        if track is None:
            self._drops[Drop.UNPLACED] += 1
            return
        came = track.take(header.sequence, header.timestamp, now)
        for place, (earlier, payload) in enumerate(blocks[:-1]):
            sequence = (header.sequence - len(blocks) + 1 + place) & SEQUENCE_MASK
            if not payload or not earlier or not track.lacks(sequence):
                continue
            timestamp = (header.timestamp - earlier) & TIMESTAMP_MASK
            track.take(sequence, timestamp, now, repeat=True)
            found = Header(inner, False, sequence, timestamp, header.ssrc, b"", payload)
            self._sink.forward(codec, found, None, now)
        if came is Came.TWICE:
            self._drops[Drop.UNPLACED] += 1
            return
        plain = Header(
            inner, header.marker, header.sequence, header.timestamp, header.ssrc, b"", blocks[-1][1]
        )
        self._sink.forward(codec, plain, None, now)
        if came is Came.AHEAD and track.waits:
            self._look_soon(now)

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        try:
            for message in rtcp.parse(packet):
                if isinstance(message, rtcp.SenderReport):
                    for kind, track in self._tracks.items():
                        if track.ssrc == message.ssrc:
                            track.reported(message.ntp, now)
                            self._sink.clock(kind, message.ntp, message.timestamp, now)
                elif isinstance(message, rtcp.RoundTrip) and message.ssrc == self._ssrc:
                    self._measured((int(now * 65536) - message.asked - message.delay) & 0xFFFFFFFF)
        except rtcp.Malformed:
            self._drops[Drop.RTCP_MALFORMED] += 1

    def _measured(self, rtt: int) -> None:
        """`rtt` in 1/65536 s."""
        if rtt < 10 << 16:  # else an answer to nothing that was asked
            taken = rtt / 65536
            self._rtt_s = taken if self._rtt_s is None else self._rtt_s + (taken - self._rtt_s) / 4

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
        self._keyframe_requests += 1
        track = self._tracks[Kind.VIDEO]
        if self._asks_pli:
            self.peer.send_rtcp(rtcp.picture_loss(self._ssrc, track.ssrc))
        else:
            self._firs += 1
            self.peer.send_rtcp(rtcp.full_intra_request(self._ssrc, track.ssrc, self._firs))

    def _look_soon(self, now: float) -> None:
        if self._later is None:
            self._look(now)
        elif not self._looks:
            self._looks = True
            self._later(ASK_AFTER_S, self._looked)

    def _looked(self) -> None:
        self._looks = False
        if not self.peer.up:
            return
        self._look(time.monotonic())
        if self._later is not None and any(track.waits for track in self._tracks.values()):
            self._looks = True
            self._later(LOOK_EVERY_S, self._looked)

    def _look(self, now: float) -> None:
        """Ask for what is missing and due."""
        for kind, track in self._tracks.items():
            if track.waits:
                wanted = track.wanted(now, self.rtt_s, self._loss)
                for at in range(0, len(wanted) if self._repeats[kind] else 0, ASK_AT_ONCE):
                    part = wanted[at : at + ASK_AT_ONCE]
                    self.peer.send_rtcp(rtcp.nack(self._ssrc, track.ssrc, part))
            if track.waits_for_keyframe:
                track.waits_for_keyframe = False
                if kind is Kind.VIDEO:
                    self._sink.want_keyframe()

    def tick(self, now: float) -> None:
        """Every 50 ms: feedback that is due."""
        self.peer.tick()
        if not self.peer.up:
            return
        ssrc = next((track.ssrc for track in self._tracks.values()), 0)
        reports = b""
        for report in self._arrivals.reports(self._ssrc, ssrc):
            if reports and len(reports) + len(report) > _DATAGRAM:
                self.peer.send_rtcp(reports)
                reports = b""
            reports += report
        if reports:
            self._spoke_at = now
            self.peer.send_rtcp(reports)
        if now - self._spoke_at >= HEARTBEAT_S:
            self._spoke_at = now
            self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, ()))
        self._look(now)
        video = self._tracks.get(Kind.VIDEO)
        if video is not None and not self._frozen and now - video.heard_at > _FREEZE_S:
            self._frozen = True
            self._freezes += 1
        if self._tracks and now >= self._next_report:
            self._next_report = now + REPORT_EVERY_S
            hurry_s = HURRY * (self.rtt_s or 0.0) if self._loss > HURRY_LOSS else 0.0
            blocks = [track.block(now, hurry_s) for track in self._tracks.values()]
            report = rtcp.receiver_report(self._ssrc, blocks)
            # our clock as the engine's other times: only the difference comes back
            self.peer.send_rtcp(report + rtcp.round_trip_question(self._ssrc, int(now * 65536) << 16))

    def second(self, bitrate_bps: int, loss: float) -> None:
        """Once a second: what is measured, and the ceiling for a sender without transport-wide feedback."""
        self._loss += (loss - self._loss) / 2
        floor = FORGIVE_BELOW_BPS * (2 if self._arrivals.lenient else 1)
        self._arrivals.lenient = bitrate_bps < floor and self._loss < FORGIVE_LOSS
        expected, given_up = self._unrepaired_before
        self._unrepaired_before = self.expected, self.given_up
        due = self.expected - expected
        self._unrepaired = min(1.0, max(0, self.given_up - given_up) / due) if due > 0 else 0.0
        if self._remb is not None and not self._arrivals.any and self._tracks and self.peer.up:
            ceiling = self._remb.second(bitrate_bps, loss)
            ssrcs = [track.ssrc for track in self._tracks.values()]
            self.peer.send_rtcp(rtcp.max_bitrate(self._ssrc, ceiling, ssrcs))
