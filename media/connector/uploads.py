"""The mission protocol from the ground: a drone asks for items one by one, and says what it thinks.

https://mavlink.io/en/services/mission.html. One upload at a time; one that is given up is told so.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.asking import NotDone, sent_again
from media.connector.drone_frames import Result
from media.connector.missions import Item

MISSION, FENCE = m.MAV_MISSION_TYPE_MISSION, m.MAV_MISSION_TYPE_FENCE
AGAIN_S, TRIES = 1.0, 5  # of what we said last, when the drone says nothing
_ASKS_FOR_ONE = 12  # of one item; a link that loses more carries no mission
_REQUESTS = ("MISSION_REQUEST_INT", "MISSION_REQUEST")
_DENIED = range(m.MAV_MISSION_INVALID, m.MAV_MISSION_INVALID_SEQUENCE + 1)


class Uploads:
    """`tell` sends to the drone, `take` hears it."""

    def __init__(self, system: int, tell: Callable[[Any], None], me: tuple[int, int]) -> None:
        self._system, self._tell, self._me = system, tell, me
        self._lock = asyncio.Lock()
        self._came: asyncio.Queue[Any] | None = None

    def take(self, message: Any) -> None:
        if self._came is None or self._came.full() or message.get_type() not in (*_REQUESTS, "MISSION_ACK"):
            return
        if message.target_system == self._me[0] and message.target_component in (0, self._me[1]):
            self._came.put_nowait(message)

    async def put(self, kind: int, items: Sequence[Item], component: int = 1) -> None:
        """Instead of what it has. Raises NotDone."""
        async with self._lock:
            self._came = asyncio.Queue(32)
            try:
                result = await self._give(kind, items, component, self._came)
            except asyncio.CancelledError:
                self._tell(self._ack(component, m.MAV_MISSION_OPERATION_CANCELLED, kind))
                raise
            finally:
                self._came = None
        if result != m.MAV_MISSION_ACCEPTED:
            raise NotDone(_result(result), f"The drone does not take this {_NAMES[kind]}.")

    async def _give(
        self, kind: int, items: Sequence[Item], component: int, came: "asyncio.Queue[Any]"
    ) -> int:
        last: Any = m.MAVLink_mission_count_message(self._system, component, len(items), kind)
        self._tell(last)
        tries, asked = 1, [0] * len(items)
        while True:
            try:
                async with asyncio.timeout(AGAIN_S):
                    message = await came.get()
            except TimeoutError as error:
                if tries >= TRIES:
                    raise NotDone(Result.NO_ANSWER, f"The drone took no {_NAMES[kind]}.") from error
                tries += 1
                sent_again()
                self._tell(last)
                continue
            if message.mission_type != kind:
                continue
            if message.get_type() == "MISSION_ACK":
                early = message.type in (m.MAV_MISSION_ACCEPTED, m.MAV_MISSION_OPERATION_CANCELLED)
                if early and 0 in asked:  # of an upload before this one
                    continue
                return int(message.type)
            number = message.seq
            if number >= len(items):
                continue
            asked[number] += 1
            if asked[number] > 1:
                sent_again()
            if asked[number] > _ASKS_FOR_ONE:
                self._tell(self._ack(component, m.MAV_MISSION_OPERATION_CANCELLED, kind))
                raise NotDone(Result.FAILED, f"The link loses too much for a {_NAMES[kind]}.")
            tries, last = 1, self._item(kind, number, items[number], component)
            self._tell(last)

    def _item(self, kind: int, number: int, item: Item, component: int) -> Any:
        current = int(kind == MISSION and number == 0)
        return m.MAVLink_mission_item_int_message(
            self._system, component, number, item.frame, item.command, current, 1,
            *item.params, item.x, item.y, item.z, kind,
        )  # fmt: skip

    def _ack(self, component: int, result: int, kind: int) -> Any:
        return m.MAVLink_mission_ack_message(self._system, component, result, kind)


_NAMES = {MISSION: "mission", FENCE: "fence"}


def _result(result: int) -> Result:
    if result in (m.MAV_MISSION_UNSUPPORTED, m.MAV_MISSION_UNSUPPORTED_FRAME):
        return Result.UNSUPPORTED
    if result == m.MAV_MISSION_DENIED or result in _DENIED:
        return Result.DENIED
    return Result.FAILED
