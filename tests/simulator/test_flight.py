"""How it flies: what physics allows and no more, what it does by itself, and the same twice."""

import math

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from media.simulator.air import Weather
from media.simulator.battery import Battery, Pack
from media.simulator.drone import STEP_S, Drone, Fault
from media.simulator.dynamics import GRAVITY, Airframe, Body
from media.simulator.flying import Mode, Refusal, Setpoint
from media.simulator.mission import BadItem, Cmd, Item
from tests.simulator.conftest import CALM, HERE, ORIGIN, aloft, one, until

WINDY = Weather(9, 240, 2)
FEW = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
angles = st.floats(-180, 180)


def energy(body: Body) -> float:
    """Joules by kilogram."""
    return sum(part * part for part in body.velocity) / 2 + GRAVITY * body.position[2]


def at(north_m: float, east_m: float, height_m: float = 40) -> tuple[float, float]:
    return ORIGIN.degrees(east_m, north_m)


def corner(cmd: Cmd, count: int, east: float, north: float) -> Item:
    latitude, longitude = ORIGIN.degrees(east, north)
    return Item(cmd=cmd, frame=0, params=(count, 0, 0, 0), x=latitude, y=longitude)


def area(cmd: Cmd, *points: tuple[float, float]) -> list[Item]:
    return [corner(cmd, len(points), *point) for point in points]


def box(cmd: Cmd, west: float, south: float, east: float, north: float) -> list[Item]:
    return area(cmd, (west, south), (east, south), (east, north), (west, north))


@FEW
@given(st.tuples(*[st.floats(-20, 20)] * 3), st.floats(20, 300))
def test_falling_makes_no_energy(velocity: tuple[float, float, float], height_m: float) -> None:
    body = Body(Airframe(), (0.0, 0.0, height_m))
    body.velocity = velocity
    before = energy(body)
    for _ in range(400):
        body.step(STEP_S, (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0), spinning=False)
        assert energy(body) <= before + 1e-3
        before = energy(body)
    assert body.position[2] >= 0


def test_what_it_gains_comes_out_of_the_battery() -> None:
    drone = one()
    drone.autopilot.arm()
    drone.autopilot.take_off(100)
    while drone.autopilot.height_m < 99:
        drone.run(1)
        joules = energy(drone.body) * drone.body.airframe.mass_kg
        assert joules < drone.battery.used_wh * 3600
    assert not drone.battery.empty


@FEW
@given(
    st.lists(st.tuples(*[st.floats(-60, 60)] * 3), min_size=3, max_size=8),
    st.floats(0, 14),
    angles,
    st.integers(0, 99),
)
def test_no_order_breaks_its_limits(
    orders: list[tuple[float, float, float]], wind: float, from_deg: float, seed: int
) -> None:
    drone = aloft(Weather(wind, from_deg % 360, wind / 5), height_m=20, seed=seed)
    body, frame = drone.body, drone.body.airframe
    for order in orders:
        before = body.velocity
        for _ in range(150):
            drone.autopilot.set_point(Setpoint(None, order, None))
            if drone.autopilot.mode is Mode.HOLD:
                drone.autopilot.offboard()
            drone.step()
            assert body.position[2] >= 0
            assert body.tilt_deg < frame.tilt_deg + 2
            pulled = math.dist(body.velocity, before) / STEP_S
            assert (
                pulled < (1 + frame.thrust_to_weight) * GRAVITY + frame.drag_per_m * 45**2 or body.on_ground
            )
            assert math.dist(body.velocity, drone.air.at(body.position[2])) < 33
            before = body.velocity
        assert -6.5 < body.velocity[2] < 8.5


@FEW
@given(st.floats(0, 14), st.floats(0, 360), st.floats(0, 360), st.integers(0, 99))
def test_the_fence_holds_in_wind(wind: float, from_deg: float, way: float, seed: int) -> None:
    """Full speed at the edge, from every side, in gusts: it stops before it."""
    drone = aloft(Weather(wind, from_deg, wind / 5), height_m=30, seed=seed)
    pilot = drone.autopilot
    pilot.set_fence(
        [
            *area(Cmd.FENCE_IN_VERTEX, (-150, -150), (150, -150), (150, 150), (0, 60), (-150, 150)),
            *box(Cmd.FENCE_OUT_VERTEX, 60, -40, 100, 40),
        ]
    )
    east, north = math.sin(math.radians(way)) * 23, math.cos(math.radians(way)) * 23
    for _ in range(1500):
        pilot.set_point(Setpoint(None, (east, north, 3.0), None))
        if pilot.mode is Mode.HOLD:
            pilot.offboard()
        drone.step()
        assert pilot.fence.breach(drone.body.position[:2], pilot.height_m) is None


def test_a_flight_is_the_same_twice_and_faster_than_time() -> None:
    def fly(seed: int) -> tuple[object, ...]:
        drone = aloft(WINDY, seed=seed)
        drone.autopilot.go((300.0, 200.0, 60.0))
        drone.run(40)
        return drone.body.position, drone.battery.charge, drone.gimbal.yaw_deg

    assert fly(7) == fly(7)
    assert fly(7) != fly(8)


def test_it_goes_where_it_is_sent_and_comes_home() -> None:
    drone = aloft(WINDY)
    drone.autopilot.go((800.0, -300.0, 70.0), speed_m_s=20)
    assert until(drone, lambda: math.dist(drone.body.position, (800, -300, 70)) < 2, 120)
    drone.run(10)
    assert math.dist(drone.body.position, (800, -300, 70)) < 2
    reckoned, before = drone.autopilot.home_wh(), drone.battery.used_wh
    drone.autopilot.go_home()
    assert until(drone, lambda: not drone.autopilot.armed)
    assert math.dist(drone.body.position, drone.autopilot.home) < 2
    assert not drone.body.broken
    assert 0.5 * reckoned < drone.battery.used_wh - before < 1.2 * reckoned


def test_on_the_way_back_it_goes_round_what_it_went_round() -> None:
    drone = aloft()
    pilot = drone.autopilot
    pilot.set_fence(box(Cmd.FENCE_OUT_VERTEX, -100, 60, 100, 120))
    with pytest.raises(Refusal, match="leaves the fence"):
        pilot.go((0.0, 200.0, 40.0))
    for place in ((130.0, 60.0, 40.0), (130.0, 160.0, 40.0), (0.0, 200.0, 40.0)):
        pilot.go(place)
        assert until(drone, lambda place=place: math.dist(drone.body.position, place) < 2)  # type: ignore[misc]
    pilot.go_home()
    while pilot.armed and drone.time_s < 600:
        drone.step()
        assert pilot.fence.breach(drone.body.position[:2]) is None
    assert math.dist(drone.body.position, pilot.home) < 2


def test_it_refuses_what_it_must() -> None:
    drone = one()
    pilot = drone.autopilot
    with pytest.raises(Refusal, match="not armed"):
        pilot.take_off(None)
    drone.break_(Fault.GPS)
    with pytest.raises(Refusal, match="no GPS"):
        pilot.arm()
    drone.mend(Fault.GPS)
    with pytest.raises(Refusal, match=r"its dock|the drone"):
        pilot.set_fence(box(Cmd.FENCE_OUT_VERTEX, -10, -10, 10, 10))
    with pytest.raises(BadItem):
        pilot.set_fence(area(Cmd.FENCE_IN_VERTEX, (0, 0), (1, 1)))
    with pytest.raises(BadItem):
        pilot.set_mission([Item(cmd=Cmd.WAYPOINT, x=math.nan, y=HERE.longitude, z=10)])
    pilot.arm()
    with pytest.raises(Refusal, match="not allowed"):
        pilot.take_off(500)
    with pytest.raises(Refusal, match="on the ground"):
        pilot.go((100.0, 0.0, 40.0))
    with pytest.raises(Refusal, match="on the ground"):
        pilot.fire_chute("")


def on_mission() -> Drone:
    drone = aloft()
    stops = [at(200, 0), at(200, 200)]
    drone.autopilot.set_mission([Item(cmd=Cmd.WAYPOINT, x=x, y=y, z=40) for x, y in stops])
    drone.autopilot.fly_mission()
    return drone


def test_without_its_link_it_flies_its_mission_and_returns() -> None:
    drone = on_mission()
    drone.autopilot.link_s = 0.0  # and never again
    assert until(drone, lambda: drone.autopilot.mode is Mode.RETURN)
    assert drone.autopilot.reached == 1
    assert until(drone, lambda: not drone.autopilot.armed)
    assert math.dist(drone.body.position, drone.autopilot.home) < 2


def test_without_its_link_it_holds_for_a_while_and_returns() -> None:
    drone = aloft()
    drone.autopilot.link_s = 0.0
    assert not until(drone, lambda: drone.autopilot.mode is Mode.RETURN, 9)
    assert until(drone, lambda: drone.autopilot.mode is Mode.RETURN, 2)


def test_without_gps_it_comes_down_where_it_is() -> None:
    drone = on_mission()
    drone.run(5)
    drone.break_(Fault.GPS, 1)
    drone.run(3)
    assert drone.autopilot.mode is Mode.MISSION  # a short hole is flown through
    drone.break_(Fault.GPS)
    assert until(drone, lambda: not drone.autopilot.armed, 120)
    assert drone.body.on_ground
    assert not drone.body.broken


@pytest.mark.parametrize("phase", ["climbs", "goes", "holds", "returns"])
def test_a_motor_that_stops_fires_the_parachute(phase: str) -> None:
    drone = aloft(WINDY, height_m=50)
    if phase == "climbs":
        drone.autopilot.go((0.0, 0.0, 100.0))
    elif phase != "holds":
        drone.autopilot.go((300.0, 0.0, 50.0))
        drone.run(6)
    if phase == "returns":
        drone.autopilot.go_home()
    drone.run(2)
    drone.break_(Fault.MOTOR)
    assert until(drone, lambda: drone.body.chute_s is not None, 5)
    assert until(drone, lambda: drone.body.on_ground, 60)
    assert not drone.body.broken
    assert drone.body.impact_m_s < 6
    with pytest.raises(Refusal):
        drone.autopilot.arm()
    assert drone.replace()
    drone.autopilot.arm()


def test_what_does_not_lift_is_disarmed() -> None:
    drone = one()
    drone.autopilot.arm()
    drone.break_(Fault.MOTOR)
    drone.autopilot.take_off(None)
    drone.run(10)
    assert not drone.autopilot.armed
    assert drone.body.on_ground


def test_without_a_parachute_it_falls() -> None:
    drone = aloft()
    drone.autopilot.arm_chute(False)
    drone.break_(Fault.MOTOR)
    assert until(drone, lambda: drone.body.on_ground, 30)
    assert drone.body.broken


def test_a_battery_that_gets_low_brings_it_home_with_its_reserve() -> None:
    drone = aloft(WINDY, charge=0.34)
    drone.autopilot.go((1500.0, 600.0, 60.0))
    assert until(drone, lambda: drone.autopilot.mode is Mode.RETURN)
    assert until(drone, lambda: not drone.autopilot.armed)
    assert math.dist(drone.body.position, drone.autopilot.home) < 2
    assert drone.battery.charge > drone.autopilot.parameters["SIM_BAT_RESERVE"] - 0.02


def test_a_battery_that_is_almost_gone_lands_it_where_it_is() -> None:
    drone = aloft()
    drone.autopilot.go((1500.0, 0.0, 60.0))
    drone.run(20)
    drone.battery.charge = 0.06
    drone.run(1)
    assert drone.autopilot.mode is Mode.LAND
    assert until(drone, lambda: not drone.autopilot.armed)
    assert not drone.body.broken
    drone = aloft()
    drone.break_(Fault.GAUGE)  # a lying battery: it says full until it is empty
    drone.battery.charge = 0.01
    assert drone.battery.said > 0.9
    assert until(drone, lambda: drone.body.chute_s is not None, 120)
    assert until(drone, lambda: drone.body.on_ground, 60)
    assert not drone.body.broken


def test_the_battery_sags_and_is_never_more_than_full() -> None:
    battery = Battery(Pack())
    idle = battery.voltage_v
    battery.step(1, 800)
    assert battery.voltage_v < idle - 0.3
    drawn = 0.0
    while not battery.empty:
        battery.step(5, 500)
        drawn += 500 * 5 / 3600
    assert 0.85 * battery.pack.energy_wh < drawn < battery.pack.energy_wh
    battery.step(1, 500)
    assert battery.charge == 0
    assert battery.current_a == 0


@FEW
@given(st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400), st.booleans()), max_size=6))
def test_the_gimbal_keeps_its_limits(orders: list[tuple[float, float, bool]]) -> None:
    drone = one(CALM)
    for pitch, yaw, locked in orders:
        drone.gimbal.point(pitch, yaw, locked=locked)
        for _ in range(50):
            before = drone.gimbal.pitch_deg, drone.gimbal.yaw_deg
            drone.step()
            moved = abs(drone.gimbal.pitch_deg - before[0])
            turned = abs((drone.gimbal.yaw_deg - before[1] + 180) % 360 - 180)
            assert max(moved, turned) <= 90 * STEP_S + 1e-6
            assert -90 <= drone.gimbal.pitch_deg <= 30
            assert 1 <= drone.lens.zoom <= 20


def test_it_keeps_looking_at_a_place_while_it_flies_past() -> None:
    drone = aloft()
    drone.gimbal.look_at((100.0, 100.0, 0.0))
    drone.autopilot.go((200.0, 0.0, 40.0), speed_m_s=8)
    drone.run(4)
    for _ in range(400):
        drone.step()
        view = drone.view
        east, north = 100 - view.position[0], 100 - view.position[1]
        off = (math.degrees(math.atan2(east, north)) - view.yaw_deg + 180) % 360 - 180
        down = math.degrees(math.atan2(-view.position[2], math.hypot(east, north)))
        assert abs(off) < 2
        assert abs(down - view.pitch_deg) < 2
