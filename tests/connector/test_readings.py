"""What a drone is known to be by its messages, as they come and stop coming."""

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.drone_frames import Chute
from media.connector.readings import Readings


def beat(readings: Readings, state: int, now: float, armed: int = m.MAV_MODE_FLAG_SAFETY_ARMED) -> None:
    """The parachute's own heartbeat."""
    kind, none = m.MAV_TYPE_PARACHUTE, m.MAV_AUTOPILOT_INVALID
    readings.take(m.MAVLink_heartbeat_message(kind, none, armed, 0, state, 3), now, 1)


def test_a_parachute_that_was_packed_again_is_not_fired_when_the_link_breaks() -> None:
    readings = Readings()
    beat(readings, m.MAV_STATE_ACTIVE, 1.0)
    assert readings.chute(1.5) is Chute.ARMED
    readings.said("Parachute fired: out of control")
    beat(readings, m.MAV_STATE_FLIGHT_TERMINATION, 2.0)
    assert readings.chute(60.0) is Chute.FIRED  # it lies somewhere, and says nothing more
    beat(readings, m.MAV_STATE_ACTIVE, 100.0)
    assert readings.chute(100.5) is Chute.ARMED
    assert readings.chute(160.0) is not Chute.FIRED
