"""An owner may be asked once for each incident, and has a minute; who cannot be asked is known at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from backend.model.ids import AskId
from backend.services import asks, push
from notifications.ports import PushOutcome
from tests.backend.house import House, Staff, no, still
from tests.backend.lent import ASK, AT_THE_SHOP, Lent, lending, press
from tests.backend.push_double import Pushes
from tests.peers import until


@pytest.fixture
def pushes(house: House, monkeypatch: pytest.MonkeyPatch) -> Pushes:
    pushes = Pushes()
    monkeypatch.setattr(house.parts.pushes, "_pusher", pushes)
    monkeypatch.setattr(asks, "AGAIN_S", 0.05)
    return pushes


@pytest.fixture
async def lent(house: House, pushes: Pushes) -> AsyncIterator[Lent]:
    lent = await lending(house)
    yield lent
    await lent.hang_up()


@pytest.fixture
async def ola(lent: Lent) -> Staff:
    """The owner's phone, which takes messages."""
    ola = await lent.signed_in()
    await subscribe(ola, "https://push.example/ola")
    return ola


async def subscribe(who: Staff, endpoint: str) -> None:
    await who.post("/api/push", {"endpoint": endpoint, "p256dh": "p", "auth": "a"})


async def ask(dana: Staff, lent: Lent) -> tuple[Any, str, Any]:
    """An incident, a camera, and what became of the press."""
    camera, incident = await lent.camera(level=ASK), await dana.open(**AT_THE_SHOP)
    return incident, camera, await press(dana, incident, camera, "find-person")


async def the_ask(lent: Lent) -> str:
    async with lent.house.parts.store.read() as tx:
        return (await tx.asks.waiting())[-1].id


async def reach(dana: Staff, incident: Any) -> str:
    return str((await dana.see(incident))["asks"][0]["reach"])


async def test_an_owner_is_asked_by_a_push_that_holds_an_id_and_nothing_private(
    house: House, dana: Staff, lent: Lent, ola: Staff, pushes: Pushes
) -> None:
    incident, camera, answer = await ask(dana, lent)
    assert answer["opening"] is None
    assert (answer["asked"]["camera"], answer["asked"]["answer"]) == ("Front door", None)
    await until(lambda: pushes.sent, "the owner is told")
    endpoint, words = pushes.sent[0]
    said = msgspec.json.decode(words.payload)
    assert (endpoint, said["ask"]) == ("https://push.example/ola", await the_ask(lent))
    assert set(said) == {"ask", "seconds"}
    assert 50 <= said["seconds"] <= 60
    assert words.valid_for_s == said["seconds"]
    assert len(words.topic) == 32
    assert incident["id"] not in words.topic
    async with dana.socket() as socket:
        while (await reach(dana, incident)) != "push":
            await socket.next()
    assert lent.sockets.starts == []
    entry = (await house.entries("camera.ask"))[-1]
    assert (entry.actor, entry.subject, entry.details["reason"]) == (dana.user.id, camera, "find-person")


async def test_allowed_opens_at_once_for_who_asked_and_others_need_no_new_ask(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, _ = await ask(dana, lent)
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": True})
    opening = (await dana.see(incident))["openings"][0]
    assert (opening["user"], opening["reason"]) == ("Dana Reyes", "find-person")
    assert list(lent.sockets.running) == [opening["feed_id"]]
    lee = await house.staff("lee")
    assert (await press(lee, incident, camera))["opening"]["feed_id"] == opening["feed_id"]
    assert len(await house.entries("camera.ask")) == 1
    answered = (await house.entries("camera.answer"))[-1]
    assert (answered.actor, answered.details["answer"]) == (lent.owner.id, "allowed")


async def test_refused_stands_for_that_incident_and_no_other(dana: Staff, lent: Lent, ola: Staff) -> None:
    incident, camera, _ = await ask(dana, lent)
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": False})
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    problem = no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "camera-unavailable")
    assert "refused" in problem["detail"]
    assert lent.sockets.starts == []
    other = await dana.open(**AT_THE_SHOP)
    assert (await press(dana, other, camera))["asked"]["answer"] is None


async def test_a_minute_without_an_answer_is_an_answer(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, _ = await ask(dana, lent)
    asked = await the_ask(lent)
    house.clock.advance(seconds=61)
    no(await ola.http.post(f"/api/asks/{asked}/answer", json={"allow": True}), 410, "ask-over")
    assert (await house.entries("camera.answer"))[-1].refusal == "ask-over"
    await house.parts.openings.look()
    assert (await dana.see(incident))["asks"][0]["answer"] == "unanswered"
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "camera-unavailable")
    assert lent.sockets.starts == []


async def test_the_same_answer_twice_is_one_and_another_comes_too_late(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    await ask(dana, lent)
    asked = await the_ask(lent)
    for _ in range(2):
        await ola.post(f"/api/asks/{asked}/answer", {"allow": True})
    no(await ola.http.post(f"/api/asks/{asked}/answer", json={"allow": False}), 410, "ask-over")
    assert len([e for e in await house.entries("camera.answer") if e.refusal is None]) == 1
    assert len(lent.sockets.starts) == 1


async def test_two_answers_at_once_are_one_answer(dana: Staff, lent: Lent, ola: Staff) -> None:
    await ask(dana, lent)
    asked = await the_ask(lent)
    replies = await asyncio.gather(
        *(ola.http.post(f"/api/asks/{asked}/answer", json={"allow": allow}) for allow in (True, False))
    )
    assert sorted(reply.status_code for reply in replies) == [204, 410]


async def test_nobody_answers_for_another_owner(house: House, dana: Staff, lent: Lent, ola: Staff) -> None:
    await ask(dana, lent)
    asked = await the_ask(lent)
    other = await (await lending(house, "mia", numbers=())).signed_in()
    no(await other.http.post(f"/api/asks/{asked}/answer", json={"allow": True}), 403, "not-yours")
    lee = await house.staff("lee")  # a supervisor manages the city's sites, and nobody else's
    no(await lee.http.post(f"/api/asks/{asked}/answer", json={"allow": True}), 403, "not-yours")
    no(await dana.http.post(f"/api/asks/{asked}/answer", json={"allow": True}), 403, "wrong-role")
    assert lent.sockets.starts == []


async def test_an_ask_is_over_with_its_incident(house: House, dana: Staff, lent: Lent, ola: Staff) -> None:
    incident, _, _ = await ask(dana, lent)
    asked = await the_ask(lent)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    no(await ola.http.post(f"/api/asks/{asked}/answer", json={"allow": True}), 410, "ask-over")
    assert lent.sockets.starts == []


async def test_an_answer_for_who_has_left_opens_nothing(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, _ = await ask(dana, lent)
    await dana.delete("/api/session")
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": True})
    assert lent.sockets.starts == []
    assert (await press(await house.staff("lee"), incident, camera))["opening"]


async def test_pressing_again_while_the_owner_is_asked_asks_nobody_twice(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, first = await ask(dana, lent)
    again = await asyncio.gather(*(press(who, incident, camera) for who in (dana, await house.staff("lee"))))
    assert {answer["asked"]["asked_at"] for answer in again} == {first["asked"]["asked_at"]}
    assert len({entry.details["ask"] for entry in await house.entries("camera.ask")}) == 1


async def test_whoever_pressed_while_the_owner_was_asked_sees_the_picture_too(
    house: House, dana: Staff, sam: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, _ = await ask(dana, lent)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    lee = await house.staff("lee")
    for who, reason in ((sam, "officer-safety"), (lee, "see-scene"), (sam, "see-scene"), (dana, "see-scene")):
        assert (await press(who, incident, camera, reason))["opening"] is None
    pressed = [(e.actor, e.details["reason"]) for e in await house.entries("camera.ask")]
    assert pressed == [
        (dana.user.id, "find-person"),
        (sam.user.id, "officer-safety"),
        (lee.user.id, "see-scene"),
    ]
    (asked,) = (await dana.see(incident))["asks"]
    assert asked["waiting"] == [
        {"user_id": who.user.id, "user": who.user.display_name} for who in (dana, sam, lee)
    ]
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": True})
    openings = (await dana.see(incident))["openings"]
    assert (await dana.see(incident))["asks"][0]["waiting"] == []
    assert sorted((held["user_id"], held["reason"]) for held in openings) == sorted(pressed)
    assert list(lent.sockets.running) == [openings[0]["feed_id"]]
    for who in (dana, sam, lee):
        await who.post(f"/api/feeds/{openings[0]['feed_id']}/watch")
    assert len(await house.entries("camera.answer")) == 1


async def test_who_waited_and_may_no_more_sees_nothing_and_takes_nothing_from_the_others(
    house: House, dana: Staff, sam: Staff, lent: Lent, ola: Staff
) -> None:
    incident, camera, _ = await ask(dana, lent)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    lee = await house.staff("lee")
    for who in (sam, lee):
        await press(who, incident, camera)
    await dana.delete(f"/api/incidents/{incident['id']}/units/{sam.user.unit_id}")
    await dana.delete("/api/session")  # she who asked has left too
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": True})
    assert [held["user"] for held in (await lee.see(incident))["openings"]] == ["Lee Carter"]


@pytest.mark.parametrize("how", ["refused", "unanswered", "closed"])
async def test_waiting_for_an_answer_opens_nothing_without_one(
    house: House, dana: Staff, lent: Lent, ola: Staff, how: str
) -> None:
    incident, camera, _ = await ask(dana, lent)
    asked = await the_ask(lent)
    await press(await house.staff("lee"), incident, camera)
    if how == "refused":
        await ola.post(f"/api/asks/{asked}/answer", {"allow": False})
    elif how == "closed":
        await dana.post(f"/api/incidents/{incident['id']}/close")
    else:
        house.clock.advance(seconds=61)
        await house.parts.openings.look()
    assert lent.sockets.starts == []
    async with house.parts.store.read() as tx:
        assert await tx.openings.all() == []
        assert await tx.asks.waiters(AskId(asked)) == []


async def test_so_many_wait_for_one_answer(
    house: House, dana: Staff, lent: Lent, ola: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.presses.MOST_WAITERS", 0)
    incident, camera, _ = await ask(dana, lent)
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    lee = await house.staff("lee")
    no(await lee.http.post(where, json={"reason": "see-scene"}), 409, "too-many")
    assert (await press(dana, incident, camera))["asked"]


async def test_an_answer_stands_though_no_more_cameras_can_be_opened(
    house: House, dana: Staff, lent: Lent, ola: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, camera, _ = await ask(dana, lent)
    monkeypatch.setattr("backend.services.presses.MOST_CAMERAS", 0)
    await ola.post(f"/api/asks/{await the_ask(lent)}/answer", {"allow": True})
    assert lent.sockets.starts == []
    monkeypatch.setattr("backend.services.presses.MOST_CAMERAS", 1)
    assert (await press(dana, incident, camera))["opening"]


# Who can hear


async def test_an_owner_whom_nobody_could_tell_is_not_asked_and_that_is_said_at_once(
    house: House, dana: Staff, lent: Lent, pushes: Pushes
) -> None:
    camera, incident = await lent.camera(level=ASK), await dana.open(**AT_THE_SHOP)
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    no(await dana.http.post(where, json={"reason": "see-scene"}), 409, "owner-away")
    assert (await house.entries("camera.open"))[-1].refusal == "owner-away"
    assert (await dana.see(incident))["asks"] == []  # the one question of this incident is not spent
    async with (await house.staff(lent.owner.name)).page():
        assert (await press(dana, incident, camera))["asked"]["reach"] == "page"
    assert pushes.sent == []


async def test_a_browser_that_is_gone_is_forgotten_and_the_dispatcher_is_told_that_nobody_heard(
    house: House, dana: Staff, lent: Lent, ola: Staff, pushes: Pushes
) -> None:
    pushes.answers["https://push.example/ola"] = PushOutcome.GONE
    async with dana.socket() as socket:
        await ask(dana, lent)
        told = await socket.until(
            lambda e: (
                e["type"] == "incident"
                and e["incident"]["asks"][:1] != []
                and e["incident"]["asks"][0]["reach"] != "trying"
            )
        )
    assert told["incident"]["asks"][0]["reach"] == "nobody"
    async with house.parts.store.read() as tx:
        assert await tx.push.of_user(lent.owner.id) == []


async def test_a_push_service_that_fails_is_tried_once_more_and_one_phone_of_several_is_enough(
    dana: Staff, lent: Lent, ola: Staff, pushes: Pushes
) -> None:
    pushes.answers["https://push.example/ola"] = PushOutcome.FAILED
    await subscribe(ola, "https://push.example/tablet")
    incident, _, _ = await ask(dana, lent)
    async with dana.socket() as socket:
        while (await reach(dana, incident)) == "trying":
            await socket.next()
    assert await reach(dana, incident) == "push"
    assert len(pushes.sent) == 2
    pushes.answers["https://push.example/tablet"] = PushOutcome.FAILED
    other, _, _ = await ask(dana, lent)
    async with dana.socket() as socket:
        while (await reach(dana, other)) == "trying":
            await socket.next()
    assert await reach(dana, other) == "nobody"
    assert len(pushes.sent) == 6


async def test_an_ask_that_is_over_is_pushed_to_nobody(
    house: House, dana: Staff, lent: Lent, ola: Staff, pushes: Pushes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asks, "AT_ONCE", 0)  # no room yet
    await ask(dana, lent)
    house.clock.advance(seconds=61)
    monkeypatch.setattr(asks, "AT_ONCE", 16)
    await house.parts.asks.look()
    await asyncio.sleep(0.1)
    assert pushes.sent == []


async def test_of_one_persons_browsers_so_many_are_kept_and_an_endpoint_belongs_to_the_last(
    house: House, lent: Lent, ola: Staff
) -> None:
    for n in range(push.ADDRESSES + 3):
        house.clock.advance(seconds=1)
        await subscribe(ola, f"https://push.example/{n}")
    async with house.parts.store.read() as tx:
        kept = [held.endpoint for held in await tx.push.of_user(lent.owner.id)]
    assert kept == [f"https://push.example/{n}" for n in range(3, push.ADDRESSES + 3)]
    mia = await lending(house, "mia", numbers=())
    await subscribe(await mia.signed_in(), kept[0])
    async with house.parts.store.read() as tx:
        assert [held.endpoint for held in await tx.push.of_user(mia.owner.id)] == kept[:1]
    await ola.http.request("DELETE", "/api/push", json={"endpoint": kept[0]})  # not hers any more
    await ola.http.request("DELETE", "/api/push", json={"endpoint": kept[1]})
    async with house.parts.store.read() as tx:
        assert len(await tx.push.of_user(mia.owner.id)) == 1
        assert kept[1] not in [held.endpoint for held in await tx.push.of_user(lent.owner.id)]
    ends = [e.details["why"] for e in await house.entries("push.unsubscribe")]
    assert ends == ["too many"] * 4 + ["named anew", "asked"]


async def test_where_somebody_takes_messages_is_on_record_without_the_address(
    house: House, dana: Staff, lent: Lent, ola: Staff, pushes: Pushes
) -> None:
    (first,) = await house.entries("push.subscribe")
    for _ in range(3):  # as the page does each time it opens
        await subscribe(ola, "https://push.example/ola")
    await ola.http.request("DELETE", "/api/push", json={"endpoint": "https://push.example/other"})
    assert await house.entries("push.subscribe") == [first]
    assert await house.entries("push.unsubscribe") == []
    assert (first.actor, first.details) == (
        lent.owner.id,
        {"of": lent.owner.id, "service": "push.example"},
    )
    pushes.answers["https://push.example/ola"] = PushOutcome.GONE
    incident, _, _ = await ask(dana, lent)
    async with dana.socket() as socket:
        while (await reach(dana, incident)) != "nobody":
            await socket.next()
    (gone,) = await house.entries("push.unsubscribe")
    assert (gone.actor, gone.subject, gone.details["why"]) == ("system", first.subject, "gone")
    assert "/ola" not in str([entry.details for entry in await house.entries()])


async def test_addresses_change_no_faster_than_their_entries_may(
    house: House, lent: Lent, ola: Staff
) -> None:
    house.parts.pushes._rate._held.clear()
    still(house.parts.pushes._rate)
    address = {"p256dh": "p", "auth": "a"}
    replies = [
        await ola.http.post("/api/push", json={"endpoint": f"https://push.example/{n}", **address})
        for n in range(41)
    ]
    assert replies[0].is_success
    no(replies[-1], 429, "too-often")
