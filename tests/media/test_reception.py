"""Receiver reports and requests for repeats."""

from hypothesis import given
from hypothesis import strategies as st

from media.reception import ASK_AGAIN_S, ASK_AT_MOST, MAX_MISSING, Reception


def feed(reception: Reception, sequences: list[int]) -> None:
    for n in sequences:
        reception.take(n & 0xFFFF, n * 3000, n / 30)


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
    reception = Reception(1, 90_000, first)
    feed(reception, [first + n for n in range(100) if n not in lost])
    assert reception.wanted(9e9) == [(first + n) & 0xFFFF for n in sorted(lost)]


def test_a_repeat_that_came_is_asked_for_no_more() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, 1, 3])
    assert reception.wanted(1.0) == [2]
    assert reception.wanted(1.0 + ASK_AGAIN_S / 2) == []
    reception.take(2, 0, 1.1)
    assert reception.wanted(2.0) == []
    assert reception.block(2.0).lost == 0


def test_a_packet_that_never_comes_is_given_up() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, 2])
    asked = sum(len(reception.wanted(n * 1.0)) for n in range(1, 100))
    assert asked == ASK_AT_MOST


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0, MAX_MISSING + 50])
    assert reception.wanted(9e9) == []


def test_a_report_answers_the_senders_own() -> None:
    reception = Reception(1, 90_000, 0)
    feed(reception, [0])
    reception.reported(0x0123456789ABCDEF, 10.0)
    block = reception.block(10.5)
    assert block.last_report == 0x456789AB
    assert block.delay == 0x8000
