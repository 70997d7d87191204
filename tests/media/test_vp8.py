"""VP8's descriptor: read as RFC 7741 has it, written with other numbers, running on through publishers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.vp8 import Descriptor, Pictures, read, write


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x10\x00", Descriptor(1, True, True, None, False, None, 0, False, False)),
        (b"\x10\x01", Descriptor(1, True, False, None, False, None, 0, False, False)),
        (b"\x00\x00", Descriptor(1, False, False, None, False, None, 0, False, False)),
        (b"\x90\x80\x05\x00", Descriptor(3, True, True, 5, False, None, 0, False, False)),
        (b"\x90\x80\x85\x05\x01", Descriptor(4, True, False, 0x505, True, None, 0, False, False)),
        (b"\x90\xe0\x85\x05\x07\x20\x00", Descriptor(6, True, True, 0x505, True, 7, 0, True, True)),
        (b"\x80\xe0\x85\x05\x07\x80\x00", Descriptor(6, False, False, 0x505, True, 7, 2, False, True)),
        (b"\x90\xe0\x05\x07\x60\x01", Descriptor(5, True, False, 5, False, 7, 1, True, True)),
        (b"\x90\x20\x40\x01", Descriptor(3, True, False, None, False, None, 1, False, True)),
        (b"\x90\x10\x05\x01", Descriptor(3, True, False, None, False, None, 0, False, False)),  # K alone
        (b"\x90\x40\x07\x01", Descriptor(3, True, False, None, False, 7, 0, False, False)),
        (b"\x90\xe0\x85\x05\x07\x20", None),  # nothing after it
        (b"\x90\xe0\x85", None),
        (b"\x90\x80", None),
        (b"\x10", None),
        (b"", None),
    ],
)
def test_a_descriptor_is_read_field_by_field(payload: bytes, expected: Descriptor | None) -> None:
    assert read(payload) == expected


@settings(deadline=None)
@given(st.binary(max_size=12))
def test_no_payload_makes_it_raise_or_reach_beyond_its_end(payload: bytes) -> None:
    descriptor = read(payload)
    if descriptor is not None:
        assert 1 <= descriptor.size < len(payload)


@settings(deadline=None)
@given(st.binary(min_size=7, max_size=12), st.integers(0, 1 << 20), st.integers(0, 1 << 10))
def test_what_is_written_reads_back_with_nothing_else_changed(payload: bytes, picture: int, tl0: int) -> None:
    before = read(payload)
    if before is None or before.picture is None:
        return
    head = write(payload, before, picture, None if before.tl0 is None else tl0)
    after = read(head + payload[before.size :])
    assert after is not None
    assert after.size == len(head)
    assert (after.picture, after.wide) == (picture % 0x8000, True)
    assert after.tl0 == (None if before.tl0 is None else tl0 % 0x100)
    for field in ("start", "keyframe", "tid", "sync", "layered"):
        assert getattr(after, field) == getattr(before, field)


def packet(picture: int, tl0: int, *, wide: bool = True) -> bytes:
    shown = (0x8000 | picture % 0x8000).to_bytes(2) if wide else bytes([picture % 0x80])
    return b"\x90\xe0" + shown + bytes([tl0 % 0x100, 0x20]) + b"\x01frame"


def placed(pictures: Pictures, payload: bytes) -> tuple[bytes, Descriptor]:
    descriptor = read(payload)
    assert descriptor is not None
    payload, descriptor = pictures.place(payload, descriptor)
    assert read(payload) == descriptor
    assert payload.endswith(b"\x01frame")
    return payload, descriptor


def test_the_first_publishers_packets_go_as_they_are() -> None:
    pictures, payload = Pictures(), packet(0x7FFF, 255)
    assert placed(pictures, payload)[0] is payload


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(1, 300), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
def test_every_publisher_goes_on_where_the_last_one_stopped(lives: list[tuple[int, int, int, bool]]) -> None:
    pictures, last = Pictures(), None
    for picture, tl0, count, wide in lives:
        pictures.begin()
        for n in range(count):
            _, descriptor = placed(pictures, packet(picture + n, tl0 + n, wide=wide))
            assert descriptor.picture is not None
            assert descriptor.tl0 is not None
            if last is not None:
                assert (descriptor.picture - last[0]) % 0x8000 == 1
                assert (descriptor.tl0 - last[1]) % 0x100 == 1
            last = descriptor.picture, descriptor.tl0


def test_a_late_packet_and_a_repeat_keep_their_place() -> None:
    pictures = Pictures()
    placed(pictures, packet(10, 3))
    pictures.begin()
    order = [0x7FFE, 0x8000, 0x7FFF, 0x7FFE, 0x8001]
    shown = [placed(pictures, packet(n, n - 0x7FFE))[1] for n in order]
    assert [d.picture for d in shown] == [11, 13, 12, 11, 14]
    assert [d.tl0 for d in shown] == [4, 6, 5, 4, 7]


def test_without_picture_ids_nothing_is_changed() -> None:
    pictures, payload = Pictures(), b"\x10\x01\x00"
    descriptor = read(payload)
    assert descriptor is not None
    assert pictures.place(payload, descriptor) == (payload, descriptor)
