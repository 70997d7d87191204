"""Care for whoever looks: choices that are kept, a ledger that is one's own, and a hand-over by one press."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.model import care
from backend.model.care import Watched
from backend.model.people import Role
from tests.backend.calls import calling
from tests.backend.house import House, Staff, no
from tests.peers import until


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_what_a_page_says_it_showed_counts_as_far_as_it_can_be() -> None:
    watched = Watched(since=AT, until=None)
    later = AT + timedelta(seconds=20)
    assert care.counted(10, 5, watched, None, later) == (10, 5)
    assert sum(care.counted(200, 0, watched, None, later)) == pytest.approx(23)  # and what clocks may differ
    motion, still = care.counted(30, 30, watched, AT + timedelta(seconds=17), later)
    assert (round(motion, 6), round(still, 6)) == (3, 3)
    over = Watched(since=AT, until=AT + timedelta(seconds=4))
    assert sum(care.counted(50, 50, over, None, later)) == pytest.approx(7)
    assert sum(care.counted(3000, 0, watched, None, AT + timedelta(hours=1))) == care.MOST_TOLD_S


def test_pictures_are_covered_at_the_desk_and_nowhere_else() -> None:
    covered = {role for role in Role if care.usual(role).blur or care.usual(role).still_first}
    assert covered == {Role.DISPATCHER, Role.SUPERVISOR}


async def test_what_somebody_chooses_is_theirs_and_stays(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    assert (await dana.get("/api/session"))["care"] == {"blur": True, "still_first": True}
    assert (await sam.get("/api/session"))["care"] == {"blur": False, "still_first": False}
    for blur in (True, False):
        changed = await dana.http.put("/api/care", json={"blur": blur, "still_first": False})
        assert changed.json()["choice"] == {"blur": blur, "still_first": False}
    again = await house.staff("dana")
    assert (await again.get("/api/session"))["care"] == {"blur": False, "still_first": False}
    assert (await lee.get("/api/care"))["choice"]["blur"]


async def test_a_ledger_is_ones_own_and_supervisors_see_sums(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    async with calling(house) as call:
        body = {"feed_id": call.feed, "motion_s": 8, "still_s": 4}
        no(await dana.http.post("/api/care/exposure", json=body), 409, "not-watching")
        await call.watch(dana)
        house.clock.advance(seconds=30)
        for _ in range(2):
            assert (await dana.http.post("/api/care/exposure", json=body)).status_code == 204
    (row,) = (await dana.get("/api/care"))["exposures"]
    assert (row["type"], row["still_s"] <= 5, 8 <= row["motion_s"] <= 11) == ("Break-in", True, True)
    assert (await lee.get("/api/care"))["exposures"] == []
    (sums,) = await lee.get("/api/care/relief")
    assert (sums["user_id"], sums["today_motion_s"], sums["week_motion_s"]) == (
        dana.user.id,
        row["motion_s"],
        row["motion_s"],
    )
    assert "Break-in" not in str(sums)
    for who in (dana, sam):
        no(await who.http.get("/api/care/relief"), 403, "wrong-role")
    house.clock.advance(days=care.KEPT.days + 1)
    await house.parts.care.forget()
    async with house.parts.store.read() as tx:
        assert await tx.care.ledger(dana.user.id) == []


async def test_an_incident_is_handed_over_by_one_press_each(house: House, dana: Staff, lee: Staff) -> None:
    async with calling(house) as call, lee.socket() as desk:
        where = f"/api/incidents/{call.incident['id']}"
        handler = call.incident["handler"]
        assert (handler["user_id"], call.incident["transfer"]) == (dana.user.id, None)
        no(await lee.http.post(f"{where}/offer", json={"user_id": dana.user.id}), 409, "not-at-desk")
        first, second = await call.watch(dana), await call.watch(lee)
        (colleague,) = await dana.get("/api/colleagues")
        assert (colleague["user_id"], colleague["incidents"]) == (lee.user.id, 0)
        await dana.post(f"{where}/offer", {"user_id": lee.user.id})
        told = await desk.until(lambda e: e["type"] == "incident" and e["incident"]["transfer"] is not None)
        offered = told["incident"]["transfer"]
        assert (offered["from_name"], offered["to_id"]) == ("Dana Reyes", lee.user.id)
        no(await dana.http.post(f"/api/transfers/{offered['id']}/accept"), 403, "not-yours")
        view = await lee.post(f"/api/transfers/{offered['id']}/accept")
        assert (view["handler"]["user_id"], view["handler"]["from_id"]) == (lee.user.id, dana.user.id)
        assert view["transfer"] is None

        def open_now() -> set[str]:
            return {str(session.session) for session in house.parts.sfu.state().sessions}

        await until(lambda: first not in open_now(), "the giver's picture ends")
        assert second in open_now()
    no(await lee.http.post(f"/api/transfers/{offered['id']}/accept"), 410, "transfer-over")
    entries = [e for e in await house.entries() if e.action.value.startswith("incident.")]
    assert [(e.action.value, e.actor) for e in entries if e.refusal is None] == [
        ("incident.open", dana.user.id),
        ("incident.offer", dana.user.id),
        ("incident.transfer", lee.user.id),
    ]
    done = next(e for e in entries if e.action.value == "incident.transfer" and e.refusal is None)
    assert done.details["end"] == "accepted"


async def test_an_offer_that_is_declined_or_not_answered_goes_back(
    house: House, dana: Staff, lee: Staff, sam: Staff
) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    async with dana.socket(), lee.socket() as desk:
        transfer = (await dana.post(f"{where}/offer", {"user_id": lee.user.id}))["transfer"]
        view = await lee.post(f"/api/transfers/{transfer['id']}/decline")
        assert (view["handler"]["user_id"], view["transfer"]) == (dana.user.id, None)

        transfer = (await dana.post(f"{where}/offer", {"user_id": None}))["transfer"]
        no(await lee.http.post(f"/api/transfers/{transfer['id']}/decline"), 403, "not-yours")
        no(await sam.http.post(f"/api/transfers/{transfer['id']}/accept"), 403, "wrong-role")
        house.clock.advance(seconds=61)
        no(await lee.http.post(f"/api/transfers/{transfer['id']}/accept"), 410, "transfer-over")
        await house.parts.handling.look()
        said = await desk.until(
            lambda e: e["type"] == "entry" and e["entry"]["details"].get("end") == "lapsed"
        )
        assert said["entry"]["actor"] == "system"
        transfer = (await dana.post(f"{where}/offer", {"user_id": None}))["transfer"]
        newer = (await dana.post(f"{where}/offer", {"user_id": lee.user.id}))["transfer"]
        no(await lee.http.post(f"/api/transfers/{transfer['id']}/accept"), 410, "transfer-over")
        view = (await dana.http.delete(f"/api/transfers/{newer['id']}")).json()
        assert (view["handler"]["user_id"], view["transfer"]) == (dana.user.id, None)


async def test_one_is_taken_from_whoever_is_not_there_and_by_a_supervisor_always(
    house: House, dana: Staff, lee: Staff
) -> None:
    mine, theirs = await dana.open(), await lee.open()
    async with lee.socket():
        no(await dana.http.post(f"/api/incidents/{theirs['id']}/take"), 409, "not-handler")
        no(await dana.http.post(f"/api/incidents/{theirs['id']}/offer", json={}), 409, "not-handler")
    assert (await dana.post(f"/api/incidents/{theirs['id']}/take"))["handler"]["user_id"] == dana.user.id
    async with dana.socket():
        assert (await lee.post(f"/api/incidents/{mine['id']}/take"))["handler"]["user_id"] == lee.user.id
