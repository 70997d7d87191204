"""What an owner sets keeps a lent camera shut, and ends what it no longer allows."""

from typing import Any

import pytest

from backend.model.cameras import Hours, Pause
from backend.model.ids import CameraId
from backend.model.openings import OpeningEnd
from backend.model.positions import Point
from tests.backend.house import House, Staff, no
from tests.backend.lent import ASK, AT_THE_SHOP, OWN_CALLS, REGISTRY, SHOP, Lent, ended, press


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"level": REGISTRY}, "gives no picture"),
        ({"level": OWN_CALLS}, "own site only"),
        ({"hours": Hours(from_min=0, to_min=1, days=1)}, "other hours"),
        ({"pause": "for good"}, "paused"),
        ({"radius_m": 100, "point": "far"}, "farther away"),
        ({"connector_id": None}, "connector is away"),
    ],
)
async def test_what_the_owners_settings_forbid_is_refused_with_the_reason(
    house: House, dana: Staff, lent: Lent, change: dict[str, Any], words: str
) -> None:
    incident, now = await dana.open(**AT_THE_SHOP), house.clock()
    if "pause" in change:
        change = {"pause": Pause(since=now, until=None)}
    if "point" in change:
        change = {**change, "point": Point(latitude=SHOP.latitude + 0.002, longitude=SHOP.longitude)}
    if "hours" in change:  # a minute of the weekday that is farthest from today
        change = {"hours": Hours(from_min=0, to_min=1, days=1 << (now.weekday() + 3) % 7)}
    camera = await lent.camera(**change)
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    problem = no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "camera-unavailable")
    assert words in problem["detail"]
    assert (await house.entries("camera.open"))[-1].refusal == "camera-unavailable"
    assert lent.sockets.starts == []


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"level": REGISTRY}, OpeningEnd.OWNER_CHANGED),
        ({"level": OWN_CALLS}, OpeningEnd.OWNER_CHANGED),
        ({"level": ASK}, OpeningEnd.OWNER_CHANGED),
        ({"source": "another"}, OpeningEnd.OWNER_CHANGED),
        ({"pause": True}, OpeningEnd.OWNER_PAUSED),
    ],
)
@pytest.mark.parametrize("is_away", [False, True], ids=["connected", "away"])
async def test_a_change_of_the_owners_ends_what_it_no_longer_allows(
    house: House, dana: Staff, lent: Lent, change: dict[str, Any], end: OpeningEnd, is_away: bool
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    if is_away:  # a camera that cannot be asked for is not one that its owner goes on lending
        lent.sockets.away.add(lent.connector)
    if "pause" in change:
        change = {"pause": Pause(since=house.clock(), until=None)}
    await lent.change(camera, **change)
    await house.parts.openings.camera_changed(CameraId(camera), end)
    assert lent.sockets.running == {} or is_away
    assert (await dana.see(incident))["openings"] == []
    closed = (await house.entries("camera.close"))[-1]
    assert (closed.actor, closed.details["end"]) == (lent.owner.id, end.value)


async def test_sound_that_is_lent_no_more_ends_the_picture_and_sound_that_is_lent_now_does_not(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(sound=False), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    await lent.change(camera, sound=True)
    await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_CHANGED)
    assert len(lent.sockets.running) == 1
    await dana.delete(f"/api/openings/{(await dana.see(incident))['openings'][0]['id']}")
    await press(dana, incident, camera)
    await lent.change(camera, sound=False)
    await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_CHANGED)
    assert lent.sockets.running == {}


async def test_a_new_name_ends_nothing(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    await lent.change(camera, name="Back door", radius_m=300)
    await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_CHANGED)
    assert len(lent.sockets.running) == 1
    assert (await dana.see(incident))["feeds"][0]["name"] == "Back door"


async def test_what_a_supervisor_ends_of_the_citys_is_on_record_under_their_name(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, place = await house.staff("lee"), {"latitude": SHOP.latitude, "longitude": SHOP.longitude}
    corner = {"kind": "city", "name": "Elm and 3rd", "address": "", "point": place}
    site = (await lee.post("/api/sites", corner))["id"]
    stopped, paused = await lent.camera(site_id=site), await lent.camera(site_id=site)
    incident = await dana.open(**AT_THE_SHOP)
    for camera in (stopped, paused):
        await press(dana, incident, camera)
    await lee.post(f"/api/cameras/{stopped}/stop")
    await lee.post(f"/api/cameras/{paused}/pause", {"minutes": 60})
    assert lent.sockets.running == {}
    closed = await house.entries("camera.close")
    assert [(e.actor, e.subject, e.details["end"]) for e in closed] == [
        (lee.user.id, stopped, "owner-stopped"),
        (lee.user.id, paused, "owner-paused"),
    ]
    for camera, words in ((stopped, "A supervisor has stopped"), (paused, "A supervisor has paused")):
        where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
        answer = await dana.http.post(where, json={"reason": "see-scene"})
        no(answer, 409, "camera-unavailable")
        assert words in answer.json()["detail"]


async def test_the_owners_stop_ends_it_for_all_and_for_as_long_as_the_incident_lasts(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera = await lent.camera()
    incident, other = await dana.open(**AT_THE_SHOP), await dana.open(**AT_THE_SHOP)
    for place in (incident, other):
        await press(dana, place, camera)
    third = await dana.open(**AT_THE_SHOP)
    await house.parts.openings.stop(CameraId(camera))
    assert lent.sockets.running == {}
    assert await ended(house) == ["owner-stopped", "owner-stopped"]
    for place in (incident, other):
        where = f"/api/incidents/{place['id']}/cameras/{camera}/open"
        problem = no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "camera-unavailable")
        assert "refused" in problem["detail"]
    assert (await press(dana, third, camera))["opening"]


async def test_hours_that_end_and_a_pause_that_a_crash_cut_short_end_pictures_by_themselves(
    house: House, dana: Staff, lent: Lent
) -> None:
    first, second, incident = await lent.camera(), await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, first)
    await press(dana, incident, second)
    await lent.change(first, hours=Hours(days=1 << (house.clock().weekday() + 3) % 7, to_min=1))
    await lent.change(second, pause=Pause(since=house.clock(), until=None))
    await house.parts.openings.look()
    assert lent.sockets.running == {}
    assert sorted(await ended(house)) == ["owner-changed", "owner-paused"]


async def test_an_incident_that_moves_away_keeps_what_is_open_and_cannot_renew_it(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    far = {"latitude": 42.40, "longitude": -83.1763}
    await dana.post(f"/api/incidents/{incident['id']}/amend", {"position": far})
    await house.parts.openings.look()
    assert len(lent.sockets.running) == 1
    no(await dana.http.post(f"/api/openings/{opening['id']}/renew"), 409, "camera-unavailable")
