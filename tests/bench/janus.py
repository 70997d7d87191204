"""Janus from Debian's package, started on loopback with a configuration of its own and thrown away after.

One room of its videoroom plugin forwards one publisher to many subscribers: the C server that comes nearest
to what the engine does. ICE-lite as ours; NACK, REMB and transport-wide feedback as it has them by default;
no recording, no event handlers, one socket for its JSON interface.
"""

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import socket
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.child import cpu_s

_ROOM = 1
_MAIN = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  events_folder = "{libraries}/events"
  loggers_folder = "{libraries}/loggers"
  debug_level = 2
  session_timeout = 0
  log_to_stdout = true
}}
nat: {{ ice_lite = true }}
media: {{ rtp_port_range = "20000-40000" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
_SOCKET = """
general: {{ json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = {port}, wss = false }}
admin: {{ admin_ws = false, admin_wss = false }}
"""


def installed() -> bool:
    return shutil.which("janus") is not None


class Janus:
    """The running server, behind the same two calls as the others."""

    def __init__(self, pid: int, api: ClientConnection) -> None:
        self.pid = pid
        self._api = api
        self._session = 0

    def cpu_s(self) -> float:
        return cpu_s(self.pid)

    async def open(self) -> None:
        self._session = (await self._call({"janus": "create"}))["data"]["id"]
        handle = await self._handle()
        room = {"request": "create", "room": _ROOM, "publishers": 1, "videocodec": "vp8", "fir_freq": 0}
        await self._message(handle, room)

    async def publish(self, offer: str) -> str:
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": _ROOM, "id": 1}
        said = await self._message(await self._handle(), body, {"type": "offer", "sdp": offer})
        sdp: str = said["jsep"]["sdp"]
        return sdp

    async def subscribe(self, offer: str) -> str:
        """Janus makes the offers here: what the subscriber would have offered becomes its answer."""
        handle = await self._handle()
        body = {"request": "join", "ptype": "subscriber", "room": _ROOM, "streams": [{"feed": 1}]}
        theirs: str = (await self._when_there(handle, body))["jsep"]["sdp"]
        mid = re.search(r"a=mid:(\S+)", theirs)
        assert mid is not None
        ours = offer.replace("a=setup:actpass", "a=setup:active")
        ours = ours.replace("a=mid:0", f"a=mid:{mid[1]}").replace("BUNDLE 0", f"BUNDLE {mid[1]}")
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": ours})
        return theirs

    async def _when_there(self, handle: int, body: Any) -> dict[str, Any]:
        """Its publisher may be up at the other end and not yet here."""
        for _ in range(50):
            with contextlib.suppress(RuntimeError):
                return await self._message(handle, body)
            await asyncio.sleep(0.1)
        return await self._message(handle, body)

    async def _handle(self) -> int:
        attach = {"janus": "attach", "session_id": self._session, "plugin": "janus.plugin.videoroom"}
        handle: int = (await self._call(attach))["data"]["id"]
        return handle

    async def _message(self, handle: int, body: Any, jsep: Any = None) -> dict[str, Any]:
        message = {"janus": "message", "session_id": self._session, "handle_id": handle, "body": body}
        said = await self._call(message | ({"jsep": jsep} if jsep else {}))
        if "error" in said.get("plugindata", {}).get("data", {}):
            raise RuntimeError(f"Janus refuses: {said['plugindata']['data']}")
        return said

    async def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        """One request; its answer is the first with its transaction that is not an "ack"."""
        transaction = secrets.token_hex(8)
        await self._api.send(json.dumps(message | {"transaction": transaction}))
        while True:
            said: dict[str, Any] = json.loads(await asyncio.wait_for(self._api.recv(), 20))
            if said.get("transaction") != transaction or said["janus"] == "ack":
                continue
            if said["janus"] == "error":
                raise RuntimeError(f"Janus refuses: {said['error']}")
            return said


def _configure(folder: Path, port: int) -> None:
    """Everything off but the room and the one socket."""
    libraries = next(Path("/usr/lib").glob("*/janus"))

    def others(kind: str, but: str) -> str:
        return ",".join(f.name for f in (libraries / kind).glob("*.so") if but not in f.name)

    settings = _MAIN.format(
        folder=folder,
        libraries=libraries,
        plugins=others("plugins", "videoroom"),
        transports=others("transports", "websockets"),
    )
    (folder / "janus.jcfg").write_text(settings)
    (folder / "janus.transport.websockets.jcfg").write_text(_SOCKET.format(port=port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")


async def _connect(port: int, process: Process) -> ClientConnection:
    """As soon as it listens."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            return await connect(f"ws://127.0.0.1:{port}", subprotocols=[Subprotocol("janus-protocol")])
        if process.returncode is not None:
            break
        await asyncio.sleep(0.05)
    raise RuntimeError("Janus does not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Janus]:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        _configure(folder, port)
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "janus", "-C", f"{name}/janus.jcfg", "-F", name, stdout=log, stderr=log
            )
        try:
            async with await _connect(port, process) as api:
                janus = Janus(process.pid, api)
                await janus.open()
                yield janus
        except BaseException:
            print((folder / "log").read_text()[-3000:])
            raise
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
