"""A phone that is no phone: opens a link, redeems it and publishes a moving picture with a running clock.

For demonstrations, and for looking at a quiet console. It does what the caller's page does, over the same
wire, and knows nothing else. `python -m media.connector.phone`, the link on standard input: a command line
can be read by everyone on the machine.
"""

import argparse
import asyncio
import base64
import fractions
import math
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import cv2
import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

WIDTH, HEIGHT, FPS = 640, 360, 15
CLOCK_RATE = 90_000
STREET = (60.16935, 24.94545)  # degrees; a street corner in Helsinki, of which the demonstration has a map
ROUND_M, ROUND_S = 35.0, 90.0  # the phone walks round the block


class ClockTrack(VideoStreamTrack):
    """A street at night, a passing car, and the time of day to a hundredth of a second."""

    def __init__(self) -> None:
        super().__init__()
        self._started = time.monotonic()
        self._count = 0
        self._scene = _street()

    async def recv(self) -> VideoFrame:
        """The next frame, when it is due: WIDTH by HEIGHT, FPS a second."""
        due = self._started + self._count / FPS
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        frame = VideoFrame.from_ndarray(self._draw(), format="bgr24")
        frame.pts = self._count * CLOCK_RATE // FPS
        frame.time_base = fractions.Fraction(1, CLOCK_RATE)
        self._count += 1
        return frame

    def _draw(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        picture = self._scene.copy()
        age = time.monotonic() - self._started
        x = int((age * 120) % (WIDTH + 240)) - 120
        cv2.rectangle(picture, (x, 250), (x + 110, 284), (60, 52, 46), -1)
        cv2.rectangle(picture, (x + 22, 230), (x + 88, 252), (72, 64, 58), -1)
        for wheel in (x + 24, x + 88):
            cv2.circle(picture, (wheel, 286), 11, (18, 18, 18), -1)
        cv2.circle(picture, (x + 108, 264), 5, (170, 240, 255), -1)
        blink = (40, 40, 220) if int(age * 4) % 2 else (220, 90, 30)
        cv2.rectangle(picture, (x + 44, 223), (x + 66, 230), blink, -1)
        now = datetime.now().astimezone()
        text = f"{now:%H:%M:%S}.{now.microsecond // 10_000:02d}"
        cv2.putText(picture, text, (24, 64), cv2.FONT_HERSHEY_DUPLEX, 1.6, (235, 240, 245), 2, cv2.LINE_AA)
        cv2.putText(
            picture,
            "simulated caller",
            (26, 94),
            cv2.FONT_HERSHEY_DUPLEX,
            0.6,
            (170, 180, 190),
            1,
            cv2.LINE_AA,
        )
        return picture


def _street() -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    sky = np.linspace(38, 88, HEIGHT, dtype=np.float32)[:, None, None]
    picture = (sky * np.array([1.25, 0.95, 0.75], dtype=np.float32)).repeat(WIDTH, axis=1).astype(np.uint8)
    for n, (left, top) in enumerate(((0, 150), (130, 118), (270, 160), (390, 100), (530, 140))):
        cv2.rectangle(picture, (left, top), (left + 120, 240), (44 + 5 * n, 40 + 4 * n, 40), -1)
        for wx in range(left + 14, left + 108, 26):
            for wy in range(top + 16, 224, 28):
                lit = (wx * 7 + wy * 3) % 5 == 0
                cv2.rectangle(
                    picture, (wx, wy), (wx + 12, wy + 15), (120, 200, 235) if lit else (58, 52, 48), -1
                )
    cv2.rectangle(picture, (0, 240), (WIDTH, HEIGHT), (52, 50, 50), -1)
    for x in range(20, WIDTH, 90):
        cv2.rectangle(picture, (x, 318), (x + 46, 324), (150, 170, 175), -1)
    return picture


class Phone:
    """One link, redeemed and shared until cancelled."""

    def __init__(self, link: str, trust: str | None) -> None:
        parts = urlsplit(link)
        verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=trust) if trust else True
        self._origin, self._token = f"{parts.scheme}://{parts.netloc}", parts.fragment
        self._http = httpx.AsyncClient(base_url=self._origin, verify=verify, timeout=10, trust_env=False)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._started = time.monotonic()
        self._over = False

    async def run(self) -> None:
        """Share, and begin again whenever that ends, until the link is over."""
        async with self._http:
            while not self._over:
                try:
                    bearer = await self._redeem()
                    await self._share({"Authorization": f"Bearer {bearer}"})
                except (httpx.TransportError, httpx.HTTPStatusError) as error:
                    print(f"simulated caller: {error}; trying again", file=sys.stderr)
                await asyncio.sleep(1)

    async def _redeem(self) -> str:
        opened = await self._post("/api/caller/open", {"token": self._token})
        challenge = opened["challenge"]
        der = self._key.sign(f"sightline-redeem\n{challenge}\n{self._token}".encode(), ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(der)
        point = self._key.public_key().public_numbers()
        grant = await self._post(
            "/api/caller/redeem",
            {
                "token": self._token,
                "challenge": challenge,
                "key": {"x": _text(point.x), "y": _text(point.y)},
                "signature": _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
            },
        )
        return str(grant["bearer"])

    async def _share(self, headers: dict[str, str]) -> None:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        lost = asyncio.Event()

        @peer.on("connectionstatechange")
        def on_change() -> None:
            if peer.connectionState in ("failed", "closed"):
                lost.set()

        try:
            peer.addTrack(ClockTrack())
            await peer.setLocalDescription(await peer.createOffer())
            offer = {"Content-Type": "application/sdp", **headers}
            answer = await self._http.post("/whip", content=peer.localDescription.sdp, headers=offer)
            answer.raise_for_status()
            await peer.setRemoteDescription(RTCSessionDescription(sdp=answer.text, type="answer"))
            await self._post("/api/caller/status", {"camera": "on", "position": "on"}, headers)
            while not lost.is_set():
                await self._post("/api/caller/position", self._position(), headers)
                await asyncio.sleep(1.5)
        finally:
            await peer.close()

    def _position(self) -> dict[str, float]:
        turn = 2 * math.pi * (time.monotonic() - self._started) / ROUND_S
        latitude, longitude = STREET
        return {
            "latitude": latitude + ROUND_M * math.cos(turn) / 111_320,
            "longitude": longitude + ROUND_M * math.sin(turn) / (111_320 * math.cos(math.radians(latitude))),
            "accuracy_m": 9 + 3 * math.sin(turn * 5),
            "heading_deg": (math.degrees(turn) + 90) % 360,
            "speed_mps": 2 * math.pi * ROUND_M / ROUND_S,
            "age_ms": 0,
        }

    async def _post(
        self, path: str, body: object, headers: dict[str, str] | None = None
    ) -> dict[str, object]:
        answer = await self._http.post(path, json=body, headers=headers)
        self._over = answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _text(coordinate: int) -> str:
    return _base64url(coordinate.to_bytes(32, "big"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Share under the link on the first line of standard input, until that is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trust", help="a file with the certificate to trust")
    options = parser.parse_args(arguments)
    asyncio.run(_until_closed(Phone(input(), options.trust)))


async def _until_closed(phone: Phone) -> None:
    sharing = asyncio.create_task(phone.run())
    closed = asyncio.get_running_loop().create_future()
    threading.Thread(target=_wait_for_end, args=(closed,), daemon=True).start()
    await asyncio.wait((sharing, closed), return_when=asyncio.FIRST_COMPLETED)
    if sharing.done():
        sharing.result()
    sharing.cancel()


def _wait_for_end(closed: "asyncio.Future[None]") -> None:
    sys.stdin.read()  # whoever started this is gone
    closed.get_loop().call_soon_threadsafe(closed.set_result, None)


if __name__ == "__main__":
    main()
