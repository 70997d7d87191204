"""Docks, pilots on watch, the sky, and what drones say through a dock's connector's real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from backend.config import ConfigError
from backend.model.docks import Parachute
from backend.model.ids import DroneId
from backend.model.refusals import Refused
from media.connector import wire
from media.connector.drone_frames import Chute, DroneReport, DroneState, Hold, Landed, Result
from tests.backend.agents import HERE, Agent, Wire, a_site, soon
from tests.backend.docked import QUAD
from tests.backend.house import WAIT_S, House, Staff, done, no, settings

SHEET = {
    name: getattr(QUAD, name)
    for name in ("name", "cruise_mps", "climb_mps", "descend_mps", "hover_w", "cruise_w", "climb_w")
}
SKY = {
    "wind": {"speed_mps": 4.0, "from_deg": 250.0},
    "gust_mps": 6.0,
    "rain_mmph": 0.0,
    "visibility_m": 9000.0,
    "temperature_c": 12.0,
}


def waiver(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    terms = {"number": "107W-1", "begins": now - timedelta(days=9), "ends": now + timedelta(days=9), **more}
    return {key: at.isoformat() if isinstance(at, datetime) else at for key, at in terms.items()}


def state(**more: Any) -> DroneState:
    """In its dock, all well."""
    said = {
        "drone": "harbour",
        "clock_s": 100.0,
        "latitude": HERE.latitude,
        "longitude": HERE.longitude,
        "height_m": 0.0,
        "ground_mps": 0.0,
        "climb_mps": 0.0,
        "charge": 0.97,
        "landed": Landed.GROUND,
        "chute": Chute.ARMED,
    }
    return DroneState(**{**said, **more})


async def docked(house: House) -> tuple[Any, Agent]:
    """A dock at one of the city's sites, and the connector that speaks to its drone."""
    lee = await house.staff("lee")
    site = await a_site(house, None, "Harbour")
    code = (await lee.post(f"/api/sites/{site.id}/enrolments"))["code"]
    agent = await Agent(house).enrolled(code)
    dock = await lee.post("/api/docks", body(site.id, agent.id))
    return dock, agent


def body(site: str, connector: str, **more: Any) -> dict[str, Any]:
    return {
        "site_id": site,
        "connector_id": connector,
        "name": "Harbour dock",
        "point": msgspec.to_builtins(HERE),
        "roof_m": 12.0,
        "waiver": waiver(),
        "drone": {"called": "harbour", "name": "Harbour 1", "sheet": SHEET, "capacity_wh": 430.0},
        **more,
    }


async def shows(line: Wire, **more: Any) -> None:
    report = DroneReport(name="harbour", label="PX4", system=1, signed=True, remote_id="1581F4", **more)
    await line.say(wire.Drones(drones=(report,)))


async def page(house: House, who: Staff, kind: str) -> dict[str, Any]:
    """The first event of that kind on a page of theirs."""
    where = house.url.replace("http", "ws", 1) + "/api/events"
    headers = {"Cookie": who.cookie}
    async with (
        connect(where, origin=Origin(house.config.origin), additional_headers=headers, proxy=None) as socket,
        asyncio.timeout(WAIT_S),
    ):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event["type"] == kind:
                return event


async def test_a_dock_is_registered_amended_and_retired(any_house: House) -> None:
    house = any_house
    dock, _ = await docked(house)
    assert dock["drone"]["name"] == "Harbour 1"
    assert dock["drone"]["heard_at"] is None
    lee = await house.staff("lee")
    shut = await lee.http.post(f"/api/docks/{dock['id']}/amend", json={"trouble": "Its lid sticks"})
    assert done(shut)["trouble"] == "Its lid sticks"
    opened = await lee.http.post(f"/api/docks/{dock['id']}/amend", json={"trouble": ""})
    assert done(opened)["trouble"] is None
    maintained = await lee.http.post(
        f"/api/drones/{dock['drone']['id']}/maintain", json={"trouble": "A worn propeller", "health": 0.9}
    )
    assert done(maintained)["drone"]["trouble"] == "A worn propeller"
    assert house.parts.drones.stands()[0].drone.battery.health == 0.9
    await lee.delete(f"/api/docks/{dock['id']}")
    assert await lee.get("/api/docks") == []
    assert house.parts.drones.stands() == []
    actions = [entry.action.value for entry in await house.entries()]
    assert [a for a in actions if a.startswith(("dock.", "drone."))] == [
        *("dock.register", "dock.amend", "dock.amend", "drone.maintain", "dock.retire")
    ]


async def test_a_dock_that_cannot_be_is_refused(house: House) -> None:
    _, agent = await docked(house)
    lee = await house.staff("lee")
    site = (await a_site(house, None, "Fire station")).id
    no(await lee.http.post("/api/docks", json=body(site, agent.id)), 422, "bad-dock")
    async with house.parts.store.read() as tx:
        (held,) = await tx.docks.all()
    again = await lee.http.post("/api/docks", json=body(held.site_id, agent.id))
    no(again, 422, "bad-dock")
    assert "has this drone already" in again.json()["detail"]
    bad: list[dict[str, Any]] = [
        {"waiver": waiver(ceiling_m=5)},
        {"waiver": waiver(radius_m=1)},
        {"drone": {"called": "../x", "name": "X", "sheet": SHEET, "capacity_wh": 1.0}},
        {"drone": {"called": "x", "name": "X", "sheet": {**SHEET, "reserve": 0.0}, "capacity_wh": 1.0}},
        {"drone": {"called": "x", "name": "X", "sheet": SHEET, "capacity_wh": 0.0}},
        {"point": {"latitude": 91.0, "longitude": 0.0}},
    ]
    for wrong in bad:
        answer = await lee.http.post("/api/docks", json=body(held.site_id, agent.id, **wrong))
        assert answer.status_code in (400, 422), (wrong, answer.text)
    assert len(await lee.get("/api/docks")) == 1


async def test_a_pilot_is_on_watch_until_their_page_has_gone(house: House) -> None:
    dock, _ = await docked(house)
    pia = await house.staff("pia")
    held = await pia.post(f"/api/docks/{dock['id']}/watch", {"observers": 2})
    assert (held["watch"]["pilot"], held["watch"]["observers"]) == ("Pia Lind", 2)
    (stand,) = house.parts.drones.stands()
    assert (stand.watch.pilot, stand.watch.observers) == (pia.user.id, 2)
    await house.parts.docks.look()
    house.clock.advance(seconds=59)
    await house.parts.docks.look()
    assert house.parts.drones.stands()[0].watch.pilot == pia.user.id
    house.clock.advance(seconds=2)
    await house.parts.docks.look()
    assert house.parts.drones.stands()[0].watch.pilot is None
    await pia.post(f"/api/docks/{dock['id']}/watch", {"observers": 0})
    left = await pia.delete(f"/api/docks/{dock['id']}/watch")
    assert left["watch"] is None
    ended = await house.entries("watch.end")
    assert [entry.actor for entry in ended] == ["system", pia.user.id]
    hangar = await page(house, pia, "hangar")
    assert [each["name"] for each in hangar["docks"]] == ["Harbour dock"]
    sams = await page(house, await house.staff("sam"), "hangar")
    assert sams["docks"] == []


async def test_who_takes_a_watch_while_another_is_found_gone_keeps_it(house: House) -> None:
    dock, _ = await docked(house)
    pia = await house.staff("pia")
    await pia.post(f"/api/docks/{dock['id']}/watch", {"observers": 0})
    await house.parts.docks.look()
    house.clock.advance(seconds=61)
    lee, steps = (await house.staff("lee")).user, house.parts.steps
    begin = steps.begin

    @asynccontextmanager
    async def late() -> AsyncIterator[Any]:
        """Before anything is written, somebody else has the watch."""
        steps.begin = begin  # type: ignore[method-assign]
        await house.parts.docks.watch(lee, dock["id"], 0)
        async with begin() as step:
            yield step

    steps.begin = late  # type: ignore[method-assign]
    await house.parts.docks.look()
    assert house.parts.drones.stands()[0].watch.pilot == lee.id


async def test_what_a_drone_says_reaches_the_map_and_what_cannot_be_does_not(house: House) -> None:
    dock, agent = await docked(house)
    drones, drone = house.parts.drones, DroneId(dock["drone"]["id"])
    dana = await house.staff("dana")
    async with agent.line() as line:
        await shows(line, colour="harbour-colour")
        moved = asyncio.create_task(page(house, dana, "drones-moved"))
        await soon(lambda: house.parts.hub.listeners)
        await line.say(wire.Telemetry(states=(state(),)))
        (at,) = (await moved)["drones"]
        assert (at["id"], at["height_m"], at["charge"], at["in_air"]) == (drone, 12.0, 0.97, False)
        await soon(lambda: drones.heard(drone))
        (stand,) = drones.stands()
        assert stand.drone.docked
        assert stand.drone.parachute is Parachute.ARMED
        wrong: list[dict[str, Any]] = [
            {"latitude": None},
            {"charge": 1.5},
            {"height_m": 90_000.0},
            {"clock_s": None},
            {"drone": "another"},
        ]
        for bad in wrong:
            await line.say(wire.Telemetry(states=(state(**{"charge": 0.5, **bad}),)))
        await soon(lambda: drones.passed.total() == len(wrong))
        heard = drones.heard(drone)
        assert heard is not None
        assert heard.charge == 0.97
        view = (await dana.get("/api/docks"))[0]["drone"]
        assert (view["colour"], view["thermal"], view["remote_id"]) == (True, False, "1581F4")


async def test_an_order_has_one_answer_or_none(house: House) -> None:
    dock, agent = await docked(house)
    drones, drone = house.parts.drones, DroneId(dock["drone"]["id"])
    with pytest.raises(Refused, match="connector-away"):
        await drones.order(drone, Hold())
    async with agent.line() as line:
        await shows(line)
        await soon(lambda: drones.report(drone))
        asked = asyncio.create_task(drones.order(drone, Hold()))
        command = await line.next()
        assert isinstance(command, wire.Command)
        assert (command.drone, command.do) == ("harbour", Hold())
        denied = wire.Answer(
            order=command.order, drone="harbour", result=Result.DENIED, words="Not armed", took_ms=40
        )
        await line.say(denied)
        told = await asked
        assert (told.accepted, told.words, told.took_ms) == (False, "Not armed", 40)
        await line.say(denied)  # again: nobody waits
        await soon(lambda: drones.passed["no-such-order"])
        silent = await drones.order(drone, Hold(), timeout_s=0.05)
        assert silent.result is Result.NO_ANSWER
        gone = asyncio.create_task(drones.order(drone, Hold()))
        await line.next()
        await line.next()
    assert "went away" in (await gone).words


async def test_a_station_says_the_weather_and_whom_it_hears(house: House) -> None:
    await docked(house)
    lee = await house.staff("lee")
    made = await lee.post("/api/agency/devices", {"kind": "station", "name": "Roof"})
    station = house.client({"Authorization": f"Bearer {made['token']}"})
    assert (await station.post("/api/station/weather", json=SKY)).status_code == 204
    told = await lee.get("/api/weather")
    assert told["wind"] == SKY["wind"]
    old = (house.clock() - timedelta(hours=1)).isoformat()
    no(await station.post("/api/station/weather", json={**SKY, "at": old}), 422, "bad-weather")
    ahead = (house.clock() + timedelta(hours=1)).isoformat()
    no(await station.post("/api/station/weather", json={**SKY, "at": ahead}), 422, "bad-weather")
    no(await station.post("/api/station/weather", json={**SKY, "gust_mps": 999}), 422, "bad-weather")
    plane = {
        "name": "N123",
        "point": msgspec.to_builtins(HERE),
        "track_deg": 90,
        "speed_mps": 60,
        "height_m": 300,
    }
    heard = await station.post("/api/station/traffic", json={"aircraft": [plane, {**plane, "age_ms": 900}]})
    assert done(heard) == {"taken": 1}
    assert [a.name for a in house.parts.skies.traffic(house.clock())] == ["N123"]
    house.clock.advance(minutes=1)
    assert house.parts.skies.traffic(house.clock()) == ()
    no(await house.client().post("/api/station/weather", json=SKY), 401, "unknown-grant")
    pia = await house.staff("pia")
    assert (await pia.http.put("/api/weather", json=SKY)).status_code == 204
    assert [entry.actor for entry in await house.entries("weather.set")] == [pia.user.id]


def outline(metres: float) -> list[list[list[float]]]:
    """A square around HERE."""
    d = metres / 111_000
    corners = [(-d, -d), (d, -d), (d, d), (-d, d), (-d, -d)]
    return [[[HERE.longitude + x, HERE.latitude + y] for x, y in corners]]


async def test_areas_that_shut_a_dock_in_are_said_and_a_bad_file_ends_the_start(folder: Path) -> None:
    file = folder / "areas.geojson"
    area = {
        "type": "Feature",
        "properties": {"name": "Stadium", "kind": "keep-out"},
        "geometry": {"type": "Polygon", "coordinates": outline(200)},
    }
    for text in ("", json.dumps({"type": "FeatureCollection", "features": [{**area, "properties": {}}]})):
        file.write_text(text)
        with pytest.raises(ConfigError, match="SIGHTLINE_AIRSPACE"):
            House(settings(folder, airspace=file))
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    async with House(settings(folder, airspace=file)) as house:
        dock, _ = await docked(house)
        assert "stands in the keep-out area Stadium" in dock["trouble"]
        assert house.parts.skies.airspace is None
        dana = await house.staff("dana")
        assert (await dana.http.get("/api/airspace")).json()["features"] == [area]
