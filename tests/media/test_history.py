"""What was sent lately can be sent again, byte for byte, and no more than that is kept."""

from hypothesis import given
from hypothesis import strategies as st

from media.history import SLOTS, History


@given(st.integers(0, 0xFFFF), st.integers(1, 3 * SLOTS))
def test_the_last_packets_are_there_and_older_ones_are_not(first: int, count: int) -> None:
    history = History()
    for n in range(count):
        history.put((first + n) & 0xFFFF, b"h%d" % n, b"p")
    for n in range(count):
        kept = history.get((first + n) & 0xFFFF)
        assert kept == (b"h%dp" % n if n >= count - SLOTS else None)


def test_what_was_never_sent_is_not_there() -> None:
    history = History()
    history.put(5, b"h", b"p")
    assert history.get(4) is None
    assert history.get(5 + SLOTS) is None
