"""Cursor on Target read by the rules of its schema (MITRE, Event 2.0), and by nothing of ours or of pytak's.

Also receivers: what a TAK client on the network, and a TAK server, would hear.
"""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TYPE = re.compile(r"\w+(-\w+)*(;[^;]*)?")
HOW = re.compile(r"\w(-\w+)*")
WAIT_S = 20.0


class Event:
    """One event. Raises AssertionError for what the schema does not allow."""

    def __init__(self, raw: bytes) -> None:
        assert b"<!" not in raw
        root = ElementTree.fromstring(raw)
        assert root.tag == "event"
        assert float(root.attrib["version"]) >= 2
        self.raw = raw
        self.uid, self.type, self.how = (root.attrib[name] for name in ("uid", "type", "how"))
        assert self.uid
        assert TYPE.fullmatch(self.type)
        assert HOW.fullmatch(self.how)
        moments = (_moment(root.attrib[name]) for name in ("time", "start", "stale"))
        self.time, self.start, self.stale = moments
        assert self.start < self.stale
        (point,) = root.findall("point")
        self.lat, self.lon, self.hae, self.ce, self.le = (
            float(point.attrib[name]) for name in ("lat", "lon", "hae", "ce", "le")
        )
        assert -90 <= self.lat <= 90
        assert -180 <= self.lon <= 180
        assert self.ce >= 0
        assert self.le >= 0
        assert [child.tag for child in root] in (["point"], ["point", "detail"])
        self.detail = {one.tag: dict(one.attrib) for one in root.findall("detail/*")}


def _moment(text: str) -> datetime:
    assert MOMENT.fullmatch(text), text
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


class Heard:
    """What a receiver was sent, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.url = ""
        self.connections = 0
        self._more = asyncio.Event()
        self._half = b""

    def take(self, data: bytes) -> None:
        """A piece of a stream, or a datagram."""
        self._half += data
        while (end := self._half.find(b"</event>")) >= 0:
            end += len(b"</event>")
            self.events.append(Event(self._half[:end].strip()))
            self._half = self._half[end:]
        self._more.set()

    async def until(self, wanted: Callable[[Event], bool], after: int = 0) -> Event:
        """The first like that, of those after the first so many."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for event in self.events[after:]:
                    if wanted(event):
                        return event
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def udp(group: str | None = None) -> AsyncIterator[Heard]:
    """A client on the network, or one that has joined a multicast group."""
    heard = Heard()

    class Datagrams(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            assert data.endswith(b"</event>")
            heard.take(data)

    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1" if group is None else "", 0))
    if group is not None:
        member = struct.pack("=4s4s", socket.inet_aton(group), socket.inet_aton("0.0.0.0"))
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    heard.url = f"udp://{group or '127.0.0.1'}:{receiver.getsockname()[1]}"
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, sock=receiver)
    try:
        yield heard
    finally:
        transport.close()


@asynccontextmanager
async def stream(
    heard: Heard, port: int = 0, tls: ssl.SSLContext | None = None, *, deaf: bool = False
) -> AsyncIterator[asyncio.Server]:
    """A server; one that is `deaf` takes a connection and reads nothing of it."""
    open_now, over = set[asyncio.StreamWriter](), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.connections += 1
        open_now.add(writer)
        try:
            writer.write(b"<event/>" * 10)  # servers talk too, and nobody listens
            if deaf:
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                await over.wait()
            while data := await reader.read(65_536):
                heard.take(data)
        finally:
            open_now.discard(writer)  # a lost TLS transport cannot be aborted once more (Python 3.11.2)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    number = server.sockets[0].getsockname()[1]
    heard.url = f"{'tls' if tls else 'tcp'}://{'localhost' if tls else '127.0.0.1'}:{number}"
    try:
        yield server
    finally:
        server.close()
        over.set()
        for writer in open_now:
            writer.transport.abort()
