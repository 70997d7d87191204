"""Paid, unpaid, overdue and free: who is offered for help does not change by it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

from websockets.asyncio.client import ClientConnection

from media.connector import wire
from tests.backend import lending
from tests.backend.agents import Agent, Wire
from tests.backend.house import WAIT_S, House, Staff
from tests.backend.test_fees import issued, priced, today
from tests.backend.test_sites import join

LEVELS = ("ask", "ask", "ask", "own-calls", "nearby", "nearby")  # of sites ever farther from the scene
AWAY = 0  # the nearest looks elsewhere
PLACE = {"latitude": lending.HERE.latitude, "longitude": lending.HERE.longitude}


@asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """While that goes on."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def hear(connection: ClientConnection) -> None:
    """A socket whose news nobody takes is closed by the service."""
    async for _ in connection:
        pass


async def live(line: Wire) -> None:
    while True:
        await asyncio.sleep(wire.ALIVE_EVERY_S)
        await line.say(wire.Alive())


@asynccontextmanager
async def site(house: House, olive: Staff, which: int, level: str, **camera: object) -> AsyncIterator[None]:
    """Where she lends one camera, as long as its connector is there; it does nothing."""
    north = lending.metres_from(lending.HERE, 30.0 + 20.0 * which, 0)
    place = {"latitude": north.latitude, "longitude": north.longitude}
    made = await lending.site_of(olive, name=f"Site {which}", point=place)
    agent = await Agent(house).enrolled((await olive.post(f"/api/sites/{made['id']}/enrolments"))["code"])
    async with agent.line() as line, beside(hear(line.connection)), beside(live(line)):
        await line.shows("door")
        bound = {"connector_id": await connected(olive, made["id"]), "source": "door"}
        held = await lending.camera_of(olive, made, **bound, **camera)
        await olive.post(f"/api/cameras/{held['id']}/amend", {"level": level, "radius_m": 500})
        yield


async def connected(olive: Staff, site: str) -> str:
    """The site's connector, once it has told of a camera."""
    async with asyncio.timeout(WAIT_S):
        while True:
            seen = next(held for held in (await olive.get("/api/owner"))["sites"] if held["id"] == site)
            for connector in seen["connectors"]:
                if connector["connected"] and connector["sources"]:
                    return str(connector["id"])
            await asyncio.sleep(0.02)


async def offered(house: House) -> list[tuple[str, str, str | None]]:
    """What a dispatcher sees near a fresh incident: site, what a press does, and why not."""
    dana = await house.staff("dana")
    incident = await dana.open(position=PLACE)
    near = await dana.get(f"/api/incidents/{incident['id']}/nearby")
    return [(camera["site"], camera["offer"], camera["why"]) for camera in near["cameras"]]


async def pressed(house: House) -> list[tuple[int, str]]:
    """What a press on each camera does at a fresh incident: the answer's status and, for a no, its reason."""
    dana = await house.staff("dana")
    incident = await dana.open(position=PLACE)
    near = await dana.get(f"/api/incidents/{incident['id']}/nearby")
    answers = []
    for camera in near["cameras"]:
        path = f"/api/incidents/{incident['id']}/cameras/{camera['camera_id']}/open"
        reply = await dana.http.post(path, json={"reason": "see-scene"})
        assert reply.status_code < 500
        answers.append((reply.status_code, reply.json().get("type", "")))
    return answers


async def settle(lee: Staff, which: int, paid: bool) -> None:
    """The invoice of the site of that name, paid or not."""
    invoice = next(i for i in await issued(lee) if i["site"] == f"Site {which}")
    day = today(lee.house) if paid else None
    await lee.post(f"/api/agency/invoices/{invoice['id']}/paid", {"paid_on": day})


async def test_the_fee_changes_nothing_about_which_cameras_help_and_in_which_order(any_house: House) -> None:
    lee, olive = await any_house.staff("lee"), await lending.owner(any_house, "olive")
    await priced(lee, {"ask": 1200, "nearby": 0, "own-calls": 900})
    async with (
        AsyncExitStack() as sites,
        join(olive, "/api/owner/events") as page,  # she can be asked
        beside(hear(page)),
    ):
        for which, level in enumerate(LEVELS):
            away = {"heading_deg": 0.0, "field_deg": 60.0}  # all are north of the scene
            there = {"heading_deg": 180.0, "field_deg": 60.0}
            more = {"view": away if which == AWAY else there}
            await sites.enter_async_context(site(any_house, olive, which, level, **more))
        before, opened = await offered(any_house), await pressed(any_house)
        # what may be opened is first, the nearer first, and one that looks elsewhere counts as twice as far
        assert [(name, offer) for name, offer, _ in before] == [
            ("Site 1", "ask"),
            ("Site 0", "ask"),
            ("Site 2", "ask"),
            ("Site 4", "open"),
            ("Site 5", "open"),
            ("Site 3", "no"),
        ]
        assert [status for status, _ in opened] == [200, 200, 200, 200, 200, 409]
        states = {i["site"]: i["state"] for i in await issued(lee)}
        assert sorted(states.values()) == ["free", "free", "open", "open", "open", "open"]
        assert await offered(any_house) == before
        for paid in ((0, 2), (1, 3), (0, 1, 2, 3)):
            for which in range(4):
                await settle(lee, which, which in paid)
            assert await offered(any_house) == before
            assert await pressed(any_house) == opened
        for which in range(4):
            await settle(lee, which, which == 3)
        any_house.clock.advance(days=31)
        lee = await any_house.staff("lee")
        states = {i["site"]: i["state"] for i in await issued(lee)}
        assert (states["Site 0"], states["Site 3"], states["Site 5"]) == ("overdue", "paid", "free")
        assert await offered(any_house) == before
        olive = await any_house.staff("olive")  # her session ran out meanwhile, and her page with it
        async with join(olive, "/api/owner/events") as page, beside(hear(page)):
            assert await pressed(any_house) == opened
