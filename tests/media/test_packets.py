"""Packets that Chromium sent are read as what they are."""

from itertools import pairwise
from pathlib import Path

import pytest

from media import red, rtp, vp8
from media.keyframe import begins_keyframe
from media.rtp import Codec, Header, Kind

PACKETS = Path(__file__).parent.parent / "packets"
RED = 63


def recorded(name: str) -> list[Header]:
    lines = (PACKETS / f"chromium-{name}.txt").read_text().splitlines()
    headers = [rtp.parse(bytes.fromhex(line)) for line in lines if not line.startswith("#")]
    assert None not in headers
    return [header for header in headers if header is not None]


@pytest.mark.parametrize(("name", "codec"), [("vp9", "VP9"), ("h264", "H264"), ("vp8", "VP8")])
def test_a_recorded_stream_begins_with_a_keyframe_and_the_pictures_after_it_are_none(
    name: str, codec: str
) -> None:
    picture = [header for header in recorded(name) if header.payload_type != RED]
    assert len(picture) >= 10

    def begins(header: Header) -> bool:
        if codec == "VP8":
            descriptor = vp8.read(header.payload)
            return descriptor is not None and descriptor.keyframe
        return begins_keyframe(Codec(Kind.VIDEO, codec, 90_000), header.payload)

    first = picture[0].timestamp
    assert begins(picture[0])
    later = [header for header in picture if header.timestamp != first]
    assert later
    assert not any(begins(header) for header in later)
    assert {header.ssrc for header in picture} == {picture[0].ssrc}


def test_every_recorded_packet_has_a_number_for_the_bandwidth_feedback() -> None:
    for name in ("vp8", "vp9", "h264"):
        numbers = {
            rtp.extension(header.extensions, number, header.wide)
            for header in recorded(name)
            for number in (3, 4)
        }
        assert len([value for value in numbers if value is not None and len(value) == 2]) >= 12


def test_recorded_speech_carries_the_packet_before_it() -> None:
    speech = [header for header in recorded("vp8") if header.payload_type == RED]
    blocks = [red.read(header.payload) for header in speech]
    assert len(blocks) > 5
    for earlier, later in pairwise(blocks):
        assert earlier is not None
        assert later is not None
        if len(later) > 1:
            assert later[-2] == (960, earlier[-1][1])
