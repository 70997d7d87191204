"""Hand-overs: the next one leaves in time, and a gap is said before it is there."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.model.handovers import OVERLAP, Relief, relay
from backend.model.ids import DroneId
from tests.backend.docked import NOW


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def relief(name: str, to_scene_s: float, stays_min: float) -> Relief:
    return Relief(drone_id=DroneId(name), to_scene_s=to_scene_s, stays_s=stays_min * 60)


def test_the_next_leaves_so_that_both_are_there_for_a_moment() -> None:
    (shift,), words = relay(at(10), [relief("a", 90, 20)], NOW, at(25))
    assert shift.on_scene_at == at(10) - OVERLAP
    assert shift.launch_at == shift.on_scene_at - timedelta(seconds=90)
    assert (shift.gap_s, words) == (0, None)


def test_who_stays_longest_is_next_and_the_others_follow() -> None:
    shifts, words = relay(at(10), [relief("a", 30, 8), relief("b", 90, 20), relief("c", 60, 15)], NOW, at(60))
    assert [shift.drone_id for shift in shifts] == ["b", "c", "a"]
    assert words is not None
    assert "there is no drone to take over" in words


def test_when_none_can_be_there_in_time_the_first_is_sent_at_once_and_the_gap_is_said() -> None:
    (shift, _), words = relay(at(1), [relief("a", 200, 20), relief("b", 90, 5)], NOW, at(20))
    assert (shift.drone_id, shift.launch_at, shift.gap_s) == ("b", NOW, 30)
    assert words is not None
    assert "for 30 s before" in words


@given(
    st.floats(0, 30),
    st.lists(st.tuples(st.floats(20, 400), st.floats(0, 30)), max_size=6),
    st.floats(0, 120),
)
def test_nobody_leaves_before_the_next_is_there_or_it_is_said(
    leaves: float, others: list[tuple[float, float]], until: float
) -> None:
    reliefs = [relief(str(number), *one) for number, one in enumerate(others)]
    shifts, words = relay(at(leaves), reliefs, NOW, at(until))
    last, silent = at(leaves), True
    for shift in shifts:
        assert shift.launch_at >= NOW - timedelta(milliseconds=1)
        gap = max(0.0, (shift.on_scene_at - last).total_seconds())
        assert shift.gap_s == gap
        silent &= gap == 0
        assert shift.leaves_at > last
        last = shift.leaves_at
    assert (words is None) == (silent and last >= at(until))
    assert len({shift.drone_id for shift in shifts}) == len(shifts)
