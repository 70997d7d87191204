"""The running line: whatever publishers do, a subscriber's numbers run on."""

from struct import unpack_from

from hypothesis import given
from hypothesis import strategies as st

from media.rewrite import MAX_REORDER, Outgoing, Timeline
from media.rtp import Codec, Header, Kind, Packet

VP8 = Codec(Kind.VIDEO, "VP8", 90_000)


def header(sequence: int, timestamp: int = 0, payload: bytes = b"x") -> Header:
    return Header(96, False, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 1, b"", payload)


def begun(sequence: int, timestamp: int = 0) -> Timeline:
    timeline = Timeline(90_000)
    timeline.begin(header(sequence, timestamp), 0.0)
    assert timeline.place(header(sequence, timestamp), 0.0) is not None
    return timeline


@given(st.integers(0, 0xFFFF), st.integers(1, 3000))
def test_numbers_run_on_through_the_wrap(first: int, count: int) -> None:
    timeline = begun(first)
    placed = [timeline.place(header(first + n), 0.0) for n in range(1, count)]
    assert [place and place[0] for place in placed] == list(range(1, count))


@given(st.integers(0, 0xFFFF), st.permutations(range(1, 40)))
def test_reordered_packets_keep_their_order_on_the_line(first: int, order: list[int]) -> None:
    timeline = begun(first)
    for n in order:
        place = timeline.place(header(first + n), 0.0)
        assert place is not None
        assert place[0] == n


@given(st.integers(0, 0xFFFF), st.lists(st.booleans(), min_size=1, max_size=400))
def test_empty_packets_leave_no_gap(first: int, empty: list[bool]) -> None:
    timeline = begun(first)
    placed = []
    for n, is_empty in enumerate(empty, 1):
        place = timeline.place(header(first + n, payload=b"" if is_empty else b"x"), 0.0)
        assert (place is None) == is_empty
        if place is not None:
            placed.append(place[0])
    assert placed == list(range(1, len(placed) + 1))


def test_thousands_of_probes_do_not_pile_up() -> None:
    timeline = begun(0)
    for n in range(1, 20_000):
        timeline.place(header(n, payload=b""), 0.0)
    assert timeline.place(header(20_000), 0.0) == (1, 0)
    assert len(timeline._left_out) <= 2 * MAX_REORDER + 1


def test_a_packet_that_a_probe_overtook_has_its_place() -> None:
    timeline = begun(10)
    assert timeline.place(header(12, payload=b""), 0.0) is None
    assert timeline.place(header(13), 0.0) == (2, 0)
    assert timeline.place(header(11), 0.0) == (1, 0)


def test_what_is_older_than_the_beginning_or_too_late_has_no_place() -> None:
    timeline = begun(100)
    assert timeline.place(header(99), 0.0) is None
    for n in range(101, 101 + 3 * MAX_REORDER):
        timeline.place(header(n), 0.0)
    assert timeline.place(header(101), 0.0) is None


@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.integers(1, 50)),
        min_size=2,
        max_size=6,
    )
)
def test_every_new_publisher_goes_on_where_the_last_one_stopped(lives: list[tuple[int, int, int]]) -> None:
    timeline, now, expected, last = Timeline(90_000), 0.0, 0, None
    for sequence, timestamp, count in lives:
        timeline.close()
        timeline.begin(header(sequence, timestamp), now)
        for n in range(count):
            place = timeline.place(header(sequence + n, timestamp + n * 3000), now)
            assert place is not None
            assert place[0] == expected
            if last is not None:
                assert 0 < (place[1] - last) & 0xFFFFFFFF < 0x80000000
            expected, last = expected + 1, place[1]
            now += 1 / 30
        now += 0.7


def test_a_pause_between_publishers_is_as_long_as_it_was() -> None:
    timeline = begun(1, 500)
    timeline.close()
    timeline.begin(header(7000, 99), 2.0)
    assert timeline.place(header(7000, 99), 2.0) == (1, 180_000)


def packet(sequence: int, timestamp: int = 0, orientation: int | None = None) -> Packet:
    return Packet(VP8, True, sequence, timestamp, b"payload", True, orientation)


def outgoing(orientation_id: int = 0) -> Outgoing:
    return Outgoing(0xABCD, first_sequence=100, first_timestamp=5000, orientation_id=orientation_id)


def test_a_subscriber_begins_at_its_own_numbers() -> None:
    out = outgoing()
    out.begin(packet(70_000, 123))
    next_one = packet(70_001, 133)
    number = next_one.sequence + out.sequence_offset
    made = out.header(next_one, number, 101, 0)
    assert number == 101
    assert unpack_from("!BBHII", made) == (0x80, 0x80 | 101, 101, 5010, 0xABCD)


def test_a_repeat_has_an_ssrc_of_its_own_and_the_same_moment() -> None:
    out = outgoing()
    out.begin(packet(0, 7))
    assert unpack_from("!BBHII", out.header(packet(0, 7), 9, 97, 0, ssrc=5)) == (0x80, 0x80 | 97, 9, 5000, 5)


def test_the_time_of_sending_is_told_where_it_is_agreed() -> None:
    out = Outgoing(1, first_sequence=0, first_timestamp=0, orientation_id=11, time_id=3)
    out.begin(packet(0))
    assert out.header(packet(0), 0, 96, 0xABCDEF)[12:] == bytes.fromhex("bede0001 32abcdef")
    both = out.header(packet(0, orientation=2), 0, 96, 0xABCDEF)
    assert both[12:] == bytes.fromhex("bede0002 32abcdef b0020000")


def test_the_rotation_travels_under_the_subscribers_own_id() -> None:
    out = outgoing(orientation_id=11)
    out.begin(packet(0))
    made = out.header(packet(0, orientation=3), 0, 96, 0)
    assert made[0] == 0x90
    assert made[12:] == bytes([0xBE, 0xDE, 0, 1, 11 << 4, 3, 0, 0])


def test_the_rotation_is_left_out_for_who_did_not_agree() -> None:
    out = outgoing()
    out.begin(packet(0))
    made = out.header(packet(0, orientation=3), 0, 96, 0)
    assert len(made) == 12
