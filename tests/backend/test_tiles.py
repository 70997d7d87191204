"""The basemap: tiles of the operator's file as browsers want them, and plain answers where there is none."""

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_header,
    serialize_directory,
    serialize_header,
)

from backend import cli
from backend.app import create_app
from backend.config import ConfigError
from tests.backend.house import House, settings

MAP = Path(__file__).parents[2] / "backend" / "demo.pmtiles"
INSIDE, BESIDE = "/tiles/14/9327/4742", "/tiles/14/0/0"


async def test_a_map_says_what_it_holds_and_whose_it_is(folder: Path) -> None:
    async with House(settings(folder, basemap=MAP)) as house:
        about = (await house.client().get("/tiles")).json()
        assert about["tilejson"] == "3.0.0"
        assert "openstreetmap.org/copyright" in about["attribution"]
        west, south, east, north = about["bounds"]
        assert west < 24.944 < east
        assert south < 60.171 < north
        assert (about["minzoom"], about["maxzoom"]) == (10, 16)


async def test_a_tile_is_passed_on_as_it_lies_in_the_file(folder: Path) -> None:
    async with House(settings(folder, basemap=MAP)) as house:
        tile = await house.client().get(INSIDE)
        assert tile.status_code == 200
        assert tile.headers["content-encoding"] == "gzip"
        assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        plain = await house.client().get(INSIDE, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == tile.content  # httpx has unpacked the first
        assert len(gzip.compress(plain.content)) < len(plain.content)


async def test_a_tile_is_kept_for_ever_under_its_version_and_an_hour_without(folder: Path) -> None:
    async with House(settings(folder, basemap=MAP)) as house:
        named = (await house.client().get("/tiles")).json()["tiles"][0]
        versioned = await house.client().get(f"{INSIDE}?{named.split('?')[1]}")
        assert "immutable" in versioned.headers["cache-control"]
        bare = await house.client().get(INSIDE)
        assert bare.headers["cache-control"] == "public, max-age=3600"
        again = await house.client().get(INSIDE, headers={"If-None-Match": bare.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (BESIDE, 204),
        ("/tiles/3/1/1", 404),  # farther out than the file
        ("/tiles/17/74620/37937", 404),  # closer than the file
        ("/tiles/14/16384/0", 404),
        ("/tiles/14/0/-1", 404),
        ("/tiles/14/0/99999999999999999999", 404),
        ("/tiles/14/0/x", 404),
    ],
)
async def test_what_is_beside_the_map_costs_nothing(folder: Path, path: str, status: int) -> None:
    async with House(settings(folder, basemap=MAP)) as house:
        assert (await house.client().get(path)).status_code == status


async def test_without_a_map_pages_are_told_so(house: House) -> None:
    assert (await house.client().get("/tiles")).status_code == 204
    assert (await house.client().get(INSIDE)).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PMTiles\x02" + bytes(120), "damaged or of another version"),
        (b"PMTiles\x03" + bytes(20), "damaged or of another version"),
    ],
)
def test_a_file_that_is_no_map_is_refused_at_the_start(tmp_path: Path, content: bytes, words: str) -> None:
    wrong = tmp_path / "city.pmtiles"
    wrong.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        _create(tmp_path, wrong)


def test_a_map_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SIGHTLINE_BASEMAP"):
        _create(tmp_path, tmp_path / "none.pmtiles")


def _create(folder: Path, basemap: Path) -> None:
    create_app(settings(folder / "data", basemap=basemap))


def edited(**changes: Any) -> bytes:
    """The demonstration's map with other numbers in its header (pmtiles' own names for them)."""
    held = MAP.read_bytes()
    header: dict[str, Any] = {**deserialize_header(held[:127]), **changes}
    written: bytes = cast(Any, serialize_header)(header)
    return written + held[127:]


def packed(metadata: object) -> bytes:
    """The demonstration's map with other metadata, at the end of the file."""
    body = gzip.compress(json.dumps(metadata).encode())
    held = edited(metadata_offset=MAP.stat().st_size, metadata_length=len(body))
    return held + body


def redirected(entries: list[Entry]) -> bytes:
    """The demonstration's map with another root directory, at the end of the file."""
    body = serialize_directory(entries)
    return edited(root_offset=MAP.stat().st_size, root_length=len(body)) + body


def looped() -> bytes:
    """A directory that leads to itself."""
    body = serialize_directory([Entry(0, 0, 60, 0)])
    size = MAP.stat().st_size
    return edited(
        root_offset=size, root_length=len(body), leaf_directory_offset=size, leaf_directory_length=60
    ) + body.ljust(60, b"\0")


def bomb() -> bytes:
    """A kilobyte of metadata that unpacks to more than the memory of a small server should hold."""
    body = gzip.compress(bytes(40 << 20))
    return edited(metadata_offset=MAP.stat().st_size, metadata_length=len(body)) + body


def bad_tile() -> bytes:
    """Every tile is the same run of bytes that no gzip wrote."""
    return redirected([Entry(349525, 3, 40, 1)])


HURT: dict[str, tuple[Callable[[], bytes], str]] = {
    "a web page": (lambda: b"<html>not found</html>", "is no PMTiles file"),
    "an empty file": (lambda: b"", "is no PMTiles file"),
    "half a download": (lambda: MAP.read_bytes()[:100_000], "is cut off"),
    "satellite pictures": (lambda: edited(tile_type=TileType.JPEG), "holds no vector tiles"),
    "tiles that browsers cannot unpack": (
        lambda: edited(tile_compression=Compression.ZSTD),
        "not compressed by gzip",
    ),
    "too coarse for streets": (lambda: edited(max_zoom=10), "zooms 10 to 10: streets need 12"),
    "zooms upside down": (lambda: edited(min_zoom=20), "zooms 20 to 16"),
    "nowhere": (lambda: edited(max_lon_e7=0), "which is nowhere"),
    "a bomb": (bomb, "damaged or of another version"),
    "metadata that is no object": (lambda: packed([1, 2]), "damaged or of another version"),
    "a map of rain": (lambda: packed({"vector_layers": [{"id": "rain"}]}), "it has no streets"),
    "no tile": (lambda: redirected([]), "there is no tile in it"),
    "a tile behind the end": (
        lambda: redirected([Entry(5, 1 << 40, 9, 1)]),
        "names a tile that is not in it",
    ),
    "directories in a circle": (looped, "its directories lead nowhere"),
    "a tile that is none": (bad_tile, "not packed as it says"),
}


@pytest.mark.parametrize("hurt", HURT)
def test_a_file_that_cannot_be_the_map_is_refused_in_words_and_the_old_one_stays(
    hurt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = HURT[hurt]
    given, data = tmp_path / "city.pmtiles", tmp_path / "data"
    given.write_bytes(make())
    data.mkdir()
    (data / "basemap.pmtiles").write_bytes(b"the old one")
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(data))
    assert cli.main(["basemap", str(given)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert [file.name for file in data.iterdir()] == ["basemap.pmtiles"]
    assert (data / "basemap.pmtiles").read_bytes() == b"the old one"


def test_a_file_that_is_not_there_and_a_city_elsewhere_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path / "data"))
    assert cli.main(["basemap", str(tmp_path)]) == 2
    assert "is not a file" in capsys.readouterr().err
    away = tmp_path / "away.geojson"
    square = [[10.0, 50.0], [10.1, 50.0], [10.1, 50.1], [10.0, 50.0]]
    place = {"type": "Polygon", "coordinates": [square]}
    feature = {"type": "Feature", "properties": {"name": "Away"}, "geometry": place}
    away.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    monkeypatch.setenv("SIGHTLINE_DISTRICTS", str(away))
    assert cli.main(["basemap", str(MAP)]) == 2
    assert "SIGHTLINE_DISTRICTS" in capsys.readouterr().err
    assert not (tmp_path / "data" / "basemap.pmtiles").exists()


async def test_one_command_makes_an_agencys_own_file_the_map(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(folder)
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(config.data_dir))
    assert await asyncio.to_thread(cli.main, ["basemap", str(MAP)]) == 0
    said = capsys.readouterr().out
    assert "zooms 10 to 16" in said
    assert "with buildings, earth, landuse, places, pois, roads, water" in said
    assert (config.data_dir / "basemap.pmtiles").stat().st_mode & 0o077 == 0
    async with House(config) as house:
        assert (await house.client().get("/tiles")).json()["maxzoom"] == 16
        assert (await house.client().get(INSIDE)).status_code == 200
