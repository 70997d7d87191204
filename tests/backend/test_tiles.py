"""The basemap: tiles of the operator's file as browsers want them, and plain answers where there is none."""

import gzip
from pathlib import Path

import pytest

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
        (b"<html>not found</html>", "is no PMTiles file"),
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
