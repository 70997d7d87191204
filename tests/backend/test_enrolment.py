"""Enrolment codes and traffic: what owners hold in their hands, and who may."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.model.connectors import CODE_ALPHABET, Connector, Instances, Traffic, spelled, typed
from backend.model.ids import ConnectorId
from tests.backend.agents import Agent, a_site, owner
from tests.backend.house import House, Staff, done, no, still


@pytest.fixture
async def olga(house: House) -> Staff:
    return await owner(house)


async def agent_of(house: House, who: Staff) -> Agent:
    site = await a_site(house, who)
    code = await who.post(f"/api/sites/{site.id}/enrolments")
    return await Agent(house).enrolled(code["code"])


@given(some.integers(0, 2**60 - 1))
def test_a_code_is_read_as_it_was_meant(number: int) -> None:
    code = spelled(number)
    assert len(code) == 14
    plain = code.replace("-", "")
    assert set(plain) <= set(CODE_ALPHABET)
    assert typed(code) == plain
    assert typed(f"  {code.lower().replace('0', 'o').replace('1', 'L')} ") == plain


@given(some.text(max_size=40))
def test_whatever_is_typed_is_a_code_or_none(text: str) -> None:
    read = typed(text)
    assert read is None or (len(read) == 12 and set(read) <= set(CODE_ALPHABET))


@given(some.lists(some.integers(0, 10**9), unique=True, max_size=200), some.integers(1, 4))
def test_restarts_are_never_copies(processes: list[int], hellos: int) -> None:
    seen = Instances()
    for process in processes:
        for _ in range(hellos):
            seen = seen.shown_by(str(process))
    assert not seen.are_copies


@given(some.integers(2, 10), some.randoms())
def test_several_places_are_always_copies(places: int, random: object) -> None:
    seen, steps = Instances(), 0
    while not seen.are_copies:
        steps += 1
        seen = seen.shown_by(str(steps % places))
    assert steps <= 2 * places + 1


async def test_a_code_enrols_one_connector_once(house: House, olga: Staff) -> None:
    site = await a_site(house, olga)
    issued = await olga.post(f"/api/sites/{site.id}/enrolments")
    assert issued["seconds_left"] == 900
    first = Agent(house)
    reply = done(await first.enrol(issued["code"].lower()))
    assert (reply["site"], reply["agency"]) == ("Corner shop", "Dearborn Police")
    no(await Agent(house).enrol(issued["code"]), 410, "enrolment-used")
    no(await Agent(house).enrol("0000-0000-0000"), 404, "enrolment-unknown")
    no(await Agent(house).enrol("no code"), 404, "enrolment-unknown")
    late = await olga.post(f"/api/sites/{site.id}/enrolments")
    house.clock.advance(minutes=15)
    no(await Agent(house).enrol(late["code"]), 410, "enrolment-expired")
    entries = await house.entries("connector.enrol")
    assert [(e.refusal, e.details.get("site")) for e in entries] == [
        (None, "Corner shop"),
        ("enrolment-used", "Corner shop"),
        ("enrolment-unknown", None),
        ("enrolment-unknown", None),
        ("enrolment-expired", "Corner shop"),
    ]
    assert issued["code"] not in str([entry.details for entry in await house.entries()])


async def test_a_newer_code_takes_the_place_of_one_that_was_not_used(house: House, olga: Staff) -> None:
    site = await a_site(house, olga)
    old, new = [(await olga.post(f"/api/sites/{site.id}/enrolments"))["code"] for _ in range(2)]
    no(await Agent(house).enrol(old), 404, "enrolment-unknown")
    done(await Agent(house).enrol(new))


async def test_an_answer_that_was_lost_may_be_asked_for_with_another_code(house: House, olga: Staff) -> None:
    site = await a_site(house, olga)
    agent = Agent(house)
    ids = set()
    for _ in range(2):
        code = await olga.post(f"/api/sites/{site.id}/enrolments")
        ids.add(done(await agent.enrol(code["code"]))["connector"])
    assert len(ids) == 1
    other = await a_site(house, olga, "Bakery")
    code = await olga.post(f"/api/sites/{other.id}/enrolments")
    no(await agent.enrol(code["code"]), 422, "bad-key")
    done(await Agent(house).enrol(code["code"]))  # the code is as good as before


@pytest.mark.parametrize("key", ["A" * 42, "A" * 44, "*" * 43, ""])
async def test_what_is_no_key_spends_no_code(house: House, olga: Staff, key: str) -> None:
    site = await a_site(house, olga)
    code = (await olga.post(f"/api/sites/{site.id}/enrolments"))["code"]
    reply = await Agent(house).enrol(code, key=key)
    assert reply.status_code in (400, 422)
    done(await Agent(house).enrol(code))


async def test_guesses_are_bounded(house: House) -> None:
    still(house.parts.enrolments._tries)
    for _ in range(10):
        no(await Agent(house).enrol("0000-0000-0000"), 404, "enrolment-unknown")
    no(await Agent(house).enrol("0000-0000-0000"), 429, "too-many-tries")


async def test_only_who_manages_a_site_manages_its_connectors(house: House, olga: Staff) -> None:
    agent = await agent_of(house, olga)
    async with house.parts.store.read() as tx:
        connector = await tx.connectors.get(ConnectorId(agent.id))
    assert connector is not None
    lee, other = await house.staff("lee"), await owner(house, "otto")
    paths = (
        ("POST", f"/api/sites/{connector.site_id}/enrolments"),
        ("POST", f"/api/connectors/{agent.id}/discover"),
        ("GET", f"/api/connectors/{agent.id}/traffic"),
        ("DELETE", f"/api/connectors/{agent.id}"),
    )
    for who in (other, lee):
        for method, path in paths:
            no(await who.http.request(method, path), 403, "not-yours")
    for name in ("dana", "sam"):
        for method, path in paths:
            no(await (await house.staff(name)).http.request(method, path), 403, "wrong-role")
    city = await a_site(house)
    no(await olga.http.post(f"/api/sites/{city.id}/enrolments"), 403, "not-yours")
    code = await lee.post(f"/api/sites/{city.id}/enrolments")
    citys = await Agent(house).enrolled(code["code"])
    assert (await lee.get(f"/api/connectors/{citys.id}/traffic"))["verified"]


async def test_minutes_are_kept_once_and_shown_by_the_hour(house: House, olga: Staff) -> None:
    agent = await agent_of(house, olga)
    now = house.clock().replace(second=0, microsecond=0)
    house.clock.advance(minutes=1)
    async with agent.line() as line:
        await line.say(agent.minute(now, 5000, rtsp_sessions=2))
        await line.say(agent.minute(now, 9999))  # told before
        await line.say(agent.minute(now - timedelta(minutes=1)))
        await line.say(agent.minute(now - timedelta(hours=47)))
        await line.say(agent.minute(now - timedelta(hours=49)))  # too old: nothing comes of it
        await line.connection.ping()
        await _kept(house, agent, 3)
    view = await olga.get(f"/api/connectors/{agent.id}/traffic")
    assert (view["minutes"], view["forged"], view["verified"]) == (3, 0, True)
    assert len(view["hours"]) == 7 * 24
    assert sum(hour["media_bytes"] for hour in view["hours"]) == 5000
    told = [hour for hour in view["hours"] if hour["minutes"]]
    assert max(hour["rtsp_sessions"] for hour in told) == 2
    silent = [hour for hour in view["hours"] if not hour["minutes"]]
    assert all(hour["expected"] == 0 for hour in silent[:100])  # before it was enrolled
    house.clock.advance(hours=5)
    later = await olga.get(f"/api/connectors/{agent.id}/traffic")
    assert [(h["minutes"], h["expected"]) for h in later["hours"][-4:-1]] == [(0, 60)] * 3


async def _kept(house: House, agent: Agent, count: int) -> list[Traffic]:
    for _ in range(500):
        async with house.parts.store.read() as tx:
            held = await tx.connectors.traffic(ConnectorId(agent.id), datetime(1970, 1, 1, tzinfo=UTC))
        if len(held) >= count:
            return held
        await asyncio.sleep(0.01)
    raise AssertionError(held)


async def test_a_minute_that_was_changed_afterwards_is_found(house: House, olga: Staff) -> None:
    agent = await agent_of(house, olga)
    now = house.clock()
    honest = agent.minute(now - timedelta(minutes=1))
    async with house.parts.store.begin() as tx:
        await tx.connectors.count(
            Traffic(
                connector_id=ConnectorId(agent.id),
                minute=honest.minute,
                media_bytes=1,
                camera_bytes=0,
                control_bytes=1200,
                rtsp_sessions=0,
                signature=honest.signature,
            )
        )
    view = await olga.get(f"/api/connectors/{agent.id}/traffic")
    assert (view["forged"], view["verified"]) == (1, False)


async def test_a_minute_of_somebody_else_ends_the_line(house: House, olga: Staff) -> None:
    agent, other = await agent_of(house, olga), await agent_of(house, olga)
    async with agent.line() as line:
        await line.say(other.minute(house.clock()))
        assert "signature" in (await line.refused()).words
    assert [e.refusal for e in await house.entries("connector.refuse")] == ["bad-signature"]


@pytest.mark.parametrize("year", [1970, 2099])
async def test_an_owner_is_told_of_a_wrong_clock(house: House, olga: Staff, year: int) -> None:
    agent = await agent_of(house, olga)
    async with agent.line() as line:
        await line.say(agent.minute(datetime(year, 1, 1, tzinfo=UTC)))
        held = await _until_trouble(house, agent, there=True)
        assert str(year) in (held.trouble or "")
        await line.say(agent.minute(house.clock()))
        await _until_trouble(house, agent, there=False)
    assert (await olga.get(f"/api/connectors/{agent.id}/traffic"))["minutes"] == 1


async def _until_trouble(house: House, agent: Agent, *, there: bool) -> Connector:
    for _ in range(500):
        async with house.parts.store.read() as tx:
            held = await tx.connectors.get(ConnectorId(agent.id))
        if held is not None and (held.trouble is not None) is there:
            return held
        await asyncio.sleep(0.01)
    raise AssertionError("the trouble did not change")


async def test_old_minutes_are_forgotten_bit_by_bit(
    any_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.minutes.PRUNED_AT_ONCE", 7)
    monkeypatch.setattr("backend.services.minutes.PAUSE_S", 0)
    agent = await agent_of(any_house, await owner(any_house))
    now = any_house.clock().replace(second=0, microsecond=0)
    async with any_house.parts.store.begin() as tx:
        for age in range(30):
            minute = agent.minute(now - timedelta(days=92, minutes=age - 9))
            await tx.connectors.count(
                Traffic(
                    connector_id=ConnectorId(agent.id),
                    minute=minute.minute,
                    media_bytes=2**50,
                    camera_bytes=0,
                    control_bytes=0,
                    rtsp_sessions=0,
                    signature=minute.signature,
                )
            )
        sent = await tx.connectors.media_bytes([ConnectorId(agent.id)], now - timedelta(days=92))
        assert sent == {agent.id: 10 * 2**50}
    await any_house.parts.minutes.forget()
    assert 9 <= len(await _kept(any_house, agent, 0)) <= 10
