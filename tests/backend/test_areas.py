"""Areas: what a city's file may be wrong in, and what is said then."""

import json
from typing import Any

import pytest

from backend.airspace.areas import AreaKind, BadAreas, read
from tests.backend.docked import box, city


def file(*features: Any, **more: Any) -> bytes:
    return json.dumps({**city(*features), **more}).encode()


def fence(kind: str = "keep-out", **more: Any) -> dict[str, Any]:
    return box("A", kind, 0, 0, 100, 100, **more)


BOW = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]


def test_an_area_is_read_with_its_heights() -> None:
    kept, out, risk = read(
        file(
            box("City", "keep-in", -1000, -1000, 1000, 1000, ceiling_m=120),
            box("Prison", "keep-out", 0, 0, 100, 100, ceiling_m=None),
            box("Square", "risk", 0, 0, 100, 100, weight=3),
        )
    )
    assert (kept.kind, kept.floor_m, kept.ceiling_m) == (AreaKind.KEEP_IN, 0, 120)
    assert (out.name, out.ceiling_m) == ("Prison", float("inf"))
    assert risk.weight == 3


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"type": "Feature"}', "no GeoJSON FeatureCollection"),
        (file(), "has no features"),
        (file(*[fence()] * 501), "501 areas"),
        (file(fence(), crs={"properties": {"name": "EPSG:3067"}}), "ogr2ogr"),
        (file(7), "area 1 has no “name”"),
        (file(fence("no-fly")), "kinds are keep-in, keep-out, risk"),
        (file(fence(ceiling_ft=400)), "“ceiling_ft”: heights are read from floor_m and ceiling_m"),
        (file(fence(upperLimit=400)), "metres above the ground"),
        (file(fence(floor_m=50, ceiling_m=50)), "is not below its ceiling_m"),
        (file(fence(floor_m=-1)), "from 0 to 20,000"),
        (file(fence(ceiling_m=True)), "must be a number"),
        (file(fence(ceiling_m="60")), "must be a number"),
        (file(fence(weight=3)), "nothing else has one"),
        (file(fence("risk")), "a risk has a weight"),
        (file(fence("risk", weight=0.5)), "must be 1 to 100"),
        (file({**fence(), "geometry": {"type": "Point", "coordinates": [0, 0]}}), "area 1 (A) is a Point"),
        (file({**fence(), "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}), "not rings"),
        (file({**fence(), "geometry": {"type": "Polygon", "coordinates": [BOW]}}), "Self-intersection"),
        (file(fence(), box("B", "keep-out", 500_000, 0, 500_100, 100)), "is one of them misplaced?"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(BadAreas) as bad:
        read(raw)
    assert words in str(bad.value)
