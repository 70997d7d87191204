"""What TAK clients are told: what was asked for, nothing private, nothing when nobody asked, and the end."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.config import ConfigError
from backend.parts import build
from tests.backend.house import House, Phone, Staff, done, settings
from tests.backend.lent import SHOP, Lent, lending
from tests.notifications.cot_reader import Heard, stream, udp

ALL = ("incidents", "callers", "units", "cameras")
HERE = {"latitude": 42.3224, "longitude": -83.1764, "accuracy_m": 6.0, "age_ms": 0}


@asynccontextmanager
async def told(folder: Path, *shows: str) -> AsyncIterator[tuple[House, Heard, Heard]]:
    """A house that tells a client on the network and a server; what each hears."""
    server = Heard()
    async with udp() as client, stream(server):
        config = settings(folder, tak=(client.url, server.url), tak_shows=shows)
        async with House(config) as house:
            yield house, client, server


async def test_what_goes_on_is_on_others_maps_and_leaves_them(folder: Path) -> None:
    async with told(folder, *ALL) as (house, client, server):
        dana, sam = await house.staff("dana"), await house.staff("sam")
        lent: Lent = await lending(house)
        lent_one = await lent.camera(name="Maria's back door")
        at = {"latitude": SHOP.latitude, "longitude": SHOP.longitude, "accuracy_m": 40.0}
        incident = await dana.open(words="A man with a lamp", callback_number="+12125550199", position=at)
        uid = f"sightline.{incident['id']}"
        for heard in (client, server):
            event = await heard.until(lambda e: e.uid == uid)
            assert (event.type, event.how, event.detail["contact"]["callsign"]) == (
                "a-u-X-i",
                "h-e",
                "Break-in",
            )
            assert (event.lat, event.lon, event.ce) == (round(SHOP.latitude, 6), round(SHOP.longitude, 6), 40)
            assert 60 <= (event.stale - event.time).total_seconds() <= 80
            assert event.detail["link"]["url"] == f"{house.config.public_url}/#{incident['id']}"
        phone = Phone(house, house.token((await dana.issue(incident))["id"]))
        await phone.share()
        done(await phone.send("position", HERE))
        caller = await server.until(lambda e: e.uid == f"{uid}.caller")
        assert (caller.type, caller.how, caller.lat, caller.ce) == ("a-n-G", "m-g", HERE["latitude"], 6)
        assert (await server.until(lambda e: e.uid == uid and e.how == "m-g")).lat == HERE["latitude"]
        path = f"/api/incidents/{incident['id']}/cameras/{lent_one}/open"
        await dana.post(path, {"reason": "see-scene"})
        camera = await server.until(lambda e: e.type == "b-m-p-s-p-loc")
        assert camera.detail["__video"] == {"url": f"{house.config.public_url}/#{incident['id']}"}
        await sam.post("/api/units/mine/position", {**HERE, "heading_deg": 90.0, "speed_mps": 12.0})
        unit = await client.until(lambda e: e.type == "a-f-G-U")
        assert unit.detail["contact"] == {"callsign": "Unit 12"}
        assert unit.detail["track"] == {"course": "90.0", "speed": "12.0"}
        await sam.delete("/api/duty")
        await client.until(lambda e: gone(e) == unit.uid)
        before = len(server.events)
        await dana.post(f"/api/incidents/{incident['id']}/close")
        for over in (uid, f"{uid}.caller", camera.uid):
            await server.until(lambda e, over=over: gone(e) == over, after=before)  # type: ignore[misc]
        private = ("Dana", "Reyes", "Sam", "Ortiz", "lamp", "2125550199", "Maria", "back door", phone.token)
        raw = b"".join(e.raw for e in (*client.events, *server.events)).decode()
        assert [word for word in private if word in raw] == []
        (set_,) = await house.entries("tak.set")
        assert set_.details == {
            "to": f"{client.url}, {server.url}",
            "shows": "callers, cameras, incidents, units",
        }
        assert [entry.incident_id for entry in await house.entries("tak.show")] == [incident["id"]]


def gone(event: Any) -> str | None:
    return event.detail["link"]["uid"] if event.type == "t-x-d-d" else None


async def test_only_what_was_asked_for_is_said_and_what_changes_nothing_only_now_and_then(
    folder: Path,
) -> None:
    async with told(folder, "units") as (house, client, _):
        dana, sam = await house.staff("dana"), await house.staff("sam")
        position = {"latitude": 42.3, "longitude": -83.1, "accuracy_m": 40.0}
        await dana.open(position=position)
        await sam.post("/api/units/mine/position", HERE)
        await client.until(lambda e: e.type == "a-f-G-U")
        eyes = house.parts.eyes
        for _ in range(5):
            await eyes.look()
        assert len(client.events) == 1
        house.clock.advance(seconds=21)
        await eyes.look()
        await client.until(lambda e: True, after=1)
        house.clock.advance(seconds=120)  # it has not been heard of since: it runs out, and is not taken away
        await eyes.look()
        await eyes.look()
        assert {e.type for e in client.events} == {"a-f-G-U"}
        assert await house.entries("tak.show") == []


async def test_off_is_off_and_going_off_is_on_record(folder: Path, dana: Staff) -> None:
    house = dana.house
    assert house.parts.eyes.destinations == ()
    assert await house.entries("tak.set") == []
    again = settings(house.config.data_dir, tak=("udp://127.0.0.1:9",))
    for config in (again, again, house.config, house.config):
        parts = build(config)
        await parts.eyes.begin()
        await parts.store.close()
    said = [entry.details for entry in await house.entries("tak.set")]
    assert said == [
        {"to": "udp://127.0.0.1:9", "shows": "incidents, units"},
        {"to": "", "shows": ""},
    ]
    assert "9" not in json.dumps(said[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"tak": ("http://a:1",)},
        {"tak": ("tls://a:8089",)},
        {"tak": ("udp://a:1",), "tak_shows": ("names",)},
        {"tak_cert": Path("a.pem")},
    ],
)
def test_settings_that_cannot_be(folder: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="SIGHTLINE_TAK"):
        build(settings(folder, **wrong))
