"""One drone whole: body, battery, gimbal, lens and autopilot in one air, and what can break.

`step` is all of its time; nothing here reads a clock, so a flight runs as fast as it computes, and the same
seed with the same orders is the same flight.
"""

import enum
import math
import zlib

import msgspec

from media.simulator.air import Air, Weather
from media.simulator.autopilot import Autopilot
from media.simulator.battery import Battery, Pack
from media.simulator.dynamics import Airframe, Body
from media.simulator.earth import Origin, Vector
from media.simulator.failsafes import Failsafes
from media.simulator.flying import Mode
from media.simulator.gimbal import Gimbal, Lens, View

STEP_S = 0.02
_LOW = 0.01  # an injected low battery is that much below what the autopilot calls critical


class Fault(enum.Enum):
    """What can be broken on demand, by MAV_CMD_INJECT_FAILURE or by a line to `sightline drone simulate`."""

    LINK = "link"  # deaf and mute
    GPS = "gps"
    BATTERY = "battery"  # it is suddenly at its critical charge
    GAUGE = "gauge"  # it goes on saying what it says now: a lying battery
    MOTOR = "motor"
    PARACHUTE = "parachute"  # it is not there
    GIMBAL = "gimbal"  # stuck where it looks
    VIDEO = "video"  # no picture


class Place(msgspec.Struct, frozen=True):
    """A dock, degrees; its height is the origin's ground."""

    latitude: float
    longitude: float
    name: str = ""


class Drone:
    """`number` is its MAVLink system id, 1 up to 250."""

    def __init__(
        self,
        number: int,
        dock: Place,
        origin: Origin,
        *,
        weather: Weather | None = None,
        seed: int = 0,
        charge: float = 1.0,
        airframe: Airframe | None = None,
        pack: Pack | None = None,
    ) -> None:
        self.number, self.dock, self.origin = number, dock, origin
        self.name = dock.name or f"Drone {number}"
        self.time_s = 0.0
        self.faults: dict[Fault, float] = {}  # until when; infinity: until it is mended
        east, north = origin.local(dock.latitude, dock.longitude)
        self.dock_at: Vector = (east, north, 0.0)
        self.air = Air(weather or Weather(), zlib.crc32(f"{seed} {number}".encode()))
        self.body = Body(airframe or Airframe(), self.dock_at)
        self.battery = Battery(pack or Pack(), charge)
        self.gimbal, self.lens = Gimbal(), Lens()
        self.autopilot = Autopilot(self.body, self.battery, self.gimbal, origin, self.name)
        self._failsafes = Failsafes(self.autopilot)
        self.autopilot.weather = self.air.weather

    def step(self, dt: float = STEP_S) -> None:
        self.time_s += dt
        for fault in [fault for fault, until in self.faults.items() if self.time_s >= until]:
            self.mend(fault)
        self.air.step(dt)
        self._failsafes.step(dt)
        force, yaw = self.autopilot.step(dt)
        spinning = self.autopilot.armed and not self.battery.empty and self.body.chute_s is None
        self.body.step(dt, force, yaw, self.air.at(self.body.position[2]), spinning)
        self.battery.step(dt, self.body.power_w)
        if Fault.GIMBAL not in self.faults:
            body = self.body
            self.gimbal.step(dt, body.position, body.yaw_deg, body.yaw_rate_deg_s)
        self.lens.step(dt)

    def run(self, seconds: float, dt: float = STEP_S) -> None:
        """That much of its time, at once."""
        for _ in range(round(seconds / dt)):
            self.step(dt)

    def break_(self, fault: Fault, seconds: float = math.inf) -> None:
        """For that long, where it can be mended."""
        self.faults[fault] = self.time_s + seconds
        match fault:
            case Fault.GPS:
                self.autopilot.gps = False
            case Fault.BATTERY:
                low = self.autopilot.parameters["BAT_CRIT_THR"] - _LOW
                self.battery.charge = min(self.battery.charge, low)
            case Fault.GAUGE:
                self.battery.frozen = self.battery.charge
            case Fault.MOTOR:
                self.body.motors = 3
            case Fault.PARACHUTE:
                self.autopilot.chute_fitted = False

    def mend(self, fault: Fault) -> None:
        """A charge that is gone stays gone."""
        self.faults.pop(fault, None)
        match fault:
            case Fault.GPS:
                self.autopilot.gps = True
            case Fault.GAUGE:
                self.battery.frozen = None
            case Fault.MOTOR:
                self.body.motors = 4
            case Fault.PARACHUTE:
                self.autopilot.chute_fitted = True

    def replace(self) -> bool:
        """Serviced in its dock: a full battery, a new airframe. Only on the ground; whether it was."""
        if not self.body.on_ground or self.autopilot.armed:
            return False
        for fault in list(self.faults):
            self.mend(fault)
        body = self.body
        body.position, body.velocity, body.up = self.dock_at, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)
        body.chute_s, body.impact_m_s, body.thrust, body.yaw_rate_deg_s = None, 0.0, 0.0, 0.0
        self.battery.charge, self.battery.cycles = 1.0, self.battery.cycles + 1
        self.autopilot.mode, self.autopilot.home = Mode.READY, body.position
        return True

    @property
    def view(self) -> View:
        return View(
            self.time_s,
            self.body.position,
            self.gimbal.earth_yaw_deg(self.body.yaw_deg),
            self.gimbal.pitch_deg,
            self.lens.field_deg,
            self.lens.thermal_field_deg,
        )
