"""Keyframes: recognised in VP8 and H.264, asked for at once and then at most twice a second."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import vp8
from media.keyframe import KeyframeRequests, begins_keyframe
from media.rtp import Codec, Kind

VP8 = Codec(Kind.VIDEO, "VP8", 90_000)
H264 = Codec(Kind.VIDEO, "H264", 90_000)
OPUS = Codec(Kind.AUDIO, "opus", 48_000)


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"\x10\x00\x00", True),  # the plainest descriptor
        (b"\x10\x01\x00", False),  # P: an inter frame
        (b"\x00\x00\x00", False),  # goes on with a partition
        (b"\x11\x00\x00", False),  # another partition
        (b"\x90\x80\x05\x00", True),  # seven-bit picture id
        (b"\x90\x80\x85\x05\x00", True),  # fifteen-bit picture id
        (b"\x90\xe0\x85\x05\x01\x20\x00", True),  # with TL0PICIDX and temporal layer
        (b"\x90\xe0\x85\x05\x01\x20\x01", False),
        (b"\x90\x80", False),  # cut
        (b"", False),
    ],
)
def test_a_vp8_keyframe_is_told_by_its_first_packet(payload: bytes, begins: bool) -> None:
    descriptor = vp8.read(payload)
    assert (descriptor is not None and descriptor.keyframe) is begins


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"\x67\x42", True),  # sequence parameter set
        (b"\x65\x88", True),  # IDR slice
        (b"\x41\x9a", False),
        (b"\x68\xce", False),  # a picture parameter set alone
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),  # STAP-A
        (b"\x78\x00\x02\x41\x42\x00\x02\x06\xce", False),
        (b"\x7c\x85\x00", True),  # FU-A, start of an IDR slice
        (b"\x7c\x05\x00", False),  # FU-A, its middle
        (b"\x7c\x81\x00", False),
        (b"\x78\x00", False),
        (b"", False),
    ],
)
def test_an_h264_keyframe_is_told_by_its_first_packet(payload: bytes, begins: bool) -> None:
    assert begins_keyframe(H264, payload) is begins


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (bytes([0x8C, 0x92, 0x34, 0x00]), True),  # I, B, E: a whole key picture without layers
        (bytes([0x88, 0x12, 0x00]), True),  # a picture id of seven bits
        (bytes([0x08, 0x00]), True),
        (bytes([0xCC, 0x92, 0x34, 0x00]), False),  # P: predicted from another
        (bytes([0x84, 0x92, 0x34, 0x00]), False),  # not the beginning
        (bytes([0xA8, 0x92, 0x34, 0x00, 0x00]), True),  # lowest spatial layer
        (bytes([0xA8, 0x92, 0x34, 0x02, 0x00]), False),  # the one above it
        (bytes([0x88, 0x92, 0x34]), False),  # nothing after the descriptor
        (bytes([0x88]), False),
    ],
)
def test_a_vp9_keyframe_is_told_by_its_first_packet(payload: bytes, begins: bool) -> None:
    assert begins_keyframe(Codec(Kind.VIDEO, "VP9", 90_000), payload) is begins


@given(st.binary(max_size=40))
def test_no_payload_makes_it_raise(payload: bytes) -> None:
    begins_keyframe(H264, payload)
    begins_keyframe(Codec(Kind.VIDEO, "VP9", 90_000), payload)
    assert begins_keyframe(OPUS, payload)


def test_the_first_wish_is_carried_at_once() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0.0)
    requests.want()
    assert requests.due(0.0)


@given(st.lists(st.floats(0, 10), max_size=200))
def test_a_crowd_costs_two_keyframes_a_second(wishes: list[float]) -> None:
    requests, asked = KeyframeRequests(), []
    for now in sorted(wishes):
        requests.want()
        if requests.due(now):
            asked.append(now)
    assert all(b - a >= 0.5 for a, b in pairwise(asked))
    assert requests.total == len(asked)


def test_a_request_that_was_lost_is_repeated_until_a_keyframe_comes() -> None:
    requests = KeyframeRequests()
    requests.want()
    assert requests.due(0.0)
    assert not requests.due(0.4)
    assert requests.due(0.5)
    requests.arrived()
    assert not requests.due(5.0)
