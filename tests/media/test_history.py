"""What a feed carried lately can be sent again, and no more than that is kept."""

from hypothesis import given
from hypothesis import strategies as st

from media.history import SLOTS, History
from media.rtp import Codec, Kind, Packet

VP8 = Codec(Kind.VIDEO, "VP8", 90_000)


def packet(sequence: int) -> Packet:
    return Packet(VP8, False, sequence, 0, b"p%d" % sequence, False, None)


@given(st.integers(0, 1 << 20), st.integers(1, 3 * SLOTS))
def test_the_last_packets_are_there_and_older_ones_are_not(first: int, count: int) -> None:
    history = History()
    for n in range(first, first + count):
        history.put(packet(n))
    for n in range(first, first + count):
        kept = history.get(n)
        assert kept == (packet(n) if n >= first + count - SLOTS else None)


def test_what_never_came_is_not_there() -> None:
    history = History()
    history.put(packet(5))
    assert history.get(4) is None
    assert history.get(5 + SLOTS) is None
