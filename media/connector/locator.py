"""`sightline connector locator`: a vehicle's receiver, from a serial line or UDP, to the service.

Dials out and keeps one socket; the newest fix goes, once a second, with its age by this machine's stopwatch:
its clock may be wrong. What could not be sent is not kept. Nothing here may log a token.
"""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import serial
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from media.connector.nmea import MOST_BYTES, Fix, Receiver

PATH = "/api/locator"
EVERY_S = 1.0
ANSWER_S = 10.0
OPEN_S = 10.0
FIRST_S, MOST_S = 1.0, 30.0
READ_S = 1.0
STALE_S = 60.0  # a fix that is older says nothing
_log = logging.getLogger(__name__)


class Newest:
    """A queue of one."""

    def __init__(self) -> None:
        self._fix: tuple[Fix, float] | None = None
        self._there = asyncio.Event()

    def put(self, fix: Fix) -> None:
        self._fix = fix, time.monotonic()
        self._there.set()

    async def get(self) -> tuple[Fix, float]:
        """The newest and when it came, once."""
        await self._there.wait()
        self._there.clear()
        assert self._fix is not None
        return self._fix


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, _: Any) -> None:
        for line in data[:4096].splitlines():
            self._heard(line)


async def read_udp(host: str, port: int, heard: Callable[[bytes], None]) -> None:
    """Every line that comes there, until cancelled. Raises OSError."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(heard), local_addr=(host, port))
    try:
        await asyncio.Event().wait()
    finally:
        transport.close()


async def read_serial(device: str, baud: int, heard: Callable[[bytes], None]) -> None:
    """The same from a serial line, which may be pulled out and put back; until cancelled."""
    while True:
        try:
            line = await asyncio.to_thread(serial.Serial, device, baud, timeout=READ_S)
            try:
                while True:
                    heard_now = await asyncio.to_thread(line.read_until, b"\n", MOST_BYTES)
                    if heard_now:
                        heard(heard_now)
            finally:
                line.close()
        except (serial.SerialException, OSError) as error:
            _log.warning("%s cannot be read: %s. Trying again.", device, error)
        await asyncio.sleep(FIRST_S)


async def run(
    read: Callable[[Callable[[bytes], None]], Awaitable[None]], server: str, token: str, trust: str
) -> None:
    """Read and send, until cancelled. Raises OSError where nothing can be read."""
    receiver, newest = Receiver(), Newest()

    def heard(line: bytes) -> None:
        fix = receiver.hear(line)
        if fix is not None:
            newest.put(fix)

    sending = asyncio.create_task(_send_all(newest, server, token, trust))
    try:
        await read(heard)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send_all(newest: Newest, server: str, token: str, trust: str) -> None:
    url = server.rstrip("/").replace("http", "ws", 1) + PATH
    context = ssl.create_default_context(cafile=trust or None) if url.startswith("wss:") else None
    headers = {"Authorization": f"Bearer {token}"}
    pause = FIRST_S
    while True:
        try:
            async with connect(
                url, ssl=context, additional_headers=headers, open_timeout=OPEN_S, compression=None
            ) as socket:
                pause = FIRST_S
                await _send(socket, newest)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            _log.warning("The service does not take positions (%s). Trying again.", type(error).__name__)
        await asyncio.sleep(pause * random.uniform(0.6, 1.4))  # noqa: S311
        pause = min(MOST_S, pause * 2)


async def _send(socket: ClientConnection, newest: Newest) -> None:
    while True:
        fix, came = await newest.get()
        age_s = time.monotonic() - came
        if age_s > STALE_S:
            continue
        report = {**msgspec.to_builtins(fix), "age_ms": round(age_s * 1000)}
        await socket.send(msgspec.json.encode([report]).decode())
        async with asyncio.timeout(ANSWER_S):
            answer = msgspec.json.decode(await socket.recv())
        for passed in answer.get("passed", ()):
            _log.info("passed over: %s", passed["why"])
        if "detail" in answer:
            _log.warning("%s", answer["detail"])
        await asyncio.sleep(EVERY_S)
