"""An autopilot that is not ours: MAVSDK's server plugins, its own C++ engine, flown by a dock's connector.

MAVSDK calls itself a generic autopilot, so the modes of PX4 and ArduPilot are not shown here. It acknowledges
arming and takes missions, fences and parameters by itself; other commands come to this test, which answers.
"""

import asyncio
import importlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from media.connector.drone_frames import (
    Fence,
    Fly,
    Gimbal,
    Hold,
    Land,
    Landed,
    LookAt,
    Parachute,
    Place,
    Result,
    Return,
    Steer,
    Zoom,
)
from media.connector.folder import Drone
from media.recordings import read
from media.simulator.network import Network
from media.simulator.replay import Replay
from tests.connector.flown import dock
from tests.peers import until

mavsdk: Any = pytest.importorskip("mavsdk")
HERE = Place(60.17, 24.94)
PAUSE, RETURN, LAND, START, POINT, CONTROL, LOOK, CHUTE, ZOOM = 193, 20, 21, 300, 1000, 1001, 195, 208, 531
ACCEPTED, REJECTED, IN_PROGRESS = 0, 1, 5


class Server:
    """A drone as MAVSDK has it. `commands` came in, `missions` and `armed` as its plugins say."""

    def __init__(self) -> None:
        self._plugins = {
            name: importlib.import_module(f"mavsdk.plugins.{name}.{name}")
            for name in (
                "action_server", "telemetry_server", "mission_raw_server", "param_server",
                "mavlink_direct_server",
            )
        }  # fmt: skip
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        autopilot = mavsdk.ComponentType.AUTOPILOT
        self.engine = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(autopilot))
        self.engine.add_any_connection(f"udpin://127.0.0.1:{self.port}")
        component = self.engine.server_component()
        self.action = self._plugins["action_server"].ActionServer(component)
        self.telemetry = self._plugins["telemetry_server"].TelemetryServer(component)
        self.mission = self._plugins["mission_raw_server"].MissionRawServer(component)
        self.parameters = self._plugins["param_server"].ParamServer(component)
        self.direct = self._plugins["mavlink_direct_server"].MavlinkDirectServer(component)
        self.parameters.provide_param_float("GF_MAX_VER_DIST", 120.0)
        self.action.set_armable(True, True)
        self.action.set_disarmable(True, True)
        self.armed: list[bool] = []
        self.missions: list[list[Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.answers: dict[int, list[int]] = {}  # in turn; else it is accepted
        self.action.subscribe_arm_disarm(lambda _, told, __: self.armed.append(told.arm))
        self.mission.subscribe_incoming_mission(
            lambda _, told, __: self.missions.append(list(told.mission_items))
        )
        for number in (PAUSE, RETURN, LAND, START, POINT, CONTROL, LOOK, CHUTE, ZOOM):
            self.direct.subscribe_command(number, self._command)
        self.flies = False
        self._over = threading.Event()
        self._telling = threading.Thread(target=self._tell)
        self._telling.start()

    def _tell(self) -> None:
        t = self._plugins["telemetry_server"]
        while not self._over.wait(0.1):
            place = t.Position(HERE.latitude, HERE.longitude, 30.0, 5.0)
            self.telemetry.publish_position(place, t.VelocityNed(3.0, 4.0, -0.5), t.Heading(90.0))
            self.telemetry.publish_battery(t.Battery(22.2, 0.77))
            landed = t.LandedState.IN_AIR if self.flies else t.LandedState.ON_GROUND
            self.telemetry.publish_extended_sys_state(t.VtolState.MC, landed)

    def _command(self, message: Any, _: object) -> None:
        fields = json.loads(message.fields_json)
        self.commands.append(fields)
        sender = message.system_id, message.component_id
        results = self.answers.get(fields["command"], [ACCEPTED])
        threading.Thread(target=self._answer, args=(fields["command"], sender, results)).start()

    def _answer(self, command: int, to: tuple[int, int], results: list[int]) -> None:
        direct = self._plugins["mavlink_direct_server"]
        for n, result in enumerate(results):
            fields = {
                "command": command, "result": result, "progress": 255, "result_param2": 0,
                "target_system": to[0], "target_component": to[1],
            }  # fmt: skip
            ack = direct.MavlinkMessage("COMMAND_ACK", 1, 1, *to, json.dumps(fields))
            self.direct.send_message(ack)
            if n < len(results) - 1:
                time.sleep(0.7)

    def last(self, number: int) -> dict[str, Any]:
        return next(each for each in reversed(self.commands) if each["command"] == number)

    def close(self) -> None:
        self._over.set()
        self._telling.join()
        self.engine.destroy()


@pytest.fixture
def server() -> Iterator[Callable[[], Server]]:
    made: list[Server] = []

    def start() -> Server:
        made.append(Server())
        return made[-1]

    yield start
    for each in made:
        each.close()


async def test_an_autopilot_of_mavsdk_is_flown(server: Callable[[], Server]) -> None:
    drone = await asyncio.to_thread(server)
    async with dock([Drone(name="d", label="D", address=f"udp://127.0.0.1:{drone.port}")]) as here:
        state = await here.sees(
            "d", lambda s: s.latitude and s.charge and s.landed is Landed.GROUND, "it is heard"
        )
        assert (state.latitude, state.longitude, state.height_m) == (60.17, 24.94, 5.0)
        assert (state.ground_mps, state.climb_mps, state.heading_deg) == (5.0, 0.5, 90.0)
        assert state.charge == pytest.approx(0.77, abs=0.011)
        assert state.volts == pytest.approx(22.2, abs=0.1)
        assert (here.report("d").system, here.report("d").autopilot[:7]) == (1, "MAVLink")

        ring = tuple(Place(60.17 + a, 24.94 + b) for a, b in ((-0.01, -0.01), (-0.01, 0.01), (0.01, 0.0)))
        tower = tuple(
            Place(60.175 + a, 24.94 + b) for a, b in ((0, 0), (0.001, 0), (0.001, 0.001), (0, 0.001))
        )
        answer = await here.do("d", Fence(keep_in=ring, keep_out=(tower,), ceiling_m=90))
        assert answer.result is Result.ACCEPTED, answer
        assert [(i.command, i.param1, i.mission_type) for i in drone.missions[-1]] == (
            [(5001, 3, 1)] * 3 + [(5002, 4, 1)] * 4
        )
        assert drone.parameters.retrieve_param_float("GF_MAX_VER_DIST") == 90

        points = tuple(Place(60.17 + n / 1000, 24.94) for n in range(1, 151))
        answer = await here.do("d", Fly(points=points, height_m=40, speed_mps=12))
        assert answer.result is Result.ACCEPTED, answer
        flown = drone.missions[-1]
        assert [i.command for i in flown] == [22, 178, *[16] * 150]
        assert (flown[0].z, flown[1].param2, flown[-1].x, flown[-1].frame) == (40, 12, 603200000, 3)
        assert drone.armed == [True]
        await here.sees("d", lambda s: s.armed, "it says that it is armed")

        drone.answers[START] = [REJECTED]
        answer = await here.do("d", Fly(points=points[:1], height_m=40, speed_mps=12))
        assert answer.result is Result.REJECTED
        await until(lambda: drone.armed[-1] is False, "it does not stand there armed", 10)

        for do, number in ((Hold(), PAUSE), (Return(), RETURN), (Land(), LAND), (Zoom(times=20), ZOOM)):
            answer = await here.do("d", do)
            if number != ZOOM:  # for its camera, which it does not have
                assert answer.result is Result.ACCEPTED, (do, answer)
                assert drone.last(number)["target_system"] == 1
        assert (await here.do("d", Gimbal(pitch_deg=-30, yaw_deg=20))).result is Result.ACCEPTED
        assert (drone.last(CONTROL)["param1"], drone.last(CONTROL)["param2"]) == (255, 25)
        assert [drone.last(POINT)[f"param{n}"] for n in (1, 2, 3, 4, 5)] == [-30, 20, None, None, 92]
        assert (await here.do("d", LookAt(place=HERE, height_m=2))).result is Result.ACCEPTED
        look = drone.last(LOOK)
        assert (look["x"], look["y"], look["z"], look["frame"]) == (601700000, 249400000, 2, 3)
        drone.answers[CHUTE] = [IN_PROGRESS, IN_PROGRESS, ACCEPTED]
        answer = await here.do("d", Parachute(fire=True))
        assert (answer.result, answer.sends) == (Result.ACCEPTED, 1)
        assert answer.took_ms > 1300
        assert (await here.do("d", Steer(forward_mps=1))).result is Result.REJECTED  # on the ground


async def test_its_flight_is_recorded_and_replayed(server: Callable[[], Server], tmp_path: Path) -> None:
    drone = await asyncio.to_thread(server)
    own = Drone(name="d", label="D", address=f"udp://127.0.0.1:{drone.port}", record=True)
    async with dock([own], tmp_path / "flights") as here:
        await here.sees("d", lambda s: s.landed is Landed.GROUND, "it is heard")
        drone.flies = True
        await here.sees("d", lambda s: s.landed is Landed.AIR, "it flies")
        await asyncio.sleep(2)
    (file,) = (tmp_path / "flights").iterdir()
    flight = Replay(list(read(file)))
    network = Network(flight)
    try:
        port = await network.open("127.0.0.1", 0, [])
        async with dock([Drone(name="again", label="D", address=f"udp://127.0.0.1:{port}")]) as there:
            playing = asyncio.create_task(flight.play())
            await there.sees("again", lambda s: s.landed is Landed.GROUND, "it stands, before its flight")
            state = await there.sees("again", lambda s: s.landed is Landed.AIR and s.charge, "it flies")
            assert (state.latitude, state.longitude, state.height_m) == (60.17, 24.94, 5.0)
            assert state.charge == pytest.approx(0.77, abs=0.011)
            await playing
    finally:
        network.close()
