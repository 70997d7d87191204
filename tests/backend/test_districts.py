"""Districts of the city from its own file, and files that cannot be meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.api.tiles import Basemap
from backend.config import ConfigError
from backend.demo import BASEMAP, DISTRICTS
from backend.model.positions import Point
from backend.parts import build
from backend.services import districts
from backend.services.districts import BadDistricts, read
from media import ports as media
from signaling import ports as signaling
from tests.backend.house import House, Phone, Staff, settings
from tests.backend.lent import AT_THE_SHOP, SHOP, lending, press


def square(west: float, south: float, side: float = 1.0) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(name: Any, *rings: Any, kind: str = "Polygon", under: str = "name") -> dict[str, Any]:
    held = [list(rings)] if kind == "MultiPolygon" else list(rings)
    return {"type": "Feature", "properties": {under: name}, "geometry": {"type": kind, "coordinates": held}}


def city(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "districts.geojson"


def refused(file: Path, whole: Any, name: str = "name") -> str:
    file.write_bytes(whole if isinstance(whole, bytes) else json.dumps(whole).encode())
    with pytest.raises(BadDistricts) as bad:
        read(file, name)
    return str(bad.value)


def test_a_place_is_in_the_district_whose_outline_it_is_in(file: Path) -> None:
    hole = square(0.25, 0.25, 0.5)
    island = feature("  Old \n Town ", square(0, 0), hole)
    both = feature("Harbour", square(1, 0), kind="MultiPolygon")
    both["geometry"]["coordinates"].append([square(5, 5)])
    file.write_text(json.dumps(city(island, both, feature("Old Town", hole))))
    found = read(file)

    def at(longitude: float, latitude: float) -> str | None:
        return found(Point(latitude=latitude, longitude=longitude))

    assert (at(0.1, 0.1), at(1.5, 0.5), at(5.5, 5.5), at(3.0, 3.0)) == (
        "Old Town",
        "Harbour",
        "Harbour",
        None,
    )
    assert at(0.5, 0.5) == "Old Town"
    assert at(1.0, 0.5) == "Old Town"  # where two meet, the first
    assert found.names == ("Old Town", "Harbour")


def test_a_name_may_be_under_another_property(file: Path) -> None:
    file.write_text(json.dumps(city(feature("Nord", square(7, 43), under="NOM"))))
    assert read(file, "NOM").names == ("Nord",)
    said = refused(file, city(feature("Nord", square(7, 43), under="NOM")))
    assert "it has NOM" in said
    assert "SIGHTLINE_DISTRICT_NAME" in said


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (b"PK\x03\x04", "is not JSON"),
        (b'{"type":"FeatureCollection","features":' + b"[" * 100_000, "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        ([1], "no GeoJSON FeatureCollection"),
        (feature("A", square(0, 0)), "no GeoJSON FeatureCollection"),
        ({"type": "Topology", "objects": {}}, "no GeoJSON FeatureCollection"),
        (city(), "has no features"),
        (city(*[feature("A", square(0, 0))] * 2001), "2001 districts"),
        (city(7), "district 1 has no text under “name”"),
        (city(feature("A", square(0, 0)), feature(None, square(0, 0))), "district 2 has no text"),
        (city(feature("  ", square(0, 0))), "has no text under"),
        (city(feature(12, square(0, 0))), "has no text under"),
        (city(feature("x" * 65, square(0, 0))), "at most 64 printable"),
        (city(feature("A\u202eB", square(0, 0))), "printable"),
        (city(feature("None", square(0, 0))), "call it otherwise"),
        (city(feature("A", [0, 0], kind="Point")), "district 1 (A) is a Point"),
        (city({**feature("A"), "geometry": None}), "is a None"),
        (city(feature("A")), "has no coordinates"),
        (city(feature("A", [[0, 0], [1, 1]])), "not rings"),
        (city(feature("A", [["x", "y"], [1, 1], [2, 2], ["x", "y"]])), "not rings"),
        (city(feature("A", [[0], [1], [2], [0]])), "not rings"),
        (city(feature("A", "nonsense")), "not rings"),
        (city(feature("A", {"a": 1})), "not rings"),
        (city(feature("A", [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])), "Self-intersection[0.5 0.5]"),
        (city(feature("A", square(0, 0), square(0.5, 0.5))), "is no area"),
        (city(feature("A", square(683_000, 4_828_000, 500))), "longitude first"),
        (city(feature("A", square(40, 174))), "latitude"),
        (json.dumps(city(feature("A", square(0, 0)))).replace("1.0", "1e400").encode(), "is not JSON"),
        (city(feature("A", square(-74, 40)), feature("B", square(40, -74))), "wider than any city"),
        (city(feature("A", square(0, 0)), crs={"properties": {"name": "EPSG:2263"}}), "EPSG:2263"),
        (city(feature("A", square(0, 0)), crs={"properties": {"name": "EPSG::3857"}}), "WGS 84 only"),
        (city(feature("A", square(0, 0)), crs="EPSG:27700"), "EPSG:27700"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused(file: Path, whole: Any, words: str) -> None:
    assert words in refused(file, whole)


def test_a_file_that_says_its_system_in_the_old_way_is_read(file: Path) -> None:
    for crs in ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"):
        file.write_text(json.dumps(city(feature("A", square(0, 0)), crs={"properties": {"name": crs}})))
        assert read(file).names == ("A",)


def test_a_file_that_is_too_large_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(districts, "MOST_BYTES", 100)
    assert "simplify" in refused(file, city(feature("A", square(0, 0))))
    monkeypatch.undo()
    monkeypatch.setattr(districts, "MOST_VERTICES", 9)
    assert "more than 9 points" in refused(file, city(feature("A", square(0, 0)), feature("B", square(1, 0))))
    with pytest.raises(BadDistricts, match="cannot be read: No such file"):
        read(file.with_name("elsewhere"))


def test_the_service_does_not_start_on_it(tmp_path: Path, file: Path) -> None:
    file.write_text("[]")
    with pytest.raises(ConfigError, match=r"SIGHTLINE_DISTRICTS: .*FeatureCollection"):
        build(settings(tmp_path / "data", districts=file))


def test_axes_that_are_swapped_are_noticed_by_where_the_cameras_are(file: Path) -> None:
    cameras = [SHOP, Point(latitude=42.33, longitude=-83.05)]
    right = square(-84, 42, 2)
    swapped = [[latitude, longitude] for longitude, latitude in right]
    for ring, problem in ((right, None), (swapped, "latitude first"), (square(7, 43), None)):
        file.write_text(json.dumps(city(feature("A", ring))))
        found = read(file).misplaced(cameras)
        assert found is None if problem is None else found is not None and problem in found
    assert read(file).inside(cameras) == 0


async def test_a_service_with_no_camera_in_any_district_says_so(
    folder: Path, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(json.dumps(city(feature("A", square(7, 43)))))  # noqa: ASYNC240
    config = settings(folder, districts=file)
    for words in (None, "of 1 cameras none is in any district"):
        async with House(config) as house:
            found = [each.message for each in caplog.records if "SIGHTLINE_DISTRICTS" in each.message]
            assert (found == []) if words is None else (words in found[0])
            if words is None:
                await (await lending(house)).camera()


def test_districts_beside_the_map_are_refused(tmp_path: Path, file: Path) -> None:
    for ring, words in (
        (square(7, 43), "beside the map of SIGHTLINE_BASEMAP"),
        (square(60.1, 24.8, 0.3), "GeoJSON has longitude first"),
    ):
        file.write_text(json.dumps(city(feature("A", ring))))
        with pytest.raises(ConfigError, match=words):
            build(settings(tmp_path / "data", districts=file, basemap=BASEMAP))


@pytest.fixture
def avenue(file: Path) -> Path:
    """The district that the lent shop is in."""
    around = square(SHOP.longitude - 0.01, SHOP.latitude - 0.01, 0.02)
    file.write_text(json.dumps(city(feature("Michigan Avenue", around))))
    return file


async def test_what_is_written_of_a_use_is_where_its_camera_is(folder: Path, avenue: Path) -> None:
    async with House(settings(folder, districts=avenue)) as house:
        dana, lent = await house.staff("dana"), await lending(house)
        await press(dana, await dana.open(**AT_THE_SHOP), await lent.camera())
        elsewhere = {"latitude": 0.0, "longitude": 0.0, "accuracy_m": 10.0}
        places = [AT_THE_SHOP["position"], elsewhere, None]
        for place in places:  # what is no lent camera is where the incident is
            await watched(house, dana, place)
        async with house.parts.store.read() as tx:
            said = [use.fields["district"].value for use in reversed(await tx.uses.begun(9, None))]
        assert said == ["Michigan Avenue", "Michigan Avenue", "none", "none"]
        await lent.hang_up()


async def watched(house: House, dana: Staff, place: Any) -> None:
    """A use of a caller's picture, as admission writes it."""
    incident = await dana.open(**({"position": place} if place else {}))
    phone = Phone(house, house.token((await dana.issue(incident))["id"]))
    await phone.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    bearer = (await dana.post(f"/api/feeds/{feed}/watch"))["bearer"]
    await house.parts.access.admit_subscriber(signaling.Bearer(bearer), media.FeedId(feed))


def test_the_demonstration_has_quarters_under_its_map() -> None:
    found = read(DISTRICTS)
    west, south, east, north = Basemap(BASEMAP).bounds
    places = [
        Point(latitude=south + (north - south) * y / 9, longitude=west + (east - west) * x / 9)
        for x in range(10)
        for y in range(10)
    ]
    assert found.inside(places) == len(places)
    assert {found(place) for place in places} == set(found.names)
