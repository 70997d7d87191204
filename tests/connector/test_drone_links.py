"""Links that lie, fall silent or never answer: a puppet at the drone's end says what a test has it say."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.drone_frames import Chute, Fly, Gimbal, Hold, Landed, Parachute, Place, Result
from media.connector.folder import Drone
from media.mavlink import Reader, Signer, Writer
from tests.connector.flown import Dock, dock
from tests.peers import until

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NAN, NONE32 = float("nan"), 0x7FFFFFFF


class Puppet(asyncio.DatagramProtocol):
    """A drone's end of a UDP link. `heard` holds what the connector said to it; `answer` may answer."""

    def __init__(self, signer: Signer | None = None) -> None:
        self.heard: list[Any] = []
        self.answer: Callable[[Any], None] = lambda _: None
        self._reader, self._writer = Reader(signer), Writer(7, 1, signer)
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: Any = None
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._peer = addr
        for message in self._reader.feed(data):
            self.heard.append(message)
            self.answer(message)

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, self._peer)

    def say(self, message: Any, writer: Writer | None = None) -> bytes:
        frame = (writer or self._writer).pack(message)
        self.send(frame)
        return frame

    def beat(self, writer: Writer | None = None, mode: int = 4 << 16 | 3 << 24) -> bytes:
        base = m.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | m.MAV_MODE_FLAG_SAFETY_ARMED
        return self.say(m.MAVLink_heartbeat_message(2, m.MAV_AUTOPILOT_PX4, base, mode, 4, 3), writer)

    def commands(self, number: int) -> list[Any]:
        return [each for each in self.heard if each.get_type() == "COMMAND_LONG" and each.command == number]

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


@asynccontextmanager
async def puppet(key: bytes | None = None) -> AsyncIterator[tuple[Puppet, Dock]]:
    """Heard already, and its rates asked for without an answer."""
    loop = asyncio.get_running_loop()
    make = lambda: Puppet(Signer(key) if key else None)  # noqa: E731
    _, drone = await loop.create_datagram_endpoint(make, local_addr=("127.0.0.1", 0))
    docked = Drone(name="d", label="D", address=f"udp://127.0.0.1:{drone.port}", key=key.hex() if key else "")
    try:
        async with dock([docked]) as here:
            await until(lambda: drone.heard, "a heartbeat of the connector", 10)
            drone.beat()
            await here.sees("d", lambda s: s.mode == "hold", "it is heard")
            yield drone, here
    finally:
        drone.close()


async def test_what_is_unknown_or_no_number_is_null() -> None:
    async with puppet() as (drone, here):
        drone.say(
            m.MAVLink_global_position_int_message(5000, 0, 0, NONE32, NONE32, 32767, 32767, 32767, 65535)
        )
        drone.say(m.MAVLink_sys_status_message(0, 0, 0, 0, 65535, -1, -1, 0, 0, 0, 0, 0, 0))
        drone.say(m.MAVLink_battery_status_message(0, 0, 0, NONE32 >> 16, [65535] * 10, -1, -1, -1, -1))
        drone.say(m.MAVLink_gps_raw_int_message(0, 0, 0, 0, 0, 65535, 65535, 65535, 65535, 255))
        drone.say(m.MAVLink_attitude_message(5100, NAN, NAN, NAN, NAN, NAN, NAN))
        drone.say(
            m.MAVLink_gimbal_device_attitude_status_message(0, 0, 0, 64, [NAN] * 4, NAN, NAN, NAN, 0, NAN)
        )
        drone.say(m.MAVLink_camera_fov_status_message(0, *[NONE32] * 6, [NAN] * 4, NAN, NAN))
        drone.say(m.MAVLink_extended_sys_state_message(0, 200))
        state = await here.sees("d", lambda s: s.clock_s == 5.1 and s.aim is not None, "all of it was heard")
        numbers = (
            state.latitude, state.longitude, state.height_m, state.heading_deg, state.course_deg,
            state.ground_mps, state.climb_mps, state.charge, state.volts, state.amperes, state.satellites,
        )  # fmt: skip
        assert numbers == (None,) * 11
        assert state.aim is not None
        assert (state.aim.pitch_deg, state.aim.yaw_deg, state.aim.across_deg, state.aim.zoom) == (None,) * 4
        assert state.landed is Landed.UNKNOWN
        assert state.chute is Chute.NONE
        refused = await here.do("d", Fly(points=(Place(1, 1),), height_m=30, speed_mps=5))
        assert (refused.result, refused.words) == (Result.REJECTED, "It does not know where it is.")

        # The same messages, with numbers: a gimbal whose yaw is from the nose, one battery of two lower.
        drone.say(
            m.MAVLink_global_position_int_message(6000, 601700000, 249400000, 0, 42500, 300, -400, 100, 9000)
        )
        for number, left in ((0, 80), (1, 60)):
            cells = [4000] * 6 + [65535] * 4
            drone.say(m.MAVLink_battery_status_message(number, 0, 0, 0, cells, 1500, 0, 0, left))
        half = 0.7071068
        drone.say(
            m.MAVLink_gimbal_device_attitude_status_message(0, 0, 0, 32, [half, 0, -half, 0], 0, 0, 0, 0)
        )
        state = await here.sees("d", lambda s: s.clock_s == 6.0 and s.aim.pitch_deg is not None, "all of it")
        assert (state.latitude, state.longitude, state.height_m) == (60.17, 24.94, 42.5)
        assert (state.ground_mps, state.climb_mps, state.heading_deg) == (5.0, -1.0, 90.0)
        assert state.course_deg == pytest.approx(306.87, abs=0.01)
        assert (state.charge, state.volts, state.amperes) == (0.6, 24.0, 30.0)
        assert state.aim is not None
        assert state.aim.pitch_deg == pytest.approx(-90, abs=0.1)
        assert state.aim.yaw_deg == pytest.approx(90, abs=0.1)


async def test_only_the_drone_with_the_key_is_heard() -> None:
    async with puppet(KEY) as (drone, here):
        old = drone.beat()
        drone.beat(mode=4 << 16 | 5 << 24)
        await here.sees("d", lambda s: s.mode == "return", "its last word")
        land = 4 << 16 | 6 << 24
        drone.send(old)  # replayed
        drone.beat(Writer(7, 1, None), land)  # unsigned
        drone.beat(Writer(7, 1, Signer(OTHER)), land)  # by another key
        drone.beat(Writer(9, 1, Signer(KEY)), land)  # another system that has the key
        dice = random.Random(1)
        for size in (1, 10, 50, 300, 2000):
            drone.send(dice.randbytes(size))
            drone.send(b"\xfd" + dice.randbytes(size))
        half = drone._writer.pack(m.MAVLink_statustext_message(6, b"half of this"))
        drone.send(half[:20])
        drone.say(m.MAVLink_statustext_message(4, b"Still here"))
        await until(lambda: here.said("d") == ["Still here"], "it is heard after all that", 10)
        state = here.state("d")
        assert state is not None
        assert state.mode == "return"
        (autopilot, _) = here.drones._flying["d"]
        assert autopilot.counts["not signed, or replayed"] >= 3
        assert autopilot.counts["of other systems"] == 1


async def test_texts_come_joined_and_a_flood_of_them_is_held_back() -> None:
    async with puppet() as (drone, here):
        words = b"Preflight Fail: the compass does not agree with the other one by 42 degrees"
        for number, at in enumerate(range(0, len(words), 50)):
            drone.say(m.MAVLink_statustext_message(3, words[at : at + 50], 5, number))
        drone.say(m.MAVLink_statustext_message(5, b"x" * 50, 6, 0))  # whose rest never comes
        drone.say(m.MAVLink_statustext_message(5, b"tab\x07\xffbell"))
        await until(lambda: len(here.said("d")) == 3, "three texts", 10)
        assert here.said("d")[0] == words.decode()
        assert here.said("d")[2] == "x" * 50
        for number in range(200):
            drone.say(m.MAVLink_statustext_message(6, b"%d" % number))
        drone.beat(mode=4 << 16 | 6 << 24)
        await here.sees("d", lambda s: s.mode == "land", "it is heard behind the flood")
        assert len(here.said("d")) < 30


async def test_a_drone_that_does_not_answer() -> None:
    async with puppet() as (drone, here):
        parachute, hold = here.order("d", Parachute(fire=False)), here.order("d", Hold())
        older, newer = hold, here.order("d", Hold())
        answer = await here.answer(older)
        assert (answer.result, answer.words) == (Result.CANCELLED, "A newer order took its place.")
        answer = await here.answer(parachute)
        assert (answer.result, answer.sends) == (Result.NO_ANSWER, 5)
        assert [each.confirmation for each in drone.commands(m.MAV_CMD_DO_PARACHUTE)] == [0, 1, 2, 3, 4]
        assert (await here.answer(newer)).result is Result.NO_ANSWER
        beats = [each for each in drone.heard if each.get_type() == "HEARTBEAT"]
        assert len(beats) >= 4
        state = await here.sees("d", lambda s: not s.link, "it has been silent for long")
        assert state.age_ms == 60_000  # it never gave a position or a time
        assert here.report("d").trouble == "Nothing is heard of it."


async def test_a_no_with_words_and_a_yes_that_takes_long() -> None:
    async with puppet() as (drone, here):

        def answer(message: Any) -> None:
            if message.get_type() == "COMMAND_LONG" and message.command == m.MAV_CMD_DO_PARACHUTE:
                drone.say(m.MAVLink_command_ack_message(message.command, m.MAV_RESULT_DENIED, 0, 0, 12, 34))
                drone.say(
                    m.MAVLink_command_ack_message(
                        message.command,
                        m.MAV_RESULT_TEMPORARILY_REJECTED,
                        0,
                        0,
                        255,
                        message.get_srcComponent(),
                    )
                )
                drone.say(m.MAVLink_statustext_message(4, b"Too low for the parachute"))
            if (
                message.get_type() == "COMMAND_LONG"
                and message.command == m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE
            ):
                loop = asyncio.get_running_loop()
                late = m.MAVLink_command_ack_message(message.command, 0, 0, 0, 255, 25)
                slow = m.MAVLink_command_ack_message(
                    message.command, m.MAV_RESULT_IN_PROGRESS, 50, 0, 255, 25
                )
                drone.say(slow)
                loop.call_later(1.5, drone.say, late)
            if (
                message.get_type() == "COMMAND_LONG"
                and message.command == m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW
            ):
                drone.say(m.MAVLink_command_ack_message(message.command, 0))

        drone.answer = answer
        no = await here.do("d", Parachute(fire=True))
        assert (no.result, no.words, no.sends) == (Result.REJECTED, "Too low for the parachute", 1)
        yes = await here.do("d", Gimbal(pitch_deg=-30, yaw_deg=270))
        assert (yes.result, yes.sends) == (Result.ACCEPTED, 1)
        assert yes.took_ms >= 1500
        (asked,) = drone.commands(m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW)
        assert (asked.param1, asked.param2, asked.param5) == (-30, -90, 4 + 8 + 16 + 64)


async def test_the_ways_of_ardupilot_over_a_link_that_loses() -> None:
    """What the puppet is asked in turn; it misses the count and one item, as a radio does."""
    async with puppet() as (drone, here):
        order: list[Any] = []
        items: dict[int, Any] = {}
        missed = {"count", 2}

        def wants(number: int) -> None:
            drone.say(m.MAVLink_mission_request_message(255, 25, number, 0))

        def answer(message: Any) -> None:
            match message.get_type():
                case "COMMAND_LONG":
                    if message.command not in (m.MAV_CMD_SET_MESSAGE_INTERVAL, m.MAV_CMD_REQUEST_MESSAGE):
                        order.append((message.command, message.param1, message.param2))
                    drone.say(m.MAVLink_command_ack_message(message.command, 0, 0, 0, 255, 25))
                case "MISSION_COUNT" if "count" in missed:
                    missed.remove("count")
                case "MISSION_COUNT":
                    order.append(message.count)
                    wants(0)
                case "MISSION_ITEM_INT" if message.seq in missed:
                    missed.remove(message.seq)
                    wants(message.seq)
                case "MISSION_ITEM_INT":
                    items[message.seq] = message
                    if len(items) == order[-1]:
                        drone.say(m.MAVLink_mission_ack_message(255, 25, 0, 0))
                    else:
                        wants(len(items))

        drone.answer = answer
        base = m.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
        drone.say(m.MAVLink_heartbeat_message(2, m.MAV_AUTOPILOT_ARDUPILOTMEGA, base, 5, 3, 3))
        drone.say(m.MAVLink_global_position_int_message(6000, 601700000, 249400000, 0, 0, 0, 0, 0, 9000))
        drone.say(m.MAVLink_extended_sys_state_message(0, 1))
        await here.sees("d", lambda s: s.latitude and s.landed is Landed.GROUND and not s.armed, "it stands")
        done = await here.do("d", Fly(points=(Place(60.171, 24.94),), height_m=30, speed_mps=5))
        assert (done.result, done.sends) == (Result.ACCEPTED, 3)
        assert order == [
            4,
            (m.MAV_CMD_DO_SET_MODE, 1, 4),  # GUIDED: it is armed in no automatic mode
            (m.MAV_CMD_COMPONENT_ARM_DISARM, 1, 0),
            (m.MAV_CMD_DO_SET_MISSION_CURRENT, 0, 1),
            (m.MAV_CMD_MISSION_START, 0, 0),
        ]
        assert [items[n].command for n in range(4)] == [16, 22, 178, 16]  # its first item is home


async def test_a_serial_line_and_one_that_is_unplugged() -> None:
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    drone = Writer(3, 1, None)
    beat = m.MAVLink_heartbeat_message(2, m.MAV_AUTOPILOT_ARDUPILOTMEGA, 1, 5, 4, 3)
    docked = Drone(name="s", label="S", address=f"serial:{os.ttyname(theirs)}:57600")
    async with dock([docked]) as here:
        await until(lambda: _read(ours), "a heartbeat over the line", 10)
        frame = drone.pack(beat)
        os.write(ours, b"\xfd\xff" + frame[:9])
        os.write(ours, frame[9:] + drone.pack(beat))
        state = await here.sees("s", lambda s: s.mode == "hold", "the drone is heard over it")
        assert not state.armed
        assert here.report("s").autopilot == "ArduPilot"
        os.close(ours)
        os.close(theirs)
        await until(lambda: (here.report("s").trouble or "").startswith("Its link"), "it is unplugged", 20)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 4096)
    except BlockingIOError:
        return b""
