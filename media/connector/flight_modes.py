"""Flight modes as words, the same for PX4 and ArduPilot, and the numbers that ask for one.

HEARTBEAT's custom_mode is each autopilot's own: px4_custom_mode.h, and ArduCopter's mode.h.
"""

from enum import Enum

_PX4 = {
    1: "manual",
    2: "altitude",
    3: "position",
    5: "acro",
    6: "offboard",
    7: "stabilized",
    10: "terminated",
}
_PX4_AUTO = {
    1: "ready", 2: "takeoff", 3: "hold", 4: "mission", 5: "return", 6: "land", 8: "follow",
    9: "precision land",
}  # fmt: skip
_COPTER = {
    0: "stabilized", 1: "acro", 2: "altitude", 3: "mission", 4: "guided", 5: "hold", 6: "return", 7: "circle",
    9: "land", 11: "drift", 13: "sport", 14: "flip", 15: "autotune", 16: "position", 17: "brake", 18: "throw",
    19: "avoid", 20: "guided without GPS", 21: "return", 22: "flow hold", 23: "follow", 24: "zigzag",
    25: "system id", 26: "autorotate", 27: "return", 28: "turtle",
}  # fmt: skip


class Kind(Enum):
    """Whose modes they are, by MAV_AUTOPILOT."""

    PX4 = "PX4"
    ARDUPILOT = "ArduPilot"
    OTHER = "MAVLink"


KINDS = {12: Kind.PX4, 3: Kind.ARDUPILOT}
AUTO, HOLD, MISSION, OFFBOARD = 4, "hold", "mission", "offboard"
# What DO_SET_MODE wants as its second and third parameter. ArduPilot waits in GUIDED: its LOITER asks for
# a transmitter with a stick in the middle.
ASKED: dict[Kind, dict[str, tuple[float, float]]] = {
    Kind.PX4: {HOLD: (4, 3), MISSION: (4, 4), OFFBOARD: (6, 0)},
    Kind.ARDUPILOT: {HOLD: (4, 0), MISSION: (3, 0), OFFBOARD: (4, 0)},
    Kind.OTHER: {},
}
STEERED = {"offboard", "guided"}  # setpoints are flown


def word(kind: Kind, custom_mode: int) -> str:
    """A mode that is not known is its number."""
    if kind is Kind.PX4:
        main, sub = custom_mode >> 16 & 255, custom_mode >> 24 & 255
        return (_PX4_AUTO.get(sub) if main == AUTO else _PX4.get(main)) or f"mode {main}-{sub}"
    if kind is Kind.ARDUPILOT:
        return _COPTER.get(custom_mode, f"mode {custom_mode}")[:24]
    return f"mode {custom_mode}"[:24]
