"""What a ground station hears and is told, with pymavlink's own encoder at the other end; and what not."""

import math
import random
from typing import Any

import pytest
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.mavlink import BadKey, Reader, Signer, Writer, read_key
from media.simulator.drone import STEP_S, Drone, Fault
from media.simulator.endpoint import MOST_PEERS, Endpoint
from media.simulator.flying import Mode
from media.simulator.telemetry import State, Video
from tests.simulator.conftest import HERE, aloft, one

GCS, OTHER = (250, 190), (251, 190)
KEY = bytes(range(32))
NAN = math.nan


class Ground:
    """A ground station: says what a test says, and keeps what it hears."""

    def __init__(
        self,
        endpoint: Endpoint,
        who: tuple[int, int] = GCS,
        signer: Signer | None = None,
        checks: Signer | None = None,
    ) -> None:
        self.endpoint, self._writer = endpoint, Writer(*who, signer)
        self.heard: list[Any] = []
        self._reader = Reader(checks)
        peer = endpoint.meet(lambda frame: self.heard.extend(self._reader.feed(frame)))
        assert peer is not None
        self.peer = peer

    def say(self, message: Any) -> None:
        self.endpoint.receive(self._writer.pack(message), self.peer)

    def frame(self, message: Any) -> bytes:
        return self._writer.pack(message)

    def of(self, kind: str) -> list[Any]:
        return [message for message in self.heard if message.get_type() == kind]

    def command(self, number: int, *params: float, to: int = 1, component: int = 1) -> int | None:
        """MAV_RESULT; None when nobody answered."""
        given = [*params, *[0.0] * (7 - len(params))]
        self.heard.clear()
        self.say(m.MAVLink_command_long_message(to, component, number, 0, *given))
        answers = [ack.result for ack in self.of("COMMAND_ACK") if ack.command == number]
        return answers[0] if answers else None

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.endpoint.drone.step()
            self.endpoint.step(STEP_S)


def ground(drone: Drone | None = None) -> Ground:
    return Ground(Endpoint(drone or one()))


def test_it_tells_what_an_autopilot_tells() -> None:
    station = ground(aloft())
    station.run(5)
    kinds = {message.get_type() for message in station.heard}
    assert kinds >= {
        "HEARTBEAT", "SYS_STATUS", "ATTITUDE", "GLOBAL_POSITION_INT", "GPS_RAW_INT", "BATTERY_STATUS",
        "EXTENDED_SYS_STATE", "HOME_POSITION", "GIMBAL_DEVICE_ATTITUDE_STATUS", "GIMBAL_MANAGER_STATUS",
        "CAMERA_FOV_STATUS", "OPEN_DRONE_ID_BASIC_ID", "OPEN_DRONE_ID_LOCATION", "OPEN_DRONE_ID_SYSTEM",
    }  # fmt: skip
    assert len(station.of("GLOBAL_POSITION_INT")) >= 40
    assert {beat.get_srcComponent() for beat in station.of("HEARTBEAT")} == {1, 100, 154, 161}
    where = station.of("GLOBAL_POSITION_INT")[-1]
    assert where.lat / 1e7 == pytest.approx(HERE.latitude, abs=1e-5)
    assert where.relative_alt / 1000 == pytest.approx(40, abs=1)


@pytest.mark.parametrize(
    ("command", "params", "result"),
    [
        (m.MAV_CMD_NAV_TAKEOFF, (), m.MAV_RESULT_TEMPORARILY_REJECTED),  # it is not armed
        (m.MAV_CMD_COMPONENT_ARM_DISARM, (NAN,), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_COMPONENT_ARM_DISARM, (7,), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_COMPONENT_ARM_DISARM, (math.inf,), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_REPOSITION, (NAN, NAN, NAN, NAN, 200.0, 25.0, 50.0), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_REPOSITION, (NAN, NAN, NAN, NAN, NAN, 25.0, 50.0), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_REPOSITION, (NAN, NAN, NAN, NAN, 0.0, 0.0, 50.0), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_SET_MODE, (1, 77, 0), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, (math.inf, 0), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_SET_CAMERA_ZOOM, (9, 1), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_SET_CAMERA_ZOOM, (2, NAN), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_DO_PARACHUTE, (9,), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_INJECT_FAILURE, (m.FAILURE_UNIT_SENSOR_BARO, 1), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_INJECT_FAILURE, (NAN, NAN), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_REQUEST_MESSAGE, (NAN,), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_SET_MESSAGE_INTERVAL, (30, NAN), m.MAV_RESULT_DENIED),
        (m.MAV_CMD_REQUEST_MESSAGE, (9999,), m.MAV_RESULT_UNSUPPORTED),
        (m.MAV_CMD_DO_JUMP, (), m.MAV_RESULT_UNSUPPORTED),
        (54321, (), m.MAV_RESULT_UNSUPPORTED),
    ],
)
def test_a_command_that_cannot_be_is_answered(command: int, params: tuple[float, ...], result: int) -> None:
    station = ground()
    assert station.command(command, *params) == result
    assert not station.endpoint.drone.autopilot.armed


def test_a_camera_says_where_its_pictures_are() -> None:
    videos = (
        Video("Colour", "rtsp://127.0.0.1:554/1/colour", 960, 540, 15, 1_500_000),
        Video("Thermal", "rtsp://127.0.0.1:554/1/thermal", 640, 512, 15, 750_000, True, (-5, 40)),
    )
    station = Ground(Endpoint(one(), state=State(videos)))
    ask, zoom = m.MAV_CMD_REQUEST_MESSAGE, m.MAV_CMD_SET_CAMERA_ZOOM
    assert station.command(ask, m.MAVLINK_MSG_ID_VIDEO_STREAM_INFORMATION, 0, component=100) == 0
    told = station.of("VIDEO_STREAM_INFORMATION")
    assert [each.uri for each in told] == [video.url for video in videos]
    assert [each.flags & m.VIDEO_STREAM_STATUS_FLAGS_THERMAL for each in told] == [0, 2]
    wide = told[0].hfov
    assert station.command(zoom, m.ZOOM_TYPE_RANGE, 100, component=100) == m.MAV_RESULT_ACCEPTED
    station.run(5)
    station.command(ask, m.MAVLINK_MSG_ID_VIDEO_STREAM_STATUS, 1, component=100)
    (status,) = station.of("VIDEO_STREAM_STATUS")
    assert status.hfov < wide / 10
    station.command(ask, m.MAVLINK_MSG_ID_CAMERA_THERMAL_RANGE, component=100)
    assert (station.of("CAMERA_THERMAL_RANGE")[0].min, station.of("CAMERA_THERMAL_RANGE")[0].max) == (-5, 40)


def test_what_is_for_others_is_not_heard() -> None:
    station = ground()
    arm = m.MAV_CMD_COMPONENT_ARM_DISARM
    assert station.command(arm, 1, to=2) is None
    assert station.command(arm, 1, component=77) is None
    assert Ground(station.endpoint, who=(1, 1)).command(arm, 1) is None  # its own number
    assert not station.endpoint.drone.autopilot.armed
    assert station.command(arm, 1) == m.MAV_RESULT_ACCEPTED


def test_a_parameter_is_set_within_its_range_only() -> None:
    station = ground()
    station.say(m.MAVLink_param_request_list_message(1, 1))
    told = station.of("PARAM_VALUE")
    assert len(told) == told[0].param_count
    for value, taken in ((60.0, 60.0), (NAN, 60.0), (9999.0, 60.0)):
        station.heard.clear()
        station.say(m.MAVLink_param_set_message(1, 1, b"GF_MAX_VER_DIST", value, m.MAV_PARAM_TYPE_REAL32))
        assert station.of("PARAM_VALUE")[0].param_value == taken
    station.heard.clear()
    station.say(m.MAVLink_param_set_message(1, 1, b"NO_SUCH", 1.0, m.MAV_PARAM_TYPE_REAL32))
    assert not station.of("PARAM_VALUE")


def item(
    number: int, north: float, *, x: int | None = None, kind: int = 0, cmd: int = 16, p1: float = 0
) -> Any:
    latitude = round((HERE.latitude + north) * 1e7) if x is None else x
    longitude = round(HERE.longitude * 1e7)
    return m.MAVLink_mission_item_int_message(
        1, 1, number, 6, cmd, 0, 1, p1, 0, 0, NAN, latitude, longitude, 40, kind
    )


def test_an_upload_survives_what_is_lost_and_ends_when_nothing_comes() -> None:
    station = ground()
    station.say(m.MAVLink_mission_count_message(1, 1, 2, 0))
    station.say(item(1, 0.001))  # too early
    station.run(1)  # asked for again
    station.say(item(0, 0.001))
    station.say(item(0, 0.001))  # twice
    station.say(item(1, 0.002))
    assert [ack.type for ack in station.of("MISSION_ACK")] == [m.MAV_MISSION_ACCEPTED]
    assert len(station.of("MISSION_REQUEST_INT")) >= 3
    station.heard.clear()
    station.say(m.MAVLink_mission_count_message(1, 1, 2, 0))
    station.run(8)
    assert [ack.type for ack in station.of("MISSION_ACK")] == [m.MAV_MISSION_OPERATION_CANCELLED]
    assert len(station.of("MISSION_REQUEST_INT")) < 12
    assert len(station.endpoint.drone.autopilot.items) == 2  # the old one is kept


@pytest.mark.parametrize(
    ("message", "result"),
    [
        (item(0, 0, x=2_000_000_000), m.MAV_MISSION_INVALID),
        (item(0, 9), m.MAV_MISSION_INVALID),  # a thousand kilometres away
        (item(0, 0, cmd=m.MAV_CMD_DO_JUMP), m.MAV_MISSION_UNSUPPORTED),
        (item(0, 0, kind=1, cmd=m.MAV_CMD_NAV_FENCE_POLYGON_VERTEX_INCLUSION, p1=3), m.MAV_MISSION_INVALID),
        (item(0, 0, kind=1, cmd=m.MAV_CMD_NAV_FENCE_CIRCLE_INCLUSION, p1=NAN), m.MAV_MISSION_INVALID),
        (item(0, 0.01, kind=1, cmd=m.MAV_CMD_NAV_FENCE_CIRCLE_INCLUSION, p1=50), m.MAV_MISSION_DENIED),
    ],
)
def test_a_mission_or_fence_that_cannot_be_is_refused(message: Any, result: int) -> None:
    station = ground()
    station.say(m.MAVLink_mission_count_message(1, 1, 1, message.mission_type))
    station.say(message)
    assert [ack.type for ack in station.of("MISSION_ACK")] == [result]


def test_too_many_items_and_rally_points_are_refused_at_once() -> None:
    station = ground()
    station.say(m.MAVLink_mission_count_message(1, 1, 60_000, 0))
    station.say(m.MAVLink_mission_count_message(1, 1, 1, m.MAV_MISSION_TYPE_RALLY))
    assert [ack.type for ack in station.of("MISSION_ACK")] == [
        m.MAV_MISSION_NO_SPACE,
        m.MAV_MISSION_UNSUPPORTED,
    ]


def test_one_operator_steers_the_gimbal_until_another_takes_it() -> None:
    station = ground()
    other = Ground(station.endpoint, OTHER)
    point, configure = m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW, m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE
    assert station.command(configure, *GCS, -1, -1) == m.MAV_RESULT_ACCEPTED
    assert station.command(point, -45, 0, NAN, NAN) == m.MAV_RESULT_ACCEPTED
    assert other.command(point, 10, 0, NAN, NAN) == m.MAV_RESULT_TEMPORARILY_REJECTED
    other.say(m.MAVLink_gimbal_manager_set_pitchyaw_message(1, 1, 0, 154, 0.3, 0, NAN, NAN))
    station.run(2)
    assert station.endpoint.drone.gimbal.pitch_deg == pytest.approx(-45)
    assert other.command(configure, *OTHER, -1, -1) == m.MAV_RESULT_TEMPORARILY_REJECTED
    assert other.command(configure, -2, 0, -1, -1) == m.MAV_RESULT_ACCEPTED
    assert other.command(point, 10, 0, NAN, NAN) == m.MAV_RESULT_ACCEPTED
    assert station.command(point, -45, 0, NAN, NAN) == m.MAV_RESULT_TEMPORARILY_REJECTED


def test_setpoints_with_numbers_that_cannot_be_are_dropped() -> None:
    station = ground(aloft())
    pilot = station.endpoint.drone.autopilot
    offboard = (1, Mode.OFFBOARD.value[0], 0)

    def velocity(north: float) -> Any:
        mask = 0b110111000111
        return m.MAVLink_set_position_target_global_int_message(
            0, 1, 1, 6, mask, 0, 0, 0, north, 0, 0, 0, 0, 0, 0, 0
        )

    for bad in (NAN, math.inf, 4000.0):
        station.say(velocity(bad))
        assert station.command(m.MAV_CMD_DO_SET_MODE, *offboard) == m.MAV_RESULT_TEMPORARILY_REJECTED
    station.say(velocity(5))
    assert station.command(m.MAV_CMD_DO_SET_MODE, *offboard) == m.MAV_RESULT_ACCEPTED
    for _ in range(8):
        station.say(velocity(5))
        station.run(0.4)
    assert station.endpoint.drone.body.velocity[1] == pytest.approx(5, abs=0.5)
    station.run(2)  # they stop
    assert pilot.mode is Mode.HOLD


def test_a_lost_link_is_deaf_and_mute_and_the_drone_comes_home() -> None:
    station = ground(aloft())
    beat = m.MAVLink_heartbeat_message(m.MAV_TYPE_GCS, m.MAV_AUTOPILOT_INVALID, 0, 0, 4, 3)
    station.say(beat)
    failure = m.FAILURE_UNIT_SYSTEM_MAVLINK_SIGNAL, m.FAILURE_TYPE_OFF
    station.command(m.MAV_CMD_INJECT_FAILURE, *failure)
    station.heard.clear()
    station.run(12)
    assert not station.heard
    assert station.command(m.MAV_CMD_NAV_LAND) is None
    assert station.endpoint.drone.autopilot.mode is Mode.RETURN
    station.endpoint.drone.mend(Fault.LINK)
    assert station.command(m.MAV_CMD_DO_SET_MODE, 1, *Mode.HOLD.value) == m.MAV_RESULT_ACCEPTED


def test_a_flood_is_dropped_unread_and_noise_hurts_nothing() -> None:
    station = ground()
    noise = random.Random(1)
    beat = station.frame(m.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
    for _ in range(300):
        hurt = bytearray(beat * 3)
        for _ in range(noise.randrange(1, 6)):
            hurt[noise.randrange(len(hurt))] = noise.randrange(256)
        station.endpoint.receive(bytes(hurt[noise.randrange(4) :]), station.peer)
        station.run(STEP_S)
    for _ in range(4000):
        station.endpoint.receive(noise.randbytes(200), station.peer)
    assert station.peer.dropped > 3000
    other = Ground(station.endpoint, OTHER)
    assert other.command(m.MAV_CMD_COMPONENT_ARM_DISARM, 1) == m.MAV_RESULT_ACCEPTED
    station.run(5)
    assert station.command(m.MAV_CMD_COMPONENT_ARM_DISARM, 0) == m.MAV_RESULT_ACCEPTED


def test_strangers_do_not_take_the_place_of_ground_stations() -> None:
    endpoint = Endpoint(one())
    said: list[bytes] = []
    assert endpoint.listen(b"hello", said.append) is None
    stations = [Ground(endpoint, (200 + n, 190)) for n in range(MOST_PEERS)]
    arm = stations[0].frame(m.MAVLink_command_long_message(1, 1, 520, 0, 1, 0, 0, 0, 0, 0, 0))
    assert endpoint.listen(arm, said.append) is None
    stations[0].run(11)  # now they are silent
    assert endpoint.listen(arm, said.append) is not None
    assert len(endpoint.peers) == MOST_PEERS


def test_with_a_key_only_what_is_signed_with_it_is_heard() -> None:
    """Unsigned, signed by another key, replayed, too old, and forged from the future: none of them."""
    now = [1_800_000_000.0]

    def clock() -> float:
        return now[0]

    endpoint = Endpoint(one(), Signer(KEY, clock))
    arm = m.MAVLink_command_long_message(1, 1, m.MAV_CMD_COMPONENT_ARM_DISARM, 0, 1, 0, 0, 0, 0, 0, 0)
    refused = [
        Ground(endpoint),
        Ground(endpoint, signer=Signer(bytes(32), clock)),
        Ground(endpoint, signer=Signer(KEY, lambda: now[0] - 90)),
        Ground(endpoint, signer=Signer(bytes(32), lambda: now[0] + 1e6)),
    ]
    for station in refused:
        station.say(arm)
        assert not endpoint.drone.autopilot.armed
        assert station.peer.reader.refused == 1
    true = Ground(endpoint, signer=Signer(KEY, clock), checks=Signer(KEY, clock))
    frame = true.frame(arm)
    endpoint.receive(frame, true.peer)
    assert true.of("COMMAND_ACK")  # signed, else it would not hear it
    endpoint.drone.autopilot.disarm()
    heard = len(true.of("COMMAND_ACK"))
    for peer in endpoint.peers:  # the same again, from wherever it comes
        endpoint.receive(frame, peer)
    assert len(true.of("COMMAND_ACK")) == heard
    assert not endpoint.drone.autopilot.armed
    now[0] += 1
    true.say(arm)
    assert len(true.of("COMMAND_ACK")) == heard + 1


def test_pymavlink_itself_takes_our_signatures() -> None:
    theirs = m.MAVLink(None, 9, 1)
    theirs.signing.secret_key = KEY
    ours = Writer(1, 1, Signer(KEY))
    (message,) = theirs.parse_buffer(ours.pack(m.MAVLink_heartbeat_message(2, 12, 0, 0, 3, 3)))
    assert message.get_type() == "HEARTBEAT"
    assert message.get_signed()
    theirs.signing.sign_outgoing, theirs.signing.timestamp = True, Signer(KEY)._now()
    frame = m.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3).pack(theirs)
    reader = Reader(Signer(KEY))
    assert [message.get_type() for message in reader.feed(bytes(frame))] == ["HEARTBEAT"]
    assert reader.feed(bytes(frame)) == []


def test_a_key_is_64_digits_and_is_never_shown(tmp_path: Any) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.hex() + "\n")
    assert read_key(file) == KEY
    file.write_text("secret")
    with pytest.raises(BadKey, match="64 hexadecimal digits"):
        read_key(file)
    assert KEY.hex() not in repr(Signer(KEY))
