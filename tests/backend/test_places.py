"""Precise places end on the agency's schedule, everywhere they are kept, and the caller is told the day."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from backend.model.docks import Parachute
from backend.model.flight_records import FlightPoint
from backend.model.flights import Phase
from backend.model.ids import IncidentId, LinkId
from backend.model.positions import Point
from backend.model.receipts import shared_for
from backend.model.rungs import Rung, RungChange, RungReason
from backend.services import audit
from backend.store.tables import METADATA
from tests.backend.house import House, Phone, Staff, done
from tests.backend.test_flight_times import _drone, _flown
from tests.backend.test_receipts import ask

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
HERE = {"latitude": 42.32232, "longitude": -83.17631, "accuracy_m": 12.0, "age_ms": 0}
OTHER = {"latitude": 42.34567, "longitude": -83.16789}
PRECISE = ("42.3223", "83.1763", "42.34567", "83.16789")


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def everything(house: House) -> str:
    """All rows of all tables, as text."""
    async with house.parts.store.read() as tx:
        rows = [
            dict(row._mapping)
            for table in METADATA.sorted_tables
            for row in (await tx.places._db.execute(select(table))).all()
        ]
    return str(rows)


async def test_places_become_coarse_everywhere_and_the_log_still_verifies(
    house: House, dana: Staff, lee: Staff
) -> None:
    incident = await dana.open()
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    done(await phone.send("position", HERE))
    await dana.post(
        f"/api/incidents/{incident['id']}/amend", {"position": OTHER, "words": "", "over_caller": True}
    )
    precise = await everything(house)
    assert all(digits in precise for digits in PRECISE)
    assert not any(digits in str(entry.details) for entry in await house.entries() for digits in PRECISE)
    before = (await ask(phone)).json()
    assert (before["places_until"], before["places_days"]) == (None, 30)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    closed = (await dana.get("/api/incidents/closed"))[0]["closed_at"]
    told = (await ask(phone)).json()
    until = datetime.fromisoformat(told["places_until"])
    assert until - datetime.fromisoformat(closed) == timedelta(days=30)
    still_open = await dana.open(position=OTHER)
    house.clock.advance(days=29)
    assert await house.parts.places.look() == 0
    house.clock.advance(days=1, seconds=1)
    assert await house.parts.places.look() == 1
    assert await house.parts.places.look() == 0
    kept = await everything(house)
    assert "42.3223" not in kept
    assert "83.1763" not in kept
    lee = await house.staff("lee")
    view = (await lee.get("/api/incidents/closed"))[0]
    at = view["position"]
    assert (at["latitude"], at["longitude"], at["accuracy_m"]) == (42.35, -83.17, 1000.0)
    assert await lee.get(f"/api/incidents/{incident['id']}/trail") == []
    assert (await lee.see(still_open))["position"]["latitude"] == 42.34567
    (entry,) = await house.entries("incident.coarsen")
    assert (entry.actor, entry.subject, entry.details) == (
        "system",
        incident["id"],
        {"positions": "2", "days": "30"},
    )
    assert (await audit.verify(house.parts.store)).problem is None


async def test_what_was_flown_there_becomes_coarse_too(house: House, dana: Staff, lee: Staff) -> None:
    drone = await _drone(house, lee)
    incident = IncidentId((await dana.open(position=OTHER))["id"])
    door = Point(latitude=42.34567, longitude=-83.16789)
    record = _flown(incident, drone, dana.user.id, AT, AT)
    plan = msgspec.structs.replace(record.plan, place=door, points=(door, door))
    record = msgspec.structs.replace(record, plan=plan)
    above = FlightPoint(
        AT, 1.0, 42.34561, -83.16781, 60.0, 0.0, 0.0, 0.8, 90.0, -45.0, 90.0,
        "hold", True, Parachute.NONE, Phase.ON_SCENE,
    )  # fmt: skip
    async with house.parts.store.begin() as tx:
        await tx.flights.add(record)
        await tx.flights.add_points(record.id, [above])
    await dana.post(f"/api/incidents/{incident}/close")
    house.clock.advance(days=31)
    assert await house.parts.places.look() == 1
    kept = await everything(house)
    assert not any(digits in kept for digits in ("42.3456", "83.1678"))
    async with house.parts.store.read() as tx:
        (point,) = await tx.flights.points(record.id)
        (still,) = await tx.flights.of_incident(incident, 5)
    assert (point.latitude, point.longitude, point.height_m, point.at) == (42.35, -83.17, 60.0, AT)
    assert still.flight.phase is record.flight.phase


def change(after_s: float, rung: Rung, reason: RungReason = RungReason.WORKING) -> RungChange:
    return RungChange(link_id=LinkId("lnk_1"), at=AT + timedelta(seconds=after_s), rung=rung, reason=reason)


def test_a_receipt_says_for_how_long_each_rung_was_shared() -> None:
    changes = [
        change(0, Rung.LIVE, RungReason.STARTING),
        change(5, Rung.LIVE),
        change(65, Rung.POSITION, RungReason.HIDDEN),
        change(75, Rung.LIVE),
        change(85, Rung.STILLS, RungReason.TOO_SLOW),
    ]
    told = shared_for(changes, AT + timedelta(seconds=100))
    assert [(each.rung, each.seconds) for each in told] == [
        (Rung.LIVE, 70),
        (Rung.STILLS, 15),
        (Rung.POSITION, 10),
    ]
    assert shared_for([], AT) == ()
