"""A real service to test against: create_app behind a real uvicorn, a real database file, real sockets.

    async with House(config) as house:
        dana = house.staff("dana")                      # signed in
        incident = await dana.post("/api/incidents", {"type": "Fire"})
        phone = Phone(house, token)
        bearer = await phone.share()

People are made once and their database is copied; only the tests of sign-in itself pay for a password.
"""

import asyncio
import base64
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Self

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from backend.app import Parts, create_app
from backend.config import Config, Mail, Twilio, secret_key, spool_key
from backend.hub import Listener
from backend.model.ids import Cookie, LinkId, SessionId, new_id, new_secret
from backend.model.people import Role, StaffSession
from backend.services.keys import Keys
from backend.services.lending_board import OwnerAudience
from backend.services.limits import Rate
from backend.web import create_server
from media.config import SfuConfig
from media.grants import GrantKeys, public_bytes
from media.ports import FeedListener
from media.sfu import EmbeddedSfu
from tests.backend.filelog import FileLog
from tests.notifications.mail_server import MailServer
from tests.notifications.twilio_double import TwilioDouble
from tests.peers import LOG, Server

PUBLIC = "http://127.0.0.1:8800"  # what links and Origins say; where it really listens is House.url
PASSWORD = "correct horse battery"
PEOPLE = (
    ("dana", "Dana Reyes", Role.DISPATCHER, None),
    ("lee", "Lee Carter", Role.SUPERVISOR, None),
    ("sam", "Sam Ortiz", Role.OFFICER, "Unit 12"),
    ("kim", "Kim Novak", Role.OFFICER, "Unit 7"),
    ("ada", "Ada Moss", Role.AUDITOR, None),
    ("pia", "Pia Lind", Role.PILOT, None),
)
NUMBER = "+12125550123"
WAIT_S = 10.0
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: reading the machine's certificates takes long


class Clock:
    """The time of day, as far as the service can tell."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, **by: float) -> None:
        self._ahead += timedelta(**by)


def with_mail(server: MailServer) -> Mail:
    return Mail(host="127.0.0.1", port=server.port, tls=False, sender="911@dearborn.example")


def settings(folder: Path, twilio: TwilioDouble | None = None, **more: Any) -> Config:
    """A configuration for tests: all ports are free ones."""
    account = None
    if twilio is not None:
        account = Twilio(
            account_sid=twilio.account_sid,
            auth_token=twilio.auth_token,
            sender=twilio.sender,
            api_url=twilio.url,
        )
    given: dict[str, Any] = {
        "agency": "Dearborn Police",
        "port": 0,
        "media_port": 0,
        "public_url": PUBLIC,
        "data_dir": folder,
        "twilio": account,
    }
    return Config(**{**given, **more})


def embedded(
    config: Config, listener: FeedListener, clock: Callable[[], datetime] | None = None
) -> EmbeddedSfu:
    """The engine in this process, with the keys of `filed` and of the service's spool."""
    keys = GrantKeys(entry=public_bytes(LOG), spool=public_bytes(spool_key(config.data_dir)))
    sfu = SfuConfig(host=config.media_host, advertised=config.media_advertise)
    return EmbeddedSfu(sfu, listener, keys, wall=lambda: clock().timestamp() if clock else time.time())


def filed(config: Config) -> FileLog:
    """The public log in this process."""
    return FileLog(config.data_dir / "log" / "leaves", LOG)


class House:
    """The service, running."""

    def __init__(self, config: Config) -> None:
        self.config, self.clock = config, Clock()
        self.app = create_app(config, self.clock, partial(embedded, clock=self.clock), filed)
        self.parts: Parts = self.app.state.parts
        assert isinstance(self.parts.public_log, FileLog)
        self.log = self.parts.public_log
        self.keys = Keys(secret_key(config.data_dir))
        self.url = ""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        server = Server(create_server(self.config, self.app).config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        serving = asyncio.create_task(server.serve())
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the service did not start")
            await asyncio.sleep(0.005)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

        async def stop() -> None:
            server.leave()
            await serving

        self._stack.push_async_callback(stop)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """Anybody, over HTTP."""
        client = httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=WAIT_S, trust_env=False, verify=PLAIN
        )
        self._stack.push_async_callback(client.aclose)
        return client

    async def staff(self, name: str) -> "Staff":
        """Somebody of the agency, signed in by a session of their own."""
        cookie = Cookie(new_secret())
        async with self.parts.store.begin() as tx:
            found = await tx.users.by_name(name)
            assert found is not None, name
            session = StaffSession(
                id=SessionId(new_id("ses")), user=found[0], expires_at=self.clock() + timedelta(hours=12)
            )
            await tx.sessions.add(session, cookie.hashed, self.clock())
        return Staff(self, session, cookie, self.parts.sign_in.csrf(session))

    def token(self, link: str) -> str:
        """What the text of this link carries."""
        return self.keys.token(LinkId(link)).reveal()

    async def entries(self, action: str | None = None) -> list[Any]:
        """The whole audit log, or one action of it."""
        async with self.parts.store.read() as tx:
            return [entry async for entry in tx.entries.all() if action in (None, entry.action.value)]


class Staff:
    """One signed-in browser."""

    def __init__(self, house: House, session: StaffSession, cookie: Cookie, csrf: str) -> None:
        self.house, self.session, self.user, self.csrf = house, session, session.user, csrf
        self.cookie = f"{'__Host-' if house.config.secure else ''}sightline={cookie.reveal()}"
        self.headers = {"Origin": house.config.origin, "Cookie": self.cookie, "X-CSRF-Token": csrf}
        self.http = house.client(self.headers)

    async def post(self, path: str, body: Any = None) -> Any:
        return done(await self.http.post(path, json=body) if body is not None else await self.http.post(path))

    async def get(self, path: str) -> Any:
        return done(await self.http.get(path))

    async def delete(self, path: str) -> Any:
        return done(await self.http.delete(path))

    async def open(self, **more: Any) -> Any:
        """An incident."""
        return await self.post("/api/incidents", {"type": "Break-in", **more})

    async def issue(self, incident: Any, kind: str = "live", number: str = NUMBER) -> Any:
        """A link of it."""
        answer = await self.post(f"/api/incidents/{incident['id']}/links", {"number": number, "kind": kind})
        return answer["link"]

    async def see(self, incident: Any) -> Any:
        """The incident as a socket opened now would show it."""
        async with self.socket() as socket:
            return next(view for view in socket.snapshot["incidents"] if view["id"] == incident["id"])

    async def state(self, link: Any) -> str:
        """The one word that stands beside a link."""
        async with self.socket() as socket:
            links = [held for view in socket.snapshot["incidents"] for held in view["links"]]
        return str(next(held for held in links if held["id"] == link["id"])["state"])

    def page(self) -> AbstractAsyncContextManager[Listener]:
        """An owner's page is open, as far as the service knows; nobody reads what it is told."""
        told = OwnerAudience(self.session, self.house.parts.lending_board, self.house.clock)
        return self.house.parts.hub.listen(self.session, told)

    @asynccontextmanager
    async def socket(self) -> "AsyncIterator[Socket]":
        """Live events; the snapshot, and what flies, have been read."""
        async with connect(
            self.house.url.replace("http", "ws", 1) + "/api/events",
            origin=Origin(self.house.config.origin),
            additional_headers={"Cookie": self.cookie},
            proxy=None,
        ) as connection:
            socket = Socket(connection)
            socket.snapshot = await socket.next()
            assert socket.snapshot["type"] == "snapshot"
            socket.hangar = await socket.next()
            assert socket.hangar["type"] == "hangar"
            yield socket


class Socket:
    """What one browser is told."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.snapshot: Any = None
        self.hangar: Any = None
        self.last = 0

    async def next(self) -> Any:
        """The next event, without its number, which is the next number."""
        async with asyncio.timeout(WAIT_S):
            event = json.loads(await self.connection.recv())
        event.pop("listener", None)
        if (number := event.pop("n", None)) is not None:
            assert number == self.last + 1
            self.last = number
        return event

    async def until(self, wanted: Callable[[Any], bool]) -> Any:
        """The first event like that."""
        while True:
            event = await self.next()
            if wanted(event):
                return event

    async def until_link(self, state: str) -> Any:
        """The newest link in that state, as it is told."""

        def is_it(event: Any) -> bool:
            links = event["incident"]["links"] if event["type"] == "incident" else []
            return bool(links) and bool(links[0]["state"] == state)

        return (await self.until(is_it))["incident"]["links"][0]

    async def told(self, house: House) -> list[Any]:
        """Everything told so far; a unit's move marks the end."""
        async with house.parts.store.read() as tx:
            unit = (await tx.units.all())[0]
        async with house.parts.steps.begin() as step:
            step.unit_changed(unit.id)
        events = []
        while (event := await self.next())["type"] != "unit":
            events.append(event)
        return events


class Phone:
    """A caller's browser: a key that it keeps, and the requests that its page makes."""

    def __init__(self, house: House, token: str) -> None:
        self.token = token
        self.http = house.client({"Origin": house.config.origin})
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.bearer = ""

    def public(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        return {"x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}

    def sign(self, challenge: str, token: str | None = None, purpose: str = "sightline-redeem") -> str:
        text = f"{purpose}\n{challenge}\n{token or self.token}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    async def open(self) -> httpx.Response:
        return await self.http.post("/api/caller/open", json={"token": self.token})

    async def redeem(self, challenge: str | None = None, **more: Any) -> httpx.Response:
        if challenge is None:
            challenge = done(await self.open())["challenge"]
        body = {
            "token": self.token,
            "challenge": challenge,
            "key": self.public(),
            "signature": self.sign(challenge),
        }
        return await self.http.post("/api/caller/redeem", json={**body, **more})

    async def share(self) -> str:
        """The press: a bearer."""
        grant = done(await self.redeem())
        self.bearer = grant["bearer"]
        return self.bearer

    async def send(self, path: str, body: Any = None) -> httpx.Response:
        """With the bearer of the last share."""
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return await self.http.post(f"/api/caller/{path}", json=body, headers=headers)


def still(rate: Rate) -> None:
    """For this rate no time passes, so that a slow machine is not a more patient one."""
    rate._clock = lambda: 0.0


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def done(reply: httpx.Response) -> Any:
    """The answer of a request that must succeed."""
    assert reply.is_success, (reply.request.method, reply.request.url, reply.status_code, reply.text)
    return reply.json() if reply.content else None


def no(reply: httpx.Response, status: int, code: str) -> Any:
    """The problem document of a request that must be refused."""
    assert reply.status_code == status, (reply.status_code, reply.text)
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{code}", status), problem
    return problem


def cookies(reply: httpx.Response) -> SimpleCookie:
    return SimpleCookie("\n".join(reply.headers.get_list("set-cookie")))
