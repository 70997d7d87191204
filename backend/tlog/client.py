"""The web process's line to the log's process: appends, grants, proofs; connects again by itself.

What is asked while the log is away waits a moment for it to come back and is asked again: appending the same
leaf twice is appending it once. After `timeout_s` it is LogAway, and nobody may open anything on it.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from backend.tlog import talk
from backend.tlog.journal import MAX_LEAF_BYTES
from backend.tlog.talk import Reply, Request, Status
from media import control
from media.control import Channel, Hello, ProtocolError, Unsendable
from media.grants import Claims, SignedGrant

_log = logging.getLogger(__name__)

WAITING = 1024  # requests, in flight included; one more is refused
TIMEOUT_S = 3.0
_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.5
_SAY_AFTER_S = 2.0
_SAY_EVERY_S = 10.0


class LogAway(Exception):
    """The log did not answer in time. What was asked may have been done; asking again does it once."""


class LogRefused(Exception):
    """The log does not do that; its words say why."""


class _Gone(Exception):
    """The connection ended before the answer."""


class LogClient:
    """`open` on the running loop; `close` at the end."""

    def __init__(self, path: Path, run: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._path, self._run, self._timeout_s = path, run, timeout_s
        self._channel: Channel[Reply] | None = None
        self._up = asyncio.Event()
        self._room = asyncio.Semaphore(talk.IN_FLIGHT)
        self._asked = 0
        self._number = 0
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether the log is connected now."""
        return self._channel is not None

    def open(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="log-line")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def append(self, leaves: Sequence[bytes]) -> list[int]:
        """Their indexes, once they are on the disk. Raises LogAway and LogRefused."""
        _check(leaves)
        indexes: list[int] = []
        for start in range(0, len(leaves), talk.LEAVES):
            some = list(leaves[start : start + talk.LEAVES])
            reply = await self._ask(lambda number, some=some: talk.Append(number, some))  # type: ignore[misc]
            assert isinstance(reply, talk.Appended)
            indexes.extend(reply.indexes)
        return indexes

    async def grant(self, leaf: bytes, claims: Claims) -> SignedGrant:
        """The claims, signed once the leaf is on the disk, with its index. Raises LogAway and LogRefused."""
        _check([leaf])
        try:  # here, and not there: what cannot be read ends the connection
            msgspec.convert(msgspec.to_builtins(claims), Claims)
        except msgspec.ValidationError as error:
            raise LogRefused(f"these are no claims: {error}") from None
        return SignedGrant(await self._held(lambda number: talk.Grant(number, leaf, claims)))

    async def checkpoint(self) -> bytes:
        """The published one. Raises LogAway and LogRefused."""
        return await self._held(talk.AskCheckpoint)

    async def prove(self, index: int) -> bytes:
        """A tlog-proof at the published checkpoint. Raises LogAway; LogRefused when it is not there yet."""
        return await self._held(lambda number: talk.Prove(number, index))

    async def key(self) -> str:
        """What checkpoints are verified with, as name+id+base64. Raises LogAway."""
        return (await self.status()).vkey

    async def status(self) -> Status:
        """Raises LogAway."""
        reply = await self._ask(talk.AskStatus)
        assert isinstance(reply, talk.Told)
        return reply.status

    async def _held(self, make: Callable[[int], Request]) -> bytes:
        reply = await self._ask(make)
        assert isinstance(reply, talk.Held)
        return reply.data

    async def _ask(self, make: Callable[[int], Request]) -> Reply:
        if self._asked >= WAITING:
            raise LogAway("the log has more to do than it can")
        self._asked += 1
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                reply = await self._answered(make)
        except TimeoutError:
            raise LogAway(f"the log did not answer within {self._timeout_s:g} s") from None
        except Unsendable as error:
            raise LogRefused(str(error)) from None
        finally:
            self._asked -= 1
        if isinstance(reply, talk.Refused):
            raise LogRefused(reply.words)
        return reply

    async def _answered(self, make: Callable[[int], Request]) -> Reply:
        while True:
            await self._up.wait()
            try:
                return await self._exchange(make)
            except (_Gone, ConnectionError):
                await asyncio.sleep(_FIRST_PAUSE_S)

    async def _exchange(self, make: Callable[[int], Request]) -> Reply:
        channel = self._channel
        if channel is None:
            raise _Gone
        self._number += 1
        number = self._number
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[number] = future
        try:
            await channel.send(make(number))
            return await future
        finally:
            self._replies.pop(number, None)

    async def _keep(self) -> None:
        """Connect, again and again; say what is wrong when that goes on, and not at every try."""
        clock = asyncio.get_running_loop().time
        pause, say_at = _FIRST_PAUSE_S, clock() + _SAY_AFTER_S
        while True:
            was_up, trouble = False, "it closed the connection"
            try:
                was_up = await self._session()
            except (OSError, ProtocolError) as error:
                trouble = str(error)
            except Exception:
                _log.exception("the line to the log failed")
                trouble = "see above"
            if was_up:
                pause, say_at = _FIRST_PAUSE_S, clock() + _SAY_AFTER_S
            elif clock() > say_at:
                _log.error("the log cannot be reached: %s", trouble)
                say_at = clock() + _SAY_EVERY_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _session(self) -> bool:
        """One connection, from its greeting to its end; whether there was one."""
        reader, writer = await asyncio.open_unix_connection(sock=control.connect(self._path))
        channel: Channel[Reply] = Channel(
            reader, writer, talk.TO_CLIENT, talk.TO_CLIENT_BYTES, talk.TO_LOG_BYTES
        )
        try:
            await channel.greet(Hello(version=talk.VERSION, run=self._run, pid=os.getpid()))
            self._channel = channel
            self._up.set()
            while (reply := await channel.receive()) is not None:
                future = self._replies.get(reply.id)
                if future is not None and not future.done():
                    future.set_result(reply)
            return True
        finally:
            self._channel = None
            self._up.clear()
            for future in self._replies.values():
                if not future.done():
                    future.set_exception(_Gone())
            with contextlib.suppress(asyncio.CancelledError):
                await channel.closed()


def _check(leaves: Sequence[bytes]) -> None:
    for leaf in leaves:
        if not 1 <= len(leaf) <= MAX_LEAF_BYTES:
            raise LogRefused(f"an entry has 1 to {MAX_LEAF_BYTES} bytes, not {len(leaf)}")
