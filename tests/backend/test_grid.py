"""The grid: whatever is within the radius is in one of the cells, anywhere on earth."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from backend.model import grid
from backend.model.positions import EARTH_RADIUS_M, Point, distance_m

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def moved(place: Point, bearing: float, metres: float) -> Point:
    """The point at that bearing and distance on the sphere."""
    p, turn, far = math.radians(place.latitude), math.radians(bearing), metres / EARTH_RADIUS_M
    there = math.asin(
        max(-1.0, min(1.0, math.sin(p) * math.cos(far) + math.cos(p) * math.sin(far) * math.cos(turn)))
    )
    east = math.atan2(
        math.sin(turn) * math.sin(far) * math.cos(p), math.cos(far) - math.sin(p) * math.sin(there)
    )
    longitude = (place.longitude + math.degrees(east) + 180) % 360 - 180
    return Point(latitude=math.degrees(there), longitude=longitude)


@given(LATITUDES, LONGITUDES, st.floats(0, 360), st.floats(0, 1), st.sampled_from([50, 250, 1000]))
@example(0.0, 180.0, 90.0, 1.0, 1000)
@example(0.0, -180.0, 270.0, 1.0, 1000)
@example(90.0, 0.0, 0.0, 1.0, 1000)
@example(-89.999, 12.0, 180.0, 1.0, 1000)
def test_what_is_within_the_radius_is_in_one_of_the_cells(
    latitude: float, longitude: float, bearing: float, share: float, radius_m: int
) -> None:
    place = Point(latitude=latitude, longitude=longitude)
    other = moved(place, bearing, radius_m * share)
    if distance_m(place, other) <= radius_m:
        assert grid.cell(other) in grid.cells_within(place, radius_m)


@given(LATITUDES, LONGITUDES, st.floats(0, 360), st.floats(1, 1.5), st.sampled_from([50, 250, 1000]))
@example(0.0, 180.0, 90.0, 1.0, 1000)
@example(88.99, 12.0, 180.0, 1.0, 1000)
def test_what_is_beyond_the_radius_is_in_none_of_the_cells_inside(
    latitude: float, longitude: float, bearing: float, share: float, radius_m: int
) -> None:
    place = Point(latitude=latitude, longitude=longitude)
    inside = grid.cells_inside(place, radius_m)
    assert set(inside) <= set(grid.cells_within(place, radius_m))
    other = moved(place, bearing, radius_m * share)
    if distance_m(place, other) >= radius_m:
        assert grid.cell(other) not in inside


@given(st.floats(-75, 75), LONGITUDES)
def test_half_of_a_kilometre_around_a_place_is_cells_inside(latitude: float, longitude: float) -> None:
    inside = grid.cells_inside(Point(latitude=latitude, longitude=longitude), 1000)
    assert len(inside) == len(set(inside)) >= 22  # of the 50 that the circle has room for


@given(st.floats(-75, 75), LONGITUDES)
def test_a_kilometre_around_a_place_is_few_cells(latitude: float, longitude: float) -> None:
    cells = grid.cells_within(Point(latitude=latitude, longitude=longitude), 1000)
    assert len(cells) == len(set(cells)) <= 130
    assert all(0 <= cell < 1 << 40 for cell in cells)
