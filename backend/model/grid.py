"""A grid over the earth: what lies near a point is in few cells, whose numbers the store keeps.

Rows of latitude, each cut into columns as wide as the row is high, so that cells are about square everywhere
and no place needs an exception: the columns of a row close around the pole and across the 180th meridian.
"""

import math
from functools import lru_cache

from backend.model.positions import EARTH_RADIUS_M, Point, Position

CELL_M = 250.0  # a box around 1,000 m is some 81 cells
_METRES_A_DEGREE = math.pi * EARTH_RADIUS_M / 180
_ROW_DEG = CELL_M / _METRES_A_DEGREE
_COLUMNS_MOST = 1 << 20  # more than any row has


def cell(place: Point | Position) -> int:
    """The cell that this place lies in; less than 2 ** 40."""
    row = _row(place.latitude)
    return row * _COLUMNS_MOST + _column(place.longitude, _columns(row))


def cells_within(place: Point | Position, radius_m: float) -> list[int]:
    """Every cell that has a point within so many metres (up to 10,000), and some around them."""
    north = radius_m / _METRES_A_DEGREE
    east = _east_deg(place.latitude, north)
    found: list[int] = []
    for row in range(_row(place.latitude - north - 1e-9), _row(place.latitude + north + 1e-9) + 1):
        columns = _columns(row)
        first = math.floor((place.longitude - east + 180) / 360 * columns)
        last = math.floor((place.longitude + east + 180) / 360 * columns)
        spread = range(first, min(last, first + columns - 1) + 1)
        found += [row * _COLUMNS_MOST + column % columns for column in spread]
    return found


def cells_inside(place: Point | Position, radius_m: float) -> list[int]:
    """Cells of which every point is within so many metres (up to 10,000). Not all of them; none at a pole."""
    radius = radius_m * 0.999  # so that rounding, and the earth's bend, let nothing in
    north = radius / _METRES_A_DEGREE
    if abs(place.latitude) + north > 89:
        return []
    found: list[int] = []
    for row in range(_row(place.latitude - north), _row(place.latitude + north) + 1):
        edges = row * _ROW_DEG - 90, (row + 1) * _ROW_DEG - 90
        far = max(abs(edge - place.latitude) for edge in edges) * _METRES_A_DEGREE
        if far >= radius:
            continue
        widest = 0.0 if edges[0] < 0 < edges[1] else min(map(abs, (*edges, place.latitude)))
        east = math.sqrt(radius**2 - far**2) / _METRES_A_DEGREE / math.cos(math.radians(widest))
        columns = _columns(row)
        first = math.ceil((place.longitude - east + 180) / 360 * columns)
        last = math.floor((place.longitude + east + 180) / 360 * columns)
        found += [row * _COLUMNS_MOST + column % columns for column in range(first, last)]
    return found


def _east_deg(latitude: float, north: float) -> float:
    """How far east a circle of `north` degrees reaches, in degrees of longitude; all around at a pole."""
    if abs(latitude) + north >= 90:
        return 180.0
    reach = math.sin(math.radians(north)) / math.cos(math.radians(latitude))
    return math.degrees(math.asin(min(1.0, reach))) + 1e-9  # rounding must not lose an edge


def _row(latitude: float) -> int:
    return math.floor((min(90.0, max(-90.0, latitude)) + 90) / _ROW_DEG)


@lru_cache(maxsize=8192)  # a city is some hundred rows
def _columns(row: int) -> int:
    """How many cells a row is cut into."""
    middle = math.radians(min(90.0, (row + 0.5) * _ROW_DEG - 90))
    return max(1, math.floor(360 / _ROW_DEG * math.cos(middle)))


def _column(longitude: float, columns: int) -> int:
    return math.floor((longitude + 180) / 360 * columns) % columns
