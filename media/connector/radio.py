"""How a drone is reached: bytes out and in, over UDP, TCP or a serial line. Knows no MAVLink.

A link that breaks is opened again with pauses that grow. What the network does not take is dropped: what
matters on such a link is sent again by whoever waits for an answer, and the rest is old by then.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

_FIRST_S, _MOST_S = 0.5, 15.0
_CONNECT_S = 8.0
_SILENT_S = 12.0  # a TCP connection over which a drone says nothing for so long is no connection
_WAITING = 32 * 1024  # bytes that the network has not taken; more is dropped
_READ = 4096
_BYTES_PER_S, _BURST = 200_000, 400_000  # of what comes in; more is dropped unread

Taker = Callable[[bytes, bool], bool]  # bytes, whether a whole datagram; answers whether the drone sent them


class BadAddress(ValueError):
    """No such address; the message says what one looks like."""


class Address(msgspec.Struct, frozen=True):
    """`scheme` is udp, udpin, tcp or serial; `port` is a serial line's baud rate."""

    scheme: str
    host: str
    port: int


def parse(text: str) -> Address:
    """Raises BadAddress."""
    looks = "udp://HOST:PORT, udpin://HOST:PORT, tcp://HOST:PORT or serial:/dev/ttyX:57600"
    if text.startswith("serial:"):
        device, _, baud = text.removeprefix("serial:").rpartition(":")
        if device.startswith("/") and device.isprintable() and baud.isdigit() and 0 < int(baud) <= 4_000_000:
            return Address("serial", device, int(baud))
        raise BadAddress(f"A serial line looks like serial:/dev/ttyACM0:57600; {looks}.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    listens = parts.scheme == "udpin"
    if (
        parts.scheme not in ("udp", "udpin", "tcp")
        or not port
        or not (host or listens)
        or parts.path.strip("/")
    ):
        raise BadAddress(f"A drone's address looks like {looks}.")
    return Address(parts.scheme, host or "0.0.0.0", port)  # noqa: S104, the wish of who wrote no host


class Radio:
    """`run` until cancelled; `take` gets what comes in. `trouble` is why there is no link, in words."""

    def __init__(self, address: Address, take: Taker) -> None:
        self.trouble: str | None = None
        self.dropped = 0  # frames out and pieces in
        self._address, self._take = address, take
        self._write: Callable[[bytes], None] | None = None
        self._may, self._counted_at, self._heard_at = float(_BURST), 0.0, 0.0

    def send(self, frame: bytes) -> None:
        """Never waits."""
        if self._write is None:
            self.dropped += 1
            return
        with contextlib.suppress(OSError):
            self._write(frame)

    async def run(self) -> None:
        opens = {"udp": self._udp, "udpin": self._udp_in, "tcp": self._tcp, "serial": self._serial}
        pause = _FIRST_S
        loop = asyncio.get_running_loop()
        while True:
            began = self._heard_at = loop.time()
            try:
                await opens[self._address.scheme]()
                self.trouble = "Its link was closed at the other end."
            except (OSError, ValueError, TimeoutError, ImportError) as error:
                self.trouble = f"Its link cannot be opened: {_reason(error)}."
            finally:
                self._write = None
            if loop.time() - began > _MOST_S:
                pause = _FIRST_S
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311
            pause = min(_MOST_S, pause * 2)

    def _came(self, data: bytes, whole: bool) -> bool:
        now = asyncio.get_running_loop().time()
        self._may = min(_BURST, self._may + (now - self._counted_at) * _BYTES_PER_S)
        self._counted_at = now
        if len(data) > self._may:
            self.dropped += 1
            return False
        self._may -= len(data)
        drones = self._take(data, whole)
        if drones:
            self._heard_at = now
        return drones

    async def _udp(self) -> None:
        def came(data: bytes, _: Any) -> None:
            self._came(data, True)

        remote = (self._address.host, self._address.port)
        loop = asyncio.get_running_loop()
        transport, made = await loop.create_datagram_endpoint(lambda: _Datagrams(came), remote_addr=remote)
        await self._until_closed(transport, transport.sendto, made.closed)

    async def _udp_in(self) -> None:
        """Who is heard as the drone is answered; strangers move nothing."""
        peer: list[Any] = [None]

        def came(data: bytes, sender: Any) -> None:
            if self._came(data, True):
                peer[0] = sender

        def write(frame: bytes) -> None:
            if peer[0] is not None:
                transport.sendto(frame, peer[0])

        local = (self._address.host, self._address.port)
        loop = asyncio.get_running_loop()
        transport, made = await loop.create_datagram_endpoint(lambda: _Datagrams(came), local_addr=local)
        await self._until_closed(transport, write, made.closed)

    async def _until_closed(
        self,
        transport: asyncio.DatagramTransport,
        write: Callable[[bytes], None],
        closed: "asyncio.Future[None]",
    ) -> None:
        waiting: Callable[[], int] = cast(Any, transport).get_write_buffer_size

        def send(frame: bytes) -> None:
            if waiting() > _WAITING:
                self.dropped += 1
            else:
                write(frame)

        self._write, self.trouble = send, None
        try:
            await closed
        finally:
            transport.close()

    async def _tcp(self) -> None:
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(self._address.host, self._address.port)
        transport = cast(asyncio.Transport, writer.transport)

        def send(frame: bytes) -> None:
            if transport.is_closing() or transport.get_write_buffer_size() > _WAITING:
                self.dropped += 1
            else:
                transport.write(frame)

        self._write, self.trouble = send, None
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        try:
            while loop.time() - self._heard_at < _SILENT_S:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SILENT_S):
                        data = await reader.read(_READ)
                        if not data:
                            return
                        self._came(data, False)
        finally:
            transport.abort()

    async def _serial(self) -> None:
        import serial  # who has no serial line needs no pyserial

        line = serial.Serial(self._address.host, self._address.port, timeout=0, write_timeout=0)
        fd, loop = line.fileno(), asyncio.get_running_loop()
        gone: asyncio.Future[None] = loop.create_future()

        def readable() -> None:
            try:
                data = os.read(fd, _READ)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._came(data, False)
            elif not gone.done():  # unplugged
                gone.set_result(None)

        def send(frame: bytes) -> None:
            try:
                if os.write(fd, frame) < len(frame):
                    self.dropped += 1  # half of one: the other end passes over it
            except BlockingIOError:
                self.dropped += 1

        os.set_blocking(fd, False)
        loop.add_reader(fd, readable)
        self._write, self.trouble = send, None
        try:
            await gone
        finally:
            loop.remove_reader(fd)
            line.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, came: Callable[[bytes, Any], None]) -> None:
        self._came = came
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._came(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet; the next heartbeat asks again."""


def _reason(error: Exception) -> str:
    """Without the address: that stays beside the drone."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ImportError):
        return "pyserial is missing: pip install 'sightline[connector]'"
    number = getattr(error, "errno", None)
    return (os.strerror(number) if number and number > 0 else "no such place").lower()
