"""What a drone is to fly and where it must not, as items of MAVLink's mission protocol. Values only.

Heights are above home, which is the dock. https://mavlink.io/en/services/mission.html
"""

from collections.abc import Sequence

import msgspec
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.drone_frames import Fence, Place
from media.connector.flight_modes import Kind

NAN = float("nan")
LEVEL = 4 | 8 | 32  # roll and pitch from the horizon, yaw from the nose: GIMBAL_MANAGER_FLAGS


class Item(msgspec.Struct, frozen=True, kw_only=True):
    command: int
    frame: int = m.MAV_FRAME_MISSION
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0  # 1e-7 degrees where it is a place
    y: int = 0
    z: float = 0.0


def way(
    points: Sequence[Place],
    height_m: float,
    speed_mps: float | None,
    *,
    kind: Kind,
    up_from: Place | None,
    gimbal: bool,
    lands: bool,
) -> list[Item]:
    """Along the points. `up_from`: it stands there and takes off first. It ends by landing, or waits.

    It waits because its mission is over, not by an item: a mission without end is one that an autopilot may
    go on with though nobody has heard it for long, instead of coming home.
    """
    items = []
    if kind is Kind.ARDUPILOT:  # its first item is home, whatever it holds
        items.append(_at(m.MAV_CMD_NAV_WAYPOINT, points[0], 0.0))
    if up_from is not None:
        items.append(_at(m.MAV_CMD_NAV_TAKEOFF, up_from, height_m, (0.0, 0.0, 0.0, NAN)))
    if speed_mps is not None:  # over the ground, throttle as it is
        items.append(Item(command=m.MAV_CMD_DO_CHANGE_SPEED, params=(1.0, speed_mps, -1.0, 0.0)))
    if gimbal:
        level = (0.0, 0.0, NAN, NAN)
        items.append(Item(command=m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, params=level, x=LEVEL))
    items += [_at(m.MAV_CMD_NAV_WAYPOINT, point, height_m, (0.0, 0.0, 0.0, NAN)) for point in points]
    if lands:
        items.append(_at(m.MAV_CMD_NAV_LAND, points[-1], 0.0, (0.0, 0.0, 0.0, NAN)))
    return items


def fence(area: Fence) -> list[Item]:
    """Corners ring by ring, each with how many its ring has. The ceiling is a parameter, not an item."""
    rings = [(m.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION, area.keep_in)]
    rings += [(m.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_EXCLUSION, ring) for ring in area.keep_out]
    items = []
    for command, closed in rings:
        ring = closed[:-1] if len(closed) > 3 and closed[0] == closed[-1] else closed
        items += [
            _at(command, corner, 0.0, (len(ring), 0.0, 0.0, 0.0), m.MAV_FRAME_GLOBAL) for corner in ring
        ]
    return items


def _at(
    command: int,
    place: Place,
    height_m: float,
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    frame: int = m.MAV_FRAME_GLOBAL_RELATIVE_ALT,
) -> Item:
    x, y = round(place.latitude * 1e7), round(place.longitude * 1e7)
    return Item(command=command, frame=frame, params=params, x=x, y=y, z=height_m)
