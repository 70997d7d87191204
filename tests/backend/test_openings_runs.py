"""What a connector sends follows from what is open, and the engine ends it whatever the connector does."""

import asyncio

from backend.model.ids import CameraId, ConnectorId, OpeningId
from backend.model.openings import OpeningEnd
from backend.services.runs import AWAY_FOR_GOOD
from tests.backend.house import House, Staff, no
from tests.backend.lent import AT_THE_SHOP, Lent, ended, press


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


async def test_what_another_process_ends_is_told_to_the_connector_whose_socket_is_here(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    await house.parts.openings.look()
    assert list(lent.sockets.running) == [opening["feed_id"]]
    async with house.parts.store.begin() as tx:
        await tx.openings.end(OpeningId(opening["id"]), OpeningEnd.CLOSED, house.clock())
    await house.parts.openings.look()
    assert lent.sockets.running == {}


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
