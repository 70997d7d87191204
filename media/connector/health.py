"""What a drone's own checks say, as words for a pilot: SYS_STATUS, and the state in its heartbeat.

https://mavlink.io/en/messages/common.html#MAV_SYS_STATUS_SENSOR
"""

from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

_MOST = 8
_SENSORS = {  # the gravest first: no more than eight are told
    m.MAV_SYS_STATUS_SENSOR_MOTOR_OUTPUTS: "a motor",
    m.MAV_SYS_STATUS_SENSOR_PROPULSION: "the propulsion",
    m.MAV_SYS_STATUS_SENSOR_BATTERY: "the battery",
    m.MAV_SYS_STATUS_AHRS: "its sense of attitude and place",
    m.MAV_SYS_STATUS_SENSOR_GPS: "the GPS",
    m.MAV_SYS_STATUS_GEOFENCE: "the fence",
    m.MAV_SYS_STATUS_SENSOR_3D_GYRO: "a gyroscope",
    m.MAV_SYS_STATUS_SENSOR_3D_GYRO2: "the second gyroscope",
    m.MAV_SYS_STATUS_SENSOR_3D_ACCEL: "an accelerometer",
    m.MAV_SYS_STATUS_SENSOR_3D_ACCEL2: "the second accelerometer",
    m.MAV_SYS_STATUS_SENSOR_3D_MAG: "the compass",
    m.MAV_SYS_STATUS_SENSOR_3D_MAG2: "the second compass",
    m.MAV_SYS_STATUS_SENSOR_ABSOLUTE_PRESSURE: "the barometer",
    m.MAV_SYS_STATUS_SENSOR_DIFFERENTIAL_PRESSURE: "the airspeed sensor",
    m.MAV_SYS_STATUS_SENSOR_OPTICAL_FLOW: "the optical flow sensor",
    m.MAV_SYS_STATUS_SENSOR_VISION_POSITION: "its sight of where it is",
    m.MAV_SYS_STATUS_SENSOR_LASER_POSITION: "the rangefinder",
    m.MAV_SYS_STATUS_OBSTACLE_AVOIDANCE: "its avoiding of obstacles",
    m.MAV_SYS_STATUS_TERRAIN: "its map of the terrain",
    m.MAV_SYS_STATUS_SENSOR_RC_RECEIVER: "the transmitter",
    m.MAV_SYS_STATUS_LOGGING: "its own log",
}
_STATES = {
    m.MAV_STATE_CRITICAL: "The drone says that it is in trouble.",
    m.MAV_STATE_EMERGENCY: "The drone says that it is an emergency.",
    m.MAV_STATE_FLIGHT_TERMINATION: "The drone has ended its flight.",
}
_CHUTE = m.MAV_SYS_STATUS_RECOVERY_SYSTEM


def troubles(status: Any, state: int, *, armed: bool) -> tuple[str, ...]:
    """At most eight sentences. `status` is SYS_STATUS or None, `state` is MAV_STATE."""
    found = [_STATES[state]] if state in _STATES else []
    if status is not None:
        bad = (
            status.onboard_control_sensors_present
            & status.onboard_control_sensors_enabled
            & ~status.onboard_control_sensors_health
        )
        found += [f"The drone reports {words} as not well." for bit, words in _SENSORS.items() if bad & bit]
        if bad & m.MAV_SYS_STATUS_PREARM_CHECK and not armed:
            found.append("The drone is not ready to be armed.")
    return tuple(found[:_MOST])


def chute(status: Any) -> bool | None:
    """Whether SYS_STATUS has the parachute as armed; None when it knows of none."""
    if status is None or not status.onboard_control_sensors_present & m.MAV_SYS_STATUS_EXTENSION_USED:
        return None
    if not status.onboard_control_sensors_present_extended & _CHUTE:
        return None
    return bool(status.onboard_control_sensors_enabled_extended & _CHUTE)
