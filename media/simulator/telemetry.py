"""What a drone tells of itself, as MAVLink messages: how each is made, by which component, and how often.

Message by message as https://mavlink.io/en/messages/common.html has them; numbers as PX4 uses them.
"""

import math
from collections.abc import Callable
from typing import Any

import msgspec
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.simulator.drone import Drone, Fault
from media.simulator.flying import Mode
from media.simulator.gimbal import PITCH_DEG, THERMAL_DEG, WIDE_DEG

AUTOPILOT, CAMERA, GIMBAL, PARACHUTE = 1, 100, 154, 161  # component ids
HEARTBEAT_HZ = 1.0
_UNKNOWN16, _UNKNOWN32 = 0xFFFF, 0xFFFFFFFF
_SENSORS = (
    m.MAV_SYS_STATUS_SENSOR_3D_GYRO
    | m.MAV_SYS_STATUS_SENSOR_3D_ACCEL
    | m.MAV_SYS_STATUS_SENSOR_3D_MAG
    | m.MAV_SYS_STATUS_SENSOR_ABSOLUTE_PRESSURE
    | m.MAV_SYS_STATUS_SENSOR_GPS
    | m.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS
    | m.MAV_SYS_STATUS_GEOFENCE
    | m.MAV_SYS_STATUS_AHRS
    | m.MAV_SYS_STATUS_SENSOR_BATTERY
    | m.MAV_SYS_STATUS_PREARM_CHECK
)
_CAPABLE = (
    m.MAV_PROTOCOL_CAPABILITY_MISSION_INT
    | m.MAV_PROTOCOL_CAPABILITY_COMMAND_INT
    | m.MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_BYTEWISE
    | m.MAV_PROTOCOL_CAPABILITY_SET_POSITION_TARGET_LOCAL_NED
    | m.MAV_PROTOCOL_CAPABILITY_SET_POSITION_TARGET_GLOBAL_INT
    | m.MAV_PROTOCOL_CAPABILITY_FLIGHT_TERMINATION
    | m.MAV_PROTOCOL_CAPABILITY_MAVLINK2
    | m.MAV_PROTOCOL_CAPABILITY_MISSION_FENCE
    | m.MAV_PROTOCOL_CAPABILITY_COMPONENT_IMPLEMENTS_GIMBAL_MANAGER
)
_GIMBAL_CAN = (
    2 | 32 | 128 | 256 | 512 | 1024 | 2048
)  # neutral, pitch and its lock, yaw both ways, without end
_MANAGER_CAN = _GIMBAL_CAN | m.GIMBAL_MANAGER_CAP_FLAGS_CAN_POINT_LOCATION_GLOBAL
_CAMERA_CAN = (
    m.CAMERA_CAP_FLAGS_HAS_MODES
    | m.CAMERA_CAP_FLAGS_HAS_BASIC_ZOOM
    | m.CAMERA_CAP_FLAGS_HAS_VIDEO_STREAM
    | m.CAMERA_CAP_FLAGS_HAS_THERMAL_RANGE
)


class Video(msgspec.Struct, frozen=True):
    """One of its pictures, for those who ask where it is."""

    name: str
    url: str
    width: int
    height: int
    fps: int
    bitrate_bps: int
    thermal: bool = False
    range_c: tuple[float, float] = (0.0, 0.0)  # what black and white mean


class State(msgspec.Struct):
    """What is told beside the drone's own: who steers the gimbal, where the pictures are, when it began."""

    videos: tuple[Video, ...] = ()
    control: tuple[int, int] = (0, 0)
    second: tuple[int, int] = (0, 0)
    epoch_s: float = 0.0  # of time_s 0


def _centidegrees(degrees: float) -> int:
    return round(degrees % 360 * 100) % 36000


Maker = Callable[[Drone, State], Any]


def milliseconds(drone: Drone) -> int:
    return int(drone.time_s * 1000) & 0xFFFFFFFF


def _usec(drone: Drone) -> int:
    return int(drone.time_s * 1e6)


def _e7(drone: Drone) -> tuple[int, int]:
    latitude, longitude = drone.origin.degrees(*drone.body.position[:2])
    return round(latitude * 1e7), round(longitude * 1e7)


def _amsl_m(drone: Drone) -> float:
    return drone.body.position[2] + drone.origin.ground_m


def custom_mode(mode: Mode) -> int:
    told = Mode.LAND if mode is Mode.DESCEND else mode
    return int(told.value[0] << 16 | told.value[1] << 24)


def heartbeat(drone: Drone, _: State) -> Any:
    pilot = drone.autopilot
    base = m.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | m.MAV_MODE_FLAG_STABILIZE_ENABLED
    base |= m.MAV_MODE_FLAG_SAFETY_ARMED if pilot.armed else 0
    if pilot.mode.value[0] == 4:
        base |= m.MAV_MODE_FLAG_AUTO_ENABLED | m.MAV_MODE_FLAG_GUIDED_ENABLED
    elif pilot.mode is Mode.OFFBOARD:
        base |= m.MAV_MODE_FLAG_GUIDED_ENABLED
    elif pilot.mode is Mode.STICKS:
        base |= m.MAV_MODE_FLAG_MANUAL_INPUT_ENABLED
    if pilot.mode is Mode.TERMINATED:
        status = m.MAV_STATE_FLIGHT_TERMINATION
    elif pilot.mode is Mode.DESCEND or drone.battery.said < pilot.parameters["BAT_EMERGEN_THR"]:
        status = m.MAV_STATE_EMERGENCY if pilot.armed else m.MAV_STATE_STANDBY
    elif drone.battery.said < pilot.parameters["BAT_CRIT_THR"] and pilot.armed:
        status = m.MAV_STATE_CRITICAL
    else:
        status = m.MAV_STATE_ACTIVE if pilot.armed else m.MAV_STATE_STANDBY
    return m.MAVLink_heartbeat_message(
        m.MAV_TYPE_QUADROTOR, m.MAV_AUTOPILOT_PX4, base, custom_mode(pilot.mode), status, 3
    )


def _beat(kind: int, base: int, status: int) -> Any:
    return m.MAVLink_heartbeat_message(kind, m.MAV_AUTOPILOT_INVALID, base, 0, status, 3)


def camera_heartbeat(_: Drone, __: State) -> Any:
    return _beat(m.MAV_TYPE_CAMERA, 0, m.MAV_STATE_ACTIVE)


def gimbal_heartbeat(_: Drone, __: State) -> Any:
    return _beat(m.MAV_TYPE_GIMBAL, 0, m.MAV_STATE_ACTIVE)


def parachute_heartbeat(drone: Drone, _: State) -> Any:
    """As PX4 wants one from a parachute: ready is active; fired says so."""
    armed = m.MAV_MODE_FLAG_SAFETY_ARMED if drone.autopilot.chute_armed else 0
    if drone.body.chute_s is not None:
        return _beat(m.MAV_TYPE_PARACHUTE, armed, m.MAV_STATE_FLIGHT_TERMINATION)
    return _beat(m.MAV_TYPE_PARACHUTE, armed, m.MAV_STATE_ACTIVE if armed else m.MAV_STATE_STANDBY)


def sys_status(drone: Drone, _: State) -> Any:
    pilot, battery = drone.autopilot, drone.battery
    health = _SENSORS
    if not pilot.gps:
        health &= ~m.MAV_SYS_STATUS_SENSOR_GPS
    if drone.body.motors < 4:
        health &= ~m.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS
    if battery.said < pilot.parameters["BAT_CRIT_THR"]:
        health &= ~m.MAV_SYS_STATUS_SENSOR_BATTERY
    if not pilot.armed and (pilot.mode is Mode.TERMINATED or pilot.objections()):
        health &= ~m.MAV_SYS_STATUS_PREARM_CHECK
    more = m.MAV_SYS_STATUS_EXTENSION_USED
    chute = m.MAV_SYS_STATUS_RECOVERY_SYSTEM if pilot.chute_fitted else 0
    ready = chute if pilot.chute_armed else 0
    return m.MAVLink_sys_status_message(
        _SENSORS | more, _SENSORS | more, health | more, 200,
        round(battery.voltage_v * 1000), round(battery.current_a * 100), round(battery.said * 100),
        0, 0, 0, 0, 0, 0, chute, ready, ready if drone.body.chute_s is None else 0,
    )  # fmt: skip


def attitude(drone: Drone, _: State) -> Any:
    roll, pitch = drone.body.roll_pitch_deg
    return m.MAVLink_attitude_message(
        milliseconds(drone), math.radians(roll), math.radians(pitch), math.radians(drone.body.yaw_deg),
        0.0, 0.0, math.radians(drone.body.yaw_rate_deg_s),
    )  # fmt: skip


def attitude_quaternion(drone: Drone, _: State) -> Any:
    roll, pitch = drone.body.roll_pitch_deg
    return m.MAVLink_attitude_quaternion_message(
        milliseconds(drone), *quaternion(roll, pitch, drone.body.yaw_deg),
        0.0, 0.0, math.radians(drone.body.yaw_rate_deg_s),
    )  # fmt: skip


def global_position(drone: Drone, _: State) -> Any:
    """None without GPS, as PX4 falls silent then."""
    if not drone.autopilot.gps:
        return None
    east, north, up = drone.body.velocity
    return m.MAVLink_global_position_int_message(
        milliseconds(drone), *_e7(drone),
        round(_amsl_m(drone) * 1000), round(drone.autopilot.height_m * 1000),
        round(north * 100), round(east * 100), round(-up * 100), _centidegrees(drone.body.yaw_deg),
    )  # fmt: skip


def local_position(drone: Drone, _: State) -> Any:
    if not drone.autopilot.gps:
        return None
    at, home, v = drone.body.position, drone.dock_at, drone.body.velocity
    return m.MAVLink_local_position_ned_message(
        milliseconds(drone), at[1] - home[1], at[0] - home[0], home[2] - at[2], v[1], v[0], -v[2]
    )


def vfr_hud(drone: Drone, _: State) -> Any:
    v, wind = drone.body.velocity, drone.air.at(drone.body.position[2])
    throttle = 100 * drone.body.thrust / (drone.body.airframe.thrust_to_weight * 9.81)
    return m.MAVLink_vfr_hud_message(
        math.dist(v, wind) if drone.autopilot.flying else 0.0, math.hypot(v[0], v[1]),
        round(drone.body.yaw_deg % 360) % 360, round(max(0.0, min(100.0, throttle))), _amsl_m(drone), v[2],
    )  # fmt: skip


def gps_raw(drone: Drone, _: State) -> Any:
    if not drone.autopilot.gps:
        return m.MAVLink_gps_raw_int_message(
            _usec(drone), m.GPS_FIX_TYPE_NO_FIX, 0, 0, 0, _UNKNOWN16, _UNKNOWN16, _UNKNOWN16, _UNKNOWN16, 0
        )
    east, north, _up = drone.body.velocity
    course = math.degrees(math.atan2(east, north))
    return m.MAVLink_gps_raw_int_message(
        _usec(drone), m.GPS_FIX_TYPE_3D_FIX, *_e7(drone), round(_amsl_m(drone) * 1000),
        80, 120, round(math.hypot(east, north) * 100), _centidegrees(course), 17,
        round(_amsl_m(drone) * 1000), 800, 1200, 200,
    )  # fmt: skip


def battery_status(drone: Drone, _: State) -> Any:
    battery, pilot = drone.battery, drone.autopilot
    cells = battery.pack.cells
    volts = [round(battery.voltage_v / cells * 1000)] * cells + [_UNKNOWN16] * (10 - cells)
    watts = battery.voltage_v * battery.current_a
    left_s = round(battery.left_wh() * 3600 / watts) if pilot.flying and watts > 1 else 0
    if battery.said < pilot.parameters["BAT_EMERGEN_THR"]:
        state = m.MAV_BATTERY_CHARGE_STATE_EMERGENCY
    elif battery.said < pilot.parameters["BAT_CRIT_THR"]:
        state = m.MAV_BATTERY_CHARGE_STATE_CRITICAL
    elif battery.said < pilot.parameters["BAT_LOW_THR"]:
        state = m.MAV_BATTERY_CHARGE_STATE_LOW
    else:
        state = m.MAV_BATTERY_CHARGE_STATE_OK
    return m.MAVLink_battery_status_message(
        0, m.MAV_BATTERY_FUNCTION_ALL, m.MAV_BATTERY_TYPE_LIPO, 2500, volts, round(battery.current_a * 100),
        round(battery.used_ah * 1000), round(battery.used_wh * 36), round(battery.said * 100), left_s, state,
    )  # fmt: skip


def extended_state(drone: Drone, _: State) -> Any:
    pilot = drone.autopilot
    if pilot.landed or (drone.body.on_ground and not pilot.armed):
        landed = m.MAV_LANDED_STATE_ON_GROUND
    elif pilot.mode is Mode.TAKEOFF:
        landed = m.MAV_LANDED_STATE_TAKEOFF
    elif pilot.mode in (Mode.LAND, Mode.DESCEND):
        landed = m.MAV_LANDED_STATE_LANDING
    else:
        landed = m.MAV_LANDED_STATE_IN_AIR
    return m.MAVLink_extended_sys_state_message(m.MAV_VTOL_STATE_UNDEFINED, landed)


def home_position(drone: Drone, _: State) -> Any:
    home, dock = drone.autopilot.home, drone.dock_at
    latitude, longitude = drone.origin.degrees(*home[:2])
    return m.MAVLink_home_position_message(
        round(latitude * 1e7), round(longitude * 1e7), round((home[2] + drone.origin.ground_m) * 1000),
        home[1] - dock[1], home[0] - dock[0], dock[2] - home[2], [1.0, 0.0, 0.0, 0.0],
        0.0, 0.0, 0.0, _usec(drone),
    )  # fmt: skip


def altitude(drone: Drone, _: State) -> Any:
    up, height = _amsl_m(drone), drone.autopilot.height_m
    return m.MAVLink_altitude_message(_usec(drone), up, up, height, height, drone.origin.ground_m, height)


def mission_current(drone: Drone, _: State) -> Any:
    pilot = drone.autopilot
    if not pilot.items:
        state = m.MISSION_STATE_NO_MISSION
    elif pilot.mode is Mode.MISSION:
        state = m.MISSION_STATE_ACTIVE
    elif pilot.current >= len(pilot.items):
        state = m.MISSION_STATE_COMPLETE
    else:
        state = m.MISSION_STATE_PAUSED if pilot.current else m.MISSION_STATE_NOT_STARTED
    last = max(0, len(pilot.items) - 1)
    return m.MAVLink_mission_current_message(min(pilot.current, last), len(pilot.items), state)


def system_time(drone: Drone, state: State) -> Any:
    return m.MAVLink_system_time_message(int((state.epoch_s + drone.time_s) * 1e6), milliseconds(drone))


def wind(drone: Drone, _: State) -> Any:
    east, north, up = drone.air.at(drone.body.position[2])
    return m.MAVLink_wind_cov_message(_usec(drone), north, east, -up, 1.0, 1.0, _amsl_m(drone), 0.5, 0.5)


def fence_status(drone: Drone, _: State) -> Any:
    pilot = drone.autopilot
    out = pilot.fence.breach(drone.body.position[:2], pilot.height_m)
    kind = m.FENCE_BREACH_NONE if out is None else m.FENCE_BREACH_BOUNDARY
    if out == "above the ceiling":
        kind = m.FENCE_BREACH_MAXALT
    return m.MAVLink_fence_status_message(int(out is not None), 0, kind, 0)


def gimbal_attitude(drone: Drone, _: State) -> Any:
    """Yaw from north while locked, else from the nose, as the flags say."""
    gimbal, body = drone.gimbal, drone.body
    flags = m.GIMBAL_DEVICE_FLAGS_ROLL_LOCK | m.GIMBAL_DEVICE_FLAGS_PITCH_LOCK
    yaw, rate = gimbal.yaw_deg, gimbal.yaw_rate_deg_s
    if gimbal.locked:
        flags |= m.GIMBAL_DEVICE_FLAGS_YAW_LOCK | m.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME
        yaw, rate = gimbal.earth_yaw_deg(body.yaw_deg), rate + body.yaw_rate_deg_s
    else:
        flags |= m.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME
    stuck = m.GIMBAL_DEVICE_ERROR_FLAGS_MOTOR_ERROR if Fault.GIMBAL in drone.faults else 0
    return m.MAVLink_gimbal_device_attitude_status_message(
        0, 0, milliseconds(drone), flags, quaternion(0.0, gimbal.pitch_deg, yaw),
        0.0, math.radians(gimbal.pitch_rate_deg_s), math.radians(rate), stuck,
        math.radians(body.yaw_deg), math.radians(body.yaw_rate_deg_s),
    )  # fmt: skip


def gimbal_manager_status(drone: Drone, state: State) -> Any:
    flags = m.GIMBAL_DEVICE_FLAGS_ROLL_LOCK | m.GIMBAL_DEVICE_FLAGS_PITCH_LOCK
    if drone.gimbal.locked:
        flags |= m.GIMBAL_DEVICE_FLAGS_YAW_LOCK
    return m.MAVLink_gimbal_manager_status_message(
        milliseconds(drone), flags, GIMBAL, *state.control, *state.second
    )


def gimbal_manager_information(drone: Drone, _: State) -> Any:
    low, high = (math.radians(end) for end in PITCH_DEG)
    return m.MAVLink_gimbal_manager_information_message(
        milliseconds(drone), _MANAGER_CAN, GIMBAL, 0.0, 0.0, low, high, -math.pi, math.pi
    )


def gimbal_device_information(drone: Drone, _: State) -> Any:
    low, high = (math.radians(end) for end in PITCH_DEG)
    return m.MAVLink_gimbal_device_information_message(
        milliseconds(drone), b"Sightline", b"Simulated gimbal", b"", 1, 1, drone.number,
        _GIMBAL_CAN, 0, 0.0, 0.0, low, high, -math.pi, math.pi,
    )  # fmt: skip


def camera_field(drone: Drone, state: State) -> Any:
    """Where the colour camera is, where it looks, and how wide: its footprint can be drawn from it."""
    if not drone.autopilot.gps:
        return None
    view, unknown = drone.view, 0x7FFFFFFF
    image = unknown, unknown, unknown
    if view.pitch_deg < -1 and view.position[2] > 0.5:
        far = view.position[2] / math.tan(math.radians(-view.pitch_deg))
        yaw = math.radians(view.yaw_deg)
        latitude, longitude = drone.origin.degrees(
            view.position[0] + far * math.sin(yaw), view.position[1] + far * math.cos(yaw)
        )
        image = round(latitude * 1e7), round(longitude * 1e7), round(drone.origin.ground_m * 1000)
    shape = state.videos[0].height / state.videos[0].width if state.videos else 0.5625
    tall = 2 * math.degrees(math.atan(math.tan(math.radians(view.field_deg / 2)) * shape))
    return m.MAVLink_camera_fov_status_message(
        milliseconds(drone), *_e7(drone), round(_amsl_m(drone) * 1000), *image,
        quaternion(0.0, view.pitch_deg, view.yaw_deg), view.field_deg, tall,
    )  # fmt: skip


def camera_information(drone: Drone, state: State) -> Any:
    colour = next((video for video in state.videos if not video.thermal), None)
    width, height = (colour.width, colour.height) if colour else (0, 0)
    return m.MAVLink_camera_information_message(
        milliseconds(drone), _name(b"Sightline", 32), _name(b"Simulated camera", 32), 1, 4.5, 6.3, 3.5,
        width, height, 0, _CAMERA_CAN, 0, b"", GIMBAL,
    )  # fmt: skip


def camera_settings(drone: Drone, _: State) -> Any:
    return m.MAVLink_camera_settings_message(
        milliseconds(drone), m.CAMERA_MODE_VIDEO, drone.lens.percent, float("nan")
    )


def camera_capture_status(drone: Drone, _: State) -> Any:
    return m.MAVLink_camera_capture_status_message(milliseconds(drone), 0, 0, 0.0, 0, 0.0)


def storage_information(drone: Drone, _: State) -> Any:
    return m.MAVLink_storage_information_message(
        milliseconds(drone), 1, 0, m.STORAGE_STATUS_EMPTY, 0.0, 0.0, 0.0, 0.0, 0.0
    )


def video_information(drone: Drone, state: State, number: int) -> Any:
    """`number` counts from 1."""
    video = state.videos[number - 1]
    return m.MAVLink_video_stream_information_message(
        number, len(state.videos), m.VIDEO_STREAM_TYPE_RTSP, _video_flags(drone, video), float(video.fps),
        video.width, video.height, video.bitrate_bps, 0, round(THERMAL_DEG if video.thermal else WIDE_DEG),
        video.name.encode()[:31], video.url.encode()[:159], m.VIDEO_STREAM_ENCODING_H264,
    )  # fmt: skip


def video_status(drone: Drone, state: State, number: int) -> Any:
    video = state.videos[number - 1]
    field = drone.lens.thermal_field_deg if video.thermal else drone.lens.field_deg
    return m.MAVLink_video_stream_status_message(
        number, _video_flags(drone, video), float(video.fps), video.width, video.height, video.bitrate_bps,
        0, round(field),
    )  # fmt: skip


def thermal_range(drone: Drone, state: State) -> Any:
    found = next(((n, v) for n, v in enumerate(state.videos, 1) if v.thermal), None)
    if found is None:
        return None
    number, video = found
    nan = float("nan")
    low, high = video.range_c
    return m.MAVLink_camera_thermal_range_message(
        milliseconds(drone), number, 0, high, nan, nan, low, nan, nan
    )


def autopilot_version(drone: Drone, _: State) -> Any:
    none = [0] * 8
    return m.MAVLink_autopilot_version_message(
        _CAPABLE, 0x010F00FF, 0, 0, 0, none, none, none, 0, 0, drone.number, [0] * 18
    )


def remote_id(drone: Drone, _: State) -> Any:
    return m.MAVLink_open_drone_id_basic_id_message(
        0, 0, [0] * 20, m.MAV_ODID_ID_TYPE_SERIAL_NUMBER, m.MAV_ODID_UA_TYPE_HELICOPTER_OR_MULTIROTOR,
        _name(b"SIMULATED-%04d" % drone.number, 20),
    )  # fmt: skip


def remote_location(drone: Drone, state: State) -> Any:
    pilot, (east, north, up) = drone.autopilot, drone.body.velocity
    if pilot.mode is Mode.TERMINATED or pilot.mode is Mode.DESCEND:
        status = m.MAV_ODID_STATUS_EMERGENCY
    else:
        status = m.MAV_ODID_STATUS_AIRBORNE if pilot.flying else m.MAV_ODID_STATUS_GROUND
    course = _centidegrees(math.degrees(math.atan2(east, north)))
    latitude, longitude = _e7(drone) if pilot.gps else (0, 0)
    return m.MAVLink_open_drone_id_location_message(
        0, 0, [0] * 20, status, course, round(math.hypot(east, north) * 100), round(up * 100),
        latitude, longitude, _amsl_m(drone), _amsl_m(drone), m.MAV_ODID_HEIGHT_REF_OVER_TAKEOFF,
        pilot.height_m, 11, 5, 5, 3, (state.epoch_s + drone.time_s) % 3600, 1,
    )  # fmt: skip


def remote_system(drone: Drone, state: State) -> Any:
    latitude, longitude = drone.origin.degrees(*drone.dock_at[:2])
    seconds = int(state.epoch_s + drone.time_s) - 1_546_300_800  # since 2019-01-01
    return m.MAVLink_open_drone_id_system_message(
        0, 0, [0] * 20, m.MAV_ODID_OPERATOR_LOCATION_TYPE_FIXED, m.MAV_ODID_CLASSIFICATION_TYPE_UNDECLARED,
        round(latitude * 1e7), round(longitude * 1e7), 1, 0, -1000.0, -1000.0, 0, 0,
        drone.origin.ground_m, max(0, seconds),
    )  # fmt: skip


# By message: what makes it, who says it, how often by itself (Hz; 0: when asked).
TOLD: dict[int, tuple[Maker, int, float]] = {
    m.MAVLINK_MSG_ID_SYS_STATUS: (sys_status, AUTOPILOT, 2),
    m.MAVLINK_MSG_ID_ATTITUDE: (attitude, AUTOPILOT, 10),
    m.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: (attitude_quaternion, AUTOPILOT, 0),
    m.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: (global_position, AUTOPILOT, 10),
    m.MAVLINK_MSG_ID_LOCAL_POSITION_NED: (local_position, AUTOPILOT, 5),
    m.MAVLINK_MSG_ID_VFR_HUD: (vfr_hud, AUTOPILOT, 5),
    m.MAVLINK_MSG_ID_GPS_RAW_INT: (gps_raw, AUTOPILOT, 5),
    m.MAVLINK_MSG_ID_BATTERY_STATUS: (battery_status, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: (extended_state, AUTOPILOT, 2),
    m.MAVLINK_MSG_ID_HOME_POSITION: (home_position, AUTOPILOT, 0.5),
    m.MAVLINK_MSG_ID_ALTITUDE: (altitude, AUTOPILOT, 2),
    m.MAVLINK_MSG_ID_MISSION_CURRENT: (mission_current, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_SYSTEM_TIME: (system_time, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_WIND_COV: (wind, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_FENCE_STATUS: (fence_status, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_AUTOPILOT_VERSION: (autopilot_version, AUTOPILOT, 0),
    m.MAVLINK_MSG_ID_GIMBAL_MANAGER_STATUS: (gimbal_manager_status, AUTOPILOT, 2),
    m.MAVLINK_MSG_ID_GIMBAL_MANAGER_INFORMATION: (gimbal_manager_information, AUTOPILOT, 0),
    m.MAVLINK_MSG_ID_GIMBAL_DEVICE_ATTITUDE_STATUS: (gimbal_attitude, GIMBAL, 10),
    m.MAVLINK_MSG_ID_GIMBAL_DEVICE_INFORMATION: (gimbal_device_information, GIMBAL, 0),
    m.MAVLINK_MSG_ID_CAMERA_FOV_STATUS: (camera_field, CAMERA, 5),
    m.MAVLINK_MSG_ID_CAMERA_INFORMATION: (camera_information, CAMERA, 0),
    m.MAVLINK_MSG_ID_CAMERA_SETTINGS: (camera_settings, CAMERA, 1),
    m.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS: (camera_capture_status, CAMERA, 0),
    m.MAVLINK_MSG_ID_STORAGE_INFORMATION: (storage_information, CAMERA, 0),
    m.MAVLINK_MSG_ID_CAMERA_THERMAL_RANGE: (thermal_range, CAMERA, 1),
    m.MAVLINK_MSG_ID_OPEN_DRONE_ID_BASIC_ID: (remote_id, AUTOPILOT, 0.3),
    m.MAVLINK_MSG_ID_OPEN_DRONE_ID_LOCATION: (remote_location, AUTOPILOT, 1),
    m.MAVLINK_MSG_ID_OPEN_DRONE_ID_SYSTEM: (remote_system, AUTOPILOT, 0.3),
}
HEARTBEATS: tuple[tuple[Maker, int], ...] = (
    (heartbeat, AUTOPILOT),
    (camera_heartbeat, CAMERA),
    (gimbal_heartbeat, GIMBAL),
    (parachute_heartbeat, PARACHUTE),
)


def quaternion(roll_deg: float, pitch_deg: float, yaw_deg: float) -> list[float]:
    """w, x, y, z of the rotation by yaw, then pitch, then roll, as MAVLink has it."""
    halves = [math.radians(angle) / 2 for angle in (roll_deg, pitch_deg, yaw_deg)]
    (sr, sp, sy), (cr, cp, cy) = [math.sin(half) for half in halves], [math.cos(half) for half in halves]
    return [
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    ]


def _name(text: bytes, size: int) -> list[int]:
    return list(text[:size].ljust(size, b"\0"))


def _video_flags(drone: Drone, video: Video) -> int:
    flags = 0 if Fault.VIDEO in drone.faults else m.VIDEO_STREAM_STATUS_FLAGS_RUNNING
    if video.thermal:
        flags |= m.VIDEO_STREAM_STATUS_FLAGS_THERMAL | m.VIDEO_STREAM_STATUS_FLAGS_THERMAL_RANGE_ENABLED
    return int(flags)
