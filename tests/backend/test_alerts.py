"""A unit that is sent is alerted: every phone, as long as it matters, and the desk when nobody answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.model import alerts as rules
from backend.model.ids import UnitId, new_id
from backend.model.positions import Position, PositionSource
from notifications.ports import PushOutcome
from tests.backend.house import House, Staff, no, settings
from tests.backend.lent import AT_THE_SHOP
from tests.backend.push_double import Pushes
from tests.backend.test_units import HERE, REPORT, press, sent, unit_named
from tests.peers import until

SAMS, KIMS = "https://push.example/sam", "https://push.example/kim"
LATE_S = rules.ANSWER_WITHIN.total_seconds() + 1


def pushed_by(house: House, monkeypatch: pytest.MonkeyPatch) -> Pushes:
    pushes = Pushes()
    monkeypatch.setattr(house.parts.pushes, "_pusher", pushes)
    return pushes


@pytest.fixture
def pushes(any_house: House, monkeypatch: pytest.MonkeyPatch) -> Pushes:
    return pushed_by(any_house, monkeypatch)


async def subscribe(who: Staff, endpoint: str) -> None:
    await who.post("/api/push", {"endpoint": endpoint, "p256dh": "p", "auth": "a"})


async def alert_of(dana: Staff, incident: Any, which: int = 0) -> Any:
    return (await dana.see(incident))["alerts"][which]


async def reaches(dana: Staff, incident: Any, reach: str) -> None:
    """Its alert does, sooner or later."""
    await until_seen(dana, incident, lambda alert: alert["reach"] == reach)


async def until_seen(dana: Staff, incident: Any, wanted: Any) -> Any:
    async with dana.socket() as socket:
        seen = next(view for view in socket.snapshot["incidents"] if view["id"] == incident["id"])
        while not (seen["alerts"] and wanted(seen["alerts"][0])):
            event = await socket.until(lambda event: event["type"] == "incident")
            seen = event["incident"] if event["incident"]["id"] == incident["id"] else seen
        return seen["alerts"][0]


async def acknowledge(who: Staff, alert: Any) -> Any:
    return await who.http.post(f"/api/alerts/{alert['id']}/acknowledge")


async def waiting(house: House) -> int:
    """Rows of the outbox."""
    async with house.parts.store.read() as tx:
        later = house.clock() + timedelta(hours=1)
        return len(await tx.alerts.due(later, 100)) + len(await tx.alerts.unwanted(later, 100))


async def nothing_waits(house: House) -> None:
    """What was sent is crossed out a moment after it was."""
    for _ in range(500):
        if await waiting(house) == 0:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("something waits still")


async def late(house: House) -> None:
    """Nobody has answered in time."""
    house.clock.advance(seconds=LATE_S)
    await house.parts.alerts.look()


# Telling the unit


async def test_every_phone_of_the_crew_is_told_at_once_and_learns_nothing_by_it(
    any_house: House, pushes: Pushes
) -> None:
    dana, sam, kim = [await any_house.staff(name) for name in ("dana", "sam", "kim")]
    await subscribe(sam, SAMS)
    await subscribe(sam, f"{SAMS}-tablet")
    await subscribe(kim, KIMS)  # of another unit
    incident = await sent(dana, "Unit 12")
    await reaches(dana, incident, "push")
    await until(lambda: len(pushes.sent) == 2, "both are told")
    assert {endpoint for endpoint, _ in pushes.sent} == {SAMS, f"{SAMS}-tablet"}
    words = pushes.sent[0][1]
    alert = await alert_of(dana, incident)
    assert msgspec.json.decode(words.payload) == {"alert": alert["id"]}  # and nothing else
    assert incident["id"] not in words.topic
    assert 100 < words.valid_for_s <= 120
    (entry,) = await any_house.entries("unit.alert")
    assert entry.details == {"unit": "Unit 12", "officers": "1", "phones": "2"}
    assert pushes.sent[1][1].topic == words.topic


async def test_opening_it_acknowledges_once_and_only_who_is_in_the_unit_can(
    any_house: House, pushes: Pushes
) -> None:
    dana, sam, kim = [await any_house.staff(name) for name in ("dana", "sam", "kim")]
    incident = await sent(dana, "Unit 12")
    alert = await alert_of(dana, incident)
    no(await acknowledge(kim, alert), 403, "not-assigned")
    no(await acknowledge(dana, alert), 403, "wrong-role")
    no(await acknowledge(sam, {"id": new_id("alr")}), 404, "not-found")
    no(await acknowledge(sam, {"id": incident["id"]}), 404, "not-found")
    assert (await alert_of(dana, incident))["acknowledged_at"] is None
    async with dana.socket() as desk:
        assert (await acknowledge(sam, alert)).json() == {"incident_id": incident["id"]}
        told = (await desk.until(lambda event: event["type"] == "incident"))["incident"]["alerts"][0]
    assert told["acknowledged_by"] == "Sam Ortiz"
    assert (await acknowledge(sam, alert)).json() == {"incident_id": incident["id"]}  # replayed
    (refused, entry) = await any_house.entries("unit.acknowledge")
    assert (refused.actor, refused.refusal) == (kim.user.id, "not-assigned")
    assert (entry.actor, entry.details["how"]) == (sam.user.id, "opened")
    assert (await alert_of(dana, incident))["acknowledged_at"] == told["acknowledged_at"]
    await dana.delete(f"/api/incidents/{incident['id']}/units/{alert['unit_id']}")
    no(await acknowledge(sam, alert), 410, "alert-over")


async def test_a_status_is_an_answer_too_also_by_radio(any_house: House, pushes: Pushes) -> None:
    dana = await any_house.staff("dana")
    incident = await sent(dana, "Unit 12")
    await press(dana, incident["responses"][0], "en-route")
    assert (await alert_of(dana, incident))["acknowledged_by"] == "Dana Reyes"
    await late(any_house)
    assert await any_house.entries("unit.silent") == []


async def test_a_push_service_that_fails_is_tried_again_until_the_deadline(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = pushed_by(house, monkeypatch)
    await subscribe(sam, SAMS)
    pushes.answers[SAMS] = PushOutcome.FAILED
    incident = await sent(dana, "Unit 12")
    tries: list[float] = []
    begun = house.clock()
    while await waiting(house):
        if len(pushes.sent) > len(tries):
            tries.append((house.clock() - begun).total_seconds())
            # after the last one it may have been given up by now
            assert len(tries) > 7 or (await alert_of(dana, incident))["reach"] == "trying"
        house.clock.advance(seconds=1)
        await house.parts.alerts.look()
        await asyncio.sleep(0.02)
    await reaches(dana, incident, "nobody")
    assert 8 <= len(tries) <= 12
    assert 90 < tries[-1] < rules.LASTS.total_seconds()
    assert tries[3] < 20  # soon at first


async def test_a_phone_that_is_gone_is_forgotten_and_one_that_comes_back_gets_the_next_try(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = pushed_by(house, monkeypatch)
    await subscribe(sam, SAMS)
    await subscribe(sam, f"{SAMS}-old")
    pushes.answers |= {SAMS: PushOutcome.FAILED, f"{SAMS}-old": PushOutcome.GONE}
    incident = await sent(dana, "Unit 12")
    await until(lambda: len(pushes.sent) == 2, "both are told")
    del pushes.answers[SAMS]
    house.clock.advance(seconds=2)
    await reaches(dana, incident, "push")
    async with house.parts.store.read() as tx:
        assert [held.endpoint for held in await tx.push.of_user(sam.user.id)] == [SAMS]
    assert [endpoint for endpoint, _ in pushes.sent].count(f"{SAMS}-old") == 1


@pytest.mark.parametrize(
    "how", ["acknowledged", "released", "closed", "off-duty", "signed-out", "taken-away", "late"]
)
async def test_what_is_over_is_told_to_nobody(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    pushes = pushed_by(house, monkeypatch)
    monkeypatch.setattr("backend.services.alerts.AT_ONCE", 0)  # no room yet
    await subscribe(sam, SAMS)
    incident = await sent(dana, "Unit 12")
    alert = await alert_of(dana, incident)
    match how:
        case "acknowledged":
            await acknowledge(sam, alert)
        case "released":
            await dana.delete(f"/api/incidents/{incident['id']}/units/{alert['unit_id']}")
        case "closed":
            await dana.post(f"/api/incidents/{incident['id']}/close")
        case "off-duty":
            await sam.delete("/api/duty")
        case "signed-out":  # on this phone; still on duty by another
            await house.staff("sam")
            await sam.delete("/api/session")
        case "taken-away":
            await sam.http.request("DELETE", "/api/push", json={"endpoint": SAMS})
        case "late":
            house.clock.advance(seconds=rules.LASTS.total_seconds() + 1)
    monkeypatch.setattr("backend.services.alerts.AT_ONCE", 32)
    await house.parts.alerts.look()
    assert await waiting(house) == 0
    assert pushes.sent == []


def quiet(pushes: Pushes) -> list[tuple[str, Any]]:
    """Who was told that an alert is over, and why."""
    said = [(endpoint, msgspec.json.decode(words.payload), words) for endpoint, words in pushes.sent]
    assert all(words.urgent is ("over" not in payload) for _, payload, words in said)
    return [(endpoint, payload["over"]) for endpoint, payload, _ in said if "over" in payload]


async def test_a_phone_that_rang_is_told_quietly_when_a_colleague_has_answered_but_not_the_one_that_did(
    any_house: House, pushes: Pushes
) -> None:
    dana, sam = await any_house.staff("dana"), await any_house.staff("sam")
    tablet = await any_house.staff("sam")
    await subscribe(sam, SAMS)
    await subscribe(tablet, f"{SAMS}-tablet")
    incident = await sent(dana, "Unit 12")
    await until(lambda: len(pushes.sent) == 2, "both ring")
    await acknowledge(sam, await alert_of(dana, incident))
    await until(lambda: len(pushes.sent) == 3, "the other one is told")
    assert quiet(pushes) == [(f"{SAMS}-tablet", "answered")]
    assert len({words.topic for _, words in pushes.sent}) == 1  # what still waits there never rings
    await nothing_waits(any_house)
    any_house.clock.advance(seconds=60)
    await any_house.parts.alerts.look()
    assert (await waiting(any_house), len(pushes.sent)) == (0, 3)


async def test_a_phone_that_rang_is_told_that_it_is_over_however_it_ends(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = pushed_by(house, monkeypatch)
    await subscribe(sam, SAMS)
    for times, over in enumerate(("answered", "ended", "ended"), 1):
        incident = await sent(dana, "Unit 12")
        await until(lambda: len(pushes.sent) == 2 * times - 1, "it rings")  # noqa: B023 - awaited here
        match times:
            case 1:
                await press(dana, incident["responses"][0], "en-route")  # by radio
            case 2:
                await dana.delete(f"/api/incidents/{incident['id']}/units/{sam.user.unit_id}")
            case 3:
                await dana.post(f"/api/incidents/{incident['id']}/close")
        await until(lambda: len(quiet(pushes)) == times, "it is told")  # noqa: B023
        assert quiet(pushes)[-1] == (SAMS, over)


async def test_an_end_that_is_told_in_vain_is_given_up_and_never_overtakes_a_newer_alert(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = pushed_by(house, monkeypatch)
    await subscribe(sam, SAMS)
    incident = await sent(dana, "Unit 12")
    units = f"/api/incidents/{incident['id']}/units"
    await reaches(dana, incident, "push")
    pushes.answers[SAMS] = PushOutcome.FAILED
    await dana.delete(f"{units}/{sam.user.unit_id}")
    await until(lambda: len(quiet(pushes)) == 1, "its end is tried")
    other = await unit_named(dana, "Unit 7")
    await dana.post(units, {"unit_id": other["id"]})
    assert await waiting(house) > 0  # that somebody else is sent changes nothing for this phone
    await dana.delete(f"{units}/{other['id']}")
    del pushes.answers[SAMS]
    await dana.post(units, {"unit_id": sam.user.unit_id})
    await reaches(dana, incident, "push")
    house.clock.advance(seconds=5)
    await house.parts.alerts.look()
    assert len(quiet(pushes)) == 1
    pushes.answers[SAMS] = PushOutcome.FAILED
    await dana.delete(f"{units}/{sam.user.unit_id}")
    while await waiting(house):
        house.clock.advance(seconds=rules.LONGEST_WAIT.total_seconds())
        await house.parts.alerts.look()
        await asyncio.sleep(0.02)
    assert len(quiet(pushes)) == 1 + rules.CLOSING_TRIES


async def test_a_restart_loses_nothing(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(folder, database_url=database_url)
    async with House(config) as house:
        pushes = pushed_by(house, monkeypatch)
        pushes.answers[SAMS] = PushOutcome.FAILED
        dana, sam = await house.staff("dana"), await house.staff("sam")
        await subscribe(sam, SAMS)
        incident = await sent(dana, "Unit 12")
        await until(lambda: len(pushes.sent) == 1, "it is tried")
    async with House(config) as house:
        pushes = pushed_by(house, monkeypatch)
        house.clock.advance(seconds=5)
        dana = await house.staff("dana")
        await reaches(dana, incident, "push")
        assert [endpoint for endpoint, _ in pushes.sent] == [SAMS]
    async with House(config) as house:
        house.clock.advance(seconds=LATE_S + 5)
        dana = await house.staff("dana")
        assert (await until_seen(dana, incident, lambda alert: alert["silent_at"]))["reach"] == "push"
        assert len(await house.entries("unit.silent")) == 1


# Telling the dispatcher


async def test_nobody_in_fifteen_seconds_is_told_live_and_the_nearest_free_unit_is_offered_and_sent(
    any_house: House, pushes: Pushes
) -> None:
    dana, sam, kim = [await any_house.staff(name) for name in ("dana", "sam", "kim")]
    await kim.post(REPORT, HERE)
    await any_house.parts.units.look()
    incident = await dana.open(**AT_THE_SHOP)
    unit = await unit_named(dana, "Unit 12")
    units = f"/api/incidents/{incident['id']}/units"
    await dana.post(units, {"unit_id": unit["id"]})
    any_house.clock.advance(seconds=LATE_S - 2)
    await any_house.parts.alerts.look()
    assert (await alert_of(dana, incident))["silent_at"] is None
    async with dana.socket() as desk:
        any_house.clock.advance(seconds=2)
        await any_house.parts.alerts.look()
        event = await desk.until(
            lambda event: event["type"] == "incident" and event["incident"]["alerts"][0]["silent_at"]
        )
        line = await desk.until(lambda event: event["type"] == "entry")
    (alert,) = event["incident"]["alerts"]
    assert line["entry"]["action"] == "unit.silent"
    assert line["entry"]["details"] == {"unit": "Unit 12", "reach": "nobody", "offered": "Unit 7"}
    assert alert["next_unit_id"] == kim.user.unit_id
    await any_house.parts.alerts.look()
    assert len(await any_house.entries("unit.silent")) == 1  # told once
    other = await dana.open()
    await dana.post(f"/api/incidents/{other['id']}/units", {"unit_id": kim.user.unit_id})
    no(
        await dana.http.post(units, json={"unit_id": alert["next_unit_id"], "only_free": True}),
        *(409, "unit-busy"),
    )
    await dana.delete(f"/api/incidents/{other['id']}/units/{kim.user.unit_id}")
    view = await dana.post(units, {"unit_id": alert["next_unit_id"], "only_free": True})
    assert [(one["unit_id"], one["next_unit_id"]) for one in view["alerts"]] == [
        (unit["id"], None),  # somebody goes
        (kim.user.unit_id, None),
    ]
    assert (await acknowledge(sam, alert)).is_success  # late is better than never
    assert (await alert_of(dana, incident))["acknowledged_by"] == "Sam Ortiz"


async def test_who_is_offered_is_who_is_nearest_as_they_move_and_nobody_who_is_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana, kim = await house.staff("dana"), await house.staff("kim")
    monkeypatch.setattr("backend.services.alerts.Rate.take", lambda *_: True)
    incident = await dana.open(**AT_THE_SHOP)
    unit = await unit_named(dana, "Unit 12")
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit["id"]})
    await late(house)
    assert (await alert_of(dana, incident))["next_unit_id"] is None  # nobody knows where Unit 7 is
    await kim.post(REPORT, HERE)
    await house.parts.units.look()
    await house.parts.alerts.look()
    assert (await alert_of(dana, incident))["next_unit_id"] == kim.user.unit_id
    await kim.delete("/api/duty")
    await house.parts.alerts.look()
    assert (await alert_of(dana, incident))["next_unit_id"] is None


async def test_a_unit_without_a_crew_has_nobody_to_alert(house: House, dana: Staff, sam: Staff) -> None:
    await sam.delete("/api/duty")
    incident = await sent(dana, "Unit 12")
    assert incident["alerts"] == []
    await late(house)
    assert await house.entries("unit.silent") == []


def test_the_nearest_is_by_the_newest_positions_only() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def at(north: float, old_s: float = 0) -> Position:
        return Position(
            latitude=42 + north,
            longitude=-83,
            accuracy_m=5,
            at=now - timedelta(seconds=old_s),
            source=PositionSource.UNIT,
        )

    units = [(UnitId("far"), at(0.3)), (UnitId("near"), at(0.1)), (UnitId("was-here"), at(0, old_s=121))]
    assert rules.nearest(at(0), units, (), now) == "near"
    assert rules.nearest(at(0), units, {"near"}, now) == "far"
    assert rules.nearest(at(0), units, {"near", "far"}, now) is None
    assert [rules.wait(n).total_seconds() for n in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 15, 15]


# A phone of an officer's


async def test_an_officers_phone_is_tested_really_and_only_by_who_has_it(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = pushed_by(house, monkeypatch)
    await subscribe(sam, SAMS)
    kim = await house.staff("kim")
    test = {"endpoint": SAMS}
    await sam.post("/api/push/test", test)
    ((endpoint, words),) = pushes.sent
    assert (endpoint, list(msgspec.json.decode(words.payload))) == (SAMS, ["test"])
    no(await kim.http.post("/api/push/test", json=test), 410, "push-gone")
    no(await dana.http.post("/api/push/test", json=test), 403, "wrong-role")
    pushes.answers[SAMS] = PushOutcome.FAILED
    no(await sam.http.post("/api/push/test", json=test), 502, "push-failed")
    pushes.answers[SAMS] = PushOutcome.GONE
    no(await sam.http.post("/api/push/test", json=test), 410, "push-gone")
    no(await sam.http.post("/api/push/test", json=test), 410, "push-gone")
    assert len(pushes.sent) == 3
    assert (await house.entries("push.unsubscribe"))[-1].details["why"] == "gone"


async def test_an_officers_address_must_be_a_push_services(house: House, sam: Staff) -> None:
    for endpoint in ("https://evil.example/x", "http://169.254.169.254/latest", f"{house.url}/api/session"):
        body = {"endpoint": endpoint, "p256dh": "p", "auth": "a"}
        no(await sam.http.post("/api/push", json=body), 422, "bad-push-address")
    assert await house.entries("push.subscribe") == []
