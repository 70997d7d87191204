"""Cutting H.264 into RTP payloads, against libav's own reading of the same stream, and what is hostile."""

import fractions

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.connector import convert, h264


def film(profile: str, bframes: int, *, size: tuple[int, int] = (320, 192), count: int = 40) -> list[bytes]:
    """Access units in annex B, encoded by x264."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = fractions.Fraction(1, 25)
    encoder.options = {
        "profile": profile, "bf": str(bframes), "preset": "veryfast", "g": "20",
        "x264-params": "b-adapt=0:threads=1",
    }  # fmt: skip
    made = []
    for n in range(count):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((n * 7 + i // 64) % 256 for i in range(plane.buffer_size)))
        frame.pts, frame.time_base = n, fractions.Fraction(1, 25)
        made += [bytes(packet) for packet in encoder.encode(frame)]
    return made + [bytes(packet) for packet in encoder.encode(None)]


def reassembled(payloads: list[h264.Payload]) -> list[bytes]:
    """RFC 6184 backwards."""
    units: list[bytes] = []
    for front, body in payloads:
        packet = front + bytes(body)
        kind = packet[0] & 0x1F
        if kind == 24:
            at = 1
            while at < len(packet):
                size = int.from_bytes(packet[at : at + 2], "big")
                units.append(packet[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if packet[1] & 0x80:
                units.append(bytes((packet[0] & 0x60 | packet[1] & 0x1F,)))
            units[-1] += packet[2:]
        else:
            units.append(packet)
    return units


@pytest.mark.parametrize(("profile", "bframes"), [("baseline", 0), ("main", 0), ("high", 2)])
def test_what_is_cut_is_whole_again_at_the_other_end(profile: str, bframes: int) -> None:
    for access_unit in film(profile, bframes):
        units = h264.units(memoryview(access_unit))
        payloads = list(h264.payloads(units))
        assert all(len(front) + len(body) <= h264.MAX_PAYLOAD for front, body in payloads)
        assert reassembled(payloads) == [bytes(unit) for unit in units]


@pytest.mark.parametrize(("profile", "bframes"), [("baseline", 0), ("main", 0), ("high", 2)])
def test_b_frames_are_seen_in_the_slices_and_in_the_parameter_sets(profile: str, bframes: int) -> None:
    made = [h264.units(memoryview(unit)) for unit in film(profile, bframes)]
    sets = h264.parameter_sets(made[0], None)
    assert sets is not None
    sps = h264.read_sps(sets.sps)
    assert (sps.width, sps.height) == (320, 192)
    assert any(map(h264.has_b_slices, made)) == (bframes > 0)
    assert sps.plays_in_browsers == (bframes == 0)


@pytest.mark.parametrize("size", [(1920, 1080), (640, 360), (322, 242)])
def test_a_size_is_read_with_its_cropping(size: tuple[int, int]) -> None:
    sets = h264.parameter_sets(h264.units(memoryview(film("high", 0, size=size, count=1)[0])), None)
    assert sets is not None
    sps = h264.read_sps(sets.sps)
    assert (sps.width, sps.height) == size


def test_a_keyframe_gets_the_parameter_sets_that_the_camera_only_said_in_its_sdp() -> None:
    units = h264.units(memoryview(film("main", 0, count=1)[0]))
    sets = h264.parameter_sets(units, None)
    bare = [unit for unit in units if h264.kinds([unit]) == h264.KEYFRAME]
    assert [h264.kinds([unit]) for unit in h264.complete(bare, sets)][:3] == [1 << 7, 1 << 8, 1 << 5]
    assert h264.complete(bare, None) == bare


def test_only_profiles_that_browsers_know_are_named() -> None:
    level = h264.Sps(66, 0x40, 31, 640, 360, True, False)
    assert level.profile_level_id == "42e01f"
    assert h264.Sps(100, 0, 40, 640, 360, True, None).profile_level_id == "640028"
    assert not h264.Sps(110, 0, 40, 640, 360, False, None).plays_in_browsers
    assert h264.is_absurd(16384, 8704)


@given(st.binary(max_size=400))
def test_no_bytes_of_a_camera_raise_anything_else(data: bytes) -> None:
    try:
        units = h264.units(memoryview(b"\0\0\1" + data))
        h264.has_b_slices(units)
        list(h264.payloads(units))
        h264.read_sps(b"\x67" + data)
    except h264.Unreadable:
        return


@pytest.mark.parametrize(
    ("wide", "fits"),
    [
        ((3840, 2160), (1280, 720)),
        ((640, 360), (640, 360)),
        ((1080, 1920), (404, 720)),
        ((4000, 2), (1280, 2)),
    ],
)
def test_what_is_converted_is_bounded(wide: tuple[int, int], fits: tuple[int, int]) -> None:
    assert convert.bounded(*wide) == fits
