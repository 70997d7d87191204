"""The gimbal and the lenses on it: where the cameras look, how fast they turn, how far they zoom.

Pitch is from the horizon, which the gimbal keeps level. Yaw is from north while locked, else from the nose.
"""

import math

import msgspec

from media.simulator.earth import Vector, heading, toward, turn

PITCH_DEG = (-90.0, 30.0)
RATE_DEG_S = 90.0
WIDE_DEG = 70.0  # across, of the colour camera; the thermal one sees THERMAL_DEG
THERMAL_DEG = 50.0
ZOOM = (1.0, 20.0)
THERMAL_ZOOM = 4.0  # what is beyond it is no longer followed
_ZOOM_PER_S = 2.5  # times
_STEP = 1.5


class Gimbal:
    def __init__(self) -> None:
        self.pitch_deg = self.yaw_deg = 0.0  # yaw from the nose
        self.pitch_rate_deg_s = self.yaw_rate_deg_s = 0.0
        self.locked = False
        self.roi: Vector | None = None  # what it keeps looking at
        self._pitch = self._yaw = 0.0  # wanted
        self._rates: tuple[float, float] | None = None

    def point(self, pitch_deg: float | None, yaw_deg: float | None, *, locked: bool) -> None:
        """None leaves an axis as it is wanted now."""
        if self.roi is not None or locked != self.locked:  # goes on from where it looks
            self._pitch, self._yaw = self.pitch_deg, self.yaw_deg
        self.roi, self._rates = None, None
        self.locked = locked
        if pitch_deg is not None:
            self._pitch = max(PITCH_DEG[0], min(PITCH_DEG[1], pitch_deg))
        if yaw_deg is not None:
            self._yaw = turn(yaw_deg)

    def spin(self, pitch_deg_s: float, yaw_deg_s: float) -> None:
        """Turns at these rates until something else is asked for."""
        self.roi = None
        self._rates = (
            max(-RATE_DEG_S, min(RATE_DEG_S, pitch_deg_s)),
            max(-RATE_DEG_S, min(RATE_DEG_S, yaw_deg_s)),
        )

    def neutral(self) -> None:
        self.point(0.0, 0.0, locked=False)

    def look_at(self, point: Vector | None) -> None:
        """At a place, from wherever the drone is; None: no longer, and forward again."""
        if point is None:
            self.neutral()
        else:
            self.roi, self._rates = point, None

    def earth_yaw_deg(self, body_yaw_deg: float) -> float:
        return turn(self.yaw_deg + body_yaw_deg)

    def step(self, dt: float, at: Vector, body_yaw_deg: float, body_yaw_rate_deg_s: float) -> None:
        pitch, yaw = self._wanted(dt, at, body_yaw_deg)
        before = self.pitch_deg, self.yaw_deg
        most = RATE_DEG_S * dt
        self.pitch_deg = toward(self.pitch_deg, max(PITCH_DEG[0], min(PITCH_DEG[1], pitch)), most)
        if self.locked or self.roi is not None:  # the drone turns beneath it
            self.yaw_deg -= body_yaw_rate_deg_s * dt
        self.yaw_deg = turn(self.yaw_deg + max(-most, min(most, turn(yaw - self.yaw_deg))))
        if dt > 0:
            self.pitch_rate_deg_s = (self.pitch_deg - before[0]) / dt
            self.yaw_rate_deg_s = turn(self.yaw_deg - before[1]) / dt

    def _wanted(self, dt: float, at: Vector, body_yaw_deg: float) -> tuple[float, float]:
        """Pitch, and yaw from the nose."""
        if self.roi is not None:
            east, north, up = (self.roi[n] - at[n] for n in range(3))
            flat = math.hypot(east, north)
            yaw = turn(heading(east, north) - body_yaw_deg) if flat > 0.5 else self.yaw_deg
            return math.degrees(math.atan2(up, flat)), yaw
        if self._rates is not None:
            self._pitch = max(PITCH_DEG[0], min(PITCH_DEG[1], self._pitch + self._rates[0] * dt))
            self._yaw = turn(self._yaw + self._rates[1] * dt)
        return self._pitch, turn(self._yaw - body_yaw_deg) if self.locked else self._yaw


class Lens:
    """Zoom as how many times nearer; it takes its time."""

    def __init__(self) -> None:
        self.linear = False  # its range; else logarithmic
        self.zoom = self._wanted = ZOOM[0]
        self._moving = 0.0

    @property
    def field_deg(self) -> float:
        return field_deg(WIDE_DEG, self.zoom)

    @property
    def thermal_field_deg(self) -> float:
        return field_deg(THERMAL_DEG, min(THERMAL_ZOOM, self.zoom))

    @property
    def percent(self) -> float:
        """Of the whole range, as MAVLink's ZOOM_TYPE_RANGE counts."""
        if self.linear:
            return 100 * (self.zoom - ZOOM[0]) / (ZOOM[1] - ZOOM[0])
        return 100 * math.log(self.zoom / ZOOM[0]) / math.log(ZOOM[1] / ZOOM[0])

    def to(self, zoom: float) -> None:
        self._moving, self._wanted = 0.0, max(ZOOM[0], min(ZOOM[1], zoom))

    def to_percent(self, percent: float) -> None:
        share = max(0.0, min(100.0, percent)) / 100
        self.to(
            ZOOM[0] + share * (ZOOM[1] - ZOOM[0]) if self.linear else ZOOM[0] * (ZOOM[1] / ZOOM[0]) ** share
        )

    def by_step(self, way: float) -> None:
        self.to(self._wanted * _STEP ** max(-1.0, min(1.0, way)))

    def move(self, way: float) -> None:
        """In for 1, out for -1, until 0."""
        self._moving = max(-1.0, min(1.0, way))
        self._wanted = self.zoom

    def step(self, dt: float) -> None:
        if self._moving:
            self._wanted = max(ZOOM[0], min(ZOOM[1], self.zoom * _ZOOM_PER_S ** (self._moving * dt)))
        most = _ZOOM_PER_S**dt
        self.zoom = max(self.zoom / most, min(self.zoom * most, self._wanted))


class View(msgspec.Struct, frozen=True, array_like=True):
    """What the renderer needs to know of one moment."""

    at_s: float
    position: Vector
    yaw_deg: float
    pitch_deg: float
    field_deg: float
    thermal_field_deg: float


def field_deg(wide_deg: float, zoom: float) -> float:
    return 2 * math.degrees(math.atan(math.tan(math.radians(wide_deg / 2)) / zoom))
