"""Anything at all, to every route: a clear 4xx problem document, never a 500, on either database."""

import asyncio
import contextlib
import json
import logging
import random
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from backend.services import audit
from backend.services.limits import Rate
from tests.backend.house import House, Phone, Staff, done
from tests.peers import until

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "\u202e\u2066",
    "\ud7ff\ue000\ufffe\uffff",
    "🚒" * 500,
    "İ" * 64,
    "x" * 129,
    "x" * 60_000,
    "'; DROP TABLE entries; --",
    "inc_" + "0" * 22,
    "unt_" + "0" * 21 + "\n",
    "unt_" + "0" * 2000,
    "%s%n{0}$(id)",
)
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 10**30, [], {}, [[]], {"a": {}}, *TEXTS)
RAW = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe\x00",
    b'{"type":"\xff"}',
    b'{"token":"\\ud800"}',
    b'{"token":"\\udc00\\ud800"}',
    b'{"words":"\\u0000","type":"Fire"}',
    b'{"name":"\\ud83d","password":"\\ud83d"}',
    b"[" * 60_000,
    b'{"a":' * 12_000,
    b'{"type":"Fire","type":"Fire"}',
    b"\xef\xbb\xbf{}",
    b"NaN",
    b"1e999999",
    b"9" * 60_000,
    b'"' + b"\\u0041" * 10_000 + b'"',
    b"\x00" * 1000,
)
TYPES = (
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 300,
    "application/msgpack",
    "application/json; charset=utf-16",
    "application/sdp",
    "application/trickle-ice-sdpfrag",
    "é/é",
    "",
)
GOOD: dict[str, dict[str, Any]] = {
    "/api/join": {
        "token": "x",
        "name": "n",
        "display_name": "n",
        "password": "long enough one",
        "kind": "business",
    },
    "/api/join/look": {"token": "x"},
    "/api/join/request": {
        "kind": "business",
        "display_name": "n",
        "number": "+12125550123",
        "email": "a@b",
        "address": "a",
        "words": "w",
    },
    "/invitations": {"display_name": "n"},
    "/api/sites": {
        "kind": "city",
        "name": "n",
        "address": "a",
        "point": {"latitude": 1.0, "longitude": 1.0},
        "numbers": ["+12125550123"],
    },
    "/cameras": {
        "name": "n",
        "point": {"latitude": 1.0, "longitude": 1.0},
        "view": {"heading_deg": 1.0},
        "indoor": True,
        "connector_id": None,
        "source": None,
    },
    "/pause": {"minutes": 60},
    "/api/session": {"name": "dana", "password": "wrong password"},
    "/api/incidents": {
        "type": "Fire",
        "words": "w",
        "callback_number": "+12125550123",
        "position": {"latitude": 1.0, "longitude": 1.0, "accuracy_m": 5.0},
    },
    "/units": {"unit_id": "unt_" + "0" * 22},
    "/links": {"number": "+12125550123", "kind": "live"},
    "/position": {"latitude": 1.0, "longitude": 1.0, "accuracy_m": 5.0, "age_ms": 1},
    "/open": {"token": "x"},
    "/redeem": {"token": "x", "challenge": "1.x", "key": {"x": "x", "y": "y"}, "signature": "s"},
    "/caller/code": {"code": "123456"},
    "/status": {"camera": "on", "position": "on"},
}


class Everyone:
    """A house with somebody for each kind of route, and nobody held back by a rate."""

    def __init__(
        self, house: House, dana: Staff, sam: Staff, lee: Staff, phone: Phone, ids: dict[str, str]
    ) -> None:
        self.house, self.dana, self.sam, self.lee = house, dana, sam, lee
        self.phone, self.ids = phone, ids
        self.http = house.client()

    def posts(self) -> list[str]:
        """The address of every POST there is, with ids of things that exist."""
        found = []
        for route in self.house.app.state.routes:
            handlers = getattr(route, "route_handlers", [])
            if any(isinstance(h, HTTPRouteHandler) and "POST" in h.http_methods for h in handlers):
                path = route.path
                for name, held in self.ids.items():
                    path = path.replace(f"{{{name}:str}}", held)
                found.append(path)
        return sorted(set(found))

    def headers(self, path: str) -> dict[str, str]:
        if path.startswith(("/api/caller", "/whip", "/whep")):
            return {"Authorization": f"Bearer {self.phone.bearer}"}
        if "mine" in path:
            return self.sam.headers
        lent = path.startswith(("/api/sites", "/api/cameras", "/api/agency"))
        return (self.lee if lent else self.dana).headers

    async def post(self, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers(path), **more.pop("headers", {})}
        return await self.http.post(path, headers=headers, **more)


@pytest.fixture
async def everyone(any_house: House) -> Everyone:
    house = any_house
    dana, sam = await house.staff("dana"), await house.staff("sam")
    incident = await dana.open()
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    parts = house.parts
    held_back = (parts.callers, parts.sharing, parts.sign_in, parts.units)
    for owner in (*held_back, parts.owners, parts.sites, parts.cameras):
        for name, held in vars(owner).items():
            if isinstance(held, Rate):
                setattr(owner, name, Rate(every_s=0.000001, burst=1_000_000))
    lee = await house.staff("lee")
    site = await lee.post("/api/sites", GOOD["/api/sites"])
    camera = await lee.post(f"/api/sites/{site['id']}/cameras", GOOD["/cameras"])
    lent = {"site": site["id"], "camera": camera["id"], "request_id": "req_x"}
    ids = {
        **lent,
        "incident": incident["id"],
        "link": link["id"],
        "feed": feed,
        "feed_id": feed,
        "unit": "unt_x",
    }
    return Everyone(house, dana, sam, lee, phone, ids)


PLAIN = ("/c/plain", "/n/plain")  # forms without script


def check(reply: httpx.Response, sent: object) -> None:
    told = (reply.request.method, reply.request.url.path[:200], str(sent)[:200], reply.status_code)
    assert reply.status_code < 500, (*told, reply.text)
    if reply.status_code < 400:
        return
    assert "Traceback" not in reply.text
    if reply.request.url.path.startswith(PLAIN) and reply.headers["content-type"].startswith("text/html"):
        assert "<form" in reply.text, (*told, "a press is answered by a page with something to press")
    else:
        assert reply.headers["content-type"] == "application/problem+json", told
        problem = reply.json()
        assert problem["status"] == reply.status_code, told
        assert problem["type"].startswith("/problems/"), told


async def test_no_body_makes_a_post_fail(everyone: Everyone, caplog: pytest.LogCaptureFixture) -> None:
    paths = [path for path in everyone.posts() if not path.endswith(("/close", "/revoke", "/stop", "/allow"))]
    assert len(paths) > 14
    for path in paths:
        for raw in RAW:
            check(await everyone.post(path, content=raw, headers={"Content-Type": "application/json"}), raw)
        for kind in TYPES:
            headers = {"Content-Type": kind.encode("latin-1")}
            check(await everyone.post(path, content=b"{}", headers=headers), kind)
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR], caplog.text


async def test_no_value_in_any_field_makes_a_post_fail(
    everyone: Everyone, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(911)
    for path in everyone.posts():
        good = next((body for end, body in GOOD.items() if path.endswith(end)), None)
        if good is None:
            continue
        tries: list[Any] = []
        for field in good:
            tries += [{**good, field: value} for value in VALUES]
            tries.append({name: held for name, held in good.items() if name != field})
        tries += [{**good, "extra": 1}, [good], {"a": good}]
        tries += [{field: dice.choice(VALUES) for field in good} for _ in range(10)]
        if path == "/api/session":
            tries = [body for body in tries if isinstance(body, dict)][:: len(tries) // 12]  # argon2 is slow
        for body in tries:
            check(await everyone.post(path, json=body), body)
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR], caplog.text


async def test_no_address_makes_a_route_fail(everyone: Everyone, caplog: pytest.LogCaptureFixture) -> None:
    wrong = ["%00", "%ff%fe", "..%2f..%2f", "x" * 3000, "%F0%9F%9A%92", "%ED%A0%80", "a;b"]
    wrong.append("inc_" + "0" * 22 + "%0A")
    shapes = [
        ("POST", "/api/incidents/{}/close"),
        ("GET", "/api/incidents/{}/entries"),
        ("GET", "/api/incidents/{}/trail"),
        ("POST", "/api/incidents/{}/links"),
        ("DELETE", "/api/incidents/{}/units/{}"),
        ("POST", "/api/links/{}/code"),
        ("GET", "/api/links/{}/handout"),
        ("POST", "/api/feeds/{}/watch"),
        ("POST", "/whep/{}"),
        ("PATCH", "/whip/sessions/{}"),
        ("DELETE", "/whep/sessions/{}"),
        ("GET", "/assets/{}"),
        ("GET", "/{}"),
        ("POST", "/api/twilio/status?message={}"),
        ("GET", "/c?{}"),
    ]
    for person in (everyone.dana, everyone.sam):
        for method, shape in shapes:
            for part in wrong:
                headers = {"Content-Type": "application/sdp", "Authorization": "Bearer x"}
                path = shape.replace("{}", part)
                reply = await person.http.request(method, path, content=b"v=0", headers=headers)
                check(reply, path)
                if shape.startswith("/api/"):
                    assert reply.status_code in (400, 403, 404), path
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR], caplog.text


async def test_a_body_that_is_too_large_is_413(everyone: Everyone) -> None:
    big = json.dumps({"type": "x" * 70_000}).encode()

    async def chunks() -> Any:
        for _ in range(20):
            yield b'{"a":"' + b"x" * 8192

    for path in ("/api/incidents", "/api/caller/open", "/api/caller/redeem", "/whip", "/api/session"):
        kind = "application/sdp" if path == "/whip" else "application/json"
        reply = await everyone.post(path, content=big, headers={"Content-Type": kind})
        check(reply, path)
        assert reply.status_code == 413, path
        reply = await everyone.post(path, content=chunks(), headers={"Content-Type": kind})
        check(reply, path)
        assert reply.status_code == 413, path


async def test_a_wrong_method_is_405(everyone: Everyone) -> None:
    for path in everyone.posts():
        for method in ("PUT", "PROPFIND", "TRACE"):
            reply = await everyone.http.request(method, path, headers=everyone.headers(path))
            check(reply, method)
            assert reply.status_code == 405, (method, path)
        assert "allow" in reply.headers, path


async def test_hostile_headers_are_refused(everyone: Everyone) -> None:
    hostile = [
        ("Authorization", b"Bearer \xff\xfe"),
        ("Authorization", b"Bearer " + b"x" * 5000),
        ("Cookie", b"sightline=\xff; sightline=\xe9"),
        ("Cookie", b'sightline="\\377\\000"; $Version=1'),
        ("Cookie", b"sightline=" + b"x" * 30_000),
        ("Origin", b"\xff"),
        ("X-CSRF-Token", b"\xe9" * 100),
        ("If-Match", b'"\xff"'),
        ("If-None-Match", b"\xff" * 100),
        ("Accept-Encoding", b"\xff;q=x"),
        ("Accept", b"text/\xff;q=foo"),
        ("Content-Length", b"99999999999999999999"),
        ("X-Forwarded-For", b"\xff, 1.2.3.4"),
        ("Transfer-Encoding", b"chunked, chunked"),
    ]
    for path in ("/api/session", "/api/incidents", "/api/caller/stop", "/whip", "/api/events", "/c", "/"):
        for name, held in hostile:
            answer = await raw(everyone.house, path, name, held)
            status = int(answer.split(b" ", 2)[1]) if answer else 0
            assert status < 500, (path, name, answer[:200])
    check(await everyone.http.get("/c", headers={"X-Long": "x" * 30_000}), "a long header")
    check(await everyone.http.get("/healthz"), "after all that")


@pytest.mark.parametrize("part", ["line", "header", "headers"])
async def test_headers_without_end_are_cut_off(house: House, part: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(house.url).port)
    sent = 0
    writer.write(
        {"line": b"GET /", "header": b"GET / HTTP/1.1\r\nX: ", "headers": b"GET / HTTP/1.1\r\n"}[part]
    )
    with contextlib.suppress(ConnectionError):
        while sent < 50_000_000 and not reader.at_eof():
            more = b"X: y\r\n" * 1000 if part == "headers" else b"x" * 6000
            writer.write(more)
            await writer.drain()
            sent += len(more)
    writer.close()
    assert sent < 50_000_000


@pytest.mark.parametrize("body", [b"", b'{"type":'])
async def test_who_leaves_before_the_body_is_whole_is_no_fault(
    house: House, dana: Staff, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    headers = "".join(f"{name}: {value}\r\n" for name, value in dana.headers.items())
    head = f"POST /api/incidents HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n{headers}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(house.url).port)
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
    answered = house.app.state.traffic.answered
    await until(lambda: answered["none"] == 1, "it is counted as one that left")
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR], caplog.text


async def raw(house: House, path: str, name: str, held: bytes) -> bytes:
    """One request with one header as no client would send it; what came back before the server hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(house.url).port)
    method = b"POST" if path.startswith(("/api", "/whip")) and path != "/api/events" else b"GET"
    length = b"" if name in ("Content-Length", "Transfer-Encoding") else b"Content-Length: 2\r\n"
    head = b"%b %b HTTP/1.1\r\nHost: x\r\n%b: %b\r\n" % (method, path.encode(), name.encode(), held)
    writer.write(head + length + b"Connection: close\r\n\r\n{}")
    try:
        async with asyncio.timeout(2):
            return await reader.read(4096)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()


async def test_after_all_that_the_log_is_intact_and_the_call_goes_on(everyone: Everyone) -> None:
    for raw_body in RAW:
        await everyone.post("/api/caller/status", content=raw_body)
    assert (await audit.verify(everyone.house.parts.store)).problem is None
    body = {"camera": "on", "position": "on"}
    assert (await everyone.phone.send("status", body)).status_code == 204
    done(await everyone.http.get("/readyz"))
