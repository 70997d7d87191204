"""Sites and cameras: their owners' alone to manage, bounded, on record, and told of."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from backend.model.ids import CameraId, ConnectorId, UserId
from backend.model.openings import OpeningEnd
from backend.model.refusals import Refusal, Refused
from backend.model.stills import STILL_BYTES, check_still
from backend.services import audit
from backend.services import cameras as camera_steps
from backend.services import sites as site_steps
from tests.backend.house import House, Staff, no
from tests.backend.lending import HERE, JPEG, camera_of, connector_at, owner, site_of

POINT = {"latitude": HERE.latitude, "longitude": HERE.longitude}


@pytest.fixture
async def rosa(house: House) -> Staff:
    return await owner(house, "rosa")


@pytest.fixture
async def omar(house: House) -> Staff:
    return await owner(house, "omar")


class Pictures:
    """What a connector would send, and who is told that cameras changed."""

    def __init__(self) -> None:
        self.jpeg: bytes = JPEG
        self.told: list[tuple[CameraId, OpeningEnd | str]] = []

    async def take_still(self, connector: ConnectorId, source: str) -> bytes:
        if not self.jpeg:
            raise Refused(Refusal.CONNECTOR_AWAY, "It is not there.")
        return self.jpeg

    async def camera_changed(self, camera: CameraId, end: OpeningEnd, by: UserId | None = None) -> None:
        self.told.append((camera, end))

    async def stop(self, camera: CameraId, by: UserId | None = None) -> None:
        self.told.append((camera, "stop"))


@pytest.fixture
def pictures(house: House) -> Pictures:
    pictures = Pictures()
    house.parts.cameras._stills = house.parts.cameras._listener = pictures
    house.parts.sites._listener = pictures
    return pictures


async def test_an_owner_sees_their_sites_and_cameras_whole(any_house: House) -> None:
    rosa = await owner(any_house, "rosa")
    site = await site_of(rosa, numbers=["(212) 555-0199", "+12125550199", "212 555 0123"])
    assert site["numbers"] == ["+12125550123", "+12125550199"]
    agent = await connector_at(any_house.parts.store, site["id"], "door", "till")
    camera = await camera_of(rosa, site, connector_id=agent, source="door")
    assert (camera["level"], camera["radius_m"], camera["sound"]) == ("registry", 200, False)
    view = await rosa.get("/api/owner")
    (shown,) = view["sites"]
    assert shown["cameras"] == [camera]
    assert [(s["name"], s["camera_id"]) for s in shown["connectors"][0]["sources"]] == [
        ("door", camera["id"]),
        ("till", None),
    ]
    changed = {
        "name": "Back door",
        "level": "ask",
        "radius_m": 1000,
        "hours": {"days": 31, "from_min": 1200, "to_min": 360},
        "sound": True,
        "view": {"heading_deg": None, "field_deg": 360.0, "height_m": 5.0},
        "point": {"latitude": 42.0, "longitude": -83.0},
        "indoor": True,
    }
    after = await rosa.post(f"/api/cameras/{camera['id']}/amend", changed)
    assert {name: after[name] for name in changed} == changed
    assert (await rosa.get("/api/owner"))["sites"][0]["cameras"] == [after]
    async with any_house.parts.store.read() as tx:
        assert [s.id for s in await tx.sites.by_number("+12125550199")] == [site["id"]]


async def test_every_change_is_on_record_and_the_log_is_whole(house: House, rosa: Staff) -> None:
    site = await site_of(rosa)
    await rosa.post(f"/api/sites/{site['id']}/amend", {"name": "Rosa's", "numbers": ["2125550123"]})
    camera = await camera_of(rosa, site)
    path = f"/api/cameras/{camera['id']}"
    await rosa.post(f"{path}/amend", {"level": "nearby"})
    await rosa.post(f"{path}/pause", {"minutes": 60})
    await rosa.post(f"{path}/resume")
    await rosa.delete(path)
    await rosa.delete(f"/api/sites/{site['id']}")
    entries = await house.entries()
    assert [e.action.value for e in entries if e.actor == rosa.user.id] == [
        *("site.add", "site.amend", "camera.register", "camera.amend", "camera.pause"),
        *("camera.resume", "camera.retire", "site.retire"),
    ]
    amended = next(e for e in entries if e.action.value == "camera.amend")
    assert (amended.details["level"], amended.details["level_before"]) == ("nearby", "registry")
    assert "2125550123" not in str([e.details for e in entries])
    assert (await audit.verify(house.parts.store)).problem is None


async def test_nobody_manages_anothers_site_and_the_try_is_on_record(
    house: House, rosa: Staff, omar: Staff, pictures: Pictures
) -> None:
    site = await site_of(rosa)
    camera = await camera_of(rosa, site)
    lee = await house.staff("lee")
    one, other = f"/api/cameras/{camera['id']}", f"/api/sites/{site['id']}"
    body = {"name": "Mine", "point": POINT, "view": {}, "indoor": False}
    tries: list[tuple[str, str, Any]] = [
        ("POST", f"{other}/amend", {"name": "Mine"}),
        ("POST", f"{other}/cameras", body),
        ("DELETE", other, None),
        ("POST", f"{one}/amend", {"level": "nearby"}),
        ("POST", f"{one}/pause", {"minutes": None}),
        ("POST", f"{one}/resume", None),
        ("POST", f"{one}/stop", None),
        ("POST", f"{one}/still", None),
        ("GET", f"{one}/still", None),
        ("DELETE", one, None),
    ]
    before = await rosa.get("/api/owner")
    for person in (omar, lee):
        for method, path, sent in tries:
            no(await person.http.request(method, path, json=sent), 403, "not-yours")
    refused = [e for e in await house.entries() if e.refusal == "not-yours"]
    assert [e.actor for e in refused] == [omar.user.id] * len(tries) + [lee.user.id] * len(tries)
    assert {e.subject for e in refused} == {site["id"], camera["id"]}
    after = await rosa.get("/api/owner")
    assert after["sites"] == before["sites"]
    assert (await omar.get("/api/owner"))["sites"] == []
    assert pictures.told == []


async def test_the_citys_sites_are_the_supervisors_and_nobody_elses(house: House, rosa: Staff) -> None:
    lee = await house.staff("lee")
    no(await rosa.http.post("/api/sites", json=city_site()), 403, "not-yours")
    no(await lee.http.post("/api/sites", json={**city_site(), "kind": "business"}), 403, "not-yours")
    site = await lee.post("/api/sites", city_site())
    camera = await camera_of(lee, site)
    (shown,) = await lee.get("/api/agency/sites")
    assert shown["cameras"] == [camera]
    no(await rosa.http.post(f"/api/cameras/{camera['id']}/amend", json={"level": "nearby"}), 403, "not-yours")
    no(await rosa.http.get("/api/agency/sites"), 403, "wrong-role")


def city_site() -> dict[str, Any]:
    return {"kind": "city", "name": "Corner", "address": "", "point": POINT}


async def test_a_supervisor_sets_of_a_city_camera_all_that_an_owner_sets(
    house: House, pictures: Pictures
) -> None:
    lee = await house.staff("lee")
    site = await lee.post("/api/sites", {**city_site(), "numbers": ["+1 212 555 0123"]})
    agent = await connector_at(house.parts.store, site["id"], "north")
    camera = await camera_of(lee, site, connector_id=agent, source="north")
    path = f"/api/cameras/{camera['id']}"
    hours = {"days": 31, "from_min": 480, "to_min": 1080}
    set_to = {"level": "own-calls", "radius_m": 450, "hours": hours, "sound": True, "indoor": True}
    assert (await lee.post(f"{path}/amend", set_to)).items() >= set_to.items()
    assert (await lee.post(f"{path}/pause", {"minutes": None}))["pause"]["until"] is None
    assert (await lee.post(f"{path}/resume"))["pause"] is None
    assert (await lee.post(f"{path}/still"))["still_at"]
    assert (await lee.http.get(f"{path}/still")).content == JPEG
    assert (await lee.post(f"/api/sites/{site['id']}/enrolments"))["code"]
    assert (await lee.get(f"/api/connectors/{agent}/traffic"))["hours"] is not None
    assert (await lee.post(f"{path}/amend", {"unbind": True}))["source"] is None
    await lee.delete(path)
    await lee.delete(f"/api/connectors/{agent}")
    await lee.delete(f"/api/sites/{site['id']}")
    assert await lee.get("/api/agency/sites") == []


async def test_nobody_can_be_asked_about_a_city_camera_and_the_try_is_on_record(house: House) -> None:
    lee = await house.staff("lee")
    camera = await camera_of(lee, await lee.post("/api/sites", city_site()))
    answer = await lee.http.post(f"/api/cameras/{camera['id']}/amend", json={"level": "ask", "sound": True})
    no(answer, 422, "bad-level")
    assert "Choose another level" in answer.json()["detail"]
    (shown,) = await lee.get("/api/agency/sites")
    assert (shown["cameras"][0]["level"], shown["cameras"][0]["sound"]) == ("registry", False)
    refused = [e for e in await house.entries("camera.amend") if e.refusal == "bad-level"]
    assert [(e.actor, e.subject) for e in refused] == [(lee.user.id, camera["id"])]


async def test_running_pictures_hear_of_a_change_after_it_is_true(
    house: House, rosa: Staff, pictures: Pictures
) -> None:
    site = await site_of(rosa)
    agent = await connector_at(house.parts.store, site["id"], "door", "till")
    camera = await camera_of(rosa, site, connector_id=agent, source="door")
    path, held = f"/api/cameras/{camera['id']}", camera["id"]
    assert pictures.told == []
    await rosa.post(f"{path}/amend", {"level": "nearby", "sound": True})
    await rosa.post(f"{path}/amend", {})
    await rosa.post(f"{path}/pause", {"minutes": 60})
    await rosa.post(f"{path}/resume")
    await rosa.post(f"{path}/amend", {"sound": False})
    await rosa.post(f"{path}/amend", {"source": "till"})
    await rosa.post(f"{path}/stop")
    await rosa.delete(path)
    assert pictures.told == [
        (held, OpeningEnd.OWNER_CHANGED),
        (held, OpeningEnd.OWNER_PAUSED),
        (held, OpeningEnd.OWNER_CHANGED),
        (held, OpeningEnd.OWNER_CHANGED),
        (held, "stop"),
        (held, OpeningEnd.OWNER_CHANGED),
    ]


@pytest.mark.parametrize("minutes", [60, 24 * 60, None])
async def test_a_pause_lasts_as_long_as_it_says(house: House, rosa: Staff, minutes: int | None) -> None:
    camera = await camera_of(rosa, await site_of(rosa))
    paused = await rosa.post(f"/api/cameras/{camera['id']}/pause", {"minutes": minutes})
    async with house.parts.store.read() as tx:
        kept = await tx.cameras.get(camera["id"])
    assert kept is not None
    assert kept.pause is not None
    if minutes is None:
        assert paused["pause"]["until"] is None
    else:
        assert kept.pause.until is not None
        assert (kept.pause.until - kept.pause.since).total_seconds() == minutes * 60
    assert (await rosa.post(f"/api/cameras/{camera['id']}/resume"))["pause"] is None


async def test_a_source_belongs_to_the_site_and_is_shown_by_one_camera(house: House, rosa: Staff) -> None:
    site, elsewhere = await site_of(rosa), await site_of(rosa, name="Home", kind="residence")
    agent = await connector_at(house.parts.store, site["id"], "door")
    foreign = await connector_at(house.parts.store, elsewhere["id"], "door")
    camera = await camera_of(rosa, site, connector_id=agent, source="door")
    body = {"name": "B", "point": POINT, "view": {}, "indoor": False}
    for more in (
        {"connector_id": agent, "source": "door"},
        {"connector_id": agent, "source": "none"},
        {"connector_id": foreign, "source": "door"},
        {"connector_id": agent},
        {"source": "door"},
    ):
        reply = await rosa.http.post(f"/api/sites/{site['id']}/cameras", json={**body, **more})
        no(reply, 422, "bad-source")
    freed = await rosa.post(f"/api/cameras/{camera['id']}/amend", {"unbind": True})
    assert (freed["connector_id"], freed["source"]) == (None, None)
    await camera_of(rosa, site, connector_id=agent, source="door")


async def test_what_one_owner_can_add_is_bounded(
    house: House, rosa: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_steps, "SITES_MOST", 2)
    monkeypatch.setattr(camera_steps, "CAMERAS_MOST", 2)
    site = await site_of(rosa)
    await site_of(rosa)
    body = {"kind": "business", "name": "C", "address": "", "point": POINT}
    no(await rosa.http.post("/api/sites", json=body), 409, "too-many")
    first = await camera_of(rosa, site)
    await camera_of(rosa, site)
    more = {"name": "C", "point": POINT, "view": {}, "indoor": False}
    no(await rosa.http.post(f"/api/sites/{site['id']}/cameras", json=more), 409, "too-many")
    await rosa.delete(f"/api/cameras/{first['id']}")
    await camera_of(rosa, site)
    eleven = [f"21255501{number:02}" for number in range(11)]
    assert (await rosa.http.post("/api/sites", json={**body, "numbers": eleven})).status_code == 400


@pytest.mark.parametrize(
    "bad",
    [
        {"radius_m": 49},
        {"radius_m": 1001},
        {"level": "always"},
        {"hours": {"days": 0}},
        {"hours": {"from_min": 1440}},
        {"view": {"heading_deg": 361}},
        {"view": {"field_deg": 0}},
        {"view": {"height_m": 1e9}},
        {"point": {"latitude": 91, "longitude": 0}},
        {"name": ""},
        {"name": "a\x00b"},
        {"name": "x" * 81},
        {"pause": None},
    ],
)
async def test_settings_that_make_no_sense_change_nothing(rosa: Staff, bad: dict[str, Any]) -> None:
    camera = await camera_of(rosa, await site_of(rosa))
    no(await rosa.http.post(f"/api/cameras/{camera['id']}/amend", json=bad), 400, "malformed")
    assert (await rosa.get("/api/owner"))["sites"][0]["cameras"] == [camera]


async def test_what_was_taken_away_is_gone_for_good(house: House, rosa: Staff, pictures: Pictures) -> None:
    site = await site_of(rosa)
    camera = await camera_of(rosa, site)
    await rosa.delete(f"/api/sites/{site['id']}")
    assert pictures.told == [(camera["id"], OpeningEnd.OWNER_CHANGED)]
    no(await rosa.http.post(f"/api/cameras/{camera['id']}/resume"), 404, "not-found")
    no(await rosa.http.delete(f"/api/sites/{site['id']}"), 404, "not-found")
    assert (await rosa.get("/api/owner"))["sites"] == []


# Stills.


async def test_a_still_is_its_owners_alone(
    house: House, dana: Staff, rosa: Staff, pictures: Pictures
) -> None:
    site = await site_of(rosa)
    agent = await connector_at(house.parts.store, site["id"], "door")
    camera = await camera_of(rosa, site, connector_id=agent, source="door")
    path = f"/api/cameras/{camera['id']}/still"
    no(await rosa.http.get(path), 404, "no-still")
    assert (await rosa.post(path))["still_at"] is not None
    reply = await rosa.http.get(path)
    assert reply.content == JPEG
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    no(await dana.http.get(path), 403, "wrong-role")
    await rosa.delete(f"/api/cameras/{camera['id']}")
    async with house.parts.store.read() as tx:
        assert await tx.cameras.still(camera["id"]) is None


async def test_only_a_jpeg_of_bearable_size_is_kept(house: House, rosa: Staff, pictures: Pictures) -> None:
    site = await site_of(rosa)
    agent = await connector_at(house.parts.store, site["id"], "door")
    camera = await camera_of(rosa, site, connector_id=agent, source="door")
    path = f"/api/cameras/{camera['id']}/still"
    await rosa.post(path)
    house.parts.cameras._still_rate._clock = lambda: 1e9
    for wrong in (b"<html>", b"\xff\xd8\xff\xd9", JPEG[:-2] + b"\x00" * STILL_BYTES + b"\xff\xd9"):
        house.parts.cameras._still_rate._held.clear()
        pictures.jpeg = wrong
        no(await rosa.http.post(path), 502, "bad-still")
    pictures.jpeg = b""
    house.parts.cameras._still_rate._held.clear()
    no(await rosa.http.post(path), 409, "connector-away")
    assert (await rosa.http.get(path)).content == JPEG


def test_a_jpegs_size_is_read_from_its_header() -> None:
    assert check_still(JPEG) == (16, 16)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_look_at_a_still(noise: bytes) -> None:
    for jpeg in (noise, b"\xff\xd8" + noise + b"\xff\xd9", JPEG[:20] + noise + JPEG[20:]):
        try:
            width, height = check_still(jpeg)
        except ValueError:
            continue
        assert width > 0 < height


# The owner's socket.


@pytest.fixture
async def owners_socket(house: House, rosa: Staff) -> AsyncIterator[ClientConnection]:
    async with join(rosa, "/api/owner/events") as socket:
        yield socket


def join(person: Staff, path: str, origin: str | None = None) -> Any:
    return connect(
        person.house.url.replace("http", "ws", 1) + path,
        origin=Origin(origin or person.house.config.origin),
        additional_headers={"Cookie": person.cookie},
        proxy=None,
    )


async def heard(socket: ClientConnection) -> Any:
    while True:
        event = json.loads(await socket.recv())
        if event["type"] != "tick":
            return event


async def test_an_owner_is_sent_the_whole_again_whenever_it_changes(
    house: House, dana: Staff, rosa: Staff, omar: Staff, owners_socket: ClientConnection
) -> None:
    assert (await heard(owners_socket))["sites"] == []
    await dana.open(words="secret words", callback_number="+12125550199")
    await site_of(omar)
    site = await site_of(rosa)
    told = await heard(owners_socket)
    assert (told["type"], [s["id"] for s in told["sites"]]) == ("owner", [site["id"]])
    camera = await camera_of(rosa, site)
    assert (await heard(owners_socket))["sites"][0]["cameras"] == [camera]


async def test_a_supervisor_is_sent_all_city_sites_once_and_then_each_that_changes(
    house: House, rosa: Staff, owners_socket: ClientConnection
) -> None:
    lee = await house.staff("lee")
    first = await lee.post("/api/sites", city_site())
    async with join(lee, "/api/agency/events") as socket:
        whole = await heard(socket)
        assert (whole["type"], whole["sites"]) == ("city", [first])
        await site_of(rosa)  # an owner's, and none of the supervisors' socket
        second = await lee.post("/api/sites", {**city_site(), "name": "Square"})
        assert (await heard(socket)).items() >= {"type": "city-site", "site": second}.items()
        camera = await camera_of(lee, first)
        told = await heard(socket)
        assert (told["site"]["id"], told["site"]["cameras"]) == (first["id"], [camera])
        await lee.delete(f"/api/sites/{first['id']}")
        gone = await heard(socket)
        assert (gone["type"], gone["site_id"]) == ("city-site-gone", first["id"])
        await lee.delete("/api/session")
        assert (await heard(socket))["type"] == "signed-out"
    await heard(owners_socket)
    assert (await heard(owners_socket))["type"] == "owner"  # her own site; the city's told her nothing
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await heard(owners_socket)


async def test_signing_out_closes_the_owners_socket(rosa: Staff, owners_socket: ClientConnection) -> None:
    await heard(owners_socket)
    await rosa.delete("/api/session")
    assert (await heard(owners_socket))["type"] == "signed-out"
    with pytest.raises(ConnectionClosed):
        await heard(owners_socket)
    assert owners_socket.close_code == 4401


async def test_each_socket_is_for_its_own_people_and_our_own_pages(
    house: House, dana: Staff, sam: Staff, rosa: Staff
) -> None:
    pairs = [(rosa, "/api/events"), (dana, "/api/owner/events"), (sam, "/api/owner/events")]
    pairs += [(dana, "/api/agency/events"), (sam, "/api/agency/events"), (rosa, "/api/agency/events")]
    for person, path in pairs:
        async with join(person, path) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4404
    with pytest.raises(Exception, match="403"):
        async with join(rosa, "/api/owner/events", "https://evil.example"):
            pass
