"""Peers and a place for them to meet: a real server with the media routes, a gatekeeper and a listener.

The gatekeeper here admits what a test registered; the problem documents are a sketch of backend/api's. The
gate is the real one, with keys of this process: `Engine` and `Pool` sign a grant for who brings none.
"""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import uvicorn
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.h264 import H264Decoder
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar, Request, Response, get
from litestar.di import Provide

from media.config import SfuConfig
from media.grants import Basis, Claims, GrantKeys, SignedGrant, public_bytes, sign
from media.pool import SfuPool
from media.ports import (
    ALONE,
    Answer,
    BadOffer,
    EndReason,
    FeedId,
    Full,
    Group,
    Holder,
    Level,
    NoSuchSession,
    SessionId,
    SessionSummary,
    Sfu,
)
from media.sfu import EmbeddedSfu
from signaling.ports import Admission, Bearer, Gatekeeper, Malformed, Refusal, Refused
from signaling.routes import create_router

LOG, SPOOL = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KEYS = GrantKeys(entry=public_bytes(LOG), spool=public_bytes(SPOOL))
_PLACES = itertools.count()

_decode = H264Decoder.decode


def _decode_but_padding(self: H264Decoder, encoded_frame: Any) -> Any:
    """What shedding leaves of a packet is a header; aiortc would take it for the end of the film."""
    return _decode(self, encoded_frame) if encoded_frame.data else []


H264Decoder.decode = _decode_but_padding  # type: ignore[method-assign]


def granted(
    feed: str, holder: str, *, lasts_s: float = 600.0, index: int | None = None, spooled: bool = False
) -> SignedGrant:
    """A grant as the log signs it, of the next entry when `index` names none; or as the spool does."""
    claims = Claims(
        index=next(_PLACES) if index is None else index,
        feed=FeedId(feed),
        holder=Holder(holder),
        expires_at=time.time() + lasts_s,
        basis=Basis.SPOOL if spooled else Basis.ENTRY,
    )
    return sign(SPOOL if spooled else LOG, claims)


class Engine(EmbeddedSfu):
    """The engine, with somebody beside it who signs."""

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes | None = None,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        signed = granted(feed, holder) if grant is None else grant
        return await super().subscribe(feed, holder, offer, grant=signed, group=group, tag=tag, most=most)


class Pool(SfuPool):
    """The pool, with the same."""

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes | None = None,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        signed = granted(feed, holder) if grant is None else grant
        return await super().subscribe(feed, holder, offer, grant=signed, group=group, tag=tag, most=most)


class Doorkeeper:
    """A gatekeeper that admits what it was told to."""

    def __init__(self) -> None:
        self.publishers: dict[str, Admission] = {}
        self.subscribers: dict[str, Admission] = {}
        self.refusals: dict[str, Refusal] = {}
        self.asked: list[str] = []

    def publisher(self, token: str, feed: str, holder: str = "caller") -> None:
        self.publishers[token] = Admission(feed=FeedId(feed), holder=Holder(holder))

    def subscriber(self, token: str, feed: str, holder: str = "dispatcher") -> None:
        self.subscribers[token] = Admission(feed=FeedId(feed), holder=Holder(holder))

    async def admit_publisher(self, bearer: Bearer) -> Admission:
        return self._admit(self.publishers, bearer)

    async def admit_subscriber(self, bearer: Bearer, feed: FeedId) -> Admission:
        admission = self._admit(self.subscribers, bearer)
        if admission.feed != feed:
            raise Refused(Refusal.WRONG_FEED)
        return msgspec.structs.replace(admission, grant=granted(feed, admission.holder))

    def _admit(self, known: dict[str, Admission], bearer: Bearer) -> Admission:
        self.asked.append(bearer)
        if bearer in self.refusals:
            raise Refused(self.refusals[bearer])
        if bearer not in known:
            raise Refused(Refusal.UNKNOWN)
        return known[bearer]


class Listener:
    """A feed listener that remembers, in order."""

    def __init__(self) -> None:
        self.news: list[tuple[str, ...]] = []
        self.ended_sessions: list[SessionId] = []
        self.summaries: list[SessionSummary] = []
        self.levels: list[tuple[SessionId, Level]] = []

    async def went_live(self, feed: FeedId) -> None:
        self.news.append(("live", feed))

    async def went_silent(self, feed: FeedId) -> None:
        self.news.append(("silent", feed))

    async def ended(self, feed: FeedId, reason: EndReason, session: SessionId) -> None:
        self.news.append(("ended", feed, reason))
        self.ended_sessions.append(session)

    async def subscriber_ended(self, summary: SessionSummary) -> None:
        self.news.append(("subscriber ended", summary.feed, summary.reason))
        self.summaries.append(summary)

    async def subscriber_level(self, feed: FeedId, session: SessionId, holder: Holder, level: Level) -> None:
        self.levels.append((session, level))


async def until(condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> None:
    """Wait for something to become true; fails with its name."""
    for _ in range(int(timeout_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never happened: {what}")


@contextlib.asynccontextmanager
async def engine(listener: Listener | None = None, **config: Any) -> AsyncIterator[Engine]:
    """A running engine on loopback."""
    sfu = Engine(SfuConfig(**{"host": "127.0.0.1", **config}), listener or Listener(), KEYS)
    await sfu.start()
    try:
        yield sfu
    finally:
        await sfu.stop()


def _problem(status: int, words: str, **headers: str) -> Response[dict[str, Any]]:
    return Response(
        {"status": status, "title": words},
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


def _refused(_: Request[Any, Any, Any], error: Refused) -> Response[dict[str, Any]]:
    if error.refusal is Refusal.UNKNOWN:
        return _problem(401, error.refusal, **{"WWW-Authenticate": "Bearer"})
    return _problem(410 if error.refusal is Refusal.ENDED else 403, error.refusal)


def create_app(sfu: Sfu, gatekeeper: Gatekeeper, page: str = "") -> Litestar:
    @get("/", media_type="text/html")
    async def index() -> str:
        return page

    return Litestar(
        route_handlers=[create_router(), index],
        dependencies={
            "sfu": Provide(lambda: sfu, sync_to_thread=False),
            "gatekeeper": Provide(lambda: gatekeeper, sync_to_thread=False),
        },
        exception_handlers={
            Malformed: lambda _, e: _problem(e.status, str(e)),
            BadOffer: lambda _, e: _problem(400, str(e)),
            Full: lambda _, e: _problem(503, str(e), **{"Retry-After": "5"}),
            NoSuchSession: lambda _, e: _problem(404, "no such session"),
            Refused: _refused,
        },
    )


class Place(msgspec.Struct, frozen=True):
    """A server in this process, on a port of its own."""

    url: str
    sfu: Engine
    doorkeeper: Doorkeeper
    listener: Listener


class Server(uvicorn.Server):
    """uvicorn's, which ends when it is told to: its own looks ten times a second, and then waits a tenth."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(20):
            if not (self.server_state.connections or self.server_state.tasks):
                await self.lifespan.shutdown()
                break
            await asyncio.sleep(0.005)
        else:
            await super().shutdown(sockets)
        for connection in [*self.server_state.connections]:  # who came or stayed meanwhile
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serving(page: str = "", **config: Any) -> AsyncIterator[Place]:
    """A real HTTP server (uvicorn) with the media routes and a running engine."""
    listener, doorkeeper = Listener(), Doorkeeper()
    async with engine(listener, **config) as sfu:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            app = create_app(sfu, doorkeeper, page)
            server = Server(
                uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
            )
            task = asyncio.create_task(server.serve(sockets=[sock]))
            try:
                await until(lambda: server.started, "the server starts")
                yield Place(f"http://127.0.0.1:{sock.getsockname()[1]}", sfu, doorkeeper, listener)
            finally:
                server.leave()
                await task


class AiortcPeer:
    """A peer made of aiortc: a second opinion on the wire, in this process."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames: dict[str, int] = {"audio": 0, "video": 0}
        self._tasks: list[asyncio.Task[None]] = []

    async def offer_to_send(self, *, audio: bool = True, video: bool = True) -> str:
        if video:
            self.pc.addTransceiver(VideoStreamTrack(), direction="sendonly")
        if audio:
            self.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
        return await self._offer()

    async def offer_to_receive(self, *, audio: bool = True, video: bool = True) -> str:
        if video:
            self.pc.addTransceiver("video", direction="recvonly")
        if audio:
            self.pc.addTransceiver("audio", direction="recvonly")

        @self.pc.on("track")  # type: ignore[untyped-decorator,unused-ignore]
        def _(track: MediaStreamTrack) -> None:
            self._tasks.append(asyncio.ensure_future(self._count(track)))

        return await self._offer()

    async def _offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answered(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def _count(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):
            while True:
                await track.recv()
                self.frames[track.kind] += 1

    async def close(self) -> None:
        await self.pc.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
