"""A connector as the service meets it: a key, an HTTP request and a real WebSocket. No camera behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.model.connectors import Connector
from backend.model.ids import ConnectorId, Cookie, SessionId, SiteId, UserId, new_id, new_secret
from backend.model.people import Role, StaffSession, User
from backend.model.positions import Point
from backend.model.sites import Site, SiteKind
from media.connector import wire
from tests.backend.house import WAIT_S, House, Staff, b64, done

_FROM_SERVER: msgspec.json.Decoder[wire.FromServer] = msgspec.json.Decoder(wire.FromServer)
HERE = Point(latitude=42.3223, longitude=-83.1763)


async def owner(house: House, name: str = "olga") -> Staff:
    """Somebody who lends cameras, signed in."""
    user = User(id=UserId(new_id("usr")), name=name, display_name=name.title(), role=Role.OWNER)
    cookie = Cookie(new_secret())
    expires = house.clock().replace(year=house.clock().year + 1)
    session = StaffSession(id=SessionId(new_id("ses")), user=user, expires_at=expires)
    async with house.parts.store.begin() as tx:
        await tx.users.add(user, "")
        await tx.sessions.add(session, cookie.hashed, house.clock())
    return Staff(house, session, cookie, house.parts.sign_in.csrf(session))


async def a_site(house: House, of: Staff | None = None, name: str = "Corner shop") -> Site:
    """A site of this owner, or the city's."""
    site = Site(
        id=SiteId(new_id("sit")),
        kind=SiteKind.BUSINESS if of else SiteKind.CITY,
        name=name,
        address="1 Main St",
        point=HERE,
        added_at=house.clock(),
        owner_id=of.user.id if of else None,
    )
    async with house.parts.store.begin() as tx:
        await tx.sites.add(site)
    return site


class Agent:
    """One place with a connector's key."""

    def __init__(self, house: House, key: Ed25519PrivateKey | None = None) -> None:
        self.house = house
        self.key = key or Ed25519PrivateKey.generate()
        self.id = ""

    @property
    def public(self) -> str:
        return b64(self.key.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> str:
        return b64(self.key.sign(text))

    async def enrol(self, code: str, **more: Any) -> httpx.Response:
        body = {"code": code, "key": self.public, "name": "back office", "version": "0.1.0"}
        return await self.house.client().post(wire.ENROL, json={**body, **more})

    async def enrolled(self, code: str) -> Self:
        self.id = done(await self.enrol(code))["connector"]
        return self

    def minute(self, at: datetime, media_bytes: int = 0, **more: Any) -> wire.Minute:
        """What it counted, signed."""
        counts = {"camera_bytes": 0, "control_bytes": 1200, "rtsp_sessions": 0, **more}
        at = at.replace(second=0, microsecond=0)
        bare = wire.Minute(minute=at, media_bytes=media_bytes, signature="", **counts)
        return msgspec.structs.replace(bare, signature=self.sign(wire.minute_text(self.id, bare)))

    @asynccontextmanager
    async def socket(self, **headers: str) -> "AsyncIterator[Wire]":
        """A socket that has said nothing yet."""
        where = self.house.url.replace("http", "ws", 1) + wire.PATH
        async with connect(where, additional_headers=headers, proxy=None) as connection:
            yield Wire(self, connection)

    @asynccontextmanager
    async def line(self, instance: str = "one") -> "AsyncIterator[Wire]":
        """A socket that was welcomed."""
        async with self.socket() as socket:
            welcome = await socket.hello(instance)
            assert isinstance(welcome, wire.Welcome), welcome
            yield socket


class Wire:
    """One socket of a connector."""

    def __init__(self, agent: Agent, connection: ClientConnection) -> None:
        self.agent, self.connection = agent, connection

    async def next(self) -> wire.FromServer:
        """What the service says next, beside that it lives."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = _FROM_SERVER.decode(await self.connection.recv())
                if not isinstance(frame, wire.Alive):
                    return frame

    async def hello(self, instance: str = "one", **more: Any) -> wire.FromServer:
        """Answer the challenge; what the service says to that."""
        challenge = await self.next()
        assert isinstance(challenge, wire.Challenge)
        text = wire.hello_text(challenge.nonce, self.agent.id, instance)
        hello = wire.Hello(
            version=wire.VERSION,
            connector=self.agent.id,
            instance=instance,
            software="0.1.0",
            signature=self.agent.sign(text),
        )
        await self.say(msgspec.structs.replace(hello, **more))
        return await self.next()

    async def say(self, frame: wire.FromConnector) -> None:
        await self.connection.send(msgspec.json.encode(frame).decode())

    async def shows(self, *names: str, **more: Any) -> None:
        """Tell of these cameras."""
        reports = [
            wire.SourceReport(name=name, label=f"Camera {name}", kind="rtsp", codec="h264", **more)
            for name in names
        ]
        await self.say(wire.Sources(sources=tuple(reports)))

    async def refused(self) -> wire.Refuse:
        """The last thing it is told; the socket is closed after it."""
        while not isinstance(frame := await self.next(), wire.Refuse):
            pass
        async with asyncio.timeout(WAIT_S):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return frame


class Ear:
    """Hears what openings are told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def run_failed(self, run: str, words: str) -> None:
        self.heard.append(("failed", run, words))

    async def connector_away(self, connector: ConnectorId) -> None:
        self.heard.append(("away", connector))

    async def connector_back(self, connector: ConnectorId) -> None:
        self.heard.append(("back", connector))


async def stored(house: House, agent: Agent) -> Connector:
    async with house.parts.store.read() as tx:
        found = await tx.connectors.get(ConnectorId(agent.id))
    assert found is not None
    return found


async def soon(holds: Callable[[], Any]) -> Any:
    """What this says, as soon as it says something."""
    async with asyncio.timeout(10):
        while True:
            said = holds()
            if asyncio.iscoroutine(said):
                said = await said
            if said:
                return said
            await asyncio.sleep(0.01)
