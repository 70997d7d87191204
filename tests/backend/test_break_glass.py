"""A supervisor lets one locked-out officer see one incident: in public, for half an hour at most, and never
past what an owner has set."""

import json
from datetime import timedelta
from typing import Any

import pytest

from backend.model.cameras import Hours, Pause
from backend.model.glass import lasts
from backend.model.ids import CameraId, IncidentId, UserId
from backend.model.openings import OpeningEnd
from backend.model.positions import Point
from backend.model.uses import LeafKind
from tests.backend.house import House, Staff, no
from tests.backend.lent import ASK, AT_THE_SHOP, OWN_CALLS, REGISTRY, SHOP, Lent, press
from tests.peers import until


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def break_for(
    lee: Staff, incident: Any, whom: Staff, minutes: int = 30, reason: str = "nearest"
) -> Any:
    body = {"user_id": whom.user.id, "reason": reason, "minutes": minutes}
    view = await lee.post(f"/api/incidents/{incident['id']}/glass", body)
    return next(held for held in view["glass"] if held["user_id"] == whom.user.id)


async def fields(house: House, kind: LeafKind) -> list[dict[str, str]]:
    """What leaves of that kind commit to, the first first."""
    async with house.parts.store.read() as tx:
        rows = [row for row in await tx.uses._where() if row.kind is kind]
    return [{name: field.value for name, field in row.fields.items()} for row in rows]


async def test_a_locked_out_officer_sees_one_incident_and_everybody_is_told(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    incident, other = await dana.open(), await dana.open()
    where = f"/api/incidents/{incident['id']}"
    no(await sam.http.get(f"{where}/entries"), 403, "not-assigned")
    async with sam.socket() as officer, dana.socket() as desk:
        assert officer.snapshot["incidents"] == []
        glass = await break_for(lee, incident, sam, 20, "officer-in-danger")
        told = (await officer.until(lambda e: e["type"] == "incident"))["incident"]
        assert (told["id"], told["glass"]) == (incident["id"], [glass])
        line = (await desk.until(lambda e: e["type"] == "entry"))["entry"]
    assert (line["action"], line["actor"], line["details"]["person"]) == (
        "glass.break",
        "Lee Carter",
        "Sam Ortiz",
    )
    assert (line["details"]["reason"], glass["user"], glass["by"]) == (
        "officer-in-danger",
        "Sam Ortiz",
        "Lee Carter",
    )
    assert glass["expires_at"] > glass["at"]
    await sam.get(f"{where}/entries")
    no(await sam.http.get(f"/api/incidents/{other['id']}/entries"), 403, "not-assigned")
    (leaf,) = await fields(house, LeafKind.BREAK_GLASS)
    assert {name: leaf[name] for name in ("by", "whom", "why")} == {
        "by": "supervisor",
        "whom": "officer",
        "why": "officer-in-danger",
    }
    assert sam.user.id not in json.dumps(leaf)
    async with house.parts.store.read() as tx:
        held = await tx.uses.at(glass["index"])
    assert held is not None
    assert held.leaf == house.log.leaves()[glass["index"]]
    async with sam.socket() as socket:
        assert [view["id"] for view in socket.snapshot["incidents"]] == [incident["id"]]


async def test_it_is_for_officers_whom_the_rules_lock_out_and_once(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    out = await lee.get(f"{where}/locked-out")
    assert [(held["name"], held["unit"]) for held in out] == [
        ("Kim Novak", "Unit 7"),
        ("Sam Ortiz", "Unit 12"),
    ]
    for whom in (dana, lee, await house.staff("ada")):
        body = {"user_id": whom.user.id, "reason": "nearest"}
        no(await lee.http.post(f"{where}/glass", json=body), 409, "not-locked-out")
    kim = await house.staff("kim")
    await dana.post(f"{where}/units", {"unit_id": kim.user.unit_id})
    body = {"user_id": kim.user.id, "reason": "nearest"}
    no(await lee.http.post(f"{where}/glass", json=body), 409, "not-locked-out")
    await break_for(lee, incident, sam)
    house.parts.glass._rate._held.clear()
    no(await lee.http.post(f"{where}/glass", json={**body, "user_id": sam.user.id}), 409, "glass-broken")
    assert await lee.get(f"{where}/locked-out") == []
    for bad in ({"reason": "curious"}, {"minutes": 31}, {"minutes": 0}, {"reason": None}):
        house.parts.glass._rate._held.clear()
        no(await lee.http.post(f"{where}/glass", json={**body, **bad}), 400, "malformed")
    await dana.post(f"{where}/close")
    no(await lee.http.post(f"{where}/glass", json=body), 410, "incident-closed")


def test_half_an_hour_is_the_most() -> None:
    assert lasts(30) == lasts(31) == lasts(10_000) == timedelta(minutes=30)
    assert lasts(1) == timedelta(minutes=1)
    with pytest.raises(ValueError):
        lasts(0)


async def test_no_glass_opens_what_its_owner_keeps_shut(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    now, incident = house.clock(), await dana.open(**AT_THE_SHOP)
    far = Point(latitude=SHOP.latitude + 0.002, longitude=SHOP.longitude)
    shut = {
        "registry": await lent.camera(level=REGISTRY),
        "own calls": await lent.camera(level=OWN_CALLS),
        "radius": await lent.camera(radius_m=100, point=far),
        "hours": await lent.camera(hours=Hours(from_min=0, to_min=1, days=1 << (now.weekday() + 3) % 7)),
        "pause": await lent.camera(pause=Pause(since=now, until=None)),
        "retired": await lent.camera(retired_at=now),
        "refused": await lent.camera(level=ASK),
        "stopped": await lent.camera(),
    }
    owner = await lent.signed_in()
    asked = await _asked(house, dana, owner, incident, shut["refused"])
    await owner.post(f"/api/asks/{asked}/answer", {"allow": False})
    await press(dana, incident, shut["stopped"])
    await house.parts.openings.stop(CameraId(shut["stopped"]))
    await break_for(lee, incident, sam)
    for camera in shut.values():
        where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
        no(await sam.http.post(where, json={"reason": "officer-safety"}), 409, "camera-unavailable")
    assert lent.sockets.running == {}
    await press(sam, incident, await lent.camera())


async def _asked(house: House, who: Staff, owner: Staff, incident: Any, camera: str) -> str:
    """The owner's page is open and is asked."""
    async with owner.page():
        await press(who, incident, camera)
        async with house.parts.store.read() as tx:
            ask = await tx.asks.about(CameraId(camera), IncidentId(incident["id"]))
    assert ask is not None
    return ask.id


async def test_what_an_owner_shuts_ends_what_is_seen_by_it(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await break_for(lee, incident, sam)
    await press(sam, incident, camera)
    await lent.change(camera, pause=Pause(since=house.clock(), until=None))
    await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_PAUSED)
    assert lent.sockets.running == {}
    no(
        await sam.http.post(
            f"/api/incidents/{incident['id']}/cameras/{camera}/open", json={"reason": "see-scene"}
        ),
        409,
        "camera-unavailable",
    )


async def test_uses_by_it_say_so_and_last_no_longer_than_it_does(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    glass = await break_for(lee, incident, sam, 10)
    mine = (await press(sam, incident, camera))["opening"]
    assert mine["expires_at"] == glass["expires_at"]
    assert (await sam.post(f"/api/openings/{mine['id']}/renew"))["expires_at"] == glass["expires_at"]
    theirs = (await press(dana, incident, camera))["opening"]
    assert theirs["expires_at"] > glass["expires_at"]
    opened = await fields(house, LeafKind.OPEN)
    assert [(leaf["role"], leaf["basis"], leaf["assigned"]) for leaf in opened] == [
        ("officer", "break-glass", "no"),
        ("dispatcher", "rules", "no"),
    ]
    house.clock.advance(minutes=10.1)
    await house.parts.glass.look()
    assert [held["id"] for held in (await dana.see(incident))["openings"]] == [theirs["id"]]
    assert list(lent.sockets.running) == [theirs["feed_id"]]


async def test_the_engine_is_given_no_longer_than_it_holds_and_watching_does_not_prolong_it(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await break_for(lee, incident, sam, 12)
    feed = (await press(sam, incident, camera))["opening"]["feed_id"]
    await lent.publish(feed)
    await lent.watch(sam, feed)
    (claims,) = house.log.granted
    async with house.parts.store.read() as tx:
        held = await tx.glass.held(UserId(sam.user.id), IncidentId(incident["id"]), house.clock())
    assert held is not None
    assert claims.expires_at == held.expires_at.timestamp()
    house.clock.advance(minutes=5)
    for _ in range(3):
        await house.parts.uses.look(house.parts.sfu)
    assert len(await fields(house, LeafKind.RENEW)) == 0
    assert len(house.log.granted) == 1


@pytest.mark.parametrize("by", ["expiry", "revoke", "close"])
async def test_running_pictures_stop_when_it_ends(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent, by: str
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    glass = await break_for(lee, incident, sam, 20)
    feed = (await press(sam, incident, camera))["opening"]["feed_id"]
    await press(dana, incident, camera)
    await lent.publish(feed)
    await lent.watch(sam, feed)
    async with sam.socket() as socket:
        if by == "expiry":
            house.clock.advance(minutes=20.1)
            await house.parts.glass.look()
        elif by == "revoke":
            await lee.delete(f"/api/glass/{glass['id']}")
            await lee.delete(f"/api/glass/{glass['id']}")
        else:
            await dana.post(f"/api/incidents/{incident['id']}/close")
        assert (await socket.until(lambda e: e["type"] == "incident-hidden"))["incident_id"] == incident["id"]
    await until(
        lambda: not [s for s in house.parts.sfu.state().sessions if not s.publishes], "nobody watches"
    )
    no(await sam.http.post(f"/api/feeds/{feed}/watch"), 403, "not-assigned")
    code = {"expiry": "expired", "revoke": "revoked", "close": "incident-closed"}[by]
    assert [entry.details["end"] for entry in await house.entries("glass.end")] == [code]
    running = list(lent.sockets.running)
    assert running == ([] if by == "close" else [feed]), "the dispatcher's picture goes on"


async def test_an_officer_who_is_assigned_meanwhile_keeps_what_the_rules_give(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await break_for(lee, incident, sam, 5)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    mine = (await press(sam, incident, camera))["opening"]
    house.clock.advance(minutes=6)
    await house.parts.glass.look()
    assert [held["id"] for held in (await dana.see(incident))["openings"]] == [mine["id"]]
    assert (await fields(house, LeafKind.OPEN))[-1]["basis"] == "rules"


async def test_it_is_for_seeing_and_not_for_showing(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    incident = await dana.open()
    await break_for(lee, incident, sam)
    no(await sam.http.post(f"/api/incidents/{incident['id']}/my-camera"), 403, "not-assigned")


async def test_without_the_log_no_glass_is_broken(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    body = {"user_id": sam.user.id, "reason": "nearest"}
    house.log.away = True
    no(await lee.http.post(f"{where}/glass", json=body), 503, "log-away")
    house.log.away, house.log.loses = False, 1  # it takes the leaf, and the answer is lost
    house.parts.glass._rate._held.clear()
    no(await lee.http.post(f"{where}/glass", json=body), 503, "log-away")
    await house.parts.uses.hand_over()
    no(await sam.http.get(f"{where}/entries"), 403, "not-assigned")
    assert [(e.refusal, "end" in e.details) for e in await house.entries("glass.break")] == [
        ("log-away", False),
        (None, False),
        ("log-away", False),
    ]
    house.parts.glass._rate._held.clear()
    await break_for(lee, incident, sam)
    await sam.get(f"{where}/entries")
