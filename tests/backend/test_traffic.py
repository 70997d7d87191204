"""Traffic: who comes too near on the way, and who does not."""

import math
from datetime import timedelta
from typing import Any

import pytest

from backend.model.traffic import CLEAR_M, Aircraft, Encounter, first_encounter
from tests.backend.docked import HERE, NOW, away

WAY = (HERE, away(2000, 0))


def met(*traffic: Aircraft) -> Encounter | None:
    return first_encounter(WAY, 20, 120, 60, traffic, NOW)


def helicopter(east_m: float, north_m: float, **more: Any) -> Aircraft:
    return Aircraft(
        **{
            "name": "N911",
            "point": away(east_m, north_m),
            "track_deg": 180.0,
            "speed_mps": 50.0,
            "at": NOW,
            "height_m": 100.0,
            **more,
        }
    )


def test_one_that_crosses_the_way_is_met_where_both_will_be() -> None:
    found = met(helicopter(1000, 3500))
    assert found is not None
    assert found.metres < CLEAR_M
    assert found.after_s == pytest.approx(58, abs=3)


@pytest.mark.parametrize(
    "aircraft",
    [
        helicopter(1000, 3500, height_m=400.0),  # high above
        helicopter(1000, 9000),  # later
        helicopter(1000, 3500, track_deg=0.0),  # away
        helicopter(1000, 3500, at=NOW - timedelta(minutes=5)),  # nobody knows where by now
    ],
)
def test_others_are_not_in_the_way(aircraft: Aircraft) -> None:
    assert met(aircraft) is None


def test_without_a_height_it_is_taken_to_be_at_ours_and_the_first_counts() -> None:
    found = met(helicopter(1500, 3500, name="later", height_m=None), helicopter(0, 700, height_m=None))
    assert found is not None
    assert found.aircraft == "N911"


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        helicopter(0, 0, track_deg=math.nan)
