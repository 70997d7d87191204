"""Reading RTP: what is there is found, what is hostile is refused without a sound."""

from struct import pack

from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from media import rtp


def packet(first: int = 0x80, second: int = 96, tail: bytes = b"abc") -> bytes:
    return pack("!BBHII", first, second, 7, 8, 9) + tail


@given(st.binary(max_size=80))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    header = rtp.parse(data)
    if header is not None:
        for wanted in range(16):
            rtp.extension(header.extensions, wanted, header.wide)


@given(st.binary(max_size=80), st.booleans())
def test_no_extension_makes_it_raise(body: bytes, wide: bool) -> None:
    for wanted in range(256):
        value = rtp.extension(body, wanted, wide)
        assert value is None or value in body


def test_a_plain_packet_is_read() -> None:
    header = rtp.parse(packet(second=0x80 | 96))
    assert header == rtp.Header(96, True, 7, 8, 9, b"", b"abc")


def test_padding_is_taken_off() -> None:
    header = rtp.parse(packet(0xA0, tail=b"abc\0\0\3"))
    assert header is not None
    assert header.payload == b"abc"


def test_padding_that_does_not_fit_is_refused() -> None:
    assert rtp.parse(packet(0xA0, tail=b"abc\0\0\x09")) is None
    assert rtp.parse(packet(0xA0, tail=b"abc\0")) is None


def test_contributing_sources_are_stepped_over() -> None:
    header = rtp.parse(packet(0x82, tail=bytes(8) + b"x"))
    assert header is not None
    assert header.payload == b"x"
    assert rtp.parse(packet(0x8F)) is None


def test_an_extension_is_found_by_its_id() -> None:
    body = bytes([0, 3 << 4 | 1, 0xAB, 0xCD, 5 << 4, 0x02, 0, 0])
    header = rtp.parse(packet(0x90, tail=pack("!HH", 0xBEDE, 2) + body + b"x"))
    assert header is not None
    assert rtp.extension(header.extensions, 3) == b"\xab\xcd"
    assert rtp.extension(header.extensions, 5) == b"\x02"
    assert rtp.extension(header.extensions, 4) is None


def test_an_extension_of_the_two_byte_form_is_found_by_its_id() -> None:
    body = bytes([0, 3, 2, 0xAB, 0xCD, 200, 0, 15, 1, 0x02, 0, 0])
    header = rtp.parse(packet(0x90, tail=pack("!HH", 0x1005, 3) + body + b"x"))
    assert header is not None
    assert header.payload == b"x"
    assert [rtp.extension(header.extensions, n, header.wide) for n in (3, 200, 15, 4)] == [
        b"\xab\xcd",
        b"",
        b"\x02",
        None,
    ]
    assert rtp.extension(bytes([3, 9, 1]), 3, True) is None
    assert rtp.extension(bytes([3]), 3, True) is None


def test_a_cut_extension_is_no_extension() -> None:
    assert rtp.parse(packet(0x90, tail=pack("!HH", 0xBEDE, 9))) is None
    assert rtp.extension(bytes([3 << 4 | 15, 1, 2]), 3) is None


@given(
    st.integers(0, 127).filter(lambda pt: not 64 <= pt <= 95),
    st.booleans(),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=40),
)
def test_what_aiortc_writes_is_read_the_same(
    payload_type: int, marker: bool, sequence: int, timestamp: int, payload: bytes
) -> None:
    written = RtpPacket(payload_type, int(marker), sequence, timestamp, 77, payload).serialize()
    assert rtp.parse(written) == rtp.Header(payload_type, marker, sequence, timestamp, 77, b"", payload)


@given(st.integers(0, 0xFFFF), st.integers(-0x7FFF, 0x7FFF))
def test_the_distance_of_two_sequence_numbers_goes_through_the_wrap(number: int, ahead: int) -> None:
    assert rtp.difference((number + ahead) & 0xFFFF, number) == ahead
