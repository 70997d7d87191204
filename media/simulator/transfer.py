"""The mission protocol: items one by one, asked for again when they do not come; the same for a fence.

https://mavlink.io/en/services/mission.html. One upload at a time; a new one from its sender ends it.
"""

from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.simulator.autopilot import Autopilot
from media.simulator.flying import Refusal
from media.simulator.mission import MOST_ITEMS, BadItem, Item

MISSION, FENCE = m.MAV_MISSION_TYPE_MISSION, m.MAV_MISSION_TYPE_FENCE
_ALL = 255
_AGAIN_S, _TRIES = 0.5, 8

Send = Callable[[Any], None]  # to whom the message came from


class _Upload:
    def __init__(self, sender: tuple[int, int], kind: int, count: int, send: Send) -> None:
        self.sender, self.kind, self.count, self.send = sender, kind, count, send
        self.items: list[Item] = []
        self.asked_s, self.tries = 0.0, 0


class Transfers:
    def __init__(self, autopilot: Autopilot) -> None:
        self._autopilot = autopilot
        self._upload: _Upload | None = None

    def step(self, dt: float) -> None:
        """Asks again for what has not come."""
        upload = self._upload
        if upload is None:
            return
        upload.asked_s += dt
        if upload.asked_s < _AGAIN_S:
            return
        if upload.tries >= _TRIES:
            self._answer(upload.send, upload.sender, upload.kind, m.MAV_MISSION_OPERATION_CANCELLED)
            self._upload = None
        else:
            self._ask(upload)

    def take(self, message: Any, sender: tuple[int, int], send: Send) -> bool:
        """Whether the message was of this protocol."""
        kind = int(getattr(message, "mission_type", 0))
        match message.get_type():
            case "MISSION_COUNT":
                self._begin(kind, message.count, sender, send)
            case "MISSION_ITEM_INT":
                self._item(message, sender)
            case "MISSION_REQUEST_LIST":
                known = self._list(kind)
                if known is None:
                    self._answer(send, sender, kind, m.MAV_MISSION_UNSUPPORTED)
                else:
                    send(m.MAVLink_mission_count_message(*sender, len(known), kind))
            case "MISSION_REQUEST_INT" | "MISSION_REQUEST":
                self._give(message.seq, kind, sender, send)
            case "MISSION_CLEAR_ALL":
                self._clear(kind, sender, send)
            case "MISSION_SET_CURRENT":
                try:
                    self._autopilot.set_current(message.seq)
                except Refusal as refusal:
                    self._autopilot.say(4, str(refusal))
            case "MISSION_ACK":
                if self._upload and self._upload.sender == sender and message.type:
                    self._upload = None  # they have stopped
            case _:
                return False
        return True

    def _begin(self, kind: int, count: int, sender: tuple[int, int], send: Send) -> None:
        if self._upload and self._upload.sender != sender:
            self._answer(send, sender, kind, m.MAV_MISSION_DENIED)
        elif self._list(kind) is None:
            self._answer(send, sender, kind, m.MAV_MISSION_UNSUPPORTED)
        elif count > MOST_ITEMS:
            self._answer(send, sender, kind, m.MAV_MISSION_NO_SPACE)
        elif count == 0:
            self._clear(kind, sender, send)
        else:
            self._upload = _Upload(sender, kind, count, send)
            self._ask(self._upload)

    def _ask(self, upload: _Upload) -> None:
        upload.asked_s, upload.tries = 0.0, upload.tries + 1
        upload.send(m.MAVLink_mission_request_int_message(*upload.sender, len(upload.items), upload.kind))

    def _item(self, message: Any, sender: tuple[int, int]) -> None:
        upload = self._upload
        if upload is None or upload.sender != sender or message.mission_type != upload.kind:
            return
        if message.seq != len(upload.items):  # one that came twice, or too early: the timer asks again
            return
        places = message.frame != m.MAV_FRAME_MISSION
        upload.items.append(
            Item(
                cmd=message.command,
                frame=message.frame,
                params=(message.param1, message.param2, message.param3, message.param4),
                x=message.x / 1e7 if places else float(message.x),
                y=message.y / 1e7 if places else float(message.y),
                z=message.z,
            )
        )
        upload.tries = 0
        if len(upload.items) < upload.count:
            self._ask(upload)
            return
        self._upload = None
        self._answer(upload.send, sender, upload.kind, self._store(upload.kind, upload.items))

    def _store(self, kind: int, items: list[Item]) -> int:
        try:
            if kind == FENCE:
                self._autopilot.set_fence(items)
            else:
                self._autopilot.set_mission(items)
        except BadItem as bad:
            self._autopilot.say(4, f"Not taken: {bad}")
            return int(m.MAV_MISSION_UNSUPPORTED if bad.unsupported else m.MAV_MISSION_INVALID)
        except Refusal as refusal:
            self._autopilot.say(4, str(refusal))
            return int(m.MAV_MISSION_DENIED)
        return int(m.MAV_MISSION_ACCEPTED)

    def _clear(self, kind: int, sender: tuple[int, int], send: Send) -> None:
        result = m.MAV_MISSION_ACCEPTED
        for each in (MISSION, FENCE) if kind == _ALL else (kind,):
            if self._list(each) is None:
                result = m.MAV_MISSION_UNSUPPORTED
            else:
                result = max(result, self._store(each, []))
        self._answer(send, sender, kind, result)

    def _give(self, number: int, kind: int, sender: tuple[int, int], send: Send) -> None:
        known = self._list(kind)
        if known is None or number >= len(known):
            self._answer(send, sender, kind, m.MAV_MISSION_INVALID_SEQUENCE)
            return
        item = known[number]
        scale = 1e7 if item.frame != m.MAV_FRAME_MISSION else 1
        current = int(kind == MISSION and number == self._autopilot.current)
        send(
            m.MAVLink_mission_item_int_message(
                *sender,
                number,
                item.frame,
                item.cmd,
                current,
                1,
                *item.params,
                round(item.x * scale),
                round(item.y * scale),
                item.z,
                kind,
            )
        )

    def _list(self, kind: int) -> list[Item] | None:
        return {MISSION: self._autopilot.items, FENCE: self._autopilot.fence_items}.get(kind)

    @staticmethod
    def _answer(send: Send, sender: tuple[int, int], kind: int, result: int) -> None:
        send(m.MAVLink_mission_ack_message(*sender, result, kind))
