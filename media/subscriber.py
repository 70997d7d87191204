"""A subscriber's session: the tracks that it is sent, and what it says in return.

Step 12 of the story. Passes its wishes on (repeats to its tracks, keyframes to the feed), measures its link
by what it reports, and tells it the time. Packets themselves go by media/track.
"""

import secrets
from collections import OrderedDict
from typing import Protocol

from media import rtcp
from media.config import SfuConfig
from media.downlink import QUEUE_FULL, Downlink, speech_copies
from media.granted import Granted
from media.history import History
from media.negotiate import CNAME, Agreed
from media.peer import Peer
from media.ports import ByGrant, EndReason, FeedId, Holder, Level, SessionId, SubscriberStats
from media.rates import Rates
from media.rtp import TIMESTAMP_MASK, Kind
from media.stats import Drop, Drops, Meter
from media.track import SLOW, Track

REPORT_EVERY_S = 1.0
REPORT_LEAST = 10  # packets that a report must speak of, to count
NOTHING = (0.0, 0, 0)
HEARTBEAT_S = 0.2  # a viewer that is sent nothing for so long hears that we are here
_FREEZE_S = 0.5
_WISHES, _WISHES_PER_S = 6, 1 / 3  # keyframes that one viewer's losses may cost all others
_REPORTS = 4  # sender reports whose sending times are remembered


class Clock(Protocol):
    """Which moment of the feed's line is now (media/feed)."""

    def at(self, now: float) -> tuple[int, int] | None: ...


class Source(Protocol):
    """The feed, as its subscriber sees it."""

    @property
    def is_live(self) -> bool: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def loss(self) -> float: ...
    def want_keyframe(self) -> None: ...
    def clock_of(self, kind: Kind) -> Clock: ...
    def history_of(self, kind: Kind) -> History: ...
    def level_changed(self, session: "Subscriber") -> None: ...
    def session_over(self, session: "Subscriber", reason: EndReason) -> None: ...


class Subscriber:
    peer: Peer

    def __init__(
        self,
        session: SessionId,
        feed: FeedId,
        holder: Holder,
        agreed: Agreed,
        *,
        granted: Granted,
        source: Source,
        drops: Drops,
        most: Level = Level.FULL,
    ) -> None:
        """`most`: it is never sent more of the picture than this."""
        self.session = session
        self.feed = feed
        self.holder = holder
        self.agreed = agreed
        self.granted = granted
        self.level = Level.FULL
        self.first_at: float | None = None  # when the first packet was forwarded
        self.sent_at: float | None = None  # as far as the last tick knows
        self.tracks = {
            section.kind: Track(section, self, source.history_of(section.kind), drops) for section in agreed
        }
        self._ssrc = secrets.randbits(32)  # that we speak from when there is nothing to report
        self._source = source
        self._drops = drops
        self._meter = Meter()
        self._bytes_before = 0
        self._heartbeat_at = 0.0
        self._frozen = False
        self._freezes = 0
        self._keyframe_requests = 0
        self._wishes: float = _WISHES  # keyframes that it may still ask for
        self._downlink = Downlink(most)
        self._full = False  # its connection takes no more at present
        self._least_rtt_s: float | None = None  # since then
        self._heard = NOTHING  # when a report counted, and its highest number and packets lost
        self._reported: OrderedDict[int, float] = OrderedDict()  # middle of a report's NTP time: when it went

    @property
    def ssrcs(self) -> dict[Kind, int]:
        return {kind: track.out.ssrc for kind, track in self.tracks.items()}

    @property
    def repairs(self) -> dict[Kind, int]:
        """The SSRCs of repeats, where they have a stream of their own."""
        return {kind: track.repair_ssrc for kind, track in self.tracks.items() if track.repair_ssrc}

    @property
    def packets(self) -> int:
        return sum(track.packets for track in self.tracks.values())

    @property
    def bytes_out(self) -> int:
        return sum(track.bytes for track in self.tracks.values())

    # What media/peer tells

    def connected(self) -> None:
        self._source.want_keyframe()

    def receive_rtp(self, packet: bytes | memoryview, now: float) -> None:
        self._drops[Drop.RTP_UNKNOWN] += 1  # a subscriber has nothing to send

    def receive_rtcp(self, packet: bytes, now: float) -> None:
        if now >= self.granted.until:
            return  # nothing is repeated any more: the feed ends this in a moment
        try:
            for message in rtcp.parse(packet):
                match message:
                    case rtcp.Nack():
                        for track in self.tracks.values():
                            if track.out.ssrc == message.ssrc:
                                self._downlink.repeated(track.repeat(message.sequences, now))
                    case rtcp.PictureLoss():
                        video = self.tracks.get(Kind.VIDEO)
                        if video is not None and message.ssrc == video.out.ssrc:
                            self._keyframe_requests += 1
                            # below motion they come at their own pace; a keyframe for one is one for all
                            if self.level not in SLOW and self._wishes >= 1:
                                self._wishes -= 1
                                self._source.want_keyframe()
                    case rtcp.ReportBlock():
                        self._hear(message, now)
                    case rtcp.Estimate():
                        self._downlink.remb(message.bitrate_bps, now)
        except rtcp.Malformed:
            self._drops[Drop.RTCP_MALFORMED] += 1

    def _hear(self, report: rtcp.ReportBlock, now: float) -> None:
        main = self.tracks.get(Kind.VIDEO) or self.tracks.get(Kind.AUDIO)
        if main is None or report.ssrc != main.out.ssrc:
            return
        # one comes with every request for repeats, and says of three packets what would be noise
        since, highest, lost = self._heard
        sent_at = self._reported.get(report.last_report)
        if sent_at is not None:
            rtt_s = max(0.0, now - sent_at - report.delay / 65536)
            self._least_rtt_s = min(rtt_s, self._least_rtt_s or rtt_s)
        expected = report.highest - highest
        if self._heard == NOTHING or expected < 0:
            self._heard = now, report.highest, report.lost
        if self._heard[0] == now or expected < REPORT_LEAST or now - since < REPORT_EVERY_S:
            return
        self._heard = now, report.highest, report.lost
        least, self._least_rtt_s = self._least_rtt_s, None  # a queue delays all of them
        rate = 90_000 if main.kind is Kind.VIDEO else 48_000
        # what its caller's path lost is missing at the viewer too, and no fault of its own
        came = (1 - (report.lost - lost) / expected) / (1 - min(self._source.loss, 0.9))
        self._downlink.report(min(max(0.0, 1 - came), 1.0), least, report.jitter / rate, now)
        for kind, track in self.tracks.items():
            copies = speech_copies(self._downlink.loss)
            track.copies, track.late_copies = (copies, 0) if kind is Kind.AUDIO else (0, copies)

    def limit(self, most: Level, now: float) -> None:
        """Send no more of the picture than this, from the next tick on."""
        self._downlink.limit(most, now)

    def peer_left(self, failed: bool) -> None:
        self._source.session_over(self, EndReason.FAILED if failed else EndReason.HUNG_UP)

    def path_full(self) -> None:
        """Its connection takes no more: no frame until it does, and then from a keyframe on."""
        video = self.tracks.get(Kind.VIDEO)
        self._downlink.dropped(QUEUE_FULL)
        if video is not None and video.begun and not self._full:
            self._full = True
            video.aim(Level.KEYFRAMES)
            video.layers.admits = False

    def path_clear(self) -> None:
        video = self.tracks.get(Kind.VIDEO)
        if video is not None and self._full:
            self._full = False
            video.aim(self.level)
            self._source.want_keyframe()

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

    def by_grant(self, now: float) -> tuple[ByGrant, ...]:
        """What it was sent by each of its grants."""
        return self.granted.by_grant(self.seconds(now), self.packets, self.bytes_out)

    def stats(self, now: float) -> SubscriberStats:
        rtt_s = self._downlink.rtt_s
        return SubscriberStats(
            session=self.session,
            holder=self.holder,
            level=self.level,
            bitrate_bps=self._meter.bitrate_bps,
            estimate_bps=self._downlink.estimate_bps,
            loss=self._downlink.loss,
            rtt_ms=rtt_s * 1000 if rtt_s is not None else None,
            freezes=self._freezes,
            sheds=self._downlink.sheds,
            packets=self.packets,
            bytes=self.bytes_out,
            repeats=sum(track.repeats for track in self.tracks.values()),
            keyframe_requests=self._keyframe_requests,
            by_grant=self.by_grant(now),
        )

    # Time

    def tick(self, now: float) -> None:
        """Every 50 ms: sender reports that are due, and what was sent since."""
        self.peer.tick()
        bytes_out = self.bytes_out
        if bytes_out != self._bytes_before:
            self._bytes_before, self.sent_at = bytes_out, now
            self._frozen = False
            if self.first_at is None:
                self.first_at = now
        elif self.sent_at is not None and not self._frozen and now - self.sent_at > _FREEZE_S:
            self._frozen = True
            self._freezes += self._source.is_live
        if not self.peer.up:
            return
        self._fit(now, bytes_out)
        for track in self.tracks.values():
            track.tick(now)
            if track.begun and now >= track.next_report:
                moment = self._source.clock_of(track.kind).at(now)
                if moment is not None:
                    track.next_report = now + REPORT_EVERY_S
                    self._report(track, *moment, now)
        if now - max(self.sent_at or 0.0, self._heartbeat_at) >= HEARTBEAT_S:
            self._heartbeat_at = now
            self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, ()))

    def _fit(self, now: float, bytes_out: int) -> None:
        """Send as much of the picture as the link takes."""
        video, downlink = self.tracks.get(Kind.VIDEO), self._downlink
        if video is None or not video.begun:
            return
        downlink.tick(now, bytes_out, self._source.rates)
        if self.level is not downlink.level:
            self.level = downlink.level
            if not self._full:
                video.aim(self.level)
            self._source.level_changed(self)
        if self._full:
            return
        if video.layers.awaits_keyframe:
            self._source.want_keyframe()
        video.layers.admits = downlink.admits(video.layers.admits, now)
        if downlink.due_keyframe(now):
            self._source.want_keyframe()
        budget = downlink.allow(now, video.waiting)
        if budget:
            downlink.spend(video.pace(budget, now))
        video.allow_repeats(downlink.repeats(now), downlink.repeat_every_s)

    def second(self, now: float) -> None:
        """Every second."""
        self._wishes = min(_WISHES, self._wishes + _WISHES_PER_S)
        self._meter.second(now, self.bytes_out, 0, 0)

    def _report(self, track: Track, ntp: int, timestamp: int, now: float) -> None:
        ssrc = track.out.ssrc
        report = rtcp.sender_report(
            ssrc,
            ntp=ntp,
            timestamp=(timestamp + track.out.timestamp_offset) & TIMESTAMP_MASK,
            packets=track.packets,
            octets=track.octets,
        )
        self.peer.send_rtcp(report + rtcp.description(ssrc, CNAME.encode()))
        self._reported[ntp >> 16 & 0xFFFFFFFF] = now
        if len(self._reported) > _REPORTS * len(self.tracks):
            self._reported.popitem(last=False)
