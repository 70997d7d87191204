"""A dock's connector and the simulator, over real sockets: what it tells of a drone, what it has it do."""

import math
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from media.connector import wire
from media.connector.drone_frames import (
    Chute,
    DroneReport,
    DroneState,
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
    TakeCamera,
    Zoom,
)
from media.connector.folder import Drone
from media.simulator.drone import Fault
from media.simulator.simulate import Plan
from tests.connector.desk import Connector, Desk
from tests.connector.flown import dock
from tests.simulator.conftest import CALM, HERE, fleet

SPEED = 10.0
NORTH = 0.0009  # degrees that are 100 m
KEY = bytes(range(32))


def plan(**more: object) -> Plan:
    return Plan(**{"docks": (HERE,), "count": 1, "speed": SPEED, "weather": CALM, "picture": None, **more})  # type: ignore[arg-type]


def place(north_m: float, east_m: float = 0.0) -> Place:
    return Place(HERE.latitude + north_m / 100 * NORTH, HERE.longitude + east_m / 100 * NORTH * 2)


def square(side_m: float, at_m: float = 0.0) -> tuple[Place, ...]:
    corners = ((-1, -1), (-1, 1), (1, 1), (1, -1))
    return tuple(place(at_m + a * side_m, b * side_m) for a, b in corners)


async def test_a_flight_from_the_dock_and_back() -> None:
    async with (
        fleet(plan(key=KEY)) as (flying, (at,)),
        dock([Drone(name="d", label="Drone", address=at.udp, key=KEY.hex())]) as here,
    ):
        (drone,) = flying.drones
        first = await here.sees("d", lambda s: s.latitude is not None and s.aim is not None, "it is heard")
        assert (first.mode, first.armed, first.landed, first.chute, first.link) == (
            "ready", False, Landed.GROUND, Chute.ARMED, True,
        )  # fmt: skip
        assert first.latitude == pytest.approx(HERE.latitude, abs=1e-6)
        assert first.height_m == pytest.approx(0, abs=0.5)
        assert first.charge == pytest.approx(1.0, abs=0.01)
        assert first.satellites == 17
        assert first.course_deg is None

        fence = Fence(keep_in=square(400), keep_out=(square(30, -200),), ceiling_m=90)
        assert (await here.do("d", fence)).result is Result.ACCEPTED
        assert drone.autopilot.parameters["GF_MAX_VER_DIST"] == 90
        assert len(drone.autopilot.areas) == 2

        answer = await here.do("d", Fly(points=(place(100), place(200)), height_m=40, speed_mps=15))
        assert answer.result is Result.ACCEPTED, answer
        assert answer.sends == 1
        flown = await here.sees("d", lambda s: (s.ground_mps or 0) > 12, "it is on its way")
        assert flown.mode == "mission"
        assert flown.armed
        assert flown.course_deg is not None
        assert math.cos(math.radians(flown.course_deg)) > 0.99
        assert flown.aim is not None
        assert flown.aim.pitch_deg == pytest.approx(0, abs=1)
        await here.sees("d", lambda s: s.latitude > place(198).latitude, "it is there")

        answer = await here.do("d", Gimbal(pitch_deg=-40, yaw_deg=90))
        assert answer.result is Result.ACCEPTED, answer
        seen = await here.sees("d", lambda s: s.aim and abs(s.aim.pitch_deg + 40) < 1, "it looks down")
        await here.sees("d", lambda s: s.aim and abs(s.aim.yaw_deg - 90) < 2, "and east")
        assert (await here.do("d", LookAt(place=place(160)))).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.aim and abs(abs(s.aim.yaw_deg) - 180) < 3, "it looks back")
        assert seen.aim is not None
        assert seen.aim.zoom == pytest.approx(1.0, abs=0.05)
        assert (await here.do("d", Zoom(times=5))).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.aim and abs(s.aim.zoom - 5) < 0.2, "it is five times nearer")

        home = (place(100), place(0))
        assert (await here.do("d", Return(points=home, height_m=50))).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.mode == "mission" and s.height_m > 45, "it comes home")
        assert (await here.do("d", Hold())).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.mode == "hold", "it waits")
        assert (await here.do("d", Return())).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.mode == "return", "by its own return")
        assert (await here.do("d", Land())).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.landed is Landed.GROUND and not s.armed, "it is down")
        report = here.report("d")
        assert (report.system, report.signed, report.trouble) == (1, True, None)
        assert report.autopilot.startswith("PX4 1.15")
        assert report.remote_id == "SIMULATED-0001"


async def test_the_camera_is_taken_from_another_station_and_one_press_zooms_whatever_its_law() -> None:
    async with fleet(plan()) as (flying, (at,)), dock([Drone(name="d", label="D", address=at.udp)]) as here:
        (drone,), (endpoint,) = flying.drones, flying.endpoints
        drone.lens.linear = True
        await here.sees("d", lambda s: s.aim is not None, "it is heard")
        control = endpoint.state
        control.control = (254, 190)  # as another ground station's
        refused = await here.do("d", Gimbal(pitch_deg=-40))
        assert refused.result is Result.REJECTED
        assert "steered by system 254" in refused.words
        assert (await here.do("d", TakeCamera())).result is Result.ACCEPTED
        assert control.control == (255, 25)
        assert (await here.do("d", Gimbal(pitch_deg=-40))).result is Result.ACCEPTED
        for times in (5.0, 2.0):
            assert (await here.do("d", Zoom(times=times))).result is Result.ACCEPTED
            await here.sees("d", partial(is_near, times), f"{times} times")


def is_near(times: float, state: DroneState) -> bool:
    zoom = state.aim.zoom if state.aim is not None else None
    return zoom is not None and abs(zoom / times - 1) < 0.06


async def test_steering_lasts_as_long_as_somebody_steers() -> None:
    async with (
        fleet(plan(speed=3)) as (flying, (at,)),
        dock([Drone(name="d", label="Drone", address=at.tcp)]) as here,
    ):
        (drone,) = flying.drones
        await here.sees("d", lambda s: s.link, "it is heard")
        refused = await here.do("d", Steer(forward_mps=4))
        assert (refused.result, refused.words) == (Result.REJECTED, "It is on the ground.")
        drone.autopilot.arm()
        drone.autopilot.take_off(20)
        await here.sees("d", lambda s: s.mode == "hold" and s.height_m > 19, "it hovers")
        assert (await here.do("d", Steer(turn_dps=40))).result is Result.ACCEPTED
        await here.sees("d", lambda s: 30 < s.heading_deg < 180, "it turns")
        assert (await here.do("d", Steer(right_mps=4, up_mps=1))).result is Result.ACCEPTED
        steered = await here.sees("d", lambda s: s.mode == "offboard" and s.ground_mps > 3, "it is steered")
        assert steered.climb_mps is not None
        assert steered.climb_mps > 0.5
        await here.sees("d", lambda s: s.mode == "hold" and s.ground_mps < 1, "nobody steers: it holds")

        assert (await here.do("d", Steer(forward_mps=4))).result is Result.ACCEPTED
        drone.autopilot.land()  # as a pilot's own ground station has it
        await here.sees("d", lambda s: s.mode == "land", "it was taken over")
        words = ""
        while not words.startswith("It was taken over"):  # by the second heartbeat that says so
            words = (await here.do("d", Steer(forward_mps=4))).words
        assert drone.autopilot.mode.name == "LAND"


async def test_a_drone_whose_link_is_lost_and_one_that_begins_anew() -> None:
    async with fleet(plan()) as (flying, (at,)), dock([Drone(name="d", label="D", address=at.tcp)]) as here:
        (drone,), (network,) = flying.drones, flying._networks
        await here.sees("d", lambda s: s.latitude is not None, "it is heard")
        answer = await here.do("d", Fly(points=(place(1500),), height_m=40, speed_mps=15))
        assert answer.result is Result.ACCEPTED
        await here.sees("d", lambda s: s.height_m > 35, "it flies")
        drone.break_(Fault.LINK, 80)
        lost = await here.sees("d", lambda s: not s.link, "its link is lost")
        assert lost.latitude is not None  # where it was, and how long ago
        assert lost.age_ms >= 2000
        answer = await here.do("d", Hold())
        assert (answer.result, answer.sends) == (Result.NO_ANSWER, 5)
        found = await here.sees("d", lambda s: s.link, "it is heard again")
        assert drone.autopilot.mode.name in ("MISSION", "RETURN")  # by its own fail-safe
        assert (await here.do("d", Parachute(fire=True))).result is Result.ACCEPTED
        await here.sees("d", lambda s: s.chute is Chute.FIRED and s.mode == "terminated", "it hangs")
        assert any(words.startswith("Parachute fired") for words in here.said("d"))
        assert found.age_ms < 2000

        port = int(at.tcp.rpartition(":")[2])
        network.close()
        await here.sees("d", lambda s: not s.link, "nobody is there")
        await network.open("127.0.0.1", port, [])
        await here.sees("d", lambda s: s.link and s.aim, "it is heard again, over a new connection")


async def test_the_connector_has_drones_beside_its_cameras(service: Desk, tmp_path: Path) -> None:
    """The process itself: its commands, its frames, a service that is away while the drone goes on."""
    key_file = tmp_path / "key"
    key_file.write_text(KEY.hex())
    async with fleet(plan(key=KEY)) as (flying, (at,)):
        (drone,) = flying.drones
        connector = await Connector(tmp_path / "connector").enrol(service)
        wrong = await connector.do("drone", "add", "dock-1", "http://127.0.0.1:1")
        assert (wrong.returncode, "udp://HOST:PORT" in wrong.stderr) == (2, True)
        added = await connector.do(
            *("drone", "add", "dock-1", at.udp, "--label", "Harbour", "--key-file", str(key_file)),
            *("--thermal", "rtsp://127.0.0.1:9/1/thermal"),
        )
        assert added.returncode == 0, added.stderr
        connector.run()
        try:
            await service.until(
                lambda: drones(service) and drones(service)[-1].system, "it has told of its drone"
            )
            (told,) = drones(service)
            assert (told.name, told.label, told.signed) == ("dock-1", "Harbour", True)
            assert (told.colour, told.thermal) == (None, "dock-1-thermal")
            assert service.sources()["dock-1-thermal"].kind == "drone"
            await service.until(lambda: service.all(wire.Telemetry), "telemetry")
            await service.say(
                wire.Command(
                    order="a", drone="dock-1", do=Fly(points=(place(80),), height_m=30, speed_mps=10)
                )
            )
            await service.say(wire.Command(order="b", drone="nobody", do=Hold()))
            await service.until(lambda: len(service.all(wire.Answer)) == 2, "both answers")
            answers = {answer.order: answer for answer in service.all(wire.Answer)}
            assert answers["a"].result is Result.ACCEPTED
            assert answers["b"].result is Result.NO_ANSWER

            before, service.refuse = len(service.hellos), wire.Refuse(words="Away.", retry=True)
            await service.sockets[-1].close()
            await service.until(lambda: len(service.hellos) > before, "it has tried again")
            flown_s = drone.time_s
            await service.until(
                lambda: drone.time_s > flown_s + 25, "longer than the drone waits for a station"
            )
            assert drone.autopilot.link_s is not None
            assert drone.autopilot.link_s < drone.autopilot.parameters["COM_DL_LOSS_T"] * SPEED / 2
            service.refuse, heard = None, len(service.heard)
            await service.until(
                lambda: {wire.Drones, wire.Telemetry} <= {type(frame) for frame in service.heard[heard:]},
                "it is back, and tells of its drone again",
                90,
            )
            listed = await connector.do("drone", "list")
            assert "heard: PX4" in listed.stdout
            gone = await connector.do("drone", "remove", "dock-1")
            assert gone.returncode == 0, gone.stderr
            await service.until(lambda: not drones(service) and not service.sources(), "it is forgotten")
        finally:
            connector.kill()
        kept = connector.log + listed.stdout + added.stdout + wrong.stderr
        assert KEY.hex() not in kept
        assert KEY.hex() not in (connector.folder / "connector.json").read_text()


def drones(service: Desk) -> tuple[DroneReport, ...]:
    told = service.all(wire.Drones)
    return told[-1].drones if told else ()


def test_a_connector_without_drones_needs_no_pymavlink(tmp_path: Path) -> None:
    """In a Python that has none of it: everything loads, and who adds a drone is told what to install."""
    code = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pymavlink":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
import media.connector.agent, media.connector.commands, importlib.util
importlib.util.find_spec = lambda name: None
from backend.cli import main
sys.exit(main(["connector", "drone", "add", "dock-1", "udp://192.168.1.2:14550"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "SIGHTLINE_CONNECTOR_DIR": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "pip install 'sightline[drone]'" in done.stderr
