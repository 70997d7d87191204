"""Receiver reports and requests for repeats."""

from hypothesis import given
from hypothesis import strategies as st

from media.reception import (
    FIRST_INTERVAL_S,
    LEAST_INTERVAL_S,
    MAX_ABSENT,
    MAX_GAP,
    MAX_MISSING,
    Came,
    Reception,
)


def feed(reception: Reception, sequences: list[int]) -> None:
    for n in sequences:
        reception.take(n & 0xFFFF, n * 3000, (n - sequences[0]) / 30)


def wanted(reception: Reception, now: float, *, rtt_s: float | None = None, loss: float = 0.0) -> list[int]:
    return reception.wanted(now, rtt_s, loss)


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 98), max_size=30))
def test_what_was_lost_is_reported(first: int, lost: set[int]) -> None:
    reception = Reception(1, 90_000, first)
    feed(reception, [first + n for n in range(100) if n not in lost])
    block = reception.block(9.0)
    assert block.lost == len(lost)
    assert block.fraction_lost == len(lost) * 256 // 100
    assert block.highest == first + 99


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 98), max_size=30))
def test_what_is_missing_is_asked_for_in_order(first: int, lost: set[int]) -> None:
    reception = Reception(1, 90_000, first, patience_s=9.0)
    feed(reception, [first + n for n in range(100) if n not in lost])
    assert wanted(reception, 5.0) == [(first + n) & 0xFFFF for n in sorted(lost)]
    assert reception.asked == len(lost)


@given(st.integers(0, 0xFFFF), st.lists(st.tuples(st.integers(-3000, 3000), st.booleans()), max_size=300))
def test_every_packet_counts_once_whatever_comes_and_nothing_grows(
    first: int, steps: list[tuple[int, bool]]
) -> None:
    reception = Reception(1, 90_000, first)
    news, at = 0, first
    for n, (step, repeat) in enumerate(steps):
        at += step
        came = reception.take(at & 0xFFFF, 0, n / 100, repeat=repeat)
        news += came is not Came.TWICE
        wanted(reception, n / 100, rtt_s=0.1, loss=0.3)
        assert len(reception._missing) <= MAX_MISSING
        assert len(reception._absent) <= MAX_ABSENT
    assert news == reception.received + reception.repaired
    assert reception.expected >= news
    assert reception.given_up <= reception.expected - news


def test_a_repeat_is_asked_for_no_more_once_it_came_and_is_no_proof_of_a_good_path() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, 1, 3])
    assert wanted(reception, 1.0) == [2]
    assert wanted(reception, 1.0 + FIRST_INTERVAL_S / 2) == []
    assert reception.take(2, 0, 1.1) is Came.LATE
    assert reception.repaired == 1
    assert not reception.waits
    assert wanted(reception, 1.5) == []
    assert reception.block(2.0).lost == 1


def test_what_overtook_is_neither_lost_nor_asked_for_at_once_again() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, 2])
    assert reception.take(1, 0, 0.07) is Came.LATE
    assert reception.block(0.1).lost == 0
    reception.take(4, 0, 0.2)
    assert wanted(reception, 0.2) == []
    assert wanted(reception, 0.23) == [3]


def test_a_packet_comes_once_by_whatever_way() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, 2])
    assert reception.lacks(1)
    assert reception.take(1, 0, 0.2, repeat=True) is Came.LATE
    assert not reception.lacks(1)
    assert reception.take(1, 0, 0.3) is Came.TWICE
    assert reception.take(2, 0, 0.3, repeat=True) is Came.TWICE
    assert reception.take(0xFFF0, 0, 0.3) is Came.TWICE  # from before the beginning


def test_a_repeat_may_be_the_first_that_is_seen_of_the_newest_packet() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0])
    assert reception.take(2, 0, 0.2, repeat=True) is Came.AHEAD
    assert wanted(reception, 0.2) == [1]
    assert reception.block(0.3).lost == 2


def test_a_packet_that_never_comes_is_given_up_and_a_keyframe_is_needed() -> None:
    reception = Reception(1, 90_000, 0, patience_s=2.0)
    feed(reception, [0, 2])
    asked = sum(len(wanted(reception, n / 10, rtt_s=0.1)) for n in range(1, 100))
    assert 10 <= asked <= 20
    assert reception.given_up == 1
    needed = [reception.waits_for_keyframe]
    reception.keyframe_began(3, 10.0)
    needed.append(reception.waits_for_keyframe)
    assert needed == [True, False]
    assert reception.take(1, 0, 10.0) is Came.LATE  # and is still welcome
    assert reception.given_up == 0


def test_a_newer_keyframe_ends_the_asking_sooner_and_its_own_packets_are_asked_for_on() -> None:
    reception = Reception(1, 90_000, 0, patience_s=2.0)
    for sequence in (0, 2, 4, 6):
        reception.take(sequence, 0, 0.0)
    reception.keyframe_began(4, 0.0)
    assert wanted(reception, 0.9) == [1, 3, 5]
    assert wanted(reception, 1.2) == [5]


def test_requests_follow_each_other_faster_where_they_get_lost() -> None:
    def asked(loss: float, rtt_s: float) -> int:
        reception = Reception(1, 90_000, 0, patience_s=1.0)
        feed(reception, [0, 2])
        return sum(len(wanted(reception, n / 100, rtt_s=rtt_s, loss=loss)) for n in range(100))

    assert asked(0.0, 0.5) == 2
    assert asked(0.1, 0.5) == 4
    assert asked(0.3, 0.5) >= 7
    assert asked(0.3, 0.001) <= 1 / LEAST_INTERVAL_S + 1


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, MAX_GAP + 50])
    assert wanted(reception, 9.0) == []
    assert reception.waits_for_keyframe


def test_the_latency_of_repeats_tells_the_round_trip() -> None:
    reception = Reception(1, 90_000, 0)
    for n in range(0, 60, 2):
        reception.take(n, 0, n / 10)
        wanted(reception, n / 10, rtt_s=9.0)
        reception.take(n - 1 & 0xFFFF, 0, n / 10 + 0.15)
    assert reception.latency_s is not None
    assert 0.14 < reception.latency_s < 0.16


def test_a_report_answers_the_senders_own() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0])
    reception.reported(0x0123456789ABCDEF, 10.0)
    block = reception.block(10.5)
    assert block.last_report == 0x456789AB
    assert block.delay == 0x8000
