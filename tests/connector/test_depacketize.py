"""A camera's RTP packets put together again: what we cut ourselves, and what cameras do otherwise."""

import struct
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from media.connector import h264
from media.connector.depacketize import Depacketizer

KIND = 96
SPS, PPS = b"\x67\x42\xc0\x1e\xaa", b"\x68\xce\x3c\x80"
Taken = tuple[list[bytes], int]


class Reader:
    """A depacketizer and what it has finished: units and ticks."""

    def __init__(self) -> None:
        self.pictures: list[Taken] = []
        self.packets = Depacketizer(KIND, self._finished)

    def _finished(self, units: list[h264.Unit], ticks: int, size: int) -> None:
        assert size == sum(len(unit) for unit in units)
        self.pictures.append(([bytes(unit) for unit in units], ticks))

    def take(self, *packets: bytes) -> None:
        for packet in packets:
            around = memoryview(b"before" + packet + b"behind")
            self.packets.take(around, 6, 6 + len(packet))


def rtp(payload: bytes, sequence: int, timestamp: int, *, marker: bool = False, first: int = 0x80) -> bytes:
    second = KIND | 0x80 if marker else KIND
    header = struct.pack("!BBHII", first, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7)
    return header + payload


def film(
    pictures: Iterable[list[bytes]], sequence: int = 65530, timestamp: int = 2**32 - 3000
) -> list[bytes]:
    """Each picture's units cut as they are for the engine, numbers and timestamps running over."""
    packets = []
    for units in pictures:
        payloads = h264.payloads([memoryview(unit) for unit in units])
        for n, (front, body) in enumerate(payloads):
            last = n == len(payloads) - 1
            packets.append(rtp(front + bytes(body), sequence, timestamp, marker=last))
            sequence += 1
        timestamp += 3000
    return packets


def slice_of(size: int, *, key: bool = False, goes_on: bool = False) -> bytes:
    return (b"\x65" if key else b"\x41") + (b"\x11" if goes_on else b"\x9a") + b"\x55" * (size - 2)


def test_what_was_cut_is_whole_again_and_time_runs_on() -> None:
    pictures = [
        [SPS, PPS, slice_of(9000, key=True)],
        [slice_of(700)],
        [slice_of(4000), slice_of(3000, goes_on=True)],
    ]
    reader = Reader()
    reader.take(*film(pictures))
    assert [units for units, _ in reader.pictures] == pictures
    began = reader.pictures[0][1]
    assert [ticks - began for _, ticks in reader.pictures] == [0, 3000, 6000]
    assert reader.packets.lost == 0


def test_a_lost_fragment_costs_its_unit_alone() -> None:
    packets = film([[slice_of(5000), slice_of(800, goes_on=True)], [slice_of(300)]])
    reader = Reader()
    reader.take(*packets[:2], *packets[3:])
    assert [units for units, _ in reader.pictures] == [[slice_of(800, goes_on=True)], [slice_of(300)]]
    assert reader.packets.lost == 1


def test_a_camera_without_markers_is_cut_by_its_timestamps() -> None:
    reader = Reader()
    for n in range(3):
        reader.take(rtp(slice_of(100 + n), n, n * 3000))
    assert [len(units[0]) for units, _ in reader.pictures] == [100, 101]


def test_a_camera_that_marks_every_slice_is_seen_through() -> None:
    reader = Reader()
    for n in range(4):
        for part in range(2):
            reader.take(rtp(slice_of(50, goes_on=part == 1), 2 * n + part, n * 3000, marker=True))
    whole = [slice_of(50), slice_of(50, goes_on=True)]
    assert [units for units, _ in reader.pictures][-2:] == [whole, whole]


def test_padding_extensions_and_misplaced_start_codes_are_read() -> None:
    reader = Reader()
    inside = b"\0\0\0\1".join((SPS, PPS, slice_of(60, key=True)))
    extension = b"\xbe\xde\x00\x01\x10\xff\x00\x00"
    reader.take(
        rtp(b"\1\2\3\4" + extension + inside + b"\0\0\3", 0, 0, marker=True, first=0x80 | 0x20 | 0x10 | 1)
    )
    assert reader.pictures[0][0] == [SPS, PPS, slice_of(60, key=True)]


def test_other_payload_types_and_delimiters_are_nothing() -> None:
    reader = Reader()
    reader.take(rtp(b"\x09\xf0", 0, 0))
    stranger = bytearray(rtp(slice_of(50), 1, 0, marker=True))
    stranger[1] = 0x80 | 97
    reader.take(bytes(stranger), rtp(slice_of(40), 1, 0, marker=True))
    assert reader.pictures == [([slice_of(40)], 0)]


def test_a_unit_without_end_ends() -> None:
    reader = Reader()
    try:
        for n in range(10_000):
            reader.take(rtp(bytes((0x7C, 0x85 if n == 0 else 0x05)) + b"\x55" * 1386, n, 0))
    except h264.Unreadable:
        return
    raise AssertionError("it took all of it")


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 255), st.booleans()), max_size=12))
def test_no_packets_raise_anything_else(parts: list[tuple[bytes, int, bool]]) -> None:
    reader = Reader()
    try:
        for n, (payload, first, marker) in enumerate(parts):
            reader.take(rtp(payload, n, n // 3 * 3000, marker=marker, first=0x80 | first & 0x3F), payload)
    except h264.Unreadable:
        return
