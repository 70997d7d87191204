"""A mission's items as the autopilot flies them, and a fence's as MAVLink sends them. Values, checks."""

import enum
import math

import msgspec

from media.simulator.earth import Origin, Vector
from media.simulator.fence import Circle, Fence, Point, Polygon

MOST_ITEMS = 500
MOST_VERTICES = 100  # of one area
_NEAR_M = 100_000.0  # an item farther from the dock is no item


class Cmd(enum.IntEnum):
    """Of MAV_CMD, what a mission or fence may hold."""

    WAYPOINT = 16
    LOITER_UNLIMITED = 17
    LOITER_TIME = 19
    RETURN = 20
    LAND = 21
    TAKEOFF = 22
    DELAY = 93
    CHANGE_SPEED = 178
    ROI_LOCATION = 195
    ROI_NONE = 197
    MOUNT_CONTROL = 205
    GIMBAL_PITCH_YAW = 1000
    GIMBAL_CONFIGURE = 1001
    FENCE_IN_VERTEX = 5001
    FENCE_OUT_VERTEX = 5002
    FENCE_IN_CIRCLE = 5003
    FENCE_OUT_CIRCLE = 5004


PLACES = {Cmd.WAYPOINT, Cmd.LOITER_UNLIMITED, Cmd.LOITER_TIME, Cmd.LAND, Cmd.TAKEOFF, Cmd.ROI_LOCATION}
_MISSION = frozenset(cmd for cmd in Cmd if cmd < Cmd.FENCE_IN_VERTEX)
_ABSOLUTE, _RELATIVE, _NO_PLACE = {0, 5}, {3, 6}, {2}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """As it came. `x` and `y` are degrees; parameters may be NaN where MAVLink says that means "as it is"."""

    cmd: int
    frame: int = 3
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0

    def place(self, origin: Origin, home: Vector) -> Vector | None:
        """Metres; None where it names none, and the drone stays where it is."""
        if self.cmd not in PLACES or (self.x == 0 and self.y == 0):
            return None
        east, north = origin.local(self.x, self.y)
        return east, north, self.z - origin.ground_m if self.frame in _ABSOLUTE else self.z + home[2]


class BadItem(ValueError):
    """One that cannot be; `unsupported` tells it from one with wrong numbers."""

    def __init__(self, words: str, *, unsupported: bool = False) -> None:
        super().__init__(words)
        self.unsupported = unsupported


def check(item: Item, origin: Origin) -> Item:
    """The same. Raises BadItem."""
    if item.cmd not in _MISSION:
        raise BadItem(f"command {item.cmd} is not flown", unsupported=True)
    if item.frame not in _ABSOLUTE | _RELATIVE | _NO_PLACE:
        raise BadItem(f"frame {item.frame} is not known", unsupported=True)
    if any(math.isinf(number) for number in item.params):
        raise BadItem("a number is infinite")
    if item.cmd in PLACES:
        if item.x or item.y:
            _placed(item.x, item.y, origin)
        if not math.isfinite(item.z) or abs(item.z) > 10_000:
            raise BadItem("a height cannot be")
    return item


def fence(items: list[Item], origin: Origin) -> tuple[Circle | Polygon, ...]:
    """The areas that fence items spell. Raises BadItem."""
    areas: list[Circle | Polygon] = []
    at = 0
    while at < len(items):
        item = items[at]
        if not math.isfinite(item.params[0]):
            raise BadItem("a number of the fence is none")
        if item.cmd in (Cmd.FENCE_IN_CIRCLE, Cmd.FENCE_OUT_CIRCLE):
            if not 0 < item.params[0] < _NEAR_M:
                raise BadItem("a circle of the fence has no radius")
            centre = _placed(item.x, item.y, origin)
            areas.append(Circle(centre, item.params[0], item.cmd == Cmd.FENCE_IN_CIRCLE))
            at += 1
        elif item.cmd in (Cmd.FENCE_IN_VERTEX, Cmd.FENCE_OUT_VERTEX):
            count = int(item.params[0])
            corners = items[at : at + count]
            if not 3 <= count <= MOST_VERTICES or len(corners) < count:
                raise BadItem("an area of the fence has too few corners, or too many")
            if any(corner.cmd != item.cmd or corner.params[0] != count for corner in corners):
                raise BadItem("the corners of an area of the fence do not stand together")
            points = tuple(_placed(corner.x, corner.y, origin) for corner in corners)
            areas.append(Polygon(points, item.cmd == Cmd.FENCE_IN_VERTEX))
            at += count
        else:
            raise BadItem(f"command {item.cmd} is no fence", unsupported=True)
    return tuple(areas)


def objection(items: list[Item], start: Vector, fence_: Fence, origin: Origin, home: Vector) -> str | None:
    """Why this mission would leave the fence; None when it does not."""
    at: Point = start[:2]
    for number, item in enumerate(items):
        place = item.place(origin, home)
        if place is None or item.cmd == Cmd.ROI_LOCATION:
            continue
        if words := fence_.breach(place[:2], place[2] - home[2]):
            return f"item {number} is {words}"
        if fence_.crossed(at, place[:2]):
            return f"the way to item {number} leaves the fence"
        at = place[:2]
    return None


def _placed(latitude: float, longitude: float, origin: Origin) -> Point:
    if (
        not (math.isfinite(latitude) and math.isfinite(longitude))
        or abs(latitude) > 90
        or abs(longitude) > 180
    ):
        raise BadItem("a place is nowhere on earth")
    at = origin.local(latitude, longitude)
    if math.hypot(*at) > _NEAR_M:
        raise BadItem("a place is more than 100 km away")
    return at
