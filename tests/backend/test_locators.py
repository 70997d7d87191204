"""Vehicle locators: batches over HTTP and a socket, and a real receiver's sentences through a pty and UDP."""

import asyncio
import contextlib
import json
import os
import pty
import socket
import tty
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from websockets.asyncio.client import connect

from backend.model.ids import new_id
from backend.model.locators import AT_ONCE
from backend.services.units import AT_ONCE as WRITTEN_AT_ONCE
from backend.store import tables
from backend.store.tables_units import duties
from media.connector import locator
from media.connector.nmea import Receiver
from tests.backend.house import House, Staff, done, no

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)
AT = {"latitude": 42.3223, "longitude": -83.1763}
GGA = b"$GPGGA,123519,4219.338,N,08310.578,W,1,08,0.9,545.4,M,46.9,M,,*51\r\n"
RMC = b"$GPRMC,123519,A,4219.338,N,08310.578,W,022.4,084.4,230394,003.1,W*7C\r\n"


async def registered(lee: Staff, unit: str | None = None) -> str:
    body = {"kind": "locator", "name": "Car 12", "unit_id": unit}
    return str((await lee.post("/api/agency/devices", body))["token"])


async def units(house: House) -> dict[str, Any]:
    async with house.parts.store.read() as tx:
        return {unit.call_sign: unit for unit in await tx.units.all()}


async def say(house: House, token: str, *reports: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return await house.client(headers).post("/api/locator/positions", json=list(reports))


def passed(answer: Any) -> list[str]:
    return [one["why"] for one in answer["passed"]]


async def test_a_fleets_batch_moves_units_on_duty_and_no_others(any_house: House) -> None:
    lee, sam = await any_house.staff("lee"), await any_house.staff("sam")
    token = await registered(lee)
    await sam.delete("/api/duty")
    clock = any_house.clock()
    answer = done(
        await say(
            any_house,
            token,
            {**AT, "unit": "Unit 7", "at": (clock - timedelta(seconds=3)).isoformat(), "speed_mps": 12.0},
            {**AT, "unit": "Unit 12"},
            {**AT, "unit": "Unit 99"},
            AT,
            {**AT, "unit": "Unit 7", "at": (clock + timedelta(days=1)).isoformat()},
            {**AT, "unit": "Unit 7", "age_ms": 600_000},
            {**AT, "unit": "Unit 7"},
        )
    )
    assert passed(answer) == ["off-duty", "unknown-unit", "unknown-unit", "future", "stale", "too-often"]
    await any_house.parts.units.look()
    found = await units(any_house)
    assert found["Unit 7"].position.source == "locator"
    assert found["Unit 12"].position is None
    assert (await lee.get("/api/agency/devices"))[0]["seen_at"] is not None


async def test_a_cars_locator_speaks_of_its_own_unit_and_the_officers_phone_leads(house: House) -> None:
    lee, sam = await house.staff("lee"), await house.staff("sam")
    token = await registered(lee, (await units(house))["Unit 12"].id)
    answer = done(await say(house, token, {**AT, "unit": "Unit 7"}, {**AT, "latitude": 91}, AT))
    assert (answer["taken"], passed(answer)) == (1, ["unknown-unit", "bad-position"])
    await sam.post("/api/units/mine/position", {**AT, "accuracy_m": 5.0})
    assert passed(done(await say(house, token, AT))) == ["phone-leads"]


async def test_what_is_no_locator_says_nothing(house: House) -> None:
    lee = await house.staff("lee")
    camera = {"kind": "body-worn", "name": "Cam", "unit_id": (await units(house))["Unit 12"].id}
    token = (await lee.post("/api/agency/devices", camera))["token"]
    no(await say(house, token, AT), 403, "wrong-scope")
    no(await say(house, "dvc_nobody", AT), 401, "unknown-grant")
    mine = await registered(lee)
    reply = await house.client({"Authorization": f"Bearer {mine}", "Content-Type": "application/sdp"}).post(
        "/whip", content="v=0\r\n"
    )
    no(reply, 403, "wrong-scope")
    for hostile in ([AT] * (AT_ONCE + 1), {"a": 1}, [{**AT, "more": 1}], [{"latitude": "x"}]):
        headers = {"Authorization": f"Bearer {mine}"}
        reply = await house.client(headers).post("/api/locator/positions", json=hostile)
        assert reply.status_code == 400
    browser = await house.client({"Authorization": f"Bearer {mine}", "Origin": house.config.origin}).post(
        "/api/locator/positions", json=[AT]
    )
    no(browser, 403, "bad-origin")


async def test_a_retired_locators_socket_ends_and_bad_messages_do_too(house: House) -> None:
    lee = await house.staff("lee")
    token = await registered(lee)
    async with talking(house, token) as line:
        await line.send(json.dumps([{**AT, "unit": "Unit 7"}]))
        assert json.loads(await line.recv()) == {"taken": 1, "passed": []}
        await line.send("[1]")
        assert json.loads(await line.recv())["type"] == "/problems/bad-frame"
    (device,) = await lee.get("/api/agency/devices")
    async with talking(house, token) as line:
        await lee.delete(f"/api/agency/devices/{device['id']}")
        house.parts.locators._held.clear()
        await line.send(json.dumps([{**AT, "unit": "Unit 7"}]))
        assert json.loads(await line.recv())["type"] == "/problems/device-retired"


@contextlib.asynccontextmanager
async def talking(house: House, token: str) -> AsyncIterator[Any]:
    url = house.url.replace("http", "ws", 1) + "/api/locator"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as line:
        yield line


async def test_ten_thousand_units_that_report_at_once_are_told_in_few_messages(house: House) -> None:
    dana, token = await house.staff("dana"), await registered(await house.staff("lee"))
    signs = [f"Car {number}" for number in range(10_000)]
    async with dana.socket() as desk, talking(house, token) as line:
        await all_on_duty(house, signs)
        for start in range(0, len(signs), AT_ONCE):
            await line.send(json.dumps([{**AT, "unit": sign} for sign in signs[start : start + AT_ONCE]]))
            assert json.loads(await line.recv()) == {"taken": AT_ONCE, "passed": []}
        told: list[int] = []
        while sum(told) < len(signs):
            event = await desk.until(lambda event: event["type"] == "units-moved")
            told.append(len(event["units"]))
    assert max(told) <= WRITTEN_AT_ONCE
    assert sum(told) == len(signs)  # each once, however many looks it took


async def all_on_duty(house: House, signs: list[str]) -> None:
    """Units of these call signs, with somebody in each."""
    ids = [(new_id("unt"), new_id("usr"), sign) for sign in signs]
    people = [
        {"id": user, "name": user, "display_name": sign, "role": "officer", "password_hash": "!"}
        for _, user, sign in ids
    ]
    async with house.parts.store.begin() as tx:
        for table, rows in (
            (tables.units, [{"id": unit, "call_sign": sign} for unit, _, sign in ids]),
            (tables.users, people),
            (
                duties,
                [{"id": unit, "unit_id": unit, "user_id": user, "since": NOW} for unit, user, _ in ids],
            ),
        ):
            await tx.units._db.execute(insert(table), rows)


def test_a_receivers_sentences_become_fixes() -> None:
    receiver = Receiver()
    assert receiver.hear(GGA) is None
    fix = receiver.hear(RMC)
    assert fix is not None
    assert (round(fix.latitude, 4), round(fix.longitude, 4)) == (42.3223, -83.1763)
    assert fix.accuracy_m == pytest.approx(4.5)
    assert fix.speed_mps == pytest.approx(11.52, abs=0.01)
    assert fix.heading_deg == pytest.approx(84.4)
    assert receiver.hear(RMC.replace(b",A,", b",V,").replace(b"*7C", b"*6B")) is None  # it has no fix
    assert receiver.bad == 0
    for bad in (RMC.replace(b"*7C", b"*7D"), b"", b"\xff\xfe\n", b"$" + b"A" * 4000, b"$GPRMC*4B\r\n"):
        assert receiver.hear(bad) is None


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda noise: RMC[:20] + noise + RMC[20:]))
def test_no_line_hurts_a_receiver(line: bytes) -> None:
    Receiver().hear(line)


@pytest.mark.parametrize("way", ["serial", "udp"])
async def test_a_receiver_in_a_car_moves_its_unit(house: House, way: str) -> None:
    token = await registered(await house.staff("lee"), (await units(house))["Unit 12"].id)
    master = -1
    if way == "serial":
        master, slave = pty.openpty()
        tty.setraw(slave)
        read = partial(locator.read_serial, os.ttyname(slave), 4800)
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        read = partial(locator.read_udp, "127.0.0.1", port)
    running = asyncio.create_task(locator.run(read, house.url, token, ""))
    try:
        async with asyncio.timeout(30):
            while (await units(house))["Unit 12"].position is None:
                if way == "serial":
                    os.write(master, GGA + RMC)
                else:
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                        out.sendto(GGA + RMC, ("127.0.0.1", port))
                await asyncio.sleep(0.1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if way == "serial":
            os.close(master)
            os.close(slave)
    found = (await units(house))["Unit 12"].position
    assert (found.source, found.accuracy_m) == ("locator", pytest.approx(4.5))
    assert datetime.now(UTC) - found.at < timedelta(minutes=1)
