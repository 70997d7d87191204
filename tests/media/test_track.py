"""One viewer's track on a weak link: whole frames are left out, and what is sent can be sent again."""

from struct import pack, unpack

import pytest

from media import rtcp, vp8
from media.ports import Level
from media.rtp import Kind
from media.track import REPEATS_PER_TICK, Track
from tests.media.test_feed import FakePeer, Stage

PATTERN = (0, 2, 1, 2)  # temporal layers of L1T3


class Scene(Stage):
    """A VP8 camera with three temporal layers, two packets to the frame, and one viewer."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0
        self.viewer, self.screen = self.watch()
        self.track: Track = self.viewer.tracks[Kind.VIDEO]

    def film(self, frames: int, keyframe: bool = False) -> None:
        for _ in range(frames):
            number, tid = self.frames, PATTERN[self.frames % 4]
            tid = 0 if keyframe else tid
            for part in range(2):
                head = bytes([0x90 if part == 0 else 0x80, 0xE0]) + (0x8000 | number).to_bytes(2)
                head += bytes([number // 4 & 0xFF, tid << 6 | (tid > 0) << 5])
                body = bytes([0 if keyframe and part == 0 else 1]) + number.to_bytes(2) + bytes([part])
                self.send(2 * number + part, head + body, timestamp=number * 4500, now=number / 20)
            self.frames += 1
            keyframe = False


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.film(8, keyframe=True)
    return scene


def shown(screen: FakePeer) -> list[int]:
    """The frames that were sent, in order, each once."""
    return list(dict.fromkeys(int.from_bytes(p.payload[-3:-1]) for p in screen.rtp if p.payload))


def numbers(screen: FakePeer) -> list[int]:
    return [(p.sequence - screen.rtp[0].sequence) & 0xFFFF for p in screen.rtp]


def test_a_weak_link_gets_fewer_frames_and_misses_no_number(scene: Scene) -> None:
    scene.track.aim(Level.HALF)
    scene.film(8)
    scene.track.aim(Level.QUARTER)
    scene.film(8)
    assert shown(scene.screen) == [*range(8), 8, 10, 12, 14, 16, 20]
    assert numbers(scene.screen) == list(range(2 * 14))
    pictures = [d.picture for p in scene.screen.rtp if (d := vp8.read(p.payload)) is not None]
    assert pictures == [n // 2 for n in range(28)]


def test_what_was_rewritten_is_repeated_as_it_was_sent(scene: Scene) -> None:
    scene.track.aim(Level.QUARTER)
    scene.film(12)
    screen = scene.screen
    missed = screen.rtp[-8:]
    scene.viewer.receive_rtcp(rtcp.nack(1, scene.track.out.ssrc, [p.sequence for p in missed]), 1.0)
    repeats = screen.rtp[-8:]
    assert {p.ssrc for p in repeats} == {scene.track.repair_ssrc}
    assert [p.payload for p in repeats] == [pack("!H", p.sequence) + p.payload for p in missed]


def test_nothing_is_repeated_under_its_number_with_another_time(scene: Scene) -> None:
    """The same number is the same nonce: it must be the same to the byte."""
    screen = scene.screen
    scene.track._repairs = {}
    scene.viewer.receive_rtcp(rtcp.nack(1, scene.track.out.ssrc, [screen.rtp[-1].sequence]), 1.0)
    assert len(screen.rtp) == 16


def test_a_repeat_has_a_stream_of_its_own_where_that_is_agreed(scene: Scene) -> None:
    track, screen = scene.track, scene.screen
    track.repair_ssrc = 4711
    track._repairs = {screen.rtp[0].payload_type: 97}
    missed = screen.rtp[5]
    scene.viewer.receive_rtcp(rtcp.nack(1, track.out.ssrc, [missed.sequence]), 1.0)
    repeat = screen.rtp[-1]
    assert (repeat.ssrc, repeat.payload_type, repeat.timestamp) == (4711, 97, missed.timestamp)
    assert unpack("!H", repeat.payload[:2])[0] == missed.sequence
    assert repeat.payload[2:] == missed.payload


def test_below_motion_only_keyframes_go_and_they_take_their_time(scene: Scene) -> None:
    scene.track.aim(Level.KEYFRAMES)
    scene.film(4)
    scene.film(4, keyframe=True)
    assert shown(scene.screen) == list(range(8))
    assert not scene.screen.rtp[-1].payload  # a sign that the feed goes on
    waiting = scene.track.waiting
    assert waiting > 0
    assert scene.track.pace(1, 1.0) > 0
    assert scene.track.waiting < waiting
    scene.track.pace(10_000, 1.0)
    assert shown(scene.screen)[-1] == 12
    assert numbers(scene.screen) == list(range(len(scene.screen.rtp)))
    scene.track.aim(Level.FULL)
    scene.film(2)
    scene.film(2, keyframe=True)
    assert shown(scene.screen)[-2:] == [18, 19]
    assert numbers(scene.screen) == list(range(len(scene.screen.rtp)))


def test_speech_is_said_again_as_often_as_the_loss_asks_for(scene: Scene) -> None:
    audio = scene.viewer.tracks[Kind.AUDIO]
    scene.send(1, b"word", codec="opus", ssrc=78)
    for second in range(1, 6):
        report = rtcp.ReportBlock(scene.track.out.ssrc, 90, 35 * second, 100 * second, 0, 0, 0)
        scene.viewer.receive_rtcp(rtcp.receiver_report(1, [report]), float(second))
    assert audio.copies == 2
    before = len(scene.screen.raw)
    scene.send(2, b"words", codec="opus", ssrc=78)
    for n in range(4):
        scene.viewer.tick(6.0 + n / 20)
    assert scene.screen.raw[before:] == [scene.screen.raw[before]] * 3


def test_reports_of_a_few_packets_are_taken_together(scene: Scene) -> None:
    for n in range(1, 100):  # every third packet of a hundred is lost, and each third report says two thirds
        lost = 0 if n % 3 else 170
        report = rtcp.ReportBlock(scene.track.out.ssrc, lost, n // 3, n, 0, 0, 0)
        scene.viewer.receive_rtcp(rtcp.receiver_report(1, [report]), 1 + n / 25)
    assert 0.2 < scene.viewer.stats(0.0).loss < 0.4


def test_what_comes_late_goes_out_again_where_much_is_lost(scene: Scene) -> None:
    scene.film(3)
    scene.track.late_copies = 2
    late, before = scene.track._newest, len(scene.screen.rtp)
    assert late is not None
    scene.film(1)
    new = len(scene.screen.rtp) - before
    scene.track.write([late], 1.0)
    for _ in range(4):
        scene.track.tick(1.0)
    assert len(scene.screen.rtp) == before + new + 3


def test_repeats_are_bounded_in_every_tick(scene: Scene) -> None:
    scene.film(100)
    screen = scene.screen
    everything = rtcp.nack(1, scene.track.out.ssrc, [p.sequence for p in screen.rtp])
    before = len(screen.rtp)
    scene.viewer.receive_rtcp(everything, 1.0)
    scene.viewer.receive_rtcp(everything, 1.0)
    assert len(screen.rtp) == before + REPEATS_PER_TICK
    scene.track.tick(0.0)
    scene.viewer.receive_rtcp(everything, 1.0)
    assert len(screen.rtp) == before + 2 * REPEATS_PER_TICK


def test_a_new_publisher_runs_the_picture_ids_on(scene: Scene) -> None:
    scene.feed.drop_publisher()
    scene.publish()
    scene.frames = 3
    scene.film(4, keyframe=True)
    pictures = [d.picture for p in scene.screen.rtp if (d := vp8.read(p.payload)) is not None]
    assert pictures == [n // 2 for n in range(24)]


def test_a_link_that_falls_behind_sheds_and_says_so(scene: Scene) -> None:
    """REMB falls while the picture goes on at its rate."""
    told = []
    scene.feed._levels = lambda viewer: told.append(viewer.level)
    ssrc = scene.track.out.ssrc
    now = 1.0
    for n in range(400):
        scene.film(1)
        for _ in range(4):
            now += 0.0125
            scene.feed.tick(now)
        if n % 10 == 0:
            rate = 8 * scene.viewer.bytes_out / now
            estimate = int(2 * rate * 0.7 ** min(8, max(0, n // 10 - 10)))
            scene.viewer.receive_rtcp(rtcp.max_bitrate(1, estimate, [ssrc]), now)
    assert told
    assert told[0] is not Level.FULL
    assert scene.viewer.stats(0.0).sheds >= 1


def test_a_keyframe_that_begins_with_a_delimiter_lets_a_viewer_rise_again() -> None:
    """H.264 from cameras: AUD, SPS, PPS, IDR, each in a packet of its own."""
    stage = Stage()
    viewer, screen = stage.watch()
    track = viewer.tracks[Kind.VIDEO]
    keyframe = (b"\x09\xf0", b"\x67sps", b"\x68pps", b"\x65idr")
    number = 0

    def film(units: tuple[bytes, ...]) -> None:
        nonlocal number
        for unit in units:
            stage.send(number, unit, codec="H264", timestamp=number // 10 * 3000)
            number += 1
        number += -number % 10

    film(keyframe)
    track.aim(Level.KEYFRAMES)
    film((b"\x41slice",))
    film(keyframe)
    track.pace(10_000, 1.0)
    assert screen.rtp[-1].payload == b"\x65idr"
    film((b"\x41slice",))
    assert screen.rtp[-1].payload == b"\x65idr"
    track.aim(Level.FULL)
    assert track.layers.awaits_keyframe
    film(keyframe)
    film((b"\x41slice",))
    assert screen.rtp[-1].payload == b"\x41slice"


def test_a_request_for_everything_is_read_so_far_and_no_further(scene: Scene) -> None:
    before = len(scene.screen.rtp)
    everything = rtcp.nack(1, scene.track.out.ssrc, [0x8000 + n & 0xFFFF for n in range(20_000)])
    scene.viewer.receive_rtcp(everything, 1.0)
    assert len(scene.screen.rtp) == before
    assert sum(len(m.sequences) for m in rtcp.parse(everything) if isinstance(m, rtcp.Nack)) <= 17 * 64


def test_what_a_viewer_cannot_play_takes_no_numbers_from_it(scene: Scene) -> None:
    track, screen = scene.track, scene.screen
    track._codecs = {pt: codec for pt, codec in track._codecs.items() if codec.name == "VP8"}
    for n in range(40):
        scene.send(16 + n, b"\x65idr", codec="H264", timestamp=40_000 + n)
    assert len(screen.rtp) == 16
    before = screen.rtp[-1].sequence
    scene.frames = 28
    scene.film(4, keyframe=True)
    assert numbers(screen) == list(range(24))
    scene.viewer.receive_rtcp(rtcp.nack(1, track.out.ssrc, [before, screen.rtp[-1].sequence]), 1.0)
    assert len(screen.rtp) == 25  # what was before is not known by its number any more
