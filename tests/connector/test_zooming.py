"""Which share of its range a camera is asked for, whatever law that follows."""

import math
from collections.abc import Callable

import pytest

from media.connector.zooming import CLOSE, CORRECTIONS, Curve

LAWS: dict[str, Callable[[float], float]] = {
    "logarithmic, to 20": lambda share: 20**share,
    "logarithmic, to 30": lambda share: 30**share,
    "linear, to 20": lambda share: 1 + 19 * share,
    "linear, to 6": lambda share: 1 + 5 * share,
    "by focal length, to 10": lambda share: 1 / (1 - 0.9 * share),
    "slow at first": lambda share: 1 + 29 * share**2,
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("wanted", [1.5, 3.0, 5.5])
def test_a_press_is_right_after_few_corrections_and_the_next_one_sooner(law: str, wanted: float) -> None:
    curve, shows = Curve(), LAWS[law]
    first = presses(curve, shows, wanted)
    assert first <= CORRECTIONS, law
    assert presses(curve, shows, wanted) == 0


def presses(curve: Curve, shows: Callable[[float], float], wanted: float) -> int:
    """How many corrections it took."""
    for n in range(20):
        percent = curve.percent_for(wanted)
        assert 0 <= percent <= 100
        shown = shows(percent / 100)
        if abs(shown / wanted - 1) <= CLOSE:
            return n
        curve.learn(percent, shown)
    return 99


def test_a_camera_that_says_what_cannot_be_spoils_nothing() -> None:
    curve = Curve()
    for percent, times in ((50.0, math.nan), (50.0, -3.0), (math.nan, 5.0), (50.0, 1.0), (200.0, 5.0)):
        curve.learn(percent, times)
    assert curve.percent_for(20.0) == pytest.approx(100)
    for percent, times in ((10.0, 8.0), (60.0, 4.0), (90.0, 2.0), (30.0, 3.0)):  # goes up and down
        curve.learn(percent, times)
        assert 0 <= curve.percent_for(5.0) <= 100
    assert curve.percent_for(1.0) == pytest.approx(0)
