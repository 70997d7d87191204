"""Sign-in over HTTP: who gets a session, what its cookie says, and what ends with it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Origin

from backend.model.ids import Cookie
from backend.model.people import Role, StaffSession
from backend.model.refusals import Refused
from backend.model.views import UnitChanged
from backend.services.credentials import AccountError
from tests.backend.house import PASSWORD, WAIT_S, House, Phone, Staff, cookies, done, no, settings, still


async def sign_in(house: House, name: str, password: str) -> httpx.Response:
    http = house.client({"Origin": house.config.origin})
    return await http.post("/api/session", json={"name": name, "password": password})


async def test_a_right_password_opens_a_session(house: House) -> None:
    reply = await sign_in(house, " Dana ", PASSWORD)
    me = done(reply)
    assert me["user"]["display_name"] == "Dana Reyes"
    assert me["agency"]["sender"] == "console"
    cookie = cookies(reply)["sightline"]
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/")
    assert (cookie["max-age"], cookie["domain"], cookie["secure"]) == (str(12 * 3600), "", "")
    http = house.client({"Cookie": f"sightline={cookie.value}"})
    assert done(await http.get("/api/session")) == me


async def test_behind_tls_the_cookie_is_bound_to_the_host(folder: Path) -> None:
    async with House(settings(folder, public_url="https://call.example.gov")) as house:
        reply = await sign_in(house, "dana", PASSWORD)
        cookie = cookies(reply)["__Host-sightline"]
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (
            True,
            True,
            "/",
            "",
        )
        http = house.client({"Cookie": f"sightline={cookie.value}"})
        no(await http.get("/api/session"), 401, "not-signed-in")
        assert done(await (await house.staff("sam")).http.get("/api/session"))["user"]["name"] == "sam"


async def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(house: House) -> None:
    for _ in range(5):
        no(await sign_in(house, "dana", "wrong password"), 401, "sign-in-failed")
    problem = no(await sign_in(house, "dana", PASSWORD), 429, "locked")
    assert "15 minutes" in problem["detail"]
    done(await sign_in(house, "sam", PASSWORD))
    house.clock.advance(minutes=14)
    no(await sign_in(house, "dana", PASSWORD), 429, "locked")
    house.clock.advance(minutes=1, seconds=1)
    done(await sign_in(house, "dana", PASSWORD))
    refusals = [e.refusal for e in await house.entries("user.sign-in") if e.refusal]
    assert refusals == ["sign-in-failed"] * 5 + ["locked"] * 2


async def test_a_right_password_forgets_the_wrong_ones(house: House) -> None:
    for _ in range(2):
        for _ in range(4):
            no(await sign_in(house, "dana", "wrong password"), 401, "sign-in-failed")
        done(await sign_in(house, "dana", PASSWORD))


async def test_tries_side_by_side_do_not_slip_under_the_bound(any_house: House) -> None:
    replies = await asyncio.gather(
        *(sign_in(any_house, "dana", f"wrong password {n}") for n in range(10)),
        sign_in(any_house, "dana", "yet another wrong one"),
    )
    assert sorted(reply.status_code for reply in replies) == [401] * 5 + [429] * 6
    no(await sign_in(any_house, "dana", PASSWORD), 429, "locked")


async def test_an_unknown_name_is_answered_like_a_wrong_password(house: House) -> None:
    wrong = [await sign_in(house, "dana", "wrong password") for _ in range(6)]
    unknown = [await sign_in(house, "nobody", "wrong password") for _ in range(6)]
    for known, other in zip(wrong, unknown, strict=True):
        assert (known.status_code, known.json()) == (other.status_code, other.json())
        assert set(known.headers) == set(other.headers)


@pytest.mark.parametrize("name", ["İ" * 64, "\x00", "a\x00b", " " * 64, "ß" * 64, "\u202e", "ŉ" * 64])
async def test_a_strange_name_is_only_a_wrong_one(any_house: House, name: str) -> None:
    reply = await sign_in(any_house, name, "wrong password")
    assert reply.status_code in (400, 401), reply.text
    assert reply.headers["content-type"] == "application/problem+json"


async def test_a_strange_password_is_only_a_wrong_one(house: House) -> None:
    for password in ("\x00", "é" * 256, " ", "\u202e"):
        assert (await sign_in(house, "dana", password)).status_code in (400, 401)


async def test_signing_in_from_another_sites_page_is_refused(house: House) -> None:
    for origin in ("https://evil.example", "null", house.url, f"{house.config.origin}.evil.example", ""):
        http = house.client({"Origin": origin})
        body = {"name": "dana", "password": PASSWORD}
        no(await http.post("/api/session", json=body), 403, "bad-origin")
    no(await house.client().post("/api/session", json=body), 403, "bad-origin")


async def test_too_many_sign_ins_from_one_address_are_slowed_down(house: House) -> None:
    rate = house.parts.sign_in._rate
    still(rate)
    while rate.take("127.0.0.1"):
        pass
    no(await sign_in(house, "dana", PASSWORD), 429, "too-many-tries")


async def test_a_forged_cookie_is_nobodys(house: House, dana: Staff) -> None:
    for cookie in ("sightline=x", "sightline=", "sightline=" + "x" * 200, "sightline", "=", ";;;=", "a=b; ="):
        no(await house.client({"Cookie": cookie}).get("/api/session"), 401, "not-signed-in")
    no(await house.client().get("/api/session"), 401, "not-signed-in")


async def test_a_session_runs_out(house: House, dana: Staff) -> None:
    house.clock.advance(hours=12)
    no(await dana.http.get("/api/session"), 401, "not-signed-in")
    no(await dana.http.post("/api/incidents", json={"type": "Fire"}), 401, "not-signed-in")


async def test_a_session_that_runs_out_ends_its_sockets_and_its_pictures(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    incident = await dana.open()
    other = Phone(house, house.token((await dana.issue(incident))["id"]))
    await other.share()
    watch = await dana.post(f"/api/feeds/{(await dana.see(incident))['feeds'][0]['id']}/watch")
    async with dana.socket() as socket:
        await house.parts.sessions.end_expired()
        assert await socket.told(house) == []
        house.clock.advance(hours=12)
        await house.parts.sessions.end_expired()
        await socket.until(lambda e: e["type"] == "signed-out")
    headers = {"Authorization": f"Bearer {watch['bearer']}", "Content-Type": "application/sdp"}
    no(await dana.http.post(watch["whep"], content="v=0", headers=headers), 403, "grant-revoked")


async def test_a_request_that_was_under_way_at_sign_out_gets_no_picture(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    incident = await dana.open()
    other = Phone(house, house.token((await dana.issue(incident))["id"]))
    await other.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    await house.parts.sessions.sign_out(dana.session)
    with pytest.raises(Refused, match="not-signed-in"):
        await house.parts.access.watch(dana.session, feed)


async def test_a_new_password_ends_every_session_of_the_account(house: House, dana: Staff) -> None:
    second, sam = await house.staff("dana"), await house.staff("sam")
    await house.parts.accounts.change_password("dana", "another long password")
    for one in (dana, second):
        no(await one.http.get("/api/session"), 401, "not-signed-in")
    assert (await sam.get("/api/session"))["user"]["name"] == "sam"
    body = {"name": "dana", "password": "another long password"}
    reply = await house.client({"Origin": house.config.origin}).post("/api/session", json=body)
    assert reply.status_code == 200
    assert [entry.actor for entry in await house.entries("user.password")] == ["operator"]


async def test_signing_out_ends_the_session_its_sockets_and_its_pictures(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    incident = await dana.open()
    other = Phone(house, house.token((await dana.issue(incident))["id"]))
    await other.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    watch = await dana.post(f"/api/feeds/{feed}/watch")
    second = await house.staff("dana")
    async with dana.socket() as socket, second.socket() as untouched:
        reply = await dana.http.delete("/api/session")
        assert reply.status_code == 204
        assert cookies(reply)["sightline"]["max-age"] == "0"
        await socket.until(lambda e: e["type"] == "signed-out")
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert await untouched.told(house) == []
    no(await dana.http.get("/api/session"), 401, "not-signed-in")
    assert (await second.get("/api/session"))["user"]["name"] == "dana"
    headers = {"Authorization": f"Bearer {watch['bearer']}", "Content-Type": "application/sdp"}
    no(await dana.http.post(watch["whep"], content="v=0", headers=headers), 403, "grant-revoked")


async def test_a_socket_ends_with_its_session(house: House, dana: Staff) -> None:
    async with house.parts.store.begin() as tx:
        await tx.sessions.remove(dana.session.id)
        soon = house.clock() + timedelta(seconds=0.5)
        session = StaffSession(id=dana.session.id, user=dana.user, expires_at=soon)
        await tx.sessions.add(session, hashed(dana), house.clock())
    async with dana.socket() as socket:
        assert (await socket.next())["type"] == "signed-out"
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def hashed(staff: Staff) -> str:
    return Cookie(staff.cookie.partition("=")[2]).hashed


async def test_a_socket_from_another_sites_page_is_refused(house: House, dana: Staff) -> None:
    address = house.url.replace("http", "ws", 1) + "/api/events"
    for origin in ("https://evil.example", None, house.url):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                address,
                origin=Origin(origin) if origin else None,
                additional_headers={"Cookie": dana.cookie},
                proxy=None,
            ):
                pass
        assert refused.value.response.status_code == 403


async def test_a_socket_of_nobody_is_told_so_and_closed(house: House) -> None:
    address = house.url.replace("http", "ws", 1) + "/api/events"
    async with connect(address, origin=Origin(house.config.origin), proxy=None) as connection:
        with pytest.raises(ConnectionClosedError):
            async with asyncio.timeout(WAIT_S):
                await connection.recv()
    assert connection.close_code == 4401


async def test_a_browser_that_leaves_in_the_middle_of_the_news_harms_nobody(
    house: House, dana: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    incident = await dana.open()
    for _ in range(5):
        async with dana.socket() as socket:
            socket.connection.transport.abort()
            await asyncio.gather(*(told(house, incident["id"]) for _ in range(20)))
    async with dana.socket() as socket:
        assert await socket.told(house) == []
    assert not [r for r in caplog.records if r.levelname == "ERROR"], caplog.text


async def told(house: House, incident: str) -> None:
    async with house.parts.steps.begin() as step:
        step.changed(incident)  # type: ignore[arg-type]


async def test_what_a_page_says_on_the_socket_is_not_heard(house: House, dana: Staff) -> None:
    async with dana.socket() as socket:
        await socket.connection.send("hello")
        await socket.connection.send(b"\x00\xff")
        assert await socket.told(house) == []
        await socket.connection.send("x" * 5000)
        with pytest.raises(ConnectionClosedError):
            await socket.until(lambda _: False)


async def test_a_browser_that_does_not_keep_up_is_let_go(house: House, dana: Staff) -> None:
    incident = await dana.open(words="x" * 500)
    async with dana.socket() as socket:
        async with house.parts.store.read() as tx:
            unit = (await tx.units.all())[0]
        for _ in range(300):  # without a pause for the socket in between
            await house.parts.hub.publish(UnitChanged(unit=unit))
        with pytest.raises(ConnectionClosedError) as closed:
            await socket.until(lambda _: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408
    async with dana.socket() as again:
        assert [view["id"] for view in again.snapshot["incidents"]] == [incident["id"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "İ" * 40}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "DANA"}, "already"),
        ({"display_name": ""}, "display name"),
        ({"display_name": "x" * 65}, "display name"),
        ({"display_name": "a\x1b[2Jb"}, "display name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"password": "caf\udce9 caf\udce9 caf\udce9"}, "password"),
        ({"call_sign": "Unit 1"}, "unit"),
        ({"role": Role.OFFICER}, "unit"),
        ({"role": Role.OFFICER, "call_sign": ""}, "call sign"),
        ({"role": Role.OFFICER, "call_sign": "x" * 41}, "call sign"),
        ({"role": Role.OFFICER, "call_sign": "a\x00"}, "call sign"),
    ],
)
async def test_an_account_that_cannot_work_is_refused_in_words(
    house: House, change: dict[str, object], words: str
) -> None:
    account = {
        "name": "new",
        "display_name": "New",
        "role": Role.DISPATCHER,
        "call_sign": None,
        "password": PASSWORD,
    }
    with pytest.raises(AccountError, match=words):
        await house.parts.accounts.add(**{**account, **change})  # type: ignore[arg-type]


async def test_a_new_account_is_on_record_and_can_sign_in(any_house: House) -> None:
    user = await any_house.parts.accounts.add(
        name="Ulla", display_name="Ulla", role=Role.OFFICER, call_sign="Unit 12", password="x" * 256
    )
    assert user.name == "ulla"
    entry = (await any_house.entries("user.add"))[-1]
    assert (entry.actor, entry.subject, entry.details) == ("operator", user.id, {"role": "officer"})
    me = done(await sign_in(any_house, "ulla", "x" * 256))
    assert me["user"]["unit_id"] is None  # an account is no duty
    assert me["user"]["usual_unit_id"] == (await any_house.staff("sam")).user.unit_id
