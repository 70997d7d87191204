"""Where a drone's camera looks and how near: gimbal angles, fields of view and zoom out of what is told.

Angles in degrees, pitch above the horizon, yaw from north. https://mavlink.io/en/services/gimbal_v2.html
"""

import math
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.drone_frames import Aim

STALE_S = 2.0
THERMAL_STALE_S = 10.0  # it is told once a second and hardly changes
_STEEP = 0.9998  # sine of the pitch beyond which yaw cannot be had from the picture's own direction


def number(value: float, low: float = -math.inf, high: float = math.inf) -> float | None:
    """None for what is no number, or none that can be."""
    return float(value) if math.isfinite(value) and low <= value <= high else None


class Aiming:
    def __init__(self) -> None:
        self.has_gimbal = False
        self._pitch: float | None = None
        self._yaw: float | None = None
        self._turned_at = self._field_at = -math.inf
        self._across: float | None = None
        self._down: float | None = None
        self._wide: float | None = None  # across, without zoom
        self._told_wide = False  # by CAMERA_INFORMATION
        self._thermal: tuple[float, float] | None = None  # black and white, degrees Celsius
        self._thermal_at = -math.inf

    def take(self, message: Any, now: float, heading_deg: float | None) -> None:
        match message.get_type():
            case "GIMBAL_DEVICE_ATTITUDE_STATUS":
                self._gimbal(message, now, heading_deg)
            case "MOUNT_ORIENTATION":  # gimbals of before the second protocol
                self.has_gimbal, self._turned_at = True, now
                self._pitch = number(message.pitch, -180, 180)
                self._yaw = number(message.yaw_absolute, -360, 360)
            case "CAMERA_FOV_STATUS":
                self._across, self._down = number(message.hfov, 0.1, 180), number(message.vfov, 0.1, 180)
                self._field_at = now
                if self._across is not None and not self._told_wide:
                    self._wide = max(self._wide or 0.0, self._across)
            case "CAMERA_THERMAL_RANGE":
                low, high = number(message.min, -273.15, 3000), number(message.max, -273.15, 3000)
                self._thermal = (low, high) if low is not None and high is not None and low < high else None
                self._thermal_at = now
            case "CAMERA_INFORMATION":
                focal, across = (
                    number(message.focal_length, 0.1, 5000),
                    number(message.sensor_size_h, 0.1, 200),
                )
                if focal and across:
                    self._wide, self._told_wide = 2 * math.degrees(math.atan(across / 2 / focal)), True

    def aim(self, now: float) -> Aim | None:
        turned, seen = now - self._turned_at <= STALE_S, now - self._field_at <= STALE_S
        if not turned and not seen:
            return None
        thermal = self._thermal if now - self._thermal_at <= THERMAL_STALE_S else None
        return Aim(
            pitch_deg=self._pitch if turned else None,
            yaw_deg=self._yaw if turned else None,
            across_deg=self._across if seen else None,
            down_deg=self._down if seen else None,
            zoom=self.zoom(now),
            thermal_low_c=thermal[0] if thermal is not None else None,
            thermal_high_c=thermal[1] if thermal is not None else None,
        )

    def zoom(self, now: float) -> float | None:
        """How many times nearer than without, by the field of view that it says; None while it says none."""
        old = now - self._field_at > STALE_S
        if old or self._across is None or self._wide is None or self._wide >= 179:
            return None
        return math.tan(math.radians(self._wide / 2)) / math.tan(math.radians(self._across / 2))

    def _gimbal(self, message: Any, now: float, heading_deg: float | None) -> None:
        self.has_gimbal, self._turned_at = True, now
        angles = pitch_yaw(tuple(message.q))
        if angles is None:
            self._pitch = self._yaw = None
            return
        self._pitch, yaw = angles
        if not _from_north(message.flags):
            turned: float | None = heading_deg
            if message.delta_yaw and math.isfinite(message.delta_yaw):  # 0 is also what older ones leave out
                turned = math.degrees(message.delta_yaw)
            self._yaw = None if turned is None else _half(yaw + turned)
        else:
            self._yaw = _half(yaw)


def _from_north(flags: int) -> bool:
    """Whether the quaternion's yaw is; older gimbals say so by their lock only."""
    if flags & m.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME:
        return True
    if flags & m.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME:
        return False
    return bool(flags & m.GIMBAL_DEVICE_FLAGS_YAW_LOCK)


def pitch_yaw(q: tuple[float, ...]) -> tuple[float, float] | None:
    """Degrees of a quaternion w, x, y, z; None when it is none."""
    size = math.hypot(*q)
    if not math.isfinite(size) or abs(size - 1) > 0.05:
        return None
    w, x, y, z = (part / size for part in q)
    sine = max(-1.0, min(1.0, 2 * (w * y - z * x)))
    if abs(sine) > _STEEP:  # straight down: roll and yaw are one turn, and the gimbal keeps roll at 0
        yaw = 2 * math.atan2(z, w)
    else:
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    return math.degrees(math.asin(sine)), _half(math.degrees(yaw))


def _half(degrees: float) -> float:
    """From -180 to 180."""
    return (degrees + 180) % 360 - 180
