"""Duty, statuses and positions of units: what each press changes, and what comes late, twice or wrong."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.model import responses as rules
from backend.model.ids import IncidentId, ResponseId, UnitId, new_id
from backend.model.positions import Position, PositionSource
from backend.model.responses import Response, Status
from backend.model.tracks import AGREE, Doubt, Track, judge
from tests.backend.house import House, Socket, Staff, done, no

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HERE = {"latitude": 42.3223, "longitude": -83.1763, "accuracy_m": 5.0}
REPORT = "/api/units/mine/position"


def press_id() -> str:
    return new_id("prs")


async def unit_named(who: Staff, call_sign: str) -> Any:
    async with who.socket() as socket:
        return next(unit for unit in socket.snapshot["units"] if unit["call_sign"] == call_sign)


async def sent(dana: Staff, *call_signs: str) -> Any:
    """An incident that these units are dispatched to."""
    incident = await dana.open()
    for call_sign in call_signs:
        unit = await unit_named(dana, call_sign)
        incident = await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit["id"]})
    return incident


async def press(who: Staff, response: Any, status: str, **more: Any) -> Any:
    body = {"press": press_id(), "status": status, **more}
    return done(await who.http.post(f"/api/responses/{response['id']}/press", json=body))


def is_duty(event: Any) -> bool:
    return bool(event["type"] == "snapshot")


# Duty


async def test_signing_off_ends_what_was_seen_and_forgets_where_the_unit_was(any_house: House) -> None:
    dana, sam = await any_house.staff("dana"), await any_house.staff("sam")
    incident = await sent(dana, "Unit 12")
    await sam.post(REPORT, HERE)
    await any_house.parts.units.look()
    assert (await unit_named(dana, "Unit 12"))["position"]["source"] == "unit"
    async with sam.socket() as socket:
        assert [view["id"] for view in socket.snapshot["incidents"]] == [incident["id"]]
        await sam.delete("/api/duty")
        after = await socket.until(is_duty)
        assert after["incidents"] == []
        assert after["duty"]["end"] == "signed-off"
    unit = await unit_named(dana, "Unit 12")
    assert unit["position"] is None
    assert unit["crew"] == []
    no(await sam.http.get(f"/api/incidents/{incident['id']}/entries"), 403, "not-assigned")
    no(await sam.http.post(REPORT, json=HERE), 403, "no-unit")
    assert (await any_house.entries("unit.sign-off"))[-1].details["end"] == "signed-off"


async def test_a_position_that_waits_to_be_written_is_forgotten_at_sign_off_too(house: House) -> None:
    dana, sam = await house.staff("dana"), await house.staff("sam")
    await sam.post(REPORT, HERE)
    await sam.delete("/api/duty")
    await house.parts.units.look()
    assert (await unit_named(dana, "Unit 12"))["position"] is None


async def test_taking_over_is_said_to_both_and_joining_to_nobody(any_house: House) -> None:
    sam, kim = await any_house.staff("sam"), await any_house.staff("kim")
    unit = await unit_named(kim, "Unit 12")
    body = {"unit_id": unit["id"]}
    refused = no(await kim.http.post("/api/duty", json=body), 409, "unit-taken")
    assert refused["detail"] == "Sam Ortiz is on duty in Unit 12."
    joined = await kim.post("/api/duty", {**body, "crew": "join"})
    assert joined["over"] == []
    assert [one["name"] for one in (await unit_named(kim, "Unit 12"))["crew"]] == ["Sam Ortiz", "Kim Novak"]
    assert (await unit_named(kim, "Unit 7"))["crew"] == []  # where she was before
    async with sam.socket() as socket:
        taken = await kim.post("/api/duty", {**body, "crew": "take-over"})
        assert taken["over"] == ["Sam Ortiz"]
        told = (await socket.until(is_duty))["duty"]
    assert (told["end"], told["by"]) == ("taken-over", "Kim Novak")
    assert [one["name"] for one in (await unit_named(kim, "Unit 12"))["crew"]] == ["Kim Novak"]


async def test_the_last_session_ends_the_duty(house: House) -> None:
    first, second = await house.staff("sam"), await house.staff("sam")
    await first.delete("/api/session")
    assert (await unit_named(second, "Unit 12"))["crew"] != []
    await second.delete("/api/session")
    assert (await unit_named(await house.staff("dana"), "Unit 12"))["crew"] == []
    assert (await house.entries("unit.sign-off"))[-1].details["end"] == "signed-out"


# Statuses


async def test_statuses_are_told_live_and_a_clear_unit_sees_nothing_more(any_house: House) -> None:
    dana, sam, kim = [await any_house.staff(name) for name in ("dana", "sam", "kim")]
    incident = await sent(dana, "Unit 12", "Unit 7")
    units = [unit["id"] for unit in (await unit_named(dana, "Unit 12"), await unit_named(dana, "Unit 7"))]
    assert [held["unit_id"] for held in incident["responses"]] == units
    mine, hers = incident["responses"]
    async with dana.socket() as desk, sam.socket() as phone:
        await press(sam, mine, "en-route")
        assert await statuses(desk) == ["en-route", "dispatched"]
        await press(kim, hers, "on-scene")
        assert await statuses(desk) == ["en-route", "on-scene"]
        await press(dana, mine, "on-scene")  # said by radio
        assert await statuses(desk) == ["on-scene", "on-scene"]
        await press(sam, mine, "clear")
        assert await statuses(desk) == ["on-scene"]
        await phone.until(lambda event: event["type"] == "incident-hidden")
    no(
        await kim.http.post(
            f"/api/responses/{mine['id']}/press", json={"press": press_id(), "status": "clear"}
        ),
        *(403, "not-assigned"),
    )
    entries = [entry for entry in await any_house.entries("unit.status") if entry.refusal is None]
    assert [entry.details["status"] for entry in entries] == ["en-route", "on-scene", "on-scene", "clear"]


async def statuses(desk: Socket) -> list[str]:
    event = await desk.until(lambda event: event["type"] == "incident")
    return [held["status"] for held in event["incident"]["responses"]]


async def test_a_replayed_press_changes_nothing_and_leaves_no_entry(any_house: House) -> None:
    dana, sam = await any_house.staff("dana"), await any_house.staff("sam")
    incident = await sent(dana, "Unit 12")
    (response,) = incident["responses"]
    path, body = f"/api/responses/{response['id']}/press", {"press": press_id(), "status": "en-route"}
    first = await sam.post(path, body)
    assert [await sam.post(path, body) for _ in range(3)] == [first] * 3
    await dana.delete(f"/api/incidents/{incident['id']}/units/{response['unit_id']}")
    again = await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": response["unit_id"]})
    await sam.post(path, body)  # of the time before: the new dispatch has not begun
    await sam.post(path, {"press": press_id(), "status": "on-scene"})
    assert [held["status"] for held in (await sam.see(again))["responses"]] == ["dispatched"]
    assert len(await any_house.entries("unit.status")) == 1


async def test_a_press_counts_from_when_it_was_pressed_whatever_the_phones_clock_says(house: House) -> None:
    dana, sam = await house.staff("dana"), await house.staff("sam")
    (response,) = (await sent(dana, "Unit 12"))["responses"]
    house.clock.advance(minutes=10)
    late = await press(sam, response, "on-scene", age_ms=240_000)  # out of a tunnel
    waited = _at(late["on_scene_at"]) - _at(response["dispatched_at"])
    assert timedelta(minutes=5) < waited < timedelta(minutes=7)
    early = await press(sam, response, "en-route", age_ms=480_000)  # and what was pressed before it
    assert early["status"] == "on-scene"
    assert _at(early["en_route_at"]) < _at(late["on_scene_at"])
    (entry, _) = await house.entries("unit.status")
    assert entry.details["late_s"] == "240"
    for nonsense in (-1, 86_400_001, "soon"):
        reply = await sam.http.post(
            f"/api/responses/{response['id']}/press",
            json={"press": press_id(), "status": "clear", "age_ms": nonsense},
        )
        assert reply.status_code == 400


async def test_a_press_by_mistake_is_taken_back_and_the_log_keeps_both(any_house: House) -> None:
    house = any_house
    dana, sam = await house.staff("dana"), await house.staff("sam")
    incident = await sent(dana, "Unit 12")
    (response,) = incident["responses"]
    path = f"/api/responses/{response['id']}"
    first, wrong, clear = press_id(), press_id(), press_id()
    await sam.post(f"{path}/press", {"press": first, "status": "en-route"})
    there = await sam.post(f"{path}/press", {"press": wrong, "status": "on-scene"})
    assert there["status"] == "on-scene"
    async with dana.socket() as desk:
        assert (await sam.post(f"{path}/undo", {"press": wrong}))["status"] == "en-route"
        assert await statuses(desk) == ["en-route"]
    assert (await sam.post(f"{path}/undo", {"press": wrong}))["status"] == "en-route"  # again
    replayed = {"press": wrong, "status": "on-scene"}
    assert (await sam.post(f"{path}/press", replayed))["status"] == "en-route"
    no(await dana.http.post(f"{path}/undo", json={"press": first}), 404, "not-found")  # not her press

    await sam.post(f"{path}/press", {"press": clear, "status": "clear"})
    async with sam.socket() as phone:
        assert phone.snapshot["incidents"] == []
        await sam.post(f"{path}/undo", {"press": clear})
        event = await phone.until(lambda event: event["type"] == "incident")
        assert event["incident"]["responses"][0]["status"] == "en-route"
    house.clock.advance(seconds=61)
    no(await sam.http.post(f"{path}/undo", json={"press": first}), 410, "press-over")
    said = [
        (entry.action.value, entry.details["status"])
        for entry in await house.entries()
        if entry.action.value in ("unit.status", "unit.undo") and entry.refusal is None
    ]
    assert said == [
        ("unit.status", "en-route"),
        ("unit.status", "on-scene"),
        ("unit.undo", "on-scene"),
        ("unit.status", "clear"),
        ("unit.undo", "clear"),
    ]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def a_response(**more: Any) -> Response:
    return Response(
        id=ResponseId("rsp_1"),
        incident_id=IncidentId("inc_1"),
        unit_id=UnitId("unt_1"),
        dispatched_at=NOW,
        **more,
    )


def test_a_phone_whose_clock_is_wrong_by_a_day_is_believed_nothing() -> None:
    later = NOW + timedelta(minutes=8)
    assert rules.moment(a_response(), timedelta(days=1), later) == later
    assert rules.moment(a_response(), None, later) == later
    assert rules.moment(a_response(), timedelta(minutes=8, seconds=3), later) == NOW


@given(
    st.lists(st.tuples(st.sampled_from([Status.EN_ROUTE, Status.ON_SCENE]), st.integers(0, 60)), max_size=4)
)
def test_the_order_in_which_presses_come_changes_nothing(presses: list[tuple[Status, int]]) -> None:
    found = set()
    for order in itertools.permutations(presses):
        response = a_response()
        for status, minute in order:
            response = rules.pressed(response, status, NOW + timedelta(minutes=minute))
        found.add((response.en_route_at, response.on_scene_at, response.status))
    assert len(found) == 1


# Positions


def at(seconds: float, metres_north: float = 0, source: PositionSource = PositionSource.UNIT) -> Position:
    return Position(
        latitude=42.3223 + metres_north / 111_195,
        longitude=-83.1763,
        accuracy_m=5,
        at=NOW + timedelta(seconds=seconds),
        source=source,
    )


@pytest.mark.parametrize(
    ("report", "doubt"),
    [
        (at(1, 30), None),
        (at(1, 8_000_000), Doubt.JUMP),
        (at(-1), Doubt.OVERTAKEN),
        (at(-200), Doubt.STALE),
        (at(30), Doubt.FUTURE),
        (at(2, source=PositionSource.LOCATOR), Doubt.PHONE_LEADS),
    ],
)
def test_a_report_is_judged_by_what_is_known(report: Position, doubt: Doubt | None) -> None:
    track, said = judge(Track(at=at(0)), report, NOW + timedelta(seconds=3))
    assert said is doubt
    assert track.at == (at(0) if doubt else report)


def test_reports_that_agree_with_each_other_end_a_doubt() -> None:
    """A receiver that woke up on another continent and found home again must not be lost for ever."""
    track = Track(at=at(0))
    for second in range(1, AGREE + 1):
        track, doubt = judge(track, at(second, 8_000_000 + 20 * second), NOW + timedelta(seconds=second))
        assert (doubt is None) == (second == AGREE)
    jumping = Track(at=at(0))
    for second in range(1, 10):  # all over the place: none of it is believed
        jumping, doubt = judge(jumping, at(second, 500_000 * second), NOW + timedelta(seconds=second))
        assert doubt is Doubt.JUMP
        assert len(jumping.doubted) < AGREE


async def test_bad_positions_are_refused_with_what_to_do(house: House) -> None:
    sam = await house.staff("sam")
    await sam.post(REPORT, HERE)
    far = {**HERE, "latitude": -33.9}
    assert "that fast" in no(await sam.http.post(REPORT, json=far), 422, "bad-position")["detail"]
    old = {**HERE, "age_ms": 600_000}
    assert "too old" in no(await sam.http.post(REPORT, json=old), 422, "bad-position")["detail"]
    no(await sam.http.post(REPORT, json=HERE), 429, "too-often")


async def test_ten_thousand_units_at_once_are_few_transactions_and_few_messages(house: House) -> None:
    """A look writes and tells of a bounded number; of a unit that reports again only the newest waits."""
    parts, now = house.parts, house.clock()
    units = [UnitId(new_id("unt")) for _ in range(10_000)]
    for offset in (2, 1):
        for number, unit in enumerate(units):
            place = at(0, number)
            parts.units.take(unit, _moved(place, now - timedelta(seconds=offset)), now)
    assert len(parts.units._moved) == len(units)
    dana = await house.staff("dana")
    async with dana.socket() as socket:
        for _ in range(5):
            await parts.units.look()
        assert parts.units._moved == {}
        told = [event["type"] for event in await socket.told(house)]
        assert "units-moved" not in told  # nobody is on duty in them: nothing is kept and nothing told


async def test_no_unit_waits_for_ever_where_more_report_than_are_told_at_once(house: House) -> None:
    """All report again between two looks, for longer than it takes to tell of each once."""
    units, now = house.parts.units, house.clock()
    ids, told = [UnitId(new_id("unt")) for _ in range(10_000)], set[UnitId]()
    for _ in range(5):
        for number, unit in enumerate(ids):
            units.take(unit, _moved(at(0, number), now), now)
        waited = set(units._moved)
        await units.look()
        told |= waited - set(units._moved)
    assert told == set(ids)


def _moved(place: Position, moment: datetime) -> Position:
    return msgspec.structs.replace(place, at=moment)
