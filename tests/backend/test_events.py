"""The event socket: a silent agency still ticks, with the server's own time."""

from datetime import datetime

import pytest

from backend.api import events
from tests.backend.house import House, Staff


async def test_a_socket_ticks_with_the_servers_clock_though_nothing_happens(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "TICK_S", 0.05)
    house.clock.advance(hours=1)
    async with dana.socket() as socket:
        ticks = [datetime.fromisoformat((await socket.until(is_tick))["now"]) for _ in range(3)]
    assert ticks == sorted(ticks)
    assert abs((house.clock() - ticks[-1]).total_seconds()) < 5


async def test_news_arrives_between_the_ticks(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "TICK_S", 0.001)
    async with dana.socket() as socket:
        opened = [(await dana.open())["id"] for _ in range(5)]
        told = [
            (await socket.until(lambda event: event["type"] == "incident"))["incident"]["id"] for _ in opened
        ]
    assert told == opened


def is_tick(event: dict[str, str]) -> bool:
    return event["type"] == "tick"
