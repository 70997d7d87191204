"""A lent camera is open for who pressed, for a reason, for half an hour, until anybody who may ends it."""

from datetime import timedelta

import pytest

from backend.model.ids import CameraId
from backend.model.openings import OpeningEnd
from tests.backend.house import House, Staff, no
from tests.backend.lent import AT_THE_SHOP, Lent, ended, press


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def test_a_press_opens_a_camera_for_half_an_hour_and_says_who_why_and_until_when(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    async with dana.socket() as socket:
        opening = (await press(dana, incident, camera))["opening"]
        told = (await socket.until(lambda e: e["type"] == "incident"))["incident"]
    assert (opening["user"], opening["reason"]) == ("Dana Reyes", "see-scene")
    assert told["openings"] == [opening]
    assert [(f["kind"], f["name"], f["state"]) for f in told["feeds"]] == [
        ("camera", "Front door", "waiting")
    ]
    assert list(lent.sockets.running) == [opening["feed_id"]]
    entry = (await house.entries("camera.open"))[-1]
    assert (entry.actor, entry.subject, entry.incident_id) == (dana.user.id, camera, incident["id"])
    assert entry.details == {"opening": opening["id"], "reason": "see-scene"}


async def test_without_a_reason_from_the_list_nothing_opens(dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    for body in ({}, {"reason": "curious"}, {"reason": None}):
        where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
        no(await dana.http.post(where, json=body), 400, "malformed")
    assert lent.sockets.starts == []


async def test_the_source_stops_when_the_last_who_watches_closes(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    mine = (await press(dana, incident, camera))["opening"]
    theirs = (await press(lee, incident, camera))["opening"]
    await dana.delete(f"/api/openings/{mine['id']}")
    assert list(lent.sockets.running) == [mine["feed_id"]]
    no(await dana.http.post(f"/api/feeds/{mine['feed_id']}/watch"), 403, "not-opened")
    await lee.post(f"/api/feeds/{mine['feed_id']}/watch")
    await lee.delete(f"/api/openings/{theirs['id']}")
    await lee.delete(f"/api/openings/{theirs['id']}")
    assert lent.sockets.running == {}
    seen = await dana.see(incident)
    assert (seen["openings"], seen["feeds"][0]["state"]) == ([], "ended")
    assert await ended(house) == ["closed", "closed"]


async def test_who_opens_again_gets_a_feed_of_its_own_and_the_old_one_is_not_shown(
    dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    first = (await press(dana, incident, camera))["opening"]
    await dana.delete(f"/api/openings/{first['id']}")
    second = (await press(dana, incident, camera))["opening"]
    assert second["feed_id"] != first["feed_id"]
    assert [feed["id"] for feed in (await dana.see(incident))["feeds"]] == [second["feed_id"]]


async def test_a_picture_is_for_who_has_opened_it(house: House, dana: Staff, sam: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    no(await sam.http.post(f"/api/feeds/{feed}/watch"), 403, "not-opened")
    assert (await house.entries("feed.watch"))[-1].refusal == "not-opened"
    await press(sam, incident, camera, "officer-safety")
    grant = await sam.post(f"/api/feeds/{feed}/watch")
    async with house.parts.store.begin() as tx:  # as if nobody had taken the grant back
        held = await tx.openings.of_users([sam.user.id])
        await tx.openings.end(held[0].id, OpeningEnd.EXPIRED, house.clock())
    headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
    no(await sam.http.post(grant["whep"], content="v=0", headers=headers), 403, "not-opened")


async def test_an_officer_opens_for_an_assigned_incident_only_and_until_the_unit_is_released(
    house: House, dana: Staff, sam: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    no(await sam.http.post(where, json={"reason": "see-scene"}), 403, "not-assigned")
    assert (await house.entries("camera.open"))[-1].refusal == "not-assigned"
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    await press(sam, incident, camera)
    await dana.delete(f"/api/incidents/{incident['id']}/units/{sam.user.unit_id}")
    assert lent.sockets.running == {}
    assert await ended(house) == ["released"]


async def test_one_ends_ones_own_opening_and_the_desk_anybodys(
    house: House, dana: Staff, sam: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    mine = (await press(dana, incident, camera))["opening"]
    his = (await press(sam, incident, camera))["opening"]
    no(await sam.http.delete(f"/api/openings/{mine['id']}"), 404, "not-found")
    no(await sam.http.post(f"/api/openings/{mine['id']}/renew"), 404, "not-found")
    no(await dana.http.post(f"/api/openings/{his['id']}/renew"), 404, "not-found")
    await dana.delete(f"/api/openings/{his['id']}")
    assert [held["id"] for held in (await dana.see(incident))["openings"]] == [mine["id"]]


async def test_after_half_an_hour_it_is_closed_unless_it_was_renewed(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    mine = (await press(dana, incident, camera))["opening"]
    theirs = (await press(lee, incident, camera))["opening"]
    house.clock.advance(minutes=29)
    assert (await dana.post(f"/api/openings/{mine['id']}/renew"))["expires_at"] > mine["expires_at"]
    house.clock.advance(minutes=2)
    await house.parts.openings.look()
    assert [held["id"] for held in (await dana.see(incident))["openings"]] == [mine["id"]]
    no(await lee.http.post(f"/api/openings/{theirs['id']}/renew"), 410, "opening-over")
    assert list(lent.sockets.running) == [mine["feed_id"]]
    house.clock.advance(minutes=29)
    await house.parts.openings.look()
    assert lent.sockets.running == {}
    assert await ended(house) == ["expired", "expired"]


async def test_closing_the_incident_closes_its_cameras(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    await dana.post(f"/api/incidents/{incident['id']}/close")
    assert lent.sockets.running == {}
    assert await ended(house) == ["incident-closed"]
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    no(await dana.http.post(where, json={"reason": "see-scene"}), 410, "incident-closed")
    no(await dana.http.post(f"/api/openings/{opening['id']}/renew"), 410, "incident-closed")


async def test_signing_out_closes_what_one_had_opened_unless_one_is_signed_in_elsewhere(
    house: House, dana: Staff, lent: Lent
) -> None:
    elsewhere = await house.staff("dana")
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    await dana.delete("/api/session")
    assert len(lent.sockets.running) == 1
    await elsewhere.delete("/api/session")
    assert lent.sockets.running == {}
    assert await ended(house) == ["released"]


async def test_an_incident_has_room_for_so_many_cameras(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.presses.MOST_CAMERAS", 2)
    incident = await dana.open(**AT_THE_SHOP)
    first = await lent.camera()
    await press(dana, incident, first)
    await press(dana, incident, await lent.camera())
    where = f"/api/incidents/{incident['id']}/cameras/{await lent.camera()}/open"
    no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "too-many")
    await press(await house.staff("lee"), incident, first)


async def test_nobody_opens_for_ever(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    async with house.parts.store.read() as tx:
        grant = await tx.grants.publisher_of(opening["feed_id"])
        held = await tx.openings.held(CameraId(camera), incident["id"], dana.user.id)
    assert grant is not None
    assert held is not None
    assert grant.expires_at == held.expires_at == held.opened_at + timedelta(minutes=30)
