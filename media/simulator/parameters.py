"""The autopilot's parameters: PX4's names where PX4 has one, so that ground stations know what they are."""

import math

import msgspec


class Parameter(msgspec.Struct, frozen=True):
    default: float
    low: float
    high: float
    whole: bool = False  # an INT32 on the wire


KNOWN: dict[str, Parameter] = {
    "BAT_CRIT_THR": Parameter(0.15, 0.05, 0.5),  # below: return
    "BAT_EMERGEN_THR": Parameter(0.07, 0.03, 0.3),  # below: land where it is
    "BAT_LOW_THR": Parameter(0.25, 0.1, 0.6),  # below: say so
    "COM_DL_LOSS_T": Parameter(10, 1, 300, True),  # seconds without a ground station until the link is lost
    "COM_OBL_RC_ACT": Parameter(0, 0, 7, True),
    "CAL_ACC0_ID": Parameter(1, 0, 2**31 - 1, True),
    "CAL_GYRO0_ID": Parameter(1, 0, 2**31 - 1, True),
    "CAL_MAG0_ID": Parameter(1, 0, 2**31 - 1, True),
    "GF_ACTION": Parameter(2, 2, 2, True),  # hold; the fence cannot be switched off
    "GF_MAX_HOR_DIST": Parameter(0, 0, 20_000),  # metres; 0: none
    "GF_MAX_VER_DIST": Parameter(120, 0, 500),
    "MIS_TAKEOFF_ALT": Parameter(30, 2, 120),
    "MPC_LAND_SPEED": Parameter(0.7, 0.3, 2),
    "MPC_TILTMAX_AIR": Parameter(35, 20, 35),
    "MPC_XY_CRUISE": Parameter(18, 1, 23),
    "MPC_Z_VEL_MAX_DN": Parameter(4, 0.5, 6),
    "MPC_Z_VEL_MAX_UP": Parameter(6, 0.5, 8),
    "NAV_DLL_ACT": Parameter(2, 2, 2, True),  # link lost: return, once the mission is flown
    "RTL_RETURN_ALT": Parameter(60, 5, 120),
    "SIM_BAT_RESERVE": Parameter(0.2, 0.05, 0.5),  # of the charge: what it lands with
    "SYS_AUTOSTART": Parameter(4001, 4001, 4001, True),
    "SYS_FAILURE_EN": Parameter(1, 0, 1, True),  # MAV_CMD_INJECT_FAILURE is obeyed
}


class Parameters:
    """Values by name; the order is that of KNOWN."""

    def __init__(self) -> None:
        self._values = {name: parameter.default for name, parameter in KNOWN.items()}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def names(self) -> list[str]:
        return list(self._values)

    def set(self, name: str, value: float) -> bool:
        """Whether it could be: an unknown name or a value out of range changes nothing."""
        known = KNOWN.get(name)
        if known is None or not math.isfinite(value) or not known.low <= value <= known.high:
            return False
        self._values[name] = float(round(value)) if known.whole else float(value)
        return True
