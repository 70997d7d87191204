"""What one drone says of itself, message by message, as one DroneState. What is unknown is None, never 0.

Field by field as https://mavlink.io/en/messages/common.html has them, with each one's own word for unknown.
"""

import math
import re
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector import health
from media.connector.aiming import Aiming, number
from media.connector.drone_frames import Chute, DroneState, Landed
from media.connector.flight_modes import KINDS, Kind, word

SILENT_S = 2.0  # nothing heard for so long: no link
_STALE_S = 2.0  # of a position
_OLD_S = 10.0  # of what comes once a second or less
_STANDS_MPS = 0.5  # slower has no course
_NONE16, _NONE32 = 0xFFFF, 0x7FFFFFFF
_LANDED = {1: Landed.GROUND, 2: Landed.AIR, 3: Landed.TAKING_OFF, 4: Landed.LANDING}
# The simulator's words, and ArduPilot's of AP_Parachute.
_CHUTE_WORDS = (
    (re.compile(r"^Parachute(:)? (fired|released)", re.IGNORECASE), Chute.FIRED),
    (re.compile(r"^Parachute(:)? enabled", re.IGNORECASE), Chute.ARMED),
    (re.compile(r"^Parachute(:)? disabled", re.IGNORECASE), Chute.SAFE),
)


class Readings:
    def __init__(self) -> None:
        self.kind, self.mode, self.armed = Kind.OTHER, "", False
        self.beats = 0  # heartbeats of the autopilot
        self.landed = Landed.UNKNOWN
        self.heading_deg: float | None = None
        self.aiming = Aiming()
        self.version = self.remote_id = ""
        self.gimbal_manager = m.MAV_COMP_ID_AUTOPILOT1  # a component id
        self._camera = 0
        self.gimbal_by: tuple[int, int] | None = None  # who has its primary control, as it says
        self.restarts = 0
        self._heard = self._placed = self._status_at = self._chute_at = self._landed_at = -math.inf
        self._place: tuple[float, float] | None = None
        self._height: float | None = None
        self._speed: tuple[float | None, float | None, float | None] = (None, None, None)
        self._clock_ms, self._clock_at = 0, -math.inf
        self._state = 0
        self._status: Any = None
        self._packs: dict[int, tuple[float, float | None, float | None, float | None]] = {}
        self._satellites: int | None = None
        self._chute_beat: Chute | None = None
        self._chute_said: Chute | None = None

    @property
    def on_ground(self) -> bool:
        return self.landed is Landed.GROUND or (self.landed is Landed.UNKNOWN and not self.armed)

    @property
    def camera(self) -> int:
        """The component that is its first camera. ArduPilot is that itself; 0 where none was heard."""
        if not self._camera and self.kind is Kind.ARDUPILOT:
            return int(m.MAV_COMP_ID_AUTOPILOT1)
        return self._camera

    def place(self, now: float) -> tuple[float, float] | None:
        """Degrees, when it has said so within the last seconds."""
        return self._place if now - self._placed <= _STALE_S else None

    def silent(self, now: float) -> bool:
        return now - self._heard > SILENT_S

    def take(self, message: Any, now: float, autopilot: int) -> None:
        """`autopilot` is the component that flies it: others' heartbeats are no flight modes."""
        self._heard = now
        kind, component = message.get_type(), message.get_srcComponent()
        if kind == "HEARTBEAT":
            self._heartbeat(message, component == autopilot, now)
        elif component == autopilot:
            self._flight(message, kind, now)
        if kind == "GIMBAL_MANAGER_INFORMATION":
            self.gimbal_manager, self.aiming.has_gimbal = component, True
        elif kind == "GIMBAL_MANAGER_STATUS":
            self.gimbal_manager, self.aiming.has_gimbal = component, True
            self.gimbal_by = message.primary_control_sysid, message.primary_control_compid
        elif kind == "OPEN_DRONE_ID_BASIC_ID" and message.id_type == m.MAV_ODID_ID_TYPE_SERIAL_NUMBER:
            raw = bytes(message.uas_id).split(b"\0")[0].decode("ascii", "replace").strip()
            self.remote_id = raw if re.fullmatch(r"[!-~]{1,20}", raw) else ""
        elif not kind.startswith("CAMERA_") or component == self.camera:  # of several: the first
            self.aiming.take(message, now, self.heading_deg)

    def said(self, words: str) -> None:
        """A STATUSTEXT: where nothing else tells what became of the parachute."""
        for pattern, chute in _CHUTE_WORDS:
            if pattern.match(words):
                self._chute_said = chute

    def state(self, name: str, now: float) -> DroneState:
        silent, placed = self.silent(now), now - self._placed <= _STALE_S
        shown = placed or silent  # while it is silent: where it was, with its age
        place, speed = (self._place if shown else None), (self._speed if shown else (None, None, None))
        charge, volts, amperes = self._battery(now)
        age = now - (self._placed if shown and self._place else self._clock_at)
        return DroneState(
            drone=name,
            clock_s=self._clock_ms / 1000 if math.isfinite(self._clock_at) else None,
            age_ms=round(1000 * min(60.0, max(0.0, age))),
            latitude=place[0] if place else None,
            longitude=place[1] if place else None,
            height_m=self._height if shown else None,
            heading_deg=self.heading_deg,
            course_deg=speed[0],
            ground_mps=speed[1],
            climb_mps=speed[2],
            charge=charge,
            volts=volts,
            amperes=amperes,
            satellites=self._satellites,
            mode=self.mode,
            armed=self.armed,
            landed=self.landed if now - self._landed_at <= _OLD_S or silent else Landed.UNKNOWN,
            chute=self.chute(now),
            aim=self.aiming.aim(now),
            trouble=health.troubles(self._status, self._state, armed=self.armed),
            link=not silent,
        )

    def chute(self, now: float) -> Chute:
        """Its own heartbeat knows best, then SYS_STATUS, then what was said."""
        if self._chute_beat is not None and now - self._chute_at <= _OLD_S:
            return self._chute_beat
        armed = health.chute(self._status)
        if self._chute_said is Chute.FIRED or armed is None:
            return self._chute_said or Chute.NONE
        return Chute.ARMED if armed else Chute.SAFE

    def _heartbeat(self, message: Any, flies: bool, now: float) -> None:
        armed = bool(message.base_mode & m.MAV_MODE_FLAG_SAFETY_ARMED)
        if flies:
            self.beats += 1
            self.kind = KINDS.get(message.autopilot, Kind.OTHER)
            self.mode, self.armed = word(self.kind, message.custom_mode), armed
            self._state = message.system_status
        elif message.type == m.MAV_TYPE_PARACHUTE:
            self._chute_at, self._chute_beat = now, Chute.ARMED if armed else Chute.SAFE
            if message.system_status == m.MAV_STATE_FLIGHT_TERMINATION:
                self._chute_beat = Chute.FIRED
            self._chute_said = Chute.FIRED if self._chute_beat is Chute.FIRED else None  # packed again since
        elif message.type == m.MAV_TYPE_CAMERA:
            self._camera = min(self._camera or 255, message.get_srcComponent())
        elif message.type == m.MAV_TYPE_GIMBAL:
            self.aiming.has_gimbal = True

    def _flight(self, message: Any, kind: str, now: float) -> None:
        match kind:
            case "GLOBAL_POSITION_INT":
                self._tick(message.time_boot_ms, now)
                self._position(message, now)
            case "ATTITUDE":
                self._tick(message.time_boot_ms, now)
                if now - self._placed > _STALE_S and math.isfinite(message.yaw):
                    self.heading_deg = math.degrees(message.yaw) % 360
            case "SYS_STATUS":
                self._status, self._status_at = message, now
            case "BATTERY_STATUS":
                self._pack(message, now)
            case "GPS_RAW_INT":
                seen = message.satellites_visible
                self._satellites = None if seen == 255 else seen
            case "EXTENDED_SYS_STATE":
                self.landed, self._landed_at = _LANDED.get(message.landed_state, Landed.UNKNOWN), now
            case "AUTOPILOT_VERSION":
                raw = message.flight_sw_version
                self.version = f"{raw >> 24 & 255}.{raw >> 16 & 255}.{raw >> 8 & 255}" if raw else ""

    def _tick(self, milliseconds: int, now: float) -> None:
        if milliseconds + 5000 < self._clock_ms and self._clock_ms - milliseconds < 1 << 31:
            self.restarts += 1  # it began anew, and forgot what it was asked for
            self._chute_said = None
        self._clock_ms, self._clock_at = milliseconds, now

    def _position(self, message: Any, now: float) -> None:
        lost = {message.lat, message.lon} & {_NONE32, -_NONE32 - 1} or (message.lat, message.lon) == (0, 0)
        latitude, longitude = number(message.lat / 1e7, -90, 90), number(message.lon / 1e7, -180, 180)
        if lost or latitude is None or longitude is None:
            return
        self._place, self._placed = (latitude, longitude), now
        raised = message.relative_alt
        self._height = None if raised in (_NONE32, -_NONE32 - 1) else raised / 1000
        self.heading_deg = None if message.hdg == _NONE16 else message.hdg / 100 % 360
        north, east, down = (
            None if abs(v) >= 0x7FFF else v / 100 for v in (message.vx, message.vy, message.vz)
        )
        course = ground = None
        if north is not None and east is not None:
            ground = math.hypot(north, east)
            course = math.degrees(math.atan2(east, north)) % 360 if ground >= _STANDS_MPS else None
        self._speed = course, ground, None if down is None else -down

    def _pack(self, message: Any, now: float) -> None:
        cells = [v for v in message.voltages if v != _NONE16] + [v for v in message.voltages_ext if v]
        self._packs[message.id] = (
            now,
            number(message.battery_remaining / 100, 0, 1),
            sum(cells) / 1000 if cells else None,
            None if message.current_battery == -1 else message.current_battery / 100,
        )
        if len(self._packs) > 8:
            del self._packs[next(iter(self._packs))]

    def _battery(self, now: float) -> tuple[float | None, float | None, float | None]:
        """Charge of the emptiest pack, with its volts; amperes of all together."""
        packs = [pack for pack in self._packs.values() if now - pack[0] <= _OLD_S]
        known = [pack for pack in packs if pack[1] is not None]
        if not known:
            return self._gauge(now)
        least = min(known, key=lambda pack: pack[1] or 0.0)
        flows = [pack[3] for pack in packs if pack[3] is not None]
        return least[1], least[2], sum(flows) if flows else None

    def _gauge(self, now: float) -> tuple[float | None, float | None, float | None]:
        """As SYS_STATUS has it, for a drone that says nothing finer."""
        status = self._status
        if status is None or now - self._status_at > _OLD_S:
            return None, None, None
        volts = None if status.voltage_battery == _NONE16 else status.voltage_battery / 1000
        amperes = None if status.current_battery == -1 else status.current_battery / 100
        return number(status.battery_remaining / 100, 0, 1), volts, amperes
