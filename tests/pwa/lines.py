"""Lines between a phone and the engine: what a page sends and gets goes through relays that a test holds.

async with Lines(page) as lines:
    lines.each(lambda line: line.cut())     # those that come later, too
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from playwright.async_api import Page, Route

from tests.bench.bad_network import NOTHING_LOST, LossMap, Relay
from tests.media.bottleneck import Narrow

ALL_LOST = LossMap(b"\x01")


class Severed(Narrow):
    """A narrow way that can be cut; what is sent meanwhile is lost and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.is_cut = False

    def take(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        if self.is_cut:
            self.lost += 1
        else:
            super().take(data, deliver)


class Line(Relay):
    """A way to one engine's port whose way up has a rate; UDP alone."""

    def __init__(self, engine_port: int) -> None:
        super().__init__(engine_port)
        self.narrow = self.up = Severed()

    def cut(self) -> None:
        """Nothing gets through, either way."""
        self.down.set(ALL_LOST, 0)
        self.narrow.is_cut = True

    def mend(self) -> None:
        self.down.set(NOTHING_LOST, 0)
        self.narrow.is_cut = False
        self.narrow.rate_bps = None


class Lines:
    """Every engine's port that this page is told of is a line's; TCP is left out."""

    def __init__(self, page: Page) -> None:
        self._page, self._stack = page, AsyncExitStack()
        self._lines: dict[int, Line] = {}
        self._as_it_is: Callable[[Line], None] = Line.mend

    async def __aenter__(self) -> Self:
        await self._page.route(re.compile(r"/whip(\?.*)?$"), self._relayed)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def each(self, change: Callable[[Line], None]) -> None:
        self._as_it_is = change
        for line in self._lines.values():
            change(line)

    async def _relayed(self, route: Route) -> None:
        """The answer, with a line's port in the place of the engine's."""
        reply = await route.fetch()
        sdp = re.sub(r"a=candidate:(?:\S+ ){2}tcp .*\r\n", "", await reply.text(), flags=re.I)
        for port in {int(found) for found in re.findall(r"a=candidate:(?:\S+ ){5}(\d+)", sdp)}:
            if port not in self._lines:
                self._lines[port] = await self._stack.enter_async_context(Line(port))
                self._as_it_is(self._lines[port])
            sdp = re.sub(
                rf"(a=candidate:(?:\S+ ){{4}})\S+ {port} ", rf"\g<1>127.0.0.1 {self._lines[port].port} ", sdp
            )
        await route.fulfill(response=reply, body=sdp)


class Proxy:
    """An HTTP proxy to one service: with a rate each way, or gone. Its own port is `port`.

    For browsers that cannot be told to have a slow line, as Chromium can.
    """

    def __init__(self, service_port: int) -> None:
        self._service_port, self.port = service_port, 0
        self._rate_bps: float | None = None
        self._is_gone = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        self._drop()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def be(self, *, rate_bps: float | None = None, gone: bool = False) -> None:
        """From now on; who is gone drops what is open, and takes nothing."""
        self._rate_bps, self._is_gone = rate_bps, gone
        if gone:
            self._drop()

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_gone:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._service_port)
        self._writers |= {writer, back}
        for task in (self._carry(reader, back), self._carry(there, writer)):
            running = asyncio.create_task(task)
            self._carrying.add(running)
            running.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2048):
                if self._rate_bps is not None:
                    await asyncio.sleep(8 * len(data) / self._rate_bps)
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)
