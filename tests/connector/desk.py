"""A service that speaks media/connector/wire.py, in this process, with a real engine behind real WHIP routes.

It gives the orders that the service's gate would give, and keeps what a connector says. Each connector under
test is a process of its own, in a folder of its own.
"""

import asyncio
import base64
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from litestar import Litestar, Request, Response, WebSocket, post, websocket
from litestar.di import Provide
from litestar.exceptions import WebSocketDisconnect

from media.connector import wire
from media.ports import BadOffer, NoSuchSession
from media.sfu import EmbeddedSfu
from signaling.ports import Malformed, Refused
from signaling.routes import create_router
from tests.peers import AiortcPeer, Doorkeeper, Listener, Server, engine, until

ROOT = Path(__file__).parents[2]
SYSTEM_PYTHON = "/usr/bin/python3"
CODE = "TEST-CODE"


class Desk:
    """`say` gives orders, `heard` holds every frame of a connector in order."""

    def __init__(self, sfu: EmbeddedSfu, port: int) -> None:
        self.sfu = sfu
        self.url = f"http://127.0.0.1:{port}"
        self.doorkeeper = Doorkeeper()
        self.keys: dict[str, str] = {}
        self.heard: list[wire.FromConnector] = []
        self.hellos: list[wire.Hello] = []
        self.sockets: list[WebSocket[Any, Any, Any]] = []
        self.refuse: wire.Refuse | None = None

    async def say(self, frame: wire.FromServer) -> None:
        await self.sockets[-1].send_text(msgspec.json.encode(frame).decode())

    async def start(self, run: str, source: str, *, sound: bool = False) -> None:
        """As for a viewer: a grant for the feed named as the run."""
        bearer = f"bearer-{run}"
        self.doorkeeper.publisher(bearer, run)
        self.doorkeeper.subscriber(f"viewer-{run}", run)
        await self.say(wire.Start(run=run, source=source, whip="/whip", bearer=bearer, sound=sound))

    async def watch(self, run: str, *, audio: bool = False) -> AiortcPeer:
        peer = AiortcPeer()
        offer = await peer.offer_to_receive(audio=audio)
        headers = {"Authorization": f"Bearer viewer-{run}", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/whep/{run}", content=offer, headers=headers)
        answer.raise_for_status()
        await peer.answered(answer.text)
        return peer

    def all(self, kind: type[Any]) -> list[Any]:
        return [frame for frame in self.heard if isinstance(frame, kind)]

    def sources(self) -> dict[str, wire.SourceReport]:
        told = self.all(wire.Sources)
        return {source.name: source for source in told[-1].sources} if told else {}

    def words(self, run: str) -> list[str]:
        return [failed.words for failed in self.all(wire.Failed) if failed.run == run]

    async def until(self, condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> None:
        await until(condition, what, timeout_s)

    async def take(self, socket: WebSocket[Any, Any, Any]) -> None:
        nonce = secrets.token_hex(16)
        await socket.accept()
        self.sockets.append(socket)
        await self.say(wire.Challenge(version=wire.VERSION, nonce=nonce))
        hello = msgspec.json.decode(await socket.receive_text(), type=wire.Hello)
        Ed25519PublicKey.from_public_bytes(_raw(self.keys[hello.connector])).verify(
            _raw(hello.signature), wire.hello_text(nonce, hello.connector, hello.instance)
        )
        self.hellos.append(hello)
        if self.refuse is not None:
            await self.say(self.refuse)
            await socket.close()
            return
        await self.say(wire.Welcome(site="Corner Shop"))
        alive = asyncio.create_task(self._alive(socket))
        decoder = msgspec.json.Decoder(wire.FromConnector)
        try:
            while True:
                self.heard.append(decoder.decode(await socket.receive_text()))
        except WebSocketDisconnect:
            return
        finally:
            alive.cancel()

    async def _alive(self, socket: WebSocket[Any, Any, Any]) -> None:
        while True:
            await asyncio.sleep(1)
            await socket.send_text(msgspec.json.encode(wire.Alive()).decode())


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def _problem(status: int, words: str) -> Response[dict[str, Any]]:
    return Response(
        {"status": status, "title": words}, status_code=status, media_type="application/problem+json"
    )


@contextlib.asynccontextmanager
async def desk(port: int = 0, **config: Any) -> AsyncIterator[Desk]:
    """It listens on `port`, so that another can take its place."""
    async with engine(Listener(), **config) as sfu:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            place = Desk(sfu, sock.getsockname()[1])

            @post(wire.ENROL, status_code=200)
            async def enrol(request: Request[Any, Any, Any]) -> Response[bytes]:
                asked = msgspec.json.decode(await request.body(), type=wire.Enrol)
                if asked.code != CODE:
                    return Response(b'{"title": "This code is not known."}', status_code=404)
                place.keys["con_1"] = asked.key
                told = wire.Enrolled(connector="con_1", site="Corner Shop", agency="Dearborn Police")
                return Response(msgspec.json.encode(told), media_type="application/json")

            @websocket(wire.PATH)
            async def talk(socket: WebSocket[Any, Any, Any]) -> None:
                await place.take(socket)

            app = Litestar(
                route_handlers=[create_router(), enrol, talk],
                dependencies={
                    "sfu": Provide(lambda: sfu, sync_to_thread=False),
                    "gatekeeper": Provide(lambda: place.doorkeeper, sync_to_thread=False),
                },
                exception_handlers={
                    Malformed: lambda _, e: _problem(e.status, str(e)),
                    BadOffer: lambda _, e: _problem(400, str(e)),
                    NoSuchSession: lambda _, e: _problem(404, "no such session"),
                    Refused: lambda _, e: _problem(410, str(e)),
                },
            )
            server = Server(
                uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
            )
            task = asyncio.create_task(server.serve(sockets=[sock]))
            try:
                await until(lambda: server.started, "the desk is there")
                yield place
            finally:
                server.leave()
                await task


class Connector:
    """`sightline connector` in a folder: commands, and the running process."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self._python = python
        self._env = {
            **os.environ,
            "SIGHTLINE_CONNECTOR_DIR": str(folder),
            "SIGHTLINE_CONNECTOR_DISCOVER": "0",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._python, "-m", "backend", "connector", *arguments],
            env=self._env, input=said, capture_output=True, text=True, timeout=60, check=False,
            cwd=self._cwd(),
        )  # fmt: skip

    async def do(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """In a thread: the desk answers in this loop."""
        return await asyncio.to_thread(self.command, *arguments, said=said)

    async def enrol(self, desk: Desk) -> Self:
        done = await self.do("enrol", desk.url, CODE)
        assert done.returncode == 0, done.stderr
        done = await self.do("allow", "127.0.0.0/8")
        assert done.returncode == 0, done.stderr
        return self

    def run(self, *under: str) -> None:
        """`under`: what is put before its command line."""
        with (self.folder / "run.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*under, self._python, "-m", "backend", "connector", "run"],
                env=self._env, stdout=log, stderr=log, cwd=self._cwd(),
            )  # fmt: skip

    def _cwd(self) -> str:
        return str(ROOT if self._python == sys.executable else self.folder)

    @property
    def log(self) -> str:
        return (self.folder / "run.log").read_text()

    def children(self) -> list[int]:
        assert self._process is not None
        listed = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def sockets_to(self, url: str) -> int:
        """How many connections it has to there, by the kernel's tables."""
        assert self._process is not None
        held = set[str]()
        for fd in Path(f"/proc/{self._process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # it was closed meanwhile
                held.add(str(fd.readlink()))
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        wanted = f":{httpx.URL(url).port:04X}"
        return sum(f[2].endswith(wanted) and f"socket:[{f[9]}]" in held for f in lines)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            self._process = None


class RtspCamera:
    """GStreamer's RTSP server as a child (rtsp_camera.py)."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(Path(__file__).with_name("rtsp_camera.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode({**self._settings, "port": self.port}) + b"\n")
        self._process.stdin.flush()
        self.port = int(self._process.stdout.readline())
        for path in self._settings.get("warm", []):
            _wait_for_film(self.port, path)
        return self

    @property
    def path(self) -> str:
        """Of the film that runs all the time."""
        return str(self._settings["warm"][0])

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def keyframe(self) -> None:
        """Its running encoder's next picture is one: what ONVIF's SetSynchronizationPoint is for."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"keyframe\n")
        self._process.stdin.flush()

    def connections(self) -> int:
        """How many clients are connected to it, by the kernel's table."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        wanted = f":{self.port:04X}"
        return sum(1 for f in (line.split() for line in lines) if f[1].endswith(wanted) and f[3] == "01")


def _wait_for_film(port: int, path: str) -> None:
    """Its own watcher is there: the film runs."""
    del path
    deadline = time.monotonic() + 10
    wanted = f":{port:04X}"
    while time.monotonic() < deadline:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        if any(f[1].endswith(wanted) and f[3] == "01" for f in (line.split() for line in lines)):
            time.sleep(0.5)
            return
        time.sleep(0.05)
