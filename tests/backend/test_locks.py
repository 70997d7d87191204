"""A session that nobody uses shows nothing, a lost phone is ended from elsewhere, and who may end whose."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from backend.model.ids import PushId, new_id
from backend.model.owners import PushSubscription
from backend.model.people import Role
from backend.model.sessions import device_words
from backend.services.locks import Locks, limits
from tests.backend.calls import calling
from tests.backend.house import PASSWORD, House, Socket, Staff, cookies, done, no
from tests.backend.lending import owner
from tests.backend.test_who_may import guarded
from tests.peers import until

POSITION = {"latitude": 42.3, "longitude": -83.1, "accuracy_m": 5.0, "age_ms": 0}
CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 "
    "Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.0 Mobile/15E148 Safari/604.1"
)


class Stopwatch:
    """The machine's, of the locks."""

    def __init__(self, house: House) -> None:
        self.locks, self.at = house.parts.locks, time.monotonic()
        self.locks._stopwatch = lambda: self.at

    async def passes(self, minutes: float) -> None:
        self.at += minutes * 60
        await self.locks.look()


async def is_open(who: Staff) -> bool:
    return (await who.http.get("/api/session")).status_code == 200


async def ends(socket: Socket, kind: str) -> int:
    """The last that is said on a socket, and the code that it closes with."""
    await socket.until(lambda e: e["type"] == kind)
    with pytest.raises(ConnectionClosedError) as closed:
        await socket.next()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def says(who: Staff, idle_min: float = 0, incident: Any = None) -> None:
    """A page of theirs, once a minute."""
    body = {"idle_ms": int(idle_min * 60_000), "incident_id": incident and incident["id"]}
    await who.post("/api/session/idle", body)


async def test_a_session_that_nobody_uses_is_locked_and_opened_by_its_persons_password(
    any_house: House,
) -> None:
    house, kim = any_house, await any_house.staff("kim")
    watch = Stopwatch(house)
    async with kim.socket() as socket:
        await watch.passes(0)
        await says(kim)
        await watch.passes(29)
        await says(kim, idle_min=1)  # touched in one tab, and asked by another that was not
        await says(kim, idle_min=20)
        await watch.passes(28.9)
        assert await is_open(kim)
        await says(kim, idle_min=29.9)  # what pages do by themselves is no use
        await watch.passes(0.2)
        assert await ends(socket, "locked") == 4423
    for method, path in guarded(house.app):
        if (method, path) == ("DELETE", "/api/session"):
            continue
        answer = await kim.http.request(method, path, json={})
        if path.endswith("/units/mine/position"):
            no(answer, 400, "malformed")  # an officer's phone says where it is all the same
        elif path.endswith("/acknowledge"):
            no(answer, 404, "not-found")  # and that an alert was seen
        else:
            no(answer, 401, "session-locked")
    assert (await kim.http.post("/api/units/mine/position", json=POSITION)).status_code == 204
    with pytest.raises(ConnectionClosedError):
        async with kim.socket():
            pass
    no(await kim.http.post("/api/session/unlock", json={"password": "not it"}), 401, "sign-in-failed")
    evil = house.client({**kim.headers, "Origin": "https://evil.example"})
    no(await evil.post("/api/session/unlock", json={"password": PASSWORD}), 403, "bad-origin")
    anew = house.client({k: v for k, v in kim.headers.items() if k != "X-CSRF-Token"})  # a page loaded again
    me = done(await anew.post("/api/session/unlock", json={"password": PASSWORD}))
    assert (me["csrf"], me["lock_after_s"]) == (kim.csrf, 1800)
    await watch.passes(29)
    async with kim.socket():
        assert await is_open(kim)
    told = [(e.action.value, e.actor, e.refusal) for e in await house.entries()][-3:]
    assert told == [
        ("session.lock", "system", None),
        ("session.unlock", "unknown", "sign-in-failed"),
        ("session.unlock", kim.user.id, None),
    ]


async def test_nobody_is_locked_out_of_what_goes_on(house: House, dana: Staff, sam: Staff) -> None:
    watch, kim, lee = Stopwatch(house), await house.staff("kim"), await house.staff("lee")
    async with calling(house) as call:
        quiet = await dana.open()
        await dana.post(f"/api/incidents/{quiet['id']}/units", {"unit_id": sam.user.unit_id})
        await watch.passes(0)
        for _ in range(30):
            await says(call.dana, idle_min=200, incident=call.incident)
            await says(kim, idle_min=200, incident=call.incident)  # which is none of theirs
            await watch.passes(1)
        await watch.passes(1)
        assert [await is_open(one) for one in (call.dana, sam, kim, lee, dana)] == [True, True] + [False] * 3
        await call.watch(call.dana)
        await call.dana.post("/api/session/lock")  # one's own press holds whatever goes on
        assert not await is_open(call.dana)
        state = house.parts.sfu.state()
        await until(lambda: all(s.publishes for s in house.parts.sfu.state().sessions), f"it ends: {state}")
    await lee.http.post("/api/session/unlock", json={"password": PASSWORD})
    await lee.post(f"/api/incidents/{quiet['id']}/close")
    await watch.passes(0)
    assert not await is_open(sam)


async def test_a_clock_that_is_set_locks_nobody_and_a_restart_goes_on(house: House, dana: Staff) -> None:
    watch = Stopwatch(house)
    await watch.passes(0)
    for hours in (9, -30, 22):
        house.clock.advance(hours=hours)
        await watch.passes(1)
        assert await is_open(dana)
    await says(dana)
    await watch.passes(2)  # and is written down
    for minutes, still_open in ((20, True), (11, False)):
        house.clock.advance(minutes=minutes)
        again = Locks(house.parts.steps, house.parts.sfu, limits(["30"]))
        await again.restore()
        await again.look()
        assert await is_open(dana) == still_open


@pytest.mark.parametrize(
    ("said", "officers", "others"), [("30", 30, 30), ("officer=15", 15, 30), ("240,officer=1", 1, 240)]
)
def test_minutes_by_role(said: str, officers: int, others: int) -> None:
    found = limits(said.split(","))
    assert found.keys() == set(Role)
    assert found[Role.OFFICER] == timedelta(minutes=officers)
    assert {found[role] for role in Role if role is not Role.OFFICER} == {timedelta(minutes=others)}


@pytest.mark.parametrize(
    "said", ["0", "241", "", "never", "officer", "chief=10", "officer=-1", "officer=3.5"][:]
)
def test_minutes_that_cannot_be(said: str) -> None:
    with pytest.raises(ValueError, match=r"minutes, 1 to 240|no role"):
        limits([said])


async def test_a_lost_phone_is_ended_from_the_console_with_its_socket_and_its_picture(
    house: House, sam: Staff
) -> None:
    other = await house.staff("sam")
    async with calling(house) as call:
        dana = call.dana
        await dana.post(f"/api/incidents/{call.incident['id']}/units", {"unit_id": sam.user.unit_id})
        await call.watch(sam)
        await call.watch(other)
        async with house.parts.store.begin() as tx:
            await tx.push.put(address(sam), 8)
            await tx.push.put(address(other), 8)
        (person,) = [one for one in await dana.get("/api/sessions") if one["name"] == "Sam Ortiz"]
        assert (person["role"], person["unit"], len(person["sessions"])) == ("officer", "Unit 12", 2)
        async with sam.socket() as lost, other.socket() as kept, dana.socket() as desk:
            began = time.monotonic()
            await dana.post(f"/api/sessions/{sam.session.id}/end", {"reason": "lost"})
            assert await ends(lost, "signed-out") == 4401
            socket_s = time.monotonic() - began
            await until(lambda: len(viewers(house)) == 1, "the picture of the lost phone ends")
            print(
                f"socket closed after {socket_s:.3f} s, picture gone after {time.monotonic() - began:.3f} s"
            )
            entry = (await desk.until(lambda e: e["type"] == "entry"))["entry"]
            details = entry["details"]
            assert (entry["action"], entry["actor"]) == ("session.end", "Dana Reyes")
            assert (details["person"], details["reason"]) == ("Sam Ortiz", "lost")
            assert "signed-out" not in {event["type"] for event in await kept.told(house)}
        assert not await is_open(sam)
        assert await is_open(other)
        me = await other.get("/api/session")
        assert me["user"]["unit_id"] == sam.user.unit_id  # on duty with the other phone
        async with house.parts.store.read() as tx:
            assert [kept.session_id for kept in await tx.push.of_user(sam.user.id)] == [other.session.id]
        await dana.post(f"/api/people/{sam.user.id}/sessions/end", {"reason": "stolen"})
        assert not await is_open(other)
        await until(lambda: viewers(house) == [], "nothing is seen any more")
        async with house.parts.store.read() as tx:
            assert await tx.duties.of_user(sam.user.id) is None
    said = [e.details for e in await house.entries("session.end")]
    assert [(one["session"], one["reason"]) for one in said] == [
        (sam.session.id, "lost"),
        (other.session.id, "stolen"),
    ]


def viewers(house: House) -> list[str]:
    return [session.session for session in house.parts.sfu.state().sessions if not session.publishes]


def address(of: Staff) -> PushSubscription:
    return PushSubscription(
        id=PushId(new_id("psh")),
        user_id=of.user.id,
        endpoint=f"https://push.example.net/{of.session.id}",
        p256dh="x",
        auth="x",
        added_at=of.house.clock(),
        session_id=of.session.id,
    )


async def test_who_sees_and_ends_whose(house: House, dana: Staff, sam: Staff, lee: Staff, ada: Staff) -> None:
    olga, second = await owner(house, "olga"), await house.staff("sam")
    may = {dana: {dana, sam, second}, sam: {sam, second}, lee: {dana, sam, second, lee, ada, olga}}
    everybody = (dana, sam, second, lee, ada, olga)
    for asker in (*may, ada, olga):
        listed = await asker.get("/api/sessions")
        shown = {session["id"]: session for person in listed for session in person["sessions"]}
        expected = may.get(asker, {asker})
        assert set(shown) == {one.session.id for one in expected}
        assert [key for key, session in shown.items() if session["here"]] == [asker.session.id]
        assert listed[0]["user_id"] == asker.user.id
        text = json.dumps(listed)
        assert not any(one.cookie.partition("=")[2] in text or one.csrf in text for one in everybody)
        for one in set(everybody) - expected:
            answer = await asker.http.post(f"/api/sessions/{one.session.id}/end", json={"reason": "other"})
            no(answer, 403, "wrong-role")
    refused = await house.entries("session.end")
    assert len(refused) == sum(6 - len(may.get(asker, {asker})) for asker in (*may, ada, olga))
    assert {entry.refusal for entry in refused} == {"wrong-role"}
    await sam.post(f"/api/people/{sam.user.id}/sessions/end", {"reason": "left-open"})
    assert [await is_open(one) for one in (sam, second)] == [True, False]
    await lee.post(f"/api/sessions/{olga.session.id}/end", {"reason": "lost"})
    assert not await is_open(olga)
    path = f"/api/sessions/{dana.session.id}/end"
    no(await lee.http.post(path, json={"reason": "because"}), 400, "malformed")
    await lee.post("/api/sessions/ses_0000000000000000000000/end", {"reason": "lost"})  # it is over


async def test_who_signs_in_where_somebody_was_takes_their_place(house: House, sam: Staff) -> None:
    async with sam.socket() as socket:
        http = house.client({"Origin": house.config.origin, "Cookie": sam.cookie, "User-Agent": IPHONE})
        reply = await http.post("/api/session", json={"name": "lee", "password": PASSWORD})
        assert await ends(socket, "signed-out") == 4401
    cookie = f"sightline={cookies(reply)['sightline'].value}"
    listed = done(await house.client({"Cookie": cookie}).get("/api/sessions"))
    assert [(s["device"], s["here"]) for person in listed for s in person["sessions"]] == [
        ("Safari on iPhone", True)
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (IPHONE, "Safari on iPhone"),
        (CHROME, "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (f"{CHROME} Edg/142.0".replace("Linux; Android 10; K", "Windows NT 10.0"), "Edge on Windows"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("", "A browser"),
        ("Mozilla/5.0", "A browser"),
        ("\x1b[31m<script>" * 100, "A browser"),
    ],
)
def test_a_device_in_words(said: str, words: str) -> None:
    assert device_words(said) == words
