"""What one wake-up sends: a burst in one piece is what its packets would be one by one."""

from collections.abc import Sequence
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from media import outbox, rtc
from media.batch import Run, Slots
from media.burst import Burst
from media.outbox import Outbox, cut
from media.rewrite import Outgoing
from media.rtp import Codec, Kind, Packet
from media.stats import Drop, Drops

VP8 = Codec(Kind.VIDEO, "VP8", 90_000)


class Way:
    """Keeps what would be sent."""

    gathers = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None:
        for _, first, count, _ in runs:
            for n in range(first, first + count):
                self.sent.append(bytes(slots.view[n * slots.room : n * slots.room + slots.sizes[n]]))


class Tag:
    """Encrypts nothing, and adds a tag as encryption does."""

    def protect_slots(self, slots: Slots, first: int, end: int) -> None:
        for n in range(first, end):
            at = n * slots.room + slots.sizes[n]
            slots.view[at : at + 4] = b"tag."
            slots.sizes[n] += 4


def packet(n: int, size: int, marker: bool, turned: int | None) -> Packet:
    return Packet(VP8, marker, 70_000 + n, 3000 * n, bytes([n]) * size, False, turned)


@given(
    st.lists(
        st.tuples(st.integers(0, 1400), st.booleans(), st.sampled_from([None, 0, 1])), min_size=1, max_size=64
    ),
    st.booleans(),
    st.booleans(),
)
def test_a_burst_is_what_its_packets_are(
    shapes: list[tuple[int, bool, int | None]], timed: bool, turns: bool
) -> None:
    packets = [packet(n, *shape) for n, shape in enumerate(shapes)]
    out = Outgoing(
        77, first_sequence=65_530, first_timestamp=1 << 31, orientation_id=4 * turns, time_id=3 * timed
    )
    out.begin(packets[0])
    ways = Way(), Way()
    one, many = (Outbox(way, Drops(), Slots(outbox.SLOTS, outbox.ROOM)) for way in ways)
    keys = cast("rtc.Srtp", Tag())
    made = one.send_burst(keys, "there", Burst(packets), out, 96, 12_345)
    parts = [(out.header(p, p.sequence + out.sequence_offset, 96, 12_345), p.payload) for p in packets]
    assert made == many.send(keys, "there", parts)
    assert ways[0].sent == ways[1].sent == [head + payload + b"tag." for head, payload in parts]


def test_a_packet_that_is_too_long_is_left_out_of_its_burst() -> None:
    way, drops = Way(), Drops()
    out = Outgoing(77, first_sequence=1, first_timestamp=0, orientation_id=0)
    packets = [packet(0, 10, False, None), packet(1, 3000, False, None), packet(2, 20, True, None)]
    one = Outbox(way, drops, Slots(outbox.SLOTS, outbox.ROOM))
    made = one.send_burst(cast("rtc.Srtp", Tag()), "there", Burst(packets), out, 96, 0)
    assert made == (2, 26 + 36, 30)
    assert [datagram[12] for datagram in way.sent] == [0, 2]
    assert drops[Drop.TOO_LONG] == 1


@given(st.lists(st.integers(0, 2000), max_size=80))
def test_runs_hold_all_that_has_a_size_and_the_kernel_can_cut_them(sizes: list[int]) -> None:
    runs, count, total = cut(tuple(sizes))
    held = []
    for first, many, size in runs:
        part = sizes[first : first + many]
        held += part
        assert all(each == size for each in part[:-1])
        assert 0 < part[-1] <= size
        assert many <= 64
        assert sum(part) <= 65_000
    assert held == [size for size in sizes if size]
    assert (count, total) == (len(held), sum(held))
