"""A push service for Firefox, in this process: its WebSocket protocol on one side, RFC 8030 on the other.

    async with Autopush() as service:
        prefs = service.preferences          # Firefox started with these subscribes here
        service.posts                        # what was posted to its endpoints, as it came

What it is sent is sealed; it hands it on unread, as Mozilla's does (mozilla-services/autopush-rs).
"""

import asyncio
import base64
import json
import time
from typing import Any, Self
from uuid import uuid4

from aiohttp import WSMsgType, web


class Autopush:
    """`status` is what the next posts are answered with, once it is set; None delivers them."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.times: list[float] = []  # of the posts, by time.perf_counter
        self.acks: list[str] = []
        self.status: int | None = None
        self.key = ""  # that the last subscriber was told to accept messages of
        self._channels: dict[str, web.WebSocketResponse] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def origin(self) -> str:
        """Where its endpoints are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def preferences(self) -> dict[str, Any]:
        """What makes a Firefox use it, and show what it gets without asking."""
        return {
            "dom.push.serverURL": f"ws://127.0.0.1:{self.port}/",
            "dom.push.testing.allowInsecureServerURL": True,
            "dom.push.connection.enabled": True,
            "dom.push.enabled": True,
            "permissions.default.desktop-notification": 1,
            "alerts.useSystemBackend": False,
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._socket)
        app.router.add_post("/wpush/{channel}", self._post)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        for socket in set(self._channels.values()):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("push-notification",))
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._heard(socket, json.loads(message.data))
        return socket

    async def _heard(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        match said.get("messageType"):
            case "hello":
                uaid = said.get("uaid") or uuid4().hex
                answer = {"messageType": "hello", "uaid": uaid, "status": 200, "use_webpush": True}
                await socket.send_json({**answer, "broadcasts": {}})
            case "register":
                channel = said["channelID"]
                self.key, self._channels[channel] = said.get("key", ""), socket
                endpoint = f"{self.origin}/wpush/{channel}"
                answer = {"messageType": "register", "channelID": channel, "status": 200}
                await socket.send_json({**answer, "pushEndpoint": endpoint})
            case "unregister":
                self._channels.pop(said["channelID"], None)
                answer = {"messageType": "unregister", "channelID": said["channelID"], "status": 200}
                await socket.send_json(answer)
            case "ack":
                self.acks += [update["channelID"] for update in said["updates"]]
            case None:
                await socket.send_str("{}")  # a ping

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.times.append(time.perf_counter())
        self.posts.append(({name.lower(): text for name, text in request.headers.items()}, body))
        if self.status is not None:
            return web.Response(status=self.status, headers={"Location": f"{self.origin}/wpush/elsewhere"})
        channel = request.match_info["channel"]
        socket = self._channels.get(channel)
        if socket is None or socket.closed:
            return web.Response(status=410)
        await socket.send_json(
            {
                "messageType": "notification",
                "channelID": channel,
                "version": uuid4().hex,
                "data": base64.urlsafe_b64encode(body).rstrip(b"=").decode(),
                "headers": {"encoding": request.headers.get("Content-Encoding", "")},
            }
        )
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/{uuid4().hex}"})


async def never(_: web.Request) -> web.Response:
    """For a service that takes a message and says nothing."""
    await asyncio.sleep(3600)
    return web.Response()
