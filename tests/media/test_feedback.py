"""Bandwidth feedback: transport-wide reports read back by a reader of their own."""

from struct import unpack_from

from hypothesis import given
from hypothesis import strategies as st

from media.feedback import Arrivals, LossEstimate


def read(report: bytes) -> tuple[int, dict[int, int | None], int]:
    """Base, statuses (ticks of 250 µs, None for lost) and feedback count, by the draft's section 3.1."""
    first, kind, words, _sender, _media, base, count, reference = unpack_from("!BBHIIHHI", report)
    assert first & 0x1F == 15
    assert kind == 205
    assert len(report) == 4 + 4 * words
    end = len(report) - (report[-1] if first & 0x20 else 0)
    at, symbols = 20, list[int]()
    while len(symbols) < count:
        (chunk,) = unpack_from("!H", report, at)
        at += 2
        if chunk >> 15 == 0:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    now, statuses = (reference >> 8) * 256, dict[int, int | None]()
    for offset, symbol in enumerate(symbols[:count]):
        number = (base + offset) & 0xFFFF
        if symbol == 0:
            statuses[number] = None
            continue
        delta = report[at] if symbol == 1 else unpack_from("!h", report, at)[0]
        at += symbol
        now += delta
        statuses[number] = now
    assert at == end
    return base, statuses, reference & 0xFF


def test_packets_that_came_are_reported_with_their_times() -> None:
    arrivals = Arrivals()
    for n in range(20):
        arrivals.take(n, 100 + n * 0.001)
    (report,) = arrivals.reports(1, 2)
    base, statuses, count = read(report)
    assert (base, count) == (0, 0)
    assert [at is not None for at in statuses.values()] == [True] * 20
    assert statuses[19] == int(100.019 / 0.00025)


def test_nothing_new_is_no_report() -> None:
    arrivals = Arrivals()
    assert list(arrivals.reports(1, 2)) == []
    arrivals.take(5, 1.0)
    assert len(list(arrivals.reports(1, 2))) == 1
    assert list(arrivals.reports(1, 2)) == []


def test_a_loss_between_two_reports_is_reported() -> None:
    arrivals = Arrivals()
    arrivals.take(0, 1.0)
    list(arrivals.reports(1, 2))
    arrivals.take(3, 1.05)
    (report,) = arrivals.reports(1, 2)
    base, statuses, count = read(report)
    assert (base, count) == (1, 1)
    assert [statuses[n] is not None for n in (1, 2, 3)] == [False, False, True]


def test_a_packet_that_came_after_its_report_is_reported_again() -> None:
    arrivals = Arrivals()
    for n in (0, 1, 3):
        arrivals.take(n, 1.0 + n / 1000)
    list(arrivals.reports(1, 2))
    arrivals.take(2, 1.01)
    (report,) = arrivals.reports(1, 2)
    base, statuses, _ = read(report)
    assert base == 2
    assert all(at is not None for at in statuses.values())
    assert set(statuses) == {2, 3}


def test_a_long_pause_begins_another_report() -> None:
    arrivals = Arrivals()
    arrivals.take(0, 1.0)
    arrivals.take(1, 60.0)
    reports = [read(report) for report in arrivals.reports(1, 2)]
    assert [base for base, _, _ in reports] == [0, 1]


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 40_000), st.booleans()), min_size=1, max_size=200),
)
def test_every_arrival_is_reported_once_at_its_time(first: int, steps: list[tuple[int, int, bool]]) -> None:
    """Steps of sequence numbers (gaps are losses) and of 250 µs, with reports taken now and then."""
    arrivals, came, told = Arrivals(), dict[int, int](), dict[int, int]()
    number, ticks = first, 4000

    def tell() -> None:
        for report in arrivals.reports(1, 2):
            assert len(report) <= 1400 * 2
            for reported, at in read(report)[1].items():
                if at is not None:
                    told[reported] = at

    for step, pause, then in steps:
        number, ticks = number + step, ticks + pause
        arrivals.take(number & 0xFFFF, (ticks + 0.5) * 0.00025)
        came[number & 0xFFFF] = ticks
        if then:
            tell()
    tell()
    if number - first < 0x8000:
        assert told == came


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 1e6)), max_size=300))
def test_no_order_of_numbers_and_times_makes_it_raise(seen: list[tuple[int, float]]) -> None:
    arrivals = Arrivals()
    for n, (sequence, now) in enumerate(seen):
        arrivals.take(sequence, now)
        if n % 7 == 0:
            for report in arrivals.reports(1, 2):
                read(report)


def test_the_ceiling_rises_while_it_is_used_and_falls_with_loss() -> None:
    estimate = LossEstimate(1_000_000, 2_000_000)
    assert estimate.second(900_000, 0.0) == 1_100_000
    assert estimate.second(100_000, 0.0) == 1_100_000
    assert estimate.second(900_000, 0.5) == 825_000
    for _ in range(50):
        estimate.second(2_000_000, 0.0)
    assert estimate.bitrate_bps == 2_000_000


@given(st.sets(st.integers(1, 300), max_size=200), st.integers(0, 0xFFFF))
def test_a_lenient_report_says_nothing_of_what_was_lost(lost: set[int], first: int) -> None:
    arrivals = Arrivals()
    arrivals.lenient = True
    came = [n for n in range(302) if n not in lost]
    told = dict[int, int | None]()
    for at, n in enumerate(came):
        arrivals.take((first + n) & 0xFFFF, 100 + n * 0.001)
        if at % 50 == 49 or n == came[-1]:
            for report in arrivals.reports(1, 2):
                told |= read(report)[1]
    assert set(told) == {(first + n) & 0xFFFF for n in came}
    assert None not in told.values()
