"""Daylight, held against figures that others have published."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.model.daylight import SUNRISE_DEG, Light, is_light, sun_deg
from backend.model.positions import Point

GOLDEN = Point(latitude=39.742476, longitude=-105.1786)
NOON = datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC)


def test_the_sun_stands_where_the_solar_position_algorithm_has_it() -> None:
    """Reda and Andreas, NREL/TP-560-34302 (2008), table A5.1: 39.872046° before refraction."""
    assert sun_deg(GOLDEN, NOON) == pytest.approx(39.872046, abs=0.02)


def test_it_rises_and_sets_when_that_algorithm_says() -> None:
    """The same table: 06:12:43 and 17:20:19 by UTC-7; of the day by UTC, so the eve's sunset."""
    for hour, minute, second in ((13, 12, 43), (0, 20, 19)):
        at = datetime(2003, 10, 17, tzinfo=UTC) + timedelta(hours=hour, minutes=minute, seconds=second)
        assert sun_deg(GOLDEN, at) == pytest.approx(SUNRISE_DEG, abs=0.01)


@pytest.mark.parametrize(
    ("at", "lights"),
    [
        (NOON, {Light.DAY, Light.TWILIGHT, Light.NIGHT}),
        (datetime(2003, 10, 17, 13, tzinfo=UTC), {Light.TWILIGHT, Light.NIGHT}),
        (datetime(2003, 10, 17, 6, tzinfo=UTC), {Light.NIGHT}),
    ],
)
def test_a_moment_has_its_light(at: datetime, lights: set[Light]) -> None:
    assert {light for light in Light if is_light(light, GOLDEN, at)} == lights


def test_at_the_poles_there_is_a_day_of_half_a_year() -> None:
    pole = Point(latitude=90, longitude=0)
    assert is_light(Light.DAY, pole, datetime(2026, 6, 21, tzinfo=UTC))
    assert not is_light(Light.TWILIGHT, pole, datetime(2026, 12, 21, tzinfo=UTC))
