"""Becoming an owner: by a link that opens once, and by a request that a supervisor answers."""

import pytest

from backend.services import owners as steps
from backend.services.limits import Rate
from tests.backend.house import House, Staff, no, still
from tests.backend.lending import owner

PASSWORD = "a long enough one"
REQUEST = {
    "kind": "business",
    "display_name": "Rosa Marin",
    "number": "(212) 555-0123",
    "email": "rosa@example.com",
    "address": "1 Main St",
    "words": "Two cameras at the door",
}


@pytest.fixture
async def lee(house: House) -> Staff:
    return await house.staff("lee")


def acceptance(url: str, **more: str) -> dict[str, str]:
    token = url.partition("#")[2]
    given = {"token": token, "name": "rosa", "display_name": "Rosa", "password": PASSWORD, "kind": "business"}
    return {**given, **more}


async def test_an_invitation_makes_one_owner_once(any_house: House) -> None:
    house = any_house
    lee = await house.staff("lee")
    url = (await lee.post("/api/agency/invitations", {"display_name": "Rosa Marin"}))["url"]
    assert url.startswith(f"{house.config.public_url}/join#")
    body, http = acceptance(url), house.client({"Origin": house.config.origin})
    for _ in range(2):  # looking spends nothing
        reply = await http.post("/api/join/look", json={"token": body["token"]})
        assert reply.json() == {"agency": "Dearborn Police", "display_name": "Rosa Marin"}
    assert (await http.post("/api/join", json=body)).status_code == 204
    no(await http.post("/api/join", json={**body, "name": "other"}), 410, "invitation-used")
    no(await http.post("/api/join/look", json={"token": body["token"]}), 410, "invitation-used")
    reply = await http.post("/api/session", json={"name": "rosa", "password": PASSWORD})
    assert reply.json()["user"]["role"] == "owner"
    rosa = await house.staff("rosa")
    assert (await rosa.http.get("/")).headers["location"] == "/owner"
    log = [(e.action.value, e.refusal) for e in await house.entries() if e.action.value.startswith("owner.")]
    assert log == [("owner.invite", None), ("owner.accept", None), ("owner.accept", "invitation-used")]
    everything = str([(e.subject, e.details) for e in await house.entries()])
    assert body["token"] not in everything


async def test_an_invitation_runs_out_after_fourteen_days(house: House, lee: Staff) -> None:
    url = (await lee.post("/api/agency/invitations", {"display_name": "Rosa"}))["url"]
    http = house.client()
    house.clock.advance(days=14, seconds=1)
    no(await http.post("/api/join", json=acceptance(url)), 410, "invitation-expired")
    no(await http.post("/api/join/look", json={"token": "x" * 22}), 404, "invitation-unknown")
    no(await http.post("/api/join", json=acceptance("#" + "x" * 22)), 404, "invitation-unknown")


async def test_a_bad_password_or_a_taken_name_spends_nothing(house: House, lee: Staff) -> None:
    url = (await lee.post("/api/agency/invitations", {"display_name": "Rosa"}))["url"]
    http = house.client()
    no(await http.post("/api/join", json=acceptance(url, password="short")), 422, "bad-account")
    no(await http.post("/api/join", json=acceptance(url, name="ro sa")), 422, "bad-account")
    no(await http.post("/api/join", json=acceptance(url, name=" Dana ")), 409, "name-taken")
    assert (await http.post("/api/join", json=acceptance(url))).status_code == 204


async def test_a_request_is_answered_once_by_a_supervisor(house: House, lee: Staff) -> None:
    http = house.client()
    for _ in range(2):
        assert (await http.post("/api/join/request", json=REQUEST)).status_code == 204
    first, second = await lee.get("/api/agency/requests")
    assert (first["number"], first["state"]) == ("+12125550123", "waiting")
    url = (await lee.post(f"/api/agency/requests/{first['id']}/approve"))["url"]
    await lee.post(f"/api/agency/requests/{second['id']}/decline")
    for request, verb in ((first, "decline"), (first, "approve"), (second, "approve")):
        no(await lee.http.post(f"/api/agency/requests/{request['id']}/{verb}"), 409, "decided")
    assert (await http.post("/api/join", json=acceptance(url))).status_code == 204
    states = {held["id"]: held["state"] for held in await lee.get("/api/agency/requests")}
    assert states == {first["id"]: "approved", second["id"]: "declined"}
    refused = [
        e.refusal for e in await house.entries() if e.action.value in ("owner.approve", "owner.decline")
    ]
    assert refused == [None, None, "decided", "decided", "decided"]


@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        ({"number": "911"}, 422, "bad-number"),
        ({"number": "12"}, 422, "bad-number"),
        ({"kind": "city"}, 403, "not-yours"),
        ({"email": "no"}, 400, "malformed"),
        ({"words": "x" * 501}, 400, "malformed"),
        ({"display_name": "a\nb"}, 400, "malformed"),
    ],
)
async def test_a_request_that_makes_no_sense_leaves_nothing(
    house: House, lee: Staff, bad: dict[str, str], status: int, code: str
) -> None:
    no(await house.client().post("/api/join/request", json={**REQUEST, **bad}), status, code)
    assert await lee.get("/api/agency/requests") == []


async def test_strangers_are_slowed_down_and_fill_no_disk(
    house: House, lee: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, http = house.parts.owners, house.client()
    for rate in vars(held).values():
        if isinstance(rate, Rate):
            still(rate)
    statuses = [(await http.post("/api/join/request", json=REQUEST)).status_code for _ in range(6)]
    assert statuses == [204] * 5 + [429]
    tokens = [{"token": f"{number:022}"} for number in range(31)]
    answers = [(await http.post("/api/join/look", json=body)).status_code for body in tokens]
    assert answers == [404] * 30 + [429]
    body = acceptance("#" + "x" * 22)
    answers = [(await http.post("/api/join", json=body)).status_code for _ in range(7)]
    assert answers == [404] * 6 + [429]
    monkeypatch.setattr(steps, "WAITING_MOST", 5)
    held._requests = Rate(every_s=1, burst=100)
    no(await http.post("/api/join/request", json=REQUEST), 503, "full")
    assert len(await lee.get("/api/agency/requests")) == 5
    monkeypatch.setattr(steps, "INVITED_MOST", 0)
    no(await lee.http.post("/api/agency/invitations", json={"display_name": "Rosa"}), 503, "full")


async def test_joining_is_for_our_own_pages_and_inviting_for_supervisors(
    house: House, dana: Staff, sam: Staff
) -> None:
    http = house.client({"Origin": "https://evil.example"})
    for path, body in (("", acceptance("#x")), ("/look", {"token": "x"}), ("/request", REQUEST)):
        no(await http.post(f"/api/join{path}", json=body), 403, "bad-origin")
    for person in (dana, sam, await owner(house, "rosa")):
        no(await person.http.get("/api/agency/requests"), 403, "wrong-role")
        reply = await person.http.post("/api/agency/invitations", json={"display_name": "R"})
        no(reply, 403, "wrong-role")
