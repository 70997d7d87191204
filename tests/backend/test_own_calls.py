"""A call from a site's own telephone, and an owner's panic press: what opens by itself, and for whom."""

from collections.abc import AsyncIterator

import pytest

from backend.model.cameras import Pause
from backend.model.positions import Point
from backend.services import openings
from tests.backend.house import House, Staff, no
from tests.backend.lent import (
    ASK,
    AT_THE_SHOP,
    OWN_CALLS,
    REGISTRY,
    SHOP,
    SHOP_NUMBER,
    Lent,
    lending,
    press,
)

FAR = {"position": {"latitude": 42.40, "longitude": -83.1763}}


@pytest.fixture
async def lent(house: House) -> AsyncIterator[Lent]:
    lent = await lending(house)
    yield lent
    await lent.hang_up()


def north(metres: float) -> Point:
    return Point(latitude=SHOP.latitude + metres / 111_195, longitude=SHOP.longitude)


async def test_a_call_from_the_sites_number_opens_its_cameras_for_who_took_it(
    house: House, dana: Staff, lent: Lent
) -> None:
    own, near = await lent.camera(level=OWN_CALLS), await lent.camera()
    for level in (REGISTRY, ASK):  # the last one's owner cannot be asked now
        await lent.camera(level=level)
    await lent.camera(pause=Pause(since=house.clock(), until=None))
    incident = await dana.open(callback_number="(313) 555-0100")
    assert incident["site"] == "Ola's shop"
    assert {(o["camera_id"], o["user"], o["reason"]) for o in incident["openings"]} == {
        (own, "Dana Reyes", "site-call"),
        (near, "Dana Reyes", "site-call"),
    }
    assert len(lent.sockets.running) == 2
    assert (await house.entries("incident.open"))[-1].details["site"] == lent.site
    lee = await house.staff("lee")
    no(await lee.http.post(f"/api/feeds/{incident['openings'][0]['feed_id']}/watch"), 403, "not-opened")
    opened = await lee.post(f"/api/incidents/{incident['id']}/site-cameras")
    assert {o["camera_id"] for o in opened["openings"]} == {own, near}
    assert {o["user"] for o in opened["openings"]} == {lee.user.display_name}
    assert opened["asked"] == []
    assert len((await lee.see(incident))["openings"]) == 4
    assert len(lent.sockets.starts) == 2


async def test_a_camera_for_own_calls_opens_for_no_other(dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(level=OWN_CALLS), await dana.open(**AT_THE_SHOP)
    where = f"/api/incidents/{incident['id']}"
    no(
        await dana.http.post(f"{where}/cameras/{camera}/open", json={"reason": "site-call"}),
        409,
        "camera-unavailable",
    )
    no(await dana.http.post(f"{where}/site-cameras"), 409, "no-site")


async def test_an_owner_who_wants_to_be_asked_is_asked_by_an_own_call(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera = await lent.camera(level=ASK)
    async with (await house.staff(lent.owner.name)).page():
        incident = await dana.open(callback_number=SHOP_NUMBER)
        assert [(asked["camera_id"], asked["answer"]) for asked in incident["asks"]] == [(camera, None)]
        assert incident["openings"] == []
        again = await dana.post(f"/api/incidents/{incident['id']}/site-cameras")
    assert (again["openings"], [asked["camera_id"] for asked in again["asked"]]) == ([], [camera])


async def test_only_so_many_open_by_themselves_the_nearest_first_and_the_rest_by_a_press(
    dana: Staff, lent: Lent
) -> None:
    cameras = [
        await lent.camera(point=north(10 * n), level=OWN_CALLS) for n in range(openings.SITE_CAMERAS + 2)
    ]
    incident = await dana.open(callback_number=SHOP_NUMBER, **AT_THE_SHOP)
    opened = {opening["camera_id"] for opening in incident["openings"]}
    assert opened == set(cameras[: openings.SITE_CAMERAS])
    again = await dana.post(f"/api/incidents/{incident['id']}/site-cameras")
    assert [opening["camera_id"] for opening in again["openings"]] == cameras[: openings.SITE_CAMERAS]
    assert (await press(dana, incident, cameras[-1], "site-call"))["opening"]


async def test_a_connector_that_is_away_holds_up_no_incident(dana: Staff, lent: Lent) -> None:
    await lent.camera()
    lent.sockets.is_connected = lambda connector: True  # type: ignore[method-assign]
    lent.sockets.away.add(lent.connector)
    incident = await dana.open(callback_number=SHOP_NUMBER)
    assert (incident["site"], incident["openings"]) == ("Ola's shop", [])


async def test_a_number_that_calls_from_somewhere_else_is_no_own_call(dana: Staff, lent: Lent) -> None:
    await lent.camera()
    incident = await dana.open(callback_number=SHOP_NUMBER, **FAR)
    assert (incident["site"], incident["openings"]) == (None, [])


async def test_of_several_sites_with_one_number_the_nearest_is_meant_and_without_a_place_none(
    house: House, dana: Staff, lent: Lent
) -> None:
    branch = await lending(house, "mia", point=north(700))
    await lent.camera()
    theirs = await branch.camera(point=north(700), level=OWN_CALLS)
    incident = await dana.open(callback_number=SHOP_NUMBER)
    assert (incident["site"], incident["openings"]) == (None, [])
    place = {"latitude": north(600).latitude, "longitude": SHOP.longitude}
    amended = await dana.post(f"/api/incidents/{incident['id']}/amend", {"position": place})
    assert amended["site"] == "Mia's shop"
    assert [opening["camera_id"] for opening in amended["openings"]] == [theirs]
    assert (await house.entries("incident.amend"))[-1].details["site"] == branch.site


# The panic press


async def test_a_panic_press_is_an_incident_that_dispatchers_see_at_once_and_no_camera_opens_by_it(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, ola = await lent.camera(level=OWN_CALLS), await lent.signed_in()
    async with dana.socket() as socket:
        pressed = await ola.post(f"/api/sites/{lent.site}/panic", {"words": "Two men with a knife"})
        seen = (await socket.until(lambda e: e["type"] == "incident"))["incident"]
    assert (seen["id"], seen["type"], seen["words"]) == (
        pressed["incident"],
        "Panic press",
        "Two men with a knife",
    )
    assert (seen["opened_by"], seen["site"], seen["openings"]) == ("Ola Berg", "Ola's shop", [])
    assert (seen["position"]["source"], seen["position"]["latitude"]) == ("site", SHOP.latitude)
    assert lent.sockets.starts == []
    await dana.post(f"/api/incidents/{seen['id']}/site-cameras")
    assert [o["camera_id"] for o in (await dana.see(seen))["openings"]] == [camera]
    entry = (await house.entries("incident.panic"))[-1]
    assert (entry.actor, entry.subject, entry.incident_id) == (lent.owner.id, lent.site, seen["id"])


async def test_pressing_again_is_the_same_incident_while_it_is_open_and_on_record(
    house: House, dana: Staff, lent: Lent
) -> None:
    ola = await lent.signed_in()
    where = f"/api/sites/{lent.site}/panic"
    first, again = await ola.post(where, {}), await ola.post(where, {"words": "Hurry"})
    assert first == again
    await dana.post(f"/api/incidents/{first['incident']}/close")
    assert (await ola.post(where, {}))["incident"] != first["incident"]
    no(await ola.http.post(where, json={}), 429, "too-often")
    assert [e.details["again"] for e in await house.entries("incident.panic")] == ["no", "yes", "no"]


async def test_nobody_presses_for_anothers_site(house: House, dana: Staff, lent: Lent) -> None:
    mia = await (await lending(house, "mia", numbers=())).signed_in()
    where = f"/api/sites/{lent.site}/panic"
    no(await mia.http.post(where, json={}), 403, "not-yours")
    no(await (await house.staff("lee")).http.post(where, json={}), 403, "not-yours")
    no(await dana.http.post(where, json={}), 403, "wrong-role")
    no(await mia.http.post("/api/sites/sit_0000000000000000000000/panic", json={}), 404, "not-found")
    assert await dana.get("/api/incidents/closed") == []
    async with dana.socket() as socket:
        assert socket.snapshot["incidents"] == []


async def test_an_owner_sees_nothing_of_an_incident(lent: Lent) -> None:
    ola = await lent.signed_in()
    pressed = await ola.post(f"/api/sites/{lent.site}/panic", {})
    where = f"/api/incidents/{pressed['incident']}"
    no(await ola.http.get(f"{where}/entries"), 403, "wrong-role")
    no(await ola.http.post(f"{where}/site-cameras"), 403, "wrong-role")
