"""Paid, unpaid, overdue and free: who is offered for help does not change by it."""

from tests.backend import lending
from tests.backend.house import House, Staff
from tests.backend.test_fees import issued, priced, site, today

PLACE = {"latitude": lending.HERE.latitude, "longitude": lending.HERE.longitude}


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
    await priced(lee, {"ask": 1200, "nearby": 0})
    for which in range(6):
        north = lending.metres_from(lending.HERE, 10.0 * (which + 2), 0)
        await site(any_house, olive, "ask" if which < 4 else "nearby", name=f"Site {which}", at=north)
    before, opened = await offered(any_house), await pressed(any_house)
    assert len(before) == 6
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
    assert await pressed(any_house) == opened
