"""Retry-After (RFC 9110, 10.2.3): as long as it really takes, where that is known."""

import httpx

from tests.backend.house import PASSWORD, House, Staff, no


async def sign_in(house: House, password: str) -> httpx.Response:
    http = house.client({"Origin": house.config.origin})
    return await http.post("/api/session", json={"name": "dana", "password": password})


async def test_a_locked_name_says_in_seconds_when_it_opens(house: House) -> None:
    for _ in range(5):
        await sign_in(house, "wrong password")
    locked = await sign_in(house, PASSWORD)
    no(locked, 429, "locked")
    assert 880 <= int(locked.headers["retry-after"]) <= 900
    house.clock.advance(seconds=int(locked.headers["retry-after"]) - 60)
    later = await sign_in(house, PASSWORD)
    assert no(later, 429, "locked")["detail"].endswith("Try again in a minute.")
    assert 1 <= int(later.headers["retry-after"]) <= 60
    house.clock.advance(seconds=int(later.headers["retry-after"]))
    assert (await sign_in(house, PASSWORD)).is_success


async def test_elsewhere_it_is_a_short_wait(house: House, sam: Staff) -> None:
    where = {"latitude": 42.3, "longitude": -83.1, "accuracy_m": 9.0}
    replies = [await sam.http.post("/api/units/mine/position", json=where) for _ in range(9)]
    refused = next(reply for reply in replies if not reply.is_success)
    no(refused, 429, "too-often")
    assert refused.headers["retry-after"] == "2"
