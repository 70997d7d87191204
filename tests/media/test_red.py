"""Reading RFC 2198: what is there is found, what is hostile is refused without a sound."""

from hypothesis import given
from hypothesis import strategies as st

from media import red

# as Chromium forms it: the packet's own frame, and the one 960 samples before it
HEAD = bytes([0x80 | 111, 0x0F, 0x00, 0x03, 111])


@given(st.binary(max_size=100))
def test_no_bytes_make_it_raise_and_nothing_is_read_twice(payload: bytes) -> None:
    blocks = red.read(payload)
    if blocks is not None:
        assert 1 <= len(blocks) <= red.MAX_BLOCKS
        assert blocks[-1][0] == 0
        assert payload.endswith(b"".join(block for _, block in blocks))


def test_the_blocks_come_in_order_with_their_distance() -> None:
    assert red.read(HEAD + b"abcdef") == [(960, b"abc"), (0, b"def")]
    assert red.read(bytes([111]) + b"alone") == [(0, b"alone")]


def test_what_chromium_sends_is_read() -> None:
    recorded = bytes.fromhex("ef0f00036ff8fffef8fffe")  # Chromium 156, silence
    assert red.read(recorded) == [(960, b"\xf8\xff\xfe"), (0, b"\xf8\xff\xfe")]


def test_lengths_that_do_not_fit_are_refused() -> None:
    assert red.read(b"") is None
    assert red.read(HEAD[:3]) is None
    assert red.read(HEAD + b"ab") is None
    assert red.read(bytes([0xFF, 0, 0, 0]) * 9 + bytes([111])) is None
