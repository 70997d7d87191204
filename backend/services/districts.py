"""Districts: what part of the city a place is in, which is all of it that is ever said in public.

Read once from a GeoJSON file (RFC 7946) of the city's own. A file that cannot be meant is refused at the
start, for a camera in the wrong district or in none would be published so.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from backend.airspace import outlines
from backend.airspace.outlines import BadOutlines
from backend.model.positions import Point, Position
from backend.model.uses import NONE

log = logging.getLogger(__name__)

MOST_BYTES = 32 << 20
MOST_DISTRICTS = 2000
MOST_VERTICES = 1_000_000
NAME_CHARS = 64
WIDEST_DEG = 20.0  # from side to side: what is wider is no city, or its axes are swapped


class BadDistricts(ValueError):
    """The file cannot be used; the text says what is wrong and what to do."""


class Districts:
    """Says in which district a point is. Where two meet or overlap it is the one that comes first."""

    def __init__(self, found: list[tuple[str, BaseGeometry]]) -> None:
        self._names = [name for name, _ in found]
        self._tree = STRtree([area for _, area in found])

    def __call__(self, place: Point | Position) -> str | None:
        """None for a place in none of them."""
        at = shapely.points(place.longitude, place.latitude)
        within = self._tree.query(at, predicate="intersects")
        return self._names[int(within.min())] if len(within) else None

    def inside(self, places: Iterable[Point]) -> int:
        """How many of these are in some district."""
        return sum(self(place) is not None for place in places)

    def misplaced(self, places: Sequence[Point]) -> str | None:
        """What is wrong when none of these places is in a district, but would be with the axes swapped."""
        if self.inside(places):
            return None
        swapped = [
            Point(latitude=place.longitude, longitude=place.latitude)
            for place in places
            if -90 <= place.longitude <= 90
        ]
        if not self.inside(swapped):
            return None
        return (
            "no camera is in any district, and with latitude and longitude swapped they are: the file has"
            " latitude first, and GeoJSON has longitude first"
        )

    def warn(self, places: Sequence[Point]) -> None:
        """Say so, loudly, when no camera is in any district: the uses of all of them would be in none."""
        if problem := self.misplaced(places):
            log.error("SIGHTLINE_DISTRICTS: %s", problem)
        elif places and not self.inside(places):
            log.error("SIGHTLINE_DISTRICTS: of %d cameras none is in any district", len(places))

    def refuse_beside(self, bounds: tuple[float, float, float, float]) -> None:
        """Raise BadDistricts when they lie beside a map of these bounds: west, south, east, north."""
        west, south, east, north = map(float, shapely.total_bounds(self._tree.geometries))
        if not (west <= bounds[2] and bounds[0] <= east and south <= bounds[3] and bounds[1] <= north):
            swapped = (
                ", and with latitude and longitude swapped they would not: GeoJSON has longitude first"
                if south <= bounds[2] and bounds[0] <= north and west <= bounds[3] and bounds[1] <= east
                else ""
            )
            raise BadDistricts(
                f"they lie from {west:g},{south:g} to {east:g},{north:g} (longitude, latitude), beside the"
                f" map of SIGHTLINE_BASEMAP{swapped}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """In the file's order, each once."""
        return tuple(dict.fromkeys(self._names))


def read(path: Path, name: str = "name") -> Districts:
    """The districts in a GeoJSON file, each called by that property. Raises BadDistricts."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadDistricts(
                f"{path} has {size >> 20} MiB, and {MOST_BYTES >> 20} are read: simplify its outlines, ten"
                " metres are enough"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise BadDistricts(f"{path} cannot be read: {error.strerror}") from None
    try:
        return Districts(list(_features(outlines.features(raw, "districts", MOST_DISTRICTS), name)))
    except BadOutlines as error:
        raise BadDistricts(f"{path}: {error}") from None


def _features(features: list[Any], name: str) -> Iterator[tuple[str, BaseGeometry]]:
    vertices, bounds = 0, []
    for at, feature in enumerate(features):
        called, area = _feature(at, feature, name)
        vertices += int(shapely.get_num_coordinates(area))
        if vertices > MOST_VERTICES:
            raise BadDistricts(f"the outlines have more than {MOST_VERTICES} points: simplify them")
        bounds.append(area.bounds)
        yield called, area
    west, south = min(each[0] for each in bounds), min(each[1] for each in bounds)
    east, north = max(each[2] for each in bounds), max(each[3] for each in bounds)
    if east - west > WIDEST_DEG or north - south > WIDEST_DEG:
        raise BadDistricts(
            f"the districts lie from {west:g},{south:g} to {east:g},{north:g} (longitude, latitude), which"
            " is wider than any city: is one of them misplaced?"
        )


def _feature(at: int, feature: Any, name: str) -> tuple[str, BaseGeometry]:
    held = feature if isinstance(feature, dict) else {}
    properties = held.get("properties")
    said: dict[Any, Any] = properties if isinstance(properties, dict) else {}
    called = said.get(name)
    where = f"district {at + 1}"
    if not isinstance(called, str) or not called.strip():
        has = ", ".join(sorted(map(str, said))[:12]) or "nothing"
        raise BadDistricts(
            f"{where} has no text under “{name}”; it has {has}. SIGHTLINE_DISTRICT_NAME says which is it"
        )
    called = " ".join(called.split())
    where = f"{where} ({called[:NAME_CHARS]})"
    if len(called) > NAME_CHARS or not called.isprintable():
        raise BadDistricts(f"{where}: a name is at most {NAME_CHARS} printable characters")
    if called.lower() == NONE:
        raise BadDistricts(f"{where}: “{NONE}” says in the log that there is no district; call it otherwise")
    return called, outlines.outline(held.get("geometry"), where)
