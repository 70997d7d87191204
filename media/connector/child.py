"""The connector's end of one camera's process: orders in, reports out, and what became of it.

A spare process waits warm without any connection, so that a picture does not wait for Python to start.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable

import msgspec

from media.connector.orders import MAX_LINE, Order, Report

_END_S = 6.0  # for goodbye to camera and engine
_decoder: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
_encoder = msgspec.json.Encoder()


class Child:
    """One process. `reported` is called for each report, `ended` once with its exit code."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def listen(self, reported: Callable[[Report], None], ended: Callable[[int], None]) -> None:
        self._reading = asyncio.create_task(self._read(reported, ended))

    def say(self, order: Order) -> None:
        """Never waits: orders are few and small. One to a process that is gone is lost, as its end tells."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(_encoder.encode(order) + b"\n")

    async def close(self) -> None:
        """Let it say goodbye, then end it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _read(self, reported: Callable[[Report], None], ended: Callable[[int], None]) -> None:
        out = self._process.stdout
        assert out is not None
        try:
            while line := await out.readline():
                reported(_decoder.decode(line))
        except (ValueError, msgspec.MsgspecError):  # longer than any report, or none
            self.kill()
        ended(await self._process.wait())


class Nursery:
    """Makes children; one is always ready."""

    def __init__(self) -> None:
        self._spare: Child | None = None
        self._making: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        if self._spare is None or not self._spare.alive:
            self._spare = await self._make()

    async def take(self) -> Child:
        spare, self._spare = self._spare, None
        if spare is None or not spare.alive:
            spare = await self._make()
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self.prepare())
        return spare

    async def close(self) -> None:
        if self._making is not None:
            await asyncio.gather(self._making, return_exceptions=True)
        if self._spare is not None:
            await self._spare.close()
            self._spare = None

    async def _make(self) -> Child:
        return Child(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "media.connector.camera",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=MAX_LINE,
            )
        )
