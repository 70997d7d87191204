"""Stills: a caller's single pictures become a feed, each caller's in a process of its own.

Where WebRTC does not get through the phone sends JPEGs over HTTPS. `media.still_worker` decodes each, encodes
it as VP8 and publishes it into the caller's own feed, so that whoever watches needs no second way. Whatever
the bytes do to the decoder, they do it there: little memory, no secrets, and no feed but that one.

The two speak over the worker's standard input and output: four bytes of length, then MessagePack.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable

import msgspec

from media.confined import environment
from media.ports import FeedId, Full

JPEG_BYTES = 256 * 1024  # of one still
PIXELS = 1 << 22  # that one is decoded of, at most
MOST = 16  # workers, each some 100 MB
WITHIN_S = 8.0  # for one still; the first starts Python and a session with the engine
MAX_MESSAGE = JPEG_BYTES + 1024
_END_S = 2.0

log = logging.getLogger(__name__)

Publish = Callable[[str], Awaitable[str]]  # an offer in, the engine's answer out


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Down: the next picture."""

    jpeg: bytes


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """Down: the engine's answer; empty when there is none."""

    sdp: str


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    """Up: a session is wanted."""

    sdp: str


class Outcome(msgspec.Struct, frozen=True, tag="outcome"):
    """Up: what became of a picture."""

    is_picture: bool
    shown: bool  # there is a session with the engine that it went to


class Over(msgspec.Struct, frozen=True, tag="over"):
    """Up: the session with the engine ended, by whatever."""


Down = Show | Answered
Up = Offered | Outcome | Over
encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)


def framed(message: Down | Up) -> bytes:
    """One message as it goes over the pipe."""
    body = encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


async def read(reader: asyncio.StreamReader) -> bytes:
    """The next message's bytes. Raises EOFError at the end and for one that is longer than any."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > MAX_MESSAGE:
        raise EOFError("no such message")
    return await reader.readexactly(size)


class Stills:
    """The workers. `over` is told when a feed's stills have stopped."""

    def __init__(self, most: int = MOST, command: tuple[str, ...] = ("-m", "media.still_worker")) -> None:
        self.over: Callable[[FeedId], Awaitable[None]] = _nobody
        self._most, self._command = most, command
        self._workers: dict[FeedId, _Worker] = {}

    async def show(self, feed: FeedId, jpeg: bytes, publish: Publish) -> None:
        """Show a picture in this feed; returns once it is on its way to whoever watches.

        `publish` is asked for a session when there is none; what it raises is raised here. Raises ValueError
        for what is no picture, and Full: too many such feeds, one before is not done, or no session.
        """
        worker = self._workers.get(feed)
        if worker is not None:
            await worker.show(jpeg, publish)
            return
        if len(self._workers) >= self._most:
            raise Full("Too many phones send stills. This one can try again.")
        worker = self._workers[feed] = _Worker(feed, self._command, self._told)
        try:
            await worker.show(jpeg, publish)
        finally:
            if not worker.started:
                self._workers.pop(feed, None)

    async def end(self, feed: FeedId) -> None:
        """No more of this feed's stills."""
        worker = self._workers.get(feed)
        if worker is not None:
            await worker.close()

    async def close(self) -> None:
        await asyncio.gather(*(worker.close() for worker in list(self._workers.values())))

    async def _told(self, worker: "_Worker", gone: bool) -> None:
        if gone and self._workers.get(worker.feed) is worker:
            del self._workers[worker.feed]
        await self.over(worker.feed)


async def _nobody(_: FeedId) -> None:
    return


class _Worker:
    """One feed's process, as seen from here."""

    def __init__(
        self, feed: FeedId, command: tuple[str, ...], told: Callable[["_Worker", bool], Awaitable[None]]
    ) -> None:
        self.feed = feed
        self._command, self._told = command, told
        self._busy = False
        self._process: asyncio.subprocess.Process | None = None
        self._serving: asyncio.Task[None] | None = None
        self._publish: Publish | None = None
        self._refusal: Exception | None = None  # what `publish` raised
        self._outcome: asyncio.Future[Outcome | None] | None = None

    @property
    def started(self) -> bool:
        """Whether there is a process, whose end is told."""
        return self._serving is not None

    async def show(self, jpeg: bytes, publish: Publish) -> None:
        if self._busy:
            raise Full("The still before this one is not shown yet.")
        self._busy, self._publish, self._refusal = True, publish, None
        self._outcome = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(WITHIN_S):
                if self._process is None:
                    await self._start()
                self._say(Show(jpeg))
                outcome = await self._outcome
        except TimeoutError:
            self._kill()
            raise ValueError("it takes too long to decode") from None
        finally:
            self._busy, self._outcome, self._publish = False, None, None
        if self._refusal is not None:
            raise self._refusal
        if outcome is not None and not outcome.is_picture:
            raise ValueError("it is no picture")
        if outcome is None or not outcome.shown:
            raise Full("The picture cannot be shown just now.")

    async def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()  # it says goodbye and ends
            try:
                async with asyncio.timeout(_END_S):
                    await self._process.wait()
            except TimeoutError:
                self._kill()
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *self._command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(PIXELS),
        )
        self._serving = asyncio.create_task(self._serve(self._process))

    async def _serve(self, process: asyncio.subprocess.Process) -> None:
        """Hear the worker until it ends."""
        assert process.stdout is not None
        try:
            while True:
                await self._heard(_decoder.decode(await read(process.stdout)))
        except (EOFError, msgspec.MsgspecError):
            self._kill()
        code = await process.wait()
        if code not in (0, -9):
            log.warning("a worker of stills ended with %d", code)
        self._settle(None)
        await self._told(self, True)

    async def _heard(self, message: Up) -> None:
        match message:
            case Offered():
                self._say(Answered(await self._answer(message.sdp)))
            case Outcome():
                self._settle(message)
            case Over():
                await self._told(self, False)

    async def _answer(self, offer: str) -> str:
        if self._publish is None:
            return ""
        try:
            return await self._publish(offer)
        except Exception as refusal:  # the still's sender is told, whatever it is
            self._refusal = refusal
            return ""

    def _settle(self, outcome: Outcome | None) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(outcome)

    def _say(self, message: Down) -> None:
        """Never waits: one still at a time. To a process that is gone it is lost, as its end tells."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is not None and not stdin.is_closing():
            stdin.write(framed(message))

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
