"""MAVLink commands: what each asks of the drone, and the result that its sender is told.

COMMAND_LONG and COMMAND_INT become one Order first. https://mavlink.io/en/services/command.html
"""

import math
from collections.abc import Callable

import msgspec
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.simulator.autopilot import FLOWN
from media.simulator.drone import Drone, Fault
from media.simulator.flying import Refusal
from media.simulator.telemetry import State

NAN = float("nan")
_FORCE = 21196  # PX4's and ArduPilot's word for "even so"
_ABSOLUTE, _RELATIVE = {0, 5}, {3, 6}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A command. `x` and `y` are degrees where it names a place; `frame` is None for COMMAND_LONG."""

    command: int
    params: tuple[float, float, float, float]
    x: float
    y: float
    z: float
    frame: int | None
    sender: tuple[int, int]


class Bad(ValueError):
    """A number of it cannot be; the message says which."""


Result = int  # MAV_RESULT


def carry_out(order: Order, drone: Drone, state: State) -> Result:
    """Does it. Raises Refusal and Bad with what the pilot should read. UNSUPPORTED when unknown."""
    if (known := _KNOWN.get(order.command)) is None:
        return int(m.MAV_RESULT_UNSUPPORTED)
    if any(math.isinf(number) for number in (*order.params, order.x, order.y, order.z)):
        raise Bad("A number of the command is infinite")
    known(order, drone, state)
    return int(m.MAV_RESULT_ACCEPTED)


def _whole(value: float, *allowed: int) -> int:
    if value not in allowed:
        raise Bad(f"{value:g} is none of {', '.join(str(each) for each in allowed)}")
    return int(value)


def _given(value: float) -> float | None:
    return None if math.isnan(value) else value


def _place(order: Order, drone: Drone) -> tuple[float, float, float]:
    """Metres; heights above mean sea level unless the frame says above the dock. NaN: as it is now."""
    at, home = drone.body.position, drone.autopilot.home
    if math.isnan(order.x) != math.isnan(order.y):
        raise Bad("Half a position")
    if math.isnan(order.x):
        east, north = at[:2]
    else:
        if abs(order.x) > 90 or abs(order.y) > 180:
            raise Bad("A place that is nowhere on earth")
        east, north = drone.origin.local(order.x, order.y)
        if math.hypot(east - home[0], north - home[1]) > 50_000:
            raise Bad("A place that is more than 50 km away")
    if math.isnan(order.z):
        return east, north, at[2]
    if order.frame is None or order.frame in _ABSOLUTE:
        return east, north, order.z - drone.origin.ground_m
    if order.frame in _RELATIVE:
        return east, north, order.z + home[2]
    raise Bad(f"Frame {order.frame} is not known")


def _arm(order: Order, drone: Drone, _: State) -> None:
    if _whole(order.params[0], 0, 1):
        drone.autopilot.arm()  # by force too: what it objects to is never a whim
    else:
        drone.autopilot.disarm(force=order.params[1] == _FORCE)


def _take_off(order: Order, drone: Drone, _: State) -> None:
    if math.isnan(order.z):
        drone.autopilot.take_off(None)
        return
    here = msgspec.structs.replace(order, x=NAN, y=NAN)
    drone.autopilot.take_off(_place(here, drone)[2] - drone.autopilot.home[2])


def _land(_: Order, drone: Drone, __: State) -> None:
    drone.autopilot.land()


def _return(_: Order, drone: Drone, __: State) -> None:
    drone.autopilot.go_home()


def _mode(order: Order, drone: Drone, _: State) -> None:
    main, sub = order.params[1], order.params[2]
    if math.isnan(main) or not int(order.params[0] if order.params[0] >= 0 else 0) & 1:
        raise Bad("Only modes of PX4's numbering are known")
    mode = FLOWN.get((int(main), 0 if math.isnan(sub) or int(main) != 4 else int(sub)))
    if mode is None:
        raise Bad("That mode is not flown")
    drone.autopilot.enter(mode)


def _go(order: Order, drone: Drone, _: State) -> None:
    speed, yaw = _given(order.params[0]), _given(order.params[3])
    drone.autopilot.go(
        _place(order, drone),
        None if yaw is None else math.degrees(yaw),
        speed if speed is not None and speed > 0 else None,
    )


def _start(order: Order, drone: Drone, _: State) -> None:
    first = _given(order.params[0])
    drone.autopilot.fly_mission(int(first) if first else None)


def _pause(order: Order, drone: Drone, _: State) -> None:
    if _whole(order.params[0], 0, 1):
        drone.autopilot.fly_mission()
    else:
        drone.autopilot.hold()


def _jump(order: Order, drone: Drone, _: State) -> None:
    if math.isnan(order.params[0]):
        raise Bad("No item was named")
    drone.autopilot.set_current(int(order.params[0]))


def _speed(order: Order, drone: Drone, _: State) -> None:
    drone.autopilot.change_speed(order.params[1] if order.params[1] >= 0 else None)


def _terminate(order: Order, drone: Drone, _: State) -> None:
    if order.params[0] > 0.5:
        drone.autopilot.terminate()


def _parachute(order: Order, drone: Drone, _: State) -> None:
    what = _whole(order.params[0], m.PARACHUTE_DISABLE, m.PARACHUTE_ENABLE, m.PARACHUTE_RELEASE)
    if what == m.PARACHUTE_RELEASE:
        drone.autopilot.fire_chute("by command")
    else:
        drone.autopilot.arm_chute(what == m.PARACHUTE_ENABLE)


# By MAVLink's unit and kind of failure. OFF: it is gone; STUCK: it stays as it is; WRONG: it lies.
_FAILURES: dict[tuple[int, int], Fault] = {
    (m.FAILURE_UNIT_SENSOR_GPS, m.FAILURE_TYPE_OFF): Fault.GPS,
    (m.FAILURE_UNIT_SYSTEM_BATTERY, m.FAILURE_TYPE_OFF): Fault.BATTERY,
    (m.FAILURE_UNIT_SYSTEM_BATTERY, m.FAILURE_TYPE_STUCK): Fault.GAUGE,
    (m.FAILURE_UNIT_SYSTEM_BATTERY, m.FAILURE_TYPE_WRONG): Fault.GAUGE,
    (m.FAILURE_UNIT_SYSTEM_MOTOR, m.FAILURE_TYPE_OFF): Fault.MOTOR,
    (m.FAILURE_UNIT_SYSTEM_MAVLINK_SIGNAL, m.FAILURE_TYPE_OFF): Fault.LINK,
}
LINK_AWAY_S = 30.0  # after a link failure nobody could mend it by command


def _fail(order: Order, drone: Drone, _: State) -> None:
    if not drone.autopilot.parameters["SYS_FAILURE_EN"]:
        raise Refusal("Failures are not injected while SYS_FAILURE_EN is 0")
    unit, kind = order.params[0], order.params[1]
    faults = [fault for (of, _kind), fault in _FAILURES.items() if of == unit]
    if kind == m.FAILURE_TYPE_OK and faults:
        for fault in faults:
            drone.mend(fault)
        return
    found = _FAILURES.get((int(unit), int(kind))) if unit >= 0 and kind >= 0 else None
    if found is None:
        raise Bad("That failure is not simulated")
    drone.break_(found, LINK_AWAY_S if found is Fault.LINK else math.inf)


# The gimbal. https://mavlink.io/en/services/gimbal_v2.html


def may_steer(sender: tuple[int, int], state: State) -> bool:
    """Who took control, or anybody while nobody has."""
    return state.control == (0, 0) or sender in (state.control, state.second)


def _must_steer(order: Order, state: State) -> None:
    if not may_steer(order.sender, state):
        raise Refusal(f"The gimbal is steered by system {state.control[0]}", later=True)


def _gimbal(order: Order, drone: Drone, state: State) -> None:
    _must_steer(order, state)
    pitch, yaw, pitch_rate, yaw_rate = order.params
    steer(drone, int(_given(order.x) or 0), _given(pitch), _given(yaw), _given(pitch_rate), _given(yaw_rate))


def steer(
    drone: Drone,
    flags: int,
    pitch_deg: float | None,
    yaw_deg: float | None,
    pitch_deg_s: float | None = None,
    yaw_deg_s: float | None = None,
) -> None:
    """Angles, or rates where no angle is given; `flags` are MAVLink's GIMBAL_MANAGER_FLAGS."""
    gimbal = drone.gimbal
    if flags & (m.GIMBAL_DEVICE_FLAGS_NEUTRAL | m.GIMBAL_DEVICE_FLAGS_RETRACT):
        gimbal.neutral()
        return
    locked = bool(flags & (m.GIMBAL_DEVICE_FLAGS_YAW_LOCK | m.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME))
    if pitch_deg is None and yaw_deg is None and (pitch_deg_s is not None or yaw_deg_s is not None):
        now = gimbal.earth_yaw_deg(drone.body.yaw_deg) if locked else gimbal.yaw_deg
        gimbal.point(gimbal.pitch_deg, now, locked=locked)
        gimbal.spin(pitch_deg_s or 0.0, yaw_deg_s or 0.0)
        return
    gimbal.point(pitch_deg, yaw_deg, locked=locked)


def _control(order: Order, _: Drone, state: State) -> None:
    """Who steers: -1 leaves it, -2 takes it, -3 gives it back, 0 is nobody."""
    first, component, second, second_component = (_given(number) for number in order.params)
    free = state.control == (0, 0) or order.sender == state.control
    if first is not None and first != -1:
        if first == -3:
            if order.sender == state.control:
                state.control = (0, 0)
        elif not free and first != -2:
            raise Refusal(f"The gimbal is steered by system {state.control[0]}", later=True)
        else:  # a taking over is never refused: a pilot must be able to
            state.control = _who(first, component, order.sender)
    if second is not None and second not in (-1, -3):
        state.second = _who(second, second_component, order.sender)
    elif second == -3 and order.sender == state.second:
        state.second = (0, 0)


def _who(system: float, component: float | None, sender: tuple[int, int]) -> tuple[int, int]:
    if system == -2:
        return sender
    if not 0 <= system <= 255 or not 0 <= (component or 0) <= 255:
        raise Bad("No such system")
    return int(system), int(component or 0) if system else 0


def _look_at(order: Order, drone: Drone, state: State) -> None:
    _must_steer(order, state)
    if math.isnan(order.x) or math.isnan(order.z):
        raise Bad("No place was named")
    drone.gimbal.look_at(_place(order, drone))


def _look_ahead(order: Order, drone: Drone, state: State) -> None:
    _must_steer(order, state)
    drone.gimbal.look_at(None)


def _zoom(order: Order, drone: Drone, _: State) -> None:
    kind, value = order.params[0], order.params[1]
    if math.isnan(value):
        raise Bad("No zoom was named")
    match _whole(kind, m.ZOOM_TYPE_STEP, m.ZOOM_TYPE_CONTINUOUS, m.ZOOM_TYPE_RANGE):
        case m.ZOOM_TYPE_STEP:
            drone.lens.by_step(value)
        case m.ZOOM_TYPE_CONTINUOUS:
            drone.lens.move(value)
        case _:
            drone.lens.to_percent(value)


def _camera_mode(order: Order, _: Drone, __: State) -> None:
    _whole(order.params[1], m.CAMERA_MODE_VIDEO)


def _nothing(_: Order, __: Drone, ___: State) -> None:
    """It does that anyway."""


_KNOWN: dict[int, Callable[[Order, Drone, State], None]] = {
    m.MAV_CMD_COMPONENT_ARM_DISARM: _arm,
    m.MAV_CMD_NAV_TAKEOFF: _take_off,
    m.MAV_CMD_NAV_LAND: _land,
    m.MAV_CMD_NAV_RETURN_TO_LAUNCH: _return,
    m.MAV_CMD_DO_SET_MODE: _mode,
    m.MAV_CMD_DO_REPOSITION: _go,
    m.MAV_CMD_MISSION_START: _start,
    m.MAV_CMD_DO_PAUSE_CONTINUE: _pause,
    m.MAV_CMD_DO_SET_MISSION_CURRENT: _jump,
    m.MAV_CMD_DO_CHANGE_SPEED: _speed,
    m.MAV_CMD_DO_FLIGHTTERMINATION: _terminate,
    m.MAV_CMD_DO_PARACHUTE: _parachute,
    m.MAV_CMD_INJECT_FAILURE: _fail,
    m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW: _gimbal,
    m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE: _control,
    m.MAV_CMD_DO_SET_ROI_LOCATION: _look_at,
    m.MAV_CMD_DO_SET_ROI_NONE: _look_ahead,
    m.MAV_CMD_SET_CAMERA_ZOOM: _zoom,
    m.MAV_CMD_SET_CAMERA_MODE: _camera_mode,
    m.MAV_CMD_VIDEO_START_STREAMING: _nothing,
}
