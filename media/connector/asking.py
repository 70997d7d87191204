"""Asking a drone for something until it answers: commands, and the one parameter that a fence needs.

https://mavlink.io/en/services/command.html: sent again when no COMMAND_ACK comes, with a counter;
IN_PROGRESS makes the wait longer; one command of a number at a time, for an answer names nothing else.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import msgspec
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.drone_frames import Place, Result

AGAIN_S = 0.8  # without an answer: sent again
SENDS = 5
PROGRESS_S = 10.0  # after IN_PROGRESS: how long until the next word
_MOST_PROGRESS_S = 120.0
NAN = float("nan")
_RESULTS = {
    m.MAV_RESULT_ACCEPTED: Result.ACCEPTED,
    m.MAV_RESULT_TEMPORARILY_REJECTED: Result.REJECTED,
    m.MAV_RESULT_DENIED: Result.DENIED,
    m.MAV_RESULT_FAILED: Result.FAILED,
    6: Result.CANCELLED,  # MAV_RESULT_CANCELLED, which this dialect leaves out
}  # whatever else there is says that it cannot be asked so


class NotDone(Exception):
    """The drone did not do it. `words` are ours; the drone's own are added by whoever answers."""

    def __init__(self, result: Result, words: str = "") -> None:
        super().__init__(words or result.value)
        self.result, self.words = result, words


class NotAsked(NotDone):
    """Refused here, so nothing that the drone said is about it."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A command. With a place it goes as COMMAND_INT, above the dock; else as COMMAND_LONG."""

    command: int
    params: Sequence[float] = ()  # up to seven; what is left out is 0
    component: int = 1
    place: Place | None = None
    height_m: float = 0.0


class Repeats:
    """What one order sent again, whichever task of it did."""

    def __init__(self) -> None:
        self.count = 0
        COUNTING.set(self)


COUNTING: ContextVar[Repeats | None] = ContextVar("repeats", default=None)


def sent_again() -> None:
    if (repeats := COUNTING.get()) is not None:
        repeats.count += 1


class Asking:
    """`tell` sends a message to the drone; `take` hears its answers."""

    def __init__(self, system: int, tell: Callable[[Any], None], me: tuple[int, int]) -> None:
        self._system, self._tell, self._me = system, tell, me
        self._locks: dict[int, asyncio.Lock] = {}
        self._waiting: dict[int, tuple[int, asyncio.Queue[Any]]] = {}
        self._parameters: dict[str, asyncio.Queue[float]] = {}

    def take(self, message: Any) -> None:
        kind = message.get_type()
        if kind == "PARAM_VALUE":
            values = self._parameters.get(message.param_id)
            if values is not None and not values.full():
                values.put_nowait(message.param_value)
        elif kind == "COMMAND_ACK" and message.command in self._waiting:
            component, acks = self._waiting[message.command]
            for_me = message.target_system in (0, self._me[0]) and message.target_component in (
                0,
                self._me[1],
            )
            if for_me and component in (0, message.get_srcComponent()) and not acks.full():
                acks.put_nowait(message)

    async def must(self, ask: Ask, *, sends: int = SENDS) -> None:
        """Raises NotDone when it is not accepted."""
        result = await self.command(ask, sends=sends)
        if result is not Result.ACCEPTED:
            raise NotDone(result)

    async def command(self, ask: Ask, *, sends: int = SENDS) -> Result:
        lock = self._locks.setdefault(ask.command, asyncio.Lock())
        async with lock:
            acks: asyncio.Queue[Any] = asyncio.Queue(8)
            self._waiting[ask.command] = ask.component, acks
            try:
                return await self._until_answered(ask, acks, sends)
            finally:
                del self._waiting[ask.command]

    async def _until_answered(self, ask: Ask, acks: "asyncio.Queue[Any]", sends: int) -> Result:
        for sent in range(sends):
            self._tell(self._message(ask, sent))
            if sent:
                sent_again()
            wait_s, end = AGAIN_S, asyncio.get_running_loop().time() + _MOST_PROGRESS_S
            while wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        ack = await acks.get()
                except TimeoutError:
                    break
                if ack.result != m.MAV_RESULT_IN_PROGRESS:
                    return _RESULTS.get(ack.result, Result.UNSUPPORTED)
                wait_s = min(PROGRESS_S, end - asyncio.get_running_loop().time())
        return Result.NO_ANSWER

    def _message(self, ask: Ask, sent: int) -> Any:
        params = [*ask.params, *(0.0,) * (7 - len(ask.params))]
        if ask.place is None:
            return m.MAVLink_command_long_message(
                self._system, ask.component, ask.command, min(sent, 255), *params
            )
        x, y = round(ask.place.latitude * 1e7), round(ask.place.longitude * 1e7)
        return m.MAVLink_command_int_message(
            self._system, ask.component, m.MAV_FRAME_GLOBAL_RELATIVE_ALT, ask.command, 0, 0,
            *params[:4], x, y, ask.height_m,
        )  # fmt: skip

    async def set_parameter(self, name: str, value: float, component: int = 1) -> None:
        """A float. Raises NotDone when it keeps another. https://mavlink.io/en/services/parameter.html"""
        values: asyncio.Queue[float] = asyncio.Queue(8)
        self._parameters[name] = values
        kept = NAN
        try:
            for sent in range(SENDS):
                self._tell(
                    m.MAVLink_param_set_message(
                        self._system, component, name.encode(), value, m.MAV_PARAM_TYPE_REAL32
                    )
                )
                if sent:
                    sent_again()
                try:
                    async with asyncio.timeout(AGAIN_S):
                        kept = await values.get()
                except TimeoutError:
                    continue
                if abs(kept - value) < 0.01:
                    return
        finally:
            self._parameters.pop(name, None)
        if math.isnan(kept):
            raise NotDone(Result.NO_ANSWER, f"{name} was not confirmed.")
        raise NotDone(Result.DENIED, f"{name} stays at {kept:g}.")
