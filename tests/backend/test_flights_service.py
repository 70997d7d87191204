"""Drones dispatched: sent, on scene, handed over, home; by a connector's frames, flown by the simulator."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.model.docks import Parachute
from backend.model.entries import Action
from backend.model.flight_records import FlightEnd
from backend.model.flights import Phase
from backend.model.ids import DroneId, FeedId, FlightId, GrantSecret, IncidentId, new_id
from backend.model.incidents import FeedKind, FeedState
from backend.model.people import Role, User
from backend.model.positions import PositionReport
from backend.model.refusals import Refusal, Refused
from backend.model.telemetry import Belief, judge
from backend.services.aloft import Live
from backend.store.drones import Drones as StoredDrones
from media.connector import drone_frames as frames
from media.connector.drone_frames import Aim
from media.simulator.battery import Pack
from media.simulator.drone import Fault as Broken
from tests.backend.agents import HERE
from tests.backend.dockside import QUAD, Dockside, away, box


@pytest.fixture
async def city(folder: Path) -> AsyncIterator[Dockside]:
    async with Dockside(folder) as city:
        yield city


async def on_scene(city: Dockside, *, east_m: float = 500, north_m: float = 200, by: str = "dana") -> Live:
    """The harbour's drone over an incident."""
    if "harbour" not in city.ids:
        await city.dock("harbour")
        await city.ring()
    incident = await city.incident(east_m, north_m)
    await city.parts.dispatch.send(city.people[by], incident, city.ids["harbour"])
    assert await city.fly(120, until=lambda: city.phase("harbour") == "on-scene"), city.phase("harbour")
    return city.live("harbour")


async def home(city: Dockside, name: str = "harbour", within_s: float = 240) -> None:
    assert await city.fly(within_s, until=lambda: city.phase(name) == "none"), city.live(name).view()


async def test_a_drone_is_sent_looks_and_comes_home_with_everything_on_record(city: Dockside) -> None:
    """Call, launch, scene, pictures, home: the record, the log, the feeds and the drone's own hours."""
    live = await on_scene(city)
    record = live.record
    assert record.airborne_at is not None
    assert record.on_scene_at is not None
    took_s = (record.on_scene_at - record.pressed_at).total_seconds()
    assert took_s <= record.plan.to_scene_s * 1.1, (took_s, record.plan.to_scene_s)
    kinds = [type(do) for _, do in city.asked]
    assert kinds[:3] == [frames.Fence, frames.Fly, frames.LookAt]  # its fence first
    assert live.view().pilot == "Pia Lind"
    assert live.warnings == ()

    feeds = {feed: city.starts[feed].source for feed in record.feeds}
    assert sorted(feeds.values()) == ["harbour-colour", "harbour-thermal"]
    async with city.parts.store.read() as tx:
        found = [await tx.feeds.get(feed) for feed in record.feeds]
        grants = [await tx.grants.by_secret(GrantSecret(city.starts[feed].bearer).hashed) for feed in feeds]
    assert [feed.kind for feed in found if feed] == [FeedKind.DRONE, FeedKind.THERMAL]
    assert [grant.feed_id for grant in grants if grant] == list(record.feeds)
    assert [feed.publisher for feed in found if feed] == [record.drone_id] * 2

    await city.fly(30)
    assert live.leaves_at is not None
    order = await city.parts.controls.send_home(city.people["dana"], live.id)  # the desk may
    assert order.accepted
    await home(city)
    assert city.drones["harbour"].body.impact_m_s < 3
    assert city.starts == {}

    log = await city.parts.flight_logs.read(city.people["pia"], live.id)
    assert log.record.outcome is FlightEnd.HOME
    assert log.record.air_s > 60
    actions = [line.action for line in log.lines]
    assert [a for a in actions if a.startswith("drone.")] == [
        *("drone.send", "drone.phase", "drone.phase", "drone.return", "drone.end")
    ]
    assert next(line for line in log.lines if line.action == "drone.send").actor == "Dana Reyes"
    seconds = (log.points[-1].at - log.points[0].at).total_seconds()
    assert len(log.points) >= 0.8 * seconds  # each second of it
    await _read_by_others(city, live)
    assert min(point.charge for point in log.points) > 0.8
    async with city.parts.store.read() as tx:
        drone = await tx.drones.get(city.ids["harbour"])
        ended = [await tx.feeds.get(feed) for feed in record.feeds]
    assert drone is not None
    assert drone.air_s == pytest.approx(log.record.air_s)
    assert 0 < drone.cycles < 0.2
    assert {feed.state for feed in ended if feed} == {FeedState.ENDED}


async def _read_by_others(city: Dockside, live: Live) -> None:
    """The list has it; an auditor reads what people are and not who; an officer who is not on it nothing."""
    logs, lee = city.parts.flight_logs, city.people["lee"]
    page = await logs.page(lee, None)
    (flight,) = page.flights
    assert (flight.drone, flight.dock, flight.end, page.more) == ("Harbour", "harbour dock", "home", False)
    assert (flight.pilot, flight.sent_by) == ("Pia Lind", "Dana Reyes")
    assert flight.times.to_scene_s is not None
    assert (await logs.page(lee, live.record.pressed_at)).flights == ()
    read = await logs.read(msgspec.structs.replace(lee, role=Role.AUDITOR), live.id)
    assert (read.summary.pilot, read.summary.sent_by) == ("pilot", "dispatcher")
    words = msgspec.json.encode(read.lines).decode() + msgspec.json.encode(read.summary).decode()
    assert not [name for name in ("Pia", "Dana") if name in words]
    assert await _refused(logs.read(city.people["sam"], live.id)) is Refusal.NOT_ASSIGNED


async def test_a_recorded_flight_is_judged_again_from_its_log(city: Dockside) -> None:
    live = await on_scene(city)
    await city.parts.controls.send_home(city.people["pia"], live.id)
    await home(city)
    log = await city.parts.flight_logs.read(city.people["lee"], live.id)
    plan = log.record.plan
    belief = Belief(launched_at=log.record.flight.launched_at, charge=plan.battery.charge)
    for point in log.points:
        belief, findings = judge(belief, point.telemetry, QUAD, plan.battery, plan.home_wh)
        assert findings == ()
        assert belief.last == point.telemetry
    flown_wh = plan.battery.full_wh * (plan.battery.charge - log.points[-1].charge)
    assert belief.used_wh == pytest.approx(flown_wh, rel=0.35)


async def test_the_next_drone_is_there_before_the_first_must_leave(city: Dockside) -> None:
    await city.dock("harbour", pack=Pack(capacity_ah=5.0))
    await city.dock("market", east_m=1200)
    await city.ring()
    first = await on_scene(city)
    assert await city.fly(600, until=lambda: city.phase("market") != "none"), first.view()
    assert first.phase is Phase.HANDING_OVER
    second = city.live("market")
    assert first.view().relieved_by == second.id
    seen: set[str] = set()

    async def watch() -> None:
        """From here on one of them is always there, and they are never in one place."""
        there = {name for name in ("harbour", "market") if city.phase(name) in ("on-scene", "handing-over")}
        assert there, (city.phase("harbour"), city.phase("market"))
        a, b = (city.drones[name].body.position for name in ("harbour", "market"))
        assert math.dist(a[:2], b[:2]) > 10 or min(a[2], b[2]) < 40
        seen.update(there)

    assert await city.fly(300, until=lambda: city.phase("harbour") == "none", each=watch)
    assert seen == {"harbour", "market"}
    await city.fly(20)
    assert second.from_place_m < 10  # it waited short of the place, and has closed up
    assert (await city.entries("drone.handover"))[0].details["from"] == "Harbour"
    assert city.drones["harbour"].battery.charge > 0.2 - 0.05  # its reserve was not flown


async def test_it_follows_a_caller_who_moves_unless_it_is_told_not_to(city: Dockside) -> None:
    live = await on_scene(city)
    await _move(city, live, 800, 200)
    assert await city.fly(60, until=lambda: live.phase is Phase.EN_ROUTE)
    assert await city.fly(60, until=lambda: live.phase is Phase.ON_SCENE)
    assert live.from_place_m < 25
    assert isinstance(city.asked[-1][1], frames.LookAt)
    pia = city.people["pia"]
    for _ in range(2):  # two pilots press at once: it stays
        assert (await city.parts.controls.stay(pia, live.id)).accepted
    assert [entry.details["follows"] for entry in await city.entries("drone.follow")] == ["no"]
    await _move(city, live, 300, 200)
    await city.fly(15)
    assert live.phase is Phase.ON_SCENE
    assert city.drones["harbour"].body.position[0] == pytest.approx(800, abs=10)
    assert (await city.parts.controls.follow(pia, live.id)).accepted
    assert await city.fly(60, until=lambda: live.phase is Phase.EN_ROUTE)


async def _move(city: Dockside, live: Live, east_m: float, north_m: float) -> None:
    place = away(east_m, north_m)
    at = PositionReport(latitude=place.latitude, longitude=place.longitude, accuracy_m=10)
    await city.parts.incidents.amend(city.people["dana"], live.record.incident_id, words=None, position=at)


async def test_nothing_flies_where_it_may_not_and_every_reason_is_said(folder: Path) -> None:
    """An incident in a keep-out area, one that nobody has placed, a closed one, unknown ones."""
    file = folder / "areas.json"
    areas = [
        box("City", "keep-in", -3000, -3000, 3000, 3000),
        box("Prison", "keep-out", 500, 500, 1800, 1800),
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": areas}))
    async with Dockside(folder, airspace=file) as city:
        city.parts.skies.read()
        await city.dock("harbour")
        await city.ring()
        dispatch, dana, pia = city.parts.dispatch, city.people["dana"], city.people["pia"]
        inside = await city.incident(1150, 1150)
        view = await dispatch.choices(dana, inside)
        assert [(a.drone, [g.why.value for g in a.groundings]) for a in view.answers] == [
            ("Harbour", ["no-view"])
        ]
        with pytest.raises(Refused) as no:
            await dispatch.send(dana, inside, city.ids["harbour"])
        assert no.value.refusal is Refusal.DRONE_GROUNDED
        assert "Prison" in no.value.words
        (entry,) = await city.entries("drone.refuse")
        assert "Prison" in entry.details["why"]
        beside = await city.incident(600, 400)  # nearest allowed place: it looks in from there
        view = await dispatch.choices(dana, beside)
        assert view.answers[0].to_scene_s is not None
        nowhere = await city.parts.incidents.open(
            dana, incident_type="Fire", words="", callback_number=None, position=None
        )
        assert await _refused(dispatch.send(dana, IncidentId(nowhere.id), None)) is Refusal.NO_PLACE
        assert await _refused(dispatch.send(pia, beside, DroneId("drn_none"))) is Refusal.NOT_FOUND
        assert await _refused(dispatch.choices(city.people["sam"], beside)) is Refusal.NOT_ASSIGNED
        await city.parts.incidents.close(dana, beside)
        assert await _refused(dispatch.send(dana, beside, None)) is Refusal.INCIDENT_CLOSED
        live = await on_scene(city, east_m=-600, north_m=0)
        assert await _refused(dispatch.send(dana, live.record.incident_id, city.ids["harbour"])) is (
            Refusal.DRONE_GROUNDED
        )  # it flies already


async def test_a_fence_that_shuts_out_the_dock_lets_nothing_fly(folder: Path) -> None:
    file = folder / "areas.json"
    areas = [box("Stadium", "keep-out", -100, -100, 100, 100)]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": areas}))
    async with Dockside(folder, airspace=file) as city:
        city.parts.skies.read()
        await city.dock("harbour")
        await city.ring()
        with pytest.raises(Refused) as no:
            await city.parts.dispatch.send(city.people["dana"], await city.incident(500, 0), None)
        assert "Stadium" in no.value.words


async def _refused(step: Awaitable[Any]) -> Refusal:
    with pytest.raises(Refused) as no:
        await step
    assert no.value.words or no.value.refusal in (Refusal.NOT_ASSIGNED, Refusal.NOT_FOUND)
    return no.value.refusal


async def test_one_person_steers_and_the_pilot_in_command_can_always_take_over(city: Dockside) -> None:
    live = await on_scene(city)
    controls, pia, lee = city.parts.controls, city.people["pia"], city.people["lee"]
    before = city.drones["harbour"].body.position
    for _ in range(10):
        assert (await controls.steer(lee, live.id, frames.Steer(forward_mps=8))).accepted
        await city.fly(0.4)
    assert math.dist(before[:2], city.drones["harbour"].body.position[:2]) > 5
    assert live.view().steered_by == "Lee Carter"
    dana = city.people["dana"]
    assert await _refused(controls.steer(dana, live.id, frames.Steer())) is Refusal.DRONE_DENIED
    assert (await controls.steer(pia, live.id, frames.Steer(up_mps=0))).accepted  # in command
    assert live.view().steered_by == "Pia Lind"
    assert await _refused(controls.zoom(lee, live.id, 3)) is Refusal.DRONE_DENIED
    assert (await controls.command(lee, live.id)).accepted
    assert city.asked[-1][1] == frames.TakeCamera()
    assert live.view().pilot == "Lee Carter"
    assert await _refused(controls.parachute(pia, live.id)) is Refusal.DRONE_DENIED
    assert (await controls.zoom(lee, live.id, 3)).accepted
    assert (await controls.let_go(lee, live.id)).accepted
    await city.fly(20)
    assert live.from_place_m < 10  # the plan has it again
    assert (await controls.hold(lee, live.id)).accepted
    assert live.flight.holds
    assert (await controls.go_on(lee, live.id)).accepted
    assert [e.details.get("what") for e in await city.entries("drone.steer")][:2] == ["took the controls"] * 2
    with pytest.raises(Refused) as no:
        await _flood(city, lee, live)
    assert no.value.refusal is Refusal.TOO_OFTEN


async def _flood(city: Dockside, who: User, live: Live) -> None:
    for _ in range(60):
        await city.parts.controls.steer(who, live.id, frames.Steer())


async def test_the_camera_looks_down_at_the_incident_only(city: Dockside) -> None:
    await city.dock("harbour")
    await city.ring()
    controls, pia = city.parts.controls, city.people["pia"]
    incident = await city.incident(1500, 0)
    view = await city.parts.dispatch.send(pia, incident, None)
    flight = FlightId(view.id)
    assert await city.fly(60, until=lambda: city.phase("harbour") == "en-route")
    assert await _refused(controls.gimbal(pia, flight, frames.Gimbal(pitch_deg=-60))) is Refusal.DRONE_DENIED
    assert await _refused(controls.look_at(pia, flight, away(300, 0))) is Refusal.DRONE_DENIED
    assert (await controls.gimbal(pia, flight, frames.Gimbal(pitch_deg=-5, yaw_deg=90))).accepted
    camera = city.drones["harbour"].gimbal
    camera.point(-70, 0, locked=False)  # by somebody else's ground station
    assert await city.fly(20, until=lambda: city.asked[-1][1] == frames.Gimbal(pitch_deg=0))
    (breach,) = await city.entries("drone.breach")
    assert breach.details["gaze"] == "down"
    assert "told to look level" in city.live("harbour").warnings[-1]
    await city.fly(3)
    assert camera.pitch_deg == pytest.approx(0, abs=1)
    assert await city.fly(120, until=lambda: city.phase("harbour") == "on-scene")
    assert (await controls.look_at(pia, flight, away(1530, 20))).accepted
    await city.fly(3)
    assert camera.pitch_deg < -40


async def test_two_presses_fire_the_parachute_and_one_does_not(city: Dockside) -> None:
    live = await on_scene(city)
    controls, pia = city.parts.controls, city.people["pia"]
    assert "again" in (await controls.parachute(pia, live.id)).words
    assert live.view().parachute_pressed
    await city.fly(10)
    assert "again" in (await controls.parachute(pia, live.id)).words  # the first was too long ago
    await city.fly(1)
    assert (await controls.parachute(pia, live.id)).accepted
    assert city.drones["harbour"].body.chute_s is not None
    assert city.phase("harbour") == "parachute"
    assert await _refused(controls.hold(pia, live.id)) is Refusal.FLIGHT_OVER
    await home(city)
    assert live.record.outcome is FlightEnd.PARACHUTE
    stand = city.parts.drones.stand(city.ids["harbour"])
    assert stand is not None
    assert stand.drone.parachute is Parachute.FIRED
    assert not stand.drone.docked


@pytest.mark.parametrize("phase", ["launching", "en-route", "on-scene", "returning"])
async def test_a_link_that_is_lost_brings_it_home(city: Dockside, phase: str) -> None:
    """At each phase: the pilot is told, orders that cannot arrive are tried, and its own fail-safe flies."""
    await city.dock("harbour")
    await city.ring()
    incident = await city.incident(700, 0)
    await city.parts.dispatch.send(city.people["dana"], incident, None)
    if phase == "returning":
        assert await city.fly(90, until=lambda: city.phase("harbour") == "on-scene")
        await city.parts.controls.send_home(city.people["pia"], city.live("harbour").id)
    assert await city.fly(90, until=lambda: city.phase("harbour") == phase)
    live = city.live("harbour")
    city.drones["harbour"].break_(Broken.LINK, 150)
    await city.fly(5)
    assert any("told to wait" in words for words in live.warnings)
    await city.fly(15)
    assert any("told to come home" in words for words in live.warnings)
    await home(city, within_s=400)
    assert live.record.outcome is FlightEnd.HOME
    assert {entry.details["does"] for entry in await city.entries("drone.fault")} >= {"hold", "return"}


async def test_a_short_silence_is_waited_for_and_the_flight_goes_on(city: Dockside) -> None:
    await city.dock("harbour")
    await city.ring()
    await city.parts.dispatch.send(city.people["dana"], await city.incident(1200, 0), None)
    assert await city.fly(60, until=lambda: city.phase("harbour") == "en-route")
    live = city.live("harbour")
    nan = {"latitude": None, "height_m": float("nan"), "charge": float("inf"), "clock_s": None}
    for bad in (nan, {"ground_mps": 900.0}, {"charge": -0.5}, {"clock_s": 1.0}):
        city.says = lambda _, state, bad=bad: msgspec.structs.replace(state, **bad)  # type: ignore[misc]
        before = live.heard
        await city.fly(4)
        assert live.heard is before  # nothing of it is believed
        assert city.live("harbour").waits  # it hears what it is told, and waits
        city.says = lambda _, state: state
        await city.fly(3)
        assert not city.live("harbour").waits
        assert not [words for words in live.warnings if "wait" in words]
    assert await city.fly(120, until=lambda: city.phase("harbour") == "on-scene")
    assert [do for _, do in city.asked if isinstance(do, frames.Hold)]


async def test_a_battery_that_lies_is_found_out_and_comes_home(city: Dockside) -> None:
    await city.dock("harbour", pack=Pack(capacity_ah=4.0))
    await city.ring()
    live = await on_scene(city)
    city.drones["harbour"].break_(Broken.GAUGE)
    assert await city.fly(300, until=lambda: live.phase is Phase.RETURNING), live.view()
    assert any("gauge is not believed" in words for words in live.warnings)
    assert live.left < city.drones["harbour"].battery.said
    await home(city)
    assert live.record.outcome is FlightEnd.HOME


async def test_without_gps_nothing_is_asked_of_it_and_it_goes_on_when_it_sees_again(city: Dockside) -> None:
    live = await on_scene(city)
    await city.parts.flights.said(live.record.drone_id, 4, "Battery low")
    assert "Battery low" in live.warnings
    await city.fly(32)  # what a drone has said is not said for ever
    blind: list[datetime] = []

    def by_heartbeat(_: str, state: frames.DroneState) -> frames.DroneState:
        """What it says that it does is up to a second old."""
        if state.latitude is None:
            blind.append(city.clock.now)
        late = bool(blind) and (city.clock.now - blind[-1]).total_seconds() <= 1
        return msgspec.structs.replace(state, mode="land") if late else state

    city.says = by_heartbeat
    for _ in range(2):  # over the scene, and on its way home
        await city.fly(2)
        before, phase = len(city.asked), live.phase
        city.drones["harbour"].break_(Broken.GPS, 6)
        await city.fly(5)
        assert any("lost its GPS position" in words for words in live.warnings)
        assert any("people below it" in words for words in live.view().advice)
        assert len(city.asked) == before
        await city.fly(6)
        assert live.warnings == ()
        assert live.view().advice == ()
        assert not live.waits
        assert live.phase is phase
        await city.parts.controls.send_home(city.people["pia"], live.id)
    await home(city)
    assert live.record.outcome is FlightEnd.HOME


async def test_who_comes_down_without_gps_is_down(city: Dockside) -> None:
    live = await on_scene(city)
    city.drones["harbour"].break_(Broken.GPS)
    await home(city, within_s=90)
    assert live.record.outcome is FlightEnd.ELSEWHERE
    assert city.drones["harbour"].body.impact_m_s < 3
    faults = [entry.details for entry in await city.entries("drone.fault")]
    assert {fault["fault"] for fault in faults} == {"blind"}
    assert [fault["does"] for fault in faults] == ["hold", "return"]


async def test_what_cannot_come_home_lands_in_a_dock_that_stands_free(city: Dockside) -> None:
    await city.dock("harbour", pack=Pack(capacity_ah=5.0))
    await city.dock("market", east_m=1300)
    city.drones["market"].body.position = (0.0, 300.0, 0.0)  # fetched, and on a bench
    await city.ring()
    live = await on_scene(city, east_m=1100, north_m=0)
    drone = city.drones["harbour"]
    drone.battery.charge = 0.14
    for name, low in (("BAT_CRIT_THR", 0.05), ("BAT_EMERGEN_THR", 0.03)):
        drone.autopilot.parameters.set(name, low)  # its own fail-safes would be in time
    assert await city.fly(20, until=lambda: live.phase is Phase.DIVERTED), live.view()
    assert "It is told to land at market dock." in live.warnings
    assert live.view().advice
    await home(city)
    assert live.record.outcome is FlightEnd.ELSEWHERE
    assert math.dist(drone.body.position[:2], (1300, 0)) < 5
    assert drone.body.impact_m_s < 3
    assert drone.battery.charge > 0
    (land,) = await city.entries("drone.land")
    assert "told to land nearby" in land.details["why"]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ((450.0, 0.0, 55.0), "Prison"),
        ((-450.0, 0.0, 55.0), "outside the fence"),
        ((0.0, 200.0, 95.0), "may be at 80"),
    ],
    ids=["into what is kept out", "out of what is kept in", "above its ceiling"],
)
async def test_a_drone_that_breaks_its_areas_is_called_back(
    folder: Path, to: tuple[float, float, float], words: str
) -> None:
    """Somebody's own ground station flies it there, and it has lost the fence that it was given."""
    file = folder / "areas.json"
    areas = [box("City", "keep-in", -400, -400, 800, 400), box("Prison", "keep-out", 400, -100, 600, 100)]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": areas}))
    async with Dockside(folder, airspace=file) as city:
        city.parts.skies.read()
        live = await on_scene(city, east_m=0, north_m=200)
        pilot = city.drones["harbour"].autopilot
        pilot.areas = ()
        pilot.parameters.set("GF_MAX_VER_DIST", 300)
        pilot.go(to)
        assert await city.fly(60, until=lambda: live.phase is Phase.RETURNING), live.view()
        assert any(words in warning for warning in live.warnings), live.warnings
        assert any("map shows the areas" in one for one in live.view().advice)
        assert [do for _, do in city.asked if isinstance(do, frames.Return)]
        await home(city)
        assert live.record.outcome is FlightEnd.HOME
        faults = [entry.details for entry in await city.entries("drone.fault")]
        assert any(words in fault["words"] and fault["does"] == "return" for fault in faults)
        (back,) = await city.entries("drone.return")
        assert words in back.details["why"]


async def test_a_motor_that_fails_ends_under_the_parachute(city: Dockside) -> None:
    live = await on_scene(city)
    city.drones["harbour"].break_(Broken.MOTOR)
    await home(city)
    assert live.record.outcome is FlightEnd.PARACHUTE
    assert city.drones["harbour"].body.impact_m_s < 6


async def test_a_connector_that_was_away_publishes_again_and_the_flight_went_on(city: Dockside) -> None:
    live = await on_scene(city)
    before = set(city.starts)
    await city.hang_up()
    city.starts.clear()
    await city.fly(20)
    order = await city.parts.controls.hold(city.people["pia"], live.id)
    assert not order.accepted
    assert "connector" in order.words
    await city.ring("two")
    assert set(city.starts) == before
    await city.parts.connectors.listener.run_failed(min(before), "The camera gives no picture.")
    assert any("no picture" in words for words in live.warnings)
    await city.fly(8)  # and is started again
    assert not any("no picture" in words for words in live.warnings)


async def test_a_new_process_goes_on_with_the_flights_there_are(city: Dockside) -> None:
    live = await on_scene(city)
    await city.fly(12)
    city.parts.aloft.drop(live)
    await city.parts.flights.begin()
    again = city.live("harbour")
    assert again is not live
    assert again.record == live.record
    assert again.belief.used_wh == pytest.approx(live.belief.used_wh, rel=0.2)
    await city.fly(5)
    assert again.warnings == ()
    await city.parts.controls.send_home(city.people["pia"], again.id)
    await home(city)
    assert again.record.outcome is FlightEnd.HOME


async def test_it_comes_home_when_the_incident_is_closed(city: Dockside) -> None:
    live = await on_scene(city)
    await city.parts.incidents.close(city.people["dana"], live.record.incident_id)
    assert await city.fly(5, until=lambda: live.phase is Phase.RETURNING)
    await home(city)
    assert (await city.entries("drone.return"))[0].details["why"] == "The incident is closed."


async def test_a_landing_that_could_not_be_written_down_is_written_down_a_second_later(
    city: Dockside, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = await on_scene(city, east_m=300, north_m=0)
    failed: list[float] = []
    flew = StoredDrones.flew

    async def once(self: StoredDrones, drone: DroneId, air_s: float, cycles: float) -> None:
        if not failed:
            failed.append(air_s)
            raise OSError("the disk is full")
        await flew(self, drone, air_s, cycles)

    monkeypatch.setattr(StoredDrones, "flew", once)
    await city.parts.controls.send_home(city.people["dana"], live.id)
    await home(city)
    assert len(failed) == 1
    assert (await city.actions()).count("drone.end") == 1
    log = await city.parts.flight_logs.read(city.people["pia"], live.id)
    seconds = (log.points[-1].at - log.points[0].at).total_seconds()
    assert len(log.points) >= 0.8 * seconds
    incident = await city.incident(300, 0)
    await city.parts.dispatch.send(city.people["dana"], incident, None)  # it may fly again


async def test_calls_of_the_agencys_types_are_offered_and_a_pilot_confirms(folder: Path) -> None:
    async with Dockside(folder, drone_types=("Fire",)) as city:
        await city.dock("harbour")
        await city.ring()
        await city.incident(400, 0, "Medical")
        fire = await city.incident(500, 100)
        await city.fly(3)
        whole = await city.parts.docks.whole()
        assert [(offer.incident_id, offer.drone) for offer in whole.offers] == [(fire, "Harbour")]
        other = await city.incident(300, 0)
        await city.fly(3)
        await city.parts.offers.decline(city.people["pia"], other)
        await city.parts.dispatch.send(city.people["pia"], fire, None)
        await city.fly(3)
        whole = await city.parts.docks.whole()
        assert whole.offers == ()
        assert [flight.incident_id for flight in whole.flights] == [fire]
        assert await city.actions("drone.o") == ["drone.offer"] * 2


async def test_a_choice_that_takes_long_offers_once_and_its_fault_leaves_flights_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Dockside(folder, drone_types=("Fire",)) as city:
        await city.dock("harbour")
        await city.ring()
        await city.incident(500, 100)
        choose, going = city.parts.dispatch.choose, asyncio.Event()

        async def slow(*asked: Any) -> Any:
            await going.wait()
            return await choose(*asked)

        monkeypatch.setattr(city.parts.dispatch, "choose", slow)
        looks = [asyncio.create_task(city.parts.flights.look())]
        await asyncio.sleep(0.1)
        city.clock.now += timedelta(seconds=3)
        looks.append(asyncio.create_task(city.parts.flights.look()))
        await asyncio.sleep(0.1)
        going.set()
        await asyncio.gather(*looks)
        assert await city.actions("drone.o") == ["drone.offer"]

        async def fails(*_: Any) -> Any:
            raise RuntimeError("no areas")

        await city.incident(300, 0)
        monkeypatch.setattr(city.parts.dispatch, "choose", fails)
        city.clock.now += timedelta(seconds=3)
        await city.parts.flights.look()
        assert "offering drones failed" in caplog.text


async def test_a_drone_is_not_sent_for_a_pilot_who_has_just_left_or_from_a_retired_dock(
    city: Dockside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city.dock("harbour")
    await city.ring()
    dana, lee, pia = (city.people[name] for name in ("dana", "lee", "pia"))
    incident, dock = await city.incident(400, 0), city.docks["harbour"]
    choose = city.parts.dispatch.choose

    async def and_then(done: Awaitable[Any]) -> str:
        """What is said of a press, when this happens while the drone is being chosen."""

        async def chosen(place: Any) -> Any:
            found = await choose(place)
            await done
            return found

        monkeypatch.setattr(city.parts.dispatch, "choose", chosen)
        with pytest.raises(Refused) as no:
            await city.parts.dispatch.send(dana, incident, None)
        monkeypatch.undo()
        return no.value.words

    assert "Nobody is pilot in command" in await and_then(city.parts.docks.leave(pia, dock))
    await city.parts.docks.watch(pia, dock, 0)
    assert "retired" in await and_then(city.parts.docks.retire(lee, dock))
    assert await city.actions("drone.s") == []


async def test_a_drone_that_does_not_go_is_no_flight(city: Dockside) -> None:
    """It refuses its fence, or its dock's link is dead: whoever sent it reads why, and may send it again."""
    await city.dock("harbour")
    await city.ring()
    dana, incident = city.people["dana"], await city.incident(400, 0)
    pilot = city.drones["harbour"].autopilot
    pilot.gps = False  # it says so itself when it is to be armed
    city.says = lambda _, state: msgspec.structs.replace(
        state, latitude=HERE.latitude, longitude=HERE.longitude
    )
    await city.fly(1)
    with pytest.raises(Refused) as no:
        await city.parts.dispatch.send(dana, incident, None)
    assert no.value.refusal is Refusal.DRONE_REFUSED
    assert "no GPS position" in no.value.words
    (end,) = await city.entries("drone.end")
    assert end.details["outcome"] == "not-launched"
    city.deaf.add("harbour")
    with pytest.raises(Refused) as no:
        await city.parts.dispatch.send(dana, incident, None)
    assert no.value.refusal is Refusal.DRONE_REFUSED
    assert city.phase("harbour") == "none"
    assert city.starts == {}
    city.deaf.clear()
    pilot.gps = True
    city.says = lambda _, state: state
    assert (await on_scene(city, east_m=400, north_m=0)).warnings == ()


async def test_what_is_held_on_its_way_home_is_sent_on_and_a_new_pilot_stays_in_command(
    city: Dockside,
) -> None:
    live = await on_scene(city)
    controls, pia, lee = city.parts.controls, city.people["pia"], city.people["lee"]
    assert (await controls.send_home(pia, live.id)).accepted
    await city.fly(5)
    held = asyncio.create_task(controls.hold(pia, live.id))
    await asyncio.sleep(0)  # the order is on its way
    await controls.command(lee, live.id)
    assert (await held).accepted
    assert live.flight.pilot == lee.id
    assert live.flight.holds
    await city.fly(10)
    at = city.drones["harbour"].body.position
    await city.fly(5)
    assert math.dist(at, city.drones["harbour"].body.position) < 2
    assert (await controls.send_home(lee, live.id)).accepted
    await home(city)
    assert live.record.outcome is FlightEnd.HOME


async def test_return_pressed_again_and_again_keeps_no_drone_from_coming_home(city: Dockside) -> None:
    """Each order has it stop and take up a new way, so a frightened thumb must not give one each second."""
    live = await on_scene(city)
    pressing = 18 * [city.people[name] for name in ("pia", "dana", "lee")]
    for who in pressing:
        if city.phase("harbour") == "none":
            break
        assert (await city.parts.controls.send_home(who, live.id)).accepted
        await city.fly(2)
    assert live.record.outcome is FlightEnd.HOME
    assert len(await city.entries("drone.return")) < 15


async def test_the_first_picture_is_when_an_officer_had_one_that_was_live(city: Dockside) -> None:
    live = await on_scene(city)
    feed, sam, dana = live.record.feeds[0], city.people["sam"], city.people["dana"]

    async def record(action: Action, actor: str) -> datetime:
        await city.fly(2)
        async with city.parts.steps.begin() as step:
            await step.record(action, actor=actor, subject=feed, incident=live.record.incident_id)
        return city.clock.now

    await record(Action.FEED_SUBSCRIBE, dana.id)  # at the desk
    await record(Action.FEED_SUBSCRIBE, sam.id)  # nothing comes yet
    began = await record(Action.FEED_LIVE, live.record.drone_id)
    await record(Action.FEED_SUBSCRIBE, sam.id)
    await city.parts.controls.send_home(city.people["pia"], live.id)
    await home(city)
    assert live.record.picture_at == began


async def test_what_black_and_white_mean_is_known_of_a_thermal_picture_while_it_flies(city: Dockside) -> None:
    await city.dock("harbour")
    await city.ring()
    incident = await city.incident(600, 300)
    await city.parts.dispatch.send(city.people["dana"], incident, None)
    feed = city.live("harbour").record.thermal_feed_id
    assert feed is not None
    for said, known in (((-5.0, 40.0), (-5.0, 40.0)), ((40.0, -5.0), None), ((None, 40.0), None)):
        low, high = said
        city.says = lambda _, state, low=low, high=high: msgspec.structs.replace(  # type: ignore[misc]
            state, aim=Aim(thermal_low_c=low, thermal_high_c=high)
        )
        await city.fly(0.4)
        assert city.parts.aloft.thermal_c(feed) == known
    assert city.parts.aloft.thermal_c(FeedId(new_id("fed"))) is None
