"""The pictures over RTSP, as a companion computer serves them: rtsp://HOST:PORT/NUMBER/colour and …/thermal.

RFC 2326, and RFC 6184 for H.264, within the RTSP connection only: that passes everywhere, and a client that
asks for UDP is told 461 and asks again. No password: it listens on loopback unless told otherwise.
"""

import asyncio
import contextlib
import secrets
import struct
from typing import cast

from media.connector import h264
from media.simulator.camera import CAMERAS, Camera

_HEAD_BYTES, _BODY_BYTES = 8192, 4096
_MOST_VIEWERS = 32
_SILENT_S = 120.0  # clients say something every minute
_WAITING = 1 << 20  # bytes that a slow viewer has not taken; then pictures are left out up to a keyframe
_PAYLOAD_TYPE, _RATE = 96, 90_000
_FEEDBACK = 206  # RTCP, RFC 4585: a picture is asked for


class RtspServer:
    """Of all drones at once; `cameras` by a drone's number."""

    def __init__(self, cameras: dict[int, Camera]) -> None:
        self._cameras = cameras
        self._viewers: set[_Viewer] = set()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """The port; another than 0 is that one. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=_HEAD_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for viewer in list(self._viewers):
            viewer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._viewers) >= _MOST_VIEWERS:
            writer.close()
            return
        viewer = _Viewer(self._cameras, reader, writer)
        self._viewers.add(viewer)
        try:
            await viewer.run()
        finally:
            self._viewers.discard(viewer)
            viewer.close()


class _Viewer:
    def __init__(
        self, cameras: dict[int, Camera], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._cameras, self._reader, self._writer = cameras, reader, writer
        self._session = secrets.token_hex(8)
        self._ssrc, self._sequence = secrets.randbits(32), secrets.randbits(16)
        self._channel = 0
        self._watched: tuple[Camera, int] | None = None
        self._playing, self._skipping = False, True

    def close(self) -> None:
        if self._watched is not None:
            self._watched[0].leave(self._watched[1], self._take)
        self._writer.close()

    async def run(self) -> None:
        with contextlib.suppress(EOFError, OSError, ValueError, asyncio.LimitOverrunError):
            while True:
                async with asyncio.timeout(_SILENT_S):
                    first = await self._reader.readexactly(1)
                    if first == b"$":
                        _, size = struct.unpack(">BH", await self._reader.readexactly(3))
                        self._hear(await self._reader.readexactly(size))
                    elif not await self._answer(first + await self._reader.readuntil(b"\r\n\r\n")):
                        return

    def _hear(self, packet: bytes) -> None:
        """What comes back: reports, and now and then that a picture is missing."""
        if len(packet) >= 2 and packet[1] == _FEEDBACK and self._watched is not None:
            self._watched[0].want_keyframe(self._watched[1])

    async def _answer(self, head: bytes) -> bool:
        """Whether the connection goes on."""
        first, *lines = head.decode("ascii", "replace").split("\r\n")
        method, url, _version = first.split(" ", 2)  # ValueError: no RTSP
        pairs = (line.partition(":") for line in lines if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _BODY_BYTES:
            raise ValueError(length)
        await self._reader.readexactly(length)
        code, more, body = self._do(method, url, headers.get("transport", ""))
        sent = [f"RTSP/1.0 {code}", f"CSeq: {headers.get('cseq', '0')[:16]}", *more]
        if body:
            sent += [f"Content-Base: {url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        self._writer.write(("\r\n".join(sent) + "\r\n\r\n" + body).encode())
        if method == "PLAY" and code.startswith("200"):
            self._play()
        return method != "TEARDOWN"

    def _do(self, method: str, url: str, transport: str) -> tuple[str, list[str], str]:
        session = f"Session: {self._session};timeout={int(_SILENT_S) // 2}"
        match method:
            case "OPTIONS":
                return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"], ""
            case "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
                return "200 OK", [session], ""
            case "DESCRIBE" if self._find(url) is not None:
                return "200 OK", [], self._sdp()
            case "SETUP" if (found := self._find(url)) is not None:
                if self._playing:
                    return "455 Method Not Valid in This State", [], ""
                if "TCP" not in transport.upper():
                    return "461 Unsupported Transport", [], ""
                _, _, channels = transport.partition("interleaved=")
                first = channels.split(";")[0].split("-")[0]
                self._channel = min(254, int(first)) if first.isdigit() else 0
                self._watched = found
                channels = f"{self._channel}-{self._channel + 1}"
                kept = f"Transport: RTP/AVP/TCP;unicast;interleaved={channels};ssrc={self._ssrc:08X}"
                return "200 OK", [session, kept], ""
            case "PLAY":
                if self._watched is None:
                    return "455 Method Not Valid in This State", [], ""
                return "200 OK", [session, "Range: npt=now-"], ""
            case "DESCRIBE" | "SETUP":
                return "404 Not Found", [], ""
        return "501 Not Implemented", [], ""

    def _find(self, url: str) -> tuple[Camera, int] | None:
        parts = url.partition("://")[2].partition("/")[2].split("?")[0].strip("/").split("/")
        number, name = (*parts, "")[:2]
        camera = self._cameras.get(int(number)) if number.isdigit() and len(number) < 4 else None
        return (camera, CAMERAS[name]) if camera is not None and name in CAMERAS else None

    @staticmethod
    def _sdp() -> str:
        lines = [
            "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=Drone", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*",
            f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}",
            f"a=rtpmap:{_PAYLOAD_TYPE} H264/{_RATE}",
            f"a=fmtp:{_PAYLOAD_TYPE} packetization-mode=1;profile-level-id=42C01F",
            "a=control:track1",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    def _play(self) -> None:
        if self._watched is not None and not self._playing:
            self._playing = True
            self._watched[0].watch(self._watched[1], self._take)

    def _take(self, units: list[h264.Unit], at_s: float, keyframe: bool) -> None:
        transport = cast(asyncio.Transport, self._writer.transport)
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _WAITING:
            self._skipping = True
            return
        if self._skipping and not keyframe:
            if self._watched is not None:
                self._watched[0].want_keyframe(self._watched[1])
            return
        self._skipping = False
        payloads, stamp = h264.payloads(units), round(at_s * _RATE) & 0xFFFFFFFF
        sent = bytearray()
        for n, (front, body) in enumerate(payloads):
            kind = _PAYLOAD_TYPE | (0x80 if n == len(payloads) - 1 else 0)
            sent += struct.pack(">cBH", b"$", self._channel, 12 + len(front) + len(body))
            sent += struct.pack(">BBHII", 0x80, kind, self._sequence, stamp, self._ssrc) + front + body
            self._sequence = (self._sequence + 1) & 0xFFFF
        self._writer.write(bytes(sent))
