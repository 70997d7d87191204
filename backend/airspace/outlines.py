"""Outlines: areas read from a city's own GeoJSON (RFC 7946), in degrees, longitude first.

A file that cannot be meant is refused in words that say what to do: GEOS knows what is wrong with an outline.
"""

from typing import Any

import msgspec
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")  # what older files call the only system there is


class BadOutlines(ValueError):
    """The file cannot be used; the text says what is wrong and what to do."""


def features(raw: bytes, what: str, most: int) -> list[Any]:
    """The features of a FeatureCollection, of which there is one at least. `what` they are, in the plural."""
    try:
        whole = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadOutlines(f"this is not JSON: {error}") from None
    if not isinstance(whole, dict) or whole.get("type") != "FeatureCollection":
        raise BadOutlines(f"this is no GeoJSON FeatureCollection, which is what {what} are given as")
    _refuse_other_crs(whole, what)
    found = whole.get("features")
    if not isinstance(found, list) or not found:
        raise BadOutlines(f"the FeatureCollection has no features, and {what} are Polygons or MultiPolygons")
    if len(found) > most:
        raise BadOutlines(f"there are {len(found)} {what}, and {most} are read")
    return found


def outline(geometry: object, where: str) -> BaseGeometry:
    """A Polygon or MultiPolygon that is one. `where` begins the words when it is not."""
    given: dict[str, Any] = geometry if isinstance(geometry, dict) else {}
    kind = given.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadOutlines(f"{where} is a {kind}, and must be a Polygon or a MultiPolygon")
    try:
        area = shape(given)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise BadOutlines(f"{where}: its coordinates are not rings of longitude and latitude") from None
    if area.is_empty:
        raise BadOutlines(f"{where} has no coordinates")
    area = shapely.force_2d(area)
    west, south, east, north = area.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadOutlines(
            f"{where} has coordinates {west:g},{south:g}, and they are read as degrees of WGS 84, longitude"
            " first: metres, or latitude first, are something else"
        )
    if not area.is_valid:
        raise BadOutlines(f"{where} is no area: {explain_validity(area)} (longitude, latitude); mend it")
    return area


def _refuse_other_crs(whole: dict[str, Any], what: str) -> None:
    """RFC 7946 knows one system and took `crs` out; older files still say theirs."""
    crs = whole.get("crs")
    if crs is None:
        return
    said = crs.get("properties") if isinstance(crs, dict) else None
    named = str(said.get("name")) if isinstance(said, dict) else str(crs)
    if not named.endswith(_WGS84):
        raise BadOutlines(
            f"it is in {named[:80]}, and {what} are read in WGS 84 only: turn it with"
            " `ogr2ogr -t_srs EPSG:4326`"
        )
