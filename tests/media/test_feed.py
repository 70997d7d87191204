"""One feed from publisher to subscribers, without a network: rewriting, repeats, reports and wishes."""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from struct import pack, unpack_from
from typing import Any, cast

import pytest
from aiortc.rtp import RtcpPacket, RtcpSrPacket

from media import negotiate, rtc, rtcp, rtp
from media.burst import Burst
from media.config import SfuConfig
from media.feed import Feed
from media.granted import Granted
from media.grants import Claims
from media.keyframe import ASK_EVERY_S
from media.negotiate import ORIENTATION, TRANSPORT_WIDE
from media.outbox import Made
from media.peer import Peer
from media.ports import FeedId, Holder, Level, SessionId
from media.publisher import Publisher
from media.rewrite import Outgoing
from media.rtp import Kind
from media.stats import Drop, Drops
from media.subscriber import Subscriber
from media.track import REPEATS_PER_TICK

OFFERS = Path(__file__).parent.parent / "offers"
KEYFRAME, DELTA = b"\x10\x00key", b"\x10\x01delta"


class FakePeer:
    """Takes what would be encrypted and sent."""

    up = True

    def __init__(self) -> None:
        self.rtp: list[rtp.Header] = []
        self.raw: list[bytes] = []
        self.rtcp: list[bytes] = []

    def send_rtp(self, packets: Iterable[tuple[bytes, bytes]]) -> Made:
        before = len(self.raw)
        for head, payload in packets:
            header = rtp.parse(head + payload)
            assert header is not None
            self.rtp.append(header)
            self.raw.append(head + payload)
        sent = self.raw[before:]
        return len(sent), sum(map(len, sent)), sum(len(p.payload) for p in self.rtp[before:])

    def send_burst(self, burst: Burst, out: Outgoing, payload_type: int, time: int) -> Made:
        """What the outbox does in one piece, packet by packet: that both are the same is for its own test."""
        return self.send_rtp(
            (out.header(packet, packet.sequence + out.sequence_offset, payload_type, time), packet.payload)
            for packet in burst.packets
        )

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(packet)

    def tick(self) -> None: ...

    def asked(self, kind: type) -> list[Any]:
        return [m for packet in self.rtcp for m in rtcp.parse(packet) if isinstance(m, kind)]


CLAIMS = Claims(index=0, feed=FeedId("f"), holder=Holder("h"), expires_at=0.0)


class Stage:
    """A feed with one publisher from Chromium's offer, and as many viewers as are added."""

    def __init__(self) -> None:
        self.drops = Drops()
        self.feed = Feed(FeedId("f"), self.drops, over=lambda *_: None, live=lambda _: None)
        self.publish()

    def publish(self, name: str = "chromium") -> None:
        agreed = negotiate.for_publisher(rtc.parse_offer((OFFERS / f"{name}-sendonly.sdp").read_text()))
        self.publisher = Publisher(
            SessionId("p"), FeedId("f"), Holder("h"), agreed,
            sink=self.feed, config=SfuConfig(), drops=self.drops,
        )  # fmt: skip
        self.phone = FakePeer()
        self.publisher.peer = cast("Peer", self.phone)
        self.feed.take_publisher(self.publisher)
        self.video = agreed.of(Kind.VIDEO)
        self.audio = agreed.of(Kind.AUDIO)

    def watch(
        self, name: str = "chromium", *, repairs: bool = True, most: Level = Level.FULL
    ) -> tuple[Subscriber, FakePeer]:
        offer = (OFFERS / f"{name}-recvonly.sdp").read_text()
        agreed = negotiate.for_subscriber(
            rtc.parse_offer(offer if repairs else offer.replace(" rtx/", " x/"))
        )
        viewer = Subscriber(
            SessionId(f"s{len(self.feed.subscribers)}"), FeedId("f"), Holder("h"), agreed,
            granted=Granted(CLAIMS, until=math.inf), source=self.feed, drops=self.drops,
            most=most,
        )  # fmt: skip
        screen = FakePeer()
        viewer.peer = cast("Peer", screen)
        self.feed.take_subscriber(viewer)
        viewer.connected()
        return viewer, screen

    def number(self, codec: str) -> int:
        """The payload type that the publisher agreed for a codec."""
        sections = [s for s in (self.video, self.audio) if s is not None]
        return next(pt for s in sections for pt, c in s.codecs.items() if c.name == codec)

    def send(
        self, sequence: int, payload: bytes = DELTA, *, codec: str = "VP8", timestamp: int = 0,
        extensions: bytes = b"", ssrc: int = 77, now: float = 1.0,
    ) -> None:  # fmt: skip
        first = 0x90 if extensions else 0x80
        packet = pack("!BBHII", first, 0x80 | self.number(codec), sequence & 0xFFFF, timestamp, ssrc)
        if extensions:
            extensions += bytes(-len(extensions) % 4)
            packet += pack("!HH", 0xBEDE, len(extensions) // 4) + extensions
        self.publisher.receive_rtp(packet + payload, now)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_viewer_begins_with_a_keyframe_and_asks_for_one_at_once(stage: Stage) -> None:
    stage.send(1, KEYFRAME)
    _, screen = stage.watch()
    assert len(stage.phone.asked(rtcp.PictureLoss)) == 1
    stage.send(2)
    assert screen.rtp == []
    stage.send(3, KEYFRAME)
    stage.send(4)
    assert [p.payload for p in screen.rtp] == [KEYFRAME, DELTA]


def test_a_crowd_of_viewers_costs_one_keyframe(stage: Stage) -> None:
    stage.send(1, KEYFRAME)
    began = time.monotonic()
    for _ in range(20):
        stage.watch()
    took = time.monotonic() - began  # a busy machine takes longer than one keyframe is good for
    assert 1 <= len(stage.phone.asked(rtcp.PictureLoss)) <= 1 + took / ASK_EVERY_S


def test_who_wants_stills_is_sent_what_it_begins_with_and_then_keyframes_alone(stage: Stage) -> None:
    viewer, screen = stage.watch(most=Level.KEYFRAMES)
    other, whole = stage.watch()
    told: list[Level] = []
    stage.feed._levels = lambda session: told.append(session.level)
    stage.send(1, KEYFRAME, timestamp=0)
    viewer.tick(1.0)
    for number in range(2, 62):
        stage.send(number, timestamp=3000 * number)
    for step in range(100):
        viewer.tick(2.0 + step * 0.05)
    stage.send(62, KEYFRAME, timestamp=3000 * 62)
    for step in range(20):
        viewer.tick(7.0 + step * 0.05)
    other.tick(8.0)
    pictures = [packet.payload for packet in screen.rtp if packet.payload.endswith((b"key", b"delta"))]
    assert pictures == [KEYFRAME, KEYFRAME]
    assert len(whole.rtp) == 62
    assert (viewer.level, told) == (Level.KEYFRAMES, [Level.KEYFRAMES])
    viewer.limit(Level.FULL, 27.0)
    viewer.tick(27.0)
    stage.send(63, KEYFRAME, timestamp=3000 * 63)
    stage.send(64, timestamp=3000 * 64)
    assert [packet.payload for packet in screen.rtp][-2:] == [KEYFRAME, DELTA]
    assert told[-1] is Level.FULL


def test_every_viewer_has_numbers_of_its_own(stage: Stage) -> None:
    screens = [stage.watch(name)[1] for name in ("chromium", "chromium", "firefox")]
    for n in range(5):
        stage.send(65_534 + n, KEYFRAME if n == 0 else DELTA, timestamp=n * 3000)
    for screen in screens:
        first = screen.rtp[0]
        assert [p.sequence - first.sequence for p in screen.rtp] == [0, 1, 2, 3, 4]
        assert [(p.timestamp - first.timestamp) & 0xFFFFFFFF for p in screen.rtp] == [
            0,
            3000,
            6000,
            9000,
            12_000,
        ]
    assert len({screen.rtp[0].ssrc for screen in screens}) == 3


def test_the_rotation_reaches_the_viewer_under_its_own_id(stage: Stage) -> None:
    viewer, screen = stage.watch()
    assert stage.video is not None
    theirs = stage.video.extensions[ORIENTATION]
    section = viewer.agreed.of(Kind.VIDEO)
    assert section is not None
    stage.send(1, KEYFRAME, extensions=bytes([theirs << 4, 0b11]))
    stage.send(2)
    assert rtp.extension(screen.rtp[0].extensions, section.extensions[ORIENTATION]) == b"\x03"
    assert rtp.extension(screen.rtp[1].extensions, section.extensions[ORIENTATION]) is None


def test_a_viewer_without_the_codec_gets_nothing_and_it_is_counted(stage: Stage) -> None:
    viewer, screen = stage.watch("firefox")
    track = viewer.tracks[Kind.VIDEO]
    track._codecs = {pt: codec for pt, codec in track._codecs.items() if codec.name == "VP8"}
    stage.send(1, b"\x67sps", codec="H264")
    assert screen.rtp == []
    assert stage.drops[Drop.UNPLAYABLE] == 1


def test_a_new_publisher_with_another_codec_goes_on_in_the_same_session(stage: Stage) -> None:
    viewer, screen = stage.watch()
    stage.send(1, KEYFRAME, timestamp=100, now=1.0)
    stage.send(2, timestamp=3100, now=1.03)
    stage.feed.drop_publisher()
    stage.publish()
    stage.send(60_000, b"\x41slice", codec="H264", timestamp=9, ssrc=5, now=2.0)
    stage.send(60_001, b"\x67sps", codec="H264", timestamp=9, ssrc=5, now=2.0)
    stage.send(60_002, b"\x65idr", codec="H264", timestamp=9, ssrc=5, now=2.0)
    first = screen.rtp[0]
    assert [p.sequence - first.sequence for p in screen.rtp] == [0, 1, 2, 3]
    assert {p.ssrc for p in screen.rtp} == {first.ssrc}
    section = viewer.agreed.of(Kind.VIDEO)
    assert section is not None
    assert [section.codecs[p.payload_type].name for p in screen.rtp] == ["VP8", "VP8", "H264", "H264"]
    assert round((screen.rtp[2].timestamp - screen.rtp[1].timestamp) / 90_000, 2) == 0.97
    assert len(stage.phone.asked(rtcp.PictureLoss)) == 1  # for the packet that was no keyframe


def test_what_a_viewer_missed_is_sent_again_as_it_was(stage: Stage) -> None:
    viewer, screen = stage.watch(repairs=False)
    for n in range(10):
        stage.send(n, KEYFRAME if n == 0 else DELTA + bytes([n]))
    wanted = [screen.rtp[n].sequence for n in (3, 4, 7)]
    ssrc = screen.rtp[0].ssrc
    before = list(screen.raw)
    viewer.receive_rtcp(rtcp.nack(1, ssrc, wanted), 1.0)
    assert screen.raw[10:] == [before[3], before[4], before[7]]
    viewer.receive_rtcp(rtcp.nack(1, ssrc + 1, wanted), 1.0)
    viewer.receive_rtcp(rtcp.nack(1, ssrc, [(wanted[0] - 5000) & 0xFFFF]), 1.0)
    assert len(screen.raw) == 13


def test_what_a_viewer_missed_comes_in_a_stream_of_its_own_where_that_is_agreed(stage: Stage) -> None:
    viewer, screen = stage.watch()
    for n in range(10):
        stage.send(n, KEYFRAME if n == 0 else DELTA + bytes([n]))
    missed = [screen.rtp[n] for n in (3, 4, 7)]
    viewer.receive_rtcp(rtcp.nack(1, missed[0].ssrc, [p.sequence for p in missed]), 1.0)
    section = viewer.agreed.of(Kind.VIDEO)
    assert section is not None
    for repeat, packet in zip(screen.rtp[10:], missed, strict=True):
        assert repeat.ssrc == viewer.repairs[Kind.VIDEO]
        assert repeat.payload_type == section.rtx[packet.payload_type]
        assert repeat.payload == packet.sequence.to_bytes(2) + packet.payload  # RFC 4588 section 4
        assert repeat.timestamp == packet.timestamp


def test_a_viewer_that_asks_for_everything_again_and_again_is_held_back(stage: Stage) -> None:
    viewer, screen = stage.watch()
    for n in range(300):
        stage.send(n, KEYFRAME if n == 0 else DELTA)
    everything = rtcp.nack(1, screen.rtp[0].ssrc, [p.sequence for p in screen.rtp])
    for _ in range(50):
        viewer.receive_rtcp(everything, 1.0)
    assert len(screen.rtp) == 300 + REPEATS_PER_TICK


def test_one_viewer_cannot_make_the_publisher_send_nothing_but_keyframes(stage: Stage) -> None:
    viewer, screen = stage.watch()
    stage.send(1, KEYFRAME)
    asked = len(stage.phone.asked(rtcp.PictureLoss))
    for n in range(600):
        stage.feed._keyframes._asked_at = 0.0
        viewer.receive_rtcp(rtcp.picture_loss(1, screen.rtp[0].ssrc), n / 10)
        stage.send(2 + n, KEYFRAME)
        if n % 10 == 0:
            viewer.second(n / 10)
    assert 20 <= len(stage.phone.asked(rtcp.PictureLoss)) - asked <= 30
    stage.feed._keyframes._asked_at = 0.0
    stage.watch()  # another one is served at once
    assert len(stage.phone.asked(rtcp.PictureLoss)) - asked <= 31


def test_a_viewers_wish_for_a_keyframe_is_carried_in_both_forms(stage: Stage) -> None:
    viewer, screen = stage.watch()
    stage.send(1, KEYFRAME)
    for wish in (rtcp.picture_loss, lambda a, b: rtcp.full_intra_request(a, b, 1)):
        stage.feed._keyframes._asked_at = 0.0
        before = len(stage.phone.asked(rtcp.PictureLoss))
        viewer.receive_rtcp(cast("Callable[[int, int], bytes]", wish)(1, screen.rtp[0].ssrc), 1.0)
        assert len(stage.phone.asked(rtcp.PictureLoss)) == before + 1
    viewer.receive_rtcp(rtcp.picture_loss(1, 12345), 1.0)  # of nobody
    assert len(stage.phone.asked(rtcp.PictureLoss)) == before + 1


def test_sound_and_picture_are_reported_on_one_clock(stage: Stage) -> None:
    viewer, screen = stage.watch()
    stage.send(1, KEYFRAME, timestamp=90_000, now=10.0)
    stage.send(1, b"sound", codec="opus", timestamp=48_000, ssrc=78, now=10.0)
    ntp = 5 << 32
    stage.publisher.receive_rtcp(rtcp.sender_report(77, ntp=ntp, timestamp=90_000, packets=1, octets=1), 10.0)
    # the same moment of sound, told a second later
    later = rtcp.sender_report(78, ntp=ntp + (1 << 32), timestamp=96_000, packets=1, octets=1)
    stage.publisher.receive_rtcp(later, 11.0)
    viewer.tick(12.0)
    reports = [m for packet in screen.rtcp for m in RtcpPacket.parse(packet) if isinstance(m, RtcpSrPacket)]
    assert len(reports) == 2
    video, audio = (next(p for p in screen.rtp if p.ssrc == r.ssrc) for r in reports)
    moments = [
        r.sender_info.ntp_timestamp / 2**32
        - ((r.sender_info.rtp_timestamp - p.timestamp) & 0xFFFFFFFF) / rate
        for r, p, rate in ((reports[0], video, 90_000), (reports[1], audio, 48_000))
    ]
    assert abs(moments[0] - moments[1]) < 0.001  # both began together


def test_the_sender_is_told_when_its_packets_came(stage: Stage) -> None:
    assert stage.video is not None
    wide = stage.video.extensions[TRANSPORT_WIDE]
    for n in range(5):
        stage.send(n, KEYFRAME if n == 0 else DELTA, extensions=bytes([wide << 4 | 1, 0, n]), now=1 + n / 100)
    stage.publisher.tick(1.1)
    kinds = [(packet[1], packet[0] & 0x1F) for packet in stage.phone.rtcp]
    assert (205, 15) in kinds  # transport-wide feedback
    assert (201, 1) in kinds  # receiver report
    assert (206, 15) not in kinds
    stage.publisher.second(1_000_000, 0.0)
    assert (206, 15) not in [(packet[1], packet[0] & 0x1F) for packet in stage.phone.rtcp]


def test_a_sender_that_numbers_nothing_is_given_a_ceiling(stage: Stage) -> None:
    stage.publish("obs")
    stage.send(1, b"\x67sps", codec="H264")
    stage.publisher.second(900_000, 0.0)
    assert (206, 15) in [(packet[1], packet[0] & 0x1F) for packet in stage.phone.rtcp]


def test_what_the_publisher_lost_is_asked_for_at_once(stage: Stage) -> None:
    stage.send(1, KEYFRAME)
    stage.send(4)
    (request,) = stage.phone.asked(rtcp.Nack)
    assert request == rtcp.Nack(77, (2, 3))
    stage.publisher.tick(1.2)
    assert len(stage.phone.asked(rtcp.Nack)) == 2


def test_a_repeat_in_a_stream_of_its_own_takes_its_place_once(stage: Stage) -> None:
    _, screen = stage.watch()
    assert stage.video is not None
    rtx = stage.video.rtx[stage.number("VP8")]

    def repeat(sequence: int, payload: bytes, ssrc: int = 1077) -> None:
        packet = pack("!BBHIIH", 0x80, 0x80 | rtx, 9000 + sequence, 50, ssrc, sequence) + payload
        stage.publisher.receive_rtp(packet, 1.2)

    repeat(1, KEYFRAME)  # before there is anything that it could repeat
    stage.send(1, KEYFRAME)
    stage.send(4, timestamp=100)
    for _ in range(2):
        repeat(2, DELTA + b"2")
    repeat(4, DELTA)  # a probe
    stage.publisher.receive_rtp(pack("!BBHII", 0x80, rtx, 1, 50, 1077), 1.2)  # padding alone
    first = screen.rtp[0].sequence
    assert [(p.sequence - first, p.payload) for p in screen.rtp] == [
        (0, KEYFRAME),
        (3, DELTA),
        (1, DELTA + b"2"),
    ]
    stage.send(9000, KEYFRAME, ssrc=78)  # a new source, and a straggler of the one before
    repeat(3, DELTA + b"3")
    assert len(screen.rtp) == 4


def test_speech_that_was_lost_is_taken_from_the_packets_after_it(stage: Stage) -> None:
    _, screen = stage.watch()
    assert stage.audio is not None
    opus = stage.number("opus")
    wrapper = stage.audio.red[opus]

    def say(sequence: int, *earlier: bytes) -> None:
        heads = b"".join(
            pack("!I", (0x80 | opus) << 24 | (960 * (len(earlier) - n)) << 10 | len(block))
            for n, block in enumerate(earlier)
        )
        payload = heads + bytes([opus]) + b"".join(earlier) + b"frame%d" % sequence
        packet = pack("!BBHII", 0x80, wrapper, sequence, 960 * sequence, 78) + payload
        stage.publisher.receive_rtp(packet, 1.0 + sequence / 50)

    say(1)
    say(2, b"frame1")
    say(4, b"frame3")  # 3 is lost
    say(7, b"frame6")  # 5 and 6 are
    say(8, b"frame6", b"frame7")
    say(9, b"frame7", b"frame8")
    say(6, b"frame5")  # overtaken
    first = screen.rtp[0]
    heard = [p.sequence - first.sequence + 1 for p in screen.rtp]
    assert heard == [1, 2, 3, 4, 6, 7, 8, 9, 5]
    assert {p.payload_type for p in screen.rtp} == {first.payload_type}
    for number, packet in zip(heard, screen.rtp, strict=True):
        assert packet.payload == b"frame%d" % number
        assert (packet.timestamp - first.timestamp) & 0xFFFFFFFF == 960 * (number - 1)
    assert stage.publisher.received == 6  # what the path let through of nine
    stage.publisher.receive_rtp(pack("!BBHII", 0x80, wrapper, 10, 0, 78) + b"\xff\xff", 2.0)
    assert stage.drops[Drop.RTP_MALFORMED] == 1


def test_a_straggler_of_the_source_before_does_not_bring_it_back(stage: Stage) -> None:
    _, screen = stage.watch()
    stage.send(1, KEYFRAME, ssrc=1)
    stage.send(900, KEYFRAME, ssrc=2, now=1.1)
    stage.send(2, ssrc=1, now=1.2)
    stage.send(901, ssrc=2, now=1.3)
    assert [p.sequence - screen.rtp[0].sequence for p in screen.rtp] == [0, 1, 2]
    stage.send(3, KEYFRAME, ssrc=1, now=9.0)  # the other one has fallen silent: it is a source again
    assert screen.rtp[-1].payload == KEYFRAME


def test_what_is_lost_for_good_costs_a_keyframe_before_any_viewer_asks(stage: Stage) -> None:
    stage.send(1, KEYFRAME)
    stage.send(3)
    stage.publisher.tick(2.0)
    assert stage.phone.asked(rtcp.PictureLoss) == []
    stage.publisher.tick(4.0)
    assert len(stage.phone.asked(rtcp.PictureLoss)) == 1


def test_the_publishers_figures_tell_loss_and_what_mended_it(stage: Stage) -> None:
    for n in range(100):
        if n % 10 != 5:
            stage.send(n, KEYFRAME if n == 0 else DELTA, now=1 + n / 100)
    stage.send(15, now=2.2)
    stage.publisher.tick(2.3)
    question = stage.phone.rtcp[-1]
    (sender, ntp) = unpack_from("!I4xQ", question, len(question) - 16)
    answer = pack("!BBHIBBHIII", 0x80, 207, 5, 77, 5, 0, 3, sender, ntp >> 16 & 0xFFFFFFFF, 32768)
    stage.publisher.receive_rtcp(answer, 3.1)
    stage.publisher.second(1_000_000, 0.1)
    stage.publisher.tick(9.0)
    stage.publisher.second(1_000_000, 0.1)
    for _ in range(2):
        stage.publisher.tick(9.5)
    stats = stage.publisher.stats(1_000_000, 0.1)
    assert stats.codec == "VP8"
    assert stats.rtt_ms is not None
    assert abs(stats.rtt_ms - 300) < 2
    assert stats.freezes == 1
    assert stats.repeats_asked > 10
    assert stats.loss == 0.1
    assert stage.publisher.received == 90
    assert stage.publisher.given_up == 9


def test_a_viewer_of_a_source_that_ignores_requests_sees_what_came_since_the_last_keyframe(
    stage: Stage,
) -> None:
    def play(first: int, last: int) -> None:
        for n in range(first, last + 1):
            now = 1 + n / 60
            stage.send(n, KEYFRAME if n == 1 else DELTA + b"%d" % n, timestamp=n // 2 * 3000, now=now)
            if n % 3 == 0:
                stage.feed.tick(now)

    stage.feed._keyframes._asked_at = 0.0
    _, early = stage.watch()
    play(1, 10)
    assert len(early.rtp) == 10
    viewer, screen = stage.watch()
    stage.feed._keyframes._first_at = stage.feed._keyframes._asked_at = 0.5  # the test's clock
    play(11, 300)
    first = screen.rtp[0]
    assert first.payload == KEYFRAME
    assert [p.sequence - first.sequence for p in screen.rtp] == list(range(300))
    assert [p.payload for p in screen.rtp] == [p.payload for p in early.rtp]
    stamps = [(p.timestamp - first.timestamp) & 0xFFFFFFFF for p in screen.rtp]
    assert stamps == sorted(stamps)
    assert stamps[-1] / 90_000 < 299 / 60 - 0.8  # the time that it waited is not played out
    pairs = list(zip(screen.rtp, early.rtp, strict=True))
    assert all(
        (a.timestamp - b.timestamp) & 0xFFFFFFFF
        == (pairs[-1][0].timestamp - pairs[-1][1].timestamp) & 0xFFFFFFFF
        for a, b in pairs[-60:]
    )
    missed = screen.rtp[20]
    viewer.receive_rtcp(rtcp.nack(1, missed.ssrc, [missed.sequence]), 9.0)
    assert screen.rtp[-1].payload[2:] == missed.payload
    assert screen.rtp[-1].timestamp == missed.timestamp  # as it was sent to this one
    assert len(early.rtp) == 300


def test_a_source_that_never_said_that_it_listens_is_not_waited_for(stage: Stage) -> None:
    """As a lent camera, or ffmpeg: whoever comes sees at once what came since the last keyframe."""
    stage.publish("ffmpeg")
    stage.send(1, b"\x65\x88", codec="H264", now=1.0)
    for n in range(2, 31):
        stage.send(n, b"\x41\x9a", codec="H264", timestamp=n * 3000, now=1 + n / 30)
    _, screen = stage.watch()
    stage.feed.tick(2.05)
    assert [packet.payload for packet in screen.rtp] == [b"\x65\x88"] + [b"\x41\x9a"] * 29
    stage.send(31, b"\x65\x88", codec="H264", timestamp=31 * 3000, now=2.1)
    stage.send(32, b"\x41\x9a", codec="H264", timestamp=32 * 3000, now=2.2)
    _, later = stage.watch()
    stage.feed.tick(2.3)  # a keyframe has come, and that was no answer
    assert [packet.payload for packet in later.rtp] == [b"\x65\x88", b"\x41\x9a"]


def test_nothing_is_replayed_to_who_cannot_play_it_or_of_a_source_that_listens(stage: Stage) -> None:
    stage.send(1, KEYFRAME)
    viewer, screen = stage.watch()
    viewer.tracks[Kind.VIDEO]._codecs = {}
    stage.feed._keyframes._ignored = True
    for n in range(2, 200):
        stage.send(n, now=1 + n / 50)
        stage.feed.tick(1 + n / 50)
    assert screen.rtp == []
    _, other = stage.watch()
    stage.feed._keyframes._ignored = False
    stage.feed._keyframes._unanswered = 1
    stage.send(200, KEYFRAME, now=5.1)
    stage.feed.tick(5.2)
    assert [p.payload for p in other.rtp] == [KEYFRAME]


def test_a_codec_may_change_within_a_session(stage: Stage) -> None:
    viewer, screen = stage.watch()
    stage.send(1, KEYFRAME)
    before = len(stage.phone.asked(rtcp.PictureLoss))
    stage.feed._keyframes._asked_at = 0.0
    stage.send(2, b"\x41slice", codec="H264")
    assert len(stage.phone.asked(rtcp.PictureLoss)) == before + 1
    stage.send(3, b"\x67sps", codec="H264")
    section = viewer.agreed.of(Kind.VIDEO)
    assert section is not None
    assert [section.codecs[p.payload_type].name for p in screen.rtp] == ["VP8", "H264", "H264"]
    assert [p.sequence - screen.rtp[0].sequence for p in screen.rtp] == [0, 1, 2]
    assert len({p.ssrc for p in screen.rtp}) == 1


def test_probes_are_counted_and_nobody_misses_them(stage: Stage) -> None:
    _, screen = stage.watch()
    stage.send(1, KEYFRAME)
    stage.send(2, b"")
    stage.send(3)
    assert [p.sequence - screen.rtp[0].sequence for p in screen.rtp] == [0, 1]
    assert stage.drops[Drop.UNPLACED] == 1


def test_garbage_after_decryption_is_counted(stage: Stage) -> None:
    viewer, _ = stage.watch()
    stage.publisher.receive_rtp(b"\x80", 1.0)
    stage.publisher.receive_rtp(pack("!BBHII", 0x80, 1, 1, 1, 1), 1.0)
    stage.publisher.receive_rtcp(b"\x80\xc8\xff\xff", 1.0)
    viewer.receive_rtcp(b"\x81", 1.0)
    viewer.receive_rtp(b"\x80" * 20, 1.0)
    assert stage.drops[Drop.RTP_MALFORMED] == 1
    assert stage.drops[Drop.RTP_UNKNOWN] == 2
    assert stage.drops[Drop.RTCP_MALFORMED] == 2
