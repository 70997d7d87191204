"""What is near an incident: found by the store, decided by the model, as if every camera were looked at."""

import math
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from backend.fittings import open_store
from backend.model.cameras import (
    Call,
    Camera,
    Hours,
    ParticipationLevel,
    Pause,
    Unavailable,
    View,
    why_not,
)
from backend.model.ids import ConnectorId, SiteId, new_id
from backend.model.incidents import Incident
from backend.model.lending import Nearby, NearbyCamera, Offer
from backend.model.openings import Answer
from backend.model.positions import Position, PositionSource, bearing_deg, distance_m
from backend.services import nearby
from backend.store.cameras import row
from backend.store.store import Store
from backend.store.tables import asks, cameras, sources
from tests.backend.house import House, Staff, no, settings
from tests.backend.lending import (
    HERE,
    NOW,
    a_camera,
    a_site,
    camera_of,
    connector_at,
    metres_from,
    owner,
    site_of,
)

ZONE = ZoneInfo("America/New_York")
AT = Position(
    latitude=HERE.latitude, longitude=HERE.longitude, accuracy_m=5, at=NOW, source=PositionSource.CALLER
)


class Town:
    """A store with one city site, a connector there, and somebody whose incident it is."""

    def __init__(self, store: Store, site: str, connector: ConnectorId, user: str) -> None:
        self.store, self.site, self.connector, self.user = store, site, connector, user

    async def add(self, *more: dict[str, Any]) -> list[Camera]:
        bound = {"connector_id": self.connector, "source": "door"}
        made = [a_camera(SiteId(self.site), **{**bound, **given}) for given in more]
        async with self.store.begin() as tx:
            for camera in made:
                await tx.cameras.add(camera)
        return made

    async def around(self, **more: Any) -> Nearby:
        incident = await self.incident(**more)
        async with self.store.read() as tx:
            return await nearby.around(tx, incident, NOW, zone=ZONE, connected=lambda c: c == self.connector)

    async def incident(self, **more: Any) -> Incident:
        return Incident(
            **{
                "id": new_id("inc"),
                "type": "Fire",
                "words": "",
                "opened_at": NOW,
                "opened_by": self.user,
                "position": AT,
                **more,
            }
        )


@pytest.fixture
async def town(folder: Path, database_url: str) -> AsyncIterator[Town]:
    store = open_store(settings(folder, database_url=database_url))
    site = a_site()
    async with store.begin() as tx:
        await tx.sites.add(site)
        user = (await tx.users.all())[0].id
    connector = await connector_at(store, site.id, "door", "broken")
    yield Town(store, site.id, ConnectorId(connector), user)
    await store.close()


def by_name(found: Nearby) -> dict[str, NearbyCamera]:
    return {camera.name: camera for camera in found.cameras}


async def test_each_camera_is_offered_or_says_why_not(town: Town) -> None:
    level = ParticipationLevel
    night = Hours(from_min=22 * 60, to_min=6 * 60)  # it is seven in the morning there
    await town.add(
        {"name": "open"},
        {"name": "ask", "level": level.ASK},
        {"name": "registry", "level": level.REGISTRY},
        {"name": "own", "level": level.OWN_CALLS},
        {"name": "night", "hours": night},
        {"name": "paused", "pause": Pause(since=NOW, until=NOW + timedelta(hours=1))},
        {"name": "resumed", "pause": Pause(since=NOW, until=NOW)},
        {"name": "far", "point": metres_from(HERE, 300, 0), "radius_m": 200},
        {"name": "near enough", "point": metres_from(HERE, 300, 0), "radius_m": 500},
        {"name": "unbound", "connector_id": None, "source": None},
        {"name": "retired", "retired_at": NOW},
        {"name": "beyond", "point": metres_from(HERE, 1010, 0), "radius_m": 1000},
    )
    found = by_name(await town.around())
    assert {name: (camera.offer, camera.why) for name, camera in found.items()} == {
        "open": (Offer.OPEN, None),
        "resumed": (Offer.OPEN, None),
        "near enough": (Offer.OPEN, None),
        "ask": (Offer.ASK, None),
        "registry": (Offer.NO, Unavailable.REGISTRY_ONLY),
        "own": (Offer.NO, Unavailable.NOT_OWN_CALL),
        "night": (Offer.NO, Unavailable.OUT_OF_HOURS),
        "paused": (Offer.NO, Unavailable.PAUSED),
        "far": (Offer.NO, Unavailable.TOO_FAR),
        "unbound": (Offer.NO, Unavailable.CONNECTOR_AWAY),
    }


async def test_a_connector_that_is_away_and_a_camera_in_trouble_say_so(town: Town) -> None:
    away = await connector_at(town.store, town.site, "door")
    await town.add(
        {"name": "away", "connector_id": away}, {"name": "trouble", "source": "broken"}, {"name": "fine"}
    )
    async with town.store.begin() as tx:
        await tx.cameras._db.execute(
            sources.update().where(sources.c.name == "broken").values(trouble="It wants a password.")
        )
    found = by_name(await town.around())
    assert found["away"].why is Unavailable.CONNECTOR_AWAY
    assert found["trouble"].why is Unavailable.CAMERA_TROUBLE
    assert found["fine"].offer is Offer.OPEN


@pytest.mark.parametrize(
    ("answer", "left_s", "offer", "why"),
    [
        (None, 30, Offer.ASKING, None),
        (None, 0, Offer.NO, Unavailable.UNANSWERED),
        (Answer.ALLOWED, 0, Offer.OPEN, None),
        (Answer.REFUSED, 30, Offer.NO, Unavailable.REFUSED),
        (Answer.UNANSWERED, 0, Offer.NO, Unavailable.UNANSWERED),
    ],
)
async def test_what_the_owner_said_is_what_is_offered(
    town: Town, answer: Answer | None, left_s: int, offer: Offer, why: Unavailable | None
) -> None:
    (camera,) = await town.add({"level": ParticipationLevel.ASK})
    incident = await town.incident()
    async with town.store.begin() as tx:
        await tx.incidents.add(incident)
        values = {
            "id": new_id("ask"),
            "camera_id": camera.id,
            "incident_id": incident.id,
            "asked_by": town.user,
            "reason": "see-scene",
            "asked_at": NOW,
            "expires_at": NOW + timedelta(seconds=left_s),
            "answer": answer.value if answer else None,
        }
        if "reach" in asks.c:
            values["reach"] = "push"
        await tx.cameras._db.execute(insert(asks).values(**values))
    found = (await town.around(id=incident.id)).cameras
    assert [(held.offer, held.why) for held in found] == [(offer, why)]
    async with town.store.read() as tx:
        alone = await nearby.one(
            tx, incident, camera.id, NOW, zone=ZONE, connected=lambda c: c == town.connector
        )
    assert alone == found[0]


async def test_a_sites_own_call_brings_its_cameras_wherever_it_is_said_to_be(town: Town) -> None:
    shop = a_site()
    async with town.store.begin() as tx:
        await tx.sites.add(shop)
        for name, level in (("shop", "own-calls"), ("shop ask", "ask"), ("shop registry", "registry")):
            await tx.cameras.add(
                a_camera(
                    shop.id,
                    name=name,
                    level=ParticipationLevel(level),
                    point=metres_from(HERE, 5000, 0),
                    connector_id=town.connector,
                    source="door",
                )
            )
    await town.add({"name": "street"})
    found = await town.around(site_id=shop.id)
    told = [(camera.name, camera.own, camera.offer) for camera in found.cameras]
    assert sorted(told[:2]) == [("shop", True, Offer.OPEN), ("shop ask", True, Offer.ASK)]
    assert told[2:] == [("street", False, Offer.OPEN), ("shop registry", True, Offer.NO)]
    placeless = await town.around(site_id=shop.id, position=None)
    assert {camera.name for camera in placeless.cameras} == {"shop", "shop ask", "shop registry"}
    assert {camera.distance_m for camera in placeless.cameras} == {None}
    assert await town.around(position=None) == Nearby(cameras=(), more=0)


async def test_nearer_is_first_and_looking_away_counts_as_twice_as_far(town: Town) -> None:
    north = View(heading_deg=0.0)
    await town.add(
        {"name": "20 away", "point": metres_from(HERE, 20, 0), "view": north},
        {"name": "30 towards", "point": metres_from(HERE, -30, 0), "view": north},
        {"name": "50 towards", "point": metres_from(HERE, -50, 0), "view": north},
        {"name": "100 towards", "point": metres_from(HERE, -100, 0), "view": north},
        {"name": "60 away", "point": metres_from(HERE, 60, 0), "view": north},
        {"name": "10 registry", "point": metres_from(HERE, 10, 0), "level": ParticipationLevel.REGISTRY},
    )
    found = await town.around()
    assert [camera.name for camera in found.cameras] == [
        *("30 towards", "20 away", "50 towards", "100 towards", "60 away"),
        "10 registry",
    ]
    assert [camera.looks for camera in found.cameras][:2] == [True, False]


async def test_a_camera_that_moves_or_is_taken_away_is_found_anew(town: Town) -> None:
    (camera,) = await town.add({"name": "mobile"})
    for change, shown in (
        ({"point": metres_from(HERE, 5000, 0)}, 0),
        ({"point": HERE}, 1),
        ({"level": ParticipationLevel.REGISTRY}, 1),
        ({"retired_at": NOW}, 0),
    ):
        camera = msgspec.structs.replace(camera, **change)
        async with town.store.begin() as tx:
            await tx.cameras.change(camera)
        assert len((await town.around()).cameras) == shown


def someone(dice: random.Random, site: str, connector: str, spread_m: float) -> Camera:
    """A camera as one may be, anywhere around."""
    return a_camera(
        SiteId(site),
        point=metres_from(HERE, dice.gauss(0, spread_m), dice.gauss(0, spread_m)),
        level=dice.choice(list(ParticipationLevel)),
        radius_m=dice.choice([50, 200, 500, 1000]),
        hours=dice.choice([Hours(), Hours(from_min=0, to_min=360), Hours(days=4, from_min=300, to_min=900)]),
        pause=dice.choice([None, None, Pause(since=NOW, until=None)]),
        view=View(heading_deg=dice.choice([None, dice.uniform(0, 360)]), field_deg=dice.uniform(20, 160)),
        connector_id=dice.choice([connector, connector, None]),
        source="door",
    )


def expected(camera: Camera, connected: str) -> tuple[bool, float, str]:
    """Where it stands in the order: refused or not, rank, id. By looking at this camera alone."""
    metres = distance_m(camera.point, AT)
    local = NOW.astimezone(ZONE)
    refused = why_not(camera, Call(own=False, distance_m=metres), NOW, local) is not None
    looks = camera.view.looks_towards(bearing_deg(camera.point, AT), metres)
    return refused or camera.connector_id != connected, metres if looks else 2 * metres, camera.id


ON_EITHER = [(30, 300, 0), (400, 600, 1), (1500, 60, 2)]
MORE = [
    (count, spread_m, seed)
    for seed in range(3)
    for count, spread_m in ((30, 300), (150, 600), (400, 600), (1500, 300), (1500, 60))
    if (count, spread_m, seed) not in ON_EITHER
]


@pytest.mark.parametrize(
    ("database_url", "count", "spread_m", "seed"),
    [
        *(("sqlite", *crowd) for crowd in (*ON_EITHER, *MORE)),
        *(("postgresql", *crowd) for crowd in ON_EITHER),
    ],
    indirect=["database_url"],
)
async def test_the_best_forty_are_those_that_looking_at_every_camera_finds(
    folder: Path, database_url: str, seed: int, count: int, spread_m: float
) -> None:
    store = open_store(settings(folder, database_url=database_url))
    site, dice = a_site(), random.Random(seed)
    async with store.begin() as tx:
        await tx.sites.add(site)
        user = (await tx.users.all())[0].id
    connector = await connector_at(store, site.id, "door")
    everything = [someone(dice, site.id, connector, spread_m) for _ in range(count)]
    async with store.begin() as tx:
        await tx.cameras._db.execute(insert(cameras), [row(camera) for camera in everything])
    found = await Town(store, site.id, ConnectorId(connector), user).around()
    await store.close()
    near = sorted((c for c in everything if metres(c) <= 1000), key=metres)
    openable = [camera for camera in near if not expected(camera, connector)[0]]
    shut = [camera for camera in near if expected(camera, connector)[0]]
    looked_at = [camera for camera in near if metres(camera) <= camera.reach_m][:90]
    if len(set_of(looked_at) & set_of(openable)) >= 40:  # those further away do not compete
        openable = [camera for camera in openable if camera in looked_at]
    left = max(0, 40 - len(openable))
    wanted = [*openable, *(shut[:left] if len(near) > 40 else shut)]
    best = sorted(expected(camera, connector) for camera in wanted)[:40]
    assert len(found.cameras) == min(40, len(near))
    shown = [camera for camera in found.cameras if camera.offer is not Offer.NO]
    assert [camera.camera_id for camera in shown] == [name for refused, _, name in best if not refused]
    assert [expected(by_id(everything, c.camera_id), connector) for c in found.cameras] == sorted(
        expected(by_id(everything, c.camera_id), connector) for c in found.cameras
    )
    refused = {camera.camera_id for camera in found.cameras} - {camera.camera_id for camera in shown}
    assert refused <= set_of(shut[:40])
    at_least, at_most = (sum(metres(c) <= edge for c in everything) for edge in (998, 1002))
    assert max(0, min(at_least, nearby.COUNTED) - 40) <= found.more
    assert found.more <= max(0, min(at_most, nearby.COUNTED) - 40)


async def looked_at(town: Town) -> int:
    """How much SQLite has to do for the answer, in hundreds of its instructions."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    incident = await town.incident()
    async with town.store.read() as tx:
        driver: Any = (await tx.around._db.get_raw_connection()).driver_connection
        await driver.set_progress_handler(step, 100)
        await nearby.around(tx, incident, NOW, zone=ZONE, connected=lambda c: c == town.connector)
        await driver.set_progress_handler(None, 100)
    return steps


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_where_enough_may_be_opened_what_stands_further_off_is_not_looked_at(town: Town) -> None:
    dice, bound = random.Random(4), {"connector_id": town.connector, "source": "door"}

    async def ring(count: int, from_m: float, to_m: float) -> None:
        made = []
        for _ in range(count):
            turn, far = dice.uniform(0, math.tau), dice.uniform(from_m, to_m)
            point = metres_from(HERE, far * math.cos(turn), far * math.sin(turn))
            made.append(row(a_camera(SiteId(town.site), point=point, radius_m=1000, **bound)))
        async with town.store.begin() as tx:
            await tx.cameras._db.execute(insert(cameras), made)

    await ring(120, 0, 100)
    await ring(600, 600, 900)  # `more` has counted enough then
    before = await looked_at(town)
    await ring(6000, 600, 900)
    assert await looked_at(town) < 1.2 * before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_however_many_stand_in_one_place_so_many_are_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.store.around.MOST_LOOKED_AT", 600)
    bound = {"connector_id": town.connector, "source": "door"}

    async def crowd(count: int) -> None:
        made = [row(a_camera(SiteId(town.site), radius_m=1000, **bound)) for _ in range(count)]
        async with town.store.begin() as tx:
            await tx.cameras._db.execute(insert(cameras), made)

    await crowd(700)
    before = await looked_at(town)
    await crowd(6000)
    assert await looked_at(town) < 1.2 * before
    assert len((await town.around()).cameras) == 40


def metres(camera: Camera) -> float:
    return distance_m(camera.point, AT)


def set_of(held: list[Camera]) -> set[str]:
    return {camera.id for camera in held}


def by_id(held: list[Camera], camera_id: str) -> Camera:
    return next(camera for camera in held if camera.id == camera_id)


# The rules themselves.


@given(st.integers(1, 127), st.integers(0, 1439), st.integers(0, 1440), st.integers(0, 7 * 24 * 60 - 1))
def test_hours_are_open_in_exactly_the_minutes_that_they_say(
    days: int, start: int, end: int, minute: int
) -> None:
    hours = Hours(days=days, from_min=start, to_min=end)
    length = end - start if end > start else end - start + 24 * 60
    opened = {
        (day * 24 * 60 + start + at) % (7 * 24 * 60)
        for day in range(7)
        if days >> day & 1
        for at in range(length)
    }
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert hours.open_at(monday + timedelta(minutes=minute)) is (minute in opened)


@given(st.floats(0, 360), st.floats(1, 360), st.floats(0, 360), st.floats(16, 1000))
def test_a_camera_looks_where_its_picture_is(
    heading: float, field: float, bearing: float, far: float
) -> None:
    turn = math.radians(bearing - heading)
    off = math.degrees(abs(math.atan2(math.sin(turn), math.cos(turn))))
    edge = field / 2 + 10
    if abs(off - edge) > 1e-6:
        assert View(heading_deg=heading, field_deg=field).looks_towards(bearing, far) is (off < edge)


# Over HTTP.


async def test_staff_ask_what_is_near_and_officers_only_for_their_own(
    house: House, dana: Staff, sam: Staff
) -> None:
    rosa = await owner(house, "rosa")
    camera = await camera_of(rosa, await site_of(rosa))
    place = {"latitude": HERE.latitude, "longitude": HERE.longitude}
    incident = await dana.open(position=place)
    path = f"/api/incidents/{incident['id']}/nearby"
    found = await dana.get(path)
    assert [(held["camera_id"], held["site"], held["why"]) for held in found["cameras"]] == [
        (camera["id"], "Bakery", "registry-only")
    ]
    no(await sam.http.get(path), 403, "not-assigned")
    no(await rosa.http.get(path), 403, "wrong-role")
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    assert await sam.get(path) == found


async def test_staff_are_told_when_what_is_near_changes_and_owners_are_not(house: House, dana: Staff) -> None:
    rosa = await owner(house, "rosa")
    place = {"latitude": HERE.latitude, "longitude": HERE.longitude}
    near, far = await dana.open(position=place), await dana.open(position={**place, "latitude": 10.0})
    camera = await camera_of(rosa, await site_of(rosa))
    async with dana.socket() as socket:
        await rosa.post(f"/api/cameras/{camera['id']}/amend", {"level": "nearby"})
        told = [event for event in await socket.told(house) if event["type"] == "nearby"]
    assert [event["incident_id"] for event in told] == [near["id"]]
    assert far["id"] not in str(told)
