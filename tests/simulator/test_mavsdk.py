"""A ground station that is not ours: MAVSDK, its own C++ engine, finds the simulator and flies it."""

import asyncio
import importlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from media.simulator.air import Weather
from media.simulator.simulate import Plan
from tests.simulator.conftest import HERE, fleet

mavsdk: Any = pytest.importorskip("mavsdk")
SPEED = 8.0
NORTH = 0.0009  # degrees that are 100 m


class Station:
    """What MAVSDK's plugins do, in one place; every call blocks until the drone has answered."""

    def __init__(self, url: str) -> None:
        action, camera, failure, geofence, gimbal, mission, param, telemetry = (
            importlib.import_module(f"mavsdk.plugins.{name}")
            for name in ("action", "camera", "failure", "geofence", "gimbal", "mission", "param", "telemetry")
        )
        station = mavsdk.ComponentType.GROUND_STATION
        self.engine = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(station))
        self.engine.add_any_connection(url)
        self.system = self.engine.first_autopilot(20)
        assert self.system is not None
        self.action, self.telemetry = action.Action(self.system), telemetry.Telemetry(self.system)
        self.gimbal, self.camera = gimbal.Gimbal(self.system), camera.Camera(self.system)
        self.mission, self.geofence = mission.Mission(self.system), geofence.Geofence(self.system)
        self.failure, self.param = failure.Failure(self.system), param.Param(self.system)
        self.words: list[str] = []
        self.telemetry.subscribe_status_text(lambda said, _: self.words.append(said.text))

    @property
    def height_m(self) -> float:
        return float(self.telemetry.position().relative_altitude_m)

    @property
    def north(self) -> float:
        """Degrees from the dock."""
        return float(self.telemetry.position().latitude_deg - HERE.latitude)

    @staticmethod
    def wait(done: Callable[[], Any], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not (found := done()):
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.05)
        return found


@pytest.fixture
def stations() -> Iterator[Callable[[str], Station]]:
    made: list[Station] = []

    def start(url: str) -> Station:
        made.append(Station(url))
        return made[-1]

    yield start
    for station in made:
        station.engine.destroy()


def plan() -> Plan:
    return Plan(docks=(HERE,), count=1, speed=SPEED, weather=Weather(4, 200, 1), picture=(320, 180, 5))


async def test_mavsdk_flies_it_by_hand(stations: Callable[[str], Station]) -> None:
    async with fleet(plan()) as (_, (at,)):
        await asyncio.to_thread(by_hand, stations, at.udp.replace("udp://", "udpout://"))


def by_hand(stations: Callable[[str], Station], url: str) -> None:
    gimbals: Any = importlib.import_module("mavsdk.plugins.gimbal.gimbal")
    told: Any = importlib.import_module("mavsdk.plugins.telemetry.telemetry")
    drone = stations(url)
    wait, telemetry = drone.wait, drone.telemetry
    wait(telemetry.health_all_ok)
    assert drone.system.has_camera()
    assert drone.system.has_gimbal()
    assert drone.param.get_param_int("COM_DL_LOSS_T") == 10
    with pytest.raises(mavsdk.MavsdkError):
        drone.action.takeoff()  # not armed
    drone.action.set_takeoff_altitude(25)
    drone.action.arm()
    drone.action.takeoff()
    wait(lambda: drone.height_m > 24)
    wait(lambda: telemetry.landed_state() == told.LandedState.IN_AIR)

    home = telemetry.home()
    drone.action.goto_location(HERE.latitude + NORTH, HERE.longitude, home.absolute_altitude_m + 40, 90)
    wait(lambda: abs(drone.north - NORTH) < 3e-5 and abs(drone.height_m - 40) < 2)
    assert wait(lambda: abs(telemetry.heading().heading_deg - 90) < 5)
    assert telemetry.flight_mode() == told.FlightMode.HOLD

    (seen,) = wait(lambda: drone.gimbal.gimbal_list().gimbals)
    drone.gimbal.take_control(seen.gimbal_id, gimbals.ControlMode.PRIMARY)
    drone.gimbal.set_angles(seen.gimbal_id, 0, -40, 20, gimbals.GimbalMode.YAW_FOLLOW, gimbals.SendMode.ONCE)

    def looks() -> Any:
        return drone.gimbal.get_attitude(seen.gimbal_id).euler_angle_forward

    wait(lambda: abs(looks().pitch_deg + 40) < 1 and abs(looks().yaw_deg - 20) < 1)
    drone.gimbal.set_roi_location(seen.gimbal_id, HERE.latitude, HERE.longitude, 0)  # above the dock
    down = -math.degrees(math.atan2(40, 100))
    wait(lambda: abs(looks().pitch_deg - down) < 3)

    (camera,) = wait(lambda: drone.camera.camera_list().cameras)
    drone.camera.zoom_range(camera.component_id, 50)

    drone.action.return_to_launch()
    wait(lambda: telemetry.flight_mode() == told.FlightMode.RETURN_TO_LAUNCH)
    wait(lambda: not telemetry.armed())
    assert abs(drone.north) < 2e-5
    assert telemetry.landed_state() == told.LandedState.ON_GROUND


async def test_mavsdk_uploads_a_mission_and_a_fence(stations: Callable[[str], Station]) -> None:
    async with fleet(plan()) as (flying, (at,)):
        await asyncio.to_thread(by_mission, stations, at.tcp.replace("tcp://", "tcpout://"))
        (drone,) = flying.drones
        assert drone.gimbal.pitch_deg == pytest.approx(-30, abs=1)


def by_mission(stations: Callable[[str], Station], url: str) -> None:
    failures: Any = importlib.import_module("mavsdk.plugins.failure.failure")
    fences: Any = importlib.import_module("mavsdk.plugins.geofence.geofence")
    missions: Any = importlib.import_module("mavsdk.plugins.mission.mission")
    told: Any = importlib.import_module("mavsdk.plugins.telemetry.telemetry")
    drone = stations(url)
    wait, telemetry = drone.wait, drone.telemetry
    wait(telemetry.health_all_ok)

    def square(side: float, fence_type: Any, north: float = 0.0) -> Any:
        corners = ((-1, -2), (-1, 2), (1, 2), (1, -2))
        points = [
            fences.Point(HERE.latitude + north + a * side, HERE.longitude + b * side) for a, b in corners
        ]
        return fences.Polygon(points, fence_type)

    keep_in = square(3 * NORTH, fences.FenceType.INCLUSION)
    with pytest.raises(mavsdk.MavsdkError):  # it would shut the dock out
        drone.geofence.upload_geofence(fences.GeofenceData([square(NORTH, fences.FenceType.EXCLUSION)], []))
    tower = fences.Circle(
        fences.Point(HERE.latitude - 2 * NORTH, HERE.longitude), 40, fences.FenceType.EXCLUSION
    )
    drone.geofence.upload_geofence(fences.GeofenceData([keep_in], [tower]))
    assert len(drone.geofence.download_geofence().polygons) == 1

    def item(north: float, *, pitch: float = -30.0) -> Any:
        kind = missions.MissionItem
        return kind(
            HERE.latitude + north, HERE.longitude, 30, 12, True, pitch, 0, kind.CameraAction.NONE,
            math.nan, 1, 2, math.nan, math.nan, kind.VehicleAction.NONE,
        )  # fmt: skip

    drone.mission.upload_mission(missions.MissionPlan([item(5 * NORTH)]))
    drone.action.arm()
    with pytest.raises(mavsdk.MavsdkError):  # beyond the fence
        drone.mission.start_mission()
    drone.mission.upload_mission(missions.MissionPlan([item(NORTH), item(2 * NORTH)]))
    assert len(drone.mission.download_mission().mission_items) == 2
    drone.mission.start_mission()
    wait(lambda: telemetry.flight_mode() == told.FlightMode.MISSION)
    wait(drone.mission.is_mission_finished)
    assert abs(drone.north - 2 * NORTH) < 4e-5

    home = telemetry.home()
    with pytest.raises(mavsdk.MavsdkError):
        drone.action.goto_location(
            HERE.latitude - 2 * NORTH, HERE.longitude, home.absolute_altitude_m + 30, 0
        )
    drone.action.land()
    wait(lambda: telemetry.flight_mode() == told.FlightMode.LAND)
    drone.failure.inject(failures.FailureUnit.SYSTEM_MOTOR, failures.FailureType.OFF, 0)
    wait(lambda: any(words.startswith("Parachute fired") for words in drone.words))
    wait(lambda: not telemetry.in_air())
