"""How fast drones came, on the public page: the median and nine of ten, never of fewer than five."""

from datetime import datetime, timedelta
from typing import Any

from backend.model.airframes import Battery
from backend.model.docks import Waiver
from backend.model.fleet import FleetDock, FleetDrone
from backend.model.flight_records import FlightEnd, FlightPlan, FlightRecord
from backend.model.flights import Flight, Phase
from backend.model.ids import ConnectorId, DockId, DroneId, FlightId, IncidentId, UserId, new_id
from tests.backend.agents import HERE, Agent, a_site
from tests.backend.disclosing import late
from tests.backend.docked import QUAD
from tests.backend.house import House
from tests.backend.lent import Lent
from tests.backend.test_transparency import _one_more, figures, seen


async def test_drones_times_are_published_of_five_emergencies_or_more(house: House, lent: Lent) -> None:
    drone = await _drone(house, await house.staff("lee"))
    for number, launch_s in enumerate((20, 30, 40, 50, 60)):
        dana = await house.staff("dana")
        incident = IncidentId((await dana.open())["id"])
        opened = house.clock()
        async with house.parts.store.begin() as tx:
            for later_s in (0, 600):  # the second to be sent counts for nothing
                launched = opened + timedelta(seconds=launch_s + later_s)
                await tx.flights.add(_flown(incident, drone, dana.user.id, opened, launched))
        await dana.post(f"/api/incidents/{incident}/close")
        if number == 3:
            late(house)
            await _one_more(house, lent)
            four = (await figures(house))["drones"]
            assert four[0] == {"name": "launch", "median_s": None, "p90_s": None, "measured": 4}
    late(house)
    await _one_more(house, lent)
    launch, scene, picture = (await figures(house))["drones"]
    assert launch["measured"] == 5
    assert 40 <= launch["median_s"] < 43
    assert 56 <= launch["p90_s"] < 59
    assert (scene["median_s"], scene["p90_s"]) == (75, 75)
    assert picture == {"name": "picture", "median_s": None, "p90_s": None, "measured": 0}
    page = (await seen(house)).text
    assert "How fast drones came" in page
    assert "Nine of ten within" in page


async def _drone(house: House, lee: Any) -> FleetDrone:
    site = await a_site(house, None, "Harbour")
    code = (await lee.post(f"/api/sites/{site.id}/enrolments"))["code"]
    agent = await Agent(house).enrolled(code)
    now = house.clock()
    dock = FleetDock(
        id=DockId(new_id("dck")),
        site_id=site.id,
        connector_id=ConnectorId(agent.id),
        name="Harbour dock",
        point=HERE,
        waiver=Waiver(number="1", begins=now - timedelta(days=1), ends=now + timedelta(days=1)),
        added_at=now,
    )
    drone = FleetDrone(
        id=DroneId(new_id("drn")),
        dock_id=dock.id,
        called="harbour",
        name="Harbour 1",
        airframe=QUAD,
        capacity_wh=430,
        added_at=now,
    )
    async with house.parts.store.begin() as tx:
        await tx.docks.add(dock)
        await tx.drones.add(drone)
    return drone


def _flown(
    incident: IncidentId, drone: FleetDrone, pilot: UserId, pressed: datetime, launched: datetime
) -> FlightRecord:
    flight = Flight(
        id=FlightId(new_id("flt")),
        dock_id=drone.dock_id,
        drone_id=drone.id,
        incident_id=incident,
        pilot=pilot,
        launched_at=pressed,
        phase=Phase.LANDED,
        since=launched,
    )
    plan = FlightPlan(
        place=HERE,
        points=(HERE, HERE),
        height_m=60,
        away_m=0,
        to_scene_s=60,
        home_wh=10,
        battery=Battery(capacity_wh=430, charge=1),
    )
    return FlightRecord(
        flight=flight,
        plan=plan,
        sent_by=pilot,
        pressed_at=launched - timedelta(seconds=5),
        airborne_at=launched,
        on_scene_at=launched + timedelta(seconds=75),
        ended_at=launched + timedelta(seconds=300),
        outcome=FlightEnd.HOME,
    )
