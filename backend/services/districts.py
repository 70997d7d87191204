"""Districts: what part of the city a place is in, which is all of it that is ever said in public.

Read once from a GeoJSON file (RFC 7946) of the city's own. A file that cannot be meant is refused at the
start, for a camera in the wrong district or in none would be published so.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import shapely
from shapely import STRtree
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from backend.model.positions import Point, Position
from backend.model.uses import NONE

log = logging.getLogger(__name__)

MOST_BYTES = 32 << 20
MOST_DISTRICTS = 2000
MOST_VERTICES = 1_000_000
NAME_CHARS = 64
WIDEST_DEG = 20.0  # from side to side: what is wider is no city, or its axes are swapped
_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")  # what older files call the only system there is


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
        whole = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise BadDistricts(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadDistricts(f"{path} is not JSON: {error}") from None
    return Districts(list(_features(whole, name)))


def _features(whole: Any, name: str) -> Iterator[tuple[str, BaseGeometry]]:
    if not isinstance(whole, dict) or whole.get("type") != "FeatureCollection":
        raise BadDistricts("this is no GeoJSON FeatureCollection, which is what districts are given as")
    _refuse_other_crs(whole)
    features = whole.get("features")
    if not isinstance(features, list) or not features:
        raise BadDistricts("the FeatureCollection has no features: one Polygon or MultiPolygon a district")
    if len(features) > MOST_DISTRICTS:
        raise BadDistricts(f"there are {len(features)} districts, and {MOST_DISTRICTS} are read")
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
    given = held.get("geometry")
    geometry: dict[str, Any] = given if isinstance(given, dict) else {}
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadDistricts(f"{where} is a {kind}, and a district is a Polygon or a MultiPolygon")
    try:
        area = shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise BadDistricts(f"{where}: its coordinates are not rings of longitude and latitude") from None
    if area.is_empty:
        raise BadDistricts(f"{where} has no coordinates")
    west, south, east, north = area.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadDistricts(
            f"{where} has coordinates {west:g},{south:g}, and they are read as degrees of WGS 84, longitude"
            " first: metres, or latitude first, are something else"
        )
    if not area.is_valid:
        raise BadDistricts(f"{where} is no area: {explain_validity(area)} (longitude, latitude); mend it")
    return called, area


def _refuse_other_crs(whole: dict[str, Any]) -> None:
    """RFC 7946 knows one system and took `crs` out; older files still say theirs."""
    crs = whole.get("crs")
    if crs is None:
        return
    said = crs.get("properties") if isinstance(crs, dict) else None
    named = str(said.get("name")) if isinstance(said, dict) else str(crs)
    if not named.endswith(_WGS84):
        raise BadDistricts(
            f"it is in {named[:80]}, and districts are read in WGS 84 only: turn it with"
            " `ogr2ogr -t_srs EPSG:4326`"
        )
