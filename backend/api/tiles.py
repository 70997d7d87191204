"""The basemap: tiles out of one PMTiles file (specification 3) that the operator put there. No third party.

Reads what is asked for and never keeps it: browsers do. A page that finds no basemap draws a plain grid.
"""

import hashlib
import json
import mmap
import re
import zlib
from pathlib import Path
from typing import Any, cast

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pmtiles.reader import Reader
from pmtiles.tile import Compression, TileType

from backend.api.problems import problem

MVT = "application/vnd.mapbox-vector-tile"
OSM = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>'
_DEGREES = 1e-7
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
MOST_BYTES = (
    16 << 20
)  # of one tile, one directory or the metadata, unpacked: Protomaps' largest are a tenth of it
_LEAST_ZOOM_OF_STREETS, _MOST_ZOOM = 12, 22
_MOST_LATITUDE = 85.06  # Web Mercator's end
_SECTIONS = {"root": "root", "metadata": "metadata", "leaf_directory": "directories", "tile_data": "tiles"}
_YEAR, _HOUR = "public, max-age=31536000, immutable", "public, max-age=3600"


class TileJson(msgspec.Struct, frozen=True, kw_only=True):
    """TileJSON 3.0.0, with paths of this server. `bounds` is west, south, east, north in degrees."""

    tilejson: str
    tiles: tuple[str, ...]
    attribution: str
    bounds: tuple[float, float, float, float]
    minzoom: int
    maxzoom: int


def unpacked(packed: bytes) -> bytes:
    """What gzip packed, when it is not a bomb. Raises ValueError."""
    try:
        inflate = zlib.decompressobj(wbits=31)
        plain = inflate.decompress(packed, MOST_BYTES + 1)
    except zlib.error as error:
        raise ValueError("something in it is not packed as it says") from error
    if len(plain) > MOST_BYTES or not inflate.eof:
        raise ValueError("something in it is cut off, or unpacks to more than any map holds")
    return plain


class Basemap:
    """One PMTiles file of vector tiles, plain or gzipped. Raises OSError, or ValueError in plain words."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if not file.read(7).startswith(b"PMTiles"):
                raise ValueError(f"{path} is no PMTiles file")
            self.held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        untyped = cast(Any, Reader)
        self._reader = untyped(lambda offset, length: self.held[offset : offset + length])
        try:
            self.header: dict[str, Any] = self._reader.header()
            metadata = self._metadata()
        except Exception as error:  # the library has no error of its own
            raise ValueError(f"{path} is damaged or of another version of PMTiles than 3") from error
        self._refuse(path)
        self._gzipped = self.header["tile_compression"] is Compression.GZIP
        told = path.stat()
        self.version = hashlib.sha256(f"{told.st_size} {told.st_mtime_ns}".encode()).hexdigest()[:16]
        self.least_zoom, self.most_zoom = int(self.header["min_zoom"]), int(self.header["max_zoom"])
        self.attribution = str(metadata.get("attribution") or OSM)
        layers = metadata.get("vector_layers")
        named = (
            [layer.get("id") for layer in layers if isinstance(layer, dict)]
            if isinstance(layers, list)
            else []
        )
        self.layers = tuple(name for name in named if isinstance(name, str))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        corners = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        west, south, east, north = (round(self.header[corner] * _DEGREES, 7) for corner in corners)
        return west, south, east, north

    def _metadata(self) -> dict[str, Any]:
        start, length = self.header["metadata_offset"], self.header["metadata_length"]
        packed = self.held[start : start + length]
        is_plain = self.header["internal_compression"] is Compression.NONE
        metadata = json.loads(packed if is_plain else unpacked(packed))
        if not isinstance(metadata, dict):
            raise ValueError("the metadata is no object")
        return metadata

    def _refuse(self, path: Path) -> None:
        """Raise ValueError for a file that no page could show."""
        header = self.header
        for section, name in _SECTIONS.items():
            if header[f"{section}_offset"] + header[f"{section}_length"] > len(self.held):
                raise ValueError(f"{path} is cut off: its {name} end behind the end of the file")
        if header["tile_type"] is not TileType.MVT:
            raise ValueError(f"{path} holds no vector tiles")
        if header["tile_compression"] not in (Compression.GZIP, Compression.NONE):
            raise ValueError(f"{path}: its tiles are not compressed by gzip, which browsers need")
        if header["internal_compression"] is not Compression.GZIP:
            raise ValueError(f"{path}: its directories are not compressed by gzip")
        least, most = header["min_zoom"], header["max_zoom"]
        if not least <= most <= _MOST_ZOOM or most < _LEAST_ZOOM_OF_STREETS:
            raise ValueError(
                f"{path} has zooms {least} to {most}: streets need {_LEAST_ZOOM_OF_STREETS} at least,"
                f" and {_MOST_ZOOM} is the most"
            )
        west, south, east, north = self.bounds
        if not (-180 <= west < east <= 180 and -_MOST_LATITUDE <= south < north <= _MOST_LATITUDE):
            raise ValueError(
                f"{path} says that it lies at {west}, {south}, {east}, {north}, which is nowhere"
            )

    def about(self) -> TileJson:
        """What the file holds, and where its tiles are."""
        return TileJson(
            tilejson="3.0.0",
            tiles=(f"/tiles/{{z}}/{{x}}/{{y}}?v={self.version}",),
            attribution=self.attribution,
            bounds=self.bounds,
            minzoom=self.least_zoom,
            maxzoom=self.most_zoom,
        )

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """A tile as it lies in the file; None where there is nothing. Raises ValueError for no tile of it."""
        if not self.least_zoom <= z <= self.most_zoom or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            raise ValueError("there is no such tile")
        found: bytes | None = self._reader.get(z, x, y)
        return found

    def body(self, tile: bytes, accepted: str) -> tuple[bytes, dict[str, str]]:
        """The tile in the best form that the browser takes, and the headers that say which."""
        if not self._gzipped:
            return tile, {}
        if _GZIP.search(accepted):
            return tile, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return unpacked(tile), {"Vary": "Accept-Encoding"}


@get("/", sync_to_thread=False)
def about(basemap: NamedDependency[Basemap | None]) -> Response[TileJson | None]:
    if basemap is None:
        return Response(None, status_code=204)
    return Response(basemap.about(), headers={"Cache-Control": "no-cache"})


@get("/{z:int}/{x:int}/{y:int}", sync_to_thread=True)  # the disk may be slow
def tile(
    request: Request[Any, Any, Any],
    basemap: NamedDependency[Basemap | None],
    z: FromPath[int],
    x: FromPath[int],
    y: FromPath[int],
) -> Response[Any]:
    try:
        found = basemap.tile(z, x, y) if basemap is not None else None
    except ValueError:
        return problem(404, "not-found", "There is no such tile.")
    if basemap is None:
        return problem(404, "not-found", "There is no basemap here.")
    kept = {"ETag": f'"{basemap.version}"', "Cache-Control": _HOUR}
    if request.query_params.get("v") == basemap.version:
        kept["Cache-Control"] = _YEAR
    if kept["ETag"] in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=kept)
    if found is None:
        return Response(None, status_code=204, headers=kept)
    body, headers = basemap.body(found, request.headers.get("accept-encoding", ""))
    return Response(body, headers={**kept, **headers}, media_type=MVT)


ROUTER = Router("/tiles", route_handlers=[about, tile])
