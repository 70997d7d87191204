"""One drone's MAVLink: its link, who may be heard on it, what it is asked to tell, and our heartbeat.

The heartbeat goes out each second whatever becomes of the service: the drone's own fail-safe begins when
it stops. It speaks as system 255, which is whom ArduPilot takes for its ground station, and as a component
that no other ground station is, so that a pilot's own can stand beside it.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media import mavlink
from media.connector import wire
from media.connector.asking import Ask, Asking
from media.connector.drone_frames import Do, DroneState, Result
from media.connector.folder import Drone
from media.connector.ordering import Ordering
from media.connector.radio import BadAddress, Radio, parse
from media.connector.readings import Readings
from media.connector.recorder import Recorder
from media.connector.steps import Steps
from media.connector.texts import Text, Texts
from media.connector.uploads import Uploads

ME = (255, m.MAV_COMP_ID_USER1)
BEAT_S = 1.0
_ASK_AGAIN_S = 10.0
_AUTOPILOT, _CAMERA, _GIMBAL = 0, 1, 2
_RATES: dict[int, tuple[float, int]] = {  # how often, in Hz, and of which component
    m.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: (10.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_ATTITUDE: (4.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_SYS_STATUS: (2.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_BATTERY_STATUS: (1.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: (2.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_GPS_RAW_INT: (1.0, _AUTOPILOT),
    m.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS: (10.0, _GIMBAL),
    m.MAVLINK_MSG_ID_GIMBAL_MANAGER_STATUS: (2.0, _GIMBAL),
    m.MAVLINK_MSG_ID_CAMERA_FOV_STATUS: (5.0, _CAMERA),
    m.MAVLINK_MSG_ID_CAMERA_THERMAL_RANGE: (1.0, _CAMERA),
}
_ONCE = {
    m.MAVLINK_MSG_ID_AUTOPILOT_VERSION: _AUTOPILOT,
    m.MAVLINK_MSG_ID_OPEN_DRONE_ID_BASIC_ID: _AUTOPILOT,
    m.MAVLINK_MSG_ID_GIMBAL_MANAGER_INFORMATION: _GIMBAL,
    m.MAVLINK_MSG_ID_CAMERA_INFORMATION: _CAMERA,
}
_NO_DRONE = {  # MAV_TYPE of those who have a heartbeat and fly nothing
    m.MAV_TYPE_GCS, m.MAV_TYPE_ANTENNA_TRACKER, m.MAV_TYPE_ONBOARD_CONTROLLER, m.MAV_TYPE_GIMBAL,
    m.MAV_TYPE_ADSB, m.MAV_TYPE_CAMERA, m.MAV_TYPE_PARACHUTE,
}  # fmt: skip


class Autopilot:
    """`run` until cancelled. `say` gets answers and the drone's words as frames."""

    def __init__(
        self,
        drone: Drone,
        say: Callable[[wire.Answer | wire.Said], None],
        recorder: Recorder | None = None,
    ) -> None:
        self.drone = drone
        self._recorder = recorder
        self.system = drone.system  # 0 until one is heard
        self.foreign = 0
        self._say = say
        self._signer = mavlink.Signer(bytes.fromhex(drone.key)) if drone.key else None
        self._writer = mavlink.Writer(*ME, self._signer)
        self._reader = mavlink.Reader(self._signer)
        self._readings, self._texts = Readings(), Texts()
        self._component = m.MAV_COMP_ID_AUTOPILOT1
        self._asking: Asking | None = None
        self._uploads: Uploads | None = None
        self._ordering: Ordering | None = None
        self._trouble: str | None = None
        self._radio: Radio | None = None
        try:
            self._radio = Radio(parse(drone.address), self._came)
        except BadAddress as error:
            self._trouble = str(error)

    async def run(self) -> None:
        if self._radio is None:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._radio.run())
                tasks.create_task(self._beat())
                tasks.create_task(self._want())
        finally:
            if self._recorder is not None:
                self._recorder.close()
            if self._ordering is not None:
                await self._ordering.close()

    def order(self, order: str, do: Do) -> None:
        if self._ordering is None:
            words = self.trouble or "Nothing has been heard of the drone yet."
            self._say(wire.Answer(order=order, drone=self.drone.name, result=Result.NO_ANSWER, words=words))
        else:
            self._ordering.take(order, do)

    # What is known

    @property
    def trouble(self) -> str | None:
        """Why it is not spoken to, as far as can be seen from here."""
        if self._trouble is not None or self._radio is None:
            return self._trouble
        if self._ordering is not None and not self._silent:
            return None
        if self._radio.trouble is None and self._reader.refused:
            return "What comes over its link is not signed with its key."
        return self._radio.trouble or "Nothing is heard of it."

    @property
    def about(self) -> str:
        """Its autopilot, by name."""
        if not self._readings.beats:
            return ""
        return f"{self._readings.kind.value} {self._readings.version}".strip()

    @property
    def remote_id(self) -> str:
        return self._readings.remote_id

    @property
    def counts(self) -> dict[str, int]:
        """What was passed over since it began."""
        counts = {
            "garbled": self._reader.garbled,
            "not signed, or replayed": self._reader.refused,
            "of other systems": self.foreign,
            "words held back": self._texts.dropped,
        }
        return counts | ({"not sent or not read": self._radio.dropped} if self._radio else {})

    def state(self) -> DroneState | None:
        """None before it was heard."""
        if self._ordering is None:
            return None
        return self._readings.state(self.drone.name, asyncio.get_running_loop().time())

    @property
    def _silent(self) -> bool:
        return self._readings.silent(asyncio.get_running_loop().time())

    # What comes in

    def _came(self, data: bytes, whole: bool) -> bool:
        """Never raises, whatever it is."""
        heard = False
        for message in self._reader.whole(data) if whole else self._reader.feed(data):
            if self._ordering is None:
                self._meet(message, message.get_srcSystem())
            if self._ordering is None or message.get_srcSystem() != self.system:
                self.foreign += 1
                continue
            heard = True
            self._hear(message)
            if self._recorder is not None:
                flies = self._readings.armed or not self._readings.on_ground
                self._recorder.heard(bytes(message.get_msgbuf()), flies=flies)
        return heard

    def _meet(self, message: Any, system: int) -> None:
        """A heartbeat of what flies: from the first on it is this drone, and no other system is heard."""
        if message.get_type() != "HEARTBEAT" or system in (0, ME[0]) or self.system not in (0, system):
            return
        if message.autopilot == m.MAV_AUTOPILOT_INVALID or message.type in _NO_DRONE:
            return
        self.system, self._component = system, message.get_srcComponent()
        self._asking = Asking(system, self._tell, ME)
        self._uploads = Uploads(system, self._tell, ME)
        steps = Steps(system, self._readings, self._asking, self._uploads, self._tell, ME)
        self._ordering = Ordering(self.drone.name, steps, self._texts, self._say)

    def _hear(self, message: Any) -> None:
        now = asyncio.get_running_loop().time()
        if message.get_type() == "STATUSTEXT":
            self._told(self._texts.take(message, now))
        else:
            self._readings.take(message, now, self._component)
        if self._asking is not None and self._uploads is not None:
            self._asking.take(message)
            self._uploads.take(message)

    def _told(self, texts: list[Text]) -> None:
        for text in texts:
            self._readings.said(text.words)
            self._say(wire.Said(drone=self.drone.name, severity=text.severity, words=text.words))

    # What goes out

    def _tell(self, message: Any) -> None:
        if self._radio is not None:
            self._radio.send(self._writer.pack(message))

    async def _beat(self) -> None:
        beat = m.MAVLink_heartbeat_message(
            m.MAV_TYPE_GCS, m.MAV_AUTOPILOT_INVALID, 0, 0, m.MAV_STATE_ACTIVE, 3
        )
        while True:
            self._tell(beat)
            self._told(self._texts.flush(asyncio.get_running_loop().time()))
            await asyncio.sleep(BEAT_S)

    async def _want(self) -> None:
        """Asks for messages at the rates that are needed: at first, and whenever it may have forgotten."""
        asked: tuple[int, bool, int] | None = None
        again_at = 0.0
        while True:
            await asyncio.sleep(0.2)
            readings = self._readings
            if self._asking is None:
                continue
            if self._silent:
                asked = None  # it may come back as one that has begun anew
                continue
            now = readings.restarts, readings.aiming.has_gimbal, readings.camera
            loop = asyncio.get_running_loop()
            if now != asked or loop.time() > again_at:
                asked = now
                answered = await self._ask(self._asking)
                again_at = math.inf if answered else loop.time() + _ASK_AGAIN_S

    async def _ask(self, asking: Asking) -> bool:
        """Whether each was answered, if only by a no."""
        readings = self._readings
        there = {
            _AUTOPILOT: self._component,
            _CAMERA: readings.camera,
            _GIMBAL: readings.gimbal_manager if readings.aiming.has_gimbal else 0,
        }
        asks: list[tuple[int, tuple[float, ...], int]] = [
            (m.MAV_CMD_SET_MESSAGE_INTERVAL, (n, round(1e6 / hz)), whose) for n, (hz, whose) in _RATES.items()
        ]
        asks += [(m.MAV_CMD_REQUEST_MESSAGE, (n,), whose) for n, whose in _ONCE.items()]
        results = [
            await asking.command(Ask(command=command, params=params, component=there[whose]), sends=2)
            for command, params, whose in asks
            if there[whose]
        ]
        return Result.NO_ANSWER not in results
