"""Who may do what: every route of the app, walked with the wrong role, the wrong origin and no session."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from websockets.asyncio.client import connect
from websockets.typing import Origin

from backend.api import guards
from tests.backend.house import House, Phone, Staff, no
from tests.backend.lending import owner

FILLED = {
    "incident": "inc_0000000000000000000000",
    "unit": "unt_0000000000000000000000",
    "link": "lnk_0000000000000000000000",
    "feed": "fed_0000000000000000000000",
    "site": "sit_0000000000000000000000",
    "ended": "ses_0000000000000000000000",
    "user": "usr_0000000000000000000000",
    "alert": "alr_0000000000000000000000",
    "camera": "cam_0000000000000000000000",
    "opening": "opn_0000000000000000000000",
    "ask": "ask_0000000000000000000000",
    "request_id": "req_0000000000000000000000",
    "connector": "con_0000000000000000000000",
    "device": "dev_0000000000000000000000",
    "invoice": "inv_0000000000000000000000",
    "name": "inv_0000000000000000000000.pdf",
    "transfer": "trf_0000000000000000000000",
    "glass": "gls_0000000000000000000000",
    "upload": "upl_0000000000000000000000",
    "note": "nte_0000000000000000000000",
    "use": "use_0000000000000000000000",
    "contest_id": "ctt_0000000000000000000000",
    "finding": "fnd_0000000000000000000000",
    "response": "rsp_0000000000000000000000",
    "dock": "dck_0000000000000000000000",
    "drone": "drn_0000000000000000000000",
    "flight": "flt_0000000000000000000000",
    "index": "999999",
}
# Whose place it is, so that what is not there is all that is wrong.
ASKED = {
    guards.staff: "dana",
    guards.desk: "dana",
    guards.officers: "sam",
    guards.officers_even_locked: "sam",
    guards.supervisors: "lee",
    guards.managers: "lee",
    guards.auditors: "ada",
    guards.flyers: "dana",
    guards.pilots: "pia",
    guards.log_readers: "ada",
}


def filled(path: str) -> str:
    """An address with ids of what is not there."""
    held = re.sub(r"\{(\w+):\w+\}", lambda m: FILLED[m[1]], path)
    return held.replace("/statements/inv_", "/statements/stm_")


def guarded(app: Litestar, guard: Any = None) -> Iterator[tuple[str, str]]:
    """Method and address of every route that asks for a session, or for this one guard."""
    staff = {
        *(guards.signed_in, guards.staff, guards.desk, guards.officers),
        *(guards.supervisors, guards.owners, guards.managers, guards.auditors),
        *(guards.even_locked, guards.officers_even_locked, guards.reached),
        *(guards.flyers, guards.pilots, guards.skywatchers, guards.flight_readers, guards.log_readers),
    }
    for route in app.state.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler):
                continue
            found = staff & set(handler.resolve_guards())
            if found and (guard is None or guard in found):
                path = filled(route.path)
                for method in handler.http_methods - {"OPTIONS"}:
                    yield str(method), path


async def test_without_a_session_no_staff_route_answers(house: House) -> None:
    http = house.client({"Origin": house.config.origin, "X-CSRF-Token": "x"})
    walked = list(guarded(house.app))
    assert len(walked) > 15
    for method, path in walked:
        no(await http.request(method, path, json={}), 401, "not-signed-in")


async def test_no_staff_route_changes_anything_without_our_origin_and_csrf_token(
    house: House, dana: Staff, sam: Staff
) -> None:
    changing = [(method, path) for method, path in guarded(house.app) if method != "GET"]
    assert len(changing) >= 12
    before = await house.entries()
    stolen = (await house.staff("lee")).csrf
    for person in (dana, sam):
        for method, path in changing:
            for origin in ("https://evil.example", "null", None):
                headers = {k: v for k, v in person.headers.items() if k != "Origin"}
                http = house.client(headers if origin is None else {**headers, "Origin": origin})
                no(await http.request(method, path, json={}), 403, "bad-origin")
            for token in ("", "x", stolen, None):
                headers = {k: v for k, v in person.headers.items() if k != "X-CSRF-Token"}
                http = house.client(headers if token is None else {**headers, "X-CSRF-Token": token})
                no(await http.request(method, path, json={}), 403, "bad-csrf")
    assert await house.entries() == before


async def test_an_officer_is_refused_at_the_desk_and_on_record(house: House, sam: Staff) -> None:
    walked = list(guarded(house.app, guards.desk))
    assert len(walked) >= 11
    for method, path in walked:
        no(await sam.http.request(method, path, json={}), 403, "wrong-role")
    entries = await house.entries("access.refuse")
    assert [(e.actor, e.refusal, e.details["path"]) for e in entries] == [
        (sam.user.id, "wrong-role", path) for _, path in walked
    ]


async def test_owners_are_refused_wherever_staff_work_and_staff_where_owners_do(
    house: House, dana: Staff, sam: Staff
) -> None:
    rosa = await owner(house, "rosa")
    for guard in (
        guards.staff,
        guards.desk,
        guards.officers,
        guards.supervisors,
        guards.auditors,
        guards.flyers,
    ):
        for method, path in guarded(house.app, guard):
            no(await rosa.http.request(method, path, json={}), 403, "wrong-role")
    walked = list(guarded(house.app, guards.managers))
    assert len(walked) >= 10
    for person in (dana, sam):
        for method, path in [
            *walked,
            *guarded(house.app, guards.owners),
            *guarded(house.app, guards.supervisors),
        ]:
            no(await person.http.request(method, path, json={}), 403, "wrong-role")


async def test_an_auditor_reviews_and_does_nothing_else(
    house: House, dana: Staff, sam: Staff, lee: Staff, ada: Staff
) -> None:
    incident = await dana.open(words="A man with a lamp", callback_number="+12125550199")
    guards_of_others = (
        guards.staff,
        guards.desk,
        guards.officers,
        guards.supervisors,
        guards.managers,
        guards.flyers,
    )
    for guard in (*guards_of_others, guards.owners):
        for method, path in guarded(house.app, guard):
            no(await ada.http.request(method, path, json={}), 403, "wrong-role")
    for where in ("/api/events", "/api/owner/events", "/api/agency/events"):
        assert await _closed(house, ada, where) == 4404
    walked = list(guarded(house.app, guards.auditors))
    assert len(walked) >= 5
    for person in (dana, sam, lee):
        for method, path in walked:
            no(await person.http.request(method, path, json={}), 403, "wrong-role")
    seen = json.dumps([await ada.get("/api/session"), await ada.get("/api/review")])
    assert not [text for text in ("lamp", "2125550", incident["id"]) if text in seen]


async def test_only_officers_ride_in_units(house: House, dana: Staff) -> None:
    for person in (dana, await house.staff("lee")):
        for method, path in guarded(house.app, guards.officers):
            no(await person.http.request(method, path, json={}), 403, "wrong-role")


async def test_a_supervisor_may_what_a_dispatcher_may(house: House) -> None:
    lee = await house.staff("lee")
    incident = await lee.open()
    await lee.issue(incident)
    assert [view["id"] for view in await lee.get("/api/incidents/closed")] == []
    await lee.post(f"/api/incidents/{incident['id']}/close")
    assert [view["id"] for view in await lee.get("/api/incidents/closed")] == [incident["id"]]


async def test_what_is_not_there_is_not_found(house: House, dana: Staff, sam: Staff) -> None:
    bodies = {
        "amend": {"words": "Two men at the door"},
        "units": {"unit_id": sam.user.unit_id},
        "links": {"number": "+12125550123", "kind": "live"},
        "also": {"number": "+12125550123"},
        "cameras": {
            "name": "Door",
            "point": {"latitude": 42.0, "longitude": -83.0},
            "view": {},
            "indoor": False,
        },
        "pause": {"minutes": 60},
        "open": {"reason": "see-scene"},
        "answer": {"allow": True},
        "panic": {"words": ""},
        "paid": {"paid_on": "2026-02-03"},
        "glass": {"user_id": FILLED["unit"].replace("unt", "usr"), "reason": "nearest"},
        "remarks": {"words": "Once more"},
        "seal": {"why": "court", "days": 3},
        "erase": {"why": "court", "what": "person"},
        "contest": {"why": "too-long"},
        "notes": {"id": FILLED["note"], "text": "On my way"},
        "marks": {"delivered": 1, "read": 1},
        "talk": {"id": FILLED["note"].replace("nte", "wrd"), "kind": "text", "text": "Stay where you are"},
        "read": {"read": 1},
        "gimbal": {"pitch_deg": 0},
        "look-at": {"latitude": 42.0, "longitude": -83.0},
        "zoom": {"times": 2},
        "press": {"press": FILLED["response"].replace("rsp", "prs"), "status": "clear"},
        "undo": {"press": FILLED["response"].replace("rsp", "prs")},
    }
    walked = [
        (method, path, person)
        for guard, person in ASKED.items()
        for method, path in guarded(house.app, guard)
        if any(held in path for held in FILLED.values())
    ]
    assert len(walked) > 20
    for method, path, person in walked:
        asking = await house.staff(person)
        verb = path.rpartition("/")[2]
        body = {"name": "Door"} if person == "lee" and verb == "amend" else bodies.get(verb, {})
        if person == "ada" and verb == "close":
            body = {"outcome": "in-order", "words": "As it should be"}
        if "contests" in path:
            body = {"outcome": "explained", "words": "It was a fire"}
        no(await asking.http.request(method, path, json=body), 404, "not-found")


async def test_an_officer_sees_the_assigned_incidents_only(house: House, dana: Staff, sam: Staff) -> None:
    mine, other = await dana.open(), await dana.open()
    async with sam.socket() as socket:
        assert socket.snapshot["incidents"] == []
        await dana.post(f"/api/incidents/{mine['id']}/units", {"unit_id": sam.user.unit_id})
        told = await socket.until(lambda e: e["type"] == "incident")
        assert told["incident"]["id"] == mine["id"]
        await dana.issue(other)
        assert [e for e in await socket.told(house) if other["id"] in json.dumps(e)] == []
        for what in ("entries", "trail"):
            await sam.get(f"/api/incidents/{mine['id']}/{what}")
            no(await sam.http.get(f"/api/incidents/{other['id']}/{what}"), 403, "not-assigned")
        await dana.delete(f"/api/incidents/{mine['id']}/units/{sam.user.unit_id}")
        assert (await socket.until(lambda e: e["type"] == "incident-hidden"))["incident_id"] == mine["id"]
        await dana.issue(mine)
        assert [e for e in await socket.told(house) if mine["id"] in json.dumps(e)] == []
    no(await sam.http.get(f"/api/incidents/{mine['id']}/entries"), 403, "not-assigned")
    async with (await house.staff("kim")).socket() as socket:
        assert socket.snapshot["incidents"] == []


async def test_a_closed_incident_is_for_the_desk_only(house: House, dana: Staff, sam: Staff) -> None:
    incident = await dana.open()
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    async with sam.socket() as officer, dana.socket() as desk:
        await dana.post(f"/api/incidents/{incident['id']}/close")
        await officer.until(lambda e: e["type"] == "incident-hidden")
        told = await desk.until(lambda e: e["type"] == "incident")
        assert told["incident"]["closed_at"] is not None
    no(await sam.http.get(f"/api/incidents/{incident['id']}/entries"), 410, "incident-closed")
    assert await dana.get(f"/api/incidents/{incident['id']}/entries")


async def test_no_officer_is_ever_shown_a_number(house: House, dana: Staff, sam: Staff) -> None:
    seen: list[str] = []
    incident = await dana.open(callback_number="+12125550199")
    where = f"/api/incidents/{incident['id']}"
    assert incident["callback_number"] == "+12125550199"
    async with sam.socket() as socket, dana.socket() as desk:
        await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
        link = await dana.issue(incident)
        phone = Phone(house, house.token(link["id"]))
        await phone.share()
        assert (await phone.send("status", {"camera": "on", "position": "refused"})).status_code == 204
        await dana.post(f"/api/links/{link['id']}/revoke")
        events = await socket.told(house)
        assert {event["type"] for event in events} >= {"incident", "entry"}
        seen.append(json.dumps(events))
        assert "2125550" in json.dumps(await desk.told(house))
    async with sam.socket() as socket:
        seen.append(json.dumps(socket.snapshot))
        assert socket.snapshot["incidents"][0]["links"][0]["number"] is None
    seen += [json.dumps(await sam.get(f"{where}/{what}")) for what in ("entries", "trail")]
    assert not [text for text in seen if "2125550" in text]
    assert "+12125550123" in json.dumps(await dana.get(f"{where}/entries"))


async def test_an_officer_watches_an_assigned_feed_until_the_unit_is_released(
    house: House, dana: Staff, sam: Staff, phone: Phone
) -> None:
    incident = await dana.open()
    caller = Phone(house, house.token((await dana.issue(incident))["id"]))
    await caller.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    no(await sam.http.post(f"/api/feeds/{feed}/watch"), 403, "not-assigned")
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    watch = await sam.post(f"/api/feeds/{feed}/watch")
    await dana.delete(f"/api/incidents/{incident['id']}/units/{sam.user.unit_id}")
    headers = {"Authorization": f"Bearer {watch['bearer']}", "Content-Type": "application/sdp"}
    no(await sam.http.post(watch["whep"], content="v=0", headers=headers), 403, "grant-revoked")
    assert (await house.entries("feed.subscribe"))[-1].refusal == "grant-revoked"


async def test_assigning_twice_is_once_and_releasing_nothing_is_nothing(
    house: House, dana: Staff, sam: Staff
) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}/units"
    for _ in range(2):
        view = await dana.post(where, {"unit_id": sam.user.unit_id})
        assert view["unit_ids"] == [sam.user.unit_id]
    for _ in range(2):
        assert (await dana.delete(f"{where}/{sam.user.unit_id}"))["unit_ids"] == []
    no(await dana.http.post(where, json={"unit_id": FILLED["unit"]}), 404, "not-found")
    done = [(e.action.value, e.refusal) for e in await house.entries() if e.incident_id == incident["id"]]
    assert done[1:] == [
        ("unit.assign", None),
        ("unit.alert", None),
        ("unit.release", None),
        ("unit.assign", "not-found"),
    ]


@pytest.mark.parametrize(
    ("name", "where"),
    [("dana", "/console"), ("lee", "/console"), ("sam", "/officer"), ("ada", "/review"), (None, "/signin")],
)
async def test_the_front_door_leads_to_ones_own_page(house: House, name: str | None, where: str) -> None:
    http = (await house.staff(name)).http if name else house.client()
    reply = await http.get("/")
    assert (reply.status_code, reply.headers["location"]) == (302, where)


async def test_devices_are_for_supervisors_and_connectors_for_whoever_manages_the_site(house: House) -> None:
    for guard, names in (
        (guards.supervisors, ("dana", "sam")),
        (guards.managers, ("dana", "sam")),
    ):
        walked = list(_walked(house.app, guard))
        assert len(walked) >= 3
        for name in names:
            person = await house.staff(name)
            for method, path in walked:
                no(await person.http.request(method, path, json={}), 403, "wrong-role")
        stranger = house.client({"Origin": house.config.origin})
        for method, path in walked:
            no(await stranger.request(method, path, json={}), 401, "not-signed-in")


async def _closed(house: House, person: Staff, where: str) -> int | None:
    """With which code a socket there is closed at once."""
    async with connect(
        house.url.replace("http", "ws", 1) + where,
        origin=Origin(house.config.origin),
        additional_headers={"Cookie": person.cookie},
        proxy=None,
    ) as socket:
        await asyncio.wait_for(socket.wait_closed(), 10)
        return socket.close_code


def _walked(app: Litestar, guard: Any) -> Iterator[tuple[str, str]]:
    for route in app.state.routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and guard in handler.resolve_guards():
                path = filled(route.path)
                for method in handler.http_methods - {"OPTIONS"}:
                    yield str(method), path
