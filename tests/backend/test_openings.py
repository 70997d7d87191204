"""A lent camera is open for who pressed, for a reason, for half an hour, until anybody who may ends it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from backend.model.cameras import Hours, Pause
from backend.model.ids import CameraId, ConnectorId
from backend.model.openings import OpeningEnd
from backend.model.positions import Point
from backend.services.runs import AWAY_FOR_GOOD
from tests.backend.house import House, Staff, no
from tests.backend.lent import ASK, AT_THE_SHOP, OWN_CALLS, REGISTRY, SHOP, Lent, lending, press


@pytest.fixture
async def lent(house: House) -> AsyncIterator[Lent]:
    lent = await lending(house)
    yield lent
    await lent.hang_up()


async def entries(house: House, action: str) -> list[tuple[str | None, str | None]]:
    return [(e.refusal, e.details.get("end")) for e in await house.entries(action)]


async def ended(house: House) -> list[str]:
    return [str(end) for _, end in await entries(house, "camera.close") if end]


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


async def test_two_who_open_at_once_share_one_run_and_two_presses_are_one_opening(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    pressed = await asyncio.gather(*(press(who, incident, camera) for who in (dana, lee, dana, lee)))
    assert len({answer["opening"]["id"] for answer in pressed}) == 2
    assert len({answer["opening"]["feed_id"] for answer in pressed}) == 1
    assert len(lent.sockets.starts) == 1
    assert len(await house.entries("camera.open")) == 2


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
async def test_a_change_of_the_owners_ends_what_it_no_longer_allows(
    house: House, dana: Staff, lent: Lent, change: dict[str, Any], end: OpeningEnd
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    if "pause" in change:
        change = {"pause": Pause(since=house.clock(), until=None)}
    await lent.change(camera, **change)
    await house.parts.openings.camera_changed(CameraId(camera), end)
    assert lent.sockets.running == {}
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


# Connectors


async def test_a_connector_that_leaves_in_that_moment_is_said_and_nothing_stays_open(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    there = lent.sockets.is_connected
    lent.sockets.is_connected = lambda connector: True  # type: ignore[method-assign]
    lent.sockets.away.add(lent.connector)
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "camera-unavailable")
    lent.sockets.is_connected = there  # type: ignore[method-assign]
    assert (await dana.see(incident))["openings"] == []
    assert await ended(house) == ["connector-away"]


async def test_a_connector_that_comes_back_is_told_again_what_should_run_and_only_that(
    house: House, dana: Staff, lent: Lent
) -> None:
    kept, left, incident = await lent.camera(), await lent.camera(), await dana.open(**AT_THE_SHOP)
    feed = (await press(dana, incident, kept))["opening"]["feed_id"]
    other = (await press(dana, incident, left))["opening"]
    bearer = lent.sockets.running[feed][2].reveal()
    lent.sockets.away.add(lent.connector)
    await house.parts.openings.connector_away(ConnectorId(lent.connector))
    await dana.delete(f"/api/openings/{other['id']}")
    lent.sockets.away.clear()
    lent.sockets.forgets(lent.connector)
    await house.parts.openings.connector_back(ConnectorId(lent.connector))
    assert list(lent.sockets.running) == [feed]
    assert lent.sockets.running[feed][2].reveal() == bearer  # so that what flows may flow on
    house.clock.advance(minutes=1)
    await house.parts.openings.look()
    assert list(lent.sockets.running) == [feed]


async def test_a_connector_that_stays_away_ends_its_pictures(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    lent.sockets.away.add(lent.connector)
    await house.parts.openings.connector_away(ConnectorId(lent.connector))
    await house.parts.openings.look()
    assert len((await dana.see(incident))["openings"]) == 1
    house.clock.advance(seconds=AWAY_FOR_GOOD.total_seconds() + 1)
    await house.parts.openings.look()
    assert (await dana.see(incident))["openings"] == []
    assert await ended(house) == ["connector-away"]


async def test_a_run_that_fails_ends_for_everyone(house: House, dana: Staff, lent: Lent) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    await press(lee, incident, camera)
    await house.parts.openings.run_failed(feed, "The camera refuses the password.")
    assert await ended(house) == ["camera-trouble", "camera-trouble"]
    assert "password" not in str([e.details for e in await house.entries("camera.close")])
    await house.parts.openings.run_failed("fed_nobody", "")


async def test_a_press_while_the_owner_pauses_never_outlasts_the_pause(
    house: House, dana: Staff, lent: Lent
) -> None:
    """Whatever comes first: after the pause has returned nothing runs and nothing is open."""
    lee, incident = await house.staff("lee"), await dana.open(**AT_THE_SHOP)
    lent.sockets.pause_s = 0.003

    async def pause(camera: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await lent.change(camera, pause=Pause(since=house.clock(), until=None))
        await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_PAUSED)
        async with house.parts.store.read() as tx:
            assert await tx.openings.of_camera(CameraId(camera)) == []

    for turn in range(12):
        camera = await lent.camera()
        presses = [press(who, incident, camera) for who in (dana, lee)]
        await asyncio.gather(pause(camera, turn * 0.004), *presses, return_exceptions=True)
        assert lent.sockets.running == {}
    assert (await dana.see(incident))["openings"] == []


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


# Whoever watches, really


async def test_the_engine_ends_a_picture_whatever_the_connector_does(
    house: House, dana: Staff, lent: Lent
) -> None:
    """The connector here never stops sending: not when told, and it comes again with the same bearer."""
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    bearer = lent.sockets.running[feed][2].reveal()
    await lent.publish(feed)
    screen = await lent.watch(dana, feed)
    await house.parts.openings.stop(CameraId(camera))
    await asyncio.sleep(0.2)  # what was under way when the press came
    before = screen.frames["video"]
    await asyncio.sleep(1.0)
    assert screen.frames["video"] - before <= 1
    assert not [s for s in house.parts.sfu.state().sessions if s.feed == feed]
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/sdp"}
    no(await house.client().post("/whip", content="v=0", headers=headers), 403, "grant-revoked")


async def test_a_picture_of_one_who_left_ends_and_the_others_flows_on(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    mine = (await press(dana, incident, camera))["opening"]
    await press(lee, incident, camera)
    await lent.publish(mine["feed_id"])
    hers, his = await lent.watch(dana, mine["feed_id"]), await lent.watch(lee, mine["feed_id"])
    await dana.delete(f"/api/openings/{mine['id']}")
    await asyncio.sleep(0.2)
    before, others = hers.frames["video"], his.frames["video"]
    await asyncio.sleep(1.0)
    assert hers.frames["video"] - before <= 1
    assert his.frames["video"] > others
    assert (await house.entries("feed.live"))[-1].actor == camera


async def test_what_nothing_allows_is_ended_though_nobody_ended_it(
    house: House, dana: Staff, lent: Lent
) -> None:
    """As after a crash between a commit and its consequences."""
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    await lent.publish(feed)
    await lent.watch(dana, feed)
    async with house.parts.store.begin() as tx:
        for held in await tx.openings.of_feed(feed):
            await tx.openings.end(held.id, OpeningEnd.CLOSED, house.clock())
    await house.parts.feeds.end_what_is_over(house.parts.sfu)
    assert not [s for s in house.parts.sfu.state().sessions if s.feed == feed]


async def test_a_service_that_comes_back_ends_what_ran_out_and_starts_the_rest_again(
    house: House, dana: Staff, lent: Lent
) -> None:
    kept, over, incident = await lent.camera(), await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, over)
    house.clock.advance(minutes=20)
    feed = (await press(dana, incident, kept))["opening"]["feed_id"]
    house.clock.advance(minutes=15)
    house.parts.runs._told.clear()  # a new process knows nothing
    lent.sockets.forgets(lent.connector)
    await house.parts.openings.look()
    await house.parts.openings.connector_back(ConnectorId(lent.connector))
    assert list(lent.sockets.running) == [feed]
    assert await ended(house) == ["expired"]


async def test_nobody_opens_for_ever(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    async with house.parts.store.read() as tx:
        grant = await tx.grants.publisher_of(opening["feed_id"])
        held = await tx.openings.held(CameraId(camera), incident["id"], dana.user.id)
    assert grant is not None
    assert held is not None
    assert grant.expires_at == held.expires_at == held.opened_at + timedelta(minutes=30)
