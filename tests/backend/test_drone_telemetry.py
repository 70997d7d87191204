"""Telemetry: what cannot be is passed over, a lying battery is found out, the safest action is named."""

import math
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.model.telemetry import Action, Belief, Fault, Finding, Telemetry, judge, left_wh, safest, silence
from tests.backend.docked import FULL, HERE, NOW, QUAD, away

HOME_WH = 20.0
GOOD = Telemetry(
    clock_s=100,
    latitude=HERE.latitude,
    longitude=HERE.longitude,
    height_m=60,
    ground_mps=0,
    climb_mps=0,
    charge=0.95,
    received_at=NOW,
)
BEGUN = Belief(launched_at=NOW - timedelta(seconds=20), charge=0.96, last=GOOD, lag_s=NOW.timestamp() - 100)


def after(seconds: float, **more: Any) -> Telemetry:
    late = more.pop("late", 0.0)
    return msgspec.structs.replace(
        GOOD, **{"clock_s": 100 + seconds, "received_at": NOW + timedelta(seconds=seconds + late), **more}
    )


def judged(belief: Belief, *reports: Telemetry, home_wh: float = HOME_WH) -> tuple[Belief, list[Finding]]:
    found: list[Finding] = []
    for report in reports:
        belief, findings = judge(belief, report, QUAD, FULL, home_wh)
        found += findings
    return belief, found


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"latitude": math.nan}, Fault.BLIND),
        ({"charge": math.inf}, Fault.NOT_NUMBERS),
        ({"clock_s": math.nan}, Fault.NOT_NUMBERS),
        ({"latitude": 91.0}, Fault.NOWHERE),
        ({"height_m": 90_000.0}, Fault.NOWHERE),
        ({"charge": 1.2}, Fault.NOWHERE),
        ({"ground_mps": 300.0}, Fault.TOO_FAST),
        ({"ground_mps": -1.0}, Fault.TOO_FAST),
        ({"climb_mps": 90.0}, Fault.TOO_FAST),
        ({"longitude": away(5000, 0).longitude}, Fault.JUMP),
        ({"height_m": 400.0}, Fault.JUMP),
        ({"clock_s": 100.0}, Fault.STALE_CLOCK),
        ({"clock_s": 40.0}, Fault.STALE_CLOCK),
        ({"clock_s": 9e9}, Fault.STALE_CLOCK),
        ({"late": 4.0}, Fault.STALE_CLOCK),
    ],
)
def test_a_report_that_cannot_be_is_passed_over_and_named(wrong: dict[str, Any], fault: Fault) -> None:
    belief, found = judged(BEGUN, after(1, **wrong))
    assert found[0].fault is fault
    assert found[0].words.endswith(".")
    assert belief.last == GOOD
    belief, found = judged(belief, after(1.2))
    assert (belief.last, found) == (after(1.2), [])


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=8))
def test_nothing_that_comes_is_an_error_or_raises_what_is_left(reports: list[tuple[float, ...]]) -> None:
    belief = BEGUN
    names = ("clock_s", "latitude", "longitude", "height_m", "ground_mps", "climb_mps", "charge")
    for number, values in enumerate(reports, 1):
        report = after(number, **dict(zip(names, values, strict=True)))
        belief, _ = judge(belief, report, QUAD, FULL, HOME_WH)
        assert 0 <= left_wh(belief, FULL) <= FULL.full_wh
        assert belief.last is None or all(map(math.isfinite, (belief.last.latitude, belief.last.charge)))


def test_silence_is_waited_out_and_then_it_comes_home() -> None:
    assert silence(BEGUN, NOW + timedelta(seconds=2)) == ()
    assert safest(silence(BEGUN, NOW + timedelta(seconds=5))) is Action.HOLD
    assert safest(silence(BEGUN, NOW + timedelta(seconds=20))) is Action.RETURN
    _, found = judged(BEGUN, *(after(second, latitude=math.nan) for second in range(1, 18)))
    assert safest(tuple(found)) is Action.RETURN


def test_a_place_that_was_wrong_is_given_up_when_three_agree() -> None:
    there = [after(second, longitude=away(5000, 0).longitude) for second in (1, 2, 3)]
    belief, found = judged(BEGUN, *there)
    assert [one.fault for one in found] == [Fault.JUMP, Fault.JUMP]
    assert belief.last == there[-1]


def hovered(seconds: int, charge_after: float, home_wh: float = HOME_WH) -> tuple[Belief, set[Fault]]:
    """Reports of a drone that hovers while its gauge goes evenly to that charge."""
    reports = [
        after(at, charge=0.95 + (charge_after - 0.95) * at / seconds) for at in range(5, seconds + 1, 5)
    ]
    belief, found = judged(BEGUN, *reports, home_wh=home_wh)
    return belief, {one.fault for one in found}


def test_a_battery_that_says_what_its_work_takes_is_believed() -> None:
    belief, faults = hovered(600, 0.95 - 650 * 600 / 3600 / 430)
    assert faults == set()
    assert left_wh(belief, FULL) == pytest.approx(0.70 * 430, rel=0.02)


def test_a_battery_that_never_empties_is_found_out_and_reckoned_instead() -> None:
    belief, faults = hovered(900, 0.95)
    assert faults == {Fault.GAUGE_HIGH}
    assert left_wh(belief, FULL) == pytest.approx(430 * 0.96 - 650 * 900 / 3600, rel=0.02)
    _, faults = hovered(1900, 0.95)
    assert faults == {Fault.GAUGE_HIGH, Fault.LOW}  # it is told to come home although the gauge is full


def test_a_battery_that_falls_too_fast_sends_it_home() -> None:
    _, faults = hovered(300, 0.55)
    assert faults == {Fault.GAUGE_FALLS}


def test_it_goes_home_with_its_reserve_and_lands_nearby_without_the_way_home() -> None:
    _, found = judged(BEGUN, after(1, charge=0.24))
    assert Fault.LOW in {one.fault for one in found}
    assert safest(tuple(found)) is Action.RETURN
    _, found = judged(BEGUN, after(1, charge=0.04))
    assert safest(tuple(found)) is Action.LAND


def test_a_clock_that_lost_time_is_believed_again_after_ten_seconds_and_waits_meanwhile() -> None:
    """A computer that falls behind counts slower; its drone must not be lost to us for the whole flight."""
    belief, found = judged(BEGUN, *(after(at, late=4.0) for at in range(1, 10)))
    assert belief.last == GOOD
    assert safest(tuple(found)) is Action.HOLD
    belief, found = judged(belief, after(11, late=4.0))
    assert (belief.last, found) == (after(11, late=4.0), [])
    belief, found = judged(belief, after(12, late=4.0), after(13, late=4.5))
    assert (belief.last, found) == (after(13, late=4.5), [])
    _, found = judged(belief, after(14, late=9.0))
    assert {one.fault for one in found} >= {Fault.STALE_CLOCK}


def test_what_waited_in_a_network_is_not_believed_however_much_of_it_comes() -> None:
    """All that a link held back comes at once: each is old, and the clock in it stands as good as still."""
    held = [after(1 + at / 10, late=20 - at / 10 + at / 100) for at in range(100)]
    belief, _ = judged(BEGUN, *held)
    assert belief.last == GOOD
    slow = [after(1 + at / 4, late=4 + 0.75 * at) for at in range(40)]  # a second for each quarter of its own
    belief, _ = judged(BEGUN, *slow)
    assert belief.last == GOOD
